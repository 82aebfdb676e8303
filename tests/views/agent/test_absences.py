"""A declared absence at the desk: read day by day, some days left out, the carence waived."""

from datetime import UTC, date, datetime

from portail_famille.domain.absences import MotifAbsence
from portail_famille.domain.demarches import Cote
from portail_famille.services.absences import deposer_absence
from portail_famille.services.journal import Auteur
from tests.support.ecran import phrases
from tests.support.formulaires import lire_formulaire
from tests.support.temps import HorlogeReglable
from tests.support.village import Village
from tests.views.agent.conftest import Bureau

LUNDI, MARDI = date(2026, 12, 7), date(2026, 12, 8)
SOIR = datetime(2026, 12, 9, 9, tzinfo=UTC)


def declarer(village: Village) -> str:
    """Two evenings missed for a family reason, the first one in carence."""
    village.reserver("noe", "soir", LUNDI, MARDI)
    with village.bd.session_ecriture() as session:
        dossier = village.dossier(session, maintenant=datetime(2026, 12, 9, 9, tzinfo=UTC))
        return deposer_absence(
            session,
            dossier,
            dossier.enfant(village.enfants["noe"]),
            [(village.unite("soir"), jour) for jour in (LUNDI, MARDI)],
            MotifAbsence.RAISON_FAMILIALE,
            commentaire="Un deuil dans la famille.",
            pieces=(),
            auteur=Auteur(Cote.FAMILLE, village.comptes["camille"]),
        ).numero


def etats(bureau: Bureau) -> dict[date, str]:
    return {jour: etat for _, unite, jour, _, etat in bureau.village.reservations("noe") if unite == "soir"}


def test_the_agent_reads_each_day_and_keeps_some(bureau: Bureau, horloge: HorlogeReglable) -> None:
    horloge.maintenant = SOIR
    numero = declarer(bureau.village)
    client = bureau.entrer()
    page = client.get(f"/agent/demarches/{numero}")
    dit = phrases(page)
    for attendu in ("Raison familiale", "Un deuil", "Accueil du soir, jour de carence, facturé", "absence justifiée"):
        assert attendu in dit
    accepter = lire_formulaire(page.text, "accepter")
    unite = bureau.village.unite("soir")
    lundi, mardi = (f"garder-{jour.isoformat()}-{unite}" for jour in (LUNDI, MARDI))
    assert accepter.champs[lundi] == accepter.champs[mardi] == ["oui"]
    del accepter.champs[lundi], accepter.champs[mardi]
    refus = accepter.envoyer(client)
    assert refus.status_code in (409, 422)
    assert "Gardez au moins un jour" in phrases(refus)
    accepter = lire_formulaire(refus.text, "accepter")
    accepter.champs[lundi] = ["oui"]
    accepter.champs["sans-carence"] = ["oui"]
    accepter.champs.pop(mardi, None)
    assert accepter.envoyer(client).status_code == 303
    assert etats(bureau) == {LUNDI: "absente_justifiee", MARDI: "reservee"}
    assert "1\u00a0jour laissé de côté" in phrases(client.get(f"/agent/demarches/{numero}"))
