"""What ties the families of a file together: responsables, children of a foyer, parental authority, enrolments, QF."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from portail_famille.domain.familles_du_fichier import FoyerDuFichier, Lien
from portail_famille.domain.gardes import Garde
from portail_famille.models.activites import Activite, Inscription, Structure
from portail_famille.models.foyers import AutoriteParentale, Rattachement, Responsable
from portail_famille.models.quotients import QuotientFamilial
from portail_famille.services.ecriture_familles import Ecriture


def ecrire_liens(ecriture: Ecriture, foyers: Sequence[FoyerDuFichier]) -> None:
    """After `ecrire_fiches`: every fiche has its row."""
    _responsables(ecriture, foyers)
    _rattachements(ecriture, foyers)
    _autorites(ecriture, foyers)
    _inscriptions(ecriture, foyers)
    _quotients(ecriture, foyers)


def _responsables(ecriture: Ecriture, foyers: Sequence[FoyerDuFichier]) -> None:
    trouve, nouveaux = ecriture.trouve, []
    for foyer in foyers:
        foyer_id = trouve.foyers[id(foyer.fiche)]
        deja = set(ecriture.connues.responsables.get(foyer_id, ()))
        for adulte in foyer.adultes:
            if trouve.adultes[id(adulte)] not in deja:
                nouveaux.append({"foyer_id": foyer_id, "personne_id": trouve.adultes[id(adulte)]})
    _inserer(ecriture, Responsable, "responsable", nouveaux)


def _rattachements(ecriture: Ecriture, foyers: Sequence[FoyerDuFichier]) -> None:
    nouveaux, changes = [], []
    maisons: dict[int, set[int]] = defaultdict(set)
    for foyer_id, enfants in ecriture.connues.rattachements.items():
        for enfant_id in enfants:
            maisons[enfant_id].add(foyer_id)
    dits = dict(_liens(ecriture, foyers))
    for (foyer_id, enfant_id), lien in dits.items():
        avant = ecriture.connues.rattachements.get(foyer_id, {}).get(enfant_id)
        if avant is None:
            nouveaux.append({"foyer_id": foyer_id, "enfant_id": enfant_id, **_garde(lien.garde), "est_masque": False})
        elif lien.garde is not None and any(avant[nom] != valeur for nom, valeur in _garde(lien.garde).items()):
            changes.append({"foyer_id": foyer_id, "enfant_id": enfant_id, **_garde(lien.garde)})
        # The other foyer, when the file does not speak of it, has the other weeks.
        for autre_id in maisons[enfant_id] - {foyer_id}:
            autre = ecriture.connues.rattachements[autre_id][enfant_id]
            if lien.garde and lien.garde.une_sur == 2 and (autre_id, enfant_id) not in dits:
                voulue = _garde(lien.garde.autre())
                if autre["une_sur"] is None:
                    changes.append({"foyer_id": autre_id, "enfant_id": enfant_id, **voulue})
    _inserer(ecriture, Rattachement, "rattachement", nouveaux)
    if changes:
        ecriture.session.execute(update(Rattachement), changes)
        ecriture.rapport.fiches["rattachement", "modifies"] += len(changes)


def _autorites(ecriture: Ecriture, foyers: Sequence[FoyerDuFichier]) -> None:
    """Given at the child's birth unless the file says no; one that an agent ended stays ended."""
    connues: dict[tuple[int, int], list[AutoriteParentale]] = defaultdict(list)
    for autorite in ecriture.session.scalars(select(AutoriteParentale)):
        connues[autorite.personne_id, autorite.enfant_id].append(autorite)
    nouvelles: dict[tuple[int, int], dict[str, Any]] = {}
    veille = ecriture.aujourdhui - timedelta(days=1)
    for foyer in foyers:
        for lien in foyer.liens:
            enfant_id = ecriture.trouve.enfants[id(lien.enfant)]
            for adulte, dit in zip(foyer.adultes, lien.autorites, strict=False):
                cle = (ecriture.trouve.adultes[id(adulte)], enfant_id)
                avant = connues.get(cle, [])
                en_cours = [a for a in avant if a.au is None or a.au >= ecriture.aujourdhui]
                if dit is False:
                    for autorite in en_cours:
                        autorite.au = max(veille, autorite.du)
                        ecriture.compter("autorite_parentale", "retires")
                elif not avant:
                    naissance = lien.enfant.valeurs["naissance"]
                    nouvelles[cle] = {"personne_id": cle[0], "enfant_id": enfant_id, "du": naissance, "au": None}
                elif dit and not en_cours:
                    ecriture.rapport.avertissements.append(
                        f"ligne {lien.ligne}\u00a0: l’autorité parentale de {adulte.valeurs['prenom']} "
                        f"{adulte.valeurs['nom']} a été terminée à la main, elle le reste"
                    )
    _inserer(ecriture, AutoriteParentale, "autorite_parentale", list(nouvelles.values()))


