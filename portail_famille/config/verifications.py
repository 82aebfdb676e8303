"""What is checked of a setting: its type, then a sentence in French that says what is wrong with it."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from portail_famille.domain.couleurs import est_couleur
from portail_famille.domain.courriels import est_courriel
from portail_famille.domain.moyens import DE_REGIE
from portail_famille.domain.regies import est_echeance

_LONGUEUR_CLE = 32
_TITRE, _TEXTE = 120, 2000
# As S3 names them (docs.aws.amazon.com, « General purpose bucket naming rules »), dots left out: they break TLS.
_PANIER = re.compile(r"[a-z0-9](?:[a-z0-9-]{1,61})[a-z0-9]")
_ANTIVIRUS = re.compile(r"unix:/[^\0]+|(?:[A-Za-z0-9._-]+|\[[0-9a-f:]+\]):([1-9]\d{0,4})")
_NUMERO_CLIENT = re.compile(r"\d{6}", re.ASCII)
_SERIE = re.compile(r"[A-Z0-9]{1,12}")
_MONTANT = re.compile(r"\d{1,4}(?:[.,]\d{2})?", re.ASCII)
_RELANCES = 4
_PARTS = ("0", "0.25", "0.5", "0.75", "1", "1.5", "2")
REGIMES = ("cache", "lecture", "direct", "demande")
GENRES = {
    str: "un texte entre guillemets est attendu",
    int: "un nombre entier est attendu",
    bool: "true ou false est attendu",
    dict: "une table est attendue",
    list: "une liste entre crochets est attendue",
}

Verification = Callable[[Any], str | None]
"""Says what is wrong with a value, None when nothing is."""


@dataclass(frozen=True, slots=True)
class Cle:
    genre: type
    verifier: Verification | None = None
    obligatoire: bool = False


def non_vide(valeur: str) -> str | None:
    return None if valeur.strip() else "ne peut pas être vide"


def en_clair(valeur: str) -> str | None:
    """Shown on every page and in the headers of mails: one line, and no character that turns its neighbours round."""
    return _invisible(valeur) or non_vide(valeur)


def titre(valeur: str) -> str | None:
    """What a button or a heading holds."""
    if len(valeur) > _TITRE:
        return f"{_TITRE} caractères au plus"
    return en_clair(valeur)


def sur_une_ligne(valeur: str) -> str | None:
    """A sentence, or nothing."""
    if len(valeur) > _TEXTE:
        return f"{_TEXTE} caractères au plus"
    return _invisible(valeur)


def _invisible(valeur: str) -> str | None:
    if any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in valeur):
        return "ne peut pas contenir de retour à la ligne ni de caractère invisible"
    return None


def adresse_mail(valeur: str) -> str | None:
    return None if est_courriel(valeur) else "ce n’est pas une adresse mail"


def adresse_mail_ou_vide(valeur: str) -> str | None:
    return adresse_mail(valeur) if valeur else None


def url(valeur: str) -> str | None:
    morceaux = urlsplit(valeur)
    if morceaux.scheme in ("http", "https") and morceaux.netloc and not morceaux.query and not morceaux.fragment:
        return None
    return "une adresse complète est attendue, par exemple https://famille.exemple.fr/ville"


def url_ou_vide(valeur: str) -> str | None:
    if not valeur or url(valeur) is None:
        return None
    return "une adresse complète est attendue, par exemple https://s3.exemple.fr"


def panier_ou_vide(valeur: str) -> str | None:
    if not valeur or _PANIER.fullmatch(valeur):
        return None
    return "3 à 63 lettres minuscules, chiffres et tirets, par exemple « documents-famille »"


def adresse_antivirus_ou_vide(valeur: str) -> str | None:
    trouve = _ANTIVIRUS.fullmatch(valeur)
    if not valeur or (trouve and int(trouve[1] or 1) <= 65535):
        return None
    return "« unix:/run/clamav/clamd.ctl » (un chemin complet) ou « localhost:3310 » est attendu"


def url_sure_ou_vide(valeur: str) -> str | None:
    """A token travels there: encrypted, unless it stays on this machine (local counterpart)."""
    if not valeur:
        return None
    morceaux = urlsplit(valeur)
    est_local = morceaux.scheme == "http" and morceaux.hostname in ("localhost", "127.0.0.1", "::1")
    if (morceaux.scheme == "https" or est_local) and morceaux.hostname and not morceaux.query:
        return None
    return "une adresse complète qui commence par https:// est attendue, sans « ? »"


def siret_ou_vide(valeur: str) -> str | None:
    est_siret = valeur.isascii() and valeur.isdigit() and len(valeur) == 14
    return None if not valeur or est_siret else "un SIRET a 14 chiffres, sans espace"


def part(valeur: str) -> str | None:
    """Tax parts, by quarters."""
    return None if valeur in _PARTS else 'une part comme "0", "0.5" ou "1" est attendue'


def base(valeur: str) -> str | None:
    if not valeur or valeur.startswith(("sqlite:///", "postgresql+psycopg://")):
        return None
    return "commence par postgresql+psycopg:// (ou reste vide pour SQLite)"


def parmi(*choix: str) -> Verification:
    return lambda valeur: None if valeur in choix else f"une valeur parmi {', '.join(choix)} est attendue"


def entre(bas: int, haut: int) -> Verification:
    return lambda valeur: None if bas <= valeur <= haut else f"un nombre entre {bas} et {haut} est attendu"


def couleur(valeur: str) -> str | None:
    return None if est_couleur(valeur) else "une couleur comme « #0b5563 », en minuscules, est attendue"


def cle_secrete(valeur: str) -> str | None:
    return None if len(valeur) >= _LONGUEUR_CLE else f"au moins {_LONGUEUR_CLE} caractères tirés au hasard"


def regime_sans_demande(valeur: str) -> str | None:
    """Health, authorisations and contacts: what a parent says of them holds at once, or is not said here."""
    if valeur == "demande":
        return "« demande » n’est pas possible ici : « direct », « lecture » ou « cache »"
    return parmi(*REGIMES)(valeur)


def textes(valeur: list[object]) -> str | None:
    for texte in valeur:
        if not isinstance(texte, str) or not texte.strip():
            return 'une liste de textes est attendue, par exemple ["jugement", "livret_famille"]'
        if raison := sur_une_ligne(texte):
            return f"« {texte[:20].strip()}… » : {raison}" if texte[:20].isprintable() else raison
    return None


def numero_client_ou_vide(valeur: str) -> str | None:
    """NUMCLI of PayFiP: text, because of its leading zeros."""
    return (
        None if not valeur or _NUMERO_CLIENT.fullmatch(valeur) else "6 chiffres entre guillemets, donnés par la DGFiP"
    )


def moyens_de_regie(valeur: list[Any]) -> str | None:
    if valeur and len(set(valeur)) == len(valeur) and set(valeur) <= set(DE_REGIE):
        return None
    return f"des moyens de paiement parmi {', '.join(DE_REGIE)}, une fois chacun"


def serie(valeur: str) -> str | None:
    return None if _SERIE.fullmatch(valeur) else "1 à 12 majuscules sans accent ou chiffres, par exemple « PE »"


def echeance(valeur: str) -> str | None:
    return None if est_echeance(valeur) else "« jour 20 », « 30 jours » ou « fin de mois » est attendu"


def libelle_de_facture(valeur: str) -> str | None:
    return titre(valeur) or (None if "{mois}" in valeur else "il y manque « {mois} », qui dira le mois facturé")


def montant(valeur: str) -> str | None:
    """Euros, as text: a TOML number loses its cents."""
    return None if _MONTANT.fullmatch(valeur) else "un montant en euros entre guillemets est attendu, par exemple 5,00"


def jours_de_relance(valeur: list[Any]) -> str | None:
    croissants = all(type(jour) is int and 1 <= jour <= 365 for jour in valeur) and valeur == sorted(set(valeur))
    if croissants and len(valeur) <= _RELANCES:
        return None
    return f"des nombres de jours croissants, {_RELANCES} au plus, par exemple [7, 21]"
