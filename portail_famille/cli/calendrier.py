"""`portail-famille calendrier`: seed the school and public holidays of a commune, and show them."""

from datetime import UTC, datetime

import click
from sqlalchemy.orm import Session

from portail_famille.cli.ouvrir import Echec, commune_ouverte
from portail_famille.config import ReglagesCommune
from portail_famille.domain.horloge import PARIS
from portail_famille.presentation.formats import date_longue, pluriel
from portail_famille.services.calendrier import (
    JOURS_ECOLE,
    ecart_du_calendrier,
    lire_calendrier,
    remplacer_calendrier,
    semer_calendrier,
)


def avertir_de_l_ecart(session: Session, reglages: ReglagesCommune) -> None:
    """Said on the error output as long as dates to come are those of another zone than commune.toml's."""
    aujourd_hui = datetime.now(UTC).astimezone(PARIS).date()
    ecart = ecart_du_calendrier(session, reglages.zone, reglages.alsace_moselle)
    dates = [f"{p.nom} {p.du.year}" for p in ecart.periodes if p.du > aujourd_hui]
    feries = [date_longue(jour) for jour in (*(f.jour for f in ecart.feries), *ecart.manquants) if jour > aujourd_hui]
    if dates:
        click.echo(
            f"Attention : ces vacances ne sont pas celles de la zone {reglages.zone} : {', '.join(dates)}.", err=True
        )
    if feries:
        accord = "devrait être férié" if reglages.alsace_moselle else "n’est férié qu’en Alsace-Moselle"
        click.echo(f"Attention : d’après commune.toml, {accord} : {', '.join(feries)}.", err=True)
    if dates or feries:
        click.echo(
            f"Pour suivre commune.toml : portail-famille calendrier semer --remplacer --commune {reglages.slug}",
            err=True,
        )


@click.group()
def calendrier() -> None:
    """Le calendrier scolaire d’une commune."""


@calendrier.command()
@click.option("--commune", "slug", required=True, help="Préfixe de la commune.")
@click.option("--annee", "annees", type=click.IntRange(2015, 2060), multiple=True, help="Année civile, répétable.")
@click.option("--remplacer", is_flag=True, help="Retirer d’abord les dates à venir publiées pour une autre zone.")
def semer(slug: str, annees: tuple[int, ...], remplacer: bool) -> None:
    """Ajouter les vacances et les jours fériés qui manquent, sans toucher à ceux qui y sont déjà.

    Avec --remplacer, après un changement de zone ou d’alsace_moselle dans commune.toml : les dates à venir qui étaient
    publiées pour l’ancienne zone sont retirées. Les dates passées et celles qu’un agent a écrites restent, les
    réservations aussi.
    """
    aujourd_hui = datetime.now(UTC).astimezone(PARIS).date()
    voulues = annees or tuple(range(aujourd_hui.year, aujourd_hui.year + 3))
    with commune_ouverte(slug) as (reglages, bd):
        zone, alsace_moselle = reglages.zone, reglages.alsace_moselle
        with bd.session_ecriture() as session:
            if remplacer:
                semis = remplacer_calendrier(session, zone, voulues, alsace_moselle, aujourd_hui)
            else:
                semis = semer_calendrier(session, zone, voulues, alsace_moselle)
        with bd.session_lecture() as session:
            avertir_de_l_ecart(session, reglages)
    if semis.retires:
        click.echo(f"Retiré : {pluriel(semis.retires, 'date')} d’une autre zone.")
    feries = pluriel(semis.feries, "jour férié", "jours fériés")
    click.echo(f"Ajouté : {pluriel(semis.periodes, 'période')} de vacances, {feries}.")


@calendrier.command()
@click.option("--commune", "slug", required=True, help="Préfixe de la commune.")
def afficher(slug: str) -> None:
    """Montrer les vacances et les jours fériés connus."""
    with commune_ouverte(slug) as (reglages, bd), bd.session_lecture() as session:
        connu = lire_calendrier(session, reglages.zone, JOURS_ECOLE)
        avertir_de_l_ecart(session, reglages)
    if not connu.vacances and not connu.feries:
        raise Echec(f"Le calendrier est vide : portail-famille calendrier semer --commune {slug}")
    click.echo(f"Zone {reglages.zone}. Vacances, premier et dernier jours compris :")
    for periode in connu.vacances:
        click.echo(f"  {periode.du} → {periode.au}  {periode.nom}")
    click.echo("Jours fériés :")
    for jour, nom in sorted(connu.feries.items()):
        click.echo(f"  {jour}  {nom} ({date_longue(jour, annee=False)})")
