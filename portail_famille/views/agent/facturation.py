"""The régie's runs: prepare, check, compare, issue."""

from datetime import date
from typing import Any

from flask import Blueprint, Response, abort, request, url_for
from sqlalchemy.orm import Session

from portail_famille.domain.droits import Action
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.facturation import avertir_du_mois
from portail_famille.domain.quotients import ecrire_mois
from portail_famille.models.factures import Facturation
from portail_famille.presentation.facturation import (
    ETATS,
    composer_anomalies,
    composer_rangees,
    composer_regies,
    dire_disparues,
    dire_nombres,
    premier_mois_montre,
    titre_de,
)
from portail_famille.presentation.formats import date_courte, date_et_heure, euros, mois_annee, pluriel
from portail_famille.presentation.vues import Avis
from portail_famille.services import facturation as campagne
from portail_famille.services.bureau_comptes import noms_de, prenoms_de
from portail_famille.services.bureau_factures import TAILLE_PAGE, bilans_par_mois, lister_brouillons, lister_runs
from portail_famille.services.comparaisons import Ecart, comparer
from portail_famille.services.couverture_regies import avertir_des_regies, regies_disparues
from portail_famille.services.emissions import echeance_de
from portail_famille.services.emissions import emettre as emettre_les_factures
from portail_famille.views.acces import agent
from portail_famille.views.agent.bureau import auteur, perimetre, regles
from portail_famille.views.agent.regie import aujourdhui, mois_choisi, peut_facturer, regies, verifier_toute_la_ville
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

bp = Blueprint("agent_facturation", __name__, url_prefix="/agent/facturation")
bp.app_context_processor(lambda: {"peut_facturer": peut_facturer})

_FAITS = {
    "emise": Avis("succes", "C’est émis.", "Les familles reçoivent un mail dans les minutes qui suivent."),
    "abandonnee": Avis("succes", "La préparation est abandonnée.", "Rien n’a été envoyé aux familles."),
}


@bp.get("")
@agent(Action.FACTURER)
def accueil() -> Response:
    verifier_toute_la_ville()
    return _accueil(lecture(), _FAITS.get(request.args.get("fait", "")))


@bp.post("")
@agent(Action.FACTURER)
def preparer() -> Response:
    """The run of this month, begun or already there: two agents, or two presses, get the same."""
    verifier_toute_la_ville()
    mois = mois_choisi() or abort(400)
    session = ecriture()
    try:
        demandee = campagne.demander(session, reglages(), request.form.get("regie", ""), mois, auteur(), maintenant())
    except RegleViolee as refus:
        session.rollback()
        return _accueil(lecture(), Avis("erreur", "Rien n’a été préparé.", refus.message), statut=409)
    return redirect_to(".facturation", facturation_id=demandee.id)


@bp.get("/<int:facturation_id>")
@agent(Action.FACTURER)
def facturation(facturation_id: int) -> Response:
    """How far it is, then what it would issue. The fragment asks for itself again until the run is ready."""
    session = lecture()
    lue = _lire(session, facturation_id)
    if est_partielle() and lue.etat != "en_preparation":
        return redirect_to(".facturation", facturation_id=facturation_id)
    return _page(session, lue, _FAITS.get(request.args.get("fait", "")) if lue.etat == "emise" else None)


@bp.get("/<int:facturation_id>/comparaison")
@agent(Action.FACTURER)
def comparaison(facturation_id: int) -> Response:
    """Beside the month before: the run's page fetches it once it is shown, its own queries are enough for one page."""
    session = lecture()
    lue = _lire(session, facturation_id)
    if lue.etat not in ("prete", "emise"):
        abort(404)
    comparee = comparer(session, lue)
    siens = perimetre().proches
    caches = siens.foyers if siens is not None else frozenset()

    def lignes(ecarts: tuple[Ecart, ...]) -> list[tuple[str, ...]]:
        return [
            (e.nom, euros(e.avant_centimes), euros(e.apres_centimes), euros(e.ecart_centimes, True))
            for e in ecarts
            if e.foyer_id not in caches
        ]

    return render(
        "agent/facturation/comparaison.html",
        "agent/facturation/_comparaison.html",
        titre=titre_de(regies(), lue.regie, lue.mois),
        f=lue,
        avant=mois_annee(comparee.avant),
        apres=mois_annee(comparee.mois),
        activites=[*lignes(comparee.activites), *lignes((comparee.total,))],
        changements=lignes(comparee.ecarts),
        nouveaux=lignes(comparee.nouveaux),
        partis=lignes(comparee.partis),
        nombre_nouveaux=comparee.nombre_nouveaux,
        nombre_partis=comparee.nombre_partis,
        onglet="facturation",
    )


