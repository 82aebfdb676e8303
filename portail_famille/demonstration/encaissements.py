"""What families and the régie do about an invoice of the demonstration: by the services behind their screens."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portail_famille.config import ReglagesCommune
from portail_famille.demonstration.batisseur import Habitants
from portail_famille.demonstration.recits_factures import Quoi
from portail_famille.domain.demarches import Cote
from portail_famille.domain.payfip import Detail
from portail_famille.models.factures import Facture, FactureLigne
from portail_famille.models.foyers import Foyer, Personne
from portail_famille.models.paiements import Paiement
from portail_famille.models.reservations import Reservation
from portail_famille.services.adhesions import adherer, quitter
from portail_famille.services.avoirs import creer_avoir
from portail_famille.services.comptes import Acteur, FoyerActeur
from portail_famille.services.dossiers import jour_de
from portail_famille.services.journal import Auteur
from portail_famille.services.paiements import constater, liberer, ne_bloque_plus, poser_idop, preparer
from portail_famille.services.reglements import encaisser, transmettre

_TROP = 2_000
"""Centimes paid over an invoice by a family that rounds up."""
_LIGNES_AVOIR = 2
_SUITES = (timedelta(minutes=4), timedelta(minutes=26), timedelta(hours=25))
"""When PayFiP is asked, until there is nothing more to learn from it."""


class Caisse:
    def __init__(
        self,
        session: Session,
        reglages: ReglagesCommune,
        habitants: Habitants,
        agent: Auteur,
        maintenant: datetime,
    ) -> None:
        self.session = session
        self.reglages = reglages
        self.habitants = habitants
        self.agent = agent
        self.maintenant = maintenant
        self.cles = {personne_id: cle for cle, personne_id in habitants.personnes.items()}

    def premier_adulte(self, foyer: str) -> str:
        """Its payer's key."""
        if foyer not in self.habitants.foyers:
            return ""
        payeur = self.session.scalar(select(Foyer.payeur_id).where(Foyer.id == self.habitants.foyers[foyer]))
        return self.cles.get(payeur or 0, "")

    def adherer(self, foyer: str, par: str, instant: datetime) -> None:
        adherer(self.session, self._acteur(self.habitants.foyers[foyer], par), self._auteur(par), instant)

    def quitter(self, foyer: str, par: str, instant: datetime) -> None:
        quitter(self.session, self._acteur(self.habitants.foyers[foyer], par), self._auteur(par), instant)

    def suivre(self, facture: Facture, quoi: Quoi, texte: str, par: str, instant: datetime) -> None:
        """Nothing where nothing is left to pay: an avoir or a credit paid it."""
        gestes: dict[str, Callable[[], None]] = {
            "carte": lambda: self._par_carte(facture, par, "P", instant),
            "refus": lambda: self._par_carte(facture, par, "R", instant),
            "ecart": lambda: self._par_carte(facture, par, "P", instant, ecart=-100),
            "acompte": lambda: self._encaisser(facture, "cheque", facture.reste_centimes // 200 * 100, instant),
            "trop_verse": lambda: self._encaisser(facture, "cheque", facture.reste_centimes + _TROP, instant),
            "transmission": lambda: self._transmettre(facture, instant),
            "avoir": lambda: self._avoir(facture, texte, instant),
            "annulation": lambda: self._annuler(facture, texte, instant),
            "justificatif": lambda: self._justifier(facture, instant),
        }
        if facture.reste_centimes > 0:
            gestes.get(quoi, lambda: self._encaisser(facture, quoi, facture.reste_centimes, instant))()
            self.session.flush()

    def _encaisser(self, facture: Facture, moyen: str, centimes: int, instant: datetime) -> None:
        if centimes <= 0:
            return
        encaisser(
            self.session,
            foyer_id=facture.foyer_id,
            regie=facture.regie,
            moyen=moyen,
            montant_centimes=centimes,
            recu_le=jour_de(instant),
            auteur=self.agent,
            maintenant=instant,
            factures=(facture.id,),
            reference=str(4_100_000 + 37 * facture.id) if moyen == "cheque" else "",
        )

    def _par_carte(self, facture: Facture, par: str, lettre: str, instant: datetime, ecart: int = 0) -> None:
        """From the portal's page to PayFiP's answers. `ecart`: what PayFiP answers is not what was asked."""
        if facture.reste_centimes <= abs(ecart) + 100:
            return
        acteur = self._acteur(facture.foyer_id, par)
        courriel = acteur.courriel or ""
        paiement = preparer(self.session, self.reglages, acteur, facture.id, courriel, facture.reste_centimes, instant)
        self.session.flush()
        idop = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.reglages.slug}/{paiement.refdet}"))
        poser_idop(self.session, paiement.id, idop, instant)
        self.session.refresh(paiement)
        detail = Detail(
            idop=idop,
            numcli=paiement.numero_client,
            refdet=paiement.refdet,
            montant=paiement.montant_centimes + ecart,
            saisie=paiement.saisie,
            resultrans=lettre,
            numauto=f"{paiement.id % 1_000_000:06d}" if lettre == "P" else "",
            instant=instant + timedelta(minutes=3),
        )
        self._constater(paiement, detail, instant)

    def _constater(self, paiement: Paiement, detail: Detail, instant: datetime) -> None:
        for delai in _SUITES:
            if instant + delai <= self.maintenant or delai == _SUITES[0]:
                constater(self.session, self.reglages, paiement.id, detail, min(instant + delai, self.maintenant))
                self.session.refresh(paiement)
            if paiement.prochaine_utc is None:
                break
        liberer(self.session, ne_bloque_plus(self.maintenant), self.maintenant)

    def _transmettre(self, facture: Facture, instant: datetime) -> None:
        if facture.echeance is not None and facture.echeance < jour_de(instant):
            transmettre(self.session, [facture.id], self.agent, instant)

    def _avoir(self, facture: Facture, motif: str, instant: datetime) -> None:
        lignes = self._lignes(facture)[:_LIGNES_AVOIR]
        self._creer_avoir(facture, [ligne.id for ligne in lignes], motif, False, instant)

    def _annuler(self, facture: Facture, motif: str, instant: datetime) -> None:
        self._creer_avoir(facture, None, motif, True, instant)

    def _creer_avoir(
        self, facture: Facture, lignes: list[int] | None, motif: str, est_refacturable: bool, instant: datetime
    ) -> None:
        creer_avoir(self.session, self.reglages, facture.id, lignes, None, motif, est_refacturable, self.agent, instant)

    def _justifier(self, facture: Facture, instant: datetime) -> None:
        """A certificate that came after the invoice: the sheet is put right, the next run proposes the avoir."""
        creneaux = [(ligne.enfant_id, ligne.unite_id, ligne.jour) for ligne in self._lignes(facture)[:_LIGNES_AVOIR]]
        for enfant_id, unite_id, jour in creneaux:
            self.session.execute(
                update(Reservation)
                .where(Reservation.enfant_id == enfant_id, Reservation.unite_id == unite_id, Reservation.jour == jour)
                .values(etat="absente_justifiee", est_hors_delai=False, est_non_reservee=False, modifiee_utc=instant)
                .execution_options(synchronize_session=False)
            )

    def _lignes(self, facture: Facture) -> list[FactureLigne]:
        lignes = select(FactureLigne).where(FactureLigne.facture_id == facture.id, FactureLigne.jour.is_not(None))
        return list(self.session.scalars(lignes.order_by(FactureLigne.rang.desc())))

    def _auteur(self, cle: str) -> Auteur:
        return Auteur(Cote.FAMILLE, self.habitants.comptes[cle])

    def _acteur(self, foyer_id: int, cle: str) -> Acteur:
        personne = self.session.get_one(Personne, self.habitants.personnes[cle])
        foyer = self.session.get_one(Foyer, foyer_id)
        return Acteur(
            compte_id=self.habitants.comptes[cle],
            personne_id=personne.id,
            prenom=personne.prenom,
            nom=personne.nom,
            courriel=personne.courriel,
            foyer_id=foyer_id,
            foyers=(FoyerActeur(foyer_id, foyer.nom),),
        )
