"""Statements compiled once for all the databases of a session: a test opens its own, on the same schema."""

from typing import Any

from sqlalchemy import Engine
from sqlalchemy.util import LRUCache

from portail_famille.models.bd import BD


class _Partagee(LRUCache[Any, Any]):
    """Keys of SQLAlchemy begin with the engine's dialect, an object: two of a kind compile alike."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(_cle(key), default)

    def __getitem__(self, key: Any) -> Any:
        return super().__getitem__(_cle(key))

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(_cle(key), value)


def _cle(cle: Any) -> Any:
    return (cle[0].name, *cle[1:])


def partager() -> None:
    """From now on, for every BD."""
    partagee = _Partagee(2000)
    seul = BD._moteur

    def moteur(self: BD, connexions: int, *, ecrit: bool) -> Engine:
        fait = seul(self, connexions, ecrit=ecrit)
        fait._compiled_cache = partagee
        return fait

    BD._moteur = moteur  # type: ignore[method-assign]
