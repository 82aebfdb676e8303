"""Answers of the desk: complement, message, note, charge, many at once; nothing private in a mail."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portail_famille.config import ReglagesCommune
from portail_famille.domain.demarches import Cote
from portail_famille.domain.droits import Attribution, Role
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.models.courriels import Courriel
from portail_famille.models.demarches import Demarche, DemarcheEtape
from portail_famille.models.foyers import Foyer
from portail_famille.services import genres, reponses
from portail_famille.services.agents import creer_agent
from portail_famille.services.bureau import DemarcheLue, lire_demarche
from portail_famille.services.demarches import deposer
from portail_famille.services.fil import autre_agent_dessus, lire_fil
from portail_famille.services.journal import Auteur
from portail_famille.services.perimetres import Perimetre
from portail_famille.services.reponses import EnLot
from portail_famille.services.suivi import noter_ouverture
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import Village

PARTOUT = Perimetre(None, date(2026, 12, 2))
SECRET = "Il manque la page 2 de votre avis d’imposition."


@pytest.fixture
def rose(village: Village) -> Auteur:
    return agent(village, "Rose")


def agent(village: Village, prenom: str, structure: str = "") -> Auteur:
    lieu = village.regles.structure_ids[structure] if structure else None
    with village.bd.session_ecriture() as session:
        attribution = Attribution(Role.INSTRUCTION, lieu)
        compte = creer_agent(session, prenom, "Dubois", f"{prenom}@mairie.example", [attribution], MERCREDI_SOIR)
        return Auteur(Cote.AGENT, compte.id)


def no(auteur: Auteur) -> int:
    assert auteur.compte_id is not None
    return auteur.compte_id


def demander(village: Village, foyer: str = "morel", qui: str = "camille", genre: str = "coordonnees") -> str:
    contenu: Mapping[str, Any] = {"foyer.adresse": "5 rue des Ormes"} if genre == "coordonnees" else {}
    with village.bd.session_ecriture() as session:
        return deposer(
            session,
            genre=genre,
            auteur=Auteur(Cote.FAMILLE, village.comptes[qui]),
            maintenant=MERCREDI_SOIR,
            avant={"foyer.adresse": ""} if genre == "coordonnees" else {},
            contenu=contenu,
            foyer_id=village.foyers[foyer],
        ).numero


def lire(session: Session, numero: str) -> DemarcheLue:
    lue = lire_demarche(session, PARTOUT, numero)
    assert lue is not None
    return lue


def mails(session: Session) -> list[Courriel]:
    return list(session.scalars(select(Courriel).order_by(Courriel.id)))


def test_a_complement_waits_for_the_family_and_its_mail_says_nothing_private(
    village: Village, rose: Auteur, reglages: ReglagesCommune
) -> None:
    numero = demander(village)
    with village.bd.session_ecriture() as session:
        avant = date(2026, 12, 17)
        reponses.demander_complement(session, lire(session, numero), 1, SECRET, avant, rose, MERCREDI_SOIR, reglages)
    with village.bd.session_lecture() as session:
        lue = lire(session, numero)
        assert (lue.demarche.etat, lue.demarche.complement_avant) == ("complement_demande", date(2026, 12, 17))
        assert [(e.genre, e.qui) for e in lire_fil(session, lue.demarche.id)][-1] == ("complement", "Rose Dubois")
        (mail,) = mails(session)
        assert mail.destinataire == "camille@courriel.example"
        assert "17 décembre 2026" in mail.corps_texte
        assert f"/demarches/{numero}" in mail.corps_texte
        assert "imposition" not in mail.corps_texte + mail.corps_html + mail.objet


@pytest.mark.parametrize("avant", [date(2026, 12, 2), date(2025, 1, 1), date(2028, 1, 1)])
def test_a_complement_is_asked_for_a_day_to_come(
    village: Village, rose: Auteur, reglages: ReglagesCommune, avant: date
) -> None:
    numero = demander(village)
    with village.bd.session_ecriture() as session, pytest.raises(RegleViolee) as refus:
        reponses.demander_complement(session, lire(session, numero), 1, SECRET, avant, rose, MERCREDI_SOIR, reglages)
    assert refus.value.champ == "avant"


def test_a_family_without_a_space_is_given_the_words_in_the_mail(
    village: Village, rose: Auteur, reglages: ReglagesCommune
) -> None:
    with village.bd.session_ecriture() as session:
        contenu = {"prenom": "Fatou", "nom": "Diop", "courriel": "fatou@courriel.example"}
        qui = Auteur(Cote.FAMILLE)
        numero = deposer(session, genre="espace", auteur=qui, maintenant=MERCREDI_SOIR, contenu=contenu).numero
        reponses.ecrire_a_la_famille(session, lire(session, numero), "Passez nous voir.", rose, MERCREDI_SOIR, reglages)
        (mail,) = mails(session)
    assert "Passez nous voir." in mail.corps_texte
    assert "/demarches/" not in mail.corps_texte


def test_why_a_request_is_refused_stays_behind_the_login(
    village: Village, rose: Auteur, reglages: ReglagesCommune
) -> None:
    numero = demander(village)
    with village.bd.session_ecriture() as session:
        reponses.refuser_demarche(session, lire(session, numero), 1, SECRET, rose, MERCREDI_SOIR, reglages)
        contenu = {"prenom": "Fatou", "nom": "Diop", "courriel": "fatou@courriel.example"}
        qui = Auteur(Cote.FAMILLE)
        autre = deposer(session, genre="espace", auteur=qui, maintenant=MERCREDI_SOIR, contenu=contenu).numero
        reponses.refuser_demarche(session, lire(session, autre), 1, "Déjà connue.", rose, MERCREDI_SOIR, reglages)
        connue, inconnue = mails(session)
        for corps in (connue.corps_texte, connue.corps_html):
            assert "imposition" not in corps
            assert f"/demarches/{numero}" in corps
            assert "contester" in corps
        for corps in (inconnue.corps_texte, inconnue.corps_html):
            # Of no space: she has nowhere else to read it.
            assert "Déjà connue." in corps
            assert "/demarches/" not in corps


def test_a_note_reaches_no_mailbox_and_words_go_with_an_acceptance(
    village: Village, rose: Auteur, reglages: ReglagesCommune
) -> None:
    numero = demander(village)
    with village.bd.session_ecriture() as session:
        reponses.noter(session, lire(session, numero), "Vue au guichet.", rose, MERCREDI_SOIR)
        assert mails(session) == []
        with pytest.raises(RegleViolee):
            reponses.noter(session, lire(session, numero), " ", rose, MERCREDI_SOIR)
        lue = lire(session, numero)
        reponses.accepter_demarche(session, lue, 1, rose, MERCREDI_SOIR, reglages, texte=SECRET)
        (mail,) = mails(session)
        assert "y a joint un message" in mail.corps_texte
        assert "imposition" not in mail.corps_texte + mail.corps_html
        fil = lire_fil(session, lue.demarche.id)
    assert [(e.genre, e.texte) for e in fil][1:] == [("note", "Vue au guichet."), ("decision", SECRET)]


def test_a_question_is_not_closed_without_an_answer(village: Village, rose: Auteur, reglages: ReglagesCommune) -> None:
    muette, ecrite = demander(village, genre="question"), demander(village, genre="question")
    with village.bd.session_ecriture() as session:
        with pytest.raises(RegleViolee) as refus:
            reponses.accepter_demarche(session, lire(session, muette), 1, rose, MERCREDI_SOIR, reglages, texte=" ")
        assert refus.value.champ == "mots"
        reponses.accepter_demarche(session, lire(session, muette), 1, rose, MERCREDI_SOIR, reglages, texte="Oui.")
        reponses.ecrire_a_la_famille(session, lire(session, ecrite), "Oui.", rose, MERCREDI_SOIR, reglages)
        reponses.accepter_demarche(session, lire(session, ecrite), 1, rose, MERCREDI_SOIR, reglages)
        assert {lire(session, numero).demarche.etat for numero in (muette, ecrite)} == {"acceptee"}


def test_what_the_agent_filled_in_is_kept_before_it_is_applied(
    village: Village, rose: Auteur, reglages: ReglagesCommune, monkeypatch: pytest.MonkeyPatch
) -> None:
    numero, vues = demander(village), []
    monkeypatch.setitem(genres.DECISIONS, "coordonnees", lambda s, d, saisie, r, m: {"du": saisie["du"]})
    monkeypatch.setitem(genres.APPLICATIONS, "coordonnees", lambda s, d, a, m: vues.append(d.contenu["decision"]))
    with village.bd.session_ecriture() as session:
        lue, saisie = lire(session, numero), {"du": "2026-12-01"}
        reponses.accepter_demarche(session, lue, 1, rose, MERCREDI_SOIR, reglages, saisie=saisie)
    assert vues == [{"du": "2026-12-01"}]
    with village.bd.session_lecture() as session:
        assert lire(session, numero).demarche.contenu["decision"] == {"du": "2026-12-01"}


def test_a_request_is_taken_then_handed_over_to_who_works_on_that_family(village: Village, rose: Auteur) -> None:
    numero, ines = demander(village, "haddad", "karim"), agent(village, "Ines", "creche")
    lea = agent(village, "Lea", "ecole")
    with village.bd.session_ecriture() as session:
        reponses.confier(session, lire(session, numero), 1, no(rose), rose, MERCREDI_SOIR)
        assert lire(session, numero).demarche.etat == "en_cours"
        with pytest.raises(RegleViolee) as refus:
            reponses.confier(session, lire(session, numero), 2, no(ines), rose, MERCREDI_SOIR)
        assert refus.value.champ == "assignee", "the crèche receives no child of theirs"
        with pytest.raises(RegleViolee):
            reponses.confier(session, lire(session, numero), 2, village.comptes["karim"], rose, MERCREDI_SOIR)
        with pytest.raises(RegleViolee) as tard:
            reponses.confier(session, lire(session, numero), 1, no(lea), rose, MERCREDI_SOIR)
        assert tard.value.code == "demarche_changee"
        reponses.confier(session, lire(session, numero), 2, no(lea), rose, MERCREDI_SOIR)
        lue = lire(session, numero)
        assert (lue.listee.assignee, lue.demarche.version) == ("Lea Dubois", 3)
        assert lire_fil(session, lue.demarche.id)[-1].texte == "Confiée à Lea Dubois."


def test_the_next_agent_who_opens_it_is_told_for_ten_minutes(village: Village, rose: Auteur) -> None:
    numero, lea = demander(village), agent(village, "Lea")
    with village.bd.session_lecture() as session:
        demarche = lire(session, numero).demarche
    noter_ouverture(village.bd, no(rose), demarche.numero, demarche.foyer_id, MERCREDI_SOIR)
    plus_tard = MERCREDI_SOIR + timedelta(minutes=5)
    noter_ouverture(village.bd, no(lea), demarche.numero, demarche.foyer_id, plus_tard)
    with village.bd.session_lecture() as session:
        demarche = lire(session, numero).demarche
    assert autre_agent_dessus(demarche, no(lea), plus_tard) == no(rose)
    assert autre_agent_dessus(demarche, no(rose), plus_tard) is None
    assert autre_agent_dessus(demarche, no(lea), MERCREDI_SOIR + timedelta(minutes=10)) is None
    noter_ouverture(village.bd, no(lea), demarche.numero, demarche.foyer_id, MERCREDI_SOIR + timedelta(minutes=11))
    with village.bd.session_lecture() as session:
        assert lire(session, numero).demarche.ouverte_par == no(lea)


def test_each_of_a_batch_is_judged_by_itself(village: Village, rose: Auteur, reglages: ReglagesCommune) -> None:
    """Two accepted, one that no longer applies, one changed meanwhile, one that must be read, one of nobody's."""
    bonnes = [demander(village), demander(village, "ferrand", "julien")]
    perdue, changee = demander(village, "haddad", "karim"), demander(village, "petit", "nadia")
    a_lire = demander(village, genre="effacement")
    with village.bd.session_ecriture() as session:
        session.get_one(Foyer, village.foyers["haddad"]).adresse = "ailleurs"
    choisies = [(n, 1) for n in (bonnes[0], perdue, a_lire, "D2026-999999", bonnes[1])] + [(changee, 7)]
    with village.bd.session_ecriture() as session:
        faites = reponses.accepter_en_lot(session, PARTOUT, choisies, rose, MERCREDI_SOIR, reglages)
    assert [f.numero for f in faites if not f.raison] == bonnes
    assert all(f.raison for f in faites if f.numero not in bonnes)
    with village.bd.session_lecture() as session:
        etats = {d.numero: d.etat for d in session.scalars(select(Demarche))}
        assert {n for n, etat in etats.items() if etat == "acceptee"} == set(bonnes)
        assert len(mails(session)) == 2
        assert session.get_one(Foyer, village.foyers["haddad"]).adresse == "ailleurs"
        decisions = session.scalars(select(DemarcheEtape).where(DemarcheEtape.genre == "decision")).all()
        assert len(decisions) == 2, "nothing of the others is left behind"
    with village.bd.session_ecriture() as session:
        encore = reponses.accepter_en_lot(session, PARTOUT, [(bonnes[0], 1)], rose, MERCREDI_SOIR, reglages)
        assert encore == [EnLot(bonnes[0], "Cette demande est déjà terminée\u00a0: rien n’a été changé.")]
        assert len(mails(session)) == 2
