"""« Justifier une absence » over HTTP: from the agenda or the tile to what « Envoyer » wrote."""

from datetime import UTC, date, datetime
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from portail_famille.domain.demarches import Cote
from portail_famille.models.demarches import Demarche
from portail_famille.models.reservations import Reservation
from portail_famille.services.demarches import deposer
from portail_famille.services.journal import Auteur
from tests.conftest import CompterRequetes
from tests.support.client import connecter
from tests.support.ecran import phrases
from tests.support.formulaires import lire_formulaire
from tests.support.temps import MERCREDI_SOIR, HorlogeReglable
from tests.support.village import LUNDI, MARDI, Village

JEUDI = date(2026, 12, 3)
ABSENCE = "/demarches/nouvelle/absence"


def creneau(village: Village, jour: date, unite: str = "repas") -> str:
    return f"{jour.isoformat()}-{village.unite(unite)}"


def commencer(client: FlaskClient, requete: str = "") -> str:
    page = client.get(f"{ABSENCE}{requete}").text
    reponse = lire_formulaire(page, f"{ABSENCE}{requete}").envoyer(client)
    assert reponse.status_code == 303
    return str(reponse.location.removeprefix("/saint-rivage"))


def remplir(client: FlaskClient, adresse: str, statut: int = 303, **champs: str | list[str]) -> str:
    formulaire = lire_formulaire(client.get(adresse).text, "formulaire")
    formulaire.champs |= {nom: valeur if isinstance(valeur, list) else [valeur] for nom, valeur in champs.items()}
    reponse = formulaire.envoyer(client)
    assert reponse.status_code == statut, phrases(reponse)
    return reponse.text if statut != 303 else str(reponse.location.removeprefix("/saint-rivage"))


def etats(village: Village) -> dict[date, str]:
    return {jour: etat for _, unite, jour, _, etat in village.reservations("noe") if unite == "repas"}


@pytest.fixture
def camille(village: Village, client: FlaskClient) -> FlaskClient:
    connecter(client, "camille.morel")
    return client


def test_a_day_past_its_deadline_leads_from_the_agenda_to_its_absence(camille: FlaskClient, village: Village) -> None:
    noe = village.enfants["noe"]
    agenda = unescape(camille.get(f"/enfants/{noe}/agenda?mois=2026-12").text)
    lien = f"{ABSENCE}?enfant={noe}&jour=2026-12-03"
    assert f'href="/saint-rivage{lien}"' in agenda
    assert f"{ABSENCE}?enfant={noe}&jour=2026-12-07" not in agenda
    # The child and the day are known: neither is asked again.
    jours = commencer(camille, f"?enfant={noe}&jour=2026-12-03")
    assert jours.endswith("/jours")
    page = camille.get(jours)
    assert "Enfant\u00a0: Noé" in phrases(page)
    assert lire_formulaire(page.text, "formulaire").champs["creneaux"] == [creneau(village, JEUDI)]


def test_an_absence_declared_is_said_in_the_agenda_and_not_offered_again(
    camille: FlaskClient, village: Village
) -> None:
    noe = village.enfants["noe"]
    note = {"jour": "2026-12-03", "nom": "Repas", "sort": "justifiee", "avant": 342, "apres": 0}
    with village.bd.session_ecriture() as session:
        demarche = deposer(
            session,
            genre="absence",
            auteur=Auteur(Cote.FAMILLE, village.comptes["camille"]),
            maintenant=MERCREDI_SOIR,
            contenu={"motif": "maladie", "absences": [note | {"unite_id": village.unite("repas")}], "annulations": []},
            foyer_id=village.foyers["morel"],
            enfant_id=noe,
        )
        page = f"/saint-rivage/demarches/{demarche.numero}"
    agenda = camille.get(f"/enfants/{noe}/agenda?mois=2026-12")
    assert "Absence déclarée, réponse attendue." in phrases(agenda)
    assert f'href="{page}"' in agenda.text
    assert "jour=2026-12-03" not in unescape(agenda.text)
    jours = camille.get(remplir(camille, commencer(camille), enfant=str(noe)))
    assert creneau(village, JEUDI) not in jours.text
    assert "Déjà déclaré\u00a0: jeudi 3 décembre, Repas." in phrases(jours)
    assert f'href="{page}"' in jours.text


