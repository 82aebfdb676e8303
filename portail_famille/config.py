"""Settings of one commune, read from INSTANCE/<slug>/commune.toml: typed, frozen, and strict.

A wrong or unknown key stops the start, all faults told at once: a setting that is silently ignored is found out on
the day it was needed. Secrets never show in a repr, hence never in a log.
"""

import difflib
import os
import re
import tomllib
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from portail_famille.domain.couleurs import CONTRASTE_TEXTE, contraste, eclaircir_jusqua, est_couleur
from portail_famille.domain.courriels import est_courriel
from portail_famille.domain.fiches import AILLEURS, CODES_DE_CHAMPS, PAR_CODE

FICHIER = "commune.toml"
BASE_SQLITE = "portail.sqlite3"
# Grounds of the screens (design of the look): what the commune's colour must be read on.
FOND_CLAIR, BLANC = "#f9f5ee", "#ffffff"
FOND_SOMBRE = "#171512"
_CONTRASTE_SOMBRE = 7.0
_FORME_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
# Prefixes the server keeps for itself.
_SLUGS_RESERVES = frozenset({"static", "statique"})
_LONGUEUR_CLE = 32


class ReglagesInvalides(Exception):
    """A commune.toml that cannot be used: its path and every fault, in French."""

    def __init__(self, fichier: Path, fautes: tuple[str, ...]) -> None:
        super().__init__("\n".join(f"{fichier} : {faute}" for faute in fautes))
        self.fichier = fichier
        self.fautes = fautes


@dataclass(frozen=True, slots=True)
class ReglagesSmtp:
    hote: str = "localhost"
    port: int = 25
    securite: str = "starttls"
    """tls, starttls or aucune (the last for a server on the same machine)."""
    identifiant: str = ""
    mot_de_passe: str = field(default="", repr=False)
    expediteur: str = ""
    delai: int = 15
    """Seconds before a silent server is given up."""
    autorites: str = ""
    """A file of authorities (PEM) to trust instead of the system's, for a town with its own."""


@dataclass(frozen=True, slots=True)
class ReglagesApparence:
    couleur: str = "#0b5563"
    couleur_sombre: str = "#82cbd8"
    logo: str = ""
    """SVG or PNG beside commune.toml; empty: drawn from the initials."""


@dataclass(frozen=True, slots=True)
class ReglagesSession:
    inactivite_minutes: int = 30
    duree_heures: int = 12
    durable_jours: int = 90
    """« Rester connecté » on one's own phone: days without a visit before it ends; 0: not offered."""
    durable_maximum_jours: int = 365
    """And at most this long since the password was typed."""


@dataclass(frozen=True, slots=True)
class ReglagesComptes:
    lien_activation_jours: int = 30
    lien_oubli_minutes: int = 60
    code_minutes: int = 15
    """Life of a 6-digit code, whatever the link beside it."""
    verification_mois: int = 12
    """« Tout est exact » is asked again after this long."""
    creation_ouverte: bool = True
    """« Créer mon espace » for a family unknown to the town."""


@dataclass(frozen=True, slots=True)
class ReglagesConservation:
    """How long what is kept (RGPD art. 5.1.e); `portail-famille purger` applies it."""

    journal_mois: int = 12
    """Security journal, sessions closed, mails sent."""
    actes_mois: int = 36
    """Journal of who saw and changed what."""
    demarches_mois: int = 24
    """After the decision."""
    foyers_partis_mois: int = 12
    """After the foyer left; what is billed is kept ten years (code de commerce L123-22, instruction DAF)."""
    comptes_jamais_actives_mois: int = 12
    reservations_annees: int = 10


