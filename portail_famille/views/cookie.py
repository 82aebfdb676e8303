"""The session's cookie: it lives as long as the session it stands for, whose limits the database keeps."""

from datetime import UTC, datetime, timedelta

from flask import Flask, g
from flask.sessions import SecureCookieSessionInterface, SessionMixin

from portail_famille.config import ReglagesSession

CLE_DURABLE = "d"
"""Short: it goes out with every request."""


class CookieDeSession(SecureCookieSessionInterface):
    """Flask's, with « Rester connecté »: two lifetimes."""

    def __init__(self, reglages: ReglagesSession) -> None:
        self._reglages = reglages

    def get_expiration_time(self, app: Flask, session: SessionMixin) -> datetime | None:
        if not session.permanent:
            return None
        return datetime.now(UTC) + self._duree(bool(session.get(CLE_DURABLE)))

    def should_set_cookie(self, app: Flask, session: SessionMixin) -> bool:
        """A request that came with the token before must not bring it back over the new one."""
        return super().should_set_cookie(app, session) and not g.get("jeton_precedent", False)

    def _duree(self, durable: bool) -> timedelta:
        if durable:
            return timedelta(days=self._reglages.durable_jours)
        return timedelta(hours=self._reglages.duree_heures)


def duree_maximale(reglages: ReglagesSession) -> timedelta:
    """How old a signed cookie may be to be read at all."""
    return max(timedelta(days=reglages.durable_jours), timedelta(hours=reglages.duree_heures))
