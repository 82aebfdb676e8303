"""One more adult, one more child: at the desk, with whoever is known already proposed rather than doubled."""

from collections import Counter
from datetime import date
from typing import Any

from sqlalchemy import func, select

from portail_famille.models.comptes import Compte
from portail_famille.models.courriels import Courriel
from portail_famille.models.foyers import AutoriteParentale, Enfant, Foyer, Personne, Rattachement, Responsable
from portail_famille.models.journal import ActeJournal
from tests.conftest import CompterRequetes
from tests.support.client import poster
from tests.support.ecran import phrases
from tests.support.formulaires import lire_formulaire
from tests.views.agent.conftest import Bureau

FATOU = {
    "prenom": "Fatou",
    "nom": "N'Diaye",
    "courriel": "Fatou@courriel.example",
    "telephone": "06 39 98 12 34",
    "civilite": "Mme",
}
AWA = {"prenom": "Awa", "nom": "Haddad", "naissance": "2019-05-04", "structure": "ecole", "classe": "CP"}
LEA = {"prenom": "Léa", "nom": "Ferrand", "naissance": "2018-04-17"}


def page(bureau: Bureau, quoi: str, foyer: str = "haddad") -> str:
    return f"/agent/foyers/{bureau.village.foyers[foyer]}/{quoi}/nouveau"


def autorites(bureau: Bureau, enfant_id: int) -> dict[int, date]:
    with bureau.bd.session_lecture() as session:
        requete = select(AutoriteParentale.personne_id, AutoriteParentale.du)
        lignes = session.execute(requete.where(AutoriteParentale.enfant_id == enfant_id))
        return {ligne.personne_id: ligne.du for ligne in lignes}


def nombre(bureau: Bureau, modele: Any) -> int:
    with bureau.bd.session_lecture() as session:
        return session.scalars(select(func.count()).select_from(modele)).one()


def test_a_second_parent_gets_a_login_of_her_own(bureau: Bureau) -> None:
    client, yanis = bureau.entrer(), bureau.village.enfants["yanis"]
    formulaire = lire_formulaire(client.get(page(bureau, "adultes")).text, "formulaire")
    formulaire.champs |= {nom: [valeur] for nom, valeur in FATOU.items()}
    formulaire.cocher("autorite", str(yanis))
    reponse = formulaire.envoyer(client)
    assert reponse.status_code == 303
    dit = phrases(client.get(reponse.location.removeprefix("/saint-rivage")))
    for mot in ("Fatou N’Diaye", "jamais activé", "06 39 98 12 34", "Adulte ajouté au foyer"):
        assert mot in dit, mot
    assert "Ajouter un adulte" not in dit, "two at most"
    with bureau.bd.session_lecture() as session:
        assert [c.destinataire for c in session.scalars(select(Courriel))] == ["fatou@courriel.example"]
        fatou = session.scalars(select(Personne).where(Personne.prenom == "Fatou")).one()
        assert session.scalars(select(Compte.identifiant).where(Compte.personne_id == fatou.id)).one() == "fatou"
    assert autorites(bureau, yanis)[fatou.id] == date(2026, 12, 2)


def test_faults_of_an_adult_are_beside_their_fields_and_everything_is_kept(bureau: Bureau) -> None:
    client, yanis = bureau.entrer(), bureau.village.enfants["yanis"]
    avant = bureau.village.photographier()
    saisie = FATOU | {"nom": "", "courriel": "fatou", "telephone": "06", "autorite": yanis}
    reponse = poster(client, page(bureau, "adultes"), saisie)
    assert reponse.status_code == 422
    for champ in ("nom", "courriel", "telephone"):
        assert f'href="#{champ}"' in reponse.text
    garde = lire_formulaire(reponse.text, "formulaire").champs
    assert (garde["prenom"], garde["courriel"], garde["civilite"]) == (["Fatou"], ["fatou"], ["Mme"])
    assert garde["autorite"] == [str(yanis)]
    assert bureau.village.photographier() == avant


