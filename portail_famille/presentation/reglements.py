"""Money at the desk, in words: accounts, movements, the day's statement, what is unpaid, attempts by card."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from portail_famille.domain.horloge import PARIS
from portail_famille.domain.moyens import COMPTABLE, ESSAI, MOYENS
from portail_famille.domain.regies import MODE_ESSAI, SEUIL_RECOUVREMENT, Regie
from portail_famille.domain.soldes import Mouvement, Solde
from portail_famille.models.paiements import Paiement, Reglement
from portail_famille.presentation.facturation import nom_regie
from portail_famille.presentation.formats import FINE, date_courte, date_et_heure, euros, pluriel, telephone
from portail_famille.services.bureau_comptes import EssaiLu
from portail_famille.services.caisse import Ecriture, Reste, TotalDuJour
from portail_famille.services.emplois_factures import Emploi
from portail_famille.services.listes_factures import SA_FAMILLE
from portail_famille.services.soldes import Impaye

ESSAIS: Mapping[str, tuple[str, str]] = {
    "creee": ("commencé", "prime"),
    "en_attente": ("en cours", "prime"),
    "paye": ("payé", "ok"),
    "annule": ("annulé", ""),
    "refuse": ("refusé", "erreur"),
    "expire": ("expiré", ""),
    "echec": ("échec", "erreur"),
}
"""Of an attempt by card: words and colour of its badge."""
A_VERIFIER = ("à vérifier", "erreur")
"""PayFiP says of it what was not asked, or what could not be written."""
PAYE_A_L_ESSAI = ("payé, essai", "attente")
"""In mode T: no money came."""
_MOUVEMENTS = {"facture": "Facture", "avoir": "Avoir", "annulation": "Annulation", "remboursement": "Remboursement"}

Adresse = Callable[[str, int], str]
"""Where a line leads: « facture » or « reglement », id."""


@dataclass(frozen=True, slots=True)
class SoldeRegie:
    regie: str
    nom: str
    centimes: int
    """Never negative: `phrase` says which way."""
    phrase: str
    credit_centimes: int
    credit: str
    """As typed in a field."""


@dataclass(frozen=True, slots=True)
class MouvementVu:
    jour: date
    titre: str
    numero: str
    regie: str
    centimes: int
    solde_centimes: int
    href: str


@dataclass(frozen=True, slots=True)
class EncaissementVu:
    """What paid an invoice, or what a payment or an avoir paid."""

    moyen: str
    numero: str
    le: date
    centimes: int
    href: str


@dataclass(frozen=True, slots=True)
class EssaiVu:
    facture_id: int
    numero: str
    famille: str
    quand: str
    centimes: int
    badge: str
    badge_genre: str
    anomalie: str


@dataclass(frozen=True, slots=True)
class ImpayeVu:
    id: int
    numero: str
    famille: str
    retard: str
    relances: str
    payeur: str
    telephone: str
    reste_centimes: int
    est_petite: bool
    """Under what the Treasury recovers."""


def composer_soldes(soldes: Mapping[str, Solde], regies: Mapping[str, Regie]) -> tuple[SoldeRegie, ...]:
    return tuple(
        SoldeRegie(
            code,
            nom_regie(regies, code),
            abs(solde.centimes),
            _dire_solde(solde),
            solde.credit_centimes,
            f"{solde.credit_centimes / 100:.2f}".replace(".", ","),
        )
        for code, solde in soldes.items()
    )


def _dire_solde(solde: Solde) -> str:
    parts = [
        f"{euros(centimes)} {mots}"
        for centimes, mots in (
            (solde.a_regler_centimes, "à régler"),
            (solde.transmis_centimes, "chez le comptable public"),
            (solde.credit_centimes, "d’avance"),
        )
        if centimes
    ]
    if len(parts) > 1 or solde.transmis_centimes:
        return ", ".join(parts)
    if solde.centimes == 0:
        return "rien à régler"
    return "à régler" if solde.centimes > 0 else "d’avance"


def composer_mouvements(
    mouvements: Iterable[Mouvement], regies: Mapping[str, Regie], adresse: Adresse
) -> tuple[MouvementVu, ...]:
    """Latest first: what an agent looks for."""
    vus = [
        MouvementVu(
            m.jour,
            _MOUVEMENTS.get(m.genre) or MOYENS.get(m.libelle, "Règlement"),
            m.numero,
            nom_regie(regies, m.regie),
            m.centimes,
            m.solde_centimes,
            adresse("facture" if m.genre in ("facture", "avoir") else "reglement", m.id),
        )
        for m in mouvements
    ]
    return tuple(reversed(vus))


def composer_encaissements(emplois: Iterable[Emploi], est_avoir: bool, adresse: Adresse) -> tuple[EncaissementVu, ...]:
    """Of an invoice: payments and avoirs; of an avoir: invoices paid and refunds."""
    return tuple(
        EncaissementVu(
            MOYENS.get(e.moyen, "Facture" if est_avoir else "Avoir"),
            e.numero,
            e.le,
            e.centimes,
            adresse("facture", e.facture_id) if e.reglement_id is None else adresse("reglement", e.reglement_id),
        )
        for e in emplois
    )


def composer_essais(essais: Iterable[Paiement], numero: str = "", famille: str = "") -> tuple[EssaiVu, ...]:
    return tuple(
        EssaiVu(
            essai.facture_id,
            numero,
            famille,
            date_et_heure(essai.cree_utc),
            essai.montant_centimes,
            *_badge(essai),
            essai.anomalie,
        )
        for essai in essais
    )


def _badge(essai: Paiement) -> tuple[str, str]:
    if essai.anomalie and (essai.idop or essai.etat != "echec"):
        return A_VERIFIER
    return PAYE_A_L_ESSAI if essai.etat == "paye" and essai.saisie == MODE_ESSAI else ESSAIS[essai.etat]


def composer_essais_lus(lus: Iterable[EssaiLu]) -> tuple[EssaiVu, ...]:
    return tuple(
        vu for lu in lus for vu in composer_essais([lu.essai], lu.facture.numero or lu.facture.libelle, lu.famille)
    )


def composer_impayes(impayes: Iterable[Impaye], payeurs: Mapping[int, tuple[str, str]]) -> tuple[ImpayeVu, ...]:
    return tuple(
        ImpayeVu(
            i.facture.id,
            i.facture.numero or "",
            i.foyer,
            f"{pluriel(i.jours, 'jour')} de retard",
            pluriel(i.relances, "relance") if i.relances else "aucune relance",
            payeurs.get(i.facture.foyer_id, ("", ""))[0],
            telephone(payeurs.get(i.facture.foyer_id, ("", ""))[1]),
            i.facture.reste_centimes,
            i.facture.reste_centimes < SEUIL_RECOUVREMENT,
        )
        for i in impayes
    )


def tableau_du_jour(ecritures: Iterable[Ecriture], siens: Collection[int]) -> list[tuple[str, ...]]:
    """Number, family, means, reference, day it was written, amount. `siens`: foyers of the agent's own family, of which
    she reads amounts alone."""
    return [
        (
            e.reglement.numero,
            SA_FAMILLE if e.reglement.foyer_id in siens else e.foyer,
            _moyen(e.reglement),
            "" if e.reglement.foyer_id in siens else e.reglement.reference,
            _saisi_le(e.reglement),
            euros(e.reglement.montant_centimes),
        )
        for e in ecritures
    ]


def tableau_apres_coup(ecritures: Iterable[Ecriture], siens: Collection[int]) -> list[tuple[str, ...]]:
    """Number, family, means, day it came in, amount."""
    return [
        (
            e.reglement.numero,
            SA_FAMILLE if e.reglement.foyer_id in siens else e.foyer,
            _moyen(e.reglement),
            _chiffres(e.reglement.recu_le),
            euros(e.reglement.montant_centimes),
        )
        for e in ecritures
    ]


def totaux_du_jour(ecritures: Sequence[Ecriture]) -> list[tuple[str, ...]]:
    """By means; the whole last."""
    return _totaux(
        (e.reglement.moyen, int(e.reglement.annule_de is None), e.reglement.montant_centimes) for e in ecritures
    )


def totaux_du_mois(totaux: Sequence[TotalDuJour]) -> list[tuple[str, ...]]:
    return _totaux((t.moyen, t.nombre, t.centimes) for t in totaux)


def tableau_du_mois(totaux: Iterable[TotalDuJour]) -> list[tuple[str, ...]]:
    """Day, number of payments, amount."""
    jours: dict[date, list[int]] = defaultdict(lambda: [0, 0])
    for t in totaux:
        jours[t.jour][0] += t.nombre
        jours[t.jour][1] += t.centimes
    return [(_chiffres(jour), str(nombre), euros(centimes)) for jour, (nombre, centimes) in sorted(jours.items())]


def _totaux(lignes: Iterable[tuple[str, int, int]]) -> list[tuple[str, ...]]:
    """A reversal is no payment: it takes its amount off, and counts for none."""
    par_moyen: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for moyen, nombre, centimes in lignes:
        par_moyen[MOYENS[moyen]][0] += nombre
        par_moyen[MOYENS[moyen]][1] += centimes
    total = [sum(valeurs) for valeurs in zip(*par_moyen.values(), strict=True)] or [0, 0]
    return [(moyen, str(n), euros(c)) for moyen, (n, c) in [*sorted(par_moyen.items()), ("Total", total)]]


def tableau_des_restes(restes: Iterable[Reste]) -> list[tuple[str, ...]]:
    """Number, family, payer, due date, what was left."""
    return [
        (
            r.facture.numero or "",
            r.famille,
            r.payeur,
            _chiffres(r.facture.echeance) if r.facture.echeance else "",
            f"{euros(r.centimes)}{', chez le comptable' if r.est_transmise else ''}",
        )
        for r in restes
    ]


def _saisi_le(reglement: Reglement) -> str:
    return _chiffres(reglement.saisi_utc.astimezone(PARIS).date())


def _chiffres(jour: date) -> str:
    return f"{jour:%d/%m/%Y}"


def _moyen(reglement: Reglement) -> str:
    moyen = MOYENS[reglement.moyen]
    return f"{moyen} (annulation)" if reglement.annule_de is not None else moyen


def titre_reglement(reglement: Reglement) -> str:
    if reglement.annule_de is not None:
        return f"Annulation {reglement.numero}"
    if reglement.moyen == COMPTABLE:
        return f"Écriture {reglement.numero}"
    return f"{'Remboursement' if reglement.montant_centimes < 0 else 'Règlement'} {reglement.numero}"


def infos_reglement(
    reglement: Reglement, famille: str, agent: str, regies: Mapping[str, Regie]
) -> tuple[tuple[str, str], ...]:
    moyen = _moyen(reglement)
    lignes = [
        ("Famille", famille),
        ("Montant", euros(reglement.montant_centimes)),
        ("Moyen", f"{moyen}\u00a0: aucun argent n’a circulé" if reglement.moyen == ESSAI else moyen),
        ("Le", f"{date_courte(reglement.recu_le)} {reglement.recu_le.year}"),
        ("Régie", nom_regie(regies, reglement.regie)),
        ("Référence", reglement.reference),
        ("Note", reglement.note),
        ("Saisi", f"{date_et_heure(reglement.saisi_utc)}, {agent or 'par le portail'}"),
    ]
    if reglement.cesu_employeur_centimes:
        lignes.insert(3, ("Dont part de l’employeur", euros(reglement.cesu_employeur_centimes)))
    return tuple((nom, valeur) for nom, valeur in lignes if valeur)


def dire_repartition(employes: Sequence[tuple[str, int, int]], avance_centimes: int) -> tuple[str, ...]:
    """What a payment does. `employes`: number of the invoice, what it takes, what stays to pay of it."""
    phrases = [
        f"Facture {numero}\u00a0: {euros(centimes)}"
        + (f"{FINE}; il restera {euros(reste)} à régler." if reste else f"{FINE}; elle est réglée.")
        for numero, centimes, reste in employes
    ]
    if avance_centimes:
        phrases.append(f"Avance de la famille\u00a0: {euros(avance_centimes)}, pour ses prochaines factures.")
    return tuple(phrases)
