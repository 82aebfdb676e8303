"""What attestations state, from real invoices and payments, on both engines."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from portail_famille.config import ReglagesCommune
from portail_famille.domain.demarches import Cote
from portail_famille.models.activites import Unite
from portail_famille.models.factures import Facture
from portail_famille.models.foyers import AutoriteParentale, Enfant, Rattachement
from portail_famille.models.reservations import Reservation
from portail_famille.services.attestations import (
    EnfantDit,
    annees_payees,
    enfants_du_foyer,
    lire_garde_payee,
    lire_presences,
    lire_titulaire,
)
from portail_famille.services.avoirs import creer_avoir, reste_a_avoirer
from portail_famille.services.journal import Auteur
from portail_famille.services.reglements import annuler_reglement, encaisser, rembourser, utiliser_credits
from portail_famille.services.transmissions import solder
from tests.support.bases import compter_requetes
from tests.support.factures import avancer_compteur, creer_facture
from tests.support.village import LUNDI, MARDI, Village

AGENT = Auteur(Cote.AGENT)
LE_2_DECEMBRE = datetime(2026, 12, 2, 17, tzinfo=UTC)
EN_2027 = datetime(2027, 2, 3, 9, tzinfo=UTC)
NOVEMBRE = date(2026, 11, 9)


def facturer(
    session: Session,
    village: Village,
    lignes: Sequence[tuple[str, date, int, int]],
    numero: str = "2026-EE-000001",
    avoir_de: int | None = None,
    foyer: str = "morel",
    regie: str = "enfance",
) -> int:
    """Child, day, centimes, care."""
    unite = village.unite("matin")
    faites = [(village.enfants[enfant], unite, jour, centimes, "") for enfant, jour, centimes, _ in lignes]
    return creer_facture(
        session,
        village.foyers[foyer],
        faites,
        numero=numero,
        avoir_de=avoir_de,
        regie=regie,
        gardes=[garde for *_, garde in lignes],
    ).id


def payer(
    session: Session, village: Village, facture: int, centimes: int, recu_le: date = date(2026, 12, 2), **autres: object
) -> int:
    maintenant = LE_2_DECEMBRE if recu_le.year == 2026 else EN_2027
    return encaisser(
        session,
        foyer_id=village.foyers["morel"],
        regie=str(autres.get("regie", "enfance")),
        moyen="cesu" if "cesu" in autres else "cheque",
        montant_centimes=centimes,
        recu_le=recu_le,
        auteur=AGENT,
        maintenant=maintenant,
        factures=[facture],
        cesu_employeur_centimes=int(str(autres.get("cesu", 0))),
    ).id


def dit(session: Session, village: Village, annee: int, qui: str = "camille") -> dict[str, int]:
    enfants = enfants_du_foyer(session, village.foyers["morel"], village.personnes[qui], date(annee, 12, 31))
    return {
        f"{garde.enfant.prenom} {garde.regie}": garde.centimes
        for garde in lire_garde_payee(session, village.foyers["morel"], annee, enfants)
    }


def test_only_care_of_children_under_six_on_1_january_counts(village: Village) -> None:
    """Noé, born in September 2020, still counts for 2026; Léa, eight, does not; Mia's crèche is another régie."""
    with village.bd.session_ecriture() as session:
        lignes = [("noe", NOVEMBRE, 1_000, 600), ("lea", NOVEMBRE, 1_000, 1_000)]
        payer(session, village, facturer(session, village, lignes), 2_000)
        creche = facturer(session, village, [("mia", NOVEMBRE, 5_000, 4_100)], "CR-1", regie="creche")
        payer(session, village, creche, 5_000, regie="creche")
        assert dit(session, village, 2026) == {"Noé enfance": 600, "Mia creche": 4_100}
        assert dit(session, village, 2025) == {}
        assert annees_payees(session, village.foyers["morel"], date(2026, 12, 2)) == [2026]
        assert annees_payees(session, village.foyers["morel"], date(2027, 1, 1)) == [2027, 2026]


