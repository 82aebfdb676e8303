"""The porte-documents: the family's papers, kept once and joined to any démarche."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, Response, abort, request
from werkzeug.datastructures import FileStorage

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.pieces import NOMBRE_PAR_ENVOI
from portail_famille.forms.enfants import Lecture
from portail_famille.forms.porte_documents import lire_dates, lire_description
from portail_famille.models.documents import Piece
from portail_famille.presentation import porte_documents as presentation
from portail_famille.services import porte_documents as services
from portail_famille.services.documents import Entrepose, PieceLue, occupation, regles_de, retirer_piece
from portail_famille.services.dossiers import EnfantLu, jour_de
from portail_famille.views.acces import parent, qui
from portail_famille.views.fiche_enfant import auteur, recevoir_fichier, statut_de
from portail_famille.views.foyer import dossier
from portail_famille.views.web import ecriture, lecture, maintenant, recoit_document, redirect_to, reglages, render

bp = Blueprint("porte_documents", __name__, url_prefix="/porte-documents")


@bp.get("")
@parent
def liste() -> Response:
    session, regles, aujourdhui = lecture(), regles_de(reglages()), jour_de(maintenant())
    pieces = services.lister(session, qui(), aujourdhui)
    return render(
        "porte_documents/page.html",
        groupes=presentation.composer_groupes(pieces, _enfants(), regles, aujourdhui),
        place=presentation.dire_la_place(pieces, occupation(session, qui().foyer_id), regles),
        avis=presentation.FAITS.get(request.args.get("fait", "")),
        onglet="plus",
    )


@bp.get("/ajouter")
@parent
def ajouter() -> Response:
    """`?genre=` and `?a_qui=` propose what a request or a reminder asks for."""
    return _page_ajout(200, {nom: request.args.get(nom, "") for nom in ("genre", "a_qui")})


@bp.post("/ajouter")
@parent
@recoit_document
def envoyer() -> Response:
    """Several files at once: each is kept or refused for itself, and the refused ones are named."""
    regles = regles_de(reglages())
    enfants = [e.id for e in _enfants()]
    description, lu = lire_description(request.form, regles, enfants, qui().personne_id, jour_de(maintenant()))
    fichiers = [f for f in request.files.getlist("fichiers") if f.filename]
    if not fichiers:
        lu.erreurs["fichiers"] = "Choisissez au moins un fichier."
    elif len(fichiers) > NOMBRE_PAR_ENVOI:
        lu.erreurs["fichiers"] = f"Envoyez {NOMBRE_PAR_ENVOI} fichiers au plus à la fois."
    if description is None or lu.erreurs:
        return _page_ajout(422, lu.valeurs, lu.erreurs)
    recus, refus = _recevoir(fichiers)
    suites = services.ajouter(
        ecriture(),
        [document for _, document in recus],
        description,
        acteur=qui(),
        regles=regles,
        auteur=auteur(),
        maintenant=maintenant(),
    )
    refus += [(fichier, suite) for (fichier, _), suite in zip(recus, suites, strict=True) if suite]
    gardes = suites.count(None)
    if not refus:
        return redirect_to("porte_documents.liste", fait="ajoute")
    # A refused answer would take back what is kept: some good ones make it a good one.
    statut = 200 if gardes else max(statut_de(violee.code) for _, violee in refus)
    return _page_ajout(statut, lu.valeurs, {}, refus=_nommer(refus), gardes=gardes)


@bp.get("/<int:piece_id>")
@parent
def document(piece_id: int) -> Response:
    return _page_document(*_trouver(piece_id))


@bp.post("/<int:piece_id>")
@parent
def modifier(piece_id: int) -> Response:
    session = ecriture()
    piece, lue = _trouver(piece_id, en_ecriture=True)
    if lue.est_figee:
        services.renommer(session, piece, request.form.get("nom", ""), auteur(), maintenant())
        return redirect_to("porte_documents.liste", fait="change")
    enfants = [e.id for e in _enfants()]
    regles, aujourdhui = regles_de(reglages()), jour_de(maintenant())
    description, lu = lire_description(request.form, regles, enfants, qui().personne_id, aujourdhui)
    if description is None:
        return _page_document(piece, lue, 422, lu.valeurs, lu.erreurs)
    services.renommer(session, piece, request.form.get("nom", ""), auteur(), maintenant())
    services.decrire(session, piece, lue, description, auteur(), maintenant())
    return redirect_to("porte_documents.liste", fait="change")


@bp.post("/<int:piece_id>/remplacer")
@parent
@recoit_document
def remplacer(piece_id: int) -> Response:
    """A new version. Examined before the database is held, then found again: it may have changed meanwhile."""
    piece, lue = _trouver(piece_id)
    regles, lu = regles_de(reglages()), Lecture(dict(request.form.items()))
    datee_du, valable_jusqua = lire_dates(request.form, lu, regles, lue.genre, jour_de(maintenant()))
    fichier = request.files.get("nouveau")
    if fichier is None or not fichier.filename:
        lu.erreurs["nouveau"] = "Choisissez le nouveau fichier."
    if fichier is None or lu.erreurs:
        return _page_document(piece, lue, 422, erreurs_remplacement=_sous_nouveau(lu.erreurs), dates=lu.valeurs)
    try:
        document = recevoir_fichier(fichier)
        services.remplacer(
            ecriture(),
            _trouver(piece_id, en_ecriture=True)[0],
            document,
            datee_du=datee_du,
            valable_jusqua=valable_jusqua,
            regles=regles,
            auteur=auteur(),
            maintenant=maintenant(),
        )
    except RegleViolee as violee:
        refus = {"nouveau": violee.message}
        return _page_document(*_trouver(piece_id), statut_de(violee.code), erreurs_remplacement=refus, dates=lu.valeurs)
    return redirect_to("porte_documents.liste", fait="remplace")


@bp.post("/<int:piece_id>/supprimer")
@parent
def supprimer(piece_id: int) -> Response:
    piece, _ = _trouver(piece_id, en_ecriture=True)
    retirer_piece(ecriture(), piece, auteur(), maintenant())
    return redirect_to("porte_documents.liste", fait="supprime")


def _recevoir(
    fichiers: Sequence[FileStorage],
) -> tuple[list[tuple[FileStorage, Entrepose]], list[tuple[FileStorage, RegleViolee]]]:
    """Examined then encrypted, the database let go meanwhile."""
    recus, refus = [], []
    for fichier in fichiers:
        try:
            recus.append((fichier, recevoir_fichier(fichier)))
        except RegleViolee as violee:
            refus.append((fichier, violee))
    return recus, refus


def _nommer(refus: Sequence[tuple[FileStorage, RegleViolee]]) -> list[tuple[str, str]]:
    return [((fichier.filename or "")[:80], violee.message) for fichier, violee in refus]


def _sous_nouveau(erreurs: Mapping[str, str]) -> dict[str, str]:
    """The page has two forms with dates: those of the new version have their own ids."""
    return {champ if champ == "nouveau" else f"nouveau_{champ}": message for champ, message in erreurs.items()}


def _enfants() -> list[EnfantLu]:
    return dossier(lecture()).visibles


def _trouver(piece_id: int, en_ecriture: bool = False) -> tuple[Piece, PieceLue]:
    """404 for another's, one taken out, a former version."""
    session = ecriture() if en_ecriture else lecture()
    return services.trouver(session, qui(), jour_de(maintenant()), piece_id) or abort(404)


