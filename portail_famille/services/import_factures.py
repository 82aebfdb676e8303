"""Import of the invoices that another software sends in, in the caller's transaction: all of them or nothing.

An invoice issued is never changed: the same number with the same content is left alone, with another content refused.
Two things may be said later: the day of a direct debit, and what was collected over there (docs/fichier-factures.md).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session, aliased

from portail_famille.config import ReglagesCommune
from portail_famille.domain.cellules import en_ordre
from portail_famille.domain.fichier_factures import (
    COLONNES,
    OBLIGATOIRES,
    FactureDuFichier,
    ReglementDit,
    ReperesFactures,
    lire_factures,
    regle_de_plus,
)
from portail_famille.domain.libelles import ecrire_date
from portail_famille.domain.montants import ecrire_centimes
from portail_famille.domain.tableur import Faute, FichierRefuse, Tableau, decoder, lire_tableau
from portail_famille.models.factures import Facture
from portail_famille.models.foyers import Foyer
from portail_famille.models.fusions import Fusion
from portail_famille.services.calendrier import nouvelle_version
from portail_famille.services.dossiers import jour_de
from portail_famille.services.ecriture_factures import Ecriture
from portail_famille.services.journal import SYSTEME, consigner
from portail_famille.services.livres import ecrire_emplois, ouvrir_comptes, verrouiller_foyers
from portail_famille.services.reglements import en_paiement
from portail_famille.services.reglements_importes import Encaissement, ecrire_encaissements, lire_dits
from portail_famille.services.reperes_factures import Cle, FacturesConnues, Repere, faute_de, lire_connues, reperer


@dataclass(slots=True)
class RapportFactures:
    """What was done, or would be."""

    factures: int = 0
    avoirs: int = 0
    total_centimes: int = 0
    inchangees: int = 0
    prelevements: int = 0
    """Whose day of direct debit is new."""
    retenus: int = 0
    """Whose day is not announced: a payment under way may still pay it."""
    sans_pdf: int = 0
    encaissements: int = 0
    encaisses_centimes: int = 0
    """Said to be collected by the other software since the last file."""
    remarques: list[Faute] = field(default_factory=list)
    """What somebody has to look at, in the order of the file; nothing is refused for it."""


@dataclass(slots=True)
class Rapprochement:
    """What the file brings: invoices that are not there yet with their family, days of direct debit and payments that
    are new."""

    nouvelles: list[tuple[FactureDuFichier, Repere]] = field(default_factory=list)
    prelevements: dict[int, date | None] = field(default_factory=dict)
    """By id of the invoice."""
    encaissements: dict[int, Encaissement] = field(default_factory=dict)
    """Of invoices that are there, by their id."""
    des_nouvelles: list[Encaissement] = field(default_factory=list)
    retenus: set[int] = field(default_factory=set)
    connues: int = 0
    """That are there already, whatever is new of them."""
    remarques: list[Faute] = field(default_factory=list)


def lire_tableau_de_factures(octets: bytes) -> Tableau:
    """The rows of the file. Raises FichierRefuse when it is no such file."""
    return lire_tableau(decoder(octets), COLONNES, OBLIGATOIRES)


def lire_fichier(tableau: Tableau, reglages: ReglagesCommune, regie: str, aujourdhui: date) -> list[FactureDuFichier]:
    """The invoices of the file. `regie`: of rows that name none; "": the only one that is imported.

    Raises FichierRefuse with every fault, in the order of the file.
    """
    importees = [code for code, r in reglages.regies.items() if r.est_importee]
    par_defaut = regie or (importees[0] if len(importees) == 1 else "")
    factures, fautes = lire_factures(tableau, ReperesFactures(aujourdhui, reglages.regies, par_defaut))
    if fautes:
        raise FichierRefuse(en_ordre(fautes, tableau))
    return factures


def rapprocher_factures(
    session: Session, factures: Sequence[FactureDuFichier], empreintes: Mapping[str, str], *, avec_pdf: bool
) -> Rapprochement:
    """Compares the file with the portal; `empreintes`: of the PDFs at hand. Raises FichierRefuse with every fault: a
    family or a child not found, an invoice issued that says something else, a PDF missing."""
    connues, dits = lire_connues(session, factures), lire_dits(session, factures)
    trouve, fautes = Rapprochement(), []
    retires: dict[int | Cle, int] = defaultdict(int)
    for facture in factures:
        repere, siennes = reperer(facture, connues)
        deja = connues.emises.get((facture.regie, facture.numero))
        if deja is not None and not siennes:
            siennes = _comparer(facture, repere, deja, connues, empreintes)
            if not siennes:
                siennes = _actualiser(trouve, facture, deja, dits.get((facture.regie, facture.numero), []))
        elif deja is None:
            if facture.pdf and facture.pdf not in empreintes:
                siennes.append(faute_de(facture, "pdf", _pdf_absent(avec_pdf=avec_pdf)))
            if facture.avoir_de and not siennes:
                retires[repere.origine or (facture.regie, facture.avoir_de)] -= facture.total_centimes
            trouve.nouvelles.append((facture, repere))
            if facture.regle_centimes:
                trouve.des_nouvelles.append(Encaissement(facture, facture.regle_centimes))
        fautes += siennes
    fautes = fautes or list(_avoirs_en_trop(session, trouve.nouvelles, retires))
    if fautes:
        raise FichierRefuse(sorted(fautes, key=lambda f: (f.ligne, COLONNES.index(f.colonne))))
    for facture_id in en_paiement(session, trouve.encaissements):
        raison = "un paiement en ligne de cette facture est en cours\u202f; s’il aboutit, la famille aura une avance"
        trouve.remarques.append(faute_de(trouve.encaissements[facture_id].facture, "regle", raison))
    _retenir_les_prelevements(session, trouve)
    return trouve


def importer_factures(
    session: Session,
    factures: Sequence[FactureDuFichier],
    empreintes: Mapping[str, str],
    objets: Mapping[Cle, str],
    reglages: ReglagesCommune,
    maintenant: datetime,
    *,
    avec_courriels: bool = True,
) -> RapportFactures:
    """Writes what is new. `objets`: the PDFs kept, by régie and number. `avec_courriels` False: families are not told.

    Raises FichierRefuse as `rapprocher_factures` does: two imports at once follow each other, the second compares
    again.
    """
    nouvelle_version(session, "factures", increment=0)
    while True:
        fusions = _fusions(session)
        trouve = rapprocher_factures(session, factures, empreintes, avec_pdf=True)
        foyers = {repere.foyer_id for _, repere in trouve.nouvelles}
        touchees = trouve.prelevements.keys() | trouve.encaissements.keys()
        des_touchees = select(Facture.foyer_id).where(Facture.id.in_(touchees))
        verrouiller_foyers(session, select(Foyer.id).where(or_(Foyer.id.in_(foyers), Foyer.id.in_(des_touchees))))
        # Families that merged, or parted again, while it waited for them are not those that it read.
        if fusions == _fusions(session):
            break
    ecriture = Ecriture(session, reglages, maintenant, empreintes, objets, avec_courriels=avec_courriels)
    # What an avoir corrects may be in the same file: it comes first.
    ecriture.ecrire([(f, r) for f, r in trouve.nouvelles if not f.avoir_de])
    ecriture.ecrire([(f, r) for f, r in trouve.nouvelles if f.avoir_de])
    # Before any credit: what was collected of an invoice pays that invoice.
    siens = [(ecriture.ids[e.facture.regie, e.facture.numero], e) for e in trouve.des_nouvelles]
    ecrire_encaissements(session, [*trouve.encaissements.items(), *siens], maintenant)
    _annoncer_prelevements(session, trouve, maintenant)
    _utiliser_les_credits(session, trouve, maintenant)
    for facture, repere in trouve.nouvelles:
        details = {"numero": facture.numero}
        consigner(session, SYSTEME, "facture_importee", maintenant, foyer_id=repere.foyer_id, details=details)
    session.flush()
    return raconter_rapprochement(trouve)


def _fusions(session: Session) -> tuple[int, int]:
    """How many there were, and were undone."""
    faites, annulees = session.execute(select(func.count(Fusion.id), func.count(Fusion.annulee_utc))).one()
    return faites, annulees


def raconter_rapprochement(trouve: Rapprochement) -> RapportFactures:
    """In figures."""
    avoirs = sum(bool(facture.avoir_de) for facture, _ in trouve.nouvelles)
    encaissements = [*trouve.encaissements.values(), *trouve.des_nouvelles]
    en_trop = [
        faute_de(e.facture, "regle", f"{ecrire_centimes(e.trop_centimes)} de trop\u202f; la famille a une avance")
        for e in encaissements
        if e.trop_centimes
    ]
    changees = trouve.prelevements.keys() | trouve.retenus | trouve.encaissements.keys()
    return RapportFactures(
        factures=len(trouve.nouvelles) - avoirs,
        avoirs=avoirs,
        total_centimes=sum(facture.total_centimes for facture, _ in trouve.nouvelles),
        inchangees=trouve.connues - len(changees),
        prelevements=len(trouve.prelevements),
        retenus=len(trouve.retenus),
        sans_pdf=sum(not facture.pdf for facture, _ in trouve.nouvelles),
        encaissements=len(encaissements),
        encaisses_centimes=sum(e.centimes for e in encaissements),
        remarques=sorted([*trouve.remarques, *en_trop], key=lambda remarque: remarque.ligne),
    )


def _comparer(
    facture: FactureDuFichier,
    repere: Repere,
    deja: Facture,
    connues: FacturesConnues,
    empreintes: Mapping[str, str],
) -> list[Faute]:
    """Each thing the file says otherwise than the invoice as it was issued."""
    if deja.origine != "importee":
        return [faute_de(facture, "numero", "ce numéro est celui d’une facture faite par le portail")]
    pdf = deja.contenu.get("pdf", {}).get("empreinte")
    du_fichier = [
        (repere.enfants.get(li.enfant), li.libelle, li.quantite, li.montant_centimes, li.garde_centimes)
        for li in facture.lignes
    ]
    emises = [
        (connues.enfant_final(li.enfant_id), li.libelle, li.quantite, li.montant_centimes, li.garde_centimes)
        for li in connues.lignes[deja.id]
    ]
    ecarts: list[tuple[str, Any, Any]] = [
        ("foyer" if facture.foyer else "payeur_courriel", repere.foyer_id, connues.foyer_final(deja.foyer_id)),
        ("mois", facture.mois, deja.mois),
        ("libelle", facture.libelle or deja.libelle, deja.libelle),
        ("emise_le", facture.emise_le, deja.emise_le),
        ("echeance", facture.echeance or deja.echeance, deja.echeance),
        ("total", facture.total_centimes, deja.total_centimes),
        ("avoir_de", facture.avoir_de, connues.numeros.get(deja.avoir_de or 0, "")),
        ("motif", facture.motif, deja.motif),
        # A file may come again after its folder was emptied: there is then nothing to compare.
        ("pdf", empreintes.get(facture.pdf, pdf) if facture.pdf else None, pdf),
        ("ligne", du_fichier, emises),
    ]
    return [faute_de(facture, colonne, _change(avant)) for colonne, apres, avant in ecarts if apres != avant]


def _actualiser(
    trouve: Rapprochement, facture: FactureDuFichier, deja: Facture, dits: Sequence[ReglementDit]
) -> list[Faute]:
    """What the file newly says of an invoice that is there: what was collected of it, the day of its debit.

    A day is new that the file had not said yet: the same file sent again announces nothing that an agent called off,
    and an empty cell calls off nothing that she announced.
    """
    trouve.connues += 1
    de_plus = regle_de_plus(facture, dits)
    if de_plus is None:
        ecrit = ecrire_centimes(sum(dit.centimes for dit in dits if not dit.est_annule))
        raison = f"un fichier d’avant a dit {ecrit}\u202f; un règlement revenu impayé s’annule au bureau"
        return [faute_de(facture, "regle", raison)]
    if de_plus and deja.transmise_le is not None:
        raison = "cette facture est chez le comptable public\u202f; reprenez-la au bureau, puis recommencez"
        trouve.remarques.append(faute_de(facture, "regle", raison))
        de_plus = 0
    if de_plus:
        trop = max(0, de_plus - deja.reste_centimes)
        trouve.encaissements[deja.id] = Encaissement(facture, de_plus, trop)
    est_ouverte = deja.reste_centimes > de_plus and deja.transmise_le is None
    if est_ouverte and facture.prelevement_le not in (None, deja.prelevement_importe_le):
        trouve.prelevements[deja.id] = facture.prelevement_le
    return []


def _retenir_les_prelevements(session: Session, trouve: Rapprochement) -> None:
    """Those that a payment under way may still pay."""
    for facture_id in en_paiement(session, trouve.prelevements):
        del trouve.prelevements[facture_id]
        trouve.retenus.add(facture_id)


def _annoncer_prelevements(session: Session, trouve: Rapprochement, maintenant: datetime) -> None:
    """Their foyers are locked: what was paid, handed over or begun to be paid since they were read is left alone."""
    _retenir_les_prelevements(session, trouve)
    for facture_id, jour in trouve.prelevements.items():
        annoncee = session.execute(
            update(Facture)
            .where(Facture.id == facture_id, Facture.reste_centimes > 0, Facture.transmise_le.is_(None))
            .values(prelevement_le=jour, prelevement_importe_le=jour)
            .returning(Facture.foyer_id, Facture.numero)
        ).one_or_none()
        if annoncee is not None:
            foyer_id, numero = annoncee
            details = {"numero": numero}
            consigner(session, SYSTEME, "prelevement_annonce", maintenant, foyer_id=foyer_id, details=details)


def _change(avant: Any) -> str:
    dite = f" ({ecrire_date(avant)})" if isinstance(avant, date) else ""
    return f"cette facture a été émise autrement{dite} et ne change plus\u202f; envoyez un avoir"


def _avoirs_en_trop(
    session: Session, nouvelles: Sequence[tuple[FactureDuFichier, Repere]], retires: Mapping[int | Cle, int]
) -> Iterable[Faute]:
    """An invoice gives back no more than it asked, avoirs of before included."""
    plafonds: dict[int | Cle, int] = {(f.regie, f.numero): f.total_centimes for f, _ in nouvelles if not f.avoir_de}
    ids = [cle for cle in retires if isinstance(cle, int)]
    avoir = aliased(Facture)
    deja = select(func.coalesce(func.sum(avoir.total_centimes), 0)).where(avoir.avoir_de == Facture.id)
    requete = select(Facture.id, Facture.total_centimes + deja.where(avoir.emise_utc.is_not(None)).scalar_subquery())
    plafonds |= {id_: int(reste) for id_, reste in session.execute(requete.where(Facture.id.in_(ids)))}
    for facture, repere in nouvelles:
        cle: int | Cle = repere.origine or (facture.regie, facture.avoir_de)
        if facture.avoir_de and retires[cle] > plafonds[cle]:
            raison = f"les avoirs dépassent ce qui reste de cette facture, {ecrire_centimes(plafonds[cle])}"
            yield faute_de(facture, "avoir_de", raison)


def _utiliser_les_credits(session: Session, trouve: Rapprochement, maintenant: datetime) -> None:
    """An avoir pays its invoice, what a family has in advance pays its new ones, what it paid twice the other ones."""
    par_regie: dict[str, set[int]] = defaultdict(set)
    for facture, repere in trouve.nouvelles:
        par_regie[facture.regie].add(repere.foyer_id)
    en_trop = {id_ for id_, encaissement in trouve.encaissements.items() if encaissement.trop_centimes}
    for regie, foyer_id in session.execute(select(Facture.regie, Facture.foyer_id).where(Facture.id.in_(en_trop))):
        par_regie[regie].add(foyer_id)
    for regie, foyers in sorted(par_regie.items()):
        comptes = ouvrir_comptes(session, sorted(foyers), regie, jour_de(maintenant)).values()
        mouvements = [(compte, compte.livre.utiliser_credits()) for compte in comptes]
        ecrire_emplois(session, mouvements, jour_de(maintenant), maintenant)


def _pdf_absent(*, avec_pdf: bool) -> str:
    return "ce fichier n’est pas dans le dossier" if avec_pdf else "dites où sont les PDF avec --pdf DOSSIER"
