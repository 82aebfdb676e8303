"""Getting in: a compte for each responsable, its activation mail, a forgotten password (guides; CNIL 2022-100: no
password in a mail, the parent chooses it behind the link)."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Protocol

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portail_famille.config import ReglagesComptes
from portail_famille.domain.demarches import Cote
from portail_famille.domain.horloge import PARIS
from portail_famille.domain.identifiants import candidats, identifiant_de
from portail_famille.domain.libelles import ecrire_date
from portail_famille.models.comptes import Compte, DemandeLien, JetonCompte
from portail_famille.models.foyers import Personne
from portail_famille.models.suivi import EvenementSecurite
from portail_famille.services.comptes import fermer_sessions, normaliser_identifiant
from portail_famille.services.courriels import Commune as CommuneCourriel
from portail_famille.services.courriels import deposer_courriel
from portail_famille.services.jetons import Commune as CommuneJetons
from portail_famille.services.jetons import JetonCree, JetonRefuse, codes_en_attente, consommer, creer_jeton, revoquer
from portail_famille.services.journal import SYSTEME, Auteur, consigner

ACTIVATION, REINITIALISATION = "activation", "reinitialisation"
INVITATION_ENVOYEE = "invitation_envoyee"
LIENS_D_ENTREE = (ACTIVATION, REINITIALISATION)
TOUS_LES_LIENS = (*LIENS_D_ENTREE, "adresse_ancienne", "adresse_nouvelle")
INTERVALLE = timedelta(minutes=5)
"""Between two links to the same compte: nobody fills a parent's mailbox by typing her name."""
PAR_JOUR = 5
"""A stranger who uses them up keeps nobody out either: the last one's link lives as long as no other may go."""
UN_JOUR = timedelta(days=1)
DEMANDES_PAR_TOURNEE = 50
_ESSAIS_D_IDENTIFIANT = 1000


class Commune(CommuneJetons, CommuneCourriel, Protocol):
    """What the mails and links of the entrance need of the settings."""

    @property
    def comptes(self) -> ReglagesComptes: ...


@dataclass(frozen=True, slots=True)
class _Destinataire:
    compte_id: int
    identifiant: str
    active_utc: datetime | None
    prenom: str
    courriel: str


def ouvrir_compte(session: Session, personne_id: int, maintenant: datetime) -> Compte:
    """The compte of this person, made if she has none: login name from her mail address, no password yet.

    The database has the last word on who takes a name first: the loser takes the next one.
    """
    existant = session.scalar(select(Compte).where(Compte.personne_id == personne_id))
    if existant is not None:
        return existant
    courriel = session.scalar(select(Personne.courriel).where(Personne.id == personne_id))
    base = identifiant_de(courriel or "")
    for identifiant in _identifiants_libres(session, base):
        compte = Compte(
            personne_id=personne_id, identifiant=identifiant, empreinte_mot_de_passe="", cree_utc=maintenant
        )
        try:
            with session.begin_nested():
                session.add(compte)
        except IntegrityError:
            # Her own compte may be what the other request made.
            existant = session.scalar(select(Compte).where(Compte.personne_id == personne_id))
            if existant is not None:
                return existant
        else:
            return compte
    raise RuntimeError(f"no free login name after {base}")


def renommer_compte(session: Session, compte: Compte, courriel: str) -> None:
    """The login name that goes with another address, for a compte nobody has ever entered."""
    base = identifiant_de(courriel)
    for identifiant in _identifiants_libres(session, base):
        try:
            with session.begin_nested():
                session.execute(update(Compte).where(Compte.id == compte.id).values(identifiant=identifiant))
        except IntegrityError:
            continue
        return
    raise RuntimeError(f"no free login name after {base}")


def envoyer_activation(session: Session, compte_id: int, maintenant: datetime, reglages: Commune) -> bool:
    """« Création de votre espace personnel »: login name, link, code, dates. False, and nothing done, when the compte
    is active already, closed, or has no address."""
    qui = _destinataire(session, compte_id)
    if qui is None or qui.active_utc is not None:
        return False
    duree = timedelta(days=reglages.comptes.lien_activation_jours)
    cree = creer_jeton(session, ACTIVATION, maintenant, reglages, compte_id=compte_id, duree=duree)
    _ecrire(session, "activation", qui, cree, maintenant, reglages, f"activation/{cree.jeton}", "activation")
    # Outlives the link: who was told at this address is not told again when old links are purged.
    personne_id = session.scalar(select(Compte.personne_id).where(Compte.id == compte_id))
    details = {"courriel": qui.courriel}
    consigner(session, SYSTEME, INVITATION_ENVOYEE, maintenant, personne_id=personne_id, details=details)
    return True


