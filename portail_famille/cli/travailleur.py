"""`portail-famille travailleur`: writes the links that parents ask for, sends the mails of the outbox and makes the
spreadsheets asked for at the desk, for one commune or all of them in one process."""

import logging
import signal
import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import click
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from portail_famille.cli.ouvrir import Echec, QuestionMalPosee, reglages_de, slugs
from portail_famille.config import ReglagesCommune
from portail_famille.gateways.coffre_s3 import StockageImpossible
from portail_famille.gateways.courriel import CourrielSmtp
from portail_famille.models.bd import BD
from portail_famille.services.acces import a_des_demandes, traiter_demandes
from portail_famille.services.annonces import a_annoncer, annoncer
from portail_famille.services.annonces_factures import a_annoncer as a_des_factures_a_annoncer
from portail_famille.services.annonces_factures import annoncer as annoncer_factures
from portail_famille.services.courriels import Bilan, envoyer_courriels
from portail_famille.services.documents import coffre_de_la_commune
from portail_famille.services.dossiers import jour_de
from portail_famille.services.extractions import fabriquer_dues
from portail_famille.services.facturation import preparer_dues
from portail_famille.services.guichet_payfip import caisse_de, interroger_dus
from portail_famille.services.inscriptions_scolaires import appliquer_rentrees
from portail_famille.services.rappels import rappeler as rappeler_pieces
from portail_famille.services.rappels_quotients import rappeler as rappeler_quotients
from portail_famille.services.regles import charger_regles
from portail_famille.services.relances import relancer

journal = logging.getLogger("portail_famille.travailleur")

PAUSE_SECONDES = 1.0
PAUSE_MAXIMALE_SECONDES = 60.0
REPRISE_SECONDES = 300.0
"""Before a task that failed is tried again."""
# A sending is at most MAIL, RCPT, DATA, the body and its answer, plus RSET and QUIT, each within the server's delay.
_ECHANGES_PAR_ENVOI = 8

Rappel = Callable[[Session, ReglagesCommune, datetime], int]
RAPPELS: tuple[Rappel, ...] = (
    rappeler_quotients,
    rappeler_pieces,
    appliquer_rentrees,
    relancer,
)
"""Done once a day. Each does some of what is due and says how many; called again until it says none."""


class Tournees:
    """One commune's outbox. A server that does not answer is asked again later and later, up to a minute."""

    def __init__(self, reglages: ReglagesCommune) -> None:
        self.slug = reglages.slug
        self._reglages = reglages
        try:
            self._coffre = coffre_de_la_commune(reglages)
        except StockageImpossible as impossible:
            raise Echec(f"{reglages.slug} : {impossible}") from None
        self._bd = BD(reglages.base_de_donnees, connexions=1)
        self._poste = CourrielSmtp(Flask("courriels"), reglages.smtp, reglages.nom, reglages.courriel)
        self._bail = timedelta(seconds=_ECHANGES_PAR_ENVOI * reglages.smtp.delai)
        self._pause = PAUSE_SECONDES
        self._reprise = 0.0
        self._faits: dict[str, date] = {}
        self._reprises: dict[str, float] = {}
        self._regles: dict[str, Any] = {}

    def passer(self, continuer: Callable[[], bool]) -> Bilan:
        """Write the links asked for, and send what is due, unless the last failure is too recent."""
        if time.monotonic() < self._reprise:
            return Bilan()
        try:
            self._ecrire_les_liens(datetime.now(UTC))
            for rappeler in RAPPELS:
                self._essayer(_nom(rappeler), partial(self._prevenir, rappeler, datetime.now(UTC), continuer))
            self._essayer("annonces", partial(self._annoncer_les_evenements, continuer))
            self._essayer("factures", partial(self._annoncer_les_factures, continuer))
            bilan = envoyer_courriels(self._bd, self._poste, lambda: datetime.now(UTC), self._bail, continuer)
            self._essayer("extractions", partial(self._fabriquer, continuer))
            self._essayer("facturations", partial(self._preparer_les_factures, continuer))
            self._essayer("paiements", partial(self._interroger_payfip, continuer))
        except SQLAlchemyError as erreur:
            # No parameters in the log: they are the mail itself.
            bilan = Bilan(panne=f"base de données : {type(erreur).__name__}")
            journal.error("%s : %s", self.slug, bilan.panne)
        if bilan.panne is None:
            self._pause = PAUSE_SECONDES
        else:
            self._pause = min(2 * self._pause, PAUSE_MAXIMALE_SECONDES)
            self._reprise = time.monotonic() + self._pause
        return bilan

    def _essayer(self, tache: str, faire: Callable[[], None]) -> None:
        """A task that fails keeps neither the mails nor the other tasks: it is told, and tried again later."""
        if time.monotonic() < self._reprises.get(tache, 0.0):
            return
        try:
            faire()
        except Exception as erreur:  # whatever it is: the next round must come
            # No message in the log: it may quote a family.
            journal.error("%s : %s, %s", self.slug, tache, type(erreur).__name__)
            self._reprises[tache] = time.monotonic() + REPRISE_SECONDES

    def _ecrire_les_liens(self, maintenant: datetime) -> None:
        """« J’ai oublié mon mot de passe »: looked at first without writing, a round comes every second."""
        with self._bd.session_lecture() as session:
            if not a_des_demandes(session):
                return
        with self._bd.session_ecriture() as session:
            traiter_demandes(session, maintenant, self._reglages)

    def _annoncer_les_evenements(self, continuer: Callable[[], bool]) -> None:
        """Parents whose bookings an agent has just cancelled, or given back: some families at a time."""
        while continuer():
            maintenant = datetime.now(UTC)
            with self._bd.session_lecture() as session:
                evenement_id = a_annoncer(session, maintenant)
                if evenement_id is None:
                    return
                regles = charger_regles(session, self._regles, self._reglages.zone)
            with self._bd.session_ecriture() as session:
                annoncer(session, evenement_id, regles, self._reglages, maintenant)

    def _annoncer_les_factures(self, continuer: Callable[[], bool]) -> None:
        """Families whose invoices have just been issued, or sent in: some at a time."""
        while continuer():
            with self._bd.session_lecture() as session:
                if not a_des_factures_a_annoncer(session):
                    return
            with self._bd.session_ecriture() as session:
                annoncer_factures(session, self._reglages, datetime.now(UTC))

    def _prevenir(self, rappeler: Rappel, maintenant: datetime, continuer: Callable[[], bool]) -> None:
        """What ends soon, looked for once a day (and when the worker starts: what was told already says so)."""
        if self._faits.get(_nom(rappeler)) == jour_de(maintenant):
            return
        while continuer():
            with self._bd.session_ecriture() as session:
                if not rappeler(session, self._reglages, maintenant):
                    break
        self._faits[_nom(rappeler)] = jour_de(maintenant)

    def _fabriquer(self, continuer: Callable[[], bool]) -> None:
        fabriquer_dues(self._bd, self._coffre, lambda: datetime.now(UTC), continuer)

    def _interroger_payfip(self, continuer: Callable[[], bool]) -> None:
        interroger_dus(self._bd, self._reglages, caisse_de(self._reglages), lambda: datetime.now(UTC), continuer)

    def _preparer_les_factures(self, continuer: Callable[[], bool]) -> None:
        preparer_dues(self._bd, self._reglages, lambda: datetime.now(UTC), continuer)

    def fermer(self) -> None:
        self._bd.fermer()


