"""The régie's desk in words: its months, a run with what is odd in it, its invoices."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from portail_famille.domain.anomalies import PHRASES
from portail_famille.domain.factures import attend_prelevement, est_a_payer, prenoms_figes
from portail_famille.domain.quotients import ecrire_mois
from portail_famille.domain.regies import Regie
from portail_famille.models.factures import Facture
from portail_famille.presentation.factures import badge_de, etat_du_jour, nom_unite
from portail_famille.presentation.formats import (
    date_courte,
    date_et_heure,
    enumerer,
    euros,
    jour_court,
    mois_annee,
    pluriel,
)
from portail_famille.services.avoirs import LigneRestante
from portail_famille.services.bureau_factures import (
    A_REGLER,
    AVOIRS,
    EN_RETARD,
    REGLEES,
    TRANSMISES,
    BilanMois,
    FactureListee,
    RunListe,
)

ETATS: Mapping[str, tuple[str, str]] = {
    "en_preparation": ("en préparation", "prime"),
    "prete": ("à vérifier", "attente"),
    "emise": ("émise", "ok"),
    "abandonnee": ("abandonnée", ""),
    "echouee": ("échouée", "erreur"),
}
"""Of a run: words and colour of its badge."""
GROUPES: Mapping[str, str] = {
    "": "Toutes",
    A_REGLER: "À régler",
    EN_RETARD: "En retard",
    REGLEES: "Réglées",
    TRANSMISES: "Transmises",
    AVOIRS: "Avoirs",
}
MOIS_PROPOSES = 12
"""Months back that a run may be asked for."""


@dataclass(frozen=True, slots=True)
class MoisVu:
    """A month of a régie: its run, what was issued. `facturation_id` None: issued without a run (imported)."""

    titre: str
    mois: str
    facturation_id: int | None
    badge: str
    badge_genre: str
    phrases: tuple[str, ...]
    reste_centimes: int


@dataclass(frozen=True, slots=True)
class RegieVue:
    code: str
    nom: str
    est_importee: bool
    est_disparue: bool
    """Taken out of commune.toml since."""
    mois: tuple[MoisVu, ...]
    proposes: tuple[tuple[str, str], ...]
    """Months that may be prepared: value, words."""
    propose: str
    """The one most likely wanted."""


@dataclass(frozen=True, slots=True)
class LigneAnomalie:
    """Who and what; `foyer_id` None: of a family that this agent does not deal with."""

    foyer_id: int | None
    famille: str
    detail: str


@dataclass(frozen=True, slots=True)
class GroupeAnomalies:
    phrase: str
    nombre: int
    lignes: tuple[LigneAnomalie, ...]


@dataclass(frozen=True, slots=True)
class LigneAChoisir:
    """A line that an avoir may give back."""

    id: int
    texte: str
    centimes: int
    """What is left to give back of it."""


@dataclass(frozen=True, slots=True)
class RangeeFacture:
    """An invoice in a list of the desk."""

    id: int
    titre: str
    """Its number; "" for a draft."""
    famille: str
    details: str
    centimes: int
    badge: str
    badge_genre: str
    note: str
    """« 12 jours de retard », reason of an avoir."""


def dire_disparues(regies: Mapping[str, int]) -> list[str]:
    """Unpaid invoices of régies that commune.toml declares no more."""
    return [
        f"la régie «\u00a0{code}\u00a0» n’est plus dans les réglages\u00a0: {pluriel(nombre, 'facture')} à régler, "
        "toujours lisibles, qui se règlent ici et non en ligne."
        for code, nombre in regies.items()
    ]


def titre_de(regies: Mapping[str, Regie], code: str, mois: date) -> str:
    """« Enfance et éducation, novembre 2026 »."""
    return f"{nom_regie(regies, code)}, {ecrire_mois(mois)}"


def nom_regie(regies: Mapping[str, Regie], code: str) -> str:
    """A régie that the settings know no more keeps its code."""
    return regies[code].nom if code in regies else code


def composer_regies(
    regies: Mapping[str, Regie],
    facturations: Iterable[RunListe],
    bilans: Mapping[tuple[str, date], BilanMois],
    aujourdhui: date,
) -> tuple[RegieVue, ...]:
    """Every régie with its months, latest first; of a month run several times, the run that counts."""
    runs: dict[tuple[str, date], RunListe] = {}
    for facturation in sorted(facturations, key=_poids):
        runs[facturation.regie, facturation.mois] = facturation
    codes = dict.fromkeys([*regies, *sorted({regie for regie, _ in [*runs, *bilans]})])
    return tuple(_regie(code, regies, runs, bilans, aujourdhui) for code in codes)


def _poids(facturation: RunListe) -> tuple[bool, int]:
    """A run under way before what is over, then the latest."""
    return facturation.etat in ("en_preparation", "prete"), facturation.id


def _regie(
    code: str,
    regies: Mapping[str, Regie],
    runs: Mapping[tuple[str, date], RunListe],
    bilans: Mapping[tuple[str, date], BilanMois],
    aujourdhui: date,
) -> RegieVue:
    regie = regies.get(code)
    connus = sorted({mois for c, mois in [*runs, *bilans] if c == code}, reverse=True)
    proposes = _proposes(aujourdhui)
    emis = {mois for c, mois in bilans if c == code}
    voulus = [mois for mois in (proposes[2], proposes[1]) if mois not in emis]
    return RegieVue(
        code,
        regie.nom if regie is not None else code,
        regie is not None and regie.est_importee,
        regie is None,
        tuple(
            _mois(mois, runs.get((code, mois)), bilans.get((code, mois)), regie is not None and regie.est_importee)
            for mois in connus[:MOIS_PROPOSES]
        ),
        tuple((f"{mois:%Y-%m}", mois_annee(mois)) for mois in proposes),
        f"{(voulus or [proposes[1]])[0]:%Y-%m}",
    )


def _mois(mois: date, run: RunListe | None, bilan: BilanMois | None, est_importee: bool) -> MoisVu:
    badge, genre = ("reçue", "ok") if est_importee else ETATS[run.etat if run is not None else "emise"]
    return MoisVu(
        mois_annee(mois),
        f"{mois:%Y-%m}",
        run.id if run is not None else None,
        badge,
        genre,
        _phrases(run, bilan),
        bilan.reste_centimes if bilan is not None else 0,
    )


def _phrases(run: RunListe | None, bilan: BilanMois | None) -> tuple[str, ...]:
    phrases = []
    if run is not None and run.etat == "prete":
        phrases.append(f"À émettre\u00a0: {dire_nombres(run.factures, run.avoirs)}")
    if bilan is not None:
        transmis = f", {euros(bilan.transmis_centimes)} chez le comptable" if bilan.transmis_centimes else ""
        phrases.append(f"{dire_nombres(bilan.factures, bilan.avoirs)}, {euros(bilan.total_centimes)}")
        phrases.append(f"Réglé {euros(bilan.regle_centimes)}, reste {euros(bilan.reste_centimes)}{transmis}")
    return tuple(phrases)


def dire_nombres(factures: int, avoirs: int) -> str:
    """« 42 factures », « 42 factures et 3 avoirs », « 3 avoirs »."""
    if avoirs and not factures:
        return pluriel(avoirs, "avoir")
    dites = pluriel(factures, "facture")
    return f"{dites} et {pluriel(avoirs, 'avoir')}" if avoirs else dites


def premier_mois_montre(aujourdhui: date) -> date:
    """A year back, this month: what the desk's home sums."""
    return date(aujourdhui.year - 1, aujourdhui.month, 1)


