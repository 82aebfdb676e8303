"""What an import tells of numbers: one thing in the singular, several in the plural."""

from portail_famille.cli.importer_presences import raconter
from portail_famille.services.import_presences import RapportPresences


def test_one_is_told_in_the_singular_and_two_in_the_plural() -> None:
    une, deux = (
        raconter(RapportPresences(presentes=n, justifiees=n, fermees=n, facturees=n), est_essai=False) for n in (1, 2)
    )
    assert une[:3] == [
        "  1 présence",
        "Attention : 1 présence un jour d’absence justifiée : rien n’y est changé.",
        "Attention : 1 présence un jour de fermeture, à vérifier.",
    ]
    assert deux[0] == "  2 présences"
    assert deux[3].startswith("Attention : 2 journées déjà facturées que ce pointage change")
    assert "(s)" not in " ".join([*une, *deux])
