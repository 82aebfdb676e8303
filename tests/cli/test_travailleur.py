"""`travailleur`: one round by hand. What happens when it is killed is in services/test_courriels_tues."""

import importlib
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from portail_famille.cli.ouvrir import reglages_de
from portail_famille.models.activites import Structure
from portail_famille.models.bd import BD, url_sqlite
from portail_famille.models.demarches import Demarche
from portail_famille.models.evenements import Evenement
from portail_famille.models.foyers import Enfant, Foyer
from portail_famille.services.acces import demander_lien
from tests.cli.conftest import SLUG, Commande
from tests.support.courriels import FacteurEssai, courriels_de, deposer_plusieurs, port_libre, serveur_smtp
from tests.support.factures import creer_facture
from tests.support.personnes import creer_parent

# The package shows the command under this name, not its module.
travailleur = importlib.import_module("portail_famille.cli.travailleur")


def brancher(instance: Path, port: int) -> BD:
    """Point the commune at a server of this machine."""
    fiche = instance / SLUG / "commune.toml"
    texte = re.sub(r"(?m)^port = .*$", f"port = {port}", fiche.read_text(encoding="utf-8"))
    fiche.write_text(re.sub(r"(?m)^securite = .*$", 'securite = "aucune"', texte), encoding="utf-8")
    return BD(url_sqlite(instance / SLUG / "portail.sqlite3"))


@pytest.mark.parametrize("choix", [("--commune", SLUG), ("--toutes",)])
def test_one_round_sends_what_is_due_and_says_so(commande: Commande, instance: Path, choix: tuple[str, ...]) -> None:
    facteur = FacteurEssai()
    with serveur_smtp(facteur) as port:
        bd = brancher(instance, port)
        deposer_plusieurs(bd, 3)
        resultat = commande("travailleur", *choix, "--une-fois")
        assert commande("travailleur", *choix, "--une-fois").exit_code == 0
    assert resultat.exit_code == 0
    assert resultat.stdout == "essai : 3 envoyé(s), 0 reporté(s), 0 abandonné(s).\n"
    assert len(facteur.enveloppes) == 3
    bd.fermer()


def test_one_round_without_a_server_fails_and_keeps_the_mails(commande: Commande, instance: Path) -> None:
    bd = brancher(instance, port_libre())
    deposer_plusieurs(bd, 1)
    resultat = commande("travailleur", "--commune", SLUG, "--une-fois")
    assert resultat.exit_code == 1
    assert "injoignable" in resultat.stderr
    assert [(c.etat, c.tentatives) for c in courriels_de(bd)] == [("a_envoyer", 0)]
    bd.fermer()


@pytest.mark.parametrize("arguments", [(), ("--toutes", "--commune", SLUG)])
def test_one_commune_or_all_of_them_must_be_chosen(commande: Commande, arguments: tuple[str, ...]) -> None:
    assert commande("travailleur", *arguments).exit_code == 2


def test_one_round_answers_the_forgotten_passwords_too(commande: Commande, instance: Path) -> None:
    facteur = FacteurEssai()
    with serveur_smtp(facteur) as port:
        bd = brancher(instance, port)
        with bd.session_ecriture() as session:
            creer_parent(session)
            demander_lien(session, "camille.morel", datetime.now(UTC))
        resultat = commande("travailleur", "--commune", SLUG, "--une-fois")
    assert resultat.stdout == "essai : 1 envoyé(s), 0 reporté(s), 0 abandonné(s).\n"
    assert [mail.destinataire for mail in courriels_de(bd)] == ["camille@courriel.example"]
    bd.fermer()


def test_one_round_writes_the_school_that_was_accepted_for_a_year_that_has_begun(
    commande: Commande, instance: Path
) -> None:
    hier = datetime.now(UTC)
    with serveur_smtp(FacteurEssai()) as port:
        bd = brancher(instance, port)
        with bd.session_ecriture() as session:
            ecole, enfant = (
                Structure(code="ecole-neuve"),
                Enfant(prenom="Zoé", nom="Petit", naissance=date(2021, 8, 14)),
            )
            session.add_all((ecole, enfant))
            session.flush()
            ids = ecole.id, enfant.id
            session.add(
                Demarche(
                    numero="D2026-000001",
                    genre="scolaire",
                    etat="acceptee",
                    enfant_id=enfant.id,
                    avant={},
                    contenu={"rentree": "2020-09-01", "decision": {"ecole": "ecole-neuve", "classe": "CP"}},
                    deposee_utc=hier,
                    modifiee_utc=hier,
                    decidee_utc=hier,
                )
            )
        assert commande("travailleur", "--commune", SLUG, "--une-fois").exit_code == 0
    with bd.session_lecture() as session:
        lu = session.get_one(Enfant, ids[1])
        assert (lu.structure_id, lu.classe) == (ids[0], "CP")
    bd.fermer()


