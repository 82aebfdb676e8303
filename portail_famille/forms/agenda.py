"""Reads what the agenda's forms send. Anything a screen of ours cannot have sent is refused with a sentence."""

import re
from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date, timedelta

from werkzeug.datastructures import MultiDict

from portail_famille.domain.brouillons import Creneau, EtatAffiche
from portail_famille.domain.calendrier import Calendrier
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.rythmes import Rythme, Semaines

Champs = MultiDict[str, str]
Mois = tuple[int, int]

_MOIS = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")
_CRENEAU = re.compile(r"(\d{1,2})-(\d{1,9})")
_VUS = re.compile(r"(\d{1,9}(?:\.\d{1,9})*)\*(\d{1,2}(?:-\d{1,2})*)")
_VITE = re.compile(r"(?:s:(\d{4}-\d\d-\d\d)|m):(\d{1,9})")
_PAGE = re.compile(r"[A-Za-z0-9_-]{1,32}")
_CASES_MAXIMALES = 1000
"""31 days × 32 units: no screen of ours shows more."""

SEMAINES = {
    "1": Semaines.TOUTES,
    "2": Semaines.UNE_SUR_2,
    "3": Semaines.UNE_SUR_3,
    "4": Semaines.UNE_SUR_4,
    "paires": Semaines.PAIRES,
    "impaires": Semaines.IMPAIRES,
}


def lire_mois(texte: str | None) -> Mois | None:
    """(2026, 12) from "2026-12"; None for anything else."""
    lu = _MOIS.fullmatch(texte or "")
    return None if lu is None else (int(lu[1]), int(lu[2]))


def lire_etat(champs: Champs, mois: Mois, *, est_partiel: bool) -> EtatAffiche:
    """The displayed state a month's form posts. Raises `RegleViolee` when it cannot be one of ours."""
    page, version, seq = champs.get("page", ""), champs.get("version", ""), champs.get("seq", "0")
    if not _PAGE.fullmatch(page) or not _est_nombre(version) or not _est_nombre(seq):
        raise _illisible()
    # A real submit is the last word of its screen, whatever its sequence number.
    return EtatAffiche(
        page=page,
        version=int(version),
        seq=int(seq),
        est_dernier_mot=not est_partiel,
        vus=_lire_vus(champs.get("vus", ""), mois),
        coches=_lire_coches(champs.getlist("c"), mois),
    )


def lire_vite(texte: str | None, mois: Mois) -> tuple[int, list[date]] | None:
    """A quick tick: unit and days of a week ("s:2026-12-07:12") or of the month ("m:12"), within the month shown."""
    if not texte:
        return None
    lu = _VITE.fullmatch(texte)
    if lu is None:
        raise _illisible()
    jours = [date(*mois, n) for n in range(1, monthrange(*mois)[1] + 1)]
    if lu[1]:
        lundi = _lire_date(lu[1])
        jours = [jour for jour in jours if lundi is not None and 0 <= (jour - lundi).days < 7]
    return int(lu[2]), jours


def _lire_vus(texte: str, mois: Mois) -> frozenset[Creneau]:
    """Reads what `presentation.agenda.coder_vus` writes: groups of "units*days"."""
    creneaux: set[Creneau] = set()
    for groupe in filter(None, texte.split("_")):
        lu = _VUS.fullmatch(groupe)
        if lu is None:
            raise _illisible()
        unites, jours = lu[1].split("."), lu[2].split("-")
        # Counted before they are multiplied: a short text can name a billion slots.
        if len(creneaux) + len(unites) * len(jours) > _CASES_MAXIMALES:
            raise _illisible()
        creneaux.update((int(unite), _jour(jour, mois)) for unite in unites for jour in jours)
    return frozenset(creneaux)


def _lire_coches(valeurs: list[str], mois: Mois) -> frozenset[Creneau]:
    if len(valeurs) > _CASES_MAXIMALES:
        raise _illisible()
    creneaux = set()
    for valeur in valeurs:
        lu = _CRENEAU.fullmatch(valeur)
        if lu is None:
            raise _illisible()
        creneaux.add((int(lu[2]), _jour(lu[1], mois)))
    return frozenset(creneaux)


