"""A small village where each family is there for a test. It is Wednesday 2 December 2026, 18:00, zone C.

Morel – Le Gall: Camille pays; Léa one week in two (from 7 December), Noé, and Mia of the read-only crèche. Thomas
lives there without authority over Léa. Ferrand: Julien, Léa the other weeks; he is of the Petit foyer too, with Zoé
(enrolled at the cantine from 7 December to 29 January only). Haddad: Karim and Yanis, no QF.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from portail_famille.domain.brouillons import EtatAffiche
from portail_famille.domain.gardes import Garde
from portail_famille.models.activites import Inscription
from portail_famille.models.base import Base
from portail_famille.models.bd import BD
from portail_famille.models.calendrier import JourFerie, PeriodeScolaire
from portail_famille.models.comptes import Compte
from portail_famille.models.foyers import AutoriteParentale, Enfant, Foyer, Personne, Rattachement, Responsable
from portail_famille.models.quotients import QuotientFamilial
from portail_famille.models.reservations import Recu, Reservation
from portail_famille.services.bilans import Bilan
from portail_famille.services.brouillons import Coche, cocher
from portail_famille.services.calendrier import nouvelle_version
from portail_famille.services.dossiers import Dossier, charger_dossier, charger_reservations
from portail_famille.services.importation import importer_catalogue
from portail_famille.services.regles import Regles, charger_regles
from portail_famille.services.reservations import (
    Annonce,
    Demande,
    bilan_du_brouillon,
    valider_brouillon,
    verrouiller_brouillon,
)
from tests.support.calendriers import calendrier_de
from tests.support.personnes import empreinte_commune
from tests.support.temps import MERCREDI_SOIR

LUNDI, MARDI, MERCREDI, JEUDI, VENDREDI = (date(2026, 12, jour) for jour in (7, 8, 9, 10, 11))
"""The week after: nothing of it has closed on Wednesday 2 December at 18:00."""
RENTREE, FIN_D_ANNEE = date(2026, 9, 1), date(2027, 7, 2)
SEMAINE_DE_CAMILLE, SEMAINE_DE_JULIEN = LUNDI, date(2026, 11, 30)

_ECOLE = (("periscolaire", "ecole"), ("cantine", "ecole"), ("atelier", "ecole"))
_CENTRE = (("mercredi", "centre"), ("vacances", "centre"))
_PERSONNES = {
    "camille": ("Camille", "Morel", "camille.morel"),
    "thomas": ("Thomas", "Le Gall", "thomas.legall"),
    "julien": ("Julien", "Ferrand", "julien.ferrand"),
    "nadia": ("Nadia", "Petit", "nadia.petit"),
    "karim": ("Karim", "Haddad", "karim.haddad"),
    "figurant": ("Claude", "Figurant", ""),
}
_ENFANTS = {
    "lea": ("Léa", "Ferrand", date(2018, 4, 17), ("camille", "julien")),
    "noe": ("Noé", "Le Gall", date(2020, 9, 3), ("camille", "thomas")),
    "mia": ("Mia", "Le Gall", date(2024, 5, 6), ("camille", "thomas")),
    "yanis": ("Yanis", "Haddad", date(2017, 6, 8), ("karim",)),
    "zoe": ("Zoé", "Petit", date(2021, 8, 14), ("julien", "nadia")),
    **{f"figurant-{n}": (f"Figurant{n}", "Figurant", date(2019, 1, n), ()) for n in (1, 2, 3)},
}
_FOYERS: dict[str, tuple[str, tuple[str, ...], dict[str, Garde | None]]] = {
    "morel": (
        "Morel – Le Gall",
        ("camille", "thomas"),
        {"lea": Garde(SEMAINE_DE_CAMILLE, 2), "noe": None, "mia": None},
    ),
    "ferrand": ("Ferrand", ("julien",), {"lea": Garde(SEMAINE_DE_JULIEN, 2)}),
    "petit": ("Petit – Ferrand", ("nadia", "julien"), {"zoe": None}),
    "haddad": ("Haddad", ("karim",), {"yanis": None}),
    "figurant": ("Figurant", ("figurant",), {f"figurant-{n}": None for n in (1, 2, 3)}),
}
_INSCRIPTIONS = {
    "lea": _ECOLE + _CENTRE,
    "noe": _ECOLE + _CENTRE,
    "mia": (("accueil-regulier", "creche"),),
    "yanis": _ECOLE + _CENTRE,
    "zoe": (("cantine", "ecole"),),
    **{f"figurant-{n}": (("periscolaire", "ecole"), ("mercredi", "centre")) for n in (1, 2, 3)},
}
_DATES = {"zoe": (LUNDI, date(2027, 1, 29))}
# The QF falls on 1 January: each day is priced with the QF of that day.
_QUOTIENTS = (
    ("morel", 84_200, date(2026, 1, 1), date(2026, 12, 31)),
    ("morel", 50_000, date(2027, 1, 1), None),
    ("ferrand", 124_000, date(2026, 1, 1), None),
    ("petit", 30_000, date(2026, 1, 1), None),
)


@cache
def document() -> dict[str, Any]:
    """The village's file of activities."""
    texte = Path(__file__).with_name("village.toml").read_text(encoding="utf-8")
    return tomllib.loads(texte, parse_float=Decimal)


