"""Entrance by the command line: `portail-famille`."""

import click

from portail_famille.cli.agent import agent
from portail_famille.cli.api_particulier import api_particulier_locale
from portail_famille.cli.boite_aux_lettres import boite_aux_lettres
from portail_famille.cli.calendrier import calendrier
from portail_famille.cli.commune import commune
from portail_famille.cli.comptes import comptes
from portail_famille.cli.conditions import conditions
from portail_famille.cli.demo import demo
from portail_famille.cli.expliquer import expliquer
from portail_famille.cli.facturer import facturer
from portail_famille.cli.francais import installer as parler_francais
from portail_famille.cli.importer import importer
from portail_famille.cli.migrer import migrer
from portail_famille.cli.numeros import numeros
from portail_famille.cli.payfip import payfip, payfip_local
from portail_famille.cli.purger import purger
from portail_famille.cli.travailleur import travailleur

parler_francais()


@click.group()
def main() -> None:
    """Le portail famille d’une ou plusieurs communes."""


for _commande in (
    agent,
    api_particulier_locale,
    boite_aux_lettres,
    calendrier,
    conditions,
    expliquer,
    facturer,
    importer,
    travailleur,
    commune,
    comptes,
    migrer,
    numeros,
    payfip,
    payfip_local,
    purger,
    demo,
):
    main.add_command(_commande)
