"""Enrolments that a family asks for: what each child may ask, the places left, the waiting list, what accepting writes.

Each foyer of a child enrols for itself, and pays the days it books; a child takes one place, whatever its foyers.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portail_famille.config import ReglagesCommune
from portail_famille.domain.demarches import OUVERTS, EtatDemarche
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.genres import Decision, Genre
from portail_famille.domain.inscriptions import (
    CampagneInscription,
    Candidat,
    Empechement,
    Sejour,
    juger_inscription,
    periode_libre,
    places_restantes,
)
from portail_famille.domain.libelles import ecrire_date
from portail_famille.models.activites import Activite, Inscription
from portail_famille.models.demarches import Demarche, DemarchePiece
from portail_famille.models.documents import Piece
from portail_famille.models.foyers import Enfant, Rattachement
from portail_famille.services.demarches import deposer
from portail_famille.services.dossiers import Dossier, EnfantLu, jour_de
from portail_famille.services.journal import Auteur, consigner
from portail_famille.services.regles import Regles, regles_connues

GENRE = "inscription"
_OUVERTS = [etat.value for etat in OUVERTS]


@dataclass(frozen=True, slots=True)
class Offre:
    """A season of an activity, for one child: may be asked, or why not."""

    activite: str
    campagne: CampagneInscription
    empechement: Empechement | None

    @property
    def code(self) -> str:
        """In forms and requests: « cantine:2026-09-01 »."""
        return f"{self.activite}:{self.campagne.du.isoformat()}"


@dataclass(frozen=True, slots=True)
class Lieu:
    """A structure that a family ranked."""

    code: str
    nom: str
    restantes: int | None
    """Places left over the period; None: no limit."""
    devant: int
    """Requests filed before this one that wait for a place there too."""


@dataclass(frozen=True, slots=True)
class Suite:
    """What follows a request, said to the family: a sentence, and where it leads."""

    phrase: str
    libelle: str = ""
    chemin: str = ""
    """From the portal's home: « /enfants/12/agenda?mois=2026-09&rythme=1#rythme »."""


def offres(session: Session, dossier: Dossier, enfant: EnfantLu) -> list[Offre]:
    """Every season not over yet of the activities that take requests, in the town's order. One query."""
    jour = jour_de(dossier.maintenant)
    demandees = {
        _code(contenu)
        for contenu in session.scalars(
            select(Demarche.contenu).where(
                Demarche.genre == GENRE,
                Demarche.etat.in_(_OUVERTS),
                Demarche.enfant_id == enfant.id,
                Demarche.foyer_id == dossier.foyer_id,
            )
        )
    }
    ecole = dossier.regles.structures.get(enfant.structure_id or 0)
    trouvees = []
    for activite in dossier.regles.catalogue.activites.values():
        periodes = tuple((i.du, i.au) for i in enfant.inscriptions if i.activite == activite.code)
        for campagne in activite.campagnes:
            if campagne.au < jour:
                continue
            offre = Offre(activite.code, campagne, None)
            candidat = Candidat(
                enfant.naissance, enfant.classe, ecole, dossier.est_resident, periodes, offre.code in demandees
            )
            trouvees.append(Offre(activite.code, campagne, juger_inscription(campagne, candidat, jour)))
    return trouvees


