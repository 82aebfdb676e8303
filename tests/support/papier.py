"""A foyer on paper: the village's rules and a few children, without a database."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cache

from portail_famille.domain.brouillons import Brouillon, Part
from portail_famille.domain.catalogue import lire_catalogue
from portail_famille.domain.gardes import Garde
from portail_famille.presentation.agenda import composer_agenda
from portail_famille.presentation.resumes import composer_resume
from portail_famille.presentation.semaines import Composition
from portail_famille.presentation.vues_agenda import Agenda, JourAgenda, Puce, Resume, SemaineAgenda
from portail_famille.services.bilans import Mois, examiner
from portail_famille.services.dossiers import Dossier, EnfantLu, InscriptionLue, ReservationLue
from portail_famille.services.regles import Regles
from tests.support.calendriers import calendrier_de
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import FIN_D_ANNEE, RENTREE, document

NOTRE_FOYER, AUTRE_FOYER = 1, 2
_STRUCTURES = {"mercredi": "centre", "vacances": "centre", "accueil-regulier": "creche"}
Nomme = tuple[str, date]


@cache
def regles() -> Regles:
    """The village's rules; ids are ranks."""
    catalogue = lire_catalogue(document())
    unites, structures, activites, jauges = (
        {code: rang for rang, code in enumerate(codes, 1)}
        for codes in (catalogue.unites, catalogue.structures, catalogue.activites, catalogue.jauges)
    )
    return Regles(
        versions=(1, 1, 0),
        catalogue=catalogue,
        calendrier=calendrier_de("C"),
        unites=_inverser(unites),
        structures=_inverser(structures),
        activites=_inverser(activites),
        jauges=_inverser(jauges),
        unite_ids=unites,
        structure_ids=structures,
        activite_ids=activites,
        jauge_ids=jauges,
    )


def _inverser(ids: dict[str, int]) -> dict[int, str]:
    return {rang: code for code, rang in ids.items()}


def unite(code: str) -> int:
    return regles().unite_ids[code]


@dataclass
class Papier:
    """One child, Noé, enrolled in `activites`; the rest is said by each test."""

    activites: tuple[str, ...] = ("cantine",)
    maintenant: datetime = MERCREDI_SOIR
    mois: Mois = (2026, 12)
    reserves: Iterable[Nomme] = ()
    chez_lautre: Iterable[Nomme] = ()
    pointes: dict[Nomme, str] = field(default_factory=dict)
    ajouts: Iterable[Nomme] = ()
    retraits: Iterable[Nomme] = ()
    occupees: dict[Nomme, int] = field(default_factory=dict)
    garde: Garde | None = None
    du: date = RENTREE
    au: date = FIN_D_ANNEE
    qf: str | None = "842"

    def dossier(self) -> Dossier:
        r = regles()
        inscriptions = [
            InscriptionLue(n, activite, lieu, r.structure_ids[lieu], self.du, self.au)
            for n, activite in enumerate(self.activites, 1)
            if (lieu := _STRUCTURES.get(activite, "ecole"))
        ]
        autre = "Julien" if self.garde or self.chez_lautre else ""
        noe = EnfantLu(
            1, "Noé", "Le Gall", date(2020, 9, 3), "CP", 1, False, 1, True, self.garde, autre, AUTRE_FOYER, inscriptions
        )
        etats = dict.fromkeys(self.reserves, "reservee") | self.pointes | dict.fromkeys(self.chez_lautre, "reservee")
        return Dossier(
            maintenant=self.maintenant,
            regles=r,
            compte_id=1,
            foyer_id=NOTRE_FOYER,
            est_resident=True,
            personnes_a_charge=1,
            ressources=None,
            quotients=[] if self.qf is None else [(date(2026, 1, 1), None, Decimal(self.qf))],
            brouillon_id=None,
            brouillon=Brouillon(1, {1: Part(1, "", 0, _creneaux(self.ajouts), _creneaux(self.retraits))}),
            enfants={1: noe},
            reservations={
                (1, unite(code), jour): ReservationLue(
                    n, etat, AUTRE_FOYER if (code, jour) in self.chez_lautre else NOTRE_FOYER, 1, False, None
                )
                for n, ((code, jour), etat) in enumerate(etats.items())
            },
            occupees={
                (unite(code), r.structure_ids["centre" if "mercredi" in code else "ecole"], jour): combien
                for (code, jour), combien in self.occupees.items()
            },
        )

    def agenda(self) -> Agenda:
        dossier = self.dossier()
        return composer_agenda(
            dossier, dossier.enfants[1], self.mois, page="p", resume=self.resume(), hrefs={1: "/enfants/1/agenda"}
        )

    def resume(self) -> Resume:
        dossier = self.dossier()
        return composer_resume(dossier, examiner(dossier, [self.mois]), self.mois, 1)

    def semaines(self) -> dict[str, SemaineAgenda]:
        dossier = self.dossier()
        return {s.id: s for s in Composition(dossier, dossier.enfants[1], self.mois).semaines()}

    def jour(self, jour: date) -> JourAgenda:
        return next(j for s in self.semaines().values() for j in s.jours if j.jour == jour)

    def puce(self, code: str, jour: date) -> Puce | None:
        valeur = f"{jour.day}-{unite(code)}"
        jours = (j for s in self.semaines().values() for j in s.jours if j.jour == jour)
        return next((p for j in jours for p in j.puces if p.valeur == valeur), None)


def _creneaux(nommes: Iterable[Nomme]) -> frozenset[tuple[int, date]]:
    return frozenset((unite(code), jour) for code, jour in nommes)