def test_what_is_paid_the_next_year_counts_the_next_year(village: Village) -> None:
    with village.bd.session_ecriture() as session:
        facture = facturer(session, village, [("mia", NOVEMBRE, 1_001, 1_001)])
        payer(session, village, facture, 500)
        payer(session, village, facture, 501, date(2027, 2, 1))
        assert dit(session, village, 2026) == {"Mia enfance": 500}
        assert dit(session, village, 2027) == {"Mia enfance": 501}


def test_a_payment_taken_back_never_was(village: Village) -> None:
    with village.bd.session_ecriture() as session:
        reglement = payer(session, village, facturer(session, village, [("mia", NOVEMBRE, 1_000, 800)]), 1_000)
        annuler_reglement(session, reglement, "Chèque sans provision", AGENT, EN_2027)
        assert dit(session, village, 2026) == {}
        assert dit(session, village, 2027) == {}


def test_care_taken_off_by_one_avoir_is_not_taken_off_again_by_the_next(
    village: Village, reglages: ReglagesCommune
) -> None:
    """A régularisation took 4,00 € of a day, 3,00 € of them care; an agent then gives back the rest of that day."""
    with village.bd.session_ecriture() as session:
        facture = facturer(session, village, [("mia", NOVEMBRE, 1_000, 600), ("mia", MARDI, 1_000, 800)])
        facturer(session, village, [("mia", NOVEMBRE, -400, -300)], "2026-EE-000002", avoir_de=facture)
        avancer_compteur(session, 2)
        reste = reste_a_avoirer(session, session.get_one(Facture, facture))
        assert [(r.centimes, r.garde_centimes) for r in reste.lignes] == [(600, 300), (1_000, 800)]
        jour = [reste.lignes[0].ligne.id]
        creer_avoir(session, reglages, facture, jour, None, "Absence", False, AGENT, LE_2_DECEMBRE)
        payer(session, village, facture, 1_000)
        assert dit(session, village, 2026) == {"Mia enfance": 800}


def test_what_the_treasury_settled_is_for_the_treasury_to_attest(village: Village) -> None:
    """Recovered or given up: the town does not know which."""
    with village.bd.session_ecriture() as session:
        facture = facturer(session, village, [("mia", NOVEMBRE, 1_000, 800)])
        payer(session, village, facture, 500)
        session.get_one(Facture, facture).transmise_le = date(2026, 12, 2)
        solder(session, facture, "Admise en non-valeur", AGENT, LE_2_DECEMBRE)
        assert session.get_one(Facture, facture).reste_centimes == 0
        assert dit(session, village, 2026) == {"Mia enfance": 400}


def test_an_employers_cesu_is_left_out(village: Village) -> None:
    with village.bd.session_ecriture() as session:
        payer(session, village, facturer(session, village, [("mia", NOVEMBRE, 1_000, 800)]), 1_000, cesu=400)
        assert dit(session, village, 2026) == {"Mia enfance": 480}


def test_an_avoir_on_a_paid_invoice_takes_off_and_its_credit_pays_the_next(village: Village) -> None:
    with village.bd.session_ecriture() as session:
        lignes = [("mia", NOVEMBRE, 1_000, 800), ("mia", LUNDI, 500, 400)]
        facture = facturer(session, village, lignes)
        payer(session, village, facture, 1_500)
        facturer(session, village, [("mia", LUNDI, -500, -400)], "2026-EE-000002", avoir_de=facture)
        assert dit(session, village, 2026) == {"Mia enfance": 800}
        # The 5 € are the family's: they pay half of the next invoice, care and rest alike.
        facturer(session, village, [("mia", MARDI, 1_000, 600)], "2026-EE-000003")
        assert utiliser_credits(session, village.foyers["morel"], "enfance", LE_2_DECEMBRE) == 500
        assert dit(session, village, 2026) == {"Mia enfance": 1_100}


