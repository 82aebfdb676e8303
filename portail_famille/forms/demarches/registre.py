"""Forms of démarches by kind. Adding a kind is one line here and one file a room."""

from portail_famille.forms.demarches import (
    absence,
    attestation,
    enfant,
    inscription,
    question,
    quotient,
    reclamation,
    scolaire,
    situation,
)
from portail_famille.forms.demarches.base import Formulaire

_FORMULAIRES: tuple[Formulaire, ...] = (
    inscription.INSCRIPTION,
    scolaire.SCOLAIRE,
    enfant.FORMULAIRE,
    situation.FORMULAIRE,
    quotient.FORMULAIRE,
    absence.FORMULAIRE,
    reclamation.FORMULAIRE,
    attestation.FORMULAIRE,
    question.FORMULAIRE,
)
FORMULAIRES: dict[str, Formulaire] = {formulaire.genre: formulaire for formulaire in _FORMULAIRES}
