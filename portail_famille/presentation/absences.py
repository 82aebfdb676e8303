"""« Absences »: the declarations of a family, in a list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from portail_famille.models.demarches import Demarche
from portail_famille.presentation.declarations import SORTS, grouper
from portail_famille.presentation.demarches import ETATS
from portail_famille.presentation.formats import INSECABLE, liste_de_jours
from portail_famille.presentation.mots import pastille
from portail_famille.presentation.vues import Pastille, Tuile
from portail_famille.services.dossiers import Dossier


@dataclass(frozen=True, slots=True)
class LigneAbsence:
    """A declaration in the list. `details`: « Repas, absence justifiée : jeudi 3 décembre »."""

    numero: str
    enfant: Pastille | None
    jours: str
    details: tuple[str, ...]
    badge: str
    badge_genre: str


def tuile_absences(dossier: Dossier, href: str) -> list[Tuile]:
    """For the families whom a règlement lets justify one: none to press otherwise."""
    activites = dossier.regles.catalogue.activites
    inscrites = {inscription.activite for enfant in dossier.visibles for inscription in enfant.inscriptions}
    if not any(activites[code].absences for code in inscrites if code in activites):
        return []
    return [Tuile("Absences", "Justifier une absence", href, "horloge")]


def composer_absences(demarches: Sequence[Demarche], dossier: Dossier) -> tuple[LigneAbsence, ...]:
    return tuple(_ligne(demarche, dossier) for demarche in demarches)


def _ligne(demarche: Demarche, dossier: Dossier) -> LigneAbsence:
    groupes = grouper(demarche.contenu)
    enfant = dossier.enfants.get(demarche.enfant_id or 0)
    jours = sorted({date.fromisoformat(note["jour"]) for notes in groupes.values() for note in notes})
    return LigneAbsence(
        numero=demarche.numero,
        enfant=pastille(enfant) if enfant is not None and enfant.est_visible else None,
        jours=liste_de_jours(jours).capitalize(),
        details=tuple(
            f"{nom}, {SORTS[sort]}{INSECABLE}: {liste_de_jours([date.fromisoformat(n['jour']) for n in notes])}"
            for (nom, sort), notes in groupes.items()
        ),
        badge=ETATS[demarche.etat][0],
        badge_genre=ETATS[demarche.etat][1],
    )
