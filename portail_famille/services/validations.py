"""Bookings that wait for an agent's word: activities that say `validation = true`.

« Valider » writes them `demandee`, which holds their place, and files one request per child and activity in the same
transaction. Accepting books the days the agent kept; refusing or taking the request back frees them all.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portail_famille.config import ReglagesCommune
from portail_famille.domain.demarches import OUVERTS, Cote
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.models.demarches import Demarche
from portail_famille.models.reservations import Reservation
from portail_famille.services import demarches
from portail_famille.services.bilans import Changement
from portail_famille.services.dossiers import Dossier
from portail_famille.services.journal import Auteur
from portail_famille.services.regles import figer_evenements, regles_connues

GENRE = "reservation"
PLUS_DE_JOUR = (
    "Ces jours ont été annulés entre-temps, par la famille ou par la mairie\u00a0: il n’y a plus rien à valider. "
    "Refusez la demande en disant pourquoi."
)


def deposer_demandes(
    session: Session, dossier: Dossier, ajouts: Iterable[Changement], numero_recu: str
) -> dict[tuple[int, str], Demarche]:
    """One request per child and activity of these additions, all of them to be validated."""
    groupes: dict[tuple[int, str], list[Changement]] = defaultdict(list)
    for c in ajouts:
        groupes[c.enfant.id, dossier.regles.catalogue.unites[c.unite].activite].append(c)
    auteur = Auteur(Cote.FAMILLE, dossier.compte_id)
    return {
        (enfant_id, activite): demarches.deposer(
            session,
            genre=GENRE,
            auteur=auteur,
            maintenant=dossier.maintenant,
            contenu={"activite": activite, "recu": numero_recu, "jours": _jours(groupe)},
            foyer_id=dossier.foyer_id,
            enfant_id=enfant_id,
        )
        for (enfant_id, activite), groupe in groupes.items()
    }


def clore_les_vides(session: Session, dossier: Dossier, reservation_ids: list[int]) -> None:
    """After the family took back days that it had asked for: a request of which none is left is withdrawn."""
    ids = session.scalars(
        select(Reservation.demarche_id)
        .where(Reservation.id.in_(reservation_ids), Reservation.demarche_id.is_not(None))
        .distinct()
    ).all()
    restantes = set(
        session.scalars(
            select(Reservation.demarche_id).where(Reservation.demarche_id.in_(ids), Reservation.etat == "demandee")
        )
    )
    auteur = Auteur(Cote.FAMILLE, dossier.compte_id)
    for demarche in session.scalars(
        select(Demarche).where(Demarche.id.in_(set(ids) - restantes)).order_by(Demarche.id)
    ):
        if demarche.genre == GENRE and demarche.etat in OUVERTS:
            demarches.retirer(session, demarche, auteur, dossier.maintenant)


def verrouiller_demandes(session: Session, dossier: Dossier) -> None:
    """Requests of the children whose draft takes days back, locked before the children: an agent who decides holds the
    request first too, so that neither waits for the other for ever."""
    regles = dossier.regles
    enfants = [
        enfant.id
        for enfant in dossier.visibles
        if any(
            u in regles.unites and regles.est_a_valider(regles.unites[u]) for u, _ in dossier.part(enfant.id).retraits
        )
    ]
    if enfants:
        session.execute(
            select(Demarche.id)
            .where(
                Demarche.enfant_id.in_(enfants),
                Demarche.genre == GENRE,
                Demarche.etat.in_([etat.value for etat in OUVERTS]),
            )
            .order_by(Demarche.id)
            .with_for_update()
        )


def attendues(session: Session, demarche: Demarche) -> list[Reservation]:
    """Days of a request that still wait, in order. One query."""
    return list(
        session.scalars(
            select(Reservation)
            .where(Reservation.demarche_id == demarche.id, Reservation.etat == "demandee")
            .order_by(Reservation.jour, Reservation.unite_id)
        )
    )


def preparer_validation(
    session: Session, demarche: Demarche, _reglages: ReglagesCommune, _maintenant: datetime
) -> Mapping[str, Any]:
    """For the agent: each day that waits, with its unit, to keep or to refuse."""
    regles = regles_connues(session)
    unites = regles.catalogue.unites
    return {
        "validation_jours": [
            (r.id, r.jour, unites[regles.unites[r.unite_id]].nom)
            for r in attendues(session, demarche)
            if r.unite_id in regles.unites
        ],
        "validation_vide": PLUS_DE_JOUR,
    }


def lire_decision_validation(
    session: Session, demarche: Demarche, champs: Mapping[str, str], _reglages: ReglagesCommune, _maintenant: datetime
) -> dict[str, Any]:
    """The days kept: fields `jour-<id>`, with `jours` which says that the boxes were on the page; without it (many
    accepted at once), all of them. Raises `RegleViolee` when none is kept: that is a refusal, with its reason."""
    lignes = attendues(session, demarche)
    if "jours" not in champs:
        return {"refusees": []}
    refusees = [ligne.id for ligne in lignes if f"jour-{ligne.id}" not in champs]
    if lignes and len(refusees) == len(lignes):
        raise RegleViolee("aucun_jour", "Gardez au moins un jour, ou refusez la demande en disant pourquoi.", "jours")
    return {"refusees": refusees}


def appliquer_validation(session: Session, demarche: Demarche, _auteur: Auteur, maintenant: datetime) -> None:
    """Books what still waits but the days refused, whose place is free again. What the family took back meanwhile stays
    so. Raises `RegleViolee` when nothing is left."""
    figer_evenements(session)
    refusees = set((demarche.contenu.get("decision") or {}).get("refusees", ()))
    lignes = attendues(session, demarche)
    gardees = [ligne for ligne in lignes if ligne.id not in refusees]
    if not gardees:
        raise RegleViolee("plus_de_jour", PLUS_DE_JOUR)
    _passer(session, [ligne.id for ligne in gardees], "reservee", maintenant)
    _passer(session, [ligne.id for ligne in lignes if ligne.id in refusees], "annulee", maintenant)
    unites = regles_connues(session).unites
    demarche.contenu = {
        **demarche.contenu,
        "decision": {
            "acceptes": _par_unite((unites.get(r.unite_id, ""), r.jour) for r in gardees),
            "refuses": _par_unite((unites.get(r.unite_id, ""), r.jour) for r in lignes if r.id in refusees),
        },
    }
    session.flush()


def liberer(session: Session, demarche: Demarche, _auteur: Auteur, maintenant: datetime) -> None:
    """Refused by the town, or taken back by the family: the days that wait are cancelled."""
    figer_evenements(session)
    _passer(session, [ligne.id for ligne in attendues(session, demarche)], "annulee", maintenant)


def _passer(session: Session, ids: list[int], etat: str, maintenant: datetime) -> None:
    if ids:
        session.execute(
            update(Reservation)
            .where(Reservation.id.in_(ids))
            .values(etat=etat, modifiee_utc=maintenant)
            .execution_options(synchronize_session=False)
        )


def _jours(ajouts: Iterable[Changement]) -> dict[str, list[str]]:
    return _par_unite((c.unite, c.jour) for c in ajouts)


def _par_unite(creneaux: Iterable[tuple[str, date]]) -> dict[str, list[str]]:
    """ISO days by unit code."""
    jours: dict[str, list[str]] = defaultdict(list)
    for unite, jour in creneaux:
        jours[unite].append(jour.isoformat())
    return {unite: sorted(lus) for unite, lus in jours.items()}
