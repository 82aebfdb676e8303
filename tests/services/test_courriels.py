"""Outbox: what is written, what is sent, what is tried again, what is given up."""

import logging
from datetime import timedelta

import pytest

from portail_famille.gateways.courriel import CourrielNul, RefusDefinitif, RefusProvisoire, ServeurInjoignable
from portail_famille.models.bd import BD
from portail_famille.services.courriels import ATTENTES, envoyer_courriels
from tests.support.courriels import (
    CommuneEssai,
    au_plus,
    courriels_de,
    deposer,
    deposer_plusieurs,
    toujours,
)
from tests.support.temps import HorlogeReglable

BAIL = timedelta(minutes=2)
DESTINATAIRE = "camille@foyer.example"


class CoupureDeCourant(BaseException):
    """Stands for kill -9: nothing after it runs in the worker."""


def test_a_mail_leaves_only_if_its_transaction_commits(bd: BD) -> None:
    with bd.ouvrir_ecriture() as session:
        deposer(session)
        session.flush()
        session.rollback()
    assert courriels_de(bd) == []
    with bd.session_ecriture() as session:
        deposer(session)
    assert [courriel.etat for courriel in courriels_de(bd)] == ["a_envoyer"]


def test_a_receipt_says_what_a_receipt_must(bd: BD) -> None:
    with bd.session_ecriture() as session:
        deposer(session)
    courriel = courriels_de(bd)[0]
    assert courriel.objet == "Vos réservations sont enregistrées (reçu n°\u00a02026-000123)"
    for corps in (courriel.corps_texte, courriel.corps_html):
        for attendu in (
            "2026-000123",
            "samedi 21 novembre 2026",
            "Camille",
            "Léa",
            "Cantine, lundi 30 novembre",
            "3,50\u00a0€",
            "https://famille.essai.example/essai/reservations/recus/2026-000123",
            "accusé de réception",
            "112-11",
            "tribunal administratif",
            "Essai-sur-Mer",
            "1 place de l’Essai",
            "mairie@essai.example",
            "01 99 00 00 00",
            "exemple",
        ):
            assert attendu in corps, attendu


@pytest.mark.parametrize(
    ("titre", "objet"),
    [
        ("C’est annulé.", "Vos annulations sont enregistrées"),
        ("C’est enregistré.", "Vos changements sont enregistrés"),
    ],
)
def test_the_subject_and_the_title_say_what_was_done(bd: BD, titre: str, objet: str) -> None:
    with bd.session_ecriture() as session:
        deposer(session, titre=titre, objet=objet)
    courriel = courriels_de(bd)[0]
    assert courriel.objet == f"{objet} (reçu n°\u00a02026-000123)"
    assert f"<title>{objet}</title>" in courriel.corps_html
    assert f"<h1>{titre}</h1>" in courriel.corps_html
    assert courriel.corps_texte.startswith(f"Bonjour Camille,\n\n{titre}\n")
    assert "réservations sont enregistrées" not in courriel.corps_html + courriel.corps_texte


def test_a_text_mail_keeps_french_spaces(bd: BD) -> None:
    with bd.session_ecriture() as session:
        deposer(session)
    texte = courriels_de(bd)[0].corps_texte
    assert "désaccord\u202f?" in texte
    assert "Téléphone\u00a0: 01 99" in texte


def test_what_a_family_typed_cannot_become_markup_or_a_header(bd: BD) -> None:
    commune = CommuneEssai(nom="Essai\r\nBcc: tous@ailleurs.example")
    with bd.session_ecriture() as session:
        deposer(session, reglages=commune, prenom="<script>alert(1)</script>", numero="1\r\nBcc: x@y.example")
    courriel = courriels_de(bd)[0]
    assert "<script>" not in courriel.corps_html
    assert "&lt;script&gt;" in courriel.corps_html
    assert "\n" not in courriel.objet
    assert "\r" not in courriel.objet


