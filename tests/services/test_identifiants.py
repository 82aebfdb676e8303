"""Login name and address changed: by whom, with whose consent, and what the journals keep."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portail_famille.config import ReglagesCommune
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.models.bd import BD
from portail_famille.models.comptes import Compte
from portail_famille.models.foyers import Personne
from portail_famille.models.journal import ActeJournal
from portail_famille.models.suivi import EvenementSecurite
from portail_famille.services import acces, identifiants, jetons
from portail_famille.services.jetons import JetonRefuse
from tests.support.courriels import courriels_de
from tests.support.personnes import creer_parent
from tests.support.temps import MERCREDI_SOIR

ANCIENNE, NOUVELLE = "camille@courriel.example", "camille.morel+famille@exemple.fr"


@pytest.fixture
def compte(bd: BD) -> int:
    with bd.session_ecriture() as session:
        return creer_parent(session).id


def changer(bd: BD, reglages: ReglagesCommune, compte: int, saisie: str) -> str:
    with bd.session_ecriture() as session:
        return identifiants.changer_identifiant(session, compte, saisie, MERCREDI_SOIR, reglages)


def demander(
    bd: BD, reglages: ReglagesCommune, compte: int, saisie: str = NOUVELLE, apres: timedelta = timedelta(0)
) -> dict[str, str]:
    """The change asked for; the links by purpose."""
    avant = len(courriels_de(bd))
    with bd.session_ecriture() as session:
        identifiants.demander_adresse(session, compte, saisie, MERCREDI_SOIR + apres, reglages)
    textes = [mail.corps_texte for mail in courriels_de(bd)[avant:]]
    return dict(lien for texte in textes for lien in re.findall(r"/(adresse_\w+)/(\S+)", texte))


def confirmer(bd: BD, reglages: ReglagesCommune, genre: str, jeton: str) -> bool:
    with bd.session_ecriture() as session:
        ligne = jetons.lire_jeton(session, jeton, genre, MERCREDI_SOIR, reglages)
        return identifiants.confirmer_adresse(session, ligne, MERCREDI_SOIR, reglages)


def courriel(bd: BD) -> str | None:
    with bd.session_lecture() as session:
        return session.scalars(select(Personne.courriel).order_by(Personne.id)).first()


def en_attente(bd: BD, compte: int) -> identifiants.AdresseEnAttente | None:
    with bd.session_lecture() as session:
        return identifiants.adresse_en_attente(session, compte, MERCREDI_SOIR)


def test_a_login_name_changes_and_both_journals_say_so(bd: BD, reglages: ReglagesCommune, compte: int) -> None:
    assert changer(bd, reglages, compte, " Famille.Morel ") == "famille.morel"
    with bd.session_lecture() as session:
        assert session.scalars(select(Compte.identifiant)).one() == "famille.morel"
        assert session.scalars(select(EvenementSecurite.genre)).one() == "identifiant_change"
        details = session.scalars(select(ActeJournal.details)).one()
    assert details == {"avant": "camille.morel", "apres": "famille.morel"}
    (mail,) = courriels_de(bd)
    assert "famille.morel" in mail.corps_texte


def test_the_same_login_name_changes_nothing(bd: BD, reglages: ReglagesCommune, compte: int) -> None:
    changer(bd, reglages, compte, "Camille.Morel")
    assert courriels_de(bd) == []


def test_a_login_name_already_taken_is_refused_and_nothing_changes(
    bd: BD, reglages: ReglagesCommune, compte: int
) -> None:
    with bd.session_ecriture() as session:
        creer_parent(session, "karim.haddad")
    with pytest.raises(RegleViolee) as refus:
        changer(bd, reglages, compte, "karim.haddad")
    assert (refus.value.code, refus.value.champ) == ("identifiant_pris", "identifiant")
    with bd.session_lecture() as session:
        assert sorted(session.scalars(select(Compte.identifiant))) == ["camille.morel", "karim.haddad"]


@pytest.mark.parametrize("ordre", [("adresse_ancienne", "adresse_nouvelle"), ("adresse_nouvelle", "adresse_ancienne")])
def test_an_address_changes_once_both_mailboxes_said_yes(
    bd: BD, reglages: ReglagesCommune, compte: int, ordre: tuple[str, str]
) -> None:
    liens = demander(bd, reglages, compte)
    assert [m.destinataire for m in courriels_de(bd)] == [NOUVELLE, ANCIENNE]
    assert not confirmer(bd, reglages, ordre[0], liens[ordre[0]])
    attente = en_attente(bd, compte)
    assert attente is not None
    assert (attente.ancienne, attente.nouvelle) == (ordre[0] == "adresse_ancienne", ordre[0] == "adresse_nouvelle")
    assert courriel(bd) == ANCIENNE
    assert confirmer(bd, reglages, ordre[1], liens[ordre[1]])
    assert (courriel(bd), en_attente(bd, compte)) == (NOUVELLE, None)


def test_both_mailboxes_at_once_make_one_change(bd: BD, reglages: ReglagesCommune, compte: int) -> None:
    liens = demander(bd, reglages, compte)
    with ThreadPoolExecutor(2) as fils:
        faits = list(fils.map(lambda lien: confirmer(bd, reglages, *lien), liens.items()))
    assert sorted(faits) == [False, True]
    assert courriel(bd) == NOUVELLE


def test_one_mailbox_twice_is_not_two(bd: BD, reglages: ReglagesCommune, compte: int) -> None:
    liens = demander(bd, reglages, compte)
    confirmer(bd, reglages, "adresse_nouvelle", liens["adresse_nouvelle"])
    with pytest.raises(JetonRefuse):
        confirmer(bd, reglages, "adresse_nouvelle", liens["adresse_nouvelle"])
    assert courriel(bd) == ANCIENNE


def test_the_halves_of_two_requests_do_not_make_a_whole(bd: BD, reglages: ReglagesCommune, compte: int) -> None:
    premiere = demander(bd, reglages, compte)
    confirmer(bd, reglages, "adresse_ancienne", premiere["adresse_ancienne"])
    seconde = demander(bd, reglages, compte, "voleur@exemple.fr", acces.INTERVALLE)
    assert not confirmer(bd, reglages, "adresse_nouvelle", seconde["adresse_nouvelle"])
    with pytest.raises(JetonRefuse):
        confirmer(bd, reglages, "adresse_nouvelle", premiere["adresse_nouvelle"])
    assert courriel(bd) == ANCIENNE


def test_without_an_old_address_the_new_one_is_enough(bd: BD, reglages: ReglagesCommune, compte: int) -> None:
    with bd.session_ecriture() as session:
        session.execute(update(Personne).values(courriel=None))
    liens = demander(bd, reglages, compte)
    assert set(liens) == {"adresse_nouvelle"}
    attente = en_attente(bd, compte)
    assert attente is not None
    assert attente.ancienne is None
    assert confirmer(bd, reglages, "adresse_nouvelle", liens["adresse_nouvelle"])
    assert courriel(bd) == NOUVELLE


def test_a_change_taken_back_is_dead(bd: BD, reglages: ReglagesCommune, compte: int) -> None:
    liens = demander(bd, reglages, compte)
    with bd.session_ecriture() as session:
        identifiants.retirer_adresse(session, compte, MERCREDI_SOIR)
    assert en_attente(bd, compte) is None
    for genre, jeton in liens.items():
        with pytest.raises(JetonRefuse):
            confirmer(bd, reglages, genre, jeton)


def test_a_change_that_nobody_confirms_is_forgotten(bd: BD, reglages: ReglagesCommune, compte: int) -> None:
    demander(bd, reglages, compte)
    with bd.session_lecture() as session:
        assert identifiants.adresse_en_attente(session, compte, MERCREDI_SOIR + timedelta(hours=2)) is None


def test_an_address_changed_by_the_town_meanwhile_is_not_overwritten(
    bd: BD, reglages: ReglagesCommune, compte: int
) -> None:
    liens = demander(bd, reglages, compte)
    confirmer(bd, reglages, "adresse_ancienne", liens["adresse_ancienne"])
    with bd.session_ecriture() as session:
        session.execute(update(Personne).values(courriel="mairie@exemple.fr"))
    with pytest.raises(RegleViolee, match="entre-temps"):
        confirmer(bd, reglages, "adresse_nouvelle", liens["adresse_nouvelle"])
    assert courriel(bd) == "mairie@exemple.fr"


@pytest.mark.parametrize("saisie", [ANCIENNE.upper(), "zoé@exemple.fr", "camille", ""])
def test_an_address_that_is_none_or_the_same_is_refused(
    bd: BD, reglages: ReglagesCommune, compte: int, saisie: str
) -> None:
    with pytest.raises(RegleViolee) as refus, bd.session_ecriture() as session:
        identifiants.demander_adresse(session, compte, saisie, MERCREDI_SOIR, reglages)
    assert refus.value.champ == "courriel"


def refus_de_demander(bd: BD, reglages: ReglagesCommune, compte: int, saisie: str, apres: timedelta) -> str:
    with pytest.raises(RegleViolee) as refus:
        demander(bd, reglages, compte, saisie, apres)
    assert refus.value.champ == "courriel"
    return refus.value.code


def test_a_compte_writes_to_strangers_five_times_a_day_at_most(bd: BD, reglages: ReglagesCommune, compte: int) -> None:
    demander(bd, reglages, compte, "a0@exemple.fr")
    assert refus_de_demander(bd, reglages, compte, "b@exemple.fr", timedelta(minutes=4)) == "courriel_trop_tot"
    for rang in range(1, 5):
        demander(bd, reglages, compte, f"a{rang}@exemple.fr", rang * acces.INTERVALLE)
    assert refus_de_demander(bd, reglages, compte, "b@exemple.fr", timedelta(hours=20)) == "courriel_trop_tot"
    demander(bd, reglages, compte, "b@exemple.fr", timedelta(hours=24))


def test_a_mailbox_is_written_to_by_one_compte_at_a_time(bd: BD, reglages: ReglagesCommune, compte: int) -> None:
    with bd.session_ecriture() as session:
        autre = creer_parent(session, "karim.haddad").id
    demander(bd, reglages, compte)
    assert refus_de_demander(bd, reglages, autre, NOUVELLE, timedelta(minutes=4)) == "courriel_trop_tot"
    demander(bd, reglages, autre, NOUVELLE, acces.INTERVALLE)


def test_a_mailbox_not_yet_known_to_be_hers_is_not_called_by_her_name(
    bd: BD, reglages: ReglagesCommune, compte: int
) -> None:
    demander(bd, reglages, compte)
    nouvelle, ancienne = courriels_de(bd)
    for corps in (nouvelle.corps_texte, nouvelle.corps_html):
        assert "Bonjour," in corps
        assert "Camille" not in corps
    assert "Bonjour Camille," in ancienne.corps_texte
