"""A strike in one act: what it cancels, what it leaves, what undoing gives back, who is told."""

import time
from collections.abc import Iterable
from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import insert, select, update

from portail_famille.config import ReglagesCommune
from portail_famille.domain.creneaux import Refus
from portail_famille.domain.demarches import Cote
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.evenements import GenreEvenement, Portee
from portail_famille.models.comptes import Compte
from portail_famille.models.courriels import Courriel
from portail_famille.models.evenements import Evenement
from portail_famille.models.foyers import Enfant, Foyer, Rattachement
from portail_famille.models.journal import ActeJournal
from portail_famille.models.reservations import Reservation
from portail_famille.services.annonces import a_annoncer, annoncer
from portail_famille.services.evenements import (
    Apercu,
    SaisieEvenement,
    apercevoir,
    declarer_evenement,
    lire_evenement,
    lister_evenements,
    retablir,
)
from portail_famille.services.journal import Auteur
from portail_famille.services.regles import Regles, charger_regles
from tests.support.bases import compter_requetes
from tests.support.purges import purger, terme
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import LUNDI, MARDI, MERCREDI, Village

ROSE = Auteur(Cote.AGENT)
PLUS_TARD = MERCREDI_SOIR + timedelta(minutes=20)
GREVE = "Grève du personnel de cantine"


def saisie(
    *jours: date,
    structures: Iterable[str] = (),
    unites: Iterable[str] = (),
    classes: Iterable[str] = (),
    ferme: bool = False,
    motif: str = GREVE,
    permises: frozenset[str] | None = None,
) -> SaisieEvenement:
    portee = Portee(jours, frozenset(structures), frozenset(unites), frozenset(classes))
    return SaisieEvenement(GenreEvenement.GREVE, motif, "Prévoyez un pique-nique.", portee, ferme, permises)


def regles(village: Village) -> Regles:
    with village.bd.session_lecture() as session:
        return charger_regles(session, village.cache, "C")


def apercu(village: Village, voulue: SaisieEvenement) -> Apercu:
    with village.bd.session_lecture() as session:
        return apercevoir(session, regles(village), voulue, MERCREDI_SOIR)


def declarer(village: Village, voulue: SaisieEvenement) -> int:
    vu = apercu(village, voulue).empreinte
    lues = regles(village)
    with village.bd.session_ecriture() as session:
        return declarer_evenement(session, lues, voulue, vu, ROSE, MERCREDI_SOIR).id


def annuler(village: Village, evenement_id: int, permises: frozenset[str] | None = None) -> int:
    lues = regles(village)
    with village.bd.session_ecriture() as session:
        return retablir(session, lues, evenement_id, ROSE, PLUS_TARD, permises)


def prevenir(village: Village, reglages: ReglagesCommune) -> list[Courriel]:
    """Rounds of the worker until everybody is told."""
    lues = regles(village)
    for _ in range(20):
        with village.bd.session_lecture() as session:
            evenement_id = a_annoncer(session, PLUS_TARD)
        if evenement_id is None:
            break
        with village.bd.session_ecriture() as session:
            annoncer(session, evenement_id, lues, reglages, PLUS_TARD)
    with village.bd.session_lecture() as session:
        return list(session.scalars(select(Courriel).order_by(Courriel.id)))


def etats(village: Village, jour: date) -> dict[tuple[str, str], str]:
    return {(enfant, unite): etat for enfant, unite, j, _, etat in village.reservations() if j == jour}


def test_the_preview_counts_and_prices_without_writing(village: Village) -> None:
    village.reserver("yanis", "repas", LUNDI, foyer="haddad")
    village.reserver("noe", "soir", LUNDI)
    avant = village.photographier()
    # Noé's meal at 3,42 €, Yanis's at the maximum, Noé's evening at 2,40 €; Mia's crèche is free.
    assert apercu(village, saisie(LUNDI)) == Apercu(4, 3, 2, 342 + 510 + 240, 0)
    assert apercu(village, saisie(LUNDI, unites=["repas"])) == Apercu(2, 2, 2, 852, 0)
    assert apercu(village, saisie(LUNDI, structures=["creche"])).enfants == 1
    assert apercu(village, saisie(date(2026, 12, 1))) == Apercu(0, 0, 0, 0, 1)
    assert village.photographier() == avant


