"""Processor time of each request, all tasks in turn, round after round, so that a busy machine slows them alike."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from banc.gestes import HTMX, PAGE, Coche, Connexion, Rythme, Validation, connecter, connecter_agent
from banc.lieux import ARCHIVISTE, CRENEAUX, FACTURE, GRANDE, PARENTS, PETITE, VALIDEUR, Atelier, Lieux, copier_base
from banc.serveur import Client, Reponse, Serveur, serveur

TOURS = 10
PAR_TOUR = 32
# The reference is so short that it takes many to be measured.
TEMOINS_PAR_TOUR = 320
# What a server still does once the client has its answer.
_REPOS = 0.003
_PREMIERE_ANNEE_LIBRE = 2030


@dataclass(slots=True)
class Tache:
    """`faire` is one request; `avant` prepares each one and is not measured."""

    nom: str
    serveur: Serveur
    faire: Callable[[], Reponse]
    statut: int = 200
    par_tour: int = PAR_TOUR
    avant: Callable[[], object] | None = None
    secondes: float = 0.0
    requetes: int = 0

    @property
    def millisecondes(self) -> float:
        return 1000 * self.secondes / self.requetes

    def tour(self, nombre: int) -> None:
        if self.avant is None:
            self._mesurer(nombre)
            return
        for _ in range(nombre):
            self.avant()
            self._mesurer(1)

    def oublier(self) -> None:
        """After the warm-up."""
        self.secondes, self.requetes = 0.0, 0

    def _mesurer(self, nombre: int) -> None:
        time.sleep(_REPOS)
        debut = self.serveur.processeur()
        for _ in range(nombre):
            reponse = self.faire()
            if reponse.statut != self.statut:
                raise RuntimeError(f"{self.nom}: {reponse.statut}\n{reponse.texte[:2000]}")
        time.sleep(_REPOS)
        self.secondes += self.serveur.processeur() - debut
        self.requetes += nombre


@contextmanager
def serveurs(lieux: Lieux, dossier: Path) -> Iterator[tuple[Serveur, Serveur]]:
    """The portal and the reference."""
    base = dossier / "temoin.sqlite3"
    copier_base(lieux, base)
    portail_env = {"PORTAIL_FAMILLE_INSTANCE": str(lieux.instance)}
    temoin_env = {"BANC_BASE": str(base), "PYTHONPATH": str(Path(__file__).parents[1])}
    with (
        serveur("portail_famille.wsgi:application", portail_env, dossier) as portail,
        serveur("banc.temoin:application", temoin_env, dossier) as temoin,
    ):
        yield portail, temoin


def mesurer(lieux: Lieux, portail: Serveur, temoin: Serveur, dire: Callable[[str], object]) -> dict[str, Tache]:
    """Every task, warmed up, then TOURS rounds. At least 300 requests each."""
    atelier = Atelier(lieux, VALIDEUR)
    taches = _taches(lieux, portail, temoin, atelier)
    for tache in taches:
        tache.tour(5)
        tache.oublier()
    for rang in range(TOURS):
        dire(f"round {rang + 1} of {TOURS}")
        # Backwards every other time: a task must not always follow the same one.
        for tache in taches if rang % 2 == 0 else reversed(taches):
            tache.tour(tache.par_tour)
    if atelier.compter() != CRENEAUX:
        raise RuntimeError(f"« Valider » booked {atelier.compter()} slots, not {CRENEAUX}")
    atelier.fermer()
    return {tache.nom: tache for tache in taches}


def _taches(lieux: Lieux, portail: Serveur, temoin: Serveur, atelier: Atelier) -> list[Tache]:
    bare, annees = Client(temoin.port), count(_PREMIERE_ANNEE_LIBRE)
    awa, awa_grande = (connecter(portail.port, slug, "awa.diallo") for slug in (PETITE, GRANDE))
    camille = connecter(portail.port, PETITE, "camille.morel")
    archiviste = connecter(portail.port, GRANDE, ARCHIVISTE)
    isabelle = connecter_agent(portail.port, GRANDE, "isabelle.roche")
    ines, lea, hugo = (f"/enfants/{lieux.ids[prenom]}/agenda?mois={lieux.mois}" for prenom in PARENTS.values())
    rythme = Rythme(connecter(portail.port, PETITE, "sophie.lambert"), hugo)
    sophie = connecter(portail.port, PETITE, FACTURE)
    validation = Validation(connecter(portail.port, PETITE, VALIDEUR), atelier)
    # Another parent than those above: each login is one more open session of hers.
    connexion = Connexion(portail.port, PETITE, "julien.ferrand")
    return [
        Tache("temoin", temoin, lambda: bare.get("/"), par_tour=TEMOINS_PAR_TOUR),
        Tache("agenda", portail, lambda: awa.get(ines, PAGE)),
        Tache("agenda_grande", portail, lambda: awa_grande.get(ines, PAGE)),
        Tache("agenda_lea", portail, lambda: camille.get(lea, PAGE)),
        Tache("tick", portail, Coche(camille, lea).cocher),
        Tache("rythme", portail, rythme.appliquer),
        Tache("connexion", portail, connexion.connecter, statut=303, avant=connexion.preparer),
        Tache("argon2", temoin, lambda: bare.get("/argon2")),
        Tache("profil", portail, lambda: awa.get("/mon-espace", PAGE)),
        Tache("foyer", portail, lambda: awa_grande.get("/mon-espace/foyer", PAGE)),
        Tache("file", portail, lambda: isabelle.get("/agent/demarches", PAGE)),
        Tache("demarches", portail, lambda: archiviste.get("/demarches", PAGE)),
        Tache("porte_documents", portail, lambda: awa.get("/porte-documents", PAGE)),
        Tache("factures", portail, lambda: sophie.get("/factures", PAGE)),
        Tache("facture", portail, lambda: sophie.get(f"/factures/{lieux.facture}", PAGE)),
        Tache("valider", portail, validation.valider, statut=303, avant=validation.preparer),
        Tache("insertion", temoin, lambda: bare.post(f"/inserer/{next(annees)}", [], HTMX)),
    ]
