"""« Identifiants »: login name, mail address confirmed on both sides, password."""

from collections.abc import Callable

from flask import Blueprint, Response, flash, get_flashed_messages, request, session
from flask_login import current_user

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.horloge import PARIS
from portail_famille.domain.mots_de_passe import REGLE
from portail_famille.models.comptes import JetonCompte
from portail_famille.presentation.vues import Avis
from portail_famille.services import comptes, jetons, mots_de_passe, suivi
from portail_famille.services import identifiants as service
from portail_famille.services.jetons import JetonRefuse
from portail_famille.views import liens, web
from portail_famille.views.acces import CLE_FOYER, public, session_ouverte, titulaire
from portail_famille.views.confirmation import ConfirmationRefusee, confirmer_mot_de_passe
from portail_famille.views.entree_session import ouvrir_session_web

bp = Blueprint("identifiants", __name__, url_prefix="/mon-espace/identifiants")

_FAIT = "identifiants"
_PHRASES = {
    "identifiant": Avis("succes", "Votre identifiant est changé", "C’est lui qu’il faudra taper la prochaine fois."),
    "mot_de_passe": Avis("succes", "Votre mot de passe est changé", "Vos autres appareils ont été déconnectés."),
    "adresse_demandee": Avis("info", "Regardez vos mails", "Le changement se fera une fois confirmé."),
    "adresse_confirmee": Avis("succes", "C’est confirmé", "Il reste à confirmer depuis l’autre adresse."),
    "adresse_changee": Avis("succes", "Votre adresse est changée"),
    "adresse_retiree": Avis("info", "Le changement d’adresse est abandonné"),
}
_FAUX_CODE = "Ce code n’est pas le bon, ou il n’est plus valable. Vous pouvez ouvrir le lien du mail."


class _Refus(Exception):
    """A form to show again: its part of the page, errors by field."""

    def __init__(self, partie: str, erreurs: dict[str, str], statut: int = 422) -> None:
        super().__init__()
        self.partie, self.erreurs, self.statut = partie, erreurs, statut


@bp.get("")
@titulaire
def identifiants() -> Response:
    return _page()


@bp.post("/identifiant")
@titulaire
def changer_identifiant() -> Response:
    try:
        _verifier_actuel("identifiant")
        _compter_un_identifiant()
        nouveau = liens.champ_texte("identifiant")
        _essayer(
            "identifiant",
            lambda: service.changer_identifiant(
                web.ecriture(), session_ouverte().compte_id, nouveau, web.maintenant(), web.reglages()
            ),
        )
    except _Refus as refus:
        return _page(refus)
    return _fait("identifiant")


@bp.post("/mot-de-passe")
@titulaire
def changer_mot_de_passe() -> Response:
    """The other devices are logged out, this one stays under a new token."""
    ouverte, nouveau = session_ouverte(), request.form.get("nouveau", "")
    try:
        _verifier_actuel("mot_de_passe")
        mots = mots_de_passe.mots_de_la_famille(web.lecture(), ouverte.compte_id, web.reglages().nom)
        _essayer("mot_de_passe", lambda: mots_de_passe.verifier_mot_de_passe(nouveau, mots))
    except _Refus as refus:
        return _page(refus)
    web.fermer_lecture()
    empreinte = comptes.hacher_mot_de_passe(nouveau)
    foyer = session.get(CLE_FOYER)
    service.changer_mot_de_passe(web.ecriture(), ouverte.compte_id, empreinte, web.maintenant(), web.reglages())
    ouvrir_session_web(
        ouverte.compte_id, durable=ouverte.est_durable, second_facteur=ouverte.second_facteur_utc is not None
    )
    if foyer is not None:
        session[CLE_FOYER] = foyer
    return _fait("mot_de_passe")


@bp.post("/adresse")
@titulaire
def demander_adresse() -> Response:
    try:
        _verifier_actuel("adresse")
        saisie = liens.champ_texte("courriel")
        _essayer(
            "adresse",
            lambda: service.demander_adresse(
                web.ecriture(), session_ouverte().compte_id, saisie, web.maintenant(), web.reglages()
            ),
        )
    except _Refus as refus:
        return _page(refus)
    return _fait("adresse_demandee")


@bp.post("/adresse/retirer")
@titulaire
def retirer_adresse() -> Response:
    service.retirer_adresse(web.ecriture(), session_ouverte().compte_id, web.maintenant())
    return _fait("adresse_retiree")


