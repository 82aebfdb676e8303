"""Everything the booking journey knows of one foyer, loaded in four queries whatever the number of children.

GETs, ticks, rhythms, the summary and « Valider » all judge slots through the same `Dossier`, so that a screen cannot
say something else than the validation does.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from portail_famille.domain.brouillons import Brouillon, Creneau, Part, depuis_document
from portail_famille.domain.creneaux import Faits, Refus, Verdict, juger_ajout, juger_retrait
from portail_famille.domain.gardes import Garde
from portail_famille.domain.horloge import PARIS, instant_local
from portail_famille.domain.tarifs import Circonstance, Etat, Prix
from portail_famille.models.activites import Inscription
from portail_famille.models.foyers import AutoriteParentale, Enfant, Foyer, Personne, Rattachement
from portail_famille.models.quotients import QuotientFamilial
from portail_famille.models.reservations import ETATS_OCCUPANTS, Reservation
from portail_famille.models.reservations import Brouillon as LigneBrouillon
from portail_famille.services.regles import Regles, charger_regles


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
    """First name of the other foyer's payer; empty when the child lives here all the time."""
    autre_foyer_id: int | None
    inscriptions: list[InscriptionLue] = field(default_factory=list)


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


_ETATS_ACTIFS = frozenset((*ETATS_OCCUPANTS, "en_attente"))


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
    occupees: dict[tuple[int, int, date], int] | None = None
    """Places taken by (unit, structure, day); None when not loaded: then no slot is judged full."""
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
        """Price of a booked slot in the state it is in."""
        etat = Etat.HORS_DELAI if lue.est_hors_delai and lue.etat == "reservee" else Etat(lue.etat)
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
    lignes = session.execute(
        select(
            Foyer.est_resident,
            Foyer.personnes_a_charge,
            Foyer.ressources_mensuelles_centimes,
            QuotientFamilial.du,
            QuotientFamilial.au,
            QuotientFamilial.valeur_centimes,
            LigneBrouillon.id,
            LigneBrouillon.version,
            LigneBrouillon.contenu,
        )
        .select_from(Foyer)
        .join(QuotientFamilial, QuotientFamilial.foyer_id == Foyer.id, isouter=True)
        .join(
            LigneBrouillon,
            and_(LigneBrouillon.foyer_id == Foyer.id, LigneBrouillon.compte_id == compte_id),
            isouter=True,
        )
        .where(Foyer.id == foyer_id)
        .order_by(QuotientFamilial.du.desc())
    ).all()
    if not lignes:
        raise Introuvable
    resident, charge, ressources, _, _, _, brouillon_id, version, contenu = lignes[0]
    return Dossier(
        maintenant=maintenant,
        regles=regles,
        compte_id=compte_id,
        foyer_id=foyer_id,
        est_resident=resident,
        personnes_a_charge=charge,
        ressources=None if ressources is None else Decimal(ressources) / 100,
        quotients=[(ligne[3], ligne[4], Decimal(ligne[5]) / 100) for ligne in lignes if ligne[3] is not None],
        brouillon_id=brouillon_id,
        brouillon=Brouillon() if brouillon_id is None else depuis_document(version, contenu),
        enfants={},
    )


