"""Databases for tests: migrated once per session, copied for each test."""

import itertools
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import event

from portail_famille.migrations import migrer
from portail_famille.models.bd import BD, url_sqlite
from tests.support.postgres import Cluster

T = TypeVar("T")
_NUMEROS = itertools.count(1)
_MODELE = "modele"


def preparer_sqlite(dossier: Path) -> Path:
    modele = dossier / f"{_MODELE}.sqlite3"
    bd = BD(url_sqlite(modele))
    migrer(bd)
    bd.fermer()
    return modele


def copier_sqlite(modele: Path, dossier: Path) -> BD:
    copie = dossier / "portail.sqlite3"
    shutil.copyfile(modele, copie)
    return BD(url_sqlite(copie))


def preparer_postgresql(cluster: Cluster) -> None:
    cluster.executer(f"CREATE DATABASE {_MODELE}")
    bd = BD(cluster.url(_MODELE))
    migrer(bd)
    bd.fermer()


def peupler_sqlite(modele: Path, nom: str, peupler: Callable[[BD], T]) -> tuple[Path, T]:
    """A model with people in it, and what `peupler` says of them."""
    peuple = modele.with_name(f"{nom}.sqlite3")
    shutil.copyfile(modele, peuple)
    bd = BD(url_sqlite(peuple))
    dit = peupler(bd)
    bd.fermer()
    return peuple, dit


def peupler_postgresql(cluster: Cluster, nom: str, peupler: Callable[[BD], T]) -> tuple[str, T]:
    cluster.executer(f"CREATE DATABASE {nom} TEMPLATE {_MODELE}")
    bd = BD(cluster.url(nom))
    dit = peupler(bd)
    bd.fermer()
    return nom, dit


@contextmanager
def base_postgresql(cluster: Cluster, modele: str = _MODELE) -> Iterator[BD]:
    nom = f"essai_{next(_NUMEROS)}"
    cluster.executer(f"CREATE DATABASE {nom} TEMPLATE {modele}")
    bd = BD(cluster.url(nom))
    try:
        yield bd
    finally:
        bd.fermer()
        cluster.executer(f"DROP DATABASE {nom} WITH (FORCE)")


@contextmanager
def compter_requetes(bd: BD) -> Iterator[list[str]]:
    """Statements run meanwhile on both engines. BEGIN and COMMIT are not statements."""
    requetes: list[str] = []

    def noter(_connexion: Any, _curseur: Any, requete: str, *_reste: Any) -> None:
        requetes.append(requete)

    for moteur in (bd.lecture, bd.ecriture):
        event.listen(moteur, "before_cursor_execute", noter)
    try:
        yield requetes
    finally:
        for moteur in (bd.lecture, bd.ecriture):
            event.remove(moteur, "before_cursor_execute", noter)
