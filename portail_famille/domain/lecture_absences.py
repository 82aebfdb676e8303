"""Rules of absence as a town writes them under an activity (docs/fichier-activites.md), turned into `absences`."""

from collections.abc import Sequence
from datetime import time

from portail_famille.domain.absences import DecisionAbsence, Justificatif, MotifAbsence, Palier, RegleAbsence
from portail_famille.domain.comptage import ECOLE, OUVERTURE, OUVRABLES, OUVRES, TOUS, Comptage
from portail_famille.domain.horloge import MINUTES_PAR_JOUR
from portail_famille.domain.lecture import Table, suggerer

_EN_JOURS: dict[str, Comptage] = {
    "jours": TOUS,
    "jours_ouvres": OUVRES,
    "jours_ouvrables": OUVRABLES,
    "jours_ecole": ECOLE,
    "jours_ouverture": OUVERTURE,
}
_FORMES = ("heures", *_EN_JOURS)
_CARENCES = ("jours_reserves", "jours_calendaires")
_JOURS_MAXIMUM = 366


def lire_absences(activite: Table, debuts: Sequence[time | None]) -> tuple[RegleAbsence, ...]:
    """The [[activite.absence]] of an activity; `debuts`: the hour of each of its units."""
    regles: list[RegleAbsence] = []
    dits: dict[MotifAbsence, int] = {}
    for rang, ligne in enumerate(activite.sous_tables("absence"), 1):
        table = Table(ligne.lecteur, f"{activite.nom} / absence n° {rang}", ligne.donnees)
        regle = _regle(table, debuts)
        for motif in sorted(regle.motifs) if regle is not None else ():
            if motif in dits:
                table.refuser("motifs", f"« {motif} » est déjà dans l’absence n° {dits[motif]}.")
            dits.setdefault(motif, rang)
        if regle is not None:
            regles.append(regle)
    return tuple(regles)


def _regle(table: Table, debuts: Sequence[time | None]) -> RegleAbsence | None:
    motifs = _motifs(table)
    justificatif = Justificatif(table.choix("justificatif", tuple(Justificatif), Justificatif.AUCUN) or "aucun")
    decision = DecisionAbsence(table.choix("decision", tuple(DecisionAbsence), DecisionAbsence.AGENT) or "agent")
    carence_en = table.choix("carence_en", _CARENCES, _CARENCES[0])
    debut = table.heure_du_jour("debut") if table.a("debut") else None
    if decision is DecisionAbsence.AUTOMATIQUE and justificatif is Justificatif.OBLIGATOIRE:
        table.refuser("decision", "un justificatif obligatoire se lit : la décision revient à un agent.")
    paliers = _paliers(table)
    if any(p.heures is not None for p in paliers) and None in debuts and debut is None and not table.a("debut"):
        table.refuser(
            "paliers",
            '« heures » compte depuis le début : donnez debut = "08:30" à chaque unité, ou à cette règle d’absence.',
        )
    table.fermer()
    if not motifs or not paliers:
        return None
    return RegleAbsence(frozenset(motifs), justificatif, tuple(paliers), decision, carence_en == _CARENCES[1], debut)


def _motifs(table: Table) -> list[MotifAbsence]:
    textes = table.textes("motifs") if table.exiger("motifs") else None
    for texte in textes or ():
        if texte not in tuple(MotifAbsence):
            table.refuser("motifs", f"« {texte} » n’existe pas : {suggerer(texte, tuple(MotifAbsence))}.")
    return [MotifAbsence(texte) for texte in textes or () if texte in tuple(MotifAbsence)]


def _paliers(table: Table) -> list[Palier]:
    if not table.exiger("paliers"):
        return []
    paliers: list[Palier] = []
    for ligne in table.sous_tables("paliers"):
        palier = _palier(ligne)
        ligne.fermer()
        if palier is None:
            continue
        if paliers and palier.carence < paliers[-1].carence:
            ligne.refuser("carence", "déclarer plus tard ne peut pas coûter moins cher que le palier d’avant.")
        if paliers and _precede(palier, paliers[-1]):
            ligne.refuser("", "ce palier finit avant celui d’avant, et ne servirait jamais.")
        paliers.append(palier)
    return paliers


def _palier(table: Table) -> Palier | None:
    forme = table.une_seule(_FORMES, "délai d’absence")
    carence = table.entier("carence", 0, _JOURS_MAXIMUM, 0)
    if forme is None or carence is None:
        table.connaitre(("avant",))
        return None
    if forme == "heures":
        heures = table.entier("heures", 0, 24 * _JOURS_MAXIMUM)
        if table.a("avant"):
            table.refuser("avant", "ne va pas avec « heures », qui compte depuis le début de l’absence.")
        return None if heures is None else Palier(carence, heures=heures)
    nombre = table.entier(forme, 0, _JOURS_MAXIMUM)
    minutes = table.heure("avant") if table.a("avant") else MINUTES_PAR_JOUR
    if nombre is None or minutes is None:
        return None
    return Palier(carence, jours=nombre, comptage=_EN_JOURS[forme], minutes=minutes)


def _precede(palier: Palier, precedent: Palier) -> bool:
    """Whether two steps counted alike are written in the wrong order. Hours and days of several sorts are compared at
    the shortest that the second can be: n days of any sort last n days of 24 hours at least, less the first one."""
    if palier.heures is not None and precedent.heures is not None:
        return palier.heures <= precedent.heures
    if palier.heures is None and precedent.heures is None:
        memes = palier.comptage == precedent.comptage
        return memes and (palier.jours, palier.minutes) <= (precedent.jours, precedent.minutes)
    if palier.heures is None:
        return precedent.heures is not None and palier.comptage == TOUS and (palier.jours + 1) * 24 <= precedent.heures
    return precedent.comptage == TOUS and palier.heures <= (precedent.jours - 1) * 24
