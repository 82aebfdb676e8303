"""Documents that strangers send: one way in, and nothing that decodes them in the server's own process."""

import subprocess
import sys
from pathlib import Path

PAQUET = Path(__file__).parents[2] / "portail_famille"


def test_a_document_comes_in_by_one_door_only() -> None:
    """The one that asks the town's antivirus."""
    portes = {
        fichier.relative_to(PAQUET).as_posix()
        for fichier in PAQUET.rglob("*.py")
        if "examiner_a_son_tour(" in fichier.read_text(encoding="utf-8")
    }
    assert portes == {"services/examen.py", "views/fiche_enfant.py"}


def test_what_decodes_documents_is_not_in_the_servers_memory() -> None:
    """Its faults are the child's (docs/decisions/0008-documents.md); and a server weighs that much less."""
    code = "import sys, portail_famille.wsgi; print(sorted({'pikepdf', 'PIL', 'pillow_heif'} & set(sys.modules)))"
    dit = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PAQUET.parent)
    assert dit.stdout.strip() == "[]"
