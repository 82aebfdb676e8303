"""Separating a household at the desk: shown first, done once confirmed, by who may."""

import pytest
from sqlalchemy import select

from portail_famille.models.foyers import Foyer, Responsable
from portail_famille.models.quotients import QuotientFamilial
from tests.support.client import poster
from tests.support.ecran import phrases
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


def test_what_prices_depend_on_is_written_at_the_desk_and_kept_in_the_journal(bureau: Bureau) -> None:
    client, foyer_id = bureau.entrer(), bureau.village.foyers["haddad"]
    adresse = f"/agent/foyers/{foyer_id}"
    assert "inconnu, tarif maximum" in client.get(adresse).text
    assert client.get(f"{adresse}/tarifs").status_code == 200
    champs = {"resident": "non", "personnes_a_charge": "3", "ressources": "1 250,50"}
    payeur = {"payeur": str(bureau.village.personnes["karim"])}
    assert poster(client, f"{adresse}/tarifs", champs | payeur).status_code == 303
    quotient = {"quotient": "639,99", "du": "2026-12-02", "au": "2027-08-31"}
    assert poster(client, f"{adresse}/quotient", quotient).status_code == 303
    with bureau.bd.session_lecture() as session:
        foyer = session.get_one(Foyer, foyer_id)
        assert (foyer.est_resident, foyer.personnes_a_charge, foyer.ressources_mensuelles_centimes) == (
            False,
            3,
            125_050,
        )
        lu = session.scalars(select(QuotientFamilial).where(QuotientFamilial.foyer_id == foyer_id)).one()
        assert (lu.valeur_centimes, lu.origine) == (63_999, "prouve")
    texte = phrases(client.get(adresse))
    assert "résidence (dans la commune → hors de la commune)" in texte
    assert "639,99" in texte


@pytest.mark.parametrize(
    ("ou", "champs", "fautif"),
    [
        ("tarifs", {"personnes_a_charge": "0"}, "personnes_a_charge"),
        ("tarifs", {"ressources": "beaucoup"}, "ressources"),
        ("quotient", {"quotient": "", "du": "2026-12-02"}, "quotient"),
        ("quotient", {"quotient": "500", "du": "2026-09-01"}, "du"),
    ],
)
def test_what_cannot_be_read_is_told_beside_its_field(
    bureau: Bureau, ou: str, champs: dict[str, str], fautif: str
) -> None:
    """The past needs the agent to say that it is meant (domain.md §8)."""
    connus = {"resident": "oui", "personnes_a_charge": "1", "payeur": str(bureau.village.personnes["karim"])}
    adresse = f"/agent/foyers/{bureau.village.foyers['haddad']}/{ou}"
    reponse = poster(bureau.entrer(), adresse, connus | champs)
    assert reponse.status_code == 422
    assert f'id="{fautif}-faute"' in reponse.text
