"""Telephone numbers as people write them, kept as E.164: metropolitan and overseas French, and foreign with their +."""

import re
import unicodedata

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

from portail_famille.domain.erreurs import RegleViolee

# Ten digits from 0 are told apart by their first ones: 0692 is of La Réunion, 0590 of Guadeloupe (Arcep, plan national
# de numérotation).
_REGIONS = ("FR", "RE", "GP", "MQ", "GF", "YT", "PM")
_PERMIS = re.compile(r"[0-9+().\-/ ]+")
_LETTRE = re.compile(r"[^\W\d_]")
_TIRETS = str.maketrans(dict.fromkeys("‐‑‒–—−", "-"))
_TROP_CHERS = frozenset({PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST})
# Kept by the Arcep for works of fiction, hence for demonstrations: no operator has them, so no list of valid numbers.
_FICTION = re.compile(r"\+3363998\d{4}")


def lire_telephone(saisie: str) -> str:
    """« 06 12 34 56 78 », « 0033 6… », « +41 22 … » as E.164. Raises `RegleViolee` (telephone_vide, telephone_lettres,
    telephone_invalide)."""
    texte = " ".join(unicodedata.normalize("NFKC", saisie).split()).translate(_TIRETS)
    if not texte:
        raise RegleViolee("telephone_vide", "Il manque le numéro de téléphone.")
    if _LETTRE.search(texte):
        raise RegleViolee("telephone_lettres", "Un numéro de téléphone s’écrit en chiffres, sans lettre ni poste.")
    lus = (_lire(texte, region) for region in _REGIONS) if _PERMIS.fullmatch(texte) else iter(())
    numero = next((lu for lu in lus if lu is not None), None)
    if numero is None:
        raise RegleViolee(
            "telephone_invalide",
            "Ce numéro de téléphone n’existe pas. Écrivez par exemple 06\u00a012\u00a034\u00a056\u00a078, "
            "ou +41\u00a0… pour l’étranger.",
        )
    return numero


def _lire(texte: str, region: str) -> str | None:
    try:
        numero = phonenumbers.parse(texte, region)
    except NumberParseException:
        return None
    e164 = phonenumbers.format_number(numero, PhoneNumberFormat.E164)
    if _FICTION.fullmatch(e164):
        return e164
    est_joignable = phonenumbers.is_valid_number(numero) and phonenumbers.number_type(numero) not in _TROP_CHERS
    return e164 if est_joignable else None
