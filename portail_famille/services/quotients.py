"""The QF of a foyer: written only here, declared by a parent, decided by an agent or by the rules, reminded of.

Each foyer of a child has its own (garde alternée): nothing here ever looks at another one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portail_famille.config import ReglagesCommune
from portail_famille.config.reglages import ReglagesQuotient
from portail_famille.domain.demarches import Cote
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.genres import Decision, Genre
from portail_famille.domain.libelles import ecrire_date
from portail_famille.domain.quotients import (
    FormuleAvis,
    Periode,
    Validite,
    ecrire_quotient,
    en_vigueur,
    lendemain_sans_suite,
    lire_montant,
    lire_part_isole,
    poser,
)
from portail_famille.models.demarches import Demarche
from portail_famille.models.foyers import Foyer
from portail_famille.models.quotients import QuotientFamilial
from portail_famille.services import demarches
from portail_famille.services.dossiers import jour_de
from portail_famille.services.journal import Auteur, consigner

GENRE = "quotient"
ATTESTATION, AVIS, OBTENU = "attestation", "avis", "obtenu"
"""How a QF is known: CAF or MSA attestation, avis d'imposition, or asked of them by the town."""
MOYENS = {
    ATTESTATION: "Attestation de quotient familial (CAF ou MSA)",
    AVIS: "Avis d’imposition",
    OBTENU: "Réponse de la CAF ou de la MSA à la mairie",
}
_BIENTOT = timedelta(days=92)
"""An end nearer than three months is said before it is sent: the next declaration is soon."""
ORGANISMES = {"caf": "CAF", "msa": "MSA"}


def validite_de(reglages: ReglagesQuotient) -> Validite:
    return Validite(reglages.validite, reglages.validite_mois, reglages.effet, reglages.rappel_jours)


def formule_de(reglages: ReglagesQuotient) -> FormuleAvis:
    return FormuleAvis(reglages.avis_mois, lire_part_isole(reglages.avis_part_parent_isole))


def lire_quotients(session: Session, foyer_id: int) -> list[QuotientFamilial]:
    """All those of the foyer, the latest start first. One query."""
    requete = select(QuotientFamilial).where(QuotientFamilial.foyer_id == foyer_id)
    return list(session.scalars(requete.order_by(QuotientFamilial.du.desc(), QuotientFamilial.id.desc())))


def periodes_de(quotients: list[QuotientFamilial]) -> list[Periode]:
    return [Periode(q.id, q.du, q.au, q.valeur_centimes) for q in quotients]


