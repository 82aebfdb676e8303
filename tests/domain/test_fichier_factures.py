"""A file of invoices: read whole, each fault with its line and its column, never a centime of difference."""

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portail_famille.domain.fichier_factures import (
    COLONNES,
    LIGNES_PAR_FACTURE,
    OBLIGATOIRES,
    FactureDuFichier,
    ReglementDit,
    ReperesFactures,
    lire_factures,
    regle_de_plus,
)
from portail_famille.domain.tableur import Faute, FichierRefuse, decoder, lire_tableau
from tests.support.fichiers_factures import REMISE, REPAS, SIMPLE, Rangee, avoir, deux_lignes, octets
from tests.support.regies import REGIES

DOCS = Path(__file__).parents[2] / "docs"
REPERES = ReperesFactures(date(2026, 12, 2), REGIES, "creche")


def lire(*rangees: Rangee | Sequence[Rangee], reperes: ReperesFactures = REPERES) -> list[FactureDuFichier]:
    factures, fautes = lire_factures(lire_tableau(decoder(octets(*rangees)), COLONNES, OBLIGATOIRES), reperes)
    assert fautes == []
    return factures


def refuser(*rangees: Rangee | Sequence[Rangee], reperes: ReperesFactures = REPERES) -> list[tuple[int, str, str]]:
    _, fautes = lire_factures(lire_tableau(decoder(octets(*rangees)), COLONNES, OBLIGATOIRES), reperes)
    return [(faute.ligne, faute.colonne, faute.raison) for faute in fautes]


def test_an_invoice_is_read_with_its_lines_in_centimes() -> None:
    (facture,) = lire(deux_lignes(pdf="Facture n°127.PDF", prelevement_le="15/12/2026", regie="creche"))
    assert (facture.ligne, facture.numero, facture.regie, facture.foyer) == (2, "CR-127", "creche", "F-MOREL")
    assert (facture.mois, facture.emise_le, facture.echeance) == (
        date(2026, 11, 1),
        date(2026, 11, 30),
        date(2026, 12, 20),
    )
    assert (facture.total_centimes, facture.prelevement_le) == (14250, date(2026, 12, 15))
    assert [(li.enfant, li.libelle, li.quantite, li.montant_centimes, li.garde_centimes) for li in facture.lignes] == [
        ("E-MIA", "Accueil régulier", "42 h", 15000, 15000),
        ("E-MIA", "Jours de maladie", "3 h", -750, -750),
    ]


def test_what_is_said_of_the_invoice_may_be_said_once() -> None:
    suite = dict.fromkeys(("foyer", "mois", "emise_le", "echeance", "total"), "")
    assert lire(REPAS, {**REMISE, **suite}) == lire(deux_lignes())


@pytest.mark.parametrize("mois", ["2026-11", "11/2026", "01/11/2026", "30/11/2026", "2026-11-01"])
def test_a_month_is_written_in_several_ways(mois: str) -> None:
    assert lire({**SIMPLE, "mois": mois})[0].mois == date(2026, 11, 1)


