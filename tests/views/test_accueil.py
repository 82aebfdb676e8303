"""Home: the town for everyone, the tiles for who is in."""

import pytest
from flask.testing import FlaskClient

from portail_famille.models.foyers import Rattachement
from portail_famille.services.journal import SYSTEME
from portail_famille.services.reglements import encaisser
from tests.conftest import CompterRequetes
from tests.support.client import HTMX, connecter
from tests.support.ecran import phrases
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import JEUDI, Village


@pytest.fixture
def camille(village: Village, client: FlaskClient) -> FlaskClient:
    connecter(client, "camille.morel")
    return client


def test_logged_out_the_home_page_is_the_towns_with_its_login(village: Village, client: FlaskClient) -> None:
    reponse = client.get("/")
    dit = phrases(reponse)
    assert "Identifiant" in dit
    assert "Mot de passe" in dit
    assert "enfance@saint-rivage.example" in dit
    assert "02 61 91 00 00" in dit
    assert "Noé" not in dit


def test_tiles_greet_and_lead_to_each_function(camille: FlaskClient) -> None:
    reponse = camille.get("/")
    assert "Bonsoir Camille" in phrases(reponse)
    for adresse in ("/reservations/nouvelle", "/famille", "/reservations/recus"):
        assert f'href="/saint-rivage{adresse}"' in reponse.text


def test_a_draft_is_the_first_thing_said(camille: FlaskClient, village: Village) -> None:
    assert "à valider" not in phrases(camille.get("/"))
    village.cocher("noe", [("repas", JEUDI), ("matin", JEUDI)])
    reponse = camille.get("/")
    assert "à valider" in phrases(reponse)
    assert 'href="/saint-rivage/reservations/recapitulatif"' in reponse.text


def test_the_next_deadline_is_told(camille: FlaskClient) -> None:
    """Wednesday 18:00: Friday's matin closes tomorrow at noon, with Monday's cantine."""
    dit = phrases(camille.get("/"))
    assert "demain" in dit
    assert "12\u202fh" in dit


def test_tomorrow_says_who_has_what(camille: FlaskClient) -> None:
    """Thursday 3: Noé eats at the cantine, Léa is at Julien's, who booked her meal."""
    dit = phrases(camille.get("/"))
    assert "Demain, jeudi 3" in dit
    assert "Cantine" in dit.partition("Demain, jeudi 3")[2]


def test_tiles_are_refreshed_alone(camille: FlaskClient) -> None:
    reponse = camille.get("/", headers=HTMX)
    assert reponse.status_code == 200
    assert reponse.text.lstrip().startswith('<div id="tuiles"') or 'id="tuiles"' in reponse.text[:200]
    assert "<html" not in reponse.text


def test_a_step_parent_sees_his_own_children_only(village: Village, client: FlaskClient) -> None:
    connecter(client, "thomas.legall")
    dit = phrases(client.get("/"))
    assert "Noé" in dit
    assert "Léa" not in dit


def test_what_a_family_has_in_advance_is_told_to_who_answers_for_a_child(
    village: Village, camille: FlaskClient, compter_requetes: CompterRequetes
) -> None:
    def encaisse(regie: str, centimes: int) -> None:
        with village.bd.session_ecriture() as session:
            encaisser(
                session, foyer_id=village.foyers["morel"], regie=regie, moyen="cheque", montant_centimes=centimes,
                recu_le=MERCREDI_SOIR.date(), auteur=SYSTEME, maintenant=MERCREDI_SOIR,
            )  # fmt: skip

    def tuile(client: FlaskClient) -> str:
        return phrases(client.get("/")).partition("Mes factures")[2].partition("Mes demandes")[0]

    assert "Voir, régler, télécharger" in tuile(camille)
    encaisse("enfance", 1240)
    dit = "12,40\u00a0€ d’avance (Enfance et éducation), déduits de votre prochaine facture"
    with compter_requetes() as requetes:
        assert dit in tuile(camille)
    assert sum("UNION ALL" in requete and "reste_centimes" in requete for requete in requetes) == 1, requetes
    # Each régie keeps its own.
    encaisse("vacances", 1000)
    assert "22,40\u00a0€ d’avance, déduits de vos prochaines factures" in tuile(camille)
    # Thomas is the father of Noé and Mia; then only Camille's Léa is in this foyer.
    connecter(camille, "thomas.legall")
    assert "22,40\u00a0€" in tuile(camille)
    with village.bd.session_ecriture() as session:
        for enfant in ("noe", "mia"):
            session.delete(session.get_one(Rattachement, (village.foyers["morel"], village.enfants[enfant])))
    assert "d’avance" not in phrases(camille.get("/"))
    connecter(camille, "julien.ferrand")
    assert "d’avance" not in phrases(camille.get("/"))
