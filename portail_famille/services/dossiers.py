"""Everything the booking journey knows of one foyer, loaded in four queries whatever the number of children.

GETs, ticks, rhythms, the summary and « Valider » all judge slots through the same `Dossier`, so that a screen cannot
say something else than the validation does.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from portail_famille.domain.brouillons import Brouillon, Creneau, Part, depuis_document
from portail_famille.domain.creneaux import Faits, Refus, Verdict, juger_ajout, juger_retrait
from portail_famille.domain.gardes import Garde
from portail_famille.domain.horloge import PARIS, instant_local
from portail_famille.domain.tarifs import Circonstance, Etat, Prix
from portail_famille.models.reservations import ETATS_OCCUPANTS
from portail_famille.services.regles import Regles, charger_regles
from portail_famille.services.requetes import ENFANTS, FOYER, PLACES, lire
from portail_famille.services.requetes import reservations as requete_reservations


@dataclass(frozen=True, slots=True)
class InscriptionLue:
    """An enrolment paid by this foyer, by codes."""

    id: int
    activite: str
    structure: str
    structure_id: int
    du: date
    au: date


@dataclass(slots=True)
class EnfantLu:
    """A child of the foyer. `est_visible`: the person has parental authority today; a step-parent has none."""

    id: int
    prenom: str
    nom: str
    naissance: date
    classe: str
    structure_id: int | None
    pai: bool
    rang_foyer: int
    est_visible: bool
    garde: Garde | None
    autre_parent: str
    """First name of the other foyer's payer; empty when the child lives here all the time, or the other is hidden."""
    autre_foyer_id: int | None
    """None when the service has hidden it from this one."""
    inscriptions: list[InscriptionLue] = field(default_factory=list)
    foyers_masques: set[int] = field(default_factory=set)
    """Other foyers of the child, never to be shown here."""


@dataclass(frozen=True, slots=True)
class ReservationLue:
    id: int
    etat: str
    foyer_id: int
    structure_id: int
    est_hors_delai: bool
    recu_id: int | None

    @property
    def est_active(self) -> bool:
        """Holds its slot; a cancelled row does not."""
        return self.etat in _ETATS_ACTIFS

    @property
    def est_pointee(self) -> bool:
        """Marked on the attendance sheet."""
        return self.etat in _ETATS_POINTES


_ETATS_ACTIFS = frozenset((*ETATS_OCCUPANTS, "en_attente"))
_ETATS_POINTES = frozenset(("presente", "absente_justifiee", "absente_injustifiee"))


class Introuvable(Exception):
    """No such child for this person in this foyer: the screen answers 404, never 403."""


