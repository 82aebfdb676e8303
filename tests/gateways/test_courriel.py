"""SMTP as servers speak it: certificates, refusals, silence."""

import email
import email.policy
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email.header import decode_header, make_header
from email.message import EmailMessage
from typing import Any

import pytest
from flask import Flask

from portail_famille.gateways.courriel import (
    CourrielSmtp,
    Pli,
    RefusDefinitif,
    RefusProvisoire,
    ServeurInjoignable,
    Tournee,
)
from tests.support.courriels import (
    CERTIFICAT,
    MAINTENANT,
    FacteurEssai,
    SmtpEssai,
    certificat_serveur,
    port_libre,
    serveur_smtp,
)

DESTINATAIRE = "camille@foyer.example"
PLI = Pli(
    "<abc@essai.example>", "camille@foyer.example", "Réservé, n° 3", "Bonjour Léa", "<p>Bonjour Léa</p>", MAINTENANT
)


def poste(smtp: SmtpEssai, nom: str = "Mairie d’Essai-sur-Mer") -> CourrielSmtp:
    return CourrielSmtp(Flask("essai"), smtp, nom, "mairie@essai.example")


@contextmanager
def tournee(facteur: FacteurEssai, **smtp: Any) -> Iterator[Tournee]:
    with serveur_smtp(facteur) as port, poste(SmtpEssai(port, **smtp)).ouvrir() as ouverte:
        yield ouverte


