"""The issue of a run: all or nothing, numbers without gaps in the order of names, once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portail_famille.config import ReglagesCommune
from portail_famille.domain.demarches import Cote
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.factures import ecrire_numero
from portail_famille.models.factures import Facturation, Facture
from portail_famille.models.foyers import Foyer
from portail_famille.models.journal import ActeJournal
from portail_famille.models.paiements import Affectation
from portail_famille.models.quotients import QuotientFamilial
from portail_famille.services.avoirs import creer_avoir
from portail_famille.services.campagnes import empreinte
from portail_famille.services.emissions import Emission, emettre
from portail_famille.services.journal import Auteur
from portail_famille.services.reglements import encaisser
from portail_famille.services.soldes import solde
from tests.support.bases import compter_requetes
from tests.support.factures import NOVEMBRE, avancer_compteur, creer_facturation, creer_facture
from tests.support.livres import verifier_comptes
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import Village

AGENT = Auteur(Cote.AGENT)
LE_2 = date(2026, 12, 2)
REPAS = "Repas"


def preparer(
    session: Session,
    village: Village,
    reglages: ReglagesCommune,
    projets: Sequence[tuple[str, int]],
    mois: date = NOVEMBRE,
    regie: str = "enfance",
) -> int:
    """A run ready to be issued: one draft per (foyer, centimes)."""
    facturation = creer_facturation(session, reglages, mois, regie)
    for foyer, centimes in projets:
        creer_facture(
            session, village.foyers[foyer], [(None, None, None, centimes, REPAS)], regie=regie, mois=mois,
            numero=None, facturation_id=facturation.id,
        )  # fmt: skip
    return facturation.id


def lancer(
    session: Session,
    reglages: ReglagesCommune,
    facturation_id: int,
    le: date = LE_2,
    maintenant: datetime = MERCREDI_SOIR,
) -> Emission:
    return emettre(session, reglages, facturation_id, le, AGENT, maintenant)


def emises(session: Session) -> list[tuple[str | None, str, int]]:
    requete = select(Facture.numero, Foyer.nom, Facture.total_centimes).join(Foyer, Foyer.id == Facture.foyer_id)
    return [(numero, nom, total) for numero, nom, total in session.execute(requete.order_by(Facture.rang))]


def test_a_run_is_issued_at_once_in_the_order_of_names_and_only_once(
    village: Village, reglages: ReglagesCommune
) -> None:
    with village.bd.session_ecriture() as session:
        facturation_id = preparer(session, village, reglages, [("petit", 300), ("morel", 200), ("ferrand", 100)])
        assert lancer(session, reglages, facturation_id) == Emission(3, 0, 600)
        session.expire_all()
        faites = emises(session)
        assert faites == [
            ("2026-EE-000001", "Ferrand", 100),
            ("2026-EE-000002", "Morel – Le Gall", 200),
            ("2026-EE-000003", "Petit – Ferrand", 300),
        ]
        facture = session.scalars(select(Facture).where(Facture.rang == 2)).one()
        assert (facture.serie, facture.annee, facture.emise_le, facture.emise_utc) == ("EE", 2026, LE_2, MERCREDI_SOIR)
        assert facture.echeance == reglages.regies["enfance"].a_regler_avant(LE_2) == date(2026, 12, 20)
        assert (facture.reste_centimes, facture.annoncee_utc) == (200, None)
        facturation = session.get_one(Facturation, facturation_id)
        assert (facturation.etat, facturation.emise_utc) == ("emise", MERCREDI_SOIR)
        plus_tard = MERCREDI_SOIR + timedelta(days=1)
        assert lancer(session, reglages, facturation_id, date(2026, 12, 3), plus_tard) == Emission(3, 0, 600)
        assert emises(session) == faites
        (acte,) = session.scalars(select(ActeJournal).where(ActeJournal.action == "facturation_emise"))
        assert acte.details == {"regie": "enfance", "mois": "2026-11-01", "factures": 3}
        verifier_comptes(session)


def test_numbers_go_on_from_run_to_run_and_begin_again_with_the_year_and_the_series(
    village: Village, reglages: ReglagesCommune
) -> None:
    with village.bd.session_ecriture() as session:
        lancer(session, reglages, preparer(session, village, reglages, [("morel", 100), ("ferrand", 100)]))
        decembre = preparer(session, village, reglages, [("morel", 100)], date(2026, 12, 1))
        # A run of December issued in January is of the new year.
        janvier = datetime(2027, 1, 4, 8, tzinfo=UTC)
        lancer(session, reglages, decembre, date(2027, 1, 4), janvier)
        sejours = preparer(session, village, reglages, [("morel", 100)], regie="vacances")
        lancer(session, reglages, sejours, date(2026, 12, 15), janvier)
        encore = preparer(session, village, reglages, [("haddad", 100)])
        lancer(session, reglages, encore, date(2026, 12, 31), janvier)
        assert sorted(numero or "" for numero, *_ in emises(session)) == [
            "2026-EE-000001",
            "2026-EE-000002",
            "2026-EE-000003",
            "2026-VA-000001",
            "2027-EE-000001",
        ]
        verifier_comptes(session)


def test_a_number_longer_than_its_six_digits_is_written_whole(village: Village, reglages: ReglagesCommune) -> None:
    with village.bd.session_ecriture() as session:
        avancer_compteur(session, 999_998)
        lancer(session, reglages, preparer(session, village, reglages, [("ferrand", 100), ("morel", 100)]))
        assert [numero for numero, *_ in emises(session)] == [
            ecrire_numero(2026, "EE", 999_999),
            ecrire_numero(2026, "EE", 1_000_000),
        ]


@pytest.mark.parametrize(
    ("le", "code"),
    [(date(2026, 12, 3), "date"), (date(2026, 11, 30), "date"), (date(2026, 10, 31), "date")],
)
def test_an_issue_is_neither_of_tomorrow_nor_before_the_last_one_nor_before_its_month(
    village: Village, reglages: ReglagesCommune, le: date, code: str
) -> None:
    with village.bd.session_ecriture() as session:
        if le.month == 11:
            creer_facture(session, village.foyers["haddad"], emise_le=date(2026, 12, 1))
        facturation_id = preparer(session, village, reglages, [("morel", 100)])
        with pytest.raises(RegleViolee) as refus, session.begin_nested():
            lancer(session, reglages, facturation_id, le)
        assert refus.value.code == code
        assert session.get_one(Facturation, facturation_id).etat == "prete"
        assert session.scalar(select(func.count()).where(Facture.facturation_id == facturation_id)) == 1
        assert session.scalar(select(Facture.numero).where(Facture.facturation_id == facturation_id)) is None


def test_a_month_paid_in_advance_is_issued_before_it_begins_and_what_changes_follows(
    village: Village, reglages: ReglagesCommune
) -> None:
    janvier, apres = date(2027, 1, 1), date(2027, 1, 4)
    with village.bd.session_ecriture() as session:
        facturation_id = preparer(session, village, reglages, [("morel", 100)], janvier)
        with pytest.raises(RegleViolee) as refus, session.begin_nested():
            lancer(session, reglages, facturation_id, date(2026, 11, 30))
        assert (refus.value.code, refus.value.champ) == ("date", "emise_le")
        assert "01/12/2026" in refus.value.message
        assert lancer(session, reglages, facturation_id) == Emission(1, 0, 100)
        assert session.scalars(select(Facture.emise_le)).all() == [LE_2]
        # Once it has begun, its invoices are dated in it.
        encore = preparer(session, village, reglages, [("ferrand", 100)], janvier)
        en_janvier = datetime(2027, 1, 4, 8, tzinfo=UTC)
        with pytest.raises(RegleViolee) as refus, session.begin_nested():
            lancer(session, reglages, encore, date(2026, 12, 31), en_janvier)
        assert "01/01/2027" in refus.value.message
        assert lancer(session, reglages, encore, apres, en_janvier) == Emission(1, 0, 100)


def test_what_is_dated_back_is_not_late_the_day_it_is_issued(village: Village, reglages: ReglagesCommune) -> None:
    """October's, issued on 2 December and dated 1 October: two weeks from that day; a date too old is refused."""
    octobre = date(2026, 10, 1)
    with village.bd.session_ecriture() as session:
        lancer(session, reglages, preparer(session, village, reglages, [("morel", 100)], octobre), octobre)
        assert session.scalars(select(Facture.echeance)).one() == date(2026, 12, 20)
        comptee = replace(reglages.regies["enfance"], echeance="30 jours")
        stricte = replace(reglages, regies={**reglages.regies, "enfance": comptee})
        suite = preparer(session, village, stricte, [("ferrand", 100)], octobre)
        with pytest.raises(RegleViolee) as refus, session.begin_nested():
            lancer(session, stricte, suite, date(2026, 11, 2))
        assert (refus.value.code, refus.value.champ) == ("date", "emise_le")
        assert "02/12/2026, déjà passé" in refus.value.message
        lancer(session, stricte, suite, date(2026, 11, 3))
        assert session.scalars(select(Facture.echeance).where(Facture.facturation_id == suite)).one() == date(
            2026, 12, 3
        )


