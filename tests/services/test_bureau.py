"""The queue at the size of a town, and search without accents: on both engines."""

import time
from datetime import date, timedelta

import pytest
from sqlalchemy import insert, select

from portail_famille.domain.genres import GENRES
from portail_famille.models.demarches import Demarche
from portail_famille.models.foyers import Enfant, Foyer, Personne, Rattachement, Responsable
from portail_famille.presentation.agent import ETATS
from portail_famille.presentation.genres import CHANGEMENTS, EFFETS
from portail_famille.services.bureau import (
    GROUPES,
    SANS_AGENT,
    Filtre,
    Reperes,
    compter,
    compter_demarches,
    compter_en_attente,
    compter_reperes,
    lister_demarches,
)
from portail_famille.services.genres import APPLICATIONS
from portail_famille.services.perimetres import Perimetre, est_dans_le_perimetre
from portail_famille.services.recherches import chercher_foyers, chercher_ids
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import Village

AUJOURDHUI = date(2026, 12, 2)
PARTOUT = Perimetre(None, AUJOURDHUI)


def test_every_kind_can_be_accepted_named_and_told() -> None:
    assert set(APPLICATIONS) == set(CHANGEMENTS) == set(EFFETS) == set(GENRES)
    assert {etat.value for groupe in GROUPES.values() for etat in groupe} == set(ETATS)


def remplir(village: Village, nombre: int) -> None:
    """Démarches of the village's foyers, one every minute, one in ten refused."""
    foyers = list(village.foyers.values())
    with village.bd.session_ecriture() as session:
        session.execute(
            insert(Demarche),
            [
                {
                    "numero": f"D2025-{n:06d}",
                    "genre": "coordonnees",
                    "etat": "refusee" if n % 10 == 0 else "deposee",
                    "version": 1,
                    "foyer_id": foyers[n % len(foyers)],
                    "avant": {},
                    "contenu": {},
                    "motif": "",
                    "deposee_utc": MERCREDI_SOIR - timedelta(minutes=nombre - n),
                    "modifiee_utc": MERCREDI_SOIR,
                }
                for n in range(nombre)
            ],
        )


def test_ten_thousand_demarches_stay_quick_and_complete(village: Village) -> None:
    remplir(village, 10_000)
    with village.bd.session_lecture() as session:
        lus: list[int] = []
        debut = time.perf_counter()
        premiere = lister_demarches(session, PARTOUT, Filtre())
        lister_demarches(session, PARTOUT, Filtre(tri="echeance", structure_id=village.regles.structure_ids["ecole"]))
        assert compter_reperes(session, PARTOUT, 1) == Reperes(0, 9_000, 0)
        assert compter(session, PARTOUT)["a_traiter"] == {"coordonnees": 9_000}
        assert time.perf_counter() - debut < 2
        assert len(premiere) == 26
        apres = None
        for _ in range(4):
            page = lister_demarches(session, PARTOUT, Filtre(), apres)[:25]
            lus += [ligne.id for ligne in page]
            apres = page[-1].id
        attendus = session.scalars(
            select(Demarche.id).where(Demarche.etat == "deposee").order_by(Demarche.id).limit(100)
        )
        assert lus == list(attendus)
        closes = lister_demarches(session, PARTOUT, Filtre("closes"))
        assert [ligne.id for ligne in closes] == sorted((ligne.id for ligne in closes), reverse=True)