@dataclass(frozen=True, slots=True)
class ReglagesCommune:
    slug: str
    dossier: Path
    nom: str
    courriel: str
    telephone: str
    url_publique: str
    """Address of the portal's home without its last slash; links in mails start with it."""
    zone: str
    cle_secrete: str = field(repr=False)
    cle_coffre: str = field(repr=False)
    """What documents and health data are encrypted with; `cle_secrete` where the town gave none."""
    base_de_donnees: str = field(repr=False)
    """SQLAlchemy URL."""
    adresse: str = ""
    presentation: str = ""
    est_exemple: bool = False
    alsace_moselle: bool = False
    mandataires: int = 0
    """How many proxies in front may be believed about the visitor's address."""
    smtp: ReglagesSmtp = field(default_factory=ReglagesSmtp)
    apparence: ReglagesApparence = field(default_factory=ReglagesApparence)
    session: ReglagesSession = field(default_factory=ReglagesSession)
    comptes: ReglagesComptes = field(default_factory=ReglagesComptes)
    conservation: ReglagesConservation = field(default_factory=ReglagesConservation)
    champs: Mapping[str, str] = field(default_factory=dict)
    """What families may do with a field, by its code, where the town differs from domain/fiches: cache, lecture, direct
    or demande."""

    @property
    def est_https(self) -> bool:
        return self.url_publique.startswith("https://")


Verification = Callable[[Any], str | None]
"""Says what is wrong with a value, None when nothing is."""


@dataclass(frozen=True, slots=True)
class _Cle:
    genre: type
    verifier: Verification | None = None
    obligatoire: bool = False


def dossier_instance() -> Path:
    """Folder of all communes: PORTAIL_FAMILLE_INSTANCE, else INSTANCE (as `make demo` takes it), else `instance`."""
    return Path(os.environ.get("PORTAIL_FAMILLE_INSTANCE") or os.environ.get("INSTANCE") or "instance").absolute()


def est_slug(texte: str) -> bool:
    return _FORME_SLUG.fullmatch(texte) is not None and texte not in _SLUGS_RESERVES


def charger_reglages(dossier: Path) -> ReglagesCommune:
    """Read `dossier`/commune.toml. Raises ReglagesInvalides with every fault."""
    fichier = dossier / FICHIER
    brut = _lire_toml(fichier)
    fautes: list[str] = []
    valeurs = _verifier_table(brut, _RACINE, "", fautes)
    tables = {nom: _verifier_table(valeurs.pop(nom, {}), cles, nom, fautes) for nom, cles in _TABLES.items()}
    if not est_slug(dossier.name):
        fautes.append(f"le dossier « {dossier.name} » ne peut pas servir de préfixe (a-z, 0-9 et tirets)")
    fautes.extend(_fautes_de_couleur(tables["apparence"]))
    fautes.extend(_fautes_de_logo(dossier, tables["apparence"].get("logo", "")))
    if fautes:
        raise ReglagesInvalides(fichier, tuple(fautes))
    apparence = tables["apparence"]
    if "couleur" in apparence and "couleur_sombre" not in apparence:
        apparence["couleur_sombre"] = eclaircir_jusqua(apparence["couleur"], FOND_SOMBRE, _CONTRASTE_SOMBRE)
    valeurs["url_publique"] = valeurs["url_publique"].rstrip("/")
    valeurs["cle_coffre"] = valeurs.get("cle_coffre") or valeurs["cle_secrete"]
    valeurs["base_de_donnees"] = valeurs.get("base_de_donnees") or f"sqlite:///{dossier.absolute() / BASE_SQLITE}"
    smtp = tables["smtp"]
    smtp["expediteur"] = smtp.get("expediteur") or valeurs["courriel"]
    return ReglagesCommune(
        slug=dossier.name,
        dossier=dossier.absolute(),
        smtp=ReglagesSmtp(**smtp),
        apparence=ReglagesApparence(**apparence),
        session=ReglagesSession(**tables["session"]),
        comptes=ReglagesComptes(**tables["comptes"]),
        conservation=ReglagesConservation(**tables["conservation"]),
        champs=tables["champs"],
        **valeurs,
    )


