"""Absences declared by families (domain.md §7).

What can still be cancelled is cancelled at once, by the judgement of a draft; the rest waits for an answer, with what
the règlement says of it at the instant of the declaration.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portail_famille.config import ReglagesCommune
from portail_famille.domain.absences import Justificatif, MotifAbsence
from portail_famille.domain.brouillons import Creneau
from portail_famille.domain.demarches import EtatDemarche
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.genres import Decision, Genre
from portail_famille.domain.libelles import ecrire_date
from portail_famille.models.demarches import Demarche
from portail_famille.models.foyers import Enfant
from portail_famille.models.reservations import Reservation
from portail_famille.services.comptes import Acteur
from portail_famille.services.demarches import deposer
from portail_famille.services.dossiers import Dossier, EnfantLu
from portail_famille.services.journal import Auteur
from portail_famille.services.jugement_absences import CODE, JourExamine, Sort, examiner_absence
from portail_famille.services.regles import figer_evenements
from portail_famille.services.visibilites import demarches_de

TAILLE_PAGE = 30


def deposer_absence(
    session: Session,
    dossier: Dossier,
    enfant: EnfantLu,
    creneaux: Collection[Creneau],
    motif: MotifAbsence | None,
    *,
    commentaire: str,
    pieces: Sequence[int],
    auteur: Auteur,
    cle_envoi: str | None = None,
) -> Demarche:
    """Files the declaration as it is judged now; what can be cancelled is, in the same transaction.

    Raises `RegleViolee`: nothing left to declare, a document is missing.
    """
    verrouiller_enfant(session, enfant.id)
    dossier.reservations.clear()
    examen = examiner_absence(session, dossier, enfant, creneaux, motif)
    if examen.est_vide:
        raise RegleViolee(
            "rien_a_declarer",
            "Il n’y a plus rien à déclarer pour ces jours\u00a0: ils ont été annulés ou déclarés entre-temps, ou le "
            "délai est passé.",
        )
    if examen.justificatif is Justificatif.OBLIGATOIRE and not pieces:
        raise RegleViolee("piece_absente", "Le règlement demande un justificatif pour cette absence\u00a0: joignez-le.")
    demarche = deposer(
        session,
        genre=CODE,
        auteur=auteur,
        maintenant=dossier.maintenant,
        contenu={
            "motif": motif.value if motif is not None and examen.absences else "",
            "commentaire": commentaire,
            "annulations": [_noter(jour) for jour in examen.de_sort(Sort.ANNULATION)],
            "absences": [_noter(jour) for jour in examen.absences],
            "automatique": examen.est_automatique,
            "a_prouver": examen.justificatif is Justificatif.OBLIGATOIRE,
        },
        foyer_id=dossier.foyer_id,
        enfant_id=enfant.id,
        pieces=pieces,
        cle_envoi=cle_envoi,
    )
    annulees = [dossier.reservations[enfant.id, *j.creneau].id for j in examen.de_sort(Sort.ANNULATION)]
    if annulees:
        session.execute(
            update(Reservation)
            .where(Reservation.id.in_(annulees))
            .values(etat="annulee", demarche_id=demarche.id, modifiee_utc=dossier.maintenant)
            .execution_options(synchronize_session=False)
        )
    return demarche


def est_decidee_d_office(_session: Session, demarche: Demarche, genre: Genre, _maintenant: datetime) -> bool:
    """The rules of its activities accept it at once, or nothing is left to decide; or the town accepts every absence
    declared in time, but those that a document must prove."""
    if demarche.contenu["automatique"]:
        return True
    return genre.decision is Decision.AUTOMATIQUE and not demarche.contenu["a_prouver"]


def verrouiller_enfant(session: Session, enfant_id: int) -> None:
    """Two parents of one child pass one after the other, and no événement between what is read and what is written;
    SQLite already has a single writer."""
    figer_evenements(session)
    session.execute(select(Enfant.id).where(Enfant.id == enfant_id).with_for_update())


def appliquer_absence(session: Session, demarche: Demarche, _auteur: Auteur, maintenant: datetime) -> None:
    """Accepted: each day takes the state the règlement gave it when it was declared, whatever the time since; the agent
    may have left days out, or waived the carence (`contenu["decision"]`).

    Raises `RegleViolee` when the child was marked present meanwhile. A day cancelled meanwhile stays cancelled.
    """
    if demarche.enfant_id is None or demarche.foyer_id is None:
        return
    verrouiller_enfant(session, demarche.enfant_id)
    decision = demarche.contenu.get("decision") or {}
    gardes = decision.get("jours")
    ids: dict[str, list[int]] = {"absente_justifiee": [], "absente_injustifiee": []}
    for note, etat, reservation_id in lignes_de(session, demarche):
        if gardes is not None and cle_de(note) not in gardes:
            continue
        if etat == "presente":
            jour = ecrire_date(date.fromisoformat(note["jour"]))
            raise RegleViolee(
                "presence_pointee",
                f"{note['nom']}, {jour}\u00a0: la présence a été notée. Décochez ce jour pour accepter le reste.",
                f"garder-{cle_de(note)}",
            )
        if etat in ("reservee", "absente_injustifiee"):
            ids[_etat_accorde(note, decision)].append(reservation_id)
    for etat, siens in ids.items():
        if siens:
            session.execute(
                update(Reservation)
                .where(Reservation.id.in_(siens))
                .values(etat=etat, demarche_id=demarche.id, modifiee_utc=maintenant)
                .execution_options(synchronize_session=False)
            )


def absences_accordees(
    session: Session, enfant_ids: Collection[int], depuis: datetime
) -> dict[tuple[int, int, int, str], tuple[str, int]]:
    """Accepted since then, by child, foyer, unit and ISO day: the state it gives, and its request. One query."""
    trouvees = {}
    for demarche in session.scalars(
        select(Demarche)
        .where(
            Demarche.genre == CODE,
            Demarche.etat == EtatDemarche.ACCEPTEE.value,
            Demarche.enfant_id.in_(enfant_ids),
            Demarche.decidee_utc >= depuis,
        )
        .order_by(Demarche.id)
    ):
        decision = demarche.contenu.get("decision") or {}
        gardes = decision.get("jours")
        for note in demarche.contenu.get("absences", []):
            if demarche.enfant_id and demarche.foyer_id and (gardes is None or cle_de(note) in gardes):
                creneau = (demarche.enfant_id, demarche.foyer_id, int(note["unite_id"]), str(note["jour"]))
                trouvees[creneau] = (_etat_accorde(note, decision), demarche.id)
    return trouvees


def _etat_accorde(note: Mapping[str, Any], decision: Mapping[str, Any]) -> str:
    est_carence = note["sort"] == Sort.CARENCE and not decision.get("sans_carence")
    return "absente_injustifiee" if est_carence else "absente_justifiee"


def lignes_de(session: Session, demarche: Demarche) -> list[tuple[Mapping[str, Any], str, int]]:
    """Each day declared absent, with the state of its booking now ("" when this foyer holds it no more, "decidee" when
    another declaration was answered) and its id. One query."""
    notes = demarche.contenu.get("absences", [])
    lues = {
        (ligne.unite_id, ligne.jour.isoformat()): ligne
        for ligne in session.execute(
            select(Reservation.id, Reservation.unite_id, Reservation.jour, Reservation.etat, Demarche.genre)
            .outerjoin(Demarche, Demarche.id == Reservation.demarche_id)
            .where(
                Reservation.enfant_id == demarche.enfant_id,
                Reservation.foyer_id == demarche.foyer_id,
                Reservation.jour.in_([date.fromisoformat(note["jour"]) for note in notes]),
            )
        )
    }
    lignes: list[tuple[Mapping[str, Any], str, int]] = []
    for note in notes:
        ligne = lues.get((note["unite_id"], note["jour"]))
        if ligne is None:
            lignes.append((note, "", 0))
        else:
            est_decidee = ligne.genre == CODE and ligne.etat.startswith("absente")
            lignes.append((note, "decidee" if est_decidee else ligne.etat, ligne.id))
    return lignes


def preparer_absence(
    session: Session, demarche: Demarche, _reglages: ReglagesCommune, _maintenant: datetime
) -> dict[str, Any]:
    """What the agent reads in « Accepter »: each day, its state now, what accepting makes of it."""
    lignes = [
        {**note, "cle": cle_de(note), "date": date.fromisoformat(note["jour"]), "etat": etat}
        for note, etat, _ in lignes_de(session, demarche)
    ]
    return {"absence_jours": lignes, "absence_carence": any(ligne["sort"] == Sort.CARENCE for ligne in lignes)}


def lire_decision_absence(
    _session: Session, demarche: Demarche, saisie: Mapping[str, str], _reglages: ReglagesCommune, _maintenant: datetime
) -> dict[str, Any]:
    """The days kept and whether the carence is waived; without the form of one file (many at once), as declared.

    Raises `RegleViolee`: no day is left.
    """
    notes = demarche.contenu.get("absences", [])
    if "absence-choix" not in saisie:
        return {}
    jours = [cle_de(note) for note in notes if saisie.get(f"garder-{cle_de(note)}") == "oui"]
    if notes and not jours:
        raise RegleViolee("aucun_jour", "Gardez au moins un jour, ou refusez la demande.", f"garder-{cle_de(notes[0])}")
    return {"jours": jours, "sans_carence": saisie.get("sans-carence") == "oui"}


def cle_de(note: Mapping[str, Any]) -> str:
    """Names a declared day in a form: "2026-12-07-12"."""
    return f"{note['jour']}-{note['unite_id']}"


def _noter(jour: JourExamine) -> dict[str, Any]:
    """As kept with the request: names and amounts as they were."""
    return {
        "jour": jour.jour.isoformat(),
        "unite_id": jour.creneau[0],
        "nom": jour.nom,
        "activite": jour.activite,
        "sort": jour.sort.value,
        "avant": jour.avant_centimes,
        "apres": jour.apres_centimes,
    }


def lister_absences(session: Session, acteur: Acteur, aujourdhui: date, avant: int | None = None) -> list[Demarche]:
    """Declarations she may read, latest first, one more than a page when there are more; `avant` is the id of the last
    one already shown. One query."""
    requete = (
        select(Demarche)
        .where(Demarche.genre == CODE, demarches_de(acteur, aujourdhui))
        .order_by(Demarche.id.desc())
        .limit(TAILLE_PAGE + 1)
    )
    return list(session.scalars(requete if avant is None else requete.where(Demarche.id < avant)))
