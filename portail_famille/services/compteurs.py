"""Numbers without gaps per series and year, given in the transaction that uses them."""

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portail_famille.config.reglages import ReglagesCommune
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.models.reservations import Compteur

_LIVRES = {"R": "reglement", "C": "comptable", "E": "essai", "A": "ailleurs"}


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


def prochain_rang(session: Session, serie: str, annee: int, combien: int = 1) -> int:
    """The same for invoices and avoirs. A town may call its series as it likes: no other counter has that name."""
    return prochain_numero(session, serie_de_factures(serie), annee, combien)


def serie_de_factures(serie: str) -> str:
    return f"facture {serie}"


def serie_du_livre(lettre: str, regie: str) -> str:
    """`lettre`: which its numbers begin with."""
    return f"{_LIVRES[lettre]} {regie}"


def avancer(session: Session, serie: str, annee: int, jusqua: int) -> bool:
    """Numbers up to this one are taken: a restored database forgot them. False when it already knew: no counter goes
    back."""
    valeur = session.scalar(
        select(Compteur.valeur).where(Compteur.serie == serie, Compteur.annee == annee).with_for_update()
    )
    if (valeur or 0) >= jusqua:
        return False
    prochain_numero(session, serie, annee, jusqua - (valeur or 0))
    return True


def numero_de_recu(session: Session, regie: str, annee: int) -> str:
    """ "R2026-ENFANCE-000123": gapless per régie and year, each of them closes its own book. Named by the régie's code,
    which is unique and stays when its series is spelt otherwise, or when the town has taken it out of its settings."""
    return f"R{annee}-{regie.upper()}-{prochain_numero(session, serie_du_livre('R', regie), annee):06d}"


def numero_du_comptable(session: Session, regie: str, annee: int) -> str:
    """ "C2026-ENFANCE-000004": what the Treasury settled is in no book of receipts."""
    return f"C{annee}-{regie.upper()}-{prochain_numero(session, serie_du_livre('C', regie), annee):06d}"


def numero_d_essai(session: Session, regie: str, annee: int) -> str:
    """ "E2026-ENFANCE-000002": a trial takes no number of a receipt, whose series has no gap."""
    return f"E{annee}-{regie.upper()}-{prochain_numero(session, serie_du_livre('E', regie), annee):06d}"


def numeros_d_ailleurs(session: Session, regie: str, annee: int, combien: int = 1) -> list[str]:
    """ "A2026-CRECHE-000003": what another software collected is in no book of receipts either."""
    dernier = prochain_numero(session, serie_du_livre("A", regie), annee, combien)
    return [f"A{annee}-{regie.upper()}-{rang:06d}" for rang in range(dernier - combien + 1, dernier + 1)]


def serie_de(reglages: ReglagesCommune, regie: str) -> str:
    """Raises `RegleViolee` (regie_inconnue): taken out of commune.toml since, or billed by another software."""
    trouvee = reglages.regies.get(regie)
    if trouvee is None or trouvee.est_importee:
        raise RegleViolee("regie_inconnue", "Cette régie n’émet pas de factures ici.")
    return trouvee.serie
