"""Days that an avoir had taken off an invoice before another one billed them again: an absence justified by mistake, a
booking put back. The family is told why a day that it had been given back is there again."""

from sqlalchemy import BindParameter, and_, bindparam, select
from sqlalchemy.orm import Session, aliased

from portail_famille.models.factures import Facture, FactureLigne

_AUTRE = aliased(Facture)
_FACTURE_ID: BindParameter[int] = bindparam("facture_id")
_DEJA = aliased(FactureLigne)
_REFACTUREES = (
    select(_DEJA.enfant_id, _DEJA.unite_id, _DEJA.jour, _AUTRE.numero)
    .join(
        FactureLigne,
        and_(
            FactureLigne.enfant_id == _DEJA.enfant_id,
            FactureLigne.unite_id == _DEJA.unite_id,
            FactureLigne.jour == _DEJA.jour,
        ),
    )
    .join(_AUTRE, _AUTRE.id == _DEJA.facture_id)
    .where(
        FactureLigne.facture_id == _FACTURE_ID,
        _AUTRE.foyer_id == bindparam("foyer_id"),
        _AUTRE.genre == "avoir",
        _AUTRE.est_refacturable,
        _AUTRE.emise_utc <= bindparam("emise_utc"),
        _AUTRE.avoir_de != _FACTURE_ID,
    )
    .order_by(_AUTRE.id)
)


def lire_refacturees(session: Session, facture: Facture) -> dict[tuple[object, ...], str]:
    """By slot, the number of the avoir. One query for an invoice."""
    if facture.genre != "facture":
        return {}
    valeurs = {"facture_id": facture.id, "foyer_id": facture.foyer_id, "emise_utc": facture.emise_utc}
    return {tuple(creneau): numero or "" for *creneau, numero in session.execute(_REFACTUREES, valeurs)}
