"""A new démarche on the screen: explanation, steps, documents, summary, « Envoyer »."""

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, func, select, update

from portail_famille.domain.genres import GENRES
from portail_famille.forms.demarches.registre import FORMULAIRES
from portail_famille.models.courriels import Courriel
from portail_famille.models.demarches import Demarche, DemarchePiece, DemarcheSaisie
from portail_famille.models.documents import Piece
from portail_famille.models.foyers import AutoriteParentale
from tests.conftest import CompterRequetes
from tests.support.client import connecter, poster
from tests.support.formulaires import lire_formulaire
from tests.support.pdf import texte_du_pdf
from tests.support.pieces import ici, photo
from tests.support.village import Village

QUESTION = "/demarches/nouvelle/question"


def commencer(client: FlaskClient, genre: str = "question", requete: str = "") -> str:
    """Presses « Commencer »; the address of the first step."""
    explication = client.get(f"/demarches/nouvelle/{genre}{requete}").text
    reponse = lire_formulaire(explication, f"/demarches/nouvelle/{genre}{requete}").envoyer(client)
    assert reponse.status_code == 303
    return str(reponse.location.removeprefix("/saint-rivage"))


def remplir(client: FlaskClient, adresse: str, **champs: str | list[str]) -> str:
    """Fills the step's form as it is shown, presses « Enregistrer et continuer »; the address of what follows."""
    formulaire = lire_formulaire(client.get(adresse).text, "formulaire")
    formulaire.champs |= {nom: valeur if isinstance(valeur, list) else [valeur] for nom, valeur in champs.items()}
    reponse = formulaire.envoyer(client)
    assert reponse.status_code == 303, reponse.text
    return str(reponse.location.removeprefix("/saint-rivage"))


@pytest.mark.deux_moteurs
def test_a_question_is_walked_sent_once_and_told_by_mail(client: FlaskClient, village: Village) -> None:
    connecter(client, "camille.morel")
    etape = commencer(client, requete=f"?enfant={village.enfants['noe']}")
    assert etape == f"{QUESTION}/question"
    page = client.get(etape).text
    assert "Étape 1 sur 2" in page
    assert lire_formulaire(page, "formulaire").champs["enfant"] == [str(village.enfants["noe"])]
    verifier = remplir(client, etape, sujet="cantine", texte="Quel est le menu de lundi")
    resume = client.get(verifier).text
    assert "La cantine" in resume
    assert "Noé" in resume
    envoi = lire_formulaire(resume, "/verifier")
    premiere, seconde = envoi.envoyer(client), envoi.envoyer(client)
    assert premiere.status_code == seconde.status_code == 303
    assert premiere.location == seconde.location == "/saint-rivage/demarches/D2026-000001?envoyee=1"
    with village.bd.session_lecture() as session:
        demarche = session.scalars(select(Demarche)).one()
        assert demarche.enfant_id == village.enfants["noe"]
        assert demarche.contenu == {"sujet": "cantine", "texte": "Quel est le menu de lundi"}
        assert demarche.accuse is not None
        courriel = session.scalars(select(Courriel)).one()
        assert "D2026-000001" in courriel.objet
        assert "menu" not in courriel.corps_texte
        assert session.scalars(select(DemarcheSaisie)).all() == []


ATTESTATION = "/demarches/nouvelle/attestation"
TEXTE = {"sujet": "autre", "texte": "Bonjour"}


def regler(app: Flask, genre: str, **reglage: Any) -> None:
    """The town writes this in its settings."""
    reglages = app.extensions["reglages"]
    genres = dict(reglages.demarches) | {genre: replace(GENRES[genre], **reglage)}
    app.extensions["reglages"] = replace(reglages, demarches=genres)


def compter(village: Village, modele: type[Any]) -> int:
    with village.bd.session_lecture() as session:
        return session.scalar(select(func.count()).select_from(modele)) or 0


def envoyer_documents(client: FlaskClient, genre: str, presse: str = "", **fichiers: list[bytes]) -> Any:
    """The page of documents as shown, with these files; presses « Enregistrer et continuer », or another button."""
    adresse = f"/demarches/nouvelle/{genre}/documents"
    donnees: dict[str, Any] = dict(lire_formulaire(client.get(adresse).text, "formulaire").champs)
    donnees = {nom: valeur for nom, valeur in donnees.items() if not nom.startswith("fichier_")}
    for nom, octets in fichiers.items():
        donnees[f"fichier_{nom}"] = [(io.BytesIO(o), f"{nom}-{i}.jpg") for i, o in enumerate(octets)]
    if presse:
        donnees[presse] = "oui"
    return client.post(adresse, data=donnees, content_type="multipart/form-data")


