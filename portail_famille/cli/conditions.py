"""`portail-famille conditions publier`: a new version of the conditions générales d’utilisation."""

from datetime import UTC, date, datetime
from pathlib import Path

import click

from portail_famille.cli.ouvrir import Echec, commune_ouverte
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.horloge import PARIS
from portail_famille.domain.libelles import ecrire_date
from portail_famille.services.conditions import modele, publier


@click.group()
def conditions() -> None:
    """Les conditions générales d’utilisation."""


@conditions.command(name="publier")
@click.argument("fichier", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--commune", "slug", required=True, help="Préfixe de la commune.")
@click.option("--du", "debut", help="Premier jour où elles sont demandées, 2026-12-01 ; par défaut aujourd’hui.")
def publier_conditions(fichier: Path, slug: str, debut: str | None) -> None:
    """Publier FICHIER (Markdown, UTF-8) : chaque personne devra l’accepter à sa prochaine visite."""
    maintenant = datetime.now(UTC)
    aujourdhui = maintenant.astimezone(PARIS).date()
    du = _lire_date(debut) if debut else aujourdhui
    if du < aujourdhui:
        raise Echec("Une version ne commence pas dans le passé : personne n’a pu l’accepter.")
    try:
        texte = fichier.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise Echec(f"{fichier} n’est pas en UTF-8.") from None
    except OSError as erreur:
        raise Echec(f"{fichier} ne se lit pas ({erreur.strerror}).") from None
    with commune_ouverte(slug) as (reglages, bd):
        try:
            with bd.session_ecriture() as session:
                version = publier(session, texte, du, maintenant).version
        except RegleViolee as refus:
            raise Echec(refus.message) from None
    click.echo(f"{reglages.nom} : version {version} publiée, demandée à partir du {ecrire_date(du)}.")


@conditions.command(name="modele")
@click.option("--commune", "slug", required=True, help="Préfixe de la commune.")
def ecrire_modele(slug: str) -> None:
    """Écrire le texte livré avec le portail, pour le corriger puis le publier."""
    with commune_ouverte(slug) as (reglages, _bd):
        click.echo(modele(reglages.nom), nl=False)


def _lire_date(texte: str) -> date:
    try:
        return date.fromisoformat(texte)
    except ValueError:
        raise Echec(f"« {texte} » n’est pas une date : écrivez-la 2026-12-01.") from None
