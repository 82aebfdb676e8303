"""What another software has collected: settled here, told once, in no book of this régie."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portail_famille.domain.demarches import Cote
from portail_famille.models.courriels import Courriel
from portail_famille.models.factures import Facture
from portail_famille.models.journal import ActeJournal
from portail_famille.models.paiements import Affectation, Paiement, Reglement
from portail_famille.presentation.papiers_factures import papier_de_la_facture
from portail_famille.services.annonces_factures import annoncer
from portail_famille.services.annonces_reglements import annuler_et_prevenir
from portail_famille.services.attestations import enfants_du_foyer, lire_garde_payee
from portail_famille.services.bureau_factures import bilans_par_mois
from portail_famille.services.caisse import TotalDesRestes, journal_du_jour, totaliser_restes, totaux_par_jour
from portail_famille.services.feuilles import lignes
from portail_famille.services.journal import Auteur
from portail_famille.services.listes import LISTES
from portail_famille.services.listes_factures import lire_criteres
from portail_famille.services.papiers_factures import lire_facture_imprimable, trouver_recu
from portail_famille.services.perimetres import Perimetre
from portail_famille.services.reglements import encaisser
from portail_famille.services.relances import relancer
from portail_famille.services.soldes import mouvements, solde
from tests.support.bases import compter_requetes
from tests.support.fichiers_factures import SIMPLE, Rangee, avoir
from tests.support.importeur_factures import Importeur
from tests.support.livres import verifier_comptes
from tests.support.temps import MERCREDI_SOIR

AGENT = Auteur(Cote.AGENT)
LE_1, LE_2 = date(2026, 12, 1), date(2026, 12, 2)
DEUX_MOIS = timedelta(days=60)
REGLEE: Rangee = {**SIMPLE, "regle": "150", "regle_le": "01/12/2026", "regle_moyen": "Prélèvement"}
EN_PARTIE: Rangee = {**REGLEE, "regle": "100", "regle_moyen": "cheque"}


def ecritures(importer: Importeur) -> list[tuple[str, int, date]]:
    """Number, centimes, day of each line of the ledger; the accounts add up."""
    with importer.village.bd.session_lecture() as session:
        verifier_comptes(session)
        lues = session.scalars(select(Reglement).order_by(Reglement.id)).all()
        return [(r.numero, r.montant_centimes, r.recu_le) for r in lues]


def rejeter(importer: Importeur) -> None:
    """An agent takes the latest line back: the debit bounced."""
    with importer.village.bd.session_ecriture() as session:
        dernier = session.scalars(select(Reglement.id).order_by(Reglement.id.desc())).first() or 0
        annuler_et_prevenir(session, importer.reglages, dernier, "Prélèvement rejeté", AGENT, importer.maintenant)


def payer_ici(importer: Importeur, centimes: int, factures: Sequence[int]) -> None:
    with importer.village.bd.session_ecriture() as session:
        encaisser(
            session, foyer_id=importer.village.foyers["morel"], regie="creche", moyen="cheque", recu_le=LE_2,
            montant_centimes=centimes, factures=factures, auteur=AGENT, maintenant=importer.maintenant,
        )  # fmt: skip


def garde(session: Session, importer: Importeur) -> list[int]:
    foyer = importer.village.foyers["morel"]
    enfants = enfants_du_foyer(session, foyer, importer.village.personnes["camille"], LE_2)
    return [ligne.centimes for ligne in lire_garde_payee(session, foyer, 2026, enfants)]


def test_an_invoice_collected_over_there_comes_settled(importer: Importeur) -> None:
    """Its family is told so, and asked for nothing."""
    rapport = importer({**REGLEE, "prelevement_le": "05/12/2026"})
    assert (rapport.encaissements, rapport.encaisses_centimes, rapport.remarques) == (1, 15000, [])
    facture = importer.facture("CR-127")
    assert facture.reste_centimes == 0
    assert ecritures(importer) == [("A2026-CRECHE-000001", 15000, LE_1)]
    with importer.village.bd.session_ecriture() as session:
        reglement = session.scalars(select(Reglement)).one()
        assert (reglement.moyen, reglement.reference, reglement.note, reglement.compte_id) == (
            "ailleurs", "CR-127", "Prélèvement", None,
        )  # fmt: skip
        (emploi,) = session.scalars(select(Affectation))
        assert (emploi.facture_id, emploi.montant_centimes, emploi.le) == (facture.id, 15000, LE_1)
        acte = session.scalars(select(ActeJournal).where(ActeJournal.action == "reglement_importe")).one()
        assert (acte.foyer_id, acte.details) == (facture.foyer_id, {"numero": reglement.numero})
        imprimable = lire_facture_imprimable(session, session.get_one(Facture, facture.id), importer.reglages)
        assert imprimable.credits == (("Déjà réglé le 1er décembre 2026", 15000),)
        papier = papier_de_la_facture(imprimable, "#000000", LE_2)
        assert (papier["montant"]["libelle"], papier["montant"]["suite"]) == ("Rien à régler", "Elle est déjà réglée.")
        assert annoncer(session, importer.reglages, MERCREDI_SOIR) == 1
        lettres = session.scalars(select(Courriel)).all()
        assert {lettre.objet for lettre in lettres} == {"Une facture est disponible"}
        assert all("Rien à régler" in lettre.corps_texte for lettre in lettres)
        assert not any("avant le" in lettre.corps_texte or "prévu" in lettre.corps_texte for lettre in lettres)
        assert relancer(session, importer.reglages, MERCREDI_SOIR + DEUX_MOIS) == 0


def test_what_was_collected_over_there_is_the_familys_money_and_not_the_regies(importer: Importeur) -> None:
    importer(REGLEE)
    foyer = importer.village.foyers["morel"]
    with importer.village.bd.session_lecture() as session:
        for jour in (LE_1, LE_2):
            journee = journal_du_jour(session, "creche", jour)
            assert (journee.recues, journee.apres_coup, journee.essais) == ((), (), ())
        assert totaux_par_jour(session, "creche", date(2026, 1, 1), LE_2) == []
        tout = lire_criteres({"du": "2026-01-01", "au": "2026-12-31"})
        assert list(lignes(LISTES["reglements"], session, Perimetre(None, LE_2), tout)) == []
        partout = Perimetre(None, LE_2)
        assert totaliser_restes(session, partout, "creche", LE_2) == TotalDesRestes(0, 0, 0, 0)
        assert totaliser_restes(session, partout, "creche", date(2026, 11, 30)).centimes == 15000
        bilan = bilans_par_mois(session, date(2026, 11, 1))["creche", date(2026, 11, 1)]
        assert (bilan.regle_centimes, bilan.reste_centimes) == (15000, 0)
        assert [(m.libelle, m.centimes) for m in mouvements(session, foyer, LE_1, LE_2)] == [("ailleurs", -15000)]
        assert solde(session, foyer).centimes == 0
        reglement = session.scalars(select(Reglement)).one()
        assert trouver_recu(session, foyer, reglement.id) is None, "who collected it gives the receipt"
        assert garde(session, importer) == [15000]


def test_an_employers_part_of_a_cesu_is_not_known_and_attested_to_nobody(importer: Importeur) -> None:
    importer({**REGLEE, "regle_moyen": "CESU"})
    with importer.village.bd.session_lecture() as session:
        assert garde(session, importer) == []


def test_each_file_tells_the_whole_and_only_the_difference_is_written(importer: Importeur) -> None:
    importer({**SIMPLE, "numero": "CR-100"}, EN_PARTIE)
    assert importer.facture("CR-127").reste_centimes == 5000
    avant = importer.village.photographier()
    rapport = importer({**SIMPLE, "numero": "CR-100"}, EN_PARTIE)
    assert (rapport.encaissements, rapport.inchangees) == (0, 2)
    # Nothing said is nothing taken back.
    assert importer(SIMPLE).encaissements == 0
    assert importer.village.photographier() == avant
    rapport = importer({**REGLEE, "regle_le": "02/12/2026", "prelevement_le": "10/12/2026"})
    assert (rapport.encaissements, rapport.encaisses_centimes, rapport.prelevements) == (1, 5000, 0)
    assert ecritures(importer) == [("A2026-CRECHE-000001", 10000, LE_1), ("A2026-CRECHE-000002", 5000, LE_2)]
    assert (importer.facture("CR-127").reste_centimes, importer.facture("CR-127").prelevement_le) == (0, None)
    # One fault refuses the whole file, what is right of it too.
    raison = "un fichier d’avant a dit 150,00\u00a0€\u202f; un règlement revenu impayé s’annule au bureau"
    assert importer.refuser({**REGLEE, "numero": "CR-500"}, EN_PARTIE) == [(3, "regle", raison)]


def test_a_debit_that_bounced_is_not_written_again_by_the_file_that_told_it(importer: Importeur) -> None:
    importer.maintenant = MERCREDI_SOIR + DEUX_MOIS
    dite = {**REGLEE, "regle_le": "20/12/2026", "prelevement_le": "20/12/2026"}
    importer({**EN_PARTIE, "prelevement_le": "20/12/2026"})
    importer(dite)
    rejeter(importer)
    facture = importer.facture("CR-127")
    assert (facture.reste_centimes, facture.prelevement_le) == (5000, None)
    with importer.village.bd.session_lecture() as session:
        lettre = session.scalars(select(Courriel).where(Courriel.objet.contains("règlement"))).first()
        assert lettre is not None
        assert "du 20 décembre 2026 (prélèvement) est annulé." in lettre.corps_texte.replace("\u00a0", " ")
    avant = importer.village.photographier()
    assert importer(dite).encaissements == 0
    assert importer({**EN_PARTIE, "regle_le": "20/12/2026"}).encaissements == 0
    assert importer.village.photographier() == avant
    # Paid again, another day.
    assert importer({**dite, "regle_le": "15/01/2027"}).encaisses_centimes == 5000
    assert importer({**dite, "regle_le": "15/01/2027"}).encaissements == 0
    assert importer.facture("CR-127").reste_centimes == 0
    assert [centimes for _, centimes, _ in ecritures(importer)] == [10000, 5000, -5000, 5000]


def test_what_was_paid_here_too_is_a_credit_and_somebody_is_told(importer: Importeur) -> None:
    """It pays what else the family owes. An online payment under way, an invoice with the Treasury are told too."""
    autres = [{**SIMPLE, "numero": numero} for numero in ("CR-200", "CR-300", "CR-400")]
    importer(SIMPLE, *autres)
    payer_ici(importer, 12000, [importer.facture("CR-127").id])
    with importer.village.bd.session_ecriture() as session:
        session.add(
            Paiement(
                facture_id=importer.facture("CR-200").id, regie="creche", numero_client="900003",
                montant_centimes=15000, refdet="2", exer=2026, saisie="T", courriel="", objet="",
                cree_utc=MERCREDI_SOIR,
            )
        )  # fmt: skip
        session.execute(update(Facture).where(Facture.numero == "CR-300").values(transmise_le=LE_2))
    rangees = [REGLEE, *({**REGLEE, "numero": autre["numero"]} for autre in autres[:2])]
    rapport = importer(*rangees)
    assert (rapport.encaissements, rapport.encaisses_centimes) == (2, 30000)
    assert [(r.ligne, r.colonne, r.valeur) for r in rapport.remarques] == [
        (ligne, "regle", "150,00") for ligne in (2, 3, 4)
    ]
    assert rapport.remarques[0].raison == "120,00\u00a0€ de trop\u202f; la famille a une avance"
    assert "un paiement en ligne de cette facture est en cours" in rapport.remarques[1].raison
    assert "chez le comptable public" in rapport.remarques[2].raison
    restes = [importer.facture(numero).reste_centimes for numero in ("CR-127", "CR-200", "CR-300", "CR-400")]
    assert restes == [0, 0, 15000, 3000], "the credit pays what is payable here"
    ecritures(importer)
    # Only the one with the Treasury is still to be told.
    rapport = importer(*rangees)
    assert (rapport.encaissements, [r.ligne for r in rapport.remarques]) == (0, [4])


def test_what_was_collected_pays_its_invoice_before_an_avoir_or_an_advance_does(importer: Importeur) -> None:
    payer_ici(importer, 2000, [])
    importer(EN_PARTIE, avoir(), {**SIMPLE, "numero": "CR-200"})
    restes = [importer.facture(numero).reste_centimes for numero in ("CR-127", "CR-128", "CR-200")]
    assert restes == [0, 0, 13000]
    ecritures(importer)


def test_two_imports_at_once_write_one_payment(importer: Importeur) -> None:
    importer(SIMPLE)
    with ThreadPoolExecutor(2) as ensemble:
        rapports = list(ensemble.map(lambda _: importer(REGLEE), range(2)))
    assert sorted(rapport.encaissements for rapport in rapports) == [0, 1]
    assert len(ecritures(importer)) == 1


def test_a_hundred_payments_take_no_more_queries_than_two(importer: Importeur) -> None:
    """But for their own rows: SQLite gives back the ids of one at a time."""

    def compter(nombre: int) -> int:
        with compter_requetes(importer.village.bd) as requetes:
            importer([{**REGLEE, "numero": f"N{nombre}-{n}"} for n in range(nombre)])
        return sum(not requete.startswith("INSERT") for requete in requetes)

    assert compter(100) <= compter(2)
