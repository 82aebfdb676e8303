"""A household that separates: its adults, its children, who pays."""

from flask import Blueprint, Response, request, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from portail_famille.domain.droits import Action
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.quotients import lire_montant
from portail_famille.forms.menages import NOUVEAU, lire_date, lire_separation
from portail_famille.models.foyers import Foyer
from portail_famille.services.dossiers import jour_de
from portail_famille.services.familles import enfant_a_changer, enfants_du_foyer
from portail_famille.services.menages import Prevision, Separation, prevoir_separation, separer_menage
from portail_famille.services.perimetres import est_dans_le_perimetre
from portail_famille.services.quotients import dire_periode, etablir, lire_quotients, periodes_de
from portail_famille.services.recherches import adultes_de, chercher_foyers
from portail_famille.services.tarification import Tarification, changer_tarification
from portail_famille.views.acces import agent
from portail_famille.views.agent.bureau import auteur, foyer_ou_404, noter_lecture, perimetre, regles
from portail_famille.views.web import ecriture, lecture, maintenant, numero_de_ligne, redirect_to, reglages, render

bp = Blueprint("agent_menages", __name__, url_prefix="/agent/foyers")


@bp.get("/<int:foyer_id>/separer")
@agent(Action.INSTRUIRE)
def separer(foyer_id: int) -> Response:
    """« adulte » and « date »: what a request for a change of situation said."""
    foyer_ou_404(lecture(), foyer_id)
    noter_lecture(foyer_id)
    aujourdhui = jour_de(maintenant()).isoformat()
    saisie: MultiDict[str, str] = MultiDict(
        {"vers": NOUVEAU, "resident": "oui", "du": max(request.args.get("date", ""), aujourdhui)}
    )
    if "adulte" in request.args:
        saisie.add("adultes", request.args["adulte"])
    return _page(foyer_id, saisie)


@bp.post("/<int:foyer_id>/separer")
@agent(Action.INSTRUIRE)
def confirmer(foyer_id: int) -> Response:
    """First shows what it would do; done once « Je confirme » is ticked on that page."""
    session = ecriture()
    foyer_ou_404(session, foyer_id)
    try:
        separation = lire_separation(foyer_id, request.form, dict(enfants_du_foyer(session, foyer_id)))
        _verifier_perimetre(session, separation)
        prevision = prevoir_separation(session, separation, maintenant(), regles().calendrier)
        if request.form.get("confirme") != "oui":
            return _page(foyer_id, request.form, prevision=prevision)
        la = separer_menage(session, separation, auteur(), maintenant(), regles().calendrier, reglages())
    except RegleViolee as refus:
        session.rollback()
        return _page(foyer_id, request.form, refus=refus)
    return redirect_to("agent_foyers.foyer", foyer_id=la.id, fait="separe")


@bp.get("/<int:foyer_id>/tarifs")
@agent(Action.INSTRUIRE)
def tarifs(foyer_id: int) -> Response:
    foyer_ou_404(lecture(), foyer_id)
    noter_lecture(foyer_id)
    return _page_tarifs(lecture(), foyer_id)


@bp.post("/<int:foyer_id>/tarifs")
@agent(Action.INSTRUIRE)
def changer_tarifs(foyer_id: int) -> Response:
    session = ecriture()
    foyer_ou_404(session, foyer_id)
    try:
        ressources = request.form.get("ressources", "").strip()
        voulue = Tarification(
            request.form.get("resident") == "oui",
            request.form.get("personnes_a_charge", 0, type=numero_de_ligne),
            lire_montant(ressources, "ressources") if ressources else None,
            request.form.get("payeur", 0, type=numero_de_ligne),
        )
        change = changer_tarification(session, foyer_id, voulue, auteur(), maintenant())
    except RegleViolee as refus:
        session.rollback()
        return _page_tarifs(session, foyer_id, refus)
    return redirect_to("agent_foyers.foyer", foyer_id=foyer_id, fait="corrige" if change else "rien")


@bp.post("/<int:foyer_id>/quotient")
@agent(Action.INSTRUIRE)
def etablir_quotient(foyer_id: int) -> Response:
    """A QF brought to the desk on paper."""
    session = ecriture()
    foyer_ou_404(session, foyer_id)
    try:
        etablir(
            session,
            foyer_id,
            lire_montant(request.form.get("quotient", ""), "quotient"),
            lire_date(request.form, "du"),
            lire_date(request.form, "au") if request.form.get("au") else None,
            "prouve",
            None,
            auteur(),
            maintenant(),
            est_retroactif=request.form.get("retroactif") == "oui",
        )
    except RegleViolee as refus:
        session.rollback()
        return _page_tarifs(session, foyer_id, refus)
    return redirect_to("agent_foyers.foyer", foyer_id=foyer_id, fait="corrige")


def _page_tarifs(session: Session, foyer_id: int, refus: RegleViolee | None = None) -> Response:
    foyer = session.get_one(Foyer, foyer_id)
    ressources = foyer.ressources_mensuelles_centimes
    connue = {
        "resident": "oui" if foyer.est_resident else "non",
        "personnes_a_charge": str(foyer.personnes_a_charge),
        "ressources": "" if ressources is None else f"{ressources / 100:.2f}".replace(".", ","),
        "payeur": str(foyer.payeur_id),
        "du": jour_de(maintenant()).isoformat(),
    }
    return render(
        "agent/menages/tarifs.html",
        statut=422 if refus else 200,
        foyer_id=foyer_id,
        nom=foyer.nom,
        adultes=adultes_de(session, [foyer_id])[foyer_id],
        quotients=[dire_periode(p) for p in reversed(periodes_de(lire_quotients(session, foyer_id)))],
        saisie=connue | request.form.to_dict(),
        erreurs={refus.champ or "": refus.message} if refus else {},
        retour_href=url_for("agent_foyers.foyer", foyer_id=foyer_id),
        onglet="familles",
    )


def _verifier_perimetre(session: Session, separation: Separation) -> None:
    """Where they go, and each child that moves, is this agent's business too."""
    ou = perimetre(Action.INSTRUIRE)
    if separation.vers is not None and not est_dans_le_perimetre(session, ou, separation.vers):
        raise RegleViolee("foyer_absent", "Ce foyer n’est pas de ceux dont vous vous occupez.", "vers")
    for enfant_id, sort in separation.enfants.items():
        if sort != "reste":
            enfant_a_changer(session, ou, separation.foyer_id, enfant_id)


def _page(
    foyer_id: int,
    saisie: MultiDict[str, str],
    *,
    prevision: Prevision | None = None,
    refus: RegleViolee | None = None,
) -> Response:
    recherche = request.values.get("q", "").strip()[:100]
    trouves = chercher_foyers(lecture(), perimetre(Action.INSTRUIRE), recherche)[0] if recherche else []
    return render(
        "agent/menages/separer.html",
        statut=422 if refus else 200,
        foyer_id=foyer_id,
        adultes=adultes_de(lecture(), [foyer_id])[foyer_id],
        enfants=enfants_du_foyer(lecture(), foyer_id),
        foyers=[f for f in trouves if f.id != foyer_id],
        recherche=recherche,
        saisie=saisie,
        partants=saisie.getlist("adultes"),
        prevision=prevision,
        erreurs={refus.champ or "": refus.message} if refus else {},
        nouveau=NOUVEAU,
        retour_href=url_for("agent_foyers.foyer", foyer_id=foyer_id),
        onglet="familles",
    )
