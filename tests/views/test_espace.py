"""« Mon espace »: read, changed, asked for, withdrawn; read-only families; two parents at once."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, insert, select, update
from werkzeug.test import TestResponse

from portail_famille.domain.demarches import Cote
from portail_famille.models.demarches import Demarche
from portail_famille.models.foyers import Contact, ContactEnfant, Foyer, Personne, Rattachement
from portail_famille.services import demarches
from portail_famille.services.journal import Auteur
from tests.conftest import CompterRequetes
from tests.support.client import connecter, poster
from tests.support.ecran import phrases
from tests.support.formulaires import Formulaire, lire_formulaire
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import Village

PROFIL, ADRESSE = "/mon-espace/profil/modifier", "/mon-espace/foyer/adresse"
PAGES = (
    "/mon-espace",
    "/mon-espace/profil",
    PROFIL,
    "/mon-espace/foyer",
    ADRESSE,
    "/mon-espace/entourage",
    "/mon-espace/contacts",
    "/plus",
    "/famille",
)


@pytest.fixture
def camille(village: Village, client: FlaskClient) -> FlaskClient:
    connecter(client, "camille.morel")
    return client


@pytest.fixture
def thomas(village: Village, app: Flask) -> FlaskClient:
    autre = app.test_client()
    connecter(autre, "thomas.legall")
    return autre


def formulaire(client: FlaskClient, page: str, /, **champs: str) -> Formulaire:
    lu = lire_formulaire(client.get(page).text, "formulaire")
    for nom, valeur in champs.items():
        assert nom in lu.champs or nom in lu.cases, nom
        lu.champs[nom] = [valeur]
    return lu


def apres(reponse: TestResponse) -> str:
    """Where a form that is accepted leads."""
    assert reponse.status_code == 303
    return reponse.location.removeprefix("/saint-rivage")


def regler(app: Flask, monkeypatch: pytest.MonkeyPatch, champs: dict[str, str]) -> None:
    """The town's [champs]."""
    monkeypatch.setitem(app.extensions, "reglages", replace(app.extensions["reglages"], champs=champs))


def demande_de(village: Village) -> Demarche:
    with village.bd.session_lecture() as session:
        return session.scalars(select(Demarche)).one()


def ajouter_contact(village: Village, foyer: str, enfants: Iterable[str], **autres: Any) -> None:
    with village.bd.session_ecriture() as session:
        valeurs = {"prenom": "Odile", "nom": "Morel", "telephone": "+33612345678"} | autres
        contact = Contact(foyer_id=village.foyers[foyer], **valeurs)
        session.add(contact)
        session.flush()
        session.execute(
            insert(ContactEnfant),
            [
                {
                    "contact_id": contact.id,
                    "enfant_id": village.enfants[enfant],
                    "lien": "grand_parent",
                    "peut_recuperer": True,
                    "est_urgence": False,
                }
                for enfant in enfants
            ],
        )


def en_creche_seulement(village: Village) -> None:
    """Camille's only child left is Mia, of the read-only crèche."""
    with village.bd.session_ecriture() as session:
        session.execute(
            delete(Rattachement).where(
                Rattachement.foyer_id == village.foyers["morel"],
                Rattachement.enfant_id.in_([village.enfants["lea"], village.enfants["noe"]]),
            )
        )


@pytest.mark.parametrize("page", PAGES)
def test_no_page_asks_more_than_ten_queries(
    camille: FlaskClient, village: Village, compter_requetes: CompterRequetes, page: str
) -> None:
    ajouter_contact(village, "morel", ("lea", "noe"))
    camille.get(page)
    with compter_requetes() as requetes:
        assert camille.get(page).status_code == 200
    assert len(requetes) <= 10, requetes


@pytest.mark.parametrize("page", [*PAGES, "/verification"])
def test_a_person_of_two_foyers_asks_no_more_than_ten_either(
    village: Village, client: FlaskClient, compter_requetes: CompterRequetes, page: str
) -> None:
    connecter(client, "julien.ferrand")
    client.get(page)
    with compter_requetes() as requetes:
        assert client.get(page).status_code == 200
    assert len(requetes) <= 10, requetes


def test_a_request_on_a_childs_name_is_taken_back_from_its_file(camille: FlaskClient, village: Village) -> None:
    fiche = f"/famille/enfants/{village.enfants['noe']}"
    formulaire(camille, f"{fiche}/identite", prenom="Noël").envoyer(camille)
    page = camille.get(fiche)
    assert "Noël" in phrases(page)
    reponse = lire_formulaire(page.text, f"{demande_de(village).numero}/retirer").envoyer(camille)
    assert "Votre demande est retirée." in phrases(camille.get(apres(reponse)))
    assert demande_de(village).etat == "annulee"


