"""« Mes factures » in words: states, lines by child and activity, days in few words, how it may be paid."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby, pairwise
from types import MappingProxyType
from typing import Any

from portail_famille.domain.circonstances import Etat
from portail_famille.domain.factures import EtatFacture, PrixFacture, lire_prix
from portail_famille.domain.payfip import PAYES
from portail_famille.domain.regies import Regie
from portail_famille.models.paiements import Paiement
from portail_famille.presentation.formats import (
    date_courte,
    date_longue,
    enumerer,
    euros,
    heure,
    mois_annee,
    nom_du_mois,
    pluriel,
    quantieme,
)
from portail_famille.presentation.mots import COULEURS
from portail_famille.presentation.pourquoi import Pourquoi, dire_prix
from portail_famille.presentation.tableau_de_bord import Rangee, Section
from portail_famille.presentation.vues import Lien, Pastille, Tuile
from portail_famille.services.factures import EnfantFacture, FactureVue, LigneVue
from portail_famille.services.mes_factures import FactureListee

ETATS: Mapping[EtatFacture, tuple[str, str]] = {
    EtatFacture.A_REGLER: ("à régler", "erreur"),
    EtatFacture.PARTIELLE: ("réglée en partie", "attente"),
    EtatFacture.REGLEE: ("réglée", "ok"),
    EtatFacture.PRELEVEMENT: ("prélèvement prévu", "prime"),
    EtatFacture.TRANSMISE: ("transmise au comptable", "attente"),
    EtatFacture.ANNULEE: ("annulée par avoir", ""),
}
"""On the badge, and its colour."""
AVOIR = ("avoir", "ok")
EN_RETARD = ("en retard", "erreur")
GROUPES: Mapping[str, str] = {
    "": "Toutes",
    "a_regler": "À régler",
    "reglees": "Réglées",
    "prelevement": "Prélèvement prévu",
    "transmises": "Transmises au comptable",
    "annulees": "Annulées par avoir",
    "avoirs": "Avoirs",
}
_ETATS_DE_LIGNE = {
    "hors_delai": "demandé après la date limite",
    "presente_non_reservee": "présence sans réservation",
    "absente_injustifiee": "absence non justifiée",
    "absente_justifiee": "absence justifiée",
}
"""What is said beside the activity; a day that went as booked needs no word."""
_ETATS_ORDINAIRES = {"reservee": "réservé", "presente": "présence", "annulee": "annulé"}
MINIMUM_PAYFIP = 100
_DIFFERENCE = "Ce qui avait déjà été facturé est déduit\u00a0: seule la différence est comptée ici."
_SANS_DETAIL = "Montant, sans le détail"
_RENDUE = "La différence avec ce qui avait été facturé vous est rendue."


@dataclass(frozen=True, slots=True)
class LigneGroupee:
    """An activity, or a part of it billed alike: « Cantine », « 9, 10 et 12 », « 3 × 3,42 € », 10,26 €."""

    nom: str
    precision: str
    jours: str
    calcul: str
    centimes: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class GroupeEnfant:
    """The lines of a child; `pastille` None: of nobody in particular."""

    pastille: Pastille | None
    lignes: tuple[LigneGroupee, ...]
    pourquoi: tuple[Pourquoi, ...]
    est_detaille: bool
    """False: this adult does not answer for the child, the days are not shown."""

    @property
    def centimes(self) -> int:
        return sum(ligne.centimes for ligne in self.lignes)


@dataclass(frozen=True, slots=True)
class RangeeFacture:
    """A line of the list."""

    id: int
    titre: str
    details: str
    centimes: int
    badge: str
    badge_genre: str
    echeance: str
    """« à régler avant le 20 décembre », « prélevée le 9 décembre »; "" when there is nothing to wait for."""


@dataclass(frozen=True, slots=True)
class Reglage:
    """How this invoice may be settled: one sentence or two; `peut_payer`: by card, here and now."""

    peut_payer: bool
    phrases: tuple[str, ...] = ()
    essai_id: int | None = None
    """An attempt is under way, or looked at: its page says how it goes."""
    est_a_verifier: bool = False
    """PayFiP said of an attempt what was not asked: she may pay all the same, warned again on the way."""


def _pastille(enfant: EnfantFacture) -> Pastille:
    """As on every other screen, a child who has left the foyer in grey."""
    rang = enfant.rang_foyer
    return Pastille(enfant.prenom[:1].upper(), enfant.prenom, (rang - 1) % COULEURS + 1 if rang else 0)


def nom_unite(contenu: Mapping[str, Any], unite_id: int | None) -> str:
    """« Cantine », as the catalogue named it that day."""
    return str(contenu.get("unites", {}).get(str(unite_id), {}).get("nom", "")) or "Activité"


def grouper(
    lignes: Sequence[LigneVue], contenu: Mapping[str, Any], mois: date, enfants: Mapping[int, EnfantFacture]
) -> tuple[GroupeEnfant, ...]:
    """By child, then by what was billed alike, in the order of the invoice. Amounts add up to its total."""
    par_enfant: dict[int | None, list[LigneVue]] = {}
    for ligne in lignes:
        par_enfant.setdefault(ligne.enfant_id, []).append(ligne)
    return tuple(
        GroupeEnfant(
            None if enfant_id is None else _pastille(enfants[enfant_id]),
            _grouper_activites(siennes, contenu, mois),
            _pourquoi(siennes, contenu, None if enfant_id is None else enfants[enfant_id]),
            all(ligne.est_detaillee for ligne in siennes),
        )
        for enfant_id, siennes in par_enfant.items()
    )


def jours_factures(jours: Sequence[date], mois: date) -> str:
    """Every day, runs in short: « 2 au 5, 9 et 12 »; those of another month say theirs: « 14 et 16 octobre »."""
    tries = sorted(set(jours))
    morceaux = []
    for premier, groupe in groupby(tries, key=lambda jour: jour.replace(day=1)):
        annee = f" {premier.year}" if premier.year != mois.year else ""
        suffixe = f" {nom_du_mois(premier)}{annee}" if premier != mois.replace(day=1) else ""
        morceaux.append(enumerer(_suites(list(groupe))) + suffixe)
    return ", ".join(morceaux)


def _suites(jours: list[date]) -> list[str]:
    """Three days or more in a row are said by their ends."""
    suites = [[jours[0]]]
    for avant, jour in pairwise(jours):
        if (jour - avant).days == 1:
            suites[-1].append(jour)
        else:
            suites.append([jour])
    return [
        texte
        for suite in suites
        for texte in (
            [f"{quantieme(suite[0])} au {quantieme(suite[-1])}"] if len(suite) > 2 else [quantieme(j) for j in suite]
        )
    ]


def _grouper_activites(lignes: Sequence[LigneVue], contenu: Mapping[str, Any], mois: date) -> tuple[LigneGroupee, ...]:
    groupes: dict[tuple[object, ...], list[LigneVue]] = {}
    for ligne in lignes:
        if ligne.libelle or not ligne.est_detaillee:
            # A free line stands alone; without the days, an activity is one amount.
            cle: tuple[object, ...] = (ligne.libelle, ligne.unite_id, len(groupes) if ligne.libelle else 0)
        else:
            etat = _ETATS_DE_LIGNE.get(ligne.etat, "")
            cle = ("", ligne.unite_id, ligne.montant_centimes, etat, ligne.jour and ligne.jour.replace(day=1))
            cle = (*cle, ligne.apres_avoir)
        groupes.setdefault(cle, []).append(ligne)
    return tuple(_ligne_groupee(groupe, contenu, mois) for groupe in groupes.values())


def _ligne_groupee(groupe: list[LigneVue], contenu: Mapping[str, Any], mois: date) -> LigneGroupee:
    une, centimes = groupe[0], sum(ligne.montant_centimes for ligne in groupe)
    jours = [ligne.jour for ligne in groupe if ligne.jour is not None]
    calcul = f"{len(groupe)}\u00a0×\u00a0{euros(une.montant_centimes)}" if jours else une.quantite
    est_tue = not une.est_detaillee and une.enfant_id is None
    return LigneGroupee(
        _SANS_DETAIL if est_tue else une.libelle or nom_unite(contenu, une.unite_id),
        _ETATS_DE_LIGNE.get(une.etat, ""),
        jours_factures(jours, mois) if jours else "",
        calcul,
        centimes,
        f"Facturé de nouveau après l’avoir n°\u00a0{une.apres_avoir}" if une.apres_avoir else "",
    )


def _pourquoi(
    lignes: Sequence[LigneVue], contenu: Mapping[str, Any], enfant: EnfantFacture | None
) -> tuple[Pourquoi, ...]:
    """One explanation by price: those of an activity that were reckoned alike are one."""
    documents = contenu.get("prix", ())
    semblables: dict[tuple[object, ...], tuple[PrixFacture, list[LigneVue]]] = {}
    for ligne in lignes:
        if ligne.prix is not None and 0 <= ligne.prix < len(documents):
            prix = lire_prix(documents[ligne.prix])
            est_injustifiee = prix.etat == Etat.ABSENTE_INJUSTIFIEE
            est_entiere = ligne.montant_centimes == prix.centimes
            cle = (ligne.unite_id, prix.centimes, prix.explication, est_injustifiee, est_entiere)
            semblables.setdefault(cle, (prix, []))[1].append(ligne)
    return tuple(_pourquoi_un(prix, siennes, contenu, enfant) for prix, siennes in semblables.values())


def _pourquoi_un(
    prix: PrixFacture, lignes: Sequence[LigneVue], contenu: Mapping[str, Any], enfant: EnfantFacture | None
) -> Pourquoi:
    jours = {ligne.jour for ligne in lignes}
    # As the line that it explains is named: the same price may be paid twice for two reasons.
    etats = {_ETATS_DE_LIGNE.get(ligne.etat, "") for ligne in lignes}
    precision = etats.pop() if len(etats) == 1 else ""
    nom = ", ".join(filter(None, (nom_unite(contenu, lignes[0].unite_id), precision)))
    prenom, voit_sante = (enfant.prenom, enfant.voit_sante) if enfant else ("", False)
    dit = dire_prix(prix, nom, prenom, len(jours), voit_sante=voit_sante, le=min((j for j in jours if j), default=None))
    if lignes[0].montant_centimes == prix.centimes:
        return dit
    est_rendue = all(ligne.montant_centimes < 0 for ligne in lignes)
    return replace(dit, etapes=(*dit.etapes, _RENDUE if est_rendue else _DIFFERENCE))


def etat_du_jour(etat: str) -> str:
    """« présence », « absence non justifiée »: of a booked day, where each one is named."""
    return _ETATS_DE_LIGNE.get(etat) or _ETATS_ORDINAIRES.get(etat, "")


def etat_en_mots(etat: EtatFacture | None) -> tuple[str, str]:
    return AVOIR if etat is None else ETATS[etat]


def composer_rangee(facture: FactureListee, aujourdhui: date) -> RangeeFacture:
    """Named by its words, which say the month; of another software, beside its number when they do not."""
    est_a_payer = facture.etat in (EtatFacture.A_REGLER, EtatFacture.PARTIELLE)
    quand = ""
    if est_a_payer and facture.echeance:
        quand = dire_echeance(facture.echeance, aujourdhui)
    elif facture.etat is EtatFacture.PRELEVEMENT and facture.prelevement_le:
        quand = f"prélevée le {date_courte(facture.prelevement_le)}"
    mois = mois_annee(facture.mois)
    est_dit = mois.lower() in facture.libelle.lower()
    badge, genre = badge_de(facture.etat, facture.echeance, aujourdhui)
    return RangeeFacture(
        facture.id,
        facture.libelle,
        f"{'' if est_dit else f'{mois}, '}n°\u00a0{facture.numero}",
        facture.reste_centimes if est_a_payer else facture.total_centimes,
        badge,
        genre,
        quand,
    )


def badge_de(etat: EtatFacture | None, echeance: date | None, aujourdhui: date) -> tuple[str, str]:
    """Its words and colour: what waits past its day has its own."""
    est_due = etat in (EtatFacture.A_REGLER, EtatFacture.PARTIELLE)
    return EN_RETARD if est_due and echeance is not None and echeance < aujourdhui else etat_en_mots(etat)


def dire_echeance(echeance: date, aujourdhui: date) -> str:
    """The day is the last one to pay. Said without blame when it is past."""
    if echeance == aujourdhui:
        return "à régler aujourd’hui"
    annee = f" {echeance.year}" if echeance.year != aujourdhui.year else ""
    debut = "était à régler avant le" if echeance < aujourdhui else "à régler avant le"
    return f"{debut} {date_courte(echeance)}{annee}"


def phrase_a_regler(nombre: int) -> str:
    """The guide's words (« Vous avez 1 facture non réglée »)."""
    if not nombre:
        return "Vous n’avez aucune facture à régler."
    return f"Vous avez {pluriel(nombre, 'facture non réglée', 'factures non réglées')}."


