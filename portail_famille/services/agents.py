"""Agents of the town hall: made, listed, given and taken a role. A person of no foyer, a compte, and roles."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, delete, exists, or_, select
from sqlalchemy.orm import Session

from portail_famille.domain.courriels import est_courriel
from portail_famille.domain.droits import Action, Attribution, Role, structures
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.noms import lire_nom
from portail_famille.models.activites import Structure
from portail_famille.models.comptes import Compte, RoleAgent, SecondFacteur
from portail_famille.models.foyers import Personne, Responsable
from portail_famille.services.acces import ouvrir_compte
from portail_famille.services.comptes import fermer_sessions
from portail_famille.services.perimetres import Perimetre, lire_droits
from portail_famille.services.rgpd import fermer_compte


@dataclass(frozen=True, slots=True)
class AgentListe:
    compte_id: int
    identifiant: str
    prenom: str
    nom: str
    courriel: str
    est_active: bool
    a_second_facteur: bool
    roles: tuple[tuple[str, str], ...]
    """Role and code of its structure, "" for every structure."""


def creer_agent(
    session: Session, prenom: str, nom: str, courriel: str, roles: Iterable[Attribution], maintenant: datetime
) -> Compte:
    """A person of no foyer with these roles: the one of this address when there is one, her compte opened again. A
    parent of the same address keeps her own compte: her address is hers to change, and must not bring her rights.
    Raises `RegleViolee`."""
    adresse = courriel.strip().lower()
    if not est_courriel(adresse):
        raise RegleViolee("courriel", f"«\u00a0{courriel}\u00a0» n’est pas une adresse mail.", "courriel")
    lus = lire_nom(prenom, quoi="prénom"), lire_nom(nom)
    personne = session.scalars(
        select(Personne).where(Personne.courriel == adresse, *_sans_foyer_ni_role()).order_by(Personne.id).limit(1)
    ).first()
    if personne is None:
        personne = Personne(prenom=lus[0], nom=lus[1], courriel=adresse)
        session.add(personne)
    else:
        personne.prenom, personne.nom = lus
    session.flush()
    compte = ouvrir_compte(session, personne.id, maintenant)
    if not compte.est_actif:
        # Closed with her last role, password and second factor forgotten: she activates it again.
        compte.est_actif, compte.active_utc = True, None
    for attribution in roles:
        ajouter_role(session, compte.id, attribution, maintenant)
    return compte


def ajouter_role(session: Session, compte_id: int, attribution: Attribution, maintenant: datetime) -> bool:
    """Whether the role is new. The sessions open end: from now on they need a second factor, and are never durable."""
    if session.scalar(_lignes(compte_id, attribution)) is not None:
        return False
    session.add(RoleAgent(compte_id=compte_id, role=attribution.role.value, structure_id=attribution.structure_id))
    session.flush()
    fermer_sessions(session, compte_id, maintenant)
    return True


def retirer_role(session: Session, compte_id: int, attribution: Attribution, maintenant: datetime) -> bool:
    """Whether she had it. It counts from her next request on: roles are read at each. With the last one the compte of
    somebody of no foyer is closed, with its sessions and links: there is nothing left to do in it."""
    ligne = session.scalar(_lignes(compte_id, attribution))
    if ligne is None:
        return False
    session.execute(delete(RoleAgent).where(RoleAgent.id == ligne))
    a_un_usage = or_(
        exists().where(RoleAgent.compte_id == compte_id),
        exists().where(Responsable.personne_id == Compte.personne_id),
    )
    if session.scalar(select(Compte.id).where(Compte.id == compte_id, ~a_un_usage)) is not None:
        fermer_compte(session, compte_id, maintenant)
    return True


def lier_au_parent(session: Session, compte_id: int, saisie: str) -> str:
    """This agent is that parent, of another mail address: her family is kept from her at the desk. The parent's name;
    "" for `saisie` takes the link away. Raises `RegleViolee`."""
    agent = session.scalars(
        select(Personne).join(Compte, Compte.personne_id == Personne.id).where(Compte.id == compte_id)
    ).one()
    if not saisie.strip():
        agent.aussi_id = None
        return ""
    nom = saisie.strip().lower()
    trouves = session.scalars(
        select(Personne)
        .outerjoin(Compte, Compte.personne_id == Personne.id)
        .where((Personne.courriel == nom) | (Compte.identifiant == nom), Personne.id != agent.id)
        .where(exists().where(Responsable.personne_id == Personne.id))
        .limit(2)
    ).all()
    if len(trouves) != 1:
        raise RegleViolee("parent_inconnu", f"Aucun parent, ou plusieurs, pour «\u00a0{saisie}\u00a0».")
    agent.aussi_id = trouves[0].id
    session.flush()
    return f"{trouves[0].prenom} {trouves[0].nom}"


def chercher_agent(session: Session, saisie: str) -> int | None:
    """The compte of the agent with this address or login name; None when there is none, or several."""
    nom = saisie.strip().lower()
    trouves = session.scalars(
        select(Compte.id)
        .join(Personne, Personne.id == Compte.personne_id)
        .where((Personne.courriel == nom) | (Compte.identifiant == nom))
        .where(Compte.id.in_(select(RoleAgent.compte_id)))
        .limit(2)
    ).all()
    return trouves[0] if len(trouves) == 1 else None


def chercher_structure(session: Session, code: str) -> int | None:
    return session.scalar(select(Structure.id).where(Structure.code == code))


def lister_agents(session: Session) -> list[AgentListe]:
    """By name. One query."""
    lignes = session.execute(
        select(Compte, Personne, RoleAgent.role, Structure.code, SecondFacteur.confirme_utc)
        .join(Personne, Personne.id == Compte.personne_id)
        .join(RoleAgent, RoleAgent.compte_id == Compte.id)
        .outerjoin(Structure, Structure.id == RoleAgent.structure_id)
        .outerjoin(SecondFacteur, SecondFacteur.compte_id == Compte.id)
        .order_by(Personne.nom, Personne.prenom, Compte.id, RoleAgent.role, Structure.code)
    ).all()
    agents: dict[int, AgentListe] = {}
    for compte, personne, role, structure, confirme in lignes:
        connu = agents.get(compte.id)
        agents[compte.id] = AgentListe(
            compte.id,
            compte.identifiant,
            personne.prenom,
            personne.nom,
            personne.courriel or "",
            compte.active_utc is not None,
            confirme is not None,
            (*(connu.roles if connu else ()), (Role(role).value, structure or "")),
        )
    return list(agents.values())


def perimetre_de(session: Session, compte_id: int, action: Action, aujourdhui: date) -> Perimetre:
    """Where this agent may do it today, for who works in her name (the worker, a colleague). Two queries."""
    personne_id = session.get_one(Compte, compte_id).personne_id
    roles, proches = lire_droits(session, compte_id, personne_id)
    return Perimetre(structures(roles, action), aujourdhui, proches)


def _sans_foyer_ni_role() -> tuple[ColumnElement[bool], ...]:
    """Of no foyer, and no agent's already; not a double that was merged."""
    return (
        Personne.fondue_dans.is_(None),
        ~exists().where(Responsable.personne_id == Personne.id),
        ~exists().where(RoleAgent.compte_id == Compte.id, Compte.personne_id == Personne.id),
    )


def _lignes(compte_id: int, attribution: Attribution) -> Select[int]:
    return select(RoleAgent.id).where(
        RoleAgent.compte_id == compte_id,
        RoleAgent.role == attribution.role.value,
        RoleAgent.structure_id.is_(None)
        if attribution.structure_id is None
        else RoleAgent.structure_id == attribution.structure_id,
    )
