"""Attestations printed at the desk: every child of the foyer, and a line in the journal."""

from datetime import date

from sqlalchemy import select

from portail_famille.models.journal import ActeJournal
from tests.support.ecran import phrases
from tests.support.pdf import texte_du_pdf
from tests.views.agent.conftest import Bureau


def test_the_desk_prints_what_the_family_could(bureau: Bureau) -> None:
    foyer, lea = bureau.village.foyers["morel"], bureau.village.enfants["lea"]
    bureau.village.reserver("lea", "repas", date(2026, 11, 9), etat="presente")
    racine = f"/agent/reglements/foyers/{foyer}/attestations"
    client = bureau.entrer("Odile")
    assert f'href="/saint-rivage{racine}"' in client.get(f"/agent/reglements/foyers/{foyer}").text
    page = client.get(racine)
    assert "Attestations du foyer Morel – Le Gall" in phrases(page)
    presence = client.get(f"{racine}/presence.pdf?enfant={lea}&du=2026-11-01&au=2026-11-30")
    assert "9 novembre" in texte_du_pdf(presence.data)
    releve = client.get(f"{racine}/releve.pdf?du=2026-01-01&au=2026-12-31")
    assert "Relevé de compte" in texte_du_pdf(releve.data)
    refus = client.get(f"{racine}/presence.pdf?enfant={bureau.village.enfants['yanis']}&du=2026-11-01&au=x")
    assert refus.status_code == 422
    assert "Choisissez un enfant." in phrases(refus)
    with bureau.bd.session_lecture() as session:
        lus = session.scalars(select(ActeJournal.foyer_id).where(ActeJournal.action == "foyer_vu")).all()
    assert lus == [foyer]
