"""What a demonstration promises: files that import, accounts that open, days that teach, whenever it is built."""

import re
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portail_famille.demonstration.fiches import FICHES
from portail_famille.demonstration.installation import (
    VILLES,
    PasUnExemple,
    exiger_exemple,
    lire_document,
    lire_etat,
    peupler,
)
from portail_famille.demonstration.portraits import Ville
from portail_famille.domain.catalogue import lire_catalogue
from portail_famille.domain.creneaux import relations
from portail_famille.domain.horloge import PARIS
from portail_famille.models import Base
from portail_famille.models.activites import Inscription
from portail_famille.models.bd import BD
from portail_famille.models.comptes import Compte
from portail_famille.models.foyers import AutoriteParentale, Enfant, Foyer, Personne, Rattachement, Responsable
from portail_famille.models.reservations import ETATS_OCCUPANTS, Brouillon, Reservation
from portail_famille.presentation.formats import telephone
from portail_famille.services.comptes import chercher_compte, est_bon_mot_de_passe
from portail_famille.services.regles import Regles, charger_regles
from tests.demonstration.conftest import Batir, reglages_de

UN_DIMANCHE = datetime(2026, 11, 22, 10, tzinfo=PARIS)
INSTANTS = (
    UN_DIMANCHE,
    datetime(2026, 12, 24, 9, tzinfo=PARIS),
    datetime(2027, 2, 10, 13, tzinfo=PARIS),
    datetime(2027, 5, 6, 8, tzinfo=PARIS),
    datetime(2027, 7, 15, 18, tzinfo=PARIS),
    datetime(2027, 8, 31, 23, 30, tzinfo=PARIS),
)
# What is built does not depend on the engine, as the test of three hundred foyers shows on both.
sur_sqlite = pytest.mark.parametrize("bd", ["sqlite"], indirect=True)
# Numbers that the ARCEP keeps for fiction.
_TELEPHONES_DE_FICTION = re.compile(r"(01 99 00|02 61 91|03 53 01|04 65 71|05 36 49|06 39 98) \d\d \d\d")


@pytest.mark.parametrize("ville", VILLES.values(), ids=VILLES)
def test_each_file_of_activities_is_read_without_error_or_warning(ville: Ville) -> None:
    assert lire_catalogue(lire_document(ville)).avertissements == ()


@pytest.mark.parametrize("ville", VILLES.values(), ids=VILLES)
def test_telephones_and_mails_of_a_demonstration_belong_to_nobody(ville: Ville) -> None:
    structures = lire_catalogue(lire_document(ville)).structures.values()
    telephones = [ville.telephone, *(a.telephone for a in ville.adultes), *(s.telephone or "" for s in structures)]
    telephones += [telephone(contact.telephone) for f in FICHES[ville.slug] for _, contact in f.contacts]
    telephones += [telephone(sante.medecin_telephone) for f in FICHES[ville.slug] for sante in f.santes.values()]
    courriels = [ville.courriel, *(a.courriel for a in ville.adultes), *(s.courriel for s in structures)]
    assert [numero for numero in telephones if numero and not _TELEPHONES_DE_FICTION.fullmatch(numero)] == []
    assert [adresse for adresse in courriels if adresse and not adresse.endswith(".example")] == []


@sur_sqlite
@pytest.mark.parametrize("slug", VILLES)
def test_every_account_of_a_demonstration_can_log_in(bd: BD, batir_ville: Batir, slug: str) -> None:
    ville = batir_ville(slug, UN_DIMANCHE, figurants=0)
    with bd.session_lecture() as session:
        mots_de_passe = {adulte.identifiant: adulte.mot_de_passe for adulte in ville.adultes if adulte.mot_de_passe}
        mots_de_passe |= {agent.identifiant: agent.mot_de_passe for agent in ville.agents}
        for identifiant, mot_de_passe in mots_de_passe.items():
            assert est_bon_mot_de_passe(chercher_compte(session, identifiant), mot_de_passe), identifiant
        assert lire_etat(session).batie_utc == UN_DIMANCHE


