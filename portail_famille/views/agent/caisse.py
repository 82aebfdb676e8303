"""What the régie follows: the day's takings, what is unpaid, who gets paper, payments by card that ask for a look."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date, timedelta

from flask import Blueprint, Response, abort, current_app, request, url_for
from sqlalchemy.orm import Session

from portail_famille.domain.droits import Action
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.regies import fin_du_mois
from portail_famille.gateways.liasses import LiasseImpossible
from portail_famille.models.factures import Facture
from portail_famille.presentation.facturation import nom_regie
from portail_famille.presentation.reglements import (
    composer_essais_lus,
    composer_impayes,
    tableau_apres_coup,
    tableau_des_restes,
    tableau_du_jour,
    tableau_du_mois,
    totaux_du_jour,
    totaux_du_mois,
)
from portail_famille.presentation.vues import Avis
from portail_famille.services import reglements
from portail_famille.services.bureau_comptes import essais_a_voir, payeurs_de
from portail_famille.services.bureau_factures import (
    EN_RETARD,
    TAILLE_PAGE,
    FiltreFactures,
    compter_factures,
    compter_papiers,
    lister_papiers,
    reste_a_recevoir,
)
from portail_famille.services.caisse import (
    journal_du_jour,
    lister_restes,
    saisis_apres_coup,
    totaliser_restes,
    totaux_par_jour,
)
from portail_famille.services.perimetres import est_dans_le_perimetre
from portail_famille.services.soldes import impayes as lire_impayes
from portail_famille.views.acces import agent
from portail_famille.views.agent.bureau import auteur, introuvable, noter_papiers, perimetre
from portail_famille.views.agent.regie import (
    aujourdhui,
    choix_de_mois,
    choix_de_regies,
    mois_choisi,
    perimetre_des_factures,
    premiere_regie,
    regie_choisie,
    regies,
    verifier_toute_la_ville,
)
from portail_famille.views.papiers import pdf_des_factures, zip_des_factures
from portail_famille.views.web import (
    ecriture,
    jour_plausible,
    lecture,
    maintenant,
    numero_de_ligne,
    redirect_to,
    render,
)

bp = Blueprint("agent_caisse", __name__, url_prefix="/agent/reglements")

_UN_JOUR = timedelta(days=1)
_UN_PAR_UN = Avis(
    "erreur", "Ces documents ne tiennent pas en un seul fichier.", "Prenez plutôt un fichier par document (ZIP)."
)


@bp.get("/journal")
@agent(Action.FACTURER)
def journal() -> Response:
    """The daily statement of a régie: complete, reversals included; made to be printed."""
    verifier_toute_la_ville()
    regie, jour = regie_choisie(premiere_regie()), _jour(request.args.get("jour", ""), aujourdhui())
    journee, siens = journal_du_jour(lecture(), regie, jour), _sa_famille()
    return render(
        "agent/reglements/journal.html",
        regies=choix_de_regies(),
        regie=regie,
        nom_regie=nom_regie(regies(), regie),
        jour=jour,
        debut=jour.replace(day=1),
        lignes=tableau_du_jour(journee.recues, siens),
        totaux=totaux_du_jour(journee.recues),
        apres_coup=tableau_apres_coup(journee.apres_coup, siens),
        essais=tableau_apres_coup(journee.essais, siens),
        veille=url_for(".journal", regie=regie, jour=(jour - _UN_JOUR).isoformat()),
        lendemain=url_for(".journal", regie=regie, jour=(jour + _UN_JOUR).isoformat()) if jour < aujourdhui() else "",
        onglet="facturation",
    )


@bp.get("/journal-du-mois")
@agent(Action.FACTURER)
def journal_du_mois() -> Response:
    """The monthly statement: totals by means and by day; the lines themselves are in the export."""
    verifier_toute_la_ville()
    regie, mois = regie_choisie(premiere_regie()), mois_choisi() or aujourdhui().replace(day=1)
    fin = fin_du_mois(mois)
    totaux = totaux_par_jour(lecture(), regie, mois, fin)
    nombre, centimes = saisis_apres_coup(lecture(), regie, mois, fin)
    return render(
        "agent/reglements/mois.html",
        regies=choix_de_regies(),
        regie=regie,
        nom_regie=nom_regie(regies(), regie),
        choix_mois=choix_de_mois(),
        mois=mois,
        fin=fin,
        totaux=totaux_du_mois(totaux),
        jours=tableau_du_mois(totaux),
        apres_coup=nombre,
        apres_coup_centimes=centimes,
        onglet="facturation",
    )


@bp.get("/restes")
@agent(Action.FACTURER)
def restes() -> Response:
    """What was left to recover on a date, by what was paid since: a month is closed some days after its end."""
    verifier_toute_la_ville()
    regie, jour = regie_choisie(premiere_regie()), _jour(request.args.get("au", ""), aujourdhui())
    lus = lister_restes(
        lecture(), perimetre(), regie, jour, request.args.get("apres", type=numero_de_ligne), TAILLE_PAGE + 1
    )
    page, suite = lus[:TAILLE_PAGE], ""
    if len(lus) > TAILLE_PAGE:
        suite = url_for(".restes", regie=regie, au=jour.isoformat(), apres=page[-1].facture.id)
    return render(
        "agent/reglements/restes.html",
        regies=choix_de_regies(),
        regie=regie,
        nom_regie=nom_regie(regies(), regie),
        jour=jour,
        total=totaliser_restes(lecture(), replace(perimetre(), proches=None), regie, jour),
        lignes=tableau_des_restes(page),
        suite=suite,
        onglet="facturation",
    )


@bp.get("/impayes")
@agent(Action.FACTURER)
def impayes() -> Response:
    verifier_toute_la_ville()
    fait = request.args.get("fait", type=numero_de_ligne)
    avis = Avis("succes", "C’est transmis au comptable.") if fait else None
    return _page_impayes(lecture(), avis)


@bp.post("/impayes")
@agent(Action.FACTURER)
def transmettre() -> Response:
    """The invoices ticked, together or not at all."""
    verifier_toute_la_ville()
    session = ecriture()
    ids = _choisies()
    for foyer_id in {f.foyer_id for f in (session.get(Facture, id_) for id_ in ids) if f is not None}:
        if not est_dans_le_perimetre(session, perimetre_des_factures(), foyer_id):
            introuvable(foyer_id)
    try:
        if not ids:
            raise RegleViolee("rien_de_coche", "Cochez au moins une facture.")
        if request.form.get("confirme") != "oui":
            raise RegleViolee("a_confirmer", "Cochez «\u00a0Je confirme\u00a0», puis recommencez.")
        nombre = reglements.transmettre(session, ids, auteur(), maintenant())
    except RegleViolee as refus:
        session.rollback()
        return _page_impayes(lecture(), Avis("erreur", "Rien n’a changé.", refus.message), ids, statut=409)
    return redirect_to(".impayes", regie=regie_choisie(), fait=nombre)


@bp.get("/papier")
@agent(Action.FACTURER)
def papier() -> Response:
    """What is still to print: families that have not chosen the invoice online."""
    verifier_toute_la_ville()
    regie, mois = regie_choisie(premiere_regie()), mois_choisi() or _mois_dernier()
    lus = lister_papiers(lecture(), perimetre(), regie, mois, request.args.get("apres", type=numero_de_ligne))
    page = lus[:TAILLE_PAGE]
    suite = ""
    if len(lus) > TAILLE_PAGE:
        suite = url_for(".papier", regie=regie, mois=f"{mois:%Y-%m}", apres=page[-1].facture.id)
    return render(
        "agent/reglements/papier.html",
        avis=_UN_PAR_UN if request.args.get("fait") == "un-par-un" else None,
        regies=choix_de_regies(),
        regie=regie,
        choix_mois=choix_de_mois(),
        mois=f"{mois:%Y-%m}",
        lignes=page,
        apres=request.args.get("apres", type=numero_de_ligne),
        nombre=compter_papiers(lecture(), perimetre(), regie, mois),
        suite=suite,
        onglet="facturation",
    )


@bp.get("/papier.zip")
@agent(Action.FACTURER)
def papier_a_imprimer() -> Response:
    """The page of the list that is on the screen, a PDF each, in the order of their numbers."""
    factures, nom = _papiers_de_la_page()
    return zip_des_factures(lecture(), factures, f"{nom}.zip")


@bp.get("/papier.pdf")
@agent(Action.FACTURER)
def papier_d_un_seul_tenant() -> Response:
    """The same ones in one file, to print on both sides and to fold."""
    factures, nom = _papiers_de_la_page()
    try:
        return pdf_des_factures(lecture(), factures, f"{nom}.pdf")
    except LiasseImpossible as impossible:
        current_app.logger.error("the papers of %s cannot be put in one file: %s", nom, impossible)
        choix = {cle: request.args.get(cle) for cle in ("regie", "mois", "apres")}
        return redirect_to(".papier", **choix, fait="un-par-un")


@bp.get("/cartes")
@agent(Action.FACTURER)
def cartes() -> Response:
    """Payments by card that are not over, or that PayFiP answered something unexpected about."""
    verifier_toute_la_ville()
    lus = essais_a_voir(lecture(), perimetre(), request.args.get("apres", type=numero_de_ligne))
    page = lus[:TAILLE_PAGE]
    return render(
        "agent/reglements/cartes.html",
        lignes=composer_essais_lus(page),
        suite=url_for(".cartes", apres=page[-1].essai.id) if len(lus) > TAILLE_PAGE else "",
        onglet="facturation",
    )


def _papiers_de_la_page() -> tuple[list[Facture], str]:
    """What is on the screen, and the name of its file. 404 when there is nothing."""
    verifier_toute_la_ville()
    regie, mois = regie_choisie(premiere_regie()), mois_choisi() or _mois_dernier()
    apres = request.args.get("apres", type=numero_de_ligne)
    lus = lister_papiers(lecture(), perimetre(), regie, mois, apres, avec_contenu=True)
    if not lus:
        abort(404)
    factures = [lu.facture for lu in lus[:TAILLE_PAGE]]
    # Before they leave, like a file that is read.
    noter_papiers(f"{factures[0].numero} à {factures[-1].numero}, {len(factures)} en tout")
    return factures, f"factures-{regie}-{mois:%Y-%m}"


def _page_impayes(session: Session, avis: Avis | None, choisies: tuple[int, ...] = (), statut: int = 200) -> Response:
    regie, ou = regie_choisie(), perimetre()
    lus = lire_impayes(session, ou, regie or None, aujourdhui(), apres=_apres(), limite=TAILLE_PAGE + 1)
    page = lus[:TAILLE_PAGE]
    filtre = FiltreFactures(regie=regie, groupe=EN_RETARD)
    suite = ""
    if len(lus) > TAILLE_PAGE:
        derniere = page[-1].facture
        suite = url_for(".impayes", regie=regie, apres=f"{derniere.echeance}_{derniere.id}")
    return render(
        "agent/reglements/impayes.html",
        statut=statut,
        regies=choix_de_regies(),
        regie=regie,
        lignes=composer_impayes(page, payeurs_de(session, {i.facture.foyer_id for i in page})),
        nombre=compter_factures(session, ou, filtre),
        total_centimes=reste_a_recevoir(session, ou, filtre),
        choisies=choisies,
        jour=aujourdhui(),
        suite=suite,
        avis=avis,
        onglet="facturation",
    )


def _sa_famille() -> Collection[int]:
    """Foyers of the agent's own family: not named to her."""
    proches = perimetre().proches
    return proches.foyers if proches is not None else ()


def _choisies() -> tuple[int, ...]:
    try:
        return tuple(sorted({numero_de_ligne(valeur) for valeur in request.form.getlist("facture")}))
    except ValueError:
        abort(400)


def _apres() -> tuple[date, int] | None:
    """Due date and id of the last one shown; the first page for whatever is none."""
    jour, _, id_ = request.args.get("apres", "").partition("_")
    try:
        return jour_plausible(jour), numero_de_ligne(id_)
    except ValueError:
        return None


def _jour(texte: str, defaut: date) -> date:
    try:
        return jour_plausible(texte)
    except ValueError:
        return defaut


def _mois_dernier() -> date:
    return (aujourdhui().replace(day=1) - _UN_JOUR).replace(day=1)