def test_a_task_that_fails_keeps_neither_the_mails_nor_the_other_tasks(
    commande: Commande, instance: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    facteur, faits = FacteurEssai(), []

    def echouer(*_: object) -> int:
        raise OSError("adresse de Camille")

    def compter(*_: object) -> int:
        faits.append("fait")
        return 0

    monkeypatch.setattr(travailleur, "RAPPELS", (echouer, compter))
    monkeypatch.setattr(travailleur, "fabriquer_dues", echouer)
    with serveur_smtp(facteur) as port:
        bd = brancher(instance, port)
        deposer_plusieurs(bd, 2)
        assert commande("travailleur", "--commune", SLUG, "--une-fois").exit_code == 0
    assert len(facteur.enveloppes) == 2
    assert faits == ["fait"]
    assert "OSError" in caplog.text
    assert "Camille" not in caplog.text
    bd.fermer()


def test_what_failed_is_tried_again_later_and_what_is_done_is_not(
    instance: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    essais: list[str] = []

    def echouer(*_: object) -> int:
        essais.append("essai")
        if len(essais) == 1:
            raise OSError
        return 0

    monkeypatch.setattr(travailleur, "RAPPELS", (echouer,))
    brancher(instance, port_libre()).fermer()
    tournees = travailleur.Tournees(reglages_de(SLUG))
    for attendus in (1, 1):
        tournees.passer(lambda: True)
        assert len(essais) == attendus
    monkeypatch.setattr(travailleur, "REPRISE_SECONDES", 0.0)
    tournees._reprises.clear()
    for _ in range(2):
        tournees.passer(lambda: True)
    assert len(essais) == 2
    tournees.fermer()


def test_a_round_tells_the_families_of_an_evenement(commande: Commande, instance: Path) -> None:
    """Here it cancelled nothing: the round finds nobody to tell and does not ask again."""
    with serveur_smtp(FacteurEssai()) as port:
        bd = brancher(instance, port)
        jour = datetime.now(UTC).date()
        contenu = {"jours": [jour.isoformat()], "structures": [], "unites": [], "classes": []}
        with bd.session_ecriture() as session:
            session.add(
                Evenement(
                    genre="greve",
                    motif="Grève",
                    du=jour,
                    au=jour,
                    contenu={**contenu, "a_dire": "annulation", "dits": 0},
                    cree_utc=datetime.now(UTC),
                )
            )
        assert commande("travailleur", "--commune", SLUG, "--une-fois").exit_code == 0
        with bd.session_lecture() as session:
            assert session.scalars(select(Evenement.contenu)).one()["a_dire"] == ""
        bd.fermer()


def test_a_round_tells_of_new_invoices_and_reminds_of_late_ones(commande: Commande, instance: Path) -> None:
    """The second round finds both done."""
    maintenant = datetime.now(UTC)
    with (instance / SLUG / "commune.toml").open("a", encoding="utf-8") as reglages:
        reglages.write('\n[regies.enfance]\nnom = "Enfance"\nserie = "EE"\n')
    with serveur_smtp(FacteurEssai()) as port:
        bd = brancher(instance, port)
        with bd.session_ecriture() as session:
            creer_parent(session)
            foyer_id = session.scalars(select(Foyer.id)).one()
            jour = maintenant.date()
            creer_facture(session, foyer_id, emise_le=jour, echeance=jour + timedelta(days=20))
            creer_facture(
                session,
                foyer_id,
                numero="2026-EE-000002",
                emise_le=jour - timedelta(days=60),
                echeance=jour - timedelta(days=30),
                annoncee_utc=maintenant - timedelta(days=59),
            )
        assert commande("travailleur", "--commune", SLUG, "--une-fois").stdout.startswith("essai : 2 envoyé(s)")
        assert commande("travailleur", "--commune", SLUG, "--une-fois").stdout.startswith("essai : 0 envoyé(s)")
    assert sorted(mail.objet for mail in courriels_de(bd)) == [
        "Une facture est disponible",
        "Une facture reste à régler",
    ]
    bd.fermer()
