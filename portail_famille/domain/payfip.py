"""PayFiP, the State's payment page for public bodies: what is asked, what its answers mean, when to ask again.

Formats, letters and codes: `design/payfip.md`. No network here: gateways/payfip.py talks, services/paiements.py keeps.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

MINIMUM_CENTIMES = 100
MAXIMUM_CENTIMES = 10_000_000
"""100 000 €: eopayment's own limit, far above a family's invoice."""
PAYES, ANNULE, REFUSES = ("P", "V"), "A", ("R", "Z")
LETTRES = (*PAYES, ANNULE, *REFUSES)

DUREE_LIEN = timedelta(minutes=15)
"""A parent may open the payment page this long after it was asked for."""
DUREE_BLOCAGE = timedelta(minutes=20)
"""No second attempt before: the page's 15 minutes, and the time to type a card."""
DUREE_ANNULATION = timedelta(minutes=2)
"""A cancelled payment may still be begun again from PayFiP's own page."""
DUREE_SUIVI = timedelta(hours=24)
DUREE_ANONYME = timedelta(hours=24)
"""How long the address that PayFiP comes back to opens the receipt to whoever has it: browsers keep it for years."""
_RENDEZ_VOUS = (
    *(timedelta(minutes=minutes) for minutes in (2, 5, 15, 30)),
    *(timedelta(hours=heures) for heures in range(1, 25)),
)

_NUMCLI, _REFDET, _IDOP = re.compile(r"\d{6}", re.A), re.compile(r"[A-Za-z0-9]{6,30}"), re.compile(r"[A-Za-z0-9-]{36}")
_MEL = re.compile(r"[!-?A-~]+@[A-Za-z0-9.-]+\.[A-Za-z0-9-]+")
_OBJET = re.compile(r"[A-Za-z0-9 ]{1,100}")
_URL = re.compile(r"https?://[!-~]+")

Champ = Literal["numcli", "exer", "refdet", "objet", "mel", "montant", "saisie", "urlnotif", "urlredirect"]
_CODE_DU_CHAMP: tuple[tuple[Champ, str], ...] = (
    ("numcli", "T1"),
    ("saisie", "S1"),
    ("refdet", "R3"),
    ("exer", "R3"),
    ("objet", "R3"),
    ("mel", "A2"),
    ("montant", "M1"),
    ("urlnotif", "N1"),
    ("urlredirect", "D1"),
)


@dataclass(frozen=True, slots=True)
class Demande:
    """What PayFiP is asked for one payment."""

    numcli: str
    exer: int
    """Year of the invoice."""
    refdet: str
    objet: str
    mel: str = field(repr=False)
    montant: int
    """Centimes."""
    saisie: str
    urlnotif: str
    urlredirect: str

    def fautes(self) -> tuple[Champ, ...]:
        """Fields that PayFiP would refuse: it is not asked at all then."""
        tenus: dict[Champ, bool] = {
            "numcli": est_numcli(self.numcli),
            "exer": 2000 <= self.exer <= 2199,
            "refdet": est_refdet(self.refdet),
            "objet": not self.objet or bool(_OBJET.fullmatch(self.objet)),
            "mel": est_mel(self.mel),
            "montant": MINIMUM_CENTIMES <= self.montant <= MAXIMUM_CENTIMES,
            "saisie": self.saisie in ("T", "X", "W"),
            "urlnotif": est_url(self.urlnotif),
            "urlredirect": est_url(self.urlredirect),
        }
        return tuple(champ for champ, tenu in tenus.items() if not tenu)

    def refus(self) -> str:
        """Code with which PayFiP would refuse it: the town's settings before the parent's own; "": it is right."""
        fautes = self.fautes()
        code = next((code for champ, code in _CODE_DU_CHAMP if champ in fautes), "")
        if code == "M1":
            return "M5" if self.montant > MAXIMUM_CENTIMES else "M3"
        return "A1" if code == "A2" and not self.mel else code


@dataclass(frozen=True, slots=True)
class Detail:
    """What PayFiP knows of a payment that ended, whichever way."""

    idop: str
    numcli: str
    refdet: str
    montant: int
    saisie: str
    resultrans: str
    """P card, V direct debit ordered, A cancelled, R card refused, Z debit refused."""
    numauto: str = ""
    """Of the bank; none on A and R."""
    instant: datetime | None = None
    """Aware; None where PayFiP gives none that can be read."""


@dataclass(frozen=True, slots=True)
class Client:
    """A régie as PayFiP knows it: three lines of label."""

    numcli: str
    libelles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CodePayfip:
    """What a functional fault means, for an agent; and what a parent is told."""

    agent: str
    parent: str


