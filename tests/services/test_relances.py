"""Reminders of unpaid invoices: at the régie's days, each once, and never to who has nothing to do."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portail_famille.config import ReglagesCommune
from portail_famille.models.comptes import Compte
from portail_famille.models.courriels import Courriel
from portail_famille.models.factures import Relance
from portail_famille.models.paiements import Paiement
from portail_famille.services.journal import SYSTEME
from portail_famille.services.reglements import annuler_reglement, encaisser
from portail_famille.services.relances import relancer
from tests.support.factures import creer_facture
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import Village

ECHEANCE = date(2026, 11, 20)
ANNONCEE = datetime(2026, 11, 1, 9, tzinfo=MERCREDI_SOIR.tzinfo)


def facturer(village: Village, foyer: str = "ferrand", numero: str = "2026-EE-000001", **colonnes: Any) -> int:
    valeurs = {"emise_le": date(2026, 11, 1), "echeance": ECHEANCE, "annoncee_utc": ANNONCEE, **colonnes}
    with village.bd.session_ecriture() as session:
        return creer_facture(session, village.foyers[foyer], numero=numero, **valeurs).id


def relancer_le(village: Village, reglages: ReglagesCommune, jours: int) -> list[Courriel]:
    """The worker's day that many days after the due date; the mails of that day."""
    quand = MERCREDI_SOIR + timedelta(days=(ECHEANCE - MERCREDI_SOIR.date()).days + jours)
    while True:
        with village.bd.session_ecriture() as session:
            if not relancer(session, reglages, quand):
                break
    with village.bd.session_lecture() as session:
        return list(session.scalars(select(Courriel).where(Courriel.cree_utc == quand).order_by(Courriel.id)))


def rangs(village: Village) -> list[int]:
    with village.bd.session_lecture() as session:
        return list(session.scalars(select(Relance.rang).order_by(Relance.id)))


def test_each_reminder_comes_once_on_its_day(village: Village, reglages: ReglagesCommune) -> None:
    """The régie reminds after 7 and 21 days; partly paid, what is left is asked."""
    facture = facturer(village, reste_centimes=1500)
    envois = [len(relancer_le(village, reglages, jours)) for jours in (0, 6, 7, 7, 8, 20, 21, 22, 60)]
    assert envois == [0, 0, 1, 1, 0, 0, 1, 0, 0]
    assert rangs(village) == [1, 2]
    (mail,) = relancer_le(village, reglages, 7)
    assert (mail.destinataire.partition("@")[0], mail.objet) == ("julien", "Une facture reste à régler")
    for corps in (mail.corps_texte, mail.corps_html):
        assert "2026-EE-000001" in corps
        assert "15,00\u00a0€" in corps
        assert "42,00" not in corps
        assert "20 novembre 2026" in corps
        assert f"/factures/{facture}" in corps
        assert "Enfance et éducation" in corps


def test_after_a_long_sleep_the_first_reminder_comes_first_and_the_second_keeps_its_distance(
    village: Village, reglages: ReglagesCommune
) -> None:
    facturer(village)
    assert [len(relancer_le(village, reglages, jours)) for jours in (30, 31, 43, 44, 45)] == [1, 0, 0, 1, 0]
    assert rangs(village) == [1, 2]


def test_nobody_is_reminded_of_what_she_has_just_been_told(village: Village, reglages: ReglagesCommune) -> None:
    """Told ten days after its due date: the week begins that day."""
    facturer(village, annoncee_utc=datetime(2026, 11, 30, 9, tzinfo=UTC))
    assert [len(relancer_le(village, reglages, jours)) for jours in (10, 16, 17, 30, 31)] == [0, 0, 1, 0, 1]


@pytest.mark.parametrize(
    ("origine", "emise_le", "attendus"),
    [
        ("importee", date(2026, 11, 21), [0, 0]),
        ("importee", ECHEANCE, [1, 1]),
        ("portail", date(2026, 11, 21), [1, 1]),
    ],
)
def test_what_was_late_when_it_was_imported_is_not_reminded_it_may_have_been_paid_there(
    village: Village, reglages: ReglagesCommune, origine: str, emise_le: date, attendus: list[int]
) -> None:
    """Of an imported invoice, `emise_utc` is the instant of its import."""
    facturer(village, origine=origine, emise_le=emise_le)
    assert [len(relancer_le(village, reglages, jours)) for jours in (7, 21)] == attendus


