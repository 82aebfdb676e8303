"""Forms of démarches by kind. Adding a kind is one line here and one file a room."""

from portail_famille.forms.demarches import situation
from portail_famille.forms.demarches.base import Formulaire

_FORMULAIRES: tuple[Formulaire, ...] = (situation.FORMULAIRE,)
FORMULAIRES: dict[str, Formulaire] = {formulaire.genre: formulaire for formulaire in _FORMULAIRES}
