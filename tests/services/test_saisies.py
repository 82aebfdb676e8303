"""Forms kept as they are filled: one per person, foyer and kind; two tabs are told."""

import pytest
from sqlalchemy import select

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.models.demarches import DemarcheSaisie
from portail_famille.services import saisies
from portail_famille.services.comptes import Acteur
from portail_famille.services.saisies import EtapeChangee, empreinte
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import Village

RIEN = empreinte(None)


def acteur(village: Village, qui: str = "camille", foyer: str = "morel") -> Acteur:
    return Acteur(village.comptes[qui], village.personnes[qui], qui, "", None, village.foyers[foyer], ())


def commencer(village: Village, qui: str = "camille", foyer: str = "morel", genre: str = "question") -> str:
    with village.bd.session_ecriture() as session:
        return saisies.commencer(session, acteur(village, qui, foyer), genre, {"enfant": "1"}, MERCREDI_SOIR).cle


def ecrire(
    village: Village, etape: str, valeurs: dict[str, str], vu: str = RIEN, a_revoir: tuple[str, ...] = ()
) -> None:
    with village.bd.session_ecriture() as session:
        saisie = saisies.lire(session, acteur(village), "question", verrou=True)
        assert saisie is not None
        saisies.ecrire_etape(session, saisie, etape, valeurs, vu, a_revoir, MERCREDI_SOIR)


def lue(village: Village) -> DemarcheSaisie:
    with village.bd.session_lecture() as session:
        return session.scalars(select(DemarcheSaisie).where(DemarcheSaisie.genre == "question")).one()


def test_a_form_is_begun_once_per_person_foyer_and_kind(village: Village) -> None:
    premiere = commencer(village)
    assert commencer(village) == premiere
    autres = {
        commencer(village, "thomas"),
        commencer(village, "julien", "ferrand"),
        commencer(village, "julien", "petit"),
        commencer(village, genre="attestation"),
    }
    assert len(autres | {premiere}) == 5
    with village.bd.session_lecture() as session:
        assert {s.genre for s in saisies.lister(session, acteur(village))} == {"question", "attestation"}
        assert saisies.lire(session, acteur(village, "julien", "petit"), "attestation") is None


def test_each_step_is_kept_with_what_the_address_said(village: Village) -> None:
    commencer(village)
    ecrire(village, "un", {"a": "1"})
    ecrire(village, "deux", {"b": "2"})
    assert lue(village).contenu == {"demandes": {"enfant": "1"}, "un": {"a": "1"}, "deux": {"b": "2"}}
    assert lue(village).version == 2


def test_a_step_changed_in_another_tab_is_not_written_over(village: Village) -> None:
    commencer(village)
    ecrire(village, "un", {"a": "1"})
    with pytest.raises(EtapeChangee):
        ecrire(village, "un", {"a": "autre"})
    assert lue(village).contenu["un"] == {"a": "1"}
    # Told, she presses again on a page that shows what the step holds now.
    ecrire(village, "un", {"a": "autre"}, vu=empreinte({"a": "1"}))
    assert lue(village).contenu["un"] == {"a": "autre"}


def test_the_same_answer_sent_twice_changes_nothing(village: Village) -> None:
    commencer(village)
    ecrire(village, "un", {"a": "1"})
    ecrire(village, "un", {"a": "1"})
    assert lue(village).version == 1


def test_a_step_to_go_through_again_is_marked_until_it_is(village: Village) -> None:
    commencer(village)
    ecrire(village, "deux", {"b": "2"})
    ecrire(village, "un", {"a": "1"}, a_revoir=("deux",))
    assert lue(village).contenu["a_revoir"] == ["deux"]
    ecrire(village, "deux", {"b": "2"}, vu=empreinte({"b": "2"}))
    assert "a_revoir" not in lue(village).contenu


def test_documents_chosen_are_kept_by_kind(village: Village) -> None:
    commencer(village)
    with village.bd.session_ecriture() as session:
        saisie = saisies.lire(session, acteur(village), "question", verrou=True)
        assert saisie is not None
        saisies.ecrire_pieces(saisie, {"jugement": {3, 1}}, MERCREDI_SOIR)
    assert lue(village).contenu["pieces"] == {"jugement": [1, 3]}


def test_a_summary_of_another_version_is_not_sent(village: Village) -> None:
    commencer(village)
    ecrire(village, "un", {"a": "1"})
    saisies.verifier_version(lue(village), 1)
    with pytest.raises(RegleViolee, match="changé"):
        saisies.verifier_version(lue(village), 0)


def test_dropping_a_form_drops_no_other(village: Village) -> None:
    commencer(village)
    commencer(village, "thomas")
    commencer(village, genre="attestation")
    with village.bd.session_ecriture() as session:
        saisies.effacer(session, acteur(village), "question")
    with village.bd.session_lecture() as session:
        restantes = {(s.compte_id, s.genre) for s in session.scalars(select(DemarcheSaisie))}
    assert restantes == {(village.comptes["thomas"], "question"), (village.comptes["camille"], "attestation")}