def test_a_run_that_is_not_ready_or_not_fresh_is_not_issued(village: Village, reglages: ReglagesCommune) -> None:
    def refus(session: Session, facturation_id: int) -> str:
        with pytest.raises(RegleViolee) as leve, session.begin_nested():
            lancer(session, reglages, facturation_id)
        return leve.value.code

    village.reserver("yanis", "repas", date(2026, 11, 3), foyer="haddad")
    with village.bd.session_ecriture() as session:
        facturation_id = preparer(session, village, reglages, [("morel", 100)])
        facturation = session.get_one(Facturation, facturation_id)
        for etat in ("en_preparation", "abandonnee", "echouee"):
            facturation.etat = etat
            session.flush()
            assert refus(session, facturation_id) == "facturation_non_prete"
        facturation.etat = "prete"
        session.flush()
        session.add(QuotientFamilial(foyer_id=village.foyers["haddad"], valeur_centimes=40_000, du=date(2026, 11, 1)))
        session.flush()
        assert refus(session, facturation_id) == "facturation_perimee"
        assert refus(session, 999) == "facturation_inconnue"
        creche = preparer(session, village, reglages, [], regie="creche")
        assert refus(session, creche) == "regie_inconnue"


def test_an_invoice_avoired_by_hand_since_is_not_taken_off_twice(village: Village, reglages: ReglagesCommune) -> None:
    with village.bd.session_ecriture() as session:
        lancer(session, reglages, preparer(session, village, reglages, [("morel", 1000)]))
        origine = session.scalars(select(Facture)).one()
        facturation_id = preparer(session, village, reglages, [])
        creer_facture(
            session, village.foyers["morel"], [(None, None, None, -600, REPAS)], numero=None, avoir_de=origine.id,
            facturation_id=facturation_id,
        )  # fmt: skip
        creer_avoir(session, reglages, origine.id, None, ("Geste", 500), "Geste", False, AGENT, MERCREDI_SOIR)
        # As if the digest had seen nothing: the invoices themselves say it.
        session.get_one(Facturation, facturation_id).empreinte = empreinte(session, reglages, "enfance", NOVEMBRE)
        session.flush()
        with pytest.raises(RegleViolee) as refus:
            lancer(session, reglages, facturation_id)
        assert refus.value.code == "facturation_perimee"


