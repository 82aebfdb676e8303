"""How long what is kept (RGPD art. 5.1.e): calendar months counted back from a day."""

from calendar import monthrange
from datetime import date


def mois_avant(jour: date, mois: int) -> date:
    """The same day `mois` months earlier, or the last day of that month: 31 March less one month is 28 February."""
    rang = jour.year * 12 + jour.month - 1 - mois
    annee, numero = rang // 12, rang % 12 + 1
    return date(annee, numero, min(jour.day, monthrange(annee, numero)[1]))
