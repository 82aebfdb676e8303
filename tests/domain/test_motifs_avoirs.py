"""The reason that an automatic avoir gives: the cause, its days, nothing about anyone's health."""

from datetime import date, timedelta
from typing import Any

import pytest

from portail_famille.domain.factures import PrixFacture
from portail_famille.domain.motifs_avoirs import MOTIF_MAXIMUM, JourRendu, dire_motif

JEUDI = date(2026, 10, 15)
VENDREDI = date(2026, 10, 16)
NOVEMBRE = date(2026, 11, 1)


def prix(**valeurs: Any) -> PrixFacture:
    ordinaire: dict[str, Any] = {
        "enfant": 1, "unite": 1, "etat": "reservee", "centimes": 342, "base_centimes": 342, "garde_centimes": 0,
        "qf_centimes": None, "resident": True, "rang": 1, "charges": 1, "ressources_centimes": None, "pai": False,
        "oublis": 0, "catalogue": 1, "tarif": "repas", "tarif_du": None, "explication": (),
    }  # fmt: skip
    return PrixFacture(**ordinaire | valeurs)


def rendu(jour: date, maintenant: PrixFacture | None, **avant: Any) -> JourRendu:
    return JourRendu(jour, maintenant, prix(**avant).en_document())


@pytest.mark.parametrize(
    ("maintenant", "avant", "motif"),
    [
        (prix(etat="absente_justifiee", centimes=0), {}, "Absence justifiée\u00a0: 15 octobre"),
        (prix(etat="absente_justifiee"), {"etat": "absente_injustifiee"}, "Absence justifiée\u00a0: 15 octobre"),
        (None, {}, "Réservation annulée\u00a0: 15 octobre"),
        (prix(etat="presente"), {"etat": "hors_delai"}, "Présence corrigée\u00a0: 15 octobre"),
        (prix(etat="presente", qf_centimes=30_000), {}, "Quotient familial accepté"),
        (prix(etat="presente", rang=2), {}, "Prix corrigé"),
        (prix(pai=True), {}, "Prix corrigé"),
    ],
)
def test_each_cause_has_its_words(maintenant: PrixFacture | None, avant: dict[str, Any], motif: str) -> None:
    assert dire_motif([rendu(JEUDI, maintenant, **avant)]) == motif


def test_days_of_one_cause_are_said_together_and_causes_one_after_the_other() -> None:
    absente, mieux = prix(etat="absente_justifiee"), prix(qf_centimes=30_000)
    jours = [rendu(jour, absente) for jour in (NOVEMBRE, VENDREDI, JEUDI, JEUDI)]
    attendu = "Absence justifiée\u00a0: 15 et 16 octobre, 1er novembre\u202f; quotient familial accepté"
    assert dire_motif([rendu(VENDREDI, mieux), *jours]) == attendu


def test_what_was_billed_from_nothing_known_is_a_price_set_right() -> None:
    assert dire_motif([JourRendu(JEUDI, prix(), None)]) == "Prix corrigé"


def test_more_days_than_the_avoir_has_room_for_are_counted() -> None:
    absente = prix(etat="absente_justifiee")
    jours = [rendu(NOVEMBRE + timedelta(days=2 * rang), absente) for rang in range(60)]
    assert dire_motif(jours) == "Absence justifiée\u00a0: 60 jours"
    for nombre in range(1, 60):
        assert len(dire_motif([*jours[:nombre], rendu(JEUDI, None)])) <= MOTIF_MAXIMUM