@dataclass(frozen=True)
class Village:
    """Who and what is in the village, by short names."""

    bd: BD
    regles: Regles
    personnes: dict[str, int]
    comptes: dict[str, int]
    foyers: dict[str, int]
    enfants: dict[str, int]
    cache: dict[str, Regles] = field(default_factory=dict)

    def unite(self, code: str) -> int:
        return self.regles.unite_ids[code]

    def dossier(
        self,
        session: Session,
        qui: str = "camille",
        foyer: str = "morel",
        maintenant: datetime = MERCREDI_SOIR,
    ) -> Dossier:
        """The foyer as this person sees it, by the rules in force now."""
        return charger_dossier(
            session,
            compte_id=self.comptes[qui],
            personne_id=self.personnes[qui],
            foyer_id=self.foyers[foyer],
            maintenant=maintenant,
            cache=self.cache,
        )

    def reserver(
        self, enfant: str, unite: str, *jours: date, foyer: str = "morel", etat: str = "reservee", structure: str = ""
    ) -> None:
        """Bookings made before the test begins."""
        activite = self.regles.catalogue.unites[unite].activite
        lieu = structure or dict(_INSCRIPTIONS[enfant])[activite]
        with self.bd.session_ecriture() as session:
            session.execute(
                insert(Reservation),
                [
                    {
                        "enfant_id": self.enfants[enfant],
                        "unite_id": self.unite(unite),
                        "jour": jour,
                        "structure_id": self.regles.structure_ids[lieu],
                        "foyer_id": self.foyers[foyer],
                        "etat": etat,
                        "modifiee_utc": MERCREDI_SOIR,
                    }
                    for jour in jours
                ],
            )

    def remplir(self, unite: str, jour: date, places: int = 3) -> None:
        """Takes places that day with children of nobody in particular."""
        for n in range(1, places + 1):
            self.reserver(f"figurant-{n}", unite, jour, foyer="figurant")

    def changer_regles(self, **remplacements: Any) -> None:
        """Imports the document again with some of its tables replaced."""
        with self.bd.session_ecriture() as session:
            importer_catalogue(session, document() | remplacements, MERCREDI_SOIR)

    def reservations(self, *enfants: str) -> set[tuple[str, str, date, str, str]]:
        """Child, unit, day, paying foyer, state: of these children, or of all."""
        noms = {id_: nom for nom, id_ in self.enfants.items()}
        foyers = {id_: nom for nom, id_ in self.foyers.items()}
        with self.bd.session_lecture() as session:
            lignes = session.scalars(select(Reservation)).all()
        return {
            (noms[r.enfant_id], self.regles.unites[r.unite_id], r.jour, foyers[r.foyer_id], r.etat)
            for r in lignes
            if not enfants or noms[r.enfant_id] in enfants
        }

    def cocher(
        self,
        enfant: str,
        ajouts: Iterable[tuple[str, date]] = (),
        retraits: Iterable[tuple[str, date]] = (),
        *,
        qui: str = "camille",
        foyer: str = "morel",
        maintenant: datetime = MERCREDI_SOIR,
    ) -> Coche:
        """Ticks and unticks boxes, as a screen that is up to date does."""
        coches = frozenset((self.unite(code), jour) for code, jour in ajouts)
        vus = coches | {(self.unite(code), jour) for code, jour in retraits}
        with self.bd.session_ecriture() as session:
            dossier = self.dossier(session, qui, foyer, maintenant)
            jours = [jour for _, jour in vus]
            charger_reservations(session, dossier, [(min(jours), max(jours))])
            enfant_id = self.enfants[enfant]
            etat = EtatAffiche("essai", dossier.part(enfant_id).version, 1, vus, coches, est_dernier_mot=True)
            return cocher(session, dossier, enfant_id, etat)

    def bilan(self, qui: str = "camille", foyer: str = "morel", maintenant: datetime = MERCREDI_SOIR) -> Bilan:
        """What « Vérifiez votre demande » sums up."""
        with self.bd.session_lecture() as session:
            return bilan_du_brouillon(session, self.dossier(session, qui, foyer, maintenant))

    def demande(
        self,
        qui: str = "camille",
        foyer: str = "morel",
        maintenant: datetime = MERCREDI_SOIR,
        *,
        confirme: bool = False,
    ) -> Demande:
        """What « Valider » would send from a summary shown now."""
        with self.bd.session_lecture() as session:
            dossier = self.dossier(session, qui, foyer, maintenant)
            bilan = bilan_du_brouillon(session, dossier)
        return Demande(dossier.brouillon.version, bilan.empreinte(dossier.brouillon.version), confirme)

    def valider(
        self,
        demande: Demande | None = None,
        *,
        qui: str = "camille",
        foyer: str = "morel",
        maintenant: datetime = MERCREDI_SOIR,
        annoncer: Annonce = lambda session, recu: None,
    ) -> Recu:
        """« Valider », in its transaction; by default on the summary as it is now."""
        demande = demande or self.demande(qui, foyer, maintenant, confirme=True)
        with self.bd.session_ecriture() as session:
            verrouiller_brouillon(session, self.comptes[qui], self.foyers[foyer])
            return valider_brouillon(session, self.dossier(session, qui, foyer, maintenant), demande, annoncer)

    def photographier(self, sauf: Iterable[str] = ("session_compte",)) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table, to tell that nothing changed."""
        with self.bd.session_lecture() as session:
            return {
                nom: sorted(map(tuple, session.execute(table.select())), key=repr)
                for nom, table in Base.metadata.tables.items()
                if nom not in sauf
            }


def batir(bd: BD) -> Village:
    """Puts the village into an empty commune's database."""
    with bd.session_ecriture() as session:
        _semer(session)
        importer_catalogue(session, document(), MERCREDI_SOIR)
        regles = charger_regles(session, {}, "C")
        personnes, comptes = _personnes(session)
        enfants = _enfants(session, personnes, regles)
        foyers = _foyers(session, personnes, enfants, regles)
    village = Village(bd, regles, personnes, comptes, foyers, enfants)
    village.reserver("noe", "repas", date(2026, 12, 1), etat="presente")
    village.reserver("noe", "repas", date(2026, 12, 3), LUNDI, MARDI)
    village.reserver("lea", "repas", date(2026, 12, 3), date(2026, 12, 14), foyer="ferrand")
    village.reserver("mia", "creche", LUNDI)
    return village