@dataclass
class Dossier:
    """One foyer seen by one person at one instant."""

    maintenant: datetime
    regles: Regles
    compte_id: int
    foyer_id: int
    est_resident: bool
    personnes_a_charge: int
    ressources: Decimal | None
    quotients: list[tuple[date, date | None, Decimal]]
    """Latest start first."""
    brouillon_id: int | None
    brouillon: Brouillon
    enfants: dict[int, EnfantLu]
    """All children of the foyer, oldest first: the rank counts those the person may not see too."""
    reservations: dict[tuple[int, int, date], ReservationLue] = field(default_factory=dict)
    indisponibles: set[tuple[int, int, date]] = field(default_factory=set)
    """Slots held by a hidden foyer: kept apart from the bookings, so that no screen can show one by mistake."""
    occupees: dict[tuple[int, int, date], int] | None = None
    """Places taken by (unit, structure, day); None when not loaded: then no slot is judged full."""
    memoire: dict[tuple[object, ...], Any] = field(default_factory=dict)
    """What a room worked out of it once for this request."""
    _prix: dict[tuple[object, ...], Prix] = field(default_factory=dict)
    _fins: dict[date, datetime] = field(default_factory=dict)

    @property
    def visibles(self) -> list[EnfantLu]:
        return [enfant for enfant in self.enfants.values() if enfant.est_visible]

    def enfant(self, enfant_id: int) -> EnfantLu:
        """Raises `Introuvable` for another family's child as for none."""
        enfant = self.enfants.get(enfant_id)
        if enfant is None or not enfant.est_visible:
            raise Introuvable
        return enfant

    def est_chez_nous(self, enfant: EnfantLu, jour: date) -> bool:
        """Whether the child is with this foyer that day."""
        return enfant.garde is None or enfant.garde.est_chez_nous(jour, self.regles.calendrier)

    def part(self, enfant_id: int) -> Part:
        return self.brouillon.part(enfant_id)

    def unites(self, enfant: EnfantLu) -> list[tuple[str, int, InscriptionLue]]:
        """The units this child can be booked on: code, id, enrolment. An activity may have several dated enrolments."""
        regles = self.regles
        trouvees = []
        for inscription in enfant.inscriptions:
            activite = regles.catalogue.activites.get(inscription.activite)
            for code in activite.unites if activite else ():
                trouvees.append((code, regles.unite_ids[code], inscription))
        trouvees.sort(key=lambda t: regles.catalogue.unites[t[0]].ordre)
        return trouvees

    def inscription(self, enfant: EnfantLu, unite: str, jour: date) -> InscriptionLue | None:
        """The enrolment that covers this unit on this day, if any."""
        fiche = self.regles.catalogue.unites.get(unite)
        if fiche is None:
            return None
        for inscription in enfant.inscriptions:
            if inscription.activite == fiche.activite and inscription.du <= jour <= inscription.au:
                return inscription
        return None

    def est_reserve(self, enfant_id: int, creneau: Creneau) -> bool:
        """Booked by this foyer."""
        lue = self.reservations.get((enfant_id, *creneau))
        return lue is not None and lue.est_active and lue.foyer_id == self.foyer_id

    def reserves(self, enfant_id: int) -> frozenset[Creneau]:
        """Every slot of this child booked by this foyer, among those loaded."""
        return frozenset(
            (unite, jour)
            for (enfant, unite, jour), lue in self.reservations.items()
            if enfant == enfant_id and lue.est_active and lue.foyer_id == self.foyer_id
        )

    def faits(self, enfant: EnfantLu, creneau: Creneau, *, avec_places: bool = True) -> Faits:
        """What is known of a slot; an unknown unit or a day without enrolment is `est_inscrit=False`."""
        unite_id, jour = creneau
        fin = self._fin_du_jour(jour)
        unite = self.regles.unites.get(unite_id)
        inscription = None if unite is None else self.inscription(enfant, unite, jour)
        if unite is None or inscription is None:
            return Faits(self.maintenant, fin, est_inscrit=False)
        regles, structure = self.regles, inscription.structure
        lue = self.reservations.get((enfant.id, unite_id, jour))
        active = lue is not None and lue.est_active
        return Faits(
            maintenant=self.maintenant,
            fin_du_jour=fin,
            est_lecture=regles.catalogue.structures[structure].est_en_lecture,
            est_ouvert=regles.ouverture(unite, structure, jour).ouvert,
            ajout_possible=regles.catalogue.ajout_possible(unite),
            annulation_possible=regles.catalogue.annulation_possible(unite),
            limite_ajout=regles.limite_ajout(unite, structure, jour),
            limite_annulation=regles.limite_annulation(unite, structure, jour),
            limite_hors_delai=regles.limite_hors_delai(unite, structure, jour),
            est_reserve=active and lue is not None and lue.foyer_id == self.foyer_id,
            est_a_autre_foyer=active and lue is not None and lue.foyer_id != self.foyer_id,
            est_indisponible=(enfant.id, unite_id, jour) in self.indisponibles,
            est_pointe=lue is not None and lue.est_pointee,
            places=self.places(unite, structure, jour) if avec_places else None,
        )

    def juger(self, enfant: EnfantLu, creneau: Creneau, *, ajout: bool, avec_places: bool = True) -> Verdict:
        """The verdict on one change, relations between units excepted."""
        faits = self.faits(enfant, creneau, avec_places=avec_places)
        verdict = juger_ajout(faits) if ajout else juger_retrait(faits)
        if ajout and verdict.refus is None and self.prix(enfant, creneau) is None:
            return Verdict(Refus.SANS_TARIF)
        return verdict

    def places(
        self, unite: str, structure: str, jour: date, occupees: dict[tuple[int, int, date], int] | None = None
    ) -> int | None:
        """Places left in the tightest jauge of this unit, None when it has none (or when they were not loaded)."""
        occupees = self.occupees if occupees is None else occupees
        if occupees is None:
            return None
        regles = self.regles
        restantes: int | None = None
        for code in regles.catalogue.unites[unite].jauges:
            jauge = regles.catalogue.jauges[code]
            if not jauge.concerne(unite, structure):
                continue
            prises = sum(
                occupees.get((regles.unite_ids[u], regles.structure_ids[s], jour), 0)
                for u in jauge.unites
                for s in (jauge.structures if jauge.structures is not None else regles.structure_ids)
            )
            reste = jauge.restantes(prises)
            restantes = reste if restantes is None else min(restantes, reste)
        return restantes

    def quotient(self, jour: date) -> Decimal | None:
        """QF of the day of the event, never of the invoice (domain.md §8)."""
        for du, au, valeur in self.quotients:
            if du <= jour and (au is None or jour <= au):
                return valeur
        return None

    def rang(self, enfant: EnfantLu, unite: str, jour: date, *, apres: bool) -> int:
        """Rank among the foyer's children in the activity, oldest first: those enrolled that day or, where the tarif
        says so, those present (as booked, or as the draft would have it when `apres`)."""
        fiche = self.regles.catalogue.unites[unite]
        tarif = self.regles.catalogue.tarifs.get(fiche.tarif or "")
        selon_presence = tarif is not None and tarif.rang_selon == "presents"
        rang = 1
        for autre in self.enfants.values():
            if autre.id == enfant.id:
                break
            if selon_presence:
                rang += self._est_present(autre.id, fiche.activite, jour, apres=apres)
            else:
                rang += any(i.activite == fiche.activite and i.du <= jour <= i.au for i in autre.inscriptions)
        return rang

    def _est_present(self, enfant_id: int, activite: str, jour: date, *, apres: bool) -> bool:
        part = self.part(enfant_id)
        for code in self.regles.catalogue.activites[activite].unites:
            creneau = (self.regles.unite_ids[code], jour)
            reserve = self.est_reserve(enfant_id, creneau)
            if part.est_coche(creneau, reserve) if apres else reserve:
                return True
        return False

    def prix(
        self, enfant: EnfantLu, creneau: Creneau, etat: Etat = Etat.RESERVEE, *, apres: bool = True
    ) -> Prix | None:
        """Price of one slot for this foyer, by the rules of its day; None when no tarif is known for that day."""
        unite_id, jour = creneau
        unite = self.regles.catalogue.unites[self.regles.unites[unite_id]]
        tarif = self.regles.catalogue.tarifs.get(unite.tarif or "")
        version = None if tarif is None else tarif.version_du(jour)
        if tarif is not None and version is None:
            return None
        qf, rang = self.quotient(jour), self.rang(enfant, unite.code, jour, apres=apres)
        cle = (unite_id, id(version), qf, rang, enfant.pai, etat)
        prix = self._prix.get(cle)
        if prix is None:
            circonstance = Circonstance(
                jour=jour,
                qf=qf,
                resident=self.est_resident,
                rang=rang,
                personnes_a_charge=self.personnes_a_charge,
                ressources=self.ressources,
                pai=enfant.pai,
                etat=etat,
            )
            prix = self._prix[cle] = self.regles.prix(unite.code, circonstance)
        return prix

    def prix_reserve(
        self, enfant: EnfantLu, creneau: Creneau, lue: ReservationLue, *, apres: bool = True
    ) -> Prix | None:
        """Price of a booked slot in the state it is in: as it will be billed (domain/facturation)."""
        est_tardive = lue.est_hors_delai and lue.etat in ("reservee", "demandee", "presente")
        etat = Etat.HORS_DELAI if est_tardive else Etat(lue.etat)
        return self.prix(enfant, creneau, etat, apres=apres)

    def _fin_du_jour(self, jour: date) -> datetime:
        fin = self._fins.get(jour)
        if fin is None:
            fin = self._fins[jour] = instant_local(jour + timedelta(days=1), _MINUIT)
        return fin


