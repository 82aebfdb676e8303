"""The desk’s home: what waits for an answer."""

from flask import Blueprint, Response

from portail_famille.domain.droits import Action
from portail_famille.domain.genres import GENRES
from portail_famille.presentation.agent import composer_lignes
from portail_famille.services.bureau import Filtre, compter, lister_demarches
from portail_famille.views.acces import agent, qui_agent
from portail_famille.views.agent.bureau import perimetre
from portail_famille.views.web import lecture, maintenant, render

bp = Blueprint("agent_accueil", __name__, url_prefix="/agent")

_PLUS_ANCIENNES = 8


@bp.get("/")
@agent(Action.LIRE)
def accueil() -> Response:
    nombres = compter(lecture(), perimetre())["a_traiter"]
    listees = lister_demarches(lecture(), perimetre(), Filtre(), taille=_PLUS_ANCIENNES)
    return render(
        "agent/accueil.html",
        prenom=qui_agent().prenom,
        compteurs=[(code, genre.nom, nombres[code]) for code, genre in GENRES.items() if code in nombres],
        total=sum(nombres.values()),
        lignes=composer_lignes(listees[:_PLUS_ANCIENNES], maintenant()),
        peut_instruire=qui_agent().peut(Action.INSTRUIRE),
        onglet="bureau",
    )
