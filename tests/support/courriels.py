"""Mail for the tests: a town to sign, a mailbox to receive, ports nobody uses."""

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from sqlalchemy import select
from sqlalchemy.orm import Session

from portail_famille.boite_aux_lettres import Boite
from portail_famille.models.bd import BD
from portail_famille.models.courriels import Courriel
from portail_famille.services.courriels import deposer_courriel

CERTIFICAT = Path(__file__).parent / "tls" / "localhost.pem"
MAINTENANT = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
DONNEES: dict[str, Any] = {
    "numero": "2026-000123",
    "emis": "samedi 21 novembre 2026 à 11 h",
    "titre": "C’est réservé.",
    "objet": "Vos réservations sont enregistrées",
    "prenom": "Camille",
    "lignes": [("Léa", [("+", "Cantine, lundi 30 novembre", "3,50\u00a0€"), ("−", "Étude, mardi 1er décembre", "")])],
    "demandes": [],
    "silence": (),
    "mois": [("novembre 2026", "0,00\u00a0€", "3,50\u00a0€")],
    "lien": "https://famille.essai.example/essai/reservations/recus/2026-000123",
}


@dataclass(frozen=True)
class CommuneEssai:
    nom: str = "Essai-sur-Mer"
    courriel: str = "mairie@essai.example"
    telephone: str = "01 99 00 00 00"
    adresse: str = "1 place de l’Essai, 00000 Essai-sur-Mer"
    url_publique: str = "https://famille.essai.example/essai"
    est_exemple: bool = True


@dataclass(frozen=True)
class SmtpEssai:
    port: int
    hote: str = "localhost"
    securite: str = "aucune"
    identifiant: str = ""
    mot_de_passe: str = ""
    expediteur: str = "ne-pas-repondre@essai.example"
    delai: int = 2
    autorites: str = ""


@dataclass
class FacteurEssai:
    """What the server answers: `rcpt` by recipient, `data` to every message; `avant_data` runs first."""

    boite: Boite = field(default_factory=Boite)
    rcpt: dict[str, str] = field(default_factory=dict)
    data: str = "250 2.0.0 OK"
    enveloppes: list[tuple[str, list[str], bytes]] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's name)
        self, _serveur: Any, _session: Any, enveloppe: Any, adresse: str, _options: list[str]
    ) -> str:
        reponse = self.rcpt.get(adresse, "250 2.1.5 OK")
        if reponse.startswith("250"):
            enveloppe.rcpt_tos.append(adresse)
        return reponse

    async def handle_DATA(self, _serveur: Any, _session: Any, enveloppe: Any) -> str:  # noqa: N802
        if self.data.startswith("250"):
            self.enveloppes.append((enveloppe.mail_from, list(enveloppe.rcpt_tos), enveloppe.content))
            self.boite.deposer(enveloppe.content, list(enveloppe.rcpt_tos))
        return self.data


def port_libre() -> int:
    with socket.socket() as prise:
        prise.bind(("127.0.0.1", 0))
        port: int = prise.getsockname()[1]
        return port


def certificat_serveur() -> ssl.SSLContext:
    contexte = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    contexte.load_cert_chain(CERTIFICAT)
    return contexte


@contextmanager
def serveur_smtp(facteur: Any, **reglages: Any) -> Iterator[int]:
    """An SMTP server on 127.0.0.1; gives its port."""
    port = port_libre()
    serveur = Controller(facteur, hostname="127.0.0.1", port=port, **reglages)
    serveur.start()
    try:
        yield port
    finally:
        serveur.stop(no_assert=True)


def deposer(session: Session, destinataire: str = "camille@foyer.example", **autres: Any) -> Courriel:
    commune = autres.pop("reglages", CommuneEssai())
    return deposer_courriel(
        session,
        modele="reservation_confirmee",
        destinataire=destinataire,
        maintenant=autres.pop("maintenant", MAINTENANT),
        reglages=commune,
        **(DONNEES | autres),
    )


def deposer_plusieurs(bd: BD, nombre: int, **autres: Any) -> None:
    with bd.session_ecriture() as session:
        for rang in range(nombre):
            deposer(session, f"parent{rang}@foyer.example", **autres)


def courriels_de(bd: BD) -> list[Courriel]:
    with bd.session_lecture() as session:
        return list(session.scalars(select(Courriel).order_by(Courriel.id)))


def toujours() -> bool:
    return True


def au_plus(nombre: int) -> Callable[[], bool]:
    """True that many times."""
    restants = iter(range(nombre))
    return lambda: next(restants, None) is not None