def test_one_act_cancels_all_it_covers_and_nothing_else(village: Village) -> None:
    village.reserver("yanis", "repas", LUNDI, foyer="haddad")
    village.reserver("noe", "soir", LUNDI, etat="presente")
    declarer(village, saisie(LUNDI, structures=["ecole"]))
    assert etats(village, LUNDI) == {
        ("noe", "repas"): "annulee",
        ("yanis", "repas"): "annulee",
        ("noe", "soir"): "presente",
        ("mia", "creche"): "reservee",
    }
    assert etats(village, MARDI) == {("noe", "repas"): "reservee"}


def test_a_class_is_cancelled_alone(village: Village) -> None:
    village.reserver("yanis", "repas", LUNDI, foyer="haddad")
    with village.bd.session_ecriture() as session:
        session.execute(update(Enfant).where(Enfant.id == village.enfants["yanis"]).values(classe="CE2"))
    declarer(village, saisie(LUNDI, classes=["CE2"]))
    assert etats(village, LUNDI)["yanis", "repas"] == "annulee"
    assert etats(village, LUNDI)["noe", "repas"] == "reservee"


def test_what_changed_since_the_preview_is_shown_again_and_a_second_tap_does_nothing(village: Village) -> None:
    voulue = saisie(LUNDI, unites=["repas"])
    vu = apercu(village, voulue).empreinte
    village.reserver("yanis", "repas", LUNDI, foyer="haddad")
    with pytest.raises(RegleViolee, match="ont changé"), village.bd.session_ecriture() as session:
        declarer_evenement(session, village.regles, voulue, vu, ROSE, MERCREDI_SOIR)
    declarer(village, voulue)
    with pytest.raises(RegleViolee, match="aucune réservation"):
        declarer(village, voulue)
    fermee = saisie(LUNDI, unites=["repas"], ferme=True)
    declarer(village, fermee)
    with pytest.raises(RegleViolee, match="déjà déclaré"):
        declarer(village, fermee)


def test_a_closed_day_cannot_be_booked_until_it_is_undone(village: Village) -> None:
    evenement = declarer(village, saisie(MARDI, unites=["soir"], ferme=True))

    def refus() -> Refus | None:
        with village.bd.session_lecture() as session:
            dossier = village.dossier(session)
            return dossier.juger(
                dossier.enfant(village.enfants["noe"]), (village.unite("soir"), MARDI), ajout=True
            ).refus

    assert refus() is Refus.FERME
    assert regles(village).ouverture("soir", "ecole", MARDI).motif == GREVE
    assert regles(village).ouverture("matin", "ecole", MARDI).ouvert
    annuler(village, evenement)
    assert refus() is None


def test_undoing_gives_back_what_nobody_touched(village: Village) -> None:
    village.reserver("yanis", "repas", LUNDI, foyer="haddad")
    village.reserver("noe", "matin", LUNDI, etat="absente_injustifiee")
    evenement = declarer(village, saisie(LUNDI, structures=["ecole"]))
    village.cocher("yanis", [("repas", LUNDI)], qui="karim", foyer="haddad", maintenant=PLUS_TARD)
    village.valider(qui="karim", foyer="haddad", maintenant=PLUS_TARD)
    assert annuler(village, evenement) == 2
    assert etats(village, LUNDI) == {
        ("noe", "repas"): "reservee",
        ("noe", "matin"): "absente_injustifiee",
        ("yanis", "repas"): "reservee",
        ("mia", "creche"): "reservee",
    }
    with pytest.raises(RegleViolee, match="déjà annulé"):
        annuler(village, evenement)


def test_a_place_taken_meanwhile_stays_taken(village: Village) -> None:
    village.remplir("soir", LUNDI, 2)
    village.reserver("noe", "soir", LUNDI)
    evenement = declarer(village, saisie(LUNDI, unites=["soir"]))
    village.cocher("yanis", [("soir", LUNDI)], qui="karim", foyer="haddad")
    village.valider(qui="karim", foyer="haddad", maintenant=PLUS_TARD)
    assert annuler(village, evenement) == 2
    assert sorted(etats(village, LUNDI)[e, "soir"] for e in ("figurant-1", "figurant-2", "noe", "yanis")) == [
        "annulee",
        "reservee",
        "reservee",
        "reservee",
    ]


