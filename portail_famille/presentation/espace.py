"""« Mon espace » in words: who one is, the foyer's members, the people around the children."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from portail_famille.domain.entourage import LIENS
from portail_famille.domain.fiches import PAR_CODE, Regime
from portail_famille.domain.horloge import PARIS
from portail_famille.presentation.fiches import dire_valeur
from portail_famille.presentation.formats import balise_date, date_courte, enumerer, telephone
from portail_famille.presentation.mots import pastille
from portail_famille.presentation.vues import Avis, Ecrire, Pastille
from portail_famille.services.dossiers import Dossier, EnfantLu
from portail_famille.services.editions import enfant_en_lecture, foyer_en_lecture, structures_du_foyer
from portail_famille.services.verifications_dossier import AdulteLu, ContactLu, FoyerComplet

FAITS: Mapping[str, Avis] = {
    "enregistre": Avis("succes", "C’est enregistré."),
    "demande": Avis("succes", "Votre demande est envoyée.", "Un agent la regarde\u00a0: d’ici là, rien ne change."),
    "partie": Avis("succes", "C’est enregistré.", "Le reste attend l’accord d’un agent."),
    "retiree": Avis("succes", "Votre demande est retirée.", "Rien n’a changé."),
    "rien": Avis("info", "Rien n’a changé.", "Vous n’aviez rien modifié."),
}
"""What the page one lands on says of what was just done."""

Montre = Mapping[str, Regime]


@dataclass(frozen=True, slots=True)
class Espace:
    pastille: Pastille
    nom: str
    lignes: tuple[str, ...]
    """Address, telephone, mail address: as the guide's card shows them."""


@dataclass(frozen=True, slots=True)
class AdulteVu:
    pastille: Pastille
    nom: str
    est_moi: bool
    est_payeur: bool
    courriel: str
    telephones: tuple[tuple[str, str], ...]
    """Label, number."""


@dataclass(frozen=True, slots=True)
class EnfantVu:
    pastille: Pastille
    nom: str
    naissance: str
    """A <time> element."""
    classe: str
    href: str
    est_modifiable: bool
    """False: every structure of this child is in `lecture`."""


@dataclass(frozen=True, slots=True)
class FoyerVu:
    adultes: tuple[AdulteVu, ...]
    enfants: tuple[EnfantVu, ...]


@dataclass(frozen=True, slots=True)
class ContactVu:
    nom: str
    details: str
    """Link to the child, or the children concerned."""
    telephones: tuple[tuple[str, str], ...]
    """As read, as dialled."""
    peut_recuperer: bool = False
    est_urgence: bool = False


@dataclass(frozen=True, slots=True)
class EntourageEnfant:
    pastille: Pastille
    href: str
    est_modifiable: bool
    contacts: tuple[ContactVu, ...]


@dataclass(frozen=True, slots=True)
class Verification:
    """The whole file on one page. `adresse` is None when the town hides it."""

    adresse: str | None
    foyer: FoyerVu
    entourage: tuple[EntourageEnfant, ...]
    derniere: str


def composer_espace(complet: FoyerComplet, personne_id: int, regimes: Montre, regimes_foyer: Montre) -> Espace:
    moi = next(adulte for adulte in complet.adultes if adulte.personne_id == personne_id)
    numeros = [numero for _, numero in _telephones(moi, regimes)]
    lignes = (composer_adresse(complet, regimes_foyer) or "", *numeros[:1], moi.courriel)
    return Espace(_initiale(moi), _nom(moi, regimes), tuple(filter(None, lignes)))


def composer_adresse(complet: FoyerComplet, regimes: Montre) -> str | None:
    """On one line; "" when it is not known, None when the town hides it."""
    if regimes["foyer.adresse"] is Regime.CACHE:
        return None
    return ", ".join(filter(None, (complet.adresse, f"{complet.code_postal} {complet.ville}".strip())))


def composer_foyer(
    dossier: Dossier, complet: FoyerComplet, personne_id: int, regimes: Montre, hrefs: Mapping[int, str]
) -> FoyerVu:
    """« Membres du foyer »: the adults, then the children this person has authority on."""
    return FoyerVu(
        adultes=tuple(
            AdulteVu(
                _initiale(a),
                _nom(a, regimes),
                a.personne_id == personne_id,
                a.est_payeur,
                a.courriel,
                _telephones(a, regimes),
            )
            for a in complet.adultes
        ),
        enfants=tuple(
            EnfantVu(
                pastille(e),
                f"{e.prenom} {e.nom}",
                balise_date(e.naissance, f"{date_courte(e.naissance)} {e.naissance.year}"),
                e.classe,
                hrefs[e.id],
                not enfant_en_lecture(dossier, e),
            )
            for e in dossier.visibles
        ),
    )


