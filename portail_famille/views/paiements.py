"""« Payer par carte bancaire »: to PayFiP and back (payfip.md).

The page that PayFiP sends back to is anonymous: an installed application comes back in another browser, without its
cookies. The operation's name in its address opens it, and a GET only reads. Two POSTs carry no token of ours: PayFiP's
notification, and « Paiement terminé » of that anonymous page. All they can do is have PayFiP asked, at most once every
ten seconds, about an operation whose name they know; what PayFiP answers is all that counts.
"""

from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, current_app, make_response, request

from portail_famille.domain.courriels import lire_courriel
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.payfip import DUREE_ANONYME, est_mel
from portail_famille.domain.recours import ACCUSE, RECOURS
from portail_famille.extensions import csrf
from portail_famille.models.factures import Facture
from portail_famille.presentation.paiements import (
    AVIS_A_VERIFIER,
    AVIS_ESSAI,
    AVIS_INDISPONIBLE,
    AVIS_PAS_ENCORE,
    avis_en_cours,
    composer_paiement,
)
from portail_famille.presentation.vues import Avis
from portail_famille.services import guichet_payfip, paiements
from portail_famille.services.dossiers import jour_de
from portail_famille.services.guichet_payfip import Demandee, Retours, caisse_du_web
from portail_famille.services.paiements import PaiementEnCours
from portail_famille.views.acces import acteur_ou_rien, parent, public, qui
from portail_famille.views.entetes import politique
from portail_famille.views.web import (
    adresse_publique,
    aller_a,
    bd,
    fermer_lecture,
    lecture,
    maintenant,
    numero_de_ligne,
    redirect_to,
    reglages,
    render,
    verifier_hors_ecriture,
)

bp = Blueprint("paiements", __name__)

_INDISPONIBLE, _PAS_ENCORE = "indisponible", "attente"
_SUITES = {_INDISPONIBLE: AVIS_INDISPONIBLE, _PAS_ENCORE: AVIS_PAS_ENCORE}
"""What a press on « Paiement terminé » brought, when it brought no result."""


@bp.get("/factures/<int:facture_id>/payer")
@parent
def payer(facture_id: int) -> Response:
    """What will happen, before it does."""
    return _page_payer(_facture(facture_id), qui().courriel or "")


@bp.post("/factures/<int:facture_id>/payer")
@parent
def commencer(facture_id: int) -> Response:
    """Each step is committed before the next one, PayFiP called in between: services/guichet_payfip."""
    facture, acteur = _facture(facture_id), qui()
    tape, caisse = request.form.get("courriel", ""), caisse_du_web(reglages())
    try:
        courriel = _lire_courriel(tape)
    except RegleViolee as faute:
        return _page_payer(facture, tape, 422, {"courriel": faute.message})
    fermer_lecture()
    verifier_hors_ecriture()
    try:
        paiement = guichet_payfip.ouvrir(
            bd(),
            reglages(),
            caisse,
            acteur,
            facture_id,
            courriel,
            _montant_vu(),
            Retours(adresse_publique("paiements.notification"), _retour),
            current_app.config["HORLOGE"],
        )
    except PaiementEnCours as en_cours:
        paiement = en_cours.paiement
        if paiement.compte_id != acteur.compte_id or not paiements.vient_d_ouvrir(paiement, maintenant()):
            return redirect_to(".paiement", paiement_id=paiement.id)
    except RegleViolee as refus:
        return _page_payer(_facture(facture_id), tape, 409, avis=Avis("attention", refus.message))
    return aller_a(caisse.adresse(paiement.idop or ""))


@bp.get("/paiements/<int:paiement_id>")
@public
def paiement(paiement_id: int) -> Response:
    """True whatever the state, read only."""
    session, acteur, idop = lecture(), acteur_ou_rien(), request.args.get("idop", "")
    suivi = paiements.trouver(session, paiement_id, acteur, idop)
    if suivi is None:
        abort(404)
    est_du_foyer = paiements.est_du_foyer(acteur, suivi.facture)
    if not est_du_foyer and maintenant() - suivi.paiement.cree_utc >= DUREE_ANONYME:
        return render("paiements/ancien.html", facture_id=suivi.facture.id, onglet="factures")
    vue = composer_paiement(
        suivi.paiement,
        suivi.facture,
        suivi.reglement,
        reglages().regies.get(suivi.paiement.regie),
        maintenant(),
        est_le_sien=acteur is not None and acteur.compte_id == suivi.paiement.compte_id,
        est_de_retour=bool(idop),
        annulation=suivi.annulation,
    )
    return render(
        "paiements/paiement.html",
        p=vue,
        est_du_foyer=est_du_foyer,
        accuse=ACCUSE,
        recours=RECOURS,
        continuer=caisse_du_web(reglages()).adresse(vue.idop) if vue.peut_continuer else "",
        avis=_SUITES.get(request.args.get("suite", "")) if vue.est_attendu else None,
        onglet="factures",
    )