def test_what_excludes_it_or_another_strike_keeps_it_cancelled(village: Village) -> None:
    village.reserver("noe", "mercredi-journee", MERCREDI)
    evenement = declarer(village, saisie(LUNDI, MERCREDI, unites=["mercredi-journee", "repas"]))
    village.reserver("noe", "mercredi-matin", MERCREDI)
    declarer(village, saisie(LUNDI, motif="Tempête", ferme=True))
    assert annuler(village, evenement) == 0
    assert etats(village, MERCREDI)["noe", "mercredi-journee"] == "annulee"
    assert etats(village, LUNDI)["noe", "repas"] == "annulee"


def test_an_agent_of_a_structure_keeps_to_it(village: Village) -> None:
    siennes = frozenset({"ecole"})
    for structures in ((), ("creche",), ("ecole", "creche")):
        with pytest.raises(RegleViolee, match="une de vos structures"):
            declarer(village, saisie(LUNDI, structures=structures, permises=siennes))
    evenement = declarer(village, saisie(LUNDI, structures=["ecole"], permises=siennes))
    with pytest.raises(LookupError):
        annuler(village, evenement, frozenset({"creche"}))
    assert annuler(village, evenement, siennes) == 1


def test_each_parent_with_authority_is_told_once_for_her_children(village: Village, reglages: ReglagesCommune) -> None:
    """Camille and Thomas for Noé; of Léa, booked by the Morel home too, Camille alone has authority there."""
    village.reserver("lea", "repas", LUNDI)
    village.reserver("yanis", "repas", LUNDI, foyer="haddad")
    with village.bd.session_ecriture() as session:
        session.execute(update(Compte).where(Compte.id == village.comptes["karim"]).values(est_actif=False))
    declarer(village, saisie(LUNDI, unites=["repas"]))
    mails = {c.destinataire: c for c in prevenir(village, reglages)}
    assert set(mails) == {"camille@courriel.example", "thomas@courriel.example"}
    assert mails["camille@courriel.example"].objet == f"Réservations annulées\u00a0: {GREVE}"
    texte = mails["camille@courriel.example"].corps_texte
    for attendu in ("Léa, Repas", "Noé, Repas", "lundi 7 décembre", "pique-nique", "pas facturées"):
        assert attendu in texte
    assert "Léa" not in mails["thomas@courriel.example"].corps_texte
    assert len(prevenir(village, reglages)) == 2
    with village.bd.session_lecture() as session:
        actes = session.scalars(select(ActeJournal.foyer_id).where(ActeJournal.action == "reservations_annulees"))
        assert sorted(str(f) for f in actes) == sorted([str(village.foyers["morel"]), str(village.foyers["haddad"])])


def test_undoing_is_told_with_what_is_lost(village: Village, reglages: ReglagesCommune) -> None:
    village.remplir("soir", LUNDI, 2)
    village.reserver("noe", "soir", LUNDI)
    evenement = declarer(village, saisie(LUNDI, unites=["soir", "repas"]))
    prevenir(village, reglages)
    village.cocher("yanis", [("soir", LUNDI)], qui="karim", foyer="haddad")
    village.valider(qui="karim", foyer="haddad", maintenant=MERCREDI_SOIR + timedelta(minutes=5))
    annuler(village, evenement)
    camille = [c for c in prevenir(village, reglages) if c.destinataire.startswith("camille")][-1]
    assert camille.objet.startswith("Réservations rétablies")
    retablies, _, perdues = camille.corps_texte.partition("restent annulées")
    assert "Noé, Repas" in retablies
    assert "Noé, Accueil du soir" in perdues


def test_one_is_read_alone(village: Village) -> None:
    village.reserver("noe", "soir", LUNDI)
    ids = [declarer(village, saisie(jour)) for jour in (LUNDI, MARDI)]
    with compter_requetes(village.bd) as requetes, village.bd.session_lecture() as session:
        lu = lire_evenement(session, ids[0])
        # The others stay in the table.
        assert "LIMIT" not in requetes[0]
        assert lu == lister_evenements(session)[-1]
        assert lire_evenement(session, ids[1] + 1) is None


