"""A day nobody can cancel any more: said before sending, answered at the desk, told in the agenda."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from portail_famille.demonstration.installation import VILLES, lire_document
from portail_famille.models.demarches import Demarche
from portail_famille.models.reservations import Reservation
from portail_famille.services.importation import importer_catalogue
from tests.e2e.conftest import Ouvrir
from tests.e2e.support.audit import verifier_page
from tests.e2e.support.bureau import ECRAN, accepter, entrer
from tests.e2e.support.entree import TELEPHONE_ETROIT
from tests.e2e.support.monde import VILLE, Monde
from tests.support.pieces import photo

CAMILLE = "camille.morel"
JEUDI, VENDREDI, LUNDI, MARDI, VENDREDI_8 = (date(2026, 12, jour) for jour in (3, 4, 7, 8, 11))
JOURS, MOTIF, DOCUMENTS, VERIFIER = "Les jours", "Le motif", "Vos documents", "Vérifiez votre demande"
_REGLE = {
    "motifs": ["maladie"],
    "justificatif": "obligatoire",
    "paliers": [{"heures": 72, "carence": 0}, {"jours": 10, "carence": 2}],
}


@pytest.fixture
def ville(monde: Monde) -> Monde:
    """Illness: free within 72 hours, two days of carence until the tenth day, nothing later."""
    document: dict[str, Any] = lire_document(VILLES[VILLE])
    cantine = next(activite for activite in document["activite"] if activite["code"] == "cantine")
    cantine["absence"] = [_REGLE]
    with monde.bd().session_ecriture() as session:
        importer_catalogue(session, document, monde.horloge())
    return monde


def etats(monde: Monde) -> dict[date, str]:
    """Noé's meals as the server holds them."""
    with monde.bd().session_lecture() as session:
        lus = session.execute(
            select(Reservation.jour, Reservation.etat).where(
                Reservation.enfant_id == monde.enfant("Noé"), Reservation.unite_id == monde.unite("cantine")
            )
        )
        return dict(lus.all())


def demande(monde: Monde) -> Demarche:
    with monde.bd().session_lecture() as session:
        return session.scalars(
            select(Demarche)
            .where(Demarche.genre == "absence", Demarche.enfant_id == monde.enfant("Noé"))
            .order_by(Demarche.id.desc())
        ).all()[0]


def depuis_l_agenda(page: Page, monde: Monde, jour: date) -> None:
    """The meal of that day in the agenda, then the explanation, then the days: the child is known."""
    page.goto(monde.agenda("Noé"))
    ouvrir_les_semaines_passees(page)
    page.locator(f'a[href*="jour={jour.isoformat()}"]').filter(has_text="Cantine").tap()
    expect(page.locator("h1")).to_have_text("Justifier une absence")
    page.get_by_role("button", name="Commencer").tap()
    expect(page.locator("h1")).to_have_text(JOURS)
    expect(page.get_by_text("Enfant\u00a0: Noé")).to_be_visible()


def ouvrir_les_semaines_passees(page: Page) -> None:
    page.locator("details.s").evaluate_all("plis => plis.forEach((pli) => pli.open = true)")


def cocher(page: Page, monde: Monde, *jours: date) -> None:
    for jour in jours:
        case(page, monde, jour).check()


def case(page: Page, monde: Monde, jour: date) -> Locator:
    return page.locator(f'input[value="{jour.isoformat()}-{monde.unite("cantine")}"]')


def continuer(page: Page, vers: str) -> None:
    page.get_by_role("button", name="Enregistrer et continuer").tap()
    expect(page.locator("h1")).to_have_text(vers)


def ligne(page: Page, libelle: str) -> Locator:
    return page.locator("dl > div", has=page.get_by_text(libelle, exact=True)).locator("dd").first


