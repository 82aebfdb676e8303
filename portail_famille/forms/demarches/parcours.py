"""The walk through a form: which pages this family has, which one comes next, what is still missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from werkzeug.datastructures import MultiDict

from portail_famille.forms.demarches.base import (
    Contexte,
    Etape,
    Formulaire,
    PieceDemandee,
    Saisie,
    SaisieInvalide,
    pieces_de_la_commune,
)
from portail_famille.forms.demarches.champs import retaper
from portail_famille.services.documents import PieceLue
from portail_famille.services.saisies import A_REVOIR, PIECES

DOCUMENTS, VERIFIER = "documents", "verifier"
"""Pages after the steps; no step has these codes."""


@dataclass(frozen=True)
class Page:
    """Where the family is. `rang` counts from 1; `avant` and `apres` are codes of pages, "" for the explanation."""

    code: str
    rang: int
    total: int
    avant: str
    apres: str


@dataclass(frozen=True)
class Parcours:
    formulaire: Formulaire
    contexte: Contexte
    """With all that was answered so far."""
    contenu: Mapping[str, Any]
    """As it is kept (services/saisies)."""
    etapes: tuple[Etape, ...]
    """Those that this family goes through."""
    choisies: Mapping[str, Sequence[PieceLue]] = field(default_factory=dict)
    """Documents chosen that may still be joined, by kind."""

    @cached_property
    def demandees(self) -> tuple[PieceDemandee, ...]:
        """Documents that go with this request; as the settings say while a step is missing."""
        if self.etape_manquante is not None:
            genre = self.contexte.genre
            codes = ((genre.pieces, True), (genre.pieces_facultatives, False))
            return tuple(PieceDemandee(code, est_obligatoire) for noms, est_obligatoire in codes for code in noms)
        return tuple(self.formulaire.pieces(self.contexte))

    @cached_property
    def etape_manquante(self) -> str | None:
        """The first step to fill, or to go through again."""
        return next((etape.code for etape in self.etapes if not self.est_remplie(etape.code)), None)

    @cached_property
    def pages(self) -> tuple[str, ...]:
        documents = (DOCUMENTS,) if self.demandees else ()
        return (*(etape.code for etape in self.etapes), *documents, VERIFIER)

    @property
    def pieces_manquantes(self) -> tuple[str, ...]:
        """Kinds of documents it cannot be sent without."""
        return tuple(d.genre for d in self.demandees if d.est_obligatoire and not self.choisies.get(d.genre))

    @property
    def manquante(self) -> str | None:
        """The first page that keeps it from being sent."""
        if self.etape_manquante is not None:
            return self.etape_manquante
        if self.demandees and (PIECES not in self.contenu or self.pieces_manquantes):
            return DOCUMENTS
        return None

    @property
    def pieces(self) -> tuple[int, ...]:
        """What would be joined: of the kinds asked for now, those of an earlier answer left out."""
        genres = {demandee.genre for demandee in self.demandees}
        return tuple(piece.id for genre, lues in self.choisies.items() if genre in genres for piece in lues)

    def est_remplie(self, code: str) -> bool:
        if code not in self.contenu or code in self.contenu.get(A_REVOIR, ()):
            return False
        # A child chosen, then lost: authority ended, another foyer.
        return not self.contenu[code].get("enfant") or self.contexte.enfant() is not None

    def etape(self, code: str) -> Etape | None:
        return next((etape for etape in self.etapes if etape.code == code), None)

    def est_atteignable(self, code: str) -> bool:
        """Every page before it is done."""
        avant = self.pages[: self.pages.index(code)] if code in self.pages else ()
        return code in self.pages and (self.manquante is None or self.manquante not in avant)

    def page(self, code: str) -> Page:
        rang = self.pages.index(code)
        avant = self.pages[rang - 1] if rang else ""
        apres = self.pages[rang + 1] if rang + 1 < len(self.pages) else ""
        return Page(code, rang + 1, self.total, avant, apres)

    @cached_property
    def total(self) -> int:
        """Pages to go through, those that an answer not given yet may ask for included: a form that gets longer as one
        goes is not believed."""
        retenues = {etape.code for etape in self.etapes}
        attendues = {
            etape.selon
            for etape in self.formulaire.etapes
            if etape.selon in retenues and not self.est_remplie(etape.selon)
        }
        certaines = [etape for etape in self.etapes if etape.selon not in attendues]
        return len(certaines) + len(attendues) + self._a_des_documents + 1

    @property
    def _a_des_documents(self) -> bool:
        """A kind that says itself which documents it asks for may ask for some until every step is filled."""
        est_possible = self.etape_manquante is not None and self.formulaire.pieces is not pieces_de_la_commune
        return est_possible or bool(self.demandees)

    def avec(self, code: str, valeurs: Mapping[str, Any]) -> "Parcours":
        """The same once this step says something else."""
        return composer(self.formulaire, self.contexte, {**self.contenu, code: dict(valeurs)}, self.choisies)

    def a_revoir(self, code: str) -> list[str]:
        """Steps already filled, after this one, whose answers no longer hold or now mean something else."""
        suivantes = [etape for etape in self.etapes if etape.code in self.contenu]
        rang = next((i for i, etape in enumerate(suivantes) if etape.code == code), len(suivantes))
        return [etape.code for etape in suivantes[rang + 1 :] if not self._tient(etape)]

    def _tient(self, etape: Etape) -> bool:
        garde = self.contenu[etape.code]
        try:
            relue = etape.lire(self.contexte, saisie_de(valeurs_de(etape, self.contexte, garde)))
        except SaisieInvalide:
            return False
        return relue == dict(garde)


def composer(
    formulaire: Formulaire,
    contexte: Contexte,
    contenu: Mapping[str, Any],
    choisies: Mapping[str, Sequence[PieceLue]] | None = None,
) -> Parcours:
    """Whether a step is for this family depends on the answers before it."""
    connu: dict[str, Any] = {}
    etapes = []
    for etape in formulaire.etapes:
        if etape.est_utile(replace(contexte, contenu=connu)):
            etapes.append(etape)
            connu = connu | contenu.get(etape.code, {})
    return Parcours(formulaire, replace(contexte, contenu=connu), contenu, tuple(etapes), choisies or {})


def valeurs_de(etape: Etape, contexte: Contexte, garde: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a step as its page shows them: as kept, else as proposed."""
    champs = {champ.nom: champ for champ in etape.champs(contexte)}
    proposees = {nom: retaper(champ, champ.valeur) for nom, champ in champs.items()}
    return proposees | {nom: retaper(champs.get(nom), valeur) for nom, valeur in garde.items()}


def saisie_de(valeurs: Mapping[str, Any]) -> Saisie:
    """The same as a browser would send them."""
    saisie: Saisie = MultiDict()
    for nom, valeur in valeurs.items():
        saisie.setlist(nom, valeur if isinstance(valeur, list) else [valeur])
    return saisie


def tapees(saisie: Saisie) -> dict[str, Any]:
    """What was typed, to be shown again: a list where a field came several times."""
    return {nom: liste if len(liste := saisie.getlist(nom)) > 1 else liste[0] for nom in saisie}
