"""The two demonstration towns as on Wednesday 2 December 2026 at 18:00, served to a real browser."""

import shutil
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from flask import Flask
from sqlalchemy import Select, func, select
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from portail_famille.boite_aux_lettres import Serveur as BoiteAuxLettres
from portail_famille.communes import Communes
from portail_famille.demonstration.installation import lire_document
from portail_famille.demonstration.instance import Ports, preparer
from portail_famille.demonstration.saint_rivage import SAINT_RIVAGE
from portail_famille.domain.brouillons import Part, depuis_document
from portail_famille.gateways.courriel import CourrielSmtp
from portail_famille.models.activites import Inscription, Structure, Unite
from portail_famille.models.bd import BD
from portail_famille.models.comptes import Compte
from portail_famille.models.foyers import Enfant
from portail_famille.models.reservations import ETATS_OCCUPANTS, Brouillon, Recu, Reservation
from portail_famille.services.courriels import envoyer_courriels
from portail_famille.services.importation import importer_catalogue
from tests.e2e.support.reseau import Reseau
from tests.support.client import connecter
from tests.support.courriels import port_libre
from tests.support.temps import MERCREDI_SOIR, HorlogeReglable

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

VILLE = "saint-rivage"


class Serveur:
    """A threaded server on one port for the whole session; each test gives it a world of its own."""

    def __init__(self) -> None:
        self.monde: Monde | None = None
        self._serveur: BaseWSGIServer = make_server("127.0.0.1", 0, self, threaded=True, request_handler=_Muet)
        self._fil = threading.Thread(target=self._serveur.serve_forever, name="portail", daemon=True)
        self._fil.start()

    @property
    def port(self) -> int:
        return self._serveur.server_port

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        assert self.monde is not None, "a request between two tests"
        return self.monde.reseau(environ, start_response)

    def arreter(self) -> None:
        self._serveur.shutdown()
        self._serveur.server_close()
        self._fil.join()


class _Muet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        """Silent: a test that fails says what it saw."""