def test_an_adult_known_by_her_mail_is_proposed_and_taken_as_she_is(bureau: Bureau) -> None:
    client, nadia = bureau.entrer(), bureau.village.personnes["nadia"]
    personnes = nombre(bureau, Personne)
    saisie = FATOU | {"courriel": "nadia@courriel.example"}
    reponse = poster(client, page(bureau, "adultes"), saisie)
    assert reponse.status_code == 422
    assert "C’est Nadia Petit" in phrases(reponse)
    assert "foyer Petit – Ferrand" in phrases(reponse)
    assert nombre(bureau, Personne) == personnes
    formulaire = lire_formulaire(reponse.text, "formulaire")
    assert formulaire.champs["prenom"] == ["Fatou"]
    formulaire.cocher("connu", str(nadia))
    assert formulaire.envoyer(client).status_code == 303
    with bureau.bd.session_lecture() as session:
        assert session.get(Responsable, (bureau.village.foyers["haddad"], nadia)) is not None
        assert session.get_one(Personne, nadia).prenom == "Nadia"
    assert (nombre(bureau, Personne), nombre(bureau, Courriel)) == (personnes, 0), "she has her espace already"


def test_an_adult_of_the_same_name_in_the_same_house_is_proposed_or_is_somebody_else(bureau: Bureau) -> None:
    with bureau.bd.session_ecriture() as session:
        for foyer, rue in (("haddad", "5 rue des Ormes"), ("petit", "5, RUE DES ORMES"), ("ferrand", "9 quai Sud")):
            ligne = session.get_one(Foyer, bureau.village.foyers[foyer])
            ligne.adresse, ligne.code_postal = rue, "99999"
    client, personnes = bureau.entrer(), nombre(bureau, Personne)
    reponse = poster(client, page(bureau, "adultes"), {"prenom": "NADIA", "nom": "petit"})
    assert "C’est Nadia Petit" in phrases(reponse)
    formulaire = lire_formulaire(reponse.text, "formulaire")
    formulaire.cocher("connu", "autre")
    assert formulaire.envoyer(client).status_code == 303
    assert nombre(bureau, Personne) == personnes + 1


def test_a_namesake_elsewhere_is_not_proposed(bureau: Bureau) -> None:
    reponse = poster(bureau.entrer(), page(bureau, "adultes"), {"prenom": "Nadia", "nom": "Petit"})
    assert reponse.status_code == 303


def test_only_who_was_proposed_is_attached(bureau: Bureau) -> None:
    client, village = bureau.entrer(), bureau.village
    avant = village.photographier()
    thomas, mia = village.personnes["thomas"], village.enfants["mia"]
    assert poster(client, page(bureau, "adultes"), FATOU | {"connu": thomas}).status_code == 422
    assert poster(client, page(bureau, "enfants"), AWA | {"connu": mia}).status_code == 422
    assert village.photographier() == avant


def test_a_full_foyer_says_so(bureau: Bureau) -> None:
    client = bureau.entrer()
    assert "Ajouter un adulte" not in phrases(client.get(f"/agent/foyers/{bureau.village.foyers['morel']}"))
    reponse = poster(client, page(bureau, "adultes", "morel"), FATOU)
    assert reponse.status_code == 422
    assert "Un foyer a deux adultes au plus." in phrases(reponse)


def test_a_child_is_added_with_the_authority_ticked(bureau: Bureau) -> None:
    client, village = bureau.entrer(), bureau.village
    formulaire = lire_formulaire(client.get(page(bureau, "enfants")).text, "formulaire")
    formulaire.champs |= {nom: [valeur] for nom, valeur in AWA.items()}
    formulaire.cocher("autorite", str(village.personnes["karim"]))
    reponse = formulaire.envoyer(client)
    assert reponse.status_code == 303
    assert "Enfant ajouté au foyer (Awa)" in phrases(client.get(reponse.location.removeprefix("/saint-rivage")))
    with bureau.bd.session_lecture() as session:
        awa = session.scalars(select(Enfant).where(Enfant.prenom == "Awa")).one()
    assert (awa.classe, awa.structure_id) == ("CP", village.regles.structure_ids["ecole"])
    assert autorites(bureau, awa.id) == {village.personnes["karim"]: date(2019, 5, 4)}
    encore = poster(client, page(bureau, "enfants"), AWA | {"prenom": "AWA"})
    assert (encore.status_code, "est déjà dans ce foyer" in phrases(encore)) == (422, True)


