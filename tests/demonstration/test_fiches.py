"""What the demonstration shows of accounts and families: each door, each file, each agent."""

from datetime import date, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from portail_famille.demonstration.fiches import code_du_moment
from portail_famille.demonstration.installation import VILLES, peupler
from portail_famille.domain.droits import Action
from portail_famille.domain.gardes import Garde
from portail_famille.domain.horloge import PARIS
from portail_famille.gateways.chiffre import Chiffre
from portail_famille.models.bd import BD
from portail_famille.models.comptes import Compte
from portail_famille.models.courriels import Courriel
from portail_famille.models.demarches import Demarche
from portail_famille.models.foyers import Autorisation, Contact, Enfant, Foyer, Personne, Rattachement, Sante
from portail_famille.services.comptes import Agent, chercher_compte
from portail_famille.services.conditions import publier
from portail_famille.services.perimetres import lire_droits
from portail_famille.services.second_facteur import reconnaitre
from tests.demonstration.conftest import reglages_de

UN_DIMANCHE = datetime(2026, 11, 22, 10, tzinfo=PARIS)
pytestmark = pytest.mark.parametrize("bd", ["sqlite"], indirect=True)


@pytest.fixture
def ville_batie(bd: BD, tmp_path: Path) -> BD:
    """With conditions published first, as a new commune has them."""
    return _batir(bd, tmp_path, "saint-rivage")


def _batir(bd: BD, dossier: Path, slug: str) -> BD:
    with bd.session_ecriture() as session:
        publier(session, "# Conditions\n\nTexte.", date(2026, 1, 1), UN_DIMANCHE)
    peupler(bd, reglages_de(VILLES[slug], dossier), VILLES[slug], UN_DIMANCHE, figurants=0)
    return bd


def test_each_door_has_one_account_behind_it_and_the_others_have_none(ville_batie: BD) -> None:
    with ville_batie.session_lecture() as session:
        comptes = {c.identifiant: c for c in session.scalars(select(Compte))}
    assert [nom for nom, c in comptes.items() if c.active_utc is None] == ["nora.lefevre"]
    assert {nom for nom, c in comptes.items() if c.conditions_version is None} == {"nora.lefevre", "inaya.robin"}
    perimes = {nom for nom, c in comptes.items() if c.verifie_utc is None or (UN_DIMANCHE - c.verifie_utc).days > 366}
    assert perimes == {"nora.lefevre", "bruno.keller"}


def test_who_never_came_is_invited_by_mail(ville_batie: BD) -> None:
    with ville_batie.session_lecture() as session:
        [courriel] = session.scalars(select(Courriel)).all()
    assert courriel.destinataire == "nora.lefevre@famille.example"
    assert "nora.lefevre" in courriel.corps_texte


def test_a_couple_shares_an_address_and_each_has_a_login(ville_batie: BD) -> None:
    with ville_batie.session_lecture() as session:
        logins = session.scalars(
            select(Compte.identifiant)
            .join(Personne, Personne.id == Compte.personne_id)
            .where(Personne.courriel == "petitjean@famille.example")
        ).all()
    assert sorted(logins) == ["anne.petitjean", "paul.petitjean"]


def test_a_new_address_waits_for_the_town_hall(ville_batie: BD) -> None:
    with ville_batie.session_lecture() as session:
        demande = session.scalars(select(Demarche).where(Demarche.genre == "coordonnees")).one()
        foyer = session.get_one(Foyer, demande.foyer_id)
    assert (demande.genre, demande.etat, foyer.nom) == ("coordonnees", "deposee", "Petitjean")
    assert demande.contenu == {"foyer.adresse": "7, rue du Sémaphore"}
    assert foyer.adresse == "33, rue de la Criée"


def test_a_child_shares_her_holidays_by_halves_and_one_of_her_foyers_is_hidden(ville_batie: BD) -> None:
    with ville_batie.session_lecture() as session:
        lignes = session.execute(
            select(Foyer.nom, Rattachement)
            .join(Rattachement, Rattachement.foyer_id == Foyer.id)
            .join(Enfant, Enfant.id == Rattachement.enfant_id)
            .where(Enfant.prenom == "Manon")
        ).all()
    gardes = {nom: Garde(r.semaine_ancre, r.une_sur, r.vacances) for nom, r in lignes if r.semaine_ancre and r.une_sur}
    assert gardes["Vidal"].autre() == gardes["Aubry"]
    assert {nom: r.est_masque for nom, r in lignes} == {"Vidal": True, "Aubry": False}


@pytest.mark.parametrize("slug", VILLES)
def test_files_are_filled_in(bd: BD, tmp_path: Path, slug: str) -> None:
    _batir(bd, tmp_path, slug)
    with bd.session_lecture() as session:
        for modele in (Contact, Sante, Autorisation):
            assert (session.scalar(select(func.count()).select_from(modele)) or 0) >= 2, modele
        numeros = session.scalars(select(Personne.telephone).where(Personne.telephone.is_not(None))).all()
    assert all(numero and numero.startswith("+33") for numero in numeros)


@pytest.mark.parametrize("slug", VILLES)
def test_every_agent_has_a_role_and_a_second_factor_whose_code_is_good(bd: BD, tmp_path: Path, slug: str) -> None:
    _batir(bd, tmp_path, slug)
    reglages = reglages_de(VILLES[slug], tmp_path)
    chiffre = Chiffre(reglages.cle_coffre)
    with bd.session_lecture() as session:
        for portrait in VILLES[slug].agents:
            compte = chercher_compte(session, portrait.identifiant)
            assert compte is not None
            roles, _ = lire_droits(session, compte.id, 0)
            assert Agent(compte.id, 0, "", "", roles).peut(Action.LIRE)
            assert (roles[0].structure_id is not None) == bool(portrait.structure)
            code = code_du_moment(portrait, UN_DIMANCHE)
            assert reconnaitre(session, compte.id, code, chiffre, reglages.cle_secrete, UN_DIMANCHE)
