"""Codes of an agent's telephone (RFC 6238): good ones, used once, kept encrypted."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from portail_famille.gateways.chiffre import Chiffre, Illisible
from portail_famille.models.bd import BD
from portail_famille.models.comptes import CodeSecours, SecondFacteur
from portail_famille.services import second_facteur
from portail_famille.services.second_facteur import Preuve
from tests.support.agents import agent, code_de
from tests.support.temps import MERCREDI_SOIR

CLE = "clé des tests, sans valeur ailleurs : 0123456789"
CHIFFRE = Chiffre(CLE)
# RFC 6238, appendix B: the secret of its SHA-1 table, and its eight-digit codes cut to six.
SECRET_RFC = b"12345678901234567890"
TABLE_RFC = [
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (2000000000, "279037"),
]


@pytest.fixture
def rose(bd: BD) -> int:
    with bd.session_ecriture() as session:
        compte_id = agent(session).id
        second_facteur.installer(session, compte_id, SECRET_RFC, CHIFFRE, MERCREDI_SOIR)
        return compte_id


def reconnaitre(bd: BD, compte_id: int, saisie: str, instant: datetime = MERCREDI_SOIR) -> Preuve | None:
    with bd.session_lecture() as session:
        return second_facteur.reconnaitre(session, compte_id, saisie, CHIFFRE, CLE, instant)


def consommer(bd: BD, compte_id: int, preuve: Preuve) -> bool:
    with bd.session_ecriture() as session:
        return second_facteur.consommer(session, compte_id, preuve, MERCREDI_SOIR)


def consommer_deux_fois(bd: BD, compte_id: int, preuve: Preuve) -> list[bool]:
    barriere, faites = threading.Barrier(2), list[bool]()

    def essayer() -> None:
        barriere.wait()
        faites.append(consommer(bd, compte_id, preuve))

    fils = [threading.Thread(target=essayer) for _ in range(2)]
    for fil in fils:
        fil.start()
    for fil in fils:
        fil.join()
    return faites


@pytest.mark.parametrize(("secondes", "code"), TABLE_RFC)
def test_the_codes_are_those_of_the_standard(bd: BD, rose: int, secondes: int, code: str) -> None:
    preuve = reconnaitre(bd, rose, code, datetime.fromtimestamp(secondes, UTC))
    assert preuve == Preuve(pas=secondes // 30)


@pytest.mark.parametrize("saisie", ["", "28708", "2870822", "28708a", "２８７０８２", "abcdefghij", "x" * 40])
def test_what_is_no_code_is_nothing(bd: BD, rose: int, saisie: str) -> None:
    assert reconnaitre(bd, rose, saisie, datetime.fromtimestamp(59, UTC)) is None


def test_an_older_step_is_refused_after_a_newer_one(bd: BD, rose: int) -> None:
    avant, apres = (code_de(SECRET_RFC, MERCREDI_SOIR + timedelta(seconds=s)) for s in (-30, 30))
    preuve = reconnaitre(bd, rose, apres)
    assert preuve is not None
    assert consommer(bd, rose, preuve)
    assert reconnaitre(bd, rose, avant) is None


def test_one_code_in_two_requests_at_once_opens_one(bd: BD, rose: int) -> None:
    with bd.session_ecriture() as session:
        code = second_facteur.renouveler_codes(session, rose, CLE)[0]
    for saisie in (code_de(SECRET_RFC, MERCREDI_SOIR), code):
        preuve = reconnaitre(bd, rose, saisie)
        assert preuve is not None
        barriere, faites = threading.Barrier(2), list[bool]()

        def essayer(
            preuve: Preuve = preuve, barriere: threading.Barrier = barriere, faites: list[bool] = faites
        ) -> None:
            barriere.wait()
            faites.append(consommer(bd, rose, preuve))

        fils = [threading.Thread(target=essayer) for _ in range(2)]
        for fil in fils:
            fil.start()
        for fil in fils:
            fil.join()
        assert sorted(faites) == [False, True]


def test_an_application_is_asked_for_once_it_gave_its_code_and_no_other_takes_its_place(bd: BD) -> None:
    with bd.session_ecriture() as session:
        compte_id = agent(session).id
    secret, autre = (
        second_facteur.ouvrir_secret(second_facteur.nouveau_secret(compte_id, CHIFFRE), compte_id, CHIFFRE)
        for _ in range(2)
    )
    assert secret is not None
    assert autre is not None
    assert secret != autre
    code = code_de(secret, MERCREDI_SOIR)
    assert reconnaitre(bd, compte_id, code) is None
    for tire, saisie, attendu in (
        (secret, code_de(autre, MERCREDI_SOIR), False),
        (secret, code, True),
        (secret, code, False),
        (autre, code_de(autre, MERCREDI_SOIR), False),
    ):
        with bd.session_ecriture() as session:
            fait = second_facteur.enroler(session, compte_id, tire, saisie, CHIFFRE, MERCREDI_SOIR)
        assert fait is attendu
    assert reconnaitre(bd, compte_id, code) is None, "the code that confirmed has served"


def test_another_s_recovery_code_is_nothing(bd: BD, rose: int) -> None:
    with bd.session_ecriture() as session:
        autre = agent(session, "line@mairie.example").id
        code = second_facteur.renouveler_codes(session, autre, CLE)[0]
    assert reconnaitre(bd, autre, code) is not None
    assert reconnaitre(bd, rose, code) is None


def test_the_database_holds_neither_secret_nor_code(bd: BD, rose: int) -> None:
    with bd.session_ecriture() as session:
        codes = second_facteur.renouveler_codes(session, rose, CLE)
        ligne = session.get(SecondFacteur, rose)
        assert ligne is not None
        assert SECRET_RFC not in ligne.secret_chiffre
        gardes = session.scalars(select(CodeSecours.empreinte)).all()
        assert not {code.replace("-", "") for code in codes} & set(gardes)
        with pytest.raises(Illisible):
            CHIFFRE.dechiffrer(ligne.secret_chiffre, "second_facteur:999")


def test_starting_afresh_forgets_all_and_closes_sessions(bd: BD, rose: int) -> None:
    with bd.session_ecriture() as session:
        second_facteur.renouveler_codes(session, rose, CLE)
        second_facteur.reinitialiser(session, rose, MERCREDI_SOIR)
        etat = second_facteur.lire_etat(session, rose)
    assert (etat.a_un_facteur, etat.codes_restants) == (False, 0)
