"""`[[activite.inscription]]` and `[[inscription_scolaire]]` as a town writes them: each fault is named."""

import json
from datetime import date

import pytest

from portail_famille.domain.catalogue import canonique, lire_catalogue
from portail_famille.domain.inscriptions import CampagneInscription, InscriptionScolaire
from tests.support.documents import analyser, document_de_cantine, fautes

SAISON = "du = 2026-09-01\nau = 2027-07-02\n"
ACTIVITE = "activite cantine"


def document(campagne: str = SAISON, *, activite: str = "", suite: str = "") -> str:
    """The canteen with a campaign; its table follows the unit's, so that no key of the activity falls into it."""
    return document_de_cantine(activite=activite, suite=f"{suite}\n").replace(
        "[[activite.unite]]", f"[activite.inscription]\n{campagne}\n[[activite.unite]]", 1
    )


def test_a_campaign_is_read_whole() -> None:
    texte = """
ouverte_du = 2026-05-15
ouverte_au = 2027-06-01
du = 2026-09-01
au = 2027-07-02
age_min = 3
age_max = 11
age_le = 2026-12-31
classes = ["CE1", "CE2"]
ecoles = ["ecole"]
residents_seulement = true
places = { ecole = 40 }
pieces = ["assurance"]
decision = "automatique"
"""
    [campagne] = lire_catalogue(analyser(document(texte))).activites["cantine"].campagnes
    assert campagne == CampagneInscription(
        du=date(2026, 9, 1),
        au=date(2027, 7, 2),
        ouverte_du=date(2026, 5, 15),
        ouverte_au=date(2027, 6, 1),
        age_min=3,
        age_max=11,
        age_le=date(2026, 12, 31),
        classes=("CE1", "CE2"),
        ecoles=frozenset({"ecole"}),
        residents_seulement=True,
        places={"ecole": 40},
        choix=1,
        pieces=("assurance",),
        est_automatique=True,
    )


def test_an_old_file_has_no_campaign_and_books_at_once() -> None:
    cantine = lire_catalogue(analyser(document_de_cantine())).activites["cantine"]
    assert (cantine.campagnes, cantine.a_valider) == ((), False)


def test_the_season_is_that_of_the_activity_unless_said_otherwise() -> None:
    lu = lire_catalogue(analyser(document("", activite=SAISON))).activites["cantine"]
    assert [(c.du, c.au) for c in lu.campagnes] == [(date(2026, 9, 1), date(2027, 7, 2))]
    assert lu.campagne(date(2027, 7, 2)) is lu.campagnes[0]
    assert lu.campagne(date(2027, 7, 3)) is None


def test_an_activity_whose_bookings_wait_for_an_agent_says_so() -> None:
    assert lire_catalogue(analyser(document_de_cantine(activite="validation = true"))).activites["cantine"].a_valider


def test_next_year_opens_while_this_one_runs() -> None:
    texte = document_de_cantine().replace(
        "[[activite.unite]]",
        "[[activite.inscription]]\ndu = 2027-09-01\nau = 2028-07-01\n"
        f"[[activite.inscription]]\n{SAISON}\n[[activite.unite]]",
        1,
    )
    campagnes = lire_catalogue(analyser(texte)).activites["cantine"].campagnes
    assert [c.du.year for c in campagnes] == [2026, 2027]
    chevauche = texte.replace("2027-09-01", "2027-07-02")
    assert [(f.table, f.cle, f.raison) for f in fautes(chevauche)] == [
        (ACTIVITE, "inscription", "deux inscriptions ont des saisons qui se chevauchent.")
    ]


