"""The local PayFiP is as strict as the real one, and misbehaves as asked: protocol, page, notification, switches."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import zeep
from lxml import etree

from portail_famille.gateways.boucle_locale import adresses
from portail_famille.gateways.payfip import PayfipEnAttente, PayfipInconnu, PayfipIndisponible
from portail_famille.payfip_local import AVIS, PANNES, Etat, Interrupteurs, Serveur
from portail_famille.payfip_local.etat import Faute
from portail_famille.payfip_local.soap import ENVELOPPE, NS
from tests.support.payfip import demande, passerelle

CHAMPS = {
    "exer": "2026",
    "mel": "camille@foyer.example",
    "montant": "4250",
    "numcli": "001234",
    "objet": "Periscolaire",
    "refdet": "2026PE000127E01",
    "saisie": "T",
    "urlnotif": "http://localhost:1/paiements/notification",
    "urlredirect": "http://localhost:1/paiements/1",
}


class Horloge:
    def __init__(self) -> None:
        self.instant = datetime(2026, 11, 22, 9, 5, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.instant


@pytest.fixture
def horloge() -> Horloge:
    return Horloge()


@pytest.fixture
def serveur(horloge: Horloge) -> Iterator[Serveur]:
    etat = Etat(Interrupteurs(avance_secondes=5, retard_secondes=0.3, lenteur_secondes=30), horloge=horloge)
    with Serveur(etat=etat, reprises=(0.0, 0.05, 0.1)) as serveur:
        yield serveur


class Portail:
    """What a portal hears: its notification's address, the bodies received, what it answers (last one repeated)."""

    def __init__(self) -> None:
        self.recus: list[dict[str, list[str]]] = []
        self.statuts = [200]
        self.pendant: Callable[[], None] = lambda: None
        portail = self

        class Oreille(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                corps = self.rfile.read(int(self.headers["Content-Length"])).decode()
                portail.pendant()
                portail.recus.append(parse_qs(corps))
                self.send_response(portail.statuts[min(len(portail.recus), len(portail.statuts)) - 1])
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                return

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Oreille)
        self.adresse = f"http://127.0.0.1:{self._http.server_port}/paiements/notification"
        self._fil = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> "Portail":
        self._fil.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._fil.join()

    def attendre(self, nombre: int) -> None:
        fin = time.monotonic() + 5
        while len(self.recus) < nombre:
            assert time.monotonic() < fin, f"{len(self.recus)} notification(s)"
            time.sleep(0.01)


@pytest.fixture
def portail() -> Iterator[Portail]:
    with Portail() as portail:
        yield portail


def demander(
    serveur: Serveur, chemin: str, methode: str = "GET", corps: bytes | str = b"", hote: str = "127.0.0.1"
) -> tuple[HTTPResponse, str]:
    lien = HTTPConnection(hote, serveur.port, timeout=5)
    try:
        lien.request(methode, chemin, corps or None)
        reponse = lien.getresponse()
        return reponse, reponse.read().decode()
    finally:
        lien.close()


def page(serveur: Serveur, idop: str) -> tuple[HTTPResponse, str]:
    return demander(serveur, f"/paiement?idop={idop}")


def appuyer(serveur: Serveur, idop: str, resultat: str, **champs: str) -> HTTPResponse:
    return demander(serveur, "/paiement", "POST", urlencode({"idop": idop, "resultat": resultat, **champs}))[0]


def soap(operation: str, champs: dict[str, str], ns: str = NS) -> str:
    dits = "".join(f"<{nom}>{valeur}</{nom}>" for nom, valeur in champs.items())
    return (
        f'<s:Envelope xmlns:s="{ENVELOPPE}"><s:Body><p:{operation} xmlns:p="{ns}"><arg0>{dits}</arg0>'
        f"</p:{operation}></s:Body></s:Envelope>"
    )


def faute(serveur: Serveur, corps: str | bytes) -> tuple[str, str]:
    """(kind, code) of the fault answered, always with 500; empty when there is none."""
    reponse, texte = demander(serveur, "/service", "POST", corps)
    arbre = etree.fromstring(texte.encode())
    dit = arbre.findtext(f".//{{{ENVELOPPE}}}Fault/faultstring")
    assert (reponse.status == 500) == (dit is not None)
    return ("", "") if dit is None else (dit.rpartition(".")[2], arbre.findtext(".//code") or "")


def test_each_format_has_its_own_code(serveur: Serveur) -> None:
    for champ, valeur, code in (
        ("numcli", "1234", "T1"),
        ("numcli", "000000", "T2"),
        ("saisie", "M", "S1"),
        ("refdet", "2026-PE-127", "R3"),
        ("refdet", "court", "R3"),
        ("mel", "", "A1"),
        ("mel", "camille", "A2"),
        ("montant", "42.50", "M1"),
        ("montant", "-100", "M1"),
        ("montant", "99", "M3"),
        ("montant", "10000001", "M5"),
        ("urlnotif", "/paiements", "N1"),
        ("urlredirect", "http://localhost/" + "x" * 250, "D1"),
    ):
        dit = faute(serveur, soap("creerPaiementSecurise", {**CHAMPS, champ: valeur}))
        assert dit == ("FonctionnelleErreur", code), (champ, valeur)
    assert serveur.etat.recentes() == []
    assert faute(serveur, soap("creerPaiementSecurise", CHAMPS)) == ("", "")


