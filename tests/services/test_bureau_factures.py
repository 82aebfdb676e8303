"""What the desk reads of invoices, and the spreadsheets of the régie: complete, in the right order, on both engines."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from portail_famille.config import ReglagesCommune
from portail_famille.domain.demarches import Cote
from portail_famille.models.factures import AdhesionFacture, Facturation, Relance
from portail_famille.models.foyers import Foyer, Personne
from portail_famille.models.paiements import Paiement, Reglement
from portail_famille.services import bureau_comptes, reglements
from portail_famille.services import bureau_factures as bureau
from portail_famille.services.avoirs import creer_avoir
from portail_famille.services.bureau_factures import BilanMois, FiltreFactures
from portail_famille.services.feuilles import lignes
from portail_famille.services.journal import Auteur
from portail_famille.services.listes import LISTES
from portail_famille.services.listes_factures import SA_FAMILLE, lire_criteres
from portail_famille.services.perimetres import Perimetre, Proches
from portail_famille.services.soldes import impayes, solde
from tests.support.factures import EMISE_LE, NOVEMBRE, creer_facture
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import LUNDI, Village

AGENT = Auteur(Cote.AGENT)
JOUR = date(2026, 12, 2)
PARTOUT = Perimetre(None, JOUR)
OCTOBRE = date(2026, 10, 1)


@pytest.fixture
def session(village: Village) -> Any:
    with village.bd.session_ecriture() as session:
        yield session


def emettre(session: Session, village: Village, foyer: str, rang: int, **options: Any) -> int:
    """42,00 €; numbered far from what the counters give."""
    return creer_facture(session, village.foyers[foyer], numero=f"2026-EE-{900 + rang:06d}", **options).id


def payer(session: Session, village: Village, foyer: str, centimes: int, **options: Any) -> int:
    commun: dict[str, Any] = {"regie": "enfance", "moyen": "cheque", "recu_le": JOUR, "auteur": AGENT} | options
    return reglements.encaisser(
        session,
        foyer_id=village.foyers[foyer],
        montant_centimes=centimes,
        maintenant=MERCREDI_SOIR,
        **commun,
    ).id


def de_sa_famille(village: Village, foyer: str) -> Perimetre:
    siens = frozenset({village.foyers[foyer]})
    return Perimetre(None, JOUR, Proches(0, frozenset(), frozenset(), "", siens, siens, frozenset()))


def exporter(session: Session, liste: str, perimetre: Perimetre = PARTOUT, **valeurs: str) -> list[tuple[Any, ...]]:
    criteres = lire_criteres(valeurs)
    rangees = [tuple(rangee) for rangee in lignes(LISTES[liste], session, perimetre, criteres)]
    assert LISTES[liste].compter(session, perimetre, criteres) == len(rangees)
    assert all(len(rangee) == len(LISTES[liste].colonnes) for rangee in rangees)
    return rangees


def test_months_are_summed_by_régie_avoirs_taken_off(
    session: Session, village: Village, reglages: ReglagesCommune
) -> None:
    une = emettre(session, village, "morel", 1)
    emettre(session, village, "haddad", 2)
    emettre(session, village, "haddad", 3, mois=OCTOBRE)
    creer_facture(session, village.foyers["ferrand"], numero=None)
    creer_avoir(session, reglages, une, None, ("Geste", 200), "Geste", False, AGENT, MERCREDI_SOIR)
    emettre(session, village, "ferrand", 4, mois=date(2026, 9, 1))
    emettre(session, village, "ferrand", 5, transmise_le=JOUR)
    payer(session, village, "haddad", 1500)
    assert bureau.bilans_par_mois(session, OCTOBRE) == {
        ("enfance", NOVEMBRE): BilanMois(3, 1, 12400, 6700, 1500, 4200),
        ("enfance", OCTOBRE): BilanMois(1, 0, 4200, 4200, 0),
    }


def test_pages_follow_each_other_without_a_hole_nor_a_double(session: Session, village: Village) -> None:
    ids = [emettre(session, village, "morel", rang) for rang in range(1, 6)]
    vues, apres = [], None
    while page := bureau.lister_factures(session, PARTOUT, FiltreFactures(), apres, 2)[:2]:
        vues += [f.facture.id for f in page]
        apres = vues[-1]
    assert vues == ids[::-1]


def test_the_numbers_of_a_day_follow_each_other_in_every_list(
    session: Session, village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are given by name, to drafts that were written in another order; an avoir by hand came between."""
    monkeypatch.setattr("portail_famille.services.listes_factures.PAR_PAGE", 2)
    monkeypatch.setattr("portail_famille.services.listes_factures.FACTURES_PAR_PAGE", 1)
    veille = EMISE_LE - timedelta(days=1)
    for foyer, rang, jour in (
        ("haddad", 5, EMISE_LE), ("morel", 3, EMISE_LE), ("ferrand", 4, EMISE_LE), ("morel", 9, veille),
        ("haddad", 2, veille), ("ferrand", 6, EMISE_LE),
    ):  # fmt: skip
        emettre(session, village, foyer, rang, emise_le=jour)
    croissants = [f"2026-EE-{900 + rang:06d}" for rang in (2, 9, 3, 4, 5, 6)]
    listees, apres = [], None
    while page := bureau.lister_factures(session, PARTOUT, FiltreFactures(), apres, 2)[:2]:
        listees += [listee.facture.numero for listee in page]
        apres = page[-1].facture.id
    assert listees == croissants[::-1]
    papiers, apres = [], None
    while lus := bureau.lister_papiers(session, PARTOUT, "enfance", NOVEMBRE, apres, 1)[:1]:
        papiers += [papier.facture.numero for papier in lus]
        apres = lus[-1].facture.id
    assert papiers == croissants
    assert [ligne[0] for ligne in exporter(session, "factures")] == croissants[::-1]
    assert [ligne[0] for ligne in exporter(session, "papier", regie="enfance", mois="2026-11")] == croissants
    assert list(dict.fromkeys(ligne[0] for ligne in exporter(session, "lignes_factures"))) == croissants


