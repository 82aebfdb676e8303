"""Comptes that the purge empties, and those that only look like them."""

from datetime import UTC, date, datetime

from portail_famille.domain.droits import Attribution, Role
from portail_famille.models.comptes import Compte
from portail_famille.models.foyers import Foyer, Personne
from portail_famille.models.journal import ActeJournal
from portail_famille.services import agents
from tests.support.agents import agent
from tests.support.purges import purger, terme
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import Village

DANS_DEUX_ANS = datetime(2028, 12, 2, 17, 0, tzinfo=UTC)


def test_a_parent_whose_login_looks_like_an_erased_one_keeps_it_and_stops_nothing(village: Village) -> None:
    noms = {"julien": f"efface-{village.comptes['camille']}", "karim": "efface-moi"}
    with village.bd.session_ecriture() as session:
        for qui, nom in noms.items():
            session.get_one(Compte, village.comptes[qui]).identifiant = nom
        session.get_one(Foyer, village.foyers["morel"]).parti_le = date(2026, 12, 2)
        # What she did is still in the journal: her row stays.
        faits = {"a_utc": MERCREDI_SOIR, "cote": "famille", "action": "dossier_verifie", "details": {}}
        session.add(ActeJournal(compte_id=village.comptes["camille"], **faits))
    purger(village, terme(DANS_DEUX_ANS))
    with village.bd.session_lecture() as session:
        for qui, nom in noms.items():
            compte = session.get_one(Compte, village.comptes[qui])
            assert (compte.identifiant, compte.est_actif) == (nom, True)
        camille = session.get_one(Compte, village.comptes["camille"])
        assert (camille.identifiant, camille.est_actif) == (f"efface:{camille.id}", False)


def test_the_compte_of_a_former_agent_is_emptied_and_that_of_an_agent_stays(village: Village) -> None:
    with village.bd.session_ecriture() as session:
        rose, paul = agent(session), agent(session, "paul@mairie.example")
        session.add(ActeJournal(a_utc=MERCREDI_SOIR, cote="agent", compte_id=rose.id, action="foyer_vu", details={}))
        agents.retirer_role(session, rose.id, Attribution(Role.INSTRUCTION), MERCREDI_SOIR)
    assert purger(village, terme()) == {"comptes sans foyer ni rôle": 1}
    with village.bd.session_lecture() as session:
        ancienne = session.get_one(Compte, rose.id)
        personne = session.get_one(Personne, ancienne.personne_id)
        assert (ancienne.identifiant, personne.prenom, personne.courriel) == (f"efface:{rose.id}", "Rose", None)
        assert session.get_one(Compte, paul.id).est_actif
    assert purger(village, terme()) == {}
