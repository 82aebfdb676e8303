"""Prices as a town writes them (docs/fichier-activites.md) turned into the `Tarif` of the domain."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction

from portail_famille.domain.baremes import Assiette, Bareme, Fixe, Taux, Tranches
from portail_famille.domain.circonstances import Etat
from portail_famille.domain.lecture import Table, lire_nombre, suggerer
from portail_famille.domain.lecture_tranches import lire_tranches
from portail_famille.domain.tarifs import Ajustement, Condition, Modificateur, Tarif, VersionTarif

_BASES = ("prix", "tranches", "taux")
_AJUSTEMENTS = ("pourcent", "reduction", "supplement", "remise")
_OPTIONS_DE_BASE = ("sur", "constante", "plancher", "plafond", "minimum", "maximum", "sans_qf", "aeeh_taux_suivant")
_CONDITIONS = {
    "resident": Condition(resident=True),
    "non_resident": Condition(resident=False),
    "pai": Condition(pai=True),
    "sans_pai": Condition(pai=False),
}
_RANG_MAXIMAL = 20


def lire_tarif(table: Table) -> Tarif | None:
    """One [[tarif]]; its prices are in dated versions, or straight in the table when it never changed."""
    code, nom = table.code(), table.texte("nom", obligatoire=True)
    rang_selon = table.choix("rang_selon", ("inscrits", "presents"), "inscrits")
    versions: list[VersionTarif | None]
    if table.a("version"):
        tables = table.sous_tables("version")
        versions = [_version(sous_table) for sous_table in tables]
        for sous_table in tables:
            sous_table.fermer()
        _verifier_dates(tables, versions)
        for cle in ("du", *_BASES, *_OPTIONS_DE_BASE, "rangs", "non_resident", "pai", "etats", "cout"):
            if table.a(cle):
                table.refuser(cle, "à écrire dans chaque [[tarif.version]], puisque ce tarif a des versions.")
    else:
        versions = [_version(table)]
    table.fermer()
    lues = tuple(version for version in versions if version is not None)
    if code is None or nom is None or rang_selon is None or len(lues) != len(versions) or not lues:
        return None
    return Tarif(code, nom, lues, rang_selon)


def _verifier_dates(tables: list[Table], versions: list[VersionTarif | None]) -> None:
    precedente: date | None = None
    for rang, (table, version) in enumerate(zip(tables, versions, strict=True)):
        if version is None:
            continue
        if rang and version.du is None:
            table.refuser("du", "seule la première version peut se passer de date.")
        if version.du is not None and precedente is not None and version.du <= precedente:
            table.refuser("du", "les versions vont de la plus ancienne à la plus récente, une par date.")
        precedente = version.du


def _version(table: Table) -> VersionTarif | None:
    du = table.date("du")
    bareme = _bareme(table)
    rangs = _rangs(table)
    non_resident, pai = (_ajustement_ou_rien(table, cle) for cle in ("non_resident", "pai"))
    etats = _etats(table)
    cout = table.nombre("cout")
    if bareme is None:
        return None
    return VersionTarif(bareme, du, rangs, non_resident, pai, etats, cout)


def _bareme(table: Table) -> Bareme | None:
    forme = table.une_seule(_BASES, "prix")
    if forme is None:
        table.connaitre(_OPTIONS_DE_BASE)
        return None
    return _bareme_de(table, forme)


def _bareme_de(table: Table, forme: str) -> Bareme | None:
    base = _base(table, forme)
    minimum, maximum = table.nombre("minimum"), table.nombre("maximum")
    sans_qf = None if forme == "prix" else table.nombre("sans_qf")
    if minimum is not None and maximum is not None and maximum < minimum:
        table.refuser("maximum", "le maximum est plus petit que le minimum.")
    if base is None:
        return None
    bareme = Bareme(base, minimum, maximum, sans_qf)
    if sans_qf is None and not bareme.a_un_plafond():
        table.refuser(
            forme,
            "sans maximum, le prix d’une famille dont le QF est inconnu n’est pas défini : "
            "ajoutez maximum, plafond ou sans_qf.",
        )
    return bareme


def _base(table: Table, forme: str) -> Fixe | Taux | Tranches | None:
    if forme == "prix":
        montant = table.nombre("prix")
        return None if montant is None else Fixe(montant)
    assiette = Assiette(table.choix("sur", tuple(Assiette), Assiette.QF) or Assiette.QF)
    if forme == "tranches":
        tranches = lire_tranches(table, assiette)
        return None if tranches is None else Tranches(assiette, tranches)
    return _taux(table, assiette)


def _taux(table: Table, assiette: Assiette) -> Taux | None:
    constante = table.nombre("constante") or Fraction(0)
    plancher, plafond = table.nombre("plancher"), table.nombre("plafond")
    aeeh = table.booleen("aeeh_taux_suivant")
    if plancher is not None and plafond is not None and plafond < plancher:
        table.refuser("plafond", "le plafond est plus petit que le plancher.")
    brut = table.brut("taux")
    par_nombre = _par_rang(table, "taux", 1) if isinstance(brut, Mapping) else [(1, brut)]
    taux: list[tuple[int, Fraction]] = []
    for seuil, valeur in par_nombre:
        lu = lire_nombre(valeur)
        if lu is None or not 0 <= lu <= 100:
            table.refuser("taux", f"« {valeur} » n’est pas un taux en pourcents, de 0 à 100.")
        else:
            taux.append((seuil, lu))
    return Taux(assiette, tuple(taux), constante, plancher, plafond, aeeh) if taux else None


def _par_rang(table: Table, cle: str, premier: int) -> list[tuple[int, object]]:
    """`{ 2 = …, 3 = … }`: each number applies from there up to the next one."""
    brut = table.brut(cle)
    if not isinstance(brut, Mapping) or not brut:
        table.refuser(
            cle, f"il faut une table dont les clés sont des nombres : {{ {premier} = …, {premier + 1} = … }}."
        )
        return []
    lus: list[tuple[int, object]] = []
    for nombre, valeur in brut.items():
        if not nombre.isdecimal() or not premier <= int(nombre) <= _RANG_MAXIMAL:
            table.refuser(f"{cle}.{nombre}", f"il faut un nombre de {premier} à {_RANG_MAXIMAL}.")
        else:
            lus.append((int(nombre), valeur))
    if len({rang for rang, _ in lus}) != len(lus):
        table.refuser(cle, "le même nombre est écrit deux fois.")
    return sorted(lus, key=lambda ligne: ligne[0])


def _rangs(table: Table) -> tuple[tuple[int, Ajustement], ...]:
    if not table.a("rangs"):
        return ()
    sous_table = table.sous_table("rangs")
    lus = [] if sous_table is None else [rang for rang, _ in _par_rang(table, "rangs", 2)]
    rangs: list[tuple[int, Ajustement]] = []
    for rang in lus:
        cle = next(cle for cle in table.brut("rangs") if cle.isdecimal() and int(cle) == rang)
        ajustement = None if sous_table is None else _ajustement_ou_rien(sous_table, cle)
        if ajustement is not None:
            rangs.append((rang, ajustement))
    return tuple(rangs)


def _ajustement_ou_rien(table: Table, cle: str) -> Ajustement | None:
    sous_table = table.sous_table(cle)
    if sous_table is None:
        return None
    ajustement = _ajustement(sous_table)
    sous_table.fermer()
    return ajustement


def _ajustement(table: Table) -> Ajustement | None:
    forme = table.une_seule((*_BASES, *_AJUSTEMENTS), "ajustement")
    if forme is None:
        table.connaitre(_OPTIONS_DE_BASE)
        return None
    if forme in _BASES:
        bareme = _bareme_de(table, forme)
        return None if bareme is None else Ajustement(bareme=bareme)
    nombre = table.nombre(forme)
    if nombre is None:
        return None
    if forme == "supplement":
        return Ajustement(supplement=nombre)
    if forme == "remise":
        return Ajustement(supplement=-nombre)
    if nombre > (100 if forme == "reduction" else 1000):
        table.refuser(forme, f"{nombre} % n’a pas de sens ici.")
        return None
    return Ajustement(pourcent=nombre if forme == "pourcent" else 100 - nombre)


def _etats(table: Table) -> tuple[tuple[Etat, tuple[Modificateur, ...]], ...]:
    sous_table = table.sous_table("etats")
    if sous_table is None:
        return ()
    etats: list[tuple[Etat, tuple[Modificateur, ...]]] = []
    # A database may store keys in another order: the catalogue must not depend on it.
    for cle, brut in sorted(sous_table.donnees.items()):
        if cle not in tuple(Etat):
            sous_table.refuser(cle, f"état inconnu ; {suggerer(cle, tuple(Etat))}.")
            continue
        seule = None if isinstance(brut, list) else sous_table.sous_table(cle)
        lignes = sous_table.sous_tables(cle) if isinstance(brut, list) else [seule] if seule else []
        modificateurs = tuple(lu for lu in map(_modificateur, lignes) if lu is not None)
        if modificateurs:
            etats.append((Etat(cle), modificateurs))
    return tuple(etats)


def _modificateur(table: Table) -> Modificateur | None:
    condition = _CONDITIONS.get(table.choix("si", tuple(_CONDITIONS)) or "") if table.a("si") else Condition()
    oublis = table.entier("oublis_pardonnes", 0, 366, 0)
    ajustement = _ajustement(table)
    table.fermer()
    if ajustement is None or condition is None or oublis is None:
        return None
    return Modificateur(ajustement, condition, oublis)
