"""Saint-Rivage, zone C: an invented seaside town where families book everything themselves."""

from portail_famille.demonstration.portraits import (
    MERCREDI,
    SEMAINE,
    Habitude,
    PortraitAdulte,
    PortraitAgent,
    PortraitEnfant,
    PortraitFoyer,
    Vie,
    Ville,
)
from portail_famille.domain.droits import Role
from portail_famille.domain.gardes import IMPAIRES, PAIRES

# Activities of a child of each school, with the place where they happen.
_PHARES = (
    ("periscolaire-matin", "ecole-des-phares"),
    ("cantine", "ecole-des-phares"),
    ("etude", "ecole-des-phares"),
    ("periscolaire-soir", "ecole-des-phares"),
)
_EMBRUNS = (
    ("periscolaire-matin", "ecole-des-embruns"),
    ("cantine", "ecole-des-embruns"),
    ("periscolaire-soir", "ecole-des-embruns"),
)
_LOISIRS = (
    ("mercredi", "accueil-les-dunes"),
    ("vacances", "accueil-les-dunes"),
    ("stage-voile", "accueil-les-dunes"),
)

ADULTES = (
    PortraitAdulte(
        "camille", "Mme", "Camille", "Morel", "06 39 98 12 01", "camille.morel", "Sable-Goeland-41",
        "Compte principal : trois enfants, deux écoles, Léa une semaine sur deux (Julien réserve et paie les autres) ; "
        "une facture à payer, les précédentes payées par carte",
    ),
    PortraitAdulte(
        "thomas", "M.", "Thomas", "Le Gall", "06 39 98 12 02", "thomas.legall", "Voile-Ardoise-58",
        "Même foyer que Camille, avec son propre brouillon ; père de Noé et de Mia, sans autorité parentale sur Léa",
    ),
    PortraitAdulte(
        "julien", "M.", "Julien", "Ferrand", "06 39 98 12 03", "julien.ferrand", "Balise-Corail-36",
        "Séparé de Camille, garde alternée : réserve et paie ses semaines de Léa, avec un autre quotient ; un avoir se "
        "prépare pour deux jours justifiés après la facture",
    ),
    PortraitAdulte(
        "karim", "M.", "Karim", "Haddad", "06 39 98 12 04", "karim.haddad", "Galet-Lavande-72",
        "Foyer sans quotient familial : tarif maximum jusqu’à ce qu’il en donne un ; une facture réglée en partie",
    ),
    PortraitAdulte(
        "elodie", "Mme", "Élodie", "Marchand", "06 39 98 12 05", "elodie.marchand", "Dune-Safran-19",
        "Habite hors de la commune : tarifs extérieurs ; une facture en retard, relancée deux fois",
    ),
    PortraitAdulte(
        "lucie", "Mme", "Lucie", "Bernard", "06 39 98 12 06", "lucie.bernard", "Ecume-Tilleul-84",
        "Un enfant inscrit à la seule cantine : une ligne de jours par semaine ; une facture réduite par un avoir",
    ),
    PortraitAdulte(
        "awa", "Mme", "Awa", "Diallo", "06 39 98 12 07", "awa.diallo", "Rocher-Menthe-27",
        "Des jumeaux et un petit frère : tarifs de fratrie ; Inès apporte son repas (PAI) ; une facture annulée",
    ),
    PortraitAdulte("moussa", "M.", "Moussa", "Diallo", "06 39 98 12 08"),
    PortraitAdulte(
        "sophie", "Mme", "Sophie", "Lambert", "06 39 98 12 09", "sophie.lambert", "Marine-Cerise-65",
        "Appartient à deux foyers (Hugo d’un côté, Zoé de l’autre) : choisit pour lequel elle agit ; d’un côté, 20 € "
        "d’avance",
    ),
    PortraitAdulte(
        "marc", "M.", "Marc", "Garcia", "06 39 98 12 10", "marc.garcia", "Vague-Olive-93",
        "Second foyer de Sophie : ne voit que Zoé ; un paiement par carte dont PayFiP dit un autre montant",
    ),
    PortraitAdulte(
        "nora", "Mme", "Nora", "Lefèvre", "06 39 98 12 11", "nora.lefevre", "",
        "N’est jamais venue : son mail « Création de votre espace personnel » attend dans les courriels", "invite",
    ),
    PortraitAdulte(
        "bruno", "M.", "Bruno", "Keller", "06 39 98 12 12", "bruno.keller", "Sirene-Genet-46",
        "A vérifié sa fiche il y a plus d’un an : elle lui est montrée à nouveau ; sa carte a été refusée",
        "a_verifier",
    ),
    PortraitAdulte(
        "inaya", "Mme", "Inaya", "Robin", "06 39 98 12 13", "inaya.robin", "Ponton-Sauge-81",
        "N’a pas encore accepté les conditions générales d’utilisation ; une facture transmise au comptable public",
        "sans_conditions",
    ),
    PortraitAdulte(
        "anne", "Mme", "Anne", "Petitjean", "06 39 98 12 14", "anne.petitjean", "Coquille-Vert-53",
        "Partage son adresse mail avec Paul ; sa nouvelle adresse postale attend la réponse de la mairie",
        boite="petitjean@famille.example",
    ),
    PortraitAdulte(
        "paul", "M.", "Paul", "Petitjean", "06 39 98 12 15", "paul.petitjean", "Coquille-Bleu-35",
        "Même adresse mail qu’Anne : se connecte avec son identifiant", boite="petitjean@famille.example",
    ),
    PortraitAdulte(
        "celine", "Mme", "Céline", "Vidal", "06 39 98 12 16", "celine.vidal", "Amarre-Prune-74",
        "Manon en alternance, vacances par moitié ; son foyer est masqué : Franck n’en voit rien",
    ),
    PortraitAdulte(
        "franck", "M.", "Franck", "Aubry", "06 39 98 12 17", "franck.aubry", "Bouee-Fusain-29",
        "L’autre foyer de Manon lui est masqué : les jours pris y sont seulement indisponibles",
    ),
    # The same mother written twice, by an import and at the desk: to be merged by an agent.
    PortraitAdulte("sandra", "Mme", "Sandra", "Masson", "06 39 98 12 18"),
    PortraitAdulte("sandra_bis", "Mme", "Sandra", "Masson", "06 39 98 12 18"),
)  # fmt: skip

