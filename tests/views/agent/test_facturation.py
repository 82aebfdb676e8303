"""The régie's runs at the desk: prepared, checked, compared, issued once."""

from datetime import date

import pytest
from sqlalchemy import func, select, update

from portail_famille.models.factures import Facturation, Facture
from portail_famille.models.journal import ActeJournal
from portail_famille.models.reservations import Reservation
from portail_famille.services.facturation import preparer_dues
from tests.conftest import CompterRequetes
from tests.support.client import HTMX, poster
from tests.support.ecran import phrases
from tests.support.factures import creer_facture
from tests.support.formulaires import lire_formulaire
from tests.support.temps import MERCREDI_SOIR, HorlogeReglable
from tests.support.village import LUNDI, VENDREDI
from tests.views.agent.conftest import Bureau

OCTOBRE = date(2026, 10, 1)


def demander(bureau: Bureau, regie: str = "enfance", mois: str = "2026-12") -> str:
    """The address of the run."""
    reponse = poster(bureau.client, "/agent/facturation", {"regie": regie, "mois": mois})
    assert reponse.status_code == 303, phrases(reponse)
    return reponse.location.removeprefix("/saint-rivage")


def travailler(bureau: Bureau, horloge: HorlogeReglable) -> None:
    """The worker's round."""
    reglages = bureau.client.application.extensions["reglages"]
    preparer_dues(bureau.bd, reglages, horloge, lambda: True)


def preparer(bureau: Bureau, horloge: HorlogeReglable) -> str:
    """Noé’s four meals, two of Léa’s for her father, and one of Yanis, whose QF nobody knows."""
    bureau.village.reserver("yanis", "repas", LUNDI, foyer="haddad")
    bureau.entrer("Régine")
    adresse = demander(bureau)
    travailler(bureau, horloge)
    return adresse


def etats(bureau: Bureau) -> list[str]:
    with bureau.bd.session_lecture() as session:
        return list(session.scalars(select(Facturation.etat).order_by(Facturation.id)))


def test_a_month_is_prepared_by_the_worker_while_the_page_says_how_far_it_is(
    bureau: Bureau, horloge: HorlogeReglable
) -> None:
    bureau.entrer("Régine")
    page = phrases(bureau.client.get("/agent/facturation"))
    assert "Enfance et éducation" in page
    assert "Ces factures viennent d’un autre logiciel" in page
    adresse = demander(bureau)
    assert demander(bureau) == adresse, "the same run for two presses"
    attente = bureau.client.get(adresse)
    assert 'hx-trigger="every 2s"' in attente.text
    assert "La facturation se prépare" in phrases(attente)
    fragment = bureau.client.get(adresse, headers=HTMX)
    assert fragment.text.lstrip().startswith('<div id="progres"')
    travailler(bureau, horloge)
    prete = bureau.client.get(adresse, headers=HTMX)
    assert (prete.status_code, prete.headers["HX-Redirect"]) == (204, f"/saint-rivage{adresse}")


def test_what_is_odd_what_changes_and_each_draft_are_read_before_the_issue(
    bureau: Bureau, horloge: HorlogeReglable
) -> None:
    adresse = preparer(bureau, horloge)
    page = phrases(bureau.client.get(adresse))
    assert "Ni quotient ni ressources connus" in page, "Haddad has no QF"
    assert "Haddad 7 décembre" in page
    assert "Émettre 3\u00a0factures…" in page
    comparee = phrases(bureau.client.get(f"{adresse}/comparaison", headers=HTMX))
    assert "Par rapport au mois précédent" in comparee
    assert "3\u00a0familles facturées qui ne l’étaient pas" in comparee
    brouillons = bureau.client.get(f"{adresse}/brouillons")
    assert "Morel – Le GallFacture enfance, décembre 2026" in phrases(brouillons)
    # A number never breaks; what a draft has instead may, or it would push its badge out of a phone.
    assert 'class="d num"' not in brouillons.text
    with bureau.bd.session_lecture() as session:
        facture = session.scalars(select(Facture).where(Facture.foyer_id == bureau.village.foyers["morel"])).one()
    brouillon = phrases(bureau.client.get(f"/agent/factures/{facture.id}"))
    assert "Facture, brouillon" in brouillon
    assert "13,68\u00a0€" in brouillon
    assert bureau.client.get(f"/agent/factures/{facture.id}.pdf").status_code == 404
    bureau.entrer("Odile")
    assert bureau.client.get(f"/agent/factures/{facture.id}").status_code == 404, "a draft is the régie's"


