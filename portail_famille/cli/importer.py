"""`portail-famille importer activites`: a town's file of activities, all or nothing. The other files: importer_*."""

import re
import tomllib
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from portail_famille.cli.calendrier import avertir_de_l_ecart
from portail_famille.cli.importer_factures import factures
from portail_famille.cli.importer_familles import familles
from portail_famille.cli.importer_presences import presences
from portail_famille.cli.ouvrir import Echec, commune_ouverte
from portail_famille.domain.attestations import repas_comptes_en_garde
from portail_famille.domain.catalogue import lire_catalogue
from portail_famille.domain.erreurs import DocumentInvalide
from portail_famille.services.couverture_regies import avertir_des_regies
from portail_famille.services.importation import RapportImport, importer_catalogue

TAILLE_MAXIMALE = 1_000_000
_DECIMAL = re.compile(r"[+-]?[0-9_]{1,12}\.[0-9_]{1,12}")
_POSITION = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_ENCODAGES = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
_BOM_UTF8 = b"\xef\xbb\xbf"
# What the line itself betrays, before the parser's own words.
_INDICES = (
    (re.compile(r"\d{1,2}/\d{1,2}/\d{4}"), "une date s’écrit 2026-12-24"),
    (re.compile(r"=\s*(\d{1,2}-\d{1,2}-\d{4}|\d{4}-(\d-\d{1,2}|\d{2}-\d)\b)"), "une date s’écrit 2026-12-24"),
    (re.compile(r"=\s*\d{1,2}\s*[h:]"), 'une heure s’écrit entre guillemets : "08:30"'),
    (re.compile(r"=\s*\d+,\d"), "les décimales s’écrivent avec un point, pas une virgule : 4.20"),
    (re.compile(r"^\[+[^\]#]*[^\x00-\x7f]"), "un nom de table s’écrit sans accent : [[activite]]"),
    (re.compile(r"^[^\"'=\[{#]*[^\x00-\x7f][^\"'=]*="), "une clé s’écrit sans accent"),
    (re.compile(r",\s*\}"), "pas de virgule avant l’accolade qui ferme"),
    (re.compile(r"\{[^}]*$"), "une table entre accolades tient sur une seule ligne"),
)
_CONSEILS = (
    ("Invalid date or datetime", "cette date ou cette heure n’existe pas"),
    (
        "Cannot overwrite a value",
        "cette clé est écrite deux fois ; ou une table l’est avec un seul crochet ([structure] pour [[structure]]), "
        "ou une [[activite.unite]] avant sa [[activite]]",
    ),
    (
        "Cannot declare",
        "cette table est écrite deux fois ; à plusieurs, deux crochets : [[structure]]",
    ),
    ("overwrite", "cette clé est écrite deux fois"),
    ("declare", "cette table ou cette clé est écrite deux fois"),
    ("Unclosed array", "un crochet n’est pas refermé, ou une virgule manque"),
    ("Illegal character", "un guillemet n’est pas refermé, ou un caractère n’a pas sa place"),
    ("Expected '=' after a key", "il manque un « = » après la clé"),
    ("Invalid value", "la valeur ne se lit pas (texte entre guillemets, décimales après un point)"),
    ("Expected newline", "il y a quelque chose de trop en fin de ligne (décimales : un point, pas une virgule)"),
)


@click.group()
def importer() -> None:
    """Importer un fichier dans une commune."""


importer.add_command(familles)
importer.add_command(factures)
importer.add_command(presences)


@importer.command()
@click.argument("fichier", type=click.Path(path_type=Path))
@click.option("--commune", "slug", required=True, help="Préfixe de la commune.")
@click.option("--essai", is_flag=True, help="Tout vérifier sans rien enregistrer.")
def activites(fichier: Path, slug: str, essai: bool) -> None:
    """Mettre en vigueur le FICHIER des activités (TOML), en entier ou pas du tout."""
    document = lire_document(fichier)
    with commune_ouverte(slug) as (reglages, bd):
        try:
            if inconnus := lire_catalogue(document).documents_inconnus(reglages.pieces):
                raise DocumentInvalide(inconnus)
            with bd.ouvrir_ecriture() as session:
                rapport = importer_catalogue(session, document, datetime.now(UTC))
                catalogue = lire_catalogue(document)
                a_savoir = avertir_des_regies(session, reglages.regies, catalogue)
                a_savoir += _dire_les_repas(repas_comptes_en_garde(catalogue, reglages.regies))
                if essai:
                    session.rollback()
                else:
                    session.commit()
        except DocumentInvalide as invalide:
            raise Echec("\n".join(_en_clair(fichier, invalide))) from None
        with bd.session_lecture() as session:
            avertir_de_l_ecart(session, reglages)
    for phrase in a_savoir:
        click.echo(f"Attention : {phrase}", err=True)
    _raconter(fichier, rapport, essai)


