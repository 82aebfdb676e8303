"""Files of invented families: a few lines by hand, or thousands, with as many faults as one likes."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ENTETE = (
    "foyer", "adresse", "code_postal", "ville", "resident", "personnes_a_charge", "qf", "qf_du",
    "responsable1_reference", "responsable1_civilite", "responsable1_prenom", "responsable1_nom",
    "responsable1_courriel", "responsable1_telephone",
    "responsable2_prenom", "responsable2_nom", "responsable2_courriel", "responsable2_telephone",
    "responsable2_autorite",
    "enfant_reference", "enfant_prenom", "enfant_nom", "enfant_naissance", "structure", "classe", "pai",
    "semaine_ancre", "une_sur", "vacances", "activites", "inscription_du", "inscription_au",
)  # fmt: skip
Ligne = dict[str, str]

_PRENOMS = ("Camille", "Noé", "Léa", "Karim", "Zoé", "Maëlle", "Jean-Luc", "Anaïs", "Théo", "N’Deye", "Łucja", "Marie")
_NOMS = (
    "Morel",
    "Le Gall",
    "d’Ornano",
    "Haddad",
    "Petit",
    "de La Tour",
    "Ferrand",
    "Nguyen",
    "Papadopoulos",
    "Œuvrard",
)
_RUES = ("rue des Tilleuls", "impasse du Lavoir", "avenue de la Gare", "chemin du Moulin", "place de l’Église")


def fichier(lignes: Sequence[Mapping[str, str]], colonnes: Sequence[str] | None = None) -> str:
    """The text of a file, by default with the columns that its lines use."""
    colonnes = colonnes or list(dict.fromkeys(nom for ligne in lignes for nom in ligne))
    rangees = [";".join(colonnes)]
    rangees += [";".join(_cellule(ligne.get(nom, "")) for nom in colonnes) for ligne in lignes]
    return "\r\n".join(rangees) + "\r\n"


def ligne(**cellules: str) -> Ligne:
    """A family that nothing is wrong with: Camille Morel and her daughter Léa, unless said otherwise."""
    return {
        "adresse": "12 rue des Tilleuls",
        "code_postal": "99999",
        "ville": "Saint-Rivage",
        "responsable1_prenom": "Camille",
        "responsable1_nom": "Morel",
        "responsable1_courriel": "camille.morel@courriel.example",
        "responsable1_telephone": "06 39 98 12 01",
        "enfant_prenom": "Léa",
        "enfant_nom": "Morel",
        "enfant_naissance": "17/04/2018",
        **cellules,
    }


def grand_fichier(familles: int, graine: int = 1) -> list[Ligne]:
    """One to three children a family, one family in ten separated, one in eight with a shared mail address."""
    hasard = random.Random(graine)
    lignes: list[Ligne] = []
    for numero in range(1, familles + 1):
        nom, autre = hasard.choice(_NOMS), hasard.choice(_NOMS)
        courriel = f"famille.{numero}@courriel.example"
        foyer = {
            "foyer": f"F{numero}",
            "adresse": f"{numero} {hasard.choice(_RUES)}",
            "code_postal": "99999",
            "ville": "Saint-Rivage",
            "resident": hasard.choice(("O", "N")),
            "personnes_a_charge": str(hasard.randint(1, 4)),
            "qf": f"{hasard.randint(100, 2000)},{hasard.randint(0, 99):02d}",
            "qf_du": "01/09/2026",
            "responsable1_reference": f"P{numero}",
            "responsable1_civilite": "Mme",
            "responsable1_prenom": hasard.choice(_PRENOMS),
            "responsable1_nom": nom,
            "responsable1_courriel": courriel,
            "responsable1_telephone": f"06 39 98 {numero // 100 % 100:02d} {numero % 100:02d}",
        }
        second = {
            "responsable2_prenom": f"{hasard.choice(_PRENOMS)}-Paul",
            "responsable2_nom": autre,
            "responsable2_courriel": courriel if numero % 8 == 0 else f"second.{numero}@courriel.example",
            "responsable2_telephone": f"07 66 {numero // 10000:02d} {numero // 100 % 100:02d} {numero % 100:02d}",
        }
        if numero % 10:
            foyer |= second
        prenoms: list[str] = []
        for rang in range(hasard.randint(1, 3)):
            prenom = hasard.choice(_PRENOMS)
            # Brothers and sisters have each a first name.
            prenoms.append(next(p for p in (prenom, *_PRENOMS) if p not in prenoms))
            enfant = {
                "enfant_reference": f"E{numero}-{rang}",
                "enfant_prenom": prenoms[rang],
                "enfant_nom": nom,
                "enfant_naissance": f"{hasard.randint(1, 28):02d}/{hasard.randint(1, 12):02d}/{2014 + 2 * rang}",
                "structure": "ecole",
                "classe": "CE2",
                "activites": "cantine|periscolaire",
                "inscription_du": "01/09/2026",
                "inscription_au": "02/07/2027",
            }
            if numero % 10 == 0:
                enfant |= {"semaine_ancre": "07/12/2026", "une_sur": "2"}
                lignes.append({**foyer, **enfant})
                autre_foyer = {nom.replace("responsable2", "responsable1"): v for nom, v in second.items()}
                chez_l_autre = {
                    "foyer": f"G{numero}", "adresse": f"{numero} bis quai du Port", "code_postal": "99998",
                    "ville": "Roselac", "semaine_ancre": "14/12/2026",
                }  # fmt: skip
                sans_inscription = {n: v for n, v in enfant.items() if not n.startswith(("activites", "inscription"))}
                lignes.append({**autre_foyer, **sans_inscription, **chez_l_autre})
            else:
                lignes.append({**foyer, **enfant})
    return lignes


@dataclass(frozen=True, slots=True)
class FauteSemee:
    """What was spoilt: the cell, and a word of the sentence that must be told."""

    ligne: int
    colonne: str
    mot: str


SABOTAGES: tuple[tuple[str, str, str], ...] = (
    # column, what is put there, a word of the sentence
    ("adresse", "", "obligatoire"),
    ("adresse", "A" * 201, "200 au plus"),
    ("adresse", "=CONCAT(A1)", "formule"),
    ("adresse", "12 rue\u200bdu Port", "invisible"),
    ("adresse", "12 rue de l\u00c3\u00a9cole", "abîmés"),
    ("adresse", "#REF!", "erreur du tableur"),
    ("code_postal", "1230", "5 chiffres"),
    ("code_postal", "ABCDE", "5 chiffres"),
    ("ville", "", "obligatoire"),
    ("resident", "peut-être", "O ou N"),
    ("personnes_a_charge", "-1", "nombre entier"),
    ("personnes_a_charge", "deux", "nombre entier"),
    ("qf", "douze", "montant"),
    ("qf", "842,505", "deux décimales"),
    ("qf", "9999999", "de 0 à"),
    ("qf_du", "", "il faut l’être aussi"),
    ("qf_du", "31/02/2026", "n’existe pas"),
    ("responsable1_civilite", "Dr", "Mme"),
    ("responsable1_prenom", "", "obligatoire"),
    ("responsable1_nom", "Morel2", "chiffre"),
    ("responsable1_nom", "M" * 61, "60"),
    ("responsable1_nom", "<b>", "ne peut pas contenir"),
    ("responsable1_courriel", "camille.morel", "adresse mail"),
    ("responsable1_courriel", "camille@exemple", "adresse mail"),
    ("responsable1_courriel", "zoé@courriel.example", "sans accent"),
    ("responsable1_courriel", "a@b.fr\nBcc: x@y.fr", "adresse mail"),
    ("responsable1_telephone", "06 12", "n’existe pas"),
    ("responsable1_telephone", "06 12 34 56 78 poste 3", "chiffres"),
    ("responsable1_telephone", "6,12346E+08", "chiffres"),
    ("responsable2_prenom", "", "second responsable"),
    ("responsable2_nom", "Ma\u0000rel".replace("\u0000", "\u0007"), "invisible"),
    ("responsable2_autorite", "?", "O ou N"),
    ("enfant_reference", "é", "référence"),
    ("enfant_prenom", "", "pour cet enfant"),
    ("enfant_nom", "12", "chiffre"),
    ("enfant_naissance", "31/12/2027", "futur"),
    ("enfant_naissance", "01/01/1980", "20 ans"),
    ("enfant_naissance", "29/02/2019", "n’existe pas"),
    ("enfant_naissance", "43207", "nombre que le tableur garde"),
    ("enfant_naissance", "17/04/18", "quatre chiffres"),
    ("enfant_naissance", "17 avril 2018", "17/04/2018"),
    ("structure", "ecolle", "le plus proche est « ecole »"),
    ("classe", "C" * 41, "40 au plus"),
    ("pai", "arachides", "O ou N"),
    ("une_sur", "5", "2, 3 ou 4"),
    ("vacances", "été", "paires"),
    ("activites", "cantinne", "le plus proche est « cantine »"),
    ("activites", "cantine|cantine", "deux fois"),
    ("inscription_du", "", "il faut l’être aussi"),
    ("inscription_au", "01/07/2026", "avant le début"),
    ("inscription_au", "01/07/2030", "année scolaire"),
)


def saboter(lignes: list[Ligne], nombre: int, graine: int = 2) -> list[FauteSemee]:
    """Spoils `nombre` lines, each in one cell, going round the kinds; where each is, and what must be said of it."""
    hasard = random.Random(graine)
    # A family of two adults and a single line: spoiling it contradicts no other line.
    par_foyer: dict[str, int] = {}
    for une in lignes:
        par_foyer[une["foyer"]] = par_foyer.get(une["foyer"], 0) + 1
    rangs = [
        rang
        for rang, une in enumerate(lignes)
        if par_foyer[une["foyer"]] == 1 and "responsable2_nom" in une and "une_sur" not in une
    ]
    choisis = sorted(hasard.sample(rangs, nombre))
    semees, fins_de_ligne = [], 0
    for numero, rang in enumerate(choisis):
        colonne, valeur, mot = SABOTAGES[numero % len(SABOTAGES)]
        lignes[rang] = {**lignes[rang], colonne: valeur}
        if colonne in ("une_sur", "vacances"):
            lignes[rang] |= {"semaine_ancre": "07/12/2026", "une_sur": "2", colonne: valeur}
        if not valeur:
            del lignes[rang][colonne]
        semees.append(FauteSemee(rang + 2 + fins_de_ligne, colonne, mot))
        # Lines are numbered as a text editor does, those inside a cell too.
        fins_de_ligne += valeur.count("\n")
    return semees


def _cellule(texte: str) -> str:
    return '"' + texte.replace('"', '""') + '"' if any(c in texte for c in ';"\n\r') else texte
