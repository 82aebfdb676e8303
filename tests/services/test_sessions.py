"""Sessions in the database: opened, identified in one query, closed together, and a token replaced once."""

import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event, select

from portail_famille.config import ReglagesSession
from portail_famille.domain.demarches import Cote
from portail_famille.models.bd import BD
from portail_famille.models.comptes import SessionCompte
from portail_famille.models.foyers import Foyer
from portail_famille.models.journal import ActeJournal
from portail_famille.models.suivi import EvenementSecurite
from portail_famille.services import comptes, suivi
from portail_famille.services.comptes import SessionOuverte
from tests.support.personnes import creer_parent
from tests.support.temps import MERCREDI_SOIR

LIMITES = ReglagesSession()
APRES = MERCREDI_SOIR + timedelta(days=2)


@pytest.fixture
def compte_id(bd: BD) -> int:
    with bd.session_ecriture() as session:
        return creer_parent(session).id


def ouvrir(bd: BD, compte_id: int, *, durable: bool = True) -> str:
    with bd.session_ecriture() as session:
        return comptes.ouvrir_session(session, compte_id, MERCREDI_SOIR, est_durable=durable, appareil="Firefox")


def identifier(bd: BD, jeton: str, instant: datetime = APRES) -> SessionOuverte | None:
    with bd.session_lecture() as session:
        return comptes.identifier(session, jeton, instant, LIMITES)


def tourner(bd: BD, jeton: str, nouveau: str) -> bool:
    ouverte = identifier(bd, jeton)
    assert ouverte is not None
    return suivi.tourner_jeton(bd, ouverte.id, jeton, nouveau, APRES)


def test_who_holds_a_token_is_known_in_one_query(bd: BD, compte_id: int) -> None:
    jeton = ouvrir(bd, compte_id)
    requetes: list[str] = []
    event.listen(bd.lecture, "before_cursor_execute", lambda *arguments: requetes.append(arguments[2]))
    ouverte = identifier(bd, jeton)
    assert ouverte is not None
    assert (ouverte.est_durable, ouverte.est_precedent, ouverte.ouverte_utc) == (True, False, MERCREDI_SOIR)
    assert len(requetes) == 1


def test_closing_every_session_can_spare_one_even_by_its_token_before(bd: BD, compte_id: int) -> None:
    ancien, autre = ouvrir(bd, compte_id), ouvrir(bd, compte_id, durable=False)
    nouveau = comptes.nouveau_jeton()
    assert tourner(bd, ancien, nouveau)
    with bd.session_ecriture() as session:
        assert comptes.fermer_sessions(session, compte_id, APRES, sauf_jeton=ancien) == 1
    assert identifier(bd, nouveau) is not None
    assert identifier(bd, autre, MERCREDI_SOIR) is None
    with bd.session_ecriture() as session:
        assert comptes.fermer_sessions(session, compte_id, APRES) == 1
    assert identifier(bd, nouveau) is None


def test_the_token_before_is_good_for_two_minutes_once_the_new_one_was_seen(bd: BD, compte_id: int) -> None:
    ancien, nouveau = ouvrir(bd, compte_id), comptes.nouveau_jeton()
    assert tourner(bd, ancien, nouveau)
    vue = identifier(bd, nouveau, APRES + timedelta(seconds=5))
    assert vue is not None
    assert vue.est_a_noter(APRES + timedelta(seconds=5)), "its first use is noted at once"
    suivi.noter_visite(bd, vue.id, APRES + timedelta(seconds=5))
    ancienne = identifier(bd, ancien, APRES + timedelta(seconds=119))
    assert ancienne is not None
    assert ancienne.est_precedent
    assert not ancienne.est_a_tourner(APRES + timedelta(seconds=119))
    assert identifier(bd, ancien, APRES + timedelta(minutes=2)) is None


def test_two_changes_at_once_give_one_token(bd: BD, compte_id: int) -> None:
    jeton = ouvrir(bd, compte_id)
    ouverte = identifier(bd, jeton)
    assert ouverte is not None
    barriere, faites = threading.Barrier(2), []

    def changer() -> None:
        barriere.wait()
        faites.append(suivi.tourner_jeton(bd, ouverte.id, jeton, comptes.nouveau_jeton(), APRES))

    fils = [threading.Thread(target=changer) for _ in range(2)]
    for fil in fils:
        fil.start()
    for fil in fils:
        fil.join()
    assert sorted(faites) == [False, True]


def test_an_unknown_token_leaves_no_trace_and_is_no_copy(bd: BD, compte_id: int) -> None:
    ouvrir(bd, compte_id)
    suivi.noter_expiration(bd, "inconnu", APRES)
    assert not suivi.est_jeton_copie(bd, "inconnu")
    with bd.session_lecture() as session:
        assert session.scalars(select(EvenementSecurite)).all() == []
        assert session.scalars(select(SessionCompte.fermee_utc)).all() == [None]


def test_a_session_that_only_expired_is_no_copy(bd: BD, compte_id: int) -> None:
    jeton = ouvrir(bd, compte_id, durable=False)
    suivi.noter_expiration(bd, jeton, APRES)
    assert not suivi.est_jeton_copie(bd, jeton)
    with bd.session_lecture() as session:
        assert session.scalars(select(EvenementSecurite.genre)).all() == ["session_expiree"]


def test_an_agent_s_reading_is_in_the_journal(bd: BD, compte_id: int) -> None:
    with bd.session_lecture() as session:
        foyer_id = session.scalars(select(Foyer.id)).one()
    suivi.noter_lecture(bd, compte_id, foyer_id, "foyer_vu", APRES)
    with bd.session_lecture() as session:
        acte = session.scalars(select(ActeJournal)).one()
    assert (acte.cote, acte.compte_id, acte.foyer_id, acte.action, acte.a_utc) == (
        Cote.AGENT.value,
        compte_id,
        foyer_id,
        "foyer_vu",
        APRES,
    )


def test_a_challenge_is_used_up_by_one_of_two_requests_at_once(bd: BD) -> None:
    barriere, acceptes = threading.Barrier(2), []

    def essayer() -> None:
        barriere.wait()
        acceptes.append(suivi.consommer_defi(bd, "clé", "un défi", MERCREDI_SOIR))

    fils = [threading.Thread(target=essayer) for _ in range(2)]
    for fil in fils:
        fil.start()
    for fil in fils:
        fil.join()
    assert sorted(acceptes) == [False, True]
    assert suivi.consommer_defi(bd, "clé", "un autre", MERCREDI_SOIR)


@pytest.mark.parametrize("jeton", ["", ".", "7", "x.abc", "-7.abc", "²7.abc", "abc.7"])
def test_a_token_that_names_no_session_closes_none(bd: BD, compte_id: int, jeton: str) -> None:
    ouvrir(bd, compte_id)
    assert comptes.session_du_jeton(jeton) is None
    suivi.noter_expiration(bd, jeton, APRES)
    with bd.session_lecture() as session:
        assert session.scalars(select(SessionCompte.fermee_utc)).all() == [None]


def test_a_session_of_the_day_is_not_named_by_its_token(bd: BD, compte_id: int) -> None:
    assert comptes.session_du_jeton(ouvrir(bd, compte_id, durable=False)) is None
