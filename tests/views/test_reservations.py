"""From the wizard to the numbered receipt, over HTTP."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from portail_famille.models.courriels import Courriel
from portail_famille.models.foyers import Personne
from tests.conftest import CompterRequetes
from tests.support.client import connecter, poster
from tests.support.ecran import Ecran, phrases
from tests.support.temps import HorlogeReglable
from tests.support.village import JEUDI, LUNDI, MARDI, VENDREDI, Village

pytestmark = pytest.mark.deux_moteurs

RECAPITULATIF = "/reservations/recapitulatif"


@pytest.fixture
def camille(village: Village, client: FlaskClient) -> FlaskClient:
    connecter(client, "camille.morel")
    return client


def valider(client: FlaskClient, **champs: str) -> str:
    """Presses « Valider » on the summary as it is; the receipt's address."""
    reponse = Ecran(client, RECAPITULATIF).envoyer("form-valider", **champs)
    assert reponse.status_code == 303, phrases(reponse)
    return reponse.headers["Location"].removeprefix("/saint-rivage")


def test_the_whole_journey_from_the_home_page_to_the_receipt(camille: FlaskClient, village: Village) -> None:
    accueil = camille.get("/")
    assert "/saint-rivage/reservations/nouvelle" in accueil.text
    assert "Commencer" in phrases(camille.get("/reservations/nouvelle"))
    activites = camille.get("/reservations/nouvelle/activites")
    assert f"/saint-rivage/enfants/{village.enfants['noe']}/agenda" in activites.text
    ecran = Ecran(camille, f"/enfants/{village.enfants['noe']}/agenda?mois=2026-12")
    ecran.cocher(f"10-{village.unite('repas')}")
    ecran.decocher(f"7-{village.unite('repas')}")
    assert ecran.envoyer(vers="recapitulatif").headers["Location"].endswith(RECAPITULATIF)
    recapitulatif = camille.get(RECAPITULATIF)
    dit = phrases(recapitulatif)
    assert "Vérifiez votre demande" in dit
    assert "jeudi 10" in dit
    assert "lundi 7" in dit
    assert "Modifier" in dit
    assert '<data value="342">' in recapitulatif.text
    assert village.reservations("noe") == village.reservations("noe") - {("noe", "repas", JEUDI, "morel", "reservee")}
    adresse = valider(camille)
    assert adresse == "/reservations/recus/2026-000001"
    assert "C’est " in phrases(camille.get(adresse))
    # Opened again, it is a receipt like any other.
    recu = phrases(camille.get(adresse))
    assert "2026-000001" in recu
    assert "C’est " not in recu
    recus = camille.get("/reservations/recus")
    assert "2026-000001" in phrases(recus)
    assert '<a class="piece" href="/saint-rivage/factures">vos factures</a>' in recus.text, (
        "those of payments are there"
    )
    assert ("noe", "repas", JEUDI, "morel", "reservee") in village.reservations()
    assert ("noe", "repas", LUNDI, "morel", "annulee") in village.reservations()


def test_the_receipt_goes_by_mail_with_a_link_to_the_public_address(camille: FlaskClient, village: Village) -> None:
    village.cocher("noe", [("repas", JEUDI)])
    valider(camille)
    with village.bd.session_lecture() as session:
        (courriel,) = session.scalars(select(Courriel)).all()
    assert courriel.destinataire == "camille@courriel.example"
    assert "2026-000001" in courriel.corps_texte
    assert "http://localhost/saint-rivage/reservations/recus/2026-000001" in courriel.corps_texte
    assert "jeudi 10 décembre" in courriel.corps_texte
    assert courriel.objet.startswith("Vos réservations sont enregistrées")
    for corps in (courriel.corps_texte, courriel.corps_html):
        assert "mercredi 2 décembre 2026 à 18\u202fh" in corps
        assert "+00:00" not in corps


def test_the_mail_of_a_cancellation_does_not_speak_of_booking(camille: FlaskClient, village: Village) -> None:
    village.cocher("noe", [], [("repas", LUNDI)])
    valider(camille)
    with village.bd.session_lecture() as session:
        (courriel,) = session.scalars(select(Courriel)).all()
    assert courriel.objet.startswith("Vos annulations sont enregistrées")
    assert "<h1>C’est annulé.</h1>" in courriel.corps_html


def test_a_parent_without_mail_address_validates_too(camille: FlaskClient, village: Village) -> None:
    with village.bd.session_ecriture() as session:
        personne = session.get(Personne, village.personnes["camille"])
        assert personne is not None
        personne.courriel = None
    village.cocher("noe", [("repas", JEUDI)])
    assert camille.get(valider(camille)).status_code == 200


def test_a_double_tap_and_the_back_button_give_one_receipt(camille: FlaskClient, village: Village) -> None:
    village.cocher("noe", [("repas", JEUDI)])
    ecran = Ecran(camille, RECAPITULATIF)
    adresses = {ecran.envoyer("form-valider").headers["Location"] for _ in range(3)}
    assert len(adresses) == 1
    apres = village.photographier()
    assert ecran.envoyer("form-valider").status_code == 303
    assert village.photographier() == apres


