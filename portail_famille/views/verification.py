"""The yearly check of the file: « tout est exact » or « corriger »."""

from flask import Blueprint, Response, request, session, url_for

from portail_famille.domain.demarches import Cote
from portail_famille.domain.fiches import CODES_DE_CHAMPS, Regime, est_a_verifier, regime
from portail_famille.domain.horloge import PARIS
from portail_famille.presentation.espace import FAITS, composer_verification, ecrire_si_lecture
from portail_famille.presentation.mots import de
from portail_famille.services.comptes import SessionOuverte
from portail_famille.services.dossiers import jour_de
from portail_famille.services.editions import foyer_en_lecture
from portail_famille.services.journal import Auteur
from portail_famille.services.verifications_dossier import confirmer, lire_contacts, lire_foyer_complet
from portail_famille.views.acces import est_chargement, parent_entrant, porte, qui, session_ouverte
from portail_famille.views.connexion import suite_sure
from portail_famille.views.foyer import dossier
from portail_famille.views.web import aller_a, ecriture, lecture, maintenant, redirect_to, reglages, render

bp = Blueprint("verification", __name__, url_prefix="/verification")

CLE_PLUS_TARD = "verifier_plus_tard"
"""In the cookie: the session in which « Plus tard » was said; the next login asks again."""

_OU_CORRIGER = ("/mon-espace", "/famille/")
"""Pages one is sent to by « Corriger »: the door must not send them back here."""


@porte("verification")
def _porte(ouverte: SessionOuverte) -> Response | None:
    if not est_chargement() or request.path.startswith(_OU_CORRIGER):
        return None
    if not _est_due(ouverte) or session.get(CLE_PLUS_TARD) == ouverte.id:
        return None
    return redirect_to("verification.verification", suite=request.script_root + request.full_path.removesuffix("?"))


@bp.get("")
@parent_entrant
def verification() -> Response:
    lu = dossier(lecture())
    est_lecture = foyer_en_lecture(lu)
    regimes = {code: regime(code, reglages().champs, est_lecture=est_lecture) for code in CODES_DE_CHAMPS}
    contacts_montres = regimes["enfant.contacts"] is not Regime.CACHE
    contacts = lire_contacts(lecture(), lu.foyer_id, [e.id for e in lu.visibles]) if contacts_montres else ()
    compose = composer_verification(
        lu,
        lire_foyer_complet(lecture(), lu.foyer_id),
        contacts,
        qui().personne_id,
        regimes,
        {e.id: url_for("enfants.enfant", enfant_id=e.id) for e in lu.visibles},
        session_ouverte().verifie_utc,
    )
    return render(
        "verification/page.html",
        verification=compose,
        contacts_montres=contacts_montres,
        ecrire=ecrire_si_lecture(lu),
        de=de,
        suite=request.args.get("suite", ""),
        avis=FAITS.get(request.args.get("fait", "")),
        onglet="plus",
    )


@bp.post("")
@parent_entrant
def repondre() -> Response:
    """« Tout est exact », or « Plus tard »."""
    acteur = qui()
    if request.form.get("reponse") == "exact":
        auteur = Auteur(Cote.FAMILLE, acteur.compte_id)
        confirmer(ecriture(), auteur, acteur.personne_id, acteur.foyer_id, maintenant())
    else:
        session[CLE_PLUS_TARD] = session_ouverte().id
    return aller_a(suite_sure(request.form.get("suite", "")))


def _est_due(ouverte: SessionOuverte) -> bool:
    verifie = ouverte.verifie_utc
    le = None if verifie is None else verifie.astimezone(PARIS).date()
    return est_a_verifier(le, jour_de(maintenant()), reglages().comptes.verification_mois)
