"""What a régie bills to some foyers: each booking of the covered months by the rules of its day, in the state it is in,
less what was already billed. A fixed number of queries for a batch of foyers, whatever their bookings."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, select
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
    LigneDue,
    LigneEmise,
    Projet,
    debut_des_oublis,
    derniere_chance,
    etat_a_facturer,
    projeter,
)
from portail_famille.domain.factures import Creneau, PrixFacture
from portail_famille.models.foyers import Foyer, Personne
from portail_famille.services.chiffrages import charger_dossiers
from portail_famille.services.dossiers import Dossier, EnfantLu, ReservationLue, jour_de
from portail_famille.services.lectures_factures import (
    Campagne,
    Cle,
    Originale,
    lire_emises,
    lire_originales,
    lire_oublis,
    lire_prix_factures,
    lire_reservations,
)
from portail_famille.services.regles import Regles
from portail_famille.services.regles_retirees import regles_de_la_version


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
    factures: Mapping[tuple[int, int, int, date], Mapping[str, Any]]
    """By foyer and slot, what the price that was billed was computed from."""


def chiffrer_foyers(session: Session, campagne: Campagne, foyers: Collection[int]) -> list[FoyerChiffre]:
    """In the order of their ids. Ten queries, one more when a child has left one of the homes, and one for each older
    document of activities met for the first time."""
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
        self._reservations = lire_reservations(session, campagne, ids)
        self._emises = lire_emises(session, campagne, ids)
        self._factures = lire_prix_factures(session, self._emises)
        for version in {prix["catalogue"] for prix in self._factures.values()} - {campagne.regles.versions[0]}:
            if version not in campagne.anciennes:
                anciennes = regles_de_la_version(session, campagne.regles, version)
                campagne.anciennes[version] = anciennes or campagne.regles
        self._originales = lire_originales(
            session, {ligne.originale for lues in self._emises.values() for ligne in lues}
        )
        concernes = {(foyer_id, r.enfant_id) for foyer_id, lues in self._reservations.items() for r in lues}
        concernes |= {(foyer_id, ligne.enfant_id) for foyer_id, lues in self._emises.items() for ligne in lues}
        self._dossiers = charger_dossiers(session, campagne.regles, ids, campagne.maintenant, concernes)
        self._oublis = lire_oublis(session, campagne, {enfant for _, enfant in concernes}) if campagne.pardonne else {}

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
        ailleurs: dict[Cle, int] = defaultdict(int)
        deja: dict[Cle, list[int]] = defaultdict(lambda: [0, 0])
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
                compte.compter(r, deja.get(cle), self._factures.get((foyer.id, *cle)))
        projet = projeter(
            compte.dues,
            ici,
            {facture_id: originale.plafond for facture_id, originale in self._originales.items()},
            self._campagne.regie.minimum_centimes,
            compte.ordre,
            derniere_chance(self._campagne.mois),
        )
        if projet.lignes:
            _juger_foyer(compte.anomalies, foyer, payeur)
        return FoyerChiffre(
            foyer, payeur, dossier, projet, tuple(compte.prix), compte.anomalies, self._originales, self._factures
        )


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

    def compter(self, r: Row[Any], deja: list[int] | None, facture: Mapping[str, Any] | None) -> None:
        """One booking. `deja`: what was billed of it, kept when nothing can be said of its price any more; `facture`:
        what that price was computed from."""
        creneau, est_du_mois = Creneau(r.enfant_id, r.unite_id, r.jour), r.jour >= self.campagne.mois
        etat = etat_a_facturer(r.etat, est_hors_delai=r.est_hors_delai, est_non_reservee=r.est_non_reservee)
        if est_du_mois:
            self._juger(r)
        if etat is None:
            return
        faits = self._faits(self.dossier.enfants[r.enfant_id], facture if deja and deja[0] else None)
        rang = self._chiffrer(self.dossier.enfants[r.enfant_id], creneau, etat, faits)
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

    def _faits(self, enfant: EnfantLu, facture: Mapping[str, Any] | None) -> "_Faits":
        """What has no date. Of a day that is billed already it stays as it was: a family that moves, a price that
        the town corrects change nothing of the past (domain.md §8); an avoir that allows it has the day billed anew."""
        dossier = self.dossier
        if facture is None:
            return _Faits(
                self.campagne.regles,
                dossier.est_resident,
                dossier.personnes_a_charge,
                dossier.ressources,
                enfant.pai,
            )
        centimes = facture["ressources_centimes"]
        return _Faits(
            self.campagne.anciennes.get(facture["catalogue"], self.campagne.regles),
            facture["resident"],
            facture["charges"],
            None if centimes is None else Decimal(centimes) / 100,
            facture["pai"],
        )

    def _chiffrer(self, enfant: EnfantLu, creneau: Creneau, etat: Etat, faits: "_Faits") -> int | None:
        """Rank of the price in `prix`; None where no tarif is known."""
        regles, jour = faits.regles, creneau.jour
        code = regles.unites.get(creneau.unite_id)
        if code is None:
            return None
        unite = regles.catalogue.unites[code]
        tarif = regles.catalogue.tarifs.get(unite.tarif or "")
        version = None if tarif is None else tarif.version_du(jour)
        if tarif is not None and version is None:
            return None
        qf, rang = self.dossier.quotient(jour), self.dossier.rang(enfant, code, jour, apres=False)
        oublis = self._oublis(creneau, etat)
        cle = (enfant.id, creneau.unite_id, id(version), qf, rang, etat, oublis, *faits.cle)
        if cle not in self._rangs:
            comme_reserve = Circonstance(
                jour=jour,
                qf=qf,
                resident=faits.resident,
                rang=rang,
                personnes_a_charge=faits.charges,
                ressources=faits.ressources,
                pai=faits.pai,
            )
            self._rangs[cle] = len(self.prix)
            debut = None if version is None else version.du
            self.prix.append(
                _prix_facture(faits.regles, creneau, replace(comme_reserve, etat=etat, oublis=oublis), debut)
            )
        return self._rangs[cle]

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


@dataclass(frozen=True, slots=True)
class _Faits:
    """What a price depends on besides the day: the document of activities, and what a foyer's file does not date."""

    regles: Regles
    resident: bool
    charges: int
    ressources: Decimal | None
    pai: bool

    @property
    def cle(self) -> tuple[object, ...]:
        return self.regles.versions[0], self.resident, self.charges, self.ressources, self.pai


