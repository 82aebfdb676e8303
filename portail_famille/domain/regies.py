"""A régie: who collects the money of some activities, how its invoices are numbered and due (domain.md §9)."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.moyens import CARTE, DE_REGIE
from portail_famille.domain.quotients import ecrire_mois

_JOUR, _DELAI = re.compile(r"jour ([1-9]|[12]\d|3[01])"), re.compile(r"([1-9]\d{0,2}) jours?")
FIN_DE_MOIS = "fin de mois"
MODE_ESSAI = "T"
SEUIL_RECOUVREMENT = 1500
"""Below, the Treasury does not recover (CGCT D1611-1)."""
ORDRE_CHEQUES = "Trésor public"
DELAI_MINIMUM = timedelta(days=14)
"""To pay, where the due day is one of the month."""


@dataclass(frozen=True, slots=True)
class Regie:
    """One of the town's; `code` is its table in commune.toml."""

    code: str
    nom: str
    serie: str
    """Letters in its invoices' numbers: "PE" in 2026-PE-000127."""
    activites: tuple[str, ...] = ()
    """Codes; none: every activity that no other régie takes."""
    structures: tuple[str, ...] = ()
    """Only in these places; none: everywhere."""
    numero_client: str = ""
    """Of PayFiP, 6 digits, text (leading zeros); "": not paid online here."""
    saisie: str = ""
    """PayFiP's mode: T test, X activation, W production. Said with `numero_client` (config/coherences): a mode that
    nobody chose would take test cards for money."""
    echeance: str = "jour 20"
    """« jour 20 » (the next one, two weeks off at least), « 30 jours » (from the issue), « fin de mois » (the next)."""
    libelle: str = "Facture {mois}"
    minimum_centimes: int = 100
    """Below, nothing is invoiced: carried to the next month by the régularisation. PayFiP takes no less than 1 €."""
    signataire: str = ""
    adresse: str = ""
    courriel: str = ""
    telephone: str = ""
    relances: tuple[int, ...] = (7, 21)
    """Days after the due date on which the family is reminded by mail."""
    moyens: tuple[str, ...] = DE_REGIE
    """What the act that creates it allows it to take (domain/moyens)."""
    ordre_cheques: str = ORDRE_CHEQUES
    est_importee: bool = False
    """Billed by another software, which sends its invoices in: nothing is prepared here."""

    @property
    def est_payable_en_ligne(self) -> bool:
        return bool(self.numero_client) and CARTE in self.moyens

    @property
    def est_a_l_essai(self) -> bool:
        """No money moves when a family pays online."""
        return self.est_payable_en_ligne and self.saisie == MODE_ESSAI

    def facture(self, activite: str, structure: str) -> bool:
        """Whether it names this activity and this place; a régie that names no activity takes what is left."""
        return (not self.activites or activite in self.activites) and (
            not self.structures or structure in self.structures
        )

    def titre(self, mois: date) -> str:
        """« Périscolaire – novembre 2026 »."""
        return self.libelle.replace("{mois}", ecrire_mois(mois))

    def a_regler_avant(self, emise_le: date, connue_le: date = date.min) -> date:
        """Last day to pay what is issued that day. Always after it. `connue_le`: families learn of it later than its
        date; the two weeks that a day of the month leaves them begin then."""
        trouve = _DELAI.fullmatch(self.echeance)
        if trouve is not None:
            return emise_le + timedelta(days=int(trouve[1]))
        trouve = _JOUR.fullmatch(self.echeance)
        if trouve is None:
            return _jour_du_mois(_mois_suivant(emise_le), 31)
        echeance = _jour_du_mois(emise_le, int(trouve[1]))
        while echeance < max(emise_le, connue_le) + DELAI_MINIMUM:
            echeance = _jour_du_mois(_mois_suivant(echeance), int(trouve[1]))
        return echeance


def est_echeance(texte: str) -> bool:
    return texte == FIN_DE_MOIS or bool(_JOUR.fullmatch(texte) or _DELAI.fullmatch(texte))


def regie_de(regies: Mapping[str, Regie], activite: str, structure: str) -> Regie | None:
    """The régie that bills this activity there: one that names the activity, else one that names the place, else the
    one that takes the rest; None where nobody bills it."""
    candidates = [regie for regie in regies.values() if regie.facture(activite, structure)]
    return max(candidates, key=lambda r: (bool(r.activites), bool(r.structures)), default=None)


def premier_du_mois(texte: str) -> date:
    """ "2026-11". Raises `RegleViolee` (`mois`)."""
    trouve = re.fullmatch(r"(\d{4})-(\d{2})", texte)
    if trouve is None or not 1 <= int(trouve[2]) <= 12 or not 2000 <= int(trouve[1]) <= 2199:
        raise RegleViolee("mois", "Écrivez un mois comme 2026-11.", "mois")
    return date(int(trouve[1]), int(trouve[2]), 1)


def fin_du_mois(mois: date) -> date:
    return _mois_suivant(mois) - timedelta(days=1)


def conflits(regies: Iterable[Regie]) -> list[tuple[str, str, str]]:
    """(régie, régie, what both claim): the same activity in the same place, or the rest, twice; or the same series."""
    fautes, vues = [], list(regies)
    for rang, une in enumerate(vues):
        for autre in vues[rang + 1 :]:
            if une.serie == autre.serie and not (une.est_importee or autre.est_importee):
                fautes.append((une.code, autre.code, f"la série « {une.serie} »"))
            lieux = not une.structures or not autre.structures or set(une.structures) & set(autre.structures)
            memes = sorted(set(une.activites) & set(autre.activites))
            if bool(une.structures) != bool(autre.structures):
                continue
            if lieux and memes:
                fautes.append((une.code, autre.code, f"l’activité « {memes[0]} »"))
            elif lieux and not une.activites and not autre.activites:
                fautes.append((une.code, autre.code, "toutes les activités que personne d’autre ne facture"))
    return fautes


def _mois_suivant(jour: date) -> date:
    return date(jour.year + jour.month // 12, jour.month % 12 + 1, 1)


def _jour_du_mois(mois: date, jour: int) -> date:
    dernier = (_mois_suivant(mois) - timedelta(days=1)).day
    return mois.replace(day=min(jour, dernier))
