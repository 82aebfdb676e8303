"""« Mes données »: the page, the download, the request for deletion."""

import io
import json
import zipfile
from datetime import timedelta

import html5lib
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from portail_famille.models.demarches import Demarche
from portail_famille.models.documents import Piece
from portail_famille.models.journal import ActeJournal
from portail_famille.models.suivi import EvenementSecurite
from portail_famille.services.documents import coffre_de
from tests.conftest import CompterRequetes
from tests.support.client import connecter, poster
from tests.support.personnes import MOT_DE_PASSE
from tests.support.temps import MERCREDI_SOIR, HorlogeReglable
from tests.support.village import Village

PAGE, EXPORT = "/mon-espace/donnees", "/mon-espace/donnees/export"
EFFACEMENT, RETRAIT = "/mon-espace/donnees/effacement", "/mon-espace/donnees/effacement/retirer"


@pytest.fixture
def camille(client: FlaskClient, village: Village) -> FlaskClient:
    connecter(client, "camille.morel")
    return client


def ouvrir(reponse: TestResponse) -> zipfile.ZipFile:
    assert reponse.status_code == 200, reponse.text
    return zipfile.ZipFile(io.BytesIO(reponse.data))


def deposer(village: Village, app: Flask, nom: str, octets: bytes = b"%PDF-1.7 un avis") -> str:
    """A document of Camille's foyer; its object."""
    reglages = app.extensions["reglages"]
    objet = coffre_de(reglages.dossier, reglages.cle_coffre).put(octets)
    with village.bd.session_ecriture() as session:
        session.add(
            Piece(
                foyer_id=village.foyers["morel"],
                genre="avis_imposition",
                nom=nom,
                type_mime="application/pdf",
                taille=len(octets),
                objet=objet,
                deposee_utc=MERCREDI_SOIR,
                deposee_par=village.comptes["camille"],
            )
        )
    return objet


def test_the_page_says_what_is_kept_and_how_long(camille: FlaskClient, compter_requetes: CompterRequetes) -> None:
    with compter_requetes() as requetes:
        page = camille.get(PAGE).text
    assert "Réservations et reçus" in page
    assert "10\u00a0ans" in page
    assert "enfance@saint-rivage.example" in page
    assert len(requetes) <= 10


def test_the_archive_holds_a_page_to_read_a_file_for_programs_and_the_documents(
    camille: FlaskClient, village: Village, app: Flask
) -> None:
    deposer(village, app, "Avis d’impôt.pdf")
    deposer(village, app, "avis d’impôt.pdf", b"%PDF-1.7 un autre")
    reponse = camille_telecharge(camille)
    assert reponse.headers["Content-Disposition"] == ("attachment; filename=mes-donnees-saint-rivage-2026-12-02.zip")
    assert reponse.headers["Cache-Control"] == "private, no-store"
    archive = ouvrir(reponse)
    assert archive.testzip() is None
    assert archive.namelist() == [
        "LISEZMOI.txt",
        "mes-donnees.html",
        "donnees.json",
        "documents/Avis d’impôt.pdf",
        "documents/avis d’impôt (2).pdf",
    ]
    assert archive.read("documents/avis d’impôt (2).pdf") == b"%PDF-1.7 un autre"
    assert json.loads(archive.read("donnees.json"))["personne"]["nom"] == "Morel"


def camille_telecharge(client: FlaskClient, **champs: str) -> TestResponse:
    return poster(client, EXPORT, champs)


def test_the_page_to_read_is_whole_without_anything_from_elsewhere(camille: FlaskClient) -> None:
    page = ouvrir(camille_telecharge(camille)).read("mes-donnees.html").decode()
    html5lib.HTMLParser(strict=True).parse(page)
    assert "src=" not in page
    assert "href=" not in page
    assert "<script" not in page
    assert "Léa Ferrand" in page
    assert "842,00\u00a0€" in page