ENFANTS = (
    PortraitEnfant(
        "lea", "Léa", "Ferrand", 8, (4, 17), "CE2", "ecole-des-phares",
        ("camille", "julien"), _PHARES + _LOISIRS,
    ),
    PortraitEnfant(
        "noe", "Noé", "Le Gall", 6, (9, 3), "CP", "ecole-des-phares",
        ("camille", "thomas"), _PHARES + _LOISIRS,
    ),
    PortraitEnfant(
        "mia", "Mia", "Le Gall", 4, (2, 24), "Moyenne section", "ecole-des-embruns",
        ("camille", "thomas"), _EMBRUNS + _LOISIRS,
    ),
    PortraitEnfant(
        "yanis", "Yanis", "Haddad", 9, (6, 8), "CM1", "ecole-des-phares",
        ("karim",), _PHARES + _LOISIRS,
    ),
    PortraitEnfant(
        "sarah", "Sarah", "Haddad", 5, (11, 30), "Grande section", "ecole-des-embruns",
        ("karim",), _EMBRUNS,
    ),
    PortraitEnfant(
        "jules", "Jules", "Marchand", 7, (3, 12), "CE1", "ecole-des-phares",
        ("elodie",), _PHARES + _LOISIRS,
    ),
    PortraitEnfant(
        "tom", "Tom", "Bernard", 10, (7, 21), "CM2", "ecole-des-phares",
        ("lucie",), (("cantine", "ecole-des-phares"),),
    ),
    PortraitEnfant(
        "ines", "Inès", "Diallo", 7, (5, 5), "CE1", "ecole-des-phares",
        ("awa", "moussa"), _PHARES, pai=True,
    ),
    PortraitEnfant(
        "issa", "Issa", "Diallo", 7, (5, 5), "CE1", "ecole-des-phares",
        ("awa", "moussa"), _PHARES + _LOISIRS,
    ),
    PortraitEnfant(
        "sekou", "Sékou", "Diallo", 3, (1, 19), "Petite section", "ecole-des-embruns",
        ("awa", "moussa"), _EMBRUNS + _LOISIRS,
    ),
    PortraitEnfant(
        "hugo", "Hugo", "Lambert", 10, (10, 2), "CM2", "ecole-des-phares",
        ("sophie",), _PHARES + _LOISIRS,
    ),
    PortraitEnfant(
        "zoe", "Zoé", "Garcia", 4, (8, 14), "Moyenne section", "ecole-des-embruns",
        ("sophie", "marc"), _EMBRUNS + _LOISIRS,
    ),
    PortraitEnfant("lila", "Lila", "Lefèvre", 6, (1, 9), "CP", "ecole-des-phares", ("nora",), _PHARES),
    PortraitEnfant("emma", "Emma", "Keller", 8, (12, 3), "CE2", "ecole-des-phares", ("bruno",), _PHARES),
    PortraitEnfant("malo", "Malo", "Robin", 5, (4, 27), "Grande section", "ecole-des-embruns", ("inaya",), _EMBRUNS),
    PortraitEnfant(
        "rose", "Rose", "Petitjean", 7, (9, 15), "CE1", "ecole-des-phares", ("anne", "paul"), _PHARES + _LOISIRS
    ),
    PortraitEnfant("manon", "Manon", "Aubry", 9, (2, 11), "CM1", "ecole-des-phares", ("celine", "franck"), _PHARES),
    PortraitEnfant("timeo", "Timéo", "Masson", 6, (10, 23), "CP", "ecole-des-phares", ("sandra",), _PHARES),
    PortraitEnfant("timeo_bis", "Timeo", "Masson", 6, (10, 23), "", "ecole-des-phares", ("sandra_bis",), ()),
)  # fmt: skip

