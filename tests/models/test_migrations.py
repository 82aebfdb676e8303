"""Migrations: from nothing, from the version before, on both engines, all or nothing."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, UniqueConstraint, inspect, text

from portail_famille.domain.genres import GENRES
from portail_famille.domain.silences import echeance
from portail_famille.migrations import (
    BaseNonMigree,
    ClesEtrangeresRompues,
    configuration,
    migrer,
    verifier_a_jour,
    version_attendue,
    version_de,
)
from portail_famille.models import Base
from portail_famille.models.bd import BD, url_sqlite
from tests.support.bases import base_postgresql

VERSIONS = [etape.revision for etape in reversed(list(ScriptDirectory.from_config(configuration()).walk_revisions()))]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def vide(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BD]:
    """A database without a table."""
    if request.param == "sqlite":
        base = BD(url_sqlite(tmp_path / "vide.sqlite3"))
        yield base
        base.fermer()
    else:
        with base_postgresql(request.getfixturevalue("cluster"), modele="template0") as base:
            yield base


def ecarts(bd: BD) -> list[object]:
    with bd.lecture.connect() as connexion:
        contexte = MigrationContext.configure(connexion, opts={"compare_type": True, "render_as_batch": True})
        return list(compare_metadata(contexte, Base.metadata))


def contraintes(bd: BD) -> dict[str, set[str | None]]:
    """Named checks of each table: alembic does not compare them."""
    with bd.lecture.connect() as connexion:
        vues = inspect(connexion)
        return {table: {c["name"] for c in vues.get_check_constraints(table)} for table in Base.metadata.tables}


def test_models_and_migrations_say_the_same(bd: BD) -> None:
    assert ecarts(bd) == []
    attendues = {
        nom: {str(c.name) for c in table.constraints if isinstance(c, CheckConstraint)}
        for nom, table in Base.metadata.tables.items()
    }
    assert contraintes(bd) == attendues


def test_every_foreign_key_has_an_index() -> None:
    """Else taking a row away (an account closed, a purge) reads the whole table that may point to it. Conditions and
    structures are never taken away."""
    restent = {"conditions", "structure"}
    for table in Base.metadata.tables.values():
        debuts = {next(iter(index.columns)).name for index in table.indexes} | {next(iter(table.primary_key)).name}
        debuts |= {next(iter(c.columns)).name for c in table.constraints if isinstance(c, UniqueConstraint)}
        cles = {cle.parent.name for cle in table.foreign_keys if cle.column.table.name not in restent}
        sans_index = cles - debuts
        assert not sans_index, (table.name, sans_index)


def test_migrations_are_numbered_in_their_order() -> None:
    assert sorted(VERSIONS) == VERSIONS
    assert [version[:5] for version in VERSIONS] == [f"{rang:04d}_" for rang in range(1, len(VERSIONS) + 1)]


def test_each_version_leads_to_the_next(vide: BD) -> None:
    for version in VERSIONS:
        migrer(vide, version)
        assert version_de(vide) == version
    assert version_de(vide) == version_attendue()
    assert ecarts(vide) == []


def test_migrating_twice_changes_nothing(bd: BD) -> None:
    migrer(bd)
    assert version_de(bd) == version_attendue()


def test_a_database_behind_is_told_what_to_run(vide: BD) -> None:
    with pytest.raises(BaseNonMigree, match="portail-famille migrer --commune roselac"):
        verifier_a_jour(vide, "roselac")


def test_looking_at_a_missing_database_does_not_create_it(tmp_path: Path) -> None:
    fichier = tmp_path / "absente.sqlite3"
    assert version_de(BD(url_sqlite(fichier))) is None
    assert not fichier.exists()


def test_a_new_sqlite_file_is_for_its_owner_only(tmp_path: Path) -> None:
    bd = BD(url_sqlite(tmp_path / "neuve.sqlite3"))
    migrer(bd)
    bd.fermer()
    assert (tmp_path / "neuve.sqlite3").stat().st_mode & 0o777 == 0o600


def test_a_migration_that_breaks_half_way_leaves_nothing(vide: BD, monkeypatch: pytest.MonkeyPatch) -> None:
    upgrade = command.upgrade

    def interrompre(config: Config, cible: str) -> None:
        upgrade(config, cible)
        raise RuntimeError("cut short")

    monkeypatch.setattr(command, "upgrade", interrompre)
    with pytest.raises(RuntimeError, match="cut short"):
        migrer(vide)
    assert version_de(vide) is None
    with vide.lecture.connect() as connexion:
        assert inspect(connexion).get_table_names() == []


def test_rows_without_their_parent_stop_a_migration_on_sqlite(tmp_path: Path) -> None:
    """Foreign keys are off while tables are copied: the check comes before the commit."""
    bd = BD(url_sqlite(tmp_path / "abimee.sqlite3"))
    migrer(bd)
    moteur = bd.moteur_migration()
    with moteur.begin() as connexion:
        connexion.execute(text("INSERT INTO unite (code, activite_id, est_retire) VALUES ('u', 42, 0)"))
    with pytest.raises(ClesEtrangeresRompues, match="unite → activite"):
        migrer(bd)
    bd.fermer()


def test_an_authority_written_twice_is_one_after_the_migration(vide: BD) -> None:
    """The first version allowed two links without an end; ending one left the other."""
    migrer(vide, "0001_fondation")
    with vide.ouvrir_ecriture() as session:
        session.execute(text("INSERT INTO personne (id, civilite, prenom, nom) VALUES (1, '', 'Camille', 'Morel')"))
        session.execute(
            text(
                "INSERT INTO enfant (id, prenom, nom, naissance, classe, pai) "
                "VALUES (1, 'Léa', 'Ferrand', '2018-04-17', '', false)"
            )
        )
        for id_, du, au in (
            (1, "2018-04-17", None), (2, "2020-01-01", "2020-06-30"), (3, "2021-01-01", None), (4, "2027-03-01", None),
        ):  # fmt: skip
            session.execute(
                text(
                    "INSERT INTO autorite_parentale (id, personne_id, enfant_id, du, au) VALUES (:id, 1, 1, :du, :au)"
                ),
                {"id": id_, "du": date.fromisoformat(du), "au": date.fromisoformat(au) if au else None},
            )
        session.commit()
    migrer(vide)
    with vide.session_lecture() as session:
        lues = session.execute(text("SELECT du, au FROM autorite_parentale ORDER BY du")).all()
    assert [tuple(str(d) if d else None for d in ligne) for ligne in lues] == [
        ("2018-04-17", "2020-01-01"),
        ("2020-01-01", "2020-06-30"),
        ("2021-01-01", "2027-03-01"),
        ("2027-03-01", None),
    ]


def test_a_request_that_waits_is_due_after_the_migration_and_a_closed_one_is_not(vide: BD) -> None:
    migrer(vide, "0002_comptes_et_famille")
    depots = [
        # 1 December in Paris already; a month too short; the same day for each kind that a family could ask for.
        ("coordonnees", "deposee", "2026-11-30 23:30:00"),
        ("espace", "deposee", "2026-12-31 10:00:00"),
        *((genre, "en_cours", "2026-11-15 10:00:00") for genre in ("enfant", "sante", "garde", "effacement")),
        ("coordonnees", "acceptee", "2026-11-15 10:00:00"),
    ]
    with vide.ouvrir_ecriture() as session:
        for rang, (genre, etat, depose) in enumerate(depots, 1):
            session.execute(
                text(
                    "INSERT INTO demarche (id, numero, genre, etat, version, avant, contenu, motif, deposee_utc, "
                    "modifiee_utc) VALUES (:id, :numero, :genre, :etat, 1, '{}', '{}', '', :depose, :depose)"
                ),
                {
                    "id": rang,
                    "numero": f"D2026-{rang:06d}",
                    "genre": genre,
                    "etat": etat,
                    "depose": datetime.fromisoformat(depose),
                },
            )
        session.commit()
    migrer(vide)
    with vide.session_lecture() as session:
        dites = session.execute(text("SELECT echeance FROM demarche ORDER BY id")).scalars().all()
    jours = [date(2026, 12, 1), date(2026, 12, 31), *[date(2026, 11, 15)] * 4]
    attendues = [echeance(jour, GENRES[genre]) for (genre, _, _), jour in zip(depots[:-1], jours, strict=True)]
    assert attendues[:2] == [date(2027, 1, 1), date(2027, 2, 28)]
    assert [str(dite) for dite in dites[:-1]] == [str(attendue) for attendue in attendues]
    assert dites[-1] is None
