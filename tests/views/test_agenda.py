"""The agenda: what is ticked is kept, what could not be is said, and a screen shows what the server holds."""

from datetime import UTC, date, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete

from portail_famille.models.reservations import Reservation
from tests.conftest import CompterRequetes
from tests.support.client import connecter
from tests.support.ecran import Ecran, phrases
from tests.support.temps import HorlogeReglable
from tests.support.village import JEUDI, LUNDI, MARDI, MERCREDI, VENDREDI, Village


@pytest.fixture
def camille(village: Village, client: FlaskClient) -> FlaskClient:
    connecter(client, "camille.morel")
    return client


@pytest.fixture
def noe(village: Village) -> str:
    return f"/enfants/{village.enfants['noe']}/agenda?mois=2026-12"


def case(village: Village, unite: str, jour: date) -> str:
    return f"{jour.day}-{village.unite(unite)}"


def test_opening_the_agenda_takes_few_queries(
    camille: FlaskClient, noe: str, compter_requetes: CompterRequetes
) -> None:
    camille.get(noe)
    with compter_requetes() as requetes:
        assert camille.get(noe).status_code == 200
    assert len(requetes) <= 8, requetes


def test_a_tick_takes_few_queries(
    camille: FlaskClient, village: Village, noe: str, compter_requetes: CompterRequetes
) -> None:
    ecran = Ecran(camille, noe)
    ecran.cocher(case(village, "repas", JEUDI))
    with compter_requetes() as requetes:
        assert ecran.poster().status_code == 200
    assert len(requetes) <= 6, requetes
    ecran.cocher(case(village, "repas", VENDREDI))
    with compter_requetes() as requetes:
        assert ecran.poster().status_code == 200
    assert len(requetes) <= 6, requetes


def test_a_tick_brings_back_the_summary_alone_and_the_screen_is_the_servers(
    camille: FlaskClient, village: Village, noe: str
) -> None:
    ecran = Ecran(camille, noe)
    ecran.cocher(case(village, "repas", JEUDI))
    ecran.decocher(case(village, "repas", LUNDI))
    reponse = ecran.poster()
    assert reponse.status_code == 200
    assert reponse.text.startswith('<div id="resume"')
    assert "hx-partial" not in reponse.text
    assert ecran.montre() == Ecran(camille, noe).montre()
    assert '<data value="' in reponse.text


def test_ticking_back_and_forth_leaves_no_summary(camille: FlaskClient, village: Village, noe: str) -> None:
    ecran = Ecran(camille, noe)
    ecran.cocher(case(village, "repas", JEUDI))
    ecran.poster()
    assert "Vérifier" in phrases(ecran.poster())
    ecran.decocher(case(village, "repas", JEUDI))
    assert "Vérifier" not in phrases(ecran.poster())
    assert ecran.montre() == Ecran(camille, noe).montre()


def test_a_repeated_post_changes_nothing_more(camille: FlaskClient, village: Village, noe: str) -> None:
    ecran = Ecran(camille, noe)
    ecran.cocher(case(village, "repas", JEUDI))
    ecran.poster()
    avant = village.photographier()
    ecran.numero -= 1
    assert ecran.poster().status_code == 200
    assert village.photographier() == avant


def test_an_overtaken_post_is_ignored(camille: FlaskClient, village: Village, noe: str) -> None:
    """The second post arrives first; the first, older, must not undo it, and is answered with what is held."""
    ecran = Ecran(camille, noe)
    ecran.cocher(case(village, "repas", JEUDI))
    ancien = ecran.formulaire()
    ancien.champs["seq"] = ["1"]
    ecran.numero = 1
    ecran.cocher(case(village, "repas", VENDREDI))
    ecran.poster()
    reponse = ancien.envoyer(camille, headers={"HX-Request": "true", "HX-Request-Type": "partial"})
    assert reponse.status_code == 200
    ecran.appliquer(reponse)
    assert ecran.montre() == Ecran(camille, noe).montre()
    assert {c.jour for c in village.bilan().changements} == {JEUDI, VENDREDI}


