"""« Corriger »: an agent writes in a family’s file at once, whatever the family may do there by herself."""

from dataclasses import dataclass, replace

from flask import Blueprint, Response, abort, request, url_for
from sqlalchemy.orm import Session

from portail_famille.domain.droits import Action
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.fiches import Cible, regimes_agent
from portail_famille.forms.fiches import SaisieFiche, lire_saisie
from portail_famille.presentation.fiches import FormulaireFiche, composer_formulaire
from portail_famille.services.familles import adulte_du_foyer, enfant_a_changer
from portail_famille.services.fiches import (
    FicheChangee,
    FicheRefusee,
    demandes_en_attente,
    lire_fiche,
    modifier,
)
from portail_famille.services.scolarite import changer_structure, lire_structure, peut_changer
from portail_famille.views.acces import agent
from portail_famille.views.agent.bureau import (
    auteur,
    choix_de_structures,
    foyer_ou_404,
    nom_de_structure,
    noter_lecture,
    perimetre,
    regles,
)
from portail_famille.views.web import ecriture, lecture, maintenant, redirect_to, render

bp = Blueprint("agent_corrections", __name__, url_prefix="/agent/foyers")


@dataclass(frozen=True, slots=True)
class _Ouverte:
    """A file of this foyer, in the perimeter of the agent."""

    foyer_id: int
    cible: Cible
    id: int


@bp.get("/<int:foyer_id>/adresse")
@agent(Action.INSTRUIRE)
def adresse(foyer_id: int) -> Response:
    return _montrer(_ouvrir(lecture(), foyer_id, Cible.FOYER, foyer_id))


@bp.post("/<int:foyer_id>/adresse")
@agent(Action.INSTRUIRE)
def corriger_adresse(foyer_id: int) -> Response:
    return _enregistrer(_ouvrir(ecriture(), foyer_id, Cible.FOYER, foyer_id))


@bp.get("/<int:foyer_id>/adultes/<int:personne_id>")
@agent(Action.INSTRUIRE)
def adulte(foyer_id: int, personne_id: int) -> Response:
    return _montrer(_ouvrir(lecture(), foyer_id, Cible.PERSONNE, personne_id))


@bp.post("/<int:foyer_id>/adultes/<int:personne_id>")
@agent(Action.INSTRUIRE)
def corriger_adulte(foyer_id: int, personne_id: int) -> Response:
    return _enregistrer(_ouvrir(ecriture(), foyer_id, Cible.PERSONNE, personne_id))


@bp.get("/<int:foyer_id>/enfants/<int:enfant_id>")
@agent(Action.INSTRUIRE)
def enfant(foyer_id: int, enfant_id: int) -> Response:
    return _montrer(_ouvrir(lecture(), foyer_id, Cible.ENFANT, enfant_id))


@bp.post("/<int:foyer_id>/enfants/<int:enfant_id>")
@agent(Action.INSTRUIRE)
def corriger_enfant(foyer_id: int, enfant_id: int) -> Response:
    return _enregistrer(_ouvrir(ecriture(), foyer_id, Cible.ENFANT, enfant_id))


def _ouvrir(session: Session, foyer_id: int, cible: Cible, id_: int) -> _Ouverte:
    """404 for a foyer of another structure, or somebody of another foyer."""
    foyer_ou_404(session, foyer_id)
    try:
        if cible is Cible.PERSONNE:
            adulte_du_foyer(session, foyer_id, id_)
        elif cible is Cible.ENFANT:
            enfant_a_changer(session, perimetre(Action.INSTRUIRE), foyer_id, id_)
    except RegleViolee as refus:
        abort(404, description=refus.message)
    return _Ouverte(foyer_id, cible, id_)


def _montrer(ouverte: _Ouverte) -> Response:
    noter_lecture(ouverte.foyer_id)
    return _page(ouverte)