class Monde:
    """The towns of one test: their data, their clock, and the network in front of them."""

    def __init__(self, instance: Path, port: int) -> None:
        self.url = f"http://localhost:{port}"
        self.horloge = HorlogeReglable()
        self.communes = Communes(instance, self.horloge)
        self.reseau = Reseau(self.communes)

    def app(self, ville: str = VILLE) -> Flask:
        app = self.communes.app_de(ville)
        assert app is not None, f"{ville} does not start"
        return app

    def bd(self, ville: str = VILLE) -> BD:
        bd: BD = self.app(ville).extensions["bd"]
        return bd

    def adresse(self, chemin: str = "/", ville: str = VILLE) -> str:
        return f"{self.url}/{ville}{chemin}"

    def enfant(self, prenom: str, ville: str = VILLE) -> int:
        with self.bd(ville).session_lecture() as session:
            return session.scalars(select(Enfant.id).where(Enfant.prenom == prenom).order_by(Enfant.id)).all()[0]

    def unite(self, code: str, ville: str = VILLE) -> int:
        with self.bd(ville).session_lecture() as session:
            return session.scalars(select(Unite.id).where(Unite.code == code)).one()

    def agenda(self, prenom: str, mois: str = "2026-12", ville: str = VILLE) -> str:
        return self.adresse(f"/enfants/{self.enfant(prenom, ville)}/agenda?mois={mois}", ville)

    def cookie(self, identifiant: str, ville: str = VILLE) -> dict[str, str]:
        """A session opened as the login does, as a cookie for the browser."""
        app = self.app(ville)
        client = app.test_client()
        connecter(client, identifiant)
        nom = app.config["SESSION_COOKIE_NAME"]
        depose = client.get_cookie(nom, path=app.config["SESSION_COOKIE_PATH"])
        assert depose is not None
        return {"name": nom, "value": depose.value, "domain": "localhost", "path": app.config["SESSION_COOKIE_PATH"]}

    def coches(self, identifiant: str, prenom: str, mois: date, ville: str = VILLE) -> set[str]:
        """Boxes of a child's month as the server holds them: what is booked, and the draft on top ("7-12")."""
        enfant_id = self.enfant(prenom, ville)
        with self.bd(ville).session_lecture() as session:
            reserves = {
                (unite, jour)
                for unite, jour in session.execute(
                    select(Reservation.unite_id, Reservation.jour).where(
                        Reservation.enfant_id == enfant_id, Reservation.etat.in_(ETATS_OCCUPANTS)
                    )
                )
            }
            part = self._part(session.scalars(_brouillons_de(identifiant)).all(), enfant_id)
        tenus = (reserves - part.retraits) | part.ajouts
        return {f"{jour.day}-{unite}" for unite, jour in tenus if (jour.year, jour.month) == (mois.year, mois.month)}

    def _part(self, brouillons: Iterable[Brouillon], enfant_id: int) -> Part:
        parts = (depuis_document(b.version, b.contenu).parts.get(enfant_id) for b in brouillons)
        return next((part for part in parts if part is not None), Part())

    def changements(self, identifiant: str, prenom: str, ville: str = VILLE) -> tuple[int, int]:
        """How many slots of a child the draft adds and removes."""
        with self.bd(ville).session_lecture() as session:
            part = self._part(session.scalars(_brouillons_de(identifiant)).all(), self.enfant(prenom, ville))
        return len(part.ajouts), len(part.retraits)

    def recus(self, ville: str = VILLE) -> int:
        with self.bd(ville).session_lecture() as session:
            return session.scalar(select(func.count()).select_from(Recu)) or 0

    def occuper(self, unite: str, structure: str, jour: date, places: int) -> None:
        """Other families take that many places."""
        with self.bd().session_ecriture() as session:
            structure_id = session.scalars(select(Structure.id).where(Structure.code == structure)).one()
            deja = select(Reservation.enfant_id).where(Reservation.jour == jour)
            libres = session.execute(
                select(Inscription.enfant_id, Inscription.foyer_id)
                .join(Unite, Unite.activite_id == Inscription.activite_id)
                .where(
                    Unite.code == unite, Inscription.structure_id == structure_id, Inscription.enfant_id.not_in(deja)
                )
                .order_by(Inscription.enfant_id.desc())
                .limit(places)
            ).all()
            assert len(libres) == places
            for enfant_id, foyer_id in libres:
                session.add(
                    Reservation(
                        enfant_id=enfant_id,
                        unite_id=self.unite(unite),
                        jour=jour,
                        structure_id=structure_id,
                        foyer_id=foyer_id,
                        modifiee_utc=self.horloge(),
                    )
                )

    def ouvrir_inscriptions(self, **campagnes: dict[str, Any]) -> None:
        """Activities that take requests, by code with their season; no other one does."""
        with self.bd().session_ecriture() as session:
            document = lire_document(SAINT_RIVAGE)
            for activite in document["activite"]:
                activite.pop("inscription", None)
                campagne = campagnes.get(activite["code"].replace("-", "_"))
                if campagne is not None:
                    activite["inscription"] = {"du": date(2026, 9, 1), "au": date(2027, 7, 2)} | campagne
            importer_catalogue(session, document, self.horloge())

    def envoyer_courriels(self) -> None:
        """What the worker does, at the hour of this world."""
        reglages = self.app().extensions["reglages"]
        poste = CourrielSmtp(Flask("courriels"), reglages.smtp, reglages.nom, reglages.courriel)
        bilan = envoyer_courriels(self.bd(), poste, self.horloge, timedelta(minutes=1), lambda: True)
        assert bilan.panne is None, bilan.panne

    @contextmanager
    def boite_aux_lettres(self) -> Iterator[str]:
        """The catcher of the demonstration; gives the address of its page."""
        with BoiteAuxLettres(self.app().extensions["reglages"].smtp.port, 0) as boite:
            yield f"http://localhost:{boite.port}/"

    def fermer(self) -> None:
        for ville in ("saint-rivage", "roselac"):
            self.bd(ville).fermer()


def _brouillons_de(identifiant: str) -> Select[Brouillon]:
    return (
        select(Brouillon)
        .join(Compte, Compte.id == Brouillon.compte_id)
        .where(Compte.identifiant == identifiant)
        .order_by(Brouillon.id)
    )


def preparer_modele(dossier: Path, port: int) -> None:
    """Both towns, made once, without the requests that the demonstration tells: a test makes its own."""
    with patch("portail_famille.demonstration.installation.raconter"):
        preparer(dossier, Ports(port, port_libre(), port_libre()), MERCREDI_SOIR, a_servir=False)


@contextmanager
def habiter(serveur: Serveur, modele: Path, dossier: Path) -> Iterator[Monde]:
    """A fresh copy of the towns, behind the server's port."""
    instance = dossier / "instance"
    shutil.copytree(modele, instance)
    monde = Monde(instance, serveur.port)
    serveur.monde = monde
    try:
        yield monde
    finally:
        monde.reseau.relacher()
        monde.fermer()