@pytest.mark.parametrize(
    "adresse", ["", "camille", "a@b.example, c@d.example", "a@b.example\nBcc: c@d.example", "<a@b.example>", "a b@c.d"]
)
def test_an_unreadable_address_does_not_undo_what_the_parent_did(bd: BD, adresse: str) -> None:
    with bd.session_ecriture() as session:
        deposer(session, adresse)
    poste = CourrielNul()
    envoyer_courriels(bd, poste, HorlogeReglable(), BAIL, toujours)
    assert [(c.etat, c.derniere_erreur) for c in courriels_de(bd)] == [("abandonne", "adresse illisible")]
    assert poste.plis == []


def test_each_mail_is_sent_once(bd: BD) -> None:
    deposer_plusieurs(bd, 5)
    poste, horloge = CourrielNul(), HorlogeReglable()
    assert envoyer_courriels(bd, poste, horloge, BAIL, toujours).envoyes == 5
    assert envoyer_courriels(bd, poste, horloge, BAIL, toujours).envoyes == 0
    assert [pli.destinataire for pli in poste.plis] == [f"parent{rang}@foyer.example" for rang in range(5)]
    assert {c.etat for c in courriels_de(bd)} == {"envoye"}
    assert all(c.envoye_utc == horloge.maintenant and c.tentatives == 1 for c in courriels_de(bd))


def test_a_worker_asked_to_stop_leaves_the_rest_untouched(bd: BD) -> None:
    deposer_plusieurs(bd, 5)
    envoyer_courriels(bd, CourrielNul(), HorlogeReglable(), BAIL, au_plus(2))
    assert [c.etat for c in courriels_de(bd)] == ["envoye"] * 2 + ["a_envoyer"] * 3


def test_a_refusal_for_now_is_tried_again_later_and_later_then_given_up(bd: BD) -> None:
    deposer_plusieurs(bd, 1)
    poste = CourrielNul(refus={"parent0@foyer.example": RefusProvisoire("réponse 450")})
    horloge = HorlogeReglable()
    for attente in ATTENTES:
        assert envoyer_courriels(bd, poste, horloge, BAIL, toujours).reportes == 1
        horloge.maintenant += attente - timedelta(seconds=1)
        assert envoyer_courriels(bd, poste, horloge, BAIL, toujours).reportes == 0
        horloge.avancer(seconds=1)
    assert envoyer_courriels(bd, poste, horloge, BAIL, toujours).abandonnes == 1
    courriel = courriels_de(bd)[0]
    assert (courriel.etat, courriel.derniere_erreur) == ("abandonne", "réponse 450")
    assert courriel.tentatives == len(ATTENTES) + 1


def test_a_mail_refused_for_now_leaves_at_the_next_try(bd: BD) -> None:
    deposer_plusieurs(bd, 1)
    poste = CourrielNul(refus={"parent0@foyer.example": RefusProvisoire("réponse 450")})
    horloge = HorlogeReglable()
    envoyer_courriels(bd, poste, horloge, BAIL, toujours)
    poste.refus.clear()
    horloge.maintenant += ATTENTES[0]
    assert envoyer_courriels(bd, poste, horloge, BAIL, toujours).envoyes == 1
    assert courriels_de(bd)[0].derniere_erreur is None


def test_a_refused_recipient_is_given_up_at_once_and_holds_nobody_back(bd: BD) -> None:
    deposer_plusieurs(bd, 3)
    poste = CourrielNul(refus={"parent1@foyer.example": RefusDefinitif("réponse 550 5.1.1")})
    bilan = envoyer_courriels(bd, poste, HorlogeReglable(), BAIL, toujours)
    assert (bilan.envoyes, bilan.abandonnes) == (2, 1)
    assert [c.etat for c in courriels_de(bd)] == ["envoye", "abandonne", "envoye"]


