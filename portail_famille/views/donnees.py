"""« Mes données » (RGPD): download them, have them corrected, ask for their deletion; what is kept and how long.

Open before the doors: whoever refuses the conditions générales keeps these rights.
"""

import io
import tempfile
from collections.abc import Iterator
from typing import IO, Any, cast

from flask import Blueprint, Response, current_app, request, send_file
from markupsafe import Markup

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.gateways.chiffre import Chiffre, Illisible
from portail_famille.gateways.coffre import ObjetAbsent
from portail_famille.presentation.donnees import composer, durees
from portail_famille.services import exports, rgpd
from portail_famille.services.accuses import accuser
from portail_famille.services.documents import coffre_de_la_commune, lire_piece, regles_de
from portail_famille.services.dossiers import jour_de
from portail_famille.services.regles import charger_regles
from portail_famille.views import web
from portail_famille.views.acces import parent_entrant, qui
from portail_famille.views.confirmation import ConfirmationRefusee, confirmer_mot_de_passe, est_recente
from portail_famille.views.liens import attendre

bp = Blueprint("donnees", __name__, url_prefix="/mon-espace/donnees")

_EN_MEMOIRE = 4 * 1024 * 1024
_MANQUANT = (
    "Le fichier de ce document ne peut plus être lu. Signalez-le à la mairie, en donnant le nom de ce document.\n"
)


@bp.get("")
@parent_entrant
def donnees() -> Response:
    return _page()


@bp.post("/export")
@parent_entrant
def telecharger() -> Response:
    """The ZIP. Nothing is held open while the password is hashed nor while the archive is built."""
    faute = _verifier_mot_de_passe()
    if faute is not None:
        return faute
    try:
        rgpd.noter_export(web.ecriture(), qui(), web.maintenant())
    except RegleViolee as refus:
        web.ecriture().rollback()
        return _page(statut=429, erreurs={"": refus.message})
    web.terminer_ecriture(Response())  # the line stays, whatever becomes of the download
    return _archive()


@bp.post("/effacement")
@parent_entrant
def demander_effacement() -> Response:
    if "confirmation" not in request.form:
        phrase = "Cochez la case pour confirmer votre demande."
        return _page(statut=422, erreurs={"confirmation": phrase})
    accuser(rgpd.demander_effacement(web.ecriture(), qui(), web.maintenant()), web.reglages())
    return web.redirect_to("donnees.donnees")


@bp.post("/effacement/retirer")
@parent_entrant
def retirer_effacement() -> Response:
    rgpd.retirer_demande(web.ecriture(), qui(), web.maintenant())
    return web.redirect_to("donnees.donnees")


def _page(statut: int = 200, erreurs: dict[str, str] | None = None) -> Response:
    session = web.lecture()
    return web.render(
        "donnees/page.html",
        statut=statut,
        situation=rgpd.lire_situation(session, qui(), web.maintenant()),
        est_recente=est_recente(),
        durees=durees(web.reglages().conservation),
        erreurs=erreurs or {},
        onglet="plus",
    )


def _verifier_mot_de_passe() -> Response | None:
    """The page with its error when the password is asked for and is not the right one."""
    if est_recente():
        return None
    try:
        confirmer_mot_de_passe(request.form.get("mot_de_passe", ""))
    except ConfirmationRefusee as refus:
        reponse = _page(refus.statut, {"mot_de_passe": refus.message})
        return attendre(reponse, refus.attente) if refus.attente else reponse
    return None


def _archive() -> Response:
    maintenant, reglages = web.maintenant(), web.reglages()
    session = web.lecture()
    regles = charger_regles(session, cast(dict[str, Any], current_app.extensions.setdefault("regles", {})))
    lues = exports.rassembler(session, qui(), maintenant, jour_de(maintenant), regles, Chiffre(reglages.cle_coffre))
    web.fermer_lecture()
    # Whole before the first byte leaves: what cannot be read is told in the archive, not by a download cut short.
    poids = sum(piece.taille for piece, _ in lues.pieces)
    fichier: IO[bytes] = io.BytesIO() if poids < _EN_MEMOIRE else tempfile.TemporaryFile()  # noqa: SIM115
    exports.archiver(_fichiers(lues), maintenant, fichier)
    fichier.seek(0)
    nom = f"mes-donnees-{reglages.slug}-{jour_de(maintenant)}.zip"
    reponse = send_file(fichier, mimetype="application/zip", as_attachment=True, download_name=nom)
    reponse.headers["Cache-Control"] = "private, no-store"
    return reponse


def _fichiers(lues: exports.Donnees) -> Iterator[tuple[str, bytes]]:
    maintenant = web.maintenant()
    yield "LISEZMOI.txt", _rendre("donnees/lisezmoi.txt", etabli=maintenant)
    style = Markup("<style>{}</style>").format(Markup(_rendre("donnees/export.css").decode()))  # noqa: S704  (ours)
    page = _rendre(
        "donnees/export.html", blocs=composer(lues.document, regles_de(web.reglages())), etabli=maintenant, style=style
    )
    yield "mes-donnees.html", page
    yield "donnees.json", exports.en_json(lues.document).encode()
    coffre = coffre_de_la_commune(web.reglages())
    for piece, nom in lues.pieces:
        try:
            yield nom, lire_piece(coffre, piece)
        except (ObjetAbsent, Illisible, OSError):
            current_app.logger.error("document %s of foyer %s cannot be read", piece.id, piece.foyer_id)
            yield f"{nom}.illisible.txt", _MANQUANT.encode()


def _rendre(gabarit: str, **donnees: Any) -> bytes:
    return current_app.jinja_env.get_template(gabarit).render(commune=web.reglages(), **donnees).encode()
