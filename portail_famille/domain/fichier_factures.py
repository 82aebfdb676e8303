"""The invoices that another software sends in (docs/fichier-factures.md): a row per line, under its invoice's number.

A crèche billed elsewhere is shown and paid like the others (its régie is `est_importee`). Nothing here knows the
database: finding families, children and former invoices again is in services/import_factures.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from portail_famille.domain.cellules import (
    LigneLue,
    lire_adresse_mail,
    lire_cellules,
    lire_centimes,
    lire_centimes_signes,
    lire_date,
    lire_reference,
    lire_texte,
    refus,
)
from portail_famille.domain.lecture import suggerer
from portail_famille.domain.libelles import sans_accents
from portail_famille.domain.montants import ecrire_centimes
from portail_famille.domain.moyens import DE_REGIE, MOYENS
from portail_famille.domain.regies import Regie
from portail_famille.domain.tableur import Faute, Tableau

COLONNES_FACTURE = (
    "numero", "regie", "foyer", "payeur_courriel", "mois", "libelle", "emise_le", "echeance", "total", "avoir_de",
    "motif", "prelevement_le", "regle", "regle_le", "regle_moyen", "pdf",
)  # fmt: skip
COLONNES_LIGNE = ("enfant", "ligne", "quantite", "montant", "garde")
COLONNES = (*COLONNES_FACTURE, *COLONNES_LIGNE)
OBLIGATOIRES = ("numero", "ligne", "montant")
"""On every row. What is below is needed once per invoice."""
_UNE_FOIS = ("mois", "emise_le", "total")
LIGNES_PAR_FACTURE = 500
_PDF = re.compile(r"[^\x00-\x1f/\\:*?\"<>|]{1,120}\.pdf", re.IGNORECASE)
_MOIS_ISO, _MOIS_FRANCAIS = re.compile(r"(\d{4})-(\d{1,2})"), re.compile(r"(\d{1,2})/(\d{4})")
_ECART = timedelta(days=730)
"""Between the month and the issue, or a payment before it: further is a slip of the keyboard."""
_MOYENS = {sans_accents(mot): moyen for moyen in DE_REGIE for mot in (moyen, MOYENS[moyen])}


@dataclass(frozen=True, slots=True)
class ReperesFactures:
    """What cells refer to: the régies of the town, the one of rows that name none ("" when there are several)."""

    aujourdhui: date
    regies: Mapping[str, Regie]
    regie: str = ""


@dataclass(frozen=True, slots=True)
class LigneDuFichier:
    """A line of an invoice; `enfant` is a reference, "" for none."""

    numero: int
    """Its row in the file."""
    enfant: str
    libelle: str
    quantite: str
    montant_centimes: int
    garde_centimes: int


@dataclass(frozen=True, slots=True)
class FactureDuFichier:
    """An invoice of the file, or an avoir: it has `avoir_de`, and its amounts are negative."""

    ligne: int
    """The first row that names it."""
    numero: str
    regie: str
    foyer: str
    courriel: str
    mois: date
    libelle: str
    """ "": as the régie words it."""
    emise_le: date
    echeance: date | None
    """None: by the rule of the régie; an avoir has none."""
    total_centimes: int
    avoir_de: str
    motif: str
    prelevement_le: date | None
    regle_centimes: int | None
    """Collected by the other software, all in all; None: the file does not say."""
    regle_le: date | None
    """The latest day it collected something; set when `regle_centimes` is more than 0."""
    regle_moyen: str
    """How, "" when it does not say."""
    pdf: str
    lignes: tuple[LigneDuFichier, ...]


@dataclass(frozen=True, slots=True)
class ReglementDit:
    """A payment that a former file told of. `est_annule`: an agent took it back since, a debit that bounced."""

    le: date
    centimes: int
    est_annule: bool


def regle_de_plus(facture: FactureDuFichier, dits: Iterable[ReglementDit]) -> int | None:
    """What is new in what was collected; None when the file says less than what the portal has.

    What an agent took back is not told again by the file that told it, nor by an older one: only a later day is a new
    payment of the same money.
    """
    if facture.regle_centimes is None:
        return 0
    dits = list(dits)
    if facture.regle_centimes < sum(dit.centimes for dit in dits if not dit.est_annule):
        return None
    jour = facture.regle_le or date.max
    comptes = sum(dit.centimes for dit in dits if not dit.est_annule or dit.le >= jour)
    return max(0, facture.regle_centimes - comptes)


def lire_factures(tableau: Tableau, reperes: ReperesFactures) -> tuple[list[FactureDuFichier], list[Faute]]:
    """The invoices that are right, and every fault."""
    lues, fautes = lire_cellules(tableau, _lecteurs(reperes), OBLIGATOIRES)
    groupes: dict[tuple[str, str], list[LigneLue]] = {}
    for lue in lues:
        numero = lue.valeurs.get("numero")
        regie = lue.valeurs.get("regie", reperes.regie)
        if numero and not regie and "regie" not in lue.textes:
            fautes.append(Faute(lue.numero, "regie", "", f"laquelle ? {_parmi(reperes)}"))
        elif numero and regie:
            groupes.setdefault((regie, numero), []).append(lue)
    illisibles = {faute.ligne for faute in fautes}
    factures = []
    for (regie, numero), lignes in groupes.items():
        une, contradictions = _rassembler(lignes)
        fautes += contradictions
        if not contradictions and not illisibles & {ligne.numero for ligne in lignes}:
            trouvees = list(_verifier(une, lignes, reperes))
            fautes += trouvees
            if not trouvees:
                factures.append(_composer(regie, numero, une, lignes))
    return factures, [*fautes, *_pdf_en_double(factures)]


def _lecteurs(reperes: ReperesFactures) -> dict[str, Callable[[str], Any]]:
    def texte(longueur: int) -> Callable[[str], str]:
        return lambda lu: lire_texte(lu, longueur)

    return {
        "numero": _numero,
        "regie": lambda lu: _regie(lu, reperes),
        "foyer": lire_reference,
        "payeur_courriel": lire_adresse_mail,
        "mois": _mois,
        "libelle": texte(120),
        "emise_le": lire_date,
        "echeance": lire_date,
        "total": lire_centimes_signes,
        "avoir_de": _numero,
        "motif": texte(200),
        "prelevement_le": lire_date,
        "regle": lire_centimes,
        "regle_le": lire_date,
        "regle_moyen": _moyen,
        "pdf": _pdf,
        "enfant": lire_reference,
        "ligne": texte(200),
        "quantite": texte(20),
        "montant": lire_centimes_signes,
        "garde": lire_centimes_signes,
    }


def _rassembler(lignes: Sequence[LigneLue]) -> tuple[dict[str, Any], list[Faute]]:
    """What the rows say of their invoice: written once, or the same each time."""
    une: dict[str, Any] = {}
    ou: dict[str, int] = {}
    fautes = []
    for lue in lignes:
        for colonne in COLONNES_FACTURE:
            if colonne not in lue.valeurs or colonne in ("numero", "regie"):
                continue
            if colonne not in une:
                une[colonne], ou[colonne] = lue.valeurs[colonne], lue.numero
            elif une[colonne] != lue.valeurs[colonne]:
                raison = f"la ligne {ou[colonne]} dit autre chose de cette facture"
                fautes.append(Faute(lue.numero, colonne, lue.textes[colonne], raison))
    if len(lignes) > LIGNES_PAR_FACTURE:
        raison = f"cette facture a {len(lignes)} lignes, {LIGNES_PAR_FACTURE} au plus"
        fautes.append(Faute(lignes[0].numero, "numero", lignes[0].textes["numero"], raison))
    return une, fautes


def _verifier(une: Mapping[str, Any], lignes: Sequence[LigneLue], reperes: ReperesFactures) -> Iterable[Faute]:
    """Cells that are right alone and wrong together."""
    premiere = lignes[0]

    def faute(colonne: str, raison: str) -> Faute:
        ligne = next((lue for lue in lignes if colonne in lue.textes), premiere)
        return Faute(ligne.numero, colonne, ligne.textes.get(colonne, ""), raison)

    manques = [colonne for colonne in _UNE_FOIS if colonne not in une]
    for colonne in manques:
        yield faute(colonne, "cellule obligatoire vide pour cette facture")
    if "foyer" not in une and "payeur_courriel" not in une:
        yield faute("foyer", "il faut la référence du foyer, ou l’adresse mail du payeur dans « payeur_courriel »")
    if manques:
        return
    emise_le, total, est_avoir = une["emise_le"], une["total"], "avoir_de" in une
    if emise_le > reperes.aujourdhui:
        yield faute("emise_le", "cette date est à venir")
    if abs(emise_le - une["mois"]) > _ECART:
        yield faute("mois", "plus de deux ans entre ce mois et l’émission ; vérifiez l’année")
    if "echeance" in une and (est_avoir or une["echeance"] < emise_le):
        yield faute("echeance", "un avoir n’a pas d’échéance" if est_avoir else "l’échéance est avant l’émission")
    if "prelevement_le" in une and (est_avoir or une["prelevement_le"] < emise_le):
        yield faute(
            "prelevement_le", "un avoir n’est pas prélevé" if est_avoir else "le prélèvement est avant l’émission"
        )
    for colonne, raison in _fautes_du_regle(une, reperes.aujourdhui):
        yield faute(colonne, raison)
    if total == 0:
        yield faute("total", "il n’y a rien à facturer ; retirez-la du fichier")
    elif est_avoir and total > 0:
        yield faute("total", "les montants d’un avoir s’écrivent en négatif : -42,00")
    elif not est_avoir and total < 0:
        yield faute("total", "une facture n’est pas négative ; pour un avoir, remplissez « avoir_de »")
    somme = sum(lue.valeurs["montant"] for lue in lignes)
    if somme != total:
        yield faute("total", f"les lignes font {ecrire_centimes(somme)}")
    for lue in lignes:
        montant, garde = lue.valeurs["montant"], lue.valeurs.get("garde", 0)
        if abs(garde) > abs(montant) or garde * montant < 0:
            raison = "la part de garde ne dépasse pas le montant de la ligne, et a le même signe"
            yield Faute(lue.numero, "garde", lue.textes["garde"], raison)


def _fautes_du_regle(une: Mapping[str, Any], aujourdhui: date) -> Iterable[tuple[str, str]]:
    """Columns and reasons. A payment may come before its invoice (paid in advance), not after today."""
    regle, le = une.get("regle"), une.get("regle_le")
    if regle is None:
        for colonne in ("regle_le", "regle_moyen"):
            if colonne in une:
                yield colonne, "écrivez combien dans « regle »"
    elif regle and "avoir_de" in une:
        yield "regle", "un avoir n’est pas réglé par la famille"
    elif regle > max(une["total"], 0):
        yield "regle", "c’est plus que le total de la facture"
    elif regle and le is None:
        yield "regle_le", "écrivez le jour où cette somme a été encaissée"
    if le is not None and le > aujourdhui:
        yield "regle_le", "cette date est à venir"
    elif le is not None and une["mois"] - le > _ECART:
        yield "regle_le", "plus de deux ans avant le mois facturé ; vérifiez l’année"


def _composer(regie: str, numero: str, une: Mapping[str, Any], lignes: Sequence[LigneLue]) -> FactureDuFichier:
    return FactureDuFichier(
        ligne=lignes[0].numero,
        numero=numero,
        regie=regie,
        foyer=une.get("foyer", ""),
        courriel=une.get("payeur_courriel", ""),
        mois=une["mois"],
        libelle=une.get("libelle", ""),
        emise_le=une["emise_le"],
        echeance=une.get("echeance"),
        total_centimes=une["total"],
        avoir_de=une.get("avoir_de", ""),
        motif=une.get("motif", ""),
        prelevement_le=une.get("prelevement_le"),
        regle_centimes=une.get("regle"),
        regle_le=une.get("regle_le"),
        regle_moyen=une.get("regle_moyen", ""),
        pdf=une.get("pdf", ""),
        lignes=tuple(
            LigneDuFichier(
                lue.numero,
                lue.valeurs.get("enfant", ""),
                lue.valeurs["ligne"],
                lue.valeurs.get("quantite", ""),
                lue.valeurs["montant"],
                lue.valeurs.get("garde", 0),
            )
            for lue in lignes
        ),
    )


def _pdf_en_double(factures: Iterable[FactureDuFichier]) -> Iterable[Faute]:
    """One PDF for two invoices would show a family another one's."""
    vus: dict[str, FactureDuFichier] = {}
    for facture in factures:
        if not facture.pdf:
            continue
        autre = vus.setdefault(facture.pdf.casefold(), facture)
        if autre is not facture:
            yield Faute(facture.ligne, "pdf", facture.pdf, f"c’est déjà celui de la facture {autre.numero}")


