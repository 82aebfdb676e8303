"""A family's file at the desk: what it shows, what it changes, what it leaves in the journal."""

from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from portail_famille.domain.entourage import Sante
from portail_famille.gateways.chiffre import Chiffre
from portail_famille.models.comptes import Compte, SessionCompte
from portail_famille.models.courriels import Courriel
from portail_famille.models.documents import Piece
from portail_famille.models.foyers import Autorisation, AutoriteParentale, Foyer, Personne, Rattachement
from portail_famille.models.journal import ActeJournal
from portail_famille.models.reservations import Brouillon, Recu, Reservation
from portail_famille.services.demarches import deposer
from portail_famille.services.journal import SYSTEME, consigner
from portail_famille.services.sante import modifier_sante
from tests.conftest import CLE_SECRETE, CompterRequetes
from tests.support.client import connecter, poster
from tests.support.ecran import phrases
from tests.support.formulaires import lire_formulaire
from tests.support.temps import MERCREDI_SOIR, HorlogeReglable
from tests.views.agent.conftest import Bureau

CONFIRME = {"confirme": "oui", "motif": "Jugement du 12 octobre"}
SAISIE = {
    "adresse": "3 rue du Lavoir",
    "code_postal": "99999",
    "ville": "Le Village",
    "resident": "oui",
    "adultes-0-prenom": "Fatou",
    "adultes-0-nom": "N'Diaye",
    "adultes-0-courriel": "fatou@courriel.example",
    "adultes-0-telephone": "06 39 98 12 34",
    "adultes-0-autorite": "oui",
    "enfants-1-prenom": "Awa",
    "enfants-1-nom": "N'Diaye",
    "enfants-1-naissance": "2019-05-04",
    "enfants-1-structure": "ecole",
}


def page(bureau: Bureau, foyer: str = "morel") -> str:
    return f"/agent/foyers/{bureau.village.foyers[foyer]}"


def actes(bureau: Bureau, action: str) -> int:
    with bureau.bd.session_lecture() as session:
        return session.scalars(select(func.count(ActeJournal.id)).where(ActeJournal.action == action)).one()


@pytest.mark.parametrize(
    ("recherche", "attendus"),
    [
        ("MOREL", {"morel"}),
        ("le-gall", {"morel"}),
        ("Noé", {"morel"}),
        ("lea", {"morel", "ferrand"}),
        ("camille@courriel.example", {"morel"}),
        ("06 39 98 00 11", {"haddad"}),
        ("+33 6 39 98 00 11", {"haddad"}),
        ("rue des ormes", {"petit"}),
        ("FAM-7", {"petit"}),
        ("petit ferrand zoe", {"petit"}),
        ("personne", set()),
        ("'; drop table foyer; --", set()),
        ("%", set()),
    ],
)
def test_a_family_is_found_by_any_of_its_words(bureau: Bureau, recherche: str, attendus: set[str]) -> None:
    with bureau.bd.session_ecriture() as session:
        session.get_one(Personne, bureau.village.personnes["karim"]).telephone = "+33639980011"
        petit = session.get_one(Foyer, bureau.village.foyers["petit"])
        petit.adresse, petit.reference = "5 rue des Ormes", "FAM-7"
    texte = bureau.entrer().get("/agent/foyers", query_string={"q": recherche}).text
    trouves = {nom for nom, id_ in bureau.village.foyers.items() if f'"/saint-rivage/agent/foyers/{id_}"' in texte}
    assert trouves == attendus


def test_an_agent_of_one_structure_finds_and_opens_its_families_only(bureau: Bureau) -> None:
    client = bureau.entrer("Inès")
    texte = client.get("/agent/foyers?q=a").text
    assert page(bureau) in texte
    assert page(bureau, "haddad") not in texte
    assert client.get(page(bureau)).status_code == 200
    assert client.get(page(bureau, "haddad")).status_code == 404
    assert poster(client, f"{page(bureau, 'haddad')}/masquer", {"enfant": 1}).status_code == 404


def test_opening_a_file_is_in_the_journal_once_in_ten_minutes(bureau: Bureau, horloge: HorlogeReglable) -> None:
    client = bureau.entrer()
    for _ in range(2):
        assert client.get(page(bureau)).status_code == 200
    assert client.get(f"{page(bureau)}?avant=999999").status_code == 200
    assert actes(bureau, "foyer_vu") == 1
    horloge.avancer(minutes=11)
    assert "Dossier consulté" in phrases(client.get(page(bureau)))
    assert actes(bureau, "foyer_vu") == 2


