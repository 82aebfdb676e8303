"""Documents are read by those who may, and never run."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from portail_famille.config import ReglagesCommune
from portail_famille.domain.demarches import Cote
from portail_famille.models.comptes import RoleAgent, SessionCompte
from portail_famille.models.journal import ActeJournal
from portail_famille.services.demarches import deposer as deposer_demarche
from portail_famille.services.documents import coffre_de, deposer_piece
from portail_famille.services.journal import Auteur
from portail_famille.views.pieces import disposition
from tests.support.client import connecter, poster
from tests.support.pieces import pdf, photo
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import Village

Deposer = Callable[..., int]


@pytest.fixture
def deposer(village: Village, reglages: ReglagesCommune) -> Deposer:
    def faire(
        octets: bytes,
        foyer: str = "morel",
        enfant: str = "",
        personne: str = "",
        nom: str = "Livret (Éva).jpg",
        genre: str = "livret_famille",
        est_envoyee: bool = False,
    ) -> int:
        """Only put away, or sent with a request about nobody in particular."""
        with village.bd.session_ecriture() as session:
            piece = deposer_piece(
                session,
                coffre_de(reglages.dossier, reglages.cle_coffre),
                octets=octets,
                nom=nom,
                genre=genre,
                foyer_id=village.foyers[foyer],
                enfant_id=village.enfants[enfant] if enfant else None,
                personne_id=village.personnes[personne] if personne else None,
                auteur=Auteur(Cote.FAMILLE, village.comptes["camille"]),
                maintenant=MERCREDI_SOIR,
            )
            if est_envoyee:
                deposer_demarche(
                    session,
                    genre="question",
                    auteur=Auteur(Cote.FAMILLE, village.comptes["camille"]),
                    maintenant=MERCREDI_SOIR,
                    contenu={},
                    foyer_id=village.foyers[foyer],
                    pieces=[piece.id],
                )
            return piece.id

    return faire


def devenir_agent(village: Village, client: FlaskClient, qui: str, structure: str = "") -> None:
    """Of everywhere or of one structure, her second factor given."""
    with village.bd.session_ecriture() as session:
        session.add(
            RoleAgent(
                compte_id=village.comptes[qui],
                role="lecture",
                structure_id=village.regles.structure_ids[structure] if structure else None,
            )
        )
    connecter(client, {"karim": "karim.haddad", "nadia": "nadia.petit"}[qui])
    with village.bd.session_ecriture() as session:
        session.execute(update(SessionCompte).values(second_facteur_utc=MERCREDI_SOIR))


def test_a_document_is_served_and_can_run_nothing(client: FlaskClient, village: Village, deposer: Deposer) -> None:
    piece = deposer(photo(), enfant="noe")
    connecter(client, "camille.morel")
    reponse = client.get(f"/pieces/{piece}")
    assert reponse.status_code == 200
    assert reponse.mimetype == "image/jpeg"
    assert reponse.data.startswith(b"\xff\xd8\xff")
    assert reponse.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert reponse.headers["X-Content-Type-Options"] == "nosniff"
    assert reponse.headers["Cache-Control"] == "private, no-store"
    assert reponse.headers["Content-Disposition"] == (
        "inline; filename=\"Livret (Eva).jpg\"; filename*=UTF-8''Livret%20%28%C3%89va%29.jpg"
    )


def test_a_pdf_is_handed_to_the_phones_own_reader(client: FlaskClient, village: Village, deposer: Deposer) -> None:
    piece = deposer(pdf(), nom="acte.pdf")
    connecter(client, "camille.morel")
    reponse = client.get(f"/pieces/{piece}")
    assert reponse.headers["Content-Disposition"].startswith("attachment;")
    assert reponse.data.startswith(b"%PDF")


def test_a_name_of_other_letters_still_makes_a_header() -> None:
    assert disposition("документ.pdf", "application/pdf").startswith('attachment; filename=".pdf"; filename*=UTF-8')
    assert '"' not in disposition('a"b.pdf', "application/pdf").split('"')[1]


@pytest.mark.parametrize(
    ("identifiant", "attendu"),
    [("camille.morel", 200), ("julien.ferrand", 404), ("thomas.legall", 404), ("karim.haddad", 404)],
)
def test_a_childs_document_is_for_its_foyer_and_who_has_authority(
    client: FlaskClient, village: Village, deposer: Deposer, identifiant: str, attendu: int
) -> None:
    """Julien has authority and another foyer; Thomas is of the foyer and has none."""
    piece = deposer(photo(), enfant="lea")
    connecter(client, identifiant)
    assert client.get(f"/pieces/{piece}").status_code == attendu
    assert poster(client, f"/pieces/{piece}/retirer").status_code == (303 if attendu == 200 else 404)


def test_an_adults_own_document_is_hers_alone(client: FlaskClient, village: Village, deposer: Deposer) -> None:
    piece = deposer(photo(), personne="camille")
    connecter(client, "camille.morel")
    assert client.get(f"/pieces/{piece}").status_code == 200
    connecter(client, "thomas.legall")
    assert client.get(f"/pieces/{piece}").status_code == 404


def test_a_document_of_ones_other_foyer_is_read_too(client: FlaskClient, village: Village, deposer: Deposer) -> None:
    piece = deposer(photo(), foyer="petit", enfant="zoe")
    connecter(client, "julien.ferrand")
    assert client.get(f"/pieces/{piece}").status_code == 200


def test_a_document_taken_out_is_gone(client: FlaskClient, village: Village, deposer: Deposer) -> None:
    piece = deposer(photo(), enfant="noe")
    connecter(client, "camille.morel")
    assert poster(client, f"/pieces/{piece}/retirer").status_code == 303
    assert client.get(f"/pieces/{piece}").status_code == 404


def test_a_document_whose_bytes_were_purged_is_a_404_that_says_so(
    client: FlaskClient, village: Village, deposer: Deposer, reglages: ReglagesCommune
) -> None:
    piece = deposer(photo(), enfant="noe")
    for fichier in (reglages.dossier / "coffre").rglob("*"):
        if fichier.is_file():
            fichier.unlink()
    connecter(client, "camille.morel")
    reponse = client.get(f"/pieces/{piece}")
    assert reponse.status_code == 404
    assert "n’est plus conservé" in reponse.text


def test_an_agent_reads_it_and_the_journal_says_so(client: FlaskClient, village: Village, deposer: Deposer) -> None:
    rangee, piece = deposer(photo(), enfant="lea"), deposer(photo(), enfant="lea", est_envoyee=True)
    devenir_agent(village, client, "karim")
    assert client.get(f"/pieces/{rangee}").status_code == 404
    assert client.get(f"/pieces/{piece}").status_code == 200
    with village.bd.session_lecture() as session:
        acte = session.scalars(select(ActeJournal).where(ActeJournal.action == "piece_vue")).one()
        assert (acte.cote, acte.compte_id, acte.foyer_id) == (
            "agent",
            village.comptes["karim"],
            village.foyers["morel"],
        )


@pytest.mark.parametrize(("structure", "attendu"), [("ecole", 200), ("creche", 404)])
def test_an_agent_of_one_structure_reads_its_families_only(
    client: FlaskClient, village: Village, deposer: Deposer, structure: str, attendu: int
) -> None:
    piece = deposer(photo(), foyer="haddad", enfant="yanis", est_envoyee=True)
    devenir_agent(village, client, "nadia", structure)
    assert client.get(f"/pieces/{piece}").status_code == attendu


@pytest.mark.parametrize(("genre", "attendu"), [("jugement", 200), ("pai", 404)])
def test_a_childs_health_is_for_those_who_receive_that_child(
    client: FlaskClient, village: Village, deposer: Deposer, genre: str, attendu: int
) -> None:
    """The crèche has Mia, of the same family; not Noé."""
    piece = deposer(photo(), enfant="noe", genre=genre, est_envoyee=True)
    devenir_agent(village, client, "nadia", "creche")
    assert client.get(f"/pieces/{piece}").status_code == attendu


def test_an_agent_without_her_second_factor_reads_nothing(
    client: FlaskClient, app: Flask, village: Village, deposer: Deposer
) -> None:
    piece = deposer(photo(), enfant="lea")
    devenir_agent(village, client, "karim")
    connecter(client, "karim.haddad")
    assert client.get(f"/pieces/{piece}").status_code in (303, 404)
    with village.bd.session_lecture() as session:
        assert session.scalars(select(ActeJournal).where(ActeJournal.action == "piece_vue")).all() == []


def test_a_visitor_is_sent_to_the_login(client: FlaskClient, village: Village, deposer: Deposer) -> None:
    reponse = client.get(f"/pieces/{deposer(photo())}")
    assert reponse.status_code == 303
    assert "/connexion" in reponse.location
