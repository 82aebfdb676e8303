"""From lines to families: the lines of one foyer must agree, a child of two foyers is one child, an adult of two foyers
is one adult. What cannot be told for sure is a fault, never a guess."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from portail_famille.domain.fichier_familles import (
    COLONNES_ADULTES,
    COLONNES_AUTORITE,
    COLONNES_ENFANT,
    COLONNES_FOYER,
    COLONNES_GARDE,
    LigneFamille,
    ReperesFichier,
    lieux_d_inscription,
)
from portail_famille.domain.gardes import Garde, lundi_de
from portail_famille.domain.noms import cle_de_nom
from portail_famille.domain.tableur import Faute

_TELEPHONES = ("telephone", "telephone_domicile", "telephone_travail")


@dataclass(slots=True)
class FicheLue:
    """What the lines of the file say of one adult, child or foyer: `valeurs` by column, without its prefix."""

    ligne: int
    """The first that names it."""
    valeurs: dict[str, Any] = field(default_factory=dict)
    origines: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Where each value was first said, and how."""

    @property
    def reference(self) -> str | None:
        reference: str | None = self.valeurs.get("reference")
        return reference

    @property
    def cle(self) -> str:
        return cle_de_nom(f"{self.valeurs['prenom']}{self.valeurs['nom']}")


@dataclass(frozen=True, slots=True)
class InscriptionDuFichier:
    activite: str
    structure: str
    du: date
    au: date

    def chevauche(self, autre: "InscriptionDuFichier") -> bool:
        return self.activite == autre.activite and self.du <= autre.au and autre.du <= self.au


@dataclass(slots=True)
class Lien:
    """A child in a foyer. `autorites`: of each adult of the foyer, None when the file does not say."""

    ligne: int
    enfant: FicheLue
    garde: Garde | None
    autorites: tuple[bool | None, ...]
    inscriptions: list[InscriptionDuFichier]


@dataclass(slots=True)
class FoyerDuFichier:
    """A foyer, its adults (the payer first), its children."""

    fiche: FicheLue
    adultes: list[FicheLue] = field(default_factory=list)
    liens: list[Lien] = field(default_factory=list)


def assembler(lignes: Sequence[LigneFamille], reperes: ReperesFichier) -> tuple[list[FoyerDuFichier], list[Faute]]:
    """The foyers of the file in its order, and what contradicts itself in it."""
    assembleur = _Assembleur(reperes)
    for ligne in lignes:
        assembleur.ajouter(ligne)
    assembleur.unir_les_adultes()
    assembleur.verifier_les_gardes()
    return list(assembleur.foyers.values()), assembleur.fautes


