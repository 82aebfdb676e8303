"""Enrolments as a town writes them: `[activite.inscription]`, `[[inscription_scolaire]]`, docs/fichier-activites.md."""

import re
from collections.abc import Mapping
from datetime import date
from itertools import pairwise

from portail_famille.domain.inscriptions import NIVEAUX, CampagneInscription, InscriptionScolaire
from portail_famille.domain.lecture import Table, suggerer

_ANNEE = re.compile(r"(20\d\d)-(20\d\d)")
_PIECE = re.compile(r"[a-z][a-z0-9_]{0,59}")
_AGE_MAXIMAL = 25
_CHOIX_MAXIMAL = 10
_PLACES_MAXIMALES = 100_000
_DECISIONS = ("agent", "automatique")


def lire_campagnes(
    activite: Table, lieux: tuple[str, ...], structures: tuple[str, ...], saison: tuple[date | None, date | None]
) -> tuple[CampagneInscription, ...]:
    """One `[activite.inscription]` or several, one a season. `lieux`: structures of the activity; `saison`: its own."""
    brut = activite.brut("inscription")
    if isinstance(brut, Mapping):
        seule = activite.sous_table("inscription")
        tables = [] if seule is None else [seule]
    else:
        tables = activite.sous_tables("inscription")
    lues = [campagne for table in tables if (campagne := _campagne(table, lieux, structures, saison)) is not None]
    lues.sort(key=lambda campagne: campagne.du)
    for avant, apres in pairwise(lues):
        if apres.du <= avant.au:
            activite.refuser("inscription", "deux inscriptions ont des saisons qui se chevauchent.")
    return tuple(lues)


def _campagne(
    table: Table, lieux: tuple[str, ...], structures: tuple[str, ...], saison: tuple[date | None, date | None]
) -> CampagneInscription | None:
    du, au = table.date("du") or saison[0], table.date("au") or saison[1]
    for cle, borne in (("du", du), ("au", au)):
        if borne is None and not table.a(cle):
            table.refuser(cle, "dites la saison de l’inscription, ici ou sur l’activité.")
    ouverte_du, ouverte_au = table.date("ouverte_du"), table.date("ouverte_au")
    for cle, debut, fin in (("au", du, au), ("ouverte_au", ouverte_du, ouverte_au)):
        if debut is not None and fin is not None and fin < debut:
            table.refuser(cle, "la fin vient avant le début.")
    if ouverte_du is not None and au is not None and ouverte_du > au:
        table.refuser("ouverte_du", "les inscriptions ouvriraient après la fin de la saison.")
    age_min, age_max = _age(table, "age_min"), _age(table, "age_max")
    if age_min is not None and age_max is not None and age_max < age_min:
        table.refuser("age_max", "l’âge maximum vient avant l’âge minimum.")
    age_le = table.date("age_le")
    if age_le is not None and age_min is None and age_max is None:
        table.refuser("age_le", "ne s’emploie qu’avec age_min ou age_max.")
    classes = table.textes("classes") or ()
    ecoles = table.references("ecoles", structures, "structure") or ()
    residents, places = table.booleen("residents_seulement"), _places(table, lieux)
    choix = table.entier("choix", 1, _CHOIX_MAXIMAL, 1)
    if choix is not None and choix > max(len(lieux), 1):
        table.refuser("choix", f"l’activité n’a que {len(lieux)} structure(s).")
    pieces, decision = _pieces(table), table.choix("decision", _DECISIONS, "agent")
    table.fermer()
    if du is None or au is None or choix is None:
        return None
    return CampagneInscription(
        du, au, ouverte_du, ouverte_au, age_min, age_max, age_le, classes, frozenset(ecoles), residents, places, choix,
        pieces, decision == "automatique",
    )  # fmt: skip


def lire_scolaire(table: Table, structures: tuple[str, ...]) -> InscriptionScolaire | None:
    annee = table.texte("annee", obligatoire=True)
    trouve = _ANNEE.fullmatch(annee or "")
    if annee is not None and (trouve is None or int(trouve[2]) != int(trouve[1]) + 1):
        table.refuser("annee", f'« {annee} » n’est pas une année scolaire : écrivez par exemple "2027-2028".')
        trouve = None
    rentree = table.date("rentree")
    if rentree is not None and trouve is not None and rentree.year != int(trouve[1]):
        table.refuser("rentree", f"la rentrée de {trouve[0]} a lieu en {trouve[1]}.")
    if rentree is None and trouve is not None:
        rentree = date(int(trouve[1]), 9, 1)
    du, au = table.date("du"), table.date("au")
    if du is not None and au is not None and au < du:
        table.refuser("au", "la fin vient avant le début.")
    ecoles = table.references("ecoles", structures, "structure") if table.exiger("ecoles") else None
    naissances = _naissances(table)
    niveaux = _niveaux(table, ecoles or ())
    pieces = _pieces(table)
    table.fermer()
    if annee is None or rentree is None or ecoles is None:
        return None
    return InscriptionScolaire(annee, rentree, ecoles, du, au, naissances, niveaux, pieces)


def _age(table: Table, cle: str) -> int | None:
    return table.entier(cle, 0, _AGE_MAXIMAL) if table.a(cle) else None


def _pieces(table: Table) -> tuple[str, ...]:
    pieces = table.textes("pieces") or ()
    for piece in pieces:
        if not _PIECE.fullmatch(piece):
            table.refuser("pieces", f"« {piece} » n’est pas le code d’un document, par exemple « assurance ».")
    return pieces


def _places(table: Table, lieux: tuple[str, ...]) -> dict[str, int]:
    """In the order of the activity's structures: a database that sorts keys changes nothing."""
    detail = table.sous_table("places")
    if detail is None:
        return {}
    places = {lieu: detail.entier(lieu, 0, _PLACES_MAXIMALES) for lieu in lieux if detail.a(lieu)}
    detail.fermer()
    return {lieu: nombre for lieu, nombre in places.items() if nombre is not None}


def _naissances(table: Table) -> dict[str, int]:
    detail = table.sous_table("naissances")
    if detail is None:
        return {}
    lues = {niveau: detail.entier(niveau, 2000, 2099) for niveau in NIVEAUX if detail.a(niveau)}
    detail.fermer()
    if len(set(lues.values())) != len(lues):
        table.refuser("naissances", "la même année de naissance est donnée à deux niveaux.")
    return {niveau: annee for niveau, annee in lues.items() if annee is not None}


def _niveaux(table: Table, ecoles: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    detail = table.sous_table("niveaux")
    if detail is None:
        return {}
    lus = {}
    for ecole in ecoles:
        textes = detail.textes(ecole)
        for texte in textes or ():
            if texte not in NIVEAUX:
                detail.refuser(ecole, f"« {texte} » n’est pas un niveau : {suggerer(texte, NIVEAUX)}.")
        if textes is not None:
            lus[ecole] = tuple(niveau for niveau in NIVEAUX if niveau in textes)
    detail.fermer()
    return lus
