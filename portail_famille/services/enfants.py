"""A child's file as its page shows it, and « ajouter un enfant »: asked by a parent, checked by an agent."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from portail_famille.domain.demarches import OUVERTS
from portail_famille.domain.entourage import AjoutEnfant, Sante
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.horloge import PARIS
from portail_famille.domain.noms import cle_de_nom
from portail_famille.gateways.chiffre import Chiffre
from portail_famille.models.activites import Structure
from portail_famille.models.comptes import Compte
from portail_famille.models.demarches import Demarche, DemarchePiece
from portail_famille.models.documents import Piece
from portail_famille.models.foyers import Autorisation, AutoriteParentale, Enfant, Foyer, Personne, Rattachement
from portail_famille.models.foyers import Sante as LigneSante
from portail_famille.models.journal import ActeJournal
from portail_famille.services.demarches import deposer
from portail_famille.services.entourage import Parole, nomme_ici
from portail_famille.services.fiches import REFUS_MONTRE, est_montree
from portail_famille.services.journal import Auteur, consigner
from portail_famille.services.perimetres import Perimetre, est_enfant_du_perimetre
from portail_famille.services.sante import ACTION as SANTE_MODIFIEE
from portail_famille.services.sante import GENRE as GENRE_SANTE
from portail_famille.services.sante import dechiffrer_sante, montrer_sante

GENRE = "enfant"


@dataclass(frozen=True, slots=True)
class FicheEnfant:
    """What is the child's own, whichever parent wrote it. `sante_qui` is empty when that parent is not to be named."""

    sante: Sante
    sante_utc: datetime | None
    sante_qui: str
    autorisations: dict[str, Parole]
    """The answer in force, by kind."""


