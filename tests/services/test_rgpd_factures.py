"""The accounts in a person's export: hers, as her screens show them, and nothing of another adult."""

import json
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from portail_famille.domain.demarches import Cote
from portail_famille.domain.pieces import ReglesPieces
from portail_famille.models.factures import AdhesionFacture, Facture, Relance
from portail_famille.models.paiements import Paiement
from portail_famille.presentation.donnees import Bloc, composer
from portail_famille.services.exports import en_json
from portail_famille.services.journal import Auteur, consigner
from portail_famille.services.reglements import encaisser, rembourser
from tests.services.test_rgpd import exporter
from tests.support.factures import creer_facture
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import LUNDI, MARDI, Village

AGENT = Auteur(Cote.AGENT)


@pytest.fixture
def facture(village: Village) -> Village:
    """Camille pays for Léa, Noé and Mia; Thomas, of her foyer, has no authority over Léa. Julien has another foyer."""
    lea, noe, repas = village.enfants["lea"], village.enfants["noe"], village.unite("repas")
    contenu = {
        "payeur": {"nom": "Camille Morel", "adresse": "3 rue des Lilas"},
        "regie": {"nom": "Enfance et éducation"},
        "enfants": {str(lea): "Léa", str(noe): "Noé"},
        "unites": {str(repas): {"nom": "Repas"}},
        "prix": [{"enfant": lea, "qf_centimes": 84_200}, {"enfant": noe, "qf_centimes": 84_200}],
    }
    with village.bd.session_ecriture() as session:
        morel, ferrand = village.foyers["morel"], village.foyers["ferrand"]
        lignes = [(lea, repas, LUNDI, 342, ""), (noe, repas, MARDI, 358, "")]
        une = creer_facture(session, morel, lignes, contenu=contenu)
        creer_facture(
            session, morel, numero="2026-EE-000002", avoir_de=une.id, lignes=[(noe, None, None, -100, "Geste")]
        )
        creer_facture(session, morel, numero=None)
        creer_facture(session, ferrand, numero="2026-EE-000009")
        session.add(Relance(facture_id=une.id, rang=1, a_utc=MERCREDI_SOIR))
        session.add(
            Paiement(
                facture_id=une.id, compte_id=village.comptes["camille"], regie="enfance", numero_client="900001",
                montant_centimes=700, refdet="secret-refdet", idop="secret-idop", exer=2026, saisie="T", etat="refuse",
                courriel="camille@courriel.example", objet="Facture", cree_utc=MERCREDI_SOIR, est_bloquant=False,
            )
        )  # fmt: skip
        session.add(AdhesionFacture(foyer_id=morel, personne_id=village.personnes["thomas"], a_utc=MERCREDI_SOIR))
        commun: dict[str, Any] = {"regie": "enfance", "auteur": AGENT, "maintenant": MERCREDI_SOIR}
        jour = date(2026, 12, 2)
        cheque: dict[str, Any] = {"montant_centimes": 1000, "recu_le": jour, "note": "Note de la régie"}
        encaisser(session, foyer_id=morel, moyen="cheque", **cheque, **commun)
        rembourser(session, foyer_id=morel, montant_centimes=50, rendu_le=jour, **commun)
        encaisser(session, foyer_id=ferrand, moyen="especes", montant_centimes=99, recu_le=jour, **commun)
    return village


def test_invoices_come_with_their_lines_what_paid_them_and_what_was_tried(facture: Village) -> None:
    lu = exporter(facture).document
    une, avoir = lu["factures"]
    assert (une["numero"], une["total_centimes"], une["contenu"]["payeur"]["adresse"]) == (
        "2026-EE-000001", 700, "3 rue des Lilas",
    )  # fmt: skip
    assert [(li["enfant"], li["unite"], li["jour"], li["montant_centimes"]) for li in une["lignes"]] == [
        ("Léa", "Repas", LUNDI, 342),
        ("Noé", "Repas", MARDI, 358),
    ]
    assert [(p["etat"], p["courriel"], p["par_vous"]) for p in une["paiements"]] == [
        ("refuse", "camille@courriel.example", True)
    ]
    assert [r["rang"] for r in une["relances"]] == [1]
    assert sum(emploi["montant_centimes"] for emploi in une["affectations"]) == 700
    assert (avoir["corrige"], avoir["total_centimes"]) == ("2026-EE-000001", -100)
    cheque, rendu = lu["reglements"]
    assert (cheque["montant_centimes"], cheque["moyen"], rendu["montant_centimes"]) == (1000, "cheque", -50)
    assert {emploi["montant_centimes"] for emploi in rendu["affectations"]} == {50}
    assert [a["par_vous"] for a in lu["adhesions"]] == [False]


