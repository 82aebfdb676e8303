"""A page open in a browser: what it would post, and what it looks like once htmx has put the answer in its place.

Only what htmx does: each root of an answer replaces the element of the same id (`static/js/app.js` sends the first one
there too), and a box keeps the tick the parent gave it.
"""

from copy import deepcopy
from xml.etree.ElementTree import Element

import html5lib
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.client import HTMX
from tests.support.formulaires import Formulaire, lire_formulaire
from tests.support.pages import analyser, texte

_SANS_PREFIXE = "/saint-rivage"


class Ecran:
    def __init__(self, client: FlaskClient, adresse: str) -> None:
        self.client = client
        self.numero = 0
        self.racine = Element("html")
        reponse = client.get(adresse)
        assert reponse.status_code == 200, (adresse, reponse.status_code)
        self.recevoir(reponse)

    @property
    def html(self) -> str:
        serie = html5lib.serialize(self.racine, tree="etree", omit_optional_tags=False, quote_attr_values="always")
        return f"<!doctype html>{serie}"

    def element(self, identifiant: str) -> Element:
        return next(element for element in self.racine.iter() if element.get("id") == identifiant)

    def formulaire(self, identifiant: str = "form-agenda") -> Formulaire:
        return lire_formulaire(self.html, identifiant)

    def case(self, valeur: str) -> Element | None:
        """The agenda's box of this value, None when the page shows none."""
        cases = (e for e in self.racine.iter("input") if e.get("name") == "c" and e.get("type") == "checkbox")
        return next((case for case in cases if case.get("value") == valeur), None)

    def cocher(self, *valeurs: str) -> None:
        for valeur in valeurs:
            case = self.case(valeur)
            assert case is not None, f"no box {valeur}"
            case.set("checked", "")

    def decocher(self, *valeurs: str) -> None:
        for valeur in valeurs:
            case = self.case(valeur)
            assert case is not None, f"no box {valeur}"
            case.attrib.pop("checked")

    def poster(self, identifiant: str = "form-agenda", **champs: object) -> TestResponse:
        """Sends a form as htmx does and applies the answer. `champs` replace fields or name the button pressed."""
        formulaire = self.formulaire(identifiant)
        if identifiant == "form-agenda":
            self.numero += 1
            formulaire.champs["seq"] = [str(self.numero)]
        donnees = {**formulaire.champs, **champs}
        reponse = self.client.post(formulaire.adresse.removeprefix(_SANS_PREFIXE), data=donnees, headers=HTMX)
        if reponse.mimetype == "text/html" and reponse.data:
            self.appliquer(reponse)
        return reponse

    def envoyer(self, identifiant: str = "form-agenda", **champs: object) -> TestResponse:
        """Sends a form as a browser without JavaScript."""
        formulaire = self.formulaire(identifiant)
        donnees = {**formulaire.champs, **champs}
        return self.client.post(formulaire.adresse.removeprefix(_SANS_PREFIXE), data=donnees)

    def recevoir(self, page: TestResponse) -> None:
        """A whole page takes the place of this one."""
        self.racine = deepcopy(analyser(page.text.lstrip(), est_page=True))

    def appliquer(self, reponse: TestResponse) -> None:
        for morceau in deepcopy(analyser(reponse.text.lstrip(), est_page=False)):
            if morceau.tag == "hx-partial":
                assert morceau.get("hx-swap") == "outerHTML"
                (nouveau,) = list(morceau)
                assert morceau.get("hx-target") == f"#{nouveau.get('id')}"
            else:
                nouveau = morceau
            self._remplacer(nouveau)

    def _remplacer(self, nouveau: Element) -> None:
        identifiant = nouveau.get("id")
        for parent in self.racine.iter():
            for rang, enfant in enumerate(parent):
                if identifiant is not None and enfant.get("id") == identifiant:
                    nouveau.tail = enfant.tail
                    parent[rang] = nouveau
                    return
        raise AssertionError(f"no place for {nouveau.tag} {identifiant!r}")

    def montre(self) -> list[object]:
        """What #mois and #resume show, page token and passing notices aside: two screens that agree are equal."""
        return [_normaliser(self.element(identifiant)) for identifiant in ("mois", "resume")]


def _normaliser(element: Element) -> object:
    attributs = {nom: " ".join(valeur.split()) for nom, valeur in element.attrib.items()}
    if element.tag == "input" and element.get("name") == "page":
        attributs.pop("value")
    enfants = [
        _normaliser(enfant)
        for enfant in element
        if not (element.get("id") == "mois" and "avis" in (enfant.get("class") or "").split())
    ]
    morceaux = [element.text or "", *(enfant.tail or "" for enfant in element)]
    return element.tag, attributs, " ".join("".join(morceaux).split()), enfants


def phrases(reponse: TestResponse) -> str:
    """The whole text of an answer, page or fragments."""
    html = reponse.text.lstrip()
    return texte(analyser(html, est_page=html[:9].lower() == "<!doctype"))
