"""Documents of a family: which kinds there are, how many, how heavy, and how their names are cleaned."""

import re
import unicodedata
from dataclasses import dataclass

from portail_famille.domain.erreurs import RegleViolee

GENRES: dict[str, str] = {
    "livret_famille": "Livret de famille",
    "acte_naissance": "Acte de naissance",
    "justificatif_domicile": "Justificatif de domicile",
    "jugement": "Jugement ou convention",
    "pai": "Projet d’accueil individualisé (PAI)",
    "avis_imposition": "Avis d’imposition",
    "attestation_caf": "Attestation CAF ou MSA",
    "vaccins": "Carnet de vaccination",
    "assurance": "Attestation d’assurance",
    "rib": "RIB",
}
"""Kinds, with the words that families read."""


@dataclass(frozen=True, slots=True)
class GenrePiece:
    """A kind of document. A town renames one, or adds its own, in `[pieces.<code>]` of commune.toml."""

    code: str
    nom: str
    validite_mois: int = 0
    """Proposed end of validity, counted from the document's date; 0: none is proposed."""
    rappel_jours: int | None = None
    """Before it expires; None: as the settings say for all, 0: never."""
    est_de_sante: bool = False
    """Only those who look after the child read it (RGPD art. 9)."""


DE_SANTE = frozenset({"pai", "vaccins"})
"""Kinds that only those who look after the child read (RGPD art. 9)."""

_VALIDITES = {"justificatif_domicile": 3, "attestation_caf": 3, "assurance": 12}
GENRES_PIECES: dict[str, GenrePiece] = {
    code: GenrePiece(code, nom, _VALIDITES.get(code, 0), est_de_sante=code in DE_SANTE) for code, nom in GENRES.items()
}

TAILLE_MAXIMALE = 10 * 1024 * 1024
PAGES_MAXIMALES = 20
PIECES_MAXIMALES = 100
"""Per foyer."""
QUOTA = 200 * 1024 * 1024
"""Bytes kept per foyer."""
TYPES: dict[str, str] = {"image/jpeg": "jpg", "application/pdf": "pdf"}
"""What is kept, whatever was sent, with its extension: photos become JPEG."""

_LONGUEUR_NOM = 120
_REFUSES = re.compile(r'[\\/:*?"<>|]+')
_CATEGORIES_REFUSEES = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def nom_sain(nom: str, type_mime: str) -> str:
    """The name a family gave its document, safe in a header, on a screen and on any disk, with the right extension.

    No folder, no control or invisible character, no dot in front; « document » when nothing is left.
    """
    brut = unicodedata.normalize("NFC", nom).replace("\\", "/").rpartition("/")[2]
    lisible = "".join(c for c in brut if unicodedata.category(c) not in _CATEGORIES_REFUSEES)
    tronc = re.sub(r"\s+", " ", _REFUSES.sub(" ", lisible))
    tronc = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", tronc.strip()).strip(" .")
    extension = f".{TYPES[type_mime]}"
    return (tronc[: _LONGUEUR_NOM - len(extension)].strip() or "document") + extension


def verifier_quota(nombre: int, octets: int, taille: int) -> None:
    """Raises `RegleViolee` when a foyer that keeps `nombre` documents of `octets` bytes may not add one of `taille`."""
    if nombre >= PIECES_MAXIMALES:
        raise RegleViolee(
            "trop_de_pieces",
            f"Votre foyer a déjà {PIECES_MAXIMALES} documents. Écrivez à la mairie\u00a0: elle en retirera d’anciens.",
            "document",
        )
    if octets + taille > QUOTA:
        raise RegleViolee(
            "quota",
            "Il n’y a plus de place pour les documents de votre foyer. Écrivez à la mairie\u00a0: elle en retirera "
            "d’anciens.",
            "document",
        )
