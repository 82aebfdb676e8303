"""A child's page: who sees and changes what, two parents at once, read-only structures."""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from portail_famille.app import create_app
from portail_famille.config import ReglagesCommune
from portail_famille.models.bd import BD
from portail_famille.models.comptes import SessionCompte
from portail_famille.models.demarches import Demarche
from portail_famille.models.foyers import AutoriteParentale, Enfant, Rattachement
from portail_famille.models.journal import ActeJournal
from tests.conftest import CompterRequetes
from tests.support.client import ClientStrict, connecter, poster
from tests.support.ecran import phrases
from tests.support.formulaires import lire_formulaire
from tests.support.pieces import pdf
from tests.support.temps import HorlogeReglable
from tests.support.village import Village

CONTACT = {
    "prenom": "Monique",
    "nom": "Morel",
    "telephone": "06 39 98 12 31",
    "lien": "grand_parent",
    "roles": ["recuperer"],
}


@pytest.fixture
def camille(village: Village, client: FlaskClient) -> FlaskClient:
    connecter(client, "camille.morel")
    return client


@pytest.fixture
def julien(village: Village, app: Flask) -> FlaskClient:
    autre: FlaskClient = app.test_client()
    connecter(autre, "julien.ferrand")
    return autre


def page(village: Village, enfant: str, suite: str = "") -> str:
    return f"/famille/enfants/{village.enfants[enfant]}{suite}"


def remplir(client: FlaskClient, adresse: str, **champs: Any) -> TestResponse:
    """The form of this page as it stands, some fields changed."""
    formulaire = lire_formulaire(client.get(adresse).text, "formulaire")
    formulaire.champs |= {nom: valeur if isinstance(valeur, list) else [valeur] for nom, valeur in champs.items()}
    return formulaire.envoyer(client)


def actes(village: Village) -> list[tuple[str, dict[str, Any]]]:
    with village.bd.session_lecture() as session:
        return [(a.action, a.details) for a in session.scalars(select(ActeJournal).order_by(ActeJournal.id))]


def test_everything_of_a_child_is_on_one_page(camille: FlaskClient, village: Village) -> None:
    dit = phrases(camille.get(page(village, "lea")))
    for mot in ("Léa Ferrand", "17 avril 2018", "Santé", "Autorisations", "Personnes autorisées", "Agenda", "Garde"):
        assert mot in dit


@pytest.mark.parametrize("enfant", ["yanis", "zoe"])
def test_another_familys_child_is_not_there(camille: FlaskClient, village: Village, enfant: str) -> None:
    assert camille.get(page(village, enfant)).status_code == 404
    assert camille.get("/famille/enfants/999999").status_code == 404


@pytest.mark.parametrize("suite", ["", "/identite", "/sante", "/pai", "/autorisations", "/contacts/nouveau"])
def test_a_step_parent_sees_nothing_of_a_child_who_is_not_his(
    client: FlaskClient, village: Village, suite: str
) -> None:
    connecter(client, "thomas.legall")
    assert client.get(page(village, "lea", suite)).status_code == 404
    assert client.get(page(village, "noe", suite)).status_code == 200


def test_authority_that_ended_closes_the_file(julien: FlaskClient, village: Village) -> None:
    assert julien.get(page(village, "lea")).status_code == 200
    with village.bd.session_ecriture() as session:
        session.execute(
            update(AutoriteParentale)
            .where(AutoriteParentale.personne_id == village.personnes["julien"])
            .values(au=date(2026, 12, 1))
        )
    assert julien.get(page(village, "lea")).status_code == 404
    assert poster(julien, page(village, "lea", "/sante"), {"regime": "aucun"}).status_code == 404


def test_the_page_keeps_to_ten_queries(
    camille: FlaskClient, julien: FlaskClient, village: Village, compter_requetes: CompterRequetes
) -> None:
    remplir(camille, page(village, "lea", "/contacts/nouveau"), **CONTACT)
    remplir(camille, page(village, "lea", "/sante"), allergies="Arachide", medecin="Dr Petit")
    with village.bd.session_ecriture() as session:
        # A person of two foyers, the other one of the child hidden, and a doctor that says where it lives.
        session.execute(
            update(Rattachement).where(Rattachement.foyer_id == village.foyers["morel"]).values(est_masque=True)
        )
    for client in (camille, julien):
        client.get(page(village, "lea"))
        with compter_requetes() as requetes:
            client.get(page(village, "lea"))
        assert len(requetes) <= 10, requetes


