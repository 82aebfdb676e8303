"""`portail-famille expliquer`: what the rules say of one unit on one day, for the person who wrote them."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import click

from portail_famille.cli.ouvrir import QuestionMalPosee, commune_ouverte
from portail_famille.domain.catalogue import Catalogue
from portail_famille.domain.delais import JAMAIS
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.horloge import PARIS
from portail_famille.domain.tarifs import Circonstance, Etat
from portail_famille.presentation.formats import date_et_heure, date_longue, enumerer, euros
from portail_famille.services.regles import Regles, charger_regles

_NOMBRE = re.compile(r"[0-9]{1,9}([.,][0-9]{1,6})?")
# Every real town, and no date that a calendar computation would not like.
_ANNEES = range(2000, 2101)


@dataclass(frozen=True, slots=True)
class Explication:
    """The answer. Instants are the first refused ones; `prix_centimes` is None when no tarif covers the day."""

    ouvert: bool
    motif: str | None
    limite_ajout: datetime | None
    limite_annulation: datetime | None
    prix_centimes: int | None
    explication: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Possibilites:
    """What a family can still do at a given instant; `hors_delai`: adding is late, and accepted as such."""

    ajout_possible: bool
    annulation_possible: bool
    hors_delai: bool
    limite_hors_delai: datetime | None


@click.command()
@click.option("--commune", "slug", required=True, help="Préfixe de la commune.")
@click.option("--unite", required=True, help="Code de l’unité.")
@click.option("--jour", required=True, help="Jour réservé, AAAA-MM-JJ.")
@click.option("--structure", help="Code de la structure, si la réponse dépend de l’endroit.")
@click.option("--qf", help="Quotient familial en euros ; absent : inconnu.")
@click.option("--non-resident", is_flag=True, help="Foyer hors de la commune.")
@click.option("--rang", default="1", help="Rang de l’enfant dans le foyer.", show_default=True)
@click.option("--personnes-a-charge", default="1", help="Enfants à charge du foyer.", show_default=True)
@click.option("--ressources", help="Ressources mensuelles du foyer en euros.")
@click.option("--pai", is_flag=True, help="Repas apporté (projet d’accueil individualisé).")
@click.option("--oublis", default="0", help="Combien de fois cet état s’est déjà produit.", show_default=True)
@click.option("--etat", help=f"État de la réservation : {', '.join(Etat)}.")
@click.option("--maintenant", help="Instant de la demande (ISO 8601 ; heure de Paris sans décalage).")
@click.option("--json", "en_json", is_flag=True, help="Répondre en JSON.")
def expliquer(
    slug: str,
    unite: str,
    jour: str,
    structure: str | None,
    qf: str | None,
    non_resident: bool,
    rang: str,
    personnes_a_charge: str,
    ressources: str | None,
    pai: bool,
    oublis: str,
    etat: str | None,
    maintenant: str | None,
    en_json: bool,
) -> None:
    """Dire si une unité est ouverte un jour donné, jusqu’à quand elle se change, son prix et pourquoi."""
    circonstance = Circonstance(
        jour=_lire_jour(jour),
        qf=_lire_nombre("--qf", qf),
        resident=not non_resident,
        rang=_lire_entier("--rang", rang),
        personnes_a_charge=_lire_entier("--personnes-a-charge", personnes_a_charge),
        ressources=_lire_nombre("--ressources", ressources),
        pai=pai,
        etat=_lire_etat(etat),
        oublis=_lire_entier("--oublis", oublis, minimum=0),
    )
    instant = _lire_instant(maintenant)
    with commune_ouverte(slug) as (reglages, bd), bd.session_lecture() as session:
        regles = charger_regles(session, {}, reglages.zone)
    lieux = _lire_lieux(regles.catalogue, unite, structure)
    reponses = [_repondre(regles, unite, lieu, circonstance, instant, tardif=etat is None) for lieu in lieux]
    en_lecture = {regles.catalogue.structures[lieu].est_en_lecture for lieu in lieux}
    if len(en_lecture) > 1 or any(autre != reponses[0] for autre in reponses):
        raise QuestionMalPosee(
            f"--structure : la réponse pour « {unite} » change selon l’endroit, précisez lequel ({', '.join(lieux)})."
        )
    reponse, possibilites = reponses[0]
    if en_json:
        donnees = asdict(reponse) | ({} if possibilites is None else asdict(possibilites))
        click.echo(json.dumps(donnees, ensure_ascii=False, indent=2, default=_en_iso))
    else:
        click.echo("\n".join(_en_clair(regles, unite, lieux, circonstance.jour, reponse, possibilites)))


def _repondre(
    regles: Regles, unite: str, structure: str, circonstance: Circonstance, instant: datetime | None, *, tardif: bool
) -> tuple[Explication, Possibilites | None]:
    """`tardif`: a request made late is priced as such, unless a state was asked for."""
    possibilites = None if instant is None else _possibilites(regles, unite, structure, circonstance.jour, instant)
    if tardif and possibilites is not None and possibilites.hors_delai:
        circonstance = replace(circonstance, etat=Etat.HORS_DELAI)
    return _expliquer(regles, unite, structure, circonstance), possibilites


def _expliquer(regles: Regles, unite: str, structure: str, circonstance: Circonstance) -> Explication:
    jour = circonstance.jour
    ouverture = regles.ouverture(unite, structure, jour)
    try:
        prix = regles.prix(unite, circonstance)
        centimes, explication = prix.centimes, prix.explication
    except RegleViolee as violee:
        centimes, explication = None, (violee.message,)
    if ouverture.ouvert and not regles.catalogue.ajout_prevu(unite, jour, regles.calendrier):
        explication = (
            *explication,
            "Ce jour n’est pas prévu par la règle de délai\u00a0: pas de réservation en ligne.",
        )
    return Explication(
        ouverture.ouvert,
        ouverture.motif,
        regles.limite_ajout(unite, structure, jour),
        regles.limite_annulation(unite, structure, jour),
        centimes,
        explication,
    )


def _possibilites(regles: Regles, unite: str, structure: str, jour: date, instant: datetime) -> Possibilites:
    catalogue = regles.catalogue
    est_en_lecture = catalogue.structures[structure].est_en_lecture
    se_change_ici = regles.ouverture(unite, structure, jour).ouvert and not est_en_lecture
    a_temps = _avant(instant, regles.limite_ajout(unite, structure, jour))
    tardive = regles.limite_hors_delai(unite, structure, jour)
    en_retard = not a_temps and tardive is not None and instant < tardive
    annulable = _avant(instant, regles.limite_annulation(unite, structure, jour))
    return Possibilites(
        ajout_possible=se_change_ici and catalogue.ajout_possible(unite) and (a_temps or en_retard),
        annulation_possible=se_change_ici and catalogue.annulation_possible(unite) and annulable,
        hors_delai=se_change_ici and catalogue.ajout_possible(unite) and en_retard,
        limite_hors_delai=tardive,
    )


def _avant(instant: datetime, limite: datetime | None) -> bool:
    return limite is None or instant < limite


def _en_clair(
    regles: Regles,
    unite: str,
    lieux: Sequence[str],
    jour: date,
    reponse: Explication,
    possibilites: Possibilites | None,
) -> list[str]:
    catalogue = regles.catalogue
    fiche, structures = catalogue.unites[unite], [catalogue.structures[lieu] for lieu in lieux]
    noms = enumerer([structure.nom for structure in structures])
    lignes = [
        f"{fiche.nom} ({catalogue.activites[fiche.activite].nom}), {noms}, {date_longue(jour)}",
        "Ouvert." if reponse.ouvert else f"Fermé. {reponse.motif}",
        f"Réserver : {_limite_en_clair(reponse.limite_ajout)}",
        f"Annuler : {_limite_en_clair(reponse.limite_annulation)}",
    ]
    if possibilites is not None:
        retard = " (hors délai)" if possibilites.hors_delai else ""
        lignes.append(f"À cet instant, réserver : {_oui(possibilites.ajout_possible)}{retard}")
        lignes.append(f"À cet instant, annuler : {_oui(possibilites.annulation_possible)}")
        if structures[0].est_en_lecture:
            lignes.append("Structure en lecture : les changements se demandent par courriel.")
    lignes.append("Prix : " + ("inconnu" if reponse.prix_centimes is None else euros(reponse.prix_centimes)))
    return [*lignes, *(f"  {phrase}" for phrase in reponse.explication)]


def _limite_en_clair(limite: datetime | None) -> str:
    if limite is None:
        return "à tout moment"
    return "jamais en ligne" if limite == JAMAIS else f"avant le {date_et_heure(limite)}"


def _oui(reponse: bool) -> str:
    return "oui" if reponse else "non"


def _en_iso(valeur: Any) -> str:
    if isinstance(valeur, datetime):
        return valeur.isoformat()
    raise TypeError(type(valeur).__name__)


def _lire_lieux(catalogue: Catalogue, unite: str, structure: str | None) -> Sequence[str]:
    """The structure asked for, or each one where the unit exists."""
    fiche = catalogue.unites.get(unite)
    if fiche is None:
        raise QuestionMalPosee(f"--unite : « {unite} » est inconnue ({_codes(catalogue.unites)}).")
    if structure is None:
        return catalogue.activites[fiche.activite].structures
    if structure not in catalogue.structures:
        raise QuestionMalPosee(f"--structure : « {structure} » est inconnue ({_codes(catalogue.structures)}).")
    return (structure,)


def _codes(codes: Mapping[str, Any]) -> str:
    return f"connues : {', '.join(sorted(codes))}" if codes else "aucun fichier d’activités n’a encore été importé"


def _lire_jour(texte: str) -> date:
    try:
        jour = datetime.strptime(texte, "%Y-%m-%d").date()  # noqa: DTZ007 (a day has no zone)
    except ValueError:
        raise QuestionMalPosee(f"--jour : « {texte} » n’est pas une date comme 2026-11-30.") from None
    if jour.year not in _ANNEES:
        raise QuestionMalPosee(f"--jour : l’année doit être entre {_ANNEES[0]} et {_ANNEES[-1]}.")
    return jour


def _lire_instant(texte: str | None) -> datetime | None:
    if texte is None:
        return None
    try:
        instant = datetime.fromisoformat(texte)
    except ValueError:
        raise QuestionMalPosee(
            f"--maintenant : « {texte} » n’est pas un instant comme 2026-11-30T08:00+01:00."
        ) from None
    if instant.year not in _ANNEES:
        raise QuestionMalPosee(f"--maintenant : l’année doit être entre {_ANNEES[0]} et {_ANNEES[-1]}.")
    return instant.replace(tzinfo=PARIS) if instant.tzinfo is None else instant


def _lire_nombre(option: str, texte: str | None) -> Decimal | None:
    if texte is None:
        return None
    if _NOMBRE.fullmatch(texte) is None:
        raise QuestionMalPosee(f"{option} : « {texte} » n’est pas un nombre comme 639,99.")
    return Decimal(texte.replace(",", "."))


def _lire_entier(option: str, texte: str, minimum: int = 1) -> int:
    if re.fullmatch(r"[0-9]{1,2}", texte) is None or int(texte) < minimum:
        raise QuestionMalPosee(f"{option} : « {texte} » n’est pas un nombre entier entre {minimum} et 99.")
    return int(texte)


def _lire_etat(texte: str | None) -> Etat:
    if texte is None:
        return Etat.RESERVEE
    if texte not in [etat.value for etat in Etat]:
        raise QuestionMalPosee(f"--etat : « {texte} » est inconnu (choix : {', '.join(Etat)}).")
    return Etat(texte)
