"""A réclamation at the desk leads to the invoice it is about."""

from typing import Any

from portail_famille.domain.demarches import Cote
from portail_famille.services.demarches import deposer
from portail_famille.services.journal import Auteur
from tests.support.factures import creer_facture
from tests.support.temps import MERCREDI_SOIR
from tests.views.agent.conftest import Bureau


def reclamer(bureau: Bureau, **contenu: Any) -> str:
    with bureau.bd.session_ecriture() as session:
        auteur = Auteur(Cote.FAMILLE, bureau.village.comptes["camille"])
        foyer_id = bureau.village.foyers["morel"]
        return deposer(
            session, genre="reclamation", auteur=auteur, maintenant=MERCREDI_SOIR,
            contenu={"reference": "2026-EE-000001", "texte": "Trop cher", **contenu}, foyer_id=foyer_id,
        ).numero  # fmt: skip


def test_a_chosen_invoice_is_one_press_away_one_named_by_hand_is_read(bureau: Bureau) -> None:
    with bureau.bd.session_ecriture() as session:
        facture = creer_facture(session, bureau.village.foyers["morel"]).id
    choisie, nommee = reclamer(bureau, facture=str(facture)), reclamer(bureau, facture="autre")
    rose = bureau.entrer("Rose")
    lien = f"/saint-rivage/agent/factures/{facture}"
    page = rose.get(f"/agent/demarches/{choisie}")
    assert f'<a class="b" href="{lien}">Ouvrir la facture</a>' in page.text
    assert rose.get(lien.removeprefix("/saint-rivage")).status_code == 200
    page = rose.get(f"/agent/demarches/{nommee}")
    assert "2026-EE-000001" in page.text
    assert "Ouvrir la facture" not in page.text
