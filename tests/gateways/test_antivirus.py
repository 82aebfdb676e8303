"""The antivirus: a local counterpart that speaks clamd's INSTREAM, and what becomes of a document when it is silent."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.gateways.antivirus import (
    AdresseIllisible,
    AntivirusMuet,
    Clamd,
    Infecte,
    SansAntivirus,
    antivirus_de,
)
from portail_famille.services.examen import examiner
from tests.support.pieces import ici, photo

# The harmless test file of the antivirus makers, cut in two so that this file is not taken for it.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-" + b"STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
LIMITE = 1_000_000


def lire(prise: socket.socket, nombre: int) -> bytes:
    recu = b""
    while len(recu) < nombre:
        suite = prise.recv(nombre - len(recu))
        if not suite:
            raise EOFError
        recu += suite
    return recu


def clamd(prise: socket.socket) -> None:
    """A conversation as clamd has it: zINSTREAM, chunks with their lengths, an empty one, the answer."""
    assert lire(prise, 10) == b"zINSTREAM\0"
    recu = b""
    while longueur := struct.unpack(">I", lire(prise, 4))[0]:
        if len(recu) + longueur > LIMITE:
            prise.sendall(b"INSTREAM size limit exceeded. ERROR\0")
            return
        recu += lire(prise, longueur)
    prise.sendall(b"stream: Eicar-Signature FOUND\0" if EICAR in recu else b"stream: OK\0")


def muet(prise: socket.socket) -> None:
    with suppress(OSError, EOFError):
        lire(prise, 1 << 30)


def raccroche(_prise: socket.socket) -> None:
    return


def divague(prise: socket.socket) -> None:
    with suppress(OSError):
        prise.sendall(b"220 mail.example ESMTP\r\n\0")


Conversation = Callable[[socket.socket], None]


@contextmanager
def serveur(famille: int, adresse: object, conversation: Conversation) -> Iterator[socket.socket]:
    with closing(socket.socket(famille, socket.SOCK_STREAM)) as ecoute:
        ecoute.bind(adresse)  # type: ignore[arg-type]
        ecoute.listen()

        def servir() -> None:
            while True:
                try:
                    prise, _ = ecoute.accept()
                except OSError:
                    return
                with closing(prise), suppress(EOFError, OSError):
                    conversation(prise)

        fil = threading.Thread(target=servir, daemon=True)
        fil.start()
        try:
            yield ecoute
        finally:
            with suppress(OSError):
                ecoute.shutdown(socket.SHUT_RDWR)
            fil.join(5)


@contextmanager
def en_tcp(conversation: Conversation, delai: float = 5) -> Iterator[Clamd]:
    with serveur(socket.AF_INET, ("127.0.0.1", 0), conversation) as ecoute:
        yield Clamd(f"127.0.0.1:{ecoute.getsockname()[1]}", delai)


def test_a_clean_document_passes_and_a_virus_is_named_over_both_sockets(tmp_path: Path) -> None:
    chemin = str(tmp_path / "clamd.ctl")
    with serveur(socket.AF_UNIX, chemin, clamd), en_tcp(clamd) as tcp:
        for antivirus in (Clamd(f"unix:{chemin}"), tcp):
            antivirus.examiner(b"bonjour" * 20_000)
            with pytest.raises(Infecte, match="Eicar-Signature"):
                antivirus.examiner(b"x" * 100_000 + EICAR)


@pytest.mark.parametrize(
    ("conversation", "octets"),
    [(clamd, b"x" * (LIMITE + 200_000)), (muet, b"x"), (raccroche, b"x" * 3_000_000), (divague, b"x")],
)
def test_an_answer_that_is_not_one_is_a_silence(conversation: Conversation, octets: bytes) -> None:
    with en_tcp(conversation, 0.3) as antivirus, pytest.raises(AntivirusMuet):
        antivirus.examiner(octets)


def test_nobody_at_the_address_is_a_silence(tmp_path: Path) -> None:
    with closing(socket.socket()) as libre:
        libre.bind(("127.0.0.1", 0))
        port = libre.getsockname()[1]
    for adresse in (f"127.0.0.1:{port}", f"unix:{tmp_path / 'absent.ctl'}"):
        with pytest.raises(AntivirusMuet):
            Clamd(adresse, 0.5).examiner(b"x")


@pytest.mark.parametrize("adresse", ["localhost", "localhost:", "localhost:99999", ":3310", "http://clamd"])
def test_an_address_that_leads_nowhere_is_refused_when_it_is_read(adresse: str) -> None:
    with pytest.raises(AdresseIllisible, match="antivirus"):
        antivirus_de(adresse)


def test_without_an_address_there_is_no_antivirus() -> None:
    assert isinstance(antivirus_de(""), SansAntivirus)
    assert isinstance(antivirus_de("[::1]:3310"), Clamd)


def test_a_virus_is_refused_and_a_silent_antivirus_lets_nothing_in(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ici(monkeypatch)
    with en_tcp(clamd) as antivirus:
        assert examiner(photo(), "a.jpg", antivirus).type_mime == "image/jpeg"
        with pytest.raises(RegleViolee) as refus:
            examiner(photo() + EICAR, "a.jpg", antivirus)
        assert (refus.value.code, refus.value.champ) == ("document_infecte", "document")
    with en_tcp(muet, 0.2) as antivirus, pytest.raises(RegleViolee, match="Réessayez") as refus:
        examiner(photo(), "a.jpg", antivirus)
    assert refus.value.code == "examen_occupe"
    assert "does not answer" in caplog.text
