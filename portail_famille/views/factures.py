"""« Mes factures »: the list, an invoice, why it costs what it costs, « Adhésion à la facture en ligne »."""

from typing import Any

from flask import Blueprint, Response, abort, flash, get_flashed_messages, request, url_for

from portail_famille.domain.moyens import MOYENS
from portail_famille.presentation.argent_factures import composer_argent, dire_avances, dire_le_papier
from portail_famille.presentation.factures import (
    GROUPES,
    badge_de,
    composer_rangee,
    composer_reglage,
    dire_echeance,
    est_en_retard,
    grouper,
    liens_des_regies,
    nom_regie,
    phrase_a_regler,
)
from portail_famille.presentation.formats import mois_annee
from portail_famille.presentation.vues import AutreFoyer, Avis
from portail_famille.services import adhesions, factures, mes_factures
from portail_famille.services.dossiers import jour_de
from portail_famille.services.emplois_factures import avances
from portail_famille.services.factures import FactureVue
from portail_famille.services.mes_factures import Curseur, Filtre
from portail_famille.services.paiements import bloque_encore
from portail_famille.views.acces import parent, qui
from portail_famille.views.fiche_enfant import auteur
from portail_famille.views.formulaire_en_cours import verifier_foyer
from portail_famille.views.foyer import DansUnAutreFoyer, mes_foyers
from portail_famille.views.web import ecriture, lecture, maintenant, numero_de_ligne, redirect_to, reglages, render

bp = Blueprint("factures", __name__, url_prefix="/factures")

_FAIT = "adhesion"
_CRITERES = ("etat", "regie", "annee")
_RECLAMATION = "reclamation"


@bp.get("")
@parent
def liste() -> Response:
    """Filters are a plain GET form. Eight queries at most, however many years."""
    session, foyer_id, jour, regies = lecture(), qui().foyer_id, jour_de(maintenant()), reglages().regies
    dues = mes_factures.a_regler_par_regie(session, foyer_id, jour)
    nombre, centimes = (sum(valeurs) for valeurs in zip((0, 0), *dues.values(), strict=True))
    codes, annees = mes_factures.presents(session, foyer_id)
    filtre = _lire_filtre(codes)
    apres = Curseur.lire(request.args.get("apres", ""))
    # What waits comes first, the nearest day first, whatever is asked but a state; then the rest, latest first.
    en_tete = mes_factures.a_payer(session, foyer_id, jour, filtre) if apres == Curseur() and not filtre.groupe else ()
    page = mes_factures.lister(session, qui(), jour, filtre, apres, sans_dues=not filtre.groupe)
    criteres: dict[str, Any] = {cle: v for cle, v in request.args.items() if cle in _CRITERES and v}
    return render(
        "factures/liste.html",
        "factures/_resultats.html",
        rangees=[composer_rangee(facture, jour) for facture in (*en_tete, *page.factures)],
        suite=url_for(".liste", **criteres, apres=page.suite.ecrire()) if page.suite else "",
        est_suite=apres != Curseur(),
        filtre=filtre,
        est_filtree=filtre != Filtre(),
        a_des_factures=bool(codes),
        groupes=tuple(GROUPES.items()),
        regies=liens_des_regies(regies, codes),
        annees=(("", "Toutes"), *((annee, str(annee)) for annee in annees)),
        phrase=phrase_a_regler(nombre),
        voir=url_for(".liste", etat=mes_factures.A_REGLER),
        dues=[(code, nom_regie(regies, code), *valeurs) for code, valeurs in dues.items()] if len(codes) > 1 else [],
        nombre=nombre,
        centimes=centimes,
        avances=dire_avances(avances(session, foyer_id), regies),
        est_adherent=adhesions.est_adherent(session, foyer_id),
        **onglet(nombre),
    )


@bp.get("/<int:facture_id>")
@parent
def facture(facture_id: int) -> Response:
    session, jour = lecture(), jour_de(maintenant())
    vue = facture_ou_404(facture_id)
    une, regies = vue.facture, reglages().regies
    badge, genre = badge_de(vue.etat, une.echeance, jour)
    en_cours = next((essai for essai in vue.essais if bloque_encore(essai, maintenant())), None)
    nombre, _ = mes_factures.a_regler(session, qui().foyer_id, jour)
    return render(
        "factures/facture.html",
        vue=vue,
        facture=une,
        titre=mois_annee(une.mois),
        badge=badge,
        badge_genre=genre,
        est_avoir=vue.etat is None,
        aujourdhui=jour,
        est_en_retard=est_en_retard(vue, jour),
        echeance=dire_echeance(une.echeance, jour) if une.echeance else "",
        reglage=composer_reglage(vue, regies.get(une.regie), en_cours),
        groupes=grouper(vue.lignes, une.contenu, une.mois, vue.enfants),
        regie=nom_regie(regies, une.regie, une.contenu),
        moyens=MOYENS,
        argent=composer_argent(vue),
        telle_qu_emise=dire_le_papier(vue),
        peut_reclamer=reglages().demarches[_RECLAMATION].est_ouverte,
        **onglet(nombre),
    )


@bp.get("/adhesion")
@parent
def adhesion() -> Response:
    historique = adhesions.historique(lecture(), qui().foyer_id)
    nombre, _ = mes_factures.a_regler(lecture(), qui().foyer_id, jour_de(maintenant()))
    faits = get_flashed_messages(category_filter=[_FAIT])
    return render(
        "factures/adhesion.html",
        historique=historique,
        est_adherent=bool(historique) and historique[0].fin_utc is None,
        avis=Avis("succes", str(faits[0])) if faits else None,
        **onglet(nombre),
    )


@bp.post("/adhesion")
@parent
def choisir() -> Response:
    """Sent twice, or by both parents at once, is said and written once."""
    verifier_foyer()
    choix = request.form.get("choix", "")
    if choix == "adherer":
        if adhesions.adherer(ecriture(), qui(), auteur(), maintenant()):
            flash("Vos factures arrivent désormais en ligne, sans papier.", _FAIT)
    elif choix == "quitter":
        if adhesions.quitter(ecriture(), qui(), auteur(), maintenant()):
            flash("Vos prochaines factures vous seront envoyées sur papier.", _FAIT)
    else:
        abort(400)
    return redirect_to(".adhesion")


def facture_ou_404(facture_id: int) -> FactureVue:
    """What she may see of it. Another foyer's is 404; of another foyer of hers, with the way there."""
    session, acteur = lecture(), qui()
    vue = factures.trouver(session, acteur, jour_de(maintenant()), facture_id)
    if vue is None:
        if len(acteur.foyers) > 1:
            ailleurs = factures.foyer_de(session, acteur, facture_id)
            for foyer in mes_foyers():
                if foyer.id == ailleurs:
                    suite = url_for("factures.facture", facture_id=facture_id)
                    raise DansUnAutreFoyer(AutreFoyer(foyer, "Cette facture", suite))
        abort(404)
    return vue


def onglet(nombre: int) -> dict[str, Any]:
    """The tab of these pages, with its badge."""
    return {"onglet": "factures", "factures_dues": nombre}


def _lire_filtre(codes: tuple[str, ...]) -> Filtre:
    """Whatever means nothing filters nothing."""
    groupe, regie = request.args.get("etat", ""), request.args.get("regie", "")
    annee = request.args.get("annee", type=numero_de_ligne)
    return Filtre(
        groupe=groupe if groupe in GROUPES else "",
        regie=regie if regie in codes else "",
        annee=annee if annee is not None and 2000 <= annee <= 2199 else None,
    )
