"""The porte-documents on the screen: several files at once, each for itself; described, replaced, deleted, quota."""

import io
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from portail_famille.domain import pieces as domaine
from portail_famille.domain.demarches import Cote
from portail_famille.models.documents import Piece
from portail_famille.models.journal import ActeJournal
from portail_famille.services import demarches
from portail_famille.services.journal import Auteur
from tests.conftest import CompterRequetes
from tests.support.client import HTMX, connecter, poster
from tests.support.ecran import phrases
from tests.support.pages import analyser
from tests.support.pieces import ici, pdf, photo
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import Village

Fichier = tuple[str, bytes]


@pytest.fixture(autouse=True)
def _sans_enfant(monkeypatch: pytest.MonkeyPatch) -> None:
    ici(monkeypatch)


@pytest.fixture
def camille(village: Village, client: FlaskClient) -> FlaskClient:
    connecter(client, "camille.morel")
    return client


@pytest.fixture
def entrer(app: Flask) -> Callable[[str], FlaskClient]:
    def faire(identifiant: str) -> FlaskClient:
        autre: FlaskClient = app.test_client()
        connecter(autre, identifiant)
        return autre

    return faire


def envoyer(client: FlaskClient, fichiers: Sequence[Fichier] = (), a_qui: str = "foyer", **reste: Any) -> TestResponse:
    entetes = reste.pop("headers", None)
    donnees: dict[str, Any] = {"genre": "assurance", "a_qui": a_qui} | reste
    donnees["fichiers"] = [(io.BytesIO(octets), nom) for nom, octets in fichiers]
    adresse = "/porte-documents/ajouter"
    return poster(client, adresse, donnees, content_type="multipart/form-data", headers=entetes)


def pieces(village: Village) -> list[Piece]:
    with village.bd.session_lecture() as session:
        return list(session.scalars(select(Piece).order_by(Piece.id)))


def lire(reponse: TestResponse) -> str:
    return phrases(reponse).replace("\u00a0", " ").replace("\u202f", " ")


def deposer_une_demande(village: Village, piece_id: int, etat: str = "deposee") -> str:
    with village.bd.session_ecriture() as session:
        demarche = demarches.deposer(
            session,
            genre="question",
            auteur=Auteur(Cote.FAMILLE, village.comptes["camille"]),
            maintenant=MERCREDI_SOIR,
            contenu={"message": "?"},
            foyer_id=village.foyers["morel"],
            pieces=[piece_id],
        )
        demarche.etat = etat
        return demarche.numero


def test_several_files_are_kept_in_one_go_with_what_was_said_of_them(camille: FlaskClient, village: Village) -> None:
    noe = village.enfants["noe"]
    reponse = envoyer(
        camille, [("page 1.jpg", photo()), ("Attestation.pdf", pdf())], f"enfant-{noe}", datee_du="2026-09-01"
    )
    assert (reponse.status_code, reponse.location) == (303, "/saint-rivage/porte-documents?fait=ajoute")
    gardees = pieces(village)
    assert [(p.nom, p.genre, p.enfant_id, str(p.datee_du)) for p in gardees] == [
        ("page 1.jpg", "assurance", noe, "2026-09-01"),
        ("Attestation.pdf", "assurance", noe, "2026-09-01"),
    ]
    # Twelve months, as the town's settings say of this kind.
    assert {str(p.valable_jusqua) for p in gardees} == {"2027-09-01"}
    liste = lire(camille.get("/porte-documents?fait=ajoute"))
    for mot in (
        "C’est gardé",
        "Noé",
        "Attestation d’assurance",
        "page 1.jpg",
        "1er septembre 2027",
        "à jour",
        "moins de 0,1 Mo.",
    ):
        assert mot in liste


