"""Rules of absence in a town's file: what can be said, and each fault by its name."""

import pytest

from portail_famille.domain.absences import DecisionAbsence, Justificatif, MotifAbsence, Palier, RegleAbsence
from portail_famille.domain.comptage import ECOLE
from tests.support.documents import document_de_cantine, fautes, lire

REGLE = """
[[activite.absence]]
motifs = ["maladie", "maladie_recurrente"]
justificatif = "obligatoire"
paliers = [{ heures = 72, carence = 0 }, { jours = 10, carence = 2 }]
"""
SORTIE = """
[[activite.absence]]
motifs = ["sortie_scolaire", "greve"]
decision = "automatique"
carence_en = "jours_calendaires"
paliers = [{ jours_ecole = 1, avant = "9h" }]
"""


def document(absences: str) -> str:
    """The cantine with these rules, after its unit."""
    return document_de_cantine(suite=absences)


def faute(absences: str) -> tuple[str, str, str]:
    trouvees = fautes(document(absences))
    assert len(trouvees) == 1, [str(f) for f in trouvees]
    return trouvees[0].table, trouvees[0].cle, trouvees[0].raison.replace("\u00a0", " ").replace("\u202f", " ")


def test_the_règlement_is_read_as_it_is_printed() -> None:
    assert lire(document(REGLE + SORTIE)).activites["cantine"].absences == (
        RegleAbsence(
            frozenset({MotifAbsence.MALADIE, MotifAbsence.MALADIE_RECURRENTE}),
            Justificatif.OBLIGATOIRE,
            (Palier(0, heures=72), Palier(2, jours=10)),
        ),
        RegleAbsence(
            frozenset({MotifAbsence.SORTIE_SCOLAIRE, MotifAbsence.GREVE}),
            Justificatif.AUCUN,
            (Palier(0, jours=1, comptage=ECOLE, minutes=540),),
            DecisionAbsence.AUTOMATIQUE,
            en_calendaires=True,
        ),
    )


def test_an_activity_that_says_nothing_justifies_nothing() -> None:
    assert lire(document("")).activites["cantine"].absences == ()


@pytest.mark.parametrize(
    ("avant", "apres", "cle", "raison"),
    [
        ('"maladie", ', '"malade", ', "motifs", "le plus proche est « maladie »"),
        ('motifs = ["maladie", "maladie_recurrente"]\n', "", "motifs", "clé obligatoire absente"),
        ('"obligatoire"', '"obligatoir"', "justificatif", "le plus proche est « obligatoire »"),
        ("carence = 2", "carence = -1", "paliers[2].carence", "de 0 à 366"),
        ("carence = 0", "carence = 3", "paliers[2].carence", "ne peut pas coûter moins cher"),
        ("jours = 10", "jours = 1", "paliers[2]", "ne servirait jamais"),
        ("jours = 10", "heures = 72", "paliers[2]", "ne servirait jamais"),
        ("heures = 72", "jours = 10", "paliers[2]", "ne servirait jamais"),
        ("heures = 72", "jours = 12", "paliers[2]", "ne servirait jamais"),
        ("heures = 72,", 'heures = 72, avant = "9h",', "paliers[1].avant", "ne va pas avec « heures »"),
        ("heures = 72,", "heures = 72, jours = 2,", "paliers[1]", "pas à la fois"),
        ("heures = 72,", "", "paliers[1]", "il faut une seule de ces clés"),
        ("jours = 10", 'jours = 10, avant = "25h"', "paliers[2].avant", "n’est pas une heure"),
        ("heures = 72", "heures = -72", "paliers[1].heures", "de 0 à 8784"),
        ("paliers =", 'decision = "automatique"\npaliers =', "decision", "se lit"),
        ("paliers =", "delai = 3\npaliers =", "delai", "clé inconnue"),
        ("paliers =", 'carence_en = "jours"\npaliers =', "carence_en", "choisissez parmi jours_reserves"),
    ],
)
def test_a_fault_names_its_table_its_key_and_its_reason(avant: str, apres: str, cle: str, raison: str) -> None:
    assert avant in REGLE
    table, ou, pourquoi = faute(REGLE.replace(avant, apres, 1))
    assert (table, ou) == ("activite cantine / absence n° 1", cle)
    assert raison in pourquoi


def test_a_motif_has_one_rule_in_an_activity() -> None:
    table, cle, raison = faute(REGLE + SORTIE.replace('"greve"', '"maladie"'))
    assert (table, cle) == ("activite cantine / absence n° 2", "motifs")
    assert "déjà dans l’absence n° 1" in raison


def test_hours_need_an_hour_to_count_from() -> None:
    sans_heure = document(REGLE).replace('debut = "11:45"\n', "", 1)
    assert ['donnez debut = "08:30"' in f.raison for f in fautes(sans_heure)] == [True]
    assert fautes(sans_heure.replace("paliers =", 'debut = "08:30"\npaliers =')) == ()
