"""Attestations and statement of account of a foyer, for its adults and for the desk: the caller has decided who may.

Each closes the reading session before it prints.
"""

from collections.abc import Collection
from datetime import date
from typing import Any, cast

from flask import Response, current_app
from sqlalchemy.orm import Session

from portail_famille.gateways.pdf import imprimer
from portail_famille.presentation.papiers_attestations import papier_de_presence, papier_du_releve, papier_fiscal
from portail_famille.services.attestations import EnfantDit, lire_garde_payee, lire_presences, lire_titulaire
from portail_famille.services.dossiers import jour_de
from portail_famille.services.regles import charger_regles
from portail_famille.services.soldes import mouvements, solde_au
from portail_famille.views.papiers import repondre_pdf
from portail_famille.views.web import fermer_lecture, maintenant, reglages


def pdf_fiscal(session: Session, foyer_id: int, annee: int, enfants: Collection[EnfantDit]) -> Response | None:
    """Of these children; None when nothing was paid for the care of any."""
    payees = lire_garde_payee(session, foyer_id, annee, enfants)
    if not payees:
        return None
    titulaire, aujourdhui = lire_titulaire(session, foyer_id), jour_de(maintenant())
    couleur = reglages().apparence.couleur
    papier = papier_fiscal(reglages(), titulaire, annee, payees, aujourdhui, couleur)
    return _imprimer(papier, f"attestation-fiscale-{annee}.pdf")


def pdf_de_presence(session: Session, foyer_id: int, enfant: EnfantDit, du: date, au: date) -> Response:
    regles = charger_regles(session, cast(dict[str, Any], current_app.extensions.setdefault("regles", {})))
    presences = lire_presences(session, foyer_id, enfant.id, du, au, regles)
    titulaire, aujourdhui = lire_titulaire(session, foyer_id), jour_de(maintenant())
    couleur = reglages().apparence.couleur
    papier = papier_de_presence(reglages(), titulaire, enfant, du, au, presences, aujourdhui, couleur)
    return _imprimer(papier, f"attestation-presence-{du}-{au}.pdf")


def pdf_du_releve(session: Session, foyer_id: int, du: date, au: date) -> Response:
    solde, lignes = solde_au(session, foyer_id, du), mouvements(session, foyer_id, du, au)
    titulaire, aujourdhui = lire_titulaire(session, foyer_id), jour_de(maintenant())
    couleur = reglages().apparence.couleur
    papier = papier_du_releve(reglages(), titulaire, du, au, solde, lignes, aujourdhui, couleur)
    return _imprimer(papier, f"releve-de-compte-{du}-{au}.pdf")


def _imprimer(papier: dict[str, Any], nom: str) -> Response:
    fermer_lecture()
    return repondre_pdf(imprimer("papier", papier), nom)