def lire(brut: bytes) -> EmailMessage:
    message = email.message_from_bytes(brut, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def test_a_mail_arrives_with_its_headers_and_both_bodies() -> None:
    facteur = FacteurEssai()
    with tournee(facteur) as ouverte:
        ouverte.envoyer(PLI)
    expediteur, destinataires, brut = facteur.enveloppes[0]
    message = lire(brut)
    assert (expediteur, destinataires) == ("ne-pas-repondre@essai.example", ["camille@foyer.example"])
    assert message["Message-ID"] == "<abc@essai.example>"
    assert message["Date"].datetime == MAINTENANT
    assert message["Subject"] == "Réservé, n° 3"
    assert message["To"] == "camille@foyer.example"
    assert message["From"] == "Mairie d’Essai-sur-Mer <ne-pas-repondre@essai.example>"
    assert message["Reply-To"] == "mairie@essai.example"
    assert message["Auto-Submitted"] == "auto-generated"
    texte, html = message.get_body(("plain",)), message.get_body(("html",))
    assert texte is not None
    assert html is not None
    assert texte.get_content().strip() == "Bonjour Léa"
    assert html.get_content().strip() == "<p>Bonjour Léa</p>"


@pytest.mark.parametrize(
    "objet",
    [
        "Vos réservations sont enregistrées (reçu n°\u00a02026-000123)",
        "Réservé " + "là où il était " * 9 + "fini",
        "tout en ASCII " * 12 + "fini",
        "é" * 180,
    ],
)
def test_a_long_subject_in_french_arrives_letter_for_letter(objet: str) -> None:
    facteur = FacteurEssai()
    nom = "Mairie d’Essai-sur-Mer de la très longue vallée de l’Ébron à côté"
    pli = Pli("<abc@essai.example>", DESTINATAIRE, objet, "a", "b", MAINTENANT)
    with serveur_smtp(facteur) as port, poste(SmtpEssai(port), nom).ouvrir() as ouverte:
        ouverte.envoyer(pli)
    message = lire(facteur.enveloppes[0][2])
    assert message["Subject"] == objet
    # Read as RFC 2047 says: the standard library's own address parser puts a space between two encoded words.
    de = email.message_from_bytes(facteur.enveloppes[0][2])["From"]
    assert str(make_header(decode_header(de))) == f"{nom} <ne-pas-repondre@essai.example>"
    assert all(len(ligne) < 100 for ligne in facteur.enveloppes[0][2].split(b"\r\n\r\n")[0].split(b"\r\n"))


@pytest.mark.parametrize("nom", ["Essai, service enfance", "Essai (mairie)", "Mairie d’Essai, enfance", 'Le "Phare"'])
def test_a_town_may_have_a_name_with_signs_in_it(nom: str) -> None:
    facteur = FacteurEssai()
    with serveur_smtp(facteur) as port, poste(SmtpEssai(port), nom).ouvrir() as ouverte:
        ouverte.envoyer(PLI)
    adresse = lire(facteur.enveloppes[0][2])["From"].addresses[0]
    assert (adresse.display_name, adresse.addr_spec) == (nom, "ne-pas-repondre@essai.example")


def test_several_mails_go_in_one_conversation() -> None:
    facteur = FacteurEssai()
    with tournee(facteur) as ouverte:
        for _ in range(3):
            ouverte.envoyer(PLI)
    assert facteur.boite.recus()[0].livraisons == 3


def test_a_town_whose_name_has_a_line_break_adds_no_header() -> None:
    facteur = FacteurEssai()
    with serveur_smtp(facteur) as port, poste(SmtpEssai(port), "Essai\r\nBcc: x@y.example").ouvrir() as ouverte:
        ouverte.envoyer(PLI)
    assert facteur.enveloppes[0][1] == ["camille@foyer.example"]
    assert lire(facteur.enveloppes[0][2])["Bcc"] is None


@pytest.mark.parametrize("objet", ["Bonjour\r\nBcc: x@y.example", "Bonjour\nBcc: x@y.example"])
def test_a_subject_with_a_line_break_is_refused(objet: str) -> None:
    facteur = FacteurEssai()
    pli = Pli("<abc@essai.example>", "camille@foyer.example", objet, "a", "b", MAINTENANT)
    with tournee(facteur) as ouverte, pytest.raises(RefusDefinitif):
        ouverte.envoyer(pli)
    assert facteur.enveloppes == []


@pytest.mark.parametrize(
    ("reponse", "attendu"),
    [
        ("550 5.1.1 No such user <camille@foyer.example>", RefusDefinitif),
        ("553 mailbox name not allowed", RefusDefinitif),
        ("450 4.2.0 Greylisted", RefusProvisoire),
        ("452 4.2.2 Mailbox full", RefusProvisoire),
        ("554 5.7.1 Relay access denied", RefusProvisoire),
        ("421 4.3.2 Shutting down", ServeurInjoignable),
        ("530 5.7.0 Authentication required", ServeurInjoignable),
    ],
)
def test_refusals_of_a_recipient_are_sorted_and_told_without_the_address(
    reponse: str, attendu: type[Exception]
) -> None:
    facteur = FacteurEssai(rcpt={"camille@foyer.example": reponse})
    with tournee(facteur) as ouverte, pytest.raises(attendu) as levee:
        ouverte.envoyer(PLI)
    assert reponse[:3] in str(levee.value)
    assert "@" not in str(levee.value)


@pytest.mark.parametrize(
    ("reponse", "attendu"),
    [("554 5.6.0 Message refused", RefusDefinitif), ("451 4.3.0 Try later", RefusProvisoire)],
)
def test_refusals_of_a_message_are_sorted(reponse: str, attendu: type[Exception]) -> None:
    with tournee(FacteurEssai(data=reponse)) as ouverte, pytest.raises(attendu):
        ouverte.envoyer(PLI)


def test_a_refused_recipient_does_not_end_the_conversation() -> None:
    facteur = FacteurEssai(rcpt={"camille@foyer.example": "550 5.1.1 No such user"})
    with tournee(facteur) as ouverte:
        with pytest.raises(RefusDefinitif):
            ouverte.envoyer(PLI)
        ouverte.envoyer(Pli("<def@essai.example>", "julien@foyer.example", "o", "t", "h", MAINTENANT))
    assert [enveloppe[1] for enveloppe in facteur.enveloppes] == [["julien@foyer.example"]]


def test_no_server_is_an_unreachable_server() -> None:
    with pytest.raises(ServeurInjoignable), poste(SmtpEssai(port_libre())).ouvrir():
        pass


def test_a_silent_server_is_given_up_after_the_delay() -> None:
    with socket.create_server(("127.0.0.1", 0)) as muet:
        port = muet.getsockname()[1]
        with (
            pytest.raises(ServeurInjoignable, match="délai dépassé"),
            poste(SmtpEssai(port, hote="127.0.0.1", delai=1)).ouvrir(),
        ):
            pass


def test_starttls_refuses_a_certificate_nobody_vouches_for() -> None:
    facteur = FacteurEssai()
    with (
        serveur_smtp(facteur, tls_context=certificat_serveur()) as port,
        pytest.raises(ServeurInjoignable, match="certificat refusé"),
        poste(SmtpEssai(port, securite="starttls")).ouvrir(),
    ):
        pass


def test_starttls_accepts_the_authority_the_town_gave() -> None:
    facteur = FacteurEssai()
    with (
        serveur_smtp(facteur, tls_context=certificat_serveur(), require_starttls=True) as port,
        poste(SmtpEssai(port, securite="starttls", autorites=str(CERTIFICAT))).ouvrir() as ouverte,
    ):
        ouverte.envoyer(PLI)
    assert len(facteur.enveloppes) == 1


def test_a_certificate_for_another_name_is_refused() -> None:
    with (
        serveur_smtp(FacteurEssai(), tls_context=certificat_serveur()) as port,
        pytest.raises(ServeurInjoignable, match="certificat refusé"),
        poste(SmtpEssai(port, "127.0.0.1", "starttls", autorites=str(CERTIFICAT))).ouvrir(),
    ):
        pass


def test_a_server_without_starttls_gets_no_mail_in_clear() -> None:
    facteur = FacteurEssai()
    with (
        serveur_smtp(facteur) as port,
        pytest.raises(ServeurInjoignable, match="STARTTLS"),
        poste(SmtpEssai(port, securite="starttls")).ouvrir(),
    ):
        pass
    assert facteur.enveloppes == []


def test_tls_from_the_first_byte_is_verified_too() -> None:
    facteur = FacteurEssai()
    with serveur_smtp(facteur, ssl_context=certificat_serveur()) as port:
        with (
            pytest.raises(ServeurInjoignable, match="certificat refusé"),
            poste(SmtpEssai(port, securite="tls")).ouvrir(),
        ):
            pass
        with poste(SmtpEssai(port, securite="tls", autorites=str(CERTIFICAT))).ouvrir() as ouverte:
            ouverte.envoyer(PLI)
    assert len(facteur.enveloppes) == 1
