"""Money that comes in, seen from the desk: accounts, entries by hand, what they pay, how they are undone."""

from datetime import date, timedelta

from flask import Blueprint, Response, abort, request
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from portail_famille.domain.droits import Action
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.moyens import ESSAI, SANS_RECU
from portail_famille.forms.reglements import lire_centimes, lire_jour, lire_reglement, moyens_a_la_main
from portail_famille.models.factures import Facture
from portail_famille.models.foyers import Foyer
from portail_famille.models.paiements import Reglement
from portail_famille.presentation.facturation import composer_rangees, titre_de
from portail_famille.presentation.reglements import (
    composer_mouvements,
    composer_soldes,
    dire_repartition,
    infos_reglement,
    titre_reglement,
)
from portail_famille.presentation.vues import Avis
from portail_famille.services import reglements
from portail_famille.services.annonces_reglements import annuler_et_prevenir
from portail_famille.services.bureau_comptes import (
    emplois_du_reglement,
    lire_autour,
    payees_par_l_envoi,
    soldes_par_regie,
)
from portail_famille.services.bureau_factures import (
    A_REGLER,
    FactureListee,
    FiltreFactures,
    lister_factures,
    trouver_par_numero,
)
from portail_famille.services.recherches import chercher_foyers
from portail_famille.services.soldes import mouvements
from portail_famille.views.acces import agent
from portail_famille.views.agent.bureau import auteur, noter_lecture, perimetre
from portail_famille.views.agent.regie import (
    adresse,
    aujourdhui,
    cle_envoi,
    compte_lisible,
    compte_ouvert,
    marque,
    nouvelle_cle,
    perimetre_des_factures,
    peut_ecrire,
    regies,
    regies_avec,
    saisie_refusee,
)
from portail_famille.views.papiers import pdf_du_recu
from portail_famille.views.web import (
    ecriture,
    est_partielle,
    jour_plausible,
    lecture,
    maintenant,
    numero_de_ligne,
    redirect_to,
    reglages,
    render,
)

bp = Blueprint("agent_reglements", __name__, url_prefix="/agent/reglements")

_FAITS = {
    "encaisse": Avis("succes", "C’est encaissé.", "La famille en voit le reçu dans son espace."),
    "annule": Avis("succes", "Le règlement est annulé.", "Les factures qu’il payait sont de nouveau à régler."),
    "rembourse": Avis("succes", "Le remboursement est noté."),
}
_UN_AN = timedelta(days=365)
_DERNIERES = 3
_A_PAYER_AU_PLUS = 60


@bp.get("")
@agent(Action.FACTURER)
def accueil() -> Response:
    """A number of invoice leads straight to the entry of its payment."""
    recherche = request.args.get("q", "").strip()[:100]
    ou = perimetre_des_factures()
    if recherche:
        facture = trouver_par_numero(lecture(), ou, recherche)
        if facture is not None and (
            facture.genre == "avoir" or not facture.reste_centimes or facture.transmise_le is not None
        ):
            return redirect_to("agent_factures.facture", facture_id=facture.id)
        if facture is not None:
            return redirect_to(".saisir", foyer_id=facture.foyer_id, facture=facture.id)
    trouves, nombre = chercher_foyers(lecture(), ou, recherche) if recherche else ([], 0)
    return render(
        "agent/reglements/accueil.html",
        recherche=recherche,
        trouves=trouves,
        nombre=nombre,
        onglet="facturation",
    )


@bp.get("/foyers/<int:foyer_id>")
@agent(Action.LIRE)
def compte(foyer_id: int) -> Response:
    """The family's file fetches the short form of it."""
    compte_lisible(lecture(), foyer_id)
    noter_lecture(foyer_id)
    return _page_compte(lecture(), foyer_id, avis=_FAITS.get(request.args.get("fait", "")))


@bp.get("/foyers/<int:foyer_id>/saisir")
@agent(Action.FACTURER)
def saisir(foyer_id: int) -> Response:
    """« facture »: the invoice that the agent came from, ticked, its amount and régie filled in."""
    compte_ouvert(lecture(), foyer_id)
    noter_lecture(foyer_id)
    saisie: MultiDict[str, str] = MultiDict({"recu_le": aujourdhui().isoformat(), "cle_envoi": nouvelle_cle()})
    voulue = request.args.get("facture", type=numero_de_ligne)
    choisie = next((f for f in _a_payer(lecture(), foyer_id) if f.facture.id == voulue), None)
    if choisie is not None:
        saisie["facture"] = str(choisie.facture.id)
        saisie["regie"] = choisie.facture.regie
        saisie["montant"] = _en_champ(choisie.facture.reste_centimes)
    elif len(regies()) == 1:
        saisie["regie"] = next(iter(regies()))
    return _page_saisie(lecture(), foyer_id, saisie)


