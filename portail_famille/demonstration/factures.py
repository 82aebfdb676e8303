"""A town's money, told in the order of its instants: runs issued about the 5th, mails, payments, reminders, and the
month that is prepared. All through the services of the screens and of the worker; nothing without régies in
commune.toml (those of the bench, of a test)."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from functools import partial

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portail_famille.config import ReglagesCommune
from portail_famille.demonstration.batisseur import Habitants
from portail_famille.demonstration.creche import Lot, preparer_lot, prochain_prelevement, redit_le
from portail_famille.demonstration.encaissements import Caisse
from portail_famille.demonstration.portraits import Ville
from portail_famille.demonstration.recits_factures import Comptes, Quoi, Sort
from portail_famille.demonstration.temps import Acte, jour_de_bureau
from portail_famille.domain.demarches import Cote
from portail_famille.domain.facturation import mois_precedent
from portail_famille.domain.horloge import PARIS
from portail_famille.domain.regies import regie_de
from portail_famille.models.courriels import Courriel
from portail_famille.models.factures import Facture
from portail_famille.models.reservations import Reservation
from portail_famille.services.annonces_factures import annoncer
from portail_famille.services.dossiers import jour_de
from portail_famille.services.emissions import emettre
from portail_famille.services.facturation import demander, preparer
from portail_famille.services.journal import Auteur
from portail_famille.services.regles import Regles
from portail_famille.services.relances import relancer

_JOUR_D_EMISSION, _SAMEDI = 5, 5
_MOIS_REGARDES, _MOIS_CONTES = 5, 3
_JOURS_D_UN_MOIS = 4
"""Fewer days booked by the named families, and nobody bills it: the first days of July."""
_COURRIELS_GARDES = timedelta(days=32)
"""Older mails were read long ago: only those of the latest invoices are still in the mailbox."""
_DES_FIGURANTS: tuple[Quoi, ...] = ("cheque", "prelevement", "especes", "virement")
_SUR_LE_PORTAIL = ("carte", "refus", "ecart", "prelevement")
_AVOIRS = ("avoir", "annulation")
_UN_IMPAYE_SUR, _UN_RETARDATAIRE_SUR = 11, 3
"""Of the invented foyers: one in so many forgot an old invoice, has not paid the latest yet."""


def mois_contes(maintenant: datetime) -> list[date]:
    """The months of which the day of issue has come, oldest first."""
    dernier = mois_precedent(jour_de(maintenant))
    while instant_d_emission(dernier) > maintenant:
        dernier = mois_precedent(dernier)
    mois = [dernier]
    while len(mois) < _MOIS_REGARDES:
        mois.insert(0, mois_precedent(mois[0]))
    return mois


def instant_d_emission(mois: date, heure: int = 9) -> datetime:
    """The 5th, or the Monday after a Saturday or a Sunday."""
    jour = _suivant(mois).replace(day=_JOUR_D_EMISSION)
    while jour.weekday() >= _SAMEDI:
        jour += timedelta(days=1)
    return datetime.combine(jour, time(heure, 20), PARIS)


def preparer_lots(reglages: ReglagesCommune, ville: Ville, comptes: Comptes, maintenant: datetime) -> dict[date, Lot]:
    """What the crèche's software sent each month: nothing where commune.toml has no such régie."""
    mois = mois_contes(maintenant)[-_MOIS_CONTES:]
    return {
        un_mois: preparer_lot(
            reglages,
            ville,
            regie,
            contees,
            un_mois,
            instant_d_emission(un_mois),
            prochain_prelevement(maintenant) if un_mois == mois[-1] else None,
        )
        for regie, contees in comptes.importees.items()
        if regie in reglages.regies
        for un_mois in mois
    }