class _Assembleur:
    def __init__(self, reperes: ReperesFichier) -> None:
        self.reperes = reperes
        self.fautes: list[Faute] = []
        self.foyers: dict[tuple[str, ...], FoyerDuFichier] = {}
        self._adresses: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._enfants: dict[tuple[str, date], list[FicheLue]] = {}
        self._enfants_par_reference: dict[str, FicheLue] = {}
        self._foyers_de: dict[int, list[tuple[FoyerDuFichier, Lien]]] = {}

    def ajouter(self, ligne: LigneFamille) -> None:
        foyer = self._foyer(ligne)
        if foyer is None:
            return
        self._completer(foyer.fiche, ligne, COLONNES_FOYER, "le même foyer", lambda nom: nom)
        colonnes_adultes = COLONNES_ADULTES[::-1] if _est_inverse(foyer, ligne) else COLONNES_ADULTES
        for rang, colonnes in enumerate(colonnes_adultes):
            if colonnes[2] in ligne.valeurs and colonnes[3] in ligne.valeurs:
                if rang == len(foyer.adultes):
                    foyer.adultes.append(FicheLue(ligne.numero))
                if rang < len(foyer.adultes):
                    self._completer(foyer.adultes[rang], ligne, colonnes, "le même foyer", _sans_prefixe)
        if {"enfant_prenom", "enfant_nom", "enfant_naissance"} <= ligne.valeurs.keys():
            self._ajouter_enfant(foyer, ligne)

    def unir_les_adultes(self) -> None:
        """One adult may be of two foyers: same reference, or same name with the same mail address or telephone."""
        connus: dict[tuple[str, ...], FicheLue] = {}
        for foyer in self.foyers.values():
            for rang, adulte in enumerate(foyer.adultes):
                colonnes = COLONNES_ADULTES[rang]
                meme = next((connus[cle] for cle in _identites(adulte) if cle in connus), adulte)
                if meme is adulte:
                    pass
                elif any(autre is meme for autre in foyer.adultes):
                    raison = f"c’est la même personne que l’autre responsable (ligne {meme.ligne})"
                    self.fautes.append(Faute(adulte.ligne, colonnes[2], adulte.valeurs["prenom"], raison))
                    continue
                else:
                    for nom, valeur in adulte.valeurs.items():
                        colonne = colonnes[0].removesuffix("reference") + nom
                        self._fixer(meme, nom, valeur, adulte.origines[nom], colonne, "la même personne")
                    foyer.adultes[rang] = meme
                for cle in _identites(meme):
                    connus.setdefault(cle, meme)

    def verifier_les_gardes(self) -> None:
        """Of two foyers, exactly one has each week."""
        for liens in self._foyers_de.values():
            for _, lien in liens[2:]:
                self._refuser(lien, "enfant_prenom", "l’enfant a déjà deux foyers")
            if len(liens) < 2:
                continue
            (_, un), (_, autre) = liens[:2]
            if un.garde is None and autre.garde is None:
                continue
            if un.garde is None or autre.garde is None:
                # Said on one side: the other has the rest, which is its own rule when the weeks alternate.
                dit, tu = (un, autre) if un.garde else (autre, un)
                if dit.garde is not None and dit.garde.une_sur == 2:
                    tu.garde = dit.garde.autre()
            elif un.garde.une_sur != autre.garde.une_sur or un.garde.une_sur > 2:
                raison = (
                    f"avec la ligne {un.ligne}, cela ne fait pas toutes les semaines ; au-delà d’une sur 2, "
                    "un seul des deux foyers remplit ces cellules"
                )
                self._refuser(autre, "une_sur", raison)
            elif (lundi_de(un.garde.semaine_ancre) - lundi_de(autre.garde.semaine_ancre)).days % 14 == 0:
                self._refuser(autre, "semaine_ancre", f"c’est déjà une semaine du foyer de la ligne {un.ligne}")
            elif un.garde.autre().vacances != autre.garde.vacances:
                self._refuser(
                    autre, "vacances", f"avec la ligne {un.ligne}, une moitié revient à deux foyers ou à aucun"
                )

    def _foyer(self, ligne: LigneFamille) -> FoyerDuFichier | None:
        valeurs = ligne.valeurs
        reference = valeurs.get("foyer")
        adresses = _cles_adresse(valeurs)
        if "foyer" in ligne.textes and reference is None:
            return None
        if reference is None and not adresses:
            return None
        connue = next((self._adresses[adresse] for adresse in adresses if adresse in self._adresses), None)
        cle = ("reference", reference) if reference else connue or ("adresse", *adresses[0])
        if adresses:
            deja = connue or cle
            for adresse in adresses:
                self._adresses.setdefault(adresse, cle)
            if deja != cle:
                autre = self.foyers[deja].fiche
                raison = (
                    f"même responsable et même adresse que la ligne {autre.ligne}, mais pas la même référence de foyer"
                )
                self.fautes.append(Faute(ligne.numero, "foyer", reference or "", raison))
        return self.foyers.setdefault(cle, FoyerDuFichier(FicheLue(ligne.numero)))

    def _ajouter_enfant(self, foyer: FoyerDuFichier, ligne: LigneFamille) -> None:
        enfant = self._enfant(foyer, ligne)
        self._completer(enfant, ligne, COLONNES_ENFANT, "le même enfant", lambda nom: nom.removeprefix("enfant_"))
        rangs = COLONNES_AUTORITE[::-1] if _est_inverse(foyer, ligne) else COLONNES_AUTORITE
        autorites = tuple(ligne.valeurs.get(colonne) for colonne in rangs)
        ancre, une_sur, vacances = (ligne.valeurs.get(colonne) for colonne in COLONNES_GARDE)
        garde = Garde(ancre, une_sur, vacances or "") if ancre and une_sur else None
        inscriptions = [
            InscriptionDuFichier(code, lieu, ligne.valeurs["inscription_du"], ligne.valeurs["inscription_au"])
            for code, lieu in lieux_d_inscription(ligne.valeurs, self.reperes)
            if ligne.est_entiere
        ]
        connu = next((lien for lien in foyer.liens if lien.enfant is enfant), None)
        if connu is None:
            lien = Lien(ligne.numero, enfant, garde, autorites, inscriptions)
            foyer.liens.append(lien)
            self._foyers_de.setdefault(id(enfant), []).append((foyer, lien))
            return
        if not ligne.est_entiere:
            return
        nouvelles = [inscription for inscription in inscriptions if inscription not in connu.inscriptions]
        if not nouvelles:
            self._refuser(ligne.numero, "enfant_prenom", f"la ligne répète la ligne {connu.ligne}")
        elif (garde, autorites) != (connu.garde, connu.autorites):
            raison = f"la garde ou l’autorité n’est pas celle de la ligne {connu.ligne}, pour le même enfant"
            self._refuser(ligne.numero, "enfant_prenom", raison)
        for nouvelle in nouvelles:
            if any(nouvelle.chevauche(autre) for autre in connu.inscriptions):
                raison = f"une autre ligne inscrit déjà l’enfant à « {nouvelle.activite} » pendant ces dates"
                self._refuser(ligne.numero, "inscription_du", raison)
        connu.inscriptions += nouvelles

    def _enfant(self, foyer: FoyerDuFichier, ligne: LigneFamille) -> FicheLue:
        valeurs = ligne.valeurs
        reference = valeurs.get("enfant_reference")
        cle = (cle_de_nom(f"{valeurs['enfant_prenom']}{valeurs['enfant_nom']}"), valeurs["enfant_naissance"])
        pareils = self._enfants.setdefault(cle, [])
        trouve = self._enfants_par_reference.get(reference) if reference else None
        if trouve is None:
            possibles = [e for e in pareils if not reference or e.reference is None]
            ici = [e for e in possibles if any(lien.enfant is e for lien in foyer.liens)]
            if ici:
                trouve = ici[0]
            elif possibles:
                partages = [e for e in possibles if "semaine_ancre" in valeurs or self._est_partage(e)]
                if len(partages) == 1:
                    trouve = partages[0]
                else:
                    raison = (
                        f"un enfant de même nom, né le même jour, est à la ligne {possibles[0].ligne} : remplissez "
                        "« enfant_reference », ou « semaine_ancre » s’il est en garde alternée"
                    )
                    self._refuser(ligne.numero, "enfant_prenom", raison)
        if trouve is None:
            self._verifier_la_date(foyer, ligne, cle)
            trouve = FicheLue(ligne.numero)
            pareils.append(trouve)
        if reference:
            self._enfants_par_reference.setdefault(reference, trouve)
        return trouve

    def _verifier_la_date(self, foyer: FoyerDuFichier, ligne: LigneFamille, cle: tuple[str, date]) -> None:
        """Two children of one foyer do not share both names: only two references make us believe it."""
        for lien in foyer.liens:
            deux_references = lien.enfant.reference and "enfant_reference" in ligne.valeurs
            if lien.enfant.cle == cle[0] and not deux_references:
                raison = (
                    f"la ligne {lien.ligne} donne une autre date de naissance à un enfant de même nom dans ce foyer ; "
                    "s’ils sont deux, remplissez « enfant_reference » pour chacun"
                )
                self._refuser(ligne.numero, "enfant_naissance", raison)

    def _est_partage(self, enfant: FicheLue) -> bool:
        return any(lien.garde is not None for _, lien in self._foyers_de.get(id(enfant), ()))

    def _completer(
        self, fiche: FicheLue, ligne: LigneFamille, colonnes: Iterable[str], qui: str, nommer: Callable[[str], str]
    ) -> None:
        for colonne in colonnes:
            if colonne in ligne.valeurs:
                origine = (ligne.numero, ligne.textes[colonne])
                self._fixer(fiche, nommer(colonne), ligne.valeurs[colonne], origine, colonne, qui)

    def _fixer(self, fiche: FicheLue, nom: str, valeur: Any, origine: tuple[int, str], colonne: str, qui: str) -> None:
        if nom not in fiche.valeurs:
            fiche.valeurs[nom] = valeur
            fiche.origines[nom] = origine
        elif fiche.valeurs[nom] != valeur:
            ligne, texte = fiche.origines[nom]
            self.fautes.append(Faute(origine[0], colonne, origine[1], f"la ligne {ligne} dit « {texte} » pour {qui}"))

    def _refuser(self, ou: int | Lien, colonne: str, raison: str) -> None:
        self.fautes.append(Faute(ou if isinstance(ou, int) else ou.ligne, colonne, "", raison))


