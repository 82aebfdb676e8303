"""Agents for the tests, and the codes of their telephones."""

import re
from base64 import b32decode
from datetime import datetime

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.orm import Session

from portail_famille.domain.droits import Attribution, Role
from portail_famille.models.bd import BD
from portail_famille.models.comptes import Compte, SessionCompte
from portail_famille.services.agents import creer_agent
from tests.support.client import connecter
from tests.support.personnes import empreinte_commune
from tests.support.temps import MERCREDI_SOIR


def agent(session: Session, courriel: str = "rose@mairie.example", *roles: Role) -> Compte:
    """An agent who chose her password (`MOT_DE_PASSE`), and no second factor yet."""
    attributions = [Attribution(role) for role in roles or (Role.INSTRUCTION,)]
    compte = creer_agent(session, "Rose", "Aubert", courriel, attributions, MERCREDI_SOIR)
    compte.empreinte_mot_de_passe, compte.active_utc = empreinte_commune(), MERCREDI_SOIR
    compte.verifie_utc = MERCREDI_SOIR
    session.flush()
    return compte


def connecter_agent(client: FlaskClient, identifiant: str) -> None:
    """Logged in, second factor given."""
    connecter(client, identifiant)
    bd: BD = client.application.extensions["bd"]
    with bd.session_ecriture() as session:
        session.execute(
            update(SessionCompte)
            .where(SessionCompte.fermee_utc.is_(None))
            .where(SessionCompte.compte_id.in_(session.query(Compte.id).filter_by(identifiant=identifiant)))
            .values(second_facteur_utc=client.application.config["HORLOGE"]())
        )


def code_de(secret: bytes, instant: datetime) -> str:
    """What the telephone shows at this instant."""
    return TOTP(secret, 6, SHA1(), 30).generate(int(instant.timestamp())).decode()


def secret_affiche(page: str) -> bytes:
    """The secret a page gives to type."""
    trouve = re.search(r"<b>((?:[A-Z2-7]{4} ?)+)</b>", page)
    assert trouve is not None
    return b32decode(trouve[1].replace(" ", ""))
