"""What the town's silence means, and from which day.

Delays are counted in months « de quantième à quantième »: filed on 15 January, two months end on 15 March; a day that
the month does not have is its last one (code de procédure civile, art. 641, as the administrative judge counts). A
complement asked for stops or restarts them (CRPA L114-5).
"""

from calendar import monthrange
from datetime import date

from portail_famille.domain.genres import Genre, Silence


def ajouter_mois(jour: date, mois: int) -> date:
    """The same day `mois` months later, or the last one of a month too short."""
    rang = jour.year * 12 + jour.month - 1 + mois
    annee, dernier = rang // 12, monthrange(rang // 12, rang % 12 + 1)[1]
    return date(annee, rang % 12 + 1, min(jour.day, dernier))


def echeance(depot: date, genre: Genre) -> date | None:
    """Day on which the town should have answered: its silence is then an agreement, a refusal or, where it means
    neither, a failing (RGPD art. 12). None when no text gives a delay."""
    return ajouter_mois(depot, genre.delai_mois) if genre.delai_mois else None


def suspendre(silence: Silence, prevue: date | None, demande: date, avant: date | None) -> date | None:
    """The day that counts once a complement is asked for on `demande`, to be sent until `avant`.

    Where silence is an agreement, the delay will only run once everything is there: none meanwhile. Elsewhere it is
    suspended for the time given, and goes on by itself afterwards; with no time given, until the answer. What silence
    has already decided stays decided.
    """
    if prevue is not None and prevue <= demande:
        return prevue
    if prevue is None or silence is Silence.ACCORD or avant is None:
        return None
    return prevue + (max(avant, demande) - demande)


def reprendre(
    silence: Silence,
    delai_mois: int,
    prevue: date | None,
    demande: date,
    avant: date | None,
    recu: date,
) -> date | None:
    """The day that counts once what was missing is there. `prevue`: as it was before the complement was asked for.

    Where silence is an agreement the whole delay runs from that day; elsewhere it is longer by the time it was
    suspended: until the answer, or until the end of the time given when the answer comes late.
    """
    if prevue is None or prevue <= demande:
        return prevue
    if silence is Silence.ACCORD:
        return ajouter_mois(recu, delai_mois)
    fin = recu if avant is None else min(recu, max(avant, demande))
    return prevue + (max(fin, demande) - demande)
