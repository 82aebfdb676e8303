"""Contacts of a foyer and authorisations of a child: copies, splits, limits, two parents at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import select

from portail_famille.domain.demarches import Cote
from portail_famille.domain.entourage import CONTACTS_MAXIMAUX, Contact
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.models.foyers import Autorisation
from portail_famille.models.foyers import Contact as LigneContact
from portail_famille.services.entourage import (
    AutorisationChangee,
    ContactAbsent,
    ContactChange,
    ajouter_contact,
    lire_autorisations,
    lire_contacts,
    modifier_contact,
    repondre,
    retirer_contact,
)
from portail_famille.services.journal import Auteur
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import Village

MAMIE = Contact("Monique", "Morel", "+33639981231", "", "grand_parent", peut_recuperer=True, est_urgence=False)


def ajouter(village: Village, *enfants: str, saisie: Contact = MAMIE, foyer: str = "morel") -> int:
    with village.bd.session_ecriture() as session:
        return ajouter_contact(
            session,
            foyer_id=village.foyers[foyer],
            enfants={village.enfants[nom]: nom.title() for nom in enfants},
            saisie=saisie,
            auteur=Auteur(Cote.FAMILLE, village.comptes["camille"]),
            maintenant=MERCREDI_SOIR,
        )


def modifier(
    village: Village,
    contact_id: int,
    saisie: Contact,
    vue: Contact = MAMIE,
    enfant: str = "noe",
    copies: tuple[str, ...] = (),
    accessibles: tuple[str, ...] = ("lea", "noe", "mia"),
) -> None:
    with village.bd.session_ecriture() as session:
        modifier_contact(
            session,
            foyer_id=village.foyers["morel"],
            contact_id=contact_id,
            enfant_id=village.enfants[enfant],
            copies={village.enfants[nom]: nom for nom in copies},
            accessibles=[village.enfants[nom] for nom in accessibles],
            saisie=saisie,
            empreinte_vue=vue.empreinte,
            auteur=Auteur(Cote.FAMILLE, village.comptes["thomas"]),
            maintenant=MERCREDI_SOIR,
        )


def contacts(village: Village, enfant: str, foyer: str = "morel") -> list[Contact]:
    with village.bd.session_lecture() as session:
        lus = lire_contacts(session, village.foyers[foyer], [village.enfants[enfant]])
    return [lu.contact for lu in lus[village.enfants[enfant]]]


def test_a_contact_is_the_foyers_and_copied_where_asked(village: Village) -> None:
    ajouter(village, "lea", "noe")
    assert contacts(village, "lea") == contacts(village, "noe") == [MAMIE]
    assert contacts(village, "mia") == []
    assert contacts(village, "lea", "ferrand") == []


def test_added_twice_it_is_there_once_and_with_another_role_it_is_refused(village: Village) -> None:
    premier = ajouter(village, "lea")
    assert ajouter(village, "lea") == premier
    assert ajouter(village, "lea", "noe") != premier
    assert contacts(village, "noe") == [MAMIE]
    with pytest.raises(RegleViolee) as refus:
        ajouter(village, "lea", saisie=replace(MAMIE, prenom="MONIQUE", lien="ami"))
    assert refus.value.code == "contact_double"


def test_two_phones_adding_the_same_person_at_once_add_her_once(village: Village) -> None:
    with ThreadPoolExecutor(2) as fils:
        list(fils.map(lambda _: ajouter(village, "noe"), range(2)))
    assert contacts(village, "noe") == [MAMIE]


def test_ten_contacts_a_child_and_the_copy_counts_too(village: Village) -> None:
    for n in range(CONTACTS_MAXIMAUX):
        ajouter(village, "noe", saisie=replace(MAMIE, telephone=f"+3363998120{n}"))
    with pytest.raises(RegleViolee, match="Noe a déjà 10 contacts"):
        ajouter(village, "lea", "noe")
    assert contacts(village, "lea") == []


def test_a_new_number_is_every_childs_and_a_role_is_one_childs(village: Village) -> None:
    contact = ajouter(village, "lea", "noe")
    change = replace(MAMIE, telephone="+33639981299", est_urgence=True)
    modifier(village, contact, change)
    assert contacts(village, "noe") == [change]
    assert contacts(village, "lea") == [replace(change, est_urgence=False)]


def test_a_step_parents_change_leaves_the_child_who_is_not_his_as_it_was(village: Village) -> None:
    contact = ajouter(village, "lea", "noe", "mia")
    change = replace(MAMIE, telephone="+33639981299")
    modifier(village, contact, change, accessibles=("noe", "mia"))
    assert contacts(village, "noe") == [change]
    assert contacts(village, "mia") == [change]
    assert contacts(village, "lea") == [MAMIE]


def test_the_second_of_two_changes_is_told(village: Village) -> None:
    contact = ajouter(village, "noe")
    modifier(village, contact, replace(MAMIE, telephone="+33639981299"))
    with pytest.raises(ContactChange) as change:
        modifier(village, contact, replace(MAMIE, nom="Morel-Petit"))
    assert change.value.actuel.telephone == "+33639981299"
    modifier(village, contact, replace(MAMIE, nom="Morel-Petit"), vue=change.value.actuel, copies=("lea",))
    assert [c.nom for c in contacts(village, "lea")] == ["Morel-Petit"]


def test_taken_out_of_its_last_child_a_contact_is_gone(village: Village) -> None:
    contact = ajouter(village, "lea", "noe")

    def retirer(enfant: str) -> None:
        with village.bd.session_ecriture() as session:
            retirer_contact(
                session,
                foyer_id=village.foyers["morel"],
                contact_id=contact,
                enfant_id=village.enfants[enfant],
                auteur=Auteur(Cote.FAMILLE, village.comptes["camille"]),
                maintenant=MERCREDI_SOIR,
            )

    retirer("lea")
    assert contacts(village, "noe") == [MAMIE]
    retirer("noe")
    with village.bd.session_lecture() as session:
        assert session.scalars(select(LigneContact)).all() == []
    with pytest.raises(ContactAbsent):
        retirer("noe")


@pytest.fixture
def dire(village: Village) -> Callable[..., tuple[str, ...]]:
    def faire(reponses: dict[str, bool], vues: dict[str, int] | None = None, qui: str = "camille") -> tuple[str, ...]:
        with village.bd.session_ecriture() as session:
            return repondre(
                session,
                enfant_id=village.enfants["lea"],
                foyer_id=village.foyers["morel"],
                personne_id=village.personnes[qui],
                reponses=reponses,
                vues=vues or {},
                auteur=Auteur(Cote.FAMILLE, village.comptes[qui]),
                maintenant=MERCREDI_SOIR,
            )

    return faire


def en_vigueur(village: Village) -> dict[str, int]:
    with village.bd.session_lecture() as session:
        lues = session.scalars(select(Autorisation).where(Autorisation.fin_utc.is_(None)))
        return {a.genre: a.id for a in lues}


def test_an_answer_closes_the_one_before_and_erases_nothing(
    village: Village, dire: Callable[..., tuple[str, ...]]
) -> None:
    assert dire({"image": True, "sortie_seul": False}) == ("image", "sortie_seul")
    assert dire({"image": True}) == ()
    assert dire({"image": False}, en_vigueur(village), "julien") == ("image",)
    with village.bd.session_lecture() as session:
        dites = lire_autorisations(session, village.enfants["lea"], village.foyers["morel"])
    assert [(p.est_accordee, p.qui, p.fin_utc is None) for p in dites["image"]] == [
        (False, "Julien Ferrand", True),
        (True, "Camille Morel", False),
    ]
    assert [p.est_accordee for p in dites["sortie_seul"]] == [False]
    assert dites["soins_urgence"] == []


def test_an_answer_to_what_has_changed_meanwhile_is_not_taken(
    village: Village, dire: Callable[..., tuple[str, ...]]
) -> None:
    dire({"image": True})
    with pytest.raises(AutorisationChangee):
        dire({"image": False}, {"image": 0}, "julien")
    # The same answer as the other parent's is no conflict.
    assert dire({"image": True}, {"image": 0}, "julien") == ()


def test_an_unknown_question_is_refused(dire: Callable[..., tuple[str, ...]]) -> None:
    with pytest.raises(RegleViolee):
        dire({"baignade": True})
