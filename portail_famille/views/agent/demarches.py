"""Démarches: old and new values side by side, accept, refuse."""

from collections.abc import Mapping
from typing import Any, NoReturn

from flask import Blueprint, Response, abort, request, url_for
from sqlalchemy.orm import Session

from portail_famille.domain.demarches import OUVERTS, EtatDemarche
from portail_famille.domain.droits import Action
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.genres import GENRES
from portail_famille.domain.pieces import GENRES as PIECES
from portail_famille.presentation.agent import GROUPES, composer_demarche, composer_lignes
from portail_famille.services import suivi
from portail_famille.services.bureau import (
    TAILLE_PAGE,
    DemarcheLue,
    Filtre,
    compter,
    foyer_de,
    lire_demarche,
    lister_demarches,
)
from portail_famille.services.enfants import AILLEURS, doublons_hors, doublons_probables, rattacher_a
from portail_famille.services.espaces import Proposition, proposer_foyers
from portail_famille.services.espaces import rattacher as rattacher_espace
from portail_famille.services.perimetres import est_dans_le_perimetre, verifier_autrui
from portail_famille.services.recherches import adultes_de, chercher_foyers, courriels_du_dossier
from portail_famille.services.reponses import accepter_demarche, refuser_demarche
from portail_famille.views.acces import agent, qui_agent
from portail_famille.views.agent.bureau import auteur, introuvable, numero_de_ligne, perimetre, regles
from portail_famille.views.web import bd, ecriture, lecture, maintenant, redirect_to, reglages, render

bp = Blueprint("agent_demarches", __name__, url_prefix="/agent/demarches")


@bp.get("")
@agent(Action.LIRE)
def liste() -> Response:
    filtre = Filtre(
        groupe=_parmi(request.args.get("etat", ""), GROUPES, "a_traiter"),
        genre=_parmi(request.args.get("genre", ""), GENRES, ""),
        recherche=request.args.get("q", "").strip()[:100],
    )
    apres = request.args.get("apres", type=numero_de_ligne)
    listees = lister_demarches(lecture(), perimetre(), filtre, apres)
    page = listees[:TAILLE_PAGE]
    nombres = compter(lecture(), perimetre())
    criteres: dict[str, Any] = {
        cle: valeur for cle, valeur in (("genre", filtre.genre), ("q", filtre.recherche)) if valeur
    }
    suite = url_for(".liste", etat=filtre.groupe, apres=page[-1].id, **criteres) if len(listees) > len(page) else ""
    return render(
        "agent/demarches.html",
        filtre=filtre,
        groupes=[
            (cle, texte, None if cle == "closes" else sum(nombres[cle].values()), url_for(".liste", etat=cle))
            for cle, texte in GROUPES.items()
        ],
        titres={code: genre.nom for code, genre in GENRES.items()},
        lignes=composer_lignes(page, maintenant()),
        suite=suite,
        onglet="demandes",
    )


@bp.get("/<numero>")
@agent(Action.LIRE)
def demarche(numero: str) -> Response:
    lue = lire_demarche(lecture(), perimetre(), numero) or _introuvable(lecture(), numero)
    if lue.demarche.foyer_id is not None:
        suivi.noter_lecture(bd(), qui_agent().compte_id, lue.demarche.foyer_id, "demarche_vue", maintenant())
    return _page(lecture(), lue)


@bp.post("/<numero>")
@agent(Action.INSTRUIRE)
def decider(numero: str) -> Response:
    """« Accepter » applies it; « Refuser » says why. The version that was on the screen decides between two agents."""
    session = ecriture()
    lue = lire_demarche(session, perimetre(Action.INSTRUIRE), numero) or _introuvable(session, numero)
    version = request.form.get("version", -1, type=int)
    motif = request.form.get("motif", "")[:1000]
    try:
        decision = request.form.get("decision")
        if decision == "refuser":
            refuser_demarche(session, lue, version, motif, auteur(), maintenant(), reglages())
        elif decision != "accepter":
            abort(400)
        else:
            enfant_id = request.form.get("enfant", type=numero_de_ligne)
            if lue.demarche.genre == "enfant" and enfant_id is not None:
                rattacher_a(session, lue.demarche, enfant_id, perimetre(Action.INSTRUIRE))
            accepter_demarche(session, lue, version, auteur(), maintenant(), reglages())
    except RegleViolee as refus:
        return _refuse(session, numero, refus)
    return redirect_to(".demarche", numero=numero)


