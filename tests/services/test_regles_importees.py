"""Import of a town's document: all or nothing, unchanged when nothing changed, never under bookings to come."""

import threading
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portail_famille.domain.erreurs import DocumentInvalide
from portail_famille.models.activites import (
    Activite,
    Inscription,
    Jauge,
    Structure,
    Unite,
    VersionCatalogue,
)
from portail_famille.models.bd import BD
from portail_famille.models.foyers import Enfant, Foyer, Personne
from portail_famille.models.reservations import Reservation
from portail_famille.services.importation import RapportImport, importer_catalogue
from portail_famille.services.regles import lire_versions
from tests.support.documents import analyser, document_de_cantine

MAINTENANT = datetime(2026, 11, 21, 10, tzinfo=UTC)
ETUDE = """
[[activite]]
code = "etude"
nom = "Étude"
structures = ["ecole"]
delai_ajout = "aucun"
[[activite.unite]]
code = "{code}"
nom = "Soir"
"""
JAUGE = '[[jauge]]\ncode = "refectoire"\nnom = "Réfectoire"\nplaces = 20\nunites = ["repas"]\n'


def importer(bd: BD, toml: str, maintenant: datetime = MAINTENANT) -> RapportImport:
    with bd.session_ecriture() as session:
        return importer_catalogue(session, analyser(toml), maintenant)


def compter(bd: BD, table: Any) -> int:
    with bd.session_lecture() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def etat(bd: BD) -> dict[str, list[tuple[str, bool]]]:
    with bd.session_lecture() as session:
        return {
            table.__tablename__: [
                (code, est_retire)
                for code, est_retire in session.execute(select(table.code, table.est_retire).order_by(table.code))
            ]
            for table in (Structure, Activite, Unite, Jauge)
        }


def reserver(bd: BD, unite: str, jour: date, etat_: str = "reservee") -> None:
    with bd.session_ecriture() as session:
        structure = session.scalars(select(Structure)).one()
        ligne = session.scalars(select(Unite).where(Unite.code == unite)).one()
        foyer, enfant = _foyer(session)
        session.add(
            Inscription(
                enfant_id=enfant.id,
                activite_id=ligne.activite_id,
                structure_id=structure.id,
                foyer_id=foyer.id,
                du=date(2026, 9, 1),
                au=date(2027, 7, 2),
            )
        )
        session.add(
            Reservation(
                enfant_id=enfant.id,
                unite_id=ligne.id,
                jour=jour,
                structure_id=structure.id,
                foyer_id=foyer.id,
                etat=etat_,
                modifiee_utc=MAINTENANT,
            )
        )


def _foyer(session: Session) -> tuple[Foyer, Enfant]:
    personne = Personne(prenom="Camille", nom="Essai")
    session.add(personne)
    session.flush()
    foyer = Foyer(nom="Essai", payeur_id=personne.id)
    enfant = Enfant(prenom="Léa", nom="Essai", naissance=date(2018, 1, 1))
    session.add_all([foyer, enfant])
    session.flush()
    return foyer, enfant


def test_the_same_file_again_changes_nothing(bd: BD) -> None:
    assert not importer(bd, document_de_cantine()).inchange
    avant = etat(bd)
    rapport = importer(bd, "# un commentaire\n" + document_de_cantine())
    assert (rapport.inchange, rapport.version, rapport.changements) == (True, 1, ())
    assert compter(bd, VersionCatalogue) == 1
    assert etat(bd) == avant
    with bd.session_lecture() as session:
        assert lire_versions(session)[0] == 1


def test_a_file_with_a_fault_writes_nothing(bd: BD) -> None:
    importer(bd, document_de_cantine())
    avant = etat(bd)
    with pytest.raises(DocumentInvalide):
        importer(bd, document_de_cantine(suite=ETUDE.format(code="soir") + "inconnue = 1\n"))
    assert etat(bd) == avant
    assert compter(bd, VersionCatalogue) == 1


def test_codes_that_leave_are_kept_withdrawn_and_come_back(bd: BD) -> None:
    complet = document_de_cantine(suite=ETUDE.format(code="soir") + JAUGE)
    importer(bd, complet)
    rapport = importer(bd, document_de_cantine())
    assert set(rapport.changements) >= {
        "activité retirée : etude",
        "unité retirée : soir",
        "jauge retirée : refectoire",
    }
    assert etat(bd)["unite"] == [("repas", False), ("soir", True)]
    rapport = importer(bd, complet)
    assert set(rapport.changements) >= {
        "activité reprise : etude",
        "unité reprise : soir",
        "jauge reprise : refectoire",
    }
    assert etat(bd)["unite"] == [("repas", False), ("soir", False)]
    assert rapport.version == 3


