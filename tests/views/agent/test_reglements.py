"""Payments at the desk: entered by hand, spread, undone, given back; accounts and daily statement."""

import re
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select, update

from portail_famille.domain.droits import Attribution, Role
from portail_famille.models.comptes import Compte, RoleAgent
from portail_famille.models.courriels import Courriel
from portail_famille.models.factures import Facture
from portail_famille.models.foyers import Foyer, Responsable
from portail_famille.models.paiements import Paiement, Reglement
from portail_famille.services import extractions
from portail_famille.services.agents import ajouter_role
from portail_famille.services.documents import coffre_de
from portail_famille.services.journal import SYSTEME
from portail_famille.services.reglements import encaisser as encaisser_en_ligne
from tests.conftest import CLE_SECRETE, CompterRequetes
from tests.support.agents import connecter_agent
from tests.support.client import HTMX, poster
from tests.support.ecran import phrases
from tests.support.factures import creer_facture
from tests.support.formulaires import Formulaire, lire_formulaire
from tests.support.temps import MERCREDI_SOIR, HorlogeReglable
from tests.support.village import LUNDI
from tests.views.agent.conftest import Bureau

HIER = date(2026, 12, 1)


def creer(bureau: Bureau, foyer: str = "morel", numero: str = "2026-EE-000001", **options: Any) -> int:
    """An invoice of 42,00 €."""
    with bureau.bd.session_ecriture() as session:
        return creer_facture(session, bureau.village.foyers[foyer], numero=numero, **options).id


def saisie(bureau: Bureau, foyer: str = "morel", facture: str = "", **champs: str) -> Formulaire:
    suite = f"?facture={facture}" if facture else ""
    adresse = f"/agent/reglements/foyers/{bureau.village.foyers[foyer]}/saisir{suite}"
    lu = lire_formulaire(bureau.client.get(adresse).text, "formulaire")
    voulus = {"moyen": "cheque", "regie": "enfance", "recu_le": "2026-12-02"} | champs
    lu.champs |= {nom: [valeur] for nom, valeur in voulus.items()}
    return lu


def encaisser(bureau: Bureau, foyer: str = "morel", facture: str = "", **champs: str) -> str:
    """Previewed, then confirmed; the address of the payment."""
    apercu = saisie(bureau, foyer, facture, **champs).envoyer(bureau.client)
    assert apercu.status_code == 200, phrases(apercu)
    confirme = lire_formulaire(apercu.text, "formulaire")
    confirme.champs["confirme"] = ["oui"]
    reponse = confirme.envoyer(bureau.client)
    assert reponse.status_code == 303, phrases(reponse)
    return str(reponse.location.removeprefix("/saint-rivage").partition("?")[0])


def reglements(bureau: Bureau) -> list[Reglement]:
    with bureau.bd.session_lecture() as session:
        return list(session.scalars(select(Reglement).order_by(Reglement.id)))


def restes(bureau: Bureau) -> list[int]:
    with bureau.bd.session_lecture() as session:
        return list(session.scalars(select(Facture.reste_centimes).order_by(Facture.id)))


def test_a_cheque_is_shown_spread_then_written_once(bureau: Bureau) -> None:
    creer(bureau, echeance=date(2026, 12, 20))
    seconde = creer(bureau, numero="2026-EE-000002", echeance=date(2026, 12, 28))
    bureau.entrer("Régine")
    formulaire = saisie(bureau, montant="50,00", reference="0012345")
    apercu = formulaire.envoyer(bureau.client)
    page = phrases(apercu)
    assert "Facture 2026-EE-000001\u00a0: 42,00\u00a0€\u202f; elle est réglée." in page
    assert "Facture 2026-EE-000002\u00a0: 8,00\u00a0€\u202f; il restera 34,00\u00a0€ à régler." in page
    assert reglements(bureau) == [], "shown, not done"
    confirme = lire_formulaire(apercu.text, "formulaire")
    confirme.champs["confirme"] = ["oui"]
    premiere, encore = confirme.envoyer(bureau.client), confirme.envoyer(bureau.client)
    assert premiere.location == encore.location, "pressed twice"
    (ecrit,) = reglements(bureau)
    assert (ecrit.montant_centimes, ecrit.reference, ecrit.compte_id) == (5000, "0012345", bureau.comptes["Régine"])
    assert restes(bureau) == [0, 3400]
    assert "réglée en partie" in phrases(bureau.client.get(f"/agent/factures/{seconde}"))


