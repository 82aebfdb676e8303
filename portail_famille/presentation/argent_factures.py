"""What was paid of an invoice, in words: avoirs once each with what they did, money apart, and a sum that adds up."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from portail_famille.domain.factures import EtatFacture
from portail_famille.domain.moyens import AILLEURS, ESSAI, MOYENS, REMBOURSEMENT, SANS_RECU
from portail_famille.domain.regies import Regie
from portail_famille.models.factures import Facture
from portail_famille.presentation.factures import nom_regie
from portail_famille.presentation.formats import INSECABLE, date_longue, euros
from portail_famille.presentation.vues import Tuile
from portail_famille.services.emplois_factures import Emploi
from portail_famille.services.factures import FactureVue

_VOTRE = {
    "carte": "paiement par carte",
    "prelevement": "prélèvement",
    "cheque": "chèque",
    "especes": "règlement en espèces",
    "cesu": "règlement en CESU",
    "virement": "virement",
    ESSAI: "paiement d’essai",
    AILLEURS: "paiement fait hors du portail",
}


@dataclass(frozen=True, slots=True)
class AvoirVu:
    """`effets`: what it did, in the order of the ledger."""

    id: int
    numero: str
    emise_le: date | None
    motif: str
    effets: tuple[str, ...]
    centimes: int


@dataclass(frozen=True, slots=True)
class VersementVu:
    """Money. `recu_id` None: no paper of the family's."""

    titre: str
    details: tuple[str, ...]
    centimes: int
    recu_id: int | None
    recu: str
    est_annule: bool = False


@dataclass(frozen=True, slots=True)
class Argent:
    """Of an invoice. `totaux`: words and centimes, the last line is what is left; () when nothing moved."""

    avoirs: tuple[AvoirVu, ...]
    versements: tuple[VersementVu, ...]
    totaux: tuple[tuple[str, int], ...]


def dire_avances(avances: Mapping[str, int], regies: Mapping[str, Regie]) -> tuple[str, ...]:
    """By régie: what the family paid or was credited beyond what it owed."""
    return tuple(
        f"Vous avez {euros(centimes)} d’avance (régie {nom_regie(regies, code)}), utilisés sur votre prochaine facture."
        for code, centimes in avances.items()
    )


def tuile_factures(avances: Mapping[str, int], regies: Mapping[str, Regie], liste: str) -> Tuile:
    """Of the home page: a credit is worth telling where invoices are found. It never pays another régie's."""
    texte = "Voir, régler, télécharger"
    if len(avances) == 1:
        ((code, centimes),) = avances.items()
        de_qui = f" ({nom_regie(regies, code)})" if len(regies) > 1 else ""
        texte = f"{euros(centimes)} d’avance{de_qui}, déduits de votre prochaine facture"
    elif avances:
        texte = f"{euros(sum(avances.values()))} d’avance, déduits de vos prochaines factures"
    return Tuile("Mes factures", texte, liste, "facture")


def composer_argent(vue: FactureVue) -> Argent:
    facture = vue.facture
    par_avoir = {emploi.facture_id: emploi.centimes for emploi in vue.emplois if not emploi.moyen}
    des_avoirs = sum(par_avoir.values())
    verses = sum(emploi.centimes for emploi in vue.emplois if emploi.moyen)
    # What another software had seen paid before its invoice came here.
    autrement = facture.total_centimes - des_avoirs - verses - facture.reste_centimes
    lignes = (("Avoirs", -des_avoirs), ("Règlements", -verses), ("Réglé ailleurs", -autrement))
    deduits = tuple((mot, centimes) for mot, centimes in lignes if centimes)
    totaux = (("Total de la facture", facture.total_centimes), *deduits, ("Reste à régler", facture.reste_centimes))
    siens = {avoir.id for avoir in vue.avoirs}
    return Argent(
        (
            *(_avoir(vue, avoir, par_avoir.get(avoir.id, 0)) for avoir in vue.avoirs),
            *(_d_ailleurs(e) for e in vue.emplois if not e.moyen and e.facture_id not in siens),
        ),
        (*(_versement(e) for e in vue.emplois if e.moyen), *(_versement(e) for e in vue.annules if e.moyen)),
        totaux if deduits else (),
    )


def dire_le_papier(vue: FactureVue) -> str:
    """Beside the PDF, which stays as it was issued whatever came after; "" when nothing did."""
    facture = vue.facture
    a_change = bool(vue.emplois or vue.annules or vue.avoirs) or vue.etat not in (EtatFacture.A_REGLER, None)
    if vue.etat is None or facture.emise_le is None or not a_change:
        return ""
    finie = {EtatFacture.REGLEE: "Elle est réglée", EtatFacture.ANNULEE: "Elle est annulée"}.get(vue.etat, "")
    suite = f" {finie}\u00a0: ne la payez plus." if finie else ""
    return f"Ce PDF montre la facture telle qu’émise le {_jour(facture.emise_le)}.{suite}"


def _avoir(vue: FactureVue, avoir: Facture, ici: int) -> AvoirVu:
    effets = [f"a réduit cette facture de {euros(ici)}"] if ici else []
    for autre in vue.ailleurs.get(avoir.id, ()):
        quoi = f"a payé {euros(autre.centimes)} de la facture n°{INSECABLE}{autre.numero}"
        effets.append(quoi if autre.facture_id else f"{euros(autre.centimes)} vous ont été rendus")
    if avoir.reste_centimes:
        effets.append(f"il en reste {euros(avoir.reste_centimes)} en votre faveur")
    motif = avoir.motif if vue.voit_tout and avoir.origine == "portail" else ""
    return AvoirVu(avoir.id, avoir.numero or "", avoir.emise_le, motif, tuple(effets), avoir.total_centimes)


def _d_ailleurs(emploi: Emploi) -> AvoirVu:
    effet = f"il corrige une autre facture, et a payé {euros(emploi.centimes)} de celle-ci"
    return AvoirVu(emploi.facture_id, emploi.numero, emploi.le, "", (effet,), -emploi.centimes)


def _versement(emploi: Emploi) -> VersementVu:
    recu_le = emploi.recu_le or emploi.le
    if emploi.est_avance and emploi.moyen in _VOTRE:
        titre = f"Avance sur votre {_VOTRE[emploi.moyen]} du {_jour(recu_le)}"
        details = [f"utilisée le {_jour(emploi.le)}"]
    else:
        titre, details = MOYENS[emploi.moyen], [date_longue(recu_le)]
    if emploi.moyen == AILLEURS and emploi.note:
        details.append(emploi.note if emploi.note.isupper() else emploi.note.lower())
    if emploi.moyen == ESSAI:
        details.append("aucun argent n’a circulé")
    if emploi.annule_le is not None:
        details.append(f"annulé le {_jour(emploi.annule_le)}{f'{INSECABLE}: {emploi.motif}' if emploi.motif else ''}")
    a_un_recu = emploi.moyen not in (REMBOURSEMENT, *SANS_RECU)
    return VersementVu(
        titre,
        tuple(details),
        emploi.centimes,
        emploi.reglement_id if a_un_recu else None,
        emploi.numero,
        emploi.annule_le is not None,
    )


def _jour(jour: date) -> str:
    """« 12 novembre 2026 »."""
    return date_longue(jour).partition(" ")[2]
