"""The school asked for: as the town opens it, answered by an agent, written on the day of the rentrée."""

from datetime import date
from typing import Any

import pytest

from portail_famille.config import ReglagesCommune
from portail_famille.domain.demarches import Cote
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.models.foyers import Enfant
from portail_famille.services import demarches
from portail_famille.services.inscriptions_scolaires import (
    appliquer_rentrees,
    appliquer_scolaire,
    demander_scolaire,
    lire_decision_scolaire,
    preparer_scolaire,
)
from portail_famille.services.journal import Auteur
from tests.services.test_inscriptions import AGENT, lire
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import RENTREE, Village

ANNEE = {
    "annee": "2027-2028",
    "rentree": date(2027, 9, 1),
    "ecoles": ["ecole", "centre"],
    "du": date(2026, 11, 1),
    "niveaux": {"centre": ["PS"]},
}


def demander_ecole(
    village: Village, enfant: str = "zoe", qui: str = "nadia", foyer: str = "petit", **saisie: str
) -> str:
    with village.bd.session_ecriture() as session:
        return demander_scolaire(
            session,
            village.dossier(session, qui, foyer),
            village.enfants[enfant],
            {"annee": "2027-2028", "niveau": "CP", "ecole": "", **saisie},
            pieces=[],
            auteur=Auteur(Cote.FAMILLE, village.comptes[qui]),
        ).numero


def accepter_ecole(village: Village, reglages: ReglagesCommune, numero: str, maintenant: Any, **champs: str) -> None:
    with village.bd.session_ecriture() as session:
        demarche = lire(session, numero)
        decision = lire_decision_scolaire(session, demarche, champs, reglages, maintenant)
        demarche.contenu = {**demarche.contenu, "decision": decision}
        demarches.accepter(session, demarche, demarche.version, AGENT, maintenant, appliquer_scolaire)


def ecole_de(village: Village, enfant: str) -> tuple[str, str]:
    with village.bd.session_lecture() as session:
        ligne = session.get_one(Enfant, village.enfants[enfant])
        return village.regles.structures.get(ligne.structure_id or 0, ""), ligne.classe


def test_a_child_keeps_its_school_until_the_rentree_then_the_worker_writes_the_new_one_once(
    village: Village, reglages: ReglagesCommune
) -> None:
    village.changer_regles(inscription_scolaire=[ANNEE])
    numero = demander_ecole(village, niveau="PS", ecole="centre", derogation="Sa sœur y est.")
    with village.bd.session_lecture() as session:
        vue = preparer_scolaire(session, lire(session, numero), reglages, MERCREDI_SOIR)
    assert (vue["scolaire_ecoles"], vue["scolaire_rentree"]) == (
        [("ecole", "École des Tilleuls"), ("centre", "Centre de loisirs")],
        "1er septembre 2027",
    )
    accepter_ecole(village, reglages, numero, MERCREDI_SOIR, ecole="centre", classe="PS A")
    assert ecole_de(village, "zoe") == ("ecole", "")
    for jour, combien in (
        (MERCREDI_SOIR, 0),
        (MERCREDI_SOIR.replace(2027, 9, 1), 1),
        (MERCREDI_SOIR.replace(2027, 9, 2), 0),
    ):
        with village.bd.session_ecriture() as session:
            assert appliquer_rentrees(session, reglages, jour) == combien
    assert ecole_de(village, "zoe") == ("centre", "PS A")


def test_once_the_year_has_begun_the_school_changes_at_once(village: Village, reglages: ReglagesCommune) -> None:
    village.changer_regles(inscription_scolaire=[ANNEE | {"annee": "2026-2027", "rentree": RENTREE}])
    numero = demander_ecole(village, annee="2026-2027", niveau="PS")
    accepter_ecole(village, reglages, numero, MERCREDI_SOIR, ecole="centre")
    assert ecole_de(village, "zoe") == ("centre", "PS")
    with village.bd.session_ecriture() as session:
        assert appliquer_rentrees(session, reglages, MERCREDI_SOIR) == 0


def test_a_school_must_be_chosen_among_those_of_the_level(village: Village, reglages: ReglagesCommune) -> None:
    village.changer_regles(inscription_scolaire=[ANNEE])
    numero = demander_ecole(village)
    for champs, champ in (
        ({}, "ecole"),
        ({"ecole": "centre"}, "ecole"),
        ({"ecole": "ecole", "classe": "x" * 41}, "classe"),
    ):
        with pytest.raises(RegleViolee) as refus:
            accepter_ecole(village, reglages, numero, MERCREDI_SOIR, **champs)
        assert refus.value.champ == champ


@pytest.mark.parametrize(
    ("saisie", "code"),
    [
        ({"annee": "2028-2029"}, "annee_close"),
        ({"niveau": "6e"}, "ecole_inconnue"),
        ({"niveau": "CP", "ecole": "centre"}, "ecole_inconnue"),
    ],
)
def test_a_school_year_is_asked_as_the_town_opens_it(village: Village, saisie: dict[str, str], code: str) -> None:
    village.changer_regles(inscription_scolaire=[ANNEE])
    with pytest.raises(RegleViolee) as refus:
        demander_ecole(village, **saisie)
    assert refus.value.code == code


def test_one_school_year_is_asked_once(village: Village) -> None:
    village.changer_regles(inscription_scolaire=[ANNEE])
    demander_ecole(village)
    with pytest.raises(RegleViolee) as refus:
        demander_ecole(village, qui="julien")
    assert refus.value.code == "deja_demande"
