"""What a régie bills to some foyers: each booking of the covered months by the rules of its day, in the state it is in,
less what was already billed. A fixed number of queries for a batch of foyers, whatever their bookings."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, func, or_, select
from sqlalchemy.orm import Session

from portail_famille.domain.anomalies import (
    DEMANDE_PASSEE,
    FOYER_PARTI,
    INJOIGNABLE,
    JOUR_FERME,
    NON_POINTEE,
    SANS_ADRESSE,
    SANS_QF,
    SANS_TARIF,
    UNITES_EXCLUSIVES,
    Collecte,
)
from portail_famille.domain.attestations import part_de_garde
from portail_famille.domain.baremes import A_REGULARISER
from portail_famille.domain.circonstances import Circonstance, Etat
from portail_famille.domain.facturation import (
    FACTURABLES,
    LigneDue,
    LigneEmise,
    Projet,
    debut_des_oublis,
    etat_a_facturer,
    projeter,
)
from portail_famille.domain.factures import Creneau, PrixFacture
from portail_famille.domain.regies import Regie, fin_du_mois
from portail_famille.models.factures import Facture, FactureLigne
from portail_famille.models.foyers import Foyer, Personne
from portail_famille.models.reservations import Reservation
from portail_famille.services.chiffrages import charger_dossiers
from portail_famille.services.dossiers import Dossier, EnfantLu, ReservationLue, jour_de
from portail_famille.services.regles import Regles

_Cle = tuple[int, int, date]
_ORIGINALE = func.coalesce(Facture.avoir_de, Facture.id)
"""An avoir is taken off the invoice that it corrects."""


@dataclass(frozen=True, slots=True)
class Campagne:
    """What a run reads once. `unites`: of this régie, by (unit, structure); `pointees`: attendance sheets that were
    filled in, by (unit, structure, day)."""

    regie: Regie
    mois: date
    couverts: tuple[date, ...]
    regles: Regles
    unites: frozenset[tuple[int, int]]
    structures: Mapping[int, str]
    """Every place, those that the town has withdrawn included."""
    pointees: frozenset[_Cle]
    maintenant: datetime

    @property
    def du(self) -> date:
        return self.couverts[0]

    @property
    def au(self) -> date:
        return fin_du_mois(self.mois)

    @property
    def pardonne(self) -> bool:
        """Whether a tarif forgives the first oversights: they have then to be counted."""
        return any(
            modificateur.oublis_pardonnes
            for tarif in self.regles.catalogue.tarifs.values()
            for version in tarif.versions
            for _, modificateurs in version.etats
            for modificateur in modificateurs
        )


@dataclass(frozen=True, slots=True)
class Originale:
    """An issued invoice that may be corrected; `plafond`: what avoirs may still take off it."""

    numero: str
    mois: date
    plafond: int


@dataclass(frozen=True, slots=True)
class FoyerChiffre:
    """What the run proposes for one foyer, with the inputs of every price."""

    foyer: Foyer
    payeur: Personne
    dossier: Dossier
    projet: Projet
    prix: tuple[PrixFacture, ...]
    anomalies: Collecte
    originales: Mapping[int, Originale]


def chiffrer_foyers(session: Session, campagne: Campagne, foyers: Collection[int]) -> list[FoyerChiffre]:
    """In the order of their ids. Nine queries, two more when a child has left one of the homes."""
    lot = _Lot(session, campagne, foyers)
    return [lot.chiffrer(foyer, payeur) for foyer, payeur in lot.payeurs]


class _Lot:
    """Everything read of a batch of foyers."""

    def __init__(self, session: Session, campagne: Campagne, foyers: Collection[int]) -> None:
        self._campagne = campagne
        ids = sorted(foyers)
        self.payeurs = session.execute(
            select(Foyer, Personne)
            .join(Personne, Personne.id == Foyer.payeur_id)
            .where(Foyer.id.in_(ids))
            .order_by(Foyer.id)
        ).all()
        self._reservations = _reservations(session, campagne, ids)
        self._emises = _emises(session, campagne, ids)
        self._originales = _originales(session, {ligne.originale for lues in self._emises.values() for ligne in lues})
        concernes = {(foyer_id, r.enfant_id) for foyer_id, lues in self._reservations.items() for r in lues}
        concernes |= {(foyer_id, ligne.enfant_id) for foyer_id, lues in self._emises.items() for ligne in lues}
        self._dossiers = charger_dossiers(session, campagne.regles, ids, campagne.maintenant, concernes)
        self._oublis = _oublis(session, campagne, {enfant for _, enfant in concernes}) if campagne.pardonne else {}

    def chiffrer(self, foyer: Foyer, payeur: Personne) -> FoyerChiffre:
        dossier = self._dossiers[foyer.id]
        compte = _Compte(self._campagne, dossier, self._oublis)
        emises = self._emises.get(foyer.id, [])
        reservations = self._reservations.get(foyer.id, [])
        for r in reservations:
            dossier.reservations[r.enfant_id, r.unite_id, r.jour] = ReservationLue(
                r.id, r.etat, foyer.id, r.structure_id, r.est_hors_delai, None
            )
        # A slot stays with the régie that billed it, should the settings have moved its activity since.
        ailleurs: dict[_Cle, int] = defaultdict(int)
        deja: dict[_Cle, list[int]] = defaultdict(lambda: [0, 0])
        ici: list[LigneEmise] = []
        for ligne in emises:
            cle = (ligne.enfant_id, ligne.unite_id, ligne.jour)
            if ligne.regie != self._campagne.regie.code:
                ailleurs[cle] += ligne.montant_centimes
                continue
            est_geste = ligne.genre == "avoir" and not ligne.est_refacturable
            ici.append(
                LigneEmise(ligne.originale, Creneau(*cle), ligne.montant_centimes, ligne.garde_centimes, est_geste)
            )
            if not est_geste:
                deja[cle][0] += ligne.montant_centimes
                deja[cle][1] += ligne.garde_centimes
        for r in reservations:
            cle = (r.enfant_id, r.unite_id, r.jour)
            est_ici = cle in deja or (r.unite_id, r.structure_id) in self._campagne.unites
            if est_ici and not ailleurs.get(cle):
                compte.compter(r, deja.get(cle))
        projet = projeter(
            compte.dues,
            ici,
            {facture_id: originale.plafond for facture_id, originale in self._originales.items()},
            self._campagne.regie.minimum_centimes,
            compte.ordre,
        )
        if projet.lignes:
            _juger_foyer(compte.anomalies, foyer, payeur)
        return FoyerChiffre(foyer, payeur, dossier, projet, tuple(compte.prix), compte.anomalies, self._originales)


@dataclass
class _Compte:
    """The slots of one foyer, as they are priced."""

    campagne: Campagne
    dossier: Dossier
    oublis: Mapping[tuple[int, int, Etat], list[date]]
    dues: list[LigneDue] = field(default_factory=list)
    prix: list[PrixFacture] = field(default_factory=list)
    _rangs: dict[tuple[object, ...], int] = field(default_factory=dict)
    _presences: dict[tuple[int, date], list[int]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self.anomalies = Collecte(self.dossier.foyer_id)
        self._ages = {enfant_id: rang for rang, enfant_id in enumerate(self.dossier.enfants)}
        self._aujourdhui = jour_de(self.campagne.maintenant)

    def ordre(self, creneau: Creneau) -> Any:
        """As the invoice is read: oldest child first, units as the town lists them, days."""
        regles = self.campagne.regles
        code = regles.unites.get(creneau.unite_id)
        unite = regles.catalogue.unites.get(code or "")
        rang = (1, 0) if unite is None else (0, unite.ordre)
        return self._ages.get(creneau.enfant_id, len(self._ages)), rang, creneau.unite_id, creneau.jour

    def compter(self, r: Row[Any], deja: list[int] | None) -> None:
        """One booking. `deja`: what was billed of it, kept when nothing can be said of its price any more."""
        creneau, est_du_mois = Creneau(r.enfant_id, r.unite_id, r.jour), r.jour >= self.campagne.mois
        etat = etat_a_facturer(r.etat, est_hors_delai=r.est_hors_delai, est_non_reservee=r.est_non_reservee)
        if est_du_mois:
            self._juger(r)
        if etat is None:
            return
        rang = self._chiffrer(self.dossier.enfants[r.enfant_id], creneau, etat)
        if rang is None:
            if est_du_mois:
                self.anomalies.noter(SANS_TARIF, r.enfant_id, r.unite_id, r.jour)
            if deja is not None:
                self.dues.append(LigneDue(creneau, etat.value, *deja))
            return
        prix = self.prix[rang]
        if est_du_mois and prix.centimes and any(A_REGULARISER in phrase for phrase in prix.explication):
            self.anomalies.noter(SANS_QF, jour=r.jour)
        self.dues.append(LigneDue(creneau, etat.value, prix.centimes, prix.garde_centimes, rang))

    def _chiffrer(self, enfant: EnfantLu, creneau: Creneau, etat: Etat) -> int | None:
        """Rank of the price in `prix`; None where no tarif is known."""
        dossier, regles, jour = self.dossier, self.campagne.regles, creneau.jour
        code = regles.unites.get(creneau.unite_id)
        if code is None:
            return None
        unite = regles.catalogue.unites[code]
        tarif = regles.catalogue.tarifs.get(unite.tarif or "")
        version = None if tarif is None else tarif.version_du(jour)
        if tarif is not None and version is None:
            return None
        qf, rang = dossier.quotient(jour), dossier.rang(enfant, code, jour, apres=False)
        oublis = self._oublis(creneau, etat)
        cle = (enfant.id, creneau.unite_id, id(version), qf, rang, etat, oublis)
        connu = self._rangs.get(cle)
        if connu is not None:
            return connu
        comme_reserve = Circonstance(
            jour=jour,
            qf=qf,
            resident=dossier.est_resident,
            rang=rang,
            personnes_a_charge=dossier.personnes_a_charge,
            ressources=dossier.ressources,
            pai=enfant.pai,
        )
        prix = regles.prix(code, replace(comme_reserve, etat=etat, oublis=oublis))
        base = regles.prix(code, comme_reserve)
        activite = regles.catalogue.activites[unite.activite]
        self.prix.append(
            PrixFacture(
                enfant=enfant.id,
                unite=creneau.unite_id,
                etat=etat.value,
                centimes=prix.centimes,
                base_centimes=base.centimes,
                garde_centimes=part_de_garde(activite, unite, base.centimes, prix.centimes, etat.value),
                qf_centimes=None if qf is None else int(qf * 100),
                resident=dossier.est_resident,
                rang=rang,
                charges=dossier.personnes_a_charge,
                ressources_centimes=None if dossier.ressources is None else int(dossier.ressources * 100),
                pai=enfant.pai,
                oublis=oublis,
                catalogue=regles.versions[0],
                tarif=unite.tarif or "",
                tarif_du=None if version is None or version.du is None else version.du.isoformat(),
                explication=prix.explication,
            )
        )
        self._rangs[cle] = len(self.prix) - 1
        return len(self.prix) - 1

    def _oublis(self, creneau: Creneau, etat: Etat) -> int:
        jours = self.oublis.get((creneau.enfant_id, creneau.unite_id, etat), ())
        return bisect_left(jours, creneau.jour) - bisect_left(jours, debut_des_oublis(creneau.jour))

    def _juger(self, r: Row[Any]) -> None:
        """States that contradict each other, or what the attendance sheet says of the others."""
        noter, regles = self.anomalies.noter, self.campagne.regles
        structure = self.campagne.structures[r.structure_id]
        code = regles.unites.get(r.unite_id)
        if r.etat == "demandee" and r.jour < self._aujourdhui:
            noter(DEMANDE_PASSEE, r.enfant_id, r.unite_id, r.jour)
        elif r.etat == "reservee" and r.jour < self._aujourdhui:
            if (r.unite_id, r.structure_id, r.jour) in self.campagne.pointees:
                noter(NON_POINTEE, r.enfant_id, r.unite_id, r.jour)
        elif r.etat == "presente" and code is not None and structure in regles.catalogue.structures:
            if not regles.ouverture(code, structure, r.jour).ouvert:
                noter(JOUR_FERME, r.enfant_id, r.unite_id, r.jour)
            autres = self._presences[r.enfant_id, r.jour]
            if regles.catalogue.unites[code].exclut.intersection(regles.unites[autre] for autre in autres):
                noter(UNITES_EXCLUSIVES, r.enfant_id, r.unite_id, r.jour)
            autres.append(r.unite_id)


def _juger_foyer(anomalies: Collecte, foyer: Foyer, payeur: Personne) -> None:
    if not foyer.adresse:
        anomalies.noter(SANS_ADRESSE if payeur.courriel else INJOIGNABLE)
    if foyer.parti_le is not None:
        anomalies.noter(FOYER_PARTI)


def _reservations(session: Session, campagne: Campagne, foyers: list[int]) -> dict[int, list[Row[Any]]]:
    """Every booking of theirs in the covered months: some ranks count who is present."""
    lues = session.execute(
        select(
            Reservation.foyer_id,
            Reservation.id,
            Reservation.enfant_id,
            Reservation.unite_id,
            Reservation.jour,
            Reservation.structure_id,
            Reservation.etat,
            Reservation.est_hors_delai,
            Reservation.est_non_reservee,
        )
        .where(Reservation.foyer_id.in_(foyers), Reservation.jour.between(campagne.du, campagne.au))
        .order_by(Reservation.jour, Reservation.id)
    )
    return _ranger(lues, campagne.couverts)


def _emises(session: Session, campagne: Campagne, foyers: list[int]) -> dict[int, list[Row[Any]]]:
    """What was billed of the covered months, avoirs included, by whatever régie."""
    lues = session.execute(
        select(
            Facture.foyer_id,
            Facture.regie,
            Facture.genre,
            Facture.est_refacturable,
            _ORIGINALE.label("originale"),
            FactureLigne.enfant_id,
            FactureLigne.unite_id,
            FactureLigne.jour,
            FactureLigne.montant_centimes,
            FactureLigne.garde_centimes,
        )
        .join(FactureLigne, FactureLigne.facture_id == Facture.id)
        .where(
            Facture.foyer_id.in_(foyers),
            Facture.numero.is_not(None),
            FactureLigne.jour.between(campagne.du, campagne.au),
            FactureLigne.enfant_id.is_not(None),
            FactureLigne.unite_id.is_not(None),
        )
    )
    return _ranger(lues, campagne.couverts)


def _ranger(lues: Iterable[Any], couverts: Collection[date]) -> dict[int, list[Row[Any]]]:
    rangees: dict[int, list[Row[Any]]] = defaultdict(list)
    for ligne in lues:
        if ligne.jour.replace(day=1) in couverts:
            rangees[ligne.foyer_id].append(ligne)
    return rangees


def _originales(session: Session, ids: Collection[int]) -> dict[int, Originale]:
    if not ids:
        return {}
    lues = session.execute(
        select(Facture.id, Facture.avoir_de, Facture.numero, Facture.mois, Facture.total_centimes).where(
            or_(Facture.id.in_(ids), Facture.avoir_de.in_(ids)), Facture.numero.is_not(None)
        )
    ).all()
    plafonds: dict[int, int] = defaultdict(int)
    for ligne in lues:
        plafonds[ligne.avoir_de or ligne.id] += ligne.total_centimes
    return {
        ligne.id: Originale(ligne.numero, ligne.mois, max(plafonds[ligne.id], 0))
        for ligne in lues
        if ligne.avoir_de is None
    }


def _oublis(session: Session, campagne: Campagne, enfants: Collection[int]) -> dict[tuple[int, int, Etat], list[date]]:
    """Days of each state that is not the ordinary one, in order, since the 1 September before."""
    lues = session.execute(
        select(
            Reservation.enfant_id,
            Reservation.unite_id,
            Reservation.jour,
            Reservation.etat,
            Reservation.est_hors_delai,
            Reservation.est_non_reservee,
        )
        .where(
            Reservation.enfant_id.in_(sorted(enfants)),
            Reservation.jour.between(debut_des_oublis(campagne.du), campagne.au),
            Reservation.etat.in_(FACTURABLES),
            or_(
                Reservation.est_hors_delai,
                Reservation.est_non_reservee,
                Reservation.etat.in_(("absente_justifiee", "absente_injustifiee")),
            ),
        )
        .order_by(Reservation.jour)
    )
    jours: dict[tuple[int, int, Etat], list[date]] = defaultdict(list)
    for ligne in lues:
        etat = etat_a_facturer(ligne.etat, est_hors_delai=ligne.est_hors_delai, est_non_reservee=ligne.est_non_reservee)
        if etat is not None:
            jours[ligne.enfant_id, ligne.unite_id, etat].append(ligne.jour)
    return jours
