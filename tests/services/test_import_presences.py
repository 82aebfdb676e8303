"""The attendance sheet against the bookings: who pays an unbooked day, what is never touched, what is told."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from portail_famille.domain.tableur import FichierRefuse
from portail_famille.models.activites import Inscription
from portail_famille.models.foyers import Enfant, Rattachement
from portail_famille.models.journal import ActeJournal
from portail_famille.models.reservations import Reservation
from portail_famille.services import import_presences
from portail_famille.services.import_presences import (
    RapportPresences,
    importer_presences,
    lire_fichier,
    lire_tableau_de_presences,
)
from tests.support.factures import creer_facture
from tests.support.familles import fichier
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import JEUDI, LUNDI, MARDI, Village

VENDREDI_SOIR = MERCREDI_SOIR + timedelta(days=9)
"""11 December: the week of the village's bookings is over."""


def ligne(enfant: str, jour: date, etat: str = "présent", unite: str = "repas") -> dict[str, str]:
    return {"jour": jour.isoformat(), "enfant": f"E-{enfant}", "unite": unite, "etat": etat}


@pytest.fixture
def pointe(village: Village) -> Village:
    """Children as the sheet names them; Noé booked on Monday and Tuesday, Léa on Monday."""
    with village.bd.session_ecriture() as session:
        for nom in ("lea", "noe", "yanis", "zoe"):
            session.execute(update(Enfant).where(Enfant.id == village.enfants[nom]).values(reference=f"E-{nom}"))
    village.reserver("lea", "repas", LUNDI)
    return village


def importer(village: Village, *lignes: Mapping[str, str]) -> RapportPresences:
    tableau = lire_tableau_de_presences(fichier(lignes).encode())
    with village.bd.session_ecriture() as session:
        presences = lire_fichier(tableau, village.regles, VENDREDI_SOIR.date())
        return importer_presences(session, presences, village.regles, VENDREDI_SOIR)


def refuser(village: Village, *lignes: Mapping[str, str]) -> list[tuple[int, str, str]]:
    avant = village.photographier()
    with pytest.raises(FichierRefuse) as refus:
        importer(village, *lignes)
    assert village.photographier() == avant
    return [(faute.ligne, faute.colonne, faute.raison) for faute in refus.value.fautes]


def chiffres(rapport: RapportPresences) -> dict[str, int]:
    return {nom: n for nom in rapport.__dataclass_fields__ if (n := getattr(rapport, nom))}


def lire(village: Village, enfant: str, jour: date, unite: str = "repas") -> Any:
    with village.bd.session_lecture() as session:
        return session.scalars(
            select(Reservation).where(
                Reservation.enfant_id == village.enfants[enfant],
                Reservation.jour == jour,
                Reservation.unite_id == village.unite(unite),
            )
        ).one()


def test_a_sheet_marks_who_came_and_who_did_not(pointe: Village) -> None:
    rapport = importer(pointe, ligne("noe", LUNDI), ligne("noe", MARDI, "absent"), ligne("yanis", LUNDI))
    assert chiffres(rapport) == {"presentes": 1, "absentes": 1, "non_reservees": 1}
    assert (lire(pointe, "noe", LUNDI).etat, lire(pointe, "noe", LUNDI).est_non_reservee) == ("presente", False)
    assert lire(pointe, "noe", MARDI).etat == "absente_injustifiee"
    yanis = lire(pointe, "yanis", LUNDI)
    assert (yanis.etat, yanis.est_non_reservee, yanis.foyer_id) == ("presente", True, pointe.foyers["haddad"])
    assert yanis.structure_id == pointe.regles.structure_ids["ecole"]
    assert yanis.modifiee_utc == VENDREDI_SOIR
    with pointe.bd.session_lecture() as session:
        actes = session.scalars(select(ActeJournal).where(ActeJournal.action == "presences_importees"))
        assert {(a.foyer_id, a.details["nombre"]) for a in actes} == {
            (pointe.foyers["morel"], 1),
            (pointe.foyers["haddad"], 1),
        }


def test_the_same_sheet_again_changes_nothing(pointe: Village) -> None:
    lignes = [ligne("noe", LUNDI), ligne("noe", MARDI, "absent"), ligne("yanis", LUNDI), ligne("zoe", LUNDI, "absent")]
    importer(pointe, *lignes)
    avant = pointe.photographier()
    assert chiffres(importer(pointe, *lignes)) == {"inchangees": 4}
    assert pointe.photographier() == avant


def test_a_day_of_two_homes_is_paid_by_the_one_where_the_child_is(pointe: Village) -> None:
    """Both enrolled Léa; the week of the 7th is Camille's, that of 30 November Julien's."""
    with pointe.bd.session_ecriture() as session:
        siennes = session.scalars(select(Inscription).where(Inscription.enfant_id == pointe.enfants["lea"])).all()
        assert {i.foyer_id for i in siennes} == {pointe.foyers["morel"], pointe.foyers["ferrand"]}
    importer(pointe, ligne("lea", MARDI), ligne("lea", MARDI - timedelta(days=7)))
    assert lire(pointe, "lea", MARDI).foyer_id == pointe.foyers["morel"]
    assert lire(pointe, "lea", MARDI - timedelta(days=7)).foyer_id == pointe.foyers["ferrand"]