def test_a_server_that_is_down_burns_no_try(bd: BD) -> None:
    deposer_plusieurs(bd, 3)
    poste, horloge = CourrielNul(est_joignable=False), HorlogeReglable()
    for _ in range(20):
        assert envoyer_courriels(bd, poste, horloge, BAIL, toujours).panne == "serveur éteint"
    assert {(c.etat, c.tentatives) for c in courriels_de(bd)} == {("a_envoyer", 0)}
    poste.est_joignable = True
    assert envoyer_courriels(bd, poste, horloge, BAIL, toujours).envoyes == 3


def test_a_conversation_cut_in_the_middle_stops_the_round_and_costs_one_mail_one_try(bd: BD) -> None:
    deposer_plusieurs(bd, 3)
    poste = CourrielNul(refus={"parent1@foyer.example": ServeurInjoignable("délai dépassé")})
    horloge = HorlogeReglable()
    bilan = envoyer_courriels(bd, poste, horloge, BAIL, toujours)
    assert (bilan.envoyes, bilan.reportes, bilan.panne) == (1, 1, "délai dépassé")
    assert [(c.etat, c.tentatives) for c in courriels_de(bd)] == [("envoye", 1), ("a_envoyer", 1), ("a_envoyer", 0)]
    assert envoyer_courriels(bd, poste, horloge, BAIL, toujours).envoyes == 1


def test_a_worker_killed_before_the_server_answers_loses_nothing(bd: BD) -> None:
    deposer_plusieurs(bd, 1)
    horloge, poste = HorlogeReglable(), CourrielNul()
    tue = CourrielNul(refus={"parent0@foyer.example": CoupureDeCourant()})  # type: ignore[dict-item]
    with pytest.raises(CoupureDeCourant):
        envoyer_courriels(bd, tue, horloge, BAIL, toujours)
    assert envoyer_courriels(bd, poste, horloge, BAIL, toujours).envoyes == 0
    horloge.maintenant += BAIL
    assert envoyer_courriels(bd, poste, horloge, BAIL, toujours).envoyes == 1
    assert len(poste.plis) == 1


def test_a_worker_killed_after_the_server_answers_sends_the_same_message_again(bd: BD) -> None:
    """The one window that nobody can close (docs/decisions/0003): same identifier, same date, same words."""

    class TueApres(CourrielNul):
        def envoyer(self, pli):  # type: ignore[no-untyped-def]
            super().envoyer(pli)
            raise CoupureDeCourant

    deposer_plusieurs(bd, 1)
    horloge, tue, poste = HorlogeReglable(), TueApres(), CourrielNul()
    with pytest.raises(CoupureDeCourant):
        envoyer_courriels(bd, tue, horloge, BAIL, toujours)
    horloge.maintenant += BAIL
    envoyer_courriels(bd, poste, horloge, BAIL, toujours)
    assert poste.plis == tue.plis


def test_a_worker_that_slept_past_its_lease_does_not_overwrite_the_one_that_replaced_it(bd: BD) -> None:
    deposer_plusieurs(bd, 1)
    horloge, autre = HorlogeReglable(), CourrielNul()

    class Endormi(CourrielNul):
        def envoyer(self, pli):  # type: ignore[no-untyped-def]
            horloge.maintenant += BAIL
            envoyer_courriels(bd, autre, horloge, BAIL, toujours)
            raise RefusDefinitif("réponse 550")

    envoyer_courriels(bd, Endormi(), horloge, BAIL, toujours)
    assert [c.etat for c in courriels_de(bd)] == ["envoye"]


def test_the_log_names_no_address_and_no_words_of_a_mail(bd: BD, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="portail_famille")
    with bd.session_ecriture() as session:
        for rang in range(3):
            deposer(session, f"parent{rang}@foyer.example")
        deposer(session, "illisible")
    poste = CourrielNul(
        refus={
            "parent1@foyer.example": RefusDefinitif("réponse 550"),
            "parent2@foyer.example": RefusProvisoire("réponse 450"),
        }
    )
    envoyer_courriels(bd, poste, HorlogeReglable(), BAIL, toujours)
    ecrit = caplog.text
    assert "abandonné" in ecrit
    assert "@" not in ecrit
    assert "parent" not in ecrit
    assert "Camille" not in ecrit
