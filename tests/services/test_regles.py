"""The rules in force: loaded once, read again when a version moves."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event, update

from portail_famille.domain.circonstances import Circonstance, Etat
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.models.activites import Unite
from portail_famille.models.bd import BD
from portail_famille.services import regles as module
from portail_famille.services.calendrier import semer_calendrier
from portail_famille.services.regles import Regles, charger_regles, importer_catalogue
from tests.support.documents import analyser, document_de_cantine

MAINTENANT = datetime(2026, 11, 21, 10, tzinfo=UTC)
LUNDI = date(2026, 11, 30)
TARIF = """
[[tarif]]
code = "repas"
nom = "Repas"
[[tarif.version]]
du = 2026-09-01
prix = 3.50
[[tarif.version]]
du = 2027-01-01
prix = 3.80
"""


def importer(bd: BD, **morceaux: str) -> None:
    document = analyser(document_de_cantine(**({"unite": 'tarif = "repas"', "suite": TARIF} | morceaux)))
    with bd.session_ecriture() as session:
        importer_catalogue(session, document, MAINTENANT)


def charger(bd: BD, cache: dict[str, Any]) -> Regles:
    with bd.session_lecture() as session:
        return charger_regles(session, cache, "A")


@contextmanager
def requetes(bd: BD) -> Iterator[list[str]]:
    vues: list[str] = []

    def noter(_connexion: Any, _curseur: Any, requete: str, *_: Any) -> None:
        vues.append(requete)

    event.listen(bd.lecture, "before_cursor_execute", noter)
    try:
        yield vues
    finally:
        event.remove(bd.lecture, "before_cursor_execute", noter)


def test_a_town_that_has_imported_nothing_has_nothing_to_book(bd: BD) -> None:
    regles = charger(bd, {})
    assert regles.catalogue.unites == {}
    assert regles.unites == {}


def test_fresh_rules_cost_one_query(bd: BD) -> None:
    importer(bd)
    cache: dict[str, Any] = {}
    premiere = charger(bd, cache)
    with requetes(bd) as vues:
        assert charger(bd, cache) is premiere
    assert len(vues) == 1


def test_an_import_is_seen_by_a_process_that_had_loaded_the_rules(bd: BD) -> None:
    importer(bd)
    cache: dict[str, Any] = {}
    ancienne = charger(bd, cache)
    importer(bd, delai='{ jours = 1, avant = "12:00" }')
    nouvelle = charger(bd, cache)
    assert ancienne.limite_ajout("repas", "ecole", LUNDI) is None
    assert nouvelle.limite_ajout("repas", "ecole", LUNDI) is not None


def test_a_seeding_is_seen_by_a_process_that_had_loaded_the_rules(bd: BD) -> None:
    importer(bd)
    cache: dict[str, Any] = {}
    assert charger(bd, cache).ouverture("repas", "ecole", date(2026, 12, 22)).code == "calendrier_inconnu"
    with bd.session_ecriture() as session:
        semer_calendrier(session, "A", (2026, 2027))
    ouverture = charger(bd, cache).ouverture("repas", "ecole", date(2026, 12, 22))
    assert (ouverture.ouvert, ouverture.code, ouverture.motif) == (False, "vacances", "Vacances de Noël.")


def test_codes_and_ids_go_both_ways_and_leave_out_what_is_withdrawn(bd: BD) -> None:
    importer(bd)
    regles = charger(bd, {})
    for codes, ids in (
        (regles.unites, regles.unite_ids),
        (regles.structures, regles.structure_ids),
        (regles.activites, regles.activite_ids),
        (regles.jauges, regles.jauge_ids),
    ):
        assert {code: id_ for id_, code in codes.items()} == ids
    assert regles.unite_ids.keys() == {"repas"}
    with bd.session_ecriture() as session:
        session.execute(update(Unite).values(est_retire=True))
    assert charger(bd, {}).unites == {}


def test_answers_are_those_of_the_catalogue(bd: BD) -> None:
    importer(bd, delai='{ jours = 1, avant = "12:00" }')
    regles = charger(bd, {})
    catalogue, calendrier = regles.catalogue, regles.calendrier
    for _ in range(2):
        for jour in (LUNDI, date(2026, 12, 5)):
            question = ("repas", "ecole", jour)
            assert regles.ouverture(*question) == catalogue.ouverture(*question, calendrier)
            assert regles.limite_ajout(*question) == catalogue.limite_ajout(*question, calendrier)
            assert regles.limite_annulation(*question) == catalogue.limite_annulation(*question, calendrier)
            assert regles.limite_hors_delai(*question) == catalogue.limite_hors_delai(*question, calendrier)


def test_a_price_is_computed_once_per_dated_version_and_circumstance(bd: BD) -> None:
    importer(bd)
    regles = charger(bd, {})
    novembre = regles.prix("repas", Circonstance(LUNDI, Decimal(500)))
    assert regles.prix("repas", Circonstance(date(2026, 12, 1), Decimal(500))) is novembre
    janvier = regles.prix("repas", Circonstance(date(2027, 1, 4), Decimal(500)))
    absente = regles.prix("repas", Circonstance(LUNDI, Decimal(500), etat=Etat.ABSENTE_JUSTIFIEE))
    assert (novembre.centimes, janvier.centimes, absente.centimes) == (350, 380, 0)


def test_a_day_before_the_first_version_has_no_price_each_time_it_is_asked(bd: BD) -> None:
    importer(bd)
    regles = charger(bd, {})
    for _ in range(2):
        with pytest.raises(RegleViolee, match="Aucun tarif"):
            regles.prix("repas", Circonstance(date(2026, 8, 31), None))


def test_a_unit_without_a_tarif_is_free(bd: BD) -> None:
    importer(bd, unite="", suite="")
    assert charger(bd, {}).prix("repas", Circonstance(LUNDI, None)).centimes == 0


def test_the_memory_of_answers_does_not_grow_without_end(bd: BD, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PLAFOND_MEMOIRE", 10)
    importer(bd)
    regles = charger(bd, {})
    for rang in range(100):
        regles.ouverture("repas", "ecole", date.fromordinal(LUNDI.toordinal() + rang))
    assert len(regles._memoire) <= 10
