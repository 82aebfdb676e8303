"""A child’s file: school, health, authorisations, contacts; « ajouter un enfant »."""

from collections.abc import Mapping

from flask import Blueprint, Response, abort, request, url_for
from sqlalchemy.orm import Session

from portail_famille.domain.fiches import Cible, Regime, regimes_de
from portail_famille.forms.fiches import lire_saisie
from portail_famille.models.demarches import Demarche
from portail_famille.presentation.enfants import (
    FAITS,
    composer_contacts,
    composer_demandes_sante,
    composer_pieces,
    composer_reponses,
    composer_sante,
    est_ouvert,
)
from portail_famille.presentation.fiches import RIEN, LigneFiche, composer_demandes, composer_fiche, composer_formulaire
from portail_famille.presentation.mots import de, pastille
from portail_famille.services import enfants as services
from portail_famille.services.accuses import accuser
from portail_famille.services.demarches import retirer as retirer_demarche
from portail_famille.services.documents import pieces_de_l_enfant, regles_de
from portail_famille.services.dossiers import Dossier, Introuvable, jour_de
from portail_famille.services.editions import verifier_edition
from portail_famille.services.entourage import lire_contacts
from portail_famille.services.fiches import Fiche, FicheChangee, FicheRefusee, lire_suivi, modifier
from portail_famille.services.sante import GENRE as GENRE_SANTE
from portail_famille.views.acces import apercu, parent, qui
from portail_famille.views.fiche_enfant import (
    AUTORISATIONS,
    CONTACTS,
    SANTE,
    Ouverture,
    auteur,
    chiffre,
    ouvrir,
)
from portail_famille.views.foyer import dossier
from portail_famille.views.web import (
    ecriture,
    lecture,
    maintenant,
    redirect_to,
    reglages,
    render,
)

bp = Blueprint("enfants", __name__, url_prefix="/famille")


@bp.get("/enfants/<int:enfant_id>")
@parent
def enfant(enfant_id: int) -> Response:
    """Everything of a child on one page, each part with its « Modifier »."""
    session = lecture()
    ouverte = ouvrir(session, enfant_id)
    foyer_id, aujourdhui = ouverte.dossier.foyer_id, jour_de(maintenant())
    fiche = services.lire_fiche_enfant(session, chiffre(), enfant_id, foyer_id)
    pieces = pieces_de_l_enfant(session, foyer_id, enfant_id)
    demandes = services.demandes_de_l_enfant(session, foyer_id, enfant_id, maintenant())
    sur_fiche = [d for d in demandes if d.genre == "coordonnees"]
    sante, sante_par = composer_sante(fiche, ouverte.enfant.pai, pieces, aujourdhui)
    permis = {partie: ouverte.regime(code) for partie, code in _PARTIES.items()}
    if apercu() is not None:
        # An agent reads a child's health at the desk, where each reading leaves its line.
        permis["sante"] = Regime.CACHE
        pieces = [piece for piece in pieces if piece.genre not in regles_de(reglages()).de_sante]
    return render(
        "enfants/page.html",
        enfant=ouverte.enfant,
        pastille=pastille(ouverte.enfant),
        nom=f"{ouverte.enfant.prenom} {ouverte.enfant.nom}",
        de_prenom=de(ouverte.enfant.prenom),
        lignes=(*composer_fiche(_fiche(ouverte), _regimes(ouverte), sur_fiche), _ligne_ecole(ouverte)),
        demandes=composer_demandes(sur_fiche, foyer_id),
        est_modifiable=any(map(est_ouvert, _regimes(ouverte).values())),
        montre={partie: regime is not Regime.CACHE for partie, regime in permis.items()},
        ouvert={partie: est_ouvert(regime) for partie, regime in permis.items()},
        sante=sante,
        sante_par=sante_par,
        demandes_sante=composer_demandes_sante(d for d in demandes if d.genre == GENRE_SANTE),
        reponses=composer_reponses(fiche.autorisations),
        contacts=composer_contacts(lire_contacts(session, foyer_id, (enfant_id,))[enfant_id]),
        pieces=composer_pieces(pieces, regles_de(reglages())),
        a_deux_foyers=ouverte.enfant.garde is not None,
        ecrire=ouverte.ecrire,
        avis=FAITS.get(request.args.get("fait", "")),
        onglet="accueil",
    )


@bp.get("/enfants/<int:enfant_id>/identite")
@parent
def identite(enfant_id: int) -> Response:
    return _page_identite(enfant_id)