@pytest.mark.parametrize(
    ("campagne", "cle", "raison"),
    [
        ("au = 2027-07-02", "du", "dites la saison"),
        ("du = 2026-09-01\nau = 2026-08-01", "au", "avant le début"),
        (SAISON + "ouverte_du = 2026-06-02\nouverte_au = 2026-06-01", "ouverte_au", "avant le début"),
        (SAISON + "ouverte_du = 2027-07-03", "ouverte_du", "après la fin"),
        (SAISON + "age_min = 4\nage_max = 3", "age_max", "avant l’âge minimum"),
        (SAISON + "age_min = -1", "age_min", "de 0 à 25"),
        (SAISON + "age_le = 2026-12-31", "age_le", "age_min ou age_max"),
        (SAISON + "classes = []", "classes", "liste de textes"),
        (SAISON + 'ecoles = ["ecol"]', "ecoles", "«\u00a0ecole\u00a0»"),
        (SAISON + "residents_seulement = 1", "residents_seulement", "true ou false"),
        (SAISON + "places = { ecol = 3 }", "places.ecol", "«\u00a0ecole\u00a0»"),
        (SAISON + "places = { ecole = -3 }", "places.ecole", "de 0 à"),
        (SAISON + "choix = 0", "choix", "de 1 à 10"),
        (SAISON + "choix = 2", "choix", "1 structure"),
        (SAISON + 'pieces = ["Mon assurance"]', "pieces", "code d’un document"),
        (SAISON + 'decision = "auto"', "decision", "agent, automatique"),
        (SAISON + "agemin = 3", "agemin", "«\u00a0age_min\u00a0»"),
    ],
)
def test_a_campaign_that_cannot_be_read_is_refused(campagne: str, cle: str, raison: str) -> None:
    trouvees = [(f.table, f.cle, f.raison) for f in fautes(document(campagne))]
    assert [(table, obtenue) for table, obtenue, _ in trouvees] == [(ACTIVITE, f"inscription.{cle}")]
    assert raison in trouvees[0][2]


SCOLAIRE = '[[inscription_scolaire]]\nannee = "2027-2028"\necoles = ["ecole"]\n'


def test_a_school_year_is_read_whole() -> None:
    texte = SCOLAIRE + (
        "rentree = 2027-09-02\ndu = 2027-02-01\nau = 2027-04-30\nnaissances = { PS = 2024, MS = 2023 }\n"
        'niveaux = { ecole = ["MS", "PS"] }\npieces = ["livret_famille"]\n'
    )
    stocke = json.loads(json.dumps(canonique(analyser(document_de_cantine(suite=texte))), sort_keys=True))
    assert lire_catalogue(stocke).scolaires == (
        InscriptionScolaire(
            "2027-2028",
            date(2027, 9, 2),
            ("ecole",),
            date(2027, 2, 1),
            date(2027, 4, 30),
            {"PS": 2024, "MS": 2023},
            {"ecole": ("PS", "MS")},
            ("livret_famille",),
        ),
    )


def test_the_rentree_is_the_first_of_september_unless_said_otherwise() -> None:
    [annee] = lire_catalogue(analyser(document_de_cantine(suite=SCOLAIRE))).scolaires
    assert annee.rentree == date(2027, 9, 1)


@pytest.mark.parametrize(
    ("scolaire", "cle", "raison"),
    [
        (SCOLAIRE.replace("2027-2028", "2027-2029"), "annee", "2027-2028"),
        (SCOLAIRE.replace("2027-2028", "2027"), "annee", "2027-2028"),
        (SCOLAIRE + "rentree = 2028-09-01", "rentree", "a lieu en 2027"),
        (SCOLAIRE + "du = 2027-05-01\nau = 2027-04-30", "au", "avant le début"),
        (SCOLAIRE.replace('"ecole"', '"ecol"'), "ecoles", "«\u00a0ecole\u00a0»"),
        ('[[inscription_scolaire]]\nannee = "2027-2028"', "ecoles", "obligatoire"),
        (SCOLAIRE + "naissances = { PS = 2024, MS = 2024 }", "naissances", "deux niveaux"),
        (SCOLAIRE + "naissances = { PX = 2024 }", "naissances.PX", "clé inconnue"),
        (SCOLAIRE + 'niveaux = { ecole = ["PX"] }', "niveaux.ecole", "«\u00a0PX\u00a0»"),
        (SCOLAIRE + 'niveaux = { autre = ["PS"] }', "niveaux.autre", "clé inconnue"),
        (SCOLAIRE + "classe = 3", "classe", "clé inconnue"),
    ],
)
def test_a_school_year_that_cannot_be_read_is_refused(scolaire: str, cle: str, raison: str) -> None:
    trouvees = [(f.cle, f.raison) for f in fautes(document_de_cantine(suite=scolaire))]
    assert [obtenue for obtenue, _ in trouvees] == [cle]
    assert raison in trouvees[0][1]


def test_a_school_year_is_given_once() -> None:
    [faute] = fautes(document_de_cantine(suite=SCOLAIRE * 2))
    assert (faute.table, faute.cle) == ("inscription_scolaire", "annee")