def test_an_avoir_is_negative_and_names_its_invoice() -> None:
    _, lu = lire(SIMPLE, avoir(total="−50,00"))
    assert (lu.numero, lu.avoir_de, lu.total_centimes, lu.echeance, lu.motif) == (
        "CR-128", "CR-127", -5000, None, "Fermeture",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("cellules", "colonne", "raison"),
    [
        ({"total": "150,01"}, "total", "les lignes font 150,00"),
        ({"total": "0", "montant": "0", "garde": "0"}, "total", "rien à facturer"),
        ({"total": "-1", "montant": "-1", "garde": "0"}, "total", "n’est pas négative"),
        ({"avoir_de": "CR-1", "echeance": ""}, "total", "en négatif"),
        ({"montant": "150,001"}, "montant", "deux décimales"),
        ({"montant": "100 euros"}, "montant", "un montant"),
        ({"garde": "150,01"}, "garde", "part de garde"),
        ({"garde": "-1"}, "garde", "part de garde"),
        ({"emise_le": "03/12/2026"}, "emise_le", "à venir"),
        ({"emise_le": "30/11/26"}, "emise_le", "quatre chiffres"),
        ({"mois": "2024-11"}, "mois", "deux ans"),
        ({"mois": "2026-13"}, "mois", "n’existe pas"),
        ({"echeance": "29/11/2026"}, "echeance", "avant l’émission"),
        ({"prelevement_le": "29/11/2026"}, "prelevement_le", "avant l’émission"),
        ({"regle": "150,01", "regle_le": "01/12/2026"}, "regle", "plus que le total"),
        ({"regle": "-1", "regle_le": "01/12/2026"}, "regle", "un montant"),
        ({"regle": "150"}, "regle_le", "le jour"),
        ({"regle": "150", "regle_le": "03/12/2026"}, "regle_le", "à venir"),
        ({"regle": "150", "regle_le": "01/10/2024"}, "regle_le", "deux ans"),
        ({"regle_le": "01/12/2026"}, "regle_le", "écrivez combien"),
        ({"regle": "0", "regle_moyen": "troc"}, "regle_moyen", "especes"),
        ({"regie": "enfance"}, "regie", "facturée par le portail"),
        ({"regie": "crech"}, "regie", "creche"),
        ({"foyer": ""}, "foyer", "payeur_courriel"),
        ({"pdf": "../secrets.pdf"}, "pdf", "sans chemin"),
        ({"pdf": ".pdf"}, "pdf", "sans chemin"),
        ({"pdf": "facture.exe"}, "pdf", "sans chemin"),
        ({"ligne": "=SOMME(A1)"}, "ligne", "formule"),
        ({"ligne": ""}, "ligne", "obligatoire"),
        ({"mois": ""}, "mois", "obligatoire"),
        ({"numero": "n" * 41}, "numero", "40 caractères"),
        ({"quantite": "q" * 21}, "quantite", "20 au plus"),
        ({"payeur_courriel": "chez moi"}, "payeur_courriel", "adresse mail"),
    ],
)
def test_a_fault_is_told_with_its_line_its_column_and_its_remedy(cellules: Rangee, colonne: str, raison: str) -> None:
    """The second invoice is right: it is read all the same."""
    fautes = refuser({**SIMPLE, **cellules}, {**SIMPLE, "numero": "CR-500"})
    assert [(ligne, ou) for ligne, ou, _ in fautes] == [(2, colonne)]
    assert raison in fautes[0][2].replace("\u00a0", " ")


def test_what_was_collected_may_come_before_its_invoice_in_the_words_of_a_ledger() -> None:
    """Written once, on any of its lines. Nothing collected is not the same as nothing said."""
    (une, autre, muette) = lire(
        [REPAS, {**REMISE, "regle": "20,00", "regle_le": "2026-11-03", "regle_moyen": "Chèque"}],
        {**SIMPLE, "numero": "CR-2", "regle": "0", "regle_moyen": "PRELEVEMENT"},
        {**SIMPLE, "numero": "CR-3"},
    )
    assert (une.regle_centimes, une.regle_le, une.regle_moyen) == (2000, date(2026, 11, 3), "cheque")
    assert (autre.regle_centimes, autre.regle_le, muette.regle_centimes) == (0, None, None)


def test_an_avoir_is_not_collected() -> None:
    fautes = refuser(SIMPLE, avoir(regle="50", regle_le="01/12/2026"))
    assert [(ligne, colonne) for ligne, colonne, _ in fautes] == [(3, "regle")]


@given(st.lists(st.tuples(st.integers(0, 15_000), st.booleans()), min_size=1, max_size=8))
def test_what_is_written_is_what_the_latest_file_says_whatever_came_twice(suite: list[tuple[int, bool]]) -> None:
    """Each file tells the whole on its own day and comes twice; an agent may take back what was just written."""
    dits: list[ReglementDit] = []

    def lire_une(centimes: int, jour: int) -> int | None:
        (facture,) = lire({**SIMPLE, "regle": f"{centimes // 100},{centimes % 100:02d}", "regle_le": f"{jour}/11/2026"})
        return regle_de_plus(facture, dits)

    for jour, (centimes, est_rejete) in enumerate(suite, 1):
        ecrit = sum(dit.centimes for dit in dits if not dit.est_annule)
        de_plus = lire_une(centimes, jour)
        assert de_plus == (None if centimes < ecrit else centimes - ecrit)
        if de_plus is None:
            continue
        if de_plus:
            dits.append(ReglementDit(date(2026, 11, jour), de_plus, est_rejete))
        assert lire_une(centimes, jour) == 0


