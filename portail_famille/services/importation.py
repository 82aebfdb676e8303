"""Import of a town's file of activities: all or nothing, and the same file again changes nothing."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portail_famille.domain.catalogue import Catalogue, canonique, lire_catalogue
from portail_famille.domain.erreurs import DocumentInvalide, ErreurDocument
from portail_famille.domain.horloge import PARIS
from portail_famille.domain.libelles import ecrire_date
from portail_famille.domain.verifications import avertissements_du_calendrier
from portail_famille.models.activites import Activite, Inscription, Jauge, Structure, Unite, VersionCatalogue
from portail_famille.models.reservations import Reservation
from portail_famille.services.calendrier import JOURS_ECOLE, lire_calendrier, nouvelle_version

_NOMS = {"structure": "structures", "activité": "activites", "unité": "unites", "jauge": "jauges"}
_Codee = TypeVar("_Codee", Structure, Activite, Jauge)


@dataclass(frozen=True, slots=True)
class RapportImport:
    """`version`: the document now in force. `changements`, `avertissements`: French sentences for the town's agent."""

    inchange: bool
    version: int
    changements: tuple[str, ...] = ()
    avertissements: tuple[str, ...] = ()


def importer_catalogue(session: Session, document: Mapping[str, Any], maintenant: datetime) -> RapportImport:
    """Put a document in force, in the caller's transaction.

    Two imports at once follow each other: the counter's row is locked before anything is compared. Raises
    DocumentInvalide when the document cannot be read, or would leave bookings to come without a rule to follow.
    """
    catalogue = lire_catalogue(document)
    contenu = canonique(document)
    empreinte = empreinte_de(contenu)
    nouvelle_version(session, "catalogue", increment=0)
    en_vigueur = session.scalar(select(VersionCatalogue).order_by(VersionCatalogue.version.desc()).limit(1))
    aujourd_hui = maintenant.astimezone(PARIS).date()
    calendrier = lire_calendrier(session, "", JOURS_ECOLE)
    avertissements = catalogue.avertissements + avertissements_du_calendrier(catalogue, calendrier, aujourd_hui)
    if en_vigueur is not None and en_vigueur.empreinte == empreinte:
        return RapportImport(True, en_vigueur.version, (), avertissements)

    erreurs = _reservations_sans_regle(session, catalogue, aujourd_hui)
    if erreurs:
        raise DocumentInvalide(tuple(erreurs))
    avertissements += _inscriptions_sans_activite(session, catalogue, aujourd_hui)
    changements = _inscrire_codes(session, catalogue)
    if en_vigueur is not None:
        changements += _regles_modifiees(lire_catalogue(en_vigueur.document), catalogue)
    version = nouvelle_version(session, "catalogue")
    session.add(VersionCatalogue(version=version, document=contenu, empreinte=empreinte, importe_utc=maintenant))
    session.flush()
    return RapportImport(False, version, changements, avertissements)


