"""« Mes factures » on the screens of a family."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from portail_famille.config import ReglagesCommune
from portail_famille.models.factures import AdhesionFacture, Facture
from portail_famille.models.foyers import Responsable
from portail_famille.models.paiements import Paiement
from portail_famille.services.avoirs import creer_avoir
from portail_famille.services.journal import SYSTEME
from portail_famille.services.reglements import annuler_reglement, encaisser, utiliser_credits
from tests.conftest import CompterRequetes
from tests.support.client import HTMX, connecter, poster
from tests.support.ecran import phrases
from tests.support.facturations import emettre_mois
from tests.support.factures import creer_facture
from tests.support.formulaires import lire_formulaire
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import JEUDI, LUNDI, MERCREDI, VENDREDI, Village

AUJOURDHUI = date(2026, 12, 2)
Ecrire = Callable[..., int]


@pytest.fixture
def ecrire(village: Village) -> Ecrire:
    def creer(*lignes: Any, foyer: str = "morel", **colonnes: Any) -> int:
        with village.bd.session_ecriture() as session:
            return creer_facture(session, village.foyers[foyer], lignes, **colonnes).id

    return creer


@pytest.fixture
def camille(village: Village, client: FlaskClient) -> FlaskClient:
    connecter(client, "camille.morel")
    return client


def contenu(page: Any) -> str:
    """What is between the menu and the foot of the page."""
    return phrases(page).partition("Plus ")[2].partition("Mairie de Saint-Rivage")[0]


def emise(village: Village, reglages: ReglagesCommune) -> int:
    """December of the village, billed by the engine: Noé's and Léa's days."""
    village.reserver("noe", "repas", JEUDI, VENDREDI)
    village.reserver("noe", "mercredi-journee", MERCREDI)
    village.reserver("lea", "repas", LUNDI)
    emettre_mois(village.bd, reglages)
    with village.bd.session_lecture() as session:
        return session.scalars(select(Facture.id).where(Facture.foyer_id == village.foyers["morel"])).one()


def test_an_invoice_says_how_much_until_when_for_which_days_and_why(
    camille: FlaskClient, village: Village, reglages: ReglagesCommune, compter_requetes: CompterRequetes
) -> None:
    facture = emise(village, reglages)
    camille.get(f"/factures/{facture}")
    with compter_requetes() as requetes:
        page = camille.get(f"/factures/{facture}")
    assert len(requetes) <= 10, requetes
    dit = contenu(page)
    for phrase in (
        "Décembre 2026à régler 35,94\u00a0€ à régler avant le dimanche 20 décembre Payer par carte bancaire",
        "Repas71\u00a0×\u00a03,42\u00a0€3,42\u00a0€",
        "Repas1er, 3, 7, 8, 10 et 116\u00a0×\u00a03,42\u00a0€20,52\u00a0€",
        "Journée du mercredi91\u00a0×\u00a012,00\u00a0€12,00\u00a0€",
        "Votre quotient familial était de 842 ces jours-là.",
        "Le prix est de 12,00\u00a0€, le même pour toutes les familles.",
        "Total de la facture35,94\u00a0€",
        "Numéro2026-EE-00000",
        "PayeurCamille Morel RégieEnfance et éducation",
    ):
        assert phrase in dit, (phrase, dit)
    assert f'href="/saint-rivage/factures/{facture}/payer"' in page.text
    assert f'href="/saint-rivage/factures/{facture}.pdf"' in page.text
    assert "/demarches/nouvelle/reclamation?facture=2026-EE-00000" in page.text


def test_sixty_invoices_are_listed_in_few_queries_and_the_sixty_first_is_a_page_away(
    camille: FlaskClient, ecrire: Ecrire, compter_requetes: CompterRequetes
) -> None:
    assert "Pas encore de facture" in contenu(camille.get("/factures"))
    for n in range(62):
        mois = date(2026 - n // 12, 12 - n % 12, 1)
        ecrire(numero=f"{mois.year}-EE-{n:06d}", mois=mois, emise_le=mois, reste_centimes=0 if n else 4200)
    camille.get("/factures")
    with compter_requetes() as requetes:
        page = camille.get("/factures")
    assert len(requetes) <= 8, requetes
    assert page.text.count('<li><a class="rang ligne etire" href="/saint-rivage/factures/') == 62, (
        "what waits, sixty, and the adhésion"
    )
    assert "Vous avez 1\u00a0facture non réglée." in contenu(page)
    suite = re.search(r'href="/saint-rivage(/factures\?apres=[^"]+)"', page.text)
    assert suite is not None
    derniere = camille.get(suite[1])
    assert "novembre 2021" in contenu(derniere)
    assert "Plus anciennes" not in derniere.text


def test_filters_are_links_and_a_form_that_change_only_the_results(camille: FlaskClient, ecrire: Ecrire) -> None:
    ecrire(numero="2026-EE-000001")
    ecrire(numero="2026-EE-000002", mois=date(2026, 10, 1), reste_centimes=0)
    ecrire(numero="CR-77", regie="creche", mois=date(2025, 10, 1), origine="importee")
    page = camille.get("/factures")
    dit = contenu(page)
    assert "Vous avez 2\u00a0factures non réglées." in dit
    assert 'href="/saint-rivage/factures?etat=a_regler">Vous avez 2' in page.text
    assert "Multi-accueil\u00a0: 1\u00a0facture, 42,00\u00a0€" in dit
    assert "Facture enfance, novembre 2026 à réglerà régler avant le 21 décembren°\u00a02026-EE-000001" in dit
    filtre = lire_formulaire(page.text, "/factures")
    filtre.champs |= {"etat": ["a_regler"], "regie": ["creche"], "annee": ["2025"]}
    voulue = contenu(filtre.envoyer(camille))
    assert "filtres actifs" in voulue
    assert "CR-77" in voulue
    assert "2026-EE" not in voulue
    partie = camille.get("/factures?etat=reglees", headers=HTMX).text
    assert partie.lstrip().startswith('<section id="resultats"')
    assert "2026-EE-000002" in partie
    assert "2026-EE-000001" not in partie
    assert "Aucune facture ne correspond." in contenu(camille.get("/factures?etat=transmises"))
    # Odd words filter nothing.
    assert "2026-EE-000002" in contenu(camille.get("/factures?etat=x&regie=y&annee=zz&apres=9999-99-99-1"))


def test_what_waits_comes_first_the_latest_due_before_the_others(camille: FlaskClient, ecrire: Ecrire) -> None:
    ecrire(numero="2026-EE-000001", mois=date(2026, 9, 1), emise_le=date(2026, 10, 1), echeance=date(2026, 10, 20))
    ecrire(numero="2026-EE-000002", mois=date(2026, 10, 1), emise_le=date(2026, 11, 2), reste_centimes=0)
    ecrire(numero="2026-EE-000003", emise_le=date(2026, 12, 1), echeance=date(2026, 12, 20))
    ecrire(numero="X9", regie="creche", mois=date(2026, 8, 1), emise_le=date(2026, 9, 1), reste_centimes=0,
           libelle="Accueil", origine="importee")  # fmt: skip
    dit = contenu(camille.get("/factures"))
    assert re.findall(r"n°\u00a0(2026-EE-\d{6}|X9)", dit) == [
        "2026-EE-000001", "2026-EE-000003", "2026-EE-000002", "X9",
    ]  # fmt: skip
    assert dit.count("en retard") == 1
    assert "Facture enfance, septembre 2026 en retardétait à régler avant le 20 octobre" in dit
    # Another software's words may not say the month.
    assert "Accueil régléeAoût 2026, n°\u00a0X9" in dit
    # A state asked for is listed latest first, none twice.
    assert re.findall(r"n°\u00a0(2026-EE-\d{6})", contenu(camille.get("/factures?etat=a_regler"))) == [
        "2026-EE-000003", "2026-EE-000001",
    ]  # fmt: skip


def test_an_invoice_of_somebody_else_does_not_exist(client: FlaskClient, village: Village, ecrire: Ecrire) -> None:
    une, brouillon = ecrire(foyer="ferrand"), ecrire(foyer="haddad", numero=None)
    connecter(client, "karim.haddad")
    refus = [client.get(f"/factures/{n}") for n in (une, brouillon, 999_999)]
    assert [page.status_code for page in refus] == [404] * 3
    assert contenu(refus[0]) == contenu(refus[2])
    connecter(client, "nadia.petit")
    assert client.get(f"/factures/{une}").status_code == 404


def test_the_mail_of_another_of_her_foyers_leads_there(client: FlaskClient, village: Village, ecrire: Ecrire) -> None:
    """Julien is of two foyers: he acts for one, the invoice is of the other."""
    factures = {
        foyer: ecrire(foyer=foyer, numero=f"2026-EE-00000{n}") for n, foyer in enumerate(("ferrand", "petit"), 1)
    }
    connecter(client, "julien.ferrand")
    pages = {foyer: client.get(f"/factures/{id_}") for foyer, id_ in factures.items()}
    ailleurs = next(foyer for foyer, page in pages.items() if page.status_code == 404)
    assert "Cette facture est dans votre foyer" in contenu(pages[ailleurs])
    vers = lire_formulaire(pages[ailleurs].text, "vers_foyer").envoyer(client, follow_redirects=True)
    assert vers.status_code == 200
    assert vers.request.path == f"/factures/{factures[ailleurs]}"


def test_who_left_the_foyer_reads_its_invoices_no_more(client: FlaskClient, village: Village, ecrire: Ecrire) -> None:
    une = ecrire(foyer="petit")
    connecter(client, "julien.ferrand")
    with village.bd.session_ecriture() as session:
        lien = session.scalars(
            select(Responsable).where(
                Responsable.foyer_id == village.foyers["petit"],
                Responsable.personne_id == village.personnes["julien"],
            )
        ).one()
        session.delete(lien)
    assert client.get(f"/factures/{une}").status_code == 404
    assert "Cette facture est dans" not in client.get(f"/factures/{une}").text


def test_a_step_parent_reads_what_is_owed_not_the_days_of_a_child_he_does_not_answer_for(
    client: FlaskClient, village: Village, reglages: ReglagesCommune
) -> None:
    facture = emise(village, reglages)
    connecter(client, "thomas.legall")
    page = client.get(f"/factures/{facture}")
    lea, _, noe = contenu(page).partition("NNoé")
    assert "Repas3,42\u00a0€ Les jours ne sont montrés qu’à ses parents et au payeur." in lea
    assert "Pourquoi" not in lea
    assert "6\u00a0×\u00a03,42\u00a0€" in noe
    assert "Pourquoi ces prix" in noe
    assert "35,94\u00a0€" in noe
    assert ".pdf" not in page.text
    assert "/payer" in page.text
    # The other home of Léa: its own invoice, nothing of this one.
    connecter(client, "julien.ferrand")
    assert client.get(f"/factures/{facture}").status_code == 404


@pytest.mark.parametrize(
    ("colonnes", "dits"),
    [
        ({"transmise_le": AUJOURDHUI}, ("transmise au comptable", "le 2 décembre 2026", "avis des sommes à payer")),
        (
            {"prelevement_le": date(2026, 12, 9)},
            ("prélèvement prévu", "9 décembre 2026. Vous n’avez rien à faire.", "Prélèvement prévu lemercredi 9"),
        ),
        ({"reste_centimes": 60}, ("0,60\u00a0€ restent à régler, sur 42,00\u00a0€", "commence à 1,00\u00a0€")),
        (
            {"reste_centimes": 0},
            ("Novembre 2026réglée 42,00\u00a0€ réglés, merci", "telle qu’émise le 1er décembre 2026. Elle est réglée"),
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_paid_here_says_why(
    camille: FlaskClient, ecrire: Ecrire, colonnes: dict[str, Any], dits: tuple[str, ...]
) -> None:
    page = camille.get(f"/factures/{ecrire(**colonnes)}")
    for dit in dits:
        assert dit in contenu(page), contenu(page)
    assert "/payer" not in page.text
    if "prelevement_le" in colonnes:
        assert "À régler avant le" not in contenu(page)
        assert "prélevée le 9 décembre" in contenu(camille.get("/factures"))


def test_a_debit_that_bounced_is_said_and_the_invoice_is_payable_again(camille: FlaskClient, ecrire: Ecrire) -> None:
    facture = ecrire(prelevement_le=date(2026, 11, 24))
    page = camille.get(f"/factures/{facture}")
    assert "Le prélèvement du 24 novembre 2026 n’a pas réglé cette facture." in contenu(page)
    assert "à régler" in contenu(page)
    assert "/payer" in page.text
    assert "Payer 42,00" in camille.get(f"/factures/{facture}/payer").text


def test_a_regie_that_is_not_paid_online_says_where(app: Flask, camille: FlaskClient, ecrire: Ecrire) -> None:
    reglages: ReglagesCommune = app.extensions["reglages"]
    papier = replace(reglages.regies["enfance"], numero_client="", adresse="2 rue du Port", telephone="02 61 91 00 01")
    app.extensions["reglages"] = replace(reglages, regies=dict(reglages.regies) | {"enfance": papier})
    facture = ecrire()
    assert (
        "ne se règle pas en ligne.Réglez-la auprès de la régie Enfance et éducation (2 rue du Port, 02 61 91 00 01)"
        in (contenu(camille.get(f"/factures/{facture}")))
    )
    # A régie that the settings know no more: its invoice is still read.
    app.extensions["reglages"] = replace(reglages, regies={})
    dit = contenu(camille.get(f"/factures/{facture}"))
    assert "Demandez à la mairie comment la régler." in dit
    assert "RégieEnfance et éducation" in dit
    assert "n°\u00a02026-EE-000001" in contenu(camille.get("/factures"))


def test_a_late_invoice_is_said_without_blame_and_can_be_paid(camille: FlaskClient, ecrire: Ecrire) -> None:
    page = camille.get(f"/factures/{ecrire(echeance=date(2026, 11, 30))}")
    assert "Était à régler avant le 30 novembre. Vous pouvez encore la régler. Payer par carte" in contenu(page)
    assert "telle qu’émise" not in contenu(page), "nothing came after"
    jour_meme = camille.get(f"/factures/{ecrire(numero='2026-EE-000002', echeance=AUJOURDHUI)}")
    assert "à régler aujourd’hui Payer par carte" in contenu(jour_meme)


def test_while_a_payment_is_under_way_no_other_is_begun(camille: FlaskClient, village: Village, ecrire: Ecrire) -> None:
    facture = ecrire()
    with village.bd.session_ecriture() as session:
        session.add(
            Paiement(
                facture_id=facture, regie="enfance", numero_client="900001", montant_centimes=4200, refdet="R1",
                exer=2026, saisie="T", courriel="camille@courriel.example", objet="x", etat="en_attente",
                cree_utc=MERCREDI_SOIR - timedelta(minutes=5),
            )
        )  # fmt: skip
    page = camille.get(f"/factures/{facture}")
    assert "Un paiement par carte est en cours depuis 17\u202fh\u202f55.Voir où il en est" in contenu(page)
    assert "/payer" not in page.text
    with village.bd.session_ecriture() as session:
        session.execute(update(Paiement).values(cree_utc=MERCREDI_SOIR - timedelta(minutes=30)))
    assert "/payer" in camille.get(f"/factures/{facture}").text
    # PayFiP said something else than what was asked: the town looks, and she is told before she pays again.
    with village.bd.session_ecriture() as session:
        session.execute(update(Paiement).values(etat="echec", resultat="P", est_bloquant=False))
    dit = contenu(camille.get(f"/factures/{facture}"))
    assert "La mairie vérifie un paiement par carte de cette facture." in dit
    assert "ne payez pas une seconde fois" in dit
    assert "Payer par carte bancaire" not in dit


def test_payments_and_avoirs_have_their_lines_and_their_pages(
    camille: FlaskClient, village: Village, ecrire: Ecrire, reglages: ReglagesCommune, compter_requetes: CompterRequetes
) -> None:
    facture = ecrire((None, None, None, 4200, "Repas"), numero="2026-EE-000900")
    with village.bd.session_ecriture() as session:
        encaisser(
            session, foyer_id=village.foyers["morel"], regie="enfance", moyen="cheque", montant_centimes=4000,
            recu_le=AUJOURDHUI, auteur=SYSTEME, maintenant=MERCREDI_SOIR,
        )  # fmt: skip
        avoir = creer_avoir(
            session, reglages, facture, None, ("Repas du 3", 342), "Absence justifiée", False, SYSTEME, MERCREDI_SOIR
        ).id
    camille.get(f"/factures/{facture}")
    with compter_requetes() as requetes:
        page = camille.get(f"/factures/{facture}")
    assert len(requetes) <= 10, requetes
    dit = contenu(page)
    # The avoir is bigger than what was left: what it did is said once, money apart, and it all adds up.
    assert "Absence justifiéea réduit cette facture de 2,00\u00a0€il en reste 1,42\u00a0€ en votre faveur−3,42" in dit
    assert "Total de la facture42,00\u00a0€Avoirs−2,00\u00a0€Règlements−40,00\u00a0€Reste à régler0,00\u00a0€" in dit
    assert "Chèquemercredi 2 décembre 2026Reçu n°\u00a0R2026-ENFANCE-000001 (PDF)40,00\u00a0€" in dit
    assert "/factures/reglements/" in page.text
    credit = contenu(camille.get(f"/factures/{avoir}"))
    assert "Avoir, novembre 2026avoir 3,42\u00a0€ en votre faveur Il vous reste 1,42\u00a0€" in credit
    assert "Corrigela facture n° 2026-EE-000900" in credit
    assert "Total de l’avoir−3,42\u00a0€" in credit
    assert "Payer par carte" not in credit
    assert "Avoir" in contenu(camille.get("/factures"))


def test_money_taken_back_or_used_later_is_said_with_its_dates(
    camille: FlaskClient, village: Village, ecrire: Ecrire, reglages: ReglagesCommune
) -> None:
    foyer_id, demain = village.foyers["morel"], MERCREDI_SOIR + timedelta(days=1)
    premiere = ecrire((None, None, None, 1000, "Repas"), numero="2026-EE-000900")
    with village.bd.session_ecriture() as session:
        for centimes, jour in ((3000, date(2026, 11, 12)), (500, AUJOURDHUI)):
            encaisser(
                session, foyer_id=foyer_id, regie="enfance", moyen="cheque", montant_centimes=centimes,
                recu_le=jour, auteur=SYSTEME, maintenant=MERCREDI_SOIR,
            )  # fmt: skip
    # 25 € in advance, of two cheques: said where invoices are listed.
    liste = contenu(camille.get("/factures"))
    avance = "25,00\u00a0€ d’avance (régie Enfance et éducation), utilisés sur votre prochaine facture."
    assert f"Vous avez {avance}" in liste
    seconde = ecrire((None, None, None, 2200, "Repas"), numero="2026-EE-000901")
    with village.bd.session_ecriture() as session:
        utiliser_credits(session, foyer_id, "enfance", demain)
    dit = contenu(camille.get(f"/factures/{seconde}"))
    assert "Avance sur votre chèque du 12 novembre 2026utilisée le 3 décembre 2026Reçu n°" in dit
    with village.bd.session_ecriture() as session:
        annuler_reglement(session, 1, "Chèque sans provision", SYSTEME, demain)
    dit = contenu(camille.get(f"/factures/{premiere}"))
    assert "Chèquejeudi 12 novembre 2026annulé le 3 décembre 2026\u00a0: Chèque sans provision" in dit, dit
    assert "(PDF, annulé)10,00\u00a0€" in dit
    assert "d’avance" not in contenu(camille.get("/factures"))


def test_an_imported_invoice_is_read_as_the_other_software_wrote_it(
    camille: FlaskClient, village: Village, ecrire: Ecrire
) -> None:
    facture = ecrire(
        (village.enfants["mia"], None, None, 12_600, "Accueil régulier"),
        (None, None, None, -600, "Régularisation"),
        regie="creche", numero="CR-2026-77", origine="importee", contenu={"enfants": {}},
    )  # fmt: skip
    dit = contenu(camille.get(f"/factures/{facture}"))
    assert "MMia Mia Activité et joursCalculMontant Accueil régulier126,00\u00a0€" in dit
    assert "Régularisation−6,00\u00a0€" in dit
    assert "Pourquoi" not in dit
    assert "RégieMulti-accueil" in dit
    assert "PayeurCamille Morel" in dit


def test_an_imported_invoice_that_names_no_child_is_an_amount_to_who_does_not_pay_it(
    client: FlaskClient, village: Village, ecrire: Ecrire
) -> None:
    importee = {"regie": "creche", "origine": "importee", "contenu": {"enfants": {}}}
    facture = ecrire((None, None, None, 12_600, "Accueil de Léa"), numero="CR-77", **importee)
    avoir = ecrire(
        (None, None, None, -600, "Maladie de Léa"),
        numero="CR-78", avoir_de=facture, motif="Certificat de Léa", **importee,
    )  # fmt: skip
    connecter(client, "thomas.legall")
    page = client.get(f"/factures/{facture}")
    assert "Montant, sans le détail126,00\u00a0€" in contenu(page)
    assert "Le détail n’est montré qu’au payeur. Total" in contenu(page)
    for lue in (page, client.get(f"/factures/{avoir}")):
        assert "Léa" not in contenu(lue)
        assert ".pdf" not in lue.text
    assert client.get(f"/factures/{facture}.pdf").status_code == 404
    connecter(client, "camille.morel")
    assert "Certificat de Léa" in contenu(client.get(f"/factures/{avoir}"))


def test_the_paperless_invoice_is_chosen_and_left_once_whoever_presses_twice(
    camille: FlaskClient, village: Village
) -> None:
    page = camille.get("/factures/adhesion")
    assert "sur papier" in contenu(page)
    formulaire = lire_formulaire(page.text, "/factures/adhesion")
    formulaire.champs["choix"] = ["adherer"]
    faite = formulaire.envoyer(camille, follow_redirects=True)
    assert "Vos factures arrivent désormais en ligne, sans papier." in contenu(faite)
    assert "Facture en lignemercredi 2 décembre 2026 à 18\u202fh, par Camille Morel" in contenu(faite)
    assert formulaire.envoyer(camille, follow_redirects=True).status_code == 200
    assert "sans papier" in contenu(camille.get("/factures"))
    for _ in range(2):
        assert poster(camille, "/factures/adhesion", {"choix": "quitter"}).status_code == 303
    assert "Retour au papiermercredi 2 décembre 2026 à 18\u202fh, par Camille Morel" in contenu(
        camille.get("/factures/adhesion")
    )
    assert poster(camille, "/factures/adhesion", {"choix": "x"}).status_code == 400
    # A page left open for another foyer does nothing to this one.
    autre = {"choix": "adherer", "foyer": str(village.foyers["haddad"])}
    assert poster(camille, "/factures/adhesion", autre).status_code == 409
    with village.bd.session_lecture() as session:
        (ligne,) = session.scalars(select(AdhesionFacture)).all()
        assert ligne.finie_par == village.personnes["camille"]


def test_what_is_due_is_on_the_home_page_the_dashboard_and_the_tab(
    camille: FlaskClient, ecrire: Ecrire, compter_requetes: CompterRequetes
) -> None:
    onglet = 'Factures <b>1</b><span class="vh"> à régler</span>'
    for adresse in ("/", "/factures"):
        assert "à régler</span>" not in camille.get(adresse).text
    assert "Aucune facture à régler." in contenu(camille.get("/tableau-de-bord"))
    facture = ecrire()
    with compter_requetes() as requetes:
        page = camille.get("/")
    assert len(requetes) <= 12, requetes
    dit = contenu(page)
    assert "à régler 42,00\u00a0€ Novembre, à régler avant le 21 décembre" in dit
    assert dit.index("42,00\u00a0€") < dit.index("Mes factures")
    assert f'href="/saint-rivage/factures/{facture}"' in page.text
    for adresse in ("/", "/factures", f"/factures/{facture}", "/factures/adhesion"):
        assert onglet in camille.get(adresse).text, adresse
    tableau = contenu(camille.get("/tableau-de-bord"))
    assert "Novembre 2026, 42,00\u00a0€ à régler" in tableau
    ecrire(numero="2026-EE-000002", echeance=date(2026, 12, 24))
    assert "84,00\u00a0€ 2\u00a0factures, la première à régler avant le 21 décembre" in contenu(camille.get("/"))