def etablir(
    session: Session,
    foyer_id: int,
    valeur_centimes: int,
    du: date,
    au: date | None,
    origine: str,
    demarche_id: int | None,
    auteur: Auteur,
    maintenant: datetime,
    *,
    plancher: date | None = None,
    est_retroactif: bool = False,
) -> QuotientFamilial:
    """Writes a QF from `du` to `au` included: what went before ends the day before, a later one keeps its days.

    `plancher`: first day that is not retroactive, today unless a declaration was filed earlier (domain.md §8: never
    retroactive unless the agent says so). Raises `RegleViolee` (champs `du`, `au`).
    """
    # Two agents on one foyer: the second one sees what the first one wrote.
    session.scalar(select(Foyer.id).where(Foyer.id == foyer_id).with_for_update())
    if du < (plancher or jour_de(maintenant)) and not est_retroactif:
        raise RegleViolee(
            "retroactif",
            f"Le {ecrire_date(du)} est déjà passé\u00a0: dites que c’est rétroactif si c’est voulu.",
            "du",
        )
    quotients = lire_quotients(session, foyer_id)
    pose = poser(periodes_de(quotients), du, au)
    avant = en_vigueur(periodes_de(quotients), du)
    if pose.coupees:
        session.execute(
            update(QuotientFamilial).where(QuotientFamilial.id.in_(pose.coupees)).values(au=_veille(du)),
        )
    if pose.remplacees:
        session.execute(delete(QuotientFamilial).where(QuotientFamilial.id.in_(pose.remplacees)))
    quotient = QuotientFamilial(
        foyer_id=foyer_id,
        valeur_centimes=valeur_centimes,
        du=du,
        au=pose.au,
        origine=origine,
        demarche_id=demarche_id,
    )
    session.add(quotient)
    consigner(
        session,
        auteur,
        "quotient_etabli",
        maintenant,
        foyer_id=foyer_id,
        details={
            "avant": dire_periode(avant) if avant else "",
            "apres": dire_periode(Periode(0, du, pose.au, valeur_centimes)),
        },
    )
    session.flush()
    return quotient


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a foyer says its QF is, and how it is known. `mois`: the month the document speaks of, its first day."""

    moyen: str
    valeur_centimes: int
    mois: date | None = None
    precisions: Mapping[str, Any] | None = None
    """organisme, allocataire; revenu_centimes, parts, parent_isole."""


def proposer_dates(declaration: Declaration, reglages: ReglagesQuotient, jour: date) -> tuple[date, date]:
    """From when to when it would count, filed that day."""
    validite = validite_de(reglages)
    du = validite.debut(jour)
    return du, validite.fin(du, declaration.mois)


def dire_la_suite(lendemain: date) -> str:
    """« À partir du 1er janvier 2027, sans nouvelle déclaration : tarif maximum »."""
    return f"À partir du {ecrire_date(lendemain)}, sans nouvelle déclaration\u00a0: tarif maximum"


def remarques(quotients: list[Periode], declaration: Declaration, du: date, au: date) -> list[str]:
    """What both sides must know before it is sent or accepted: the same as today's, older than today's, cut short, and
    what follows its end when that is soon or earlier than what is known today."""
    actuel = en_vigueur(quotients, du)
    phrases = []
    if actuel is not None and actuel.valeur_centimes == declaration.valeur_centimes:
        phrases.append(f"C’est déjà le quotient familial connu\u00a0: {dire_periode(actuel)}.")
    if actuel is not None and declaration.mois is not None and declaration.mois < actuel.du.replace(day=1):
        phrases.append(
            f"Ce document est plus ancien que le quotient en vigueur, qui compte depuis le {ecrire_date(actuel.du)}."
        )
    suivante = poser(quotients, du, au).suivante
    if suivante is not None:
        phrases.append(
            f"Un autre quotient ({ecrire_quotient(suivante.valeur_centimes)}) est déjà enregistré à partir du "
            f"{ecrire_date(suivante.du)}\u00a0: celui-ci s’arrêtera la veille."
        )
    lendemain = lendemain_sans_suite(quotients, du, au)
    if lendemain is not None and en_vigueur(quotients, lendemain) is not None:
        phrases.append(f"{dire_la_suite(lendemain)}. Le quotient remplacé durait plus longtemps.")
    elif lendemain is not None and lendemain - du <= _BIENTOT:
        phrases.append(f"{dire_la_suite(lendemain)}.")
    return phrases


def empechement(session: Session, foyer_id: int) -> str:
    """Why the foyer cannot declare now, "" when it can: one declaration at a time, by one adult or the other."""
    ouverte = declaration_ouverte(session, foyer_id)
    if ouverte is None:
        return ""
    return (
        f"Votre foyer a déjà une déclaration en cours (n°\u00a0{ouverte.numero})\u00a0: attendez la réponse de la "
        "mairie, ou annulez-la pour en faire une autre."
    )


def declaration_ouverte(session: Session, foyer_id: int) -> Demarche | None:
    return next(iter(demarches.ouvertes(session, foyer_id, GENRE)), None)


def declarer(
    session: Session,
    foyer_id: int,
    declaration: Declaration,
    auteur: Auteur,
    maintenant: datetime,
    reglages: ReglagesQuotient,
    *,
    pieces: tuple[int, ...] = (),
    cle_envoi: str | None = None,
) -> Demarche:
    """Files a declaration. Raises `RegleViolee`: one is under way already, or it would change nothing."""
    session.scalar(select(Foyer.id).where(Foyer.id == foyer_id).with_for_update())
    raison = empechement(session, foyer_id)
    if raison:
        raise RegleViolee("declaration_en_cours", raison)
    du, au = proposer_dates(declaration, reglages, jour_de(maintenant))
    quotients = periodes_de(lire_quotients(session, foyer_id))
    actuel, lendemain = en_vigueur(quotients, du), lendemain_sans_suite(quotients, du, au)
    if (
        actuel is not None
        and actuel.valeur_centimes == declaration.valeur_centimes
        and (actuel.au is None or actuel.au >= au)
    ):
        raise RegleViolee("deja_connu", f"La mairie connaît déjà ce quotient familial\u00a0: {dire_periode(actuel)}.")
    return demarches.deposer(
        session,
        genre=GENRE,
        auteur=auteur,
        maintenant=maintenant,
        contenu={
            "moyen": declaration.moyen,
            "valeur": declaration.valeur_centimes,
            "mois": declaration.mois.isoformat() if declaration.mois else None,
            "du": du.isoformat(),
            "au": au.isoformat(),
            "sans_quotient_le": _iso(lendemain),
            **(declaration.precisions or {}),
        },
        avant={} if actuel is None else {"valeur": actuel.valeur_centimes, "au": _iso(actuel.au)},
        foyer_id=foyer_id,
        pieces=pieces,
        cle_envoi=cle_envoi,
    )


def declaration_de(contenu: Mapping[str, Any]) -> Declaration:
    """A request's content, as it was declared."""
    mois = contenu.get("mois")
    return Declaration(str(contenu["moyen"]), int(contenu["valeur"]), date.fromisoformat(mois) if mois else None)


