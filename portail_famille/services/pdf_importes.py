"""The PDFs that come with imported invoices: told apart by their bytes, examined like what families send, kept.

All of it before the writing transaction: a thousand of them take minutes.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.fichier_factures import FactureDuFichier
from portail_famille.domain.pieces import TAILLE_MAXIMALE
from portail_famille.domain.tableur import Faute, FichierRefuse
from portail_famille.gateways.antivirus import Antivirus
from portail_famille.gateways.coffre import Coffre
from portail_famille.services.documents import Entrepose, entreposer, jeter
from portail_famille.services.examen import DocumentSain, examiner

_PDF = "application/pdf"


def lire_empreintes(dossier: Path | None, factures: Iterable[FactureDuFichier]) -> dict[str, str]:
    """SHA-256 of each PDF that is in the folder, by its name. Raises FichierRefuse for what cannot be one.

    One that is absent is left out: it is missed only for a new invoice (services/import_factures).
    """
    lues: dict[str, str] = {}
    de_qui: dict[str, FactureDuFichier] = {}
    fautes = []
    for facture in factures:
        octets = _octets(dossier, facture.pdf)
        if octets is None:
            continue
        raison = _verifier(octets)
        lues[facture.pdf] = hashlib.sha256(octets).hexdigest()
        autre = de_qui.setdefault(lues[facture.pdf], facture)
        if autre is not facture:
            # A family would read another one's.
            raison = f"c’est le même fichier que celui de la facture {autre.numero}"
        if raison:
            fautes.append(Faute(facture.ligne, "pdf", facture.pdf, raison))
    if fautes:
        raise FichierRefuse(fautes)
    return lues


def examiner_pdf(
    dossier: Path | None,
    factures: Sequence[FactureDuFichier],
    antivirus: Antivirus,
    garder: Callable[[FactureDuFichier, DocumentSain], None],
    avancer: Callable[[], None] = lambda: None,
) -> None:
    """Hands each PDF over as it will be kept. Raises FichierRefuse with every one that cannot be."""
    fautes = []
    for facture in factures:
        octets = _octets(dossier, facture.pdf)
        try:
            if octets is None:
                raise RegleViolee("pdf_absent", "le fichier n’est plus dans le dossier")
            sain = examiner(octets, facture.pdf, antivirus)
            if sain.type_mime != _PDF:
                raise RegleViolee("pdf", "ce n’est pas un PDF")
            garder(facture, sain)
        except RegleViolee as refus:
            fautes.append(Faute(facture.ligne, "pdf", facture.pdf, refus.message.rstrip(".")))
        avancer()
    if fautes:
        raise FichierRefuse(fautes)


class Depot:
    """PDFs in the coffre that no row names yet."""

    def __init__(self, coffre: Coffre) -> None:
        self._coffre = coffre
        self._entreposes: dict[tuple[str, str], Entrepose] = {}

    def garder(self, facture: FactureDuFichier, sain: DocumentSain) -> None:
        """Raises `RegleViolee` when the disk is full or the storage away."""
        self._entreposes[facture.regie, facture.numero] = entreposer(self._coffre, sain)

    @property
    def objets(self) -> dict[tuple[str, str], str]:
        """Name in the coffre, by régie and number."""
        return {cle: depose.objet for cle, depose in self._entreposes.items()}

    def jeter(self) -> None:
        """Nothing was written in the end. What the storage keeps all the same, `purger` drops."""
        for depose in self._entreposes.values():
            jeter(self._coffre, depose)
        self._entreposes.clear()


def _octets(dossier: Path | None, nom: str) -> bytes | None:
    """One byte past the limit at most. A link may lead out of the folder: it is not followed."""
    if dossier is None or not nom:
        return None
    chemin = dossier / nom
    try:
        if chemin.is_symlink() or not chemin.is_file():
            return None
        with chemin.open("rb") as flux:
            return flux.read(TAILLE_MAXIMALE + 1)
    except OSError:
        return None


def _verifier(octets: bytes) -> str:
    if not octets:
        return "ce fichier est vide"
    if len(octets) > TAILLE_MAXIMALE:
        return "ce fichier dépasse 10 Mo"
    return ""