def test_a_name_is_changed_through_a_request_that_waits(camille: FlaskClient, village: Village) -> None:
    reponse = remplir(camille, page(village, "lea", "/identite"), prenom="Léa-Rose")
    assert reponse.status_code == 303
    dit = phrases(camille.get(page(village, "lea")))
    assert "En attente d’un agent" in dit
    assert "Léa-Rose" in dit
    assert "Léa Ferrand" in dit


def test_another_class_is_asked_and_too_long_a_one_refused(camille: FlaskClient, village: Village) -> None:
    assert remplir(camille, page(village, "lea", "/identite"), classe="C" * 41).status_code == 422
    assert remplir(camille, page(village, "lea", "/identite"), classe="CM1").status_code == 303
    assert "En attente d’un agent : CM1" in phrases(camille.get(page(village, "lea"))).replace("\u00a0", " ")


def test_both_parents_read_and_write_the_childs_health(
    camille: FlaskClient, julien: FlaskClient, village: Village
) -> None:
    envoi = remplir(
        camille, page(village, "lea", "/sante"), allergies="Arachide", regime="sans_porc", medecin="Dr Petit"
    )
    assert envoi.status_code == 303
    dit = phrases(julien.get(page(village, "lea")))
    assert "Arachide" in dit
    assert "Sans porc" in dit
    assert "par Camille Morel" in dit
    assert ("sante_modifiee", {"champs": ["allergies", "regime", "medecin"]}) in actes(village)
    assert all("Arachide" not in str(details) for _, details in actes(village))


def test_two_parents_at_once_the_second_is_told_and_loses_nothing(
    camille: FlaskClient, julien: FlaskClient, village: Village
) -> None:
    adresse = page(village, "lea", "/sante")
    sienne = lire_formulaire(julien.get(adresse).text, "formulaire")
    remplir(camille, adresse, allergies="Arachide")
    sienne.champs["allergies"] = ["Œuf"]
    reponse = sienne.envoyer(julien)
    assert reponse.status_code == 409
    dit = phrases(reponse)
    assert "Cette fiche vient de changer" in dit
    assert "Arachide" in dit
    revenue = lire_formulaire(reponse.text, "formulaire")
    assert revenue.champs["allergies"] == ["Œuf"]
    assert revenue.envoyer(julien).status_code == 303
    assert "Œuf" in phrases(camille.get(page(village, "lea")))


def test_health_too_long_or_with_a_wrong_number_keeps_what_was_typed(camille: FlaskClient, village: Village) -> None:
    reponse = remplir(camille, page(village, "lea", "/sante"), allergies="é" * 501, medecin_telephone="12")
    assert reponse.status_code == 422
    assert lire_formulaire(reponse.text, "formulaire").champs["allergies"] == ["é" * 501]
    assert "2 choses à corriger" in phrases(reponse)


def test_the_other_foyer_never_sees_our_contacts(camille: FlaskClient, julien: FlaskClient, village: Village) -> None:
    assert remplir(camille, page(village, "lea", "/contacts/nouveau"), **CONTACT).status_code == 303
    chez_nous = camille.get(page(village, "lea"))
    assert "Monique Morel" in phrases(chez_nous)
    assert "06 39 98 12 31" in phrases(chez_nous).replace("\u00a0", " ")
    assert "Monique" not in phrases(julien.get(page(village, "lea")))
    (lien,) = {m for m in chez_nous.text.split('"') if "/contacts/" in m and not m.endswith("nouveau")}
    assert julien.get(lien.removeprefix("/saint-rivage")).status_code == 404
    assert poster(julien, lien.removeprefix("/saint-rivage"), CONTACT).status_code == 404
    assert poster(julien, lien.removeprefix("/saint-rivage") + "/retirer").status_code == 404
    assert "Monique Morel" in phrases(camille.get(page(village, "lea")))


