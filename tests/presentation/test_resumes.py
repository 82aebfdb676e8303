"""The draft in words: the bar, the summary, what a rhythm does."""

from datetime import date

import pytest

from portail_famille.domain.creneaux import Refus
from portail_famille.domain.gardes import Garde
from portail_famille.domain.rythmes import TOUS_LES_JOURS, Rythme, Semaines
from portail_famille.presentation.resumes import composer_recapitulatif
from portail_famille.presentation.rythmes import composer_rythme
from portail_famille.presentation.vues_agenda import ApercuRythme
from portail_famille.presentation.vues_reservations import Recapitulatif
from portail_famille.services.bilans import examiner, mois_du_brouillon
from portail_famille.services.brouillons import deployer_rythme
from tests.support.papier import Papier
from tests.support.village import JEUDI, LUNDI, MARDI, MERCREDI, VENDREDI


def recapitulatif(papier: Papier) -> Recapitulatif:
    dossier = papier.dossier()
    return composer_recapitulatif(dossier, examiner(dossier, mois_du_brouillon(dossier)), {1: "/agenda"})


def test_an_empty_draft_has_no_bar() -> None:
    assert Papier(reserves=[("repas", LUNDI)]).resume().est_vide


def test_the_bar_counts_the_whole_draft_and_prices_the_month_on_screen() -> None:
    resume = Papier(
        reserves=[("repas", LUNDI), ("repas", MARDI)],
        ajouts=[("repas", JEUDI), ("repas", date(2027, 1, 7))],
        retraits=[("repas", LUNDI)],
    ).resume()
    assert (resume.ajouts, resume.retraits, resume.refus) == (2, 1, 0)
    assert (resume.mois, resume.montant_centimes, resume.ecart_centimes) == ("Décembre", 2 * 342, 0)


def test_the_bar_says_what_cannot_stand_together() -> None:
    resume = Papier(("mercredi",), ajouts=[("mercredi-journee", MERCREDI), ("mercredi-matin", MERCREDI)]).resume()
    assert (resume.ajouts, resume.refus) == (0, 2)
    (alerte, *_) = resume.alertes
    assert "Journée" in alerte
    assert "Matin et repas" in alerte
    assert "mercredi 9 décembre" in alerte


def test_the_bar_says_what_a_unit_needs() -> None:
    (alerte,) = Papier(("periscolaire",), ajouts=[("etude", MARDI)]).resume().alertes
    assert "Étude" in alerte
    assert "Soir" in alerte


def test_lines_are_grouped_by_unit_and_sign() -> None:
    vue = recapitulatif(
        Papier(
            ("cantine", "periscolaire"),
            reserves=[("repas", LUNDI)],
            ajouts=[("matin", LUNDI), ("matin", MARDI), ("repas", JEUDI), ("soir", VENDREDI)],
            retraits=[("repas", LUNDI)],
            occupees={("soir", VENDREDI): 3},
        )
    )
    (noe,) = vue.enfants
    assert [(ligne.signe, ligne.nom, ligne.montant_centimes) for ligne in noe.lignes] == [
        ("+", "Accueil du matin", 360),
        ("+", "Repas", 342),
        ("-", "Repas", -342),
        ("x", "Accueil du soir", None),
    ]
    assert noe.lignes[0].jours == "lundi 7 et mardi 8 décembre"
    assert "place" in noe.lignes[3].raison
    assert (vue.ajouts, vue.retraits, vue.refus, vue.ecart_centimes) == (3, 1, 1, 360)


@pytest.mark.parametrize(
    ("papier", "refus", "mot"),
    [
        (Papier(ajouts=[("repas", date(2026, 12, 4))]), Refus.DELAI, "délai"),
        (Papier(ajouts=[("repas", date(2026, 12, 17))]), Refus.FERME, "Travaux"),
        (Papier(ajouts=[("repas", MARDI)], chez_lautre=[("repas", MARDI)]), Refus.AUTRE_FOYER, "autre parent"),
        (Papier(ajouts=[("repas", MARDI)], du=JEUDI), Refus.NON_INSCRIT, "inscription"),
        (Papier(("accueil-regulier",), ajouts=[("creche", MARDI)]), Refus.LECTURE, "structure"),
        (
            Papier(("atelier",), pointes={("atelier", MARDI): "presente"}, retraits=[("atelier", MARDI)]),
            Refus.POINTE,
            "présence",
        ),
    ],
    ids=lambda valeur: valeur.value if isinstance(valeur, Refus) else "",
)
def test_each_refusal_has_its_reason(papier: Papier, refus: Refus, mot: str) -> None:
    (changement,) = examiner(papier.dossier(), [(2026, 12)]).changements
    assert changement.refus is refus
    (ligne,) = recapitulatif(papier).enfants[0].lignes
    assert ligne.signe == "x"
    assert mot in ligne.raison


