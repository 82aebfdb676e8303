"""Life of a démarche (domain.md §1): one state machine for every kind, with who may do what when."""

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


OUVERTS = frozenset({EtatDemarche.DEPOSEE, EtatDemarche.EN_COURS, EtatDemarche.COMPLEMENT_DEMANDE})

GENRES = ("coordonnees", "enfant", "sante", "garde", "espace", "effacement")
"""Kinds known today; each one's form and what accepting does live in the room of that kind."""

_TRANSITIONS: dict[tuple[EtatDemarche, EtatDemarche], frozenset[Cote]] = {
    (EtatDemarche.DEPOSEE, EtatDemarche.EN_COURS): frozenset({Cote.AGENT}),
    (EtatDemarche.DEPOSEE, EtatDemarche.COMPLEMENT_DEMANDE): frozenset({Cote.AGENT}),
    (EtatDemarche.DEPOSEE, EtatDemarche.ACCEPTEE): frozenset({Cote.AGENT, Cote.SYSTEME}),
    (EtatDemarche.DEPOSEE, EtatDemarche.REFUSEE): frozenset({Cote.AGENT}),
    (EtatDemarche.DEPOSEE, EtatDemarche.ANNULEE): frozenset({Cote.FAMILLE}),
    (EtatDemarche.EN_COURS, EtatDemarche.COMPLEMENT_DEMANDE): frozenset({Cote.AGENT}),
    (EtatDemarche.EN_COURS, EtatDemarche.ACCEPTEE): frozenset({Cote.AGENT}),
    (EtatDemarche.EN_COURS, EtatDemarche.REFUSEE): frozenset({Cote.AGENT}),
    (EtatDemarche.EN_COURS, EtatDemarche.ANNULEE): frozenset({Cote.FAMILLE}),
    (EtatDemarche.COMPLEMENT_DEMANDE, EtatDemarche.EN_COURS): frozenset({Cote.FAMILLE}),
    (EtatDemarche.COMPLEMENT_DEMANDE, EtatDemarche.REFUSEE): frozenset({Cote.AGENT}),
    (EtatDemarche.COMPLEMENT_DEMANDE, EtatDemarche.ANNULEE): frozenset({Cote.FAMILLE}),
}


def verifier_transition(avant: EtatDemarche, apres: EtatDemarche, cote: Cote) -> None:
    """Raises `RegleViolee` when this side may not lead a démarche from one state to the other."""
    if cote in _TRANSITIONS.get((avant, apres), frozenset()):
        return
    if avant not in OUVERTS:
        raise RegleViolee("demarche_close", "Cette demande est déjà terminée\u00a0: rien n’a été changé.")
    raise RegleViolee("transition_interdite", "Ce n’est pas possible à cette étape de la demande.")
