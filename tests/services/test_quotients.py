"""QF written once, by one door: dates, origins, prices from their day only, two declarations at once, the reminder."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from portail_famille.config import ReglagesCommune
from portail_famille.config.reglages import ReglagesQuotient
from portail_famille.domain.demarches import Cote
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.models.demarches import Demarche
from portail_famille.models.journal import ActeJournal
from portail_famille.models.quotients import QuotientFamilial
from portail_famille.presentation.quotients import dire_quotient
from portail_famille.services.demarches import accepter, retirer
from portail_famille.services.journal import SYSTEME, Auteur
from portail_famille.services.prix_quotients import comparer, estimer, mesurer_effets, preparer_quotient, simuler
from portail_famille.services.quotients import (
    ATTESTATION,
    OBTENU,
    Declaration,
    appliquer_quotient,
    declarer,
    etablir,
    lire_decision,
)
from portail_famille.services.rappels_quotients import rappeler
from tests.support.courriels import courriels_de
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import JEUDI, LUNDI, MARDI, VENDREDI, Village

AGENT = Auteur(Cote.AGENT)
MERCREDI, FIN = date(2026, 12, 2), date(2027, 12, 31)
REGLAGE = ReglagesQuotient()


def famille(village: Village, qui: str = "karim") -> Auteur:
    return Auteur(Cote.FAMILLE, village.comptes[qui])


def declarer_un(
    village: Village,
    valeur: int = 50_000,
    *,
    qui: str = "karim",
    foyer: str = "haddad",
    moyen: str = ATTESTATION,
    mois: date = date(2026, 11, 1),
    reglage: ReglagesQuotient = REGLAGE,
) -> int:
    with village.bd.session_ecriture() as session:
        declaration = Declaration(moyen, valeur, mois, {"organisme": "caf"})
        foyer_id = village.foyers[foyer]
        return declarer(session, foyer_id, declaration, famille(village, qui), MERCREDI_SOIR, reglage).id


def decider(
    village: Village,
    demarche_id: int,
    saisie: dict[str, str] | None = None,
    auteur: Auteur = AGENT,
    maintenant: datetime = MERCREDI_SOIR,
    reglages: ReglagesCommune | None = None,
) -> None:
    with village.bd.session_ecriture() as session:
        demarche = session.get_one(Demarche, demarche_id)
        if saisie is not None:
            assert reglages is not None
            decision = lire_decision(session, demarche, saisie, reglages, maintenant)
            demarche.contenu = {**demarche.contenu, "decision": decision}
        accepter(session, demarche, demarche.version, auteur, maintenant, appliquer_quotient)


def lignes(village: Village, foyer: str = "haddad") -> list[tuple[int, date, date | None, str]]:
    with village.bd.session_lecture() as session:
        requete = select(QuotientFamilial).where(QuotientFamilial.foyer_id == village.foyers[foyer])
        return [
            (q.valeur_centimes, q.du, q.au, q.origine) for q in session.scalars(requete.order_by(QuotientFamilial.du))
        ]


def prix_du_repas(village: Village, enfant: str, jour: date, qui: str, foyer: str) -> int:
    with village.bd.session_lecture() as session:
        dossier = village.dossier(session, qui, foyer)
        prix = dossier.prix(dossier.enfants[village.enfants[enfant]], (village.unite("repas"), jour))
    assert prix is not None
    return prix.centimes


def test_the_price_changes_from_its_date_only(village: Village) -> None:
    numero = declarer_un(village)
    assert prix_du_repas(village, "yanis", LUNDI, "karim", "haddad") == 510
    decider(village, numero)
    assert lignes(village) == [(50_000, MERCREDI, FIN, "prouve")]
    assert prix_du_repas(village, "yanis", date(2026, 12, 1), "karim", "haddad") == 510
    assert prix_du_repas(village, "yanis", MERCREDI, "karim", "haddad") == 200
    assert prix_du_repas(village, "yanis", date(2028, 1, 3), "karim", "haddad") == 510


def test_each_foyer_of_a_shared_child_has_its_own(village: Village) -> None:
    decider(village, declarer_un(village, 20_000, qui="julien", foyer="ferrand"))
    assert prix_du_repas(village, "lea", LUNDI, "julien", "ferrand") == 200
    assert prix_du_repas(village, "lea", LUNDI, "camille", "morel") == 342
    assert lignes(village, "petit") == [(30_000, date(2026, 1, 1), None, "prouve")]


def test_what_went_before_ends_the_day_before_and_what_begins_later_stays(village: Village) -> None:
    decider(village, declarer_un(village, 70_000, qui="camille", foyer="morel"))
    assert lignes(village, "morel") == [
        (84_200, date(2026, 1, 1), date(2026, 12, 1), "prouve"),
        (70_000, MERCREDI, date(2026, 12, 31), "prouve"),
        (50_000, date(2027, 1, 1), None, "prouve"),
    ]


def test_a_quotient_that_begins_the_same_day_takes_the_place_of_the_other(village: Village) -> None:
    for valeur in (60_000, 40_000):
        with village.bd.session_ecriture() as session:
            etablir(session, village.foyers["haddad"], valeur, LUNDI, None, "prouve", None, AGENT, MERCREDI_SOIR)
    assert lignes(village) == [(40_000, LUNDI, None, "prouve")]
    with village.bd.session_lecture() as session:
        actes = session.scalars(select(ActeJournal).where(ActeJournal.action == "quotient_etabli")).all()
    assert [acte.details["avant"] for acte in actes] == ["", "600, depuis le 7 décembre 2026"]


def test_a_past_day_is_refused_unless_it_is_said_retroactive(village: Village) -> None:
    foyer, hier = village.foyers["haddad"], date(2026, 12, 1)
    with pytest.raises(RegleViolee) as refus, village.bd.session_ecriture() as session:
        etablir(session, foyer, 1, hier, None, "prouve", None, AGENT, MERCREDI_SOIR)
    assert (refus.value.code, refus.value.champ) == ("retroactif", "du")
    with village.bd.session_ecriture() as session:
        etablir(session, foyer, 1, hier, None, "prouve", None, AGENT, MERCREDI_SOIR, est_retroactif=True)
    assert lignes(village) == [(1, hier, None, "prouve")]


def test_an_agent_who_takes_a_month_to_answer_does_not_move_its_date(village: Village) -> None:
    decider(village, declarer_un(village), maintenant=MERCREDI_SOIR + timedelta(days=30))
    assert lignes(village) == [(50_000, MERCREDI, FIN, "prouve")]


def test_the_agent_corrects_the_amount_and_the_dates(village: Village, reglages: ReglagesCommune) -> None:
    saisie = {"qf_valeur": "639,99 €", "qf_du": "2026-09-01", "qf_au": "2027-08-31"}
    numero = declarer_un(village)
    with pytest.raises(RegleViolee) as refus:
        decider(village, numero, saisie, reglages=reglages)
    assert refus.value.champ == "qf_du"
    decider(village, numero, saisie | {"qf_retroactif": "oui"}, reglages=reglages)
    assert lignes(village) == [(63_999, date(2026, 9, 1), date(2027, 8, 31), "prouve")]
    assert prix_du_repas(village, "yanis", date(2026, 11, 2), "karim", "haddad") == 342


@pytest.mark.parametrize(
    ("champ", "valeur"),
    [
        ("qf_valeur", "beaucoup"),
        ("qf_du", ""),
        ("qf_au", "hier"),
        ("qf_au", "2026-12-01"),
        ("qf_au", "9999-12-31"),
    ],
)
def test_a_slip_of_the_agent_names_its_field(
    village: Village, reglages: ReglagesCommune, champ: str, valeur: str
) -> None:
    bonne = {"qf_valeur": "500", "qf_du": "2026-12-02", "qf_au": "2027-12-31"}
    with pytest.raises(RegleViolee) as refus:
        decider(village, declarer_un(village), bonne | {champ: valeur}, reglages=reglages)
    assert refus.value.champ == champ
    assert lignes(village) == []


@pytest.mark.parametrize(
    ("moyen", "auteur", "origine"),
    [(ATTESTATION, SYSTEME, "declare"), (OBTENU, SYSTEME, "obtenu"), (OBTENU, AGENT, "obtenu")],
)
def test_its_origin_says_who_looked(village: Village, moyen: str, auteur: Auteur, origine: str) -> None:
    decider(village, declarer_un(village, moyen=moyen), auteur=auteur)
    assert lignes(village) == [(50_000, MERCREDI, FIN, origine)]


def test_an_obtained_amount_that_the_agent_changes_is_no_longer_the_caf_s(
    village: Village, reglages: ReglagesCommune
) -> None:
    saisie = {"qf_valeur": "400", "qf_du": "2026-12-02", "qf_au": "2027-12-31"}
    decider(village, declarer_un(village, moyen=OBTENU), saisie, reglages=reglages)
    assert lignes(village) == [(40_000, MERCREDI, FIN, "prouve")]


def test_a_foyer_declares_one_at_a_time_whichever_adult_does(village: Village) -> None:
    premiere = declarer_un(village, 60_000, qui="camille", foyer="morel")
    with pytest.raises(RegleViolee) as refus:
        declarer_un(village, 55_000, qui="thomas", foyer="morel")
    assert refus.value.code == "declaration_en_cours"
    with village.bd.session_ecriture() as session:
        demarche = session.get_one(Demarche, premiere)
        retirer(session, demarche, famille(village, "camille"), MERCREDI_SOIR)
    assert declarer_un(village, 55_000, qui="thomas", foyer="morel") != premiere
    # Taken back, it changed nothing.
    assert len(lignes(village, "morel")) == 2


def test_what_the_town_knows_already_is_not_filed_again(village: Village) -> None:
    decider(village, declarer_un(village))
    with pytest.raises(RegleViolee) as refus:
        declarer_un(village)
    assert refus.value.code == "deja_connu"
    # The same amount that would hold for longer is news.
    assert declarer_un(village, reglage=ReglagesQuotient(validite="mois", validite_mois=36))


def test_the_town_says_from_when_and_until_when(village: Village) -> None:
    reglage = ReglagesQuotient(validite="mois", validite_mois=6, effet="mois_suivant")
    decider(village, declarer_un(village, reglage=reglage))
    assert lignes(village) == [(50_000, date(2027, 1, 1), date(2027, 4, 30), "prouve")]


def test_a_simulation_prices_each_activity_before_and_after(village: Village) -> None:
    village.reserver("yanis", "repas", MARDI, JEUDI, VENDREDI, foyer="haddad")
    with village.bd.session_lecture() as session:
        dossier = village.dossier(session, "karim", "haddad")
        autre = simuler(dossier, 50_000, MARDI, FIN)
        effets = mesurer_effets(session, dossier, Declaration(ATTESTATION, 50_000), MARDI, FIN, dossier.visibles)
        autre.reservations = dossier.reservations
        mois = estimer(dossier, autre, dossier.visibles, MARDI)
        changes = [ligne for ligne in comparer(dossier, autre, dossier.visibles, MARDI) if ligne.change]
    assert [(ligne.unite, ligne.prenoms) for ligne in changes] == [("repas", ("Yanis",))]
    assert [(m.avant_centimes, m.apres_centimes) for m in mois] == [(1530, 600)]
    assert effets.dates.startswith("Ce quotient comptera du 8 décembre 2026 au 31 décembre 2027.")
    (prix,) = effets.prix
    assert (prix.libelle, prix.apres, prix.avant) == ("Repas (Yanis)", "2,00\u00a0€", "5,10\u00a0€")
    assert prix.pourquoi.startswith("Quotient familial de 500, tranche")
    assert effets.suite == "Les autres prix ne changent pas."
    (dit,) = effets.mois
    assert "décembre 2026 à partir de cette date\u00a0: 6,00\u00a0€ au lieu de 15,30\u00a0€." in dit


@pytest.mark.parametrize(("valeur", "mois", "dit"), [
    (84_200, date(2026, 12, 1), "C’est déjà le quotient familial connu\u00a0: 842"),
    (70_000, date(2025, 11, 1), "plus ancien que le quotient en vigueur"),
    (70_000, date(2026, 12, 1), "est déjà enregistré à partir du 1er janvier 2027"),
])  # fmt: skip
def test_both_sides_are_told_what_is_odd(
    village: Village, reglages: ReglagesCommune, valeur: int, mois: date, dit: str
) -> None:
    declaree = declarer_un(village, valeur, qui="camille", foyer="morel", mois=mois, reglage=REGLAGE)
    with village.bd.session_lecture() as session:
        demarche = session.get_one(Demarche, declaree)
        prepare = preparer_quotient(session, demarche, reglages, MERCREDI_SOIR)
    assert dit in " ".join(prepare["qf_remarques"])
    assert (prepare["qf_du"], prepare["qf_au"]) == ("2026-12-02", "2027-12-31")


def test_a_quotient_that_ends_before_the_one_it_replaces_says_the_highest_price_that_follows(
    village: Village, reglages: ReglagesCommune
) -> None:
    court = ReglagesQuotient(validite="mois", validite_mois=2)
    dit = "À partir du 1er janvier 2027, sans nouvelle déclaration\u00a0: tarif maximum"
    declaree = declarer_un(village, 61_200, qui="julien", foyer="ferrand", reglage=court)
    with village.bd.session_lecture() as session:
        demarche = session.get_one(Demarche, declaree)
        prepare = preparer_quotient(session, demarche, reglages, MERCREDI_SOIR)
        lues = dire_quotient(demarche.avant, demarche.contenu, village.dossier(session, "julien", "ferrand").regles)
    assert prepare["qf_remarques"] == (f"{dit}. Le quotient remplacé durait plus longtemps.",)
    assert ("Ensuite", dit) in [(ligne.libelle, ligne.apres) for ligne in lues]
    # Another one follows at once, or its end is a year away: nothing to fear.
    for qui, foyer, reglage in (("camille", "morel", court), ("karim", "haddad", REGLAGE)):
        suivie = declarer_un(village, 61_200, qui=qui, foyer=foyer, reglage=reglage)
        with village.bd.session_lecture() as session:
            prepare = preparer_quotient(session, session.get_one(Demarche, suivie), reglages, MERCREDI_SOIR)
        assert prepare["qf_remarques"] == ()


def test_what_was_asked_stays_beside_what_the_town_decided(village: Village, reglages: ReglagesCommune) -> None:
    numero = declarer_un(village)
    decider(village, numero, {"qf_valeur": "639,99", "qf_du": "2026-12-08", "qf_au": "2027-08-31"}, reglages=reglages)
    with village.bd.session_lecture() as session:
        demarche = session.get_one(Demarche, numero)
        regles = village.dossier(session, "karim", "haddad").regles
        dit = {ligne.libelle: ligne.apres for ligne in dire_quotient(demarche.avant, demarche.contenu, regles)}
    assert dit["Quotient familial"] == "500"
    assert dit["Dates"] == "du 2 décembre 2026 au 31 décembre 2027"
    assert dit["Décidé par la mairie"] == "639,99, du 8 décembre 2026 au 31 août 2027"


def test_a_simulation_changes_nothing_and_equals_what_acceptance_does(village: Village) -> None:
    with village.bd.session_lecture() as session:
        dossier = village.dossier(session)
        autre = simuler(dossier, 70_000, MERCREDI, FIN)
    assert dossier.quotient(LUNDI) == Decimal(842)
    decider(village, declarer_un(village, 70_000, qui="camille", foyer="morel"))
    with village.bd.session_lecture() as session:
        apres = village.dossier(session)
    jours = [date(2026, 1, 1) + timedelta(days=n) for n in range(0, 900, 7)]
    assert [autre.quotient(jour) for jour in jours] == [apres.quotient(jour) for jour in jours]


def rappels(village: Village, reglages: ReglagesCommune, maintenant: datetime) -> list[tuple[str, str]]:
    """What the worker's round of that day writes: to whom, about what."""
    deja = len(courriels_de(village.bd))
    while True:
        with village.bd.session_ecriture() as session:
            if not rappeler(session, reglages, maintenant):
                break
    return sorted((c.destinataire, c.objet) for c in courriels_de(village.bd)[deja:])