_MINUIT = datetime.min.time()


def jour_de(maintenant: datetime) -> date:
    """The day it is in France."""
    return maintenant.astimezone(PARIS).date()


def charger_dossier(
    session: Session, *, compte_id: int, personne_id: int, foyer_id: int, maintenant: datetime, cache: dict[str, Regles]
) -> Dossier:
    """The foyer, its QF, its children, their enrolments and the draft: three queries, bookings not loaded yet."""
    regles = charger_regles(session, cache)
    dossier = _charger_foyer(session, regles, compte_id, foyer_id, maintenant)
    dossier.enfants.update(_charger_enfants(session, regles, personne_id, foyer_id, jour_de(maintenant)))
    return dossier


def _charger_foyer(session: Session, regles: Regles, compte_id: int, foyer_id: int, maintenant: datetime) -> Dossier:
    lignes = lire(session, FOYER, compte_id=compte_id, foyer_id=foyer_id)
    if not lignes:
        raise Introuvable
    foyer = lignes[0]
    ressources = foyer.ressources_mensuelles_centimes
    return Dossier(
        maintenant=maintenant,
        regles=regles,
        compte_id=compte_id,
        foyer_id=foyer_id,
        est_resident=foyer.est_resident,
        personnes_a_charge=foyer.personnes_a_charge,
        ressources=None if ressources is None else Decimal(ressources) / 100,
        quotients=[(ligne.du, ligne.au, Decimal(ligne.valeur_centimes) / 100) for ligne in lignes if ligne.du],
        brouillon_id=foyer.brouillon_id,
        brouillon=Brouillon() if foyer.brouillon_id is None else depuis_document(foyer.version, foyer.contenu),
        enfants={},
    )


