"""The town hall's answers to a démarche: applied and told to the family in one transaction."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portail_famille.config import ReglagesCommune
from portail_famille.domain.demarches import OUVERTS, EtatDemarche
from portail_famille.domain.droits import Action
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.genres import GENRES
from portail_famille.domain.libelles import ecrire_date
from portail_famille.models.activites import Structure
from portail_famille.models.demarches import Demarche
from portail_famille.services import demarches
from portail_famille.services.agents import perimetre_de
from portail_famille.services.bureau import DemarcheLue, lire_demarche, lire_demarches
from portail_famille.services.courriels import deposer_courriel
from portail_famille.services.dossiers import jour_de
from portail_famille.services.fil import lister_agents
from portail_famille.services.genres import APPLICATIONS, DECISIONS, RETRAITS, SUITES
from portail_famille.services.journal import Auteur
from portail_famille.services.perimetres import Perimetre
from portail_famille.services.visibilites import est_arretee

DELAI_COMPLEMENT = timedelta(days=15)
"""Proposed to the agent; CRPA L114-5 asks for a date and leaves it to the town."""
SANS_EFFET = frozenset({"question"})
"""Kinds whose answer is nothing but words."""
_COMPLEMENT_LE_PLUS_LONG = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class EnLot:
    """What became of one request of a bulk accept."""

    numero: str
    raison: str = ""
    """Why it was not accepted, "" when it was."""


def accepter_demarche(
    session: Session,
    lue: DemarcheLue,
    version: int,
    auteur: Auteur,
    maintenant: datetime,
    reglages: ReglagesCommune,
    *,
    saisie: Mapping[str, str] | None = None,
    texte: str = "",
) -> None:
    """Accepts with what the agent filled in, applies, writes the mail. Raises `RegleViolee` (decided meanwhile, cannot
    be applied any more, a field of the decision at fault)."""
    demarche = lue.demarche
    if demarche.genre in SANS_EFFET and not texte.strip() and demarche.reponse_utc is None:
        raise RegleViolee("reponse_absente", "Écrivez votre réponse : la famille l’attend.", "mots")
    if lire := DECISIONS.get(demarche.genre):
        decision = lire(session, demarche, saisie or {}, reglages, maintenant)
        demarche.contenu = {**demarche.contenu, "decision": decision}
    if lue.structures is not None:
        _verifier_le_lieu(session, demarche, lue.structures)
    demarches.accepter(session, demarche, version, auteur, maintenant, APPLICATIONS[demarche.genre], texte)
    prevenir_famille(session, "demarche_acceptee", lue, maintenant, reglages, texte=texte)


def refuser_demarche(
    session: Session,
    lue: DemarcheLue,
    version: int,
    motif: str,
    auteur: Auteur,
    maintenant: datetime,
    reglages: ReglagesCommune,
) -> None:
    """Refuses, with the reason the family reads behind its login. Raises `RegleViolee`."""
    demarches.refuser(session, lue.demarche, version, motif, auteur, maintenant)
    if defaire := RETRAITS.get(lue.demarche.genre):
        defaire(session, lue.demarche, auteur, maintenant)
    prevenir_famille(session, "demarche_refusee", lue, maintenant, reglages)


def demander_complement(
    session: Session,
    lue: DemarcheLue,
    version: int,
    texte: str,
    avant: date | None,
    auteur: Auteur,
    maintenant: datetime,
    reglages: ReglagesCommune,
) -> None:
    """Asks for what is missing, until that day included. Raises `RegleViolee` (champs `texte`, `avant`)."""
    aujourdhui = jour_de(maintenant)
    if avant is not None and not aujourdhui < avant <= aujourdhui + _COMPLEMENT_LE_PLUS_LONG:
        raise RegleViolee("date_de_complement", "Choisissez un jour à venir, dans l’année.", "avant")
    demarches.demander_complement(session, lue.demarche, version, texte, avant, auteur, maintenant)
    jour = ecrire_date(avant) if avant else ""
    prevenir_famille(session, "demarche_complement", lue, maintenant, reglages, texte=texte, avant=jour)


def ecrire_a_la_famille(
    session: Session,
    lue: DemarcheLue,
    texte: str,
    auteur: Auteur,
    maintenant: datetime,
    reglages: ReglagesCommune,
    pieces: Iterable[int] = (),
) -> None:
    """A message, with its documents. Raises `RegleViolee` (champ `texte`)."""
    demarches.ecrire(session, lue.demarche, texte, auteur, maintenant, pieces=pieces)
    prevenir_famille(session, "demarche_message", lue, maintenant, reglages, texte=texte)


def noter(session: Session, lue: DemarcheLue, texte: str, auteur: Auteur, maintenant: datetime) -> None:
    """Between agents: no mail, nothing that the family reads. Raises `RegleViolee` (champ `texte`)."""
    if not texte.strip():
        raise RegleViolee("note_vide", "Écrivez votre note.", "texte")
    demarches.ecrire(session, lue.demarche, texte, auteur, maintenant, est_note=True)


def confier(
    session: Session, lue: DemarcheLue, version: int, assignee_id: int, auteur: Auteur, maintenant: datetime
) -> None:
    """In the charge of an agent: oneself, which begins the work, or a colleague, told by a note. Raises `RegleViolee`
    (changed meanwhile; closed; an agent who does not work on this family, champ `assignee`)."""
    demarche = lue.demarche
    etat = EtatDemarche(demarche.etat)
    if assignee_id == auteur.compte_id and etat is EtatDemarche.DEPOSEE:
        demarches.prendre_en_charge(session, demarche, version, auteur, maintenant)
        return
    if etat not in OUVERTS:
        raise RegleViolee("demarche_close", "Cette demande est déjà terminée\u00a0: rien n’a été changé.")
    noms = dict(lister_agents(session))
    if assignee_id not in noms or not _peut_instruire(session, assignee_id, demarche.numero, maintenant):
        raise RegleViolee("agent_ailleurs", "Cet agent ne s’occupe pas de cette famille.", "assignee")
    prise = session.scalar(
        update(Demarche)
        .where(Demarche.id == demarche.id, Demarche.version == version)
        .values(assignee_id=assignee_id, version=version + 1)
        .returning(Demarche.id)
    )
    if prise is None:
        raise RegleViolee("demarche_changee", "Quelqu’un d’autre vient de traiter cette demande. La voici à jour.")
    session.refresh(demarche)
    demarches.ecrire(session, demarche, f"Confiée à {noms[assignee_id]}.", auteur, maintenant, est_note=True)


def accepter_en_lot(
    session: Session,
    perimetre: Perimetre,
    choisies: Iterable[tuple[str, int]],
    auteur: Auteur,
    maintenant: datetime,
    reglages: ReglagesCommune,
) -> list[EnLot]:
    """Accepts these requests (number, version on the screen), each by a judgement of its own: one that cannot be is
    told and taken back alone, to its savepoint. A page of the queue at most, hence one short transaction; sent twice,
    the second finds them accepted."""
    lot = list(choisies)
    lues = lire_demarches(session, perimetre, [numero for numero, _ in lot])
    return [
        _accepter_du_lot(session, lues.get(numero), numero, version, auteur, maintenant, reglages)
        for numero, version in lot
    ]


def _accepter_du_lot(
    session: Session,
    lue: DemarcheLue | None,
    numero: str,
    version: int,
    auteur: Auteur,
    maintenant: datetime,
    reglages: ReglagesCommune,
) -> EnLot:
    if lue is None:
        return EnLot(numero, "Cette demande n’est pas de celles dont vous vous occupez.")
    if not reglages.demarches[lue.demarche.genre].est_acceptable_en_lot:
        return EnLot(numero, "Ouvrez cette demande\u00a0: elle ne s’accepte pas sans être lue.")
    if lue.listee.a_documents:
        return EnLot(numero, "Ouvrez cette demande\u00a0: un document est à lire.")
    try:
        with session.begin_nested():
            accepter_demarche(session, lue, version, auteur, maintenant, reglages)
    except RegleViolee as refus:
        return EnLot(numero, refus.message)
    return EnLot(numero)


def prevenir_famille(
    session: Session,
    modele: str,
    lue: DemarcheLue,
    maintenant: datetime,
    reglages: ReglagesCommune,
    *,
    texte: str = "",
    avant: str = "",
) -> None:
    """Nothing for who has no address (the answer is in her space), nor for who may no longer follow it. A mail says
    that there is something to read, the words themselves stay behind the login; only a family of no space yet is given
    them, having nowhere else."""
    demarche: Demarche = lue.demarche
    if not lue.courriel or _ne_suit_plus(session, lue, maintenant):
        return
    a_un_espace = demarche.foyer_id is not None and demarche.genre != "effacement"
    suivre = SUITES.get(demarche.genre)
    suite = suivre(session, demarche, maintenant) if suivre else None
    deposer_courriel(
        session,
        modele=modele,
        destinataire=lue.courriel,
        maintenant=maintenant,
        reglages=reglages,
        prenom=lue.prenom,
        numero=demarche.numero,
        objet=GENRES[demarche.genre].objet,
        motif="" if a_un_espace else demarche.motif,
        a_un_espace=a_un_espace,
        avant=avant,
        a_un_mot=bool(texte.strip()),
        texte="" if a_un_espace else texte.strip(),
        suite=suite if suite is not None and suite.chemin else None,
    )


def _ne_suit_plus(session: Session, lue: DemarcheLue, maintenant: datetime) -> bool:
    if lue.demandeur_id is None or lue.demarche.enfant_id is None:
        return False
    return est_arretee(session, lue.demarche, lue.demandeur_id, jour_de(maintenant))


def _verifier_le_lieu(session: Session, demarche: Demarche, structures: Collection[int]) -> None:
    """Who sees a request only because it is addressed to her structure takes the child there, nowhere else. Raises
    `RegleViolee`."""
    decision = demarche.contenu.get("decision") or {}
    champ = "structure" if "structure" in decision else "ecole"
    choisie = session.scalar(select(Structure.id).where(Structure.code == str(decision.get(champ, ""))))
    if choisie not in structures:
        raise RegleViolee(
            "lieu_d_un_autre", "Choisissez un lieu dont vous vous occupez\u00a0: les autres ont leurs agents.", champ
        )


def _peut_instruire(session: Session, compte_id: int, numero: str, maintenant: datetime) -> bool:
    """Whether this agent would find the request among those she decides on."""
    perimetre = perimetre_de(session, compte_id, Action.INSTRUIRE, jour_de(maintenant))
    return lire_demarche(session, perimetre, numero) is not None
