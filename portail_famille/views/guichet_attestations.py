"""The three forms of attestations, answered alike to a family and to the desk: a PDF, or the page and what is wrong."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from flask import Response, request
from sqlalchemy.orm import Session

from portail_famille.forms.attestations import DIX_ANS, UN_AN, lire_annee, lire_enfant, lire_periode
from portail_famille.forms.demarches.base import SaisieInvalide
from portail_famille.services.attestations import EnfantDit, annees_payees, enfants_du_foyer
from portail_famille.services.dossiers import jour_de
from portail_famille.views.papiers_attestations import pdf_de_presence, pdf_du_releve, pdf_fiscal
from portail_famille.views.web import maintenant, render

_RIEN = "En {}, rien n’a été payé pour la garde d’un enfant de moins de six ans."


@dataclass(frozen=True, slots=True)
class Guichet:
    """`personne_id`: the adult who asks, for the children she answers for; None: the desk, for all. `chemin`: the
    address of each form; `cadre`: what its page needs besides."""

    session: Session
    foyer_id: int
    personne_id: int | None
    gabarit: str
    chemin: Callable[[str], str]
    cadre: Mapping[str, object]

    def page(self, erreurs: Mapping[str, str] | None = None, prefixe: str = "") -> Response:
        enfants, annees = self._enfants(), annees_payees(self.session, self.foyer_id, _aujourdhui())
        return render(
            self.gabarit,
            statut=422 if erreurs else 200,
            enfants=[(str(enfant.id), enfant.prenom) for enfant in enfants],
            annees=[(str(annee), str(annee)) for annee in annees],
            saisie=_saisie(enfants, annees, prefixe),
            erreurs=erreurs or {},
            chemin=self.chemin,
            **self.cadre,
        )

    def fiscale(self) -> Response:
        try:
            annee = lire_annee(request.args, annees_payees(self.session, self.foyer_id, _aujourdhui()))
        except SaisieInvalide as fautes:
            return self.page(fautes.erreurs)
        papier = pdf_fiscal(self.session, self.foyer_id, annee, self._enfants())
        return papier if papier is not None else self.page({"annee": _RIEN.format(annee)})

    def presence(self) -> Response:
        """Of one of these children: nobody else's is among the choices. Everything wrong is said at once."""
        enfants = {enfant.id: enfant for enfant in self._enfants()}
        erreurs: dict[str, str] = {}
        try:
            enfant_id = lire_enfant(request.args, list(enfants))
        except SaisieInvalide as fautes:
            erreurs |= fautes.erreurs
        try:
            du, au = lire_periode(request.args, "presence", UN_AN)
        except SaisieInvalide as fautes:
            erreurs |= fautes.erreurs
        if erreurs:
            return self.page(erreurs, "presence")
        return pdf_de_presence(self.session, self.foyer_id, enfants[enfant_id], du, au)

    def releve(self) -> Response:
        """Amounts and numbers, no child: for every adult of the foyer."""
        try:
            du, au = lire_periode(request.args, "releve", DIX_ANS)
        except SaisieInvalide as fautes:
            return self.page(fautes.erreurs, "releve")
        return pdf_du_releve(self.session, self.foyer_id, du, au)

    def _enfants(self) -> list[EnfantDit]:
        return enfants_du_foyer(self.session, self.foyer_id, self.personne_id, _aujourdhui())


def _saisie(enfants: list[EnfantDit], annees: list[int], prefixe: str) -> dict[str, str]:
    """The forms as they open: last year's attestation, the school year, this year's account; or what was typed."""
    aujourdhui = _aujourdhui()
    rentree = date(aujourdhui.year if aujourdhui.month >= 9 else aujourdhui.year - 1, 9, 1)
    passees = [annee for annee in annees if annee < aujourdhui.year] or annees
    saisie = {
        "annee": str(passees[0]) if passees else "",
        "enfant": str(enfants[0].id) if len(enfants) == 1 else "",
        "presence-du": rentree.isoformat(),
        "presence-au": aujourdhui.isoformat(),
        "releve-du": aujourdhui.replace(month=1, day=1).isoformat(),
        "releve-au": aujourdhui.isoformat(),
    }
    tapees = {cle: request.args[cle][:40] for cle in ("annee", "enfant") if cle in request.args}
    jours = {f"{prefixe}-{nom}": request.args[nom][:40] for nom in ("du", "au") if prefixe and nom in request.args}
    return saisie | tapees | jours


def _aujourdhui() -> date:
    return jour_de(maintenant())
