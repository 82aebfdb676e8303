"""The readable half of « télécharger mes données »: the same document as the JSON, in words, dates and amounts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from portail_famille.config import ReglagesConservation
from portail_famille.domain.entourage import AUTORISATIONS, LIENS, REGIMES
from portail_famille.domain.fiches import PAR_CODE
from portail_famille.domain.genres import GENRES
from portail_famille.domain.pieces import ReglesPieces
from portail_famille.presentation.actes import COTES, dire_acte
from portail_famille.presentation.formats import date_et_heure, date_longue, euros, pluriel
from portail_famille.presentation.mots_des_donnees import CODES, ETAPES, LIBELLES, TITRES
from portail_famille.services.accuses import dire_accuse
from portail_famille.services.purges_factures import ANNEES_COMPTABLES
from portail_famille.services.saisies import A_REVOIR, DEMANDES
from portail_famille.services.saisies import PIECES as PIECES_CHOISIES

_DEMARCHES = {code: genre.objet for code, genre in GENRES.items()}


@dataclass(frozen=True, slots=True)
class Tableau:
    entetes: tuple[str, ...]
    lignes: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Bloc:
    """A heading, then label and value pairs, a table, and blocks inside it."""

    titre: str
    niveau: int
    paires: tuple[tuple[str, str], ...] = ()
    tableau: Tableau | None = None
    blocs: tuple["Bloc", ...] = ()

    @property
    def est_vide(self) -> bool:
        return not (self.paires or self.tableau or self.blocs)


# Between rows, or for programs: said otherwise in words.
_POUR_LES_PROGRAMMES = frozenset({"format", "id", "foyer_id", "enfant_id", "type_mime"})
_COUTUMIERS = ("contenu", "avant", "details", "action", "accuse")
"""Documents inside the document, each with its own words."""


def composer(document: Mapping[str, Any], regles: ReglesPieces) -> tuple[Bloc, ...]:
    """One block per part of the document, in its order. `regles`: what the town calls documents."""
    noms = {e["id"]: str(e["prenom"]) for e in document["enfants"]}
    foyers = {f["id"]: str(f["nom"]) for f in document["foyers"]}
    regies = {f["regie"]: str(f["contenu"].get("regie", {}).get("nom", f["regie"])) for f in document["factures"]}
    lecteur = _Lecteur(noms, foyers, regies, regles)
    return tuple(
        lecteur.bloc(cle, valeur, 2) for cle, valeur in document.items() if not isinstance(valeur, str | datetime)
    )


class _Lecteur:
    def __init__(
        self, enfants: Mapping[int, str], foyers: Mapping[int, str], regies: Mapping[str, str], regles: ReglesPieces
    ) -> None:
        self._regles = regles
        self._regies = regies
        self._enfants = enfants
        self._foyers = foyers

    def bloc(self, cle: str, valeur: Any, niveau: int) -> Bloc:
        titre = TITRES[cle]
        if isinstance(valeur, Mapping):
            return self._fiche(titre, valeur, niveau)
        lignes = [self._en_mots(cle, ligne) for ligne in valeur]
        if all(not _parties(ligne) for ligne in lignes):
            return Bloc(titre, niveau, tableau=_tableau([self._paires(cle, ligne) for ligne in lignes]))
        return Bloc(titre, niveau, blocs=tuple(self._fiche(_nommer(ligne), ligne, niveau + 1, cle) for ligne in lignes))

    def _fiche(self, titre: str, fiche: Mapping[str, Any], niveau: int, partie: str = "") -> Bloc:
        blocs = (self.bloc(cle, valeur, niveau + 1) for cle, valeur in _parties(fiche).items())
        return Bloc(
            titre, niveau, tuple(self._paires(partie, fiche).items()), blocs=tuple(b for b in blocs if not b.est_vide)
        )

    def _paires(self, partie: str, fiche: Mapping[str, Any]) -> dict[str, str]:
        lues = {}
        if fiche.get("foyer_id") in self._foyers and len(self._foyers) > 1:
            lues[LIBELLES["foyer_id"]] = self._foyers[fiche["foyer_id"]]
        if fiche.get("enfant_id") in self._enfants:
            lues[LIBELLES["enfant_id"]] = self._enfants[fiche["enfant_id"]]
        for cle, valeur in fiche.items():
            if cle not in _POUR_LES_PROGRAMMES and valeur != [] and not _est_partie(valeur):
                lues[LIBELLES[cle]] = self._dire(cle, valeur, partie)
        return lues

    def _dire(self, cle: str, valeur: Any, partie: str) -> str:
        """What the town has its own words for, else those of everybody."""
        if partie == "documents" and cle == "genre":
            return self._regles.nom(valeur)
        return self._regies.get(valeur, str(valeur)) if cle == "regie" else dire(cle, valeur, partie)

    def _en_mots(self, partie: str, ligne: Mapping[str, Any]) -> dict[str, Any]:
        """Documents kept whole inside a row, told by their own words."""
        dite = {cle: valeur for cle, valeur in ligne.items() if cle not in _COUTUMIERS}
        if partie == "journal":
            dite["acte"] = dire_acte(ligne["action"], ligne["details"], self._regles)
        elif partie == "recus":
            dite["changements"] = [_changement(c, ligne["contenu"]["enfants"]) for c in ligne["contenu"]["changements"]]
        elif partie == "demarches":
            codes = [*ligne["contenu"], *(c for c in ligne["avant"] if c not in ligne["contenu"])]
            dite["champs"] = [
                {"champ": _champ(c), "avant": _texte(ligne["avant"].get(c)), "demande": _texte(ligne["contenu"].get(c))}
                for c in codes
            ]
            dite |= {"accuse": _accuse(ligne["accuse"])} if ligne["accuse"] else {}
        elif partie == "saisies":
            dite["champs"] = [
                {"champ": _champ(c), "demande": _texte(valeur)}
                for etape, valeurs in ligne["contenu"].items()
                if etape not in (DEMANDES, PIECES_CHOISIES, A_REVOIR)
                for c, valeur in valeurs.items()
            ]
        return dite


def dire(cle: str, valeur: Any, partie: str = "") -> str:
    """One value as a parent reads it; nothing is « – »."""
    if valeur is None or valeur == "":
        return "–"
    if isinstance(valeur, bool):
        return "oui" if valeur else "non"
    if isinstance(valeur, datetime):
        return date_et_heure(valeur)
    if isinstance(valeur, date):
        return date_longue(valeur)
    if cle.endswith("_centimes"):
        return euros(valeur)
    if isinstance(valeur, list | tuple):
        return ", ".join(str(v) for v in valeur) or "–"
    return _code(cle, partie, str(valeur))


def _code(cle: str, partie: str, valeur: str) -> str:
    lieu = {
        "demarches": _DEMARCHES,
        "saisies": _DEMARCHES,
        "autorisations": _AUTORISATIONS,
        "etapes": ETAPES,
    }
    tables = {"genre": lieu.get(partie, CODES), "lien": LIENS, "regime": REGIMES, "cote": COTES}
    return tables.get(cle, CODES if cle in ("etat", "origine", "vacances", "role", "moyen") else {}).get(valeur, valeur)


_AUTORISATIONS = {code: genre.titre for code, genre in AUTORISATIONS.items()}


def _champ(code: str) -> str:
    return PAR_CODE[code].libelle if code in PAR_CODE else LIBELLES.get(code, code)


def _texte(valeur: Any) -> str:
    return "–" if valeur in (None, "") else str(valeur)


def _accuse(accuse: Mapping[str, Any]) -> dict[str, str]:
    """The receipt in the words that the family read."""
    dit = dire_accuse(accuse)
    return {
        "recue": dit.recue,
        "service": ", ".join(filter(None, (dit.service, dit.adresse, dit.telephone, dit.courriel))),
        "silence": " ".join(dit.silence),
        "recours": " ".join(filter(None, (dit.recours_titre, "\u202f; ".join(dit.recours)))),
        "source": dit.source,
    }


def _changement(lu: Mapping[str, Any], enfants: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "enfant": enfants[str(lu["enfant"])]["prenom"],
        "unite": lu["unite"],
        "jour": date.fromisoformat(lu["jour"]),
        "sens": "refusé" if lu["refus"] else "ajouté" if lu["ajout"] else "retiré",
        "montant_centimes": lu["centimes"],
    }


def _nommer(fiche: Mapping[str, Any]) -> str:
    if "prenom" in fiche:
        return f"{fiche['prenom']} {fiche['nom']}"
    if "numero" not in fiche and fiche.get("genre") in GENRES:
        return GENRES[fiche["genre"]].nom
    return str(fiche.get("nom") or f"n°\u00a0{fiche['numero']}")


def _parties(fiche: Mapping[str, Any]) -> dict[str, Any]:
    return {cle: valeur for cle, valeur in fiche.items() if _est_partie(valeur)}


def _est_partie(valeur: Any) -> bool:
    """Rows inside a row; a list of words is a value."""
    if isinstance(valeur, Mapping):
        return True
    return isinstance(valeur, list) and any(isinstance(v, Mapping) for v in valeur)


def _tableau(lignes: Sequence[Mapping[str, str]]) -> Tableau | None:
    if not lignes:
        return None
    entetes = tuple(dict.fromkeys(entete for ligne in lignes for entete in ligne))
    return Tableau(entetes, tuple(tuple(ligne.get(entete, "") for entete in entetes) for ligne in lignes))


def durees(conservation: ReglagesConservation) -> tuple[tuple[str, str], ...]:
    """What is kept and how long, from the town's settings (RGPD art. 13.2.a)."""
    c = conservation
    return (
        (
            "Votre dossier (foyer, enfants, contacts, santé, documents)",
            f"{_mois(c.foyers_partis_mois)} après le départ",
        ),
        ("Réservations et reçus, qui justifient vos factures", pluriel(c.reservations_annees, "an")),
        ("Factures et règlements", pluriel(max(ANNEES_COMPTABLES, c.reservations_annees), "an")),
        ("Demandes terminées, avec leurs messages", _mois(c.demarches_mois)),
        ("Demandes commencées et pas envoyées", "30\u00a0jours"),
        ("Qui a vu et changé votre dossier", _mois(c.actes_mois)),
        ("Connexions et mails envoyés", _mois(c.journal_mois)),
        ("Compte jamais activé", _mois(c.comptes_jamais_actives_mois)),
    )


def _mois(nombre: int) -> str:
    """« 18 mois », « 2 ans »."""
    return pluriel(nombre // 12, "an") if nombre % 12 == 0 else f"{nombre}\u00a0mois"