_CANTINE = Habitude(("cantine",))
_JOURNEE_DU_MERCREDI = Habitude(("mercredi-journee",), MERCREDI, 3)
_DEUX_SOIRS = Habitude(("soir",), frozenset({1, 4}))
_VACANCES = Habitude(("vacances-journee",), SEMAINE, est_passee=True)

FOYERS = (
    PortraitFoyer(
        "Morel – Le Gall", ("camille", "thomas"),
        (
            Vie("lea", (_CANTINE, Habitude(("matin",), frozenset({1, 4})), _JOURNEE_DU_MERCREDI), 0),
            Vie("noe", (_CANTINE, Habitude(("matin",), frozenset({0, 3})), _DEUX_SOIRS, _VACANCES)),
            Vie("mia", (Habitude(("cantine",), frozenset({0, 1, 3})), Habitude(("mercredi-matin",), MERCREDI, 2))),
        ),
        "12, quai des Pêcheurs", 84_200, 305_000, 3,
    ),
    PortraitFoyer(
        "Ferrand", ("julien",),
        (Vie("lea", (Habitude(("cantine", "soir"), semaines_a_venir=8),), 1),),
        "3, rue du Fanal", 124_000, 270_000, 1, quotient_fin=25,
    ),
    PortraitFoyer(
        "Haddad", ("karim",),
        (Vie("yanis", (_CANTINE, _DEUX_SOIRS)), Vie("sarah", (_CANTINE,))),
        "27, avenue des Régates", None, None, 2,
    ),
    PortraitFoyer(
        "Marchand", ("elodie",),
        (Vie("jules", (_CANTINE, Habitude(("etude",), frozenset({0, 3})))),),
        "8, chemin du Moulin", 96_050, 240_000, 1,
        est_resident=False, code_postal="99901", ville="Pontbrun-les-Prés",
    ),
    PortraitFoyer(
        "Bernard", ("lucie",), (Vie("tom", (Habitude(("cantine",), frozenset({0, 1, 3})),)),),
        "5, impasse des Filets", 51_900, 160_000, 1, quotient_fin=20,
    ),
    PortraitFoyer(
        "Diallo", ("awa", "moussa"),
        (
            Vie("ines", (_CANTINE,)),
            Vie("issa", (_CANTINE, Habitude(("etude",)), _VACANCES)),
            Vie("sekou", (_CANTINE, Habitude(("mercredi-journee",), MERCREDI, 2))),
        ),
        "41, rue de la Criée", 38_875, 210_000, 3,
    ),
    PortraitFoyer(
        "Lambert", ("sophie",), (Vie("hugo", (_CANTINE, Habitude(("etude",), frozenset({0, 1})))),),
        "19, rue des Cabans", 71_400, 195_000, 1,
    ),
    PortraitFoyer(
        "Lambert – Garcia", ("marc", "sophie"), (Vie("zoe", (_CANTINE, _DEUX_SOIRS)),),
        "19, rue des Cabans", 110_800, 330_000, 1,
    ),
    PortraitFoyer("Lefèvre", ("nora",), (Vie("lila", (_CANTINE,)),), "2, rue du Phare", 66_700, 190_000, 1),
    PortraitFoyer("Keller", ("bruno",), (Vie("emma", (_CANTINE,)),), "16, quai des Pêcheurs", 91_300, 245_000, 1),
    PortraitFoyer("Robin", ("inaya",), (Vie("malo", (_CANTINE,)),), "4, place du Marché", 47_250, 150_000, 1),
    PortraitFoyer(
        "Petitjean", ("anne", "paul"), (Vie("rose", (_CANTINE, _DEUX_SOIRS)),),
        "33, rue de la Criée", 102_000, 340_000, 1,
    ),
    PortraitFoyer(
        "Vidal", ("celine",), (Vie("manon", (_CANTINE,), 0, PAIRES, est_masque=True),),
        "21, avenue des Régates", 58_400, 165_000, 1,
    ),
    PortraitFoyer(
        "Aubry", ("franck",), (Vie("manon", (Habitude(("cantine",), semaines_a_venir=8),), 1, IMPAIRES),),
        "9, rue du Fanal", 120_500, 280_000, 1, quotient_fin=-12,
    ),
    PortraitFoyer("Masson", ("sandra",), (Vie("timeo", (_CANTINE,)),), "11, rue des Cabans", 69_300, 180_000, 1),
    PortraitFoyer("Masson (doublon)", ("sandra_bis",), (Vie("timeo_bis"),), "11 rue des Cabans", None, None, 1),
)  # fmt: skip

