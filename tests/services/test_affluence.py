"""8 h 30: three hundred parents after twenty places, from four processes at once, on both engines."""

import multiprocessing
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.models.activites import Inscription
from portail_famille.models.bd import BD
from portail_famille.models.comptes import Compte
from portail_famille.models.foyers import AutoriteParentale, Enfant, Foyer, Personne, Rattachement, Responsable
from portail_famille.models.reservations import Brouillon, Recu, Reservation
from portail_famille.services.dossiers import charger_dossier
from portail_famille.services.reservations import (
    Demande,
    bilan_du_brouillon,
    valider_brouillon,
    verrouiller_brouillon,
)
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import FIN_D_ANNEE, MARDI, RENTREE, Village, document

PARENTS, PLACES, PROCESSUS = 300, 20, 4
DELAI_SECONDES = 60
# Apart from the processes of the test run: no thread, no connection inherited.
_CONTEXTE = multiprocessing.get_context("spawn")
Parent = tuple[int, int, int]
"""Compte, personne, foyer."""


def peupler(village: Village) -> list[Parent]:
    """Three hundred parents of one child each, who have all ticked the same evening."""
    soir, parents = village.unite("soir"), []
    with village.bd.session_ecriture() as session:
        for n in range(PARENTS):
            personne = Personne(prenom=f"Parent{n}", nom="Foule")
            enfant = Enfant(prenom=f"Enfant{n}", nom="Foule", naissance=RENTREE.replace(year=2019))
            session.add_all((personne, enfant))
            session.flush()
            foyer = Foyer(nom=f"Foule {n}", payeur_id=personne.id)
            compte = Compte(
                personne_id=personne.id, identifiant=f"foule{n}", empreinte_mot_de_passe="", cree_utc=MERCREDI_SOIR
            )
            session.add_all((foyer, compte))
            session.flush()
            session.add_all(
                (
                    Responsable(foyer_id=foyer.id, personne_id=personne.id),
                    Rattachement(foyer_id=foyer.id, enfant_id=enfant.id),
                    AutoriteParentale(personne_id=personne.id, enfant_id=enfant.id, du=enfant.naissance),
                    Inscription(
                        enfant_id=enfant.id,
                        foyer_id=foyer.id,
                        activite_id=village.regles.activite_ids["periscolaire"],
                        structure_id=village.regles.structure_ids["ecole"],
                        du=RENTREE,
                        au=FIN_D_ANNEE,
                    ),
                )
            )
            part = {"v": 1, "p": "essai", "s": 1, "a": {str(soir): [MARDI.isoformat()]}, "r": {}}
            session.execute(
                insert(Brouillon).values(
                    compte_id=compte.id,
                    foyer_id=foyer.id,
                    version=1,
                    contenu={str(enfant.id): part},
                    modifie_utc=MERCREDI_SOIR,
                )
            )
            parents.append((compte.id, personne.id, foyer.id))
    return parents


def valider_tous(url: str, parents: list[Parent], depart: Any, reponses: Any) -> None:
    """One process: each of its parents sees a summary, then presses « Valider »."""
    bd = BD(url)
    cache: dict[str, Any] = {}
    depart.wait()
    for compte_id, personne_id, foyer_id in parents:
        try:
            reponses.put(_valider(bd, compte_id, personne_id, foyer_id, cache))
        except RegleViolee as refus:
            reponses.put(refus.code)
        except Exception as erreur:
            reponses.put(f"ERREUR {erreur!r}")
    bd.fermer()


def _valider(bd: BD, compte_id: int, personne_id: int, foyer_id: int, cache: dict[str, Any]) -> str:
    qui: dict[str, Any] = {
        "compte_id": compte_id,
        "personne_id": personne_id,
        "foyer_id": foyer_id,
        "maintenant": MERCREDI_SOIR,
        "cache": cache,
    }
    with bd.session_lecture() as session:
        dossier = charger_dossier(session, **qui)
        empreinte = bilan_du_brouillon(session, dossier).empreinte(1)
    with bd.session_ecriture() as session:
        verrouiller_brouillon(session, compte_id, foyer_id)
        demande = Demande(1, empreinte, confirme=True)
        valider_brouillon(session, charger_dossier(session, **qui), demande, lambda session, recu: None)
    return "reserve"