def demander_inscription(
    session: Session,
    dossier: Dossier,
    enfant_id: int,
    offre: str,
    choix: list[str],
    *,
    pieces: list[int],
    auteur: Auteur,
    cle_envoi: str | None = None,
) -> Demarche:
    """Files the request, judged afresh: two parents of one foyer who send together make one. `choix`: structures, the
    wished one first. Raises `RegleViolee`, and `Introuvable` for a child that is not hers."""
    session.execute(select(Enfant.id).where(Enfant.id == enfant_id).with_for_update())
    enfant = dossier.enfant(enfant_id)
    trouvee = next((o for o in offres(session, dossier, enfant) if o.code == offre), None)
    if trouvee is None:
        raise RegleViolee("offre_inconnue", "Cette activité ne prend plus d’inscription\u00a0: choisissez à nouveau.")
    if trouvee.empechement is not None:
        raise RegleViolee(trouvee.empechement.code.value, trouvee.empechement.phrase)
    lieux = dossier.regles.catalogue.activites[trouvee.activite].structures
    if not choix or len(set(choix)) != len(choix) or not set(choix) <= set(lieux):
        raise RegleViolee("lieu_inconnu", "Choisissez le lieu à nouveau\u00a0: la liste a changé.")
    return deposer(
        session,
        genre=GENRE,
        auteur=auteur,
        maintenant=dossier.maintenant,
        contenu={
            "activite": trouvee.activite,
            "du": trouvee.campagne.du.isoformat(),
            "au": trouvee.campagne.au.isoformat(),
            "choix": choix[: trouvee.campagne.choix],
        },
        foyer_id=dossier.foyer_id,
        enfant_id=enfant_id,
        structure_id=dossier.regles.structure_ids[choix[0]],
        pieces=pieces,
        cle_envoi=cle_envoi,
    )


def lire_lieux(session: Session, regles: Regles, demarche: Demarche, jour: date) -> list[Lieu]:
    """The ranked structures with their places over the days that accepting now would give. Two queries where places
    are limited, none elsewhere."""
    campagne, contenu = campagne_de(regles, demarche), demarche.contenu
    choix = [code for code in contenu["choix"] if code in regles.structure_ids]
    noms = {code: structure.nom for code, structure in regles.catalogue.structures.items()}
    if campagne is None or not campagne.places or demarche.enfant_id is None:
        return [Lieu(code, noms[code], None, 0) for code in choix]
    sejours = _sejours(session, regles, contenu["activite"], campagne)
    devant = _devant(session, demarche)
    du = max(campagne.du, jour)
    return [
        Lieu(
            code,
            noms[code],
            places_restantes(campagne, code, sejours[code], demarche.enfant_id, du, campagne.au),
            devant[code],
        )
        for code in choix
    ]


def campagne_de(regles: Regles, demarche: Demarche) -> CampagneInscription | None:
    """None when the town withdrew it since."""
    activite = regles.catalogue.activites.get(str(demarche.contenu["activite"]))
    du = date.fromisoformat(demarche.contenu["du"])
    return next((campagne for campagne in activite.campagnes if campagne.du == du), None) if activite else None


def est_acceptable_d_office(session: Session, demarche: Demarche, genre: Genre, maintenant: datetime) -> bool:
    """Where the rules decide: what the town asks for is joined, and a place is left that nobody waits for."""
    regles = regles_connues(session)
    campagne = campagne_de(regles, demarche)
    if campagne is None or not (campagne.est_automatique or genre.decision is Decision.AUTOMATIQUE):
        return False
    jointes = set(
        session.scalars(
            select(Piece.genre)
            .join(DemarchePiece, DemarchePiece.piece_id == Piece.id)
            .where(DemarchePiece.demarche_id == demarche.id, Piece.retiree_utc.is_(None))
        )
    )
    if not {*genre.pieces, *campagne.pieces} <= jointes:
        return False
    lieux = lire_lieux(session, regles, demarche, jour_de(maintenant))
    return bool(lieux) and _a_une_place(lieux[0])


def _a_une_place(lieu: Lieu) -> bool:
    return lieu.restantes is None or lieu.restantes > lieu.devant


def preparer_inscription(
    session: Session, demarche: Demarche, _reglages: ReglagesCommune, maintenant: datetime
) -> Mapping[str, Any]:
    """For the agent: the structures in the family's order, their places, the first one that has any."""
    regles = regles_connues(session)
    jour = jour_de(maintenant)
    lieux = lire_lieux(session, regles, demarche, jour)
    premier = next((lieu.code for lieu in lieux if lieu.restantes != 0), "")
    du = max(date.fromisoformat(demarche.contenu["du"]), jour)
    return {
        "inscription_lieux": lieux,
        "inscription_premier": premier,
        "inscription_du": du.isoformat(),
        "inscription_au": demarche.contenu["au"],
    }