def test_a_number_is_found_however_it_is_typed_and_a_telephone_is_no_number(session: Session, village: Village) -> None:
    creer_facture(session, village.foyers["morel"], numero="c-2026/12", regie="creche", origine="importee")
    emettre(session, village, "haddad", 1)
    session.execute(update(Personne).where(Personne.id == village.personnes["karim"]).values(telephone="+33611223344"))
    for texte, foyer in {
        "C-2026/12": "morel",
        "2026/1": "morel",
        "0611223344": "haddad",
        "ee-000901": "haddad",
    }.items():
        (trouvee,) = bureau.lister_factures(session, PARTOUT, FiltreFactures(texte))
        assert trouvee.facture.foyer_id == village.foyers[foyer], texte
    trouvee_ = bureau.trouver_par_numero(session, PARTOUT, " C-2026/12 ")
    assert trouvee_ is not None
    assert bureau.trouver_par_numero(session, de_sa_famille(village, "morel"), "c-2026/12") is None


def test_what_a_slip_says_leads_to_its_invoice(session: Session, village: Village) -> None:
    voulue = emettre(session, village, "morel", 1)
    autre = emettre(session, village, "haddad", 2, reste_centimes=0)
    session.add(
        Paiement(
            facture_id=autre, regie="enfance", numero_client="900001", montant_centimes=4200, refdet="ANCIEN000127E01",
            exer=2026, saisie="X", courriel="", objet="", cree_utc=MERCREDI_SOIR,
        )
    )  # fmt: skip
    session.flush()
    for texte, attendue in {
        "2026EE000901": voulue,
        "2026 ee 000901": voulue,
        "2026EE000901E02": voulue,
        "ancien000127e01": autre,
    }.items():
        (listee,) = bureau.lister_factures(session, PARTOUT, FiltreFactures(texte))
        trouvee = bureau.trouver_par_numero(session, PARTOUT, texte)
        assert trouvee is not None
        assert (listee.facture.id, trouvee.id) == (attendue, attendue), texte
        assert bureau.trouver_par_numero(session, de_sa_famille(village, "morel"), texte) is None or attendue == autre
    par_rang = bureau.trouver_par_numero(session, PARTOUT, "n° 901")
    assert par_rang is not None
    assert par_rang.id == voulue
    assert bureau.trouver_par_numero(session, PARTOUT, "902") is None, "nothing is left to pay of it"
    creer_facture(session, village.foyers["haddad"], regie="vacances", numero="2026-VA-000901")
    assert bureau.trouver_par_numero(session, PARTOUT, "901") is None, "two have it: the list tells them apart"


def test_drafts_come_by_family_page_after_page(
    session: Session, village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bureau, "TAILLE_PAGE", 1)
    run = Facturation(regie="enfance", mois=NOVEMBRE, etat="prete", demandee_utc=MERCREDI_SOIR)
    session.add(run)
    session.flush()
    for foyer in ("morel", "ferrand", "haddad"):
        creer_facture(session, village.foyers[foyer], numero=None, facturation_id=run.id)
    noms, apres = [], None
    while page := bureau.lister_brouillons(session, PARTOUT, run.id, "facture", apres)[:1]:
        noms.append(page[0].famille)
        apres = page[0].facture.id
    assert noms == ["Ferrand", "Haddad", "Morel – Le Gall"]
    assert bureau.lister_brouillons(session, PARTOUT, run.id, "avoir") == []


