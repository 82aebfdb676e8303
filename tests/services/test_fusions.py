"""Doubles made one: what moves, what was there twice, and back, row for row."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portail_famille.config import ReglagesCommune
from portail_famille.domain.demarches import Cote
from portail_famille.domain.entourage import Sante
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.gateways.chiffre import Chiffre
from portail_famille.models.activites import Inscription
from portail_famille.models.base import Base
from portail_famille.models.comptes import Compte, SessionCompte
from portail_famille.models.courriels import Courriel
from portail_famille.models.foyers import (
    Autorisation,
    AutoriteParentale,
    Contact,
    ContactEnfant,
    Enfant,
    Foyer,
    Personne,
    Rattachement,
    Responsable,
)
from portail_famille.models.fusions import Fusion
from portail_famille.models.quotients import QuotientFamilial
from portail_famille.models.reservations import Reservation
from portail_famille.services.comptes import chercher_compte, ouvrir_session
from portail_famille.services.demarches import deposer
from portail_famille.services.doublons import TRAITEMENTS
from portail_famille.services.enfants import doublons_probables
from portail_famille.services.fusions import ANNULABLE, annuler_fusion, fusionner, preparer_fusion
from portail_famille.services.journal import Auteur
from portail_famille.services.perimetres import Perimetre, est_dans_le_perimetre
from portail_famille.services.rapprochement import lire_familles_connues
from portail_famille.services.recherches import chercher_foyers
from portail_famille.services.reunion import LAISSEES, TABLES, contraintes_uniques
from portail_famille.services.sante import lire_sante, modifier_sante
from tests.conftest import CLE_SECRETE
from tests.support.purges import purger, terme
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import LUNDI, MARDI, MERCREDI, RENTREE, Village

AGENT = Auteur(Cote.AGENT)
CHIFFRE = Chiffre(CLE_SECRETE)
SAUF = ("session_compte", "fusion", "acte_journal", "jeton_compte", "courriel")


@pytest.fixture
def doubles(village: Village) -> dict[str, dict[str, int]]:
    """The Morel family a second time, as a file imported twice makes it: same people, some other facts."""
    unite, cantine = village.unite("repas"), village.regles.activite_ids["cantine"]
    ecole = village.regles.structure_ids["ecole"]
    with village.bd.session_ecriture() as session:
        camille = Personne(
            prenom="Camille", nom="MOREL", courriel="camille2@courriel.example", telephone="+33639980012"
        )
        noe = Enfant(prenom="Noé", nom="Le Gall", naissance=date(2020, 9, 3), classe="GS", reference="ENF-9")
        session.add_all([camille, noe])
        session.flush()
        foyer = Foyer(
            nom="Morel bis", payeur_id=camille.id, adresse="3 quai Sud", code_postal="99999", ville="Le Village"
        )
        compte = Compte(
            personne_id=camille.id, identifiant="camille2", empreinte_mot_de_passe="", cree_utc=MERCREDI_SOIR,
            active_utc=MERCREDI_SOIR,
        )  # fmt: skip
        session.add_all([foyer, compte])
        session.flush()
        contact = Contact(foyer_id=foyer.id, prenom="Jo", nom="Roux", telephone="+33639980013")
        session.add_all(
            [
                contact,
                Responsable(foyer_id=foyer.id, personne_id=camille.id),
                Rattachement(foyer_id=foyer.id, enfant_id=noe.id),
                AutoriteParentale(personne_id=camille.id, enfant_id=noe.id, du=date(2021, 1, 1)),
                Inscription(
                    enfant_id=noe.id, activite_id=cantine, structure_id=ecole, foyer_id=foyer.id,
                    du=RENTREE - timedelta(days=30), au=date(2026, 12, 31),
                ),
                QuotientFamilial(foyer_id=foyer.id, valeur_centimes=70_000, du=date(2026, 6, 1)),
                *(
                    Reservation(
                        enfant_id=noe.id, unite_id=unite, jour=jour, structure_id=ecole, foyer_id=foyer.id,
                        etat="reservee", modifiee_utc=MERCREDI_SOIR,
                    )
                    for jour in (MARDI, MERCREDI)
                ),
                Autorisation(
                    enfant_id=noe.id, genre="image", est_accordee=False, personne_id=camille.id, a_utc=MERCREDI_SOIR
                ),
                Autorisation(
                    enfant_id=village.enfants["noe"], genre="image", est_accordee=True, a_utc=MERCREDI_SOIR - ANNULABLE,
                    personne_id=village.personnes["camille"],
                ),
            ]
        )  # fmt: skip
        session.flush()
        session.add(ContactEnfant(contact_id=contact.id, enfant_id=noe.id, lien="grand_parent", peut_recuperer=True))
        famille = Auteur(Cote.FAMILLE, compte.id)
        deposer(
            session, genre="question", auteur=famille, maintenant=MERCREDI_SOIR, contenu={"mot": "?"},
            foyer_id=foyer.id, personne_id=camille.id,
        )  # fmt: skip
        modifier_sante(
            session,
            CHIFFRE,
            enfant_id=noe.id,
            saisie=Sante(allergies="arachide"),
            empreinte_vue=Sante().empreinte,
            auteur=famille,
            maintenant=MERCREDI_SOIR,
            foyer_id=foyer.id,
        )
        ids = {"foyer": foyer.id, "personne": camille.id, "enfant": noe.id}
    village.cocher("noe", ajouts=[("repas", date(2026, 12, 17))])
    return {
        "garde": {
            "foyer": village.foyers["morel"],
            "personne": village.personnes["camille"],
            "enfant": village.enfants["noe"],
        },
        "fondu": ids,
    }


def reunir(
    session: Session, commune: ReglagesCommune, doubles: dict[str, dict[str, int]], genre: str, **choix: str
) -> Fusion:
    return fusionner(
        session, genre, doubles["garde"][genre], doubles["fondu"][genre], choix, AGENT, MERCREDI_SOIR,
        commune, CHIFFRE,
    )  # fmt: skip


def tout_reunir(village: Village, reglages: ReglagesCommune, doubles: dict[str, dict[str, int]]) -> list[int]:
    with village.bd.session_ecriture() as session:
        return [reunir(session, reglages, doubles, genre).id for genre in ("personne", "foyer", "enfant")]


def test_a_merge_undone_gives_the_database_back_row_for_row(
    village: Village, doubles: dict[str, dict[str, int]], reglages: ReglagesCommune
) -> None:
    """Every kind alone, then the three together, undone backwards."""
    avant = village.photographier(SAUF)
    for genre in ("personne", "enfant"):
        with village.bd.session_ecriture() as session:
            fusion = reunir(session, reglages, doubles, genre).id
        assert village.photographier(SAUF) != avant
        with village.bd.session_ecriture() as session:
            annuler_fusion(session, fusion, AGENT, MERCREDI_SOIR)
        assert village.photographier(SAUF) == avant
    for fusion in reversed(tout_reunir(village, reglages, doubles)):
        with village.bd.session_ecriture() as session:
            annuler_fusion(session, fusion, AGENT, MERCREDI_SOIR)
    assert village.photographier(SAUF) == avant


def test_nothing_refers_to_the_rows_that_went(
    village: Village, doubles: dict[str, dict[str, int]], reglages: ReglagesCommune
) -> None:
    """Read from the schema, as a table added later would be."""
    tout_reunir(village, reglages, doubles)
    with village.bd.session_lecture() as session:
        restes = {
            f"{autre.name}.{cle.parent.name}"
            for genre, fondu in doubles["fondu"].items()
            for autre in Base.metadata.sorted_tables
            for cle in autre.foreign_keys
            if cle.column.table is TABLES[genre]
            and session.scalar(select(func.count()).select_from(autre).where(cle.parent == fondu))
        }
    # The login that was closed stays with its person, to be opened again.
    assert restes == {"compte.personne_id"}


def test_what_was_there_twice_is_there_once(
    village: Village, doubles: dict[str, dict[str, int]], reglages: ReglagesCommune
) -> None:
    noe = doubles["garde"]["enfant"]
    tout_reunir(village, reglages, doubles)
    with village.bd.session_lecture() as session:
        jours = session.scalars(
            select(Reservation.jour).where(Reservation.enfant_id == noe, Reservation.jour >= LUNDI)
        ).all()
        assert sorted(jours) == [LUNDI, MARDI, MERCREDI]
        autorites = session.scalars(
            select(AutoriteParentale).where(
                AutoriteParentale.enfant_id == noe, AutoriteParentale.personne_id == doubles["garde"]["personne"]
            )
        ).all()
        assert [(a.du, a.au) for a in autorites] == [(date(2020, 9, 3), None)]
        cantine = village.regles.activite_ids["cantine"]
        inscriptions = session.scalars(
            select(Inscription).where(Inscription.enfant_id == noe, Inscription.activite_id == cantine)
        ).all()
        assert [(i.du, i.au) for i in inscriptions] == [(RENTREE - timedelta(days=30), date(2027, 7, 2))]
        en_vigueur = session.scalars(
            select(Autorisation.est_accordee).where(Autorisation.enfant_id == noe, Autorisation.fin_utc.is_(None))
        ).all()
        assert en_vigueur == [False]
        assert lire_sante(session, CHIFFRE, noe)[0].allergies == "arachide"
        assert session.get_one(Enfant, noe).reference == "ENF-9"


def test_the_agent_chooses_which_value_stays_and_an_empty_one_gives_way(
    village: Village, doubles: dict[str, dict[str, int]], reglages: ReglagesCommune
) -> None:
    with village.bd.session_ecriture() as session:
        reunir(session, reglages, doubles, "personne", courriel="fondu")
        garde = session.get_one(Personne, doubles["garde"]["personne"])
        assert (garde.courriel, garde.nom, garde.telephone) == ("camille2@courriel.example", "Morel", "+33639980012")


def test_one_login_is_left_and_the_other_opens_nothing(
    village: Village, doubles: dict[str, dict[str, int]], reglages: ReglagesCommune
) -> None:
    with village.bd.session_ecriture() as session:
        ferme = session.scalars(select(Compte.id).where(Compte.identifiant == "camille2")).one()
        ouvrir_session(session, ferme, MERCREDI_SOIR)
    with village.bd.session_ecriture() as session:
        fusion = reunir(session, reglages, doubles, "personne").id
        assert chercher_compte(session, "camille2") is None
        assert chercher_compte(session, "camille2@courriel.example") is None
        assert chercher_compte(session, "camille.morel") is not None
        assert session.scalars(select(SessionCompte.fermee_utc).where(SessionCompte.compte_id == ferme)).all() == [
            MERCREDI_SOIR
        ]
        adresses = session.scalars(select(Courriel.destinataire).where(Courriel.objet.like("%deux comptes%"))).all()
        assert sorted(adresses) == ["camille2@courriel.example", "camille@courriel.example"]
    with village.bd.session_ecriture() as session:
        annuler_fusion(session, fusion, AGENT, MERCREDI_SOIR)
        assert session.get_one(Compte, ferme).est_actif


@pytest.mark.parametrize("genre", ["foyer", "personne", "enfant"])
def test_a_row_already_merged_is_merged_no_more(
    village: Village, doubles: dict[str, dict[str, int]], reglages: ReglagesCommune, genre: str
) -> None:
    tout_reunir(village, reglages, doubles)
    with village.bd.session_ecriture() as session, pytest.raises(RegleViolee, match="déjà été fusionnée"):
        reunir(session, reglages, doubles, genre)


def test_two_foyers_of_three_adults_are_not_one(
    village: Village, doubles: dict[str, dict[str, int]], reglages: ReglagesCommune
) -> None:
    with village.bd.session_ecriture() as session, pytest.raises(RegleViolee, match="plus de deux adultes"):
        reunir(session, reglages, doubles, "foyer")


def test_a_foyer_hidden_from_the_other_is_not_the_same_one(village: Village) -> None:
    with village.bd.session_ecriture() as session:
        session.execute(
            update(Rattachement).where(Rattachement.foyer_id == village.foyers["ferrand"]).values(est_masque=True)
        )
        session.execute(
            Responsable.__table__.delete().where(Responsable.personne_id == village.personnes["thomas"])  # type: ignore[attr-defined]
        )
        lu = preparer_fusion(
            session, "foyer", village.foyers["morel"], village.foyers["ferrand"], MERCREDI_SOIR, CHIFFRE
        )
    assert any("caché" in blocage for blocage in lu.blocages)


def test_two_homes_of_one_child_made_one_leave_no_weeks(village: Village, reglages: ReglagesCommune) -> None:
    with village.bd.session_ecriture() as session:
        session.execute(
            Responsable.__table__.delete().where(Responsable.personne_id == village.personnes["thomas"])  # type: ignore[attr-defined]
        )
    avant = village.photographier(SAUF)
    with village.bd.session_ecriture() as session:
        paire: Any = {"garde": {"foyer": village.foyers["morel"]}, "fondu": {"foyer": village.foyers["ferrand"]}}
        fusion = reunir(session, reglages, paire, "foyer").id
        semaines = session.execute(
            select(Rattachement.foyer_id, Rattachement.une_sur).where(Rattachement.enfant_id == village.enfants["lea"])
        ).all()
        assert semaines == [(village.foyers["morel"], None)]
    with village.bd.session_ecriture() as session:
        annuler_fusion(session, fusion, AGENT, MERCREDI_SOIR)
    assert village.photographier(SAUF) == avant


def test_a_merge_is_undone_for_a_month_in_the_order_they_were_made(
    village: Village, doubles: dict[str, dict[str, int]], reglages: ReglagesCommune
) -> None:
    personne, foyer, _ = tout_reunir(village, reglages, doubles)
    with village.bd.session_ecriture() as session, pytest.raises(RegleViolee, match="30 jours"):
        annuler_fusion(session, foyer, AGENT, MERCREDI_SOIR + ANNULABLE)
    with village.bd.session_ecriture() as session:
        tiers = Personne(prenom="Camille", nom="Morel")
        session.add(tiers)
        session.flush()
        troisieme: Any = {"garde": doubles["garde"], "fondu": {"personne": tiers.id}}
        reunir(session, reglages, troisieme, "personne")
    with village.bd.session_ecriture() as session, pytest.raises(RegleViolee, match="fusionnée depuis"):
        annuler_fusion(session, personne, AGENT, MERCREDI_SOIR)


def test_a_day_that_both_had_and_that_changed_since_stops_the_way_back(
    village: Village, doubles: dict[str, dict[str, int]], reglages: ReglagesCommune
) -> None:
    """The family cancelled the meal: giving the other row back would book it again."""
    with village.bd.session_ecriture() as session:
        fusion = reunir(session, reglages, doubles, "enfant").id
    with village.bd.session_ecriture() as session:
        noe = doubles["garde"]["enfant"]
        session.execute(
            update(Reservation).where(Reservation.enfant_id == noe, Reservation.jour == MARDI).values(etat="annulee")
        )
    avant = village.photographier(())
    with pytest.raises(RegleViolee, match="changé depuis"), village.bd.session_ecriture() as session:
        annuler_fusion(session, fusion, AGENT, MERCREDI_SOIR)
    assert village.photographier(()) == avant


def test_what_is_written_after_the_merge_stays_with_the_row_that_stayed(
    village: Village, doubles: dict[str, dict[str, int]], reglages: ReglagesCommune
) -> None:
    with village.bd.session_ecriture() as session:
        fusion = reunir(session, reglages, doubles, "enfant").id
    village.reserver("noe", "repas", date(2026, 12, 18))
    with village.bd.session_ecriture() as session:
        session.get_one(Enfant, doubles["garde"]["enfant"]).classe = "CP"
    with village.bd.session_ecriture() as session:
        annuler_fusion(session, fusion, AGENT, MERCREDI_SOIR)
    with village.bd.session_lecture() as session:
        assert session.get_one(Enfant, doubles["garde"]["enfant"]).classe == "CP"
        assert (
            session.scalar(select(Reservation.enfant_id).where(Reservation.jour == date(2026, 12, 18)))
            == doubles["garde"]["enfant"]
        )


def test_every_unique_constraint_that_a_merge_can_meet_has_its_treatment() -> None:
    """A table added with such a constraint and no line in services/doublons fails here, not in front of an agent."""
    suivies = {"foyer", "personne", "enfant", "compte", "reservation", "inscription", "quotient_familial"}
    rencontres = {
        table.name
        for table in Base.metadata.sorted_tables
        for cle in table.foreign_keys
        if cle.column.table.name in suivies
        and table.name not in LAISSEES.get(cle.column.table.name, frozenset())
        and any(cle.parent in colonnes for colonnes, _ in contraintes_uniques(table))
    }
    assert rencontres == set(TRAITEMENTS)


def test_a_double_is_found_nowhere_and_waits_a_month_untouched_before_it_is_purged(
    village: Village, doubles: dict[str, dict[str, int]], reglages: ReglagesCommune
) -> None:
    tout_reunir(village, reglages, doubles)
    fondu = doubles["fondu"]
    partout = Perimetre(None, MERCREDI_SOIR.date())
    with village.bd.session_lecture() as session:
        assert [f.id for f in chercher_foyers(session, partout, "Morel")[0]] == [doubles["garde"]["foyer"]]
        assert not est_dans_le_perimetre(session, partout, fondu["foyer"])
        contenu = {"prenom": "Noé", "nom": "Le Gall", "naissance": "2020-09-03"}
        assert [d.enfant_id for d in doublons_probables(session, contenu)] == [doubles["garde"]["enfant"]]
        connues = lire_familles_connues(session)
        assert fondu["personne"] not in connues.personnes
        assert fondu["enfant"] not in connues.enfants
    avant = village.photographier(("acte_journal",))
    purger(village, terme(MERCREDI_SOIR + ANNULABLE - timedelta(days=1)))
    apres = village.photographier(("acte_journal",))
    for nom in ("personne", "enfant", "foyer", "compte", "fusion"):
        assert apres[nom] == avant[nom], nom
    purger(village, terme(MERCREDI_SOIR + ANNULABLE))
    with village.bd.session_lecture() as session:
        assert session.get(Personne, fondu["personne"]) is None
        assert session.get(Enfant, fondu["enfant"]) is None
        assert session.get(Foyer, fondu["foyer"]) is None
        assert session.get(Foyer, doubles["garde"]["foyer"]) is not None
        assert session.scalar(select(func.count(Fusion.id))) == 0
