"""A local storage that speaks the verbs of S3 that we use, and checks the signature of every request (AWS SigV4)."""

import hashlib
import hmac
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, quote, urlsplit
from xml.etree.ElementTree import fromstring
from xml.sax.saxutils import escape

CLE, SECRET, PANIER = "AKIDSEAU", "le secret du seau", "documents"
_PAGE = 2
"""Objects a listing gives at once: the next page has to be asked for."""


class Seau(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Demande)
        self.objets: dict[str, tuple[bytes, datetime]] = {}
        self.verbes: list[str] = []
        self.est_en_panne = False

    @property
    def adresse(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


@contextmanager
def seau() -> Iterator[Seau]:
    serveur = Seau()
    fil = threading.Thread(target=serveur.serve_forever, args=(0.02,), daemon=True)
    fil.start()
    try:
        yield serveur
    finally:
        serveur.shutdown()
        serveur.server_close()
        fil.join(5)


class _Demande(BaseHTTPRequestHandler):
    server: Seau
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._servir()

    def do_PUT(self) -> None:
        self._servir()

    def do_POST(self) -> None:
        self._servir()

    def log_message(self, *_args: object) -> None:
        return

    def _servir(self) -> None:
        corps = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        adresse = urlsplit(self.path)
        panier, _, nom = adresse.path.lstrip("/").partition("/")
        self.server.verbes.append(f"{self.command} {'liste' if not nom else 'objet'}")
        if self.server.est_en_panne:
            return self._repondre(503, b"<Error><Code>SlowDown</Code></Error>")
        if not self._est_signee(corps):
            return self._repondre(403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>")
        if panier != PANIER:
            return self._repondre(404, b"<Error><Code>NoSuchBucket</Code></Error>")
        if self.command == "POST" and adresse.query.startswith("delete"):
            return self._repondre(200, self._supprimer(corps))
        if not nom:
            return self._repondre(200, self._lister(dict(parse_qsl(adresse.query))))
        if self.command == "PUT":
            self.server.objets[nom] = corps, datetime.now(UTC)
            return self._repondre(200, b"", ETag='"x"')
        if nom not in self.server.objets:
            return self._repondre(404, b"<Error><Code>NoSuchKey</Code></Error>")
        octets, ecrit = self.server.objets[nom]
        return self._repondre(200, octets, **{"Last-Modified": f"{ecrit:%a, %d %b %Y %H:%M:%S GMT}", "ETag": '"x"'})

    def _supprimer(self, corps: bytes) -> bytes:
        """DeleteObjects: several keys in one request, one already gone is said deleted."""
        noms = [cle.text or "" for cle in fromstring(corps).iter() if cle.tag.endswith("Key")]
        for nom in noms:
            self.server.objets.pop(nom, None)
        lignes = "".join(f"<Deleted><Key>{escape(nom)}</Key></Deleted>" for nom in noms)
        return f"<DeleteResult>{lignes}</DeleteResult>".encode()

    def _lister(self, question: dict[str, str]) -> bytes:
        noms = sorted(n for n in self.server.objets if n.startswith(question.get("prefix", "")))
        debut = int(question.get("continuation-token", "0"))
        page, reste = noms[debut : debut + _PAGE], len(noms) > debut + _PAGE
        lignes = "".join(
            f"<Contents><Key>{escape(n)}</Key><LastModified>{self.server.objets[n][1]:%Y-%m-%dT%H:%M:%S.000Z}"
            f'</LastModified><ETag>"x"</ETag><Size>{len(self.server.objets[n][0])}</Size></Contents>'
            for n in page
        )
        suite = f"<NextContinuationToken>{debut + _PAGE}</NextContinuationToken>" if reste else ""
        return (
            f"<ListBucketResult><Name>{PANIER}</Name><IsTruncated>{str(reste).lower()}</IsTruncated>"
            f"{lignes}{suite}</ListBucketResult>"
        ).encode()

    def _est_signee(self, corps: bytes) -> bool:
        """As the storage does it: what was signed is what arrived, by who has the secret."""
        entete = self.headers.get("Authorization", "")
        algorithme, _, reste = entete.partition(" ")
        champs = dict(morceau.strip().split("=", 1) for morceau in reste.split(",") if "=" in morceau)
        if algorithme != "AWS4-HMAC-SHA256" or not champs.get("Credential", "").startswith(f"{CLE}/"):
            return False
        empreinte = self.headers.get("x-amz-content-sha256", "")
        if empreinte not in ("UNSIGNED-PAYLOAD", hashlib.sha256(corps).hexdigest()):
            return False
        adresse = urlsplit(self.path)
        question = "&".join(
            f"{quote(nom, safe='-_.~')}={quote(valeur, safe='-_.~')}"
            for nom, valeur in sorted(parse_qsl(adresse.query, keep_blank_values=True))
        )
        signes = champs["SignedHeaders"].split(";")
        entetes = "".join(f"{nom}:{(self.headers.get(nom) or '').strip()}\n" for nom in signes)
        canonique = "\n".join([self.command, adresse.path, question, entetes, ";".join(signes), empreinte])
        _, jour, region, service, fin = champs["Credential"].split("/")
        a_signer = "\n".join(
            [algorithme, self.headers["x-amz-date"], f"{jour}/{region}/{service}/{fin}",
             hashlib.sha256(canonique.encode()).hexdigest()]
        )  # fmt: skip
        cle = f"AWS4{SECRET}".encode()
        for morceau in (jour, region, service, fin, a_signer):
            cle = hmac.new(cle, morceau.encode(), hashlib.sha256).digest()
        return hmac.compare_digest(cle.hex(), champs["Signature"])

    def _repondre(self, statut: int, corps: bytes, **entetes: str) -> None:
        self.send_response(statut)
        for nom, valeur in entetes.items():
            self.send_header(nom, valeur)
        self.send_header("Content-Length", str(len(corps)))
        self.end_headers()
        self.wfile.write(corps)
