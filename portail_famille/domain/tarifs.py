"""Prices: base → bounds → rank → residence → PAI → state, exact, one rounding at the end, half up (domain.md §8)."""

from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from portail_famille.domain.baremes import Bareme
from portail_famille.domain.circonstances import Circonstance, Etat
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.libelles import ecrire_date
from portail_famille.domain.montants import arrondir, ecrire_centimes, ecrire_euros, ecrire_nombre, typographier

__all__ = ["Ajustement", "Circonstance", "Condition", "Etat", "Modificateur", "Prix", "Tarif", "VersionTarif"]

_ETATS_EN_CLAIR = {
    Etat.DEMANDEE: "Demande en cours",
    Etat.RESERVEE: "Réservé",
    Etat.EN_ATTENTE: "En liste d’attente",
    Etat.PRESENTE: "Présent",
    Etat.ABSENTE_JUSTIFIEE: "Absence justifiée",
    Etat.ABSENTE_INJUSTIFIEE: "Absence non justifiée",
    Etat.ANNULEE: "Annulé",
    Etat.PRESENTE_NON_RESERVEE: "Présent sans réservation",
    Etat.HORS_DELAI: "Demande hors délai",
}


@dataclass(frozen=True, slots=True)
class Prix:
    """`explication`: one French sentence per step (« Pourquoi ce prix ? »)."""

    centimes: int
    explication: tuple[str, ...]


GRATUIT = Prix(0, ("Gratuit.",))


@dataclass(frozen=True, slots=True)
class Ajustement:
    """Exactly one of: another `bareme` instead, a `pourcent` of the price, a `supplement` (negative: discount)."""

    bareme: Bareme | None = None
    pourcent: Fraction | None = None
    supplement: Fraction | None = None

    def appliquer(self, montant: Fraction, circonstance: Circonstance, titre: str, etapes: list[str]) -> Fraction:
        if self.bareme is not None:
            # What came before plays no part in the price any more: « Tarif maximum, jusqu'à régularisation » would lie.
            etapes[:] = [f"{titre} : un autre tarif s’applique."]
            return self.bareme.montant_pour(circonstance, etapes)
        if self.pourcent == 0:
            etapes[:] = [f"{titre} : gratuit."]
            return Fraction(0)
        if self.pourcent is not None:
            montant = montant * self.pourcent / 100
            etapes.append(f"{titre} : {ecrire_nombre(self.pourcent)} % du prix, soit {ecrire_euros(montant)}.")
            return montant
        if self.supplement is not None:
            genre = "supplément" if self.supplement >= 0 else "remise"
            montant = max(montant + self.supplement, Fraction(0))
            etapes.append(f"{titre} : {genre} de {ecrire_euros(abs(self.supplement))}, soit {ecrire_euros(montant)}.")
        return montant

    def en_clair(self) -> str:
        """What it does, before any price is known: « 200 % du prix »."""
        if self.bareme is not None:
            return "un autre tarif"
        if self.supplement is not None:
            genre = "supplément" if self.supplement >= 0 else "remise"
            return f"{genre} de {ecrire_euros(abs(self.supplement))}"
        return f"{ecrire_nombre(self.pourcent or Fraction(0))} % du prix"


@dataclass(frozen=True, slots=True)
class Condition:
    """When a modifier applies: None does not look."""

    resident: bool | None = None
    pai: bool | None = None

    def convient(self, circonstance: Circonstance) -> bool:
        return self.resident in (None, circonstance.resident) and self.pai in (None, circonstance.pai)


@dataclass(frozen=True, slots=True)
class Modificateur:
    """What a state does to the price, the first `oublis_pardonnes` times excepted."""

    ajustement: Ajustement
    condition: Condition = Condition()
    oublis_pardonnes: int = 0


_RIEN = (Modificateur(Ajustement(pourcent=Fraction(0))),)
# What a règlement that says nothing means: what is cancelled, justified or only waiting is not billed.
_ETATS_PAR_DEFAUT: dict[Etat, tuple[Modificateur, ...]] = {
    Etat.ANNULEE: _RIEN,
    Etat.ABSENTE_JUSTIFIEE: _RIEN,
    Etat.EN_ATTENTE: _RIEN,
}


