"""A month prepared: what is billed to whom, at what price, and what is odd in it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from portail_famille.config import ReglagesCommune
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.factures import lire_prix
from portail_famille.models.factures import Facturation
from portail_famille.models.foyers import Enfant, Foyer, Personne, Rattachement
from portail_famille.models.quotients import QuotientFamilial
from portail_famille.models.reservations import Reservation
from portail_famille.services.campagnes import ecarts, empreinte, foyers_concernes, lire_campagne
from portail_famille.services.facturation import demander
from portail_famille.services.journal import SYSTEME
from portail_famille.services.prix_factures import chiffrer_foyers
from tests.support.bases import compter_requetes
from tests.support.facturations import DECEMBRE, factures_de, preparer_mois
from tests.support.regies import ENFANCE
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import JEUDI, LUNDI, MARDI, MERCREDI, VENDREDI, Village, document

PREMIER, JEUDI_3 = date(2026, 12, 1), date(2026, 12, 3)
EN_JANVIER = MERCREDI_SOIR + timedelta(days=32)
TROIS_REPAS = 3 * 342


def changer(village: Village, table: type[Any], ou: Mapping[str, Any], **valeurs: Any) -> None:
    with village.bd.session_ecriture() as session:
        conditions = [getattr(table, colonne) == valeur for colonne, valeur in ou.items()]
        session.execute(update(table).where(*conditions).values(**valeurs))


def pointer(village: Village, enfant: str, jour: date, etat: str, unite: str = "repas", **faits: bool) -> None:
    ou = {"enfant_id": village.enfants[enfant], "unite_id": village.unite(unite), "jour": jour}
    changer(village, Reservation, ou, etat=etat, modifiee_utc=MERCREDI_SOIR + timedelta(hours=1), **faits)


def lignes(village: Village, facturation: Facturation, foyer: str) -> list[tuple[str, date | None, str, int]]:
    """Unit, day, state, centimes of one foyer's invoices and avoirs."""
    return [
        (village.regles.unites[ligne[1] or 0], ligne[2], ligne[3], ligne[4])
        for facture, siennes in factures_de(village.bd, facturation)
        if facture.foyer_id == village.foyers[foyer]
        for ligne in siennes
    ]


def codes(facturation: Facturation) -> set[tuple[str, int | None]]:
    assert facturation.bilan is not None
    return {(a["code"], a["enfant"]) for a in facturation.bilan["anomalies"]} - {("sans_adresse", None)}


def test_each_booking_goes_to_the_foyer_that_made_it_at_the_price_of_its_day(
    village: Village, reglages: ReglagesCommune
) -> None:
    facturation = preparer_mois(village.bd, reglages)
    noe, lea, repas = village.enfants["noe"], village.enfants["lea"], village.unite("repas")
    (morel, lignes_morel), (ferrand, lignes_ferrand) = factures_de(village.bd, facturation)
    assert (morel.foyer_id, morel.total_centimes, morel.reste_centimes) == (village.foyers["morel"], 1368, 1368)
    assert (morel.numero, morel.genre, morel.libelle) == (None, "facture", "Facture enfance, décembre 2026")
    assert lignes_morel == [
        (noe, repas, PREMIER, "presente", 342),
        (noe, repas, JEUDI_3, "reservee", 342),
        (noe, repas, LUNDI, "reservee", 342),
        (noe, repas, MARDI, "reservee", 342),
    ]
    # Two payers of one child: Léa's days of Julien's weeks are his, at his own QF.
    assert (ferrand.foyer_id, ferrand.total_centimes) == (village.foyers["ferrand"], 2 * 510)
    assert [ligne[:3] for ligne in lignes_ferrand] == [(lea, repas, JEUDI_3), (lea, repas, date(2026, 12, 14))]
    assert facturation.bilan is not None
    attendu = {"factures": 2, "avoirs": 0, "total_centimes": 2388, "lignes": 6, "foyers": 2, "reportes": 0}
    assert attendu.items() <= facturation.bilan.items()
    assert facturation.bilan["nombres"] == {"sans_adresse": 2}