def test_a_contact_is_copied_to_brothers_and_sisters_one_answers_for(camille: FlaskClient, village: Village) -> None:
    copies = [str(village.enfants[nom]) for nom in ("noe", "mia", "yanis")]
    remplir(camille, page(village, "lea", "/contacts/nouveau"), **CONTACT, copies=copies)
    assert "Monique Morel" in phrases(camille.get(page(village, "noe")))
    # Mia's crèche is read-only; Yanis is another family's.
    assert "Monique Morel" not in phrases(camille.get(page(village, "mia")))
    connecter(camille, "karim.haddad")
    assert "Monique" not in phrases(camille.get(page(village, "yanis")))


def test_a_contact_is_corrected_then_taken_out(camille: FlaskClient, village: Village) -> None:
    remplir(camille, page(village, "lea", "/contacts/nouveau"), **CONTACT)
    (lien,) = {
        m.removeprefix("/saint-rivage")
        for m in camille.get(page(village, "lea")).text.split('"')
        if "/contacts/" in m and not m.endswith("nouveau")
    }
    assert remplir(camille, lien, telephone="+41 22 774 00 00", roles=["urgence"]).status_code == 303
    dit = phrases(camille.get(page(village, "lea")))
    assert "+41 22" in dit.replace("\u00a0", " ")
    assert "à appeler en urgence" in dit
    assert "vient chercher" not in dit
    assert poster(camille, lien + "/retirer").status_code == 303
    assert "Monique" not in phrases(camille.get(page(village, "lea")))
    assert [action for action, _ in actes(village)] == ["contact_ajoute", "contact_modifie", "contact_retire"]


@pytest.mark.parametrize(
    ("champ", "valeur", "phrase"),
    [
        ("nom", "", "Il manque le nom"),
        ("prenom", "M0nique", "chiffre"),
        ("telephone", "06 12", "numéro"),
        ("lien", "parrain", "qui est cette personne"),
        ("roles", [], "Cochez au moins une case"),
    ],
)
def test_a_wrong_contact_comes_back_with_its_sentence(
    camille: FlaskClient, village: Village, champ: str, valeur: Any, phrase: str
) -> None:
    reponse = remplir(camille, page(village, "lea", "/contacts/nouveau"), **(CONTACT | {champ: valeur}))
    assert reponse.status_code == 422
    assert phrase in phrases(reponse)
    garde = lire_formulaire(reponse.text, "formulaire").champs
    assert garde["nom"] == ["" if champ == "nom" else "Morel"]


def test_an_authorisation_is_dated_named_and_can_be_taken_back(
    camille: FlaskClient, julien: FlaskClient, village: Village
) -> None:
    adresse = page(village, "lea", "/autorisations")
    assert "Pas encore de réponse" in phrases(camille.get(page(village, "lea")))
    assert remplir(camille, adresse, image="oui", sortie_seul="non").status_code == 303
    dit = phrases(julien.get(page(village, "lea")))
    assert "Camille Morel, le 2 décembre 2026" in dit
    assert remplir(julien, adresse, image="non").status_code == 303
    formulaire = phrases(camille.get(adresse))
    assert "Oui, Camille Morel, le 2 décembre 2026" in formulaire
    assert "Julien Ferrand" in formulaire


def test_two_answers_at_once_the_second_parent_is_told(
    camille: FlaskClient, julien: FlaskClient, village: Village
) -> None:
    adresse = page(village, "lea", "/autorisations")
    sienne = lire_formulaire(julien.get(adresse).text, "formulaire")
    remplir(camille, adresse, image="oui")
    sienne.champs["image"] = ["non"]
    reponse = sienne.envoyer(julien)
    assert reponse.status_code == 409
    assert "Une réponse vient de changer" in phrases(reponse)
    assert lire_formulaire(reponse.text, "formulaire").envoyer(julien).status_code == 303
    assert "Non" in phrases(camille.get(page(village, "lea")))


