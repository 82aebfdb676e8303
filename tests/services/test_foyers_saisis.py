"""A foyer made by hand at the desk, an adult more, and parental authority, dated."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portail_famille.config import ReglagesCommune
from portail_famille.domain.demarches import Cote
from portail_famille.domain.entourage import AjoutEnfant
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.models.comptes import Compte
from portail_famille.models.courriels import Courriel
from portail_famille.models.foyers import AutoriteParentale, Enfant, Foyer, Personne, Rattachement, Responsable
from portail_famille.models.journal import ActeJournal
from portail_famille.services.demarches import accepter
from portail_famille.services.enfants import appliquer_ajout, demander_ajout, rattacher_a
from portail_famille.services.foyers_saisis import (
    AdulteSaisi,
    EnfantSaisi,
    FoyerSaisi,
    SaisieRefusee,
    ajouter_adulte,
    creer_foyer,
    donner_autorite,
    terminer_autorite,
)
from portail_famille.services.journal import Auteur
from portail_famille.services.perimetres import Perimetre
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import Village

AUJOURDHUI = date(2026, 12, 2)
INES = AdulteSaisi("Inès", "d'Ornano", "Ines@courriel.example", "06 39 98 00 01", "Mme")
PAUL = AdulteSaisi("Paul", "Nguyen", civilite="M.", a_autorite=False)
ANAIS = EnfantSaisi("Anaïs", "d'Ornano", "17/04/2018", "ecole", "CE1")
SAISIE = FoyerSaisi("8 rue du Port", "99999", "Saint-Rivage", (INES, PAUL), (ANAIS,))


def auteur(village: Village) -> Auteur:
    return Auteur(Cote.AGENT, village.comptes["karim"])


def creer(village: Village, reglages: ReglagesCommune, saisie: FoyerSaisi = SAISIE) -> int:
    with village.bd.session_ecriture() as session:
        return creer_foyer(session, saisie, auteur(village), MERCREDI_SOIR, reglages).id


def refus_de(village: Village, agir: Callable[[Session], Any]) -> RegleViolee:
    """What is refused, and that nothing is left of it."""
    avant = village.photographier()
    with pytest.raises(RegleViolee) as refus, village.bd.session_ecriture() as session:
        agir(session)
    assert village.photographier() == avant
    return refus.value


def test_a_foyer_made_by_hand_is_whole_and_its_adult_is_invited(village: Village, reglages: ReglagesCommune) -> None:
    foyer_id = creer(village, reglages)
    with village.bd.session_lecture() as session:
        foyer = session.get_one(Foyer, foyer_id)
        personnes = session.scalars(select(Personne).join(Responsable).where(Responsable.foyer_id == foyer_id)).all()
        (enfant,) = session.scalars(select(Enfant).join(Rattachement).where(Rattachement.foyer_id == foyer_id))
        (autorite,) = session.scalars(select(AutoriteParentale).where(AutoriteParentale.enfant_id == enfant.id))
        (acte,) = session.scalars(select(ActeJournal).where(ActeJournal.foyer_id == foyer_id))
        assert session.scalars(select(Courriel.destinataire)).all() == ["ines@courriel.example"]
        assert session.scalars(select(Compte).where(Compte.identifiant == "ines")).one().active_utc is None
    assert foyer.nom == "d’Ornano – Nguyen"
    assert {(p.prenom, p.telephone, p.civilite) for p in personnes} == {
        ("Inès", "+33639980001", "Mme"),
        ("Paul", None, "M."),
    }
    assert (foyer.payeur_id, autorite.personne_id) == (personnes[0].id, personnes[0].id)
    assert (autorite.du, enfant.classe) == (date(2018, 4, 17), "CE1")
    assert enfant.structure_id == village.regles.structure_ids["ecole"]
    assert (acte.action, acte.cote, acte.compte_id) == ("foyer_cree", "agent", village.comptes["karim"])


def test_every_field_at_fault_is_told_at_once(village: Village, reglages: ReglagesCommune) -> None:
    saisie = FoyerSaisi(
        "",
        "1230",
        "Saint-Rivage",
        (replace(INES, nom="Morel2", courriel="zoé@a.example"), replace(PAUL, telephone="06 12", civilite="Dr")),
        (replace(ANAIS, naissance="31/12/2027", structure="ailleurs"), EnfantSaisi()),
    )
    refus = refus_de(village, lambda s: creer_foyer(s, saisie, auteur(village), MERCREDI_SOIR, reglages))
    assert isinstance(refus, SaisieRefusee)
    assert set(refus.refus) == {
        "adresse", "code_postal", "adultes-0-nom", "adultes-0-courriel", "adultes-1-telephone", "adultes-1-civilite",
        "enfants-0-naissance", "enfants-0-structure", "enfants-1-prenom", "enfants-1-nom", "enfants-1-naissance",
    }  # fmt: skip
    assert refus.champ == "adresse"
    assert all(faute.message[0].isupper() and faute.message.endswith(".") for faute in refus.refus.values())


@pytest.mark.parametrize("adultes", [(), (INES, PAUL, PAUL)])
def test_a_foyer_has_one_or_two_adults(
    village: Village, reglages: ReglagesCommune, adultes: tuple[AdulteSaisi, ...]
) -> None:
    saisie = replace(SAISIE, adultes=adultes)
    refus = refus_de(village, lambda s: creer_foyer(s, saisie, auteur(village), MERCREDI_SOIR, reglages))
    assert refus.champ == f"adultes-{len(adultes) and 2}-prenom"


@pytest.mark.parametrize(
    ("connu", "champ"),
    [
        (
            {"adultes": (AdulteSaisi("CAMILLE", "morel", "camille@courriel.example", civilite="Mme"),)},
            "adultes-0-prenom",
        ),
        ({"enfants": (EnfantSaisi("NOE", "Le-Gall", "03/09/2020"),)}, "enfants-0-prenom"),
    ],
)
def test_a_family_the_portal_knows_is_told_before_it_is_doubled(
    village: Village, reglages: ReglagesCommune, connu: dict[str, Any], champ: str
) -> None:
    saisie = replace(SAISIE, **connu)
    refus = refus_de(village, lambda s: creer_foyer(s, saisie, auteur(village), MERCREDI_SOIR, reglages))
    assert (refus.code, refus.champ) == ("famille_connue", champ)
    assert creer(village, reglages, replace(saisie, est_confirme=True))


def test_somebody_of_another_foyer_is_taken_as_she_is(village: Village, reglages: ReglagesCommune) -> None:
    with village.bd.session_lecture() as session:
        avant = session.scalar(select(func.count()).select_from(Personne))
    foyer_id = creer(village, reglages, replace(SAISIE, adultes=(AdulteSaisi(personne_id=village.personnes["nadia"]),)))
    with village.bd.session_lecture() as session:
        assert session.scalar(select(func.count()).select_from(Personne)) == avant
        assert session.get_one(Foyer, foyer_id).payeur_id == village.personnes["nadia"]
        assert session.scalar(select(func.count()).select_from(Courriel)) == 0, "she has her espace already"


def test_the_same_adult_twice_in_the_form_is_refused(village: Village, reglages: ReglagesCommune) -> None:
    nadia = AdulteSaisi(personne_id=village.personnes["nadia"])
    saisie = replace(SAISIE, adultes=(nadia, nadia))
    refus = refus_de(village, lambda s: creer_foyer(s, saisie, auteur(village), MERCREDI_SOIR, reglages))
    assert refus.code == "adulte_double"


def test_an_adult_joins_a_foyer_with_authority_over_the_children_ticked(
    village: Village, reglages: ReglagesCommune
) -> None:
    yanis, zoe = village.enfants["yanis"], village.enfants["zoe"]
    with village.bd.session_ecriture() as session:
        personne = ajouter_adulte(
            session, village.foyers["haddad"], INES, [yanis, zoe], auteur(village), MERCREDI_SOIR, reglages
        )
    with village.bd.session_lecture() as session:
        (autorite,) = session.scalars(select(AutoriteParentale).where(AutoriteParentale.personne_id == personne.id))
        actes = session.scalars(select(ActeJournal.action).where(ActeJournal.foyer_id == village.foyers["haddad"]))
        assert set(actes) == {"adulte_ajoute", "autorite_donnee"}
    assert (autorite.enfant_id, autorite.du) == (yanis, AUJOURDHUI), "a child of another foyer is left aside"


@pytest.mark.parametrize(
    ("foyer", "saisie", "code"),
    [
        ("haddad", AdulteSaisi("karim", "HADDAD"), "adulte_double"),
        ("morel", INES, "trop_d_adultes"),
        ("haddad", replace(INES, nom=""), "champ_vide"),
    ],
)
def test_an_adult_cannot_join_twice_nor_a_full_foyer(
    village: Village, reglages: ReglagesCommune, foyer: str, saisie: AdulteSaisi, code: str
) -> None:
    refus = refus_de(
        village,
        lambda s: ajouter_adulte(s, village.foyers[foyer], saisie, [], auteur(village), MERCREDI_SOIR, reglages),
    )
    assert refus.code == code


def test_authority_is_given_ended_and_given_again_dated(village: Village) -> None:
    qui, enfant = village.personnes["thomas"], village.enfants["lea"]
    with village.bd.session_ecriture() as session:
        donner_autorite(session, qui, enfant, AUJOURDHUI, auteur(village), MERCREDI_SOIR)
        terminer_autorite(session, qui, enfant, AUJOURDHUI, auteur(village), MERCREDI_SOIR)
        donner_autorite(session, qui, enfant, AUJOURDHUI + timedelta(days=1), auteur(village), MERCREDI_SOIR)
    with village.bd.session_lecture() as session:
        lignes = session.execute(
            select(AutoriteParentale.du, AutoriteParentale.au)
            .where(AutoriteParentale.personne_id == qui, AutoriteParentale.enfant_id == enfant)
            .order_by(AutoriteParentale.du)
        ).all()
    assert [tuple(ligne) for ligne in lignes] == [(AUJOURDHUI, AUJOURDHUI), (AUJOURDHUI + timedelta(days=1), None)]


@pytest.mark.parametrize(
    ("qui", "agir", "jour", "code"),
    [
        ("camille", donner_autorite, AUJOURDHUI, "autorite_en_cours"),
        ("thomas", donner_autorite, date(2018, 4, 16), "date_avant_naissance"),
        ("thomas", terminer_autorite, AUJOURDHUI, "autorite_absente"),
        ("camille", terminer_autorite, date(2000, 1, 1), "date_avant_debut"),
    ],
)
def test_dates_of_authority_that_make_no_sense_are_refused(
    village: Village, qui: str, agir: Callable[..., Any], jour: date, code: str
) -> None:
    refus = refus_de(
        village,
        lambda s: agir(s, village.personnes[qui], village.enfants["lea"], jour, auteur(village), MERCREDI_SOIR),
    )
    assert refus.code == code


def autorites(village: Village, qui: str, enfant: str) -> list[tuple[date, date | None]]:
    with village.bd.session_lecture() as session:
        lignes = session.scalars(
            select(AutoriteParentale)
            .where(
                AutoriteParentale.personne_id == village.personnes[qui],
                AutoriteParentale.enfant_id == village.enfants[enfant],
            )
            .order_by(AutoriteParentale.du)
        )
        return [(ligne.du, ligne.au) for ligne in lignes]


def test_an_authority_that_begins_later_is_not_doubled_and_ends_whole(village: Village) -> None:
    """Given from March, then asked for now through « ajouter un enfant »: one link, and ending it leaves none."""
    karim, zoe, plus_tard = village.personnes["karim"], village.enfants["zoe"], date(2027, 3, 1)
    with village.bd.session_ecriture() as session:
        donner_autorite(session, karim, zoe, plus_tard, auteur(village), MERCREDI_SOIR)
        demarche, _ = demander_ajout(
            session,
            foyer_id=village.foyers["haddad"],
            ajout=AjoutEnfant("Zoé", "Petit", date(2021, 8, 14), "parent"),
            est_en_mairie=True,
            auteur=Auteur(Cote.FAMILLE, village.comptes["karim"]),
            maintenant=MERCREDI_SOIR,
        )
        rattacher_a(session, demarche, zoe, Perimetre(None, AUJOURDHUI))
        accepter(session, demarche, demarche.version, auteur(village), MERCREDI_SOIR, appliquer_ajout)
    assert autorites(village, "karim", "zoe") == [(AUJOURDHUI, None)]
    with village.bd.session_ecriture() as session:
        terminer_autorite(session, karim, zoe, AUJOURDHUI, auteur(village), MERCREDI_SOIR)
    assert autorites(village, "karim", "zoe") == [(AUJOURDHUI, AUJOURDHUI)]


def test_ending_an_authority_ends_what_was_to_follow(village: Village) -> None:
    """Until December 20th, then again from March: ended today, there is no March."""
    karim, yanis = village.personnes["karim"], village.enfants["yanis"]
    with village.bd.session_ecriture() as session:
        terminer_autorite(session, karim, yanis, date(2026, 12, 20), auteur(village), MERCREDI_SOIR)
        donner_autorite(session, karim, yanis, date(2027, 3, 1), auteur(village), MERCREDI_SOIR)
        terminer_autorite(session, karim, yanis, AUJOURDHUI, auteur(village), MERCREDI_SOIR)
    assert autorites(village, "karim", "yanis") == [(date(2017, 6, 8), AUJOURDHUI)]


def test_the_database_keeps_one_authority_without_an_end(village: Village) -> None:
    with pytest.raises(IntegrityError), village.bd.session_ecriture() as session:
        session.add(
            AutoriteParentale(
                personne_id=village.personnes["karim"], enfant_id=village.enfants["yanis"], du=date(2027, 3, 1)
            )
        )
