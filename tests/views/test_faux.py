"""What no screen of ours can have sent: refused with a sentence, and not one row changed (issue 2, §3)."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient

from portail_famille.presentation.semaines import coder_vus
from tests.support.client import HTMX, connecter, poster
from tests.support.ecran import Ecran, phrases
from tests.support.formulaires import lire_formulaire
from tests.support.village import JEUDI, LUNDI, MARDI, MERCREDI, Village

RECAPITULATIF = "/reservations/recapitulatif"
PAGE: dict[str, Any] = {"mois": "2026-12", "page": "faux", "version": "1", "seq": "1", "vus": "", "c": []}


@dataclass
class Faussaire:
    """Camille, with a forged form in her hands. She has a draft: there is something to spoil."""

    client: FlaskClient
    village: Village

    def agenda(self, enfant: str = "noe") -> str:
        return f"/enfants/{self.village.enfants[enfant]}/agenda"

    def poster(self, adresse: str, *, htmx: bool = False, **champs: Any) -> tuple[int, str]:
        """The status and the words of an answer that must leave every table as it was."""
        avant = self.village.photographier()
        reponse = poster(self.client, adresse, champs, headers=HTMX if htmx else {})
        assert self.village.photographier() == avant
        return reponse.status_code, phrases(reponse) if reponse.data else ""

    def cocher(self, enfant: str = "noe", *, htmx: bool = False, **champs: Any) -> tuple[int, str]:
        """A tick of December, from a page that is up to date; the fields given replace those of the page."""
        page = self.jeton(enfant, str(champs.get("mois", PAGE["mois"])))
        return self.poster(self.agenda(enfant), htmx=htmx, **(PAGE | {"page": page} | champs))

    def jeton(self, enfant: str = "noe", mois: str = "2026-12") -> str:
        """The token of a page really shown, when there is one: the refusal must come from somewhere else."""
        page = self.client.get(f"{self.agenda(enfant)}?mois={mois}")
        if page.status_code != 200 or 'id="form-agenda"' not in page.text:
            return "faux"
        return lire_formulaire(page.text, "form-agenda").champs["page"][0]

    def vus(self, unite: str, jour: date) -> str:
        return coder_vus({jour: [self.village.unite(unite)]})

    def case(self, unite: str, jour: date) -> str:
        return f"{jour.day}-{self.village.unite(unite)}"


@pytest.fixture
def faussaire(village: Village, client: FlaskClient) -> Faussaire:
    connecter(client, "camille.morel")
    village.cocher("noe", [("repas", JEUDI)])
    return Faussaire(client, village)


def refuse(reponse: tuple[int, str], statut: int = 409) -> None:
    """Refused, and the parent is told: a title and a sentence at the least."""
    assert reponse[0] == statut, reponse
    assert len(reponse[1].split()) > 5


@pytest.mark.parametrize("enfant", ["yanis", "zoe"])
def test_another_familys_child_is_not_found(faussaire: Faussaire, enfant: str) -> None:
    adresse = faussaire.agenda(enfant)
    assert faussaire.client.get(adresse).status_code == 404
    assert faussaire.client.get(adresse.replace("agenda", "rythme"), headers=HTMX).status_code == 404
    refuse(faussaire.cocher(enfant, vus=faussaire.vus("repas", MARDI), c=[faussaire.case("repas", MARDI)]), 404)
    refuse(faussaire.poster(adresse.replace("agenda", "rythme"), mois="2026-12"), 404)


def test_a_child_without_authority_is_not_found(faussaire: Faussaire) -> None:
    connecter(faussaire.client, "thomas.legall")
    refuse(faussaire.cocher("lea", vus=faussaire.vus("repas", MARDI), c=[faussaire.case("repas", MARDI)]), 404)
    assert faussaire.client.get(faussaire.agenda("lea")).status_code == 404


@pytest.mark.parametrize("numero", ["0", "99999999999999999999", "-1", "noe", "1.5"])
def test_a_child_that_does_not_exist_is_not_found(faussaire: Faussaire, numero: str) -> None:
    refuse(faussaire.poster(f"/enfants/{numero}/agenda", **PAGE), 404)


@pytest.mark.parametrize(
    ("unite", "jour"),
    [
        ("creche", LUNDI),
        ("repas", MERCREDI),
        ("repas", date(2026, 12, 17)),
        ("repas", date(2026, 12, 4)),
        ("repas", date(2026, 12, 2)),
        ("mercredi-journee", MARDI),
        ("vacances-journee", MARDI),
    ],
    ids=["another_structure", "closed", "works", "past_its_deadline", "today", "not_a_wednesday", "not_holidays"],
)
@pytest.mark.parametrize("htmx", [True, False])
def test_a_slot_that_cannot_be_booked_is_refused(faussaire: Faussaire, unite: str, jour: date, htmx: bool) -> None:
    refuse(faussaire.cocher(vus=faussaire.vus(unite, jour), c=[faussaire.case(unite, jour)], htmx=htmx))


def test_a_booking_past_its_cancelling_deadline_cannot_be_given_back(faussaire: Faussaire) -> None:
    refuse(faussaire.cocher(vus=faussaire.vus("repas", date(2026, 12, 3))))


def test_a_presence_already_marked_cannot_be_given_back(faussaire: Faussaire) -> None:
    faussaire.village.reserver("noe", "atelier", MARDI, etat="absente_injustifiee")
    refuse(faussaire.cocher(vus=faussaire.vus("atelier", MARDI)))


def test_a_read_only_structure_takes_nothing(faussaire: Faussaire) -> None:
    refuse(faussaire.cocher("mia", vus=faussaire.vus("creche", MARDI), c=[faussaire.case("creche", MARDI)]))
    refuse(faussaire.cocher("mia", vus=faussaire.vus("creche", LUNDI)))


def test_a_day_the_other_parent_booked_is_neither_taken_nor_cancelled(faussaire: Faussaire) -> None:
    quatorze = date(2026, 12, 14)
    refuse(faussaire.cocher("lea", vus=faussaire.vus("repas", quatorze), c=[faussaire.case("repas", quatorze)]))
    village = faussaire.village
    assert ("lea", "repas", quatorze, "ferrand", "reservee") in village.reservations()


@pytest.mark.parametrize("jour", [date(2026, 12, 4), date(2027, 2, 1)])
def test_outside_the_enrolments_dates_nothing_is_taken(faussaire: Faussaire, jour: date) -> None:
    connecter(faussaire.client, "nadia.petit")
    mois = f"{jour:%Y-%m}"
    refuse(
        faussaire.cocher(
            "zoe", mois=mois, vus=faussaire.vus("repas", jour), c=[faussaire.case("repas", jour)], version="0"
        )
    )


FORMULAIRES_FAUX: dict[str, dict[str, Any]] = {
    "unknown_unit": {"vus": "999999999*8", "c": ["8-999999999"]},
    "huge_unit": {"vus": "99999999999999*8"},
    "huge_ticked_unit": {"c": ["8-99999999999999"]},
    "negative_unit": {"vus": "-1*8", "c": ["8--1"]},
    "unit_that_is_no_number": {"vus": "repas*8"},
    "ticked_unit_that_is_no_number": {"c": ["8-repas"]},
    "day_outside_the_month": {"vus": "1*32"},
    "ticked_day_outside_the_month": {"c": ["32-1"]},
    "day_zero": {"vus": "1*0"},
    "thirtieth_of_february": {"mois": "2027-02", "vus": "1*30"},
    "ticked_but_not_shown": {"vus": "", "c": ["8-1"]},
    "shown_in_another_way": {"vus": "8:1", "c": ["8-1"]},
    "huge_version": {"version": "9" * 30},
    "negative_version": {"version": "-1"},
    "version_that_is_no_number": {"version": "un"},
    "huge_seq": {"seq": "9" * 30},
    "arabic_digits": {"version": "١"},
    "no_page": {"page": ""},
    "page_that_is_no_token": {"page": "<script>"},
    "long_page": {"page": "a" * 33},
    "ten_thousand_boxes": {"c": [f"{1 + n % 28}-{n}" for n in range(3900)]},
    "ten_thousand_slots": {"vus": "_".join(f"{n}*{1 + n % 28}" for n in range(10_000))},
    "a_billion_slots": {"vus": f"{'.'.join(map(str, range(20_000)))}*{'-'.join(['1'] * 50_000)}"},
    "unknown_quick_tick": {"vite": "tout"},
    "quick_tick_of_no_unit": {"vite": "m:"},
}


@pytest.mark.parametrize("champs", FORMULAIRES_FAUX.values(), ids=FORMULAIRES_FAUX)
@pytest.mark.parametrize("htmx", [True, False])
def test_a_form_that_is_not_ours_is_refused(faussaire: Faussaire, champs: dict[str, Any], htmx: bool) -> None:
    refuse(faussaire.cocher(htmx=htmx, **champs))


def test_ten_thousand_boxes_are_too_many(faussaire: Faussaire) -> None:
    statut, dit = faussaire.cocher(c=[f"{1 + n % 28}-{n}" for n in range(10_000)])
    assert statut in (409, 413)
    assert dit


@pytest.mark.parametrize("mois", ["", "2026-13", "demain", "2026-12-01", "9999-12"])
def test_a_tick_of_no_month_is_not_found(faussaire: Faussaire, mois: str) -> None:
    refuse(faussaire.cocher(mois=mois), 404)


def test_a_version_of_the_future_is_a_conflict(faussaire: Faussaire) -> None:
    case = faussaire.case("matin", MARDI)
    refuse(faussaire.cocher(version="999", vus=faussaire.vus("matin", MARDI), c=[case]))


def test_the_same_slot_twice_in_a_form_is_booked_once(faussaire: Faussaire) -> None:
    village, case = faussaire.village, faussaire.case("matin", MARDI)
    vus = faussaire.vus("matin", MARDI)
    champs = PAGE | {"page": faussaire.jeton(), "c": [case, case], "vus": f"{vus}_{vus}"}
    assert poster(faussaire.client, faussaire.agenda(), champs).status_code == 303
    village.valider()
    assert len([r for r in village.reservations("noe") if r[1] == "matin"]) == 1


@pytest.mark.parametrize(
    "vite", ["m:{creche}", "m:999999999", "s:2026-12-07:{creche}", "s:2027-12-06:{matin}", "s:2026-99-99:{matin}"]
)
def test_a_quick_tick_cannot_reach_what_the_boxes_cannot(faussaire: Faussaire, vite: str) -> None:
    ids = {code: faussaire.village.unite(code) for code in ("creche", "matin")}
    bilan = faussaire.village.bilan()
    reponse = poster(
        faussaire.client, faussaire.agenda(), PAGE | {"page": faussaire.jeton(), "vite": vite.format(**ids)}
    )
    assert reponse.status_code in (303, 409)
    assert faussaire.village.bilan() == bilan


def test_price_owner_and_dates_added_to_a_form_are_ignored(faussaire: Faussaire) -> None:
    village = faussaire.village
    ecran = Ecran(faussaire.client, f"{faussaire.agenda()}?mois=2026-12")
    ecran.cocher(faussaire.case("matin", MARDI))
    faux: dict[str, Any] = {
        "prix": "1",
        "centimes": "1",
        "foyer": village.foyers["haddad"],
        "enfant_id": village.enfants["yanis"],
    }
    assert ecran.envoyer(**faux, jour="2026-12-01", du="2020-01-01", au="2030-01-01").status_code == 303
    recap = Ecran(faussaire.client, RECAPITULATIF)
    del faux["foyer"]  # a field of this form, see below
    assert recap.envoyer("form-valider", **faux, etat="presente", prix_centimes="1").status_code == 303
    attendue = ("noe", "matin", MARDI, "morel", "reservee")
    assert [r for r in village.reservations() if r[1] == "matin"] == [attendue]
    assert village.reservations("yanis") == set()
    recu = faussaire.client.get("/reservations/recus/2026-000001")
    assert '<data value="180">' in recu.text


def test_a_full_day_written_into_a_draft_is_not_booked(faussaire: Faussaire) -> None:
    """A tick alone does not count places; « Valider » does, and says why."""
    village = faussaire.village
    champs: dict[str, Any] = {"foyer": village.foyers["morel"]}
    poster(faussaire.client, "/reservations/effacer", {"version": village.demande().version, **champs})
    village.remplir("soir", MARDI)
    village.cocher("noe", [("soir", MARDI)])
    demande = village.demande()
    refuse(faussaire.poster(RECAPITULATIF, version=demande.version, empreinte=demande.empreinte, **champs))
    assert "plus de place" in phrases(faussaire.client.get(RECAPITULATIF))


VALIDATIONS_FAUSSES: dict[str, dict[str, Any]] = {
    "no_field": {},
    "wrong_digest": {"version": "1", "empreinte": "0" * 32},
    "no_digest": {"version": "1"},
    "version_of_the_future": {"version": "2"},
    "version_of_the_past": {"version": "0"},
    "huge_version": {"version": "9" * 30},
    "version_past_the_column": {"version": str(2**31)},
    "negative_version": {"version": "-5"},
    "no_number": {"version": "un"},
}


@pytest.mark.parametrize("champs", VALIDATIONS_FAUSSES.values(), ids=VALIDATIONS_FAUSSES)
def test_valider_without_what_was_shown_is_refused(faussaire: Faussaire, champs: dict[str, Any]) -> None:
    refuse(faussaire.poster(RECAPITULATIF, foyer=faussaire.village.foyers["morel"], **champs))


@pytest.mark.parametrize("foyer", ["haddad", "0", "9" * 30, "un", ""])
@pytest.mark.parametrize("formulaire", ["form-valider", "effacer"])
def test_a_form_of_another_foyer_does_nothing(faussaire: Faussaire, formulaire: str, foyer: str) -> None:
    ecran, village = Ecran(faussaire.client, RECAPITULATIF), faussaire.village
    avant = village.photographier()
    reponse = ecran.envoyer(formulaire, foyer=village.foyers.get(foyer, foyer))
    assert village.photographier() == avant
    refuse((reponse.status_code, phrases(reponse)))


def test_the_summary_of_another_draft_validates_nothing(faussaire: Faussaire) -> None:
    village = faussaire.village
    village.cocher("yanis", [("repas", JEUDI)], qui="karim", foyer="haddad")
    autre = village.demande("karim", "haddad")
    champs: dict[str, Any] = {"foyer": village.foyers["morel"]}
    refuse(faussaire.poster(RECAPITULATIF, version=autre.version, empreinte=autre.empreinte, **champs))


@pytest.mark.parametrize("version", ["0", "99", "9" * 30, "-1", "un", ""])
def test_dropping_a_draft_that_was_not_shown_is_refused(faussaire: Faussaire, version: str) -> None:
    refuse(faussaire.poster("/reservations/effacer", version=version, foyer=faussaire.village.foyers["morel"]))


def test_another_foyers_receipt_is_not_found(faussaire: Faussaire) -> None:
    village = faussaire.village
    village.cocher("yanis", [("repas", JEUDI)], qui="karim", foyer="haddad")
    numero = village.valider(qui="karim", foyer="haddad").numero
    for adresse in (numero, "2026-999999", "2026%00", "é", "9" * 300):
        assert faussaire.client.get(f"/reservations/recus/{adresse}").status_code == 404, adresse
    assert numero not in faussaire.client.get("/reservations/recus").text


@pytest.mark.parametrize("identifiant", ["camille.morel\0", "\0", "é" * 10_000])
def test_a_login_name_no_keyboard_writes_is_refused_like_any_other(
    village: Village, client: FlaskClient, identifiant: str
) -> None:
    saisie = {"identifiant": identifiant, "mot_de_passe": "Sable-Goeland-41\0"}
    assert poster(client, "/connexion", saisie).status_code == 422


@pytest.mark.parametrize("avant", ["9" * 30, str(2**31), str(2**63), "-1", "0", "un"])
def test_a_page_of_receipts_that_does_not_exist_is_not_a_fault(faussaire: Faussaire, avant: str) -> None:
    assert faussaire.client.get(f"/reservations/recus?avant={avant}").status_code in (200, 404)


@pytest.mark.parametrize("foyer", ["haddad", "petit", "0", "9" * 30, "-1", "un", ""])
def test_one_cannot_act_for_a_foyer_that_is_not_ones_own(faussaire: Faussaire, foyer: str) -> None:
    refuse(faussaire.poster("/foyer", foyer=faussaire.village.foyers.get(foyer, foyer)), 404)
    assert "Noé" in phrases(faussaire.client.get("/famille"))


def test_a_foyer_forged_into_the_cookie_is_ignored(faussaire: Faussaire) -> None:
    with faussaire.client.session_transaction() as cookie:
        cookie["foyer"] = faussaire.village.foyers["haddad"]
    assert "Noé" in phrases(faussaire.client.get("/famille"))
    assert faussaire.client.get(faussaire.agenda("yanis")).status_code == 404


def test_a_form_without_its_token_is_refused(faussaire: Faussaire) -> None:
    avant = faussaire.village.photographier()
    rythme = faussaire.agenda().replace("agenda", "rythme")
    for adresse in (faussaire.agenda(), rythme, RECAPITULATIF, "/reservations/effacer", "/foyer"):
        for donnees in ({"mois": "2026-12"}, {"mois": "2026-12", "csrf_token": "faux"}):
            reponse = faussaire.client.post(adresse, data=donnees)
            assert reponse.status_code == 400, adresse
            assert "rien n’a été enregistré" in phrases(reponse)
    assert faussaire.village.photographier() == avant


@pytest.mark.parametrize("adresse", ["/foyer", "/reservations/effacer"])
def test_what_writes_does_not_answer_a_link(faussaire: Faussaire, adresse: str) -> None:
    avant = faussaire.village.photographier()
    assert faussaire.client.get(adresse).status_code == 405
    assert faussaire.village.photographier() == avant