def test_what_is_not_its_protocol_is_refused(serveur: Serveur) -> None:
    bon = soap("recupererDetailClient", {"numCli": "001234"})
    assert faute(serveur, bon) == ("", "")
    for faux in (
        "",
        "bonjour",
        bon[:-10],
        "<!DOCTYPE a>" + bon,
        soap("recupererDetailClient", {"numCli": "001234"}, "http://ailleurs.example/"),
        soap("viderLesCaisses", {}),
        soap("recupererDetailClient", {"numcli": "001234"}),
        soap("recupererDetailPaiementSecurise", {"idop": "x"}),
        # Out of the schema's order, then twice.
        soap("creerPaiementSecurise", dict(reversed(CHAMPS.items()))),
        soap("recupererDetailClient", {"numCli": "1</numCli><numCli>2"}),
    ):
        assert faute(serveur, faux or b" ")[0] == "TechProtocolaireErreur", faux
    reponse, _ = demander(serveur, "/service", "POST", b"x" * 100_001)
    assert reponse.status == 413


def test_its_description_is_enough_for_another_program(serveur: Serveur) -> None:
    client = zeep.Client(serveur.service + "?wsdl")
    assert client.service.recupererDetailClient({"numCli": "001234"}).libelleN1 == "Régie n°\u00a0001234"


def test_the_page_says_what_is_paid_to_whom_and_that_no_money_moves(serveur: Serveur) -> None:
    idop = passerelle(serveur).creer(demande())
    for adresse in adresses():
        assert demander(serveur, "/", hote=adresse)[0].status == 200
    reponse, texte = page(serveur, idop)
    for mot in ("BAC À SABLE", "42,50\u00a0€", "Régie n°\u00a0001234", "2026PE000127E01", "camille@foyer.example"):
        assert mot in texte
    assert re.findall(r'name="resultat" value="(.)"', texte) == ["P", "V", "A", "R", "Z"]
    csp = reponse.getheader("Content-Security-Policy", "")
    # The browser is sent back to the portal by a form: without its origin there, Chromium stays on the page.
    assert "default-src 'none'" in csp
    assert "form-action 'self' http://localhost:1" in csp
    assert "<script" not in texte


def test_a_link_serves_once_and_for_15_minutes(serveur: Serveur, horloge: Horloge) -> None:
    service = passerelle(serveur)
    premier, second = service.creer(demande()), service.creer(demande())
    assert demander(serveur, f"/paiement?idop={premier}", "HEAD")[0].status != 200
    assert [page(serveur, premier)[0].status for _ in range(2)] == [200, 410]
    servi = page(serveur, premier)[1]
    assert "déjà servi" in servi
    # Where the back button led, something leads on.
    assert f'href="http://localhost:1/paiements/1?idop={premier}"' in servi
    horloge.instant += timedelta(minutes=15, seconds=1)
    assert "15 minutes" in page(serveur, second)[1]
    # Who was on the page may still finish.
    assert appuyer(serveur, premier, "P").status == 303
    assert service.lire(premier).resultrans == "P"


def test_what_nobody_paid_is_forgotten_in_the_night(serveur: Serveur) -> None:
    service = passerelle(serveur)
    paye, laisse = service.creer(demande()), service.creer(demande())
    serveur.payer(paye, "P")
    with pytest.raises(PayfipEnAttente):
        service.lire(laisse)
    demander(serveur, "/temps", "POST", "saut=nuit")
    with pytest.raises(PayfipInconnu):
        service.lire(laisse)
    assert service.lire(paye).resultrans == "P"
    assert page(serveur, laisse)[0].status == 410


def test_the_parent_goes_back_to_the_portal_with_the_idop(serveur: Serveur, portail: Portail) -> None:
    retour = "http://localhost:1/essai/paiements/12?depuis=app"
    idop = passerelle(serveur).creer(demande(portail.adresse, retour))
    vers = appuyer(serveur, idop, "P").getheader("Location", "")
    assert vers.startswith("http://localhost:1/essai/paiements/12?")
    assert parse_qs(urlsplit(vers).query) == {"depuis": ["app"], "idop": [idop]}
    portail.attendre(1)
    # Nothing but the idop: neither result nor amount.
    assert portail.recus == [{"idop": [idop]}]
    # A second answer changes nothing.
    assert appuyer(serveur, idop, "R").status == 410
    assert passerelle(serveur).lire(idop).resultrans == "P"


@pytest.mark.parametrize("lettre", ["R", "A", "Z"])
def test_a_refusal_is_final_for_its_link(serveur: Serveur, portail: Portail, lettre: str) -> None:
    """Why the portal lets another attempt begin at once (decision 0011)."""
    idop = passerelle(serveur).creer(demande(portail.adresse))
    appuyer(serveur, idop, lettre)
    assert (page(serveur, idop)[0].status, appuyer(serveur, idop, "P").status) == (410, 410)
    assert passerelle(serveur).lire(idop).resultrans == lettre


