"""Who may be enrolled, over which days, and for how many a place is left."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portail_famille.domain.inscriptions import (
    CampagneInscription,
    Candidat,
    InscriptionScolaire,
    RefusInscription,
    age_en_mois,
    anniversaire,
    est_de_la_classe,
    juger_inscription,
    occupation,
    periode_libre,
    places_restantes,
    rang_de_classe,
)

RENTREE, FIN = date(2026, 9, 1), date(2027, 7, 2)
AOUT = date(2026, 8, 20)
SAISON = CampagneInscription(RENTREE, FIN)
ZOE = Candidat(date(2021, 8, 14), "GS", "ecole", est_resident=True)

JOURS = st.dates(date(2026, 6, 1), date(2027, 9, 30))
PERIODES = st.tuples(JOURS, st.integers(0, 120)).map(lambda p: (p[0], p[0] + timedelta(days=p[1])))


def avec(**regles: object) -> CampagneInscription:
    return CampagneInscription(RENTREE, FIN, **regles)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("campagne", "candidat", "jour", "code", "phrase"),
    [
        (avec(ouverte_du=AOUT), ZOE, date(2026, 8, 19), "pas_encore", "Les inscriptions ouvrent le 20 août 2026."),
        (
            avec(ouverte_au=AOUT),
            ZOE,
            date(2026, 8, 21),
            "close",
            "Les inscriptions sont closes depuis le 20 août 2026.",
        ),
        (SAISON, ZOE, date(2027, 7, 3), "close", "Les inscriptions sont closes depuis le 2 juillet 2027."),
        (
            avec(residents_seulement=True),
            Candidat(ZOE.naissance, "GS", "ecole", est_resident=False),
            AOUT,
            "non_resident",
            "Réservé aux familles qui habitent la commune.",
        ),
        (avec(ecoles=frozenset({"autre"})), ZOE, AOUT, "autre_ecole", "Réservé aux enfants d’une autre école."),
        (
            avec(classes=("CE1", "CE2")),
            ZOE,
            AOUT,
            "autre_classe",
            "Pour les classes suivantes seulement\u00a0: CE1, CE2.",
        ),
        (
            avec(age_min=6, age_le=date(2027, 5, 14)),
            ZOE,
            AOUT,
            "trop_jeune",
            "Trop jeune de 3 mois\u00a0: il faut 6 ans le 14 mai 2027.",
        ),
        (
            avec(age_min=6),
            ZOE,
            AOUT,
            "trop_jeune",
            "Trop jeune de 12 mois\u00a0: il faut 6 ans, possible à partir du 14 août 2027.",
        ),
        (avec(age_max=4), ZOE, AOUT, "trop_age", "Trop âgé\u00a0: jusqu’à 4 ans."),
    ],
)  # fmt: skip
def test_each_refusal_says_why(
    campagne: CampagneInscription, candidat: Candidat, jour: date, code: str, phrase: str
) -> None:
    empechement = juger_inscription(campagne, candidat, jour)
    assert empechement is not None
    assert (empechement.code, empechement.phrase) == (RefusInscription(code), phrase)


@pytest.mark.parametrize(
    "campagne",
    [
        SAISON,
        avec(ouverte_du=AOUT, ouverte_au=AOUT),
        avec(age_min=5, age_max=5),
        avec(age_min=5, age_le=date(2026, 8, 14)),
        avec(classes=("MS", "GS"), ecoles=frozenset({"ecole"}), residents_seulement=True),
    ],
)
def test_a_child_who_fits_can_be_enrolled(campagne: CampagneInscription) -> None:
    assert juger_inscription(campagne, ZOE, AOUT) is None


def test_a_child_is_of_an_age_until_the_eve_of_the_next() -> None:
    campagne = avec(age_max=5, age_le=date(2027, 8, 13))
    assert juger_inscription(campagne, ZOE, AOUT) is None
    assert juger_inscription(avec(age_max=5, age_le=date(2027, 8, 14)), ZOE, AOUT) is not None


def test_nobody_is_enrolled_or_asks_twice() -> None:
    deja = Candidat(ZOE.naissance, "GS", "ecole", est_resident=True, inscriptions=((RENTREE, FIN),))
    demande = Candidat(ZOE.naissance, "GS", "ecole", est_resident=True, est_demande=True)
    codes = [e and e.code for e in (juger_inscription(SAISON, c, AOUT) for c in (deja, demande))]
    assert codes == [RefusInscription.DEJA_INSCRIT, RefusInscription.DEJA_DEMANDE]


def test_an_enrolment_that_ends_in_the_season_can_be_followed_by_another() -> None:
    assert periode_libre(SAISON, AOUT, [(RENTREE, date(2027, 1, 29))]) == (date(2027, 1, 30), FIN)
    assert periode_libre(SAISON, AOUT, [(date(2027, 1, 4), FIN)]) == (RENTREE, date(2027, 1, 3))
    assert periode_libre(SAISON, date(2026, 11, 2), []) == (date(2026, 11, 2), FIN)
    assert periode_libre(SAISON, FIN + timedelta(days=1), []) is None


@given(JOURS, st.lists(PERIODES, max_size=5))
def test_what_is_given_is_in_the_season_overlaps_nothing_and_begins_as_soon_as_it_can(
    jour: date, inscriptions: list[tuple[date, date]]
) -> None:
    saison = [RENTREE + timedelta(days=n) for n in range((FIN - RENTREE).days + 1)]
    libres = [j for j in saison if j >= jour and not any(du <= j <= au for du, au in inscriptions)]
    periode = periode_libre(SAISON, jour, inscriptions)
    if not libres:
        assert periode is None
        return
    assert periode is not None
    du, au = periode
    assert du == libres[0]
    assert set(libres) >= {du + timedelta(days=n) for n in range((au - du).days + 1)}
    assert au == FIN or au + timedelta(days=1) not in libres


@given(st.lists(st.tuples(st.integers(1, 4), PERIODES).map(lambda s: (s[0], *s[1])), max_size=8), PERIODES)
def test_occupation_is_that_of_the_fullest_day(
    sejours: list[tuple[int, date, date]], periode: tuple[date, date]
) -> None:
    du, au = periode
    jours = [du + timedelta(days=n) for n in range((au - du).days + 1)]
    par_jour = [len({enfant for enfant, debut, fin in sejours if debut <= jour <= fin}) for jour in jours]
    assert occupation(sejours, du, au) == max(par_jour)


def test_a_child_of_two_foyers_takes_one_place_and_none_from_itself() -> None:
    campagne = avec(places={"centre": 1})
    sejours = [(1, RENTREE, FIN), (1, RENTREE, FIN)]
    assert places_restantes(campagne, "centre", sejours, 1, RENTREE, FIN) == 1
    assert places_restantes(campagne, "centre", sejours, 2, RENTREE, FIN) == 0
    assert places_restantes(campagne, "centre", [*sejours, (3, RENTREE, FIN)], 2, RENTREE, FIN) == 0
    assert places_restantes(campagne, "ecole", sejours, 2, RENTREE, FIN) is None


@pytest.mark.parametrize(
    ("naissance", "jour", "mois"),
    [
        (date(2021, 8, 14), date(2026, 8, 13), 59),
        (date(2021, 8, 14), date(2026, 8, 14), 60),
        (date(2021, 8, 31), date(2021, 9, 30), 0),
        (date(2027, 1, 1), date(2026, 9, 1), 0),
    ],
)
def test_age_counts_whole_months(naissance: date, jour: date, mois: int) -> None:
    assert age_en_mois(naissance, jour) == mois


@given(st.dates(date(2005, 1, 1), date(2026, 12, 31)), st.integers(0, 20))
def test_an_age_is_reached_on_its_birthday_and_not_the_day_before(naissance: date, age: int) -> None:
    jour = anniversaire(naissance, age)
    assert age_en_mois(naissance, jour) == age * 12
    assert age == 0 or age_en_mois(naissance, jour - timedelta(days=1)) == age * 12 - 1


@pytest.mark.parametrize(
    ("classe", "voulues", "est_des_leurs"),
    [
        ("CM1 B", ("CM1",), True),
        ("cm1-cm2", ("CM2",), True),
        ("Très grands", ("tres grands",), True),
        ("CM1", ("CM2",), False),
        ("CM", ("CM1",), False),
        ("", ("CP",), False),
    ],
)
def test_a_class_is_known_by_its_words(classe: str, voulues: tuple[str, ...], est_des_leurs: bool) -> None:
    assert est_de_la_classe(classe, voulues) is est_des_leurs


def test_classes_are_told_in_the_order_of_a_school() -> None:
    ordre = ["Toute petite section", "PS", "Moyenne section", "GS-CP", "CP", "CE1 B", "CE2-CM1", "CM2", "ULIS"]
    assert sorted(sorted(ordre), key=rang_de_classe) == ordre


def test_a_level_is_proposed_by_the_year_of_birth() -> None:
    annee = InscriptionScolaire("2027-2028", date(2027, 9, 1), ("maternelle", "elementaire"))
    proposes = {n: annee.niveau_propose(date(n, 12, 31)) for n in (2025, 2024, 2022, 2021, 2017, 2016)}
    assert proposes == {2025: "", 2024: "PS", 2022: "GS", 2021: "CP", 2017: "CM2", 2016: ""}


def test_a_town_opens_the_levels_and_schools_it_has() -> None:
    annee = InscriptionScolaire(
        "2027-2028",
        date(2027, 9, 1),
        ("maternelle", "elementaire", "groupe"),
        du=date(2027, 2, 1),
        au=date(2027, 4, 30),
        naissances={"TPS": 2025, "PS": 2024},
        niveaux={"maternelle": ("TPS", "PS"), "elementaire": ("CP",)},
    )
    assert [annee.niveau_propose(date(n, 1, 1)) for n in (2025, 2024, 2023)] == ["TPS", "PS", ""]
    assert annee.ecoles_du_niveau("PS") == ("maternelle", "groupe")
    ouvertes = [annee.est_ouverte(date(2027, *jour)) for jour in ((1, 31), (2, 1), (4, 30), (5, 1))]
    assert ouvertes == [False, True, True, False]
