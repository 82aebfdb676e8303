"""A phone's own keeper of passkeys, as Chromium imitates it (WebAuthn domain of the DevTools protocol)."""

from playwright.sync_api import Page

_INTERNE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


class Gardien:
    """Of one page: it holds the keys made there. Its owner is recognised until told otherwise."""

    def __init__(self, page: Page) -> None:
        self._cdp = page.context.new_cdp_session(page)
        self._cdp.send("WebAuthn.enable")
        self._id: str = self._cdp.send("WebAuthn.addVirtualAuthenticator", {"options": _INTERNE})["authenticatorId"]

    def nombre_de_cles(self) -> int:
        return len(self._cdp.send("WebAuthn.getCredentials", {"authenticatorId": self._id})["credentials"])

    def reconnaitre(self, est_reconnue: bool) -> None:
        """Whether the finger or the face shown is its owner's."""
        self._cdp.send("WebAuthn.setUserVerified", {"authenticatorId": self._id, "isUserVerified": est_reconnue})