def _numero(texte: str) -> str:
    if len(texte) > 40:
        raise refus("un numéro a 40 caractères au plus")
    return lire_reference(texte)


def _regie(texte: str, reperes: ReperesFactures) -> str:
    if texte not in reperes.regies:
        raise refus(f"régie inconnue ; {suggerer(texte, tuple(reperes.regies))}")
    if not reperes.regies[texte].est_importee:
        raise refus("cette régie est facturée par le portail ; ses factures ne s’importent pas")
    return texte


def _mois(texte: str) -> date:
    """« 2026-11 », « 11/2026 », or any day of that month."""
    iso, francais = _MOIS_ISO.fullmatch(texte), _MOIS_FRANCAIS.fullmatch(texte)
    annee, mois = (iso[1], iso[2]) if iso else (francais[2], francais[1]) if francais else ("", "")
    return lire_date(f"{annee}-{mois.zfill(2)}-01") if annee else lire_date(texte).replace(day=1)


def _moyen(texte: str) -> str:
    if sans_accents(texte) not in _MOYENS:
        raise refus(f"il faut un moyen de paiement : {', '.join(DE_REGIE)}")
    return _MOYENS[sans_accents(texte)]


def _pdf(texte: str) -> str:
    if not _PDF.fullmatch(texte) or texte.startswith("."):
        raise refus("il faut le nom d’un fichier PDF du dossier, sans chemin : facture-127.pdf")
    return texte


def _parmi(reperes: ReperesFactures) -> str:
    codes = [code for code, regie in reperes.regies.items() if regie.est_importee]
    return f"écrivez {', '.join(codes)}" if codes else "aucune régie de commune.toml n’est importée"
