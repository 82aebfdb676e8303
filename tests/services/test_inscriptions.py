"""Enrolments asked for by families: who may ask, what accepting writes, the last place, who waits."""

import threading
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portail_famille.config import ReglagesCommune
from portail_famille.domain.demarches import Cote, EtatDemarche
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.genres import GENRES
from portail_famille.models.activites import Inscription
from portail_famille.models.demarches import Demarche, DemarchePiece
from portail_famille.models.documents import Piece
from portail_famille.models.foyers import Rattachement
from portail_famille.services import demarches
from portail_famille.services.dossiers import Introuvable
from portail_famille.services.inscriptions import (
    Suite,
    appliquer_inscription,
    demander_inscription,
    est_acceptable_d_office,
    lire_decision_inscription,
    offres,
    preparer_inscription,
    suivre_inscription,
)
from portail_famille.services.journal import Auteur
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import FIN_D_ANNEE, LUNDI, RENTREE, Village, document

AUJOURDHUI = MERCREDI_SOIR.date()
AGENT = Auteur(Cote.AGENT)
SAISON = {"du": RENTREE, "au": FIN_D_ANNEE}
ETE = date(2027, 8, 30)


def ouvrir(village: Village, activite: str, structures: list[str] | None = None, **campagne: Any) -> None:
    """Imports the village again, with a campaign on an activity."""
    activites = [
        table
        if table["code"] != activite
        else table | {"inscription": SAISON | campagne} | ({"structures": structures} if structures else {})
        for table in document()["activite"]
    ]
    village.changer_regles(activite=activites)


def liberer(village: Village, enfant: str, activite: str) -> None:
    """Forgets an enrolment of the village: the family has yet to ask."""
    with village.bd.session_ecriture() as session:
        for ligne in session.scalars(
            select(Inscription).where(
                Inscription.enfant_id == village.enfants[enfant],
                Inscription.activite_id == village.regles.activite_ids[activite],
            )
        ):
            session.delete(ligne)


def demander(village: Village, enfant: str, offre: str, *choix: str, qui: str = "camille", foyer: str = "morel") -> str:
    with village.bd.session_ecriture() as session:
        return demander_inscription(
            session,
            village.dossier(session, qui, foyer),
            village.enfants[enfant],
            f"{offre}:{RENTREE}",
            list(choix),
            pieces=[],
            auteur=Auteur(Cote.FAMILLE, village.comptes[qui]),
        ).numero


def lire(session: Session, numero: str) -> Demarche:
    return session.scalars(select(Demarche).where(Demarche.numero == numero)).one()


def accepter(village: Village, numero: str, decision: dict[str, str] | None = None, maintenant: Any = None) -> None:
    with village.bd.session_ecriture() as session:
        demarche = lire(session, numero)
        if decision:
            demarche.contenu = {**demarche.contenu, "decision": decision}
        instant = maintenant or MERCREDI_SOIR
        demarches.accepter(session, demarche, demarche.version, AGENT, instant, appliquer_inscription)


def inscrits(village: Village, enfant: str, activite: str) -> list[tuple[str, str, date, date, bool]]:
    """Foyer, structure, dates, and whether a request is behind it."""
    foyers = {id_: nom for nom, id_ in village.foyers.items()}
    with village.bd.session_lecture() as session:
        return [
            (foyers[i.foyer_id], village.regles.structures[i.structure_id], i.du, i.au, i.demarche_id is not None)
            for i in session.scalars(
                select(Inscription)
                .where(
                    Inscription.enfant_id == village.enfants[enfant],
                    Inscription.activite_id == village.regles.activite_ids[activite],
                )
                .order_by(Inscription.du, Inscription.foyer_id)
            )
        ]


def suite(village: Village, numero: str) -> Suite | None:
    with village.bd.session_lecture() as session:
        return suivre_inscription(session, lire(session, numero), MERCREDI_SOIR)


def test_each_child_is_offered_what_it_may_enter_and_told_why_not_the_rest(village: Village) -> None:
    ouvrir(village, "cantine", age_min=3)
    with village.bd.session_lecture() as session:
        dossier = village.dossier(session)
        lues = {
            e.prenom: [(o.code, o.empechement and o.empechement.code) for o in offres(session, dossier, e)]
            for e in dossier.visibles
        }
    code = f"cantine:{RENTREE}"
    assert lues == {"Léa": [(code, "deja_inscrit")], "Noé": [(code, "deja_inscrit")], "Mia": [(code, "trop_jeune")]}


