"""Roles × endpoints of the desk: everything else is 404, whatever the method."""

import re

import pytest
from flask import Flask

from portail_famille.domain.droits import Action
from tests.support.client import connecter, poster
from tests.support.ecran import phrases
from tests.views.agent.conftest import Bureau

pytestmark = pytest.mark.deux_moteurs


def adresses(app: Flask, bureau: Bureau) -> list[tuple[str, str, Action]]:
    """Method, address and action of each endpoint under /agent/."""
    valeurs = {
        "foyer_id": bureau.village.foyers["haddad"],
        "personne_id": bureau.village.personnes["karim"],
        "enfant_id": bureau.village.enfants["yanis"],
        "numero": "D2026-000001",
    }
    trouvees = []
    for regle in app.url_map.iter_rules():
        if regle.rule.startswith("/agent"):
            acces = str(getattr(app.view_functions[regle.endpoint], "acces", ""))
            adresse = regle.rule
            for nom, valeur in valeurs.items():
                adresse = adresse.replace(f"<{nom}>", str(valeur)).replace(f"<int:{nom}>", str(valeur))
            adresse = re.sub(r"<(?:int:)?\w+>", "999999", adresse)
            methode = "POST" if "POST" in (regle.methods or ()) else "GET"
            trouvees.append((methode, adresse, Action(acces.partition(":")[2])))
    return trouvees


def statuts(bureau: Bureau, liste: list[tuple[str, str, Action]]) -> dict[str, int]:
    return {
        f"{methode} {adresse}": (
            bureau.client.get(adresse) if methode == "GET" else poster(bureau.client, adresse)
        ).status_code
        for methode, adresse, _ in liste
    }


@pytest.mark.parametrize("qui", ["parente", "Paul"])
def test_parents_and_agents_without_the_role_find_nothing(app: Flask, bureau: Bureau, qui: str) -> None:
    liste = adresses(app, bureau)
    assert len(liste) >= 18
    if qui == "Paul":
        bureau.entrer("Paul")
    else:
        connecter(bureau.client, "karim.haddad")
    assert set(statuts(bureau, liste).values()) == {404}


def test_the_second_factor_comes_first(app: Flask, bureau: Bureau) -> None:
    connecter(bureau.client, bureau.identifiants["Rose"])
    for methode, adresse, _ in adresses(app, bureau):
        reponse = bureau.client.get(adresse) if methode == "GET" else poster(bureau.client, adresse)
        assert reponse.status_code == 303
        assert "/second-facteur" in reponse.location


def test_who_reads_only_writes_nowhere(app: Flask, bureau: Bureau) -> None:
    bureau.entrer("Odile")
    avant = bureau.village.photographier(sauf=("session_compte", "acte_journal"))
    liste = [ligne for ligne in adresses(app, bureau) if ligne[2] in (Action.INSTRUIRE, Action.FACTURER)]
    assert len(liste) >= 12
    assert set(statuts(bureau, liste).values()) == {404}
    assert bureau.village.photographier(sauf=("session_compte", "acte_journal")) == avant


def test_an_agent_of_another_structure_finds_no_foyer_of_the_school(app: Flask, bureau: Bureau) -> None:
    bureau.entrer("Inès")
    liste = [ligne for ligne in adresses(app, bureau) if str(bureau.village.foyers["haddad"]) in ligne[1].split("/")]
    assert len(liste) >= 10
    assert set(statuts(bureau, liste).values()) == {404}


@pytest.mark.parametrize("adresse", ["/plus", "/famille", "/mon-espace"])
def test_an_agent_of_no_foyer_is_led_from_a_family_s_page_to_the_desk(bureau: Bureau, adresse: str) -> None:
    reponse = bureau.entrer().get(adresse)
    assert reponse.status_code == 403
    assert "Cette page est celle des familles" in phrases(reponse)
    assert '<a class="b plein" href="/saint-rivage/agent/">Ouvrir le bureau</a>' in reponse.text