def test_the_invoices_ticked_are_paid_first_and_the_rest_is_an_advance(bureau: Bureau) -> None:
    creer(bureau)
    seconde = creer(bureau, numero="2026-EE-000002")
    bureau.entrer("Régine")
    trouvee = bureau.client.get("/agent/reglements?q=2026-ee-000002")
    assert trouvee.location.endswith(f"/saisir?facture={seconde}"), "a number leads to the entry"
    prefait = saisie(bureau, facture=str(seconde))
    assert (prefait.champs["montant"], prefait.champs["facture"]) == (["42,00"], [str(seconde)])
    encaisser(bureau, facture=str(seconde))
    assert restes(bureau) == [4200, 0]
    adresse = encaisser(bureau, montant="50,00", moyen="especes")
    assert "8,00\u00a0€ d’avance" in phrases(bureau.client.get(adresse))
    compte = phrases(bureau.client.get(f"/agent/reglements/foyers/{bureau.village.foyers['morel']}"))
    assert "d’avance" in compte
    assert "Rembourser l’avance" in compte


def test_what_is_owed_to_a_regie_that_the_town_took_out_is_read_and_cashed_at_the_desk(bureau: Bureau) -> None:
    ancienne = creer(bureau, numero="2025-AN-000007", regie="ancienne")
    bureau.entrer("Régine")
    accueil = phrases(bureau.client.get("/agent/facturation"))
    assert "La régie «\u00a0ancienne\u00a0» n’est plus dans les réglages\u00a0: 1\u00a0facture à régler" in accueil
    assert "rien ne s’y prépare" in accueil
    assert "2025-AN-000007" in phrases(bureau.client.get(f"/agent/factures/{ancienne}"))
    prefait = saisie(bureau, facture=str(ancienne), regie="ancienne")
    assert prefait.champs["montant"] == ["42,00"]
    adresse = encaisser(bureau, facture=str(ancienne), regie="ancienne")
    assert restes(bureau) == [0]
    assert "ancienne" in phrases(bureau.client.get(adresse))
    # Nothing is owed to it any more: it is offered no more.
    refusee = saisie(bureau, regie="ancienne", montant="5").envoyer(bureau.client)
    assert "Choisissez la régie qui encaisse." in phrases(refusee)


def test_what_was_changed_after_the_preview_is_shown_again(bureau: Bureau) -> None:
    creer(bureau)
    bureau.entrer("Régine")
    confirme = lire_formulaire(saisie(bureau, montant="10").envoyer(bureau.client).text, "formulaire")
    confirme.champs |= {"confirme": ["oui"], "montant": ["11"]}
    assert "Encaisser 11,00\u00a0€" in phrases(confirme.envoyer(bureau.client))
    assert reglements(bureau) == []


@pytest.mark.parametrize(
    ("champs", "phrase"),
    [
        ({"montant": "dix"}, "Écrivez un montant en euros"),
        ({"montant": "0"}, "plus grand que zéro"),
        ({"montant": "999999999"}, "trop grand"),
        ({"montant": "10", "moyen": "carte"}, "Choisissez comment la famille a payé."),
        ({"montant": "10", "regie": "autre"}, "Choisissez la régie"),
        ({"montant": "10", "recu_le": "2026-12-03"}, "pas encore arrivée"),
        ({"montant": "10", "recu_le": "1926-12-03"}, "trop ancienne"),
        ({"montant": "10", "recu_le": ""}, "Écrivez une date"),
        ({"montant": "10", "cesu_employeur": "5"}, "ne concerne que les CESU"),
        ({"montant": "10", "moyen": "cesu", "cesu_employeur": "11"}, "dépasse le montant"),
    ],
)
def test_a_payment_badly_written_comes_back_with_what_to_do(
    bureau: Bureau, champs: dict[str, str], phrase: str
) -> None:
    bureau.entrer("Régine")
    reponse = saisie(bureau, **champs).envoyer(bureau.client)
    assert reponse.status_code == 422
    assert phrase in phrases(reponse)
    assert reglements(bureau) == []


