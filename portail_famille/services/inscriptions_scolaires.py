"""Inscription à l'école: asked by the family, answered by an agent who says which school receives the child (code de
l'éducation L131-5), written in the child's file on the day of the rentrée.

A child accepted in March for September keeps its school until then, with its canteen: the answer waits in the request,
and the worker writes it on the first day of the school year (`appliquer_rentrees`).
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portail_famille.config import ReglagesCommune
from portail_famille.domain.demarches import OUVERTS, EtatDemarche
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.inscriptions import NIVEAUX, InscriptionScolaire
from portail_famille.domain.libelles import ecrire_date
from portail_famille.models.activites import Structure
from portail_famille.models.demarches import Demarche
from portail_famille.models.foyers import Enfant
from portail_famille.services.demarches import deposer
from portail_famille.services.dossiers import Dossier, jour_de
from portail_famille.services.journal import SYSTEME, Auteur, consigner
from portail_famille.services.regles import Regles, regles_connues

GENRE = "scolaire"
CLASSE_MAXIMUM = 40
MOT_MAXIMUM = 500


def annees_ouvertes(regles: Regles, jour: date) -> tuple[InscriptionScolaire, ...]:
    """School years that families may ask for that day."""
    return tuple(annee for annee in regles.catalogue.scolaires if annee.est_ouverte(jour))


def demander_scolaire(
    session: Session,
    dossier: Dossier,
    enfant_id: int,
    saisie: Mapping[str, str],
    *,
    pieces: list[int],
    auteur: Auteur,
    cle_envoi: str | None = None,
) -> Demarche:
    """Files what the family asks: annee, niveau, ecole ("" for that of its address), derogation (why another school),
    precedente, fratrie. Raises `RegleViolee`, and `Introuvable` for a child that is not hers."""
    session.execute(select(Enfant.id).where(Enfant.id == enfant_id).with_for_update())
    enfant, jour = dossier.enfant(enfant_id), jour_de(dossier.maintenant)
    annee = next((a for a in annees_ouvertes(dossier.regles, jour) if a.annee == saisie.get("annee")), None)
    if annee is None:
        raise RegleViolee("annee_close", "Les inscriptions de cette année scolaire ne sont pas ouvertes.")
    niveau, ecole = saisie.get("niveau", ""), saisie.get("ecole", "")
    if niveau not in NIVEAUX or (ecole and ecole not in annee.ecoles_du_niveau(niveau)):
        raise RegleViolee("ecole_inconnue", "Choisissez le niveau et l’école à nouveau\u00a0: la liste a changé.")
    if _deja_demandee(session, dossier.foyer_id, enfant_id, annee.annee):
        raise RegleViolee("deja_demande", "Votre demande pour cette année est déjà envoyée\u00a0: attendez la réponse.")
    return deposer(
        session,
        genre=GENRE,
        auteur=auteur,
        maintenant=dossier.maintenant,
        avant={"ecole": dossier.regles.structures.get(enfant.structure_id or 0, ""), "classe": enfant.classe},
        contenu={
            "annee": annee.annee,
            "rentree": annee.rentree.isoformat(),
            "niveau": niveau,
            "ecole": ecole,
            **{cle: saisie.get(cle, "")[:MOT_MAXIMUM] for cle in ("derogation", "precedente", "fratrie")},
        },
        foyer_id=dossier.foyer_id,
        enfant_id=enfant_id,
        structure_id=dossier.regles.structure_ids.get(ecole),
        pieces=pieces,
        cle_envoi=cle_envoi,
    )


def preparer_scolaire(
    session: Session, demarche: Demarche, _reglages: ReglagesCommune, maintenant: datetime
) -> Mapping[str, Any]:
    """For the agent: the schools that have the level, the one asked for, and from when the answer counts."""
    regles, contenu = regles_connues(session), demarche.contenu
    rentree = date.fromisoformat(contenu["rentree"])
    return {
        "scolaire_ecoles": [(code, regles.catalogue.structures[code].nom) for code in _ecoles(regles, contenu)],
        "scolaire_ecole": contenu["ecole"],
        "scolaire_classe": contenu["niveau"],
        "scolaire_rentree": ecrire_date(rentree) if rentree > jour_de(maintenant) else "",
    }


def lire_decision_scolaire(
    session: Session, demarche: Demarche, champs: Mapping[str, str], _reglages: ReglagesCommune, _maintenant: datetime
) -> dict[str, Any]:
    """School and class. Raises `RegleViolee` (no school chosen, a class too long)."""
    ecole = champs.get("ecole", demarche.contenu["ecole"])
    if ecole not in _ecoles(regles_connues(session), demarche.contenu):
        raise RegleViolee("ecole_a_choisir", "Choisissez l’école qui reçoit l’enfant.", "ecole")
    classe = champs.get("classe", demarche.contenu["niveau"]).strip()
    if len(classe) > CLASSE_MAXIMUM:
        raise RegleViolee("classe_longue", f"Une classe s’écrit en {CLASSE_MAXIMUM} caractères au plus.", "classe")
    return {"ecole": ecole, "classe": classe}


def appliquer_scolaire(session: Session, demarche: Demarche, auteur: Auteur, maintenant: datetime) -> None:
    """The school and the class of the child, at once when the school year has begun, else on the rentrée. Raises
    `RegleViolee` without a school."""
    if not (demarche.contenu.get("decision") or {}).get("ecole"):
        raise RegleViolee("ecole_a_choisir", "Choisissez l’école qui reçoit l’enfant.", "ecole")
    if date.fromisoformat(demarche.contenu["rentree"]) <= jour_de(maintenant):
        _ecrire(session, demarche, auteur, maintenant)


def appliquer_rentrees(session: Session, _reglages: ReglagesCommune, maintenant: datetime) -> int:
    """What was accepted for a school year that has begun, oldest answer first; how many children. Once each: doing it
    again finds nothing. One query when nothing is due."""
    jour = jour_de(maintenant)
    dues = [
        demarche
        for demarche in session.scalars(
            select(Demarche)
            .where(
                Demarche.genre == GENRE,
                Demarche.etat == EtatDemarche.ACCEPTEE.value,
                Demarche.contenu[("decision", "ecrite")].as_string().is_(None),
                Demarche.contenu["rentree"].as_string() <= jour.isoformat(),
            )
            .order_by(Demarche.decidee_utc, Demarche.id)
        )
        if "decision" in demarche.contenu
    ]
    for demarche in dues:
        _ecrire(session, demarche, SYSTEME, maintenant)
    return len(dues)


def _ecrire(session: Session, demarche: Demarche, auteur: Auteur, maintenant: datetime) -> None:
    """A school that the town withdrew since leaves the child where it is; the answer is marked as written all the same:
    the worker does not come back to it each day."""
    decision = demarche.contenu["decision"]
    enfant = session.get_one(Enfant, demarche.enfant_id, with_for_update=True)
    structure = session.scalar(select(Structure).where(Structure.code == decision["ecole"], ~Structure.est_retire))
    if structure is not None:
        avant = session.get(Structure, enfant.structure_id) if enfant.structure_id is not None else None
        enfant.structure_id, enfant.classe = structure.id, decision["classe"]
        noms = {code: lue.nom for code, lue in regles_connues(session).catalogue.structures.items()}
        consigner(
            session,
            auteur,
            "structure_changee",
            maintenant,
            foyer_id=demarche.foyer_id,
            enfant_id=enfant.id,
            details={
                "numero": demarche.numero,
                "avant": noms.get(avant.code, avant.code) if avant is not None else "",
                "apres": noms.get(structure.code, structure.code),
            },
        )
    ecrite = {**decision, "ecrite": jour_de(maintenant).isoformat()}
    demarche.contenu = {**demarche.contenu, "decision": ecrite}
    session.flush()


def _ecoles(regles: Regles, contenu: Mapping[str, Any]) -> tuple[str, ...]:
    annee = next((a for a in regles.catalogue.scolaires if a.annee == contenu["annee"]), None)
    if annee is None:
        return tuple(code for code, lue in regles.catalogue.structures.items() if lue.genre == "ecole")
    return annee.ecoles_du_niveau(contenu["niveau"])


def _deja_demandee(session: Session, foyer_id: int, enfant_id: int, annee: str) -> bool:
    ouvertes = session.scalars(
        select(Demarche).where(
            Demarche.genre == GENRE,
            Demarche.etat.in_([etat.value for etat in OUVERTS]),
            Demarche.enfant_id == enfant_id,
            Demarche.foyer_id == foyer_id,
        )
    )
    return any(demarche.contenu.get("annee") == annee for demarche in ouvertes)