@sur_sqlite
@pytest.mark.parametrize("slug", VILLES)
def test_every_account_belongs_to_a_foyer_with_a_child_it_may_see(bd: BD, batir_ville: Batir, slug: str) -> None:
    ville = batir_ville(slug, UN_DIMANCHE, figurants=0)
    with bd.session_lecture() as session:
        visibles = set(
            session.scalars(
                select(Personne.nom + Personne.prenom)
                .join(Responsable, Responsable.personne_id == Personne.id)
                .join(Rattachement, Rattachement.foyer_id == Responsable.foyer_id)
                .join(
                    AutoriteParentale,
                    (AutoriteParentale.personne_id == Personne.id)
                    & (AutoriteParentale.enfant_id == Rattachement.enfant_id),
                )
            )
        )
    assert {adulte.nom + adulte.prenom for adulte in ville.adultes if adulte.identifiant} == visibles - {
        adulte.nom + adulte.prenom for adulte in ville.adultes if not adulte.identifiant
    }


@sur_sqlite
@pytest.mark.parametrize("maintenant", INSTANTS, ids=lambda instant: f"{instant:%Y-%m-%d}")
@pytest.mark.parametrize("slug", VILLES)
def test_a_demonstration_is_never_stale(bd: BD, batir_ville: Batir, slug: str, maintenant: datetime) -> None:
    """Until a fortnight after the build: days to book, days booked, days booked long ago, a full day ahead."""
    ville = batir_ville(slug, maintenant)
    with bd.session_lecture() as session:
        regles = charger_regles(session, {}, ville.zone)
        for instant in (maintenant, maintenant + timedelta(days=14)):
            jour = instant.astimezone(PARIS).date()
            for foyer_id, nom in session.execute(
                select(Foyer.id, Foyer.nom).where(Foyer.id.in_(_foyers_nommes(session)))
            ).all():
                assert _jours_reserves(session, foyer_id, jour) > 0, (nom, instant)
                assert _jours_reservables(session, regles, foyer_id, instant) >= 5 or _en_lecture(
                    session, regles, foyer_id
                ), (nom, instant)
        complets = _jours_complets(session, regles, maintenant.astimezone(PARIS).date() + timedelta(days=14))
        passes = session.scalar(select(func.count()).where(Reservation.jour < maintenant.date()))
    assert complets
    assert passes


@sur_sqlite
@pytest.mark.parametrize(
    "maintenant",
    [
        *INSTANTS,
        *(
            datetime(2026, 11, 23, heure, 45, tzinfo=PARIS) + timedelta(days=n)
            for n in range(5)
            for heure in (7, 10, 23)
        ),
    ],
    ids=lambda instant: f"{instant:%Y-%m-%d-%H}",
)
def test_a_late_meal_is_left_to_book_whenever_one_is_accepted(bd: BD, batir_ville: Batir, maintenant: datetime) -> None:
    ville = batir_ville("roselac", maintenant, figurants=0)
    with bd.session_lecture() as session:
        regles = charger_regles(session, {}, ville.zone)
        gabin, foyer_id = session.execute(
            select(Enfant.id, Rattachement.foyer_id)
            .join(Rattachement, Rattachement.enfant_id == Enfant.id)
            .where(Enfant.prenom == "Gabin", Enfant.nom == "Perrin")
        ).one()
        reserves = set(
            session.scalars(
                select(Reservation.jour).where(
                    Reservation.enfant_id == gabin, Reservation.unite_id == regles.unite_ids["repas"]
                )
            )
        )
        inscrit = [
            jour
            for i in _inscriptions(session, foyer_id)
            if i.enfant_id == gabin and regles.activites[i.activite_id] == "restaurant"
            for rang in range(70)
            if i.du <= (jour := maintenant.date() + timedelta(days=rang)) <= i.au
        ]
    lieu = ("repas", "ecole-du-ponton")
    tardifs = {
        jour
        for jour in inscrit
        if regles.ouverture(*lieu, jour).ouvert
        and (ajout := regles.limite_ajout(*lieu, jour)) is not None
        and (tardive := regles.limite_hors_delai(*lieu, jour)) is not None
        and ajout <= maintenant < tardive
    }
    assert tardifs, "the previous school day at 10:00 is past, today at 8:30 is not: one such day at each of these"
    assert tardifs - reserves
    assert {jour for jour in reserves if jour > maintenant.date()}, "the others are booked"


