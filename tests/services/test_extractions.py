"""Spreadsheets of the desk: short ones at once, long ones by a worker that may die."""

from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from portail_famille.config import ReglagesConservation
from portail_famille.domain.demarches import Cote
from portail_famille.domain.droits import Action, Attribution, Role
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.gateways.coffre import Coffre, CoffreInjoignable
from portail_famille.gateways.tableur import ecrire
from portail_famille.models.demarches import Demarche
from portail_famille.models.extractions import Extraction
from portail_famille.models.journal import ActeJournal
from portail_famille.services import extractions
from portail_famille.services.agents import creer_agent, perimetre_de, retirer_role
from portail_famille.services.bureau import Filtre
from portail_famille.services.documents import coffre_de
from portail_famille.services.extractions import (
    AU_PLUS_TOT,
    BAIL,
    CONSERVATION,
    exporter,
    fabriquer_dues,
    trouver_extraction,
)
from portail_famille.services.journal import Auteur
from portail_famille.services.purges import TRACES_ET_DEMARCHES, Terme, objets_a_jeter
from tests.support.temps import MERCREDI_SOIR, HorlogeReglable
from tests.support.village import Village

TOUT: dict[str, Any] = asdict(Filtre())
NOMBRE = AU_PLUS_TOT + 101


@pytest.fixture
def coffre(tmp_path: Path) -> Coffre:
    return coffre_de(tmp_path, "une clé de test qui a plus de trente-deux caractères")


@pytest.fixture
def rose(village: Village) -> Auteur:
    with village.bd.session_ecriture() as session:
        role = Attribution(Role.LECTURE)
        return Auteur(
            Cote.AGENT, creer_agent(session, "Rose", "Aubert", "rose@mairie.example", [role], MERCREDI_SOIR).id
        )


def remplir(village: Village, nombre: int) -> None:
    foyers = list(village.foyers.values())
    with village.bd.session_ecriture() as session:
        session.execute(
            insert(Demarche),
            [
                {
                    "numero": f"D2025-{n:06d}",
                    "genre": "coordonnees",
                    "etat": "deposee",
                    "version": 1,
                    "foyer_id": foyers[n % len(foyers)],
                    "avant": {},
                    "contenu": {},
                    "motif": "",
                    "deposee_utc": MERCREDI_SOIR,
                    "modifiee_utc": MERCREDI_SOIR,
                }
                for n in range(nombre)
            ],
        )


def demander(village: Village, rose: Auteur, criteres: dict[str, Any] = TOUT, format_: str = "csv") -> Any:
    assert rose.compte_id is not None
    with village.bd.session_lecture() as lecture, village.bd.session_ecriture() as ecriture:
        perimetre = perimetre_de(lecture, rose.compte_id, Action.LIRE, MERCREDI_SOIR.date())
        return exporter(lecture, ecriture, perimetre, "demarches", format_, criteres, rose, MERCREDI_SOIR)


def relire(village: Village, demandee: Extraction) -> Extraction:
    with village.bd.session_lecture() as session:
        return session.get_one(Extraction, demandee.id)


def test_a_short_list_is_given_at_once_with_a_line_in_the_journal(village: Village, rose: Auteur) -> None:
    remplir(village, 30)
    nom, octets = demander(village, rose, TOUT | {"recherche": "morel"})
    lignes = octets.decode("utf-8-sig").replace(chr(34), "").splitlines()
    assert nom == "demandes-2026-12-02-18h00.csv"
    assert lignes[0].startswith("Numéro;Sujet;État;Famille")
    assert len(lignes) == 1 + 6
    assert all("Morel" in ligne for ligne in lignes[1:])
    with village.bd.session_lecture() as session:
        acte = session.scalars(select(ActeJournal).where(ActeJournal.action == "liste_exportee")).one()
        assert (acte.compte_id, acte.details) == (rose.compte_id, {"motif": "demandes, 6 lignes"})
        assert session.scalars(select(Extraction)).all() == []


def test_a_long_list_is_made_by_the_worker_whole_and_once(village: Village, rose: Auteur, coffre: Coffre) -> None:
    remplir(village, NOMBRE)
    demandee, horloge = demander(village, rose), HorlogeReglable()
    assert demander(village, rose).id == demandee.id, "asked for twice, made once"
    assert fabriquer_dues(village.bd, coffre, horloge, lambda: True) == 1
    assert fabriquer_dues(village.bd, coffre, horloge, lambda: True) == 0
    faite = relire(village, demandee)
    assert (faite.etat, faite.fait, faite.total) == ("prete", NOMBRE, NOMBRE)
    assert faite.objet is not None
    lignes = coffre.get(faite.objet).decode("utf-8-sig").replace(chr(34), "").splitlines()[1:]
    assert [ligne.partition(";")[0] for ligne in lignes] == [f"D2025-{n:06d}" for n in range(NOMBRE)]
    with village.bd.session_lecture() as session:
        assert trouver_extraction(session, faite.id, faite.compte_id, MERCREDI_SOIR) is not None
        assert trouver_extraction(session, faite.id, village.comptes["camille"], MERCREDI_SOIR) is None
        assert trouver_extraction(session, faite.id, faite.compte_id, MERCREDI_SOIR + CONSERVATION) is None


