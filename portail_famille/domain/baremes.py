"""Base of a price: flat, brackets of QF, or taux d'effort; then its bounds (domain.md §8). Exact fractions."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from portail_famille.domain.circonstances import Circonstance
from portail_famille.domain.montants import ecrire_euros, ecrire_nombre

A_REGULARISER = "jusqu’à régularisation"
"""In the sentence of a price computed without the QF (or the resources) it depends on."""


class Assiette(StrEnum):
    """What brackets and rates look at: the quotient familial, or the foyer's monthly resources."""

    QF = "qf"
    RESSOURCES = "ressources"

    def valeur(self, circonstance: Circonstance) -> Fraction | None:
        valeur = circonstance.qf if self is Assiette.QF else circonstance.ressources
        return None if valeur is None else max(Fraction(valeur), Fraction(0))

    @property
    def nom(self) -> str:
        return "quotient familial" if self is Assiette.QF else "ressources mensuelles"

    @property
    def inconnue(self) -> str:
        return "Quotient familial inconnu" if self is Assiette.QF else "Ressources inconnues"


@dataclass(frozen=True, slots=True)
class Fixe:
    """The same price for all."""

    montant: Fraction

    def montant_pour(self, circonstance: Circonstance, etapes: list[str]) -> Fraction:
        etapes.append(f"Prix fixe : {ecrire_euros(self.montant)}.")
        return self.montant

    def plafond_pour(self, circonstance: Circonstance, valeur_maximale: Fraction | None = None) -> Fraction | None:
        return self.montant


@dataclass(frozen=True, slots=True)
class Taux:
    """Taux d'effort: constante + rate % × base, the base held between `plancher` and `plafond`.

    `taux`: (from how many dependants, rate in %), ascending. `aeeh_taux_suivant`: a child with AEEH gives the next
    lower rate (CNAF circular 2019-005, PSU).
    """

    assiette: Assiette
    taux: tuple[tuple[int, Fraction], ...]
    constante: Fraction = Fraction(0)
    plancher: Fraction | None = None
    plafond: Fraction | None = None
    aeeh_taux_suivant: bool = False

    def montant_pour(self, circonstance: Circonstance, etapes: list[str]) -> Fraction | None:
        valeur = self.assiette.valeur(circonstance)
        if valeur is None:
            etapes.append(f"{self.assiette.inconnue}.")
            return None
        retenue = self._bornee(valeur)
        if retenue != valeur:
            borne = "plancher" if retenue > valeur else "plafond"
            etapes.append(f"{self.assiette.nom.capitalize()} : {borne} de {ecrire_nombre(retenue)} retenu.")
        taux, montant = self._taux(circonstance), self._appliquer(retenue, circonstance)
        ajout = f" + {ecrire_euros(self.constante)}" if self.constante else ""
        etapes.append(
            f"Taux d’effort : {ecrire_nombre(taux)} % × {ecrire_nombre(retenue)} ({self.assiette.nom}){ajout}"
            f" = {ecrire_euros(montant)}."
        )
        return montant

    def plafond_pour(self, circonstance: Circonstance, valeur_maximale: Fraction | None = None) -> Fraction | None:
        """Highest price over all bases, None when nothing bounds it."""
        bornes = [borne for borne in (self.plafond, valeur_maximale) if borne is not None]
        return self._appliquer(min(bornes), circonstance) if bornes else None

    def _bornee(self, valeur: Fraction) -> Fraction:
        if self.plancher is not None:
            valeur = max(valeur, self.plancher)
        return valeur if self.plafond is None else min(valeur, self.plafond)

    def _taux(self, circonstance: Circonstance) -> Fraction:
        rang = max((i for i, (seuil, _) in enumerate(self.taux) if seuil <= circonstance.personnes_a_charge), default=0)
        if circonstance.aeeh and self.aeeh_taux_suivant:
            rang = min(rang + 1, len(self.taux) - 1)
        return self.taux[rang][1]

    def _appliquer(self, valeur: Fraction, circonstance: Circonstance) -> Fraction:
        return self.constante + self._taux(circonstance) * valeur / 100


