"""What a rhythm does, in words: days changed until when and for how much, days left out and why."""

from collections import defaultdict
from datetime import date

from portail_famille.domain.creneaux import Refus
from portail_famille.domain.rythmes import rupture_de_parite
from portail_famille.presentation.formats import (
    INSECABLE,
    date_courte,
    detail_de_jours,
    enumerer,
    euros,
    pluriel,
)
from portail_famille.presentation.mots import RAISONS
from portail_famille.presentation.vues_agenda import ApercuRythme
from portail_famille.services.brouillons import BilanRythme
from portail_famille.services.dossiers import Dossier, EnfantLu


def composer_rythme(dossier: Dossier, enfant: EnfantLu, bilan: BilanRythme, *, applique: bool) -> ApercuRythme:
    """What a rhythm does: days changed until when and for how much, days left out and why."""
    combien = len(bilan.changes)
    quoi, verbe = _quoi(bilan)
    if not combien:
        deja = "Tout est déjà réservé ou coché." if bilan.deja and bilan.rythme.ajouter else ""
        phrase = deja or "Aucun jour ne correspond à ce rythme."
    else:
        accord = verbe if combien == 1 else f"{verbe}s"
        dernier = max(jour for _, jour in bilan.changes)
        total = sum(_prix(dossier, enfant, c, ajout=bilan.rythme.ajouter) for c in bilan.changes)
        phrase = f"{pluriel(combien, quoi)} {accord} jusqu’au {date_courte(dernier)}, soit {euros(total)}."
    raisons = _par_raison(bilan)
    rupture = rupture_de_parite(bilan.rythme)
    return ApercuRythme(
        phrase=phrase,
        laisses=_laisses(raisons, enfant),
        details=tuple(
            f"{RAISONS.get(raison, raison).capitalize()}{INSECABLE}: {detail_de_jours(jours)}"
            for raison, jours in raisons.items()
        ),
        bouton=f"{'Ajouter' if bilan.rythme.ajouter else 'Retirer'}"
        + (f" {pluriel(combien, quoi)}" if combien and not applique else ""),
        avertissement=_rupture(rupture) if rupture else "",
        nombre=combien,
    )


def _quoi(bilan: BilanRythme) -> tuple[str, str]:
    """What is counted, and the participle that agrees with it."""
    verbe = "ajouté" if bilan.rythme.ajouter else "retiré"
    return ("jour", verbe) if len(bilan.rythme.unites) == 1 else ("case", f"{verbe}e")


def _prix(dossier: Dossier, enfant: EnfantLu, creneau: tuple[int, date], *, ajout: bool) -> int:
    lue = dossier.reservations.get((enfant.id, *creneau))
    reservee = not ajout and lue is not None and lue.est_active
    prix = dossier.prix_reserve(enfant, creneau, lue) if reservee and lue else dossier.prix(enfant, creneau)
    return prix.centimes if prix else 0


def _par_raison(bilan: BilanRythme) -> dict[str, list[date]]:
    """Days left out, each under one reason: the first its units give."""
    dits: dict[date, str] = {}
    for (_, jour), raison in bilan.laisses:
        dits.setdefault(jour, raison)
    raisons: dict[str, list[date]] = defaultdict(list)
    for jour in sorted(dits):
        raisons[dits[jour]].append(jour)
    return raisons


def _laisses(raisons: dict[str, list[date]], enfant: EnfantLu) -> str:
    """« 19 jours laissés de côté : 9 en semaine de l’autre parent, 8 pendant les vacances et 2 en jour férié. »"""
    total = sum(map(len, raisons.values()))
    if not total:
        return ""
    if total == 1:
        return f"1{INSECABLE}jour laissé de côté{INSECABLE}: {RAISONS.get(next(iter(raisons)), 'fermé')}."
    mots = [f"{len(jours)}{INSECABLE}{_compter(raison, len(jours), enfant)}" for raison, jours in raisons.items()]
    return f"{total}{INSECABLE}jours laissés de côté{INSECABLE}: {enumerer(mots)}."


def _compter(raison: str, combien: int, enfant: EnfantLu) -> str:
    """The reason as it is said after a number."""
    if raison == Refus.AUTRE_FOYER:
        return f"déjà {'réservé' if combien == 1 else 'réservés'} par {enfant.autre_parent or 'l’autre parent'}"
    if raison == Refus.INDISPONIBLE:
        return "indisponible" if combien == 1 else "indisponibles"
    return _COMPTES.get(raison, "en fermeture")


# After a number, singular or plural alike.
_COMPTES = {
    "ferie": "en jour férié",
    "vacances": "pendant les vacances",
    "hors_saison": "hors de l’année d’activité",
    "autre_parent": "en semaine de l’autre parent",
    Refus.DELAI.value: "hors délai",
    Refus.COMPLET.value: "sans place",
    Refus.NON_INSCRIT.value: "sans inscription",
    Refus.LECTURE.value: "à demander à la structure",
    Refus.SANS_TARIF.value: "sans tarif connu",
}


def _rupture(lundi: date) -> str:
    return (
        f"Attention{INSECABLE}: l’année compte 53 semaines. Autour du {date_courte(lundi)}, les semaines paires et "
        "impaires ne tombent plus une fois sur deux."
    )
