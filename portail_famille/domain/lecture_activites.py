"""Structures, activities, units, capacities, closures as a town writes them (docs/fichier-activites.md)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from portail_famille.domain.capacites import Jauge
from portail_famille.domain.courriels import est_courriel
from portail_famille.domain.delais import precede_toujours
from portail_famille.domain.lecture import Table, suggerer
from portail_famille.domain.lecture_absences import lire_absences
from portail_famille.domain.lecture_delais import LecteurDelais
from portail_famille.domain.lecture_inscriptions import lire_campagnes
from portail_famille.domain.montants import arrondir, typographier
from portail_famille.domain.structures import (
    EDITIONS,
    GENRES,
    Fermeture,
    OuvertureExceptionnelle,
    Structure,
)
from portail_famille.domain.unites import Activite, Periode, Plage, Unite

# What a unit inherits from its activity when it does not say otherwise.
_HERITEES = ("jours", "periode", "vacances", "ouverture", "tarif", "delai_ajout", "delai_annulation", "hors_delai")
_OUVERTURE = ("jours", "periode", "vacances", "ouverture")


@dataclass(frozen=True, slots=True)
class Connus:
    """Codes declared in the file, for the references."""

    structures: tuple[str, ...]
    activites: tuple[str, ...]
    unites: tuple[str, ...]
    tarifs: tuple[str, ...]


def lire_structure(table: Table) -> Structure | None:
    code, nom = table.code(), table.texte("nom", obligatoire=True)
    genre, edition = table.choix("genre", GENRES), table.choix("edition", EDITIONS, "portail")
    courriel, telephone, jours_ecole = table.texte("courriel"), table.texte("telephone"), table.jours("jours_ecole")
    if courriel is not None and not est_courriel(courriel):
        table.refuser("courriel", f"« {courriel} » n’est pas une adresse de courriel.")
    if edition == "lecture" and courriel is None:
        table.refuser("courriel", "une structure en lecture reçoit les demandes par courriel : donnez son adresse.")
    table.fermer()
    if code is None or nom is None or genre is None or edition is None:
        return None
    return Structure(code, nom, genre, edition, courriel, telephone, jours_ecole)


def lire_activite(table: Table, connus: Connus, rang: int) -> tuple[Activite, list[Unite]] | None:
    """One [[activite]] and its units; `rang` of the first unit orders the day's chips."""
    code, nom = table.code(), table.texte("nom", obligatoire=True)
    structures = table.references("structures", connus.structures, "structure") if table.exiger("structures") else None
    du, au = table.date("du"), table.date("au")
    if du is not None and au is not None and au < du:
        table.refuser("au", "la fin vient avant le début.")
    restauration, couleur, icone = table.booleen("restauration"), table.texte("couleur"), table.texte("icone")
    a_valider = table.booleen("validation")
    # Food is no care (CGI art. 200 quater B): a canteen must say that it is, or which part of its price.
    garde = table.booleen("garde") if table.a("garde") else not restauration
    campagnes = lire_campagnes(table, structures or (), connus.structures, (du, au))
    table.connaitre(_HERITEES)
    if not table.exiger("unite") or not table.sous_tables("unite"):
        table.refuser("unite", "une activité a au moins une [[activite.unite]].")
    lignes = table.sous_tables("unite")
    unites = [_unite(ligne, table, code or "?", connus, rang + n) for n, ligne in enumerate(lignes)]
    lues = [unite for unite in unites if unite is not None]
    absences = lire_absences(table, [unite.debut for unite in lues])
    table.fermer()
    if code is None or nom is None or structures is None:
        return None
    codes = tuple(unite.code for unite in lues)
    return Activite(
        code, nom, structures, codes, du, au, restauration, couleur, icone, a_valider, campagnes, absences,
        garde,
    ), lues  # fmt: skip