def envoyer_reinitialisation(
    session: Session,
    compte_id: int,
    maintenant: datetime,
    reglages: Commune,
    *,
    demande_id: int,
    est_dernier: bool = False,
) -> bool:
    """The link of a forgotten password; the activation again for a compte that never was active. The code serves in the
    browser that asked (`codes_d_entree`); `est_dernier` of the day."""
    qui = _destinataire(session, compte_id)
    if qui is None:
        return False
    if qui.active_utc is None:
        return envoyer_activation(session, compte_id, maintenant, reglages)
    cree = creer_jeton(
        session,
        REINITIALISATION,
        maintenant,
        reglages,
        compte_id=compte_id,
        donnees={"demande": demande_id},
        duree=UN_JOUR if est_dernier else None,
    )
    lien = f"mot-de-passe/nouveau/{cree.jeton}"
    modele = "mot_de_passe_oublie"
    _ecrire(session, modele, qui, cree, maintenant, reglages, lien, "mot-de-passe/code", est_dernier=est_dernier)
    return True


def demander_lien(session: Session, saisie: str, maintenant: datetime) -> int:
    """What was typed under « J’ai oublié mon mot de passe »; the row of this request. Whether it is somebody's is for
    the worker to look up: this runs the same statement for everybody."""
    demande = DemandeLien(saisie=normaliser_identifiant(saisie)[:254], a_utc=maintenant)
    session.add(demande)
    session.flush()
    return demande.id


def a_des_demandes(session: Session) -> bool:
    return session.scalar(select(DemandeLien.id).where(DemandeLien.traitee_utc.is_(None)).limit(1)) is not None


def traiter_demandes(session: Session, maintenant: datetime, reglages: Commune) -> int:
    """The worker's part: write the mails asked for. How many requests were treated."""
    demandes = session.scalars(
        select(DemandeLien)
        .where(DemandeLien.traitee_utc.is_(None))
        .order_by(DemandeLien.id)
        .limit(DEMANDES_PAR_TOURNEE)
        .with_for_update(skip_locked=True)
    ).all()
    for demande in demandes:
        for compte_id in comptes_de(session, demande.saisie):
            rang = _rang_du_lien(session, compte_id, maintenant)
            if rang is not None:
                dernier = rang == PAR_JOUR
                envoyer_reinitialisation(
                    session, compte_id, maintenant, reglages, demande_id=demande.id, est_dernier=dernier
                )
        demande.saisie, demande.traitee_utc = "", maintenant
    session.flush()
    return len(demandes)


def comptes_de(session: Session, saisie: str) -> list[int]:
    """Active comptes of this login name, or else of this address: a shared mailbox gets one mail per compte."""
    nom = normaliser_identifiant(saisie)
    ids = list(session.scalars(select(Compte.id).where(Compte.identifiant == nom, Compte.est_actif)))
    if ids or "@" not in nom:
        return ids
    return list(
        session.scalars(
            select(Compte.id)
            .join(Personne, Personne.id == Compte.personne_id)
            .where(func.lower(Personne.courriel) == nom, Compte.est_actif)
            .order_by(Compte.id)
        )
    )


def nommer(session: Session, compte_id: int) -> tuple[str, str]:
    """Login name and first name."""
    ligne = session.execute(
        select(Compte.identifiant, Personne.prenom)
        .join(Personne, Personne.id == Compte.personne_id)
        .where(Compte.id == compte_id)
    ).one()
    return ligne.identifiant, ligne.prenom


def codes_d_entree(
    session: Session, saisie: str, maintenant: datetime, reglages: Commune, demandes: Collection[int]
) -> list[int]:
    """Rows that a code typed with this login name or address may belong to: of a forgotten password, those asked for
    from this browser, whose requests are `demandes`. Nobody else spends their tries, nor guesses at them. The mail of
    an activation was asked for by the town: its code may be typed anywhere."""
    ids = codes_en_attente(session, LIENS_D_ENTREE, maintenant, reglages, comptes_de(session, saisie))
    lignes = session.execute(
        select(JetonCompte.id, JetonCompte.genre, JetonCompte.donnees).where(JetonCompte.id.in_(ids))
    )
    return [id_ for id_, genre, donnees in lignes if genre == ACTIVATION or (donnees or {}).get("demande") in demandes]


def choisir_mot_de_passe(
    session: Session, ligne: JetonCompte, empreinte: str, maintenant: datetime, reglages: Commune
) -> int:
    """Uses the link up, sets the password, closes every session and every other link; the compte. Raises JetonRefuse.

    The digest is computed before: nothing hashes inside a transaction.
    """
    compte_id = ligne.compte_id
    assert compte_id is not None
    # Locked: whoever closes the compte comes before, or closes what is opened here.
    if session.scalar(select(Compte.id).where(Compte.id == compte_id, Compte.est_actif).with_for_update()) is None:
        raise JetonRefuse("compte_ferme", "Cet espace est fermé. Pour le rouvrir, adressez-vous à la mairie.")
    consommer(session, ligne, maintenant)
    poser_mot_de_passe(session, compte_id, empreinte, maintenant, reglages, est_premier=ligne.genre == ACTIVATION)
    revoquer(session, compte_id, TOUS_LES_LIENS, maintenant)
    fermer_sessions(session, compte_id, maintenant)
    return compte_id