def test_the_twin_of_a_child_is_not_taken_for_it(bureau: Bureau) -> None:
    client = bureau.entrer()
    assert poster(client, page(bureau, "enfants"), AWA).status_code == 303
    assert poster(client, page(bureau, "enfants"), AWA | {"prenom": "Issa"}).status_code == 303


def test_faults_of_a_child_are_beside_their_fields(bureau: Bureau) -> None:
    saisie = AWA | {"nom": "", "naissance": "2030-01-01", "structure": "ailleurs"}
    reponse = poster(bureau.entrer(), page(bureau, "enfants"), saisie)
    assert reponse.status_code == 422
    for champ in ("nom", "naissance", "structure"):
        assert f'href="#{champ}"' in reponse.text
    assert lire_formulaire(reponse.text, "formulaire").champs["classe"] == ["CP"]


def test_a_known_child_gets_a_second_home_and_never_a_third(bureau: Bureau) -> None:
    client, village = bureau.entrer(), bureau.village
    zoe = {"prenom": "Zoé", "nom": "Petit", "naissance": "2021-08-14"}
    reponse = poster(client, page(bureau, "enfants"), zoe)
    assert "C’est Zoé Petit" in phrases(reponse)
    formulaire = lire_formulaire(reponse.text, "formulaire")
    formulaire.cocher("connu", str(village.enfants["zoe"]))
    formulaire.cocher("autorite", str(village.personnes["karim"]))
    assert formulaire.envoyer(client).status_code == 303
    assert autorites(bureau, village.enfants["zoe"])[village.personnes["karim"]] == date(2026, 12, 2)
    troisieme = poster(client, page(bureau, "enfants"), LEA | {"connu": village.enfants["lea"]})
    assert (troisieme.status_code, "Cet enfant a déjà deux foyers." in phrases(troisieme)) == (422, True)
    with bureau.bd.session_lecture() as session:
        requete = select(func.count()).where(Rattachement.enfant_id == village.enfants["lea"])
        assert session.scalar(requete) == 2


def test_an_agent_of_one_structure_attaches_no_child_of_another(bureau: Bureau) -> None:
    """Authority over a child of the school would open its file to a family of the crèche."""
    client, village = bureau.entrer("Inès"), bureau.village
    yanis = {"prenom": "Yanis", "nom": "Haddad", "naissance": "2017-06-08", "connu": village.enfants["yanis"]}
    avant = village.photographier()
    reponse = poster(client, page(bureau, "enfants", "morel"), yanis)
    assert reponse.status_code == 422
    assert "foyer Haddad" not in phrases(reponse)
    assert village.photographier() == avant


def test_the_forms_cost_ten_queries_at_most_and_are_a_reading(
    bureau: Bureau, compter_requetes: CompterRequetes
) -> None:
    client = bureau.entrer()
    # The rules are read once by each process.
    client.get(page(bureau, "enfants", "petit"))
    for quoi in ("adultes", "enfants"):
        with compter_requetes() as requetes:
            assert client.get(page(bureau, quoi)).status_code == 200
        assert len(requetes) <= 10
    with bureau.bd.session_lecture() as session:
        lus = session.scalars(select(ActeJournal.foyer_id).where(ActeJournal.action == "foyer_vu")).all()
    assert Counter(lus) == Counter(bureau.village.foyers[nom] for nom in ("petit", "haddad"))
