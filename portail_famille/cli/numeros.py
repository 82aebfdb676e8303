"""`portail-famille numeros`: after a restore, what the lost days had numbered is not numbered again."""

import re
from datetime import UTC, datetime

import click

from portail_famille.cli.ouvrir import QuestionMalPosee, commune_ouverte
from portail_famille.config import ReglagesCommune
from portail_famille.services.compteurs import avancer, serie_de_factures, serie_du_livre
from portail_famille.services.journal import SYSTEME, consigner

_FACTURE, _LIVRE = re.compile(r"(\d{4})-([A-Z]+)-(\d{6})"), re.compile(r"([RCEA])(\d{4})-([A-Z0-9_-]+)-(\d{6})")


@click.command()
@click.option("--commune", "slug", required=True, help="Préfixe de la commune.")
@click.argument("derniers", nargs=-1, required=True, metavar="NUMÉRO…")
def numeros(slug: str, derniers: tuple[str, ...]) -> None:
    """Après une restauration, dire les derniers numéros déjà donnés (2026-EE-000130, R2026-ENFANCE-000045)."""
    with commune_ouverte(slug) as (reglages, bd):
        series = [_lire(reglages, numero) for numero in derniers]
        with bd.session_ecriture() as session:
            faits = [avancer(session, serie, annee, rang) for serie, annee, rang in series]
            if any(faits):
                details = {"numero": ", ".join(n for n, fait in zip(derniers, faits, strict=True) if fait)}
                consigner(session, SYSTEME, "numeros_avances", datetime.now(UTC), details=details)
    for numero, fait in zip(derniers, faits, strict=True):
        click.echo(f"{numero} : {'le prochain numéro vient après' if fait else 'déjà compté'}.")


def _lire(reglages: ReglagesCommune, numero: str) -> tuple[str, int, int]:
    """Name of its counter, year, rank."""
    facture, livre = _FACTURE.fullmatch(numero), _LIVRE.fullmatch(numero)
    if facture is not None and facture[2] in {r.serie for r in reglages.regies.values() if not r.est_importee}:
        return serie_de_factures(facture[2]), int(facture[1]), int(facture[3])
    if livre is not None and livre[3].lower() in reglages.regies:
        return serie_du_livre(livre[1], livre[3].lower()), int(livre[2]), int(livre[4])
    raise QuestionMalPosee(f"« {numero} » n’est pas un numéro de facture ni de reçu d’une régie de cette commune.")
