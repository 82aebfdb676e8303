"""One list of requests and receipts: in order, paged, filtered, its answers told."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import update

from portail_famille.domain.demarches import Cote
from portail_famille.models.demarches import Demarche
from portail_famille.services import demarches as services
from portail_famille.services.dossiers import jour_de
from portail_famille.services.historique import (
    RESERVATIONS,
    TAILLE_PAGE,
    Curseur,
    DemarcheListee,
    Entree,
    Filtre,
    en_suspens,
    genres_presents,
    lister,
)
from portail_famille.services.journal import Auteur
from tests.services.test_visibilites import acteur
from tests.support.bases import compter_requetes
from tests.support.historique import demarches, minutes, recus
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import Village

AUJOURDHUI = jour_de(MERCREDI_SOIR)
AGENT = Auteur(Cote.AGENT)


def numero(entree: Entree) -> str:
    return entree.numero if isinstance(entree, DemarcheListee) else entree.recu.numero


def numeros(village: Village, filtre: Filtre | None = None, qui: str = "camille", foyer: str = "morel") -> list[str]:
    with village.bd.session_lecture() as session:
        return [numero(e) for e in lister(session, acteur(village, qui, foyer), AUJOURDHUI, filtre or Filtre()).entrees]


def test_requests_and_receipts_are_one_list_newest_first(village: Village) -> None:
    with village.bd.session_ecriture() as session:
        demarches(session, village, minutes(50, 30, 10))
        recus(session, village, minutes(40, 20))
        demarches(session, village, minutes(5), qui="karim", foyer="haddad", debut=10)
    assert numeros(village) == ["D2026-000003", "2026-000002", "D2026-000002", "2026-000001", "D2026-000001"]
    assert numeros(village, qui="karim", foyer="haddad") == ["D2026-000010"]


@pytest.mark.parametrize("taille", [1, 2, 3, 7])
def test_pages_miss_nothing_and_repeat_nothing_while_others_are_filed(village: Village, taille: int) -> None:
    """Seven of each, several at the very same instant; two more arrive after the first page."""
    with village.bd.session_ecriture() as session:
        demarches(session, village, minutes(9, 9, 8, 8, 8, 3, 1))
        recus(session, village, minutes(10, 9, 8, 8, 2, 1, 1))
    qui, vus, curseur = acteur(village, "camille", "morel"), [], Curseur()
    for rang in range(20):
        with village.bd.session_ecriture() as session:
            if rang == 1:
                demarches(session, village, minutes(0), debut=50)
            page = lister(session, qui, AUJOURDHUI, Filtre(), curseur, taille)
        vus += [(e.instant, numero(e)) for e in page.entrees]
        if page.suite is None:
            break
        curseur = Curseur.lire(page.suite.ecrire())
    assert len(vus) == 14
    assert sorted(n for _, n in vus) == sorted(
        [f"D2026-{n:06d}" for n in range(1, 8)] + [f"2026-{n:06d}" for n in range(1, 8)]
    )
    assert [i for i, _ in vus] == sorted((i for i, _ in vus), reverse=True)


@pytest.mark.parametrize("texte", ["", "-", "x-1", "1-2-3", "9999999999-1", "-1-2", "1", "\x00-1"])
def test_what_is_no_cursor_begins_again(texte: str) -> None:
    assert Curseur.lire(texte) == Curseur()


def test_each_filter_keeps_what_it_says(village: Village) -> None:
    lea, noe = village.enfants["lea"], village.enfants["noe"]
    with village.bd.session_ecriture() as session:
        demarches(session, village, [datetime(2026, 11, 1, 12, 0, tzinfo=MERCREDI_SOIR.tzinfo)], debut=4)
        demarches(session, village, minutes(60), debut=1, genre="absence", enfant_id=lea, etat="acceptee")
        demarches(session, village, minutes(50), debut=2, genre="absence", enfant_id=noe, etat="complement_demande")
        demarches(session, village, minutes(40), debut=3, genre="quotient", etat="en_cours")
        recus(session, village, minutes(30), "noe", debut=1)
        recus(session, village, minutes(20), "lea", "noe", debut=2, qui="thomas")
    attendus = {
        Filtre(groupe="a_completer"): ["D2026-000002"],
        Filtre(groupe="en_attente"): ["D2026-000003", "D2026-000004"],
        Filtre(groupe="acceptees"): ["2026-000002", "2026-000001", "D2026-000001"],
        Filtre(groupe="refusees"): [],
        Filtre(genre="absence"): ["D2026-000002", "D2026-000001"],
        Filtre(genre=RESERVATIONS): ["2026-000002", "2026-000001"],
        Filtre(genre=RESERVATIONS, groupe="en_attente"): [],
        Filtre(enfant_id=lea): ["2026-000002", "D2026-000001"],
        Filtre(enfant_id=noe): ["2026-000002", "2026-000001", "D2026-000002"],
        Filtre(du=date(2026, 11, 1), au=date(2026, 11, 1)): ["D2026-000004"],
        Filtre(au=date(2026, 10, 31)): [],
        Filtre(genre=RESERVATIONS, du=date(2026, 12, 3)): [],
        Filtre(genre=RESERVATIONS, au=date(2026, 12, 1)): [],
        Filtre(du=AUJOURDHUI, genre="quotient"): ["D2026-000003"],
    }
    assert {filtre: numeros(village, filtre) for filtre in attendus} == attendus
    with village.bd.session_lecture() as session:
        assert genres_presents(session, acteur(village, "camille", "morel"), AUJOURDHUI) == {"absence", "quotient"}


def test_a_day_of_france_begins_at_its_own_midnight(village: Village) -> None:
    """Half past midnight in Paris is still the day before in London."""
    with village.bd.session_ecriture() as session:
        demarches(session, village, [datetime(2026, 11, 30, 23, 30, tzinfo=MERCREDI_SOIR.tzinfo)])
    assert numeros(village, Filtre(du=date(2026, 12, 1), au=date(2026, 12, 1))) == ["D2026-000001"]
    assert numeros(village, Filtre(au=date(2026, 11, 30))) == []


def test_an_answer_stays_new_until_the_family_opens_it(village: Village) -> None:
    plus_tard = MERCREDI_SOIR + timedelta(hours=1)
    qui = acteur(village, "camille", "morel")

    def nouvelles() -> list[str]:
        with village.bd.session_lecture() as session:
            listees = lister(session, qui, AUJOURDHUI).entrees
            suspens = en_suspens(session, qui, AUJOURDHUI)
        parues = [e.numero for e in listees if isinstance(e, DemarcheListee) and e.est_non_lue]
        assert [d.numero for d in suspens if d.est_non_lue] == parues
        return parues

    with village.bd.session_ecriture() as session:
        demarche = services.deposer(
            session, genre="quotient", auteur=Auteur(Cote.FAMILLE, qui.compte_id), maintenant=MERCREDI_SOIR,
            contenu={}, foyer_id=qui.foyer_id,
        )  # fmt: skip
        services.ecrire(session, demarche, "Entre nous", AGENT, plus_tard, est_note=True)
        id_ = demarche.id
    assert nouvelles() == []
    with village.bd.session_ecriture() as session:
        services.ecrire(session, session.get_one(Demarche, id_), "Bonjour", AGENT, plus_tard)
    assert nouvelles() == ["D2026-000001"]
    with village.bd.session_ecriture() as session:
        session.execute(update(Demarche).values(lue_utc=plus_tard))
    assert nouvelles() == []


def test_what_waits_for_the_family_comes_by_its_date(village: Village) -> None:
    with village.bd.session_ecriture() as session:
        for debut, avant in ((1, None), (2, date(2026, 12, 20)), (3, date(2026, 12, 10))):
            demarches(session, village, minutes(9), debut=debut, etat="complement_demande", complement_avant=avant)
        demarches(session, village, minutes(9), debut=4)
    with village.bd.session_lecture() as session:
        suspens = en_suspens(session, acteur(village, "camille", "morel"), AUJOURDHUI)
    assert [d.numero for d in suspens] == ["D2026-000003", "D2026-000002", "D2026-000001"]


def test_a_child_only_asked_for_is_named_by_the_request(village: Village) -> None:
    with village.bd.session_ecriture() as session:
        demarches(session, village, minutes(9), genre="enfant", contenu={"prenom": "Inès", "nom": "Morel"})
    with village.bd.session_lecture() as session:
        (entree,) = lister(session, acteur(village, "camille", "morel"), AUJOURDHUI).entrees
    assert isinstance(entree, DemarcheListee)
    assert entree.prenom == "Inès"


def test_ten_thousand_entries_cost_two_queries_a_page(village: Village) -> None:
    with village.bd.session_ecriture() as session:
        demarches(session, village, minutes(*range(20_000, 13_000, -1)))
        demarches(session, village, minutes(*range(3_000)), qui="karim", foyer="haddad", debut=10_000)
        recus(session, village, minutes(*range(13_500, 13_000, -1)))
    qui, curseur, pages = acteur(village, "camille", "morel"), Curseur(), 0
    with village.bd.session_lecture() as session, compter_requetes(village.bd) as requetes:
        while (page := lister(session, qui, AUJOURDHUI, Filtre(), curseur)).suite is not None and pages < 40:
            curseur, pages = page.suite, pages + 1
            assert len(page.entrees) == TAILLE_PAGE
        genres_presents(session, qui, AUJOURDHUI)
        en_suspens(session, qui, AUJOURDHUI)
    assert pages == 40
    assert len(requetes) == 2 * 41 + 2
