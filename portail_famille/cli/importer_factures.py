"""`portail-famille importer factures`: the invoices of a structure billed by another software, all or nothing."""

from datetime import UTC, datetime
from pathlib import Path

import click
from sqlalchemy.exc import IntegrityError

from portail_famille.cli.comptes import progression
from portail_famille.cli.importer_familles import en_clair, lire_octets
from portail_famille.cli.ouvrir import Echec, QuestionMalPosee, commune_ouverte
from portail_famille.config import ReglagesCommune
from portail_famille.domain.fichier_factures import FactureDuFichier
from portail_famille.domain.montants import ecrire_centimes, typographier
from portail_famille.domain.tableur import FichierRefuse
from portail_famille.gateways.antivirus import antivirus_de
from portail_famille.gateways.coffre_s3 import StockageImpossible
from portail_famille.models.bd import BD
from portail_famille.services.documents import coffre_de_la_commune
from portail_famille.services.dossiers import jour_de
from portail_famille.services.import_factures import (
    RapportFactures,
    Rapprochement,
    importer_factures,
    lire_fichier,
    lire_tableau_de_factures,
    raconter_rapprochement,
    rapprocher_factures,
)
from portail_famille.services.pdf_importes import Depot, examiner_pdf, lire_empreintes


@click.command()
@click.argument("fichier", type=click.Path(path_type=Path))
@click.option("--pdf", "dossier", type=click.Path(path_type=Path), help="Dossier des PDF que nomme le fichier.")
@click.option("--commune", "slug", required=True, help="Préfixe de la commune.")
@click.option("--regie", default="", help="Régie des lignes qui n’en nomment pas.")
@click.option("--essai", is_flag=True, help="Tout vérifier, PDF compris, sans rien enregistrer.")
@click.option("--sans-courriels", is_flag=True, help="Ne pas dire aux familles qu’une facture est disponible.")
def factures(fichier: Path, dossier: Path | None, slug: str, regie: str, essai: bool, sans_courriels: bool) -> None:
    """Importer le FICHIER des factures (CSV à points-virgules) d’un autre logiciel, en entier ou pas du tout."""
    if dossier is not None and not dossier.is_dir():
        raise QuestionMalPosee(f"{dossier}: ce dossier n’existe pas.")
    maintenant = datetime.now(UTC)
    with commune_ouverte(slug) as (reglages, bd):
        _verifier_regie(reglages, regie)
        try:
            lues = _lire(reglages, lire_octets(fichier), regie, maintenant)
            empreintes = lire_empreintes(dossier, lues)
            with bd.session_lecture() as session:
                trouve = rapprocher_factures(session, lues, empreintes, avec_pdf=dossier is not None)
            if essai:
                _examiner(reglages, dossier, trouve, None)
                rapport = raconter_rapprochement(trouve)
            else:
                rapport = _importer(
                    bd, reglages, lues, empreintes, dossier, trouve, maintenant, avec_courriels=not sans_courriels
                )
        except FichierRefuse as refus:
            raise Echec("\n".join(en_clair(fichier, refus))) from None
        except StockageImpossible as impossible:
            raise Echec(f"{slug} : {impossible}") from None
        except IntegrityError:
            raise Echec(
                "Les mêmes factures ont été changées pendant l’import : rien n’a été enregistré, recommencez."
            ) from None
    for phrase in raconter(rapport, est_essai=essai, est_muet=sans_courriels):
        click.echo(typographier(phrase))
    for remarque in rapport.remarques:
        click.echo(typographier(f"À voir : {fichier}: {remarque}"), err=True)


def raconter(rapport: RapportFactures, *, est_essai: bool, est_muet: bool) -> list[str]:
    """What was done, or would be, in French."""
    if not (rapport.factures or rapport.avoirs or rapport.prelevements or rapport.retenus or rapport.encaissements):
        if rapport.inchangees == 1:
            return ["Rien à changer : la facture de ce fichier est déjà dans le portail."]
        return [f"Rien à changer : les {rapport.inchangees} factures de ce fichier sont déjà dans le portail."]
    phrases = [
        f"  {nombre} {singulier if nombre == 1 else pluriel}"
        for nombre, singulier, pluriel in (
            (rapport.factures, "facture de plus", "factures de plus"),
            (rapport.avoirs, "avoir de plus", "avoirs de plus"),
            (rapport.prelevements, "prélèvement annoncé", "prélèvements annoncés"),
            (
                rapport.retenus,
                "prélèvement pas annoncé, un paiement en ligne est en cours : recommencez dans une heure",
                "prélèvements pas annoncés, un paiement en ligne est en cours : recommencez dans une heure",
            ),
            (
                rapport.encaissements,
                f"règlement reçu ailleurs, de {ecrire_centimes(rapport.encaisses_centimes)}",
                f"règlements reçus ailleurs, de {ecrire_centimes(rapport.encaisses_centimes)} en tout",
            ),
            (rapport.inchangees, "facture déjà là", "factures déjà là"),
            (rapport.sans_pdf, "sans PDF : le portail fera le sien", "sans PDF : le portail fera les leurs"),
        )
        if nombre
    ]
    if rapport.factures or rapport.avoirs:
        phrases.append(f"  total : {ecrire_centimes(rapport.total_centimes)}")
    if est_essai:
        return [*phrases, "Le fichier est bon. Essai : rien n’a été enregistré."]
    est_annoncee = not est_muet and (rapport.factures or rapport.avoirs)
    suite = " Le travailleur prévient les familles." if est_annoncee else ""
    return [*phrases, f"Le fichier est enregistré.{suite}"]


def _verifier_regie(reglages: ReglagesCommune, regie: str) -> None:
    importees = sorted(code for code, r in reglages.regies.items() if r.est_importee)
    if regie and regie not in importees:
        connues = ", ".join(importees) or "aucune"
        raise QuestionMalPosee(f"« {regie} » n’est pas une régie importée de commune.toml (il y a : {connues}).")


def _lire(reglages: ReglagesCommune, octets: bytes, regie: str, maintenant: datetime) -> list[FactureDuFichier]:
    return lire_fichier(lire_tableau_de_factures(octets), reglages, regie, jour_de(maintenant))


def _importer(
    bd: BD,
    reglages: ReglagesCommune,
    lues: list[FactureDuFichier],
    empreintes: dict[str, str],
    dossier: Path | None,
    trouve: Rapprochement,
    maintenant: datetime,
    *,
    avec_courriels: bool,
) -> RapportFactures:
    """The PDFs first, then one transaction. Killed in between, it leaves objects that `purger` drops."""
    depot = Depot(coffre_de_la_commune(reglages))
    try:
        _examiner(reglages, dossier, trouve, depot)
        with bd.ouvrir_ecriture_longue() as session:
            rapport = importer_factures(
                session, lues, empreintes, depot.objets, reglages, maintenant, avec_courriels=avec_courriels
            )
            session.commit()
    except (FichierRefuse, IntegrityError):
        depot.jeter()
        raise
    return rapport


def _examiner(reglages: ReglagesCommune, dossier: Path | None, trouve: Rapprochement, depot: Depot | None) -> None:
    """Of the new invoices; `depot` None: looked at only."""
    avec_pdf = [facture for facture, _ in trouve.nouvelles if facture.pdf]
    garder = depot.garder if depot is not None else lambda *_: None
    with progression(len(avec_pdf), "Vérification des PDF") as avancer:
        antivirus = antivirus_de(reglages.documents.antivirus)
        examiner_pdf(dossier, avec_pdf, antivirus, garder, avancer=lambda: avancer(1))
