"""« Mon tableau de bord » and what the home page says of démarches."""

import re
from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, update

from portail_famille.models.documents import Piece
from portail_famille.models.foyers import Foyer, Personne
from portail_famille.models.quotients import QuotientFamilial
from tests.conftest import CompterRequetes
from tests.support.client import connecter
from tests.support.ecran import phrases
from tests.support.historique import demarches, minutes, recus
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import JEUDI, Village, document


@pytest.fixture
def camille(village: Village, client: FlaskClient) -> FlaskClient:
    connecter(client, "camille.morel")
    return client


def garder(village: Village, nom: str, fin: date | None, qui: str = "") -> None:
    with village.bd.session_ecriture() as session:
        session.add(
            Piece(
                foyer_id=village.foyers["morel"],
                personne_id=village.personnes[qui] if qui else None,
                enfant_id=None if qui else village.enfants["noe"],
                genre="assurance", nom=nom, type_mime="application/pdf", taille=1, objet=nom,
                deposee_utc=MERCREDI_SOIR, deposee_par=village.comptes[qui or "camille"], valable_jusqua=fin,
            )
        )  # fmt: skip


def test_it_gathers_requests_deadlines_quotient_and_coordonnees(camille: FlaskClient, village: Village) -> None:
    village.cocher("noe", [("repas", JEUDI)])
    with village.bd.session_ecriture() as session:
        session.execute(update(Foyer).where(Foyer.id == village.foyers["morel"]).values(adresse="3 rue des Lilas"))
        session.execute(
            update(Personne).where(Personne.id == village.personnes["camille"]).values(telephone="+33611111111")
        )
        demarches(session, village, minutes(90, 80, 70, 60, 50, 40), genre="absence", enfant_id=village.enfants["noe"])
        demarches(
            session, village, minutes(30), debut=20, genre="quotient", etat="complement_demande",
            complement_avant=date(2026, 12, 12), reponse_utc=MERCREDI_SOIR,
        )  # fmt: skip
        recus(session, village, minutes(10))
    page = camille.get("/tableau-de-bord")
    dit = phrases(page)
    assert dit.index("Prochaines échéances") < dit.index("Dernières demandes") < dit.index("Mes coordonnées")
    echeances = dit.partition("Prochaines échéances")[2].partition("Dernières demandes")[0]
    assert echeances.index("avant le 12 décembre") < echeances.index("à valider")
    demandes = dit.partition("Dernières demandes")[2].partition("Quotient familial 842")[0]
    assert demandes.index("Réservation") < demandes.index("Quotient familial")
    # Five in all: the receipt, the complement, three of the six absences.
    assert demandes.count("Absence, Noé") == 3
    assert "Jusqu’au 31 décembre 2026" in dit
    for attendu in ("3 rue des Lilas", "06 11 11 11 11", "Modifier"):
        assert attendu in dit.partition("Mes coordonnées")[2]
    for adresse in ("/demarches/D2026-000020", "/reservations/recus/2026-000001", "/mon-espace/profil/modifier"):
        assert f'href="/saint-rivage{adresse}"' in page.text


def test_nothing_is_promised_that_is_not_there(camille: FlaskClient) -> None:
    dit = phrases(camille.get("/tableau-de-bord"))
    for absent in ("Actualités", "Prélèvement", "Documents à renouveler"):
        assert absent not in dit
    assert "Ce que vous demandez à la mairie se suivra ici." in dit


def test_documents_that_end_are_told_the_nearest_first_and_to_who_may_read_them(
    camille: FlaskClient, village: Village
) -> None:
    garder(village, "loin.pdf", date(2027, 9, 1))
    garder(village, "sans-fin.pdf", None)
    garder(village, "bientot.pdf", date(2026, 12, 20))
    garder(village, "passe.pdf", date(2026, 12, 1))
    garder(village, "de-thomas.pdf", date(2026, 12, 10), "thomas")
    dit = phrases(camille.get("/tableau-de-bord")).partition("Documents à renouveler")[2]
    assert dit.index("passe.pdf. Expiré depuis le 1er décembre 2026") < dit.index("bientot.pdf. Valable jusqu’au")
    for absent in ("loin.pdf", "sans-fin.pdf", "de-thomas.pdf"):
        assert absent not in dit


def test_without_a_quotient_the_highest_price_is_said(camille: FlaskClient, village: Village) -> None:
    with village.bd.session_ecriture() as session:
        session.execute(delete(QuotientFamilial))
    assert "tarif maximum" in phrases(camille.get("/tableau-de-bord")).partition("Quotient familial")[2]


def test_a_family_that_edits_nothing_online_is_not_told_to(village: Village, client: FlaskClient) -> None:
    structures = document()["structure"]
    village.changer_regles(
        structure=[s | {"edition": "lecture", "courriel": "ecole@village.example"} for s in structures]
    )
    connecter(client, "karim.haddad")
    page = client.get("/tableau-de-bord")
    assert "Mes coordonnées" in phrases(page)
    assert "/mon-espace/profil/modifier" not in page.text


def test_the_home_page_leads_there_and_counts_answers(camille: FlaskClient, village: Village) -> None:
    page = camille.get("/")
    for adresse in ("/demarches", "/tableau-de-bord"):
        assert f'class="carte tuile" href="/saint-rivage{adresse}"' in page.text
    assert not re.search(r"[0-9]\sréponse", phrases(page))
    with village.bd.session_ecriture() as session:
        demarches(session, village, minutes(9, 8), etat="en_cours", reponse_utc=MERCREDI_SOIR)
        demarches(session, village, minutes(7), debut=9, etat="complement_demande", complement_avant=date(2026, 12, 12))
    dit = phrases(camille.get("/"))
    assert "2\u00a0réponses" in dit
    assert "avant le 12 décembre" in dit
    assert dit.index("avant le 12 décembre") < dit.index("2\u00a0réponses")


def test_its_queries_do_not_grow_with_what_it_sums_up(
    camille: FlaskClient, village: Village, compter_requetes: CompterRequetes
) -> None:
    camille.get("/")
    with compter_requetes() as vide:
        camille.get("/tableau-de-bord")
    with village.bd.session_ecriture() as session:
        demarches(session, village, minutes(*range(10_000)), etat="complement_demande")
        recus(session, village, minutes(*range(100)))
    for n in range(9):
        garder(village, f"{n}.pdf", date(2026, 12, 10))
    with compter_requetes() as plein:
        camille.get("/tableau-de-bord")
    assert len(plein) == len(vide) <= 12
