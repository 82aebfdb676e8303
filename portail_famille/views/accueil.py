"""The town's home: the login form for who is not in, tiles for who is."""

from datetime import timedelta

from flask import Blueprint, Response, url_for
from flask_login import current_user

from portail_famille.presentation.absences import tuile_absences
from portail_famille.presentation.accueil import composer_accueil
from portail_famille.presentation.argent_factures import tuile_factures
from portail_famille.presentation.factures import tuile_a_regler
from portail_famille.presentation.quotients import tuile_declaration, tuile_quotient
from portail_famille.presentation.tableau_de_bord import tuile_documents, tuiles_a_completer, tuiles_fixes
from portail_famille.presentation.vues import Tuile
from portail_famille.services.documents import regles_de
from portail_famille.services.dossiers import Dossier, charger_reservations, jour_de
from portail_famille.services.emplois_factures import avances
from portail_famille.services.historique import en_suspens
from portail_famille.services.mes_factures import a_payer
from portail_famille.services.porte_documents import lister as lister_documents
from portail_famille.services.quotients import declaration_ouverte
from portail_famille.views.acces import acteur_ou_rien, porte_fermee, public, qui, session_ouverte
from portail_famille.views.foyer import dossier, hrefs_agenda
from portail_famille.views.web import lecture, redirect_to, reglages, render

bp = Blueprint("accueil", __name__)


@bp.get("/")
@public
def accueil() -> Response:
    if not current_user.is_authenticated:
        return render("accueil/public.html")
    if acteur_ou_rien() is None and session_ouverte().est_agent:
        return redirect_to("agent_accueil.accueil")
    fermee = porte_fermee()
    if fermee is not None:
        return fermee
    lu = dossier(lecture())
    demain = jour_de(lu.maintenant) + timedelta(days=1)
    charger_reservations(lecture(), lu, [(demain, demain)])
    liens = {
        "recapitulatif": url_for("reservations.recapitulatif"),
        "nouvelle": url_for("reservations.nouvelle"),
        "famille": url_for("famille.famille"),
        "recus": url_for("reservations.recus"),
        "espace": url_for("espace.espace"),
    }
    quotient = _quotient(lu)
    suspens = en_suspens(lecture(), qui(), jour_de(lu.maintenant))
    adresses = {d.numero: url_for("demarches.demarche", numero=d.numero) for d in suspens}
    factures = a_payer(lecture(), lu.foyer_id, jour_de(lu.maintenant))
    une = url_for("factures.facture", facture_id=factures[0].id) if factures else ""
    a_regler = tuile_a_regler(factures, jour_de(lu.maintenant), url_for("factures.liste", etat="a_regler"), une)
    dues = [*a_regler, *tuiles_a_completer(suspens, reglages().demarches, adresses), *([quotient] if quotient else [])]
    aujourdhui = jour_de(lu.maintenant)
    pieces = lister_documents(lecture(), qui(), aujourdhui)
    dues += tuile_documents(pieces, regles_de(reglages()), aujourdhui, url_for("porte_documents.liste"))
    # What is owed is above, for every adult; an advance is told to who answers for a child of the foyer.
    d_avance = avances(lecture(), lu.foyer_id) if lu.visibles else {}
    fonctions = [tuile_factures(d_avance, reglages().regies, url_for("factures.liste"))]
    fonctions += tuiles_fixes(suspens, url_for("demarches.liste"), url_for("tableau_de_bord.tableau"))
    fonctions += tuile_absences(lu, url_for("absences.absences"))
    compose = composer_accueil(lu, qui().prenom, hrefs_agenda(lu), liens, dues, fonctions)
    return render(
        "accueil/page.html", "accueil/_tuiles.html", accueil=compose, onglet="accueil", factures_dues=len(factures)
    )


def _quotient(lu: Dossier) -> Tuile | None:
    """What is due about the QF; nobody who has declared it is asked for it again."""
    tuile = tuile_quotient(lu, url_for("quotients.quotient"), reglages().quotient.rappel_jours)
    ouverte = declaration_ouverte(lecture(), lu.foyer_id) if tuile else None
    if ouverte is None:
        return tuile
    return tuile_declaration(ouverte, url_for("demarches.demarche", numero=ouverte.numero))