def test_the_list_and_the_explanation_write_nothing(client: FlaskClient, village: Village) -> None:
    connecter(client, "camille.morel")
    avant = village.photographier()
    page = client.get("/demarches/nouvelle").text
    assert "Poser une question" in page
    assert "Ajouter un enfant" in page
    explication = client.get(ATTESTATION).text
    assert "La mairie a 1 mois pour vous répondre" in explication
    assert client.get(f"{ATTESTATION}/attestation").location.endswith(ATTESTATION)
    assert village.photographier() == avant


def test_a_kind_the_town_closed_is_not_there(app: Flask, client: FlaskClient, village: Village) -> None:
    connecter(client, "camille.morel")
    etape = commencer(client)
    regler(app, "question", est_ouverte=False)
    assert "Poser une question" not in client.get("/demarches/nouvelle").text
    for adresse in (
        QUESTION,
        etape,
        f"{QUESTION}/verifier",
        "/demarches/nouvelle/coordonnees",
        "/demarches/nouvelle/x",
    ):
        assert client.get(adresse).status_code == 404, adresse
    assert poster(client, etape, TEXTE).status_code == 404


def test_errors_are_beside_the_field_and_what_was_typed_comes_back(client: FlaskClient, village: Village) -> None:
    connecter(client, "camille.morel")
    adresse = commencer(client, "reclamation")
    formulaire = lire_formulaire(client.get(adresse).text, "formulaire")
    formulaire.champs |= {"reference": [""], "montant": ["beaucoup"], "texte": ["Deux repas de trop"]}
    reponse = formulaire.envoyer(client)
    assert reponse.status_code == 422
    for phrase in ("Dites de quelle facture", "par exemple 639,99.", "Deux repas de trop", 'value="beaucoup"'):
        assert phrase in reponse.text
    assert reponse.text.count('aria-invalid="true"') == 2
    with village.bd.session_lecture() as session:
        assert session.scalars(select(DemarcheSaisie)).one().contenu == {}
    verifier = remplir(client, adresse, reference="F-12", montant="1 639,9 €", texte="Deux repas de trop")
    resume = client.get(verifier).text
    assert "1\u202f639,90\u00a0€" in resume
    assert "la facture reste à régler" in resume
    # « Modifier » leads back to what was typed, in the words of the form.
    assert lire_formulaire(client.get(adresse).text, "formulaire").champs["montant"] == ["1639,90"]


def test_a_form_left_is_found_again_and_can_be_dropped(client: FlaskClient, village: Village) -> None:
    connecter(client, "camille.morel")
    etape = commencer(client, "attestation")
    formulaire = lire_formulaire(client.get(etape).text, "formulaire")
    formulaire.champs |= {"attestation": ["presence"], "plus_tard": ["oui"]}
    liste = formulaire.envoyer(client, follow_redirects=True).text
    assert "C’est gardé" in liste
    assert "À finir" in liste
    # Another phone: the explanation leads to the step that was not reached.
    connecter(client, "camille.morel")
    explication = client.get(ATTESTATION).text
    assert f'href="/saint-rivage{ATTESTATION}/precisions"' in explication
    assert "Étape 2 sur 3" in client.get(f"{ATTESTATION}/precisions").text
    lire_formulaire(explication, "/effacer").envoyer(client)
    assert compter(village, DemarcheSaisie) == 0
    assert "Commencer" in client.get(ATTESTATION).text


def test_steps_out_of_order_lead_to_the_first_one_missing(client: FlaskClient, village: Village) -> None:
    connecter(client, "camille.morel")
    premiere = commencer(client, "attestation")
    for page in ("precisions", "verifier", "documents"):
        assert client.get(f"{ATTESTATION}/{page}").location == f"/saint-rivage{premiere}"
    assert poster(client, f"{ATTESTATION}/precisions", {"texte": "x"}).location == f"/saint-rivage{premiere}"
    assert poster(client, f"{ATTESTATION}/verifier").location == f"/saint-rivage{premiere}"
    assert client.get(f"{ATTESTATION}/inconnue").status_code == 404
    assert compter(village, Demarche) == 0


