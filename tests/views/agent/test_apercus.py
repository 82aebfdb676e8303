"""« Voir comme la famille »: the whole portal read as an adult of the foyer, and nothing written as her."""

from datetime import timedelta
from urllib.parse import parse_qsl

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from portail_famille.domain.demarches import Cote
from portail_famille.domain.entourage import Sante
from portail_famille.gateways.chiffre import Chiffre
from portail_famille.models.activites import Inscription
from portail_famille.models.comptes import Compte, RoleAgent, SessionCompte
from portail_famille.models.demarches import Demarche
from portail_famille.models.documents import Piece
from portail_famille.models.foyers import Enfant, Personne, Responsable
from portail_famille.models.journal import ActeJournal
from portail_famille.services.demarches import deposer, ecrire
from portail_famille.services.journal import Auteur
from portail_famille.services.sante import modifier_sante
from tests.conftest import CLE_SECRETE
from tests.support.client import connecter, poster
from tests.support.temps import MERCREDI_SOIR, HorlogeReglable
from tests.views.agent.conftest import Bureau
from tests.views.test_acces import CAS

BANDEAU = "Vous voyez le portail comme Camille Morel."
QUOTIENT = {"valeur": 84_200, "moyen": "attestation", "du": "2026-12-01", "au": "2027-11-30"}


def commencer(bureau: Bureau, qui: str = "Rose", adulte: str = "camille", foyer: str = "morel") -> FlaskClient:
    client = bureau.entrer(qui)
    adresse = f"/agent/foyers/{bureau.village.foyers[foyer]}/apercu"
    assert poster(client, adresse, {"personne": bureau.village.personnes[adulte]}).status_code == 303
    return client


def test_the_agent_reads_the_family_s_pages_says_so_on_each_and_leaves(bureau: Bureau) -> None:
    client = commencer(bureau)
    for adresse in ("/", "/famille", f"/enfants/{bureau.village.enfants['lea']}/agenda", "/agent/"):
        assert BANDEAU in client.get(adresse).text, adresse
    assert "Camille, mon espace" in client.get("/").text
    reponse = poster(client, "/agent/foyers/apercu/quitter", {})
    assert reponse.location.endswith(f"/agent/foyers/{bureau.village.foyers['morel']}")
    assert BANDEAU not in client.get(reponse.location.removeprefix("/saint-rivage")).text
    assert client.get("/famille").status_code == 403
    with bureau.bd.session_lecture() as session:
        acte = session.scalars(select(ActeJournal).where(ActeJournal.action == "famille_apercue")).one()
    assert (acte.foyer_id, acte.personne_id, acte.compte_id) == (
        bureau.village.foyers["morel"],
        bureau.village.personnes["camille"],
        bureau.comptes["Rose"],
    )


def test_every_endpoint_of_families_reads_or_is_not_shown_and_writes_nothing(bureau: Bureau, app: Flask) -> None:
    """The table of tests/views/test_acces: an endpoint added later is walked without being thought of."""
    client = commencer(bureau)
    avant = bureau.village.photographier()
    ecarts, lues = [], 0
    for nom, cas in CAS.items():
        methode, endpoint = nom.split()
        acces = getattr(app.view_functions[endpoint], "acces", "")
        if acces not in ("parent", "titulaire") or endpoint.startswith("agent_"):
            continue
        adresse = cas.adresse.format(
            enfant=bureau.village.enfants["lea"], foyer=bureau.village.foyers["morel"], recu="2026-000001"
        )
        chemin, _, requete = adresse.partition("?")
        if methode == "GET":
            statut = client.get(adresse).status_code
            lues += statut == 200
            # 422: a form that only reads, asked for nothing that it has.
            attendus = {200, 303, 404, 422}
        else:
            statut, attendus = poster(client, chemin, dict(parse_qsl(requete))).status_code, {409}
        if statut not in attendus:
            ecarts.append(f"{nom}: {statut}")
    assert not ecarts
    assert lues > 15
    assert bureau.village.photographier() == avant


@pytest.mark.parametrize(
    "adresse",
    [
        "/famille/enfants/{}/sante",
        "/mon-espace/identifiants",
        "/mon-espace/donnees",
        # What she typed and has not sent, health included.
        "/demarches/nouvelle",
        "/demarches/nouvelle/inscription",
    ],
)
def test_health_documents_and_logins_are_not_shown_that_way(bureau: Bureau, adresse: str) -> None:
    reponse = commencer(bureau).get(adresse.format(bureau.village.enfants["lea"]))
    assert reponse.status_code == 404
    assert "dossier de la famille" in reponse.text


