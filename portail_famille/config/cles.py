"""Every key of commune.toml, with what is accepted there."""

from portail_famille.config.verifications import (
    REGIMES,
    Cle,
    adresse_mail,
    adresse_mail_ou_vide,
    base,
    cle_secrete,
    couleur,
    en_clair,
    entre,
    non_vide,
    parmi,
    part,
    regime_sans_demande,
    siret_ou_vide,
    textes,
    url,
    url_sure_ou_vide,
)
from portail_famille.domain.fiches import AILLEURS, CODES_DE_CHAMPS, PAR_CODE
from portail_famille.domain.genres import Decision, Silence

RACINE = {
    "nom": Cle(str, en_clair, obligatoire=True),
    "courriel": Cle(str, adresse_mail, obligatoire=True),
    "telephone": Cle(str, en_clair, obligatoire=True),
    "adresse": Cle(str),
    "presentation": Cle(str),
    "est_exemple": Cle(bool),
    "url_publique": Cle(str, url, obligatoire=True),
    "zone": Cle(str, parmi("A", "B", "C"), obligatoire=True),
    "alsace_moselle": Cle(bool),
    "cle_secrete": Cle(str, cle_secrete, obligatoire=True),
    "cle_coffre": Cle(str, cle_secrete),
    "base_de_donnees": Cle(str, base),
    "mandataires": Cle(int, entre(0, 5)),
    "smtp": Cle(dict),
    "apparence": Cle(dict),
    "session": Cle(dict),
    "comptes": Cle(dict),
    "conservation": Cle(dict),
    "documents": Cle(dict),
    "quotient": Cle(dict),
    "demarches": Cle(dict),
    "pieces": Cle(dict),
    "champs": Cle(dict),
}
TABLES = {
    "smtp": {
        "hote": Cle(str, non_vide),
        "port": Cle(int, entre(1, 65535)),
        "securite": Cle(str, parmi("tls", "starttls", "aucune")),
        "identifiant": Cle(str),
        "mot_de_passe": Cle(str),
        "expediteur": Cle(str, adresse_mail_ou_vide),
        "delai": Cle(int, entre(1, 120)),
        "autorites": Cle(str),
    },
    "apparence": {
        "couleur": Cle(str, couleur),
        "couleur_sombre": Cle(str, couleur),
        "logo": Cle(str),
    },
    "session": {
        "inactivite_minutes": Cle(int, entre(5, 24 * 60)),
        "duree_heures": Cle(int, entre(1, 24 * 30)),
        "durable_jours": Cle(int, entre(0, 365)),
        "durable_maximum_jours": Cle(int, entre(1, 730)),
    },
    "comptes": {
        "lien_activation_jours": Cle(int, entre(1, 90)),
        "lien_oubli_minutes": Cle(int, entre(10, 24 * 60)),
        "code_minutes": Cle(int, entre(5, 60)),
        "verification_mois": Cle(int, entre(1, 60)),
        "creation_ouverte": Cle(bool),
    },
    "conservation": {
        "journal_mois": Cle(int, entre(6, 36)),
        "actes_mois": Cle(int, entre(6, 120)),
        "demarches_mois": Cle(int, entre(2, 120)),
        "foyers_partis_mois": Cle(int, entre(1, 120)),
        "comptes_jamais_actives_mois": Cle(int, entre(1, 60)),
        "reservations_annees": Cle(int, entre(4, 15)),
    },
    "documents": {
        "antivirus": Cle(str),
        "stockage": Cle(str, parmi("disque", "s3")),
        "s3_adresse": Cle(str),
        "s3_region": Cle(str),
        "s3_panier": Cle(str),
        "s3_cle": Cle(str),
        "s3_secret": Cle(str),
        "quota_mo": Cle(int, entre(10, 10_000)),
        "rappel_jours": Cle(int, entre(0, 365)),
    },
    "quotient": {
        "validite": Cle(str, parmi("annee_civile", "annee_scolaire", "mois")),
        "validite_mois": Cle(int, entre(1, 36)),
        "effet": Cle(str, parmi("jour", "mois", "mois_suivant")),
        "rappel_jours": Cle(int, entre(0, 120)),
        "avis_imposition": Cle(bool),
        "avis_mois": Cle(int, entre(1, 24)),
        "avis_part_parent_isole": Cle(str, part),
        "api_particulier_url": Cle(str, url_sure_ou_vide),
        "api_particulier_jeton": Cle(str),
        "api_particulier_siret": Cle(str, siret_ou_vide),
    },
    "champs": {
        code: Cle(str, regime_sans_demande if PAR_CODE[code].genre in AILLEURS else parmi(*REGIMES))
        for code in CODES_DE_CHAMPS
    },
}
# Tables of tables: one per code.
DEMARCHE = {
    "titre": Cle(str, en_clair),
    "est_ouverte": Cle(bool),
    "decision": Cle(str, parmi(*Decision)),
    "silence": Cle(str, parmi(*Silence)),
    "delai_mois": Cle(int, entre(0, 24)),
    "source": Cle(str),
    "est_acceptable_en_lot": Cle(bool),
    "pieces": Cle(list, textes),
    "pieces_facultatives": Cle(list, textes),
    "explication": Cle(list, textes),
    "motifs_refus": Cle(list, textes),
}
PIECE = {
    "nom": Cle(str, en_clair),
    "validite_mois": Cle(int, entre(0, 120)),
    "rappel_jours": Cle(int, entre(0, 365)),
    "est_de_sante": Cle(bool),
}