_REGLAGE = "Le paiement en ligne n’est pas disponible pour cette facture. La mairie doit vérifier son réglage\u00a0: appelez-la, ou payez autrement."  # noqa: E501
_RIEN_PRELEVE = "Rien n’a été prélevé. Vous pouvez recommencer."
CODES = {
    "A1": CodePayfip("L’adresse de courriel manque.", "Indiquez une adresse de courriel\u00a0: PayFiP y envoie son ticket de paiement."),  # noqa: E501
    "A2": CodePayfip("L’adresse de courriel n’est pas acceptée par PayFiP.", "PayFiP n’accepte pas votre adresse de courriel. Vérifiez-la dans «\u00a0Mon compte\u00a0»."),  # noqa: E501
    "D1": CodePayfip("L’adresse de retour (URLREDIRECT) n’est pas acceptée.", _REGLAGE),
    "M1": CodePayfip("Le montant n’a pas la forme attendue.", _REGLAGE),
    "M3": CodePayfip("Le montant est inférieur à 1\u00a0€, le minimum de PayFiP.", "Un montant de moins de 1\u00a0€ ne peut pas être payé en ligne."),  # noqa: E501
    "M5": CodePayfip("Le montant dépasse ce que PayFiP accepte.", "Ce montant est trop élevé pour être payé en ligne. Payez autrement, ou en plusieurs fois auprès de la mairie."),  # noqa: E501
    "N1": CodePayfip("L’adresse de notification (URLNOTIF) n’est pas acceptée.", _REGLAGE),
    "P1": CodePayfip("PayFiP ne connaît pas, ou plus, cette opération.", _RIEN_PRELEVE),
    "P3": CodePayfip("Le lien de paiement a déjà servi.", "Ce lien de paiement a déjà servi. Revenez à votre facture."),
    "P4": CodePayfip("Le lien de paiement a plus de 15 minutes.", f"Le délai de 15 minutes est passé. {_RIEN_PRELEVE}"),
    "P5": CodePayfip("PayFiP ne connaît pas encore le résultat.", "Votre paiement n’est pas terminé, ou sa confirmation n’est pas encore arrivée."),  # noqa: E501
    "R3": CodePayfip("La référence de la dette (REFDET) n’a pas la forme attendue.", _REGLAGE),
    "S1": CodePayfip("Le mode (SAISIE\u00a0: T, X ou W) n’est pas accepté.", _REGLAGE),
    "T1": CodePayfip("Le numéro client (NUMCLI) n’a pas la forme attendue.", _REGLAGE),
    "T2": CodePayfip("PayFiP ne connaît pas ce numéro client (NUMCLI).", _REGLAGE),
    "T4": CodePayfip("Ce numéro client n’est pas ouvert au service sécurisé de PayFiP.", _REGLAGE),
}  # fmt: skip


def code_payfip(code: str) -> CodePayfip:
    """A code that is not documented is told as it came."""
    return CODES.get(code) or CodePayfip(f"PayFiP refuse (code {code}).", _REGLAGE)


def est_numcli(texte: str) -> bool:
    return bool(_NUMCLI.fullmatch(texte))


def est_refdet(texte: str) -> bool:
    return bool(_REFDET.fullmatch(texte))


def est_idop(texte: str) -> bool:
    """Whether PayFiP may have written it: nobody is asked about anything else."""
    return bool(_IDOP.fullmatch(texte))


def est_mel(texte: str) -> bool:
    return 6 <= len(texte) <= 80 and bool(_MEL.fullmatch(texte))


def est_url(texte: str) -> bool:
    return len(texte) <= 250 and bool(_URL.fullmatch(texte))


def refdet(facture: str, essai: int) -> str:
    """ "2026-PE-000127", 2 → "2026PE000127E02": never twice the same, an agent still reads the invoice in it."""
    lettres = re.sub(r"[^A-Za-z0-9]", "", _sans_accents(facture))
    suffixe = f"E{essai:02d}"
    # Imported invoices have the numbers of other software: the end of a long one tells it from the others.
    return lettres[-(30 - len(suffixe)) :].rjust(4, "0") + suffixe


def objet(texte: str) -> str:
    """OBJET takes unaccented letters, digits and spaces."""
    return " ".join(re.sub(r"[^A-Za-z0-9]+", " ", _sans_accents(texte)).split())[:100].strip()


def _sans_accents(texte: str) -> str:
    texte = texte.replace("œ", "oe").replace("Œ", "Oe").replace("æ", "ae").replace("Æ", "Ae")
    return "".join(lettre for lettre in unicodedata.normalize("NFKD", texte) if not unicodedata.combining(lettre))


def prochaine_interrogation(cree: datetime, maintenant: datetime) -> datetime | None:
    """When PayFiP is asked next: 2, 5, 15, 30 minutes after the link was made, then every hour for a day.

    By the clock, not by counting: a worker that slept, a parent who asks ten times, change nothing. None: the day is
    over.
    """
    return next((cree + delai for delai in _RENDEZ_VOUS if cree + delai > maintenant), None)
