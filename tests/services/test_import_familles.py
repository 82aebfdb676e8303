"""Families of a file, in the portal: made, found again, replaced, never doubled."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from sqlalchemy import delete, func, select

from portail_famille.config import ReglagesCommune
from portail_famille.domain.tableur import FichierRefuse
from portail_famille.models.comptes import Compte, JetonCompte
from portail_famille.models.courriels import Courriel
from portail_famille.models.foyers import AutoriteParentale, Enfant, Foyer, Personne, Rattachement
from portail_famille.models.quotients import QuotientFamilial
from portail_famille.services.invitations import a_inviter, inviter, reserver_invitations
from tests.support.familles import grand_fichier, ligne
from tests.support.importeur import AUJOURDHUI, INCONNUE, Importeur
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import Village


@pytest.fixture
def importer(village: Village, reglages: ReglagesCommune) -> Importeur:
    return Importeur(village, reglages)


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