def _unite(ligne: Table, activite: Table, code_activite: str, connus: Connus, ordre: int) -> Unite | None:
    code = ligne.donnees.get("code")
    table = Table(ligne.lecteur, f"{activite.nom} / unite {code if isinstance(code, str) else '?'}", ligne.donnees)
    code, nom, nom_court = table.code(), table.texte("nom", obligatoire=True), table.texte("nom_court")
    debut = table.heure_du_jour("debut") if table.a("debut") else None
    fin = table.heure_du_jour("fin") if table.a("fin") else None
    if debut is not None and fin is not None and fin <= debut:
        table.refuser("fin", "la fin vient avant le début.")
    exclut = table.references("exclut", connus.unites, "unité") or ()
    exige = table.references("exige", connus.unites, "unité") or ()
    for cle, autres in (("exclut", exclut), ("exige", exige)):
        if code in autres:
            table.refuser(cle, "une unité ne peut pas se nommer elle-même.")
    plages = _plages(table if any(table.a(cle) for cle in _OUVERTURE) else activite)
    tarif = _source(table, activite, "tarif").texte("tarif")
    if tarif is not None and tarif not in connus.tarifs:
        _source(table, activite, "tarif").refuser(
            "tarif", f"tarif « {tarif} » : inconnu ; {suggerer(tarif, connus.tarifs)}."
        )
        tarif = None
    lecteur = LecteurDelais(debut)
    source = _source(table, activite, "delai_ajout")
    ajout = lecteur.lire(source, "delai_ajout") if source.exiger("delai_ajout") else None
    source = _source(table, activite, "delai_annulation")
    annulation = ajout
    if source.a("delai_annulation"):
        annulation = LecteurDelais(debut, ajout).lire(source, "delai_annulation")
    source, hors_delai = _source(table, activite, "hors_delai"), None
    if source.a("hors_delai") and source.brut("hors_delai") != "refuse":
        hors_delai = lecteur.lire(source, "hors_delai")
    if hors_delai is not None and ajout is not None and precede_toujours(hors_delai, ajout):
        source.refuser("hors_delai", "il tombe avant delai_ajout, et n’accepterait aucune demande.")
    part_garde = table.nombre("part_garde")
    if part_garde is not None and activite.brut("garde") is False:
        table.refuser("part_garde", "son activité dit garde = false.")
    table.fermer()
    if code is None or nom is None or ajout is None or annulation is None:
        return None
    return Unite(
        code, nom, nom_court or nom, code_activite, ordre, plages, ajout, annulation, hors_delai, debut, fin, tarif,
        frozenset(exclut), frozenset(exige), part_garde_centimes=None if part_garde is None else arrondir(part_garde),
    )  # fmt: skip


def _source(unite: Table, activite: Table, cle: str) -> Table:
    """The table that says it: the unit's if it does, else its activity's."""
    return unite if unite.a(cle) or not activite.a(cle) else activite


def _plages(table: Table) -> tuple[Plage, ...]:
    if not table.a("ouverture"):
        return (_plage(table),)
    for cle in ("jours", "periode", "vacances"):
        if table.a(cle):
            table.refuser(cle, "dites les jours dans « ouverture », ou ici, mais pas aux deux endroits.")
    plages = []
    for ligne in table.sous_tables("ouverture"):
        plages.append(_plage(ligne))
        ligne.fermer()
    return tuple(plages)


def _plage(table: Table) -> Plage:
    periode = Periode(table.choix("periode", tuple(Periode), Periode.ECOLE) or Periode.ECOLE)
    jours, vacances = table.jours("jours"), table.textes("vacances")
    if vacances is not None and periode is not Periode.VACANCES:
        table.refuser("vacances", 'ne s’emploie qu’avec periode = "vacances".')
    for nom in vacances or ():
        table.nom_de_vacances("vacances", nom)
    return Plage(periode, jours, vacances)


def lire_jauge(table: Table, connus: Connus) -> Jauge | None:
    code, nom = table.code(), table.texte("nom", obligatoire=True)
    places = table.entier("places", 0, 100_000)
    unites = table.references("unites", connus.unites, "unité") if table.exiger("unites") else None
    structures = table.references("structures", connus.structures, "structure")
    liste_attente = table.booleen("liste_attente")
    table.fermer()
    if code is None or nom is None or places is None or unites is None:
        return None
    return Jauge(
        code, nom, places, frozenset(unites), None if structures is None else frozenset(structures), liste_attente
    )


def lire_fermeture(table: Table, connus: Connus) -> Fermeture | None:
    champs = _jours_particuliers(table, connus)
    return None if champs is None else Fermeture(**champs)


def lire_ouverture_exceptionnelle(table: Table, connus: Connus) -> OuvertureExceptionnelle | None:
    champs = _jours_particuliers(table, connus)
    return None if champs is None else OuvertureExceptionnelle(**champs)


def _jours_particuliers(table: Table, connus: Connus) -> Mapping[str, Any] | None:
    du: date | None = table.date("du", obligatoire=True)
    au = table.date("au") if table.a("au") else du
    motif = table.texte("motif", obligatoire=True)
    concernes = {
        cle: _ensemble(table.references(cle, possibles, quoi))
        for cle, possibles, quoi in (
            ("structures", connus.structures, "structure"),
            ("activites", connus.activites, "activité"),
            ("unites", connus.unites, "unité"),
        )
    }
    table.fermer()
    if du is None or au is None or motif is None:
        return None
    if au < du:
        table.refuser("au", "la fin vient avant le début.")
    return {"du": du, "au": au, "motif": typographier(motif), **concernes}


def _ensemble(codes: Iterable[str] | None) -> frozenset[str] | None:
    return None if codes is None else frozenset(codes)


def exclusions_reciproques(unites: dict[str, Unite]) -> dict[str, Unite]:
    """Journée excludes matin: matin excludes journée, whichever of the two the town wrote."""
    return {
        code: replace(unite, exclut=unite.exclut | {autre.code for autre in unites.values() if code in autre.exclut})
        for code, unite in unites.items()
    }
