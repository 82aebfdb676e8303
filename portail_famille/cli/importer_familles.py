"""`portail-famille importer familles`: a town's file of families, all or nothing."""

from datetime import UTC, datetime
from pathlib import Path

import click
from sqlalchemy.exc import IntegrityError

from portail_famille.cli.comptes import envoyer_invitations, progression
from portail_famille.cli.ouvrir import Echec, commune_ouverte
from portail_famille.config import ReglagesCommune
from portail_famille.domain.familles_du_fichier import FoyerDuFichier
from portail_famille.domain.horloge import PARIS
from portail_famille.domain.montants import typographier
from portail_famille.domain.tableur import TAILLE_MAXIMALE, FichierRefuse
from portail_famille.models.bd import BD
from portail_famille.services.import_familles import (
    DepartsNombreux,
    RapportFamilles,
    importer_familles,
    lire_foyers,
    lire_tableau_de_familles,
)
from portail_famille.services.regles import charger_regles

_NOMS = {
    "foyer": "foyers",
    "personne": "adultes",
    "enfant": "enfants",
    "responsable": "adultes d’un foyer",
    "rattachement": "enfants d’un foyer",
    "autorite_parentale": "autorités parentales",
    "inscription": "inscriptions",
    "quotient_familial": "quotients familiaux",
}
# Said alike of a trial and of the import: nothing to agree in gender with eight nouns.
_SORTS = {"crees": "de plus", "modifies": "avec changement", "retires": "de moins", "inchanges": "sans changement"}


@click.command()
@click.argument("fichier", type=click.Path(path_type=Path))
@click.option("--commune", "slug", required=True, help="Préfixe de la commune.")
@click.option("--essai", is_flag=True, help="Tout vérifier, dire ce qui changerait, sans rien enregistrer.")
@click.option("--sans-courriels", is_flag=True, help="N’inviter personne : « comptes inviter » le fera plus tard.")
@click.option("--complet", is_flag=True, help="Le fichier dit toutes les familles : les absentes sont parties.")
@click.option("--confirmer", is_flag=True, help="Avec --complet : oui, beaucoup de familles sont parties.")
def familles(fichier: Path, slug: str, essai: bool, sans_courriels: bool, complet: bool, confirmer: bool) -> None:
    """Importer le FICHIER des familles (CSV à points-virgules), en entier ou pas du tout."""
    maintenant = datetime.now(UTC)
    with commune_ouverte(slug) as (reglages, bd):
        try:
            foyers = _lire_foyers(bd, reglages, lire_octets(fichier), maintenant)
            with bd.ouvrir_ecriture_longue() as session:
                rapport = importer_familles(
                    session,
                    foyers,
                    maintenant,
                    reglages,
                    avec_courriels=not (essai or sans_courriels),
                    est_complet=complet,
                    departs_confirmes=confirmer,
                )
                if essai:
                    session.rollback()
                else:
                    session.commit()
            if not (essai or sans_courriels):
                rapport.invitations += envoyer_invitations(bd, reglages, rapport.comptes_ouverts)
        except FichierRefuse as refus:
            raise Echec("\n".join(en_clair(fichier, refus))) from None
        except DepartsNombreux as nombreux:
            raise Echec(
                typographier(
                    f"{nombreux.partis} foyers sur {nombreux.connus} ne sont pas dans ce fichier et seraient notés "
                    "partis : rien n’a été enregistré. Si c’est bien le fichier de toutes les familles, recommencez "
                    "avec --confirmer."
                )
            ) from None
        except IntegrityError:
            raise Echec(
                "Les mêmes familles ont été changées pendant l’import : rien n’a été enregistré, recommencez."
            ) from None
    for phrase in raconter(rapport, est_essai=essai, est_muet=sans_courriels):
        click.echo(typographier(phrase))


def lire_octets(fichier: Path) -> bytes:
    """The file, one byte past the limit at most. Raises Echec."""
    try:
        with fichier.open("rb") as flux:
            return flux.read(TAILLE_MAXIMALE + 1)
    except FileNotFoundError:
        raise Echec(f"{fichier}: le fichier n’existe pas.") from None
    except IsADirectoryError:
        raise Echec(f"{fichier}: c’est un dossier, pas un fichier.") from None
    except OSError as erreur:
        raise Echec(f"{fichier}: le fichier ne se lit pas ({erreur.strerror}).") from None


def raconter(rapport: RapportFamilles, *, est_essai: bool, est_muet: bool) -> list[str]:
    """What was done, or would be, in French."""
    phrases = [f"Attention : {avertissement}." for avertissement in rapport.avertissements]
    if rapport.est_inchange and phrases:
        return [
            *phrases,
            "Rien n’a changé, mais le portail ne dit pas la même chose que ce fichier : voyez plus haut.",
        ]
    if rapport.est_inchange:
        return ["Rien à changer : le portail dit déjà tout ce que dit ce fichier."]
    for quoi, noms in _NOMS.items():
        detail = [f"{rapport.fiches[quoi, sort]} {mot}" for sort, mot in _SORTS.items() if rapport.fiches[quoi, sort]]
        if detail:
            phrases.append(f"  {noms} : {', '.join(detail)}")
    for nombre, singulier, pluriel in (
        (
            rapport.valeurs_remplacees,
            "valeur remplacée",
            "valeurs remplacées (voyez le journal)",
        ),
        (rapport.partis, "foyer parti", "foyers partis"),
        (rapport.revenus, "foyer revenu", "foyers revenus"),
        (len(rapport.comptes_ouverts), "espace ouvert", "espaces ouverts"),
        (rapport.invitations, "courriel d’activation", "courriels d’activation"),
        (
            rapport.sans_adresse,
            "adulte sans adresse mail, donc sans espace",
            "adultes sans adresse mail, donc sans espace",
        ),
    ):
        if nombre:
            phrases.append(f"  {nombre} {singulier if nombre == 1 else pluriel}")
    if est_essai:
        return [*phrases, "Le fichier est bon. Essai : rien n’a été enregistré."]
    suite = " Les invitations partiront avec « comptes inviter »." if est_muet and rapport.comptes_ouverts else ""
    return [*phrases, f"Les familles sont enregistrées.{suite}"]


def _lire_foyers(bd: BD, reglages: ReglagesCommune, octets: bytes, maintenant: datetime) -> list[FoyerDuFichier]:
    """Read before the writing transaction begins: parents go on booking meanwhile."""
    with bd.session_lecture() as session:
        regles = charger_regles(session, {}, reglages.zone)
    tableau = lire_tableau_de_familles(octets)
    aujourdhui = maintenant.astimezone(PARIS).date()
    with progression(len(tableau.lignes), "Lecture des lignes") as avancer:
        return lire_foyers(tableau, regles, aujourdhui, avancer=lambda: avancer(1))


def en_clair(fichier: Path, refus: FichierRefuse) -> list[str]:
    """Each fault with its file, and how many."""
    nombre = len(refus.fautes)
    fin = f"{nombre} erreur{'s' if nombre > 1 else ''} : rien n’a été enregistré."
    return [*(f"{fichier}: {faute}" for faute in refus.fautes), typographier(fin)]
