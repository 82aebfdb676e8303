"""Families of a file, in the portal: made, found again, replaced, never doubled."""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from sqlalchemy import delete, func, select

from portail_famille.config import ReglagesCommune
from portail_famille.domain.tableur import FichierRefuse
from portail_famille.models.activites import Inscription, Structure
from portail_famille.models.comptes import Compte, JetonCompte
from portail_famille.models.courriels import Courriel
from portail_famille.models.foyers import AutoriteParentale, Enfant, Foyer, Personne, Rattachement, Responsable
from portail_famille.models.journal import ActeJournal
from portail_famille.models.quotients import QuotientFamilial
from portail_famille.models.reservations import Reservation
from portail_famille.services.import_familles import (
    DepartsNombreux,
    RapportFamilles,
    importer_familles,
    lire_foyers,
    lire_tableau_de_familles,
)
from portail_famille.services.invitations import a_inviter, inviter, reserver_invitations
from tests.support.familles import fichier, grand_fichier, ligne
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import Village

AUJOURDHUI = MERCREDI_SOIR.date()
TABLES = (Personne, Enfant, Foyer, Responsable, Rattachement, AutoriteParentale, Compte, Inscription, QuotientFamilial)


@pytest.fixture
def importer(village: Village, reglages: ReglagesCommune) -> "Importeur":
    return Importeur(village, reglages)


class Importeur:
    def __init__(self, village: Village, reglages: ReglagesCommune) -> None:
        self.village, self.reglages = village, reglages
        self.avant = self.compter()

    def __call__(
        self,
        *lignes: Mapping[str, str],
        est_complet: bool = False,
        avec_courriels: bool = True,
        departs_confirmes: bool = False,
    ) -> RapportFamilles:
        tableau = lire_tableau_de_familles(fichier(lignes).encode())
        foyers = lire_foyers(tableau, self.village.regles, AUJOURDHUI)
        with self.village.bd.session_ecriture() as session:
            return importer_familles(
                session,
                foyers,
                MERCREDI_SOIR,
                self.reglages,
                avec_courriels=avec_courriels,
                est_complet=est_complet,
                departs_confirmes=departs_confirmes,
            )

    def compter(self) -> dict[str, int]:
        with self.village.bd.session_lecture() as session:
            return {t.__tablename__: session.scalar(select(func.count()).select_from(t)) or 0 for t in TABLES}

    def nouveaux(self) -> dict[str, int]:
        """Rows more than in the village, tables without any left out."""
        return {nom: n - self.avant[nom] for nom, n in self.compter().items() if n != self.avant[nom]}

    def actes(self, action: str) -> list[ActeJournal]:
        with self.village.bd.session_lecture() as session:
            return list(session.scalars(select(ActeJournal).where(ActeJournal.action == action)))

    def semaines(self, prenom: str) -> dict[str, tuple[date | None, int | None, str]]:
        """Of each foyer of this child, by its reference."""
        with self.village.bd.session_lecture() as session:
            return {
                reference or "": (r.semaine_ancre, r.une_sur, r.vacances)
                for reference, r in session.execute(
                    select(Foyer.reference, Rattachement)
                    .join(Foyer, Foyer.id == Rattachement.foyer_id)
                    .join(Enfant, Enfant.id == Rattachement.enfant_id)
                    .where(Enfant.prenom == prenom, Foyer.reference.is_not(None))
                )
            }

    def une(self, requete: object) -> object:
        with self.village.bd.session_lecture() as session:
            return session.scalars(requete).one()  # type: ignore[call-overload]


INCONNUE = {
    "foyer": "F1",
    "responsable1_prenom": "Inès",
    "responsable1_nom": "d'Ornano",
    "responsable1_courriel": "Ines@courriel.example",
    "responsable1_telephone": "0692 12 34 56",
    "responsable2_prenom": "Paul",
    "responsable2_nom": "Nguyen",
    "responsable2_courriel": "ines@courriel.example",
    "responsable2_autorite": "non",
    "enfant_prenom": "Anaïs",
    "enfant_nom": "d'Ornano",
    "structure": "ecole",
    "classe": "CE1",
    "qf": "639,99",
    "qf_du": "01/09/2026",
    "activites": "cantine|mercredi@centre",
    "inscription_du": "01/09/2026",
    "inscription_au": "02/07/2027",
}


