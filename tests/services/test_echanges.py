"""A démarche as its family reads it, answers it, completes it, takes it back."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portail_famille.config import ReglagesCommune
from portail_famille.domain.demarches import Cote
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.models.courriels import Courriel
from portail_famille.models.demarches import Demarche, DemarcheEtape, DemarchePiece
from portail_famille.models.documents import Piece
from portail_famille.models.foyers import AutoriteParentale
from portail_famille.services import demarches, echanges, historique, reponses
from portail_famille.services.bureau import lire_demarche
from portail_famille.services.comptes import Acteur
from portail_famille.services.dossiers import jour_de
from portail_famille.services.echanges import DemarcheFamille
from portail_famille.services.genres import RETRAITS
from portail_famille.services.journal import Auteur
from portail_famille.services.perimetres import Perimetre
from portail_famille.services.suivi import noter_reponse_lue
from tests.services.test_visibilites import acteur
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import Village

AUJOURDHUI = jour_de(MERCREDI_SOIR)
PLUS_TARD = MERCREDI_SOIR + timedelta(hours=1)
AGENT = Auteur(Cote.AGENT)


@pytest.fixture
def camille(village: Village) -> Acteur:
    return acteur(village, "camille", "morel")


def deposer(village: Village, genre: str = "quotient", enfant: str = "", qui: str = "camille") -> str:
    with village.bd.session_ecriture() as session:
        return demarches.deposer(
            session,
            genre=genre,
            auteur=Auteur(Cote.FAMILLE, village.comptes[qui]),
            maintenant=MERCREDI_SOIR,
            contenu={},
            foyer_id=village.foyers["morel"],
            enfant_id=village.enfants[enfant] if enfant else None,
        ).numero


def cote_mairie(village: Village, numero: str, faire: Callable[[Session, Demarche], object]) -> None:
    with village.bd.session_ecriture() as session:
        faire(session, session.scalars(select(Demarche).where(Demarche.numero == numero)).one())


def piece(session: Session, village: Village, nom: str, **valeurs: object) -> int:
    ligne = Piece(
        **{"foyer_id": village.foyers["morel"], "deposee_par": village.comptes["camille"]} | valeurs,
        genre="attestation_caf", nom=nom, type_mime="application/pdf", taille=1, objet=nom, deposee_utc=MERCREDI_SOIR,
    )  # fmt: skip
    session.add(ligne)
    session.flush()
    return ligne.id


def lire(village: Village, qui: Acteur, numero: str) -> DemarcheFamille | None:
    with village.bd.session_lecture() as session:
        return echanges.lire(session, qui, AUJOURDHUI, numero)


def envoyer(
    village: Village, qui: Acteur, numero: str, texte: str = "Voici", cle: str = "cle-1", pieces: tuple[int, ...] = ()
) -> bool:
    with village.bd.session_ecriture() as session:
        demarche = echanges.trouver(session, qui, AUJOURDHUI, numero, verrou=True)
        assert demarche is not None
        return echanges.repondre(session, qui, demarche, texte, lambda _: pieces, cle, PLUS_TARD)


def test_the_family_reads_both_sides_and_never_the_notes(village: Village, camille: Acteur) -> None:
    numero = deposer(village)
    cote_mairie(
        village, numero, lambda s, d: demarches.ecrire(s, d, "À voir avec Paul", AGENT, PLUS_TARD, est_note=True)
    )
    cote_mairie(village, numero, lambda s, d: demarches.ecrire(s, d, "Bonjour", AGENT, PLUS_TARD))
    envoyer(village, acteur(village, "thomas", "morel"), numero, "Merci")
    lue = lire(village, camille, numero)
    assert lue is not None
    assert lue.est_non_lue
    assert [(e.genre, e.cote, e.qui, e.est_de_moi, e.texte) for e in lue.etapes] == [
        ("depot", "famille", "Camille", True, ""),
        ("message", "agent", "", False, "Bonjour"),
        ("message", "famille", "Thomas", False, "Merci"),
    ]


def test_an_answer_that_came_while_the_page_was_read_stays_new(village: Village, camille: Acteur) -> None:
    numero = deposer(village)
    ouverte = PLUS_TARD + timedelta(minutes=2)
    cote_mairie(village, numero, lambda s, d: demarches.ecrire(s, d, "Une", AGENT, PLUS_TARD))
    vue = lire(village, camille, numero)
    assert vue is not None
    cote_mairie(village, numero, lambda s, d: demarches.ecrire(s, d, "Deux", AGENT, PLUS_TARD + timedelta(minutes=1)))
    noter_reponse_lue(village.bd, vue.demarche.id, vue.demarche.reponse_utc, ouverte)
    relue = lire(village, camille, numero)
    assert relue is not None
    assert relue.est_non_lue
    noter_reponse_lue(village.bd, relue.demarche.id, relue.demarche.reponse_utc, ouverte)
    derniere = lire(village, camille, numero)
    assert derniere is not None
    assert not derniere.est_non_lue


def test_what_one_may_not_read_is_as_if_it_were_not(village: Village, camille: Acteur) -> None:
    numero = deposer(village, "question")
    assert lire(village, camille, numero) is not None
    for qui, foyer in (("thomas", "morel"), ("julien", "ferrand"), ("karim", "haddad")):
        assert lire(village, acteur(village, qui, foyer), numero) is None
    for faux in ("D2026-999999", "", "D2026-000001\x00", "d2026-000001", "D2026-0000011111111111"):
        assert lire(village, camille, faux) is None


def test_documents_are_with_their_message_and_opened_by_who_may(village: Village, camille: Acteur) -> None:
    numero = deposer(village)
    with village.bd.session_ecriture() as session:
        demarche = session.scalars(select(Demarche)).one()
        sien = piece(session, village, "avis.pdf", personne_id=camille.personne_id)
        commun = piece(session, village, "bail.pdf", est_du_foyer=True)
        demarches.joindre(session, demarche, [sien])
    envoyer(village, camille, numero, pieces=(commun,))
    for qui, lisibles in (("camille", [True, True]), ("thomas", [False, True])):
        lue = lire(village, acteur(village, qui, "morel"), numero)
        assert lue is not None
        assert [(p.nom, p.est_lisible) for p in (*lue.pieces, *lue.etapes[-1].pieces)] == [
            ("avis.pdf", lisibles[0]),
            ("bail.pdf", lisibles[1]),
        ]


def test_what_is_sent_while_the_town_waits_completes_the_request(village: Village, camille: Acteur) -> None:
    numero = deposer(village)
    avant = date(2026, 12, 12)
    cote_mairie(
        village, numero, lambda s, d: demarches.demander_complement(s, d, d.version, "Le RIB", avant, AGENT, PLUS_TARD)
    )
    envoyer(village, camille, numero)
    lue = lire(village, camille, numero)
    assert lue is not None
    assert (lue.demarche.etat, lue.demarche.complement_avant) == ("en_cours", None)
    assert [e.genre for e in lue.etapes] == ["depot", "complement", "reponse"]


def test_a_form_sent_twice_makes_one_message_and_keeps_its_documents_once(village: Village, camille: Acteur) -> None:
    numero = deposer(village)
    gardees: list[int] = []

    def garder(session: Session) -> list[int]:
        gardees.append(piece(session, village, f"photo-{len(gardees)}.jpg"))
        return gardees[-1:]

    def poster(_rang: int) -> bool:
        with village.bd.session_ecriture() as session:
            demarche = echanges.trouver(session, camille, AUJOURDHUI, numero, verrou=True)
            assert demarche is not None
            return echanges.repondre(session, camille, demarche, "Voici", garder, "une-clé", PLUS_TARD)

    with ThreadPoolExecutor(2) as ensemble:
        assert sorted(ensemble.map(poster, range(2))) == [False, True]
    assert not poster(2)
    assert envoyer(village, camille, numero, "Voici", "une autre clé")
    with village.bd.session_lecture() as session:
        assert session.scalar(select(func.count()).where(DemarcheEtape.genre == "message")) == 2
        assert session.scalar(select(func.count()).select_from(DemarchePiece)) == 1
    assert len(gardees) == 1


def test_a_closed_request_takes_no_message_and_cannot_be_taken_back(
    village: Village, camille: Acteur, reglages: ReglagesCommune
) -> None:
    numero = deposer(village)
    cote_mairie(village, numero, lambda s, d: demarches.refuser(s, d, d.version, "Non", AGENT, PLUS_TARD))
    with pytest.raises(RegleViolee, match="terminée"):
        envoyer(village, camille, numero)
    with pytest.raises(RegleViolee, match="terminée"):
        cote_mairie(village, numero, lambda s, d: echanges.annuler(s, camille, d, PLUS_TARD, reglages))
    lue = lire(village, camille, numero)
    assert lue is not None
    assert [e.genre for e in lue.etapes] == ["depot", "decision"]


def test_taken_back_it_gives_up_what_it_had_put_aside(
    village: Village, camille: Acteur, reglages: ReglagesCommune, monkeypatch: pytest.MonkeyPatch
) -> None:
    defaites: list[tuple[str, int | None]] = []
    monkeypatch.setitem(
        RETRAITS,
        "quotient",
        lambda _session, demarche, auteur, _quand: defaites.append((demarche.etat, auteur.compte_id)),
    )
    numero, autre = deposer(village), deposer(village, "absence", "noe")
    for lequel in (numero, autre):
        cote_mairie(village, lequel, lambda s, d: echanges.annuler(s, camille, d, PLUS_TARD, reglages))
    assert defaites == [("annulee", camille.compte_id)]
    with village.bd.session_lecture() as session:
        assert set(session.scalars(select(Demarche.etat))) == {"annulee"}
        # She did it herself.
        assert session.scalars(select(Courriel)).all() == []


def test_who_filed_it_is_told_when_another_adult_takes_it_back(
    village: Village, camille: Acteur, reglages: ReglagesCommune
) -> None:
    thomas = acteur(village, "thomas", "morel")
    numero = deposer(village)
    cote_mairie(village, numero, lambda s, d: echanges.annuler(s, thomas, d, PLUS_TARD, reglages))
    with village.bd.session_lecture() as session:
        mail = session.scalars(select(Courriel)).one()
    assert mail.destinataire == "camille@courriel.example"
    for corps in (mail.corps_texte, mail.corps_html):
        assert "thomas, de votre foyer, a annulé" in corps
        assert f"/demarches/{numero}" in corps


def test_the_same_key_on_another_request_is_another_message(village: Village, camille: Acteur) -> None:
    un, deux = deposer(village), deposer(village, "question")
    assert [envoyer(village, camille, numero) for numero in (un, deux, un)] == [True, True, False]
    with village.bd.session_lecture() as session:
        assert session.scalar(select(func.count()).where(DemarcheEtape.genre == "message")) == 2


def test_the_allocataire_number_is_for_who_gave_it(village: Village, camille: Acteur) -> None:
    with village.bd.session_ecriture() as session:
        numero = demarches.deposer(
            session, genre="quotient", auteur=Auteur(Cote.FAMILLE, camille.compte_id), maintenant=MERCREDI_SOIR,
            contenu={"valeur": 84_200, "allocataire": "1234567"}, foyer_id=village.foyers["morel"],
        ).numero  # fmt: skip
    for qui, attendu in (("camille", "1234567"), ("thomas", "se termine par 67")):
        lue = lire(village, acteur(village, qui, "morel"), numero)
        assert lue is not None
        assert lue.contenu == {"valeur": 84_200, "allocataire": attendu}


def test_a_document_is_about_what_the_request_is_about(village: Village, camille: Acteur) -> None:
    noe = village.enfants["noe"]
    attendus = {
        ("absence", "noe"): (noe, None),
        ("question", ""): (None, camille.personne_id),
        ("quotient", ""): (None, None),
    }
    for (genre, enfant), attendu in attendus.items():
        numero = deposer(village, genre, enfant)
        with village.bd.session_lecture() as session:
            demarche = session.scalars(select(Demarche).where(Demarche.numero == numero)).one()
            assert echanges.proprietaire(camille, demarche) == attendu


def test_authority_that_ended_closes_a_childs_request_to_who_did_not_file_it(village: Village, camille: Acteur) -> None:
    numero = deposer(village, "absence", "noe", qui="thomas")
    assert lire(village, camille, numero) is not None
    with village.bd.session_ecriture() as session:
        session.execute(update(AutoriteParentale).values(au=AUJOURDHUI - timedelta(days=1)))
    assert lire(village, camille, numero) is None
    assert lire(village, acteur(village, "thomas", "morel"), numero) is not None


def test_authority_that_ended_leaves_what_was_said_before_and_nothing_after(
    village: Village, camille: Acteur, reglages: ReglagesCommune
) -> None:
    """She filed it, the town answered once, a judge ended her authority that day, the town goes on."""
    numero = deposer(village, "absence", "noe")
    cote_mairie(village, numero, lambda s, d: demarches.ecrire(s, d, "Avant", AGENT, PLUS_TARD))
    demain = MERCREDI_SOIR + timedelta(days=1)
    apres = jour_de(demain)
    with village.bd.session_ecriture() as session:
        session.execute(
            update(AutoriteParentale).where(AutoriteParentale.personne_id == camille.personne_id).values(au=AUJOURDHUI)
        )
        demarche = session.scalars(select(Demarche)).one()
        demarche.contenu = {"decision": "secrète"}
        vue = lire_demarche(session, Perimetre(None, apres), numero)
        assert vue is not None
        reponses.ecrire_a_la_famille(session, vue, "Après", AGENT, demain, reglages)
        reponses.refuser_demarche(session, vue, demarche.version, "Parce que", AGENT, demain, reglages)
        assert session.scalars(select(Courriel)).all() == []
    with village.bd.session_lecture() as session:
        lue = echanges.lire(session, camille, apres, numero)
        assert lue is not None
        assert [e.texte for e in lue.etapes] == ["", "Avant"]
        assert (lue.est_arretee, lue.est_non_lue) == (True, False)
        d = lue.demarche
        assert (d.etat, d.motif, d.decidee_utc, d.reponse_utc, dict(lue.contenu)) == ("deposee", "", None, None, {})
        (ligne,) = historique.lister(session, camille, apres).entrees
        assert isinstance(ligne, historique.DemarcheListee)
        assert (ligne.etat, ligne.est_non_lue) == ("deposee", False)
        refusees = historique.lister(session, camille, apres, historique.Filtre(groupe="refusees"))
        assert (refusees.entrees, historique.en_suspens(session, camille, apres)) == ((), [])
        # Who keeps the authority, or reads it the last day, reads all of it.
        entiere = echanges.lire(session, camille, AUJOURDHUI, numero)
        assert entiere is not None
        assert [e.texte for e in entiere.etapes] == ["", "Avant", "Après", "Parce que"]
        thomas = echanges.lire(session, acteur(village, "thomas", "morel"), apres, numero)
        assert thomas is not None
        assert (len(thomas.etapes), thomas.est_arretee) == (4, False)
    with village.bd.session_ecriture() as session:
        assert echanges.trouver(session, camille, AUJOURDHUI, numero, verrou=True) is not None
        assert echanges.trouver(session, camille, apres, numero, verrou=True) is None
