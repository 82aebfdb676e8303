"""A compte for each responsable, its activation mail, a forgotten password."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from portail_famille.config import ReglagesCommune
from portail_famille.domain.demarches import Cote
from portail_famille.models.bd import BD
from portail_famille.models.comptes import Compte, DemandeLien, JetonCompte, SessionCompte
from portail_famille.models.courriels import Courriel
from portail_famille.models.foyers import Foyer, Personne
from portail_famille.services import acces, comptes, jetons
from portail_famille.services.familles import fermer_compte, rouvrir_compte
from portail_famille.services.journal import Auteur
from tests.support.courriels import courriels_de
from tests.support.personnes import creer_parent
from tests.support.temps import MERCREDI_SOIR

OBJET_ACTIVATION = "Saint-Rivage – Création de votre espace personnel"
OBJET_OUBLI = "Saint-Rivage – Choisir un nouveau mot de passe"


def personne(bd: BD, courriel: str | None = "durand.simon@exemple.fr") -> int:
    with bd.session_ecriture() as session:
        ligne = Personne(prenom="Simon", nom="Durand", courriel=courriel)
        session.add(ligne)
        session.flush()
        return ligne.id


def ouvrir(bd: BD, personne_id: int) -> Compte:
    with bd.session_ecriture() as session:
        return acces.ouvrir_compte(session, personne_id, MERCREDI_SOIR)


def demander(bd: BD, reglages: ReglagesCommune, saisie: str, quand: datetime = MERCREDI_SOIR) -> list[Courriel]:
    """The request, then the worker's round; the mails it wrote."""
    avant = len(courriels_de(bd))
    with bd.session_ecriture() as session:
        acces.demander_lien(session, saisie, quand)
    with bd.session_ecriture() as session:
        acces.traiter_demandes(session, quand, reglages)
    return courriels_de(bd)[avant:]


def test_a_compte_is_named_after_the_address_and_has_no_password(bd: BD) -> None:
    compte = ouvrir(bd, personne(bd))
    assert (compte.identifiant, compte.empreinte_mot_de_passe, compte.active_utc) == ("durand.simon", "", None)


def test_a_couple_that_shares_a_mailbox_has_two_login_names(bd: BD) -> None:
    noms = [ouvrir(bd, personne(bd)).identifiant for _ in range(3)]
    assert noms == ["durand.simon", "durand.simon2", "durand.simon3"]


def test_opening_twice_gives_the_same_compte(bd: BD) -> None:
    qui = personne(bd)
    assert ouvrir(bd, qui).id == ouvrir(bd, qui).id


def test_a_person_without_an_address_gets_a_login_name_all_the_same(bd: BD) -> None:
    assert [ouvrir(bd, personne(bd, None)).identifiant for _ in range(2)] == ["parent", "parent2"]


def test_comptes_opened_at_once_take_different_names(bd: BD) -> None:
    personnes = [personne(bd) for _ in range(6)]
    with ThreadPoolExecutor(3) as fils:
        noms = list(fils.map(lambda qui: ouvrir(bd, qui).identifiant, personnes))
    assert len(set(noms)) == 6


def test_the_activation_mail_says_all_that_is_needed_and_no_password(bd: BD, reglages: ReglagesCommune) -> None:
    compte = ouvrir(bd, personne(bd))
    with bd.session_ecriture() as session:
        assert acces.envoyer_activation(session, compte.id, MERCREDI_SOIR, reglages)
    (mail,) = courriels_de(bd)
    assert (mail.destinataire, mail.objet) == ("durand.simon@exemple.fr", OBJET_ACTIVATION)
    lien = re.search(r"http://localhost/saint-rivage/activation/(\S+)", mail.corps_texte)
    assert lien
    for corps in (mail.corps_texte, mail.corps_html):
        assert lien[0] in corps
        assert "durand.simon" in corps
        assert "2 décembre 2026 à 18\u202fh\u202f00" in corps
        assert "1er janvier 2027" in corps
        assert re.search(r"\d{3}\u00a0\d{3}", corps)
    with bd.session_lecture() as session:
        assert jetons.lire_jeton(session, lien[1], "activation", MERCREDI_SOIR, reglages).compte_id == compte.id


@pytest.mark.parametrize("ecart", [{"active_utc": MERCREDI_SOIR}, {"est_actif": False}])
def test_no_activation_goes_to_a_compte_that_is_active_or_closed(
    bd: BD, reglages: ReglagesCommune, ecart: dict[str, object]
) -> None:
    compte = ouvrir(bd, personne(bd))
    with bd.session_ecriture() as session:
        session.execute(update(Compte).values(**ecart))
        assert not acces.envoyer_activation(session, compte.id, MERCREDI_SOIR, reglages)
    assert courriels_de(bd) == []