def test_a_family_unknown_to_the_portal_is_made_whole(importer: Importeur) -> None:
    rapport = importer(ligne(**INCONNUE))
    assert importer.nouveaux() == {
        "personne": 2, "enfant": 1, "foyer": 1, "responsable": 2, "rattachement": 1, "autorite_parentale": 1,
        "compte": 2, "inscription": 2, "quotient_familial": 1,
    }  # fmt: skip
    with importer.village.bd.session_lecture() as session:
        foyer = session.scalars(select(Foyer).where(Foyer.reference == "F1")).one()
        payeur = session.get_one(Personne, foyer.payeur_id)
        comptes = session.scalars(select(Compte.identifiant).where(Compte.id.in_(rapport.comptes_ouverts))).all()
        enfant = session.scalars(select(Enfant).where(Enfant.prenom == "Anaïs")).one()
        qf = session.scalars(select(QuotientFamilial).where(QuotientFamilial.foyer_id == foyer.id)).one()
    assert (foyer.nom, foyer.personnes_a_charge, foyer.est_resident) == ("d’Ornano – Nguyen", 1, True)
    assert (payeur.prenom, payeur.nom, payeur.telephone) == ("Inès", "d’Ornano", "+262692123456")
    assert sorted(comptes) == ["ines", "ines2"], "a shared address, two login names"
    assert (enfant.naissance, enfant.classe, qf.valeur_centimes) == (date(2018, 4, 17), "CE1", 63_999)
    assert enfant.structure_id == importer.village.regles.structure_ids["ecole"]
    assert [acte.foyer_id for acte in importer.actes("foyer_cree")] == [foyer.id]


def test_the_same_file_again_changes_nothing(importer: Importeur) -> None:
    lignes = [ligne(**INCONNUE) | {"foyer": "A1"}, *grand_fichier(30)]
    assert not importer(*lignes).est_inchange
    avant = importer.village.photographier()
    assert importer(*lignes).est_inchange
    assert importer.village.photographier() == avant


def test_the_same_file_without_references_changes_nothing_either(importer: Importeur) -> None:
    sans = {"foyer", "responsable1_reference", "enfant_reference"}
    lignes = [{nom: v for nom, v in une.items() if nom not in sans} for une in [ligne(**INCONNUE), *grand_fichier(8)]]
    importer(*lignes)
    avant = importer.village.photographier()
    assert importer(*lignes).est_inchange
    assert importer.village.photographier() == avant


def test_references_are_adopted_by_the_families_that_had_none(importer: Importeur) -> None:
    importer({nom: v for nom, v in ligne(**INCONNUE).items() if nom != "foyer"})
    importer(ligne(**INCONNUE, enfant_reference="E1", responsable1_reference="P1"))
    assert importer.nouveaux()["foyer"] == importer.nouveaux()["enfant"] == 1
    assert importer.une(select(Foyer.reference).where(Foyer.reference.is_not(None))) == "F1"
    assert importer.une(select(Enfant.reference).where(Enfant.reference.is_not(None))) == "E1"


def test_a_family_the_portal_knows_is_found_by_its_names_and_the_file_wins(importer: Importeur) -> None:
    noe = {"enfant_prenom": "NOE", "enfant_nom": "Le Gall", "enfant_naissance": "03/09/2020", "classe": "CM2"}
    thomas = {"responsable2_prenom": "thomas", "responsable2_nom": "Le-Gall"}
    camille = {"responsable1_nom": "MOREL", "responsable1_courriel": ""}
    rapport = importer(ligne(adresse="8 rue du Port") | camille | thomas | noe)
    assert importer.nouveaux() == {}
    assert rapport.fiches["foyer", "modifies"] == rapport.fiches["enfant", "modifies"] == 1
    (foyer,) = [
        acte for acte in importer.actes("fiche_importee") if acte.enfant_id is None and acte.personne_id is None
    ]
    assert foyer.cote == "systeme"
    assert foyer.foyer_id == importer.village.foyers["morel"]
    assert foyer.details["champs"]["foyer.adresse"][1] == "8 rue du Port"
    enfant = importer.une(select(Enfant).where(Enfant.id == importer.village.enfants["noe"]))
    assert isinstance(enfant, Enfant)
    assert (enfant.prenom, enfant.classe) == ("NOE", "CM2")