def composer_reglage(vue: FactureVue, regie: Regie | None, en_cours: Paiement | None) -> Reglage:
    """What this family can do now, and if not by card, why and what instead. `en_cours`: an attempt that may still
    succeed, during which no other is begun."""
    facture = vue.facture
    if vue.etat is None:
        return Reglage(False, _emploi_de_l_avoir(vue))
    if vue.etat in (EtatFacture.REGLEE, EtatFacture.ANNULEE):
        return Reglage(False)
    if vue.etat is EtatFacture.TRANSMISE:
        assert facture.transmise_le is not None
        return Reglage(
            False,
            (
                f"Cette facture a été transmise au comptable public le {_jour(facture.transmise_le)}.",
                "Elle ne se règle plus ici\u00a0: attendez son avis des sommes à payer, qui dit comment faire. "
                "En cas de difficulté, demandez-lui un délai.",
            ),
        )
    if vue.etat is EtatFacture.PRELEVEMENT:
        assert facture.prelevement_le is not None
        quand = _jour(facture.prelevement_le)
        return Reglage(False, (f"Le prélèvement est prévu le {quand}. Vous n’avez rien à faire.",))
    rejete = _dire_le_rejet(vue)
    if en_cours is not None:
        phrase = f"Un paiement par carte est en cours depuis {heure(en_cours.cree_utc)}."
        return Reglage(False, (*rejete, phrase), essai_id=en_cours.id)
    douteux = next((e for e in vue.essais if e.etat == "echec" and e.resultat in PAYES), None)
    if douteux is not None:
        phrases = (
            "La mairie vérifie un paiement par carte de cette facture.",
            "Si votre compte a été débité, ne payez pas une seconde fois\u00a0: demandez-lui d’abord où elle en est.",
        )
        return Reglage(False, phrases, essai_id=douteux.id, est_a_verifier=True)
    if regie is None or not regie.est_payable_en_ligne:
        return Reglage(False, (*rejete, "Cette facture ne se règle pas en ligne.", _autrement(regie)))
    if facture.reste_centimes < MINIMUM_PAYFIP:
        minimum = f"Le paiement par carte commence à {euros(MINIMUM_PAYFIP)}."
        return Reglage(False, (*rejete, minimum, _autrement(regie)))
    return Reglage(True, rejete)


