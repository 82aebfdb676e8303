"""Démarches: the queue, one of them with old and new values side by side, and the answers."""

from datetime import date
from typing import Any, NoReturn

from flask import Blueprint, Response, abort, request, url_for
from sqlalchemy.orm import Session

from portail_famille.domain.droits import Action
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.genres import GENRES, Concerne
from portail_famille.domain.pieces import DE_LA_MAIRIE
from portail_famille.presentation.agent import ETATS, GROUPES, TRIS, composer_lignes, resumer
from portail_famille.presentation.vues import Avis
from portail_famille.services import reponses, suivi
from portail_famille.services.bureau import (
    SANS_AGENT,
    TAILLE_PAGE,
    DemarcheLue,
    compter,
    foyer_de,
    lire_demarche,
    lire_demarches,
    lister_demarches,
)
from portail_famille.services.documents import Entrepose, ranger_piece, regles_de
from portail_famille.services.enfants import rattacher_a
from portail_famille.services.espaces import rattacher as rattacher_espace
from portail_famille.services.fil import lister_agents
from portail_famille.services.perimetres import est_dans_le_perimetre, verifier_autrui
from portail_famille.services.reponses import EnLot
from portail_famille.views.acces import agent, qui_agent
from portail_famille.views.agent.bureau import (
    A_MOI,
    auteur,
    choix_de_structures,
    introuvable,
    perimetre,
    regles,
    reperes,
    retenir_en_attente,
)
from portail_famille.views.agent.filtres import criteres, lire_filtre
from portail_famille.views.agent.page_demarche import document_joint, montrer, remontrer
from portail_famille.views.web import (
    bd,
    ecriture,
    lecture,
    maintenant,
    numero_de_ligne,
    recoit_document,
    redirect_to,
    reglages,
    render,
)

bp = Blueprint("agent_demarches", __name__, url_prefix="/agent/demarches")


@bp.get("")
@agent(Action.LIRE)
def liste() -> Response:
    filtre, gardes = lire_filtre(request.args), criteres(request.args)
    apres = request.args.get("apres", type=numero_de_ligne)
    listees = lister_demarches(lecture(), perimetre(), filtre, apres)
    page = listees[:TAILLE_PAGE]
    nombres = compter(lecture(), perimetre())
    retenir_en_attente(sum(nombres["a_traiter"].values()))
    suite: dict[str, Any] = {**gardes, "etat": filtre.groupe}
    return render(
        "agent/demarches.html",
        filtre=filtre,
        criteres=gardes,
        apres=apres or "",
        groupes=[
            (cle, texte, None if cle == "closes" else sum(nombres[cle].values()), url_for(".liste", etat=cle))
            for cle, texte in GROUPES.items()
        ],
        reperes=reperes(),
        titres={code: genre.nom for code, genre in GENRES.items()},
        structures=choix_de_structures(),
        agents=[(A_MOI, "Moi"), (SANS_AGENT, "Personne"), *_collegues()],
        tris=TRIS,
        lignes=composer_lignes(page, maintenant(), _en_lot()),
        suivante=request.args.get("suivante", ""),
        avis=_fait(),
        suite=url_for(".liste", **suite, apres=page[-1].id) if len(listees) > len(page) else "",
        peut_administrer=qui_agent().peut(Action.ADMINISTRER),
        onglet="demandes",
    )


@bp.post("/lot")
@agent(Action.INSTRUIRE)
def accepter_en_lot() -> Response:
    """What is ticked is shown again, then accepted, each by a judgement of its own."""
    choisies = [_choix(valeur) for valeur in dict.fromkeys(request.form.getlist("choix"))][:TAILLE_PAGE]
    if not choisies:
        return redirect_to(".liste", **criteres(request.form), fait="rien_choisi")
    if request.form.get("confirme") == "oui":
        ou = perimetre(Action.INSTRUIRE)
        faites = reponses.accepter_en_lot(ecriture(), ou, choisies, auteur(), maintenant(), reglages())
        return _page_lot([], faites)
    lues = lire_demarches(lecture(), perimetre(Action.INSTRUIRE), [numero for numero, _ in choisies])
    return _page_lot(list(lues.values()), [])


