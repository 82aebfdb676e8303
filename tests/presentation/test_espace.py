"""« Mon espace » in words: what a family reads of its file, its form, its requests."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from portail_famille.domain.demarches import Cote
from portail_famille.domain.fiches import Cible, Regime, regimes_de
from portail_famille.models.demarches import Demarche
from portail_famille.presentation.espace import composer_adresse, composer_contacts, composer_espace
from portail_famille.presentation.fiches import (
    RIEN,
    ChampVu,
    composer_demandes,
    composer_fiche,
    composer_formulaire,
)
from portail_famille.services.dossiers import Dossier
from portail_famille.services.fiches import Ecart, Fiche
from portail_famille.services.verifications_dossier import AdulteLu, ContactLu, FoyerComplet

PERMIS = regimes_de(Cible.PERSONNE, {})
FICHE = Fiche(
    Cible.PERSONNE,
    1,
    {
        "personne.civilite": "Mme",
        "personne.prenom": "Camille",
        "personne.nom": "Morel",
        "personne.nom_naissance": "",
        "personne.telephone": "+33639981234",
        "personne.telephone_domicile": "",
        "personne.telephone_travail": "+41227305111",
    },
)
ADULTE = AdulteLu(1, "Mme", "Camille", "Morel", "camille@courriel.example", "+33639981234", "", "", est_payeur=True)
COMPLET = FoyerComplet("12 rue du Port", "17999", "Le Village", (ADULTE,))
FOYER = regimes_de(Cible.FOYER, {})


def demarche(contenu: dict[str, str], etat: str = "deposee", motif: str = "", foyer_id: int = 7) -> Demarche:
    return Demarche(
        numero="D2026-000001",
        etat=etat,
        motif=motif,
        foyer_id=foyer_id,
        contenu=contenu,
        deposee_utc=datetime(2026, 12, 1, 23, 30, tzinfo=UTC),
    )


def champ(nom: str, **autres: Any) -> ChampVu:
    formulaire = composer_formulaire(FICHE, PERMIS, autres.pop("demandes", ()), **autres)
    return next(c for c in formulaire.champs if c.nom == nom)


def test_numbers_are_read_the_french_way_and_nothing_is_said_to_be_nothing() -> None:
    lignes = {ligne.libelle: ligne.valeur for ligne in composer_fiche(FICHE, PERMIS, ())}
    assert lignes["Téléphone mobile"].replace("\u00a0", " ") == "06 39 98 12 34"
    assert lignes["Téléphone du travail"].replace("\u00a0", " ") == "+41 22 730 51 11"
    assert lignes["Téléphone du domicile"] == RIEN


def test_a_hidden_field_is_neither_in_the_list_nor_in_the_form() -> None:
    permis = PERMIS | {"personne.telephone": Regime.CACHE}
    assert "Téléphone mobile" not in {ligne.libelle for ligne in composer_fiche(FICHE, permis, ())}
    formulaire = composer_formulaire(FICHE, permis, ())
    assert "telephone" not in {c.nom for c in formulaire.champs}
    assert "Téléphone mobile" not in {ligne.libelle for ligne in formulaire.figes}


def test_a_field_one_may_only_read_is_shown_beside_the_form() -> None:
    formulaire = composer_formulaire(FICHE, PERMIS | {"personne.nom": Regime.LECTURE}, ())
    assert "nom" not in {c.nom for c in formulaire.champs}
    assert ("Nom", "Morel") in {(ligne.libelle, ligne.valeur) for ligne in formulaire.figes}


def test_what_waits_is_beside_what_is_and_is_no_field_any_more() -> None:
    demandes = (demarche({"personne.nom": "Morel-Petit"}),)
    ligne = next(ligne for ligne in composer_fiche(FICHE, PERMIS, demandes) if ligne.libelle == "Nom")
    assert (ligne.valeur, ligne.attente) == ("Morel", "Morel-Petit")
    formulaire = composer_formulaire(FICHE, PERMIS, demandes)
    assert "nom" not in {c.nom for c in formulaire.champs}


def test_a_refused_request_waits_for_nothing() -> None:
    refusee = demarche({"personne.nom": "Morel-Petit"}, "refusee", "Il manque un justificatif.")
    assert champ("nom", demandes=(refusee,)).valeur == "Morel"
    (vue,) = composer_demandes((refusee,), 7)
    assert (vue.motif, vue.peut_retirer) == ("Il manque un justificatif.", False)


def test_a_request_says_its_day_in_france_and_only_its_foyer_takes_it_back() -> None:
    (vue,) = composer_demandes((demarche({"personne.nom_naissance": ""}),), 7)
    assert (vue.quand, vue.peut_retirer, vue.lignes) == ("2 décembre", True, (("Nom de naissance", "rien"),))
    (ailleurs,) = composer_demandes((demarche({"personne.nom": "Petit"}),), 8)
    assert not ailleurs.peut_retirer


def test_why_the_other_foyer_was_refused_is_not_told_here() -> None:
    assert composer_demandes((demarche({"enfant.nom": "Petit"}, "refusee", "Jugement."),), 8) == ()


def test_a_change_that_an_agent_looks_at_says_so_before_it_is_sent() -> None:
    assert "agent" in champ("nom").aide
    assert champ("telephone").aide == ""


def test_only_fields_that_may_stay_empty_are_called_optional() -> None:
    assert champ("prenom").libelle == "Prénom"
    assert champ("telephone").libelle == "Téléphone mobile (facultatif)"


def test_what_was_typed_comes_back_with_its_sentence() -> None:
    rendu = champ(
        "telephone", saisie={"personne.telephone": "12"}, erreurs={"personne.telephone": "Il manque des chiffres."}
    )
    assert (rendu.valeur, rendu.erreur) == ("12", "Il manque des chiffres.")


@pytest.mark.parametrize(
    ("qui", "cote", "actuel", "dit"),
    [
        ("Thomas", Cote.FAMILLE, "Petit", "Thomas vient d’écrire «\u00a0Petit\u00a0»."),
        ("", Cote.FAMILLE, "Petit", "L’autre parent vient d’écrire"),
        ("", Cote.AGENT, "Petit", "La mairie vient d’écrire"),
        ("", Cote.SYSTEME, "", "La mairie vient de vider ce champ."),
    ],
)
def test_a_field_changed_meanwhile_says_by_whom(qui: str, cote: Cote, actuel: str, dit: str) -> None:
    ecart = Ecart("personne.nom", "Morel-Petit", actuel, est_touche=True, qui=qui, cote=cote)
    rendu = champ("nom", saisie={"personne.nom": "Morel-Petit"}, ecarts=(ecart,))
    assert rendu.valeur == "Morel-Petit"
    assert rendu.erreur.startswith(dit)


def test_what_one_changed_oneself_on_another_screen_is_said_so() -> None:
    ecart = Ecart("personne.nom", "Petit", "Morel", est_touche=True, qui="Camille", cote=Cote.FAMILLE, est_soi=True)
    assert champ("nom", saisie={}, ecarts=(ecart,)).erreur.startswith("Vous avez écrit «\u00a0Morel\u00a0»")


def test_the_summary_names_the_field_of_each_fault() -> None:
    fautes: dict[str | None, str] = {"personne.telephone": "Ce numéro n’existe pas."}
    formulaire = composer_formulaire(FICHE, PERMIS, (), saisie={}, erreurs=fautes)
    assert formulaire.erreurs == {"telephone": "Téléphone mobile – Ce numéro n’existe pas."}


def test_a_field_this_form_left_alone_takes_what_it_has_become() -> None:
    ecart = Ecart("personne.nom", "Ancien", "Morel", est_touche=False, qui="", cote=Cote.AGENT)
    assert champ("nom", saisie={"personne.nom": "Ancien"}, ecarts=(ecart,)).valeur == "Morel"


def test_a_date_is_read_in_words_and_typed_as_a_date_field_wants_it() -> None:
    fiche = Fiche(Cible.ENFANT, 2, {"enfant.naissance": "2018-04-01"})
    permis = regimes_de(Cible.ENFANT, {})
    assert composer_fiche(fiche, permis, ())[0].valeur == "1er avril 2018"
    naissance = composer_formulaire(fiche, permis, ()).champs[0]
    assert (naissance.valeur, naissance.attributs["type"]) == ("2018-04-01", "date")
    # A parent's own phone must not offer her name for her child's.
    assert naissance.attributs["autocomplete"] == "off"


def test_an_address_is_one_line_and_hidden_when_the_town_says_so() -> None:
    assert composer_adresse(COMPLET, FOYER) == "12 rue du Port, 17999 Le Village"
    assert composer_adresse(FoyerComplet("", "", "", (ADULTE,)), FOYER) == ""
    assert composer_adresse(COMPLET, FOYER | {"foyer.adresse": Regime.CACHE}) is None


def test_the_card_shows_name_address_telephone_and_mail() -> None:
    carte = composer_espace(COMPLET, 1, PERMIS, FOYER)
    assert carte.nom == "Mme Camille Morel"
    assert carte.lignes[0] == "12 rue du Port, 17999 Le Village"
    assert carte.lignes[-1] == "camille@courriel.example"
    caches = PERMIS | {"personne.civilite": Regime.CACHE, "personne.telephone": Regime.CACHE}
    sobre = composer_espace(COMPLET, 1, caches, FOYER)
    assert (sobre.nom, len(sobre.lignes)) == ("Camille Morel", 2)


def test_a_contact_of_two_children_is_said_once() -> None:
    contacts = [
        ContactLu(5, enfant, "Odile", "Morel", "+33639980001", "", "grand_parent", enfant == 2, est_urgence=False)
        for enfant in (1, 2)
    ]
    enfants = [SimpleNamespace(id=1, prenom="Léa"), SimpleNamespace(id=2, prenom="Noé")]
    (vu,) = composer_contacts(cast(Dossier, SimpleNamespace(visibles=enfants)), contacts)
    assert (vu.nom, vu.details, vu.peut_recuperer) == ("Odile Morel", "Pour Léa et Noé", True)
