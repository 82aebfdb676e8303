"""What the families of Saint-Rivage have asked, and what the town hall answered. Everything is invented."""

from portail_famille.demonstration.recits import Chronique, EvenementConte, ModeleConte, Papier, Recit, Suite
from portail_famille.domain.evenements import GenreEvenement
from portail_famille.services.quotients import AVIS

_ISABELLE, _SOLENE = "isabelle.roche", "solene.martin"
_MOREL = "Morel – Le Gall"

PAPIERS = (
    # Camille's porte-documents: one that ends soon, one that has expired, one of her own.
    Papier("domicile_morel", "justificatif_domicile", "Facture d’électricité", "camille", _MOREL, 70,
           date_il_y_a=80, fin_dans=10, lignes=("Camille Morel", "12, quai des Pêcheurs")),
    Papier("livret_morel", "livret_famille", "Livret de famille", "camille", _MOREL, 200,
           lignes=("Camille Morel", "Thomas Le Gall", "Noé, Mia"), est_pdf=True),
    Papier("assurance_lea", "assurance", "Assurance scolaire Léa", "camille", _MOREL, 300, enfant="lea",
           date_il_y_a=385, fin_dans=-20, lignes=("Léa Ferrand",)),
    Papier("assurance_mia", "assurance", "Assurance scolaire Mia", "camille", _MOREL, 30, enfant="mia",
           date_il_y_a=60, fin_dans=300, lignes=("Mia Le Gall",), est_pdf=True),
    Papier("sanitaire_noe", "fiche_sanitaire", "Fiche sanitaire Noé", "camille", _MOREL, 55, enfant="noe",
           date_il_y_a=60, fin_dans=305, lignes=("Noé Le Gall",)),
    Papier("impots_camille", "avis_imposition", "Avis d’imposition", "camille", _MOREL, 90, adulte="camille",
           date_il_y_a=110, lignes=("Camille Morel",), est_pdf=True),
    Papier("certificat_noe", "justificatif_absence", "Certificat médical Noé", "camille", _MOREL, 6, enfant="noe",
           date_il_y_a=8, lignes=("Noé Le Gall", "Repos à la maison")),
    Papier("caf_haddad", "attestation_caf", "Attestation CAF", "karim", "Haddad", 4, date_il_y_a=5, fin_dans=85,
           lignes=("Karim Haddad", "Quotient familial\u00a0: 648"), est_pdf=True),
    Papier("livret_haddad", "livret_famille", "Livret de famille", "karim", "Haddad", 9,
           lignes=("Yanis, Sarah",), est_pdf=True),
    Papier("domicile_haddad", "justificatif_domicile", "Quittance de loyer", "karim", "Haddad", 9,
           date_il_y_a=25, fin_dans=65, lignes=("Karim Haddad", "27, avenue des Régates")),
    Papier("vaccins_sarah", "vaccins", "Carnet de vaccination Sarah", "karim", "Haddad", 9, enfant="sarah",
           lignes=("Sarah Haddad",)),
    Papier("certificat_yanis", "justificatif_absence", "Certificat médical Yanis", "karim", "Haddad", 21,
           enfant="yanis", lignes=("Yanis Haddad",)),
    Papier("caf_bernard", "attestation_caf", "Attestation CAF", "lucie", "Bernard", 12, date_il_y_a=14, fin_dans=76,
           lignes=("Lucie Bernard",), est_coupe=True),
    Papier("caf_marchand", "attestation_caf", "Attestation MSA", "elodie", "Marchand", 24, date_il_y_a=190,
           fin_dans=-100, lignes=("Élodie Marchand", "Quotient familial\u00a0: 902")),
    Papier("assurance_jules", "assurance", "Assurance scolaire Jules", "elodie", "Marchand", 50, enfant="jules",
           date_il_y_a=60, fin_dans=300, lignes=("Jules Marchand",)),
    Papier("impots_aubry", "avis_imposition", "Avis d’imposition", "franck", "Aubry", 7, adulte="franck",
           date_il_y_a=100, lignes=("Franck Aubry", "Revenu fiscal de référence\u00a0: 33 480", "2,5 parts"),
           est_pdf=True),
    Papier("pai_ines", "pai", "PAI Inès", "awa", "Diallo", 330, enfant="ines", date_il_y_a=345, fin_dans=20,
           lignes=("Inès Diallo", "Lait de vache, œuf")),
    Papier("pai_ines_suivant", "pai", "PAI Inès, nouvelle année", "awa", "Diallo", 3, enfant="ines",
           date_il_y_a=5, fin_dans=385, lignes=("Inès Diallo", "Lait de vache, œuf"), est_pdf=True),
    Papier("caf_diallo", "attestation_caf", "Attestation CAF", "awa", "Diallo", 10, date_il_y_a=12, fin_dans=78,
           lignes=("Awa Diallo",), est_coupe=True),
    Papier("caf_diallo_entiere", "attestation_caf", "Attestation CAF entière", "awa", "Diallo", 2, date_il_y_a=12,
           fin_dans=78, lignes=("Awa Diallo", "Quotient familial\u00a0: 352")),
    Papier("assurance_issa", "assurance", "Assurance scolaire Issa", "awa", "Diallo", 48, enfant="issa",
           date_il_y_a=60, fin_dans=300, lignes=("Issa Diallo",)),
    Papier("jugement_ferrand", "jugement", "Convention parentale", "julien", "Ferrand", 120, adulte="julien",
           lignes=("Julien Ferrand", "Une semaine sur deux"), est_pdf=True),
    Papier("caf_keller", "attestation_caf", "Attestation CAF", "bruno", "Keller", 40, date_il_y_a=45, fin_dans=45,
           lignes=("Bruno Keller", "Quotient familial\u00a0: 884")),
    Papier("naissance_lou", "acte_naissance", "Acte de naissance Lou", "marc", "Lambert – Garcia", 5, adulte="marc",
           lignes=("Lou Garcia",), est_pdf=True),
    Papier("paiement_ferrand", "courrier_mairie", "Attestation de paiement", _ISABELLE, "Ferrand", 15,
           lignes=("Julien Ferrand", "Cantine et périscolaire de Léa", "Tout est réglé."), est_pdf=True),
)  # fmt: skip

