"""`make bench`: what pages cost, against a bare Flask application and on a phone. Prints a table, writes docs/bench.md.

Exit status 1 when a bar is missed. No test depends on a duration: this is run by hand, on a quiet machine.
"""

import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from banc.emission import mesurer_emission
from banc.grande_regie import construire_grande_regie
from banc.lieux import PARENTS, PETITE, construire
from banc.mesures import mesurer, serveurs
from banc.navigateur import mesurer_telephone, version_chromium
from banc.rapport import lignes_de_l_emission, lignes_du_serveur, lignes_du_telephone, page, tableau

RAPPORT = Path(__file__).parents[1] / "docs" / "bench.md"


def main() -> int:
    maintenant = datetime.now(UTC)
    with tempfile.TemporaryDirectory(prefix="banc-") as temporaire:
        dossier = Path(temporaire)
        print("Building a town of 50 children and one of 5,000…", flush=True)
        lieux = construire(dossier, maintenant)
        print("Five thousand invoices…", flush=True)
        emission = mesurer_emission(construire_grande_regie(dossier / "regie", maintenant))
        with serveurs(lieux, dossier) as (portail, temoin):
            taches = mesurer(lieux, portail, temoin, lambda texte: print(texte, flush=True))
            print("On a phone…", flush=True)
            parent, enfant = next(iter(PARENTS.items()))
            telephone = mesurer_telephone(portail.port, PETITE, lieux.ids[enfant], lieux.mois, parent)
    lignes = [*lignes_du_serveur(taches), *lignes_de_l_emission(emission), *lignes_du_telephone(telephone)]
    RAPPORT.write_text(page(lignes, lieux, taches, maintenant, version_chromium()), encoding="utf-8")
    print("\n" + tableau(lignes))
    return int(any(ligne.verdict == "MISSED" for ligne in lignes))


if __name__ == "__main__":
    sys.exit(main())
