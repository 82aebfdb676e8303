"""One request at the desk: complement, words to the family, notes, charge; then the next one of the queue."""

import io
from typing import Any

import pytest
from sqlalchemy import select

from portail_famille.models.demarches import Demarche, DemarchePiece
from portail_famille.models.documents import Piece
from tests.support.client import poster
from tests.support.ecran import phrases
from tests.support.formulaires import lire_formulaire
from tests.support.pieces import photo
from tests.support.temps import MERCREDI_SOIR
from tests.views.agent.conftest import Bureau
from tests.views.agent.test_demarches import deposer_adresse, deposer_espace, etat, mails


def envoyer(bureau: Bureau, adresse: str, formulaire: str, **champs: Any) -> Any:
    lu = lire_formulaire(bureau.client.get(adresse).text, formulaire)
    lu.champs |= {nom: valeur if isinstance(valeur, list) else [valeur] for nom, valeur in champs.items()}
    return lu.envoyer(bureau.client)


def lire(bureau: Bureau, numero: str) -> Demarche:
    with bureau.bd.session_lecture() as session:
        return session.scalars(select(Demarche).where(Demarche.numero == numero)).one()


def test_a_complement_is_asked_from_a_model_and_the_queue_goes_on(bureau: Bureau) -> None:
    premiere, seconde = deposer_adresse(bureau), deposer_adresse(bureau, "haddad", "karim")
    bureau.entrer()
    adresse = f"/agent/demarches/{premiere}?genre=coordonnees"
    formulaire = lire_formulaire(bureau.client.get(adresse).text, "complement")
    assert formulaire.champs["avant"] == ["2026-12-17"]
    formulaire.champs |= {"modele": ["Bonjour Camille, la page 2 manque."], "texte": ["Merci."]}
    reponse = formulaire.envoyer(bureau.client)
    assert reponse.status_code == 303
    assert reponse.location.endswith(f"/agent/demarches?genre=coordonnees&fait={premiere}&suivante={seconde}")
    assert etat(bureau, premiere) == "complement_demande"
    file = bureau.client.get(reponse.location.removeprefix("/saint-rivage"))
    assert f"Demande {premiere}\u00a0: attend la famille." in phrases(file)
    assert f'agent/demarches/{seconde}?genre=coordonnees" autofocus' in file.text
    page = phrases(bureau.client.get(f"/agent/demarches/{premiere}"))
    assert "Complément demandé par Rose Dubois" in page
    assert "Bonjour Camille, la page 2 manque. Merci." in page
    assert "Demander un complément" not in page, "not twice"
    assert "page 2" not in "".join(m.corps_texte for m in mails(bureau))


@pytest.mark.parametrize(
    ("formulaire", "champs", "champ"),
    [
        ("complement", {"texte": " ", "modele": ""}, "texte"),
        ("complement", {"texte": "Une photo", "avant": "hier"}, "avant"),
        ("complement", {"texte": "Une photo", "avant": "2026-12-01"}, "avant"),
        ("ecrire", {"message": "", "modele": ""}, "message"),
        ("noter", {"note": " "}, "note"),
        ("refuser", {"motif": "", "motif_choisi": ""}, "motif"),
    ],
)
def test_a_fault_is_told_beside_its_field_and_nothing_is_written(
    bureau: Bureau, formulaire: str, champs: dict[str, str], champ: str
) -> None:
    numero = deposer_adresse(bureau)
    bureau.entrer()
    reponse = envoyer(bureau, f"/agent/demarches/{numero}", formulaire, **champs)
    assert reponse.status_code == 422
    assert f'id="{champ}-faute"' in reponse.text
    assert f'<a href="#{champ}">' in reponse.text
    assert lire_formulaire(reponse.text, formulaire).champs[champ] == [champs[champ]], "what was typed stays"
    assert (etat(bureau, numero), mails(bureau)) == ("deposee", [])


def test_a_letter_goes_with_a_message_and_the_family_may_read_it(bureau: Bureau) -> None:
    numero = deposer_adresse(bureau)
    bureau.entrer()
    fichier = (io.BytesIO(photo()), "attestation.jpg")
    reponse = envoyer(bureau, f"/agent/demarches/{numero}", "ecrire", message="Voici l’attestation.", document=fichier)
    assert reponse.status_code == 303, phrases(reponse)
    page = bureau.client.get(f"/agent/demarches/{numero}")
    assert "Message de Rose Dubois" in phrases(page)
    assert "Document de la mairie" in phrases(page)
    with bureau.bd.session_lecture() as session:
        piece = session.scalars(select(Piece)).one()
        assert (piece.foyer_id, piece.est_du_foyer, piece.genre) == (
            bureau.village.foyers["morel"],
            True,
            "courrier_mairie",
        )
    (mail,) = mails(bureau)
    assert "attestation" not in mail.corps_texte
    assert numero in mail.objet


def test_a_bad_document_is_told_and_the_words_stay(bureau: Bureau) -> None:
    numero = deposer_adresse(bureau)
    bureau.entrer()
    fichier = (io.BytesIO(b"<html>"), "piege.html")
    reponse = envoyer(bureau, f"/agent/demarches/{numero}", "ecrire", message="Voici.", document=fichier)
    assert reponse.status_code == 422
    assert 'id="document-faute"' in reponse.text
    assert lire_formulaire(reponse.text, "ecrire").champs["message"] == ["Voici."]
    assert mails(bureau) == []


