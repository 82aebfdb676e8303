"""The catalogue of a town: its structures, activities, units, capacities and prices, read from one document."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, TypeVar

from portail_famille.domain.calendrier import Calendrier
from portail_famille.domain.capacites import Jauge
from portail_famille.domain.delais import JAMAIS, Contexte, Jamais, Regle, premier_refus, prevoit
from portail_famille.domain.erreurs import DocumentInvalide, ErreurDocument
from portail_famille.domain.inscriptions import InscriptionScolaire
from portail_famille.domain.lecture import Lecteur, Table, suggerer
from portail_famille.domain.lecture_activites import (
    Connus,
    exclusions_reciproques,
    lire_activite,
    lire_fermeture,
    lire_jauge,
    lire_ouverture_exceptionnelle,
    lire_structure,
)
from portail_famille.domain.lecture_inscriptions import lire_scolaire
from portail_famille.domain.lecture_tarifs import lire_tarif
from portail_famille.domain.montants import typographier
from portail_famille.domain.ouvertures import Ouverture, ouverture_du
from portail_famille.domain.structures import Fermeture, OuvertureExceptionnelle, Structure
from portail_famille.domain.tarifs import GRATUIT, Circonstance, Prix, Tarif
from portail_famille.domain.unites import Activite, Unite

__all__ = [
    "Activite", "Catalogue", "Jauge", "Ouverture", "Structure", "Tarif", "Unite", "canonique", "lire_catalogue",
]  # fmt: skip

_T = TypeVar("_T")


@dataclass(frozen=True)
class Catalogue:
    """Unit codes are unique in the town. Everything is answered for a unit in a structure on a day."""

    structures: dict[str, Structure]
    activites: dict[str, Activite]
    unites: dict[str, Unite]
    jauges: dict[str, Jauge]
    tarifs: dict[str, Tarif]
    fermetures: tuple[Fermeture, ...] = ()
    ouvertures_exceptionnelles: tuple[OuvertureExceptionnelle, ...] = ()
    scolaires: tuple[InscriptionScolaire, ...] = ()
    """School years that families may ask for."""
    _fermetures: dict[str, tuple[Fermeture, ...]] = field(init=False, repr=False, compare=False)
    _ouvertures: dict[str, tuple[OuvertureExceptionnelle, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        unites = self.unites.values()
        fermetures = {u.code: tuple(f for f in self.fermetures if f.concerne_unite(u.code, u.activite)) for u in unites}
        ouvertures = {
            u.code: tuple(o for o in self.ouvertures_exceptionnelles if o.concerne_unite(u.code, u.activite))
            for u in unites
        }
        object.__setattr__(self, "_fermetures", fermetures)
        object.__setattr__(self, "_ouvertures", ouvertures)

    def ouverture(self, unite: str, structure: str, jour: date, calendrier: Calendrier) -> Ouverture:
        return self._ouverture(self.unites[unite], structure, jour, calendrier)

    def limite_ajout(self, unite: str, structure: str, jour: date, calendrier: Calendrier) -> datetime | None:
        """First refused instant (Europe/Paris) for adding, None without deadline."""
        return self._limite(self.unites[unite].delai_ajout, unite, structure, jour, calendrier)

    def limite_annulation(self, unite: str, structure: str, jour: date, calendrier: Calendrier) -> datetime | None:
        """First refused instant for cancelling, None without deadline."""
        return self._limite(self.unites[unite].delai_annulation, unite, structure, jour, calendrier)

    def limite_hors_delai(self, unite: str, structure: str, jour: date, calendrier: Calendrier) -> datetime | None:
        """First instant at which even a late request is refused; None when the day takes no late request."""
        regle = self.unites[unite].hors_delai
        if regle is None:
            return None
        tardive = self._limite(regle, unite, structure, jour, calendrier)
        normale = self.limite_ajout(unite, structure, jour, calendrier)
        if tardive is None or normale is None or normale == JAMAIS:
            return None
        return tardive if tardive > normale else None

    def hors_delai_precede_ajout(self, unite: str, structure: str, jour: date, calendrier: Calendrier) -> bool:
        """The late deadline comes first: nobody can ever be late and accepted on that day."""
        regle, normale = self.unites[unite].hors_delai, self.limite_ajout(unite, structure, jour, calendrier)
        if regle is None or normale is None or normale == JAMAIS:
            return False
        tardive = self._limite(regle, unite, structure, jour, calendrier)
        return tardive is not None and tardive < normale

    def ajout_prevu(self, unite: str, jour: date, calendrier: Calendrier) -> bool:
        """False on a day that the unit's deadline forgets: it is closed to families, and the town never said so."""
        return prevoit(self.unites[unite].delai_ajout, jour, calendrier)

    def ajout_possible(self, unite: str) -> bool:
        """False when families can never add it online."""
        return not isinstance(self.unites[unite].delai_ajout, Jamais)

    def annulation_possible(self, unite: str) -> bool:
        return not isinstance(self.unites[unite].delai_annulation, Jamais)

    def prix(self, unite: str, circonstance: Circonstance) -> Prix:
        """A unit without tarif is free. Raises RegleViolee for a day before the tarif's first version."""
        code = self.unites[unite].tarif
        return GRATUIT if code is None else self.tarifs[code].prix(circonstance)

    def jauges_de(self, unite: str, structure: str) -> tuple[Jauge, ...]:
        """Every capacity that a booking of this unit in this structure takes a place of."""
        jauges = (self.jauges[code] for code in self.unites[unite].jauges)
        return tuple(jauge for jauge in jauges if jauge.concerne(unite, structure))

    def documents_inconnus(self, connus: Collection[str]) -> tuple[ErreurDocument, ...]:
        """What enrolments ask for that is no kind of document of this town: nobody could ever join it."""
        demandes = [
            (f"activite {code}", "inscription.pieces", campagne.pieces)
            for code, activite in self.activites.items()
            for campagne in activite.campagnes
        ]
        demandes += [(f"inscription_scolaire {annee.annee}", "pieces", annee.pieces) for annee in self.scolaires]
        return tuple(
            ErreurDocument(
                table,
                cle,
                typographier(
                    f"document « {piece} » inconnu de cette commune : déclarez [pieces.{piece}] dans commune.toml ; "
                    f"{suggerer(piece, sorted(connus))}."
                ),
            )
            for table, cle, pieces in demandes
            for piece in pieces
            if piece not in connus
        )

    @property
    def avertissements(self) -> tuple[str, ...]:
        """What an import says without refusing."""
        return tuple(alerte for tarif in self.tarifs.values() for alerte in tarif.avertissements())

    def _ouverture(self, unite: Unite, structure: str, jour: date, calendrier: Calendrier) -> Ouverture:
        return ouverture_du(
            jour,
            unite,
            self.activites[unite.activite],
            self.structures[structure],
            calendrier,
            self._fermetures[unite.code],
            self._ouvertures[unite.code],
        )

    def avec_fermetures(self, fermetures: Iterable[Fermeture]) -> "Catalogue":
        """The same town with closures that its file does not hold: a strike, a burst pipe."""
        ajoutees = tuple(fermetures)
        structures = {
            code: replace(
                structure,
                fermetures=structure.fermetures + tuple(f for f in ajoutees if f.ferme_toute_la_structure(code)),
            )
            for code, structure in self.structures.items()
        }
        return replace(self, structures=structures, fermetures=self.fermetures + ajoutees)

    def contexte(self, code: str, structure: str, calendrier: Calendrier) -> Contexte:
        """What counting days for this unit in this structure may look at."""
        ses_jours = self.structures[structure].jours_ecole
        return Contexte(
            calendrier,
            calendrier.jours_ecole if ses_jours is None else ses_jours,
            est_ferme=lambda autre: any(f.couvre(structure, autre) for f in self._fermetures[code]),
            est_ouvert=lambda autre: self._ouvre_hors_saison(code, structure, autre, calendrier),
        )

    def _limite(self, regle: Regle, code: str, structure: str, jour: date, calendrier: Calendrier) -> datetime | None:
        return premier_refus(regle, jour, self.contexte(code, structure, calendrier))

    def _ouvre_hors_saison(self, code: str, structure: str, jour: date, calendrier: Calendrier) -> bool:
        """Open but for the season: before the first day of the season, the previous opening day is last season's."""
        unite = self.unites[code]
        sans_saison = replace(self.activites[unite.activite], du=None, au=None)
        fermetures, ouvertures = self._fermetures[code], self._ouvertures[code]
        ses_regles = self.structures[structure]
        return ouverture_du(jour, unite, sans_saison, ses_regles, calendrier, fermetures, ouvertures).ouvert


