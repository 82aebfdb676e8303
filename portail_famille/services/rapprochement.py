"""Finding again, among the families of the portal, those of a file: by reference, else by what tells people apart.

A name is compared by its key, whatever its accents or capitals. Nothing is guessed: two that fit are a fault.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portail_famille.domain.familles_du_fichier import FicheLue, FoyerDuFichier
from portail_famille.domain.noms import cle_de_nom
from portail_famille.domain.tableur import Faute
from portail_famille.models.foyers import Enfant, Foyer, Personne, Rattachement, Responsable

Ligne = Mapping[str, Any]
_TELEPHONES = ("telephone", "telephone_domicile", "telephone_travail")


@dataclass(slots=True)
class FamillesConnues:
    """The portal's families as they are, by id."""

    personnes: dict[int, Ligne]
    enfants: dict[int, Ligne]
    foyers: dict[int, Ligne]
    responsables: dict[int, list[int]]
    """Persons of a foyer."""
    rattachements: dict[int, dict[int, Ligne]]
    """Children of a foyer."""
    fondues: dict[str, str] = field(default_factory=dict)
    """References of doubles that an agent merged, and the one that stayed ("" for none)."""


@dataclass(slots=True)
class Rapprochement:
    """Which row each fiche of the file is, by `id(fiche)`; absent: a new one."""

    foyers: dict[int, int] = field(default_factory=dict)
    adultes: dict[int, int] = field(default_factory=dict)
    enfants: dict[int, int] = field(default_factory=dict)
    fautes: list[Faute] = field(default_factory=list)


def lire_familles_connues(session: Session) -> FamillesConnues:
    """Five queries, whatever the number of families."""
    fondues: dict[str, str] = {}
    responsables: dict[int, list[int]] = defaultdict(list)
    for foyer_id, personne_id in session.execute(select(Responsable.foyer_id, Responsable.personne_id)):
        responsables[foyer_id].append(personne_id)
    rattachements: dict[int, dict[int, Ligne]] = defaultdict(dict)
    for ligne in session.execute(select(Rattachement.__table__)).mappings():
        rattachements[ligne["foyer_id"]][ligne["enfant_id"]] = dict(ligne)
    return FamillesConnues(
        _par_id(session, Personne, fondues),
        _par_id(session, Enfant, fondues),
        _par_id(session, Foyer, fondues),
        responsables,
        rattachements,
        fondues,
    )


def rapprocher(
    foyers: Sequence[FoyerDuFichier], connues: FamillesConnues, *, est_complet: bool = False
) -> Rapprochement:
    """Raises nothing: what cannot be told apart is in `fautes`. `est_complet`: a child leaves the foyers that came from
    a file and do not name it in this one."""
    return _Rapprocheur(connues, est_complet=est_complet).rapprocher(foyers)


