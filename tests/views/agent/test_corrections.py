"""An agent corrects a file: at once, in the journal, never over somebody else's change."""

import pytest
from sqlalchemy import func, select

from portail_famille.models.demarches import Demarche
from portail_famille.models.foyers import Enfant, Foyer, Personne
from portail_famille.models.journal import ActeJournal
from tests.conftest import CompterRequetes
from tests.support.client import poster
from tests.support.ecran import phrases
from tests.support.formulaires import Formulaire, lire_formulaire
from tests.views.agent.conftest import Bureau


def page(bureau: Bureau, cible: str, foyer: str = "haddad") -> str:
    fiche = {
        "adulte": f"adultes/{bureau.village.personnes['karim']}",
        "enfant": f"enfants/{bureau.village.enfants['yanis']}",
        "adresse": "adresse",
    }
    return f"/agent/foyers/{bureau.village.foyers[foyer]}/{fiche[cible]}"


def formulaire(bureau: Bureau, cible: str) -> Formulaire:
    return lire_formulaire(bureau.client.get(page(bureau, cible)).text, "formulaire")


@pytest.mark.parametrize(
    ("cible", "champs", "dit"),
    [
        ("adulte", {"nom": "El Haddad", "telephone": "06 39 98 12 34"}, ("Karim El Haddad", "06 39 98 12 34")),
        ("enfant", {"naissance": "2017-06-09", "classe": "CM1"}, ("9 juin 2017", "CM1")),
        ("adresse", {"adresse": "8 rue du Port", "code_postal": "99998", "ville": "Le Bourg"}, ("99998 Le Bourg",)),
    ],
)
def test_a_correction_is_made_at_once_and_is_in_the_journal(
    bureau: Bureau, cible: str, champs: dict[str, str], dit: tuple[str, ...]
) -> None:
    client = bureau.entrer()
    saisi = formulaire(bureau, cible)
    saisi.champs |= {nom: [valeur] for nom, valeur in champs.items()}
    reponse = saisi.envoyer(client)
    assert reponse.status_code == 303
    fiche = phrases(client.get(reponse.location.removeprefix("/saint-rivage")))
    for mot in (*dit, "La correction est enregistrée."):
        assert mot in fiche, mot
    with bureau.bd.session_lecture() as session:
        acte = session.scalars(select(ActeJournal).where(ActeJournal.action == "fiche_modifiee")).one()
        assert session.scalar(select(func.count()).select_from(Demarche)) == 0
    assert (acte.cote, acte.compte_id) == ("agent", bureau.comptes["Rose"])
    assert acte.foyer_id == bureau.village.foyers["haddad"]
    assert {code.partition(".")[2] for code in acte.details["champs"]} == set(champs)


def test_what_the_family_changed_meanwhile_is_shown_and_nothing_is_lost(bureau: Bureau) -> None:
    client = bureau.entrer()
    saisi = formulaire(bureau, "adulte")
    with bureau.bd.session_ecriture() as session:
        session.get_one(Personne, bureau.village.personnes["karim"]).telephone = "+33639980011"
    saisi.champs |= {"telephone": ["06 39 98 12 34"], "nom": ["El Haddad"]}
    reponse = saisi.envoyer(client)
    assert reponse.status_code == 409
    assert "Cette fiche vient de changer" in phrases(reponse)
    assert "06 39 98 00 11" in phrases(reponse)
    encore = lire_formulaire(reponse.text, "formulaire")
    assert (encore.champs["telephone"], encore.champs["nom"]) == (["06 39 98 12 34"], ["El Haddad"])
    assert encore.envoyer(client).status_code == 303
    with bureau.bd.session_lecture() as session:
        karim = session.get_one(Personne, bureau.village.personnes["karim"])
    assert (karim.telephone, karim.nom) == ("+33639981234", "El Haddad")


def test_a_wrong_value_is_told_beside_its_field(bureau: Bureau) -> None:
    client = bureau.entrer()
    saisi = formulaire(bureau, "enfant")
    saisi.champs |= {"naissance": ["2031-01-01"], "classe": ["CM1"]}
    reponse = saisi.envoyer(client)
    assert reponse.status_code == 422
    assert 'href="#naissance"' in reponse.text
    assert lire_formulaire(reponse.text, "formulaire").champs["classe"] == ["CM1"]
    with bureau.bd.session_lecture() as session:
        assert session.get_one(Enfant, bureau.village.enfants["yanis"]).classe == ""


def test_the_browser_does_not_offer_the_agent_s_own_name(bureau: Bureau) -> None:
    bureau.entrer()
    for cible in ("adulte", "enfant", "adresse"):
        texte = bureau.client.get(page(bureau, cible)).text
        assert 'autocomplete="off"' in texte
        assert texte.count('autocomplete="') == texte.count('autocomplete="off"')


