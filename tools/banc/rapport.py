"""The table printed and written to docs/bench.md."""

import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from banc.emission import ECHANTILLON, Emission
from banc.factures import FACTURES, LIGNES
from banc.lieux import CRENEAUX, Lieux
from banc.mesures import Tache
from banc.navigateur import MESURES, Telephone
from banc.serveur import REGLAGES_GUNICORN

_PAQUETS = ("flask", "sqlalchemy", "jinja2", "gunicorn", "brotli")


@dataclass(frozen=True, slots=True)
class Ligne:
    """One figure. Without a bar it is told, not judged."""

    quoi: str
    valeur: float
    unite: str
    barre: float | None = None
    objectif: float | None = None
    detail: str = ""

    @property
    def verdict(self) -> str:
        if self.barre is None:
            return ""
        if self.valeur > self.barre:
            return "MISSED"
        return "aim" if self.objectif is None or self.valeur <= self.objectif else "bar"


def lignes_du_serveur(taches: dict[str, Tache]) -> list[Ligne]:
    temoin = taches["temoin"].millisecondes

    def fois(nom: str) -> float:
        return taches[nom].millisecondes / temoin

    def ms(nom: str) -> str:
        return f"{taches[nom].millisecondes:.2f} ms"

    grande = taches["agenda_grande"].millisecondes / taches["agenda"].millisecondes
    connexion = taches["connexion"].millisecondes / taches["argon2"].millisecondes
    valider = taches["valider"].millisecondes / taches["insertion"].millisecondes
    return [
        Ligne("agenda month, 4 activities", fois("agenda"), "×", 80, 40, ms("agenda")),
        Ligne("agenda month, 6 activities, garde alternée", fois("agenda_lea"), "×", 80, 40, ms("agenda_lea")),
        Ligne("the same with 5,000 children against 50", grande, "times", 1.2, 1.0, ms("agenda_grande")),
        Ligne("tick → summary", fois("tick"), "×", 40, 20, ms("tick")),
        Ligne("rhythm over the year, 4 units", fois("rythme"), "×", detail=ms("rythme")),
        Ligne(
            "login against one bare argon2 check", connexion, "times", 2, 1.5,
            f"{ms('connexion')} against {ms('argon2')}",
        ),
        Ligne("« Mon espace », profile", fois("profil"), "×", 80, 40, ms("profil")),
        Ligne("« Mon espace », foyer, 5,000 children", fois("foyer"), "×", 80, 40, ms("foyer")),
        Ligne("desk, first page of the queue, 10,000 démarches", fois("file"), "×", 80, 40, ms("file")),
        Ligne("« Mes démarches », 1,000 of one family", fois("demarches"), "×", 80, 40, ms("demarches")),
        Ligne("porte-documents", fois("porte_documents"), "×", 80, 40, ms("porte_documents")),
        Ligne(f"« Mes factures », {FACTURES} invoices", fois("factures"), "×", 80, 40, ms("factures")),
        Ligne(f"an invoice of {LIGNES} lines", fois("facture"), "×", 80, 40, ms("facture")),
        Ligne(
            f"« Valider » {CRENEAUX} slots against a bare ORM insert", valider, "times", 6, 3,
            f"{ms('valider')} against {ms('insertion')}",
        ),
    ]  # fmt: skip


def lignes_de_l_emission(mesure: Emission) -> list[Ligne]:
    quoi = f"{mesure.factures:,} invoices of {mesure.lignes // mesure.factures} lines"
    temps = (
        f"prepare {mesure.preparer:.1f} s, issue {mesure.emettre:.1f} s, print {mesure.imprimer:.1f} s; "
        f"bare {mesure.pdf_nus:.1f} s"
    )
    return [
        Ligne(f"{quoi}, against their bare PDFs", mesure.fois, "times", 2, 1.5, temps),
        Ligne("the same, memory at most", mesure.memoire / 1024**2, "MB", 300, 256, "one process, from start to end"),
        Ligne(
            "the same, writer held by the issue", mesure.verrou_ms, "ms", 1000, 500,
            f"{mesure.verrou_preparation_ms:.0f} ms at most while preparing",
        ),
    ]  # fmt: skip