def test_a_request_is_taken_in_charge_then_filtered(bureau: Bureau) -> None:
    mienne, autre = deposer_adresse(bureau), deposer_adresse(bureau, "haddad", "karim")
    bureau.entrer()
    assert envoyer(bureau, f"/agent/demarches/{mienne}", "prendre").status_code == 303
    assert (etat(bureau, mienne), lire(bureau, mienne).assignee_id) == ("en_cours", bureau.comptes["Rose"])
    for filtre, attendues in (
        ({"agent": "moi"}, {mienne}),
        ({"agent": "personne"}, {autre}),
        ({"agent": str(bureau.comptes["Inès"])}, set()),
        ({"agent": "x'", "tri": "?", "retard": "?"}, {mienne, autre}),
        ({"structure": "creche"}, {mienne}),
        ({"retard": "oui"}, set()),
    ):
        page = bureau.client.get("/agent/demarches", query_string=filtre).text
        assert {numero for numero in (mienne, autre) if f"{numero}" in page} == attendues, filtre
    refus = envoyer(bureau, f"/agent/demarches/{autre}", "confier", assignee=str(bureau.comptes["Inès"]))
    assert refus.status_code == 422
    assert "ne s’occupe pas de cette famille" in phrases(refus)
    assert (
        envoyer(bureau, f"/agent/demarches/{mienne}", "confier", assignee=str(bureau.comptes["Inès"])).status_code
        == 303
    )
    assert lire(bureau, mienne).assignee_id == bureau.comptes["Inès"]
    bureau.entrer("Inès")
    assert "Rose Dubois a aussi ouvert cette demande" in phrases(bureau.client.get(f"/agent/demarches/{mienne}"))


def test_a_request_with_a_document_to_read_is_not_accepted_by_a_tick(bureau: Bureau) -> None:
    numero = deposer_adresse(bureau)
    with bureau.bd.session_ecriture() as session:
        demarche = session.scalars(select(Demarche).where(Demarche.numero == numero)).one()
        piece = Piece(
            foyer_id=demarche.foyer_id, genre="justificatif_domicile", nom="n.pdf", type_mime="application/pdf",
            taille=1, objet="o", deposee_utc=MERCREDI_SOIR,
        )  # fmt: skip
        session.add(piece)
        session.flush()
        session.add(DemarchePiece(demarche_id=demarche.id, piece_id=piece.id))
    bureau.entrer()
    assert 'id="lot"' not in bureau.client.get("/agent/demarches").text
    force = {"choix": f"{numero}:1", "confirme": "oui"}
    assert "un document est à lire" in phrases(poster(bureau.client, "/agent/demarches/lot", force))
    assert etat(bureau, numero) == "deposee"


def test_requests_are_accepted_many_at_once_after_a_confirmation(bureau: Bureau) -> None:
    numeros = [deposer_adresse(bureau), deposer_adresse(bureau, "haddad", "karim"), deposer_espace(bureau)]
    bureau.entrer()
    page = lire_formulaire(bureau.client.get("/agent/demarches").text, "lot")
    assert page.cases["choix"] == [f"{numero}:1" for numero in numeros[:2]], "a new family is opened first"
    assert page.envoyer(bureau.client).status_code == 303, "nothing ticked"
    for valeur in list(page.cases["choix"]):
        page.cocher("choix", valeur)
    confirmation = page.envoyer(bureau.client)
    assert (confirmation.status_code, etat(bureau, numeros[0])) == (200, "deposee")
    assert phrases(confirmation).count("Adresse\u00a0: ") == 2, "what each will write is read before it is confirmed"
    lot = lire_formulaire(confirmation.text, "lot")
    assert "2 demandes acceptées" in phrases(lot.envoyer(bureau.client))
    assert [etat(bureau, numero) for numero in numeros] == ["acceptee", "acceptee", "deposee"]
    encore = lot.envoyer(bureau.client)
    assert "2 demandes n’ont pas été acceptées" in phrases(encore)
    assert "déjà terminée" in phrases(encore)
    assert len(mails(bureau)) == 2
    assert poster(bureau.client, "/agent/demarches/lot", {"choix": "n’importe quoi"}).status_code == 400


def test_who_reads_only_is_offered_no_tick_and_no_answer(bureau: Bureau) -> None:
    numero = deposer_adresse(bureau)
    bureau.entrer("Odile")
    assert 'name="choix"' not in bureau.client.get("/agent/demarches").text
    page = bureau.client.get(f"/agent/demarches/{numero}").text
    assert all(f'id="{formulaire}"' not in page for formulaire in ("ecrire", "noter", "prendre", "complement"))
    for suite in ("", "/agent", "/messages", "/notes"):
        donnees = {"version": 1, "decision": "accepter", "assignee": 1, "message": "x", "note": "x"}
        assert poster(bureau.client, f"/agent/demarches/{numero}{suite}", donnees).status_code == 404