def test_what_a_family_has_in_advance_and_the_avoirs_of_the_run_pay_at_once(
    village: Village, reglages: ReglagesCommune
) -> None:
    with village.bd.session_ecriture() as session:
        lancer(session, reglages, preparer(session, village, reglages, [("ferrand", 1000)]))
        origine = session.scalars(select(Facture)).one()
        for foyer, centimes in (("morel", 700), ("ferrand", 1000)):
            encaisser(
                session, foyer_id=village.foyers[foyer], regie="enfance", moyen="cheque", montant_centimes=centimes,
                recu_le=LE_2, auteur=AGENT, maintenant=MERCREDI_SOIR,
            )  # fmt: skip
        facturation_id = preparer(
            session, village, reglages, [("morel", 500), ("ferrand", 300), ("haddad", 200)], date(2026, 12, 1)
        )
        creer_facture(
            session, village.foyers["ferrand"], [(None, None, None, -400, REPAS)], numero=None, avoir_de=origine.id,
            facturation_id=facturation_id, motif="Régularisation", est_refacturable=True,
        )  # fmt: skip
        assert lancer(session, reglages, facturation_id) == Emission(3, 1, 600)
        comptes = {nom: solde(session, village.foyers[nom]) for nom in ("morel", "ferrand", "haddad")}
        assert {nom: (s.a_regler_centimes, s.credit_centimes) for nom, s in comptes.items()} == {
            "morel": (0, 200),
            "ferrand": (0, 100),
            "haddad": (200, 0),
        }
        avoir = session.scalars(select(Facture).where(Facture.genre == "avoir")).one()
        assert (avoir.echeance, avoir.reste_centimes, avoir.serie) == (None, 100, "EE")
        verifier_comptes(session)


def test_the_whole_run_takes_a_handful_of_statements(village: Village, reglages: ReglagesCommune) -> None:
    with village.bd.session_ecriture() as session:
        facturation_id = preparer(session, village, reglages, [("morel", 100)] * 40)
    with compter_requetes(village.bd) as requetes, village.bd.session_ecriture() as session:
        lancer(session, reglages, facturation_id)
    assert len([r for r in requetes if not r.startswith(("SELECT", "SAVEPOINT", "RELEASE"))]) <= 4
    assert len(requetes) <= 40
    with village.bd.session_lecture() as session:
        assert session.scalar(select(func.count(Affectation.id))) == 0
        verifier_comptes(session)
