"""The régie's books on screen: what was left on a date; means of payment that its act does not name."""

from dataclasses import replace
from datetime import date

import pytest

from tests.support.ecran import phrases
from tests.support.formulaires import lire_formulaire
from tests.support.regies import ENFANCE, VACANCES
from tests.views.agent.conftest import Bureau
from tests.views.agent.test_reglements import creer, encaisser, reglements, saisie


def test_what_was_left_on_a_date_is_read_and_leaves_as_a_spreadsheet(bureau: Bureau) -> None:
    creer(bureau, emise_le=date(2026, 11, 1), echeance=date(2026, 11, 20))
    creer(bureau, "haddad", "2026-EE-000002", emise_le=date(2026, 11, 1), transmise_le=date(2026, 11, 30))
    bureau.entrer("Régine")
    encaisser(bureau, montant="42,00")
    fin = bureau.client.get("/agent/reglements/restes?regie=enfance&au=2026-11-30")
    assert "1\u00a0facture à recouvrer par la régie\u00a0: 42,00\u00a0€" in phrases(fin)
    assert "1\u00a0facture transmise au comptable public\u00a0: 42,00\u00a0€" in phrases(fin)
    assert "2026-EE-000001" in phrases(fin)
    assert "2026-EE-000001" not in phrases(bureau.client.get("/agent/reglements/restes?regie=enfance&au=2026-12-02"))
    assert bureau.client.get("/agent/reglements/restes?au=9999-12-31").status_code == 200
    formulaire = lire_formulaire(fin.text, "/agent/exports")
    formulaire.champs["format"] = ["csv"]
    assert len(formulaire.envoyer(bureau.client).data.splitlines()) == 3
    bureau.entrer("Rémi")
    for adresse in ("restes", "journal-du-mois"):
        assert bureau.client.get(f"/agent/reglements/{adresse}").status_code == 404


def test_a_means_that_the_regie_may_not_take_is_not_offered_and_refused_when_forged(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    regies = {"enfance": replace(ENFANCE, moyens=("carte", "especes")), "vacances": VACANCES}
    monkeypatch.setattr("portail_famille.views.agent.regie.regies", lambda: regies)
    creer(bureau)
    bureau.entrer("Régine")
    refus = saisie(bureau, montant="10,00").envoyer(bureau.client)
    assert (refus.status_code, reglements(bureau)) == (422, [])
    assert "n’encaisse pas ce moyen de paiement" in phrases(refus)
    assert saisie(bureau, montant="10,00", moyen="especes").envoyer(bureau.client).status_code == 200
    monkeypatch.setattr("portail_famille.views.agent.regie.regies", lambda: {"enfance": regies["enfance"]})
    page = bureau.client.get(f"/agent/reglements/foyers/{bureau.village.foyers['morel']}/saisir").text
    assert 'value="especes"' in page
    assert 'value="cheque"' not in page
