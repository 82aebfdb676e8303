"""Documents of families: read by those who may, never run by a browser."""

import unicodedata
from urllib.parse import quote

from flask import Blueprint, Response, abort, make_response

from portail_famille.domain.droits import Action, structures
from portail_famille.gateways.coffre import CoffreInjoignable, ObjetAbsent
from portail_famille.models.documents import Piece
from portail_famille.services import suivi
from portail_famille.services.documents import lire_piece, regles_de, retirer_piece, trouver_piece
from portail_famille.services.documents_agents import trouver_piece_agent
from portail_famille.services.dossiers import jour_de
from portail_famille.services.perimetres import Perimetre
from portail_famille.views.acces import acteur_ou_rien, parent, qui, qui_agent, session_ouverte, titulaire
from portail_famille.views.fiche_enfant import auteur, coffre
from portail_famille.views.web import bd, ecriture, fermer_lecture, lecture, maintenant, redirect_to, reglages

bp = Blueprint("pieces", __name__, url_prefix="/pieces")

# Whatever a document turns out to hold, it runs nothing and fetches nothing.
_ENTETES = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
}


@bp.get("/<int:piece_id>")
@titulaire
def piece(piece_id: int) -> Response:
    """The foyer's, with authority on the child it is about; or an agent's to whom it was sent."""
    trouvee = _de_ma_famille(piece_id) or _d_une_famille(piece_id)
    fermer_lecture()
    try:
        octets = lire_piece(coffre(), trouvee)
    except CoffreInjoignable:
        abort(503)
    except ObjetAbsent:
        abort(404, description="Ce document n’est plus conservé. Écrivez à la mairie si vous en avez besoin.")
    reponse = make_response(octets)
    reponse.mimetype = trouvee.type_mime
    reponse.headers.update(_ENTETES)
    reponse.headers["Content-Disposition"] = disposition(trouvee.nom, trouvee.type_mime)
    return reponse


@bp.post("/<int:piece_id>/retirer")
@parent
def retirer(piece_id: int) -> Response:
    session, acteur = ecriture(), qui()
    trouvee = trouver_piece(session, piece_id, acteur.personne_id, (acteur.foyer_id,), jour_de(maintenant()))
    if trouvee is None:
        abort(404)
    retirer_piece(session, trouvee, auteur(), maintenant())
    if trouvee.enfant_id is None:
        return redirect_to("famille.famille")
    return redirect_to("enfants.enfant", enfant_id=trouvee.enfant_id, fait="retire", _anchor="documents")


def disposition(nom: str, type_mime: str) -> str:
    """RFC 6266: a plain name for old browsers, the real one for the others. A PDF is handed to the phone's own reader:
    a sandboxed page cannot show one."""
    simple = unicodedata.normalize("NFKD", nom).encode("ascii", "ignore").decode()
    simple = "".join(c for c in simple if c.isalnum() or c in " ._-()").strip() or "document"
    genre = "inline" if type_mime.startswith("image/") else "attachment"
    return f"{genre}; filename=\"{simple}\"; filename*=UTF-8''{quote(nom, safe='')}"


def _de_ma_famille(piece_id: int) -> Piece | None:
    acteur = acteur_ou_rien()
    if acteur is None:
        return None
    foyers = [foyer.id for foyer in acteur.foyers]
    return trouver_piece(lecture(), piece_id, acteur.personne_id, foyers, jour_de(maintenant()))


def _d_une_famille(piece_id: int) -> Piece:
    """404 for whoever is not an agent, or to whom it was not sent; read, it is in the journal."""
    if not session_ouverte().est_agent:
        abort(404)
    agent = qui_agent()
    if not agent.peut(Action.LIRE):
        abort(404)
    perimetre = Perimetre(structures(agent.attributions, Action.LIRE), jour_de(maintenant()), agent.proches)
    trouvee = trouver_piece_agent(lecture(), piece_id, perimetre, regles_de(reglages()).de_sante)
    if trouvee is None:
        abort(404)
    fermer_lecture()
    suivi.noter_lecture(bd(), agent.compte_id, trouvee.foyer_id, "piece_vue", maintenant())
    return trouvee