def _semer(session: Session) -> None:
    calendrier = calendrier_de("C")
    nouvelle_version(session, "calendrier")
    session.execute(insert(PeriodeScolaire), [{"nom": p.nom, "du": p.du, "au": p.au} for p in calendrier.vacances])
    session.execute(insert(JourFerie), [{"jour": jour, "nom": nom} for jour, nom in calendrier.feries.items()])


def _personnes(session: Session) -> tuple[dict[str, int], dict[str, int]]:
    lignes = {
        cle: Personne(prenom=prenom, nom=nom, courriel=f"{cle}@courriel.example")
        for cle, (prenom, nom, _) in _PERSONNES.items()
    }
    session.add_all(lignes.values())
    session.flush()
    comptes = {
        cle: Compte(
            personne_id=lignes[cle].id,
            identifiant=identifiant,
            empreinte_mot_de_passe=empreinte_commune(),
            cree_utc=MERCREDI_SOIR,
            active_utc=MERCREDI_SOIR,
            verifie_utc=MERCREDI_SOIR,
        )
        for cle, (_, _, identifiant) in _PERSONNES.items()
        if identifiant
    }
    session.add_all(comptes.values())
    session.flush()
    return {cle: ligne.id for cle, ligne in lignes.items()}, {cle: ligne.id for cle, ligne in comptes.items()}


