"""`portail-famille comptes inviter`: the activation mails that an import left for later."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

import click

from portail_famille.cli.ouvrir import commune_ouverte, souffler
from portail_famille.config import ReglagesCommune
from portail_famille.models.bd import BD
from portail_famille.services.invitations import a_inviter, inviter, reserver_invitations

PAR_TRANSACTION = 200
"""Mails written before the others may write: parents go on booking meanwhile."""


@click.group()
def comptes() -> None:
    """Les espaces des familles."""


@comptes.command(name="inviter")
@click.option("--commune", "slug", required=True, help="Préfixe de la commune.")
@click.option("--essai", is_flag=True, help="Dire combien, sans rien envoyer.")
def inviter_(slug: str, essai: bool) -> None:
    """Envoyer « Création de votre espace personnel » à chaque responsable qui ne l’a jamais reçu."""
    with commune_ouverte(slug) as (reglages, bd):
        with bd.session_lecture() as session:
            ids = a_inviter(session)
        if essai:
            click.echo(f"{_compter(len(ids))} à envoyer. Essai\u00a0: rien n’a été envoyé.")
            return
        envoyes = envoyer_invitations(bd, reglages, ids)
    prets = "prête" if envoyes == 1 else "prêtes"
    click.echo(f"{_compter(envoyes)} {prets} à partir avec le travailleur." if envoyes else "Personne à inviter.")


def envoyer_invitations(bd: BD, reglages: ReglagesCommune, compte_ids: Sequence[int]) -> int:
    """Batch by batch; how many mails were written. Cut in the middle, the command sends the rest the next time."""
    envoyes = 0
    with progression(len(compte_ids), "Invitations") as avancer:
        for debut in range(0, len(compte_ids), PAR_TRANSACTION):
            with bd.session_ecriture() as session:
                # Looked up again: another command may have invited some of them since.
                lot = reserver_invitations(session, compte_ids[debut : debut + PAR_TRANSACTION])
                envoyes += inviter(session, lot, datetime.now(UTC), reglages)
            souffler(bd)
            avancer(min(PAR_TRANSACTION, len(compte_ids) - debut))
    return envoyes


@contextmanager
def progression(longueur: int, libelle: str) -> Iterator[Callable[[int], None]]:
    """Advances a bar for whoever watches; says nothing in the log of a scheduled command."""
    with click.progressbar(length=longueur, label=libelle, file=sys.stderr, hidden=not sys.stderr.isatty()) as barre:
        yield barre.update


def _compter(nombre: int) -> str:
    return f"{nombre} invitation{'s' if nombre > 1 else ''}"
