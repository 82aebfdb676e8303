"""« Dites-le-nous une fois » (CRPA L114-8): the CAF or the MSA is asked for the QF, the family sends no document.

The call is made outside any transaction (house.md §2.7); the identity lives as long as the call, nothing of it is kept.
"""

from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from portail_famille.config.reglages import ReglagesQuotient
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.libelles import sans_accents
from portail_famille.gateways.api_particulier import (
    AccesRefuse,
    Allocataire,
    ApiParticulier,
    DossierAbsent,
    Identite,
    IdentiteRefusee,
    QuotientObtenu,
    ServiceIndisponible,
)
from portail_famille.models.demarches import Demarche
from portail_famille.services.comptes import Acteur
from portail_famille.services.journal import Auteur
from portail_famille.services.quotients import OBTENU, Declaration, declarer

_AVEC_UN_DOCUMENT = "ou déclarez votre quotient avec un document."


class Guichet(Protocol):
    """The State's service, or its local counterpart."""

    def quotient(self, identite: Identite) -> QuotientObtenu: ...


def guichet_de(reglages: ReglagesQuotient) -> Guichet | None:
    """None where the town has no token."""
    if not (reglages.api_particulier_url and reglages.api_particulier_jeton and reglages.api_particulier_siret):
        return None
    return ApiParticulier(reglages.api_particulier_url, reglages.api_particulier_jeton, reglages.api_particulier_siret)


def interroger(guichet: Guichet, identite: Identite, acteur: Acteur) -> QuotientObtenu:
    """The QF of whoever asks: a household of which she is not is refused, whatever identity was typed. Raises
    `RegleViolee` with what can be done next."""
    try:
        obtenu = guichet.quotient(identite)
    except (DossierAbsent, IdentiteRefusee):
        raise RegleViolee(
            "dossier_absent",
            "Ni la CAF ni la MSA ne trouvent de dossier à ce nom. Vérifiez ce que vous avez écrit, "
            + _AVEC_UN_DOCUMENT,
        ) from None
    except (ServiceIndisponible, AccesRefuse):
        raise RegleViolee(
            "caf_indisponible", f"La CAF ne répond pas en ce moment. Réessayez plus tard, {_AVEC_UN_DOCUMENT}"
        ) from None
    if not any(_est(allocataire, acteur) for allocataire in obtenu.allocataires):
        raise RegleViolee(
            "autre_personne",
            "Cette identité n’est pas la vôtre telle que la mairie la connaît. Corrigez-la, " + _AVEC_UN_DOCUMENT,
        )
    return obtenu


def declarer_obtenu(
    session: Session,
    obtenu: QuotientObtenu,
    foyer_id: int,
    auteur: Auteur,
    maintenant: datetime,
    reglages: ReglagesQuotient,
) -> Demarche:
    """Files what came back: the amount, its month, who said it. Raises `RegleViolee` (services/quotients.declarer)."""
    declaration = Declaration(OBTENU, obtenu.valeur_centimes, obtenu.mois, {"organisme": obtenu.organisme})
    return declarer(session, foyer_id, declaration, auteur, maintenant, reglages)


def _est(allocataire: Allocataire, acteur: Acteur) -> bool:
    """Her first name among theirs, and her name as theirs at birth or in use, whatever the accents and hyphens."""
    noms = {tuple(_mots(allocataire.nom_naissance)), tuple(_mots(allocataire.nom_usage))}
    prenom, prenoms = _mots(acteur.prenom), _mots(allocataire.prenoms)
    return bool(prenom) and tuple(_mots(acteur.nom)) in noms and set(prenom) <= set(prenoms)


def _mots(texte: str) -> list[str]:
    return "".join(signe if signe.isalpha() else " " for signe in sans_accents(texte)).split()