def test_a_long_journal_is_read_page_by_page(bureau: Bureau) -> None:
    with bureau.bd.session_ecriture() as session:
        for _ in range(60):
            consigner(session, SYSTEME, "fiche_importee", MERCREDI_SOIR, foyer_id=bureau.village.foyers["morel"])
    client = bureau.entrer()
    premiere = client.get(page(bureau)).text
    suite = premiere.partition("?avant=")[2].partition("#")[0]
    seconde = client.get(f"{page(bureau)}?avant={suite}").text
    libelle = "Fiche mise à jour par un fichier de la mairie"
    assert (premiere.count(libelle), seconde.count(libelle)) == (50, 10)


def test_a_file_costs_twelve_queries_at_most(bureau: Bureau, compter_requetes: CompterRequetes) -> None:
    client = bureau.entrer()
    client.get(page(bureau, "petit"))
    for adresse in (page(bureau), f"{page(bureau)}/activites", "/agent/foyers?q=morel"):
        with compter_requetes() as requetes:
            assert client.get(adresse).status_code == 200
        assert len(requetes) <= 12, [" ".join(r.split())[:90] for r in requetes]


def test_a_file_tells_what_each_child_does_here_and_leads_to_the_request(bureau: Bureau) -> None:
    """Noé ate at the canteen, is booked twice, was ill; Léa's other home books for her on its own file."""
    village = bureau.village
    village.reserver("noe", "repas", date(2026, 11, 16), etat="absente_justifiee")
    village.reserver("noe", "repas", date(2026, 9, 15), etat="absente_justifiee")
    with bureau.bd.session_ecriture() as session:
        demarche = deposer(
            session, genre="absence", auteur=SYSTEME, maintenant=MERCREDI_SOIR, contenu={},
            foyer_id=village.foyers["morel"], enfant_id=village.enfants["noe"],
        )  # fmt: skip
        session.flush()
        absente = select(Reservation).where(Reservation.jour == date(2026, 11, 16))
        session.scalars(absente).one().demarche_id = demarche.id
        recu = {"changements": [{"refus": None, "ajout": True}]}
        brouillon = Brouillon(
            compte_id=village.comptes["camille"],
            foyer_id=village.foyers["morel"],
            contenu={},
            modifie_utc=MERCREDI_SOIR,
        )
        session.add(brouillon)
        session.flush()
        for rang, enfant in enumerate(("noe", "mia")):
            session.add(
                Recu(
                    numero=f"2026-00000{rang}", foyer_id=village.foyers["morel"], compte_id=village.comptes["camille"],
                    brouillon_id=brouillon.id, brouillon_version=rang, emis_utc=MERCREDI_SOIR,
                    contenu={**recu, "enfants": {str(village.enfants[enfant]): {"prenom": enfant}}},
                )
            )  # fmt: skip
        numero = demarche.numero
    client = bureau.entrer()
    assert f'hx-get="/saint-rivage{page(bureau)}/activites"' in client.get(page(bureau)).text
    rendue = client.get(f"{page(bureau)}/activites")
    lu = phrases(rendue)
    assert "Cantine, École des Tilleuls, du" in lu
    assert "jeudi 3, lundi 7 et mardi 8 décembre" in lu
    assert "Lundi 16 novembre" in lu
    assert f"/agent/demarches/{numero}" in rendue.text
    assert not any(jour in lu for jour in ("15 septembre", "14 décembre"))
    assert "noe\u00a0: 1\u00a0ajout" in lu
    creche = phrases(bureau.entrer("Inès").get(f"{page(bureau)}/activites"))
    assert "mia\u00a0: 1\u00a0ajout" in creche
    assert not any(mot in creche for mot in ("noe", "jeudi 3", "Noé"))
    assert bureau.client.get(f"{page(bureau, 'haddad')}/activites").status_code == 404


def test_a_paper_that_was_not_sent_is_a_kind_without_name_nor_link(bureau: Bureau) -> None:
    with bureau.bd.session_ecriture() as session:
        for rang, (genre, a_qui) in enumerate((("jugement", None), ("avis_imposition", "camille"))):
            session.add(
                Piece(
                    foyer_id=bureau.village.foyers["morel"],
                    personne_id=bureau.village.personnes[a_qui] if a_qui else None,
                    est_du_foyer=a_qui is None,
                    genre=genre,
                    nom="Divorce.pdf",
                    type_mime="application/pdf",
                    taille=1,
                    objet=f"o{rang}",
                    deposee_utc=MERCREDI_SOIR,
                )
            )
    lue = bureau.entrer("Odile").get(page(bureau)).text
    assert "Jugement ou convention" in lue
    assert "pas envoyé à la mairie" in lue
    assert not any(mot in lue for mot in ("Divorce", "/pieces/", "imposition"))