def _prix_facture(regles: Regles, creneau: Creneau, circonstance: Circonstance, tarif_du: date | None) -> PrixFacture:
    unite = regles.catalogue.unites[regles.unites[creneau.unite_id]]
    prix = regles.prix(unite.code, circonstance)
    base = regles.prix(unite.code, replace(circonstance, etat=Etat.RESERVEE, oublis=0))
    activite, etat = regles.catalogue.activites[unite.activite], circonstance.etat.value
    qf, ressources = circonstance.qf, circonstance.ressources
    return PrixFacture(
        enfant=creneau.enfant_id,
        unite=creneau.unite_id,
        etat=etat,
        centimes=prix.centimes,
        base_centimes=base.centimes,
        garde_centimes=part_de_garde(activite, unite, base.centimes, prix.centimes, etat),
        qf_centimes=None if qf is None else int(qf * 100),
        resident=circonstance.resident,
        rang=circonstance.rang,
        charges=circonstance.personnes_a_charge,
        ressources_centimes=None if ressources is None else int(ressources * 100),
        pai=circonstance.pai,
        oublis=circonstance.oublis,
        catalogue=regles.versions[0],
        tarif=unite.tarif or "",
        tarif_du=None if tarif_du is None else tarif_du.isoformat(),
        explication=prix.explication,
    )


def _juger_foyer(anomalies: Collecte, foyer: Foyer, payeur: Personne) -> None:
    if not foyer.adresse:
        anomalies.noter(SANS_ADRESSE if payeur.courriel else INJOIGNABLE)
    if foyer.parti_le is not None:
        anomalies.noter(FOYER_PARTI)
