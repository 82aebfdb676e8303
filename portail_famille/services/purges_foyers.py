"""The end of a family's file: foyers that left are reduced to what justifies their invoices, then disappear.

A foyer is gone once it left for longer than the town's period, and no child is enrolled there any more. Its bookings,
receipts, quotients and the names on its invoices stay as long as the accounts must be justified; the rest goes.
"""

from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, cast, exists, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from portail_famille.models.activites import Inscription
from portail_famille.models.comptes import (
    AcceptationConditions,
    CleAcces,
    CodeSecours,
    Compte,
    JetonCompte,
    RoleAgent,
    SecondFacteur,
    SessionCompte,
)
from portail_famille.models.demarches import Demarche, DemarchePiece, DemarcheSaisie
from portail_famille.models.documents import Piece
from portail_famille.models.evenements import Evenement, EvenementReservation
from portail_famille.models.factures import AdhesionFacture
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
    Sante,
)
from portail_famille.models.fusions import Fusion
from portail_famille.models.quotients import QuotientFamilial
from portail_famille.models.reservations import Brouillon, Recu, Reservation
from portail_famille.services.fusions import ANNULABLE
from portail_famille.services.purges import (
    DEMARCHE_ENTIERE,
    TRACES_ET_DEMARCHES,
    Etape,
    Terme,
    detacher,
    est_cite,
    etape,
    supprimer,
    vider,
)
from portail_famille.services.purges_factures import FACTURES

_EFFACE = "efface:"
"""Login name of a compte whose row stays because a receipt names it. The colon keeps it apart from any that a parent
may have (domain/identifiants)."""
_COORDONNEES = (
    Personne.courriel,
    Personne.telephone,
    Personne.telephone_domicile,
    Personne.telephone_travail,
    Personne.reference,
)


def _foyers_partis(t: Terme) -> Select[int]:
    en_cours = exists().where(Inscription.foyer_id == Foyer.id, Inscription.au >= t.jour)
    return select(Foyer.id).where(Foyer.parti_le < t.jour_limite(t.conservation.foyers_partis_mois), ~en_cours)


def _reste_annulable(modele: Any, marque: Any, genre: str) -> ColumnElement[bool]:
    """A double that was merged waits, as it was, for the merge to be undone; its line goes after a month."""
    return and_(marque.is_not(None), exists().where(Fusion.genre == genre, Fusion.fondu_id == modele.id))


def _est_fondu(modele: Any, marque: Any, genre: str) -> ColumnElement[bool]:
    return and_(marque.is_not(None), ~_reste_annulable(modele, marque, genre), ~est_cite(modele))


def _est_laisse(modele: Any) -> ColumnElement[bool]:
    """Of a foyer that another one replaced for good."""
    return exists().where(
        Foyer.id == modele.foyer_id, Foyer.fondu_dans.is_not(None), ~_reste_annulable(Foyer, Foyer.fondu_dans, "foyer")
    )


_PERSONNE_EN_ATTENTE = _reste_annulable(Personne, Personne.fondue_dans, "personne")
_COMPTE_EN_ATTENTE = exists().where(Personne.id == Compte.personne_id, _PERSONNE_EN_ATTENTE)
_COMPTE_FONDU = exists().where(
    Personne.id == Compte.personne_id, Personne.fondue_dans.is_not(None), ~_PERSONNE_EN_ATTENTE
)


def _est_enfant_parti(t: Terme) -> ColumnElement[bool]:
    """Of foyers that are gone and of no other; or of none, and enrolled nowhere for as long."""
    au_foyer = exists().where(Rattachement.enfant_id == Enfant.id)
    ailleurs = exists().where(Rattachement.enfant_id == Enfant.id, Rattachement.foyer_id.not_in(_foyers_partis(t)))
    limite = t.jour_limite(t.conservation.foyers_partis_mois)
    inscrit = exists().where(Inscription.enfant_id == Enfant.id, Inscription.au >= limite)
    return and_(~ailleurs, or_(au_foyer, ~inscrit), Enfant.fondu_dans.is_(None))


def _est_personne_partie(t: Terme) -> ColumnElement[bool]:
    """Adult of foyers that are all gone; never an agent."""
    au_foyer = exists().where(Responsable.personne_id == Personne.id)
    ailleurs = exists().where(Responsable.personne_id == Personne.id, Responsable.foyer_id.not_in(_foyers_partis(t)))
    compte = aliased(Compte)
    agent = exists().where(compte.personne_id == Personne.id, RoleAgent.compte_id == compte.id)
    return and_(au_foyer, ~ailleurs, ~agent)


def _enfants_partis(t: Terme) -> Select[int]:
    return select(Enfant.id).where(_est_enfant_parti(t))