@bp.get("/<numero>")
@agent(Action.LIRE)
def demarche(numero: str) -> Response:
    lue = lire_demarche(lecture(), perimetre(), numero, compte_les_autres=True) or _introuvable(lecture(), numero)
    retenir_en_attente(lue.en_attente)
    # Who reads only answers nothing: she holds nobody up.
    if qui_agent().peut(Action.INSTRUIRE):
        suivi.noter_ouverture(bd(), qui_agent().compte_id, lue.demarche.numero, lue.demarche.foyer_id, maintenant())
    elif lue.demarche.foyer_id is not None:
        lecteur, numero = qui_agent().compte_id, lue.demarche.numero
        suivi.noter_lecture(bd(), lecteur, lue.demarche.foyer_id, "demarche_vue", maintenant(), numero=numero)
    return montrer(lecture(), lue)


@bp.post("/<numero>")
@agent(Action.INSTRUIRE)
def decider(numero: str) -> Response:
    """« Accepter » applies it; « Refuser » says why; « Demander » waits for the family. The version that was on the
    screen decides between two agents. Then the queue, at the next one."""
    session = ecriture()
    lue = _a_instruire(session, numero)
    suivante = _suivante(session, lue)
    version = request.form.get("version", -1, type=numero_de_ligne)
    try:
        match request.form.get("decision"):
            case "accepter":
                _accepter(session, lue, version)
            case "refuser":
                motif = _mots("motif_choisi", "motif")
                reponses.refuser_demarche(session, lue, version, motif, auteur(), maintenant(), reglages())
            case "complement":
                texte, avant = _mots("modele", "texte"), _jour("avant")
                qui, quand = auteur(), maintenant()
                reponses.demander_complement(session, lue, version, texte, avant, qui, quand, reglages())
            case _:
                abort(400)
    except RegleViolee as refus:
        return remontrer(session, numero, refus)
    return redirect_to(".liste", **_retour(), fait=numero, suivante=suivante)


@bp.post("/<numero>/agent")
@agent(Action.INSTRUIRE)
def confier(numero: str) -> Response:
    session = ecriture()
    lue = _a_instruire(session, numero)
    version = request.form.get("version", -1, type=numero_de_ligne)
    assignee_id = request.form.get("assignee", type=numero_de_ligne)
    if assignee_id is None:
        abort(400)
    try:
        reponses.confier(session, lue, version, assignee_id, auteur(), maintenant())
    except RegleViolee as refus:
        return remontrer(session, numero, refus)
    return redirect_to(".demarche", numero=numero, **_retour())


@bp.post("/<numero>/messages")
@agent(Action.INSTRUIRE)
@recoit_document
def ecrire(numero: str) -> Response:
    """To the family, a document joined or not: in the coffre before the first statement, named by a row after it."""
    lue = _a_instruire(lecture(), numero)
    try:
        document = document_joint()
    except RegleViolee as refus:
        return remontrer(ecriture(), numero, refus, {"texte": "message"})
    session = ecriture()
    lue = _a_instruire(session, numero)
    try:
        pieces = [_ranger(session, lue, document)] if document is not None else []
        texte = _mots("modele", "message")
        reponses.ecrire_a_la_famille(session, lue, texte, auteur(), maintenant(), reglages(), pieces)
    except RegleViolee as refus:
        return remontrer(session, numero, refus, {"texte": "message"})
    return redirect_to(".demarche", numero=numero, **_retour(), _anchor="suivi")


@bp.post("/<numero>/notes")
@agent(Action.INSTRUIRE)
def noter(numero: str) -> Response:
    session = ecriture()
    lue = _a_instruire(session, numero)
    try:
        reponses.noter(session, lue, request.form.get("note", "")[:2000], auteur(), maintenant())
    except RegleViolee as refus:
        return remontrer(session, numero, refus, {"texte": "note"})
    return redirect_to(".demarche", numero=numero, **_retour(), _anchor="suivi")


@bp.post("/<numero>/rattacher")
@agent(Action.INSTRUIRE)
def rattacher(numero: str) -> Response:
    """A family unknown to the town becomes an adult of this foyer."""
    session = ecriture()
    lue = _a_instruire(session, numero)
    version = request.form.get("version", -1, type=numero_de_ligne)
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
        return remontrer(session, numero, refus)
    return redirect_to("agent_foyers.foyer", foyer_id=foyer_id)


def _a_instruire(session: Session, numero: str) -> DemarcheLue:
    return lire_demarche(session, perimetre(Action.INSTRUIRE), numero) or _introuvable(session, numero)


def _introuvable(session: Session, numero: str) -> NoReturn:
    """404; with a sentence when it is a request of the agent's own foyer."""
    introuvable(foyer_de(session, numero))