def test_the_queue_is_narrowed_and_paged_by_due_date(village: Village) -> None:
    """One in three is due, two a day, the first of them late; one in five is in an agent's charge."""
    remplir(village, 600)
    agent_id = village.comptes["camille"]
    with village.bd.session_ecriture() as session:
        for rang, demarche in enumerate(session.scalars(select(Demarche).order_by(Demarche.id.desc()))):
            if rang % 3 == 0:
                demarche.echeance = AUJOURDHUI - timedelta(days=5) + timedelta(days=rang // 6)
            if rang % 5 == 0:
                demarche.assignee_id = agent_id
    with village.bd.session_lecture() as session:
        toutes = {d.id: d for d in session.scalars(select(Demarche).where(Demarche.etat == "deposee"))}
        filtre = Filtre(tri="echeance")
        lues: list[int] = []
        while page := lister_demarches(session, PARTOUT, filtre, lues[-1] if lues else None, taille=40)[:40]:
            lues += [ligne.id for ligne in page]
        quand = {id_: (d.echeance or date.max, id_) for id_, d in toutes.items()}
        assert lues == sorted(toutes, key=lambda id_: quand[id_]), "each once, those without a due date last"
        retard = [id_ for id_ in lues if (e := toutes[id_].echeance) and e <= AUJOURDHUI]
        assert 0 < len(retard) < 40
        en_retard = Filtre(est_en_retard=True, tri="echeance")
        assert [d.id for d in lister_demarches(session, PARTOUT, en_retard, taille=100)] == retard
        siennes = {id_ for id_, d in toutes.items() if d.assignee_id == agent_id}
        assert {d.id for d in lister_demarches(session, PARTOUT, Filtre(assignee=agent_id), taille=600)} == siennes
        sans_agent = lister_demarches(session, PARTOUT, Filtre(assignee=SANS_AGENT), taille=600)
        assert {d.id for d in sans_agent} == set(toutes) - siennes
        assert {d.assignee for d in lister_demarches(session, PARTOUT, Filtre(assignee=agent_id))} == {"Camille Morel"}
        assert compter_reperes(session, PARTOUT, agent_id) == Reperes(
            len(siennes), len(toutes) - len(siennes), len(retard)
        )
        assert compter_en_attente(session, PARTOUT) == len(toutes)
        creche = Filtre(structure_id=village.regles.structure_ids["creche"])
        assert {d.foyer_id for d in lister_demarches(session, PARTOUT, creche)} == {village.foyers["morel"]}
        for choisi in (filtre, en_retard, creche, Filtre(assignee=agent_id), Filtre("closes", est_en_retard=True)):
            assert compter_demarches(session, PARTOUT, choisi) == len(
                lister_demarches(session, PARTOUT, choisi, taille=1000)
            )


def test_an_unknown_family_is_found_however_many_asked_after_her(village: Village) -> None:
    with village.bd.session_ecriture() as session:
        session.execute(insert(Demarche), [_espace(n) for n in range(1, 1_101)])
    with village.bd.session_lecture() as session:
        trouvees = lister_demarches(session, PARTOUT, Filtre(recherche="emile n’diaye"))
        assert [(d.numero, d.famille) for d in trouvees] == [("D2025-000003", "Émile N’Diaye")]
        assert lister_demarches(session, PARTOUT, Filtre(recherche="odile dupont")) == []
        closes = lister_demarches(session, PARTOUT, Filtre("closes", recherche="odile dupont"))
        assert [d.numero for d in closes] == ["D2025-000004"]
        numeros, apres = [], None
        for _ in range(3):
            page = lister_demarches(session, PARTOUT, Filtre(recherche="le gall"), apres)[:25]
            numeros += [d.numero for d in page]
            apres = page[-1].id
    assert numeros == [f"D2025-{n:06d}" for n in range(1, 78) if n not in (3, 4)], "page after page, each once"


def _espace(n: int) -> dict[str, object]:
    qui = {3: ("Émile", "N’Diaye"), 4: ("Odile", "Dupont")}.get(n, ("Anne", "Le Gall"))
    return {
        "numero": f"D2025-{n:06d}",
        "genre": "espace",
        "etat": "refusee" if n == 4 else "deposee",
        "version": 1,
        "avant": {},
        "contenu": {"prenom": qui[0], "nom": qui[1]},
        "motif": "",
        "deposee_utc": MERCREDI_SOIR,
        "modifiee_utc": MERCREDI_SOIR,
    }


def test_a_perimeter_keeps_to_the_foyers_of_its_structures(village: Village) -> None:
    remplir(village, 20)
    creche = Perimetre(frozenset({village.regles.structure_ids["creche"]}), AUJOURDHUI)
    rien = Perimetre(frozenset(), AUJOURDHUI)
    with village.bd.session_lecture() as session:
        foyers = {ligne.foyer_id for ligne in lister_demarches(session, creche, Filtre())}
        assert foyers == {village.foyers["morel"]}
        assert lister_demarches(session, rien, Filtre()) == []
        assert compter(session, rien) == {groupe: {} for groupe in GROUPES}
        assert est_dans_le_perimetre(session, creche, village.foyers["morel"])
        assert not est_dans_le_perimetre(session, creche, village.foyers["haddad"])
        assert not est_dans_le_perimetre(session, PARTOUT, 999_999)


def test_an_enrolment_that_is_over_opens_no_file(village: Village) -> None:
    """Yanis goes to the leisure centre until the summer; his own structure is the school."""
    centre = frozenset({village.regles.structure_ids["centre"]})
    with village.bd.session_lecture() as session:
        haddad = village.foyers["haddad"]
        assert est_dans_le_perimetre(session, Perimetre(centre, AUJOURDHUI), haddad)
        assert not est_dans_le_perimetre(session, Perimetre(centre, date(2027, 8, 1)), haddad)


@pytest.mark.parametrize("texte", ["", "   ", "'", "-", "*"])
def test_a_search_for_nothing_finds_nothing(village: Village, texte: str) -> None:
    with village.bd.session_lecture() as session:
        assert chercher_ids(session, texte, 10) == []


def test_five_thousand_families_are_searched_in_a_moment(village: Village) -> None:
    _peupler(village, 5_000)
    with village.bd.session_lecture() as session:
        debut = time.perf_counter()
        trouves, nombre = chercher_foyers(session, PARTOUT, "émilie le-bihan 4321")
        assert time.perf_counter() - debut < 3
        assert (nombre, [foyer.nom for foyer in trouves]) == (1, ["Le Bihan 4321"])


def _peupler(village: Village, nombre: int) -> None:
    rangs = range(10_000, 10_000 + nombre)
    with village.bd.session_ecriture() as session:
        session.execute(
            insert(Personne), [{"id": n, "prenom": "Émilie", "nom": f"Le Bihan {n - 10_000}"} for n in rangs]
        )
        session.execute(
            insert(Enfant),
            [{"id": n, "prenom": "Zoé", "nom": "Le Bihan", "naissance": date(2019, 1, 1)} for n in rangs],
        )
        session.execute(insert(Foyer), [{"id": n, "nom": f"Le Bihan {n - 10_000}", "payeur_id": n} for n in rangs])
        session.execute(insert(Responsable), [{"foyer_id": n, "personne_id": n} for n in rangs])
        session.execute(insert(Rattachement), [{"foyer_id": n, "enfant_id": n} for n in rangs])