def lire_catalogue(document: Mapping[str, Any]) -> Catalogue:
    """The catalogue of a parsed TOML file (parse_float=Decimal), or of its `canonique` form.

    Raises DocumentInvalide with every fault found.
    """
    lecteur = Lecteur()
    racine = Table(lecteur, "fichier", document)
    structures = _par_code(racine, "structure", lire_structure)
    tarifs = _par_code(racine, "tarif", lire_tarif)
    # Codes as declared, so that a fault elsewhere in a table does not make every reference to it a second fault.
    connus = Connus(
        _declares(racine.brut("structure")),
        _declares(racine.brut("activite")),
        tuple(c for a in _tables(racine.brut("activite")) for c in _declares(a.get("unite"))),
        _declares(racine.brut("tarif")),
    )
    activites, declarees = _activites(racine, connus)
    unites = exclusions_reciproques(declarees)
    jauges = _par_code(racine, "jauge", lambda table: lire_jauge(table, connus))
    fermetures = _liste(racine, "fermeture", lambda table: lire_fermeture(table, connus))
    ouvertures = _liste(racine, "ouverture_exceptionnelle", lambda table: lire_ouverture_exceptionnelle(table, connus))
    scolaires = _liste(racine, "inscription_scolaire", lambda table: lire_scolaire(table, connus.structures))
    for cle in ("structure", "activite"):
        if not racine.a(cle):
            racine.refuser(cle, f"il faut au moins une [[{cle}]].")
    racine.fermer()
    annees = [scolaire.annee for scolaire in scolaires]
    for annee in sorted({annee for annee in annees if annees.count(annee) > 1}):
        lecteur.refuser("inscription_scolaire", "annee", f"« {annee} » est donnée deux fois.")
    _verifier_relations(lecteur, unites)
    _verifier_tarifs(lecteur, activites, unites, tarifs)
    if lecteur.erreurs:
        raise DocumentInvalide(lecteur.erreurs)
    propres = {
        code: replace(structure, fermetures=tuple(f for f in fermetures if f.ferme_toute_la_structure(code)))
        for code, structure in structures.items()
    }
    completes = {
        code: replace(unite, jauges=tuple(jauge.code for jauge in jauges.values() if code in jauge.unites))
        for code, unite in unites.items()
    }
    return Catalogue(
        propres, activites, completes, jauges, tarifs, tuple(fermetures), tuple(ouvertures), tuple(scolaires)
    )