def _personnes_parties(t: Terme) -> Select[int]:
    return select(Personne.id).where(_est_personne_partie(t))


def _rendre_anonyme(session: Session, comptes: list[int]) -> None:
    """Nothing is left of the login but a name that opens nothing, for the receipts that refer to it."""
    for colonne in _DU_COMPTE:
        supprimer(colonne)(session, comptes)
    vider(
        Compte,
        identifiant=literal(_EFFACE) + cast(Compte.id, String),
        empreinte_mot_de_passe="",
        est_actif=False,
        conditions_version=None,
        active_utc=None,
        mot_de_passe_utc=None,
        verifie_utc=None,
        connecte_utc=None,
    )(session, comptes)


_DU_COMPTE = tuple(
    modele.compte_id
    for modele in (
        SessionCompte,
        JetonCompte,
        AcceptationConditions,
        CleAcces,
        SecondFacteur,
        CodeSecours,
        DemarcheSaisie,
    )
)
_EST_ANONYME = and_(Compte.identifiant.startswith(_EFFACE), ~Compte.est_actif)


def _jamais_actives(t: Terme) -> ColumnElement[bool]:
    """Links were sent and nobody came. The person stays in her foyer: the town can open a compte for her again."""
    limite = t.instant_limite(t.conservation.comptes_jamais_actives_mois)
    cite = est_cite(Compte, SessionCompte, JetonCompte)
    return and_(Compte.active_utc.is_(None), ~_EST_ANONYME, ~_COMPTE_EN_ATTENTE, Compte.cree_utc < limite, ~cite)


def _sans_usage(t: Terme) -> ColumnElement[bool]:
    """Of nobody's foyer and no agent's any more: closed, or not opened for as long as a foyer that left is kept."""
    vu = func.coalesce(Compte.connecte_utc, Compte.cree_utc)
    return and_(
        ~_EST_ANONYME,
        ~_COMPTE_EN_ATTENTE,
        ~exists().where(Responsable.personne_id == Compte.personne_id),
        ~exists().where(RoleAgent.compte_id == Compte.id),
        or_(~Compte.est_actif, vu < t.instant_limite(t.conservation.foyers_partis_mois)),
    )


def _oublier_qui(session: Session, comptes: list[int]) -> None:
    """The name stays while the journal says what she did."""
    personnes = list(session.scalars(select(Compte.personne_id).where(Compte.id.in_(comptes))))
    vides = dict.fromkeys((c.key for c in _COORDONNEES), None)
    vider(Personne, civilite="", nom_naissance="", **vides)(session, personnes)


COMPTES_ET_FOYERS: tuple[Etape, ...] = (
    etape("fusions qui ne s’annulent plus", Fusion.id, lambda t: Fusion.a_utc <= t.maintenant - ANNULABLE),
    etape(
        "comptes de doublons fusionnés",
        Compte.id,
        lambda _: and_(_COMPTE_FONDU, ~_EST_ANONYME),
        supprimer(DemarcheSaisie.compte_id),
        _rendre_anonyme,
    ),
    etape(
        "comptes jamais activés",
        Compte.id,
        _jamais_actives,
        supprimer(SessionCompte.compte_id),
        supprimer(JetonCompte.compte_id),
        supprimer(Compte.id),
    ),
    etape("comptes sans foyer ni rôle", Compte.id, _sans_usage, _oublier_qui, _rendre_anonyme),
    etape(
        "contacts de foyers partis",
        Contact.id,
        lambda t: Contact.foyer_id.in_(_foyers_partis(t)),
        supprimer(ContactEnfant.contact_id),
        supprimer(Contact.id),
    ),
    etape(
        "documents de foyers partis",
        Piece.id,
        lambda t: or_(Piece.foyer_id.in_(_foyers_partis(t)), Piece.enfant_id.in_(_enfants_partis(t))),
        supprimer(DemarchePiece.piece_id),
        detacher(Piece.remplacee_par),
        supprimer(Piece.id),
    ),
    etape(
        "demandes de foyers partis",
        Demarche.id,
        lambda t: or_(Demarche.foyer_id.in_(_foyers_partis(t)), Demarche.enfant_id.in_(_enfants_partis(t))),
        *DEMARCHE_ENTIERE,
    ),
    etape(
        "formulaires de foyers partis",
        DemarcheSaisie.id,
        lambda t: DemarcheSaisie.foyer_id.in_(_foyers_partis(t)),
    ),
    etape(
        "adhésions à la facture en ligne de foyers partis",
        AdhesionFacture.id,
        lambda t: AdhesionFacture.foyer_id.in_(_foyers_partis(t)),
    ),
    etape("fiches santé d’enfants partis", Sante.enfant_id, lambda t: Sante.enfant_id.in_(_enfants_partis(t))),
    etape("autorisations d’enfants partis", Autorisation.id, lambda t: Autorisation.enfant_id.in_(_enfants_partis(t))),
    etape(
        "enfants retirés des contacts",
        ContactEnfant.enfant_id,
        lambda t: ContactEnfant.enfant_id.in_(_enfants_partis(t)),
    ),
    etape(
        "autorités parentales d’enfants partis",
        AutoriteParentale.id,
        lambda t: AutoriteParentale.enfant_id.in_(_enfants_partis(t)),
    ),
    etape(
        "fiches d’enfants réduites",
        Enfant.id,
        lambda t: and_(
            _est_enfant_parti(t),
            or_(Enfant.classe != "", Enfant.reference.is_not(None), Enfant.structure_id.is_not(None)),
        ),
        vider(Enfant, classe="", reference=None, structure_id=None),
    ),
    etape(
        "comptes de foyers partis",
        Compte.id,
        lambda t: and_(Compte.personne_id.in_(_personnes_parties(t)), ~_EST_ANONYME),
        _rendre_anonyme,
    ),
    etape(
        "fiches d’adultes réduites",
        Personne.id,
        lambda t: and_(
            _est_personne_partie(t),
            or_(
                Personne.civilite != "",
                Personne.nom_naissance != "",
                *(colonne.is_not(None) for colonne in _COORDONNEES),
            ),
        ),
        vider(Personne, civilite="", nom_naissance="", **dict.fromkeys((c.key for c in _COORDONNEES), None)),
    ),
    etape(
        "adresses de foyers partis",
        Foyer.id,
        lambda t: and_(
            Foyer.id.in_(_foyers_partis(t)),
            or_(Foyer.adresse != "", Foyer.code_postal != "", Foyer.ville != "", Foyer.reference.is_not(None)),
        ),
        vider(Foyer, adresse="", code_postal="", ville="", reference=None),
    ),
)