def test_a_month_is_issued_once_dated_and_confirmed(bureau: Bureau, horloge: HorlogeReglable) -> None:
    adresse = preparer(bureau, horloge)
    assert poster(bureau.client, f"{adresse}/emettre", {"emise_le": "2026-12-02"}).status_code == 422
    future = poster(bureau.client, f"{adresse}/emettre", {"emise_le": "2026-12-03", "confirme": "oui"})
    assert future.status_code == 422
    assert "Une facture ne porte pas une date à venir." in phrases(future)
    assert etats(bureau) == ["prete"]
    page = bureau.client.get(f"{adresse}/emettre?emise_le=2026-12-02")
    assert "20 décembre 2026" in phrases(page)
    averti = "Décembre 2026 n’est pas terminé\u00a0: les jours à venir sont facturés comme réservés."
    assert averti in phrases(page)
    assert averti in phrases(bureau.client.get(adresse))
    formulaire = lire_formulaire(page.text, "confirmer")
    formulaire.cocher("confirme", "oui")
    assert formulaire.envoyer(bureau.client).status_code == 303
    assert formulaire.envoyer(bureau.client).status_code == 303, "pressed twice"
    with bureau.bd.session_lecture() as session:
        numeros = session.scalars(select(Facture.numero).order_by(Facture.rang)).all()
        actes = session.scalar(select(func.count()).where(ActeJournal.action == "facturation_emise"))
    assert numeros == ["2026-EE-000001", "2026-EE-000002", "2026-EE-000003"]
    assert actes == 1
    assert "C’est émis" in phrases(bureau.client.get(f"{adresse}?fait=emise"))
    assert "3\u00a0factures, 28,98\u00a0€" in phrases(bureau.client.get("/agent/facturation"))


def test_an_issued_month_with_nothing_new_stays_issued(bureau: Bureau, horloge: HorlogeReglable) -> None:
    adresse = preparer(bureau, horloge)
    fait = {"emise_le": "2026-12-02", "confirme": "oui"}
    assert poster(bureau.client, f"{adresse}/emettre", fait).status_code == 303
    encore = demander(bureau)
    travailler(bureau, horloge)
    page = phrases(bureau.client.get(encore))
    assert "Rien de plus à facturer. Ce mois est émis, et rien n’a changé depuis." in page
    assert "Préparer à nouveau" not in page
    accueil = phrases(bureau.client.get("/agent/facturation"))
    assert "émise" in accueil
    assert "à vérifier" not in accueil


def test_a_month_paid_in_advance_is_issued_before_it_begins(bureau: Bureau, horloge: HorlogeReglable) -> None:
    bureau.village.reserver("noe", "repas", date(2027, 1, 4))
    bureau.entrer("Régine")
    adresse = demander(bureau, mois="2027-01")
    travailler(bureau, horloge)
    page = bureau.client.get(f"{adresse}/emettre")
    assert "Janvier 2027 n’a pas commencé\u00a0: les jours à venir sont facturés comme réservés." in phrases(page)
    formulaire = lire_formulaire(page.text, "confirmer")
    formulaire.cocher("confirme", "oui")
    assert formulaire.envoyer(bureau.client).status_code == 303
    assert etats(bureau) == ["emise"]


@pytest.mark.parametrize("jour", ["9999-12-31", "0001-01-01", "2026-13-40", ""])
def test_a_date_that_no_calendar_has_is_asked_for_again(bureau: Bureau, horloge: HorlogeReglable, jour: str) -> None:
    adresse = preparer(bureau, horloge)
    for page in (
        bureau.client.get(f"{adresse}/emettre?emise_le={jour}"),
        poster(bureau.client, f"{adresse}/emettre", {"emise_le": jour, "confirme": "oui"}),
    ):
        assert page.status_code == 422
        assert "Écrivez une date, par exemple 01/12/2026." in phrases(page)
    assert etats(bureau) == ["prete"]


def test_a_booking_changed_since_sends_the_agent_back_to_prepare(bureau: Bureau, horloge: HorlogeReglable) -> None:
    adresse = preparer(bureau, horloge)
    formulaire = lire_formulaire(bureau.client.get(f"{adresse}/emettre").text, "confirmer")
    formulaire.cocher("confirme", "oui")
    bureau.village.reserver("noe", "repas", VENDREDI)
    refusee = formulaire.envoyer(bureau.client)
    assert refusee.status_code == 409
    assert "les réservations. Préparez à nouveau" in phrases(refusee)
    assert "Des données ont changé depuis cette préparation\u00a0: les réservations." in phrases(
        bureau.client.get(f"{adresse}/emettre")
    )
    assert poster(bureau.client, f"{adresse}/relancer").status_code == 303
    travailler(bureau, horloge)
    assert "Émettre 3\u00a0factures…" in phrases(bureau.client.get(adresse))