def _accepter(session: Session, lue: DemarcheLue, version: int) -> None:
    enfant_id = request.form.get("enfant", type=numero_de_ligne)
    if lue.demarche.genre == "enfant" and enfant_id is not None:
        rattacher_a(session, lue.demarche, enfant_id, perimetre(Action.INSTRUIRE))
    reponses.accepter_demarche(
        session,
        lue,
        version,
        auteur(),
        maintenant(),
        reglages(),
        saisie=request.form.to_dict(),
        texte=_mots("modele", "mots"),
    )


def _mots(modele: str, libres: str) -> str:
    """The chosen model, then what was typed. With the script, a model chosen is typed already."""
    morceaux = (request.form.get(modele, ""), request.form.get(libres, ""))
    return "\n".join(morceau.strip()[:2000] for morceau in morceaux if morceau.strip())


def _jour(champ: str) -> date | None:
    texte = request.form.get(champ, "")
    try:
        return date.fromisoformat(texte) if texte else None
    except ValueError:
        raise RegleViolee("date_illisible", "Écrivez une date, par exemple 15/12/2026.", champ) from None


def _ranger(session: Session, lue: DemarcheLue, document: Entrepose) -> int:
    """For who reads the request: the child's adults, the foyer's, or the one who asked."""
    demarche = lue.demarche
    if demarche.foyer_id is None:
        raise RegleViolee("sans_espace", "Cette famille n’a pas encore d’espace où lire un document.", "document")
    concerne = GENRES[demarche.genre].concerne
    piece = ranger_piece(
        session,
        document,
        genre=DE_LA_MAIRIE,
        foyer_id=demarche.foyer_id,
        auteur=auteur(),
        maintenant=maintenant(),
        enfant_id=demarche.enfant_id,
        personne_id=_demandeur(lue) if demarche.enfant_id is None and concerne is Concerne.ADULTE else None,
        est_du_foyer=demarche.enfant_id is None and concerne is not Concerne.ADULTE,
        regles=regles_de(reglages()),
    )
    return piece.id


def _demandeur(lue: DemarcheLue) -> int | None:
    return lue.demarche.personne_id or lue.demandeur_id


def _suivante(session: Session, lue: DemarcheLue) -> str:
    """The one after it in the queue that she was reading, "" at the end."""
    filtre = lire_filtre(request.args)
    voisines = lister_demarches(session, perimetre(), filtre, lue.demarche.id, taille=1)
    return voisines[0].numero if voisines else ""


def _retour() -> dict[str, Any]:
    apres = request.args.get("apres", type=numero_de_ligne)
    return criteres(request.args) | ({"apres": str(apres)} if apres else {})


def _collegues() -> list[tuple[str, str]]:
    return [(str(id_), nom) for id_, nom in lister_agents(lecture()) if id_ != qui_agent().compte_id]


def _en_lot() -> frozenset[str]:
    """Kinds that this agent may accept by a tick."""
    if not qui_agent().peut(Action.INSTRUIRE):
        return frozenset()
    return frozenset(code for code, genre in reglages().demarches.items() if genre.est_acceptable_en_lot)


def _fait() -> Avis | None:
    """What was just decided, read again: an address can be opened by anybody."""
    numero = request.args.get("fait", "")
    if numero == "rien_choisi":
        return Avis("attention", "Cochez d’abord les demandes à accepter")
    lue = lire_demarche(lecture(), perimetre(), numero) if numero else None
    if lue is None:
        return None
    return Avis("succes", f"Demande {numero}\u00a0: {ETATS[lue.demarche.etat][0]}")


def _choix(valeur: str) -> tuple[str, int]:
    """« D2026-000012:3 »: number and version on the screen."""
    numero, _, version = valeur.partition(":")
    try:
        return numero[:20], numero_de_ligne(version)
    except ValueError:
        abort(400)


def _page_lot(a_confirmer: list[DemarcheLue], faites: list[EnLot]) -> Response:
    return render(
        "agent/demarches_lot.html",
        lignes=composer_lignes([lue.listee for lue in a_confirmer], maintenant(), _en_lot()),
        effets={lue.listee.numero: resumer(lue, regles()) for lue in a_confirmer},
        criteres=criteres(request.form),
        acceptees=[lot.numero for lot in faites if not lot.raison],
        manquees=[lot for lot in faites if lot.raison],
        onglet="demandes",
    )
