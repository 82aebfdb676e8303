"""Templates and components by themselves: what they show, what they escape, what they weigh."""

import re
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import brotli
import pytest

from portail_famille.presentation import vues as v
from portail_famille.presentation import vues_agenda as va
from tests.support import ecrans
from tests.support.ecrans import RACINE, Ecran
from tests.support.pages import analyser, relire, texte

ECRANS = ecrans.tous()
HOSTILE = "\"'><script>alert(1)</script>&<!--"
STATIQUE = RACINE / "portail_famille" / "static"


def arbre(nom: str) -> Element:
    return analyser(ecrans.rendre(ECRANS[nom]).lstrip(), est_page=True)


def fragment(gabarit: str, **donnees: Any) -> str:
    return ecrans.environnement().get_template(gabarit).render(donnees)


def trouver(racine: Element, **attributs: str) -> list[Element]:
    noms = {nom.rstrip("_").replace("_", "-"): valeur for nom, valeur in attributs.items()}
    return [e for e in racine.iter() if all(valeur in (e.get(nom) or "").split() for nom, valeur in noms.items())]


@pytest.mark.parametrize("nom", ECRANS)
def test_every_page_is_strict_html_labelled_and_typeset(nom: str) -> None:
    assert relire(ecrans.rendre(ECRANS[nom])) == []


@pytest.mark.parametrize("nom", ECRANS)
def test_hostile_text_stays_text_on_every_page(nom: str) -> None:
    sain, hostile = ecrans.rendre(ECRANS[nom]), ecrans.rendre(ecrans.tous(HOSTILE)[nom], HOSTILE)
    assert "<script>alert" not in hostile
    squelette = [e.tag for e in analyser(sain.lstrip(), est_page=True).iter()]
    assert [e.tag for e in analyser(hostile.lstrip(), est_page=True).iter()] == squelette


@pytest.mark.parametrize("nom", [nom for nom in ECRANS if nom != "communes"])
def test_the_town_can_be_reached_from_every_page(nom: str) -> None:
    pied = next(arbre(nom).iter("footer"))
    assert [lien.get("href") for lien in pied.iter("a")][:2] == [
        "tel:+33261910000",
        "mailto:enfance@saint-rivage.example",
    ]
    conditions = next(lien for lien in pied.iter("a") if texte(lien) == "Conditions générales d’utilisation")
    assert conditions.get("href") == "/ville/conditions.conditions/"
    assert "Accessibilité\u00a0: non conforme" in texte(pied)
    assert "Ville fictive" in texte(pied)


@pytest.mark.parametrize("nom", ECRANS)
def test_a_screen_has_one_filled_button_at_most(nom: str) -> None:
    pleins = [b for b in trouver(arbre(nom), class_="plein") if b.get("id") != "appliquer"]
    # The bar of the draft may stand beside « Écrire à la crèche »: they are never both for the same child.
    assert len(pleins) <= (2 if nom == "agenda en lecture" else 1)


@pytest.mark.parametrize("nom", [nom for nom, ecran in ECRANS.items() if ecran.est_connecte])
def test_the_five_tabs_are_there_and_at_most_one_is_current(nom: str) -> None:
    onglets = trouver(arbre(nom), class_="onglets")[0]
    dits = [texte(a).split()[0] for a in onglets.iter("a")]
    assert dits == ["Accueil", "Agenda", "Factures", "Démarches", "Plus"]
    assert len(trouver(onglets, aria_current="page")) <= 1


@pytest.mark.parametrize("nom", [nom for nom, ecran in ECRANS.items() if not ecran.est_connecte])
def test_nobody_logged_out_sees_the_tabs(nom: str) -> None:
    assert trouver(arbre(nom), class_="onglets") == []


def test_the_waved_header_is_for_arriving_home_and_done_only() -> None:
    avec = {nom for nom in ECRANS if trouver(arbre(nom), class_="arrivee")}
    assert avec == {"connexion", "connexion refusée", "trop d’essais", "accueil public", "accueil", "reçu nouveau"}


