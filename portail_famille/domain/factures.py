"""What an invoice is: its lines, its number, its state (domain.md §9). The rows are in models/factures."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from portail_famille.domain.libelles import sans_accents

DELAI_PRELEVEMENT = timedelta(days=7)
"""After its day: the time for the bank to pay or to refuse, and for the régie to write what came in."""


class EtatFacture(StrEnum):
    """As families read it; the label is in presentation/factures."""

    A_REGLER = "a_regler"
    PARTIELLE = "partielle"
    REGLEE = "reglee"
    PRELEVEMENT = "prelevement"
    """A direct debit is announced: nothing to do."""
    TRANSMISE = "transmise"
    """Handed to the Treasury: shown, no longer payable here."""
    ANNULEE = "annulee"
    """By avoirs, whole."""


def etat_facture(
    total_centimes: int,
    reste_centimes: int,
    avoirs_centimes: int,
    aujourdhui: date,
    prelevement_le: date | None = None,
    transmise_le: date | None = None,
) -> EtatFacture:
    """`avoirs_centimes`: positive, the whole of its own avoirs, whether they reduced it or came once it was paid:
    as much as its total, it is cancelled as soon as nothing is left. `reste_centimes` rules the rest: nothing left is
    paid, whatever paid it; handed over, then waiting for its debit, comes before how much of it is paid."""
    if reste_centimes == 0:
        return EtatFacture.ANNULEE if avoirs_centimes >= total_centimes else EtatFacture.REGLEE
    if transmise_le is not None:
        return EtatFacture.TRANSMISE
    if attend_prelevement(prelevement_le, aujourdhui):
        return EtatFacture.PRELEVEMENT
    # What only an avoir reduced is paid by nobody.
    est_entamee = reste_centimes < total_centimes - avoirs_centimes
    return EtatFacture.PARTIELLE if est_entamee else EtatFacture.A_REGLER


def attend_prelevement(prelevement_le: date | None, aujourdhui: date) -> bool:
    """Announced, and may still pay. One that bounced in silence must not hide the invoice for ever."""
    return prelevement_le is not None and aujourdhui <= prelevement_le + DELAI_PRELEVEMENT


def est_a_payer(etat: EtatFacture) -> bool:
    """Whether the family has something to do: what the badge counts."""
    return etat in (EtatFacture.A_REGLER, EtatFacture.PARTIELLE)


def ecrire_numero(annee: int, serie: str, rang: int) -> str:
    """ "2026-PE-004127"."""
    return f"{annee}-{serie}-{rang:06d}"


_NUMERO = re.compile(r"^\s*n\s*[°ºo]\s*", re.I)
_TENTATIVE = re.compile(r"E\d{2,3}$")


def lire_recherche(texte: str) -> tuple[str, ...]:
    """What a number may be, as it is typed or read on a slip: letters and figures alone, in capitals; the reference of
    PayFiP ends with the attempt (domain/payfip.refdet), the number does not. Empty: no figure in it."""
    serre = re.sub(r"[^0-9A-Z]", "", sans_accents(_NUMERO.sub("", texte)).upper())
    if not any(c.isdigit() for c in serre):
        return ()
    sans_tentative = _TENTATIVE.sub("", serre)
    # « E02 » alone is no reference.
    return (serre,) if sans_tentative == serre or len(sans_tentative) < 4 else (serre, sans_tentative)


def rang_seul(texte: str) -> int | None:
    """ "127", "n° 000127": how people read a number to each other."""
    trouve = re.fullmatch(r"0*(\d{1,6})", _NUMERO.sub("", texte).strip(), re.A)
    return int(trouve[1]) if trouve else None


@dataclass(frozen=True, slots=True)
class PrixFacture:
    """What a price was computed from, once for all the slots that share it: « Pourquoi ce prix ? » (`contenu["prix"]`).

    `base_centimes`: the price had the day gone as booked, penalties and absences apart. `catalogue`: version of the
    document of activities; `tarif_du`: first day of the dated version of the tarif (ISO), None: always.
    """

    enfant: int
    unite: int
    etat: str
    centimes: int
    base_centimes: int
    garde_centimes: int
    qf_centimes: int | None
    resident: bool
    rang: int
    charges: int
    ressources_centimes: int | None
    pai: bool
    oublis: int
    catalogue: int
    tarif: str
    tarif_du: str | None
    explication: tuple[str, ...]

    def en_document(self) -> dict[str, Any]:
        return {**asdict(self), "explication": list(self.explication)}


def lire_prix(document: dict[str, Any]) -> PrixFacture:
    return PrixFacture(**{**document, "explication": tuple(document["explication"])})


Repere = tuple[int | None, int | None]
"""Of a line: its child, the rank of its price."""


def prenoms_figes(contenu: Mapping[str, Any], lignes: Iterable[Repere]) -> dict[int, str]:
    """First names as they were issued (`contenu["enfants"]`), by the number of the child on the lines today.

    Merging two rows of a child gives the lines the number of the one that stays, and leaves what was issued alone: a
    price still says whose it was, and the only name left is that of the only child without. Who cannot be told apart
    is left out. The rows themselves know for a month only (services/purges_foyers), invoices are kept for years.
    """
    noms = {int(cle): str(prenom) for cle, prenom in contenu.get("enfants", {}).items()}
    prix = contenu.get("prix", ())
    d_alors: dict[int, int] = {}
    vus = set()
    for enfant_id, rang in lignes:
        if enfant_id is None:
            continue
        vus.add(enfant_id)
        du_prix = prix[rang]["enfant"] if rang is not None and 0 <= rang < len(prix) else None
        for ancien in (enfant_id, du_prix):
            if ancien in noms:
                d_alors.setdefault(enfant_id, ancien)
    sans_nom, sans_lignes = vus - d_alors.keys(), noms.keys() - d_alors.values()
    if len(sans_nom) == len(sans_lignes) == 1:
        d_alors[sans_nom.pop()] = sans_lignes.pop()
    return {enfant_id: noms[ancien] for enfant_id, ancien in d_alors.items()}


@dataclass(frozen=True, slots=True)
class Creneau:
    """What is billed once: a child, a unit, a day."""

    enfant_id: int
    unite_id: int
    jour: date


@dataclass(frozen=True, slots=True)
class LigneFacturee:
    """A slot and its price; `prix` is the rank of its `PrixFacture` in the invoice, None for a day no longer due."""

    creneau: Creneau
    etat: str
    montant_centimes: int
    garde_centimes: int
    prix: int | None
