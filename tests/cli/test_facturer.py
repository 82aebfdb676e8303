"""`portail-famille facturer`, as the régie types it: prepare, look, issue."""

import json
import time
from datetime import date, timedelta
from pathlib import Path

import pytest
import time_machine
from click.testing import CliRunner
from sqlalchemy import func, select, update

from portail_famille.cli import main
from portail_famille.config import ReglagesCommune
from portail_famille.models.factures import Facturation, Facture
from portail_famille.models.reservations import Reservation
from portail_famille.services.emissions import emettre
from portail_famille.services.facturation import abandonner, demander, preparer
from portail_famille.services.journal import SYSTEME
from tests.support.facturations import DECEMBRE, ecrire_commune
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import LUNDI, Village

NOVEMBRE_3 = date(2026, 11, 3)
SANS_REGIE = "Attention : aucune régie ne facture l’activité « vacances ».\n"
"""The commune of these tests has one régie, for all the rest that is sold."""


@pytest.fixture
def facturer(village: Village, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Facturer":
    ecrire_commune(tmp_path, village.bd)
    monkeypatch.setenv("PORTAIL_FAMILLE_INSTANCE", str(tmp_path))
    return Facturer()


class Facturer:
    """Runs the command on 2 December at 18:00; its code, what it says, what it complains of."""

    def __call__(self, *options: str, mois: str = "2026-12", regie: str = "enfance") -> tuple[int, str, str]:
        arguments = ["facturer", "--commune", "essai", "--regie", regie, "--mois", mois, *options]
        with time_machine.travel(MERCREDI_SOIR, tick=False):
            resultat = CliRunner().invoke(main, arguments, catch_exceptions=False)
        return resultat.exit_code, _plat(resultat.stdout), _plat(resultat.stderr)


def _plat(texte: str) -> str:
    return texte.replace("\u00a0", " ").replace("\u202f", " ")


def emises(village: Village) -> list[tuple[str | None, int]]:
    with village.bd.session_lecture() as session:
        lues = session.execute(select(Facture.numero, Facture.total_centimes).order_by(Facture.numero, Facture.id))
        return [(ligne.numero, ligne.total_centimes) for ligne in lues]


def test_a_month_is_prepared_told_then_issued_once(facturer: Facturer, village: Village) -> None:
    village.reserver("noe", "repas", NOVEMBRE_3, etat="presente")
    assert facturer(mois="2026-11")[0] == 0
    assert facturer("--emettre", mois="2026-11")[0] == 0
    code, sortie, erreurs = facturer()
    assert (code, erreurs) == (0, SANS_REGIE)
    assert sortie.splitlines()[:2] == ["Enfance et éducation, décembre 2026 :", "  2 factures, 23,88 €"]
    assert "  Décembre 2026 n’est pas terminé : les jours à venir sont facturés comme réservés.\n" in sortie
    assert "Pas d’adresse postale. (2)\n    Morel – Le Gall\n    Ferrand\n" in sortie
    assert "Par rapport à novembre 2026 :\n  Total : 23,88 € au lieu de 3,42 €\n  Cantine : 23,88 € au lieu" in sortie
    assert "Foyers qui n’avaient rien le mois d’avant (1) :\n    Ferrand : 10,20 € au lieu de 0,00 €" in sortie
    assert "Rien n’est émis. Pour émettre ces factures : portail-famille facturer --commune essai" in sortie
    # Looked at again, the same; issued, twice.
    assert facturer()[1] == sortie
    code, sortie, _ = facturer("--emettre")
    assert code == 0
    assert "Émis : 2 factures, 23,88 €. Les familles seront prévenues par mail." in sortie
    faites = [("2026-EE-000001", 342), ("2026-EE-000002", 1020), ("2026-EE-000003", 1368)]
    assert emises(village) == faites
    for options in (("--emettre",), ()):
        code, sortie, _ = facturer(*options)
        assert (code, emises(village)) == (0, faites)
        assert sortie.endswith("Tout est déjà facturé : rien de plus à émettre.\n")
    with village.bd.session_lecture() as session:
        etats = session.scalars(select(Facturation.etat).order_by(Facturation.id)).all()
    assert etats == ["emise", "emise", "abandonnee", "abandonnee"]


def test_what_changed_since_is_never_issued_unseen(facturer: Facturer, village: Village) -> None:
    assert facturer()[0] == 0
    with village.bd.session_ecriture() as session:
        session.execute(
            update(Reservation)
            .where(Reservation.jour == LUNDI)
            .values(etat="annulee", modifiee_utc=MERCREDI_SOIR + timedelta(hours=1))
        )
    code, sortie, erreurs = facturer("--emettre")
    assert (code, sortie) == (1, "")
    assert "préparation : les réservations. Relancez cette commande sans --emettre" in erreurs
    assert facturer()[1].splitlines()[1] == "  2 factures, 20,46 €"
    assert facturer("--emettre")[0] == 0
    assert sum(total for _, total in emises(village)) == 2046


def test_a_program_reads_the_same_as_json(facturer: Facturer, village: Village) -> None:
    code, sortie, erreurs = facturer("--json", "--emettre")
    assert (code, json.loads(sortie)["emission"], "relancez la même commande" in erreurs) == (1, None, True)
    lu = json.loads(facturer("--json", "--emettre", "--le", "2026-12-01")[1])
    assert (lu["regie"], lu["mois"], lu["bilan"]["factures"]) == ("enfance", "2026-12", 2)
    assert lu["emission"] == {"nombre_factures": 2, "nombre_avoirs": 0, "total_centimes": 2388}
    assert lu["comparaison"]["total"]["apres_centimes"] == 2388
    with village.bd.session_lecture() as session:
        assert session.scalars(select(Facture.emise_le).distinct()).all() == [date(2026, 12, 1)]


@pytest.mark.parametrize(
    ("options", "regie", "mois", "code", "phrase"),
    [
        ((), "cantine", "2026-12", 2, "Régie « cantine » inconnue (régies : enfance)."),
        ((), "enfance", "décembre", 2, "Écrivez un mois comme 2026-11."),
        (("--emettre", "--le", "demain"), "enfance", "2026-12", 2, "Écrivez une date comme 2026-11-30."),
        (("--le", "2026-12-01"), "enfance", "2026-12", 2, "« --le » date une émission : elle va avec « --emettre »."),
        ((), "enfance", "2027-03", 1, "Ce mois est trop loin : facturez au plus le mois prochain."),
    ],
)
def test_what_cannot_be_done_is_told_in_one_sentence(
    facturer: Facturer, village: Village, options: tuple[str, ...], regie: str, mois: str, code: int, phrase: str
) -> None:
    assert facturer(*options, regie=regie, mois=mois) == (code, "", phrase + "\n")
    with village.bd.session_lecture() as session:
        assert session.scalars(select(func.count()).where(Facture.numero.is_not(None))).one() == 0


def test_a_date_to_come_is_refused_once_the_month_is_ready(facturer: Facturer, village: Village) -> None:
    assert facturer()[0] == 0
    refus = "Une facture ne porte pas une date à venir.\n"
    assert facturer("--emettre", "--le", "2026-12-03") == (1, "", SANS_REGIE + refus)
    assert {numero for numero, _ in emises(village)} == {None}


def test_what_nobody_has_seen_is_shown_and_not_issued(facturer: Facturer, village: Village) -> None:
    """Asked to issue at once; then, once issued, asked again when a day was cancelled in between."""
    code, sortie, erreurs = facturer("--emettre")
    assert (code, "2 factures, 23,88 €" in sortie) == (1, True)
    assert "relancez la même commande pour émettre" in erreurs
    assert {numero for numero, _ in emises(village)} == {None}
    assert facturer("--emettre")[0] == 0
    with village.bd.session_ecriture() as session:
        session.execute(
            update(Reservation)
            .where(Reservation.jour == LUNDI)
            .values(etat="annulee", modifiee_utc=MERCREDI_SOIR + timedelta(hours=1))
        )
    code, sortie, erreurs = facturer("--emettre")
    assert (code, "  1 avoir, " in sortie, "relancez la même" in erreurs) == (1, True, True)
    assert [numero for numero, _ in emises(village) if numero] == ["2026-EE-000001", "2026-EE-000002"]
    assert facturer("--emettre")[0] == 0
    assert len([numero for numero, _ in emises(village) if numero]) == 3


@pytest.mark.parametrize("etat", ["emise", "abandonnee"])
def test_what_another_program_did_with_the_month_meanwhile_is_told(
    facturer: Facturer, village: Village, reglages: ReglagesCommune, monkeypatch: pytest.MonkeyPatch, etat: str
) -> None:
    """Two of them asked to issue: who waited finds it issued, or put away at the desk."""
    with village.bd.session_ecriture() as session:
        facturation_id = demander(session, reglages, "enfance", DECEMBRE, SYSTEME, MERCREDI_SOIR).id
        session.get_one(Facturation, facturation_id).bail_utc = MERCREDI_SOIR + timedelta(minutes=1)

    def finir(secondes: float) -> None:
        with village.bd.session_ecriture() as session:
            session.execute(update(Facturation).values(bail_utc=None))
        preparer(village.bd, reglages, facturation_id, lambda: MERCREDI_SOIR)
        with village.bd.session_ecriture() as session:
            if etat == "emise":
                emettre(session, reglages, facturation_id, MERCREDI_SOIR.date(), SYSTEME, MERCREDI_SOIR)
            else:
                abandonner(session, facturation_id, SYSTEME, MERCREDI_SOIR)

    monkeypatch.setattr(time, "sleep", finir)
    code, sortie, erreurs = facturer("--emettre")
    assert "2 factures, 23,88 €" in sortie
    if etat == "emise":
        assert (code, "Émis : 2 factures, 23,88 €" in sortie) == (0, True)
    else:
        assert (code, "abandonnée au bureau" in erreurs) == (1, True)


def test_a_month_without_school_is_issued_with_nothing_in_it(facturer: Facturer, village: Village) -> None:
    assert facturer(mois="2026-08")[0] == 0
    code, sortie, _ = facturer("--emettre", mois="2026-08")
    assert code == 0
    assert "  0 facture, 0,00 €" in sortie
    assert "pas terminé" not in sortie
    assert "Émis : 0 facture" in sortie
    assert emises(village) == []


def test_the_month_that_another_program_prepares_is_waited_for(
    facturer: Facturer, village: Village, reglages: ReglagesCommune, monkeypatch: pytest.MonkeyPatch
) -> None:
    with village.bd.session_ecriture() as session:
        facturation = demander(session, reglages, "enfance", DECEMBRE, SYSTEME, MERCREDI_SOIR)
        facturation.bail_utc = MERCREDI_SOIR + timedelta(minutes=1)
    pauses: list[float] = []

    def liberer(secondes: float) -> None:
        pauses.append(secondes)
        with village.bd.session_ecriture() as session:
            session.execute(update(Facturation).values(bail_utc=None))

    monkeypatch.setattr(time, "sleep", liberer)
    code, sortie, erreurs = facturer()
    assert (code, len(pauses)) == (0, 1)
    assert erreurs == (
        "Déjà en préparation par un autre programme : attente…\n"
        "Si elle a été interrompue, elle recommence dans deux minutes au plus.\n" + SANS_REGIE
    )
    assert "2 factures, 23,88 €" in sortie


def test_the_worker_prepares_what_the_desk_asks_for(
    facturer: Facturer, village: Village, reglages: ReglagesCommune
) -> None:
    with village.bd.session_ecriture() as session:
        facturation_id = demander(session, reglages, "enfance", DECEMBRE, SYSTEME, MERCREDI_SOIR).id
    with time_machine.travel(MERCREDI_SOIR, tick=False):
        CliRunner().invoke(main, ["travailleur", "--commune", "essai", "--une-fois"], catch_exceptions=False)
    with village.bd.session_lecture() as session:
        facturation = session.get_one(Facturation, facturation_id)
    assert (facturation.etat, facturation.fait) == ("prete", 2)
    assert [total for _, total in emises(village)] == [1368, 1020]
