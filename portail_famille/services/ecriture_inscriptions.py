"""Enrolments of a file: never two of one child, activity and foyer that overlap.

The file's periods win: an enrolment that overlaps one of them takes its dates, another keeps what they leave of it.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portail_famille.domain.familles_du_fichier import FoyerDuFichier, InscriptionDuFichier, Lien
from portail_famille.models.activites import Activite, Inscription, Structure
from portail_famille.services.ecriture_familles import Ecriture, inserer, liens_par_ids

_UN_JOUR = timedelta(days=1)
Periode = tuple[date, date]


def ecrire_inscriptions(ecriture: Ecriture, foyers: Sequence[FoyerDuFichier]) -> None:
    """After `ecrire_fiches`: every fiche has its row."""
    structures = _codes(ecriture.session, Structure)
    activites = _codes(ecriture.session, Activite)
    connues: dict[tuple[int, int, int], list[Inscription]] = defaultdict(list)
    for i in ecriture.session.scalars(select(Inscription).order_by(Inscription.du, Inscription.id)):
        connues[i.enfant_id, i.activite_id, i.foyer_id].append(i)
    nouvelles: list[dict[str, Any]] = []
    for (foyer_id, enfant_id), lien in liens_par_ids(ecriture, foyers):
        lues: dict[str, list[InscriptionDuFichier]] = defaultdict(list)
        for lue in sorted(lien.inscriptions, key=lambda inscription: inscription.du):
            lues[lue.activite].append(lue)
        for code, periodes in lues.items():
            ids = {"enfant_id": enfant_id, "activite_id": activites[code], "foyer_id": foyer_id}
            avant = connues.get((enfant_id, activites[code], foyer_id), [])
            nouvelles += [ids | une for une in _une_activite(ecriture, lien, avant, periodes, structures)]
    inserer(ecriture, Inscription, "inscription", nouvelles)


def _une_activite(
    ecriture: Ecriture,
    lien: Lien,
    avant: list[Inscription],
    lues: Sequence[InscriptionDuFichier],
    structures: dict[str, int],
) -> list[dict[str, Any]]:
    """The rows still to be made. `lues` in the order of their days, as `avant`."""
    libres, restantes = list(avant), []
    for lue in lues:
        pareille = next((i for i in libres if _est(i, lue, structures)), None)
        if pareille is None:
            restantes.append(lue)
        else:
            libres.remove(pareille)
            ecriture.compter("inscription", "inchanges")
    nouvelles = []
    for lue in restantes:
        lieu = structures[lue.structure]
        memes = [i for i in libres if i.structure_id == lieu and i.du <= lue.au and lue.du <= i.au]
        if memes:
            memes[0].du, memes[0].au = lue.du, lue.au
            libres.remove(memes[0])
            ecriture.compter("inscription", "modifies")
        else:
            nouvelles.append({"structure_id": lieu, "du": lue.du, "au": lue.au})
    for i in libres:
        nouvelles += _laisser_le_reste(ecriture, lien, i, lues, structures)
    return nouvelles


def _laisser_le_reste(
    ecriture: Ecriture,
    lien: Lien,
    inscription: Inscription,
    lues: Sequence[InscriptionDuFichier],
    structures: dict[str, int],
) -> list[dict[str, Any]]:
    """Takes the file's days out of an enrolment that is none of the file's: the first part left stays its row."""
    genees = [lue for lue in lues if inscription.du <= lue.au and lue.du <= inscription.au]
    if not genees:
        return []
    if any(structures[lue.structure] != inscription.structure_id for lue in genees):
        ecriture.rapport.avertissements.append(
            f"ligne {lien.ligne}\u00a0: {lien.enfant.valeurs['prenom']} {lien.enfant.valeurs['nom']} change de lieu "
            f"pour «\u00a0{genees[0].activite}\u00a0», ses réservations déjà faites restent à l’ancien"
        )
    restes = _restes((inscription.du, inscription.au), [(lue.du, lue.au) for lue in genees])
    if not restes:
        ecriture.session.delete(inscription)
        ecriture.compter("inscription", "retires")
        return []
    inscription.du, inscription.au = restes[0]
    ecriture.compter("inscription", "modifies")
    return [{"structure_id": inscription.structure_id, "du": du, "au": au} for du, au in restes[1:]]


def _restes(periode: Periode, enlevees: Iterable[Periode]) -> list[Periode]:
    du, fin = periode
    restes = []
    for debut, au in enlevees:
        if du < debut:
            restes.append((du, debut - _UN_JOUR))
        du = max(du, au + _UN_JOUR)
    return [*restes, (du, fin)] if du <= fin else restes


def _est(inscription: Inscription, lue: InscriptionDuFichier, structures: dict[str, int]) -> bool:
    connue = (inscription.structure_id, inscription.du, inscription.au)
    return connue == (structures[lue.structure], lue.du, lue.au)


def _codes(session: Session, modele: type[Structure] | type[Activite]) -> dict[str, int]:
    return {code: i for i, code in session.execute(select(modele.id, modele.code))}
