"""`portail-famille facturer`: a régie's month prepared, compared with the one before, then issued."""

import json
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from portail_famille.cli.ouvrir import Echec, QuestionMalPosee, commune_ouverte
from portail_famille.config import ReglagesCommune
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.facturation import avertir_du_mois
from portail_famille.domain.libelles import ecrire_date
from portail_famille.domain.montants import INSECABLE, ecrire_centimes, typographier
from portail_famille.domain.quotients import ecrire_mois
from portail_famille.domain.regies import premier_du_mois
from portail_famille.models.activites import Unite
from portail_famille.models.bd import BD
from portail_famille.models.factures import Facturation
from portail_famille.models.foyers import Enfant, Foyer
from portail_famille.services.comparaisons import Comparaison, Ecart, comparer
from portail_famille.services.couverture_regies import avertir_des_regies
from portail_famille.services.dossiers import jour_de
from portail_famille.services.emissions import Emission, emettre
from portail_famille.services.facturation import (
    Avance,
    PreparationEnCours,
    changements,
    demander,
    preparer,
    regie_a_facturer,
    relancer,
)
from portail_famille.services.journal import SYSTEME
from portail_famille.services.regles import regles_connues

ATTENTE_SECONDES = 300
"""How long another program is waited for: twice the lease of a dead one, and more."""
PAR_ANOMALIE = 5
_PAUSE_SECONDES = 1.0
_A_RELIRE = (
    "Rien n’est émis\u00a0: cette préparation vient d’être faite. Regardez-la, puis relancez la même commande pour "
    "émettre."
)


@click.command()
@click.option("--commune", "slug", required=True, help="Préfixe de la commune.")
@click.option("--regie", "code", required=True, help="Code de la régie, dans commune.toml.")
@click.option("--mois", "mois_ecrit", required=True, metavar="AAAA-MM", help="Mois facturé.")
@click.option("--emettre", "avec_emission", is_flag=True, help="Numéroter les factures préparées, sans retour.")
@click.option("--le", "le", metavar="AAAA-MM-JJ", help="Date d’émission ; sans elle, aujourd’hui.")
@click.option("--json", "en_json", is_flag=True, help="Le résultat en JSON.")
def facturer(slug: str, code: str, mois_ecrit: str, avec_emission: bool, le: str | None, en_json: bool) -> None:
    """Préparer les factures d’un mois, dire ce qui est étrange et ce qui change, puis les émettre."""
    if le is not None and not avec_emission:
        raise QuestionMalPosee("« --le » date une émission\u00a0: elle va avec « --emettre ».")
    with commune_ouverte(slug) as (reglages, bd):
        try:
            regie = regie_a_facturer(reglages, code)
            mois, emise_le = premier_du_mois(mois_ecrit), _lire_jour(le)
        except RegleViolee as refus:
            raise QuestionMalPosee(refus.message) from None
        try:
            facturation, est_vue = _preparer(bd, reglages, code, mois, avec_emission=avec_emission)
            with bd.session_lecture() as session:
                comparaison = comparer(session, facturation)
                recit = _raconter(session, facturation, comparaison)
                for phrase in avertir_des_regies(session, reglages.regies):
                    click.echo(f"Attention{INSECABLE}: {phrase}", err=True)
            suite = _conclure(bd, reglages, facturation, emise_le, est_vue=est_vue) if avec_emission else _Suite()
        except RegleViolee as refus:
            raise Echec(refus.message) from None
    if en_json:
        click.echo(json.dumps(_document(facturation, comparaison, suite.emission), ensure_ascii=False, default=str))
    else:
        click.echo(typographier(f"{regie.nom}, {ecrire_mois(mois)} :"))
        for ligne in recit:
            click.echo(ligne)
    if suite.refus:
        raise Echec(suite.refus)
    if en_json:
        return
    if suite.emission is not None:
        click.echo(_dire_emission(suite.emission))
    elif _est_close(facturation):
        click.echo("Tout est déjà facturé : rien de plus à émettre.")
    else:
        click.echo(
            "Rien n’est émis. Pour émettre ces factures : "
            f"portail-famille facturer --commune {slug} --regie {code} --mois {mois_ecrit} --emettre"
        )


