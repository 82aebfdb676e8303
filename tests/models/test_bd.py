"""The two engines: what one cannot do, and what the other never loses."""

import threading
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from portail_famille.models.activites import Activite, Jauge, Unite
from portail_famille.models.bd import BD, url_sqlite
from portail_famille.models.calendrier import JourFerie
from portail_famille.models.reservations import Compteur
from tests.support.bases import compter_requetes


def test_the_reading_engine_refuses_to_write(bd: BD) -> None:
    with bd.ouvrir_lecture() as session, pytest.raises(DBAPIError):
        session.execute(insert(Jauge).values(code="x"))


def test_the_reading_engine_still_refuses_after_a_connection_came_back(bd: BD) -> None:
    """`query_only` sticks to a pooled connection: the pools must not mix."""
    for _ in range(3):
        with bd.session_ecriture() as session:
            session.execute(insert(Jauge).values(code=f"x{_}"))
        with bd.ouvrir_lecture() as session:
            session.execute(select(Jauge.id)).all()
            with pytest.raises(DBAPIError):
                session.execute(insert(Jauge).values(code="y"))


def test_a_writing_block_commits_or_leaves_nothing(bd: BD) -> None:
    with bd.session_ecriture() as session:
        session.execute(insert(Jauge).values(code="gardee"))

    def echouer() -> None:
        with bd.session_ecriture() as session:
            session.execute(insert(Jauge).values(code="perdue"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        echouer()
    with bd.session_lecture() as session:
        assert session.scalars(select(Jauge.code)).all() == ["gardee"]


def test_foreign_keys_are_enforced(bd: BD) -> None:
    with bd.ouvrir_ecriture() as session, pytest.raises(IntegrityError):
        session.execute(insert(Unite).values(code="u", activite_id=42))


def test_begin_and_commit_are_not_counted_as_queries(bd: BD) -> None:
    with compter_requetes(bd) as requetes:
        with bd.session_ecriture() as session:
            session.execute(insert(Jauge).values(code="x"))
        with bd.session_lecture() as session:
            session.scalar(select(func.count()).select_from(Jauge))
    assert len(requetes) == 2


def test_no_update_is_lost_between_threads(bd: BD) -> None:
    """Read, then write what was read plus one, from many threads: the driver's own transactions lose two in three."""
    with bd.session_ecriture() as session:
        session.add(Compteur(serie="essai", annee=2026, valeur=0))
    fils, tours = 4, 25
    erreurs: list[BaseException] = []

    def compter() -> None:
        try:
            for _ in range(tours):
                with bd.session_ecriture() as session:
                    compteur = session.scalars(select(Compteur).with_for_update()).one()
                    session.execute(update(Compteur).values(valeur=compteur.valeur + 1))
        except BaseException as erreur:
            erreurs.append(erreur)

    ouvriers = [threading.Thread(target=compter) for _ in range(fils)]
    for ouvrier in ouvriers:
        ouvrier.start()
    for ouvrier in ouvriers:
        ouvrier.join()
    assert not erreurs
    with bd.session_lecture() as session:
        assert session.scalars(select(Compteur.valeur)).one() == fils * tours


def test_readers_do_not_wait_for_the_writer(bd: BD) -> None:
    with bd.session_ecriture() as ecrivain:
        ecrivain.execute(insert(Jauge).values(code="en cours"))
        with bd.session_lecture() as lecteur:
            assert lecteur.scalar(select(func.count()).select_from(Jauge)) == 0


def test_dates_and_booleans_come_back_as_they_went(bd: BD) -> None:
    with bd.session_ecriture() as session:
        session.add_all([JourFerie(jour=date(2026, 12, 25), nom="Noël"), Activite(code="cantine")])
    with bd.session_lecture() as session:
        assert session.scalars(select(JourFerie.jour)).one() == date(2026, 12, 25)
        assert session.scalars(select(Activite.est_retire)).one() is False


def test_sqlite_keeps_its_recipe(tmp_path: Path) -> None:
    bd = BD(url_sqlite(tmp_path / "essai.sqlite3"))
    attendus = {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 1, "busy_timeout": 20_000}
    for moteur, lecture_seule in ((bd.ecriture, 0), (bd.lecture, 1)):
        with moteur.connect() as connexion:
            lus = {nom: connexion.execute(text(f"PRAGMA {nom}")).scalar() for nom in (*attendus, "query_only")}
        assert lus == {**attendus, "query_only": lecture_seule}
    bd.fermer()
