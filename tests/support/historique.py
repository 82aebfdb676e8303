"""Requests and receipts written straight into the tables: an history of any length."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from portail_famille.models.demarches import Demarche
from portail_famille.models.reservations import Brouillon, Recu
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import Village


def demarches(
    session: Session, village: Village, instants: Sequence[datetime], *, qui: str = "camille", foyer: str = "morel",
    **valeurs: Any,
) -> None:  # fmt: skip
    """One request per instant, in this order; numbers from `debut` on."""
    debut = valeurs.pop("debut", 1)
    communes = {"genre": "quotient", "etat": "deposee", "avant": {}, "contenu": {}, "motif": "", "version": 1} | valeurs
    session.execute(
        insert(Demarche),
        [
            communes
            | {
                "numero": f"D2026-{debut + rang:06d}",
                "foyer_id": village.foyers[foyer],
                "compte_id": village.comptes[qui],
                "deposee_utc": instant,
                "modifiee_utc": instant,
            }
            for rang, instant in enumerate(instants)
        ],
    )


def recus(
    session: Session, village: Village, instants: Sequence[datetime], *enfants: str, qui: str = "camille",
    foyer: str = "morel", debut: int = 1,
) -> None:  # fmt: skip
    """One receipt per instant, about these children (Noé)."""
    ici = (Brouillon.compte_id == village.comptes[qui], Brouillon.foyer_id == village.foyers[foyer])
    brouillon_id = session.scalar(select(Brouillon.id).where(*ici)) or session.scalar(
        insert(Brouillon)
        .values(
            compte_id=village.comptes[qui], foyer_id=village.foyers[foyer], version=0, contenu={},
            modifie_utc=MERCREDI_SOIR,
        )
        .returning(Brouillon.id)
    )  # fmt: skip
    noms = enfants or ("noe",)
    contenu = {
        "enfants": {str(village.enfants[nom]): {"prenom": nom.capitalize(), "rang": 2} for nom in noms},
        "changements": [
            {
                "enfant": village.enfants[noms[0]], "unite": "Repas", "jour": "2026-12-10",
                "ajout": True, "refus": None, "centimes": 342,
            }
        ],
        "jours": [],
        "mois": [],
    }  # fmt: skip
    session.execute(
        insert(Recu),
        [
            {
                "numero": f"2026-{debut + rang:06d}",
                "foyer_id": village.foyers[foyer],
                "compte_id": village.comptes[qui],
                "brouillon_id": brouillon_id,
                "brouillon_version": debut + rang,
                "emis_utc": instant,
                "contenu": contenu,
            }
            for rang, instant in enumerate(instants)
        ],
    )


def minutes(*nombres: int) -> list[datetime]:
    """So many minutes before the village's evening."""
    return [MERCREDI_SOIR - timedelta(minutes=nombre) for nombre in nombres]