def test_a_payment_of_another_s_invoice_or_of_another_régie_is_refused(bureau: Bureau) -> None:
    haddad = creer(bureau, "haddad")
    bureau.entrer("Régine")
    formulaire = saisie(bureau, montant="10")
    formulaire.champs["facture"] = [str(haddad)]
    assert "Facture 2026-EE" not in phrases(formulaire.envoyer(bureau.client)), "as if it were not ticked"
    sienne = creer(bureau, numero="2026-VA-000001", regie="vacances")
    formulaire.champs["facture"] = [str(sienne)]
    assert "pas de la régie qui encaisse" in phrases(formulaire.envoyer(bureau.client))
    formulaire.champs["cle_envoi"] = ["x"]
    assert formulaire.envoyer(bureau.client).status_code == 400


def test_a_payment_is_reversed_with_its_reason(bureau: Bureau) -> None:
    creer(bureau)
    bureau.entrer("Régine")
    adresse = encaisser(bureau, montant="42,00")
    assert poster(bureau.client, f"{adresse}/annuler", {"motif": "Sans provision"}).status_code == 409
    assert poster(bureau.client, f"{adresse}/annuler", {"motif": " ", "confirme": "oui"}).status_code == 409
    assert restes(bureau) == [0]
    fait = {"motif": "Sans provision", "confirme": "oui"}
    assert poster(bureau.client, f"{adresse}/annuler", fait).status_code == 303
    assert poster(bureau.client, f"{adresse}/annuler", fait).status_code == 303, "pressed twice"
    assert restes(bureau) == [4200]
    assert [r.montant_centimes for r in reglements(bureau)] == [4200, -4200]
    with bureau.bd.session_lecture() as session:
        objets = list(session.scalars(select(Courriel.objet).where(Courriel.objet.contains("annulé"))))
    assert len(objets) == 2, "each adult of the foyer is told, once"
    page = bureau.client.get(adresse)
    assert "Annuler ce règlement" not in page.text
    annulation = bureau.client.get(f"/agent/reglements/{reglements(bureau)[1].id}")
    assert "Sans provision" in phrases(annulation)
    assert bureau.client.get(f"{adresse}.pdf").data.startswith(b"%PDF")


@pytest.mark.parametrize(("moyen", "s_annule"), [("prelevement", True), ("essai", True), ("carte", False)])
def test_a_debit_ordered_through_payfip_may_bounce_a_trial_is_undone_a_card_s_payment_is_not(
    bureau: Bureau, moyen: str, s_annule: bool
) -> None:
    facture_id = creer(bureau)
    with bureau.bd.session_ecriture() as session:
        session.add(
            Paiement(
                facture_id=facture_id, regie="enfance", numero_client="900001", montant_centimes=4200, refdet="1",
                exer=2026, saisie="T", courriel="", objet="", cree_utc=MERCREDI_SOIR, etat="paye", est_bloquant=False,
            )
        )  # fmt: skip
        session.flush()
        ecrit = encaisser_en_ligne(
            session, foyer_id=bureau.village.foyers["morel"], regie="enfance", moyen=moyen, montant_centimes=4200,
            recu_le=MERCREDI_SOIR.date(), auteur=SYSTEME, maintenant=MERCREDI_SOIR, paiement_id=1,
        ).id  # fmt: skip
    bureau.entrer("Régine")
    adresse = f"/agent/reglements/{ecrit}"
    assert (f"{adresse}/annuler" in bureau.client.get(adresse).text) is s_annule
    rejet = poster(bureau.client, f"{adresse}/annuler", {"confirme": "oui", "motif": "Rejeté par la banque"})
    assert (rejet.status_code, restes(bureau)) == ((303, [4200]) if s_annule else (409, [0]))


def test_an_advance_is_given_back_once_and_no_more_than_it_is(bureau: Bureau) -> None:
    creer(bureau)
    bureau.entrer("Régine")
    encaisser(bureau, montant="50,00")
    foyer = bureau.village.foyers["morel"]
    formulaire = lire_formulaire(bureau.client.get(f"/agent/reglements/foyers/{foyer}").text, "rembourser-enfance")
    assert formulaire.champs["montant"] == ["8,00"]
    assert formulaire.envoyer(bureau.client).status_code == 422, "not confirmed"
    formulaire.cocher("confirme", "oui")
    formulaire.champs["montant"] = ["8,01"]
    assert "plus que ce que la famille a d’avance" in phrases(formulaire.envoyer(bureau.client))
    formulaire.champs["montant"] = ["8,00"]
    assert formulaire.envoyer(bureau.client).status_code == 303
    assert formulaire.envoyer(bureau.client).status_code == 303, "pressed twice"
    assert [r.montant_centimes for r in reglements(bureau)] == [5000, -800]
    formulaire.champs["montant"] = ["7,00"]
    autre = formulaire.envoyer(bureau.client)
    assert autre.status_code == 409
    assert "Rien n’est noté." in phrases(autre)
    assert len(reglements(bureau)) == 2