def _nom(rappeler: Rappel) -> str:
    return f"{rappeler.__module__}.{rappeler.__qualname__}"


@click.command()
@click.option("--commune", "slug", help="Préfixe d’une commune.")
@click.option("--toutes", is_flag=True, help="Toutes les communes, y compris celles créées plus tard.")
@click.option("--une-fois", is_flag=True, help="Envoyer ce qui est dû, puis s’arrêter.")
def travailleur(slug: str | None, toutes: bool, une_fois: bool) -> None:
    """Envoyer les courriels en attente, jusqu’à SIGTERM."""
    if (slug is None) is not toutes:
        raise QuestionMalPosee("Précisez --commune SLUG ou --toutes.")
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s : %(message)s")
    arret = threading.Event()
    for numero in (signal.SIGTERM, signal.SIGINT):
        signal.signal(numero, lambda *_: arret.set())
    ouvertes: dict[str, Tournees] = {}
    if slug is not None:
        ouvertes[slug] = Tournees(reglages_de(slug))
    try:
        if une_fois:
            _une_fois(ouvertes, arret)
        else:
            _sans_fin(ouvertes, arret, toutes)
    finally:
        for tournees in ouvertes.values():
            tournees.fermer()


def _une_fois(ouvertes: dict[str, Tournees], arret: threading.Event) -> None:
    if not ouvertes:
        _decouvrir(ouvertes, set())
    bilans = {slug: tournees.passer(lambda: not arret.is_set()) for slug, tournees in ouvertes.items()}
    for slug, bilan in bilans.items():
        click.echo(f"{slug} : {bilan.envoyes} envoyé(s), {bilan.reportes} reporté(s), {bilan.abandonnes} abandonné(s).")
    pannes = [f"{slug} : {bilan.panne}" for slug, bilan in bilans.items() if bilan.panne is not None]
    if pannes:
        raise Echec("Serveur de courriel injoignable. " + " ; ".join(pannes))


def _sans_fin(ouvertes: dict[str, Tournees], arret: threading.Event, toutes: bool) -> None:
    refusees: set[str] = set()
    while not arret.is_set():
        if toutes:
            _decouvrir(ouvertes, refusees)
        for tournees in ouvertes.values():
            tournees.passer(lambda: not arret.is_set())
        arret.wait(PAUSE_SECONDES)


def _decouvrir(ouvertes: dict[str, Tournees], refusees: set[str]) -> None:
    """Open the communes that appeared. A broken file is told once, and read again: it will be mended."""
    for slug in slugs():
        if slug in ouvertes:
            continue
        try:
            ouvertes[slug] = Tournees(reglages_de(slug))
            refusees.discard(slug)
        except Echec as echec:
            if slug not in refusees:
                journal.error("%s", echec.message)
            refusees.add(slug)
