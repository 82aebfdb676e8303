"""Papers of invoices, as families and the desk download them: read, give the connection back, then print."""

import io
import zipfile
from collections.abc import Sequence
from typing import Any

from flask import Response, current_app, make_response
from sqlalchemy.orm import Session

from portail_famille.gateways.chiffre import Illisible
from portail_famille.gateways.coffre import ObjetAbsent
from portail_famille.gateways.pdf import imprimer
from portail_famille.models.factures import Facture
from portail_famille.models.paiements import Reglement
from portail_famille.presentation.papiers_factures import nom_du_fichier, papier_de_la_facture, papier_du_recu
from portail_famille.services.documents import coffre_de_la_commune
from portail_famille.services.dossiers import jour_de
from portail_famille.services.papiers_factures import (
    FactureImprimable,
    lire_facture_imprimable,
    lire_factures_imprimables,
    lire_recu_imprimable,
)
from portail_famille.views.web import fermer_lecture, maintenant, reglages


def repondre_pdf(octets: bytes, nom: str) -> Response:
    reponse = make_response(octets)
    reponse.mimetype = "application/pdf"
    reponse.headers["Content-Disposition"] = f'attachment; filename="{nom}"'
    reponse.headers["Cache-Control"] = "private, no-store"
    return reponse


def pdf_de_la_facture(session: Session, facture: Facture) -> Response:
    """The caller has decided who may. An imported invoice comes as the other software printed it; where it sent no
    paper, or the coffre cannot give it, ours says the same. Closes the reading session."""
    papier = _papier(lire_facture_imprimable(session, facture, reglages()))
    nom, objet = nom_du_fichier(facture), facture.objet
    fermer_lecture()
    octets = _du_coffre(objet) if objet else None
    return repondre_pdf(octets or imprimer("facture", papier), nom)


def zip_des_factures(session: Session, factures: Sequence[Facture], nom: str) -> Response:
    """A file to print each, in their order: put together they would lose what makes them readable by a voice. A page of
    the desk's list at most. Closes the reading session."""
    imprimables = lire_factures_imprimables(session, factures, reglages())
    papiers = [(i.facture.objet, nom_du_fichier(i.facture), _papier(i)) for i in imprimables]
    fermer_lecture()
    tampon = io.BytesIO()
    with zipfile.ZipFile(tampon, "w", zipfile.ZIP_DEFLATED) as archive:
        for rang, (objet, fichier, papier) in enumerate(papiers, 1):
            archive.writestr(
                f"{rang:02d}-{fichier}", (_du_coffre(objet) if objet else None) or imprimer("facture", papier)
            )
    reponse = repondre_pdf(tampon.getvalue(), nom)
    reponse.mimetype = "application/zip"
    return reponse


def pdf_du_recu(session: Session, reglement: Reglement) -> Response:
    """As above."""
    papier = papier_du_recu(lire_recu_imprimable(session, reglement, reglages()), reglages().apparence.couleur)
    nom = f"recu-{reglement.numero}.pdf"
    fermer_lecture()
    return repondre_pdf(imprimer("papier", papier), nom)


def _papier(lue: FactureImprimable) -> dict[str, Any]:
    return papier_de_la_facture(lue, reglages().apparence.couleur, jour_de(maintenant()))


def _du_coffre(objet: str) -> bytes | None:
    try:
        return coffre_de_la_commune(reglages()).get(objet)
    except (ObjetAbsent, Illisible, OSError):
        current_app.logger.error("the PDF %s of an imported invoice cannot be read", objet)
        return None
