"""Every page, paper and spreadsheet of invoices that one may ask for, read as somebody who must not know: a
step-parent, the child's other home, an agent whose own family it is. New addresses are walked as they come."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from itertools import product
from typing import Any
from zipfile import ZipFile

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from portail_famille.domain.droits import Attribution, Role
from portail_famille.models.comptes import Compte
from portail_famille.models.factures import Facture
from portail_famille.models.foyers import Foyer
from portail_famille.services.agents import ajouter_role
from portail_famille.services.journal import SYSTEME
from portail_famille.services.listes import LISTES
from portail_famille.services.reglements import encaisser
from tests.support.agents import connecter_agent
from tests.support.client import connecter, poster
from tests.support.ecran import phrases
from tests.support.factures import creer_facturation, creer_facture
from tests.support.pdf import texte_du_pdf
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import LUNDI, Village
from tests.views.agent.conftest import Bureau

SECRET = re.compile("(SECRET-[A-Z]+)_")
DATES = "&du=2026-01-01&au=2026-12-31&annee=2026&jour=2026-12-02&regie=enfance&mois=2026-11"


@dataclass(frozen=True)
class Comptes:
    """Of a foyer: what its addresses are made of."""

    ids: Mapping[str, tuple[int, ...]]


def ecrire(village: Village, foyer: str, annee: int, reglages: Any) -> Comptes:
    """An invoice, a free avoir on it, what another software wrote of nobody, a payment, a draft: with secrets wherever
    somebody may write."""
    with village.bd.session_ecriture() as session:
        foyer_id, lea = village.foyers[foyer], village.enfants["lea"]
        session.execute(update(Foyer).where(Foyer.id == foyer_id).values(adresse="7 impasse SECRET-RUE_"))
        une = creer_facture(
            session, foyer_id, [(lea, village.unite("repas"), LUNDI, 4200, "")], numero=f"{annee}-EE-000001"
        )
        creer_facture(
            session, foyer_id, [(None, None, None, -100, "SECRET-LIBRE_")],
            numero=f"{annee}-EE-000002", avoir_de=une.id, motif="SECRET-MOTIF_",
        )  # fmt: skip
        creche: dict[str, Any] = {"regie": "creche", "origine": "importee", "libelle": "Accueil, SECRET-TITRE_"}
        importee = creer_facture(
            session,
            foyer_id,
            [(None, None, None, 900, "SECRET-CRECHE_")],
            numero=f"CR{annee}",
            transmise_le=MERCREDI_SOIR.date(),
            **creche,
        )
        creer_facture(
            session, foyer_id, [(None, None, None, -100, "SECRET-RETARD_")],
            numero=f"CA{annee}", avoir_de=importee.id, motif="SECRET-MALADIE_", **creche,
        )  # fmt: skip
        recu = encaisser(
            session, foyer_id=foyer_id, regie="enfance", moyen="cheque", montant_centimes=1000, auteur=SYSTEME,
            recu_le=MERCREDI_SOIR.date(), maintenant=MERCREDI_SOIR, note="SECRET-NOTE_", reference="SECRET-REFERENCE_",
        )  # fmt: skip
        run = creer_facturation(session, reglages)
        creer_facture(
            session, foyer_id, [(None, None, None, 100, "SECRET-BROUILLON_")], numero=None, facturation_id=run.id
        )
        factures = tuple(session.scalars(select(Facture.id).where(Facture.foyer_id == foyer_id)))
        return Comptes(
            {"facture_id": factures, "reglement_id": (recu.id,), "foyer_id": (foyer_id,), "facturation_id": (run.id,)}
        )


def adresses(client: FlaskClient, comptes: Comptes, *, bureau: bool) -> Iterator[str]:
    """What one may GET in the rooms of invoices."""
    for regle in client.application.url_map.iter_rules():
        chemin = str(regle)
        est_du_bureau = chemin.startswith("/agent/")
        des_factures = re.search(r"/(factur|reglement|attestation|paiement)", chemin)
        if "GET" not in (regle.methods or ()) or not des_factures or est_du_bureau is not bureau:
            continue
        if not regle.arguments <= comptes.ids.keys():
            continue
        for valeurs in product(*(comptes.ids[nom] for nom in sorted(regle.arguments))):
            adresse = chemin
            for nom, valeur in zip(sorted(regle.arguments), valeurs, strict=True):
                adresse = adresse.replace(f"<int:{nom}>", str(valeur))
            yield f"{adresse}?q=secret{DATES}"


def lire(reponse: Any) -> str:
    if reponse.mimetype == "application/pdf":
        return texte_du_pdf(reponse.data)
    if reponse.mimetype == "application/zip":
        with ZipFile(BytesIO(reponse.data)) as archive:
            return "\n".join((nom + texte_du_pdf(archive.read(nom))) for nom in archive.namelist())
    return phrases(reponse) if reponse.mimetype == "text/html" else reponse.text


def secrets_lus(client: FlaskClient, comptes: Comptes, *, bureau: bool) -> set[str]:
    """Told by any of them."""
    lus = set()
    for adresse in adresses(client, comptes, bureau=bureau):
        reponse = client.get(adresse)
        assert reponse.status_code in (200, 204, 303, 404, 422), adresse
        lus |= set(SECRET.findall(lire(reponse)))
    return lus


def test_free_words_are_for_the_payer_and_for_no_other_adult(
    client: FlaskClient, village: Village, reglages: Any
) -> None:
    comptes = ecrire(village, "morel", 2026, reglages)
    connecter(client, "camille.morel")
    siens = {"SECRET-LIBRE", "SECRET-MOTIF", "SECRET-CRECHE", "SECRET-RETARD", "SECRET-MALADIE"}
    # To every adult of the foyer: where they live, the title that the other software gives, the number of a cheque.
    communs = {"SECRET-RUE", "SECRET-TITRE", "SECRET-REFERENCE"}
    assert secrets_lus(client, comptes, bureau=False) == siens | communs
    # Without authority over Léa.
    connecter(client, "thomas.legall")
    assert secrets_lus(client, comptes, bureau=False) == communs
    # Léa's father, of another foyer.
    connecter(client, "julien.ferrand")
    assert secrets_lus(client, comptes, bureau=False) == set()


@pytest.mark.parametrize("liste", sorted(code for code, liste in LISTES.items() if liste.est_de_toute_la_ville))
def test_every_spreadsheet_of_the_régie_keeps_the_agent_s_own_family_out(
    bureau: Bureau, liste: str, reglages: Any
) -> None:
    ecrire(bureau.village, "ferrand", 2026, reglages)
    _en_agent(bureau, "camille")
    for cherche in ("", "secret", "Ferrand"):
        champs = {
            "liste": liste,
            "format": "csv",
            "q": cherche,
            "mois": "2026-11",
            "regie": "enfance",
            "jour": "2026-12-02",
        }
        feuille = poster(bureau.client, "/agent/exports", champs)
        assert feuille.status_code == 200
        texte = feuille.data.decode("utf-8-sig")
        assert not SECRET.search(texte)
        for tu in ("Ferrand", "Julien", "Léa", "LEA"):
            assert tu not in texte


def test_the_desk_tells_an_agent_nothing_of_the_home_hidden_from_her(bureau: Bureau, reglages: Any) -> None:
    comptes = ecrire(bureau.village, "ferrand", 2026, reglages)
    bureau.entrer("Régine")
    tous = secrets_lus(bureau.client, comptes, bureau=True)
    assert {"SECRET-MOTIF", "SECRET-CRECHE", "SECRET-NOTE", "SECRET-REFERENCE", "SECRET-BROUILLON"} <= tous
    _en_agent(bureau, "camille")
    assert secrets_lus(bureau.client, comptes, bureau=True) == set()


def _en_agent(bureau: Bureau, prenom: str) -> None:
    with bureau.bd.session_ecriture() as session:
        compte = session.get_one(Compte, bureau.village.comptes[prenom])
        ajouter_role(session, compte.id, Attribution(Role.REGIE), MERCREDI_SOIR)
        identifiant = compte.identifiant
    connecter_agent(bureau.client, identifiant)