def test_an_empty_cell_changes_nothing(importer: Importeur) -> None:
    importer(ligne(**INCONNUE))
    importer({nom: v for nom, v in ligne(**INCONNUE).items() if nom not in ("classe", "qf", "qf_du")})
    assert importer.une(select(Enfant.classe).where(Enfant.prenom == "Anaïs")) == "CE1"


def test_the_confirmed_address_of_an_active_compte_is_kept_and_said(importer: Importeur) -> None:
    importer(ligne(**INCONNUE))
    with importer.village.bd.session_ecriture() as session:
        compte = session.scalars(select(Compte).where(Compte.identifiant == "ines")).one()
        compte.active_utc = MERCREDI_SOIR
    rapport = importer(ligne(**INCONNUE) | {"responsable1_courriel": "autre@courriel.example"})
    assert importer.une(select(Personne.courriel).where(Personne.prenom == "Inès")) == "ines@courriel.example"
    (dit,) = rapport.avertissements
    assert "Inès d’Ornano" in dit


def test_a_compte_still_waiting_is_told_at_its_new_address(importer: Importeur) -> None:
    importer(ligne(**INCONNUE))
    rapport = importer(ligne(**INCONNUE) | {"responsable1_courriel": "autre@courriel.example"})
    assert rapport.invitations == 1
    assert importer.une(select(Courriel.destinataire)) == "autre@courriel.example"


def test_the_mailbox_of_a_wrong_address_opens_nothing_any_more(importer: Importeur) -> None:
    nouveaux = importer(ligne(**INCONNUE)).comptes_ouverts
    with importer.village.bd.session_ecriture() as session:
        inviter(session, nouveaux, MERCREDI_SOIR, importer.reglages)
    importer(ligne(**INCONNUE) | {"responsable1_courriel": "autre@courriel.example"}, avec_courriels=False)
    with importer.village.bd.session_ecriture() as session:
        ines = session.scalars(select(Compte).where(Compte.identifiant == "ines")).one()
        jetons = dict(session.execute(select(JetonCompte.compte_id, JetonCompte.utilise_utc)).all())
        assert jetons == {compte: MERCREDI_SOIR if compte == ines.id else None for compte in nouveaux}
        assert a_inviter(session, nouveaux) == [ines.id], "told later, at the address she has now"
        assert inviter(session, [ines.id], MERCREDI_SOIR, importer.reglages) == 1
        assert a_inviter(session, nouveaux) == []


def test_who_was_invited_is_not_invited_again_when_old_links_are_purged(importer: Importeur) -> None:
    nouveaux = importer(ligne(**INCONNUE)).comptes_ouverts
    with importer.village.bd.session_ecriture() as session:
        inviter(session, nouveaux, MERCREDI_SOIR, importer.reglages)
        session.execute(delete(JetonCompte))
        assert a_inviter(session, nouveaux) == []


def test_two_commands_at_once_invite_each_parent_once(importer: Importeur) -> None:
    """The second one begins while the first one holds its batch, and waits for it."""
    nouveaux = importer(ligne(**INCONNUE)).comptes_ouverts
    envois: list[int] = []

    def inviter_tous() -> None:
        with importer.village.bd.session_ecriture() as session:
            lot = reserver_invitations(session, nouveaux)
            envois.append(inviter(session, lot, MERCREDI_SOIR, importer.reglages))

    with importer.village.bd.session_ecriture() as session:
        lot = reserver_invitations(session, nouveaux)
        autre = threading.Thread(target=inviter_tous)
        autre.start()
        autre.join(0.3)
        assert autre.is_alive()
        assert inviter(session, lot, MERCREDI_SOIR, importer.reglages) == 2
    autre.join()
    assert envois == [0]


