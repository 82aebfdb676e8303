"""A town's file that cannot be read: every fault names its table, its key and its reason."""

import pytest

from tests.support.documents import ECOLE, analyser, document_de_cantine, document_de_tarif, fautes

CANTINE, REPAS, TARIF = "activite cantine", "activite cantine / unite repas", "tarif repas"


def une_faute(document: str) -> tuple[str, str, str]:
    trouvees = fautes(document)
    assert len(trouvees) == 1, [str(faute) for faute in trouvees]
    return trouvees[0].table, trouvees[0].cle, trouvees[0].raison.replace("\u00a0", " ").replace("\u202f", " ")


def test_a_right_document_has_no_fault() -> None:
    assert fautes(document_de_cantine()) == ()
    assert fautes(document_de_tarif("prix = 3")) == ()


@pytest.mark.parametrize(
    ("regle", "cle", "raison"),
    [
        ('"aucunn"', "delai_ajout", "le plus proche est « aucun »"),
        ('"comme_ajout"', "delai_ajout", "n’est pas un délai"),
        ("3", "delai_ajout", "une règle entre accolades"),
        ('{ jours = 2, avant = "25:00" }', "delai_ajout.avant", "« 25:00 » n’est pas une heure"),
        ('{ jours = 2, avant = "12:60" }', "delai_ajout.avant", "« 12:60 » n’est pas une heure"),
        ('{ jours = 2, avant = "24:01" }', "delai_ajout.avant", "n’est pas une heure"),
        ('{ jours = 2, avant = "tôt" }', "delai_ajout.avant", "« tôt » n’est pas une heure"),
        ("{ jours = 2 }", "delai_ajout.avant", "clé obligatoire absente"),
        ('{ jours = -1, avant = "9h" }', "delai_ajout.jours", "de 0 à 366"),
        ('{ jours = 400, avant = "9h" }', "delai_ajout.jours", "de 0 à 366"),
        ('{ jours = true, avant = "9h" }', "delai_ajout.jours", "un nombre entier"),
        ('{ jours = 2.5, avant = "9h" }', "delai_ajout.jours", "un nombre entier"),
        ('{ avant = "9h" }', "delai_ajout", "il faut une seule de ces clés"),
        ('{ jours = 2, heures = 3, avant = "9h" }', "delai_ajout", "pas à la fois jours, heures"),
        ('{ jours = 2, avantt = "9h", avant = "9h" }', "delai_ajout.avantt", "le plus proche est « avant »"),
        ('{ jours = 2, avant = "9h", sauf = ["lundy"] }', "delai_ajout.sauf", "le plus proche est « lundi »"),
        ('{ jours = 2, avant = "9h", sauf = "lundi" }', "delai_ajout.sauf", "une liste de textes"),
        (
            '{ jours = 2, avant = "9h", sauf = ["week-end", "lundi", "mardi", "mercredi", "jeudi", "vendredi"] }',
            "delai_ajout.sauf",
            "plus aucun jour ne compte",
        ),
        ('{ dernier = "vendredy", avant = "9h" }', "delai_ajout.dernier", "n’est pas un jour"),
        ('{ dernier = "lundi", avant = "9h", sauf = ["feries"] }', "delai_ajout.sauf", "clé inconnue"),
        ('{ jour = "mardi", avant = "9h" }', "delai_ajout.semaines_avant", "clé obligatoire absente"),
        ('{ jour = "mardi", semaines_avant = 99, avant = "9h" }', "delai_ajout.semaines_avant", "de 0 à 52"),
        ('{ jour_du_mois = 32, mois_avant = 1, avant = "9h" }', "delai_ajout.jour_du_mois", "ne se lit pas"),
        ('{ jour_du_mois = "5e lundi", mois_avant = 1, avant = "9h" }', "delai_ajout.jour_du_mois", "ne se lit pas"),
        ('{ jour_du_mois = 20, avant = "9h" }', "delai_ajout.mois_avant", "clé obligatoire absente"),
        ('{ jours = 2, avant = "9h", depuis = "noel" }', "delai_ajout.depuis", "n’existe pas"),
        ('{ jours = 2, avant = "9h", report = "lundi" }', "delai_ajout.report", "n’existe pas"),
        ("{ heures = 0 }", "delai_ajout.heures", "de 1 à 8784"),
        ('{ heures = 24, avant = "9h" }', "delai_ajout.avant", "ne va pas avec « heures »"),
        ('{ dates_par_mois = {}, avant = "9h" }', "delai_ajout.dates_par_mois", "vide"),
        (
            '{ dates_par_mois = { 2026-13 = 2026-11-20 }, avant = "9h" }',
            "delai_ajout.dates_par_mois.2026-13",
            "un mois",
        ),
        (
            '{ dates_par_mois = { 2026-12 = 2027-01-20 }, avant = "9h" }',
            "delai_ajout.dates_par_mois.2026-12",
            "après tous les jours",
        ),
        (
            '{ dates_par_vacances = { "Noël" = "bientôt" }, avant = "9h" }',
            "delai_ajout.dates_par_vacances.Noël",
            "une date",
        ),
        (
            '{ dates = [{ du = 2026-12-05, au = 2026-12-01, limite = 2026-11-01 }], avant = "9h" }',
            "delai_ajout.dates[1].au",
            "avant le début",
        ),
        (
            '[{ jours = 1, avant = "9h" }, { pour = ["lundi"], jours = 2, avant = "9h" }]',
            "delai_ajout[2].pour",
            "jamais",
        ),
        ('[{ pour = ["lundy"], jours = 1, avant = "9h" }]', "delai_ajout[1].pour", "« lundi »"),
        ('{ jours = 15, depuis = "debut_vacances", avant = "9h", sinon = "jamai" }', "delai_ajout.sinon", "« jamais »"),
    ],
)
def test_a_deadline_that_cannot_be_read_is_refused(regle: str, cle: str, raison: str) -> None:
    table, cle_obtenue, raison_obtenue = une_faute(document_de_cantine(delai=regle))
    assert (table, cle_obtenue) == (CANTINE, cle)
    assert raison in raison_obtenue


