"""What a demonstration town shows of its démarches, whatever the day it is built."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from portail_famille.demonstration.installation import VILLES
from portail_famille.domain.demarches import EtatDemarche
from portail_famille.domain.genres import GENRES
from portail_famille.domain.horloge import PARIS
from portail_famille.models.bd import BD
from portail_famille.models.courriels import Courriel
from portail_famille.models.demarches import Demarche, DemarcheEtape
from portail_famille.models.documents import Piece
from portail_famille.models.evenements import Evenement
from portail_famille.models.foyers import Foyer
from portail_famille.models.quotients import QuotientFamilial
from portail_famille.models.reservations import Reservation
from portail_famille.services.annonces import a_annoncer
from portail_famille.services.dossiers import jour_de
from portail_famille.services.inscriptions_scolaires import annees_ouvertes
from portail_famille.services.regles import charger_regles
from tests.demonstration.conftest import Batir

# Without school for weeks, nothing was booked lately and next year's enrolments are made: the chronicle still holds.
UN_DIMANCHE, EN_AOUT = datetime(2026, 11, 22, 10, tzinfo=PARIS), datetime(2027, 8, 31, 23, 30, tzinfo=PARIS)
pytestmark = pytest.mark.parametrize("bd", ["sqlite"], indirect=True)


def test_the_first_town_shows_every_kind_in_every_state(bd: BD, batir_ville: Batir) -> None:
    batir_ville("saint-rivage", UN_DIMANCHE, figurants=0)
    aujourdhui = jour_de(UN_DIMANCHE)
    with bd.session_lecture() as session:
        demarches = list(session.scalars(select(Demarche)))
        assert {d.genre for d in demarches} == set(GENRES)
        assert {d.etat for d in demarches} == set(EtatDemarche)
        ouvertes = [d for d in demarches if d.decidee_utc is None and d.etat != EtatDemarche.ANNULEE]
        en_retard = [d for d in ouvertes if d.echeance and d.echeance < aujourdhui]
        assert {d.assignee_id is None for d in en_retard} == {True, False}
        assert any(d.reponse_utc and not d.lue_utc and d.etat == EtatDemarche.ACCEPTEE for d in demarches)
        assert all(d.complement_avant and d.complement_avant > aujourdhui for d in demarches if d.suspendue_utc)
        assert {e.cote for e in session.scalars(select(DemarcheEtape)) if e.genre in ("message", "reponse")} == {
            "famille",
            "agent",
        }
        etats = set(session.scalars(select(Reservation.etat)))
        assert {"demandee", "absente_justifiee", "absente_injustifiee", "annulee"} <= etats
        fins = [fin for fin in session.scalars(select(Piece.valable_jusqua)) if fin]
        assert min(fins) < aujourdhui
        assert any(aujourdhui <= fin <= aujourdhui + timedelta(days=30) for fin in fins)
        quotients = [q.au for q in session.scalars(select(QuotientFamilial)) if q.au and q.du.year == aujourdhui.year]
        assert min(quotients) < aujourdhui < max(quotients)
        assert len(session.scalars(select(Foyer).where(Foyer.nom.startswith("Masson"))).all()) == 2
        assert session.scalars(select(Evenement)).one().du > aujourdhui


@pytest.mark.parametrize("maintenant", [UN_DIMANCHE, EN_AOUT], ids=["novembre", "aout"])
@pytest.mark.parametrize("slug", VILLES)
def test_a_chronicle_is_told_in_order_and_writes_to_nobody(
    bd: BD, batir_ville: Batir, slug: str, maintenant: datetime
) -> None:
    ville = batir_ville(slug, maintenant, figurants=0)
    with bd.session_lecture() as session:
        depots = list(session.scalars(select(Demarche.deposee_utc).order_by(Demarche.id)))
        assert depots == sorted(depots)
        assert len(depots) >= 7
        etapes = session.execute(
            select(DemarcheEtape.demarche_id, DemarcheEtape.a_utc, DemarcheEtape.cote).order_by(
                DemarcheEtape.demarche_id, DemarcheEtape.id
            )
        ).all()
        assert [(e.demarche_id, e.a_utc) for e in etapes] == sorted((e.demarche_id, e.a_utc) for e in etapes)
        assert all(e.a_utc <= maintenant for e in etapes)
        invites = {adulte.courriel for adulte in ville.adultes if adulte.etat == "invite"}
        assert set(session.scalars(select(Courriel.destinataire))) == invites
        assert a_annoncer(session, maintenant) is None
        assert all(d.accuse for d in session.scalars(select(Demarche)))


@pytest.mark.parametrize("maintenant", [UN_DIMANCHE, EN_AOUT], ids=["novembre", "aout"])
@pytest.mark.parametrize("slug", VILLES)
def test_the_coming_season_can_be_asked_for(bd: BD, batir_ville: Batir, slug: str, maintenant: datetime) -> None:
    batir_ville(slug, maintenant, figurants=0)
    aujourdhui = jour_de(maintenant)
    with bd.session_lecture() as session:
        regles = charger_regles(session, {})
    assert annees_ouvertes(regles, aujourdhui)
    for activite in regles.catalogue.activites.values():
        a_venir = [c for c in activite.campagnes if c.du > aujourdhui]
        assert len(a_venir) == bool(activite.campagnes)
        assert all(c.ouverte_du and c.ouverte_du < aujourdhui < (c.ouverte_au or c.au) for c in a_venir)
