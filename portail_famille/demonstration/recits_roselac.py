"""What the families of Roselac have asked: fewer than in Saint-Rivage, under other rules. Everything is invented."""

from portail_famille.demonstration.recits import Chronique, ModeleConte, Papier, Recit, Suite

_AGNES = "agnes.favre"

PAPIERS = (
    Papier("domicile_fontaine", "justificatif_domicile", "Facture d’eau", "laure", "Fontaine", 60, date_il_y_a=70,
           fin_dans=20, lignes=("Laure Fontaine", "6, allée des Saules")),
    Papier("livret_fontaine", "livret_famille", "Livret de famille", "laure", "Fontaine", 60,
           lignes=("Lina, Arthur",), est_pdf=True),
    Papier("assurance_arthur", "assurance", "Assurance Arthur", "laure", "Fontaine", 300, enfant="arthur",
           date_il_y_a=380, fin_dans=-15, lignes=("Arthur Fontaine",)),
    Papier("caf_roussel", "attestation_caf", "Attestation CAF", "claire", "Roussel", 5, date_il_y_a=6, fin_dans=84,
           lignes=("Claire Roussel", "Quotient familial\u00a0: 271"), est_pdf=True),
    Papier("certificat_chloe", "justificatif_absence", "Certificat médical Chloé", "nicolas", "Perrin", 14,
           enfant="chloe", lignes=("Chloé Perrin",)),
    Papier("caf_nguyen", "attestation_caf", "Attestation CAF", "david", "Nguyen", 15, date_il_y_a=20, fin_dans=70,
           lignes=("David Nguyen",), est_coupe=True),
    Papier("presence_naim", "courrier_mairie", "Attestation de présence", _AGNES, "Benali", 3, enfant="naim",
           lignes=("Naïm Benali", "Crèche Les Libellules"), est_pdf=True),
)  # fmt: skip

RECITS = (
    Recit("quotient", "claire", "Roussel", 5, {"valeur": 27_100, "organisme": "caf", "allocataire": "0000789"},
          pieces=("caf_roussel",)),
    Recit("quotient", "david", "Nguyen", 15, {"valeur": 118_000, "organisme": "caf", "allocataire": ""},
          pieces=("caf_nguyen",), suites=(
        Suite(2, "prise", _AGNES),
        Suite(4, "complement", _AGNES, "Bonjour David, la photo est coupée\u00a0: pouvez-vous la refaire\u202f?",
              reponse_dans=6),
    )),
    Recit("absence", "nicolas", "Perrin", 14, {"unite": "repas", "jours": 2, "declaree_apres": 1, "motif": "maladie",
          "commentaire": "Une grippe."}, "chloe", ("certificat_chloe",), (Suite(2, "accord", _AGNES),)),
    Recit("scolaire", "laure", "Fontaine", 6, {"niveau": "PS", "ecole": "", "derogation": "",
          "precedente": "Crèche Les Libellules", "fratrie": "Arthur, école des Tilleuls"}, "lina",
          ("livret_fontaine", "domicile_fontaine")),
    Recit("inscription", "nicolas", "Perrin", 4, {"activite": "mercredi", "saison": 1, "choix": ("la-roseliere",)},
          "gabin"),
    Recit("question", "laure", "Fontaine", 2, {"sujet": "creche", "texte": "Lina peut-elle venir aussi le mercredi "
          "matin\u202f?"}, "lina", (), (Suite(1, "prise", _AGNES),)),
    Recit("attestation", "amina", "Benali", 8, {"attestation": "presence", "texte": ""}, "naim", (), (
        Suite(5, "mot", _AGNES, "Voici l’attestation de la crèche.", pieces=("presence_naim",)),
        Suite(6, "accord", _AGNES),
    )),
    Recit("reclamation", "claire", "Roussel", 20, {"reference": "Facture n°\u00a054 (exemple)", "montant": 2_180,
          "texte": "Le tarif de fratrie manque pour Nino."}, suites=(
        Suite(3, "refus", _AGNES, "Le tarif de fratrie est bien compté\u00a0: la ligne de Nino est au troisième rang."),
    )),
)  # fmt: skip

RECITS_ROSELAC = Chronique(
    papiers=PAPIERS,
    recits=RECITS,
    modeles=(
        ModeleConte("complement", "", "Photo coupée", "Bonjour {prenom}, la photo est coupée\u00a0: pouvez-vous la "
                    "refaire\u202f?"),
        ModeleConte("acceptation", "", "Merci", "Bonjour {prenom}, votre demande est acceptée. Bonne journée."),
    ),
)  # fmt: skip
