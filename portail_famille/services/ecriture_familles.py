"""Adults, children and foyers of a file, written by the thousand: new rows in one statement, changes in another."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from portail_famille.domain.familles_du_fichier import FicheLue, FoyerDuFichier, Lien
from portail_famille.domain.horloge import PARIS
from portail_famille.models.activites import Structure
from portail_famille.models.comptes import Compte
from portail_famille.models.foyers import Enfant, Foyer, Personne
from portail_famille.services.rapprochement import FamillesConnues, Ligne, Rapprochement

_TUS = frozenset({"pai"})
"""Health: the journal says that it changed, never how."""
Modele = type[Personne] | type[Enfant] | type[Foyer]
_PERSONNE_VIDE: dict[str, Any] = {
    "reference": None, "civilite": "", "nom_naissance": "", "courriel": None, "telephone": None,
    "telephone_domicile": None, "telephone_travail": None,
}  # fmt: skip
_ENFANT_VIDE: dict[str, Any] = {"reference": None, "structure_id": None, "classe": "", "pai": False}
_FOYER_VIDE: dict[str, Any] = {"reference": None, "est_resident": True, "ressources_mensuelles_centimes": None}
_COLONNES_FOYER = {
    "foyer": "reference",
    "foyer_nom": "nom",
    "adresse": "adresse",
    "code_postal": "code_postal",
    "ville": "ville",
    "resident": "est_resident",
    "personnes_a_charge": "personnes_a_charge",
    "ressources_mensuelles": "ressources_mensuelles_centimes",
}


@dataclass(slots=True)
class RapportFamilles:
    """What an import does, or would do. `fiches` counts by (what, crees | modifies | inchanges)."""

    fiches: Counter[tuple[str, str]] = field(default_factory=Counter)
    valeurs_remplacees: int = 0
    partis: int = 0
    revenus: int = 0
    comptes_ouverts: list[int] = field(default_factory=list)
    """To be invited."""
    invitations: int = 0
    """Mails written already."""
    sans_adresse: int = 0
    """Responsables without a mail address: they get no espace."""
    avertissements: list[str] = field(default_factory=list)

    @property
    def est_inchange(self) -> bool:
        changements = sum(nombre for (_, sort), nombre in self.fiches.items() if sort != "inchanges")
        return not (changements or self.partis or self.revenus or self.comptes_ouverts or self.invitations)


@dataclass(slots=True)
class Ecriture:
    """An import under way: what is known, what was found again (then: the id of every fiche), what changed."""

    session: Session
    maintenant: datetime
    connues: FamillesConnues
    trouve: Rapprochement
    rapport: RapportFamilles = field(default_factory=RapportFamilles)
    foyers_crees: list[int] = field(default_factory=list)
    changements: list[tuple[FoyerDuFichier, str, int, dict[str, list[str]]]] = field(default_factory=list)
    """(foyer, whose, id, {field code: [before, after]}), for the journal; nothing of a health value."""
    nouvelles_adresses: list[int] = field(default_factory=list)
    """Persons whose mail address was replaced."""

    @property
    def aujourdhui(self) -> date:
        return self.maintenant.astimezone(PARIS).date()

    def compter(self, quoi: str, sort: str) -> None:
        self.rapport.fiches[quoi, sort] += 1


def ecrire_fiches(ecriture: Ecriture, foyers: Sequence[FoyerDuFichier]) -> None:
    """Adults, then children, then foyers: afterwards every fiche of the file has its row."""
    adultes = {id(a): (a, foyer) for foyer in reversed(foyers) for a in reversed(foyer.adultes)}
    enfants = {id(lien.enfant): (lien.enfant, foyer) for foyer in reversed(foyers) for lien in reversed(foyer.liens)}
    structures = {code: i for i, code in ecriture.session.execute(select(Structure.id, Structure.code))}
    actifs = set(
        ecriture.session.scalars(select(Compte.personne_id).where(Compte.est_actif, Compte.active_utc.is_not(None)))
    )
    connues, trouve = ecriture.connues, ecriture.trouve

    def adulte(fiche: FicheLue, _: FoyerDuFichier) -> dict[str, Any]:
        personne_id = trouve.adultes.get(id(fiche))
        if personne_id in actifs and _est_remplace(connues.personnes[personne_id], fiche, "courriel"):
            ecriture.rapport.avertissements.append(
                f"ligne {fiche.ligne}\u00a0: {fiche.valeurs['prenom']} {fiche.valeurs['nom']} utilise son espace, son "
                "adresse mail confirmée est gardée"
            )
            return {nom: valeur for nom, valeur in fiche.valeurs.items() if nom != "courriel"}
        if personne_id is not None and _est_remplace(connues.personnes[personne_id], fiche, "courriel"):
            ecriture.nouvelles_adresses.append(personne_id)
        return fiche.valeurs

    def enfant(fiche: FicheLue, _: FoyerDuFichier) -> dict[str, Any]:
        valeurs = {nom: valeur for nom, valeur in fiche.valeurs.items() if nom != "structure"}
        if "structure" in fiche.valeurs:
            valeurs["structure_id"] = structures[fiche.valeurs["structure"]]
        return valeurs

    def foyer(fiche: FicheLue, lu: FoyerDuFichier) -> dict[str, Any]:
        valeurs = {_COLONNES_FOYER[nom]: v for nom, v in fiche.valeurs.items() if nom in _COLONNES_FOYER}
        if id(fiche) in trouve.foyers:
            return valeurs
        usuelles = {
            "payeur_id": trouve.adultes[id(lu.adultes[0])],
            "nom": nom_de_foyer([a.valeurs["nom"] for a in lu.adultes]),
            "personnes_a_charge": max(1, len(lu.liens)),
        }
        return usuelles | valeurs

    _ecrire(ecriture, Personne, list(adultes.values())[::-1], trouve.adultes, connues.personnes, adulte, _PERSONNE_VIDE)
    _ecrire(ecriture, Enfant, list(enfants.values())[::-1], trouve.enfants, connues.enfants, enfant, _ENFANT_VIDE)
    anciens = set(trouve.foyers)
    _ecrire(ecriture, Foyer, [(f.fiche, f) for f in foyers], trouve.foyers, connues.foyers, foyer, _FOYER_VIDE)
    ecriture.foyers_crees = [trouve.foyers[id(f.fiche)] for f in foyers if id(f.fiche) not in anciens]


def liens_par_ids(ecriture: Ecriture, foyers: Sequence[FoyerDuFichier]) -> list[tuple[tuple[int, int], Lien]]:
    """((foyer, child), what the file says of the two), in its order; every fiche has its row."""
    trouve = ecriture.trouve
    return [
        ((trouve.foyers[id(foyer.fiche)], trouve.enfants[id(lien.enfant)]), lien)
        for foyer in foyers
        for lien in foyer.liens
    ]


def inserer(ecriture: Ecriture, modele: Any, quoi: str, lignes: list[dict[str, Any]]) -> None:
    if lignes:
        ecriture.session.execute(insert(modele), lignes)
        ecriture.rapport.fiches[quoi, "crees"] += len(lignes)


def nom_de_foyer(noms: Iterable[str]) -> str:
    """« Morel – Le Gall »; one name when they share it."""
    return " – ".join(dict.fromkeys(noms))[:120]


def _ecrire(
    ecriture: Ecriture,
    modele: Modele,
    fiches: Sequence[tuple[FicheLue, FoyerDuFichier]],
    ids: dict[int, int],
    connues: Mapping[int, Ligne],
    valeurs_de: Callable[[FicheLue, FoyerDuFichier], dict[str, Any]],
    vide: Mapping[str, Any],
) -> None:
    quoi = modele.__tablename__
    nouvelles = [(fiche, {**vide, **valeurs_de(fiche, foyer)}) for fiche, foyer in fiches if id(fiche) not in ids]
    changements = []
    for fiche, foyer in fiches:
        if id(fiche) not in ids:
            continue
        avant = connues[ids[id(fiche)]]
        apres = {nom: valeur for nom, valeur in valeurs_de(fiche, foyer).items() if avant[nom] != valeur}
        ecriture.compter(quoi, "modifies" if apres else "inchanges")
        if apres:
            changements.append({"id": ids[id(fiche)], **apres})
            ecriture.rapport.valeurs_remplacees += sum(avant[nom] not in (None, "") for nom in apres)
            champs = {
                f"{quoi}.{nom}": [] if nom in _TUS else [_dire(avant[nom]), _dire(valeur)]
                for nom, valeur in apres.items()
            }
            ecriture.changements.append((foyer, quoi, ids[id(fiche)], champs))
    if nouvelles:
        lignes = [ligne for _, ligne in nouvelles]
        crees = ecriture.session.scalars(insert(modele).returning(modele.id, sort_by_parameter_order=True), lignes)
        ids.update((id(fiche), cree) for (fiche, _), cree in zip(nouvelles, crees, strict=True))
        ecriture.rapport.fiches[quoi, "crees"] += len(nouvelles)
    if changements:
        ecriture.session.execute(update(modele), changements)


def _est_remplace(avant: Ligne, fiche: FicheLue, nom: str) -> bool:
    return nom in fiche.valeurs and avant[nom] != fiche.valeurs[nom]


def _dire(valeur: Any) -> str:
    if isinstance(valeur, bool):
        return "oui" if valeur else "non"
    return "" if valeur is None else str(valeur)