class _Rapprocheur:
    def __init__(self, connues: FamillesConnues, *, est_complet: bool) -> None:
        self.connues, self.est_complet = connues, est_complet
        self.trouve = Rapprochement()
        self._cles = {i: _cle(p) for i, p in connues.personnes.items()}
        self._personnes = _par_reference(connues.personnes)
        self._enfants = _par_reference(connues.enfants)
        self._foyers = _par_reference(connues.foyers)
        self._par_adresse: dict[tuple[str, ...], set[int]] = defaultdict(set)
        self._par_enfant: dict[tuple[str, str, date], set[int]] = defaultdict(set)
        self._par_contact: dict[tuple[str, str], set[int]] = defaultdict(set)
        self._par_naissance: dict[tuple[str, date], set[int]] = defaultdict(set)
        self._maisons: dict[int, set[int]] = defaultdict(set)
        """Foyers of a child that have not left."""
        self._pris: set[tuple[str, int]] = set()
        self._indexer()

    def rapprocher(self, foyers: Sequence[FoyerDuFichier]) -> Rapprochement:
        self._refuser_les_fondues(foyers)
        for foyer in foyers:
            self._noter(self.trouve.foyers, foyer.fiche, self._foyer(foyer), "foyer", "ce foyer")
        for foyer in foyers:
            ici = self.trouve.foyers.get(id(foyer.fiche))
            if foyer.fiche.valeurs.get("foyer") in self._foyers and ici is not None:
                self._verifier_le_foyer(foyer, ici)
            for rang, adulte in enumerate(foyer.adultes, 1):
                if id(adulte) not in self.trouve.adultes:
                    possibles = self._adulte(adulte, ici)
                    colonne = f"responsable{rang}_reference"
                    self._noter(self.trouve.adultes, adulte, possibles, colonne, "ce responsable")
                    self._verifier_l_adulte(adulte, colonne)
        self._rapprocher_les_enfants(foyers)
        return self.trouve

    def _refuser_les_fondues(self, foyers: Sequence[FoyerDuFichier]) -> None:
        """A file that still has both would make the double again."""
        for foyer in foyers:
            dites = [(foyer.fiche.ligne, "foyer", foyer.fiche.valeurs.get("foyer"))]
            dites += [(a.ligne, f"responsable{rang}_reference", a.reference) for rang, a in enumerate(foyer.adultes, 1)]
            dites += [(lien.enfant.ligne, "enfant_reference", lien.enfant.reference) for lien in foyer.liens]
            for ligne, colonne, reference in dites:
                if reference in self.connues.fondues:
                    restee = self.connues.fondues[reference]
                    raison = "cette fiche en double a été fusionnée dans le portail\u00a0: " + (
                        f"écrivez «\u00a0{restee}\u00a0»" if restee else "retirez cette référence"
                    )
                    self.trouve.fautes.append(Faute(ligne, colonne, reference, raison))

    def _rapprocher_les_enfants(self, foyers: Sequence[FoyerDuFichier]) -> None:
        maisons: dict[int, list[int]] = defaultdict(list)
        nouvelles: dict[int, int] = defaultdict(int)
        partages, ambigus = set(), set()
        for foyer in foyers:
            for lien in foyer.liens:
                if id(foyer.fiche) in self.trouve.foyers:
                    maisons[id(lien.enfant)].append(self.trouve.foyers[id(foyer.fiche)])
                else:
                    nouvelles[id(lien.enfant)] += 1
                if lien.garde is not None:
                    partages.add(id(lien.enfant))
        enfants = {id(lien.enfant): lien.enfant for foyer in foyers for lien in foyer.liens}.values()
        for enfant in enfants:
            ici = self._enfant_des_maisons(enfant, maisons[id(enfant)])
            self._noter(self.trouve.enfants, enfant, ici, "enfant_reference", "cet enfant")
            self._verifier_l_enfant(enfant)
            if len(ici) > 1:
                ambigus.add(id(enfant))
        for enfant in enfants:
            if id(enfant) not in self.trouve.enfants and id(enfant) not in ambigus:
                self._rapprocher_un_enfant(enfant, maisons[id(enfant)], id(enfant) in partages)
            connu = self.trouve.enfants.get(id(enfant))
            actuelles = self._maisons.get(connu, set()) if connu else set()
            if self.est_complet:
                actuelles = {i for i in actuelles if not self.connues.foyers[i]["reference"]}
            if len(actuelles.union(maisons[id(enfant)])) + nouvelles[id(enfant)] > 2:
                raison = "cet enfant a déjà deux foyers dans le portail"
                self.trouve.fautes.append(Faute(enfant.ligne, "enfant_prenom", enfant.valeurs["prenom"], raison))

    def _rapprocher_un_enfant(self, enfant: FicheLue, maisons: Sequence[int], est_partage: bool) -> None:
        """A child whom her foyer does not know by first name and birth date. Two children of one foyer never share both
        names: the same ones there, with another birth date, are a date to correct, which a reference confirms."""
        connus = self.connues.enfants
        la = {i for maison in maisons for i in self.connues.rattachements.get(maison, ())}
        pareils = self._enfants_libres((i for i in la if _cle(connus[i]) == enfant.cle), enfant)
        partout = self._par_naissance.get((enfant.cle, enfant.valeurs["naissance"]), ())
        homonymes = self._enfants_libres(partout, enfant)
        if enfant.reference or (est_partage and not pareils):
            self._noter(self.trouve.enfants, enfant, pareils or homonymes, "enfant_reference", "cet enfant")
        elif pareils:
            connu = connus[min(pareils)]
            raison = (
                f"ce foyer a déjà {_nommer(connu)}, du {_jour(connu['naissance'])}\u00a0: corrigez la date, ou "
                "remplissez «\u00a0enfant_reference\u00a0» et le portail prendra celle-ci"
            )
            texte = _jour(enfant.valeurs["naissance"])
            self.trouve.fautes.append(Faute(enfant.ligne, "enfant_naissance", texte, raison))
        elif homonymes:
            raison = (
                "un enfant de même nom, né le même jour, est déjà dans un autre foyer du portail\u00a0: remplissez "
                "«\u00a0enfant_reference\u00a0», ou «\u00a0semaine_ancre\u00a0» s’il est en garde alternée"
            )
            self.trouve.fautes.append(Faute(enfant.ligne, "enfant_prenom", enfant.valeurs["prenom"], raison))

    def _indexer(self) -> None:
        for foyer_id, foyer in self.connues.foyers.items():
            lieu = (cle_de_nom(foyer["adresse"]), foyer["code_postal"])
            for personne_id in self.connues.responsables.get(foyer_id, ()):
                self._par_adresse[self._cles[personne_id], *lieu].add(foyer_id)
                for enfant_id in self.connues.rattachements.get(foyer_id, ()):
                    enfant = self.connues.enfants[enfant_id]
                    cle = (self._cles[personne_id], cle_de_nom(enfant["prenom"]), enfant["naissance"])
                    self._par_enfant[cle].add(foyer_id)
            for enfant_id in self.connues.rattachements.get(foyer_id, ()) if foyer["parti_le"] is None else ():
                self._maisons[enfant_id].add(foyer_id)
        for personne_id, personne in self.connues.personnes.items():
            for contact in _contacts(personne):
                self._par_contact[self._cles[personne_id], contact].add(personne_id)
        for enfant_id, enfant in self.connues.enfants.items():
            self._par_naissance[_cle(enfant), enfant["naissance"]].add(enfant_id)

    def _foyer(self, foyer: FoyerDuFichier) -> set[int]:
        valeurs = foyer.fiche.valeurs
        reference = valeurs.get("foyer")
        if reference in self._foyers:
            return {self._foyers[reference]}
        lieu = (cle_de_nom(valeurs["adresse"]), valeurs["code_postal"])
        trouves = {i for adulte in foyer.adultes for i in self._par_adresse.get((adulte.cle, *lieu), ())}
        if not trouves:
            trouves = {
                i
                for adulte in foyer.adultes
                for lien in foyer.liens
                for i in self._par_enfant.get(
                    (adulte.cle, cle_de_nom(lien.enfant.valeurs["prenom"]), lien.enfant.valeurs["naissance"]), ()
                )
            }
        return {i for i in trouves if not (reference and self.connues.foyers[i]["reference"])}

    def _adulte(self, adulte: FicheLue, foyer_id: int | None) -> set[int]:
        if adulte.reference in self._personnes:
            return {self._personnes[adulte.reference]}
        prenom, courriel = cle_de_nom(adulte.valeurs["prenom"]), adulte.valeurs.get("courriel")
        ici = self._libres(self.connues.responsables.get(foyer_id or 0, ()), self.connues.personnes, adulte)
        for sont_pareils in (
            {i for i in ici if self._cles[i] == adulte.cle},
            {
                i
                for i in ici
                if courriel
                and self.connues.personnes[i]["courriel"] == courriel
                and cle_de_nom(self.connues.personnes[i]["prenom"]) == prenom
            },
        ):
            if sont_pareils:
                return sont_pareils
        ailleurs = {
            i for contact in _contacts(adulte.valeurs) for i in self._par_contact.get((adulte.cle, contact), ())
        }
        return self._libres(ailleurs, self.connues.personnes, adulte)

    def _enfant_des_maisons(self, enfant: FicheLue, maisons: Sequence[int]) -> set[int]:
        """A child of these foyers, by first name and birth date: surnames change, first names hardly do."""
        if enfant.reference in self._enfants:
            return {self._enfants[enfant.reference]}
        la = {i for maison in maisons for i in self.connues.rattachements.get(maison, ())}
        return {
            i
            for i in self._libres(la, self.connues.enfants, enfant)
            if self.connues.enfants[i]["naissance"] == enfant.valeurs["naissance"]
            and cle_de_nom(self.connues.enfants[i]["prenom"]) == cle_de_nom(enfant.valeurs["prenom"])
        }

    def _enfants_libres(self, ids: Iterable[int], enfant: FicheLue) -> set[int]:
        """Those that no other line of the file is."""
        return {i for i in self._libres(ids, self.connues.enfants, enfant) if ("enfant", i) not in self._pris}

    def _verifier_le_foyer(self, foyer: FoyerDuFichier, foyer_id: int) -> None:
        """A former software may give the reference of a family that left to another one."""
        personnes = self.connues.responsables.get(foyer_id, ())
        enfants = self.connues.rattachements.get(foyer_id, {})
        noms = {self._cles[i] for i in personnes}
        if not personnes or any(
            a.cle in noms or not self._adulte(a, foyer_id).isdisjoint(personnes) for a in foyer.adultes
        ):
            return
        cles = {_cle(self.connues.enfants[i]) for i in enfants}
        for lien in foyer.liens:
            if lien.enfant.cle in cles or not self._enfant_des_maisons(lien.enfant, [foyer_id]).isdisjoint(enfants):
                return
        ici = " et ".join(_nommer(a.valeurs) for a in foyer.adultes)
        la = " et ".join(_nommer(self.connues.personnes[i]) for i in sorted(personnes))
        self._refuser_la_reference(foyer.fiche.ligne, "foyer", foyer.fiche.valeurs["foyer"], la, ici)

    def _verifier_l_adulte(self, adulte: FicheLue, colonne: str) -> None:
        if adulte.reference not in self._personnes:
            return
        connu, lu = self.connues.personnes[self._personnes[adulte.reference]], adulte.valeurs
        la, ici = ({cle_de_nom(v[n]) for n in ("nom", "nom_naissance") if v.get(n)} for v in (connu, lu))
        if la.isdisjoint(ici) and cle_de_nom(connu["prenom"]) != cle_de_nom(lu["prenom"]):
            self._refuser_la_reference(adulte.ligne, colonne, adulte.reference, _nommer(connu), _nommer(lu))

    def _verifier_l_enfant(self, enfant: FicheLue) -> None:
        if enfant.reference not in self._enfants:
            return
        connu, lu = self.connues.enfants[self._enfants[enfant.reference]], enfant.valeurs
        if connu["naissance"] != lu["naissance"] and cle_de_nom(connu["prenom"]) != cle_de_nom(lu["prenom"]):
            la, ici = (f"{_nommer(v)} ({_jour(v['naissance'])})" for v in (connu, lu))
            self._refuser_la_reference(enfant.ligne, "enfant_reference", enfant.reference, la, ici)

    def _refuser_la_reference(self, ligne: int, colonne: str, reference: str, la: str, ici: str) -> None:
        raison = f"cette référence désigne déjà {la} dans le portail, et {ici} dans le fichier"
        self.trouve.fautes.append(Faute(ligne, colonne, reference, raison))

    def _libres(self, ids: Iterable[int], table: Mapping[int, Ligne], fiche: FicheLue) -> set[int]:
        """A row with another reference is somebody else."""
        return {i for i in ids if not (fiche.reference and table[i]["reference"])}

    def _noter(self, ou: dict[int, int], fiche: FicheLue, possibles: set[int], colonne: str, qui: str) -> None:
        if len(possibles) > 1:
            raison = f"{len(possibles)} fiches du portail ressemblent à {qui}\u00a0: remplissez cette colonne"
            self.trouve.fautes.append(Faute(fiche.ligne, colonne, "", raison))
        for trouve in possibles if len(possibles) == 1 else ():
            if (colonne[:6], trouve) in self._pris:
                raison = f"une autre ligne du fichier est déjà la fiche du portail que serait {qui}"
                self.trouve.fautes.append(Faute(fiche.ligne, colonne, "", raison))
            ou[id(fiche)] = trouve
            self._pris.add((colonne[:6], trouve))