def test_a_bad_file_is_named_and_does_not_take_the_good_ones_with_it(camille: FlaskClient, village: Village) -> None:
    hostiles = [("bon.jpg", photo()), ("virus.exe.pdf", b"MZ" + b"\0" * 99), ("vide.pdf", b""), ("bon.pdf", pdf())]
    reponse = envoyer(camille, hostiles)
    dit = lire(reponse)
    assert reponse.status_code == 200
    assert [p.nom for p in pieces(village)] == ["bon.jpg", "bon.pdf"]
    for mot in (
        "2 documents sont gardés",
        "2 fichiers ne sont pas gardés",
        "virus.exe.pdf",
        "ni une photo",
        "vide.pdf",
    ):
        assert mot in dit
    seul = envoyer(camille, hostiles[1:2])
    assert seul.status_code == 422
    assert len(pieces(village)) == 2


def test_the_script_gets_an_answer_for_each_file(camille: FlaskClient, village: Village) -> None:
    bon = envoyer(camille, [("a.jpg", photo())], headers=HTMX)
    assert (bon.status_code, bon.headers["HX-Redirect"]) == (204, "/saint-rivage/porte-documents?fait=ajoute")
    mauvais = envoyer(camille, [("a.svg", b"<svg/>")], headers=HTMX)
    (raison,) = analyser(mauvais.text, est_page=False).iter("span")
    assert (mauvais.status_code, mauvais.text.lstrip()[:16]) == (422, '<div id="refus">'[:16])
    assert "ni une photo" in "".join(raison.itertext())
    assert envoyer(camille, [("a.jpg", photo())], headers=HTMX, genre="").status_code == 422


@pytest.mark.parametrize(
    ("change", "champ"),
    [
        ({"genre": ""}, "genre"),
        ({"genre": "selfie"}, "genre"),
        ({"genre": "courrier_mairie"}, "genre"),
        ({"a_qui": ""}, "a_qui"),
        ({"a_qui": "enfant-999999"}, "a_qui"),
        ({"datee_du": "31/12/2026"}, "datee_du"),
        ({"datee_du": "2027-01-01"}, "datee_du"),
        ({"datee_du": "2026-09-01", "valable_jusqua": "2026-08-01"}, "valable_jusqua"),
        ({"fichiers": ()}, "fichiers"),
        ({"fichiers": [(f"{n}.jpg", b"x") for n in range(11)]}, "fichiers"),
    ],
)
def test_what_is_missing_is_said_at_its_field(
    camille: FlaskClient, village: Village, change: dict[str, Any], champ: str
) -> None:
    demande = {"fichiers": [("a.jpg", photo())], "a_qui": "foyer"} | change
    reponse = envoyer(camille, **demande)
    assert reponse.status_code == 422
    assert f'href="#{champ}"' in reponse.text
    assert pieces(village) == []


def test_the_child_of_another_family_or_without_authority_cannot_be_given_documents(
    village: Village, entrer: Callable[[str], FlaskClient]
) -> None:
    """Thomas is of Léa's foyer and has no authority on her."""
    for qui, enfant in (("thomas.legall", "lea"), ("karim.haddad", "noe")):
        refuse = envoyer(entrer(qui), [("a.jpg", photo())], f"enfant-{village.enfants[enfant]}")
        assert refuse.status_code == 422
    assert pieces(village) == []


def test_the_foyers_papers_are_for_its_adults_and_ones_own_for_oneself(
    camille: FlaskClient, village: Village, entrer: Callable[[str], FlaskClient]
) -> None:
    envoyer(camille, [("commun.pdf", pdf())], "foyer")
    envoyer(camille, [("impots.pdf", pdf())], "moi")
    envoyer(camille, [("lea.pdf", pdf())], f"enfant-{village.enfants['lea']}")
    vues = {
        qui: lire(entrer(qui).get("/porte-documents")) for qui in ("camille.morel", "thomas.legall", "karim.haddad")
    }
    assert all(nom in vues["camille.morel"] for nom in ("commun.pdf", "impots.pdf", "lea.pdf"))
    assert "commun.pdf" in vues["thomas.legall"]
    assert not any(nom in vues["thomas.legall"] for nom in ("impots.pdf", "lea.pdf"))
    assert ".pdf" not in vues["karim.haddad"]
    # Nor how many there are that she may not see.
    assert "3 documents," in vues["camille.morel"]
    assert "1 document," in vues["thomas.legall"]
    commun, impots, lea = (p.id for p in pieces(village))
    thomas, karim = entrer("thomas.legall"), entrer("karim.haddad")
    attendus = {(commun, 200, 404), (impots, 404, 404), (lea, 404, 404)}
    assert {
        (p, thomas.get(f"/porte-documents/{p}").status_code, karim.get(f"/porte-documents/{p}").status_code)
        for p in (commun, impots, lea)
    } == attendus
    for page in ("", "/supprimer", "/remplacer"):
        assert poster(thomas, f"/porte-documents/{impots}{page}").status_code == 404


