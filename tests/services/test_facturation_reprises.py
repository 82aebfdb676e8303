"""Régularisation: what changed since it was billed comes as a difference, an avoir or a line of the next invoice."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy import delete, insert, select, update

from portail_famille.config import ReglagesCommune
from portail_famille.domain.demarches import Cote
from portail_famille.domain.evenements import GenreEvenement, Portee
from portail_famille.domain.regies import Regie
from portail_famille.gateways.chiffre import Chiffre
from portail_famille.models.factures import Facturation, Facture, FactureLigne
from portail_famille.models.foyers import Enfant, Foyer, Responsable
from portail_famille.models.quotients import QuotientFamilial
from portail_famille.models.reservations import Reservation
from portail_famille.services.avoirs import creer_avoir
from portail_famille.services.comparaisons import comparer
from portail_famille.services.evenements import SaisieEvenement, apercevoir, declarer_evenement
from portail_famille.services.facturation import relancer
from portail_famille.services.fusions import fusionner
from portail_famille.services.journal import SYSTEME, Auteur
from portail_famille.services.projets_factures import jeter_projets
from tests.support.facturations import DECEMBRE, NOVEMBRE, emettre_mois, factures_de, preparer_mois
from tests.support.regies import ENFANCE, VACANCES
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import LUNDI, MARDI, Village, document

PREMIER, JEUDI_3 = date(2026, 12, 1), date(2026, 12, 3)
EN_JANVIER = MERCREDI_SOIR + timedelta(days=35)
JANVIER = date(2027, 1, 1)


def noter(village: Village, enfant: str, jour: date, quand: datetime = MERCREDI_SOIR, **valeurs: object) -> None:
    with village.bd.session_ecriture() as session:
        session.execute(
            update(Reservation)
            .where(Reservation.enfant_id == village.enfants[enfant], Reservation.jour == jour)
            .values(modifiee_utc=quand + timedelta(minutes=1), **valeurs)
        )


Projet = tuple[str, int | None, list[tuple[date | None, int]]]


def projets(village: Village, facturation: Facturation, foyer: str) -> list[Projet]:
    """Genre, corrected invoice, days with their amount."""
    return [
        (facture.genre, facture.avoir_de, [(ligne[2], ligne[4]) for ligne in lignes])
        for facture, lignes in factures_de(village.bd, facturation)
        if facture.foyer_id == village.foyers[foyer]
    ]


def avec_regies(reglages: ReglagesCommune, **regies: Regie) -> ReglagesCommune:
    return replace(reglages, regies={**reglages.regies, **regies})


def facture_de(village: Village, foyer: str) -> Facture:
    """The first one issued."""
    with village.bd.session_lecture() as session:
        siennes = select(Facture).where(Facture.foyer_id == village.foyers[foyer]).order_by(Facture.id)
        return session.scalars(siennes.limit(1)).one()


def test_the_same_month_again_gives_nothing(village: Village, reglages: ReglagesCommune) -> None:
    assert emettre_mois(village.bd, reglages).nombre_factures == 2
    encore = preparer_mois(village.bd, reglages)
    assert factures_de(village.bd, encore) == []
    assert encore.bilan is not None
    assert (encore.bilan["foyers"], encore.bilan["lignes"]) == (0, 0)


def test_a_late_certificate_and_a_cancelled_day_give_an_avoir_on_their_invoice(
    village: Village, reglages: ReglagesCommune
) -> None:
    emettre_mois(village.bd, reglages)
    originale = facture_de(village, "morel")
    noter(village, "noe", JEUDI_3, etat="absente_justifiee")
    noter(village, "noe", LUNDI, etat="annulee")
    facturation = preparer_mois(village.bd, reglages, JANVIER, EN_JANVIER)
    assert projets(village, facturation, "morel") == [("avoir", originale.id, [(JEUDI_3, -342), (LUNDI, -342)])]
    ((avoir, _),) = factures_de(village.bd, facturation)
    motif = "Absence justifiée\u00a0: 3 décembre\u202f; réservation annulée\u00a0: 7 décembre"
    assert (avoir.motif, avoir.est_refacturable, avoir.mois) == (motif, True, DECEMBRE)
    assert avoir.libelle == f"Avoir sur la facture {originale.numero}"
    assert (avoir.total_centimes, avoir.reste_centimes, avoir.echeance) == (-684, 684, None)
    # Issued, it settles the matter; the day booked again is billed again.
    assert emettre_mois(village.bd, reglages, JANVIER, EN_JANVIER).nombre_avoirs == 1
    assert factures_de(village.bd, preparer_mois(village.bd, reglages, JANVIER, EN_JANVIER)) == []
    noter(village, "noe", LUNDI, EN_JANVIER, etat="presente")
    reprise = preparer_mois(village.bd, reglages, date(2027, 2, 1), EN_JANVIER)
    assert projets(village, reprise, "morel") == [("facture", None, [(LUNDI, 342)])]
    # Read again, the invoice is as it was issued.
    assert facture_de(village, "morel").total_centimes == originale.total_centimes


def test_a_qf_accepted_late_gives_back_the_difference_of_each_day(village: Village, reglages: ReglagesCommune) -> None:
    emettre_mois(village.bd, reglages)
    with village.bd.session_ecriture() as session:
        session.execute(
            insert(QuotientFamilial),
            [{"foyer_id": village.foyers["morel"], "valeur_centimes": 30_000, "du": JEUDI_3, "au": None}],
        )
    facturation = preparer_mois(village.bd, reglages, JANVIER, EN_JANVIER)
    originale = facture_de(village, "morel")
    rendus = [(JEUDI_3, -142), (LUNDI, -142), (MARDI, -142)]
    assert projets(village, facturation, "morel") == [("avoir", originale.id, rendus)]
    ((avoir, _),) = factures_de(village.bd, facturation)
    # It says what the price is now, and why.
    assert [prix["centimes"] for prix in avoir.contenu["prix"]] == [200]
    assert avoir.motif == "Quotient familial accepté"


def test_a_day_moved_to_the_other_home_is_given_back_to_one_and_billed_to_the_other(
    village: Village, reglages: ReglagesCommune
) -> None:
    emettre_mois(village.bd, reglages)
    noter(village, "lea", JEUDI_3, foyer_id=village.foyers["morel"])
    facturation = preparer_mois(village.bd, reglages, JANVIER, EN_JANVIER)
    assert projets(village, facturation, "ferrand") == [("avoir", facture_de(village, "ferrand").id, [(JEUDI_3, -510)])]
    assert projets(village, facturation, "morel") == [("facture", None, [(JEUDI_3, 342)])]


def test_a_forgotten_day_comes_with_the_next_month_and_a_month_never_billed_stays_alone(
    village: Village, reglages: ReglagesCommune
) -> None:
    village.reserver("yanis", "repas", date(2026, 11, 3), foyer="haddad", etat="presente")
    emettre_mois(village.bd, reglages)
    assert projets(village, preparer_mois(village.bd, reglages, JANVIER, EN_JANVIER), "morel") == []
    village.reserver("noe", "repas", date(2026, 12, 15), date(2027, 1, 5))
    facturation = preparer_mois(village.bd, reglages, date(2027, 2, 1), EN_JANVIER)
    assert projets(village, facturation, "morel") == [("facture", None, [(date(2026, 12, 15), 342)])]


def test_a_small_amount_waits_for_the_next_month(village: Village, reglages: ReglagesCommune) -> None:
    village.reserver("zoe", "repas", LUNDI, foyer="petit")
    exigeante = avec_regies(reglages, enfance=replace(ENFANCE, minimum_centimes=500))
    facturation = preparer_mois(village.bd, exigeante)
    assert projets(village, facturation, "petit") == []
    assert facturation.bilan is not None
    assert (facturation.bilan["reportes"], facturation.bilan["reporte_centimes"]) == (1, 200)
    emettre_mois(village.bd, exigeante)
    village.reserver("zoe", "repas", date(2027, 1, 5), date(2027, 1, 7), foyer="petit")
    suite = preparer_mois(village.bd, exigeante, JANVIER, EN_JANVIER)
    jours = [(LUNDI, 200), (date(2027, 1, 5), 200), (date(2027, 1, 7), 200)]
    assert projets(village, suite, "petit") == [("facture", None, jours)]


def test_what_stays_under_the_minimum_is_invoiced_before_no_run_looks_at_it_any_more(
    village: Village, reglages: ReglagesCommune
) -> None:
    """A meal in December, nothing else: three runs carry nothing else, the fourth invoices its 2 €."""
    village.reserver("zoe", "repas", LUNDI, foyer="petit")
    exigeante = avec_regies(reglages, enfance=replace(ENFANCE, minimum_centimes=1500))
    emettre_mois(village.bd, exigeante)
    for mois in (JANVIER, date(2027, 2, 1)):
        instant = EN_JANVIER + (mois - JANVIER)
        assert projets(village, preparer_mois(village.bd, exigeante, mois, instant), "petit") == []
        emettre_mois(village.bd, exigeante, mois, instant)
    mars = preparer_mois(village.bd, exigeante, date(2027, 3, 1), EN_JANVIER + timedelta(days=60))
    assert projets(village, mars, "petit") == [("facture", None, [(LUNDI, 200)])]
    assert mars.bilan is not None
    assert mars.bilan["reportes"] == 0


def test_a_gesture_of_the_town_is_not_taken_back_and_an_error_is_billed_again(
    village: Village, reglages: ReglagesCommune
) -> None:
    emettre_mois(village.bd, reglages)
    morel, ferrand = facture_de(village, "morel"), facture_de(village, "ferrand")
    with village.bd.session_ecriture() as session:
        for facture, refacturable in ((morel, False), (ferrand, True)):
            creer_avoir(session, reglages, facture.id, None, None, "Grève", refacturable, SYSTEME, MERCREDI_SOIR)
    facturation = preparer_mois(village.bd, reglages, JANVIER, EN_JANVIER)
    assert projets(village, facturation, "morel") == []
    assert projets(village, facturation, "ferrand") == [("facture", None, [(JEUDI_3, 510), (date(2026, 12, 14), 510)])]
    # A day given as a gesture, then cancelled: it was given back already.
    noter(village, "noe", LUNDI, etat="annulee")
    assert projets(village, preparer_mois(village.bd, reglages, date(2027, 2, 1), EN_JANVIER), "morel") == []


def test_a_slot_stays_with_the_regie_that_billed_it(village: Village, reglages: ReglagesCommune) -> None:
    emettre_mois(village.bd, reglages)
    deplacee = avec_regies(
        reglages,
        enfance=replace(ENFANCE, activites=("periscolaire",)),
        vacances=replace(VACANCES, activites=("vacances", "cantine")),
    )
    village.reserver("noe", "repas", date(2026, 12, 15))
    assert projets(village, preparer_mois(village.bd, deplacee), "morel") == []
    ailleurs = preparer_mois(village.bd, deplacee, regie="vacances")
    assert projets(village, ailleurs, "morel") == [("facture", None, [(date(2026, 12, 15), 342)])]
    assert projets(village, ailleurs, "ferrand") == []


def test_the_month_is_compared_with_the_one_before(village: Village, reglages: ReglagesCommune) -> None:
    novembre = [date(2026, 11, jour) for jour in (3, 5, 9)]
    village.reserver("noe", "repas", *novembre, etat="presente")
    village.reserver("noe", "matin", *novembre, etat="presente")
    village.reserver("yanis", "repas", novembre[0], foyer="haddad", etat="presente")
    emettre_mois(village.bd, reglages, NOVEMBRE)
    # Another régie billed both months: its money is not compared with this one's.
    village.reserver("noe", "vacances-journee", date(2026, 11, 2), date(2026, 12, 22))
    for mois in (NOVEMBRE, DECEMBRE):
        assert emettre_mois(village.bd, reglages, mois, regie="vacances").total_centimes > 0
    facturation = preparer_mois(village.bd, reglages)
    with village.bd.session_lecture() as session:
        vue = comparer(session, facturation)
    assert (vue.total.avant_centimes, vue.total.apres_centimes) == (3 * 342 + 3 * 180 + 510, 2388)
    assert [(e.nom, e.avant_centimes, e.apres_centimes) for e in vue.activites] == [
        ("Cantine", 1536, 2388),
        ("Périscolaire", 540, 0),
    ]
    assert [(e.nom, e.ecart_centimes) for e in vue.ecarts] == [("Morel – Le Gall", -198)]
    assert [(e.nom, e.foyer_id) for e in vue.nouveaux] == [("Ferrand", village.foyers["ferrand"])]
    assert [(e.nom, e.avant_centimes) for e in vue.partis] == [("Haddad", 510)]
    assert (vue.nombre_nouveaux, vue.nombre_partis) == (1, 1)
    with village.bd.session_ecriture() as session:
        for foyer in ("ferrand", "haddad"):
            session.get_one(Foyer, village.foyers[foyer]).nom = "Martin"
        vue = comparer(session, facturation)
    assert [e.nom for e in (*vue.nouveaux, *vue.partis)] == ["Martin (Julien)", "Martin (Karim)"], "which of them"


def test_drafts_of_another_open_run_are_not_compared_and_what_is_issued_is_never_thrown_away(
    village: Village, reglages: ReglagesCommune
) -> None:
    village.reserver("yanis", "repas", date(2026, 11, 3), foyer="haddad", etat="presente")
    assert len(factures_de(village.bd, preparer_mois(village.bd, reglages, NOVEMBRE))) == 1
    decembre = preparer_mois(village.bd, reglages)
    with village.bd.session_lecture() as session:
        # November waits to be issued.
        assert comparer(session, decembre).total.avant_centimes == 0
        assert [e.avant_centimes for e in comparer(session, decembre).activites] == [0]
    emettre_mois(village.bd, reglages)
    noter(village, "noe", JEUDI_3, etat="annulee")
    janvier = preparer_mois(village.bd, reglages, JANVIER, EN_JANVIER)
    assert projets(village, janvier, "morel") == [("avoir", facture_de(village, "morel").id, [(JEUDI_3, -342)])]
    with village.bd.session_ecriture() as session:
        # An avoir proposed by January's run is of December, and not given yet.
        assert comparer(session, decembre).total.apres_centimes == 2388
        assert [e.apres_centimes for e in comparer(session, decembre).activites] == [2388]
        assert (jeter_projets(session, decembre.id), jeter_projets(session, janvier.id)) == (0, 1)
        assert comparer(session, decembre).total.apres_centimes == 2388


def test_a_strike_declared_after_the_issue_gives_its_days_back(village: Village, reglages: ReglagesCommune) -> None:
    emettre_mois(village.bd, reglages)
    agent, portee = Auteur(Cote.AGENT), Portee((JEUDI_3,), frozenset(), frozenset({"repas"}))
    voulue = SaisieEvenement(GenreEvenement.GREVE, "Grève", "", portee, ferme=True)
    with village.bd.session_ecriture() as session:
        vu = apercevoir(session, village.regles, voulue, MERCREDI_SOIR).empreinte
        declarer_evenement(session, village.regles, voulue, vu, agent, MERCREDI_SOIR)
    facturation = preparer_mois(village.bd, reglages, JANVIER, EN_JANVIER)
    for foyer, centimes in (("morel", -342), ("ferrand", -510)):
        rendu = ("avoir", facture_de(village, foyer).id, [(JEUDI_3, centimes)])
        assert projets(village, facturation, foyer) == [rendu]


def test_homes_merged_after_the_issue_owe_the_difference_of_their_prices_alone(
    village: Village, reglages: ReglagesCommune
) -> None:
    ferrand, morel = village.foyers["ferrand"], village.foyers["morel"]
    with village.bd.session_ecriture() as session:
        session.execute(delete(QuotientFamilial).where(QuotientFamilial.foyer_id == ferrand))
    emettre_mois(village.bd, reglages)
    originale = facture_de(village, "ferrand")
    with village.bd.session_ecriture() as session:
        session.execute(delete(Responsable).where(Responsable.personne_id == village.personnes["thomas"]))
        chiffre, agent = Chiffre(reglages.cle_coffre), Auteur(Cote.AGENT)
        fusionner(session, "foyer", morel, ferrand, {}, agent, MERCREDI_SOIR, reglages, chiffre)
    facturation = preparer_mois(village.bd, reglages, JANVIER, EN_JANVIER)
    # Léa's days were billed to her father, whose QF nobody knew; by that of the one home, they cost 3,42 €.
    jours = [(JEUDI_3, -168), (date(2026, 12, 14), -168)]
    assert projets(village, facturation, "morel") == [("avoir", originale.id, jours)]


def test_what_has_no_date_changes_nothing_of_the_days_that_are_billed(
    village: Village, reglages: ReglagesCommune
) -> None:
    """« A change is not retroactive unless an agent says so » (domain.md §8): she says so by an avoir."""

    def tarifs(prix: int) -> list[dict[str, object]]:
        repas = {
            "code": "repas",
            "nom": "Repas",
            "prix": prix,
            "non_resident": {"pourcent": 200},
            "pai": {"pourcent": 50},
        }
        return [repas, *(tarif for tarif in document()["tarif"] if tarif["code"] != "repas")]

    village.changer_regles(tarif=tarifs(4))
    emettre_mois(village.bd, reglages)
    village.changer_regles(tarif=tarifs(6))
    with village.bd.session_ecriture() as session:
        session.execute(update(Foyer).where(Foyer.id == village.foyers["morel"]).values(est_resident=False))
        session.execute(update(Enfant).where(Enfant.id == village.enfants["noe"]).values(pai=True))
    noter(village, "noe", JEUDI_3, etat="presente")
    village.reserver("noe", "repas", date(2026, 12, 15))
    facturation = preparer_mois(village.bd, reglages, JANVIER, EN_JANVIER)
    # Half of twice the new price for the day that was forgotten; the billed ones keep theirs, attended since or not.
    assert projets(village, facturation, "morel") == [("facture", None, [(date(2026, 12, 15), 600)])]
    facture = facture_de(village, "morel")
    noter(village, "noe", LUNDI, EN_JANVIER, etat="absente_justifiee")
    with village.bd.session_ecriture() as session:
        sienne = select(FactureLigne.id).where(FactureLigne.facture_id == facture.id, FactureLigne.jour == MARDI)
        ligne = session.scalars(sienne).one()
        creer_avoir(session, reglages, facture.id, [ligne], None, "Résidence", True, SYSTEME, MERCREDI_SOIR)
        relancer(session, facturation.id, SYSTEME, EN_JANVIER)
    facturation = preparer_mois(village.bd, reglages, JANVIER, EN_JANVIER)
    assert projets(village, facturation, "morel") == [
        ("facture", None, [(MARDI, 600), (date(2026, 12, 15), 600)]),
        ("avoir", facture.id, [(LUNDI, -400)]),
    ]


def test_what_another_draft_holds_is_not_billed_yet(village: Village, reglages: ReglagesCommune) -> None:
    emettre_mois(village.bd, reglages)
    village.reserver("noe", "repas", date(2026, 12, 15))
    oublie = [("facture", None, [(date(2026, 12, 15), 342)])]
    assert projets(village, preparer_mois(village.bd, reglages), "morel") == oublie
    assert projets(village, preparer_mois(village.bd, reglages, JANVIER, EN_JANVIER), "morel") == oublie


def test_an_amount_given_back_freely_leaves_only_the_rest_to_give_back(
    village: Village, reglages: ReglagesCommune
) -> None:
    emettre_mois(village.bd, reglages)
    facture = facture_de(village, "morel")
    with village.bd.session_ecriture() as session:
        creer_avoir(session, reglages, facture.id, None, ("Geste", 1000), "Geste", False, SYSTEME, MERCREDI_SOIR)
    for jour in (PREMIER, JEUDI_3, LUNDI, MARDI):
        noter(village, "noe", jour, etat="annulee")
    ((genre, originale, rendus),) = projets(village, preparer_mois(village.bd, reglages, JANVIER, EN_JANVIER), "morel")
    assert (genre, originale, sum(centimes for _, centimes in rendus)) == ("avoir", facture.id, -368)