def canonique(document: Mapping[str, Any]) -> dict[str, Any]:
    """The same document as JSON holds it: Decimals and dates as text. Its own canonical form, and stable."""
    forme: dict[str, Any] = _canonique(document)
    return forme


def _canonique(valeur: Any) -> Any:
    if isinstance(valeur, Mapping):
        return {str(cle): _canonique(valeur[cle]) for cle in valeur}
    if isinstance(valeur, list | tuple):
        return [_canonique(element) for element in valeur]
    if isinstance(valeur, Decimal):
        return format(valeur, "f")
    if isinstance(valeur, time):
        return f"{valeur:%H:%M}"
    if isinstance(valeur, date):
        return valeur.isoformat()
    return valeur


def _tables(brut: Any) -> list[Mapping[str, Any]]:
    return [table for table in brut if isinstance(table, Mapping)] if isinstance(brut, list) else []


def _declares(brut: Any) -> tuple[str, ...]:
    return tuple(table["code"] for table in _tables(brut) if isinstance(table.get("code"), str))


def _ouvrir(racine: Table, cle: str) -> list[Table]:
    """The tables under `cle`, each named by its code in the errors."""
    ouvertes = []
    for rang, table in enumerate(racine.sous_tables(cle), 1):
        code = table.donnees.get("code")
        nom = f"{cle} {code if isinstance(code, str) else f'n° {rang}'}"
        ouvertes.append(Table(racine.lecteur, nom, table.donnees))
    return ouvertes


