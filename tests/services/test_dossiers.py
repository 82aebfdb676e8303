"""What a person may see of a foyer, and the judgement of one slot."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import delete, insert, update

from portail_famille.domain.creneaux import Refus
from portail_famille.domain.tarifs import Etat
from portail_famille.models.foyers import AutoriteParentale
from portail_famille.models.quotients import QuotientFamilial
from portail_famille.services.dossiers import (
    Dossier,
    Introuvable,
    charger_dossier,
    charger_places,
    charger_reservations,
)
from tests.support.bases import compter_requetes
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import FIN_D_ANNEE, JEUDI, LUNDI, MARDI, MERCREDI, Village, document

AUJOURDHUI = date(2026, 12, 2)


def lire(village: Village, qui: str = "camille", foyer: str = "morel") -> Dossier:
    """With the bookings and places of December."""
    with village.bd.session_lecture() as session:
        dossier = village.dossier(session, qui, foyer)
        charger_reservations(session, dossier, [(date(2026, 12, 1), date(2026, 12, 31))])
        charger_places(session, dossier, dossier.regles.unites, [date(2026, 12, 1), date(2026, 12, 31)])
    return dossier


def refus(
    village: Village,
    enfant: str,
    unite: str,
    jour: date,
    *,
    ajout: bool = True,
    qui: str = "camille",
    foyer: str = "morel",
) -> Refus | None:
    dossier = lire(village, qui, foyer)
    creneau = (village.unite(unite), jour)
    return dossier.juger(dossier.enfant(village.enfants[enfant]), creneau, ajout=ajout).refus


def test_a_parent_sees_her_children_oldest_first(village: Village) -> None:
    assert [e.prenom for e in lire(village).visibles] == ["Léa", "Noé", "Mia"]


def test_a_step_parent_does_not_see_the_child_he_has_no_authority_over(village: Village) -> None:
    dossier = lire(village, "thomas")
    assert [(e.prenom, e.rang_foyer) for e in dossier.visibles] == [("Noé", 2), ("Mia", 3)]
    with pytest.raises(Introuvable):
        dossier.enfant(village.enfants["lea"])


@pytest.mark.parametrize("enfant", ["yanis", "zoe"])
def test_another_familys_child_is_not_found(village: Village, enfant: str) -> None:
    with pytest.raises(Introuvable):
        lire(village).enfant(village.enfants[enfant])


def test_a_child_that_does_not_exist_is_not_found(village: Village) -> None:
    with pytest.raises(Introuvable):
        lire(village).enfant(999_999_999_999)


@pytest.mark.parametrize(
    ("dates", "voit"),
    [
        ({"du": AUJOURDHUI}, True),
        ({"du": AUJOURDHUI + timedelta(days=1)}, False),
        ({"au": AUJOURDHUI}, True),
        ({"au": AUJOURDHUI - timedelta(days=1)}, False),
    ],
)
def test_parental_authority_counts_from_its_first_to_its_last_day(
    village: Village, dates: dict[str, date], voit: bool
) -> None:
    lien = (AutoriteParentale.personne_id == village.personnes["camille"]) & (
        AutoriteParentale.enfant_id == village.enfants["noe"]
    )
    with village.bd.session_ecriture() as session:
        session.execute(update(AutoriteParentale).where(lien).values(**dates))
    assert ("Noé" in [e.prenom for e in lire(village).visibles]) is voit


def test_a_child_of_two_foyers_says_whose_week_it_is(village: Village) -> None:
    lea = lire(village).enfant(village.enfants["lea"])
    assert lea.autre_parent == "Julien"
    assert lea.autre_foyer_id == village.foyers["ferrand"]
    assert lea.garde is not None
    assert lea.garde.est_notre_semaine(LUNDI)
    chez_julien = lire(village, "julien", "ferrand").enfant(village.enfants["lea"])
    assert chez_julien.autre_parent == "Camille"
    assert chez_julien.garde is not None
    assert not chez_julien.garde.est_notre_semaine(LUNDI)


def test_bookings_of_the_other_foyer_are_seen_but_are_not_ours(village: Village) -> None:
    lea, creneau = village.enfants["lea"], (village.unite("repas"), date(2026, 12, 14))
    dossier = lire(village)
    assert (lea, *creneau) in dossier.reservations
    assert not dossier.est_reserve(lea, creneau)
    assert creneau not in dossier.reserves(lea)
    assert lire(village, "julien", "ferrand").est_reserve(lea, creneau)


def test_the_quotient_is_that_of_the_day_of_the_event(village: Village) -> None:
    dossier = lire(village)
    assert dossier.quotient(date(2026, 12, 31)) == Decimal(842)
    assert dossier.quotient(date(2027, 1, 1)) == Decimal(500)
    assert dossier.quotient(date(2025, 12, 31)) is None
    assert lire(village, "karim", "haddad").quotient(LUNDI) is None


def test_a_quotient_that_has_ended_is_no_longer_known(village: Village) -> None:
    with village.bd.session_ecriture() as session:
        session.execute(
            update(QuotientFamilial).where(QuotientFamilial.foyer_id == village.foyers["ferrand"]).values(au=LUNDI)
        )
    dossier = lire(village, "julien", "ferrand")
    assert (dossier.quotient(LUNDI), dossier.quotient(MARDI)) == (Decimal(1240), None)


def test_of_two_quotients_the_latest_start_wins(village: Village) -> None:
    with village.bd.session_ecriture() as session:
        session.execute(
            insert(QuotientFamilial).values(foyer_id=village.foyers["morel"], valeur_centimes=63_999, du=MARDI)
        )
    dossier = lire(village)
    assert dossier.quotient(LUNDI) == Decimal(842)
    assert dossier.quotient(MARDI) == Decimal("639.99")


def test_each_day_has_the_price_of_its_own_quotient(village: Village) -> None:
    dossier, repas = lire(village), village.unite("repas")
    noe = dossier.enfant(village.enfants["noe"])
    prix = [dossier.prix(noe, (repas, jour)) for jour in (LUNDI, date(2027, 1, 4))]
    assert [p.centimes for p in prix if p] == [342, 200]


def test_each_parent_prices_a_shared_child_with_her_own_quotient(village: Village) -> None:
    creneau = (village.unite("repas"), LUNDI)
    prix = []
    for qui, foyer in (("camille", "morel"), ("julien", "ferrand")):
        dossier = lire(village, qui, foyer)
        prix.append(dossier.prix(dossier.enfant(village.enfants["lea"]), creneau))
    assert [p.centimes for p in prix if p] == [342, 510]


def test_without_a_quotient_the_price_is_the_highest(village: Village) -> None:
    dossier = lire(village, "karim", "haddad")
    prix = dossier.prix(dossier.enfant(village.enfants["yanis"]), (village.unite("repas"), LUNDI))
    assert prix is not None
    assert prix.centimes == 510


def test_the_rank_of_those_present_follows_what_is_booked_and_ticked(village: Village) -> None:
    unite = village.unite("mercredi-journee")
    village.cocher("lea", [("mercredi-journee", MERCREDI)])
    dossier = lire(village)
    noe = dossier.enfant(village.enfants["noe"])
    avant, apres = (dossier.prix(noe, (unite, MERCREDI), apres=apres) for apres in (False, True))
    assert avant is not None
    assert apres is not None
    assert (avant.centimes, apres.centimes) == (1200, 600)


def test_a_late_booking_keeps_its_supplement(village: Village) -> None:
    dossier = lire(village)
    noe = dossier.enfant(village.enfants["noe"])
    prix = dossier.prix(noe, (village.unite("atelier"), MARDI), Etat.HORS_DELAI)
    assert prix is not None
    assert prix.centimes == 550


def test_places_of_a_jauge_are_shared_by_its_units(village: Village) -> None:
    village.remplir("mercredi-journee", MERCREDI, 2)
    dossier = lire(village)
    restantes = [
        dossier.places(unite, "centre", MERCREDI)
        for unite in ("mercredi-journee", "mercredi-matin", "mercredi-apres-midi")
    ]
    assert restantes == [1, 1, 1]
    assert dossier.places("mercredi-matin", "centre", MERCREDI + timedelta(weeks=1)) == 3


def test_a_unit_without_jauge_has_no_limit(village: Village) -> None:
    assert lire(village).places("repas", "ecole", LUNDI) is None


@pytest.mark.parametrize(("etat", "restantes"), [("annulee", 3), ("en_attente", 3), ("demandee", 2), ("presente", 2)])
def test_only_some_states_hold_a_place(village: Village, etat: str, restantes: int) -> None:
    village.reserver("figurant-1", "soir", LUNDI, foyer="figurant", etat=etat)
    assert lire(village).places("soir", "ecole", LUNDI) == restantes


def test_a_slot_is_refused_for_each_reason(village: Village) -> None:
    village.remplir("soir", MARDI)
    assert refus(village, "noe", "repas", JEUDI) is None
    assert refus(village, "noe", "repas", LUNDI) is Refus.DEJA_RESERVE
    assert refus(village, "noe", "repas", MERCREDI) is Refus.FERME
    assert refus(village, "noe", "repas", date(2026, 12, 17)) is Refus.FERME
    assert refus(village, "noe", "repas", date(2026, 12, 4)) is Refus.DELAI
    assert refus(village, "noe", "creche", LUNDI) is Refus.NON_INSCRIT
    assert refus(village, "mia", "creche", MARDI) is Refus.LECTURE
    assert refus(village, "noe", "soir", MARDI) is Refus.COMPLET
    assert refus(village, "lea", "repas", date(2026, 12, 14)) is Refus.AUTRE_FOYER
    assert refus(village, "noe", "repas", JEUDI, ajout=False) is Refus.PAS_RESERVE
    assert refus(village, "noe", "repas", date(2026, 12, 3), ajout=False) is Refus.DELAI
    assert refus(village, "noe", "repas", LUNDI, ajout=False) is None
    assert refus(village, "lea", "repas", date(2026, 12, 14), ajout=False) is Refus.AUTRE_FOYER
    assert refus(village, "mia", "creche", LUNDI, ajout=False) is Refus.LECTURE


@pytest.mark.parametrize("etat", ["presente", "absente_justifiee", "absente_injustifiee"])
def test_a_day_on_the_attendance_sheet_cannot_be_cancelled(village: Village, etat: str) -> None:
    """The atelier may be cancelled until the evening; once the child was marked, it is no longer the family's to do."""
    mardi = date(2026, 12, 8)
    village.reserver("noe", "atelier", mardi, etat=etat)
    assert refus(village, "noe", "atelier", mardi, ajout=False) is Refus.POINTE


