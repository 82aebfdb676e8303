"""Ticking, rhythms, quick ticks, dropping the draft: the use cases that write the brouillon and nothing else."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from sqlalchemy import update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portail_famille.domain.brouillons import (
    Brouillon,
    Creneau,
    Envoi,
    EtatAffiche,
    Part,
    ajouter,
    en_document,
    poser,
    recevoir,
    retirer,
)
from portail_famille.domain.creneaux import Refus
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.rythmes import Rythme
from portail_famille.models.reservations import Brouillon as LigneBrouillon
from portail_famille.services.dossiers import Dossier, EnfantLu, jour_de


class BrouillonDepasse(Exception):
    """Another request wrote the draft between our reading and our writing: start again from a fresh reading."""


@dataclass(frozen=True, slots=True)
class Coche:
    """What became of a posted month. `refuses`: changes asked on slots that cannot be changed any more."""

    envoi: Envoi
    refuses: tuple[tuple[Creneau, Refus], ...] = ()
    ici: Part | None = None
    """On a conflict: what this screen wanted."""
    est_sans_effet: bool = False
    """Nothing else was asked than what is refused."""


def cocher(session: Session, dossier: Dossier, enfant_id: int, etat: EtatAffiche) -> Coche:
    """Writes the state a screen posts into the draft; bookings of its days are loaded.

    A slot that closed since the screen was shown keeps its state and is told; a slot that was never the child's to book
    refuses the whole post. Raises `RegleViolee` (forged slot), `Introuvable`, `BrouillonDepasse`.
    """
    enfant = dossier.enfant(enfant_id)
    part, reserves = dossier.part(enfant_id), dossier.reserves(enfant_id)
    if not etat.coches <= etat.vus:
        raise RegleViolee("case_inconnue", "Une case cochée ne fait pas partie de cette page. Rechargez la page.")
    refuses = _refuses(dossier, enfant, part, etat)
    if any(refus in (Refus.NON_INSCRIT, Refus.LECTURE) for _, refus in refuses):
        raise RegleViolee("case_interdite", "Une de ces cases n’est pas ouverte à la réservation pour cet enfant.")
    fermes = {creneau for creneau, _ in refuses}
    permis = replace(etat, vus=etat.vus - fermes, coches=etat.coches - fermes)
    envoi, voulu = recevoir(part, permis, reserves)
    if envoi is Envoi.CONFLIT:
        return Coche(envoi, ici=poser(part, permis.vus, permis.coches, reserves))
    if voulu != part:
        _ecrire(session, dossier, dossier.brouillon.avec(enfant_id, voulu))
    sans_effet = (voulu.ajouts, voulu.retraits) == (part.ajouts, part.retraits)
    return Coche(envoi, tuple(refuses), est_sans_effet=sans_effet)


def _refuses(dossier: Dossier, enfant: EnfantLu, part: Part, etat: EtatAffiche) -> list[tuple[Creneau, Refus]]:
    """Slots whose box would change and may not. Unticking what the draft holds is always possible."""
    refuses = []
    for creneau in sorted(etat.vus):
        reserve = dossier.est_reserve(enfant.id, creneau)
        veut = creneau in etat.coches
        if veut == part.est_coche(creneau, reserve):
            continue
        if veut == reserve:
            continue  # back to what is booked
        verdict = dossier.juger(enfant, creneau, ajout=veut)
        if verdict.refus is not None:
            refuses.append((creneau, verdict.refus))
    return refuses


@dataclass(frozen=True, slots=True)
class BilanRythme:
    """What a rhythm did (or would do): slots changed, slots already so, slots left out and why."""

    rythme: Rythme
    changes: tuple[Creneau, ...]
    deja: int
    laisses: tuple[tuple[Creneau, str], ...] = field(default=())
    """Reason codes: those of `Refus`, of closed days (ferie, vacances, …), or `autre_parent`."""


# Days a rhythm of the week falls on that were never open to it (a Wednesday for the cantine) go without saying.
_SANS_DIRE = frozenset({"hors_jours", "periode_scolaire", "hors_structure"})


def deployer_rythme(dossier: Dossier, enfant_id: int, rythme: Rythme) -> BilanRythme:
    """Applies the grammar of domain.md §3 to the child: closed days, passed deadlines, full days and the other parent's
    weeks are left out and counted. Bookings of its dates are loaded; places too, to know full days."""
    enfant, part = dossier.enfant(enfant_id), dossier.part(enfant_id)
    changes, laisses, deja = [], [], 0
    aujourdhui = jour_de(dossier.maintenant)
    for unite in rythme.unites:
        unite_id = dossier.regles.unite_ids[unite]
        semaine = dossier.regles.jours_de_semaine(unite)
        for jour in rythme.dates():
            if jour.weekday() not in semaine and not dossier.est_reserve(enfant_id, (unite_id, jour)):
                continue  # a Wednesday for the cantine goes without saying, in holidays too
            creneau = (unite_id, jour)
            reserve = dossier.est_reserve(enfant_id, creneau)
            if part.est_coche(creneau, reserve) == rythme.ajouter:
                deja += rythme.ajouter or reserve
                continue
            raison = "" if reserve == rythme.ajouter else _raison(dossier, enfant, creneau, ajout=rythme.ajouter)
            if not raison:
                changes.append(creneau)
            elif raison not in _SANS_DIRE and jour >= aujourdhui:
                laisses.append((creneau, raison))
    return BilanRythme(rythme, tuple(sorted(changes, key=lambda c: (c[1], c[0]))), deja, tuple(laisses))


def appliquer_rythme(session: Session, dossier: Dossier, enfant_id: int, bilan: BilanRythme) -> None:
    """Writes a rhythm into the draft; adds without erasing. Raises `BrouillonDepasse`."""
    if bilan.changes:
        _changer(session, dossier, enfant_id, bilan.changes, ajout=bilan.rythme.ajouter)


def _raison(dossier: Dossier, enfant: EnfantLu, creneau: Creneau, *, ajout: bool) -> str:
    """Why a rhythm leaves this slot out, "" when it takes it."""
    verdict = dossier.juger(enfant, creneau, ajout=ajout)
    if verdict.refus is Refus.FERME:
        unite = dossier.regles.unites[creneau[0]]
        inscription = dossier.inscription(enfant, unite, creneau[1])
        assert inscription is not None  # a child without enrolment is refused before its day is found closed
        return dossier.regles.ouverture(unite, inscription.structure, creneau[1]).code or "ferme"
    if verdict.refus is not None:
        return "" if verdict.refus is Refus.PAS_RESERVE else verdict.refus.value
    if ajout and verdict.est_hors_delai:
        return Refus.DELAI.value  # a late supplement is a choice made day by day, never by a rhythm
    if ajout and not dossier.est_chez_nous(enfant, creneau[1]):
        return "autre_parent"
    return ""


def cocher_vite(
    session: Session, dossier: Dossier, enfant_id: int, unite_id: int, jours: Iterable[date]
) -> tuple[bool, int]:
    """« Toute la semaine », « tout le mois » of one unit: ticks every open day, or unticks them when all are ticked.

    Returns (added?, how many boxes moved).
    """
    enfant, part = dossier.enfant(enfant_id), dossier.part(enfant_id)
    possibles, cochees = [], []
    for jour in jours:
        creneau = (unite_id, jour)
        reserve = dossier.est_reserve(enfant_id, creneau)
        coche = part.est_coche(creneau, reserve)
        if coche and (not reserve or dossier.juger(enfant, creneau, ajout=False).refus is None):
            cochees.append(creneau)
        elif not coche and (reserve or not _raison(dossier, enfant, creneau, ajout=True)):
            possibles.append(creneau)
    ajout = bool(possibles)
    changes = possibles if ajout else cochees
    if changes:
        # Still the screen's own post: sent again because its answer was lost, it starts again from the boxes it shows.
        _changer(session, dossier, enfant_id, changes, ajout=ajout, page=part.page, seq=part.seq)
    return ajout, len(changes)


def _changer(
    session: Session,
    dossier: Dossier,
    enfant_id: int,
    creneaux: Iterable[Creneau],
    *,
    ajout: bool,
    page: str = "",
    seq: int = 0,
) -> None:
    """Without `page`, a post still under way from the screen must match the new version or be told."""
    part, reserves = dossier.part(enfant_id), dossier.reserves(enfant_id)
    voulu = (ajouter if ajout else retirer)(part, creneaux, reserves)
    voulu = replace(voulu, version=part.version + 1, page=page, seq=seq)
    _ecrire(session, dossier, dossier.brouillon.avec(enfant_id, voulu))


def effacer(session: Session, dossier: Dossier, version: int) -> None:
    """« Effacer cette demande ». Raises `RegleViolee` when the draft moved since it was shown."""
    if version != dossier.brouillon.version:
        raise RegleViolee("brouillon_change", "Vos choix ont changé entre-temps\u00a0: les voici. Rien n’a été effacé.")
    vider(session, dossier)


def vider(session: Session, dossier: Dossier) -> None:
    """Nothing ticked any more, one version later. Raises `BrouillonDepasse`."""
    _ecrire(session, dossier, dossier.brouillon.vide())


def _ecrire(session: Session, dossier: Dossier, brouillon: Brouillon) -> None:
    """One row per compte × foyer, written only over the version that was read."""
    valeurs = {"version": brouillon.version, "contenu": en_document(brouillon), "modifie_utc": dossier.maintenant}
    if dossier.brouillon_id is None:
        insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
        ecrit = session.scalar(
            insert(LigneBrouillon)
            .values(compte_id=dossier.compte_id, foyer_id=dossier.foyer_id, **valeurs)
            .on_conflict_do_nothing(index_elements=["compte_id", "foyer_id"])
            .returning(LigneBrouillon.id)
        )
    else:
        ecrit = session.scalar(
            update(LigneBrouillon)
            .where(LigneBrouillon.id == dossier.brouillon_id, LigneBrouillon.version == dossier.brouillon.version)
            .values(**valeurs)
            .returning(LigneBrouillon.id)
        )
    if ecrit is None:
        raise BrouillonDepasse
    dossier.brouillon_id, dossier.brouillon = ecrit, brouillon


CONSERVATION = timedelta(days=30)


def purger_brouillons(session: Session, maintenant: datetime) -> int:
    """Empties drafts untouched for 30 days (domain.md §1); the row stays, receipts refer to it. Returns how many."""
    perimes = session.execute(
        update(LigneBrouillon)
        .where(LigneBrouillon.modifie_utc < maintenant - CONSERVATION, LigneBrouillon.contenu != {})
        .values(contenu={}, version=LigneBrouillon.version + 1)
        .returning(LigneBrouillon.id)
    )
    return len(perimes.all())
