"""The porte-documents: what may be joined to a request, by whom; what is replaced; what is the family's no longer."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from portail_famille.domain.demarches import Cote
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.pieces import GENRES_PIECES, GenrePiece, ReglesPieces
from portail_famille.gateways.coffre import Coffre, CoffreDisque
from portail_famille.models.documents import Piece
from portail_famille.services import porte_documents as services
from portail_famille.services.comptes import Acteur
from portail_famille.services.demarches import deposer
from portail_famille.services.documents import coffre_de, deposer_piece, entreposer, occupation
from portail_famille.services.documents_agents import trouver_piece_agent
from portail_famille.services.examen import DocumentSain
from portail_famille.services.journal import Auteur
from portail_famille.services.perimetres import Perimetre
from portail_famille.services.porte_documents import AQui, Description
from tests.support.pieces import ici, pdf
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import Village

AUJOURDHUI = MERCREDI_SOIR.date()
REGLES = ReglesPieces()


@pytest.fixture(autouse=True)
def _sans_enfant(monkeypatch: pytest.MonkeyPatch) -> None:
    ici(monkeypatch)


@pytest.fixture
def coffre(tmp_path: Path) -> Coffre:
    return coffre_de(tmp_path, "une clé de test qui a plus de trente-deux caractères")


def acteur(village: Village, qui: str, foyer: str = "morel") -> Acteur:
    return Acteur(village.comptes[qui], village.personnes[qui], qui, "", None, village.foyers[foyer], ())


def auteur(village: Village, qui: str = "camille") -> Auteur:
    return Auteur(Cote.FAMILLE, village.comptes[qui])


def ranger(village: Village, coffre: Coffre, **valeurs: Any) -> int:
    voulues: dict[str, Any] = {
        "genre": "assurance",
        "est_du_foyer": "enfant_id" not in valeurs and "personne_id" not in valeurs,
    } | valeurs
    with village.bd.session_ecriture() as session:
        return deposer_piece(
            session, coffre, octets=pdf(), nom="a.pdf", foyer_id=village.foyers["morel"], auteur=auteur(village),
            maintenant=MERCREDI_SOIR, **voulues,
        ).id  # fmt: skip


def test_what_may_be_joined_is_hers_of_that_kind_and_still_valid_latest_first(village: Village, coffre: Coffre) -> None:
    hier = AUJOURDHUI - timedelta(days=1)
    lea, noe = village.enfants["lea"], village.enfants["noe"]
    commun = ranger(village, coffre, valable_jusqua=AUJOURDHUI)
    ranger(village, coffre, valable_jusqua=hier)
    ranger(village, coffre, genre="rib")
    de_noe, de_lea = ranger(village, coffre, enfant_id=noe), ranger(village, coffre, enfant_id=lea)
    a_camille = ranger(village, coffre, personne_id=village.personnes["camille"])
    with village.bd.session_lecture() as session:

        def choix(qui: str, enfant_id: int | None = None, foyer: str = "morel") -> list[int]:
            lues = services.choisissables(session, acteur(village, qui, foyer), AUJOURDHUI, ["assurance"], enfant_id)
            return [lue.id for lue in lues]

        assert choix("camille") == [a_camille, de_lea, de_noe, commun]
        assert choix("camille", noe) == [a_camille, de_noe, commun]
        # Thomas is Noé's father and has no authority on Léa; Julien has, in another foyer.
        assert choix("thomas") == [de_noe, commun]
        assert choix("julien", foyer="ferrand") == []


def test_what_a_form_says_is_never_believed(village: Village, coffre: Coffre) -> None:
    """Another's document, an expired one, one that does not exist: none is joined, nor the good one beside it."""
    bonne = ranger(village, coffre)
    a_camille = ranger(village, coffre, personne_id=village.personnes["camille"])
    perimee = ranger(village, coffre, valable_jusqua=date(2026, 1, 1))
    with village.bd.session_lecture() as session:
        thomas = acteur(village, "thomas")
        assert [p.id for p in services.verifier_choix(session, thomas, AUJOURDHUI, [bonne, bonne])] == [bonne]
        assert services.verifier_choix(session, thomas, AUJOURDHUI, []) == []
        for mauvaise in (a_camille, perimee, 999_999):
            with pytest.raises(RegleViolee) as refus:
                services.verifier_choix(session, thomas, AUJOURDHUI, [bonne, mauvaise])
            assert refus.value.champ == "pieces"


