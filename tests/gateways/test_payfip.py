"""PayFiP through real SOAP: answered by its local counterpart, then by servers that lie, drag or attack."""

import gzip
import logging
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from portail_famille.domain.payfip import Client, Demande, Detail
from portail_famille.gateways import payfip, soap_payfip
from portail_famille.gateways.payfip import (
    ErreurPayfip,
    Payfip,
    PayfipEnAttente,
    PayfipInconnu,
    PayfipIndisponible,
    PayfipRefus,
)
from portail_famille.payfip_local import Etat, Interrupteurs, Serveur
from portail_famille.payfip_local.soap import NS, faute, repondre
from tests.support.payfip import demande, passerelle

MAINTENANT = datetime(2026, 11, 22, 9, 5, 30, tzinfo=UTC)
IDOP = "81bdf4c0-8edb-11e5-99d5-00000a634c44"
BON = {
    "dattrans": "22112026",
    "exer": "2026",
    "heurtrans": "1005",
    "idOp": IDOP,
    "mel": "camille@foyer.example",
    "montant": "4250",
    "numcli": "001234",
    "refdet": "2026PE000127E01",
    "resultrans": "P",
    "saisie": "T",
}


@pytest.fixture
def serveur() -> Iterator[Serveur]:
    with Serveur(etat=Etat(Interrupteurs(avis="perdu"), horloge=lambda: MAINTENANT)) as serveur:
        yield serveur


@contextmanager
def repondeur(reponse: bytes, *, lenteur: float = 0, goutte: float = 0) -> Iterator[tuple[str, list[bytes]]]:
    """A server that says always the same bytes, whatever it is asked; its address, and what it received."""
    recus: list[bytes] = []
    fin = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as prise:

        def parler(lien: socket.socket) -> None:
            with lien:
                recus.append(lien.recv(65_536))
                fin.wait(lenteur)
                try:
                    for rang in range(0, len(reponse), 1 if goutte else 1_000_000):
                        lien.sendall(reponse[rang : rang + (1 if goutte else 1_000_000)])
                        if goutte and fin.wait(goutte):
                            return
                except OSError:
                    return

        def ecouter() -> None:
            while True:
                try:
                    lien, _ = prise.accept()
                except OSError:
                    return
                lien.settimeout(5)
                threading.Thread(target=parler, args=(lien,), daemon=True).start()

        fil = threading.Thread(target=ecouter)
        fil.start()
        try:
            yield f"http://127.0.0.1:{prise.getsockname()[1]}/service", recus
        finally:
            fin.set()
            # Wakes up who is waiting for a connection.
            prise.shutdown(socket.SHUT_RDWR)
            fil.join()


def http(corps: bytes, statut: str = "200 OK", genre: str = "text/xml;charset=utf-8", *entetes: str) -> bytes:
    lignes = [f"HTTP/1.1 {statut}", f"Content-Type: {genre}", f"Content-Length: {len(corps)}", *entetes]
    return "\r\n".join([*lignes, "Connection: close", "", ""]).encode() + corps


def detail(**champs: str) -> bytes:
    return repondre(
        "recupererDetailPaiementSecurise", dict(sorted({**BON, **champs}.items(), key=lambda c: c[0].lower()))
    )


def test_a_payment_is_asked_for_paid_and_read(serveur: Serveur) -> None:
    service = passerelle(serveur)
    assert service.lire_client("001234") == Client("001234", ("Régie n°\u00a0001234", "Bac à sable"))
    idop = service.creer(demande())
    assert service.adresse(idop) == f"{serveur.paiement}?idop={idop}"
    with pytest.raises(PayfipEnAttente):
        service.lire(idop)
    numauto = serveur.payer(idop, "P").numauto
    instant = datetime(2026, 11, 22, 9, 5, tzinfo=UTC)
    assert service.lire(idop) == Detail(idop, "001234", "2026PE000127E01", 4250, "T", "P", numauto, instant)
    (gardee,) = serveur.etat.recentes()
    voulue = demande()
    assert {nom: getattr(gardee, nom) for nom in ("numcli", "objet", "mel", "urlnotif", "urlredirect", "exer")} == {
        **{nom: getattr(voulue, nom) for nom in ("numcli", "objet", "mel", "urlnotif", "urlredirect")},
        "exer": "2026",
    }


