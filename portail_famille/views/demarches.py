"""« Mes démarches »: requests and receipts in one list, and each request's page: timeline, messages, taking it back."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, Response, abort, request, url_for
from sqlalchemy.orm import Session

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.genres import Genre
from portail_famille.domain.pieces import DE_LA_MAIRIE, NOMBRE_PAR_ENVOI
from portail_famille.forms.demarches.registre import FORMULAIRES
from portail_famille.models.demarches import Demarche
from portail_famille.presentation.demarches import GROUPES, choix_de_genres, composer_demarche, composer_historique
from portail_famille.presentation.vues import Avis
from portail_famille.services import echanges, suivi
from portail_famille.services.accuses import DELAI_RECOURS_MOIS, dire_accuse, recours_d_un_refus
from portail_famille.services.debits import MESSAGES
from portail_famille.services.documents import Entrepose, ranger_piece, regles_de
from portail_famille.services.dossiers import Dossier, jour_de
from portail_famille.services.genres import RETRAITS, SUITES
from portail_famille.services.historique import RESERVATIONS, Curseur, Filtre, genres_presents, lister
from portail_famille.services.porte_documents import choisissables, verifier_choix
from portail_famille.views.acces import apercu, parent, qui
from portail_famille.views.cadences import TropDEnvois, verifier_cadence
from portail_famille.views.fiche_enfant import auteur, recevoir_fichier
from portail_famille.views.foyer import dossier
from portail_famille.views.web import (
    bd,
    ecriture,
    fermer_lecture,
    jour_plausible,
    lecture,
    maintenant,
    numero_de_ligne,
    recoit_document,
    redirect_to,
    reglages,
    render,
)

bp = Blueprint("demarches", __name__, url_prefix="/demarches")

_LONGUEUR_CLE = 40
_FAITS: Mapping[str, Avis] = {
    "message": Avis("succes", "Votre message est envoyé.", "La mairie vous répond par mail et sur cette page."),
    "complement": Avis("succes", "Votre complément est envoyé.", "La mairie reprend votre demande."),
    "annulee": Avis("succes", "Votre demande est annulée.", "La mairie n’y donnera pas suite."),
}


@bp.get("")
@parent
def liste() -> Response:
    """Requests and receipts together, newest first; filters are a plain GET form."""
    lu, jour = dossier(lecture()), jour_de(maintenant())
    filtre = _lire_filtre(lu)
    apres = Curseur.lire(request.args.get("apres", ""))
    page = lister(lecture(), qui(), jour, filtre, apres)
    criteres: dict[str, Any] = {
        cle: v for cle, v in request.args.items() if cle in ("etat", "genre", "enfant", "du", "au") and v
    }
    presents = genres_presents(lecture(), qui(), jour)
    return render(
        "demarches/liste.html",
        "demarches/_resultats.html",
        lignes=composer_historique(page.entrees, reglages().demarches, lu),
        suite=url_for(".liste", **criteres, apres=page.suite.ecrire()) if page.suite else "",
        est_suite=apres != Curseur(),
        filtre=filtre,
        est_filtree=filtre != Filtre(),
        groupes=tuple(GROUPES.items()),
        genres=choix_de_genres(presents, reglages().demarches),
        enfants=[("", "Tous"), *((e.id, e.prenom) for e in lu.visibles)],
        onglet="demarches",
    )


@bp.get("/<numero>")
@parent
def demarche(numero: str) -> Response:
    """Opening it is reading what the town answered: noted apart, a GET writes nothing itself."""
    lue = echanges.lire(lecture(), qui(), jour_de(maintenant()), numero) or abort(404)
    reponse = _page(lecture(), lue)
    # An agent who looks as the family has read nothing for it.
    if lue.est_non_lue and apercu() is None:
        fermer_lecture()
        suivi.noter_reponse_lue(bd(), lue.demarche.id, lue.demarche.reponse_utc, maintenant())
    return reponse


@bp.post("/<numero>/messages")
@parent
@recoit_document
def repondre(numero: str) -> Response:
    """A message and its documents, once; what completes the request when the town waits for it."""
    vue = _trouver(lecture(), numero)
    cle = request.form.get("cle", "")
    if not 0 < len(cle) <= _LONGUEUR_CLE:
        abort(400)
    try:
        # Before the documents, whose examination is what costs most.
        if not echanges.est_envoye(lecture(), vue, cle):
            verifier_cadence(lecture(), MESSAGES)
    except TropDEnvois as refus:
        return refus.dire(_refusee(lecture(), numero, {"texte": refus.message}))
    genre, erreurs = request.form.get("genre", ""), {}
    try:
        recus = _recevoir(genre)
    except RegleViolee as refus:
        erreurs[refus.champ or ""] = refus.message
    session = ecriture()
    demarche = _trouver(session, numero, verrou=True)
    attendait, texte = demarche.etat == "complement_demande", request.form.get("texte", "")
    if not erreurs:
        try:
            echanges.repondre(
                session, qui(), demarche, texte, lambda s: _joindre(s, demarche, recus, genre), cle, maintenant()
            )
        except RegleViolee as refus:
            erreurs[refus.champ or ""] = refus.message
    if erreurs:
        session.rollback()
        return _refusee(session, numero, erreurs)
    return redirect_to(".demarche", numero=numero, fait="complement" if attendait else "message")


@bp.post("/<numero>/annuler")
@parent
def annuler(numero: str) -> Response:
    session = ecriture()
    demarche = _trouver(session, numero, verrou=True)
    try:
        echanges.annuler(session, qui(), demarche, maintenant(), reglages())
    except RegleViolee as refus:
        session.rollback()
        return _refusee(session, numero, {"": refus.message})
    return redirect_to(".demarche", numero=numero, fait="annulee")


def _lire_filtre(lu: Dossier) -> Filtre:
    """Whatever means nothing filters nothing."""
    args = request.args
    groupe, genre = args.get("etat", ""), args.get("genre", "")
    enfant_id = args.get("enfant", type=numero_de_ligne)
    return Filtre(
        groupe=groupe if groupe in GROUPES else "",
        genre=genre if genre == RESERVATIONS or genre in reglages().demarches else "",
        enfant_id=enfant_id if any(e.id == enfant_id for e in lu.visibles) else None,
        du=args.get("du", type=jour_plausible),
        au=args.get("au", type=jour_plausible),
    )


def _trouver(session: Session, numero: str, *, verrou: bool = False) -> Demarche:
    return echanges.trouver(session, qui(), jour_de(maintenant()), numero, verrou=verrou) or abort(404)


def _recevoir(genre: str) -> list[Entrepose]:
    """New documents, in the coffre before anything is written, the database let go meanwhile. Raises `RegleViolee`."""
    fichiers = [fichier for fichier in request.files.getlist("document") if fichier.filename]
    if fichiers and genre not in reglages().pieces:
        raise RegleViolee("genre_absent", "Dites ce qu’est ce document.", "genre")
    if len(fichiers) > NOMBRE_PAR_ENVOI:
        raise RegleViolee("trop_de_fichiers", f"Envoyez {NOMBRE_PAR_ENVOI} fichiers au plus à la fois.", "document")
    fermer_lecture()
    recus = []
    for fichier in fichiers:
        try:
            recus.append(recevoir_fichier(fichier))
        except RegleViolee as refus:
            raise RegleViolee(refus.code, f"{fichier.filename}\u00a0: {refus.message}", "document") from refus
    return recus


def _joindre(session: Session, demarche: Demarche, recus: Sequence[Entrepose], genre: str) -> list[int]:
    """Documents ticked, then the new ones, kept in the porte-documents. Raises `RegleViolee`."""
    coches = [int(v) for v in request.form.getlist("piece") if v.isdecimal() and len(v) <= 9]
    choisis = [p.id for p in verifier_choix(session, qui(), jour_de(maintenant()), coches)]
    enfant_id, personne_id = echanges.proprietaire(qui(), demarche)
    gardes = [
        ranger_piece(
            session,
            document,
            genre=genre,
            foyer_id=qui().foyer_id,
            auteur=auteur(),
            maintenant=maintenant(),
            enfant_id=enfant_id,
            personne_id=personne_id,
            regles=regles_de(reglages()),
        )
        for document in recus
    ]
    return [*choisis, *(piece.id for piece in gardes)]


def _refusee(session: Session, numero: str, erreurs: dict[str, str]) -> Response:
    """The page as it is now, what was typed kept; 422 for a field, 409 for what the request has become."""
    lue = echanges.lire(session, qui(), jour_de(maintenant()), numero) or abort(404)
    if list(erreurs) == [""]:
        return _page(session, lue, statut=409, avis=Avis("attention", erreurs[""]))
    return _page(session, lue, statut=422, erreurs=erreurs)


def _page(
    session: Session,
    lue: echanges.DemarcheFamille,
    *,
    statut: int = 200,
    avis: Avis | None = None,
    erreurs: Mapping[str, str] | None = None,
) -> Response:
    lu, jour, noms = dossier(session), jour_de(maintenant()), {c: g.nom for c, g in reglages().pieces.items()}
    genre = reglages().demarches[lue.demarche.genre]
    vue = composer_demarche(lue, genre, lu.regles, lu, jour)
    suivre = SUITES.get(lue.demarche.genre)
    proposes = choisissables(session, qui(), jour, noms, lue.demarche.enfant_id) if vue.est_ouverte else []
    return render(
        "demarches/demarche.html",
        statut=statut,
        vue=vue,
        avis=avis or _FAITS.get(request.args.get("fait", "")),
        erreurs=dict(erreurs or {}),
        est_envoyee="envoyee" in request.args,
        courriel=qui().courriel or "",
        suite=suivre(session, lue.demarche, maintenant(), lu.regles) if suivre and not lue.est_arretee else None,
        libere=lue.demarche.genre in RETRAITS,
        voir_quotient=_parle_du_quotient(lue.demarche) and not lue.est_arretee,
        accuse=dire_accuse(lue.demarche.accuse) if lue.demarche.accuse else None,
        recours=_recours(lue.demarche),
        recours_mois=DELAI_RECOURS_MOIS,
        refaire=_refaire(lue.demarche),
        choisissables=proposes,
        noms=noms,
        genres_pieces=[("", "Choisissez"), *noms.items()],
        cle=request.form.get("cle") or secrets.token_urlsafe(16),
        saisie={"genre": _genre_propose(genre, lue)} | _saisie(),
        onglet="demarches",
    )


def _parle_du_quotient(demarche: Demarche) -> bool:
    """Decided, it leads to « Mon quotient familial »: a declaration, or an answer that names that page."""
    return demarche.decidee_utc is not None and (
        demarche.genre == "quotient" or "mon quotient familial" in (demarche.motif or "").lower()
    )


def _genre_propose(genre: Genre, lue: echanges.DemarcheFamille) -> str:
    """What the request asks for, else what was joined to it, when it is one kind alone: most often what is missing."""
    jointes = (*lue.pieces, *(piece for etape in lue.etapes for piece in etape.pieces))
    deja = {piece.genre for piece in jointes if piece.est_lisible and piece.genre != DE_LA_MAIRIE}
    codes = {*genre.pieces, *genre.pieces_facultatives} or deja
    return codes.pop() if len(codes) == 1 else ""


def _saisie() -> dict[str, Any]:
    """What was typed in a form that comes back."""
    return {
        "texte": request.form.get("texte", "")[: echanges.LONGUEUR_MESSAGE],
        **({"genre": request.form["genre"]} if "genre" in request.form else {}),
        "pieces": request.form.getlist("piece"),
        "avait_fichier": any(fichier.filename for fichier in request.files.getlist("document")),
    }


def _recours(demarche: Demarche) -> tuple[str, ...]:
    """Of a refusal: before everything else on the page, not folded in the receipt."""
    return recours_d_un_refus(reglages().demarches[demarche.genre]) if demarche.etat == "refusee" else ()


def _refaire(demarche: Demarche) -> str:
    """Where the same thing is asked for again."""
    if demarche.genre in FORMULAIRES and reglages().demarches[demarche.genre].est_ouverte:
        return url_for("nouvelle_demarche.genre", genre=demarche.genre, enfant=demarche.enfant_id)
    return url_for("nouvelle_demarche.liste")
