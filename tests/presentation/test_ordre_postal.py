"""In which order invoices are put into envelopes."""

from portail_famille.presentation.papiers_factures import ordre_postal
from tests.support.papiers import facture_imprimable


def test_papers_are_sorted_as_the_postman_goes() -> None:
    adresses = [
        ("", "", "", "Sans adresse"),
        ("99999", "Saint-Rivage", "1 rue Éole", "Léo"),
        ("99999", "SAINT-RIVAGE", "12, rue du Port\nBâtiment B", "Bea"),
        ("99999", "Saint-Rivage", "12 Rue du port", "Ana"),
        ("99999", "Saint-Rivage", "2 rue du Port", "Zoé"),
        ("29000", "Kerlann", "Le bourg", "Max"),
    ]
    lues = [facture_imprimable(1, 1).facture for _ in adresses]
    for lue, (code, ville, rue, nom) in zip(lues, adresses, strict=True):
        lue.contenu["payeur"] = {"nom": nom, "adresse": rue, "code_postal": code, "ville": ville}
    tries = [lue.contenu["payeur"]["nom"] for lue in sorted(lues, key=ordre_postal)]
    assert tries == ["Max", "Zoé", "Ana", "Bea", "Léo", "Sans adresse"]
    # Two papers of one family follow each other, the older first.
    deux = [facture_imprimable(1, 1, numero=numero).facture for numero in ("2026-EE-000002", "2026-EE-000001")]
    assert [lue.numero for lue in sorted(deux, key=ordre_postal)] == ["2026-EE-000001", "2026-EE-000002"]
