"""What the links and codes of a mail share: a code typed, a password chosen, a link that no longer works."""

from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from flask import Response, request, session
from flask_login import current_user

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.mots_de_passe import REGLE
from portail_famille.models.comptes import JetonCompte
from portail_famille.presentation.vues import Avis
from portail_famille.services import acces, comptes, jetons, mots_de_passe, suivi
from portail_famille.services.jetons import JetonRefuse
from portail_famille.views import web
from portail_famille.views.entree_session import ouvrir_session_web

__all__ = ["CodeRefuse", "Ouvert", "attendre", "champ_texte", "choisir", "echanger", "lire", "page_morte", "patience"]

_FAUX_CODE = (
    "Ce code n’est pas le bon, ou il n’est plus valable. Vérifiez l’identifiant et les 6 chiffres. "
    "Pour un mot de passe oublié, tapez-le sur l’appareil qui l’a demandé, ou ouvrez le lien du mail."
)
_DEMANDES = "demandes"
_PAGES = {acces.ACTIVATION: "activation/mot_de_passe.html", acces.REINITIALISATION: "mot_de_passe/nouveau.html"}


class CodeRefuse(RegleViolee):
    """A wrong code, or too many tries: `attente` says how long."""

    def __init__(self, message: str, attente: timedelta = timedelta(0)) -> None:
        super().__init__("code_refuse", message)
        self.attente = attente


@dataclass(frozen=True, slots=True)
class Ouvert:
    """A link that works, and whom it is for."""

    ligne: JetonCompte
    identifiant: str
    prenom: str


def champ_texte(nom: str, longueur: int = 254) -> str:
    """A line of text; what no keyboard writes is left out, PostgreSQL refuses some of it."""
    texte = "".join(signe for signe in request.form.get(nom, "") if signe.isprintable())
    return texte.strip()[:longueur]


def lire(jeton: str, genre: str) -> Ouvert:
    """Raises JetonRefuse; changes nothing."""
    ligne = jetons.lire_jeton(web.lecture(), jeton, genre, web.maintenant(), web.reglages())
    assert ligne.compte_id is not None
    identifiant, prenom = acces.nommer(web.lecture(), ligne.compte_id)
    return Ouvert(ligne, identifiant, prenom)


def choisir(jeton: str, genre: str) -> Response:
    """Sets the password typed behind a link and logs in; the form again, with what is missing, when it is refused."""
    ouvert = lire(jeton, genre)
    compte_id = ouvert.ligne.compte_id
    assert compte_id is not None
    nouveau = request.form.get("nouveau", "")
    try:
        mots = mots_de_passe.mots_de_la_famille(web.lecture(), compte_id, web.reglages().nom)
        mots_de_passe.verifier_mot_de_passe(nouveau, mots)
    except RegleViolee as refus:
        return page_mot_de_passe(jeton, ouvert, erreurs={"nouveau": refus.message}, statut=422)
    # Nothing is held open while the password is hashed.
    web.fermer_lecture()
    empreinte = comptes.hacher_mot_de_passe(nouveau)
    acces.choisir_mot_de_passe(web.ecriture(), ouvert.ligne, empreinte, web.maintenant(), web.reglages())
    ouvrir_session_web(compte_id, durable="durable" in request.form)
    return web.redirect_to("accueil.accueil")


def page_mot_de_passe(
    jeton: str, ouvert: Ouvert, *, erreurs: dict[str, str] | None = None, statut: int = 200
) -> Response:
    return web.render(
        _PAGES[ouvert.ligne.genre],
        statut=statut,
        jeton=jeton,
        ouvert=ouvert,
        regle=REGLE,
        force=None,
        erreurs=erreurs or {},
    )


def echanger(saisie: str, code: str) -> tuple[str, str]:
    """The purpose and the link behind a code typed with a login name or an address. Raises CodeRefuse, in the same
    words whether they are somebody's or not."""
    bd, reglages, maintenant = web.bd(), web.reglages(), web.maintenant()
    nom = comptes.normaliser_identifiant(saisie)
    tentative = suivi.Tentative(bd, reglages.cle_secrete, f"code:{nom}", request.remote_addr or "")
    attente = tentative.commencer(maintenant)
    if attente:
        raise CodeRefuse(patience(attente), attente)
    lignes = suivi.compter_essais(
        bd, acces.codes_d_entree(web.lecture(), saisie, maintenant, reglages, demandes_d_ici()), jetons.ESSAIS_DE_CODE
    )
    ligne = jetons.lire_code(web.lecture(), code, lignes, reglages)
    if ligne is None:
        raise CodeRefuse(_FAUX_CODE)
    # The database has a single writer: this transaction ends before the request's own begins.
    tentative.reussir(ligne.compte_id, maintenant, genre="code_saisi")
    try:
        return ligne.genre, jetons.echanger_code(web.ecriture(), ligne, maintenant, reglages)
    except JetonRefuse:
        raise CodeRefuse(_FAUX_CODE) from None


def demandes_d_ici() -> list[int]:
    """Requests for a link made from this browser, the latest ones."""
    return list(session.get(_DEMANDES, ()))


def retenir_demande(demande_id: int) -> None:
    """For the code of its mail. An installed application may be stopped while its parent reads her mails: the cookie
    outlives it."""
    session[_DEMANDES] = [*demandes_d_ici(), demande_id][-acces.PAR_JOUR :]
    session.permanent = True


def page_morte(refus: JetonRefuse, jeton: str, genre: str) -> Response:
    """A link that no longer works says so, and offers another; home to who is in already."""
    est_le_sien = current_user.is_authenticated and current_user.ouverte.compte_id == refus.compte_id
    return web.render(
        "activation/lien_mort.html",
        statut=404 if refus.code == "jeton_inconnu" else 410,
        avis=Avis("attention", refus.message),
        jeton=jeton if refus.compte_id is not None else "",
        est_le_sien=est_le_sien,
        genre=genre,
    )


def patience(attente: timedelta) -> str:
    secondes = ceil(attente.total_seconds())
    duree = f"{secondes} secondes" if secondes < 90 else f"{ceil(secondes / 60)} minutes"
    return f"Trop d’essais de suite. Par sécurité, attendez {duree} avant le prochain."


def attendre(reponse: Response, attente: timedelta) -> Response:
    reponse.headers["Retry-After"] = str(ceil(attente.total_seconds()))
    return reponse