def test_a_replaced_document_is_offered_no_more_and_leaves_its_room_when_nothing_uses_it(
    village: Village, coffre: Coffre
) -> None:
    """Room for one document and a half."""
    sain = DocumentSain(pdf(), "b.pdf", "application/pdf")
    regles = ReglesPieces(quota=len(sain.octets) * 3 // 2)
    libre = ranger(village, coffre)
    with village.bd.session_ecriture() as session:
        ancienne = session.get_one(Piece, libre)
        nouvelle = services.remplacer(
            session, ancienne, entreposer(coffre, sain), datee_du=None, valable_jusqua=None,
            regles=regles, auteur=auteur(village), maintenant=MERCREDI_SOIR,
        )  # fmt: skip
        session.flush()
        camille = acteur(village, "camille")
        offertes = services.choisissables(session, camille, AUJOURDHUI, ["assurance"])
        assert [p.id for p in offertes] == [nouvelle.id]
        assert services.trouver(session, camille, AUJOURDHUI, libre) is None
        assert occupation(session, village.foyers["morel"]) == (1, len(sain.octets))
        deposer(
            session, genre="question", auteur=auteur(village), maintenant=MERCREDI_SOIR, contenu={},
            foyer_id=village.foyers["morel"], pieces=[nouvelle.id],
        )  # fmt: skip
        with pytest.raises(RegleViolee, match="place"):
            services.remplacer(
                session, nouvelle, entreposer(coffre, sain), datee_du=None, valable_jusqua=None,
                regles=regles, auteur=auteur(village), maintenant=MERCREDI_SOIR,
            )  # fmt: skip


def test_what_an_agent_decided_on_says_the_same_for_ever(village: Village, coffre: Coffre) -> None:
    """The end of an accepted PAI is that of its document: the family does not move it."""
    piece_id = ranger(village, coffre, genre="pai", enfant_id=village.enfants["noe"], valable_jusqua=AUJOURDHUI)
    description = Description("pai", AQui(enfant_id=village.enfants["noe"]), None, AUJOURDHUI + timedelta(days=999))
    with village.bd.session_ecriture() as session:
        demarche = deposer(
            session, genre="sante", auteur=auteur(village), maintenant=MERCREDI_SOIR, contenu={},
            foyer_id=village.foyers["morel"], pieces=[piece_id],
        )  # fmt: skip
        for etat, est_figee in (("deposee", True), ("acceptee", True), ("refusee", False)):
            demarche.etat = etat
            session.flush()
            trouvee = services.trouver(session, acteur(village, "camille"), AUJOURDHUI, piece_id)
            assert trouvee is not None
            piece, lue = trouvee
            assert lue.est_figee is est_figee
            if est_figee:
                with pytest.raises(RegleViolee, match="seul son nom"):
                    services.decrire(session, piece, lue, description, auteur(village), MERCREDI_SOIR)
                assert piece.valable_jusqua == AUJOURDHUI
            else:
                piece.rappelee_utc = MERCREDI_SOIR
                services.decrire(session, piece, lue, description, auteur(village), MERCREDI_SOIR)
                assert piece.valable_jusqua == description.valable_jusqua
                # A new end is told anew.
                assert piece.rappelee_utc is None


def test_a_kind_of_the_towns_own_is_kept_and_its_health_guarded(village: Village, coffre: Coffre) -> None:
    """The crèche has Mia, of the same family; not Noé."""
    certificat = GenrePiece("certificat", "Certificat médical", validite_mois=12, est_de_sante=True)
    regles = ReglesPieces({**GENRES_PIECES, "certificat": certificat})
    with pytest.raises(RegleViolee, match="ce qu’est ce document"):
        ranger(village, coffre, genre="certificat")
    piece_id = ranger(village, coffre, genre="certificat", enfant_id=village.enfants["noe"], regles=regles)
    structures = {
        nom: Perimetre(frozenset({village.regles.structure_ids[nom]}), AUJOURDHUI) for nom in ("ecole", "creche")
    }
    with village.bd.session_lecture() as session:
        vues = {
            nom: trouver_piece_agent(session, piece_id, perimetre, regles.de_sante) is not None
            for nom, perimetre in structures.items()
        }
    assert vues == {"ecole": True, "creche": False}


def test_a_document_that_the_storage_does_not_take_is_refused_with_a_sentence(
    village: Village, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def plein(*_args: object) -> str:
        raise OSError("disk full")

    monkeypatch.setattr(CoffreDisque, "put", plein)
    with pytest.raises(RegleViolee, match="Réessayez"):
        ranger(village, coffre_de(tmp_path, "k" * 40))
    with village.bd.session_lecture() as session:
        assert occupation(session, village.foyers["morel"]) == (0, 0)


def test_what_is_kept_of_several_is_kept_whatever_becomes_of_the_others(village: Village, coffre: Coffre) -> None:
    sain = DocumentSain(pdf(), "b.pdf", "application/pdf")
    regles = ReglesPieces(quota=len(sain.octets))
    with village.bd.session_ecriture() as session:
        suites = services.ajouter(
            session, [entreposer(coffre, sain) for _ in range(2)], Description("rib", AQui()),
            acteur=acteur(village, "camille"), regles=regles, auteur=auteur(village), maintenant=MERCREDI_SOIR,
        )  # fmt: skip
    assert [suite and suite.code for suite in suites] == [None, "quota"]
    with village.bd.session_lecture() as session:
        assert occupation(session, village.foyers["morel"])[0] == 1
