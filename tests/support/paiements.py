"""Paying an invoice in tests: the village's Camille, one invoice of hers, and a PayFiP in this process."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from portail_famille.config import ReglagesCommune
from portail_famille.models.bd import BD
from portail_famille.models.courriels import Courriel
from portail_famille.models.factures import Facture
from portail_famille.models.paiements import Paiement, Reglement
from portail_famille.payfip_local import Serveur
from portail_famille.services import guichet_payfip
from portail_famille.services.comptes import Acteur, FoyerActeur
from portail_famille.services.guichet_payfip import Demandee, Retours
from tests.support.factures import creer_facture
from tests.support.payfip import passerelle, reglages_payfip
from tests.support.temps import HorlogeReglable
from tests.support.village import Village

RETOURS = Retours(
    "http://localhost:1/paiements/notification", lambda paiement_id: f"http://localhost:1/paiements/{paiement_id}"
)


@dataclass
class Caisse:
    """Who pays what, where."""

    village: Village
    bd: BD
    reglages: ReglagesCommune
    serveur: Serveur
    payfip: guichet_payfip.Caisse
    horloge: HorlogeReglable
    facture_id: int

    def acteur(self, qui: str = "camille", foyer: str = "morel") -> Acteur:
        return Acteur(
            self.village.comptes[qui],
            self.village.personnes[qui],
            qui.capitalize(),
            foyer.capitalize(),
            f"{qui}@courriel.example",
            self.village.foyers[foyer],
            (FoyerActeur(self.village.foyers[foyer], foyer),),
        )

    def ouvrir(self, montant: int = 4200, qui: str = "camille", facture_id: int | None = None) -> Paiement:
        return guichet_payfip.ouvrir(
            self.bd,
            self.reglages,
            self.payfip,
            self.acteur(qui),
            facture_id or self.facture_id,
            "camille@courriel.example",
            montant,
            RETOURS,
            self.horloge,
        )

    def interroger(self, paiement_id: int) -> Demandee:
        """As the return page and the notification do."""
        return guichet_payfip.interroger(self.bd, self.reglages, self.payfip, paiement_id, self.horloge)

    def travailler(self, continuer: Callable[[], bool] = lambda: True) -> int:
        return guichet_payfip.interroger_dus(self.bd, self.reglages, self.payfip, self.horloge, continuer)

    def payer(self, paiement: Paiement, lettre: str = "P") -> None:
        assert paiement.idop is not None
        self.serveur.payer(paiement.idop, lettre, "perdu")

    def paiement(self, paiement_id: int) -> Paiement:
        with self.bd.session_lecture() as session:
            return session.get_one(Paiement, paiement_id)

    def facturer(self, numero: str, **colonnes: Any) -> int:
        """Another invoice of that foyer."""
        with self.bd.session_ecriture() as session:
            return creer_facture(session, self.village.foyers["morel"], numero=numero, **colonnes).id

    def facture(self, facture_id: int | None = None) -> Facture:
        with self.bd.session_lecture() as session:
            return session.get_one(Facture, facture_id or self.facture_id)

    def reglements(self, paiement_id: int | None = None) -> list[Reglement]:
        with self.bd.session_lecture() as session:
            lus = session.scalars(select(Reglement).order_by(Reglement.id))
            return [reglement for reglement in lus if paiement_id in (None, reglement.paiement_id)]

    def courriels(self) -> list[Courriel]:
        with self.bd.session_lecture() as session:
            return list(session.scalars(select(Courriel).order_by(Courriel.id)))

    def suivre(self, jusqua: datetime, pas: timedelta = timedelta(minutes=1)) -> int:
        """The worker's rounds until then; how many questions it asked."""
        demandees = 0
        while self.horloge.maintenant < jusqua:
            self.horloge.maintenant += pas
            demandees += self.travailler()
        return demandees


def dresser(village: Village, reglages: ReglagesCommune, serveur: Serveur, horloge: HorlogeReglable) -> Caisse:
    """A 42,00 € invoice of the Morel foyer, to be paid."""
    with village.bd.session_ecriture() as session:
        facture_id = creer_facture(session, village.foyers["morel"]).id
    return Caisse(
        village,
        village.bd,
        replace(reglages, payfip=reglages_payfip(serveur)),
        serveur,
        passerelle(serveur),
        horloge,
        facture_id,
    )
