"""Money: exact fractions of a euro while computing, integer centimes as soon as it is a price."""

import math
import re
from decimal import Decimal
from fractions import Fraction

INSECABLE = "\u00a0"
FINE = "\u202f"
_DEMI = Fraction(1, 2)
_DECIMALES = 8
_AVANT_PONCTUATION = re.compile(r" (?=[;!?%])")
_AVANT_DEUX_POINTS = re.compile(r" (?=[:€»])|(?<=«) ")


def arrondir(montant: Fraction) -> int:
    """Euros to centimes, half up, once, at the end (Bubry prints 3,05 / 2 = 1,53)."""
    return math.floor(montant * 100 + _DEMI)


def euros(centimes: int) -> Fraction:
    return Fraction(centimes, 100)


def typographier(phrase: str) -> str:
    """French spaces: narrow no-break before ; ! ? %, no-break before : € and inside « »."""
    return _AVANT_PONCTUATION.sub(FINE, _AVANT_DEUX_POINTS.sub(INSECABLE, phrase))


def ecrire_nombre(nombre: Decimal | Fraction | int, decimales_minimum: int = 0) -> str:
    """« 1 234,5 »: comma, narrow no-break spaces between thousands, no useless zero.

    Never rounded: « 0,995 » followed by a rounding to 0,99 would look false when the number was 0,9949. Past eight
    decimals it is cut, and says so with an ellipsis.
    """
    valeur = Fraction(nombre)
    echelle: int = 10**_DECIMALES
    exact = abs(valeur) * echelle
    entier, decimales = divmod(math.floor(exact), echelle)
    if exact.denominator == 1:
        suite = str(decimales).zfill(_DECIMALES).rstrip("0").ljust(decimales_minimum, "0")
    else:
        suite = str(decimales).zfill(_DECIMALES) + "…"
    texte = f"{entier:,}".replace(",", FINE) + (f",{suite}" if suite else "")
    return f"-{texte}" if valeur < 0 else texte


def ecrire_euros(montant: Fraction) -> str:
    """« 3,60 € », with every further decimal when the rounding is still to come."""
    return f"{ecrire_nombre(montant, decimales_minimum=2)}{INSECABLE}€"


def ecrire_centimes(centimes: int) -> str:
    return ecrire_euros(euros(centimes))
