"""Who may be enrolled in what, over which days, and whether a place is left (docs/fichier-activites.md, « Les
inscriptions »). The facts come as arguments; each refusal is a code and a sentence that a parent understands."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from portail_famille.domain.libelles import ecrire_date, sans_accents

NIVEAUX = ("TPS", "PS", "MS", "GS", "CP", "CE1", "CE2", "CM1", "CM2")
"""Code de l'éducation D311-10; TPS: before three (L113-1)."""
_AGE_AU_31_DECEMBRE = {niveau: 2 + rang for rang, niveau in enumerate(NIVEAUX)}
"""A child enters the level by the age reached in the calendar year of the rentrée (L113-1, D113-1)."""
_SECTIONS = {"toute": 0, "petite": 1, "moyenne": 2, "grande": 3}
_UN_JOUR = timedelta(days=1)

Sejour = tuple[int, date, date]
"""Child id, first day, last day of an enrolment."""


class RefusInscription(StrEnum):
    PAS_ENCORE = "pas_encore"
    CLOSE = "close"
    DEJA_INSCRIT = "deja_inscrit"
    DEJA_DEMANDE = "deja_demande"
    NON_RESIDENT = "non_resident"
    AUTRE_ECOLE = "autre_ecole"
    AUTRE_CLASSE = "autre_classe"
    TROP_JEUNE = "trop_jeune"
    TROP_AGE = "trop_age"


@dataclass(frozen=True, slots=True)
class Empechement:
    """Why this child cannot be enrolled now."""

    code: RefusInscription
    phrase: str


@dataclass(frozen=True, slots=True)
class CampagneInscription:
    """How an activity takes children for a season; `ouverte_*`: when families may ask, None without bound."""

    du: date
    au: date
    ouverte_du: date | None = None
    ouverte_au: date | None = None
    age_min: int | None = None
    """In years, reached on `age_le`; without it, on the first day of the enrolment."""
    age_max: int | None = None
    """In years, not yet passed by the same day: 11, until the eve of the twelfth birthday."""
    age_le: date | None = None
    classes: tuple[str, ...] = ()
    """Empty: all of them."""
    ecoles: frozenset[str] = frozenset()
    """Structures of the child's school; empty: any."""
    residents_seulement: bool = False
    places: Mapping[str, int] = field(default_factory=dict)
    """By structure; one that is absent has no limit."""
    choix: int = 1
    """How many structures a family may rank."""
    pieces: tuple[str, ...] = ()
    """Kinds of documents it cannot do without."""
    est_automatique: bool = False
    """The rules decide at once when the child is eligible, the documents are there and a place is left."""


@dataclass(frozen=True, slots=True)
class Candidat:
    """What is known of a child for one activity, seen from one foyer."""

    naissance: date
    classe: str
    ecole: str | None
    """Code of its school."""
    est_resident: bool
    inscriptions: tuple[tuple[date, date], ...] = ()
    """In this activity, paid by this foyer."""
    est_demande: bool = False
    """This foyer already asked, and waits for the answer."""


def periode_libre(
    campagne: CampagneInscription, jour: date, inscriptions: Iterable[tuple[date, date]]
) -> tuple[date, date] | None:
    """The first days of the season, from `jour` on, that no enrolment covers: what asking now would give."""
    du, au = max(campagne.du, jour), campagne.au
    for debut, fin in sorted(inscriptions):
        if fin < du:
            continue
        if debut > du:
            au = min(au, debut - _UN_JOUR)
            break
        du = fin + _UN_JOUR
    return (du, au) if du <= au else None


def juger_inscription(campagne: CampagneInscription, candidat: Candidat, jour: date) -> Empechement | None:
    """The first reason why the family cannot ask for it that day; None when it can."""
    if campagne.ouverte_du is not None and jour < campagne.ouverte_du:
        return Empechement(
            RefusInscription.PAS_ENCORE, f"Les inscriptions ouvrent le {ecrire_date(campagne.ouverte_du)}."
        )
    fin = min(campagne.au, campagne.ouverte_au or campagne.au)
    if jour > fin:
        return Empechement(RefusInscription.CLOSE, f"Les inscriptions sont closes depuis le {ecrire_date(fin)}.")
    periode = periode_libre(campagne, jour, candidat.inscriptions)
    if periode is None:
        return Empechement(RefusInscription.DEJA_INSCRIT, "Déjà inscrit\u00a0: il n’y a rien à faire.")
    if candidat.est_demande:
        return Empechement(RefusInscription.DEJA_DEMANDE, "Votre demande est déjà envoyée\u00a0: attendez la réponse.")
    if campagne.residents_seulement and not candidat.est_resident:
        return Empechement(RefusInscription.NON_RESIDENT, "Réservé aux familles qui habitent la commune.")
    if campagne.ecoles and candidat.ecole not in campagne.ecoles:
        return Empechement(RefusInscription.AUTRE_ECOLE, "Réservé aux enfants d’une autre école.")
    if campagne.classes and not est_de_la_classe(candidat.classe, campagne.classes):
        return Empechement(
            RefusInscription.AUTRE_CLASSE, f"Pour les classes suivantes seulement\u00a0: {', '.join(campagne.classes)}."
        )
    return _juger_age(campagne, candidat.naissance, periode[0])


