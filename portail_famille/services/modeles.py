"""Words that agents start their answers from. The town writes its own; as long as it has none for a use, ours are
proposed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.genres import GENRES
from portail_famille.models.demarches import ModeleReponse
from portail_famille.services.journal import Auteur, consigner

USAGES = ("acceptation", "refus", "complement", "message")
CHAMPS = ("prenom", "numero", "commune")
"""What a model may name between braces. Replaced as plain text: what a town writes runs nothing."""
TITRE_MAXIMAL, TEXTE_MAXIMAL = 120, 1000
_CHAMP = re.compile(r"\{([^{}]*)\}")

_DEFAUTS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "acceptation": (("Merci", "Bonjour {prenom}, votre demande est acceptée. Bonne journée."),),
    "refus": (
        ("Document illisible", "Le document joint ne se lit pas. Vous pouvez refaire la demande avec une autre photo."),
        ("Déjà fait", "Cette demande a déjà été traitée\u00a0: vous n’avez rien d’autre à faire."),
    ),
    "complement": (
        (
            "Document à renvoyer",
            "Bonjour {prenom}, le document joint ne se lit pas en entier. Pouvez-vous l’envoyer de nouveau, bien à "
            "plat et éclairé\u202f?",
        ),
        ("Document manquant", "Bonjour {prenom}, il manque un document pour répondre à votre demande\u00a0: "),
    ),
    "message": (
        ("Bien reçue", "Bonjour {prenom}, nous avons bien reçu votre demande n°\u00a0{numero} et nous y travaillons."),
    ),
}


@dataclass(frozen=True, slots=True)
class Modele:
    """One model, as listed or as proposed: `id` None for one of ours."""

    id: int | None
    usage: str
    genre: str
    titre: str
    texte: str


def lister_modeles(session: Session) -> list[Modele]:
    """Those of the town, and ours for the uses it has none for. One query."""
    siens = [_lu(ligne) for ligne in session.scalars(select(ModeleReponse).order_by(ModeleReponse.titre))]
    usages = {modele.usage for modele in siens}
    notres = [
        Modele(None, usage, "", titre, texte)
        for usage, modeles in _DEFAUTS.items()
        if usage not in usages
        for titre, texte in modeles
    ]
    return sorted([*siens, *notres], key=lambda m: (USAGES.index(m.usage), m.genre))


def proposer(session: Session, genre: str, valeurs: Mapping[str, str]) -> dict[str, list[tuple[str, str]]]:
    """Title and text, filled in, of the models for this kind of démarche, by use. One query."""
    proposes: dict[str, list[tuple[str, str]]] = {usage: [] for usage in USAGES}
    for modele in lister_modeles(session):
        if modele.genre in ("", genre):
            proposes[modele.usage].append((modele.titre, remplir(modele.texte, valeurs)))
    return proposes


def remplir(texte: str, valeurs: Mapping[str, str]) -> str:
    """Each known `{champ}` by its value; anything else between braces stays as it is. A value is never read again."""
    return _CHAMP.sub(lambda trouve: valeurs.get(trouve[1], trouve[0]) if trouve[1] in CHAMPS else trouve[0], texte)


def trouver_modele(session: Session, modele_id: int) -> Modele | None:
    """One query."""
    ligne = session.get(ModeleReponse, modele_id)
    return _lu(ligne) if ligne is not None else None


def verifier_modele(modele: Modele) -> None:
    """Raises `RegleViolee` with the field at fault."""
    if modele.usage not in USAGES:
        raise RegleViolee("usage_inconnu", "Choisissez à quoi sert ce modèle.", "usage")
    if modele.genre and modele.genre not in GENRES:
        raise RegleViolee("genre_inconnu", "Choisissez un type de demande.", "genre")
    if not modele.titre.strip() or len(modele.titre) > TITRE_MAXIMAL:
        raise RegleViolee("titre_absent", f"Donnez un titre, de {TITRE_MAXIMAL} caractères au plus.", "titre")
    if not modele.texte.strip() or len(modele.texte) > TEXTE_MAXIMAL:
        raise RegleViolee("texte_absent", f"Écrivez le texte, de {TEXTE_MAXIMAL} caractères au plus.", "texte")
    inconnus = [champ for champ in _CHAMP.findall(modele.texte) if champ not in CHAMPS]
    if inconnus:
        connus = ", ".join(f"{{{champ}}}" for champ in CHAMPS)
        raise RegleViolee(
            "champ_inconnu", f"{{{inconnus[0]}}} ne veut rien dire ici. Possibles\u00a0: {connus}.", "texte"
        )


def enregistrer_modele(session: Session, modele: Modele, auteur: Auteur, maintenant: datetime) -> None:
    """Adds it (`id` None) or changes it. Raises `RegleViolee` (a field; a title already used; removed meanwhile)."""
    verifier_modele(modele)
    titre, texte = modele.titre.strip(), modele.texte.strip()
    homonyme = session.scalar(
        select(ModeleReponse.id).where(
            ModeleReponse.usage == modele.usage, ModeleReponse.genre == modele.genre, ModeleReponse.titre == titre
        )
    )
    if homonyme not in (None, modele.id):
        raise RegleViolee("titre_pris", "Un autre modèle porte déjà ce titre\u00a0: changez l’un des deux.", "titre")
    ligne = ModeleReponse() if modele.id is None else session.get(ModeleReponse, modele.id)
    if ligne is None:
        raise RegleViolee("modele_retire", "Ce modèle vient d’être retiré. Ajoutez-le de nouveau si besoin.")
    ligne.usage, ligne.genre, ligne.titre, ligne.texte = modele.usage, modele.genre, titre, texte
    ligne.modifie_utc, ligne.modifie_par = maintenant, auteur.compte_id
    session.add(ligne)
    session.flush()
    consigner(session, auteur, "modele_enregistre", maintenant, details={"motif": titre})


def retirer_modele(session: Session, modele_id: int, auteur: Auteur, maintenant: datetime) -> None:
    """Gone; already gone is fine."""
    ligne = session.get(ModeleReponse, modele_id)
    if ligne is not None:
        session.delete(ligne)
        consigner(session, auteur, "modele_retire", maintenant, details={"motif": ligne.titre})


def _lu(ligne: ModeleReponse) -> Modele:
    return Modele(ligne.id, ligne.usage, ligne.genre, ligne.titre, ligne.texte)