def test_an_authority_that_an_agent_ended_is_not_given_back(importer: Importeur) -> None:
    importer(ligne(**INCONNUE))
    with importer.village.bd.session_ecriture() as session:
        inesse = select(Personne.id).where(Personne.prenom == "Inès").scalar_subquery()
        ligne_ = session.scalars(select(AutoriteParentale).where(AutoriteParentale.personne_id == inesse)).one()
        ligne_.au = AUJOURDHUI - timedelta(days=10)
    rapport = importer(ligne(**INCONNUE, responsable1_autorite="oui"))
    assert importer.nouveaux()["autorite_parentale"] == 1
    assert "terminée à la main" in rapport.avertissements[0]


def test_the_file_may_end_an_authority_from_the_day_before(importer: Importeur) -> None:
    importer(ligne(**INCONNUE) | {"responsable2_autorite": "oui"})
    rapport = importer(ligne(**INCONNUE))
    assert rapport.fiches["autorite_parentale", "retires"] == 1
    fin = importer.une(select(AutoriteParentale.au).where(AutoriteParentale.au.is_not(None)))
    assert fin == AUJOURDHUI - timedelta(days=1)


def test_a_child_who_changes_name_is_not_another_child(importer: Importeur) -> None:
    importer(ligne(**INCONNUE))
    importer(ligne(**INCONNUE) | {"enfant_nom": "Nguyen"})
    assert importer.nouveaux()["enfant"] == 1


def test_the_other_parents_foyer_takes_in_the_child_the_portal_knows(importer: Importeur) -> None:
    """Karim of the village becomes a separated parent: his son now lives one week in two at Inès's."""
    yanis = {"enfant_prenom": "Yanis", "enfant_nom": "Haddad", "enfant_naissance": "08/06/2017"}
    with pytest.raises(FichierRefuse, match="déjà dans un autre foyer"):
        importer(ligne(**INCONNUE) | yanis)
    assert importer.nouveaux() == {}
    importer(ligne(**INCONNUE) | yanis | {"semaine_ancre": "07/12/2026", "une_sur": "2"})
    assert "enfant" not in importer.nouveaux()
    with importer.village.bd.session_lecture() as session:
        lignes = session.scalars(
            select(Rattachement).where(Rattachement.enfant_id == importer.village.enfants["yanis"])
        ).all()
    assert {r.foyer_id == importer.village.foyers["haddad"]: r.semaine_ancre for r in lignes} == {
        True: date(2026, 12, 14),
        False: date(2026, 12, 7),
    }


def test_two_families_that_look_alike_are_a_fault_and_nothing_is_written(importer: Importeur) -> None:
    for reference in ("F1", "F2"):
        importer(ligne(**{**INCONNUE, "foyer": reference, "adresse": f"{reference} rue du Port"},
                       enfant_reference=f"E{reference}"))  # fmt: skip
    avant = importer.village.photographier()
    sans_reference = {nom: v for nom, v in ligne(**INCONNUE).items() if nom != "foyer"}
    with pytest.raises(FichierRefuse, match="remplissez cette colonne"):
        importer({**sans_reference, "adresse": "ailleurs"})
    assert importer.village.photographier() == avant


def test_an_enrolment_that_overlaps_takes_the_dates_of_the_file(importer: Importeur) -> None:
    importer(ligne(**INCONNUE))
    rapport = importer(ligne(**INCONNUE) | {"inscription_au": "30/06/2027"})
    assert rapport.fiches["inscription", "modifies"] == 2
    assert importer.nouveaux()["inscription"] == 2


def test_the_qf_of_another_day_is_another_qf(importer: Importeur) -> None:
    importer(ligne(**INCONNUE))
    importer(ligne(**INCONNUE) | {"qf": "700"})
    assert importer.nouveaux()["quotient_familial"] == 1
    importer(ligne(**INCONNUE) | {"qf": "800", "qf_du": "01/01/2027"})
    assert importer.nouveaux()["quotient_familial"] == 2


