"""A household separates: who pays which day, what follows whom, and nothing before the day said."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portail_famille.config import ReglagesCommune
from portail_famille.domain.demarches import Cote
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.gardes import Garde
from portail_famille.models.activites import Inscription
from portail_famille.models.courriels import Courriel
from portail_famille.models.demarches import Demarche
from portail_famille.models.foyers import AutoriteParentale, Contact, ContactEnfant, Foyer, Rattachement, Responsable
from portail_famille.models.reservations import Brouillon
from portail_famille.services.demarches import deposer
from portail_famille.services.journal import Auteur
from portail_famille.services.menages import Prevision, Separation, prevoir_separation, separer_menage
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import LUNDI, MARDI, RENTREE, Village

AGENT = Auteur(Cote.AGENT)
VENDREDI_D_APRES = date(2026, 12, 18)
Separer = Callable[..., int]


@pytest.fixture
def voulue(village: Village) -> Separation:
    """Thomas leaves on Monday the 7th, Noé with him."""
    return Separation(
        village.foyers["morel"],
        (village.personnes["thomas"],),
        LUNDI,
        {village.enfants["noe"]: "part", village.enfants["mia"]: "reste", village.enfants["lea"]: "reste"},
        adresse="4 rue du Lavoir",
        code_postal="99999",
        ville="Le Village",
    )


@pytest.fixture
def separer(village: Village, reglages: ReglagesCommune) -> Separer:
    def faire(voulue: Separation, **autres: Any) -> int:
        with village.bd.session_ecriture() as session:
            return separer_menage(
                session, replace(voulue, **autres), AGENT, MERCREDI_SOIR, village.regles.calendrier, reglages
            ).id

    return faire


def prevoir(village: Village, voulue: Separation) -> Prevision:
    with village.bd.session_lecture() as session:
        return prevoir_separation(session, voulue, MERCREDI_SOIR, village.regles.calendrier)


def test_a_child_who_goes_is_paid_by_the_other_home_from_the_day_on(
    village: Village, voulue: Separation, separer: Separer
) -> None:
    noe = village.enfants["noe"]
    prevue = prevoir(village, voulue)
    la = separer(voulue)
    payes = {jour: foyer for _, _, jour, foyer, _ in _reservations(village, la)}
    assert payes == {date(2026, 12, 1): "ici", date(2026, 12, 3): "ici", LUNDI: "la", MARDI: "la"}
    with village.bd.session_lecture() as session:
        dates = session.execute(
            select(Inscription.foyer_id, Inscription.du, Inscription.au).where(Inscription.enfant_id == noe).distinct()
        ).all()
        assert sorted(dates) == [
            (voulue.foyer_id, RENTREE, LUNDI - timedelta(days=1)),
            (la, LUNDI, date(2027, 7, 2)),
        ]
        assert session.scalars(select(Rattachement.foyer_id).where(Rattachement.enfant_id == noe)).all() == [la]
        adultes = session.execute(select(Responsable.foyer_id, Responsable.personne_id)).all()
        assert (la, village.personnes["thomas"]) in adultes
        assert (voulue.foyer_id, village.personnes["thomas"]) not in adultes
        # Both keep what they had over the child: living elsewhere ends nothing.
        parents = session.scalars(select(AutoriteParentale.personne_id).where(AutoriteParentale.enfant_id == noe))
        assert set(parents) == {village.personnes["camille"], village.personnes["thomas"]}
        nouveau = session.get_one(Foyer, la)
        assert (nouveau.nom, nouveau.payeur_id, nouveau.adresse) == (
            "Le Gall",
            village.personnes["thomas"],
            "4 rue du Lavoir",
        )
        assert session.get_one(Foyer, voulue.foyer_id).nom == "Morel"
        destinataires = session.scalars(select(Courriel.destinataire)).all()
        assert sorted(destinataires) == ["camille@courriel.example", "thomas@courriel.example"]
    sort = next(e for e in prevue.enfants if e.prenom == "Noé")
    assert (sort.inscriptions, sort.reservations) == (len(_ACTIVITES_DE_NOE), 2)
    assert (prevue.vers, prevue.payeur_ici, prevue.payeur_la) == ("Le Gall", "Camille Morel", "Thomas Le Gall")


_ACTIVITES_DE_NOE = ("periscolaire", "cantine", "atelier", "mercredi", "vacances")


def _reservations(village: Village, la: int) -> set[tuple[str, str, date, str, str]]:
    maisons = {village.foyers["morel"]: "ici", la: "la"}
    village.foyers.setdefault("la", la)
    return {
        (enfant, unite, jour, maisons[village.foyers[foyer]], etat)
        for enfant, unite, jour, foyer, etat in village.reservations("noe")
    }


def test_a_shared_child_is_paid_by_the_home_of_each_week(
    village: Village, voulue: Separation, separer: Separer
) -> None:
    noe = village.enfants["noe"]
    village.reserver("noe", "repas", date(2026, 12, 14), VENDREDI_D_APRES)
    la = separer(voulue, enfants={noe: "alternee"}, gardes={noe: Garde(date(2026, 12, 14), 2)})
    payes = {jour: foyer for _, _, jour, foyer, _ in _reservations(village, la) if jour >= LUNDI}
    assert payes == {LUNDI: "ici", MARDI: "ici", date(2026, 12, 14): "la", VENDREDI_D_APRES: "la"}
    with village.bd.session_lecture() as session:
        semaines = dict(
            session.execute(
                select(Rattachement.foyer_id, Rattachement.semaine_ancre).where(Rattachement.enfant_id == noe)
            ).all()
        )
        assert set(semaines) == {voulue.foyer_id, la}
        une, autre = semaines[la], semaines[voulue.foyer_id]
        assert une is not None
        assert autre is not None
        ecart = une - autre
        assert ecart.days % 14 == 7
        ici = session.scalars(
            select(Inscription.au).where(Inscription.enfant_id == noe, Inscription.foyer_id == voulue.foyer_id)
        ).all()
        assert set(ici) == {date(2027, 7, 2)}


def test_the_payer_who_leaves_is_replaced_by_who_stays(village: Village, voulue: Separation, separer: Separer) -> None:
    separer(voulue, adultes=(village.personnes["camille"],))
    with village.bd.session_lecture() as session:
        assert session.get_one(Foyer, voulue.foyer_id).payeur_id == village.personnes["thomas"]


def test_drafts_contacts_and_one_s_own_requests_follow(village: Village, voulue: Separation, separer: Separer) -> None:
    village.cocher("noe", ajouts=[("repas", date(2026, 12, 17))])
    village.cocher("lea", ajouts=[("repas", date(2026, 12, 10))])
    noe, thomas = village.enfants["noe"], Auteur(Cote.FAMILLE, village.comptes["thomas"])
    with village.bd.session_ecriture() as session:
        contact = Contact(foyer_id=voulue.foyer_id, prenom="Jo", nom="Roux", telephone="+33639980013")
        session.add(contact)
        session.flush()
        session.add(ContactEnfant(contact_id=contact.id, enfant_id=noe, lien="grand_parent", peut_recuperer=True))
        # Her sister, of the same name and house, is somebody else.
        lou = Contact(foyer_id=voulue.foyer_id, prenom="Lou", nom="Roux", telephone="+33639980013")
        session.add(lou)
        session.flush()
        session.add(ContactEnfant(contact_id=lou.id, enfant_id=noe, lien="autre", peut_recuperer=False))
        for genre in ("situation", "coordonnees"):
            deposer(session, genre=genre, auteur=thomas, maintenant=MERCREDI_SOIR, contenu={}, foyer_id=voulue.foyer_id)
    assert prevoir(village, voulue).brouillons == 1
    la = separer(voulue)
    with village.bd.session_lecture() as session:
        contenu = session.scalars(select(Brouillon.contenu)).one()
        assert set(contenu) == {str(village.enfants["lea"])}
        lies = session.execute(
            select(Contact.foyer_id, Contact.prenom, ContactEnfant.peut_recuperer)
            .join(ContactEnfant, ContactEnfant.contact_id == Contact.id)
            .where(ContactEnfant.enfant_id == noe)
            .order_by(Contact.prenom)
        ).all()
        assert lies == [(la, "Jo", True), (la, "Lou", False)]
        foyers = dict(session.execute(select(Demarche.genre, Demarche.foyer_id)).all())
        assert foyers == {"situation": la, "coordonnees": voulue.foyer_id}


def test_a_known_foyer_takes_them_in_and_keeps_its_payer(
    village: Village, voulue: Separation, separer: Separer
) -> None:
    la = separer(voulue, vers=village.foyers["haddad"])
    assert la == village.foyers["haddad"]
    with village.bd.session_lecture() as session:
        assert session.get_one(Foyer, la).payeur_id == village.personnes["karim"]
        assert len(session.scalars(select(Responsable.personne_id).where(Responsable.foyer_id == la)).all()) == 2


@pytest.mark.parametrize(
    ("autres", "champ"),
    [
        ({"adultes": ()}, "adultes"),
        ({"adultes": (1, 2)}, "adultes"),
        ({"adultes": (5,)}, "adultes"),
        ({"du": MERCREDI_SOIR.date() - timedelta(days=1)}, "du"),
        ({"adresse": ""}, "adresse"),
        ({"vers": 3}, "vers"),
        ({"vers": 1}, "vers"),
        ({"vers": 999999}, "vers"),
        ({"enfants": {1: "alternee"}}, "enfant-1"),
        ({"enfants": {2: "alternee"}}, "enfant-2"),
        ({"enfants": {4: "part"}}, "enfant-4"),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused_beside_its_field(
    village: Village, voulue: Separation, separer: Separer, autres: dict[str, Any], champ: str
) -> None:
    """Camille 1, Thomas 2, Karim 5; foyers Morel 1, Petit 3 of two adults; Léa 1 of two homes, Noé 2, Yanis 4."""
    avant = village.photographier()
    with pytest.raises(RegleViolee) as refus:
        separer(voulue, **autres)
    assert refus.value.champ == champ
    assert village.photographier() == avant


def test_the_day_said_is_the_first_that_the_other_home_pays(
    village: Village, voulue: Separation, separer: Separer
) -> None:
    la = separer(voulue, du=date(2026, 12, 3))
    payes = {jour: foyer for _, _, jour, foyer, _ in _reservations(village, la)}
    assert payes[date(2026, 12, 1)] == "ici"
    assert payes[date(2026, 12, 3)] == "la"
