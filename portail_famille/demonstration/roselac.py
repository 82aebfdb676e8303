"""Roselac, zone A: an invented lake town with a crèche whose days families read but do not book online."""

from portail_famille.demonstration.portraits import (
    MERCREDI,
    Habitude,
    PortraitAdulte,
    PortraitAgent,
    PortraitEnfant,
    PortraitFoyer,
    Vie,
    Ville,
)
from portail_famille.domain.droits import Role

_TILLEULS = (
    ("accueil-matin", "ecole-des-tilleuls"),
    ("restaurant", "ecole-des-tilleuls"),
    ("etude", "ecole-des-tilleuls"),
    ("accueil-soir", "ecole-des-tilleuls"),
)
_PONTON = (
    ("accueil-matin", "ecole-du-ponton"),
    ("restaurant", "ecole-du-ponton"),
    ("accueil-soir", "ecole-du-ponton"),
)
_LOISIRS = (("mercredi", "la-roseliere"), ("vacances", "la-roseliere"))
_CRECHE = (("creche", "les-libellules"),)

ADULTES = (
    PortraitAdulte(
        "laure", "Mme", "Laure", "Fontaine", "06 39 98 45 01", "laure.fontaine", "Roseau-Cuivre-47",
        "Lina est à la crèche (lecture seule, on écrit à la structure ; prélèvement prévu), son frère Arthur à l’école "
        "(réservé en ligne)",
    ),
    PortraitAdulte(
        "nicolas", "M.", "Nicolas", "Perrin", "06 39 98 45 02", "nicolas.perrin", "Nenuphar-Bleu-62",
        "Deux enfants dans deux écoles ; le prochain repas de Gabin se réserve encore, hors délai, avec un supplément",
    ),
    PortraitAdulte(
        "amina", "Mme", "Amina", "Benali", "06 39 98 45 03", "amina.benali", "Barque-Citron-35",
        "Un seul enfant, à la crèche : agenda et « Mon espace » en lecture seule ; une facture de la "
        "crèche à payer, avec son PDF",
    ),
    PortraitAdulte(
        "claire", "Mme", "Claire", "Roussel", "06 39 98 45 04", "claire.roussel", "Heron-Violet-88",
        "Trois enfants, petit quotient : taux d’effort au minimum, tarifs de fratrie ; une facture réglée en partie",
    ),
    PortraitAdulte(
        "david", "M.", "David", "Nguyen", "06 39 98 45 05", "david.nguyen", "Cygne-Ambre-51",
        "Habite hors de la commune et n’a jamais donné son quotient : tarif maximum",
    ),
)  # fmt: skip

ENFANTS = (
    PortraitEnfant(
        "lina", "Lina", "Fontaine", 2, (3, 9), "Moyens", "les-libellules", ("laure",), _CRECHE, reference="LIB-E-014"
    ),
    PortraitEnfant(
        "arthur", "Arthur", "Fontaine", 7, (6, 25), "CE1", "ecole-des-tilleuls", ("laure",), _TILLEULS + _LOISIRS
    ),
    PortraitEnfant(
        "chloe", "Chloé", "Perrin", 9, (1, 28), "CM1", "ecole-des-tilleuls", ("nicolas",), _TILLEULS + _LOISIRS
    ),
    PortraitEnfant(
        "gabin", "Gabin", "Perrin", 4, (10, 11), "Moyenne section", "ecole-du-ponton", ("nicolas",), _PONTON + _LOISIRS
    ),
    PortraitEnfant(
        "naim", "Naïm", "Benali", 1, (12, 2), "Petits", "les-libellules", ("amina",), _CRECHE, reference="LIB-E-027"
    ),
    PortraitEnfant("maelle", "Maëlle", "Roussel", 10, (2, 6), "CM2", "ecole-des-tilleuls", ("claire",), _TILLEULS),
    PortraitEnfant(
        "axel", "Axel", "Roussel", 8, (8, 30), "CE2", "ecole-des-tilleuls", ("claire",), _TILLEULS + _LOISIRS
    ),
    PortraitEnfant(
        "nino", "Nino", "Roussel", 5, (5, 16), "Grande section", "ecole-du-ponton", ("claire",), _PONTON + _LOISIRS
    ),
    PortraitEnfant("linh", "Linh", "Nguyen", 6, (9, 22), "CP", "ecole-des-tilleuls", ("david",), _TILLEULS + _LOISIRS),
)

