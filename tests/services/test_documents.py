"""Documents kept for a foyer: room left, who finds them, what is left behind by a failure."""

from pathlib import Path

import pytest
from sqlalchemy import select

from portail_famille.domain.demarches import Cote
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.gateways.coffre import Coffre
from portail_famille.models.documents import Piece
from portail_famille.models.journal import ActeJournal
from portail_famille.services.demarches import deposer, retirer
from portail_famille.services.documents import (
    coffre_de,
    deposer_piece,
    lire_piece,
    pieces_de_l_enfant,
    retirer_piece,
)
from portail_famille.services.journal import Auteur
from tests.support.pieces import pdf, photo
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import Village

CLE = "une clé de test qui a plus de trente-deux caractères"


@pytest.fixture
def coffre(tmp_path: Path) -> Coffre:
    return coffre_de(tmp_path, CLE)


def auteur(village: Village) -> Auteur:
    return Auteur(Cote.FAMILLE, village.comptes["camille"])


def ranger(village: Village, coffre: Coffre, octets: bytes = b"", genre: str = "pai") -> int:
    with village.bd.session_ecriture() as session:
        return deposer_piece(
            session,
            coffre,
            octets=octets or photo(),
            nom="a.jpg",
            genre=genre,
            foyer_id=village.foyers["morel"],
            enfant_id=village.enfants["noe"],
            auteur=auteur(village),
            maintenant=MERCREDI_SOIR,
        ).id


def fichiers(tmp_path: Path) -> int:
    return sum(f.is_file() for f in (tmp_path / "coffre").rglob("*"))


def test_a_document_is_kept_encrypted_and_written_in_the_journal_without_its_name(
    village: Village, coffre: Coffre, tmp_path: Path
) -> None:
    piece_id = ranger(village, coffre, pdf())
    with village.bd.session_lecture() as session:
        piece = session.get_one(Piece, piece_id)
        assert lire_piece(coffre, piece).startswith(b"%PDF")
        assert piece.taille == len(lire_piece(coffre, piece))
        acte = session.scalars(select(ActeJournal)).one()
        assert (acte.action, acte.details) == ("piece_deposee", {"piece": piece_id, "genre": "pai"})
    assert fichiers(tmp_path) == 1


def test_an_unknown_kind_or_a_hostile_file_leaves_nothing_on_the_disk(
    village: Village, coffre: Coffre, tmp_path: Path
) -> None:
    for octets, genre in ((photo(), "selfie"), (b"<svg/>", "pai")):
        with pytest.raises(RegleViolee):
            ranger(village, coffre, octets, genre)
    assert fichiers(tmp_path) == 0


def test_a_full_foyer_is_told_and_nothing_stays_on_the_disk(
    village: Village, coffre: Coffre, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portail_famille.domain.pieces.PIECES_MAXIMALES", 2)
    ranger(village, coffre)
    seconde = ranger(village, coffre)
    with pytest.raises(RegleViolee, match="déjà 2 documents"):
        ranger(village, coffre)
    assert fichiers(tmp_path) == 2
    with village.bd.session_ecriture() as session:
        retirer_piece(session, session.get_one(Piece, seconde), auteur(village), MERCREDI_SOIR)
    ranger(village, coffre)


def test_a_document_that_a_request_waits_with_stays_until_it_is_withdrawn(village: Village, coffre: Coffre) -> None:
    piece_id = ranger(village, coffre)
    with village.bd.session_ecriture() as session:
        demarche = deposer(
            session,
            genre="sante",
            auteur=auteur(village),
            maintenant=MERCREDI_SOIR,
            contenu={"pai": True},
            foyer_id=village.foyers["morel"],
            enfant_id=village.enfants["noe"],
            pieces=[piece_id],
        )
        piece = session.get_one(Piece, piece_id)
        with pytest.raises(RegleViolee, match=demarche.numero):
            retirer_piece(session, piece, auteur(village), MERCREDI_SOIR)
        (lue,) = pieces_de_l_enfant(session, village.foyers["morel"], village.enfants["noe"])
        assert (lue.est_retirable, lue.est_acceptee) == (False, False)
        retirer(session, demarche, auteur(village), MERCREDI_SOIR)
        retirer_piece(session, piece, auteur(village), MERCREDI_SOIR)
        session.flush()
        assert pieces_de_l_enfant(session, village.foyers["morel"], village.enfants["noe"]) == []


def test_the_other_foyer_of_a_child_does_not_list_our_documents(village: Village, coffre: Coffre) -> None:
    with village.bd.session_ecriture() as session:
        deposer_piece(
            session,
            coffre,
            octets=photo(),
            nom="a.jpg",
            genre="jugement",
            foyer_id=village.foyers["morel"],
            enfant_id=village.enfants["lea"],
            auteur=auteur(village),
            maintenant=MERCREDI_SOIR,
        )
        assert len(pieces_de_l_enfant(session, village.foyers["morel"], village.enfants["lea"])) == 1
        assert pieces_de_l_enfant(session, village.foyers["ferrand"], village.enfants["lea"]) == []
