"""Absences: what a règlement does of a booked day on which the child does not come (domain.md §7).

A day that can still be cancelled is no absence: what is here begins after the cancelling deadline.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from portail_famille.domain.comptage import TOUS, Comptage, ContexteDeComptage
from portail_famille.domain.horloge import MINUTES_PAR_JOUR, PARIS, fin_du_jour, instant_a, instant_local

_UN_JOUR = timedelta(days=1)
ECART_MAXIMAL = timedelta(days=7)
"""Two booked days further apart are two absences, even when nothing is booked in between."""


class MotifAbsence(StrEnum):
    """Why the child did not come. Never which illness (RGPD art. 9)."""

    MALADIE = "maladie"
    MALADIE_RECURRENTE = "maladie_recurrente"
    SORTIE_SCOLAIRE = "sortie_scolaire"
    GREVE = "greve"
    ENSEIGNANT_ABSENT = "enseignant_absent"
    RAISON_FAMILIALE = "raison_familiale"
    AUTRE = "autre"


MOTIFS: dict[MotifAbsence, str] = {
    MotifAbsence.MALADIE: "Maladie",
    MotifAbsence.MALADIE_RECURRENTE: "Maladie de longue durée ou soins réguliers",
    MotifAbsence.SORTIE_SCOLAIRE: "Sortie scolaire",
    MotifAbsence.GREVE: "Grève",
    MotifAbsence.ENSEIGNANT_ABSENT: "Enseignant absent",
    MotifAbsence.RAISON_FAMILIALE: "Raison familiale",
    MotifAbsence.AUTRE: "Autre raison",
}


class Justificatif(StrEnum):
    """Whether a document goes with the declaration."""

    OBLIGATOIRE = "obligatoire"
    FACULTATIF = "facultatif"
    AUCUN = "aucun"


class DecisionAbsence(StrEnum):
    """Who says yes: an agent, or the rules at once (never when a document must be read)."""

    AGENT = "agent"
    AUTOMATIQUE = "automatique"


@dataclass(frozen=True, slots=True)
class Palier:
    """Declared in time for this step, the first `carence` days stay billed.

    `heures`: real hours from the beginning of the absence (0: before it begins). Otherwise `jours` days after its first
    day, counting only those that `comptage` counts, until `minutes` after midnight of the day found.
    """

    carence: int
    heures: int | None = None
    jours: int = 0
    comptage: Comptage = TOUS
    minutes: int = MINUTES_PAR_JOUR

    def limite(self, jour: date, debut: time | None, contexte: ContexteDeComptage) -> datetime:
        """First instant that is too late, for an absence that begins that day at `debut` (None: the whole day)."""
        if self.heures is not None:
            depart = fin_du_jour(jour) if debut is None else instant_local(jour, debut)
            return (depart.astimezone(UTC) + timedelta(hours=self.heures)).astimezone(PARIS)
        return instant_a(_avancer(jour, self.jours, self.comptage, contexte), self.minutes)


@dataclass(frozen=True, slots=True)
class RegleAbsence:
    """What an activity says of some motifs. `paliers` go from the earliest limit to the latest, carence never
    shrinking; past the last one an absence is no longer justified."""

    motifs: frozenset[MotifAbsence]
    justificatif: Justificatif
    paliers: tuple[Palier, ...]
    decision: DecisionAbsence = DecisionAbsence.AGENT
    en_calendaires: bool = False
    """Carence in calendar days from the first day of the absence; otherwise in booked days."""
    debut: time | None = None
    """Hour the absence begins, for units that have none."""

    @property
    def est_automatique(self) -> bool:
        return self.decision is DecisionAbsence.AUTOMATIQUE and self.justificatif is not Justificatif.OBLIGATOIRE


class Suite(StrEnum):
    """What becomes of a declared day."""

    JUSTIFIEE = "justifiee"
    CARENCE = "carence"
    TARDIVE = "tardive"
    """Past every delay of the rule: it stays as it was."""


@dataclass(frozen=True, slots=True)
class JourReserve:
    """A booked day of one activity, as the spells of absence see it."""

    jour: date
    debut: time | None
    """Earliest hour of what is declared that day."""
    est_declare: bool
    """Declared now; otherwise it is declared already (`est_absent`) or kept."""
    est_absent: bool = False


def regle_du_motif(regles: Iterable[RegleAbsence], motif: MotifAbsence) -> RegleAbsence | None:
    """The rule that speaks of this motif; None: the règlement does not know it."""
    return next((regle for regle in regles if motif in regle.motifs), None)


def juger(
    regle: RegleAbsence,
    motif: MotifAbsence,
    jours: Sequence[JourReserve],
    maintenant: datetime,
    contexte: ContexteDeComptage,
) -> dict[date, Suite]:
    """What becomes of each declared day, by the delays of its spell.

    A spell is booked days that follow each other without one kept in between. Its delay runs from its first day
    declared now, its carence is served once, days declared earlier included. A first day past every delay is refused
    alone: the next ones are judged by their own, with the carence of the latest step. Regular treatments come on a
    rhythm: each day has its own delay, and the carence is served once for all of them.
    """
    if motif is MotifAbsence.MALADIE_RECURRENTE:
        absents = [jour for jour in sorted(jours, key=lambda j: j.jour) if jour.est_declare]
        return {
            jour.jour: _suite(
                regle, jour, _carence(regle, jour, maintenant, contexte), rang, ecart, maintenant, contexte
            )
            for rang, jour in enumerate(absents)
            for ecart in ((jour.jour - absents[0].jour).days,)
        }
    suites: dict[date, Suite] = {}
    for spell in _absences(jours):
        declares = [jour for jour in spell if jour.est_declare]
        if not declares:
            continue
        carence = _carence(regle, declares[0], maintenant, contexte)
        for rang, jour in enumerate(spell):
            if jour.est_declare:
                ecart = (jour.jour - spell[0].jour).days
                suites[jour.jour] = _suite(regle, jour, carence, rang, ecart, maintenant, contexte)
    return suites


def _absences(jours: Sequence[JourReserve]) -> list[list[JourReserve]]:
    spells: list[list[JourReserve]] = []
    courante: list[JourReserve] = []
    for jour in sorted(jours, key=lambda j: j.jour):
        est_la = not (jour.est_declare or jour.est_absent)
        if courante and (est_la or jour.jour - courante[-1].jour > ECART_MAXIMAL):
            spells.append(courante)
            courante = []
        if not est_la:
            courante.append(jour)
    return [*spells, courante] if courante else spells


def _carence(regle: RegleAbsence, premier: JourReserve, maintenant: datetime, contexte: ContexteDeComptage) -> int:
    debut = premier.debut or regle.debut
    for palier in regle.paliers:
        if maintenant < palier.limite(premier.jour, debut, contexte):
            return palier.carence
    return regle.paliers[-1].carence


def _suite(
    regle: RegleAbsence,
    jour: JourReserve,
    carence: int,
    rang: int,
    ecart: int,
    maintenant: datetime,
    contexte: ContexteDeComptage,
) -> Suite:
    if maintenant >= regle.paliers[-1].limite(jour.jour, jour.debut or regle.debut, contexte):
        return Suite.TARDIVE
    return Suite.CARENCE if (ecart if regle.en_calendaires else rang) < carence else Suite.JUSTIFIEE


def limite_finale(
    regles: Iterable[RegleAbsence], jour: date, debut: time | None, contexte: ContexteDeComptage
) -> datetime | None:
    """First instant at which no rule takes this day any more; None when nothing says anything of absences."""
    limites = [regle.paliers[-1].limite(jour, debut or regle.debut, contexte) for regle in regles]
    return max(limites, default=None)


def _avancer(jour: date, nombre: int, comptage: Comptage, contexte: ContexteDeComptage) -> date:
    """The `nombre`-th counted day strictly after `jour` (itself for 0)."""
    plafond = jour + timedelta(days=comptage.horizon + nombre)
    while nombre and jour < plafond:
        jour += _UN_JOUR
        if comptage.compte(jour, contexte):
            nombre -= 1
    return jour