def test_a_credit_that_an_employer_paid_stays_the_employers(village: Village) -> None:
    """An invoice of 10 € paid by a CESU, 8 € of it the employer's; taken back whole, the credit pays another one."""
    with village.bd.session_ecriture() as session:
        facture = facturer(session, village, [("mia", NOVEMBRE, 1_000, 1_000)])
        payer(session, village, facture, 1_000, cesu=800)
        assert dit(session, village, 2026) == {"Mia enfance": 200}
        facturer(session, village, [("mia", NOVEMBRE, -1_000, -1_000)], "2026-EE-000002", avoir_de=facture)
        assert dit(session, village, 2026) == {}
        facturer(session, village, [("mia", MARDI, 1_000, 500)], "2026-EE-000003")
        assert utiliser_credits(session, village.foyers["morel"], "enfance", LE_2_DECEMBRE) == 1_000
        assert dit(session, village, 2026) == {"Mia enfance": 100}


def test_an_avoir_before_the_payment_is_no_payment(village: Village) -> None:
    with village.bd.session_ecriture() as session:
        lignes = [("mia", NOVEMBRE, 1_000, 800), ("mia", LUNDI, 500, 400)]
        facture = facturer(session, village, lignes)
        facturer(session, village, [("mia", LUNDI, -500, -400)], "2026-EE-000002", avoir_de=facture)
        utiliser_credits(session, village.foyers["morel"], "enfance", LE_2_DECEMBRE)
        assert dit(session, village, 2026) == {}
        payer(session, village, facture, 1_000)
        assert dit(session, village, 2026) == {"Mia enfance": 800}


def test_money_given_back_is_no_care(village: Village) -> None:
    with village.bd.session_ecriture() as session:
        payer(session, village, facturer(session, village, [("mia", NOVEMBRE, 1_000, 1_000)]), 1_700)
        rembourser(
            session,
            foyer_id=village.foyers["morel"],
            regie="enfance",
            montant_centimes=700,
            rendu_le=date(2026, 12, 2),
            auteur=AGENT,
            maintenant=LE_2_DECEMBRE,
        )
        assert dit(session, village, 2026) == {"Mia enfance": 1_000}


def test_a_gesture_on_the_whole_takes_its_share_of_care(village: Village) -> None:
    with village.bd.session_ecriture() as session:
        facture = facturer(session, village, [("mia", NOVEMBRE, 1_000, 500)])
        creer_facture(
            session,
            village.foyers["morel"],
            [(None, None, None, -200, "Geste commercial")],
            numero="2026-EE-000002",
            avoir_de=facture,
        )
        utiliser_credits(session, village.foyers["morel"], "enfance", LE_2_DECEMBRE)
        payer(session, village, facture, 800)
        assert dit(session, village, 2026) == {"Mia enfance": 400}


def test_rounded_amounts_do_not_depend_on_who_asks(village: Village) -> None:
    """One centime paid of 3 €, a third of it for each child: Thomas, who answers for two of them, reads what the payer
    reads of these two."""
    with village.bd.session_ecriture() as session:
        session.execute(update(Enfant).where(Enfant.id == village.enfants["lea"]).values(naissance=date(2022, 4, 17)))
        lignes = [(nom, NOVEMBRE, 100, 100) for nom in ("lea", "noe", "mia")]
        payer(session, village, facturer(session, village, lignes), 200)
        pour_camille, pour_thomas = dit(session, village, 2026), dit(session, village, 2026, "thomas")
        assert sum(pour_camille.values()) == 200
        assert pour_thomas == {cle: v for cle, v in pour_camille.items() if not cle.startswith("Léa")}


def test_the_other_home_of_a_child_has_its_own(village: Village) -> None:
    with village.bd.session_ecriture() as session:
        autre = facturer(session, village, [("mia", NOVEMBRE, 1_000, 1_000)], foyer="ferrand")
        encaisser(
            session,
            foyer_id=village.foyers["ferrand"],
            regie="enfance",
            moyen="cheque",
            montant_centimes=1_000,
            recu_le=date(2026, 12, 2),
            auteur=AGENT,
            maintenant=LE_2_DECEMBRE,
            factures=[autre],
        )
        assert dit(session, village, 2026) == {}


