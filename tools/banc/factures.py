"""Sixty months of invoices of one family, written as runs write them: drafts, their lines, then their numbers."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from portail_famille.config import charger_reglages
from portail_famille.domain.facturation import mois_precedent
from portail_famille.domain.factures import PrixFacture, ecrire_numero
from portail_famille.domain.horloge import PARIS
from portail_famille.models.activites import Unite
from portail_famille.models.bd import BD
from portail_famille.models.factures import Facture, FactureLigne
from portail_famille.models.foyers import Enfant, Foyer, Rattachement
from portail_famille.services.journal import SYSTEME
from portail_famille.services.reglements import encaisser

FACTURES, LIGNES = 60, 30
REGIE, _SERIE = "enfance", "EE"
_UNITES = {"cantine": 342, "soir": 215}
_TABLE = f"""
[regies.{REGIE}]
nom = "Enfance et éducation"
serie = "{_SERIE}"
numero_client = "900001"
saisie = "W"
signataire = "Le régisseur de Saint-Rivage"
"""


def ajouter_regie(commune: Path) -> None:
    """One régie for all activities. Once the families are there: the demonstration would invoice them too."""
    with (commune / "commune.toml").open("a", encoding="utf-8") as fichier:
        fichier.write(_TABLE)


def facturer_la_famille(commune: Path, enfant_id: int, maintenant: datetime) -> int:
    """The foyer of this child gets its invoices, all paid but the latest, paid by half: its id."""
    reglages = charger_reglages(commune)
    bd = BD(reglages.base_de_donnees, connexions=1)
    aujourdhui = maintenant.astimezone(PARIS).date()
    mois = [aujourdhui.replace(day=1)]
    while len(mois) <= FACTURES:
        mois.insert(0, mois_precedent(mois[0]))
    with bd.session_ecriture() as session:
        enfant = session.get_one(Enfant, enfant_id)
        foyers = select(Rattachement.foyer_id).where(Rattachement.enfant_id == enfant_id)
        foyer = session.get_one(Foyer, session.scalars(foyers.order_by(Rattachement.foyer_id).limit(1)).one())
        unites = dict(session.execute(select(Unite.id, Unite.code).where(Unite.code.in_(_UNITES))).tuples().all())
        contenu = _contenu(foyer, enfant, unites)
        for rang, un_mois in enumerate(mois[:-1], 1):
            facture = _emettre(session, foyer, enfant, unites, contenu, un_mois, rang)
        encaisser(
            session,
            foyer_id=foyer.id,
            regie=REGIE,
            moyen="cheque",
            montant_centimes=facture.total_centimes * FACTURES - facture.total_centimes // 2,
            recu_le=aujourdhui,
            auteur=SYSTEME,
            maintenant=maintenant,
        )
    bd.fermer()
    return facture.id


def _emettre(
    session: Session,
    foyer: Foyer,
    enfant: Enfant,
    unites: dict[int, str],
    contenu: dict[str, Any],
    mois: date,
    rang: int,
) -> Facture:
    lignes = [
        {
            "rang": n + 1,
            "enfant_id": enfant.id,
            "unite_id": unite_id,
            "jour": mois + timedelta(days=n // len(unites)),
            "etat": "presente",
            "montant_centimes": _UNITES[code],
            "prix": n % len(unites),
        }
        for n, (unite_id, code) in ((n, list(unites.items())[n % len(unites)]) for n in range(LIGNES))
    ]
    total = LIGNES // len(unites) * sum(_UNITES.values())
    facture = Facture(
        foyer_id=foyer.id,
        regie=REGIE,
        mois=mois,
        libelle=f"Facture {mois:%m/%Y}",
        contenu=contenu,
        total_centimes=total,
        reste_centimes=total,
    )
    session.add(facture)
    session.flush()
    session.execute(insert(FactureLigne), [{**ligne, "facture_id": facture.id} for ligne in lignes])
    emise_le = (mois + timedelta(days=31)).replace(day=1)
    session.execute(
        update(Facture)
        .where(Facture.id == facture.id)
        .values(
            serie=_SERIE,
            annee=emise_le.year,
            rang=rang,
            numero=ecrire_numero(emise_le.year, _SERIE, rang),
            emise_utc=datetime.combine(emise_le, time(0), UTC),
            emise_le=emise_le,
            echeance=emise_le + timedelta(days=20),
        )
    )
    return facture


def _contenu(foyer: Foyer, enfant: Enfant, unites: dict[int, str]) -> dict[str, Any]:
    return {
        "payeur": {
            "personne_id": foyer.payeur_id,
            "nom": foyer.nom,
            "foyer": foyer.nom,
            "adresse": foyer.adresse,
            "code_postal": foyer.code_postal,
            "ville": foyer.ville,
        },
        "regie": {"code": REGIE, "nom": "Enfance et éducation", "numero_client": "900001"},
        "enfants": {str(enfant.id): enfant.prenom},
        "unites": {str(unite_id): {"code": code, "nom": code.title()} for unite_id, code in unites.items()},
        "prix": [_prix(enfant.id, unite_id, _UNITES[code]) for unite_id, code in unites.items()],
    }


def _prix(enfant_id: int, unite_id: int, centimes: int) -> dict[str, Any]:
    return PrixFacture(
        enfant=enfant_id, unite=unite_id, etat="presente", centimes=centimes, base_centimes=centimes,
        garde_centimes=0, qf_centimes=84_200, resident=True, rang=1, charges=2, ressources_centimes=None, pai=False,
        oublis=0, catalogue=1, tarif="repas", tarif_du=None,
        explication=("Tarif «\u00a0Repas\u00a0».", "Quotient familial de 842.", f"Prix fixe\u00a0: {centimes} c."),
    ).en_document()  # fmt: skip
