"""What a parent recognises in the list of her devices: "Chrome sur Android". Read from the browser's own description,
which anyone may falsify: shown, never trusted."""

_NAVIGATEURS = (
    # In this order: most say they are Chrome or Safari as well.
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMES = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "Chromebook"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)


def nommer_appareil(agent: str) -> str:
    """Empty when neither is recognised."""
    navigateur = next((nom for signe, nom in _NAVIGATEURS if signe in agent), "")
    systeme = next((nom for signe, nom in _SYSTEMES if signe in agent), "")
    return " sur ".join(filter(None, (navigateur, systeme)))