def test_what_changed_in_between_comes_back_as_a_choice(camille: FlaskClient, village: Village) -> None:
    village.cocher("noe", [("soir", MARDI), ("soir", JEUDI)])
    ecran = Ecran(camille, RECAPITULATIF)
    village.remplir("soir", MARDI)
    avant = village.photographier()
    reponse = ecran.envoyer("form-valider")
    assert reponse.status_code == 409
    assert village.photographier() == avant
    dit = phrases(reponse)
    assert "entre-temps" in dit
    assert "plus de place" in dit
    ecran.recevoir(reponse)
    assert ecran.envoyer("form-valider").status_code == 303
    assert {r[2] for r in village.reservations("noe") if r[1] == "soir"} == {JEUDI}


def test_a_deadline_that_passed_is_said(camille: FlaskClient, village: Village, horloge: HorlogeReglable) -> None:
    village.cocher("noe", [("repas", JEUDI), ("matin", JEUDI)])
    horloge.maintenant = datetime(2026, 12, 8, 12, tzinfo=UTC)
    connecter(camille, "camille.morel")
    dit = phrases(camille.get(RECAPITULATIF))
    assert "délai est passé" in dit
    valider(camille)
    assert {r[1] for r in village.reservations("noe") if r[2] == JEUDI} == {"matin"}


def test_days_of_the_other_parent_are_booked_once_confirmed(camille: FlaskClient, village: Village) -> None:
    quinze = date(2026, 12, 15)
    village.cocher("lea", [("repas", quinze)])
    ecran = Ecran(camille, RECAPITULATIF)
    reponse = ecran.envoyer("form-valider")
    assert reponse.status_code == 422
    assert "Julien" in phrases(reponse)
    assert not [r for r in village.reservations("lea") if r[2] == quinze]
    ecran.recevoir(reponse)
    assert ecran.envoyer("form-valider", confirmation="1").status_code == 303
    assert [r for r in village.reservations("lea") if r[2] == quinze]


def test_under_htmx_a_refusal_replaces_the_summary_and_success_leads_to_the_receipt(
    camille: FlaskClient, village: Village
) -> None:
    village.cocher("lea", [("repas", date(2026, 12, 15))])
    ecran = Ecran(camille, RECAPITULATIF)
    assert ecran.element("form-valider").get("hx-target") == "#recapitulatif"
    reponse = ecran.poster("form-valider")
    assert reponse.status_code == 422
    assert reponse.text.lstrip().startswith('<div id="recapitulatif"')
    assert ecran.element("erreurs").get("autofocus") is not None
    reponse = ecran.poster("form-valider", confirmation="oui")
    assert (reponse.status_code, reponse.data) == (204, b"")
    assert reponse.headers["HX-Redirect"] == "/saint-rivage/reservations/recus/2026-000001"


def test_under_htmx_what_changed_in_between_is_shown_in_place_and_can_be_validated(
    camille: FlaskClient, village: Village
) -> None:
    village.cocher("noe", [("soir", MARDI), ("soir", JEUDI)])
    ecran = Ecran(camille, RECAPITULATIF)
    village.remplir("soir", MARDI)
    reponse = ecran.poster("form-valider")
    assert reponse.status_code == 409
    assert "entre-temps" in phrases(reponse)
    assert "<h1" not in reponse.text
    assert "autofocus" in reponse.text
    assert "autofocus" not in camille.get(RECAPITULATIF).text
    assert ecran.poster("form-valider").status_code == 204
    assert {r[2] for r in village.reservations("noe") if r[1] == "soir"} == {JEUDI}


def test_under_htmx_a_draft_that_moved_is_shown_instead_of_dropped(camille: FlaskClient, village: Village) -> None:
    village.cocher("noe", [("repas", JEUDI)])
    ecran = Ecran(camille, RECAPITULATIF)
    village.cocher("noe", [("repas", VENDREDI)])
    assert ecran.poster("effacer").status_code == 409
    assert "vendredi 11" in ecran.html
    assert ecran.poster("effacer").headers["HX-Redirect"] == "/saint-rivage/"
    assert village.bilan().changements == ()


def test_the_summary_totals_what_the_months_say(camille: FlaskClient, village: Village) -> None:
    """Léa's Wednesday makes Noé's, already booked, half price: the difference counts both."""
    neuf = date(2026, 12, 9)
    village.reserver("noe", "mercredi-journee", neuf)
    village.cocher("lea", [("mercredi-journee", neuf)])
    reponse = camille.get(RECAPITULATIF)
    montants = [int(valeur) for valeur in re.findall(r'<data value="(-?\d+)">', reponse.text)]
    # 12,00 € for Léa, less 6,00 € on Noé's.
    assert 600 in montants
    barre = reponse.text.partition('class="barre"')[2]
    assert '<data value="600">' in barre.partition("</div>")[0]


