"""Declared absences: what each day becomes, what is written at « Envoyer », what an answer does."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from portail_famille.config import ReglagesCommune
from portail_famille.domain.absences import Justificatif, MotifAbsence
from portail_famille.domain.brouillons import Creneau
from portail_famille.domain.demarches import Cote
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.genres import GENRES, Decision
from portail_famille.models.demarches import Demarche
from portail_famille.models.documents import Piece
from portail_famille.models.reservations import Reservation
from portail_famille.services.absences import (
    appliquer_absence,
    deposer_absence,
    est_decidee_d_office,
    lire_decision_absence,
    preparer_absence,
)
from portail_famille.services.demarches import accepter, refuser
from portail_famille.services.journal import SYSTEME, Auteur
from portail_famille.services.jugement_absences import (
    Examen,
    RefusAbsence,
    Sort,
    creneaux_du_rythme,
    examiner_absence,
    motifs_permis,
    proposer,
)
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import JEUDI, LUNDI, MARDI, MERCREDI, VENDREDI, Village

HIER, DEMAIN = date(2026, 12, 1), date(2026, 12, 3)
MALADIE, GREVE = MotifAbsence.MALADIE, MotifAbsence.GREVE
PLUS_TARD = datetime(2026, 12, 20, 9, tzinfo=UTC)
AGENT = Auteur(Cote.AGENT)


def creneaux(village: Village, *jours: date, unite: str = "repas") -> list[Creneau]:
    return [(village.unite(unite), jour) for jour in jours]


def juger(
    village: Village,
    *choisis: Creneau,
    motif: MotifAbsence | None = MALADIE,
    enfant: str = "noe",
    foyer: str = "morel",
    qui: str = "camille",
    maintenant: datetime = MERCREDI_SOIR,
) -> Examen:
    with village.bd.session_lecture() as session:
        dossier = village.dossier(session, qui, foyer, maintenant)
        return examiner_absence(session, dossier, dossier.enfant(village.enfants[enfant]), choisis, motif)


def sorts(examen: Examen) -> list[tuple[date, str, str | None]]:
    return [(j.jour, j.sort.value, j.refus and j.refus.value) for j in examen.jours]


def piece(village: Village) -> int:
    """A document of the foyer; what it holds is the business of another room."""
    with village.bd.session_ecriture() as session:
        deposee = Piece(
            foyer_id=village.foyers["morel"],
            genre="justificatif_absence",
            nom="certificat.pdf",
            type_mime="application/pdf",
            taille=1,
            objet=uuid4().hex,
            deposee_utc=MERCREDI_SOIR,
        )
        session.add(deposee)
        session.flush()
        return deposee.id


def declarer(
    village: Village,
    *choisis: Creneau,
    motif: MotifAbsence | None = MALADIE,
    maintenant: datetime = MERCREDI_SOIR,
    avec_piece: bool = True,
    qui: str = "camille",
    **autres: Any,
) -> int:
    pieces = [piece(village)] if avec_piece else []
    with village.bd.session_ecriture() as session:
        dossier = village.dossier(session, qui, "morel", maintenant)
        demarche = deposer_absence(
            session,
            dossier,
            dossier.enfant(village.enfants["noe"]),
            choisis,
            motif,
            commentaire="",
            pieces=pieces,
            auteur=Auteur(Cote.FAMILLE, village.comptes[qui]),
            **autres,
        )
        return demarche.id


def repondre(village: Village, demarche_id: int, decision: dict[str, Any] | None = None) -> None:
    with village.bd.session_ecriture() as session:
        demarche = session.get_one(Demarche, demarche_id)
        if decision is not None:
            demarche.contenu = {**demarche.contenu, "decision": decision}
        accepter(session, demarche, demarche.version, AGENT, PLUS_TARD, appliquer_absence)


def etats(village: Village, unite: str = "repas") -> dict[date, str]:
    return {jour: etat for _, code, jour, _, etat in village.reservations("noe") if code == unite}


def test_what_can_still_be_cancelled_is_a_cancellation_and_the_rest_an_absence(village: Village) -> None:
    """Thursday's meal closed on Tuesday at noon, Monday's closes on Thursday at noon."""
    examen = juger(village, *creneaux(village, DEMAIN, LUNDI))
    assert sorts(examen) == [(DEMAIN, "justifiee", None), (LUNDI, "annulation", None)]
    assert [(j.avant_centimes, j.apres_centimes) for j in examen.jours] == [(342, 0), (342, 0)]
    assert examen.total == (684, 0)
    assert (examen.justificatif, examen.est_automatique) == (Justificatif.OBLIGATOIRE, False)


def test_the_days_of_carence_keep_their_price(village: Village) -> None:
    examen = juger(village, *creneaux(village, DEMAIN, LUNDI, MARDI), maintenant=datetime(2026, 12, 9, 9, tzinfo=UTC))
    assert [(j.sort.value, j.apres_centimes) for j in examen.jours] == [
        ("carence", 342),
        ("carence", 342),
        ("justifiee", 0),
    ]
    assert juger(village, *creneaux(village, DEMAIN), maintenant=PLUS_TARD).est_vide


def test_what_is_no_absence_says_why(village: Village) -> None:
    village.reserver("noe", "atelier", DEMAIN)
    village.reserver("noe", "soir", DEMAIN)
    village.reserver("noe", "mercredi-journee", MERCREDI)
    examen = juger(
        village,
        *creneaux(village, HIER, DEMAIN, VENDREDI),
        (village.unite("mercredi-journee"), MERCREDI),
        (village.unite("soir"), DEMAIN),
        (999_999, DEMAIN),
        motif=GREVE,
        maintenant=datetime(2026, 12, 4, 9, tzinfo=UTC),
    )
    assert {(j.unite, j.jour): j.refus for j in examen.jours} == {
        ("repas", HIER): RefusAbsence.PRESENCE,
        ("repas", DEMAIN): None,
        ("repas", VENDREDI): RefusAbsence.PAS_RESERVE,
        ("mercredi-journee", MERCREDI): RefusAbsence.SANS_REGLE,
        ("soir", DEMAIN): RefusAbsence.MOTIF,
    }


def test_the_crèche_is_asked_by_mail_and_the_other_parent_s_days_are_not_hers(village: Village) -> None:
    assert sorts(juger(village, (village.unite("creche"), LUNDI), enfant="mia")) == [(LUNDI, "refus", "lecture")]
    chez_julien = creneaux(village, DEMAIN)
    assert sorts(juger(village, *chez_julien, enfant="lea")) == [(DEMAIN, "refus", "pas_reserve")]
    assert sorts(juger(village, *chez_julien, enfant="lea", foyer="ferrand", qui="julien")) == [
        (DEMAIN, "justifiee", None)
    ]


def test_days_and_motifs_proposed_are_those_that_something_can_be_done_of(village: Village) -> None:
    village.reserver("noe", "mercredi-journee", MERCREDI)
    with village.bd.session_lecture() as session:
        dossier = village.dossier(session, maintenant=datetime(2026, 12, 4, 9, tzinfo=UTC))
        noe, mia = dossier.enfant(village.enfants["noe"]), dossier.enfant(village.enfants["mia"])
        trouve = proposer(session, dossier, noe)
        assert [(p.creneau[1], p.est_annulable) for p in trouve.creneaux] == [
            (DEMAIN, False),
            (LUNDI, False),
            (MARDI, True),
        ]
        assert trouve.sans_regle == (("mercredi", "centre"),)
        assert proposer(session, dossier, mia).en_lecture == ("creche",)
        assert list(motifs_permis(dossier, creneaux(village, DEMAIN))) == [
            MALADIE,
            MotifAbsence.MALADIE_RECURRENTE,
            MotifAbsence.SORTIE_SCOLAIRE,
            GREVE,
        ]
        rythme = creneaux_du_rythme(session, dossier, noe, [0], date(2027, 6, 30))
        assert rythme == creneaux(village, LUNDI)


def test_sending_cancels_at_once_and_asks_for_the_rest(village: Village) -> None:
    numero = declarer(village, *creneaux(village, DEMAIN, LUNDI))
    assert etats(village)[LUNDI] == "annulee"
    assert etats(village)[DEMAIN] == "reservee"
    repondre(village, numero)
    assert etats(village)[DEMAIN] == "absente_justifiee"
    with village.bd.session_lecture() as session:
        par = select(Reservation.jour).where(Reservation.demarche_id == numero).order_by(Reservation.jour)
        assert list(session.scalars(par)) == [DEMAIN, LUNDI]


def test_a_late_answer_keeps_the_delays_of_the_declaration(village: Village) -> None:
    tard = datetime(2026, 12, 9, 9, tzinfo=UTC)
    numero = declarer(village, *creneaux(village, DEMAIN, LUNDI, MARDI), maintenant=tard)
    repondre(village, numero)
    assert etats(village) | {HIER: ""} == {
        HIER: "",
        DEMAIN: "absente_injustifiee",
        LUNDI: "absente_injustifiee",
        MARDI: "absente_justifiee",
    }


def test_the_agent_leaves_days_out_and_waives_the_carence(village: Village, reglages: ReglagesCommune) -> None:
    numero = declarer(village, *creneaux(village, DEMAIN, LUNDI), maintenant=datetime(2026, 12, 9, 9, tzinfo=UTC))
    cle = f"{DEMAIN.isoformat()}-{village.unite('repas')}"
    with village.bd.session_lecture() as session:
        demarche = session.get_one(Demarche, numero)
        prepare = preparer_absence(session, demarche, reglages, PLUS_TARD)
        assert next((j["cle"], j["etat"]) for j in prepare["absence_jours"]) == (cle, "reservee")
        assert prepare["absence_carence"]
        saisie = {"absence-choix": "oui", f"garder-{cle}": "oui", "sans-carence": "oui"}
        decision = lire_decision_absence(session, demarche, saisie, reglages, PLUS_TARD)
        with pytest.raises(RegleViolee, match="au moins un jour"):
            lire_decision_absence(session, demarche, {"absence-choix": "oui"}, reglages, PLUS_TARD)
        assert lire_decision_absence(session, demarche, {}, reglages, PLUS_TARD) == {}
    repondre(village, numero, decision)
    assert (etats(village)[DEMAIN], etats(village)[LUNDI]) == ("absente_justifiee", "reservee")


def test_a_day_marked_present_meanwhile_stops_the_answer_and_a_cancelled_one_does_not(village: Village) -> None:
    numero = declarer(village, *creneaux(village, DEMAIN, LUNDI), maintenant=datetime(2026, 12, 4, 9, tzinfo=UTC))

    def marquer(jour: date, etat: str) -> None:
        with village.bd.session_ecriture() as session:
            session.execute(
                update(Reservation)
                .where(Reservation.jour == jour, Reservation.enfant_id == village.enfants["noe"])
                .values(etat=etat)
            )

    marquer(DEMAIN, "annulee")
    marquer(LUNDI, "presente")
    with pytest.raises(RegleViolee, match="la présence a été notée"):
        repondre(village, numero)
    marquer(LUNDI, "absente_injustifiee")
    repondre(village, numero)
    assert (etats(village)[DEMAIN], etats(village)[LUNDI]) == ("annulee", "absente_justifiee")


def test_the_same_day_is_not_declared_twice_by_two_parents(village: Village) -> None:
    """Camille, then Camille again: while it waits, and once it is answered. Refused, it may be declared again."""
    numero = declarer(village, *creneaux(village, DEMAIN))
    assert sorts(juger(village, *creneaux(village, DEMAIN))) == [(DEMAIN, "refus", "deja")]
    with pytest.raises(RegleViolee, match="plus rien à déclarer"):
        declarer(village, *creneaux(village, DEMAIN))
    with village.bd.session_ecriture() as session:
        demarche = session.get_one(Demarche, numero)
        refuser(session, demarche, demarche.version, "Illisible.", AGENT, PLUS_TARD)
    repondre(village, declarer(village, *creneaux(village, DEMAIN)))
    assert sorts(juger(village, *creneaux(village, DEMAIN))) == [(DEMAIN, "refus", "deja")]


def test_an_absence_marked_by_the_centre_can_be_justified(village: Village) -> None:
    village.reserver("noe", "repas", date(2026, 11, 30), etat="absente_injustifiee")
    assert sorts(juger(village, *creneaux(village, date(2026, 11, 30)))) == [(date(2026, 11, 30), "justifiee", None)]


def test_a_document_is_asked_for_where_the_rule_says_so(village: Village) -> None:
    with pytest.raises(RegleViolee, match="demande un justificatif"):
        declarer(village, *creneaux(village, DEMAIN), avec_piece=False)
    assert etats(village)[DEMAIN] == "reservee"


def test_who_decides_is_said_by_the_rule_and_by_the_town(village: Village) -> None:
    def d_office(numero: int, decision: Decision = Decision.AGENT) -> bool:
        with village.bd.session_lecture() as session:
            demarche = session.get_one(Demarche, numero)
            genre = GENRES["absence"].regle_par({"decision": decision.value})
            return est_decidee_d_office(session, demarche, genre, MERCREDI_SOIR)

    malade = declarer(village, *creneaux(village, DEMAIN))
    assert not d_office(malade)
    assert not d_office(malade, Decision.AUTOMATIQUE)
    annulation = declarer(village, *creneaux(village, LUNDI), motif=None, avec_piece=False)
    assert d_office(annulation)
    village.reserver("noe", "soir", DEMAIN)
    famille = declarer(
        village,
        (village.unite("soir"), DEMAIN),
        motif=MotifAbsence.RAISON_FAMILIALE,
        avec_piece=False,
        maintenant=MERCREDI_SOIR + timedelta(hours=1),
    )
    assert not d_office(famille)
    assert d_office(famille, Decision.AUTOMATIQUE)


def test_a_motif_the_rules_accept_at_once_needs_no_agent(village: Village) -> None:
    numero = declarer(village, *creneaux(village, DEMAIN), motif=GREVE, avec_piece=False)
    with village.bd.session_ecriture() as session:
        demarche = session.get_one(Demarche, numero)
        assert est_decidee_d_office(session, demarche, GENRES["absence"], MERCREDI_SOIR)
        accepter(session, demarche, demarche.version, SYSTEME, MERCREDI_SOIR, appliquer_absence)
    assert etats(village)[DEMAIN] == "absente_justifiee"


def test_a_unit_that_another_needs_goes_with_it(village: Village) -> None:
    village.reserver("noe", "soir", JEUDI)
    village.reserver("noe", "etude", JEUDI)
    soir, etude = (village.unite("soir"), JEUDI), (village.unite("etude"), JEUDI)
    assert [j.refus for j in juger(village, soir).jours] == [RefusAbsence.RELATION]
    assert {j.sort for j in juger(village, soir, etude).jours} == {Sort.ANNULATION}