_REPAS = Habitude(("repas",))
_REPAS_A_RESERVER = Habitude(("repas",), jours_libres=2)
_DEUX_SOIRS = Habitude(("soir",), frozenset({0, 3}))
_CRECHE_MATIN = Habitude(("creche-matinee",), frozenset({0, 1, 3}), 12)
_CRECHE_JOURNEE = Habitude(("creche-journee",), frozenset({0, 1, 2, 3}), 12)

FOYERS = (
    PortraitFoyer(
        "Fontaine", ("laure",),
        (
            Vie("lina", (_CRECHE_MATIN,)),
            Vie("arthur", (_REPAS, _DEUX_SOIRS, Habitude(("mercredi-journee",), MERCREDI, 3))),
        ),
        "6, allée des Saules", 74_310, 256_000, 2, quotient_fin=18,
    ),
    PortraitFoyer(
        "Perrin", ("nicolas",),
        (Vie("chloe", (_REPAS, Habitude(("etude",), frozenset({0, 1})))), Vie("gabin", (_REPAS_A_RESERVER,))),
        "14, rue du Débarcadère", 132_500, 480_000, 2,
    ),
    PortraitFoyer("Benali", ("amina",), (Vie("naim", (_CRECHE_JOURNEE,)),), "2, rue des Vanniers", 58_040, 174_000, 1),
    PortraitFoyer(
        "Roussel", ("claire",),
        (
            Vie("maelle", (_REPAS,)),
            Vie("axel", (_REPAS, Habitude(("mercredi-matin",), MERCREDI, 2))),
            Vie("nino", (Habitude(("repas",), frozenset({0, 3})),)),
        ),
        "30, chemin de Halage", 29_400, 118_000, 3,
    ),
    PortraitFoyer(
        "Nguyen", ("david",), (Vie("linh", (_REPAS, Habitude(("matin",), frozenset({1, 4})))),),
        "9, rue du Four", None, None, 1, est_resident=False, code_postal="99804", ville="Aubeclaire",
    ),
)  # fmt: skip

AGENTS = (
    PortraitAgent(
        "Agnès", "Favre", "agnes.favre", "Martre-Horizon-2026", Role.INSTRUCTION,
        "Instruit les demandes de toutes les familles",
    ),
    PortraitAgent(
        "Benoît", "Colas", "benoit.colas", "Loutre-Horizon-2026", Role.REGIE,
        "Tient la régie : facture le mois, reçoit les factures de la crèche, suit les règlements",
    ),
)  # fmt: skip

ROSELAC = Ville(
    slug="roselac",
    nom="Roselac",
    zone="A",
    couleur="#1b4d89",
    courriel="famille@roselac.example",
    telephone="04 65 71 30 00",
    adresse="1, place du Lavoir, 99800 Roselac",
    code_postal="99800",
    presentation="Roselac est une ville inventée : rien de ce que vous y ferez n’aura d’effet.",
    adultes=ADULTES,
    enfants=ENFANTS,
    foyers=FOYERS,
    jauges_completes=("mercredi-roseliere", "vacances-roseliere"),
    agents=AGENTS,
    reglages={
        ("quotient", "validite"): "annee_scolaire",
        ("quotient", "effet"): "mois_suivant",
        ("quotient", "avis_imposition"): False,
        ("demarches.quotient", "pieces"): ("attestation_caf",),
        # No activity: all those that the crèche does not bill.
        ("regies.enfance", "nom"): "Enfance",
        ("regies.enfance", "serie"): "EN",
        ("regies.enfance", "numero_client"): "990201",
        ("regies.enfance", "saisie"): "W",
        ("regies.enfance", "echeance"): "30 jours",
        ("regies.enfance", "libelle"): "Facture enfance, {mois}",
        ("regies.enfance", "signataire"): "Benoît Colas, régisseur",
        ("regies.creche", "nom"): "Multi-accueil Les Libellules",
        ("regies.creche", "serie"): "LIB",
        ("regies.creche", "activites"): ("creche",),
        ("regies.creche", "numero_client"): "990202",
        ("regies.creche", "saisie"): "W",
        ("regies.creche", "echeance"): "30 jours",
        ("regies.creche", "libelle"): "Crèche, {mois}",
        ("regies.creche", "signataire"): "La directrice des Libellules",
        ("regies.creche", "est_importee"): True,
        ("demarches.scolaire", "pieces"): ("livret_famille", "justificatif_domicile"),
    },
)