def test_a_form_gone_back_to_and_changed_is_never_told_cashed(bureau: Bureau) -> None:
    creer(bureau)
    bureau.entrer("Régine")
    formulaire = saisie(bureau, montant="10,00")
    apercu = lire_formulaire(formulaire.envoyer(bureau.client).text, "formulaire")
    apercu.champs["confirme"] = ["oui"]
    apercu.envoyer(bureau.client)
    formulaire.champs["montant"] = ["20,00"]
    refus = formulaire.envoyer(bureau.client)
    assert refus.status_code == 409
    assert f"déjà servi pour {reglements(bureau)[0].numero}, de 10,00\u00a0€" in phrases(refus)
    neuf = lire_formulaire(lire_formulaire(refus.text, "formulaire").envoyer(bureau.client).text, "formulaire")
    neuf.champs["confirme"] = ["oui"]
    assert neuf.envoyer(bureau.client).status_code == 303
    assert [r.montant_centimes for r in reglements(bureau)] == [1000, 2000]


def test_a_payment_of_one_invoice_pressed_twice_says_the_same_and_the_next_invoice_is_another_payment(
    bureau: Bureau,
) -> None:
    """Two children, two equal invoices, twice the same amount in cash: Back leads to the form of the first one."""
    premiere, seconde = creer(bureau), creer(bureau, numero="2026-EE-000002")
    bureau.entrer("Régine")
    apercu = saisie(bureau, facture=str(premiere), moyen="especes").envoyer(bureau.client)
    confirme = lire_formulaire(apercu.text, "formulaire")
    confirme.champs["confirme"] = ["oui"]
    ecrit, encore = confirme.envoyer(bureau.client), confirme.envoyer(bureau.client)
    assert encore.status_code == 303, "it was shown again, to be confirmed, as if nothing had been written"
    assert encore.location == ecrit.location
    confirme.champs["facture"] = [str(seconde)]
    refus = confirme.envoyer(bureau.client)
    assert refus.status_code == 409
    assert f"déjà servi pour {reglements(bureau)[0].numero}" in phrases(refus)
    neuf = lire_formulaire(lire_formulaire(refus.text, "formulaire").envoyer(bureau.client).text, "formulaire")
    neuf.champs["confirme"] = ["oui"]
    assert neuf.envoyer(bureau.client).status_code == 303
    assert (restes(bureau), len(reglements(bureau))) == ([0, 0], 2)


def test_the_daily_statement_adds_up_by_means_and_leaves_as_a_spreadsheet(bureau: Bureau) -> None:
    creer(bureau)
    bureau.entrer("Régine")
    encaisser(bureau, montant="30,00")
    encaisser(bureau, montant="20,50", moyen="especes")
    encaisser(bureau, montant="5,00", recu_le="2026-12-01")
    page = bureau.client.get("/agent/reglements/journal?regie=enfance&jour=2026-12-02")
    assert "50,50\u00a0€" in phrases(page)
    assert "5,00\u00a0€" in phrases(bureau.client.get("/agent/reglements/journal?regie=enfance&jour=2026-12-01"))
    assert "Aucun encaissement" in phrases(bureau.client.get("/agent/reglements/journal?regie=vacances"))
    formulaire = lire_formulaire(page.text, "/agent/exports")
    formulaire.champs["format"] = ["csv"]
    lignes = formulaire.envoyer(bureau.client).data.decode("utf-8-sig").splitlines()
    assert [ligne.split(";")[6] for ligne in lignes[1:]] == ['"30,00"', '"20,50"']
    # What was written the day after it came in is told on both days, and counted once.
    assert "Saisis ce jour-là, reçus avant" in phrases(page)
    mois = phrases(bureau.client.get("/agent/reglements/journal-du-mois?regie=enfance&mois=2026-12"))
    for attendu in ("55,50\u00a0€", "01/12/2026", "02/12/2026"):
        assert attendu in mois, attendu
    assert "écriture saisie" not in mois, "all of them are in this month"
    novembre = phrases(bureau.client.get("/agent/reglements/journal-du-mois?regie=enfance&mois=2026-11"))
    assert "Aucun encaissement ce mois-là" in novembre
    bureau.entrer("Rémi")
    assert formulaire.envoyer(bureau.client).status_code in (400, 404), "the whole town's money"
    assert poster(bureau.client, "/agent/exports", {"liste": "reglements", "format": "csv"}).status_code == 404


