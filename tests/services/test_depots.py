"""« Envoyer »: receipt, due date and mail in the transaction that files; the rules decide at once where they may."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portail_famille.config import ReglagesCommune
from portail_famille.domain.demarches import Cote
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.genres import GENRES, Decision
from portail_famille.models.courriels import Courriel
from portail_famille.models.demarches import Demarche, DemarcheEtape
from portail_famille.services import demarches
from portail_famille.services.comptes import Acteur
from portail_famille.services.depots import deposer_et_accuser
from portail_famille.services.genres import APPLICATIONS, AUTOMATISMES
from portail_famille.services.journal import Auteur
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import Village

LIEN = "http://localhost/saint-rivage/demarches"


def deposer(session: Session, village: Village, reglages: ReglagesCommune, courriel: str | None = "c@c.example") -> str:
    camille, foyer = village.comptes["camille"], village.foyers["morel"]
    acteur = Acteur(camille, village.personnes["camille"], "Camille", "Morel", courriel, foyer, ())

    def filer() -> Demarche:
        return demarches.deposer(
            session,
            genre="reclamation",
            auteur=Auteur(Cote.FAMILLE, camille),
            maintenant=MERCREDI_SOIR,
            contenu={"reference": "F-1", "montant": 1234, "texte": "Noé était malade"},
            foyer_id=foyer,
        )

    return deposer_et_accuser(session, filer, acteur, reglages, MERCREDI_SOIR, LIEN).numero


def test_a_request_is_filed_with_its_receipt_its_due_date_and_a_mail_without_anything_private(
    village: Village, reglages: ReglagesCommune
) -> None:
    with village.bd.session_ecriture() as session:
        numero = deposer(session, village, reglages)
    with village.bd.session_lecture() as session:
        demarche = session.scalars(select(Demarche)).one()
        courriel = session.scalars(select(Courriel)).one()
    assert (demarche.etat, demarche.echeance) == ("deposee", date(2027, 2, 2))
    assert demarche.accuse is not None
    assert demarche.accuse["numero"] == numero
    for corps in (courriel.corps_texte, courriel.corps_html):
        assert f"{LIEN}/{numero}" in corps
        assert "2 février 2027" in corps
        assert "tribunal administratif" in corps
        assert "malade" not in corps
        assert "12,34" not in corps
    assert numero in courriel.objet


def test_without_an_address_there_is_a_receipt_and_no_mail(village: Village, reglages: ReglagesCommune) -> None:
    with village.bd.session_ecriture() as session:
        deposer(session, village, reglages, courriel=None)
    with village.bd.session_lecture() as session:
        assert session.scalar(select(func.count()).select_from(Courriel)) == 0
        assert session.scalars(select(Demarche)).one().accuse is not None


def juger_d_avance(monkeypatch: pytest.MonkeyPatch, *, verdict: bool) -> None:
    monkeypatch.setitem(AUTOMATISMES, "reclamation", lambda *_tout: verdict)


def test_rules_that_decide_do_it_at_once_in_the_name_of_nobody(
    village: Village, reglages: ReglagesCommune, monkeypatch: pytest.MonkeyPatch
) -> None:
    juger_d_avance(monkeypatch, verdict=True)
    with village.bd.session_ecriture() as session:
        deposer(session, village, reglages)
    with village.bd.session_lecture() as session:
        demarche = session.scalars(select(Demarche)).one()
        assert (demarche.etat, demarche.decidee_par) == ("acceptee", None)
        cotes = [(e.genre, e.cote) for e in session.scalars(select(DemarcheEtape).order_by(DemarcheEtape.id))]
        assert cotes == [("depot", "famille"), ("decision", "systeme")]
        # Nothing to wait for: no silence is spoken of.
        corps = session.scalars(select(Courriel)).one().corps_texte
        assert "Elle est acceptée" in corps
        assert "tribunal" not in corps


@pytest.mark.parametrize("a_un_juge", [True, False])
def test_a_setting_decides_nothing_by_itself(
    village: Village, reglages: ReglagesCommune, monkeypatch: pytest.MonkeyPatch, *, a_un_juge: bool
) -> None:
    """« automatique » lets the rules judge; where there is none, or they do not say so, an agent reads."""
    if a_un_juge:
        juger_d_avance(monkeypatch, verdict=False)
    automatique = replace(GENRES["reclamation"], decision=Decision.AUTOMATIQUE)
    reglages = replace(reglages, demarches=dict(reglages.demarches) | {"reclamation": automatique})
    with village.bd.session_ecriture() as session:
        deposer(session, village, reglages)
    with village.bd.session_lecture() as session:
        assert session.scalars(select(Demarche)).one().etat == "deposee"
        assert "Elle est acceptée" not in session.scalars(select(Courriel)).one().corps_texte


def test_what_cannot_be_applied_is_not_filed_either(
    village: Village, reglages: ReglagesCommune, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuser(*_tout: object) -> None:
        raise RegleViolee("complet", "Il n’y a plus de place.")

    monkeypatch.setitem(APPLICATIONS, "reclamation", refuser)
    juger_d_avance(monkeypatch, verdict=True)
    with pytest.raises(RegleViolee, match="place"), village.bd.session_ecriture() as session:
        deposer(session, village, reglages)
    with village.bd.session_lecture() as session:
        assert session.scalar(select(func.count()).select_from(Demarche)) == 0
        assert session.scalar(select(func.count()).select_from(Courriel)) == 0
