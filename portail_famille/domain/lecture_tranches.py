"""Brackets as a town writes them: each bound said once, holes and overlaps refused by name."""

from decimal import Decimal
from fractions import Fraction

from portail_famille.domain.baremes import Assiette, Fixe, Taux, Tranche
from portail_famille.domain.lecture import Table
from portail_famille.domain.montants import ecrire_nombre

# A bound as a point: its value, and 1 when the value itself is still below the point (« plus de 600 »).
Borne = tuple[Fraction, int]
_ZERO: Borne = (Fraction(0), 0)


def lire_tranches(table: Table, assiette: Assiette) -> tuple[Tranche, ...] | None:
    """Brackets from 0 up; None after a fault. A missing bound is its neighbour's."""
    lignes = table.sous_tables("tranches")
    bases = [_base(ligne, assiette) for ligne in lignes]
    bas = [_borne(ligne, incluse="a_partir_de", exclue="plus_de", cote=0) for ligne in lignes]
    hauts = [_borne(ligne, incluse="jusqu_a", exclue="moins_de", cote=1) for ligne in lignes]
    for ligne in lignes:
        ligne.fermer()
    tranches: list[Tranche] = []
    debut = _ZERO
    for rang, (ligne, base) in enumerate(zip(lignes, bases, strict=True)):
        dernier = rang == len(lignes) - 1
        declare, fin = bas[rang], hauts[rang]
        if declare is not None:
            _verifier_raccord(ligne, debut, declare)
        if fin is None and not dernier:
            fin = bas[rang + 1]
            if fin is None:
                ligne.refuser(
                    "", "tranche sans limite : ajoutez moins_de ou jusqu_a (seule la dernière reste ouverte)."
                )
                return None
        if dernier and fin is not None:
            ligne.refuser("", f"trou : aucun prix {_au_dela(fin)} ; la dernière tranche doit rester ouverte.")
        if fin is not None and fin <= debut:
            ligne.refuser("", f"tranche vide ou mal rangée : elle finit à {ecrire_nombre(fin[0])}, avant son début.")
        if base is None:
            return None
        tranches.append(_tranche(debut, fin, base))
        debut = fin if fin is not None else debut
    return tuple(tranches) or None


def _base(ligne: Table, assiette: Assiette) -> Fixe | Taux | None:
    forme = ligne.une_seule(("prix", "taux"), "prix de la tranche")
    constante = ligne.nombre("constante") if forme == "taux" else None
    montant = None if forme is None else ligne.nombre(forme)
    if montant is None:
        return None
    return Fixe(montant) if forme == "prix" else Taux(assiette, ((1, montant),), constante or Fraction(0))


def _borne(ligne: Table, incluse: str, exclue: str, cote: int) -> Borne | None:
    """`cote` 1 for an upper bound: included means that the next bracket begins just above."""
    if ligne.a(incluse) and ligne.a(exclue):
        ligne.refuser(incluse, f"{incluse} et {exclue} disent la même borne : gardez-en une.")
    if ligne.a(incluse):
        valeur, decale = ligne.nombre(incluse), cote
    else:
        valeur, decale = ligne.nombre(exclue), 1 - cote
    return None if valeur is None else (valeur, decale)


def _verifier_raccord(ligne: Table, attendu: Borne, declare: Borne) -> None:
    if declare > attendu:
        ligne.refuser("", f"trou : aucun prix {_au_dela(attendu)} et {_avant(declare)}.")
    elif declare < attendu:
        ligne.refuser("", f"chevauchement : deux prix {_au_dela(declare)} et {_avant(attendu)}.")


def _au_dela(borne: Borne) -> str:
    return f"{'au-dessus de' if borne[1] else 'à partir de'} {ecrire_nombre(borne[0])}"


def _avant(borne: Borne) -> str:
    return f"{'jusqu’à' if borne[1] else 'au-dessous de'} {ecrire_nombre(borne[0])}"


def _tranche(debut: Borne, fin: Borne | None, base: Fixe | Taux) -> Tranche:
    bas = _decimal(debut[0])
    if fin is None:
        return Tranche(bas, debut[1] == 0, None, False, base)
    return Tranche(bas, debut[1] == 0, _decimal(fin[0]), fin[1] == 1, base)


def _decimal(valeur: Fraction) -> Decimal:
    return Decimal(valeur.numerator) / Decimal(valeur.denominator)
