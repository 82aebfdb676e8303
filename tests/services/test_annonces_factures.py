"""« Une facture est disponible »: told once, to whoever may open the space, without a word about a child."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from portail_famille.config import ReglagesCommune
from portail_famille.models.comptes import Compte
from portail_famille.models.courriels import Courriel
from portail_famille.models.factures import Facture
from portail_famille.services import annonces_factures
from portail_famille.services.annonces_factures import a_annoncer, annoncer
from tests.support.factures import creer_facture
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import Village


def tout_annoncer(village: Village, reglages: ReglagesCommune) -> list[Courriel]:
    """The rounds of the worker; every mail there is."""
    while True:
        with village.bd.session_ecriture() as session:
            if not annoncer(session, reglages, MERCREDI_SOIR):
                break
    with village.bd.session_lecture() as session:
        assert not a_annoncer(session)
        return list(session.scalars(select(Courriel).order_by(Courriel.id)))


def test_every_adult_of_the_foyer_with_a_compte_is_told_once(village: Village, reglages: ReglagesCommune) -> None:
    """Camille and Thomas are of the foyer; a draft is told to nobody."""
    with village.bd.session_ecriture() as session:
        lea, repas = village.enfants["lea"], village.unite("repas")
        facture = creer_facture(
            session, village.foyers["morel"], [(lea, repas, date(2026, 11, 3), 4200, "")], echeance=date(2026, 12, 20)
        )
        creer_facture(session, village.foyers["ferrand"], numero=None)
        numero = facture.id
    with village.bd.session_lecture() as session:
        assert a_annoncer(session)
    mails = tout_annoncer(village, reglages)
    assert [m.destinataire.partition("@")[0] for m in mails] == ["camille", "thomas"]
    assert {m.objet for m in mails} == {"Une facture est disponible"}
    for corps in (mails[0].corps_texte, mails[0].corps_html):
        assert "2026-EE-000001" in corps
        assert "42,00\u00a0€" in corps
        assert "Facture enfance, novembre 2026" in corps
        assert "20 décembre 2026" in corps
        assert f"http://localhost/saint-rivage/factures/{numero}" in corps
        assert "Léa" not in corps
        assert "Reste à régler" not in corps
    assert len(tout_annoncer(village, reglages)) == 2


def test_another_software_s_words_stay_out_of_the_mail(village: Village, reglages: ReglagesCommune) -> None:
    with village.bd.session_ecriture() as session:
        creer_facture(session, village.foyers["ferrand"], libelle="Crèche de Zoé", origine="importee")
    (mail,) = tout_annoncer(village, reglages)
    assert ("Zoé" in mail.corps_texte + mail.corps_html, "Novembre 2026" in mail.corps_texte) == (False, True)


def test_invoices_of_a_family_make_one_mail_and_its_avoirs_another(village: Village, reglages: ReglagesCommune) -> None:
    """One is paid by a credit already, one will be debited, one is partly covered: each says what is left to do."""
    with village.bd.session_ecriture() as session:
        foyer = village.foyers["ferrand"]
        une = creer_facture(session, foyer, reste_centimes=0)
        creer_facture(session, foyer, numero="2026-EE-000002", prelevement_le=date(2026, 12, 15), reste_centimes=1000)
        creer_facture(session, foyer, numero="2026-EE-000003", avoir_de=une.id)
    mails = tout_annoncer(village, reglages)
    assert [(m.destinataire.partition("@")[0], m.objet) for m in mails] == [
        ("julien", "2 factures sont disponibles"),
        ("julien", "Un avoir est disponible"),
    ]
    for corps in (mails[0].corps_texte, mails[0].corps_html):
        assert "Rien à régler" in corps
        assert "10,00\u00a0€" in corps
        assert "15 décembre 2026" in corps
        assert "À régler avant" not in corps
        assert "2026-EE-000003" not in corps
    assert "2026-EE-000003" in mails[1].corps_texte
    assert "-42" not in mails[1].corps_texte


def test_a_debit_that_has_failed_before_its_invoice_came_in_is_not_promised(
    village: Village, reglages: ReglagesCommune
) -> None:
    with village.bd.session_ecriture() as session:
        creer_facture(
            session, village.foyers["ferrand"], prelevement_le=date(2026, 10, 15), echeance=date(2026, 12, 20)
        )
    (mail,) = tout_annoncer(village, reglages)
    for corps in (mail.corps_texte, mail.corps_html):
        assert "À régler avant" in corps
        assert "octobre" not in corps


def test_a_family_that_nobody_can_be_written_to_is_not_tried_again(village: Village, reglages: ReglagesCommune) -> None:
    with village.bd.session_ecriture() as session:
        facture = creer_facture(session, village.foyers["haddad"])
        session.get_one(Compte, village.comptes["karim"]).active_utc = None
        numero = facture.id
    assert tout_annoncer(village, reglages) == []
    with village.bd.session_lecture() as session:
        assert session.get_one(Facture, numero).annoncee_utc == MERCREDI_SOIR


def test_killed_before_the_commit_nothing_is_told_nor_marked(
    village: Village, reglages: ReglagesCommune, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Batches of one foyer: what was committed stays told, the rest comes at the next round."""
    with village.bd.session_ecriture() as session:
        for rang, foyer in enumerate(("morel", "ferrand", "haddad"), 1):
            creer_facture(session, village.foyers[foyer], numero=f"2026-EE-{rang:06d}")
    monkeypatch.setattr(annonces_factures, "_PAR_FOIS", 1)
    with village.bd.session_ecriture() as session:
        assert annoncer(session, reglages, MERCREDI_SOIR) == 1
    with village.bd.ouvrir_ecriture() as session:
        assert annoncer(session, reglages, MERCREDI_SOIR + timedelta(seconds=1)) == 1
        session.rollback()
    mails = tout_annoncer(village, reglages)
    assert sorted(m.destinataire.partition("@")[0] for m in mails) == ["camille", "julien", "karim", "thomas"]
