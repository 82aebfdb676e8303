"""`portail-famille importer presences`: an attendance sheet, all or nothing."""

from datetime import UTC, datetime
from pathlib import Path

import click
from sqlalchemy.exc import IntegrityError

from portail_famille.cli.importer_familles import en_clair, lire_octets
from portail_famille.cli.ouvrir import Echec, commune_ouverte
from portail_famille.domain.montants import typographier
from portail_famille.domain.tableur import FichierRefuse
from portail_famille.services.dossiers import jour_de
from portail_famille.services.import_presences import (
    RapportPresences,
    importer_presences,
    lire_fichier,
    lire_tableau_de_presences,
)
from portail_famille.services.regles import charger_regles


@click.command()
@click.argument("fichier", type=click.Path(path_type=Path))
@click.option("--commune", "slug", required=True, help="Préfixe de la commune.")
@click.option("--essai", is_flag=True, help="Tout vérifier, dire ce qui changerait, sans rien enregistrer.")
def presences(fichier: Path, slug: str, essai: bool) -> None:
    """Importer le FICHIER de pointage (CSV à points-virgules) : qui est venu, qui n’est pas venu."""
    maintenant = datetime.now(UTC)
    with commune_ouverte(slug) as (reglages, bd):
        try:
            tableau = lire_tableau_de_presences(lire_octets(fichier))
            with bd.ouvrir_ecriture_longue() as session:
                regles = charger_regles(session, {}, reglages.zone)
                lues = lire_fichier(tableau, regles, jour_de(maintenant))
                rapport = importer_presences(session, lues, regles, maintenant)
                if essai:
                    session.rollback()
                else:
                    session.commit()
        except FichierRefuse as refus:
            raise Echec("\n".join(en_clair(fichier, refus))) from None
        except IntegrityError:
            raise Echec(
                "Les mêmes journées ont été changées pendant l’import : rien n’a été enregistré, recommencez."
            ) from None
    for phrase in raconter(rapport, est_essai=essai):
        click.echo(typographier(phrase))


def raconter(rapport: RapportPresences, *, est_essai: bool) -> list[str]:
    """What was done, or would be, in French."""
    phrases = [
        f"  {nombre} {singulier if nombre == 1 else pluriel}"
        for nombre, singulier, pluriel in (
            (rapport.presentes, "présence", "présences"),
            (rapport.absentes, "absence non justifiée", "absences non justifiées"),
            (rapport.non_reservees, "présence sans réservation", "présences sans réservation"),
            (rapport.retirees, "présence sans réservation retirée", "présences sans réservation retirées"),
            (rapport.inchangees, "journée déjà ainsi", "journées déjà ainsi"),
        )
        if nombre
    ]
    for nombre, singulier, pluriel, suite in (
        (rapport.justifiees, "présence", "présences", "un jour d’absence justifiée : rien n’y est changé"),
        (rapport.fermees, "présence", "présences", "un jour de fermeture, à vérifier"),
        (
            rapport.facturees,
            "journée déjà facturée",
            "journées déjà facturées",
            "que ce pointage change : la prochaine facturation régularisera",
        ),
    ):
        if nombre:
            phrases.append(f"Attention : {nombre} {singulier if nombre == 1 else pluriel} {suite}.")
    fin = "Le fichier est bon. Essai : rien n’a été enregistré." if est_essai else "Le pointage est enregistré."
    return [*phrases, fin]