def test_an_invoice_keeps_its_words_and_what_each_price_was_computed_from(
    village: Village, reglages: ReglagesCommune
) -> None:
    village.reserver("lea", "matin", LUNDI, MARDI)
    ((morel, siennes), _) = factures_de(village.bd, preparer_mois(village.bd, reglages))
    contenu = morel.contenu
    assert contenu["payeur"]["nom"] == "Camille Morel"
    assert contenu["regie"]["nom"] == "Enfance et éducation"
    noe, lea = str(village.enfants["noe"]), str(village.enfants["lea"])
    assert list(contenu["enfants"].items()) == [(lea, "Léa"), (noe, "Noé")]
    assert contenu["unites"][str(village.unite("matin"))]["activite_nom"] == "Périscolaire"
    assert [ligne[0] for ligne in siennes] == [village.enfants["lea"]] * 2 + [village.enfants["noe"]] * 4
    prix = [lire_prix(document) for document in contenu["prix"]]
    # One per child, unit and circumstance, not one per day.
    assert [(p.unite, p.etat, p.centimes, p.garde_centimes) for p in prix] == [
        (village.unite("matin"), "reservee", 180, 180),
        (village.unite("repas"), "presente", 342, 0),
        (village.unite("repas"), "reservee", 342, 0),
    ]
    assert (prix[1].qf_centimes, prix[1].rang, prix[1].tarif) == (84_200, 2, "repas")
    assert "Quotient familial de 842" in " ".join(prix[1].explication)


@pytest.mark.parametrize(
    ("regie", "mois", "code"),
    [
        ("inconnue", DECEMBRE, "regie_inconnue"),
        ("creche", DECEMBRE, "regie_importee"),
        ("enfance", date(2026, 12, 2), "mois"),
        ("enfance", date(2027, 2, 1), "mois_lointain"),
    ],
)
def test_what_cannot_be_billed_is_refused(
    village: Village, reglages: ReglagesCommune, regie: str, mois: date, code: str
) -> None:
    with village.bd.session_ecriture() as session, pytest.raises(RegleViolee) as refus:
        demander(session, reglages, regie, mois, SYSTEME, MERCREDI_SOIR)
    assert refus.value.code == code


def test_each_regie_bills_its_own_and_the_next_month_may_be_prepared(
    village: Village, reglages: ReglagesCommune
) -> None:
    village.reserver("noe", "vacances-journee", date(2026, 12, 21), date(2027, 1, 4))
    vacances = preparer_mois(village.bd, reglages, regie="vacances")
    assert lignes(village, vacances, "morel") == [("vacances-journee", date(2026, 12, 21), "reservee", 1400)]
    assert len(factures_de(village.bd, vacances)) == 1
    enfance = preparer_mois(village.bd, reglages, date(2027, 1, 1))
    assert (enfance.etat, factures_de(village.bd, enfance)) == ("prete", [])


def test_a_price_follows_the_qf_and_the_tarif_of_its_day(village: Village, reglages: ReglagesCommune) -> None:
    changer(village, QuotientFamilial, {"foyer_id": village.foyers["morel"], "valeur_centimes": 84_200}, au=LUNDI)
    changer(village, QuotientFamilial, {"foyer_id": village.foyers["morel"], "valeur_centimes": 50_000}, du=MARDI)
    matin = next(tarif for tarif in document()["tarif"] if tarif["code"] == "matin")
    autres = [tarif for tarif in document()["tarif"] if tarif["code"] != "matin"]
    nouveau = {"code": "matin", "nom": "Matin", "version": [{"prix": matin["prix"]}, {"du": MARDI, "prix": 2}]}
    village.changer_regles(tarif=[*autres, nouveau])
    village.reserver("noe", "matin", LUNDI, MARDI)
    facturation = preparer_mois(village.bd, reglages)
    assert lignes(village, facturation, "morel")[:2] == [
        ("matin", LUNDI, "reservee", 180),
        ("matin", MARDI, "reservee", 200),
    ]
    assert [ligne[3] for ligne in lignes(village, facturation, "morel")[2:]] == [342, 342, 342, 200]


