"""A family’s file on one page, with its journal."""

from collections.abc import Callable
from datetime import date

from flask import Blueprint, Response, abort, request, url_for
from sqlalchemy.orm import Session

from portail_famille.domain.droits import Action
from portail_famille.domain.entourage import Sante
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.quotients import en_vigueur
from portail_famille.forms.gardes import lire_garde
from portail_famille.gateways.chiffre import Chiffre
from portail_famille.presentation.dossier import VACANCES, composer_dossier
from portail_famille.presentation.resumes import composer_liste
from portail_famille.presentation.vie_du_foyer import composer_vies
from portail_famille.presentation.vues import Avis
from portail_famille.services import foyers_saisis, gardes, suivi
from portail_famille.services.acces import envoyer_activation, ouvrir_compte
from portail_famille.services.documents import regles_de
from portail_famille.services.dossiers import jour_de
from portail_famille.services.familles import (
    FamilleLue,
    adulte_du_foyer,
    compte_du_foyer,
    enfant_a_changer,
    fermer_compte,
    lire_famille,
    rouvrir_compte,
    verifier_sans_role,
)
from portail_famille.services.journal import TAILLE_PAGE, consigner
from portail_famille.services.perimetres import est_dans_le_perimetre
from portail_famille.services.quotients import dire_periode, lire_quotients, periodes_de
from portail_famille.services.recherches import MAXIMUM, chercher_foyers
from portail_famille.services.recherches import TAILLE_PAGE as FOYERS_PAR_PAGE
from portail_famille.services.sante import lire_sante
from portail_famille.services.vie_du_foyer import lire_vie
from portail_famille.views.acces import agent, qui_agent
from portail_famille.views.agent.bureau import (
    RELECTURE,
    auteur,
    foyer_ou_404,
    introuvable,
    nom_de_structure,
    noter_lecture,
    perimetre,
    regles,
)
from portail_famille.views.web import bd, ecriture, lecture, maintenant, numero_de_ligne, redirect_to, reglages, render

bp = Blueprint("agent_foyers", __name__, url_prefix="/agent/foyers")

_FAITS = {
    "cree": "Le foyer est créé. Chaque adulte reçoit son lien d’activation.",
    "activation": "Le lien d’activation est parti.",
    "ferme": "Le compte est fermé et ses appareils sont déconnectés.",
    "rouvert": "Le compte est rouvert. S’il n’a plus de mot de passe, la famille en choisit un par "
    "«\u00a0J’ai oublié mon mot de passe\u00a0».",
    "ouvert": "Le compte est ouvert et le lien d’activation est parti.",
    "autorite": "L’autorité parentale est à jour.",
    "corrige": "La correction est enregistrée.",
    "rien": "Rien n’a été changé.",
    "courriel_activation": "L’adresse est changée et le lien d’activation part à la nouvelle.",
    "courriel_prevenu": "L’adresse est changée, ses appareils sont déconnectés, un mail part aux deux adresses.",
    "courriel_ecrit": "L’adresse est changée.",
    "adulte": "L’adulte est dans le foyer. S’il n’avait pas d’espace, son lien d’activation part à son adresse mail.",
    "enfant": "L’enfant est dans le foyer.",
    "garde": "Les semaines des deux foyers sont à jour.",
    "masque": "C’est enregistré.",
    "retire": "Cette personne n’est plus de ce foyer.",
    "separe": "Le foyer est séparé, voici le second. Chaque adulte reçoit un mail.",
}


@bp.get("")
@agent(Action.LIRE)
def liste() -> Response:
    recherche = request.args.get("q", "").strip()[:100]
    deja = request.args.get("apres", 0, type=numero_de_ligne)
    trouves, nombre = chercher_foyers(lecture(), perimetre(), recherche, deja) if recherche else ([], 0)
    reste = nombre > deja + FOYERS_PAR_PAGE
    return render(
        "agent/foyers.html",
        recherche=recherche,
        trouves=trouves,
        nombre=nombre,
        maximum=MAXIMUM,
        suite=url_for(".liste", q=recherche, apres=deja + FOYERS_PAR_PAGE) if reste else "",
        peut_instruire=qui_agent().peut(Action.INSTRUIRE),
        onglet="familles",
    )


@bp.get("/<int:foyer_id>")
@agent(Action.LIRE)
def foyer(foyer_id: int) -> Response:
    avant = request.args.get("avant", type=numero_de_ligne)
    lue = _lire(lecture(), foyer_id, avant) or introuvable(foyer_id)
    _noter(lue, est_journal_ancien=avant is not None)
    fait = _FAITS.get(request.args.get("fait", ""))
    return _page(lecture(), lue, avis=Avis("succes", "C’est fait.", fait) if fait else None)


@bp.get("/<int:foyer_id>/activites")
@agent(Action.LIRE)
def activites(foyer_id: int) -> Response:
    """The file's page fetches it once it is shown: its own queries are enough for one page."""
    if not est_dans_le_perimetre(lecture(), perimetre(), foyer_id):
        introuvable(foyer_id)
    noter_lecture(foyer_id)
    vie = lire_vie(lecture(), perimetre(), foyer_id)
    return render(
        "agent/activites.html",
        "agent/_vie.html",
        foyer_id=foyer_id,
        vies=composer_vies(vie, regles()),
        recus=composer_liste(list(vie.recus)),
        onglet="familles",
    )