def _dire_les_repas(unites: list[str]) -> list[str]:
    if not unites:
        return []
    citees = ", ".join(f"« {code} »" for code in unites)
    return [
        f"un repas semble compris dans {citees}, compté en entier comme de la garde (attestation fiscale) ; écrivez "
        "part_garde, ce qui dans ce prix est de la garde."
    ]


def lire_document(fichier: Path) -> dict[str, Any]:
    """The parsed file. Raises Echec with the file, the line and the reason."""
    try:
        with fichier.open("rb") as flux:
            brut = flux.read(TAILLE_MAXIMALE + 1)
    except FileNotFoundError:
        raise Echec(f"{fichier}: le fichier n’existe pas.") from None
    except IsADirectoryError:
        raise Echec(f"{fichier}: c’est un dossier, pas un fichier.") from None
    except OSError as erreur:
        raise Echec(f"{fichier}: le fichier ne se lit pas ({erreur.strerror}).") from None
    texte = _decoder(fichier, brut)
    try:
        return tomllib.loads(texte, parse_float=_decimal)
    except RecursionError:
        raise Echec(f"{fichier}: les tableaux sont imbriqués beaucoup trop profondément.") from None
    except ValueError as erreur:
        raise Echec(f"{fichier}: {_situer(str(erreur), texte)}") from None


def _decoder(fichier: Path, brut: bytes) -> str:
    if len(brut) > TAILLE_MAXIMALE:
        raise Echec(f"{fichier}: le fichier dépasse 1 Mo ; ce n’est pas un fichier d’activités.")
    encodage = _ENCODAGES.get(brut[:2])
    if encodage:
        raise Echec(f"{fichier}: le fichier est en {encodage} ; enregistrez-le en UTF-8.")
    if b"\x00" in brut:
        raise Echec(f"{fichier}: ce n’est pas un fichier texte.")
    try:
        # Windows' Notepad writes a mark at the head of UTF-8 files: harmless, so not worth a refusal.
        return brut.removeprefix(_BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as erreur:
        ligne = brut.count(b"\n", 0, erreur.start) + 1
        raise Echec(
            f"{fichier}: ligne {ligne} : le fichier n’est pas en UTF-8 (sans doute du « Windows-1252 » ou « ANSI ») ; "
            "enregistrez-le en UTF-8."
        ) from None


def _decimal(texte: str) -> Decimal:
    """Prices and quotients as printed. `1e999999` would fill the memory once made exact, `nan` is no price: both are
    left to the reading of the document, which names the table and the key."""
    return Decimal(texte.replace("_", "")) if _DECIMAL.fullmatch(texte) else Decimal("NaN")


def _situer(message: str, texte: str) -> str:
    position = _POSITION.search(message)
    if position is None:
        # The parser refuses integers past 4300 digits without saying where.
        longue = next((n for n, ligne in enumerate(texte.splitlines(), 1) if re.search(r"\d{4300}", ligne)), None)
        return f"le fichier ne se lit pas : {message}." if longue is None else f"ligne {longue} : nombre trop grand."
    if position[1] is None:
        return "fin du fichier : un crochet, une accolade ou un guillemet n’est pas refermé, ou il manque une valeur."
    ligne = texte.splitlines()[int(position[1]) - 1].strip() if int(position[1]) <= len(texte.splitlines()) else ""
    raison = next((conseil for extrait, conseil in _CONSEILS if extrait in message), "ce n’est pas du TOML valable")
    if "écrite deux fois" not in raison and "n’existe pas" not in raison:
        raison = next((indice for motif, indice in _INDICES if motif.search(ligne)), raison)
    return f"ligne {position[1]}, colonne {position[2]} : {raison} : {ligne[:80]}"


def _en_clair(fichier: Path, invalide: DocumentInvalide) -> list[str]:
    lignes = []
    for erreur in invalide.erreurs:
        cle = f", clé « {erreur.cle} »" if erreur.cle else ""
        lignes.append(f"{fichier}: table « {erreur.table} »{cle} : {erreur.raison}")
    nombre = len(lignes)
    return [*lignes, f"{nombre} erreur{'s' if nombre > 1 else ''} : rien n’a été enregistré."]


def _raconter(fichier: Path, rapport: RapportImport, essai: bool) -> None:
    for avertissement in rapport.avertissements:
        click.echo(f"Attention : {avertissement}", err=True)
    if rapport.inchange:
        click.echo(f"{fichier} : ce fichier est déjà en vigueur (version {rapport.version}), rien ne change.")
        return
    for changement in rapport.changements:
        click.echo(f"  {changement}")
    if essai:
        click.echo(f"{fichier} : le fichier est bon. Essai : rien n’a été enregistré.")
    else:
        click.echo(f"{fichier} : en vigueur, version {rapport.version}.")