def test_absences_requests_and_cancelled_days_are_billed_by_their_state(
    village: Village, reglages: ReglagesCommune
) -> None:
    pointer(village, "noe", PREMIER, "absente_justifiee")
    pointer(village, "noe", JEUDI_3, "absente_injustifiee")
    pointer(village, "noe", LUNDI, "annulee")
    pointer(village, "noe", MARDI, "demandee")
    village.reserver("noe", "soir", LUNDI, etat="en_attente")
    village.reserver("noe", "atelier", MARDI, JEUDI)
    pointer(village, "noe", MARDI, "reservee", "atelier", est_hors_delai=True)
    pointer(village, "noe", JEUDI, "presente", "atelier", est_hors_delai=True)
    facturation = preparer_mois(village.bd, reglages)
    assert sorted(lignes(village, facturation, "morel")) == [
        ("atelier", MARDI, "hors_delai", 550),
        ("atelier", JEUDI, "hors_delai", 550),
        ("repas", JEUDI_3, "absente_injustifiee", 342),
    ]


def test_a_rank_of_those_present_counts_the_days_that_both_children_come(
    village: Village, reglages: ReglagesCommune
) -> None:
    village.reserver("lea", "mercredi-journee", MERCREDI)
    village.reserver("noe", "mercredi-journee", MERCREDI, date(2026, 12, 16))
    facturation = preparer_mois(village.bd, reglages)
    mercredis = [ligne for ligne in lignes(village, facturation, "morel") if ligne[0] == "mercredi-journee"]
    assert [(ligne[1], ligne[3]) for ligne in mercredis] == [
        (MERCREDI, 1200),
        (MERCREDI, 600),
        (date(2026, 12, 16), 1200),
    ]


def test_a_pai_and_forgiven_oversights_change_the_price(village: Village, reglages: ReglagesCommune) -> None:
    tarifs = [tarif for tarif in document()["tarif"] if tarif["code"] not in ("repas", "matin")]
    repas = {"code": "repas", "nom": "Repas", "prix": 4, "pai": {"pourcent": 25}}
    oubli = {"presente_non_reservee": {"supplement": 3, "oublis_pardonnes": 2}}
    matin = {"code": "matin", "nom": "Matin", "prix": 2, "etats": oubli}
    village.changer_regles(tarif=[*tarifs, repas, matin])
    changer(village, Enfant, {"id": village.enfants["noe"]}, pai=True)
    # The first oversight was in November, another one last school year does not count.
    imprevus = (date(2026, 6, 2), date(2026, 11, 3), LUNDI, MARDI)
    village.reserver("noe", "matin", *imprevus, VENDREDI, etat="presente")
    for jour in imprevus:
        pointer(village, "noe", jour, "presente", "matin", est_non_reservee=True)
    facturation = preparer_mois(village.bd, reglages)
    siennes = lignes(village, facturation, "morel")
    assert [ligne[2:] for ligne in siennes if ligne[0] == "matin"] == [
        ("presente_non_reservee", 200),
        ("presente_non_reservee", 500),
        ("presente", 200),
    ]
    assert [ligne[3] for ligne in siennes if ligne[0] == "repas"] == [100] * 4
    ((morel, _), _) = factures_de(village.bd, facturation)
    penalite = next(p for p in map(lire_prix, morel.contenu["prix"]) if p.centimes == 500)
    assert (penalite.oublis, penalite.base_centimes, penalite.garde_centimes) == (2, 200, 200)


