"""What a paper is made of: frozen rows, the credits of the day of issue, the régie as it was, on both engines."""

from datetime import UTC, date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portail_famille.domain.demarches import Cote
from portail_famille.domain.recours import ACCUSE, RECOURS
from portail_famille.gateways.chiffre import Chiffre
from portail_famille.models.factures import Facture
from portail_famille.models.paiements import Affectation
from portail_famille.presentation.papiers_factures import papier_de_la_facture, papier_du_recu
from portail_famille.services.comptes import Acteur, FoyerActeur
from portail_famille.services.factures import trouver
from portail_famille.services.fusions import fusionner
from portail_famille.services.journal import Auteur
from portail_famille.services.papiers_factures import (
    lire_facture_imprimable,
    lire_factures_imprimables,
    lire_recu_imprimable,
    trouver_recu,
)
from portail_famille.services.reglements import annuler_reglement, encaisser
from tests.conftest import CLE_SECRETE
from tests.support.bases import compter_requetes
from tests.support.factures import creer_facture
from tests.support.regies import REGIES
from tests.support.reglages import reglages_de_la_commune
from tests.support.village import Village

REGLAGES = reglages_de_la_commune(regies=REGIES)
AGENT = Auteur(Cote.AGENT)
LE_1ER = datetime(2026, 12, 1, 9, tzinfo=UTC)
LE_2 = datetime(2026, 12, 2, 17, tzinfo=UTC)


def encaisser_un_cheque(village: Village, session: Session, centimes: int, maintenant: datetime) -> int:
    return encaisser(
        session,
        foyer_id=village.foyers["morel"],
        regie="enfance",
        moyen="cheque",
        montant_centimes=centimes,
        recu_le=maintenant.date(),
        auteur=AGENT,
        maintenant=maintenant,
    ).id


def test_only_what_was_deducted_at_the_issue_is_on_the_invoice(village: Village) -> None:
    """The paper of tomorrow is that of today, whatever is paid in between."""
    with village.bd.session_ecriture() as session:
        facture = creer_facture(session, village.foyers["morel"])
        encaisser_un_cheque(village, session, 1_200, LE_1ER)
        encaisser_un_cheque(village, session, 500, LE_2)
        assert session.scalar(select(func.count()).select_from(Affectation)) == 2
        lue = lire_facture_imprimable(session, facture, REGLAGES)
        assert [centimes for _, centimes in lue.credits] == [1_200]
        assert lue.credits[0][0].startswith("Trop-versé, reçu n°")


def test_the_regie_is_as_it_was_completed_by_the_town(village: Village) -> None:
    with village.bd.session_ecriture() as session:
        gelee = {"code": "enfance", "nom": "Ancien nom", "adresse": "", "courriel": "", "numero_client": ""}
        facture = creer_facture(session, village.foyers["morel"], contenu={"payeur": {}, "regie": gelee})
        regie = lire_facture_imprimable(session, facture, REGLAGES).regie
    assert regie["nom"] == "Ancien nom"
    assert regie["adresse"] == "1 place de la Mairie, 99999 Saint-Rivage"
    assert regie["courriel"] == "enfance@saint-rivage.example"
    assert regie["en_ligne"] is False


def test_an_avoir_comes_with_its_invoice_and_many_with_no_more_queries(village: Village) -> None:
    with village.bd.session_ecriture() as session:
        foyer = village.foyers["morel"]
        ids = [creer_facture(session, foyer, numero=f"2026-EE-{n:06d}").id for n in range(1, 9)]
        creer_facture(session, foyer, numero="2026-EE-000009", avoir_de=ids[0])
    with village.bd.session_lecture() as session:
        factures = session.scalars(select(Facture).order_by(Facture.id)).all()
        with compter_requetes(village.bd) as requetes:
            lues = list(lire_factures_imprimables(session, factures, REGLAGES))
        assert len(requetes) == 3
        assert [len(lue.lignes) for lue in lues] == [1] * 9
        origine = lues[-1].origine
        assert origine is not None
        assert origine.numero == "2026-EE-000001"


def test_a_receipt_names_what_it_paid_net_of_what_was_taken_back(village: Village) -> None:
    with village.bd.session_ecriture() as session:
        creer_facture(session, village.foyers["morel"])
        reglement_id = encaisser_un_cheque(village, session, 5_000, LE_2)
        reglement = trouver_recu(session, village.foyers["morel"], reglement_id)
        assert reglement is not None
        assert trouver_recu(session, village.foyers["ferrand"], reglement_id) is None
        lu = lire_recu_imprimable(session, reglement, REGLAGES)
        assert [(numero, centimes) for numero, _, centimes in lu.factures] == [("2026-EE-000001", 4_200)]
        assert (lu.payeur, lu.annule_le) == ("Camille Morel", None)
        # On this paper too, the remedies; a receipt that is worth nothing any more has none.
        dits = [phrase for partie in papier_du_recu(lu, "#000000")["parties"] for phrase in partie["phrases"]]
        assert [RECOURS in dits, ACCUSE in dits] == [True, True]
        annulation = annuler_reglement(session, reglement_id, "Chèque sans provision", AGENT, LE_2)
        annule = lire_recu_imprimable(session, reglement, REGLAGES)
        assert (annule.factures, annule.annule_le) == ((), date(2026, 12, 2))
        assert RECOURS not in str(papier_du_recu(annule, "#000000"))
        assert trouver_recu(session, village.foyers["morel"], annulation.id) is None


def test_after_a_merge_the_screen_and_the_paper_still_say_the_first_name_of_that_day(village: Village) -> None:
    """« Yanis » was entered twice, the second time « Yanice »: his lines now have the number of the row that stays."""
    yanis, double, repas = village.enfants["yanis"], village.enfants["figurant-1"], village.unite("repas")
    lundi = date(2026, 12, 7)
    with village.bd.session_ecriture() as session:
        foyer_id = village.foyers["haddad"]
        contenu = {"payeur": {}, "enfants": {str(double): "Yanice"}, "unites": {}, "prix": []}
        lignes = [(double, repas, lundi, 400, "")]
        facture_id = creer_facture(session, foyer_id, lignes, contenu=contenu).id
    with village.bd.session_ecriture() as session:
        fusionner(session, "enfant", yanis, double, {}, AGENT, LE_2, REGLAGES, Chiffre(CLE_SECRETE))
    with village.bd.session_lecture() as session:
        facture = session.get_one(Facture, facture_id)
        papier = papier_de_la_facture(lire_facture_imprimable(session, facture, REGLAGES), "#0b5563", LE_2.date())
        assert [groupe["titre"] for groupe in papier["groupes"]] == ["Yanice"]
        siens = (FoyerActeur(foyer_id, "Haddad"),)
        acteur = Acteur(village.comptes["karim"], village.personnes["karim"], "", "", None, foyer_id, siens)
        vue = trouver(session, acteur, LE_2.date(), facture_id)
        assert vue is not None
        assert {enfant.id: enfant.prenom for enfant in vue.enfants.values()} == {yanis: "Yanice"}
    # Where nothing tells whose name it was: today's.
    with village.bd.session_ecriture() as session:
        sans_nom = creer_facture(session, foyer_id, lignes=[(yanis, repas, lundi, 400, "")], numero="2026-EE-000002")
        assert lire_facture_imprimable(session, sans_nom, REGLAGES).prenoms == {yanis: "Yanis"}