def test_an_accepted_enrolment_is_written_from_today_and_leads_to_the_rhythm(village: Village) -> None:
    ouvrir(village, "cantine")
    liberer(village, "yanis", "cantine")
    numero = demander(village, "yanis", "cantine", "ecole", qui="karim", foyer="haddad")
    assert suite(village, numero) is None
    accepter(village, numero)
    assert inscrits(village, "yanis", "cantine") == [("haddad", "ecole", AUJOURDHUI, FIN_D_ANNEE, True)]
    dite = suite(village, numero)
    assert dite is not None
    assert (dite.libelle, dite.chemin) == (
        "Choisir les jours",
        f"/enfants/{village.enfants['yanis']}/agenda?mois=2026-12&rythme=1#rythme",
    )
    # The draft of that evening may hold its days already.
    village.cocher("yanis", [("repas", LUNDI)], qui="karim", foyer="haddad")
    assert village.bilan("karim", "haddad").faisables


def test_what_is_asked_before_the_season_begins_with_it(village: Village) -> None:
    ouvrir(village, "cantine")
    liberer(village, "yanis", "cantine")
    numero = demander(village, "yanis", "cantine", "ecole", qui="karim", foyer="haddad")
    accepter(village, numero, maintenant=MERCREDI_SOIR - timedelta(days=150))
    assert [(du, au) for _, _, du, au, _ in inscrits(village, "yanis", "cantine")] == [(RENTREE, FIN_D_ANNEE)]


def test_an_agent_says_where_and_from_when(village: Village, reglages: ReglagesCommune) -> None:
    ouvrir(village, "mercredi", ["centre", "ecole"], choix=2, places={"centre": 3, "ecole": 9})
    liberer(village, "yanis", "mercredi")
    numero = demander(village, "yanis", "mercredi", "ecole", "centre", qui="karim", foyer="haddad")
    with village.bd.session_ecriture() as session:
        demarche = lire(session, numero)
        vue = preparer_inscription(session, demarche, reglages, MERCREDI_SOIR)
        # Léa, Noé and three others are at the centre already: more than the town now has places for.
        assert [(lieu.code, lieu.restantes) for lieu in vue["inscription_lieux"]] == [("ecole", 9), ("centre", 0)]
        assert vue["inscription_premier"] == "ecole"
        for champs, champ in (
            ({"structure": "creche", "du": "2027-01-04"}, "structure"),
            ({"structure": "ecole", "du": "2028-01-04"}, "du"),
            ({"structure": "ecole", "du": "lundi"}, "du"),
        ):
            with pytest.raises(RegleViolee) as refus:
                lire_decision_inscription(session, demarche, champs, reglages, MERCREDI_SOIR)
            assert refus.value.champ == champ
        choisie = {"structure": "ecole", "du": "2027-01-04"}
        assert lire_decision_inscription(session, demarche, choisie, reglages, MERCREDI_SOIR) == choisie
        proposee = {"structure": "ecole", "du": AUJOURDHUI.isoformat()}
        assert lire_decision_inscription(session, demarche, {}, reglages, MERCREDI_SOIR) == proposee
    accepter(village, numero, choisie)
    assert inscrits(village, "yanis", "mercredi") == [("haddad", "ecole", date(2027, 1, 4), FIN_D_ANNEE, True)]


def test_without_a_choice_the_first_wish_that_has_a_place_is_given(village: Village) -> None:
    ouvrir(village, "mercredi", ["centre", "ecole"], choix=2, places={"centre": 3})
    liberer(village, "yanis", "mercredi")
    accepter(village, demander(village, "yanis", "mercredi", "centre", "ecole", qui="karim", foyer="haddad"))
    assert [lieu for _, lieu, *_ in inscrits(village, "yanis", "mercredi")] == ["ecole"]


