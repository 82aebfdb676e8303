"""Spreadsheets of what is on the screen."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portail_famille.models.comptes import RoleAgent
from portail_famille.models.extractions import Extraction
from portail_famille.models.journal import ActeJournal
from portail_famille.services import extractions
from portail_famille.services.documents import coffre_de
from portail_famille.services.extractions import fabriquer_dues
from tests.conftest import CLE_SECRETE
from tests.support.client import HTMX, poster
from tests.support.ecran import phrases
from tests.support.formulaires import lire_formulaire
from tests.support.temps import HorlogeReglable
from tests.views.agent.conftest import Bureau
from tests.views.agent.test_demarches import deposer_adresse


def exporter(bureau: Bureau, **donnees: str) -> list[str]:
    reponse = poster(bureau.client, "/agent/exports", {"liste": "demarches", "format": "csv"} | donnees)
    assert reponse.status_code == 200
    texte: str = reponse.data.decode("utf-8-sig").replace(chr(34), "")
    return texte.splitlines()[1:]


def test_the_spreadsheet_holds_what_the_screen_shows(bureau: Bureau) -> None:
    mienne, autre = deposer_adresse(bureau), deposer_adresse(bureau, "haddad", "karim")
    bureau.entrer()
    assert [ligne[:12] for ligne in exporter(bureau)] == [mienne, autre]
    page = bureau.client.get("/agent/demarches?q=haddad&agent=personne").text
    formulaire = lire_formulaire(page, "/agent/exports")
    assert {cle: formulaire.champs[cle] for cle in ("q", "agent")} == {"q": ["haddad"], "agent": ["personne"]}
    formulaire.champs["format"] = ["csv"]
    lignes = formulaire.envoyer(bureau.client).data.decode("utf-8-sig").replace(chr(34), "").splitlines()
    assert lignes[1].startswith(autre)
    assert exporter(bureau, agent="moi") == []
    bureau.entrer("Inès")
    assert [ligne[:12] for ligne in exporter(bureau)] == [mienne], "only her structure's families"


def test_families_found_are_exported_as_found(bureau: Bureau) -> None:
    bureau.entrer("Odile")
    (ligne,) = exporter(bureau, liste="foyers", q="karim")
    assert ligne.startswith("Haddad;;Le Village;Karim Haddad;Yanis Haddad")
    reponse = poster(bureau.client, "/agent/exports", {"liste": "foyers", "format": "xlsx", "q": "karim"})
    assert reponse.data.startswith(b"PK")
    assert reponse.headers["Content-Disposition"].startswith('attachment; filename="familles-2026-12-02-18h00.xlsx"')
    assert reponse.headers["Cache-Control"] == "private, no-store"
    with bureau.bd.session_lecture() as session:
        actes = session.scalars(select(ActeJournal).where(ActeJournal.action == "liste_exportee")).all()
    assert {acte.compte_id for acte in actes} == {bureau.comptes["Odile"]}


@pytest.mark.parametrize("donnees", [{"liste": "comptes"}, {"format": "exe"}, {"liste": ""}])
def test_an_unknown_list_is_no_list(bureau: Bureau, donnees: dict[str, str]) -> None:
    bureau.entrer()
    assert poster(bureau.client, "/agent/exports", {"liste": "foyers", "format": "csv"} | donnees).status_code == 400


def test_a_long_list_is_waited_for_then_downloaded_by_who_asked_only(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch, horloge: HorlogeReglable
) -> None:
    monkeypatch.setattr(extractions, "AU_PLUS_TOT", 1)
    numeros = {deposer_adresse(bureau), deposer_adresse(bureau, "haddad", "karim")}
    bureau.entrer()
    reponse = poster(bureau.client, "/agent/exports", {"liste": "demarches", "format": "csv"})
    assert reponse.status_code == 303
    adresse = reponse.location.removeprefix("/saint-rivage")
    attente = bureau.client.get(adresse)
    assert 'hx-trigger="every 2s"' in attente.text
    assert "La liste se prépare" in phrases(attente)
    assert poster(bureau.client, f"{adresse}/fichier").status_code == 404
    dossier = bureau.client.application.extensions["reglages"].dossier
    assert fabriquer_dues(bureau.bd, coffre_de(dossier, CLE_SECRETE), horloge, lambda: True) == 1
    fragment = bureau.client.get(adresse, headers=HTMX).text
    assert fragment.lstrip().startswith('<div id="progres"')
    assert "hx-trigger" not in fragment
    lignes = lire_formulaire(bureau.client.get(adresse).text, "telecharger").envoyer(bureau.client)
    assert {ligne[:12] for ligne in lignes.data.decode("utf-8-sig").replace(chr(34), "").splitlines()[1:]} == numeros
    assert adresse in bureau.client.get("/agent/exports").text
    bureau.entrer("Odile")
    assert adresse not in bureau.client.get("/agent/exports").text
    assert bureau.client.get(adresse).status_code == 404
    assert poster(bureau.client, f"{adresse}/fichier").status_code == 404
    horloge.maintenant += timedelta(days=2)
    bureau.entrer()
    assert bureau.client.get(adresse).status_code == 404
    with bureau.bd.session_lecture() as session:
        assert session.scalars(select(Extraction.etat)).all() == ["prete"]


def test_a_list_made_for_more_than_she_still_reads_is_not_given(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch, horloge: HorlogeReglable
) -> None:
    monkeypatch.setattr(extractions, "AU_PLUS_TOT", 0)
    deposer_adresse(bureau)
    dossier = bureau.client.application.extensions["reglages"].dossier
    creche, ecole = (bureau.village.regles.structure_ids[code] for code in ("creche", "ecole"))

    def fabriquer() -> str:
        reponse = poster(bureau.client, "/agent/exports", {"liste": "demarches", "format": "csv"})
        assert fabriquer_dues(bureau.bd, coffre_de(dossier, CLE_SECRETE), horloge, lambda: True) == 1
        return f"{reponse.location.removeprefix('/saint-rivage')}/fichier"

    def travailler(structure_id: int | None) -> None:
        with bureau.bd.session_ecriture() as session:
            compte = bureau.comptes["Odile"]
            session.execute(update(RoleAgent).where(RoleAgent.compte_id == compte).values(structure_id=structure_id))

    bureau.entrer("Odile")
    de_toutes = fabriquer()
    travailler(creche)
    de_la_creche = fabriquer()
    refus = poster(bureau.client, de_toutes)
    assert refus.status_code == 409
    assert "plus de tous les lieux" in phrases(refus)
    assert poster(bureau.client, de_la_creche).status_code == 200
    travailler(ecole)
    assert poster(bureau.client, de_la_creche).status_code == 409
    travailler(None)
    assert [poster(bureau.client, adresse).status_code for adresse in (de_toutes, de_la_creche)] == [200, 200]