def test_no_activation_goes_to_nowhere(bd: BD, reglages: ReglagesCommune) -> None:
    compte = ouvrir(bd, personne(bd, None))
    with bd.session_ecriture() as session:
        assert not acces.envoyer_activation(session, compte.id, MERCREDI_SOIR, reglages)


@pytest.mark.parametrize("saisie", ["camille.morel", " CAMILLE.Morel ", "Camille@Courriel.example"])
def test_a_forgotten_password_is_asked_for_by_name_or_address(bd: BD, reglages: ReglagesCommune, saisie: str) -> None:
    with bd.session_ecriture() as session:
        creer_parent(session)
    (mail,) = demander(bd, reglages, saisie)
    assert (mail.objet, mail.destinataire) == (OBJET_OUBLI, "camille@courriel.example")
    assert "http://localhost/saint-rivage/mot-de-passe/nouveau/" in mail.corps_texte


def test_an_address_of_two_comptes_gets_a_mail_for_each(bd: BD, reglages: ReglagesCommune) -> None:
    with bd.session_ecriture() as session:
        creer_parent(session)
        creer_parent(session, "simon.morel")
    mails = demander(bd, reglages, "camille@courriel.example")
    trouves = [
        nom
        for nom in ("camille.morel", "simon.morel")
        for mail in mails
        if f": {nom}\n" in mail.corps_texte.replace("\u00a0", " ")
    ]
    assert (len(mails), trouves) == (2, ["camille.morel", "simon.morel"])


def test_an_accented_domain_is_found_as_it_is_typed(bd: BD, reglages: ReglagesCommune) -> None:
    with bd.session_ecriture() as session:
        creer_parent(session, courriel="zoe@xn--exmple-cua.fr")
    assert len(demander(bd, reglages, "Zoe@Exämple.fr")) == 1


def test_a_compte_never_activated_gets_its_activation_again(bd: BD, reglages: ReglagesCommune) -> None:
    ouvrir(bd, personne(bd))
    (mail,) = demander(bd, reglages, "durand.simon")
    assert mail.objet == OBJET_ACTIVATION


@pytest.mark.parametrize("saisie", ["personne", "personne@exemple.fr", "", "@", "x" * 400])
def test_a_name_of_nobody_gets_nothing(bd: BD, reglages: ReglagesCommune, saisie: str) -> None:
    with bd.session_ecriture() as session:
        creer_parent(session)
    assert demander(bd, reglages, saisie) == []


def test_a_closed_compte_gets_nothing(bd: BD, reglages: ReglagesCommune) -> None:
    with bd.session_ecriture() as session:
        creer_parent(session, est_actif=False)
    assert demander(bd, reglages, "camille.morel") == []


def test_nobody_can_fill_a_mailbox(bd: BD, reglages: ReglagesCommune) -> None:
    with bd.session_ecriture() as session:
        creer_parent(session)
    minutes = (0, 1, 4, 5, 6, 11, 20, 30, 60, 120, 24 * 60 + 1)
    envois = [len(demander(bd, reglages, "camille.morel", MERCREDI_SOIR + timedelta(minutes=m))) for m in minutes]
    assert envois == [1, 0, 0, 1, 0, 1, 1, 1, 0, 0, 1]


def test_who_uses_up_the_mails_of_the_day_keeps_nobody_out(bd: BD, reglages: ReglagesCommune) -> None:
    with bd.session_ecriture() as session:
        creer_parent(session)
    mails = [demander(bd, reglages, "camille.morel", MERCREDI_SOIR + timedelta(minutes=6 * rang)) for rang in range(9)]
    ecrits = [mail.corps_texte for envoi in mails for mail in envoi]
    assert ["C’est le dernier que nous envoyons" in ecrit for ecrit in ecrits] == [False] * 4 + [True]
    lien = re.search(r"/mot-de-passe/nouveau/(\S+)", ecrits[-1])
    assert lien
    demain = MERCREDI_SOIR + timedelta(hours=24)
    with bd.session_lecture() as session:
        assert jetons.lire_jeton(session, lien[1], acces.REINITIALISATION, demain, reglages)
    assert len(demander(bd, reglages, "camille.morel", demain)) == 1, "until another may go"