def test_enrolment_bounds_are_included(village: Village) -> None:
    def pour_zoe(jour: date) -> Refus | None:
        return refus(village, "zoe", "repas", jour, qui="nadia", foyer="petit")

    assert pour_zoe(LUNDI) is None
    assert pour_zoe(date(2027, 1, 29)) is None
    assert pour_zoe(date(2026, 12, 4)) is Refus.NON_INSCRIT
    assert pour_zoe(date(2027, 2, 1)) is Refus.NON_INSCRIT
    assert refus(village, "noe", "repas", FIN_D_ANNEE + timedelta(days=3)) is Refus.NON_INSCRIT


def test_an_unknown_unit_is_nobodys_enrolment(village: Village) -> None:
    dossier = lire(village)
    noe = dossier.enfant(village.enfants["noe"])
    assert dossier.juger(noe, (999_999_999, LUNDI), ajout=True).refus is Refus.NON_INSCRIT


def test_a_day_without_a_known_price_cannot_be_booked(village: Village) -> None:
    repas = {"code": "repas", "nom": "Repas", "version": [{"du": JEUDI, "prix": 3}]}
    village.changer_regles(tarif=[repas if t["code"] == "repas" else t for t in document()["tarif"]])
    assert refus(village, "lea", "repas", LUNDI) is Refus.SANS_TARIF
    assert refus(village, "lea", "repas", JEUDI) is None


