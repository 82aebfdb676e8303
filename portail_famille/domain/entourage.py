"""The people around a child, and what its parents allow: words, limits, what must be filled in."""

import hashlib
from dataclasses import astuple, dataclass
from datetime import date

from portail_famille.domain.erreurs import RegleViolee

LIENS: dict[str, str] = {
    "grand_parent": "Grand-parent",
    "frere_soeur": "Frère ou sœur",
    "oncle_tante": "Oncle ou tante",
    "assistante_maternelle": "Assistante maternelle",
    "ami": "Ami ou voisin",
    "autre": "Autre",
}
"""What a contact is to the child."""

CONTACTS_MAXIMAUX = 10
"""Per child."""


@dataclass(frozen=True, slots=True)
class GenreAutorisation:
    """A question put to the parents; `phrase` is completed by their Oui or Non."""

    code: str
    titre: str
    phrase: str


AUTORISATIONS: dict[str, GenreAutorisation] = {
    a.code: a
    for a in (
        GenreAutorisation(
            "image",
            "Photos et vidéos",
            "Les équipes peuvent photographier et filmer votre enfant pendant les activités.",
        ),
        GenreAutorisation("sortie_seul", "Sortir seul", "Votre enfant peut repartir seul, sans adulte."),
        GenreAutorisation(
            "soins_urgence",
            "Soins en urgence",
            "Les équipes peuvent faire donner à votre enfant les soins urgents qu’un médecin demande.",
        ),
    )
}

REGIMES: dict[str, str] = {"aucun": "Aucun", "sans_porc": "Sans porc", "sans_viande": "Sans viande"}
"""Allowed wordings: a menu, never a religion (RGPD art. 9)."""

ALLERGIES_MAXIMUM = 500
MEDECIN_MAXIMUM = 80


@dataclass(frozen=True, slots=True)
class Sante:
    """What those who look after the child must know, as typed and checked."""

    allergies: str = ""
    regime: str = "aucun"
    medecin: str = ""
    medecin_telephone: str = ""

    @property
    def empreinte(self) -> str:
        return empreinte(*astuple(self))


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact as typed and checked, and what it is to one child."""

    prenom: str
    nom: str
    telephone: str
    telephone_2: str
    lien: str
    peut_recuperer: bool
    est_urgence: bool

    @property
    def empreinte(self) -> str:
        return empreinte(*astuple(self))


def verifier_role(contact: Contact) -> None:
    """Raises `RegleViolee` for a contact nobody would know what to do with."""
    if contact.lien not in LIENS:
        raise RegleViolee("lien_absent", "Dites qui est cette personne pour votre enfant.", "lien")
    if not (contact.peut_recuperer or contact.est_urgence):
        raise RegleViolee(
            "role_absent",
            "Cochez au moins une case\u00a0: vient chercher votre enfant, ou à appeler en cas d’urgence.",
            "roles",
        )
    if contact.telephone_2 and contact.telephone_2 == contact.telephone:
        raise RegleViolee("telephone_double", "C’est le même numéro que le premier\u00a0: laissez vide.", "telephone_2")


def verifier_nombre(deja: int, prenom: str) -> None:
    """Raises `RegleViolee` when this child already has as many contacts as the teams can use."""
    if deja >= CONTACTS_MAXIMAUX:
        raise RegleViolee(
            "trop_de_contacts",
            f"{prenom} a déjà {CONTACTS_MAXIMAUX} contacts\u00a0: retirez-en un avant d’en ajouter un autre.",
        )


LIENS_PARENTAUX: dict[str, str] = {"parent": "Parent", "responsable_legal": "Autre responsable légal"}
"""What makes an adult answer for a child (code civil 371-1 and 373-2-8): the document proves it, an agent checks."""


@dataclass(frozen=True, slots=True)
class AjoutEnfant:
    """A child to add to a foyer, as typed and checked. `structure`: code of the school wished, or empty."""

    prenom: str
    nom: str
    naissance: date
    lien: str
    structure: str = ""
    classe: str = ""


def empreinte(*valeurs: object) -> str:
    """What a form carries to say which values it showed: another parent's change meanwhile is then seen."""
    return hashlib.sha256("\x1f".join(map(str, valeurs)).encode()).hexdigest()[:16]
