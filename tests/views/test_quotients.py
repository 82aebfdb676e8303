"""A QF on the screen: declared with its document, asked of the CAF, accepted at the desk, and the prices it gives."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from portail_famille.api_particulier_locale import JETON, SIRET, Serveur
from portail_famille.config import ReglagesCommune
from portail_famille.config.reglages import ReglagesQuotient
from portail_famille.domain.demarches import Cote
from portail_famille.domain.genres import Decision
from portail_famille.models.demarches import Demarche, DemarcheSaisie
from portail_famille.models.documents import Piece
from portail_famille.models.factures import Facture
from portail_famille.models.quotients import QuotientFamilial
from portail_famille.services.demarches import deposer, refuser
from portail_famille.services.journal import Auteur
from tests.conftest import CompterRequetes
from tests.support.agents import agent, connecter_agent
from tests.support.client import connecter, poster
from tests.support.ecran import phrases
from tests.support.facturations import emettre_mois
from tests.support.formulaires import lire_formulaire
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import JEUDI, LUNDI, VENDREDI, Village
from tests.views.test_nouvelle_demarche import commencer, remplir

PAGE = "/quotient-familial"
DEMANDER = f"{PAGE}/demander"
CAMILLE = {
    "nom_naissance": "Morel",
    "prenoms": "Camille",
    "sexe": "F",
    "naissance": "1988-03-14",
    "commune": "Rennes",
    "departement": "35",
}


@pytest.fixture
def caf() -> Iterator[Serveur]:
    with Serveur() as serveur:
        yield serveur


@pytest.fixture
def reglages(reglages: ReglagesCommune, request: pytest.FixtureRequest) -> ReglagesCommune:
    """The village's town; with a token where the test uses `caf`."""
    if "caf" not in request.fixturenames:
        return reglages
    serveur: Serveur = request.getfixturevalue("caf")
    return replace(
        reglages,
        quotient=ReglagesQuotient(
            api_particulier_url=serveur.adresse, api_particulier_jeton=JETON, api_particulier_siret=SIRET
        ),
    )


def demarches(village: Village) -> list[Demarche]:
    with village.bd.session_lecture() as session:
        return list(session.scalars(select(Demarche).order_by(Demarche.id)))


def test_a_family_without_a_quotient_reads_it_beside_every_price(client: FlaskClient, village: Village) -> None:
    connecter(client, "karim.haddad")
    assert "Quotient familial pas connu\u00a0: tarif maximum." in phrases(client.get("/"))
    page = client.get(PAGE)
    assert "Sans quotient familial connu, le tarif maximum s’applique." in phrases(page)
    assert "Tarif maximum\u00a0: 5,10\u00a0€, jusqu’à régularisation." in phrases(page)
    agenda = client.get(f"/enfants/{village.enfants['yanis']}/agenda?mois=2026-12")
    assert "Prix au tarif maximum" in phrases(agenda)
    assert 'href="/saint-rivage/quotient-familial"' in agenda.text
    village.cocher("yanis", [("repas", LUNDI)], qui="karim", foyer="haddad")
    assert "Estimation au tarif maximum" in phrases(client.get("/reservations/recapitulatif"))


def test_a_month_after_the_end_says_the_highest_price(client: FlaskClient, village: Village) -> None:
    with village.bd.session_ecriture() as session:
        session.execute(
            update(QuotientFamilial)
            .where(QuotientFamilial.foyer_id == village.foyers["ferrand"])
            .values(au=date(2026, 12, 15))
        )
    connecter(client, "julien.ferrand")
    poster(client, f"/foyer/{village.foyers['ferrand']}")
    agenda = f"/enfants/{village.enfants['lea']}/agenda?mois="
    fin = "votre quotient familial s’arrête le 15 décembre 2026."
    assert f"À partir du 16 décembre, prix au tarif maximum\u00a0: {fin}" in phrases(client.get(agenda + "2026-12"))
    assert f"Prix au tarif maximum\u00a0: {fin}" in phrases(client.get(agenda + "2027-01"))
    assert "Le vôtre s’arrête le 15 décembre 2026." in phrases(client.get("/"))
    assert "Le vôtre s’arrête le 15 décembre 2026." in phrases(client.get(PAGE))
    assert "À partir du 16 décembre 2026, sans nouvelle déclaration\u00a0: tarif maximum." in phrases(client.get(PAGE))