def test_a_room_that_nobody_decided_about_is_closed(bureau: Bureau, app: Flask) -> None:
    """Named here as in views/acces: opening one more is a decision, taken twice."""
    ouvertes = {
        *("absences", "accuses", "agenda", "attestations", "demarches", "enfants", "entourage", "espace", "factures"),
        *("factures_pdf", "famille", "gardes", "paiements"),
        *("porte_documents", "pwa", "quotients", "reservations", "tableau_de_bord", "verification"),
    }
    client = commencer(bureau)
    for nom, cas in CAS.items():
        methode, endpoint = nom.split()
        salle = endpoint.partition(".")[0]
        acces = getattr(app.view_functions[endpoint], "acces", "")
        if methode == "GET" and acces in ("parent", "titulaire") and salle not in ouvertes:
            adresse = cas.adresse.format(
                enfant=bureau.village.enfants["lea"], foyer=bureau.village.foyers["morel"], recu="2026-000001"
            )
            assert client.get(adresse).status_code == 404, nom


def test_a_role_taken_away_or_a_child_gone_elsewhere_ends_it_at_once(bureau: Bureau) -> None:
    client = commencer(bureau)
    with bureau.bd.session_ecriture() as session:
        role = session.scalars(select(RoleAgent).where(RoleAgent.compte_id == bureau.comptes["Rose"])).one()
        role.structure_id = bureau.village.regles.structure_ids["ecole"]
        session.execute(update(Enfant).values(structure_id=role.structure_id))
    assert BANDEAU in client.get("/famille").text
    with bureau.bd.session_ecriture() as session:
        creche = bureau.village.regles.structure_ids["creche"]
        session.execute(update(Inscription).values(structure_id=creche))
        session.execute(update(Enfant).values(structure_id=creche))
    assert client.get("/famille").status_code == 403


def test_her_own_papers_and_medical_ones_are_not_named(bureau: Bureau) -> None:
    camille, morel, lea = (
        bureau.village.personnes["camille"],
        bureau.village.foyers["morel"],
        bureau.village.enfants["lea"],
    )
    papiers: dict[str, tuple[str, dict[str, object]]] = {
        "bail-commun.pdf": ("justificatif_domicile", {"est_du_foyer": True}),
        "jugement-prive.pdf": ("jugement", {"personne_id": camille}),
        "allergie-lea.pdf": ("pai", {"enfant_id": lea}),
    }
    with bureau.bd.session_ecriture() as session:
        pieces = {}
        for nom, (genre, valeurs) in papiers.items():
            pieces[nom] = Piece(
                foyer_id=morel, deposee_par=bureau.village.comptes["camille"], genre=genre, nom=nom,
                type_mime="application/pdf", taille=1, objet=nom, deposee_utc=MERCREDI_SOIR, **valeurs,
            )  # fmt: skip
        session.add_all(pieces.values())
        session.flush()
        ids = {nom: piece.id for nom, piece in pieces.items()}
        numero = deposer(
            session,
            genre="quotient",
            auteur=Auteur(Cote.FAMILLE, bureau.village.comptes["camille"]),
            maintenant=MERCREDI_SOIR,
            contenu=QUOTIENT,
            foyer_id=morel,
            pieces=ids.values(),
        ).numero
    pages = ("/porte-documents", "/tableau-de-bord", f"/famille/enfants/{lea}", f"/demarches/{numero}")
    connecter(bureau.client, "camille.morel")
    siennes = "".join(bureau.client.get(page).text for page in pages)
    assert all(nom in siennes for nom in papiers)
    client = commencer(bureau)
    vues = "".join(client.get(page).text for page in pages)
    assert [nom for nom in papiers if nom in vues] == ["bail-commun.pdf"]
    assert [client.get(f"/porte-documents/{id_}").status_code for id_ in ids.values()] == [200, 404, 404]


def test_the_refusal_says_why_and_what_to_do(bureau: Bureau) -> None:
    reponse = poster(commencer(bureau), "/reservations/effacer", {})
    assert reponse.status_code == 409
    assert "comme Camille Morel, en lecture seule" in reponse.text
    assert "quittez l’aperçu" in reponse.text


