"""Who has the child when, and which foyer must not be seen from the other: decided by the service, asked by parents."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.gardes import UNE_SUR, VACANCES, Garde
from portail_famille.models.demarches import Demarche
from portail_famille.models.foyers import Rattachement
from portail_famille.services import demarches
from portail_famille.services.journal import Auteur, consigner

GENRE = "garde"
MOTIF_MAXIMUM = 200


@dataclass(frozen=True, slots=True)
class DemandeDeGarde:
    """What a parent asks for: None, the child lives with her all the time."""

    garde: Garde | None
    mot: str = ""
    """In her own words, for the service: a judgment, a date."""


def changer_garde(
    session: Session, enfant_id: int, foyer_id: int, garde: Garde | None, auteur: Auteur, maintenant: datetime
) -> None:
    """`garde`: the days of `foyer_id`; the other foyer gets exactly the others. None: no alternation any more.

    One week in two is written on both sides. One in three or four is written once, on the side that has it: the other
    foyer's days are those it leaves. Raises `RegleViolee` when the child does not live there.
    """
    ici, autre = _rattachements(session, enfant_id, foyer_id)
    if garde is not None:
        verifier_garde(garde)
        if autre is None and garde.est_reste:
            # The other parent may live elsewhere; then the weeks can only be written on this side.
            raise RegleViolee("foyer_unique", "Cet enfant n’a qu’un foyer. Rattachez-le d’abord au second.", "une_sur")
    avant = {r.foyer_id: _en_document(_de(r)) for r in (ici, autre) if r is not None}
    _poser(ici, garde)
    if autre is not None:
        _poser(autre, None if garde is None else garde.autre())
    for ligne in (ici, autre):
        if ligne is not None:
            consigner(
                session,
                auteur,
                "garde_changee",
                maintenant,
                foyer_id=ligne.foyer_id,
                enfant_id=enfant_id,
                details={"avant": avant[ligne.foyer_id], "apres": _en_document(_de(ligne))},
            )
    session.flush()


def masquer(
    session: Session,
    enfant_id: int,
    foyer_id: int,
    est_masque: bool,
    auteur: Auteur,
    maintenant: datetime,
    *,
    motif: str,
) -> None:
    """Hides this foyer from the child's other one, or shows it again. Written in its own journal only, with what the
    agent decided it on: the other foyer must not learn of it, not even by asking for its data. Raises `RegleViolee`."""
    dit = " ".join("".join(signe if signe.isprintable() else " " for signe in motif).split())
    if not dit:
        raise RegleViolee("motif_absent", "Dites pourquoi\u00a0: jugement du…, demande écrite du…", "motif")
    ici, _ = _rattachements(session, enfant_id, foyer_id)
    if ici.est_masque == est_masque:
        return
    ici.est_masque = est_masque
    action = "foyer_masque" if est_masque else "foyer_demasque"
    consigner(session, auteur, action, maintenant, foyer_id=foyer_id, enfant_id=enfant_id, details={"motif": dit})
    session.flush()


def demander_garde(
    session: Session, enfant_id: int, foyer_id: int, demande: DemandeDeGarde, auteur: Auteur, maintenant: datetime
) -> Demarche:
    """Files what a parent asks for. Raises `RegleViolee` (asked already, or nothing would change)."""
    if demande_en_cours(session, enfant_id, foyer_id) is not None:
        raise RegleViolee(
            "demande_en_cours", "Une demande est déjà en cours pour cet enfant\u00a0: attendez la réponse."
        )
    if demande.garde is not None:
        verifier_garde(demande.garde)
    actuelle = lire_garde(session, enfant_id, foyer_id)
    if demande.garde == actuelle and not demande.mot:
        raise RegleViolee("rien_a_changer", "C’est déjà le rythme enregistré.", "une_sur")
    return demarches.deposer(
        session,
        genre=GENRE,
        auteur=auteur,
        maintenant=maintenant,
        contenu=_en_document(demande.garde) | ({"mot": demande.mot} if demande.mot else {}),
        avant=_en_document(actuelle),
        foyer_id=foyer_id,
        enfant_id=enfant_id,
    )


def demande_en_cours(session: Session, enfant_id: int, foyer_id: int) -> Demarche | None:
    """The request of this foyer still waiting, about this child."""
    return next((d for d in demarches.ouvertes(session, foyer_id, GENRE) if d.enfant_id == enfant_id), None)


def appliquer_garde(session: Session, demarche: Demarche, auteur: Auteur, maintenant: datetime) -> None:
    """What accepting does (`services/genres`)."""
    assert demarche.enfant_id is not None
    assert demarche.foyer_id is not None
    changer_garde(session, demarche.enfant_id, demarche.foyer_id, garde_demandee(demarche.contenu), auteur, maintenant)


def garde_demandee(contenu: dict[str, Any]) -> Garde | None:
    """The custody a request (or its « avant ») speaks of."""
    if not contenu.get("une_sur"):
        return None
    ancre = date.fromisoformat(contenu["semaine_ancre"])
    return Garde(ancre, contenu["une_sur"], contenu["vacances"], contenu.get("est_reste", False))


def lire_garde(session: Session, enfant_id: int, foyer_id: int) -> Garde | None:
    """The custody in force, as this foyer lives it."""
    ici, autre = _rattachements(session, enfant_id, foyer_id, a_changer=False)
    garde = _de(ici)
    if garde is None and autre is not None and (reste := _de(autre)) is not None:
        return reste.autre()
    return garde


def verifier_garde(garde: Garde) -> None:
    """Raises `RegleViolee` for what no row can hold."""
    if garde.une_sur not in UNE_SUR:
        raise RegleViolee("une_sur", "Choisissez une semaine sur deux, trois ou quatre.", "une_sur")
    if garde.vacances not in VACANCES:
        raise RegleViolee("vacances", "Choisissez comment les vacances sont partagées.", "vacances")


def _rattachements(
    session: Session, enfant_id: int, foyer_id: int, *, a_changer: bool = True
) -> tuple[Rattachement, Rattachement | None]:
    """This foyer's row and the other's. Raises `RegleViolee` when the child does not live here."""
    requete = select(Rattachement).where(Rattachement.enfant_id == enfant_id).order_by(Rattachement.foyer_id)
    lignes = session.scalars(requete.with_for_update() if a_changer else requete).all()
    ici = next((ligne for ligne in lignes if ligne.foyer_id == foyer_id), None)
    if ici is None:
        raise RegleViolee("enfant_ailleurs", "Cet enfant n’est pas rattaché à ce foyer.")
    return ici, next((ligne for ligne in lignes if ligne.foyer_id != foyer_id), None)


def _de(ligne: Rattachement) -> Garde | None:
    if ligne.semaine_ancre is None or ligne.une_sur is None:
        return None
    return Garde(ligne.semaine_ancre, ligne.une_sur, ligne.vacances)


def _poser(ligne: Rattachement, garde: Garde | None) -> None:
    ecrite = None if garde is None or garde.est_reste else garde
    ligne.semaine_ancre = ecrite.semaine_ancre if ecrite else None
    ligne.une_sur = ecrite.une_sur if ecrite else None
    ligne.vacances = ecrite.vacances if ecrite else ""


def _en_document(garde: Garde | None) -> dict[str, Any]:
    if garde is None:
        return {"une_sur": None}
    return {
        "une_sur": garde.une_sur,
        "semaine_ancre": garde.semaine_ancre.isoformat(),
        "vacances": garde.vacances,
        **({"est_reste": True} if garde.est_reste else {}),
    }
