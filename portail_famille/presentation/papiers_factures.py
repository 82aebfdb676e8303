"""The invoice, the avoir and the receipt on paper: what `imprimes/facture.typ` and `imprimes/papier.typ` are given."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from portail_famille.domain.factures import attend_prelevement
from portail_famille.domain.libelles import ecrire_date, sans_accents
from portail_famille.domain.moyens import ESSAI, MOYENS
from portail_famille.domain.recours import ACCUSE, RECOURS
from portail_famille.models.factures import Facture
from portail_famille.presentation.factures import GroupeEnfant, grouper
from portail_famille.presentation.formats import FINE, INSECABLE, enumerer, euros, mois_annee, telephone
from portail_famille.services.factures import EnfantFacture, ligne_vue
from portail_famille.services.papiers_factures import FactureImprimable, RecuImprimable

_LONGUEUR_POURQUOI = 12
"""Prices explained on paper; the screen explains each one."""
_AUTRES_MOYENS = {
    "especes": "en espèces",
    "cesu": "en CESU",
    "virement": "par virement",
    "prelevement": "par prélèvement",
}


def papier_de_la_facture(lue: FactureImprimable, couleur: str, aujourdhui: date) -> dict[str, Any]:
    """An invoice or an avoir, as it was issued; but for a debit that did not pay it, which no paper may promise."""
    facture = lue.facture
    est_avoir = facture.genre == "avoir"
    nom = "Avoir" if est_avoir else "Facture"
    deja = sum(centimes for _, centimes in lue.credits)
    reste = facture.total_centimes - deja
    groupes, preleve_le = _grouper(lue), _preleve_le(facture, aujourdhui)
    return {
        "titre": f"{nom} n°{INSECABLE}{facture.numero}",
        "pied": f"{nom} n°{INSECABLE}{facture.numero}",
        "couleur": couleur,
        "emetteur": _emetteur(lue.regie, str(lue.regie["signataire"])),
        "destinataire": _destinataire(facture.contenu.get("payeur", {})),
        "faits": _faits(lue),
        "montant": _montant(facture, reste, preleve_le),
        "groupes": _groupes(groupes),
        "totaux": _totaux(facture, lue.credits, reste),
        "parties": _parties(lue, groupes, reste, preleve_le),
        "talon": None if est_avoir or reste <= 0 else _talon(lue, reste, preleve_le),
    }


def papier_du_recu(lu: RecuImprimable, couleur: str) -> dict[str, Any]:
    """Receipt of a payment (CRPA L112-11: date, service, what was paid)."""
    reglement = lu.reglement
    est_remboursement = reglement.montant_centimes < 0
    titre = "Avis de remboursement" if est_remboursement else "Reçu de paiement"
    faits = [
        ["Numéro", reglement.numero],
        ["Date", ecrire_date(reglement.recu_le)],
        ["Montant", euros(abs(reglement.montant_centimes))],
        ["Moyen", MOYENS[reglement.moyen]],
        ["Rendu à" if est_remboursement else "Reçu de", lu.payeur],
        ["Régie", str(lu.regie["nom"])],
    ]
    if reglement.reference:
        faits.insert(4, ["Autorisation" if reglement.paiement_id else "Référence", reglement.reference])
    parties = []
    if reglement.moyen == ESSAI:
        parties.append(partie("Paiement d’essai", ["Aucun argent n’a circulé. Ce document ne prouve aucun paiement."]))
    if lu.annule_le is not None:
        phrase = f"Ce paiement a été annulé le {ecrire_date(lu.annule_le)}{INSECABLE}: ce document ne vaut plus reçu."
        parties.append(partie("Paiement annulé", [phrase]))
    elif lu.factures:
        tableau = {
            "entetes": ["Numéro", "Libellé", "Montant"],
            "lignes": [[numero, libelle, euros(abs(centimes))] for numero, libelle, centimes in lu.factures],
            "colonnes": [3, 5, 2],
            "droite": 2,
            "total": None,
        }
        parties.append(partie("Avoirs remboursés" if est_remboursement else "Factures payées", [], tableau))
    if lu.annule_le is None and reglement.reste_centimes > 0:
        phrase = (
            f"{euros(reglement.reste_centimes)} ne sont pas encore employés{INSECABLE}: ils paieront vos prochaines "
            "factures de cette régie, ou vous seront rendus si vous le demandez."
        )
        parties.append(partie("Trop-versé", [phrase]))
    phrases = [_ecrire_a(lu.regie)]
    if lu.annule_le is None and not est_remboursement:
        phrases += [ACCUSE, RECOURS]
    parties.append(partie("Une question\u202f?", phrases))
    return {
        "titre": f"{titre} n°{INSECABLE}{reglement.numero}",
        "pied": f"{titre} n°{INSECABLE}{reglement.numero}",
        "couleur": couleur,
        "emetteur": _emetteur(lu.regie),
        "faits": faits,
        "parties": parties,
        "signature": [ligne for ligne in (str(lu.regie["signataire"]),) if ligne],
    }


def nom_du_fichier(facture: Facture) -> str:
    """ASCII, whatever another software numbered."""
    return f"{facture.genre}-{re.sub(r'[^A-Za-z0-9-]+', '-', facture.numero or '').strip('-')}.pdf"


def ordre_postal(facture: Facture) -> tuple[bool, str, str, str, int, str, str]:
    """As mail is sorted, then carried: post code, town, street, house; the papers of one family follow each other.
    Those that have no address come last."""
    payeur = facture.contenu.get("payeur", {})
    code, ville, rue, nom = (
        sans_accents(str(payeur.get(cle, ""))).casefold().strip() for cle in ("code_postal", "ville", "adresse", "nom")
    )
    voie = rue.lstrip("0123456789")
    maison = int(rue[: len(rue) - len(voie)][:9] or 0)
    return not (code or ville), code, ville, voie.strip(" ,"), maison, nom, facture.numero or ""


def _emetteur(regie: Mapping[str, Any], qui: str = "") -> list[str]:
    """`qui`: who answers for it, that an administration names on what it claims (CRPA, article L212-1); a receipt has
    them at its foot."""
    numero = str(regie["telephone"])
    lignes = [
        f"Mairie de {regie['commune']}",
        f"Régie «{INSECABLE}{regie['nom']}{INSECABLE}»",
        qui,
        str(regie["adresse"]),
        f"Téléphone{INSECABLE}: {telephone(numero)}" if numero else "",
        f"Mail{INSECABLE}: {regie['courriel']}" if regie["courriel"] else "",
    ]
    return [ligne for ligne in lignes if ligne]


def _destinataire(payeur: Mapping[str, Any]) -> list[str]:
    ville = f"{payeur.get('code_postal', '')} {payeur.get('ville', '')}".strip()
    rue = [ligne.strip() for ligne in re.split(r"[\r\n]+", str(payeur.get("adresse", "")))]
    return [ligne for ligne in (str(payeur.get("nom", "")), *rue, ville) if ligne]


def _faits(lue: FactureImprimable) -> list[list[str]]:
    facture = lue.facture
    faits = [["Objet", facture.libelle], ["Période", mois_annee(facture.mois).lower()]]
    if facture.emise_le:
        faits.append(["Établi le" if facture.genre == "avoir" else "Établie le", ecrire_date(facture.emise_le)])
    foyer = str(facture.contenu.get("payeur", {}).get("foyer", ""))
    if foyer:
        faits.append(["Foyer", foyer])
    if lue.origine is not None and lue.origine.emise_le:
        faits.append(
            ["Corrige", f"la facture n°{INSECABLE}{lue.origine.numero} du {ecrire_date(lue.origine.emise_le)}"]
        )
    if facture.motif:
        faits.append(["Motif", facture.motif])
    return faits


def _preleve_le(facture: Facture, aujourdhui: date) -> date | None:
    """The day of the debit that is to pay it, or has. None: there is none, or it was rejected in silence."""
    jour = facture.prelevement_le
    return jour if attend_prelevement(jour, aujourdhui) or facture.reste_centimes == 0 else None


def _montant(facture: Facture, reste: int, preleve_le: date | None) -> dict[str, str]:
    if facture.genre == "avoir":
        return {
            "libelle": "En votre faveur",
            "valeur": euros(-facture.total_centimes),
            "suite": "",
        }
    if reste <= 0:
        return {"libelle": "Rien à régler", "valeur": euros(0), "suite": "Elle est déjà réglée."}
    if preleve_le is not None:
        suite = f"Prélèvement le {ecrire_date(preleve_le)}".replace(" ", INSECABLE)
        return {"libelle": "À prélever", "valeur": euros(reste), "suite": suite}
    suite = f"avant le {ecrire_date(facture.echeance)}".replace(" ", INSECABLE) if facture.echeance else ""
    return {"libelle": "À régler", "valeur": euros(reste), "suite": suite}


def _grouper(lue: FactureImprimable) -> tuple[GroupeEnfant, ...]:
    """By child, in the order of the lines; what is of no child last. Paper is read by anybody: no PAI on it."""
    facture = lue.facture
    lignes = [ligne_vue(ligne, True) for ligne in lue.lignes]
    enfants = {id_: EnfantFacture(id_, prenom, 0, voit_sante=False) for id_, prenom in lue.prenoms.items()}
    groupes = grouper(lignes, facture.contenu, facture.mois, enfants)
    return tuple(sorted(groupes, key=lambda groupe: groupe.pastille is None))


def _groupes(groupes: Sequence[GroupeEnfant]) -> list[dict[str, Any]]:
    dits = []
    for groupe in groupes:
        prenom = groupe.pastille.prenom if groupe.pastille else ""
        lignes = [
            [
                f"{ligne.nom} ({ligne.precision})" if ligne.precision else ligne.nom,
                ligne.jours,
                ligne.calcul,
                euros(ligne.centimes),
            ]
            for ligne in groupe.lignes
        ]
        # One child alone: the total of the invoice says it.
        total = [f"Total pour {prenom}" if prenom else "Total", euros(groupe.centimes)] if len(groupes) > 1 else None
        titre = prenom or ("Détail" if len(groupes) == 1 else "Autres lignes")
        dits.append({"titre": titre, "lignes": lignes, "total": total})
    return dits


def _totaux(facture: Facture, credits: Sequence[tuple[str, int]], reste: int) -> list[list[Any]]:
    nom = "de l’avoir" if facture.genre == "avoir" else "de la facture"
    totaux: list[list[Any]] = [[f"Total {nom}", euros(facture.total_centimes), True]]
    for source, centimes in credits:
        totaux.append([f"{source}, déduit", euros(-centimes), False])
    if credits:
        totaux.append(["Reste à régler", euros(reste), True])
    return totaux


def _parties(
    lue: FactureImprimable, groupes: Sequence[GroupeEnfant], reste: int, preleve_le: date | None
) -> list[dict[str, Any]]:
    facture, regie = lue.facture, lue.regie
    parties = []
    if facture.genre == "avoir":
        phrase = (
            "Cette somme paie ce qui reste dû de la facture corrigée, puis vos autres factures de cette régie, les "
            "plus anciennes d’abord. S’il en reste, vous pouvez en demander le remboursement."
        )
        parties.append(partie("Ce que devient cet avoir", [phrase]))
    elif reste > 0:
        manque = []
        if preleve_le is None and facture.prelevement_le is not None:
            manque = [f"Le prélèvement du {ecrire_date(facture.prelevement_le)} n’a pas réglé cette facture."]
        parties.append(partie("Comment payer", manque, liste=_comment_payer(facture, regie, preleve_le)))
    pourquoi = _pourquoi(groupes)
    if pourquoi:
        parties.append(partie("D’où viennent ces prix", [], liste=pourquoi))
    recours = _ecrire_a(regie)
    if facture.genre == "facture":
        recours += f" {RECOURS}"
    parties.append(partie("Une erreur, une question\u202f?", [recours]))
    return parties


def _comment_payer(facture: Facture, regie: Mapping[str, Any], preleve_le: date | None) -> list[str]:
    if preleve_le is not None:
        quand = ecrire_date(preleve_le)
        return [f"Vous n’avez rien à faire{INSECABLE}: cette somme sera prélevée le {quand} sur votre compte."]
    moyens = []
    if regie["en_ligne"]:
        moyens.append(
            f"En ligne, par carte bancaire, sur le portail famille{INSECABLE}: {regie['portail']}/factures/{facture.id}"
            f" (paiement par PayFiP, le service des finances publiques, facture n°{INSECABLE}{facture.numero})."
        )
    if "cheque" in regie["moyens"]:
        ou = f"à l’adresse de la régie{INSECABLE}: {regie['adresse']}" if regie["adresse"] else "à la régie"
        ordre = f"à l’ordre «{INSECABLE}{regie['ordre_cheques']}{INSECABLE}»"
        moyens.append(f"Par chèque {ordre}, avec le talon de cette facture, {ou}.")
    autres = [mots for moyen, mots in _AUTRES_MOYENS.items() if moyen in regie["moyens"]]
    if autres:
        dits = enumerer(autres)
        moyens.append(f"{dits[0].upper()}{dits[1:]}{INSECABLE}: demandez à la régie comment faire.")
    return moyens


def _pourquoi(groupes: Sequence[GroupeEnfant]) -> list[str]:
    """One line per price: activity, children, amount, the steps of its computation; the screen names the rule too."""
    prix: dict[tuple[str, int, str], list[str]] = {}
    for groupe in groupes:
        for dit in groupe.pourquoi:
            cle = (dit.nom, dit.centimes, " ".join(dit.etapes))
            prenoms = prix.setdefault(cle, [])
            if groupe.pastille is not None:
                prenoms.append(groupe.pastille.prenom)
    liste = []
    for (nom, centimes, etapes), prenoms in prix.items():
        qui = f" ({enumerer(prenoms)})" if len(groupes) > 1 and prenoms else ""
        liste.append(f"{nom}{qui}, {euros(centimes)}{INSECABLE}: {etapes}")
    if len(liste) > _LONGUEUR_POURQUOI:
        reste = len(liste) - _LONGUEUR_POURQUOI
        return [*liste[:_LONGUEUR_POURQUOI], f"Et {reste} autres{FINE}; le portail famille les explique tous."]
    return liste


def _talon(lue: FactureImprimable, reste: int, preleve_le: date | None) -> dict[str, Any]:
    facture, regie = lue.facture, lue.regie
    payeur = facture.contenu.get("payeur", {})
    droite = [["Montant à régler", euros(reste)]]
    if facture.echeance and preleve_le is None:
        droite.append(["Avant le", ecrire_date(facture.echeance)])
    droite.append(["Référence", re.sub(r"[^A-Za-z0-9]", "", facture.numero or "")])
    return {
        "gauche": [
            ["Régie", str(regie["nom"])],
            ["Facture", f"n°{INSECABLE}{facture.numero}"],
            ["Payeur", str(payeur.get("nom", ""))],
        ],
        "droite": droite,
    }


def _ecrire_a(regie: Mapping[str, Any]) -> str:
    moyens = [f"par mail à {regie['courriel']}" if regie["courriel"] else ""]
    moyens.append(f"au {telephone(str(regie['telephone']))}" if regie["telephone"] else "")
    dits = " ou ".join(moyen for moyen in moyens if moyen)
    return f"Adressez-vous à la régie {dits}." if dits else "Adressez-vous à la régie."


def partie(
    titre: str, phrases: list[str], tableau: dict[str, Any] | None = None, liste: Sequence[str] = ()
) -> dict[str, Any]:
    return {"titre": titre, "phrases": phrases, "liste": list(liste), "tableau": tableau}