def _enregistrer(ouverte: _Ouverte) -> Response:
    session, saisie = ecriture(), lire_saisie(request.form, ouverte.cible)
    try:
        faite = modifier(
            session,
            auteur(),
            ouverte.cible,
            ouverte.id,
            saisie.valeurs,
            saisie.empreinte,
            regimes_agent(ouverte.cible),
            maintenant(),
            foyer_id=ouverte.foyer_id,
        )
        est_deplace = _changer_structure(session, ouverte)
    except FicheRefusee as refus:
        return _page(ouverte, 422, saisie, refus=refus)
    except FicheChangee as changee:
        return _page(ouverte, 409, saisie, changee=changee)
    except _StructureRefusee as refus:
        session.rollback()
        return _page(ouverte, 422, saisie, sur_la_structure=refus.message)
    fait = "corrige" if faite.directs or est_deplace else "rien"
    return redirect_to("agent_foyers.foyer", foyer_id=ouverte.foyer_id, fait=fait)


class _StructureRefusee(Exception):
    """Its sentence goes beside the list of structures."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def _changer_structure(session: Session, ouverte: _Ouverte) -> bool:
    if ouverte.cible is not Cible.ENFANT or "structure" not in request.form:
        return False
    try:
        return changer_structure(
            session,
            ouverte.id,
            request.form["structure"],
            request.form.get("structure_vue", ""),
            perimetre(Action.INSTRUIRE),
            auteur(),
            maintenant(),
            foyer_id=ouverte.foyer_id,
            noms=dict(choix_de_structures()),
        )
    except RegleViolee as refus:
        raise _StructureRefusee(refus.message) from None


def _page(
    ouverte: _Ouverte,
    statut: int = 200,
    saisie: SaisieFiche | None = None,
    refus: FicheRefusee | None = None,
    changee: FicheChangee | None = None,
    sur_la_structure: str = "",
) -> Response:
    fiche = changee.fiche if changee else lire_fiche(lecture(), ouverte.cible, ouverte.id)
    formulaire = composer_formulaire(
        fiche,
        regimes_agent(ouverte.cible),
        demandes_en_attente(lecture(), ouverte.cible, ouverte.id),
        saisie=saisie.valeurs if saisie else None,
        erreurs={erreur.champ: erreur.message for erreur in refus.refus} if refus else None,
        ecarts=changee.ecarts if changee else (),
    )
    prenom, nom = (fiche.valeurs.get(f"{ouverte.cible.value}.{champ}", "") for champ in ("prenom", "nom"))
    actuelle, structures = _structures(ouverte)
    return render(
        "agent/corriger.html",
        statut=statut,
        qui=f"{prenom} {nom}".strip() or "l’adresse",
        formulaire=_d_un_autre(formulaire),
        structures=structures,
        structure={
            "vue": actuelle,
            "choisie": request.form.get("structure", actuelle),
            "erreur": sur_la_structure,
        },
        action=request.script_root + request.path,
        retour=url_for("agent_foyers.foyer", foyer_id=ouverte.foyer_id),
        onglet="familles",
    )


def _structures(ouverte: _Ouverte) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The child's structure and those this agent may choose; nothing to choose when it is not hers to change."""
    if ouverte.cible is not Cible.ENFANT:
        return "", ()
    ou = perimetre(Action.INSTRUIRE)
    actuelle_id, actuelle = lire_structure(lecture(), ouverte.id)
    if not peut_changer(ou, actuelle_id):
        return actuelle, ()
    ids = regles().structure_ids
    choix = tuple((code, nom) for code, nom in choix_de_structures() if peut_changer(ou, ids.get(code)))
    if actuelle and actuelle not in dict(choix):
        choix = ((actuelle, nom_de_structure(actuelle)), *choix)
    return actuelle, (("", "Aucune"), *choix) if peut_changer(ou, None) else choix


def _d_un_autre(formulaire: FormulaireFiche) -> FormulaireFiche:
    """A browser must not offer the agent’s own name and telephone for somebody else’s (RGAA 11.13 is about oneself)."""
    champs = tuple(replace(c, attributs=c.attributs | {"autocomplete": "off"}) for c in formulaire.champs)
    return replace(formulaire, champs=champs)
