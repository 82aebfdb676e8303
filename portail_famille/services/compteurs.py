"""Numbers without gaps per series and year, given in the transaction that uses them."""

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portail_famille.models.reservations import Compteur


def prochain_numero(session: Session, serie: str, annee: int, combien: int = 1) -> int:
    """The next number, the last one of `combien`; its row stays locked until the transaction ends, and goes back with
    it."""
    inserer = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    numero: int | None = session.scalar(
        inserer(Compteur)
        .values(serie=serie, annee=annee, valeur=combien)
        .on_conflict_do_update(index_elements=["serie", "annee"], set_={"valeur": Compteur.valeur + combien})
        .returning(Compteur.valeur)
    )
    assert numero is not None
    return numero
