"""The journal in words: what each action code says to an agent, and to the parent who downloads her data.

A test walks the calls that write a line: a code without its words here fails.
"""

from collections.abc import Mapping
from typing import Any

from portail_famille.domain.fiches import PAR_CODE
from portail_famille.domain.genres import GENRES
from portail_famille.domain.pieces import ReglesPieces
from portail_famille.presentation.formats import enumerer

LIBELLES: dict[str, str] = {
    "activation_renvoyee": "Lien d’activation renvoyé",
    "compte_ouvert": "Compte ouvert par la mairie",
    "demarche_vue": "Demande consultée",
    "piece_vue": "Document consulté",
    "sante_vue": "Santé d’un enfant consultée",
    "avoir_emis": "Avoir émis",
    "credit_rembourse": "Avance rendue à la famille",
    "facturation_emise": "Factures du mois émises",
    "facture_reprise": "Facture reprise au comptable public",
    "facture_soldee": "Facture soldée par le comptable public",
    "facture_transmise": "Facture transmise au comptable public",
    "prelevement_annonce": "Prélèvement d’une facture annoncé",
    "prelevement_retire": "Prélèvement d’une facture retiré",
    "reglement_annule": "Règlement annulé",
    "reglement_ecrit": "Règlement enregistré",
    "adresse_changee": "Adresse mail changée",
    "adresse_demandee": "Changement d’adresse mail demandé",
    "adulte_rattache": "Adulte rattaché au foyer",
    "autorisation_changee": "Autorisation d’un enfant changée",
    "compte_ferme_par_la_mairie": "Compte fermé par la mairie",
    "compte_rouvert": "Compte rouvert par la mairie",
    "conditions_acceptees": "Conditions générales acceptées",
    "contact_ajoute": "Contact ajouté",
    "contact_modifie": "Contact modifié",
    "contact_retire": "Contact retiré",
    "courriel_corrige": "Adresse mail changée par la mairie",
    "enfant_ajoute": "Enfant ajouté au foyer",
    "evenement_annule": "Événement annulé",
    "evenement_declare": "Événement déclaré",
    "facture_importee": "Facture reçue d’un autre logiciel",
    "reglement_importe": "Règlement reçu d’un autre logiciel",
    "facture_en_ligne_choisie": "Facture en ligne choisie, sans papier",
    "facture_en_ligne_quittee": "Retour à la facture sur papier",
    "identifiant_change": "Identifiant changé",
    "adulte_ajoute": "Adulte ajouté au foyer",
    "adulte_retire": "Adulte retiré du foyer",
    "autorite_donnee": "Autorité parentale notée",
    "autorite_terminee": "Fin d’une autorité parentale notée",
    "compte_active": "Compte activé, premier mot de passe choisi",
    "compte_ferme": "Compte fermé à la demande de son titulaire",
    "demarche_acceptee": "Demande acceptée",
    "demarche_annulee": "Demande retirée par la famille",
    "demarche_complement": "Complément demandé à la famille",
    "demarche_deposee": "Demande envoyée",
    "demarche_message": "Message dans une demande",
    "demarche_refusee": "Demande refusée",
    "donnees_exportees": "Données personnelles téléchargées",
    "facturation_abandonnee": "Préparation de factures abandonnée",
    "facturation_demandee": "Préparation de factures demandée",
    "famille_apercue": "Portail vu comme la famille, en lecture seule",
    "fiche_importee": "Fiche mise à jour par un fichier de la mairie",
    "fiche_modifiee": "Fiche modifiée",
    "dossier_verifie": "Dossier déclaré exact",
    "inscription_ecrite": "Inscription à une activité écrite",
    "invitation_envoyee": "Invitation à ouvrir un espace envoyée",
    "fusion_annulee": "Fusion de deux fiches annulée",
    "fusion_faite": "Deux fiches en double fusionnées",
    "foyer_cree": "Dossier de famille créé",
    "foyer_demasque": "Foyer de nouveau visible par l’autre foyer de l’enfant",
    "foyer_masque": "Foyer caché à l’autre foyer de l’enfant",
    "numeros_avances": "Numéros de factures ou de reçus avancés après une restauration",
    "paiement_a_verifier": "Paiement en ligne à vérifier",
    "paiement_commence": "Paiement en ligne commencé",
    "foyer_parti": "Départ du foyer noté",
    "foyer_revenu": "Retour du foyer noté",
    "foyer_separe": "Foyer séparé",
    "foyer_vu": "Dossier consulté",
    "enfant_detache": "Enfant retiré du foyer",
    "garde_changee": "Garde alternée changée",
    "modele_enregistre": "Modèle de réponse enregistré",
    "modele_retire": "Modèle de réponse retiré",
    "liste_exportee": "Liste téléchargée dans un tableur",
    "papiers_telecharges": "Factures téléchargées pour être imprimées",
    "mot_de_passe_change": "Mot de passe changé",
    "piece_deposee": "Document ajouté",
    "piece_decrite": "Document décrit autrement",
    "piece_remplacee": "Document remplacé",
    "piece_retiree": "Document retiré",
    "presences_importees": "Feuille de présence enregistrée",
    "purge": "Données arrivées au terme de leur conservation effacées",
    "reservations_annulees": "Réservations annulées par la mairie",
    "reservations_retablies": "Réservations rétablies par la mairie",
    "second_facteur_change": "Application de codes changée",
    "quotient_demande": "Quotient familial demandé à la CAF ou à la MSA",
    "quotient_etabli": "Quotient familial enregistré",
    "sante_modifiee": "Santé d’un enfant modifiée",
    "situation_traitee": "Changement de situation traité",
    "structure_changee": "École ou structure changée",
}
COTES: dict[str, str] = {"famille": "la famille", "agent": "la mairie", "systeme": "le portail"}


def dire_acte(action: str, details: Mapping[str, Any], regles: ReglesPieces) -> str:
    """« Fiche modifiée : téléphone mobile (06 12 34 56 78 → 06 98 76 54 32) », « Demande acceptée : ajout d’un enfant,
    n° D2026-000012 ». `regles`: what the town calls documents."""
    precisions = _precisions(details, regles)
    return f"{LIBELLES[action]}\u00a0: {precisions}" if precisions else LIBELLES[action]


def _precisions(details: Mapping[str, Any], regles: ReglesPieces) -> str:
    champs = details.get("champs")
    if isinstance(champs, Mapping):
        return enumerer([_changement(code, valeurs) for code, valeurs in champs.items()])
    avant, apres = details.get("avant"), details.get("apres")
    if isinstance(avant, str) and isinstance(apres, str):
        return f"{avant or 'rien'} → {apres or 'rien'}"
    genre = str(details.get("genre", ""))
    # First: a town may give a kind of document the code of a démarche.
    objet = regles.nom(genre) if "piece" in details else GENRES[genre].objet if genre in GENRES else ""
    mots = [objet]
    if isinstance(details.get("motif"), str):
        mots.append(details["motif"])
    if details.get("numero"):
        mots.append(f"n°\u00a0{details['numero']}")
    return ", ".join(mot for mot in mots if mot)


def _changement(code: str, valeurs: Any) -> str:
    """Old and new value when the journal holds them; a health value is never in it."""
    champ = PAR_CODE.get(code)
    libelle = (champ.libelle[:1].lower() + champ.libelle[1:]) if champ else code
    if not isinstance(valeurs, list | tuple) or len(valeurs) != 2:
        return libelle
    avant, apres = (str(valeur) if valeur else "rien" for valeur in valeurs)
    return f"{libelle} ({avant} → {apres})"