def test_a_document_is_renamed_and_described_otherwise(camille: FlaskClient, village: Village) -> None:
    envoyer(camille, [("IMG_1.jpg", photo())])
    (piece,) = pieces(village)
    adresse = f"/porte-documents/{piece.id}"
    assert f"/pieces/{piece.id}" in camille.get(adresse).text
    change = {"nom": "../Jugement <2026>.exe", "genre": "jugement", "a_qui": "moi", "valable_jusqua": "2030-01-01"}
    assert poster(camille, adresse, change).status_code == 303
    (piece,) = pieces(village)
    assert (piece.nom, piece.genre, piece.personne_id, piece.est_du_foyer, str(piece.valable_jusqua)) == (
        "Jugement 2026.jpg", "jugement", village.personnes["camille"], False, "2030-01-01",
    )  # fmt: skip
    assert poster(camille, adresse, change | {"genre": ""}).status_code == 422
    with village.bd.session_lecture() as session:
        actes = list(session.scalars(select(ActeJournal.action).order_by(ActeJournal.id)))
    assert actes == ["piece_deposee", "piece_decrite", "piece_decrite"]


def test_what_an_agent_reads_changes_its_name_only_and_is_not_deleted(camille: FlaskClient, village: Village) -> None:
    envoyer(camille, [("a.jpg", photo())])
    (piece,) = pieces(village)
    numero = deposer_une_demande(village, piece.id)
    adresse = f"/porte-documents/{piece.id}"
    page = camille.get(adresse)
    assert numero in page.text
    assert f"{adresse}/supprimer" not in page.text
    assert "joint à une demande" in lire(camille.get("/porte-documents"))
    refus = poster(camille, f"{adresse}/supprimer")
    assert refus.status_code == 409
    assert numero in refus.text
    poster(camille, adresse, {"nom": "b", "genre": "rib", "a_qui": "moi", "valable_jusqua": "2040-01-01"})
    (piece,) = pieces(village)
    assert (piece.nom, piece.genre, piece.est_du_foyer, piece.retiree_utc) == ("b.jpg", "assurance", True, None)


def test_a_document_is_deleted(camille: FlaskClient, village: Village) -> None:
    envoyer(camille, [("a.jpg", photo())])
    (piece,) = pieces(village)
    assert poster(camille, f"/porte-documents/{piece.id}/supprimer").location.endswith("?fait=supprime")
    assert "a.jpg" not in lire(camille.get("/porte-documents"))
    assert camille.get(f"/porte-documents/{piece.id}").status_code == 404


