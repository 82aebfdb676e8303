"""Doubles at the desk: chosen, previewed, confirmed, undone."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from portail_famille.domain.droits import Attribution, Role
from portail_famille.models.foyers import Enfant, Foyer, Personne, Rattachement, Responsable
from portail_famille.models.fusions import Fusion
from portail_famille.models.journal import ActeJournal
from portail_famille.services.agents import ajouter_role
from tests.conftest import CompterRequetes
from tests.support.client import poster
from tests.support.temps import MERCREDI_SOIR
from tests.views.agent.conftest import Bureau

SAUF_LECTURES = ("session_compte", "acte_journal")
"""Opening the pages writes in the journal."""


@pytest.fixture
def double(bureau: Bureau) -> dict[str, int]:
    """Karim Haddad a second time, with Yanis a second time."""
    with bureau.bd.session_ecriture() as session:
        karim = Personne(prenom="Karim", nom="Haddad", courriel="karim.h@courriel.example")
        yanis = session.get_one(Enfant, bureau.village.enfants["yanis"])
        autre = Enfant(prenom="Yanis", nom="Haddad", naissance=yanis.naissance, classe="CM2")
        session.add_all([karim, autre])
        session.flush()
        foyer = Foyer(nom="Haddad", payeur_id=karim.id, adresse="3 rue du Port")
        session.add(foyer)
        session.flush()
        session.add_all(
            [
                Responsable(foyer_id=foyer.id, personne_id=karim.id),
                Rattachement(foyer_id=foyer.id, enfant_id=autre.id),
            ]
        )
        return {"foyer": foyer.id, "personne": karim.id, "enfant": autre.id}


def garde(bureau: Bureau) -> dict[str, int]:
    village = bureau.village
    return {
        "foyer": village.foyers["haddad"],
        "personne": village.personnes["karim"],
        "enfant": village.enfants["yanis"],
    }


def reunir(client: FlaskClient, bureau: Bureau, double: dict[str, int], genre: str, **champs: str) -> int:
    donnees = {"genre": genre, "un": garde(bureau)[genre], "deux": double[genre], "confirme": "oui"} | champs
    return poster(client, "/agent/fusions", donnees).status_code


def test_a_double_is_proposed_previewed_merged_and_given_back(
    bureau: Bureau, double: dict[str, int], compter_requetes: CompterRequetes
) -> None:
    client = bureau.entrer()
    assert "C’est un doublon" in client.get(f"/agent/foyers/{bureau.village.foyers['haddad']}").text
    for genre in ("personne", "foyer", "enfant"):
        adresse = f"/agent/fusions?genre={genre}&un={garde(bureau)[genre]}"
        assert f"deux={double[genre]}" in client.get(adresse).text
        assert "Ce qui change de fiche" in client.get(f"{adresse}&deux={double[genre]}").text
        assert reunir(client, bureau, double, genre) == 303
    with compter_requetes() as requetes:
        texte = client.get("/agent/fusions").text
    assert len(requetes) <= 12
    assert texte.count("Annuler la fusion") >= 3
    with bureau.bd.session_lecture() as session:
        faites = session.scalars(select(Fusion.id).order_by(Fusion.id.desc())).all()
        assert session.get_one(Enfant, garde(bureau)["enfant"]).classe == "CM2"
    assert poster(client, f"/agent/fusions/{faites[-1]}/annuler", {}).status_code in (303, 409)
    for id_ in faites:
        poster(client, f"/agent/fusions/{id_}/annuler", {})
    with bureau.bd.session_lecture() as session:
        assert session.get_one(Foyer, double["foyer"]).fondu_dans is None
        assert session.get_one(Personne, double["personne"]).fondue_dans is None
    assert f'/agent/foyers/{double["foyer"]}"' in client.get("/agent/foyers?q=haddad").text


def test_nothing_is_merged_before_it_is_confirmed_nor_when_it_cannot_be(bureau: Bureau, double: dict[str, int]) -> None:
    client = bureau.entrer()
    avant = bureau.village.photographier(SAUF_LECTURES)
    assert reunir(client, bureau, double, "foyer", confirme="") == 409
    sienne = {"foyer": bureau.village.foyers["morel"]}
    assert reunir(client, bureau, sienne, "foyer") == 409
    texte = client.get(f"/agent/fusions?genre=foyer&un={double['foyer']}&deux={sienne['foyer']}").text
    assert "plus de deux adultes" in texte
    assert "Fusionner ces deux fiches" not in texte
    assert bureau.village.photographier(SAUF_LECTURES) == avant


@pytest.mark.parametrize("qui", ["Odile", "Inès", "Paul"])
def test_who_does_not_decide_everywhere_merges_nothing(bureau: Bureau, double: dict[str, int], qui: str) -> None:
    client = bureau.entrer(qui)
    assert client.get("/agent/fusions").status_code == 404
    assert reunir(client, bureau, double, "foyer") == 404


def test_who_administers_alone_merges_nothing(bureau: Bureau, double: dict[str, int]) -> None:
    with bureau.bd.session_ecriture() as session:
        ajouter_role(session, bureau.comptes["Paul"], Attribution(Role.ADMINISTRATION), MERCREDI_SOIR)
    client = bureau.entrer("Paul")
    assert client.get("/agent/fusions").status_code == 404
    assert reunir(client, bureau, double, "enfant") == 404


@pytest.mark.parametrize("genre", ["foyer", "personne", "enfant"])
def test_every_family_read_to_merge_has_its_line_in_the_journal(
    bureau: Bureau, double: dict[str, int], genre: str
) -> None:
    def lus() -> list[int | None]:
        with bureau.bd.session_lecture() as session:
            vues = select(ActeJournal.foyer_id).where(ActeJournal.action == "foyer_vu").order_by(ActeJournal.id)
            return list(session.scalars(vues))

    client, haddad = bureau.entrer(), bureau.village.foyers["haddad"]
    adresse = f"/agent/fusions?genre={genre}&un={garde(bureau)[genre]}"
    assert client.get(adresse).status_code == 200
    assert lus() == [haddad]
    assert client.get(f"{adresse}&deux={double[genre]}").status_code == 200
    assert lus() == [haddad, double["foyer"]]
    nadia = {"foyer": "petit", "personne": "nadia", "enfant": "zoe"}[genre]
    autre = getattr(bureau.village, {"foyer": "foyers", "personne": "personnes", "enfant": "enfants"}[genre])[nadia]
    # Sent without the page before: the refusal shows both files.
    assert reunir(client, bureau, {genre: autre}, genre, confirme="") == 409
    assert bureau.village.foyers["petit"] in lus()


def test_an_agent_does_not_merge_her_own_family(bureau: Bureau, double: dict[str, int]) -> None:
    with bureau.bd.session_ecriture() as session:
        rose = session.scalars(select(Personne.id).where(Personne.courriel == "rose@mairie.example")).one()
        session.add(Responsable(foyer_id=double["foyer"], personne_id=rose))
    client = bureau.entrer()
    for genre in ("foyer", "personne", "enfant"):
        assert reunir(client, bureau, double, genre) == 404, genre
