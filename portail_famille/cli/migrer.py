"""`portail-famille migrer`: bring databases to the version of this code."""

import click
from sqlalchemy.exc import DBAPIError

from portail_famille.cli.ouvrir import Echec, QuestionMalPosee, commune_ouverte, slugs
from portail_famille.config import FICHIER
from portail_famille.migrations import ClesEtrangeresRompues, version_de
from portail_famille.migrations import migrer as migrer_base

AVERTISSEMENT_COFFRE = (
    "{fichier} n’a pas de cle_coffre à lui : c’est cle_secrete qui chiffre les documents et les données de santé. "
    "Ajoutez-y cle_coffre avec la valeur qu’a cle_secrete aujourd’hui, gardez-en une copie ailleurs et ne la changez "
    "plus : sans cela, changer cle_secrete les rendrait illisibles."
)


@click.command()
@click.option("--commune", "slug", help="Préfixe de la commune.")
@click.option("--toutes", is_flag=True, help="Toutes les communes du serveur.")
def migrer(slug: str | None, toutes: bool) -> None:
    """Mettre à jour la base de données d’une commune, ou de toutes. Sans effet quand elle l’est déjà."""
    if bool(slug) == toutes:
        raise QuestionMalPosee("Dites laquelle : --commune SLUG, ou --toutes.")
    echecs = [nom for nom in ([slug] if slug else sorted(slugs())) if not _migrer_une(nom)]
    if echecs:
        raise Echec(f"Non mises à jour : {', '.join(echecs)}. Les autres le sont.")


def _migrer_une(slug: str) -> bool:
    """A commune that fails must not keep the next ones waiting."""
    try:
        with commune_ouverte(slug) as (reglages, bd):
            avant = version_de(bd)
            migrer_base(bd)
            apres = version_de(bd)
            if reglages.cle_coffre == reglages.cle_secrete:
                click.echo(AVERTISSEMENT_COFFRE.format(fichier=reglages.dossier / FICHIER), err=True)
    except Echec as echec:
        click.echo(echec.message, err=True)
        return False
    except (ClesEtrangeresRompues, DBAPIError) as erreur:
        click.echo(f"{slug} : {erreur}", err=True)
        return False
    click.echo(f"{slug} : déjà à jour ({apres})" if avant == apres else f"{slug} : {avant or 'vide'} → {apres}")
    return True