def _enfants(session: Session, personnes: dict[str, int], regles: Regles) -> dict[str, int]:
    lignes = {
        cle: Enfant(
            prenom=prenom,
            nom=nom,
            naissance=naissance,
            structure_id=regles.structure_ids["creche" if cle == "mia" else "ecole"],
        )
        for cle, (prenom, nom, naissance, _) in _ENFANTS.items()
    }
    session.add_all(lignes.values())
    session.flush()
    session.execute(
        insert(AutoriteParentale),
        [
            {"personne_id": personnes[parent], "enfant_id": lignes[cle].id, "du": naissance}
            for cle, (_, _, naissance, parents) in _ENFANTS.items()
            for parent in parents
        ],
    )
    return {cle: ligne.id for cle, ligne in lignes.items()}


def _foyers(session: Session, personnes: dict[str, int], enfants: dict[str, int], regles: Regles) -> dict[str, int]:
    lignes = {
        cle: Foyer(nom=nom, payeur_id=personnes[adultes[0]], ville="Le Village", personnes_a_charge=len(petits))
        for cle, (nom, adultes, petits) in _FOYERS.items()
    }
    session.add_all(lignes.values())
    session.flush()
    foyers = {cle: ligne.id for cle, ligne in lignes.items()}
    responsables, rattachements, inscriptions = [], [], []
    for cle, (_, adultes, petits) in _FOYERS.items():
        responsables += [{"foyer_id": foyers[cle], "personne_id": personnes[adulte]} for adulte in adultes]
        for enfant, garde in petits.items():
            rattachements.append(
                {
                    "foyer_id": foyers[cle],
                    "enfant_id": enfants[enfant],
                    "semaine_ancre": garde.semaine_ancre if garde else None,
                    "une_sur": garde.une_sur if garde else None,
                }
            )
            du, au = _DATES.get(enfant, (RENTREE, FIN_D_ANNEE))
            inscriptions += [
                {
                    "enfant_id": enfants[enfant],
                    "activite_id": regles.activite_ids[activite],
                    "structure_id": regles.structure_ids[structure],
                    "foyer_id": foyers[cle],
                    "du": du,
                    "au": au,
                }
                for activite, structure in _INSCRIPTIONS[enfant]
            ]
    session.execute(insert(Responsable), responsables)
    session.execute(insert(Rattachement), rattachements)
    session.execute(insert(Inscription), inscriptions)
    session.execute(
        insert(QuotientFamilial),
        [
            {"foyer_id": foyers[foyer], "valeur_centimes": valeur, "du": du, "au": au}
            for foyer, valeur, du, au in _QUOTIENTS
        ],
    )
    return foyers
