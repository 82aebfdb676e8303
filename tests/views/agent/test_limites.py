"""What the desk keeps from an agent: her own family, the children of other structures, other agents' comptes."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select, update

from portail_famille.domain.demarches import Cote
from portail_famille.domain.droits import Attribution, Role
from portail_famille.models.comptes import Compte
from portail_famille.models.foyers import AutoriteParentale, Enfant, Personne, Rattachement
from portail_famille.services.agents import ajouter_role
from portail_famille.services.demarches import deposer
from portail_famille.services.journal import Auteur
from portail_famille.services.perimetres import SA_FAMILLE
from tests.conftest import CompterRequetes
from tests.support.agents import connecter_agent
from tests.support.client import poster
from tests.support.ecran import phrases
from tests.support.temps import MERCREDI_SOIR
from tests.views.agent.conftest import Bureau
from tests.views.agent.test_demarches import decider, deposer_adresse, deposer_espace, etat, mails

MERCREDI = date(2026, 12, 2)


def enroler(bureau: Bureau, qui: str = "camille") -> None:
    """This parent of the village becomes an agent as well, and goes to the desk."""
    with bureau.bd.session_ecriture() as session:
        ajouter_role(session, bureau.village.comptes[qui], Attribution(Role.INSTRUCTION), MERCREDI_SOIR)
        identifiant = session.get_one(Compte, bureau.village.comptes[qui]).identifiant
    connecter_agent(bureau.client, identifiant)


def demander(bureau: Bureau, genre: str, *, qui: str, foyer: str, enfant: str | None = None, **contenu: Any) -> str:
    with bureau.bd.session_ecriture() as session:
        return deposer(
            session,
            genre=genre,
            auteur=Auteur(Cote.FAMILLE, bureau.village.comptes[qui]),
            maintenant=MERCREDI_SOIR,
            contenu=contenu,
            foyer_id=bureau.village.foyers[foyer],
            enfant_id=bureau.village.enfants[enfant] if enfant else None,
        ).numero


def adresse(bureau: Bureau, foyer: str, suite: str = "") -> str:
    return f"/agent/foyers/{bureau.village.foyers[foyer]}{suite}"


def structure(bureau: Bureau, code: str) -> int:
    return bureau.village.regles.structure_ids[code]


@pytest.mark.parametrize(("foyer", "est_dit"), [("morel", True), ("ferrand", False)])
def test_an_agent_finds_neither_her_own_foyer_nor_that_of_her_child_s_other_parent(
    bureau: Bureau, foyer: str, est_dit: bool
) -> None:
    enroler(bureau)
    lue = bureau.client.get(adresse(bureau, foyer))
    assert lue.status_code == 404
    # The other home may be hidden from her: nothing says that it is linked to her.
    assert (SA_FAMILLE in phrases(lue)) is est_dit
    avant = bureau.village.photographier()
    for suite, champs in (
        ("/masquer", {"enfant": bureau.village.enfants["lea"], "masquer": "oui"}),
        ("/autorite/fin", {"enfant": bureau.village.enfants["lea"], "personne": 1, "au": "2026-12-02"}),
        ("/enfants/nouveau", {}),
        (f"/enfants/{bureau.village.enfants['lea']}", {}),
        ("/adresse", {}),
    ):
        assert poster(bureau.client, adresse(bureau, foyer, suite), champs).status_code == 404, suite
    assert bureau.village.photographier() == avant
    trouves = bureau.client.get("/agent/foyers?q=ferrand").text
    assert adresse(bureau, "petit") in trouves
    assert f'{adresse(bureau, foyer)}"' not in trouves


def test_the_other_families_stay_hers_to_deal_with(bureau: Bureau, compter_requetes: CompterRequetes) -> None:
    enroler(bureau)
    # The rules are read once by each process.
    bureau.client.get(adresse(bureau, "haddad"))
    with compter_requetes() as requetes:
        assert bureau.client.get(adresse(bureau, "haddad")).status_code == 200
    assert len(requetes) <= 12
    numero = deposer_adresse(bureau, "haddad", "karim")
    decision = {"decision": "accepter", "version": 1}
    assert poster(bureau.client, f"/agent/demarches/{numero}", decision).status_code == 303


@pytest.mark.parametrize("qui", ["camille", "thomas", "julien"])
def test_nobody_decides_on_a_request_of_her_family(bureau: Bureau, qui: str) -> None:
    """Hers, her foyer's, and what the other parent asks for her child."""
    siennes = [
        deposer_adresse(bureau),
        demander(bureau, "garde", qui="julien", foyer="ferrand", enfant="lea", une_sur=None),
    ]
    enroler(bureau, qui)
    file = bureau.client.get("/agent/demarches").text
    for numero in siennes:
        assert numero not in file
        assert bureau.client.get(f"/agent/demarches/{numero}").status_code == 404
        reponse = poster(bureau.client, f"/agent/demarches/{numero}", {"decision": "accepter", "version": 1})
        assert reponse.status_code == 404
        assert etat(bureau, numero) == "deposee"
    if qui != "julien":
        assert SA_FAMILLE in phrases(bureau.client.get(f"/agent/demarches/{siennes[0]}"))