def _lire_jour(texte: str | None) -> date | None:
    if texte is None:
        return None
    try:
        return date.fromisoformat(texte)
    except ValueError:
        raise RegleViolee("date", "Écrivez une date comme 2026-11-30.", "le") from None


def _preparer(
    bd: BD, reglages: ReglagesCommune, code: str, mois: date, *, avec_emission: bool
) -> tuple[Facturation, bool]:
    """The run, ready (or issued, or put away, by somebody else meanwhile); whether it was ready before this command
    began. One that is out of date is prepared again, but never issued unseen."""
    maintenant = datetime.now(UTC)
    with bd.session_ecriture() as session:
        facturation = demander(session, reglages, code, mois, SYSTEME, maintenant)
        est_vue = facturation.etat == "prete"
        if est_vue and (changes := changements(session, reglages, facturation)):
            if avec_emission:
                raise RegleViolee(
                    "facturation_perimee",
                    f"Ont changé depuis la préparation\u00a0: {', '.join(changes)}. Relancez cette commande sans "
                    "--emettre, regardez ce qui a changé, puis émettez.",
                )
            relancer(session, facturation.id, SYSTEME, maintenant)
    debut = time.monotonic()
    while True:
        try:
            with _barre() as avance:
                preparer(bd, reglages, facturation.id, partial(datetime.now, UTC), avance=avance)
            break
        except PreparationEnCours:
            if time.monotonic() - debut > ATTENTE_SECONDES:
                raise
            if time.monotonic() - debut < _PAUSE_SECONDES:
                click.echo("Déjà en préparation par un autre programme : attente…", err=True)
                click.echo("Si elle a été interrompue, elle recommence dans deux minutes au plus.", err=True)
            time.sleep(_PAUSE_SECONDES)
    with bd.session_lecture() as session:
        facturation = session.get_one(Facturation, facturation.id)
    if facturation.etat not in ("prete", "emise", "abandonnee") or facturation.bilan is None:
        raise RegleViolee("facturation_interrompue", "La préparation n’a pas abouti\u00a0: relancez la commande.")
    return facturation, est_vue


@contextmanager
def _barre() -> Iterator[Avance]:
    """A bar for whoever watches, as soon as the number of foyers is known; nothing in the log of a scheduled task."""
    barre = click.progressbar(length=1, label="Foyers", file=sys.stderr, hidden=not sys.stderr.isatty())

    def avancer(fait: int, total: int) -> None:
        barre.length = max(total, 1)
        barre.update(fait - barre.pos)

    with barre:
        yield avancer


@dataclass(frozen=True, slots=True)
class _Suite:
    """What came of an issue that was asked for. Neither: a second run of the month had nothing to say."""

    emission: Emission | None = None
    refus: str = ""


def _conclure(bd: BD, reglages: ReglagesCommune, facturation: Facturation, le: date | None, *, est_vue: bool) -> _Suite:
    """Issues what was ready to be looked at before this command."""
    maintenant = datetime.now(UTC)
    if _est_close(facturation):
        return _Suite()
    if facturation.etat == "abandonnee":
        return _Suite(refus="Cette préparation vient d’être abandonnée au bureau\u00a0: rien n’est émis.")
    if not est_vue and facturation.etat != "emise":
        return _Suite(refus=_A_RELIRE)
    with bd.ouvrir_ecriture_longue() as session:
        emission = emettre(session, reglages, facturation.id, le or jour_de(maintenant), SYSTEME, maintenant)
        session.commit()
    return _Suite(emission)


def _est_close(facturation: Facturation) -> bool:
    """The month is issued, and nothing changed since."""
    return bool((facturation.bilan or {}).get("est_close"))


def _raconter(session: Session, facturation: Facturation, comparaison: Comparaison) -> list[str]:
    bilan = facturation.bilan or {}
    phrases = [f"{_compter(bilan['factures'], 'facture')}, {ecrire_centimes(bilan['total_centimes'])}"]
    if bilan["avoirs"]:
        phrases.append(f"{_compter(bilan['avoirs'], 'avoir')}, {ecrire_centimes(bilan['avoirs_centimes'])}")
    if bilan["reportes"]:
        reporte = f"{_compter(bilan['reportes'], 'foyer')}, {ecrire_centimes(bilan['reporte_centimes'])}"
        phrases.append(f"Sous le minimum, reporté au mois suivant{INSECABLE}: {reporte}")
    if avertissement := avertir_du_mois(facturation.mois, jour_de(datetime.now(UTC))):
        phrases.append(avertissement)
    return [*(f"  {phrase}" for phrase in phrases), *_anomalies(session, bilan), *_comparer(comparaison)]