def _charger_enfants(
    session: Session, regles: Regles, personne_id: int, foyer_id: int, aujourdhui: date
) -> dict[int, EnfantLu]:
    enfants: dict[int, EnfantLu] = {}
    vues: set[int] = set()
    for ligne in lire(session, ENFANTS, personne_id=personne_id, foyer_id=foyer_id, aujourdhui=aujourdhui):
        enfant = enfants.get(ligne.id)
        if enfant is None:
            enfant = enfants[ligne.id] = EnfantLu(
                id=ligne.id,
                prenom=ligne.prenom,
                nom=ligne.nom,
                naissance=ligne.naissance,
                classe=ligne.classe,
                structure_id=ligne.structure_id,
                pai=ligne.pai,
                rang_foyer=len(enfants) + 1,
                est_visible=ligne.autorite_id is not None,
                garde=_garde(ligne),
                autre_parent="",
                autre_foyer_id=None,
            )
        if ligne.autre_masque:
            enfant.foyers_masques.add(ligne.autre_foyer_id)
        elif ligne.autre_foyer_id is not None:
            enfant.autre_parent, enfant.autre_foyer_id = ligne.autre_parent, ligne.autre_foyer_id
        if ligne.inscription_id is not None and ligne.inscription_id not in vues:
            vues.add(ligne.inscription_id)
            structure_id = ligne.inscription_structure_id
            activite, structure = regles.activites.get(ligne.activite_id), regles.structures.get(structure_id)
            # What the town has withdrawn since can be neither shown nor booked.
            if activite is not None and structure is not None:
                lue = InscriptionLue(ligne.inscription_id, activite, structure, structure_id, ligne.du, ligne.au)
                enfant.inscriptions.append(lue)
    return enfants


def _garde(ligne: Any) -> Garde | None:
    """By the foyer's own weeks, else by those that the other one's leave."""
    if ligne.semaine_ancre is not None:
        return Garde(ligne.semaine_ancre, ligne.une_sur, ligne.vacances)
    if ligne.autre_ancre is not None:
        return Garde(ligne.autre_ancre, ligne.autre_une_sur, ligne.autre_vacances).autre()
    return None


def charger_reservations(session: Session, dossier: Dossier, periodes: Iterable[tuple[date, date]]) -> None:
    """Bookings of the foyer's children over some periods of days (both ends included), those of their other foyer too.

    One query.
    """
    bornes = list(periodes)
    if not bornes or not dossier.enfants:
        return
    valeurs = {f"du_{n}": du for n, (du, _) in enumerate(bornes)} | {f"au_{n}": au for n, (_, au) in enumerate(bornes)}
    reservations, indisponibles = dossier.reservations, dossier.indisponibles
    masques = {enfant.id: enfant.foyers_masques for enfant in dossier.enfants.values() if enfant.foyers_masques}
    for ligne in lire(session, requete_reservations(len(bornes)), enfants=list(dossier.enfants), **valeurs):
        cle, lue = (ligne[0], ligne[1], ligne[2]), ReservationLue(*ligne[3:])
        # A cancelled row is told to nobody, and must be known: a new booking takes it up again.
        if lue.est_active and lue.foyer_id in masques.get(cle[0], ()):
            indisponibles.add(cle)
        else:
            reservations[cle] = lue


def charger_places(session: Session, dossier: Dossier, unites: Iterable[int], jours: Iterable[date]) -> None:
    """Counts the places taken on these days in every jauge these units share: one query, none without a jauge.

    « Valider » calls it in its writing transaction: the count that decides is never an older one.
    """
    regles = dossier.regles
    concernees = {
        regles.unite_ids[autre]
        for unite in unites
        if unite in regles.unites
        for jauge in regles.catalogue.unites[regles.unites[unite]].jauges
        for autre in regles.catalogue.jauges[jauge].unites
    }
    jours = sorted(set(jours))
    dossier.occupees = {}
    if not concernees or not jours:
        return
    for unite, structure, jour, combien in lire(session, PLACES, unites=sorted(concernees), du=jours[0], au=jours[-1]):
        dossier.occupees[unite, structure, jour] = combien