def test_an_answer_that_changes_what_follows_sends_back_to_what_no_longer_holds(
    client: FlaskClient, village: Village
) -> None:
    connecter(client, "camille.morel")
    premiere = commencer(client, "attestation")
    seconde = remplir(client, premiere, attestation="paiement")
    verifier = remplir(client, seconde, du="1/9/2026", au="2026-12-01")
    assert verifier == f"{ATTESTATION}/verifier"
    assert "1er septembre 2026" in client.get(verifier).text
    # A child must be named now: the summary waits.
    assert remplir(client, premiere, attestation="presence") == seconde
    assert client.get(verifier).location == f"/saint-rivage{seconde}"
    assert remplir(client, seconde, enfant=str(village.enfants["noe"])) == verifier
    # The same answer again asks nothing more.
    assert remplir(client, premiere, attestation="presence") == verifier


def test_two_tabs_are_told_and_nothing_is_lost(client: FlaskClient, village: Village) -> None:
    connecter(client, "camille.morel")
    etape = commencer(client)
    un, deux = (lire_formulaire(client.get(etape).text, "formulaire") for _ in range(2))
    un.champs |= {"sujet": ["autre"], "texte": ["Premier onglet"]}
    deux.champs |= {"sujet": ["autre"], "texte": ["Second onglet"]}
    assert un.envoyer(client).status_code == 303
    resume = lire_formulaire(client.get(f"{QUESTION}/verifier").text, "/verifier")
    conflit = deux.envoyer(client)
    assert conflit.status_code == 409
    assert "a changé dans un autre onglet" in conflit.text
    assert "Second onglet" in conflit.text
    assert "Votre question\u00a0: Premier onglet" in conflit.text
    assert lire_formulaire(conflit.text, "formulaire").envoyer(client).status_code == 303
    # The summary that the first tab shows is not what would be sent.
    refuse = resume.envoyer(client)
    assert refuse.status_code == 409
    assert "Second onglet" in refuse.text
    assert compter(village, Demarche) == 0
    assert lire_formulaire(refuse.text, "/verifier").envoyer(client).status_code == 303


@pytest.mark.parametrize("qui", ["lea-de-thomas", "yanis", "personne"])
def test_a_child_one_may_not_act_for_cannot_be_named(client: FlaskClient, village: Village, qui: str) -> None:
    """Thomas has no authority over Léa of his foyer; Yanis is another family's."""
    connecter(client, "thomas.legall" if qui == "lea-de-thomas" else "camille.morel")
    forge = {"lea-de-thomas": village.enfants["lea"], "yanis": village.enfants["yanis"], "personne": 999_999}[qui]
    etape = commencer(client, requete=f"?enfant={forge}")
    assert lire_formulaire(client.get(etape).text, "formulaire").champs["enfant"] == [""]
    assert poster(client, etape, TEXTE | {"enfant": str(forge)}).status_code == 422


def test_a_child_lost_before_sending_is_asked_again(client: FlaskClient, village: Village) -> None:
    connecter(client, "camille.morel")
    etape = commencer(client)
    verifier = remplir(client, etape, **TEXTE, enfant=str(village.enfants["lea"]))
    envoi = lire_formulaire(client.get(verifier).text, "/verifier")
    with village.bd.session_ecriture() as session:
        session.execute(
            delete(AutoriteParentale).where(
                AutoriteParentale.personne_id == village.personnes["camille"],
                AutoriteParentale.enfant_id == village.enfants["lea"],
            )
        )
    assert envoi.envoyer(client).location == f"/saint-rivage{etape}"
    assert compter(village, Demarche) == 0


def test_a_family_without_children_may_ask(client: FlaskClient, village: Village) -> None:
    with village.bd.session_ecriture() as session:
        session.execute(
            update(AutoriteParentale)
            .where(AutoriteParentale.personne_id == village.personnes["karim"])
            .values(au=AutoriteParentale.du)
        )
    connecter(client, "karim.haddad")
    page = client.get(commencer(client, "attestation")).text
    assert "De paiement" in page
    assert "De présence" not in page
    assert "Pour quel enfant" not in client.get(commencer(client)).text