def test_two_thousand_five_hundred_bookings_are_cancelled_in_less_than_two_seconds(village: Village) -> None:
    """Half a thousand families, five meals each."""
    jours = [date(2027, 1, 4) + timedelta(days=n) for n in (0, 1, 3, 4, 7)]
    with village.bd.session_ecriture() as session:
        payeur = village.personnes["figurant"]
        foyers = session.scalars(
            insert(Foyer).returning(Foyer.id), [{"nom": f"Famille {n}", "payeur_id": payeur} for n in range(500)]
        ).all()
        enfants = session.scalars(
            insert(Enfant).returning(Enfant.id),
            [{"prenom": f"Enfant {n}", "nom": "Essai", "naissance": date(2018, 1, 1)} for n in range(500)],
        ).all()
        session.execute(
            insert(Rattachement),
            [{"foyer_id": f, "enfant_id": e} for f, e in zip(foyers, enfants, strict=True)],
        )
        session.execute(
            insert(Reservation),
            [
                {
                    "enfant_id": e,
                    "unite_id": village.unite("repas"),
                    "jour": jour,
                    "structure_id": village.regles.structure_ids["ecole"],
                    "foyer_id": f,
                    "etat": "reservee",
                    "modifiee_utc": MERCREDI_SOIR,
                }
                for f, e in zip(foyers, enfants, strict=True)
                for jour in jours
            ],
        )
    voulue = saisie(*jours)
    vu = apercu(village, voulue)
    assert (vu.reservations, vu.familles, vu.montant_centimes) == (2500, 500, 2500 * 510)
    debut = time.perf_counter()
    with village.bd.session_ecriture() as session:
        evenement = declarer_evenement(session, village.regles, voulue, vu.empreinte, ROSE, MERCREDI_SOIR).id
    assert time.perf_counter() - debut < 2
    debut = time.perf_counter()
    assert annuler(village, evenement) == 2500
    assert time.perf_counter() - debut < 2
    with village.bd.session_lecture() as session:
        assert [(e.evenement.id, e.reservations) for e in lister_evenements(session)] == [(evenement, 2500)]


def test_a_parent_who_books_again_and_the_agent_who_undoes_never_make_one_place_too_many(village: Village) -> None:
    """Three places, three bookings cancelled, one parent books while the agent gives back: three children at most."""
    village.remplir("soir", LUNDI, 2)
    village.reserver("noe", "soir", LUNDI)
    evenement = declarer(village, saisie(LUNDI, unites=["soir"]))
    village.cocher("yanis", [("soir", LUNDI)], qui="karim", foyer="haddad")
    demande = village.demande("karim", "haddad", confirme=True)
    depart, erreurs = Barrier(2), []

    def lancer(faire: object) -> None:
        depart.wait()
        try:
            faire()  # type: ignore[operator]
        except RegleViolee:
            pass
        except Exception as erreur:
            erreurs.append(erreur)

    fils = [
        Thread(target=lancer, args=(lambda: annuler(village, evenement),)),
        Thread(
            target=lancer,
            args=(lambda: village.valider(demande, qui="karim", foyer="haddad", maintenant=PLUS_TARD),),
        ),
    ]
    for fil in fils:
        fil.start()
    for fil in fils:
        fil.join()
    assert erreurs == []
    pris = [etat for (_, unite), etat in etats(village, LUNDI).items() if unite == "soir" and etat == "reservee"]
    assert len(pris) == 3
    with village.bd.session_lecture() as session:
        assert session.scalars(select(Evenement.annule_utc)).one() == PLUS_TARD


def test_ten_years_later_the_strike_goes_with_its_bookings(village: Village) -> None:
    declarer(village, saisie(LUNDI))
    dix_ans = MERCREDI_SOIR.replace(year=2037, month=1)
    faits = purger(village, terme(dix_ans))
    assert faits["événements"] == 1
    with village.bd.session_lecture() as session:
        assert session.scalars(select(Evenement)).all() == []
