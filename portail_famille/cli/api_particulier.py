"""`portail-famille api-particulier-locale`: a counterpart of the State's API, about invented people."""

import signal
import threading

import click

from portail_famille.api_particulier_locale import JETON, PANNES, SIRET, Etat, Serveur
from portail_famille.cli.ouvrir import Echec


@click.command("api-particulier-locale")
@click.option("--port", default=8027, show_default=True, type=click.IntRange(1, 65535), help="Port.")
@click.option("--panne", default="", type=click.Choice(PANNES), help="Se comporter comme un service en panne.")
def api_particulier_locale(port: int, panne: str) -> None:
    """Répondre comme l’API Particulier, sur des familles inventées (démonstration et tests)."""
    arret = threading.Event()
    for numero in (signal.SIGTERM, signal.SIGINT):
        signal.signal(numero, lambda *_: arret.set())
    try:
        serveur = Serveur(port, Etat(panne=panne))
    except OSError as erreur:
        raise Echec(f"Le port {port} n’a pas pu s’ouvrir : {erreur}") from None
    with serveur:
        click.echo(
            f"[quotient]\napi_particulier_url = {serveur.adresse!r}\napi_particulier_jeton = {JETON!r}\n"
            f"api_particulier_siret = {SIRET!r}"
        )
        arret.wait()
