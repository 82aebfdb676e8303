"""Forms of the porte-documents: what a document is, whose, its dates."""

from collections.abc import Collection
from datetime import date

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.pieces import DE_LA_MAIRIE, ReglesPieces, verifier_dates
from portail_famille.forms.enfants import Champs, Lecture
from portail_famille.services.porte_documents import ENFANT, FOYER, MOI, AQui, Description


def lire_description(
    champs: Champs, regles: ReglesPieces, enfants: Collection[int], personne_id: int, aujourdhui: date
) -> tuple[Description | None, Lecture]:
    """`enfants`: children this person may act for."""
    lu = Lecture({nom: champs.get(nom, "") for nom in ("genre", "a_qui", "datee_du", "valable_jusqua", "nom")})
    genre = champs.get("genre", "")
    if genre not in regles.genres or genre == DE_LA_MAIRIE:
        lu.erreurs["genre"] = "Choisissez ce qu’est ce document."
    a_qui = _lire_a_qui(champs.get("a_qui", ""), enfants, personne_id)
    if a_qui is None:
        lu.erreurs["a_qui"] = "Dites à qui est ce document."
    datee_du, valable_jusqua = lire_dates(champs, lu, regles, genre, aujourdhui)
    if a_qui is None or lu.erreurs:
        return None, lu
    return Description(genre, a_qui, datee_du, valable_jusqua), lu


def lire_dates(
    champs: Champs, lu: Lecture, regles: ReglesPieces, genre: str, aujourdhui: date
) -> tuple[date | None, date | None]:
    """Both may be left empty; the end of validity is then what the town proposes for this kind."""
    datee_du = lu.lire("datee_du", _date, champs.get("datee_du", ""), "datee_du")
    valable_jusqua = lu.lire("valable_jusqua", _date, champs.get("valable_jusqua", ""), "valable_jusqua")
    if "datee_du" in lu.erreurs or "valable_jusqua" in lu.erreurs:
        return None, None
    if valable_jusqua is None and not champs.get("valable_jusqua", "").strip():
        valable_jusqua = regles.validite_proposee(genre, datee_du)
    try:
        verifier_dates(datee_du, valable_jusqua, aujourdhui)
    except RegleViolee as refus:
        lu.erreurs[refus.champ or ""] = refus.message
    return datee_du, valable_jusqua


def _lire_a_qui(valeur: str, enfants: Collection[int], personne_id: int) -> AQui | None:
    if valeur == FOYER:
        return AQui()
    if valeur == MOI:
        return AQui(personne_id=personne_id)
    choisi = next((enfant for enfant in enfants if valeur == f"{ENFANT}{enfant}"), None)
    return AQui(enfant_id=choisi) if choisi is not None else None


def _date(texte: str, champ: str) -> date | None:
    texte = texte.strip()
    if not texte:
        return None
    try:
        lue = date.fromisoformat(texte)
    except ValueError:
        raise RegleViolee("date_illisible", "Écrivez une date, comme 31/12/2026.", champ) from None
    if not 1900 <= lue.year <= 2200:
        raise RegleViolee("date_illisible", "Vérifiez l’année.", champ)
    return lue
