"""What a declaration of absence does to each booked day, judged when it is shown and again when it is sent."""

import hashlib
import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from portail_famille.domain.absences import (
    ECART_MAXIMAL,
    JourReserve,
    Justificatif,
    MotifAbsence,
    RegleAbsence,
    Suite,
    juger,
    limite_finale,
    regle_du_motif,
)
from portail_famille.domain.brouillons import Brouillon, Creneau, Part
from portail_famille.domain.creneaux import Refus
from portail_famille.domain.tarifs import Etat
from portail_famille.models.demarches import Demarche
from portail_famille.models.reservations import Reservation
from portail_famille.services.bilans import Changement, examiner
from portail_famille.services.demarches import ouvertes
from portail_famille.services.dossiers import Dossier, EnfantLu, ReservationLue, charger_reservations, jour_de

CODE = "absence"
FENETRE_PASSEE, FENETRE_A_VENIR = timedelta(days=31), timedelta(days=31)
"""Days offered around today; a rhythm of regular treatments goes further."""
CRENEAUX_MAXIMUM = 400
"""Every school day of a year, morning and noon: more is no absence."""


class Sort(StrEnum):
    """What the declaration does to a booked slot."""

    ANNULATION = "annulation"
    JUSTIFIEE = "justifiee"
    CARENCE = "carence"
    REFUS = "refus"


class RefusAbsence(StrEnum):
    """Why a slot is left as it is."""

    TARDIVE = "tardive"
    SANS_REGLE = "sans_regle"
    MOTIF = "motif"
    PRESENCE = "presence"
    DEJA = "deja"
    LECTURE = "lecture"
    RELATION = "relation"
    PAS_RESERVE = "pas_reserve"


@dataclass(frozen=True, slots=True)
class JourExamine:
    """A slot of the declaration, judged. Prices for the foyer, today and once accepted."""

    creneau: Creneau
    unite: str
    nom: str
    activite: str
    sort: Sort
    avant_centimes: int
    apres_centimes: int
    refus: RefusAbsence | None = None

    @property
    def jour(self) -> date:
        return self.creneau[1]


