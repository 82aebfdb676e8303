"""Devices as a parent recognises them."""

import pytest

from portail_famille.presentation.appareils import nommer_appareil

_KHTML = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("agent", "nom"),
    [
        (f"Mozilla/5.0 (Linux; Android 15; Pixel 9) {_KHTML} Chrome/142.0 Mobile Safari/537.36", "Chrome sur Android"),
        (
            f"Mozilla/5.0 (Windows NT 10.0) {_KHTML} Chrome/142.0 Safari/537.36 Edg/142.0",
            "Edge sur Windows",
        ),
        (
            f"Mozilla/5.0 (Linux; Android 14; SM-S911B) {_KHTML} SamsungBrowser/28.0 Chrome/130.0 Mobile Safari/537.36",
            "Samsung Internet sur Android",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5) AppleWebKit/605.1.15 Version/18.5 Mobile Safari/604.1",
            "Safari sur iPhone",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5) AppleWebKit/605.1.15 CriOS/142.0 Safari/604.1",
            "Chrome sur iPhone",
        ),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox sur Mac"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox sur Linux"),
        ("curl/8.0", ""),
        ("", ""),
    ],
)
def test_a_browser_and_its_system_are_named(agent: str, nom: str) -> None:
    assert nommer_appareil(agent) == nom


def test_a_falsified_description_cannot_fill_the_page() -> None:
    assert len(nommer_appareil("Chrome/ Android <script>" * 500)) <= 80
