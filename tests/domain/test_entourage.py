"""Contacts: what they are for; what a form says it showed."""

from dataclasses import fields, replace
from typing import Any

import pytest

from portail_famille.domain.entourage import CONTACTS_MAXIMAUX, Contact, Sante, verifier_nombre, verifier_role
from portail_famille.domain.erreurs import RegleViolee

MAMIE = Contact("Monique", "Morel", "+33639981231", "", "grand_parent", peut_recuperer=True, est_urgence=False)


def test_a_contact_who_collects_or_is_called_is_accepted() -> None:
    verifier_role(MAMIE)
    verifier_role(replace(MAMIE, peut_recuperer=False, est_urgence=True))


@pytest.mark.parametrize(
    ("contact", "champ"),
    [
        (replace(MAMIE, peut_recuperer=False), "roles"),
        (replace(MAMIE, lien="parrain"), "lien"),
        (replace(MAMIE, telephone_2=MAMIE.telephone), "telephone_2"),
    ],
)
def test_a_contact_nobody_would_know_what_to_do_with_is_refused(contact: Contact, champ: str) -> None:
    with pytest.raises(RegleViolee) as refus:
        verifier_role(contact)
    assert refus.value.champ == champ


def test_a_child_has_ten_contacts_at_most() -> None:
    verifier_nombre(CONTACTS_MAXIMAUX - 1, "Léa")
    with pytest.raises(RegleViolee, match="Léa a déjà 10 contacts"):
        verifier_nombre(CONTACTS_MAXIMAUX, "Léa")


@pytest.mark.parametrize("champ", [champ.name for champ in fields(Contact)])
def test_each_field_of_a_contact_counts_in_what_its_form_showed(champ: str) -> None:
    valeur = getattr(MAMIE, champ)
    changement: dict[str, Any] = {champ: not valeur if isinstance(valeur, bool) else valeur + "x"}
    autre = replace(MAMIE, **changement)
    assert autre.empreinte != MAMIE.empreinte


def test_a_word_moved_from_one_field_to_the_next_is_another_health_file() -> None:
    assert Sante(allergies="a", medecin="").empreinte != Sante(allergies="", medecin="a").empreinte
    assert Sante(allergies="a").empreinte == Sante(allergies="a").empreinte