@bp.get("/<int:facturation_id>/brouillons")
@agent(Action.FACTURER)
def brouillons(facturation_id: int) -> Response:
    """What it would issue, by family: invoices, or avoirs with their reason."""
    session = lecture()
    lue = _lire(session, facturation_id)
    if lue.etat != "prete":
        return redirect_to(".facturation", facturation_id=facturation_id)
    genre = "avoir" if request.args.get("genre") == "avoir" else "facture"
    listees = lister_brouillons(
        session, perimetre(), facturation_id, genre, request.args.get("apres", type=numero_de_ligne)
    )
    page = listees[:TAILLE_PAGE]
    suite = ""
    if len(listees) > TAILLE_PAGE:
        suite = url_for(".brouillons", facturation_id=facturation_id, genre=genre, apres=page[-1].facture.id)
    return render(
        "agent/facturation/brouillons.html",
        f=lue,
        titre=titre_de(regies(), lue.regie, lue.mois),
        genre=genre,
        bilan=lue.bilan or {},
        lignes=composer_rangees(page, regies(), aujourdhui()),
        suite=suite,
        onglet="facturation",
    )


@bp.post("/<int:facturation_id>/relancer")
@agent(Action.FACTURER)
def relancer(facturation_id: int) -> Response:
    """Again, from what is known now. A run that failed or was given up is asked for anew."""
    session = ecriture()
    lue = _lire(session, facturation_id)
    try:
        if lue.etat in ("echouee", "abandonnee"):
            lue = campagne.demander(session, reglages(), lue.regie, lue.mois, auteur(), maintenant())
        else:
            lue = campagne.relancer(session, facturation_id, auteur(), maintenant())
    except RegleViolee as refus:
        return _refuser(session, facturation_id, refus)
    return redirect_to(".facturation", facturation_id=lue.id)


@bp.post("/<int:facturation_id>/abandonner")
@agent(Action.FACTURER)
def abandonner(facturation_id: int) -> Response:
    session = ecriture()
    _lire(session, facturation_id)
    try:
        _verifier_confirmation()
        campagne.abandonner(session, facturation_id, auteur(), maintenant())
    except RegleViolee as refus:
        return _refuser(session, facturation_id, refus)
    return redirect_to(".accueil", fait="abandonnee")


@bp.get("/<int:facturation_id>/emettre")
@agent(Action.FACTURER)
def verifier(facturation_id: int) -> Response:
    """The last look: how many, how much, dated when, due when."""
    lue = _lire(lecture(), facturation_id)
    if lue.etat != "prete":
        return redirect_to(".facturation", facturation_id=facturation_id)
    emise_le, erreurs = _lire_date(request.args.get("emise_le", aujourdhui().isoformat()))
    # Said here, where it matters; the issue itself looks again.
    return _page_emission(lue, emise_le, erreurs, campagne.changements(lecture(), reglages(), lue))


@bp.post("/<int:facturation_id>/emettre")
@agent(Action.FACTURER)
def emettre(facturation_id: int) -> Response:
    """Issued once, whoever presses, however often."""
    session = ecriture()
    lue = _lire(session, facturation_id)
    emise_le, erreurs = _lire_date(request.form.get("emise_le", ""))
    try:
        if lue.etat != "emise":
            _verifier_confirmation()
        if erreurs:
            return _page_emission(lue, emise_le, erreurs)
        emettre_les_factures(session, reglages(), facturation_id, emise_le, auteur(), maintenant())
    except RegleViolee as refus:
        session.rollback()
        if refus.code in ("date", "a_confirmer"):
            champ = "emise_le" if refus.code == "date" else ""
            return _page_emission(_lire(lecture(), facturation_id), emise_le, {champ: refus.message})
        return _refuser(session, facturation_id, refus)
    return redirect_to(".facturation", facturation_id=facturation_id, fait="emise")


def _lire(session: Session, facturation_id: int) -> Facturation:
    verifier_toute_la_ville()
    return campagne.lire_facturation(session, facturation_id) or abort(404)


def _lire_date(texte: str) -> tuple[date, dict[str, str]]:
    """Today with its error when it is no date."""
    try:
        return jour_plausible(texte), {}
    except ValueError:
        return aujourdhui(), {"emise_le": "Écrivez une date, par exemple 01/12/2026."}


def _verifier_confirmation() -> None:
    if request.form.get("confirme") != "oui":
        raise RegleViolee("a_confirmer", "Cochez la case qui confirme, puis recommencez.")


def _refuser(session: Session, facturation_id: int, refus: RegleViolee) -> Response:
    session.rollback()
    lue = _lire(lecture(), facturation_id)
    return _page(lecture(), lue, Avis("erreur", "Rien n’a été émis.", refus.message), statut=409)


