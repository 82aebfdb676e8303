"""Whom the invoices of a file are for: foyers, children and former invoices found again.

Nothing is guessed: two that fit are a fault, and a child is only named on an invoice of a home it is of.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portail_famille.domain.fichier_factures import FactureDuFichier
from portail_famille.domain.tableur import Faute
from portail_famille.models.activites import Inscription
from portail_famille.models.factures import Facture, FactureLigne
from portail_famille.models.foyers import Enfant, Foyer, Personne, Rattachement

Cle = tuple[str, str]
"""Régie and number."""
_PAR_LOT = 500
"""Values in one IN."""


@dataclass(frozen=True, slots=True)
class Repere:
    """Whom an invoice of the file is for. `enfants`: by their reference; `origine`: of an avoir, the invoice that it
    corrects, None when it is in the same file."""

    foyer_id: int = 0
    enfants: Mapping[str, int] = field(default_factory=dict)
    origine: int | None = None


@dataclass(slots=True)
class FacturesConnues:
    """What the portal has of what a file names. Doubles that were merged lead to the one that stayed."""

    du_fichier: Mapping[Cle, FactureDuFichier]
    foyers: dict[str, int] = field(default_factory=dict)
    payeurs: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    """Foyers whose payer has this address."""
    enfants: dict[str, int] = field(default_factory=dict)
    liens: set[tuple[int, int]] = field(default_factory=set)
    """(child, foyer) where it lives, or was enrolled."""
    emises: dict[Cle, Facture] = field(default_factory=dict)
    lignes: dict[int, list[FactureLigne]] = field(default_factory=lambda: defaultdict(list))
    numeros: dict[int, str] = field(default_factory=dict)
    """Of invoices that avoirs of the portal correct."""
    foyers_finals: dict[int, int] = field(default_factory=dict)
    enfants_finals: dict[int, int] = field(default_factory=dict)

    def foyer_final(self, foyer_id: int) -> int:
        return self.foyers_finals.get(foyer_id, foyer_id)

    def enfant_final(self, enfant_id: int | None) -> int | None:
        return None if enfant_id is None else self.enfants_finals.get(enfant_id, enfant_id)


def lire_connues(session: Session, factures: Sequence[FactureDuFichier]) -> FacturesConnues:
    """A fixed number of queries for five hundred invoices."""
    connues = FacturesConnues({(f.regie, f.numero): f for f in factures})
    connues.foyers_finals = _finals(session, Foyer)
    connues.enfants_finals = _finals(session, Enfant)
    for reference, foyer_id in par_lots(
        session, select(Foyer.reference, Foyer.id), Foyer.reference, {f.foyer for f in factures if f.foyer}
    ):
        connues.foyers[reference] = connues.foyer_final(foyer_id)
    for courriel, foyer_id in par_lots(
        session,
        select(func.lower(Personne.courriel), Foyer.id).join(Foyer, Foyer.payeur_id == Personne.id),
        func.lower(Personne.courriel),
        {f.courriel for f in factures if f.courriel and not f.foyer},
    ):
        connues.payeurs[courriel].add(connues.foyer_final(foyer_id))
    for reference, enfant_id in par_lots(
        session,
        select(Enfant.reference, Enfant.id),
        Enfant.reference,
        {ligne.enfant for f in factures for ligne in f.lignes if ligne.enfant},
    ):
        connues.enfants[reference] = connues.enfant_final(enfant_id) or enfant_id
    for modele in (Rattachement, Inscription):
        couples = select(modele.enfant_id, modele.foyer_id).distinct()
        connues.liens |= {
            (enfant_id, connues.foyer_final(foyer_id))
            for enfant_id, foyer_id in par_lots(session, couples, modele.enfant_id, set(connues.enfants.values()))
        }
    _lire_emises(session, connues, factures)
    return connues


def reperer(facture: FactureDuFichier, connues: FacturesConnues) -> tuple[Repere, list[Faute]]:
    """Raises nothing: what cannot be found is in the faults."""
    foyer_id, fautes = _foyer(facture, connues)
    enfants: dict[str, int] = {}
    for ligne in facture.lignes:
        if not ligne.enfant or ligne.enfant in enfants:
            continue
        enfant_id = connues.enfants.get(ligne.enfant)
        if enfant_id is None:
            raison = "aucun enfant du portail n’a cette référence"
        elif foyer_id and (enfant_id, foyer_id) not in connues.liens:
            raison = "cet enfant n’est pas de ce foyer"
        else:
            enfants[ligne.enfant] = enfant_id
            continue
        fautes.append(Faute(ligne.numero, "enfant", ligne.enfant, raison))
    origine, de_l_avoir = _origine(facture, foyer_id, connues)
    return Repere(foyer_id, enfants, origine), [*fautes, *de_l_avoir]


def faute_de(facture: FactureDuFichier, colonne: str, raison: str) -> Faute:
    regle = facture.regle_centimes or 0
    valeurs = {
        "numero": facture.numero,
        "foyer": facture.foyer,
        "payeur_courriel": facture.courriel,
        "avoir_de": facture.avoir_de,
        "regle": f"{regle // 100},{regle % 100:02d}",
        "pdf": facture.pdf,
    }
    return Faute(facture.ligne, colonne, valeurs.get(colonne, ""), raison)


def _foyer(facture: FactureDuFichier, connues: FacturesConnues) -> tuple[int, list[Faute]]:
    if facture.foyer:
        trouve = connues.foyers.get(facture.foyer)
        if trouve is None:
            return 0, [faute_de(facture, "foyer", "aucun foyer du portail n’a cette référence")]
        return trouve, []
    siens = connues.payeurs.get(facture.courriel, set())
    if len(siens) == 1:
        return min(siens), []
    raison = (
        "cette personne paie pour plusieurs foyers\u202f; écrivez la référence du foyer"
        if siens
        else "aucun foyer du portail n’a un payeur à cette adresse"
    )
    return 0, [faute_de(facture, "payeur_courriel", raison)]


def _origine(facture: FactureDuFichier, foyer_id: int, connues: FacturesConnues) -> tuple[int | None, list[Faute]]:
    """The invoice that an avoir corrects: of the same régie and the same family."""
    if not facture.avoir_de:
        return None, []
    cle = (facture.regie, facture.avoir_de)
    emise, du_fichier = connues.emises.get(cle), connues.du_fichier.get(cle)
    if emise is None and du_fichier is None:
        return None, [faute_de(facture, "avoir_de", "cette facture n’est ni dans le fichier ni dans le portail")]
    est_avoir = emise.genre == "avoir" if emise is not None else bool(du_fichier and du_fichier.avoir_de)
    if est_avoir:
        return None, [faute_de(facture, "avoir_de", "c’est le numéro d’un avoir, pas d’une facture")]
    autre = connues.foyer_final(emise.foyer_id) if emise is not None else _foyer(du_fichier or facture, connues)[0]
    if foyer_id and autre and autre != foyer_id:
        return None, [faute_de(facture, "avoir_de", "cette facture est celle d’un autre foyer")]
    return (None if emise is None else emise.id), []


def _lire_emises(session: Session, connues: FacturesConnues, factures: Sequence[FactureDuFichier]) -> None:
    par_regie: dict[str, set[str]] = defaultdict(set)
    for facture in factures:
        par_regie[facture.regie] |= {facture.numero, *filter(None, [facture.avoir_de])}
    for regie, numeros in par_regie.items():
        requete = select(Facture.numero, Facture).where(Facture.regie == regie)
        for numero, emise in par_lots(session, requete, Facture.numero, numeros):
            connues.emises[regie, numero] = emise
    corrigees = {f.avoir_de for f in connues.emises.values() if f.avoir_de}
    connues.numeros = dict(par_lots(session, select(Facture.id, Facture.numero), Facture.id, corrigees))
    ids = {f.id for f in connues.emises.values()}
    lignes = select(FactureLigne.facture_id, FactureLigne).order_by(FactureLigne.facture_id, FactureLigne.rang)
    for facture_id, ligne in par_lots(session, lignes, FactureLigne.facture_id, ids):
        connues.lignes[facture_id].append(ligne)


def _finals(session: Session, modele: type[Foyer] | type[Enfant]) -> dict[int, int]:
    """Doubles and what they became, to the end: a double may have been merged into what was then merged itself."""
    requete = select(modele.id, modele.fondu_dans).where(modele.fondu_dans.is_not(None))
    suivants: dict[int, int] = {id_: dans for id_, dans in session.execute(requete) if dans is not None}

    def suivre(id_: int) -> int:
        while id_ in suivants:
            id_ = suivants[id_]
        return id_

    return {id_: suivre(id_) for id_ in suivants}


def par_lots(session: Session, requete: Any, colonne: Any, valeurs: Iterable[Any]) -> Iterable[Any]:
    """The rows of `requete` whose column is one of these: a query for five hundred of them."""
    ordre = sorted(valeurs)
    for debut in range(0, len(ordre), _PAR_LOT):
        lignes: Any = session.execute(requete.where(colonne.in_(ordre[debut : debut + _PAR_LOT])))
        yield from lignes
