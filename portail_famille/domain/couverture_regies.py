"""What régies name and the town does not have, and what it sells that none of them bills: said, for nothing else would
tell. A misspelt code is an activity given away."""

from collections.abc import Collection, Mapping

from portail_famille.domain.catalogue import Catalogue
from portail_famille.domain.lecture import suggerer
from portail_famille.domain.regies import Regie, regie_de


def avertissements(
    regies: Mapping[str, Regie], catalogue: Catalogue, activites: Collection[str], structures: Collection[str]
) -> list[str]:
    """`activites`, `structures`: every code that the town knows, withdrawn ones included: a régie still bills their
    past days. Nothing to say of a town without régies: it invoices nothing."""
    if not regies:
        return []
    phrases = []
    for regie in regies.values():
        for genre, nommes, connus in (
            ("l’activité", regie.activites, {*activites, *catalogue.activites}),
            ("la structure", regie.structures, {*structures, *catalogue.structures}),
        ):
            phrases += [
                f"la régie « {regie.code} » nomme {genre} « {code} », inconnue de la commune "
                f"({suggerer(code, sorted(connus))})."
                for code in nommes
                if code not in connus
            ]
    for activite in catalogue.activites.values():
        if all(catalogue.unites[code].tarif is None for code in activite.unites):
            continue
        lieux = [lieu for lieu in activite.structures if regie_de(regies, activite.code, lieu) is None]
        if lieux:
            ou = "" if len(lieux) == len(activite.structures) else f" ({', '.join(lieux)})"
            phrases.append(f"aucune régie ne facture l’activité « {activite.code} »{ou}.")
    return phrases