def lire_decision_inscription(
    session: Session, demarche: Demarche, champs: Mapping[str, str], reglages: ReglagesCommune, maintenant: datetime
) -> dict[str, Any]:
    """Which structure, from when. Left out (many accepted at once): as proposed. Raises `RegleViolee`."""
    proposee = preparer_inscription(session, demarche, reglages, maintenant)
    structure, du = champs.get("structure") or proposee["inscription_premier"], champs.get("du")
    du = du or proposee["inscription_du"]
    if structure not in [lieu.code for lieu in proposee["inscription_lieux"]]:
        raise RegleViolee("plus_de_place", "Il n’y a plus de place dans les lieux demandés.", "structure")
    try:
        est_de_la_saison = demarche.contenu["du"] <= date.fromisoformat(du).isoformat() <= demarche.contenu["au"]
    except ValueError:
        est_de_la_saison = False
    if not est_de_la_saison:
        raise RegleViolee("hors_saison", "Choisissez un jour de la saison.", "du")
    return {"structure": structure, "du": du}


def appliquer_inscription(session: Session, demarche: Demarche, auteur: Auteur, maintenant: datetime) -> None:
    """Enrols the child for the foyer that asked: in the structure chosen by the agent, else the first of its wishes
    that has a place; until the end of the season, or the eve of an enrolment that this foyer has already.

    The child, then the activity, are locked: two families after the last place pass one after the other (SQLite has one
    writer). Raises `RegleViolee`.
    """
    contenu, regles = demarche.contenu, regles_connues(session)
    campagne, activite_id = campagne_de(regles, demarche), regles.activite_ids.get(contenu["activite"])
    if campagne is None or activite_id is None:
        raise RegleViolee("offre_inconnue", "Cette activité ne prend plus d’inscription pour cette saison.")
    assert demarche.foyer_id is not None
    assert demarche.enfant_id is not None
    session.execute(select(Enfant.id).where(Enfant.id == demarche.enfant_id).with_for_update())
    session.execute(select(Activite.id).where(Activite.id == activite_id).with_for_update())
    if session.get(Rattachement, (demarche.foyer_id, demarche.enfant_id)) is None:
        raise RegleViolee("enfant_detache", "Cet enfant n’est plus dans ce foyer.")
    decision = contenu.get("decision") or {}
    depuis = max(jour_de(maintenant), campagne.du)
    if decision.get("du"):
        depuis = date.fromisoformat(decision["du"])
    periode = periode_libre(campagne, depuis, _siennes(session, demarche, activite_id))
    if periode is None:
        raise RegleViolee("deja_inscrit", "Cet enfant est déjà inscrit à cette activité par ce foyer.")
    voulues = [decision["structure"]] if decision.get("structure") else list(contenu["choix"])
    structure = _premiere_libre(session, regles, demarche, campagne, voulues, periode)
    session.add(
        Inscription(
            enfant_id=demarche.enfant_id,
            activite_id=activite_id,
            structure_id=regles.structure_ids[structure],
            foyer_id=demarche.foyer_id,
            du=periode[0],
            au=periode[1],
            demarche_id=demarche.id,
        )
    )
    obtenue = {"structure": structure, "du": periode[0].isoformat(), "au": periode[1].isoformat()}
    demarche.contenu = {**contenu, "decision": {**decision, **obtenue}}
    consigner(
        session,
        auteur,
        "inscription_ecrite",
        maintenant,
        foyer_id=demarche.foyer_id,
        enfant_id=demarche.enfant_id,
        details={"numero": demarche.numero, "activite": contenu["activite"], **obtenue},
    )
    session.flush()