def test_the_login_says_the_words_of_the_guide_and_helps_password_managers() -> None:
    page = arbre("connexion")
    assert [texte(e) for e in page.iter("label")] == [
        "Identifiant",
        "Mot de passe",
        "Rester connecté sur cet appareil",
    ]
    assert [c.get("autocomplete") for c in page.iter("input") if c.get("autocomplete")] == [
        "username",
        "current-password",
    ]
    assert [texte(b) for b in page.iter("button") if b.get("type") != "button"] == ["Connexion"]


def test_a_password_is_never_sent_back() -> None:
    page = arbre("connexion refusée")
    assert trouver(page, id="mot_de_passe")[0].get("value") is None
    assert trouver(page, id="identifiant")[0].get("value") == "camille"


def test_an_error_summary_takes_the_focus_and_leads_to_the_fields() -> None:
    page = arbre("connexion refusée")
    sommaire = trouver(page, id="erreurs")[0]
    assert (sommaire.get("role"), sommaire.get("autofocus"), sommaire.get("tabindex")) == ("alert", "", "-1")
    for lien in sommaire.iter("a"):
        champ = trouver(page, id=(lien.get("href") or "")[1:])[0]
        assert champ.get("aria-invalid") == "true"
        assert texte(trouver(page, id=(champ.get("aria-describedby") or "").split()[-1])[0]) == texte(lien)


def test_an_editable_chip_is_a_native_checkbox_under_its_label() -> None:
    page = arbre("agenda")
    etats = {c.get("id"): c for c in page.iter("input") if c.get("name") == "c"}
    assert set(etats) == {"c1", "c2", "c3", "c4", "c20"}
    assert {nom for nom, case in etats.items() if case.get("checked") is not None} == {"c2", "c3"}
    libelles = [texte(e) for e in page.iter("label") if e.get("class") in ("p libre", "p reserve")]
    assert libelles[0] == "Cantine 3,42\u00a0€"
    assert "2\u00a0places" in libelles[2]


def test_a_chip_that_cannot_change_has_no_box_and_says_why() -> None:
    page = arbre("agenda")
    fixes = {(e.get("class") or "")[2:]: texte(e) for e in page.iter("span") if (e.get("class") or "").startswith("p ")}
    assert fixes["complet"] == "Cantine complet, plus de place"
    assert fixes["verrou"].startswith("Cantine 3,42\u00a0€")
    assert fixes["autre"] == "Cantine Julien"


def test_each_day_is_a_fieldset_named_by_its_date() -> None:
    legendes = [texte(f.find("legend") or f) for f in arbre("agenda").iter("fieldset") if f.get("class") == "j"]
    assert "lun. 7Lundi 7 décembre 2026" in legendes


def test_a_passed_week_is_folded_and_comes_last() -> None:
    mois = trouver(arbre("agenda"), id="mois")[0]
    semaines = [e for e in mois if re.fullmatch(r"s\d", e.get("id") or "")]
    assert [e.get("id") for e in semaines] == ["s1", "s2", "s3", "s0"]
    assert semaines[-1].tag == "details"
    assert semaines[-1].get("open") is None


def test_the_form_carries_what_it_showed_and_leaves_by_real_buttons() -> None:
    page = arbre("agenda")
    formulaire = trouver(page, id="form-agenda")[0]
    champs = {c.get("name"): c.get("value") for c in formulaire.iter("input") if c.get("type") == "hidden"}
    assert champs == {"csrf_token": "jeton", "seq": "0", "mois": "2026-12", "page": "p1", "vus": "1.2.3.4*7_20*14"}
    assert trouver(page, name="version", form="form-agenda")[0].get("value") == "12"
    vers = {b.get("value") for b in page.iter("button") if b.get("name") == "vers"}
    assert vers == {"mois:2026-11", "mois:2027-01", "enfant:9", "recapitulatif", "agenda"}
    assert [b.get("value") for b in page.iter("button") if b.get("name") == "vite"] == ["s:2026-12-07:1"]


