"""Comptes by the thousand: opened for a whole file of families, and their activation mails sent in one go."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import exists, insert, select, true
from sqlalchemy.orm import Session

from portail_famille.domain.identifiants import candidats, identifiant_de
from portail_famille.models.comptes import Compte
from portail_famille.models.foyers import Foyer, Personne, Responsable
from portail_famille.models.journal import ActeJournal
from portail_famille.services.acces import INVITATION_ENVOYEE, Commune, envoyer_activation


def ouvrir_comptes(session: Session, personnes: Sequence[tuple[int, str]], maintenant: datetime) -> list[int]:
    """A compte for each (person, mail address): what `acces.ouvrir_compte` does, in two queries. Two parents who share
    an address have a login name each. The database refuses a name that another request took meanwhile."""
    pris = set(session.scalars(select(Compte.identifiant)))
    lignes = []
    for personne_id, courriel in personnes:
        identifiant = next(nom for nom in candidats(identifiant_de(courriel)) if nom not in pris)
        pris.add(identifiant)
        lignes.append(
            {
                "personne_id": personne_id,
                "identifiant": identifiant,
                "empreinte_mot_de_passe": "",
                "est_actif": True,
                "cree_utc": maintenant,
            }
        )
    if not lignes:
        return []
    return list(session.scalars(insert(Compte).returning(Compte.id, sort_by_parameter_order=True), lignes))


def a_inviter(session: Session, parmi: Sequence[int] | None = None) -> list[int]:
    """Comptes of responsables that nobody was ever told of: never active, no activation mail ever written to the
    address they have now. The journal remembers it, which outlives the links (docs/conservation.md)."""
    return list(
        session.scalars(
            select(Compte.id)
            .where(true() if parmi is None else Compte.id.in_(parmi))
            .join(Personne, Personne.id == Compte.personne_id)
            .where(
                Compte.est_actif,
                Compte.active_utc.is_(None),
                Personne.courriel.is_not(None),
                exists().where(
                    Responsable.personne_id == Personne.id,
                    Responsable.foyer_id == Foyer.id,
                    Foyer.parti_le.is_(None),
                ),
                ~exists().where(
                    ActeJournal.personne_id == Personne.id,
                    ActeJournal.action == INVITATION_ENVOYEE,
                    ActeJournal.details["courriel"].as_string() == Personne.courriel,
                ),
            )
            .order_by(Compte.id)
        )
    )


def reserver_invitations(session: Session, parmi: Sequence[int]) -> list[int]:
    """Those of `parmi` still to be invited, kept from any other command until the commit: two that run at once would
    both find them never invited, and write to everybody twice."""
    # A statement of its own: what the next one finds is as the command before left it.
    session.execute(select(Compte.id).where(Compte.id.in_(parmi)).order_by(Compte.id).with_for_update())
    return a_inviter(session, parmi)


def inviter(session: Session, compte_ids: Iterable[int], maintenant: datetime, reglages: Commune) -> int:
    """Sends « Création de votre espace personnel » to these comptes; how many mails were written."""
    return sum(envoyer_activation(session, compte_id, maintenant, reglages) for compte_id in compte_ids)
