"""A file of families imported again, changed: who moved, what was corrected, a reference that another family got."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from portail_famille.config import ReglagesCommune
from portail_famille.domain.tableur import FichierRefuse
from portail_famille.models.activites import Inscription, Structure
from portail_famille.models.foyers import AutoriteParentale, Enfant, Foyer, Personne
from portail_famille.models.reservations import Reservation
from portail_famille.services.import_familles import (
    DepartsNombreux,
)
from tests.support.familles import grand_fichier, ligne
from tests.support.importeur import AUJOURDHUI, INCONNUE, Importeur
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import Village


@pytest.fixture
def importer(village: Village, reglages: ReglagesCommune) -> Importeur:
    return Importeur(village, reglages)


SANS_ENFANT = {nom: "" for nom in ligne() if nom.startswith("enfant_")}
BOB = ligne(
    foyer="F2", adresse="2 rue du Port", responsable1_prenom="Bob", responsable1_nom="Beta",
    responsable1_courriel="bob@courriel.example", responsable1_telephone="",
)  # fmt: skip
ANAIS = {"enfant_reference": "E1", "enfant_prenom": "Anaïs", "enfant_nom": "d'Ornano"}
INES = {**INCONNUE, **ANAIS}
CHEZ_BOB = {**BOB, **ANAIS}


@pytest.mark.parametrize(
    "autre",
    [
        {"responsable1_reference": "P1", "responsable1_prenom": "Omar", "responsable1_nom": "Omega"},
        {"enfant_prenom": "Sue", "enfant_naissance": "01/01/2019"},
        {
            "responsable1_prenom": "Omar", "responsable1_nom": "Omega",
            "responsable1_courriel": "omar@courriel.example",
            "responsable1_telephone": "", "responsable1_reference": "", "responsable2_prenom": "",
            "responsable2_nom": "", "responsable2_courriel": "", "responsable2_autorite": "",
            "enfant_prenom": "Sue", "enfant_nom": "Omega", "enfant_reference": "E9",
        },
    ],
)  # fmt: skip
def test_a_reference_given_to_somebody_else_is_a_fault(importer: Importeur, autre: dict[str, str]) -> None:
    importer(ligne(**INES) | {"responsable1_reference": "P1"})
    avant = importer.village.photographier()
    with pytest.raises(FichierRefuse, match=r"cette référence désigne déjà .* dans le portail, et .* dans le fichier"):
        importer(ligne(**INES) | {"responsable1_reference": "P1"} | autre)
    assert importer.village.photographier() == avant


def test_a_change_of_name_or_of_birth_date_alone_is_no_other_person(importer: Importeur) -> None:
    importer(ligne(**INES) | {"responsable1_reference": "P1"})
    importer(ligne(**INES) | {"responsable1_reference": "P1", "responsable1_nom": "Nguyen"})
    importer(ligne(**INES) | {"responsable1_reference": "P1", "responsable1_nom": "Nguyen", "enfant_prenom": "Anna"})
    importer(ligne(**INES) | {"responsable1_nom": "Nguyen", "enfant_prenom": "Anna", "enfant_naissance": "18/04/2018"})
    assert (importer.nouveaux()["personne"], importer.nouveaux()["enfant"]) == (2, 1)


def test_a_corrected_birth_date_makes_no_second_child(importer: Importeur) -> None:
    sans_reference = ligne(**INCONNUE)
    importer(sans_reference)
    corrigee = {**sans_reference, "enfant_naissance": "17/05/2018"}
    with pytest.raises(FichierRefuse, match="ce foyer a déjà Anaïs d’Ornano, du 17/04/2018"):
        importer(corrigee)
    importer({**corrigee, "enfant_reference": "E1"})
    assert importer.nouveaux()["enfant"] == 1
    assert importer.une(select(Enfant.naissance).where(Enfant.reference == "E1")) == date(2018, 5, 17)


def test_the_reference_asked_for_finds_the_child_of_another_foyer(importer: Importeur) -> None:
    importer(ligne(**INCONNUE))
    chez_bob = {nom: v for nom, v in CHEZ_BOB.items() if nom != "enfant_reference"}
    with pytest.raises(FichierRefuse, match="remplissez «\u00a0enfant_reference\u00a0»"):
        importer(chez_bob)
    rapport = importer(CHEZ_BOB)
    assert importer.nouveaux()["enfant"] == 1
    assert (
        "est encore, dans le portail, au foyer «\u00a0d’Ornano – Nguyen\u00a0» (référence F1)"
        in rapport.avertissements[0]
    )


def test_a_child_that_a_foyer_no_longer_names_is_told_until_the_file_is_complete(importer: Importeur) -> None:
    importer(ligne(**INES), BOB | SANS_ENFANT)
    demenage = (ligne(**INCONNUE) | SANS_ENFANT | {"activites": "", "inscription_du": "", "inscription_au": "",
                                                   "structure": "", "classe": ""}, CHEZ_BOB)  # fmt: skip
    for _ in range(2):
        (dit,) = importer(*demenage).avertissements
        assert dit.startswith("ligne 3\u00a0: Anaïs d’Ornano est encore")
        assert set(importer.semaines("Anaïs")) == {"F1", "F2"}
    with importer.village.bd.session_ecriture() as session:
        foyer_id = session.scalars(select(Foyer.id).where(Foyer.reference == "F1")).one()
        enfant_id = session.scalars(select(Enfant.id).where(Enfant.reference == "E1")).one()
        for jour in (date(2026, 12, 10), date(2026, 12, 8), date(2026, 12, 1)):
            session.add(
                Reservation(
                    enfant_id=enfant_id, foyer_id=foyer_id, unite_id=importer.village.unite("repas"), jour=jour,
                    structure_id=importer.village.regles.structure_ids["ecole"], modifiee_utc=MERCREDI_SOIR,
                )
            )  # fmt: skip
    rapport = importer(*demenage, est_complet=True)
    assert rapport.fiches["rattachement", "retires"] == 1
    assert "a quitté le foyer" in rapport.avertissements[0]
    assert "2 réservation(s) à venir, du 08/12/2026 au 10/12/2026" in rapport.avertissements[0]
    assert set(importer.semaines("Anaïs")) == {"F2"}
    assert [acte.foyer_id for acte in importer.actes("enfant_detache")] == [foyer_id]
    assert importer(*demenage, est_complet=True).est_inchange


def test_a_child_who_stays_at_one_of_two_foyers_is_there_all_the_time(importer: Importeur) -> None:
    semaine = {"semaine_ancre": "07/12/2026", "une_sur": "2"}
    importer(ligne(**INES) | semaine, CHEZ_BOB)
    rien = {"activites": "", "inscription_du": "", "inscription_au": "", "structure": "", "classe": ""}
    importer(ligne(**INCONNUE) | SANS_ENFANT | rien, CHEZ_BOB, est_complet=True)
    assert importer.semaines("Anaïs") == {"F2": (None, None, "")}


def test_of_two_foyers_exactly_one_has_each_week_whichever_line_the_file_gives(importer: Importeur) -> None:
    chez_ines, chez_bob = ligne(**INES), CHEZ_BOB
    une_semaine_sur_deux = {"semaine_ancre": "07/12/2026", "une_sur": "2", "vacances": "paires"}
    importer(chez_ines | une_semaine_sur_deux, chez_bob)
    lundi = date(2026, 12, 7)
    rapport = importer(chez_ines | une_semaine_sur_deux | {"semaine_ancre": "14/12/2026", "vacances": "impaires"})
    assert importer.semaines("Anaïs") == {
        "F1": (lundi + timedelta(weeks=1), 2, "debut_annees_impaires"),
        "F2": (lundi + timedelta(weeks=2), 2, "debut_annees_paires"),
    }
    assert "a celles qui restent" in rapport.avertissements[0]
    assert len(importer.actes("garde_changee")) == 2
    sur_trois = {"semaine_ancre": "14/12/2026", "une_sur": "3"}
    with pytest.raises(FichierRefuse, match="ne fait pas toutes les semaines"):
        importer(chez_ines | sur_trois)
    importer(chez_ines | sur_trois, chez_bob)
    assert importer.semaines("Anaïs")["F1"][1:] == (3, "")
    assert importer.semaines("Anaïs")["F2"] == (None, None, "")
    assert importer(chez_ines | sur_trois).est_inchange


def test_the_foyer_that_comes_second_has_what_the_first_one_leaves(importer: Importeur) -> None:
    importer(ligne(**INES) | {"semaine_ancre": "07/12/2026", "une_sur": "2"})
    importer(CHEZ_BOB)
    assert importer.semaines("Anaïs")["F2"] == (date(2026, 12, 14), 2, "")


def test_the_journal_of_an_import_never_says_a_health_value(importer: Importeur) -> None:
    importer(ligne(**INES))
    importer(ligne(**INES) | {"pai": "O", "classe": "CM1"})
    (acte,) = importer.actes("fiche_importee")
    assert acte.details == {"champs": {"enfant.pai": [], "enfant.classe": ["CE1", "CM1"]}}


def test_a_part_of_the_families_is_not_taken_for_all_of_them(importer: Importeur) -> None:
    tous = grand_fichier(30)
    importer(*tous)
    quelques = [une for une in tous if une["foyer"] in ("F1", "F2")]
    avant = importer.village.photographier()
    with pytest.raises(DepartsNombreux):
        importer(*quelques, est_complet=True)
    assert importer.village.photographier() == avant
    assert importer(*quelques, est_complet=True, departs_confirmes=True).partis >= 28


PERIODES = Callable[[], list[tuple[str, str, str]]]


@pytest.fixture
def cantine(importer: Importeur) -> PERIODES:
    """Dates and structures of Anaïs at the cantine, in their order."""

    def lire() -> list[tuple[str, str, str]]:
        with importer.village.bd.session_lecture() as session:
            lignes = session.execute(
                select(Inscription.du, Inscription.au, Structure.code)
                .join(Enfant, Enfant.id == Inscription.enfant_id)
                .join(Structure, Structure.id == Inscription.structure_id)
                .where(Enfant.prenom == "Anaïs")
                .order_by(Inscription.du)
            )
            return [(f"{du:%d/%m/%Y}", f"{au:%d/%m/%Y}", code) for du, au, code in lignes]

    return lire


def inscrite(du: str, au: str, activites: str = "cantine") -> dict[str, str]:
    return ligne(**INES) | {"activites": activites, "inscription_du": du, "inscription_au": au}


def test_periods_that_move_never_overlap(importer: Importeur, cantine: PERIODES) -> None:
    importer(inscrite("01/09/2026", "31/12/2026"), inscrite("01/01/2027", "02/07/2027"))
    importer(inscrite("01/09/2026", "31/01/2027"), inscrite("01/02/2027", "02/07/2027"))
    deux = [("01/09/2026", "31/01/2027", "ecole"), ("01/02/2027", "02/07/2027", "ecole")]
    assert cantine() == deux
    importer(inscrite("01/02/2027", "02/07/2027"))
    assert cantine() == deux, "a line less enrols nobody out"
    rapport = importer(inscrite("01/09/2026", "02/07/2027"))
    assert cantine() == [("01/09/2026", "02/07/2027", "ecole")]
    assert (rapport.fiches["inscription", "modifies"], rapport.fiches["inscription", "retires"]) == (1, 1)


def test_another_place_takes_its_days_and_leaves_the_others(importer: Importeur, cantine: PERIODES) -> None:
    """The school of the rest of the year is one that the town's file of activities used to name."""
    importer(inscrite("01/09/2026", "02/07/2027", "mercredi@centre"))
    with importer.village.bd.session_ecriture() as session:
        enfant_id = session.scalars(select(Enfant.id).where(Enfant.prenom == "Anaïs")).one()
        une = session.scalars(select(Inscription).where(Inscription.enfant_id == enfant_id)).one()
        une.structure_id = importer.village.regles.structure_ids["ecole"]
    rapport = importer(inscrite("01/01/2027", "28/02/2027", "mercredi@centre"))
    assert cantine() == [
        ("01/09/2026", "31/12/2026", "ecole"),
        ("01/01/2027", "28/02/2027", "centre"),
        ("01/03/2027", "02/07/2027", "ecole"),
    ]
    assert "change de lieu pour «\u00a0mercredi\u00a0»" in rapport.avertissements[0]


def test_an_authority_that_a_file_ended_a_file_gives_back(importer: Importeur) -> None:
    importer(ligne(**INCONNUE) | {"responsable2_autorite": "oui"})
    importer(ligne(**INCONNUE))
    assert importer(ligne(**INCONNUE)).est_inchange
    rapport = importer(ligne(**INCONNUE) | {"responsable2_autorite": "oui"})
    assert (rapport.avertissements, rapport.fiches["autorite_parentale", "crees"]) == ([], 1)
    with importer.village.bd.session_lecture() as session:
        paul = select(Personne.id).where(Personne.prenom == "Paul").scalar_subquery()
        durees = session.execute(
            select(AutoriteParentale.du, AutoriteParentale.au)
            .where(AutoriteParentale.personne_id == paul)
            .order_by(AutoriteParentale.du)
        ).all()
    assert [tuple(duree) for duree in durees] == [
        (date(2018, 4, 17), AUJOURDHUI - timedelta(days=1)),
        (AUJOURDHUI, None),
    ]
    assert len(importer.actes("autorite_terminee")) == len(importer.actes("autorite_donnee")) == 1
