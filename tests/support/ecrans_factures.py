"""Screens of the invoices with invented view-models, for tests/support/ecrans."""

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

from portail_famille.domain.moyens import MOYENS
from portail_famille.presentation.argent_factures import Argent, AvoirVu, VersementVu
from portail_famille.presentation.factures import GroupeEnfant, LigneGroupee, RangeeFacture, Reglage
from portail_famille.presentation.pourquoi import Pourquoi
from portail_famille.presentation.vues import Avis, Pastille
from portail_famille.services.adhesions import AdhesionLue
from portail_famille.services.emplois_factures import Emploi
from portail_famille.services.mes_factures import Filtre

EMIS = datetime(2026, 12, 2, 18, 42, tzinfo=UTC)
EMISE, ECHEANCE, AUJOURDHUI = date(2026, 12, 1), date(2026, 12, 20), date(2026, 12, 2)


def pages(t: str) -> dict[str, tuple[str, dict[str, Any]]]:
    """Template and data by name; `t` in every text that a family, an agent or another software wrote."""
    return {
        "factures": ("factures/liste.html", _liste(t)),
        "factures, aucune": (
            "factures/liste.html",
            _liste(t) | {"rangees": [], "a_des_factures": False, "nombre": 0, "dues": [], "suite": ""},
        ),
        "facture à régler": ("factures/facture.html", _facture(t)),
        "facture en retard": (
            "factures/facture.html",
            _facture(t) | {"est_en_retard": True, "reglage": Reglage(False, (f"Réglez-la à la régie{t}.",), 7)},
        ),
        "avoir": ("factures/facture.html", _facture(t, est_avoir=True)),
        "adhésion": ("factures/adhesion.html", _adhesion(t)),
    }


def _liste(t: str) -> dict[str, Any]:
    return {
        "rangees": [RangeeFacture(1, "Novembre 2026", f"Facture{t}", 4200, "à régler", "erreur", "à régler demain")],
        "suite": "/ville/suite", "est_suite": False, "filtre": Filtre("a_regler"), "est_filtree": True,
        "a_des_factures": True, "groupes": (("", "Toutes"), ("a_regler", "À régler")),
        "regies": (("", "Toutes"), ("enfance", f"Enfance{t}"), ("creche", "Crèche")),
        "annees": (("", "Toutes"), (2026, "2026"), (2025, "2025")), "phrase": "Vous avez 1\u00a0facture non réglée.",
        "dues": [("enfance", f"Enfance{t}", 1, 4200), ("creche", "Crèche", 1, 100)], "nombre": 2, "centimes": 4300,
        "est_adherent": True, "onglet": "factures", "factures_dues": 2, "voir": "/ville/factures?etat=a_regler",
        "avances": (f"Vous avez 20,00\u00a0€ d’avance{t}.",),
    }  # fmt: skip


def _facture(t: str, *, est_avoir: bool = False) -> dict[str, Any]:
    une = SimpleNamespace(
        id=1, numero=f"2026-EE-1{t}", libelle=f"Facture{t}", motif=f"Certificat{t}", emise_le=EMISE, mois=EMISE,
        echeance=None if est_avoir else ECHEANCE, total_centimes=-342 if est_avoir else 4200, reste_centimes=342,
    )  # fmt: skip
    vue = SimpleNamespace(
        facture=une, etat=None if est_avoir else "partielle", voit_tout=True, payeur=f"Camille{t}", avoirs=(une,),
        origine=une if est_avoir else None,
        emplois=(
            Emploi(200, EMISE, "cheque", 3, 0, f"R2026{t}"),
            Emploi(300, EMISE, "", None, 4, f"2026-EE-2{t}"),
            Emploi(100, EMISE, "remboursement", 5, 0, f"R2027{t}"),
        ),
    )  # fmt: skip
    pourquoi = Pourquoi(f"Cantine{t}", 342, (f"Votre quotient{t}.", "Le prix."), f"Règle{t}.", est_sans_quotient=True)
    lignes = (LigneGroupee(f"Cantine{t}", f"hors délai{t}", f"9 et 10{t}", f"2 × 3,42{t}", 684, f"de nouveau{t}"),)
    groupes = (
        GroupeEnfant(Pastille("L", f"Léa{t}", 1), lignes, (pourquoi,), est_detaille=True),
        GroupeEnfant(Pastille("N", f"Noé{t}", 2), lignes, (pourquoi, pourquoi), est_detaille=False),
        GroupeEnfant(None, lignes, (), est_detaille=True),
    )
    return {
        "vue": vue, "facture": une, "titre": "Novembre 2026", "badge": "à régler", "badge_genre": "erreur",
        "est_avoir": est_avoir, "aujourdhui": AUJOURDHUI, "est_en_retard": False, "echeance": "à régler demain",
        "reglage": Reglage(not est_avoir), "groupes": groupes, "regie": f"Enfance{t}", "moyens": MOYENS,
        "peut_reclamer": True, "onglet": "factures", "factures_dues": 1, "telle_qu_emise": f"Telle qu’émise{t}.",
        "argent": Argent(
            (AvoirVu(4, f"2026-EE-2{t}", EMISE, f"Certificat{t}", (f"a réduit{t}",), -300),),
            (
                VersementVu(f"Chèque{t}", (f"le 1er{t}",), 200, 3, f"R2026{t}"),
                VersementVu(f"Prélèvement{t}", (f"annulé{t}",), 100, None, "", est_annule=True),
            ),
            (("Total de la facture", 4200), ("Avoirs", -300), ("Reste à régler", 342)),
        ),
    }  # fmt: skip


def _adhesion(t: str) -> dict[str, Any]:
    passee = AdhesionLue(EMIS, f"Camille{t}", EMIS, f"Thomas{t}")
    return {
        "historique": [AdhesionLue(EMIS, f"Camille{t}", None, ""), passee], "est_adherent": True,
        "avis": Avis("succes", "C’est fait"), "onglet": "factures", "factures_dues": 0,
    }  # fmt: skip
