"""A household separates: adults leave for another foyer, each child stays, goes or alternates, and each day is paid by
the home where it is spent (domain.md §1; code civil 373-2-9 for the alternation).

Nothing changes before the day that the agent says. Parental authority is not touched: living elsewhere ends nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from portail_famille.domain.calendrier import Calendrier
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.fiches import PAR_CODE, lire_valeur
from portail_famille.domain.gardes import Garde
from portail_famille.domain.genres import GENRES, Concerne
from portail_famille.domain.libelles import ecrire_date
from portail_famille.models.activites import Inscription
from portail_famille.models.comptes import Compte
from portail_famille.models.demarches import Demarche
from portail_famille.models.documents import Piece
from portail_famille.models.foyers import Contact, ContactEnfant, Enfant, Foyer, Personne, Rattachement, Responsable
from portail_famille.models.reservations import Brouillon, Reservation
from portail_famille.services.acces import Commune
from portail_famille.services.courriels import deposer_courriel
from portail_famille.services.dossiers import jour_de
from portail_famille.services.ecriture_familles import nom_de_foyer
from portail_famille.services.foyers_saisis import ADULTES_MAXIMAUX
from portail_famille.services.gardes import changer_garde, verifier_garde
from portail_famille.services.journal import Auteur, consigner

RESTE, PART, ALTERNE = "reste", "part", "alternee"
SORTS = (RESTE, PART, ALTERNE)
_UN_JOUR = timedelta(days=1)
_ADRESSE = ("adresse", "code_postal", "ville")
_PERSONNELS = [code for code, genre in GENRES.items() if genre.concerne is Concerne.ADULTE]


@dataclass(frozen=True, slots=True)
class Separation:
    """What the agent decides. `vers` None: a new foyer, at this address. `gardes`: the weeks spent in that foyer."""

    foyer_id: int
    adultes: tuple[int, ...]
    du: date
    """First day that the other foyer pays."""
    enfants: Mapping[int, str]
    """RESTE, PART or ALTERNE, by child."""
    gardes: Mapping[int, Garde] = field(default_factory=dict)
    vers: int | None = None
    adresse: str = ""
    code_postal: str = ""
    ville: str = ""
    est_resident: bool = True


@dataclass(frozen=True, slots=True)
class SortPrevu:
    """What becomes of a child: enrolments shared or moved, bookings that change payer."""

    prenom: str
    sort: str
    inscriptions: int
    reservations: int


@dataclass(frozen=True, slots=True)
class Prevision:
    partants: tuple[str, ...]
    restants: tuple[str, ...]
    payeur_ici: str
    payeur_la: str
    vers: str
    """Name of the foyer they go to; the one it will have when it is new."""
    enfants: tuple[SortPrevu, ...]
    brouillons: int
    """Drafts not validated that lose some of their ticks."""


def prevoir_separation(
    session: Session, separation: Separation, maintenant: datetime, calendrier: Calendrier
) -> Prevision:
    """Reads only. Raises `RegleViolee` with the field at fault."""
    foyer, partants, restants = _verifier(session, separation, maintenant)
    la = session.get_one(Foyer, separation.vers) if separation.vers is not None else None
    sorts = []
    for enfant in _enfants(session, separation.foyer_id):
        sort = separation.enfants.get(enfant.id, RESTE)
        inscriptions = _inscriptions(session, separation, enfant.id) if sort != RESTE else []
        reservations = _reservations(session, separation, enfant.id, calendrier) if sort != RESTE else []
        sorts.append(SortPrevu(enfant.prenom, sort, len(inscriptions), len(reservations)))
    payeur_la = session.get_one(Personne, la.payeur_id) if la is not None else partants[0]
    return Prevision(
        tuple(_nom(p) for p in partants),
        tuple(_nom(p) for p in restants),
        _nom(_payeur(foyer, restants)),
        _nom(payeur_la),
        la.nom if la is not None else nom_de_foyer(p.nom for p in partants),
        tuple(sorts),
        len([ligne for ligne in _brouillons(session, separation) if ligne.contenu]),
    )


def separer_menage(
    session: Session,
    separation: Separation,
    auteur: Auteur,
    maintenant: datetime,
    calendrier: Calendrier,
    reglages: Commune,
) -> Foyer:
    """The foyer they went to. Raises `RegleViolee` with the field at fault."""
    ids = [separation.foyer_id, *([separation.vers] if separation.vers is not None else [])]
    session.execute(select(Foyer.id).where(Foyer.id.in_(ids)).order_by(Foyer.id).with_for_update())
    foyer, partants, restants = _verifier(session, separation, maintenant)
    la = _destination(session, separation, partants)
    # Before anybody moves: which rows follow is read in the home as it was.
    reservations = {e: _reservations(session, separation, e, calendrier) for e in _concernes(separation)}
    inscriptions = {e: _inscriptions(session, separation, e) for e in _concernes(separation)}
    _deplacer_les_adultes(session, separation, foyer, la, partants, restants)
    for enfant_id in _concernes(separation):
        _deplacer_un_enfant(session, separation, la, enfant_id, auteur, maintenant)
        _partager_les_inscriptions(session, separation, la, enfant_id, inscriptions[enfant_id])
        session.execute(update(Reservation).where(Reservation.id.in_(reservations[enfant_id])).values(foyer_id=la.id))
    _deplacer_les_papiers(session, separation, la)
    _vider_les_brouillons(session, separation)
    foyer.personnes_a_charge = max(1, foyer.personnes_a_charge - sum(s == PART for s in separation.enfants.values()))
    session.flush()
    for foyer_id, autre in ((foyer.id, la.id), (la.id, foyer.id)):
        details = {"autre": autre, "du": separation.du.isoformat()}
        consigner(session, auteur, "foyer_separe", maintenant, foyer_id=foyer_id, details=details)
    _prevenir(session, (*partants, *restants), separation, maintenant, reglages)
    session.flush()
    session.expire_all()
    return la


def _verifier(
    session: Session, separation: Separation, maintenant: datetime
) -> tuple[Foyer, list[Personne], list[Personne]]:
    foyer = session.get_one(Foyer, separation.foyer_id)
    adultes = session.scalars(
        select(Personne)
        .join(Responsable, Responsable.personne_id == Personne.id)
        .where(Responsable.foyer_id == foyer.id)
        .order_by(Personne.id)
    ).all()
    partants = [p for p in adultes if p.id in separation.adultes]
    restants = [p for p in adultes if p.id not in separation.adultes]
    if not partants or len(partants) < len(separation.adultes):
        raise RegleViolee("adulte_absent", "Choisissez qui quitte ce foyer.", "adultes")
    if not restants:
        raise RegleViolee(
            "personne_ne_reste", "Il faut qu’un adulte reste. Pour un déménagement, corrigez l’adresse.", "adultes"
        )
    if separation.du < jour_de(maintenant):
        raise RegleViolee(
            "date_passee", "Choisissez aujourd’hui ou un jour à venir\u00a0: le passé est déjà payé.", "du"
        )
    _verifier_la_destination(session, separation, len(partants), jour_de(maintenant))
    _verifier_les_enfants(session, separation)
    return foyer, partants, restants


def _verifier_la_destination(session: Session, separation: Separation, arrivants: int, aujourdhui: date) -> None:
    if separation.vers is None:
        for nom in _ADRESSE:
            try:
                lire_valeur(PAR_CODE[f"foyer.{nom}"], getattr(separation, nom), aujourdhui)
            except RegleViolee as faute:
                raise RegleViolee(faute.code, faute.message, nom) from None
        return
    la = session.get(Foyer, separation.vers)
    if la is None or la.fondu_dans is not None or la.id == separation.foyer_id:
        raise RegleViolee("foyer_absent", "Choisissez un autre foyer.", "vers")
    presents = set(session.scalars(select(Responsable.personne_id).where(Responsable.foyer_id == la.id)))
    if len(presents | set(separation.adultes)) > ADULTES_MAXIMAUX:
        raise RegleViolee("trop_d_adultes", "Un foyer a deux adultes au plus.", "vers")


def _verifier_les_enfants(session: Session, separation: Separation) -> None:
    for enfant_id in _concernes(separation):
        maisons = set(session.scalars(select(Rattachement.foyer_id).where(Rattachement.enfant_id == enfant_id)))
        champ = f"enfant-{enfant_id}"
        if separation.foyer_id not in maisons:
            raise RegleViolee("enfant_ailleurs", "Cet enfant n’est pas rattaché à ce foyer.", champ)
        tierces = maisons - {separation.foyer_id, separation.vers}
        if separation.enfants[enfant_id] == ALTERNE:
            if tierces:
                raise RegleViolee("trop_de_foyers", "Cet enfant a déjà deux foyers.", champ)
            garde = separation.gardes.get(enfant_id)
            if garde is None:
                raise RegleViolee("garde_absente", "Dites quelles semaines il passe dans l’autre foyer.", champ)
            verifier_garde(garde)


def _concernes(separation: Separation) -> list[int]:
    return sorted(enfant for enfant, sort in separation.enfants.items() if sort in (PART, ALTERNE))


def _destination(session: Session, separation: Separation, partants: list[Personne]) -> Foyer:
    if separation.vers is not None:
        return session.get_one(Foyer, separation.vers)
    foyer = Foyer(
        nom=nom_de_foyer(p.nom for p in partants),
        payeur_id=partants[0].id,
        est_resident=separation.est_resident,
        personnes_a_charge=max(1, len(_concernes(separation))),
        **{nom: getattr(separation, nom).strip() for nom in _ADRESSE},
    )
    session.add(foyer)
    session.flush()
    return foyer


def _deplacer_les_adultes(
    session: Session,
    separation: Separation,
    foyer: Foyer,
    la: Foyer,
    partants: list[Personne],
    restants: list[Personne],
) -> None:
    foyer.payeur_id = _payeur(foyer, restants).id
    session.execute(
        delete(Responsable).where(
            Responsable.foyer_id == foyer.id, Responsable.personne_id.in_([p.id for p in partants])
        )
    )
    presents = set(session.scalars(select(Responsable.personne_id).where(Responsable.foyer_id == la.id)))
    session.add_all(Responsable(foyer_id=la.id, personne_id=p.id) for p in partants if p.id not in presents)
    if separation.vers is None:
        foyer.nom = nom_de_foyer(p.nom for p in restants)
    session.flush()


def _deplacer_un_enfant(
    session: Session, separation: Separation, la: Foyer, enfant_id: int, auteur: Auteur, maintenant: datetime
) -> None:
    if session.get(Rattachement, (la.id, enfant_id)) is None:
        session.add(Rattachement(foyer_id=la.id, enfant_id=enfant_id))
        session.flush()
    if separation.enfants[enfant_id] == ALTERNE:
        changer_garde(session, enfant_id, la.id, separation.gardes[enfant_id], auteur, maintenant)
        return
    changer_garde(session, enfant_id, la.id, None, auteur, maintenant)
    session.execute(
        delete(Rattachement).where(Rattachement.foyer_id == separation.foyer_id, Rattachement.enfant_id == enfant_id)
    )
    _emporter_les_contacts(session, separation.foyer_id, la.id, enfant_id)


def _emporter_les_contacts(session: Session, de: int, vers: int, enfant_id: int) -> None:
    """Who may collect a child goes with it: the foyer it left says nothing of it any more."""
    liens = session.execute(
        select(Contact, ContactEnfant)
        .join(ContactEnfant, ContactEnfant.contact_id == Contact.id)
        .where(Contact.foyer_id == de, ContactEnfant.enfant_id == enfant_id)
        .order_by(Contact.id)
    ).all()
    for contact, lien in liens:
        copie = session.scalar(
            select(Contact).where(
                Contact.foyer_id == vers,
                Contact.prenom == contact.prenom,
                Contact.nom == contact.nom,
                Contact.telephone == contact.telephone,
            )
        )
        if copie is None:
            copie = Contact(
                foyer_id=vers,
                prenom=contact.prenom,
                nom=contact.nom,
                telephone=contact.telephone,
                telephone_2=contact.telephone_2,
            )
            session.add(copie)
            session.flush()
        if session.get(ContactEnfant, (copie.id, enfant_id)) is None:
            session.add(
                ContactEnfant(
                    contact_id=copie.id,
                    enfant_id=enfant_id,
                    lien=lien.lien,
                    peut_recuperer=lien.peut_recuperer,
                    est_urgence=lien.est_urgence,
                )
            )
        session.delete(lien)
    session.flush()


def _inscriptions(session: Session, separation: Separation, enfant_id: int) -> list[Inscription]:
    """Those of this foyer that are not over on the day."""
    return list(
        session.scalars(
            select(Inscription)
            .where(
                Inscription.enfant_id == enfant_id,
                Inscription.foyer_id == separation.foyer_id,
                Inscription.au >= separation.du,
            )
            .order_by(Inscription.id)
        )
    )


def _partager_les_inscriptions(
    session: Session, separation: Separation, la: Foyer, enfant_id: int, lignes: Iterable[Inscription]
) -> None:
    """Goes: the enrolment ends here the day before and goes on there. Alternates: both homes have one. Where the other
    home has its own already, nothing is said twice."""
    connues = {
        (i.activite_id, i.structure_id)
        for i in session.scalars(
            select(Inscription).where(
                Inscription.enfant_id == enfant_id, Inscription.foyer_id == la.id, Inscription.au >= separation.du
            )
        )
    }
    for ligne in lignes:
        du = max(ligne.du, separation.du)
        if (ligne.activite_id, ligne.structure_id) not in connues:
            session.add(
                Inscription(
                    enfant_id=enfant_id,
                    activite_id=ligne.activite_id,
                    structure_id=ligne.structure_id,
                    foyer_id=la.id,
                    du=du,
                    au=ligne.au,
                    demarche_id=ligne.demarche_id,
                )
            )
        if separation.enfants[enfant_id] == PART:
            if ligne.du >= separation.du:
                session.delete(ligne)
            else:
                ligne.au = separation.du - _UN_JOUR
    session.flush()


def _reservations(session: Session, separation: Separation, enfant_id: int, calendrier: Calendrier) -> list[int]:
    """Ids of this foyer's bookings that the other one is to pay: all from the day on, or those of its weeks."""
    lignes = session.execute(
        select(Reservation.id, Reservation.jour)
        .where(
            Reservation.enfant_id == enfant_id,
            Reservation.foyer_id == separation.foyer_id,
            Reservation.jour >= separation.du,
        )
        .order_by(Reservation.id)
    ).all()
    garde = separation.gardes.get(enfant_id) if separation.enfants.get(enfant_id) == ALTERNE else None
    return [id_ for id_, jour in lignes if garde is None or garde.est_chez_nous(jour, calendrier)]


