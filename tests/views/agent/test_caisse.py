"""The régie's books on screen: what was left on a date, means that its act does not name, what goes on paper."""

import io
import re
import zipfile
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from portail_famille.models.factures import AdhesionFacture
from portail_famille.models.journal import ActeJournal
from tests.support.ecran import phrases
from tests.support.factures import NOVEMBRE
from tests.support.formulaires import lire_formulaire
from tests.support.pdf import texte_du_pdf
from tests.support.regies import ENFANCE, VACANCES
from tests.support.temps import MERCREDI_SOIR
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


def test_a_payment_without_a_reference_has_no_empty_line_of_its_own_on_a_phone(bureau: Bureau) -> None:
    """A list there, each cell under its label: an empty one has none, and stays in the wide table."""
    creer(bureau)
    bureau.entrer("Régine")
    encaisser(bureau, montant="10,00")
    encaisser(bureau, montant="11,00", reference="CHQ-7")
    page = bureau.client.get("/agent/reglements/journal?regie=enfance&jour=2026-12-02").text
    sans, avec = re.findall(r'<tr role="row"><th role="rowheader" scope="row">R2026.*?</tr>', page)
    assert ("Référence" in sans, "Référence" in avec) == (False, True)
    assert '<td role="cell"></td>' in sans
    assert sans.count("<td") == avec.count("<td") == 5


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


def test_paper_goes_to_who_has_not_chosen_the_invoice_online(bureau: Bureau) -> None:
    creer(bureau)
    creer(bureau, "haddad", "2026-EE-000002")
    with bureau.bd.session_ecriture() as session:
        session.add(AdhesionFacture(foyer_id=bureau.village.foyers["morel"], a_utc=MERCREDI_SOIR))
    bureau.entrer("Régine")
    tout = bureau.client.get(f"/agent/reglements/papier.zip?regie=enfance&mois={NOVEMBRE:%Y-%m}")
    assert tout.mimetype == "application/zip"
    with zipfile.ZipFile(io.BytesIO(tout.data)) as archive:
        noms = archive.namelist()
        assert all(archive.read(nom).startswith(b"%PDF") for nom in noms)
    assert [nom[:3] for nom in noms] == [f"{rang:02d}-" for rang in range(1, len(noms) + 1)]
    assert noms
    liasse = bureau.client.get(f"/agent/reglements/papier.pdf?regie=enfance&mois={NOVEMBRE:%Y-%m}")
    assert (liasse.mimetype, liasse.headers["Cache-Control"]) == ("application/pdf", "private, no-store")
    assert re.findall(r"2026-EE-\d{6}", texte_du_pdf(liasse.data))[0] == "2026-EE-000002"
    assert "2026-EE-000001" not in texte_du_pdf(liasse.data)
    with bureau.bd.session_lecture() as session:
        actes = session.scalars(select(ActeJournal).where(ActeJournal.action == "papiers_telecharges")).all()
    assert [acte.details["motif"] for acte in actes] == ["2026-EE-000002 à 2026-EE-000002, 1 en tout"] * 2
    for genre in ("zip", "pdf"):
        assert bureau.client.get(f"/agent/reglements/papier.{genre}?regie=vacances").status_code == 404
    page = phrases(bureau.client.get(f"/agent/reglements/papier?regie=enfance&mois={NOVEMBRE:%Y-%m}"))
    assert "Karim Haddad" in page
    assert "Camille Morel" not in page
    assert "Rien à imprimer" in phrases(bureau.client.get("/agent/reglements/papier?regie=vacances"))


def test_papers_that_cannot_be_one_file_are_offered_one_by_one(bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    creer(bureau)
    monkeypatch.setattr("portail_famille.gateways.liasses.TAILLE_MAXIMALE", 10)
    bureau.entrer("Régine")
    renvoi = bureau.client.get(f"/agent/reglements/papier.pdf?regie=enfance&mois={NOVEMBRE:%Y-%m}")
    page = bureau.client.get(renvoi.location.removeprefix("/saint-rivage"))
    assert "Prenez plutôt un fichier par document" in phrases(page)
    assert f'papier.zip?regie=enfance&amp;mois={NOVEMBRE:%Y-%m}"' in page.text