def test_days_further_than_a_week_are_folded(camille: FlaskClient, village: Village) -> None:
    village.reserver("noe", "repas", date(2026, 12, 10))
    page = camille.get(remplir(camille, commencer(camille), enfant=str(village.enfants["noe"]))).text
    plie = page.index("<b>Plus tard</b>")
    assert page.index(creneau(village, LUNDI)) < plie < page.index(creneau(village, date(2026, 12, 10)))


def test_a_class_outing_is_recorded_at_once_and_monday_is_cancelled(camille: FlaskClient, village: Village) -> None:
    assert "Justifier une absence" in phrases(camille.get("/"))
    jours = remplir(camille, commencer(camille), enfant=str(village.enfants["noe"]))
    page = phrases(camille.get(jours))
    assert "Jeudi 3 décembre" in page
    assert "annulation encore possible" in page
    motif = remplir(camille, jours, creneaux=[creneau(village, JEUDI), creneau(village, LUNDI)])
    assert motif.endswith("/motif")
    verifier = remplir(camille, motif, motif="greve")
    resume = phrases(camille.get(verifier))
    for attendu in (
        "Annulé",
        "Absence justifiée",
        "3,42\u00a0€ → 0,00\u00a0€",
        "6,84\u00a0€ → 0,00\u00a0€",
        "annulable",
    ):
        assert attendu in resume
    assert set(etats(village).values()) == {"presente", "reservee"}
    envoi = lire_formulaire(camille.get(verifier).text, "/verifier")
    premiere, seconde = envoi.envoyer(camille), envoi.envoyer(camille)
    assert premiere.location == seconde.location
    assert (etats(village)[JEUDI], etats(village)[LUNDI], etats(village)[MARDI]) == (
        "absente_justifiee",
        "annulee",
        "reservee",
    )
    with village.bd.session_lecture() as session:
        assert session.scalars(select(Demarche.etat)).all() == ["acceptee"]
    liste = phrases(camille.get("/absences"))
    assert "Repas, absence justifiée\u00a0: jeudi 3 décembre" in liste
    assert "Repas, annulé à l’envoi\u00a0: lundi 7 décembre" in liste


def test_what_is_only_cancelled_asks_for_no_reason(camille: FlaskClient, village: Village) -> None:
    jours = remplir(camille, commencer(camille), enfant=str(village.enfants["noe"]))
    assert remplir(camille, jours, creneaux=[creneau(village, LUNDI)]).endswith("/verifier")


def test_the_carence_is_said_before_sending_and_the_document_asked_for(
    camille: FlaskClient, village: Village, horloge: HorlogeReglable
) -> None:
    horloge.maintenant = datetime(2026, 12, 9, 9, tzinfo=UTC)
    connecter(camille, "camille.morel")
    jours = remplir(camille, commencer(camille), enfant=str(village.enfants["noe"]))
    tous = [creneau(village, jour) for jour in (JEUDI, LUNDI, MARDI)]
    motif = remplir(camille, jours, creneaux=tous)
    assert "(justificatif demandé)" in phrases(camille.get(motif))
    documents = remplir(camille, motif, motif="maladie")
    assert documents.endswith("/documents")
    page = phrases(camille.get(documents))
    assert "Justificatif d’absence" in page
    assert "jamais la maladie" in page


