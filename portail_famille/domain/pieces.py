"""Documents of a family: which kinds there are, how many, how heavy, and how their names are cleaned."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from portail_famille.domain.conservation import mois_avant
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
    "justificatif_absence": "Justificatif d’absence",
    "courrier_mairie": "Document de la mairie",
}
"""Kinds, with the words that families read."""
DE_LA_MAIRIE, JUSTIFICATIF_ABSENCE = "courrier_mairie", "justificatif_absence"
"""What an agent joins to her answer: an attestation, a letter. What a family joins to an absence."""


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


DE_SANTE = frozenset({"pai", "vaccins", "justificatif_absence"})
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
NOMBRE_PAR_ENVOI = 10
"""Documents sent in one go."""


@dataclass(frozen=True, slots=True)
class ReglesPieces:
    """What a town says of documents."""

    genres: Mapping[str, GenrePiece] = field(default_factory=lambda: GENRES_PIECES)
    quota: int = QUOTA
    """Bytes per foyer."""
    rappel_jours: int = 30

    @property
    def de_sante(self) -> frozenset[str]:
        return frozenset(code for code, genre in self.genres.items() if genre.est_de_sante)

    def nom(self, code: str) -> str:
        """A kind that the town took out of its settings keeps its code as a name."""
        return self.genres[code].nom if code in self.genres else code

    def rappel(self, code: str) -> int:
        """Days before the end of validity when the family is told; 0: it is not."""
        propre = self.genres[code].rappel_jours if code in self.genres else None
        return self.rappel_jours if propre is None else propre

    def etat(self, code: str, valable_jusqua: date | None, aujourdhui: date) -> "EtatPiece":
        """The last day of validity is a good one."""
        if valable_jusqua is None:
            return EtatPiece.A_JOUR
        if valable_jusqua < aujourdhui:
            return EtatPiece.EXPIREE
        return EtatPiece.BIENTOT if (valable_jusqua - aujourdhui).days <= self.rappel(code) else EtatPiece.A_JOUR

    def validite_proposee(self, code: str, datee_du: date | None) -> date | None:
        """« Valable jusqu’au » when the family leaves it empty: so many months after the date of the document."""
        mois = self.genres[code].validite_mois if code in self.genres else 0
        return mois_avant(datee_du, -mois) if mois and datee_du else None


class EtatPiece(StrEnum):
    """Where a document stands today."""

    A_JOUR = "a_jour"
    BIENTOT = "bientot"
    EXPIREE = "expiree"


def verifier_dates(datee_du: date | None, valable_jusqua: date | None, aujourdhui: date) -> None:
    """Raises `RegleViolee` on the field that cannot be."""
    if datee_du is not None and datee_du > aujourdhui:
        raise RegleViolee("date_future", "La date du document est à venir\u00a0: vérifiez-la.", "datee_du")
    if valable_jusqua is not None and datee_du is not None and valable_jusqua < datee_du:
        raise RegleViolee("dates_inversees", "La fin de validité vient avant la date du document.", "valable_jusqua")


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


def verifier_quota(nombre: int, octets: int, taille: int, quota: int = QUOTA) -> None:
    """Raises `RegleViolee` when a foyer that keeps `nombre` documents of `octets` bytes may not add one of `taille`."""
    if nombre >= PIECES_MAXIMALES:
        raise RegleViolee(
            "trop_de_pieces",
            f"Votre foyer a déjà {PIECES_MAXIMALES} documents\u00a0: supprimez ceux qui ne servent plus.",
            "document",
        )
    if octets + taille > quota:
        raise RegleViolee(
            "quota",
            "Il n’y a plus de place pour les documents de votre foyer\u00a0: supprimez ceux qui ne servent plus.",
            "document",
        )