@bp.post("/adresse/code")
@titulaire
def saisir_code() -> Response:
    """The code of either mailbox, for who cannot open the link in her application."""
    compte_id, maintenant, reglages = session_ouverte().compte_id, web.maintenant(), web.reglages()
    attendues = jetons.codes_en_attente(web.lecture(), service.GENRES, maintenant, reglages, [compte_id])
    lignes = suivi.compter_essais(web.bd(), attendues, jetons.ESSAIS_DE_CODE)
    ligne = jetons.lire_code(web.lecture(), liens.champ_texte("code", 20), lignes, reglages)
    if ligne is None:
        return _page(_Refus("code", {"code": _FAUX_CODE}))
    web.fermer_lecture()
    try:
        return _fait("adresse_changee" if _confirmer(ligne) else "adresse_confirmee")
    except RegleViolee as refus:
        return _page(_Refus("code", {"code": refus.message}, 409))


@bp.get("/<any(adresse_ancienne, adresse_nouvelle):genre>/<jeton>")
@public
def adresse(genre: str, jeton: str) -> Response:
    """A button and nothing else: mail scanners follow links. Public, the link opens in whatever browser."""
    try:
        ligne = jetons.lire_jeton(web.lecture(), jeton, genre, web.maintenant(), web.reglages())
    except JetonRefuse as refus:
        return _lien_mort(refus)
    return web.render("identifiants/adresse.html", genre=genre, jeton=jeton, donnees=ligne.donnees)


@bp.post("/<any(adresse_ancienne, adresse_nouvelle):genre>/<jeton>")
@public
@web.reprend(adresse)
def confirmer_adresse(genre: str, jeton: str) -> Response:
    try:
        ligne = jetons.lire_jeton(web.lecture(), jeton, genre, web.maintenant(), web.reglages())
        web.fermer_lecture()
        est_changee = _confirmer(ligne)
    except JetonRefuse as refus:
        return _lien_mort(refus)
    avis = _PHRASES["adresse_changee" if est_changee else "adresse_confirmee"]
    return web.render("identifiants/confirmee.html", avis=avis)


def _confirmer(ligne: JetonCompte) -> bool:
    return service.confirmer_adresse(web.ecriture(), ligne, web.maintenant(), web.reglages())


def _lien_mort(refus: JetonRefuse) -> Response:
    statut = 404 if refus.code == "jeton_inconnu" else 410
    return web.render("identifiants/lien_mort.html", statut=statut, avis=Avis("attention", refus.message))


def _verifier_actuel(partie: str) -> None:
    try:
        confirmer_mot_de_passe(request.form.get("actuel", ""))
    except ConfirmationRefusee as refus:
        raise _Refus(partie, {f"actuel-{partie}": refus.message}, refus.statut) from None


def _compter_un_identifiant() -> None:
    """« Déjà pris » says that a name exists: not without end. A success wipes nothing, names go to and fro."""
    cle, adresse = f"identifiant:{session_ouverte().compte_id}", request.remote_addr or ""
    tentative = suivi.Tentative(web.bd(), web.reglages().cle_secrete, cle, adresse, est_identifiee=True)
    attente = tentative.commencer(web.maintenant())
    if attente:
        raise _Refus("identifiant", {"identifiant": liens.patience(attente)}, 429)


def _essayer(partie: str, faire: Callable[[], object]) -> None:
    try:
        faire()
    except RegleViolee as refus:
        raise _Refus(partie, {refus.champ or "": refus.message}) from None


def _fait(quoi: str) -> Response:
    flash(quoi, _FAIT)
    return web.redirect_to("identifiants.identifiants")


def _page(refus: _Refus | None = None) -> Response:
    compte_id = current_user.ouverte.compte_id
    lus = service.lire_identifiants(web.lecture(), compte_id)
    faits = get_flashed_messages(category_filter=[_FAIT])
    return web.render(
        "identifiants/page.html",
        statut=refus.statut if refus else 200,
        avis=_PHRASES.get(str(faits[-1])) if faits else None,
        lus=lus,
        choisi=lus.mot_de_passe_utc and lus.mot_de_passe_utc.astimezone(PARIS).date(),
        attente=service.adresse_en_attente(web.lecture(), compte_id, web.maintenant()),
        regle=REGLE,
        force=None,
        partie=refus.partie if refus else "",
        erreurs=refus.erreurs if refus else {},
        saisie={nom: request.form.get(nom, "") for nom in ("identifiant", "courriel")},
    )