def test_secrets_notes_drafts_and_other_foyers_are_not_there(facture: Village) -> None:
    texte = en_json(exporter(facture).document)
    for absent in ("secret-refdet", "secret-idop", "Note de la régie", "2026-EE-000009", '"montant_centimes": 99'):
        assert absent not in texte
    assert len(json.loads(texte)["factures"]) == 2


def test_days_and_reasons_are_for_who_pays_or_answers_for_the_child(facture: Village) -> None:
    """Thomas: Noé's days, Léa's amounts; who tried to pay is told, not at which address."""
    (une, _) = exporter(facture, "thomas").document["factures"]
    lea, noe = une["lignes"]
    assert lea == {
        "enfant_id": facture.enfants["lea"], "libelle": "", "montant_centimes": 342, "enfant": "Léa", "unite": "Repas",
    }  # fmt: skip
    assert (noe["jour"], noe["etat"]) == (MARDI, "presente")
    assert une["contenu"]["payeur"] == {"nom": "Camille Morel"}
    assert [prix["enfant"] for prix in une["contenu"]["prix"]] == [facture.enfants["noe"]]
    assert [(p["courriel"], p["par_vous"]) for p in une["paiements"]] == [(None, False)]


def test_reasons_and_free_words_leave_with_who_may_read_them(facture: Village) -> None:
    """Thomas answers for Noé, not for Léa: the avoir on the invoice of both, what the other software wrote of nobody,
    and why a payment was taken back."""
    with facture.bd.session_ecriture() as session:
        morel, noe = facture.foyers["morel"], facture.enfants["noe"]
        une = session.scalars(select(Facture.id).where(Facture.numero == "2026-EE-000001")).one()
        libre = [(None, None, None, -50, "Repas de Léa malade")]
        creer_facture(session, morel, libre, numero="2026-EE-000003", avoir_de=une, motif="Certificat de Léa")
        creer_facture(
            session, morel, [(noe, None, None, 900, "Accueil"), (None, None, None, 100, "Léa, retard")],
            numero="CR-1", regie="creche", origine="importee", contenu={"enfants": {str(noe): "Noé"}},
        )  # fmt: skip
        for action in ("avoir_emis", "reglement_annule", "facture_transmise"):
            details = {"numero": "2026-EE-000003", "motif": "Certificat de Léa"}
            consigner(session, AGENT, action, MERCREDI_SOIR, foyer_id=morel, details=details)
    camille, thomas = exporter(facture).document, exporter(facture, "thomas").document
    assert "Certificat de Léa" in en_json(camille["factures"])
    assert "Certificat de Léa" not in en_json(camille["journal"])
    for tu in ("Certificat de Léa", "malade", "retard"):
        assert tu in en_json(camille["factures"]), tu
        assert tu not in en_json(thomas), tu
    creche = next(f for f in thomas["factures"] if f["numero"] == "CR-1")
    assert creche["lignes"] == [{"montant_centimes": 900}, {"montant_centimes": 100}]
    assert (creche["contenu"]["enfants"], creche["total_centimes"]) == ({}, 1000)
    assert _mots(next(b for b in composer(thomas, ReglesPieces()) if b.titre == "Factures"))


def test_julien_has_his_own_foyer_s_accounts_only(facture: Village) -> None:
    lu = exporter(facture, "julien", "ferrand", "petit").document
    assert [f["numero"] for f in lu["factures"]] == ["2026-EE-000009"]
    assert [r["montant_centimes"] for r in lu["reglements"]] == [99]
    assert lu["adhesions"] == []


def test_the_page_to_read_says_the_accounts_in_french(facture: Village) -> None:
    blocs = {bloc.titre: bloc for bloc in composer(exporter(facture).document, ReglesPieces())}
    mots = _mots(blocs["Factures"]) + _mots(blocs["Règlements"]) + _mots(blocs["Facture en ligne"])
    for attendu in (
        "Enfance et éducation",
        "7,00\u00a0€",
        "Repas",
        "chèque",
        "refusé",
        "2026-EE-000001",
        "1er novembre 2026",
    ):
        assert attendu in mots, attendu
    for brut in ("_centimes", "enfance ", "cheque", "refuse "):
        assert brut not in mots, brut


def _mots(bloc: Bloc) -> str:
    lignes = [f"{cle} {valeur} " for cle, valeur in bloc.paires]
    if bloc.tableau is not None:
        lignes += [" ".join(ligne) + " " for ligne in (bloc.tableau.entetes, *bloc.tableau.lignes)]
    return bloc.titre + " " + "".join(lignes) + "".join(_mots(b) for b in bloc.blocs)