def test_what_is_odd_is_told_and_does_not_stop_the_run(village: Village, reglages: ReglagesCommune) -> None:
    village.reserver("yanis", "repas", PREMIER, foyer="haddad")
    village.reserver("yanis", "repas", date(2026, 12, 17), foyer="haddad", etat="presente")
    village.reserver("zoe", "repas", PREMIER, foyer="petit", etat="demandee")
    village.reserver("lea", "mercredi-journee", MERCREDI, etat="presente")
    village.reserver("lea", "mercredi-matin", MERCREDI, etat="presente")
    changer(village, Foyer, {"id": village.foyers["ferrand"]}, adresse="1 rue du Port", parti_le=PREMIER)
    changer(village, Personne, {"id": village.personnes["karim"]}, courriel=None)
    facturation = preparer_mois(village.bd, reglages)
    yanis, zoe, lea = (village.enfants[nom] for nom in ("yanis", "zoe", "lea"))
    assert codes(facturation) == {
        ("sans_qf", None),
        ("non_pointee", yanis),
        ("jour_ferme", yanis),
        ("demande_passee", zoe),
        ("unites_exclusives", lea),
        ("foyer_parti", None),
        ("injoignable", None),
    }
    # Only of who is billed something: the Petit foyer has no address either.
    assert facturation.bilan is not None
    sans_adresse = {a["foyer_id"] for a in facturation.bilan["anomalies"] if a["code"] == "sans_adresse"}
    assert sans_adresse == {village.foyers["morel"]}
    assert [ligne[3] for ligne in lignes(village, facturation, "haddad")] == [510, 510]
    assert lignes(village, facturation, "petit") == []


def test_a_day_before_its_tarif_is_told_and_not_billed(village: Village, reglages: ReglagesCommune) -> None:
    autres = [tarif for tarif in document()["tarif"] if tarif["code"] != "matin"]
    village.changer_regles(tarif=[*autres, {"code": "matin", "nom": "Matin", "version": [{"du": MARDI, "prix": 2}]}])
    village.reserver("noe", "matin", PREMIER, LUNDI, MARDI)
    facturation = preparer_mois(village.bd, reglages)
    assert lignes(village, facturation, "morel")[0] == ("matin", MARDI, "reservee", 200)
    assert facturation.bilan is not None
    (anomalie,) = [a for a in facturation.bilan["anomalies"] if a["code"] == "sans_tarif"]
    assert (anomalie["jour"], anomalie["nombre"]) == (PREMIER.isoformat(), 2)


def test_a_unit_withdrawn_from_the_file_is_billed_by_the_last_one_that_knew_it(
    village: Village, reglages: ReglagesCommune
) -> None:
    village.reserver("noe", "atelier", PREMIER, etat="presente")
    sans = [activite for activite in document()["activite"] if activite["code"] != "atelier"]
    tarifs = [tarif for tarif in document()["tarif"] if tarif["code"] != "atelier"]
    village.changer_regles(activite=sans, tarif=tarifs)
    facturation = preparer_mois(village.bd, reglages)
    atelier = village.unite("atelier")
    ((morel, siennes), _) = factures_de(village.bd, facturation)
    assert (village.enfants["noe"], atelier, PREMIER, "presente", 400) in siennes
    assert morel.contenu["unites"][str(atelier)]["nom"] == "Atelier"


def test_a_child_who_has_left_is_billed_to_the_home_that_booked(village: Village, reglages: ReglagesCommune) -> None:
    with village.bd.session_ecriture() as session:
        session.delete(session.get_one(Rattachement, (village.foyers["morel"], village.enfants["noe"])))
        session.execute(
            insert(Rattachement), [{"foyer_id": village.foyers["haddad"], "enfant_id": village.enfants["noe"]}]
        )
    pointer(village, "noe", MARDI, "reservee")
    changer(
        village, Reservation, {"enfant_id": village.enfants["noe"], "jour": MARDI}, foyer_id=village.foyers["haddad"]
    )
    facturation = preparer_mois(village.bd, reglages)
    assert [ligne[1] for ligne in lignes(village, facturation, "morel")] == [PREMIER, JEUDI_3, LUNDI]
    assert lignes(village, facturation, "haddad") == [("repas", MARDI, "reservee", 510)]


def test_a_batch_of_foyers_costs_the_same_queries_whatever_it_holds(
    village: Village, reglages: ReglagesCommune
) -> None:
    with village.bd.session_lecture() as session:
        campagne = lire_campagne(session, reglages, ENFANCE, DECEMBRE, MERCREDI_SOIR)
        foyers = foyers_concernes(session, campagne)
    nombres = []
    for lot in (foyers[:1], foyers):
        with compter_requetes(village.bd) as requetes, village.bd.session_lecture() as session:
            chiffrer_foyers(session, campagne, lot)
        nombres.append(len(requetes))
    assert nombres[0] == nombres[1] <= 10