@pytest.mark.parametrize(
    ("nom", "conseil"),
    [
        ("Pâques", "dans le calendrier, « Printemps »"),
        ("vacances de février", "dans le calendrier, « Hiver »"),
        ("Grandes vacances", "choisissez parmi Toussaint, Noël, Hiver, Printemps, Été, Ascension"),
        ("Toussain", "le plus proche est « Toussaint »"),
        ("Noëll 2026", "le plus proche est « Noël »"),
        ("2026", "choisissez parmi"),
    ],
)
def test_holidays_that_no_calendar_can_hold_are_refused(nom: str, conseil: str) -> None:
    plage = f'periode = "vacances"\nvacances = ["{nom}"]'
    table, cle, raison = une_faute(document_de_cantine(activite=plage))
    assert (table, cle) == (CANTINE, "vacances")
    assert f"« {nom} » n’est le nom d’aucunes vacances" in raison
    assert conseil in raison
    delai = f'{{ dates_par_vacances = {{ "{nom}" = 2026-11-20 }}, avant = "9h" }}'
    assert une_faute(document_de_cantine(delai=delai)) == (CANTINE, f"delai_ajout.dates_par_vacances.{nom}", raison)


@pytest.mark.parametrize(
    "nom", ["Noël", "vacances de la Toussaint 2026", "ETE", "Ascension", "Pont de l’Ascension 2027", "Noël 2031"]
)
def test_holidays_are_named_as_people_write_them(nom: str) -> None:
    assert fautes(document_de_cantine(activite=f'periode = "vacances"\nvacances = ["{nom}"]')) == ()


@pytest.mark.parametrize(
    ("hors_delai", "est_refuse"),
    [
        ('{ jours = 3, avant = "12:00" }', True),
        ('{ jours = 2, avant = "11:00" }', True),
        ('{ jours = 2, avant = "13:00" }', False),
        ('{ jours = 1, avant = "09:00" }', False),
        ('{ jours_ouvres = 3, avant = "12:00" }', False),
    ],
)
def test_a_late_deadline_that_always_comes_first_is_refused(hors_delai: str, est_refuse: bool) -> None:
    document = document_de_cantine(delai='{ jours = 2, avant = "12:00" }', unite=f"hors_delai = {hors_delai}")
    trouvees = [(faute.table, faute.cle) for faute in fautes(document)]
    assert trouvees == ([(REPAS, "hors_delai")] if est_refuse else [])


