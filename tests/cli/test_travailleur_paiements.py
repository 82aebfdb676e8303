"""`travailleur`: an attempt whose notification never came is asked about, booked, and its receipt sent."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from portail_famille.models.foyers import Foyer, Personne
from portail_famille.models.paiements import Paiement, Reglement
from tests.cli.conftest import SLUG, Commande
from tests.cli.test_travailleur import brancher
from tests.support.courriels import FacteurEssai, serveur_smtp
from tests.support.factures import creer_facture
from tests.support.payfip import demande, ouvrir_payfip, passerelle

REGIE = """
[regies.enfance]
nom = "Enfance"
serie = "EE"
numero_client = "900001"
saisie = "W"
"""


def test_a_payment_that_nobody_told_of_is_booked_and_its_receipt_leaves(commande: Commande, instance: Path) -> None:
    facteur, debut = FacteurEssai(), datetime.now(UTC) - timedelta(minutes=3)
    with serveur_smtp(facteur) as port, ouvrir_payfip() as payfip:
        bd = brancher(instance, port)
        adresses = f'\n[payfip]\nservice = "{payfip.service}"\npaiement = "{payfip.paiement}"\n'
        with (instance / SLUG / "commune.toml").open("a", encoding="utf-8") as fiche:
            fiche.write(REGIE + adresses)
        voulu = demande(numcli="900001", montant=4200, saisie="W")
        idop = passerelle(payfip).creer(voulu)
        payfip.payer(idop, "P", "perdu")
        with bd.session_ecriture() as session:
            payeuse = Personne(prenom="Camille", nom="Morel")
            session.add(payeuse)
            session.flush()
            foyer = Foyer(nom="Morel", payeur_id=payeuse.id, personnes_a_charge=1)
            session.add(foyer)
            session.flush()
            facture = creer_facture(session, foyer.id, annoncee_utc=debut)
            session.add(
                Paiement(
                    facture_id=facture.id,
                    regie="enfance",
                    numero_client=voulu.numcli,
                    montant_centimes=voulu.montant,
                    refdet=voulu.refdet,
                    exer=voulu.exer,
                    saisie=voulu.saisie,
                    courriel=voulu.mel,
                    objet=voulu.objet,
                    idop=idop,
                    etat="en_attente",
                    cree_utc=debut,
                    idop_utc=debut,
                    prochaine_utc=debut + timedelta(minutes=2),
                )
            )
        for _ in range(2):
            assert commande("travailleur", "--commune", SLUG, "--une-fois").exit_code == 0
    with bd.session_lecture() as session:
        assert [(r.montant_centimes, r.moyen) for r in session.scalars(select(Reglement))] == [(4200, "carte")]
    bd.fermer()
    assert [destinataires for _, destinataires, _ in facteur.enveloppes] == [[voulu.mel]]