_QUOTIENTS = (
    Recit("quotient", "karim", "Haddad", 4, {"valeur": 64_800, "organisme": "caf", "allocataire": "0000123"},
          pieces=("caf_haddad",)),
    Recit("quotient", "lucie", "Bernard", 12, {"valeur": 49_750, "organisme": "caf", "allocataire": ""},
          pieces=("caf_bernard",), suites=(
        Suite(3, "prise", _ISABELLE),
        Suite(7, "complement", _ISABELLE, "Bonjour Lucie, la photo de l’attestation est coupée\u00a0: le montant ne se "
              "lit pas. Pouvez-vous l’envoyer de nouveau, bien à plat\u202f?", reponse_dans=10),
    )),
    Recit("quotient", "awa", "Diallo", 10, {"valeur": 35_200, "organisme": "caf", "allocataire": "0000456"},
          pieces=("caf_diallo",), suites=(
        Suite(2, "prise", _ISABELLE),
        Suite(3, "complement", _ISABELLE, "Bonjour Awa, il manque le bas de l’attestation.", reponse_dans=8),
        Suite(8, "mot", "awa", "La voici en entier. Merci\u202f!", pieces=("caf_diallo_entiere",)),
    )),
    Recit("quotient", "elodie", "Marchand", 24, {"valeur": 90_200, "organisme": "msa", "allocataire": ""},
          pieces=("caf_marchand",), suites=(
        Suite(4, "refus", _ISABELLE, "L’attestation est trop ancienne. Demandez-en une de moins de trois mois sur le "
              "site de votre caisse, puis refaites la déclaration."),
    )),
    Recit("quotient", "bruno", "Keller", 40, {"valeur": 88_400, "organisme": "caf", "allocataire": ""},
          pieces=("caf_keller",), suites=(
        Suite(3, "accord", _ISABELLE, "C’est enregistré. Bonne journée."), Suite(4, "lecture", "bruno"),
    )),
    Recit("quotient", "franck", "Aubry", 7, {"moyen": AVIS, "valeur": 111_600, "revenu": 3_348_000, "parts": "2,50",
          "parent_isole": False}, pieces=("impots_aubry",), suites=(Suite(1, "prise", _ISABELLE),)),
)  # fmt: skip

_ABSENCES = (
    Recit("absence", "camille", _MOREL, 6, {"unite": "cantine", "jours": 3, "declaree_apres": 5, "motif": "maladie",
          "commentaire": "Une angine. Je n’ai pas pu prévenir avant."}, "noe", ("certificat_noe",)),
    Recit("absence", "karim", "Haddad", 21, {"unite": "cantine", "jours": 4, "declaree_apres": 5, "motif": "maladie",
          "commentaire": ""}, "yanis", ("certificat_yanis",), (
        Suite(2, "accord", _ISABELLE, "Les deux premiers jours restent facturés\u00a0: c’est la carence du règlement."),
        Suite(3, "lecture", "karim"),
    )),
    Recit("absence", "awa", "Diallo", 9, {"unite": "cantine", "jours": 1, "declaree_apres": 1,
          "motif": "sortie_scolaire", "commentaire": ""}, "issa"),
)  # fmt: skip