@dataclass(frozen=True, slots=True)
class VersionTarif:
    """A tarif from a day on (`du` None: always). `rangs`: (from the n-th child, adjustment), ascending."""

    bareme: Bareme
    du: date | None = None
    rangs: tuple[tuple[int, Ajustement], ...] = ()
    non_resident: Ajustement | None = None
    pai: Ajustement | None = None
    etats: tuple[tuple[Etat, tuple[Modificateur, ...]], ...] = ()
    cout: Fraction | None = None

    def prix(self, circonstance: Circonstance) -> tuple[Fraction, list[str]]:
        etapes: list[str] = []
        montant = self.bareme.montant_pour(circonstance, etapes)
        rangs = [(rang, ajustement) for rang, ajustement in self.rangs if rang <= circonstance.rang]
        if rangs:
            montant = rangs[-1][1].appliquer(montant, circonstance, f"{circonstance.rang}e enfant", etapes)
        if not circonstance.resident and self.non_resident is not None:
            montant = self.non_resident.appliquer(montant, circonstance, "Hors commune", etapes)
        if circonstance.pai and self.pai is not None:
            montant = self.pai.appliquer(montant, circonstance, "Projet d’accueil individualisé", etapes)
        return self._selon_etat(montant, circonstance, etapes), etapes

    def _selon_etat(self, montant: Fraction, circonstance: Circonstance, etapes: list[str]) -> Fraction:
        etat = circonstance.etat
        prevus = dict(self.etats).get(etat, _ETATS_PAR_DEFAUT.get(etat, ()))
        titre = _ETATS_EN_CLAIR[etat]
        for modificateur in prevus:
            if modificateur.condition.convient(circonstance):
                if circonstance.oublis < modificateur.oublis_pardonnes:
                    etapes.append(f"{titre} : {_pardon(modificateur, circonstance.oublis)}.")
                    return montant
                return modificateur.ajustement.appliquer(montant, circonstance, titre, etapes)
        return montant


@dataclass(frozen=True, slots=True)
class Tarif:
    """Dated versions, oldest first; that of the booked day applies, not that of the invoice.

    `rang_selon`: which brothers and sisters make the rank, those `inscrits` in the activity or `presents` that day.
    """

    code: str
    nom: str
    versions: tuple[VersionTarif, ...]
    rang_selon: str = "inscrits"

    def version_du(self, jour: date) -> VersionTarif | None:
        """The version in force; None before the first one."""
        valables = [version for version in self.versions if version.du is None or version.du <= jour]
        return valables[-1] if valables else None

    def prix(self, circonstance: Circonstance) -> Prix:
        """Raises RegleViolee (`tarif_absent`) for a day before the first version."""
        version = self.version_du(circonstance.jour)
        if version is None:
            message = f"Aucun tarif « {self.nom} » n’est connu pour le {ecrire_date(circonstance.jour)}."
            raise RegleViolee("tarif_absent", typographier(message))
        montant, etapes = version.prix(circonstance)
        centimes = arrondir(montant)
        depuis = "" if version.du is None else f", en vigueur depuis le {ecrire_date(version.du)}"
        if Fraction(centimes, 100) != montant:
            etapes.append(f"Arrondi au centime : {ecrire_centimes(centimes)}.")
        return Prix(centimes, tuple(typographier(etape) for etape in (f"Tarif « {self.nom} »{depuis}.", *etapes)))

    def avertissements(self) -> tuple[str, ...]:
        """A cantine may not bill more than the meal costs it (code de l'éducation, R531-53): said, never blocked."""
        alertes = []
        for version in self.versions:
            if version.cout is None:
                continue
            for resident in (True, False):
                plus_haut = self._plus_haut(version, resident)
                if plus_haut > version.cout:
                    qui = "" if resident else " des familles hors commune"
                    alertes.append(
                        f"Tarif « {self.nom} » : le prix{qui} peut atteindre {ecrire_euros(plus_haut)}, au-dessus du"
                        f" coût du repas ({ecrire_euros(version.cout)}), ce qu’interdit l’article R531-53 du code de"
                        " l’éducation."
                    )
        return tuple(typographier(alerte) for alerte in alertes)

    @staticmethod
    def _plus_haut(version: VersionTarif, resident: bool) -> Fraction:
        inconnu = Circonstance(date.min, qf=None, resident=resident)
        sans_plafond_choisi = replace(version, bareme=replace(version.bareme, sans_qf=None))
        candidats = [version] if not version.bareme.a_un_plafond() else [version, sans_plafond_choisi]
        return max(candidat.prix(inconnu)[0] for candidat in candidats)


def _pardon(modificateur: Modificateur, deja: int) -> str:
    """« 1er oubli, pardonné (2 le sont), prix inchangé ; ensuite : 200 % du prix »."""
    nombre, rang = modificateur.oublis_pardonnes, "1er" if deja == 0 else f"{deja + 1}e"
    combien = "" if nombre == 1 else f" ({nombre} le sont)"
    return f"{rang} oubli, pardonné{combien}, prix inchangé ; ensuite : {modificateur.ajustement.en_clair()}"
