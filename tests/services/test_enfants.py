"""« Ajouter un enfant »: asked once, checked, then a child, its foyer and authority from today."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from portail_famille.domain.demarches import Cote
from portail_famille.domain.entourage import AjoutEnfant
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.models.demarches import Demarche
from portail_famille.models.documents import Piece
from portail_famille.models.foyers import AutoriteParentale, Enfant, Rattachement
from portail_famille.services import demarches
from portail_famille.services.enfants import (
    ajouts_en_attente,
    appliquer_ajout,
    demander_ajout,
    doublons_probables,
    rattacher_a,
)
from portail_famille.services.genres import APPLICATIONS
from portail_famille.services.journal import Auteur
from portail_famille.services.perimetres import Perimetre
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import Village

ZELIE = AjoutEnfant("Zélie", "Le Gall", date(2022, 3, 4), "parent", "ecole", "Petite section")
ZOE = AjoutEnfant("Zoé", "PETIT", date(2021, 8, 14), "parent")
LEA = AjoutEnfant("Léa", "FERRAND", date(2018, 4, 17), "responsable_legal")


def demander(
    village: Village, ajout: AjoutEnfant = ZELIE, qui: str = "camille", foyer: str = "morel", piece: int | None = None
) -> tuple[str, bool]:
    with village.bd.session_ecriture() as session:
        demarche, est_nouvelle = demander_ajout(
            session,
            foyer_id=village.foyers[foyer],
            ajout=ajout,
            est_en_mairie=piece is None,
            pieces=() if piece is None else (piece,),
            auteur=Auteur(Cote.FAMILLE, village.comptes[qui]),
            maintenant=MERCREDI_SOIR,
        )
        return demarche.numero, est_nouvelle


def accepter(village: Village, numero: str, enfant: str = "") -> int:
    with village.bd.session_ecriture() as session:
        demarche = session.scalars(select(Demarche).where(Demarche.numero == numero)).one()
        if enfant:
            rattacher_a(session, demarche, village.enfants[enfant], Perimetre(None, MERCREDI_SOIR.date()))
        agent = Auteur(Cote.AGENT, village.comptes["nadia"])
        demarches.accepter(session, demarche, demarche.version, agent, MERCREDI_SOIR, appliquer_ajout)
        assert demarche.enfant_id is not None
        return demarche.enfant_id


def test_the_desk_knows_what_accepting_does() -> None:
    assert APPLICATIONS["enfant"] is appliquer_ajout


def test_asked_again_or_written_otherwise_it_is_one_request(village: Village) -> None:
    numero, est_nouvelle = demander(village)
    assert est_nouvelle
    assert demander(village, replace(ZELIE, prenom="ZELIE", nom="Le-Gall")) == (numero, False)
    assert demander(village, replace(ZELIE, prenom="Zoé"))[1]


def test_two_sendings_at_once_make_one_request(village: Village) -> None:
    with ThreadPoolExecutor(3) as fils:
        faites = list(fils.map(lambda _: demander(village), range(3)))
    assert len({numero for numero, _ in faites}) == 1
    assert sum(est_nouvelle for _, est_nouvelle in faites) == 1


def test_a_child_of_the_foyer_is_not_asked_for(village: Village) -> None:
    with pytest.raises(RegleViolee, match="Noé est déjà dans votre foyer"):
        demander(village, AjoutEnfant("Noe", "Le Gall", date(2020, 9, 3), "parent"))


def test_accepting_makes_the_child_its_place_and_authority_from_today(village: Village) -> None:
    with village.bd.session_ecriture() as session:
        piece = Piece(
            foyer_id=village.foyers["morel"], genre="livret_famille", nom="l.jpg", type_mime="image/jpeg",
            taille=1, objet="0" * 40, deposee_utc=MERCREDI_SOIR,
        )  # fmt: skip
        session.add(piece)
        session.flush()
        piece_id = piece.id
    numero, _ = demander(village, piece=piece_id)
    zelie = accepter(village, numero)
    with village.bd.session_lecture() as session:
        enfant = session.get_one(Enfant, zelie)
        assert (enfant.prenom, enfant.nom, enfant.naissance) == ("Zélie", "Le Gall", date(2022, 3, 4))
        assert (enfant.structure_id, enfant.classe) == (village.regles.structure_ids["ecole"], "Petite section")
        lien = session.scalars(select(Rattachement).where(Rattachement.enfant_id == zelie)).one()
        assert lien.foyer_id == village.foyers["morel"]
        autorite = session.scalars(select(AutoriteParentale).where(AutoriteParentale.enfant_id == zelie)).one()
        assert (autorite.personne_id, autorite.du, autorite.au) == (
            village.personnes["camille"],
            date(2026, 12, 2),
            None,
        )
        assert session.get_one(Piece, piece_id).enfant_id == zelie
        assert ajouts_en_attente(session, village.foyers["morel"]) == []
        assert village.dossier(session).enfant(zelie).prenom == "Zélie"


def test_a_child_known_in_another_foyer_is_proposed_and_attached_not_doubled(village: Village) -> None:
    numero, _ = demander(village, ZOE, qui="karim", foyer="haddad")
    with village.bd.session_lecture() as session:
        contenu = session.scalars(select(Demarche.contenu).where(Demarche.numero == numero)).one()
        (doublon,) = doublons_probables(session, contenu)
    assert doublon.enfant_id == village.enfants["zoe"]
    assert [nom for _, nom in doublon.foyers] == ["Petit – Ferrand"]
    assert accepter(village, numero, "zoe") == village.enfants["zoe"]
    with village.bd.session_lecture() as session:
        assert village.dossier(session, "karim", "haddad").enfant(village.enfants["zoe"]).nom == "Petit"
        assert len(session.scalars(select(Enfant).where(Enfant.prenom == "Zoé")).all()) == 1


def test_a_child_never_gets_a_third_home(village: Village) -> None:
    numero, _ = demander(village, LEA, qui="karim", foyer="haddad")
    with pytest.raises(RegleViolee) as refus:
        accepter(village, numero, "lea")
    assert refus.value.code == "trop_de_foyers"


def test_only_a_probable_double_can_be_attached(village: Village) -> None:
    numero, _ = demander(village, LEA, qui="karim", foyer="haddad")
    with pytest.raises(RegleViolee) as refus:
        accepter(village, numero, "zoe")
    assert refus.value.code == "doublon_inconnu"


def test_a_child_added_meanwhile_by_the_other_parent_is_not_made_twice(village: Village) -> None:
    numero, _ = demander(village)
    with village.bd.session_ecriture() as session:
        enfant = Enfant(prenom="Zélie", nom="Le Gall", naissance=ZELIE.naissance)
        session.add(enfant)
        session.flush()
        session.add(Rattachement(foyer_id=village.foyers["morel"], enfant_id=enfant.id))
    with pytest.raises(RegleViolee) as refus:
        accepter(village, numero)
    assert refus.value.code == "enfant_connu"


def test_authority_already_held_is_not_given_twice(village: Village) -> None:
    """The father asks for the daughter he has with Nadia in his other foyer."""
    numero, _ = demander(village, ZOE, qui="julien", foyer="ferrand")
    accepter(village, numero, "zoe")
    with village.bd.session_lecture() as session:
        liens = session.scalars(
            select(AutoriteParentale).where(
                AutoriteParentale.enfant_id == village.enfants["zoe"],
                AutoriteParentale.personne_id == village.personnes["julien"],
            )
        ).all()
    assert len(liens) == 1
