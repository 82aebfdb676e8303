"""What a draft would do if validated now: the summary bar, « Vérifiez votre demande » and « Valider » share it."""

import hashlib
import json
from calendar import monthrange
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date

from portail_famille.domain.brouillons import Creneau
from portail_famille.domain.creneaux import Refus, relations
from portail_famille.domain.tarifs import Etat
from portail_famille.services.dossiers import Dossier, EnfantLu

Mois = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Changement:
    """One slot of the draft, judged. `refus` None: it will be done. `avec`: the unit it cannot go with, or without."""

    enfant: EnfantLu
    unite: str
    creneau: Creneau
    ajout: bool
    refus: Refus | None
    est_hors_delai: bool
    prix_centimes: int | None
    est_chez_autre_parent: bool
    avec: str = ""
    est_manquante: bool = False
    a_valider: bool = False
    """An addition that an agent has to accept."""

    @property
    def jour(self) -> date:
        return self.creneau[1]


@dataclass(frozen=True, slots=True)
class MontantMois:
    """Estimated amount of a month for the foyer, before and after."""

    mois: Mois
    avant_centimes: int
    apres_centimes: int


@dataclass(frozen=True, slots=True)
class Bilan:
    changements: tuple[Changement, ...]
    mois: tuple[MontantMois, ...]

    @property
    def faisables(self) -> list[Changement]:
        return [c for c in self.changements if c.refus is None]

    @property
    def refuses(self) -> list[Changement]:
        return [c for c in self.changements if c.refus is not None]

    @property
    def a_confirmer(self) -> list[Changement]:
        """Days added in the other parent's weeks: they ask for a confirmation (domain.md §3)."""
        return [c for c in self.faisables if c.ajout and c.est_chez_autre_parent]

    def empreinte(self, version: int) -> str:
        """Digest of what the parent is shown: « Valider » goes on only if it still says the same."""
        vu = [
            version,
            [
                (c.enfant.id, c.creneau[0], c.jour.isoformat(), c.ajout, c.refus, c.prix_centimes, c.a_valider)
                for c in self.changements
            ],
            [(m.mois, m.avant_centimes, m.apres_centimes) for m in self.mois],
        ]
        return hashlib.sha256(json.dumps(vu).encode()).hexdigest()[:32]


def examiner(dossier: Dossier, mois: list[Mois]) -> Bilan:
    """Judges the draft over some months, with their amounts. Their bookings (and places, for full days) are loaded."""
    changements = [c for enfant in dossier.visibles for c in _examiner_enfant(dossier, enfant, frozenset(mois))]
    if dossier.occupees is not None:
        changements = _compter_places(dossier, changements)
    return Bilan(tuple(changements), tuple(montants(dossier, changements, mois)))


def mois_du_brouillon(dossier: Dossier) -> list[Mois]:
    """Months that the draft touches, in order."""
    return sorted({(jour.year, jour.month) for _, jour in creneaux_du_brouillon(dossier)})


@dataclass(frozen=True, slots=True)
class Ailleurs:
    """What the draft changes outside a month, as it was ticked: « Vérifiez » judges it, a tick need not."""

    ajouts: int
    retraits: int
    ecart_centimes: int


def compter_ailleurs(dossier: Dossier, mois: Mois) -> Ailleurs:
    """Slots of other months, and their usual price (a removed slot may have been booked at another one)."""
    comptes = {True: 0, False: 0}
    ecart = 0
    for enfant in dossier.visibles:
        part = dossier.part(enfant.id)
        for ajout, creneaux in ((True, part.ajouts), (False, part.retraits)):
            for creneau in creneaux:
                if (creneau[1].year, creneau[1].month) == mois or creneau[0] not in dossier.regles.unites:
                    continue
                prix = dossier.prix(enfant, creneau)
                comptes[ajout] += 1
                ecart += (prix.centimes if prix else 0) * (1 if ajout else -1)
    return Ailleurs(comptes[True], comptes[False], ecart)


def creneaux_du_brouillon(dossier: Dossier) -> list[Creneau]:
    """Every slot the draft changes."""
    return [c for enfant in dossier.visibles for c in dossier.part(enfant.id).ajouts | dossier.part(enfant.id).retraits]


def bornes(mois: Mois) -> tuple[date, date]:
    """First and last day of a month."""
    return date(*mois, 1), date(*mois, monthrange(*mois)[1])


def montants(dossier: Dossier, changements: list[Changement], mois: list[Mois]) -> list[MontantMois]:
    """Before and after, for the foyer: its own bookings only, each parent pays the days she booked."""
    voulus = set(mois)
    avant: dict[Mois, int] = defaultdict(int)
    apres: dict[Mois, int] = defaultdict(int)
    retires = {(c.enfant.id, *c.creneau) for c in changements if c.refus is None and not c.ajout}
    for cle, lue in dossier.reservations.items():
        enfant_id, unite_id, jour = cle
        du_mois = (jour.year, jour.month)
        if du_mois not in voulus or not lue.est_active or lue.foyer_id != dossier.foyer_id:
            continue
        if unite_id not in dossier.regles.unites:
            continue
        enfant = dossier.enfants[enfant_id]
        prix = dossier.prix_reserve(enfant, (unite_id, jour), lue, apres=False)
        avant[du_mois] += prix.centimes if prix else 0
        if cle not in retires:
            prix = dossier.prix_reserve(enfant, (unite_id, jour), lue)
            apres[du_mois] += prix.centimes if prix else 0
    for c in changements:
        if c.refus is None and c.ajout and (c.jour.year, c.jour.month) in voulus:
            apres[c.jour.year, c.jour.month] += c.prix_centimes or 0
    return [MontantMois(m, avant[m], apres[m]) for m in mois]


