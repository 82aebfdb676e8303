"""Which foyers the children of a file live in, and when.

Of two foyers, exactly one has each day: what the file says of one decides what the other has. A child whom a foyer no
longer names has not always left it, since a file may be partial: it is told, and done when the file is complete.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, func, select, update

from portail_famille.domain.familles_du_fichier import FoyerDuFichier, Lien
from portail_famille.domain.gardes import Garde
from portail_famille.domain.tableur import Faute, FichierRefuse
from portail_famille.models.foyers import Rattachement
from portail_famille.models.reservations import ETATS_OCCUPANTS, Reservation
from portail_famille.services.ecriture_familles import Ecriture, inserer, liens_par_ids
from portail_famille.services.journal import SYSTEME, consigner

Cle = tuple[int, int]
"""Foyer and child."""


@dataclass(slots=True)
class _Suite:
    """What comes of the children of the file. `presents`: the foyers that it names."""

    presents: frozenset[int]
    nouveaux: list[dict[str, Any]] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)
    quittes: list[tuple[Cle, Lien]] = field(default_factory=list)
    gardes_ailleurs: list[tuple[Cle, Lien]] = field(default_factory=list)
    """Foyers that keep a child whom the file says to live elsewhere."""
    fautes: list[Faute] = field(default_factory=list)


def ecrire_rattachements(ecriture: Ecriture, foyers: Sequence[FoyerDuFichier], *, est_complet: bool) -> None:
    """After `ecrire_fiches`. `est_complet`: children leave the foyers of the file that do not name them any more.

    Raises FichierRefuse when the weeks of two foyers cannot be told from the line of one.
    """
    par_enfant: dict[int, dict[int, Lien]] = defaultdict(dict)
    for (foyer_id, enfant_id), lien in liens_par_ids(ecriture, foyers):
        par_enfant[enfant_id][foyer_id] = lien
    connus: dict[int, set[int]] = defaultdict(set)
    for foyer_id, enfants in ecriture.connues.rattachements.items():
        for enfant_id in enfants:
            connus[enfant_id].add(foyer_id)
    suite = _Suite(frozenset(ecriture.trouve.foyers.values()))
    for enfant_id, liens in par_enfant.items():
        _un_enfant(ecriture, suite, enfant_id, liens, connus[enfant_id], est_complet=est_complet)
    if suite.fautes:
        raise FichierRefuse(sorted(suite.fautes, key=lambda faute: faute.ligne))
    _enregistrer(ecriture, suite)
    _avertir(ecriture, suite)


def _un_enfant(
    ecriture: Ecriture, suite: _Suite, enfant_id: int, liens: dict[int, Lien], connus: set[int], *, est_complet: bool
) -> None:
    foyers = ecriture.connues.foyers
    actuels = {i for i in connus if i in liens or foyers[i]["parti_le"] is None}
    premier = next(iter(liens.values()))
    quittes: set[int] = set()
    partants: set[int] = set()
    for autre in sorted(actuels - liens.keys()):
        if est_complet and foyers[autre]["reference"]:
            (quittes if autre in suite.presents else partants).add(autre)
        elif autre in suite.presents or (liens.keys() - connus and not any(lien.garde for lien in liens.values())):
            suite.gardes_ailleurs.append(((autre, enfant_id), premier))
    suite.quittes += [((foyer_id, enfant_id), premier) for foyer_id in sorted(quittes)]
    restent = actuels - quittes - partants
    for foyer_id, garde in _gardes(ecriture, suite, enfant_id, liens, restent, bool(quittes)).items():
        ligne = {"foyer_id": foyer_id, "enfant_id": enfant_id, **_colonnes(garde)}
        if foyer_id not in connus:
            suite.nouveaux.append({**ligne, "est_masque": False})
        elif _garde_de(ecriture, foyer_id, enfant_id) != garde:
            suite.changes.append(ligne)
            if foyer_id not in liens:
                ecriture.rapport.avertissements.append(
                    f"ligne {premier.ligne}\u00a0: {_nommer(premier)} a changé de semaines, l’autre foyer "
                    f"(«\u00a0{foyers[foyer_id]['nom']}\u00a0») a celles qui restent"
                )


def _gardes(
    ecriture: Ecriture, suite: _Suite, enfant_id: int, liens: dict[int, Lien], actuels: set[int], demenage: bool
) -> dict[int, Garde | None]:
    """The weeks of each foyer of a child: what the file says, then what is left, else what is known."""
    gardes = {
        i: liens[i].garde if i in liens and liens[i].garde else _garde_de(ecriture, i, enfant_id)
        for i in sorted(actuels | liens.keys())
    }
    dites = [i for i in gardes if i in liens and liens[i].garde]
    if demenage and len(gardes) == 1 and not dites:
        return dict.fromkeys(gardes)
    if len(gardes) != 2 or len(dites) == 2:
        return gardes
    # Nobody's weeks are said: those of the foyer the portal knows decide for the one that comes.
    regle = dites[0] if dites else next((i for i in actuels if gardes[i] is not None), None)
    (autre,) = gardes.keys() - {regle} if regle is not None else (None,)
    if regle is None or autre is None or (not dites and autre in actuels):
        return gardes
    garde = gardes[regle]
    assert garde is not None
    if garde.une_sur != 2 and gardes[autre] is not None and autre not in liens:
        lien = liens[regle]
        raison = (
            f"avec les semaines du foyer «\u00a0{ecriture.connues.foyers[autre]['nom']}\u00a0» dans le portail, cela "
            "ne fait pas toutes les semaines\u00a0: donnez aussi la ligne de ce foyer, sans garde"
        )
        suite.fautes.append(Faute(lien.ligne, "une_sur", str(garde.une_sur), raison))
    reste = garde.autre()
    return gardes | {autre: None if reste.est_reste else reste}


def _enregistrer(ecriture: Ecriture, suite: _Suite) -> None:
    session = ecriture.session
    inserer(ecriture, Rattachement, "rattachement", suite.nouveaux)
    for ligne in suite.changes:
        cle = ligne["foyer_id"], ligne["enfant_id"]
        avant = _dire(ecriture.connues.rattachements[cle[0]][cle[1]])
        details = {"avant": avant, "apres": _dire(ligne)}
        consigner(
            session, SYSTEME, "garde_changee", ecriture.maintenant,
            foyer_id=cle[0], enfant_id=cle[1], details=details,
        )  # fmt: skip
    if suite.changes:
        session.execute(update(Rattachement), suite.changes)
        ecriture.rapport.fiches["rattachement", "modifies"] += len(suite.changes)
    for (foyer_id, enfant_id), _ in suite.quittes:
        session.execute(
            delete(Rattachement).where(Rattachement.foyer_id == foyer_id, Rattachement.enfant_id == enfant_id)
        )
        consigner(
            session, SYSTEME, "enfant_detache", ecriture.maintenant, foyer_id=foyer_id, enfant_id=enfant_id
        )  # fmt: skip
        ecriture.compter("rattachement", "retires")


def _avertir(ecriture: Ecriture, suite: _Suite) -> None:
    if not (suite.quittes or suite.gardes_ailleurs):
        return
    a_venir = {
        (foyer_id, enfant_id): (nombre, du, au)
        for foyer_id, enfant_id, nombre, du, au in ecriture.session.execute(
            select(
                Reservation.foyer_id,
                Reservation.enfant_id,
                func.count(),
                func.min(Reservation.jour),
                func.max(Reservation.jour),
            )
            .where(
                Reservation.jour > ecriture.aujourdhui,
                Reservation.etat.in_(ETATS_OCCUPANTS),
            )
            .group_by(Reservation.foyer_id, Reservation.enfant_id)
        )
    }
    for lignes, fait in (
        (suite.quittes, "a quitté le foyer"),
        (suite.gardes_ailleurs, "est encore, dans le portail, au foyer"),
    ):
        for (foyer_id, enfant_id), lien in lignes:
            foyer = ecriture.connues.foyers[foyer_id]
            qui = f"ligne {lien.ligne}\u00a0: {_nommer(lien)} {fait} «\u00a0{foyer['nom']}\u00a0»"
            qui += f" (référence {foyer['reference']})" if foyer["reference"] else ""
            if (foyer_id, enfant_id) in a_venir:
                nombre, du, au = a_venir[foyer_id, enfant_id]
                qui += f", qui garde {nombre} réservation(s) à venir, du {du:%d/%m/%Y} au {au:%d/%m/%Y}"
            ecriture.rapport.avertissements.append(qui)


def _garde_de(ecriture: Ecriture, foyer_id: int, enfant_id: int) -> Garde | None:
    connu = ecriture.connues.rattachements.get(foyer_id, {}).get(enfant_id)
    if connu is None or connu["une_sur"] is None:
        return None
    return Garde(connu["semaine_ancre"], connu["une_sur"], connu["vacances"])


def _colonnes(garde: Garde | None) -> dict[str, Any]:
    if garde is None:
        return {"semaine_ancre": None, "une_sur": None, "vacances": ""}
    return {"semaine_ancre": garde.semaine_ancre, "une_sur": garde.une_sur, "vacances": garde.vacances}


def _dire(ligne: Any) -> dict[str, Any]:
    if ligne["une_sur"] is None:
        return {"une_sur": None}
    return {nom: str(ligne[nom]) if nom == "semaine_ancre" else ligne[nom] for nom in _colonnes(None)}


def _nommer(lien: Lien) -> str:
    return f"{lien.enfant.valeurs['prenom']} {lien.enfant.valeurs['nom']}"
