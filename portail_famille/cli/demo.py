"""`portail-famille demo`: two example towns, served with a mailbox; or any number of invented foyers in one of them."""

import sys
from datetime import UTC, datetime

import click
from sqlalchemy.exc import DBAPIError

from portail_famille.cli.ouvrir import Echec, QuestionMalPosee, commune_ouverte
from portail_famille.config import ReglagesInvalides, charger_reglages, dossier_instance
from portail_famille.creation import CreationRefusee
from portail_famille.demonstration.fiches import code_du_moment
from portail_famille.demonstration.installation import VILLES, PasUnExemple, exiger_exemple
from portail_famille.demonstration.instance import (
    FICHIER_DEMO,
    FICHIER_PAYFIP,
    BaseDePasse,
    Ports,
    Preparation,
    ecrire_demo,
    effacer,
    preparer,
)
from portail_famille.demonstration.multitude import inventer_foyers
from portail_famille.demonstration.superviseur import Processus, ProcessusArrete, servir
from portail_famille.gateways.boucle_locale import NOM, adresses, est_libre, port_proche, prise
from portail_famille.services.regles import charger_regles

PORT = 8000
_PROCESSUS_WEB, _FILS = 2, 4
_PREMIERE_VILLE = next(iter(VILLES))


@click.command()
@click.option("--servir", "a_servir", is_flag=True, help="Servir les deux villes jusqu’à Ctrl-C, avec leurs courriels.")
@click.option(
    "--port", type=click.IntRange(1, 65532), default=PORT, show_default=True, envvar="PORT", help="Port du portail."
)
@click.option("--neuf", is_flag=True, help="Effacer d’abord les deux villes, pour des dates fraîches.")
@click.option("--foyers", type=click.IntRange(1, 100_000), help="Inventer autant de foyers de plus.")
@click.option("--commune", "slug", help=f"Où les inventer ; par défaut {_PREMIERE_VILLE}.")
@click.option("--code", "agent", help="Le code du moment d’un agent de la démonstration (identifiant).")
@click.option("--graine", type=int, default=1, show_default=True, help="La même graine donne les mêmes familles.")
def demo(
    a_servir: bool, port: int, neuf: bool, foyers: int | None, slug: str | None, agent: str | None, graine: int
) -> None:
    """Deux villes d’exemple, datées d’aujourd’hui. Ne touche jamais à une vraie commune."""
    if agent is not None:
        _donner_code(agent)
        return
    if slug is not None and foyers is None:
        raise QuestionMalPosee("--commune dit où inventer des foyers : ajoutez --foyers N.")
    if slug is None or neuf or a_servir:
        _demonstration(port, neuf, a_servir, foyers, graine)
    elif foyers is not None:
        _inventer(slug, foyers, graine)


def _demonstration(port: int, neuf: bool, a_servir: bool, foyers: int | None, graine: int) -> None:
    if a_servir and not est_libre(port):
        raise Echec(f"Le port {port} est déjà pris. Choisissez-en un autre : PORT={port + 10} make demo")
    ports = Ports(port, port_proche(port + 1), port_proche(port + 2), port_proche(port + 3))
    instance = dossier_instance()
    try:
        if neuf:
            effacer(instance)
        preparations = preparer(instance, ports, datetime.now(UTC), a_servir=a_servir)
        if a_servir or any(preparation.est_nouvelle for preparation in preparations):
            ecrire_demo(instance, ports)
    except PasUnExemple as vraie:
        raise Echec(_refus(str(vraie))) from None
    except BaseDePasse as passe:
        raise Echec(
            f"La démonstration vient d’une version en préparation, {passe} : relancez make demo-neuf."
        ) from None
    except (CreationRefusee, ReglagesInvalides) as refus:
        raise Echec(str(refus)) from None
    except (DBAPIError, OSError) as erreur:
        # A full disk, most often: SQLite says it in its own way.
        raison = erreur.orig if isinstance(erreur, DBAPIError) else erreur.strerror
        raise Echec(f"La démonstration n’a pas pu être préparée dans {instance} : {raison}.") from None
    for preparation in preparations:
        raconter(preparation)
    if foyers is not None:
        _inventer(_PREMIERE_VILLE, foyers, graine)
    if a_servir:
        _servir(ports)
    else:
        click.echo(f"Comptes et mots de passe : {instance / FICHIER_DEMO}")


