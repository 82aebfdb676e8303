"""The town hall changes a mail address: the old mailbox opens nothing any more, whatever the compte’s state."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from portail_famille.domain.droits import Attribution, Role
from portail_famille.models.comptes import CleAcces, Compte, JetonCompte, RoleAgent, SessionCompte
from portail_famille.models.foyers import Personne
from portail_famille.models.journal import ActeJournal
from portail_famille.models.suivi import EvenementSecurite
from portail_famille.services.acces import envoyer_activation
from portail_famille.services.agents import ajouter_role
from portail_famille.services.identifiants import adresse_en_attente, demander_adresse
from tests.conftest import CompterRequetes
from tests.support.client import poster
from tests.support.courriels import courriels_de
from tests.support.ecran import phrases
from tests.support.formulaires import lire_formulaire
from tests.support.temps import MERCREDI_SOIR
from tests.views.agent.conftest import Bureau

ANCIENNE, NOUVELLE = "karim@courriel.example", "karim.haddad@courriel.example"


def page(bureau: Bureau, foyer: str = "haddad") -> str:
    return f"/agent/foyers/{bureau.village.foyers[foyer]}/adultes/{bureau.village.personnes['karim']}/courriel"


def personne(bureau: Bureau) -> Personne:
    with bureau.bd.session_lecture() as session:
        return session.get_one(Personne, bureau.village.personnes["karim"])


def compte(bureau: Bureau) -> Compte:
    with bureau.bd.session_lecture() as session:
        return session.scalars(select(Compte).where(Compte.personne_id == bureau.village.personnes["karim"])).one()


def jamais_activer(bureau: Bureau, adresse: str | None = "karrim@courriel.example") -> None:
    """As the counter left it: a mistyped address, an activation that went to it."""
    app = bureau.client.application
    with bureau.bd.session_ecriture() as session:
        session.get_one(Personne, bureau.village.personnes["karim"]).courriel = adresse
        sien = session.get_one(Compte, compte(bureau).id)
        sien.identifiant, sien.active_utc, sien.empreinte_mot_de_passe = "karrim", None, ""
        session.flush()
        envoyer_activation(session, sien.id, MERCREDI_SOIR, app.extensions["reglages"])


def liens(bureau: Bureau) -> list[str]:
    return [
        lien
        for mail in courriels_de(bureau.bd)
        for lien in re.findall(r"/saint-rivage(/activation/\S+)", mail.corps_texte)
    ]


def changer(client: FlaskClient, bureau: Bureau, adresse: str = NOUVELLE, **autres: str) -> Any:
    saisi = lire_formulaire(client.get(page(bureau)).text, "formulaire")
    saisi.champs |= {"courriel": [adresse]} | {cle: [valeur] for cle, valeur in autres.items()}
    return saisi.envoyer(client)


def test_a_mistyped_address_is_corrected_and_its_link_is_dead(bureau: Bureau) -> None:
    jamais_activer(bureau)
    (mort,) = liens(bureau)
    client = bureau.entrer()
    assert "son compte n’est pas encore activé" in phrases(client.get(page(bureau))).lower()
    reponse = changer(client, bureau)
    assert reponse.status_code == 303
    assert "le lien d’activation part à la nouvelle" in phrases(
        client.get(reponse.location.removeprefix("/saint-rivage"))
    )
    assert [mail.destinataire for mail in courriels_de(bureau.bd)] == ["karrim@courriel.example", NOUVELLE]
    neuf = liens(bureau)[-1]
    assert client.get(mort).status_code == 410
    assert client.get(neuf).status_code == 200
    assert (personne(bureau).courriel, compte(bureau).identifiant) == (NOUVELLE, "karim.haddad")
    assert "karim.haddad" in courriels_de(bureau.bd)[-1].corps_texte


def test_the_login_name_of_a_corrected_address_is_made_unique(bureau: Bureau) -> None:
    jamais_activer(bureau)
    changer(bureau.entrer(), bureau, "camille.morel@autre.example")
    pris = compte(bureau).identifiant
    with bureau.bd.session_lecture() as session:
        tous = list(session.scalars(select(Compte.identifiant)))
    assert pris.startswith("camille.morel")
    assert tous.count(pris) == 1


def test_an_active_compte_is_logged_out_and_both_mailboxes_are_told(bureau: Bureau) -> None:
    app, avant = bureau.client.application, compte(bureau)
    with bureau.bd.session_ecriture() as session:
        demander_adresse(session, avant.id, "voleur@autre.example", MERCREDI_SOIR, app.extensions["reglages"])
        session.add(
            SessionCompte(
                compte_id=avant.id, empreinte_jeton="x" * 64, ouverte_utc=MERCREDI_SOIR, vue_utc=MERCREDI_SOIR
            )
        )
    deja = len(courriels_de(bureau.bd))
    assert changer(bureau.entrer(), bureau).status_code == 303
    a_l_ancienne, a_la_nouvelle = courriels_de(bureau.bd)[deja:]
    assert (a_l_ancienne.destinataire, a_la_nouvelle.destinataire) == (ANCIENNE, NOUVELLE)
    assert avant.identifiant in a_la_nouvelle.corps_texte
    assert NOUVELLE not in a_l_ancienne.corps_texte
    assert avant.identifiant not in a_l_ancienne.corps_texte
    apres = compte(bureau)
    assert (apres.identifiant, apres.empreinte_mot_de_passe) == (avant.identifiant, avant.empreinte_mot_de_passe)
    with bureau.bd.session_lecture() as session:
        ouvertes = select(SessionCompte.id).where(
            SessionCompte.compte_id == avant.id, SessionCompte.fermee_utc.is_(None)
        )
        assert session.scalars(ouvertes).all() == []
        vivants = select(JetonCompte.id).where(JetonCompte.compte_id == avant.id, JetonCompte.utilise_utc.is_(None))
        assert session.scalars(vivants).all() == []
        assert adresse_en_attente(session, avant.id, MERCREDI_SOIR) is None
        genres = select(EvenementSecurite.genre).where(EvenementSecurite.compte_id == avant.id)
        assert "courriel_corrige" in session.scalars(genres).all()


def test_a_compte_that_a_stranger_opened_starts_again_from_its_activation(bureau: Bureau) -> None:
    avant = compte(bureau)
    with bureau.bd.session_ecriture() as session:
        session.add(
            CleAcces(compte_id=avant.id, identifiant=b"k", cle_publique=b"p", nom="Téléphone", cree_utc=MERCREDI_SOIR)
        )
    assert changer(bureau.entrer(), bureau, reprendre="oui").status_code == 303
    apres = compte(bureau)
    assert (apres.empreinte_mot_de_passe, apres.active_utc, apres.verifie_utc) == ("", None, None)
    assert [m.destinataire for m in courriels_de(bureau.bd)] == [ANCIENNE, NOUVELLE, NOUVELLE]
    assert len(liens(bureau)) == 1
    with bureau.bd.session_lecture() as session:
        assert session.scalars(select(CleAcces.id).where(CleAcces.compte_id == avant.id)).all() == []


def test_an_adult_without_an_address_gets_a_compte_with_it(bureau: Bureau) -> None:
    ancien = compte(bureau).id
    with bureau.bd.session_ecriture() as session:
        session.get_one(Personne, bureau.village.personnes["karim"]).courriel = None
        session.delete(session.get_one(Compte, ancien))
    assert changer(bureau.entrer(), bureau).status_code == 303
    assert (compte(bureau).identifiant, compte(bureau).active_utc) == ("karim.haddad", None)
    assert [mail.destinataire for mail in courriels_de(bureau.bd)] == [NOUVELLE]
    assert len(liens(bureau)) == 1


def test_a_closed_compte_stays_closed_and_receives_nothing(bureau: Bureau) -> None:
    with bureau.bd.session_ecriture() as session:
        session.execute(update(Compte).where(Compte.id == compte(bureau).id).values(est_actif=False, active_utc=None))
    assert changer(bureau.entrer(), bureau).status_code == 303
    assert (personne(bureau).courriel, compte(bureau).est_actif) == (NOUVELLE, False)
    assert courriels_de(bureau.bd) == []


def test_the_change_is_in_the_foyer_s_journal(bureau: Bureau) -> None:
    client = bureau.entrer()
    changer(client, bureau)
    with bureau.bd.session_lecture() as session:
        acte = session.scalars(select(ActeJournal).where(ActeJournal.action == "courriel_corrige")).one()
    assert (acte.compte_id, acte.foyer_id) == (bureau.comptes["Rose"], bureau.village.foyers["haddad"])
    assert acte.details == {"avant": ANCIENNE, "apres": NOUVELLE}
    foyer = f"/agent/foyers/{bureau.village.foyers['haddad']}"
    assert f"Adresse mail changée par la mairie\u00a0: {ANCIENNE} → {NOUVELLE}" in client.get(foyer).text


@pytest.mark.parametrize(
    "adresse",
    ["rose@mairie.example", "", "karim", "karim@", "élie@courriel.example", "a@b.example, c@d.example", ANCIENNE],
)
def test_an_address_that_cannot_be_is_told_beside_its_field(bureau: Bureau, adresse: str) -> None:
    client = bureau.entrer()
    reponse = changer(client, bureau, adresse)
    assert reponse.status_code == 422
    assert 'href="#courriel"' in reponse.text
    assert lire_formulaire(reponse.text, "formulaire").champs["courriel"] == [adresse]
    assert (personne(bureau).courriel, courriels_de(bureau.bd)) == (ANCIENNE, [])


def test_an_address_changed_meanwhile_is_not_written_over(bureau: Bureau) -> None:
    client = bureau.entrer()
    saisi = lire_formulaire(client.get(page(bureau)).text, "formulaire")
    with bureau.bd.session_ecriture() as session:
        session.get_one(Personne, bureau.village.personnes["karim"]).courriel = "autre@courriel.example"
    saisi.champs["courriel"] = [NOUVELLE]
    reponse = saisi.envoyer(client)
    assert reponse.status_code == 422
    assert "autre@courriel.example" in phrases(reponse)
    assert personne(bureau).courriel == "autre@courriel.example"
    assert lire_formulaire(reponse.text, "formulaire").envoyer(client).status_code == 303


def test_the_address_of_an_agent_is_an_administrator_s_business(bureau: Bureau) -> None:
    with bureau.bd.session_ecriture() as session:
        session.add(RoleAgent(compte_id=compte(bureau).id, role=Role.LECTURE.value))
    client = bureau.entrer()
    reponse = changer(client, bureau)
    assert reponse.status_code == 422
    assert "seul un administrateur" in phrases(reponse)
    assert (personne(bureau).courriel, courriels_de(bureau.bd)) == (ANCIENNE, [])
    with bureau.bd.session_ecriture() as session:
        ajouter_role(session, bureau.comptes["Rose"], Attribution(Role.ADMINISTRATION), MERCREDI_SOIR)
    client.post("/deconnexion")
    assert changer(bureau.entrer(), bureau).status_code == 303
    assert personne(bureau).courriel == NOUVELLE


def test_an_address_is_changed_through_its_own_foyer_and_perimeter(bureau: Bureau) -> None:
    client = bureau.entrer()
    assert client.get(page(bureau, "morel")).status_code == 404
    assert poster(client, page(bureau, "morel"), {"courriel": NOUVELLE, "vue": ANCIENNE}).status_code == 404
    bureau.entrer("Inès")
    assert client.get(page(bureau)).status_code == 404
    assert poster(client, page(bureau), {"courriel": NOUVELLE, "vue": ANCIENNE}).status_code == 404
    assert personne(bureau).courriel == ANCIENNE


def test_an_address_costs_ten_queries_at_most(bureau: Bureau, compter_requetes: CompterRequetes) -> None:
    client = bureau.entrer()
    client.get(page(bureau))
    with compter_requetes() as requetes:
        assert client.get(page(bureau)).status_code == 200
    assert len(requetes) <= 10