@bp.post("/<numero>/rattacher")
@agent(Action.INSTRUIRE)
def rattacher(numero: str) -> Response:
    """A family unknown to the town becomes an adult of this foyer."""
    session = ecriture()
    lue = lire_demarche(session, perimetre(Action.INSTRUIRE), numero) or _introuvable(session, numero)
    version = request.form.get("version", -1, type=int)
    foyer, _, personne = request.form.get("foyer", "").partition("-")
    try:
        if lue.demarche.genre != "espace" or not foyer:
            raise RegleViolee("foyer_a_choisir", "Choisissez à quel foyer rattacher cette famille.", "foyer")
        try:
            foyer_id, personne_id = numero_de_ligne(foyer), numero_de_ligne(personne) if personne else None
        except ValueError:
            abort(400)
        if not est_dans_le_perimetre(session, perimetre(Action.INSTRUIRE), foyer_id):
            raise RegleViolee("foyer_a_choisir", "Ce foyer n’est pas de ceux dont vous vous occupez.", "foyer")
        verifier_autrui(session, perimetre(), courriel=str(lue.demarche.contenu.get("courriel", "")))
        rattacher_espace(
            session,
            lue.demarche,
            version,
            foyer_id,
            personne_id,
            auteur(),
            maintenant(),
            reglages(),
            est_remplacee="remplacer" in request.form,
        )
    except RegleViolee as refus:
        return _refuse(session, numero, refus)
    return redirect_to("agent_foyers.foyer", foyer_id=foyer_id)


def _introuvable(session: Session, numero: str) -> NoReturn:
    """404; with a sentence when it is a request of the agent's own foyer."""
    introuvable(session, foyer_de(session, numero))


def _refuse(session: Session, numero: str, refus: RegleViolee) -> Response:
    """The page as it is now, the sentence on top; what was typed stays."""
    session.rollback()
    lue = lire_demarche(session, perimetre(), numero) or abort(404)
    champ = refus.champ if refus.champ in ("motif", "foyer") else ""
    return _page(session, lue, statut=422 if champ else 409, erreurs={champ: refus.message})


def _page(session: Session, lue: DemarcheLue, *, statut: int = 200, erreurs: dict[str, str] | None = None) -> Response:
    demarche = lue.demarche
    est_ouverte = EtatDemarche(demarche.etat) in OUVERTS
    ou = perimetre(Action.INSTRUIRE)
    peut_decider = est_ouverte and qui_agent().peut(Action.INSTRUIRE)
    if peut_decider and not ou.est_partout:
        peut_decider = demarche.foyer_id is not None and est_dans_le_perimetre(session, ou, demarche.foyer_id)
    est_espace = demarche.genre == "espace"
    recherche = request.args.get("q", "").strip()[:100]
    doublons = doublons_probables(session, demarche.contenu) if peut_decider and demarche.genre == "enfant" else []
    ailleurs = doublons_hors(session, doublons, ou)
    vue = composer_demarche(lue, maintenant(), regles())
    return render(
        "agent/demarche.html",
        statut=statut,
        vue=vue,
        compare=any(c.avant is not None for c in vue.changements),
        foyer_id=demarche.foyer_id,
        version=demarche.version,
        est_ouverte=est_ouverte,
        peut_decider=peut_decider,
        est_espace=est_espace,
        pieces=[
            {"id": p.id, "nom": p.nom, "libelle": PIECES.get(p.genre, p.genre), "est_retiree": p.est_retiree}
            for p in lue.pieces
        ],
        doublons=[d for d in doublons if d.enfant_id not in ailleurs],
        doublon_ailleurs=AILLEURS if ailleurs else "",
        propositions=_propositions(session, lue, recherche) if peut_decider and est_espace else (),
        recherche=recherche,
        courriel_demande=demarche.contenu.get("courriel", "") if est_espace else "",
        erreurs=erreurs or {},
        saisie={cle: request.form.get(cle, "")[:1000] for cle in ("motif", "enfant", "foyer")},
        onglet="demandes",
    )


def _propositions(session: Session, lue: DemarcheLue, recherche: str) -> list[dict[str, object]]:
    if recherche:
        trouves, _ = chercher_foyers(session, perimetre(), recherche)
        choix = [Proposition(foyer, ()) for foyer in trouves]
    else:
        choix = proposer_foyers(session, lue.demarche.contenu, perimetre())
    foyers, demandee = [p.foyer.id for p in choix], str(lue.demarche.contenu.get("courriel", ""))
    adultes, connues = adultes_de(session, foyers), courriels_du_dossier(session, foyers)
    autres = {id_: connue for id_, connue in connues.items() if connue and connue != demandee}
    return [
        {
            "foyer": p.foyer,
            "raisons": p.raisons,
            "adultes": [(id_, nom, autres.get(id_, "")) for id_, nom in adultes[p.foyer.id]],
        }
        for p in choix
    ]


def _parmi(valeur: str, permises: Mapping[str, object], defaut: str) -> str:
    return valeur if valeur in permises else defaut