def test_it_ends_by_itself_after_a_quarter_of_an_hour(bureau: Bureau, horloge: HorlogeReglable) -> None:
    client = commencer(bureau)
    horloge.maintenant += timedelta(minutes=14)
    assert BANDEAU in client.get("/famille").text
    horloge.maintenant += timedelta(minutes=1)
    assert client.get("/famille").status_code == 403


def test_another_home_of_the_adult_is_not_part_of_it(bureau: Bureau) -> None:
    client = commencer(bureau, adulte="julien", foyer="ferrand")
    assert client.get(f"/enfants/{bureau.village.enfants['zoe']}/agenda").status_code == 404


def test_what_the_parent_has_left_to_do_does_not_stop_the_agent(bureau: Bureau) -> None:
    with bureau.bd.session_ecriture() as session:
        session.execute(update(Compte).values(verifie_utc=None))
    assert commencer(bureau).get("/famille").status_code == 200


@pytest.mark.parametrize(
    ("qui", "foyer", "adulte", "statut"),
    [
        ("Inès", "haddad", "karim", 404),
        # Inès' crèche has Mia; Léa and Noé are of the school.
        ("Inès", "morel", "camille", 409),
        ("Rose", "morel", "karim", 409),
        ("Paul", "morel", "camille", 404),
    ],
)
def test_who_may_not_see_a_family_is_refused(bureau: Bureau, qui: str, foyer: str, adulte: str, statut: int) -> None:
    client = bureau.entrer(qui)
    adresse = f"/agent/foyers/{bureau.village.foyers[foyer]}/apercu"
    assert poster(client, adresse, {"personne": bureau.village.personnes[adulte]}).status_code == statut
    with bureau.bd.session_lecture() as session:
        assert session.scalars(select(SessionCompte.comme_foyer_id)).all() == [None]


def test_nobody_sees_her_own_family_that_way(bureau: Bureau) -> None:
    with bureau.bd.session_ecriture() as session:
        rose = session.scalars(select(Personne.id).where(Personne.courriel == "rose@mairie.example")).one()
        session.add(Responsable(foyer_id=bureau.village.foyers["haddad"], personne_id=rose))
    client = bureau.entrer("Rose")
    adresse = f"/agent/foyers/{bureau.village.foyers['haddad']}/apercu"
    assert poster(client, adresse, {"personne": bureau.village.personnes["karim"]}).status_code == 404


def test_an_answer_of_the_town_stays_new_for_the_family(bureau: Bureau) -> None:
    famille, mairie = Auteur(Cote.FAMILLE, bureau.village.comptes["camille"]), Auteur(Cote.AGENT)
    with bureau.bd.session_ecriture() as session:
        demarche = deposer(
            session,
            genre="question",
            auteur=famille,
            maintenant=MERCREDI_SOIR,
            contenu={"mot": "Une question"},
            foyer_id=bureau.village.foyers["morel"],
            personne_id=bureau.village.personnes["camille"],
        )
        ecrire(session, demarche, "Une réponse", mairie, MERCREDI_SOIR)
        numero = demarche.numero
    assert "Une réponse" in commencer(bureau).get(f"/demarches/{numero}").text
    with bureau.bd.session_lecture() as session:
        assert session.scalars(select(Demarche.lue_utc)).all() == [None]


def test_the_child_s_page_says_nothing_of_its_health(bureau: Bureau) -> None:
    lea, client = bureau.village.enfants["lea"], bureau.client
    with bureau.bd.session_ecriture() as session:
        modifier_sante(
            session,
            Chiffre(CLE_SECRETE),
            enfant_id=lea,
            foyer_id=bureau.village.foyers["morel"],
            saisie=Sante(allergies="arachide"),
            empreinte_vue=Sante().empreinte,
            auteur=Auteur(Cote.FAMILLE, bureau.village.comptes["camille"]),
            maintenant=MERCREDI_SOIR,
        )
    connecter(client, "camille.morel")
    assert "arachide" in client.get(f"/famille/enfants/{lea}").text
    page = commencer(bureau).get(f"/famille/enfants/{lea}").text
    assert "Léa" in page
    assert "arachide" not in page
    assert "/sante" not in page