def test_a_day_cancelled_then_come_to_is_written_as_unbooked(pointe: Village) -> None:
    """By the home of the day, whoever had cancelled it; a later sheet may take it back."""
    with pointe.bd.session_ecriture() as session:
        session.execute(
            update(Reservation)
            .where(Reservation.enfant_id == pointe.enfants["lea"])
            .values(etat="annulee", foyer_id=pointe.foyers["ferrand"], est_hors_delai=True)
        )
    importer(pointe, ligne("lea", LUNDI))
    lea = lire(pointe, "lea", LUNDI)
    assert (lea.etat, lea.est_non_reservee, lea.est_hors_delai) == ("presente", True, False)
    assert lea.foyer_id == pointe.foyers["morel"]
    assert chiffres(importer(pointe, ligne("lea", LUNDI, "absent"))) == {"retirees": 1}
    assert (lire(pointe, "lea", LUNDI).etat, lire(pointe, "lea", LUNDI).est_non_reservee) == ("annulee", False)


def test_a_justified_absence_is_never_touched(pointe: Village) -> None:
    with pointe.bd.session_ecriture() as session:
        session.execute(update(Reservation).values(etat="absente_justifiee"))
    avant = pointe.reservations()
    rapport = importer(pointe, ligne("noe", LUNDI), ligne("noe", MARDI, "absent"))
    assert chiffres(rapport) == {"justifiees": 1, "inchangees": 1}
    assert pointe.reservations() == avant


def test_days_already_billed_are_told_and_their_invoice_stays(pointe: Village) -> None:
    with pointe.bd.session_ecriture() as session:
        noe, repas = pointe.enfants["noe"], pointe.unite("repas")
        creer_facture(session, pointe.foyers["morel"], [(noe, repas, LUNDI, 342, "")])
        creer_facture(session, pointe.foyers["morel"], [(noe, repas, MARDI, 342, "")], numero=None)
    rapport = importer(pointe, ligne("noe", LUNDI, "absent"), ligne("noe", MARDI, "absent"))
    assert chiffres(rapport) == {"absentes": 2, "facturees": 1}


def test_a_presence_on_a_closed_day_is_told(pointe: Village) -> None:
    """17 December: works in the kitchen."""
    travaux = date(2026, 12, 17)
    tableau = lire_tableau_de_presences(fichier([ligne("noe", travaux)]).encode())
    with pointe.bd.session_ecriture() as session:
        presences = lire_fichier(tableau, pointe.regles, travaux)
        assert chiffres(importer_presences(session, presences, pointe.regles, VENDREDI_SOIR)) == {
            "non_reservees": 1,
            "fermees": 1,
        }


def test_all_or_nothing_with_every_fault_at_once(pointe: Village) -> None:
    """Zoé is at the cantine only; two lines that disagree; a child nobody knows."""
    fautes = refuser(
        pointe,
        ligne("noe", LUNDI),
        ligne("zoe", LUNDI, unite="soir"),
        ligne("noe", LUNDI, "absent"),
        ligne("inconnu", LUNDI),
    )
    assert [(numero, colonne) for numero, colonne, _ in fautes] == [(3, "unite"), (4, "etat"), (5, "enfant")]
    assert "pas inscrit" in fautes[0][2]


def test_two_homes_without_a_known_week_are_not_chosen_between(pointe: Village) -> None:
    with pointe.bd.session_ecriture() as session:
        session.execute(update(Rattachement).values(semaine_ancre=None, une_sur=None))
    ((_, colonne, raison),) = refuser(pointe, ligne("lea", MARDI))
    assert colonne == "unite"
    assert "deux foyers" in raison


def test_a_child_is_found_by_name_and_birth_whatever_the_accents(
    pointe: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_presences, "_PAR_LOT", 1)
    nomme = {"jour": LUNDI.isoformat(), "unite": "repas", "etat": "p"}
    noe = {"enfant_prenom": "NOE", "enfant_nom": "le-gall", "enfant_naissance": "03/09/2020"}
    lea = {"enfant_prenom": "Lea", "enfant_nom": "FERRAND", "enfant_naissance": "17/04/2018"}
    assert chiffres(importer(pointe, nomme | noe, nomme | lea)) == {"presentes": 2}
    with pointe.bd.session_ecriture() as session:
        session.execute(
            update(Enfant)
            .where(Enfant.id == pointe.enfants["yanis"])
            .values(prenom="Noé", nom="Le Gall", naissance=date(2020, 9, 3))
        )
    ((_, colonne, raison),) = refuser(pointe, nomme | noe)
    assert colonne == "enfant_nom"
    assert "deux enfants" in raison


def test_a_merged_double_leads_to_the_child_that_stayed(pointe: Village) -> None:
    with pointe.bd.session_ecriture() as session:
        session.get_one(Enfant, pointe.enfants["yanis"]).fondu_dans = pointe.enfants["noe"]
    importer(pointe, ligne("yanis", LUNDI))
    assert lire(pointe, "noe", LUNDI).etat == "presente"


def test_a_day_of_the_sheet_that_nobody_booked_may_be_of_any_activity(pointe: Village) -> None:
    importer(pointe, ligne("noe", JEUDI, unite="atelier"))
    assert lire(pointe, "noe", JEUDI, "atelier").est_non_reservee is True


def test_two_sheets_at_once_write_each_day_once(pointe: Village) -> None:
    lignes = [ligne("noe", LUNDI), ligne("yanis", LUNDI), ligne("lea", MARDI)]
    with ThreadPoolExecutor(2) as ensemble:
        rapports = list(ensemble.map(lambda _: chiffres(importer(pointe, *lignes)), range(2)))
    assert {"inchangees": 3} in rapports
    assert {"presentes": 1, "non_reservees": 2} in rapports
