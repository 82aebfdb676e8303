"""A family's file as an agent opens it: everything on one page, by a fixed number of queries."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import case, select
from sqlalchemy.orm import Session, aliased

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.pieces import DE_SANTE
from portail_famille.models.activites import Structure
from portail_famille.models.comptes import Compte
from portail_famille.models.documents import Piece
from portail_famille.models.foyers import (
    Autorisation,
    AutoriteParentale,
    Contact,
    ContactEnfant,
    Enfant,
    Foyer,
    Personne,
    Rattachement,
    Responsable,
)
from portail_famille.models.journal import ActeJournal
from portail_famille.services.acces import TOUS_LES_LIENS
from portail_famille.services.bureau import DemarcheListee, demarches_du_foyer
from portail_famille.services.comptes import fermer_sessions, porte_un_role
from portail_famille.services.documents_agents import pieces_du_foyer
from portail_famille.services.jetons import revoquer
from portail_famille.services.journal import ActeLu, Auteur, consigner, lire_journal
from portail_famille.services.perimetres import Perimetre
from portail_famille.services.rgpd import GENRE as GENRE_EFFACEMENT

ENFANT_AILLEURS = "Cet enfant n’est pas rattaché à ce foyer."


@dataclass(frozen=True, slots=True)
class AdulteLu:
    personne: Personne
    compte: Compte | None
    est_payeur: bool


@dataclass(frozen=True, slots=True)
class AutoriteLue:
    id: int
    personne_id: int
    nom: str
    du: date
    au: date | None


@dataclass(frozen=True, slots=True)
class AutorisationLue:
    """The answer in force to one question (domain/entourage.AUTORISATIONS), and whose it is."""

    genre: str
    est_accordee: bool
    qui: str
    a_utc: datetime


@dataclass(frozen=True, slots=True)
class EnfantDuFoyer:
    """`autre_foyer`: id and name of the child's other one, when it has one."""

    enfant: Enfant
    structure: str
    """Its code, "" for none."""
    rattachement: Rattachement
    autre: Rattachement | None
    autre_foyer: tuple[int, str] | None
    autorites: tuple[AutoriteLue, ...]
    autorisations: tuple[AutorisationLue, ...]
    """Empty when the child is not `est_permis`."""
    est_permis: bool
    """Received where the agent works: the others' health is none of her business."""


@dataclass(frozen=True, slots=True)
class ContactDuFoyer:
    contact: Contact
    liens: tuple[ContactEnfant, ...]


@dataclass(frozen=True, slots=True)
class FamilleLue:
    foyer: Foyer
    adultes: tuple[AdulteLu, ...]
    enfants: tuple[EnfantDuFoyer, ...]
    contacts: tuple[ContactDuFoyer, ...]
    pieces: tuple[tuple[Piece, bool], ...]
    """Each with whether this agent may open it (services/documents_agents)."""
    demarches: tuple[DemarcheListee, ...]
    journal: tuple[ActeLu, ...]


def lire_famille(
    session: Session,
    perimetre: Perimetre,
    foyer_id: int,
    journal_avant: int | None = None,
    *,
    de_sante: Collection[str] = DE_SANTE,
) -> FamilleLue | None:
    """None when it does not exist, or not for this agent. Six queries."""
    lignes = session.execute(
        select(Foyer, Personne, Compte)
        .join(Responsable, Responsable.foyer_id == Foyer.id)
        .join(Personne, Personne.id == Responsable.personne_id)
        .outerjoin(Compte, Compte.personne_id == Personne.id)
        .where(Foyer.id == foyer_id, perimetre.foyers(Foyer.id))
        .order_by((Personne.id == Foyer.payeur_id).desc(), Personne.id)
    ).all()
    if not lignes:
        return None
    foyer = lignes[0][0]
    return FamilleLue(
        foyer,
        tuple(AdulteLu(personne, compte, personne.id == foyer.payeur_id) for _, personne, compte in lignes),
        tuple(_enfants(session, perimetre, foyer_id)),
        tuple(_contacts(session, foyer_id)),
        tuple(pieces_du_foyer(session, perimetre, foyer_id, de_sante)),
        tuple(demarches_du_foyer(session, perimetre, foyer_id)),
        tuple(lire_journal(session, foyer_id, journal_avant)),
    )


