"""Separating a household at the desk: shown first, done once confirmed, by who may."""

import pytest
from sqlalchemy import select

from portail_famille.models.foyers import Foyer, Responsable
from tests.support.client import poster
from tests.views.agent.conftest import Bureau

SAISIE = {
    "du": "2026-12-07",
    "vers": "nouveau",
    "adresse": "4 rue du Lavoir",
    "code_postal": "99999",
    "ville": "Le Village",
    "resident": "oui",
}


def page(bureau: Bureau) -> str:
    return f"/agent/foyers/{bureau.village.foyers['morel']}/separer"


def saisie(bureau: Bureau, **autres: str) -> dict[str, str]:
    village = bureau.village
    siens = {"adultes": str(village.personnes["thomas"]), f"enfant-{village.enfants['noe']}": "part"}
    return SAISIE | siens | autres


def test_what_will_change_is_shown_before_anything_does(bureau: Bureau) -> None:
    client = bureau.entrer()
    assert "Séparer ce foyer" in client.get(f"/agent/foyers/{bureau.village.foyers['morel']}").text
    demandee = client.get(f"{page(bureau)}?adulte={bureau.village.personnes['thomas']}&date=2026-12-20").text
    assert 'value="2026-12-20"' in demandee
    avant = bureau.village.photographier()
    vue = poster(client, page(bureau), saisie(bureau))
    assert vue.status_code == 200
    assert "Ce qui va changer" in vue.text
    assert "Thomas Le Gall va dans le foyer Le Gall" in vue.text
    assert "tarif maximum" in vue.text
    assert {k: v for k, v in bureau.village.photographier().items() if k != "acte_journal"} == {
        k: v for k, v in avant.items() if k != "acte_journal"
    }
    faite = poster(client, page(bureau), saisie(bureau, confirme="oui"))
    assert faite.status_code == 303
    with bureau.bd.session_lecture() as session:
        la = session.scalars(select(Foyer).where(Foyer.nom == "Le Gall")).one()
        assert session.scalars(select(Responsable.personne_id).where(Responsable.foyer_id == la.id)).all() == [
            bureau.village.personnes["thomas"]
        ]
    assert "Foyer séparé" in client.get(faite.location.removeprefix("/saint-rivage")).text


def test_faults_are_told_beside_their_field_and_nothing_is_lost(bureau: Bureau) -> None:
    reponse = poster(bureau.entrer(), page(bureau), saisie(bureau, adresse="", confirme="oui"))
    assert reponse.status_code == 422
    assert 'id="adresse-faute"' in reponse.text
    assert 'value="Le Village"' in reponse.text


@pytest.mark.parametrize(("qui", "statut"), [("Odile", 404), ("Paul", 404), ("Inès", 422)])
def test_a_child_of_another_structure_is_moved_by_nobody_else(bureau: Bureau, qui: str, statut: int) -> None:
    """Inès' crèche has Mia, hence the foyer; Noé is of the school."""
    assert poster(bureau.entrer(qui), page(bureau), saisie(bureau, confirme="oui")).status_code == statut
    with bureau.bd.session_lecture() as session:
        assert session.scalars(select(Foyer).where(Foyer.nom == "Le Gall")).all() == []