_INSCRIPTIONS = (
    Recit("inscription", "camille", _MOREL, 5, {"activite": "mercredi", "saison": 1, "choix": ("accueil-les-dunes",)},
          "mia", ("assurance_mia",)),
    Recit("inscription", "elodie", "Marchand", 50, {"activite": "sports", "saison": 0, "choix": ("ecole-des-phares",)},
          "jules", ("assurance_jules",), (Suite(2, "accord", _ISABELLE), Suite(3, "lecture", "elodie"))),
    Recit("inscription", "awa", "Diallo", 48, {"activite": "sports", "saison": 0,
          "choix": ("ecole-des-phares", "ecole-des-embruns")}, "issa", ("assurance_issa",),
          (Suite(2, "accord", _ISABELLE), Suite(3, "lecture", "awa"))),
    Recit("inscription", "bruno", "Keller", 16, {"activite": "sports", "saison": 0, "choix": ("ecole-des-phares",)},
          "emma", (), (
        Suite(2, "prise", _ISABELLE),
        Suite(3, "note", _ISABELLE, "Plus de place aux Phares\u00a0: Emma est la première à appeler."),
    )),
    Recit("inscription", "marc", "Lambert – Garcia", 13, {"activite": "cantine", "saison": 1,
          "choix": ("ecole-des-embruns",)}, "zoe", (), (Suite(0, "lecture", "marc"),)),
    Recit("scolaire", "karim", "Haddad", 8, {"niveau": "CP", "ecole": "ecole-des-phares", "derogation": "",
          "precedente": "Maternelle des Embruns", "fratrie": "Yanis, école des Phares"}, "sarah",
          ("livret_haddad", "domicile_haddad", "vaccins_sarah"), (Suite(2, "prise", _SOLENE),)),
    Recit("scolaire", "bruno", "Keller", 18, {"niveau": "CM1", "ecole": "", "derogation": "", "precedente": "",
          "fratrie": ""}, "emma", (), (Suite(1, "retrait", "bruno"),)),
    Recit("reservation", "awa", "Diallo", 11, {"unite": "voile", "nombre": 2}, "issa", (), (
        Suite(2, "accord", _ISABELLE), Suite(4, "lecture", "awa"),
    )),
    Recit("reservation", "camille", _MOREL, 2, {"unite": "voile", "nombre": 3}, "noe"),
)  # fmt: skip

_FAMILLES = (
    Recit("coordonnees", "anne", "Petitjean", 2, {"foyer.adresse": "7, rue du Sémaphore"}),
    Recit("situation", "anne", "Petitjean", 3, {"changement": "separation", "depuis": 20, "mot": "Nous nous séparons. "
          "Rose vivra chez chacun de nous, une semaine sur deux. Comment faire pour les factures\u202f?"}),
    Recit("situation", "sophie", "Lambert", 35, {"changement": "ressources", "depuis": 40, "mot": "Je passe à mi-temps "
          "ce mois-ci."}, suites=(
        Suite(5, "accord", _ISABELLE, "Pensez à déclarer votre nouveau quotient familial\u00a0: c’est lui qui change "
              "vos tarifs.", decision={"suite": "Rien à changer au foyer."}),
        Suite(6, "lecture", "sophie"),
    )),
    Recit("situation", "bruno", "Keller", 27, {"changement": "demenagement", "depuis": -20, "mot": "",
          "adresse": "8, rue du Fanal", "code_postal": "99900", "ville": "Saint-Rivage", "dans_la_commune": "oui"},
          suites=(Suite(4, "retrait", "bruno"),)),
    Recit("enfant", "marc", "Lambert – Garcia", 5, {"prenom": "Lou", "nom": "Garcia", "lien": "parent",
          "age_jours": 95}, pieces=("naissance_lou",)),
    Recit("garde", "celine", "Vidal", 9, {"mot": "Nous échangeons nos semaines à partir de janvier, Franck est "
          "d’accord."}, "manon"),
    Recit("sante", "awa", "Diallo", 3, {"pour_jours": 385, "a_deja": True}, "ines", ("pai_ines_suivant",)),
    Recit("effacement", "paul", "Petitjean", 6, {}),
    Recit("espace", "", "", 1, {"civilite": "Mme", "prenom": "Yasmine", "nom": "Robert",
          "courriel": "yasmine.robert@famille.example", "telephone": "+33639981251", "adresse": "15, rue des Cabans",
          "code_postal": "99900", "ville": "Saint-Rivage", "enfants": ["Adam, 5 ans, Grande section"],
          "message": "Nous arrivons à Saint-Rivage le mois prochain."}),
)  # fmt: skip

