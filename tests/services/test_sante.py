"""Health: encrypted, the child's, never in the journal; a PAI goes through an agent."""

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from portail_famille.domain.demarches import Cote
from portail_famille.domain.entourage import ALLERGIES_MAXIMUM, Sante
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.gateways.chiffre import Chiffre, Illisible
from portail_famille.models.demarches import Demarche
from portail_famille.models.documents import Piece
from portail_famille.models.foyers import Enfant
from portail_famille.models.foyers import Sante as LigneSante
from portail_famille.models.journal import ActeJournal
from portail_famille.services import demarches
from portail_famille.services.documents import coffre_de, entreposer, pieces_de_l_enfant
from portail_famille.services.examen import examiner
from portail_famille.services.journal import Auteur
from portail_famille.services.sante import (
    SanteChangee,
    appliquer_sante,
    demander_fin_pai,
    demander_pai,
    lire_sante,
    modifier_sante,
)
from tests.support.pieces import pdf
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import Village

CHIFFRE = Chiffre("une clé de test qui a plus de trente-deux caractères")
AUJOURDHUI, JUQUA = date(2026, 12, 2), date(2027, 7, 2)
ARACHIDE = Sante(allergies="Arachide\u00a0: trousse dans le sac", regime="sans_porc", medecin="Dr Petit")


def ecrire(village: Village, saisie: Sante, vue: Sante = Sante(), enfant: str = "lea", qui: str = "camille") -> bool:  # noqa: B008
    with village.bd.session_ecriture() as session:
        return modifier_sante(
            session,
            CHIFFRE,
            enfant_id=village.enfants[enfant],
            foyer_id=village.foyers["morel"],
            saisie=saisie,
            empreinte_vue=vue.empreinte,
            auteur=Auteur(Cote.FAMILLE, village.comptes[qui]),
            maintenant=MERCREDI_SOIR,
        )


def lire(village: Village, enfant: str = "lea") -> Sante:
    with village.bd.session_lecture() as session:
        return lire_sante(session, CHIFFRE, village.enfants[enfant])[0]


def test_health_is_read_as_it_was_written_and_the_row_says_nothing(village: Village) -> None:
    assert lire(village) == Sante()
    assert ecrire(village, ARACHIDE)
    assert lire(village) == ARACHIDE
    with village.bd.session_lecture() as session:
        ligne = session.scalars(select(LigneSante)).one()
        assert b"Arachide" not in ligne.contenu_chiffre
        assert ligne.modifie_utc == MERCREDI_SOIR
        acte = session.scalars(select(ActeJournal)).one()
        assert acte.details == {"champs": ["allergies", "regime", "medecin"]}


def test_a_row_copied_to_another_child_does_not_decipher(village: Village) -> None:
    ecrire(village, ARACHIDE)
    with village.bd.session_ecriture() as session:
        brut = session.get_one(LigneSante, village.enfants["lea"]).contenu_chiffre
        session.add(LigneSante(enfant_id=village.enfants["noe"], contenu_chiffre=brut, modifie_utc=MERCREDI_SOIR))
    with pytest.raises(Illisible):
        lire(village, "noe")


def test_the_second_parent_is_told_and_nothing_is_written(village: Village) -> None:
    ecrire(village, ARACHIDE)
    with pytest.raises(SanteChangee) as change:
        ecrire(village, Sante(allergies="Œuf"), qui="julien")
    assert change.value.actuelle == ARACHIDE
    assert lire(village) == ARACHIDE
    assert ecrire(village, Sante(allergies="Œuf"), vue=ARACHIDE, qui="julien")
    assert lire(village).allergies == "Œuf"


def test_the_same_twice_changes_nothing_the_second_time(village: Village) -> None:
    ecrire(village, ARACHIDE)
    assert ecrire(village, ARACHIDE) is False
    with village.bd.session_lecture() as session:
        assert len(session.scalars(select(ActeJournal)).all()) == 1


