"""The desk's file of a foyer: seen as the family sees the portal, two doubles made one and two again, a separation."""

from playwright.sync_api import Page, expect
from sqlalchemy import select

from portail_famille.models.foyers import Enfant, Foyer, Personne, Rattachement, Responsable
from tests.e2e.conftest import Ouvrir
from tests.e2e.support.agenda import EcranAgenda
from tests.e2e.support.audit import verifier_accessible, verifier_page
from tests.e2e.support.bureau import ECRAN, entrer
from tests.e2e.support.monde import Monde

BANDEAU = "Vous voyez le portail comme Camille Morel."


def foyer(monde: Monde, nom: str) -> int:
    with monde.bd().session_lecture() as session:
        return session.scalars(select(Foyer.id).where(Foyer.nom == nom).order_by(Foyer.id)).all()[0]


def doubler(monde: Monde) -> int:
    """Lucie Bernard's foyer a second time, at the address she has left."""
    with monde.bd().session_ecriture() as session:
        lucie = Personne(prenom="Lucie", nom="Bernard", courriel="lucie.bernard.2@famille.example")
        tom = session.scalars(select(Enfant).where(Enfant.prenom == "Tom", Enfant.nom == "Bernard")).one()
        autre = Enfant(prenom="Tom", nom="Bernard", naissance=tom.naissance)
        session.add_all([lucie, autre])
        session.flush()
        double = Foyer(nom="Bernard", payeur_id=lucie.id, adresse="77, rue des Voiliers")
        session.add(double)
        session.flush()
        session.add_all(
            [
                Responsable(foyer_id=double.id, personne_id=lucie.id),
                Rattachement(foyer_id=double.id, enfant_id=autre.id),
            ]
        )
        return double.id


def ouvrir_foyer(page: Page, monde: Monde, foyer_id: int) -> None:
    page.goto(monde.adresse(f"/agent/foyers/{foyer_id}"))


def test_the_portal_seen_as_the_family_is_only_read(ouvrir: Ouvrir, monde: Monde) -> None:
    page = entrer(ouvrir(**ECRAN), monde)
    morel = foyer(monde, "Morel – Le Gall")
    ouvrir_foyer(page, monde, morel)
    page.get_by_role("button", name="Voir comme la famille , comme Camille Morel").click()
    expect(page.get_by_text(BANDEAU)).to_be_visible()
    verifier_page(page)
    for chemin in ("/famille", "/demarches", "/absences", "/porte-documents", "/quotient-familial"):
        page.goto(monde.adresse(chemin))
        expect(page.get_by_text(BANDEAU)).to_be_visible()
        verifier_accessible(page)
    # A tick is refused, told, and nothing is kept of it.
    agenda = EcranAgenda(page, monde, "camille.morel", "Noé").ouvrir()
    verifier_page(page)
    agenda.puce("etude", 7).click()
    expect(page.get_by_role("alert").first).to_contain_text("rien n’a été envoyé")
    verifier_accessible(page)
    assert monde.changements("camille.morel", "Noé") == (0, 0)
    # What a parent types and has not sent is hers: that room is closed.
    reponse = page.goto(monde.adresse("/demarches/nouvelle/question"))
    assert reponse is not None
    assert reponse.status == 404
    verifier_page(page)
    page.get_by_role("button", name="Quitter l’aperçu").click()
    expect(page.locator("h1")).to_have_text("Foyer Morel – Le Gall")
    expect(page.get_by_text(BANDEAU)).to_have_count(0)
    expect(page.locator("#journal ~ ol").first).to_contain_text("Isabelle Roche")


def test_two_doubles_become_one_and_two_again(ouvrir: Ouvrir, monde: Monde) -> None:
    garde, double = foyer(monde, "Bernard"), doubler(monde)
    page = entrer(ouvrir(**ECRAN), monde)
    ouvrir_foyer(page, monde, garde)
    page.get_by_role("link", name="C’est un doublon d’un autre foyer").click()
    expect(page.locator("h1")).to_contain_text("Le doublon de")
    verifier_page(page)
    page.locator(f'a[href*="deux={double}"]').click()
    expect(page.locator("h1")).to_have_text("Fusionner Bernard et Bernard")
    expect(page.get_by_role("heading", name="Ce qui change de fiche")).to_be_visible()
    verifier_page(page)
    page.get_by_label("77, rue des Voiliers").check()
    page.get_by_label("C’est bien la même fiche, en double").check()
    page.get_by_role("button", name="Fusionner ces deux fiches").click()
    expect(page.get_by_text("Les deux fiches n’en font plus qu’une.")).to_be_visible()
    with monde.bd().session_lecture() as session:
        assert session.get_one(Foyer, double).fondu_dans == garde
        assert session.get_one(Foyer, garde).adresse == "77, rue des Voiliers"
    page.locator("summary").filter(has_text="Annuler la fusion").first.click()
    verifier_page(page)
    page.get_by_label("Je confirme").first.check()
    page.get_by_role("button", name="Annuler la fusion").first.click()
    expect(page.get_by_text("La fusion est annulée")).to_be_visible()
    verifier_page(page)
    with monde.bd().session_lecture() as session:
        assert session.get_one(Foyer, double).fondu_dans is None
        assert session.get_one(Foyer, garde).adresse == "5, impasse des Filets"


def test_a_household_is_separated_on_a_phone_without_a_script(ouvrir: Ouvrir, monde: Monde) -> None:
    page = entrer(ouvrir(java_script_enabled=False), monde)
    petitjean = foyer(monde, "Petitjean")
    ouvrir_foyer(page, monde, petitjean)
    page.get_by_role("link", name="Séparer ce foyer").tap()
    page.get_by_label("Paul Petitjean").check()
    page.get_by_label("À partir du").fill("2026-12-14")
    page.get_by_role("button", name="Voir ce qui va changer").tap()
    # What is missing is told, what was typed stays.
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("À partir du")).to_have_value("2026-12-14")
    page.get_by_label("Adresse", exact=True).fill("6, rue du Fanal")
    page.get_by_label("Code postal").fill("99900")
    page.get_by_label("Ville").fill("Saint-Rivage")
    page.get_by_role("group", name="Rose").get_by_label("Part", exact=True).check()
    page.get_by_role("button", name="Voir ce qui va changer").tap()
    expect(page.get_by_role("heading", name="Ce qui va changer")).to_be_visible()
    expect(page.get_by_text("Rose part.")).to_be_visible()
    with monde.bd().session_lecture() as session:
        assert len(session.scalars(select(Responsable).where(Responsable.foyer_id == petitjean)).all()) == 2
    page.get_by_label("Je confirme").check()
    page.get_by_role("button", name="Séparer ce foyer").tap()
    expect(page.get_by_text("Foyer séparé")).to_be_visible()
    with monde.bd().session_lecture() as session:
        nouveau = session.scalars(select(Foyer).where(Foyer.adresse == "6, rue du Fanal")).one()
        (paul,) = session.scalars(select(Responsable.personne_id).where(Responsable.foyer_id == nouveau.id)).all()
        assert session.get_one(Personne, paul).prenom == "Paul"
        rattaches = session.scalars(select(Rattachement.enfant_id).where(Rattachement.foyer_id == nouveau.id)).all()
        assert rattaches == [monde.enfant("Rose")]
