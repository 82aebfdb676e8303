"""What a family's file is made of: values checked as people type them, régimes the town chooses."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.fiches import (
    AGE_MAXIMUM,
    CHAMPS,
    CODES_DE_CHAMPS,
    PAR_CODE,
    Champ,
    Cible,
    Regime,
    champs_de,
    empreinte_valeur,
    est_a_verifier,
    lire_valeur,
    regime,
    regimes_agent,
    regimes_de,
)

LE_2 = date(2026, 12, 2)
REGIMES = st.sampled_from([r.value for r in Regime])
SANS_TELEPHONE = [c for cible in Cible for c in champs_de(cible) if c.genre != "telephone"]


def lire(code: str, saisie: str) -> str:
    return lire_valeur(PAR_CODE[code], saisie, LE_2)


def refus(code: str, saisie: str) -> str:
    with pytest.raises(RegleViolee) as erreur:
        lire(code, saisie)
    assert erreur.value.champ == code
    return erreur.value.code


@pytest.mark.parametrize(
    ("saisie", "garde"),
    [
        ("74370", "74370"),
        (" 74 370 ", "74370"),
        ("97411", "97411"),
        ("01000", "01000"),
        ("CH-1204", "CH-1204"),
        ("ch 1204", "CH 1204"),
        ("SW1A 1AA", "SW1A 1AA"),
        ("\uff17\uff14\uff13\uff17\uff10", "74370"),
    ],
)
def test_a_french_code_has_five_digits_and_a_foreign_one_says_its_country(saisie: str, garde: str) -> None:
    assert lire("foyer.code_postal", saisie) == garde


@pytest.mark.parametrize("saisie", ["7437", "743700", "1204", "ABCDE", "74370 ANNECY-LE-VIEUX", "٧٤٣٧٠x", "<b>1</b>"])
def test_a_code_with_a_digit_missing_is_not_a_foreign_one(saisie: str) -> None:
    assert refus("foyer.code_postal", saisie) == "code_postal_invalide"


@pytest.mark.parametrize("saisie", ["2018-04-17", "17/04/2018", "17.4.2018", " 17 04 2018 ", "17-04-2018"])
def test_a_birth_date_is_read_as_a_date_field_sends_it_or_day_first(saisie: str) -> None:
    assert lire("enfant.naissance", saisie) == "2018-04-17"


@pytest.mark.parametrize(
    ("saisie", "code"),
    [
        ("2026-12-03", "date_future"),
        ("03/12/2026", "date_future"),
        ("1987-04-17", "date_trop_ancienne"),
        ("2006-12-02", "date_trop_ancienne"),
        ("31/02/2018", "date_illisible"),
        ("avril 2018", "date_illisible"),
        ("0000-00-00", "date_illisible"),
        ("17/04/18", "date_illisible"),
        ("", "champ_vide"),
    ],
)
def test_a_birth_date_that_cannot_be_a_childs_is_refused(saisie: str, code: str) -> None:
    assert refus("enfant.naissance", saisie) == code


def test_a_child_born_today_and_one_about_to_be_too_old_are_children() -> None:
    assert lire("enfant.naissance", "2026-12-02") == "2026-12-02"
    assert lire("enfant.naissance", f"{2026 - AGE_MAXIMUM}-12-03")


@given(st.dates(max_value=LE_2.replace(year=2029)))
def test_a_date_that_is_kept_is_never_in_the_future_nor_an_adults(jour: date) -> None:
    try:
        garde = date.fromisoformat(lire("enfant.naissance", jour.isoformat()))
    except RegleViolee:
        assert jour > LE_2 or jour.year <= LE_2.year - AGE_MAXIMUM
    else:
        assert garde == jour <= LE_2


def test_an_address_keeps_its_digits_and_gets_its_apostrophes() -> None:
    assert lire("foyer.adresse", " 12 bis,  rue de l'Église\r\nbât. B ") == "12 bis, rue de l’Église bât. B"
    assert lire("foyer.ville", "Lyon 3e") == "Lyon 3e"


@pytest.mark.parametrize(
    ("code", "saisie", "raison"),
    [
        ("foyer.adresse", "x" * 201, "texte_trop_long"),
        ("foyer.adresse", "12 rue\u202e de l’Église", "texte_caractere"),
        ("foyer.ville", "Anne\x00cy", "texte_caractere"),
        ("foyer.ville", "  ", "champ_vide"),
        ("personne.prenom", "", "champ_vide"),
        ("personne.prenom", "Camille2", "nom_chiffre"),
        ("personne.nom", "x" * 61, "nom_trop_long"),
        ("personne.civilite", "Dr", "civilite_inconnue"),
    ],
)
def test_what_cannot_be_kept_says_which_field(code: str, saisie: str, raison: str) -> None:
    assert refus(code, saisie) == raison


@pytest.mark.parametrize("nom", ["d’Artagnan", "Le Gall-O’Brien", "de La Tour du Pin", "Ñandú", "Nguyễn", "x" * 60])
def test_names_with_apostrophes_hyphens_and_particles_stay_as_they_are(nom: str) -> None:
    assert lire("personne.nom", nom) == nom


@given(st.sampled_from(SANS_TELEPHONE), st.text(max_size=230))
def test_whatever_is_typed_is_refused_with_its_field_or_kept_once_and_for_all(champ: Champ, saisie: str) -> None:
    """Reading again what was kept changes nothing: a form sent back untouched is no change."""
    garde, fautif = "", champ.code
    try:
        garde = lire(champ.code, saisie)
    except RegleViolee as erreur:
        fautif = erreur.champ or ""
    assert fautif == champ.code
    assert champ.genre == "date" or len(garde) <= champ.longueur
    assert not garde or lire(champ.code, garde) == garde


@given(st.dictionaries(st.sampled_from(CODES_DE_CHAMPS), REGIMES), st.sampled_from(CODES_DE_CHAMPS), st.booleans())
def test_the_town_decides_and_a_structure_in_lecture_only_closes(
    reglages: dict[str, str], code: str, est_lecture: bool
) -> None:
    voulu = Regime(reglages.get(code, PAR_CODE[code].regime.value))
    obtenu = regime(code, reglages, est_lecture=est_lecture)
    if est_lecture:
        assert obtenu is (Regime.CACHE if voulu is Regime.CACHE else Regime.LECTURE)
    else:
        assert obtenu is voulu


def test_identity_and_residence_ask_an_agent_unless_the_town_says_otherwise() -> None:
    assert regimes_de(Cible.FOYER, {})["foyer.adresse"] is Regime.DEMANDE
    assert regimes_de(Cible.PERSONNE, {})["personne.nom"] is Regime.DEMANDE
    assert regimes_de(Cible.PERSONNE, {})["personne.telephone"] is Regime.DIRECT


def test_an_agent_corrects_every_field_of_a_form_at_once() -> None:
    for cible in Cible:
        permis = regimes_agent(cible)
        assert set(permis) == set(regimes_de(cible, {}))
        assert set(permis.values()) == {Regime.DIRECT}


def test_health_and_contacts_are_no_field_of_a_form() -> None:
    dans_un_formulaire = {champ.code for cible in Cible for champ in champs_de(cible)}
    assert {c.code for c in CHAMPS} - dans_un_formulaire == {"enfant.sante", "enfant.autorisations", "enfant.contacts"}


def test_two_values_have_two_prints() -> None:
    assert empreinte_valeur("12 rue du Port") != empreinte_valeur("14 rue du Port")
    assert len(empreinte_valeur("")) == 8


@pytest.mark.parametrize(
    ("verifie", "mois", "attendu"),
    [
        (None, 12, True),
        (date(2025, 12, 2), 12, True),
        (date(2025, 12, 3), 12, False),
        (date(2026, 11, 2), 1, True),
        (date(2026, 11, 3), 1, False),
        (LE_2, 12, False),
    ],
)
def test_the_file_is_checked_again_after_whole_months(verifie: date | None, mois: int, attendu: bool) -> None:
    assert est_a_verifier(verifie, LE_2, mois) is attendu