def test_two_screens_that_disagree_show_both_and_write_none(camille: FlaskClient, village: Village, noe: str) -> None:
    telephone, ordinateur = Ecran(camille, noe), Ecran(camille, noe)
    telephone.cocher(case(village, "repas", JEUDI))
    telephone.poster()
    avant = village.photographier()
    ordinateur.cocher(case(village, "repas", VENDREDI))
    reponse = ordinateur.poster()
    assert reponse.status_code == 409
    dit = phrases(reponse)
    assert "jeudi 10" in dit
    assert "vendredi 11" in dit
    assert village.photographier() == avant
    assert ordinateur.montre()[1] == Ecran(camille, noe).montre()[1]
    assert ordinateur.case(case(village, "repas", JEUDI)).get("checked") is not None  # type: ignore[union-attr]


@pytest.mark.parametrize("avec_htmx", [True, False])
def test_after_a_conflict_one_may_take_up_what_one_had_ticked(
    camille: FlaskClient, village: Village, noe: str, avec_htmx: bool
) -> None:
    telephone, ordinateur = Ecran(camille, noe), Ecran(camille, noe)
    telephone.cocher(case(village, "repas", JEUDI))
    telephone.poster()
    ordinateur.cocher(case(village, "repas", VENDREDI))
    if avec_htmx:
        ordinateur.poster()
    else:
        reponse = ordinateur.envoyer()
        assert reponse.status_code == 409
        ordinateur.recevoir(reponse)
    assert ordinateur.envoyer("form-conflit").status_code == 303
    assert {c.jour for c in village.bilan().changements} == {VENDREDI}


def test_after_a_conflict_the_screen_goes_on_from_what_the_other_holds(
    camille: FlaskClient, village: Village, noe: str
) -> None:
    telephone, ordinateur = Ecran(camille, noe), Ecran(camille, noe)
    telephone.cocher(case(village, "repas", JEUDI))
    telephone.poster()
    ordinateur.cocher(case(village, "repas", VENDREDI))
    ordinateur.poster()
    ordinateur.cocher(case(village, "matin", VENDREDI))
    assert ordinateur.poster().status_code == 200
    assert {(c.unite, c.jour) for c in village.bilan().changements} == {("repas", JEUDI), ("matin", VENDREDI)}


def test_a_slot_that_closed_meanwhile_is_told_and_the_rest_is_kept(
    camille: FlaskClient, village: Village, noe: str, horloge: HorlogeReglable
) -> None:
    ecran = Ecran(camille, noe)
    ecran.decocher(case(village, "repas", LUNDI))
    ecran.cocher(case(village, "repas", JEUDI))
    horloge.maintenant = datetime(2026, 12, 3, 11, tzinfo=UTC)
    connecter(camille, "camille.morel")
    reponse = ecran.poster(csrf_token=Ecran(camille, noe).formulaire().champs["csrf_token"])
    assert reponse.status_code == 200
    assert "délai passé" in phrases(reponse)
    assert ecran.montre() == Ecran(camille, noe).montre()
    assert [(c.unite, c.jour) for c in village.bilan().changements] == [("repas", JEUDI)]


def test_when_all_that_was_asked_has_closed_the_answer_is_a_refusal(
    camille: FlaskClient, village: Village, noe: str, horloge: HorlogeReglable
) -> None:
    ecran = Ecran(camille, noe)
    ecran.decocher(case(village, "repas", LUNDI))
    horloge.maintenant = datetime(2026, 12, 3, 11, tzinfo=UTC)
    connecter(camille, "camille.morel")
    avant = village.photographier()
    reponse = ecran.poster(csrf_token=Ecran(camille, noe).formulaire().champs["csrf_token"])
    assert reponse.status_code == 409
    assert "délai passé" in phrases(reponse)
    assert village.photographier() == avant
    assert ecran.montre() == Ecran(camille, noe).montre()


def test_a_slot_that_opened_meanwhile_is_not_unticked(camille: FlaskClient, village: Village, noe: str) -> None:
    """Tuesday was full, hence without a box. It was freed and ticked since: no box said nothing about it."""
    village.remplir("soir", MARDI)
    ecran = Ecran(camille, noe)
    assert ecran.case(case(village, "soir", MARDI)) is None
    ecran.cocher(case(village, "repas", JEUDI))
    ecran.poster()
    with village.bd.session_ecriture() as session:
        session.execute(delete(Reservation).where(Reservation.foyer_id == village.foyers["figurant"]))
    village.cocher("noe", [("soir", MARDI)])
    ecran.cocher(case(village, "repas", VENDREDI))
    ecran.poster()
    assert {(c.unite, c.jour, c.ajout) for c in village.bilan().changements} >= {("soir", MARDI, True)}