def _examiner_enfant(dossier: Dossier, enfant: EnfantLu, mois: frozenset[Mois]) -> list[Changement]:
    part = dossier.part(enfant.id)
    jours: dict[date, list[Changement]] = defaultdict(list)
    for ajout, creneaux in ((True, part.ajouts), (False, part.retraits)):
        for creneau in creneaux:
            if (creneau[1].year, creneau[1].month) not in mois:
                continue
            changement = _juger(dossier, enfant, creneau, ajout=ajout)
            if changement is not None:
                jours[creneau[1]].append(changement)
    return [c for jour in sorted(jours) for c in _relier(dossier, enfant, jour, jours[jour])]


def _compter_places(dossier: Dossier, changements: list[Changement]) -> list[Changement]:
    """Refuses what no place is left for, brothers and sisters of the same draft counted: places given back first."""
    compte = dict(dossier.occupees or {})
    for c in changements:
        lue = dossier.reservations.get((c.enfant.id, *c.creneau))
        if c.refus is None and not c.ajout and lue is not None and lue.etat != "en_attente":
            compte[c.creneau[0], lue.structure_id, c.jour] = compte.get((c.creneau[0], lue.structure_id, c.jour), 0) - 1
    comptes, complets = [], set()
    for c in changements:
        inscription = dossier.inscription(c.enfant, c.unite, c.jour)
        if c.refus is not None or not c.ajout or inscription is None:
            comptes.append(c)
            continue
        places = dossier.places(c.unite, inscription.structure, c.jour, compte)
        if places is not None and places <= 0:
            comptes.append(replace(c, refus=Refus.COMPLET))
            complets.add((c.enfant.id, c.jour))
            continue
        cle = (c.creneau[0], inscription.structure_id, c.jour)
        compte[cle] = compte.get(cle, 0) + 1
        comptes.append(c)
    if not complets:
        return comptes
    # A unit that found no place may be the one another needed: relations once more on those days.
    par_jour: dict[tuple[int, date], list[Changement]] = defaultdict(list)
    for c in comptes:
        par_jour[c.enfant.id, c.jour].append(c)
    return [
        c
        for (enfant_id, jour), groupe in par_jour.items()
        for c in (
            _relier(dossier, dossier.enfants[enfant_id], jour, groupe) if (enfant_id, jour) in complets else groupe
        )
    ]


def _juger(dossier: Dossier, enfant: EnfantLu, creneau: Creneau, *, ajout: bool) -> Changement | None:
    unite = dossier.regles.unites.get(creneau[0])
    if unite is None:
        return None  # the town withdrew this unit since: nothing is left to book or to name
    verdict = dossier.juger(enfant, creneau, ajout=ajout, avec_places=False)
    if verdict.refus in (Refus.DEJA_RESERVE, Refus.PAS_RESERVE):
        return None  # done already from another device: no difference any more
    if ajout:
        prix = dossier.prix(enfant, creneau, Etat.HORS_DELAI if verdict.est_hors_delai else Etat.RESERVEE)
    else:
        lue = dossier.reservations.get((enfant.id, *creneau))
        prix = dossier.prix_reserve(enfant, creneau, lue, apres=False) if lue else None
    return Changement(
        enfant=enfant,
        unite=unite,
        creneau=creneau,
        ajout=ajout,
        refus=verdict.refus,
        est_hors_delai=verdict.est_hors_delai,
        prix_centimes=prix.centimes if prix else None,
        est_chez_autre_parent=not dossier.est_chez_nous(enfant, creneau[1]),
        a_valider=ajout and dossier.regles.est_a_valider(unite),
    )


def _relier(dossier: Dossier, enfant: EnfantLu, jour: date, changements: list[Changement]) -> list[Changement]:
    """Adds the refusals that come from relations between the units of one day."""
    unites = dossier.regles.catalogue.unites
    faisables = [c for c in changements if c.refus is None]
    masques = frozenset(
        code for unite, code in dossier.regles.unites.items() if (enfant.id, unite, jour) in dossier.indisponibles
    )
    reserves = frozenset(
        code
        for unite, code in dossier.regles.unites.items()
        if (lue := dossier.reservations.get((enfant.id, unite, jour))) is not None and lue.est_active
    )
    heurts = relations(
        reserves | masques,
        frozenset(c.unite for c in faisables if c.ajout),
        frozenset(c.unite for c in faisables if not c.ajout),
        {code: fiche.exclut for code, fiche in unites.items() if fiche.exclut},
        {code: fiche.exige for code, fiche in unites.items() if fiche.exige},
    )
    relies = []
    for c in sorted(changements, key=lambda c: (unites[c.unite].ordre, c.unite)):
        heurt = heurts.get(c.unite) if c.refus is None else None
        if heurt is None:
            relies.append(c)
        elif heurt.avec in masques:
            # To say which unit it cannot go with would say what the hidden foyer booked.
            relies.append(replace(c, refus=Refus.INDISPONIBLE))
        else:
            relies.append(replace(c, refus=Refus.INCOMPATIBLE, avec=heurt.avec, est_manquante=heurt.est_manquante))
    return relies
