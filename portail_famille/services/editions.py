"""Whether a family edits online: a structure in `lecture` is read by its families, who write to it (domain.md §1)."""

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.services.dossiers import Dossier, EnfantLu, jour_de


def structures_de(dossier: Dossier, enfant: EnfantLu) -> tuple[str, ...]:
    """Codes of the structures this child is in, or will be: its own, then those of its enrolments not over yet."""
    aujourdhui = jour_de(dossier.maintenant)
    ecole = dossier.regles.structures.get(enfant.structure_id or 0)
    codes = [ecole] if ecole is not None else []
    codes += [inscription.structure for inscription in enfant.inscriptions if inscription.au >= aujourdhui]
    return tuple(dict.fromkeys(codes))


def enfant_en_lecture(dossier: Dossier, enfant: EnfantLu) -> bool:
    """A child's data follow the child's own structures: read-only when every one of them is in `lecture`."""
    return _est_en_lecture(dossier, structures_de(dossier, enfant))


def foyer_en_lecture(dossier: Dossier) -> bool:
    """The foyer's data are editable as soon as one of its children is in a `portail` structure."""
    return _est_en_lecture(dossier, structures_du_foyer(dossier))


def structures_du_foyer(dossier: Dossier) -> tuple[str, ...]:
    return tuple(dict.fromkeys(code for e in dossier.enfants.values() for code in structures_de(dossier, e)))


LECTURE_SEULE = "lecture_seule"
"""Code of the refusal: its page says whom to write to."""
LIT_SEULEMENT = (
    "Votre dossier se lit ici, il ne s’y change pas\u00a0: écrivez à la structure qui accueille votre enfant."
)


def verifier_edition(est_lecture: bool) -> None:
    """Raises `RegleViolee` where everything is asked by mail to the structure."""
    if est_lecture:
        raise RegleViolee(LECTURE_SEULE, LIT_SEULEMENT)


def _est_en_lecture(dossier: Dossier, codes: tuple[str, ...]) -> bool:
    structures = dossier.regles.catalogue.structures
    return bool(codes) and all(structures[code].est_en_lecture for code in codes)
