"""What the views of a child's file share: the child one may change, the coffre, documents received."""

from dataclasses import dataclass

from flask import abort, request
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from portail_famille.domain.demarches import Cote
from portail_famille.domain.fiches import Regime, regime
from portail_famille.domain.pieces import TAILLE_MAXIMALE
from portail_famille.gateways.antivirus import antivirus_de
from portail_famille.gateways.chiffre import Chiffre
from portail_famille.gateways.coffre import Coffre
from portail_famille.presentation.mots import ecrire_a
from portail_famille.presentation.vues import Ecrire
from portail_famille.services.documents import Entrepose, coffre_de_la_commune, entreposer, jeter
from portail_famille.services.dossiers import Dossier, EnfantLu
from portail_famille.services.editions import enfant_en_lecture, structures_de, verifier_edition
from portail_famille.services.examen import DocumentSain, examiner_a_son_tour, trop_lourd
from portail_famille.services.journal import Auteur
from portail_famille.views.acces import qui
from portail_famille.views.foyer import dossier, enfant_ou_404
from portail_famille.views.web import apres_ecriture, fermer_lecture, reglages, verifier_hors_ecriture

SANTE, AUTORISATIONS, CONTACTS = "enfant.sante", "enfant.autorisations", "enfant.contacts"


@dataclass(frozen=True, slots=True)
class Ouverture:
    """A child this person has authority on today, in the foyer she acts for."""

    dossier: Dossier
    enfant: EnfantLu
    est_lecture: bool

    def regime(self, code: str) -> Regime:
        return regime(code, reglages().champs, est_lecture=self.est_lecture)

    @property
    def freres(self) -> dict[int, str]:
        """Her other children of this foyer, those whose files are not read-only."""
        return {
            e.id: e.prenom
            for e in self.dossier.visibles
            if e.id != self.enfant.id and not enfant_en_lecture(self.dossier, e)
        }

    @property
    def ecrire(self) -> tuple[Ecrire, ...]:
        """Whom to write to when nothing is changed here."""
        if not self.est_lecture:
            return ()
        return tuple(ecrire_a(self.dossier, code, self.enfant) for code in structures_de(self.dossier, self.enfant))


def ouvrir(session: Session, enfant_id: int) -> Ouverture:
    """404 for a child of another family, or one this person has no authority on."""
    lu = dossier(session)
    enfant = enfant_ou_404(lu, enfant_id)
    return Ouverture(lu, enfant, enfant_en_lecture(lu, enfant))


def ouvrir_pour_changer(session: Session, enfant_id: int, code: str) -> Ouverture:
    """The same where this part of the file may be changed: hidden it is a 404, read-only a `RegleViolee`."""
    ouverte = ouvrir(session, enfant_id)
    permis = ouverte.regime(code)
    if permis is Regime.CACHE:
        abort(404)
    verifier_edition(permis is Regime.LECTURE)
    return ouverte


def auteur() -> Auteur:
    return Auteur(Cote.FAMILLE, qui().compte_id)


def chiffre() -> Chiffre:
    return Chiffre(reglages().cle_coffre)


def coffre() -> Coffre:
    """For now, not for later: never while the database is written."""
    verifier_hors_ecriture()
    return coffre_de_la_commune(reglages())


def document_recu(champ: str = "document") -> Entrepose | None:
    """The document sent, as `recevoir_fichier`; None when none was. Raises `RegleViolee` on the field `document`.

    Nothing of the database is held meanwhile: a photo takes a second.
    """
    fichier = request.files.get(champ)
    if fichier is None or not fichier.filename:
        return None
    return recevoir_fichier(fichier)


def recevoir_fichier(fichier: FileStorage, compte_id: int | None = None) -> Entrepose:
    """One of the documents sent, looked at by the town's antivirus, examined, rewritten and put in the coffre;
    `compte_id`: an agent's. The only way in for a document (a test says so): whatever the request becomes, what no row
    names leaves the coffre. Raises `RegleViolee` on the field `document`."""
    lieu = coffre()
    document = entreposer(lieu, _examiner(fichier, compte_id))

    def nettoyer(est_validee: bool) -> None:
        if not (est_validee and document.est_range):
            jeter(lieu, document)

    apres_ecriture(nettoyer)
    return document


def _examiner(fichier: FileStorage, compte_id: int | None) -> DocumentSain:
    compte_id, octets = compte_id or qui().compte_id, fichier.read(TAILLE_MAXIMALE + 1)
    if len(octets) > TAILLE_MAXIMALE:
        raise trop_lourd()
    fermer_lecture()
    antivirus = antivirus_de(reglages().documents.antivirus)
    return examiner_a_son_tour(octets, fichier.filename or "", compte_id, antivirus=antivirus)


def statut_de(code: str) -> int:
    """Of an answer to a document that cannot be kept."""
    return {"document_trop_lourd": 413, "examen_occupe": 503}.get(code, 422)
