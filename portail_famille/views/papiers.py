"""Papers of invoices, as families and the desk download them: read, give the connection back, then print."""

import io
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any

from flask import Response, current_app, make_response
from sqlalchemy.orm import Session

from portail_famille.gateways.chiffre import Illisible
from portail_famille.gateways.coffre import ObjetAbsent
from portail_famille.gateways.liasses import relier
from portail_famille.gateways.pdf import imprimer
from portail_famille.models.factures import Facture
from portail_famille.models.paiements import Reglement
from portail_famille.presentation.papiers_factures import (
    nom_du_fichier,
    ordre_postal,
    papier_de_la_facture,
    papier_du_recu,
)
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
    """A file each, in their order, that a voice can read. A page of the desk's list at most. Closes the reading
    session."""
    tampon = io.BytesIO()
    with zipfile.ZipFile(tampon, "w", zipfile.ZIP_DEFLATED) as archive:
        for rang, (fichier, octets) in enumerate(_imprimer_toutes(session, factures), 1):
            archive.writestr(f"{rang:02d}-{fichier}", octets)
    reponse = repondre_pdf(tampon.getvalue(), nom)
    reponse.mimetype = "application/zip"
    return reponse


def pdf_des_factures(session: Session, factures: Sequence[Facture], nom: str) -> Response:
    """The same in one file to print, in the order of addresses. Closes the reading session. Raises
    `LiasseImpossible`."""
    imprimees = _imprimer_toutes(session, sorted(factures, key=ordre_postal))
    return repondre_pdf(relier(octets for _, octets in imprimees), nom)


def pdf_du_recu(session: Session, reglement: Reglement) -> Response:
    """As above."""
    papier = papier_du_recu(lire_recu_imprimable(session, reglement, reglages()), reglages().apparence.couleur)
    nom = f"recu-{reglement.numero}.pdf"
    fermer_lecture()
    return repondre_pdf(imprimer("papier", papier), nom)


def _imprimer_toutes(session: Session, factures: Sequence[Facture]) -> Iterator[tuple[str, bytes]]:
    """All read first, then printed one at a time, the connection given back: name of the file, PDF."""
    lues = lire_factures_imprimables(session, factures, reglages())
    papiers = [(lue.facture.objet, nom_du_fichier(lue.facture), _papier(lue)) for lue in lues]
    fermer_lecture()
    for objet, fichier, papier in papiers:
        yield fichier, (_du_coffre(objet) if objet else None) or imprimer("facture", papier)


def _papier(lue: FactureImprimable) -> dict[str, Any]:
    return papier_de_la_facture(lue, reglages().apparence.couleur, jour_de(maintenant()))


def _du_coffre(objet: str) -> bytes | None:
    try:
        return coffre_de_la_commune(reglages()).get(objet)
    except (ObjetAbsent, Illisible, OSError):
        current_app.logger.error("the PDF %s of an imported invoice cannot be read", objet)
        return None
