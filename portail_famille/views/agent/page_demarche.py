"""The page of one démarche at the desk: what it shows, and the same again with what was refused."""

from collections.abc import Mapping
from typing import Any

from flask import Response, abort, request
from sqlalchemy.orm import Session

from portail_famille.domain.demarches import OUVERTS, EtatDemarche
from portail_famille.domain.droits import Action
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.presentation.agent import composer_demarche
from portail_famille.services.bureau import DemarcheLue, est_a_instruire, lire_demarche
from portail_famille.services.documents import Entrepose
from portail_famille.services.dossiers import jour_de
from portail_famille.services.enfants import AILLEURS, doublons_hors, doublons_probables
from portail_famille.services.espaces import Proposition, proposer_foyers
from portail_famille.services.fil import autre_agent_dessus, lire_fil, lister_agents
from portail_famille.services.genres import DECISIONS, PREPARATIONS
from portail_famille.services.modeles import proposer
from portail_famille.services.recherches import chercher_foyers
from portail_famille.services.reponses import DELAI_COMPLEMENT, SANS_EFFET
from portail_famille.views.acces import qui_agent
from portail_famille.views.agent.bureau import perimetre, regles
from portail_famille.views.agent.filtres import criteres
from portail_famille.views.fiche_enfant import recevoir_fichier
from portail_famille.views.web import maintenant, reglages, render

_CHAMPS = ("motif", "foyer", "texte", "avant", "message", "document", "note", "assignee")
_SAISIS = 2000


def montrer(
    session: Session,
    lue: DemarcheLue,
    *,
    statut: int = 200,
    erreurs: dict[str, str] | None = None,
) -> Response:
    demarche = lue.demarche
    est_ouverte = EtatDemarche(demarche.etat) in OUVERTS
    peut_instruire = _peut_instruire(session, lue)
    peut_decider = est_ouverte and peut_instruire
    est_espace = demarche.genre == "espace"
    recherche = request.args.get("q_foyer", "").strip()[:100]
    doublons = doublons_probables(session, demarche.contenu) if peut_decider and demarche.genre == "enfant" else []
    ailleurs = doublons_hors(session, doublons, perimetre(Action.INSTRUIRE))
    vue = composer_demarche(lue, lire_fil(session, demarche.id), maintenant(), regles())
    genre = reglages().demarches[demarche.genre]
    valeurs = {"prenom": lue.prenom or "Madame, Monsieur", "numero": demarche.numero, "commune": reglages().nom}
    modeles = proposer(session, demarche.genre, valeurs) if peut_instruire else {}
    agents = lister_agents(session) if est_ouverte else []
    return render(
        "agent/demarche.html",
        statut=statut,
        vue=vue,
        compare=any(c.avant is not None for c in vue.changements),
        foyer_id=demarche.foyer_id if lue.structures is None else None,
        facture_id=facture_contestee(demarche.contenu),
        version=demarche.version,
        est_ouverte=est_ouverte,
        attend_la_famille=demarche.etat == EtatDemarche.COMPLEMENT_DEMANDE,
        complement_avant=demarche.complement_avant,
        peut_decider=peut_decider,
        peut_instruire=peut_instruire,
        est_espace=est_espace,
        pieces=[p for p in lue.pieces if p.etape_id is None],
        libelles={code: piece.nom for code, piece in reglages().pieces.items()},
        doublons=[d for d in doublons if d.enfant_id not in ailleurs],
        doublon_ailleurs=AILLEURS if ailleurs else "",
        propositions=_propositions(session, lue, recherche) if peut_decider and est_espace else (),
        recherche=recherche,
        courriel_demande=demarche.contenu.get("courriel", "") if est_espace else "",
        decision="/".join(("agent", "decisions", f"{demarche.genre}.html")),
        **(_preparation(session, lue) if peut_decider else {}),
        motifs=genre.motifs_refus,
        attend_un_mot=demarche.genre in SANS_EFFET,
        modeles=modeles,
        agents=agents,
        assignee_id=demarche.assignee_id,
        moi=qui_agent().compte_id,
        autre=dict(agents).get(autre_agent_dessus(demarche, qui_agent().compte_id, maintenant()) or 0, ""),
        delai_complement=(jour_de(maintenant()) + DELAI_COMPLEMENT).isoformat(),
        criteres=criteres(request.args),
        apres=request.args.get("apres", ""),
        erreurs=erreurs or {},
        saisie={cle: valeur[:_SAISIS] for cle, valeur in request.form.items()},
        onglet="demandes",
    )


def facture_contestee(contenu: Mapping[str, Any]) -> int | None:
    """The invoice that a réclamation chose in the foyer's list; None for one named by hand, and for other requests."""
    choisie = str(contenu.get("facture", ""))
    return int(choisie) if choisie.isdecimal() else None


def remontrer(session: Session, numero: str, refus: RegleViolee, champs: dict[str, str] | None = None) -> Response:
    """The page as it is now, the sentence on top; what was typed stays. `champs`: fields that this form names
    otherwise."""
    session.rollback()
    lue = lire_demarche(session, perimetre(), numero) or abort(404)
    champ = (champs or {}).get(refus.champ or "", refus.champ or "")
    est_decision = request.form.get("decision") == "accepter" and lue.demarche.genre in DECISIONS
    if champ not in _CHAMPS and champ not in request.form and not est_decision:
        champ = ""
    return montrer(session, lue, statut=422 if champ else 409, erreurs={champ: refus.message})


def document_joint() -> Entrepose | None:
    """What an agent joins to her message, examined like a family's. Raises `RegleViolee` on the field `document`."""
    fichier = request.files.get("document")
    if fichier is None or not fichier.filename:
        return None
    return recevoir_fichier(fichier, qui_agent().compte_id)


def _peut_instruire(session: Session, lue: DemarcheLue) -> bool:
    ou = perimetre(Action.INSTRUIRE)
    if not qui_agent().peut(Action.INSTRUIRE):
        return False
    # Where she reads is most often where she answers.
    return ou == perimetre() or est_a_instruire(session, ou, lue.demarche.id)


def _preparation(session: Session, lue: DemarcheLue) -> dict[str, Any]:
    preparer = PREPARATIONS.get(lue.demarche.genre)
    return dict(preparer(session, lue.demarche, reglages(), maintenant())) if preparer else {}


def _propositions(session: Session, lue: DemarcheLue, recherche: str) -> list[dict[str, object]]:
    if recherche:
        trouves, _ = chercher_foyers(session, perimetre(), recherche)
        choix = [Proposition(foyer, ()) for foyer in trouves]
    else:
        choix = proposer_foyers(session, lue.demarche.contenu, perimetre())
    demandee = str(lue.demarche.contenu.get("courriel", ""))
    return [
        {
            "foyer": p.foyer,
            "raisons": p.raisons,
            "adultes": [(id_, nom, connue if connue != demandee else "") for id_, nom, connue in p.foyer.personnes],
        }
        for p in choix
    ]
