"""`portail-famille commune creer SLUG`: a new commune, ready to serve."""

from datetime import UTC, datetime

import click
from sqlalchemy.exc import DBAPIError

from portail_famille.cli.ouvrir import Echec
from portail_famille.config import FICHIER, ReglagesInvalides, dossier_instance
from portail_famille.creation import CreationRefusee, Fiche, creer_commune


@click.group()
def commune() -> None:
    """Les communes de ce serveur."""


@commune.command()
@click.argument("slug")
@click.option("--nom", help="Nom affiché ; par défaut, tiré du préfixe.")
@click.option("--zone", type=click.Choice(["A", "B", "C"]), default="C", show_default=True, help="Zone de vacances.")
@click.option("--alsace-moselle", is_flag=True, help="Jours fériés du Bas-Rhin, du Haut-Rhin et de la Moselle.")
@click.option("--url-publique", default="", help="Adresse de l’accueil vue par les familles.")
@click.option("--base", default="", help="URL PostgreSQL ; vide : SQLite.")
def creer(slug: str, nom: str | None, zone: str, alsace_moselle: bool, url_publique: str, base: str) -> None:
    """Créer la commune de préfixe SLUG : dossier, fichier commenté, clés, base de données, calendrier."""
    fiche = Fiche(
        nom=nom or slug.replace("-", " ").title().replace(" ", "-"),
        zone=zone,
        alsace_moselle=alsace_moselle,
        url_publique=url_publique,
        base_de_donnees=base,
    )
    try:
        reglages = creer_commune(dossier_instance(), slug, fiche, datetime.now(UTC))
    except (CreationRefusee, ReglagesInvalides) as refus:
        raise Echec(str(refus)) from None
    except DBAPIError as erreur:
        raise Echec(f"La base de données ne répond pas, rien n’a été créé : {erreur.orig}") from None
    except OSError as erreur:
        raise Echec(f"Rien n’a été créé : {erreur.strerror} ({erreur.filename}).") from None
    click.echo(f"{reglages.nom} est créée sous le préfixe /{slug}/.")
    click.echo(f"Complétez son fichier : {reglages.dossier / FICHIER}")
    click.echo(f"Puis ses activités : portail-famille importer activites FICHIER --commune {slug}")
