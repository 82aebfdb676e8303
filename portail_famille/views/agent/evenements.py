"""Événements: a strike, an outing, a closure; bookings cancelled in one act, undone within the hour."""

from urllib.parse import urlencode

from flask import Blueprint, Response, abort, request, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from portail_famille.domain.droits import Action, structures
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.evenements import DELAI_RETABLISSEMENT, LIBELLES, GenreEvenement, portee_de
from portail_famille.forms.evenements import MESSAGE_MAXIMUM, MOTIF_MAXIMUM, lire_evenement
from portail_famille.presentation.evenements import composer_evenement, dire_apercu, dire_portee
from portail_famille.services import evenements
from portail_famille.services.evenements import TAILLE_PAGE, Apercu, SaisieEvenement
from portail_famille.views.acces import agent, qui_agent
from portail_famille.views.agent.bureau import auteur, regles
from portail_famille.views.web import ecriture, lecture, maintenant, numero_de_ligne, redirect_to, render

bp = Blueprint("agent_evenements", __name__, url_prefix="/agent/evenements")


@bp.get("")
@agent(Action.INSTRUIRE)
def liste() -> Response:
    avant = request.args.get("avant", type=numero_de_ligne)
    lus = evenements.lister_evenements(lecture(), avant)
    page = lus[:TAILLE_PAGE]
    return render(
        "agent/evenements/liste.html",
        lignes=[composer_evenement(lu, regles()) for lu in page],
        suite=url_for(".liste", avant=page[-1].evenement.id) if len(lus) > len(page) else "",
        onglet="bureau",
    )


@bp.get("/nouveau")
@agent(Action.INSTRUIRE)
def nouveau() -> Response:
    return _formulaire(request.args)


@bp.get("/apercu")
@agent(Action.INSTRUIRE)
def apercu() -> Response:
    """What it would cancel, before anything is."""
    try:
        saisie = _lire(request.args)
        vu = evenements.apercevoir(lecture(), regles(), saisie, maintenant())
    except RegleViolee as refus:
        return _formulaire(request.args, refus)
    return _apercu(request.args, saisie, vu)


@bp.post("")
@agent(Action.INSTRUIRE)
def declarer() -> Response:
    """Cancels; the digest of the preview says that it is what the agent was shown."""
    session = ecriture()
    try:
        saisie = _lire(request.form)
        evenement = evenements.declarer_evenement(
            session, regles(), saisie, request.form.get("vu", ""), auteur(), maintenant()
        )
    except RegleViolee as refus:
        session.rollback()
        return _formulaire(request.form, refus) if refus.champ else _a_revoir(session, refus)
    return redirect_to(".evenement", evenement_id=evenement.id, fait="declare")


@bp.get("/<int:evenement_id>")
@agent(Action.INSTRUIRE)
def evenement(evenement_id: int) -> Response:
    return _page(lecture(), evenement_id)


@bp.post("/<int:evenement_id>/retablir")
@agent(Action.INSTRUIRE)
def retablir(evenement_id: int) -> Response:
    session = ecriture()
    try:
        rendues = evenements.retablir(session, regles(), evenement_id, auteur(), maintenant(), _permises())
    except LookupError:
        abort(404)
    except RegleViolee as refus:
        session.rollback()
        return _page(session, evenement_id, refus)
    return redirect_to(".evenement", evenement_id=evenement_id, fait="retabli", rendues=rendues)


def _permises() -> frozenset[str] | None:
    """Structures of this agent, by codes; None everywhere."""
    ids = structures(qui_agent().attributions, Action.INSTRUIRE)
    return None if ids is None else frozenset(regles().structures[i] for i in ids if i in regles().structures)


def _lire(saisie: MultiDict[str, str]) -> SaisieEvenement:
    return lire_evenement(saisie, regles(), _permises())


def _formulaire(saisie: MultiDict[str, str], refus: RegleViolee | None = None) -> Response:
    catalogue, permises = regles().catalogue, _permises()
    siennes = [(c, s.nom) for c, s in catalogue.structures.items() if permises is None or c in permises]
    return render(
        "agent/evenements/nouveau.html",
        statut=422 if refus else 200,
        saisie=saisie,
        genres=[(genre.value, LIBELLES[genre]) for genre in GenreEvenement],
        structures=siennes,
        activites=[
            (activite.nom, [(code, catalogue.unites[code].nom) for code in activite.unites])
            for activite in catalogue.activites.values()
            if permises is None or permises & set(activite.structures)
        ],
        classes=[(classe, classe) for classe in evenements.classes_connues(lecture())],
        est_partout=permises is None,
        motif_maximum=MOTIF_MAXIMUM,
        message_maximum=MESSAGE_MAXIMUM,
        erreurs={refus.champ or "": refus.message} if refus else {},
        onglet="bureau",
    )


def _apercu(champs: MultiDict[str, str], saisie: SaisieEvenement, vu: Apercu, avis: str = "") -> Response:
    tapes = [(nom, valeur) for nom, valeur in champs.items(multi=True) if nom not in ("csrf_token", "vu")]
    return render(
        "agent/evenements/apercu.html",
        statut=409 if avis else 200,
        avis=avis,
        lignes=dire_portee(saisie.motif, saisie.portee, saisie.ferme, saisie.message, regles()),
        effets=dire_apercu(vu),
        vu=vu.empreinte,
        est_utile=bool(vu.reservations or saisie.ferme),
        champs=tapes,
        corriger=f"{url_for('.nouveau')}?{urlencode(tapes)}",
        onglet="bureau",
    )


def _a_revoir(session: Session, refus: RegleViolee) -> Response:
    saisie = _lire(request.form)
    vu = evenements.apercevoir(session, regles(), saisie, maintenant())
    return _apercu(request.form, saisie, vu, refus.message)


def _page(session: Session, evenement_id: int, refus: RegleViolee | None = None) -> Response:
    lu = evenements.lire_evenement(session, evenement_id) or abort(404)
    evenement = lu.evenement
    portee = portee_de(evenement.contenu)
    est_recent = evenement.annule_utc is None and maintenant() < evenement.cree_utc + DELAI_RETABLISSEMENT
    return render(
        "agent/evenements/evenement.html",
        statut=409 if refus else 200,
        refus=refus.message if refus else "",
        ligne=composer_evenement(lu, regles()),
        lignes=dire_portee(evenement.motif, portee, evenement.ferme, evenement.message, regles()),
        jusqua=evenement.cree_utc + DELAI_RETABLISSEMENT,
        peut_retablir=est_recent and evenements.est_a_portee(portee, _permises()),
        fait=request.args.get("fait", ""),
        rendues=request.args.get("rendues", 0, type=numero_de_ligne),
        onglet="bureau",
    )