@pytest.mark.parametrize("est_jointe", [False, True])
def test_a_new_version_takes_the_place_of_the_old_one(camille: FlaskClient, village: Village, est_jointe: bool) -> None:
    """Joined to a request, the old one stays readable for whoever answers it."""
    envoyer(camille, [("ancien.jpg", photo())])
    ancienne = pieces(village)[0]
    if est_jointe:
        deposer_une_demande(village, ancienne.id)
    adresse = f"/porte-documents/{ancienne.id}"
    vide = poster(camille, f"{adresse}/remplacer", {}, content_type="multipart/form-data")
    assert vide.status_code == 422
    mauvais = {"nouveau": (io.BytesIO(b"<svg/>"), "a.svg")}
    assert poster(camille, f"{adresse}/remplacer", mauvais, content_type="multipart/form-data").status_code == 422
    bon = {"nouveau": (io.BytesIO(pdf()), "nouveau.pdf"), "datee_du": "2026-11-01"}
    reponse = poster(camille, f"{adresse}/remplacer", bon, content_type="multipart/form-data")
    assert reponse.location.endswith("?fait=remplace")
    ancienne, nouvelle = pieces(village)
    assert (ancienne.remplacee_par, ancienne.retiree_utc is None) == (nouvelle.id, est_jointe)
    assert (nouvelle.nom, nouvelle.genre, nouvelle.est_du_foyer, str(nouvelle.valable_jusqua)) == (
        "nouveau.pdf", "assurance", True, "2027-11-01",
    )  # fmt: skip
    liste = lire(camille.get("/porte-documents"))
    assert "nouveau.pdf" in liste
    assert "ancien.jpg" not in liste
    assert camille.get(adresse).status_code == 404
    assert camille.get(f"/pieces/{ancienne.id}").status_code == (200 if est_jointe else 404)


def test_a_full_foyer_keeps_what_fits_and_says_so(
    camille: FlaskClient, village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(domaine, "PIECES_MAXIMALES", 1)
    reponse = envoyer(camille, [("un.jpg", photo()), ("deux.jpg", photo())])
    assert reponse.status_code == 200
    assert "Un document est gardé" in lire(reponse)
    assert "deux.jpg" in lire(reponse)
    assert len(pieces(village)) == 1


def test_an_end_of_validity_is_told_before_and_after_it(camille: FlaskClient, village: Village) -> None:
    """The evening of 2 December 2026; 30 days before, by default."""
    for nom, fin in (("hier", "2026-12-01"), ("bientot", "2026-12-31"), ("loin", "2027-06-01")):
        envoyer(camille, [(f"{nom}.jpg", photo())], valable_jusqua=fin)
    page = lire(camille.get("/porte-documents"))
    for nom, mot in (("hier.jpg", "expiré"), ("bientot.jpg", "expire bientôt"), ("loin.jpg", "à jour")):
        assert mot in page[page.index(nom) : page.index(nom) + 110]
    accueil = lire(camille.get("/"))
    assert "Document à renouveler" in accueil
    assert "avant le 31 décembre" in accueil


def test_the_room_that_all_share_is_told_when_it_is_nearly_gone(camille: FlaskClient, village: Village) -> None:
    envoyer(camille, [("un.jpg", photo())])
    assert "peu de place" not in lire(camille.get("/porte-documents"))
    with village.bd.session_ecriture() as session:
        session.execute(update(Piece).values(taille=161 * 1024 * 1024))
    assert "161 Mo sur 200" in lire(camille.get("/porte-documents"))


def test_a_hundred_documents_make_no_more_questions_than_one(
    camille: FlaskClient, village: Village, compter_requetes: CompterRequetes
) -> None:
    with village.bd.session_ecriture() as session:
        session.add_all(
            Piece(
                foyer_id=village.foyers["morel"], est_du_foyer=True, genre="rib", nom=f"{n}.pdf",
                type_mime="application/pdf", taille=1, objet=f"{n:040x}", deposee_utc=MERCREDI_SOIR,
            )
            for n in range(100)
        )  # fmt: skip
    camille.get("/porte-documents")  # the town's rules are read once per process
    with compter_requetes() as requetes:
        assert camille.get("/porte-documents").status_code == 200
    assert len(requetes) <= 12
    with compter_requetes() as requetes:
        assert camille.get(f"/porte-documents/{pieces(village)[0].id}").status_code == 200
    assert len(requetes) <= 12


def test_the_page_that_adds_proposes_what_was_asked_for(camille: FlaskClient) -> None:
    page = camille.get("/porte-documents/ajouter?genre=rib&a_qui=moi").text
    assert '<option value="rib" selected>' in page
    assert 'value="moi" checked' in page
    assert "multiple" in page