def test_a_hidden_foyers_parent_is_not_named(camille: FlaskClient, julien: FlaskClient, village: Village) -> None:
    remplir(camille, page(village, "lea", "/autorisations"), image="oui")
    remplir(camille, page(village, "lea", "/sante"), allergies="Arachide")
    with village.bd.session_ecriture() as session:
        session.execute(
            update(Rattachement)
            .where(Rattachement.enfant_id == village.enfants["lea"], Rattachement.foyer_id == village.foyers["morel"])
            .values(est_masque=True)
        )
    for suite in ("", "/autorisations", "/sante"):
        dit = phrases(julien.get(page(village, "lea", suite)))
        assert "Camille" not in dit
        assert "Morel" not in dit
    assert "Arachide" in phrases(julien.get(page(village, "lea")))


@pytest.mark.parametrize(
    ("suite", "champs"),
    [
        ("/identite", {"prenom": "Mia-Lou"}),
        ("/sante", {"regime": "sans_porc"}),
        ("/pai", {"jusqua": "2027-07-02"}),
        ("/pai/arreter", {}),
        ("/autorisations", {"image": "oui"}),
        ("/contacts/nouveau", CONTACT),
    ],
)
def test_a_child_of_a_read_only_structure_is_shown_and_a_forged_form_changes_nothing(
    camille: FlaskClient, village: Village, suite: str, champs: dict[str, Any]
) -> None:
    montree = camille.get(page(village, "mia"))
    assert "mailto:coccinelles@village.example" in montree.text
    assert "Modifier" not in phrases(montree)
    avant = village.photographier()
    assert poster(camille, page(village, "mia", suite), champs).status_code == 409
    assert village.photographier() == avant


@pytest.fixture
def selon_la_ville(reglages: ReglagesCommune, horloge: HorlogeReglable, village: Village) -> Iterator[FlaskClient]:
    """Camille where the town hides health and only shows contacts."""
    champs = {"enfant.sante": "cache", "enfant.contacts": "lecture", "enfant.autorisations": "direct"}
    app = create_app(replace(reglages, champs=champs), horloge)
    app.test_client_class = ClientStrict
    client: FlaskClient = app.test_client()
    connecter(client, "camille.morel")
    yield client
    app.extensions["bd"].fermer()


def test_the_town_says_what_is_hidden_shown_or_changed(selon_la_ville: FlaskClient, village: Village) -> None:
    dit = phrases(selon_la_ville.get(page(village, "lea")))
    assert "Allergies" not in dit
    assert "Personnes autorisées" in dit
    assert "Ajouter une personne" not in dit
    assert "Modifier les autorisations" in dit
    avant = village.photographier()
    for suite, champs, statut in (
        ("/sante", {"regime": "sans_porc", "allergies": "x"}, 404),
        ("/pai", {"jusqua": "2027-07-02"}, 404),
        ("/contacts/nouveau", CONTACT, 409),
    ):
        assert poster(selon_la_ville, page(village, "lea", suite), champs).status_code == statut
    assert village.photographier() == avant


def pai(client: FlaskClient, village: Village, document: bytes, nom: str = "pai.pdf", **champs: str) -> TestResponse:
    donnees = {"jusqua": "2027-07-02", "document": (io.BytesIO(document), nom), **champs}
    return poster(client, page(village, "lea", "/pai"), donnees, content_type="multipart/form-data")


def test_a_pai_is_asked_with_its_document_and_waits_for_an_agent(camille: FlaskClient, village: Village) -> None:
    assert pai(camille, village, pdf()).status_code == 303
    dit = phrases(camille.get(page(village, "lea")))
    assert "En attente d’un agent" in dit
    assert "valable jusqu’au 2 juillet 2027" in dit
    assert pai(camille, village, pdf()).status_code == 409
    with village.bd.session_lecture() as session:
        assert session.get_one(Enfant, village.enfants["lea"]).pai is False
        (numero,) = session.scalars(select(Demarche.numero))
    assert poster(camille, f"/famille/demandes/{numero}/retirer").status_code == 303
    assert "En attente" not in phrases(camille.get(page(village, "lea")))


