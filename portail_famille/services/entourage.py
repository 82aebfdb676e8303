"""Who may collect a child or is called in an emergency (the foyer's), and what its parents allow (the child's)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from portail_famille.domain.entourage import AUTORISATIONS, Contact, verifier_nombre, verifier_role
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.noms import cle_de_nom
from portail_famille.models.foyers import (
    Autorisation,
    ContactEnfant,
    Enfant,
    Foyer,
    Personne,
    Rattachement,
    Responsable,
)
from portail_famille.models.foyers import Contact as LigneContact
from portail_famille.services.journal import Auteur, consigner


@dataclass(frozen=True, slots=True)
class ContactLu:
    """A contact of one child. `enfants`: the children of the foyer it is a contact of."""

    id: int
    contact: Contact
    enfants: frozenset[int]


class ContactChange(RegleViolee):
    """Another parent of the foyer changed this contact meanwhile; nothing was written."""

    def __init__(self, actuel: Contact) -> None:
        super().__init__("fiche_changee", "Ce contact vient d’être changé par quelqu’un d’autre.")
        self.actuel = actuel


class ContactAbsent(Exception):
    """No such contact of this child in this foyer: the screen answers 404."""


def lire_contacts(session: Session, foyer_id: int, enfant_ids: Collection[int]) -> dict[int, list[ContactLu]]:
    """Contacts this foyer gave for each of these children, in the order they were given. One query.

    Another foyer of the child has its own, which are nobody's business here.
    """
    lignes = session.execute(
        select(LigneContact, ContactEnfant)
        .join(ContactEnfant, ContactEnfant.contact_id == LigneContact.id)
        .where(LigneContact.foyer_id == foyer_id)
        .order_by(LigneContact.id)
    ).all()
    enfants: dict[int, set[int]] = {}
    for contact, lien in lignes:
        enfants.setdefault(contact.id, set()).add(lien.enfant_id)
    lus: dict[int, list[ContactLu]] = {enfant_id: [] for enfant_id in enfant_ids}
    for contact, lien in lignes:
        if lien.enfant_id in lus:
            lus[lien.enfant_id].append(ContactLu(contact.id, _contact(contact, lien), frozenset(enfants[contact.id])))
    return lus


def ajouter_contact(
    session: Session,
    *,
    foyer_id: int,
    enfants: Mapping[int, str],
    saisie: Contact,
    auteur: Auteur,
    maintenant: datetime,
) -> int:
    """One contact for these children (id → first name; the first is the one whose page it is, the others are copies).

    Sent twice, it is added once. Raises `RegleViolee` (role missing, ten already, already there with another role).
    """
    verifier_role(saisie)
    _verrouiller(session, foyer_id)
    deja = lire_contacts(session, foyer_id, enfants)
    a_faire = []
    memes = []
    for enfant_id, prenom in enfants.items():
        meme = next((lu for lu in deja[enfant_id] if _est_le_meme(lu.contact, saisie)), None)
        if meme is None:
            verifier_nombre(len(deja[enfant_id]), prenom)
            a_faire.append(enfant_id)
        elif meme.contact == saisie:
            memes.append(meme.id)
        else:
            raise RegleViolee(
                "contact_double",
                f"{saisie.prenom} {saisie.nom} est déjà dans les contacts ({prenom})\u00a0: modifiez sa fiche.",
                "nom",
            )
    if not a_faire:
        return memes[0]
    ligne = LigneContact(
        foyer_id=foyer_id,
        prenom=saisie.prenom,
        nom=saisie.nom,
        telephone=saisie.telephone,
        telephone_2=saisie.telephone_2 or None,
    )
    session.add(ligne)
    session.flush()
    for enfant_id in a_faire:
        session.add(_lien(ligne.id, enfant_id, saisie))
        _consigner(session, auteur, "contact_ajoute", maintenant, foyer_id, enfant_id, saisie)
    session.flush()
    return ligne.id


def modifier_contact(
    session: Session,
    *,
    foyer_id: int,
    contact_id: int,
    enfant_id: int,
    copies: Mapping[int, str],
    accessibles: Collection[int],
    saisie: Contact,
    empreinte_vue: str,
    auteur: Auteur,
    maintenant: datetime,
) -> None:
    """Name and numbers for all its children at once, link and roles for this one; `copies` are children added to it.

    `accessibles`: the children this person has authority on. A contact that is also another child's is split first: a
    step-parent changes nothing for a child who is not hers. Raises `ContactAbsent`, `ContactChange`, `RegleViolee`.
    """
    verifier_role(saisie)
    _verrouiller(session, foyer_id)
    lu = _trouver(session, foyer_id, contact_id, enfant_id)
    nouvelles = {cle: prenom for cle, prenom in copies.items() if cle not in lu.enfants}
    if saisie == lu.contact and not nouvelles:
        return
    if lu.contact.empreinte != empreinte_vue:
        raise ContactChange(lu.contact)
    autres = lire_contacts(session, foyer_id, (enfant_id, *nouvelles))
    if any(autre.id != contact_id and _est_le_meme(autre.contact, saisie) for autre in autres[enfant_id]):
        raise RegleViolee("contact_double", f"{saisie.prenom} {saisie.nom} est déjà dans les contacts.", "nom")
    if lu.enfants - set(accessibles):
        contact_id = _separer(session, foyer_id, lu, accessibles)
    session.execute(
        update(LigneContact)
        .where(LigneContact.id == contact_id)
        .values(
            prenom=saisie.prenom,
            nom=saisie.nom,
            telephone=saisie.telephone,
            telephone_2=saisie.telephone_2 or None,
        )
    )
    session.execute(
        update(ContactEnfant)
        .where(ContactEnfant.contact_id == contact_id, ContactEnfant.enfant_id == enfant_id)
        .values(lien=saisie.lien, peut_recuperer=saisie.peut_recuperer, est_urgence=saisie.est_urgence)
    )
    for autre_id, prenom in nouvelles.items():
        verifier_nombre(len(autres[autre_id]), prenom)
        session.add(_lien(contact_id, autre_id, saisie))
        _consigner(session, auteur, "contact_ajoute", maintenant, foyer_id, autre_id, saisie)
    if saisie != lu.contact:
        _consigner(session, auteur, "contact_modifie", maintenant, foyer_id, enfant_id, saisie)
    session.flush()


def retirer_contact(
    session: Session, *, foyer_id: int, contact_id: int, enfant_id: int, auteur: Auteur, maintenant: datetime
) -> None:
    """For this child; gone altogether with its last one. Raises `ContactAbsent`."""
    _verrouiller(session, foyer_id)
    lu = _trouver(session, foyer_id, contact_id, enfant_id)
    session.execute(
        delete(ContactEnfant).where(ContactEnfant.contact_id == contact_id, ContactEnfant.enfant_id == enfant_id)
    )
    if lu.enfants == {enfant_id}:
        session.execute(delete(LigneContact).where(LigneContact.id == contact_id))
    _consigner(session, auteur, "contact_retire", maintenant, foyer_id, enfant_id, lu.contact)


@dataclass(frozen=True, slots=True)
class Parole:
    """A parent's answer to one question. `qui` is empty when the other foyer is hidden from this one."""

    id: int
    est_accordee: bool
    qui: str
    a_utc: datetime
    fin_utc: datetime | None