def test_a_late_supplement_is_said_before_it_is_validated() -> None:
    (ligne,) = recapitulatif(Papier(("atelier",), ajouts=[("atelier", MARDI)])).enfants[0].lignes
    assert (ligne.signe, ligne.montant_centimes) == ("+", 550)
    assert "supplément" in ligne.raison


def test_a_day_at_the_other_parents_asks_to_agree_to_a_sentence() -> None:
    quinze = date(2026, 12, 15)
    vue = recapitulatif(Papier(ajouts=[("repas", quinze), ("repas", MARDI)], garde=Garde(LUNDI, 2)))
    assert "mardi 15 décembre" in vue.confirmation.lower()
    assert "Julien" in vue.confirmation
    assert "mardi 8" not in vue.confirmation.lower()
    assert recapitulatif(Papier(ajouts=[("repas", MARDI)])).confirmation == ""


def test_without_a_quotient_the_estimate_says_so() -> None:
    assert "maximum" in recapitulatif(Papier(qf=None, ajouts=[("repas", MARDI)])).estimation
    assert "639,99" in recapitulatif(Papier(qf="639.99", ajouts=[("repas", MARDI)])).estimation


def test_months_of_two_years_carry_their_year() -> None:
    vue = recapitulatif(Papier(ajouts=[("repas", MARDI), ("repas", date(2027, 1, 7))]))
    assert [mois.nom for mois in vue.mois] == ["Décembre 2026", "Janvier 2027"]
    assert [mois.nom for mois in recapitulatif(Papier(ajouts=[("repas", MARDI)])).mois] == ["Décembre"]


def apercu(papier: Papier, *unites: str, applique: bool = False, **autres: object) -> ApercuRythme:
    champs: dict[str, object] = {
        "jours": TOUS_LES_JOURS,
        "semaines": Semaines.TOUTES,
        "du": LUNDI,
        "au": date(2026, 12, 18),
        "ajouter": True,
    }
    dossier = papier.dossier()
    rythme = Rythme(unites=unites, **(champs | autres))  # type: ignore[arg-type]
    return composer_rythme(dossier, dossier.enfants[1], deployer_rythme(dossier, 1, rythme), applique=applique)


def test_a_rhythm_says_how_many_days_until_when_and_for_how_much() -> None:
    fait = apercu(Papier(), "repas", applique=True)
    assert fait.nombre == 7
    assert "7\u00a0jours" in fait.phrase
    assert "18 décembre" in fait.phrase
    assert "23,94" in fait.phrase
    assert "fermeture" in fait.laisses or "fermé" in fait.laisses


def test_one_day_is_in_the_singular() -> None:
    fait = apercu(Papier(), "repas", au=LUNDI)
    assert "1\u00a0jour " in fait.phrase + " "
    assert "1\u00a0jour" in fait.bouton


def test_a_rhythm_of_nothing_says_so_and_counts_zero() -> None:
    fait = apercu(Papier(), "repas", au=LUNDI, jours=frozenset({2}))
    assert fait.nombre == 0
    assert fait.phrase


def test_removing_says_removed() -> None:
    fait = apercu(Papier(reserves=[("repas", LUNDI), ("repas", MARDI)]), "repas", applique=True, ajouter=False)
    assert fait.nombre == 2
    assert "retiré" in fait.phrase


def test_days_left_out_are_counted_by_reason() -> None:
    fait = apercu(Papier(garde=Garde(LUNDI, 2)), "repas", au=date(2027, 1, 8))
    assert "autre parent" in fait.laisses
    assert "vacances" in fait.laisses
    assert any("14" in detail for detail in fait.details)


def test_even_weeks_warn_of_the_year_of_53_weeks() -> None:
    assert "53" in apercu(Papier(), "repas", semaines=Semaines.PAIRES, au=date(2027, 2, 5)).avertissement
    assert apercu(Papier(), "repas", semaines=Semaines.UNE_SUR_2, au=date(2027, 2, 5)).avertissement == ""
