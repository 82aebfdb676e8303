"""Money that an agent writes by hand: what came in, how, when, for which invoices; what is given back."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from werkzeug.datastructures import MultiDict

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.moyens import A_LA_MAIN, MOYENS
from portail_famille.domain.quotients import lire_montant
from portail_famille.domain.regies import Regie

REFERENCE_MAXIMUM, NOTE_MAXIMUM = 60, 200
MONTANT_MAXIMUM = 10_000_000
_ANCIENNETE = timedelta(days=731)


@dataclass(frozen=True, slots=True)
class ReglementSaisi:
    regie: str
    moyen: str
    montant_centimes: int
    recu_le: date
    reference: str
    note: str
    cesu_employeur_centimes: int
    factures: tuple[int, ...]
    """To pay first, in this order."""


def lire_reglement(
    saisie: MultiDict[str, str], regies: Mapping[str, Regie], factures: Collection[int], aujourdhui: date
) -> tuple[ReglementSaisi | None, dict[str, str]]:
    """What was written, or what is missing, by field. `factures`: those that this foyer has to pay."""
    erreurs: dict[str, str] = {}
    regie, moyen = saisie.get("regie", ""), saisie.get("moyen", "")
    if regie not in regies:
        erreurs["regie"] = "Choisissez la régie qui encaisse."
    if moyen not in A_LA_MAIN:
        erreurs["moyen"] = "Choisissez comment la famille a payé."
    elif regie in regies and moyen not in regies[regie].moyens:
        erreurs["moyen"] = (
            f"La régie {regies[regie].nom} n’encaisse pas ce moyen de paiement\u00a0: choisissez-en un autre."
        )
    montant = lire_centimes(saisie, "montant", erreurs)
    cesu = lire_centimes(saisie, "cesu_employeur", erreurs) if saisie.get("cesu_employeur", "").strip() else 0
    if cesu and moyen != "cesu":
        erreurs.setdefault("cesu_employeur", "La part de l’employeur ne concerne que les CESU.")
    elif cesu > montant and "montant" not in erreurs:
        erreurs.setdefault("cesu_employeur", "La part de l’employeur dépasse le montant.")
    recu_le = lire_jour(saisie.get("recu_le", ""), aujourdhui, erreurs)
    if erreurs or recu_le is None:
        return None, erreurs
    choisies = tuple(id_ for id_ in factures if str(id_) in saisie.getlist("facture"))
    return (
        ReglementSaisi(
            regie,
            moyen,
            montant,
            recu_le,
            saisie.get("reference", "").strip()[:REFERENCE_MAXIMUM],
            saisie.get("note", "").strip()[:NOTE_MAXIMUM],
            cesu,
            choisies,
        ),
        {},
    )


def moyens_a_la_main(regies: Iterable[Regie]) -> list[tuple[str, str]]:
    """What an agent of these régies may write, and its words."""
    permis = {moyen for regie in regies for moyen in regie.moyens}
    return [(moyen, MOYENS[moyen]) for moyen in A_LA_MAIN if moyen in permis]


def lire_centimes(saisie: MultiDict[str, str], champ: str, erreurs: dict[str, str]) -> int:
    """0 with its error when it is no amount."""
    try:
        lu = lire_montant(saisie.get(champ, ""), champ, MONTANT_MAXIMUM)
    except RegleViolee as refus:
        erreurs[champ] = (
            "Ce montant est trop grand\u00a0: vérifiez-le."
            if refus.code == "montant_trop_grand"
            else "Écrivez un montant en euros, par exemple 42,50."
        )
        return 0
    if lu == 0:
        erreurs[champ] = "Écrivez un montant plus grand que zéro."
    return lu


def lire_jour(texte: str, aujourdhui: date, erreurs: dict[str, str], champ: str = "recu_le") -> date | None:
    """A day money came in on: not a coming one, nor one that no ledger is open for."""
    try:
        jour = date.fromisoformat(texte)
    except ValueError:
        erreurs[champ] = "Écrivez une date, par exemple 01/12/2026."
        return None
    if jour > aujourdhui:
        erreurs[champ] = "Cette date n’est pas encore arrivée."
    elif jour < aujourdhui - _ANCIENNETE:
        erreurs[champ] = "Cette date est trop ancienne\u00a0: vérifiez l’année."
    return None if champ in erreurs else jour