def ensemble(url: str, lots: list[list[Parent]], faire: Callable[..., None] = valider_tous) -> Counter[str]:
    """Runs the lots, a process each, from the same instant; what each parent was told."""
    depart, reponses = _CONTEXTE.Barrier(len(lots)), _CONTEXTE.Queue()
    processus = [_CONTEXTE.Process(target=faire, args=(url, lot, depart, reponses)) for lot in lots]
    for un in processus:
        un.start()
    debut = time.monotonic()
    dites = Counter(reponses.get(timeout=DELAI_SECONDES) for lot in lots for _ in lot)
    assert time.monotonic() - debut < DELAI_SECONDES
    for un in processus:
        un.join(DELAI_SECONDES)
        assert un.exitcode == 0
    return dites


def test_three_hundred_parents_after_twenty_places(village: Village) -> None:
    jauges = [{**j, "places": PLACES} if j["code"] == "places-du-soir" else j for j in document()["jauge"]]
    village.changer_regles(jauge=jauges)
    parents = peupler(village)
    url = village.bd.url.render_as_string(hide_password=False)
    dites = ensemble(url, [parents[n::PROCESSUS] for n in range(PROCESSUS)])
    assert dites["reserve"] == PLACES, dites
    # The others were told: the place went while they were reading, or there was none left to show.
    assert dites["bilan_change"] + dites["rien_a_valider"] == PARENTS - PLACES, dites
    with village.bd.session_lecture() as session:
        reservees = session.scalar(
            select(func.count()).where(Reservation.unite_id == village.unite("soir"), Reservation.jour == MARDI)
        )
        numeros = sorted(session.scalars(select(Recu.numero)))
    assert reservees == PLACES
    assert numeros == [f"2026-{n:06d}" for n in range(1, PLACES + 1)]


def test_a_parent_who_arrives_while_the_other_is_writing_waits_and_is_told(village: Village) -> None:
    """The narrowest moment: Camille's booking is written and not committed when Julien presses « Valider »."""
    couple = {"camille": "morel", "julien": "ferrand"}
    for qui, foyer in couple.items():
        village.cocher("lea", [("repas", MARDI)], qui=qui, foyer=foyer)
    demandes = {qui: village.demande(qui, foyer, confirme=True) for qui, foyer in couple.items()}
    a_ecrit = threading.Event()

    def trainer(session: Session, recu: Recu) -> None:
        session.flush()
        a_ecrit.set()
        time.sleep(0.5)

    with ThreadPoolExecutor(1) as fil:
        camille = fil.submit(village.valider, demandes["camille"], annoncer=trainer)
        assert a_ecrit.wait(DELAI_SECONDES)
        with pytest.raises(RegleViolee):
            village.valider(demandes["julien"], qui="julien", foyer="ferrand")
        assert camille.result().numero == "2026-000001"
    assert {r[3] for r in village.reservations("lea") if r[2] == MARDI} == {"morel"}


def test_two_parents_of_one_child_at_once_on_the_same_day(village: Village) -> None:
    couple = [("camille", "morel"), ("julien", "ferrand")]
    for qui, foyer in couple:
        village.cocher("lea", [("repas", MARDI)], qui=qui, foyer=foyer)
    lots = [[(village.comptes[qui], village.personnes[qui], village.foyers[foyer])] for qui, foyer in couple]
    dites = ensemble(village.bd.url.render_as_string(hide_password=False), lots)
    assert dites["reserve"] == 1, dites
    assert dites["bilan_change"] + dites["rien_a_valider"] == 1, dites
    assert len({r for r in village.reservations("lea") if r[2] == MARDI}) == 1


def test_two_taps_on_valider_at_once_give_one_receipt(village: Village) -> None:
    village.cocher("noe", [("matin", MARDI)])
    camille = (village.comptes["camille"], village.personnes["camille"], village.foyers["morel"])
    dites = ensemble(village.bd.url.render_as_string(hide_password=False), [[camille], [camille]])
    assert not any(dite.startswith("ERREUR") for dite in dites), dites
    with village.bd.session_lecture() as session:
        assert len(session.scalars(select(Recu)).all()) == 1