def test_each_foyer_of_a_child_enrols_for_itself_and_the_child_takes_one_place(village: Village) -> None:
    """Léa lives one week in two at Julien's: the school's one place is hers for both."""
    for enfant in ("lea", "noe", "yanis"):
        liberer(village, enfant, "atelier")
    ouvrir(village, "atelier", places={"ecole": 1})
    premier = demander(village, "lea", "atelier", "ecole")
    second = demander(village, "lea", "atelier", "ecole", qui="julien", foyer="ferrand")
    accepter(village, premier)
    accepter(village, second)
    assert [(foyer, lieu) for foyer, lieu, *_ in inscrits(village, "lea", "atelier")] == [
        ("morel", "ecole"),
        ("ferrand", "ecole"),
    ]
    tardive = demander(village, "yanis", "atelier", "ecole", qui="karim", foyer="haddad")
    with pytest.raises(RegleViolee, match="plus de place"):
        accepter(village, tardive)


def test_nobody_is_enrolled_twice_over_the_same_days(village: Village) -> None:
    """Zoé has the canteen from 7 December to 29 January: what is asked fills the days before, then after."""
    ouvrir(village, "cantine")
    avant = demander(village, "zoe", "cantine", "ecole", qui="nadia", foyer="petit")
    with pytest.raises(RegleViolee) as refus:
        demander(village, "zoe", "cantine", "ecole", qui="julien", foyer="petit")
    assert refus.value.code == "deja_demande"
    accepter(village, avant)
    accepter(village, demander(village, "zoe", "cantine", "ecole", qui="julien", foyer="petit"))
    assert [(du, au) for _, _, du, au, _ in inscrits(village, "zoe", "cantine")] == [
        (AUJOURDHUI, LUNDI - timedelta(days=1)),
        (LUNDI, date(2027, 1, 29)),
        (date(2027, 1, 30), FIN_D_ANNEE),
    ]
    with pytest.raises(RegleViolee) as refus:
        demander(village, "zoe", "cantine", "ecole", qui="nadia", foyer="petit")
    assert refus.value.code == "deja_inscrit"


@pytest.mark.parametrize(
    ("enfant", "offre", "choix", "code"),
    [
        ("noe", "cantine", ["ecole"], "deja_inscrit"),
        ("noe", "atelier", ["ecole"], "offre_inconnue"),
        ("mia", "cantine", ["centre"], "lieu_inconnu"),
        ("mia", "cantine", ["ecole", "ecole"], "lieu_inconnu"),
        ("mia", "cantine", [], "lieu_inconnu"),
    ],
)
def test_a_forged_or_stale_request_files_nothing(
    village: Village, enfant: str, offre: str, choix: list[str], code: str
) -> None:
    ouvrir(village, "cantine")
    with pytest.raises(RegleViolee) as refus:
        demander(village, enfant, offre, *choix)
    assert refus.value.code == code
    with village.bd.session_lecture() as session:
        assert session.scalars(select(Demarche)).all() == []


def test_nobody_asks_for_a_child_without_authority_over_it(village: Village) -> None:
    ouvrir(village, "cantine")
    with pytest.raises(Introuvable):
        demander(village, "lea", "cantine", "ecole", qui="thomas")


def test_a_child_that_left_the_foyer_meanwhile_is_not_enrolled(village: Village) -> None:
    ouvrir(village, "cantine")
    liberer(village, "yanis", "cantine")
    numero = demander(village, "yanis", "cantine", "ecole", qui="karim", foyer="haddad")
    with village.bd.session_ecriture() as session:
        session.delete(session.get_one(Rattachement, (village.foyers["haddad"], village.enfants["yanis"])))
    with pytest.raises(RegleViolee) as refus:
        accepter(village, numero)
    assert refus.value.code == "enfant_detache"


def test_the_waiting_list_says_its_rank_and_moves_up(village: Village) -> None:
    for enfant in ("lea", "noe", "yanis"):
        liberer(village, enfant, "atelier")
    ouvrir(village, "atelier", places={"ecole": 0})
    premier = demander(village, "yanis", "atelier", "ecole", qui="karim", foyer="haddad")
    second = demander(village, "noe", "atelier", "ecole")
    lues = [suite(village, numero) for numero in (premier, second)]
    assert [dite and dite.phrase for dite in lues] == [
        "Il n’y a plus de place. Sur la liste d’attente, vous êtes en premier à «\u00a0École des Tilleuls\u00a0».",
        "Il n’y a plus de place. Sur la liste d’attente, vous êtes 2e à «\u00a0École des Tilleuls\u00a0».",
    ]
    with village.bd.session_ecriture() as session:
        demarche = lire(session, premier)
        demarches.retirer(session, demarche, Auteur(Cote.FAMILLE, village.comptes["karim"]), MERCREDI_SOIR)
    dite = suite(village, second)
    assert dite is not None
    assert "en premier" in dite.phrase