def test_a_misspelt_form_is_told_the_nearest() -> None:
    trouvees = fautes(document_de_cantine(delai='{ jours_ouvre = 2, avant = "9h" }'))
    assert [faute.cle for faute in trouvees] == ["delai_ajout", "delai_ajout.jours_ouvre"]
    assert "jours_ouvres" in trouvees[1].raison


def test_hours_before_a_unit_that_has_none_are_refused() -> None:
    document = document_de_cantine(delai="{ heures = 72 }").replace('debut = "11:45"', "")
    assert une_faute(document) == (
        CANTINE,
        "delai_ajout.heures",
        'l’unité n’a pas d’heure : ajoutez debut = "08:30" à l’unité ou à la règle.',
    )


@pytest.mark.parametrize(
    ("tranches", "cle", "raison"),
    [
        ("{ jusqu_a = 600, prix = 1 }, { a_partir_de = 601, prix = 2 }", "tranches[2]",
         "trou : aucun prix au-dessus de 600 et au-dessous de 601."),
        ("{ moins_de = 600, prix = 1 }, { plus_de = 600, prix = 2 }", "tranches[2]",
         "trou : aucun prix à partir de 600 et jusqu’à 600."),
        ("{ jusqu_a = 600, prix = 1 }, { a_partir_de = 600, prix = 2 }", "tranches[2]",
         "chevauchement : deux prix à partir de 600 et jusqu’à 600."),
        ("{ moins_de = 700, prix = 1 }, { a_partir_de = 600, prix = 2 }", "tranches[2]",
         "chevauchement : deux prix à partir de 600 et au-dessous de 700."),
        ("{ a_partir_de = 100, moins_de = 600, prix = 1 }, { prix = 2 }", "tranches[1]",
         "trou : aucun prix à partir de 0 et au-dessous de 100."),
        ("{ moins_de = 600, prix = 1 }, { jusqu_a = 900, prix = 2 }", "tranches[2]",
         "trou : aucun prix au-dessus de 900 ; la dernière tranche doit rester ouverte."),
        ("{ prix = 1 }, { prix = 2 }", "tranches[1]",
         "tranche sans limite : ajoutez moins_de ou jusqu_a (seule la dernière reste ouverte)."),
        ("{ moins_de = 600, prix = 1 }, { moins_de = 400, prix = 2 }, { prix = 3 }", "tranches[2]",
         "tranche vide ou mal rangée : elle finit à 400, avant son début."),
        ("{ moins_de = 600, jusqu_a = 599, prix = 1 }, { prix = 2 }", "tranches[1].jusqu_a",
         "jusqu_a et moins_de disent la même borne : gardez-en une."),
        ("{ moins_de = 600, prix = -1 }, { prix = 2 }", "tranches[1].prix",
         "un nombre négatif n’a pas de sens ici."),
        ("{ moins_de = 600 }, { prix = 2 }", "tranches[1]",
         "prix de la tranche : il faut une seule de ces clés, prix, taux."),
        ("{ moins_de = 600, prix = 1, min = 2 }, { prix = 2 }", "tranches[1].min",
         "clé inconnue ; choisissez parmi a_partir_de, constante, jusqu_a, moins_de, plus_de, prix, taux."),
    ],
)  # fmt: skip
def test_holes_and_overlaps_between_brackets_are_named(tranches: str, cle: str, raison: str) -> None:
    obtenu = une_faute(document_de_tarif(f"tranches = [{tranches}]"))
    assert (obtenu[0], obtenu[1]) == (TARIF, cle)
    assert raison.replace("constante, ", "") in obtenu[2].replace("constante, ", "")


def test_brackets_may_say_only_where_they_begin() -> None:
    assert (
        fautes(document_de_tarif("tranches = [{ a_partir_de = 0, prix = 1 }, { a_partir_de = 400, prix = 2 }]")) == ()
    )