def _charger_enfants(
    session: Session, regles: Regles, personne_id: int, foyer_id: int, aujourdhui: date
) -> dict[int, EnfantLu]:
    autre, autre_foyer, autre_payeur = aliased(Rattachement), aliased(Foyer), aliased(Personne)
    lignes = session.execute(
        select(
            Enfant.id,
            Enfant.prenom,
            Enfant.nom,
            Enfant.naissance,
            Enfant.classe,
            Enfant.structure_id,
            Enfant.pai,
            Rattachement.semaine_ancre,
            Rattachement.une_sur,
            AutoriteParentale.id,
            autre_payeur.prenom,
            autre_foyer.id,
            Inscription.id,
            Inscription.activite_id,
            Inscription.structure_id,
            Inscription.du,
            Inscription.au,
        )
        .select_from(Rattachement)
        .join(Enfant, Enfant.id == Rattachement.enfant_id)
        .join(
            AutoriteParentale,
            and_(
                AutoriteParentale.enfant_id == Enfant.id,
                AutoriteParentale.personne_id == personne_id,
                AutoriteParentale.du <= aujourdhui,
                or_(AutoriteParentale.au.is_(None), AutoriteParentale.au >= aujourdhui),
            ),
            isouter=True,
        )
        .join(autre, and_(autre.enfant_id == Enfant.id, autre.foyer_id != foyer_id), isouter=True)
        .join(autre_foyer, autre_foyer.id == autre.foyer_id, isouter=True)
        .join(autre_payeur, autre_payeur.id == autre_foyer.payeur_id, isouter=True)
        .join(Inscription, and_(Inscription.enfant_id == Enfant.id, Inscription.foyer_id == foyer_id), isouter=True)
        .where(Rattachement.foyer_id == foyer_id)
        .order_by(Enfant.naissance, Enfant.id, Inscription.du, Inscription.id)
    ).all()
    enfants: dict[int, EnfantLu] = {}
    vues: set[int] = set()
    for ligne in lignes:
        enfant = enfants.get(ligne[0])
        if enfant is None:
            enfant = enfants[ligne[0]] = EnfantLu(
                id=ligne[0],
                prenom=ligne[1],
                nom=ligne[2],
                naissance=ligne[3],
                classe=ligne[4],
                structure_id=ligne[5],
                pai=ligne[6],
                rang_foyer=len(enfants) + 1,
                est_visible=ligne[9] is not None,
                garde=None if ligne[7] is None or ligne[8] is None else Garde(ligne[7], ligne[8]),
                autre_parent=ligne[10] or "",
                autre_foyer_id=ligne[11],
            )
        if ligne[12] is not None and ligne[12] not in vues:
            vues.add(ligne[12])
            activite, structure = regles.activites.get(ligne[13]), regles.structures.get(ligne[14])
            if activite is not None and structure is not None:
                enfant.inscriptions.append(
                    InscriptionLue(ligne[12], activite, structure, ligne[14], ligne[15], ligne[16])
                )
    return enfants


def charger_reservations(session: Session, dossier: Dossier, du: date, au: date) -> None:
    """Bookings of the foyer's children between two days included, those of their other foyer too: one query."""
    _reservations(session, dossier, Reservation.jour.between(du, au), list(dossier.enfants))


def charger_reservations_de(session: Session, dossier: Dossier, periodes: Iterable[tuple[date, date]]) -> None:
    """The same over several periods (the months a draft touches): one query."""
    conditions = [Reservation.jour.between(du, au) for du, au in periodes]
    if conditions:
        _reservations(session, dossier, or_(*conditions), list(dossier.enfants))


def _reservations(session: Session, dossier: Dossier, quand: ColumnElement[bool], enfants: list[int]) -> None:
    lignes = session.execute(
        select(
            Reservation.enfant_id,
            Reservation.unite_id,
            Reservation.jour,
            Reservation.id,
            Reservation.etat,
            Reservation.foyer_id,
            Reservation.structure_id,
            Reservation.est_hors_delai,
            Reservation.recu_id,
        ).where(Reservation.enfant_id.in_(enfants), quand)
    )
    reservations = dossier.reservations
    for ligne in lignes:
        reservations[ligne[0], ligne[1], ligne[2]] = ReservationLue(*ligne[3:])


def charger_places(session: Session, dossier: Dossier, unites: Iterable[int], jours: Iterable[date]) -> None:
    """Counts the places taken on these days in every jauge these units share: one query, none without a jauge.

    « Valider » calls it again in its writing transaction: the count that decides is never an older one.
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
    lignes = session.execute(
        select(Reservation.unite_id, Reservation.structure_id, Reservation.jour, func.count())
        .where(
            Reservation.unite_id.in_(sorted(concernees)),
            Reservation.jour.between(jours[0], jours[-1]),
            Reservation.etat.in_(ETATS_OCCUPANTS),
        )
        .group_by(Reservation.unite_id, Reservation.jour, Reservation.structure_id)
    )
    for unite, structure, jour, combien in lignes:
        dossier.occupees[unite, structure, jour] = combien
