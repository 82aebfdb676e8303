"""Billing is a difference: for each slot, what it costs today less what was already billed (decision 0010).

The first run of a month bills everything, the same run again nothing; a late certificate gives an avoir on the very
invoice, a small amount waits for the next month. Pure: the rows are read and written by services/facturation.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from portail_famille.domain.circonstances import Etat
from portail_famille.domain.factures import Creneau, LigneFacturee
from portail_famille.domain.quotients import ecrire_mois
from portail_famille.domain.regies import fin_du_mois

MOIS_REPRIS = 3
"""Months before, looked at again when they were billed already: what changed since comes with this month's. What is
carried because it is too little is carried that long, then invoiced whatever its amount."""
FACTURABLES = ("reservee", "presente", "absente_justifiee", "absente_injustifiee")
"""States of a booking that have a price to pay; a request or a place waited for has none yet, a cancelled day none."""


@dataclass(frozen=True, slots=True)
class LigneDue:
    """What a slot costs by the rules of its day; `prix`: rank of its inputs in the foyer's list."""

    creneau: Creneau
    etat: str
    centimes: int
    garde_centimes: int
    prix: int | None = None


@dataclass(frozen=True, slots=True)
class LigneEmise:
    """What was billed of a slot, signed. `facture_id`: the invoice; for a line of an avoir, the one it corrects.

    `est_geste`: an avoir whose days may not be billed again. The money went back, the slot stays billed.
    """

    facture_id: int
    creneau: Creneau
    centimes: int
    garde_centimes: int = 0
    est_geste: bool = False


@dataclass(frozen=True, slots=True)
class AvoirPropose:
    """On one invoice; its lines are negative."""

    facture_id: int
    lignes: tuple[LigneFacturee, ...]

    @property
    def total_centimes(self) -> int:
        return sum(ligne.montant_centimes for ligne in self.lignes)


@dataclass(frozen=True, slots=True)
class Projet:
    """What a run proposes for one foyer. `reporte_centimes`: too little to be invoiced, left for the next month."""

    lignes: tuple[LigneFacturee, ...] = ()
    avoirs: tuple[AvoirPropose, ...] = ()
    reporte_centimes: int = 0

    @property
    def total_centimes(self) -> int:
        return sum(ligne.montant_centimes for ligne in self.lignes)


def etat_a_facturer(etat: str, *, est_hors_delai: bool, est_non_reservee: bool) -> Etat | None:
    """The state a booking is priced in; None: not billed. Who came after a late request pays it late, and who came
    without a booking pays that: the attendance sheet says `presente` of both."""
    if etat not in FACTURABLES:
        return None
    if est_non_reservee and etat == "presente":
        return Etat.PRESENTE_NON_RESERVEE
    if est_hors_delai and etat in ("reservee", "presente"):
        return Etat.HORS_DELAI
    return Etat(etat)


def mois_couverts(mois: date, deja: Collection[date]) -> list[date]:
    """The month and, of the three before it, those that this régie billed already: oldest first."""
    repris = []
    precedent = mois
    for _ in range(MOIS_REPRIS):
        precedent = mois_precedent(precedent)
        if precedent in deja:
            repris.append(precedent)
    return [*reversed(repris), mois]


def derniere_chance(mois: date) -> date:
    """The days before this one leave the window with the run of this month: no later run looks at them."""
    dernier = mois
    for _ in range(MOIS_REPRIS - 1):
        dernier = mois_precedent(dernier)
    return dernier


def mois_precedent(mois: date) -> date:
    return (mois - timedelta(days=1)).replace(day=1)


def avertir_du_mois(mois: date, aujourdhui: date) -> str:
    """What is billed of days that have not come; "" once the month is over."""
    nom = ecrire_mois(mois)
    if fin_du_mois(mois) < aujourdhui:
        return ""
    etat = "n’a pas commencé" if mois > aujourdhui else "n’est pas terminé"
    return f"{nom[0].upper()}{nom[1:]} {etat}\u00a0: les jours à venir sont facturés comme réservés."


def debut_des_oublis(jour: date) -> date:
    """Oversights are counted from 1 September."""
    return date(jour.year if jour.month >= 9 else jour.year - 1, 9, 1)


def _ordre(creneau: Creneau) -> Any:
    return creneau.enfant_id, creneau.unite_id, creneau.jour


def projeter(
    dues: Iterable[LigneDue],
    emises: Iterable[LigneEmise],
    plafonds: Mapping[int, int],
    minimum_centimes: int = 1,
    ordre: Callable[[Creneau], Any] = _ordre,
    sans_attendre: date = date.min,
) -> Projet:
    """The differences of one foyer, as one invoice and one avoir per original invoice, latest first within a slot.

    `plafonds`: per issued invoice, what avoirs may still take off it (its total less all its avoirs). Nothing is taken
    off an invoice twice: what a gesture has given back already is not given back again. `sans_attendre`: a day before
    this one is not carried any further, and takes what is carried with it (`derniere_chance`).
    """
    par_creneau = {due.creneau: due for due in dues}
    facture: dict[Creneau, int] = defaultdict(int)
    garde: dict[Creneau, int] = defaultdict(int)
    disponible: dict[Creneau, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for ligne in emises:
        disponible[ligne.creneau][ligne.facture_id] += ligne.centimes
        if not ligne.est_geste:
            facture[ligne.creneau] += ligne.centimes
            garde[ligne.creneau] += ligne.garde_centimes
    lignes: list[LigneFacturee] = []
    avoirs: dict[int, list[LigneFacturee]] = defaultdict(list)
    restes = dict(plafonds)
    for creneau in sorted({*par_creneau, *facture}, key=ordre):
        due = par_creneau.get(creneau) or LigneDue(creneau, Etat.ANNULEE.value, 0, 0)
        ecart = due.centimes - facture[creneau]
        part = due.garde_centimes - garde[creneau]
        if ecart > 0:
            part = min(max(part, 0), ecart)
            lignes.append(LigneFacturee(creneau, due.etat, ecart, part, due.prix))
            continue
        for facture_id, pris in _reprendre(-ecart, disponible[creneau], restes):
            sur_celle_ci = max(min(part, 0), -pris)
            part -= sur_celle_ci
            avoirs[facture_id].append(LigneFacturee(creneau, due.etat, -pris, sur_celle_ci, due.prix))
    total = sum(ligne.montant_centimes for ligne in lignes)
    est_reporte = total < minimum_centimes and all(ligne.creneau.jour >= sans_attendre for ligne in lignes)
    return Projet(
        () if est_reporte else tuple(lignes),
        tuple(AvoirPropose(facture_id, tuple(avoirs[facture_id])) for facture_id in sorted(avoirs)),
        total if est_reporte else 0,
    )


def _reprendre(voulu: int, disponible: Mapping[int, int], restes: dict[int, int]) -> Iterable[tuple[int, int]]:
    """From which invoices an amount comes off, latest first: at most what each billed of the slot and has left."""
    for facture_id in sorted(disponible, reverse=True):
        pris = min(voulu, disponible[facture_id], restes.get(facture_id, 0))
        if pris > 0:
            restes[facture_id] -= pris
            voulu -= pris
            yield facture_id, pris