def test_without_a_change_there_is_no_bar_but_the_version_stays() -> None:
    page = arbre("agenda sans changement")
    resume = trouver(page, id="resume")[0]
    assert (resume.get("class"), texte(resume)) == (None, "")
    assert trouver(resume, name="version")[0].get("value") == "3"
    assert len(list(resume.iter("output"))) == 1, "announced by screen readers: there before it has words"


def test_a_read_only_agenda_has_no_form_and_says_whom_to_write_to() -> None:
    page = arbre("agenda en lecture")
    assert trouver(page, id="form-agenda") == []
    assert [c for c in page.iter("input") if c.get("name") == "c"] == []
    assert "Cet agenda se lit seulement" in texte(page)
    assert "mailto:creche@ville.example" in [a.get("href") for a in page.iter("a")]


def test_a_conflict_shows_both_states_and_posts_this_one_again() -> None:
    page = arbre("agenda en conflit")
    assert "Étude cochée" in texte(page)
    assert "Cantine décochée" in texte(page)
    reprises = {e.get("name"): e.get("value") for e in trouver(page, form="form-conflit") if e.tag == "input"}
    assert reprises == {"c": "7-3", "version": "14"}


@pytest.mark.parametrize("champ", ["unites", "jours", "semaines", "action", "du", "jusqua", "au"])
def test_a_refused_rhythm_reopens_its_sheet_with_an_error_beside_each_field(champ: str) -> None:
    page = arbre("rythme refusé")
    assert trouver(page, id="rythme")[0].get("open") is not None
    assert texte(trouver(page, id=f"{champ}-faute")[0]) == "Faute."
    assert f"#{champ}" in [a.get("href") for a in trouver(page, id="erreurs")[0].iter("a")]
    assert trouver(page, id=champ), "the summary's link leads somewhere"


def test_what_was_typed_in_a_refused_rhythm_is_kept() -> None:
    page = arbre("rythme refusé")
    assert [
        c.get("value") for c in page.iter("input") if c.get("checked") is not None and c.get("name") == "jours"
    ] == ["0"]
    assert trouver(page, id="du")[0].get("value") == "hier"
    assert [texte(o) for o in page.iter("option") if o.get("selected") is not None] == ["Une date"]


def test_the_button_of_a_rhythm_says_what_it_does_with_its_number() -> None:
    assert texte(trouver(arbre("aperçu d’un rythme"), id="appliquer")[0]) == "Ajouter 23 jours"


def test_the_summary_is_checked_before_the_only_button_that_books() -> None:
    page = arbre("récapitulatif")
    assert [texte(b) for b in trouver(page, class_="plein")] == ["Valider"]
    assert texte(next(page.iter("h1"))) == "Vérifiez votre demande"
    assert "Modifier les jours de Léa" in [texte(a) for a in page.iter("a")]
    assert [texte(e) for e in trouver(page, class_="recap")] == [
        "+Ajouté\u00a0: Étude, lundi 7 décembre+3,60\u00a0€",
        "−Retiré\u00a0: Cantine, mardi 8 décembre−3,42\u00a0€détail",
        "×Refusé\u00a0: Mercredi, 9 décembreLe délai est passé.",
    ]


def test_nothing_to_validate_has_no_validating_button() -> None:
    refuses = Ecran(
        "reservations/recapitulatif.html", {"recapitulatif": ecrans.recapitulatif(ajouts=0, retraits=0, refus=1)}
    )
    assert 'id="valider"' not in ecrans.rendre(refuses)
    assert 'id="valider"' not in ecrans.rendre(ECRANS["récapitulatif vide"])


def test_a_receipt_says_its_number_its_date_and_both_states() -> None:
    page = arbre("reçu nouveau")
    assert texte(next(page.iter("h1"))) == "C’est réservé."
    assert "Reçu n° 2026-000042" in texte(page)
    assert next(page.iter("time")).get("datetime") == "2026-12-02T19:42+01:00"
    ligne = next(iter(next(page.iter("tbody"))))
    assert texte(ligne) == "L Léa, cantineAvant\u00a0: 0\u00a0jourAprès\u00a0: 2\u00a0jours"
    assert texte(next(arbre("reçu ancien").iter("h1"))) == "Reçu n° 2026-000042"


