"""Conditions générales: what may be published, what was accepted."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from html import unescape

import pytest
from sqlalchemy import select

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.models.bd import BD
from portail_famille.models.comptes import AcceptationConditions, Compte
from portail_famille.presentation.markdown import rendre_markdown
from portail_famille.services.conditions import accepter, en_vigueur, modele, publier
from tests.support.personnes import creer_parent
from tests.support.temps import MERCREDI_SOIR

JOUR = date(2026, 12, 2)


def publie(bd: BD, texte: str, du: date = JOUR) -> int:
    with bd.session_ecriture() as session:
        return publier(session, texte, du, MERCREDI_SOIR).version


@pytest.mark.parametrize(
    ("texte", "code"),
    [
        ("", "conditions_vides"),
        (" \n\t", "conditions_vides"),
        ("Bonjour <b>vous</b>", "conditions_html"),
        ("Un\n\n<script>alert(1)</script>\n", "conditions_html"),
        ("x" * 100_001, "conditions_longues"),
    ],
)
def test_a_text_that_is_no_text_is_not_published(bd: BD, texte: str, code: str) -> None:
    with pytest.raises(RegleViolee) as refus:
        publie(bd, texte)
    assert refus.value.code == code


def test_the_line_of_the_html_is_told(bd: BD) -> None:
    with pytest.raises(RegleViolee, match=r"^Ligne 3\b"):
        publie(bd, "Un\n\nDeux <i>trois</i>\n")


def test_the_same_text_is_not_published_twice(bd: BD) -> None:
    assert publie(bd, "Texte") == 1
    with pytest.raises(RegleViolee) as refus:
        publie(bd, "\ufeffTexte\r\n")
    assert refus.value.code == "conditions_inchangees"


def test_a_version_does_not_begin_before_the_last_one(bd: BD) -> None:
    publie(bd, "Un", JOUR + timedelta(days=10))
    with pytest.raises(RegleViolee) as refus:
        publie(bd, "Deux", JOUR)
    assert refus.value.code == "conditions_date"


def test_a_version_is_asked_for_from_its_day_on(bd: BD) -> None:
    publie(bd, "Un")
    publie(bd, "Deux", JOUR + timedelta(days=5))
    with bd.session_lecture() as session:
        versions = [en_vigueur(session, JOUR + timedelta(days=n)) for n in (-1, 0, 4, 5)]
    assert [version and version.version for version in versions] == [None, 1, 1, 2]


def test_accepting_twice_or_at_once_is_written_once(bd: BD) -> None:
    publie(bd, "Un")
    with bd.session_ecriture() as session:
        compte = creer_parent(session).id

    def cliquer(_rang: int) -> None:
        with bd.session_ecriture() as session:
            accepter(session, compte, 1, MERCREDI_SOIR)

    with ThreadPoolExecutor(3) as fils:
        list(fils.map(cliquer, range(3)))
    with bd.session_lecture() as session:
        assert session.execute(select(AcceptationConditions.version, AcceptationConditions.a_utc)).all() == [
            (1, MERCREDI_SOIR)
        ]
        assert session.scalars(select(Compte.conditions_version)).one() == 1


def test_nobody_accepts_what_she_has_not_seen(bd: BD) -> None:
    publie(bd, "Un")
    publie(bd, "Deux")
    with bd.session_ecriture() as session:
        compte = creer_parent(session).id
    for version in (0, 1, 3):
        with pytest.raises(RegleViolee), bd.session_ecriture() as session:
            accepter(session, compte, version, MERCREDI_SOIR)


def test_the_model_names_the_town_and_can_be_published(bd: BD) -> None:
    texte = modele("Saint-<b>Rivage")
    assert "Saint-bRivage" in texte
    assert not re.search(r"\[\w+\](?!\()", texte), "every blank is filled in"
    assert publie(bd, texte) == 1


def test_a_text_is_shown_without_anything_that_could_run() -> None:
    html = rendre_markdown("# Un\n\n### Deux\n\n[clic](javascript:alert(1)) <b>x</b> ![i](http://x/y.png) « a » : b ?")
    assert "<h2>Un</h2>" in html
    assert "<h3>Deux</h3>" in html
    assert "href" not in html
    assert "<b>" not in html
    assert "<img" not in html
    assert "«\u00a0a\u00a0»\u00a0: b\u202f?" in unescape(html)