def suivre_inscription(
    session: Session, demarche: Demarche, maintenant: datetime, connues: Regles | None = None
) -> Suite | None:
    """Said to the family: its rank while no place is left, the way to the agenda's rhythm once it is accepted.
    `connues`: the rules, where the caller has them."""
    regles = connues or regles_connues(session)
    contenu, etat = demarche.contenu, EtatDemarche(demarche.etat)
    if etat in OUVERTS:
        lieux = lire_lieux(session, regles, demarche, jour_de(maintenant))
        if not lieux or any(_a_une_place(lieu) for lieu in lieux):
            return None
        rangs = [f"{_rang(lieu.devant + 1)} à «\u00a0{lieu.nom}\u00a0»" for lieu in lieux]
        return Suite(f"Il n’y a plus de place. Sur la liste d’attente, vous êtes {', '.join(rangs)}.")
    obtenue = contenu.get("decision") or {}
    structure = regles.catalogue.structures.get(str(obtenue.get("structure")))
    if etat is not EtatDemarche.ACCEPTEE or structure is None:
        return None
    du, au = date.fromisoformat(obtenue["du"]), date.fromisoformat(obtenue["au"])
    phrase = f"Inscription à «\u00a0{structure.nom}\u00a0», du {ecrire_date(du)} au {ecrire_date(au)}."
    premier = max(du, jour_de(maintenant))
    if structure.est_en_lecture or premier > au:
        return Suite(phrase)
    chemin = f"/enfants/{demarche.enfant_id}/agenda?mois={premier:%Y-%m}&rythme=1#rythme"
    return Suite(f"{phrase} Vous pouvez réserver dès maintenant.", "Choisir les jours", chemin)


def _rang(rang: int) -> str:
    return "en premier" if rang == 1 else f"{rang}e"


def _code(contenu: Mapping[str, Any]) -> str:
    return f"{contenu['activite']}:{contenu['du']}"


def _siennes(session: Session, demarche: Demarche, activite_id: int) -> list[tuple[date, date]]:
    """Days that this foyer already has for the child in the activity."""
    lignes = session.execute(
        select(Inscription.du, Inscription.au).where(
            Inscription.enfant_id == demarche.enfant_id,
            Inscription.foyer_id == demarche.foyer_id,
            Inscription.activite_id == activite_id,
        )
    )
    return [(du, au) for du, au in lignes]


def _sejours(session: Session, regles: Regles, activite: str, campagne: CampagneInscription) -> dict[str, list[Sejour]]:
    """Stays of the season by structure. One query."""
    par_lieu: dict[str, list[Sejour]] = defaultdict(list)
    for structure_id, enfant_id, du, au in session.execute(
        select(Inscription.structure_id, Inscription.enfant_id, Inscription.du, Inscription.au).where(
            Inscription.activite_id == regles.activite_ids[activite], Inscription.au >= campagne.du
        )
    ):
        if structure_id in regles.structures:
            par_lieu[regles.structures[structure_id]].append((enfant_id, du, au))
    return par_lieu


def _devant(session: Session, demarche: Demarche) -> dict[str, int]:
    """By structure, children whose request for the same season was filed before and still waits. One query."""
    enfants: dict[str, set[int | None]] = defaultdict(set)
    for enfant_id, contenu in session.execute(
        select(Demarche.enfant_id, Demarche.contenu).where(
            Demarche.genre == GENRE,
            Demarche.etat.in_(_OUVERTS),
            Demarche.id < demarche.id,
            Demarche.enfant_id != demarche.enfant_id,
            Demarche.contenu["activite"].as_string() == demarche.contenu["activite"],
        )
    ):
        if _code(contenu) == _code(demarche.contenu):
            for code in contenu["choix"]:
                enfants[code].add(enfant_id)
    return defaultdict(int, {code: len(ids) for code, ids in enfants.items()})


def _premiere_libre(
    session: Session,
    regles: Regles,
    demarche: Demarche,
    campagne: CampagneInscription,
    voulues: list[str],
    periode: tuple[date, date],
) -> str:
    assert demarche.enfant_id is not None
    sejours = _sejours(session, regles, demarche.contenu["activite"], campagne) if campagne.places else {}
    for structure in voulues:
        if structure not in regles.structure_ids:
            continue
        restantes = places_restantes(campagne, structure, sejours.get(structure, ()), demarche.enfant_id, *periode)
        if restantes is None or restantes > 0:
            return structure
    raise RegleViolee("plus_de_place", "Il n’y a plus de place dans les lieux demandés.", "structure")