def test_regular_treatments_are_said_as_a_rhythm(camille: FlaskClient, village: Village) -> None:
    jours = remplir(camille, commencer(camille), enfant=str(village.enfants["noe"]))
    refus = remplir(camille, jours, 422, semaine=["0"])
    assert "Écrivez jusqu’à quelle date." in refus
    assert "Cochez au moins un jour réservé." in remplir(camille, jours, 422, semaine=["4"], jusquau="2027-01-31")
    verifier = remplir(camille, jours, semaine=["0", "1"], jusquau="2027-01-31")
    assert "lundi 7 décembre" in phrases(camille.get(verifier))
    assert "mardi 8 décembre" in phrases(camille.get(verifier))


def test_a_deadline_that_passes_before_sending_is_told_and_nothing_is_done(
    camille: FlaskClient, village: Village, horloge: HorlogeReglable
) -> None:
    """Monday's meal can be cancelled until Thursday at noon."""
    horloge.maintenant = datetime(2026, 12, 3, 10, 55, tzinfo=UTC)
    connecter(camille, "camille.morel")
    jours = remplir(camille, commencer(camille), enfant=str(village.enfants["noe"]))
    motif = remplir(camille, jours, creneaux=[creneau(village, JEUDI), creneau(village, LUNDI)])
    envoi = lire_formulaire(camille.get(remplir(camille, motif, motif="greve")).text, "/verifier")
    horloge.avancer(minutes=10)
    refus = envoi.envoyer(camille)
    assert refus.status_code == 409
    assert "un délai est passé" in phrases(refus)
    assert etats(village)[LUNDI] == "reservee"
    assert lire_formulaire(refus.text, "/verifier").envoyer(camille).status_code == 303
    assert (etats(village)[JEUDI], etats(village)[LUNDI]) == ("absente_justifiee", "absente_justifiee")


def test_no_day_of_another_child_nor_of_another_foyer_can_be_named(camille: FlaskClient, village: Village) -> None:
    jours = remplir(camille, commencer(camille), enfant=str(village.enfants["noe"]))
    with village.bd.session_lecture() as session:
        avant = session.scalars(select(Reservation.etat).order_by(Reservation.id)).all()
    lea_chez_julien = creneau(village, date(2026, 12, 14))
    refus = remplir(camille, jours, 422, creneaux=[lea_chez_julien, "2026-12-07-999999", "n’importe quoi", "--"])
    assert "Cochez au moins un jour réservé." in refus
    enfant = f"{ABSENCE}/enfant"
    assert "Choisissez" in remplir(camille, enfant, 422, enfant=str(village.enfants["yanis"]))
    with village.bd.session_lecture() as session:
        assert session.scalars(select(Reservation.etat).order_by(Reservation.id)).all() == avant


def test_the_crèche_is_written_to_and_an_activity_without_rule_too(
    camille: FlaskClient, village: Village, horloge: HorlogeReglable
) -> None:
    horloge.avancer(days=2)
    connecter(camille, "camille.morel")
    village.reserver("noe", "mercredi-journee", date(2026, 12, 9))
    commencer(camille)
    page = phrases(camille.get(remplir(camille, f"{ABSENCE}/enfant", enfant=str(village.enfants["mia"]))))
    assert "coccinelles@village.example" in page
    page = phrases(camille.get(remplir(camille, f"{ABSENCE}/enfant", enfant=str(village.enfants["noe"]))))
    assert "Mercredi\u00a0: les absences ne se justifient pas en ligne. Écrivez à enfance@saint-rivage.example" in page


def test_no_page_asks_more_than_twelve_questions(
    camille: FlaskClient, village: Village, compter_requetes: CompterRequetes
) -> None:
    jours = remplir(camille, commencer(camille), enfant=str(village.enfants["noe"]))
    motif = remplir(camille, jours, creneaux=[creneau(village, JEUDI), creneau(village, LUNDI)])
    verifier = remplir(camille, motif, motif="greve")
    for adresse in (jours, motif, verifier, "/absences"):
        with compter_requetes() as requetes:
            assert camille.get(adresse).status_code == 200
        assert len(requetes) <= 12, (adresse, requetes)
