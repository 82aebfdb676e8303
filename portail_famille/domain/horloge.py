"""Wall-clock hours of metropolitan France turned into instants. Nothing here reads the clock."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
FIN_DE_JOURNEE = "24:00"
MINUTES_PAR_JOUR = 24 * 60
_UN_JOUR = timedelta(days=1)


def instant_a(jour: date, minutes: int) -> datetime:
    """The instant at which the clock shows `minutes` after midnight of `jour` (0 to 1440, the next midnight).

    One rule for both clock changes: the first instant at which the clock on the wall shows that hour *or a later one*.
    - Last Sunday of March, 02:00 to 02:59 do not exist: the instant is the jump itself, 03:00 summer time.
    - Last Sunday of October, 02:00 to 02:59 come twice: the instant is the first time, still in summer time.
    """
    if minutes == MINUTES_PAR_JOUR:
        jour, minutes = jour + _UN_JOUR, 0
    heure, minute = divmod(minutes, 60)
    instant = datetime(jour.year, jour.month, jour.day, heure, minute, tzinfo=PARIS)
    if heure == 2 and _est_heure_manquante(instant):
        # Directive 2000/84/EC art. 2: the whole Union changes at 01:00 UTC.
        return datetime(jour.year, jour.month, jour.day, 1, tzinfo=UTC).astimezone(PARIS)
    return instant


def instant_local(jour: date, heure: time | str) -> datetime:
    """Same as `instant_a` for a `time`, or a text "HH:MM" where "24:00" is the end of the day."""
    if isinstance(heure, time):
        return instant_a(jour, heure.hour * 60 + heure.minute)
    heures, minutes = heure.split(":")
    return instant_a(jour, int(heures) * 60 + int(minutes))


def fin_du_jour(jour: date) -> datetime:
    """First instant that no longer belongs to `jour`."""
    return instant_a(jour, MINUTES_PAR_JOUR)


def moins_heures(instant: datetime, heures: int) -> datetime:
    """`heures` real hours earlier: across a clock change the hour on the wall moves (domain.md §4, 72 h)."""
    return (instant.astimezone(UTC) - timedelta(hours=heures)).astimezone(PARIS)


def _est_heure_manquante(instant: datetime) -> bool:
    avant, apres = instant.utcoffset(), instant.replace(fold=1).utcoffset()
    return avant is not None and apres is not None and avant < apres
