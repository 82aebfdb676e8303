"""« Ajouter un enfant » as a browser walks it: each step as it is shown, filled, « Enregistrer et continuer »."""

import io
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.client import poster
from tests.support.formulaires import lire_formulaire

NOUVEL_ENFANT = "/demarches/nouvelle/enfant"
ZELIE = {"lien": "parent", "prenom": "Zélie", "nom": "Le Gall", "naissance": "2022-03-04", "document": "livret_famille"}
_ETAPES = ("lien", "identite", "ecole", "document")


def ajouter_un_enfant(client: FlaskClient, octets: bytes | None = None, **champs: str) -> TestResponse:
    """To « Envoyer », or to the first answer that is not a step forward. `octets`: the document, None to bring it."""
    dits = ZELIE | ({} if octets else {"document": "en_mairie"}) | champs
    poster(client, NOUVEL_ENFANT, {"recommencer": "oui"})
    for etape in _ETAPES:
        formulaire = lire_formulaire(client.get(f"{NOUVEL_ENFANT}/{etape}").text, "formulaire")
        noms = {*formulaire.champs, *formulaire.cases}
        formulaire.champs |= {nom: [valeur] for nom, valeur in dits.items() if nom in noms}
        reponse = formulaire.envoyer(client)
        if reponse.status_code != 303:
            return reponse
    if reponse.location.endswith("/documents"):
        if octets is None:
            return reponse
        joindre(client, dits["document"], octets)
    return lire_formulaire(client.get(f"{NOUVEL_ENFANT}/verifier").text, "/verifier").envoyer(client)


def joindre(client: FlaskClient, genre: str, octets: bytes | None = None) -> TestResponse:
    """The page of documents as shown, with this one of that kind."""
    adresse = f"{NOUVEL_ENFANT}/documents"
    donnees: dict[str, Any] = dict(lire_formulaire(client.get(adresse).text, "formulaire").champs)
    donnees = {nom: valeur for nom, valeur in donnees.items() if not nom.startswith("fichier_")}
    if octets is not None:
        donnees[f"fichier_{genre}"] = (io.BytesIO(octets), "livret.jpg")
    return client.post(adresse, data=donnees, content_type="multipart/form-data")