def test_a_document_that_cannot_be_read_is_told_and_the_rest_is_given(
    camille: FlaskClient, village: Village, app: Flask
) -> None:
    objet = deposer(village, app, "perdu.pdf")
    reglages = app.extensions["reglages"]
    coffre_de(reglages.dossier, reglages.cle_coffre).delete(objet)
    archive = ouvrir(camille_telecharge(camille))
    assert "documents/perdu.pdf.illisible.txt" in archive.namelist()
    assert "donnees.json" in archive.namelist()


def test_an_old_login_types_the_password_again(
    camille: FlaskClient, village: Village, horloge: HorlogeReglable
) -> None:
    horloge.avancer(minutes=11)
    assert 'name="mot_de_passe"' in camille.get(PAGE).text
    sans = camille_telecharge(camille)
    assert sans.status_code == 422
    assert "Écrivez votre mot de passe actuel." in sans.text
    faux = camille_telecharge(camille, mot_de_passe="mauvais")
    assert faux.status_code == 422
    assert "Ce n’est pas votre mot de passe actuel." in faux.text
    assert camille_telecharge(camille, mot_de_passe="x" * 5000).status_code == 422
    assert camille_telecharge(camille, mot_de_passe=MOT_DE_PASSE).status_code == 200
    with village.bd.session_lecture() as session:
        assert "mot_de_passe_confirme" in session.scalars(select(EvenementSecurite.genre)).all()


def test_passwords_cannot_be_tried_for_ever_on_an_open_phone(camille: FlaskClient, horloge: HorlogeReglable) -> None:
    horloge.avancer(minutes=11)
    statuts = [camille_telecharge(camille, mot_de_passe=f"essai {n}").status_code for n in range(6)]
    assert statuts[0] == 422
    assert statuts[-1] == 429
    assert camille_telecharge(camille, mot_de_passe=MOT_DE_PASSE).status_code == 429


def test_a_second_download_waits_a_minute_and_each_is_in_the_journal(
    camille: FlaskClient, village: Village, horloge: HorlogeReglable
) -> None:
    assert camille_telecharge(camille).status_code == 200
    assert camille_telecharge(camille).status_code == 429
    horloge.avancer(seconds=61)
    assert camille_telecharge(camille).status_code == 200
    with village.bd.session_lecture() as session:
        lignes = session.execute(
            select(ActeJournal.compte_id, ActeJournal.cote, ActeJournal.foyer_id).where(
                ActeJournal.action == "donnees_exportees"
            )
        ).all()
    assert [tuple(ligne) for ligne in lignes] == [(village.comptes["camille"], "famille", village.foyers["morel"])] * 2


def test_a_download_needs_the_form_s_token(camille: FlaskClient) -> None:
    assert camille.post(EXPORT).status_code == 400


def test_a_request_for_deletion_is_confirmed_filed_once_and_can_be_withdrawn(
    camille: FlaskClient, village: Village
) -> None:
    assert "jours réservés" in camille.get(PAGE).text
    assert poster(camille, EFFACEMENT).status_code == 422
    assert poster(camille, EFFACEMENT, {"confirmation": "oui"}).status_code == 303
    assert "D2026-000001" in camille.get(PAGE).text
    assert poster(camille, EFFACEMENT, {"confirmation": "oui"}).status_code == 409
    with village.bd.session_lecture() as session:
        assert session.scalar(select(func.count()).select_from(Demarche)) == 1
    assert poster(camille, RETRAIT).status_code == 303
    assert "Demander l’effacement" in camille.get(PAGE).text
    assert poster(camille, RETRAIT).status_code == 409


def test_a_durable_session_is_no_fresh_login(camille: FlaskClient, horloge: HorlogeReglable) -> None:
    horloge.avancer(minutes=9)
    assert 'name="mot_de_passe"' not in camille.get(PAGE).text
    horloge.maintenant += timedelta(minutes=2)
    assert 'name="mot_de_passe"' in camille.get(PAGE).text
