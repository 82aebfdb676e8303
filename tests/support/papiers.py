"""An invoice as its paper is given it, of any length, without a database."""

from datetime import date, timedelta
from typing import Any

from portail_famille.domain.circonstances import Etat
from portail_famille.domain.factures import PrixFacture
from portail_famille.models.factures import Facture, FactureLigne
from portail_famille.services.papiers_factures import FactureImprimable, instantane_de_la_regie
from tests.support.regies import REGIES
from tests.support.reglages import reglages_de_la_commune

ENFANTS = {"1": "Léa", "2": "Noé", "3": "Mia"}
UNITES = {"1": {"nom": "Cantine"}, "2": {"nom": "Accueil du matin"}, "3": {"nom": "Mercredi, journée avec repas"}}
LUNDI = date(2026, 11, 2)


def _prix(unite: int, centimes: int) -> dict[str, Any]:
    return PrixFacture(
        enfant=1, unite=unite, etat="presente", centimes=centimes, base_centimes=centimes, garde_centimes=0,
        qf_centimes=84200, resident=True, rang=1, charges=2, ressources_centimes=None, pai=False, oublis=0, catalogue=1,
        tarif="repas", tarif_du="2026-09-01",
        explication=(
            "Tarif «\u00a0Repas\u00a0», en vigueur depuis le 1er septembre 2026.",
            "Quotient familial de 842, tranche «\u00a0de 701 à 900\u00a0».",
            f"Prix fixe\u00a0: {centimes / 100:.2f}\u00a0€.".replace(".", ",", 1),
        ),
    ).en_document()  # fmt: skip


def facture_imprimable(
    lignes: int = 30, enfants: int = 2, credits: tuple[tuple[str, int], ...] = (), **colonnes: Any
) -> FactureImprimable:
    """`lignes` slots, the children in turn; of an avoir, negative. `colonnes`: of the invoice."""
    signe = -1 if colonnes.get("genre") == "avoir" else 1
    rangs = []
    for n in range(lignes):
        unite = 1 + n // enfants % 3
        etat = Etat.HORS_DELAI if n == 7 else Etat.PRESENTE
        rangs.append(
            FactureLigne(
                rang=n + 1,
                enfant_id=1 + n % enfants,
                unite_id=unite,
                jour=LUNDI + timedelta(days=n // (enfants * 3)),
                etat=etat.value,
                libelle="",
                quantite="",
                montant_centimes=signe * (342, 126, 1240)[unite - 1],
                prix=unite - 1,
            )
        )
    reglages = reglages_de_la_commune(regies=REGIES)
    contenu: dict[str, Any] = {
        "payeur": {
            "nom": "Camille Morel",
            "foyer": "Morel – Le Gall",
            "adresse": "12 rue des Lilas\nBâtiment B, 2e étage",
            "code_postal": "99999",
            "ville": "Saint-Rivage",
        },
        "regie": instantane_de_la_regie(reglages, "enfance"),
        "enfants": {cle: ENFANTS[cle] for cle in list(ENFANTS)[:enfants]},
        "unites": UNITES,
        "prix": [_prix(1, 342), _prix(2, 126), _prix(3, 1240)],
    }
    facture = Facture(
        **{
            "id": 127,
            "foyer_id": 1,
            "regie": "enfance",
            "genre": "facture",
            "mois": date(2026, 11, 1),
            "libelle": "Facture enfance, novembre 2026",
            "contenu": contenu,
            "total_centimes": sum(rang.montant_centimes for rang in rangs),
            "numero": "2026-EE-000127",
            "emise_le": date(2026, 12, 1),
            "echeance": date(2026, 12, 20),
            "motif": "",
            **colonnes,
        }
    )
    origine = None
    if facture.genre == "avoir":
        origine = Facture(numero="2026-EE-000099", emise_le=date(2026, 11, 2))
    prenoms = {int(cle): prenom for cle, prenom in contenu["enfants"].items()}
    return FactureImprimable(facture, tuple(rangs), contenu["regie"], origine, credits, prenoms)