def test_a_complete_file_says_who_left_and_who_came_back(importer: Importeur) -> None:
    importer(ligne(**INCONNUE))
    autre = ligne(foyer="F2", responsable1_prenom="Ève", responsable1_courriel="eve@courriel.example",
                  enfant_prenom="Adam", adresse="1 rue du Port")  # fmt: skip
    autre["responsable1_telephone"] = "06 39 98 00 00"
    rapport = importer(autre, est_complet=True)
    assert (rapport.partis, rapport.revenus) == (1, 0)
    assert importer.une(select(Foyer.parti_le).where(Foyer.reference == "F1")) == AUJOURDHUI
    rapport = importer(ligne(**INCONNUE))
    assert (rapport.partis, rapport.revenus) == (0, 1)
    assert len(importer.actes("foyer_parti")) == len(importer.actes("foyer_revenu")) == 1


def test_an_adult_without_an_address_gets_no_compte(importer: Importeur) -> None:
    rapport = importer(ligne(**INCONNUE) | {"responsable2_courriel": ""})
    assert (len(rapport.comptes_ouverts), rapport.sans_adresse) == (1, 1)


def test_those_never_invited_are_invited_once(importer: Importeur, reglages: ReglagesCommune) -> None:
    nouveaux = importer(ligne(**INCONNUE)).comptes_ouverts
    with importer.village.bd.session_ecriture() as session:
        assert set(nouveaux) <= set(a_inviter(session))
        assert a_inviter(session, nouveaux[:1]) == nouveaux[:1]
        assert inviter(session, nouveaux, MERCREDI_SOIR, reglages) == 2
        assert a_inviter(session, nouveaux) == []
        assert session.scalar(select(func.count()).select_from(JetonCompte)) == 2
    assert importer.une(select(Courriel.destinataire).distinct()) == "ines@courriel.example"


def test_a_child_of_two_foyers_gets_no_third_one(importer: Importeur) -> None:
    """Léa of the village lives at Camille's and at Julien's."""
    lea = {"enfant_prenom": "Léa", "enfant_nom": "Ferrand", "enfant_naissance": "17/04/2018"}
    with pytest.raises(FichierRefuse, match="déjà deux foyers"):
        importer(ligne(**INCONNUE) | lea | {"semaine_ancre": "07/12/2026", "une_sur": "2"})
    assert importer.nouveaux() == {}


def test_an_adult_of_another_foyer_is_found_by_her_name_and_address(importer: Importeur) -> None:
    """Nadia of the village opens a second foyer with a child of her own."""
    nadia = {"prenom": "NADIA", "nom": "Petit", "courriel": "nadia@courriel.example"}
    rapport = importer(ligne(**INCONNUE) | {f"responsable1_{nom}": valeur for nom, valeur in nadia.items()})
    assert importer.nouveaux()["personne"] == 1
    assert rapport.fiches["personne", "modifies"] == 1


def test_two_imports_at_once_make_each_family_once(importer: Importeur) -> None:
    barriere = threading.Barrier(2)
    autre = ligne(foyer="B1", adresse="1 rue du Port", enfant_prenom="Ève", responsable1_nom="Autre")

    def lancer(_: int) -> bool:
        barriere.wait()
        return importer(ligne(**INCONNUE), autre).est_inchange

    with ThreadPoolExecutor(2) as fils:
        assert sorted(fils.map(lancer, range(2))) == [False, True]
    assert (importer.nouveaux()["foyer"], importer.nouveaux()["personne"]) == (2, 3)


SANS_ENFANT = {nom: "" for nom in ligne() if nom.startswith("enfant_")}
BOB = ligne(
    foyer="F2", adresse="2 rue du Port", responsable1_prenom="Bob", responsable1_nom="Beta",
    responsable1_courriel="bob@courriel.example", responsable1_telephone="",
)  # fmt: skip
ANAIS = {"enfant_reference": "E1", "enfant_prenom": "Anaïs", "enfant_nom": "d'Ornano"}
INES = {**INCONNUE, **ANAIS}
CHEZ_BOB = {**BOB, **ANAIS}


