"""Mail addresses that a town writes in its files, and that go as they are into links and headers."""

import re
import unicodedata

from portail_famille.domain.erreurs import RegleViolee

_NOM = r"[A-Za-z0-9!#$'*+/=^_`{|}~-]+"
_ETIQUETTE = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_FORME = re.compile(rf"{_NOM}(?:\.{_NOM})*@{_ETIQUETTE}(?:\.{_ETIQUETTE})*")
_LONGUEUR = 254


def est_courriel(texte: str) -> bool:
    """An address of everyday (RFC 5321, without quoted names), and nothing a link could read as more than one.

    « ? », « & » and « % » are lawful in a name and unheard of in a town's: in `mailto:` they begin other fields.
    """
    return len(texte) <= _LONGUEUR and _FORME.fullmatch(texte) is not None


def lire_courriel(saisie: str, champ: str = "courriel") -> str:
    """An address that a person types, as it is kept: lower case, the domain in its ASCII form (IDNA), « + » and all.
    Raises RegleViolee on `champ`."""
    nom, arobase, domaine = unicodedata.normalize("NFC", saisie).strip().lower().rpartition("@")
    if not nom.isascii():
        raise RegleViolee(
            "courriel_accents",
            "Une adresse avec des accents avant le «\u00a0@\u00a0» ne reçoit pas nos mails. Donnez-en une autre.",
            champ,
        )
    adresse = f"{nom}{arobase}{domaine_ascii(domaine)}"
    if not est_courriel(adresse) or "." not in domaine:
        raise RegleViolee("courriel_forme", "Écrivez une adresse complète, par exemple camille@exemple.fr.", champ)
    return adresse


def domaine_ascii(domaine: str) -> str:
    """« exämple.fr » as mail servers write it; left alone when it cannot be written so."""
    try:
        return domaine.encode("idna").decode("ascii")
    except UnicodeError:
        return domaine
