"""What becomes of an attempt after each answer, at each age: the table, and what holds whatever comes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portail_famille.domain.payfip import Detail
from portail_famille.domain.suites_payfip import Attendu, Silence, Suite, suite

CREE = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ATTENDU = Attendu("001234", "2026PE000127E01", 4250, "T")
ETATS = ("creee", "en_attente", "paye", "annule", "refuse", "expire", "echec")


def detail(lettre: str = "P", instant: datetime | None = None) -> Detail:
    return Detail(
        idop="x" * 36,
        numcli="001234",
        refdet="2026PE000127E01",
        montant=4250,
        saisie="T",
        resultrans=lettre,
        instant=instant,
    )


def apres(reponse: Detail | Silence, minutes: float, etat: str = "en_attente", est_bloquant: bool = True) -> Suite:
    maintenant = CREE + timedelta(minutes=minutes)
    return suite(etat, ATTENDU, reponse, est_bloquant=est_bloquant, cree=CREE, maintenant=maintenant)


@pytest.mark.parametrize("lettre", ["P", "V"])
@pytest.mark.parametrize("etat", [etat for etat in ETATS if etat != "paye"])
@pytest.mark.parametrize("minutes", [1, 30, 60 * 30])
def test_money_received_is_booked_whatever_was_thought_before_and_however_late(
    lettre: str, etat: str, minutes: int
) -> None:
    issue = apres(detail(lettre), minutes, etat)
    assert issue == Suite("paye", False, None, est_a_encaisser=True, resultat=lettre)


@pytest.mark.parametrize("reponse", [detail("P"), detail("V"), *Silence])
def test_what_is_paid_stays_paid_and_is_booked_once(reponse: Detail | Silence) -> None:
    assert apres(reponse, 10, "paye", est_bloquant=False) == Suite("paye", False, None)


def test_a_payment_that_payfip_takes_back_is_shown_to_an_agent() -> None:
    issue = apres(detail("Z"), 10, "paye", est_bloquant=False)
    assert (issue.etat, issue.est_a_encaisser) == ("paye", False)
    assert "«\u00a0Z\u00a0»" in issue.anomalie


@pytest.mark.parametrize(("lettre", "etat"), [("A", "annule"), ("R", "refuse"), ("Z", "refuse")])
def test_a_refusal_lets_the_parent_try_again_at_once(lettre: str, etat: str) -> None:
    issue = apres(detail(lettre, CREE), 3)
    assert (issue.etat, issue.est_bloquant, issue.resultat) == (etat, False, lettre)
    # Its link has served: nothing more is awaited of it; it is asked about all the same while its page could be open.
    assert issue.prochaine is not None
    assert apres(detail(lettre, CREE), 25).prochaine is None


def test_a_cancellation_under_two_minutes_old_is_not_believed_yet() -> None:
    fini = CREE + timedelta(minutes=10)
    jeune = apres(detail("A", fini), 11)
    assert (jeune.etat, jeune.est_bloquant, jeune.resultat) == ("en_attente", True, "")
    assert jeune.prochaine == CREE + timedelta(minutes=13)
    assert apres(detail("A", fini), 12).etat == "annule"
    # Without its hour, the link's; with one that is yet to come, or long gone, too.
    assert apres(detail("A"), 1).etat == "en_attente"
    assert apres(detail("A"), 2).etat == "annule"
    assert apres(detail("A", CREE + timedelta(days=400)), 2).etat == "annule"
    assert apres(detail("A", CREE - timedelta(days=400)), 1).etat == "en_attente"


@pytest.mark.parametrize(
    ("minutes", "etat", "bloque"),
    [(1, "en_attente", True), (19.9, "en_attente", True), (20, "en_attente", False), (60 * 24, "expire", False)],
)
def test_no_result_yet_forbids_another_attempt_for_20_minutes_and_expires_after_a_day(
    minutes: float, etat: str, bloque: bool
) -> None:
    issue = apres(Silence.EN_ATTENTE, minutes, "creee")
    assert (issue.etat, issue.est_bloquant) == (etat, bloque)
    assert (issue.prochaine is None) == (etat == "expire")
    assert not apres(Silence.EN_ATTENTE, minutes, "creee", est_bloquant=False).est_bloquant


def test_what_payfip_has_forgotten_is_over_and_still_asked_about_that_day() -> None:
    issue = apres(Silence.INCONNU, 20)
    assert (issue.etat, issue.est_bloquant) == ("expire", False)
    assert issue.prochaine == CREE + timedelta(minutes=30)


@pytest.mark.parametrize("minutes", [0, 3, 19.9])
def test_what_payfip_does_not_know_while_its_page_may_be_open_forbids_another_attempt(minutes: float) -> None:
    issue = apres(Silence.INCONNU, minutes)
    assert (issue.etat, issue.est_bloquant) == ("en_attente", True)


def test_a_payfip_that_does_not_answer_changes_nothing_and_is_asked_for_as_long_as_it_takes() -> None:
    issue = apres(Silence.INDISPONIBLE, 45)
    assert (issue.etat, issue.est_bloquant, issue.prochaine) == ("en_attente", True, CREE + timedelta(hours=1))
    lendemain = apres(Silence.INDISPONIBLE, 60 * 40)
    assert (lendemain.etat, lendemain.est_bloquant) == ("en_attente", True)
    assert lendemain.prochaine == CREE + timedelta(hours=41)


@pytest.mark.parametrize("lettre", ["P", "V", "A", "R", "Z"])
@pytest.mark.parametrize(
    ("autre", "mot"),
    [
        ({"montant": 4251}, "montant"),
        ({"refdet": "2026PE000128E01"}, "référence"),
        ({"numcli": "001235"}, "numéro client"),
        ({"saisie": "W"}, "mode"),
    ],
)
def test_what_is_not_exactly_what_was_asked_is_never_booked(lettre: str, autre: dict[str, str], mot: str) -> None:
    issue = apres(replace(detail(lettre), **autre), 3)  # type: ignore[arg-type]
    assert (issue.etat, issue.est_a_encaisser) == ("echec", False)
    assert mot in issue.anomalie
    assert len(issue.anomalie) <= 200
    # Money may be there: nobody pays a second time before an agent has looked.
    assert issue.est_bloquant == (lettre in "PV")


_INSTANTS = st.none() | st.timedeltas(timedelta(days=-2), timedelta(days=2)).map(lambda ecart: CREE + ecart)
_DETAILS = st.builds(detail, st.sampled_from("PVARZ"), _INSTANTS) | st.builds(
    lambda lettre, montant: replace(detail(lettre), montant=montant), st.sampled_from("PVARZ"), st.integers(0)
)


@given(
    st.sampled_from(ETATS),
    _DETAILS | st.sampled_from(Silence),
    st.booleans(),
    st.timedeltas(timedelta(0), timedelta(days=4)),
)
def test_three_rules_hold_whatever_comes(etat: str, reponse: Detail | Silence, bloquait: bool, age: timedelta) -> None:
    maintenant = CREE + age
    issue = suite(etat, ATTENDU, reponse, est_bloquant=bloquait, cree=CREE, maintenant=maintenant)
    recu = isinstance(reponse, Detail) and reponse.resultrans in "PV" and reponse.montant == ATTENDU.montant
    assert issue.etat in ETATS
    # Money received for what was asked is booked, once; nothing else ever is.
    assert issue.est_a_encaisser == (recu and etat != "paye")
    # An attempt that was let go never forbids another again: another may have begun.
    assert bloquait or not issue.est_bloquant
    # What is not known to have ended is asked about again.
    assert issue.etat not in ("creee", "en_attente") or (issue.prochaine is not None and issue.prochaine > maintenant)
