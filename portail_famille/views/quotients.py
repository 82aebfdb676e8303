"""« Mon quotient familial »: what is known, from when to when, the prices it gives; the CAF or the MSA asked for it."""

from collections.abc import Mapping

from flask import Blueprint, Response, abort, flash, get_flashed_messages, request

from portail_famille.domain.demarches import EtatDemarche
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.forms.demarches.base import SaisieInvalide
from portail_famille.forms.demarches.parcours import tapees
from portail_famille.forms.quotients import champs_identite, lire_identite
from portail_famille.presentation.quotients import composer_quotient
from portail_famille.presentation.vues import Avis
from portail_famille.services import suivi
from portail_famille.services.depots import deposer_et_accuser
from portail_famille.services.dossiers import jour_de
from portail_famille.services.interrogations import Guichet, declarer_obtenu, guichet_de
from portail_famille.services.interrogations import interroger as interroger_la_caf
from portail_famille.services.quotients import GENRE, declaration_ouverte, empechement, lire_quotients
from portail_famille.views.acces import parent, qui
from portail_famille.views.fiche_enfant import auteur
from portail_famille.views.formulaire_en_cours import verifier_foyer
from portail_famille.views.foyer import dossier
from portail_famille.views.web import (
    adresse_publique,
    bd,
    ecriture,
    fermer_lecture,
    lecture,
    maintenant,
    redirect_to,
    reglages,
    render,
    verifier_hors_ecriture,
)

bp = Blueprint("quotients", __name__, url_prefix="/quotient-familial")

_FAIT = "quotient"


@bp.get("")
@parent
def quotient() -> Response:
    session = lecture()
    lu, reglage = dossier(session), reglages()
    page = composer_quotient(
        lu,
        lire_quotients(session, lu.foyer_id),
        declaration_ouverte(session, lu.foyer_id),
        reglage.quotient.rappel_jours,
    )
    faits = get_flashed_messages(category_filter=[_FAIT])
    return render(
        "quotients/page.html",
        q=page,
        avis=Avis("succes", str(faits[0])) if faits else None,
        est_ouverte=reglage.demarches[GENRE].est_ouverte,
        peut_demander=guichet_de(reglage.quotient) is not None,
        onglet="accueil",
    )


@bp.get("/demander")
@parent
def demander() -> Response:
    _guichet()
    raison = empechement(lecture(), qui().foyer_id)
    return _page(avis=Avis("attention", raison) if raison else None)


@bp.post("/demander")
@parent
def interroger() -> Response:
    """The attempt is committed, then the call made with no transaction open, then its answer filed (house.md §2.7)."""
    guichet, acteur = _guichet(), qui()
    verifier_foyer()
    try:
        identite = lire_identite(request.form, acteur, jour_de(maintenant()))
        raison = empechement(lecture(), acteur.foyer_id)
        if raison:
            raise RegleViolee("declaration_en_cours", raison)
        fermer_lecture()
        if not suivi.noter_demande_de_quotient(bd(), acteur.compte_id, acteur.foyer_id, maintenant()):
            raise RegleViolee(
                "trop_de_demandes",
                "C’est trop de demandes aujourd’hui\u00a0: réessayez demain, ou avec un document.",
            )
        verifier_hors_ecriture()
        obtenu = interroger_la_caf(guichet, identite, acteur)
        session = ecriture()
        demarche = deposer_et_accuser(
            session,
            lambda: declarer_obtenu(session, obtenu, acteur.foyer_id, auteur(), maintenant(), reglages().quotient),
            acteur,
            reglages(),
            maintenant(),
            adresse_publique("demarches.liste"),
        )
    except SaisieInvalide as fautes:
        return _page(422, fautes.erreurs)
    except RegleViolee as refus:
        return _page(409, avis=Avis("attention", refus.message))
    if demarche.etat == EtatDemarche.ACCEPTEE:
        flash("Votre quotient familial est à jour. Vos prix en tiennent compte.", _FAIT)
        return redirect_to(".quotient")
    return redirect_to("demarches.demarche", numero=demarche.numero, envoyee=1)


def _guichet() -> Guichet:
    """404 where the town has no token, or does not take declarations."""
    reglage = reglages()
    guichet = guichet_de(reglage.quotient)
    if guichet is None or not reglage.demarches[GENRE].est_ouverte:
        abort(404)
    return guichet


def _page(statut: int = 200, erreurs: Mapping[str, str] | None = None, avis: Avis | None = None) -> Response:
    champs = champs_identite(qui(), jour_de(maintenant()))
    return render(
        "quotients/demander.html",
        statut=statut,
        champs=champs,
        valeurs={champ.nom: champ.valeur for champ in champs} | tapees(request.form),
        erreurs=erreurs or {},
        avis=avis,
        onglet="accueil",
    )
