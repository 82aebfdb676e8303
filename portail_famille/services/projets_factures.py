"""Drafts of a run as rows: written by short batches, thrown away at will. An issued invoice is never touched here."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from portail_famille.domain.facturation import AvoirPropose
from portail_famille.domain.factures import LigneFacturee
from portail_famille.domain.motifs_avoirs import JourRendu, dire_motif
from portail_famille.domain.regies import Regie
from portail_famille.models.factures import Facture, FactureLigne
from portail_famille.services.lectures_factures import Campagne
from portail_famille.services.prix_factures import FoyerChiffre

PAR_EFFACEMENT = 500


def ecrire_projets(session: Session, facturation_id: int, campagne: Campagne, chiffres: Sequence[FoyerChiffre]) -> None:
    """Drafts of some foyers, invoices before avoirs. Two statements."""
    projets = [projet for chiffre in chiffres for projet in _projets(facturation_id, campagne, chiffre)]
    if not projets:
        return
    ids = session.scalars(
        insert(Facture).returning(Facture.id, sort_by_parameter_order=True), [colonnes for colonnes, _ in projets]
    ).all()
    session.execute(
        insert(FactureLigne),
        [
            {
                "facture_id": facture_id,
                "rang": rang,
                "enfant_id": ligne.creneau.enfant_id,
                "unite_id": ligne.creneau.unite_id,
                "jour": ligne.creneau.jour,
                "etat": ligne.etat,
                "montant_centimes": ligne.montant_centimes,
                "garde_centimes": ligne.garde_centimes,
                "prix": ligne.prix,
            }
            for facture_id, (_, lignes) in zip(ids, projets, strict=True)
            for rang, ligne in enumerate(lignes, 1)
        ],
    )


def jeter_projets(session: Session, facturation_id: int, maximum: int = PAR_EFFACEMENT) -> int:
    """Throws some drafts of a run away; how many. None of what it issued."""
    ids = session.scalars(
        select(Facture.id).where(Facture.facturation_id == facturation_id, Facture.numero.is_(None)).limit(maximum)
    ).all()
    if ids:
        session.execute(delete(FactureLigne).where(FactureLigne.facture_id.in_(ids)))
        session.execute(delete(Facture).where(Facture.id.in_(ids)))
    return len(ids)


def _projets(
    facturation_id: int, campagne: Campagne, chiffre: FoyerChiffre
) -> list[tuple[dict[str, Any], Sequence[LigneFacturee]]]:
    projets: list[tuple[dict[str, Any], Sequence[LigneFacturee]]] = []
    regie, projet = campagne.regie, chiffre.projet
    commun = {"foyer_id": chiffre.foyer.id, "facturation_id": facturation_id, "regie": regie.code}
    if projet.lignes:
        contenu, lignes = _contenu(campagne, chiffre, projet.lignes)
        total = projet.total_centimes
        colonnes = {
            "genre": "facture",
            "mois": campagne.mois,
            "libelle": regie.titre(campagne.mois),
            "contenu": contenu,
            "total_centimes": total,
            "reste_centimes": total,
            "avoir_de": None,
            "motif": "",
            "est_refacturable": False,
        }
        projets.append((commun | colonnes, lignes))
    for avoir in projet.avoirs:
        originale = chiffre.originales[avoir.facture_id]
        contenu, lignes = _contenu(campagne, chiffre, avoir.lignes)
        colonnes = {
            "genre": "avoir",
            "mois": originale.mois,
            "libelle": f"Avoir sur la facture {originale.numero}",
            "contenu": contenu,
            "total_centimes": avoir.total_centimes,
            "reste_centimes": -avoir.total_centimes,
            "avoir_de": avoir.facture_id,
            "motif": _motif(chiffre, avoir),
            "est_refacturable": True,
        }
        projets.append((commun | colonnes, lignes))
    return projets


def _motif(chiffre: FoyerChiffre, avoir: AvoirPropose) -> str:
    return dire_motif(
        JourRendu(
            ligne.creneau.jour,
            None if ligne.prix is None else chiffre.prix[ligne.prix],
            chiffre.factures.get(
                (chiffre.foyer.id, ligne.creneau.enfant_id, ligne.creneau.unite_id, ligne.creneau.jour)
            ),
        )
        for ligne in avoir.lignes
    )


def _contenu(
    campagne: Campagne, chiffre: FoyerChiffre, lignes: Sequence[LigneFacturee]
) -> tuple[dict[str, Any], list[LigneFacturee]]:
    """What is frozen with the invoice, and its lines with the ranks of their prices in it."""
    rangs: dict[int, int] = {}
    renumerotees = []
    for ligne in lignes:
        rang = None if ligne.prix is None else rangs.setdefault(ligne.prix, len(rangs))
        renumerotees.append(
            LigneFacturee(ligne.creneau, ligne.etat, ligne.montant_centimes, ligne.garde_centimes, rang)
        )
    foyer, payeur = chiffre.foyer, chiffre.payeur
    contenu = {
        "payeur": {
            "personne_id": payeur.id,
            "civilite": payeur.civilite,
            "nom": f"{payeur.prenom} {payeur.nom}",
            "foyer": foyer.nom,
            "adresse": foyer.adresse,
            "code_postal": foyer.code_postal,
            "ville": foyer.ville,
        },
        "regie": document_de_la_regie(campagne.regie),
        "enfants": {
            str(enfant_id): chiffre.dossier.enfants[enfant_id].prenom
            for enfant_id in dict.fromkeys(ligne.creneau.enfant_id for ligne in lignes)
        },
        "unites": {
            str(unite_id): _unite(campagne, unite_id)
            for unite_id in dict.fromkeys(ligne.creneau.unite_id for ligne in lignes)
        },
        "prix": [chiffre.prix[ancien].en_document() for ancien in rangs],
    }
    return contenu, renumerotees


def document_de_la_regie(regie: Regie) -> dict[str, Any]:
    """The régie as it is that day, in `contenu["regie"]`."""
    return {
        "code": regie.code,
        "nom": regie.nom,
        "signataire": regie.signataire,
        "adresse": regie.adresse,
        "courriel": regie.courriel,
        "telephone": regie.telephone,
        "numero_client": regie.numero_client if regie.est_payable_en_ligne else "",
        "moyens": list(regie.moyens),
        "ordre_cheques": regie.ordre_cheques,
    }


def _unite(campagne: Campagne, unite_id: int) -> dict[str, Any]:
    """Empty for a unit that no document knows: only an avoir can name it."""
    catalogue, code = campagne.regles.catalogue, campagne.regles.unites.get(unite_id)
    if code is None:
        return {}
    unite = catalogue.unites[code]
    return {
        "code": code,
        "nom": unite.nom,
        "nom_court": unite.nom_court,
        "ordre": unite.ordre,
        "activite": unite.activite,
        "activite_nom": catalogue.activites[unite.activite].nom,
    }
