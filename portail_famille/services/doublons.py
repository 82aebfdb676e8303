"""What becomes of what both rows had, in a merge: one treatment by table (services/reunion)."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import Table, and_

from portail_famille.models.reservations import ETATS_OCCUPANTS
from portail_famille.services.reunion import Ligne, Plan, Traitement, Voisinage

_ACTIFS = frozenset((*ETATS_OCCUPANTS, "en_attente"))


def _garder(plan: Plan, table: Table, ligne: Ligne, existante: Ligne, _apres: dict[str, Any]) -> None:
    """Said twice: once is enough."""
    plan.supprimer(table, ligne, existante)


def _laisser(plan: Plan, table: Table, ligne: Ligne, _existante: Ligne, _apres: dict[str, Any]) -> None:
    """Not validated, not sent: it stays where it is, out of sight, until it is purged. Receipts refer to drafts."""
    if ligne["contenu"]:
        plan.noter(table)


def _autorite(plan: Plan, table: Table, ligne: Ligne, existante: Ligne, _apres: dict[str, Any]) -> None:
    """One link that covers both."""
    du = min(ligne["du"], existante["du"])
    au = None if None in (ligne["au"], existante["au"]) else max(ligne["au"], existante["au"])
    plan.supprimer(table, ligne, existante)
    plan.modifier(table, existante, {"du": du, "au": au})


def _autorisation(plan: Plan, table: Table, ligne: Ligne, existante: Ligne, apres: dict[str, Any]) -> None:
    """The latest answer is in force, the other one is history."""
    if ligne["est_accordee"] != existante["est_accordee"]:
        plan.noter(table, genre=ligne["genre"])
    if ligne["a_utc"] > existante["a_utc"]:
        plan.modifier(table, existante, {"fin_utc": plan.maintenant})
        plan.deplacer_sans_conflit(table, ligne, apres)
    else:
        plan.deplacer_sans_conflit(table, ligne, apres | {"fin_utc": plan.maintenant})


def _adhesion(plan: Plan, table: Table, ligne: Ligne, existante: Ligne, apres: dict[str, Any]) -> None:
    """Both wanted no paper: since the earlier day, the other one is history."""
    if ligne["a_utc"] < existante["a_utc"]:
        plan.modifier(table, existante, {"fin_utc": plan.maintenant})
        plan.deplacer_sans_conflit(table, ligne, apres)
    else:
        plan.deplacer_sans_conflit(table, ligne, apres | {"fin_utc": plan.maintenant})


def _reservation(plan: Plan, table: Table, ligne: Ligne, existante: Ligne, apres: dict[str, Any]) -> None:
    """One booking a slot: the one that holds a place; between two that do, the row that stays."""
    if ligne["etat"] in _ACTIFS and existante["etat"] in _ACTIFS:
        plan.noter(table, jour=ligne["jour"])
    if ligne["etat"] in _ACTIFS and existante["etat"] not in _ACTIFS:
        plan.supprimer(table, existante, ligne, ("etat",))
        plan.deplacer_sans_conflit(table, ligne, apres)
    else:
        plan.supprimer(table, ligne, existante, ("etat",))


def _rattachement(plan: Plan, table: Table, ligne: Ligne, existante: Ligne, apres: dict[str, Any]) -> None:
    """Two homes become one: no weeks any more. One home of two rows of a child: its weeks stay."""
    plan.supprimer(table, ligne, existante)
    if "foyer_id" in apres:
        plan.modifier(table, existante, {"semaine_ancre": None, "une_sur": None, "vacances": ""})
        if existante["une_sur"] or ligne["une_sur"]:
            plan.noter(table)


def _inscription(plan: Plan, table: Table, ligne: Ligne, apres: dict[str, Any]) -> bool:
    """Enrolled twice in the same place over the same days: one enrolment that covers both."""
    voulue = dict(ligne) | apres
    memes = and_(
        table.c.id != ligne["id"],
        *(table.c[nom] == voulue[nom] for nom in ("enfant_id", "activite_id", "structure_id", "foyer_id")),
        table.c.du <= ligne["au"],
        table.c.au >= ligne["du"],
    )
    existantes = plan.lignes(table, memes)
    if not existantes:
        return False
    existante = existantes[0]
    plan.supprimer(table, ligne, existante)
    plan.modifier(table, existante, {"du": min(existante["du"], ligne["du"]), "au": max(existante["au"], ligne["au"])})
    return True


def _quotient(plan: Plan, table: Table, ligne: Ligne, apres: dict[str, Any]) -> bool:
    """Both are kept: the latest start wins. The same one twice is one."""
    garde = apres["foyer_id"] if "foyer_id" in apres else ligne["foyer_id"]
    autres = plan.lignes(table, and_(table.c.foyer_id == garde, table.c.id != ligne["id"]))
    for autre in autres:
        if all(autre[nom] == ligne[nom] for nom in ("valeur_centimes", "du", "au")):
            plan.supprimer(table, ligne, autre)
            return True
        if _se_chevauchent(ligne, autre):
            plan.noter(table, du=max(ligne["du"], autre["du"]))
    return False


def _se_chevauchent(un: Ligne, autre: Ligne) -> bool:
    fin = date.max - timedelta(days=1)
    return bool(un["du"] <= (autre["au"] or fin) and autre["du"] <= (un["au"] or fin))


TRAITEMENTS: dict[str, Traitement] = {
    "responsable": _garder,
    "rattachement": _rattachement,
    "contact_enfant": _garder,
    "autorite_parentale": _autorite,
    "autorisation": _autorisation,
    "adhesion_facture": _adhesion,
    "reservation": _reservation,
    "brouillon": _laisser,
    "demarche_saisie": _laisser,
    "evenement_reservation": _garder,
}
"""A table with a unique constraint on a reference that merges move, and what becomes of a row that is there twice."""
VOISINAGES: dict[str, Voisinage] = {"inscription": _inscription, "quotient_familial": _quotient}
