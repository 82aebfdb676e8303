"""The mailbox of the demonstration: what it shows, what it survives, what it never lets run."""

import json
import os
import signal
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from email.message import EmailMessage
from http.client import HTTPConnection, HTTPResponse
from typing import Any

import pytest

from portail_famille.boite_aux_lettres import TAILLE_MAXIMALE, Boite, Serveur
from portail_famille.gateways.boucle_locale import adresses
from tests.support.courriels import certificat_serveur, port_libre


@pytest.fixture
def serveur() -> Iterator[Serveur]:
    with Serveur(port_libre(), 0) as demarre:
        yield demarre


def ecrire(objet: str = "Bonjour", message_id: str = "<a@essai.example>", html: str = "<p>Léa</p>") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Mairie <mairie@essai.example>"
    message["To"] = "camille@foyer.example"
    message["Subject"] = objet
    message["Message-ID"] = message_id
    message["Date"] = "Sat, 21 Nov 2026 11:00:00 +0100"
    message.set_content("Bonjour Léa, https://famille.essai.example/essai")
    message.add_alternative(html, subtype="html")
    return message


def poster(serveur: Serveur, message: EmailMessage | bytes) -> None:
    brut = message if isinstance(message, bytes) else message.as_bytes()
    with smtplib.SMTP("127.0.0.1", serveur.port_smtp, timeout=5) as client:
        client.sendmail("mairie@essai.example", ["camille@foyer.example"], brut)


def demander(serveur: Serveur, chemin: str, methode: str = "GET", hote: str = "127.0.0.1") -> tuple[HTTPResponse, str]:
    connexion = HTTPConnection(hote, serveur.port, timeout=5)
    try:
        connexion.request(methode, chemin)
        reponse = connexion.getresponse()
        return reponse, reponse.read().decode()
    finally:
        connexion.close()


def test_the_page_answers_wherever_localhost_leads(serveur: Serveur) -> None:
    for adresse in adresses():
        reponse, corps = demander(serveur, "/messages", hote=adresse)
        assert (reponse.status, corps) == (200, "[]")


def messages(serveur: Serveur) -> list[dict[str, Any]]:
    recus: list[dict[str, Any]] = json.loads(demander(serveur, "/messages")[1])
    return recus


def test_an_empty_mailbox_says_so(serveur: Serveur) -> None:
    assert "Aucun courriel" in demander(serveur, "/")[1]
    assert messages(serveur) == []


def test_a_mail_is_listed_shown_and_given_as_json(serveur: Serveur) -> None:
    poster(serveur, ecrire("Vos réservations"))
    assert messages(serveur) == [
        {
            "id": 1,
            "message_id": "<a@essai.example>",
            "de": "Mairie <mairie@essai.example>",
            "a": "camille@foyer.example",
            "objet": "Vos réservations",
            "date": "2026-11-21T11:00:00+01:00",
            "texte": "Bonjour Léa, https://famille.essai.example/essai\n",
            "html": "<p>Léa</p>\n",
            "livraisons": 1,
        }
    ]
    liste, courriel = demander(serveur, "/")[1], demander(serveur, "/courriels/1")[1]
    assert '<a href="/courriels/1">Vos réservations</a>' in liste
    assert '<a href="https://famille.essai.example/essai" rel="noopener noreferrer">' in courriel
    assert "<iframe sandbox" in courriel


def test_the_same_message_delivered_twice_is_one_message_with_its_count(serveur: Serveur) -> None:
    poster(serveur, ecrire())
    poster(serveur, ecrire())
    poster(serveur, ecrire(message_id="<b@essai.example>"))
    assert [(m["message_id"], m["livraisons"]) for m in messages(serveur)] == [
        ("<b@essai.example>", 1),
        ("<a@essai.example>", 2),
    ]
    assert "livré 2 fois" in demander(serveur, "/")[1]