@pytest.mark.parametrize("deja_coche", [True, False])
def test_what_the_other_adult_booked_meanwhile_is_not_given_back_by_a_tick(
    camille: FlaskClient, village: Village, noe: str, deja_coche: bool
) -> None:
    """Friday's box was empty on Camille's screen when Thomas booked it: her next tick must not undo his booking."""
    ecran = Ecran(camille, noe)
    if deja_coche:
        ecran.cocher(case(village, "repas", JEUDI))
        ecran.poster()
    village.cocher("noe", [("repas", VENDREDI)], qui="thomas")
    village.valider(qui="thomas")
    ecran.cocher(case(village, "matin", JEUDI))
    reponse = ecran.poster()
    assert reponse.status_code == 409
    assert "vendredi 11" in phrases(reponse)
    assert not [c for c in village.bilan().changements if not c.ajout]
    # The screen now starts from what is booked, and goes on.
    ecran.cocher(case(village, "matin", JEUDI))
    assert ecran.poster().status_code == 200
    assert ("matin", JEUDI, True) in {(c.unite, c.jour, c.ajout) for c in village.bilan().changements}
    assert not [c for c in village.bilan().changements if not c.ajout]
    assert ecran.montre() == Ecran(camille, noe).montre()


@pytest.mark.parametrize("avec_htmx", [True, False])
def test_a_quick_tick_fills_the_week_and_empties_it(
    camille: FlaskClient, village: Village, noe: str, avec_htmx: bool
) -> None:
    ecran = Ecran(camille, noe)
    vite = f"s:{LUNDI.isoformat()}:{village.unite('matin')}"
    for attendus in ({LUNDI, MARDI, JEUDI, VENDREDI}, set()):
        if avec_htmx:
            assert ecran.poster(vite=vite).status_code == 200
            assert ecran.montre() == Ecran(camille, noe).montre()
        else:
            assert ecran.envoyer(vite=vite).status_code == 303
            ecran = Ecran(camille, noe)
        assert {c.jour for c in village.bilan().changements} == attendus


def test_a_quick_tick_leaves_full_days_alone(camille: FlaskClient, village: Village, noe: str) -> None:
    village.remplir("soir", MARDI)
    ecran = Ecran(camille, noe)
    ecran.poster(vite=f"s:{LUNDI.isoformat()}:{village.unite('soir')}")
    assert {c.jour for c in village.bilan().changements} == {LUNDI, JEUDI, VENDREDI}
    assert ecran.montre() == Ecran(camille, noe).montre()


def test_a_quick_tick_is_kept_when_a_box_beside_it_has_closed(
    camille: FlaskClient, village: Village, noe: str, horloge: HorlogeReglable
) -> None:
    ecran = Ecran(camille, noe)
    ecran.decocher(case(village, "repas", LUNDI))
    horloge.maintenant = datetime(2026, 12, 3, 11, tzinfo=UTC)
    connecter(camille, "camille.morel")
    jeton = Ecran(camille, noe).formulaire().champs["csrf_token"]
    reponse = ecran.poster(vite=f"s:{LUNDI.isoformat()}:{village.unite('matin')}", csrf_token=jeton)
    assert reponse.status_code == 200
    assert {c.unite for c in village.bilan().changements} == {"matin"}
    assert ecran.montre() == Ecran(camille, noe).montre()


@pytest.mark.parametrize(
    ("vers", "arrivee"),
    [
        ("recapitulatif", "/saint-rivage/reservations/recapitulatif"),
        ("mois:2027-01", "/saint-rivage/enfants/{noe}/agenda?mois=2027-01"),
        ("enfant:{lea}", "/saint-rivage/enfants/{lea}/agenda?mois=2026-12"),
        ("agenda", "/saint-rivage/enfants/{noe}/agenda?mois=2026-12"),
        ("", "/saint-rivage/enfants/{noe}/agenda?mois=2026-12"),
        ("mois:demain", "/saint-rivage/enfants/{noe}/agenda?mois=2026-12"),
        ("enfant:99999999999999999999", "/saint-rivage/enfants/{noe}/agenda?mois=2026-12"),
        ("https://ailleurs.example/", "/saint-rivage/enfants/{noe}/agenda?mois=2026-12"),
    ],
)
def test_each_button_saves_the_boxes_before_it_leads_on(
    camille: FlaskClient, village: Village, noe: str, vers: str, arrivee: str
) -> None:
    ecran = Ecran(camille, noe)
    ecran.cocher(case(village, "repas", JEUDI))
    reponse = ecran.envoyer(vers=vers.format(**village.enfants))
    assert reponse.status_code == 303
    assert reponse.headers["Location"] == arrivee.format(**village.enfants)
    assert {c.jour for c in village.bilan().changements} == {JEUDI}


