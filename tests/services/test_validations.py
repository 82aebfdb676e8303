"""Bookings that wait for an agent: filed with « Valider », accepted, refused, taken back, in part or whole."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portail_famille.config import ReglagesCommune
from portail_famille.domain.demarches import Cote
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.models.demarches import Demarche
from portail_famille.models.reservations import Recu, Reservation
from portail_famille.services.accuses import accuser
from portail_famille.services.bureau import lire_demarche
from portail_famille.services.comptes import Acteur
from portail_famille.services.echanges import annuler
from portail_famille.services.journal import Auteur
from portail_famille.services.perimetres import Perimetre
from portail_famille.services.reponses import accepter_demarche, accepter_en_lot, refuser_demarche
from portail_famille.services.reservations import valider_brouillon
from portail_famille.services.validations import lire_decision_validation, preparer_validation
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import JEUDI, LUNDI, MARDI, VENDREDI, Village, document

AGENT = Auteur(Cote.AGENT)
PARTOUT = Perimetre(None, MERCREDI_SOIR.date())


def a_valider(village: Village, *codes: str) -> None:
    activites = [t | {"validation": True} if t["code"] in codes else t for t in document()["activite"]]
    village.changer_regles(activite=activites)


@pytest.fixture
def soir(village: Village) -> Village:
    """The periscolaire waits for an agent; Noé asks for two evenings, and books a meal that does not."""
    a_valider(village, "periscolaire")
    village.cocher("noe", [("soir", LUNDI), ("soir", MARDI), ("repas", JEUDI)])
    village.valider()
    return village


def toutes(session: Session) -> list[Demarche]:
    return list(session.scalars(select(Demarche).order_by(Demarche.id)))


def etats(village: Village) -> dict[tuple[str, Any], str]:
    return {
        (unite, jour): etat for _, unite, jour, _, etat in village.reservations("noe") if unite in ("soir", "matin")
    }


def repondre(
    village: Village, reglages: ReglagesCommune, saisie: dict[str, str] | None = None, motif: str = ""
) -> None:
    with village.bd.session_ecriture() as session:
        [demarche] = toutes(session)
        lue = lire_demarche(session, PARTOUT, demarche.numero)
        assert lue is not None
        if motif:
            refuser_demarche(session, lue, demarche.version, motif, AGENT, MERCREDI_SOIR, reglages)
        else:
            accepter_demarche(session, lue, demarche.version, AGENT, MERCREDI_SOIR, reglages, saisie=saisie)


def test_what_an_agent_must_accept_waits_in_one_request_by_child_and_activity(village: Village) -> None:
    a_valider(village, "periscolaire", "atelier")
    village.cocher("noe", [("matin", LUNDI), ("soir", LUNDI), ("soir", MARDI), ("repas", JEUDI)])
    village.cocher("lea", [("soir", LUNDI)])
    recu = village.valider()
    with village.bd.session_lecture() as session:
        lues = toutes(session)
        assert {d.genre for d in lues} == {"reservation"}
        demandes = {d.enfant_id: d.contenu for d in lues}
        assert demandes == {
            village.enfants["lea"]: {
                "activite": "periscolaire",
                "recu": recu.numero,
                "jours": {"soir": [LUNDI.isoformat()]},
            },
            village.enfants["noe"]: {
                "activite": "periscolaire",
                "recu": recu.numero,
                "jours": {"matin": [LUNDI.isoformat()], "soir": [LUNDI.isoformat(), MARDI.isoformat()]},
            },
        }
        liees = session.execute(select(Reservation.etat, Reservation.demarche_id).where(Reservation.recu_id == recu.id))
        par_etat = sorted((etat, lien is not None) for etat, lien in liees)
        gardes = session.scalars(select(Recu)).one().contenu["demandes"]
    assert par_etat == [("demandee", True)] * 4 + [("reservee", False)]
    assert [(d["enfant"], d["activite"]) for d in gardes] == [
        (village.enfants["lea"], "Périscolaire"),
        (village.enfants["noe"], "Périscolaire"),
    ]


def test_the_receipt_holds_the_terms_of_each_request(village: Village, reglages: ReglagesCommune) -> None:
    a_valider(village, "periscolaire")
    village.cocher("noe", [("soir", LUNDI)])
    demande = village.demande()
    with village.bd.session_ecriture() as session:
        recu = valider_brouillon(
            session, village.dossier(session), demande, lambda _s, _r: None, lambda d: accuser(d, reglages)
        )
        [demarche] = toutes(session)
        assert demarche.echeance is not None
        assert recu.contenu["demandes"][0]["accuse"] == demarche.accuse


def test_a_day_that_waits_holds_its_place_and_costs_its_price(soir: Village) -> None:
    """Three places that evening: Noé's request takes one, two others the rest."""
    soir.remplir("soir", LUNDI, 2)
    soir.cocher("yanis", [("soir", LUNDI)], qui="karim", foyer="haddad")
    assert [c.refus for c in soir.bilan("karim", "haddad").changements] == ["complet"]
    soir.cocher("noe", [("soir", VENDREDI)])
    [mois] = soir.bilan().mois
    assert mois.apres_centimes - mois.avant_centimes == 240


