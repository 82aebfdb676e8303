"""The queue and the answers: accept, refuse, two agents at once, a family the town does not know yet."""

from typing import Any

import pytest
from sqlalchemy import select

from portail_famille.domain.demarches import Cote
from portail_famille.models.comptes import Compte
from portail_famille.models.courriels import Courriel
from portail_famille.models.demarches import Demarche
from portail_famille.models.foyers import Foyer, Personne, Responsable
from portail_famille.models.journal import ActeJournal
from portail_famille.services.demarches import deposer
from portail_famille.services.journal import Auteur
from tests.conftest import CompterRequetes
from tests.support.client import poster
from tests.support.ecran import phrases
from tests.support.formulaires import lire_formulaire
from tests.support.temps import MERCREDI_SOIR
from tests.views.agent.conftest import Bureau

INCONNUE: dict[str, Any] = {
    "civilite": "Mme",
    "prenom": "Fatou",
    "nom": "N’Diaye",
    "courriel": "fatou@courriel.example",
    "telephone": "+33639981234",
    "adresse": "3 rue du Lavoir",
    "code_postal": "99999",
    "ville": "Le Village",
    "enfants": ["Awa N’Diaye 04/05/2019"],
    "message": "",
}


def deposer_adresse(bureau: Bureau, foyer: str = "morel", qui: str = "camille") -> str:
    with bureau.bd.session_ecriture() as session:
        return deposer(
            session,
            genre="coordonnees",
            auteur=Auteur(Cote.FAMILLE, bureau.village.comptes[qui]),
            maintenant=MERCREDI_SOIR,
            avant={"foyer.adresse": ""},
            contenu={"foyer.adresse": "5 rue des Ormes"},
            foyer_id=bureau.village.foyers[foyer],
        ).numero


def deposer_espace(bureau: Bureau, **remplacements: Any) -> str:
    with bureau.bd.session_ecriture() as session:
        return deposer(
            session,
            genre="espace",
            auteur=Auteur(Cote.FAMILLE),
            maintenant=MERCREDI_SOIR,
            contenu=INCONNUE | remplacements,
        ).numero


def etat(bureau: Bureau, numero: str) -> str:
    with bureau.bd.session_lecture() as session:
        return session.scalars(select(Demarche.etat).where(Demarche.numero == numero)).one()


def mails(bureau: Bureau) -> list[Courriel]:
    with bureau.bd.session_lecture() as session:
        return list(session.scalars(select(Courriel).order_by(Courriel.id)))


def decider(bureau: Bureau, numero: str, formulaire: str, **champs: str) -> Any:
    lu = lire_formulaire(bureau.client.get(f"/agent/demarches/{numero}").text, formulaire)
    lu.champs |= {nom: [valeur] for nom, valeur in champs.items()}
    return lu.envoyer(bureau.client)


def test_the_queue_shows_what_waits_and_leads_to_it(bureau: Bureau) -> None:
    numero = deposer_adresse(bureau)
    page = bureau.entrer().get("/agent/")
    assert "Changement de coordonnées" in phrases(page)
    assert f'href="/saint-rivage/agent/demarches/{numero}"' in page.text


def test_old_and_new_values_are_side_by_side(bureau: Bureau) -> None:
    numero = deposer_adresse(bureau)
    dit = phrases(bureau.entrer().get(f"/agent/demarches/{numero}"))
    assert dit.index("Aujourd’hui\u00a0: rien") < dit.index("Demandé\u00a0: 5 rue des Ormes")
    assert "Envoyée par Camille Morel" in dit


def test_accepting_applies_and_tells_the_family_without_saying_what(bureau: Bureau) -> None:
    numero = deposer_adresse(bureau)
    bureau.entrer()
    assert decider(bureau, numero, "accepter").status_code == 303
    with bureau.bd.session_lecture() as session:
        assert session.get_one(Foyer, bureau.village.foyers["morel"]).adresse == "5 rue des Ormes"
    assert etat(bureau, numero) == "acceptee"
    (mail,) = mails(bureau)
    assert mail.destinataire == "camille@courriel.example"
    assert numero in mail.objet
    assert "Ormes" not in mail.corps_texte + mail.corps_html