def _enfants(session: Session, perimetre: Perimetre, foyer_id: int) -> Iterable[EnfantDuFoyer]:
    autre, repondant = aliased(Rattachement), aliased(Personne)
    lignes = session.execute(
        select(
            Enfant,
            Rattachement,
            autre,
            Foyer.nom,
            Structure.code,
            perimetre.enfants(Enfant),
            AutoriteParentale,
            Personne.prenom,
            Personne.nom,
            Autorisation,
            repondant.prenom,
            repondant.nom,
        )
        .join(Rattachement, Rattachement.enfant_id == Enfant.id)
        .outerjoin(autre, (autre.enfant_id == Enfant.id) & (autre.foyer_id != foyer_id))
        .outerjoin(Foyer, Foyer.id == autre.foyer_id)
        .outerjoin(Structure, Structure.id == Enfant.structure_id)
        .outerjoin(AutoriteParentale, AutoriteParentale.enfant_id == Enfant.id)
        .outerjoin(Personne, Personne.id == AutoriteParentale.personne_id)
        .outerjoin(Autorisation, (Autorisation.enfant_id == Enfant.id) & Autorisation.fin_utc.is_(None))
        .outerjoin(repondant, repondant.id == Autorisation.personne_id)
        .where(Rattachement.foyer_id == foyer_id)
        .order_by(Enfant.naissance, Enfant.id, autre.foyer_id, AutoriteParentale.du, AutoriteParentale.id)
    ).all()
    # One line per child, authority and answer: those of a child are gathered, each once.
    autorites: dict[int, dict[int, AutoriteLue]] = {ligne[0].id: {} for ligne in lignes}
    reponses: dict[int, dict[int, AutorisationLue]] = {ligne[0].id: {} for ligne in lignes}
    for enfant, *_, lien, prenom, nom, reponse, prenom_la, nom_la in lignes:
        if lien is not None:
            lue = AutoriteLue(lien.id, lien.personne_id, f"{prenom} {nom}", lien.du, lien.au)
            autorites[enfant.id].setdefault(lien.id, lue)
        if reponse is not None:
            dite = AutorisationLue(reponse.genre, reponse.est_accordee, f"{prenom_la} {nom_la}", reponse.a_utc)
            reponses[enfant.id].setdefault(reponse.id, dite)
    vus: set[int] = set()
    for enfant, ici, la, nom_la, code, est_permis, *_ in lignes:
        if enfant.id not in vus:
            vus.add(enfant.id)
            yield EnfantDuFoyer(
                enfant,
                code or "",
                ici,
                la,
                (la.foyer_id, nom_la) if la is not None else None,
                tuple(autorites[enfant.id].values()),
                tuple(reponses[enfant.id].values()) if est_permis else (),
                bool(est_permis),
            )


def _contacts(session: Session, foyer_id: int) -> Iterable[ContactDuFoyer]:
    liens: dict[int, tuple[Contact, list[ContactEnfant]]] = {}
    for contact, lien in session.execute(
        select(Contact, ContactEnfant)
        .join(ContactEnfant, ContactEnfant.contact_id == Contact.id)
        .where(Contact.foyer_id == foyer_id)
        .order_by(Contact.id, ContactEnfant.enfant_id)
    ):
        liens.setdefault(contact.id, (contact, []))[1].append(lien)
    return [ContactDuFoyer(contact, tuple(siens)) for contact, siens in liens.values()]


def fermer_compte(session: Session, foyer_id: int, compte_id: int, auteur: Auteur, maintenant: datetime) -> None:
    """The service closes a compte: nothing opens it, its sessions end now. Raises `RegleViolee` (not of this foyer)."""
    _basculer(session, foyer_id, compte_id, auteur, maintenant, est_actif=False)
    fermer_sessions(session, compte_id, maintenant)
    revoquer(session, compte_id, TOUS_LES_LIENS, maintenant)