def test_validating_five_hundred_slots_takes_twenty_statements(
    camille: FlaskClient, village: Village, compter_requetes: CompterRequetes
) -> None:
    jours = [
        jour for n in range(200) if village.regles.ouverture("matin", "ecole", jour := LUNDI + timedelta(days=n)).ouvert
    ]
    creneaux = [(unite, jour) for jour in jours for unite in ("matin", "soir", "repas", "atelier")]
    for enfant in ("lea", "noe"):
        village.cocher(enfant, [c for c in creneaux if village.regles.ouverture(c[0], "ecole", c[1]).ouvert][:280])
    ecran = Ecran(camille, RECAPITULATIF)
    with compter_requetes() as requetes:
        reponse = ecran.envoyer("form-valider", confirmation="1")
    assert reponse.status_code == 303
    assert len([r for r in village.reservations("lea", "noe") if r[4] == "reservee"]) >= 560
    assert len(requetes) <= 20, requetes


@pytest.mark.parametrize(
    "adresse",
    [
        RECAPITULATIF,
        "/reservations/nouvelle",
        "/reservations/nouvelle/activites",
        "/reservations/recus",
        "/reservations/recus/2026-000001",
        "/",
        "/famille",
        "/plus",
    ],
)
def test_no_page_takes_more_than_ten_queries(
    camille: FlaskClient, village: Village, compter_requetes: CompterRequetes, adresse: str
) -> None:
    village.cocher("noe", [("repas", JEUDI)])
    village.valider()
    village.cocher("noe", [("repas", VENDREDI)])
    village.cocher("lea", [("soir", MARDI)])
    camille.get(adresse)
    with compter_requetes() as requetes:
        assert camille.get(adresse).status_code == 200
    assert len(requetes) <= 10, requetes


def test_an_empty_draft_has_nothing_to_validate(camille: FlaskClient) -> None:
    assert "form-valider" not in camille.get(RECAPITULATIF).text


def test_a_draft_with_refusals_only_shows_them_without_the_button(camille: FlaskClient, village: Village) -> None:
    village.cocher("noe", [("etude", MARDI)])
    reponse = camille.get(RECAPITULATIF)
    assert "Étude" in phrases(reponse)
    assert 'id="valider"' not in reponse.text


def test_dropping_the_draft_leaves_bookings(camille: FlaskClient, village: Village) -> None:
    village.cocher("noe", [("repas", JEUDI)], [("repas", LUNDI)])
    avant = village.reservations()
    assert Ecran(camille, RECAPITULATIF).envoyer("effacer").status_code == 303
    assert village.bilan().changements == ()
    assert village.reservations() == avant


def test_a_draft_that_moved_is_not_dropped(camille: FlaskClient, village: Village) -> None:
    village.cocher("noe", [("repas", JEUDI)])
    ecran = Ecran(camille, RECAPITULATIF)
    village.cocher("noe", [("repas", VENDREDI)])
    reponse = ecran.envoyer("effacer")
    assert reponse.status_code == 409
    assert "vendredi 11" in phrases(reponse)
    assert len(village.bilan().changements) == 2


def test_receipts_of_the_foyer_are_read_by_its_other_parent(camille: FlaskClient, village: Village) -> None:
    village.cocher("noe", [("repas", JEUDI)])
    adresse = valider(camille)
    connecter(camille, "thomas.legall")
    assert "Camille Morel" in phrases(camille.get(adresse))


@pytest.mark.parametrize("formulaire", ["form-valider", "effacer"])
def test_a_foyer_changed_in_another_tab_stops_the_summary_of_the_first(
    client: FlaskClient, village: Village, formulaire: str
) -> None:
    """Julien is of two foyers. Both drafts are at the same version: the version does not tell one from the other."""
    village.cocher("zoe", [("repas", JEUDI)], qui="julien", foyer="petit")
    village.valider(qui="julien", foyer="petit")
    village.cocher("zoe", [("repas", VENDREDI)], qui="julien", foyer="petit")
    village.cocher("lea", [("repas", date(2026, 12, 15))], qui="julien", foyer="ferrand")
    connecter(client, "julien.ferrand")
    ecran = Ecran(client, RECAPITULATIF)
    assert "mardi 15" in phrases(client.get(RECAPITULATIF))
    poster(client, "/foyer", {"foyer": village.foyers["petit"]})
    avant = village.photographier()
    reponse = ecran.envoyer(formulaire)
    assert reponse.status_code == 409
    assert "Vous agissez maintenant pour le foyer «\u00a0Petit – Ferrand\u00a0»" in phrases(reponse)
    assert village.photographier() == avant
    poster(client, "/foyer", {"foyer": village.foyers["ferrand"]})
    assert ecran.envoyer(formulaire).status_code == 303


def test_a_step_parent_is_told_nothing_of_a_hidden_childs_receipt(camille: FlaskClient, village: Village) -> None:
    village.cocher("lea", [("repas", LUNDI)])
    adresse = valider(camille)
    connecter(camille, "thomas.legall")
    assert camille.get(adresse).status_code == 404
    assert adresse.rpartition("/")[2] not in camille.get("/reservations/recus").text
