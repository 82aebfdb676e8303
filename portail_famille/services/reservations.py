"""« Valider »: the only thing that books. All is judged afresh in one short writing transaction (domain.md §6)."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.models.activites import Jauge
from portail_famille.models.demarches import Demarche
from portail_famille.models.foyers import Enfant
from portail_famille.models.reservations import Brouillon as LigneBrouillon
from portail_famille.models.reservations import Recu, Reservation
from portail_famille.services.bilans import (
    Bilan,
    Changement,
    bornes,
    creneaux_du_brouillon,
    examiner,
    mois_du_brouillon,
)
from portail_famille.services.brouillons import vider
from portail_famille.services.compteurs import prochain_numero
from portail_famille.services.dossiers import (
    Dossier,
    charger_places,
    charger_reservations,
    jour_de,
)
from portail_famille.services.regles import figer_evenements
from portail_famille.services.validations import clore_les_vides, deposer_demandes, verrouiller_demandes

Annonce = Callable[[Session, Recu], None]
"""Puts the confirmation mail in the outbox; handed in by the view, which knows how to word a receipt."""
Accuse = Callable[[Demarche], None]
"""Gives a request its accusé de réception, with the town's settings."""


@dataclass(frozen=True, slots=True)
class Demande:
    """What the parent sends: which draft she saw, the digest of its summary, her confirmation. No slot, no price."""

    version: int
    empreinte: str
    confirme: bool


def bilan_du_brouillon(session: Session, dossier: Dossier) -> Bilan:
    """The whole draft judged now, with its months. Two queries."""
    mois = mois_du_brouillon(dossier)
    creneaux = creneaux_du_brouillon(dossier)
    if not creneaux:
        return Bilan((), ())
    charger_reservations(session, dossier, [bornes(m) for m in mois])
    charger_places(session, dossier, {unite for unite, _ in creneaux}, {jour for _, jour in creneaux})
    return examiner(dossier, mois)


def verrouiller_brouillon(session: Session, compte_id: int, foyer_id: int) -> None:
    """A second tap waits here for the first, then finds its receipt. SQLite already has a single writer. The rules read
    after this hold until the commit, as far as événements go."""
    figer_evenements(session)
    session.execute(
        select(LigneBrouillon.id)
        .where(LigneBrouillon.compte_id == compte_id, LigneBrouillon.foyer_id == foyer_id)
        .with_for_update()
    )


def valider_brouillon(
    session: Session,
    dossier: Dossier,
    demande: Demande,
    annoncer: Annonce,
    accuser: Accuse = lambda _demarche: None,
) -> Recu:
    """Books what the draft says, whole, and returns its receipt; the same draft validated twice gives the same one.

    The draft row is locked (`verrouiller_brouillon`) before `dossier` is loaded. Raises `RegleViolee`: nothing to
    validate, something changed since it was shown, or the other parent's days not confirmed (champ `confirmation`).
    """
    # A version not reached yet was shown to nobody, and may be too large a number for the database to compare.
    deja = _recu_de(session, dossier, demande.version) if 0 <= demande.version <= dossier.brouillon.version else None
    # The version alone names the draft of the foyer acting now: the digest says whether it is what the parent saw.
    if deja is not None and deja.contenu.get("empreinte") == demande.empreinte:
        return deja
    if dossier.brouillon.version != demande.version:
        raise RegleViolee("brouillon_change", "Vos choix ont changé depuis cette page\u00a0: vérifiez-les à nouveau.")
    _verrouiller_places(session, dossier)
    bilan = bilan_du_brouillon(session, dossier)
    if not bilan.changements:
        raise RegleViolee("rien_a_valider", "Tout est déjà fait, sur un autre écran ou par un autre adulte du foyer.")
    if not bilan.faisables:
        raise RegleViolee("rien_a_valider", "Il n’y a plus rien à valider dans vos choix.")
    if bilan.empreinte(demande.version) != demande.empreinte:
        raise RegleViolee(
            "bilan_change", "Un changement est intervenu entre-temps. Rien n’est encore réservé\u00a0: vérifiez."
        )
    if bilan.a_confirmer and not demande.confirme:
        raise RegleViolee(
            "a_confirmer", "Cochez cette case pour réserver des jours chez l’autre parent.", "confirmation"
        )
    recu = _emettre(session, dossier, bilan)
    demandes = _demander(session, dossier, [c for c in bilan.faisables if c.a_valider], recu, accuser)
    _ecrire_ajouts(session, dossier, [c for c in bilan.faisables if c.ajout], recu.id, demandes)
    _ecrire_retraits(session, dossier, [c for c in bilan.faisables if not c.ajout], recu.id)
    vider(session, dossier)
    annoncer(session, recu)
    return recu


def _recu_de(session: Session, dossier: Dossier, version: int) -> Recu | None:
    if dossier.brouillon_id is None:
        return None
    return session.scalar(
        select(Recu).where(Recu.brouillon_id == dossier.brouillon_id, Recu.brouillon_version == version)
    )


def _verrouiller_places(session: Session, dossier: Dossier) -> None:
    """Locks, always in the same order (children, then jauges, by id), whatever the count of places will read.

    Two parents of one child, or two families after one place, pass one after the other; SQLite already does it.
    """
    if session.get_bind().dialect.name != "postgresql":
        return
    verrouiller_demandes(session, dossier)
    enfants = sorted(e.id for e in dossier.visibles if not dossier.part(e.id).est_vide)
    session.execute(select(Enfant.id).where(Enfant.id.in_(enfants)).order_by(Enfant.id).with_for_update())
    regles = dossier.regles
    codes = {
        jauge
        for unite, _ in creneaux_du_brouillon(dossier)
        if unite in regles.unites
        for jauge in regles.catalogue.unites[regles.unites[unite]].jauges
    }
    if codes:
        session.execute(select(Jauge.id).where(Jauge.code.in_(sorted(codes))).order_by(Jauge.id).with_for_update())


