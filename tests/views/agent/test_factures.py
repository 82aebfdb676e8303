"""Invoices at the desk: searched, read as the family reads them, corrected by avoirs, handed over."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from portail_famille.models.courriels import Courriel
from portail_famille.models.factures import Facture, Relance
from portail_famille.models.journal import ActeJournal
from portail_famille.models.paiements import Reglement
from portail_famille.services.compteurs import numeros_d_ailleurs
from portail_famille.services.reglements import utiliser_credits
from tests.conftest import CompterRequetes
from tests.support.client import poster
from tests.support.ecran import phrases
from tests.support.factures import creer_facture
from tests.support.formulaires import Formulaire, lire_formulaire
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import Village
from tests.views.agent.conftest import Bureau

LUNDI, MARDI = date(2026, 11, 2), date(2026, 11, 3)


def creer(village: Village, foyer: str = "morel", **options: Any) -> int:
    """Two meals of Noé, 3,42 € each; numbered far from what the counter gives."""
    noe, repas = village.enfants["noe"], village.unite("repas")
    lignes = [(noe, repas, LUNDI, 342, ""), (noe, repas, MARDI, 342, "")]
    with village.bd.session_ecriture() as session:
        return creer_facture(session, village.foyers[foyer], lignes, **{"numero": "2026-EE-000901"} | options).id


def formulaire_d_avoir(bureau: Bureau, facture_id: int, **champs: str) -> Formulaire:
    lu = lire_formulaire(bureau.client.get(f"/agent/factures/{facture_id}/avoir").text, "formulaire")
    lu.champs |= {nom: [valeur] for nom, valeur in champs.items()}
    return lu


def emettre_l_avoir(bureau: Bureau, apercu: str) -> str:
    """From the page that shows what it would do; where it leads."""
    confirme = lire_formulaire(apercu, "formulaire")
    confirme.cocher("confirme", "oui")
    reponse = confirme.envoyer(bureau.client)
    assert reponse.status_code == 303, phrases(reponse)
    return str(reponse.location.removeprefix("/saint-rivage"))


def avoirs(bureau: Bureau) -> list[Facture]:
    with bureau.bd.session_lecture() as session:
        return list(session.scalars(select(Facture).where(Facture.genre == "avoir").order_by(Facture.id)))


def test_an_invoice_is_found_by_its_number_its_family_its_state_or_its_month(bureau: Bureau) -> None:
    creer(bureau.village)
    creer(bureau.village, "haddad", numero="2026-EE-000902", echeance=date(2026, 12, 1))
    creer(bureau.village, "ferrand", numero="2026-VA-000901", regie="vacances", reste_centimes=0)
    bureau.entrer("Odile")
    for adresse, familles in {
        "": {"Morel", "Haddad", "Ferrand"},
        "q=2026-ee-000902": {"Haddad"},
        "q=000901": {"Morel", "Ferrand"},
        "q=camille": {"Morel"},
        "etat=a_regler": {"Morel", "Haddad"},
        "etat=en_retard": {"Haddad"},
        "etat=reglees": {"Ferrand"},
        "etat=avoirs": set(),
        "regie=vacances": {"Ferrand"},
        "mois=2026-10": set(),
        "etat=nimporte&mois=nimporte&regie=nimporte": {"Morel", "Haddad", "Ferrand"},
    }.items():
        page = phrases(bureau.client.get(f"/agent/factures?{adresse}"))
        assert {nom for nom in ("Morel", "Haddad", "Ferrand") if nom in page} == familles, adresse
    assert "1\u00a0jour de retard" in phrases(bureau.client.get("/agent/factures?etat=en_retard"))


def test_the_desk_reads_what_the_family_reads_and_says_so_in_the_journal(bureau: Bureau) -> None:
    facture_id = creer(bureau.village)
    bureau.entrer("Odile")
    page = bureau.client.get(f"/agent/factures/{facture_id}")
    assert "Facture 2026-EE-000901" in phrases(page)
    assert "2 et 3" in phrases(page)
    assert "2\u00a0×\u00a03,42\u00a0€" in phrases(page)
    assert "Faire un avoir" not in page.text, "she only reads"
    assert bureau.client.get(f"/agent/factures/{facture_id}/avoir").status_code == 404
    pdf = bureau.client.get(f"/agent/factures/{facture_id}.pdf")
    assert pdf.data.startswith(b"%PDF")
    with bureau.bd.session_lecture() as session:
        vues = select(func.count()).where(ActeJournal.action == "foyer_vu", ActeJournal.cote == "agent")
        assert session.scalar(vues) == 1


def test_an_avoir_of_some_lines_is_shown_before_it_is_issued(bureau: Bureau) -> None:
    facture_id = creer(bureau.village)
    bureau.entrer("Régine")
    assert "3/11, présence" in phrases(bureau.client.get(f"/agent/factures/{facture_id}/avoir"))
    formulaire = formulaire_d_avoir(bureau, facture_id, motif="Certificat reçu", refacturable="non")
    formulaire.cocher("ligne", formulaire.cases["ligne"][0])
    apercu = formulaire.envoyer(bureau.client)
    assert apercu.status_code == 200
    assert "Un avoir de 3,42\u00a0€ est émis" in phrases(apercu)
    assert "Il reste 3,42\u00a0€ à régler" in phrases(apercu)
    assert avoirs(bureau) == [], "shown, not done"
    page = bureau.client.get(emettre_l_avoir(bureau, apercu.text))
    assert "Avoir 2026-EE-000001" in phrases(page)
    assert "Certificat reçu" in phrases(page)
    (avoir,) = avoirs(bureau)
    assert (avoir.total_centimes, avoir.est_refacturable) == (-342, False)
    reste = formulaire_d_avoir(bureau, facture_id)
    assert len(reste.cases["ligne"]) == 1, "a line is given back once"


def test_an_avoir_sent_twice_is_issued_once(bureau: Bureau) -> None:
    facture_id = creer(bureau.village)
    bureau.entrer("Régine")
    champs = {"portee": "libre", "libelle": "Repas froid", "montant": "1,00", "motif": "Geste"}
    confirme = lire_formulaire(
        formulaire_d_avoir(bureau, facture_id, **champs).envoyer(bureau.client).text, "formulaire"
    )
    confirme.cocher("confirme", "oui")
    assert confirme.envoyer(bureau.client).status_code == 303
    encore = confirme.envoyer(bureau.client)
    assert encore.status_code == 422
    assert "Un avoir a été fait depuis sur cette facture" in phrases(encore)
    assert [avoir.total_centimes for avoir in avoirs(bureau)] == [-100]


def test_what_was_changed_after_the_preview_is_shown_again(bureau: Bureau) -> None:
    facture_id = creer(bureau.village)
    bureau.entrer("Régine")
    champs = {"portee": "libre", "libelle": "Repas froid", "montant": "1,00", "motif": "Geste"}
    confirme = lire_formulaire(
        formulaire_d_avoir(bureau, facture_id, **champs).envoyer(bureau.client).text, "formulaire"
    )
    confirme.cocher("confirme", "oui")
    confirme.champs["montant"] = ["2,00"]
    assert "Un avoir de 2,00\u00a0€ est émis" in phrases(confirme.envoyer(bureau.client))
    assert avoirs(bureau) == []


def test_an_avoir_on_a_paid_invoice_says_what_becomes_of_it(bureau: Bureau) -> None:
    with bureau.bd.session_ecriture() as session:
        foyer = bureau.village.foyers["morel"]
        payee = creer_facture(session, foyer, numero="2026-EE-000910", reste_centimes=0).id
    bureau.entrer("Régine")
    champs = {"portee": "libre", "libelle": "Repas froid", "montant": "5,00", "motif": "Geste"}
    seule = formulaire_d_avoir(bureau, payee, **champs).envoyer(bureau.client)
    assert "La famille a 5,00\u00a0€ d’avance, pour ses prochaines factures." in phrases(seule)
    with bureau.bd.session_ecriture() as session:
        creer_facture(session, foyer, [(None, None, None, 300, "Repas")], numero="2026-EE-000911")
    deux = phrases(formulaire_d_avoir(bureau, payee, **champs).envoyer(bureau.client))
    assert "Ce qui était déjà payé sert ailleurs\u00a0: 3,00\u00a0€ sur la facture 2026-EE-000911." in deux
    assert "La famille a 2,00\u00a0€ d’avance" in deux
    assert avoirs(bureau) == []


def test_an_invoice_is_cancelled_whole(bureau: Bureau) -> None:
    facture_id = creer(bureau.village)
    bureau.entrer("Régine")
    formulaire = formulaire_d_avoir(bureau, facture_id, portee="tout", motif="Doublon", refacturable="oui")
    apercu = formulaire.envoyer(bureau.client)
    assert "Ces jours pourront être facturés de nouveau." in phrases(apercu)
    emettre_l_avoir(bureau, apercu.text)
    assert avoirs(bureau)[0].est_refacturable
    page = bureau.client.get(f"/agent/factures/{facture_id}")
    assert "annulée par avoir" in phrases(page)
    assert "Faire un avoir" not in page.text


@pytest.mark.parametrize(
    ("champs", "phrase"),
    [
        ({"portee": "lignes", "motif": "x", "refacturable": "non"}, "Cochez au moins une ligne."),
        ({"portee": "tout", "motif": " ", "refacturable": "non"}, "Écrivez pourquoi"),
        ({"portee": "tout", "motif": "x"}, "Dites si ces jours"),
        ({"portee": "libre", "motif": "x", "libelle": "y", "montant": "0"}, "plus grand que zéro"),
        ({"portee": "libre", "motif": "x", "libelle": "y", "montant": "1.000,00"}, "Écrivez un montant"),
        ({"portee": "libre", "motif": "x", "libelle": "y", "montant": "6,85"}, "plus grand que ce qui reste"),
        ({"portee": "autre", "motif": "x"}, "Choisissez ce que l’avoir rend."),
    ],
)
def test_an_avoir_that_says_too_little_or_too_much_is_not_issued(
    bureau: Bureau, champs: dict[str, str], phrase: str
) -> None:
    facture_id = creer(bureau.village)
    bureau.entrer("Régine")
    reponse = poster(bureau.client, f"/agent/factures/{facture_id}/avoir", champs)
    assert reponse.status_code == 422
    assert phrase in phrases(reponse)
    assert avoirs(bureau) == []


def test_a_late_invoice_is_handed_over_once_confirmed(bureau: Bureau) -> None:
    facture_id, adresse = creer(bureau.village, echeance=date(2026, 12, 1)), "/agent/factures/{}/transmettre"
    a_venir = creer(bureau.village, "haddad", numero="2026-EE-000902")
    bureau.entrer("Régine")
    assert poster(bureau.client, adresse.format(facture_id)).status_code == 409
    assert poster(bureau.client, adresse.format(a_venir), {"confirme": "oui"}).status_code == 409
    assert "Transmettre au comptable" not in bureau.client.get(f"/agent/factures/{a_venir}").text
    assert poster(bureau.client, adresse.format(facture_id), {"confirme": "oui"}).status_code == 303
    page = bureau.client.get(f"/agent/factures/{facture_id}")
    assert "transmise au comptable" in phrases(page)
    assert "Saisir un règlement" not in page.text, "it would not pay this one"
    assert bureau.client.get("/agent/reglements?q=2026-EE-000901").location.endswith(f"/agent/factures/{facture_id}")


def test_the_desk_reads_when_the_family_was_reminded(bureau: Bureau) -> None:
    facture_id = creer(bureau.village, echeance=date(2026, 11, 1))
    bureau.entrer("Régine")
    assert "Relancée" not in phrases(bureau.client.get(f"/agent/factures/{facture_id}"))
    with bureau.bd.session_ecriture() as session:
        for rang, jour in enumerate((8, 22), 1):
            session.add(Relance(facture_id=facture_id, rang=rang, a_utc=datetime(2026, 11, jour, 6, 30, tzinfo=UTC)))
    assert "Relancée les8 novembre 2026 et 22 novembre 2026" in phrases(
        bureau.client.get(f"/agent/factures/{facture_id}")
    )


def test_an_invoice_with_the_treasury_is_taken_back_or_settled_there(bureau: Bureau) -> None:
    facture_id = creer(bureau.village, transmise_le=date(2026, 12, 1))
    page, reprendre, solder = (f"/agent/factures/{facture_id}{suite}" for suite in ("", "/reprendre", "/solder"))
    bureau.entrer("Régine")
    for adresse in (reprendre, solder):
        assert poster(bureau.client, adresse, {"motif": "Erreur"}).status_code == 409, "not confirmed"
        assert poster(bureau.client, adresse, {"confirme": "oui"}).status_code == 409, "no reason"
    assert poster(bureau.client, solder, {"confirme": "oui", "motif": "Admise en non-valeur"}).status_code == 303
    soldee = phrases(bureau.client.get(page))
    assert "Soldée par le comptable public" in soldee
    voulu = {"portee": "tout", "motif": "Erreur", "refacturable": "non", "avoirs": "0"}
    assert "annulez d’abord cette écriture" in phrases(poster(bureau.client, f"{page}/avoir", voulu))
    assert "Reprendre au comptable" not in soldee
    with bureau.bd.session_lecture() as session:
        (ecriture,) = session.scalars(select(Reglement))
    lue = phrases(bureau.client.get(f"/agent/reglements/{ecriture.id}"))
    assert "Écriture C2026-ENFANCE-000001" in lue
    assert "Reçu en PDF" not in lue
    assert bureau.client.get(f"/agent/reglements/{ecriture.id}.pdf").status_code == 404
    assert "Aucun encaissement" in phrases(bureau.client.get("/agent/reglements/journal?regie=enfance"))
    annuler = {"confirme": "oui", "motif": "Autre famille"}
    assert poster(bureau.client, f"/agent/reglements/{ecriture.id}/annuler", annuler).status_code == 303
    assert "envoyez-lui cet avoir" in phrases(poster(bureau.client, f"{page}/avoir", voulu)), "before it is issued"
    assert poster(bureau.client, reprendre, {"confirme": "oui", "motif": "Par erreur"}).status_code == 303
    assert "Saisir un règlement" in bureau.client.get(page).text


def test_what_another_software_collected_is_read_and_taken_back_without_a_receipt(bureau: Bureau) -> None:
    facture_id, foyer_id = creer(bureau.village), bureau.village.foyers["morel"]
    with bureau.bd.session_ecriture() as session:
        (numero,) = numeros_d_ailleurs(session, "enfance", 2026)
        ecriture = Reglement(
            numero=numero, foyer_id=foyer_id, regie="enfance", moyen="ailleurs", montant_centimes=684,
            recu_le=date(2026, 12, 1), saisi_utc=MERCREDI_SOIR, reference="2026-EE-000901", note="Prélèvement",
            reste_centimes=684,
        )  # fmt: skip
        session.add(ecriture)
        session.flush()
        utiliser_credits(session, foyer_id, "enfance", MERCREDI_SOIR)
        page = f"/agent/reglements/{ecriture.id}"
    bureau.entrer("Régine")
    assert "Réglé hors du portail" in phrases(bureau.client.get(f"/agent/factures/{facture_id}"))
    lue = phrases(bureau.client.get(page))
    assert all(mot in lue for mot in ("Réglé hors du portail", "Prélèvement", "2026-EE-000901", "par le portail"))
    assert "Reçu en PDF" not in lue
    assert bureau.client.get(f"{page}.pdf").status_code == 404
    assert "Aucun encaissement" in phrases(bureau.client.get("/agent/reglements/journal?regie=enfance&jour=2026-12-01"))
    rejet = {"confirme": "oui", "motif": "Rejeté par la banque"}
    assert poster(bureau.client, f"{page}/annuler", rejet).status_code == 303
    with bureau.bd.session_lecture() as session:
        assert session.get_one(Facture, facture_id).reste_centimes == 684
        lettre = session.scalars(select(Courriel.corps_texte)).first() or ""
    assert "(prélèvement) est annulé.\nMotif" in lettre.replace("\u00a0", " "), "no receipt to tell of"


def test_under_15_euros_the_desk_says_that_the_treasury_does_not_recover_and_lets_it_go(bureau: Bureau) -> None:
    facture_id = creer(bureau.village, echeance=date(2026, 12, 1))
    with bureau.bd.session_ecriture() as session:
        quinze, haddad = [(None, None, None, 1500, "Repas")], bureau.village.foyers["haddad"]
        suite: dict[str, Any] = {"numero": "2026-EE-000902", "echeance": date(2026, 12, 1)}
        grande = creer_facture(session, haddad, quinze, **suite).id
    bureau.entrer("Régine")
    assert "D1611-1" in bureau.client.get(f"/agent/factures/{facture_id}").text
    assert "D1611-1" not in bureau.client.get(f"/agent/factures/{grande}").text
    assert phrases(bureau.client.get("/agent/reglements/impayes")).count("moins de 15\u00a0€") == 1
    assert poster(bureau.client, f"/agent/factures/{facture_id}/transmettre", {"confirme": "oui"}).status_code == 303


def test_a_debit_is_announced_then_called_off(bureau: Bureau) -> None:
    facture_id = creer(bureau.village)
    adresse, page = f"/agent/factures/{facture_id}/prelevement", f"/agent/factures/{facture_id}"
    bureau.entrer("Régine")
    for champs in ({}, {"le": "hier"}, {"le": "2026-12-01"}, {"le": "9999-12-31"}, {"le": "2027-06-01"}):
        assert poster(bureau.client, adresse, champs).status_code == 409, champs
    formulaire = lire_formulaire(bureau.client.get(page).text, "prelevement")
    formulaire.champs["le"] = ["2026-12-15"]
    assert formulaire.envoyer(bureau.client).status_code == 303
    annoncee = bureau.client.get(page)
    assert "Prélèvement prévu le15 décembre 2026" in phrases(annoncee)
    assert "prélèvement prévu" in phrases(annoncee)
    assert poster(bureau.client, adresse, {"geste": "retirer"}).status_code == 409, "to be confirmed"
    assert poster(bureau.client, adresse, {"geste": "retirer", "confirme": "oui"}).status_code == 303
    retiree = bureau.client.get(page)
    assert "Retirer le prélèvement" not in retiree.text
    assert "à régler" in phrases(retiree)
    # While one is awaited, nobody else is told to collect it.
    jour = date(2026, 12, 1)
    tardive = creer(bureau.village, numero="2026-EE-000904", echeance=jour, prelevement_le=jour)
    assert "/transmettre" not in bureau.client.get(f"/agent/factures/{tardive}").text
    assert poster(bureau.client, f"/agent/factures/{tardive}/transmettre", {"confirme": "oui"}).status_code == 409
    # Bounced in silence: a week after its day, it is owed again.
    rejetee = creer(bureau.village, numero="2026-EE-000902", prelevement_le=date(2026, 11, 24))
    dit = phrases(bureau.client.get(f"/agent/factures/{rejetee}"))
    assert "Prélèvement sans effet, prévu le24 novembre 2026" in dit
    payee = creer(bureau.village, numero="2026-EE-000903", reste_centimes=0)
    assert "Annoncer un prélèvement" not in bureau.client.get(f"/agent/factures/{payee}").text
    # Who reads does not write.
    bureau.entrer("Odile")
    assert "Annoncer un prélèvement" not in bureau.client.get(page).text
    assert poster(bureau.client, adresse, {"le": "2026-12-15"}).status_code == 404


def test_an_agent_of_one_structure_deals_with_its_families_only(bureau: Bureau) -> None:
    """Rémi bills at the school, where Yanis and the Morel's children are; the Figurants' are of the centre too."""
    morel = creer(bureau.village)
    bureau.entrer("Rémi")
    assert "Faire un avoir" in bureau.client.get(f"/agent/factures/{morel}").text
    bureau.entrer("Inès")
    assert bureau.client.get(f"/agent/factures/{morel}").status_code == 200, "Mia is at the crèche"
    haddad = creer(bureau.village, "haddad", numero="2026-EE-000902")
    assert bureau.client.get(f"/agent/factures/{haddad}").status_code == 404
    assert bureau.client.get(f"/agent/factures/{haddad}.pdf").status_code == 404
    assert "Haddad" not in phrases(bureau.client.get("/agent/factures"))


def test_pages_of_an_invoice_ask_the_database_for_little(bureau: Bureau, compter_requetes: CompterRequetes) -> None:
    facture_id = creer(bureau.village)
    bureau.entrer("Régine")
    for page in (f"/agent/factures/{facture_id}", f"/agent/factures/{facture_id}/avoir", "/agent/factures?q=morel"):
        bureau.client.get(page)
        with compter_requetes() as requetes:
            assert bureau.client.get(page).status_code == 200
        assert len(requetes) <= 12, page