def test_what_a_mail_holds_never_runs_in_the_page(serveur: Serveur) -> None:
    poster(serveur, ecrire("<script>alert(1)</script>", html="<script>alert(2)</script>"))
    for chemin in ("/", "/courriels/1"):
        reponse, corps = demander(serveur, chemin)
        assert "<script" not in corps
        csp = reponse.headers["Content-Security-Policy"]
        assert csp.startswith("default-src 'none'")
        assert "unsafe" not in csp
    reponse, corps = demander(serveur, "/courriels/1/html")
    assert "alert(2)" in corps
    assert reponse.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert "script-src" not in reponse.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "brut",
    [
        b"",
        b"\r\n",
        b"Subject: =?utf-8?b?////?=\r\nDate: jamais\r\nFrom: <<<>>>\r\n\r\nx",
        b"Content-Type: text/plain; charset=inconnu\r\n\r\n\xe9\xff",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--y\r\n",
        b"Content-Type: multipart/alternative\r\n\r\n",
        b"Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!",
        b"Message-ID: \r\nSubject: \x00\x01\r\n\r\n\x00",
        b"From: " + b"a" * 900 + b"\r\n\r\nx",
        b"Date: Sat, 99 Nov 9999999 25:61:61 +9999\r\n\r\nx",
    ],
)
def test_a_bad_mail_is_kept_and_the_next_one_too(serveur: Serveur, brut: bytes) -> None:
    poster(serveur, brut)
    poster(serveur, ecrire())
    assert len(messages(serveur)) == 2
    for chemin in ("/", "/courriels/1", "/courriels/1/html", "/courriels/2"):
        assert demander(serveur, chemin)[0].status == 200


def test_an_address_that_is_not_a_mail_is_not_found(serveur: Serveur) -> None:
    poster(serveur, ecrire())
    for chemin in ("/courriels/2", "/courriels/1/brut", "/courriels/x", "/courriels/" + "9" * 5000, "/../etc", "/a"):
        assert demander(serveur, chemin)[0].status == 404
    assert demander(serveur, "/", "POST")[0].status == 501
    assert demander(serveur, "/", "HEAD")[1] == ""


def test_a_mail_too_big_is_refused(serveur: Serveur) -> None:
    with pytest.raises(smtplib.SMTPResponseException):
        poster(serveur, b"Subject: gros\r\n\r\n" + (b"x" * 70 + b"\r\n") * (TAILLE_MAXIMALE // 70))
    assert messages(serveur) == []


def test_the_oldest_mails_leave_when_there_are_too_many() -> None:
    boite = Boite(maximum=3)
    for rang in range(10):
        boite.deposer(ecrire(message_id=f"<{rang}@essai.example>").as_bytes(), [])
    assert [recu.id for recu in boite.recus()] == [10, 9, 8]
    petite = Boite(octets=1)
    petite.deposer(ecrire().as_bytes(), [])
    assert petite.recus() == []


def test_starttls_is_offered_when_there_is_a_certificate() -> None:
    with Serveur(port_libre(), 0, tls=certificat_serveur()) as serveur:
        client = smtplib.SMTP("127.0.0.1", serveur.port_smtp, timeout=5)
        client.ehlo()
        assert client.has_extn("starttls")
        client.quit()


def test_the_command_serves_until_it_is_asked_to_stop_and_frees_its_ports() -> None:
    port_smtp, port = port_libre(), port_libre()
    commande = [sys.executable, "-m", "portail_famille", "boite-aux-lettres"]
    commande += ["--smtp-port", str(port_smtp), "--port", str(port)]
    with subprocess.Popen(commande, stdout=subprocess.PIPE, env=dict(os.environ)) as processus:
        assert processus.stdout is not None
        annonce = processus.stdout.readline().decode()
        assert f"127.0.0.1:{port_smtp}" in annonce
        assert f"http://localhost:{port}/" in annonce
        occupe = subprocess.run(commande, capture_output=True, check=False)
        assert occupe.returncode == 1
        assert "n’a pas pu s’ouvrir" in occupe.stderr.decode()
        processus.send_signal(signal.SIGTERM)
        assert processus.wait(timeout=10) == 0
    fin = time.monotonic() + 5
    while time.monotonic() < fin:
        with socket.socket() as prise:
            prise.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            prise.bind(("127.0.0.1", port))
            break