@pytest.mark.parametrize("lettre", ["V", "A", "R", "Z"])
def test_every_result_comes_back_as_its_letter(serveur: Serveur, lettre: str) -> None:
    service = passerelle(serveur)
    idop = service.creer(demande())
    serveur.payer(idop, lettre)
    lu = service.lire(idop)
    assert (lu.resultrans, bool(lu.numauto)) == (lettre, lettre in "VZ")


@pytest.mark.parametrize(
    ("jour", "heure"), [("01010001", "0000"), ("31022026", "1005"), ("", ""), ("22112026", "9999")]
)
def test_a_moment_that_cannot_be_is_none_and_the_rest_of_the_answer_is_read(jour: str, heure: str) -> None:
    champs = {**BON, "dattrans": jour, "heurtrans": heure}
    with repondeur(http(repondre("recupererDetailPaiementSecurise", champs))) as (adresse, _):
        lu = Payfip(adresse, "").lire(IDOP)
    assert (lu.resultrans, lu.montant, lu.instant) == ("P", 4250, None)


def test_the_answer_as_it_was_recorded_is_read() -> None:
    """Exchange published with eopayment: text, prefixes and order are PayFiP's own."""
    corps = f"""<?xml version="1.0" encoding="UTF-8"?><S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/">
    <S:Body><ns2:recupererDetailPaiementSecuriseResponse xmlns:ns3="http://securite.service.tpa.cp.finances.gouv.fr/reponse"
    xmlns:ns2="{NS}"><return><dattrans>12122019</dattrans><exer>20</exer><heurtrans>1311</heurtrans><idOp>{IDOP}</idOp>
    <mel>bdauvergne@exemple.example</mel><montant>1000</montant><numcli>090909</numcli><objet>coucou</objet>
    <refdet>EFEFAEFG</refdet><resultrans>V</resultrans><saisie>T</saisie></return>
    </ns2:recupererDetailPaiementSecuriseResponse></S:Body></S:Envelope>"""
    with repondeur(http(corps.encode())) as (adresse, recus):
        lu = Payfip(adresse, "").lire(IDOP)
    instant = datetime(2019, 12, 12, 12, 11, tzinfo=UTC)
    assert lu == Detail(IDOP, "090909", "EFEFAEFG", 1000, "T", "V", "", instant)
    entetes = recus[0].partition(b"\r\n\r\n")[0].lower()
    assert b'soapaction: ""' in entetes
    assert entetes.startswith(b"post /service http/1.1")


def test_codes_are_told_apart_and_an_unknown_one_is_no_breakdown(serveur: Serveur) -> None:
    service = passerelle(serveur)
    with pytest.raises(PayfipInconnu):
        service.lire("0" * 36)
    with pytest.raises(PayfipRefus) as refus:
        service.creer(demande(numcli="000000"))
    assert (refus.value.code, type(refus.value)) == ("T2", PayfipRefus)


@pytest.mark.parametrize(
    ("fausse", "code"),
    [
        (demande(montant=99), "M3"),
        (demande(montant=10_000_001), "M5"),
        (demande(refdet="court"), "R3"),
        (demande(mel="personne"), "A2"),
        (demande(mel=""), "A1"),
        (demande(urlnotif="/relative"), "N1"),
        (demande(urlredirect="/relative"), "D1"),
        (replace(demande(), numcli="1234"), "T1"),
        (replace(demande(mel="personne"), saisie="M"), "S1"),
    ],
)
def test_what_payfip_would_refuse_never_leaves(serveur: Serveur, fausse: Demande, code: str) -> None:
    with pytest.raises(PayfipRefus) as refus:
        passerelle(serveur).creer(fausse)
    assert (refus.value.code, serveur.etat.appels) == (code, 0)
    assert "personne" not in str(refus.value)


@pytest.mark.parametrize("panne", ["panne", "technique", "charabia"])
def test_a_breakdown_of_any_kind_is_one_answer_asked_once(serveur: Serveur, panne: str) -> None:
    serveur.interrupteurs.panne = panne
    with pytest.raises(PayfipIndisponible):
        passerelle(serveur).creer(demande())
    assert serveur.etat.appels == 1
    assert serveur.etat.recentes() == []


