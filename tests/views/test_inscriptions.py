"""A family enrols a child, books what an agent validates: the pages of both sides."""

import re
from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from portail_famille.models.activites import Inscription
from portail_famille.models.courriels import Courriel
from portail_famille.models.demarches import Demarche
from tests.support.agents import agent, connecter_agent
from tests.support.client import connecter
from tests.support.formulaires import lire_formulaire
from tests.support.village import FIN_D_ANNEE, LUNDI, MARDI, RENTREE, Village, document

pytestmark = pytest.mark.usefixtures("village")
ANNEE = {"annee": "2027-2028", "ecoles": ["ecole"], "du": date(2026, 11, 1)}


@pytest.fixture
def ouvert(village: Village) -> Village:
    """The canteen takes enrolments, at once; the Wednesdays from 6 years; the periscolaire waits for an agent."""
    regles: dict[str, dict[str, Any]] = {
        "cantine": {"inscription": {"du": RENTREE, "au": FIN_D_ANNEE, "decision": "automatique"}},
        "mercredi": {
            "structures": ["centre", "ecole"],
            "inscription": {"du": RENTREE, "au": FIN_D_ANNEE, "age_min": 1, "choix": 2, "places": {"centre": 0}},
        },
        "vacances": {"inscription": {"du": RENTREE, "au": FIN_D_ANNEE, "age_min": 6}},
        "periscolaire": {"validation": True},
    }
    activites = [table | regles.get(table["code"], {}) for table in document()["activite"]]
    village.changer_regles(activite=activites, inscription_scolaire=[ANNEE])
    return village


def remplir(client: FlaskClient, adresse: str, **champs: str) -> str:
    """Fills a step as a browser does, and goes where it leads."""
    formulaire = lire_formulaire(client.get(adresse).text, "formulaire")
    formulaire.champs |= {nom: [valeur] for nom, valeur in champs.items()}
    reponse = formulaire.envoyer(client)
    assert reponse.status_code == 303, reponse.text
    return str(reponse.location).removeprefix("/saint-rivage")


def commencer(client: FlaskClient, genre: str, requete: str = "") -> str:
    page = client.get(f"/demarches/nouvelle/{genre}{requete}").text
    reponse = lire_formulaire(page, f"/demarches/nouvelle/{genre}{requete}").envoyer(client)
    return str(reponse.location).removeprefix("/saint-rivage")


def envoyer(client: FlaskClient, verifier: str) -> str:
    reponse = lire_formulaire(client.get(verifier).text, "/verifier").envoyer(client)
    assert reponse.status_code == 303, reponse.text
    return str(reponse.location).removeprefix("/saint-rivage")


def test_a_child_is_enrolled_at_once_and_the_page_leads_to_the_rhythm(client: FlaskClient, ouvert: Village) -> None:
    """Zoé has the canteen until the end of January: the days before are free to ask."""
    connecter(client, "nadia.petit")
    activite = remplir(client, commencer(client, "inscription"))
    page = client.get(activite).text
    assert "Trop jeune de 9 mois" in page
    sante = remplir(client, activite, activite=f"cantine:{RENTREE}")
    page = client.get(sante).text
    assert "Est-ce toujours exact" in page
    assert "aucune indiquée" in page
    oublie = lire_formulaire(page, "formulaire").envoyer(client)
    assert oublie.status_code == 422
    verifier = remplir(client, sante, sante_exacte="oui")
    page = client.get(envoyer(client, verifier)).text
    assert "Choisir les jours" in page
    agenda = f"/enfants/{ouvert.enfants['zoe']}/agenda?mois=2026-12"
    assert f"{agenda}&amp;rythme=1#rythme" in page
    rythme = '<details class="feuille [^"]*" id="rythme"'
    assert re.search(f"{rythme} open>", client.get(f"{agenda}&rythme=1").text)
    assert re.search(f"{rythme}>", client.get(agenda).text)
    with ouvert.bd.session_lecture() as session:
        demarche = session.scalars(select(Demarche)).one()
        assert (demarche.etat, demarche.contenu["decision"]["structure"]) == ("acceptee", "ecole")
        assert session.scalars(select(Inscription).where(Inscription.demarche_id == demarche.id)).one()


def test_ranked_places_without_any_left_wait_with_a_rank(client: FlaskClient, ouvert: Village) -> None:
    connecter(client, "nadia.petit")
    lieu = remplir(client, remplir(client, commencer(client, "inscription")), activite=f"mercredi:{RENTREE}")
    formulaire = lire_formulaire(client.get(lieu).text, "formulaire")
    assert formulaire.champs["choix_1"] == ["ecole"]
    formulaire.champs |= {"choix_1": ["centre"], "choix_2": ["centre"]}
    deux_fois = formulaire.envoyer(client)
    assert deux_fois.status_code == 422
    assert "Vous avez déjà choisi ce lieu" in deux_fois.text
    sante = remplir(client, lieu, choix_1="centre", choix_2="")
    page = client.get(envoyer(client, remplir(client, sante, sante_exacte="oui"))).text
    assert "en premier" in page
    assert "Choisir les jours" not in page


def test_only_the_place_of_her_school_is_offered_unless_families_choose(client: FlaskClient, village: Village) -> None:
    """Zoé is of the school: the canteen of the other one is not hers to ask."""
    cantine = {
        "structures": ["centre", "ecole"],
        "inscription": {"du": RENTREE, "au": FIN_D_ANNEE, "decision": "automatique"},
    }
    activites = [table | (cantine if table["code"] == "cantine" else {}) for table in document()["activite"]]
    village.changer_regles(activite=activites)
    connecter(client, "nadia.petit")
    sante = remplir(client, remplir(client, commencer(client, "inscription")), activite=f"cantine:{RENTREE}")
    assert sante.endswith("/sante")
    client.get(envoyer(client, remplir(client, sante, sante_exacte="oui")))
    with village.bd.session_lecture() as session:
        assert session.scalars(select(Demarche)).one().contenu["choix"] == ["ecole"]