def test_the_answers_of_the_parents_are_shown_with_their_date_and_whose_they_are(bureau: Bureau) -> None:
    village = bureau.village
    with bureau.bd.session_ecriture() as session:
        for genre, est_accordee, fin in (
            ("image", True, MERCREDI_SOIR),
            ("image", False, None),
            ("sortie_seul", True, None),
        ):
            session.add(
                Autorisation(
                    enfant_id=village.enfants["lea"],
                    genre=genre,
                    est_accordee=est_accordee,
                    personne_id=village.personnes["julien"],
                    a_utc=MERCREDI_SOIR,
                    fin_utc=fin,
                )
            )
            session.flush()
    dit = phrases(bureau.entrer().get(page(bureau)))
    assert "Photos et vidéosnon, par Julien Ferrand le 2 décembre 2026" in dit
    assert "Sortir seuloui, par Julien Ferrand le 2 décembre 2026" in dit
    assert "Soins en urgencepas de réponse" in dit
    assert dit.count("par Julien Ferrand") == 2


def test_the_answers_about_a_child_received_elsewhere_are_not_shown(bureau: Bureau) -> None:
    dit = phrases(bureau.entrer("Inès").get(page(bureau)))
    # Mia is at the crèche; Léa and Noé are not.
    assert dit.count("Photos et vidéos") == 1


def test_health_is_shown_on_demand_with_its_own_line(bureau: Bureau) -> None:
    _noter_sante(bureau, "mia", "arachide")
    client = bureau.entrer()
    assert "arachide" not in client.get(page(bureau)).text
    mia = f"{page(bureau)}/sante/{bureau.village.enfants['mia']}"
    assert "arachide" in client.get(mia).text
    assert actes(bureau, "sante_vue") == 1
    assert client.get(f"{page(bureau, 'haddad')}/sante/{bureau.village.enfants['mia']}").status_code == 404


def test_the_health_of_a_child_received_elsewhere_is_not_shown(bureau: Bureau) -> None:
    _noter_sante(bureau, "noe", "arachide")
    client = bureau.entrer("Inès")
    reponse = client.get(f"{page(bureau)}/sante/{bureau.village.enfants['noe']}")
    assert reponse.status_code == 404
    assert client.get(f"{page(bureau)}/sante/{bureau.village.enfants['mia']}").status_code == 200


def _noter_sante(bureau: Bureau, enfant: str, allergies: str) -> None:
    with bureau.bd.session_ecriture() as session:
        modifier_sante(
            session,
            Chiffre(CLE_SECRETE),
            enfant_id=bureau.village.enfants[enfant],
            foyer_id=bureau.village.foyers["morel"],
            saisie=Sante(allergies=allergies),
            empreinte_vue=Sante().empreinte,
            auteur=SYSTEME,
            maintenant=MERCREDI_SOIR,
        )


def test_a_compte_never_activated_gets_its_link_again(bureau: Bureau) -> None:
    with bureau.bd.session_ecriture() as session:
        session.execute(update(Compte).where(Compte.id == bureau.village.comptes["thomas"]).values(active_utc=None))
    client = bureau.entrer()
    assert "jamais activé" in phrases(client.get(page(bureau)))
    reponse = poster(client, f"{page(bureau)}/activation", {"compte": bureau.village.comptes["thomas"]})
    assert "Le lien d’activation est parti." in phrases(client.get(reponse.location.removeprefix("/saint-rivage")))
    with bureau.bd.session_lecture() as session:
        assert [c.destinataire for c in session.scalars(select(Courriel))] == ["thomas@courriel.example"]


def test_an_active_compte_gets_no_activation(bureau: Bureau) -> None:
    client = bureau.entrer()
    reponse = poster(client, f"{page(bureau)}/activation", {"compte": bureau.village.comptes["camille"]})
    assert reponse.status_code == 409
    assert "rien n’est parti" in phrases(reponse)