def test_her_family_is_read_once_a_page(bureau: Bureau, compter_requetes: CompterRequetes) -> None:
    """Every condition on families names it by its ids: told again by each, it was half of the queue's time."""
    deposer_adresse(bureau, "haddad", "karim")
    enroler(bureau)
    with compter_requetes() as requetes:
        assert bureau.client.get("/agent/demarches").status_code == 200
    assert sum("autorite_parentale" in requete for requete in requetes) == 1, requetes


def test_an_agent_known_as_a_parent_by_the_same_mail_address_is_the_same_person(bureau: Bureau) -> None:
    numero = deposer_adresse(bureau)
    with bureau.bd.session_ecriture() as session:
        rose = select(Compte.personne_id).where(Compte.id == bureau.comptes["Rose"]).scalar_subquery()
        session.execute(update(Personne).where(Personne.id == rose).values(courriel="camille@courriel.example"))
    bureau.entrer()
    assert bureau.client.get(adresse(bureau, "morel")).status_code == 404
    assert bureau.client.get(f"/agent/demarches/{numero}").status_code == 404


def test_an_agent_puts_herself_in_no_foyer(bureau: Bureau) -> None:
    numero = deposer_espace(bureau, courriel="rose@mairie.example")
    client = bureau.entrer()
    haddad = bureau.village.foyers["haddad"]
    avant = bureau.village.photographier()
    assert client.get(f"/agent/demarches/{numero}").status_code == 404
    rose = {"prenom": "Rosa", "nom": "Autre", "courriel": "Rose@mairie.example", "connu": "autre"}
    ajout = poster(client, adresse(bureau, "haddad", "/adultes/nouveau"), rose)
    assert "demandez à un autre agent" in phrases(ajout)
    nouveau = poster(
        client,
        "/agent/foyers/nouveau",
        {"adultes-0-prenom": "Rosa", "adultes-0-nom": "Autre", "adultes-0-courriel": "rose@mairie.example"},
    )
    assert "demandez à un autre agent" in phrases(nouveau)
    rattachee = poster(client, f"/agent/demarches/{numero}/rattacher", {"version": 1, "foyer": f"{haddad}-"})
    assert rattachee.status_code == 404
    assert bureau.village.photographier() == avant


def test_a_family_is_attached_to_no_foyer_of_the_agent_s(bureau: Bureau) -> None:
    numero = deposer_espace(bureau)
    enroler(bureau)
    choix = {"version": 1, "foyer": f"{bureau.village.foyers['ferrand']}-"}
    assert poster(bureau.client, f"/agent/demarches/{numero}/rattacher", choix).status_code == 422
    assert etat(bureau, numero) == "deposee"
    assert f'value="{choix["foyer"]}"' not in bureau.client.get(f"/agent/demarches/{numero}?q=ferrand").text


def test_what_touches_a_child_is_changed_where_it_is_received(bureau: Bureau) -> None:
    """Inès receives Mia at the crèche: the foyer is hers, Noé at school is not."""
    client, noe = bureau.entrer("Inès"), bureau.village.enfants["noe"]
    camille = bureau.village.personnes["camille"]
    avant = bureau.village.photographier(sauf=("session_compte", "acte_journal"))
    for suite, champs in (
        ("/masquer", {"enfant": noe, "masquer": "oui"}),
        ("/garde", {"enfant": noe}),
        ("/autorite", {"enfant": noe, "personne": camille, "du": "2026-12-02"}),
        ("/autorite/fin", {"enfant": noe, "personne": camille, "au": "2026-12-02"}),
    ):
        reponse = poster(client, adresse(bureau, "morel", suite), champs)
        assert reponse.status_code == 409, suite
        assert "suivi par une autre structure" in phrases(reponse)
    assert client.get(adresse(bureau, "morel", f"/enfants/{noe}")).status_code == 404
    assert poster(client, adresse(bureau, "morel", f"/enfants/{noe}")).status_code == 404
    assert bureau.village.photographier(sauf=("session_compte", "acte_journal")) == avant
    mia = bureau.village.enfants["mia"]
    assert client.get(adresse(bureau, "morel", f"/enfants/{mia}")).status_code == 200
    assert client.get(adresse(bureau, "morel", "/adresse")).status_code == 200