def test_refusing_says_why_to_the_family(bureau: Bureau) -> None:
    numero = deposer_adresse(bureau)
    bureau.entrer()
    assert decider(bureau, numero, "refuser", motif="Il manque un justificatif.").status_code == 303
    assert etat(bureau, numero) == "refusee"
    (mail,) = mails(bureau)
    assert "Il manque un justificatif." not in mail.corps_texte + mail.corps_html
    assert f"/demarches/{numero}" in mail.corps_texte
    assert "Il manque un justificatif." in phrases(bureau.client.get(f"/agent/demarches/{numero}"))


def test_a_refusal_without_a_reason_is_not_sent(bureau: Bureau) -> None:
    numero = deposer_adresse(bureau)
    bureau.entrer()
    reponse = decider(bureau, numero, "refuser", motif="  ")
    assert reponse.status_code == 422
    assert "la famille le lira" in phrases(reponse)
    assert (etat(bureau, numero), mails(bureau)) == ("deposee", [])


def test_the_second_of_two_agents_is_told_and_keeps_what_she_typed(bureau: Bureau) -> None:
    numero = deposer_adresse(bureau)
    bureau.entrer()
    page = bureau.client.get(f"/agent/demarches/{numero}").text
    assert decider(bureau, numero, "accepter").status_code == 303
    tard = lire_formulaire(page, "refuser")
    tard.champs["motif"] = ["Trop tard"]
    reponse = tard.envoyer(bureau.client)
    assert reponse.status_code == 409
    assert "déjà terminée" in phrases(reponse)
    assert etat(bureau, numero) == "acceptee"
    assert len(mails(bureau)) == 1


def test_a_change_that_no_longer_applies_is_told_and_nothing_moves(bureau: Bureau) -> None:
    numero = deposer_adresse(bureau)
    with bureau.bd.session_ecriture() as session:
        session.get_one(Foyer, bureau.village.foyers["morel"]).adresse = "ailleurs"
    bureau.entrer()
    reponse = decider(bureau, numero, "accepter")
    assert reponse.status_code == 409
    assert "ailleurs" in phrases(reponse)
    assert (etat(bureau, numero), mails(bureau)) == ("deposee", [])


def test_reading_a_demarche_leaves_a_line_in_the_journal(bureau: Bureau) -> None:
    numero = deposer_adresse(bureau)
    bureau.entrer().get(f"/agent/demarches/{numero}")
    with bureau.bd.session_lecture() as session:
        acte = session.scalars(select(ActeJournal).where(ActeJournal.action == "demarche_vue")).one()
    assert (acte.compte_id, acte.foyer_id) == (bureau.comptes["Rose"], bureau.village.foyers["morel"])
    assert acte.details["numero"] == numero


def test_who_reads_only_sees_no_button(bureau: Bureau) -> None:
    numero = deposer_adresse(bureau)
    page = bureau.entrer("Odile").get(f"/agent/demarches/{numero}")
    assert page.status_code == 200
    assert "Accepter" not in phrases(page).replace("Accepter écrit", "")
    assert poster(bureau.client, f"/agent/demarches/{numero}", {"version": 1}).status_code == 404
    assert etat(bureau, numero) == "deposee"


def test_an_agent_of_one_structure_works_on_its_families_only(bureau: Bureau) -> None:
    """Mia Le Gall is at the crèche; nobody of the Haddad is."""
    sien, autre, inconnu = (
        deposer_adresse(bureau),
        deposer_adresse(bureau, "haddad", "karim"),
        deposer_espace(bureau),
    )
    bureau.entrer("Inès")
    liste = bureau.client.get("/agent/demarches").text
    assert (sien in liste, autre in liste, inconnu in liste) == (True, False, False)
    for numero in (autre, inconnu):
        assert bureau.client.get(f"/agent/demarches/{numero}").status_code == 404
        donnees = {"version": 1, "decision": "refuser", "motif": "x"}
        assert poster(bureau.client, f"/agent/demarches/{numero}", donnees).status_code == 404
        assert etat(bureau, numero) == "deposee"
    assert decider(bureau, sien, "accepter").status_code == 303


