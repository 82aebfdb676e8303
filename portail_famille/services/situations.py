"""What an agent does with a change of situation: the acts have pages of their own, this writes the address and the
residence, and keeps what was done."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portail_famille.config import ReglagesCommune
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.situations import SITUATIONS
from portail_famille.models.demarches import Demarche
from portail_famille.models.foyers import Foyer, Responsable
from portail_famille.services.journal import Auteur, consigner
from portail_famille.services.tarification import dire_residence

_ADRESSE = ("adresse", "code_postal", "ville")
SUITE_MAXIMUM = 500


def adresse_actuelle(session: Session, foyer_id: int) -> dict[str, Any]:
    foyer = session.get_one(Foyer, foyer_id)
    return {nom: getattr(foyer, nom) for nom in _ADRESSE} | {"dans_la_commune": "oui" if foyer.est_resident else "non"}


def preparer_situation(
    session: Session, demarche: Demarche, _reglages: ReglagesCommune, _maintenant: datetime
) -> Mapping[str, Any]:
    """For the agent's page: which acts go with this change, what the family wrote of its new home; `est_partage` when
    another adult would read it in the foyer's file. One query."""
    contenu = demarche.contenu
    situation = SITUATIONS.get(str(contenu.get("changement")), SITUATIONS["autre"])
    autres = select(Responsable.personne_id).where(
        Responsable.foyer_id == demarche.foyer_id, Responsable.personne_id != demarche.personne_id
    )
    return {
        "est_partage": session.scalar(autres.limit(1)) is not None,
        "changement": situation.code,
        "est_deplace": situation.deplace,
        "resident": str(contenu.get("dans_la_commune", "")),
        "demandeur_id": demarche.personne_id,
        "date_du_changement": str(contenu.get("date", "")),
    }


def lire_decision_situation(
    _session: Session, demarche: Demarche, champs: Mapping[str, str], _reglages: ReglagesCommune, _maintenant: datetime
) -> dict[str, Any]:
    """« adresse » ticked: the new address is written in the file; « resident »: the home is in the town or not;
    « suite »: what was done, for the journal. Raises `RegleViolee`."""
    decision: dict[str, Any] = {"suite": champs.get("suite", "").strip()[:SUITE_MAXIMUM]}
    situation = SITUATIONS.get(str(demarche.contenu.get("changement")))
    if situation is not None and situation.deplace:
        decision["adresse"] = champs.get("adresse") == "oui"
        if champs.get("resident") not in ("oui", "non"):
            raise RegleViolee("resident", "Dites si cette adresse est dans la commune.", "resident")
        decision["resident"] = champs["resident"]
    elif not decision["suite"]:
        raise RegleViolee("suite_absente", "Écrivez ce que vous avez fait, ou «\u00a0rien à changer\u00a0».", "suite")
    return decision


def appliquer_situation(session: Session, demarche: Demarche, auteur: Auteur, maintenant: datetime) -> None:
    """What accepting does (`services/genres`). The residence holds from now on: it is not dated (docs/demarches)."""
    decision, contenu = dict(demarche.contenu.get("decision") or {}), demarche.contenu
    details: dict[str, Any] = {"numero": demarche.numero, "genre": demarche.genre}
    if demarche.foyer_id is None:
        raise RegleViolee("foyer_absent", "Ce foyer n’existe plus.")
    foyer = session.get_one(Foyer, demarche.foyer_id, with_for_update=True)
    changes: dict[str, list[Any]] = {}
    if decision.get("adresse"):
        for nom in _ADRESSE:
            avant, apres = getattr(foyer, nom), str(contenu.get(nom, ""))
            if avant != apres:
                changes[f"foyer.{nom}"] = [avant, apres]
                setattr(foyer, nom, apres)
    if "resident" in decision:
        est_resident = decision["resident"] == "oui"
        if foyer.est_resident != est_resident:
            changes["résidence"] = [dire_residence(foyer.est_resident), dire_residence(est_resident)]
            foyer.est_resident = est_resident
    session.flush()
    if changes:
        consigner(session, auteur, "fiche_modifiee", maintenant, foyer_id=foyer.id, details={"champs": changes})
    if decision.get("suite"):
        details["motif"] = decision["suite"]
    consigner(
        session, auteur, "situation_traitee", maintenant,
        foyer_id=foyer.id, personne_id=demarche.personne_id, details=details,
    )  # fmt: skip
