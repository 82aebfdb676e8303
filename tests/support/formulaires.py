"""Forms as a browser sees them: what it would send, and where."""

from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.pages import analyser


@dataclass
class Formulaire:
    adresse: str
    methode: str
    champs: dict[str, list[str]]
    """What it would send as it stands: hidden and text fields, ticked boxes, chosen options."""
    cases: dict[str, list[str]] = field(default_factory=dict)
    """Boxes that are not ticked."""

    def cocher(self, nom: str, valeur: str) -> None:
        self.cases[nom].remove(valeur)
        self.champs.setdefault(nom, []).append(valeur)

    def decocher(self, nom: str, valeur: str) -> None:
        self.champs[nom].remove(valeur)
        self.cases.setdefault(nom, []).append(valeur)

    def envoyer(self, client: FlaskClient, prefixe: str = "/saint-rivage", **kwargs: Any) -> TestResponse:
        adresse = self.adresse.removeprefix(prefixe)
        if self.methode == "post":
            return client.post(adresse, data=self.champs, **kwargs)
        return client.get(adresse, query_string=self.champs, **kwargs)


def lire_formulaire(html: str, identifiant: str) -> Formulaire:
    """The form with this id, fields attached to it from elsewhere (form=…) included; or the first posting there."""
    racine = analyser(html.lstrip(), est_page=html.lstrip()[:9].lower() == "<!doctype")
    formulaires = list(racine.iter("form"))
    trouve = next(f for f in formulaires if f.get("id") == identifiant or (f.get("action") or "").endswith(identifiant))
    champs = [c for c in trouve.iter() if c.get("form", trouve.get("id")) == trouve.get("id")]
    champs += [c for c in racine.iter() if trouve.get("id") and c.get("form") == trouve.get("id") and c not in champs]
    lu = Formulaire(trouve.get("action") or "", (trouve.get("method") or "get").lower(), {})
    for champ in champs:
        _lire_champ(champ, lu)
    return lu


def _lire_champ(champ: Element, lu: Formulaire) -> None:
    nom = champ.get("name")
    if not nom or champ.get("disabled") is not None:
        return
    if champ.tag == "input" and champ.get("type") in ("checkbox", "radio"):
        destination = lu.champs if champ.get("checked") is not None else lu.cases
        destination.setdefault(nom, []).append(champ.get("value", "on"))
    elif champ.tag == "input" and champ.get("type") not in ("submit", "button"):
        lu.champs.setdefault(nom, []).append(champ.get("value") or "")
    elif champ.tag == "select":
        options = list(champ.iter("option"))
        choisie = next((o for o in options if o.get("selected") is not None), options[0] if options else None)
        if choisie is not None:
            lu.champs.setdefault(nom, []).append(choisie.get("value") or "")
    elif champ.tag == "textarea":
        lu.champs.setdefault(nom, []).append(champ.text or "")