def _inscriptions(ecriture: Ecriture, foyers: Sequence[FoyerDuFichier]) -> None:
    """An enrolment that overlaps one of the file (same child, activity, structure, foyer) takes its dates."""
    structures = _codes(ecriture.session, Structure)
    activites = _codes(ecriture.session, Activite)
    connues: dict[tuple[int, ...], list[Inscription]] = defaultdict(list)
    for i in ecriture.session.scalars(select(Inscription)):
        connues[i.enfant_id, i.activite_id, i.structure_id, i.foyer_id].append(i)
    nouvelles = []
    for (foyer_id, enfant_id), lien in _liens(ecriture, foyers):
        for lue in lien.inscriptions:
            cle = (enfant_id, activites[lue.activite], structures[lue.structure], foyer_id)
            memes = [i for i in connues.get(cle, ()) if i.du <= lue.au and lue.du <= i.au]
            if any((i.du, i.au) == (lue.du, lue.au) for i in memes):
                ecriture.compter("inscription", "inchanges")
            elif memes:
                memes[0].du, memes[0].au = lue.du, lue.au
                ecriture.compter("inscription", "modifies")
            else:
                noms = ("enfant_id", "activite_id", "structure_id", "foyer_id")
                nouvelles.append({**dict(zip(noms, cle, strict=True)), "du": lue.du, "au": lue.au})
    _inserer(ecriture, Inscription, "inscription", nouvelles)


def _quotients(ecriture: Ecriture, foyers: Sequence[FoyerDuFichier]) -> None:
    """One QF per foyer and first day."""
    connus = {(q.foyer_id, q.du): q for q in ecriture.session.scalars(select(QuotientFamilial))}
    nouveaux = []
    for foyer in foyers:
        valeurs = foyer.fiche.valeurs
        if "qf" not in valeurs:
            continue
        foyer_id = ecriture.trouve.foyers[id(foyer.fiche)]
        connu = connus.get((foyer_id, valeurs["qf_du"]))
        au = valeurs.get("qf_au", connu.au if connu else None)
        if connu is None:
            ligne = {"foyer_id": foyer_id, "valeur_centimes": valeurs["qf"], "du": valeurs["qf_du"], "au": au}
            nouveaux.append({**ligne, "origine": "prouve"})
        elif (connu.valeur_centimes, connu.au) != (valeurs["qf"], au):
            connu.valeur_centimes, connu.au = valeurs["qf"], au
            ecriture.compter("quotient_familial", "modifies")
        else:
            ecriture.compter("quotient_familial", "inchanges")
    _inserer(ecriture, QuotientFamilial, "quotient_familial", nouveaux)


def _liens(ecriture: Ecriture, foyers: Sequence[FoyerDuFichier]) -> list[tuple[tuple[int, int], Lien]]:
    trouve = ecriture.trouve
    return [
        ((trouve.foyers[id(foyer.fiche)], trouve.enfants[id(lien.enfant)]), lien)
        for foyer in foyers
        for lien in foyer.liens
    ]


def _garde(garde: Garde | None) -> dict[str, Any]:
    if garde is None:
        return {"semaine_ancre": None, "une_sur": None, "vacances": ""}
    return {"semaine_ancre": garde.semaine_ancre, "une_sur": garde.une_sur, "vacances": garde.vacances}


def _codes(session: Session, modele: type[Structure] | type[Activite]) -> dict[str, int]:
    return {code: i for i, code in session.execute(select(modele.id, modele.code))}


def _inserer(ecriture: Ecriture, modele: Any, quoi: str, lignes: list[dict[str, Any]]) -> None:
    if lignes:
        ecriture.session.execute(insert(modele), lignes)
        ecriture.rapport.fiches[quoi, "crees"] += len(lignes)