def test_a_long_statement_is_the_worker_s_as_long_as_the_agent_bills_the_town(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch, horloge: HorlogeReglable
) -> None:
    monkeypatch.setattr(extractions, "AU_PLUS_TOT", 0)
    creer(bureau)
    bureau.entrer("Régine")
    encaisser(bureau, montant="30,00")
    coffre = coffre_de(bureau.client.application.extensions["reglages"].dossier, CLE_SECRETE)
    adresses = []
    for format_ in ("csv", "xlsx"):
        donnees = {"liste": "reglements", "format": format_, "regie": "enfance"}
        adresses.append(poster(bureau.client, "/agent/exports", donnees).location.removeprefix("/saint-rivage"))
        if format_ == "csv":
            assert extractions.fabriquer_dues(bureau.bd, coffre, horloge, lambda: True) == 1
    assert poster(bureau.client, f"{adresses[0]}/fichier").status_code == 200
    with bureau.bd.session_ecriture() as session:
        session.execute(update(RoleAgent).where(RoleAgent.compte_id == bureau.comptes["Régine"]).values(role="lecture"))
    assert poster(bureau.client, f"{adresses[0]}/fichier").status_code == 404, "she bills no more"
    assert extractions.fabriquer_dues(bureau.bd, coffre, horloge, lambda: True) == 0
    assert "n’a pas pu être préparée" in phrases(bureau.client.get(adresses[1]))


def test_unpaid_invoices_are_handed_over_together_or_not_at_all(bureau: Bureau) -> None:
    tard = creer(bureau, echeance=date(2026, 11, 20))
    autre = creer(bureau, "haddad", "2026-EE-000002", echeance=HIER)
    a_temps = creer(bureau, "ferrand", "2026-EE-000003")
    bureau.entrer("Régine")
    page = phrases(bureau.client.get("/agent/reglements/impayes"))
    assert page.index("Morel") < page.index("Haddad"), "the latest first"
    assert "12\u00a0jours de retard, aucune relance" in page
    assert re.search(r"\w+ Haddad, (sans téléphone|0\d)", page), "who pays is named, with a telephone or without"
    for lue in (f"/agent/factures/{tard}", "/agent/factures"):
        assert "en retard" in phrases(bureau.client.get(lue)), "as the family reads it"
    assert "2\u00a0factures en retard, 84,00\u00a0€ à recevoir" in page
    assert "Ferrand" not in page
    adresse = "/agent/reglements/impayes"
    for donnees in ({"confirme": "oui"}, {"facture": [tard]}, {"facture": [tard, a_temps], "confirme": "oui"}):
        assert poster(bureau.client, adresse, donnees).status_code == 409
    assert poster(bureau.client, adresse, {"facture": [tard, autre], "confirme": "oui"}).status_code == 303
    assert "Aucune facture en retard" in phrases(bureau.client.get(adresse))
    with bureau.bd.session_lecture() as session:
        assert session.scalars(select(Facture.transmise_le)).all() == [date(2026, 12, 2), date(2026, 12, 2), None]


def test_payments_by_card_that_ask_for_a_look_are_listed(bureau: Bureau) -> None:
    facture_id = creer(bureau)
    commun = {
        "facture_id": facture_id,
        "regie": "enfance",
        "numero_client": "900001",
        "montant_centimes": 4200,
        "exer": 2026,
        "saisie": "T",
        "courriel": "c@example.org",
        "objet": "Facture",
        "cree_utc": MERCREDI_SOIR,
        "est_bloquant": False,
    }
    with bureau.bd.session_ecriture() as session:
        session.add(Paiement(**commun, refdet="A1", etat="paye", anomalie="PayFiP dit 43,00\u00a0€ payés."))
        session.add(Paiement(**commun, refdet="A2", etat="paye"))
    bureau.entrer("Régine")
    page = phrases(bureau.client.get("/agent/reglements/cartes"))
    assert page.count("2026-EE-000001") == 1
    assert "PayFiP dit 43,00\u00a0€ payés." in page
    assert "à vérifier" in page