def test_ticks_of_another_month_survive(camille: FlaskClient, village: Village, noe: str) -> None:
    ecran = Ecran(camille, noe)
    ecran.cocher(case(village, "repas", JEUDI))
    ecran.poster()
    janvier = Ecran(camille, noe.replace("2026-12", "2027-01"))
    janvier.cocher(case(village, "repas", date(2027, 1, 7)))
    janvier.poster()
    assert {c.jour for c in village.bilan().changements} == {JEUDI, date(2027, 1, 7)}


@pytest.mark.parametrize("mois", ["garbage", "2026-13", "2026-00", "1999-12", "2026-1", "2026-12-01", "%00", ""])
def test_what_is_no_month_is_not_found(camille: FlaskClient, noe: str, mois: str) -> None:
    assert camille.get(noe.replace("2026-12", mois)).status_code == 404


def test_without_a_month_the_agenda_opens_on_this_one(camille: FlaskClient, noe: str) -> None:
    assert "Décembre 2026" in phrases(camille.get(noe.partition("?")[0]))


def test_a_read_only_structure_shows_bookings_without_boxes_and_whom_to_write_to(
    camille: FlaskClient, village: Village
) -> None:
    adresse = f"/enfants/{village.enfants['mia']}/agenda?mois=2026-12"
    reponse = camille.get(adresse)
    ecran = Ecran(camille, adresse)
    cases = [e for e in ecran.racine.iter("input") if e.get("type") == "checkbox"]
    assert cases == []
    assert not [f for f in ecran.racine.iter("form") if (f.get("action") or "").endswith("/agenda")]
    assert "Crèche" in phrases(reponse)
    assert "mailto:coccinelles@village.example" in reponse.text
    assert "Mia" in next(a for a in ecran.racine.iter("a") if "mailto:coccinelles" in a.get("href", "")).get("href", "")


def test_the_other_parents_day_is_locked_and_named(camille: FlaskClient, village: Village) -> None:
    ecran = Ecran(camille, f"/enfants/{village.enfants['lea']}/agenda?mois=2026-12")
    assert ecran.case(case(village, "repas", date(2026, 12, 14))) is None
    assert "réservé par Julien" in phrases(camille.get(f"/enfants/{village.enfants['lea']}/agenda?mois=2026-12"))
    assert ecran.case(case(village, "repas", date(2026, 12, 15))) is not None


def test_past_the_deadline_full_and_closed_days_have_no_box(camille: FlaskClient, village: Village, noe: str) -> None:
    village.remplir("soir", MARDI)
    village.remplir("mercredi-journee", MERCREDI)
    ecran = Ecran(camille, noe)
    for unite, jour in (
        ("repas", date(2026, 12, 3)),
        ("repas", date(2026, 12, 4)),
        ("repas", date(2026, 12, 17)),
        ("repas", MERCREDI),
        ("soir", MARDI),
        ("mercredi-matin", MERCREDI),
    ):
        assert ecran.case(case(village, unite, jour)) is None, (unite, jour)
    dit = phrases(camille.get(noe))
    assert "Travaux dans la cuisine" in dit
    assert "complet" in dit
    assert "délai passé" in dit


def test_a_full_day_ticked_in_the_draft_can_be_taken_off(camille: FlaskClient, village: Village, noe: str) -> None:
    village.cocher("noe", [("soir", MARDI)])
    village.remplir("soir", MARDI)
    ecran = Ecran(camille, noe)
    ecran.decocher(case(village, "soir", MARDI))
    assert ecran.poster().status_code == 200
    assert village.bilan().changements == ()


def test_an_expired_session_sends_to_the_login_and_back(
    camille: FlaskClient, village: Village, noe: str, horloge: HorlogeReglable
) -> None:
    ecran = Ecran(camille, noe)
    ecran.cocher(case(village, "repas", JEUDI))
    horloge.avancer(hours=13)
    avant = village.photographier()["brouillon"]
    reponse = ecran.poster()
    assert reponse.status_code == 204
    assert "/connexion?" in reponse.headers["HX-Redirect"]
    assert village.photographier()["brouillon"] == avant
