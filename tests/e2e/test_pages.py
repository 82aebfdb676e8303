"""Every page of the journey, as it first shows: axe, targets, narrow screens; the desk on its screen and on a phone."""

import pytest
from sqlalchemy import select

from portail_famille.models.foyers import ContactEnfant, Foyer
from tests.e2e.conftest import Ouvrir
from tests.e2e.support.audit import verifier_page, visiter
from tests.e2e.support.bureau import ECRAN, ECRAN_TACTILE, TELEPHONE_DE_L_AGENT, entrer
from tests.e2e.support.monde import Monde

CAMILLE = "camille.morel"


def test_public_pages(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir()
    visiter(
        page,
        f"{monde.url}/",
        monde.adresse(),
        monde.adresse(ville="roselac"),
        monde.adresse("/connexion?motif=expiree"),
        monde.adresse("/connexion?motif=sortie"),
        monde.adresse("/hors-ligne"),
        monde.adresse("/nulle-part"),
        monde.adresse("/creer-mon-espace"),
        monde.adresse("/creer-mon-espace/faux"),
        monde.adresse("/activation"),
        monde.adresse("/activation/faux"),
        monde.adresse("/mot-de-passe/oublie"),
        monde.adresse("/mot-de-passe/nouveau/faux"),
        monde.adresse("/mon-espace/identifiants/adresse_nouvelle/faux"),
        f"{monde.url}/nulle-part/",
    )


def test_a_refused_login_says_so_accessibly(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir()
    page.goto(monde.adresse("/connexion"))
    page.get_by_role("button", name="Connexion").tap()
    page.get_by_role("alert").wait_for()
    verifier_page(page)
    page.get_by_label("Identifiant").fill("camille.morel")
    page.get_by_label("Mot de passe", exact=True).fill("perdu")
    page.get_by_role("button", name="Connexion").tap()
    page.get_by_text("n’est pas le bon").wait_for()
    verifier_page(page)


def test_pages_around_the_agenda(ouvrir: Ouvrir, monde: Monde) -> None:
    visiter(
        ouvrir(CAMILLE),
        monde.adresse(),
        monde.adresse("/famille"),
        monde.adresse("/reservations/nouvelle"),
        monde.adresse("/reservations/nouvelle/activites"),
        monde.adresse("/reservations/recapitulatif"),
        monde.adresse("/reservations/recus"),
        monde.adresse("/plus"),
        monde.adresse("/enfants/999999/agenda"),
    )


@pytest.mark.parametrize(
    ("identifiant", "prenom", "mois", "ville"),
    [
        (CAMILLE, "Noé", "2026-12", "saint-rivage"),
        (CAMILLE, "Léa", "2026-12", "saint-rivage"),
        (CAMILLE, "Mia", "2026-11", "saint-rivage"),
        ("lucie.bernard", "Tom", "2026-12", "saint-rivage"),
        ("laure.fontaine", "Lina", "2026-12", "roselac"),
        ("nicolas.perrin", "Chloé", "2027-05", "roselac"),
    ],
)
def test_agendas(ouvrir: Ouvrir, monde: Monde, identifiant: str, prenom: str, mois: str, ville: str) -> None:
    visiter(ouvrir(identifiant, ville), monde.agenda(prenom, mois, ville))


def test_a_parent_of_two_foyers(ouvrir: Ouvrir, monde: Monde) -> None:
    visiter(ouvrir("sophie.lambert"), monde.adresse("/famille"), monde.adresse())


def test_pages_of_mon_espace(ouvrir: Ouvrir, monde: Monde) -> None:
    visiter(
        ouvrir(CAMILLE),
        *(
            monde.adresse(f"/mon-espace{suite}")
            for suite in ("", "/profil", "/profil/modifier", "/foyer", "/foyer/adresse", "/entourage", "/contacts")
        ),
        *(monde.adresse(f"/mon-espace/{suite}") for suite in ("identifiants", "appareils", "cles", "donnees")),
        monde.adresse("/verification"),
        monde.adresse("/conditions-generales"),
    )


def test_pages_of_a_child(ouvrir: Ouvrir, monde: Monde) -> None:
    lea = monde.enfant("Léa")
    with monde.bd().session_lecture() as session:
        contact = session.scalars(select(ContactEnfant.contact_id).where(ContactEnfant.enfant_id == lea)).first()
    assert contact is not None
    suites = (
        "",
        "/identite",
        "/sante",
        "/pai",
        "/autorisations",
        "/contacts/nouveau",
        f"/contacts/{contact}",
        "/garde",
    )
    visiter(
        ouvrir(CAMILLE),
        *(monde.adresse(f"/famille/enfants/{lea}{suite}") for suite in suites),
        monde.adresse("/demarches/nouvelle/enfant"),
        monde.adresse("/famille/enfants/999999"),
    )


@pytest.mark.parametrize("identifiant", ["bruno.keller", "inaya.robin", "awa.diallo"])
def test_where_a_family_lands_when_something_waits(ouvrir: Ouvrir, monde: Monde, identifiant: str) -> None:
    """The yearly check, the conditions, a PAI whose document nobody sent."""
    visiter(ouvrir(identifiant), *(monde.adresse(suite) for suite in ("/", "/mon-espace/foyer", "/famille")))


def test_pages_of_the_desk(ouvrir: Ouvrir, monde: Monde) -> None:
    with monde.bd().session_lecture() as session:
        foyers = session.scalars(select(Foyer.id).where(Foyer.nom.in_(("Diallo", "Vidal", "Ferrand")))).all()
        diallo, awa = session.execute(select(Foyer.id, Foyer.payeur_id).where(Foyer.nom == "Diallo")).one()
    ines = monde.enfant("Inès")
    assert len(foyers) == 3
    visiter(
        entrer(ouvrir(**ECRAN_TACTILE), monde),
        monde.adresse("/agent/"),
        *(monde.adresse(f"/agent/demarches?etat={etat}") for etat in ("a_traiter", "en_attente", "closes")),
        monde.adresse("/agent/foyers"),
        monde.adresse("/agent/foyers?q=a"),
        monde.adresse("/agent/foyers?q=zzzz"),
        *(monde.adresse(f"/agent/foyers/{foyer}") for foyer in foyers),
        monde.adresse(f"/agent/foyers/{diallo}/sante/{ines}"),
        monde.adresse("/agent/foyers/nouveau"),
        *(
            monde.adresse(f"/agent/foyers/{diallo}/{suite}")
            for suite in ("adresse", "adultes/nouveau", f"adultes/{awa}", "enfants/nouveau", f"enfants/{ines}")
        ),
        monde.adresse("/agent/foyers/999999"),
        monde.adresse("/second-facteur"),
        monde.adresse("/mon-espace/appareils"),
        monde.adresse("/mon-espace/cles"),
        monde.adresse("/mon-espace/identifiants"),
        tailles=[TELEPHONE_DE_L_AGENT],
    )


def test_an_agent_who_only_reads_or_of_one_school(ouvrir: Ouvrir, monde: Monde) -> None:
    for identifiant in ("herve.costa", "solene.martin"):
        visiter(
            entrer(ouvrir(**ECRAN), monde, identifiant),
            monde.adresse("/agent/demarches"),
            monde.adresse("/agent/foyers?q=a"),
        )