@pytest.mark.parametrize(
    "autre",
    [
        {"responsable1_reference": "P1", "responsable1_prenom": "Omar", "responsable1_nom": "Omega"},
        {"enfant_prenom": "Sue", "enfant_naissance": "01/01/2019"},
        {
            "responsable1_prenom": "Omar", "responsable1_nom": "Omega",
            "responsable1_courriel": "omar@courriel.example",
            "responsable1_telephone": "", "responsable1_reference": "", "responsable2_prenom": "",
            "responsable2_nom": "", "responsable2_courriel": "", "responsable2_autorite": "",
            "enfant_prenom": "Sue", "enfant_nom": "Omega", "enfant_reference": "E9",
        },
    ],
)  # fmt: skip
def test_a_reference_given_to_somebody_else_is_a_fault(importer: Importeur, autre: dict[str, str]) -> None:
    importer(ligne(**INES) | {"responsable1_reference": "P1"})
    avant = importer.village.photographier()
    with pytest.raises(FichierRefuse, match=r"cette référence désigne déjà .* dans le portail, et .* dans le fichier"):
        importer(ligne(**INES) | {"responsable1_reference": "P1"} | autre)
    assert importer.village.photographier() == avant


def test_a_change_of_name_or_of_birth_date_alone_is_no_other_person(importer: Importeur) -> None:
    importer(ligne(**INES) | {"responsable1_reference": "P1"})
    importer(ligne(**INES) | {"responsable1_reference": "P1", "responsable1_nom": "Nguyen"})
    importer(ligne(**INES) | {"responsable1_reference": "P1", "responsable1_nom": "Nguyen", "enfant_prenom": "Anna"})
    importer(ligne(**INES) | {"responsable1_nom": "Nguyen", "enfant_prenom": "Anna", "enfant_naissance": "18/04/2018"})
    assert (importer.nouveaux()["personne"], importer.nouveaux()["enfant"]) == (2, 1)


def test_a_corrected_birth_date_makes_no_second_child(importer: Importeur) -> None:
    sans_reference = ligne(**INCONNUE)
    importer(sans_reference)
    corrigee = {**sans_reference, "enfant_naissance": "17/05/2018"}
    with pytest.raises(FichierRefuse, match="ce foyer a déjà Anaïs d’Ornano, du 17/04/2018"):
        importer(corrigee)
    importer({**corrigee, "enfant_reference": "E1"})
    assert importer.nouveaux()["enfant"] == 1
    assert importer.une(select(Enfant.naissance).where(Enfant.reference == "E1")) == date(2018, 5, 17)


def test_the_reference_asked_for_finds_the_child_of_another_foyer(importer: Importeur) -> None:
    importer(ligne(**INCONNUE))
    chez_bob = {nom: v for nom, v in CHEZ_BOB.items() if nom != "enfant_reference"}
    with pytest.raises(FichierRefuse, match="remplissez «\u00a0enfant_reference\u00a0»"):
        importer(chez_bob)
    rapport = importer(CHEZ_BOB)
    assert importer.nouveaux()["enfant"] == 1
    assert (
        "est encore, dans le portail, au foyer «\u00a0d’Ornano – Nguyen\u00a0» (référence F1)"
        in rapport.avertissements[0]
    )


def test_a_child_that_a_foyer_no_longer_names_is_told_until_the_file_is_complete(importer: Importeur) -> None:
    importer(ligne(**INES), BOB | SANS_ENFANT)
    demenage = (ligne(**INCONNUE) | SANS_ENFANT | {"activites": "", "inscription_du": "", "inscription_au": "",
                                                   "structure": "", "classe": ""}, CHEZ_BOB)  # fmt: skip
    for _ in range(2):
        (dit,) = importer(*demenage).avertissements
        assert dit.startswith("ligne 3\u00a0: Anaïs d’Ornano est encore")
        assert set(importer.semaines("Anaïs")) == {"F1", "F2"}
    with importer.village.bd.session_ecriture() as session:
        foyer_id = session.scalars(select(Foyer.id).where(Foyer.reference == "F1")).one()
        enfant_id = session.scalars(select(Enfant.id).where(Enfant.reference == "E1")).one()
        for jour in (date(2026, 12, 10), date(2026, 12, 8), date(2026, 12, 1)):
            session.add(
                Reservation(
                    enfant_id=enfant_id, foyer_id=foyer_id, unite_id=importer.village.unite("repas"), jour=jour,
                    structure_id=importer.village.regles.structure_ids["ecole"], modifiee_utc=MERCREDI_SOIR,
                )
            )  # fmt: skip
    rapport = importer(*demenage, est_complet=True)
    assert rapport.fiches["rattachement", "retires"] == 1
    assert "a quitté le foyer" in rapport.avertissements[0]
    assert "2 réservation(s) à venir, du 08/12/2026 au 10/12/2026" in rapport.avertissements[0]
    assert set(importer.semaines("Anaïs")) == {"F2"}
    assert [acte.foyer_id for acte in importer.actes("enfant_detache")] == [foyer_id]
    assert importer(*demenage, est_complet=True).est_inchange