@sur_sqlite
@pytest.mark.parametrize("slug", VILLES)
def test_no_capacity_of_a_demonstration_is_overfilled(bd: BD, batir_ville: Batir, slug: str) -> None:
    ville = batir_ville(slug, UN_DIMANCHE, figurants=150)
    with bd.session_lecture() as session:
        regles = charger_regles(session, {}, ville.zone)
        occupation = _occupation(session, regles)
    trop = {cle: prises for cle, prises in occupation.items() if prises > regles.catalogue.jauges[cle[0]].places}
    assert trop == {}
    assert any(prises == regles.catalogue.jauges[jauge].places for (jauge, _), prises in occupation.items())


@sur_sqlite
@pytest.mark.parametrize("slug", VILLES)
def test_invented_bookings_are_all_on_open_days_of_an_enrolment(bd: BD, batir_ville: Batir, slug: str) -> None:
    ville = batir_ville(slug, UN_DIMANCHE, figurants=20)
    with bd.session_lecture() as session:
        regles = charger_regles(session, {}, ville.zone)
        inscrits = {
            tuple(ligne)
            for ligne in session.execute(
                select(Inscription.enfant_id, Inscription.activite_id, Inscription.structure_id, Inscription.foyer_id)
            )
        }
        for reservation in session.scalars(select(Reservation)):
            unite, structure = regles.unites[reservation.unite_id], regles.structures[reservation.structure_id]
            activite_id = regles.activite_ids[regles.catalogue.unites[unite].activite]
            # The strike of the coming week closes its day, and cancels what was booked on it.
            assert regles.ouverture(unite, structure, reservation.jour).ouvert or reservation.etat == "annulee"
            assert (reservation.enfant_id, activite_id, reservation.structure_id, reservation.foyer_id) in inscrits


@sur_sqlite
def test_units_that_exclude_each_other_are_never_both_booked(bd: BD, batir_ville: Batir) -> None:
    ville = batir_ville("saint-rivage", UN_DIMANCHE, figurants=60)
    jours: dict[tuple[int, date], set[str]] = {}
    with bd.session_lecture() as session:
        regles = charger_regles(session, {}, ville.zone)
        for enfant_id, jour, unite_id in session.execute(
            select(Reservation.enfant_id, Reservation.jour, Reservation.unite_id)
        ):
            jours.setdefault((enfant_id, jour), set()).add(regles.unites[unite_id])
    exclut = {code: unite.exclut for code, unite in regles.catalogue.unites.items()}
    exige = {code: unite.exige for code, unite in regles.catalogue.unites.items()}
    for unites in jours.values():
        assert relations(frozenset(), frozenset(unites), frozenset(), exclut, exige) == {}


@sur_sqlite
def test_the_weeks_of_a_child_in_garde_alternee_are_booked_by_one_foyer_each(bd: BD, batir_ville: Batir) -> None:
    batir_ville("saint-rivage", UN_DIMANCHE, figurants=0)
    with bd.session_lecture() as session:
        lea = session.scalar(select(Enfant.id).where(Enfant.prenom == "Léa", Enfant.nom == "Ferrand"))
        semaines: dict[tuple[int, int], set[int]] = {}
        for jour, foyer_id in session.execute(
            select(Reservation.jour, Reservation.foyer_id).where(Reservation.enfant_id == lea)
        ):
            semaines.setdefault(jour.isocalendar()[:2], set()).add(foyer_id)
        foyers = session.scalar(select(func.count()).where(Rattachement.enfant_id == lea))
    assert foyers == 2
    assert {len(ids) for ids in semaines.values()} == {1}
    assert len({next(iter(ids)) for ids in semaines.values()}) == 2