@pytest.mark.parametrize(
    ("saisie", "champ"),
    [
        (Sante(allergies="x" * (ALLERGIES_MAXIMUM + 1)), "allergies"),
        (Sante(medecin="x" * 81), "medecin"),
        (Sante(regime="casher"), "regime"),
    ],
)
def test_what_is_too_long_or_not_a_menu_is_refused(village: Village, saisie: Sante, champ: str) -> None:
    with pytest.raises(RegleViolee) as refus:
        ecrire(village, saisie)
    assert refus.value.champ == champ


def demander(village: Village, tmp_path: Path, jusqua: date = JUQUA, foyer: str = "morel") -> Demarche:
    with village.bd.session_ecriture() as session:
        return demander_pai(
            session,
            entreposer(coffre_de(tmp_path, "k" * 32), examiner(pdf(), "pai.pdf")),
            enfant_id=village.enfants["lea"],
            foyer_id=village.foyers[foyer],
            jusqua=jusqua,
            aujourdhui=AUJOURDHUI,
            auteur=Auteur(Cote.FAMILLE, village.comptes["camille"]),
            maintenant=MERCREDI_SOIR,
        )


def accepter(village: Village, numero: str) -> None:
    with village.bd.session_ecriture() as session:
        demarche = session.scalars(select(Demarche).where(Demarche.numero == numero)).one()
        agent = Auteur(Cote.AGENT, village.comptes["nadia"])
        demarches.accepter(session, demarche, demarche.version, agent, MERCREDI_SOIR, appliquer_sante)


def test_a_pai_changes_nothing_until_an_agent_accepts_it(village: Village, tmp_path: Path) -> None:
    demarche = demander(village, tmp_path)
    with village.bd.session_lecture() as session:
        assert session.get_one(Enfant, village.enfants["lea"]).pai is False
        piece = session.scalars(select(Piece)).one()
        assert (piece.genre, piece.valable_jusqua) == ("pai", JUQUA)
    accepter(village, demarche.numero)
    with village.bd.session_lecture() as session:
        assert session.get_one(Enfant, village.enfants["lea"]).pai is True
        (lue,) = pieces_de_l_enfant(session, village.foyers["morel"], village.enfants["lea"])
        assert lue.est_acceptee


def test_one_request_on_a_pai_at_a_time_whichever_parent_asks(village: Village, tmp_path: Path) -> None:
    demander(village, tmp_path)
    with pytest.raises(RegleViolee, match="attend déjà"):
        demander(village, tmp_path, foyer="ferrand")
    with village.bd.session_lecture() as session:
        assert len(session.scalars(select(Piece)).all()) == 1


@pytest.mark.parametrize("jusqua", [date(2026, 12, 1), date(2030, 1, 1)])
def test_a_date_past_or_too_far_is_refused(village: Village, tmp_path: Path, jusqua: date) -> None:
    with pytest.raises(RegleViolee) as refus:
        demander(village, tmp_path, jusqua)
    assert refus.value.champ == "jusqua"


def test_a_pai_ends_through_a_request_too(village: Village, tmp_path: Path) -> None:
    lea, foyer = village.enfants["lea"], village.foyers["morel"]
    auteur = Auteur(Cote.FAMILLE, village.comptes["camille"])
    with village.bd.session_ecriture() as session, pytest.raises(RegleViolee, match="pas de PAI"):
        demander_fin_pai(session, enfant_id=lea, foyer_id=foyer, auteur=auteur, maintenant=MERCREDI_SOIR)
    accepter(village, demander(village, tmp_path).numero)
    with village.bd.session_ecriture() as session:
        fin = demander_fin_pai(session, enfant_id=lea, foyer_id=foyer, auteur=auteur, maintenant=MERCREDI_SOIR)
        assert (fin.avant, fin.contenu) == ({"pai": True}, {"pai": False})
    accepter(village, fin.numero)
    with village.bd.session_lecture() as session:
        assert session.get_one(Enfant, lea).pai is False
