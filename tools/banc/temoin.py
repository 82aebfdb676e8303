"""The reference: a bare Flask application on the same server, and a bare ORM insert of what « Valider » writes."""

import os
from datetime import UTC, date, datetime, timedelta

from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from portail_famille.models.reservations import Reservation

LIGNES = 560
_ENFANT, _UNITES, _STRUCTURE, _FOYER = 1, (1, 2, 3, 4), 1, 1

application = Flask(__name__)
# A copy of the small town's database, given by the bench.
_moteur = create_engine(f"sqlite:///{os.environ['BANC_BASE']}")


@application.get("/")
def ok() -> str:
    return "ok"


_ARGON2 = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
_MOT_DE_PASSE = "Le-temoin-du-banc-1"
_EMPREINTE = _ARGON2.hash(_MOT_DE_PASSE)


@application.get("/argon2")
def verifier() -> str:
    """One password check, at the cost the portal pays on purpose (OWASP)."""
    _ARGON2.verify(_EMPREINTE, _MOT_DE_PASSE)
    return "ok"


@application.post("/inserer/<int:annee>")
def inserer(annee: int) -> str:
    """As many ORM objects as the validation books, one transaction; a year nobody has booked in."""
    debut = date(annee, 1, 1)
    with Session(_moteur) as session, session.begin():
        session.add_all(
            Reservation(
                enfant_id=_ENFANT,
                unite_id=_UNITES[rang % len(_UNITES)],
                jour=debut + timedelta(days=rang // len(_UNITES)),
                structure_id=_STRUCTURE,
                foyer_id=_FOYER,
                etat="reservee",
                modifiee_utc=datetime.now(UTC),
            )
            for rang in range(LIGNES)
        )
    return "ok"
