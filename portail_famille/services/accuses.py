"""Accusé de réception of a request: what CRPA L112-11 and R112-11-1 ask, and not a word more.

Written once, when the request is filed, and kept with it: a town that changes its delays afterwards changes nothing to
what it told this family.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from portail_famille.domain.genres import COMMUNICATION, RGPD, Genre, Silence
from portail_famille.domain.horloge import PARIS
from portail_famille.domain.libelles import ecrire_date
from portail_famille.domain.silences import echeance
from portail_famille.models.demarches import Demarche
from portail_famille.services.acces import ecrire_instant


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
    "devant le tribunal administratif (recours contentieux), par courrier ou sur telerecours.fr",
)
_CADA = (
    "d’abord devant la Commission d’accès aux documents administratifs (CADA), sur cada.fr",
    "puis devant le tribunal administratif, par courrier ou sur telerecours.fr",
)
_CNIL = (
    "devant la Commission nationale de l’informatique et des libertés (CNIL), sur cnil.fr",
    "devant le tribunal administratif, par courrier ou sur telerecours.fr",
)
DELAI_RECOURS_MOIS = 2
"""Code de justice administrative, art. R421-1 and R421-2; CRPA R343-1 for the CADA."""


def rediger_accuse(genre: Genre, reglages: Commune, numero: str, maintenant: datetime) -> dict[str, Any]:
    """JSON values: codes and dates, with the names as they were that day; `dire_accuse` makes the sentences."""
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
    """Gives a request just filed its receipt and its due date, by the settings of the day; one that has its own keeps
    it."""
    if demarche.accuse is not None:
        return
    genre = reglages.demarches[demarche.genre]
    demarche.accuse = rediger_accuse(genre, reglages, demarche.numero, demarche.deposee_utc)
    limite = demarche.accuse["echeance"]
    demarche.echeance = date.fromisoformat(limite) if limite else None


@dataclass(frozen=True, slots=True)
class AccuseDit:
    """The receipt in words: screen, mail and PDF say the same."""

    numero: str
    titre: str
    recue: str
    service: str
    adresse: str
    courriel: str
    telephone: str
    silence: tuple[str, ...]
    """What silence means, and from when."""
    recours_titre: str
    """"" when there is nothing to contest."""
    recours: tuple[str, ...]
    source: str


def dire_accuse(accuse: Mapping[str, Any]) -> AccuseDit:
    recours = tuple(accuse["recours"])
    return AccuseDit(
        numero=accuse["numero"],
        titre=accuse["titre"],
        recue=ecrire_instant(datetime.fromisoformat(accuse["recu_utc"])),
        service=accuse["service"],
        adresse=accuse["adresse"],
        courriel=accuse["courriel"],
        telephone=accuse["telephone"],
        silence=_dire_silence(accuse),
        recours_titre=_TITRES_RECOURS[accuse["silence"]].format(mois=accuse["recours_mois"]) if recours else "",
        recours=recours,
        source=accuse["source"],
    )


_TITRES_RECOURS = {
    Silence.REJET: "Vous pourrez contester ce rejet dans les {mois} mois qui suivent cette date\u00a0:",
    Silence.AUCUN: "Sans réponse à cette date, vous pourrez vous plaindre\u00a0:",
}


def recours_d_un_refus(genre: Genre) -> tuple[str, ...]:
    """What a refusal tells the family, whatever silence would have meant (code de justice administrative, R421-5:
    without it the delay to contest does not run). A kind without a delay is no decision."""
    return _recours(genre) if genre.delai_mois else ()


def _dire_silence(accuse: Mapping[str, Any]) -> tuple[str, ...]:
    silence = Silence(accuse["silence"])
    if accuse["echeance"] is None:
        return ("Votre envoi n’attend pas de décision\u00a0: sans réponse, il n’est ni accepté ni rejeté.",)
    jour = ecrire_date(date.fromisoformat(accuse["echeance"]))
    if silence is Silence.ACCORD:
        return (
            f"Si la mairie ne vous a pas répondu le {jour}, votre demande sera considérée comme acceptée, "
            "à condition d’être complète.",
            "La mairie vous en donnera une attestation si vous la demandez (même code, article L232-3).",
        )
    if silence is Silence.REJET:
        return (
            f"Si la mairie ne vous a pas répondu le {jour}, votre demande sera considérée comme rejetée. "
            "Si elle vous demande un complément, cette date recule d’autant.",
        )
    return (f"La mairie doit vous répondre avant le {jour}. Son silence ne vaut ni accord ni rejet.",)


def _recours(genre: Genre) -> tuple[str, ...]:
    """Where the refusal that silence makes is contested: a document not given goes to the CADA first (CRPA L342-1)."""
    return {COMMUNICATION: _CADA, RGPD: _CNIL}.get(genre.source, _MAIRE)