def test_a_closed_compte_is_out_at_once_and_opens_again(bureau: Bureau, client: FlaskClient) -> None:
    ailleurs = client.application.test_client()
    connecter(ailleurs, "camille.morel")
    compte = {"compte": bureau.village.comptes["camille"]}
    bureau.entrer()
    assert poster(client, f"{page(bureau)}/compte/fermer", compte).status_code == 409
    assert ailleurs.get("/famille").status_code == 200
    assert poster(client, f"{page(bureau)}/compte/fermer", compte | CONFIRME).status_code == 303
    assert ailleurs.get("/famille").status_code == 303
    with bureau.bd.session_lecture() as session:
        requete = select(SessionCompte.fermee_utc).where(SessionCompte.compte_id == compte["compte"])
        assert None not in session.scalars(requete).all()
    assert "compte fermé" in phrases(client.get(page(bureau)))
    assert poster(client, f"{page(bureau)}/compte/rouvrir", compte).status_code == 303
    connecter(ailleurs, "camille.morel")
    assert ailleurs.get("/famille").status_code == 200
    assert (actes(bureau, "compte_ferme_par_la_mairie"), actes(bureau, "compte_rouvert")) == (1, 1)


def test_a_compte_of_another_foyer_is_not_closed_from_here(bureau: Bureau) -> None:
    client = bureau.entrer()
    reponse = poster(client, f"{page(bureau)}/compte/fermer", {"compte": bureau.village.comptes["karim"]} | CONFIRME)
    assert reponse.status_code == 409
    assert "n’est pas de ce foyer" in phrases(reponse)
    with bureau.bd.session_lecture() as session:
        assert session.get_one(Compte, bureau.village.comptes["karim"]).est_actif


def test_authority_is_given_and_ended_on_a_day(bureau: Bureau) -> None:
    client, village = bureau.entrer(), bureau.village
    ids = {"enfant": village.enfants["lea"], "personne": village.personnes["thomas"]}
    assert poster(client, f"{page(bureau)}/autorite", ids | {"du": "2026-12-01"}).status_code == 303
    assert poster(client, f"{page(bureau)}/autorite/fin", ids | {"au": "2026-12-31"}).status_code == 303
    with bureau.bd.session_lecture() as session:
        lien = session.scalars(
            select(AutoriteParentale).where(
                AutoriteParentale.personne_id == ids["personne"], AutoriteParentale.enfant_id == ids["enfant"]
            )
        ).one()
    assert (lien.du, lien.au) == (date(2026, 12, 1), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("geste", "champs", "statut"),
    [
        ("autorite", {"du": "31/12/2026"}, 409),
        ("autorite", {"du": "0001-01-01"}, 409),
        ("autorite/fin", {"au": ""}, 409),
        ("autorite", {"enfant": "x", "du": "2026-12-01"}, 400),
        ("garde", {"une_sur": "7", "semaine": "2026-12-07", "vacances": ""}, 409),
        ("garde", {"une_sur": "2", "semaine": "demain", "vacances": ""}, 409),
        ("masquer", {"enfant": "999999"} | CONFIRME, 409),
        ("masquer", {"masquer": "oui", "motif": "Jugement"}, 409),
        ("masquer", CONFIRME | {"masquer": "oui", "motif": " "}, 409),
    ],
)
def test_what_cannot_be_read_changes_nothing(bureau: Bureau, geste: str, champs: dict[str, Any], statut: int) -> None:
    client, village = bureau.entrer(), bureau.village
    ids = {"enfant": village.enfants["lea"], "personne": village.personnes["thomas"]}
    avant = village.photographier()
    assert poster(client, f"{page(bureau)}/{geste}", ids | champs).status_code == statut
    assert village.photographier() == avant


def test_custody_and_hiding_are_set_from_the_file(bureau: Bureau) -> None:
    client, village = bureau.entrer(), bureau.village
    lea = {"enfant": village.enfants["lea"]}
    champs = lea | {"une_sur": "2", "semaine": "2026-12-14", "vacances": "debut_annees_paires"}
    assert poster(client, f"{page(bureau)}/garde", champs).status_code == 303
    assert poster(client, f"{page(bureau)}/masquer", lea | {"masquer": "oui"} | CONFIRME).status_code == 303
    with bureau.bd.session_lecture() as session:
        ici = session.get_one(Rattachement, (village.foyers["morel"], lea["enfant"]))
    assert (ici.semaine_ancre, ici.vacances, ici.est_masque) == (date(2026, 12, 14), "debut_annees_paires", True)
    assert "ce foyer est caché à l’autre" in phrases(client.get(page(bureau)))
    assert "Foyer caché à l’autre foyer de l’enfant\u00a0: Jugement du 12 octobre" in client.get(page(bureau)).text
    assert "Jugement du 12 octobre" not in client.get(page(bureau, "ferrand")).text
    assert poster(client, f"{page(bureau)}/garde", lea | {"une_sur": ""}).status_code == 303
    with bureau.bd.session_lecture() as session:
        assert session.get_one(Rattachement, (village.foyers["morel"], lea["enfant"])).une_sur is None