def test_the_tab_may_be_closed_before_or_after_paying(serveur: Serveur, portail: Portail) -> None:
    service = passerelle(serveur)
    idop = service.creer(demande(portail.adresse))
    assert appuyer(serveur, idop, "V", sans_retour="1").getheader("Location") == "/abandon"
    assert "Fermez cet onglet" in demander(serveur, "/abandon")[1]
    portail.attendre(1)
    assert service.lire(idop).resultrans == "V"


def test_a_notification_is_repeated_until_it_is_heard(serveur: Serveur, portail: Portail) -> None:
    portail.statuts = [500, 503, 200]
    idop = passerelle(serveur).creer(demande(portail.adresse))
    serveur.payer(idop, "P")
    portail.attendre(3)
    time.sleep(0.2)
    assert portail.recus == [{"idop": [idop]}] * 3
    assert serveur.etat.recentes()[0].avis == ["500", "503", "200"]


def test_a_notification_is_lost_doubled_or_late_on_demand(serveur: Serveur, portail: Portail) -> None:
    service = passerelle(serveur)
    perdue, double, tardive = (service.creer(demande(portail.adresse)) for _ in range(3))
    serveur.payer(perdue, "P", "perdu")
    serveur.payer(double, "P", "double")
    portail.attendre(2)
    assert portail.recus == [{"idop": [double]}] * 2
    avant = time.monotonic()
    appuyer(serveur, tardive, "P", avis="retard")
    portail.attendre(3)
    assert time.monotonic() - avant > 0.25
    assert portail.recus[2] == {"idop": [tardive]}


def test_a_notification_may_come_before_the_result_is_known(
    serveur: Serveur, portail: Portail, horloge: Horloge
) -> None:
    serveur.interrupteurs.avis = "avance"
    service = passerelle(serveur)
    idop = service.creer(demande(portail.adresse))
    serveur.payer(idop, "P")
    portail.attendre(1)
    with pytest.raises(PayfipEnAttente):
        service.lire(idop)
    horloge.instant += timedelta(seconds=5)
    assert service.lire(idop).resultrans == "P"


def test_it_breaks_down_as_asked_and_recovers(serveur: Serveur, monkeypatch: pytest.MonkeyPatch) -> None:
    service = passerelle(serveur)
    idop = service.creer(demande())
    serveur.payer(idop, "P", "perdu")
    for panne in PANNES:
        demander(serveur, "/interrupteurs", "POST", urlencode({"panne": panne, "avis": "double"}))
        assert (serveur.interrupteurs.panne, serveur.interrupteurs.avis) == (panne, "double")
        if panne in ("", "montant"):
            assert service.lire(idop).montant == (4350 if panne else 4250)
        elif panne == "lente":
            monkeypatch.setattr("portail_famille.gateways.soap_payfip.LECTURE", 0.2)
            with pytest.raises(PayfipIndisponible):
                service.lire(idop)
            monkeypatch.undo()
        else:
            with pytest.raises(PayfipIndisponible):
                service.lire(idop)
    demander(serveur, "/interrupteurs", "POST", "panne=inconnue&avis=inconnu")
    assert (serveur.interrupteurs.panne, serveur.interrupteurs.avis) == ("montant", "double")


def test_its_first_page_tells_what_happened_to_each_payment(serveur: Serveur) -> None:
    assert "Aucun paiement" in demander(serveur, "/")[1]
    service = passerelle(serveur)
    paye, ouvert, _jamais, oublie = (service.creer(demande()) for _ in range(4))
    serveur.payer(paye, "P", "perdu")
    page(serveur, ouvert)
    serveur.etat.recentes()[0].est_oubliee = True
    texte = demander(serveur, "/")[1]
    for mot in ("Résultat P", "perdue", "Page ouverte", "Page jamais ouverte", "Oublié pendant la nuit", "10:05:30"):
        assert mot in texte
    assert oublie not in texte
    assert texte.count("<option") == len(AVIS) + len(PANNES)
    assert demander(serveur, "/ailleurs")[0].status == demander(serveur, "/ailleurs", "POST", b"x")[0].status == 404
    demander(serveur, "/temps", "POST", "saut=minutes")
    with pytest.raises(Faute, match="P4"):
        serveur.etat.ouvrir(_jamais)


def test_a_restart_finds_the_payments_again(tmp_path: Path, horloge: Horloge) -> None:
    fichier = tmp_path / "payfip.json"
    with Serveur(etat=Etat(fichier=fichier, horloge=horloge)) as serveur:
        idop = passerelle(serveur).creer(demande())
        serveur.payer(idop, "V", "perdu")
        avant = serveur.etat.recentes()
    with Serveur(etat=Etat(fichier=fichier, horloge=horloge)) as serveur:
        assert serveur.etat.recentes() == avant
        assert passerelle(serveur).lire(idop).resultrans == "V"
