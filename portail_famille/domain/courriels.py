"""Mail addresses that a town writes in its files, and that go as they are into links and headers."""

import re

_NOM = r"[A-Za-z0-9!#$'*+/=^_`{|}~-]+"
_ETIQUETTE = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_FORME = re.compile(rf"{_NOM}(?:\.{_NOM})*@{_ETIQUETTE}(?:\.{_ETIQUETTE})*")
_LONGUEUR = 254


def est_courriel(texte: str) -> bool:
    """An address of everyday (RFC 5321, without quoted names), and nothing a link could read as more than one.

    « ? », « & » and « % » are lawful in a name and unheard of in a town's: in `mailto:` they begin other fields.
    """
    return len(texte) <= _LONGUEUR and _FORME.fullmatch(texte) is not None
