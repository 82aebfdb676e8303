"""« Télécharger mes données »: everything kept about a person, as one document (RGPD art. 15 and 20).

Hers: her file and her login, her foyers, the children that she sees on her screens. Never another adult's private data,
nor anything of the other foyer than the days it booked, and not even those when the service has hidden it.
A fixed number of queries, whatever the size of the family. What goes in is decided in services/inventaire.
"""

import json
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import PurePath
from typing import IO, Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from portail_famille.domain.demarches import Cote, GenreEtape
from portail_famille.gateways.chiffre import Chiffre
from portail_famille.models.activites import Inscription
from portail_famille.models.base import Base
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
from portail_famille.models.courriels import Courriel
from portail_famille.models.demarches import Demarche, DemarcheEtape, DemarchePiece, DemarcheSaisie
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
    Sante,
)
from portail_famille.models.journal import ActeJournal
from portail_famille.models.quotients import QuotientFamilial
from portail_famille.models.reservations import Brouillon, Reservation
from portail_famille.models.suivi import EvenementSecurite
from portail_famille.services.comptes import Acteur
from portail_famille.services.exports_factures import comptes_de
from portail_famille.services.inventaire import EXPORTEES
from portail_famille.services.recus import lire_tous
from portail_famille.services.regles import Regles
from portail_famille.services.sante import dechiffrer_sante, medecins_caches
from portail_famille.services.visibilites import contenu_lu, demarches_de, est_lue, fin_de_lecture, telle_qu_alors

FORMAT = "portail-famille/1"
"""Changes when a key changes its meaning: whoever reads the file by program can tell."""
AUTRE_PARENT = "autre parent"
_ARGENT = ("avoir_", "credit_", "facture_", "paiement_", "prelevement_", "reglement_")
"""How the acts on a foyer's account are coded."""
_ADRESSE_PARTAGEE = (
    "Quelqu’un d’autre a la même adresse mail dans le portail\u00a0: les mails ne sont pas joints, ils sont dans votre "
    "boîte aux lettres."
)


@dataclass(frozen=True, slots=True)
class Donnees:
    """The whole document, and the pieces whose bytes go beside it: piece and name in the archive."""

    document: dict[str, Any]
    pieces: tuple[tuple[Piece, str], ...]


def rassembler(
    session: Session, acteur: Acteur, maintenant: datetime, jour: date, regles: Regles, chiffre: Chiffre
) -> Donnees:
    """Everything kept about this person. Reads only."""
    foyers = [foyer.id for foyer in acteur.foyers]
    enfants = _enfants(session, acteur.personne_id, foyers, jour)
    siens = _Siens(session, acteur, foyers, [enfant.id for enfant in enfants], regles, jour)
    pieces = siens.pieces()
    noms = _noms_uniques(piece for piece in pieces if piece.retiree_utc is None)
    document = {
        "format": FORMAT,
        "etabli_utc": maintenant,
        "personne": siens.personne(),
        "compte": siens.compte(),
        "foyers": siens.foyers(),
        "enfants": siens.enfants(enfants, chiffre),
        "recus": [_ligne(recu) for recu in lire_tous(session, acteur, jour)],
        "brouillons": siens.lignes(Brouillon, Brouillon.compte_id == acteur.compte_id, Brouillon.id),
        "demarches": siens.demarches(pieces),
        "saisies": siens.lignes(DemarcheSaisie, DemarcheSaisie.compte_id == acteur.compte_id, DemarcheSaisie.id),
        **comptes_de(session, acteur, foyers, [enfant.id for enfant in enfants]),
        "documents": [_ligne(p) | {"fichier": noms.get(p.id)} for p in pieces],
        "courriels": siens.courriels(acteur.courriel),
        "journal": siens.journal(),
    }
    return Donnees(document, tuple((piece, noms[piece.id]) for piece in pieces if piece.id in noms))


def en_json(document: Mapping[str, Any]) -> str:
    """Dates in ISO 8601, instants with their offset, amounts in centimes as they are kept."""
    return json.dumps(document, ensure_ascii=False, indent=2, default=_iso) + "\n"


def archiver(fichiers: Iterable[tuple[str, bytes]], maintenant: datetime, cible: IO[bytes]) -> None:
    """Writes a ZIP of these files, one at a time: a family may keep more documents than memory holds."""
    # A ZIP knows no offset.
    quand = maintenant.timetuple()[:6]
    with zipfile.ZipFile(cible, "w") as archive:
        for nom, octets in fichiers:
            fiche = zipfile.ZipInfo(nom, quand)
            fiche.compress_type = zipfile.ZIP_DEFLATED
            fiche.external_attr = 0o600 << 16
            archive.writestr(fiche, octets)


