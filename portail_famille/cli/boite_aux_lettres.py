"""`portail-famille boite-aux-lettres`: a local SMTP server with a page to read what it receives."""

import signal
import ssl
import threading
from pathlib import Path

import click

from portail_famille.boite_aux_lettres import Serveur
from portail_famille.cli.ouvrir import Echec
from portail_famille.gateways.boucle_locale import HOTE, NOM


@click.command("boite-aux-lettres")
@click.option("--smtp-port", default=8025, show_default=True, type=click.IntRange(1, 65535), help="Port SMTP.")
@click.option("--port", default=8026, show_default=True, type=click.IntRange(1, 65535), help="Port de la page.")
@click.option("--certificat", type=click.Path(path_type=Path), help="Certificat et clé (PEM), pour offrir STARTTLS.")
def boite_aux_lettres(smtp_port: int, port: int, certificat: Path | None) -> None:
    """Recevoir les courriels d’essai et les montrer, sans rien distribuer (démonstration et tests)."""
    arret = threading.Event()
    for numero in (signal.SIGTERM, signal.SIGINT):
        signal.signal(numero, lambda *_: arret.set())
    try:
        serveur = Serveur(smtp_port, port, tls=_contexte(certificat))
        serveur.demarrer()
    except ModuleNotFoundError:
        raise Echec("Il manque aiosmtpd, une dépendance de développement : pip install -e '.[dev]'") from None
    except OSError as erreur:
        raise Echec(f"La boîte aux lettres n’a pas pu s’ouvrir (ports {smtp_port} et {port}) : {erreur}") from None
    click.echo(f"SMTP sur {HOTE}:{smtp_port}, courriels à lire sur http://{NOM}:{port}/")
    try:
        arret.wait()
    finally:
        serveur.arreter()


def _contexte(certificat: Path | None) -> ssl.SSLContext | None:
    if certificat is None:
        return None
    contexte = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    contexte.load_cert_chain(certificat)
    return contexte