def test_mon_espace_says_who_one_is_and_leads_everywhere(camille: FlaskClient, village: Village) -> None:
    page = camille.get("/mon-espace")
    dit = phrases(page)
    assert "Camille Morel" in dit
    for rubrique in ("Profil", "Identifiants", "Entourage", "Membres du foyer", "Contacts", "Mes données"):
        assert rubrique in dit
    for racine, adresse in (("/", 'href="/saint-rivage/mon-espace"'), ("/plus", 'href="/saint-rivage/mon-espace"')):
        assert adresse in camille.get(racine).text


def test_a_telephone_typed_the_french_way_is_shown_the_french_way(camille: FlaskClient, village: Village) -> None:
    reponse = formulaire(camille, PROFIL, telephone="0612345678").envoyer(camille)
    assert reponse.status_code == 303
    suite = camille.get(apres(reponse))
    dit = phrases(suite)
    assert "C’est enregistré." in dit
    assert "06 12 34 56 78" in dit
    assert formulaire(camille, PROFIL).champs["telephone"] == ["06 12 34 56 78"]


def test_a_form_sent_back_untouched_changes_nothing(camille: FlaskClient, village: Village) -> None:
    formulaire(camille, PROFIL, telephone="0612345678").envoyer(camille)
    avant = village.photographier()
    reponse = formulaire(camille, PROFIL).envoyer(camille)
    assert reponse.location.endswith("fait=rien")
    assert village.photographier() == avant


def test_wrong_fields_say_what_to_do_beside_them_and_keep_what_was_typed(
    camille: FlaskClient, village: Village
) -> None:
    avant = village.photographier()
    reponse = formulaire(camille, PROFIL, telephone="12", prenom="", nom="Morel d'Oz").envoyer(camille)
    assert reponse.status_code == 422
    dit = phrases(reponse)
    assert "2 choses à corriger" in dit
    revenu = lire_formulaire(reponse.text, "formulaire")
    assert revenu.champs["telephone"] == ["12"]
    assert revenu.champs["nom"] == ["Morel d'Oz"]
    assert 'href="#telephone"' in reponse.text
    assert village.photographier() == avant


def test_an_address_is_asked_shown_as_pending_and_taken_back(camille: FlaskClient, village: Village) -> None:
    reponse = formulaire(camille, ADRESSE, adresse="12 rue du Port", code_postal="74370").envoyer(camille)
    page = camille.get(apres(reponse))
    dit = phrases(page)
    assert "Votre demande est envoyée." in dit
    assert "En attente d’un agent : 12 rue du Port" in dit.replace("\u00a0", " ")
    # What waits is not a field any more: only the town is left to change.
    champs = formulaire(camille, ADRESSE).champs
    assert "adresse" not in champs
    assert "ville" in champs
    numero = demande_de(village).numero
    assert lire_formulaire(page.text, f"{numero}/retirer").envoyer(camille).status_code == 303
    dit = phrases(camille.get("/mon-espace/foyer?fait=retiree"))
    assert "Votre demande est retirée." in dit
    assert "12 rue du Port" not in dit
    assert demande_de(village).etat == "annulee"


def test_the_household_sees_and_may_take_back_its_own_request(
    camille: FlaskClient, thomas: FlaskClient, village: Village
) -> None:
    formulaire(camille, ADRESSE, adresse="12 rue du Port", code_postal="74370").envoyer(camille)
    assert "12 rue du Port" in phrases(thomas.get("/mon-espace/foyer"))
    reponse = poster(thomas, f"/mon-espace/demandes/{demande_de(village).numero}/retirer")
    assert reponse.status_code == 303


def test_asking_after_the_other_adult_is_refused_aloud_and_what_was_typed_stays(
    camille: FlaskClient, thomas: FlaskClient
) -> None:
    mienne = formulaire(camille, ADRESSE, adresse="14 rue du Port")
    formulaire(thomas, ADRESSE, adresse="12 rue du Port").envoyer(thomas)
    reponse = mienne.envoyer(camille)
    assert reponse.status_code == 422
    dit = phrases(reponse).replace("\u00a0", " ")
    assert "Une demande attend déjà un agent pour ce champ." in dit
    assert "En attente d’un agent : 12 rue du Port" in dit
    assert lire_formulaire(reponse.text, "formulaire").champs["adresse"] == ["14 rue du Port"]


