"""Runs of the village's régies, as the command and the desk make them."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import select

from portail_famille.config import FICHIER, ReglagesCommune
from portail_famille.domain.horloge import PARIS
from portail_famille.models.bd import BD
from portail_famille.models.factures import Facturation, Facture, FactureLigne
from portail_famille.services.emissions import Emission, emettre
from portail_famille.services.facturation import demander, preparer
from portail_famille.services.journal import SYSTEME
from tests.support.temps import MERCREDI_SOIR

NOVEMBRE, DECEMBRE = date(2026, 11, 1), date(2026, 12, 1)
_COMMUNE = """
nom = "Essai-sur-Mer"
courriel = "mairie@essai.example"
telephone = "01 99 00 00 00"
url_publique = "https://famille.essai.example/essai"
zone = "C"
cle_secrete = "une-cle-d-essai-qui-ne-protege-rien"
base_de_donnees = "{base}"
[regies.enfance]
nom = "Enfance et éducation"
serie = "EE"
activites = ["cantine", "periscolaire", "atelier", "mercredi"]
numero_client = "900001"
saisie = "T"
libelle = "Facture enfance, {{mois}}"
signataire = "Le régisseur des activités de l’enfance"
"""
Ligne = tuple[int | None, int | None, date | None, str, int]


def ecrire_commune(instance: Path, bd: BD) -> Path:
    """The folder of a commune on this database, for a program of its own; its slug is « essai »."""
    dossier = instance / "essai"
    dossier.mkdir(parents=True, exist_ok=True)
    base = bd.url.render_as_string(hide_password=False)
    (dossier / FICHIER).write_text(_COMMUNE.format(base=base), encoding="utf-8")
    return dossier


def preparer_mois(
    bd: BD,
    reglages: ReglagesCommune,
    mois: date = DECEMBRE,
    maintenant: datetime = MERCREDI_SOIR,
    *,
    regie: str = "enfance",
    continuer: Callable[[], bool] = lambda: True,
) -> Facturation:
    """Asked for, then prepared at once."""
    with bd.session_ecriture() as session:
        facturation_id = demander(session, reglages, regie, mois, SYSTEME, maintenant).id
    preparer(bd, reglages, facturation_id, lambda: maintenant, continuer)
    with bd.session_lecture() as session:
        return session.get_one(Facturation, facturation_id)


def emettre_mois(
    bd: BD,
    reglages: ReglagesCommune,
    mois: date = DECEMBRE,
    maintenant: datetime = MERCREDI_SOIR,
    *,
    regie: str = "enfance",
) -> Emission:
    """Prepared, then issued that day."""
    facturation = preparer_mois(bd, reglages, mois, maintenant, regie=regie)
    with bd.session_ecriture() as session:
        jour = maintenant.astimezone(PARIS).date()
        return emettre(session, reglages, facturation.id, jour, SYSTEME, maintenant)


def factures_de(bd: BD, facturation: Facturation | None = None) -> list[tuple[Facture, list[Ligne]]]:
    """Of a run, or all; each with its lines: child, unit, day, state, centimes."""
    with bd.session_lecture() as session:
        requete = select(Facture).order_by(Facture.id)
        if facturation is not None:
            requete = requete.where(Facture.facturation_id == facturation.id)
        return [
            (
                facture,
                [
                    (ligne.enfant_id, ligne.unite_id, ligne.jour, ligne.etat, ligne.montant_centimes)
                    for ligne in session.scalars(
                        select(FactureLigne).where(FactureLigne.facture_id == facture.id).order_by(FactureLigne.rang)
                    )
                ],
            )
            for facture in session.scalars(requete)
        ]
