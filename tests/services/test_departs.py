"""An adult retired from a foyer: who pays then, what ends with a death and not with a departure, who may not go."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from portail_famille.domain.demarches import Cote
from portail_famille.domain.droits import Attribution, Role
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.models.comptes import Compte
from portail_famille.models.foyers import AutoriteParentale, Foyer, Responsable
from portail_famille.models.journal import ActeJournal
from portail_famille.models.reservations import Brouillon, Reservation
from portail_famille.services.agents import ajouter_role
from portail_famille.services.departs import Depart, prevoir_depart, retirer_adulte
from portail_famille.services.journal import Auteur
from portail_famille.services.perimetres import Perimetre
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import Village

AUJOURDHUI = MERCREDI_SOIR.date()
PARTOUT = Perimetre(None, AUJOURDHUI)
AGENT = Auteur(Cote.AGENT)


def depart(village: Village, qui: str, foyer: str, *, est_deces: bool, le: date = AUJOURDHUI) -> Depart:
    return Depart(village.foyers[foyer], village.personnes[qui], est_deces, le)


def retirer(village: Village, prevu: Depart, perimetre: Perimetre = PARTOUT) -> None:
    with village.bd.session_ecriture() as session:
        retirer_adulte(session, prevu, perimetre, AGENT, MERCREDI_SOIR)


def autorites(village: Village, qui: str) -> set[date | None]:
    requete = select(AutoriteParentale.au).where(AutoriteParentale.personne_id == village.personnes[qui])
    with village.bd.session_lecture() as session:
        return set(session.scalars(requete))


@pytest.mark.parametrize("est_deces", [True, False])
def test_the_foyer_goes_on_with_who_stays(village: Village, est_deces: bool) -> None:
    """Camille pays for the Morel; she has ticked days that she has not validated."""
    morel, camille = village.foyers["morel"], village.comptes["camille"]
    le = AUJOURDHUI - timedelta(days=3)
    prevu = depart(village, "camille", "morel", est_deces=est_deces, le=le)
    with village.bd.session_ecriture() as session:
        session.add(
            Brouillon(
                compte_id=camille, foyer_id=morel, version=1, contenu={"1": {"ajouts": []}}, modifie_utc=MERCREDI_SOIR
            )
        )
    with village.bd.session_lecture() as session:
        vue = prevoir_depart(session, prevu, PARTOUT, MERCREDI_SOIR)
        reservees = session.scalars(select(Reservation.id).where(Reservation.foyer_id == morel)).all()
    assert (vue.change_de_payeur, vue.payeur, vue.brouillons) == (True, "Thomas Le Gall", 1)
    assert (vue.ferme_le_compte, bool(vue.enfants)) == (est_deces, est_deces)
    retirer(village, prevu)
    with village.bd.session_lecture() as session:
        adultes = session.scalars(select(Responsable.personne_id).where(Responsable.foyer_id == morel)).all()
        assert adultes == [village.personnes["thomas"]]
        assert session.get_one(Foyer, morel).payeur_id == village.personnes["thomas"]
        assert session.get_one(Compte, camille).est_actif is not est_deces
        assert session.scalars(select(Brouillon.contenu)).all() == [{}]
        assert session.scalars(select(Reservation.id).where(Reservation.foyer_id == morel)).all() == reservees
        acte = session.scalars(select(ActeJournal).order_by(ActeJournal.id.desc())).first()
        assert acte is not None
        assert (acte.action, acte.foyer_id) == ("adulte_retire", morel)
    assert autorites(village, "camille") == ({le} if est_deces else {None})


def test_a_death_ends_no_authority_on_a_child_received_elsewhere(village: Village) -> None:
    creche = Perimetre(frozenset({village.regles.structure_ids["creche"]}), AUJOURDHUI)
    with pytest.raises(RegleViolee) as refus:
        retirer(village, depart(village, "camille", "morel", est_deces=True), creche)
    assert refus.value.code == "autre_structure"
    assert autorites(village, "camille") == {None}


def test_the_last_adult_stays_and_nobody_leaves_tomorrow(village: Village) -> None:
    demain = AUJOURDHUI + timedelta(days=1)
    for qui, foyer, le, code in (
        ("karim", "haddad", AUJOURDHUI, "dernier_adulte"),
        ("camille", "haddad", AUJOURDHUI, "adulte_ailleurs"),
        ("camille", "morel", demain, "date_a_venir"),
    ):
        with pytest.raises(RegleViolee) as refus:
            retirer(village, depart(village, qui, foyer, est_deces=False, le=le))
        assert refus.value.code == code


def test_the_compte_of_an_agent_is_not_closed_by_another(village: Village) -> None:
    with village.bd.session_ecriture() as session:
        ajouter_role(session, village.comptes["camille"], Attribution(Role.INSTRUCTION), MERCREDI_SOIR)
    with pytest.raises(RegleViolee) as refus:
        retirer(village, depart(village, "camille", "morel", est_deces=True))
    assert refus.value.code == "compte_d_agent"
    retirer(village, depart(village, "camille", "morel", est_deces=False))