@pytest.mark.parametrize("recherche", ["MOREL", "légall", "le gall", "noe", "Noé le-gall"])
def test_the_queue_is_searched_without_accents_nor_capitals(bureau: Bureau, recherche: str) -> None:
    sien, autre = deposer_adresse(bureau), deposer_adresse(bureau, "haddad", "karim")
    page = bureau.entrer().get("/agent/demarches", query_string={"q": recherche}).text
    assert (sien in page, autre in page) == (True, False)


def test_the_queue_is_searched_by_number_and_by_the_name_of_an_unknown_family(bureau: Bureau) -> None:
    sien, inconnu = deposer_adresse(bureau), deposer_espace(bureau)
    bureau.entrer()
    for recherche in (inconnu, inconnu[-3:], "ndiaye", "FATOU"):
        page = bureau.client.get("/agent/demarches", query_string={"q": recherche}).text
        assert (inconnu in page, sien in page) == (True, False), recherche


def test_a_number_is_found_wherever_its_request_stands(bureau: Bureau) -> None:
    ouverte, refusee = deposer_adresse(bureau), deposer_adresse(bureau)
    bureau.entrer()
    decider(bureau, refusee, "refuser", motif="Non.")
    for recherche in (refusee, refusee.lower(), refusee[-3:]):
        for onglet in ("a_traiter", "en_attente", "closes"):
            page = bureau.client.get("/agent/demarches", query_string={"q": recherche, "etat": onglet}).text
            assert (refusee in page, ouverte in page) == (True, False), (recherche, onglet)


def test_filters_keep_what_they_say(bureau: Bureau) -> None:
    ouverte, refusee, espace = deposer_adresse(bureau), deposer_adresse(bureau), deposer_espace(bureau)
    bureau.entrer()
    decider(bureau, refusee, "refuser", motif="Non.")
    for filtre, attendues in (
        ({}, {ouverte, espace}),
        ({"etat": "closes"}, {refusee}),
        ({"genre": "espace"}, {espace}),
        ({"etat": "n’importe quoi", "genre": "x'"}, {ouverte, espace}),
    ):
        page = bureau.client.get("/agent/demarches", query_string=filtre).text
        assert {numero for numero in (ouverte, refusee, espace) if numero in page} == attendues, filtre


def test_a_long_queue_is_read_page_by_page(bureau: Bureau) -> None:
    numeros = [deposer_adresse(bureau) for _ in range(30)]
    bureau.entrer()
    premiere = bureau.client.get("/agent/demarches").text
    assert [n for n in numeros if n in premiere] == numeros[:25]
    suite = premiere.partition('href="/saint-rivage/agent/demarches?etat=a_traiter&amp;apres=')[2].partition('"')[0]
    seconde = bureau.client.get(f"/agent/demarches?etat=a_traiter&apres={suite}").text
    assert [n for n in numeros if n in seconde] == numeros[25:]


def test_pages_of_the_queue_cost_twelve_queries_at_most(bureau: Bureau, compter_requetes: CompterRequetes) -> None:
    numeros = [deposer_adresse(bureau) for _ in range(30)]
    # The rules are read once per process.
    bureau.entrer().get("/agent/demarches")
    for page in (
        "/agent/",
        "/agent/demarches",
        "/agent/demarches?q=morel&structure=ecole&agent=moi&tri=echeance",
        f"/agent/demarches?fait={numeros[0]}",
        f"/agent/demarches/{numeros[0]}",
    ):
        with compter_requetes() as requetes:
            assert bureau.client.get(page).status_code == 200
        assert len(requetes) <= 12, (page, requetes)