def _accueil(session: Session, avis: Avis | None, statut: int = 200) -> Response:
    bilans = bilans_par_mois(session, premier_mois_montre(aujourdhui()))
    return render(
        "agent/facturation/accueil.html",
        statut=statut,
        regies=composer_regies(regies(), lister_runs(session), bilans, aujourdhui()),
        avertissements=[*avertir_des_regies(session, regies()), *dire_disparues(regies_disparues(session, regies()))],
        avis=avis,
        onglet="facturation",
    )


def _page(session: Session, lue: Facturation, avis: Avis | None = None, statut: int = 200) -> Response:
    bilan = lue.bilan or {}
    est_close = bool(bilan.get("est_close"))
    texte, genre = ETATS["emise" if est_close else lue.etat]
    return render(
        "agent/facturation/facturation.html",
        "agent/facturation/_progres.html",
        statut=statut,
        f=lue,
        titre=titre_de(regies(), lue.regie, lue.mois),
        mois=f"{lue.mois:%Y-%m}",
        badge_texte=texte,
        badge_genre=genre,
        infos=_infos(lue, bilan) if lue.etat in ("prete", "emise") else (),
        nombre=bilan.get("factures", 0) + bilan.get("avoirs", 0),
        bilan=bilan,
        nombres=dire_nombres(bilan.get("factures", 0), bilan.get("avoirs", 0)),
        anomalies=_anomalies(session, bilan) if est_close or lue.etat in ("prete", "emise") else (),
        est_close=est_close,
        avertissement=avertir_du_mois(lue.mois, aujourdhui()) if lue.etat == "prete" else "",
        avis=avis,
        onglet="facturation",
    )


def _infos(lue: Facturation, bilan: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    lignes = [("Factures", f"{bilan.get('factures', 0)}, soit {euros(bilan.get('total_centimes', 0))}")]
    if bilan.get("avoirs"):
        lignes.append(("Avoirs", f"{bilan['avoirs']}, soit {euros(bilan.get('avoirs_centimes', 0))}"))
    lignes.append(("Foyers", str(bilan.get("foyers", 0))))
    if bilan.get("reportes"):
        reportes = pluriel(bilan["reportes"], "foyer")
        lignes.append(("Sous le minimum", f"{reportes}, {euros(bilan['reporte_centimes'])} reportés au mois suivant"))
    if lue.preparee_utc is not None:
        lignes.append(("Préparée", date_et_heure(lue.preparee_utc)))
    if lue.emise_utc is not None:
        lignes.append(("Émise", date_et_heure(lue.emise_utc)))
    return tuple(lignes)


def _anomalies(session: Session, bilan: dict[str, Any]) -> Any:
    trouvees = bilan.get("anomalies") or []
    if not trouvees:
        return ()
    fiches = regles().catalogue.unites
    unites = {id_: fiches[code].nom if code in fiches else code for id_, code in regles().unites.items()}
    return composer_anomalies(
        bilan,
        noms_de(session, perimetre(), {a["foyer_id"] for a in trouvees}),
        prenoms_de(session, {a["enfant"] for a in trouvees if a["enfant"] is not None}),
        unites,
    )


def _page_emission(
    lue: Facturation, emise_le: date, erreurs: dict[str, str], changements: tuple[str, ...] = ()
) -> Response:
    bilan = lue.bilan or {}
    regie = regies().get(lue.regie) or abort(404)
    try:
        echeance = echeance_de(regie, emise_le, aujourdhui())
    except RegleViolee as refus:
        erreurs = {"emise_le": refus.message} | erreurs
        echeance = regie.a_regler_avant(emise_le, aujourdhui())
    avoirs = bilan.get("avoirs_centimes", 0)
    return render(
        "agent/facturation/emettre.html",
        statut=422 if erreurs else 200,
        f=lue,
        titre=titre_de(regies(), lue.regie, lue.mois),
        nombres=dire_nombres(bilan.get("factures", 0), bilan.get("avoirs", 0)),
        infos=(
            ("Mois", ecrire_mois(lue.mois)),
            ("Montant des factures", euros(bilan.get("total_centimes", 0))),
            *([("Avoirs", euros(avoirs))] if avoirs else []),
            ("Datées du", f"{date_courte(emise_le)} {emise_le.year}"),
            ("À régler avant le", f"{date_courte(echeance)} {echeance.year}"),
        ),
        emise_le=emise_le.isoformat(),
        changements=", ".join(changements),
        avertissement=avertir_du_mois(lue.mois, aujourdhui()),
        erreurs=erreurs,
        onglet="facturation",
    )
