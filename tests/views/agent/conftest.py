"""Agents of the village: Rose decides everywhere, Odile reads everywhere, Inès decides at the crèche only, Régine bills
everywhere, Rémi at the school only."""

from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portail_famille.domain.droits import Attribution, Role
from portail_famille.models.bd import BD
from portail_famille.models.comptes import Compte
from portail_famille.services.agents import creer_agent
from tests.support.agents import connecter_agent
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import Village


@dataclass(frozen=True)
class Bureau:
    """The village's agents: login names, comptes by first name."""

    village: Village
    client: FlaskClient
    comptes: dict[str, int]
    identifiants: dict[str, str]

    @property
    def bd(self) -> BD:
        return self.village.bd

    def entrer(self, prenom: str = "Rose") -> FlaskClient:
        connecter_agent(self.client, self.identifiants[prenom])
        return self.client


@pytest.fixture
def bureau(village: Village, client: FlaskClient) -> Bureau:
    creche, ecole = village.regles.structure_ids["creche"], village.regles.structure_ids["ecole"]
    with village.bd.session_ecriture() as session:
        agents = {
            "Rose": _agent(session, "Rose", Attribution(Role.INSTRUCTION)),
            "Odile": _agent(session, "Odile", Attribution(Role.LECTURE)),
            "Inès": _agent(session, "Inès", Attribution(Role.INSTRUCTION, creche)),
            "Paul": _agent(session, "Paul", Attribution(Role.PUBLICATION)),
            "Régine": _agent(session, "Régine", Attribution(Role.REGIE)),
            "Rémi": _agent(session, "Rémi", Attribution(Role.REGIE, ecole)),
        }
    return Bureau(
        village,
        client,
        {prenom: compte.id for prenom, compte in agents.items()},
        {prenom: compte.identifiant for prenom, compte in agents.items()},
    )


def _agent(session: Session, prenom: str, attribution: Attribution) -> Compte:
    courriel = f"{prenom.lower().replace('è', 'e').replace('é', 'e')}@mairie.example"
    compte = creer_agent(session, prenom, "Dubois", courriel, [attribution], MERCREDI_SOIR)
    compte.active_utc = MERCREDI_SOIR
    return compte
