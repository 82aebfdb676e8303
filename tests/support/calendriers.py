"""The school calendars of 2026-2028 as the Ministry printed them, and the public holidays of those years."""

import csv
from datetime import date
from functools import cache
from pathlib import Path

from portail_famille.domain.calendrier import Calendrier, PeriodeVacances

DONNEES = Path(__file__).resolve().parent.parent / "data"
LMJV = frozenset({0, 1, 3, 4})
_FIXES = {
    (1, 1): "Jour de l’an",
    (5, 1): "Fête du travail",
    (5, 8): "Victoire 1945",
    (7, 14): "Fête nationale",
    (8, 15): "Assomption",
    (11, 1): "Toussaint",
    (11, 11): "Armistice 1918",
    (12, 25): "Noël",
}
_MOBILES = {
    date(2026, 4, 6): "Lundi de Pâques",
    date(2026, 5, 14): "Ascension",
    date(2026, 5, 25): "Lundi de Pentecôte",
    date(2027, 3, 29): "Lundi de Pâques",
    date(2027, 5, 6): "Ascension",
    date(2027, 5, 17): "Lundi de Pentecôte",
    date(2028, 4, 17): "Lundi de Pâques",
    date(2028, 5, 25): "Ascension",
    date(2028, 6, 5): "Lundi de Pentecôte",
}
FERIES = {date(annee, *jour): nom for annee in (2026, 2027, 2028) for jour, nom in _FIXES.items()} | _MOBILES


def lignes_du_calendrier() -> list[dict[str, str]]:
    with (DONNEES / "school_calendar_2026_2028.csv").open(encoding="utf-8", newline="") as fichier:
        return list(csv.DictReader(fichier))


@cache
def calendrier_de(zone: str = "A", jours_ecole: frozenset[int] = LMJV) -> Calendrier:
    vacances = tuple(
        PeriodeVacances(
            ligne["period"].replace("'", "’"),
            date.fromisoformat(ligne["first_day_off"]),
            date.fromisoformat(ligne["last_day_off"]),
        )
        for ligne in lignes_du_calendrier()
        if zone in ligne["zone"]
    )
    return Calendrier(zone, vacances, FERIES, jours_ecole)
