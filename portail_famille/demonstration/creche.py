"""The invoices that the software of a demonstration town's crèche sends in each month, with their PDFs."""

import csv
import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from portail_famille.config import ReglagesCommune
from portail_famille.demonstration.portraits import Ville
from portail_famille.demonstration.recits_factures import FactureImportee
from portail_famille.domain.fichier_factures import COLONNES, FactureDuFichier
from portail_famille.domain.libelles import ecrire_date
from portail_famille.domain.montants import ecrire_centimes
from portail_famille.gateways.pdf import imprimer
from portail_famille.services.documents import coffre_de_la_commune
from portail_famille.services.dossiers import jour_de
from portail_famille.services.examen import DocumentSain
from portail_famille.services.import_factures import importer_factures, lire_fichier, lire_tableau_de_factures
from portail_famille.services.pdf_importes import Depot

_PRELEVEE_DANS = timedelta(days=8)
_REDIT_APRES = timedelta(days=9)


@dataclass(frozen=True, slots=True)
class Lot:
    """The file of one month, read, and its PDFs in the coffre. `suite`: the same sent again once the debits came in, so
    many days later; empty while they are awaited."""

    regie: str
    contees: tuple[FactureImportee, ...]
    factures: list[FactureDuFichier]
    empreintes: Mapping[str, str]
    objets: Mapping[tuple[str, str], str]
    suite: list[FactureDuFichier]

    def importer(self, session: Session, reglages: ReglagesCommune, instant: datetime) -> None:
        importer_factures(session, self.factures, self.empreintes, self.objets, reglages, instant)

    def redire(self, session: Session, reglages: ReglagesCommune, instant: datetime) -> None:
        importer_factures(session, self.suite, self.empreintes, {}, reglages, instant)


def preparer_lot(
    reglages: ReglagesCommune,
    ville: Ville,
    regie: str,
    contees: tuple[FactureImportee, ...],
    mois: date,
    instant: datetime,
    prelevement_le: date | None,
) -> Lot:
    """Before the database is held: reads the file as the command does, draws and keeps the PDFs."""

    def lire(le: date, regle_le: date | None) -> list[FactureDuFichier]:
        texte = _fichier(ville, regie, contees, mois, jour_de(instant), prelevement_le, regle_le)
        return lire_fichier(lire_tableau_de_factures(texte.encode()), reglages, regie, le)

    factures = lire(jour_de(instant), None)
    suite = [] if prelevement_le else lire(jour_de(redit_le(instant)), jour_de(instant + _PRELEVEE_DANS))
    depot, empreintes = Depot(coffre_de_la_commune(reglages)), {}
    for facture in factures:
        octets = imprimer("papier", _papier(reglages, facture))
        empreintes[facture.pdf] = hashlib.sha256(octets).hexdigest()
        depot.garder(facture, DocumentSain(octets, facture.pdf, "application/pdf"))
    return Lot(regie, contees, factures, empreintes, depot.objets, suite)


def prochain_prelevement(maintenant: datetime) -> date:
    return jour_de(maintenant) + _PRELEVEE_DANS


def redit_le(instant: datetime) -> datetime:
    return instant + _REDIT_APRES


def _fichier(
    ville: Ville,
    regie: str,
    contees: tuple[FactureImportee, ...],
    mois: date,
    emise_le: date,
    prelevement_le: date | None,
    regle_le: date | None,
) -> str:
    """As docs/fichier-factures.md says."""
    payeurs = {foyer.nom: foyer.responsables[0] for foyer in ville.foyers}
    courriels = {adulte.cle: adulte.courriel for adulte in ville.adultes}
    references = {enfant.cle: enfant.reference for enfant in ville.enfants}
    sortie = io.StringIO()
    ecrivain = csv.DictWriter(sortie, COLONNES, delimiter=";", restval="")
    ecrivain.writeheader()
    for contee in contees:
        numero = f"LIB-{mois:%y%m}-{contee.dossier}"
        heures = contee.heures[mois.month % len(contee.heures)]
        accueil = heures * contee.taux
        lignes = [(contee.accueil, f"{heures} h", accueil, accueil), *((*autre, 0) for autre in contee.autres)]
        facture = {
            "regie": regie,
            "payeur_courriel": courriels[payeurs[contee.foyer]],
            "mois": f"{mois:%Y-%m}",
            "emise_le": emise_le.isoformat(),
            "total": _montant(sum(centimes for _, _, centimes, _ in lignes)),
            "prelevement_le": prelevement_le.isoformat() if contee.est_prelevee and prelevement_le else "",
            "pdf": f"{numero}.pdf",
        }
        if contee.est_prelevee and regle_le:
            facture |= {"regle": facture["total"], "regle_le": regle_le.isoformat(), "regle_moyen": "prelevement"}
        for libelle, quantite, centimes, garde in lignes:
            ligne = {
                "enfant": references[contee.enfant],
                "ligne": libelle,
                "quantite": quantite,
                "montant": _montant(centimes),
                "garde": _montant(garde) if garde else "",
            }
            ecrivain.writerow({"numero": numero, **facture, **ligne})
            facture = {}
    return sortie.getvalue()


def _montant(centimes: int) -> str:
    return f"{centimes // 100},{centimes % 100:02d}"


def _papier(reglages: ReglagesCommune, facture: FactureDuFichier) -> dict[str, object]:
    """What the other software prints: not one of our own invoices."""
    regie = reglages.regies[facture.regie]
    titre = f"Facture {facture.numero}"
    lignes = [[ligne.libelle, ligne.quantite, ecrire_centimes(ligne.montant_centimes)] for ligne in facture.lignes]
    tableau = {
        "entetes": ["Prestation", "Quantité", "Montant"],
        "lignes": lignes,
        "colonnes": [6, 2, 2],
        "droite": 1,
        "total": ["Total", ecrire_centimes(facture.total_centimes)],
    }
    phrase = "Document d’exemple, sans valeur\u00a0: il tient lieu de la facture que la crèche imprime elle-même."
    return {
        "titre": titre,
        "pied": titre,
        "couleur": "#6b4f1d",
        "emetteur": [regie.nom, reglages.nom],
        "faits": [["Émise le", ecrire_date(facture.emise_le)], ["Mois", f"{facture.mois:%m/%Y}"]],
        "parties": [
            {"titre": "Accueil", "phrases": [], "liste": [], "tableau": tableau},
            {"titre": "", "phrases": [phrase], "liste": [], "tableau": None},
        ],
        "signature": [regie.signataire],
    }