def test_a_name_asked_by_one_adult_is_not_the_others_to_take_back(
    camille: FlaskClient, thomas: FlaskClient, village: Village
) -> None:
    formulaire(camille, PROFIL, nom="Morel-Petit").envoyer(camille)
    numero = demande_de(village).numero
    assert poster(thomas, f"/mon-espace/demandes/{numero}/retirer").status_code == 404
    connecter(thomas, "karim.haddad")
    assert poster(thomas, f"/mon-espace/demandes/{numero}/retirer").status_code == 404
    assert demande_de(village).etat == "deposee"


def test_a_request_on_a_child_one_has_no_authority_on_cannot_be_taken_back(
    thomas: FlaskClient, village: Village
) -> None:
    with village.bd.session_ecriture() as session:
        demarche = demarches.deposer(
            session,
            genre="coordonnees",
            auteur=Auteur(Cote.FAMILLE, village.comptes["camille"]),
            maintenant=MERCREDI_SOIR,
            contenu={"enfant.nom": "Morel"},
            foyer_id=village.foyers["morel"],
            enfant_id=village.enfants["lea"],
        )
    assert poster(thomas, f"/mon-espace/demandes/{demarche.numero}/retirer").status_code == 404


def test_a_decided_request_cannot_be_withdrawn_any_more(camille: FlaskClient, village: Village) -> None:
    formulaire(camille, ADRESSE, adresse="12 rue du Port", code_postal="74370").envoyer(camille)
    with village.bd.session_ecriture() as session:
        demarche = session.scalars(select(Demarche)).one()
        agent = Auteur(Cote.AGENT, village.comptes["karim"])
        demarches.refuser(session, demarche, demarche.version, "Il manque un justificatif.", agent, MERCREDI_SOIR)
    assert poster(camille, f"/mon-espace/demandes/{demarche.numero}/retirer").status_code == 409
    dit = phrases(camille.get("/mon-espace/foyer"))
    assert "Demande refusée" in dit
    assert "Il manque un justificatif." in dit
    assert "adresse" in formulaire(camille, ADRESSE).champs


