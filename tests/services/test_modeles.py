"""Models of answers: what they may name, whose are proposed."""

import pytest

from portail_famille.domain.demarches import Cote
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.services.journal import Auteur
from portail_famille.services.modeles import (
    USAGES,
    Modele,
    enregistrer_modele,
    lister_modeles,
    proposer,
    remplir,
    retirer_modele,
    verifier_modele,
)
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import Village

AGENT = Auteur(Cote.AGENT)
VALEURS = {"prenom": "Camille", "numero": "D2026-000001", "commune": "Le Village"}


def modele(**valeurs: object) -> Modele:
    base = {"id": None, "usage": "complement", "genre": "", "titre": "Photo floue", "texte": "Bonjour {prenom}."}
    return Modele(**(base | valeurs))  # type: ignore[arg-type]


def test_names_between_braces_are_replaced_once_and_as_plain_text() -> None:
    assert remplir("{prenom}, n° {numero}, {commune}", VALEURS) == "Camille, n° D2026-000001, Le Village"
    assert remplir("{prenom}", {"prenom": "{numero}", "numero": "x"}) == "{numero}", "a name is not read again"
    assert remplir("{prenom.__class__} {0} {{prenom}} {% x %}", VALEURS) == "{prenom.__class__} {0} {Camille} {% x %}"


@pytest.mark.parametrize(
    ("valeurs", "champ"),
    [
        ({"usage": "spam"}, "usage"),
        ({"genre": "inconnu"}, "genre"),
        ({"titre": "  "}, "titre"),
        ({"titre": "x" * 121}, "titre"),
        ({"texte": ""}, "texte"),
        ({"texte": "x" * 1001}, "texte"),
        ({"texte": "Bonjour {nom}"}, "texte"),
    ],
)
def test_a_model_that_cannot_be_used_is_refused_on_its_field(valeurs: dict[str, object], champ: str) -> None:
    with pytest.raises(RegleViolee) as refus:
        verifier_modele(modele(**valeurs))
    assert refus.value.champ == champ


def test_ours_are_proposed_until_the_town_writes_its_own(village: Village) -> None:
    with village.bd.session_lecture() as session:
        assert {m.usage for m in lister_modeles(session)} == set(USAGES)
        assert all(m.id is None for m in lister_modeles(session))
    with village.bd.session_ecriture() as session:
        enregistrer_modele(session, modele(), AGENT, MERCREDI_SOIR)
        enregistrer_modele(session, modele(genre="quotient", titre="Attestation"), AGENT, MERCREDI_SOIR)
    with village.bd.session_lecture() as session:
        proposes = proposer(session, "coordonnees", VALEURS)
        assert proposes["complement"] == [("Photo floue", "Bonjour Camille.")], "nor those of another kind"
        assert len(proposer(session, "quotient", VALEURS)["complement"]) == 2
        assert proposes["refus"], "other uses keep ours"


def test_a_model_is_changed_then_removed_and_two_never_share_a_title(village: Village) -> None:
    with village.bd.session_ecriture() as session:
        enregistrer_modele(session, modele(), AGENT, MERCREDI_SOIR)
        with pytest.raises(RegleViolee, match="déjà ce titre"):
            enregistrer_modele(session, modele(texte="Autre."), AGENT, MERCREDI_SOIR)
        (sien,) = [m for m in lister_modeles(session) if m.id is not None]
        enregistrer_modele(session, modele(id=sien.id, texte="Autre."), AGENT, MERCREDI_SOIR)
        assert [m.texte for m in lister_modeles(session) if m.id is not None] == ["Autre."]
        assert sien.id is not None
        retirer_modele(session, sien.id, AGENT, MERCREDI_SOIR)
        retirer_modele(session, sien.id, AGENT, MERCREDI_SOIR)
        assert all(m.id is None for m in lister_modeles(session))
        with pytest.raises(RegleViolee, match="vient d’être retiré"):
            enregistrer_modele(session, modele(id=sien.id), AGENT, MERCREDI_SOIR)