@pytest.mark.parametrize(
    ("regle", "cle", "raison"),
    [
        ("", "", "prix : il faut une seule de ces clés, prix, tranches, taux."),
        ("prix = 3\ntaux = 2", "", "prix : il faut une seule de ces clés, pas à la fois prix, taux."),
        ('prix = "3,05"', "prix", "il faut un nombre, avec un point pour les décimales (3.05)"),
        ("prix = inf", "prix", "il faut un nombre"),
        ("prix = -3", "prix", "un nombre négatif"),
        ("prix = 3\nminimun = 2", "minimun", "le plus proche est « minimum »"),
        ("taux = 0.36", "taux", "ajoutez maximum, plafond ou sans_qf"),
        ("tranches = [{ moins_de = 400, prix = 1 }, { taux = 0.5 }]", "tranches", "ajoutez maximum"),
        ("taux = 120\nmaximum = 4", "taux", "« 120 » n’est pas un taux"),
        ("taux = {}\nmaximum = 4", "taux", "il faut une table dont les clés sont des nombres"),
        ("taux = { un = 0.1 }\nmaximum = 4", "taux.un", "il faut un nombre de 1 à 20"),
        ("taux = 0.36\nminimum = 5\nmaximum = 4", "maximum", "le maximum est plus petit que le minimum"),
        ("taux = 0.36\nplancher = 5\nplafond = 4", "plafond", "le plafond est plus petit que le plancher"),
        ('taux = 0.36\nmaximum = 4\nsur = "revenu"', "sur", "choisissez parmi qf, ressources"),
        ("prix = 3\nrangs = { 1 = { prix = 2 } }", "rangs.1", "il faut un nombre de 2 à 20"),
        ("prix = 3\nrangs = { 2 = 50 }", "rangs.2", "il faut une table entre accolades"),
        ("prix = 3\nrangs = { 2 = { pourcents = 50 } }", "rangs.2", "ajustement : il faut une seule de ces clés"),
        ("prix = 3\npai = { reduction = 120 }", "pai.reduction", "120 % n’a pas de sens ici"),
        ("prix = 3\npai = { prix = 1, supplement = 2 }", "pai", "pas à la fois prix, supplement"),
        ("prix = 3\nnon_resident = { taux = 0.5 }", "non_resident.taux", "ajoutez maximum"),
        ("prix = 3\netats = { absente = { prix = 0 } }", "etats.absente", "état inconnu"),
        ("prix = 3\netats = { annulee = { prix = 0, si = 'rien' } }", "etats.annulee.si", "n’existe pas"),
        (
            "prix = 3\netats = { annulee = { prix = 0, oublis_pardonnes = -1 } }",
            "etats.annulee.oublis_pardonnes",
            "de 0",
        ),
        ("[[tarif.version]]\nprix = 3\n[[tarif.version]]\nprix = 4", "version[2].du", "seule la première version"),
        (
            "[[tarif.version]]\ndu = 2026-09-01\nprix = 3\n[[tarif.version]]\ndu = 2026-09-01\nprix = 4",
            "version[2].du",
            "de la plus ancienne à la plus récente",
        ),
        ('[[tarif.version]]\ndu = "septembre"\nprix = 3', "version[1].du", "il faut une date"),
    ],
)
def test_a_price_that_cannot_be_read_is_refused(regle: str, cle: str, raison: str) -> None:
    trouvees = [faute for faute in fautes(document_de_tarif(regle)) if not faute.raison.startswith("clé inconnue")]
    trouvees = trouvees or list(fautes(document_de_tarif(regle)))
    assert (trouvees[0].table, trouvees[0].cle) == (TARIF, cle)
    assert (
        raison.replace(" :", "\u00a0:").replace("« ", "«\u00a0").replace(" »", "\u00a0»").replace(" %", "\u202f%")
        in trouvees[0].raison
    )


SUITE_FERMETURE = '[[fermeture]]\ndu = 2026-11-30\nmotif = "Grève."\n'
JAUGE = '[[jauge]]\ncode = "j"\nnom = "J"\nplaces = 20\nunites = ["repas"]\n'


