"""`portail-famille calendrier`: seed the school and public holidays of a commune, and show them."""

from datetime import UTC, datetime

import click

from portail_famille.cli.ouvrir import Echec, commune_ouverte
from portail_famille.domain.horloge import PARIS
from portail_famille.presentation.formats import date_longue, pluriel
from portail_famille.services.calendrier import JOURS_ECOLE, lire_calendrier, semer_calendrier


@click.group()
def calendrier() -> None:
    """Le calendrier scolaire d’une commune."""


@calendrier.command()
@click.option("--commune", "slug", required=True, help="Préfixe de la commune.")
@click.option("--annee", "annees", type=click.IntRange(2015, 2060), multiple=True, help="Année civile, répétable.")
def semer(slug: str, annees: tuple[int, ...]) -> None:
    """Ajouter les vacances et les jours fériés qui manquent, sans toucher à ceux qui y sont déjà."""
    cette_annee = datetime.now(UTC).astimezone(PARIS).year
    voulues = annees or tuple(range(cette_annee, cette_annee + 3))
    with commune_ouverte(slug) as (reglages, bd), bd.session_ecriture() as session:
        semis = semer_calendrier(session, reglages.zone, voulues, reglages.alsace_moselle)
    feries = pluriel(semis.feries, "jour férié", "jours fériés")
    click.echo(f"Ajouté : {pluriel(semis.periodes, 'période')} de vacances, {feries}.")


@calendrier.command()
@click.option("--commune", "slug", required=True, help="Préfixe de la commune.")
def afficher(slug: str) -> None:
    """Montrer les vacances et les jours fériés connus."""
    with commune_ouverte(slug) as (reglages, bd), bd.session_lecture() as session:
        connu = lire_calendrier(session, reglages.zone, JOURS_ECOLE)
    if not connu.vacances and not connu.feries:
        raise Echec(f"Le calendrier est vide : portail-famille calendrier semer --commune {slug}")
    click.echo(f"Zone {reglages.zone}. Vacances, premier et dernier jours compris :")
    for periode in connu.vacances:
        click.echo(f"  {periode.du} → {periode.au}  {periode.nom}")
    click.echo("Jours fériés :")
    for jour, nom in sorted(connu.feries.items()):
        click.echo(f"  {jour}  {nom} ({date_longue(jour, annee=False)})")