def composer_entourage(
    dossier: Dossier, contacts: Iterable[ContactLu], hrefs: Mapping[int, str], regime_contacts: Regime
) -> tuple[EntourageEnfant, ...]:
    """Child by child: who may collect, whom to call. None at all where the town hides contacts."""
    connus = list(contacts)
    return tuple(
        EntourageEnfant(
            pastille(e),
            hrefs[e.id],
            not enfant_en_lecture(dossier, e) and regime_contacts is not Regime.LECTURE,
            tuple(
                ContactVu(
                    f"{c.prenom} {c.nom}",
                    LIENS.get(c.lien, ""),
                    _numeros(c),
                    c.peut_recuperer,
                    c.est_urgence,
                )
                for c in connus
                if c.enfant_id == e.id
            ),
        )
        for e in dossier.visibles
    )


def composer_contacts(dossier: Dossier, contacts: Iterable[ContactLu]) -> tuple[ContactVu, ...]:
    """Each person once, with the children she is known for."""
    par_contact: dict[int, list[ContactLu]] = {}
    for contact in contacts:
        par_contact.setdefault(contact.id, []).append(contact)
    prenoms = {enfant.id: enfant.prenom for enfant in dossier.visibles}
    return tuple(
        ContactVu(
            f"{liens[0].prenom} {liens[0].nom}",
            f"Pour {enumerer([prenoms[e] for e in prenoms if e in {lien.enfant_id for lien in liens}])}",
            _numeros(liens[0]),
            any(lien.peut_recuperer for lien in liens),
            any(lien.est_urgence for lien in liens),
        )
        for liens in par_contact.values()
    )


def composer_verification(
    dossier: Dossier,
    complet: FoyerComplet,
    contacts: Iterable[ContactLu],
    personne_id: int,
    regimes: Montre,
    hrefs: Mapping[int, str],
    verifie: datetime | None,
) -> Verification:
    """Names, birth dates, addresses, telephones, contacts (second guide). `regimes`: of every field, by code."""
    derniere = ""
    if verifie is not None:
        jour = verifie.astimezone(PARIS).date()
        derniere = f"{date_courte(jour)} {jour.year}"
    return Verification(
        adresse=composer_adresse(complet, regimes),
        foyer=composer_foyer(dossier, complet, personne_id, regimes, hrefs),
        entourage=composer_entourage(dossier, contacts, hrefs, regimes["enfant.contacts"]),
        derniere=derniere,
    )


def ecrire_aux_structures(dossier: Dossier, *, lecture_seulement: bool = True) -> tuple[Ecrire, ...]:
    """Structures of the foyer's children with a mail address, the family's name already in the subject."""
    structures = dossier.regles.catalogue.structures
    fiches = [structures[code] for code in structures_du_foyer(dossier)]
    return tuple(
        Ecrire(f.nom, f.courriel, f"mailto:{quote(f.courriel, safe='@')}?subject={quote(_objet(dossier))}")
        for f in fiches
        if f.courriel and (f.est_en_lecture or not lecture_seulement)
    )


def ecrire_si_lecture(dossier: Dossier) -> tuple[Ecrire, ...]:
    """Whom a family that changes nothing online writes to; nobody for the others."""
    return ecrire_aux_structures(dossier) if foyer_en_lecture(dossier) else ()


def _objet(dossier: Dossier) -> str:
    return f"Dossier\u00a0: {enumerer([_nom_enfant(e) for e in dossier.visibles])}"


def _nom_enfant(enfant: EnfantLu) -> str:
    return f"{enfant.prenom} {enfant.nom}"


def _initiale(adulte: AdulteLu) -> Pastille:
    return Pastille(adulte.prenom[:1].upper(), adulte.prenom, 0)


def _nom(adulte: AdulteLu, regimes: Montre) -> str:
    civilite = "" if regimes["personne.civilite"] is Regime.CACHE else adulte.civilite
    return " ".join(filter(None, (civilite, adulte.prenom, adulte.nom)))


def _telephones(adulte: AdulteLu, regimes: Montre) -> tuple[tuple[str, str], ...]:
    valeurs = {
        "personne.telephone": adulte.telephone,
        "personne.telephone_domicile": adulte.telephone_domicile,
        "personne.telephone_travail": adulte.telephone_travail,
    }
    return tuple(
        (PAR_CODE[code].libelle, dire_valeur(PAR_CODE[code], valeur))
        for code, valeur in valeurs.items()
        if valeur and regimes[code] is not Regime.CACHE
    )


def _numeros(contact: ContactLu) -> tuple[tuple[str, str], ...]:
    return tuple((telephone(n), n) for n in (contact.telephone, contact.telephone_2) if n)