def test_the_page_shows_what_counts_now_and_next(client: FlaskClient, village: Village) -> None:
    connecter(client, "camille.morel")
    dit = phrases(client.get(PAGE))
    assert "Compte du 1er janvier 2026 au 31 décembre 2026." in dit
    assert "Ensuite\u00a0: 500, depuis le 1er janvier 2027" in dit
    assert "tranche «\u00a0" in dit
    assert "Déclarer votre nouveau QF" not in phrases(client.get("/"))


def declarer(client: FlaskClient, village: Village, qui: str = "karim", foyer: str = "haddad", **champs: str) -> str:
    """Walks the form to its summary, the attestation being in the porte-documents; the address of the summary."""
    with village.bd.session_ecriture() as session:
        piece = Piece(
            foyer_id=village.foyers[foyer],
            est_du_foyer=True,
            genre="attestation_caf",
            nom="attestation.pdf",
            type_mime="application/pdf",
            taille=10,
            objet=f"objet-{qui}",
            deposee_utc=MERCREDI_SOIR,
            deposee_par=village.comptes[qui],
        )
        session.add(piece)
        session.flush()
        piece_id = str(piece.id)
    etape = remplir(client, commencer(client, "quotient"), moyen="attestation")
    documents = remplir(client, etape, **({"valeur": "500", "mois": "2026-11-01", "organisme": "caf"} | champs))
    formulaire = lire_formulaire(client.get(documents).text, "formulaire")
    nom = next((nom for nom, valeurs in formulaire.cases.items() if piece_id in valeurs), None)
    if nom is not None:
        formulaire.cocher(nom, piece_id)
    reponse = formulaire.envoyer(client)
    assert reponse.status_code == 303, reponse.text
    return str(reponse.location.removeprefix("/saint-rivage"))


def test_a_declaration_is_sent_from_the_phone_accepted_at_the_desk_and_changes_the_agenda(
    client: FlaskClient, village: Village
) -> None:
    village.reserver("yanis", "repas", LUNDI, foyer="haddad")
    connecter(client, "karim.haddad")
    agenda = f"/enfants/{village.enfants['yanis']}/agenda?mois=2026-12"
    assert "<i>2,00\u00a0€" not in client.get(agenda).text
    verifier = declarer(client, village, allocataire="123 4567")
    resume = client.get(verifier)
    dit = phrases(resume)
    assert "Ce quotient comptera du 2 décembre 2026 au 31 décembre 2027." in dit
    assert "1 prix change Repas (Yanis)" in dit
    assert "au lieu de 5,10\u00a0€" in dit
    assert "2,00\u00a0€ au lieu de 5,10\u00a0€." in dit
    assert lire_formulaire(resume.text, "/verifier").envoyer(client).status_code == 303
    (demarche,) = demarches(village)
    assert demarche.contenu["allocataire"] == "1234567"
    assert "La mairie l’a reçue et vous répondra." in phrases(client.get(PAGE))
    # Declared: nobody asks for it again.
    page = f'href="/saint-rivage/demarches/{demarche.numero}"'
    for adresse in ("/", "/tableau-de-bord"):
        lue = client.get(adresse)
        assert "en cours de vérification" in phrases(lue)
        assert page in lue.text
        assert "à faire" not in phrases(lue)
    assert "Déclarer votre nouveau QF" not in phrases(client.get("/"))
    assert "Votre foyer a déjà une déclaration en cours" in phrases(client.get("/demarches/nouvelle/quotient"))

    with village.bd.session_ecriture() as session:
        rose = agent(session).identifiant
    connecter_agent(client, rose)
    adresse = f"/agent/demarches/{demarche.numero}"
    bureau = client.get(adresse)
    assert "\u00a0: prix avant et après" in phrases(bureau)
    assert phrases(bureau).index("2,00\u00a0€ au lieu de 5,10\u00a0€.") < phrases(bureau).index("Repas (Yanis)")
    assert "au lieu de 5,10\u00a0€" in phrases(bureau)
    formulaire = lire_formulaire(bureau.text, "accepter")
    formulaire.champs["qf_du"] = ["2026-09-01"]
    refus = formulaire.envoyer(client)
    assert refus.status_code == 422
    assert "Avant le 2 décembre 2026, c’est rétroactif" in phrases(refus)
    formulaire = lire_formulaire(refus.text, "accepter")
    assert formulaire.champs["qf_du"] == ["2026-09-01"]
    formulaire.champs["qf_du"] = ["2026-12-08"]
    assert formulaire.envoyer(client).status_code == 303

    connecter(client, "karim.haddad")
    apres = client.get(agenda).text
    assert "<i>5,10\u00a0€" in apres
    assert "<i>2,00\u00a0€" in apres
    repondue = client.get(f"/demarches/{demarche.numero}")
    assert "Décidé par la mairie" in phrases(repondue)
    assert "du 2 décembre 2026 au 31 décembre 2027" in phrases(repondue)
    assert "500, du 8 décembre 2026 au 31 décembre 2027" in phrases(repondue)
    assert 'href="/saint-rivage/quotient-familial"' in repondue.text
    page = phrases(client.get(PAGE))
    assert "Ensuite\u00a0: 500, du 8 décembre 2026 au 31 décembre 2027" in page