def _emettre(session: Session, dossier: Dossier, bilan: Bilan) -> Recu:
    annee = jour_de(dossier.maintenant).year
    numero = prochain_numero(session, "recu", annee)
    recu = Recu(
        numero=f"{annee}-{numero:06d}",
        foyer_id=dossier.foyer_id,
        compte_id=dossier.compte_id,
        brouillon_id=dossier.brouillon_id,
        brouillon_version=dossier.brouillon.version,
        emis_utc=dossier.maintenant,
        contenu=contenu_du_recu(dossier, bilan),
    )
    session.add(recu)
    session.flush()
    return recu


def contenu_du_recu(dossier: Dossier, bilan: Bilan) -> dict[str, Any]:
    """The snapshot a receipt keeps for ever: names and amounts as they were, not references that may change."""
    unites = dossier.regles.catalogue.unites
    avant = Counter(
        (enfant, unite)
        for (enfant, unite, jour), lue in dossier.reservations.items()
        if lue.est_active and lue.foyer_id == dossier.foyer_id
    )
    touches = dict.fromkeys((c.enfant.id, c.creneau[0]) for c in bilan.faisables)
    ecart = Counter[tuple[int, int]]()
    for c in bilan.faisables:
        ecart[c.enfant.id, c.creneau[0]] += 1 if c.ajout else -1
    return {
        "empreinte": bilan.empreinte(dossier.brouillon.version),
        "enfants": {
            str(e.id): {"prenom": e.prenom, "rang": e.rang_foyer}
            for e in dossier.visibles
            if any(c.enfant.id == e.id for c in bilan.changements)
        },
        "changements": [
            {
                "enfant": c.enfant.id,
                "unite": unites[c.unite].nom,
                "activite": dossier.regles.catalogue.activites[unites[c.unite].activite].nom,
                "jour": c.jour.isoformat(),
                "ajout": c.ajout,
                "centimes": c.prix_centimes,
                "hors_delai": c.est_hors_delai,
                "refus": c.refus,
                "a_valider": c.a_valider,
            }
            for c in bilan.changements
        ],
        "jours": [
            {
                "enfant": enfant,
                "unite": unites[dossier.regles.unites[unite]].nom,
                "avant": avant[enfant, unite],
                "apres": avant[enfant, unite] + ecart[enfant, unite],
            }
            for enfant, unite in touches
        ],
        "mois": [{"mois": list(m.mois), "avant": m.avant_centimes, "apres": m.apres_centimes} for m in bilan.mois],
    }


def _demander(
    session: Session, dossier: Dossier, ajouts: list[Changement], recu: Recu, accuser: Accuse
) -> dict[tuple[int, str], Demarche]:
    """Files what an agent has to accept, and names it in the receipt, by child and activity."""
    if not ajouts:
        return {}
    demandes = deposer_demandes(session, dossier, ajouts, recu.numero)
    activites = dossier.regles.catalogue.activites
    for demarche in demandes.values():
        accuser(demarche)
    recu.contenu = {
        **recu.contenu,
        "demandes": [
            {"numero": d.numero, "enfant": enfant, "activite": activites[activite].nom, "accuse": d.accuse}
            for (enfant, activite), d in demandes.items()
        ],
    }
    return demandes


def _ecrire_ajouts(
    session: Session,
    dossier: Dossier,
    ajouts: list[Changement],
    recu_id: int,
    demandes: dict[tuple[int, str], Demarche],
) -> None:
    """New rows, and cancelled rows of the same slot taken up again: the slot is unique, both foyers included."""
    nouvelles, reprises = [], []
    for c in ajouts:
        inscription = dossier.inscription(c.enfant, c.unite, c.jour)
        assert inscription is not None  # judged feasible
        demarche = demandes[c.enfant.id, inscription.activite] if c.a_valider else None
        valeurs = {
            "structure_id": inscription.structure_id,
            "foyer_id": dossier.foyer_id,
            "etat": "demandee" if demarche else "reservee",
            "demarche_id": demarche.id if demarche else None,
            "est_hors_delai": c.est_hors_delai,
            "recu_id": recu_id,
            "modifiee_utc": dossier.maintenant,
        }
        annulee = dossier.reservations.get((c.enfant.id, *c.creneau))
        if annulee is None:
            nouvelles.append({"enfant_id": c.enfant.id, "unite_id": c.creneau[0], "jour": c.jour, **valeurs})
        else:
            reprises.append({"cle": annulee.id, **valeurs})
    table = Reservation.__table__
    if nouvelles:
        session.execute(insert(table), nouvelles)  # type: ignore[arg-type]
    if reprises:
        session.connection().execute(update(table).where(table.c.id == bindparam("cle")), reprises)  # type: ignore[arg-type]


def _ecrire_retraits(session: Session, dossier: Dossier, retraits: list[Changement], recu_id: int) -> None:
    lues = [dossier.reservations[c.enfant.id, c.creneau[0], c.jour] for c in retraits]
    ids = [lue.id for lue in lues]
    if ids:
        session.execute(
            update(Reservation)
            .where(Reservation.id.in_(ids))
            .values(etat="annulee", recu_id=recu_id, modifiee_utc=dossier.maintenant)
            .execution_options(synchronize_session=False)
        )
    demandees = [lue.id for lue in lues if lue.etat == "demandee"]
    if demandees:
        clore_les_vides(session, dossier, demandees)
