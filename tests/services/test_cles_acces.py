"""Passkeys: where they can be, and a counter that only goes forward."""

import pytest
from sqlalchemy import select

from portail_famille.models.bd import BD
from portail_famille.models.comptes import CleAcces
from portail_famille.services import cles_acces
from portail_famille.services.cles_acces import CleReconnue, Portail
from tests.support.authentificateur import Authentificateur
from tests.support.personnes import creer_parent
from tests.support.temps import MERCREDI_SOIR

CLE = "clé des tests, sans valeur ailleurs : 0123456789"
PORTAIL = Portail.de("http://localhost/saint-rivage", "Saint-Rivage")


@pytest.mark.parametrize(
    ("url", "possible"),
    [
        ("https://famille.exemple.fr/ville", True),
        ("http://famille.exemple.fr/ville", False),
        ("http://localhost:8000/ville", True),
        ("http://127.0.0.1:8000/ville", False),
        ("https://192.0.2.7/ville", False),
        ("https://[2001:db8::1]/ville", False),
    ],
)
def test_browsers_want_a_name_and_https(url: str, possible: bool) -> None:
    assert Portail.de(url, "Ville").accepte_les_cles is possible


def test_the_origin_keeps_its_port_and_the_host_does_not() -> None:
    portail = Portail.de("http://localhost:8000/ville", "Ville")
    assert (portail.hote, portail.origine) == ("localhost", "http://localhost:8000")


def enregistrer(bd: BD, cle: Authentificateur) -> int:
    with bd.session_ecriture() as session:
        compte_id = creer_parent(session).id
        defi = cles_acces.defi_de_creation(session, compte_id, PORTAIL, CLE)
        cles_acces.ajouter_cle(session, compte_id, cle.creer(defi.options), defi.octets, "Clé", PORTAIL, MERCREDI_SOIR)
        return compte_id


def test_a_key_is_recognised_whoever_asks(bd: BD) -> None:
    cle = Authentificateur(compteur=1)
    compte_id = enregistrer(bd, cle)
    defi = cles_acces.defi_de_connexion(PORTAIL)
    with bd.session_lecture() as session:
        reconnue = cles_acces.reconnaitre_cle(session, cle.signer(defi.options), defi.octets, PORTAIL, CLE)
    assert reconnue is not None
    assert (reconnue.compte_id, reconnue.compteur) == (compte_id, 2)
    with bd.session_ecriture() as session:
        assert cles_acces.noter_usage(session, reconnue, MERCREDI_SOIR)
        assert not cles_acces.noter_usage(session, reconnue, MERCREDI_SOIR), "the same step by a copy"
        assert session.scalars(select(CleAcces.utilisee_utc)).one() == MERCREDI_SOIR


def test_a_key_kept_in_a_cloud_never_counts(bd: BD) -> None:
    enregistrer(bd, Authentificateur())
    with bd.session_ecriture() as session:
        ligne = session.scalars(select(CleAcces)).one()
        nulle = CleReconnue(ligne.id, ligne.compte_id, 0)
        assert cles_acces.noter_usage(session, nulle, MERCREDI_SOIR)
        assert cles_acces.noter_usage(session, nulle, MERCREDI_SOIR)


def test_a_key_removed_meanwhile_opens_nothing(bd: BD) -> None:
    compte_id = enregistrer(bd, Authentificateur())
    with bd.session_ecriture() as session:
        cle_id = session.scalars(select(CleAcces.id)).one()
        assert cles_acces.retirer_cle(session, compte_id, cle_id)
        assert not cles_acces.noter_usage(session, CleReconnue(cle_id, compte_id, 0), MERCREDI_SOIR)


def test_another_town_s_secret_gives_another_handle(bd: BD) -> None:
    """Towns share one host: a key of one, shown to the other, says nothing about who holds it there."""
    cle = Authentificateur()
    enregistrer(bd, cle)
    defi = cles_acces.defi_de_connexion(PORTAIL)
    reponse = cle.signer(defi.options)
    with bd.session_lecture() as session:
        assert cles_acces.reconnaitre_cle(session, reponse, defi.octets, PORTAIL, CLE + "autre") is None
