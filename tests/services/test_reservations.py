"""« Valider »: books exactly what was shown, once, or nothing at all."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from portail_famille.domain.creneaux import Refus
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.models.activites import Inscription
from portail_famille.models.foyers import AutoriteParentale
from portail_famille.models.quotients import QuotientFamilial
from portail_famille.models.reservations import Recu, Reservation
from portail_famille.services.reservations import Demande
from tests.support.bases import compter_requetes
from tests.support.courriels import deposer
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import JEUDI, LUNDI, MARDI, MERCREDI, VENDREDI, Village, document

DANS_UNE_HEURE = MERCREDI_SOIR + timedelta(hours=1)
LIMITE_DE_LUNDI = datetime(2026, 12, 3, 11, tzinfo=UTC)
"""Cantine of Monday 7: two working days before, 12:00 in Paris."""


def refuse(village: Village, demande: Demande, **qui: Any) -> RegleViolee:
    """« Valider » is refused and not one row of any table has changed."""
    avant = village.photographier()
    with pytest.raises(RegleViolee) as levee:
        village.valider(demande, **qui)
    assert village.photographier() == avant
    assert levee.value.message
    return levee.value


def annoncer(session: Session, recu: Recu) -> None:
    deposer(session, numero=recu.numero)


def test_valider_books_exactly_the_draft(village: Village) -> None:
    avant = village.reservations()
    village.cocher("noe", [("repas", JEUDI), ("soir", JEUDI)], [("repas", LUNDI)])
    village.cocher("lea", [("repas", LUNDI)])
    recu = village.valider()
    assert village.reservations() - avant == {
        ("noe", "repas", JEUDI, "morel", "reservee"),
        ("noe", "soir", JEUDI, "morel", "reservee"),
        ("noe", "repas", LUNDI, "morel", "annulee"),
        ("lea", "repas", LUNDI, "morel", "reservee"),
    }
    assert avant - village.reservations() == {("noe", "repas", LUNDI, "morel", "reservee")}
    with village.bd.session_lecture() as session:
        touchees = set(session.scalars(select(Reservation.id).where(Reservation.recu_id == recu.id)))
    assert len(touchees) == 4


def test_nothing_is_booked_before_valider(village: Village) -> None:
    avant = village.reservations()
    village.cocher("noe", [("repas", JEUDI)])
    village.bilan()
    assert village.reservations() == avant


def test_the_draft_is_empty_after_valider_what_was_refused_included(village: Village) -> None:
    village.cocher("noe", [("repas", JEUDI), ("etude", MARDI)])
    village.valider()
    with village.bd.session_lecture() as session:
        assert village.dossier(session).brouillon.est_vide


def test_the_same_draft_validated_twice_gives_the_same_receipt(village: Village) -> None:
    village.cocher("noe", [("repas", JEUDI)])
    demande = village.demande()
    premier = village.valider(demande)
    apres = village.photographier()
    assert village.valider(demande).numero == premier.numero
    assert village.photographier() == apres


def test_a_replay_after_another_draft_finds_its_own_receipt(village: Village) -> None:
    village.cocher("noe", [("repas", JEUDI)])
    ancienne = village.demande()
    premier = village.valider(ancienne)
    village.cocher("noe", [("repas", VENDREDI)])
    second = village.valider()
    village.cocher("noe", [("matin", VENDREDI)])
    apres = village.photographier()
    assert village.valider(ancienne).numero == premier.numero != second.numero
    assert village.photographier() == apres


def test_a_version_already_validated_with_another_digest_is_not_a_replay(village: Village) -> None:
    village.cocher("noe", [("repas", JEUDI)])
    demande = village.demande()
    village.valider(demande)
    assert refuse(village, Demande(demande.version, "0" * 32, confirme=True)).code == "brouillon_change"


def test_an_empty_draft_cannot_be_validated(village: Village) -> None:
    assert refuse(village, village.demande()).code == "rien_a_valider"


def test_a_draft_version_that_is_not_the_shown_one_is_refused(village: Village) -> None:
    village.cocher("noe", [("repas", JEUDI)])
    montree = village.demande()
    village.cocher("noe", [("repas", VENDREDI)])
    assert refuse(village, montree).code == "brouillon_change"


@pytest.mark.parametrize("version", [-1, 2**31, 10**30])
def test_a_version_nobody_ever_showed_is_refused(village: Village, version: int) -> None:
    village.cocher("noe", [("repas", JEUDI)])
    demande = village.demande()
    assert refuse(village, Demande(version, demande.empreinte, confirme=True)).code == "brouillon_change"


def test_the_digest_of_another_draft_is_refused(village: Village) -> None:
    village.cocher("yanis", [("repas", JEUDI)], qui="karim", foyer="haddad")
    village.cocher("noe", [("repas", JEUDI)])
    autre, sienne = village.demande("karim", "haddad"), village.demande()
    assert refuse(village, Demande(sienne.version, autre.empreinte, confirme=True)).code == "bilan_change"


def prendre_la_place(village: Village) -> None:
    village.remplir("soir", MARDI)


def fermer_la_cantine(village: Village) -> None:
    fermeture = {"du": MARDI, "motif": "Grève.", "unites": ["repas"]}
    village.changer_regles(fermeture=[*document()["fermeture"], fermeture])


def changer_le_prix(village: Village) -> None:
    tarifs = [t if t["code"] != "repas" else {"code": "repas", "nom": "Repas", "prix": 9} for t in document()["tarif"]]
    village.changer_regles(tarif=tarifs)


def changer_le_quotient(village: Village) -> None:
    with village.bd.session_ecriture() as session:
        session.execute(
            insert(QuotientFamilial).values(foyer_id=village.foyers["morel"], valeur_centimes=10_000, du=LUNDI)
        )


def reserver_chez_lautre(village: Village) -> None:
    village.cocher("lea", [("repas", MARDI)], qui="julien", foyer="ferrand")
    village.valider(qui="julien", foyer="ferrand")


def finir_linscription(village: Village) -> None:
    with village.bd.session_ecriture() as session:
        session.execute(
            update(Inscription)
            .where(Inscription.foyer_id == village.foyers["morel"], Inscription.enfant_id == village.enfants["lea"])
            .values(au=LUNDI)
        )


def perdre_lautorite(village: Village) -> None:
    with village.bd.session_ecriture() as session:
        session.execute(
            update(AutoriteParentale)
            .where(
                AutoriteParentale.personne_id == village.personnes["camille"],
                AutoriteParentale.enfant_id == village.enfants["lea"],
            )
            .values(au=date(2026, 12, 1))
        )


@pytest.mark.parametrize(
    "evenement",
    [
        prendre_la_place,
        fermer_la_cantine,
        changer_le_prix,
        changer_le_quotient,
        reserver_chez_lautre,
        finir_linscription,
        perdre_lautorite,
    ],
)
def test_what_changed_in_between_is_shown_and_nothing_is_written(village: Village, evenement: Any) -> None:
    village.cocher("lea", [("repas", MARDI), ("soir", MARDI)])
    village.cocher("noe", [("repas", JEUDI)])
    montree = village.demande()
    evenement(village)
    assert refuse(village, montree).code == "bilan_change"
    # The summary shown next says what is left, and that can be validated.
    assert village.valider().numero


def test_a_deadline_that_passes_between_summary_and_valider_refuses(village: Village) -> None:
    village.cocher("lea", [("repas", LUNDI), ("repas", JEUDI)])
    juste_avant = LIMITE_DE_LUNDI - timedelta(microseconds=1)
    montree = village.demande(maintenant=juste_avant)
    assert refuse(village, montree, maintenant=LIMITE_DE_LUNDI).code == "bilan_change"
    assert village.valider(montree, maintenant=juste_avant).numero


def test_past_the_deadline_a_removal_is_refused_too(village: Village) -> None:
    village.cocher("noe", [], [("repas", LUNDI)])
    montree = village.demande()
    assert refuse(village, montree, maintenant=LIMITE_DE_LUNDI).code in ("bilan_change", "rien_a_valider")
    assert [c.refus for c in village.bilan(maintenant=LIMITE_DE_LUNDI).changements] == [Refus.DELAI]


def test_a_full_day_is_refused_with_its_reason_and_the_rest_is_booked(village: Village) -> None:
    village.cocher("noe", [("soir", MARDI), ("soir", JEUDI)])
    village.remplir("soir", MARDI)
    recu = village.valider()
    assert [(c["jour"], c["refus"]) for c in recu.contenu["changements"]] == [
        ("2026-12-08", "complet"),
        ("2026-12-10", None),
    ]
    assert {r for r in village.reservations("noe") if r[1] == "soir"} == {("noe", "soir", JEUDI, "morel", "reservee")}


def test_two_children_of_one_draft_after_the_last_place_get_one(village: Village) -> None:
    village.remplir("soir", MARDI, 2)
    village.cocher("lea", [("soir", MARDI)])
    village.cocher("noe", [("soir", MARDI)])
    assert [c.refus for c in village.bilan().changements] == [None, Refus.COMPLET]
    village.valider()
    assert len([r for r in village.reservations("lea", "noe") if r[1] == "soir"]) == 1


def test_a_full_wednesday_still_lets_a_child_change_units(village: Village) -> None:
    village.reserver("noe", "mercredi-journee", MERCREDI)
    village.remplir("mercredi-journee", MERCREDI, 2)
    village.cocher("noe", [("mercredi-matin", MERCREDI)], [("mercredi-journee", MERCREDI)])
    village.valider()
    assert {r[1:] for r in village.reservations("noe") if r[2] == MERCREDI} == {
        ("mercredi-journee", MERCREDI, "morel", "annulee"),
        ("mercredi-matin", MERCREDI, "morel", "reservee"),
    }


def test_units_that_exclude_each_other_are_both_refused(village: Village) -> None:
    village.cocher("noe", [("mercredi-matin", MERCREDI), ("mercredi-journee", MERCREDI)])
    assert {c.refus for c in village.bilan().changements} == {Refus.INCOMPATIBLE}
    assert refuse(village, village.demande()).code == "rien_a_valider"


def test_a_unit_is_not_booked_without_the_one_it_requires(village: Village) -> None:
    village.cocher("noe", [("etude", MARDI)])
    assert refuse(village, village.demande()).code == "rien_a_valider"
    village.cocher("noe", [("soir", MARDI)])
    village.valider()
    assert {r[1] for r in village.reservations("noe") if r[2] == MARDI} == {"repas", "soir", "etude"}


def test_a_unit_whose_support_is_full_is_refused_with_it(village: Village) -> None:
    village.remplir("soir", MARDI)
    village.cocher("noe", [("soir", MARDI), ("etude", MARDI)])
    assert [(c.unite, c.refus) for c in village.bilan().changements] == [
        ("soir", Refus.COMPLET),
        ("etude", Refus.INCOMPATIBLE),
    ]


def test_a_late_request_is_booked_with_its_supplement(village: Village) -> None:
    village.cocher("noe", [("atelier", MARDI)])
    recu = village.valider()
    assert [(c["hors_delai"], c["centimes"]) for c in recu.contenu["changements"]] == [(True, 550)]
    with village.bd.session_lecture() as session:
        ligne = session.scalars(select(Reservation).where(Reservation.recu_id == recu.id)).one()
    assert ligne.est_hors_delai
    # And what the month costs afterwards still counts it.
    village.cocher("noe", [("matin", JEUDI)])
    assert [m.avant_centimes for m in village.bilan().mois] == [4 * 342 + 550]


def test_a_cancelled_slot_is_taken_up_again_in_its_row(village: Village) -> None:
    village.cocher("noe", [], [("repas", LUNDI)])
    village.valider()
    village.cocher("noe", [("repas", LUNDI)])
    village.valider()
    lignes = {r for r in village.reservations("noe") if r[2] == LUNDI}
    assert lignes == {("noe", "repas", LUNDI, "morel", "reservee")}


def test_a_day_one_parent_gave_back_can_be_taken_by_the_other(village: Village) -> None:
    quatorze = date(2026, 12, 14)
    village.cocher("lea", [], [("repas", quatorze)], qui="julien", foyer="ferrand")
    village.valider(qui="julien", foyer="ferrand")
    village.cocher("lea", [("repas", quatorze)])
    village.valider()
    assert {r for r in village.reservations("lea") if r[2] == quatorze} == {
        ("lea", "repas", quatorze, "morel", "reservee")
    }


def test_a_day_of_the_other_parents_week_asks_for_a_confirmation(village: Village) -> None:
    quinze = date(2026, 12, 15)
    village.cocher("lea", [("repas", quinze)])
    refusee = refuse(village, village.demande(confirme=False))
    assert (refusee.code, refusee.champ) == ("a_confirmer", "confirmation")
    village.valider(village.demande(confirme=True))
    assert ("lea", "repas", quinze, "morel", "reservee") in village.reservations()


def test_giving_back_a_day_of_the_other_parents_week_needs_no_confirmation(village: Village) -> None:
    quinze = date(2026, 12, 15)
    village.reserver("lea", "repas", quinze)
    village.cocher("lea", [], [("repas", quinze)])
    assert village.valider(village.demande(confirme=False)).numero


def test_drafts_of_two_parents_of_a_foyer_meet_at_valider(village: Village) -> None:
    village.cocher("noe", [("repas", JEUDI), ("repas", VENDREDI)])
    village.cocher("noe", [("repas", JEUDI), ("matin", JEUDI)], qui="thomas")
    village.valider(qui="thomas")
    # What Thomas booked is no longer a difference in Camille's draft.
    assert [(c.unite, c.jour) for c in village.bilan().changements] == [("repas", VENDREDI)]
    village.valider()
    assert len({r for r in village.reservations("noe") if r[2] in (JEUDI, VENDREDI)}) == 3


def test_slots_of_a_child_no_longer_ours_leave_with_the_draft(village: Village) -> None:
    village.cocher("lea", [("repas", MARDI)])
    village.cocher("noe", [("repas", JEUDI)])
    perdre_lautorite(village)
    village.valider()
    assert not {r for r in village.reservations("lea") if r[2] == MARDI}


def test_a_unit_the_town_withdrew_leaves_the_draft_without_a_word(village: Village) -> None:
    village.cocher("noe", [("atelier", MARDI), ("repas", JEUDI)])
    village.changer_regles(activite=[a for a in document()["activite"] if a["code"] != "atelier"])
    assert [c.unite for c in village.bilan().changements] == ["repas"]
    assert village.valider().numero


def test_five_hundred_slots_are_booked_in_twenty_statements(village: Village) -> None:
    creneaux = [
        (unite, jour)
        for n in range(7 * 30)
        for unite in ("matin", "repas", "soir", "atelier", "mercredi-journee")
        if village.regles.ouverture(
            unite, "centre" if unite.startswith("mercredi") else "ecole", jour := LUNDI + timedelta(days=n)
        ).ouvert
    ]
    village.cocher("noe", creneaux[:280])
    village.cocher("lea", creneaux[:280])
    demande = village.demande(confirme=True)
    with compter_requetes(village.bd) as requetes:
        village.valider(demande, annoncer=annoncer)
    faits = [r for r in village.reservations("lea", "noe") if r[4] == "reservee" and r[2] > MERCREDI_SOIR.date()]
    assert len(faits) > 500
    assert len(requetes) <= 20, requetes