def poser_mot_de_passe(
    session: Session, compte_id: int, empreinte: str, maintenant: datetime, reglages: Commune, *, est_premier: bool
) -> None:
    """The new password, its lines in the journals, and the mail that says it changed (but for the first one)."""
    session.execute(
        update(Compte)
        .where(Compte.id == compte_id)
        .values(
            empreinte_mot_de_passe=empreinte,
            mot_de_passe_utc=maintenant,
            # A forgotten password reset proves the mailbox just as well.
            active_utc=func.coalesce(Compte.active_utc, maintenant),
        )
    )
    genre = "compte_active" if est_premier else "mot_de_passe_change"
    session.add(EvenementSecurite(a_utc=maintenant, genre=genre, compte_id=compte_id))
    personne_id = session.scalar(select(Compte.personne_id).where(Compte.id == compte_id))
    consigner(session, Auteur(Cote.FAMILLE, compte_id), genre, maintenant, personne_id=personne_id)
    if not est_premier:
        prevenir(session, compte_id, "mot_de_passe_change", maintenant, reglages)


def prevenir(session: Session, compte_id: int, modele: str, maintenant: datetime, reglages: Commune) -> None:
    """A mail without link nor secret: something of the login changed; what to do if it was not you."""
    qui = _destinataire(session, compte_id)
    if qui is None:
        return
    deposer_courriel(
        session,
        modele=modele,
        destinataire=qui.courriel,
        maintenant=maintenant,
        reglages=reglages,
        prenom=qui.prenom,
        identifiant=qui.identifiant,
        quand=ecrire_instant(maintenant),
        oubli=f"{reglages.url_publique}/mot-de-passe/oublie",
    )


def ecrire_instant(instant: datetime) -> str:
    """« 2 décembre 2026 à 18 h 05 », on the clocks of Paris."""
    local = instant.astimezone(PARIS)
    return f"{ecrire_date(local.date())} à {local.hour}\u202fh\u202f{local.minute:02d}"


def _identifiants_libres(session: Session, base: str) -> Iterator[str]:
    """As far as is known now: the database may still refuse one."""
    pris = set(session.scalars(select(Compte.identifiant).where(Compte.identifiant.startswith(base, autoescape=True))))
    return islice((nom for nom in candidats(base) if nom not in pris), _ESSAIS_D_IDENTIFIANT)


def rang_du_jour(envois: Sequence[datetime], maintenant: datetime) -> int | None:
    """Which of the day's mails would go now, from 1 to PAR_JOUR; None when there were too many, or one a moment ago."""
    if len(envois) >= PAR_JOUR or any(envoi > maintenant - INTERVALLE for envoi in envois):
        return None
    return len(envois) + 1


def _rang_du_lien(session: Session, compte_id: int, maintenant: datetime) -> int | None:
    envois = session.scalars(
        select(JetonCompte.cree_utc).where(
            JetonCompte.compte_id == compte_id,
            JetonCompte.genre.in_(LIENS_D_ENTREE),
            JetonCompte.cree_utc > maintenant - UN_JOUR,
        )
    ).all()
    return rang_du_jour(envois, maintenant)


def _destinataire(session: Session, compte_id: int) -> _Destinataire | None:
    ligne = session.execute(
        select(Compte.id, Compte.identifiant, Compte.active_utc, Personne.prenom, Personne.courriel)
        .join(Personne, Personne.id == Compte.personne_id)
        .where(Compte.id == compte_id, Compte.est_actif)
    ).one_or_none()
    if ligne is None or not ligne.courriel:
        return None
    return _Destinataire(ligne.id, ligne.identifiant, ligne.active_utc, ligne.prenom, ligne.courriel)


def _ecrire(
    session: Session,
    modele: str,
    qui: _Destinataire,
    cree: JetonCree,
    maintenant: datetime,
    reglages: Commune,
    lien: str,
    saisie_du_code: str,
    *,
    est_dernier: bool = False,
) -> None:
    deposer_courriel(
        session,
        modele=modele,
        destinataire=qui.courriel,
        maintenant=maintenant,
        reglages=reglages,
        prenom=qui.prenom,
        identifiant=qui.identifiant,
        # From the settings, never from what a visitor's browser says of our address.
        lien=f"{reglages.url_publique}/{lien}",
        code=f"{cree.code[:3]}\u00a0{cree.code[3:]}",
        adresse_du_code=f"{reglages.url_publique}/{saisie_du_code}",
        minutes=reglages.comptes.code_minutes,
        fait_le=ecrire_instant(maintenant),
        jusquau=ecrire_instant(cree.ligne.expire_utc),
        est_dernier=est_dernier,
    )
