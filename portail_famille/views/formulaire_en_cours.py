"""What the pages of a form being filled share: its context, its walk, the documents proposed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from flask import Response, abort, request
from sqlalchemy.orm import Session

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.genres import Genre
from portail_famille.forms.demarches.base import Contexte, Formulaire, PieceDemandee
from portail_famille.forms.demarches.parcours import Parcours, composer
from portail_famille.models.demarches import DemarcheSaisie
from portail_famille.services.documents import PieceLue
from portail_famille.services.dossiers import jour_de
from portail_famille.services.porte_documents import choisissables
from portail_famille.services.saisies import DEMANDES, PIECES
from portail_famille.views.acces import choisir_foyer, qui
from portail_famille.views.foyer import dossier
from portail_famille.views.web import aller_a, maintenant, reglages, render


@dataclass(frozen=True, slots=True)
class DocumentAJoindre:
    """A document asked for, as its page shows it."""

    demandee: PieceDemandee
    nom: str
    choisissables: tuple[PieceLue, ...]
    choisies: tuple[PieceLue, ...]


def contexte(
    session: Session, genre: Genre, saisie: DemarcheSaisie | None, demandes: Mapping[str, str] | None = None
) -> Contexte:
    """`demandes`: what the address says now; else what it said when the form was begun."""
    gardees = saisie.contenu.get(DEMANDES, {}) if saisie else {}
    return Contexte(session, dossier(session), qui(), genre, reglages(), maintenant(), {}, demandes or gardees)


def charger(session: Session, formulaire: Formulaire, vu: Contexte, saisie: DemarcheSaisie | None) -> Parcours:
    """Where the form stands; documents chosen and no longer to be joined are left out. One query where any was."""
    contenu = saisie.contenu if saisie else {}
    sans_pieces = composer(formulaire, replace(vu, session=session), contenu)
    if not any(contenu.get(PIECES, {}).values()):
        return sans_pieces
    choisies = {
        demandee.genre: [p for p in permises if p.id in contenu[PIECES].get(demandee.genre, ())]
        for demandee, permises in proposees(sans_pieces).items()
    }
    return composer(formulaire, sans_pieces.contexte, contenu, choisies)


def proposees(parcours: Parcours) -> dict[PieceDemandee, list[PieceLue]]:
    """For each document asked for, those of the porte-documents that this adult may join now. One query."""
    vu = parcours.contexte
    genres = {demandee.genre for demandee in parcours.demandees}
    connues = choisissables(vu.session, vu.acteur, jour_de(vu.maintenant), genres) if genres else []
    return {
        demandee: [
            p
            for p in connues
            if p.genre == demandee.genre
            and p.enfant_id in (None, demandee.enfant_id)
            and p.personne_id in (None, demandee.personne_id, vu.acteur.personne_id)
        ]
        for demandee in parcours.demandees
    }


def documents(parcours: Parcours) -> list[DocumentAJoindre]:
    noms = parcours.contexte.reglages.pieces
    return [
        DocumentAJoindre(
            demandee, noms[demandee.genre].nom, tuple(permises), tuple(parcours.choisies.get(demandee.genre, ()))
        )
        for demandee, permises in proposees(parcours).items()
    ]


def verifier_foyer() -> None:
    """A form shown for one foyer does nothing to another: the choice may have changed in another tab meanwhile."""
    acteur = qui()
    if request.form.get("foyer", str(acteur.foyer_id)) != str(acteur.foyer_id):
        nom = next(foyer.nom for foyer in acteur.foyers if foyer.id == acteur.foyer_id)
        raise RegleViolee(
            "foyer_change",
            f"Vous agissez maintenant pour le foyer «\u00a0{nom}\u00a0», et cette page parlait d’un autre. "
            "Rien n’a été fait\u00a0: changez de foyer dans «\u00a0Ma famille\u00a0» pour continuer.",
        )


def reprise(action: str, *, avec_les_champs: bool) -> Response | None:
    """The same where something was typed. None when it is the acting foyer, or is again once « Reprendre » is pressed;
    else a page with that button, which carries what was typed (`avec_les_champs`) or opens the page afresh. 404 for a
    foyer that is not hers."""
    acteur = qui()
    dit = request.form.get("foyer", str(acteur.foyer_id))
    if dit == str(acteur.foyer_id):
        return None
    noms = {str(foyer.id): foyer.nom for foyer in acteur.foyers}
    if dit not in noms:
        abort(404)
    if "reprendre" in request.form:
        choisir_foyer(int(dit), tout_de_suite=True)
        return None if avec_les_champs else aller_a(action)
    champs = [(nom, valeur) for nom, valeur in request.form.items(multi=True) if nom not in ("csrf_token", "foyer")]
    return render(
        "demarches/nouvelle/autre_foyer.html",
        statut=409,
        action=action,
        foyer=dit,
        nom=noms[dit],
        nom_actuel=noms[str(acteur.foyer_id)],
        champs=champs if avec_les_champs else (),
        avec_les_champs=avec_les_champs,
        onglet="demarches",
    )
