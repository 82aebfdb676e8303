"""A declaration of absence in words: what is cancelled, justified or stays billed, day by day."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from portail_famille.domain.absences import MOTIFS, MotifAbsence
from portail_famille.presentation.changements import DECIDE, Changement
from portail_famille.presentation.formats import INSECABLE, euros, liste_de_jours, pluriel
from portail_famille.services.regles import Regles

EFFET = (
    "Accepter enregistre les absences, au tarif que le règlement prévoit à l’instant de la déclaration. Les jours "
    "annulés l’ont été dès l’envoi."
)
SORTS = {
    "annulation": "annulé à l’envoi",
    "justifiee": "absence justifiée",
    "carence": "jour de carence, facturé",
}


def grouper(contenu: Mapping[str, Any]) -> dict[tuple[str, str], list[Mapping[str, Any]]]:
    """The declared days by unit and fate."""
    groupes: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for note in [*contenu.get("annulations", ()), *contenu.get("absences", ())]:
        groupes.setdefault((note["nom"], note["sort"]), []).append(note)
    return groupes


def dire_absence(_avant: Mapping[str, Any], contenu: Mapping[str, Any], _regles: Regles) -> list[Changement]:
    """One line per unit and fate, with the amounts as they were announced to the family."""
    lignes = []
    for (nom, sort), notes in grouper(contenu).items():
        jours = [date.fromisoformat(note["jour"]) for note in notes]
        avant, apres = (sum(int(note[cle]) for note in notes) for cle in ("avant", "apres"))
        quand = liste_de_jours(jours)
        lignes.append(
            Changement(
                f"{nom}, {SORTS[sort]}",
                f"{pluriel(len(jours), 'jour')}{INSECABLE}: {euros(avant)}",
                f"{quand}{INSECABLE}: {euros(apres)}",
            )
        )
    if contenu.get("motif"):
        lignes.insert(0, Changement("Motif", None, MOTIFS[MotifAbsence(contenu["motif"])]))
    if contenu.get("commentaire"):
        lignes.append(Changement("Mot de la famille", None, str(contenu["commentaire"])))
    decision = contenu.get("decision") or {}
    ecartes = len(contenu.get("absences", ())) - len(decision["jours"]) if "jours" in decision else 0
    if ecartes > 0:
        lignes.append(Changement(DECIDE, None, f"{pluriel(ecartes, 'jour laissé', 'jours laissés')} de côté"))
    if decision.get("sans_carence"):
        lignes.append(Changement(DECIDE, None, "Sans jour de carence"))
    return lignes
