"""Reads the desk's form of a new foyer: two adults, some children. What is empty on a whole line is left aside."""

from collections.abc import Mapping

from portail_famille.services.foyers_saisis import ADULTES_MAXIMAUX, AdulteSaisi, EnfantSaisi, FoyerSaisi

ENFANTS_MAXIMAUX = 10
_ADRESSE = ("adresse", "code_postal", "ville")
_ADULTE = ("civilite", "prenom", "nom", "courriel", "telephone")
_ENFANT = ("prenom", "nom", "naissance", "structure", "classe")
_LONGUEUR = 254
# What a line holds before anybody wrote in it.
_CHOISIS_D_OFFICE = frozenset({"civilite", "structure"})


def lire_foyer(champs: Mapping[str, str]) -> FoyerSaisi:
    """As typed; services/foyers_saisis checks. The first adult is always there, so that its faults are told."""
    adultes = [
        _adulte(champs, rang)
        for rang in range(ADULTES_MAXIMAUX)
        if rang == 0 or _a(champs, f"adultes-{rang}-", _ADULTE)
    ]
    enfants = [
        EnfantSaisi(**{nom: _propre(champs, f"enfants-{rang}-{nom}") for nom in _ENFANT})
        for rang in range(ENFANTS_MAXIMAUX)
        if _a(champs, f"enfants-{rang}-", _ENFANT)
    ]
    return FoyerSaisi(
        **{nom: _propre(champs, nom) for nom in _ADRESSE},
        adultes=adultes,
        enfants=enfants,
        est_resident=champs.get("resident", "") == "oui",
        est_confirme=champs.get("confirmation", "") == "oui",
    )


def rangs_d_enfants(champs: Mapping[str, str]) -> list[int]:
    """Lines of the form that hold a child: an error about the second child read may be about the third line."""
    return [rang for rang in range(ENFANTS_MAXIMAUX) if _a(champs, f"enfants-{rang}-", _ENFANT)]


def lignes_d_enfants(champs: Mapping[str, str]) -> int:
    """How many the form shows: one at least, all that are filled, one more when it is asked for."""
    voulues = champs.get("lignes", "")
    lignes = max(
        1,
        int(voulues) if voulues.isdecimal() and len(voulues) < 3 else 1,
        *(rang + 1 for rang in rangs_d_enfants(champs)),
    )
    return min(ENFANTS_MAXIMAUX, lignes + est_un_ajout(champs))


def est_un_ajout(champs: Mapping[str, str]) -> bool:
    """« Ajouter un enfant » was pressed: nothing is to be written yet."""
    return champs.get("ajouter", "") == "enfant"


def saisie_de(foyer: FoyerSaisi) -> dict[str, str]:
    """The form as it opens."""
    saisie = {nom: str(getattr(foyer, nom)) for nom in _ADRESSE} | {"resident": "oui" if foyer.est_resident else ""}
    for rang, adulte in enumerate(foyer.adultes):
        saisie |= {f"adultes-{rang}-{nom}": str(getattr(adulte, nom)) for nom in _ADULTE}
        saisie[f"adultes-{rang}-autorite"] = "oui" if adulte.a_autorite else ""
    for rang, enfant in enumerate(foyer.enfants):
        saisie |= {f"enfants-{rang}-{nom}": str(getattr(enfant, nom)) for nom in _ENFANT}
    return saisie


def _adulte(champs: Mapping[str, str], rang: int) -> AdulteSaisi:
    prefixe = f"adultes-{rang}-"
    valeurs = {nom: _propre(champs, prefixe + nom) for nom in _ADULTE}
    return AdulteSaisi(
        prenom=valeurs["prenom"],
        nom=valeurs["nom"],
        courriel=valeurs["courriel"],
        telephone=valeurs["telephone"],
        civilite=valeurs["civilite"],
        a_autorite=champs.get(f"{prefixe}autorite", "") == "oui",
    )


def _a(champs: Mapping[str, str], prefixe: str, noms: tuple[str, ...]) -> bool:
    return any(_propre(champs, prefixe + nom) for nom in noms if nom not in _CHOISIS_D_OFFICE)


def _propre(champs: Mapping[str, str], nom: str) -> str:
    return "".join(signe for signe in champs.get(nom, "")[:_LONGUEUR] if signe.isprintable()).strip()
