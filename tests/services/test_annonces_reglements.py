"""A payment taken back is told to the family, in the act itself."""

from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portail_famille.config import ReglagesCommune
from portail_famille.models.courriels import Courriel
from portail_famille.models.paiements import Reglement
from portail_famille.services.annonces_reglements import annuler_et_prevenir
from portail_famille.services.journal import SYSTEME
from portail_famille.services.reglements import encaisser, rembourser
from tests.support.factures import creer_facture
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import Village

LE_2 = date(2026, 12, 2)


def payer(session: Session, village: Village, centimes: int) -> Reglement:
    return encaisser(
        session, foyer_id=village.foyers["morel"], regie="enfance", moyen="cheque", montant_centimes=centimes,
        recu_le=LE_2, auteur=SYSTEME, maintenant=MERCREDI_SOIR,
    )  # fmt: skip


def courriels(village: Village) -> list[Courriel]:
    with village.bd.session_lecture() as session:
        return list(session.scalars(select(Courriel).order_by(Courriel.id)))


def test_a_cheque_that_bounced_is_told_once_with_its_reason_and_what_is_owed_again(
    village: Village, reglages: ReglagesCommune
) -> None:
    with village.bd.session_ecriture() as session:
        facture = creer_facture(session, village.foyers["morel"], echeance=date(2026, 12, 20))
        recu = payer(session, village, 4200)
        for heures in (0, 0, 1):
            annuler_et_prevenir(
                session, reglages, recu.id, "Chèque sans provision", SYSTEME, MERCREDI_SOIR + timedelta(hours=heures)
            )
        id_ = facture.id
    ecrits = courriels(village)
    # Both adults, once each, however often it is asked.
    assert sorted(c.destinataire for c in ecrits) == ["camille@courriel.example", "thomas@courriel.example"]
    assert {c.objet for c in ecrits} == {"Un règlement de 42,00\u00a0€ est annulé (n°\u00a0R2026-ENFANCE-000001)"}
    for c in ecrits:
        for dit in (
            "Votre règlement de 42,00\u00a0€ du 2 décembre 2026 (chèque, reçu n°\u00a0R2026-ENFANCE-000001) est annulé",
            "Motif donné par la mairie\u00a0: Chèque sans provision",
            "De nouveau à régler\u00a0: 42,00\u00a0€",
            f"/factures/{id_}\n",
        ):
            assert dit in c.corps_texte, (dit, c.corps_texte)
        assert not [prenom for prenom in ("Noé", "Léa") if prenom in c.corps_texte + c.corps_html]


def test_a_refund_that_came_back_is_in_the_family_s_favour_again(village: Village, reglages: ReglagesCommune) -> None:
    with village.bd.session_ecriture() as session:
        payer(session, village, 1000)
        rendu = rembourser(
            session, foyer_id=village.foyers["morel"], regie="enfance", montant_centimes=1000, rendu_le=LE_2,
            auteur=SYSTEME, maintenant=MERCREDI_SOIR,
        )  # fmt: skip
        annuler_et_prevenir(session, reglages, rendu.id, "Virement revenu", SYSTEME, MERCREDI_SOIR)
    (texte,) = {c.corps_texte.partition(",")[2] for c in courriels(village)}
    assert "cette somme est de nouveau en votre faveur" in texte
    assert "De nouveau à régler" not in texte