def test_only_children_one_answers_for_today_are_offered(village: Village) -> None:
    foyer, jour = village.foyers["morel"], date(2026, 12, 2)
    with village.bd.session_ecriture() as session:
        thomas = village.personnes["thomas"]
        assert [e.prenom for e in enfants_du_foyer(session, foyer, thomas, jour)] == ["Noé", "Mia"]
        assert [e.prenom for e in enfants_du_foyer(session, foyer, None, jour)] == ["Léa", "Noé", "Mia"]
        hier = date(2026, 12, 1)
        session.execute(update(AutoriteParentale).where(AutoriteParentale.personne_id == thomas).values(au=hier))
        assert enfants_du_foyer(session, foyer, thomas, jour) == []
        # Billed here once, Noé has left: his attestation is still owed.
        facturer(session, village, [("noe", NOVEMBRE, 100, 100)])
        session.execute(delete(Rattachement).where(Rattachement.enfant_id == village.enfants["noe"]))
        camille = village.personnes["camille"]
        assert "Noé" in [e.prenom for e in enfants_du_foyer(session, foyer, camille, jour)]


@pytest.fixture
def lea(village: Village) -> EnfantDit:
    return EnfantDit(village.enfants["lea"], "Léa", "Ferrand", date(2018, 4, 17))


def test_days_noted_and_days_booked_are_told_apart(village: Village, lea: EnfantDit) -> None:
    village.reserver("lea", "repas", NOVEMBRE, etat="presente")
    village.reserver("lea", "repas", LUNDI, MARDI)
    village.reserver("lea", "matin", LUNDI, etat="absente_justifiee")
    village.reserver("lea", "matin", MARDI, foyer="ferrand")
    with village.bd.session_lecture() as session:
        foyer = village.foyers["morel"]
        presences = lire_presences(session, foyer, lea.id, NOVEMBRE, LUNDI, village.regles)
        assert [(p.activite, p.presents, p.reserves) for p in presences] == [("Cantine", (NOVEMBRE,), (LUNDI,))]


def test_a_unit_the_town_has_withdrawn_keeps_a_name(village: Village, lea: EnfantDit) -> None:
    with village.bd.session_ecriture() as session:
        retiree = Unite(code="etude-surveillee", activite_id=village.regles.activite_ids["cantine"])
        session.add(retiree)
        session.flush()
        session.add(
            Reservation(
                enfant_id=lea.id,
                unite_id=retiree.id,
                jour=LUNDI,
                structure_id=village.regles.structure_ids["ecole"],
                foyer_id=village.foyers["morel"],
                etat="presente",
                modifiee_utc=LE_2_DECEMBRE,
            )
        )
        session.flush()
        presences = lire_presences(session, village.foyers["morel"], lea.id, LUNDI, LUNDI, village.regles)
        assert [p.activite for p in presences] == ["Etude surveillee"]


def test_a_paper_is_made_out_to_the_payer(village: Village) -> None:
    with village.bd.session_lecture() as session:
        titulaire = lire_titulaire(session, village.foyers["morel"])
    assert (titulaire.payeur, titulaire.foyer) == ("Camille Morel", "Morel – Le Gall")


def test_a_long_account_takes_no_more_queries(village: Village) -> None:
    with village.bd.session_ecriture() as session:
        for rang in range(1, 13):
            facture = facturer(session, village, [("mia", NOVEMBRE, 1_000, 800)], f"2026-EE-{rang:06d}")
            payer(session, village, facture, 1_000)
    with village.bd.session_lecture() as session:
        enfants = enfants_du_foyer(session, village.foyers["morel"], None, NOVEMBRE)
        with compter_requetes(village.bd) as requetes:
            assert sum(g.centimes for g in lire_garde_payee(session, village.foyers["morel"], 2026, enfants)) == 9_600
        assert len(requetes) == 3