@bp.post("/enfants/<int:enfant_id>/identite")
@parent
def enregistrer_identite(enfant_id: int) -> Response:
    session = ecriture()
    ouverte = ouvrir(session, enfant_id)
    verifier_edition(ouverte.est_lecture)
    saisie = lire_saisie(request.form, Cible.ENFANT)
    try:
        faite = modifier(
            session,
            auteur(),
            Cible.ENFANT,
            enfant_id,
            saisie.valeurs,
            saisie.empreinte,
            _regimes(ouverte),
            maintenant(),
            foyer_id=ouverte.dossier.foyer_id,
        )
    except FicheRefusee as refus:
        return _page_identite(enfant_id, 422, saisie.valeurs, refus=refus)
    except FicheChangee as changee:
        return _page_identite(enfant_id, 409, saisie.valeurs, changee=changee)
    fait = "rien" if not (faite.directs or faite.demarche) else "enregistre"
    if faite.demarche is not None:
        accuser(faite.demarche, reglages())
        fait = "partie" if faite.directs else "demande"
    return redirect_to("enfants.enfant", enfant_id=enfant_id, fait=fait)


@bp.get("/ajouter-un-enfant")
@parent
def ajouter() -> Response:
    """Where it was asked for before it was a démarche like the others."""
    return redirect_to("nouvelle_demarche.genre", genre=services.GENRE)


@bp.get("/demandes/<numero>")
@parent
def demande(numero: str) -> Response:
    """Where mails of before led: the page of every démarche."""
    _ma_demande(lecture(), dossier(lecture()), numero)
    return redirect_to("demarches.demarche", numero=numero)


@bp.post("/demandes/<numero>/retirer")
@parent
def retirer(numero: str) -> Response:
    session = ecriture()
    demarche = _ma_demande(session, dossier(session), numero)
    retirer_demarche(session, demarche, auteur(), maintenant())
    if demarche.genre == GENRE_SANTE:
        return redirect_to("enfants.enfant", enfant_id=demarche.enfant_id, fait="retiree", _anchor="sante")
    return redirect_to("famille.famille")


_PARTIES = {"sante": SANTE, "autorisations": AUTORISATIONS, "contacts": CONTACTS}


def _ma_demande(session: Session, lu: Dossier, numero: str) -> Demarche:
    """A request of the acting foyer; about a child one has no authority on, or another family's: 404."""
    demarche = services.lire_demande(session, lu.foyer_id, qui().compte_id, numero) or abort(404)
    if demarche.enfant_id is not None:
        try:
            lu.enfant(demarche.enfant_id)
        except Introuvable:
            abort(404)
    return demarche


def _page_identite(
    enfant_id: int,
    statut: int = 200,
    saisie: Mapping[str, str] | None = None,
    refus: FicheRefusee | None = None,
    changee: FicheChangee | None = None,
) -> Response:
    ouverte = ouvrir(lecture(), enfant_id)
    verifier_edition(ouverte.est_lecture)
    formulaire = composer_formulaire(
        changee.fiche if changee else _fiche(ouverte),
        _regimes(ouverte),
        lire_suivi(lecture(), Cible.ENFANT, enfant_id, maintenant(), foyer_id=ouverte.dossier.foyer_id),
        saisie=saisie,
        erreurs={erreur.champ: erreur.message for erreur in refus.refus} if refus else None,
        ecarts=changee.ecarts if changee else (),
    )
    return render(
        "espace/formulaire.html",
        statut=statut,
        titre=f"Identité {de(ouverte.enfant.prenom)}",
        formulaire=formulaire,
        action=url_for("enfants.enregistrer_identite", enfant_id=enfant_id),
        retour=url_for("enfants.enfant", enfant_id=enfant_id),
        vers="",
        onglet="accueil",
    )


def _fiche(ouverte: Ouverture) -> Fiche:
    """The child's own columns, already loaded with the foyer."""
    enfant = ouverte.enfant
    valeurs = {
        "enfant.prenom": enfant.prenom,
        "enfant.nom": enfant.nom,
        "enfant.naissance": enfant.naissance.isoformat(),
        "enfant.classe": enfant.classe,
    }
    return Fiche(Cible.ENFANT, enfant.id, valeurs)


def _regimes(ouverte: Ouverture) -> dict[str, Regime]:
    return regimes_de(Cible.ENFANT, reglages().champs, est_lecture=ouverte.est_lecture)


def _ligne_ecole(ouverte: Ouverture) -> LigneFiche:
    """A small child's is no school."""
    regles = ouverte.dossier.regles
    code = regles.structures.get(ouverte.enfant.structure_id or 0)
    if not code:
        return LigneFiche("École", RIEN)
    structure = regles.catalogue.structures[code]
    return LigneFiche("École" if structure.genre == "ecole" else "Structure", structure.nom)