def _jour(texte: str, mois: Mois) -> date:
    try:
        return date(*mois, int(texte))
    except ValueError:
        raise _illisible() from None


def _est_nombre(texte: str) -> bool:
    return texte.isascii() and texte.isdigit() and len(texte) <= 9


def _illisible() -> RegleViolee:
    return RegleViolee("formulaire_illisible", "Cette page n’est plus à jour. Rechargez-la, puis recommencez.")


@dataclass(slots=True)
class SaisieRythme:
    """A rhythm form as typed, its errors by field, and the rhythm when there is none."""

    saisie: dict[str, object]
    erreurs: dict[str, str] = field(default_factory=dict)
    rythme: Rythme | None = None


def lire_rythme(
    champs: Champs, calendrier: Calendrier, unites: dict[str, str], de_vacances: frozenset[str], aujourdhui: date
) -> SaisieRythme:
    """The rhythm asked for. `unites`: codes of the units this child's family may choose, by posted value;
    `de_vacances`: those open in holidays only, for which « les prochaines vacances » are where it ends, not before."""
    choisies = champs.getlist("unites")
    jours = [jour for jour in champs.getlist("jours") if jour in set("0123456")]
    du, au = _lire_date(champs.get("du")), _lire_date(champs.get("au"))
    jusqua, semaines, action = (
        champs.get(cle, d) for cle, d in (("jusqua", "annee"), ("semaines", "1"), ("action", ""))
    )
    lue = SaisieRythme(
        {
            "unites": choisies,
            "jours": jours,
            "semaines": semaines,
            "action": action,
            "jusqua": jusqua,
            "du": champs.get("du", ""),
            "au": champs.get("au", ""),
        }
    )
    if not choisies or any(unite not in unites for unite in choisies):
        lue.erreurs["unites"] = "Choisissez au moins une activité."
    if not jours:
        lue.erreurs["jours"] = "Choisissez au moins un jour."
    if semaines not in SEMAINES:
        lue.erreurs["semaines"] = "Choisissez une semaine sur combien."
    if action not in ("ajouter", "retirer"):
        lue.erreurs["action"] = "Choisissez d’ajouter ou de retirer."
    if du is None:
        lue.erreurs["du"] = "Écrivez la date du premier jour, par exemple 07/12/2026."
    if lue.erreurs or du is None:
        return lue
    try:
        codes = {unites[unite] for unite in choisies}
        fin = _fin(jusqua, au, max(du, aujourdhui), calendrier, jusqu_aux_vacances=not codes <= de_vacances)
        lue.rythme = Rythme(
            jours=frozenset(map(int, jours)),
            semaines=SEMAINES[semaines],
            du=du,
            au=fin,
            ajouter=action == "ajouter",
            unites=tuple(dict.fromkeys(unites[unite] for unite in choisies)),
        )
    except RegleViolee as refus:
        lue.erreurs[refus.champ or "jusqua"] = refus.message
    return lue


def _fin(jusqua: str, au: date | None, du: date, calendrier: Calendrier, *, jusqu_aux_vacances: bool) -> date:
    if jusqua == "date":
        if au is None:
            raise RegleViolee("rythme_dates", "Écrivez la date du dernier jour, par exemple 02/07/2027.", "au")
        return au
    if jusqua != "periode":
        return calendrier.fin_annee_scolaire(du)
    if jusqu_aux_vacances:
        return calendrier.fin_periode(du)
    prochaines = calendrier.vacances_du(du) or calendrier.vacances_du(calendrier.fin_periode(du) + timedelta(days=1))
    return prochaines.au if prochaines else calendrier.fin_periode(du)


def _lire_date(texte: str | None) -> date | None:
    """What a date field sends (2026-12-07), or what is typed where it is a plain text (07/12/2026)."""
    francaise = re.fullmatch(r"\s*(\d{1,2})[/.\- ](\d{1,2})[/.\- ](20\d\d)\s*", texte or "")
    try:
        if francaise:
            return date(int(francaise[3]), int(francaise[2]), int(francaise[1]))
        lue = date.fromisoformat((texte or "").strip())
    except ValueError:
        return None
    return lue if 2000 <= lue.year < 2100 else None
