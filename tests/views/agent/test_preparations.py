"""Pages of the desk, whatever the kind of the request: twelve queries at most, the prepared decision included."""

from collections.abc import Callable

import pytest
from sqlalchemy import select, update

from portail_famille.domain.genres import GENRES
from portail_famille.models.demarches import Demarche
from tests.conftest import CompterRequetes
from tests.services.test_absences import DEMAIN, creneaux
from tests.services.test_absences import declarer as declarer_absence
from tests.services.test_inscriptions import demander, liberer, ouvrir
from tests.services.test_inscriptions_scolaires import ANNEE, demander_ecole
from tests.services.test_quotients import declarer_un
from tests.services.test_validations import a_valider
from tests.support.ecran import phrases
from tests.support.formulaires import lire_formulaire
from tests.support.village import LUNDI, MARDI
from tests.views.agent.conftest import Bureau
from tests.views.agent.test_demarches import deposer_adresse, deposer_espace
from tests.views.agent.test_limites import demander as demander_un


def declarer_le_quotient(bureau: Bureau) -> str:
    """The Morel have three children enrolled: prices before and after are computed for all."""
    return numero_de(bureau, declarer_un(bureau.village, qui="camille", foyer="morel"))


def demander_une_place(bureau: Bureau) -> str:
    """Limited places in two structures: those left are counted, and who waits before."""
    village = bureau.village
    ouvrir(village, "cantine", ["ecole", "creche"], choix=2, places={"ecole": 1, "creche": 1})
    for enfant in ("lea", "noe"):
        liberer(village, enfant, "cantine")
    demander(village, "lea", "cantine", "creche", "ecole")
    return demander(village, "noe", "cantine", "creche", "ecole")


def demander_une_ecole(bureau: Bureau) -> str:
    bureau.village.changer_regles(inscription_scolaire=[ANNEE])
    return demander_ecole(bureau.village)


def demander_des_soirs(bureau: Bureau) -> str:
    a_valider(bureau.village, "periscolaire")
    bureau.village.cocher("noe", [("soir", LUNDI), ("soir", MARDI)])
    bureau.village.valider()
    with bureau.bd.session_lecture() as session:
        return session.scalars(select(Demarche.numero).where(Demarche.genre == "reservation")).one()


def declarer_une_absence(bureau: Bureau) -> str:
    return numero_de(bureau, declarer_absence(bureau.village, *creneaux(bureau.village, DEMAIN)))


def espace_ressemblant(bureau: Bureau) -> str:
    """Every reason to think of a foyer, and two of them to choose from."""
    return deposer_espace(
        bureau, nom="Morel", courriel="karim@courriel.example", enfants=["Noé Morel 03/09/2019", "Yanis 08/06/2017"]
    )


def numero_de(bureau: Bureau, id_: int) -> str:
    with bureau.bd.session_lecture() as session:
        return session.get_one(Demarche, id_).numero


def demander_pour(genre: str, **contenu: object) -> Callable[[Bureau], str]:
    """About Noé, by his mother: enough for the page of a kind that prepares little."""
    return lambda bureau: demander_un(bureau, genre, qui="camille", foyer="morel", enfant="noe", **contenu)


DEPOTS: dict[str, Callable[[Bureau], str]] = {
    "coordonnees": deposer_adresse,
    "enfant": demander_pour("enfant", prenom="Yanis", nom="Haddad", naissance="2017-06-08", lien="parent"),
    "espace": espace_ressemblant,
    "situation": demander_pour("situation", changement="separation", date="2026-12-07"),
    "inscription": demander_une_place,
    "scolaire": demander_une_ecole,
    "reservation": demander_des_soirs,
    "quotient": declarer_le_quotient,
    "absence": declarer_une_absence,
    "garde": demander_pour("garde", une_sur=None),
    "sante": demander_pour("sante", pai=True),
    "question": demander_pour("question", sujet="autre", texte="Bonjour"),
}


@pytest.mark.parametrize(
    ("agent", "genre"), [*(("Rose", g) for g in GENRES), ("Inès", "quotient"), ("Inès", "inscription")]
)
def test_the_page_of_a_request_costs_twelve_queries_at_most(
    bureau: Bureau, compter_requetes: CompterRequetes, genre: str, agent: str
) -> None:
    numero = DEPOTS.get(genre, demander_pour(genre))(bureau)
    with bureau.bd.session_ecriture() as session:
        # A colleague has it in charge: her name is read too.
        session.execute(update(Demarche).where(Demarche.numero == numero).values(assignee_id=bureau.comptes["Rose"]))
    client = bureau.entrer(agent)
    # The rules are read once per process.
    client.get("/agent/demarches")
    with compter_requetes() as requetes:
        page = client.get(f"/agent/demarches/{numero}")
    assert page.status_code == 200
    assert ("Rattacher" if genre == "espace" else "Accepter") in page.text
    assert len(requetes) <= 12, [requete[:300] for requete in requetes]


def test_searching_the_foyer_of_a_new_family_costs_twelve_too(
    bureau: Bureau, compter_requetes: CompterRequetes
) -> None:
    numero, client = espace_ressemblant(bureau), bureau.entrer()
    client.get("/agent/demarches")
    with compter_requetes() as requetes:
        page = client.get(f"/agent/demarches/{numero}?q_foyer=haddad")
    assert "C’est Karim Haddad" in phrases(page)
    assert len(requetes) <= 12, [requete[:300] for requete in requetes]


def test_many_requests_are_accepted_in_a_bounded_number_of_queries(
    bureau: Bureau, compter_requetes: CompterRequetes
) -> None:
    """Their confirmation reads them together; each answer costs its own writings and nothing more."""
    for _ in range(25):
        deposer_adresse(bureau)
    client = bureau.entrer()
    page = lire_formulaire(client.get("/agent/demarches").text, "lot")
    for valeur in list(page.cases["choix"]):
        page.cocher("choix", valeur)
    with compter_requetes() as requetes:
        confirmation = page.envoyer(client)
    assert len(requetes) <= 6, requetes
    with compter_requetes() as requetes:
        faites = lire_formulaire(confirmation.text, "lot").envoyer(client)
    assert "25 demandes acceptées" in phrases(faites)
    # A savepoint and its end, the state, the file, its line of life, the mail, the journal.
    assert len(requetes) <= 6 + 25 * 8, requetes[:40]