def test_a_child_who_stays_at_one_of_two_foyers_is_there_all_the_time(importer: Importeur) -> None:
    semaine = {"semaine_ancre": "07/12/2026", "une_sur": "2"}
    importer(ligne(**INES) | semaine, CHEZ_BOB)
    rien = {"activites": "", "inscription_du": "", "inscription_au": "", "structure": "", "classe": ""}
    importer(ligne(**INCONNUE) | SANS_ENFANT | rien, CHEZ_BOB, est_complet=True)
    assert importer.semaines("Anaïs") == {"F2": (None, None, "")}


def test_of_two_foyers_exactly_one_has_each_week_whichever_line_the_file_gives(importer: Importeur) -> None:
    chez_ines, chez_bob = ligne(**INES), CHEZ_BOB
    une_semaine_sur_deux = {"semaine_ancre": "07/12/2026", "une_sur": "2", "vacances": "paires"}
    importer(chez_ines | une_semaine_sur_deux, chez_bob)
    lundi = date(2026, 12, 7)
    rapport = importer(chez_ines | une_semaine_sur_deux | {"semaine_ancre": "14/12/2026", "vacances": "impaires"})
    assert importer.semaines("Anaïs") == {
        "F1": (lundi + timedelta(weeks=1), 2, "debut_annees_impaires"),
        "F2": (lundi + timedelta(weeks=2), 2, "debut_annees_paires"),
    }
    assert "a celles qui restent" in rapport.avertissements[0]
    assert len(importer.actes("garde_changee")) == 2
    sur_trois = {"semaine_ancre": "14/12/2026", "une_sur": "3"}
    with pytest.raises(FichierRefuse, match="ne fait pas toutes les semaines"):
        importer(chez_ines | sur_trois)
    importer(chez_ines | sur_trois, chez_bob)
    assert importer.semaines("Anaïs")["F1"][1:] == (3, "")
    assert importer.semaines("Anaïs")["F2"] == (None, None, "")
    assert importer(chez_ines | sur_trois).est_inchange


def test_the_foyer_that_comes_second_has_what_the_first_one_leaves(importer: Importeur) -> None:
    importer(ligne(**INES) | {"semaine_ancre": "07/12/2026", "une_sur": "2"})
    importer(CHEZ_BOB)
    assert importer.semaines("Anaïs")["F2"] == (date(2026, 12, 14), 2, "")


def test_the_journal_of_an_import_never_says_a_health_value(importer: Importeur) -> None:
    importer(ligne(**INES))
    importer(ligne(**INES) | {"pai": "O", "classe": "CM1"})
    (acte,) = importer.actes("fiche_importee")
    assert acte.details == {"champs": {"enfant.pai": [], "enfant.classe": ["CE1", "CM1"]}}


def test_a_part_of_the_families_is_not_taken_for_all_of_them(importer: Importeur) -> None:
    tous = grand_fichier(30)
    importer(*tous)
    quelques = [une for une in tous if une["foyer"] in ("F1", "F2")]
    avant = importer.village.photographier()
    with pytest.raises(DepartsNombreux):
        importer(*quelques, est_complet=True)
    assert importer.village.photographier() == avant
    assert importer(*quelques, est_complet=True, departs_confirmes=True).partis >= 28


