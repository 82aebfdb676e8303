"""Receipts: numbered, kept, listed, announced by mail; a foyer reads its own only."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from portail_famille.models.courriels import Courriel
from portail_famille.models.foyers import AutoriteParentale
from portail_famille.models.reservations import Brouillon, Compteur, Recu
from portail_famille.services.comptes import Acteur
from portail_famille.services.dossiers import jour_de
from portail_famille.services.recus import TAILLE_PAGE, lire_recu, lister_recus
from tests.support.courriels import deposer
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import JEUDI, LUNDI, MARDI, VENDREDI, Village

AUJOURDHUI = jour_de(MERCREDI_SOIR)
DANS_UNE_HEURE = MERCREDI_SOIR + timedelta(hours=1)


def lecteur(village: Village, qui: str = "camille", foyer: str = "morel") -> Acteur:
    return Acteur(village.comptes[qui], village.personnes[qui], qui, "", None, village.foyers[foyer], ())


def annoncer(session: Session, recu: Recu) -> None:
    deposer(session, "camille@courriel.example", numero=recu.numero)


def jours_du_recu(recu: Recu) -> list[tuple[str, int, int]]:
    return [(ligne["unite"], ligne["avant"], ligne["apres"]) for ligne in recu.contenu["jours"]]


def test_receipts_are_numbered_in_order_each_year(village: Village) -> None:
    numeros = []
    for jour, quand in (
        (JEUDI, MERCREDI_SOIR),
        (VENDREDI, DANS_UNE_HEURE),
        (date(2027, 1, 7), datetime(2026, 12, 31, 22, 59, tzinfo=UTC)),
        # Half past midnight in Paris, still the year before in London: the receipt is of the new year.
        (date(2027, 1, 8), datetime(2026, 12, 31, 23, 30, tzinfo=UTC)),
    ):
        village.cocher("noe", [("repas", jour)], maintenant=quand)
        numeros.append(village.valider(maintenant=quand).numero)
    assert numeros == ["2026-000001", "2026-000002", "2026-000003", "2027-000001"]


def test_a_receipt_keeps_before_and_after_and_each_month(village: Village) -> None:
    janvier = date(2027, 1, 7)
    village.cocher("noe", [("repas", JEUDI), ("repas", janvier)], [("repas", LUNDI), ("repas", MARDI)])
    recu = village.valider()
    # In December: 1st, 3rd, 7th and 8th before; January's price is that of January's quotient.
    assert jours_du_recu(recu) == [("Repas", 4, 4)]
    assert recu.contenu["mois"] == [
        {"mois": [2026, 12], "avant": 4 * 342, "apres": 3 * 342},
        {"mois": [2027, 1], "avant": 0, "apres": 200},
    ]
    assert [(c["jour"], c["ajout"], c["centimes"], c["refus"]) for c in recu.contenu["changements"]] == [
        ("2026-12-07", False, 342, None),
        ("2026-12-08", False, 342, None),
        ("2026-12-10", True, 342, None),
        ("2027-01-07", True, 200, None),
    ]


def test_numbers_refused_validations_would_have_taken_are_not_lost(village: Village) -> None:
    def tomber(session: Session, recu: Recu) -> None:
        raise OperationalError("gone", None, Exception())

    village.cocher("noe", [("repas", JEUDI)])
    with pytest.raises(OperationalError):
        village.valider(annoncer=tomber)
    assert village.valider().numero == "2026-000001"
    with village.bd.session_lecture() as session:
        assert session.scalars(select(Compteur.valeur)).all() == [1]


def test_the_mail_is_a_row_of_the_same_transaction(village: Village) -> None:
    def annoncer_mal(session: Session, recu: Recu) -> None:
        annoncer(session, recu)
        raise OperationalError("disk full", None, Exception())

    village.cocher("noe", [("repas", JEUDI)])
    avant = village.photographier()
    with pytest.raises(OperationalError):
        village.valider(annoncer=annoncer_mal)
    assert village.photographier() == avant
    demande = village.demande()
    village.valider(demande, annoncer=annoncer)
    village.valider(demande, annoncer=annoncer)
    with village.bd.session_lecture() as session:
        assert len(session.scalars(select(Courriel)).all()) == 1


def test_the_draft_row_stays_for_its_receipts(village: Village) -> None:
    village.cocher("noe", [("repas", JEUDI)])
    recu = village.valider()
    with pytest.raises(IntegrityError, match=r"(?i)foreign key"), village.bd.session_ecriture() as session:
        session.execute(delete(Brouillon).where(Brouillon.id == recu.brouillon_id))


def test_a_receipt_is_read_by_the_foyer_whoever_validated(village: Village) -> None:
    village.cocher("noe", [("repas", JEUDI)], qui="thomas")
    numero = village.valider(qui="thomas").numero
    with village.bd.session_lecture() as session:
        lu = lire_recu(session, lecteur(village), AUJOURDHUI, numero)
        assert lu is not None
        assert (lu[0].numero, lu[1]) == (numero, "Thomas Le Gall")
        assert lire_recu(session, lecteur(village, "karim", "haddad"), AUJOURDHUI, numero) is None
        assert lire_recu(session, lecteur(village), AUJOURDHUI, "2026-999999") is None


def test_a_step_parent_reads_no_receipt_about_a_child_that_is_not_hers(village: Village) -> None:
    """Thomas is of the foyer but has no authority over Léa; what he validated himself stays his to read."""
    village.cocher("lea", [("repas", LUNDI)])
    cache = village.valider().numero
    village.cocher("lea", [("repas", MARDI)])
    village.cocher("noe", [("repas", JEUDI)])
    mele = village.valider().numero
    village.cocher("noe", [("repas", VENDREDI)])
    commun = village.valider().numero
    village.cocher("noe", [("matin", VENDREDI)], qui="thomas")
    sien = village.valider(qui="thomas").numero
    with village.bd.session_ecriture() as session:
        session.execute(delete(AutoriteParentale).where(AutoriteParentale.personne_id == village.personnes["thomas"]))
    ne_lit_plus = lecteur(village, "thomas"), [sien]
    lit_tout = lecteur(village), [sien, commun, mele, cache]
    with village.bd.session_lecture() as session:
        for qui, attendus in (ne_lit_plus, lit_tout):
            assert [recu.numero for recu in lister_recus(session, qui, AUJOURDHUI)] == attendus
            for numero in (cache, mele, commun, sien):
                assert (lire_recu(session, qui, AUJOURDHUI, numero) is not None) == (numero in attendus)


def test_what_one_may_read_of_receipts_is_judged_on_the_day(village: Village) -> None:
    village.cocher("noe", [("repas", JEUDI)])
    numero = village.valider().numero
    with village.bd.session_ecriture() as session:
        session.execute(
            update(AutoriteParentale)
            .where(AutoriteParentale.personne_id == village.personnes["thomas"])
            .values(au=AUJOURDHUI)
        )
    with village.bd.session_lecture() as session:
        qui = lecteur(village, "thomas")
        assert lire_recu(session, qui, AUJOURDHUI, numero) is not None
        assert lire_recu(session, qui, AUJOURDHUI + timedelta(days=1), numero) is None
        assert lister_recus(session, qui, AUJOURDHUI + timedelta(days=1)) == []


def test_receipts_are_listed_latest_first_page_by_page(village: Village) -> None:
    for n in range(TAILLE_PAGE + 2):
        ajout = n % 2 == 0
        creneau = [("repas", JEUDI)]
        village.cocher("noe", creneau if ajout else [], [] if ajout else creneau)
        village.valider()
    with village.bd.session_lecture() as session:
        premiers = lister_recus(session, lecteur(village), AUJOURDHUI)
        assert len(premiers) == TAILLE_PAGE + 1
        suivants = lister_recus(session, lecteur(village), AUJOURDHUI, premiers[TAILLE_PAGE - 1].id)
        assert lister_recus(session, lecteur(village, "karim", "haddad"), AUJOURDHUI) == []
    numeros = [recu.numero for recu in premiers[:TAILLE_PAGE] + suivants]
    assert numeros == [f"2026-{n:06d}" for n in range(TAILLE_PAGE + 2, 0, -1)]