def _deplacer_les_papiers(session: Session, separation: Separation, la: Foyer) -> None:
    """What is the leaving adults' own, what they asked for the children who left with them, those children's papers."""
    partis = [enfant for enfant, sort in separation.enfants.items() if sort == PART]
    adultes = list(separation.adultes)
    comptes = select(Compte.id).where(Compte.personne_id.in_(adultes))
    session.execute(
        update(Piece)
        .where(Piece.foyer_id == separation.foyer_id, or_(Piece.personne_id.in_(adultes), Piece.enfant_id.in_(partis)))
        .values(foyer_id=la.id)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(Demarche)
        .where(
            Demarche.foyer_id == separation.foyer_id,
            Demarche.compte_id.in_(comptes),
            or_(Demarche.genre.in_(_PERSONNELS), Demarche.enfant_id.in_(partis)),
        )
        .values(foyer_id=la.id)
        .execution_options(synchronize_session=False)
    )


def _brouillons(session: Session, separation: Separation) -> list[Brouillon]:
    """Drafts of the foyer that the separation touches: those of who leaves, and of the children who leave."""
    siens = select(Compte.id).where(Compte.personne_id.in_(separation.adultes))
    partis = {str(enfant) for enfant, sort in separation.enfants.items() if sort == PART}
    de_qui_part = set(
        session.scalars(
            select(Brouillon.id).where(Brouillon.foyer_id == separation.foyer_id, Brouillon.compte_id.in_(siens))
        )
    )
    tous = session.scalars(select(Brouillon).where(Brouillon.foyer_id == separation.foyer_id).order_by(Brouillon.id))
    return [ligne for ligne in tous if ligne.id in de_qui_part or partis & ligne.contenu.keys()]


