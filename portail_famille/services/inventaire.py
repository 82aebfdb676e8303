"""What a person's export holds, table by table and column by column (RGPD art. 15 and 20).

Every table of the database is in one of the two lists, every column of an exported table is either given or left out
with its reason: a table or a column added without deciding fails a test.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_LIEN = "link between rows: said by where the line stands in the export"
_AGENT = "an agent's name is not the family's data"
_DEFENSE = "opens something, or is the digest of what does"


@dataclass(frozen=True, slots=True)
class Decision:
    """`colonnes` are given under their own names; `tues` are left out, each with its reason."""

    colonnes: tuple[str, ...]
    tues: Mapping[str, str] = field(default_factory=dict)

    def lire(self, ligne: Any) -> dict[str, Any]:
        """This row as the export gives it."""
        return {colonne: getattr(ligne, colonne) for colonne in self.colonnes}


def _decision(*colonnes: str, liens: str = "", secrets: str = "", **tues: str) -> Decision:
    """`liens` and `secrets` are columns left out for these two reasons; the others each say their own."""
    raisons = dict.fromkeys(liens.split(), _LIEN) | dict.fromkeys(secrets.split(), _DEFENSE)
    return Decision(colonnes, raisons | tues)


EXPORTEES: dict[str, Decision] = {
    "personne": _decision(
        "civilite",
        "prenom",
        "nom",
        "nom_naissance",
        "courriel",
        "telephone",
        "telephone_domicile",
        "telephone_travail",
        "reference",
        liens="id fondue_dans",
        aussi_id=_AGENT,
    ),
    "compte": _decision(
        "identifiant",
        "est_actif",
        "cree_utc",
        "active_utc",
        "mot_de_passe_utc",
        "conditions_version",
        "verifie_utc",
        "connecte_utc",
        liens="id personne_id",
        secrets="empreinte_mot_de_passe",
    ),
    "session_compte": _decision(
        "appareil",
        "ouverte_utc",
        "vue_utc",
        "fermee_utc",
        "est_durable",
        "tournee_utc",
        "second_facteur_utc",
        liens="id compte_id",
        secrets="empreinte_jeton empreinte_precedente",
        **dict.fromkeys(
            ("comme_foyer_id", "comme_personne_id", "comme_jusqua_utc"), "an agent at work, on another family's file"
        ),
    ),
    "jeton_compte": _decision(
        "genre",
        "cree_utc",
        "expire_utc",
        "utilise_utc",
        "essais",
        liens="id compte_id",
        secrets="empreinte empreinte_code",
        donnees="the address asked for: in the mails and the journal",
    ),
    "acceptation_conditions": _decision("version", "a_utc", liens="id compte_id"),
    "cle_acces": _decision(
        "nom", "cree_utc", "utilisee_utc", liens="id compte_id", secrets="identifiant cle_publique compteur"
    ),
    "second_facteur": _decision("confirme_utc", liens="compte_id", secrets="secret_chiffre dernier_pas"),
    "code_secours": _decision("utilise_utc", liens="id compte_id", secrets="empreinte"),
    "role_agent": _decision("role", liens="id compte_id", structure_id="given by its name"),
    "evenement_securite": _decision("a_utc", "genre", liens="id compte_id"),
    "responsable": _decision(liens="foyer_id personne_id"),
    "foyer": _decision(
        "id",
        "nom",
        "adresse",
        "code_postal",
        "ville",
        "est_resident",
        "personnes_a_charge",
        "ressources_mensuelles_centimes",
        "parti_le",
        "reference",
        liens="fondu_dans",
        payeur_id="given as est_payeur",
    ),
    "quotient_familial": _decision(
        "valeur_centimes", "du", "au", "origine", "rappele_utc", liens="id foyer_id demarche_id"
    ),
    "contact": _decision("prenom", "nom", "telephone", "telephone_2", liens="id foyer_id"),
    "contact_enfant": _decision("enfant_id", "lien", "peut_recuperer", "est_urgence", liens="contact_id"),
    "enfant": _decision(
        "id",
        "prenom",
        "nom",
        "naissance",
        "classe",
        "pai",
        "reference",
        liens="fondu_dans",
        structure_id="given by its name",
    ),
    "autorite_parentale": _decision("du", "au", liens="id personne_id enfant_id"),
    "rattachement": _decision("foyer_id", "semaine_ancre", "une_sur", "vacances", "est_masque", liens="enfant_id"),
    "autorisation": _decision(
        "genre",
        "est_accordee",
        "a_utc",
        "fin_utc",
        liens="id enfant_id",
        personne_id="given as donnee_par, never by name",
    ),
    "sante": _decision("modifie_utc", liens="enfant_id", contenu_chiffre="given deciphered"),
    "inscription": _decision(
        "foyer_id", "du", "au", liens="id enfant_id demarche_id", activite_id="by its name", structure_id="by its name"
    ),
    "reservation": _decision(
        "jour",
        "etat",
        "est_hors_delai",
        "est_non_reservee",
        "modifiee_utc",
        liens="id enfant_id recu_id demarche_id",
        foyer_id="given when it is one of hers, else nobody is named",
        unite_id="by its name",
        structure_id="by its name",
    ),
    "recu": _decision("numero", "foyer_id", "emis_utc", "contenu", liens="id compte_id brouillon_id brouillon_version"),
    "brouillon": _decision("foyer_id", "version", "modifie_utc", "contenu", liens="id compte_id"),
    "demarche": _decision(
        "numero",
        "genre",
        "etat",
        "foyer_id",
        "enfant_id",
        "avant",
        "contenu",
        "motif",
        "deposee_utc",
        "modifiee_utc",
        "decidee_utc",
        "accuse",
        "echeance",
        "suspendue_utc",
        "complement_avant",
        "reponse_utc",
        "lue_utc",
        liens="id version personne_id cle_envoi",
        structure_id="contenu names the places asked for",
        compte_id="given as deposee_par, never by name",
        **dict.fromkeys(("decidee_par", "assignee_id", "ouverte_par", "ouverte_utc"), _AGENT),
    ),
    "demarche_piece": _decision(liens="demarche_id piece_id etape_id"),
    "demarche_etape": _decision(
        "genre", "etat", "cote", "texte", "a_utc", liens="id demarche_id cle_envoi", compte_id="given as par_vous"
    ),
    "demarche_saisie": _decision(
        "genre", "foyer_id", "contenu", "creee_utc", "modifiee_utc", liens="id compte_id cle version"
    ),
    "piece": _decision(
        "genre",
        "nom",
        "type_mime",
        "taille",
        "foyer_id",
        "enfant_id",
        "est_du_foyer",
        "deposee_utc",
        "valable_jusqua",
        "datee_du",
        "rappelee_utc",
        "retiree_utc",
        liens="id personne_id deposee_par remplacee_par",
        secrets="objet",
    ),
    "courriel": _decision(
        "objet",
        "etat",
        "cree_utc",
        "envoye_utc",
        liens="id message_id destinataire",
        corps_texte="received already; may hold a link that still works",
        corps_html="received already; may hold a link that still works",
        tentatives="how the post went",
        prochain_essai_utc="how the post went",
        derniere_erreur="how the post went",
    ),
    "facture": _decision(
        "numero",
        "genre",
        "foyer_id",
        "regie",
        "mois",
        "libelle",
        "contenu",
        "total_centimes",
        "reste_centimes",
        "emise_le",
        "echeance",
        "motif",
        "prelevement_le",
        "transmise_le",
        "annoncee_utc",
        liens="id facturation_id avoir_de",
        secrets="objet",
        **dict.fromkeys(("serie", "annee", "rang"), "in the number"),
        origine="who numbered it",
        emise_utc="given as emise_le",
        est_refacturable="how the town bills again",
        prelevement_importe_le="given as prelevement_le",
    ),
    "facture_ligne": _decision(
        "enfant_id",
        "jour",
        "etat",
        "libelle",
        "quantite",
        "montant_centimes",
        "garde_centimes",
        liens="id facture_id rang prix",
        unite_id="named in the contenu of the invoice",
    ),
    "adhesion_facture": _decision(
        "foyer_id",
        "a_utc",
        "fin_utc",
        liens="id",
        personne_id="given as par_vous, never by name",
        finie_par="given as par_vous, never by name",
    ),
    "relance": _decision("rang", "a_utc", liens="id facture_id"),
    "paiement": _decision(
        "regie",
        "montant_centimes",
        "etat",
        "courriel",
        "cree_utc",
        "fini_utc",
        "transaction_utc",
        "numauto",
        liens="id facture_id",
        secrets="idop refdet",
        compte_id="given as par_vous",
        **dict.fromkeys(
            ("numero_client", "exer", "saisie", "objet", "est_bloquant", "resultat", "idop_utc", "anomalie"),
            "how the payment went",
        ),
        **dict.fromkeys(("interrogations", "prochaine_utc", "interroge_utc"), "how PayFiP was asked"),
    ),
    "reglement": _decision(
        "numero",
        "foyer_id",
        "regie",
        "moyen",
        "montant_centimes",
        "recu_le",
        "reference",
        "cesu_employeur_centimes",
        "reste_centimes",
        liens="id paiement_id annule_de cle_envoi",
        compte_id=_AGENT,
        note="the régie's own words",
        saisi_utc="given as recu_le",
    ),
    "affectation": _decision(
        "montant_centimes", "le", liens="id reglement_id avoir_id facture_id remboursement_id", a_utc="given as le"
    ),
    "acte_journal": _decision(
        "a_utc",
        "cote",
        "action",
        "details",
        "foyer_id",
        "enfant_id",
        liens="id personne_id",
        compte_id="given as par_vous: an agent's name is not the family's data",
    ),
}

_VILLE = "the town's own rules, nobody's data"
NON_EXPORTEES: dict[str, str] = {
    "demande_lien": "what was typed, tied to nobody, emptied as soon as it is treated",
    "tentative_connexion": "digests under the town's key, gone within two hours",
    "conditions": "a public text; which version was accepted is exported",
    "compteur": "last numbers given",
    "modele_reponse": "words of the town, about nobody",
    "fusion": "how two rows became one: what they hold is exported with the one that stays",
    "evenement": "a day of the town, about nobody",
    "evenement_reservation": "how a booking was cancelled: its state is exported",
    "facturation": "a run of the régie: its invoices are exported",
    "extraction": "work of an agent, gone within days",
    "version_catalogue": _VILLE,
    "structure": _VILLE,
    "activite": _VILLE,
    "unite": _VILLE,
    "jauge": _VILLE,
    "version_regles": _VILLE,
    "periode_scolaire": _VILLE,
    "jour_ferie": _VILLE,
}