def lire_autorisations(session: Session, enfant_id: int, foyer_id: int) -> dict[str, list[Parole]]:
    """Every answer ever given, latest first, by kind: the first one is in force when it has no end. One query."""
    lignes = session.execute(
        select(Autorisation, Personne.prenom, Personne.nom, nomme_ici(foyer_id, enfant_id))
        .select_from(Autorisation)
        .join(Personne, Personne.id == Autorisation.personne_id)
        .where(Autorisation.enfant_id == enfant_id)
        .order_by(Autorisation.id.desc())
    )
    paroles: dict[str, list[Parole]] = {genre: [] for genre in AUTORISATIONS}
    for a, prenom, nom, est_nomme in lignes:
        qui = f"{prenom} {nom}" if est_nomme else ""
        paroles.setdefault(a.genre, []).append(Parole(a.id, a.est_accordee, qui, a.a_utc, a.fin_utc))
    return paroles


class AutorisationChangee(RegleViolee):
    """The other parent answered meanwhile; nothing was written."""

    def __init__(self) -> None:
        super().__init__("fiche_changee", "Une réponse vient d’être changée par quelqu’un d’autre.")


def repondre(
    session: Session,
    *,
    enfant_id: int,
    foyer_id: int,
    personne_id: int,
    reponses: Mapping[str, bool],
    vues: Mapping[str, int],
    auteur: Auteur,
    maintenant: datetime,
) -> tuple[str, ...]:
    """Answers (kind → Oui or Non); what is said closes what was said before, nothing is erased. The kinds changed.

    `vues`: id of the answer each question showed, 0 for none. Raises `AutorisationChangee`.
    """
    if reponses.keys() - AUTORISATIONS.keys():
        raise RegleViolee("autorisation_inconnue", "Cette question n’existe plus. Rechargez la page.")
    session.execute(select(Enfant.id).where(Enfant.id == enfant_id).with_for_update())
    en_vigueur = {
        a.genre: a
        for a in session.scalars(
            select(Autorisation).where(Autorisation.enfant_id == enfant_id, Autorisation.fin_utc.is_(None))
        )
    }
    changees = {
        genre: reponse
        for genre, reponse in reponses.items()
        if genre not in en_vigueur or en_vigueur[genre].est_accordee != reponse
    }
    if any((en_vigueur[genre].id if genre in en_vigueur else 0) != vues.get(genre, 0) for genre in changees):
        raise AutorisationChangee
    for genre, reponse in changees.items():
        if genre in en_vigueur:
            en_vigueur[genre].fin_utc = maintenant
            session.flush()
        session.add(
            Autorisation(
                enfant_id=enfant_id, genre=genre, est_accordee=reponse, personne_id=personne_id, a_utc=maintenant
            )
        )
    if changees:
        consigner(
            session,
            auteur,
            "autorisation_changee",
            maintenant,
            foyer_id=foyer_id,
            enfant_id=enfant_id,
            details={"reponses": changees},
        )
        session.flush()
    return tuple(changees)


