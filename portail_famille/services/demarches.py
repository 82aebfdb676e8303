"""Démarches: filed, talked about, completed, withdrawn, decided. What accepting does belongs to the room of each kind
(services/genres)."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from portail_famille.domain.demarches import OUVERTS, Cote, EtatDemarche, GenreEtape, verifier_transition
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.genres import Silence
from portail_famille.domain.horloge import PARIS
from portail_famille.domain.silences import reprendre, suspendre
from portail_famille.models.demarches import Demarche, DemarcheEtape, DemarchePiece
from portail_famille.services.compteurs import prochain_numero
from portail_famille.services.journal import Auteur, consigner

Application = Callable[[Session, Demarche, Auteur, datetime], None]
"""What accepting a démarche does, in the same transaction. Raises `RegleViolee` when it cannot be done any more."""


def deposer(
    session: Session,
    *,
    genre: str,
    auteur: Auteur,
    maintenant: datetime,
    contenu: Mapping[str, Any],
    avant: Mapping[str, Any] | None = None,
    foyer_id: int | None = None,
    enfant_id: int | None = None,
    personne_id: int | None = None,
    structure_id: int | None = None,
    pieces: Iterable[int] = (),
    cle_envoi: str | None = None,
) -> Demarche:
    """Files a request: numbered, in the journal, with its pieces. With `cle_envoi`, see `envoyee`: the caller looks
    first, a form sent twice makes one request."""
    annee = maintenant.astimezone(PARIS).year
    demarche = Demarche(
        numero=f"D{annee}-{prochain_numero(session, 'demarche', annee):06d}",
        genre=genre,
        etat=EtatDemarche.DEPOSEE.value,
        foyer_id=foyer_id,
        compte_id=auteur.compte_id,
        enfant_id=enfant_id,
        personne_id=personne_id,
        structure_id=structure_id,
        avant=dict(avant or {}),
        contenu=dict(contenu),
        motif="",
        cle_envoi=cle_envoi,
        deposee_utc=maintenant,
        modifiee_utc=maintenant,
    )
    session.add(demarche)
    session.flush()
    _etape(session, demarche, GenreEtape.DEPOT, auteur, maintenant)
    joindre(session, demarche, pieces)
    _consigner(session, demarche, auteur, "demarche_deposee", maintenant)
    return demarche


def envoyee(session: Session, cle_envoi: str) -> Demarche | None:
    """The request that this form already made, if it was sent once. One query."""
    return session.scalar(select(Demarche).where(Demarche.cle_envoi == cle_envoi))


def joindre(session: Session, demarche: Demarche, pieces: Iterable[int], etape_id: int | None = None) -> None:
    """Documents of the request (or of one of its messages). One joined already stays as it was."""
    deja = set(session.scalars(select(DemarchePiece.piece_id).where(DemarchePiece.demarche_id == demarche.id)))
    lignes = [
        {"demarche_id": demarche.id, "piece_id": piece, "etape_id": etape_id}
        for piece in dict.fromkeys(pieces)
        if piece not in deja
    ]
    if lignes:
        session.execute(insert(DemarchePiece), lignes)


def ouvertes(session: Session, foyer_id: int, genre: str | None = None) -> list[Demarche]:
    """Requests of this foyer still waiting for an answer, oldest first."""
    requete = select(Demarche).where(Demarche.foyer_id == foyer_id, Demarche.etat.in_([etat.value for etat in OUVERTS]))
    if genre is not None:
        requete = requete.where(Demarche.genre == genre)
    return list(session.scalars(requete.order_by(Demarche.id)))


def retirer(session: Session, demarche: Demarche, auteur: Auteur, maintenant: datetime) -> None:
    """The family takes its request back. Raises `RegleViolee` when it is already decided."""
    _passer(session, demarche, demarche.version, EtatDemarche.ANNULEE, auteur, maintenant)
    _etape(session, demarche, GenreEtape.ANNULATION, auteur, maintenant)
    _consigner(session, demarche, auteur, "demarche_annulee", maintenant)


def prendre_en_charge(session: Session, demarche: Demarche, version: int, auteur: Auteur, maintenant: datetime) -> None:
    """An agent takes a request that nobody has begun. Raises `RegleViolee`."""
    _passer(session, demarche, version, EtatDemarche.EN_COURS, auteur, maintenant, assignee_id=auteur.compte_id)
    _etape(session, demarche, GenreEtape.PRISE_EN_CHARGE, auteur, maintenant)


def demander_complement(
    session: Session,
    demarche: Demarche,
    version: int,
    texte: str,
    avant: date | None,
    auteur: Auteur,
    maintenant: datetime,
) -> DemarcheEtape:
    """What is missing, in words the family reads, and until when it may be sent; the town's delay stops running.

    Raises `RegleViolee` (decided meanwhile; nothing said of what is missing, champ `texte`).
    """
    if not texte.strip():
        raise RegleViolee("texte_absent", "Écrivez ce qui manque\u00a0: la famille le lira.", "texte")
    _passer(
        session,
        demarche,
        version,
        EtatDemarche.COMPLEMENT_DEMANDE,
        auteur,
        maintenant,
        complement_avant=avant,
        suspendue_utc=maintenant,
        reponse_utc=maintenant,
        **_suspension(demarche, avant, maintenant),
    )
    _consigner(session, demarche, auteur, "demarche_complement", maintenant)
    return _etape(session, demarche, GenreEtape.COMPLEMENT, auteur, maintenant, texte.strip())


def ecrire(
    session: Session,
    demarche: Demarche,
    texte: str,
    auteur: Auteur,
    maintenant: datetime,
    *,
    pieces: Iterable[int] = (),
    est_note: bool = False,
) -> DemarcheEtape:
    """A message of either side, with its documents; a note stays between agents. What a family sends while a complement
    is awaited completes the request, which goes on. Raises `RegleViolee` (nothing written nor joined, champ `texte`;
    request closed, for the family)."""
    jointes = list(dict.fromkeys(pieces))
    if not texte.strip() and not jointes:
        raise RegleViolee("texte_absent", "Écrivez votre message ou joignez un document.", "texte")
    est_famille = auteur.cote is Cote.FAMILLE
    if est_famille and EtatDemarche(demarche.etat) not in OUVERTS:
        raise RegleViolee("demarche_close", "Cette demande est terminée\u00a0: faites-en une nouvelle.")
    genre = GenreEtape.NOTE if est_note else GenreEtape.MESSAGE
    if est_famille and demarche.etat == EtatDemarche.COMPLEMENT_DEMANDE:
        genre = GenreEtape.REPONSE
        _passer(session, demarche, demarche.version, EtatDemarche.EN_COURS, auteur, maintenant)
    elif not est_note:
        demarche.modifiee_utc = maintenant
        if not est_famille:
            demarche.reponse_utc = maintenant
    etape = _etape(session, demarche, genre, auteur, maintenant, texte.strip())
    joindre(session, demarche, jointes, etape.id)
    if not est_note:
        _consigner(session, demarche, auteur, "demarche_message", maintenant)
    return etape


def accepter(
    session: Session,
    demarche: Demarche,
    version: int,
    auteur: Auteur,
    maintenant: datetime,
    appliquer: Application,
    texte: str = "",
) -> None:
    """Accepts and applies, in one transaction. Raises `RegleViolee` (decided meanwhile, or cannot be applied)."""
    _passer(session, demarche, version, EtatDemarche.ACCEPTEE, auteur, maintenant, reponse_utc=maintenant)
    appliquer(session, demarche, auteur, maintenant)
    _etape(session, demarche, GenreEtape.DECISION, auteur, maintenant, texte.strip())
    _consigner(session, demarche, auteur, "demarche_acceptee", maintenant)


def refuser(
    session: Session, demarche: Demarche, version: int, motif: str, auteur: Auteur, maintenant: datetime
) -> None:
    """Refuses, with the reason the family will read. Raises `RegleViolee` (decided meanwhile, no reason given)."""
    motif = motif.strip()
    if not motif:
        raise RegleViolee("motif_absent", "Écrivez pourquoi\u00a0: la famille le lira.", "motif")
    _passer(session, demarche, version, EtatDemarche.REFUSEE, auteur, maintenant, motif=motif, reponse_utc=maintenant)
    _etape(session, demarche, GenreEtape.DECISION, auteur, maintenant, motif)
    _consigner(session, demarche, auteur, "demarche_refusee", maintenant)


def _passer(
    session: Session,
    demarche: Demarche,
    version: int,
    etat: EtatDemarche,
    auteur: Auteur,
    maintenant: datetime,
    **valeurs: Any,
) -> None:
    """To the next state, only from the version that was on the screen: the second of two agents is told."""
    verifier_transition(EtatDemarche(demarche.etat), etat, auteur.cote)
    if demarche.etat == EtatDemarche.COMPLEMENT_DEMANDE and etat is EtatDemarche.EN_COURS:
        valeurs |= _reprise(demarche, maintenant)
    valeurs |= {"etat": etat.value, "version": version + 1, "modifiee_utc": maintenant}
    if etat not in OUVERTS:
        valeurs |= {"decidee_utc": maintenant, "decidee_par": auteur.compte_id}
    prise = session.scalar(
        update(Demarche)
        .where(Demarche.id == demarche.id, Demarche.version == version)
        .values(**valeurs)
        .returning(Demarche.id)
    )
    if prise is None:
        raise RegleViolee("demarche_changee", "Quelqu’un d’autre vient de traiter cette demande. La voici à jour.")
    session.refresh(demarche)


def _suspension(demarche: Demarche, avant: date | None, maintenant: datetime) -> dict[str, Any]:
    """The due date while a complement is awaited; what it was is kept with the receipt, whose terms still hold."""
    if demarche.accuse is None or demarche.echeance is None:
        return {}
    silence, demande = Silence(demarche.accuse["silence"]), maintenant.astimezone(PARIS).date()
    return {
        "echeance": suspendre(silence, demarche.echeance, demande, avant),
        "accuse": demarche.accuse | {"prevue": demarche.echeance.isoformat()},
    }


def _reprise(demarche: Demarche, maintenant: datetime) -> dict[str, Any]:
    """The delay runs again: the family answered, or brought the paper to the town hall."""
    valeurs: dict[str, Any] = {"complement_avant": None, "suspendue_utc": None}
    accuse = demarche.accuse
    if accuse is None or "prevue" not in accuse or demarche.suspendue_utc is None:
        return valeurs
    suivante = reprendre(
        Silence(accuse["silence"]),
        accuse["delai_mois"],
        date.fromisoformat(accuse["prevue"]),
        demarche.suspendue_utc.astimezone(PARIS).date(),
        demarche.complement_avant,
        maintenant.astimezone(PARIS).date(),
    )
    reste = {cle: valeur for cle, valeur in accuse.items() if cle != "prevue"}
    return valeurs | {"echeance": suivante, "accuse": reste}


def _etape(
    session: Session, demarche: Demarche, genre: GenreEtape, auteur: Auteur, maintenant: datetime, texte: str = ""
) -> DemarcheEtape:
    etape = DemarcheEtape(
        demarche_id=demarche.id,
        genre=genre.value,
        etat=demarche.etat,
        cote=auteur.cote.value,
        compte_id=auteur.compte_id,
        texte=texte,
        a_utc=maintenant,
    )
    session.add(etape)
    session.flush()
    return etape


def _consigner(session: Session, demarche: Demarche, auteur: Auteur, action: str, maintenant: datetime) -> None:
    consigner(
        session,
        auteur,
        action,
        maintenant,
        foyer_id=demarche.foyer_id,
        enfant_id=demarche.enfant_id,
        personne_id=demarche.personne_id,
        details={"numero": demarche.numero, "genre": demarche.genre},
    )


__all__ = [
    "Application",
    "Cote",
    "accepter",
    "demander_complement",
    "deposer",
    "ecrire",
    "envoyee",
    "joindre",
    "ouvertes",
    "prendre_en_charge",
    "refuser",
    "retirer",
]