def test_every_fault_is_told_at_once() -> None:
    fautes = refuser({**SIMPLE, "montant": "x"}, {**SIMPLE, "numero": "CR-2", "total": "1"}, {**SIMPLE, "numero": ""})
    assert [(ligne, colonne) for ligne, colonne, _ in fautes] == [(2, "montant"), (4, "numero"), (3, "total")]


def test_rows_of_one_invoice_that_disagree_are_refused() -> None:
    assert refuser(REPAS, {**REMISE, "echeance": "21/12/2026"}) == [
        (3, "echeance", "la ligne 2 dit autre chose de cette facture")
    ]


def test_one_pdf_is_of_one_invoice() -> None:
    fautes = refuser({**SIMPLE, "pdf": "a.pdf"}, {**SIMPLE, "numero": "CR-2", "pdf": "A.pdf"})
    assert fautes == [(3, "pdf", "c’est déjà celui de la facture CR-127")]


def test_an_avoir_has_no_due_date_and_is_not_debited() -> None:
    fautes = refuser(SIMPLE, avoir(echeance="20/12/2026", prelevement_le="20/12/2026"))
    assert [(ligne, colonne) for ligne, colonne, _ in fautes] == [(3, "echeance"), (3, "prelevement_le")]


def test_with_two_imported_regies_each_row_says_which() -> None:
    assert refuser(SIMPLE, reperes=ReperesFactures(date(2026, 12, 2), REGIES))[0][1] == "regie"


def test_an_invoice_without_end_is_refused() -> None:
    un_centime = {**SIMPLE, "montant": "0,01", "garde": "0", "total": "5,01"}
    assert refuser([un_centime] * (LIGNES_PAR_FACTURE + 1))[0][1] == "numero"


@given(st.lists(st.integers(-50_000, 50_000), min_size=1, max_size=20), st.integers(-300, 300))
def test_the_lines_add_up_to_the_total_or_the_invoice_is_refused(montants: list[int], ecart: int) -> None:
    def ecrire(centimes: int) -> str:
        return f"{'-' if centimes < 0 else ''}{abs(centimes) // 100},{abs(centimes) % 100:02d}"

    total = sum(montants) + ecart
    rangees = [{**SIMPLE, "montant": ecrire(m), "garde": "", "total": ecrire(total)} for m in montants]
    factures, fautes = lire_factures(lire_tableau(decoder(octets(rangees)), COLONNES, OBLIGATOIRES), REPERES)
    assert bool(factures) == (ecart == 0 and total > 0)
    assert bool(fautes) != bool(factures)
    for facture in factures:
        assert sum(li.montant_centimes for li in facture.lignes) == facture.total_centimes == sum(montants)


@given(st.binary(max_size=300))
def test_bytes_of_any_kind_are_read_or_refused(contenu: bytes) -> None:
    entete = b";".join(c.encode() for c in COLONNES) + b"\n"
    try:
        tableau = lire_tableau(decoder(entete + contenu), COLONNES, OBLIGATOIRES)
    except FichierRefuse:
        return
    _, fautes = lire_factures(tableau, REPERES)
    assert all(isinstance(faute, Faute) for faute in fautes)


def test_the_documentation_names_every_column_in_its_order_and_no_other() -> None:
    texte = (DOCS / "fichier-factures.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \|", texte, re.MULTILINE) == list(COLONNES)


def test_the_example_of_the_documentation_is_a_good_file() -> None:
    tableau = lire_tableau(decoder((DOCS / "fichier-factures.csv").read_bytes()), COLONNES, OBLIGATOIRES)
    factures, fautes = lire_factures(tableau, REPERES)
    assert fautes == []
    assert [(f.total_centimes, len(f.lignes)) for f in factures] == [(14250, 2), (8640, 2), (-2500, 1)]
