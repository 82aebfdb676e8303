"""What a family is told when its request is received (CRPA L112-11, R112-11-1), and the due date that follows."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from portail_famille.config import ReglagesCommune
from portail_famille.domain.demarches import Cote
from portail_famille.domain.genres import GENRES, Silence
from portail_famille.models.demarches import Demarche
from portail_famille.services import demarches
from portail_famille.services.accuses import accuser, dire_accuse, rediger_accuse
from portail_famille.services.journal import Auteur
from tests.support.reglages import reglages_de_la_commune
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import Village

AGENT, FAMILLE = Auteur(Cote.AGENT), Auteur(Cote.FAMILLE)
REGLAGES = reglages_de_la_commune()


def accuse(genre: str, a: datetime = MERCREDI_SOIR) -> list[str]:
    """Every sentence of the receipt."""
    dit = dire_accuse(rediger_accuse(REGLAGES.demarches[genre], REGLAGES, "D2026-000001", a))
    return [
        dit.recue,
        dit.service,
        dit.adresse,
        dit.courriel,
        dit.telephone,
        *dit.silence,
        dit.recours_titre,
        *dit.recours,
    ]


def test_it_names_the_day_and_the_service_with_its_addresses_and_phone() -> None:
    assert accuse("inscription")[:5] == [
        "2 décembre 2026 à 18\u202fh\u202f00",
        "Mairie de Saint-Rivage",
        "1 place de la Mairie, 99999 Saint-Rivage",
        "enfance@saint-rivage.example",
        "02 61 91 00 00",
    ]


def test_the_day_is_the_one_of_paris() -> None:
    tard = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    redige = rediger_accuse(GENRES["inscription"], REGLAGES, "D2027-000001", tard)
    assert redige["echeance"] == "2027-03-01"


def test_a_silence_that_refuses_says_when_and_how_to_contest() -> None:
    texte = " ".join(accuse("quotient"))
    assert "le 2 février 2027, votre demande sera considérée comme rejetée" in texte
    assert "dans les 2 mois" in texte
    assert "tribunal administratif" in texte
    assert "attestation" not in texte


def test_a_document_not_given_is_contested_before_the_cada_first() -> None:
    recours = dire_accuse(rediger_accuse(GENRES["attestation"], REGLAGES, "D", MERCREDI_SOIR)).recours
    assert "CADA" in recours[0]
    assert "tribunal" in recours[1]


def test_a_silence_that_agrees_says_when_and_offers_an_attestation() -> None:
    texte = " ".join(accuse("scolaire"))
    assert "le 2 février 2027, votre demande sera considérée comme acceptée" in texte
    assert "attestation" in texte
    assert "tribunal" not in texte


def test_a_silence_that_means_nothing_promises_nothing() -> None:
    texte = " ".join(accuse("question"))
    assert "ni accepté ni rejeté" in texte
    assert "tribunal" not in texte
    assert "CNIL" in " ".join(accuse("effacement"))


@pytest.fixture
def deposee(village: Village, reglages: ReglagesCommune) -> int:
    return deposer(village, reglages, "situation")


def deposer(village: Village, reglages: ReglagesCommune, genre: str) -> int:
    with village.bd.session_ecriture() as session:
        demarche = demarches.deposer(
            session, genre=genre, auteur=FAMILLE, maintenant=MERCREDI_SOIR, contenu={}, foyer_id=village.foyers["morel"]
        )
        accuser(demarche, reglages)
        return demarche.id


def lire(village: Village, demarche_id: int) -> Demarche:
    with village.bd.session_lecture() as session:
        return session.get_one(Demarche, demarche_id)


def demander(village: Village, demarche_id: int, jour: int, avant: date | None) -> None:
    with village.bd.session_ecriture() as session:
        demarche, instant = session.get_one(Demarche, demarche_id), MERCREDI_SOIR + timedelta(days=jour)
        demarches.demander_complement(session, demarche, demarche.version, "La page 2", avant, AGENT, instant)


def repondre(village: Village, demarche_id: int, jour: int) -> None:
    with village.bd.session_ecriture() as session:
        demarche = session.get_one(Demarche, demarche_id)
        demarches.ecrire(session, demarche, "La voici", FAMILLE, MERCREDI_SOIR + timedelta(days=jour))


def test_a_receipt_keeps_the_terms_of_its_day(village: Village, reglages: ReglagesCommune, deposee: int) -> None:
    genres = dict(reglages.demarches) | {
        "situation": replace(GENRES["situation"], delai_mois=6, silence=Silence.ACCORD)
    }
    with village.bd.session_ecriture() as session:
        accuser(session.get_one(Demarche, deposee), replace(reglages, demarches=genres))
    lue = lire(village, deposee)
    assert lue.echeance == date(2027, 2, 2)
    assert lue.accuse is not None
    assert lue.accuse["silence"] == "rejet"


def test_a_complement_suspends_a_refusal_by_silence_until_the_answer(village: Village, deposee: int) -> None:
    demander(village, deposee, 5, date(2026, 12, 22))
    assert lire(village, deposee).echeance == date(2027, 2, 17)
    repondre(village, deposee, 12)
    lue = lire(village, deposee)
    assert lue.echeance == date(2027, 2, 9)
    assert (lue.suspendue_utc, lue.complement_avant) == (None, None)
    assert "prevue" not in (lue.accuse or {})
    # A second complement counts from there.
    demander(village, deposee, 20, None)
    assert lire(village, deposee).echeance is None
    repondre(village, deposee, 21)
    assert lire(village, deposee).echeance == date(2027, 2, 10)


def test_a_paper_brought_to_the_town_hall_starts_the_clock_again(village: Village, deposee: int) -> None:
    demander(village, deposee, 5, None)
    with village.bd.session_ecriture() as session:
        demarche = session.get_one(Demarche, deposee)
        demarches.prendre_en_charge(session, demarche, demarche.version, AGENT, MERCREDI_SOIR + timedelta(days=8))
    assert lire(village, deposee).echeance == date(2027, 2, 5)


def test_an_agreement_by_silence_waits_for_a_whole_file(village: Village, reglages: ReglagesCommune) -> None:
    demarche_id = deposer(village, reglages, "scolaire")
    demander(village, demarche_id, 5, date(2026, 12, 22))
    assert lire(village, demarche_id).echeance is None
    repondre(village, demarche_id, 40)
    assert lire(village, demarche_id).echeance == date(2027, 3, 11)