def _sans_prefixe(colonne: str) -> str:
    return colonne.partition("_")[2]


def _est_inverse(foyer: FoyerDuFichier, ligne: LigneFamille) -> bool:
    """A line that names the same two adults, the other one first."""
    if len(foyer.adultes) < 2 or any("nom" not in a.valeurs or "prenom" not in a.valeurs for a in foyer.adultes):
        return False
    noms = _noms(ligne.valeurs)
    return len(noms) == 2 and noms[0] != noms[1] and noms == [a.cle for a in reversed(foyer.adultes)]


def _noms(valeurs: Any) -> list[str]:
    return [
        cle_de_nom(f"{valeurs[f'responsable{rang}_prenom']}{valeurs[f'responsable{rang}_nom']}")
        for rang in (1, 2)
        if f"responsable{rang}_prenom" in valeurs and f"responsable{rang}_nom" in valeurs
    ]


def _cles_adresse(valeurs: Any) -> list[tuple[str, ...]]:
    """What tells a foyer without reference: its first adult at this address, or its two adults in any order."""
    colonnes = ("responsable1_prenom", "responsable1_nom", "adresse", "code_postal")
    if any(colonne not in valeurs for colonne in colonnes):
        return []
    lieu = (cle_de_nom(valeurs["adresse"]), valeurs["code_postal"])
    noms = _noms(valeurs)
    return [(noms[0], *lieu)] + ([(*sorted(noms), *lieu)] if len(noms) == 2 else [])


def _identites(adulte: FicheLue) -> list[tuple[str, ...]]:
    cles: list[tuple[str, ...]] = [("reference", adulte.reference)] if adulte.reference else []
    if "courriel" in adulte.valeurs:
        cles.append(("courriel", adulte.cle, adulte.valeurs["courriel"]))
    return cles + [("telephone", adulte.cle, adulte.valeurs[nom]) for nom in _TELEPHONES if nom in adulte.valeurs]