def _page_ajout(
    statut: int,
    saisie: Mapping[str, Any],
    erreurs: Mapping[str, str] | None = None,
    *,
    refus: Sequence[tuple[str, str]] = (),
    gardes: int = 0,
) -> Response:
    return render(
        "porte_documents/ajouter.html",
        "porte_documents/_refus.html",
        statut=statut,
        saisie=saisie,
        erreurs=erreurs or {},
        refus=refus,
        gardes=gardes,
        genres=presentation.choix_genres(regles_de(reglages())),
        a_qui=presentation.choix_a_qui(_enfants()),
        onglet="plus",
    )


def _page_document(
    piece: Piece,
    lue: PieceLue,
    statut: int = 200,
    saisie: Mapping[str, Any] | None = None,
    erreurs: Mapping[str, str] | None = None,
    *,
    erreurs_remplacement: Mapping[str, str] | None = None,
    dates: Mapping[str, Any] | None = None,
) -> Response:
    regles, enfants = regles_de(reglages()), _enfants()
    return render(
        "porte_documents/document.html",
        statut=statut,
        piece=lue,
        ligne=presentation.composer_ligne(lue, regles, jour_de(maintenant())),
        dit_a_qui=presentation.dire_a_qui(lue, enfants),
        saisie=saisie
        or {
            "nom": lue.nom.rpartition(".")[0],
            "genre": lue.genre,
            "a_qui": presentation.a_qui(lue),
            "datee_du": lue.datee_du or "",
            "valable_jusqua": lue.valable_jusqua or "",
        },
        erreurs=erreurs or {},
        erreurs_remplacement=erreurs_remplacement or {},
        dates=dates or {},
        genres=presentation.choix_genres(regles),
        a_qui=presentation.choix_a_qui(enfants),
        onglet="plus",
    )
