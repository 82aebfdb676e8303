"""What the summary of a draft and the receipts show: plain data, already in words."""

from dataclasses import dataclass
from datetime import datetime

from portail_famille.presentation.vues import Avis, Pastille


@dataclass(frozen=True, slots=True)
class LigneRecap:
    """One unit of a child: `signe` + added, - removed, x refused (then `raison` says why)."""

    signe: str
    nom: str
    jours: str
    detail: str
    montant_centimes: int | None
    raison: str = ""


@dataclass(frozen=True, slots=True)
class EnfantRecap:
    pastille: Pastille
    href: str
    lignes: tuple[LigneRecap, ...]


@dataclass(frozen=True, slots=True)
class MoisRecap:
    nom: str
    avant_centimes: int
    apres_centimes: int

    @property
    def ecart_centimes(self) -> int:
        return self.apres_centimes - self.avant_centimes


@dataclass(frozen=True, slots=True)
class Recapitulatif:
    """« Vérifiez votre demande ». `empreinte` is posted back: if what it sums up changed, the parent is asked again."""

    enfants: tuple[EnfantRecap, ...]
    mois: tuple[MoisRecap, ...]
    ajouts: int
    retraits: int
    refus: int
    ecart_centimes: int
    estimation: str
    empreinte: str
    version: int
    confirmation: str = ""
    """A sentence to agree to (days of the other parent); empty when nothing needs it."""
    avis: tuple[Avis, ...] = ()

    @property
    def est_vide(self) -> bool:
        return not self.enfants


@dataclass(frozen=True, slots=True)
class LigneRecu:
    pastille: Pastille
    nom: str
    avant: str
    apres: str


@dataclass(frozen=True, slots=True)
class DemandeDuRecu:
    """Days that an agent has to accept: « Noé, Périscolaire », and the number of their request."""

    numero: str
    nom: str


@dataclass(frozen=True, slots=True)
class RecuVue:
    numero: str
    emis: datetime
    par: str
    courriel: str
    lignes: tuple[LigneRecu, ...]
    """Days before and after, per child and unit, over the months concerned."""
    changements: tuple[EnfantRecap, ...]
    mois: tuple[MoisRecap, ...]
    titre: str
    """"C’est réservé.", "C’est demandé.", "C’est annulé." or "C’est enregistré."."""
    periode: str
    """The months that `lignes` count days over."""
    est_nouveau: bool = False
    demandes: tuple[DemandeDuRecu, ...] = ()
    """Requests that wait for an agent."""
    silence: tuple[str, ...] = ()
    """What it means for them that the town does not answer (CRPA R112-11-1)."""


@dataclass(frozen=True, slots=True)
class RecuListe:
    numero: str
    emis: datetime
    resume: str