class _Siens:
    """Reads one person's rows, each kind in one query."""

    def __init__(
        self, session: Session, acteur: Acteur, foyers: list[int], enfants: list[int], regles: Regles, jour: date
    ) -> None:
        self._session = session
        self._acteur = acteur
        self._foyers = foyers
        self._enfants = enfants
        self._regles = regles
        self._jour = jour

    def lignes(
        self, modele: type[Base], ou: ColumnElement[bool], ordre: Any, **calculs: Callable[[Any], Any]
    ) -> list[dict[str, Any]]:
        """Rows of a table as the inventory gives them, each with these values worked out from it."""
        trouvees = self._session.scalars(select(modele).where(ou).order_by(ordre))
        return [_ligne(ligne) | {nom: calcul(ligne) for nom, calcul in calculs.items()} for ligne in trouvees]

    def personne(self) -> dict[str, Any]:
        return self.lignes(Personne, Personne.id == self._acteur.personne_id, Personne.id)[0]

    def compte(self) -> dict[str, Any]:
        id_ = self._acteur.compte_id
        return {
            **self.lignes(Compte, Compte.id == id_, Compte.id)[0],
            "sessions": self.lignes(SessionCompte, SessionCompte.compte_id == id_, SessionCompte.id),
            "evenements": self.lignes(EvenementSecurite, EvenementSecurite.compte_id == id_, EvenementSecurite.id),
            "liens": self.lignes(JetonCompte, JetonCompte.compte_id == id_, JetonCompte.id),
            "conditions_acceptees": self.lignes(
                AcceptationConditions, AcceptationConditions.compte_id == id_, AcceptationConditions.id
            ),
            "cles_acces": self.lignes(CleAcces, CleAcces.compte_id == id_, CleAcces.id),
            "second_facteur": self.lignes(SecondFacteur, SecondFacteur.compte_id == id_, SecondFacteur.compte_id),
            "codes_secours": self.lignes(CodeSecours, CodeSecours.compte_id == id_, CodeSecours.id),
            "roles": self.lignes(
                RoleAgent, RoleAgent.compte_id == id_, RoleAgent.id, structure=lambda r: self._structure(r.structure_id)
            ),
        }

    def foyers(self) -> list[dict[str, Any]]:
        adultes: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for foyer_id, prenom, nom in self._session.execute(
            select(Responsable.foyer_id, Personne.prenom, Personne.nom)
            .join(Personne, Personne.id == Responsable.personne_id)
            .where(Responsable.foyer_id.in_(self._foyers), Personne.id != self._acteur.personne_id)
            .order_by(Personne.id)
        ):
            adultes[foyer_id].append({"prenom": prenom, "nom": nom})
        quotients = self._par(QuotientFamilial, QuotientFamilial.foyer_id, self._foyers)
        contacts = self._contacts()
        return self.lignes(
            Foyer,
            Foyer.id.in_(self._foyers),
            Foyer.id,
            est_payeur=lambda f: f.payeur_id == self._acteur.personne_id,
            autres_adultes=lambda f: adultes[f.id],
            quotients=lambda f: [_ligne(q) for q in quotients[f.id]],
            contacts=lambda f: contacts[f.id],
        )

    def _contacts(self) -> dict[int, list[dict[str, Any]]]:
        """Of her foyers, less those of children that she does not see."""
        d_un_enfant = ContactEnfant.contact_id == Contact.id
        d_un_des_siens = and_(d_un_enfant, ContactEnfant.enfant_id.in_(self._enfants))
        par_foyer: dict[int, dict[int, dict[str, Any]]] = defaultdict(dict)
        for contact, lien in self._session.execute(
            select(Contact, ContactEnfant)
            .outerjoin(ContactEnfant, d_un_des_siens)
            .where(
                Contact.foyer_id.in_(self._foyers),
                or_(ContactEnfant.contact_id.is_not(None), ~select(1).where(d_un_enfant).correlate(Contact).exists()),
            )
            .order_by(Contact.id, ContactEnfant.enfant_id)
        ):
            lu = par_foyer[contact.foyer_id].setdefault(contact.id, _ligne(contact) | {"pour": []})
            if lien is not None:
                lu["pour"].append(_ligne(lien))
        return defaultdict(list, {foyer: list(lus.values()) for foyer, lus in par_foyer.items()})

    def enfants(self, enfants: list[Enfant], chiffre: Chiffre) -> list[dict[str, Any]]:
        par = {
            modele: self._par(modele, modele.enfant_id, self._enfants, ou)
            for modele, ou in (
                (AutoriteParentale, AutoriteParentale.personne_id == self._acteur.personne_id),
                (Rattachement, Rattachement.foyer_id.in_(self._foyers)),
                (Sante, None),
                (Autorisation, None),
                (Inscription, Inscription.foyer_id.in_(self._foyers)),
            )
        }
        reservations = self._reservations()
        caches = medecins_caches(self._session, self._enfants, self._foyers)
        return [
            {
                **_ligne(enfant),
                "structure": self._structure(enfant.structure_id),
                "autorite_parentale": [_ligne(a) for a in par[AutoriteParentale][enfant.id]],
                "foyers": [_ligne(r) for r in par[Rattachement][enfant.id]],
                "sante": [
                    _ligne(s)
                    | asdict(dechiffrer_sante(chiffre, s.enfant_id, s.contenu_chiffre))
                    | ({"medecin": "", "medecin_telephone": ""} if enfant.id in caches else {})
                    for s in par[Sante][enfant.id]
                ],
                "autorisations": [
                    _ligne(a) | {"donnee_par": self._qui(a.personne_id)} for a in par[Autorisation][enfant.id]
                ],
                "inscriptions": [
                    _ligne(i)
                    | {
                        "activite": self._nom(self._regles.activites, self._regles.catalogue.activites, i.activite_id),
                        "structure": self._structure(i.structure_id),
                    }
                    for i in par[Inscription][enfant.id]
                ],
                "reservations": reservations[enfant.id],
            }
            for enfant in enfants
        ]

    def _reservations(self) -> dict[int, list[dict[str, Any]]]:
        """Hers in full; the other foyer's as her agenda shows them, unless it is hidden from her."""
        est_a_elle = Reservation.foyer_id.in_(self._foyers)
        est_montree = (
            select(1)
            .where(
                Rattachement.enfant_id == Reservation.enfant_id,
                Rattachement.foyer_id == Reservation.foyer_id,
                Rattachement.est_masque.is_(False),
            )
            .exists()
        )
        par_enfant: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for r in self._session.scalars(
            select(Reservation)
            .where(Reservation.enfant_id.in_(self._enfants), or_(est_a_elle, est_montree))
            .order_by(Reservation.jour, Reservation.unite_id)
        ):
            sienne = r.foyer_id in self._foyers
            lieu = {"foyer_id": r.foyer_id, "structure": self._structure(r.structure_id)}
            ligne = _ligne(r) if sienne else {"jour": r.jour, "etat": r.etat, "par": AUTRE_PARENT}
            unite = self._nom(self._regles.unites, self._regles.catalogue.unites, r.unite_id)
            par_enfant[r.enfant_id].append(ligne | {"unite": unite} | (lieu if sienne else {}))
        return par_enfant

    def pieces(self) -> list[Piece]:
        visible = self._visible(Piece)
        # About nobody yet: what somebody else of the foyer joined to a request of hers (services/documents).
        sienne = or_(
            Piece.enfant_id.is_not(None),
            Piece.personne_id.is_not(None),
            Piece.est_du_foyer,
            Piece.deposee_par == self._acteur.compte_id,
        )
        requete = select(Piece).where(Piece.foyer_id.in_(self._foyers), visible, sienne).order_by(Piece.id)
        return list(self._session.scalars(requete))

    def demarches(self, pieces: list[Piece]) -> list[dict[str, Any]]:
        """Those of her screens in each of her foyers, and what she asked elsewhere, as she reads them there."""
        compte_id = self._acteur.compte_id
        siennes = or_(Demarche.compte_id == compte_id, demarches_de(self._acteur, self._jour, self._foyers))
        noms = {piece.id: piece.nom for piece in pieces}
        jointes: dict[int, list[str]] = defaultdict(list)
        for demarche_id, piece_id in self._session.execute(
            select(DemarchePiece.demarche_id, DemarchePiece.piece_id).where(DemarchePiece.piece_id.in_(noms))
        ):
            jointes[demarche_id].append(noms[piece_id])
        fins: dict[int, date] = {}
        etapes: dict[int, list[DemarcheEtape]] = defaultdict(list)
        for etape, fin in self._session.execute(
            select(DemarcheEtape, fin_de_lecture(self._acteur.personne_id, self._jour))
            .join(Demarche, Demarche.id == DemarcheEtape.demarche_id)
            .where(siennes, DemarcheEtape.genre != GenreEtape.NOTE.value)
            .order_by(DemarcheEtape.id)
        ):
            if est_lue(etape, fin):
                etapes[etape.demarche_id].append(etape)
            if fin is not None:
                fins[etape.demarche_id] = fin

        def dire(d: Demarche) -> dict[str, Any]:
            lue = telle_qu_alors(d, etapes[d.id]) if d.id in fins else d
            return _ligne(lue) | {
                "contenu": contenu_lu(lue, compte_id),
                "deposee_par": "vous" if d.compte_id == compte_id else "autre adulte du foyer",
                "documents": jointes[d.id],
                "etapes": [
                    _ligne(e) | {"par_vous": e.cote == Cote.FAMILLE and e.compte_id == compte_id} for e in etapes[d.id]
                ],
            }

        return [dire(d) for d in self._session.scalars(select(Demarche).where(siennes).order_by(Demarche.id))]

    def courriels(self, adresse: str | None) -> list[dict[str, Any]]:
        """Mails name no compte: those of a mailbox that two people of the portal share are left out, which is said."""
        if not adresse:
            return []
        autre = select(Personne.id).where(
            Personne.id != self._acteur.personne_id, func.lower(Personne.courriel) == adresse.lower()
        )
        lignes = self._session.execute(
            select(Courriel, autre.exists())
            .where(func.lower(Courriel.destinataire) == adresse.lower())
            .order_by(Courriel.id)
        ).all()
        if any(est_partagee for _, est_partagee in lignes):
            return [{"objet": _ADRESSE_PARTAGEE}]
        return [_ligne(courriel) for courriel, _ in lignes]

    def journal(self) -> list[dict[str, Any]]:
        """What she did, and what was done on her file; not what she did as an agent on others'."""
        compte_id = self._acteur.compte_id
        return self.lignes(
            ActeJournal,
            or_(
                and_(ActeJournal.compte_id == compte_id, ActeJournal.cote == "famille"),
                and_(
                    or_(
                        ActeJournal.foyer_id.in_(self._foyers),
                        ActeJournal.personne_id == self._acteur.personne_id,
                    ),
                    self._visible(ActeJournal),
                ),
            ),
            ActeJournal.id,
            details=_details_lus,
            par_vous=lambda a: a.compte_id == compte_id,
        )

    def _visible(self, modele: Any) -> ColumnElement[bool]:
        """About nobody in particular, about her, or about a child that she sees."""
        return and_(
            or_(modele.personne_id.is_(None), modele.personne_id == self._acteur.personne_id),
            or_(modele.enfant_id.is_(None), modele.enfant_id.in_(self._enfants)),
        )

    def _par(
        self, modele: Any, colonne: Any, valeurs: list[int], ou: ColumnElement[bool] | None = None
    ) -> dict[int, list[Any]]:
        requete = select(modele).where(colonne.in_(valeurs)).order_by(*modele.__table__.primary_key)
        groupes: dict[int, list[Any]] = defaultdict(list)
        for ligne in self._session.scalars(requete if ou is None else requete.where(ou)):
            groupes[getattr(ligne, colonne.key)].append(ligne)
        return groupes

    def _qui(self, personne_id: int) -> str:
        return "vous" if personne_id == self._acteur.personne_id else AUTRE_PARENT

    def _structure(self, structure_id: int | None) -> str | None:
        return self._nom(self._regles.structures, self._regles.catalogue.structures, structure_id)

    @staticmethod
    def _nom(codes: Mapping[int, str], fiches: Mapping[str, Any], id_: int | None) -> str | None:
        """None for what the town has withdrawn since: its name went with it."""
        code = None if id_ is None else codes.get(id_)
        return None if code is None else str(fiches[code].nom)


