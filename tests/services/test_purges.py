"""What goes when, what stays, and that a purge can stop anywhere and be run again."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update

from portail_famille.config import ReglagesConservation
from portail_famille.gateways.chiffre import Chiffre
from portail_famille.gateways.coffre import CoffreDisque
from portail_famille.models.activites import Inscription
from portail_famille.models.comptes import Compte, DemandeLien, JetonCompte, RoleAgent, SessionCompte
from portail_famille.models.courriels import Courriel
from portail_famille.models.demarches import Demarche, DemarchePiece
from portail_famille.models.documents import Piece
from portail_famille.models.foyers import (
    Autorisation,
    AutoriteParentale,
    Contact,
    ContactEnfant,
    Enfant,
    Foyer,
    Personne,
    Rattachement,
    Sante,
)
from portail_famille.models.journal import ActeJournal
from portail_famille.models.quotients import QuotientFamilial
from portail_famille.models.reservations import Recu, Reservation
from portail_famille.models.suivi import EvenementSecurite, TentativeConnexion
from portail_famille.services import purges
from portail_famille.services.purges import Terme, noter_purge, objets_a_jeter, objets_manquants
from portail_famille.services.purges_foyers import ETAPES
from tests.support.purges import purger, terme
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import JEUDI, Village

UN_JOUR = timedelta(days=1)
DANS_DEUX_ANS = datetime(2028, 12, 2, 17, 0, tzinfo=UTC)
DANS_DOUZE_ANS = datetime(2038, 12, 2, 17, 0, tzinfo=UTC)


def compter(village: Village, modele: Any, *ou: Any) -> int:
    with village.bd.session_lecture() as session:
        return session.scalar(select(func.count()).select_from(modele).where(*ou)) or 0


def ajouter(village: Village, *lignes: Any) -> None:
    with village.bd.session_ecriture() as session:
        session.add_all(lignes)


def test_a_quiet_village_has_nothing_to_purge(village: Village) -> None:
    avant = village.photographier()
    assert purger(village, terme()) == {}
    assert village.photographier() == avant


LIMITE = datetime(2025, 12, 1, 23, 0, tzinfo=UTC)
"""Midnight of 2 December 2025 in Paris: twelve months before."""


def _evenement(a_utc: datetime, village: Village) -> EvenementSecurite:
    return EvenementSecurite(a_utc=a_utc, genre="connexion", compte_id=village.comptes["camille"])


def _session(vue: datetime, fermee: datetime | None, village: Village) -> SessionCompte:
    return SessionCompte(
        compte_id=village.comptes["camille"],
        empreinte_jeton=f"{vue}{fermee}",
        ouverte_utc=vue,
        vue_utc=vue,
        fermee_utc=fermee,
    )


def _courriel(etat: str, cree: datetime, village: Village) -> Courriel:
    return Courriel(
        message_id=f"{etat}{cree}",
        destinataire="camille@courriel.example",
        objet="Objet",
        corps_texte="texte",
        corps_html="<p>texte</p>",
        etat=etat,
        prochain_essai_utc=cree,
        cree_utc=cree,
    )


def _jeton(expire: datetime, village: Village) -> JetonCompte:
    return JetonCompte(
        compte_id=village.comptes["camille"],
        genre="activation",
        empreinte=str(expire),
        empreinte_code="",
        cree_utc=expire - UN_JOUR,
        expire_utc=expire,
    )


def _acte(a_utc: datetime, village: Village) -> ActeJournal:
    return ActeJournal(a_utc=a_utc, cote="agent", action="foyer_vu", foyer_id=village.foyers["morel"], details={})


def test_security_journal_goes_on_its_day_and_not_before(village: Village) -> None:
    ajouter(village, _evenement(LIMITE - timedelta(seconds=1), village), _evenement(LIMITE, village))
    assert purger(village, terme()) == {"lignes du journal de sécurité": 1}
    assert compter(village, EvenementSecurite) == 1


def test_closed_and_forgotten_sessions_go_and_a_durable_one_stays(village: Village) -> None:
    vieux = LIMITE - UN_JOUR
    ajouter(
        village,
        _session(vieux, vieux, village),
        _session(vieux - UN_JOUR, None, village),
        _session(vieux, LIMITE, village),
        _session(MERCREDI_SOIR - timedelta(days=200), None, village),
    )
    assert purger(village, terme()) == {"connexions terminées": 2}
    longue = Terme(MERCREDI_SOIR, ReglagesConservation(journal_mois=6), durable_jours=365)
    ajouter(village, _session(MERCREDI_SOIR - timedelta(days=364), None, village))
    assert purger(village, longue) == {"connexions terminées": 1}
    assert compter(village, SessionCompte, SessionCompte.fermee_utc.is_(None)) == 2


def test_mails_lose_their_text_after_a_month_and_go_after_the_period(village: Village) -> None:
    ajouter(
        village,
        _courriel("envoye", LIMITE - UN_JOUR, village),
        _courriel("abandonne", MERCREDI_SOIR - timedelta(days=31), village),
        _courriel("envoye", MERCREDI_SOIR - timedelta(days=29), village),
        _courriel("a_envoyer", LIMITE - UN_JOUR, village),
    )
    assert purger(village, terme()) == {"mails envoyés": 1, "textes de mails envoyés": 1}
    with village.bd.session_lecture() as session:
        textes = session.execute(select(Courriel.etat, Courriel.corps_texte, Courriel.objet).order_by(Courriel.id))
        assert [tuple(t) for t in textes] == [
            ("abandonne", "", "Objet"),
            ("envoye", "texte", "Objet"),
            ("a_envoyer", "texte", "Objet"),
        ]


def test_links_attempts_and_what_was_typed_go(village: Village) -> None:
    ajouter(
        village,
        _jeton(MERCREDI_SOIR - timedelta(days=31), village),
        _jeton(MERCREDI_SOIR - timedelta(days=29), village),
        DemandeLien(saisie="", a_utc=MERCREDI_SOIR - timedelta(days=31), traitee_utc=MERCREDI_SOIR),
        DemandeLien(saisie="camille", a_utc=MERCREDI_SOIR),
        TentativeConnexion(cle="a", a_utc=MERCREDI_SOIR - timedelta(hours=25)),
        TentativeConnexion(cle="a", a_utc=MERCREDI_SOIR - timedelta(hours=1)),
    )
    assert purger(village, terme()) == {"liens expirés": 1, "demandes de lien": 1, "essais de connexion": 1}


def test_the_journal_of_files_and_decided_requests_have_their_own_periods(village: Village) -> None:
    ajouter(
        village,
        _acte(datetime(2023, 12, 1, tzinfo=UTC), village),
        _acte(datetime(2023, 12, 3, tzinfo=UTC), village),
        _demarche("D1", datetime(2024, 12, 1, tzinfo=UTC), village),
        _demarche("D2", datetime(2024, 12, 3, tzinfo=UTC), village),
        _demarche("D3", None, village),
    )
    assert purger(village, terme()) == {"lignes du journal des dossiers": 1, "demandes terminées": 1}
    with village.bd.session_lecture() as session:
        assert set(session.scalars(select(Demarche.numero))) == {"D2", "D3"}


def _demarche(numero: str, decidee: datetime | None, village: Village, foyer: str = "morel") -> Demarche:
    return Demarche(
        numero=numero,
        genre="coordonnees",
        etat="acceptee" if decidee else "deposee",
        foyer_id=village.foyers[foyer],
        avant={},
        contenu={},
        deposee_utc=datetime(2023, 1, 1, tzinfo=UTC),
        modifiee_utc=datetime(2023, 1, 1, tzinfo=UTC),
        decidee_utc=decidee,
    )


def _piece(village: Village, objet: str, *, foyer: str = "morel", retiree: datetime | None = None) -> Piece:
    return Piece(
        foyer_id=village.foyers[foyer],
        genre="rib",
        nom=f"{objet[:4]}.pdf",
        type_mime="application/pdf",
        taille=3,
        objet=objet,
        deposee_utc=MERCREDI_SOIR,
        retiree_utc=retiree,
    )


@pytest.fixture
def coffre(tmp_path: Path) -> CoffreDisque:
    return CoffreDisque(tmp_path / "coffre", Chiffre("clé des tests, sans valeur ailleurs : 0123456789"))


def test_a_withdrawn_document_loses_its_bytes_and_its_row_unless_a_request_names_it(
    village: Village, coffre: CoffreDisque
) -> None:
    gardee, jointe, retiree, perdue = (coffre.put(f"octets {n}".encode()) for n in range(4))
    piece = _piece(village, jointe, retiree=MERCREDI_SOIR)
    demarche = _demarche("D1", None, village)
    ajouter(village, _piece(village, gardee), piece, _piece(village, retiree, retiree=MERCREDI_SOIR), demarche)
    ajouter(village, DemarchePiece(demarche_id=demarche.id, piece_id=piece.id))
    assert purger(village, terme()) == {"documents retirés ou remplacés": 1}
    demain = datetime.now(UTC) + 2 * UN_JOUR
    with village.bd.session_lecture() as session:
        assert set(session.scalars(select(Piece.objet))) == {gardee, jointe}
        assert set(objets_a_jeter(session, coffre, demain)) == {jointe, retiree, perdue}
        assert objets_a_jeter(session, coffre, datetime.now(UTC)) == []
        assert objets_manquants(session, coffre, datetime.now(UTC)) == []
        coffre.delete(gardee)
        assert len(objets_manquants(session, coffre, datetime.now(UTC))) == 1


def test_a_former_version_goes_when_no_request_needs_it_and_its_successor_after_it(
    village: Village, coffre: CoffreDisque
) -> None:
    """The newer one was taken out as well: the former, which a request goes with, still says that it replaced it."""
    jointe, seule, actuelle, derniere = (coffre.put(f"octets {n}".encode()) for n in range(4))
    nouvelle, courante = _piece(village, actuelle, retiree=MERCREDI_SOIR), _piece(village, derniere)
    ajouter(village, nouvelle, courante)
    ancienne, oubliee = _piece(village, jointe), _piece(village, seule)
    ancienne.remplacee_par, oubliee.remplacee_par = nouvelle.id, courante.id
    demarche = _demarche("D1", None, village)
    ajouter(village, ancienne, oubliee, demarche)
    ajouter(village, DemarchePiece(demarche_id=demarche.id, piece_id=ancienne.id))
    assert purger(village, terme()) == {"documents retirés ou remplacés": 1}
    with village.bd.session_ecriture() as session:
        assert set(session.scalars(select(Piece.objet))) == {jointe, actuelle, derniere}
        session.execute(delete(DemarchePiece))
    assert purger(village, terme()) == {"documents retirés ou remplacés": 2}
    with village.bd.session_lecture() as session:
        assert list(session.scalars(select(Piece.objet))) == [derniere]


def test_a_compte_never_activated_goes_but_not_the_person_nor_an_agent(village: Village) -> None:
    with village.bd.session_ecriture() as session:
        vieux = datetime(2025, 11, 1, tzinfo=UTC)
        jamais = [village.comptes[qui] for qui in ("thomas", "nadia")]
        session.execute(update(Compte).where(Compte.id.in_(jamais)).values(active_utc=None, cree_utc=vieux))
        session.execute(
            update(Compte).where(Compte.id == village.comptes["karim"]).values(active_utc=None, cree_utc=MERCREDI_SOIR)
        )
        session.add(RoleAgent(compte_id=village.comptes["nadia"], role="lecture"))
        jeton = _jeton(MERCREDI_SOIR, village)
        jeton.compte_id = village.comptes["thomas"]
        session.add(jeton)
    assert purger(village, terme()) == {"comptes jamais activés": 1}
    with village.bd.session_lecture() as session:
        assert session.get(Compte, village.comptes["thomas"]) is None
        assert session.get(Personne, village.personnes["thomas"]) is not None


@pytest.fixture
def parti(village: Village) -> Village:
    """Morel – Le Gall left on 2 December 2026, with a receipt, a contact, health, a document, a request."""
    village.cocher("noe", [("repas", JEUDI)])
    village.valider()
    with village.bd.session_ecriture() as session:
        session.execute(
            update(Foyer)
            .where(Foyer.id == village.foyers["morel"])
            .values(parti_le=MERCREDI_SOIR.date(), adresse="3 rue des Lilas", reference="F1")
        )
        session.execute(
            update(Personne).where(Personne.id == village.personnes["camille"]).values(telephone="+33611111111")
        )
        for nom in ("lea", "noe"):
            contact = Contact(foyer_id=village.foyers["morel"], prenom="O", nom="P", telephone="+33622222222")
            session.add(contact)
            session.flush()
            session.add(ContactEnfant(contact_id=contact.id, enfant_id=village.enfants[nom], lien="ami"))
            session.add(Sante(enfant_id=village.enfants[nom], contenu_chiffre=b"\x01", modifie_utc=MERCREDI_SOIR))
            session.add(
                Autorisation(
                    enfant_id=village.enfants[nom],
                    genre="image",
                    est_accordee=True,
                    personne_id=village.personnes["camille"],
                    a_utc=MERCREDI_SOIR,
                )
            )
        piece, demarche = _piece(village, "ab" * 20), _demarche("D1", None, village)
        session.add_all([piece, demarche, _session(MERCREDI_SOIR, None, village)])
        session.flush()
        session.add(DemarchePiece(demarche_id=demarche.id, piece_id=piece.id))
    return village


def test_a_foyer_that_left_stays_whole_until_its_period_ends(parti: Village) -> None:
    foyer = parti.foyers["morel"]
    purger(parti, terme(datetime(2027, 12, 2, 17, 0, tzinfo=UTC)))
    assert compter(parti, Contact, Contact.foyer_id == foyer) == 2
    purger(parti, terme(datetime(2027, 12, 3, 17, 0, tzinfo=UTC)))
    assert compter(parti, Contact, Contact.foyer_id == foyer) == 0


def test_a_foyer_with_a_child_still_enrolled_stays_whole(parti: Village) -> None:
    with parti.bd.session_ecriture() as session:
        session.execute(
            update(Inscription).where(Inscription.foyer_id == parti.foyers["morel"]).values(au=date(2030, 7, 1))
        )
    purger(parti, terme(DANS_DEUX_ANS))
    assert compter(parti, Contact, Contact.foyer_id == parti.foyers["morel"]) == 2


def test_what_is_left_of_a_foyer_is_what_justifies_its_invoices(parti: Village) -> None:
    purger(parti, terme(DANS_DEUX_ANS))
    morel = parti.foyers["morel"]
    with parti.bd.session_lecture() as session:
        foyer = session.get_one(Foyer, morel)
        assert (foyer.nom, foyer.adresse, foyer.ville, foyer.reference) == ("Morel – Le Gall", "", "", None)
        camille = session.get_one(Personne, parti.personnes["camille"])
        assert (camille.prenom, camille.nom) == ("Camille", "Morel")
        assert (camille.courriel, camille.telephone) == (None, None)
        compte = session.get_one(Compte, parti.comptes["camille"])
        assert (compte.identifiant, compte.est_actif) == (f"efface:{compte.id}", False)
        assert compte.empreinte_mot_de_passe == ""
        assert session.get(Compte, parti.comptes["thomas"]) is None
    assert compter(parti, SessionCompte) == 0
    assert compter(parti, Piece) == 0
    assert compter(parti, Demarche) == 0
    assert compter(parti, Recu) == 1
    assert compter(parti, QuotientFamilial, QuotientFamilial.foyer_id == morel) == 2
    assert compter(parti, Reservation, Reservation.foyer_id == morel) == 6


def test_a_child_who_lives_on_in_the_other_foyer_keeps_everything(parti: Village) -> None:
    purger(parti, terme(DANS_DEUX_ANS))
    lea, noe = parti.enfants["lea"], parti.enfants["noe"]
    assert compter(parti, Sante, Sante.enfant_id == lea) == 1
    assert compter(parti, Autorisation, Autorisation.enfant_id == lea) == 1
    assert compter(parti, AutoriteParentale, AutoriteParentale.enfant_id == lea) == 2
    assert compter(parti, Sante, Sante.enfant_id == noe) == 0
    assert compter(parti, Autorisation, Autorisation.enfant_id == noe) == 0
    assert compter(parti, AutoriteParentale, AutoriteParentale.enfant_id == noe) == 0
    with parti.bd.session_lecture() as session:
        assert session.get_one(Enfant, lea).structure_id is not None
        assert session.get_one(Enfant, noe).structure_id is None
        assert session.get_one(Enfant, noe).prenom == "Noé"


def test_a_parent_of_another_foyer_that_stays_keeps_her_login(village: Village) -> None:
    with village.bd.session_ecriture() as session:
        session.execute(update(Foyer).where(Foyer.id == village.foyers["ferrand"]).values(parti_le=date(2026, 12, 2)))
    purger(village, terme(DANS_DEUX_ANS))
    with village.bd.session_lecture() as session:
        assert session.get_one(Compte, village.comptes["julien"]).identifiant == "julien.ferrand"
        assert session.get_one(Personne, village.personnes["julien"]).courriel is not None


def test_an_agent_whose_foyer_left_keeps_her_login(parti: Village) -> None:
    ajouter(parti, RoleAgent(compte_id=parti.comptes["camille"], role="lecture"))
    purger(parti, terme(DANS_DEUX_ANS))
    with parti.bd.session_lecture() as session:
        assert session.get_one(Compte, parti.comptes["camille"]).identifiant == "camille.morel"


def test_ten_years_later_nothing_is_left_of_a_foyer_that_left(parti: Village) -> None:
    purger(parti, terme(DANS_DEUX_ANS))
    purger(parti, terme(DANS_DOUZE_ANS))
    with parti.bd.session_lecture() as session:
        assert session.get(Foyer, parti.foyers["morel"]) is None
        assert session.get(Enfant, parti.enfants["noe"]) is None
        assert session.get(Personne, parti.personnes["thomas"]) is None
        # Camille's name stays as long as Léa's file does: she holds parental authority over her.
        assert session.get_one(Personne, parti.personnes["camille"]).courriel is None
        assert session.get(Compte, parti.comptes["camille"]) is None
        assert session.get(Foyer, parti.foyers["haddad"]) is not None
        assert session.get(Enfant, parti.enfants["lea"]) is not None
    assert compter(parti, Recu) == 0
    assert compter(parti, Reservation) == 0


def test_bookings_of_those_who_stay_go_too_after_ten_years(village: Village) -> None:
    purger(village, terme(datetime(2036, 12, 4, 17, 0, tzinfo=UTC)))
    restantes = {jour for _, _, jour, _, _ in village.reservations()}
    assert min(restantes) == date(2026, 12, 7)
    assert compter(village, Rattachement) == 9


def test_a_child_of_no_foyer_goes_once_enrolled_nowhere_for_the_period(village: Village) -> None:
    yanis = village.enfants["yanis"]
    ajouter(village, Sante(enfant_id=yanis, contenu_chiffre=b"\x01", modifie_utc=MERCREDI_SOIR))
    with village.bd.session_ecriture() as session:
        session.delete(session.get_one(Rattachement, (village.foyers["haddad"], yanis)))
    purger(village, terme(datetime(2028, 7, 2, 17, 0, tzinfo=UTC)))
    assert compter(village, Sante) == 1
    purger(village, terme(datetime(2028, 7, 3, 17, 0, tzinfo=UTC)))
    assert compter(village, Sante) == 0


def test_run_again_nothing_is_left_to_do(parti: Village) -> None:
    premiere = purger(parti, terme(DANS_DEUX_ANS))
    assert premiere
    photo = parti.photographier(sauf=())
    assert purger(parti, terme(DANS_DEUX_ANS)) == {}
    assert parti.photographier(sauf=()) == photo


def test_stopped_anywhere_and_run_again_it_ends_the_same(parti: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch of one row, stopped after each number of batches: what a full disk or a power cut does."""
    monkeypatch.setattr(purges, "LOT", 1)
    quand = terme(DANS_DEUX_ANS)
    for coups in (1, 4, 9, 15):
        restants = iter(range(coups))
        for etape in ETAPES:
            while next(restants, None) is not None:
                with parti.bd.session_ecriture() as session:
                    if not etape.passer(session, quand):
                        break
    purger(parti, quand)
    assert purger(parti, quand) == {}
    assert compter(parti, Contact, Contact.foyer_id == parti.foyers["morel"]) == 0


def test_a_dry_run_counts_what_the_purge_erases(parti: Village) -> None:
    quand = terme(DANS_DOUZE_ANS)
    photo = parti.photographier(sauf=())
    with parti.bd.ouvrir_ecriture() as session:
        essai = {etape.libelle: total for etape in ETAPES if (total := sum(_lots(etape, session, quand)))}
        session.rollback()
    assert parti.photographier(sauf=()) == photo
    assert essai == purger(parti, quand)


def _lots(etape: purges.Etape, session: Any, quand: Terme) -> Iterator[int]:
    while nombre := etape.passer(session, quand):
        yield nombre


def test_a_purge_leaves_its_line_in_the_journal_when_something_went(village: Village) -> None:
    with village.bd.session_ecriture() as session:
        noter_purge(session, {"contacts": 0}, MERCREDI_SOIR)
        noter_purge(session, {"contacts": 2, "reçus": 0}, MERCREDI_SOIR)
    with village.bd.session_lecture() as session:
        (acte,) = session.scalars(select(ActeJournal)).all()
    assert (acte.action, acte.cote, acte.details) == ("purge", "systeme", {"contacts": 2})