def test_an_answer_that_names_the_page_of_the_quotient_leads_there(client: FlaskClient, village: Village) -> None:
    motifs = ("Déclarez-le dans «\u00a0Mon quotient familial\u00a0».", "La facture est juste.")
    numeros = []
    with village.bd.session_ecriture() as session:
        for motif in motifs:
            karim, foyer_id = Auteur(Cote.FAMILLE, village.comptes["karim"]), village.foyers["haddad"]
            contenu = {"reference": "F1", "texte": "Trop cher."}
            demarche = deposer(
                session, genre="reclamation", auteur=karim, maintenant=MERCREDI_SOIR, contenu=contenu, foyer_id=foyer_id
            )
            refuser(session, demarche, demarche.version, motif, Auteur(Cote.AGENT), MERCREDI_SOIR)
            numeros.append(demarche.numero)
    connecter(client, "karim.haddad")
    liens = ['href="/saint-rivage/quotient-familial"' in client.get(f"/demarches/{n}").text for n in numeros]
    assert liens == [True, False]


def test_an_avis_d_imposition_gives_its_quotient_before_it_is_sent(client: FlaskClient, village: Village) -> None:
    connecter(client, "karim.haddad")
    etape = remplir(client, commencer(client, "quotient"), moyen="avis")
    assert etape.endswith("/avis")
    documents = remplir(client, etape, revenu="20 000", parts="2,5")
    assert "Avis d’imposition" in phrases(client.get(documents))
    with village.bd.session_lecture() as session:
        contenu = session.scalars(select(DemarcheSaisie)).one().contenu
    assert contenu["avis"] == {"revenu": "20\u202f000", "parts": "2,5"}


@pytest.mark.parametrize(
    ("champ", "valeur", "dit"),
    [
        ("valeur", "1.250", "Écrivez un montant en euros"),
        ("allocataire", "12", "7 chiffres"),
        ("mois", "2020-01-01", "Choisissez dans la liste."),
    ],
)
def test_a_slip_is_said_beside_its_field(
    client: FlaskClient, village: Village, champ: str, valeur: str, dit: str
) -> None:
    connecter(client, "karim.haddad")
    etape = remplir(client, commencer(client, "quotient"), moyen="attestation")
    formulaire = lire_formulaire(client.get(etape).text, "formulaire")
    bons = {"valeur": "500", "mois": "2026-11-01", "organisme": "caf"}
    formulaire.champs |= {nom: [v] for nom, v in (bons | {champ: valeur}).items()}
    reponse = formulaire.envoyer(client)
    assert (reponse.status_code, dit in phrases(reponse)) == (422, True)


def demander(client: FlaskClient, **champs: str) -> TestResponse:
    formulaire = lire_formulaire(client.get(DEMANDER).text, "formulaire")
    formulaire.champs |= {nom: [valeur] for nom, valeur in (CAMILLE | champs).items()}
    return formulaire.envoyer(client)


def test_the_caf_is_asked_and_no_document_is(caf: Serveur, client: FlaskClient, village: Village) -> None:
    connecter(client, "camille.morel")
    caf.etat.familles = (replace(caf.etat.familles[0], valeur=639.99),)
    assert lire_formulaire(client.get(DEMANDER).text, "formulaire").champs["nom_naissance"] == ["Morel"]
    reponse = demander(client)
    (demarche,) = demarches(village)
    assert reponse.location == f"/saint-rivage/demarches/{demarche.numero}?envoyee=1"
    assert demarche.contenu["valeur"] == 63_999
    assert (demarche.contenu["moyen"], demarche.contenu["mois"]) == ("obtenu", "2026-12-01")
    # Nothing of what was typed for the call is anywhere in the base.
    tout = repr(village.photographier())
    assert "Rennes" not in tout
    assert "1988" not in tout
    assert demander(client).status_code == 409
    assert caf.etat.appels == 1