@bp.post("/paiements/<int:paiement_id>/verifier")
@csrf.exempt  # type: ignore[untyped-decorator]
@public
def verifier(paiement_id: int) -> Response:
    """« Paiement terminé »: PayFiP is asked now."""
    idop = request.form.get("idop", "")
    if paiements.trouver(lecture(), paiement_id, None, idop) is None:
        abort(404)
    suite = _INDISPONIBLE if _demander(paiement_id) is Demandee.INDISPONIBLE else _PAS_ENCORE
    return redirect_to(".paiement", paiement_id=paiement_id, idop=idop, suite=suite)


@bp.post("/paiements/notification")
@csrf.exempt  # type: ignore[untyped-decorator]
@public
def notification() -> Response:
    """PayFiP says that something happened, and nothing else; what, it is asked. 200 and empty, whatever came."""
    # Both spellings are seen (payfip.md); a wrong one beside ours hides nothing.
    dits = {request.form.get(nom, "") for nom in ("idop", "idOp")}
    trouves = [paiements.trouver_par_idop(lecture(), idop) for idop in dits]
    for paiement_id in trouves:
        if paiement_id is not None:
            _demander(paiement_id)
    return make_response("", 200)


def _demander(paiement_id: int) -> Demandee:
    fermer_lecture()
    verifier_hors_ecriture()
    return guichet_payfip.interroger(
        bd(), reglages(), caisse_du_web(reglages()), paiement_id, current_app.config["HORLOGE"]
    )


def _facture(facture_id: int) -> Facture:
    facture = paiements.facture_du_foyer(lecture(), qui(), facture_id)
    if facture is None:
        abort(404)
    return facture


def _retour(paiement_id: int) -> str:
    return adresse_publique("paiements.paiement", paiement_id=paiement_id)


def _montant_vu() -> int:
    """What the page showed: a text that is no amount is none that is owed."""
    try:
        return numero_de_ligne(request.form.get("montant", ""))
    except ValueError:
        return 0


def _lire_courriel(tape: str) -> str:
    courriel = lire_courriel(tape)
    if not est_mel(courriel):
        raise RegleViolee(
            "courriel_forme", "PayFiP n’accepte pas cette adresse\u00a0: donnez-en une autre.", "courriel"
        )
    return courriel


def _page_payer(
    facture: Facture, courriel: str, statut: int = 200, erreurs: dict[str, str] | None = None, avis: Avis | None = None
) -> Response:
    session, regie = lecture(), reglages().regies.get(facture.regie)
    en_cours = paiements.tentative_en_cours(session, facture.id, maintenant())
    raison = paiements.empechement(facture, regie, jour_de(maintenant()))
    if avis is None and raison:
        avis = Avis("info", raison)
    elif avis is None and en_cours is not None:
        avis = avis_en_cours(en_cours)
    elif avis is None and paiements.est_a_verifier(session, facture.id):
        avis = AVIS_A_VERIFIER
    elif avis is None and regie is not None and regie.est_a_l_essai:
        avis = AVIS_ESSAI
    reponse = render(
        "paiements/payer.html",
        statut=statut,
        facture=facture,
        regie=regie,
        peut_payer=not raison and en_cours is None,
        est_refus=statut == 409,
        en_cours=en_cours,
        courriel=courriel,
        erreurs=erreurs or {},
        avis=avis,
        onglet="factures",
    )
    # The form ends up at PayFiP: without its origin, Chromium blocks the redirection.
    adresse = urlsplit(reglages().payfip.paiement)
    reponse.headers["Content-Security-Policy"] = politique(f"{adresse.scheme}://{adresse.netloc}")
    return reponse
