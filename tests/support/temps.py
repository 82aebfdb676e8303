"""A clock that tests set."""

from datetime import UTC, datetime, timedelta

MERCREDI_SOIR = datetime(2026, 12, 2, 17, 0, tzinfo=UTC)
"""Wednesday 2 December 2026, 18:00 in Paris: school time, an ordinary week ahead, Christmas in sight."""


class HorlogeReglable:
    def __init__(self, maintenant: datetime = MERCREDI_SOIR) -> None:
        self.maintenant = maintenant

    def __call__(self) -> datetime:
        return self.maintenant

    def avancer(self, **duree: float) -> None:
        self.maintenant += timedelta(**duree)
