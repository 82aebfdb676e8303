"""Garde alternée: its calendar month by month, and « Demander un changement »."""

from typing import Any

from flask import Blueprint, Response, abort, flash, get_flashed_messages, request

from portail_famille.domain.demarches import Cote
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.forms.agenda import lire_mois
from portail_famille.forms.gardes import lire_garde, saisie_de
from portail_famille.presentation.gardes import composer_garde
from portail_famille.presentation.vues import Avis
from portail_famille.services import demarches, gardes
from portail_famille.services.accuses import accuser
from portail_famille.services.bilans import bornes
from portail_famille.services.dossiers import charger_reservations, jour_de
from portail_famille.services.journal import Auteur
from portail_famille.views.acces import parent, qui
from portail_famille.views.foyer import dossier, enfant_ou_404
from portail_famille.views.web import ecriture, lecture, maintenant, redirect_to, reglages, render

bp = Blueprint("gardes", __name__, url_prefix="/famille/enfants/<int:enfant_id>/garde")

_FAIT = "garde"


@bp.get("")
@parent
def garde(enfant_id: int) -> Response:
    faits = get_flashed_messages(category_filter=[_FAIT])
    return _page(enfant_id, avis=Avis("succes", str(faits[0])) if faits else None)


@bp.post("")
@parent
def demander(enfant_id: int) -> Response:
    """Files the request: the service decides, the weeks stay as they are until then."""
    session, acteur = ecriture(), qui()
    enfant_ou_404(dossier(session), enfant_id)
    lue = lire_garde(request.form, jour_de(maintenant()))
    if lue.demande is None:
        return _page(enfant_id, statut=422, saisie=lue.saisie, erreurs=lue.erreurs)
    auteur = Auteur(Cote.FAMILLE, acteur.compte_id)
    try:
        demarche = gardes.demander_garde(session, enfant_id, acteur.foyer_id, lue.demande, auteur, maintenant())
    except RegleViolee as refus:
        if refus.champ is None:
            return _page(enfant_id, statut=409, avis=Avis("attention", refus.message))
        return _page(enfant_id, statut=422, saisie=lue.saisie, erreurs={refus.champ: refus.message})
    accuser(demarche, reglages())
    flash("Votre demande est envoyée. La mairie vous répondra\u202f; rien ne change d’ici là.", _FAIT)
    return redirect_to("gardes.garde", enfant_id=enfant_id)


@bp.post("/retirer")
@parent
def retirer(enfant_id: int) -> Response:
    session, acteur = ecriture(), qui()
    enfant_ou_404(dossier(session), enfant_id)
    demande = gardes.demande_en_cours(session, enfant_id, acteur.foyer_id)
    if demande is not None:
        demarches.retirer(session, demande, Auteur(Cote.FAMILLE, acteur.compte_id), maintenant())
        flash("Votre demande est retirée. Rien n’a changé.", _FAIT)
    return redirect_to("gardes.garde", enfant_id=enfant_id)


def _page(enfant_id: int, *, statut: int = 200, avis: Avis | None = None, **donnees: Any) -> Response:
    lu = dossier(lecture())
    enfant = enfant_ou_404(lu, enfant_id)
    aujourdhui = jour_de(lu.maintenant)
    texte = request.args.get("mois")
    mois = (aujourdhui.year, aujourdhui.month) if texte is None else lire_mois(texte) or abort(404)
    charger_reservations(lecture(), lu, [bornes(mois)])
    demande = gardes.demande_en_cours(lecture(), enfant_id, lu.foyer_id)
    donnees = {"saisie": saisie_de(enfant.garde), "erreurs": {}} | donnees
    compose = composer_garde(lu, enfant, mois, demande)
    return render("gardes/page.html", statut=statut, garde=compose, avis=avis, onglet="accueil", **donnees)