def _par_code(racine: Table, cle: str, lire: Callable[[Table], _T | None]) -> dict[str, _T]:
    lus: dict[str, _T] = {}
    vus: set[str] = set()
    for table in _ouvrir(racine, cle):
        lu, code = lire(table), table.donnees.get("code")
        if isinstance(code, str) and code in vus:
            table.refuser("code", f"« {code} » est déjà pris par une autre table [[{cle}]].")
        elif isinstance(code, str):
            vus.add(code)
            if lu is not None:
                lus[code] = lu
    return lus


def _liste(racine: Table, cle: str, lire: Callable[[Table], _T | None]) -> list[_T]:
    return [lu for table in _ouvrir(racine, cle) if (lu := lire(table)) is not None]


def _activites(racine: Table, connus: Connus) -> tuple[dict[str, Activite], dict[str, Unite]]:
    unites: dict[str, Unite] = {}

    def lire(table: Table) -> Activite | None:
        lue = lire_activite(table, connus, len(unites))
        if lue is None:
            return None
        for unite in lue[1]:
            if unite.code in unites:
                nom = f"{table.nom} / unite {unite.code}"
                table.lecteur.refuser(nom, "code", f"« {unite.code} » est déjà pris par une autre unité de la commune.")
            unites[unite.code] = unite
        return lue[0]

    return _par_code(racine, "activite", lire), unites


def _verifier_relations(lecteur: Lecteur, unites: dict[str, Unite]) -> None:
    for unite in unites.values():
        nom = f"activite {unite.activite} / unite {unite.code}"
        for autre in sorted(unite.exige & unite.exclut):
            lecteur.refuser(nom, "exige", f"« {autre} » est à la fois exigée et exclue.")
        if unite.code in _exigences(unite, unites):
            lecteur.refuser(nom, "exige", "les exigences tournent en rond : cette unité finit par s’exiger elle-même.")


def _exigences(unite: Unite, unites: dict[str, Unite]) -> set[str]:
    """Every unit required, directly or not."""
    atteintes: set[str] = set()
    a_voir = list(unite.exige - {unite.code})
    while a_voir:
        code = a_voir.pop()
        if code not in atteintes and code in unites:
            atteintes.add(code)
            a_voir.extend(unites[code].exige)
    return atteintes


def _verifier_tarifs(
    lecteur: Lecteur, activites: dict[str, Activite], unites: dict[str, Unite], tarifs: dict[str, Tarif]
) -> None:
    for unite in unites.values():
        activite, tarif = activites.get(unite.activite), tarifs.get(unite.tarif or "")
        if activite is None or tarif is None or activite.du is None:
            continue
        premiere = tarif.versions[0].du
        if premiere is not None and premiere > activite.du:
            nom = f"activite {unite.activite} / unite {unite.code}"
            lecteur.refuser(
                nom, "tarif", f"le tarif « {tarif.code} » commence après l’activité : premiers jours sans prix."
            )
