"""Accusé de réception of a request: what CRPA L112-11 and R112-11-1 ask, and not a word more.

Written once, when the request is filed, and kept with it: a town that changes its delays afterwards changes nothing to
what it told this family.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Protocol

from portail_famille.domain.genres import COMMUNICATION, RGPD, Genre, Silence
from portail_famille.domain.horloge import PARIS
from portail_famille.domain.silences import echeance
from portail_famille.models.demarches import Demarche


class Commune(Protocol):
    """The service in charge, and the kinds as the town uses them."""

    @property
    def nom(self) -> str: ...
    @property
    def adresse(self) -> str: ...
    @property
    def courriel(self) -> str: ...
    @property
    def telephone(self) -> str: ...
    @property
    def demarches(self) -> Mapping[str, Genre]: ...


_MAIRE = (
    "devant le maire (recours gracieux)\u00a0: fait à temps, il fait repartir le délai pour saisir le tribunal",
    "devant le tribunal administratif (recours contentieux), par courrier ou sur www.telerecours.fr",
)
_CADA = (
    "d’abord devant la Commission d’accès aux documents administratifs (CADA), sur www.cada.fr",
    "puis devant le tribunal administratif, par courrier ou sur www.telerecours.fr",
)
_CNIL = (
    "devant la Commission nationale de l’informatique et des libertés (CNIL), sur www.cnil.fr",
    "devant le tribunal administratif, par courrier ou sur www.telerecours.fr",
)
DELAI_RECOURS_MOIS = 2
"""Code de justice administrative, art. R421-1 and R421-2; CRPA R343-1 for the CADA."""


def rediger_accuse(genre: Genre, reglages: Commune, numero: str, maintenant: datetime) -> dict[str, Any]:
    """JSON values: codes and dates, with the names as they were that day; `presentation/accuses` makes the sentences."""
    recu = maintenant.astimezone(PARIS)
    limite = echeance(recu.date(), genre)
    return {
        "numero": numero,
        "titre": genre.nom,
        "recu_utc": maintenant.isoformat(),
        "service": f"Mairie de {reglages.nom}",
        "adresse": reglages.adresse,
        "courriel": reglages.courriel,
        "telephone": reglages.telephone,
        "silence": genre.silence.value,
        "delai_mois": genre.delai_mois,
        "echeance": limite.isoformat() if limite else None,
        "source": genre.source,
        "recours": list(_recours(genre)) if limite and genre.silence is not Silence.ACCORD else [],
        "recours_mois": DELAI_RECOURS_MOIS,
    }


def accuser(demarche: Demarche, reglages: Commune) -> None:
    """Gives a request just filed its receipt and its due date, by the settings of the day."""
    genre = reglages.demarches[demarche.genre]
    demarche.accuse = rediger_accuse(genre, reglages, demarche.numero, demarche.deposee_utc)
    limite = demarche.accuse["echeance"]
    demarche.echeance = date.fromisoformat(limite) if limite else None


def _recours(genre: Genre) -> tuple[str, ...]:
    """Where the refusal that silence makes is contested: a document not given goes to the CADA first (CRPA L342-1)."""
    return {COMMUNICATION: _CADA, RGPD: _CNIL}.get(genre.source, _MAIRE)