def _enfants(session: Session, personne_id: int, foyers: list[int], jour: date) -> list[Enfant]:
    """Of her foyers, with parental authority that day: those of her screens."""
    siens = select(Rattachement.enfant_id).where(Rattachement.foyer_id.in_(foyers))
    autorite = select(AutoriteParentale.enfant_id).where(
        AutoriteParentale.personne_id == personne_id,
        AutoriteParentale.du <= jour,
        or_(AutoriteParentale.au.is_(None), AutoriteParentale.au >= jour),
    )
    requete = select(Enfant).where(Enfant.id.in_(siens), Enfant.id.in_(autorite))
    return list(session.scalars(requete.order_by(Enfant.naissance, Enfant.id)))


def _ligne(ligne: Base) -> dict[str, Any]:
    return EXPORTEES[ligne.__tablename__].lire(ligne)


def _details_lus(acte: ActeJournal) -> dict[str, Any]:
    """The reason of an avoir comes with it, to who may read it; that of a reversal is a note between agents."""
    if not acte.action.startswith(_ARGENT):
        return acte.details
    return {cle: valeur for cle, valeur in acte.details.items() if cle != "motif"}


def _noms_uniques(pieces: Iterable[Piece]) -> dict[int, str]:
    """« avis.pdf », « avis (2).pdf »: alike on every disk, whatever it thinks of capitals."""
    pris: set[str] = set()
    noms = {}
    for piece in pieces:
        chemin = PurePath(piece.nom)
        nom, rang = piece.nom, 1
        while nom.casefold() in pris:
            rang += 1
            nom = f"{chemin.stem} ({rang}){chemin.suffix}"
        pris.add(nom.casefold())
        noms[piece.id] = f"documents/{nom}"
    return noms


def _iso(valeur: Any) -> str:
    if isinstance(valeur, date):
        return valeur.isoformat()
    raise TypeError(type(valeur).__name__)