def test_the_rules_accept_alone_only_what_is_whole_and_has_a_place_nobody_waits_for(village: Village) -> None:
    for enfant in ("noe", "yanis"):
        liberer(village, enfant, "atelier")
    genre = GENRES["inscription"]

    def juger(numero: str) -> bool:
        with village.bd.session_lecture() as session:
            return est_acceptable_d_office(session, lire(session, numero), genre, MERCREDI_SOIR)

    ouvrir(village, "atelier", decision="automatique", places={"ecole": 2}, pieces=["assurance"])
    numero = demander(village, "yanis", "atelier", "ecole", qui="karim", foyer="haddad")
    assert not juger(numero)
    with village.bd.session_ecriture() as session:
        piece = Piece(
            foyer_id=village.foyers["haddad"],
            genre="assurance",
            nom="a.pdf",
            type_mime="application/pdf",
            taille=1,
            objet="0" * 32,
            deposee_par=village.comptes["karim"],
            deposee_utc=MERCREDI_SOIR,
        )
        session.add(piece)
        session.flush()
        session.add(DemarchePiece(demarche_id=lire(session, numero).id, piece_id=piece.id))
    # Léa holds one of the two places, the other is free and nobody was before.
    assert juger(numero)
    ouvrir(village, "atelier", places={"ecole": 2}, pieces=["assurance"])
    assert not juger(numero)
    ouvrir(village, "atelier", decision="automatique", places={"ecole": 2})
    assert not juger(demander(village, "noe", "atelier", "ecole"))


def test_the_last_place_goes_to_one_of_two_families_accepted_at_once(village: Village) -> None:
    for enfant in ("lea", "noe", "yanis"):
        liberer(village, enfant, "atelier")
    ouvrir(village, "atelier", places={"ecole": 1})
    numeros = [
        demander(village, "noe", "atelier", "ecole"),
        demander(village, "yanis", "atelier", "ecole", qui="karim", foyer="haddad"),
    ]
    refus = en_meme_temps([partial(accepter, village, numero) for numero in numeros])
    assert [code for code in refus if code] == ["plus_de_place"]
    with village.bd.session_lecture() as session:
        etats = sorted(demarche.etat for demarche in session.scalars(select(Demarche)))
    assert etats == [EtatDemarche.ACCEPTEE, EtatDemarche.DEPOSEE]
    assert len(inscrits(village, "noe", "atelier") + inscrits(village, "yanis", "atelier")) == 1


def test_two_parents_who_ask_at_once_make_one_request(village: Village) -> None:
    liberer(village, "noe", "atelier")
    ouvrir(village, "atelier")
    refus = en_meme_temps(
        [
            lambda: demander(village, "noe", "atelier", "ecole", qui="camille"),
            lambda: demander(village, "noe", "atelier", "ecole", qui="thomas"),
        ]
    )
    assert sorted(refus, key=str) == [None, "deja_demande"] or sorted(refus, key=str) == ["deja_demande", None]
    with village.bd.session_lecture() as session:
        assert len(session.scalars(select(Demarche)).all()) == 1


def en_meme_temps(gestes: list[Callable[[], object]]) -> list[str | None]:
    """Code of the refusal of each, None for what went through."""
    depart = threading.Barrier(len(gestes))
    refus: list[str | None] = [None] * len(gestes)

    def courir(rang: int) -> None:
        depart.wait()
        try:
            gestes[rang]()
        except RegleViolee as regle:
            refus[rang] = regle.code

    fils = [threading.Thread(target=courir, args=(rang,)) for rang in range(len(gestes))]
    for fil in fils:
        fil.start()
    for fil in fils:
        fil.join(30)
    return refus
