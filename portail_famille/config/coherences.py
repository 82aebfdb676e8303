"""What no key says alone: settings that contradict each other, or that one needs and another lacks."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from portail_famille.config.reglages import ReglagesSession
from portail_famille.domain.genres import Genre, Silence
from portail_famille.domain.regies import Regie, conflits

Table = Mapping[str, Any]
_API = ("api_particulier_url", "api_particulier_jeton", "api_particulier_siret")
_S3 = ("s3_panier", "s3_cle", "s3_secret")


def fautes_entre_cles(tables: Mapping[str, Table], fautes: list[str]) -> list[str]:
    """A table already at fault is left alone: what it lacks may be what was refused."""
    return [
        faute
        for nom, verifier in _VERIFIER.items()
        if not any(f"« {nom}." in connue for connue in fautes)
        for faute in verifier(tables[nom])
    ]


def fautes_de_demarche(genre: Genre) -> list[str]:
    """`genre`: with what the town wrote. A receipt that says what silence means says from when, and by which text
    (CRPA R112-11-1)."""
    cle = f"clé « demarches.{genre.code}"
    fautes = []
    if genre.silence is not Silence.AUCUN and not genre.delai_mois:
        fautes.append(f'{cle}.delai_mois » : sans délai, le silence ne vaut ni accord ni rejet (silence = "aucun")')
    if genre.delai_mois and not genre.source.strip():
        fautes.append(f"{cle}.source » : un délai est imprimé sur l’accusé avec le texte qui le fonde")
    for nom, codes in (("pieces", genre.pieces), ("pieces_facultatives", genre.pieces_facultatives)):
        doubles = sorted({code for code in codes if codes.count(code) > 1})
        fautes += [f"{cle}.{nom} » : le document « {code} » y est deux fois" for code in doubles]
    fautes += [
        f"{cle}.pieces_facultatives » : le document « {code} » est aussi dans « pieces », donc exigé"
        for code in sorted(set(genre.pieces) & set(genre.pieces_facultatives))
    ]
    return fautes


def fautes_entre_regies(regies: Iterable[Regie]) -> list[str]:
    """A day is billed once: two régies that claim it would send two invoices, or share a series of numbers. What
    another software bills is named: taking the rest, it would have nobody bill what is forgotten elsewhere."""
    vues = list(regies)
    fautes = [
        f"clé « regies.{regie.code}.activites » manquante : une régie importée dit ses activités ou ses structures"
        for regie in vues
        if regie.est_importee and not regie.activites and not regie.structures
    ]
    fautes += [
        f"clé « regies.{regie.code}.saisie » manquante : avec un numero_client, écrivez T (essais, sans argent), "
        "X (activation) ou W (service)"
        for regie in vues
        if regie.numero_client and not regie.saisie
    ]
    return fautes + [
        f"clés « regies.{une} » et « regies.{autre} » : {quoi} est prise deux fois"
        for une, autre, quoi in conflits(vues)
    ]


def _session(table: Table) -> list[str]:
    lue = ReglagesSession(**table)
    fautes = []
    if lue.inactivite_minutes > lue.duree_heures * 60:
        fautes.append("clé « session.inactivite_minutes » : plus long que « session.duree_heures »")
    if lue.durable_jours > lue.durable_maximum_jours:
        fautes.append("clé « session.durable_jours » : plus long que « session.durable_maximum_jours »")
    return fautes


def _documents(table: Table) -> list[str]:
    if table.get("stockage") != "s3":
        return []
    return [f"clé « documents.{cle} » manquante : le stockage s3 en a besoin" for cle in _S3 if not table.get(cle)]


def _quotient(table: Table) -> list[str]:
    donnees = [cle for cle in _API if table.get(cle)]
    if not donnees:
        return []
    return [
        f"clé « quotient.{cle} » manquante : API Particulier demande l’adresse, le jeton et le SIRET"
        for cle in _API
        if cle not in donnees
    ]


_VERIFIER: dict[str, Callable[[Table], list[str]]] = {
    "session": _session,
    "documents": _documents,
    "quotient": _quotient,
}
