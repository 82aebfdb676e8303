"""Reads « Créer mon espace »."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from portail_famille.domain.cellules import lire_adresse_mail
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.fiches import CIVILITES, PAR_CODE, lire_valeur
from portail_famille.services.espaces import DemandeEspace, EnfantDit, lire_enfant_dit
from portail_famille.services.telephones import lire_telephone

CHAMPS = ("civilite", "prenom", "nom", "courriel", "telephone", "adresse", "code_postal", "ville", "enfants", "message")
_LIGNES = ("enfants", "message")
ENFANTS_MAXIMAUX = 10
_LONGUEUR_LIGNE = 150
LONGUEUR_MESSAGE = 1000
_LONGUEUR = 254


@dataclass(frozen=True, slots=True)
class SaisieEspace:
    """`demande` is None when something has to be corrected; `saisie` fills the form again."""

    demande: DemandeEspace | None
    saisie: Mapping[str, str]
    erreurs: dict[str, str] = field(default_factory=dict)


def lire_espace(champs: Mapping[str, str], aujourdhui: date) -> SaisieEspace:
    """Every fault at once, each beside its field."""
    saisie = {nom: _propre(champs.get(nom, ""), nom in _LIGNES) for nom in CHAMPS}
    erreurs: dict[str, str] = {}

    def lire(nom: str, faire: Callable[[str], str]) -> str:
        try:
            return faire(saisie[nom])
        except RegleViolee as refus:
            phrase = refus.message[:1].upper() + refus.message[1:]
            erreurs[nom] = phrase if phrase.endswith((".", "!", "?")) else f"{phrase}."
            return ""

    def champ(code: str) -> str:
        return lire(code.partition(".")[2], lambda texte: lire_valeur(PAR_CODE[code], texte, aujourdhui))

    prenom, nom = champ("personne.prenom"), champ("personne.nom")
    courriel = lire("courriel", _courriel)
    telephone = lire("telephone", lire_telephone)
    adresse, code_postal, ville = (champ(f"foyer.{nom}") for nom in ("adresse", "code_postal", "ville"))
    enfants = tuple(ligne for ligne in saisie["enfants"].splitlines() if ligne.strip())
    faute = _faute_d_enfants(enfants, aujourdhui)
    if faute:
        erreurs["enfants"] = faute
    if len(saisie["message"]) > LONGUEUR_MESSAGE:
        erreurs["message"] = f"Votre message est trop long\u00a0: {LONGUEUR_MESSAGE} signes au plus."
    if erreurs:
        return SaisieEspace(None, saisie, {nom: erreurs[nom] for nom in CHAMPS if nom in erreurs})
    civilite = saisie["civilite"] if saisie["civilite"] in CIVILITES else ""
    demande = DemandeEspace(
        civilite, prenom, nom, courriel, telephone, adresse, code_postal, ville, enfants, saisie["message"]
    )
    return SaisieEspace(demande, saisie)


def _courriel(texte: str) -> str:
    if not texte:
        raise RegleViolee("courriel_vide", "Il manque votre adresse mail.")
    return lire_adresse_mail(texte)


def _faute_d_enfants(lignes: tuple[str, ...], aujourdhui: date) -> str:
    """What to correct, and on which line; "" when an agent can read them all."""
    if not lignes:
        return "Écrivez au moins un enfant, avec sa date de naissance."
    if len(lignes) > ENFANTS_MAXIMAUX or any(len(ligne) > _LONGUEUR_LIGNE for ligne in lignes):
        return f"Un enfant par ligne, {ENFANTS_MAXIMAUX} au plus."
    fautes = []
    for rang, ligne in enumerate(lignes, 1):
        try:
            _verifier_enfant(lire_enfant_dit(ligne), aujourdhui)
        except RegleViolee as refus:
            dite = f"«\u00a0{ligne[:40]}\u00a0» (ligne {rang})" if len(lignes) > 1 else f"«\u00a0{ligne[:40]}\u00a0»"
            phrase = refus.message[:1].lower() + refus.message[1:]
            fautes.append(f"{dite}\u00a0: {phrase if phrase.endswith(('.', '!', '?')) else phrase + '.'}")
    return " ".join(fautes)


def _verifier_enfant(dit: EnfantDit, aujourdhui: date) -> None:
    """Raises `RegleViolee`. The family's own name may be left out."""
    if dit.naissance is None:
        raise RegleViolee("naissance", "Écrivez sa date de naissance, jour/mois/année\u00a0: 17/04/2018, par exemple.")
    lire_valeur(PAR_CODE["enfant.prenom"], dit.prenom, aujourdhui)
    if dit.nom:
        lire_valeur(PAR_CODE["enfant.nom"], dit.nom, aujourdhui)
    lire_valeur(PAR_CODE["enfant.naissance"], dit.naissance.isoformat(), aujourdhui)


def _propre(texte: str, en_lignes: bool) -> str:
    """What no keyboard writes is left out; line ends stay where several lines are asked."""
    if not en_lignes:
        return "".join(signe for signe in texte[:_LONGUEUR] if signe.isprintable()).strip()
    lignes = texte[: 4 * LONGUEUR_MESSAGE].splitlines()
    return "\n".join("".join(signe for signe in ligne if signe.isprintable()).strip() for ligne in lignes).strip()
