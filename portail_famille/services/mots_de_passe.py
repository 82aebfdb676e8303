"""Passwords: long enough, mixed enough, and not to be guessed by who knows the family (CNIL 2022-100)."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session
from zxcvbn.matching import L33T_TABLE, RANKED_DICTIONARIES, build_ranked_dict, omnimatch
from zxcvbn.scoring import most_guessable_match_sequence
from zxcvbn.time_estimates import guesses_to_score

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.libelles import sans_accents
from portail_famille.domain.mots_de_passe import LONGUEUR_MAXIMALE, manques
from portail_famille.models.comptes import Compte
from portail_famille.models.foyers import Enfant, Foyer, Personne, Rattachement, Responsable

SCORE_MINIMAL = 3
"""zxcvbn's « safely unguessable »: ten billion tries offline, out of reach of a throttled login."""
_LUS_PAR_ZXCVBN = 32
"""Its time grows with the cube of the length; what follows can only make the password stronger."""
_SIGNES_POUR_LETTRES = {
    "a": ["4", "@"],
    "b": ["8"],
    "e": ["3"],
    "g": ["9"],
    "i": ["1", "!"],
    "o": ["0"],
    "s": ["$", "5"],
    "t": ["7"],
    "z": ["2"],
}
# zxcvbn tries every combination of the signs that stand for letters: with its own table, a password made of them all
# is read thousands of times. The table is its functions' default, down to what they call for a repeated part: replaced
# where it is, once for all. Eight readings at most, of the signs that people do use.
L33T_TABLE.clear()
L33T_TABLE.update(_SIGNES_POUR_LETTRES)
_MOT_COURT = 3
"""Shorter ones are everywhere."""
_LIBELLES = ("très faible", "faible", "moyen", "bon", "très bon")
_MOTS = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Force:
    """How a password stands: `score` 0 to 4, what it lacks in words."""

    score: int
    manques: tuple[str, ...]

    @property
    def libelle(self) -> str:
        return _LIBELLES[self.score]

    @property
    def est_suffisante(self) -> bool:
        return self.score >= SCORE_MINIMAL and not self.manques


def evaluer(mot_de_passe: str, mots: Iterable[str] = ()) -> Force:
    """`mots`: what somebody who knows the family would try first."""
    connus = _dictionnaire(mots)
    mot = unicodedata.normalize("NFC", mot_de_passe)[:_LUS_PAR_ZXCVBN]
    score = _noter(mot, connus)
    # « Noé Le Gall 2020! » is long, hence good to zxcvbn: what is left of it once the family's words are out is not.
    reste = sans_accents(mot)
    for connu in sorted(connus, key=len, reverse=True):
        reste = reste.replace(connu, "") if len(connu) >= _MOT_COURT else reste
    if len(reste) < len(sans_accents(mot)):
        score = min(score, _noter(reste, connus))
    return Force(score, manques(mot_de_passe))


def verifier_mot_de_passe(mot_de_passe: str, mots: Iterable[str] = ()) -> Force:
    """Raises RegleViolee on the field `nouveau` with the first rule it breaks."""
    if len(mot_de_passe) > LONGUEUR_MAXIMALE:
        raise RegleViolee(
            "mot_de_passe_long",
            f"Ce mot de passe est trop long\u00a0: {LONGUEUR_MAXIMALE} caractères au plus.",
            "nouveau",
        )
    force = evaluer(mot_de_passe, mots)
    if force.manques:
        raise RegleViolee("mot_de_passe_regle", f"Il manque {_enumerer(force.manques)}.", "nouveau")
    if not force.est_suffisante:
        raise RegleViolee(
            "mot_de_passe_devinable",
            "Ce mot de passe se devine trop facilement. Évitez les prénoms, les dates, les suites de touches\u00a0: "
            "trois ou quatre mots sans rapport entre eux font un bon mot de passe.",
            "nouveau",
        )
    return force


def mots_de_la_famille(session: Session, compte_id: int, nom_de_la_commune: str) -> tuple[str, ...]:
    """Login name, address, names of the household's adults and children, the town. Three queries."""
    compte = session.execute(
        select(Compte.identifiant, Personne.prenom, Personne.nom, Personne.nom_naissance, Personne.courriel)
        .join(Personne, Personne.id == Compte.personne_id)
        .where(Compte.id == compte_id)
    ).one()
    foyers = (
        select(Responsable.foyer_id)
        .join(Compte, Compte.personne_id == Responsable.personne_id)
        .where(Compte.id == compte_id)
        .scalar_subquery()
    )
    adultes = session.execute(
        select(Personne.prenom, Personne.nom, Foyer.nom, Foyer.adresse, Foyer.ville)
        .join(Responsable, Responsable.personne_id == Personne.id)
        .join(Foyer, Foyer.id == Responsable.foyer_id)
        .where(Responsable.foyer_id.in_(foyers))
    )
    enfants = session.execute(
        select(Enfant.prenom, Enfant.nom)
        .join(Rattachement, Rattachement.enfant_id == Enfant.id)
        .where(Rattachement.foyer_id.in_(foyers))
    )
    lignes = [tuple(compte), *map(tuple, adultes), *map(tuple, enfants)]
    return (nom_de_la_commune, *dict.fromkeys(mot for ligne in lignes for mot in ligne if mot))


def _noter(mot: str, connus: list[str]) -> int:
    """Not by `zxcvbn()`, which keeps the family's words where the next request's thread reads them."""
    if not mot:
        return 0
    dictionnaires = {**RANKED_DICTIONARIES, "user_inputs": build_ranked_dict(connus)}
    return int(guesses_to_score(most_guessable_match_sequence(mot, omnimatch(mot, dictionnaires))["guesses"]))


def _dictionnaire(mots: Iterable[str]) -> list[str]:
    """Whole and in pieces, with and without accents: « Le Gall » is tried as « legall », « le », « gall »."""
    tous: set[str] = set()
    for mot in mots:
        plie = sans_accents(mot)
        tous |= {mot.lower(), plie, "".join(_MOTS.findall(plie))}
        tous |= {morceau for morceau in _MOTS.findall(plie) if len(morceau) >= _MOT_COURT}
    return sorted(tous)


def _enumerer(mots: tuple[str, ...]) -> str:
    return f"{', '.join(mots[:-1])} et {mots[-1]}" if len(mots) > 1 else mots[0]
