"""What a parent does, as requests: log in, tick, apply a rhythm, validate."""

import re
from datetime import UTC, datetime

from banc.lieux import Atelier
from banc.serveur import Client, Reponse, champ
from portail_famille.demonstration.fiches import code_du_moment
from portail_famille.demonstration.saint_rivage import AGENTS, SAINT_RIVAGE

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial", "Accept": "text/html", "Accept-Encoding": "br"}
PAGE = {"Accept": "text/html", "Accept-Encoding": "br"}
_CASE = re.compile(r'<input type="checkbox" name="c" id="[^"]*" value="([^"]*)"( checked)?>')
_UNITE = re.compile(r'<input type="checkbox" name="unites" value="([^"]*)"')


def connecter(port: int, slug: str, identifiant: str) -> Client:
    mots = {adulte.identifiant: adulte.mot_de_passe for adulte in SAINT_RIVAGE.adultes}
    client = Client(port, f"/{slug}")
    client.connecter(identifiant, mots[identifiant])
    return client


def connecter_agent(port: int, slug: str, identifiant: str) -> Client:
    """An agent, her second factor given."""
    agent = next(portrait for portrait in AGENTS if portrait.identifiant == identifiant)
    client = Client(port, f"/{slug}")
    client.connecter(identifiant, agent.mot_de_passe)
    jeton = champ(client.get("/second-facteur").texte, "csrf_token")
    reponse = client.post(
        "/second-facteur", [("csrf_token", jeton), ("code", code_du_moment(agent, datetime.now(UTC)))], PAGE
    )
    if reponse.statut != 303:
        raise RuntimeError(f"second factor of {identifiant}: {reponse.statut}")
    return client


class Connexion:
    """The login of a parent: each time a browser that comes for the first time, its form already on the screen."""

    def __init__(self, port: int, slug: str, identifiant: str) -> None:
        self._port, self._slug, self._identifiant = port, slug, identifiant
        self._mot_de_passe = {a.identifiant: a.mot_de_passe for a in SAINT_RIVAGE.adultes}[identifiant]
        self._client = Client(port, f"/{slug}")
        self._jeton = ""

    def preparer(self) -> None:
        self._client.fermer()
        self._client = Client(self._port, f"/{self._slug}")
        self._jeton = champ(self._client.get("/connexion").texte, "csrf_token")

    def connecter(self) -> Reponse:
        champs = [
            ("csrf_token", self._jeton),
            ("identifiant", self._identifiant),
            ("mot_de_passe", self._mot_de_passe),
        ]
        return self._client.post("/connexion", champs, PAGE)


class Coche:
    """Ticks and unticks one box of an agenda, posting the form as the page's script does."""

    def __init__(self, client: Client, chemin: str) -> None:
        self._client = client
        self._chemin = chemin.partition("?")[0]
        page = client.get(chemin, PAGE).texte
        self._fixes = [(nom, champ(page, nom)) for nom in ("csrf_token", "mois", "page")]
        self._version = champ(page, "version")
        self._seq = 0
        cases = _CASE.findall(page)
        self._case = next(valeur for valeur, coche in cases if not coche)

    def cocher(self) -> Reponse:
        self._seq += 1
        jour, unite = self._case.split("-")
        champs = [*self._fixes, ("seq", str(self._seq)), ("version", self._version), ("vus", f"{unite}*{jour}")]
        if self._seq % 2:
            champs.append(("c", self._case))
        reponse = self._client.post(self._chemin, champs, HTMX)
        self._version = champ(reponse.texte, "version")
        return reponse


class Rythme:
    """All the units of a child on every weekday until the end of the school year: added, then taken away, in turn."""

    def __init__(self, client: Client, chemin: str) -> None:
        self._client = client
        agenda, _, mois = chemin.partition("?mois=")
        self._chemin = agenda.removesuffix("agenda") + "rythme"
        page = client.get(chemin, PAGE).texte
        # One unit of each kind: those of Wednesdays and holidays exclude each other.
        unites = _UNITE.findall(page)[:4]
        self._champs = [
            ("csrf_token", champ(page, "csrf_token")),
            ("mois", mois),
            *(("unites", unite) for unite in unites),
            *(("jours", str(rang)) for rang in range(5)),
            ("semaines", "1"),
            ("du", f"{mois}-01"),
            ("jusqua", "annee"),
            ("au", ""),
        ]
        self._ajouter = False

    def appliquer(self) -> Reponse:
        self._ajouter = not self._ajouter
        action = ("action", "ajouter" if self._ajouter else "retirer")
        return self._client.post(self._chemin, [*self._champs, action], HTMX)


class Validation:
    """« Valider » on a draft of 560 slots that has just been checked on « Vérifiez votre demande »."""

    def __init__(self, client: Client, atelier: Atelier) -> None:
        self._client = client
        self._atelier = atelier
        self._champs: list[tuple[str, str]] = []

    def preparer(self) -> None:
        self._atelier.preparer()
        page = self._client.get("/reservations/recapitulatif", PAGE).texte
        self._champs = [(nom, champ(page, nom)) for nom in ("csrf_token", "empreinte", "version", "foyer")]

    def valider(self) -> Reponse:
        return self._client.post("/reservations/recapitulatif", self._champs, PAGE)
