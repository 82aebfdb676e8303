"""Amounts, dates and hours as a French reader expects them. Pure, cached: an agenda formats a hundred prices.

Spaces: U+202F (narrow, no-break) between thousands, before ; ! ? and around « h »; U+00A0 (no-break) before : and €
(Lexique des règles typographiques en usage à l’Imprimerie nationale). The minus sign is U+2212, never a hyphen.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import groupby
from typing import Any

import phonenumbers
from babel.dates import format_date
from jinja2 import Environment
from markupsafe import Markup
from phonenumbers import PhoneNumberFormat

from portail_famille.domain.horloge import PARIS

FINE = "\u202f"
INSECABLE = "\u00a0"
MOINS = "\u2212"
_JOURS_CITES = 4
"""From this many days on, a regular series is summed up rather than listed."""
_UN_JOUR = timedelta(days=1)
_RANG = re.compile(r"\b(1(?=er)|\d+(?=e\b))(er|e)\b")
_INDICATIFS_FRANCAIS = frozenset({33, 262, 508, 590, 594, 596})
"""Dialled from 0 on any French telephone, overseas included."""


@lru_cache(maxsize=8192)
def euros(centimes: int, signe: bool = False) -> str:
    """« 3,45 € », « 1 234,50 € »; with `signe`, « +1,80 € » and « −3,42 € » (zero has no sign)."""
    entier, reste = divmod(abs(centimes), 100)
    prefixe = MOINS if centimes < 0 else "+" if signe and centimes > 0 else ""
    milliers = f"{entier:,}".replace(",", FINE)
    return f"{prefixe}{milliers},{reste:02d}{INSECABLE}€"


@lru_cache(maxsize=8192)
def montant(centimes: int, signe: bool = False) -> Markup:
    """The same in a <data> element whose value is the centimes, for machines and tests."""
    return Markup('<data value="{}">{}</data>').format(centimes, euros(centimes, signe))


def pluriel(nombre: int, singulier: str, forme_plurielle: str = "") -> str:
    """« 1 jour », « 2 jours »; zero is singular in French."""
    mot = singulier if abs(nombre) < 2 else (forme_plurielle or f"{singulier}s")
    return f"{nombre}{INSECABLE}{mot}"


def compter(ajouts: int, retraits: int, refus: int) -> str:
    """« 3 ajouts, 1 retrait, 1 refus »: what a draft holds."""
    comptes = (pluriel(ajouts, "ajout"), pluriel(retraits, "retrait"), pluriel(refus, "refus", "refus"))
    return ", ".join(texte for nombre, texte in zip((ajouts, retraits, refus), comptes, strict=True) if nombre)


@lru_cache(maxsize=4096)
def _babel(jour: date, motif: str) -> str:
    return format_date(jour, motif, locale="fr")


def quantieme(jour: date) -> str:
    """« 1er », « 2 »: only the first of a month is an ordinal in French (Babel writes « 1 »)."""
    return "1er" if jour.day == 1 else str(jour.day)


def nom_du_jour(jour: date) -> str:
    return _babel(jour, "EEEE")


def nom_du_mois(jour: date) -> str:
    return _babel(jour, "MMMM")


def mois_annee(jour: date) -> str:
    """« Décembre 2026 », as a heading."""
    return _babel(jour, "MMMM y").capitalize()


def date_courte(jour: date) -> str:
    """« 1er décembre »."""
    return f"{quantieme(jour)} {nom_du_mois(jour)}"


def date_longue(jour: date, annee: bool = True) -> str:
    """« mercredi 2 décembre 2026 »."""
    suite = f" {jour.year}" if annee else ""
    return f"{nom_du_jour(jour)} {date_courte(jour)}{suite}"


def jour_court(jour: date) -> str:
    """« lun. 7 »."""
    return f"{_babel(jour, 'EEE')} {quantieme(jour)}"


def heure(moment: time | datetime) -> str:
    """« 8 h 30 », « 12 h ». An aware instant is read on the clocks of metropolitan France."""
    if isinstance(moment, datetime) and moment.tzinfo is not None:
        moment = moment.astimezone(PARIS)
    minutes = f"{FINE}{moment.minute:02d}" if moment.minute else ""
    return f"{moment.hour}{FINE}h{minutes}"


def date_et_heure(instant: datetime) -> str:
    """« mercredi 2 décembre 2026 à 19 h 42 »."""
    local = instant.astimezone(PARIS)
    return f"{date_longue(local.date())} à {heure(local)}"


def balise_date(jour: date, texte: str = "") -> Markup:
    return Markup('<time datetime="{}">{}</time>').format(jour.isoformat(), texte or date_longue(jour))


def balise_instant(instant: datetime, texte: str = "") -> Markup:
    local = instant.astimezone(PARIS)
    return Markup('<time datetime="{}">{}</time>').format(
        local.isoformat(timespec="minutes"), texte or date_et_heure(instant)
    )


def enumerer(elements: Sequence[str]) -> str:
    """« a », « a et b », « a, b et c »."""
    if len(elements) < 2:
        return "".join(elements)
    return f"{', '.join(elements[:-1])} et {elements[-1]}"


def intervalle(premier: date, dernier: date) -> str:
    """« du 24 au 27 », « le 24 »: inside a month that is said elsewhere."""
    if premier == dernier:
        return f"le {quantieme(premier)}"
    return f"du {quantieme(premier)} au {quantieme(dernier)}"


def detail_de_jours(jours: Sequence[date]) -> str:
    """Every day, month by month: « 8 et 15 décembre ; 5, 12, 19 et 26 janvier »."""
    mois = [
        f"{enumerer([quantieme(jour) for jour in groupe])} {nom}"
        for (_, _, nom), groupe in groupby(sorted(set(jours)), key=lambda j: (j.year, j.month, nom_du_mois(j)))
    ]
    return f"{FINE}; ".join(mois)


def liste_de_jours(jours: Sequence[date]) -> str:
    """Days in few words: all of them when they are few, the series when it is long.

    « lundi 7 et jeudi 10 décembre », « 6 mardis du 8 décembre au 26 janvier », « 23 lundis et jeudis du … au … »,
    « 41 jours du … au … ».
    """
    tries = sorted(set(jours))
    if len(tries) < _JOURS_CITES:
        return _citer(tries)
    semaine = {jour.weekday(): nom_du_jour(jour) for jour in tries}
    noms = [f"{semaine[rang]}s" for rang in sorted(semaine)]
    quoi = enumerer(noms) if len(noms) < 3 else "jours"
    meme_mois = (tries[0].year, tries[0].month) == (tries[-1].year, tries[-1].month)
    debut = quantieme(tries[0]) if meme_mois else date_courte(tries[0])
    return f"{len(tries)}{INSECABLE}{quoi} du {debut} au {date_courte(tries[-1])}"


def _citer(jours: list[date]) -> str:
    """The month is said once, after the last of its days."""
    mots = []
    for rang, jour in enumerate(jours):
        suivant = jours[rang + 1] if rang + 1 < len(jours) else None
        est_dernier_du_mois = suivant is None or (suivant.year, suivant.month) != (jour.year, jour.month)
        mois = f" {nom_du_mois(jour)}" if est_dernier_du_mois else ""
        mots.append(f"{nom_du_jour(jour)} {quantieme(jour)}{mois}")
    return enumerer(mots)


def limite(instant: datetime, maintenant: datetime) -> str:
    """Until when, as one says it: « aujourd’hui, 8 h 30 », « demain, jeudi, 12 h », « jeudi 10, 12 h ».

    `instant` is the first refused one; midnight belongs to the evening before (« mardi 8, minuit »). The month is
    added when it is not the current one.
    """
    local, aujourdhui = instant.astimezone(PARIS), maintenant.astimezone(PARIS).date()
    jour, moment = local.date(), heure(local)
    if local.time() == time(0):
        jour, moment = jour - _UN_JOUR, "minuit"
    if jour == aujourdhui:
        return f"aujourd’hui, {moment}"
    if jour == aujourdhui + _UN_JOUR:
        return f"demain, {nom_du_jour(jour)}, {moment}"
    mois = "" if (jour.year, jour.month) == (aujourdhui.year, aujourdhui.month) else f" {nom_du_mois(jour)}"
    return f"{nom_du_jour(jour)} {quantieme(jour)}{mois}, {moment}"


@lru_cache(maxsize=4096)
def telephone(e164: str) -> str:
    """« 06 12 34 56 78 », « 0692 12 34 56 », « +41 21 234 56 78 »; a text that is no number stays as it is."""
    try:
        numero = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return e164
    forme = (
        PhoneNumberFormat.NATIONAL if numero.country_code in _INDICATIFS_FRANCAIS else PhoneNumberFormat.INTERNATIONAL
    )
    return phonenumbers.format_number(numero, forme)


def telephone_lien(numero: str) -> str:
    """« tel: » target of a French number as it is printed."""
    chiffres = "".join(c for c in numero if c.isdigit() or c == "+")
    return f"tel:+33{chiffres[1:]}" if len(chiffres) == 10 and chiffres.startswith("0") else f"tel:{chiffres}"


def exposant(texte: str) -> Markup:
    """« 1er », « 2e » with their ordinal raised."""
    morceaux = _RANG.split(texte)
    morceaux[2::3] = [Markup("<sup>{}</sup>").format(fin) for fin in morceaux[2::3]]
    return Markup("").join(morceaux)


FILTRES: dict[str, Callable[..., Any]] = {
    "date_longue": date_longue,
    "date_courte": date_courte,
    "date_et_heure": date_et_heure,
    "jour_court": jour_court,
    "heure": heure,
    "balise_date": balise_date,
    "balise_instant": balise_instant,
    "telephone": telephone,
    "telephone_lien": telephone_lien,
    "exposant": exposant,
}
FONCTIONS: dict[str, Callable[..., Any]] = {"euros": euros, "montant": montant, "pluriel": pluriel, "compter": compter}


def installer(environnement: Environment) -> None:
    """Gives the templates these words, and trims the lines that hold only a tag (weight of the pages)."""
    environnement.filters.update(FILTRES)
    environnement.globals.update(FONCTIONS)
    environnement.trim_blocks = True
    environnement.lstrip_blocks = True