@pytest.mark.deux_moteurs
def test_a_required_document_is_waited_for_and_joined(
    app: Flask, client: FlaskClient, village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    ici(monkeypatch)
    regler(app, "question", pieces=("justificatif_domicile",), pieces_facultatives=("jugement",))
    connecter(client, "camille.morel")
    explication = client.get(QUESTION).text
    assert "Justificatif de domicile" in explication
    assert "Jugement ou convention (si vous l’avez)" in explication
    etape = commencer(client)
    documents = remplir(client, etape, **TEXTE)
    assert documents == f"{QUESTION}/documents"
    assert client.get(f"{QUESTION}/verifier").location == f"/saint-rivage{documents}"
    vide = envoyer_documents(client, "question")
    assert vide.status_code == 422
    assert "Il faut ce document pour envoyer la demande." in vide.text
    # A good photo beside a file that is none: the photo is kept, the other one is told.
    melange = envoyer_documents(client, "question", justificatif_domicile=[photo()], jugement=[b"MZ rien de bon"])
    assert melange.status_code == 200
    assert "jugement-0.jpg" in melange.text
    assert compter(village, Piece) == 1
    verifier = envoyer_documents(client, "question").location.removeprefix("/saint-rivage")
    assert verifier == f"{QUESTION}/verifier"
    resume = client.get(verifier).text
    assert "justificatif_domicile-0.jpg" in resume
    assert lire_formulaire(resume, "/verifier").envoyer(client).status_code == 303
    assert compter(village, DemarchePiece) == 1
    # The next request finds it in the porte-documents: one tick.
    remplir(client, commencer(client), **TEXTE)
    page = lire_formulaire(client.get(documents).text, "formulaire")
    page.cocher("piece_justificatif_domicile", page.cases["piece_justificatif_domicile"][0])
    page.champs.pop("fichier_justificatif_domicile")
    page.champs.pop("fichier_jugement")
    assert page.envoyer(client).location == f"/saint-rivage{verifier}"


def test_the_document_of_another_family_is_not_joined(app: Flask, client: FlaskClient, village: Village) -> None:
    regler(app, "question", pieces=("jugement",))
    with village.bd.session_ecriture() as session:
        piece = Piece(
            foyer_id=village.foyers["haddad"],
            enfant_id=village.enfants["yanis"],
            genre="jugement",
            nom="secret.pdf",
            type_mime="application/pdf",
            taille=1,
            objet="x",
            deposee_utc=app.config["HORLOGE"](),
        )
        session.add(piece)
        session.flush()
        piece_id = piece.id
    connecter(client, "camille.morel")
    documents = remplir(client, commencer(client), **TEXTE)
    reponse = poster(client, documents, {"piece_jugement": str(piece_id)})
    assert reponse.status_code == 422
    assert "secret" not in reponse.text


def test_odd_words_of_an_address_are_only_words(client: FlaskClient, village: Village) -> None:
    connecter(client, "camille.morel")
    etape = commencer(client, requete="?genre=x&_external=1&_anchor=y&sujet=cantine")
    assert lire_formulaire(client.get(etape).text, "formulaire").champs["sujet"] == ["cantine"]


def test_the_receipt_is_on_the_page_and_on_paper_for_who_may_read_it(client: FlaskClient, village: Village) -> None:
    connecter(client, "camille.morel")
    verifier = remplir(client, commencer(client, "reclamation"), reference="F-1", texte="Trop cher")
    demarche = lire_formulaire(client.get(verifier).text, "/verifier").envoyer(client, follow_redirects=True)
    assert "le 2 février 2027, votre demande sera considérée comme rejetée" in demarche.text
    papier = client.get("/demarches/D2026-000001/accuse.pdf")
    assert papier.mimetype == "application/pdf"
    assert papier.headers["Content-Disposition"].startswith("attachment")
    assert "2 février 2027" in texte_du_pdf(papier.data)
    connecter(client, "karim.haddad")
    assert client.get("/demarches/D2026-000001/accuse.pdf").status_code == 404


def test_the_pages_of_a_form_ask_little_of_the_database(
    app: Flask, client: FlaskClient, village: Village, compter_requetes: CompterRequetes
) -> None:
    regler(app, "question", pieces_facultatives=("jugement",))
    connecter(client, "camille.morel")
    etape = commencer(client)
    remplir(client, etape, **TEXTE)
    poster(client, f"{QUESTION}/documents")
    for adresse in ("/demarches/nouvelle", QUESTION, etape, f"{QUESTION}/documents", f"{QUESTION}/verifier"):
        with compter_requetes() as requetes:
            assert client.get(adresse).status_code == 200, adresse
        assert len(requetes) <= 12, adresse


def test_an_error_does_not_hide_what_another_tab_wrote(client: FlaskClient, village: Village) -> None:
    connecter(client, "camille.morel")
    etape = commencer(client)
    vieille = lire_formulaire(client.get(etape).text, "formulaire")
    remplir(client, etape, **TEXTE)
    vieille.champs |= {"sujet": ["autre"], "texte": [""]}
    corrigee = lire_formulaire(vieille.envoyer(client).text, "formulaire")
    corrigee.champs |= {"texte": ["Corrigé"]}
    assert corrigee.envoyer(client).status_code == 409


def test_another_day_is_another_request_if_the_family_says_so(client: FlaskClient, village: Village) -> None:
    connecter(client, "camille.morel")
    remplir(client, commencer(client), **TEXTE)
    explication = client.get(f"{QUESTION}?sujet=facture").text
    assert "Reprendre" in explication
    etape = lire_formulaire(explication, "?sujet=facture").envoyer(client).location.removeprefix("/saint-rivage")
    assert etape == f"{QUESTION}/question"
    champs = lire_formulaire(client.get(etape).text, "formulaire").champs
    assert (champs["sujet"], champs["texte"]) == (["facture"], [""])


@pytest.mark.parametrize("genre", FORMULAIRES)
def test_every_kind_opens_and_meets_nonsense_with_a_page(
    client: FlaskClient, village: Village, compter_requetes: CompterRequetes, genre: str
) -> None:
    connecter(client, "camille.morel")
    explication = client.get(f"/demarches/nouvelle/{genre}").text
    if "Commencer</button>" not in explication:
        # What this village does not offer says why, and a forged « Commencer » begins nothing.
        assert 'class="avis attention"' in explication
        assert poster(client, f"/demarches/nouvelle/{genre}").status_code == 409
        assert compter(village, DemarcheSaisie) == 0
        return
    etape = commencer(client, genre)
    with compter_requetes() as requetes:
        assert client.get(etape).status_code == 200
    assert len(requetes) <= 12
    noms = lire_formulaire(client.get(etape).text, "formulaire").champs
    nonsense = {nom: ["\x00'\"<b>", "-1"] for nom in noms if nom not in ("csrf_token", "foyer", "vu")}
    for donnees in ({}, nonsense, {"enfant": ["999999999999999999999"], "jour": ["9999-99-99"]}):
        reponse = poster(client, etape, donnees)
        assert reponse.status_code in (303, 404, 409, 422), donnees


@pytest.mark.deux_moteurs
def test_two_sendings_at_the_same_moment_make_one_request(app: Flask, client: FlaskClient, village: Village) -> None:
    connecter(client, "camille.morel")
    envoi = lire_formulaire(client.get(remplir(client, commencer(client), **TEXTE)).text, "/verifier")
    clients = [client, app.test_client()]
    with client.session_transaction() as cookie, clients[1].session_transaction() as autre:
        autre.update(cookie)
        autre.permanent = True
    depart = Barrier(2)

    def presser(qui: FlaskClient) -> tuple[int, str]:
        depart.wait(timeout=10)
        reponse = envoi.envoyer(qui)
        return reponse.status_code, str(reponse.location)

    with ThreadPoolExecutor(2) as doigts:
        reponses = set(doigts.map(presser, clients))
    assert reponses == {(303, "/saint-rivage/demarches/D2026-000001?envoyee=1")}
    assert compter(village, Demarche) == compter(village, Courriel) == 1


def test_a_foyer_changed_in_another_tab_keeps_what_was_typed(client: FlaskClient, village: Village) -> None:
    """Julien is of two foyers: the page of the first one says so, and takes up again with its words."""
    connecter(client, "julien.ferrand")
    ferrand, petit = village.foyers["ferrand"], village.foyers["petit"]
    etape = commencer(client)
    formulaire = lire_formulaire(client.get(etape).text, "formulaire")
    formulaire.champs |= {"sujet": ["cantine"], "texte": ["Ligne une\nligne deux"]}
    poster(client, "/foyer", {"foyer": petit})
    ailleurs = formulaire.envoyer(client)
    assert ailleurs.status_code == 409
    assert "Rien n’a été fait" in ailleurs.text
    with village.bd.session_lecture() as session:
        assert session.scalars(select(DemarcheSaisie)).one().contenu == {}
    reprise = lire_formulaire(ailleurs.text, "reprendre")
    verifier = str(reprise.envoyer(client).location.removeprefix("/saint-rivage"))
    envoi = lire_formulaire(client.get(verifier).text, "/verifier")
    poster(client, "/foyer", {"foyer": petit})
    # The summary is read again before it is sent.
    relu = lire_formulaire(envoi.envoyer(client).text, "reprendre").envoyer(client)
    assert relu.location.endswith(verifier)
    assert envoi.envoyer(client).status_code == 303
    with village.bd.session_lecture() as session:
        demarche = session.scalars(select(Demarche)).one()
        assert (demarche.foyer_id, demarche.contenu["texte"]) == (ferrand, "Ligne une\nligne deux")
    assert poster(client, etape, {"foyer": village.foyers["morel"]}).status_code == 404
