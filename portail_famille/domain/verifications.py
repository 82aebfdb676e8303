"""What a right document may still have forgotten, seen by trying it on the days to come: said, never refused."""

from collections.abc import Iterator
from datetime import date, timedelta

from portail_famille.domain.calendrier import Calendrier
from portail_famille.domain.catalogue import Catalogue
from portail_famille.domain.delais import Regle, prevoit, vacances_nommees
from portail_famille.domain.libelles import JOURS, ecrire_date, mots_de_periode
from portail_famille.domain.montants import typographier
from portail_famille.domain.unites import Unite

_UN_JOUR = timedelta(days=1)
# An activity without season is tried over one year.
_UN_AN = timedelta(days=366)


def avertissements_du_calendrier(catalogue: Catalogue, calendrier: Calendrier, aujourd_hui: date) -> tuple[str, ...]:
    """French sentences for the town's agent, about the unit, the key and the days at fault."""
    alertes: list[str] = []
    for unite in catalogue.unites.values():
        jours = _jours_ouverts(catalogue, unite, calendrier, aujourd_hui)
        alertes += _vacances_inconnues(unite, calendrier)
        alertes += _jours_oublies(catalogue, unite, jours, calendrier)
        alertes += _hors_delai_trop_tot(catalogue, unite, jours, calendrier)
    return tuple(typographier(alerte) for alerte in alertes)


def _jours_ouverts(
    catalogue: Catalogue, unite: Unite, calendrier: Calendrier, aujourd_hui: date
) -> dict[date, tuple[str, ...]]:
    """The days to come of the season when the unit opens, and where."""
    activite = catalogue.activites[unite.activite]
    du = max(activite.du or aujourd_hui, aujourd_hui)
    ouverts: dict[date, tuple[str, ...]] = {}
    for jour in _jours(du, activite.au or du + _UN_AN):
        if not calendrier.connait(jour):
            break
        lieux = tuple(s for s in activite.structures if catalogue.ouverture(unite.code, s, jour, calendrier).ouvert)
        if lieux:
            ouverts[jour] = lieux
    return ouverts


def _jours(du: date, au: date) -> Iterator[date]:
    while du <= au:
        yield du
        du += _UN_JOUR


def _vacances_inconnues(unite: Unite, calendrier: Calendrier) -> Iterator[str]:
    """« Noël 2031 »: a right name, but holidays that nobody has published."""
    noms = {
        "vacances": frozenset(nom for plage in unite.plages for nom in plage.vacances or ()),
        "delai_ajout": vacances_nommees(unite.delai_ajout),
        "delai_annulation": vacances_nommees(unite.delai_annulation) - vacances_nommees(unite.delai_ajout),
    }
    for cle, nommees in noms.items():
        for nom in sorted(nommees):
            if mots_de_periode(nom)[1] and not any(periode.s_appelle(nom) for periode in calendrier.vacances):
                yield f"Unité « {unite.code} », {cle} : « {nom} » n’est pas au calendrier de la commune."


def _jours_oublies(
    catalogue: Catalogue, unite: Unite, jours: dict[date, tuple[str, ...]], calendrier: Calendrier
) -> Iterator[str]:
    regles: dict[str, Regle] = {"delai_ajout": unite.delai_ajout}
    if unite.delai_annulation != unite.delai_ajout:
        regles["delai_annulation"] = unite.delai_annulation
    for cle, regle in regles.items():
        oublies = [jour for jour in jours if not prevoit(regle, jour, calendrier)]
        if oublies:
            quoi = "de réservation" if cle == "delai_ajout" else "d’annulation"
            yield (
                f"Unité « {unite.code} », {cle} ne prévoit pas {_decrire(catalogue, unite, oublies, calendrier)} : "
                f"ouvert, mais pas {quoi} en ligne. Complétez la règle, ou écrivez « jamais » pour ces jours."
            )


def _hors_delai_trop_tot(
    catalogue: Catalogue, unite: Unite, jours: dict[date, tuple[str, ...]], calendrier: Calendrier
) -> Iterator[str]:
    """Days whose late deadline comes before the ordinary one: the late rule does nothing there."""
    if unite.hors_delai is None:
        return
    trop_tot = [
        jour
        for jour, lieux in jours.items()
        if any(catalogue.hors_delai_precede_ajout(unite.code, lieu, jour, calendrier) for lieu in lieux)
    ]
    if trop_tot:
        yield (
            f"Unité « {unite.code} », hors_delai tombe avant delai_ajout pour "
            f"{_decrire(catalogue, unite, trop_tot, calendrier)} : il n’y sert à rien."
        )


def _decrire(catalogue: Catalogue, unite: Unite, jours: list[date], calendrier: Calendrier) -> str:
    """« le mercredi (école), du 2 septembre 2026 au 30 juin 2027 », and apart the days opened exceptionally."""

    def est_exceptionnel(jour: date) -> bool:
        return any(
            o.du <= jour <= o.au and o.concerne_unite(unite.code, unite.activite)
            for o in catalogue.ouvertures_exceptionnelles
        )

    exceptionnels = [jour for jour in jours if est_exceptionnel(jour)]
    ordinaires = [jour for jour in jours if not est_exceptionnel(jour)]
    ecole = [jour for jour in ordinaires if calendrier.vacances_du(jour) is None]
    vacances = [jour for jour in ordinaires if calendrier.vacances_du(jour) is not None]
    morceaux = [_semaine("en période scolaire", ecole), _semaine("pendant les vacances", vacances)]
    if exceptionnels:
        dates = " et ".join(ecrire_date(jour) for jour in exceptionnels[:3])
        morceaux.append(f"l’ouverture exceptionnelle du {dates}" + (" et d’autres" if len(exceptionnels) > 3 else ""))
    return ", ni ".join(morceau for morceau in morceaux if morceau)


def _semaine(nom: str, jours: list[date]) -> str:
    if not jours:
        return ""
    semaine = ", ".join(JOURS[rang] for rang in sorted({jour.weekday() for jour in jours}))
    if len(jours) == 1:
        return f"le {semaine} {ecrire_date(jours[0])}"
    return f"{semaine} {nom} ({len(jours)} jours, du {ecrire_date(jours[0])} au {ecrire_date(jours[-1])})"
