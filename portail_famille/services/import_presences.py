"""Import of an attendance sheet, in the caller's transaction: all of it or nothing; the same one again changes nothing.

What it changes of days already billed is regularised by the next run of the régie: nothing issued moves.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from portail_famille.domain.cellules import en_ordre
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.fichier_presences import (
    COLONNES,
    OBLIGATOIRES,
    Pointage,
    PresenceDuFichier,
    ReperesPresences,
    lire_presences,
    pointer,
)
from portail_famille.domain.gardes import Garde
from portail_famille.domain.noms import cle_de_nom
from portail_famille.domain.tableur import Faute, FichierRefuse, Tableau, decoder, lire_tableau
from portail_famille.models.activites import Inscription
from portail_famille.models.factures import Facture, FactureLigne
from portail_famille.models.foyers import Enfant
from portail_famille.models.reservations import Reservation
from portail_famille.services.gardes import lire_garde
from portail_famille.services.journal import SYSTEME, consigner
from portail_famille.services.regles import Regles, figer_evenements

Creneau = tuple[int, int, date]
_PAR_LOT = 500
"""Values in one IN."""


@dataclass(slots=True)
class RapportPresences:
    """What was done, or would be, in days."""

    presentes: int = 0
    absentes: int = 0
    non_reservees: int = 0
    retirees: int = 0
    """Came without a booking, said a former sheet, and did not after all."""
    inchangees: int = 0
    justifiees: int = 0
    """Said present where an agent accepted the absence: left alone."""
    fermees: int = 0
    """Present although the unit was closed."""
    facturees: int = 0
    """Changed after they were billed."""


def lire_tableau_de_presences(octets: bytes) -> Tableau:
    """The rows of the file. Raises FichierRefuse when it is no such file."""
    return lire_tableau(decoder(octets), COLONNES, OBLIGATOIRES)


def lire_fichier(tableau: Tableau, regles: Regles, aujourdhui: date) -> list[PresenceDuFichier]:
    """Raises FichierRefuse with every fault, in the order of the file."""
    presences, fautes = lire_presences(tableau, ReperesPresences(aujourdhui, tuple(regles.unite_ids)))
    if fautes:
        raise FichierRefuse(en_ordre(fautes, tableau))
    return presences


def importer_presences(
    session: Session, presences: Sequence[PresenceDuFichier], regles: Regles, maintenant: datetime
) -> RapportPresences:
    """Writes what the sheet changes. Raises FichierRefuse with every fault: a child not found, two lines that disagree,
    a child who came to what it is not enrolled in."""
    figer_evenements(session)
    enfants, fautes = _trouver_enfants(session, presences)
    creneaux, doubles = _par_creneau(presences, enfants, regles)
    feuille = _Feuille(session, regles, maintenant, creneaux, [*fautes, *doubles])
    feuille.charger()
    for creneau, presence in creneaux.items():
        feuille.pointer(creneau, presence)
    if feuille.fautes:
        raise FichierRefuse(sorted(feuille.fautes, key=lambda f: (f.ligne, COLONNES.index(f.colonne))))
    feuille.ecrire()
    return feuille.rapport


@dataclass(slots=True)
class _Feuille:
    """The sheet against the portal."""

    session: Session
    regles: Regles
    maintenant: datetime
    creneaux: Mapping[Creneau, PresenceDuFichier]
    fautes: list[Faute]
    rapport: RapportPresences = field(default_factory=RapportPresences)
    connues: dict[Creneau, Reservation] = field(default_factory=dict)
    inscriptions: dict[int, list[Inscription]] = field(default_factory=lambda: defaultdict(list))
    gardes: dict[tuple[int, int], Garde | None] = field(default_factory=dict)
    changees: dict[Creneau, dict[str, Any]] = field(default_factory=dict)
    """New values, by slot that has a row."""
    nouvelles: list[dict[str, Any]] = field(default_factory=list)
    touches: Counter[int] = field(default_factory=Counter)
    """Days that cost otherwise than the foyer expected."""

    def charger(self) -> None:
        """Parents, agents and another sheet pass before or after, child by child, always in this order."""
        jours = [jour for _, _, jour in self.creneaux]
        for lot in _lots(enfant for enfant, _, _ in self.creneaux):
            self.session.execute(select(Enfant.id).where(Enfant.id.in_(lot)).order_by(Enfant.id).with_for_update())
            for inscription in self.session.scalars(select(Inscription).where(Inscription.enfant_id.in_(lot))):
                self.inscriptions[inscription.enfant_id].append(inscription)
            des_jours = Reservation.jour.between(min(jours), max(jours))
            requete = select(Reservation).where(Reservation.enfant_id.in_(lot), des_jours)
            for r in self.session.scalars(requete.execution_options(populate_existing=True)):
                self.connues[r.enfant_id, r.unite_id, r.jour] = r

    def pointer(self, creneau: Creneau, presence: PresenceDuFichier) -> None:
        connue = self.connues.get(creneau)
        pointage = pointer(
            connue.etat if connue else None,
            est_non_reservee=bool(connue and connue.est_non_reservee),
            est_presente=presence.est_presente,
        )
        if pointage is None:
            est_justifiee = connue is not None and connue.etat == "absente_justifiee" and presence.est_presente
            self.rapport.justifiees += est_justifiee
            self.rapport.inchangees += not est_justifiee
            return
        lieu = (connue.foyer_id, connue.structure_id) if connue else (0, 0)
        if pointage.est_non_reservee:
            try:
                inscription = self._inscription(creneau[0], presence)
            except RegleViolee as refus:
                self.fautes.append(Faute(presence.ligne, "unite", presence.unite, refus.message))
                return
            lieu = (inscription.foyer_id, inscription.structure_id)
        valeurs = {
            "etat": pointage.etat,
            "est_non_reservee": pointage.est_non_reservee,
            # Taken up again after it was cancelled: the request of then says nothing of who came today.
            "est_hors_delai": bool(connue and connue.est_hors_delai and not pointage.est_non_reservee),
            "foyer_id": lieu[0],
            "structure_id": lieu[1],
            "modifiee_utc": self.maintenant,
        }
        if connue is None:
            self.nouvelles.append({"enfant_id": creneau[0], "unite_id": creneau[1], "jour": creneau[2], **valeurs})
        else:
            self.changees[creneau] = {"id": connue.id, **valeurs}
        self._compter(pointage, presence, lieu)

    def ecrire(self) -> None:
        self.rapport.facturees = _facturees(self.session, self.changees)
        if self.changees:
            self.session.execute(update(Reservation), list(self.changees.values()))
        if self.nouvelles:
            self.session.execute(insert(Reservation), self.nouvelles)
        # That a child came as booked is not worth a line.
        for foyer_id, nombre in sorted(self.touches.items()):
            details = {"nombre": nombre}
            consigner(self.session, SYSTEME, "presences_importees", self.maintenant, foyer_id=foyer_id, details=details)
        self.session.flush()

    def _compter(self, pointage: Pointage, presence: PresenceDuFichier, lieu: tuple[int, int]) -> None:
        self.rapport.non_reservees += pointage.est_non_reservee
        self.rapport.presentes += pointage == Pointage("presente")
        self.rapport.absentes += pointage.etat == "absente_injustifiee"
        self.rapport.retirees += pointage.etat == "annulee"
        if pointage != Pointage("presente"):
            self.touches[lieu[0]] += 1
        structure = self.regles.structures.get(lieu[1])
        if presence.est_presente and structure is not None:
            self.rapport.fermees += not self.regles.ouverture(presence.unite, structure, presence.jour).ouvert

    def _inscription(self, enfant_id: int, presence: PresenceDuFichier) -> Inscription:
        """Which enrolment an unbooked day falls under: of two homes, that of the day. Raises RegleViolee."""
        activite_id = self.regles.activite_ids[self.regles.catalogue.unites[presence.unite].activite]
        siennes = [
            i for i in self.inscriptions[enfant_id] if i.activite_id == activite_id and i.du <= presence.jour <= i.au
        ]
        if len({i.foyer_id for i in siennes}) > 1:
            siennes = [i for i in siennes if self._est_chez(enfant_id, i.foyer_id, presence.jour)]
        if len({i.foyer_id for i in siennes}) > 1:
            raise RegleViolee("garde", "ses deux foyers l’ont inscrit\u202f; notez chez qui il est ce jour-là")
        if not siennes:
            raise RegleViolee(
                "inscription", "il n’est pas inscrit à cette activité ce jour-là\u202f; inscrivez-le d’abord"
            )
        return siennes[0]

    def _est_chez(self, enfant_id: int, foyer_id: int, jour: date) -> bool:
        cle = (enfant_id, foyer_id)
        if cle not in self.gardes:
            try:
                self.gardes[cle] = lire_garde(self.session, enfant_id, foyer_id)
            except RegleViolee:
                # Enrolled by a home where it lives no more: the other one has every day.
                return False
        garde = self.gardes[cle]
        return garde is None or garde.est_chez_nous(jour, self.regles.calendrier)


def _trouver_enfants(
    session: Session, presences: Iterable[PresenceDuFichier]
) -> tuple[dict[tuple[Any, ...], int], list[Faute]]:
    """By what the file says of each: never guessed. Doubles that were merged lead to the one that stayed."""
    requete = select(Enfant.id, Enfant.reference, Enfant.prenom, Enfant.nom, Enfant.naissance, Enfant.fondu_dans)
    lignes = session.execute(requete).all()
    finals = {ligne.id: ligne.fondu_dans for ligne in lignes if ligne.fondu_dans is not None}
    par_cle: dict[tuple[Any, ...], set[int]] = defaultdict(set)
    for ligne in lignes:
        id_ = ligne.id
        while id_ in finals:
            id_ = finals[id_]
        if ligne.reference:
            par_cle[(ligne.reference,)].add(id_)
        par_cle[cle_de_nom(ligne.prenom), cle_de_nom(ligne.nom), ligne.naissance].add(id_)
    trouves: dict[tuple[Any, ...], int] = {}
    fautes = []
    for presence in presences:
        cle = _cle(presence)
        siens = par_cle.get(cle, set())
        if len(siens) == 1:
            trouves[cle] = min(siens)
            continue
        colonne, valeur = ("enfant", presence.enfant) if presence.enfant else ("enfant_nom", presence.nom)
        raison = "aucun enfant du portail ne correspond"
        if siens:
            raison = "deux enfants se nomment ainsi\u202f; écrivez la référence"
        fautes.append(Faute(presence.ligne, colonne, valeur, raison))
    return trouves, fautes


def _cle(presence: PresenceDuFichier) -> tuple[Any, ...]:
    if presence.enfant:
        return (presence.enfant,)
    return cle_de_nom(presence.prenom), cle_de_nom(presence.nom), presence.naissance


def _par_creneau(
    presences: Iterable[PresenceDuFichier], enfants: Mapping[tuple[Any, ...], int], regles: Regles
) -> tuple[dict[Creneau, PresenceDuFichier], list[Faute]]:
    creneaux: dict[Creneau, PresenceDuFichier] = {}
    fautes = []
    for presence in presences:
        enfant_id = enfants.get(_cle(presence))
        if enfant_id is None:
            continue
        autre = creneaux.setdefault((enfant_id, regles.unite_ids[presence.unite], presence.jour), presence)
        if autre.est_presente != presence.est_presente:
            dit = "présent" if presence.est_presente else "absent"
            fautes.append(Faute(presence.ligne, "etat", dit, f"la ligne {autre.ligne} dit le contraire"))
    return creneaux, fautes


def _facturees(session: Session, creneaux: Mapping[Creneau, object]) -> int:
    """How many of these are on an issued invoice."""
    jours = [jour for _, _, jour in creneaux]
    facturees = set()
    for lot in _lots(enfant for enfant, _, _ in creneaux):
        requete = (
            select(FactureLigne.enfant_id, FactureLigne.unite_id, FactureLigne.jour)
            .join(Facture, Facture.id == FactureLigne.facture_id)
            .where(
                Facture.emise_utc.is_not(None),
                FactureLigne.enfant_id.in_(lot),
                FactureLigne.jour.between(min(jours), max(jours)),
            )
        )
        facturees |= {tuple(ligne) for ligne in session.execute(requete)}
    return len(facturees & creneaux.keys())


def _lots(ids: Iterable[int]) -> Iterable[list[int]]:
    ordre = sorted(set(ids))
    return (ordre[debut : debut + _PAR_LOT] for debut in range(0, len(ordre), _PAR_LOT))
