"""« Mon espace »: profile, foyer, entourage, and the changes waiting for an agent."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, abort, request, url_for
from sqlalchemy.orm import Session

from portail_famille.domain.demarches import Cote
from portail_famille.domain.fiches import Cible, Regime, regime, regimes_de
from portail_famille.forms.fiches import lire_saisie
from portail_famille.presentation.espace import (
    FAITS,
    composer_contacts,
    composer_entourage,
    composer_espace,
    composer_foyer,
    ecrire_aux_structures,
    ecrire_si_lecture,
)
from portail_famille.presentation.fiches import composer_demandes, composer_fiche, composer_formulaire
from portail_famille.services.accuses import accuser
from portail_famille.services.demarches import retirer as retirer_demarche
from portail_famille.services.dossiers import Dossier, Introuvable
from portail_famille.services.editions import foyer_en_lecture, verifier_edition
from portail_famille.services.fiches import (
    FicheChangee,
    FicheRefusee,
    Modification,
    chercher_demande,
    cible_de,
    lire_fiche,
    lire_suivi,
    modifier,
)
from portail_famille.services.journal import Auteur
from portail_famille.services.verifications_dossier import lire_contacts, lire_foyer_complet
from portail_famille.views.acces import parent, qui
from portail_famille.views.foyer import dossier
from portail_famille.views.web import ecriture, lecture, maintenant, redirect_to, reglages, render

bp = Blueprint("espace", __name__, url_prefix="/mon-espace")

# The two files one edits here: the acting person's own, and the foyer's she acts for.
_PAGES = {Cible.PERSONNE: ("espace.profil", "espace.modifier_profil"), Cible.FOYER: ("espace.foyer", "espace.adresse")}
_RETOURS = {"verification": "verification.verification"}
"""Where a correction goes back to, besides its own page."""


@bp.get("")
@parent
def espace() -> Response:
    lu = dossier(lecture())
    adultes = lire_foyer_complet(lecture(), lu.foyer_id)
    compose = composer_espace(adultes, qui().personne_id, regimes(lu, Cible.PERSONNE), regimes(lu, Cible.FOYER))
    return render("espace/page.html", espace=compose, ecrire=ecrire_si_lecture(lu), onglet="plus")


@bp.get("/profil")
@parent
def profil() -> Response:
    return _page_fiche(Cible.PERSONNE, "espace/profil.html")


@bp.get("/profil/modifier")
@parent
def modifier_profil() -> Response:
    return _page_formulaire(Cible.PERSONNE)


@bp.post("/profil/modifier")
@parent
def enregistrer_profil() -> Response:
    return _enregistrer(Cible.PERSONNE)


@bp.get("/foyer")
@parent
def foyer() -> Response:
    lu = dossier(lecture())
    complet = lire_foyer_complet(lecture(), lu.foyer_id)
    liens = {e.id: url_for("enfants.enfant", enfant_id=e.id) for e in lu.visibles}
    compose = composer_foyer(lu, complet, qui().personne_id, regimes(lu, Cible.PERSONNE), liens)
    peut_ajouter = reglages().demarches["enfant"].est_ouverte and not foyer_en_lecture(lu)
    return _page_fiche(Cible.FOYER, "espace/foyer.html", lu, foyer=compose, peut_ajouter=peut_ajouter)


@bp.get("/foyer/adresse")
@parent
def adresse() -> Response:
    return _page_formulaire(Cible.FOYER)


@bp.post("/foyer/adresse")
@parent
def enregistrer_adresse() -> Response:
    return _enregistrer(Cible.FOYER)


@bp.get("/entourage")
@parent
def entourage() -> Response:
    lu = dossier(lecture())
    permis = _regime_contacts()
    connus = lire_contacts(lecture(), lu.foyer_id, [e.id for e in lu.visibles]) if permis is not Regime.CACHE else ()
    liens = {e.id: url_for("enfants.enfant", enfant_id=e.id) for e in lu.visibles}
    return render(
        "espace/entourage.html",
        enfants=composer_entourage(lu, connus, liens, permis),
        montre=permis is not Regime.CACHE,
        ecrire=ecrire_si_lecture(lu),
        onglet="plus",
    )


@bp.get("/contacts")
@parent
def contacts() -> Response:
    lu = dossier(lecture())
    montre = _regime_contacts() is not Regime.CACHE
    connus = lire_contacts(lecture(), lu.foyer_id, [e.id for e in lu.visibles]) if montre else ()
    return render(
        "espace/contacts.html",
        contacts=composer_contacts(lu, connus),
        montre=montre,
        structures=ecrire_aux_structures(lu, lecture_seulement=False),
        ecrire=ecrire_si_lecture(lu),
        onglet="plus",
    )


@bp.post("/demandes/<numero>/retirer")
@parent
def retirer(numero: str) -> Response:
    """Takes back a request of the acting foyer; about another adult of it, or a child one may not see: 404."""
    acteur = qui()
    demarche = chercher_demande(ecriture(), numero, acteur.foyer_id) or abort(404)
    cible, id_ = cible_de(demarche)
    if cible is Cible.PERSONNE and id_ != acteur.personne_id:
        abort(404)
    if cible is Cible.ENFANT:
        try:
            dossier(ecriture()).enfant(id_)
        except Introuvable:
            abort(404)
    retirer_demarche(ecriture(), demarche, Auteur(Cote.FAMILLE, acteur.compte_id), maintenant())
    if cible is Cible.ENFANT:
        return redirect_to("enfants.enfant", enfant_id=id_, fait="retiree")
    return redirect_to(_PAGES[cible][0], fait="retiree")


def regimes(lu: Dossier, cible: Cible) -> dict[str, Regime]:
    """What the acting parent may do with her own fields, or her foyer's."""
    return regimes_de(cible, reglages().champs, est_lecture=foyer_en_lecture(lu))


