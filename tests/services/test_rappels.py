"""The mail that a document ends soon: to those who may read it, once, and never about health."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portail_famille.config import ReglagesCommune
from portail_famille.models.comptes import Compte
from portail_famille.models.courriels import Courriel
from portail_famille.models.documents import Piece
from portail_famille.models.foyers import Foyer
from portail_famille.services.rappels import rappeler
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import Village

AUJOURDHUI = MERCREDI_SOIR.date()


def dans(jours: int) -> date:
    return AUJOURDHUI + timedelta(days=jours)


def ranger(village: Village, fin: date | None, **valeurs: Any) -> int:
    with village.bd.session_ecriture() as session:
        rang = len(session.scalars(select(Piece.id)).all())
        piece = Piece(
            **{
                "foyer_id": village.foyers["morel"], "genre": "assurance", "nom": "Attestation secrète.pdf",
                "type_mime": "application/pdf", "taille": 9, "objet": f"{rang:040x}", "deposee_utc": MERCREDI_SOIR,
                "valable_jusqua": fin, "enfant_id": village.enfants["lea"],
            }
            | valeurs
        )  # fmt: skip
        session.add(piece)
        session.flush()
        return piece.id


def envoyer(village: Village, reglages: ReglagesCommune) -> list[tuple[str, str]]:
    """Mails written by the rounds of one day: to whom, and what."""
    while True:
        with village.bd.session_ecriture() as session:
            if not rappeler(session, reglages, MERCREDI_SOIR):
                break
    with village.bd.session_lecture() as session:
        lignes = session.execute(select(Courriel.destinataire, Courriel.corps_texte).order_by(Courriel.id))
        return [(qui.partition("@")[0], texte.replace("\u00a0", " ")) for qui, texte in lignes]


def test_who_may_read_a_document_is_told_once_that_it_ends(village: Village, reglages: ReglagesCommune) -> None:
    """Thomas is of the foyer and has no authority on Léa; Julien has, in another foyer."""
    ranger(village, dans(30))
    ranger(village, dans(0), enfant_id=None, est_du_foyer=True, genre="justificatif_domicile")
    ranger(village, dans(5), enfant_id=None, personne_id=village.personnes["thomas"], genre="avis_imposition")
    ranger(village, dans(5), enfant_id=None, deposee_par=village.comptes["camille"], genre="jugement")
    mails = dict(envoyer(village, reglages))
    lus = {
        qui: {mot for mot in ("assurance (Léa)", "domicile", "imposition", "Jugement") if mot in texte}
        for qui, texte in mails.items()
    }
    assert lus == {
        "camille": {"assurance (Léa)", "domicile", "Jugement"},
        "thomas": {"domicile", "imposition"},
    }
    assert "valable jusqu’au 1er janvier 2027" in mails["camille"]
    assert "http://localhost/saint-rivage/porte-documents" in mails["camille"]
    assert not any("secrète" in texte for texte in mails.values())
    assert len(envoyer(village, reglages)) == 2


def test_who_cannot_open_her_space_is_not_written_to(village: Village, reglages: ReglagesCommune) -> None:
    """A compte that nobody activated, one that was closed."""
    ranger(village, dans(30), enfant_id=None, est_du_foyer=True)
    with village.bd.session_ecriture() as session:
        session.get_one(Compte, village.comptes["camille"]).active_utc = None
        session.get_one(Compte, village.comptes["thomas"]).est_actif = False
    assert envoyer(village, reglages) == []


@pytest.mark.parametrize(
    "cas",
    [
        {"fin": dans(31)},
        {"fin": dans(-1)},
        {"fin": None},
        {"fin": dans(5), "retiree_utc": MERCREDI_SOIR},
        {"fin": dans(5), "rappelee_utc": MERCREDI_SOIR},
        {"fin": dans(5), "genre": "genre_disparu"},
    ],
)
def test_what_is_far_past_or_gone_is_not_told(village: Village, reglages: ReglagesCommune, cas: dict[str, Any]) -> None:
    ranger(village, **cas)
    assert envoyer(village, reglages) == []


def test_a_later_document_of_the_same_kind_and_owner_needs_no_reminder(
    village: Village, reglages: ReglagesCommune
) -> None:
    ranger(village, dans(5))
    ranger(village, dans(300), enfant_id=village.enfants["mia"])
    assert len(envoyer(village, reglages)) == 1
    ranger(village, dans(6), genre="vaccins")
    ranger(village, dans(300), genre="vaccins")
    assert len(envoyer(village, reglages)) == 1


def test_a_new_version_or_a_foyer_that_left_is_not_told(village: Village, reglages: ReglagesCommune) -> None:
    nouvelle = ranger(village, None, genre="rib")
    ranger(village, dans(5), remplacee_par=nouvelle)
    ranger(village, dans(5), foyer_id=village.foyers["haddad"], enfant_id=village.enfants["yanis"])
    with village.bd.session_ecriture() as session:
        session.get_one(Foyer, village.foyers["haddad"]).parti_le = AUJOURDHUI
    assert envoyer(village, reglages) == []


def test_a_mail_does_not_say_that_a_document_is_about_health(village: Village, reglages: ReglagesCommune) -> None:
    ranger(village, dans(5), genre="pai")
    ((_, texte),) = envoyer(village, reglages)
    assert "Un document (Léa)" in texte
    assert "PAI" not in texte
    assert "accueil individualisé" not in texte


def test_killed_before_the_end_nothing_is_told_and_all_is_told_later(
    village: Village, reglages: ReglagesCommune
) -> None:
    ranger(village, dans(5))
    with village.bd.ouvrir_ecriture() as session:
        assert rappeler(session, reglages, MERCREDI_SOIR) == 1
        session.rollback()
    assert len(envoyer(village, reglages)) == 1
