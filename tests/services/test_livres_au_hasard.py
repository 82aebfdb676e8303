"""Acts on money drawn by chance, refused ones included: after each the accounts add up, on both engines."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portail_famille.config import ReglagesCommune
from portail_famille.domain.demarches import Cote
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.models.factures import Facture, FactureLigne
from portail_famille.models.paiements import Reglement
from portail_famille.services.avoirs import creer_avoir
from portail_famille.services.emissions import emettre
from portail_famille.services.journal import Auteur
from portail_famille.services.reglements import (
    annoncer_prelevement,
    annuler_reglement,
    encaisser,
    rembourser,
    transmettre,
    utiliser_credits,
)
from portail_famille.services.soldes import solde
from portail_famille.services.transmissions import reprendre, solder
from tests.support.factures import NOVEMBRE, creer_facturation, creer_facture
from tests.support.livres import verifier_comptes
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import Village

AGENT = Auteur(Cote.AGENT)
ACTES, FOYERS = 80, ("morel", "haddad")


class Hasard:
    """Each act at its own instant, some days after the one before: invoices fall due meanwhile."""

    def __init__(self, village: Village, reglages: ReglagesCommune, graine: int) -> None:
        self.village, self.reglages, self.des = village, reglages, Random(graine)
        self.maintenant = MERCREDI_SOIR

    def jouer(self, session: Session) -> str:
        self.maintenant += timedelta(days=self.des.choice([0, 0, 1, 4]))
        nom = self.des.choice(["facturer", "payer", "payer", "payer", "avoir", "annuler", "rembourser", "autre"])
        getattr(self, f"_{nom}")(session)
        return nom

    @property
    def _jour(self) -> Any:
        return self.maintenant.date()

    def _foyer(self) -> int:
        return self.village.foyers[self.des.choice(FOYERS)]

    def _facture(self, session: Session) -> int:
        ids = list(session.scalars(select(Facture.id).where(Facture.genre == "facture").order_by(Facture.id)))
        return self.des.choice([0, *ids])

    def _facturer(self, session: Session) -> None:
        facturation = creer_facturation(session, self.reglages, NOVEMBRE)
        for foyer in FOYERS:
            lignes = [(None, None, None, self.des.randint(1, 9000), f"Ligne {n}") for n in range(3)]
            creer_facture(session, self.village.foyers[foyer], lignes, numero=None, facturation_id=facturation.id)
        emettre(session, self.reglages, facturation.id, self._jour, AGENT, self.maintenant)

    def _payer(self, session: Session) -> None:
        nommee = self._facture(session)
        encaisser(
            session, foyer_id=self._foyer(), regie="enfance", moyen="especes", recu_le=self._jour, auteur=AGENT,
            montant_centimes=self.des.randint(1, 30_000), maintenant=self.maintenant,
            factures=[nommee] if nommee and self.des.random() < 0.5 else [],
        )  # fmt: skip

    def _avoir(self, session: Session) -> None:
        facture = self._facture(session)
        lignes = list(session.scalars(select(FactureLigne.id).where(FactureLigne.facture_id == facture)))
        lesquelles, libre = self.des.choice(
            [(None, None), (lignes[:1], None), (None, ("Geste", self.des.randint(1, 3000)))]
        )
        creer_avoir(session, self.reglages, facture, lesquelles, libre, "Erreur", True, AGENT, self.maintenant)

    def _annuler(self, session: Session) -> None:
        ids = [0, *session.scalars(select(Reglement.id).order_by(Reglement.id))]
        annuler_reglement(session, self.des.choice(ids), "Erreur", AGENT, self.maintenant)

    def _rembourser(self, session: Session) -> None:
        rembourser(
            session, foyer_id=self._foyer(), regie="enfance", montant_centimes=self.des.randint(1, 5000),
            rendu_le=self._jour, auteur=AGENT, maintenant=self.maintenant,
        )  # fmt: skip

    def _autre(self, session: Session) -> None:
        facture = self._facture(session)
        le = self.des.choice([None, self._jour])
        if self.des.random() < 0.6:
            acte = self.des.choice([reprendre, solder, None])
            if acte is None:
                transmettre(session, [facture], AGENT, self.maintenant)
            else:
                transmises = select(Facture.id).where(Facture.transmise_le.is_not(None), Facture.reste_centimes > 0)
                acte(session, self.des.choice([0, *session.scalars(transmises)]), "Motif", AGENT, self.maintenant)
        else:
            annoncer_prelevement(session, [facture], le, AGENT, self.maintenant)


@pytest.mark.parametrize("graine", [1, 2])
def test_whatever_happens_the_accounts_add_up(village: Village, reglages: ReglagesCommune, graine: int) -> None:
    hasard, faits = Hasard(village, reglages, graine), set()
    for _ in range(ACTES):
        try:
            with village.bd.session_ecriture() as session:
                faits.add(hasard.jouer(session))
        except RegleViolee:
            pass
        with village.bd.session_lecture() as session:
            verifier_comptes(session)
    # Nothing is both in advance and due, but what somebody else collects.
    with village.bd.session_ecriture() as session:
        for foyer in FOYERS:
            assert utiliser_credits(session, village.foyers[foyer], "enfance", hasard.maintenant) == 0
            assert solde(session, village.foyers[foyer]).factures_centimes > 0
    assert faits == {"facturer", "payer", "avoir", "annuler", "rembourser", "autre"}
