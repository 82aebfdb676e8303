"""« Mon tableau de bord »: last requests, next deadlines, documents about to expire, QF, coordonnées (second guide).

A room that has something to say here adds a function to `_SECTIONS`.
"""

from collections.abc import Callable

from flask import Blueprint, Response, url_for

from portail_famille.domain.fiches import Cible, regimes_de
from portail_famille.presentation import tableau_de_bord as mots
from portail_famille.presentation.demarches import composer_historique
from portail_famille.presentation.espace import composer_espace
from portail_famille.presentation.factures import section_factures
from portail_famille.presentation.tableau_de_bord import Hrefs, Section
from portail_famille.presentation.vues import Lien
from portail_famille.services.documents import regles_de
from portail_famille.services.dossiers import Dossier, jour_de
from portail_famille.services.editions import foyer_en_lecture
from portail_famille.services.historique import Curseur, DemarcheListee, Filtre, en_suspens, lister
from portail_famille.services.mes_factures import a_payer
from portail_famille.services.porte_documents import lister as lister_documents
from portail_famille.services.quotients import declaration_ouverte
from portail_famille.services.verifications_dossier import lire_foyer_complet
from portail_famille.views.acces import parent, qui
from portail_famille.views.foyer import dossier, hrefs_agenda
from portail_famille.views.web import lecture, reglages, render

bp = Blueprint("tableau_de_bord", __name__, url_prefix="/tableau-de-bord")

_DERNIERES = 5


@bp.get("")
@parent
def tableau() -> Response:
    lu = dossier(lecture())
    sections = [section for faire in _SECTIONS if (section := faire(lu)) is not None]
    return render("tableau_de_bord/page.html", sections=sections, onglet="accueil")


def _echeances(lu: Dossier) -> Section:
    suspens = en_suspens(lecture(), qui(), jour_de(lu.maintenant))
    adresses = {d.numero: url_for("demarches.demarche", numero=d.numero) for d in suspens}
    liens = {"recapitulatif": url_for("reservations.recapitulatif")}
    return mots.section_echeances(lu, suspens, reglages().demarches, Hrefs(hrefs_agenda(lu), adresses, liens))


def _factures(lu: Dossier) -> Section:
    aujourdhui = jour_de(lu.maintenant)
    dues = a_payer(lecture(), lu.foyer_id, aujourdhui)
    hrefs = {facture.id: url_for("factures.facture", facture_id=facture.id) for facture in dues}
    return section_factures(dues, aujourdhui, hrefs, Lien("Mes factures", url_for("factures.liste")))


def _demandes(lu: Dossier) -> Section:
    page = lister(lecture(), qui(), jour_de(lu.maintenant), Filtre(), Curseur(), _DERNIERES)
    lignes = composer_historique(page.entrees, reglages().demarches, lu)
    adresses = [
        url_for("demarches.demarche", numero=entree.numero)
        if isinstance(entree, DemarcheListee)
        else url_for("reservations.recu", numero=entree.recu.numero)
        for entree in page.entrees
    ]
    return mots.section_demarches(lignes, adresses, Lien("Toutes mes démarches", url_for("demarches.liste")))


def _documents(lu: Dossier) -> Section | None:
    aujourdhui = jour_de(lu.maintenant)
    pieces = lister_documents(lecture(), qui(), aujourdhui)
    adresses = {p.id: url_for("pieces.piece", piece_id=p.id) for p in pieces}
    suite = Lien("Mon porte-documents", url_for("porte_documents.liste"))
    return mots.section_documents(pieces, adresses, regles_de(reglages()), aujourdhui, suite)


def _quotient(lu: Dossier) -> Section:
    ouverte = declaration_ouverte(lecture(), lu.foyer_id)
    declaration = (ouverte.numero, url_for("demarches.demarche", numero=ouverte.numero)) if ouverte else None
    return mots.section_quotient(lu, url_for("quotients.quotient"), declaration)


def _coordonnees(lu: Dossier) -> Section:
    en_lecture = foyer_en_lecture(lu)
    regimes, du_foyer = (
        regimes_de(cible, reglages().champs, est_lecture=en_lecture) for cible in (Cible.PERSONNE, Cible.FOYER)
    )
    espace = composer_espace(lire_foyer_complet(lecture(), lu.foyer_id), qui().personne_id, regimes, du_foyer)
    return mots.section_coordonnees(espace, "" if en_lecture else url_for("espace.modifier_profil"))


_SECTIONS: tuple[Callable[[Dossier], Section | None], ...] = (
    _echeances,
    _factures,
    _demandes,
    _documents,
    _quotient,
    _coordonnees,
)
"""In the order of the page."""