_PAROLES = (
    Recit("question", "camille", _MOREL, 3, {"sujet": "cantine", "texte": "Léa peut-elle apporter son goûter les jours "
          "d’étude\u202f?"}, "lea", (), (
        Suite(1, "prise", _ISABELLE),
        Suite(2, "accord", _ISABELLE, "Bonjour Camille, oui\u00a0: un goûter sans arachide, à cause d’une allergie "
              "dans le groupe. Bonne journée."),
    )),
    Recit("question", "awa", "Diallo", 9, {"sujet": "vacances", "texte": "Un animateur peut-il donner son traitement "
          "à Inès pendant le stage de voile\u202f?"}, "ines", (), (
        Suite(1, "prise", _ISABELLE),
        Suite(2, "mot", _ISABELLE, "Bonjour Awa, avez-vous l’ordonnance\u202f? Le PAI ne parle que de la cantine."),
        Suite(5, "mot", "awa", "Je la demande au médecin cette semaine."),
        Suite(6, "note", _ISABELLE, "Voir avec la directrice des Dunes avant de répondre."),
    )),
    Recit("question", "lucie", "Bernard", 45, {"sujet": "compte", "texte": "Comment changer mon mot de passe\u202f?"},
          suites=(
        Suite(1, "accord", _SOLENE, "Dans «\u00a0Mon espace\u00a0», puis «\u00a0Mot de passe\u00a0»."),
        Suite(2, "lecture", "lucie"),
    )),
    Recit("question", "julien", "Ferrand", 0, {"sujet": "ecole", "texte": "La fête de l’école a-t-elle lieu si la "
          "grève continue\u202f?"}, heure=0),
    Recit("attestation", "julien", "Ferrand", 17, {"attestation": "paiement", "texte": "Pour mon employeur."},
          suites=(
        Suite(2, "mot", _ISABELLE, "Voici votre attestation.", pieces=("paiement_ferrand",)),
        Suite(2, "accord", _ISABELLE), Suite(3, "lecture", "julien"),
    )),
    # Past its due date, and nobody has taken it.
    Recit("attestation", "sophie", "Lambert", 39, {"attestation": "inscription", "texte": "Pour le club de judo."},
          "hugo"),
    Recit("reclamation", "marc", "Lambert – Garcia", 71, {"reference": "Facture n°\u00a0118 (exemple)",
          "montant": 4_230, "texte": "Deux soirs sont facturés alors que Zoé était absente."}, suites=(
        Suite(10, "prise", _ISABELLE),
        Suite(12, "note", _ISABELLE, "Demandé les feuilles de présence à l’école des Embruns."),
        Suite(40, "mot", "marc", "Bonjour, avez-vous pu vérifier\u202f?"),
    )),
    Recit("reclamation", "karim", "Haddad", 60, {"reference": "Facture n°\u00a097 (exemple)", "montant": 5_610,
          "texte": "Le tarif maximum est appliqué."}, suites=(
        Suite(6, "refus", _ISABELLE, "Sans quotient familial connu, le tarif maximum s’applique. Déclarez-le dans "
              "«\u00a0Mon quotient familial\u00a0»."),
        Suite(7, "lecture", "karim"),
    )),
)  # fmt: skip

RECITS_SAINT_RIVAGE = Chronique(
    papiers=PAPIERS,
    recits=(*_QUOTIENTS, *_ABSENCES, *_INSCRIPTIONS, *_FAMILLES, *_PAROLES),
    modeles=(
        ModeleConte("complement", "quotient", "Attestation coupée", "Bonjour {prenom}, la photo de l’attestation est "
                    "coupée\u00a0: le montant ne se lit pas. Pouvez-vous l’envoyer de nouveau, bien à plat\u202f?"),
        ModeleConte("complement", "", "Document manquant", "Bonjour {prenom}, il manque un document pour répondre à "
                    "votre demande n°\u00a0{numero}\u00a0:"),
        ModeleConte("refus", "quotient", "Attestation trop ancienne", "L’attestation est trop ancienne. Demandez-en "
                    "une de moins de trois mois sur le site de votre caisse, puis refaites la déclaration."),
        ModeleConte("acceptation", "", "C’est fait", "Bonjour {prenom}, c’est enregistré. Bonne journée."),
        ModeleConte("message", "", "Bien reçue", "Bonjour {prenom}, votre demande n°\u00a0{numero} est bien arrivée. "
                    "La mairie de {commune} vous répond sous huit jours."),
    ),
    evenement=EvenementConte(
        GenreEvenement.GREVE, "Grève des agents de la cantine", "L’école accueille les enfants, sans repas ni étude.",
        "ecole-des-phares", ("cantine", "etude"), _ISABELLE,
    ),
)  # fmt: skip