def _vider_les_brouillons(session: Session, separation: Separation) -> None:
    """Ticks not validated of who left, and for who left: checked again at « Valider », they would all be refused."""
    siens = set(session.scalars(select(Compte.id).where(Compte.personne_id.in_(separation.adultes))))
    partis = {str(enfant) for enfant, sort in separation.enfants.items() if sort == PART}
    for ligne in _brouillons(session, separation):
        garde = {} if ligne.compte_id in siens else {e: p for e, p in ligne.contenu.items() if e not in partis}
        if garde != ligne.contenu:
            ligne.contenu, ligne.version = garde, ligne.version + 1


def _enfants(session: Session, foyer_id: int) -> list[Enfant]:
    return list(
        session.scalars(
            select(Enfant)
            .join(Rattachement, Rattachement.enfant_id == Enfant.id)
            .where(Rattachement.foyer_id == foyer_id)
            .order_by(Enfant.naissance, Enfant.id)
        )
    )


def _payeur(foyer: Foyer, restants: list[Personne]) -> Personne:
    return next((p for p in restants if p.id == foyer.payeur_id), restants[0])


def _nom(personne: Personne) -> str:
    return f"{personne.prenom} {personne.nom}"


def _prevenir(
    session: Session, adultes: Iterable[Personne], separation: Separation, maintenant: datetime, reglages: Commune
) -> None:
    """Each adult, at her own address, of her own home: nobody is told where the other one lives."""
    for personne in adultes:
        if personne.courriel:
            deposer_courriel(
                session,
                modele="foyer_separe",
                destinataire=personne.courriel,
                maintenant=maintenant,
                reglages=reglages,
                prenom=personne.prenom,
                du=ecrire_date(separation.du),
                est_nouveau=personne.id in separation.adultes and separation.vers is None,
            )