@dataclass(frozen=True, slots=True)
class Tranche:
    """One bracket: from `bas` (included or not) to `haut` (included or not, None for the last)."""

    bas: Decimal
    bas_inclus: bool
    haut: Decimal | None
    haut_inclus: bool
    base: Fixe | Taux

    def contient(self, valeur: Fraction) -> bool:
        if valeur < self.bas or (valeur == self.bas and not self.bas_inclus):
            return False
        return self.haut is None or valeur < self.haut or (self.haut_inclus and valeur == self.haut)

    def __str__(self) -> str:
        bas = f"{'à partir' if self.bas_inclus else 'au-delà'} de {ecrire_nombre(self.bas)}"
        if self.haut is None:
            return bas
        haut = f"{'jusqu’à' if self.haut_inclus else 'moins de'} {ecrire_nombre(self.haut)}"
        return haut if self.bas == 0 and self.bas_inclus else f"{bas}, {haut}"


@dataclass(frozen=True, slots=True)
class Tranches:
    """Brackets without hole nor overlap from 0 up, so that any base gets exactly one price."""

    assiette: Assiette
    tranches: tuple[Tranche, ...]

    def montant_pour(self, circonstance: Circonstance, etapes: list[str]) -> Fraction | None:
        valeur = self.assiette.valeur(circonstance)
        if valeur is None:
            etapes.append(f"{self.assiette.inconnue}.")
            return None
        tranche = next(tranche for tranche in self.tranches if tranche.contient(valeur))
        etapes.append(f"{self.assiette.nom.capitalize()} de {ecrire_nombre(valeur)}, tranche « {tranche} ».")
        return tranche.base.montant_pour(circonstance, etapes)

    def plafond_pour(self, circonstance: Circonstance, valeur_maximale: Fraction | None = None) -> Fraction | None:
        plafonds = [
            tranche.base.plafond_pour(circonstance, None if tranche.haut is None else Fraction(tranche.haut))
            for tranche in self.tranches
        ]
        connus = [plafond for plafond in plafonds if plafond is not None]
        return max(connus) if len(connus) == len(plafonds) else None


_QUICONQUE = Circonstance(date.min, qf=None)


@dataclass(frozen=True, slots=True)
class Bareme:
    """A base and its bounds. Without QF (or resources): `sans_qf`, else the highest price (domain.md §8)."""

    base: Fixe | Taux | Tranches
    minimum: Fraction | None = None
    maximum: Fraction | None = None
    sans_qf: Fraction | None = None

    def montant_pour(self, circonstance: Circonstance, etapes: list[str]) -> Fraction:
        montant = self.base.montant_pour(circonstance, etapes)
        if montant is None:
            return self._sans_assiette(circonstance, etapes)
        if self.minimum is not None and montant < self.minimum:
            montant = self.minimum
            etapes.append(f"Jamais moins que le minimum : {ecrire_euros(montant)}.")
        if self.maximum is not None and montant > self.maximum:
            montant = self.maximum
            etapes.append(f"Jamais plus que le maximum : {ecrire_euros(montant)}.")
        return montant

    def a_un_plafond(self) -> bool:
        return self._plafond(_QUICONQUE) is not None

    def _plafond(self, circonstance: Circonstance) -> Fraction | None:
        plafond = self.base.plafond_pour(circonstance)
        connus = [valeur for valeur in (plafond, self.maximum) if valeur is not None]
        return min(connus) if connus else None

    def _sans_assiette(self, circonstance: Circonstance, etapes: list[str]) -> Fraction:
        if self.sans_qf is not None:
            etapes.append(f"Prix sans justificatif : {ecrire_euros(self.sans_qf)}, {A_REGULARISER}.")
            return self.sans_qf
        # Reading the file refuses a base that has neither `sans_qf` nor a highest price.
        plafond = max(self._plafond(circonstance) or Fraction(0), self.minimum or Fraction(0))
        etapes.append(f"Tarif maximum : {ecrire_euros(plafond)}, {A_REGULARISER}.")
        return plafond