def test_requests_about_a_child_go_to_the_structure_that_receives_it(bureau: Bureau) -> None:
    noe = demander(bureau, "sante", qui="camille", foyer="morel", enfant="noe", pai=True)
    mia = demander(bureau, "sante", qui="camille", foyer="morel", enfant="mia", pai=True)
    client = bureau.entrer("Inès")
    fiche = client.get(adresse(bureau, "morel")).text
    assert [f'/agent/demarches/{numero}"' in fiche for numero in (noe, mia)] == [False, True]
    assert poster(client, f"/agent/demarches/{noe}", {"decision": "accepter", "version": 1}).status_code == 404
    assert poster(client, f"/agent/demarches/{mia}", {"decision": "accepter", "version": 1}).status_code == 303
    with bureau.bd.session_lecture() as session:
        pai = dict(session.execute(select(Enfant.id, Enfant.pai)).all())
    assert (pai[bureau.village.enfants["noe"]], pai[bureau.village.enfants["mia"]]) == (False, True)


def test_a_second_adult_gets_authority_on_the_children_received_here_only(bureau: Bureau) -> None:
    client = bureau.entrer("Inès")
    with bureau.bd.session_ecriture() as session:
        haddad, mia = bureau.village.foyers["haddad"], bureau.village.enfants["mia"]
        session.add(Rattachement(foyer_id=haddad, enfant_id=mia))
    fatou = {"prenom": "Fatou", "nom": "Haddad", "courriel": "fatou@courriel.example", "civilite": "Mme"}
    enfants = [bureau.village.enfants["yanis"], bureau.village.enfants["mia"]]
    reponse = poster(client, adresse(bureau, "haddad", "/adultes/nouveau"), fatou | {"autorite": enfants})
    assert reponse.status_code == 303
    with bureau.bd.session_lecture() as session:
        siens = session.scalars(
            select(AutoriteParentale.enfant_id)
            .join(Personne, Personne.id == AutoriteParentale.personne_id)
            .where(Personne.prenom == "Fatou")
        ).all()
    assert siens == [bureau.village.enfants["mia"]]


def test_accepting_attaches_no_child_received_elsewhere_nor_a_third_home(bureau: Bureau) -> None:
    yanis = demander(
        bureau, "enfant", qui="camille", foyer="morel",
        prenom="Yanis", nom="Haddad", naissance="2017-06-08", lien="parent",
    )  # fmt: skip
    client = bureau.entrer("Inès")
    dit = phrases(client.get(f"/agent/demarches/{yanis}"))
    assert "Un dossier qui ressemble existe ailleurs" in dit
    assert "foyer Haddad" not in dit
    champs = {"decision": "accepter", "version": 1, "enfant": bureau.village.enfants["yanis"]}
    assert poster(client, f"/agent/demarches/{yanis}", champs).status_code == 409
    assert etat(bureau, yanis) == "deposee"
    client = bureau.entrer()
    lea = demander(
        bureau, "enfant", qui="karim", foyer="haddad",
        prenom="Léa", nom="Ferrand", naissance="2018-04-17", lien="parent",
    )  # fmt: skip
    refus = poster(client, f"/agent/demarches/{lea}", champs | {"enfant": bureau.village.enfants["lea"]})
    assert refus.status_code == 409
    assert "a déjà deux foyers" in phrases(refus)


def test_who_is_known_elsewhere_is_not_shown_to_an_agent_of_one_structure(bureau: Bureau) -> None:
    client = bureau.entrer("Inès")
    karim = {"prenom": "Karim", "nom": "Haddad", "courriel": "karim@courriel.example"}
    with bureau.bd.session_ecriture() as session:
        ferrand, mia = bureau.village.foyers["ferrand"], bureau.village.enfants["mia"]
        session.add(Rattachement(foyer_id=ferrand, enfant_id=mia))
    page = poster(client, adresse(bureau, "ferrand", "/adultes/nouveau"), karim)
    assert page.status_code == 422
    assert "Un dossier qui ressemble existe ailleurs" in phrases(page)
    assert "foyer Haddad" not in phrases(page)
    forge = poster(
        client, adresse(bureau, "ferrand", "/adultes/nouveau"), karim | {"connu": bureau.village.personnes["karim"]}
    )
    assert forge.status_code == 422
    yanis = {"prenom": "Yanis", "nom": "Haddad", "naissance": "2017-06-08"}
    page = poster(client, adresse(bureau, "ferrand", "/enfants/nouveau"), yanis)
    assert "Un dossier qui ressemble existe ailleurs" in phrases(page)
    assert "foyer Haddad" not in phrases(page)


