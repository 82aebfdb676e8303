"""Documents sent with a form: examined and in the coffre before anything is written, kept by kind."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import request
from sqlalchemy.orm import Session

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.pieces import NOMBRE_PAR_ENVOI
from portail_famille.forms.demarches.base import PieceDemandee
from portail_famille.forms.demarches.parcours import Parcours
from portail_famille.services.documents import Entrepose, ranger_piece, regles_de
from portail_famille.views.fiche_enfant import auteur, recevoir_fichier
from portail_famille.views.formulaire_en_cours import proposees
from portail_famille.views.web import fermer_lecture, maintenant, reglages


@dataclass(frozen=True, slots=True)
class Recus:
    """What a page of documents sent. `sains`: kind and document; `erreurs`: a sentence by kind."""

    sains: Sequence[tuple[PieceDemandee, Entrepose]]
    erreurs: dict[str, str]

    def ranger(self, session: Session, parcours: Parcours) -> tuple[dict[str, list[int]], dict[str, str]]:
        """Keeps the new ones; the documents chosen by kind, those ticked that may still be joined included."""
        choix = {
            demandee.genre: [p.id for p in permises if str(p.id) in request.form.getlist(f"piece_{demandee.genre}")]
            for demandee, permises in proposees(parcours).items()
        }
        erreurs = dict(self.erreurs)
        for demandee, document in self.sains:
            try:
                piece = ranger_piece(
                    session,
                    document,
                    genre=demandee.genre,
                    foyer_id=parcours.contexte.dossier.foyer_id,
                    auteur=auteur(),
                    maintenant=maintenant(),
                    enfant_id=demandee.enfant_id,
                    personne_id=demandee.personne_id,
                    regles=regles_de(reglages()),
                )
            except RegleViolee as refus:
                erreurs[demandee.genre] = refus.message
            else:
                choix.setdefault(demandee.genre, []).append(piece.id)
        return choix, erreurs


def recevoir(demandees: Sequence[PieceDemandee]) -> Recus:
    """Reads, examines and puts in the coffre, the database let go meanwhile: a photo takes a second."""
    fichiers = [
        (demandee, fichier)
        for demandee in demandees
        for fichier in request.files.getlist(f"fichier_{demandee.genre}")
        if fichier.filename
    ]
    fermer_lecture()
    sains: list[tuple[PieceDemandee, Entrepose]] = []
    erreurs: dict[str, str] = {}
    for demandee, fichier in fichiers[:NOMBRE_PAR_ENVOI]:
        try:
            sains.append((demandee, recevoir_fichier(fichier)))
        except RegleViolee as refus:
            erreurs[demandee.genre] = f"{fichier.filename}\u00a0: {refus.message}"
    for demandee, _ in fichiers[NOMBRE_PAR_ENVOI:]:
        erreurs[demandee.genre] = f"Envoyez {NOMBRE_PAR_ENVOI} fichiers au plus à la fois."
    return Recus(sains, erreurs)
