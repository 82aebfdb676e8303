"""Which mail addresses a town may write in its files."""

import pytest

from portail_famille.domain.courriels import est_courriel, lire_courriel
from portail_famille.domain.erreurs import RegleViolee


@pytest.mark.parametrize(
    "adresse",
    ["mairie@saint-rivage.example", "o'neil.jean+ecole@a.b-c.example", "x@localhost", "a@xn--saint-loi-f4a.example"],
)
def test_everyday_addresses_are_taken(adresse: str) -> None:
    assert est_courriel(adresse)


@pytest.mark.parametrize(
    "adresse",
    [
        "",
        "mairie",
        "@saint-rivage.example",
        "mairie@",
        "mairie@saint-rivage.example?bcc=voleur@ailleurs.example",
        "mairie?bcc=voleur@ailleurs.example",
        "mairie&cc=voleur@ailleurs.example",
        "mairie%3Fbcc@saint-rivage.example",
        "mairie@saint-rivage.example,voleur@ailleurs.example",
        "mairie@saint-rivage.example\nBcc: voleur@ailleurs.example",
        "mairie@saint-rivage.example\n",
        "mairie@saint rivage.example",
        "<mairie@saint-rivage.example>",
        '"mairie"@saint-rivage.example',
        "mairie@-rivage.example",
        "mairie@saint..example",
        ".mairie@saint-rivage.example",
        "mairie@saint-éloi.example",
        "m" * 250 + "@b.fr",
    ],
)
def test_what_is_not_one_address_is_refused(adresse: str) -> None:
    assert not est_courriel(adresse)


@pytest.mark.parametrize(
    ("saisie", "gardee"),
    [
        (" Camille@Exemple.FR ", "camille@exemple.fr"),
        ("camille+cantine@exemple.fr", "camille+cantine@exemple.fr"),
        ("zoe@exämple.fr", "zoe@xn--exmple-cua.fr"),
        ("zoe@exa\u0308mple.fr", "zoe@xn--exmple-cua.fr"),
    ],
)
def test_an_address_is_kept_in_one_form(saisie: str, gardee: str) -> None:
    assert lire_courriel(saisie) == gardee


@pytest.mark.parametrize(
    "saisie",
    ["", "camille", "camille@", "@exemple.fr", "camille@exemple", "zoé@exemple.fr", "a@b@exemple.fr", "a b@exemple.fr",
     "a@exemple..fr", "a@" + "é" * 70 + ".fr", "a@exemple.fr\nBcc: b@exemple.fr"],
)  # fmt: skip
def test_an_address_nobody_could_write_to_is_refused(saisie: str) -> None:
    with pytest.raises(RegleViolee) as refus:
        lire_courriel(saisie, "nouvelle")
    assert refus.value.champ == "nouvelle"
