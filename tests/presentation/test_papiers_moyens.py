"""« Comment payer » on paper: what the régie may take, and to whose order its cheques are."""

from dataclasses import replace
from datetime import date

from portail_famille.presentation.papiers_factures import papier_de_la_facture
from tests.support.papiers import facture_imprimable


def comment_payer(*moyens: str, ordre: str = "Trésor public") -> str:
    lue = facture_imprimable()
    regie = {**lue.regie, "moyens": list(moyens), "ordre_cheques": ordre, "en_ligne": "carte" in moyens}
    papier = papier_de_la_facture(replace(lue, regie=regie), "#0b5563", date(2026, 12, 2))
    return " ".join(next(p for p in papier["parties"] if p["titre"] == "Comment payer")["liste"])


def test_the_paper_names_the_means_of_this_regie_alone() -> None:
    tous = comment_payer("carte", "cheque", "especes", "cesu", "virement", "prelevement", ordre="Régie enfance")
    for attendu in (
        "par carte bancaire",
        "Par chèque à l’ordre «\u00a0Régie enfance\u00a0»",
        "En espèces, en CESU, par virement et par prélèvement\u00a0: demandez à la régie comment faire.",
    ):
        assert attendu in tous, attendu
    assert comment_payer("especes") == "En espèces\u00a0: demandez à la régie comment faire."
    assert comment_payer("cheque").startswith("Par chèque")
    assert "carte" not in comment_payer("cheque")