@sur_sqlite
def test_no_draft_waits_in_a_new_demonstration(bd: BD, batir_ville: Batir) -> None:
    batir_ville("roselac", UN_DIMANCHE, figurants=0)
    with bd.session_lecture() as session:
        assert session.scalar(select(func.count()).select_from(Brouillon)) == 0


def test_three_hundred_foyers_are_the_same_from_the_same_seed(bd: BD, batir_ville: Batir, tmp_path: Path) -> None:
    batir_ville("saint-rivage", UN_DIMANCHE, figurants=300)
    autre = BD(f"sqlite:///{tmp_path / 'autre.sqlite3'}")
    Base.metadata.create_all(autre.ecriture)
    ville = VILLES["saint-rivage"]
    peupler(autre, reglages_de(ville, tmp_path), ville, UN_DIMANCHE, 300)
    with bd.session_lecture() as une, autre.session_lecture() as deux:
        assert _empreinte(une) == _empreinte(deux)
    autre.fermer()


def test_a_real_town_never_receives_invented_families(tmp_path: Path) -> None:
    with pytest.raises(PasUnExemple):
        exiger_exemple(reglages_de(VILLES["saint-rivage"], tmp_path, est_exemple=False))


def _foyers_nommes(session: Session) -> list[int]:
    """Foyers of which a responsable has a compte."""
    return list(
        session.scalars(
            select(Responsable.foyer_id).join(Compte, Compte.personne_id == Responsable.personne_id).distinct()
        )
    )


def _jours_reserves(session: Session, foyer_id: int, depuis: date) -> int:
    compte = select(func.count()).where(Reservation.foyer_id == foyer_id, Reservation.jour > depuis)
    return session.scalar(compte) or 0


def _inscriptions(session: Session, foyer_id: int) -> list[Inscription]:
    return list(session.scalars(select(Inscription).where(Inscription.foyer_id == foyer_id)))


def _en_lecture(session: Session, regles: Regles, foyer_id: int) -> bool:
    structures = {regles.structures[i.structure_id] for i in _inscriptions(session, foyer_id)}
    return all(regles.catalogue.structures[code].est_en_lecture for code in structures)


def _jours_reservables(session: Session, regles: Regles, foyer_id: int, maintenant: datetime) -> int:
    """Days of the coming seventy on which at least one unit can be added."""
    jours: set[date] = set()
    for inscription in _inscriptions(session, foyer_id):
        structure = regles.structures[inscription.structure_id]
        for unite in regles.catalogue.activites[regles.activites[inscription.activite_id]].unites:
            for rang in range(70):
                jour = maintenant.date() + timedelta(days=rang)
                limite = regles.limite_ajout(unite, structure, jour)
                if (
                    inscription.du <= jour <= inscription.au
                    and regles.ouverture(unite, structure, jour).ouvert
                    and (limite is None or maintenant < limite)
                ):
                    jours.add(jour)
    return len(jours)


def _occupation(session: Session, regles: Regles) -> Counter[tuple[str, date]]:
    occupation: Counter[tuple[str, date]] = Counter()
    for unite_id, structure_id, jour in session.execute(
        select(Reservation.unite_id, Reservation.structure_id, Reservation.jour).where(
            Reservation.etat.in_(ETATS_OCCUPANTS)
        )
    ):
        for jauge in regles.catalogue.jauges_de(regles.unites[unite_id], regles.structures[structure_id]):
            occupation[jauge.code, jour] += 1
    return occupation


def _jours_complets(session: Session, regles: Regles, depuis: date) -> list[date]:
    return [
        jour
        for (jauge, jour), prises in _occupation(session, regles).items()
        if jour > depuis and prises >= regles.catalogue.jauges[jauge].places
    ]


def _empreinte(session: Session) -> list[tuple[object, ...]]:
    lignes = session.execute(
        select(Enfant.nom, Enfant.prenom, Enfant.naissance, Reservation.jour, Reservation.unite_id, Reservation.etat)
        .join(Reservation, Reservation.enfant_id == Enfant.id)
        .order_by(Reservation.enfant_id, Reservation.jour, Reservation.unite_id)
    )
    return [tuple(ligne) for ligne in lignes]
