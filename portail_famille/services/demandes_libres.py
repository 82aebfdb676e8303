"""Questions, attestations, reclamations: accepting one changes nothing in the file.

The answer is the text of the decision; an attestation is joined by the agent to a message of the request.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from portail_famille.models.demarches import Demarche
from portail_famille.services.journal import Auteur


def appliquer_reponse(_session: Session, _demarche: Demarche, _auteur: Auteur, _maintenant: datetime) -> None:
    """Nothing to write: what the town answers is said by the decision itself."""