def empreinte_de(contenu: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical document: comments, spacing and the order of keys do not count."""
    texte = json.dumps(contenu, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(texte.encode()).hexdigest()


def _reservations_sans_regle(session: Session, catalogue: Catalogue, aujourd_hui: date) -> list[ErreurDocument]:
    """Bookings from today on hold a place under a unit, an activity and a structure: none may vanish under them.

    A unit cannot pass to another activity either: the enrolment that allowed the booking is one in the old activity.
    """
    lignes = session.execute(
        select(Unite.code, Activite.code, Structure.code, func.count(), func.max(Reservation.jour))
        .join(Unite, Reservation.unite_id == Unite.id)
        .join(Activite, Unite.activite_id == Activite.id)
        .join(Structure, Reservation.structure_id == Structure.id)
        .where(Reservation.jour >= aujourd_hui, Reservation.etat != "annulee")
        .group_by(Unite.code, Activite.code, Structure.code)
        .order_by(Unite.code, Structure.code)
    )
    erreurs = []
    for unite, activite, structure, nombre, dernier in lignes:
        reste = f"{_compter(nombre, 'réservation')} à venir, la dernière le {ecrire_date(dernier)}"
        nouvelle = catalogue.unites.get(unite)
        if nouvelle is None:
            raison = f"l’unité n’est plus dans le fichier mais il reste {reste} ; laissez-la, ou annulez d’abord"
            erreurs.append(ErreurDocument(f"activite {activite} / unite {unite}", "code", raison))
        elif nouvelle.activite != activite:
            raison = (
                f"l’unité passe de l’activité « {activite} » à « {nouvelle.activite} » mais il reste {reste}, "
                f"inscrites à « {activite} » ; donnez un autre code à la nouvelle unité"
            )
            erreurs.append(ErreurDocument(f"activite {nouvelle.activite} / unite {unite}", "code", raison))
        elif structure not in catalogue.activites[activite].structures:
            raison = f"la structure « {structure} » n’accueille plus l’activité mais il reste {reste} ({unite})"
            erreurs.append(ErreurDocument(f"activite {activite}", "structures", raison))
    return erreurs


def _inscriptions_sans_activite(session: Session, catalogue: Catalogue, aujourd_hui: date) -> tuple[str, ...]:
    """Enrolments still running in an activity the file drops: allowed (nothing is booked), but worth a word."""
    lignes = session.execute(
        select(Activite.code, func.count())
        .join(Inscription, Inscription.activite_id == Activite.id)
        .where(Inscription.au >= aujourd_hui)
        .group_by(Activite.code)
        .order_by(Activite.code)
    )
    return tuple(
        f"L’activité « {code} » n’est plus dans le fichier : {_compter(nombre, 'inscription')} en cours, "
        "que les familles ne verront plus."
        for code, nombre in lignes
        if code not in catalogue.activites
    )


def _regles_modifiees(ancien: Catalogue, nouveau: Catalogue) -> tuple[str, ...]:
    """What changed under codes that stay, tarifs that come and go, and the town's own days."""
    changements = []
    for nom, champ in _NOMS.items():
        avant, apres = getattr(ancien, champ), getattr(nouveau, champ)
        if champ == "structures":
            # A structure carries the closures that shut it: told below, once, as closures.
            avant, apres = ({c: replace(s, fermetures=()) for c, s in lieux.items()} for lieux in (avant, apres))
        changements += [f"{nom} modifiée : {code}" for code in apres if code in avant and avant[code] != apres[code]]
    avant, apres = ancien.tarifs, nouveau.tarifs
    changements += [f"tarif ajouté : {code}" for code in apres if code not in avant]
    changements += [f"tarif modifié : {code}" for code in apres if code in avant and avant[code] != apres[code]]
    changements += [f"tarif retiré : {code}" for code in avant if code not in apres]
    if ancien.fermetures != nouveau.fermetures:
        changements.append("jours de fermeture modifiés")
    if ancien.ouvertures_exceptionnelles != nouveau.ouvertures_exceptionnelles:
        changements.append("ouvertures exceptionnelles modifiées")
    return tuple(changements)


def _inscrire_codes(session: Session, catalogue: Catalogue) -> tuple[str, ...]:
    """Rows for new codes, `est_retire` for those that left, its end for those that come back."""
    changements = [
        *_inscrire(session, Structure, "structure", catalogue.structures),
        *_inscrire(session, Activite, "activité", catalogue.activites),
        *_inscrire(session, Jauge, "jauge", catalogue.jauges),
    ]
    session.flush()
    activite_ids = {activite.code: activite.id for activite in session.scalars(select(Activite))}
    connues = {unite.code: unite for unite in session.scalars(select(Unite))}
    for code, unite in catalogue.unites.items():
        ligne = connues.get(code)
        if ligne is None:
            session.add(Unite(code=code, activite_id=activite_ids[unite.activite]))
            changements.append(f"unité ajoutée : {code}")
            continue
        if ligne.activite_id != activite_ids[unite.activite]:
            ligne.activite_id = activite_ids[unite.activite]
            changements.append(f"unité passée à l’activité {unite.activite} : {code}")
        changements += _marquer(ligne, "unité", est_retire=False)
    for code, ligne in connues.items():
        if code not in catalogue.unites:
            changements += _marquer(ligne, "unité", est_retire=True)
    session.flush()
    return tuple(changements)


def _inscrire(session: Session, table: type[_Codee], nom: str, codes: Iterable[str]) -> list[str]:
    presents = set(codes)
    connues = {ligne.code: ligne for ligne in session.scalars(select(table).order_by(table.code))}
    changements = []
    for code in sorted(presents - connues.keys()):
        session.add(table(code=code))
        changements.append(f"{nom} ajoutée : {code}")
    for code, ligne in connues.items():
        changements += _marquer(ligne, nom, est_retire=code not in presents)
    return changements


def _marquer(ligne: Structure | Activite | Jauge | Unite, nom: str, est_retire: bool) -> list[str]:
    if ligne.est_retire is est_retire:
        return []
    ligne.est_retire = est_retire
    return [f"{nom} {'retirée' if est_retire else 'reprise'} : {ligne.code}"]


def _compter(nombre: int, nom: str) -> str:
    return f"{nombre} {nom}" if nombre == 1 else f"{nombre} {nom}s"