def test_two_days_of_carence_are_priced_before_sending_then_accepted(
    ouvrir: Ouvrir, ville: Monde, tmp_path: Path
) -> None:
    ville.horloge.avancer(days=6)
    page = ouvrir(CAMILLE, **TELEPHONE_ETROIT)
    depuis_l_agenda(page, ville, JEUDI)
    expect(case(page, ville, JEUDI)).to_be_checked()
    expect(page.locator("label", has=case(page, ville, VENDREDI_8))).to_contain_text("annulation encore possible")
    cocher(page, ville, VENDREDI, LUNDI, VENDREDI_8)
    verifier_page(page)
    continuer(page, MOTIF)
    page.get_by_label("Maladie", exact=False).first.check()
    verifier_page(page)
    continuer(page, DOCUMENTS)
    # Without the certificate, nothing goes further.
    continuer(page, DOCUMENTS)
    expect(page.get_by_role("alert")).to_be_visible()
    verifier_page(page)
    certificat = tmp_path / "certificat.jpg"
    certificat.write_bytes(photo())
    page.get_by_label("Ajouter une photo ou un PDF").set_input_files(certificat)
    continuer(page, VERIFIER)
    carence, justifie, annule = (
        ligne(page, f"{sort}\u00a0: Cantine") for sort in ("Jour de carence", "Absence justifiée", "Annulé")
    )
    for jour in ("jeudi 3 décembre", "vendredi 4 décembre"):
        expect(carence).to_contain_text(jour)
    expect(carence).to_contain_text("sans changement")
    prix = carence.inner_text().split(", ")[0].split("\u00a0: ")[1]
    expect(justifie).to_contain_text("lundi 7 décembre")
    expect(justifie).to_contain_text("→ 0,00\u00a0€")
    expect(annule).to_contain_text("vendredi 11 décembre")
    expect(page.get_by_text("Un jour est encore annulable")).to_be_visible()
    expect(page.get_by_text("le règlement le facture, même avec un motif accepté")).to_be_visible()
    verifier_page(page)
    avant = etats(ville)
    assert {avant[jour] for jour in (JEUDI, VENDREDI, LUNDI, VENDREDI_8)} == {"reservee"}
    page.get_by_role("button", name="Envoyer").tap()
    expect(page.get_by_text("Votre demande est envoyée.")).to_be_visible()
    verifier_page(page)
    # The day still cancellable is cancelled at once; the others wait for the town hall.
    assert etats(ville) == avant | {VENDREDI_8: "annulee"}
    page.goto(ville.agenda("Noé"))
    ouvrir_les_semaines_passees(page)
    repas = page.get_by_role("group", name="Jeudi 3 décembre 2026").locator("a.p").filter(has_text="Cantine")
    expect(repas).to_contain_text("déclarée")
    verifier_page(page)
    repas.tap()
    expect(page.locator("h2", has_text=demande(ville).numero)).to_be_visible()

    bureau = entrer(ouvrir(**ECRAN), ville)
    bureau.goto(ville.adresse(f"/agent/demarches/{demande(ville).numero}"))
    expect(bureau.get_by_text("(carence)")).to_have_count(2)
    verifier_page(bureau)
    accepter(bureau)
    assert etats(ville) == avant | {
        VENDREDI_8: "annulee",
        JEUDI: "absente_injustifiee",
        VENDREDI: "absente_injustifiee",
        LUNDI: "absente_justifiee",
    }
    page.goto(ville.adresse("/absences"))
    expect(page.get_by_role("listitem").filter(has_text="Acceptée")).to_contain_text("absence justifiée")
    verifier_page(page)
    page.goto(ville.agenda("Noé"))
    ouvrir_les_semaines_passees(page)
    for nom, dit in (("Jeudi 3 décembre 2026", "absence"), ("Lundi 7 décembre 2026", "absence justifiée")):
        repas = page.get_by_role("group", name=nom).locator(".p").filter(has_text="Cantine")
        expect(repas.locator("u")).to_have_text(dit)
        expect(repas).to_contain_text("0,00\u00a0€" if "justifiée" in dit else prix)
    verifier_page(page)


def test_without_a_script_a_day_still_cancellable_is_only_cancelled(ouvrir: Ouvrir, ville: Monde) -> None:
    page = ouvrir(CAMILLE, java_script_enabled=False, **TELEPHONE_ETROIT)
    page.goto(ville.adresse("/demarches/nouvelle/absence"))
    page.get_by_role("button", name="Commencer").tap()
    page.get_by_label("Noé").check()
    continuer(page, JOURS)
    cocher(page, ville, MARDI)
    # Neither a reason nor a document for what is no absence.
    continuer(page, VERIFIER)
    expect(ligne(page, "Annulé\u00a0: Cantine")).to_contain_text("→ 0,00\u00a0€")
    expect(page.get_by_text("c’est une annulation, faite dès que vous appuyez")).to_be_visible()
    page.get_by_role("button", name="Envoyer").tap()
    expect(page.get_by_text("Votre demande est envoyée.")).to_be_visible()
    assert etats(ville)[MARDI] == "annulee"
    assert demande(ville).etat == "acceptee"
    page.goto(ville.agenda("Noé"))
    expect(page.locator(f"#p8-{ville.unite('cantine')}")).not_to_be_checked()


def test_past_the_last_delay_the_day_is_refused_and_the_next_one_declared(ouvrir: Ouvrir, ville: Monde) -> None:
    ville.horloge.avancer(days=12)
    page = ouvrir(CAMILLE)
    depuis_l_agenda(page, ville, JEUDI)
    expect(page.get_by_text("Trop tard pour le jeudi 3 décembre, Cantine")).to_be_visible()
    expect(case(page, ville, JEUDI)).to_have_count(0)
    verifier_page(page)
    page.locator("summary", has_text="Plus tôt").tap()
    cocher(page, ville, VENDREDI)
    continuer(page, MOTIF)
    page.get_by_label("Maladie", exact=False).first.check()
    continuer(page, DOCUMENTS)
    page.locator("input[type=file]").set_input_files(
        {"name": "certificat.jpg", "mimeType": "image/jpeg", "buffer": photo()}
    )
    continuer(page, VERIFIER)
    expect(ligne(page, "Jour de carence\u00a0: Cantine")).to_contain_text("vendredi 4 décembre")
    page.get_by_role("button", name="Envoyer").tap()
    expect(page.get_by_text("Votre demande est envoyée.")).to_be_visible()
    assert [note["jour"] for note in demande(ville).contenu["absences"]] == [VENDREDI.isoformat()]