def test_an_unknown_family_is_attached_as_a_new_adult(bureau: Bureau) -> None:
    numero, foyer_id = deposer_espace(bureau, nom="Haddad"), bureau.village.foyers["haddad"]
    bureau.entrer()
    page = bureau.client.get(f"/agent/demarches/{numero}")
    assert "même nom" in phrases(page)
    reponse = decider(bureau, numero, "rattacher", foyer=f"{foyer_id}-")
    assert reponse.location.endswith(f"/agent/foyers/{foyer_id}")
    with bureau.bd.session_lecture() as session:
        personne = session.scalars(select(Personne).where(Personne.courriel == "fatou@courriel.example")).one()
        assert session.get(Responsable, (foyer_id, personne.id)) is not None
        compte = session.scalars(select(Compte).where(Compte.personne_id == personne.id)).one()
    assert (compte.identifiant, compte.active_utc) == ("fatou", None)
    assert ["Création de votre espace personnel" in mail.objet for mail in mails(bureau)] == [True]
    assert etat(bureau, numero) == "acceptee"


def test_an_unknown_family_is_not_attached_to_somebody_who_has_a_space(bureau: Bureau) -> None:
    numero, foyer_id = deposer_espace(bureau, nom="Haddad"), bureau.village.foyers["haddad"]
    bureau.entrer()
    reponse = decider(bureau, numero, "rattacher", foyer=f"{foyer_id}-{bureau.village.personnes['karim']}")
    assert reponse.status_code == 422
    assert "karim.haddad" in phrases(reponse)
    with bureau.bd.session_lecture() as session:
        karim = session.get_one(Personne, bureau.village.personnes["karim"])
    assert (karim.courriel, etat(bureau, numero), mails(bureau)) == ("karim@courriel.example", "deposee", [])


def test_attaching_asks_for_a_foyer(bureau: Bureau) -> None:
    numero = deposer_espace(bureau)
    bureau.entrer()
    for donnees in ({"version": 1}, {"version": 1, "foyer": "999999-"}):
        assert poster(bureau.client, f"/agent/demarches/{numero}/rattacher", donnees).status_code == 422
    assert poster(bureau.client, f"/agent/demarches/{numero}/rattacher", {"foyer": "x-y"}).status_code == 400
    assert (
        poster(bureau.client, f"/agent/demarches/{numero}", {"decision": "accepter", "version": 1}).status_code == 422
    )
    assert etat(bureau, numero) == "deposee"


def test_refusing_an_unknown_family_writes_to_the_address_it_gave(bureau: Bureau) -> None:
    numero = deposer_espace(bureau)
    bureau.entrer()
    decider(bureau, numero, "refuser", motif="Vous habitez une autre commune.")
    (mail,) = mails(bureau)
    assert mail.destinataire == "fatou@courriel.example"
    assert mail.corps_texte.startswith("Bonjour Fatou,")


def test_an_unknown_family_becomes_a_foyer_from_what_it_wrote(bureau: Bureau) -> None:
    numero = deposer_espace(bureau)
    bureau.entrer()
    formulaire = lire_formulaire(bureau.client.get(f"/agent/foyers/nouveau?demarche={numero}").text, "formulaire")
    assert formulaire.champs["enfants-0-naissance"] == ["2019-05-04"]
    assert formulaire.envoyer(bureau.client).status_code == 303
    with bureau.bd.session_lecture() as session:
        demarche = session.scalars(select(Demarche).where(Demarche.numero == numero)).one()
        foyer = session.get_one(Foyer, demarche.foyer_id)
    assert (foyer.nom, foyer.adresse, demarche.etat) == ("N’Diaye", "3 rue du Lavoir", "acceptee")
    assert ["Création de votre espace personnel" in mail.objet for mail in mails(bureau)] == [True]


def test_a_foyer_made_for_another_kind_of_request_accepts_nothing(bureau: Bureau) -> None:
    numero = deposer_adresse(bureau)
    bureau.entrer()
    assert bureau.client.get(f"/agent/foyers/nouveau?demarche={numero}").status_code == 404
    donnees = {
        "adresse": "3 rue du Lavoir",
        "code_postal": "99999",
        "ville": "Le Village",
        "adultes-0-prenom": "Fatou",
        "adultes-0-nom": "Diop",
        "demarche": numero,
        "version": "1",
    }
    avant = bureau.village.photographier()
    assert poster(bureau.client, "/agent/foyers/nouveau", donnees).status_code == 422
    assert bureau.village.photographier() == avant
