"""`agent creer`, `lister`, `retirer-role`, `reinitialiser-second-facteur`."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from portail_famille.config import charger_reglages
from portail_famille.gateways.chiffre import Chiffre
from portail_famille.models.activites import Structure
from portail_famille.models.bd import BD
from portail_famille.models.comptes import Compte, RoleAgent, SecondFacteur
from portail_famille.models.courriels import Courriel
from portail_famille.models.foyers import Foyer, Personne, Responsable
from portail_famille.services import second_facteur
from tests.cli.conftest import SLUG, Commande

QUI = ("agent", "creer", "rose@mairie.example", "--prenom", "Rose", "--nom", "d’Aubert", "--commune", SLUG)


@pytest.fixture
def base(instance: Path) -> Iterator[BD]:
    bd = BD(charger_reglages(instance / SLUG).base_de_donnees)
    yield bd
    bd.fermer()


def roles(base: BD) -> list[tuple[str, str | None]]:
    with base.session_lecture() as session:
        return [
            (role, code)
            for role, code in session.execute(
                select(RoleAgent.role, Structure.code)
                .outerjoin(Structure, Structure.id == RoleAgent.structure_id)
                .order_by(RoleAgent.id)
            )
        ]


def test_an_agent_is_made_with_a_role_and_gets_the_activation_mail(commande: Commande, base: BD) -> None:
    resultat = commande(*QUI, "--role", "instruction")
    assert resultat.exit_code == 0, resultat.output
    assert "Identifiant : rose." in resultat.output
    assert roles(base) == [("instruction", None)]
    with base.session_lecture() as session:
        compte = session.scalars(select(Compte)).one()
        assert (compte.empreinte_mot_de_passe, compte.active_utc) == ("", None)
        assert session.scalars(select(Courriel.destinataire)).all() == ["rose@mairie.example"]
        assert session.scalar(select(func.count()).select_from(Responsable)) == 0, "she is of no foyer"


def test_a_second_role_goes_to_the_same_agent_and_twice_changes_nothing(commande: Commande, base: BD) -> None:
    commande(*QUI, "--role", "instruction")
    assert "regie ajouté." in commande(*QUI, "--role", "regie").output
    assert "déjà donné" in commande(*QUI, "--role", "regie").output
    assert roles(base) == [("instruction", None), ("regie", None)]


def test_a_role_can_be_held_in_one_structure(commande: Commande, base: BD) -> None:
    with base.session_ecriture() as session:
        session.add(Structure(code="ecole"))
    assert commande(*QUI, "--role", "lecture", "--structure", "ecole").exit_code == 0
    assert roles(base) == [("lecture", "ecole")]
    inconnue = commande(*QUI, "--role", "lecture", "--structure", "lune")
    assert (inconnue.exit_code, inconnue.stderr) == (2, "Structure « lune » inconnue dans cette commune.\n")


def test_a_parent_s_address_gives_her_own_compte_no_role(commande: Commande, base: BD) -> None:
    """Her address is hers to change: it must not be what brings an agent's rights."""
    commande(*QUI, "--role", "lecture")
    with base.session_ecriture() as session:
        session.query(RoleAgent).delete()
        personne_id = session.scalars(select(Compte.personne_id)).one()
        foyer = Foyer(nom="d’Aubert", adresse="1 rue", code_postal="99999", ville="Ville", payeur_id=personne_id)
        session.add(foyer)
        session.flush()
        session.add(Responsable(foyer_id=foyer.id, personne_id=personne_id))
    commande(*QUI, "--role", "lecture")
    with base.session_lecture() as session:
        premier, second = session.scalars(select(Compte).order_by(Compte.id)).all()
        assert session.scalars(select(RoleAgent.compte_id)).all() == [second.id]
        assert premier.identifiant != second.identifiant


@pytest.mark.parametrize(("courriel", "prenom"), [("pas une adresse", "Rose"), ("rose@mairie.example", "R0se")])
def test_what_cannot_be_kept_is_a_sentence_and_makes_nothing(
    commande: Commande, base: BD, courriel: str, prenom: str
) -> None:
    resultat = commande(
        "agent", "creer", courriel, "--prenom", prenom, "--nom", "Aubert", "--role", "lecture", "--commune", SLUG
    )
    assert resultat.exit_code == 1
    assert resultat.stderr
    with base.session_lecture() as session:
        assert session.scalar(select(func.count()).select_from(Compte)) == 0


def test_the_list_says_who_does_what_and_what_is_missing(commande: Commande) -> None:
    assert commande("agent", "lister", "--commune", SLUG).output == "Aucun agent.\n"
    commande(*QUI, "--role", "instruction")
    assert commande("agent", "lister", "--commune", SLUG).output == (
        "Rose d’Aubert, rose, rose@mairie.example : instruction (jamais activé, sans second facteur)\n"
    )


def test_a_role_is_taken_back_by_address_or_login_name(commande: Commande, base: BD) -> None:
    commande(*QUI, "--role", "instruction")
    commande(*QUI, "--role", "regie")
    assert commande("agent", "retirer-role", "rose", "--role", "regie", "--commune", SLUG).exit_code == 0
    assert roles(base) == [("instruction", None)]
    encore = commande("agent", "retirer-role", "rose", "--role", "regie", "--commune", SLUG)
    assert (encore.exit_code, encore.stderr) == (1, "rose n’a pas ce rôle : regie.\n")
    inconnu = commande("agent", "retirer-role", "personne", "--role", "regie", "--commune", SLUG)
    assert "Aucun agent" in inconnu.stderr


def test_a_lost_phone_is_forgotten(commande: Commande, base: BD, instance: Path) -> None:
    commande(*QUI, "--role", "instruction")
    chiffre = Chiffre(charger_reglages(instance / SLUG).cle_coffre)
    with base.session_ecriture() as session:
        compte_id = session.scalars(select(Compte.id)).one()
        second_facteur.installer(session, compte_id, b"0" * 20, chiffre, datetime(2026, 12, 1, tzinfo=UTC))
    assert "sans second facteur" not in commande("agent", "lister", "--commune", SLUG).output
    assert commande("agent", "reinitialiser-second-facteur", "rose@mairie.example", "--commune", SLUG).exit_code == 0
    with base.session_lecture() as session:
        assert session.scalar(select(func.count()).select_from(SecondFacteur)) == 0


def test_an_agent_is_linked_to_the_parent_she_is(commande: Commande, base: BD) -> None:
    commande(*QUI, "--role", "lecture")
    inconnu = commande("agent", "lier-parent", "rose@mairie.example", "personne", "--commune", SLUG)
    assert inconnu.exit_code != 0
    assert "Aucun parent" in inconnu.output
    with base.session_ecriture() as session:
        parent = Personne(prenom="Rose", nom="Aubert", courriel="rose@courriel.example")
        session.add(parent)
        session.flush()
        foyer = Foyer(nom="Aubert", payeur_id=parent.id)
        session.add(foyer)
        session.flush()
        session.add(Responsable(foyer_id=foyer.id, personne_id=parent.id))
    lie = commande("agent", "lier-parent", "rose@mairie.example", "rose@courriel.example", "--commune", SLUG)
    assert "aussi Rose Aubert" in lie.output
    assert "lié à aucun parent" in commande("agent", "lier-parent", "rose@mairie.example", "--commune", SLUG).output