def _par_id(
    session: Session, modele: type[Personne] | type[Enfant] | type[Foyer], fondues: dict[str, str]
) -> dict[int, Ligne]:
    lignes = {ligne["id"]: dict(ligne) for ligne in session.execute(select(modele.__table__)).mappings()}
    marque = "fondue_dans" if modele is Personne else "fondu_dans"
    for ligne in lignes.values():
        if ligne[marque] is not None and ligne["reference"]:
            fondues[ligne["reference"]] = lignes[ligne[marque]]["reference"] or ""
    return {i: ligne for i, ligne in lignes.items() if ligne[marque] is None}


def _par_reference(table: Mapping[int, Ligne]) -> dict[str, int]:
    return {ligne["reference"]: i for i, ligne in table.items() if ligne["reference"]}


def _cle(ligne: Ligne) -> str:
    return cle_de_nom(f"{ligne['prenom']}{ligne['nom']}")


def _nommer(ligne: Ligne) -> str:
    return f"{ligne['prenom']} {ligne['nom']}"


def _jour(jour: date) -> str:
    return f"{jour:%d/%m/%Y}"


def _contacts(valeurs: Mapping[str, Any]) -> list[str]:
    """What, with the name, tells one person: her mail address and her telephones."""
    return [valeurs[nom] for nom in ("courriel", *_TELEPHONES) if valeurs.get(nom)]