def test_a_file_is_opened_through_its_own_foyer_and_perimeter(bureau: Bureau) -> None:
    client = bureau.entrer()
    avant = bureau.village.photographier()
    for cible in ("adulte", "enfant"):
        assert client.get(page(bureau, cible, "morel")).status_code == 404
        assert poster(client, page(bureau, cible, "morel"), {"nom": "X"}).status_code == 404
    assert bureau.village.photographier() == avant
    bureau.entrer("Inès")
    for cible in ("adulte", "enfant", "adresse"):
        assert client.get(page(bureau, cible)).status_code == 404
        assert poster(client, page(bureau, cible), {"nom": "X"}).status_code == 404
    with bureau.bd.session_lecture() as session:
        assert session.get_one(Foyer, bureau.village.foyers["haddad"]).adresse == ""


def test_a_correction_costs_ten_queries_at_most(bureau: Bureau, compter_requetes: CompterRequetes) -> None:
    client = bureau.entrer()
    client.get(page(bureau, "enfant"))
    for cible in ("adulte", "enfant", "adresse"):
        with compter_requetes() as requetes:
            assert client.get(page(bureau, cible)).status_code == 200
        assert len(requetes) <= 10


def structure_de(bureau: Bureau, enfant: str = "yanis") -> str:
    with bureau.bd.session_lecture() as session:
        id_ = session.get_one(Enfant, bureau.village.enfants[enfant]).structure_id
    return bureau.village.regles.structures.get(id_ or 0, "")


def test_a_child_changes_school_and_class_at_the_desk(bureau: Bureau) -> None:
    client = bureau.entrer()
    saisi = formulaire(bureau, "enfant")
    avant, apres = saisi.champs["structure"][0], "creche"
    assert avant == structure_de(bureau) != apres
    saisi.champs |= {"structure": [apres], "classe": ["CM1"]}
    reponse = saisi.envoyer(client)
    assert reponse.status_code == 303
    assert structure_de(bureau) == apres
    with bureau.bd.session_lecture() as session:
        assert session.get_one(Enfant, bureau.village.enfants["yanis"]).classe == "CM1"
        acte = session.scalars(select(ActeJournal).where(ActeJournal.action == "structure_changee")).one()
    assert (acte.enfant_id, acte.compte_id) == (bureau.village.enfants["yanis"], bureau.comptes["Rose"])
    noms = bureau.village.regles.catalogue.structures
    assert acte.details == {"avant": noms[avant].nom if avant else "", "apres": noms[apres].nom}
    assert "École ou structure changée" in phrases(client.get(reponse.location.removeprefix("/saint-rivage")))


def test_a_school_changed_meanwhile_is_told_and_nothing_is_written(bureau: Bureau) -> None:
    client = bureau.entrer()
    saisi = formulaire(bureau, "enfant")
    with bureau.bd.session_ecriture() as session:
        creche = bureau.village.regles.structure_ids["creche"]
        session.get_one(Enfant, bureau.village.enfants["yanis"]).structure_id = creche
    saisi.champs |= {"structure": [""], "classe": ["CM1"]} if saisi.champs["structure"][0] else {"structure": ["ecole"]}
    reponse = saisi.envoyer(client)
    assert reponse.status_code == 422
    assert 'href="#structure"' in reponse.text
    assert structure_de(bureau) == "creche"
    with bureau.bd.session_lecture() as session:
        assert session.get_one(Enfant, bureau.village.enfants["yanis"]).classe == ""
    encore = lire_formulaire(reponse.text, "formulaire")
    assert encore.champs["structure_vue"] == ["creche"]
    assert encore.envoyer(client).status_code == 303


def test_an_unknown_school_is_refused(bureau: Bureau) -> None:
    client, avant = bureau.entrer(), structure_de(bureau)
    saisi = formulaire(bureau, "enfant")
    saisi.champs["structure"] = ["nulle-part"]
    assert saisi.envoyer(client).status_code == 422
    assert structure_de(bureau) == avant


def test_an_agent_of_one_structure_moves_no_child_in_nor_out_of_it(bureau: Bureau) -> None:
    creche = bureau.village.regles.structure_ids["creche"]
    with bureau.bd.session_ecriture() as session:
        session.get_one(Enfant, bureau.village.enfants["yanis"]).structure_id = creche
    client = bureau.entrer("Inès")
    saisi = formulaire(bureau, "enfant")
    assert saisi.champs["structure"] == ["creche"]
    for ailleurs in ("ecole", ""):
        saisi.champs["structure"] = [ailleurs]
        assert saisi.envoyer(client).status_code == 422
    assert structure_de(bureau) == "creche"
