"""What another QF would do to the prices of a foyer: each activity before and after, and the months already booked."""

from calendar import monthrange
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from portail_famille.config import ReglagesCommune
from portail_famille.domain.libelles import ecrire_date
from portail_famille.domain.montants import ecrire_centimes
from portail_famille.domain.quotients import Periode, ecrire_mois, ecrire_quotient, en_euros, poser
from portail_famille.domain.tarifs import Prix
from portail_famille.models.demarches import Demarche
from portail_famille.services.dossiers import Dossier, EnfantLu, charger_dossier, charger_reservations, jour_de
from portail_famille.services.quotients import (
    Declaration,
    declaration_de,
    remarques,
)


@dataclass(frozen=True, slots=True)
class PrixCompare:
    """One unit for some children: its price without and with the new QF; None where no tarif is known."""

    unite: str
    nom: str
    prenoms: tuple[str, ...]
    avant: Prix | None
    apres: Prix | None

    @property
    def change(self) -> bool:
        return _centimes(self.avant) != _centimes(self.apres)


@dataclass(frozen=True, slots=True)
class MoisCompare:
    """What is booked in a month, at today's prices and with the new QF."""

    mois: date
    avant_centimes: int
    apres_centimes: int


def simuler(dossier: Dossier, valeur_centimes: int, du: date, au: date | None) -> Dossier:
    """The same foyer, had this QF been accepted. Nothing is written."""
    connues = [Periode(rang, q[0], q[1], 0) for rang, q in enumerate(dossier.quotients)]
    pose = poser(connues, du, au)
    veille = date.fromordinal(du.toordinal() - 1)
    gardees: list[tuple[date, date | None, Decimal]] = [
        (debut, veille if rang in pose.coupees else fin, valeur)
        for rang, (debut, fin, valeur) in enumerate(dossier.quotients)
        if rang not in pose.remplacees
    ]
    quotients = sorted([*gardees, (du, pose.au, en_euros(valeur_centimes))], key=lambda q: q[0], reverse=True)
    return replace(dossier, quotients=quotients, _prix={})


def comparer(dossier: Dossier, autre: Dossier, enfants: Collection[EnfantLu], jour: date) -> list[PrixCompare]:
    """Every unit these children can be booked on from that day on, in the order of the catalogue; children who pay the
    same for the same unit share a line."""
    groupes: dict[tuple[str, int | None, int | None], tuple[list[str], Prix | None, Prix | None]] = {}
    for enfant in enfants:
        vues: set[str] = set()
        for code, unite_id, inscription in dossier.unites(enfant):
            if inscription.au < jour or code in vues:
                continue
            vues.add(code)
            creneau = (unite_id, max(jour, inscription.du))
            avant = dossier.prix(enfant, creneau, apres=False)
            apres = autre.prix(enfant, creneau, apres=False)
            prenoms, _, _ = groupes.setdefault((code, _centimes(avant), _centimes(apres)), ([], avant, apres))
            prenoms.append(enfant.prenom)
    unites = dossier.regles.catalogue.unites
    lignes = [
        PrixCompare(code, unites[code].nom, tuple(prenoms), avant, apres)
        for (code, _, _), (prenoms, avant, apres) in groupes.items()
    ]
    return sorted(lignes, key=lambda ligne: unites[ligne.unite].ordre)


def estimer(dossier: Dossier, autre: Dossier, enfants: Collection[EnfantLu], du: date) -> list[MoisCompare]:
    """Months whose bookings, among those loaded, would cost something else from that day on."""
    par_id = {enfant.id: enfant for enfant in enfants}
    totaux: dict[date, list[int]] = {}
    for (enfant_id, unite_id, jour), lue in dossier.reservations.items():
        enfant = par_id.get(enfant_id)
        if enfant is None or jour < du or not lue.est_active or lue.foyer_id != dossier.foyer_id:
            continue
        if unite_id not in dossier.regles.unites:
            continue
        total = totaux.setdefault(jour.replace(day=1), [0, 0])
        for rang, lu in enumerate((dossier, autre)):
            total[rang] += _centimes(lu.prix_reserve(enfant, (unite_id, jour), lue, apres=False)) or 0
    return [MoisCompare(mois, *totaux[mois]) for mois in sorted(totaux) if totaux[mois][0] != totaux[mois][1]]


@dataclass(frozen=True, slots=True)
class PrixChange:
    """A price that changes: « Repas (Noé et Léa) », « 2,00 € », « 3,42 € », its bracket or rate in a sentence, and the
    activity it is folded under."""

    libelle: str
    apres: str
    avant: str
    pourquoi: str
    activite: str


