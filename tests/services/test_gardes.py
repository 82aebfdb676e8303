"""Changing whose weeks are whose, hiding a foyer, and what the other one then sees of it: nothing."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from portail_famille.domain.creneaux import Refus
from portail_famille.domain.demarches import Cote
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.gardes import IMPAIRES, PAIRES, Garde
from portail_famille.domain.rythmes import Rythme, Semaines
from portail_famille.models.demarches import Demarche
from portail_famille.models.foyers import Rattachement
from portail_famille.models.journal import ActeJournal
from portail_famille.models.reservations import Recu, Reservation
from portail_famille.services.brouillons import deployer_rythme
from portail_famille.services.demarches import accepter, refuser
from portail_famille.services.dossiers import Dossier, charger_places, charger_reservations
from portail_famille.services.gardes import (
    DemandeDeGarde,
    appliquer_garde,
    changer_garde,
    demander_garde,
    lire_garde,
    masquer,
)
from portail_famille.services.journal import Auteur
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import JEUDI, LUNDI, MARDI, MERCREDI, SEMAINE_DE_CAMILLE, VENDREDI, Village

AGENT = Auteur(Cote.AGENT)
MOTIF = "Jugement du 12 octobre 2026"
QUATORZE = date(2026, 12, 14)
ANNEE = [date(2026, 9, 1) + timedelta(days=n) for n in range(365)]


def changer(village: Village, garde: Garde | None, foyer: str = "morel", enfant: str = "lea") -> None:
    with village.bd.session_ecriture() as session:
        changer_garde(session, village.enfants[enfant], village.foyers[foyer], garde, AGENT, MERCREDI_SOIR)


def cacher(village: Village, foyer: str = "ferrand", *, est_masque: bool = True) -> None:
    with village.bd.session_ecriture() as session:
        masquer(session, village.enfants["lea"], village.foyers[foyer], est_masque, AGENT, MERCREDI_SOIR, motif=MOTIF)


def dossier(village: Village, qui: str = "camille", foyer: str = "morel") -> Dossier:
    with village.bd.session_lecture() as session:
        lu = village.dossier(session, qui, foyer)
        charger_reservations(session, lu, [(date(2026, 12, 1), date(2026, 12, 31))])
        charger_places(session, lu, lu.regles.unites, [date(2026, 12, 1), date(2026, 12, 31)])
    return lu


def jours_de_lea(village: Village, qui: str, foyer: str) -> set[date]:
    lu = dossier(village, qui, foyer)
    lea = lu.enfants[village.enfants["lea"]]
    return {jour for jour in ANNEE if lu.est_chez_nous(lea, jour)}


@pytest.mark.parametrize(
    "garde",
    [
        Garde(SEMAINE_DE_CAMILLE, 2, PAIRES),
        Garde(SEMAINE_DE_CAMILLE, 3),
        Garde(SEMAINE_DE_CAMILLE, 4, IMPAIRES),
        Garde(SEMAINE_DE_CAMILLE, 3, PAIRES).autre(),
    ],
)
def test_both_foyers_are_changed_together_and_share_every_day(village: Village, garde: Garde) -> None:
    changer(village, garde)
    chez_camille = jours_de_lea(village, "camille", "morel")
    assert chez_camille == {jour for jour in ANNEE if garde.est_chez_nous(jour, village.regles.calendrier)}
    assert jours_de_lea(village, "julien", "ferrand") == set(ANNEE) - chez_camille


def test_the_other_side_can_change_it_too(village: Village) -> None:
    changer(village, Garde(LUNDI, 3, PAIRES), "ferrand")
    changer(village, Garde(LUNDI, 2), "morel")
    assert jours_de_lea(village, "julien", "ferrand") == set(ANNEE) - jours_de_lea(village, "camille", "morel")
    with village.bd.session_lecture() as session:
        assert lire_garde(session, village.enfants["lea"], village.foyers["morel"]) == Garde(LUNDI, 2)


def test_an_end_of_alternation_leaves_no_week_on_either_side(village: Village) -> None:
    changer(village, None)
    with village.bd.session_lecture() as session:
        lignes = session.scalars(select(Rattachement).where(Rattachement.enfant_id == village.enfants["lea"])).all()
    assert {(ligne.semaine_ancre, ligne.une_sur, ligne.vacances) for ligne in lignes} == {(None, None, "")}


def test_a_change_is_in_the_journal_of_both_foyers(village: Village) -> None:
    changer(village, Garde(LUNDI, 2, PAIRES))
    with village.bd.session_lecture() as session:
        actes = session.scalars(select(ActeJournal).where(ActeJournal.action == "garde_changee")).all()
    assert {acte.foyer_id for acte in actes} == {village.foyers["morel"], village.foyers["ferrand"]}
    assert {acte.details["apres"]["vacances"] for acte in actes} == {PAIRES, IMPAIRES}


def test_a_child_of_one_foyer_may_alternate_with_a_parent_of_another_town(village: Village) -> None:
    changer(village, Garde(LUNDI, 2), enfant="noe")
    lu = dossier(village)
    assert not lu.est_chez_nous(lu.enfants[village.enfants["noe"]], QUATORZE)


@pytest.mark.parametrize(
    ("garde", "enfant", "foyer", "code"),
    [
        (Garde(LUNDI, 5), "lea", "morel", "une_sur"),
        (Garde(LUNDI, 2, "parfois"), "lea", "morel", "vacances"),
        (Garde(LUNDI, 3, est_reste=True), "noe", "morel", "foyer_unique"),
        (Garde(LUNDI, 2), "lea", "haddad", "enfant_ailleurs"),
    ],
)
def test_what_cannot_be_is_refused(village: Village, garde: Garde, enfant: str, foyer: str, code: str) -> None:
    avant = village.photographier()
    with pytest.raises(RegleViolee) as refus:
        changer(village, garde, foyer, enfant)
    assert refus.value.code == code
    assert village.photographier() == avant


def deposer(village: Village, garde: Garde) -> int:
    auteur = Auteur(Cote.FAMILLE, village.comptes["camille"])
    with village.bd.session_ecriture() as session:
        demande = demander_garde(
            session, village.enfants["lea"], village.foyers["morel"], DemandeDeGarde(garde), auteur, MERCREDI_SOIR
        )
        return demande.id


def test_accepting_a_request_changes_both_foyers(village: Village) -> None:
    demandee = Garde(SEMAINE_DE_CAMILLE, 2, IMPAIRES)
    numero = deposer(village, demandee)
    with village.bd.session_ecriture() as session:
        demande = session.get_one(Demarche, numero)
        accepter(session, demande, demande.version, AGENT, MERCREDI_SOIR, appliquer_garde)
    with village.bd.session_lecture() as session:
        assert lire_garde(session, village.enfants["lea"], village.foyers["morel"]) == demandee
        assert lire_garde(session, village.enfants["lea"], village.foyers["ferrand"]) == demandee.autre()


def test_a_request_waiting_or_refused_changes_nothing(village: Village) -> None:
    avant = jours_de_lea(village, "camille", "morel")
    numero = deposer(village, Garde(SEMAINE_DE_CAMILLE, 2, IMPAIRES))
    assert jours_de_lea(village, "camille", "morel") == avant
    with village.bd.session_ecriture() as session:
        demande = session.get_one(Demarche, numero)
        refuser(session, demande, demande.version, "Le jugement dit autrement.", AGENT, MERCREDI_SOIR)
    assert jours_de_lea(village, "camille", "morel") == avant


def test_a_second_request_waits_for_the_first(village: Village) -> None:
    deposer(village, Garde(SEMAINE_DE_CAMILLE, 3))
    with pytest.raises(RegleViolee, match="déjà en cours"):
        deposer(village, Garde(SEMAINE_DE_CAMILLE, 4))


def test_asking_for_what_is_in_force_is_said(village: Village) -> None:
    with pytest.raises(RegleViolee, match="déjà le rythme"):
        deposer(village, Garde(SEMAINE_DE_CAMILLE, 2))


def test_nothing_of_a_hidden_foyer_is_among_what_a_screen_reads(village: Village) -> None:
    """Julien has booked Léa's lunch of the 14th; then his foyer is hidden from Camille's."""
    lea = village.enfants["lea"]
    assert dossier(village).enfants[lea].autre_parent == "Julien"
    cacher(village)
    lu = dossier(village)
    assert (lu.enfants[lea].autre_parent, lu.enfants[lea].autre_foyer_id) == ("", None)
    assert not [cle for cle, lue in lu.reservations.items() if lue.foyer_id == village.foyers["ferrand"]]
    assert (lea, village.unite("repas"), QUATORZE) in lu.indisponibles


def test_the_hidden_foyer_goes_on_seeing_the_other(village: Village) -> None:
    village.reserver("lea", "repas", LUNDI)
    cacher(village)
    lu = dossier(village, "julien", "ferrand")
    lea = village.enfants["lea"]
    assert lu.enfants[lea].autre_parent == "Camille"
    assert lu.reservations[lea, village.unite("repas"), LUNDI].foyer_id == village.foyers["morel"]


def test_shown_again_it_is_as_before(village: Village) -> None:
    cacher(village)
    cacher(village, est_masque=False)
    assert dossier(village).enfants[village.enfants["lea"]].autre_parent == "Julien"


def test_a_slot_of_the_hidden_foyer_is_unavailable_without_a_name(village: Village) -> None:
    cacher(village)
    lu = dossier(village)
    verdict = lu.juger(lu.enfant(village.enfants["lea"]), (village.unite("repas"), QUATORZE), ajout=True)
    assert verdict.refus is Refus.INDISPONIBLE
    village.cocher("lea", [("repas", LUNDI)])
    assert [c.refus for c in village.bilan().changements] == [None]


def test_a_booking_made_meanwhile_by_the_hidden_foyer_is_only_unavailable(village: Village) -> None:
    village.cocher("lea", [("repas", LUNDI), ("repas", MARDI)])
    cacher(village)
    village.reserver("lea", "repas", LUNDI, foyer="ferrand")
    refus = {c.jour: c.refus for c in village.bilan().changements}
    assert refus == {LUNDI: Refus.INDISPONIBLE, MARDI: None}
    village.valider()
    with village.bd.session_lecture() as session:
        recu = session.scalars(select(Recu)).one()
    assert "autre_foyer" not in str(recu.contenu)
    assert "Julien" not in str(recu.contenu)


def test_which_unit_a_hidden_booking_clashes_with_is_not_said(village: Village) -> None:
    village.reserver("lea", "mercredi-matin", MERCREDI, foyer="ferrand")
    village.cocher("lea", [("mercredi-journee", MERCREDI)])
    [vu] = village.bilan().changements
    assert (vu.refus, vu.avec) == (Refus.INCOMPATIBLE, "mercredi-matin")
    cacher(village)
    [cache] = village.bilan().changements
    assert (cache.refus, cache.avec) == (Refus.INDISPONIBLE, "")


def test_a_rhythm_counts_the_days_of_a_hidden_foyer_as_unavailable(village: Village) -> None:
    village.reserver("lea", "repas", JEUDI, foyer="ferrand")
    cacher(village)
    rythme = Rythme(frozenset({3, 4}), Semaines.TOUTES, LUNDI, VENDREDI, True, ("repas",))
    bilan = deployer_rythme(dossier(village), village.enfants["lea"], rythme)
    assert bilan.laisses == (((village.unite("repas"), JEUDI), "indisponible"),)
    assert bilan.changes == ((village.unite("repas"), VENDREDI),)


def test_a_slot_the_hidden_foyer_gave_back_can_be_booked(village: Village) -> None:
    village.reserver("lea", "repas", LUNDI, foyer="ferrand", etat="annulee")
    cacher(village)
    village.cocher("lea", [("repas", LUNDI)])
    village.valider()
    with village.bd.session_lecture() as session:
        ligne = session.scalars(
            select(Reservation).where(Reservation.enfant_id == village.enfants["lea"], Reservation.jour == LUNDI)
        ).one()
    assert (ligne.etat, ligne.foyer_id) == ("reservee", village.foyers["morel"])


def test_hiding_is_written_in_the_journal_of_the_hidden_foyer_only(village: Village) -> None:
    cacher(village)
    cacher(village)
    with village.bd.session_lecture() as session:
        actes = session.scalars(select(ActeJournal)).all()
    assert [(acte.action, acte.foyer_id) for acte in actes] == [("foyer_masque", village.foyers["ferrand"])]


def test_a_rhythm_leaves_out_the_other_parents_half_of_the_holidays(village: Village) -> None:
    changer(village, Garde(SEMAINE_DE_CAMILLE, 2, PAIRES))
    noel = Rythme(
        frozenset({0, 1, 2, 3, 4}), Semaines.TOUTES, date(2026, 12, 21), date(2026, 12, 31), True, ("vacances-journee",)
    )
    bilan = deployer_rythme(dossier(village), village.enfants["lea"], noel)
    assert {jour.day for _, jour in bilan.changes} == {21, 22, 23, 24}
    assert {jour.day for (_, jour), raison in bilan.laisses if raison == "autre_parent"} == {28, 29, 30, 31}


def test_a_day_of_the_other_parents_half_asks_for_a_confirmation(village: Village) -> None:
    changer(village, Garde(SEMAINE_DE_CAMILLE, 2, PAIRES))
    village.cocher("lea", [("vacances-journee", date(2026, 12, 23)), ("vacances-journee", date(2026, 12, 29))])
    assert [c.jour.day for c in village.bilan().a_confirmer] == [29]