def lire_decision(
    _session: Session,
    demarche: Demarche,
    saisie: Mapping[str, str],
    _reglages: ReglagesCommune,
    _maintenant: datetime,
) -> dict[str, Any]:
    """What the agent filled in « Accepter » (`services/genres.DECISIONS`). Raises `RegleViolee` with the field."""
    valeur = lire_montant(saisie.get("qf_valeur", ""), "qf_valeur")
    du, au = _lire_jour(saisie, "qf_du"), _lire_jour(saisie, "qf_au")
    if au < du:
        raise RegleViolee("dates_inversees", "La fin vient avant le début\u00a0: corrigez une des dates.", "qf_au")
    est_retroactif = bool(saisie.get("qf_retroactif"))
    plancher = date.fromisoformat(demarche.contenu["du"])
    if du < plancher and not est_retroactif:
        raise RegleViolee(
            "retroactif",
            f"Avant le {ecrire_date(plancher)}, c’est rétroactif\u00a0: cochez la case si c’est voulu.",
            "qf_du",
        )
    return {"valeur": valeur, "du": du.isoformat(), "au": au.isoformat(), "retroactif": est_retroactif}


def appliquer_quotient(session: Session, demarche: Demarche, auteur: Auteur, maintenant: datetime) -> None:
    """What accepting does (`services/genres`): the prices change from its first day, and no day before.

    What no agent looked at is « déclaré », unless the CAF or the MSA said it.
    """
    assert demarche.foyer_id is not None
    contenu = demarche.contenu
    decide = {"valeur": contenu["valeur"], "du": contenu["du"], "au": contenu["au"], "retroactif": False}
    decide |= contenu.get("decision") or {}
    if contenu["moyen"] == OBTENU and decide["valeur"] == contenu["valeur"]:
        origine = "obtenu"
    else:
        origine = "declare" if auteur.cote is Cote.SYSTEME else "prouve"
    etablir(
        session,
        demarche.foyer_id,
        int(decide["valeur"]),
        date.fromisoformat(decide["du"]),
        date.fromisoformat(decide["au"]),
        origine,
        demarche.id,
        auteur,
        maintenant,
        plancher=date.fromisoformat(contenu["du"]),
        est_retroactif=bool(decide["retroactif"]),
    )


def est_decidee_d_office(_session: Session, demarche: Demarche, genre: Genre, _maintenant: datetime) -> bool:
    """`services/genres.AUTOMATISMES`. Where the town lets the rules decide, of what the CAF or the MSA answered; a
    document is always read by somebody."""
    return genre.decision is Decision.AUTOMATIQUE and demarche.contenu["moyen"] == OBTENU


def _lire_jour(saisie: Mapping[str, str], champ: str) -> date:
    try:
        jour = date.fromisoformat(saisie.get(champ, ""))
    except ValueError:
        raise RegleViolee("date_illisible", "Choisissez une date.", champ) from None
    if not 2000 <= jour.year <= 2100:
        raise RegleViolee("date_lointaine", "Choisissez une date plus proche d’aujourd’hui.", champ)
    return jour


def dire_periode(periode: Periode) -> str:
    """« 639,99, du 2 décembre 2026 au 31 décembre 2027 »."""
    fin = f" au {ecrire_date(periode.au)}" if periode.au else ""
    return f"{ecrire_quotient(periode.valeur_centimes)}, {'du' if fin else 'depuis le'} {ecrire_date(periode.du)}{fin}"


def _veille(jour: date) -> date:
    return date.fromordinal(jour.toordinal() - 1)


def _iso(jour: date | None) -> str | None:
    return jour.isoformat() if jour else None
