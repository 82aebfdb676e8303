"""An invoice seen from the desk: its avoirs, its payments, what became of it."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from flask import Blueprint, Response, abort, request, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from portail_famille.domain.droits import Action
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.factures import EtatFacture, est_a_payer
from portail_famille.domain.regies import SEUIL_RECOUVREMENT
from portail_famille.forms.facturation import lire_avoir
from portail_famille.models.factures import Facture
from portail_famille.presentation.facturation import (
    GROUPES,
    composer_lignes_a_choisir,
    composer_rangees,
    infos_facture,
)
from portail_famille.presentation.factures import badge_de, grouper
from portail_famille.presentation.formats import euros
from portail_famille.presentation.reglements import composer_encaissements, composer_essais
from portail_famille.presentation.vues import Avis
from portail_famille.services import reglements, transmissions
from portail_famille.services.avoirs import creer_avoir as ecrire_avoir
from portail_famille.services.avoirs import reste_a_avoirer
from portail_famille.services.bureau_factures import (
    TAILLE_PAGE,
    FactureLue,
    FiltreFactures,
    compter_factures,
    lire_facture,
    lister_factures,
)
from portail_famille.services.emplois_factures import EmploiAvoir, ailleurs
from portail_famille.services.perimetres import est_dans_le_perimetre
from portail_famille.services.relances import jours_des_relances
from portail_famille.views.acces import agent
from portail_famille.views.agent.bureau import auteur, introuvable, noter_lecture, perimetre
from portail_famille.views.agent.regie import (
    adresse,
    aujourdhui,
    choix_de_mois,
    choix_de_regies,
    compte_ouvert,
    marque,
    mois_choisi,
    peut_ecrire,
    peut_facturer,
    regie_choisie,
    regies,
)
from portail_famille.views.papiers import pdf_de_la_facture
from portail_famille.views.web import (
    ecriture,
    jour_plausible,
    lecture,
    maintenant,
    numero_de_ligne,
    redirect_to,
    reglages,
    render,
)

bp = Blueprint("agent_factures", __name__, url_prefix="/agent/factures")

_FAITS = {
    "avoir": Avis("succes", "L’avoir est émis.", "La famille reçoit un mail."),
    "reprise": Avis("succes", "La facture est reprise au comptable.", "Elle se règle de nouveau ici."),
    "soldee": Avis("succes", "La facture est soldée.", "Rien n’entre dans le journal de la régie."),
    "prelevement": Avis("succes", "Le prélèvement est annoncé.", "La famille lit qu’elle n’a rien à faire."),
    "retire": Avis("succes", "Le prélèvement est retiré.", "La facture est de nouveau à régler."),
    "transmise": Avis("succes", "La facture est transmise au comptable.", "Elle ne se règle plus sur le portail."),
}
_CRITERES = ("q", "etat", "regie", "mois", "foyer")


@bp.get("")
@agent(Action.LIRE)
def liste() -> Response:
    filtre = FiltreFactures(
        request.args.get("q", "").strip()[:100],
        regie_choisie(),
        request.args.get("etat", "") if request.args.get("etat") in GROUPES else "",
        mois_choisi(),
        request.args.get("foyer", type=numero_de_ligne),
    )
    criteres = {cle: request.args[cle][:100] for cle in _CRITERES if request.args.get(cle)}
    listees = lister_factures(
        lecture(), perimetre(), filtre, request.args.get("apres", type=numero_de_ligne), TAILLE_PAGE
    )
    page, suite = listees[:TAILLE_PAGE], ""
    if len(listees) > TAILLE_PAGE:
        ou: dict[str, Any] = {**criteres, "apres": page[-1].facture.id}
        suite = url_for(".liste", **ou)
    return render(
        "agent/factures/liste.html",
        criteres=criteres,
        groupes=GROUPES,
        regies=choix_de_regies(),
        mois=choix_de_mois(),
        nombre=compter_factures(lecture(), perimetre(), filtre),
        lignes=composer_rangees(page, regies(), aujourdhui()),
        suite=suite,
        onglet="facturation",
    )


@bp.get("/<int:facture_id>")
@agent(Action.LIRE)
def facture(facture_id: int) -> Response:
    session = lecture()
    lue = _lire(session, facture_id)
    noter_lecture(lue.foyer.id)
    return _page(session, lue, _FAITS.get(request.args.get("fait", "")))


@bp.get("/<int:facture_id>.pdf")
@agent(Action.LIRE)
def pdf(facture_id: int) -> Response:
    facture = lecture().get(Facture, facture_id)
    if facture is None or facture.numero is None:
        abort(404)
    if not est_dans_le_perimetre(lecture(), perimetre(), facture.foyer_id):
        introuvable(facture.foyer_id)
    noter_lecture(facture.foyer_id)
    return pdf_de_la_facture(lecture(), facture)


@bp.get("/<int:facture_id>/avoir")
@agent(Action.FACTURER)
def avoir(facture_id: int) -> Response:
    """« portee »: what the button that led here meant."""
    facture = _a_corriger(lecture(), facture_id)
    noter_lecture(facture.foyer_id)
    return _page_avoir(lecture(), facture, MultiDict({"portee": request.args.get("portee", "lignes")}))


@bp.post("/<int:facture_id>/avoir")
@agent(Action.FACTURER)
def creer_avoir(facture_id: int) -> Response:
    """First shows what it would give back, by doing it and taking it back; done once confirmed on that very page."""
    session = ecriture()
    facture = _a_corriger(session, facture_id)
    reste = reste_a_avoirer(session, facture)
    saisi, erreurs = lire_avoir(request.form, [restante.ligne.id for restante in reste.lignes])
    if saisi is None:
        return _page_avoir(session, facture, request.form, erreurs=erreurs)
    attendue = marque((saisi, facture_id))
    est_confirme = request.form.get("confirme") == "oui" and request.form.get("vu") == attendue
    try:
        vus = request.form.get("avoirs", type=numero_de_ligne)
        cree = ecrire_avoir(
            session,
            reglages(),
            facture_id,
            saisi.lignes,
            saisi.montant_libre,
            saisi.motif,
            saisi.est_refacturable,
            auteur(),
            maintenant(),
            avoirs_vus=reste.avoirs if vus is None else vus,
        )
    except RegleViolee as refus:
        session.rollback()
        champ = {"ligne": "ligne", "lignes": "ligne"}.get(refus.champ or "", refus.champ or "")
        return _page_avoir(lecture(), _a_corriger(lecture(), facture_id), request.form, erreurs={champ: refus.message})
    if est_confirme:
        return redirect_to(".facture", facture_id=cree.id, fait="avoir")
    session.refresh(facture)
    session.refresh(cree)
    payees = ailleurs(session, facture_id, [cree.id]).get(cree.id, ())
    apercu = _dire_avoir(cree, facture, payees, saisi.est_refacturable)
    session.rollback()
    return _page_avoir(lecture(), _a_corriger(lecture(), facture_id), request.form, apercu=apercu, vu=attendue)


@bp.post("/<int:facture_id>/transmettre")
@agent(Action.FACTURER)
def transmettre(facture_id: int) -> Response:
    return _agir(
        facture_id,
        "transmise",
        lambda session, _: reglements.transmettre(session, [facture_id], auteur(), maintenant()),
    )


@bp.post("/<int:facture_id>/reprendre")
@agent(Action.FACTURER)
def reprendre(facture_id: int) -> Response:
    """Handed over by mistake."""
    return _agir(
        facture_id,
        "reprise",
        lambda session, motif: transmissions.reprendre(session, facture_id, motif, auteur(), maintenant()),
    )


@bp.post("/<int:facture_id>/solder")
@agent(Action.FACTURER)
def solder(facture_id: int) -> Response:
    """The Treasury recovered it, or gave it up."""
    return _agir(
        facture_id,
        "soldee",
        lambda session, motif: transmissions.solder(session, facture_id, motif, auteur(), maintenant()),
    )


def _agir(facture_id: int, fait: str, acte: Callable[[Session, str], object]) -> Response:
    """Confirmed, then done; else the page says why nothing was. `acte` is given the reason written."""
    session = ecriture()
    foyer_id = _a_corriger(session, facture_id).foyer_id
    try:
        if request.form.get("confirme") != "oui":
            raise RegleViolee("a_confirmer", "Cochez «\u00a0Je confirme\u00a0», puis recommencez.")
        acte(session, request.form.get("motif", "").strip()[:200])
    except RegleViolee as refus:
        session.rollback()
        lue = lire_facture(lecture(), perimetre(), facture_id) or introuvable(foyer_id)
        return _page(lecture(), lue, Avis("erreur", "Rien n’a changé.", refus.message), statut=409)
    return redirect_to(".facture", facture_id=facture_id, fait=fait)


@bp.post("/<int:facture_id>/prelevement")
@agent(Action.FACTURER)
def prelever(facture_id: int) -> Response:
    """Announces the day of a debit; without a day, calls it off."""
    session = ecriture()
    foyer_id = _a_corriger(session, facture_id).foyer_id
    est_retire = request.form.get("geste") == "retirer"
    try:
        if est_retire and request.form.get("confirme") != "oui":
            raise RegleViolee("a_confirmer", "Cochez «\u00a0Je confirme\u00a0», puis recommencez.")
        le = None if est_retire else _jour_de_prelevement()
        reglements.annoncer_prelevement(session, [facture_id], le, auteur(), maintenant())
    except RegleViolee as refus:
        session.rollback()
        lue = lire_facture(lecture(), perimetre(), facture_id) or introuvable(foyer_id)
        return _page(lecture(), lue, Avis("erreur", "Rien n’a changé.", refus.message), statut=409)
    return redirect_to(".facture", facture_id=facture_id, fait="retire" if est_retire else "prelevement")


def _jour_de_prelevement() -> date:
    try:
        return jour_plausible(request.form.get("le", ""))
    except ValueError:
        raise RegleViolee("date", "Écrivez le jour du prélèvement, par exemple 15/12/2026.", "le") from None


def _lire(session: Session, facture_id: int) -> FactureLue:
    """404 for what is in no foyer of hers; a draft is for who issues it."""
    lue = lire_facture(session, perimetre(), facture_id)
    if lue is None:
        facture = session.get(Facture, facture_id)
        introuvable(facture.foyer_id if facture is not None else None)
    if lue.vue.facture.numero is None and not peut_facturer():
        abort(404)
    return lue


def _a_corriger(session: Session, facture_id: int) -> Facture:
    """An issued invoice of a foyer where she bills."""
    facture = session.get(Facture, facture_id)
    if facture is None or facture.numero is None or facture.genre != "facture":
        abort(404)
    compte_ouvert(session, facture.foyer_id)
    return facture


def _page(session: Session, lue: FactureLue, avis: Avis | None, statut: int = 200) -> Response:
    vue, facture = lue.vue, lue.vue.facture
    badge, genre = badge_de(vue.etat, facture.echeance, aujourdhui())
    if facture.numero is None:
        badge, genre = ("avoir proposé", "attente") if facture.genre == "avoir" else ("brouillon", "prime")
    est_avoir, ecrit = facture.genre == "avoir", peut_ecrire(session, lue.foyer.id)
    est_a_elle = ecrit and facture.numero is not None and not est_avoir
    en_retard = facture.echeance is not None and facture.echeance < aujourdhui()
    est_transmise = vue.etat is EtatFacture.TRANSMISE
    est_a_recouvrer = vue.etat is not None and est_a_payer(vue.etat)
    retour, texte = url_for(".liste"), "Factures"
    if facture.numero is None and facture.facturation_id is not None:
        retour = url_for("agent_facturation.brouillons", facturation_id=facture.facturation_id, genre=facture.genre)
        texte = "Brouillons"
    return render(
        "agent/factures/facture.html",
        statut=statut,
        titre=_titre(facture),
        facture=facture,
        foyer=lue.foyer,
        est_avoir=est_avoir,
        badge_texte=badge,
        badge_genre=genre,
        infos=infos_facture(facture, vue.payeur, regies(), jours_des_relances(session, facture.id), aujourdhui()),
        corrigee=vue.origine,
        avoirs=vue.avoirs,
        encaissements=composer_encaissements(vue.emplois, est_avoir, adresse),
        essais=composer_essais(vue.essais),
        groupes=grouper(vue.lignes, facture.contenu, facture.mois, vue.enfants),
        peut_encaisser=est_a_elle and bool(facture.reste_centimes) and not est_transmise,
        est_transmise=est_a_elle and est_transmise,
        est_petite=facture.reste_centimes < SEUIL_RECOUVREMENT,
        peut_corriger=est_a_elle and facture.origine == "portail" and vue.etat is not EtatFacture.ANNULEE,
        peut_transmettre=est_a_elle and est_a_recouvrer and en_retard,
        peut_prelever=est_a_elle and (est_a_recouvrer or vue.etat is EtatFacture.PRELEVEMENT),
        aujourdhui=aujourdhui().isoformat(),
        avis=avis,
        retour_href=retour,
        retour_texte=texte,
        onglet="facturation",
    )


def _titre(facture: Facture) -> str:
    nom = "Avoir" if facture.genre == "avoir" else "Facture"
    return f"{nom} {facture.numero}" if facture.numero else f"{nom}, brouillon"


def _page_avoir(
    session: Session,
    facture: Facture,
    saisie: MultiDict[str, str],
    *,
    erreurs: dict[str, str] | None = None,
    apercu: tuple[str, ...] = (),
    vu: str = "",
) -> Response:
    reste = reste_a_avoirer(session, facture)
    return render(
        "agent/factures/avoir.html",
        statut=422 if erreurs else 200,
        facture=facture,
        lignes=composer_lignes_a_choisir(reste.lignes, facture.contenu),
        reste_centimes=reste.total_centimes,
        avoirs=reste.avoirs,
        saisie=saisie,
        erreurs=erreurs or {},
        apercu=apercu,
        vu=vu,
        onglet="facturation",
    )


def _dire_avoir(
    avoir: Facture, facture: Facture, payees: Sequence[EmploiAvoir], est_refacturable: bool
) -> tuple[str, ...]:
    """What the avoir does: told before it is issued."""
    phrases = [f"Un avoir de {euros(-avoir.total_centimes)} est émis, la famille reçoit un mail."]
    if facture.reste_centimes:
        phrases.append(f"Il reste {euros(facture.reste_centimes)} à régler sur la facture {facture.numero}.")
    else:
        phrases.append(f"Il ne reste rien à régler sur la facture {facture.numero}.")
    phrases += [
        f"Ce qui était déjà payé sert ailleurs\u00a0: {euros(emploi.centimes)} sur la facture {emploi.numero}."
        for emploi in payees
        if emploi.facture_id
    ]
    if avoir.reste_centimes:
        phrases.append(f"La famille a {euros(avoir.reste_centimes)} d’avance, pour ses prochaines factures.")
    if facture.transmise_le is not None:
        phrases.append("Cette facture est chez le comptable public\u00a0: envoyez-lui cet avoir, il n’en sait rien.")
    if est_refacturable:
        phrases.append("Ces jours pourront être facturés de nouveau.")
    return tuple(phrases)
