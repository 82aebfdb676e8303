"""PayFiP's web service, through eopayment's description of it (`design/payfip.md`): ask for a payment, read its result.

eopayment (zeep, lxml) is imported at the first call: most processes never pay. What it leaves open is closed here: the
address called, a limit in time and in size, no redirection, no document type. Neither what is sent nor what comes back
is logged or put in an exception: it holds a parent's mail.
"""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from portail_famille.domain.payfip import LETTRES, Client, Demande, Detail, code_payfip, est_idop

if TYPE_CHECKING:
    from eopayment.payfip_ws import PayFiP

journal = logging.getLogger("portail_famille.payfip")

_REPONSE = "{http://securite.service.tpa.cp.finances.gouv.fr/reponse}"
_PARIS = ZoneInfo("Europe/Paris")
_PANNES = ("TechDysfonctionnementErreur", "TechIndisponibiliteErreur", "TechProtocolaireErreur")
_verrou = threading.Lock()
_services: "dict[str, PayFiP]" = {}


class ErreurPayfip(Exception):
    """No answer that can be used."""


class PayfipIndisponible(ErreurPayfip):
    """Down, too slow, or an answer that cannot be read: nothing is known, ask again later."""


class PayfipRefus(ErreurPayfip):
    """PayFiP refuses what is asked: `code` as it documents it, `message` in an agent's words."""

    def __init__(self, code: str) -> None:
        self.code, self.message = code, code_payfip(code).agent
        super().__init__(f"{code} : {self.message}")


class PayfipEnAttente(PayfipRefus):
    """P5: no result yet, or never."""


class PayfipInconnu(PayfipRefus):
    """P1: PayFiP does not know this operation, or no more."""


class Payfip:
    """`service`: where the web service is called; `paiement`: where the parent pays. One per call is fine: what is
    slow to build is kept, for the whole process and all its threads."""

    def __init__(self, service: str, paiement: str) -> None:
        self._service, self._paiement = service, paiement

    def creer(self, demande: Demande) -> str:
        """The idop of a new payment. Raises `ErreurPayfip`; never called again by itself, nor called at all for what it
        would refuse."""
        if code := demande.refus():
            journal.warning("PayFiP refuserait : code %s", code)
            raise PayfipRefus(code)
        reponse = self._appeler(
            lambda payfip: payfip.get_idop(
                numcli=demande.numcli,
                saisie=demande.saisie,
                exer=str(demande.exer),
                refdet=demande.refdet,
                montant=str(demande.montant),
                mel=demande.mel,
                url_notification=demande.urlnotif,
                url_redirect=demande.urlredirect,
                objet=demande.objet or None,
            )
        )
        idop = _texte(reponse, "idOp") if not isinstance(reponse, str) else reponse.strip()
        if not est_idop(idop):
            raise _illisible("idop")
        return idop

    def lire(self, idop: str) -> Detail:
        """What became of it. Raises `PayfipEnAttente`, `PayfipInconnu`, `ErreurPayfip`."""
        reponse = self._appeler(lambda payfip: payfip.get_info_paiement(idop))
        if _texte(reponse, "idOp") != idop:
            raise _illisible("autre idop")
        montant, lettre = _texte(reponse, "montant"), _texte(reponse, "resultrans")
        if not (montant.isascii() and montant.isdecimal() and len(montant) <= 9) or lettre not in LETTRES:
            raise _illisible("montant ou résultat")
        return Detail(
            idop=idop,
            numcli=_texte(reponse, "numcli"),
            refdet=_texte(reponse, "refdet"),
            montant=int(montant),
            saisie=_texte(reponse, "saisie"),
            resultrans=lettre,
            numauto=_texte(reponse, "numauto")[:16],
            instant=_instant(_texte(reponse, "dattrans"), _texte(reponse, "heurtrans")),
        )

    def lire_client(self, numcli: str) -> Client:
        """How PayFiP names this régie: proof that its number is the right one. Raises `ErreurPayfip`."""
        reponse = self._appeler(lambda payfip: payfip.get_info_client(numcli))
        if _texte(reponse, "numcli") != numcli:
            raise _illisible("autre client")
        lignes = (_texte(reponse, nom) for nom in ("libelleN1", "libelleN2", "libelleN3"))
        return Client(numcli, tuple(ligne for ligne in lignes if ligne))

    def adresse(self, idop: str) -> str:
        """Where the parent goes, once, within a quarter of an hour."""
        return f"{self._paiement}?{urlencode({'idop': idop})}"

    def empechement(self) -> PayfipIndisponible | None:
        """Why it would not be called now; None: it would (gateways/disjoncteur)."""
        return None

    def _appeler(self, question: "Callable[[PayFiP], Any]") -> Any:
        from eopayment.payfip_ws import PayFiPError

        refus: ErreurPayfip
        try:
            reponse = question(_service(self._service))
        except PayFiPError as erreur:
            refus = _traduire(erreur)
        else:
            if reponse is None:
                raise _illisible("vide")
            return reponse
        # Out of the handler: the original, which may quote what was exchanged, does not follow.
        raise refus


def _service(adresse: str) -> "PayFiP":
    from portail_famille.gateways.soap_payfip import ouvrir

    with _verrou:
        if adresse not in _services:
            _services[adresse] = ouvrir(adresse)
        return _services[adresse]


def _traduire(erreur: Any) -> ErreurPayfip:
    """eopayment's code is PayFiP's for a functional fault, words of its own for all the rest."""
    code = str(erreur.code)
    if not (len(code) <= 4 and code.isascii() and code.isalnum()):
        genre = type(erreur.message).__name__ if isinstance(erreur.message, Exception) else code
        genre = next((panne for panne in _PANNES if str(erreur.message).endswith(panne)), genre)
        journal.warning("PayFiP indisponible : %s", genre)
        return PayfipIndisponible(genre)
    if code == "P5":
        return PayfipEnAttente(code)
    journal.warning("PayFiP refuse : code %s", code)
    return PayfipInconnu(code) if code == "P1" else PayfipRefus(code)


def _illisible(quoi: str) -> PayfipIndisponible:
    journal.warning("PayFiP : réponse illisible (%s)", quoi)
    return PayfipIndisponible(f"réponse illisible ({quoi})")


def _texte(reponse: Any, champ: str) -> str:
    valeur = getattr(reponse, champ, None)
    return valeur.strip() if isinstance(valeur, str) else ""


def _instant(jour: str, heure: str) -> datetime | None:
    """JJMMAAAA and HHMM, time of Paris."""
    try:
        return datetime.strptime(jour + heure, "%d%m%Y%H%M").replace(tzinfo=_PARIS).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
