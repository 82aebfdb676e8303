"""The coffre on an S3-compatible storage: the same encrypted objects as on a disk, under the commune's own prefix.

Encrypted here, with the commune's key: whoever runs the storage reads nothing. Needs the extra `portail-famille[s3]`.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from portail_famille.gateways.chiffre import Chiffre
from portail_famille.gateways.coffre import CoffreInjoignable, ObjetAbsent, est_un_nom, lieu_de, nouveau_nom

if TYPE_CHECKING:
    from obstore.store import S3Store

_DELAI = "20s"
_ESSAIS = 2


class StockageImpossible(Exception):
    """The settings ask for a storage that cannot be used; said in French to who administers the server."""


class CoffreS3:
    """The documents of one commune, in the bucket `panier` under `prefixe`/."""

    def __init__(
        self, chiffre: Chiffre, *, adresse: str, region: str, panier: str, cle: str, secret: str, prefixe: str
    ) -> None:
        """Raises `StockageImpossible`."""
        manquent = [
            nom for nom, valeur in (("s3_panier", panier), ("s3_cle", cle), ("s3_secret", secret)) if not valeur
        ]
        if manquent:
            raise StockageImpossible(f"clé « documents.{manquent[0]} » manquante : le stockage s3 en a besoin")
        self._chiffre = chiffre
        self._prefixe = prefixe
        self._depot = _ouvrir(adresse, region, panier, cle, secret)

    def put(self, octets: bytes) -> str:
        """Keeps these bytes; the name to find them again. Raises `CoffreInjoignable`."""
        nom = nouveau_nom()
        brut = self._chiffre.chiffrer(octets, lieu_de(nom))
        with _pannes():
            self._depot.put(self._chemin(nom), brut, use_multipart=False)
        return nom

    def get(self, nom: str) -> bytes:
        """Raises `ObjetAbsent`, `CoffreInjoignable`, or `Illisible` when the object was changed or moved."""
        chemin = self._chemin(nom)
        with _pannes():
            try:
                brut = bytes(self._depot.get(chemin).bytes())
            except FileNotFoundError:
                raise ObjetAbsent(nom) from None
        return self._chiffre.dechiffrer(brut, lieu_de(nom))

    def delete(self, nom: str) -> None:
        """Gone for good; already gone is fine. Raises `CoffreInjoignable`."""
        with _pannes(), suppress(FileNotFoundError):
            self._depot.delete(self._chemin(nom))

    def objets(self, avant: datetime) -> Iterator[str]:
        """Names of the objects written before this instant. Raises `CoffreInjoignable`."""
        with _pannes():
            for lot in self._depot.list(prefix=self._prefixe):
                for objet in lot:
                    nom = objet["path"].rpartition("/")[2]
                    if objet["last_modified"] < avant and est_un_nom(nom):
                        yield nom

    def _chemin(self, nom: str) -> str:
        if not est_un_nom(nom):
            raise ObjetAbsent(nom)
        return f"{self._prefixe}/{nom[:2]}/{nom}"


@contextmanager
def _pannes() -> Iterator[None]:
    """The kind of fault only: a message may quote the address and its key."""
    from obstore.exceptions import BaseError

    try:
        yield
    except BaseError as erreur:
        raise CoffreInjoignable(type(erreur).__name__) from None


def _ouvrir(adresse: str, region: str, panier: str, cle: str, secret: str) -> "S3Store":
    """Nothing is asked of the storage yet."""
    try:
        from obstore.exceptions import BaseError
        from obstore.store import S3Store
    except ImportError:
        raise StockageImpossible(
            "le stockage s3 demande un paquet de plus : pip install « portail-famille[s3] »"
        ) from None
    try:
        return S3Store(
            panier,
            endpoint=adresse or None,
            region=region or "us-east-1",
            access_key_id=cle,
            secret_access_key=secret,
            virtual_hosted_style_request=False,
            client_options={"allow_http": adresse.startswith("http://"), "timeout": _DELAI, "connect_timeout": "5s"},
            retry_config={"max_retries": _ESSAIS, "retry_timeout": timedelta(seconds=30)},
        )
    except (BaseError, ValueError) as erreur:
        raise StockageImpossible(f"le stockage s3 ne s’ouvre pas avec ces réglages ({type(erreur).__name__})") from None