AGENTS = (
    PortraitAgent(
        "Isabelle", "Roche", "isabelle.roche", "Vigie-Horizon-2026", Role.INSTRUCTION,
        "Instruit les demandes de toutes les familles",
    ),
    PortraitAgent(
        "Hervé", "Costa", "herve.costa", "Sextant-Horizon-2026", Role.ADMINISTRATION,
        "Administre : lit les dossiers, gère les agents, ne décide d’aucune demande",
    ),
    PortraitAgent(
        "Solène", "Martin", "solene.martin", "Boussole-Horizon-2026", Role.INSTRUCTION,
        "Instruit les demandes des seules familles de l’école des Embruns", "ecole-des-embruns",
    ),
    PortraitAgent(
        "Mathilde", "Guérin", "mathilde.guerin", "Corniche-Horizon-2026", Role.REGIE,
        "Tient les régies : facture le mois, suit les règlements et les impayés",
    ),
)  # fmt: skip

SAINT_RIVAGE = Ville(
    slug="saint-rivage",
    nom="Saint-Rivage",
    zone="C",
    couleur="#0b5563",
    courriel="enfance@saint-rivage.example",
    telephone="02 61 91 40 00",
    adresse="Place de la Mairie, 99900 Saint-Rivage",
    code_postal="99900",
    presentation="Saint-Rivage est une ville inventée, pour essayer le portail sans risque.",
    adultes=ADULTES,
    enfants=ENFANTS,
    foyers=FOYERS,
    jauges_completes=("mercredi-dunes", "vacances-dunes", "soir-phares"),
    agents=AGENTS,
    reglages={
        ("quotient", "avis_part_parent_isole"): "0.5",
        ("documents", "rappel_jours"): 30,
        # A kind of document of its own, asked for with an enrolment.
        ("pieces.fiche_sanitaire", "nom"): "Fiche sanitaire de liaison",
        ("pieces.fiche_sanitaire", "validite_mois"): 12,
        ("pieces.fiche_sanitaire", "est_de_sante"): True,
        ("demarches.inscription", "pieces_facultatives"): ("fiche_sanitaire",),
        ("regies.enfance", "nom"): "Enfance et éducation",
        ("regies.enfance", "serie"): "EE",
        ("regies.enfance", "activites"): ("periscolaire-matin", "cantine", "etude", "periscolaire-soir"),
        ("regies.enfance", "numero_client"): "990101",
        ("regies.enfance", "saisie"): "W",
        ("regies.enfance", "echeance"): "30 jours",
        ("regies.enfance", "libelle"): "Cantine et périscolaire, {mois}",
        ("regies.enfance", "signataire"): "Mathilde Guérin, régisseuse",
        ("regies.enfance", "courriel"): "regie@saint-rivage.example",
        ("regies.loisirs", "nom"): "Loisirs",
        ("regies.loisirs", "serie"): "LO",
        ("regies.loisirs", "activites"): ("mercredi", "vacances", "stage-voile", "sports"),
        ("regies.loisirs", "numero_client"): "990102",
        ("regies.loisirs", "saisie"): "W",
        ("regies.loisirs", "echeance"): "30 jours",
        ("regies.loisirs", "libelle"): "Mercredis et vacances, {mois}",
        ("regies.loisirs", "signataire"): "Mathilde Guérin, régisseuse",
        ("regies.loisirs", "courriel"): "regie@saint-rivage.example",
        ("demarches.scolaire", "pieces"): ("livret_famille", "justificatif_domicile"),
        ("demarches.scolaire", "pieces_facultatives"): ("jugement",),
        ("demarches.absence", "motifs_refus"): (
            "Le certificat ne couvre pas ces jours.",
            "Le délai du règlement est dépassé.",
        ),
    },
)
