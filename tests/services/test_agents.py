"""Agents: a person of no foyer, roles everywhere or in one structure, never a parent's compte by its address."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portail_famille.domain.droits import Attribution, Role
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.models.activites import Structure
from portail_famille.models.bd import BD
from portail_famille.models.comptes import Compte, RoleAgent, SessionCompte
from portail_famille.services import agents, comptes
from portail_famille.services.perimetres import (
    Perimetre,
    est_dans_le_perimetre,
    est_enfant_du_perimetre,
    lire_droits,
    verifier_autrui,
)
from tests.support.agents import agent
from tests.support.personnes import creer_parent
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import Village

PARTOUT = Attribution(Role.INSTRUCTION)


def test_an_agent_of_a_parent_s_address_is_another_compte(bd: BD) -> None:
    with bd.session_ecriture() as session:
        parent = creer_parent(session)
        compte = agents.creer_agent(session, "Camille", "Morel", " Camille@Courriel.EXAMPLE ", [PARTOUT], MERCREDI_SOIR)
        assert compte.id != parent.id
        assert compte.identifiant != parent.identifiant
        assert lire_droits(session, parent.id, parent.personne_id)[0] == ()
        assert lire_droits(session, compte.id, compte.personne_id)[0] == (PARTOUT,)


@pytest.mark.parametrize("courriel", ["", "rose", "rose@", "a b@mairie.example"])
def test_an_agent_has_an_address(bd: BD, courriel: str) -> None:
    with bd.session_ecriture() as session, pytest.raises(RegleViolee, match="adresse mail"):
        agents.creer_agent(session, "Rose", "Aubert", courriel, [PARTOUT], MERCREDI_SOIR)


def test_a_role_in_one_structure_is_not_the_role_everywhere(bd: BD) -> None:
    with bd.session_ecriture() as session:
        ecole = Structure(code="ecole")
        session.add(ecole)
        session.flush()
        la = Attribution(Role.INSTRUCTION, ecole.id)
        compte_id = agent(session).id
        assert agents.ajouter_role(session, compte_id, la, MERCREDI_SOIR)
        assert not agents.ajouter_role(session, compte_id, la, MERCREDI_SOIR)
        assert not agents.ajouter_role(session, compte_id, PARTOUT, MERCREDI_SOIR)
        assert agents.retirer_role(session, compte_id, PARTOUT, MERCREDI_SOIR)
        assert not agents.retirer_role(session, compte_id, PARTOUT, MERCREDI_SOIR)
        assert session.scalars(select(RoleAgent.structure_id)).all() == [ecole.id]
        (liste,) = agents.lister_agents(session)
        assert liste.roles == (("instruction", "ecole"),)


def test_a_new_role_ends_the_sessions_open(bd: BD) -> None:
    with bd.session_ecriture() as session:
        parent = creer_parent(session)
        comptes.ouvrir_session(session, parent.id, MERCREDI_SOIR, est_durable=True)
        agents.ajouter_role(session, parent.id, PARTOUT, MERCREDI_SOIR)
        assert session.scalars(select(SessionCompte.fermee_utc)).all() == [MERCREDI_SOIR]
        comptes.ouvrir_session(session, parent.id, MERCREDI_SOIR, est_durable=True)
        durables = session.scalars(select(SessionCompte.est_durable).order_by(SessionCompte.id)).all()
        assert durables == [True, False], "an agent's is never durable"


def test_an_agent_is_found_by_address_or_login_name_unless_two_share_it(bd: BD) -> None:
    with bd.session_ecriture() as session:
        creer_parent(session)
        rose = agent(session)
        assert agents.chercher_agent(session, " ROSE@mairie.example") == rose.id
        assert agents.chercher_agent(session, rose.identifiant) == rose.id
        assert agents.chercher_agent(session, "camille.morel") is None, "a parent is no agent"
        agent(session)
        assert agents.chercher_agent(session, "rose@mairie.example") is None
        assert agents.chercher_agent(session, rose.identifiant) == rose.id


def test_the_last_role_gone_closes_the_compte_and_a_new_one_opens_it_again(bd: BD) -> None:
    with bd.session_ecriture() as session:
        rose = agent(session)
        comptes.ouvrir_session(session, rose.id, MERCREDI_SOIR)
        agents.ajouter_role(session, rose.id, Attribution(Role.REGIE), MERCREDI_SOIR)
        agents.retirer_role(session, rose.id, PARTOUT, MERCREDI_SOIR)
        session.refresh(rose)
        assert rose.est_actif
        agents.retirer_role(session, rose.id, Attribution(Role.REGIE), MERCREDI_SOIR)
        session.refresh(rose)
        assert (rose.est_actif, rose.empreinte_mot_de_passe) == (False, "")
        assert None not in session.scalars(select(SessionCompte.fermee_utc)).all()
        revenue = agents.creer_agent(session, "Rose", "Martin", "rose@mairie.example", [PARTOUT], MERCREDI_SOIR)
        assert revenue.id == rose.id
        assert (revenue.est_actif, revenue.active_utc) == (True, None), "she chooses a password again"


def test_a_parent_who_was_an_agent_keeps_her_compte(bd: BD) -> None:
    with bd.session_ecriture() as session:
        parent = creer_parent(session)
        agents.ajouter_role(session, parent.id, PARTOUT, MERCREDI_SOIR)
        agents.retirer_role(session, parent.id, PARTOUT, MERCREDI_SOIR)
        session.refresh(parent)
        assert parent.est_actif


def perimetre_d(session: Session, compte: Compte) -> Perimetre:
    return Perimetre(None, MERCREDI_SOIR.date(), lire_droits(session, compte.id, compte.personne_id)[1])


def test_an_agent_linked_to_the_parent_she_is_no_longer_sees_her_family(village: Village) -> None:
    haddad, yanis = village.foyers["haddad"], village.enfants["yanis"]
    with village.bd.session_ecriture() as session:
        compte = agent(session)
        partout = perimetre_d(session, compte)
        assert est_dans_le_perimetre(session, partout, haddad)
        assert agents.lier_au_parent(session, compte.id, "Karim.Haddad") == "Karim Haddad"
        partout = perimetre_d(session, compte)
        assert not est_dans_le_perimetre(session, partout, haddad)
        assert not est_enfant_du_perimetre(session, partout, yanis)
        assert est_dans_le_perimetre(session, partout, village.foyers["morel"])
        with pytest.raises(RegleViolee, match="demandez à un autre agent"):
            verifier_autrui(session, partout, personne_id=village.personnes["karim"])
        with pytest.raises(RegleViolee, match="Aucun parent"):
            agents.lier_au_parent(session, compte.id, "personne@courriel.example")
        agents.lier_au_parent(session, compte.id, "")
        assert est_dans_le_perimetre(session, perimetre_d(session, compte), haddad)
