"""The wizard around the agenda: explanation, activities, « Vérifiez votre demande », « Valider », receipts."""

from flask import Blueprint, Response, abort, flash, get_flashed_messages, request
from sqlalchemy.orm import Session

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.models.reservations import Recu
from portail_famille.presentation.accueil import composer_activites
from portail_famille.presentation.resumes import (
    composer_liste,
    composer_recapitulatif,
    composer_recu,
    donnees_du_courriel,
)
from portail_famille.presentation.vues import Avis
from portail_famille.services import brouillons, recus
from portail_famille.services.accuses import accuser
from portail_famille.services.courriels import deposer_courriel
from portail_famille.services.dossiers import jour_de
from portail_famille.services.reservations import (
    Demande,
    bilan_du_brouillon,
    valider_brouillon,
    verrouiller_brouillon,
)
from portail_famille.views.acces import parent, qui
from portail_famille.views.foyer import dossier, ecrire, hrefs_agenda
from portail_famille.views.web import (
    adresse_publique,
    ecriture,
    lecture,
    maintenant,
    numero_de_ligne,
    redirect_to,
    reglages,
    render,
)

bp = Blueprint("reservations", __name__, url_prefix="/reservations")

_NOUVEAU = "nouveau-recu"


@bp.get("/nouvelle")
@parent
def nouvelle() -> Response:
    """What is going to happen, in four steps."""
    lu = dossier(lecture())
    return render("reservations/nouvelle.html", a_une_demande=not lu.brouillon.est_vide, onglet="agenda")


@bp.get("/nouvelle/activites")
@parent
def activites() -> Response:
    lu = dossier(lecture())
    return render("reservations/activites.html", enfants=composer_activites(lu, hrefs_agenda(lu)), onglet="agenda")


@bp.get("/recapitulatif")
@parent
def recapitulatif() -> Response:
    return _recapitulatif(lecture())


@bp.post("/recapitulatif")
@parent
def valider() -> Response:
    """Books. Only the draft's version, the digest of what was shown and a confirmation come from the browser."""
    demande = Demande(
        version=request.form.get("version", -1, type=numero_de_ligne),
        empreinte=request.form.get("empreinte", ""),
        confirme="confirmation" in request.form,
    )
    acteur = qui()

    def faire(session: Session) -> Recu:
        _verifier_foyer()
        verrouiller_brouillon(session, acteur.compte_id, acteur.foyer_id)
        return valider_brouillon(
            session, dossier(session), demande, _annoncer, lambda demarche: accuser(demarche, reglages())
        )

    try:
        recu = ecrire(faire)
    except RegleViolee as refus:
        ecriture().rollback()
        if refus.champ:
            return _recapitulatif(ecriture(), statut=422, erreurs={refus.champ: refus.message})
        return _recapitulatif(ecriture(), statut=409, avis=Avis("attention", refus.message))
    flash(recu.numero, _NOUVEAU)
    return redirect_to("reservations.recu", numero=recu.numero)


@bp.post("/effacer")
@parent
def effacer() -> Response:
    """Drops the draft; what is booked stays booked."""
    version = request.form.get("version", -1, type=numero_de_ligne)
    try:
        _verifier_foyer()
        ecrire(lambda session: brouillons.effacer(session, dossier(session), version))
    except RegleViolee as refus:
        ecriture().rollback()
        return _recapitulatif(ecriture(), statut=409, avis=Avis("attention", refus.message))
    return redirect_to("accueil.accueil")


@bp.get("/recus", endpoint="recus")
@parent
def liste_recus() -> Response:
    avant = request.args.get("avant", type=numero_de_ligne)
    lus = recus.lister_recus(lecture(), qui(), jour_de(maintenant()), avant)
    page = lus[: recus.TAILLE_PAGE]
    suite = page[-1].id if len(lus) > recus.TAILLE_PAGE else None
    return render("reservations/recus.html", recus=composer_liste(page), suite=suite, onglet="demarches")


@bp.get("/recus/<numero>")
@parent
def recu(numero: str) -> Response:
    lu = recus.lire_recu(lecture(), qui(), jour_de(maintenant()), numero) or abort(404)
    est_nouveau = numero in get_flashed_messages(category_filter=[_NOUVEAU])
    vue = composer_recu(*lu, courriel=qui().courriel or "", est_nouveau=est_nouveau)
    return render("reservations/recu.html", recu=vue, onglet="demarches")


def _verifier_foyer() -> None:
    """A form shown for one foyer does nothing to another: the choice may have changed in another tab meanwhile."""
    acteur = qui()
    if request.form.get("foyer") == str(acteur.foyer_id):
        return
    nom = next(foyer.nom for foyer in acteur.foyers if foyer.id == acteur.foyer_id)
    raise RegleViolee(
        "foyer_change",
        f"Vous agissez maintenant pour le foyer «\u00a0{nom}\u00a0», et cette page parlait d’un autre. "
        "Rien n’a été fait\u00a0: vérifiez ce qui suit, ou changez de foyer dans «\u00a0Ma famille\u00a0».",
    )


def _recapitulatif(
    session: Session, *, statut: int = 200, avis: Avis | None = None, erreurs: dict[str, str] | None = None
) -> Response:
    lu = dossier(session)
    vue = composer_recapitulatif(lu, bilan_du_brouillon(session, lu), hrefs_agenda(lu), (avis,) if avis else ())
    return render(
        "reservations/recapitulatif.html",
        "reservations/_recapitulatif.html",
        statut=statut,
        recapitulatif=vue,
        erreurs=erreurs or {},
        est_refus=statut == 409,
        onglet="agenda",
    )


def _annoncer(session: Session, recu: Recu) -> None:
    """The confirmation mail, in the transaction that books."""
    acteur = qui()
    if not acteur.courriel:
        return
    vue = composer_recu(recu, f"{acteur.prenom} {acteur.nom}", acteur.courriel)
    deposer_courriel(
        session,
        modele="reservation_confirmee",
        destinataire=acteur.courriel,
        maintenant=maintenant(),
        reglages=reglages(),
        prenom=acteur.prenom,
        lien=adresse_publique("reservations.recu", numero=recu.numero),
        **donnees_du_courriel(vue),
    )