def test_the_second_parent_is_told_who_changed_what_and_loses_nothing(
    camille: FlaskClient, thomas: FlaskClient, village: Village, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    directs = {f"foyer.{c}": "direct" for c in ("adresse", "code_postal", "ville")}
    regler(app, monkeypatch, directs)
    mienne = formulaire(camille, ADRESSE, adresse="12 bis rue du Port", code_postal="74370")
    formulaire(thomas, ADRESSE, adresse="12 rue du Port", code_postal="74370", ville="Village-Neuf").envoyer(thomas)
    reponse = mienne.envoyer(camille)
    assert reponse.status_code == 409
    dit = phrases(reponse)
    assert "Cette fiche vient de changer" in dit
    assert "Thomas vient d’écrire «\u00a012 rue du Port\u00a0»." in dit
    revenu = lire_formulaire(reponse.text, "formulaire")
    assert revenu.champs["adresse"] == ["12 bis rue du Port"]
    # She did not touch the town: the form takes what it has become rather than put the old one back.
    assert revenu.champs["ville"] == ["Village-Neuf"]
    assert revenu.envoyer(camille).status_code == 303
    with village.bd.session_lecture() as session:
        foyer = session.get_one(Foyer, village.foyers["morel"])
        assert (foyer.adresse, foyer.ville) == ("12 bis rue du Port", "Village-Neuf")


def test_a_field_the_town_hides_is_nowhere_and_a_forged_one_is_refused(
    camille: FlaskClient, village: Village, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with village.bd.session_ecriture() as session:
        session.execute(update(Personne).values(telephone="+33612345678", telephone_travail="+33187654321"))
    caches = {"personne.telephone": "cache", "personne.telephone_travail": "lecture", "foyer.adresse": "cache"}
    regler(app, monkeypatch, caches)
    for page in PAGES[:7]:
        assert "06 12 34 56 78" not in phrases(camille.get(page)), page
    assert "01 87 65 43 21" in phrases(camille.get("/mon-espace/profil"))
    champs = formulaire(camille, PROFIL).champs
    assert "telephone" not in champs
    assert "telephone_travail" not in champs
    avant = village.photographier()
    for nom in ("telephone", "telephone_travail"):
        forge = {nom: "06 00 00 00 00", "empreinte": champs["empreinte"][0]}
        assert poster(camille, PROFIL, forge).status_code == 409
    assert village.photographier() == avant


def test_a_family_of_the_creche_reads_everything_and_writes_to_it(camille: FlaskClient, village: Village) -> None:
    en_creche_seulement(village)
    pages = ("", "/profil", "/foyer", "/entourage", "/contacts")
    for page in (*(f"/mon-espace{p}" for p in pages), "/verification"):
        reponse = camille.get(page)
        assert "mailto:coccinelles@village.example?subject=" in reponse.text, page
        assert "Modifier" not in phrases(reponse).partition("Mairie de")[0], page
    avant = village.photographier()
    for adresse in (PROFIL, ADRESSE):
        vieille = {"telephone": "06 12 34 56 78", "adresse": "1 rue"}
        for refus in (camille.get(adresse), poster(camille, adresse, vieille)):
            assert refus.status_code == 409
            assert "Rien n’a changé." in phrases(refus)
            assert "mailto:coccinelles@village.example?subject=" in refus.text
            assert "Si cela se reproduit" not in phrases(refus)
    assert village.photographier() == avant


def test_a_family_of_the_creche_is_not_told_to_correct_what_it_only_reads(
    camille: FlaskClient, village: Village
) -> None:
    en_creche_seulement(village)
    verification = phrases(camille.get("/verification"))
    assert "corrigez" not in verification
    assert "Tout est exact" in verification
    assert "tout se corrige" not in phrases(camille.get("/mon-espace/donnees"))
    assert "Voir ou changer" not in phrases(camille.get("/mon-espace/contacts"))
    assert "se change dans «\u00a0Identifiants\u00a0», l’adresse du foyer se lit" in phrases(
        camille.get("/mon-espace/profil")
    )
    assert "Écrire à la crèche" in phrases(camille.get("/famille"))


def test_one_child_in_a_structure_of_the_portal_opens_the_foyers_file(camille: FlaskClient, village: Village) -> None:
    """Camille has Mia at the crèche and Noé at school."""
    page = camille.get("/mon-espace/foyer")
    assert "Modifier l’adresse" in phrases(page)
    assert "Votre dossier se lit ici" not in phrases(page)


def test_a_step_parent_sees_no_child_he_has_no_authority_on(thomas: FlaskClient, village: Village) -> None:
    ajouter_contact(village, "morel", ("lea",), prenom="Suzanne")
    for page in ("/mon-espace/foyer", "/mon-espace/entourage", "/mon-espace/contacts", "/verification"):
        dit = phrases(thomas.get(page))
        assert "Léa" not in dit, page
        assert "Suzanne" not in dit, page


def test_contacts_are_the_foyers_that_gave_them(camille: FlaskClient, village: Village) -> None:
    ajouter_contact(village, "morel", ("lea", "noe"), prenom="Odile")
    ajouter_contact(village, "ferrand", ("lea",), prenom="Gérard")
    for page in ("/mon-espace/entourage", "/mon-espace/contacts"):
        dit = phrases(camille.get(page))
        assert "Odile Morel" in dit
        assert "06 12 34 56 78" in dit
        assert "vient chercher" in dit
        assert "Gérard" not in dit
    # Once each in « Contacts », with the children concerned.
    assert phrases(camille.get("/mon-espace/contacts")).count("Odile Morel") == 1
    assert "Pour Léa et Noé" in phrases(camille.get("/mon-espace/contacts"))


def test_contacts_the_town_hides_are_nowhere(
    camille: FlaskClient, village: Village, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    ajouter_contact(village, "morel", ("lea",), prenom="Odile")
    regler(app, monkeypatch, {"enfant.contacts": "cache"})
    for page in ("/mon-espace/entourage", "/mon-espace/contacts", "/verification"):
        assert "Odile" not in phrases(camille.get(page)), page


def test_a_form_offers_the_phones_keyboard_and_fills_itself_in(camille: FlaskClient, village: Village) -> None:
    texte = camille.get(PROFIL).text
    for attendu in ('autocomplete="mobile tel"', 'inputmode="tel"', 'autocomplete="family-name"', 'type="tel"'):
        assert attendu in texte
    assert 'autocomplete="postal-code"' in camille.get(ADRESSE).text


HOSTILES = ("<script>alert(1)</script>", "' OR 1=1 --", "{{ 7*7 }}", "x" * 5000, "\u202egnal", "a\x00b")


@pytest.mark.parametrize("saisie", HOSTILES)
def test_hostile_text_is_refused_or_shown_as_text(camille: FlaskClient, village: Village, saisie: str) -> None:
    reponse = formulaire(camille, PROFIL, nom=saisie, telephone=saisie).envoyer(camille)
    assert reponse.status_code == 422
    assert "<script>alert" not in reponse.text
    reponse = formulaire(camille, ADRESSE, adresse=saisie).envoyer(camille)
    page: TestResponse = reponse if reponse.status_code == 422 else camille.get(apres(reponse))
    assert "<script>alert" not in page.text
