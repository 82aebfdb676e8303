"""A mail address changed by the town hall: mistyped at the counter, or a mailbox the family no longer opens.

A parent changes it by herself in « Identifiants », both mailboxes confirming; here the agent vouches for her.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portail_famille.domain.courriels import lire_courriel
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.identifiants import identifiant_de
from portail_famille.models.comptes import CleAcces, Compte
from portail_famille.models.foyers import Personne
from portail_famille.models.suivi import EvenementSecurite
from portail_famille.services.acces import (
    TOUS_LES_LIENS,
    Commune,
    ecrire_instant,
    envoyer_activation,
    ouvrir_compte,
    renommer_compte,
)
from portail_famille.services.comptes import fermer_sessions, porte_un_role
from portail_famille.services.courriels import deposer_courriel
from portail_famille.services.jetons import revoquer
from portail_famille.services.journal import Auteur, consigner


@dataclass(frozen=True, slots=True)
class AdresseCorrigee:
    """What was typed: the new address, the one the page showed, and whether somebody else may know the password."""

    nouvelle: str
    vue: str
    est_a_reprendre: bool = False


def compte_de(session: Session, personne_id: int) -> Compte | None:
    """Her compte, if she has one. One query."""
    return session.scalar(select(Compte).where(Compte.personne_id == personne_id))


def changer_courriel(
    session: Session,
    personne_id: int,
    saisie: AdresseCorrigee,
    auteur: Auteur,
    maintenant: datetime,
    reglages: Commune,
    *,
    foyer_id: int,
    peut_administrer: bool,
) -> str:
    """Writes the address; the old mailbox opens nothing any more. Raises `RegleViolee`, on the field `courriel` when
    the address is the fault.

    Never activated: the activation goes to the new address. No compte: one is opened. Active: sessions closed, both
    mailboxes told; with `est_a_reprendre` the compte starts again from its activation, password and passkeys gone.
    « activation », « prevenu » or « ecrit » says what left.
    """
    nouvelle = lire_courriel(saisie.nouvelle)
    # The compte first, as whoever confirms an address does.
    compte = session.scalar(
        select(Compte)
        .where(Compte.personne_id == personne_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if compte is not None and not peut_administrer and porte_un_role(session, compte.id):
        raise RegleViolee(
            "compte_d_agent",
            "Cette personne est aussi agent de la mairie\u00a0: seul un administrateur change son adresse.",
        )
    if nouvelle == _courriel_de(session, auteur):
        raise RegleViolee(
            "courriel_de_l_agent", "C’est votre adresse\u00a0: elle n’ouvre pas l’espace d’une famille.", "courriel"
        )
    personne = session.get_one(Personne, personne_id, with_for_update=True, populate_existing=True)
    ancienne = personne.courriel or ""
    if ancienne != saisie.vue:
        raise RegleViolee(
            "courriel_change",
            f"L’adresse vient d’être changée, elle est maintenant «\u00a0{ancienne or 'vide'}\u00a0». Vérifiez.",
            "courriel",
        )
    if nouvelle == ancienne:
        raise RegleViolee("courriel_identique", "C’est déjà son adresse.", "courriel")
    personne.courriel = nouvelle
    session.flush()
    consigner(
        session,
        auteur,
        "courriel_corrige",
        maintenant,
        foyer_id=foyer_id,
        personne_id=personne_id,
        details={"avant": ancienne, "apres": nouvelle},
    )
    if compte is None:
        compte = ouvrir_compte(session, personne_id, maintenant)
        consigner(session, auteur, "compte_ouvert", maintenant, foyer_id=foyer_id, personne_id=personne_id)
    else:
        _couper_l_ancienne(session, compte, maintenant)
        if compte.active_utc is not None:
            _prevenir(session, personne, compte, ancienne, saisie.est_a_reprendre, maintenant, reglages)
            if not saisie.est_a_reprendre:
                return "prevenu"
            _repartir_de_zero(session, compte)
        if identifiant_de(nouvelle) != identifiant_de(ancienne):
            renommer_compte(session, compte, nouvelle)
    session.flush()
    return "activation" if envoyer_activation(session, compte.id, maintenant, reglages) else "ecrit"


def _courriel_de(session: Session, auteur: Auteur) -> str | None:
    requete = select(Personne.courriel).join(Compte, Compte.personne_id == Personne.id)
    return session.scalar(requete.where(Compte.id == auteur.compte_id))


def _couper_l_ancienne(session: Session, compte: Compte, maintenant: datetime) -> None:
    """Links in flight and changes of address that wait: none works any more."""
    revoquer(session, compte.id, TOUS_LES_LIENS, maintenant)
    fermer_sessions(session, compte.id, maintenant)
    session.add(EvenementSecurite(a_utc=maintenant, genre="courriel_corrige", compte_id=compte.id))


def _repartir_de_zero(session: Session, compte: Compte) -> None:
    """Whoever activated it was not the right person: nothing she chose opens it, nothing she accepted counts."""
    compte.empreinte_mot_de_passe = ""
    compte.active_utc = compte.mot_de_passe_utc = compte.verifie_utc = compte.conditions_version = None
    session.execute(delete(CleAcces).where(CleAcces.compte_id == compte.id))
    session.flush()


def _prevenir(
    session: Session,
    personne: Personne,
    compte: Compte,
    ancienne: str,
    est_a_reprendre: bool,
    maintenant: datetime,
    reglages: Commune,
) -> None:
    """Both mailboxes; the old one reads neither the new address nor the login name: it may be a stranger's."""
    assert personne.courriel
    for destinataire in filter(None, (ancienne, personne.courriel)):
        deposer_courriel(
            session,
            modele="adresse_corrigee",
            destinataire=destinataire,
            maintenant=maintenant,
            reglages=reglages,
            prenom=personne.prenom,
            identifiant=compte.identifiant,
            est_ancienne=destinataire == ancienne,
            est_a_reprendre=est_a_reprendre,
            quand=ecrire_instant(maintenant),
        )