def test_the_home_screen_card_stays_hidden_until_the_browser_offers_it() -> None:
    assert trouver(arbre("reçu nouveau"), id="installer")[0].get("hidden") is not None


@pytest.mark.parametrize(
    ("gabarit", "donnees"),
    [
        ("agenda/_mois.html", {"agenda": ecrans.agenda()}),
        ("agenda/_resume.html", {"resume": va.Resume(4, ajouts=1)}),
        ("agenda/_apercu.html", {"agenda": {"enfant_id": 7}, "apercu": ecrans.APERCU}),
        ("agenda/_rythme.html", {"agenda": ecrans.agenda()}),
        ("accueil/_tuiles.html", {"accueil": ecrans.accueil()}),
        ("connexion/_formulaire.html", {"erreurs": {"": "Attendez."}, "saisie": {}}),
        ("reservations/_recapitulatif.html", {"recapitulatif": ecrans.recapitulatif(), "onglet": ""}),
        ("reservations/_recapitulatif.html", {"recapitulatif": ecrans.recapitulatif(enfants=())}),
        ("erreurs/_avis.html", {"titre": "Non.", "phrase": "Rechargez.", "actions": (v.Lien("Accueil", "/"),)}),
    ],
)
def test_a_fragment_is_one_element_named_after_its_file(gabarit: str, donnees: dict[str, Any]) -> None:
    html = fragment(gabarit, **donnees)
    assert relire(html) == []
    elements = list(analyser(html, est_page=False))
    nom = Path(gabarit).stem.removeprefix("_")
    assert [e.get("id") for e in elements] == [{"rythme": "rythme-form"}.get(nom, nom)]


def test_the_month_in_the_page_is_the_fragment() -> None:
    donnees = {"agenda": ecrans.agenda()}
    assert fragment("agenda/_mois.html", **donnees).strip() in fragment("agenda/page.html", **donnees)


def poids(octets: bytes) -> int:
    return len(brotli.compress(octets, quality=11))


def test_the_weights_of_the_screen_are_kept() -> None:
    """Budgets of the design: HTML 6 KB, scripts 16 KB, a tick's answer 500 bytes, style sheet 4 KB (exceeded: 5)."""
    scripts = [STATIQUE / "vendor" / "htmx" / "htmx.min.js", STATIQUE / "js" / "app.js"]
    assert sum(poids(fichier.read_bytes()) for fichier in scripts) <= 16 * 1024
    assert poids((STATIQUE / "css" / "app.css").read_bytes()) <= 5 * 1024
    resume = fragment("agenda/_resume.html", resume=va.Resume(12, 3, 1, 0, "Décembre", 11390, 144))
    assert poids(resume.encode()) <= 500
    semaine = va.SemaineAgenda(
        "s1", "Du 7 au 11", tuple(
            va.JourAgenda(ecrans.LUNDI, "lun.", "Lundi 7 décembre 2026", tuple(
                va.Puce(f"c{jour}-{u}", f"{jour}-{u}", nom, "libre", False, True, 100 * u + jour)
                for u, nom in enumerate(("Matin", "Cantine", "Étude", "Soir"))
            ))
            for jour in range(1, 24)
        ),
    )  # fmt: skip
    assert poids(fragment("agenda/page.html", agenda=ecrans.agenda(semaines=(semaine,))).encode()) <= 6 * 1024


def test_the_vendored_script_is_the_one_its_page_describes() -> None:
    import hashlib

    empreinte = hashlib.sha256((STATIQUE / "vendor" / "htmx" / "htmx.min.js").read_bytes()).hexdigest()
    assert empreinte in (STATIQUE / "vendor" / "htmx" / "README.md").read_text()