@bp.post("/foyers/<int:foyer_id>/saisir")
@agent(Action.FACTURER)
def encaisser(foyer_id: int) -> Response:
    """First shows what it would pay, by doing it and taking it back; written once confirmed on that very page."""
    session = ecriture()
    compte_ouvert(session, foyer_id)
    cle = cle_envoi()
    # What this very form has paid already is still its own: pressed twice, it says the same thing.
    siennes = [*(f.facture for f in _a_payer(session, foyer_id)), *payees_par_l_envoi(session, foyer_id, cle)]
    a_payer = {facture.id: facture.regie for facture in sorted(siennes, key=_par_echeance)}
    saisi, erreurs = lire_reglement(request.form, regies_avec(a_payer.values()), a_payer, aujourdhui())
    if saisi is not None and any(a_payer[id_] != saisi.regie for id_ in saisi.factures):
        saisi, erreurs = None, {"facture": "Ces factures ne sont pas de la régie qui encaisse."}
    if saisi is None:
        return _page_saisie(session, foyer_id, request.form, erreurs=erreurs)
    try:
        ecrit = reglements.encaisser(
            session,
            foyer_id=foyer_id,
            regie=saisi.regie,
            moyen=saisi.moyen,
            montant_centimes=saisi.montant_centimes,
            recu_le=saisi.recu_le,
            auteur=auteur(),
            maintenant=maintenant(),
            factures=saisi.factures,
            reference=saisi.reference,
            note=saisi.note,
            cesu_employeur_centimes=saisi.cesu_employeur_centimes,
            cle_envoi=cle,
        )
    except RegleViolee as refus:
        session.rollback()
        saisie, statut = saisie_refusee(refus)
        erreurs = {refus.champ or "": refus.message}
        return _page_saisie(lecture(), foyer_id, saisie, erreurs=erreurs, statut=statut)
    if ecrit.foyer_id != foyer_id:
        abort(400)
    attendue = marque(saisi)
    if request.form.get("confirme") == "oui" and request.form.get("vu") == attendue:
        return redirect_to(".reglement", reglement_id=ecrit.id, fait="encaisse")
    apercu = dire_repartition([e[1:] for e in emplois_du_reglement(session, ecrit.id)], ecrit.reste_centimes)
    session.rollback()
    return _page_saisie(
        lecture(), foyer_id, request.form, apercu=apercu, vu=attendue, montant_centimes=saisi.montant_centimes
    )


@bp.post("/foyers/<int:foyer_id>/rembourser")
@agent(Action.FACTURER)
def rembourser(foyer_id: int) -> Response:
    """A refund that was made is noted."""
    session = ecriture()
    compte_ouvert(session, foyer_id)
    cle = cle_envoi()
    erreurs: dict[str, str] = {}
    montant = lire_centimes(request.form, "montant", erreurs)
    rendu_le = lire_jour(request.form.get("recu_le", ""), aujourdhui(), erreurs)
    if request.form.get("confirme") != "oui":
        erreurs["confirme"] = "Cochez «\u00a0Je confirme\u00a0», puis recommencez."
    if erreurs or rendu_le is None:
        return _page_compte(
            session, foyer_id, avis=_rien(*erreurs.values()), saisie=request.form, erreurs=erreurs, statut=422
        )
    try:
        rendu = reglements.rembourser(
            session,
            foyer_id=foyer_id,
            regie=request.form.get("regie", "")[:30],
            montant_centimes=montant,
            rendu_le=rendu_le,
            auteur=auteur(),
            maintenant=maintenant(),
            reference=request.form.get("reference", "").strip()[:60],
            cle_envoi=cle,
        )
    except RegleViolee as refus:
        session.rollback()
        saisie, statut = saisie_refusee(refus)
        return _page_compte(
            lecture(),
            foyer_id,
            avis=_rien(refus.message),
            saisie=saisie,
            erreurs={refus.champ or "": refus.message},
            statut=statut,
        )
    if rendu.foyer_id != foyer_id:
        abort(400)
    return redirect_to(".compte", foyer_id=foyer_id, fait="rembourse")


@bp.get("/<int:reglement_id>")
@agent(Action.LIRE)
def reglement(reglement_id: int) -> Response:
    lu = _lire(lecture(), reglement_id)
    noter_lecture(lu.foyer_id)
    return _page_reglement(lecture(), lu, _FAITS.get(request.args.get("fait", "")))


@bp.get("/<int:reglement_id>.pdf")
@agent(Action.LIRE)
def recu(reglement_id: int) -> Response:
    lu = _lire(lecture(), reglement_id)
    if lu.annule_de is not None or lu.moyen in SANS_RECU:
        abort(404)
    noter_lecture(lu.foyer_id)
    return pdf_du_recu(lecture(), lu)


@bp.post("/<int:reglement_id>/annuler")
@agent(Action.FACTURER)
def annuler(reglement_id: int) -> Response:
    session = ecriture()
    lu = _lire(session, reglement_id)
    compte_ouvert(session, lu.foyer_id)
    try:
        if request.form.get("confirme") != "oui":
            raise RegleViolee("a_confirmer", "Cochez «\u00a0Je confirme\u00a0», puis recommencez.")
        motif = request.form.get("motif", "").strip()[:200]
        annuler_et_prevenir(session, reglages(), reglement_id, motif, auteur(), maintenant())
    except RegleViolee as refus:
        session.rollback()
        avis = Avis("erreur", "Rien n’a changé.", refus.message)
        return _page_reglement(lecture(), _lire(lecture(), reglement_id), avis, statut=409)
    return redirect_to(".reglement", reglement_id=reglement_id, fait="annule")


