"""`portail-famille purger`: erase what has outlived its retention (docs/conservation.md)."""

from datetime import UTC, datetime

import click
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from portail_famille.cli.ouvrir import Echec, QuestionMalPosee, commune_ouverte, slugs, souffler
from portail_famille.config import ReglagesCommune
from portail_famille.gateways.chiffre import Chiffre
from portail_famille.gateways.coffre import Coffre, CoffreInjoignable
from portail_famille.gateways.coffre_s3 import StockageImpossible
from portail_famille.models.bd import BD
from portail_famille.services.cle_coffre import CleFausse, examiner_coffre
from portail_famille.services.documents import coffre_de_la_commune
from portail_famille.services.purges import Etape, Terme, noter_purge, objets_a_jeter, objets_manquants
from portail_famille.services.purges_foyers import ETAPES

_OBJETS = "fichiers de documents"


@click.command()
@click.option("--commune", "slug", help="Préfixe de la commune.")
@click.option("--toutes", is_flag=True, help="Toutes les communes du serveur.")
@click.option("--essai", is_flag=True, help="Compter ce qui serait effacé, sans rien effacer.")
def purger(slug: str | None, toutes: bool, essai: bool) -> None:
    """Effacer ce qui a dépassé sa durée de conservation ([conservation] dans commune.toml).

    À lancer chaque nuit. Interrompue, elle se relance : elle reprend où elle en était.
    """
    if bool(slug) == toutes:
        raise QuestionMalPosee("Dites laquelle : --commune SLUG, ou --toutes.")
    echecs = [nom for nom in ([slug] if slug else sorted(slugs())) if not _purger_une(nom, essai=essai)]
    if echecs:
        raise Echec(f"Purge à refaire : {', '.join(echecs)}.")


def _purger_une(slug: str, *, essai: bool) -> bool:
    """A commune that fails must not keep the next ones waiting. False when something is left to do, or to restore."""
    try:
        with commune_ouverte(slug) as (reglages, bd):
            terme = Terme(datetime.now(UTC), reglages.conservation, reglages.session.durable_jours)
            coffre = coffre_de_la_commune(reglages)
            comptes, panne = (_essayer if essai else _effacer)(bd, terme, coffre)
            _dire(reglages, comptes, essai=essai)
            if panne is not None:
                raise panne
            with bd.session_lecture() as session:
                return _examiner(reglages, session, coffre, terme.maintenant)
    except Echec as echec:
        click.echo(echec.message, err=True)
    except CoffreInjoignable:
        # The driver's word for it says nothing to who reads.
        click.echo(f"{slug} : le stockage des documents ne répond pas ; aucun fichier n’a été regardé.", err=True)
    except (DBAPIError, OSError, StockageImpossible) as erreur:
        click.echo(f"{slug} : {erreur}", err=True)
    return False


Comptes = tuple[dict[str, int], OSError | None]
"""How many of each kind, and what stopped it at the files: the rest is counted and told all the same."""


def _essayer(bd: BD, terme: Terme, coffre: Coffre) -> Comptes:
    """The purge itself, in one transaction that is taken back: what it counts is what it would erase."""
    with bd.ouvrir_ecriture() as session:
        try:
            comptes = {etape.libelle: _epuiser(etape, session, terme) for etape in ETAPES}
            try:
                return comptes | {_OBJETS: len(objets_a_jeter(session, coffre, terme.maintenant))}, None
            except OSError as panne:
                return comptes, panne
        finally:
            session.rollback()


def _effacer(bd: BD, terme: Terme, coffre: Coffre) -> Comptes:
    comptes: dict[str, int] = {}
    for etape in ETAPES:
        comptes[etape.libelle] = 0
        while True:
            with bd.session_ecriture() as session:
                nombre = etape.passer(session, terme)
            if not nombre:
                break
            comptes[etape.libelle] += nombre
            souffler(bd)
    comptes[_OBJETS], panne = _jeter_les_objets(bd, terme, coffre)
    with bd.session_ecriture() as session:
        noter_purge(session, comptes, terme.maintenant)
    return comptes, panne


def _jeter_les_objets(bd: BD, terme: Terme, coffre: Coffre) -> tuple[int, OSError | None]:
    jetes = 0
    try:
        with bd.session_lecture() as session:
            objets = objets_a_jeter(session, coffre, terme.maintenant)
        for objet in objets:
            coffre.delete(objet)
            jetes += 1
    except OSError as panne:
        return jetes, panne
    return jetes, None


def _epuiser(etape: Etape, session: Session, terme: Terme) -> int:
    total = 0
    while nombre := etape.passer(session, terme):
        total += nombre
    return total


def _dire(reglages: ReglagesCommune, comptes: dict[str, int], *, essai: bool) -> None:
    faits = {libelle: nombre for libelle, nombre in comptes.items() if nombre}
    if not faits:
        click.echo(f"{reglages.slug} : rien à effacer.")
        return
    click.echo(f"{reglages.slug} : {'serait effacé (essai, rien ne l’est)' if essai else 'effacé'}")
    for libelle, nombre in faits.items():
        click.echo(f"  {nombre:>7}  {libelle}")


def _examiner(reglages: ReglagesCommune, session: Session, coffre: Coffre, maintenant: datetime) -> bool:
    """What is in the coffre is still there, and opens: a loss is found the night after, while the backup has it."""
    ou = reglages.dossier / "coffre" if reglages.documents.stockage == "disque" else "le stockage s3"
    fautes = []
    if manquants := len(objets_manquants(session, coffre, maintenant)):
        fautes.append(f"{manquants} document(s) dont le fichier manque dans {ou}")
    try:
        if illisibles := examiner_coffre(session, coffre, Chiffre(reglages.cle_coffre)):
            fautes.append(f"{illisibles} document(s) récent(s) dont le fichier a été abîmé dans {ou}")
    except CleFausse as fausse:
        click.echo(f"{reglages.slug} : {fausse}.", err=True)
        return False
    for faute in fautes:
        click.echo(f"{reglages.slug} : {faute}. Rien n’en est effacé : restaurez la sauvegarde.", err=True)
    return not fautes