@dataclass(frozen=True, slots=True)
class EffetsQuotient:
    """What accepting a QF does, for both sides. `dates`: from when to when; `remarques`: what is odd about it."""

    dates: str
    remarques: tuple[str, ...]
    prix: tuple[PrixChange, ...]
    suite: str
    """Of the prices that do not change."""
    mois: tuple[str, ...]
    """What is booked, month by month."""


def mesurer_effets(
    session: Session, dossier: Dossier, declaration: Declaration, du: date, au: date, enfants: Collection[EnfantLu]
) -> EffetsQuotient:
    """One query more when no booking is loaded: this month's and the next's from its first day."""
    if not dossier.reservations:
        charger_reservations(session, dossier, [(du, _fin_du_mois_suivant(du))])
    autre = simuler(dossier, declaration.valeur_centimes, du, au)
    connues = [Periode(0, debut, fin, int(valeur * 100)) for debut, fin, valeur in dossier.quotients]
    lignes = comparer(dossier, autre, enfants, du)
    changees = tuple(_dire_prix(ligne, _activite(dossier, ligne.unite)) for ligne in lignes if ligne.change)
    suite = "Les autres prix ne changent pas." if changees else "Aucun prix ne change."
    return EffetsQuotient(
        dates=f"Ce quotient comptera du {ecrire_date(du)} au {ecrire_date(au)}. Les jours d’avant gardent leur prix.",
        remarques=tuple(remarques(connues, declaration, du, au)),
        prix=changees,
        suite=suite if len(changees) < len(lignes) else "",
        mois=tuple(
            f"Ce qui est réservé en {ecrire_mois(mois.mois)} à partir de cette date\u00a0: "
            f"{ecrire_centimes(mois.apres_centimes)} au lieu de {ecrire_centimes(mois.avant_centimes)}."
            for mois in estimer(dossier, autre, enfants, du)
        ),
    )


def _activite(dossier: Dossier, unite: str) -> str:
    catalogue = dossier.regles.catalogue
    return catalogue.activites[catalogue.unites[unite].activite].nom


def _dire_prix(ligne: PrixCompare, activite: str) -> PrixChange:
    qui = " et ".join(ligne.prenoms) if len(ligne.prenoms) < 3 else ", ".join(ligne.prenoms)
    # The second sentence of a price says its bracket or its rate.
    pourquoi = ligne.apres.explication[1] if ligne.apres and len(ligne.apres.explication) > 1 else ""
    return PrixChange(f"{ligne.nom} ({qui})", _dire(ligne.apres), _dire(ligne.avant), pourquoi, activite)


def _dire(prix: Prix | None) -> str:
    return "tarif pas encore connu" if prix is None else ecrire_centimes(prix.centimes)


def preparer_quotient(
    session: Session, demarche: Demarche, reglages: ReglagesCommune, maintenant: datetime
) -> Mapping[str, Any]:
    """For the agent's « Accepter » (`services/genres.PREPARATIONS`): dates proposed, what is odd, what it does to the
    prices of every child of the foyer."""
    assert demarche.foyer_id is not None
    declaration, contenu = declaration_de(demarche.contenu), demarche.contenu
    du, au = date.fromisoformat(contenu["du"]), date.fromisoformat(contenu["au"])
    dossier = charger_dossier(
        session,
        compte_id=0,
        personne_id=0,
        foyer_id=demarche.foyer_id,
        maintenant=maintenant,
        cache=session.info.setdefault("memoire", {}),
    )
    effets = mesurer_effets(session, dossier, declaration, du, au, dossier.enfants.values())
    passe = "Ces dates sont déjà passées\u00a0: prolongez la fin pour que ce quotient compte encore."
    return {
        "qf_remarques": (*effets.remarques, *((passe,) if au < jour_de(maintenant) else ())),
        "qf_valeur": ecrire_quotient(declaration.valeur_centimes),
        "qf_du": du.isoformat(),
        "qf_au": au.isoformat(),
        "qf_effets": effets,
    }


def _fin_du_mois_suivant(jour: date) -> date:
    annee, mois = (jour.year, jour.month + 1) if jour.month < 12 else (jour.year + 1, 1)
    return date(annee, mois, monthrange(annee, mois)[1])


def _centimes(prix: Prix | None) -> int | None:
    return None if prix is None else prix.centimes