def test_the_family_s_file_shows_its_account(bureau: Bureau, compter_requetes: CompterRequetes) -> None:
    creer(bureau)
    bureau.entrer("Odile")
    foyer = bureau.village.foyers["morel"]
    compte = f"/agent/reglements/foyers/{foyer}"
    assert f'hx-get="/saint-rivage{compte}"' in bureau.client.get(f"/agent/foyers/{foyer}").text
    fragment = bureau.client.get(compte, headers=HTMX)
    assert fragment.text.lstrip().startswith('<section id="compte"')
    assert "2026-EE-000001" in phrases(fragment)
    assert "Saisir un règlement" not in fragment.text, "she only reads"
    bureau.entrer("Régine")
    for page in (compte, f"{compte}/saisir", "/agent/reglements/impayes", "/agent/reglements/journal"):
        bureau.client.get(page)
        with compter_requetes() as requetes:
            assert bureau.client.get(page).status_code == 200
        assert len(requetes) <= 12, page


def test_nobody_writes_on_the_account_of_her_own_family(bureau: Bureau) -> None:
    facture_id = creer(bureau, "haddad")
    foyer = bureau.village.foyers["haddad"]
    bureau.entrer("Régine")
    _apparenter(bureau, "Régine", foyer)
    for adresse in (f"foyers/{foyer}", f"foyers/{foyer}/saisir"):
        page = bureau.client.get(f"/agent/reglements/{adresse}")
        assert page.status_code == 404
        assert "un autre agent s’en charge" in phrases(page)
    assert bureau.client.get(f"/agent/factures/{facture_id}").status_code == 404
    for adresse in (f"reglements/foyers/{foyer}/saisir", f"factures/{facture_id}/avoir"):
        assert poster(bureau.client, f"/agent/{adresse}", {"cle_envoi": "x" * 20}).status_code == 404
    donnees = {"facture": [facture_id], "confirme": "oui"}
    assert poster(bureau.client, "/agent/reglements/impayes", donnees).status_code == 404
    assert "Haddad" not in phrases(bureau.client.get("/agent/factures"))


def test_the_home_that_a_judge_hides_from_her_is_told_by_nothing(bureau: Bureau) -> None:
    """Camille bills for the town; Léa's other home is hidden from her: neither the day's statement, nor a spreadsheet,
    nor a search tells what is written of it."""
    village = bureau.village
    with bureau.bd.session_ecriture() as session:
        camille = session.get_one(Compte, village.comptes["camille"])
        ajouter_role(session, camille.id, Attribution(Role.REGIE), MERCREDI_SOIR)
        cachee = session.get_one(Foyer, village.foyers["ferrand"])
        cachee.adresse = "7 impasse du Secret"
        creer_facture(session, cachee.id, [(village.enfants["lea"], village.unite("repas"), LUNDI, 4200, "")])
        identifiant = camille.identifiant
    bureau.entrer("Régine")
    encaisser(bureau, foyer="ferrand", montant="30,00", reference="M. Julien Ferrand")
    connecter_agent(bureau.client, identifiant)
    journal = phrases(bureau.client.get("/agent/reglements/journal?regie=enfance"))
    assert "30,00\u00a0€" in journal
    assert "Julien" not in journal
    for adresse in ("factures?q=impasse", "factures?q=Ferrand", "reglements?q=impasse", "reglements?q=2026-EE-000001"):
        page = bureau.client.get(f"/agent/{adresse}")
        assert page.status_code == 200, adresse
        assert "Secret" not in phrases(page), adresse
        assert "novembre 2026, émise" not in phrases(page), adresse

    def lignes(liste: str, q: str = "") -> str:
        feuille = poster(bureau.client, "/agent/exports", {"liste": liste, "format": "csv", "q": q})
        return str(feuille.data.decode("utf-8-sig")).partition("\r\n")[2]

    for liste in ("factures", "lignes_factures", "reglements"):
        tout = lignes(liste)
        assert tout.count("(un dossier de votre famille)") == 1
        for tu in ("Ferrand", "Secret", "Léa", "2026-11-09", "09/11/2026", "Repas"):
            assert tu not in tout, (liste, tu)
    assert lignes("factures", "impasse du secret") == lignes("factures", "rue qui n’existe pas") == ""


def _apparenter(bureau: Bureau, prenom: str, foyer_id: int) -> None:
    with bureau.bd.session_ecriture() as session:
        personne_id = session.get_one(Compte, bureau.comptes[prenom]).personne_id
        session.add(Responsable(foyer_id=foyer_id, personne_id=personne_id))
