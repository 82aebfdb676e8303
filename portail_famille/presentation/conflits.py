"""When a tick could not be taken as it was: another screen changed the draft, or a day closed meanwhile."""

from datetime import date

from portail_famille.domain.brouillons import Creneau, EtatAffiche, Part
from portail_famille.domain.creneaux import Refus
from portail_famille.presentation.formats import INSECABLE, liste_de_jours
from portail_famille.presentation.mots import RAISONS
from portail_famille.presentation.vues import Avis
from portail_famille.presentation.vues_agenda import Conflit
from portail_famille.services.dossiers import Dossier


def composer_conflit(dossier: Dossier, enfant_id: int, etat: EtatAffiche, ici: Part, page: str) -> Conflit:
    """Both states in words, and the fields that post this screen's choice again on top of the other's.

    `page`: token of the rendering that carries the conflict.
    """
    part = dossier.part(enfant_id)
    differents = [
        creneau
        for creneau in sorted(etat.vus, key=lambda c: (c[1], c[0]))
        if _coche(dossier, enfant_id, ici, creneau) != _coche(dossier, enfant_id, part, creneau)
    ]
    un_jour = next(iter(etat.vus))[1]
    champs = [
        ("mois", f"{un_jour:%Y-%m}"),
        ("page", page),
        ("version", str(part.version)),
        ("vus", "_".join(f"{unite}*{jour.day}" for unite, jour in differents)),
        *(("c", f"{jour.day}-{unite}") for unite, jour in differents if (unite, jour) in etat.coches),
    ]
    return Conflit(
        ici=_phrases(dossier, enfant_id, ici, differents),
        ailleurs=_phrases(dossier, enfant_id, part, differents),
        champs=tuple(champs),
    )


def _coche(dossier: Dossier, enfant_id: int, part: Part, creneau: Creneau) -> bool:
    return part.est_coche(creneau, dossier.est_reserve(enfant_id, creneau))


def _phrases(dossier: Dossier, enfant_id: int, part: Part, creneaux: list[Creneau]) -> tuple[str, ...]:
    """« Cantine cochée : lundi 7 et mardi 8 décembre »."""
    unites = dossier.regles.catalogue.unites
    phrases: list[str] = []
    for coche, mot in ((True, "coché"), (False, "pas coché")):
        par_unite: dict[str, list[date]] = {}
        for creneau in creneaux:
            if _coche(dossier, enfant_id, part, creneau) is coche:
                par_unite.setdefault(dossier.regles.unites[creneau[0]], []).append(creneau[1])
        phrases.extend(
            f"{unites[code].nom_court}, {liste_de_jours(jours)}{INSECABLE}: {mot}" for code, jours in par_unite.items()
        )
    return tuple(phrases)


def composer_refus(dossier: Dossier, refuses: tuple[tuple[Creneau, Refus], ...]) -> Avis:
    """Days that closed after the page was shown: they keep their state, and it is said why."""
    unites = dossier.regles.catalogue.unites
    details = tuple(
        f"{unites[dossier.regles.unites[unite]].nom_court}, {liste_de_jours([jour])}{INSECABLE}: {RAISONS[refus]}"
        for (unite, jour), refus in refuses
    )
    if len(details) == 1:
        return Avis("attention", f"{details[0]}.", "Cette case n’a pas été changée. Le reste est gardé.")
    return Avis("attention", f"{len(details)} cases n’ont pas été changées.", "Le reste est gardé.", details)
