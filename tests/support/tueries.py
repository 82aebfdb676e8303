"""A program killed for real (SIGKILL) between any two writes of an act, on either engine.

One process is started apart; it forks a child for each point, so that nothing is inherited but the modules.
"""

import multiprocessing
import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from portail_famille.models.bd import BD

_CONTEXTE = multiprocessing.get_context("spawn")
# Room for every write of an act, however many it takes.
POINTS_MAXIMAUX = 50
AVANT_COMMIT, APRES_COMMIT = "before commit", "after commit"
Acte = Callable[[Session, Path, int], None]
"""What is done in one transaction, to which row."""
Photo = Callable[[Session], Any]
"""What must be all or nothing. Both are functions of a test module, found again by their names."""


Morts = list[tuple[str, Any]]
"""(point, photo) of each death."""


def tuer_partout(bd: BD, dossier: Path, actes: Sequence[tuple[Acte, int]], photo: Photo) -> list[Morts]:
    """Each act in turn is tried again and again, its program killed after each of its writes, then before its COMMIT,
    then after it."""
    url = bd.url.render_as_string(hide_password=False)
    bd.fermer()
    reponse: Any = _CONTEXTE.Queue()
    processus = _CONTEXTE.Process(target=_tuer, args=(url, dossier, actes, photo, reponse))
    processus.start()
    try:
        morts: list[Morts] = reponse.get(timeout=120)
    finally:
        processus.join(20)
    return morts


def _tuer(url: str, dossier: Path, actes: Sequence[tuple[Acte, int]], photo: Photo, reponse: Any) -> None:
    reponse.put([_morts(url, dossier, acte, sujet, photo) for acte, sujet in actes])


def _morts(url: str, dossier: Path, acte: Acte, sujet: int, photo: Photo) -> Morts:
    vues: Morts = []
    for point in [*map(str, range(1, POINTS_MAXIMAUX)), AVANT_COMMIT, APRES_COMMIT]:
        if point.isdigit() and vues and vues[-1][0] == "":
            continue
        est_mort = _mourir_a(url, dossier, acte, sujet, point)
        vues.append((point if est_mort else "", _lire(url, photo)))
    return [vue for vue in vues if vue[0]]


def _mourir_a(url: str, dossier: Path, acte: Acte, sujet: int, point: str) -> bool:
    """False: it had fewer writes than that; it then gave up before its COMMIT."""
    enfant = os.fork()
    if enfant == 0:
        _agir(url, dossier, acte, sujet, point)
        os._exit(0)
    _, etat = os.waitpid(enfant, 0)
    if os.WIFSIGNALED(etat):
        assert os.WTERMSIG(etat) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(etat) == 0, "the act itself failed"
    return False


def _agir(url: str, dossier: Path, acte: Acte, sujet: int, point: str) -> None:
    bd = BD(url)
    faites = 0

    def compter(_connexion: Any, _curseur: Any, requete: str, *_: Any) -> None:
        nonlocal faites
        faites += not requete.startswith("SELECT")
        if str(faites) == point and not requete.startswith("SELECT"):
            _mourir()

    event.listen(bd.ecriture, "after_cursor_execute", compter)
    try:
        with bd.ouvrir_ecriture() as session:
            acte(session, dossier, sujet)
            session.flush()
            if point == AVANT_COMMIT:
                _mourir()
            if point == APRES_COMMIT:
                session.commit()
                _mourir()
            session.rollback()
    except BaseException:
        os._exit(1)


def _mourir() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _lire(url: str, photo: Photo) -> Any:
    bd = BD(url)
    try:
        with bd.session_lecture() as session:
            return photo(session)
    finally:
        bd.fermer()
