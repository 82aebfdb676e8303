"""What a kind of démarche says of its form: steps, fields, how what was typed is read, its summary.

One runner (views/nouvelle_demarche) walks every kind through explanation → steps → documents → summary → « Envoyer »,
and keeps each step as it is left (models DemarcheSaisie). A kind adds a `Formulaire` here and nothing there.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from portail_famille.config import ReglagesCommune
from portail_famille.domain.genres import Concerne, Genre
from portail_famille.models.demarches import Demarche
from portail_famille.services.comptes import Acteur
from portail_famille.services.demarches import deposer
from portail_famille.services.dossiers import Dossier, EnfantLu
from portail_famille.services.journal import Auteur

Saisie = MultiDict[str, str]
Contenu = Mapping[str, Any]
"""What a request will hold: JSON values by field."""


class SaisieInvalide(Exception):
    """A step was badly filled: a French sentence by field. What was typed is given back as it was."""

    def __init__(self, erreurs: Mapping[str, str]) -> None:
        super().__init__("; ".join(erreurs))
        self.erreurs = dict(erreurs)


@dataclass(frozen=True, slots=True)
class Contexte:
    """What a form may look at. `session` reads only, but in `deposer`."""

    session: Session
    dossier: Dossier
    """The foyer as this person sees it now: her children, the rules, the QF."""
    acteur: Acteur
    genre: Genre
    """With the town's settings."""
    reglages: ReglagesCommune
    maintenant: datetime
    contenu: Contenu
    """All fields of the steps already left, in one mapping."""
    demandes: Mapping[str, str] = field(default_factory=dict)
    """What the address that began the form said (?enfant=12&jour=2026-12-07), never trusted: only proposed."""

    def enfant(self) -> EnfantLu | None:
        """The child chosen in the field `enfant`, if she may act for it."""
        choisi = str(self.contenu.get("enfant", ""))
        return next((e for e in self.dossier.visibles if str(e.id) == choisi), None)


@dataclass(frozen=True, slots=True)
class Champ:
    """A field of a generic step, shown by components/champs. `nom` is its id in the page and its key in the content."""

    nom: str
    libelle: str
    genre: str = "texte"
    """texte, zone, choix (radios), liste (select), cases (checkboxes), case (one checkbox), date, montant, nombre."""
    choix: tuple[tuple[str, str], ...] = ()
    aide: str = ""
    valeur: Any = ""
    """Proposed when nothing was typed yet."""
    longueur: int = 500
    attributs: Mapping[str, str] = field(default_factory=dict)
    est_facultatif: bool = False
    manque: str = ""
    """Said when nothing was answered, instead of the usual sentence."""
    debut: date | None = None
    fin: date | None = None
    """Of a date: the first and the last one accepted."""


def toujours(_contexte: Contexte) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Etape:
    """A page of the form: one question, or a few that go together."""

    code: str
    """In the address: lower case, no accent."""
    titre: str
    lire: Callable[[Contexte, Saisie], dict[str, Any]]
    """The fields of this step as they will be kept. Raises `SaisieInvalide`."""
    champs: Callable[[Contexte], Sequence[Champ]] = lambda _contexte: ()
    gabarit: str = "demarches/nouvelle/_champs.html"
    """Body of the page inside the form; a kind may bring its own, fed by `donnees`, with `champs`, `erreurs` and
    `valeurs`: the fields of this step as they are kept or, on an error, as they were typed."""
    donnees: Callable[[Contexte], Mapping[str, Any]] = lambda _contexte: {}
    est_utile: Callable[[Contexte], bool] = toujours
    """False: this family skips it."""
    selon: str = ""
    """The step whose answer says whether this one is useful. Those that follow one answer are alternatives."""


@dataclass(frozen=True, slots=True)
class PieceDemandee:
    """A document that goes with the request: its kind, whether it can be sent without, whose it is."""

    genre: str
    est_obligatoire: bool
    enfant_id: int | None = None
    personne_id: int | None = None
    aide: str = ""


@dataclass(frozen=True, slots=True)
class LigneResume:
    """« Check your answers »: `etape` is where « Modifier » leads."""

    libelle: str
    valeur: str
    etape: str


_DE_LA_PERSONNE = frozenset({"avis_imposition", "rib"})
_DU_FOYER = frozenset({"justificatif_domicile", "attestation_caf"})
"""Kinds that say nothing of one child: sent for one, they serve for the next."""


@dataclass(frozen=True, slots=True)
class Effet:
    """What sending it would change, under the summary: « Cantine (Léa) », « 2,00 € », « au lieu de 3,42 € »."""

    libelle: str
    apres: str
    avant: str = ""
    pourquoi: str = ""
    groupe: str = ""
    """Lines of one group are folded together; "" stands alone, last."""


def pieces_de_la_commune(contexte: Contexte) -> tuple[PieceDemandee, ...]:
    """Those of the settings; about the child when the request is about one, taxes and bank about who asks."""
    enfant = contexte.enfant()
    genre = contexte.genre
    return tuple(
        PieceDemandee(
            code,
            est_obligatoire,
            enfant.id if enfant and code not in _DE_LA_PERSONNE | _DU_FOYER else None,
            contexte.acteur.personne_id if code in _DE_LA_PERSONNE else None,
        )
        for codes, est_obligatoire in ((genre.pieces, True), (genre.pieces_facultatives, False))
        for code in codes
    )


Depot = Callable[[Session, Contexte, Sequence[int], Auteur, str], Demarche]
"""Writes the request: writing session, context, documents, who, `cle_envoi`. Judges everything afresh."""


def deposer_tel_quel(
    session: Session, contexte: Contexte, pieces: Sequence[int], auteur: Auteur, cle_envoi: str
) -> Demarche:
    """The content as typed, about the chosen child (or about nobody in particular)."""
    enfant = contexte.enfant()
    return deposer(
        session,
        genre=contexte.genre.code,
        auteur=auteur,
        maintenant=contexte.maintenant,
        contenu={cle: valeur for cle, valeur in contexte.contenu.items() if cle != "enfant"},
        foyer_id=contexte.dossier.foyer_id,
        enfant_id=enfant.id if enfant else None,
        personne_id=contexte.acteur.personne_id if contexte.genre.concerne is Concerne.ADULTE else None,
        pieces=pieces,
        cle_envoi=cle_envoi,
    )


@dataclass(frozen=True, slots=True)
class Formulaire:
    """The form of a kind."""

    genre: str
    etapes: tuple[Etape, ...]
    resumer: Callable[[Contexte], Sequence[LigneResume]]
    pieces: Callable[[Contexte], Sequence[PieceDemandee]] = pieces_de_la_commune
    deposer: Depot = deposer_tel_quel
    empeche: Callable[[Contexte], str] = lambda _contexte: ""
    """Why this family cannot begin this request now, "" when it can."""
    avertir: Callable[[Contexte], Sequence[str]] = lambda _contexte: ()
    """Sentences above « Envoyer »: what it will cost, what it will change."""
    effets: Callable[[Contexte], Sequence[Effet]] = lambda _contexte: ()
    """Each value that it would change, before and after."""