def _proposes(aujourdhui: date) -> list[date]:
    """Next month, this one, then backwards."""
    mois = date(aujourdhui.year + aujourdhui.month // 12, aujourdhui.month % 12 + 1, 1)
    proposes = []
    for _ in range(MOIS_PROPOSES + 2):
        proposes.append(mois)
        mois = date(mois.year - (mois.month == 1), (mois.month - 2) % 12 + 1, 1)
    return proposes


def composer_anomalies(
    bilan: Mapping[str, object],
    familles: Mapping[int, str],
    enfants: Mapping[int, str],
    unites: Mapping[int, str],
) -> tuple[GroupeAnomalies, ...]:
    """By kind, in the order they are told. `familles`: those that this agent may read; the others are counted."""
    trouvees = bilan.get("anomalies")
    anomalies = trouvees if isinstance(trouvees, list) else []
    nombres = bilan.get("nombres")
    totaux = nombres if isinstance(nombres, Mapping) else {}
    groupes = []
    for code, phrase in PHRASES.items():
        siennes = [a for a in anomalies if a["code"] == code]
        if siennes:
            lignes = tuple(
                LigneAnomalie(a["foyer_id"], familles[a["foyer_id"]], _detail(a, enfants, unites))
                for a in siennes
                if a["foyer_id"] in familles
            )
            groupes.append(GroupeAnomalies(phrase, int(totaux.get(code, len(siennes))), lignes))
    return tuple(groupes)


def _detail(a: Mapping[str, object], enfants: Mapping[int, str], unites: Mapping[int, str]) -> str:
    """« Léa, Cantine, 14 novembre (3 jours) »."""
    enfant, unite, jour = a.get("enfant"), a.get("unite"), a.get("jour")
    mots = [
        enfants.get(enfant, "") if isinstance(enfant, int) else "",
        unites.get(unite, "") if isinstance(unite, int) else "",
        date_courte(date.fromisoformat(jour)) if isinstance(jour, str) else "",
    ]
    nombre = a.get("nombre", 1)
    suite = f" ({pluriel(nombre, 'jour')})" if isinstance(nombre, int) and nombre > 1 else ""
    return ", ".join(mot for mot in mots if mot) + suite


def composer_rangees(
    listees: Sequence[FactureListee], regies: Mapping[str, Regie], aujourdhui: date
) -> tuple[RangeeFacture, ...]:
    return tuple(_rangee(listee, regies, aujourdhui) for listee in listees)


def _rangee(listee: FactureListee, regies: Mapping[str, Regie], aujourdhui: date) -> RangeeFacture:
    facture, etat = listee.facture, listee.etat
    if facture.numero is None:
        badge, genre = ("avoir proposé", "attente") if facture.genre == "avoir" else ("brouillon", "prime")
    else:
        badge, genre = badge_de(etat, facture.echeance, aujourdhui)
    note = facture.motif
    if etat is not None and est_a_payer(etat) and facture.numero is not None:
        note = dire_retard(facture, aujourdhui)
    centimes = facture.reste_centimes if etat is not None and est_a_payer(etat) else facture.total_centimes
    emise = f", émise le {date_courte(facture.emise_le)} {facture.emise_le.year}" if facture.emise_le else ""
    return RangeeFacture(
        facture.id,
        facture.numero or "",
        listee.famille,
        f"{titre_de(regies, facture.regie, facture.mois)}{emise}" if facture.numero else facture.libelle,
        centimes,
        badge,
        genre,
        note,
    )


def dire_retard(facture: Facture, aujourdhui: date) -> str:
    """« 12 jours de retard »; "" until the due date has passed."""
    if facture.echeance is None or facture.echeance >= aujourdhui:
        return ""
    return f"{pluriel((aujourdhui - facture.echeance).days, 'jour')} de retard"


def composer_lignes_a_choisir(
    lignes: Sequence[LigneRestante], contenu: Mapping[str, object]
) -> tuple[LigneAChoisir, ...]:
    """What of an invoice is not given back yet: « Léa, Cantine, mar. 3/11, réservé », as it was billed."""
    prenoms = prenoms_figes(contenu, [(restante.ligne.enfant_id, restante.ligne.prix) for restante in lignes])
    choix = []
    for restante in lignes:
        ligne = restante.ligne
        if restante.centimes > 0:
            mots = [
                prenoms.get(ligne.enfant_id, "") if ligne.enfant_id else "",
                ligne.libelle or nom_unite(contenu, ligne.unite_id),
                f"{jour_court(ligne.jour)}/{ligne.jour:%m}" if ligne.jour else ligne.quantite,
                etat_du_jour(ligne.etat),
            ]
            choix.append(LigneAChoisir(ligne.id, ", ".join(mot for mot in mots if mot), restante.centimes))
    return tuple(choix)


def infos_facture(
    facture: Facture, payeur: str, regies: Mapping[str, Regie], relances: Sequence[date], aujourdhui: date
) -> tuple[tuple[str, str], ...]:
    """What heads the page of an invoice at the desk."""
    lignes = [("Payeur", payeur), ("Régie", nom_regie(regies, facture.regie)), ("Mois", mois_annee(facture.mois))]
    if facture.emise_le is not None:
        lignes.append(("Émise le", f"{date_courte(facture.emise_le)} {facture.emise_le.year}"))
    if facture.echeance is not None:
        lignes.append(("À régler avant le", f"{date_courte(facture.echeance)} {facture.echeance.year}"))
    if facture.transmise_le is not None:
        lignes.append(("Transmise au comptable le", f"{date_courte(facture.transmise_le)} {facture.transmise_le.year}"))
    if facture.prelevement_le is not None:
        est_attendu = attend_prelevement(facture.prelevement_le, aujourdhui) or not facture.reste_centimes
        nom = "Prélèvement prévu le" if est_attendu else "Prélèvement sans effet, prévu le"
        lignes.append((nom, f"{date_courte(facture.prelevement_le)} {facture.prelevement_le.year}"))
    if facture.annoncee_utc is not None:
        lignes.append(("Famille prévenue", date_et_heure(facture.annoncee_utc)))
    if relances:
        relancee = enumerer([f"{date_courte(jour)} {jour.year}" for jour in relances])
        lignes.append(("Relancée le" if len(relances) == 1 else "Relancée les", relancee))
    if facture.motif:
        lignes.append(("Motif", facture.motif))
    return tuple(lignes)
