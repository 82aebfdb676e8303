"""Sets values in a commune.toml and keeps the rest, comments included: a demonstration moves from port to port."""

import re
from collections.abc import Mapping
from pathlib import Path

from portail_famille.gateways.boucle_locale import NOM
from portail_famille.payfip_local import PAIEMENT, SERVICE

Valeur = str | int | bool | tuple[str, ...]
_TABLE = re.compile(r"\s*\[([^\[\]]+)\]\s*(?:#.*)?")


def reglages_de_ports(slug: str, port: int, port_smtp: int, port_payfip: int) -> dict[tuple[str, str], Valeur]:
    """(table, key) → value, for what depends on the ports; the table of the first keys is empty."""
    payfip = url_payfip(port_payfip)
    return {
        ("", "url_publique"): url_publique(slug, port),
        ("smtp", "port"): port_smtp,
        ("payfip", "service"): payfip + SERVICE,
        ("payfip", "paiement"): payfip + PAIEMENT,
    }


def url_publique(slug: str, port: int) -> str:
    return f"http://{NOM}:{port}/{slug}"


def url_payfip(port: int) -> str:
    return f"http://{NOM}:{port}"


def poser_reglages(fichier: Path, valeurs: Mapping[tuple[str, str], Valeur]) -> bool:
    """Set `valeurs` in the file; whether it changed. The file keeps its mode: it holds a secret key."""
    avant = fichier.read_text(encoding="utf-8")
    lignes = avant.splitlines()
    for (table, cle), valeur in valeurs.items():
        _poser(lignes, table, cle, f"{cle} = {_ecrire(valeur)}")
    apres = "\n".join(lignes) + "\n"
    if apres != avant:
        fichier.write_text(apres, encoding="utf-8")
    return apres != avant


def _poser(lignes: list[str], table: str, cle: str, ligne: str) -> None:
    """In its table: in place of the key, else of the key shown as a comment, else at the table's end."""
    debut, fin = _bornes(lignes, table)
    for marque in ("", r"#\s?"):
        forme = re.compile(rf"\s*{marque}{re.escape(cle)}\s*=")
        for rang in range(debut, fin):
            if forme.match(lignes[rang]):
                lignes[rang] = ligne
                return
    # Comments at the end of a table speak of the next one.
    while fin > debut and not lignes[fin - 1].partition("#")[0].strip():
        fin -= 1
    lignes.insert(fin, ligne)


def _bornes(lignes: list[str], table: str) -> tuple[int, int]:
    """First line inside the table and first line after it; the table is added when the file has none."""
    entetes = [(rang, trouve[1].strip()) for rang, texte in enumerate(lignes) if (trouve := _TABLE.fullmatch(texte))]
    if table and table not in (nom for _, nom in entetes):
        lignes += ["", f"[{table}]"]
        return len(lignes), len(lignes)
    debut = next((rang + 1 for rang, nom in entetes if nom == table), 0)
    return debut, next((rang for rang, _ in entetes if rang >= debut), len(lignes))


def _ecrire(valeur: Valeur) -> str:
    if isinstance(valeur, tuple):
        return "[" + ", ".join(_ecrire(texte) for texte in valeur) + "]"
    if isinstance(valeur, bool):
        return "true" if valeur else "false"
    if isinstance(valeur, int):
        return str(valeur)
    return '"' + valeur.replace("\\", "\\\\").replace('"', '\\"') + '"'
