"""What ties the adults of a file to its foyers and children: responsables, parental authority; and the QF of foyers."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from portail_famille.domain.familles_du_fichier import FoyerDuFichier
from portail_famille.models.foyers import AutoriteParentale, Responsable
from portail_famille.models.journal import ActeJournal
from portail_famille.models.quotients import QuotientFamilial
from portail_famille.services.ecriture_familles import Ecriture, inserer
from portail_famille.services.journal import SYSTEME, consigner


def ecrire_liens(ecriture: Ecriture, foyers: Sequence[FoyerDuFichier]) -> None:
    """After `ecrire_fiches`: every fiche has its row."""
    _responsables(ecriture, foyers)
    _autorites(ecriture, foyers)
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
    """Given at the child's birth unless the file says no. One that the file ended, it may give back; one that an agent
    ended stays ended."""
    connues: dict[tuple[int, int], list[AutoriteParentale]] = defaultdict(list)
    for autorite in ecriture.session.scalars(select(AutoriteParentale)):
        connues[autorite.personne_id, autorite.enfant_id].append(autorite)
    nouvelles: dict[tuple[int, int], dict[str, Any]] = {}
    veille = ecriture.aujourdhui - timedelta(days=1)
    finies = _finies_par_un_fichier(ecriture)
    for foyer in foyers:
        for lien in foyer.liens:
            enfant_id = ecriture.trouve.enfants[id(lien.enfant)]
            for adulte, dit in zip(foyer.adultes, lien.autorites, strict=False):
                cle = (ecriture.trouve.adultes[id(adulte)], enfant_id)
                avant = connues.get(cle, [])
                en_cours = [a for a in avant if a.au is None or a.au >= ecriture.aujourdhui]
                if dit is False:
                    for autorite in en_cours:
                        fin = max(veille, autorite.du)
                        if autorite.au == fin:
                            continue
                        autorite.au = fin
                        ecriture.compter("autorite_parentale", "retires")
                        _noter(ecriture, "autorite_terminee", foyer, cle, {"au": fin.isoformat()})
                elif not avant:
                    naissance = lien.enfant.valeurs["naissance"]
                    nouvelles[cle] = {"personne_id": cle[0], "enfant_id": enfant_id, "du": naissance, "au": None}
                elif dit and not en_cours and (*cle, max(a.au for a in avant if a.au).isoformat()) in finies:
                    nouvelles[cle] = {"personne_id": cle[0], "enfant_id": cle[1], "du": ecriture.aujourdhui, "au": None}
                    _noter(ecriture, "autorite_donnee", foyer, cle, {"du": ecriture.aujourdhui.isoformat()})
                elif dit and not en_cours:
                    ecriture.rapport.avertissements.append(
                        f"ligne {lien.ligne}\u00a0: l’autorité parentale de {adulte.valeurs['prenom']} "
                        f"{adulte.valeurs['nom']} a été terminée à la main, elle le reste"
                    )
    inserer(ecriture, AutoriteParentale, "autorite_parentale", list(nouvelles.values()))


def _finies_par_un_fichier(ecriture: Ecriture) -> set[tuple[int | None, int | None, str]]:
    """(adult, child, last day) of the authorities that a file ended: the journal tells them from the agents'."""
    actes = ecriture.session.execute(
        select(ActeJournal.personne_id, ActeJournal.enfant_id, ActeJournal.details).where(
            ActeJournal.action == "autorite_terminee", ActeJournal.cote == SYSTEME.cote.value
        )
    )
    return {(personne_id, enfant_id, details.get("au", "")) for personne_id, enfant_id, details in actes}


def _noter(ecriture: Ecriture, action: str, foyer: FoyerDuFichier, cle: tuple[int, int], details: Any) -> None:
    consigner(
        ecriture.session, SYSTEME, action, ecriture.maintenant,
        foyer_id=ecriture.trouve.foyers[id(foyer.fiche)], personne_id=cle[0], enfant_id=cle[1], details=details,
    )  # fmt: skip


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
