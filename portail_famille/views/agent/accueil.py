"""The desk’s home: what waits for an answer."""

from flask import Blueprint, Response

from portail_famille.domain.droits import Action
from portail_famille.domain.genres import GENRES
from portail_famille.presentation.agent import composer_lignes
from portail_famille.services.bureau import Filtre, compter, lister_demarches
from portail_famille.views.acces import agent, qui_agent
from portail_famille.views.agent.bureau import demandes_en_attente, perimetre, reperes, retenir_en_attente
from portail_famille.views.web import lecture, maintenant, render

bp = Blueprint("agent_accueil", __name__, url_prefix="/agent")
bp.app_context_processor(lambda: {"demandes_en_attente": demandes_en_attente})

_PLUS_ANCIENNES = 8


@bp.get("/")
@agent(Action.LIRE)
def accueil() -> Response:
    nombres = compter(lecture(), perimetre())["a_traiter"]
    total = sum(nombres.values())
    retenir_en_attente(total)
    listees = lister_demarches(lecture(), perimetre(), Filtre(tri="echeance"), taille=_PLUS_ANCIENNES)
    return render(
        "agent/accueil.html",
        prenom=qui_agent().prenom,
        compteurs=[(code, genre.nom, nombres[code]) for code, genre in GENRES.items() if code in nombres],
        total=total,
        reperes=reperes(),
        lignes=composer_lignes(listees[:_PLUS_ANCIENNES], maintenant()),
        peut_instruire=qui_agent().peut(Action.INSTRUIRE),
        onglet="bureau",
    )
