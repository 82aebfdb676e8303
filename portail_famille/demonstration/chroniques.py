"""Tells a town's chronicle in the order of its instants, through the services that both sides' screens use.

No mail is written: what happened weeks ago would be sent all at once by the worker, the minute the town is served.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from functools import partial

from sqlalchemy.orm import Session

from portail_famille.config import ReglagesCommune
from portail_famille.demonstration.batisseur import Habitants
from portail_famille.demonstration.depots import Scene, deposer_recit, instant_du_recit
from portail_famille.demonstration.papiers import dessiner
from portail_famille.demonstration.recits import Chronique, EvenementConte, ModeleConte, Papier, Recit, Suite
from portail_famille.demonstration.temps import Acte, Epoque, jour_de_bureau
from portail_famille.domain.demarches import Cote
from portail_famille.domain.evenements import Portee
from portail_famille.domain.horloge import PARIS
from portail_famille.models.demarches import Demarche
from portail_famille.services import demarches
from portail_famille.services.documents import Entrepose, coffre_de_la_commune, entreposer, ranger_piece, regles_de
from portail_famille.services.evenements import SaisieEvenement, apercevoir, declarer_evenement
from portail_famille.services.genres import APPLICATIONS, AUTOMATISMES, RETRAITS
from portail_famille.services.journal import SYSTEME, Auteur
from portail_famille.services.modeles import Modele, enregistrer_modele

_UNE_SEMAINE = timedelta(days=7)
_HORIZON = 100


def entreposer_papiers(chronique: Chronique, reglages: ReglagesCommune) -> dict[str, Entrepose]:
    """The documents in the coffre, by key, before the database is held. One of a kind that these settings do not have
    (those of the bench, of a test) is left out."""
    coffre = coffre_de_la_commune(reglages)
    return {
        papier.cle: entreposer(
            coffre, dessiner(papier.titre, papier.lignes, est_pdf=papier.est_pdf, est_coupe=papier.est_coupe)
        )
        for papier in chronique.papiers
        if papier.genre in reglages.pieces
    }


def raconter(
    session: Session,
    chronique: Chronique,
    entreposes: Mapping[str, Entrepose],
    reglages: ReglagesCommune,
    habitants: Habitants,
    epoque: Epoque,
    maintenant: datetime,
    autres: Iterable[Acte] = (),
) -> None:
    """Writes documents, requests, answers and événement in a town whose people and bookings are there. `autres`: what
    else happened meanwhile (its invoices)."""
    papiers = {papier.cle: papier for papier in chronique.papiers if papier.cle in entreposes}
    conteur = _Conteur(Scene(session, reglages, habitants, epoque, {}, {}), papiers, entreposes, maintenant)
    for modele in chronique.modeles:
        conteur.modele(modele)
    if chronique.evenement is not None:
        conteur.evenement(chronique.evenement)
    actes: list[Acte] = list(autres)
    actes += [conteur.acte_du_papier(papier, rang) for rang, papier in enumerate(papiers.values())]
    for recit in chronique.recits:
        actes += conteur.actes_du_recit(recit, len(actes))
    for instant, _, acte in sorted(actes, key=lambda a: a[:2]):
        acte(instant)
    session.flush()


class _Conteur:
    def __init__(
        self,
        scene: Scene,
        papiers: Mapping[str, Papier],
        entreposes: Mapping[str, Entrepose],
        maintenant: datetime,
    ) -> None:
        self.scene = scene
        self.papiers = papiers
        self.entreposes = entreposes
        self.session = scene.session
        self.maintenant = maintenant
        self.agents = {portrait: ident for portrait, ident in scene.habitants.comptes.items() if "." in portrait}

    def _auteur(self, cle: str) -> Auteur:
        """Agents by their login name, adults by their key."""
        cote = Cote.AGENT if cle in self.agents else Cote.FAMILLE
        return Auteur(cote, self.scene.habitants.comptes[cle])

    def _instant(self, il_y_a: int, heure: int) -> datetime:
        jour = self.scene.epoque.aujourdhui - timedelta(days=il_y_a)
        return min(datetime.combine(jour, time(heure, 3 + il_y_a % 50), PARIS), self.maintenant)

    def acte_du_papier(self, papier: Papier, rang: int) -> Acte:

        def fournir(instant: datetime) -> None:
            self._fournir((papier.cle,), instant)

        return self._instant(papier.il_y_a, 8), rang, fournir

    def _fournir(self, cles: Iterable[str], instant: datetime) -> list[int]:
        """A document that goes with a request told earlier than planned (the last days of school) is given with it."""
        for cle in cles:
            if cle not in self.scene.pieces:
                self._ranger(self.papiers[cle], instant)
        return [self.scene.pieces[cle] for cle in cles]

    def _ranger(self, papier: Papier, instant: datetime) -> None:
        habitants, aujourdhui = self.scene.habitants, self.scene.epoque.aujourdhui
        date_du = None if papier.date_il_y_a is None else aujourdhui - timedelta(days=papier.date_il_y_a)
        fin = None if papier.fin_dans is None else aujourdhui + timedelta(days=papier.fin_dans)
        piece = ranger_piece(
            self.session,
            self.entreposes[papier.cle],
            genre=papier.genre,
            foyer_id=habitants.foyers[papier.foyer],
            enfant_id=habitants.enfants[papier.enfant] if papier.enfant else None,
            personne_id=habitants.personnes[papier.adulte] if papier.adulte else None,
            est_du_foyer=not (papier.enfant or papier.adulte),
            datee_du=date_du,
            valable_jusqua=fin,
            auteur=self._auteur(papier.par),
            maintenant=instant,
            regles=regles_de(self.scene.reglages),
        )
        # The worker would tell them all the minute the town is served.
        piece.rappelee_utc = instant if fin is not None else None
        self.scene.pieces[papier.cle] = piece.id

    def actes_du_recit(self, recit: Recit, rang: int) -> Iterator[Acte]:
        """The deposit, then each answer, if there was something to ask."""
        depot = min(instant_du_recit(self.scene, recit), self.maintenant)
        faite: list[Demarche] = []

        def deposer(instant: datetime) -> None:
            self._fournir(recit.pieces, instant)
            demarche = deposer_recit(self.scene, recit, instant)
            if demarche is not None:
                faite.append(demarche)
                self._juger(demarche, instant)

        yield depot, rang, deposer
        precedent = depot
        for place, suite in enumerate(recit.suites, 1):
            voulu = depot + timedelta(days=suite.apres, hours=2 + place)
            if suite.par in self.agents:
                voulu = jour_de_bureau(voulu, self.maintenant)
            precedent = instant = min(max(voulu, precedent), self.maintenant)
            yield instant, rang + place, partial(self._suivre, faite, suite)

    def _juger(self, demarche: Demarche, instant: datetime) -> None:
        """What the rules accept at once."""
        genre = self.scene.reglages.demarches[demarche.genre]
        juger = AUTOMATISMES.get(genre.code)
        if juger is not None and juger(self.session, demarche, genre, instant):
            demarches.accepter(self.session, demarche, demarche.version, SYSTEME, instant, APPLICATIONS[demarche.genre])

    def _suivre(self, faite: Sequence[Demarche], suite: Suite, instant: datetime) -> None:
        """Nothing where there was nothing to ask."""
        for demarche in faite:
            self._repondre(demarche, suite, instant)

    def _repondre(self, demarche: Demarche, suite: Suite, instant: datetime) -> None:
        session, auteur, version = self.session, self._auteur(suite.par), demarche.version
        pieces = self._fournir(suite.pieces, instant)
        if suite.quoi == "lecture":
            demarche.lue_utc = instant
        elif suite.quoi == "prise":
            demarches.prendre_en_charge(session, demarche, version, auteur, instant)
        elif suite.quoi in ("mot", "note"):
            est_note = suite.quoi == "note"
            demarches.ecrire(session, demarche, suite.texte, auteur, instant, pieces=pieces, est_note=est_note)
        elif suite.quoi == "complement":
            avant = None
            if suite.reponse_dans is not None:
                avant = self.scene.epoque.aujourdhui + timedelta(days=suite.reponse_dans)
            demarches.demander_complement(session, demarche, version, suite.texte, avant, auteur, instant)
        elif suite.quoi == "accord":
            if suite.decision:
                demarche.contenu = {**demarche.contenu, "decision": dict(suite.decision)}
            application = APPLICATIONS[demarche.genre]
            demarches.accepter(session, demarche, version, auteur, instant, application, suite.texte)
        else:
            if suite.quoi == "refus":
                demarches.refuser(session, demarche, version, suite.texte, auteur, instant)
            else:
                demarches.retirer(session, demarche, auteur, instant)
            if defaire := RETRAITS.get(demarche.genre):
                defaire(session, demarche, auteur, instant)

    def modele(self, conte: ModeleConte) -> None:
        modele = Modele(None, conte.usage, conte.genre, conte.titre, conte.texte)
        enregistrer_modele(self.session, modele, self._auteur(next(iter(self.agents))), self.maintenant)

    def evenement(self, conte: EvenementConte) -> None:
        """On the first school day a week from now; its families were told yesterday."""
        regles, debut = self.scene.regles, self.scene.epoque.aujourdhui + _UNE_SEMAINE
        a_venir = (debut + timedelta(days=rang) for rang in range(_HORIZON))
        ouverts = (
            jour for jour in a_venir if all(regles.ouverture(u, conte.structure, jour).ouvert for u in conte.unites)
        )
        jour = next(ouverts, None)
        if jour is None:
            return
        portee = Portee((jour,), frozenset({conte.structure}), frozenset(conte.unites))
        saisie = SaisieEvenement(conte.genre, conte.motif, conte.message, portee, ferme=True)
        hier = self.maintenant - timedelta(days=1)
        vu = apercevoir(self.session, regles, saisie, hier).empreinte
        evenement = declarer_evenement(self.session, regles, saisie, vu, self._auteur(conte.par), hier)
        evenement.contenu = {**evenement.contenu, "a_dire": ""}
