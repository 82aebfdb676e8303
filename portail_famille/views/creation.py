"""« Créer mon espace », for a family unknown to the town: the form, the address verified, the request sent."""

from flask import Blueprint, Response, abort, request, session

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.fiches import CIVILITES
from portail_famille.forms.creation import SaisieEspace, lire_espace
from portail_famille.presentation.vues import Avis
from portail_famille.services import jetons, suivi
from portail_famille.services.accuses import accuser
from portail_famille.services.dossiers import jour_de
from portail_famille.services.espaces import GENRE, codes_en_attente, confirmer_espace, demander_espace
from portail_famille.services.jetons import JetonRefuse
from portail_famille.views import liens
from portail_famille.views.acces import public
from portail_famille.views.web import bd, ecriture, lecture, maintenant, redirect_to, reglages, render, reprend

bp = Blueprint("creation", __name__, url_prefix="/creer-mon-espace")

_LIGNE, _NUMERO = "espace_ligne", "espace_numero"
_FAUX_CODE = "Ce code n’est pas le bon, ou il n’est plus valable. Vérifiez les 6 chiffres, ou ouvrez le lien du mail."


@bp.before_request
def _si_ouverte() -> None:
    """A town may keep this door shut."""
    if not reglages().comptes.creation_ouverte:
        abort(404)


@bp.get("")
@public
def creation() -> Response:
    return _formulaire(SaisieEspace(None, {}))


def _reprendre() -> Response:
    _si_ouverte()
    return _formulaire(SaisieEspace(None, lire_espace(request.form, jour_de(maintenant())).saisie))


@bp.post("")
@public
@reprend(_reprendre)
def demander() -> Response:
    """Writes the mail that verifies the address; the same answer for an address that has a space already."""
    lue = lire_espace(request.form, jour_de(maintenant()))
    if lue.demande is None:
        return _formulaire(lue, statut=422)
    adresse = request.remote_addr or ""
    # Under the address wherever it is typed: what is at stake is that nobody fills a stranger's mailbox.
    cle = f"espace:{lue.demande.courriel}"
    tentative = suivi.Tentative(bd(), reglages().cle_secrete, cle, adresse, est_identifiee=True)
    attente = tentative.commencer(maintenant())
    if attente:
        refusee = SaisieEspace(None, lue.saisie, {"": liens.patience(attente)})
        return liens.attendre(_formulaire(refusee, statut=429), attente)
    session[_LIGNE] = demander_espace(ecriture(), lue.demande, maintenant(), reglages())
    return _regarder(lue.demande.courriel)


def _reprendre_code() -> Response:
    """Without the cookie that says which request it is, the code no longer serves; the mail's link does."""
    _si_ouverte()
    return _regarder(liens.champ_texte("courriel")) if _LIGNE in session else _reprendre()


@bp.post("/code")
@public
@reprend(_reprendre_code)
def saisir_code() -> Response:
    """The code of the mail, on the screen that stayed open: it takes the place of the link."""
    ligne_id, courriel = session.get(_LIGNE), liens.champ_texte("courriel")
    if ligne_id is None:
        return redirect_to(".creation")
    cle, adresse = f"code_espace:{ligne_id}", request.remote_addr or ""
    tentative = suivi.Tentative(bd(), reglages().cle_secrete, cle, adresse, est_identifiee=True)
    attente = tentative.commencer(maintenant())
    if attente:
        return liens.attendre(_regarder(courriel, {"code": liens.patience(attente)}, 429), attente)
    attendus = codes_en_attente(lecture(), ligne_id, maintenant(), reglages())
    comptes = suivi.compter_essais(bd(), attendus, jetons.ESSAIS_DE_CODE)
    ligne = jetons.lire_code(lecture(), liens.champ_texte("code"), comptes, reglages())
    if ligne is None:
        return _regarder(courriel, {"code": _FAUX_CODE}, 422)
    return _confirmer(jetons.echanger_code(ecriture(), ligne, maintenant(), reglages()))


@bp.get("/envoyee")
@public
def envoyee() -> Response:
    return render("creation/envoyee.html", numero=session.get(_NUMERO) or abort(404))


@bp.get("/<jeton>")
@public
def lien(jeton: str) -> Response:
    """A button only: mail scanners follow links."""
    try:
        ligne = jetons.lire_jeton(lecture(), jeton, GENRE, maintenant(), reglages())
    except JetonRefuse as refus:
        return _lien_mort(refus)
    return render("creation/confirmer.html", jeton=jeton, courriel=(ligne.donnees or {}).get("courriel", ""))


def _reprendre_lien(jeton: str) -> Response:
    _si_ouverte()
    return lien(jeton)


@bp.post("/<jeton>")
@public
@reprend(_reprendre_lien)
def confirmer(jeton: str) -> Response:
    return _confirmer(jeton)


def _confirmer(jeton: str) -> Response:
    try:
        demarche = confirmer_espace(ecriture(), jeton, maintenant(), reglages())
    except JetonRefuse as refus:
        ecriture().rollback()
        return _lien_mort(refus)
    except RegleViolee as refus:
        ecriture().rollback()
        return render("creation/lien_mort.html", statut=409, avis=Avis("attention", refus.message))
    accuser(demarche, reglages())
    session.pop(_LIGNE, None)
    session[_NUMERO] = demarche.numero
    return redirect_to(".envoyee")


def _formulaire(lue: SaisieEspace, *, statut: int = 200) -> Response:
    return render(
        "creation/page.html",
        statut=statut,
        saisie=lue.saisie,
        erreurs=lue.erreurs,
        civilites=[(c, c) for c in CIVILITES],
    )


def _regarder(courriel: str, erreurs: dict[str, str] | None = None, statut: int = 200) -> Response:
    minutes = reglages().comptes.code_minutes
    return render("creation/mails.html", statut=statut, courriel=courriel, minutes=minutes, erreurs=erreurs or {})


def _lien_mort(refus: JetonRefuse) -> Response:
    statut = 404 if refus.code == "jeton_inconnu" else 410
    return render("creation/lien_mort.html", statut=statut, avis=Avis("attention", refus.message))