@pytest.mark.parametrize(
    ("morceaux", "table", "cle", "raison"),
    [
        ({"unite": 'tarif = "repass"'}, REPAS, "tarif", "tarif « repass » : inconnu"),
        ({"activite": 'tarif = "repass"'}, CANTINE, "tarif", "tarif « repass » : inconnu"),
        ({"unite": 'exclut = ["matin"]'}, REPAS, "exclut", "unité « matin » : code inconnu"),
        ({"unite": 'exclut = ["repas"]'}, REPAS, "exclut", "ne peut pas se nommer elle-même"),
        ({"unite": 'exige = ["repas"]'}, REPAS, "exige", "ne peut pas se nommer elle-même"),
        ({"unite": 'fin = "11:00"'}, REPAS, "fin", "la fin vient avant le début"),
        ({"unite": 'fin = "24:00"'}, REPAS, "fin", "ne désigne pas une heure de la journée"),
        ({"unite": 'jour = ["lundi"]'}, REPAS, "jour", "le plus proche est « jours »"),
        ({"unite": 'jours = ["lundis"]'}, REPAS, "jours", "le plus proche est « lundi »"),
        ({"unite": "jours = []"}, REPAS, "jours", "une liste de textes"),
        ({"unite": 'jours = ["lundi", "lundi"]'}, REPAS, "jours", "deux fois la même valeur"),
        ({"activite": 'periode = "ete"'}, CANTINE, "periode", "choisissez parmi ecole, vacances, toutes"),
        ({"activite": 'vacances = ["Noël"]'}, CANTINE, "vacances", 'avec periode = "vacances"'),
        (
            {"activite": 'jours = ["lundi"]\nouverture = [{ periode = "vacances" }]'},
            CANTINE,
            "jours",
            "pas aux deux endroits",
        ),
        ({"activite": "du = 2026-09-01\nau = 2026-08-01"}, CANTINE, "au", "la fin vient avant le début"),
        ({"activite": "du = 1926-09-01"}, CANTINE, "du", "il faut une date"),
        ({"activite": "du = 2026-09-01T08:00:00"}, CANTINE, "du", "il faut une date"),
        ({"activite": 'restauration = "oui"'}, CANTINE, "restauration", "true ou false"),
        ({"activite": 'garde = "oui"'}, CANTINE, "garde", "true ou false"),
        ({"activite": "garde = false", "unite": "part_garde = 1.20"}, REPAS, "part_garde", "garde = false"),
        ({"unite": "part_garde = -1"}, REPAS, "part_garde", "négatif"),
        ({"activite": "hors_delai = 'oui'"}, CANTINE, "hors_delai", "n’est pas un délai"),
        ({"suite": SUITE_FERMETURE + 'unites = ["x"]'}, "fermeture n° 1", "unites", "unité « x » : code inconnu"),
        ({"suite": SUITE_FERMETURE + "au = 2026-11-01"}, "fermeture n° 1", "au", "la fin vient avant le début"),
        ({"suite": "[[fermeture]]\ndu = 2026-11-30"}, "fermeture n° 1", "motif", "clé obligatoire absente"),
        (
            {"suite": '[[ouverture_exceptionnelle]]\nmotif = "x"'},
            "ouverture_exceptionnelle n° 1",
            "du",
            "clé obligatoire absente",
        ),
        ({"suite": JAUGE.replace("20", "-1")}, "jauge j", "places", "de 0 à 100000"),
        ({"suite": JAUGE.replace("repas", "rep")}, "jauge j", "unites", "le plus proche est « repas »"),
        ({"suite": JAUGE + 'structures = ["x"]'}, "jauge j", "structures", "structure « x » : code inconnu"),
        ({"suite": JAUGE + JAUGE}, "jauge j", "code", "déjà pris"),
        ({"suite": "[[cantine]]\nx = 1"}, "fichier", "cantine", "clé inconnue"),
        ({"suite": ECOLE}, "structure ecole", "code", "déjà pris"),
        (
            {"suite": ECOLE.replace('"ecole"\nnom', '"b"\nnom') + 'edition = "lecture"'},
            "structure b",
            "courriel",
            "donnez son adresse",
        ),
        (
            {"suite": ECOLE.replace('"ecole"\nnom', '"b"\nnom') + 'courriel = "mairie"'},
            "structure b",
            "courriel",
            "n’est pas une adresse",
        ),
        (
            {"suite": ECOLE.replace('"ecole"\nnom', '"b"\nnom') + 'courriel = "b@ecole.example?bcc=x@y.example"'},
            "structure b",
            "courriel",
            "n’est pas une adresse",
        ),
        ({"suite": ECOLE.replace('"ecole"\nnom', '"École B"\nnom')}, "structure École B", "code", "un code s’écrit"),
        ({"suite": ECOLE.replace('"ecole"\nnom', f'"{"b" * 61}"\nnom')}, f"structure {'b' * 61}", "code", "60 au plus"),
        (
            {"suite": '[[activite.unite]]\ncode = "repas"\nnom = "Bis"'},
            REPAS,
            "code",
            "déjà pris par une autre unité",
        ),
        (
            {"unite": 'exige = ["b"]', "suite": '[[activite.unite]]\ncode = "b"\nnom = "B"\nexclut = ["repas"]'},
            REPAS,
            "exige",
            "« b » est à la fois exigée et exclue",
        ),
        (
            {
                "activite": "du = 2026-09-01",
                "unite": 'tarif = "t"',
                "suite": '[[tarif]]\ncode = "t"\nnom = "T"\n[[tarif.version]]\ndu = 2026-10-01\nprix = 3',
            },
            REPAS,
            "tarif",
            "commence après l’activité",
        ),
    ],
)
def test_a_fault_names_its_table_its_key_and_its_reason(
    morceaux: dict[str, str], table: str, cle: str, raison: str
) -> None:
    obtenu = une_faute(document_de_cantine(**morceaux))
    assert obtenu[:2] == (table, cle)
    assert raison in obtenu[2]


