"""A family sends as often as it needs, not without end: what it is told, and when it may go on."""

from datetime import timedelta

from flask import Response
from sqlalchemy.orm import Session

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.presentation.formats import heure
from portail_famille.services.debits import DEMARCHES, MESSAGES, Cadence, prochain_envoi
from portail_famille.views.acces import qui
from portail_famille.views.liens import attendre
from portail_famille.views.web import maintenant

_NOMS = {DEMARCHES: "demandes", MESSAGES: "messages"}


class TropDEnvois(RegleViolee):
    """Refused for `attente`; nothing of what was typed is lost."""

    def __init__(self, message: str, attente: timedelta) -> None:
        super().__init__("trop_d_envois", message, "texte")
        self.attente = attente

    def dire(self, page: Response) -> Response:
        """The form that comes back says it to programs too."""
        page.status_code = 429
        return attendre(page, self.attente)


def verifier_cadence(session: Session, cadence: Cadence) -> None:
    """Asked for a sending that was not made already. Raises `TropDEnvois`."""
    quand = prochain_envoi(session, cadence, qui().compte_id, maintenant())
    if quand is None:
        return
    # The minute that follows: at the one that is shown, it works.
    affichee = quand.replace(second=0, microsecond=0) + timedelta(minutes=1)
    raise TropDEnvois(
        f"Vous avez envoyé {cadence.maximum} {_NOMS[cadence]} en une heure, c’est le maximum. "
        f"Rien n’est perdu\u00a0: renvoyez à partir de {heure(affichee)}.",
        affichee - maintenant(),
    )