def test_what_the_town_withdrew_can_no_longer_be_booked(village: Village) -> None:
    sans = [a for a in document()["activite"] if a["code"] != "atelier"]
    village.changer_regles(activite=sans)
    dossier = lire(village)
    noe = dossier.enfant(village.enfants["noe"])
    assert "atelier" not in {i.activite for i in noe.inscriptions}
    assert dossier.juger(noe, (village.unite("atelier"), MARDI), ajout=True).refus is Refus.NON_INSCRIT


def test_a_dossier_is_three_queries_once_the_rules_are_known(village: Village) -> None:
    cache = {"regles": village.regles}
    with compter_requetes(village.bd) as requetes, village.bd.session_lecture() as session:
        charger_dossier(
            session,
            compte_id=village.comptes["camille"],
            personne_id=village.personnes["camille"],
            foyer_id=village.foyers["morel"],
            maintenant=MERCREDI_SOIR,
            cache=cache,
        )
    assert len(requetes) == 3


def test_a_foyer_without_a_child_has_nothing_to_show(village: Village) -> None:
    with village.bd.session_ecriture() as session:
        session.execute(delete(AutoriteParentale).where(AutoriteParentale.personne_id == village.personnes["karim"]))
    assert lire(village, "karim", "haddad").visibles == []
