"""The régie's books: what is written late, the month, what was left on a date, what leaves as spreadsheets."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from portail_famille.domain.demarches import Cote
from portail_famille.models.factures import Facture
from portail_famille.models.foyers import Foyer
from portail_famille.models.paiements import Paiement, Reglement
from portail_famille.services.caisse import (
    TotalDesRestes,
    journal_du_jour,
    lister_restes,
    saisis_apres_coup,
    totaliser_restes,
    totaux_par_jour,
)
from portail_famille.services.feuilles import lignes
from portail_famille.services.journal import Auteur
from portail_famille.services.listes import LISTES
from portail_famille.services.listes_factures import SA_FAMILLE, lire_criteres
from portail_famille.services.perimetres import Perimetre, Proches
from portail_famille.services.reglements import annuler_reglement, encaisser, transmettre
from portail_famille.services.transmissions import solder
from tests.support.factures import creer_facture
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import Village

AGENT = Auteur(Cote.AGENT)
JOUR, VEILLE = date(2026, 12, 2), date(2026, 12, 1)
PARTOUT = Perimetre(None, JOUR)


@pytest.fixture
def session(village: Village) -> Any:
    with village.bd.session_ecriture() as session:
        yield session


def payer(session: Session, village: Village, centimes: int, recu_le: date = JOUR, **options: Any) -> Reglement:
    voulues: dict[str, Any] = {"regie": "enfance", "moyen": "cheque", "maintenant": MERCREDI_SOIR} | options
    return encaisser(
        session, foyer_id=village.foyers["morel"], montant_centimes=centimes, recu_le=recu_le, auteur=AGENT, **voulues
    )


def exporter(session: Session, liste: str, perimetre: Perimetre = PARTOUT, **valeurs: str) -> list[dict[str, Any]]:
    criteres, titres = lire_criteres(valeurs), [colonne.titre for colonne in LISTES[liste].colonnes]
    rangees = [dict(zip(titres, r, strict=True)) for r in lignes(LISTES[liste], session, perimetre, criteres)]
    assert LISTES[liste].compter(session, perimetre, criteres) == len(rangees)
    return rangees


def test_what_is_written_for_a_day_already_closed_shows_on_the_day_it_is_written(
    session: Session, village: Village
) -> None:
    hier = MERCREDI_SOIR - timedelta(days=1)
    clos = payer(session, village, 1000, VEILLE, maintenant=hier)
    tardif = payer(session, village, 500, VEILLE)
    payer(session, village, 700, VEILLE, regie="vacances")
    du_jour = payer(session, village, 300)
    assert [e.reglement.id for e in journal_du_jour(session, "enfance", VEILLE).recues] == [clos.id, tardif.id]
    assert journal_du_jour(session, "enfance", VEILLE).apres_coup == ()
    journee = journal_du_jour(session, "enfance", JOUR)
    assert [e.reglement.id for e in journee.recues] == [du_jour.id]
    assert [e.reglement.id for e in journee.apres_coup] == [tardif.id]
    assert saisis_apres_coup(session, "enfance", JOUR, JOUR) == (1, 500)
    assert saisis_apres_coup(session, "enfance", VEILLE, JOUR) == (0, 0), "both days are in this statement"


def test_a_night_entry_belongs_to_the_day_of_paris(session: Session, village: Village) -> None:
    """23:30 UTC on 1 December is half past midnight on the 2nd here."""
    tardif = payer(session, village, 500, VEILLE, maintenant=MERCREDI_SOIR.replace(day=1, hour=23, minute=30))
    assert [e.reglement.id for e in journal_du_jour(session, "enfance", JOUR).apres_coup] == [tardif.id]


def test_the_month_counts_payments_takes_reversals_off_and_leaves_the_treasury_out(
    session: Session, village: Village
) -> None:
    facture = creer_facture(session, village.foyers["morel"], emise_le=date(2026, 11, 1), echeance=date(2026, 11, 20))
    payer(session, village, 1000, VEILLE)
    faux = payer(session, village, 700)
    annuler_reglement(session, faux.id, "Double", AGENT, MERCREDI_SOIR)
    payer(session, village, 200, moyen="especes")
    transmettre(session, [facture.id], AGENT, MERCREDI_SOIR)
    solder(session, facture.id, "Recouvrée", AGENT, MERCREDI_SOIR)
    totaux = totaux_par_jour(session, "enfance", VEILLE, date(2026, 12, 31))
    assert [(t.jour, t.moyen, t.nombre, t.centimes) for t in totaux] == [
        (VEILLE, "cheque", 1, 1000),
        (JOUR, "cheque", 1, 0),
        (JOUR, "especes", 1, 200),
    ]
    assert [r["Moyen"] for r in exporter(session, "reglements")] == ["Chèque", "Chèque", "Chèque", "Espèces"]


def test_what_was_left_on_a_date_counts_what_was_paid_by_then_and_no_later(session: Session, village: Village) -> None:
    morel, emise = village.foyers["morel"], date(2026, 11, 1)
    une = creer_facture(session, morel, emise_le=emise, echeance=date(2026, 11, 20))
    deux = creer_facture(session, morel, emise_le=emise, echeance=date(2026, 11, 25), numero="2026-EE-000002")
    creer_facture(session, morel, emise_le=JOUR, numero="2026-EE-000003")
    creer_facture(session, morel, emise_le=emise, numero="2026-VA-000001", regie="vacances")
    payer(session, village, 1200, date(2026, 11, 30), factures=[une.id])
    faux = payer(session, village, 4200, VEILLE, factures=[deux.id])
    payer(session, village, 3000, VEILLE, factures=[une.id])
    annuler_reglement(session, faux.id, "Sans provision", AGENT, MERCREDI_SOIR)
    transmettre(session, [deux.id], AGENT, MERCREDI_SOIR)

    def restes(jour: date) -> list[tuple[str | None, int, bool]]:
        lus = lister_restes(session, PARTOUT, "enfance", jour, None, 10)
        return [(r.facture.numero, r.centimes, r.est_transmise) for r in lus]

    assert restes(date(2026, 10, 31)) == []
    assert restes(date(2026, 11, 29)) == [("2026-EE-000001", 4200, False), ("2026-EE-000002", 4200, False)]
    assert restes(date(2026, 11, 30)) == [("2026-EE-000001", 3000, False), ("2026-EE-000002", 4200, False)]
    assert restes(VEILLE) == [], "the cheque had not bounced yet"
    assert restes(JOUR) == [("2026-EE-000002", 4200, True), ("2026-EE-000003", 4200, False)]
    assert totaliser_restes(session, PARTOUT, "enfance", JOUR) == TotalDesRestes(1, 4200, 1, 4200)
    assert totaliser_restes(session, PARTOUT, "enfance", VEILLE) == TotalDesRestes(0, 0, 0, 0)
    suite = lister_restes(session, PARTOUT, "enfance", JOUR, deux.id, 10)
    assert [r.facture.numero for r in suite] == ["2026-EE-000003"]
    exportes = exporter(session, "restes", regie="enfance", au="2026-11-30")
    assert [(r["Numéro"], r["Reste à cette date"], r["Transmise le"]) for r in exportes] == [
        ("2026-EE-000001", Decimal(30), None),
        ("2026-EE-000002", Decimal(42), None),
    ]


def test_what_the_treasury_was_given_leaves_with_the_address_of_who_owes(session: Session, village: Village) -> None:
    morel = village.foyers["morel"]
    adresse = {"adresse": "3 rue des Saules", "code_postal": "99001", "ville": "Saint-Rivage"}
    session.execute(update(Foyer).where(Foyer.id == morel).values(**adresse))
    creer_facture(session, morel, transmise_le=JOUR)
    creer_facture(session, village.foyers["haddad"], numero="2026-EE-000002", transmise_le=VEILLE)
    creer_facture(session, morel, numero="2026-EE-000003")
    (une,) = exporter(session, "transmises", regie="enfance", du="2026-12-02", au="2026-12-02")
    assert (une["Numéro"], une["Payeur"], une["Adresse"], une["Code postal"], une["Ville"], une["Reste"]) == (
        "2026-EE-000001", "Camille Morel", "3 rue des Saules", "99001", "Saint-Rivage", Decimal(42),
    )  # fmt: skip
    siens = frozenset({morel})
    sienne = Perimetre(None, JOUR, Proches(0, frozenset(), frozenset(), "", siens, siens, frozenset()))
    masquee, _ = exporter(session, "transmises", sienne)
    assert (masquee["Famille"], masquee["Payeur"], masquee["Adresse"], masquee["Mail"]) == (SA_FAMILLE, "", "", "")


def test_money_leaves_with_what_finds_it_again_at_payfip(session: Session, village: Village) -> None:
    facture = creer_facture(session, village.foyers["morel"])
    paiement = Paiement(
        facture_id=facture.id, regie="enfance", numero_client="900001", montant_centimes=4200, refdet="2026EE000001",
        exer=2026, saisie="T", courriel="", objet="", cree_utc=MERCREDI_SOIR, compte_id=village.comptes["karim"],
        transaction_utc=MERCREDI_SOIR.replace(hour=17, minute=5), est_bloquant=False,
    )  # fmt: skip
    session.add(paiement)
    session.flush()
    payer(session, village, 4200, moyen="carte", paiement_id=paiement.id, factures=[facture.id])
    payer(session, village, 100)
    carte, cheque = exporter(session, "reglements", regie="enfance")
    assert (carte["REFDET PayFiP"], carte["Heure"], carte["Payeur"]) == ("2026EE000001", "18:05", "Karim Haddad")
    assert (cheque["REFDET PayFiP"], cheque["Heure"], cheque["Payeur"]) == ("", "", "Camille Morel")
    assert cheque["Saisi le"] == JOUR
    assert session.get_one(Facture, facture.id).reste_centimes == 0