def test_the_account_by_régie_is_that_of_each_régie(
    session: Session, village: Village, reglages: ReglagesCommune
) -> None:
    une = emettre(session, village, "morel", 1)
    creer_facture(session, village.foyers["morel"], numero="2026-VA-000901", regie="vacances")
    creer_avoir(session, reglages, une, None, ("Geste", 200), "Geste", False, AGENT, MERCREDI_SOIR)
    payer(session, village, "morel", 5000)
    payer(session, village, "morel", 700, regie="creche")
    foyer = village.foyers["morel"]
    soldes = bureau_comptes.soldes_par_regie(session, foyer)
    assert soldes == {regie: solde(session, foyer, regie) for regie in ("enfance", "vacances", "creche")}
    assert (soldes["enfance"].centimes, soldes["enfance"].credit_centimes) == (-1000, 1000)


def test_what_is_late_is_the_same_everywhere(session: Session, village: Village) -> None:
    emettre(session, village, "morel", 1, echeance=JOUR)
    tard = emettre(session, village, "morel", 2, echeance=date(2026, 12, 1))
    emettre(session, village, "haddad", 3, echeance=date(2026, 11, 1), prelevement_le=date(2026, 11, 25))
    emettre(session, village, "haddad", 4, echeance=date(2026, 11, 1), transmise_le=JOUR)
    rejetee = emettre(session, village, "haddad", 5, echeance=date(2026, 11, 1), prelevement_le=date(2026, 11, 24))
    filtre = FiltreFactures(groupe=bureau.EN_RETARD)
    assert {f.facture.id for f in bureau.lister_factures(session, PARTOUT, filtre)} == {tard, rejetee}
    assert {i.facture.id for i in impayes(session, PARTOUT, None, JOUR)} == {tard, rejetee}
    assert {ligne[0] for ligne in exporter(session, "impayes")} == {"2026-EE-000902", "2026-EE-000905"}
    assert bureau.compter_factures(session, PARTOUT, filtre) == 2
    assert bureau.reste_a_recevoir(session, PARTOUT, filtre) == 8400


def test_spreadsheets_hold_every_invoice_and_no_name_of_the_agent_s_own_family(
    session: Session, village: Village, reglages: ReglagesCommune
) -> None:
    une = emettre(session, village, "morel", 1, echeance=date(2026, 12, 1))
    emettre(session, village, "haddad", 2, echeance=date(2026, 12, 1))
    session.add(Relance(facture_id=une, rang=1, a_utc=MERCREDI_SOIR))
    creer_avoir(session, reglages, une, None, ("Geste", 200), "=Geste", False, AGENT, MERCREDI_SOIR)
    payer(session, village, "haddad", 1000)
    sienne = de_sa_famille(village, "haddad")
    avoir, deux, premiere = exporter(session, "factures", sienne)
    assert avoir[7:9] == (Decimal("-2"), Decimal(0))
    assert (avoir[11], avoir[12]) == ("2026-EE-000901", "=Geste")
    assert (deux[4], deux[7], deux[8], deux[9]) == (SA_FAMILLE, Decimal(42), Decimal(32), "")
    assert premiere[4] == "Morel – Le Gall"
    assert [ligne[1] for ligne in exporter(session, "lignes_factures", sienne, mois="2026-11")] == [
        "Morel – Le Gall",
        SA_FAMILLE,
        "Morel – Le Gall",
    ]
    un, deux_ = exporter(session, "impayes", sienne)
    assert un[2:4] == ("Morel – Le Gall", "Camille Morel")
    assert (un[9], un[12]) == (1, 1), "days late, reminders"
    assert deux_[2:7] == (SA_FAMILLE, "", "", "", "")
    (paye,) = exporter(session, "reglements", sienne, regie="enfance", du="2026-12-02", au="2026-12-02")
    assert (paye[6], paye[9], paye[13]) == (Decimal(10), SA_FAMILLE, "2026-EE-000902")
    assert paye[10:13] == ("", "", ""), "a reference may hold a name"
    assert exporter(session, "reglements", du="2026-12-03") == []
    assert exporter(session, "factures", etat="avoirs", q="morel") == exporter(session, "factures", etat="avoirs")
    assert exporter(session, "factures", mois="2026-10") == []