def lignes_du_telephone(mesure: Telephone) -> list[Ligne]:
    envoye, recu = mesure.touche_octets
    poids = ", ".join(f"{genre} {octets / 1024:.1f}" for genre, octets in sorted(mesure.froid.par_type.items()))
    return [
        Ligne("cold agenda, weight", mesure.froid.octets / 1024, "KB", 40, 25, poids),
        Ligne("cold agenda, requests", mesure.froid.requetes, "", 6, 5, "manifest and icons included"),
        Ligne("cold agenda, LCP", mesure.lcp_ms, "ms", 1200),
        Ligne("tick, both ways", (envoye + recu) / 1024, "KB", 1.5, None, f"{envoye} sent + {recu} received"),
        Ligne("tap → paint", mesure.peinture_ms, "ms", 100),
        Ligne("tap → confirmed summary", mesure.confirme_ms, "ms", 700),
        Ligne("rhythm: button → month", mesure.rythme_ms, "ms", 600),
        Ligne("month change, both ways", mesure.mois_octets / 1024, "KB", 8),
    ]


def tableau(lignes: Sequence[Ligne]) -> str:
    """Markdown, aligned so that it also reads in a terminal."""
    entetes = ("what", "measured", "bar", "aim", "", "detail")
    cellules = [
        (
            ligne.quoi,
            f"{ligne.valeur:.4g} {ligne.unite}".strip(),
            _nombre(ligne.barre),
            _nombre(ligne.objectif),
            ligne.verdict,
            ligne.detail,
        )
        for ligne in lignes
    ]
    largeurs = [max(len(rangee[i]) for rangee in (entetes, *cellules)) for i in range(len(entetes))]
    rangees = (entetes, tuple("-" * largeur for largeur in largeurs), *cellules)
    return "\n".join(
        "| " + " | ".join(case.ljust(largeur) for case, largeur in zip(rangee, largeurs, strict=True)) + " |"
        for rangee in rangees
    )


def page(lignes: Sequence[Ligne], lieux: Lieux, taches: dict[str, Tache], quand: datetime, chromium: str) -> str:
    requetes = min(tache.requetes for tache in taches.values())
    paquets = ", ".join(f"{nom} {version(nom)}" for nom in _PAQUETS)
    return f"""# Speed and weight

Written by `make bench` on {quand:%d %B %Y}. Do not edit.

{tableau(lignes)}

- **×** is processor time against the reference: a bare Flask application answering "ok" on the same server
  ({" ".join(REGLAGES_GUNICORN)}),
  {taches["temoin"].millisecondes:.3f} ms a request here. Processor time is that of all the server's processes, at least
  {requetes} requests each, all tasks in turn in one run.
- The towns are copies of Saint-Rivage with {lieux.enfants["petite"]} and {lieux.enfants["grande"]} children;
  the month is {lieux.mois}. Answers are compressed as for a browser.
- The bare insert adds {CRENEAUX} ORM objects and commits, on the same server; « Valider » also locks the draft,
  checks every slot again, numbers the receipt, writes the mail and answers.
- The big régie's invoices are those of a town of its own, in a process of its own, on SQLite: processor time of
  preparing, issuing and printing all of them, against typst alone on the same model and data. {ECHANTILLON} are printed
  each way, spread over the run, and the others counted alike: memory stays flat from the first few hundred on.
- The phone is a Pixel 7 in Chromium {chromium}: processor ÷4, 150 ms round trip, 1.6/0.75 Mbit/s; medians of {MESURES}.
  Cold weight and requests are what DevTools counts, cache empty. A tick and a month change are whole HTTP messages
  both ways, headers included, counted on the wire between the browser and the server (over plain HTTP/1.1).
- Machine: {_processeur()}, {_coeurs()} cores, Linux {platform.release()}, Python {sys.version.split()[0]};
  {paquets}; SQLite on the local disk.
"""


def _nombre(valeur: float | None) -> str:
    return "" if valeur is None else f"{valeur:g}"


def _processeur() -> str:
    noms = [ligne for ligne in Path("/proc/cpuinfo").read_text().splitlines() if ligne.startswith("model name")]
    return noms[0].partition(":")[2].strip() if noms else platform.machine()


def _coeurs() -> int:
    return Path("/proc/cpuinfo").read_text().count("processor\t")