def rouvrir_compte(session: Session, foyer_id: int, compte_id: int, auteur: Auteur, maintenant: datetime) -> None:
    """As it was before, same password; none after an accepted deletion, which also took its foyers for gone: they are
    back, and the file is no longer on its way to be purged. Raises `RegleViolee`."""
    _basculer(session, foyer_id, compte_id, auteur, maintenant, est_actif=True)
    partis = (
        select(Foyer)
        .join(Responsable, Responsable.foyer_id == Foyer.id)
        .join(Compte, Compte.personne_id == Responsable.personne_id)
        .where(Compte.id == compte_id, Foyer.parti_le.is_not(None))
        .order_by(Foyer.id)
        .with_for_update(of=Foyer)
    )
    for foyer in session.scalars(partis).all():
        if _est_parti_par_effacement(session, foyer.id):
            foyer.parti_le = None
            consigner(session, auteur, "foyer_revenu", maintenant, foyer_id=foyer.id)
    session.flush()


def compte_du_foyer(session: Session, foyer_id: int, compte_id: int) -> Compte:
    """Raises `RegleViolee` when it is nobody's of this foyer."""
    compte = session.scalar(
        select(Compte)
        .join(Responsable, Responsable.personne_id == Compte.personne_id)
        .where(Compte.id == compte_id, Responsable.foyer_id == foyer_id)
    )
    if compte is None:
        raise RegleViolee("compte_ailleurs", "Ce compte n’est pas de ce foyer.")
    return compte


def adulte_du_foyer(session: Session, foyer_id: int, personne_id: int) -> Personne:
    """Raises `RegleViolee` when she is not of this foyer."""
    personne = session.scalar(
        select(Personne)
        .join(Responsable, Responsable.personne_id == Personne.id)
        .where(Personne.id == personne_id, Responsable.foyer_id == foyer_id)
    )
    if personne is None:
        raise RegleViolee("adulte_ailleurs", "Cette personne n’est pas de ce foyer.")
    return personne


def enfant_a_changer(session: Session, perimetre: Perimetre, foyer_id: int, enfant_id: int) -> int:
    """Its id. A foyer is seen by every structure that receives one of its children; what touches one child alone
    (authority, weeks, homes, identity) is changed where that child is received. Raises `RegleViolee`. One query."""
    est_sien = session.scalar(
        select(case((perimetre.enfants(Enfant), 1), else_=0))
        .select_from(Enfant)
        .join(Rattachement, Rattachement.enfant_id == Enfant.id)
        .where(Enfant.id == enfant_id, Rattachement.foyer_id == foyer_id)
    )
    if est_sien is None:
        raise RegleViolee("enfant_ailleurs", ENFANT_AILLEURS)
    if not est_sien:
        raise RegleViolee("autre_structure", "Cet enfant est suivi par une autre structure\u00a0: elle s’en charge.")
    return enfant_id


def verifier_sans_role(session: Session, compte_id: int) -> None:
    """Raises `RegleViolee` when this compte is an agent's too."""
    if porte_un_role(session, compte_id):
        raise RegleViolee(
            "compte_d_agent",
            "Ce compte est aussi celui d’un agent de la mairie\u00a0: demandez à qui gère les comptes des agents.",
        )


def enfants_du_foyer(session: Session, foyer_id: int) -> list[tuple[int, str]]:
    """Children of this foyer, id and name, oldest first. One query."""
    lignes = session.execute(
        select(Enfant.id, Enfant.prenom, Enfant.nom)
        .join(Rattachement, Rattachement.enfant_id == Enfant.id)
        .where(Rattachement.foyer_id == foyer_id)
        .order_by(Enfant.naissance, Enfant.id)
    )
    return [(id_, f"{prenom} {nom}") for id_, prenom, nom in lignes]


def _est_parti_par_effacement(session: Session, foyer_id: int) -> bool:
    """Whether its last departure is that of an accepted deletion, not one that the town's file told."""
    details = session.scalar(
        select(ActeJournal.details)
        .where(ActeJournal.foyer_id == foyer_id, ActeJournal.action == "foyer_parti")
        .order_by(ActeJournal.id.desc())
        .limit(1)
    )
    return details is not None and details.get("genre") == GENRE_EFFACEMENT


def _basculer(
    session: Session, foyer_id: int, compte_id: int, auteur: Auteur, maintenant: datetime, *, est_actif: bool
) -> None:
    compte = compte_du_foyer(session, foyer_id, compte_id)
    if compte.est_actif == est_actif:
        return
    compte.est_actif = est_actif
    action = "compte_rouvert" if est_actif else "compte_ferme_par_la_mairie"
    consigner(session, auteur, action, maintenant, foyer_id=foyer_id, personne_id=compte.personne_id)
    session.flush()
