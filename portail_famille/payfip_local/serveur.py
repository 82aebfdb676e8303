"""The local PayFiP over HTTP, on this machine only: its web service, its payment page, its switches."""

import socketserver
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit, urlunsplit

from jinja2 import Environment, PackageLoader, select_autoescape

from portail_famille.domain.montants import ecrire_centimes
from portail_famille.domain.payfip import code_payfip
from portail_famille.gateways.boucle_locale import NOM, adresses, famille
from portail_famille.payfip_local.avis import REPRISES, Facteur
from portail_famille.payfip_local.etat import AVIS, PANNES, Etat, Faute, Interrupteurs, Transaction
from portail_famille.payfip_local.soap import Question, QuestionIllisible, description, faute, lire, repondre

SERVICE, PAIEMENT = "/service", "/paiement"
_TAILLE_MAXIMALE = 100_000
_modeles = Environment(
    loader=PackageLoader("portail_famille", "templates/payfip_local"),
    autoescape=select_autoescape(["html"]),
    trim_blocks=True,
    lstrip_blocks=True,
)
_modeles.filters["euros"] = ecrire_centimes


@dataclass(frozen=True, slots=True)
class _Reponse:
    corps: bytes
    genre: str = "text/html; charset=utf-8"
    statut: HTTPStatus = HTTPStatus.OK
    vers: str = ""
    """Where the browser is sent."""
    formulaires: str = "'self'"
    """Where forms of the page may lead, redirections included."""


class Serveur:
    """Port 0: any free one. Raises OSError when the port is taken."""

    def __init__(
        self,
        port: int = 0,
        interrupteurs: Interrupteurs | None = None,
        *,
        etat: Etat | None = None,
        reprises: tuple[float, ...] = REPRISES,
    ) -> None:
        self.etat = etat or Etat(interrupteurs)
        self.facteur = Facteur(self.etat, reprises)
        self.port = port
        self._http: list[_Http] = []
        try:
            for adresse in adresses():
                self._http.append(_Http(adresse, self.port, self))
                self.port = self._http[0].server_port
        except BaseException:
            self._fermer()
            raise
        self.adresse = f"http://{NOM}:{self.port}"
        self.service, self.paiement = self.adresse + SERVICE, self.adresse + PAIEMENT
        self._fils = [
            threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
            for http in self._http
        ]

    @property
    def interrupteurs(self) -> Interrupteurs:
        return self.etat.interrupteurs

    def payer(self, idop: str, lettre: str, avis: str = "") -> Transaction:
        """What its page does, without the page. Raises `Faute`."""
        transaction = self.etat.conclure(idop, lettre, avis)
        self.facteur.annoncer(transaction, avis or self.interrupteurs.avis)
        return transaction

    def __enter__(self) -> "Serveur":
        for fil in self._fils:
            fil.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.facteur.arreter()
        for http in self._http:
            http.shutdown()
        self._fermer()
        for fil in self._fils:
            fil.join()

    def _fermer(self) -> None:
        for http in self._http:
            http.server_close()


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, adresse: str, port: int, maison: Serveur) -> None:
        self.address_family = famille(adresse)
        self.maison = maison
        super().__init__((adresse, port), _Requete)

    def server_bind(self) -> None:
        # The standard library's own also asks the network for the name of the address.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]


