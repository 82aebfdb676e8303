"""Whether a unit is open on a day, and the sentence that says why not."""

from dataclasses import dataclass
from datetime import date

from portail_famille.domain.calendrier import Calendrier
from portail_famille.domain.libelles import JOURS, ecrire_date, nommer_vacances
from portail_famille.domain.montants import typographier
from portail_famille.domain.structures import Fermeture, OuvertureExceptionnelle, Structure
from portail_famille.domain.unites import Activite, Periode, Unite


@dataclass(frozen=True, slots=True)
class Ouverture:
    """`code` and `motif` (a French sentence) are None when open."""

    ouvert: bool
    code: str | None = None
    motif: str | None = None


OUVERT = Ouverture(True)


def ouverture_du(
    jour: date,
    unite: Unite,
    activite: Activite,
    structure: Structure,
    calendrier: Calendrier,
    fermetures: tuple[Fermeture, ...],
    exceptionnelles: tuple[OuvertureExceptionnelle, ...],
) -> Ouverture:
    """Weekdays × kind of period − public holidays − closures + exceptional openings, within the season."""
    if structure.code not in activite.structures:
        return _ferme("hors_structure", f"{activite.nom} : pas d’accueil à cet endroit.")
    if activite.du is not None and jour < activite.du:
        return _ferme("hors_saison", f"Commence le {ecrire_date(activite.du)}.")
    if activite.au is not None and jour > activite.au:
        return _ferme("hors_saison", f"Terminé depuis le {ecrire_date(activite.au)}.")
    if any(exception.couvre(structure.code, jour) for exception in exceptionnelles):
        return OUVERT
    ferie = calendrier.ferie(jour)
    if ferie is not None:
        return _ferme("ferie", f"Férié : {ferie.replace(chr(39), '’')}.")
    for fermeture in fermetures:
        if fermeture.couvre(structure.code, jour):
            return _ferme("fermeture", fermeture.motif)
    return _par_regle(jour, unite, structure, calendrier)


def _par_regle(jour: date, unite: Unite, structure: Structure, calendrier: Calendrier) -> Ouverture:
    jours_ecole = calendrier.jours_ecole if structure.jours_ecole is None else structure.jours_ecole
    connu = calendrier.connait(jour)
    admises = [p for p in unite.plages if (connu or not p.depend_du_calendrier) and p.admet_periode(jour, calendrier)]
    if any(jour.weekday() in plage.jours_de(jours_ecole) for plage in admises):
        return OUVERT
    if not connu and any(plage.depend_du_calendrier for plage in unite.plages):
        return _ferme("calendrier_inconnu", "Le calendrier scolaire de cette date n’est pas encore connu.")
    if admises:
        return _ferme("hors_jours", f"Pas d’accueil le {JOURS[jour.weekday()]}.")
    vacances = calendrier.vacances_du(jour)
    if vacances is not None:
        return _ferme("vacances", f"{nommer_vacances(vacances.nom)}.")
    if all(plage.periode is Periode.VACANCES for plage in unite.plages):
        return _ferme("periode_scolaire", "Ouvert pendant les vacances scolaires seulement.")
    return _ferme("hors_jours", f"Pas d’accueil le {JOURS[jour.weekday()]}.")


def _ferme(code: str, motif: str) -> Ouverture:
    return Ouverture(False, code, typographier(motif))