def test_accepting_books_all_the_days(soir: Village, reglages: ReglagesCommune) -> None:
    repondre(soir, reglages)
    assert etats(soir) == {("soir", LUNDI): "reservee", ("soir", MARDI): "reservee"}


def test_an_agent_keeps_some_days_and_refuses_the_others(soir: Village, reglages: ReglagesCommune) -> None:
    with soir.bd.session_ecriture() as session:
        [demarche] = toutes(session)
        jours = preparer_validation(session, demarche, reglages, MERCREDI_SOIR)["validation_jours"]
        assert [(jour, nom) for _, jour, nom in jours] == [(LUNDI, "Accueil du soir"), (MARDI, "Accueil du soir")]
        with pytest.raises(RegleViolee) as refus:
            lire_decision_validation(session, demarche, {"jours": "oui"}, reglages, MERCREDI_SOIR)
        assert refus.value.champ == "jours"
    repondre(soir, reglages, {"jours": "oui", f"jour-{jours[1][0]}": "oui"})
    assert etats(soir) == {("soir", LUNDI): "annulee", ("soir", MARDI): "reservee"}
    with soir.bd.session_lecture() as session:
        [demarche] = toutes(session)
        assert demarche.contenu["decision"] == {
            "acceptes": {"soir": [MARDI.isoformat()]},
            "refuses": {"soir": [LUNDI.isoformat()]},
        }


def test_refusing_frees_every_day(soir: Village, reglages: ReglagesCommune) -> None:
    repondre(soir, reglages, motif="Il n’y a plus de place ces jours-là.")
    assert etats(soir) == {("soir", LUNDI): "annulee", ("soir", MARDI): "annulee"}
    # The slot can be asked for again: a new request, on the same row.
    soir.cocher("noe", [("soir", LUNDI)])
    soir.valider()
    assert etats(soir)["soir", LUNDI] == "demandee"


def test_many_are_accepted_at_once_whole(soir: Village, reglages: ReglagesCommune) -> None:
    with soir.bd.session_ecriture() as session:
        choisies = [(d.numero, d.version) for d in toutes(session)]
        [fait] = accepter_en_lot(session, PARTOUT, choisies, AGENT, MERCREDI_SOIR, reglages)
        assert fait.raison == ""
    assert set(etats(soir).values()) == {"reservee"}


def test_a_family_takes_its_request_back_and_its_days_with_it(soir: Village, reglages: ReglagesCommune) -> None:
    with soir.bd.session_ecriture() as session:
        [demarche] = toutes(session)
        annuler(session, camille(soir), demarche, MERCREDI_SOIR, reglages)
    assert set(etats(soir).values()) == {"annulee"}
    assert ("noe", "repas", JEUDI, "morel", "reservee") in soir.reservations("noe")


def camille(village: Village) -> Acteur:
    return Acteur(
        compte_id=village.comptes["camille"],
        personne_id=village.personnes["camille"],
        foyer_id=village.foyers["morel"],
        prenom="Camille",
        nom="Morel",
        courriel="camille@courriel.example",
        foyers=(),
    )


