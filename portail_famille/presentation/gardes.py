"""Garde alternée in words: its rule in a sentence."""

from datetime import date, timedelta

from portail_famille.domain.calendrier import Calendrier
from portail_famille.domain.gardes import PAIRES, Garde, lundi_de
from portail_famille.presentation.formats import INSECABLE, date_courte

_NOMBRES = ("", "une", "deux", "trois", "quatre")
# Past it the next two weeks of ours are found, whatever holidays lie between.
_SEMAINES_EXAMINEES = 30


def phrase_de_garde(garde: Garde, calendrier: Calendrier, aujourdhui: date) -> str:
    """« Une semaine sur deux chez vous : cette semaine, puis celle du 7 décembre. »"""
    lundis = [lundi_de(aujourdhui) + timedelta(weeks=n) for n in range(_SEMAINES_EXAMINEES)]
    notres = [
        lundi for lundi in lundis if garde.est_notre_semaine(lundi) and not _est_partagee(garde, calendrier, lundi)
    ]
    premiere, seconde = notres[:2]
    debut = "cette semaine" if premiere <= aujourdhui else f"celle du {date_courte(premiere)}"
    regle = f"{rythme_de_garde(garde)} chez vous{INSECABLE}: {debut}, puis celle du {date_courte(seconde)}."
    return " ".join(filter(None, (regle, phrase_des_vacances(garde))))


def rythme_de_garde(garde: Garde) -> str:
    """« Une semaine sur deux », « Trois semaines sur quatre »."""
    combien = garde.une_sur - 1 if garde.est_reste else 1
    pluriel = "s" if combien > 1 else ""
    return f"{_NOMBRES[combien].capitalize()} semaine{pluriel} sur {_NOMBRES[garde.une_sur]}"


def phrase_des_vacances(garde: Garde) -> str:
    """Which half is ours, "" when the weeks go on during holidays."""
    if not garde.vacances:
        return ""
    debut_pair = (garde.vacances == PAIRES) != garde.est_reste
    annees = ("paires", "impaires") if debut_pair else ("impaires", "paires")
    return (
        f"La première moitié des vacances scolaires est chez vous les années {annees[0]}, "
        f"la seconde les années {annees[1]}."
    )


def _est_partagee(garde: Garde, calendrier: Calendrier, lundi: date) -> bool:
    """In holidays shared by halves the weeks say nothing."""
    periode = calendrier.vacances_du(lundi)
    return bool(garde.vacances) and periode is not None and not periode.est_pont
