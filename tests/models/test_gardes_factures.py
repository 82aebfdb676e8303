"""What is issued stays as it is: the database itself refuses, whatever program asks, on both engines."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Date, String, Table, delete, func, insert, select, text, update
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from portail_famille.domain.demarches import Cote
from portail_famille.models.base import Instant
from portail_famille.models.factures import Facture, FactureLigne
from portail_famille.models.paiements import Affectation, Reglement
from portail_famille.services.journal import Auteur
from portail_famille.services.reglements import encaisser, rembourser
from portail_famille.services.reunion import TABLES
from tests.support.factures import creer_facture
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import LUNDI, MARDI, Village

LE_2, VIEUX = date(2026, 12, 2), date(2010, 6, 1)
AUTRE_JOUR = datetime(2026, 12, 1, tzinfo=UTC)
VIVANTES = {
    "facture": {
        "id",
        "foyer_id",
        "reste_centimes",
        "prelevement_le",
        "prelevement_importe_le",
        "transmise_le",
        "annoncee_utc",
    },
    "facture_ligne": {"id", "enfant_id"},
    "reglement": {"id", "foyer_id", "compte_id", "reste_centimes"},
    "affectation": {"id", "a_utc"},
}
"""Columns that may change: what becomes of an invoice, and what a merge moves. Every other one is frozen."""


@pytest.fixture
def ecrites(village: Village) -> dict[str, int]:
    """An invoice of two lines, paid with some left, given back; the id of a row of each table."""
    agent = Auteur(Cote.AGENT)
    noe, repas = village.enfants["noe"], village.unite("repas")
    with village.bd.session_ecriture() as session:
        facture = creer_facture(session, village.foyers["morel"], [(noe, repas, LUNDI, 300, "")])
        options: dict[str, Any] = {
            "foyer_id": village.foyers["morel"], "regie": "enfance", "auteur": agent, "maintenant": MERCREDI_SOIR,
        }  # fmt: skip
        reglement = encaisser(session, moyen="cheque", montant_centimes=1000, recu_le=LE_2, **options)
        rembourser(session, montant_centimes=200, rendu_le=LE_2, **options)
        projet = creer_facture(session, village.foyers["morel"], [(noe, repas, MARDI, 300, "")], numero=None)
        return {
            "facture": facture.id,
            "projet": projet.id,
            "facture_ligne": session.scalars(
                select(FactureLigne.id).where(FactureLigne.facture_id == facture.id)
            ).one(),
            "reglement": reglement.id,
            "affectation": session.scalars(select(Affectation.id).order_by(Affectation.id)).first() or 0,
        }


def autre(ligne: dict[str, Any], table: Table, nom: str) -> Any:
    """Another value that the column could hold."""
    valeur, genre = ligne[nom], table.c[nom].type
    if nom in ("genre", "origine", "moyen"):
        return {"facture": "avoir", "portail": "importee", "cheque": "especes"}[valeur]
    if isinstance(valeur, dict):
        return {"autre": True}
    if isinstance(valeur, bool):
        return not valeur
    if isinstance(genre, String):
        return "autre"
    if isinstance(genre, Instant):
        return AUTRE_JOUR
    if isinstance(genre, Date):
        return VIEUX
    return 1 if valeur is None else valeur + 1


def refusees(session: Session, requetes: Iterator[Any]) -> list[bool]:
    """Of each, whether the triggers refused it: the message is theirs, not that of a check nor of a foreign key."""
    fautes = []
    for requete in requetes:
        try:
            with session.begin_nested() as essai:
                session.execute(requete)
                essai.rollback()
            fautes.append(False)
        except DatabaseError as erreur:
            dit = str(erreur.orig)
            fautes.append(
                any(mot in dit for mot in ("facture emise", "reglement ecrit", "affectation ecrite", "table gardee"))
            )
    return fautes


@pytest.mark.parametrize("nom", sorted(VIVANTES))
def test_every_column_of_what_is_issued_or_written_is_frozen_but_those_that_live(
    village: Village, ecrites: dict[str, int], nom: str
) -> None:
    table = TABLES[nom]
    with village.bd.session_ecriture() as session:
        ligne = dict(session.execute(select(table).where(table.c.id == ecrites[nom])).mappings().one())
        figees = [c.name for c in table.columns if c.name not in VIVANTES[nom]]

        def changer(colonne: str) -> Any:
            return update(table).where(table.c.id == ecrites[nom]).values({colonne: autre(ligne, table, colonne)})

        refus = dict(zip(figees, refusees(session, (changer(colonne) for colonne in figees)), strict=True))
        assert [colonne for colonne, dit in refus.items() if not dit] == []
        assert len(figees) >= 6


def test_an_issued_invoice_takes_no_line_and_loses_none_and_nothing_written_is_deleted(
    village: Village, ecrites: dict[str, int]
) -> None:
    with village.bd.session_ecriture() as session:
        de_plus = {
            "facture_id": ecrites["facture"], "rang": 9, "etat": "", "libelle": "", "quantite": "",
            "montant_centimes": 1, "garde_centimes": 0,
        }  # fmt: skip
        requetes = [
            insert(FactureLigne).values(de_plus),
            delete(FactureLigne).where(FactureLigne.id == ecrites["facture_ligne"]),
            delete(Affectation).where(Affectation.id == ecrites["affectation"]),
            delete(Reglement).where(Reglement.id == ecrites["reglement"]),
            delete(Facture).where(Facture.id == ecrites["facture"]),
        ]
        assert refusees(session, iter(requetes)) == [True] * len(requetes)
        assert session.scalar(select(func.count(FactureLigne.id))) == 2


def test_no_statement_goes_round_the_guards(village: Village, ecrites: dict[str, int]) -> None:
    """A row that takes the place of another, a table emptied at once."""
    with village.bd.session_ecriture() as session:
        if village.bd.est_sqlite:
            requetes = [
                f"INSERT OR REPLACE INTO {nom} SELECT * FROM {nom} WHERE id = {ecrites[nom]}" for nom in VIVANTES
            ]
            requetes.append(f"UPDATE OR REPLACE facture SET id = {ecrites['facture']} WHERE id = {ecrites['projet']}")
        else:
            requetes = [f"TRUNCATE {nom} CASCADE" for nom in (*VIVANTES, "foyer")]
        assert refusees(session, (text(requete) for requete in requetes)) == [True] * 5


def test_an_invoice_is_numbered_only_when_its_lines_add_up(village: Village, ecrites: dict[str, int]) -> None:
    """Whatever it comes from; nor is it born with its number, before its lines."""
    numero = {
        "serie": "EE", "annee": 2026, "rang": 2, "numero": "2026-EE-000002", "emise_utc": MERCREDI_SOIR,
        "emise_le": LE_2,
    }  # fmt: skip
    table = TABLES["facture"]
    with village.bd.session_ecriture() as session:
        projet = dict(session.execute(select(table).where(table.c.id == ecrites["projet"])).mappings().one())
        numeroter = update(table).where(table.c.id == projet["id"])
        sans_id = {nom: valeur for nom, valeur in projet.items() if nom != "id"}
        requetes = [
            numeroter.values(**numero, total_centimes=301),
            numeroter.values(**numero, total_centimes=299, origine="importee"),
            insert(table).values(**sans_id | numero),
        ]
        assert refusees(session, iter(requetes)) == [True] * 3
        vide = session.scalar(insert(table).values(**sans_id).returning(table.c.id))
        assert refusees(session, iter([update(table).where(table.c.id == vide).values(**numero)])) == [True]
        session.execute(numeroter.values(**numero))


def test_a_line_of_a_draft_does_not_slip_into_an_issued_invoice(village: Village, ecrites: dict[str, int]) -> None:
    with village.bd.session_ecriture() as session:
        glisser = (
            update(FactureLigne)
            .where(FactureLigne.facture_id == ecrites["projet"])
            .values(facture_id=ecrites["facture"], rang=9)
        )
        assert refusees(session, iter([glisser])) == [True]


def test_a_draft_is_changed_and_thrown_away_at_will(village: Village, ecrites: dict[str, int]) -> None:
    projet = ecrites["projet"]
    with village.bd.session_ecriture() as session:
        session.execute(update(Facture).where(Facture.id == projet).values(libelle="Autre", total_centimes=500))
        session.execute(update(FactureLigne).where(FactureLigne.facture_id == projet).values(montant_centimes=500))
        session.execute(delete(FactureLigne).where(FactureLigne.facture_id == projet))
        session.execute(delete(Facture).where(Facture.id == projet))
        assert session.get(Facture, projet) is None


def test_a_merge_moves_what_is_issued_and_what_lives_changes(village: Village, ecrites: dict[str, int]) -> None:
    haddad, yanis = village.foyers["haddad"], village.enfants["yanis"]
    with village.bd.session_ecriture() as session:
        vivantes = {"foyer_id": haddad, "reste_centimes": 7, "transmise_le": LE_2, "annoncee_utc": MERCREDI_SOIR}
        session.execute(update(Facture).where(Facture.id == ecrites["facture"]).values(**vivantes))
        session.execute(update(FactureLigne).where(FactureLigne.id == ecrites["facture_ligne"]).values(enfant_id=yanis))
        session.execute(update(Reglement).where(Reglement.id == ecrites["reglement"]).values(foyer_id=haddad))
        assert session.get_one(Facture, ecrites["facture"]).foyer_id == haddad


def test_what_is_more_than_ten_years_old_can_go_with_all_that_hangs_on_it(village: Village) -> None:
    with village.bd.session_ecriture() as session:
        vieille = creer_facture(session, village.foyers["morel"], numero="2010-EE-000001", emise_le=VIEUX)
        reglement = Reglement(
            numero="R2010-000001", foyer_id=village.foyers["morel"], regie="enfance", moyen="cheque",
            montant_centimes=4200, recu_le=VIEUX, saisi_utc=MERCREDI_SOIR, reste_centimes=0,
        )  # fmt: skip
        session.add(reglement)
        session.flush()
        session.add(
            Affectation(
                reglement_id=reglement.id, facture_id=vieille.id, montant_centimes=4200, le=VIEUX, a_utc=MERCREDI_SOIR
            )
        )
        session.flush()
        # Still frozen while it is there.
        changer = update(Facture).where(Facture.id == vieille.id).values(total_centimes=1)
        assert refusees(session, iter([changer])) == [True]
        session.execute(delete(Affectation))
        session.execute(delete(Reglement))
        session.execute(delete(FactureLigne).where(FactureLigne.facture_id == vieille.id))
        session.execute(delete(Facture).where(Facture.id == vieille.id))
        assert session.scalar(select(func.count(Facture.id))) == 0