def test_the_adults_of_a_foyer_are_reminded_once_before_the_end(village: Village, reglages: ReglagesCommune) -> None:
    decider(village, declarer_un(village))
    veille, fin = datetime(2027, 11, 30, 9, tzinfo=UTC), "Votre quotient familial s’arrête le 31 décembre 2027"
    assert ("karim@courriel.example", fin) not in rappels(village, reglages, veille)
    assert ("karim@courriel.example", fin) in rappels(village, reglages, veille + timedelta(days=1))
    assert rappels(village, reglages, veille + timedelta(days=2)) == []
    assert rappels(village, reglages, veille + timedelta(days=31)) == []


def test_nobody_is_reminded_who_has_declared_or_has_the_next_one(village: Village, reglages: ReglagesCommune) -> None:
    # Morel has a QF from January on: nothing ends in December 2026.
    assert rappels(village, reglages, MERCREDI_SOIR) == []
    decider(village, declarer_un(village))
    with village.bd.session_ecriture() as session:
        numero = declarer(
            session,
            village.foyers["haddad"],
            Declaration(ATTESTATION, 1),
            famille(village),
            datetime(2027, 12, 1, tzinfo=UTC),
            REGLAGE,
        ).id
    decembre = datetime(2027, 12, 5, 9, tzinfo=UTC)
    qui = {adresse for adresse, _ in rappels(village, reglages, decembre)}
    assert "karim@courriel.example" not in qui
    with village.bd.session_ecriture() as session:
        retirer(session, session.get_one(Demarche, numero), famille(village), decembre)
    assert [adresse for adresse, _ in rappels(village, reglages, decembre)] == ["karim@courriel.example"]


def test_a_quotient_without_an_end_is_spoken_of_once_a_year(village: Village, reglages: ReglagesCommune) -> None:
    un_an = datetime(2027, 1, 2, 9, tzinfo=UTC)
    vieux = "Votre quotient familial a plus d’un an"
    # Julien belongs to two foyers; Camille's holds only since the day before.
    assert rappels(village, reglages, un_an) == [
        ("julien@courriel.example", vieux),
        ("julien@courriel.example", vieux),
        ("nadia@courriel.example", vieux),
    ]
    assert rappels(village, reglages, un_an + timedelta(days=300)) == []
    assert len(rappels(village, reglages, un_an + timedelta(days=366))) == 5


def test_a_town_that_wants_no_reminder_sends_none(village: Village, reglages: ReglagesCommune) -> None:
    sans = replace(reglages, quotient=ReglagesQuotient(rappel_jours=0))
    assert rappels(village, sans, datetime(2027, 6, 1, tzinfo=UTC)) == []
