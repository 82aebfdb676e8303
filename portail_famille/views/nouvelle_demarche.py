"""A new démarche: explanation, steps, documents, summary, « Envoyer », whatever its kind."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, flash, get_flashed_messages, request, url_for
from sqlalchemy.orm import Session

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.genres import Genre
from portail_famille.forms.demarches.base import Formulaire, SaisieInvalide
from portail_famille.forms.demarches.parcours import DOCUMENTS, VERIFIER, Parcours, tapees, valeurs_de
from portail_famille.forms.demarches.registre import FORMULAIRES
from portail_famille.models.demarches import Demarche, DemarcheSaisie
from portail_famille.presentation.nouvelle_demarche import Ailleurs, composer_explication, composer_liste
from portail_famille.presentation.vues import Avis
from portail_famille.services import saisies
from portail_famille.services.debits import DEMARCHES
from portail_famille.services.demarches import envoyee
from portail_famille.services.depots import deposer_et_accuser
from portail_famille.services.saisies import EtapeChangee
from portail_famille.views.acces import parent, qui
from portail_famille.views.cadences import TropDEnvois, verifier_cadence
from portail_famille.views.depot_documents import recevoir
from portail_famille.views.fiche_enfant import auteur
from portail_famille.views.formulaire_en_cours import charger, contexte, documents, reprise
from portail_famille.views.web import (
    adresse_publique,
    ecriture,
    lecture,
    maintenant,
    numero_de_ligne,
    recoit_document,
    redirect_to,
    reglages,
    render,
)

bp = Blueprint("nouvelle_demarche", __name__, url_prefix="/demarches/nouvelle")

_AILLEURS = {"coordonnees": "espace.espace"}
"""Changed beside what is read: « Mon espace » says what is where (docs/decisions/0009)."""
_LAISSEE = "saisie-laissee"


@bp.get("")
@parent
def liste() -> Response:
    """What can be asked for, by heading, after what was begun and not sent."""
    en_cours = saisies.lister(lecture(), qui())
    adresses = {code: url_for("nouvelle_demarche.genre", genre=code) for code in FORMULAIRES}
    ailleurs = tuple(Ailleurs(code, url_for(endpoint)) for code, endpoint in _AILLEURS.items())
    return render(
        "demarches/nouvelle/liste.html",
        liste=composer_liste(reglages().demarches, adresses, ailleurs, en_cours),
        est_laissee=bool(get_flashed_messages(category_filter=[_LAISSEE])),
        onglet="demarches",
    )


@bp.get("/<genre>")
@parent
def genre(genre: str) -> Response:
    """What it is, what to prepare, how long the answer takes. Writes nothing."""
    formulaire, regle = _formulaire(genre)
    session = lecture()
    saisie = saisies.lire(session, qui(), genre)
    vu = contexte(session, regle, saisie, _demandes())
    parcours = charger(session, formulaire, vu, saisie)
    demandees = [(demandee.genre, demandee.est_obligatoire) for demandee in parcours.demandees]
    return render(
        "demarches/nouvelle/explication.html",
        genre=regle,
        explication=composer_explication(regle, demandees, reglages().pieces),
        empeche=formulaire.empeche(vu),
        reprendre=_href(genre, parcours.manquante or VERIFIER) if saisie else "",
        action=url_for("nouvelle_demarche.commencer", genre=genre) + _requete(),
        a_une_demande=bool(_demandes()),
        onglet="demarches",
    )


@bp.post("/<genre>")
@parent
def commencer(genre: str) -> Response:
    formulaire, regle = _formulaire(genre)
    session = ecriture()
    if "recommencer" in request.form:
        saisies.effacer(session, qui(), genre)
    raison = formulaire.empeche(contexte(session, regle, None, _demandes()))
    if raison:
        raise RegleViolee("demarche_empechee", raison)
    saisie = saisies.commencer(session, qui(), genre, _demandes(), maintenant())
    parcours = charger(session, formulaire, contexte(session, regle, saisie), saisie)
    return _vers(genre, parcours.manquante or VERIFIER)


@bp.post("/<genre>/effacer")
@parent
def effacer(genre: str) -> Response:
    """Drops what was begun; documents already sent stay in the porte-documents."""
    _formulaire(genre)
    saisies.effacer(ecriture(), qui(), genre)
    return redirect_to("nouvelle_demarche.genre", genre=genre)


@bp.get("/<genre>/<etape>")
@parent
def etape(genre: str, etape: str) -> Response:
    ouvert = _ouvrir(lecture(), genre, etape)
    return ouvert if isinstance(ouvert, Response) else _page_etape(ouvert[0], etape)


@bp.post("/<genre>/<etape>")
@parent
def enregistrer(genre: str, etape: str) -> Response:
    """Keeps the step as it is left, and goes on."""
    autre = reprise(_href(genre, etape), avec_les_champs=True)
    if autre is not None:
        return autre
    session = ecriture()
    ouvert = _ouvrir(session, genre, etape, verrou=True)
    if isinstance(ouvert, Response):
        return ouvert
    parcours, saisie = ouvert
    page = parcours.etape(etape) or abort(404)
    try:
        valeurs = page.lire(parcours.contexte, request.form)
    except SaisieInvalide as refus:
        return _page_etape(parcours, etape, 422, tapees(request.form), refus.erreurs)
    suite = parcours.avec(etape, valeurs)
    try:
        vu, a_revoir = request.form.get("vu", ""), suite.a_revoir(etape)
        saisies.ecrire_etape(session, saisie, etape, valeurs, vu, a_revoir, maintenant())
    except EtapeChangee:
        return _page_etape(parcours, etape, 409, tapees(request.form))
    suite = charger(session, parcours.formulaire, parcours.contexte, saisie)
    return _continuer(suite, etape)


@bp.get("/<genre>/documents", endpoint="documents")
@parent
def page_documents(genre: str) -> Response:
    ouvert = _ouvrir(lecture(), genre, DOCUMENTS)
    return ouvert if isinstance(ouvert, Response) else _page_documents(ouvert[0])


@bp.post("/<genre>/documents")
@parent
@recoit_document
def joindre(genre: str) -> Response:
    """Keeps the documents ticked and those sent; goes on when nothing that is needed is missing."""
    autre = reprise(_href(genre, DOCUMENTS), avec_les_champs=False)
    if autre is not None:
        return autre
    ouvert = _ouvrir(lecture(), genre, DOCUMENTS)
    if isinstance(ouvert, Response):
        return ouvert
    recus = recevoir(ouvert[0].demandees)
    session = ecriture()
    ouvert = _ouvrir(session, genre, DOCUMENTS, verrou=True)
    if isinstance(ouvert, Response):
        return ouvert
    parcours, saisie = ouvert
    choix, erreurs = recus.ranger(session, parcours)
    saisies.ecrire_pieces(saisie, choix, maintenant())
    suite = charger(session, parcours.formulaire, parcours.contexte, saisie)
    if "plus_tard" not in request.form and "ajouter" not in request.form:
        manquent = dict.fromkeys(suite.pieces_manquantes, "Il faut ce document pour envoyer la demande.")
        erreurs = manquent | erreurs
    if not erreurs:
        return _continuer(suite, DOCUMENTS)
    # What arrived whole is kept, whatever is said of the rest: no browser sends a file twice by itself.
    return _page_documents(suite, 200 if recus.sains else 422, erreurs)


@bp.get("/<genre>/verifier")
@parent
def verifier(genre: str) -> Response:
    ouvert = _ouvrir(lecture(), genre, VERIFIER)
    return ouvert if isinstance(ouvert, Response) else _page_verifier(*ouvert)


@bp.post("/<genre>/verifier")
@parent
def envoyer(genre: str) -> Response:
    """Files it once: a double tap, a retry, a page found again by « Back » lead to the same request."""
    autre = reprise(_href(genre, VERIFIER), avec_les_champs=False)
    if autre is not None:
        return autre
    formulaire, _regle = _formulaire(genre)
    session = ecriture()
    cle = request.form.get("cle", "")
    # Locked first: the second of two sendings waits here, then finds what the first one made.
    saisie = saisies.lire(session, qui(), genre, verrou=True)
    deja = envoyee(session, cle) if cle else None
    if deja is not None and deja.compte_id == qui().compte_id:
        return redirect_to("demarches.demarche", numero=deja.numero, envoyee=1)
    ouvert = _ouvrir(session, genre, VERIFIER)
    if isinstance(ouvert, Response) or saisie is None:
        return ouvert if isinstance(ouvert, Response) else redirect_to("nouvelle_demarche.genre", genre=genre)
    try:
        verifier_cadence(session, DEMARCHES)
        saisies.verifier_version(saisie, request.form.get("version", -1, type=numero_de_ligne))
        _verifier_resume(ouvert[0])
        demarche = _deposer(session, formulaire, ouvert[0], saisie)
    except RegleViolee as refus:
        session.rollback()
        relu = _ouvrir(session, genre, VERIFIER)
        if isinstance(relu, Response):
            return relu
        page = _page_verifier(*relu, Avis("attention", refus.message))
        return refus.dire(page) if isinstance(refus, TropDEnvois) else page
    return redirect_to("demarches.demarche", numero=demarche.numero, envoyee=1)


def _verifier_resume(parcours: Parcours) -> None:
    """A deadline that passes, a price that changes between the summary and « Envoyer » is told before anything is done.
    Raises `RegleViolee`."""
    vu = request.form.get("resume", "")
    if vu and vu != _empreinte_du_resume(parcours):
        raise RegleViolee(
            "resume_change",
            "Ce que donne votre demande a changé depuis cette page (un délai est passé, ou un prix a changé)\u00a0: "
            "vérifiez, puis envoyez.",
        )


def _empreinte_du_resume(parcours: Parcours) -> str:
    lignes = parcours.formulaire.resumer(parcours.contexte)
    return saisies.empreinte([(ligne.libelle, ligne.valeur) for ligne in lignes])


def _deposer(session: Session, formulaire: Formulaire, parcours: Parcours, saisie: DemarcheSaisie) -> Demarche:
    raison = formulaire.empeche(parcours.contexte)
    if raison:
        raise RegleViolee("demarche_empechee", raison)
    demarche = deposer_et_accuser(
        session,
        lambda: formulaire.deposer(session, parcours.contexte, parcours.pieces, auteur(), saisie.cle),
        qui(),
        reglages(),
        maintenant(),
        adresse_publique("demarches.liste"),
    )
    saisies.effacer(session, qui(), saisie.genre)
    return demarche


def _formulaire(genre: str) -> tuple[Formulaire, Genre]:
    """404 for a kind that nobody begins here, or that the town has closed."""
    formulaire = FORMULAIRES.get(genre)
    if formulaire is None or not reglages().demarches[genre].est_ouverte:
        abort(404)
    return formulaire, reglages().demarches[genre]


def _ouvrir(
    session: Session, genre: str, page: str, *, verrou: bool = False
) -> tuple[Parcours, DemarcheSaisie] | Response:
    """The form where it stands, locked by who will write it; or the way to the page that comes first. 404 for a page
    that this form has not."""
    formulaire, regle = _formulaire(genre)
    saisie = saisies.lire(session, qui(), genre, verrou=verrou)
    if saisie is None:
        return redirect_to("nouvelle_demarche.genre", genre=genre)
    parcours = charger(session, formulaire, contexte(session, regle, saisie), saisie)
    if page not in (DOCUMENTS, VERIFIER) and all(page != connue.code for connue in formulaire.etapes):
        abort(404)
    if not parcours.est_atteignable(page):
        return _vers(genre, parcours.manquante or VERIFIER)
    return parcours, saisie


def _continuer(parcours: Parcours, page: str) -> Response:
    """To the next page; back to the summary for one that was only corrected; or home, to finish later."""
    genre = parcours.formulaire.genre
    if "plus_tard" in request.form:
        flash(genre, _LAISSEE)
        return redirect_to("nouvelle_demarche.liste")
    if "ajouter" in request.form:
        return _vers(genre, page)
    if parcours.manquante is None:
        return _vers(genre, VERIFIER)
    suivante = parcours.page(page).apres if page in parcours.pages else ""
    return _vers(genre, suivante if suivante and parcours.est_atteignable(suivante) else parcours.manquante)


def _page_etape(
    parcours: Parcours,
    code: str,
    statut: int = 200,
    tape: Mapping[str, Any] | None = None,
    erreurs: Mapping[str, str] | None = None,
) -> Response:
    etape = parcours.etape(code) or abort(404)
    garde = parcours.contenu.get(code)
    valeurs = valeurs_de(etape, parcours.contexte, garde or {})
    return render(
        "demarches/nouvelle/etape.html",
        statut=statut,
        genre=parcours.contexte.genre,
        etape=etape,
        champs=etape.champs(parcours.contexte),
        valeurs=valeurs | dict(tape or {}),
        erreurs=dict(erreurs or {}),
        ailleurs=valeurs if statut == 409 else None,
        # An error shows again what was typed: another tab's change meanwhile is still to be told.
        vu=request.form["vu"] if statut == 422 and "vu" in request.form else saisies.empreinte(garde),
        **_cadre(parcours, code),
        **etape.donnees(parcours.contexte),
    )


def _page_documents(parcours: Parcours, statut: int = 200, erreurs: Mapping[str, str] | None = None) -> Response:
    noms = parcours.contexte.reglages.pieces
    return render(
        "demarches/nouvelle/documents.html",
        statut=statut,
        genre=parcours.contexte.genre,
        demandees=documents(parcours),
        erreurs=dict(erreurs or {}),
        sommaire={f"fichier_{code}": f"{noms[code].nom}\u00a0: {message}" for code, message in (erreurs or {}).items()},
        **_cadre(parcours, DOCUMENTS),
    )


def _page_verifier(parcours: Parcours, saisie: DemarcheSaisie, avis: Avis | None = None) -> Response:
    formulaire, vu = parcours.formulaire, parcours.contexte
    return render(
        "demarches/nouvelle/verifier.html",
        statut=409 if avis else 200,
        genre=vu.genre,
        lignes=[(ligne, _href(vu.genre.code, ligne.etape)) for ligne in formulaire.resumer(vu)],
        documents=[(demandee.nom, demandee.choisies) for demandee in documents(parcours)],
        avertissements=formulaire.avertir(vu),
        effets=formulaire.effets(vu),
        avis=avis,
        cle=saisie.cle,
        version=saisie.version,
        resume=_empreinte_du_resume(parcours),
        **_cadre(parcours, VERIFIER),
    )


def _cadre(parcours: Parcours, page: str) -> dict[str, Any]:
    code, ici = parcours.formulaire.genre, parcours.page(page)
    return {"ici": ici, "retour": _href(code, ici.avant), "action": _href(code, page), "onglet": "demarches"}


def _href(genre: str, page: str) -> str:
    if not page:
        return url_for("nouvelle_demarche.genre", genre=genre)
    if page in (DOCUMENTS, VERIFIER):
        return url_for(f"nouvelle_demarche.{page}", genre=genre)
    return url_for("nouvelle_demarche.etape", genre=genre, etape=page)


def _vers(genre: str, page: str) -> Response:
    if page in (DOCUMENTS, VERIFIER):
        return redirect_to(f"nouvelle_demarche.{page}", genre=genre)
    return redirect_to("nouvelle_demarche.etape", genre=genre, etape=page)


def _demandes() -> dict[str, str]:
    """What the address that leads here proposes; a few short words."""
    return {cle[:30]: valeur[:100] for cle, valeur in list(request.args.items())[:10]}


def _requete() -> str:
    demandes = _demandes()
    return f"?{urlencode(demandes)}" if demandes else ""