PERIODES = Callable[[], list[tuple[str, str, str]]]


@pytest.fixture
def cantine(importer: Importeur) -> PERIODES:
    """Dates and structures of Anaïs at the cantine, in their order."""

    def lire() -> list[tuple[str, str, str]]:
        with importer.village.bd.session_lecture() as session:
            lignes = session.execute(
                select(Inscription.du, Inscription.au, Structure.code)
                .join(Enfant, Enfant.id == Inscription.enfant_id)
                .join(Structure, Structure.id == Inscription.structure_id)
                .where(Enfant.prenom == "Anaïs")
                .order_by(Inscription.du)
            )
            return [(f"{du:%d/%m/%Y}", f"{au:%d/%m/%Y}", code) for du, au, code in lignes]

    return lire


def inscrite(du: str, au: str, activites: str = "cantine") -> dict[str, str]:
    return ligne(**INES) | {"activites": activites, "inscription_du": du, "inscription_au": au}


def test_periods_that_move_never_overlap(importer: Importeur, cantine: PERIODES) -> None:
    importer(inscrite("01/09/2026", "31/12/2026"), inscrite("01/01/2027", "02/07/2027"))
    importer(inscrite("01/09/2026", "31/01/2027"), inscrite("01/02/2027", "02/07/2027"))
    deux = [("01/09/2026", "31/01/2027", "ecole"), ("01/02/2027", "02/07/2027", "ecole")]
    assert cantine() == deux
    importer(inscrite("01/02/2027", "02/07/2027"))
    assert cantine() == deux, "a line less enrols nobody out"
    rapport = importer(inscrite("01/09/2026", "02/07/2027"))
    assert cantine() == [("01/09/2026", "02/07/2027", "ecole")]
    assert (rapport.fiches["inscription", "modifies"], rapport.fiches["inscription", "retires"]) == (1, 1)


def test_another_place_takes_its_days_and_leaves_the_others(importer: Importeur, cantine: PERIODES) -> None:
    """The school of the rest of the year is one that the town's file of activities used to name."""
    importer(inscrite("01/09/2026", "02/07/2027", "mercredi@centre"))
    with importer.village.bd.session_ecriture() as session:
        enfant_id = session.scalars(select(Enfant.id).where(Enfant.prenom == "Anaïs")).one()
        une = session.scalars(select(Inscription).where(Inscription.enfant_id == enfant_id)).one()
        une.structure_id = importer.village.regles.structure_ids["ecole"]
    rapport = importer(inscrite("01/01/2027", "28/02/2027", "mercredi@centre"))
    assert cantine() == [
        ("01/09/2026", "31/12/2026", "ecole"),
        ("01/01/2027", "28/02/2027", "centre"),
        ("01/03/2027", "02/07/2027", "ecole"),
    ]
    assert "change de lieu pour «\u00a0mercredi\u00a0»" in rapport.avertissements[0]


def test_an_authority_that_a_file_ended_a_file_gives_back(importer: Importeur) -> None:
    importer(ligne(**INCONNUE) | {"responsable2_autorite": "oui"})
    importer(ligne(**INCONNUE))
    assert importer(ligne(**INCONNUE)).est_inchange
    rapport = importer(ligne(**INCONNUE) | {"responsable2_autorite": "oui"})
    assert (rapport.avertissements, rapport.fiches["autorite_parentale", "crees"]) == ([], 1)
    with importer.village.bd.session_lecture() as session:
        paul = select(Personne.id).where(Personne.prenom == "Paul").scalar_subquery()
        durees = session.execute(
            select(AutoriteParentale.du, AutoriteParentale.au)
            .where(AutoriteParentale.personne_id == paul)
            .order_by(AutoriteParentale.du)
        ).all()
    assert [tuple(duree) for duree in durees] == [
        (date(2018, 4, 17), AUJOURDHUI - timedelta(days=1)),
        (AUJOURDHUI, None),
    ]
    assert len(importer.actes("autorite_terminee")) == len(importer.actes("autorite_donnee")) == 1