def est_en_retard(vue: FactureVue, aujourdhui: date) -> bool:
    echeance = vue.facture.echeance
    return vue.etat in (EtatFacture.A_REGLER, EtatFacture.PARTIELLE) and echeance is not None and echeance < aujourdhui


def tuile_a_regler(dues: Sequence[FactureListee], aujourdhui: date, liste: str, une: str) -> list[Tuile]:
    """Of the home page, among what is due. `liste`, `une`: where it leads for several, for a single one."""
    if not dues:
        return []
    somme = euros(sum(facture.reste_centimes for facture in dues))
    premiere = dues[0]
    quand = dire_echeance(premiere.echeance, aujourdhui) if premiere.echeance else ""
    if len(dues) == 1:
        mois = nom_du_mois(premiere.mois).capitalize()
        return [Tuile(somme, f"{mois}, {quand}", une, "facture", "à régler", "erreur")]
    texte = f"{pluriel(len(dues), 'facture')}, la première {quand}"
    return [Tuile(somme, texte, liste, "facture", "à régler", "erreur")]


def section_factures(dues: Sequence[FactureListee], aujourdhui: date, hrefs: Mapping[int, str], suite: Lien) -> Section:
    """Of the dashboard: what is left to pay."""
    rangees = tuple(
        Rangee(
            f"{mois_annee(facture.mois)}, {euros(facture.reste_centimes)}",
            f"{facture.libelle}{f', {dire_echeance(facture.echeance, aujourdhui)}' if facture.echeance else ''}",
            hrefs[facture.id],
            *badge_de(facture.etat, facture.echeance, aujourdhui),
        )
        for facture in dues
    )
    return Section("factures", "Factures à régler", rangees, "Aucune facture à régler.", suite)


