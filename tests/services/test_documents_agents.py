"""What an agent may open of a family's papers: what was sent to the town, and what looking after a child needs."""

from datetime import date

import pytest
from sqlalchemy.orm import Session

from portail_famille.domain.demarches import Cote
from portail_famille.models.documents import Piece
from portail_famille.services.demarches import deposer
from portail_famille.services.documents_agents import pieces_du_foyer, trouver_piece_agent
from portail_famille.services.journal import Auteur
from portail_famille.services.perimetres import Perimetre
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import Village

AUJOURDHUI = date(2026, 12, 2)
OUVERTE, DITE, CACHEE = "opened", "its kind said", "nowhere"
PROPRES = "camille"

# Kind, whose, sent about whom, then the town and the crèche: it has Mia, of the same family, not Noé.
TABLE = [
    ("avis_imposition", PROPRES, None, CACHEE, CACHEE),
    ("avis_imposition", PROPRES, "", OUVERTE, OUVERTE),
    ("justificatif_domicile", "", None, DITE, DITE),
    ("justificatif_domicile", "", "", OUVERTE, OUVERTE),
    ("justificatif_domicile", "", "noe", OUVERTE, DITE),
    ("courrier_mairie", "", None, OUVERTE, OUVERTE),
    ("jugement", "noe", None, DITE, DITE),
    ("jugement", "noe", "noe", OUVERTE, DITE),
    ("pai", "noe", None, OUVERTE, CACHEE),
    ("pai", "mia", None, OUVERTE, OUVERTE),
    ("pai", "noe", "", OUVERTE, CACHEE),
    ("justificatif_absence", "noe", None, DITE, CACHEE),
    ("justificatif_absence", "noe", "noe", OUVERTE, CACHEE),
]


@pytest.mark.parametrize(("genre", "a_qui", "envoyee", "mairie", "creche"), TABLE)
def test_an_agent_opens_what_was_sent_to_her_and_is_told_the_kind_of_the_rest(
    village: Village, genre: str, a_qui: str, envoyee: str | None, mairie: str, creche: str
) -> None:
    auteur = Auteur(Cote.FAMILLE, village.comptes["camille"])
    with village.bd.session_ecriture() as session:
        piece = Piece(
            foyer_id=village.foyers["morel"],
            enfant_id=village.enfants.get(a_qui),
            personne_id=village.personnes.get(a_qui),
            est_du_foyer=not a_qui,
            genre=genre,
            nom="Paie de Camille.pdf",
            type_mime="application/pdf",
            taille=1,
            objet="o",
            deposee_utc=MERCREDI_SOIR,
        )
        session.add(piece)
        session.flush()
        if envoyee is not None:
            deposer(
                session,
                genre="question",
                auteur=auteur,
                maintenant=MERCREDI_SOIR,
                contenu={},
                foyer_id=village.foyers["morel"],
                enfant_id=village.enfants.get(envoyee),
                pieces=[piece.id],
            )
        chez_eux = frozenset({village.regles.structure_ids["creche"]})
        for structures, attendu in ((None, mairie), (chez_eux, creche), (frozenset[int](), CACHEE)):
            assert _vue(session, piece, Perimetre(structures, AUJOURDHUI)) == attendu
        piece.retiree_utc = MERCREDI_SOIR
        session.flush()
        assert _vue(session, piece, Perimetre(None, AUJOURDHUI)) == CACHEE


def _vue(session: Session, piece: Piece, perimetre: Perimetre) -> str:
    est_ouverte = trouver_piece_agent(session, piece.id, perimetre) is not None
    listees = pieces_du_foyer(session, perimetre, piece.foyer_id)
    if perimetre.structures == frozenset():
        # A family's page is not opened at all from there.
        return OUVERTE if est_ouverte else CACHEE
    assert est_ouverte is any(ouverte for _, ouverte in listees)
    return OUVERTE if est_ouverte else DITE if listees else CACHEE