def test_a_link_opened_before_the_compte_was_closed_chooses_no_password(bd: BD, reglages: ReglagesCommune) -> None:
    with bd.session_ecriture() as session:
        compte_id = creer_parent(session).id
        cree = jetons.creer_jeton(session, acces.REINITIALISATION, MERCREDI_SOIR, reglages, compte_id=compte_id)
        session.execute(update(Compte).values(est_actif=False))
    with pytest.raises(jetons.JetonRefuse) as refus, bd.session_ecriture() as session:
        acces.choisir_mot_de_passe(session, cree.ligne, "empreinte", MERCREDI_SOIR, reglages)
    assert (refus.value.code, refus.value.compte_id) == ("compte_ferme", None)
    with bd.session_lecture() as session:
        assert session.scalars(select(Compte.empreinte_mot_de_passe)).one() != "empreinte"
        assert session.scalars(select(JetonCompte.utilise_utc)).one() is None


def test_closing_a_compte_kills_its_links(bd: BD, reglages: ReglagesCommune) -> None:
    with bd.session_ecriture() as session:
        compte_id = creer_parent(session).id
        foyer_id = session.scalars(select(Foyer.id)).one()
        for genre in acces.TOUS_LES_LIENS:
            jetons.creer_jeton(session, genre, MERCREDI_SOIR, reglages, compte_id=compte_id, donnees={})
    auteur = Auteur(Cote.AGENT, compte_id)
    for geste in (fermer_compte, rouvrir_compte):
        with bd.session_ecriture() as session:
            geste(session, foyer_id, compte_id, auteur, MERCREDI_SOIR)
    with bd.session_lecture() as session:
        assert set(session.scalars(select(JetonCompte.utilise_utc))) == {MERCREDI_SOIR}, "opened again, they stay so"


def test_what_was_typed_is_forgotten_once_treated(bd: BD, reglages: ReglagesCommune) -> None:
    demander(bd, reglages, "camille.morel")
    with bd.session_lecture() as session:
        assert session.execute(select(DemandeLien.saisie, DemandeLien.traitee_utc)).one() == ("", MERCREDI_SOIR)
        assert not acces.a_des_demandes(session)


def test_a_request_is_treated_once_by_two_workers(bd: BD, reglages: ReglagesCommune) -> None:
    with bd.session_ecriture() as session:
        creer_parent(session)
        acces.demander_lien(session, "camille.morel", MERCREDI_SOIR)

    def tournee(_rang: int) -> int:
        with bd.session_ecriture() as session:
            return acces.traiter_demandes(session, MERCREDI_SOIR, reglages)

    with ThreadPoolExecutor(3) as fils:
        assert sum(fils.map(tournee, range(3))) == 1
    assert len(courriels_de(bd)) == 1


def test_a_new_password_closes_every_session_and_every_other_link(bd: BD, reglages: ReglagesCommune) -> None:
    with bd.session_ecriture() as session:
        compte = creer_parent(session)
        for _ in range(2):
            comptes.ouvrir_session(session, compte.id, MERCREDI_SOIR)
        cree = jetons.creer_jeton(session, acces.REINITIALISATION, MERCREDI_SOIR, reglages, compte_id=compte.id)
        jetons.creer_jeton(session, "adresse_nouvelle", MERCREDI_SOIR, reglages, compte_id=compte.id, donnees={})
    with bd.session_ecriture() as session:
        acces.choisir_mot_de_passe(session, cree.ligne, "empreinte", MERCREDI_SOIR, reglages)
    with bd.session_lecture() as session:
        assert session.scalars(select(SessionCompte.id).where(SessionCompte.fermee_utc.is_(None))).all() == []
        assert session.scalars(select(JetonCompte.id).where(JetonCompte.utilise_utc.is_(None))).all() == []
        assert session.scalars(select(Compte.empreinte_mot_de_passe)).one() == "empreinte"
    assert [mail.objet for mail in courriels_de(bd)] == ["Saint-Rivage – Votre mot de passe a été changé"]


def test_a_first_password_activates_and_sends_no_alarm(bd: BD, reglages: ReglagesCommune) -> None:
    compte = ouvrir(bd, personne(bd))
    with bd.session_ecriture() as session:
        cree = jetons.creer_jeton(session, acces.ACTIVATION, MERCREDI_SOIR, reglages, compte_id=compte.id)
        acces.choisir_mot_de_passe(session, cree.ligne, "empreinte", MERCREDI_SOIR, reglages)
    with bd.session_lecture() as session:
        assert session.scalars(select(Compte.active_utc)).one() == MERCREDI_SOIR
    assert courriels_de(bd) == []
