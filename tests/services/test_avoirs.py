"""Avoirs by hand: nothing is taken off twice, nothing issued changes, what was paid becomes a credit."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portail_famille.config import ReglagesCommune
from portail_famille.domain.demarches import Cote
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.models.factures import Facture, FactureLigne
from portail_famille.services.avoirs import DEJA_ACCORDE, creer_avoir, reste_a_avoirer
from portail_famille.services.journal import Auteur
from portail_famille.services.reglements import annuler_reglement, encaisser
from portail_famille.services.soldes import solde
from tests.support.factures import avancer_compteur, creer_facture
from tests.support.livres import verifier_comptes
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import LUNDI, MARDI, Village

AGENT = Auteur(Cote.AGENT)
LE_2 = date(2026, 12, 2)


def facturer(session: Session, village: Village, **options: Any) -> Facture:
    """Two meals of Noé and a free line: 3,00 € + 4,00 € + 5,00 €."""
    noe, repas = village.enfants["noe"], village.unite("repas")
    lignes = [(noe, repas, LUNDI, 300, ""), (noe, repas, MARDI, 400, ""), (None, None, None, 500, "Adhésion")]
    return creer_facture(session, village.foyers["morel"], lignes, **options)


def avoir(
    session: Session,
    reglages: ReglagesCommune,
    facture: Facture,
    lignes: list[int] | None = None,
    libre: tuple[str, int] | None = None,
    motif: str = "Absence justifiée",
    **options: Any,
) -> Facture:
    fait = creer_avoir(session, reglages, facture.id, lignes, libre, motif, True, AGENT, MERCREDI_SOIR, **options)
    session.refresh(facture)
    return fait


def ids(session: Session, facture: Facture) -> list[int]:
    requete = select(FactureLigne.id).where(FactureLigne.facture_id == facture.id).order_by(FactureLigne.rang)
    return list(session.scalars(requete))


def test_lines_are_taken_off_once_and_the_whole_is_what_is_left(village: Village, reglages: ReglagesCommune) -> None:
    with village.bd.session_ecriture() as session:
        facture = facturer(session, village)
        _, mardi, _ = ids(session, facture)
        avancer_compteur(session)
        un = avoir(session, reglages, facture, [mardi])
        assert (un.numero, un.genre, un.total_centimes, un.avoir_de) == ("2026-EE-000002", "avoir", -400, facture.id)
        assert (un.emise_le, un.echeance, un.reste_centimes) == (LE_2, None, 0)
        assert (un.libelle, un.motif) == ("Avoir sur la facture 2026-EE-000001", "Absence justifiée")
        assert facture.reste_centimes == 800
        (ligne,) = session.scalars(select(FactureLigne).where(FactureLigne.facture_id == un.id))
        assert (ligne.jour, ligne.unite_id, ligne.montant_centimes) == (MARDI, village.unite("repas"), -400)
        with pytest.raises(RegleViolee, match="plus rien à retirer"):
            avoir(session, reglages, facture, [mardi])
        tout = avoir(session, reglages, facture)
        assert (tout.numero, tout.total_centimes, facture.reste_centimes) == ("2026-EE-000003", -800, 0)
        with pytest.raises(RegleViolee, match="plus rien à retirer"):
            avoir(session, reglages, facture)
        assert reste_a_avoirer(session, facture).total_centimes == 0
        verifier_comptes(session)


def test_of_two_lines_alike_one_is_left_when_one_was_taken_off(village: Village, reglages: ReglagesCommune) -> None:
    with village.bd.session_ecriture() as session:
        alike = (None, None, None, 500, "Adhésion")
        facture = creer_facture(session, village.foyers["morel"], [alike, alike])
        avancer_compteur(session)
        avoir(session, reglages, facture, ids(session, facture)[1:])
        assert sorted(r.centimes for r in reste_a_avoirer(session, facture).lignes) == [0, 500]
        assert avoir(session, reglages, facture).total_centimes == -500
        verifier_comptes(session)


def test_a_gesture_is_an_amount_with_its_words_and_is_not_given_back_twice(
    village: Village, reglages: ReglagesCommune
) -> None:
    with village.bd.session_ecriture() as session:
        facture = facturer(session, village)
        avancer_compteur(session)
        avoir(session, reglages, facture, libre=("Geste du maire", 200))
        reste = reste_a_avoirer(session, facture)
        assert (reste.total_centimes, reste.avoirs, [r.centimes for r in reste.lignes]) == (1000, 1, [300, 400, 500])
        with pytest.raises(RegleViolee, match="plus grand que ce qui reste"):
            avoir(session, reglages, facture, libre=("Encore", 1001))
        with pytest.raises(RegleViolee, match="plus grand que ce qui reste"):
            avoir(session, reglages, facture, ids(session, facture))
        tout = avoir(session, reglages, facture)
        lignes = session.scalars(select(FactureLigne).where(FactureLigne.facture_id == tout.id)).all()
        assert [ligne.montant_centimes for ligne in lignes] == [-300, -400, -500, 200]
        assert lignes[-1].libelle == DEJA_ACCORDE
        verifier_comptes(session)


def test_an_avoir_on_a_paid_invoice_pays_the_next_one_and_the_rest_is_a_credit(
    village: Village, reglages: ReglagesCommune
) -> None:
    with village.bd.session_ecriture() as session:
        facture = facturer(session, village)
        suivante = creer_facture(
            session, village.foyers["morel"], [(None, None, None, 100, "")], numero="2026-EE-000002"
        )
        avancer_compteur(session, 2)
        encaisser(
            session, foyer_id=village.foyers["morel"], regie="enfance", moyen="cheque", montant_centimes=1200,
            recu_le=LE_2, auteur=AGENT, maintenant=MERCREDI_SOIR, factures=[facture.id],
        )  # fmt: skip
        fait = avoir(session, reglages, facture, ids(session, facture)[:1])
        session.refresh(suivante)
        assert (suivante.reste_centimes, fait.reste_centimes, facture.reste_centimes) == (0, 200, 0)
        assert solde(session, village.foyers["morel"]).credit_centimes == 200
        verifier_comptes(session)


def test_a_cancelled_invoice_is_not_owed_again_when_what_had_paid_it_is_reversed(
    village: Village, reglages: ReglagesCommune
) -> None:
    """Its avoir had gone to the next invoice: that one is owed, as it would be without the wrong entry."""
    with village.bd.session_ecriture() as session:
        facture = facturer(session, village)
        faux = encaisser(
            session, foyer_id=village.foyers["morel"], regie="enfance", moyen="cheque", montant_centimes=1200,
            recu_le=LE_2, auteur=AGENT, maintenant=MERCREDI_SOIR,
        )  # fmt: skip
        suivante = creer_facture(
            session, village.foyers["morel"], [(None, None, None, 1000, "")], numero="2026-EE-000002"
        )
        avancer_compteur(session, 2)
        fait = avoir(session, reglages, facture)
        assert (fait.reste_centimes, facture.reste_centimes) == (200, 0)
        annuler_reglement(session, faux.id, "Chèque sans provision", AGENT, MERCREDI_SOIR)
        for facture_vue, reste in ((facture, 0), (suivante, 1000), (fait, 0)):
            session.refresh(facture_vue)
            assert facture_vue.reste_centimes == reste
        verifier_comptes(session)


def test_a_line_keeps_its_care_and_what_a_regularisation_took_off_counts(
    village: Village, reglages: ReglagesCommune
) -> None:
    noe, repas = village.enfants["noe"], village.unite("repas")
    with village.bd.session_ecriture() as session:
        facture = creer_facture(session, village.foyers["morel"], numero=None)
        ligne = session.scalars(select(FactureLigne).where(FactureLigne.facture_id == facture.id)).one()
        ligne.enfant_id, ligne.unite_id, ligne.jour, ligne.libelle = noe, repas, LUNDI, ""
        ligne.garde_centimes = 2200
        session.flush()
        facture.numero, facture.emise_le, facture.emise_utc = "2026-EE-000001", LE_2, MERCREDI_SOIR
        session.flush()
        # The quotient came late: 12,00 € less, as a run writes it.
        creer_facture(
            session, village.foyers["morel"], [(noe, repas, LUNDI, -1200, "")], numero="2026-EE-000002",
            avoir_de=facture.id,
        )  # fmt: skip
        avancer_compteur(session, 2)
        (restante,) = reste_a_avoirer(session, facture).lignes
        assert (restante.centimes, restante.garde_centimes) == (3000, 2200)
        fait = avoir(session, reglages, facture)
        ligne = session.scalars(select(FactureLigne).where(FactureLigne.facture_id == fait.id)).one()
        assert (ligne.montant_centimes, ligne.garde_centimes) == (-3000, -2200)


def test_a_form_sent_twice_writes_one_avoir(village: Village, reglages: ReglagesCommune) -> None:
    with village.bd.session_ecriture() as session:
        facture = facturer(session, village)
        avancer_compteur(session)
        avoir(session, reglages, facture, libre=("Geste", 100), avoirs_vus=0)
        with pytest.raises(RegleViolee) as refus:
            avoir(session, reglages, facture, libre=("Geste", 100), avoirs_vus=0)
        assert refus.value.code == "avoir_fait"


def test_what_cannot_be_taken_off_is_refused(village: Village, reglages: ReglagesCommune) -> None:
    with village.bd.session_ecriture() as session:
        facture = facturer(session, village)
        autre = creer_facture(session, village.foyers["haddad"], numero="2026-EE-000002")
        projet = creer_facture(session, village.foyers["haddad"], numero=None)
        importee = creer_facture(session, village.foyers["morel"], regie="creche", numero="C-1", origine="importee")
        avancer_compteur(session, 2)
        essais: list[tuple[Facture, dict[str, Any], str]] = [
            (facture, {"motif": "  "}, "motif"),
            (facture, {"lignes": ids(session, autre)}, "ligne"),
            (facture, {"lignes": []}, "ligne"),
            (facture, {"libre": ("Geste", 0)}, "montant"),
            (facture, {"libre": ("Geste", -5)}, "montant"),
            (facture, {"libre": (" ", 5)}, "ligne"),
            (projet, {}, "facture_inconnue"),
            (importee, {}, "facture_importee"),
        ]
        for laquelle, options, code in essais:
            with pytest.raises(RegleViolee) as refus:
                avoir(session, reglages, laquelle, **options)
            assert refus.value.code == code, options
        fait = avoir(session, reglages, facture)
        with pytest.raises(RegleViolee) as refus:
            avoir(session, reglages, fait)
        assert refus.value.code == "facture_inconnue"