def _annees(t: Terme) -> Any:
    return t.jour_limite(12 * t.conservation.reservations_annees)


FACTURABLE_ET_FIN: tuple[Etape, ...] = (
    etape(
        "réservations",
        Reservation.id,
        lambda t: Reservation.jour < _annees(t),
        supprimer(EvenementReservation.reservation_id),
        supprimer(Reservation.id),
    ),
    etape("événements", Evenement.id, lambda t: and_(Evenement.au < _annees(t), ~est_cite(Evenement))),
    etape("inscriptions", Inscription.id, lambda t: Inscription.au < _annees(t)),
    etape("quotients familiaux", QuotientFamilial.id, lambda t: QuotientFamilial.au < _annees(t)),
    etape(
        "reçus",
        Recu.id,
        lambda t: and_(Recu.emis_utc < t.instant_limite(12 * t.conservation.reservations_annees), ~est_cite(Recu)),
    ),
    etape(
        "foyers partis",
        Foyer.id,
        lambda t: and_(
            Foyer.id.in_(_foyers_partis(t)),
            ~est_cite(Foyer, Responsable, Rattachement, QuotientFamilial, Brouillon),
        ),
        supprimer(Responsable.foyer_id),
        supprimer(Rattachement.foyer_id),
        supprimer(QuotientFamilial.foyer_id),
        supprimer(Brouillon.foyer_id),
        supprimer(Foyer.id),
    ),
    etape(
        "enfants partis",
        Enfant.id,
        lambda t: and_(_est_enfant_parti(t), ~est_cite(Enfant)),
    ),
    etape(
        "brouillons de doublons fusionnés", Brouillon.id, lambda _: and_(_est_laisse(Brouillon), ~est_cite(Brouillon))
    ),
    etape("formulaires de doublons fusionnés", DemarcheSaisie.id, lambda _: _est_laisse(DemarcheSaisie)),
    etape("foyers en double fusionnés", Foyer.id, lambda _: _est_fondu(Foyer, Foyer.fondu_dans, "foyer")),
    etape("enfants en double fusionnés", Enfant.id, lambda _: _est_fondu(Enfant, Enfant.fondu_dans, "enfant")),
    etape("comptes sans trace", Compte.id, lambda _: and_(_EST_ANONYME, ~est_cite(Compte))),
    etape("adultes partis", Personne.id, lambda _: and_(~est_cite(Personne), ~_PERSONNE_EN_ATTENTE)),
)
ETAPES = (*TRACES_ET_DEMARCHES, *COMPTES_ET_FOYERS, *FACTURES, *FACTURABLE_ET_FIN)
"""In this order: what refers to a row goes before it."""