def _regime_contacts() -> Regime:
    """Hidden, contacts are not even read."""
    return regime("enfant.contacts", reglages().champs)


def _id(cible: Cible) -> int:
    return qui().personne_id if cible is Cible.PERSONNE else qui().foyer_id


def _page_fiche(cible: Cible, gabarit: str, lu: Dossier | None = None, **data: Any) -> Response:
    lu = lu or dossier(lecture())
    fiche = lire_fiche(lecture(), cible, _id(cible))
    suivi = lire_suivi(lecture(), cible, _id(cible), maintenant(), foyer_id=qui().foyer_id)
    permis = regimes(lu, cible)
    return render(
        gabarit,
        lignes=composer_fiche(fiche, permis, suivi),
        demandes=composer_demandes(suivi, lu.foyer_id),
        est_modifiable=any(r in (Regime.DIRECT, Regime.DEMANDE) for r in permis.values()),
        ecrire=ecrire_si_lecture(lu),
        avis=FAITS.get(request.args.get("fait", "")),
        onglet="plus",
        **data,
    )


def _page_formulaire(
    cible: Cible,
    statut: int = 200,
    saisie: Mapping[str, str] | None = None,
    refus: FicheRefusee | None = None,
    changee: FicheChangee | None = None,
) -> Response:
    lu = dossier(lecture())
    verifier_edition(foyer_en_lecture(lu))
    fiche = changee.fiche if changee else lire_fiche(lecture(), cible, _id(cible))
    formulaire = composer_formulaire(
        fiche,
        regimes(lu, cible),
        lire_suivi(lecture(), cible, _id(cible), maintenant(), foyer_id=qui().foyer_id),
        saisie=saisie,
        erreurs={erreur.champ: erreur.message for erreur in refus.refus} if refus else None,
        ecarts=changee.ecarts if changee else (),
    )
    retour, action = _PAGES[cible]
    return render(
        "espace/formulaire.html",
        statut=statut,
        titre="Mon profil" if cible is Cible.PERSONNE else "Adresse du foyer",
        formulaire=formulaire,
        action=url_for(action),
        retour=url_for(retour),
        vers=request.values.get("vers", ""),
        onglet="plus",
    )


def _enregistrer(cible: Cible) -> Response:
    saisie = lire_saisie(request.form, cible)
    try:
        faite = _modifier(ecriture(), cible, saisie.valeurs, saisie.empreinte)
    except FicheRefusee as refus:
        return _page_formulaire(cible, 422, saisie.valeurs, refus=refus)
    except FicheChangee as changee:
        return _page_formulaire(cible, 409, saisie.valeurs, changee=changee)
    if faite.demarche is not None:
        accuser(faite.demarche, reglages())
    return redirect_to(_RETOURS.get(request.form.get("vers", ""), _PAGES[cible][0]), fait=_fait(faite))


def _modifier(session: Session, cible: Cible, valeurs: Mapping[str, str], empreinte: str) -> Modification:
    lu = dossier(session)
    verifier_edition(foyer_en_lecture(lu))
    return modifier(
        session,
        Auteur(Cote.FAMILLE, qui().compte_id),
        cible,
        _id(cible),
        valeurs,
        empreinte,
        regimes(lu, cible),
        maintenant(),
        foyer_id=lu.foyer_id,
    )


def _fait(faite: Modification) -> str:
    if faite.demarche is not None:
        return "partie" if faite.directs else "demande"
    return "enregistre" if faite.directs else "rien"