@pytest.mark.parametrize(
    "colonnes",
    [
        {"reste_centimes": 0},
        {"transmise_le": date(2026, 11, 30)},
        {"prelevement_le": date(2026, 12, 10)},
        {"annoncee_utc": None},
        {"regie": "retiree"},
    ],
)
def test_who_has_nothing_to_do_is_not_reminded(
    village: Village, reglages: ReglagesCommune, colonnes: dict[str, Any]
) -> None:
    """Paid, handed to the Treasury, to be debited, not told yet, of a régie that the town no longer has."""
    if "regie" in colonnes:
        reglages = replace(reglages, regies={})
        colonnes = {}
    facturer(village, **colonnes)
    assert relancer_le(village, reglages, 25) == []
    assert rangs(village) == []


def test_a_debit_that_bounced_in_silence_is_reminded_a_week_later(village: Village, reglages: ReglagesCommune) -> None:
    facturer(village, prelevement_le=ECHEANCE + timedelta(days=5))
    assert relancer_le(village, reglages, 12) == []
    assert len(relancer_le(village, reglages, 13)) == 1


def test_a_payment_taken_back_is_asked_for_by_its_own_mail_then_reminded_a_week_later(
    village: Village, reglages: ReglagesCommune
) -> None:
    """A debit that the bank refuses a month later: never two mails for it on the same day."""
    facturer(village)
    quand = MERCREDI_SOIR + timedelta(days=(ECHEANCE - MERCREDI_SOIR.date()).days)
    with village.bd.session_ecriture() as session:
        preleve = encaisser(
            session, foyer_id=village.foyers["ferrand"], regie="enfance", moyen="prelevement", montant_centimes=4200,
            recu_le=quand.date(), auteur=SYSTEME, maintenant=quand,
        )  # fmt: skip
    assert relancer_le(village, reglages, 25) == []
    with village.bd.session_ecriture() as session:
        annuler_reglement(session, preleve.id, "Rejeté", SYSTEME, quand + timedelta(days=30))
    assert [len(relancer_le(village, reglages, jours)) for jours in (30, 36, 37, 50, 51)] == [0, 0, 1, 0, 1]


def test_an_avoir_is_no_debt_and_a_payment_under_way_is_waited_for(village: Village, reglages: ReglagesCommune) -> None:
    facture = facturer(village, reste_centimes=0)
    facturer(village, numero="2026-EE-000002", avoir_de=facture)
    en_cours = facturer(village, numero="2026-EE-000003")
    with village.bd.session_ecriture() as session:
        session.add(
            Paiement(
                facture_id=en_cours, regie="enfance", numero_client="900001", montant_centimes=4200, refdet="R1",
                exer=2026, saisie="T", courriel="julien@courriel.example", objet="Facture", cree_utc=MERCREDI_SOIR,
            )
        )  # fmt: skip
    assert relancer_le(village, reglages, 7) == []
    with village.bd.session_ecriture() as session:
        session.get_one(Paiement, 1).est_bloquant = False
    assert len(relancer_le(village, reglages, 8)) == 1


def test_who_cannot_be_written_to_stops_nothing(village: Village, reglages: ReglagesCommune) -> None:
    """Two adults of one foyer, two invoices: one mail each. Karim's compte was closed: no reminder, none counted."""
    facturer(village, "haddad", "2026-EE-000001")
    facturer(village, "morel", "2026-EE-000002")
    facturer(village, "morel", "2026-EE-000003")
    with village.bd.session_ecriture() as session:
        session.get_one(Compte, village.comptes["karim"]).est_actif = False
    mails = relancer_le(village, reglages, 7)
    assert [(m.destinataire.partition("@")[0], m.objet) for m in mails] == [
        ("camille", "2 factures restent à régler"),
        ("thomas", "2 factures restent à régler"),
    ]
    assert rangs(village) == [1, 1]
