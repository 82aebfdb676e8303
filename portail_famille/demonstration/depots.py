"""How each kind of démarche of a chronicle is filed: by the service behind its form, judged at the instant it is told.

None is returned where the calendar of the day leaves nothing to ask: no day booked lately, a child enrolled already.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portail_famille.config import ReglagesCommune
from portail_famille.demonstration.batisseur import Habitants
from portail_famille.demonstration.recits import Recit
from portail_famille.demonstration.temps import Epoque
from portail_famille.domain.absences import MotifAbsence
from portail_famille.domain.brouillons import EtatAffiche
from portail_famille.domain.demarches import Cote
from portail_famille.domain.entourage import AjoutEnfant
from portail_famille.domain.fiches import Cible, regimes_de
from portail_famille.domain.genres import Concerne
from portail_famille.domain.horloge import PARIS
from portail_famille.domain.quotients import mois_acceptes
from portail_famille.domain.situations import SITUATIONS
from portail_famille.models.demarches import Demarche
from portail_famille.models.reservations import Reservation
from portail_famille.services.absences import deposer_absence
from portail_famille.services.accuses import accuser
from portail_famille.services.brouillons import cocher
from portail_famille.services.demarches import deposer
from portail_famille.services.dossiers import Dossier, charger_dossier, charger_reservations, jour_de
from portail_famille.services.enfants import demander_ajout
from portail_famille.services.fiches import lire_fiche, modifier
from portail_famille.services.gardes import DemandeDeGarde, demander_garde, lire_garde
from portail_famille.services.inscriptions import demander_inscription, offres
from portail_famille.services.inscriptions_scolaires import annees_ouvertes, demander_scolaire
from portail_famille.services.journal import Auteur
from portail_famille.services.quotients import ATTESTATION, AVIS, Declaration, declarer
from portail_famille.services.regles import Regles, charger_regles
from portail_famille.services.reservations import Demande, bilan_du_brouillon, valider_brouillon
from portail_famille.services.situations import adresse_actuelle

_JOURS_DEMANDES = 3
_HORIZON = 150


@dataclass(frozen=True, slots=True)
class Scene:
    """What filing a request needs to know."""

    session: Session
    reglages: ReglagesCommune
    habitants: Habitants
    epoque: Epoque
    pieces: dict[str, int]
    """Ids of the documents given so far, by key."""
    cache: dict[str, Regles]

    @property
    def regles(self) -> Regles:
        return charger_regles(self.session, self.cache)


@dataclass(frozen=True, slots=True)
class _Depot:
    scene: Scene
    recit: Recit
    maintenant: datetime

    @property
    def session(self) -> Session:
        return self.scene.session

    @property
    def contenu(self) -> dict[str, Any]:
        return dict(self.recit.contenu)

    @property
    def auteur(self) -> Auteur:
        return Auteur(Cote.FAMILLE, self.scene.habitants.comptes[self.recit.par])

    @property
    def foyer_id(self) -> int:
        return self.scene.habitants.foyers[self.recit.foyer]

    @property
    def enfant_id(self) -> int | None:
        return self.scene.habitants.enfants[self.recit.enfant] if self.recit.enfant else None

    @property
    def pieces(self) -> list[int]:
        return [self.scene.pieces[cle] for cle in self.recit.pieces]

    def dossier(self) -> Dossier:
        return charger_dossier(
            self.session,
            compte_id=self.scene.habitants.comptes[self.recit.par],
            personne_id=self.scene.habitants.personnes[self.recit.par],
            foyer_id=self.foyer_id,
            maintenant=self.maintenant,
            cache=self.scene.cache,
        )


def instant_du_recit(scene: Scene, recit: Recit) -> datetime:
    """An absence is told from its first day, which must have been booked; the rest from today."""
    if recit.genre == "absence" and (jours := _jours_absents(scene, recit)):
        jour = jours[0][1] + timedelta(days=recit.contenu["declaree_apres"])
    else:
        jour = scene.epoque.aujourdhui - timedelta(days=recit.il_y_a)
    return datetime.combine(jour, time(recit.heure, 7 + recit.il_y_a % 50), PARIS)


def deposer_recit(scene: Scene, recit: Recit, maintenant: datetime) -> Demarche | None:
    """Filed with its receipt, by the settings of the town."""
    demarche = _DEPOTS.get(recit.genre, _tel_quel)(_Depot(scene, recit, maintenant))
    if demarche is not None:
        accuser(demarche, scene.reglages)
        scene.session.flush()
    return demarche


def _tel_quel(depot: _Depot) -> Demarche:
    """Question, attestation, complaint, PAI, erasure, unknown family: what was typed."""
    genre = depot.scene.reglages.demarches[depot.recit.genre]
    habitants = depot.scene.habitants
    return deposer(
        depot.session,
        genre=genre.code,
        auteur=depot.auteur if depot.recit.par else Auteur(Cote.FAMILLE),
        maintenant=depot.maintenant,
        contenu=depot.contenu,
        foyer_id=depot.foyer_id if depot.recit.foyer else None,
        enfant_id=depot.enfant_id,
        personne_id=habitants.personnes[depot.recit.par]
        if genre.concerne is Concerne.ADULTE and depot.recit.par
        else None,
        pieces=depot.pieces,
    )


def _coordonnees(depot: _Depot) -> Demarche | None:
    lue = lire_fiche(depot.session, Cible.FOYER, depot.foyer_id)
    return modifier(
        depot.session,
        depot.auteur,
        Cible.FOYER,
        depot.foyer_id,
        depot.contenu,
        lue.empreinte,
        regimes_de(Cible.FOYER, {}),
        depot.maintenant,
        foyer_id=depot.foyer_id,
    ).demarche


def _situation(depot: _Depot) -> Demarche:
    contenu, habitants = depot.contenu, depot.scene.habitants
    contenu["date"] = (jour_de(depot.maintenant) - timedelta(days=contenu.pop("depuis"))).isoformat()
    est_deplace = SITUATIONS[contenu["changement"]].deplace
    return deposer(
        depot.session,
        genre="situation",
        auteur=depot.auteur,
        maintenant=depot.maintenant,
        contenu=contenu,
        avant=adresse_actuelle(depot.session, depot.foyer_id) if est_deplace else {},
        foyer_id=depot.foyer_id,
        personne_id=habitants.personnes[depot.recit.par],
        pieces=depot.pieces,
    )


def _quotient(depot: _Depot) -> Demarche:
    contenu = depot.contenu
    valeur, moyen = contenu.pop("valeur"), contenu.pop("moyen", ATTESTATION)
    mois = None if moyen == AVIS else next(iter(mois_acceptes(jour_de(depot.maintenant))))
    return declarer(
        depot.session,
        depot.foyer_id,
        Declaration(moyen, valeur, mois, contenu),
        depot.auteur,
        depot.maintenant,
        depot.scene.reglages.quotient,
        pieces=tuple(depot.pieces),
    )


def _inscription(depot: _Depot) -> Demarche | None:
    """`saison`: 0 the one that runs, 1 the coming one."""
    contenu, dossier = depot.contenu, depot.dossier()
    assert depot.enfant_id is not None
    siennes = [
        o for o in offres(depot.session, dossier, dossier.enfant(depot.enfant_id)) if o.activite == contenu["activite"]
    ]
    if len(siennes) <= contenu["saison"] or siennes[contenu["saison"]].empechement is not None:
        return None
    return demander_inscription(
        depot.session,
        dossier,
        depot.enfant_id,
        siennes[contenu["saison"]].code,
        list(contenu["choix"]),
        pieces=depot.pieces,
        auteur=depot.auteur,
    )


def _scolaire(depot: _Depot) -> Demarche:
    dossier = depot.dossier()
    assert depot.enfant_id is not None
    annee = annees_ouvertes(dossier.regles, jour_de(depot.maintenant))[0].annee
    saisie = {**depot.contenu, "annee": annee}
    return demander_scolaire(depot.session, dossier, depot.enfant_id, saisie, pieces=depot.pieces, auteur=depot.auteur)


def _reservation(depot: _Depot) -> Demarche | None:
    """The first days that can be booked, ticked and validated as on the screen: a receipt, and a request."""
    dossier = depot.dossier()
    assert depot.enfant_id is not None
    unite = dossier.regles.unite_ids[depot.contenu["unite"]]
    aujourdhui = jour_de(depot.maintenant)
    fin = aujourdhui + timedelta(days=_HORIZON)
    charger_reservations(depot.session, dossier, [(aujourdhui, fin)])
    enfant = dossier.enfant(depot.enfant_id)
    creneaux = [(unite, aujourdhui + timedelta(days=rang)) for rang in range(_HORIZON)]
    libres = [c for c in creneaux if dossier.juger(enfant, c, ajout=True, avec_places=False).refus is None]
    choisis = frozenset(libres[: depot.contenu.get("nombre", _JOURS_DEMANDES)])
    if not choisis:
        return None
    version = dossier.part(enfant.id).version
    cocher(depot.session, dossier, enfant.id, EtatAffiche(f"demo-{enfant.id}", version, 1, choisis, choisis, True))
    dossier = depot.dossier()
    bilan = bilan_du_brouillon(depot.session, dossier)
    version = dossier.brouillon.version
    demande = Demande(version, bilan.empreinte(version), confirme=True)
    valider_brouillon(depot.session, dossier, demande, lambda _session, _recu: None)
    return depot.session.scalars(
        select(Demarche).where(Demarche.genre == "reservation", Demarche.enfant_id == enfant.id).order_by(-Demarche.id)
    ).first()


def _absence(depot: _Depot) -> Demarche | None:
    """Days that nobody marked: the sheet of attendance had the child booked, and not come."""
    jours = _jours_absents(depot.scene, depot.recit)
    if not jours:
        return None
    depot.session.execute(
        update(Reservation)
        .where(Reservation.id.in_([ligne for ligne, _, _ in jours]))
        .values(etat="reservee")
        .execution_options(synchronize_session=False)
    )
    dossier = depot.dossier()
    assert depot.enfant_id is not None
    return deposer_absence(
        depot.session,
        dossier,
        dossier.enfant(depot.enfant_id),
        [(unite, jour) for _, jour, unite in jours],
        MotifAbsence(depot.contenu["motif"]),
        commentaire=depot.contenu["commentaire"],
        pieces=depot.pieces,
        auteur=depot.auteur,
    )


def _jours_absents(scene: Scene, recit: Recit) -> list[tuple[int, date, int]]:
    """The last days booked by this foyer before the story, oldest first: booking, day, unit."""
    lignes = scene.session.execute(
        select(Reservation.id, Reservation.jour, Reservation.unite_id)
        .where(
            Reservation.enfant_id == scene.habitants.enfants[recit.enfant],
            Reservation.foyer_id == scene.habitants.foyers[recit.foyer],
            Reservation.unite_id == scene.regles.unite_ids[recit.contenu["unite"]],
            Reservation.jour <= scene.epoque.aujourdhui - timedelta(days=recit.il_y_a),
        )
        .order_by(Reservation.jour.desc())
        .limit(recit.contenu["jours"])
    ).all()
    return [(ligne.id, ligne.jour, ligne.unite_id) for ligne in reversed(lignes)]


def _enfant(depot: _Depot) -> Demarche:
    contenu = depot.contenu
    naissance = jour_de(depot.maintenant) - timedelta(days=contenu.pop("age_jours"))
    ajout = AjoutEnfant(naissance=naissance, **contenu)
    return demander_ajout(
        depot.session,
        foyer_id=depot.foyer_id,
        ajout=ajout,
        est_en_mairie=not depot.pieces,
        pieces=depot.pieces,
        auteur=depot.auteur,
        maintenant=depot.maintenant,
    )[0]


def _garde(depot: _Depot) -> Demarche:
    """The other weeks than today's."""
    assert depot.enfant_id is not None
    garde = lire_garde(depot.session, depot.enfant_id, depot.foyer_id)
    voulue = DemandeDeGarde(garde.autre() if garde else None, depot.contenu["mot"])
    return demander_garde(depot.session, depot.enfant_id, depot.foyer_id, voulue, depot.auteur, depot.maintenant)


def _sante(depot: _Depot) -> Demarche:
    jusqua = jour_de(depot.maintenant) + timedelta(days=depot.contenu["pour_jours"])
    return deposer(
        depot.session,
        genre="sante",
        auteur=depot.auteur,
        maintenant=depot.maintenant,
        contenu={"pai": True, "pai_jusqua": jusqua.isoformat()},
        avant={"pai": depot.contenu["a_deja"]},
        foyer_id=depot.foyer_id,
        enfant_id=depot.enfant_id,
        pieces=depot.pieces,
    )


_DEPOTS: dict[str, Callable[[_Depot], Demarche | None]] = {
    "coordonnees": _coordonnees,
    "situation": _situation,
    "quotient": _quotient,
    "inscription": _inscription,
    "scolaire": _scolaire,
    "reservation": _reservation,
    "absence": _absence,
    "enfant": _enfant,
    "garde": _garde,
    "sante": _sante,
}
