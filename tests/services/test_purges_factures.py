"""Accounts go whole after ten years, never a part of them; what names people in the meantime goes sooner."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import func, select, update

from portail_famille.models.factures import AdhesionFacture, Facturation, Facture, FactureLigne, Relance
from portail_famille.models.foyers import Foyer
from portail_famille.models.paiements import Affectation, Paiement, Reglement
from portail_famille.services import purges_factures
from portail_famille.services.journal import SYSTEME
from portail_famille.services.reglements import annuler_reglement, encaisser
from tests.support.factures import creer_facture
from tests.support.purges import purger, terme
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import Village

VIEUX, RECENT = date(2015, 3, 1), date(2020, 3, 1)
COMPTES = (Facture, FactureLigne, Relance, Paiement, Reglement, Affectation)


def compter(village: Village, *modeles: Any) -> list[int]:
    with village.bd.session_lecture() as session:
        return [session.scalar(select(func.count()).select_from(modele)) or 0 for modele in modeles]


def facturer(village: Village, numero: str, jour: date, foyer: str = "morel", **colonnes: Any) -> int:
    with village.bd.session_ecriture() as session:
        return creer_facture(
            session, village.foyers[foyer], numero=numero, emise_le=jour, mois=jour.replace(day=1), **colonnes
        ).id


def payer(village: Village, centimes: int, jour: date, *factures: int, foyer: str = "morel", **autres: Any) -> int:
    maintenant = datetime(jour.year, jour.month, jour.day, 10, tzinfo=UTC)
    with village.bd.session_ecriture() as session:
        return encaisser(
            session, foyer_id=village.foyers[foyer], regie="enfance", moyen="cheque", montant_centimes=centimes,
            recu_le=jour, auteur=SYSTEME, maintenant=maintenant, factures=factures, **autres,
        ).id  # fmt: skip


def paiement(village: Village, facture_id: int, cree: datetime, **colonnes: Any) -> int:
    valeurs = {
        "regie": "enfance", "numero_client": "900001", "montant_centimes": 4200, "refdet": f"R{facture_id}{cree}"[:30],
        "exer": 2015, "saisie": "T", "courriel": "camille@courriel.example", "objet": "Facture", "est_bloquant": False,
    }  # fmt: skip
    with village.bd.session_ecriture() as session:
        ligne = Paiement(facture_id=facture_id, cree_utc=cree, **{**valeurs, **colonnes})
        session.add(ligne)
        session.flush()
        return ligne.id


def test_old_accounts_go_whole_with_all_that_refers_to_them(village: Village) -> None:
    """Paid by card, by a cheque typed twice and reversed, corrected by an avoir, reminded."""
    facture = facturer(village, "2015-EE-000001", VIEUX)
    facturer(village, "2015-EE-000002", VIEUX, avoir_de=facture, lignes=[(None, None, None, -200, "Geste")])
    essai = paiement(village, facture, datetime(2015, 3, 2, tzinfo=UTC), etat="paye")
    payer(village, 4000, VIEUX, facture, paiement_id=essai)
    double = payer(village, 4000, VIEUX)
    with village.bd.session_ecriture() as session:
        annuler_reglement(session, double, "Saisi deux fois", SYSTEME, datetime(2015, 3, 3, tzinfo=UTC))
        session.add(Relance(facture_id=facture, rang=1, a_utc=datetime(2015, 4, 1, tzinfo=UTC)))
    assert 0 not in compter(village, *COMPTES)
    faits = purger(village, terme())
    assert faits["factures et règlements"] == 5
    assert compter(village, *COMPTES) == [0] * 6
    assert purger(village, terme()) == {}


def test_what_is_not_ten_years_old_stays_and_a_town_cannot_shorten_it(village: Village) -> None:
    facturer(village, "2020-EE-000001", RECENT)
    facturer(village, "2017-EE-000001", date(2016, 12, 3))
    assert purger(village, terme(reservations_annees=4)).get("factures et règlements") is None
    assert purger(village, terme(reservations_annees=15)).get("factures et règlements") is None
    assert compter(village, Facture) == [2]


def test_accounts_that_a_recent_line_belongs_to_stay_whole(village: Village) -> None:
    """The rest of an old cheque paid a recent invoice; an old invoice that nothing links goes."""
    ancienne = facturer(village, "2015-EE-000001", VIEUX)
    seule = facturer(village, "2015-EE-000002", VIEUX, foyer="ferrand")
    payer(village, 5000, VIEUX, ancienne)
    recente = facturer(village, "2020-EE-000001", RECENT)
    payer(village, 3400, RECENT, recente)
    avant = compter(village, *COMPTES)
    purger(village, terme())
    assert compter(village, Facture, Reglement) == [2, 2]
    assert avant[0] == 3
    with village.bd.session_lecture() as session:
        assert session.get(Facture, seule) is None
        assert session.get(Facture, ancienne) is not None


def test_a_credit_used_lately_keeps_its_old_accounts(village: Village) -> None:
    """Both ends are old: what counts is the day the money moved."""
    facture = facturer(village, "2015-EE-000001", VIEUX)
    reglement = payer(village, 1000, VIEUX, foyer="ferrand")
    with village.bd.session_ecriture() as session:
        session.add(
            Affectation(
                reglement_id=reglement, facture_id=facture, montant_centimes=1000, le=RECENT, a_utc=MERCREDI_SOIR
            )
        )
    purger(village, terme())
    assert compter(village, Facture, Reglement, Affectation) == [1, 1, 1]


def test_a_credit_by_card_keeps_the_attempt_that_it_came_from(village: Village) -> None:
    """The invoice was paid twice; the second time was later."""
    facture = facturer(village, "2015-EE-000001", VIEUX)
    payer(village, 4200, VIEUX, facture)
    tardif = paiement(village, facture, datetime(2015, 3, 2, tzinfo=UTC), etat="paye")
    payer(village, 4200, RECENT, paiement_id=tardif)
    purger(village, terme())
    assert compter(village, Facture, Reglement, Paiement) == [1, 2, 1]


def test_accounts_of_two_foyers_that_met_go_together(village: Village) -> None:
    facture = facturer(village, "2015-EE-000001", VIEUX)
    reglement = payer(village, 1000, VIEUX, foyer="ferrand")
    with village.bd.session_ecriture() as session:
        session.add(
            Affectation(
                reglement_id=reglement, facture_id=facture, montant_centimes=1000, le=VIEUX, a_utc=MERCREDI_SOIR
            )
        )
    purger(village, terme())
    assert compter(village, *COMPTES) == [0] * 6


def test_a_purge_goes_by_lots_and_may_stop_between_two(village: Village, monkeypatch: Any) -> None:
    monkeypatch.setattr(purges_factures, "LOT", 1)
    for rang, foyer in enumerate(("morel", "ferrand", "haddad"), 1):
        facturer(village, f"2015-EE-{rang:06d}", VIEUX, foyer=foyer)
    (etape,) = [e for e in purges_factures.FACTURES if e.libelle == "factures et règlements"]
    with village.bd.session_ecriture() as session:
        assert etape.passer(session, terme()) == 1
    assert compter(village, Facture) == [2]
    assert purger(village, terme()) == {"factures et règlements": 2}


def test_attempts_lose_their_address_and_those_that_failed_go(village: Village) -> None:
    """Thirteen months to contest a payment by card; one that may still succeed is not touched."""
    facture = facturer(village, "2020-EE-000001", RECENT)
    vieux, jeune = datetime(2025, 11, 1, tzinfo=UTC), datetime(2025, 12, 1, tzinfo=UTC)
    paye = paiement(village, facture, vieux, etat="paye")
    paiement(village, facture, vieux, etat="refuse", refdet="R2")
    paiement(village, facture, jeune, etat="refuse", refdet="R3")
    attendu = paiement(village, facture, vieux, etat="expire", refdet="R4", prochaine_utc=MERCREDI_SOIR)
    purger(village, terme())
    with village.bd.session_lecture() as session:
        restants = {p.id: p.courriel for p in session.scalars(select(Paiement))}
    assert restants.keys() == {paye, attendu, 3}
    assert [restants[i] for i in (paye, attendu, 3)] == ["", "", "camille@courriel.example"]


def test_runs_lose_the_names_of_families_then_go(village: Village) -> None:
    def facturation(mois: date, etat: str, quand: datetime) -> Facturation:
        bilan = {"factures": 3, "anomalies": [{"code": "sans_qf", "foyer_id": 1}]}
        emise = quand if etat == "emise" else None
        return Facturation(regie="enfance", mois=mois, etat=etat, bilan=bilan, demandee_utc=quand, emise_utc=emise)

    with village.bd.session_ecriture() as session:
        session.add_all(
            [
                facturation(VIEUX, "emise", datetime(2015, 4, 1, tzinfo=UTC)),
                facturation(RECENT, "emise", datetime(2020, 4, 1, tzinfo=UTC)),
                facturation(RECENT, "abandonnee", datetime(2020, 4, 1, tzinfo=UTC)),
                facturation(date(2026, 11, 1), "emise", MERCREDI_SOIR),
                facturation(date(2026, 12, 1), "abandonnee", MERCREDI_SOIR),
            ]
        )
    purger(village, terme())
    with village.bd.session_lecture() as session:
        lues = session.scalars(select(Facturation).order_by(Facturation.id)).all()
    assert [(f.mois, f.etat, len((f.bilan or {})["anomalies"])) for f in lues] == [
        (RECENT, "emise", 0),
        (date(2026, 11, 1), "emise", 1),
        (date(2026, 12, 1), "abandonnee", 1),
    ]
    assert lues[0].bilan is not None
    assert lues[0].bilan["factures"] == 3


def test_a_foyer_that_left_keeps_its_invoices_and_loses_its_choice_of_paper(village: Village) -> None:
    facturer(village, "2026-EE-000001", date(2026, 11, 1))
    with village.bd.session_ecriture() as session:
        session.add(AdhesionFacture(foyer_id=village.foyers["morel"], personne_id=None, a_utc=MERCREDI_SOIR))
        session.execute(update(Foyer).where(Foyer.id == village.foyers["morel"]).values(parti_le=date(2026, 12, 2)))
    purger(village, terme(datetime(2028, 12, 3, tzinfo=UTC)))
    assert compter(village, Facture, FactureLigne, AdhesionFacture) == [1, 1, 0]
    # The bookings are gone; the accounts hold the foyer's name.
    purger(village, terme(datetime(2036, 11, 1, tzinfo=UTC)))
    with village.bd.session_lecture() as session:
        assert session.get(Foyer, village.foyers["morel"]) is not None