def _juger_age(campagne: CampagneInscription, naissance: date, premier_jour: date) -> Empechement | None:
    le = campagne.age_le or premier_jour
    mois = age_en_mois(naissance, le)
    if campagne.age_min is not None and mois < campagne.age_min * 12:
        manque = campagne.age_min * 12 - mois
        quand = f"le {ecrire_date(le)}"
        if campagne.age_le is None:
            quand = f"possible à partir du {ecrire_date(anniversaire(naissance, campagne.age_min))}"
            return Empechement(
                RefusInscription.TROP_JEUNE,
                f"Trop jeune de {manque} mois\u00a0: il faut {_ans(campagne.age_min)}, {quand}.",
            )
        return Empechement(
            RefusInscription.TROP_JEUNE, f"Trop jeune de {manque} mois\u00a0: il faut {_ans(campagne.age_min)} {quand}."
        )
    if campagne.age_max is not None and mois >= (campagne.age_max + 1) * 12:
        return Empechement(RefusInscription.TROP_AGE, f"Trop âgé\u00a0: jusqu’à {_ans(campagne.age_max)}.")
    return None


def _ans(nombre: int) -> str:
    return f"{nombre} an" if nombre < 2 else f"{nombre} ans"


def age_en_mois(naissance: date, jour: date) -> int:
    """Whole months lived by that day; 0 before birth."""
    mois = (jour.year - naissance.year) * 12 + jour.month - naissance.month - (jour.day < naissance.day)
    return max(mois, 0)


def anniversaire(naissance: date, age: int) -> date:
    """The day the age is reached; born on 29 February, on 1 March of a common year."""
    try:
        return naissance.replace(year=naissance.year + age)
    except ValueError:
        return date(naissance.year + age, 3, 1)


def est_de_la_classe(classe: str, classes: Iterable[str]) -> bool:
    """« CM1 B », « cm1 » are of CM1; « CM1-CM2 » is of both. A child whose class is not known is of none."""
    mots = set(_mots(classe))
    return any(mots >= set(_mots(autre)) for autre in classes)


def rang_de_classe(classe: str) -> tuple[int, str]:
    """To sort classes as a school does: « Petite section », « CP », « CE1-CE2 B », then those it has no level for."""
    mots = _mots(classe)
    niveaux = [NIVEAUX.index(mot.upper()) for mot in mots if mot.upper() in NIVEAUX]
    if "section" in mots:
        niveaux += [rang for mot, rang in _SECTIONS.items() if mot in mots]
    return min(niveaux, default=len(NIVEAUX)), classe


def _mots(texte: str) -> list[str]:
    return "".join(lettre if lettre.isalnum() else " " for lettre in sans_accents(texte)).split()


def occupation(sejours: Iterable[Sejour], du: date, au: date) -> int:
    """Most children there on one day of the period: one of two foyers takes a single place."""
    presents = [(enfant, max(debut, du), min(fin, au)) for enfant, debut, fin in sejours if debut <= au and du <= fin]
    arrivees = {jour for _, jour, _ in presents}
    return max(
        (len({enfant for enfant, debut, fin in presents if debut <= jour <= fin}) for jour in arrivees), default=0
    )


def places_restantes(
    campagne: CampagneInscription, structure: str, sejours: Iterable[Sejour], enfant_id: int, du: date, au: date
) -> int | None:
    """Places left in a structure over a period for this child, whose own stays take none from it; None: no limit."""
    places = campagne.places.get(structure)
    if places is None:
        return None
    autres = [sejour for sejour in sejours if sejour[0] != enfant_id]
    return max(places - occupation(autres, du, au), 0)


@dataclass(frozen=True, slots=True)
class InscriptionScolaire:
    """How the town takes children into its schools for a year."""

    annee: str
    """« 2027-2028 »."""
    rentree: date
    ecoles: tuple[str, ...]
    du: date | None = None
    """When families may ask; None without bound."""
    au: date | None = None
    naissances: Mapping[str, int] = field(default_factory=dict)
    """Year of birth by level, where the town says otherwise than the law's ages."""
    niveaux: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Levels that a school has; one that is absent has all of them."""
    pieces: tuple[str, ...] = ()

    def est_ouverte(self, jour: date) -> bool:
        return (self.du is None or jour >= self.du) and (self.au is None or jour <= self.au)

    def naissances_par_niveau(self) -> dict[str, int]:
        """Those the town says, or all by the ages of the law but the TPS, which a town must open itself."""
        if self.naissances:
            return dict(self.naissances)
        return {niveau: self.rentree.year - age for niveau, age in _AGE_AU_31_DECEMBRE.items() if niveau != "TPS"}

    def niveau_propose(self, naissance: date) -> str:
        """By the year of birth; "" when no level is for it."""
        annees = self.naissances_par_niveau().items()
        return next((niveau for niveau, annee in annees if annee == naissance.year), "")

    def ecoles_du_niveau(self, niveau: str) -> tuple[str, ...]:
        """Schools that have it, in the town's order."""
        return tuple(ecole for ecole in self.ecoles if niveau in self.niveaux.get(ecole, NIVEAUX))
