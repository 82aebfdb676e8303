"""Login names: the part of the mail address before the @, told apart by a number when several people share it
(second guide), or whatever the parent prefers."""

import re
from collections.abc import Iterator
from itertools import count

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.libelles import sans_accents

LONGUEUR_MINIMALE, LONGUEUR_MAXIMALE = 3, 60
_PAR_DEFAUT = "parent"
_ETRANGERS = re.compile(r"[^a-z0-9._+-]")
_FORME = re.compile(r"[a-z0-9._+-]+")
# Letters that Unicode does not take apart into a base and an accent.
_LETTRES = str.maketrans({"æ": "ae", "ø": "o", "đ": "d", "ł": "l", "ð": "d", "þ": "th", "ı": "i"})


def identifiant_de(courriel: str) -> str:
    """« Zoé.D'Arc@exemple.fr » gives « zoe.darc »; « parent » when nothing is left of it."""
    return _plier(courriel.strip().rpartition("@")[0])[:LONGUEUR_MAXIMALE] or _PAR_DEFAUT


def candidats(base: str) -> Iterator[str]:
    """« durand.simon », « durand.simon2 », « durand.simon3 »…: never longer than a login name may be."""
    yield base
    for numero in count(2):
        suffixe = str(numero)
        yield base[: LONGUEUR_MAXIMALE - len(suffixe)] + suffixe


def lire_identifiant(saisie: str) -> str:
    """A login name that a parent chooses. Capitals are folded, the rest is refused rather than changed in silence: she
    must know what to type. Without « @ » it can never be taken for somebody's address. Raises RegleViolee."""
    propose = saisie.strip().lower()
    if not LONGUEUR_MINIMALE <= len(propose) <= LONGUEUR_MAXIMALE:
        raise RegleViolee(
            "identifiant_longueur",
            f"L’identifiant compte entre {LONGUEUR_MINIMALE} et {LONGUEUR_MAXIMALE} caractères.",
            "identifiant",
        )
    if not _FORME.fullmatch(propose):
        raise RegleViolee(
            "identifiant_forme",
            "L’identifiant s’écrit avec des lettres sans accent, des chiffres, et les signes . _ - +, sans espace.",
            "identifiant",
        )
    return propose


def _plier(texte: str) -> str:
    return _ETRANGERS.sub("", sans_accents(texte).translate(_LETTRES))