class Facturier:
    """`lots`: what the crèche's software sends, by month, its PDFs in the coffre already."""

    def __init__(
        self,
        session: Session,
        reglages: ReglagesCommune,
        habitants: Habitants,
        comptes: Comptes,
        regles: Regles,
        lots: Mapping[date, Lot],
        maintenant: datetime,
    ) -> None:
        self.session = session
        self.reglages = reglages
        self.comptes = comptes
        self.maintenant = maintenant
        self.lots = lots
        self.regies = [code for code, regie in reglages.regies.items() if not regie.est_importee]
        self.agent = Auteur(Cote.AGENT, habitants.comptes[comptes.agent])
        self.caisse = Caisse(session, reglages, habitants, self.agent, maintenant)
        self.mois = mois_contes(maintenant)
        self.foyers = {foyer_id: nom for nom, foyer_id in habitants.foyers.items()}
        self.reservations = self._lire_reservations(regles)
        self.mois_de = self._mois_par_foyer()

    def actes(self) -> Iterator[Acte]:
        if not self.reglages.regies:
            return
        yield from self._choix_en_ligne()
        emissions = {mois for connus in self.mois_de.values() for mois in connus}
        for mois in sorted(emissions):
            for rang, regie in enumerate(self.regies):
                if any(mois in connus for (_, code), connus in self.mois_de.items() if code == regie):
                    yield instant_d_emission(mois), rang, partial(self._emettre, regie, mois)
            if mois in self.lots:
                yield instant_d_emission(mois), len(self.regies), partial(self._importer, self.lots[mois])
                if self.lots[mois].suite and redit_le(instant_d_emission(mois)) <= self.maintenant:
                    yield redit_le(instant_d_emission(mois)), 0, partial(self._redire, self.lots[mois])
            yield instant_d_emission(mois, 10), 0, self._annoncer
            yield from self._relances(mois)
        for (foyer_id, regie), connus in self.mois_de.items():
            for mois in connus:
                yield from self._sort(foyer_id, regie, mois)

    def conclure(self) -> None:
        """The reminders of today, then the month that waits to be issued, and the mailbox as it is."""
        if not self.regies:
            return
        self._relancer(self.maintenant)
        self._preparer(self.regies[0], self._mois_a_preparer(self.regies[0]), self.maintenant)
        self.session.execute(delete(Courriel).where(Courriel.cree_utc < self.maintenant - _COURRIELS_GARDES))
        self.session.flush()

    def _lire_reservations(self, regles: Regles) -> dict[str, dict[date, set[tuple[int, date]]]]:
        """By régie and month: foyer and day, from the first month told to the one that runs."""
        vues: dict[str, dict[date, set[tuple[int, date]]]] = {code: defaultdict(set) for code in self.regies}
        lues = self.session.execute(
            select(Reservation.foyer_id, Reservation.unite_id, Reservation.structure_id, Reservation.jour)
            .where(Reservation.jour >= self.mois[0], Reservation.jour < _suivant(jour_de(self.maintenant)))
            .distinct()
        )
        for foyer_id, unite_id, structure_id, jour in lues:
            activite = regles.catalogue.unites[regles.unites[unite_id]].activite
            regie = regie_de(self.reglages.regies, activite, regles.structures[structure_id])
            if regie is not None and not regie.est_importee:
                vues[regie.code][jour.replace(day=1)].add((foyer_id, jour))
        return vues

    def _est_un_mois(self, vus: set[tuple[int, date]]) -> bool:
        return len({jour for foyer_id, jour in vus if foyer_id in self.foyers}) >= _JOURS_D_UN_MOIS

    def _mois_par_foyer(self) -> dict[tuple[int, str], list[date]]:
        """By foyer and régie, the months told that it booked something of it; those of the crèche as they were sent."""
        trouves: dict[tuple[int, str], list[date]] = defaultdict(list)
        for regie, par_mois in self.reservations.items():
            for mois in [m for m in self.mois if self._est_un_mois(par_mois[m])][-_MOIS_CONTES:]:
                for foyer_id in sorted({foyer_id for foyer_id, _ in par_mois[mois]}):
                    trouves[foyer_id, regie].append(mois)
        noms = {nom: foyer_id for foyer_id, nom in self.foyers.items()}
        for mois, lot in sorted(self.lots.items()):
            for facture in lot.contees:
                trouves[noms[facture.foyer], lot.regie].append(mois)
        return trouves

    def _mois_a_preparer(self, regie: str) -> date:
        """The first one that nobody has billed; in summer, the few days of July."""
        dernier = max((mois for (_, code), connus in self.mois_de.items() if code == regie for mois in connus))
        par_mois = self.reservations[regie]
        suivants = sorted(mois for mois, vus in par_mois.items() if mois > dernier and vus)
        entiers = [mois for mois in suivants if self._est_un_mois(par_mois[mois])]
        return next(iter(entiers or suivants), _suivant(dernier))

    def _emettre(self, regie: str, mois: date, instant: datetime) -> None:
        facturation_id = self._preparer(regie, mois, instant)
        emettre(self.session, self.reglages, facturation_id, jour_de(instant), self.agent, instant)

    def _preparer(self, regie: str, mois: date, instant: datetime) -> int:
        facturation = demander(self.session, self.reglages, regie, mois, self.agent, instant)
        self.session.flush()
        preparer(_MemeSession(self.session), self.reglages, facturation.id, lambda: instant)
        return facturation.id

    def _importer(self, lot: Lot, instant: datetime) -> None:
        lot.importer(self.session, self.reglages, instant)

    def _redire(self, lot: Lot, instant: datetime) -> None:
        lot.redire(self.session, self.reglages, instant)

    def _annoncer(self, instant: datetime) -> None:
        while annoncer(self.session, self.reglages, instant):
            self.session.flush()

    def _relancer(self, instant: datetime) -> None:
        while relancer(self.session, self.reglages, instant):
            self.session.flush()

    def _relances(self, mois: date) -> Iterator[Acte]:
        emise_le = jour_de(instant_d_emission(mois))
        for regie in self.reglages.regies.values():
            for jours in regie.relances:
                jour = regie.a_regler_avant(emise_le) + timedelta(days=jours)
                instant = datetime.combine(jour, time(7, 30), PARIS)
                if instant <= self.maintenant:
                    yield instant, 0, self._relancer

    def _choix_en_ligne(self) -> Iterator[Acte]:
        for choix in self.comptes.en_ligne:
            yield self._il_y_a(choix.il_y_a), 0, partial(self.caisse.adherer, choix.foyer, choix.par)
            if choix.quitte_il_y_a is not None:
                yield self._il_y_a(choix.quitte_il_y_a), 0, partial(self.caisse.quitter, choix.foyer, choix.par)

    def _il_y_a(self, jours: int) -> datetime:
        return self.maintenant - timedelta(days=jours, hours=1)

    def _sort(self, foyer_id: int, regie: str, mois: date) -> Iterator[Acte]:
        """What is told happened, if only just now; the ordinary payment happened if its day has come."""
        nom = self.foyers.get(foyer_id, "")
        conte = self._conte(nom, foyer_id, regie, mois)
        if conte is not None:
            quoi, apres, texte, par = conte.quoi, conte.apres, conte.texte, self._payeur(nom)
        else:
            quoi, par = self.comptes.habitudes.get(nom, ("rien", "")) if nom else (self._figurant(foyer_id, mois), "")
            apres, texte = 3 + (foyer_id + mois.month) % 17, ""
        instant = instant_d_emission(mois, 9 + foyer_id % 8) + timedelta(days=apres, minutes=foyer_id % 37)
        if conte is not None:
            instant = min(instant, self.maintenant)
        if quoi not in _SUR_LE_PORTAIL:
            # What an agent writes. The Friday before, where the Monday is to come; never before the issue.
            instant = max(jour_de_bureau(instant, self.maintenant), instant_d_emission(mois, 9 + foyer_id % 8))
        if quoi != "rien" and instant <= self.maintenant:
            yield instant, foyer_id, partial(self._suivre, foyer_id, regie, mois, quoi, texte, par)
            if quoi in _AVOIRS:
                yield instant, foyer_id, self._annoncer

    def _payeur(self, nom: str) -> str:
        """Who acts on the screen for this foyer."""
        habitude = self.comptes.habitudes.get(nom, ("rien", ""))
        return habitude[1] or self.caisse.premier_adulte(nom)

    def _conte(self, nom: str, foyer_id: int, regie: str, mois: date) -> Sort | None:
        for sort in self.comptes.sorts:
            if sort.foyer != nom:
                continue
            voulue = sort.regie or self._derniere_regie(foyer_id)
            connus = self.mois_de[foyer_id, regie]
            if voulue == regie and -len(connus) <= -sort.rang - 1 < len(connus) and connus[-sort.rang - 1] == mois:
                return sort
        return None

    def _derniere_regie(self, foyer_id: int) -> str:
        """The one of its latest invoice, the first of commune.toml where two issued it."""
        siennes = [code for code in self.reglages.regies if (foyer_id, code) in self.mois_de]
        return max(siennes, key=lambda code: self.mois_de[foyer_id, code][-1])

    def _figurant(self, foyer_id: int, mois: date) -> Quoi:
        est_dernier = mois == self.mois[-1]
        if (foyer_id + mois.month) % (_UN_RETARDATAIRE_SUR if est_dernier else _UN_IMPAYE_SUR) == 0:
            return "rien"
        return _DES_FIGURANTS[foyer_id % len(_DES_FIGURANTS)]

    def _suivre(
        self, foyer_id: int, regie: str, mois: date, quoi: Quoi, texte: str, par: str, instant: datetime
    ) -> None:
        facture = self.session.scalar(
            select(Facture).where(
                Facture.foyer_id == foyer_id,
                Facture.regie == regie,
                Facture.mois == mois,
                Facture.genre == "facture",
                Facture.numero.is_not(None),
            )
        )
        if facture is not None:
            self.caisse.suivre(facture, quoi, texte, par, instant)


class _MemeSession:
    """The services that open their own short sessions work in the one of the build: all or nothing."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @contextmanager
    def session_lecture(self) -> Iterator[Session]:
        yield self._session

    @contextmanager
    def session_ecriture(self) -> Iterator[Session]:
        yield self._session
        self._session.flush()
        self._session.expire_all()


def _suivant(mois: date) -> date:
    return (mois.replace(day=28) + timedelta(days=4)).replace(day=1)