def raconter(preparation: Preparation) -> None:
    """What was made or found, and what to do of a town too old to show everything."""
    etat, ville = preparation.etat, preparation.ville
    faite = "créée" if preparation.est_nouvelle else "déjà là, données gardées"
    click.echo(f"{ville.nom} : {faite}, {etat.foyers} foyers.")
    if not (etat.agents and etat.documents and etat.factures):
        click.echo(
            "  Elle date d’une version précédente\u00a0: il y manque des agents, des démarches ou des factures. ",
            nl=False,
        )
        click.echo("Pour les avoir\u00a0: make demo-neuf (ou --neuf).")
    elif etat.est_perimee(datetime.now(UTC)):
        click.echo("  Ses dates ont plus de quinze jours. Pour les rafraîchir : make demo-neuf (ou --neuf).")


def _inventer(slug: str, nombre: int, graine: int) -> None:
    with commune_ouverte(slug) as (reglages, bd):
        try:
            exiger_exemple(reglages)
        except PasUnExemple as vraie:
            raise Echec(_refus(str(vraie))) from None
        with bd.ouvrir_ecriture() as session:
            regles = charger_regles(session, {}, reglages.zone)
            if not regles.catalogue.activites:
                raise Echec(f"« {slug} » n’a pas encore d’activités : portail-famille importer activites FICHIER")
            with click.progressbar(length=nombre, label=f"{slug} : foyers inventés", show_pos=True) as barre:
                # A commit per batch: a portal in service is never held up for long.
                for faits in inventer_foyers(session, regles, datetime.now(UTC), nombre, graine):
                    session.commit()
                    barre.update(faits - barre.pos)
    click.echo(f"{slug} : {nombre} foyers de plus.")


def _servir(ports: Ports) -> None:
    python = (sys.executable, "-m")
    commande = (*python, "portail_famille")
    processus = (
        Processus(
            "boîte aux lettres",
            (*commande, "boite-aux-lettres", "--smtp-port", str(ports.smtp), "--port", str(ports.courriels)),
            ports.courriels,
        ),
        Processus("PayFiP local", (*commande, *_payfip_local(ports.payfip)), ports.payfip),
        Processus("travailleur", (*commande, "travailleur", "--toutes")),
        Processus(
            "portail",
            (
                *python, "gunicorn", "portail_famille.wsgi:application",
                *(option for adresse in adresses() for option in ("--bind", prise(adresse, ports.web))),
                "--worker-class", "gthread", "--workers", str(_PROCESSUS_WEB), "--threads", str(_FILS),
                # Its control socket would be shared by every gunicorn of this user, outside the instance.
                "--log-level", "warning", "--no-control-socket",
            ),
            ports.web,
        ),
    )  # fmt: skip
    try:
        servir(processus, {"PORTAIL_FAMILLE_INSTANCE": str(dossier_instance())}, lambda: _annoncer(ports))
    except ProcessusArrete as arret:
        raise Echec(f"{arret} Tout est arrêté.") from None
    click.echo("Démonstration arrêtée.")


def _payfip_local(port: int) -> list[str]:
    """Its command, with the names of the régies that families will read on its page."""
    instance = dossier_instance()
    toutes = [charger_reglages(instance / slug) for slug in VILLES]
    clients = [
        f"--client={regie.numero_client}={reglages.nom}, {regie.nom}"
        for reglages in toutes
        for regie in reglages.regies.values()
        if regie.est_payable_en_ligne
    ]
    return ["payfip-local", "--port", str(port), "--etat", str(instance / FICHIER_PAYFIP), *clients]


def _annoncer(ports: Ports) -> None:
    click.echo(f"\nPortail    http://{NOM}:{ports.web}/\nCourriels  http://{NOM}:{ports.courriels}/")
    click.echo(f"PayFiP     http://{NOM}:{ports.payfip}/  (bac à sable)")
    for ville in VILLES.values():
        click.echo(f"\n{ville.nom}  http://{NOM}:{ports.web}/{ville.slug}/")
        for adulte in ville.adultes:
            if adulte.identifiant:
                click.echo(f"  {adulte.identifiant:<16} {adulte.mot_de_passe or '(à choisir)':<22} {adulte.interet}")
        for agent in ville.agents:
            click.echo(f"  {agent.identifiant:<16} {agent.mot_de_passe:<22} Agent. {agent.interet}")
            click.echo(f"  {'':<16} code : portail-famille demo --code {agent.identifiant}   (clé {agent.totp})")
    click.echo("\nCtrl-C pour arrêter.")


def _donner_code(identifiant: str) -> None:
    """What her phone would show now; only of agents that the demonstration invents."""
    for ville in VILLES.values():
        for agent in ville.agents:
            if agent.identifiant == identifiant:
                click.echo(code_du_moment(agent, datetime.now(UTC)))
                return
    raise QuestionMalPosee(f"« {identifiant} » n’est pas un agent de la démonstration.")


def _refus(slug: str) -> str:
    return f"« {slug} » n’est pas une commune d’exemple (est_exemple = true) : rien n’a été changé."