def test_a_worker_killed_in_the_middle_is_taken_over_after_its_lease(
    village: Village, rose: Auteur, coffre: Coffre, monkeypatch: pytest.MonkeyPatch
) -> None:
    remplir(village, NOMBRE)
    demandee, horloge = demander(village, rose), HorlogeReglable()

    class Mort(BaseException):
        pass

    def mourir(*_: object) -> bytes:
        raise Mort

    with monkeypatch.context() as tue:
        tue.setattr(extractions, "ecrire", mourir)
        with pytest.raises(Mort):
            fabriquer_dues(village.bd, coffre, horloge, lambda: True)
    assert relire(village, demandee).etat == "en_cours"
    assert fabriquer_dues(village.bd, coffre, horloge, lambda: True) == 0, "its lease still runs"
    horloge.maintenant += BAIL
    assert fabriquer_dues(village.bd, coffre, horloge, lambda: True) == 1
    assert relire(village, demandee).etat == "prete"


def test_a_worker_told_to_stop_leaves_it_to_the_next(village: Village, rose: Auteur, coffre: Coffre) -> None:
    remplir(village, NOMBRE)
    demandee, horloge, tours = demander(village, rose), HorlogeReglable(), iter((True, True, False))
    assert fabriquer_dues(village.bd, coffre, horloge, lambda: next(tours, False)) == 0
    assert relire(village, demandee).etat == "demandee"
    assert fabriquer_dues(village.bd, coffre, horloge, lambda: True) == 1


def test_a_worker_that_overslept_gives_way(
    village: Village, rose: Auteur, coffre: Coffre, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own file is thrown away: the other worker's is the one that is read."""
    remplir(village, NOMBRE)
    demandee, horloge = demander(village, rose), HorlogeReglable()
    objets: list[str] = []

    def dormir(*args: Any) -> bytes:
        octets: bytes = ecrire(*args)
        if not objets:
            objets.append("first")
            horloge.maintenant += BAIL
            assert fabriquer_dues(village.bd, coffre, horloge, lambda: True) == 1
        return octets

    monkeypatch.setattr(extractions, "ecrire", dormir)
    assert fabriquer_dues(village.bd, coffre, horloge, lambda: True) == 0
    faite = relire(village, demandee)
    assert faite.etat == "prete"
    with village.bd.session_lecture() as session:
        assert objets_a_jeter(session, coffre, MERCREDI_SOIR + timedelta(days=4000)) == []
    assert list(coffre.objets(MERCREDI_SOIR + timedelta(days=4000))) == [faite.objet]


def test_a_storage_that_is_away_puts_the_list_off(
    village: Village, rose: Auteur, coffre: Coffre, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not failed: the agent waits for the same file, made when the storage is back."""
    remplir(village, NOMBRE)
    demandee, horloge = demander(village, rose), HorlogeReglable()

    def manquer(_octets: bytes) -> str:
        raise CoffreInjoignable

    with monkeypatch.context() as panne:
        panne.setattr(coffre, "put", manquer)
        assert fabriquer_dues(village.bd, coffre, horloge, lambda: True) == 0
    assert relire(village, demandee).etat == "en_cours"
    horloge.maintenant += BAIL
    assert fabriquer_dues(village.bd, coffre, horloge, lambda: True) == 1
    assert relire(village, demandee).etat == "prete"


def test_a_role_lost_meanwhile_gives_no_list(village: Village, rose: Auteur, coffre: Coffre) -> None:
    remplir(village, NOMBRE)
    demandee = demander(village, rose)
    assert rose.compte_id is not None
    with village.bd.session_ecriture() as session:
        assert retirer_role(session, rose.compte_id, Attribution(Role.LECTURE), MERCREDI_SOIR)
    assert fabriquer_dues(village.bd, coffre, HorlogeReglable(), lambda: True) == 0
    assert (relire(village, demandee).etat, relire(village, demandee).objet) == ("echouee", None)


def test_too_many_lists_at_once_are_refused(village: Village, rose: Auteur) -> None:
    remplir(village, NOMBRE)
    for format_ in ("csv", "xlsx"):
        for tri in ("anciennes", "echeance"):
            for genre in ("", "coordonnees"):
                demander(village, rose, TOUT | {"tri": tri, "genre": genre}, format_)
    demander(village, rose, TOUT | {"assignee": "personne"})
    demander(village, rose, TOUT | {"assignee": "personne"}, "xlsx")
    with pytest.raises(RegleViolee):
        demander(village, rose, TOUT | {"assignee": "personne", "tri": "echeance"})


def test_the_purge_takes_the_row_then_the_file(village: Village, rose: Auteur, coffre: Coffre) -> None:
    remplir(village, NOMBRE)
    demandee = demander(village, rose)
    fabriquer_dues(village.bd, coffre, HorlogeReglable(), lambda: True)
    (etape,) = [e for e in TRACES_ET_DEMARCHES if e.libelle == "listes téléchargées par les agents"]
    tard = MERCREDI_SOIR + timedelta(days=4000)
    with village.bd.session_ecriture() as session:
        assert etape.passer(session, Terme(MERCREDI_SOIR, ReglagesConservation(), 90)) == 0
        assert objets_a_jeter(session, coffre, tard) == []
        apres = MERCREDI_SOIR + CONSERVATION + timedelta(seconds=1)
        assert etape.passer(session, Terme(apres, ReglagesConservation(), 90)) == 1
        assert session.get(Extraction, demandee.id) is None
        assert len(objets_a_jeter(session, coffre, tard)) == 1