def test_a_preparation_is_abandoned_once_confirmed_and_asked_for_again(
    bureau: Bureau, horloge: HorlogeReglable
) -> None:
    adresse = preparer(bureau, horloge)
    assert poster(bureau.client, f"{adresse}/abandonner").status_code == 409
    assert poster(bureau.client, f"{adresse}/abandonner", {"confirme": "oui"}).status_code == 303
    assert etats(bureau) == ["abandonnee"]
    assert "Cette préparation a été abandonnée." in phrases(bureau.client.get(adresse))
    assert poster(bureau.client, f"{adresse}/emettre", {"emise_le": "2026-12-02", "confirme": "oui"}).status_code == 409
    assert demander(bureau) != adresse


@pytest.mark.parametrize(
    ("donnees", "statut"),
    [
        ({"regie": "creche", "mois": "2026-12"}, 409),
        ({"regie": "inconnue", "mois": "2026-12"}, 409),
        ({"regie": "enfance", "mois": "2027-06"}, 409),
        ({"regie": "enfance", "mois": "2026-13"}, 400),
        ({"regie": "enfance"}, 400),
    ],
)
def test_what_cannot_be_prepared_says_why(bureau: Bureau, donnees: dict[str, str], statut: int) -> None:
    bureau.entrer("Régine")
    assert poster(bureau.client, "/agent/facturation", donnees).status_code == statut
    assert etats(bureau) == []


def test_a_run_is_for_who_bills_the_whole_town(bureau: Bureau, horloge: HorlogeReglable) -> None:
    adresse = preparer(bureau, horloge)
    for prenom in ("Rémi", "Odile", "Rose"):
        bureau.entrer(prenom)
        assert bureau.client.get("/agent/facturation").status_code == 404
        assert bureau.client.get(adresse).status_code == 404
        reponse = poster(bureau.client, f"{adresse}/emettre", {"emise_le": "2026-12-02", "confirme": "oui"})
        assert reponse.status_code == 404
        assert 'href="/saint-rivage/agent/factures"' in bureau.client.get("/agent/").text
    assert etats(bureau) == ["prete"]


def test_pages_of_the_régie_ask_the_database_for_little(
    bureau: Bureau, horloge: HorlogeReglable, compter_requetes: CompterRequetes
) -> None:
    adresse = preparer(bureau, horloge)
    with bureau.bd.session_ecriture() as session:
        for n in range(1, 60):
            creer_facture(session, bureau.village.foyers["haddad"], numero=f"2026-EE-{n:06d}", mois=OCTOBRE)
    du_mois = (f"{adresse}{suite}" for suite in ("", "/comparaison", "/brouillons", "/emettre"))
    for page in (*du_mois, "/agent/facturation", "/agent/factures"):
        bureau.client.get(page)
        with compter_requetes() as requetes:
            assert bureau.client.get(page).status_code == 200
        # The last look before the issue reads all that the prices depend on.
        assert len(requetes) <= (15 if page.endswith("/emettre") else 12), page


def test_a_day_cancelled_after_its_invoice_is_proposed_as_an_avoir_with_its_reason(
    bureau: Bureau, horloge: HorlogeReglable
) -> None:
    adresse = preparer(bureau, horloge)
    fait = {"emise_le": "2026-12-02", "confirme": "oui"}
    assert poster(bureau.client, f"{adresse}/emettre", fait).status_code == 303
    with bureau.bd.session_ecriture() as session:
        session.execute(
            update(Reservation)
            .where(Reservation.foyer_id == bureau.village.foyers["haddad"])
            .values(etat="annulee", modifiee_utc=MERCREDI_SOIR)
        )
    encore = demander(bureau)
    assert encore != adresse
    travailler(bureau, horloge)
    page = bureau.client.get(encore)
    assert "Émettre 1\u00a0avoir…" in phrases(page)
    avoirs = phrases(bureau.client.get(f"{encore}/brouillons?genre=avoir"))
    assert "Haddad" in avoirs
    assert "Réservation annulée" in avoirs
    assert "−5,10\u00a0€" in avoirs
    assert poster(bureau.client, f"{encore}/emettre", fait).status_code == 303
    assert "1\u00a0avoir" in phrases(bureau.client.get("/agent/facturation"))