def _lire(session: Session, reglement_id: int) -> Reglement:
    lu = session.get(Reglement, reglement_id) or abort(404)
    compte_lisible(session, lu.foyer_id)
    return lu


def _a_payer(session: Session, foyer_id: int) -> list[FactureListee]:
    """What this foyer has to pay, the oldest first."""
    filtre = FiltreFactures(groupe=A_REGLER, foyer_id=foyer_id)
    listees = lister_factures(session, perimetre(), filtre, None, _A_PAYER_AU_PLUS)
    return sorted(listees, key=lambda listee: _par_echeance(listee.facture))


def _par_echeance(facture: Facture) -> tuple[date, int]:
    return facture.echeance or aujourdhui(), facture.id


def _rien(*raisons: str) -> Avis:
    return Avis("erreur", "Rien n’est noté.", " ".join(raisons))


def _page_saisie(
    session: Session,
    foyer_id: int,
    saisie: MultiDict[str, str],
    *,
    erreurs: dict[str, str] | None = None,
    statut: int = 422,
    apercu: tuple[str, ...] = (),
    vu: str = "",
    montant_centimes: int = 0,
) -> Response:
    """`statut`: with `erreurs`."""
    a_payer = _a_payer(session, foyer_id)
    possibles = regies_avec(f.facture.regie for f in a_payer)
    return render(
        "agent/reglements/saisir.html",
        statut=statut if erreurs else 200,
        foyer_id=foyer_id,
        nom=session.get_one(Foyer, foyer_id).nom,
        saisie=saisie,
        cle_envoi=saisie["cle_envoi"],
        moyens=moyens_a_la_main(possibles.values()),
        regies=[(code, regie.nom) for code, regie in possibles.items()],
        factures=[(f.facture, titre_de(possibles, f.facture.regie, f.facture.mois)) for f in a_payer],
        aujourdhui=aujourdhui().isoformat(),
        erreurs=erreurs or {},
        apercu=apercu,
        vu=vu,
        montant_centimes=montant_centimes,
        onglet="facturation",
    )


def _page_compte(
    session: Session,
    foyer_id: int,
    *,
    avis: Avis | None = None,
    saisie: MultiDict[str, str] | None = None,
    erreurs: dict[str, str] | None = None,
    statut: int = 200,
) -> Response:
    du, au = _jour("du", aujourdhui() - _UN_AN), _jour("au", aujourdhui())
    dernieres: list[FactureListee] = []
    if est_partielle():
        dernieres = lister_factures(session, perimetre(), FiltreFactures(foyer_id=foyer_id), None, _DERNIERES)
    return render(
        "agent/reglements/compte.html",
        "agent/reglements/_compte.html",
        statut=statut,
        foyer_id=foyer_id,
        nom=session.get_one(Foyer, foyer_id).nom,
        soldes=composer_soldes(soldes_par_regie(session, foyer_id), regies()),
        dernieres=composer_rangees(dernieres[:_DERNIERES], regies(), aujourdhui()),
        mouvements=()
        if est_partielle()
        else composer_mouvements(mouvements(session, foyer_id, du, au), regies(), adresse),
        peut_encaisser=peut_ecrire(session, foyer_id),
        du=du.isoformat(),
        au=au.isoformat(),
        aujourdhui=aujourdhui().isoformat(),
        saisie=saisie or MultiDict(),
        erreurs=erreurs or {},
        cle_envoi=saisie["cle_envoi"] if saisie is not None else nouvelle_cle(),
        avis=avis,
        onglet="facturation",
    )


def _page_reglement(session: Session, lu: Reglement, avis: Avis | None, statut: int = 200) -> Response:
    autour = lire_autour(session, lu)
    return render(
        "agent/reglements/reglement.html",
        statut=statut,
        r=lu,
        titre=titre_reglement(lu),
        infos=infos_reglement(lu, autour.famille, autour.agent, regies()),
        factures=[
            {"numero": numero, "centimes": centimes, "href": adresse("facture", facture_id)}
            for facture_id, numero, centimes, _ in emplois_du_reglement(session, lu.id)
        ],
        annulation=autour.annulation,
        origine=autour.origine,
        recu_permis=lu.annule_de is None and lu.moyen not in SANS_RECU,
        peut_annuler=lu.annule_de is None
        # As services/reglements: what PayFiP had ordered may bounce, a trial is undone, a card's payment is not.
        and (lu.paiement_id is None or lu.moyen in ("prelevement", ESSAI))
        and autour.annulation is None
        and peut_ecrire(session, lu.foyer_id),
        avis=avis,
        onglet="facturation",
    )


def _jour(cle: str, defaut: date) -> date:
    try:
        return jour_plausible(request.args.get(cle, ""))
    except ValueError:
        return defaut


def _en_champ(centimes: int) -> str:
    return f"{centimes / 100:.2f}".replace(".", ",")
