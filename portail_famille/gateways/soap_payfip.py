"""eopayment's PayFiP client on a transport that trusts nobody. Imported at the first payment only (it brings zeep)."""

import ipaddress
import time
from typing import Any
from urllib.parse import urlsplit

import requests
from eopayment.payfip_ws import PayFiP
from zeep import Client, Plugin, Settings, Transport
from zeep.exceptions import TransportError

CONNEXION, LECTURE = 5.0, 15.0
ECHANGE = 20.0
"""Seconds for the whole answer, however it drips; a parent waits for it."""
TAILLE_MAXIMALE = 100_000
_GENRES = ("text/xml", "application/xml")
_ENVELOPPE = "{http://schemas.xmlsoap.org/soap/envelope/}"
_SERVICE = (
    "{http://securite.service.tpa.cp.finances.gouv.fr/services/mas_securite/"
    "contrat_paiement_securise/PaiementSecuriseService}"
)
_CORPS_ATTENDUS = (200, 500)
"""SOAP 1.1: a reply, a fault."""


def ouvrir(adresse: str) -> PayFiP:
    """No network: the description of the service (WSDL, XSD) comes with the package."""
    return _PayFiP(service_url=adresse)


class _PayFiP(PayFiP):  # type: ignore[misc, unused-ignore]  # eopayment has no types
    """`service_url` is accepted by eopayment, then forgotten: the address of its WSDL would be called."""

    def __init__(self, service_url: str) -> None:
        super().__init__(service_url=service_url)
        reglages = Settings(strict=True, forbid_dtd=True, forbid_entities=True, forbid_external=True, force_https=False)
        self._client = Client(self.wsdl_url, transport=_Transport(), settings=reglages, plugins=[_Temoin()])
        self._client.service._binding_options["address"] = service_url

    @property
    def client(self) -> Client:
        return self._client


class _Temoin(Plugin):  # type: ignore[misc, unused-ignore]
    """zeep reads whatever element stands in the answer's place, of any name: it must be this question's, or a fault."""

    def ingress(self, envelope: Any, http_headers: Any, operation: Any) -> tuple[Any, Any]:
        contenu = [element.tag for element in envelope.findall(f"{_ENVELOPPE}Body/*")]
        if contenu not in ([f"{_SERVICE}{operation.name}Response"], [f"{_ENVELOPPE}Fault"]):
            raise TransportError("réponse à une autre question")
        return envelope, http_headers


class _Transport(Transport):  # type: ignore[misc, unused-ignore]
    """A connection per call: nothing is shared between threads, nor kept across a fork. `operation_timeout`, which
    eopayment changes around each call, is shared by all threads: it is not read."""

    def post(self, address: str, message: bytes, headers: dict[str, str]) -> requests.Response:
        fin = time.monotonic() + ECHANGE
        with requests.Session() as session:
            # The proxy of the environment, except to this machine; never the passwords of a .netrc.
            session.trust_env = not _est_locale(address)
            session.auth = _sans_identite
            reponse = session.post(
                address,
                data=message,
                headers=headers,
                timeout=(CONNEXION, LECTURE),
                allow_redirects=False,
                stream=True,
            )
            with reponse:
                genre = reponse.headers.get("Content-Type", "").partition(";")[0].strip().lower()
                if reponse.status_code not in _CORPS_ATTENDUS or genre not in _GENRES:
                    raise TransportError(f"réponse {reponse.status_code}", status_code=reponse.status_code)
                # requests has no other way to be given a body that was read within bounds.
                reponse._content = _lire(reponse, fin)
                return reponse


def _lire(reponse: requests.Response, fin: float) -> bytes:
    corps = b""
    while morceau := reponse.raw.read1(16_384, decode_content=True):
        corps += morceau
        if len(corps) > TAILLE_MAXIMALE or time.monotonic() > fin:
            raise TransportError("réponse trop longue")
    return corps


def _est_locale(adresse: str) -> bool:
    hote = urlsplit(adresse).hostname or ""
    try:
        return hote == "localhost" or ipaddress.ip_address(hote).is_loopback
    except ValueError:
        return False


def _sans_identite(requete: Any) -> Any:
    return requete