@pytest.mark.parametrize(
    ("document", "nom", "statut", "phrase"),
    [
        (b"<svg/>", "pai.svg", 422, "ni une photo"),
        (b"", "", 422, "Joignez le PAI"),
        (b"x" * 100_001, "pai.pdf", 413, "10 Mo"),
    ],
)
def test_a_document_that_cannot_be_kept_leaves_the_form_as_it_was(
    camille: FlaskClient,
    village: Village,
    monkeypatch: pytest.MonkeyPatch,
    document: bytes,
    nom: str,
    statut: int,
    phrase: str,
) -> None:
    monkeypatch.setattr("portail_famille.views.fiche_enfant.TAILLE_MAXIMALE", 100_000)
    reponse = pai(camille, village, document, nom)
    assert reponse.status_code == statut
    assert phrase in phrases(reponse).replace("\u00a0", " ")
    assert lire_formulaire(reponse.text, "formulaire").champs["jusqua"] == ["2027-07-02"]
    assert "Choisissez le fichier à nouveau" in phrases(reponse)


def test_what_is_far_too_heavy_is_told_without_being_read(
    camille: FlaskClient, village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portail_famille.views.web.TAILLE_ENVOI", 300_000)
    reponse = pai(camille, village, b"x" * 400_000)
    assert reponse.status_code == 413
    assert "Ce document est trop lourd" in phrases(reponse)


def test_the_cookie_of_a_session_that_ended_sends_no_document(
    camille: FlaskClient, village: Village, bd: BD, horloge: HorlogeReglable
) -> None:
    with bd.session_ecriture() as session:
        session.execute(update(SessionCompte).values(fermee_utc=horloge.maintenant))
    reponse = camille.post(
        page(village, "lea", "/pai"),
        data={"document": (io.BytesIO(b"x" * 400_000), "a.pdf")},
        content_type="multipart/form-data",
    )
    assert reponse.status_code == 413


def test_a_visitor_sends_no_document(client: FlaskClient, village: Village) -> None:
    reponse = client.post(
        page(village, "lea", "/pai"),
        data={"document": (io.BytesIO(b"x" * 400_000), "a.pdf")},
        content_type="multipart/form-data",
    )
    assert reponse.status_code == 413


def test_a_hidden_foyer_s_requests_and_doctor_stay_unseen_by_the_other_parent(village: Village, app: Flask) -> None:
    """Camille's foyer is hidden from Julien: what she asks for Léa, and where her doctor is, says where she lives."""
    lea = village.enfants["lea"]
    with village.bd.session_ecriture() as session:
        session.get_one(Rattachement, (village.foyers["morel"], lea)).est_masque = True
    camille, julien = app.test_client(), app.test_client()
    connecter(camille, "camille.morel")
    connecter(julien, "julien.ferrand")
    page = f"/famille/enfants/{lea}"

    def envoyer(client: FlaskClient, partie: str, **champs: str) -> int:
        formulaire = lire_formulaire(client.get(f"{page}/{partie}").text, "formulaire")
        formulaire.champs |= {nom: [valeur] for nom, valeur in champs.items()}
        return formulaire.envoyer(client).status_code

    assert envoyer(camille, "identite", nom="Morel-Secret") == 303
    assert envoyer(camille, "sante", allergies="arachide", medecin="Dr Caché") == 303
    for partie in ("", "/identite", "/sante"):
        for mot in ("Secret", "Caché", "D2026-000001"):
            assert mot not in julien.get(page + partie).text, (partie, mot)
    export = poster(julien, "/mon-espace/donnees/export").data
    with zipfile.ZipFile(io.BytesIO(export)) as archive:
        assert "Caché" not in archive.read("donnees.json").decode()
    # He asks for the same field without being told that somebody did.
    assert envoyer(julien, "identite", nom="Ferrand-Petit") == 303
    # He changes the rest, the doctor he does not see stays.
    assert "arachide" in julien.get(page).text
    assert envoyer(julien, "sante", allergies="arachide, œuf") == 303
    vue = camille.get(page).text
    for mot in ("Morel-Secret", "Dr Caché", "œuf"):
        assert mot in vue, mot
