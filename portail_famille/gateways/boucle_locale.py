"""This machine as its own browser calls it: « localhost » is 127.0.0.1, or ::1 first where there is IPv6."""

import socket

NOM = "localhost"
"""A name, not an address: browsers refuse passkeys on a bare one."""
HOTE = "127.0.0.1"
_FAMILLES = {HOTE: socket.AF_INET, "::1": socket.AF_INET6}


def adresses() -> tuple[str, ...]:
    """Those that can be listened on: many a machine, many a container has no IPv6."""
    return tuple(adresse for adresse in _FAMILLES if peut_ecouter(adresse, 0))


def famille(adresse: str) -> socket.AddressFamily:
    return _FAMILLES[adresse]


def prise(adresse: str, port: int) -> str:
    """As a server's option or an address bar writes it."""
    return f"[{adresse}]:{port}" if ":" in adresse else f"{adresse}:{port}"


def peut_ecouter(adresse: str, port: int) -> bool:
    try:
        with socket.socket(famille(adresse), socket.SOCK_STREAM) as essai:
            # As servers do: connections of a previous run still closing do not hold the port.
            essai.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            essai.bind((adresse, port))
    except OSError:
        return False
    return True


def est_libre(port: int) -> bool:
    """Whether the port can be listened on at every address: another server on ::1 alone would be met in our place."""
    return all(peut_ecouter(adresse, port) for adresse in adresses())


def port_proche(souhaite: int) -> int:
    """The wished port, or any free one."""
    port = souhaite
    while not est_libre(port):
        with socket.socket() as essai:
            essai.bind((HOTE, 0))
            port = essai.getsockname()[1]
    return port