def nom_regie(regies: Mapping[str, Regie], code: str, contenu: Mapping[str, Any] = MappingProxyType({})) -> str:
    """Of one that the settings know no more, the name that the invoice was made with."""
    regie = regies.get(code)
    return regie.nom if regie is not None else str(contenu.get("regie", {}).get("nom", "") or code)


def liens_des_regies(regies: Mapping[str, Regie], codes: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """The choice of the filter: the kinds of invoices that this family has."""
    return (("", "Toutes"), *((code, regies[code].nom if code in regies else code) for code in codes))


def _autrement(regie: Regie | None) -> str:
    """How to pay a régie that one does not pay here."""
    if regie is None:
        return "Demandez à la mairie comment la régler."
    ou = ", ".join(texte for texte in (regie.adresse, regie.telephone, regie.courriel) if texte)
    return f"Réglez-la auprès de la régie {regie.nom}{f' ({ou})' if ou else ''}, en indiquant son numéro."


def _dire_le_rejet(vue: FactureVue) -> tuple[str, ...]:
    """Of a debit that did not pay: in silence, or taken back by the town."""
    annonce = vue.facture.prelevement_le
    if annonce is not None:
        return (f"Le prélèvement du {_jour(annonce)} n’a pas réglé cette facture.",)
    annules = [emploi for emploi in vue.annules if emploi.moyen == "prelevement"]
    if not annules:
        return ()
    dernier = annules[-1]
    return (
        f"Le prélèvement du {_jour(dernier.recu_le or dernier.le)} a été annulé\u00a0: {dernier.motif.rstrip('.')}.",
    )


def _emploi_de_l_avoir(vue: FactureVue) -> tuple[str, ...]:
    reste = vue.facture.reste_centimes
    if not reste:
        return ()
    return (f"Il vous reste {euros(reste)}\u00a0: cette somme sera déduite de vos prochaines factures.",)


def _jour(jour: date) -> str:
    return date_longue(jour).partition(" ")[2]
