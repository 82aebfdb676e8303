"""What the local PayFiP knows: payments asked for, their results, how it must misbehave. In memory, and in a file."""

import json
import os
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from portail_famille.domain.payfip import CODES, DUREE_LIEN, LETTRES, Demande

AVIS = ("normal", "perdu", "double", "avance", "retard")
"""The notification: as it should be; never sent; twice at the same time; before the result is known; late."""
PANNES = ("", "panne", "technique", "lente", "charabia", "montant")
"""Nothing wrong; 503; PayFiP's own « Tech… » fault; 30 seconds of silence; not XML; another amount in the result."""
CLIENT_INCONNU = "000000"
_PARIS = ZoneInfo("Europe/Paris")
_GARDEES = 500
_CHAMPS = ("numcli", "exer", "refdet", "objet", "mel", "montant", "saisie", "urlnotif", "urlredirect")


class Faute(Exception):
    """A functional fault, as PayFiP numbers them."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code, self.libelle = code, CODES[code].agent


@dataclass
class Interrupteurs:
    """How it behaves; changed on its page, on the command line, or by a test between two calls."""

    avis: str = "normal"
    panne: str = ""
    avance_secondes: float = 5
    """« avance »: how long the result stays unknown after the notification."""
    retard_secondes: float = 60
    lenteur_secondes: float = 30


@dataclass
class Transaction:
    idop: str
    numcli: str
    exer: str
    refdet: str
    objet: str
    mel: str = field(repr=False)
    montant: int
    saisie: str
    urlnotif: str
    urlredirect: str
    cree: datetime
    est_ouverte: bool = False
    """Its page was shown: the link has served."""
    resultat: str = ""
    numauto: str = ""
    fini: datetime | None = None
    connu: datetime | None = None
    """From when the result is told."""
    est_oubliee: bool = False
    """The night has passed on what nobody paid."""
    avis: list[str] = field(default_factory=list)
    """What became of each notification sent."""


class Etat:
    """Safe from several threads. `fichier`: what a restart finds again."""

    def __init__(
        self,
        interrupteurs: Interrupteurs | None = None,
        *,
        clients: Mapping[str, str] | None = None,
        fichier: Path | None = None,
        horloge: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.interrupteurs = interrupteurs or Interrupteurs()
        self.appels = 0
        self.horloge = horloge
        """Tests give theirs."""
        self._clients, self._fichier = dict(clients or {}), fichier
        self._decalage = timedelta(0)
        self._verrou = threading.RLock()
        self._transactions: dict[str, Transaction] = {}
        if fichier is not None and fichier.exists():
            self._relire(fichier)

    def maintenant(self) -> datetime:
        return self.horloge() + self._decalage

    def avancer(self, duree: timedelta) -> None:
        """Its clock alone: links expire without waiting."""
        with self._verrou:
            self._decalage += duree

    def passer_la_nuit(self) -> int:
        """What has no result is forgotten (P1); how many were."""
        with self._verrou:
            perdues = [t for t in self._transactions.values() if not t.resultat and not t.est_oubliee]
            for transaction in perdues:
                transaction.est_oubliee = True
            self._garder()
            return len(perdues)

    def recentes(self) -> list[Transaction]:
        """Latest first."""
        with self._verrou:
            return list(reversed(self._transactions.values()))

    def libelle(self, numcli: str) -> str:
        return self._clients.get(numcli, f"Régie n°\u00a0{numcli}")

    def client(self, numcli: str) -> str:
        """Raises `Faute`."""
        if not (len(numcli) == 6 and numcli.isascii() and numcli.isdecimal()):
            raise Faute("T1")
        if numcli == CLIENT_INCONNU:
            raise Faute("T2")
        return self.libelle(numcli)

    def creer(self, champs: Mapping[str, str]) -> Transaction:
        """Raises `Faute`: the first thing that is wrong, as the real one does."""
        lus = {nom: champs.get(nom, "") for nom in _CHAMPS}
        self._verifier(lus)
        with self._verrou:
            transaction = Transaction(
                idop=str(uuid.uuid4()),
                cree=self.maintenant(),
                **{**lus, "montant": int(lus["montant"])},  # type: ignore[arg-type]
            )
            self._transactions[transaction.idop] = transaction
            while len(self._transactions) > _GARDEES:
                del self._transactions[next(iter(self._transactions))]
            self._garder()
        return transaction

    def _verifier(self, lus: Mapping[str, str]) -> None:
        montant, exer = lus["montant"], lus["exer"]
        est_entier = montant.isascii() and montant.isdecimal() and len(montant) <= 12
        demande = Demande(
            **{
                **lus,
                "montant": int(montant) if est_entier else 0,
                "exer": int(exer) if len(exer) == 4 and exer.isascii() and exer.isdecimal() else 0,
            }  # type: ignore[arg-type]
        )
        code = demande.refus()
        if code != "T1":
            self.client(lus["numcli"])
        if code:
            raise Faute(code if est_entier or code != "M3" else "M1")

    def detail(self, idop: str) -> Transaction:
        """A payment whose result may be told. Raises `Faute`."""
        with self._verrou:
            transaction = self._trouver(idop)
            if transaction.connu is None or self.maintenant() < transaction.connu:
                raise Faute("P5")
            return transaction

    def ouvrir(self, idop: str) -> Transaction:
        """Its page, shown once. Raises `Faute`."""
        with self._verrou:
            transaction = self._trouver(idop)
            if transaction.est_ouverte or transaction.resultat:
                raise Faute("P3")
            if self.maintenant() - transaction.cree > DUREE_LIEN:
                raise Faute("P4")
            transaction.est_ouverte = True
            self._garder()
            return transaction

    def conclure(self, idop: str, lettre: str, avis: str = "") -> Transaction:
        """What the parent did on the page. Raises `Faute`: one result, once."""
        if lettre not in LETTRES:
            raise Faute("P1")
        with self._verrou:
            transaction = self._trouver(idop)
            if transaction.resultat:
                raise Faute("P3")
            transaction.resultat = lettre
            transaction.numauto = uuid.uuid4().hex[:6].upper() if lettre in "PVZ" else ""
            transaction.fini = self.maintenant()
            attente = self.interrupteurs.avance_secondes if (avis or self.interrupteurs.avis) == "avance" else 0
            transaction.connu = transaction.fini + timedelta(seconds=attente)
            self._garder()
            return transaction

    def noter_avis(self, transaction: Transaction, dit: str) -> None:
        with self._verrou:
            transaction.avis.append(dit)
            self._garder()

    def heure(self, instant: datetime) -> datetime:
        return instant.astimezone(_PARIS)

    def _trouver(self, idop: str) -> Transaction:
        transaction = self._transactions.get(idop)
        if transaction is None or transaction.est_oubliee:
            raise Faute("P1")
        return transaction

    def _garder(self) -> None:
        if self._fichier is None:
            return
        brouillon = self._fichier.with_suffix(".nouveau")
        contenu = [asdict(transaction) for transaction in self._transactions.values()]
        brouillon.write_text(json.dumps(contenu, default=datetime.isoformat, ensure_ascii=False), encoding="utf-8")
        os.replace(brouillon, self._fichier)

    def _relire(self, fichier: Path) -> None:
        for lu in json.loads(fichier.read_text(encoding="utf-8")):
            dates: dict[str, Any] = {
                nom: datetime.fromisoformat(lu[nom]) if lu[nom] else None for nom in ("cree", "fini", "connu")
            }
            self._transactions[lu["idop"]] = Transaction(**{**lu, **dates})
