"""Days and holiday periods in French words, for the sentences of the rules."""

import unicodedata
from datetime import date

JOURS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
MOIS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip
_MOTS_VIDES = frozenset({"vacances", "pont", "de", "d", "des", "du", "la", "le", "les", "l", "scolaires"})
_VACANCES = {
    "toussaint": "Vacances de la Toussaint",
    "noel": "Vacances de Noël",
    "hiver": "Vacances d’hiver",
    "printemps": "Vacances de printemps",
    "ete": "Vacances d’été",
    "ascension": "Pont de l’Ascension",
}
# The only names a period can have (Code de l'éducation, L521-1, and the yearly arrêté): a file that names another waits
# for holidays that never come.
NOMS_VACANCES = ("Toussaint", "Noël", "Hiver", "Printemps", "Été", "Ascension")
_SYNONYMES_VACANCES = {"paques": "Printemps", "fevrier": "Hiver"}


def ecrire_date(jour: date) -> str:
    """« 1er septembre 2026 », « 30 novembre 2026 »."""
    quantieme = "1er" if jour.day == 1 else str(jour.day)
    return f"{quantieme} {MOIS[jour.month - 1]} {jour.year}"


def sans_accents(texte: str) -> str:
    decompose = unicodedata.normalize("NFKD", texte.replace("œ", "oe").replace("Œ", "Oe"))
    return "".join(lettre for lettre in decompose if not unicodedata.combining(lettre)).casefold()


def mots_de_periode(nom: str) -> tuple[str, frozenset[int]]:
    """The words that tell one holiday period from another, and the years it names: « Vacances de Noël 2026 » and
    « Noël 2026 » are the same period, written by a town or by the Ministry."""
    mots = "".join(lettre if lettre.isalnum() else " " for lettre in sans_accents(nom)).split()
    annees = frozenset(int(mot) for mot in mots if mot.isdigit() and len(mot) == 4)
    return " ".join(mot for mot in mots if not mot.isdigit() and mot not in _MOTS_VIDES), annees


def est_nom_de_vacances(nom: str) -> bool:
    return mots_de_periode(nom)[0] in _VACANCES


def synonyme_de_vacances(nom: str) -> str | None:
    """The calendar's word for holidays that people call otherwise: « Pâques », « Février »."""
    return _SYNONYMES_VACANCES.get(mots_de_periode(nom)[0])


def nommer_vacances(nom: str) -> str:
    """« Vacances de Noël » from « Noël 2026 »; an unknown name is kept as the calendar writes it."""
    connu = _VACANCES.get(mots_de_periode(nom)[0])
    if connu is not None:
        return connu
    propre = nom.replace("'", "’")
    return propre if sans_accents(nom).startswith(("vacances", "pont")) else f"Vacances ({propre})"