def test_another_child_chosen_is_asked_about_again(client: FlaskClient, ouvert: Village) -> None:
    connecter(client, "camille.morel")
    noe, mia = (str(ouvert.enfants[nom]) for nom in ("noe", "mia"))
    enfant = commencer(client, "inscription", f"?enfant={mia}")
    activite = remplir(client, enfant)
    sante = remplir(client, remplir(client, activite, activite=f"mercredi:{RENTREE}"), choix_1="ecole")
    verifier = remplir(client, sante, sante_exacte="oui")
    remplir(client, enfant, enfant=noe)
    assert client.get(verifier).status_code == 303


def test_a_school_is_asked_level_proposed_by_the_year_of_birth(client: FlaskClient, ouvert: Village) -> None:
    connecter(client, "camille.morel")
    niveau = remplir(client, commencer(client, "scolaire"), enfant=str(ouvert.enfants["mia"]))
    page = client.get(niveau).text
    formulaire = lire_formulaire(page, "formulaire")
    assert formulaire.champs["niveau"] == ["PS"]
    # Only the next year is open: who arrives now is told what to do.
    assert "Pour une entrée à l’école avant, appelez la mairie" in page
    ecole = remplir(client, niveau)
    parcours = remplir(client, ecole, ecole="ecole", derogation="Son frère y est.")
    documents = remplir(client, parcours, fratrie="Noé, École des Tilleuls")
    assert documents.endswith("/documents")
    page = client.get(documents).text
    assert "Livret de famille" in page


def test_a_day_to_validate_is_said_on_every_screen(client: FlaskClient, ouvert: Village) -> None:
    connecter(client, "camille.morel")
    agenda = f"/enfants/{ouvert.enfants['noe']}/agenda?mois=2026-12"
    assert "Périscolaire\u00a0: la mairie valide chaque demande." in client.get(agenda).text
    ouvert.cocher("noe", [("soir", LUNDI), ("soir", MARDI)])
    recap = client.get("/reservations/recapitulatif").text
    assert "Demande à valider par la mairie." in recap
    reponse = lire_formulaire(recap, "form-valider").envoyer(client)
    recu = client.get(str(reponse.location).removeprefix("/saint-rivage")).text
    assert "C’est demandé." in recu
    assert "demande n° D2026-000001" in recu
    assert "sera considérée comme rejetée" in recu
    assert "attend la réponse de la mairie" in client.get(agenda).text
    with ouvert.bd.session_lecture() as session:
        courriel = session.scalars(select(Courriel)).one()
        assert "elle vous répondra par mail" in courriel.corps_texte
        assert "/demarches/D2026-000001" in courriel.corps_html
    annuler = lire_formulaire(client.get("/demarches/D2026-000001").text, "/demarches/D2026-000001/annuler")
    assert annuler.envoyer(client).status_code == 303
    assert {etat for _, unite, _, _, etat in ouvert.reservations("noe") if unite == "soir"} == {"annulee"}


def test_an_agent_says_where_a_child_goes_and_keeps_some_days(client: FlaskClient, ouvert: Village) -> None:
    connecter(client, "nadia.petit")
    lieu = remplir(client, remplir(client, commencer(client, "inscription")), activite=f"mercredi:{RENTREE}")
    sante = remplir(client, lieu, choix_1="centre", choix_2="ecole")
    envoyer(client, remplir(client, sante, sante_exacte="oui"))
    ouvert.cocher("noe", [("soir", LUNDI), ("soir", MARDI)])
    ouvert.valider()
    with ouvert.bd.session_ecriture() as session:
        identifiant = agent(session).identifiant
    connecter_agent(client, identifiant)

    page = client.get("/agent/demarches/D2026-000001").text
    assert "Centre de loisirs (complet)" in page
    assert "École des Tilleuls (sans limite de places)" in page
    formulaire = lire_formulaire(page, "accepter")
    assert formulaire.champs["structure"] == ["ecole"]
    complet = {**formulaire.champs, "structure": ["centre"]}
    adresse = formulaire.adresse.removeprefix("/saint-rivage")
    refusee = client.post(adresse, data=complet)
    assert refusee.status_code in (409, 422)
    assert "Il n’y a plus de place dans les lieux demandés." in refusee.text
    assert formulaire.envoyer(client).status_code == 303
    with ouvert.bd.session_lecture() as session:
        demarche = session.scalars(select(Demarche).where(Demarche.numero == "D2026-000001")).one()
        inscrite = session.scalars(select(Inscription).where(Inscription.demarche_id == demarche.id)).one()
        assert inscrite.structure_id == ouvert.regles.structure_ids["ecole"]
        dernier = session.scalars(select(Courriel).order_by(Courriel.id.desc())).first()
        assert dernier is not None
        assert f"/enfants/{ouvert.enfants['zoe']}/agenda?mois=2026-12&amp;rythme=1#rythme" in dernier.corps_html

    formulaire = lire_formulaire(client.get("/agent/demarches/D2026-000002").text, "accepter")
    premier, _ = sorted(nom for nom in formulaire.champs if nom.startswith("jour-"))
    formulaire.decocher(premier, "oui")
    formulaire.champs = {nom: valeurs for nom, valeurs in formulaire.champs.items() if valeurs}
    assert formulaire.envoyer(client).status_code == 303
    etats = {jour: etat for _, unite, jour, _, etat in ouvert.reservations("noe") if unite == "soir"}
    assert etats == {LUNDI: "annulee", MARDI: "reservee"}