def _lire_toml(fichier: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(fichier.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ReglagesInvalides(fichier, ("le fichier n’existe pas",)) from None
    except UnicodeDecodeError:
        raise ReglagesInvalides(fichier, ("le fichier n’est pas en UTF-8",)) from None
    except OSError as erreur:
        raise ReglagesInvalides(fichier, (f"le fichier ne se lit pas ({erreur.strerror})",)) from None
    except tomllib.TOMLDecodeError as erreur:
        raise ReglagesInvalides(fichier, (f"ce n’est pas du TOML : {erreur}",)) from None


def _verifier_table(table: Any, cles: dict[str, _Cle], nom: str, fautes: list[str]) -> dict[str, Any]:
    prefixe = f"{nom}." if nom else ""
    if not isinstance(table, dict):
        fautes.append(f"clé « {nom} » : une table [{nom}] est attendue")
        return {}
    for inconnue in table.keys() - cles.keys():
        proches = difflib.get_close_matches(inconnue, cles, n=1)
        conseil = f" ; vouliez-vous dire « {prefixe}{proches[0]} » ?" if proches else ""
        fautes.append(f"clé « {prefixe}{inconnue} » inconnue{conseil}")
    gardees: dict[str, Any] = {}
    for cle, attendu in cles.items():
        if cle not in table:
            if attendu.obligatoire:
                fautes.append(f"clé « {prefixe}{cle} » manquante")
            continue
        valeur = table[cle]
        # bool is an int for Python, never for a town.
        if not isinstance(valeur, attendu.genre) or (isinstance(valeur, bool) and attendu.genre is not bool):
            fautes.append(f"clé « {prefixe}{cle} » : {_GENRES[attendu.genre]}")
            continue
        raison = attendu.verifier(valeur) if attendu.verifier else None
        if raison:
            fautes.append(f"clé « {prefixe}{cle} » : {raison}")
            continue
        gardees[cle] = valeur
    return gardees


def _fautes_de_couleur(apparence: dict[str, Any]) -> list[str]:
    fautes = []
    for cle, fonds in (("couleur", (FOND_CLAIR, BLANC)), ("couleur_sombre", (FOND_SOMBRE,))):
        couleur = apparence.get(cle)
        if couleur is None:
            continue
        faible = min(contraste(couleur, fond) for fond in fonds)
        if faible < CONTRASTE_TEXTE:
            conseil = "plus foncée" if cle == "couleur" else "plus claire"
            fautes.append(
                f"clé « apparence.{cle} » : contraste de {faible:.1f}, il faut au moins {CONTRASTE_TEXTE} "
                f"pour être lue par tous (RGAA 3.2) ; prenez une couleur {conseil}"
            )
    return fautes


def _fautes_de_logo(dossier: Path, logo: str) -> list[str]:
    if not logo:
        return []
    if Path(logo).name != logo or not logo.endswith((".svg", ".png")):
        return ["clé « apparence.logo » : un fichier .svg ou .png placé à côté de commune.toml est attendu"]
    if not (dossier / logo).is_file():
        return [f"clé « apparence.logo » : le fichier « {logo} » n’existe pas à côté de commune.toml"]
    return []


def _non_vide(valeur: str) -> str | None:
    return None if valeur.strip() else "ne peut pas être vide"


def _en_clair(valeur: str) -> str | None:
    """Shown on every page and in the headers of mails: one line, and no character that turns its neighbours round."""
    if any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in valeur):
        return "ne peut pas contenir de retour à la ligne ni de caractère invisible"
    return _non_vide(valeur)


def _adresse_mail(valeur: str) -> str | None:
    return None if est_courriel(valeur) else "ce n’est pas une adresse mail"


def _adresse_mail_ou_vide(valeur: str) -> str | None:
    return _adresse_mail(valeur) if valeur else None


def _url(valeur: str) -> str | None:
    morceaux = urlsplit(valeur)
    if morceaux.scheme in ("http", "https") and morceaux.netloc and not morceaux.query and not morceaux.fragment:
        return None
    return "une adresse complète est attendue, par exemple https://famille.exemple.fr/ville"


def _base(valeur: str) -> str | None:
    if not valeur or valeur.startswith(("sqlite:///", "postgresql+psycopg://")):
        return None
    return "commence par postgresql+psycopg:// (ou reste vide pour SQLite)"


def _parmi(*choix: str) -> Verification:
    return lambda valeur: None if valeur in choix else f"une valeur parmi {', '.join(choix)} est attendue"


def _entre(bas: int, haut: int) -> Verification:
    return lambda valeur: None if bas <= valeur <= haut else f"un nombre entre {bas} et {haut} est attendu"


def _couleur(valeur: str) -> str | None:
    return None if est_couleur(valeur) else "une couleur comme « #0b5563 », en minuscules, est attendue"


def _cle_secrete(valeur: str) -> str | None:
    return None if len(valeur) >= _LONGUEUR_CLE else f"au moins {_LONGUEUR_CLE} caractères tirés au hasard"


def _regime_sans_demande(valeur: str) -> str | None:
    """Health, authorisations and contacts: what a parent says of them holds at once, or is not said here."""
    if valeur == "demande":
        return "« demande » n’est pas possible ici : « direct », « lecture » ou « cache »"
    return _parmi(*_REGIMES)(valeur)


_REGIMES = ("cache", "lecture", "direct", "demande")
_GENRES = {
    str: "un texte entre guillemets est attendu",
    int: "un nombre entier est attendu",
    bool: "true ou false est attendu",
    dict: "une table est attendue",
}
_RACINE = {
    "nom": _Cle(str, _en_clair, obligatoire=True),
    "courriel": _Cle(str, _adresse_mail, obligatoire=True),
    "telephone": _Cle(str, _en_clair, obligatoire=True),
    "adresse": _Cle(str),
    "presentation": _Cle(str),
    "est_exemple": _Cle(bool),
    "url_publique": _Cle(str, _url, obligatoire=True),
    "zone": _Cle(str, _parmi("A", "B", "C"), obligatoire=True),
    "alsace_moselle": _Cle(bool),
    "cle_secrete": _Cle(str, _cle_secrete, obligatoire=True),
    "cle_coffre": _Cle(str, _cle_secrete),
    "base_de_donnees": _Cle(str, _base),
    "mandataires": _Cle(int, _entre(0, 5)),
    "smtp": _Cle(dict),
    "apparence": _Cle(dict),
    "session": _Cle(dict),
    "comptes": _Cle(dict),
    "conservation": _Cle(dict),
    "champs": _Cle(dict),
}
_TABLES = {
    "smtp": {
        "hote": _Cle(str, _non_vide),
        "port": _Cle(int, _entre(1, 65535)),
        "securite": _Cle(str, _parmi("tls", "starttls", "aucune")),
        "identifiant": _Cle(str),
        "mot_de_passe": _Cle(str),
        "expediteur": _Cle(str, _adresse_mail_ou_vide),
        "delai": _Cle(int, _entre(1, 120)),
        "autorites": _Cle(str),
    },
    "apparence": {
        "couleur": _Cle(str, _couleur),
        "couleur_sombre": _Cle(str, _couleur),
        "logo": _Cle(str),
    },
    "session": {
        "inactivite_minutes": _Cle(int, _entre(5, 24 * 60)),
        "duree_heures": _Cle(int, _entre(1, 24 * 30)),
        "durable_jours": _Cle(int, _entre(0, 365)),
        "durable_maximum_jours": _Cle(int, _entre(1, 730)),
    },
    "comptes": {
        "lien_activation_jours": _Cle(int, _entre(1, 90)),
        "lien_oubli_minutes": _Cle(int, _entre(10, 24 * 60)),
        "code_minutes": _Cle(int, _entre(5, 60)),
        "verification_mois": _Cle(int, _entre(1, 60)),
        "creation_ouverte": _Cle(bool),
    },
    "conservation": {
        "journal_mois": _Cle(int, _entre(6, 36)),
        "actes_mois": _Cle(int, _entre(6, 120)),
        "demarches_mois": _Cle(int, _entre(2, 120)),
        "foyers_partis_mois": _Cle(int, _entre(1, 120)),
        "comptes_jamais_actives_mois": _Cle(int, _entre(1, 60)),
        "reservations_annees": _Cle(int, _entre(4, 15)),
    },
    "champs": {
        code: _Cle(str, _regime_sans_demande if PAR_CODE[code].genre in AILLEURS else _parmi(*_REGIMES))
        for code in CODES_DE_CHAMPS
    },
}
