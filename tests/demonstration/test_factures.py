"""What a demonstration town shows of its invoices, whatever the day it is built."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portail_famille.demonstration.factures import instant_d_emission, mois_contes
from portail_famille.domain.factures import EtatFacture, etat_facture
from portail_famille.domain.horloge import PARIS
from portail_famille.models.bd import BD
from portail_famille.models.courriels import Courriel
from portail_famille.models.factures import AdhesionFacture, Facturation, Facture, FactureLigne, Relance
from portail_famille.models.foyers import Enfant, Foyer
from portail_famille.models.paiements import Affectation, Paiement, Reglement
from portail_famille.services.annonces_factures import a_annoncer
from portail_famille.services.documents import coffre_de_la_commune
from portail_famille.services.dossiers import jour_de
from portail_famille.services.emissions import emettre
from portail_famille.services.journal import SYSTEME
from portail_famille.services.relances import relancer
from tests.demonstration.conftest import Batir, reglages_de

sur_sqlite = pytest.mark.parametrize("bd", ["sqlite"], indirect=True)
UN_DIMANCHE = datetime(2026, 11, 22, 10, tzinfo=PARIS)
A_LA_RENTREE = datetime(2026, 9, 10, 10, tzinfo=PARIS)
INSTANTS = (
    A_LA_RENTREE,
    UN_DIMANCHE,
    datetime(2027, 1, 1, 0, 30, tzinfo=PARIS),
    datetime(2027, 8, 31, 23, 30, tzinfo=PARIS),
)


@sur_sqlite
@pytest.mark.parametrize("maintenant", INSTANTS, ids=lambda instant: f"{instant:%Y-%m-%d}")
def test_each_state_of_an_invoice_is_shown_whatever_the_day(
    bd: BD, batir_ville: Batir, tmp_path: Path, maintenant: datetime
) -> None:
    ville = batir_ville("saint-rivage", maintenant, figurants=0, avec_regies=True)
    reglages = reglages_de(ville, tmp_path, avec_regies=True)
    with bd.session_ecriture() as session:
        etats = _etats(session)
        assert {etat for foyer in etats.values() for etat in foyer.values()} == {
            EtatFacture.A_REGLER,
            EtatFacture.PARTIELLE,
            EtatFacture.REGLEE,
            EtatFacture.TRANSMISE,
            EtatFacture.ANNULEE,
        }
        camille = list(etats["Morel – Le Gall"].values())
        assert camille.count(EtatFacture.A_REGLER) == 1, "one to pay, the others paid by card"
        assert camille.count(EtatFacture.REGLEE) == len(camille) - 1 > 0
        assert max(session.scalars(select(Relance.rang))) == 2
        assert session.scalar(select(Reglement.reste_centimes).where(Reglement.reste_centimes > 0)) == 2_000
        assert session.scalar(select(func.count()).where(Facture.genre == "avoir", Facture.numero.is_not(None))) == 2
        paiements = session.scalars(select(Paiement)).all()
        assert {(p.etat, bool(p.anomalie)) for p in paiements} == {
            ("paye", False), ("refuse", False), ("echec", True),
        }  # fmt: skip
        assert not any(p.est_bloquant or p.prochaine_utc for p in paiements), "PayFiP has nothing left to tell of them"
        assert _soldes(session) == _soldes_dits(session)
        for serie, rangs in _rangs(session).items():
            assert rangs == list(range(1, len(rangs) + 1)), serie
        assert not a_annoncer(session)
        assert relancer(session, reglages, maintenant) == 0, "the worker has nobody to remind the minute it is served"
        lettres = session.scalars(select(Courriel)).all()
        assert all(maintenant - timedelta(days=32) <= lettre.cree_utc <= maintenant for lettre in lettres)
        # A dozen families, few enough to be read.
        assert 1 < len(lettres) <= 40


@sur_sqlite
@pytest.mark.parametrize("maintenant", [A_LA_RENTREE, UN_DIMANCHE], ids=["rentree", "novembre"])
def test_the_coming_month_waits_to_be_issued_with_an_avoir_of_a_past_one(
    bd: BD, batir_ville: Batir, tmp_path: Path, maintenant: datetime
) -> None:
    ville = batir_ville("saint-rivage", maintenant, figurants=3, avec_regies=True)
    reglages = reglages_de(ville, tmp_path, avec_regies=True)
    with bd.session_ecriture() as session:
        prete = session.scalars(select(Facturation).where(Facturation.etat == "prete")).one()
        assert prete.mois == jour_de(maintenant).replace(day=1)
        assert prete.bilan is not None
        assert prete.bilan["nombres"]["sans_qf"] >= 1, "Karim has given no quotient"
        emission = emettre(session, reglages, prete.id, jour_de(maintenant), SYSTEME, maintenant)
        assert emission.nombre_factures == prete.bilan["factures"]
        avoirs = session.scalars(select(Facture).where(Facture.facturation_id == prete.id, Facture.genre == "avoir"))
        assert [session.get_one(Foyer, avoir.foyer_id).nom for avoir in avoirs] == ["Ferrand"]
        # What was taken off whole is billed again.
        repris = session.scalars(
            select(FactureLigne.jour)
            .join(Facture)
            .join(Foyer, Foyer.id == Facture.foyer_id)
            .where(Facture.facturation_id == prete.id, Foyer.nom == "Diallo")
        )
        assert min(jour for jour in repris if jour) < prete.mois


@sur_sqlite
def test_each_home_of_a_child_pays_its_own_weeks(bd: BD, batir_ville: Batir) -> None:
    batir_ville("saint-rivage", UN_DIMANCHE, figurants=0, avec_regies=True)
    with bd.session_lecture() as session:
        jours: dict[str, set[tuple[int, int]]] = {}
        for nom, jour in session.execute(
            select(Foyer.nom, FactureLigne.jour)
            .join(Facture, Facture.foyer_id == Foyer.id)
            .join(FactureLigne, FactureLigne.facture_id == Facture.id)
            .join(Enfant, Enfant.id == FactureLigne.enfant_id)
            .where(Enfant.prenom == "Léa", Facture.regie == "enfance")
        ):
            assert jour is not None
            jours.setdefault(nom, set()).add(jour.isocalendar()[:2])
        choix = session.execute(
            select(Foyer.nom, func.count(), func.count(AdhesionFacture.fin_utc))
            .join(AdhesionFacture, AdhesionFacture.foyer_id == Foyer.id)
            .group_by(Foyer.nom)
        )
        assert ("Petitjean", 2, 1) in {tuple(ligne) for ligne in choix}, "left, then joined again by the other parent"
    assert set(jours) == {"Morel – Le Gall", "Ferrand"}
    assert not jours["Morel – Le Gall"] & jours["Ferrand"]


@sur_sqlite
def test_the_creche_sends_its_own_invoices_with_their_pdf(bd: BD, batir_ville: Batir, tmp_path: Path) -> None:
    ville = batir_ville("roselac", UN_DIMANCHE, figurants=0, avec_regies=True)
    coffre = coffre_de_la_commune(reglages_de(ville, tmp_path, avec_regies=True))
    with bd.session_lecture() as session:
        importees = session.scalars(select(Facture).where(Facture.origine == "importee")).all()
        assert len({facture.mois for facture in importees}) == 3
        assert all(coffre.get(facture.objet or "").startswith(b"%PDF") for facture in importees)
        etats = _etats(session)
        assert EtatFacture.PRELEVEMENT in etats["Fontaine"].values()
        ailleurs = session.scalars(select(Reglement).where(Reglement.moyen == "ailleurs")).all()
        assert {etats["Fontaine"][reglement.reference] for reglement in ailleurs} == {EtatFacture.REGLEE}
        assert [reglement.reste_centimes for reglement in ailleurs] == [0, 0], "nobody paid them here too"
        assert EtatFacture.A_REGLER in etats["Benali"].values()
        prelevement = session.scalar(select(Facture.prelevement_le).where(Facture.prelevement_le.is_not(None)))
        assert prelevement is not None
        assert prelevement > jour_de(UN_DIMANCHE)
        payees = select(Paiement.etat).join(Facture).where(Facture.origine == "importee")
        assert set(session.scalars(payees)) == {"paye"}


@sur_sqlite
def test_nothing_is_billed_where_the_settings_have_no_regie(bd: BD, batir_ville: Batir) -> None:
    batir_ville("roselac", UN_DIMANCHE, figurants=0)
    with bd.session_lecture() as session:
        for table in (Facture, Facturation, Reglement, AdhesionFacture):
            assert session.scalar(select(func.count()).select_from(table)) == 0


def test_the_months_told_are_those_whose_day_of_issue_has_come() -> None:
    assert instant_d_emission(date(2026, 8, 1)).day == 7, "5 September 2026 is a Saturday"
    for instant in (datetime(2027, 1, 5, 9, 19, tzinfo=PARIS), datetime(2027, 1, 5, 9, 20, tzinfo=PARIS)):
        mois = mois_contes(instant)
        assert mois == sorted(mois)
        assert instant_d_emission(mois[-1]) <= instant
        assert mois[-1].month == (11 if instant.minute == 19 else 12)


def _etats(session: Session) -> dict[str, dict[str, EtatFacture]]:
    """By foyer, then number."""
    etats: dict[str, dict[str, EtatFacture]] = {}
    for nom, facture in session.execute(
        select(Foyer.nom, Facture)
        .join(Foyer, Foyer.id == Facture.foyer_id)
        .where(Facture.genre == "facture", Facture.numero.is_not(None))
    ):
        par_avoirs = select(func.sum(Affectation.montant_centimes)).where(
            Affectation.facture_id == facture.id, Affectation.avoir_id.is_not(None)
        )
        etats.setdefault(nom, {})[facture.numero or ""] = etat_facture(
            facture.total_centimes,
            facture.reste_centimes,
            session.scalar(par_avoirs) or 0,
            facture.emise_le or date.max,
            facture.prelevement_le,
            facture.transmise_le,
        )
    return etats


def _soldes(session: Session) -> dict[int, int]:
    """Invoices and avoirs, less payments."""
    soldes: dict[int, int] = {}
    for foyer_id, centimes in session.execute(
        select(Facture.foyer_id, Facture.total_centimes).where(Facture.numero.is_not(None))
    ):
        soldes[foyer_id] = soldes.get(foyer_id, 0) + centimes
    for foyer_id, centimes in session.execute(select(Reglement.foyer_id, Reglement.montant_centimes)):
        soldes[foyer_id] -= centimes
    return soldes


def _soldes_dits(session: Session) -> dict[int, int]:
    """What is left of each, as it is kept."""
    soldes: dict[int, int] = {}
    for foyer_id, genre, reste in session.execute(
        select(Facture.foyer_id, Facture.genre, Facture.reste_centimes).where(Facture.numero.is_not(None))
    ):
        soldes[foyer_id] = soldes.get(foyer_id, 0) + (reste if genre == "facture" else -reste)
    for foyer_id, reste in session.execute(select(Reglement.foyer_id, Reglement.reste_centimes)):
        soldes[foyer_id] -= reste
    return soldes


def _rangs(session: Session) -> dict[str, list[int]]:
    """Of each series and year."""
    rangs: dict[str, list[int]] = {}
    for facture in session.scalars(select(Facture).where(Facture.rang.is_not(None)).order_by(Facture.rang)):
        assert facture.rang is not None
        rangs.setdefault(f"{facture.serie} {facture.annee}", []).append(facture.rang)
    return rangs
