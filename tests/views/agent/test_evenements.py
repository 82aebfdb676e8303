"""« Grève, sortie, fermeture » at the desk: form, preview, one act, an hour to undo it."""

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portail_famille.models.evenements import Evenement
from tests.conftest import CompterRequetes
from tests.support.client import connecter, poster
from tests.support.ecran import phrases
from tests.support.formulaires import lire_formulaire
from tests.support.temps import HorlogeReglable
from tests.support.village import LUNDI
from tests.views.agent.conftest import Bureau

EVENEMENTS = "/agent/evenements"


def apercevoir(client: FlaskClient, **champs: str | list[str]) -> TestResponse:
    """Fills the form as a browser does, presses « Voir ce qui sera annulé »."""
    formulaire = lire_formulaire(client.get(f"{EVENEMENTS}/nouveau").text, "formulaire")
    voulus = {"genre": "greve", "du": "2026-12-07", "unites": ["repas"], **champs}
    formulaire.champs |= {nom: v if isinstance(v, list) else [v] for nom, v in voulus.items()}
    return client.get(f"{EVENEMENTS}/apercu", query_string=formulaire.champs)


def confirmer(client: FlaskClient, page: TestResponse) -> TestResponse:
    return lire_formulaire(page.text, "confirmer").envoyer(client)


def etat(bureau: Bureau) -> str:
    return next(e for n, u, j, _, e in bureau.village.reservations("noe") if (u, j) == ("repas", LUNDI))


def test_a_strike_is_previewed_confirmed_and_undone(bureau: Bureau) -> None:
    client = bureau.entrer()
    assert EVENEMENTS in client.get("/agent/").text
    page = apercevoir(client, motif="Grève de la cantine", structures=["ecole"], message="Prévoyez un pique-nique.")
    dit = phrases(page)
    for attendu in (
        "1\u00a0réservation annulée",
        "1\u00a0enfant",
        "3,42\u00a0€",
        "Lundi 7 décembre",
        "École des Tilleuls",
    ):
        assert attendu in dit, attendu
    assert etat(bureau) == "reservee"
    fait = confirmer(client, page)
    assert fait.status_code == 303
    assert etat(bureau) == "annulee"
    suite = client.get(fait.location.removeprefix("/saint-rivage"))
    assert "C’est fait." in phrases(suite)
    assert "Possible jusqu’à 19" in phrases(suite)
    assert "Grève de la cantine" in phrases(client.get(EVENEMENTS))
    annule = lire_formulaire(suite.text, "retablir").envoyer(client)
    assert "1\u00a0réservation rétablie" in phrases(client.get(annule.location.removeprefix("/saint-rivage")))
    assert etat(bureau) == "reservee"


def test_after_an_hour_it_is_too_late(bureau: Bureau, horloge: HorlogeReglable) -> None:
    client = bureau.entrer()
    ici = confirmer(client, apercevoir(client)).location.removeprefix("/saint-rivage").partition("?")[0]
    horloge.avancer(minutes=60)
    bureau.entrer()
    page = client.get(ici)
    assert 'id="retablir"' not in page.text
    assert "ne s’annule plus" in phrases(page)
    refus = poster(client, f"{ici}/retablir")
    assert refus.status_code == 409
    assert "Plus d’une heure a passé" in phrases(refus)
    assert etat(bureau) == "annulee"


def test_what_was_typed_is_given_back_with_what_is_wrong(bureau: Bureau) -> None:
    client = bureau.entrer()
    sans_date = apercevoir(client, du="", motif="Travaux")
    assert sans_date.status_code == 422
    assert lire_formulaire(sans_date.text, "formulaire").champs["motif"] == ["Travaux"]
    assert apercevoir(client, genre="autre", motif="").status_code == 422
    assert apercevoir(client, au="2026-12-01").status_code == 422
    assert apercevoir(client, unites=["inconnue"]).status_code == 422
    assert apercevoir(client, genre="autre", motif="Tempête").status_code == 200


def test_a_preview_out_of_date_is_shown_again(bureau: Bureau) -> None:
    client = bureau.entrer()
    page = apercevoir(client)
    bureau.village.reserver("yanis", "repas", LUNDI, foyer="haddad")
    refus = confirmer(client, page)
    assert refus.status_code == 409
    assert "2\u00a0réservations annulées" in phrases(refus)
    assert etat(bureau) == "reservee"
    assert confirmer(client, refus).status_code == 303


def test_the_parents_read_why_in_their_agenda(bureau: Bureau) -> None:
    client = bureau.entrer()
    confirmer(client, apercevoir(client, motif="Grève de la cantine", ferme="oui"))
    connecter(client, "camille.morel")
    page = phrases(client.get(f"/enfants/{bureau.village.enfants['noe']}/agenda?mois=2026-12"))
    assert "Cantine\u00a0: Grève de la cantine" in page


def test_an_agent_of_the_crèche_declares_for_the_crèche_only(bureau: Bureau) -> None:
    client = bureau.entrer("Inès")
    formulaire = client.get(f"{EVENEMENTS}/nouveau").text
    assert "Crèche des Coccinelles" in formulaire
    assert "École des Tilleuls" not in formulaire
    refus = apercevoir(client, unites=[], structures=["ecole"])
    assert refus.status_code == 422
    assert "Choisissez une de vos structures." in phrases(refus)
    assert confirmer(client, apercevoir(client, unites=[], structures=["creche"])).status_code == 303


def test_reading_is_not_enough_and_one_of_another_structure_is_not_undone(bureau: Bureau) -> None:
    ici = confirmer(bureau.entrer(), apercevoir(bureau.client)).location.removeprefix("/saint-rivage").partition("?")[0]
    for prenom in ("Odile", "Paul"):
        client = bureau.entrer(prenom)
        assert client.get(EVENEMENTS).status_code == 404
        assert poster(client, f"{ici}/retablir").status_code == 404
    client = bureau.entrer("Inès")
    assert 'id="retablir"' not in client.get(ici).text
    assert poster(client, f"{ici}/retablir").status_code == 404
    assert etat(bureau) == "annulee"


def test_the_list_stays_quick(bureau: Bureau, compter_requetes: CompterRequetes) -> None:
    client = bureau.entrer()
    confirmer(client, apercevoir(client))
    with bureau.bd.session_ecriture() as session:
        modele = session.query(Evenement).one()
        session.add_all(
            Evenement(
                genre="greve",
                motif=f"Essai {n}",
                du=modele.du,
                au=modele.au,
                contenu=dict(modele.contenu),
                cree_utc=modele.cree_utc,
                annule_utc=modele.cree_utc,
            )
            for n in range(60)
        )
    # The first page after an act reads the rules again.
    client.get(EVENEMENTS)
    for adresse in (EVENEMENTS, f"{EVENEMENTS}/nouveau", f"{EVENEMENTS}/1", f"{EVENEMENTS}?avant=20"):
        with compter_requetes() as requetes:
            assert client.get(adresse).status_code == 200
        assert len(requetes) <= 12, (adresse, len(requetes))
    assert "Plus anciens" in phrases(client.get(EVENEMENTS))
