"""Life of a démarche (domain.md §1): one state machine for every kind, with who may do what when."""

import re
from enum import StrEnum

from portail_famille.domain.erreurs import RegleViolee


class EtatDemarche(StrEnum):
    DEPOSEE = "deposee"
    EN_COURS = "en_cours"
    COMPLEMENT_DEMANDE = "complement_demande"
    ACCEPTEE = "acceptee"
    REFUSEE = "refusee"
    ANNULEE = "annulee"


class Cote(StrEnum):
    """Who acts."""

    FAMILLE = "famille"
    AGENT = "agent"
    SYSTEME = "systeme"


class GenreEtape(StrEnum):
    """A line of a démarche's life."""

    DEPOT = "depot"
    PRISE_EN_CHARGE = "prise_en_charge"
    MESSAGE = "message"
    NOTE = "note"
    """Between agents: never shown to the family."""
    COMPLEMENT = "complement"
    """Asked by an agent."""
    REPONSE = "reponse"
    """What the family sent to complete its request."""
    DECISION = "decision"
    ANNULATION = "annulation"


OUVERTS = frozenset({EtatDemarche.DEPOSEE, EtatDemarche.EN_COURS, EtatDemarche.COMPLEMENT_DEMANDE})

_AGENT, _FAMILLE, _SYSTEME = Cote.AGENT, Cote.FAMILLE, Cote.SYSTEME
_TRANSITIONS: dict[tuple[EtatDemarche, EtatDemarche], frozenset[Cote]] = {
    (EtatDemarche.DEPOSEE, EtatDemarche.EN_COURS): frozenset({_AGENT}),
    (EtatDemarche.DEPOSEE, EtatDemarche.COMPLEMENT_DEMANDE): frozenset({_AGENT}),
    # The rules decide at once of some kinds (domain/genres.Decision).
    (EtatDemarche.DEPOSEE, EtatDemarche.ACCEPTEE): frozenset({_AGENT, _SYSTEME}),
    (EtatDemarche.DEPOSEE, EtatDemarche.REFUSEE): frozenset({_AGENT, _SYSTEME}),
    (EtatDemarche.DEPOSEE, EtatDemarche.ANNULEE): frozenset({_FAMILLE}),
    (EtatDemarche.EN_COURS, EtatDemarche.COMPLEMENT_DEMANDE): frozenset({_AGENT}),
    (EtatDemarche.EN_COURS, EtatDemarche.ACCEPTEE): frozenset({_AGENT}),
    (EtatDemarche.EN_COURS, EtatDemarche.REFUSEE): frozenset({_AGENT}),
    (EtatDemarche.EN_COURS, EtatDemarche.ANNULEE): frozenset({_FAMILLE}),
    # The family brought the paper to the town hall: the agent goes on without waiting for the portal.
    (EtatDemarche.COMPLEMENT_DEMANDE, EtatDemarche.EN_COURS): frozenset({_FAMILLE, _AGENT}),
    (EtatDemarche.COMPLEMENT_DEMANDE, EtatDemarche.ACCEPTEE): frozenset({_AGENT}),
    (EtatDemarche.COMPLEMENT_DEMANDE, EtatDemarche.REFUSEE): frozenset({_AGENT}),
    (EtatDemarche.COMPLEMENT_DEMANDE, EtatDemarche.ANNULEE): frozenset({_FAMILLE}),
}


# An address may hold characters that PostgreSQL will not even compare.
_NUMERO = re.compile(r"D[0-9]{4}-[0-9]{6,9}")


def est_numero(texte: str) -> bool:
    """Whether it looks like the number of a démarche."""
    return _NUMERO.fullmatch(texte) is not None


def est_permise(avant: EtatDemarche, apres: EtatDemarche, cote: Cote) -> bool:
    """Whether this side may lead a démarche from one state to the other."""
    return cote in _TRANSITIONS.get((avant, apres), frozenset())


def verifier_transition(avant: EtatDemarche, apres: EtatDemarche, cote: Cote) -> None:
    """Raises `RegleViolee` when this side may not lead a démarche from one state to the other."""
    if est_permise(avant, apres, cote):
        return
    if avant not in OUVERTS:
        raise RegleViolee("demarche_close", "Cette demande est déjà terminée\u00a0: rien n’a été changé.")
    raise RegleViolee("transition_interdite", "Ce n’est pas possible à cette étape de la demande.")