def test_requirements_that_go_round_in_circles_are_refused() -> None:
    document = document_de_cantine(
        unite='exige = ["b"]', suite='[[activite.unite]]\ncode = "b"\nnom = "B"\nexige = ["repas"]'
    )
    assert [faute.table for faute in fautes(document)] == [REPAS, "activite cantine / unite b"]
    assert all("tournent en rond" in faute.raison for faute in fautes(document))


def test_an_activity_needs_a_structure_units_and_a_deadline() -> None:
    document = ECOLE + '[[activite]]\ncode = "a"\nnom = "A"\n'
    assert {faute.cle for faute in fautes(document)} == {"structures", "unite"}
    document += 'structures = ["ecole"]\n[[activite.unite]]\ncode = "u"\nnom = "U"\n'
    assert [(faute.table, faute.cle) for faute in fautes(document)] == [("activite a / unite u", "delai_ajout")]


def test_an_empty_file_is_refused() -> None:
    assert {faute.cle for faute in fautes("")} == {"structure", "activite"}


def test_all_the_faults_come_at_once_and_each_only_once() -> None:
    document = document_de_cantine(
        delai='{ jours = 2, avant = "25h" }', suite='[[activite.unite]]\ncode = "b"\nnom = "B"\ntarif = "t"'
    )
    assert [(faute.table, faute.cle) for faute in fautes(document)] == [
        (CANTINE, "delai_ajout.avant"),
        ("activite cantine / unite b", "tarif"),
    ]


@pytest.mark.parametrize("valeur", ["rien", 3, True, [], ["x"], {"x": 1}, None])
@pytest.mark.parametrize("cle", ["structure", "activite", "jauge", "tarif", "fermeture", "ouverture_exceptionnelle"])
def test_a_value_of_the_wrong_shape_is_a_fault_and_never_a_crash(cle: str, valeur: object) -> None:
    document = analyser(document_de_tarif("prix = 3"))
    document[cle] = valeur
    assert fautes(document) or valeur is None


CHEMINS = [
    (("activite", 0), cle)
    for cle in ("code", "nom", "structures", "unite", "delai_ajout", "periode", "jours", "ouverture", "du")
] + [
    (("activite", 0, "unite", 0), cle)
    for cle in ("code", "nom", "debut", "tarif", "exclut", "exige", "delai_annulation", "hors_delai", "vacances")
] + [
    (("tarif", 0), cle)
    for cle in ("prix", "rangs", "pai", "etats", "non_resident", "version", "cout", "rang_selon", "maximum")
]  # fmt: skip


@pytest.mark.parametrize(("chemin", "cle"), CHEMINS)
@pytest.mark.parametrize("valeur", [3.5, [3], [{"x": 1}], {"x": {"y": 1}}, ["x", 2]], ids=repr)
def test_any_key_given_nonsense_is_refused_with_its_table(
    chemin: tuple[str | int, ...], cle: str, valeur: object
) -> None:
    document = analyser(document_de_tarif("prix = 3"))
    cible: object = document
    for pas in chemin:
        cible = cible[pas]  # type: ignore[index]
    cible[cle] = valeur  # type: ignore[index]
    assert fautes(document)
