"""A child's file in words: identity, school, health, authorisations, contacts, documents, requests that wait."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from portail_famille.domain.entourage import AUTORISATIONS, LIENS, REGIMES, Contact
from portail_famille.domain.fiches import Regime
from portail_famille.domain.horloge import PARIS
from portail_famille.domain.pieces import ReglesPieces
from portail_famille.models.demarches import Demarche
from portail_famille.presentation.fiches import RIEN, LigneFiche
from portail_famille.presentation.formats import INSECABLE, date_courte, telephone
from portail_famille.presentation.vues import Avis
from portail_famille.services.documents import PieceLue
from portail_famille.services.enfants import FicheEnfant
from portail_famille.services.entourage import ContactLu, Parole

FAITS: Mapping[str, Avis] = {
    "enregistre": Avis("succes", "C’est enregistré."),
    "demande": Avis("succes", "Votre demande est envoyée.", "Un agent la regarde\u00a0: d’ici là, rien ne change."),
    "partie": Avis("succes", "C’est enregistré.", "Le reste attend l’accord d’un agent."),
    "ajoute": Avis("succes", "C’est ajouté."),
    "retire": Avis("succes", "C’est retiré."),
    "retiree": Avis("succes", "Votre demande est retirée.", "Rien n’a changé."),
    "rien": Avis("info", "Rien n’a changé.", "Vous n’aviez rien modifié."),
}
"""What the page one lands on says of what was just done."""

ROLES = {"recuperer": "Peut venir chercher mon enfant", "urgence": "À appeler en cas d’urgence"}

SANS_REPONSE = "Pas encore de réponse"
_AUTRE_PARENT = "l’autre parent"


@dataclass(frozen=True, slots=True)
class ReponseVue:
    """An authorisation as listed; `par` says who and when."""

    titre: str
    reponse: str
    par: str = ""


@dataclass(frozen=True, slots=True)
class ContactVu:
    """`telephones`: as read, as dialled."""

    id: int
    nom: str
    details: str
    telephones: tuple[tuple[str, str], ...]
    peut_recuperer: bool
    est_urgence: bool


@dataclass(frozen=True, slots=True)
class PieceVue:
    id: int
    nom: str
    details: str
    est_retirable: bool


@dataclass(frozen=True, slots=True)
class DemandeVue:
    """A request on health, waiting or refused lately."""

    numero: str
    texte: str
    quand: str
    motif: str


def jour_ecrit(jour: date) -> str:
    """« 2 décembre 2026 »."""
    return f"{date_courte(jour)} {jour.year}"


def _le(instant: datetime) -> str:
    return jour_ecrit(instant.astimezone(PARIS).date())


def composer_sante(fiche: FicheEnfant, pai: bool, pieces: Iterable[PieceLue], aujourdhui: date) -> tuple[
    tuple[LigneFiche, ...], str
]:  # fmt: skip
    """The lines, and who wrote last."""
    sante = fiche.sante
    medecin = ", ".join(
        filter(None, (sante.medecin, telephone(sante.medecin_telephone) if sante.medecin_telephone else ""))
    )
    lignes = (
        LigneFiche("Allergies et consignes", sante.allergies or RIEN),
        LigneFiche("Régime", REGIMES[sante.regime]),
        LigneFiche("Médecin", medecin or RIEN),
        LigneFiche("PAI", dire_pai(pai, pieces, aujourdhui)),
    )
    par = ""
    if fiche.sante_utc is not None:
        par = f"Dernier changement le {_le(fiche.sante_utc)}" + (
            f", par {fiche.sante_qui}." if fiche.sante_qui else "."
        )
    return lignes, par


def dire_pai(pai: bool, pieces: Iterable[PieceLue], aujourdhui: date) -> str:
    """Whether a PAI is in place, and until when: the date of its latest document accepted."""
    if not pai:
        return "Non"
    fin = max(
        (p.valable_jusqua for p in pieces if p.genre == "pai" and p.est_acceptee and p.valable_jusqua), default=None
    )
    if fin is None:
        return "Oui"
    return f"Oui, jusqu’au {jour_ecrit(fin)}" if fin >= aujourdhui else f"À renouveler\u00a0: fini le {jour_ecrit(fin)}"


def composer_reponses(paroles: Mapping[str, Parole]) -> tuple[ReponseVue, ...]:
    return tuple(
        ReponseVue(genre.titre, dire_reponse(paroles[code]), dire_parole(paroles[code]))
        if code in paroles
        else ReponseVue(genre.titre, SANS_REPONSE)
        for code, genre in AUTORISATIONS.items()
    )


def dire_reponse(parole: Parole) -> str:
    return "Oui" if parole.est_accordee else "Non"


def dire_parole(parole: Parole) -> str:
    """« Camille Morel, le 2 décembre 2026 »."""
    return f"{parole.qui or _AUTRE_PARENT}, le {_le(parole.a_utc)}"


def composer_contacts(contacts: Iterable[ContactLu]) -> tuple[ContactVu, ...]:
    return tuple(
        ContactVu(
            lu.id,
            f"{lu.contact.prenom} {lu.contact.nom}",
            LIENS.get(lu.contact.lien, ""),
            tuple((telephone(n), n) for n in (lu.contact.telephone, lu.contact.telephone_2) if n),
            lu.contact.peut_recuperer,
            lu.contact.est_urgence,
        )
        for lu in contacts
    )


def saisie_contact(contact: Contact) -> dict[str, Any]:
    """A contact as its form shows it before anything is typed."""
    return {
        "prenom": contact.prenom,
        "nom": contact.nom,
        "telephone": telephone(contact.telephone),
        "telephone_2": telephone(contact.telephone_2) if contact.telephone_2 else "",
        "lien": contact.lien,
        "roles": tuple(
            role for role, vrai in (("recuperer", contact.peut_recuperer), ("urgence", contact.est_urgence)) if vrai
        ),
        "copies": (),
    }


def composer_pieces(pieces: Iterable[PieceLue], regles: ReglesPieces) -> tuple[PieceVue, ...]:
    return tuple(
        PieceVue(
            p.id,
            regles.nom(p.genre),
            ", ".join(
                filter(
                    None,
                    (
                        f"envoyé le {_le(p.deposee_utc)}",
                        f"valable jusqu’au {jour_ecrit(p.valable_jusqua)}" if p.valable_jusqua else "",
                        "PDF" if p.type_mime == "application/pdf" else "photo",
                        poids(p.taille),
                    ),
                )
            ),
            p.est_retirable,
        )
        for p in pieces
    )


def poids(octets: int) -> str:
    """« 340 Ko », « 2,1 Mo »."""
    if octets < 1_000_000:
        return f"{max(octets // 1000, 1)}{INSECABLE}Ko"
    return f"{octets / 1_000_000:.1f}{INSECABLE}Mo".replace(".", ",")


def composer_demandes_sante(demarches: Iterable[Demarche]) -> tuple[DemandeVue, ...]:
    return tuple(
        DemandeVue(
            d.numero,
            _dire_demande(d.contenu),
            _le(d.deposee_utc),
            d.motif,
        )
        for d in demarches
    )


def _dire_demande(contenu: Mapping[str, Any]) -> str:
    """What a request about the PAI asks."""
    dit = f"PAI\u00a0: {'Oui' if contenu.get('pai') else 'Non, il s’arrête'}"
    if "pai_jusqua" not in contenu:
        return dit
    return f"{dit}, Valable jusqu’au\u00a0: {jour_ecrit(date.fromisoformat(str(contenu['pai_jusqua'])))}"


def est_ouvert(regime: Regime) -> bool:
    """Whether the page shows the way to change it."""
    return regime in (Regime.DIRECT, Regime.DEMANDE)