@dataclass(frozen=True, slots=True)
class Examen:
    """A whole declaration, judged now."""

    jours: tuple[JourExamine, ...]
    justificatif: Justificatif
    est_automatique: bool
    """Nothing in it waits for an agent."""

    def de_sort(self, *sorts: Sort) -> list[JourExamine]:
        return [jour for jour in self.jours if jour.sort in sorts]

    @property
    def absences(self) -> list[JourExamine]:
        return self.de_sort(Sort.JUSTIFIEE, Sort.CARENCE)

    @property
    def est_vide(self) -> bool:
        return all(jour.sort is Sort.REFUS for jour in self.jours)

    @property
    def total(self) -> tuple[int, int]:
        """Centimes before and after, of what is done or asked for."""
        touches = [jour for jour in self.jours if jour.sort is not Sort.REFUS]
        return sum(j.avant_centimes for j in touches), sum(j.apres_centimes for j in touches)

    @property
    def empreinte(self) -> str:
        """Digest of what is shown: a delay that passes between the summary and « Envoyer » is told."""
        vu = [(j.creneau[0], j.jour.isoformat(), j.sort, j.avant_centimes, j.apres_centimes) for j in self.jours]
        return hashlib.sha256(json.dumps(vu).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Propose:
    """A booked slot that can be declared; `est_annulable`: it would be a cancellation."""

    creneau: Creneau
    nom: str
    est_annulable: bool


@dataclass(frozen=True, slots=True)
class Proposition:
    """What a family can declare for a child, and what she must write about instead."""

    creneaux: tuple[Propose, ...]
    sans_regle: tuple[tuple[str, str], ...]
    """Activity and structure, by codes, that justify nothing online and hold booked days past their deadline."""
    en_lecture: tuple[str, ...]
    """Structures in which every change is asked by mail."""
    tardifs: tuple[tuple[date, str], ...] = ()
    """Booked days and names of slots, past every delay: told to the family who came for one of them."""
    declares: tuple[tuple[date, str, str], ...] = ()
    """Booked days, names of slots, and the number of the declaration that holds them already."""


def motifs_permis(dossier: Dossier, creneaux: Iterable[Creneau]) -> dict[MotifAbsence, Justificatif]:
    """Motifs that the rules of these slots' activities know, with the strongest document asked for, in their order."""
    activites = {_activite(dossier, unite) for unite, _ in creneaux} - {""}
    connus: dict[MotifAbsence, Justificatif] = {}
    for motif in MotifAbsence:
        regles = [
            regle
            for code in activites
            if (regle := regle_du_motif(dossier.regles.catalogue.activites[code].absences, motif)) is not None
        ]
        if regles:
            connus[motif] = _plus_fort(regles)
    return connus


def proposer(session: Session, dossier: Dossier, enfant: EnfantLu) -> Proposition:
    """Booked slots around today, oldest first."""
    aujourdhui = jour_de(dossier.maintenant)
    du, au = aujourdhui - FENETRE_PASSEE, aujourdhui + FENETRE_A_VENIR
    charger_reservations(session, dossier, [(du, au)])
    decides = _deja_declares(session, dossier, enfant)
    proposes: list[Propose] = []
    sans_regle: dict[tuple[str, str], None] = {}
    en_lecture: dict[str, None] = {}
    tardifs: list[tuple[date, str]] = []
    declares: list[tuple[date, str, str]] = []
    for (enfant_id, unite_id, jour), lue in sorted(dossier.reservations.items(), key=lambda i: (i[0][2], i[0][1])):
        unite = dossier.regles.unites.get(unite_id)
        structure = dossier.regles.structures.get(lue.structure_id)
        est_a_nous = enfant_id == enfant.id and lue.foyer_id == dossier.foyer_id and lue.est_active
        if not est_a_nous or unite is None or structure is None or not du <= jour <= au:
            continue
        if dossier.regles.catalogue.structures[structure].est_en_lecture:
            en_lecture[structure] = None
            continue
        fiche = dossier.regles.catalogue.unites[unite]
        creneau = (unite_id, jour)
        est_annulable = dossier.juger(enfant, creneau, ajout=False, avec_places=False).refus is None
        if not est_annulable:
            if creneau in decides:
                declares.append((jour, fiche.nom, decides[creneau]))
                continue
            if not _est_declarable(lue):
                continue
            regles = dossier.regles.catalogue.activites[fiche.activite].absences
            if not regles:
                sans_regle[fiche.activite, structure] = None
                continue
            contexte = dossier.regles.catalogue.contexte(unite, structure, dossier.regles.calendrier)
            limite = limite_finale(regles, jour, fiche.debut, contexte)
            if limite is None or dossier.maintenant >= limite:
                tardifs.append((jour, fiche.nom))
                continue
        proposes.append(Propose(creneau, fiche.nom, est_annulable))
    return Proposition(tuple(proposes), tuple(sans_regle), tuple(en_lecture), tuple(tardifs), tuple(declares))


def creneaux_du_rythme(
    session: Session, dossier: Dossier, enfant: EnfantLu, semaine: Collection[int], jusquau: date
) -> list[Creneau]:
    """Slots of this child booked by this foyer on these weekdays, from today on: regular treatments. One query."""
    aujourdhui = jour_de(dossier.maintenant)
    if jusquau < aujourdhui:
        return []
    charger_reservations(session, dossier, [(aujourdhui, jusquau)])
    trouves = {
        (unite, jour)
        for unite, jour in dossier.reserves(enfant.id)
        if aujourdhui <= jour <= jusquau and jour.weekday() in semaine and unite in dossier.regles.unites
    }
    return sorted(trouves, key=lambda c: (c[1], c[0]))


def examiner_absence(
    session: Session, dossier: Dossier, enfant: EnfantLu, creneaux: Collection[Creneau], motif: MotifAbsence | None
) -> Examen:
    """Judges a declaration at `dossier.maintenant`, whatever was shown before. Three queries."""
    connus = [c for c in dict.fromkeys(creneaux) if c[0] in dossier.regles.unites][:CRENEAUX_MAXIMUM]
    if not connus:
        return Examen((), Justificatif.AUCUN, est_automatique=True)
    marge = ECART_MAXIMAL * 2
    charger_reservations(
        session, dossier, [(min(jour for _, jour in connus) - marge, max(jour for _, jour in connus) + marge)]
    )
    deja = _deja_declares(session, dossier, enfant)
    retraits = _juger_les_retraits(dossier, enfant, connus)
    annulables = {c for c, refus in retraits.items() if refus is None}
    refus: dict[Creneau, RefusAbsence] = {}
    candidats: dict[str, list[Creneau]] = {}
    for creneau in connus:
        if creneau in annulables:
            continue
        raison = _refus_d_abord(dossier, enfant, creneau, retraits.get(creneau, Refus.PAS_RESERVE), deja)
        if raison is None:
            candidats.setdefault(_activite(dossier, creneau[0]), []).append(creneau)
        else:
            refus[creneau] = raison
    suites: dict[Creneau, Suite] = {}
    regles: list[RegleAbsence] = []
    for code, siens in candidats.items():
        activite = dossier.regles.catalogue.activites[code]
        regle = None if motif is None else regle_du_motif(activite.absences, motif)
        if regle is None or motif is None:
            raison = RefusAbsence.MOTIF if activite.absences else RefusAbsence.SANS_REGLE
            refus |= dict.fromkeys(siens, raison)
            continue
        jugees = _juger_une_activite(dossier, enfant, code, siens, deja, annulables, regle, motif)
        suites |= jugees
        if any(suite is not Suite.TARDIVE for suite in jugees.values()):
            regles.append(regle)
    jours = [_examine(dossier, enfant, c, c in annulables, suites.get(c), refus.get(c)) for c in connus]
    ordre = {code: fiche.ordre for code, fiche in dossier.regles.catalogue.unites.items()}
    return Examen(
        tuple(sorted(jours, key=lambda j: (j.jour, ordre[j.unite]))),
        _plus_fort(regles),
        est_automatique=all(regle.est_automatique for regle in regles),
    )


def _juger_les_retraits(dossier: Dossier, enfant: EnfantLu, creneaux: Iterable[Creneau]) -> dict[Creneau, Refus | None]:
    """The judgement of a draft that would take all of them away (services/bilans)."""
    retraits = frozenset(creneaux)
    fictif = replace(dossier, brouillon=Brouillon(parts={enfant.id: Part(retraits=retraits)}), occupees=None)
    mois = sorted({(jour.year, jour.month) for _, jour in retraits})
    juges: list[Changement] = list(examiner(fictif, mois).changements)
    return {c.creneau: c.refus for c in juges}


def _refus_d_abord(
    dossier: Dossier, enfant: EnfantLu, creneau: Creneau, retrait: Refus | None, deja: Collection[Creneau]
) -> RefusAbsence | None:
    """Why a slot that cannot be cancelled is no absence either; None when the règlement decides."""
    lue = dossier.reservations.get((enfant.id, *creneau))
    if lue is None or not lue.est_active or lue.foyer_id != dossier.foyer_id:
        return RefusAbsence.PAS_RESERVE
    structure = dossier.regles.structures.get(lue.structure_id)
    if structure is None or dossier.regles.catalogue.structures[structure].est_en_lecture:
        return RefusAbsence.LECTURE
    if lue.etat == "presente":
        return RefusAbsence.PRESENCE
    if creneau in deja or lue.etat == "absente_justifiee":
        return RefusAbsence.DEJA
    if retrait is Refus.INCOMPATIBLE:
        return RefusAbsence.RELATION
    return None if _est_declarable(lue) else RefusAbsence.PAS_RESERVE


def _juger_une_activite(
    dossier: Dossier,
    enfant: EnfantLu,
    activite: str,
    creneaux: Collection[Creneau],
    deja: Collection[Creneau],
    annulables: Collection[Creneau],
    regle: RegleAbsence,
    motif: MotifAbsence,
) -> dict[Creneau, Suite]:
    """By its spells: the days of this activity that the child is booked on, cancelled ones left out."""
    fiches = dossier.regles.catalogue.unites
    declares = set(creneaux)
    par_jour: dict[date, list[Creneau]] = {}
    absents: set[date] = set()
    for (enfant_id, unite_id, jour), lue in dossier.reservations.items():
        creneau = (unite_id, jour)
        est_a_nous = enfant_id == enfant.id and lue.est_active and lue.foyer_id == dossier.foyer_id
        if not est_a_nous or _activite(dossier, unite_id) != activite or creneau in annulables:
            continue
        par_jour.setdefault(jour, []).append(creneau)
        if creneau in deja or lue.etat in ("absente_justifiee", "absente_injustifiee"):
            absents.add(jour)
    jours = []
    for jour, siens in par_jour.items():
        ici = [fiches[dossier.regles.unites[unite]].debut for unite, j in siens if (unite, j) in declares]
        heures = [debut for debut in ici if debut is not None]
        jours.append(JourReserve(jour, min(heures, default=None), est_declare=bool(ici), est_absent=jour in absents))
    unite = dossier.regles.unites[min(declares)[0]]
    lue = dossier.reservations[enfant.id, *min(declares)]
    contexte = dossier.regles.catalogue.contexte(
        unite, dossier.regles.structures[lue.structure_id], dossier.regles.calendrier
    )
    suites = juger(regle, motif, jours, dossier.maintenant, contexte)
    return {creneau: suites[creneau[1]] for creneau in creneaux}


def _examine(
    dossier: Dossier,
    enfant: EnfantLu,
    creneau: Creneau,
    est_annulable: bool,
    suite: Suite | None,
    refus: RefusAbsence | None,
) -> JourExamine:
    unite = dossier.regles.unites[creneau[0]]
    fiche = dossier.regles.catalogue.unites[unite]
    lue = dossier.reservations.get((enfant.id, *creneau))
    prix = dossier.prix_reserve(enfant, creneau, lue, apres=False) if lue is not None and lue.est_active else None
    avant = apres = prix.centimes if prix is not None else 0
    sort = Sort.REFUS
    if est_annulable:
        sort, apres = Sort.ANNULATION, 0
    elif suite is Suite.TARDIVE:
        refus = RefusAbsence.TARDIVE
    elif suite is not None:
        sort = Sort.CARENCE if suite is Suite.CARENCE else Sort.JUSTIFIEE
        etat = Etat.ABSENTE_INJUSTIFIEE if sort is Sort.CARENCE else Etat.ABSENTE_JUSTIFIEE
        futur = dossier.prix(enfant, creneau, etat, apres=False)
        apres = futur.centimes if futur is not None else 0
    activite = dossier.regles.catalogue.activites[fiche.activite].nom
    return JourExamine(creneau, unite, fiche.nom, activite, sort, avant, apres, refus)


def absences_en_attente(session: Session, foyer_id: int, enfant_id: int) -> dict[Creneau, str]:
    """Slots whose declaration waits for an answer, with its number. One query."""
    return {
        (int(note["unite_id"]), date.fromisoformat(note["jour"])): demarche.numero
        for demarche in ouvertes(session, foyer_id, CODE)
        if demarche.enfant_id == enfant_id
        for note in demarche.contenu["absences"]
    }


def _deja_declares(session: Session, dossier: Dossier, enfant: EnfantLu) -> dict[Creneau, str]:
    """Slots that another declaration holds, with its number: waiting for an answer, or decided. Two queries."""
    decides = session.execute(
        select(Reservation.unite_id, Reservation.jour, Demarche.numero)
        .join(Demarche, Demarche.id == Reservation.demarche_id)
        .where(
            Reservation.enfant_id == enfant.id,
            Reservation.foyer_id == dossier.foyer_id,
            Reservation.etat.in_(("absente_justifiee", "absente_injustifiee")),
            Demarche.genre == CODE,
        )
    )
    declares = {(unite, jour): numero for unite, jour, numero in decides}
    return declares | absences_en_attente(session, dossier.foyer_id, enfant.id)


def _est_declarable(lue: ReservationLue) -> bool:
    """Booked, or marked absent without a word of the family."""
    return lue.etat in ("reservee", "absente_injustifiee")


def _activite(dossier: Dossier, unite_id: int) -> str:
    unite = dossier.regles.unites.get(unite_id)
    return "" if unite is None else dossier.regles.catalogue.unites[unite].activite


_FORCES = {Justificatif.AUCUN: 0, Justificatif.FACULTATIF: 1, Justificatif.OBLIGATOIRE: 2}


def _plus_fort(regles: Iterable[RegleAbsence]) -> Justificatif:
    return max((regle.justificatif for regle in regles), key=_FORCES.__getitem__, default=Justificatif.AUCUN)
