"""What ties the families of a file together: responsables, parental authority, enrolments, QF."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portail_famille.domain.familles_du_fichier import FoyerDuFichier
from portail_famille.models.activites import Activite, Inscription, Structure
from portail_famille.models.foyers import AutoriteParentale, Responsable
from portail_famille.models.quotients import QuotientFamilial
from portail_famille.services.ecriture_familles import Ecriture, inserer, liens_par_ids


def ecrire_liens(ecriture: Ecriture, foyers: Sequence[FoyerDuFichier]) -> None:
    """After `ecrire_fiches`: every fiche has its row."""
    _responsables(ecriture, foyers)
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
    inserer(ecriture, Responsable, "responsable", nouveaux)


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
    inserer(ecriture, AutoriteParentale, "autorite_parentale", list(nouvelles.values()))


def _inscriptions(ecriture: Ecriture, foyers: Sequence[FoyerDuFichier]) -> None:
    """An enrolment that overlaps one of the file (same child, activity, structure, foyer) takes its dates."""
    structures = _codes(ecriture.session, Structure)
    activites = _codes(ecriture.session, Activite)
    connues: dict[tuple[int, ...], list[Inscription]] = defaultdict(list)
    for i in ecriture.session.scalars(select(Inscription)):
        connues[i.enfant_id, i.activite_id, i.structure_id, i.foyer_id].append(i)
    nouvelles = []
    for (foyer_id, enfant_id), lien in liens_par_ids(ecriture, foyers):
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
    inserer(ecriture, Inscription, "inscription", nouvelles)


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
    inserer(ecriture, QuotientFamilial, "quotient_familial", nouveaux)


def _codes(session: Session, modele: type[Structure] | type[Activite]) -> dict[str, int]:
    return {code: i for i, code in session.execute(select(modele.id, modele.code))}