def test_days_unticked_leave_the_request_and_the_last_one_closes_it(soir: Village, reglages: ReglagesCommune) -> None:
    soir.cocher("noe", retraits=[("soir", LUNDI)])
    soir.valider()
    with soir.bd.session_lecture() as session:
        assert [d.etat for d in toutes(session)] == ["deposee"]
    soir.cocher("noe", retraits=[("soir", MARDI)])
    soir.valider()
    with soir.bd.session_lecture() as session:
        assert [d.etat for d in toutes(session)] == ["annulee"]
    with pytest.raises(RegleViolee):
        repondre(soir, reglages)
    assert set(etats(soir).values()) == {"annulee"}


def test_a_day_the_family_took_back_is_not_booked_by_the_answer(soir: Village, reglages: ReglagesCommune) -> None:
    soir.cocher("noe", retraits=[("soir", LUNDI)])
    soir.valider()
    repondre(soir, reglages)
    assert etats(soir) == {("soir", LUNDI): "annulee", ("soir", MARDI): "reservee"}


def test_nothing_left_to_validate_cannot_be_accepted(soir: Village, reglages: ReglagesCommune) -> None:
    """A closure cancelled the days meanwhile."""
    with soir.bd.session_ecriture() as session:
        for ligne in session.scalars(select(Reservation).where(Reservation.etat == "demandee")):
            ligne.etat = "annulee"
    with pytest.raises(RegleViolee) as refus:
        repondre(soir, reglages)
    assert refus.value.code == "plus_de_jour"
    # Nobody is said to have done it: the family may have taken nothing back.
    assert "par la famille ou par la mairie" in refus.value.message
    with soir.bd.session_lecture() as session:
        [demarche] = toutes(session)
        prepare = preparer_validation(session, demarche, reglages, MERCREDI_SOIR)
    assert (prepare["validation_jours"], prepare["validation_vide"]) == ([], refus.value.message)


def test_an_activity_that_now_waits_for_an_agent_is_said_before_anything_is_asked(village: Village) -> None:
    village.cocher("noe", [("soir", LUNDI)])
    vue = village.demande()
    a_valider(village, "periscolaire")
    with pytest.raises(RegleViolee) as refus:
        village.valider(vue)
    assert refus.value.code == "bilan_change"


def test_a_request_sent_twice_is_one(village: Village) -> None:
    a_valider(village, "periscolaire")
    village.cocher("noe", [("soir", LUNDI)])
    vue = village.demande()
    assert village.valider(vue).id == village.valider(vue).id
    with village.bd.session_lecture() as session:
        assert len(toutes(session)) == 1


def test_an_ordinary_booking_waits_for_nobody(village: Village) -> None:
    a_valider(village, "atelier")
    village.cocher("noe", [("soir", LUNDI)])
    recu = village.valider()
    assert etats(village) == {("soir", LUNDI): "reservee"}
    assert "demandes" not in recu.contenu
    with village.bd.session_lecture() as session:
        assert toutes(session) == []


def test_an_answer_and_a_day_taken_back_at_once_wait_for_each_other(soir: Village, reglages: ReglagesCommune) -> None:
    """Whoever comes first, no day is left waiting and Monday is nobody's; neither stops the other for ever."""
    soir.cocher("noe", retraits=[("soir", LUNDI)])
    vue = soir.demande()
    depart = threading.Barrier(2)
    echecs: list[Exception] = []

    def courir(geste: Callable[[], object]) -> None:
        depart.wait()
        try:
            geste()
        except Exception as autre:
            echecs.append(autre)

    gestes = (lambda: repondre(soir, reglages), lambda: soir.valider(vue))
    fils = [threading.Thread(target=courir, args=(geste,)) for geste in gestes]
    for fil in fils:
        fil.start()
    for fil in fils:
        fil.join(30)
    assert echecs == []
    assert etats(soir) == {("soir", LUNDI): "annulee", ("soir", MARDI): "reservee"}