def test_an_import_says_whose_rules_changed(bd: BD) -> None:
    importer(bd, document_de_cantine())
    rapport = importer(bd, document_de_cantine(delai='{ jours = 1, avant = "12:00" }', suite=ETUDE.format(code="soir")))
    assert rapport.changements == ("activité ajoutée : etude", "unité ajoutée : soir", "unité modifiée : repas")


@pytest.mark.parametrize("jour", [date(2026, 11, 21), date(2027, 6, 1)])
def test_a_unit_with_bookings_to_come_cannot_leave(bd: BD, jour: date) -> None:
    importer(bd, document_de_cantine(suite=ETUDE.format(code="soir")))
    reserver(bd, "soir", jour)
    with pytest.raises(DocumentInvalide) as refus:
        importer(bd, document_de_cantine())
    erreur = refus.value.erreurs[0]
    assert (erreur.table, erreur.cle) == ("activite etude / unite soir", "code")
    assert "1 réservation à venir" in erreur.raison
    assert etat(bd)["unite"] == [("repas", False), ("soir", False)]
    assert compter(bd, VersionCatalogue) == 1


@pytest.mark.parametrize(("jour", "etat_"), [(date(2026, 11, 20), "reservee"), (date(2027, 6, 1), "annulee")])
def test_a_unit_whose_bookings_are_past_or_cancelled_may_leave(bd: BD, jour: date, etat_: str) -> None:
    importer(bd, document_de_cantine(suite=ETUDE.format(code="soir")))
    reserver(bd, "soir", jour, etat_)
    rapport = importer(bd, document_de_cantine())
    assert "unité retirée : soir" in rapport.changements
    assert [a for a in rapport.avertissements if "etude" in a and "1 inscription en cours" in a]


def test_today_is_the_day_of_paris(bd: BD) -> None:
    importer(bd, document_de_cantine(suite=ETUDE.format(code="soir")))
    reserver(bd, "soir", date(2026, 11, 21))
    onze_heures_du_soir_utc = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)
    assert not importer(bd, document_de_cantine(), onze_heures_du_soir_utc).inchange


def test_a_unit_with_bookings_to_come_cannot_change_activity(bd: BD) -> None:
    importer(bd, document_de_cantine())
    reserver(bd, "repas", date(2027, 6, 1))
    deplacee = document_de_cantine().replace('code = "cantine"', 'code = "restauration"')
    with pytest.raises(DocumentInvalide) as refus:
        importer(bd, deplacee)
    assert "passe de l’activité « cantine » à « restauration »" in refus.value.erreurs[0].raison


def test_a_unit_without_bookings_to_come_may_change_activity(bd: BD) -> None:
    importer(bd, document_de_cantine())
    rapport = importer(bd, document_de_cantine().replace('code = "cantine"', 'code = "restauration"'))
    assert "unité passée à l’activité restauration : repas" in rapport.changements
    with bd.session_lecture() as session:
        code = select(Activite.code).join(Unite, Unite.activite_id == Activite.id).where(Unite.code == "repas")
        assert session.scalar(code) == "restauration"


def test_a_structure_with_bookings_to_come_cannot_leave_the_activity(bd: BD) -> None:
    importer(bd, document_de_cantine())
    reserver(bd, "repas", date(2027, 6, 1))
    ailleurs = (
        document_de_cantine().replace('"ecole"', '"autre-ecole"').replace('genre = "autre-ecole"', 'genre = "ecole"')
    )
    with pytest.raises(DocumentInvalide) as refus:
        importer(bd, ailleurs)
    assert [(e.table, e.cle) for e in refus.value.erreurs] == [("activite cantine", "structures")]


def test_two_imports_at_once_follow_each_other(bd: BD) -> None:
    documents = [document_de_cantine(suite=ETUDE.format(code=f"soir-{rang}")) for rang in range(4)]
    fautes: list[BaseException] = []

    def lancer(document: str) -> None:
        try:
            importer(bd, document)
        except BaseException as faute:
            fautes.append(faute)

    fils = [threading.Thread(target=lancer, args=(document,)) for document in documents]
    for fil in fils:
        fil.start()
    for fil in fils:
        fil.join()
    assert fautes == []
    assert compter(bd, VersionCatalogue) == 4
    assert [est_retire for _, est_retire in etat(bd)["unite"]].count(False) == 2


def test_a_closure_of_the_whole_town_changes_no_structure(bd: BD) -> None:
    importer(bd, document_de_cantine())
    fermeture = '[[fermeture]]\ndu = 2027-05-07\nmotif = "Pont."'
    assert importer(bd, document_de_cantine(suite=fermeture)).changements == ("jours de fermeture modifiés",)