_ENVELOPPE = b'<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body>%s</S:Body></S:Envelope>'
_RIRES = b'<!DOCTYPE a [<!ENTITY l0 "ha">' + b"".join(
    b'<!ENTITY l%d "%s">' % (rang, b"&l%d;" % (rang - 1) * 10) for rang in range(1, 10)
)
MENSONGES = {
    "empty": http(b""),
    "empty body": http(_ENVELOPPE % b""),
    "HTML": http(b"<!doctype html><title>Maintenance</title><p>Bonjour", genre="text/html"),
    "HTML that says it is XML": http(b"<html><body><p>Maintenance</body></html>"),
    "JSON": http(b'{"resultrans": "P"}', genre="application/json"),
    "truncated": http(detail()[:-60]),
    "cut by the network": http(detail())[:-200],
    "not UTF-8": http(detail().replace(b"2026PE", b"\xff\xfe\xfd")),
    "wrong namespace": http(detail().replace(NS.encode(), b"http://ailleurs.example/")),
    "answer to another question": http(repondre("recupererDetailClient", {"numcli": "001234"})),
    "nothing in it": http(repondre("recupererDetailPaiementSecurise", {})),
    "another idop": http(detail(idOp=IDOP.replace("8", "9"))),
    "no idop": http(detail(idOp="")),
    "unknown letter": http(detail(resultrans="X")),
    "no letter": http(detail(resultrans="")),
    "amount in euros": http(detail(montant="42,50")),
    "amount with a sign": http(detail(montant="-4250")),
    "amount without end": http(detail(montant="9" * 5_000)),
    "amount in other digits": http(detail(montant="٤٢٥٠")),
    "fields out of order": http(detail(exer="").replace(b"<mel>", b"<exer>2026</exer><mel>")),
    "billion laughs": http(_RIRES + b"]>" + detail(refdet="RIRE").replace(b"RIRE", b"&l9;")[38:]),
    "file of the server": http(
        b'<!DOCTYPE a [<!ENTITY f SYSTEM "file:///etc/passwd">]>' + detail(refdet="F").replace(b">F<", b">&f;<")[38:]
    ),
    "document type alone": http(b"<!DOCTYPE a>" + detail()[38:]),
    "external document type": http(b'<!DOCTYPE a SYSTEM "http://127.0.0.1:1/a.dtd">' + detail()[38:]),
    "too long": http(_ENVELOPPE % (b"<a>" + b"x" * 200_000 + b"</a>")),
    "too deep": http(_ENVELOPPE % (b"<a>" * 10_000 + b"</a>" * 10_000)),
    "503": http(detail(), "503 Service Unavailable"),
    "404": http(detail(), "404 Not Found"),
    "a result in a page of error": http(detail(), "403 Forbidden"),
    "a fault in a page of error": http(faute("FonctionnelleErreur", "P1", "IdOp incorrect."), "404 Not Found"),
    "parts": http(b"--x\r\n\r\n" + detail() + b"\r\n--x--", genre="multipart/related; boundary=x"),
    "fault without detail": http(_ENVELOPPE % b"<S:Fault><faultcode>x</faultcode></S:Fault>"),
    "two answers": http(detail().replace(b"</S:Body>", b"<S:Fault/></S:Body>")),
    "not HTTP": b"SSH-2.0-OpenSSH_9.2\r\n",
    "closed": b"",
}  # fmt: skip


@pytest.mark.parametrize("mensonge", MENSONGES)
def test_an_answer_that_cannot_be_trusted_is_a_breakdown(mensonge: str) -> None:
    with repondeur(MENSONGES[mensonge]) as (adresse, recus), pytest.raises(PayfipIndisponible):
        Payfip(adresse, "").lire(IDOP)
    assert len(recus) == 1


def test_the_same_answer_without_a_lie_is_read() -> None:
    """Otherwise the lies above would prove nothing."""
    with repondeur(http(detail())) as (adresse, _):
        assert Payfip(adresse, "").lire(IDOP).montant == 4250


@pytest.mark.parametrize("idop", ["", "court", "<script>" * 5, "x" * 4_000])
def test_an_idop_that_payfip_cannot_have_given_is_a_breakdown(idop: str) -> None:
    reponse = repondre("creerPaiementSecurise", {"idOp": idop})
    with repondeur(http(reponse)) as (adresse, _), pytest.raises(PayfipIndisponible):
        Payfip(adresse, "").creer(demande())


def test_a_redirection_is_not_followed() -> None:
    with repondeur(http(detail())) as (ailleurs, vus):
        renvoi = http(b"", "307 Temporary Redirect", "text/xml", f"Location: {ailleurs}")
        with repondeur(renvoi) as (adresse, _), pytest.raises(PayfipIndisponible):
            Payfip(adresse, "").lire(IDOP)
        assert vus == []


