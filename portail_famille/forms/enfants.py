"""Forms about a child: each reader gives what was typed, checked, or the sentence of every wrong field."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from werkzeug.datastructures import MultiDict

from portail_famille.domain.entourage import (
    ALLERGIES_MAXIMUM,
    AUTORISATIONS,
    LIENS,
    MEDECIN_MAXIMUM,
    REGIMES,
    Contact,
    Sante,
    verifier_role,
)
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.noms import lire_nom
from portail_famille.services.telephones import lire_telephone

Champs = MultiDict[str, str]


@dataclass(slots=True)
class Lecture:
    """Errors by field, as the summary on top of a form wants them; `valeurs` is what was typed."""

    valeurs: dict[str, Any]
    erreurs: dict[str, str] = field(default_factory=dict)

    def lire(self, champ: str, lecteur: Any, *args: Any, **kwargs: Any) -> Any:
        """The value read by `lecteur`, None when it refuses."""
        try:
            return lecteur(*args, **kwargs)
        except RegleViolee as refus:
            self.erreurs[champ] = refus.message
            return None


def lire_sante(champs: Champs) -> tuple[Sante | None, Lecture]:
    lu = Lecture({nom: champs.get(nom, "") for nom in ("allergies", "regime", "medecin", "medecin_telephone")})
    allergies = lu.lire("allergies", _texte, champs.get("allergies", ""), ALLERGIES_MAXIMUM, plusieurs_lignes=True)
    medecin = lu.lire("medecin", _texte, champs.get("medecin", ""), MEDECIN_MAXIMUM)
    telephone = lu.lire("medecin_telephone", _facultatif, champs.get("medecin_telephone", ""))
    regime = champs.get("regime", "")
    if regime not in REGIMES:
        lu.erreurs["regime"] = "Choisissez un régime."
    return (None if lu.erreurs else Sante(allergies, regime, medecin, telephone)), lu


def lire_contact(champs: Champs) -> tuple[Contact | None, Lecture]:
    roles = set(champs.getlist("roles"))
    noms = ("prenom", "nom", "telephone", "telephone_2", "lien")
    lu = Lecture(
        {nom: champs.get(nom, "") for nom in noms} | {"roles": tuple(roles), "copies": tuple(champs.getlist("copies"))}
    )
    prenom = lu.lire("prenom", lire_nom, champs.get("prenom", ""), quoi="prénom")
    nom = lu.lire("nom", lire_nom, champs.get("nom", ""))
    telephone = lu.lire("telephone", lire_telephone, champs.get("telephone", ""))
    telephone_2 = lu.lire("telephone_2", _facultatif, champs.get("telephone_2", ""))
    lien = champs.get("lien", "")
    if lien not in LIENS:
        lu.erreurs["lien"] = "Dites qui est cette personne pour votre enfant."
    if not roles & {"recuperer", "urgence"}:
        lu.erreurs["roles"] = "Cochez au moins une case\u00a0: ce que cette personne fait pour votre enfant."
    if lu.erreurs:
        return None, lu
    contact = Contact(prenom, nom, telephone, telephone_2, lien, "recuperer" in roles, "urgence" in roles)
    try:
        verifier_role(contact)
    except RegleViolee as refus:
        lu.erreurs[refus.champ or ""] = refus.message
        return None, lu
    return contact, lu


def lire_copies(champs: Champs, freres: Mapping[int, str]) -> dict[int, str]:
    """Brothers and sisters ticked, among those this person may act for; anything else is ignored."""
    return {id_: prenom for id_, prenom in freres.items() if str(id_) in champs.getlist("copies")}


def lire_reponses(champs: Champs) -> tuple[dict[str, bool], dict[str, int], Lecture]:
    """Answers given, and the id of the answer each question showed. A question left without answer is left as it is."""
    lu = Lecture({genre: champs.get(genre, "") for genre in AUTORISATIONS})
    reponses = {}
    for genre, dit in lu.valeurs.items():
        if dit in ("oui", "non"):
            reponses[genre] = dit == "oui"
        elif dit:
            lu.erreurs[genre] = "Répondez par Oui ou par Non."
    vues = {genre: _entier(champs.get(f"vu-{genre}", "")) for genre in AUTORISATIONS}
    return reponses, vues, lu


def lire_date(texte: str) -> date | None:
    """As a date field sends it; None for anything else."""
    try:
        return date.fromisoformat(texte)
    except ValueError:
        return None


def _facultatif(saisie: str) -> str:
    return lire_telephone(saisie) if saisie.strip() else ""


def _texte(saisie: str, longueur: int, *, plusieurs_lignes: bool = False) -> str:
    """One kind of line end, no invisible character, at most `longueur` characters."""
    unies = unicodedata.normalize("NFC", saisie).replace("\r\n", "\n").replace("\r", "\n").strip()
    permis = "\n" if plusieurs_lignes else ""
    if any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn") and c not in permis for c in unies):
        raise RegleViolee("texte_caractere", "Il y a un caractère invisible\u00a0: effacez et tapez à nouveau.")
    if len(unies) > longueur:
        raise RegleViolee("texte_trop_long", f"Il y a {len(unies)} caractères\u00a0: {longueur} au plus.")
    return unies.replace("'", "’")


def _entier(texte: str) -> int:
    return int(texte) if texte.isascii() and texte.isdigit() and len(texte) < 10 else -1