@pytest.mark.parametrize("geste", ["fermer", "rouvrir"])
def test_a_compte_that_opens_the_desk_is_closed_and_opened_by_an_administrator(bureau: Bureau, geste: str) -> None:
    """Closing a colleague's compte, or opening again that of an agent who left, is no matter of families."""
    karim = bureau.village.comptes["karim"]
    with bureau.bd.session_ecriture() as session:
        ajouter_role(session, karim, Attribution(Role.LECTURE), MERCREDI_SOIR)
        session.execute(update(Compte).where(Compte.id == karim).values(est_actif=geste == "fermer"))
    client = bureau.entrer()
    suite = f"/compte/{geste}"
    refus = poster(client, adresse(bureau, "haddad", suite), {"compte": karim})
    assert refus.status_code == 409
    assert "celui d’un agent de la mairie" in phrases(refus)
    with bureau.bd.session_ecriture() as session:
        ajouter_role(session, bureau.comptes["Rose"], Attribution(Role.ADMINISTRATION), MERCREDI_SOIR)
    assert (
        poster(bureau.entrer(), adresse(bureau, "haddad", suite), {"compte": karim, "confirme": "oui"}).status_code
        == 303
    )


@pytest.mark.parametrize("decision", [{}, {"decision": ""}, {"decision": "Accepter"}, {"decision": "annuler"}])
def test_only_a_decision_that_is_said_is_taken(bureau: Bureau, decision: dict[str, str]) -> None:
    numero = deposer_adresse(bureau)
    reponse = poster(bureau.entrer(), f"/agent/demarches/{numero}", decision | {"version": "1"})
    assert reponse.status_code == 400
    assert etat(bureau, numero) == "deposee"


def test_the_address_on_file_is_replaced_only_when_the_agent_says_so(bureau: Bureau) -> None:
    """Whoever asks opens her own mailbox; the agent says that it is Karim, and his old mailbox hears of it."""
    village = bureau.village
    karim, haddad = village.personnes["karim"], village.foyers["haddad"]
    with bureau.bd.session_ecriture() as session:
        session.execute(update(Compte).where(Compte.personne_id == karim).values(active_utc=None))
    numero = deposer_espace(bureau, nom="Haddad")
    dit = phrases(bureau.entrer().get(f"/agent/demarches/{numero}"))
    assert "Adresse du dossier\u00a0: karim@courriel.example" in dit
    assert "Adresse de la demande\u00a0: fatou@courriel.example" in dit
    choix = f"{haddad}-{karim}"
    avant = village.photographier()
    refus = decider(bureau, numero, "rattacher", foyer=choix)
    assert refus.status_code == 422
    assert "cochez la case pour la remplacer" in phrases(refus)
    assert village.photographier() == avant
    assert decider(bureau, numero, "rattacher", foyer=choix, remplacer="oui").status_code == 303
    with bureau.bd.session_lecture() as session:
        assert session.get_one(Personne, karim).courriel == "fatou@courriel.example"
    destinataires = {mail.destinataire: mail.corps_texte for mail in mails(bureau)}
    assert set(destinataires) == {"karim@courriel.example", "fatou@courriel.example"}
    assert "fatou" not in destinataires["karim@courriel.example"]


@pytest.mark.deux_moteurs
def test_the_desk_searches_whatever_is_typed(bureau: Bureau) -> None:
    client = bureau.entrer()
    for adresse in (
        "/agent/demarches?q=%00a&fait=%00&structure=%00&agent=%00",
        f"/agent/demarches?apres={'9' * 20}&agent={'9' * 20}",
        "/agent/foyers?q=%00Morel",
    ):
        assert client.get(adresse).status_code == 200, adresse
    for numero in ("%00", "D2026-%00", "x" * 5000):
        assert client.get(f"/agent/demarches/{numero}").status_code == 404, numero
