"""Invoices of another software, written as they came: their words, their number, their payer as he is that day."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from portail_famille.config import ReglagesCommune
from portail_famille.domain.fichier_factures import FactureDuFichier
from portail_famille.models.factures import Facture, FactureLigne
from portail_famille.models.foyers import Enfant, Foyer, Personne
from portail_famille.services.papiers_factures import instantane_de_la_regie
from portail_famille.services.reperes_factures import Cle, Repere


@dataclass(slots=True)
class Ecriture:
    """Rows of one file: drafts, their lines, then their numbers, as the triggers of migration 0004 want it."""

    session: Session
    reglages: ReglagesCommune
    maintenant: datetime
    empreintes: Mapping[str, str]
    objets: Mapping[Cle, str]
    avec_courriels: bool
    ids: dict[Cle, int] = field(default_factory=dict)

    def ecrire(self, nouvelles: Sequence[tuple[FactureDuFichier, Repere]]) -> None:
        if not nouvelles:
            return
        payeurs = self._payeurs({repere.foyer_id for _, repere in nouvelles})
        prenoms = self._prenoms({i for _, repere in nouvelles for i in repere.enfants.values()})
        brouillons = [self._facture(f, repere, payeurs, prenoms) for f, repere in nouvelles]
        ids = self.session.scalars(
            insert(Facture).returning(Facture.id, sort_by_parameter_order=True), brouillons
        ).all()
        self.ids |= {(f.regie, f.numero): id_ for (f, _), id_ in zip(nouvelles, ids, strict=True)}
        self.session.execute(
            insert(FactureLigne),
            [ligne for (f, repere), id_ in zip(nouvelles, ids, strict=True) for ligne in _lignes(f, repere, id_)],
        )
        self.session.execute(
            update(Facture),
            [self._emission(f, id_) for (f, _), id_ in zip(nouvelles, ids, strict=True)],
        )

    def _facture(
        self,
        facture: FactureDuFichier,
        repere: Repere,
        payeurs: Mapping[int, dict[str, Any]],
        prenoms: Mapping[int, str],
    ) -> dict[str, Any]:
        contenu: dict[str, Any] = {
            "payeur": payeurs[repere.foyer_id],
            "regie": instantane_de_la_regie(self.reglages, facture.regie),
            "enfants": {str(i): prenoms[i] for i in sorted(repere.enfants.values())},
            "unites": {},
            "prix": [],
        }
        if facture.pdf:
            contenu["pdf"] = {"nom": facture.pdf, "empreinte": self.empreintes[facture.pdf]}
        return {
            "foyer_id": repere.foyer_id,
            "regie": facture.regie,
            "genre": "avoir" if facture.avoir_de else "facture",
            "origine": "importee",
            "mois": facture.mois,
            "libelle": facture.libelle or self.reglages.regies[facture.regie].titre(facture.mois)[:120],
            "contenu": contenu,
            "total_centimes": facture.total_centimes,
            "reste_centimes": abs(facture.total_centimes),
            "avoir_de": repere.origine or self.ids.get((facture.regie, facture.avoir_de)),
            "motif": facture.motif,
            "objet": self.objets[facture.regie, facture.numero] if facture.pdf else None,
        }

    def _emission(self, facture: FactureDuFichier, facture_id: int) -> dict[str, Any]:
        echeance = facture.echeance or self.reglages.regies[facture.regie].a_regler_avant(facture.emise_le)
        return {
            "id": facture_id,
            "numero": facture.numero,
            "emise_utc": self.maintenant,
            "emise_le": facture.emise_le,
            "echeance": None if facture.avoir_de else echeance,
            "prelevement_le": facture.prelevement_le,
            "prelevement_importe_le": facture.prelevement_le,
            "annoncee_utc": None if self.avec_courriels else self.maintenant,
        }

    def _payeurs(self, foyers: Iterable[int]) -> dict[int, dict[str, Any]]:
        lignes = self.session.execute(
            select(Foyer, Personne).outerjoin(Personne, Personne.id == Foyer.payeur_id).where(Foyer.id.in_(foyers))
        )
        return {
            foyer.id: {
                "personne_id": payeur.id if payeur else None,
                "civilite": payeur.civilite if payeur else "",
                "nom": f"{payeur.prenom} {payeur.nom}" if payeur else foyer.nom,
                "foyer": foyer.nom,
                "adresse": foyer.adresse or "",
                "code_postal": foyer.code_postal or "",
                "ville": foyer.ville or "",
            }
            for foyer, payeur in lignes
        }

    def _prenoms(self, enfants: Iterable[int]) -> dict[int, str]:
        lignes = self.session.execute(select(Enfant.id, Enfant.prenom).where(Enfant.id.in_(enfants)))
        return {ligne.id: ligne.prenom for ligne in lignes}


def _lignes(facture: FactureDuFichier, repere: Repere, facture_id: int) -> list[dict[str, Any]]:
    return [
        {
            "facture_id": facture_id,
            "rang": rang,
            "enfant_id": repere.enfants.get(ligne.enfant),
            "libelle": ligne.libelle,
            "quantite": ligne.quantite,
            "montant_centimes": ligne.montant_centimes,
            "garde_centimes": ligne.garde_centimes,
        }
        for rang, ligne in enumerate(facture.lignes, 1)
    ]
