"""Where a child is received, changed at the desk: its school of the year, its crèche."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.models.activites import Structure
from portail_famille.models.foyers import Enfant
from portail_famille.services.journal import Auteur, consigner
from portail_famille.services.perimetres import Perimetre


def lire_structure(session: Session, enfant_id: int) -> tuple[int | None, str]:
    """Id and code of the structure a child is attached to; None and "" for none. One query."""
    ligne = session.execute(
        select(Structure.id, Structure.code)
        .join(Enfant, Enfant.structure_id == Structure.id)
        .where(Enfant.id == enfant_id)
    ).one_or_none()
    return (ligne.id, ligne.code) if ligne is not None else (None, "")


def peut_changer(perimetre: Perimetre, structure_id: int | None) -> bool:
    """An agent of one structure neither takes a child out of another nor puts one there."""
    return perimetre.structures is None or structure_id in perimetre.structures


def changer_structure(
    session: Session,
    enfant_id: int,
    code: str,
    vu: str,
    perimetre: Perimetre,
    auteur: Auteur,
    maintenant: datetime,
    *,
    foyer_id: int,
    noms: Mapping[str, str],
) -> bool:
    """Whether it changed. `vu` is the code the page showed, `noms` the town's words for each. What the child
    is enrolled in stays.

    Raises `RegleViolee` on the field `structure`: changed meanwhile, unknown, or another structure's business.
    """
    if code == vu:
        return False
    session.execute(select(Enfant.id).where(Enfant.id == enfant_id).with_for_update())
    ancienne_id, ancienne = lire_structure(session, enfant_id)
    if ancienne == code:
        return False
    if ancienne != vu:
        raise RegleViolee("fiche_changee", "L’école vient d’être changée par quelqu’un d’autre. Vérifiez.", "structure")
    nouvelle = session.scalar(select(Structure).where(Structure.code == code, Structure.est_retire.is_(False)))
    if code and nouvelle is None:
        raise RegleViolee("structure_inconnue", "Choisissez une structure de la liste.", "structure")
    nouvelle_id = nouvelle.id if nouvelle is not None else None
    if not (peut_changer(perimetre, ancienne_id) and peut_changer(perimetre, nouvelle_id)):
        raise RegleViolee(
            "autre_structure", "Cet enfant est suivi par une autre structure\u00a0: elle s’en charge.", "structure"
        )
    session.get_one(Enfant, enfant_id, populate_existing=True).structure_id = nouvelle_id
    consigner(
        session,
        auteur,
        "structure_changee",
        maintenant,
        foyer_id=foyer_id,
        enfant_id=enfant_id,
        details={"avant": noms.get(ancienne, ancienne), "apres": noms.get(code, code)},
    )
    session.flush()
    return True
