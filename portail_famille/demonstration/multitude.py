"""Any number of invented foyers, quickly: to see a portal with a whole town in it, and to measure it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from portail_famille.demonstration.noms import NOMS, PRENOMS_ADULTES, PRENOMS_ENFANTS, VOIES
from portail_famille.demonstration.places import Places, jours_ouverts
from portail_famille.demonstration.temps import Epoque, situer
from portail_famille.domain.horloge import PARIS
from portail_famille.models.activites import Inscription
from portail_famille.models.foyers import AutoriteParentale, Enfant, Foyer, Personne, Rattachement, Responsable
from portail_famille.models.quotients import QuotientFamilial
from portail_famille.models.reservations import Reservation
from portail_famille.services.regles import Regles

LOT = 200
_MARGE = 4
# A year of bookings, of which some months are past: the weight of a school year whatever the day of the build.
_PASSE = timedelta(days=120)
_ANNEE = timedelta(days=365)
_CLASSES = {
    3: "Petite section", 4: "Moyenne section", 5: "Grande section", 6: "CP", 7: "CE1", 8: "CE2", 9: "CM1", 10: "CM2",
}  # fmt: skip
_NOMBRE_ENFANTS = (1, 1, 1, 2, 2, 2, 2, 3, 3)
_SEMAINES_TYPES = (frozenset({0, 1, 3, 4}), frozenset({0, 1, 3, 4}), frozenset({0, 1, 3}), frozenset({0, 3}))
# Share of the children enrolled in an activity who come on a regular basis.
_PART_RESTAURATION = 0.75
_PART_AUTRE = 0.2
_PART_INSCRITS_LOISIRS = 0.5

Lignes = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class _Offre:
    """An activity at a place, and the open days of each of its units."""

    activite: str
    structure: str
    est_repas: bool
    unites: tuple[str, ...]
    jours: Mapping[str, Mapping[int, tuple[date, ...]]]


def inventer_foyers(
    session: Session, regles: Regles, maintenant: datetime, nombre: int, graine: int = 1
) -> Iterator[int]:
    """Add `nombre` foyers with children, enrolments and a school year of bookings; yields the foyers done.

    The same seed on the same commune gives the same families; asked again, it adds others. Commits nothing: the caller
    may commit at each step, so that a portal in service is not held up.
    """
    hasard = Random(f"{graine}/{compter_foyers(session)}")  # noqa: S311 (invented people, not secrets)
    fabrique = _Fabrique(session, regles, maintenant, hasard)
    faits = 0
    while faits < nombre:
        lot = min(LOT, nombre - faits)
        fabrique.lot(lot)
        faits += lot
        yield faits


class _Fabrique:
    def __init__(self, session: Session, regles: Regles, maintenant: datetime, hasard: Random) -> None:
        self.session = session
        self.regles = regles
        self.hasard = hasard
        self.maintenant = maintenant
        self.epoque: Epoque = situer(maintenant.astimezone(PARIS).date(), regles.calendrier)
        self.du = max(self.epoque.annees[0].du, self.epoque.aujourdhui - _PASSE)
        self.au = min(self.epoque.annees[-1].au, self.du + _ANNEE)
        self.offres = self._lire_offres()
        structures = regles.catalogue.structures
        self.ecoles = sorted(code for code, structure in structures.items() if structure.genre == "ecole")
        self.loisirs = sorted(code for code, structure in structures.items() if structure.genre == "accueil_loisirs")
        self.creches = sorted(code for code, structure in structures.items() if structure.genre == "creche")
        self.places = Places(session, regles, (self.du, self.au), _MARGE)

    def _lire_offres(self) -> dict[str, list[_Offre]]:
        """Activities by structure."""
        offres: dict[str, list[_Offre]] = {}
        for activite in self.regles.catalogue.activites.values():
            if any(campagne.places for campagne in activite.campagnes) or self.regles.est_a_valider(activite.unites[0]):
                # What a town grants one by one is left to the named families.
                continue
            for structure in activite.structures:
                jours = {u: jours_ouverts(self.regles, u, structure, self.du, self.au) for u in activite.unites}
                offres.setdefault(structure, []).append(
                    _Offre(activite.code, structure, activite.restauration, activite.unites, jours)
                )
        return offres

    def lot(self, nombre: int) -> None:
        """One batch of foyers: a statement per table, whatever their number."""
        familles = [self._famille() for _ in range(nombre)]
        adultes = [adulte for famille in familles for adulte in famille.adultes]
        personne_ids = iter(self._inserer(Personne, adultes))
        responsables = [[next(personne_ids) for _ in famille.adultes] for famille in familles]
        foyer_ids = self._inserer(
            Foyer, [famille.foyer | {"payeur_id": ids[0]} for famille, ids in zip(familles, responsables, strict=True)]
        )
        enfant_ids = iter(self._inserer(Enfant, [enfant for famille in familles for enfant in famille.enfants]))
        liens = _Liens()
        for famille, foyer_id, adulte_ids in zip(familles, foyer_ids, responsables, strict=True):
            liens.responsables += [{"foyer_id": foyer_id, "personne_id": ident} for ident in adulte_ids]
            if famille.quotient is not None:
                janvier = date(self.epoque.aujourdhui.year, 1, 1)
                liens.quotients.append(
                    {"foyer_id": foyer_id, "valeur_centimes": famille.quotient, "du": janvier, "origine": "prouve"}
                )
            for enfant in famille.enfants:
                enfant_id = next(enfant_ids)
                liens.rattachements.append({"foyer_id": foyer_id, "enfant_id": enfant_id})
                liens.autorites += [
                    {"personne_id": ident, "enfant_id": enfant_id, "du": enfant["naissance"]} for ident in adulte_ids
                ]
                self._activites(enfant_id, foyer_id, enfant["structure_id"], liens)
        for table, lignes in liens.par_table():
            if lignes:
                self.session.execute(insert(table), lignes)

    def _inserer(self, table: type[Personne] | type[Foyer] | type[Enfant], lignes: Lignes) -> list[int]:
        ordre = insert(table).returning(table.id, sort_by_parameter_order=True)
        return list(self.session.scalars(ordre, lignes))

    def _famille(self) -> "_Famille":
        hasard = self.hasard
        nom = hasard.choice(NOMS)
        adultes: Lignes = [
            {"prenom": hasard.choice(PRENOMS_ADULTES), "nom": nom if hasard.random() < 0.7 else hasard.choice(NOMS)}
            for _ in range(1 if hasard.random() < 0.25 else 2)
        ]
        enfants = [self._enfant(nom) for _ in range(hasard.choice(_NOMBRE_ENFANTS))]
        ressources = hasard.randrange(90_000, 600_000, 1_000)
        foyer = {
            "nom": nom,
            "adresse": f"{hasard.randrange(1, 90)}, {hasard.choice(VOIES)}",
            "est_resident": hasard.random() < 0.92,
            "personnes_a_charge": len(enfants),
            "ressources_mensuelles_centimes": ressources,
        }
        quotient = None if hasard.random() < 0.08 else ressources * 10 // (10 * len(adultes) + 7 * len(enfants))
        return _Famille(adultes, enfants, foyer, quotient)

    def _enfant(self, nom: str) -> dict[str, Any]:
        hasard = self.hasard
        en_creche = bool(self.creches) and hasard.random() < 0.1
        age = hasard.randrange(1, 3) if en_creche or not self.ecoles else hasard.randrange(3, 11)
        structure = hasard.choice(self.creches if en_creche else self.ecoles or sorted(self.offres))
        return {
            "prenom": hasard.choice(PRENOMS_ENFANTS),
            "nom": nom,
            "naissance": self.epoque.naissance(age, (hasard.randrange(1, 13), hasard.randrange(1, 29))),
            "structure_id": self.regles.structure_ids[structure],
            "classe": _CLASSES.get(age, ""),
            "pai": hasard.random() < 0.02,
        }

    def _activites(self, enfant_id: int, foyer_id: int, structure_id: int, liens: "_Liens") -> None:
        structure = self.regles.structures[structure_id]
        offres = list(self.offres.get(structure, ()))
        if self.loisirs and structure in self.ecoles and self.hasard.random() < _PART_INSCRITS_LOISIRS:
            offres += self.offres.get(self.hasard.choice(self.loisirs), ())
        for offre in offres:
            for annee in self.epoque.annees:
                liens.inscriptions.append(
                    {
                        "enfant_id": enfant_id,
                        "activite_id": self.regles.activite_ids[offre.activite],
                        "structure_id": self.regles.structure_ids[offre.structure],
                        "foyer_id": foyer_id,
                        "du": annee.du,
                        "au": annee.au,
                    }
                )
            if self.hasard.random() < (_PART_RESTAURATION if offre.est_repas else _PART_AUTRE):
                self._reserver(offre, enfant_id, foyer_id, liens)

    def _reserver(self, offre: _Offre, enfant_id: int, foyer_id: int, liens: "_Liens") -> None:
        """One unit of the activity on the days of a typical week, all the year, where places are left."""
        unite = self.hasard.choice(offre.unites)
        semaine = self.hasard.choice(_SEMAINES_TYPES)
        modele = {
            "enfant_id": enfant_id,
            "unite_id": self.regles.unite_ids[unite],
            "structure_id": self.regles.structure_ids[offre.structure],
            "foyer_id": foyer_id,
            "modifiee_utc": self.maintenant,
        }
        for rang, jours in offre.jours[unite].items():
            if rang not in semaine and rang != 2:
                continue
            for jour in jours:
                if self.places.prendre(unite, offre.structure, jour):
                    etat = "reservee" if jour >= self.epoque.aujourdhui else "presente"
                    liens.reservations.append(modele | {"jour": jour, "etat": etat})


@dataclass(frozen=True, slots=True)
class _Famille:
    adultes: Lignes
    enfants: Lignes
    foyer: dict[str, Any]
    quotient: int | None


class _Liens:
    """Rows that refer to people and foyers already inserted."""

    def __init__(self) -> None:
        self.responsables: Lignes = []
        self.quotients: Lignes = []
        self.rattachements: Lignes = []
        self.autorites: Lignes = []
        self.inscriptions: Lignes = []
        self.reservations: Lignes = []

    def par_table(self) -> tuple[tuple[type[Any], Lignes], ...]:
        return (
            (Responsable, self.responsables),
            (QuotientFamilial, self.quotients),
            (Rattachement, self.rattachements),
            (AutoriteParentale, self.autorites),
            (Inscription, self.inscriptions),
            (Reservation, self.reservations),
        )


def compter_foyers(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Foyer)) or 0