@pytest.mark.parametrize(
    ("panne", "dit"),
    [
        ("absent", "ne trouvent de dossier à ce nom"),
        ("panne", "La CAF ne répond pas en ce moment."),
        ("charabia", "La CAF ne répond pas en ce moment."),
    ],
)
def test_a_caf_that_does_not_answer_leaves_the_document(
    caf: Serveur, client: FlaskClient, village: Village, panne: str, dit: str
) -> None:
    connecter(client, "camille.morel")
    caf.etat.panne = panne
    reponse = demander(client)
    assert reponse.status_code == 409
    assert dit in phrases(reponse)
    assert "ou déclarez votre quotient avec un document." in phrases(reponse)
    assert 'value="1988-03-14"' in reponse.text
    assert demarches(village) == []


def test_somebody_else_s_household_is_not_taken(caf: Serveur, client: FlaskClient, village: Village) -> None:
    connecter(client, "camille.morel")
    reponse = demander(client, nom_naissance="Haddad", prenoms="Karim", naissance="1984-01-30", sexe="M")
    assert reponse.status_code == 409
    assert "Cette identité n’est pas la vôtre" in phrases(reponse)
    assert "639" not in phrases(reponse)
    assert demarches(village) == []


def test_an_identity_is_not_guessed_at(caf: Serveur, client: FlaskClient, village: Village) -> None:
    connecter(client, "camille.morel")
    for jour in range(1, 7):
        derniere = demander(client, naissance=f"1988-03-0{jour}")
    assert "C’est trop de demandes aujourd’hui" in phrases(derniere)
    assert caf.etat.appels == 5


@pytest.mark.parametrize(("champ", "valeur"), [("departement", "99"), ("naissance", "2026-01-01"), ("sexe", "")])
def test_an_identity_is_read_before_anybody_is_asked(
    caf: Serveur, client: FlaskClient, village: Village, champ: str, valeur: str
) -> None:
    connecter(client, "camille.morel")
    assert demander(client, **{champ: valeur}).status_code == 422
    assert caf.etat.appels == 0


def test_the_rules_accept_what_the_caf_said_where_the_town_lets_them(
    caf: Serveur, client: FlaskClient, village: Village
) -> None:
    reglages: ReglagesCommune = client.application.extensions["reglages"]
    genre = replace(reglages.demarches["quotient"], decision=Decision.AUTOMATIQUE)
    client.application.extensions["reglages"] = replace(reglages, demarches={**reglages.demarches, "quotient": genre})
    connecter(client, "karim.haddad")
    karim = {"nom_naissance": "Haddad", "prenoms": "Karim", "naissance": "1984-01-30", "sexe": "M"}
    assert demander(client, **karim).location == "/saint-rivage/quotient-familial"
    page = phrases(client.get(PAGE))
    assert "Votre quotient familial est à jour." in page
    assert "Reçu de la CAF ou de la MSA" in page
    # A document, there too, is read by somebody.
    connecter(client, "julien.ferrand")
    verifier = declarer(client, village, "julien", "ferrand")
    lire_formulaire(client.get(verifier).text, "/verifier").envoyer(client)
    assert [d.etat for d in demarches(village)] == ["acceptee", "deposee"]


def test_a_town_without_a_token_offers_the_document_alone(client: FlaskClient, village: Village) -> None:
    connecter(client, "karim.haddad")
    assert client.get(DEMANDER).status_code == 404
    assert "Demander mon quotient" not in phrases(client.get(PAGE))


def test_the_pages_stay_in_their_budget(
    client: FlaskClient, village: Village, compter_requetes: CompterRequetes
) -> None:
    connecter(client, "camille.morel")
    verifier = declarer(client, village, "camille", "morel")
    for adresse in (PAGE, verifier):
        client.get(adresse)
        with compter_requetes() as requetes:
            client.get(adresse)
        assert len(requetes) <= 12, requetes


def test_an_invoice_at_the_highest_price_leads_there_once_for_each_child(
    client: FlaskClient, village: Village, reglages: ReglagesCommune
) -> None:
    """However many of its prices are for want of a QF."""
    village.reserver("yanis", "repas", JEUDI, foyer="haddad")
    village.reserver("yanis", "repas", VENDREDI, foyer="haddad", etat="absente_injustifiee")
    emettre_mois(village.bd, reglages)
    with village.bd.session_lecture() as session:
        facture = session.scalars(select(Facture.id).where(Facture.foyer_id == village.foyers["haddad"])).one()
    connecter(client, "karim.haddad")
    page = client.get(f"/factures/{facture}").text
    # A step is one box beside its number: the raised letter of « 2e enfant » does not fall on a line of its own.
    assert page.count("<li><span>Le prix le plus haut s’applique donc") == 2
    assert page.count(f'href="/saint-rivage{PAGE}">Déclarer mon quotient familial') == 1