def lire_fiche_enfant(session: Session, chiffre: Chiffre, enfant_id: int, foyer_id: int) -> FicheEnfant:
    """Health, and the authorisations in force. The caller has checked who reads. One query, two when one of the
    child's foyers is hidden and a doctor is named."""
    dernier = (
        select(ActeJournal.compte_id)
        .where(ActeJournal.enfant_id == enfant_id, ActeJournal.action == SANTE_MODIFIEE)
        .order_by(ActeJournal.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    soignant, parlant = aliased(Personne), aliased(Personne)
    lignes = session.execute(
        select(
            LigneSante,
            _nom_ici(soignant, foyer_id, enfant_id),
            _a_un_foyer_masque(enfant_id),
            Autorisation,
            _nom_ici(parlant, foyer_id, enfant_id),
        )
        .select_from(Enfant)
        .outerjoin(LigneSante, LigneSante.enfant_id == Enfant.id)
        .outerjoin(Compte, Compte.id == dernier)
        .outerjoin(soignant, soignant.id == Compte.personne_id)
        .outerjoin(Autorisation, (Autorisation.enfant_id == Enfant.id) & Autorisation.fin_utc.is_(None))
        .outerjoin(parlant, parlant.id == Autorisation.personne_id)
        .where(Enfant.id == enfant_id)
    ).all()
    ligne, sante_qui, est_masque, *_ = lignes[0]
    sante = dechiffrer_sante(chiffre, enfant_id, ligne.contenu_chiffre if ligne else None)
    return FicheEnfant(
        sante=montrer_sante(session, sante, enfant_id, foyer_id) if est_masque else sante,
        sante_utc=ligne.modifie_utc if ligne else None,
        sante_qui=sante_qui or "" if ligne else "",
        autorisations={a.genre: Parole(a.id, a.est_accordee, qui or "", a.a_utc, None) for *_, a, qui in lignes if a},
    )


def _nom_ici(personne: Any, foyer_id: int, enfant_id: int) -> ColumnElement[str | None]:
    """Null when this foyer is not to read it."""
    return case((nomme_ici(foyer_id, enfant_id, personne), personne.prenom + " " + personne.nom))


def _a_un_foyer_masque(enfant_id: int) -> ColumnElement[bool]:
    return exists(select(Rattachement.foyer_id).where(Rattachement.enfant_id == enfant_id, Rattachement.est_masque))


def demandes_de_l_enfant(session: Session, foyer_id: int, enfant_id: int, maintenant: datetime) -> list[Demarche]:
    """Requests on this child's file that wait for an answer, or were refused lately, oldest first. One query.

    On its identity, those of its other foyer too (services/fiches: one request at a time); on its PAI, this foyer's.
    """
    refusee = and_(Demarche.etat == "refusee", Demarche.decidee_utc > maintenant - REFUS_MONTRE)
    return list(
        session.scalars(
            select(Demarche)
            .where(
                Demarche.enfant_id == enfant_id,
                est_montree(foyer_id),
                or_(
                    Demarche.genre == "coordonnees", and_(Demarche.genre == GENRE_SANTE, Demarche.foyer_id == foyer_id)
                ),
                or_(_ouverte(), refusee),
            )
            .order_by(Demarche.id)
        )
    )


def ajouts_en_attente(session: Session, foyer_id: int) -> list[Demarche]:
    """Children this foyer asked to add, oldest first: shown on « Ma famille ». One query."""
    return list(
        session.scalars(
            select(Demarche)
            .where(Demarche.foyer_id == foyer_id, Demarche.genre == GENRE, _ouverte())
            .order_by(Demarche.id)
        )
    )


def demande_semblable(session: Session, foyer_id: int, compte_id: int | None, ajout: AjoutEnfant) -> Demarche | None:
    """Her open request for the same child in this foyer, if any: a form sent twice makes one request. Another adult's
    is not hers to know. One query."""
    for demarche in session.scalars(
        select(Demarche).where(
            Demarche.foyer_id == foyer_id, Demarche.compte_id == compte_id, Demarche.genre == GENRE, _ouverte()
        )
    ):
        contenu = demarche.contenu
        if contenu["naissance"] == ajout.naissance.isoformat() and _cle(contenu) == _cle(_contenu(ajout)):
            return demarche
    return None


def verifier_ajout(session: Session, foyer_id: int, ajout: AjoutEnfant) -> None:
    """Raises `RegleViolee` when the foyer has this child already. One query."""
    enfants = session.scalars(
        select(Enfant)
        .join(Rattachement, Rattachement.enfant_id == Enfant.id)
        .where(Rattachement.foyer_id == foyer_id, Enfant.naissance == ajout.naissance)
    )
    for enfant in enfants:
        if cle_de_nom(enfant.prenom) == cle_de_nom(ajout.prenom):
            raise RegleViolee("enfant_connu", f"{enfant.prenom} est déjà dans votre foyer.", "prenom")


def demander_ajout(
    session: Session,
    *,
    foyer_id: int,
    ajout: AjoutEnfant,
    est_en_mairie: bool,
    auteur: Auteur,
    maintenant: datetime,
    pieces: Collection[int] = (),
    cle_envoi: str | None = None,
) -> tuple[Demarche, bool]:
    """The request, and whether this call filed it. Sent twice, even at once, it is filed once.

    `est_en_mairie`: the family brings what proves it to the town hall. Raises `RegleViolee` (child already there).
    """
    session.execute(select(Foyer.id).where(Foyer.id == foyer_id).with_for_update())
    deja = demande_semblable(session, foyer_id, auteur.compte_id, ajout)
    if deja is not None:
        return deja, False
    verifier_ajout(session, foyer_id, ajout)
    demarche = deposer(
        session,
        genre=GENRE,
        auteur=auteur,
        maintenant=maintenant,
        contenu=_contenu(ajout) | {"document": "en_mairie" if est_en_mairie else "joint"},
        foyer_id=foyer_id,
        pieces=pieces,
        cle_envoi=cle_envoi,
    )
    return demarche, True


def lire_demande(session: Session, foyer_id: int, compte_id: int, numero: str) -> Demarche | None:
    """A request of this foyer about a child; to add one, of whoever asked. None for another's as for none. One query.

    What proves that a child is hers (a judgment, a livret de famille) is not for the other adult of her home.
    """
    return session.scalar(
        select(Demarche).where(
            Demarche.foyer_id == foyer_id,
            Demarche.numero == numero,
            or_(Demarche.genre == GENRE_SANTE, and_(Demarche.genre == GENRE, Demarche.compte_id == compte_id)),
        )
    )


@dataclass(frozen=True, slots=True)
class Doublon:
    """A child already known who may be the one asked for, with the foyers it lives in."""

    enfant_id: int
    prenom: str
    nom: str
    naissance: date
    foyers: tuple[tuple[int, str], ...]


FOYERS_MAXIMAUX = 2
"""Of one child: its parents'."""
AILLEURS = "Un dossier qui ressemble existe ailleurs, que vous ne pouvez pas ouvrir\u00a0: demandez à la mairie."


def doublons_hors(session: Session, doublons: Collection[Doublon], perimetre: Perimetre) -> set[int]:
    """Ids of those received elsewhere: a day of birth and a name must not open their file. One query at most."""
    ids = {doublon.enfant_id for doublon in doublons}
    if not ids:
        return ids
    return ids - set(session.scalars(select(Enfant.id).where(Enfant.id.in_(ids), perimetre.enfants(Enfant))))


def doublons_probables(session: Session, contenu: Mapping[str, Any]) -> list[Doublon]:
    """Children born that day whose first name or last name is the one asked, for the agent who decides. One query.

    A child of separated parents is most often already there, in the other one's foyer: it is attached, not created.
    """
    prenom, nom = cle_de_nom(str(contenu["prenom"])), cle_de_nom(str(contenu["nom"]))
    trouves: dict[int, Doublon] = {}
    for enfant, foyer in session.execute(
        select(Enfant, Foyer)
        .outerjoin(Rattachement, Rattachement.enfant_id == Enfant.id)
        .outerjoin(Foyer, Foyer.id == Rattachement.foyer_id)
        .where(Enfant.naissance == date.fromisoformat(str(contenu["naissance"])), Enfant.fondu_dans.is_(None))
        .order_by(Enfant.id, Foyer.id)
    ):
        if cle_de_nom(enfant.prenom) == prenom or cle_de_nom(enfant.nom) == nom:
            foyers = trouves[enfant.id].foyers if enfant.id in trouves else ()
            ici = ((foyer.id, foyer.nom),) if foyer is not None else ()
            trouves[enfant.id] = Doublon(enfant.id, enfant.prenom, enfant.nom, enfant.naissance, foyers + ici)
    return list(trouves.values())


def rattacher_a(session: Session, demarche: Demarche, enfant_id: int, perimetre: Perimetre) -> None:
    """The agent says that the child asked for is this one: accepting will attach it instead of creating another.

    Raises `RegleViolee` for a child that is not a probable double, is received elsewhere, or has two homes already.
    """
    if all(doublon.enfant_id != enfant_id for doublon in doublons_probables(session, demarche.contenu)):
        raise RegleViolee("doublon_inconnu", "Cet enfant n’a ni la date de naissance ni le nom de la demande.")
    verifier_second_foyer(session, enfant_id, perimetre)
    demarche.enfant_id = enfant_id
    session.flush()


def verifier_second_foyer(session: Session, enfant_id: int, perimetre: Perimetre) -> None:
    """An agent attaches the children received where she works: a home opens a child's file to its adults. Raises
    `RegleViolee`."""
    if not est_enfant_du_perimetre(session, perimetre, enfant_id):
        raise RegleViolee(
            "enfant_ailleurs", "Cet enfant est suivi par une autre structure\u00a0: demandez-lui de le rattacher."
        )
    # The other home may be getting one more at the same time.
    session.execute(select(Enfant.id).where(Enfant.id == enfant_id).with_for_update())
    nombre = session.scalar(
        select(func.count())
        .select_from(Rattachement)
        .join(Foyer, Foyer.id == Rattachement.foyer_id)
        .where(Rattachement.enfant_id == enfant_id, Foyer.parti_le.is_(None))
    )
    if (nombre or 0) >= FOYERS_MAXIMAUX:
        raise RegleViolee("trop_de_foyers", "Cet enfant a déjà deux foyers.")


def appliquer_ajout(session: Session, demarche: Demarche, auteur: Auteur, maintenant: datetime) -> None:
    """What accepting a request of genre « enfant » does: the child (new, or `demarche.enfant_id` when the agent
    attached a known one), its place in the foyer, authority of the asker from today, the document filed with the child
    when it was nobody's yet: one of the porte-documents stays the foyer's, or hers.

    Raises `RegleViolee` when it is already in the foyer.
    """
    contenu, aujourdhui = demarche.contenu, maintenant.astimezone(PARIS).date()
    assert demarche.foyer_id is not None
    session.execute(select(Foyer.id).where(Foyer.id == demarche.foyer_id).with_for_update())
    personne_id = session.scalars(select(Compte.personne_id).where(Compte.id == demarche.compte_id)).one()
    if demarche.enfant_id is None:
        ajout = AjoutEnfant(
            str(contenu["prenom"]), str(contenu["nom"]), date.fromisoformat(contenu["naissance"]), str(contenu["lien"])
        )
        verifier_ajout(session, demarche.foyer_id, ajout)
        demarche.enfant_id = _creer(session, contenu)
    _rattacher(session, demarche.foyer_id, demarche.enfant_id)
    _donner_autorite(session, personne_id, demarche.enfant_id, aujourdhui)
    for piece in session.scalars(
        select(Piece)
        .join(DemarchePiece, DemarchePiece.piece_id == Piece.id)
        .where(
            DemarchePiece.demarche_id == demarche.id,
            Piece.enfant_id.is_(None),
            Piece.personne_id.is_(None),
            Piece.est_du_foyer.is_(False),
        )
    ):
        piece.enfant_id = demarche.enfant_id
    consigner(
        session,
        auteur,
        "enfant_ajoute",
        maintenant,
        foyer_id=demarche.foyer_id,
        enfant_id=demarche.enfant_id,
        personne_id=personne_id,
        details={"numero": demarche.numero, "lien": contenu["lien"]},
    )
    session.flush()


def _creer(session: Session, contenu: Mapping[str, Any]) -> int:
    structure_id = session.scalar(
        select(Structure.id).where(Structure.code == contenu.get("structure", ""), Structure.est_retire.is_(False))
    )
    enfant = Enfant(
        prenom=contenu["prenom"],
        nom=contenu["nom"],
        naissance=date.fromisoformat(contenu["naissance"]),
        structure_id=structure_id,
        classe=contenu.get("classe", ""),
    )
    session.add(enfant)
    session.flush()
    return enfant.id


def _rattacher(session: Session, foyer_id: int, enfant_id: int) -> None:
    if session.get(Rattachement, (foyer_id, enfant_id)) is not None:
        raise RegleViolee("enfant_connu", "Cet enfant est déjà dans ce foyer\u00a0: refusez la demande.")
    session.add(Rattachement(foyer_id=foyer_id, enfant_id=enfant_id))


def _donner_autorite(session: Session, personne_id: int, enfant_id: int, aujourdhui: date) -> None:
    """From today; a link in force is left as it is, one that was to begin later begins today."""
    deja = session.scalars(
        select(AutoriteParentale)
        .where(
            AutoriteParentale.personne_id == personne_id,
            AutoriteParentale.enfant_id == enfant_id,
            or_(AutoriteParentale.au.is_(None), AutoriteParentale.au >= aujourdhui),
        )
        .order_by(AutoriteParentale.du)
    ).all()
    if not deja:
        session.add(AutoriteParentale(personne_id=personne_id, enfant_id=enfant_id, du=aujourdhui))
    elif deja[0].du > aujourdhui:
        deja[0].du = aujourdhui


def _contenu(ajout: AjoutEnfant) -> dict[str, str]:
    contenu = {
        "prenom": ajout.prenom,
        "nom": ajout.nom,
        "naissance": ajout.naissance.isoformat(),
        "lien": ajout.lien,
        "structure": ajout.structure,
        "classe": ajout.classe,
    }
    return {cle: valeur for cle, valeur in contenu.items() if valeur}


def _cle(contenu: Mapping[str, Any]) -> tuple[str, str]:
    return cle_de_nom(str(contenu["prenom"])), cle_de_nom(str(contenu["nom"]))


def _ouverte() -> Any:
    return Demarche.etat.in_([etat.value for etat in OUVERTS])