class _Requete(BaseHTTPRequestHandler):
    server: _Http
    server_version = "payfip-local"
    sys_version = ""
    timeout = 30

    def do_GET(self) -> None:
        maison, morceaux = self.server.maison, urlsplit(self.path)
        champs = _champs(morceaux.query)
        match morceaux.path:
            case "/":
                self._envoyer(_accueil(maison))
            case "/payfip.css":
                style = files("portail_famille").joinpath("templates/payfip_local/payfip.css")
                self._envoyer(_Reponse(style.read_bytes(), "text/css; charset=utf-8"))
            case "/abandon":
                self._envoyer(_page("abandon.html"))
            case chemin if chemin == PAIEMENT and self.command == "GET":
                self._envoyer(_page_de_paiement(maison, champs.get("idop", "")))
            case chemin if chemin == SERVICE or chemin.startswith(SERVICE + "_"):
                self._envoyer(_description(maison, morceaux.path, morceaux.query))
            case _:
                self._envoyer(_introuvable())

    do_HEAD = do_GET  # noqa: N815 (the standard library's name)

    def do_POST(self) -> None:
        taille = self.headers.get("Content-Length", "")
        if not taille.isdecimal() or int(taille) > _TAILLE_MAXIMALE:
            self.close_connection = True
            self._envoyer(_Reponse(b"", statut=HTTPStatus.REQUEST_ENTITY_TOO_LARGE))
            return
        corps, maison, chemin = self.rfile.read(int(taille)), self.server.maison, urlsplit(self.path).path
        if chemin == SERVICE:
            self._envoyer(self._soap(corps))
            return
        champs = _champs(corps.decode("utf-8", "replace"))
        match chemin:
            case "/interrupteurs":
                self._envoyer(_regler(maison, champs))
            case "/temps":
                self._envoyer(_avancer(maison, champs))
            case _ if chemin == PAIEMENT:
                self._envoyer(_payer(maison, champs))
            case _:
                self._envoyer(_introuvable())

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: addresses hold an idop."""

    def _soap(self, corps: bytes) -> _Reponse:
        maison = self.server.maison
        maison.etat.appels += 1
        match maison.interrupteurs.panne:
            case "panne":
                return _Reponse(b"<h1>Service Unavailable</h1>", statut=HTTPStatus.SERVICE_UNAVAILABLE)
            case "technique":
                return _xml(faute("TechIndisponibiliteErreur", "999", "Service indisponible."), erreur=True)
            case "charabia":
                return _Reponse(b"<html><body>Maintenance</body>", "text/xml; charset=utf-8")
            case "lente":
                # Ended by the server's own end: a test does not wait for it.
                maison.facteur.attendre(maison.interrupteurs.lenteur_secondes)
        try:
            question = lire(corps)
        except QuestionIllisible as raison:
            return _xml(faute("TechProtocolaireErreur", "998", f"Question illisible : {raison}."), erreur=True)
        try:
            return _xml(repondre(question.operation, _demander(maison, question)))
        except Faute as refus:
            return _xml(faute("FonctionnelleErreur", refus.code, refus.libelle), erreur=True)

    def _envoyer(self, reponse: _Reponse) -> None:
        self.send_response(HTTPStatus.SEE_OTHER if reponse.vers else reponse.statut)
        entetes = {
            "Content-Type": reponse.genre,
            "Content-Length": str(len(reponse.corps)),
            "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; "
            f"frame-ancestors 'none'; form-action {reponse.formulaires}",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
            **({"Location": reponse.vers} if reponse.vers else {}),
        }
        for nom, valeur in entetes.items():
            self.send_header(nom, valeur)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reponse.corps)


def _demander(maison: Serveur, question: Question) -> Mapping[str, str]:
    """Fields of the reply, in the order of the schema. Raises `Faute`."""
    etat, champs = maison.etat, question.champs
    if question.operation == "creerPaiementSecurise":
        return {"idOp": etat.creer(champs).idop}
    if question.operation == "recupererDetailClient":
        numcli = champs.get("numCli", "")
        return {"libelleN1": etat.client(numcli), "libelleN2": "Bac à sable", "numcli": numcli}
    transaction = etat.detail(champs.get("idOp", ""))
    assert transaction.fini is not None
    quand = etat.heure(transaction.fini)
    ecart = 100 if maison.interrupteurs.panne == "montant" else 0
    return {
        "dattrans": quand.strftime("%d%m%Y"),
        "exer": transaction.exer,
        "heurtrans": quand.strftime("%H%M"),
        "idOp": transaction.idop,
        "mel": transaction.mel,
        "montant": str(transaction.montant + ecart),
        "numauto": transaction.numauto,
        "numcli": transaction.numcli,
        "objet": transaction.objet,
        "refdet": transaction.refdet,
        "resultrans": transaction.resultat,
        "saisie": transaction.saisie,
    }


def _page_de_paiement(maison: Serveur, idop: str) -> _Reponse:
    try:
        transaction = maison.etat.ouvrir(idop)
    except Faute as refus:
        return _refus(maison, idop, refus)
    morceaux = urlsplit(transaction.urlredirect)
    return _page(
        "paiement.html",
        formulaires=f"'self' {morceaux.scheme}://{morceaux.netloc}",
        transaction=transaction,
        libelle=maison.etat.libelle(transaction.numcli),
        avis=AVIS,
        choisi=maison.interrupteurs.avis,
    )


def _payer(maison: Serveur, champs: Mapping[str, str]) -> _Reponse:
    avis = champs.get("avis", "")
    try:
        transaction = maison.payer(champs.get("idop", ""), champs.get("resultat", ""), avis if avis in AVIS else "")
    except Faute as refus:
        return _refus(maison, champs.get("idop", ""), refus)
    if champs.get("sans_retour"):
        return _vers("/abandon")
    return _vers(_retour(transaction))


def _retour(transaction: Transaction) -> str:
    morceaux = urlsplit(transaction.urlredirect)
    question = urlencode([*parse_qsl(morceaux.query, keep_blank_values=True), ("idop", transaction.idop)])
    return urlunsplit(morceaux._replace(query=question))


def _refus(maison: Serveur, idop: str, refus: Faute) -> _Reponse:
    connue = next((t for t in maison.etat.recentes() if t.idop == idop), None)
    return _page(
        "refus.html",
        HTTPStatus.GONE,
        code=refus.code,
        phrase=code_payfip(refus.code).parent,
        retour=_retour(connue) if connue is not None else "",
    )


def _accueil(maison: Serveur) -> _Reponse:
    lignes = [
        {**asdict(t), "libelle": maison.etat.libelle(t.numcli), "heure": maison.etat.heure(t.cree)}
        for t in maison.etat.recentes()[:50]
    ]
    return _page("accueil.html", lignes=lignes, reglage=maison.interrupteurs, avis=AVIS, pannes=PANNES)


def _regler(maison: Serveur, champs: Mapping[str, str]) -> _Reponse:
    if champs.get("avis") in AVIS:
        maison.interrupteurs.avis = champs["avis"]
    if champs.get("panne", "") in PANNES:
        maison.interrupteurs.panne = champs.get("panne", "")
    return _vers("/")


def _avancer(maison: Serveur, champs: Mapping[str, str]) -> _Reponse:
    if champs.get("saut") == "nuit":
        maison.etat.passer_la_nuit()
    else:
        maison.etat.avancer(timedelta(minutes=20))
    return _vers("/")


def _description(maison: Serveur, chemin: str, question: str) -> _Reponse:
    """The WSDL names its schemas beside it: « /service_schema1.xsd »."""
    nom = "PaiementSecuriseService.wsdl" if question.lower() == "wsdl" else ""
    nom = nom or "PaiementSecuriseService" + chemin.removeprefix(SERVICE)
    contenu = description(nom, maison.service)
    if contenu is None:
        return _introuvable()
    return _xml(contenu.replace(b'"PaiementSecuriseService_schema', b'"service_schema'))


def _champs(texte: str) -> dict[str, str]:
    return {nom: valeurs[0] for nom, valeurs in parse_qs(texte).items()}


def _page(modele: str, statut: HTTPStatus = HTTPStatus.OK, formulaires: str = "'self'", **donnees: Any) -> _Reponse:
    corps = _modeles.get_template(modele).render(donnees).encode("utf-8", "replace")
    return _Reponse(corps, statut=statut, formulaires=formulaires)


def _introuvable() -> _Reponse:
    return _page("refus.html", HTTPStatus.NOT_FOUND, code="", phrase="Cette page n’existe pas.")


def _vers(adresse: str) -> _Reponse:
    return _Reponse(b"", vers=adresse)


def _xml(corps: bytes, *, erreur: bool = False) -> _Reponse:
    statut = HTTPStatus.INTERNAL_SERVER_ERROR if erreur else HTTPStatus.OK
    return _Reponse(corps, "text/xml; charset=utf-8", statut)
