"""Invoices put in the database by hand, the way the engine makes them: a draft, its lines, then its number."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from portail_famille.config import ReglagesCommune
from portail_famille.domain.regies import Regie
from portail_famille.models.factures import Facturation, Facture, FactureLigne
from portail_famille.models.foyers import Foyer, Personne
from portail_famille.services.campagnes import empreinte
from portail_famille.services.compteurs import prochain_rang
from tests.support.regies import REGIES
from tests.support.temps import MERCREDI_SOIR

NOVEMBRE = date(2026, 11, 1)
EMISE_LE = date(2026, 12, 1)
Ligne = tuple[int | None, int | None, date | None, int, str]
"""Child, unit, day, centimes, words of a free line."""
_NUMERO = re.compile(r"(\d{4})-([A-Z]+)-(\d{6})")


def creer_facture(
    session: Session,
    foyer_id: int,
    lignes: Sequence[Ligne] = (),
    *,
    regie: str = "enfance",
    mois: date = NOVEMBRE,
    numero: str | None = "2026-EE-000001",
    emise_le: date = EMISE_LE,
    echeance: date | None = None,
    avoir_de: int | None = None,
    contenu: Mapping[str, Any] | None = None,
    gardes: Sequence[int] = (),
    prix: int | None = None,
    **colonnes: Any,
) -> Facture:
    """An invoice of these lines (one of 42,00 € without any), an avoir when it has `avoir_de` (amounts are then
    negative). `numero` None leaves it a draft. `gardes`: of each line, what is care. `prix`: rank in
    `contenu` of the price of all of them. `colonnes`: any other column of Facture."""
    lignes = lignes or [(None, None, None, -4200 if avoir_de else 4200, "Repas")]
    total = sum(centimes for *_, centimes, _ in lignes)
    foyer = session.get_one(Foyer, foyer_id)
    payeur = session.get(Personne, foyer.payeur_id) if foyer.payeur_id else None
    la_regie = REGIES.get(regie) or Regie(regie, regie, regie[:2].upper())
    document = {
        "payeur": {
            "nom": f"{payeur.prenom} {payeur.nom}" if payeur else foyer.nom,
            "foyer": foyer.nom,
            "adresse": foyer.adresse or "",
            "code_postal": foyer.code_postal or "",
            "ville": foyer.ville or "",
        },
        "regie": {"code": la_regie.code, "nom": la_regie.nom, "signataire": la_regie.signataire},
        "enfants": {},
        "unites": {},
        "prix": [],
    }
    voulues: dict[str, Any] = {
        "foyer_id": foyer_id,
        "regie": regie,
        "genre": "avoir" if avoir_de else "facture",
        "mois": mois,
        "libelle": la_regie.titre(mois),
        "contenu": dict(contenu) if contenu is not None else document,
        "total_centimes": total,
        "reste_centimes": abs(total),
        "avoir_de": avoir_de,
        **colonnes,
    }
    reste = voulues.pop("reste_centimes")
    apres: dict[str, Any] = {
        nom: voulues.pop(nom) for nom in ("prelevement_le", "transmise_le", "annoncee_utc") if nom in voulues
    }
    facture = Facture(**voulues, reste_centimes=abs(total))
    session.add(facture)
    session.flush()
    session.execute(
        insert(FactureLigne),
        [
            {
                "facture_id": facture.id,
                "rang": rang,
                "enfant_id": enfant_id,
                "unite_id": unite_id,
                "jour": jour,
                "libelle": libelle,
                "prix": prix,
                "etat": "presente" if jour else "",
                "montant_centimes": centimes,
                "garde_centimes": gardes[rang - 1] if gardes else 0,
            }
            for rang, (enfant_id, unite_id, jour, centimes, libelle) in enumerate(lignes, 1)
        ],
    )
    if numero is not None:
        trouve = _NUMERO.fullmatch(numero)
        serie = {"annee": int(trouve[1]), "serie": trouve[2], "rang": int(trouve[3])} if trouve else {}
        apres |= serie | {
            "numero": numero,
            "emise_le": emise_le,
            "emise_utc": datetime.combine(emise_le, time(9), UTC),
            "echeance": None if avoir_de else echeance or emise_le + timedelta(days=20),
        }
    session.execute(update(Facture).where(Facture.id == facture.id).values(reste_centimes=reste, **apres))
    session.refresh(facture)
    return facture


def avancer_compteur(session: Session, combien: int = 1, serie: str = "EE", annee: int = 2026) -> None:
    """Numbers written by hand are taken: what is issued next comes after them."""
    prochain_rang(session, serie, annee, combien)


def creer_facturation(
    session: Session, reglages: ReglagesCommune, mois: date = NOVEMBRE, regie: str = "enfance"
) -> Facturation:
    """A run that says it is ready and fresh; its drafts are for the test to add (`numero=None`, `facturation_id`)."""
    facturation = Facturation(
        regie=regie,
        mois=mois,
        etat="prete",
        demandee_utc=MERCREDI_SOIR,
        preparee_utc=MERCREDI_SOIR,
        empreinte=empreinte(session, reglages, regie, mois),
    )
    session.add(facturation)
    session.flush()
    return facturation
