"""A PayFiP without money (`payfip-local`); whether PayFiP knows the town's numbers (`payfip`)."""

import signal
import threading
from pathlib import Path

import click

from portail_famille.cli.ouvrir import Echec, reglages_de
from portail_famille.domain.payfip import est_numcli
from portail_famille.gateways.payfip import Payfip, PayfipIndisponible, PayfipRefus
from portail_famille.payfip_local import AVIS, PANNES, Etat, Interrupteurs, Serveur


@click.command("payfip-local")
@click.option("--port", default=8028, show_default=True, type=click.IntRange(1, 65535), help="Port.")
@click.option("--avis", default="normal", show_default=True, type=click.Choice(AVIS), help="La notification.")
@click.option("--panne", default="", type=click.Choice(PANNES), help="Se comporter comme un service en panne.")
@click.option("--client", "clients", multiple=True, metavar="NUMCLI=NOM", help="Le nom d’une régie ; répétable.")
@click.option("--etat", type=click.Path(dir_okay=False, path_type=Path), help="Fichier où garder les paiements.")
def payfip_local(port: int, avis: str, panne: str, clients: tuple[str, ...], etat: Path | None) -> None:
    """Un PayFiP sans argent, avec sa page de paiement (démonstration et tests)."""
    arret = threading.Event()
    for numero in (signal.SIGTERM, signal.SIGINT):
        signal.signal(numero, lambda *_: arret.set())
    noms = dict(_client(texte) for texte in clients)
    try:
        garde = Etat(Interrupteurs(avis, panne), clients=noms, fichier=etat)
        serveur = Serveur(port, etat=garde)
    except (ValueError, TypeError, KeyError):
        raise Echec(f"{etat} n’est pas un fichier de paiements de payfip-local.") from None
    except OSError as erreur:
        raise Echec(f"Le port {port} ou le fichier n’a pas pu s’ouvrir : {erreur}") from None
    with serveur:
        click.echo(
            f"Paiements et interrupteurs : {serveur.adresse}/\n\n"
            f"[payfip]\nservice = {serveur.service!r}\npaiement = {serveur.paiement!r}"
        )
        arret.wait()


@click.command("payfip")
@click.option("--commune", "slug", required=True, help="La commune.")
def payfip(slug: str) -> None:
    """Demander à PayFiP à quel nom il connaît chaque régie de la commune. Ne crée aucun paiement."""
    reglages = reglages_de(slug)
    service = Payfip(reglages.payfip.service, reglages.payfip.paiement)
    click.echo(f"Service : {reglages.payfip.service}")
    refuses = 0
    for regie in reglages.regies.values():
        if not regie.est_payable_en_ligne:
            click.echo(f"{regie.nom} : pas de numéro client, pas de paiement en ligne.")
            continue
        try:
            connu = service.lire_client(regie.numero_client)
            click.echo(f"{regie.nom} : {regie.numero_client} (mode {regie.saisie}), {', '.join(connu.libelles)}.")
        except PayfipRefus as refus:
            refuses += 1
            click.echo(f"{regie.nom} : {regie.numero_client} refusé. {refus.message}")
        except PayfipIndisponible as panne:
            raise Echec(f"PayFiP ne répond pas ({panne}). Rien n’est vérifié.") from None
    if refuses:
        raise Echec("Corrigez numero_client dans commune.toml, ou voyez avec votre comptable public.")


def _client(texte: str) -> tuple[str, str]:
    numcli, egal, nom = texte.partition("=")
    if not (est_numcli(numcli) and egal and nom.strip()):
        raise click.BadParameter(f"« {texte} » : écrivez --client 001234=Ville de …")
    return numcli, nom.strip()