def test_a_bomb_of_50_megabytes_is_not_swallowed() -> None:
    """Compressed, it would hold in one packet: what counts is what comes out."""
    bombe = gzip.compress(_ENVELOPPE % (b" " * 50_000_000))
    avant = time.monotonic()
    reponse = http(bombe, "200 OK", "text/xml", "Content-Encoding: gzip")
    with repondeur(reponse) as (adresse, _), pytest.raises(PayfipIndisponible):
        Payfip(adresse, "").lire(IDOP)
    assert time.monotonic() - avant < 3


def test_a_silent_or_dripping_payfip_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (soap_payfip.CONNEXION, soap_payfip.LECTURE, soap_payfip.ECHANGE) == (5, 15, 20)
    monkeypatch.setattr(soap_payfip, "LECTURE", 0.3)
    monkeypatch.setattr(soap_payfip, "ECHANGE", 0.5)
    for lenteur, goutte in ((5.0, 0.0), (0.0, 0.02)):
        avant = time.monotonic()
        with repondeur(http(detail()), lenteur=lenteur, goutte=goutte) as (adresse, _):
            with pytest.raises(PayfipIndisponible):
                Payfip(adresse, "").lire(IDOP)
            assert time.monotonic() - avant < 4


def test_a_server_that_is_not_there_is_a_breakdown() -> None:
    with socket.create_server(("127.0.0.1", 0)) as prise:
        port = prise.getsockname()[1]
    with pytest.raises(PayfipIndisponible):
        Payfip(f"http://127.0.0.1:{port}/service", "").creer(demande())


def test_the_town_s_proxy_is_used_but_not_towards_this_machine(
    monkeypatch: pytest.MonkeyPatch, serveur: Serveur
) -> None:
    for nom in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(nom, raising=False)
    with repondeur(http(detail())) as (mandataire, recus):
        monkeypatch.setenv("http_proxy", mandataire.removesuffix("/service"))
        assert Payfip("http://payfip.exemple.invalid/service", "").lire(IDOP).montant == 4250
        assert recus[0].startswith(b"POST http://payfip.exemple.invalid/service")
        passerelle(serveur).lire_client("001234")
        assert len(recus) == 1


def test_the_passwords_of_the_machine_are_not_sent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine payfip.exemple.invalid login regie password zwyntre")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    with repondeur(http(detail())) as (mandataire, recus):
        monkeypatch.setenv("http_proxy", mandataire.removesuffix("/service"))
        Payfip("http://payfip.exemple.invalid/service", "").lire(IDOP)
    assert b"authorization" not in recus[0].lower()


def test_the_description_of_the_service_is_built_once_without_network(
    monkeypatch: pytest.MonkeyPatch, serveur: Serveur
) -> None:
    monkeypatch.setattr(payfip, "_services", {})
    construits = []
    ouvrir = soap_payfip.ouvrir

    def compter(adresse: str) -> object:
        construits.append(adresse)
        return ouvrir(adresse)

    monkeypatch.setattr(soap_payfip, "ouvrir", compter)
    service = passerelle(serveur)

    def une(rang: int) -> str:
        idop = service.creer(demande(refdet=f"2026PE00012{rang}E01", montant=1000 + rang))
        serveur.payer(idop, "P")
        return f"{service.lire(idop).refdet} {service.lire(idop).montant}"

    with ThreadPoolExecutor(8) as fils:
        vus = list(fils.map(une, range(8)))
    # Eight threads at once, one client, nobody gets another's answer.
    assert vus == [f"2026PE00012{rang}E01 {1000 + rang}" for rang in range(8)]
    assert construits == [serveur.service]
    # Only the payment service was ever called: the description came with the package.
    assert serveur.etat.appels == 24


@pytest.mark.parametrize("panne", ["", "panne", "technique", "charabia"])
def test_nothing_that_was_exchanged_is_logged_nor_in_an_exception(
    serveur: Serveur, panne: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    serveur.interrupteurs.panne = panne
    service, dit = passerelle(serveur), ""
    idop = ""
    for mel in ("zwyntre@foyer.example", "zwyntre..@foyer.example"):
        try:
            idop = service.creer(demande(mel=mel))
            serveur.payer(idop, "P")
            dit += repr(service.lire(idop))
        except ErreurPayfip as erreur:
            dit += repr(erreur) + str(erreur) + repr(erreur.__cause__) + repr(erreur.__context__)
    sorties = capfd.readouterr()
    for secret in ("zwyntre", "Envelope", "2026PE000127E01 "):
        assert secret not in caplog.text + dit + sorties.out + sorties.err
    assert not idop or idop not in caplog.text
