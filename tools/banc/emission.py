"""A month of a big régie: prepared, issued, printed. A process of its own, so that its memory is the run's.

`python -m banc.emission INSTANCE AAAA-MM` writes one line of JSON.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import typst
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from banc.factures import REGIE
from banc.grande_regie import SLUG, GrandeRegie
from portail_famille.config import ReglagesCommune, charger_reglages
from portail_famille.gateways.pdf import MODELES, POLICES, imprimer
from portail_famille.models.bd import BD
from portail_famille.models.factures import Facture, FactureLigne
from portail_famille.presentation.papiers_factures import papier_de_la_facture
from portail_famille.services.emissions import emettre
from portail_famille.services.facturation import demander, preparer
from portail_famille.services.journal import SYSTEME
from portail_famille.services.papiers_factures import lire_factures_imprimables

ECHANTILLON = 300
"""Invoices printed, spread over the run, and as many bare PDFs; the others are counted alike."""
_PAR_TOUR = 25
"""Printed by typst alone, then by the portal, in turn: a busy machine slows both."""
_OCTETS = 1024
"""Linux counts peak memory in KiB."""


@dataclass(frozen=True, slots=True)
class Emission:
    """Seconds of processor, for all the invoices; `_ms` on the wall's clock, as another writer waits."""

    factures: int
    lignes: int
    preparer: float
    emettre: float
    imprimer: float
    pdf_nus: float
    """The same documents by typst alone."""
    verrou_ms: float
    """SQLite's writer, held by the issue."""
    verrou_preparation_ms: float
    """The longest of the transactions that write the drafts."""
    memoire: int
    """Bytes at the worst moment."""

    @property
    def fois(self) -> float:
        return (self.preparer + self.emettre + self.imprimer) / self.pdf_nus


def mesurer_emission(grande: GrandeRegie) -> Emission:
    commande = (sys.executable, "-m", "banc.emission", str(grande.instance), grande.mois.isoformat())
    chemins = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    sortie = subprocess.run(
        commande, env={**os.environ, "PYTHONPATH": chemins}, stdout=subprocess.PIPE, text=True, check=True
    )
    return Emission(**json.loads(sortie.stdout))


def _emission(instance: Path, mois: date) -> Emission:
    reglages = charger_reglages(instance / SLUG)
    bd = BD(reglages.base_de_donnees)
    durees = _compter_les_verrous(bd)
    depart = time.process_time()
    with bd.session_ecriture() as session:
        facturation_id = demander(session, reglages, REGIE, mois, SYSTEME, _maintenant()).id
    preparer(bd, reglages, facturation_id, _maintenant)
    prete = time.process_time()
    verrou_preparation = max(durees)
    with bd.session_ecriture() as session:
        emettre(session, reglages, facturation_id, _maintenant().date(), SYSTEME, _maintenant())
    emise = time.process_time()
    verrou = durees[-1]
    with bd.session_lecture() as session:
        factures = session.scalar(select(func.count()).select_from(Facture)) or 0
        lignes = session.scalar(select(func.count()).select_from(FactureLigne)) or 0
        ids = session.scalars(select(Facture.id).order_by(Facture.rang)).all()
        nus, imprimees = _imprimer(session, reglages, ids)
    bd.fermer()
    return Emission(
        factures=factures,
        lignes=lignes,
        preparer=prete - depart,
        emettre=emise - prete,
        imprimer=imprimees * factures / ECHANTILLON,
        pdf_nus=nus * factures / ECHANTILLON,
        verrou_ms=verrou,
        verrou_preparation_ms=verrou_preparation,
        memoire=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _OCTETS,
    )


def _imprimer(session: Session, reglages: ReglagesCommune, ids: Sequence[int]) -> tuple[float, float]:
    """Processor of so many bare PDFs, of as many of the portal's: read, said in words, printed. Not of the same ones:
    typst remembers what it has laid out."""
    compilateur = typst.Compiler(root=str(MODELES), font_paths=[str(POLICES)], ignore_system_fonts=True)
    pas = len(ids) // (2 * ECHANTILLON)
    du_portail, a_nu = ids[:: 2 * pas][:ECHANTILLON], ids[pas :: 2 * pas][:ECHANTILLON]
    nus = imprimees = 0.0
    for debut in range(0, ECHANTILLON, _PAR_TOUR):
        tour = slice(debut, debut + _PAR_TOUR)
        textes = [json.dumps(papier, ensure_ascii=False) for papier in _papiers(session, reglages, a_nu[tour])]
        depart = time.process_time()
        for texte in textes:
            donnees = {"donnees": texte}
            compilateur.compile(str(MODELES / "facture.typ"), format="pdf", sys_inputs=donnees, pdf_standards=["ua-1"])
        milieu = time.process_time()
        for papier in _papiers(session, reglages, du_portail[tour]):
            imprimer("facture", papier)
        nus, imprimees = nus + milieu - depart, imprimees + time.process_time() - milieu
    return nus, imprimees


def _papiers(session: Session, reglages: ReglagesCommune, ids: Sequence[int]) -> Iterator[dict[str, Any]]:
    factures = session.scalars(select(Facture).where(Facture.id.in_(ids)).order_by(Facture.rang)).all()
    for lue in lire_factures_imprimables(session, factures, reglages):
        yield papier_de_la_facture(lue, reglages.apparence.couleur, _maintenant().date())


def _compter_les_verrous(bd: BD) -> list[float]:
    """Milliseconds that each transaction holds the writer, from its BEGIN IMMEDIATE to the end of its COMMIT."""
    debuts, durees = [0.0], []

    def prendre(_: Any) -> None:
        debuts[0] = time.perf_counter()

    def rendre(*_: Any) -> None:
        durees.append(1000 * (time.perf_counter() - debuts[0]))

    event.listen(bd.ecriture, "begin", prendre)
    event.listen(bd.ecriture, "checkin", rendre)
    return durees


def _maintenant() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    print(json.dumps(asdict(_emission(Path(sys.argv[1]), date.fromisoformat(sys.argv[2])))))