@bp.get("/<int:foyer_id>/sante/<int:enfant_id>")
@agent(Action.LIRE)
def sante(foyer_id: int, enfant_id: int) -> Response:
    """Shown on demand only, each time with its line in the journal."""
    lue = _lire(lecture(), foyer_id) or introuvable(foyer_id)
    if not any(e.enfant.id == enfant_id and e.est_permis for e in lue.enfants):
        abort(404)
    suivi.noter_lecture(bd(), qui_agent().compte_id, foyer_id, "sante_vue", maintenant())
    connue, _ = lire_sante(lecture(), Chiffre(reglages().cle_coffre), enfant_id)
    return _page(lecture(), lue, sante={enfant_id: connue})


@bp.post("/<int:foyer_id>/activation")
@agent(Action.INSTRUIRE)
def renvoyer(foyer_id: int) -> Response:
    def faire(session: Session) -> None:
        compte = compte_du_foyer(session, foyer_id, _numero("compte"))
        _verifier_compte(session, compte.id)
        if not envoyer_activation(session, compte.id, maintenant(), reglages()):
            raise RegleViolee(
                "activation_inutile",
                "Ce compte est déjà actif, ou fermé, ou n’a pas d’adresse mail\u00a0: rien n’est parti.",
            )
        _consigner(session, "activation_renvoyee", foyer_id, compte.personne_id)

    return _geste(foyer_id, faire, "activation")


@bp.post("/<int:foyer_id>/compte/ouvrir")
@agent(Action.INSTRUIRE)
def ouvrir(foyer_id: int) -> Response:
    def faire(session: Session) -> None:
        personne = adulte_du_foyer(session, foyer_id, _numero("personne"))
        if not personne.courriel:
            raise RegleViolee(
                "courriel_absent",
                f"Il manque l’adresse mail de {personne.prenom} {personne.nom}\u00a0: écrivez-la d’abord.",
            )
        compte = ouvrir_compte(session, personne.id, maintenant())
        _verifier_compte(session, compte.id)
        envoyer_activation(session, compte.id, maintenant(), reglages())
        _consigner(session, "compte_ouvert", foyer_id, personne.id)

    return _geste(foyer_id, faire, "ouvert")


@bp.post("/<int:foyer_id>/compte/fermer")
@agent(Action.INSTRUIRE)
def fermer(foyer_id: int) -> Response:
    def faire(session: Session) -> None:
        _verifier_compte(session, _numero("compte"))
        _verifier_confirmation()
        fermer_compte(session, foyer_id, _numero("compte"), auteur(), maintenant())

    return _geste(foyer_id, faire, "ferme")


@bp.post("/<int:foyer_id>/compte/rouvrir")
@agent(Action.INSTRUIRE)
def rouvrir(foyer_id: int) -> Response:
    def faire(session: Session) -> None:
        _verifier_compte(session, _numero("compte"))
        rouvrir_compte(session, foyer_id, _numero("compte"), auteur(), maintenant())

    return _geste(foyer_id, faire, "rouvert")


@bp.post("/<int:foyer_id>/autorite")
@agent(Action.INSTRUIRE)
def donner_autorite(foyer_id: int) -> Response:
    def faire(session: Session) -> None:
        enfant_id = enfant_a_changer(session, perimetre(Action.INSTRUIRE), foyer_id, _numero("enfant"))
        personne = adulte_du_foyer(session, foyer_id, _numero("personne"))
        foyers_saisis.donner_autorite(
            session, personne.id, enfant_id, _date("du"), auteur(), maintenant(), foyer_id=foyer_id
        )

    return _geste(foyer_id, faire, "autorite")


@bp.post("/<int:foyer_id>/autorite/fin")
@agent(Action.INSTRUIRE)
def finir_autorite(foyer_id: int) -> Response:
    """Of anybody over a child of this foyer: the other parent's is ended from here too."""

    def faire(session: Session) -> None:
        enfant_id = enfant_a_changer(session, perimetre(Action.INSTRUIRE), foyer_id, _numero("enfant"))
        foyers_saisis.terminer_autorite(
            session, _numero("personne"), enfant_id, _date("au"), auteur(), maintenant(), foyer_id=foyer_id
        )

    return _geste(foyer_id, faire, "autorite")


@bp.post("/<int:foyer_id>/garde")
@agent(Action.INSTRUIRE)
def garde(foyer_id: int) -> Response:
    def faire(session: Session) -> None:
        enfant_id = enfant_a_changer(session, perimetre(Action.INSTRUIRE), foyer_id, _numero("enfant"))
        if not request.form.get("une_sur"):
            gardes.changer_garde(session, enfant_id, foyer_id, None, auteur(), maintenant())
            return
        lue = lire_garde(request.form, jour_de(maintenant()))
        if lue.demande is None:
            raise RegleViolee("garde_illisible", next(iter(lue.erreurs.values())))
        gardes.changer_garde(session, enfant_id, foyer_id, lue.demande.garde, auteur(), maintenant())

    return _geste(foyer_id, faire, "garde")