def _anomalies(session: Session, bilan: Mapping[str, Any]) -> list[str]:
    anomalies = bilan["anomalies"]
    if not anomalies:
        return ["À vérifier : rien."]
    foyers = _noms(session, Foyer.id, Foyer.nom, {a["foyer_id"] for a in anomalies})
    enfants = _noms(session, Enfant.id, Enfant.prenom, {a["enfant"] for a in anomalies})
    codes = _noms(session, Unite.id, Unite.code, {a["unite"] for a in anomalies})
    unites = regles_connues(session).catalogue.unites
    lignes = ["À vérifier :"]
    for code, nombre in bilan["nombres"].items():
        siennes = [a for a in anomalies if a["code"] == code]
        lignes.append(f"  {siennes[0]['phrase']} ({nombre})")
        for a in siennes[:PAR_ANOMALIE]:
            unite = codes.get(a["unite"], "")
            mots = [
                foyers.get(a["foyer_id"], ""),
                enfants.get(a["enfant"], ""),
                unites[unite].nom if unite in unites else unite,
                ecrire_date(date.fromisoformat(a["jour"])) if a["jour"] else "",
            ]
            lignes.append("    " + ", ".join(mot for mot in mots if mot))
        if nombre > PAR_ANOMALIE:
            lignes.append(f"    … et {nombre - PAR_ANOMALIE} de plus")
    return lignes


def _noms(session: Session, cle: Any, nom: Any, ids: set[int | None]) -> dict[int | None, str]:
    lignes = session.execute(select(cle, nom).where(cle.in_(ids - {None})))
    return {ligne[0]: ligne[1] for ligne in lignes}


def _comparer(comparaison: Comparaison) -> list[str]:
    total = comparaison.total
    if not total.avant_centimes:
        return [f"Rien n’a été facturé en {ecrire_mois(comparaison.avant)} : pas de comparaison."]
    lignes = [f"Par rapport à {ecrire_mois(comparaison.avant)} :", f"  {_dire_ecart(total)}"]
    lignes += [f"  {_dire_ecart(ecart)}" for ecart in comparaison.activites]
    for titre, ecarts, nombre in (
        ("Plus grands écarts", comparaison.ecarts, len(comparaison.ecarts)),
        ("Foyers qui n’avaient rien le mois d’avant", comparaison.nouveaux, comparaison.nombre_nouveaux),
        ("Foyers qui n’ont plus rien", comparaison.partis, comparaison.nombre_partis),
    ):
        if ecarts:
            lignes.append(f"  {titre} ({nombre}) :")
            lignes += [f"    {_dire_ecart(ecart)}" for ecart in ecarts[:PAR_ANOMALIE]]
    return lignes


def _dire_ecart(ecart: Ecart) -> str:
    """« Cantine : 1 020,00 € au lieu de 980,00 € »."""
    avant, apres = ecrire_centimes(ecart.avant_centimes), ecrire_centimes(ecart.apres_centimes)
    suite = ", inchangé" if avant == apres else f" au lieu de {avant}"
    return f"{ecart.nom}{INSECABLE}: {apres}{suite}"


def _dire_emission(emission: Emission) -> str:
    faits = _compter(emission.nombre_factures, "facture")
    if emission.nombre_avoirs:
        faits += f" et {_compter(emission.nombre_avoirs, 'avoir')}"
    return (
        f"Émis{INSECABLE}: {faits}, {ecrire_centimes(emission.total_centimes)}. Les familles seront prévenues par mail."
    )


def _document(facturation: Facturation, comparaison: Comparaison, emission: Emission | None) -> Mapping[str, Any]:
    return {
        "facturation": facturation.id,
        "regie": facturation.regie,
        "mois": f"{facturation.mois:%Y-%m}",
        "bilan": facturation.bilan,
        "comparaison": asdict(comparaison),
        "emission": None if emission is None else asdict(emission),
    }


def _compter(nombre: int, nom: str) -> str:
    return f"{nombre} {nom}" + ("s" if nombre > 1 else "")