def _contact(ligne: LigneContact, lien: ContactEnfant) -> Contact:
    return Contact(
        prenom=ligne.prenom,
        nom=ligne.nom,
        telephone=ligne.telephone,
        telephone_2=ligne.telephone_2 or "",
        lien=lien.lien,
        peut_recuperer=lien.peut_recuperer,
        est_urgence=lien.est_urgence,
    )


def _lien(contact_id: int, enfant_id: int, saisie: Contact) -> ContactEnfant:
    return ContactEnfant(
        contact_id=contact_id,
        enfant_id=enfant_id,
        lien=saisie.lien,
        peut_recuperer=saisie.peut_recuperer,
        est_urgence=saisie.est_urgence,
    )


def _est_le_meme(un: Contact, autre: Contact) -> bool:
    noms = [cle_de_nom(f"{c.prenom}{c.nom}") for c in (un, autre)]
    return noms[0] == noms[1] and un.telephone == autre.telephone


def _verrouiller(session: Session, foyer_id: int) -> None:
    """Two parents of a foyer change its contacts one after the other."""
    session.execute(select(Foyer.id).where(Foyer.id == foyer_id).with_for_update())


def _trouver(session: Session, foyer_id: int, contact_id: int, enfant_id: int) -> ContactLu:
    for lu in lire_contacts(session, foyer_id, (enfant_id,))[enfant_id]:
        if lu.id == contact_id:
            return lu
    raise ContactAbsent


def _separer(session: Session, foyer_id: int, lu: ContactLu, accessibles: Collection[int]) -> int:
    """A second row for the children this person answers for; the first one stays the others'."""
    copie = LigneContact(
        foyer_id=foyer_id, prenom=lu.contact.prenom, nom=lu.contact.nom, telephone=lu.contact.telephone
    )
    session.add(copie)
    session.flush()
    session.execute(
        update(ContactEnfant)
        .where(ContactEnfant.contact_id == lu.id, ContactEnfant.enfant_id.in_(lu.enfants & set(accessibles)))
        .values(contact_id=copie.id)
    )
    return copie.id


def _consigner(
    session: Session,
    auteur: Auteur,
    action: str,
    maintenant: datetime,
    foyer_id: int,
    enfant_id: int,
    contact: Contact,
) -> None:
    consigner(
        session,
        auteur,
        action,
        maintenant,
        foyer_id=foyer_id,
        enfant_id=enfant_id,
        details={"contact": f"{contact.prenom} {contact.nom}", "lien": contact.lien},
    )


def nomme_ici(foyer_id: int, enfant_id: int, personne: Any = Personne) -> ColumnElement[bool]:
    """Whether this foyer may read the name of `personne` (the class, or an alias of it), who did something for the
    child: one of its own adults, or anybody when the service has hidden no foyer of the child from the other (judgment,
    violence)."""
    est_d_ici = (
        select(Responsable.personne_id)
        .where(Responsable.foyer_id == foyer_id, Responsable.personne_id == personne.id)
        .exists()
    )
    est_masque = (
        select(Rattachement.enfant_id)
        .where(Rattachement.enfant_id == enfant_id, Rattachement.foyer_id != foyer_id, Rattachement.est_masque)
        .exists()
    )
    return est_d_ici | ~est_masque
