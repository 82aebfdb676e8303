"""Who reads what of an invoice, in its foyer: everybody what is owed; its days, its words and its paper, who pays or
who answers for all the children that they are about.

`concernes`: the child of each line, None for a line of nobody; of an avoir, those of the invoice that it corrects too,
since its reason and its free words may be about any of them. In doubt, no.
"""

from collections.abc import Collection


def est_fermee(concernes: Collection[int | None], *, est_importee: bool) -> bool:
    """Words of another software on a line that names no child may name one: nobody but the payer reads any of them."""
    return est_importee and (not concernes or None in concernes)


def voit_tout(concernes: Collection[int | None], vus: Collection[int], *, est_payeur: bool, est_importee: bool) -> bool:
    """`vus`: the children whom this adult answers for today."""
    if est_payeur:
        return True
    enfants = {enfant for enfant in concernes if enfant is not None}
    return bool(enfants) and enfants <= set(vus) and not est_fermee(concernes, est_importee=est_importee)