def test_children_are_added_one_by_one_and_nothing_is_written_before_the_end(bureau: Bureau) -> None:
    client = bureau.entrer()
    avant = bureau.village.photographier()
    formulaire = lire_formulaire(client.get("/agent/foyers/nouveau").text, "formulaire")
    assert [nom for nom in formulaire.champs if nom.endswith("-naissance")] == ["enfants-0-naissance"]
    formulaire.champs |= {"adultes-0-nom": ["N’Diaye"], "enfants-0-prenom": ["Awa"]}
    for rang in range(1, 10):
        formulaire.champs["ajouter"] = ["enfant"]
        reponse = formulaire.envoyer(client)
        assert reponse.status_code == 200
        formulaire = lire_formulaire(reponse.text, "formulaire")
        assert f"enfants-{rang}-naissance" in formulaire.champs
        assert f"enfants-{rang + 1}-naissance" not in formulaire.champs
        assert formulaire.champs["adultes-0-nom"] == ["N’Diaye"]
    assert formulaire.champs["enfants-0-prenom"] == ["Awa"]
    assert "Ajouter un enfant" not in reponse.text
    assert bureau.village.photographier() == avant


@pytest.mark.parametrize("lignes", ["", "-3", "0", "x", "999999999999", "²"])
def test_a_forged_number_of_lines_shows_a_page_all_the_same(bureau: Bureau, lignes: str) -> None:
    champs = {"ajouter": "enfant", "lignes": lignes}
    assert poster(bureau.entrer(), "/agent/foyers/nouveau", champs).status_code == 200


def test_a_foyer_is_made_by_hand_and_its_adult_invited(bureau: Bureau) -> None:
    client = bureau.entrer()
    formulaire = lire_formulaire(client.get("/agent/foyers/nouveau").text, "formulaire")
    formulaire.champs |= {nom: [valeur] for nom, valeur in SAISIE.items()}
    reponse = formulaire.envoyer(client)
    assert reponse.status_code == 303
    dit = phrases(client.get(reponse.location.removeprefix("/saint-rivage")))
    for mot in ("Foyer N’Diaye", "Awa N’Diaye", "jamais activé", "06 39 98 12 34"):
        assert mot in dit, mot
    with bureau.bd.session_lecture() as session:
        assert [c.destinataire for c in session.scalars(select(Courriel))] == ["fatou@courriel.example"]


def test_every_fault_of_a_foyer_is_beside_its_field_and_nothing_is_lost(bureau: Bureau) -> None:
    client = bureau.entrer()
    avant = bureau.village.photographier()
    reponse = poster(
        client,
        "/agent/foyers/nouveau",
        SAISIE | {"adresse": "", "enfants-1-naissance": "2030-01-01", "adultes-0-nom": ""},
    )
    assert reponse.status_code == 422
    for champ in ("adresse", "enfants-1-naissance", "adultes-0-nom"):
        assert f'href="#{champ}"' in reponse.text
    assert lire_formulaire(reponse.text, "formulaire").champs["enfants-1-prenom"] == ["Awa"]
    assert bureau.village.photographier() == avant


def test_a_child_known_already_is_told_then_confirmed(bureau: Bureau) -> None:
    client = bureau.entrer()
    double = SAISIE | {"enfants-1-prenom": "Yanis", "enfants-1-nom": "HADDAD", "enfants-1-naissance": "2017-06-08"}
    reponse = poster(client, "/agent/foyers/nouveau", double)
    assert reponse.status_code == 422
    assert "déjà dans le portail" in phrases(reponse)
    formulaire = lire_formulaire(reponse.text, "formulaire")
    formulaire.cocher("confirmation", "oui")
    assert formulaire.envoyer(client).status_code == 303


def test_an_agent_of_one_structure_makes_foyers_she_will_see(bureau: Bureau) -> None:
    client = bureau.entrer("Inès")
    ailleurs = poster(client, "/agent/foyers/nouveau", SAISIE)
    assert ailleurs.status_code == 422
    ici = poster(client, "/agent/foyers/nouveau", SAISIE | {"enfants-1-structure": "creche"})
    assert ici.status_code == 303
    assert client.get(ici.location.removeprefix("/saint-rivage")).status_code == 200


def test_who_reads_only_sees_no_form(bureau: Bureau) -> None:
    texte = bureau.entrer("Odile").get(page(bureau)).text
    assert "/agent/foyers/nouveau" not in texte
    for a_lire in ("sante", "apercu", "activites"):
        texte = texte.replace(f"{page(bureau)}/{a_lire}", "")
    assert f"{page(bureau)}/" not in texte