@bp.post("/<int:foyer_id>/masquer")
@agent(Action.INSTRUIRE)
def masquer(foyer_id: int) -> Response:
    def faire(session: Session) -> None:
        enfant_id = enfant_a_changer(session, perimetre(Action.INSTRUIRE), foyer_id, _numero("enfant"))
        _verifier_confirmation()
        gardes.masquer(
            session,
            enfant_id,
            foyer_id,
            bool(request.form.get("masquer")),
            auteur(),
            maintenant(),
            motif=request.form.get("motif", "")[: gardes.MOTIF_MAXIMUM],
        )

    return _geste(foyer_id, faire, "masque")


def _verifier_compte(session: Session, compte_id: int) -> None:
    """A compte that holds a role opens the desk too: whoever may give roles opens and closes it."""
    if not qui_agent().peut(Action.ADMINISTRER):
        verifier_sans_role(session, compte_id)


def _geste(foyer_id: int, faire: Callable[[Session], None], fait: str) -> Response:
    """One act on a family's file; refused, the page comes back with the sentence."""
    session = ecriture()
    foyer_ou_404(session, foyer_id)
    try:
        faire(session)
    except RegleViolee as refus:
        session.rollback()
        lue = _lire(session, foyer_id) or abort(404)
        return _page(session, lue, statut=409, avis=Avis("erreur", "Rien n’a changé.", refus.message))
    return redirect_to(".foyer", foyer_id=foyer_id, fait=fait)


def _page(
    session: Session,
    lue: FamilleLue,
    *,
    statut: int = 200,
    avis: Avis | None = None,
    sante: dict[int, Sante] | None = None,
) -> Response:
    ou = perimetre(Action.INSTRUIRE)
    peut_instruire = qui_agent().peut(Action.INSTRUIRE)
    if peut_instruire and not ou.est_partout and ou != perimetre():
        peut_instruire = est_dans_le_perimetre(session, ou, lue.foyer.id)
    return render(
        "agent/foyer.html",
        statut=statut,
        f=composer_dossier(
            lue,
            maintenant(),
            structure=nom_de_structure,
            est_partout=perimetre().est_partout,
            taille_journal=TAILLE_PAGE,
            regles_pieces=regles_de(reglages()),
            quotient=_quotient(session, lue.foyer.id),
            sante=sante,
        ),
        suite=lue.journal[TAILLE_PAGE - 1].id if len(lue.journal) > TAILLE_PAGE else None,
        vacances=VACANCES,
        aujourdhui=jour_de(maintenant()).isoformat(),
        peut_instruire=peut_instruire,
        peut_fusionner=ou.est_partout and qui_agent().peut(Action.INSTRUIRE),
        peut_apercevoir=perimetre().est_partout or all(e.est_permis for e in lue.enfants),
        avis=avis,
        onglet="familles",
    )


def _lire(session: Session, foyer_id: int, journal_avant: int | None = None) -> FamilleLue | None:
    return lire_famille(session, perimetre(), foyer_id, journal_avant, de_sante=regles_de(reglages()).de_sante)


def _quotient(session: Session, foyer_id: int) -> str:
    """Today's, in words. One query."""
    periode = en_vigueur(periodes_de(lire_quotients(session, foyer_id)), jour_de(maintenant()))
    return dire_periode(periode) if periode is not None else ""


def _noter(lue: FamilleLue, *, est_journal_ancien: bool) -> None:
    """The journal's latest lines are on the page, unless older ones are being read: most often nothing is asked."""
    compte_id, depuis = qui_agent().compte_id, maintenant() - RELECTURE
    if est_journal_ancien:
        noter_lecture(lue.foyer.id)
    elif not any(a.action == "foyer_vu" and a.compte_id == compte_id and a.a_utc > depuis for a in lue.journal):
        suivi.noter_lecture(bd(), compte_id, lue.foyer.id, "foyer_vu", maintenant())


def _consigner(session: Session, action: str, foyer_id: int, personne_id: int) -> None:
    consigner(session, auteur(), action, maintenant(), foyer_id=foyer_id, personne_id=personne_id)


def _verifier_confirmation() -> None:
    """What shuts a family out, or shows it to another, is not one slip of the hand."""
    if request.form.get("confirme") != "oui":
        raise RegleViolee("a_confirmer", "Cochez «\u00a0Je confirme\u00a0», puis recommencez.", "confirme")


def _numero(champ: str) -> int:
    try:
        return numero_de_ligne(request.form.get(champ, ""))
    except ValueError:
        abort(400)


def _date(champ: str) -> date:
    try:
        lue = date.fromisoformat(request.form.get(champ, ""))
    except ValueError:
        raise RegleViolee("date_illisible", "Écrivez une date, par exemple 01/09/2026.", champ) from None
    if not 1990 <= lue.year <= 2100:
        raise RegleViolee("date_illisible", "Vérifiez l’année de la date.", champ)
    return lue
