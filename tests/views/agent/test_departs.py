"""« Retirer » an adult at the desk: shown first, done once confirmed, by who may."""

from datetime import date

import pytest

from portail_famille.domain.libelles import ecrire_date
from tests.support.client import poster
from tests.support.ecran import phrases
from tests.views.agent.conftest import Bureau


def page(bureau: Bureau, qui: str = "camille", foyer: str = "morel") -> str:
    return f"/agent/foyers/{bureau.village.foyers[foyer]}/adultes/{bureau.village.personnes[qui]}/retirer"


def test_what_will_change_is_shown_before_anything_does(bureau: Bureau) -> None:
    client, adresse = bureau.entrer(), page(bureau)
    dossier = f"/agent/foyers/{bureau.village.foyers['morel']}"
    assert adresse in client.get(dossier).text
    assert client.get(adresse).status_code == 200
    avant = bureau.village.photographier()
    vue = poster(client, adresse, {"motif": "deces", "le": "2026-12-01"})
    assert vue.status_code == 200
    for phrase in ("n’est plus de ce foyer", "Thomas Le Gall reçoit désormais les factures", "Son compte est fermé"):
        assert phrase in phrases(vue)
    assert {k: v for k, v in bureau.village.photographier().items() if k != "acte_journal"} == {
        k: v for k, v in avant.items() if k != "acte_journal"
    }
    faite = poster(client, adresse, {"motif": "deces", "le": "2026-12-01", "confirme": "oui"})
    assert faite.status_code == 303
    dossier_apres = phrases(client.get(faite.location.removeprefix("/saint-rivage")))
    assert "Cette personne n’est plus de ce foyer" in dossier_apres
    assert f"Adulte retiré du foyer\u00a0: Camille Morel, décès le {ecrire_date(date(2026, 12, 1))}" in dossier_apres


def test_faults_are_told_beside_their_field(bureau: Bureau) -> None:
    client = bureau.entrer()
    for saisie, champ in (({"le": "2026-12-01"}, "motif"), ({"motif": "depart", "le": "2027-01-01"}, "le")):
        reponse = poster(client, page(bureau), saisie | {"confirme": "oui"})
        assert reponse.status_code == 422
        assert f'id="{champ}-faute"' in reponse.text


@pytest.mark.parametrize(
    ("agent", "qui", "foyer"), [("Odile", "camille", "morel"), ("Inès", "karim", "haddad"), ("Rose", "karim", "morel")]
)
def test_nobody_is_retired_by_who_may_not_nor_from_another_foyer(
    bureau: Bureau, agent: str, qui: str, foyer: str
) -> None:
    depart = {"motif": "depart", "le": "2026-12-01", "confirme": "oui"}
    assert poster(bureau.entrer(agent), page(bureau, qui, foyer), depart).status_code == 404