def test_whatever_prices_depend_on_changes_the_digest(village: Village, reglages: ReglagesCommune) -> None:
    def lire(regles: ReglagesCommune = reglages) -> str:
        with village.bd.session_lecture() as session:
            return empreinte(session, regles, "enfance", DECEMBRE)

    vues = [lire()]
    assert lire() == vues[0]
    morel, noe = village.foyers["morel"], village.enfants["noe"]
    pointer(village, "noe", LUNDI, "presente")
    vues.append(lire())
    changer(village, Reservation, {"enfant_id": noe, "jour": LUNDI}, est_hors_delai=True)
    vues.append(lire())
    changer(village, QuotientFamilial, {"foyer_id": morel, "valeur_centimes": 84_200}, valeur_centimes=84_300)
    vues.append(lire())
    changer(village, Foyer, {"id": morel}, est_resident=False)
    vues.append(lire())
    changer(village, Foyer, {"id": morel}, adresse="2 rue du Port")
    vues.append(lire())
    changer(village, Enfant, {"id": noe}, pai=True)
    vues.append(lire())
    village.changer_regles(tarif=[{**tarif, "nom": "Autre"} for tarif in document()["tarif"]])
    vues.append(lire())
    vues.append(lire(replace(reglages, regies={**reglages.regies, "enfance": replace(ENFANCE, minimum_centimes=500)})))
    assert len(set(vues)) == len(vues)
    assert ecarts(vues[0], vues[1]) == ecarts(vues[1], vues[2]) == ("les réservations",)
    assert ecarts(vues[2], vues[3]) == ("les quotients familiaux",)
    assert {ecarts(vues[n], vues[n + 1]) for n in (3, 4, 5)} == {("les foyers",)}
    assert {ecarts(vues[n], vues[n + 1]) for n in (6, 7)} == {("les tarifs ou les réglages",)}
    # A booking of another régie, or of another month, is none of its business.
    village.reserver("noe", "vacances-journee", date(2026, 12, 22))
    village.reserver("noe", "repas", date(2027, 1, 5))
    assert lire() == vues[-2]
    # Nor are the families that it bills nothing to, or what is dated elsewhere.
    petit = village.foyers["petit"]
    changer(village, Foyer, {"id": petit}, adresse="3 rue du Port", est_resident=False)
    changer(village, Enfant, {"id": village.enfants["zoe"]}, pai=True)
    with village.bd.session_ecriture() as session:
        session.execute(
            insert(QuotientFamilial),
            [
                {"foyer_id": petit, "valeur_centimes": 30_000, "du": DECEMBRE, "au": None},
                {"foyer_id": morel, "valeur_centimes": 30_000, "du": date(2027, 1, 1), "au": None},
                {"foyer_id": morel, "valeur_centimes": 30_000, "du": date(2026, 9, 1), "au": date(2026, 9, 30)},
            ],
        )
    assert lire() == vues[-2]


def test_two_changes_that_leave_every_sum_as_it_was_are_seen(village: Village, reglages: ReglagesCommune) -> None:
    """Bookings cancelled and others taken up again: as many of each state, the same ids in total."""

    def lire() -> str:
        with village.bd.session_lecture() as session:
            return empreinte(session, reglages, "enfance", DECEMBRE)

    village.reserver("zoe", "repas", PREMIER, JEUDI_3, LUNDI, MARDI, foyer="petit")
    with village.bd.session_lecture() as session:
        siennes = select(Reservation.id).where(Reservation.foyer_id == village.foyers["petit"]).order_by(Reservation.id)
        un, deux, trois, quatre = session.scalars(siennes)
    assert un + quatre == deux + trois
    for id_ in (un, quatre):
        changer(village, Reservation, {"id": id_}, etat="annulee")
    avant = lire()
    plus_tard = MERCREDI_SOIR + timedelta(minutes=5)
    for id_, etat in ((un, "reservee"), (quatre, "reservee"), (deux, "annulee"), (trois, "annulee")):
        changer(village, Reservation, {"id": id_}, etat=etat, modifiee_utc=plus_tard)
    assert ecarts(avant, lire()) == ("les réservations",)