def test_of_the_agent_s_own_family_a_spreadsheet_holds_amounts_and_a_search_finds_nothing(
    session: Session, village: Village
) -> None:
    """A home that a judge hides from her is in her family: neither where its child was, nor what was written of it, nor
    whether it holds the words that she asks for."""
    lignes = [(village.enfants["yanis"], village.unite("repas"), LUNDI, 4200, "")]
    une = emettre(session, village, "haddad", 1, lignes=lignes, transmise_le=JOUR)
    avoir = [(None, None, None, -200, "Repas froid de Yanis")]
    emettre(session, village, "haddad", 2, lignes=avoir, avoir_de=une, motif="Certificat de Yanis")
    payer(session, village, "haddad", 1000, reference="Chèque de M. Haddad", note="Yanis déménage")
    payer(session, village, "haddad", 100, regie="vacances", auteur=Auteur(Cote.FAMILLE, village.comptes["karim"]))
    emettre(session, village, "haddad", 3, echeance=date(2026, 12, 1))
    sienne = de_sa_famille(village, "haddad")
    connus = {"2026-EE-000901", "2026-EE-000903", "", SA_FAMILLE, "Facture", "Avoir", "2026-11", "enfance", "vacances"}
    for liste in ("factures", "lignes_factures", "reglements", "impayes"):
        lue, entiere = exporter(session, liste, sienne), exporter(session, liste)
        assert [len(lue), *sommes(lue)] == [len(entiere), *sommes(entiere)], "the totals are those of the town"
        for rangee in lue:
            mots = {cellule for cellule in rangee[1:] if isinstance(cellule, str)}
            assert mots <= connus | {"Chèque"}, (liste, rangee)
            assert SA_FAMILLE in mots
    assert {ligne[4] for ligne in exporter(session, "lignes_factures", sienne)} == {None}
    assert {ligne[10] for ligne in exporter(session, "factures", sienne)} == {None}
    for cherche in ("haddad", "yanis", "2026-EE-000901"):
        assert exporter(session, "factures", q=cherche)
        assert exporter(session, "factures", sienne, q=cherche) == [], cherche


def sommes(rangees: list[tuple[Any, ...]]) -> list[Decimal]:
    colonnes = zip(*rangees, strict=True)
    return [sum(colonne) for colonne in colonnes if all(isinstance(cellule, Decimal) for cellule in colonne)]


def test_a_long_spreadsheet_reads_page_after_page(
    session: Session, village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portail_famille.services.listes_factures.FACTURES_PAR_PAGE", 2)
    for module in ("listes_factures", "listes_caisse"):
        monkeypatch.setattr(f"portail_famille.services.{module}.PAR_PAGE", 2)
    for rang in range(1, 6):
        emettre(session, village, "morel", rang, echeance=date(2026, 12, 1))
        payer(session, village, "morel", 100 * rang)
    for liste in ("factures", "lignes_factures", "reglements", "impayes", "restes"):
        assert len({ligne[0] for ligne in exporter(session, liste)}) == 5, liste


def test_who_joined_the_invoice_online_gets_no_paper(session: Session, village: Village) -> None:
    emettre(session, village, "morel", 1)
    emettre(session, village, "haddad", 2)
    emettre(session, village, "ferrand", 3)
    session.add(AdhesionFacture(foyer_id=village.foyers["morel"], a_utc=MERCREDI_SOIR))
    session.add(AdhesionFacture(foyer_id=village.foyers["haddad"], a_utc=MERCREDI_SOIR, fin_utc=MERCREDI_SOIR))
    session.flush()
    emettre(session, village, "ferrand", 9, reste_centimes=0)
    karim = session.get_one(Foyer, village.foyers["haddad"])
    karim.adresse, karim.code_postal, karim.ville = "3 rue Haute", "99999", "Saint-Rivage"
    session.flush()
    papiers = bureau.lister_papiers(session, PARTOUT, "enfance", NOVEMBRE)
    assert [p.payeur for p in papiers] == ["Karim Haddad", "Julien Ferrand"]
    assert papiers[0].adresse == "3 rue Haute, 99999 Saint-Rivage"
    assert bureau.compter_papiers(session, PARTOUT, "enfance", NOVEMBRE) == 2
    assert [ligne[1] for ligne in exporter(session, "papier", regie="enfance", mois="2026-11")] == [
        "Karim Haddad",
        "Julien Ferrand",
    ]
    assert exporter(session, "papier", regie="enfance") == []
    suite = bureau.lister_papiers(session, PARTOUT, "enfance", NOVEMBRE, papiers[0].facture.id)
    assert [p.payeur for p in suite] == ["Julien Ferrand"]


def test_around_a_payment_are_its_family_its_agent_and_what_reverses_it(session: Session, village: Village) -> None:
    emettre(session, village, "morel", 1)
    ecrit = session.get_one(Reglement, payer(session, village, "morel", 5000))
    assert bureau_comptes.emplois_du_reglement(session, ecrit.id)[0][1:] == ("2026-EE-000901", 4200, 0)
    annulation = reglements.annuler_reglement(session, ecrit.id, "Erreur", AGENT, MERCREDI_SOIR)
    assert bureau_comptes.emplois_du_reglement(session, ecrit.id) == []
    assert bureau_comptes.lire_autour(session, ecrit).annulation is annulation
    assert bureau_comptes.lire_autour(session, annulation).origine is ecrit
    assert bureau_comptes.lire_autour(session, ecrit).famille == "Morel – Le Gall"
