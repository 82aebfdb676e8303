"""API Particulier of the State, version 3: the QF that the CAF or the MSA knows, asked by « identité pivot ».

GET /v3/dss/quotient_familial/identite, bearer token, `recipient` = SIRET of the town (specification of the DINUM,
particulier.api.gouv.fr/developpeurs/openapi; 20 calls a second per token, 1 000 a minute per address).

The identity travels in the query: neither the address called nor what came back is ever logged or put in an exception.
Redirections are not followed: they would carry the token elsewhere.
"""

import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

journal = logging.getLogger("portail_famille.api_particulier")

CHEMIN = "/v3/dss/quotient_familial/identite"
FRANCE = "99100"
"""Code of the country in the Code officiel géographique."""
DELAI_SECONDES = 8.0
"""For the whole exchange: a parent waits for it."""
_REPONSE_MAXIMALE = 200_000


class ErreurApiParticulier(Exception):
    """No QF came back."""


class DossierAbsent(ErreurApiParticulier):
    """Nobody of this identity receives allocations (404)."""


class IdentiteRefusee(ErreurApiParticulier):
    """A field of the identity is not acceptable (400, 422)."""


class ServiceIndisponible(ErreurApiParticulier):
    """Down, too slow, too busy, or an answer that cannot be read: later, or with a document."""


class AccesRefuse(ErreurApiParticulier):
    """The town's token or SIRET is not accepted (401, 403): its administrator must look."""


@dataclass(frozen=True, slots=True)
class Identite:
    """Who is asked about, born in France. Never kept: it lives as long as the call."""

    nom_naissance: str
    nom_usage: str
    prenoms: tuple[str, ...]
    naissance: date
    sexe: str
    """F or M, as the état civil has it."""
    commune: str
    departement: str
    """« 35 », « 2A », « 974 »."""


@dataclass(frozen=True, slots=True)
class Allocataire:
    """A person of the answer, to tell that it is about who asks."""

    nom_naissance: str
    nom_usage: str
    prenoms: str


@dataclass(frozen=True, slots=True)
class QuotientObtenu:
    valeur_centimes: int
    organisme: str
    """caf or msa."""
    mois: date
    """First day of the month it holds for."""
    allocataires: tuple[Allocataire, ...]


class ApiParticulier:
    """`adresse`: https://particulier.api.gouv.fr, or the local counterpart's."""

    def __init__(self, adresse: str, jeton: str, siret: str, delai: float = DELAI_SECONDES) -> None:
        self._adresse, self._jeton, self._siret, self._delai = urlsplit(adresse), jeton, siret, delai

    def quotient(self, identite: Identite) -> QuotientObtenu:
        """One call, never repeated by itself. Raises `ErreurApiParticulier`."""
        statut, corps = self._appeler(f"{self._adresse.path.rstrip('/')}{CHEMIN}?{urlencode(self._champs(identite))}")
        if statut != 200:
            journal.warning("API Particulier : réponse %d", statut)
        match statut:
            case 200:
                return _lire(corps)
            case 404:
                raise DossierAbsent
            case 400 | 422:
                raise IdentiteRefusee
            case 401 | 403:
                raise AccesRefuse
            case _:
                raise ServiceIndisponible(f"réponse {statut}")

    def _champs(self, identite: Identite) -> list[tuple[str, str]]:
        champs = [
            ("recipient", self._siret),
            ("nomNaissance", identite.nom_naissance),
            *(("prenoms[]", prenom) for prenom in identite.prenoms),
            ("anneeDateNaissance", str(identite.naissance.year)),
            ("moisDateNaissance", str(identite.naissance.month)),
            ("jourDateNaissance", str(identite.naissance.day)),
            ("sexeEtatCivil", identite.sexe),
            ("codeCogInseePaysNaissance", FRANCE),
            ("nomCommuneNaissance", identite.commune),
            ("codeCogInseeDepartementNaissance", identite.departement),
        ]
        return [*champs, ("nomUsage", identite.nom_usage)] if identite.nom_usage else champs

    def _appeler(self, chemin: str) -> tuple[int, bytes]:
        fin = time.monotonic() + self._delai
        genre = HTTPSConnection if self._adresse.scheme == "https" else HTTPConnection
        lien = genre(self._adresse.hostname or "", self._adresse.port, timeout=self._delai)
        entetes = {"Authorization": f"Bearer {self._jeton}", "Accept": "application/json"}
        try:
            lien.request("GET", chemin, headers=entetes)
            reponse = lien.getresponse()
            return reponse.status, self._lire_corps(lien, reponse, fin)
        except (OSError, HTTPException) as panne:
            journal.warning("API Particulier injoignable : %s", type(panne).__name__)
            # Its own words hold the address, hence the identity.
            raise ServiceIndisponible(type(panne).__name__) from None
        finally:
            lien.close()

    def _lire_corps(self, lien: HTTPConnection, reponse: HTTPResponse, fin: float) -> bytes:
        """A server that sends one byte a second is as good as silent."""
        corps = b""
        while morceau := reponse.read1(65_536):
            corps += morceau
            reste = fin - time.monotonic()
            if reste <= 0 or len(corps) > _REPONSE_MAXIMALE:
                raise TimeoutError
            if lien.sock is not None:
                lien.sock.settimeout(reste)
        return corps


def _lire(corps: bytes) -> QuotientObtenu:
    """Believes nothing of the shape. Raises `ServiceIndisponible`."""
    try:
        donnees = json.loads(corps)["data"]
        lu: Mapping[str, Any] = donnees["quotient_familial"]
        valeur = lu["valeur"]
        if isinstance(valeur, bool) or not isinstance(valeur, int | float) or not 0 <= valeur <= 100_000:
            raise ValueError("valeur")
        return QuotientObtenu(
            valeur_centimes=round(valeur * 100),
            organisme="msa" if str(lu["fournisseur"]).upper() == "MSA" else "caf",
            mois=date(int(lu["annee"]), int(lu["mois"]), 1),
            allocataires=tuple(
                Allocataire(str(a.get("nom_naissance") or ""), str(a.get("nom_usage") or ""), str(a["prenoms"] or ""))
                for a in donnees.get("allocataires") or ()
            ),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
        journal.warning("API Particulier : réponse illisible")
        raise ServiceIndisponible("réponse illisible") from None
