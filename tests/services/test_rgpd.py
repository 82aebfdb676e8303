"""A person's data: the export whole and hers alone; the request for deletion and what accepting it does."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portail_famille.domain.demarches import Cote
from portail_famille.domain.entourage import Sante as Fiche
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.pieces import ReglesPieces
from portail_famille.gateways.chiffre import Chiffre
from portail_famille.models.base import Base
from portail_famille.models.comptes import CleAcces, Compte, RoleAgent, SessionCompte
from portail_famille.models.courriels import Courriel
from portail_famille.models.demarches import Demarche
from portail_famille.models.documents import Piece
from portail_famille.models.foyers import Autorisation, Contact, ContactEnfant, Foyer, Personne, Rattachement
from portail_famille.models.journal import ActeJournal
from portail_famille.models.suivi import EvenementSecurite
from portail_famille.presentation.donnees import composer
from portail_famille.presentation.mots_des_donnees import LIBELLES, TITRES
from portail_famille.services import demarches, rgpd
from portail_famille.services.comptes import Acteur, FoyerActeur, ouvrir_session
from portail_famille.services.exports import Donnees, en_json, rassembler
from portail_famille.services.familles import rouvrir_compte
from portail_famille.services.inventaire import EXPORTEES, NON_EXPORTEES
from portail_famille.services.journal import SYSTEME, Auteur, consigner
from portail_famille.services.sante import modifier_sante
from tests.support.bases import compter_requetes
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import JEUDI, LUNDI, Village

CLE = "clé des tests, sans valeur ailleurs : 0123456789"
AGENT = Auteur(Cote.AGENT)


def acteur(village: Village, qui: str, *foyers: str) -> Acteur:
    with village.bd.session_lecture() as session:
        personne = session.get_one(Personne, village.personnes[qui])
        noms = tuple(FoyerActeur(village.foyers[f], f) for f in foyers)
        return Acteur(
            village.comptes[qui],
            personne.id,
            personne.prenom,
            personne.nom,
            personne.courriel,
            village.foyers[foyers[0]],
            noms,
        )


def exporter(village: Village, qui: str = "camille", *foyers: str) -> Donnees:
    who = acteur(village, qui, *(foyers or ("morel",)))
    with village.bd.session_lecture() as session:
        return rassembler(session, who, MERCREDI_SOIR, MERCREDI_SOIR.date(), village.regles, Chiffre(CLE))


def enfant(donnees: Donnees, prenom: str) -> dict[str, Any]:
    return next(e for e in donnees.document["enfants"] if e["prenom"] == prenom)


@pytest.fixture
def rempli(village: Village) -> Village:
    """Something of everything around Camille, and things about Julien that she must not read."""
    village.cocher("noe", [("repas", JEUDI)])
    village.valider()
    with village.bd.session_ecriture() as session:
        _remplir(session, village)
    return village


def _remplir(session: Session, village: Village) -> None:
    morel, ferrand = village.foyers["morel"], village.foyers["ferrand"]
    camille, compte = village.personnes["camille"], village.comptes["camille"]
    session.execute(update(Personne).where(Personne.id == camille).values(telephone="+33611111111"))
    session.execute(update(Personne).where(Personne.id == village.personnes["julien"]).values(telephone="+33699999999"))
    session.execute(update(Foyer).where(Foyer.id == morel).values(adresse="3 rue des Lilas"))
    session.execute(update(Foyer).where(Foyer.id == ferrand).values(adresse="9 impasse Secrète"))
    for foyer, prenom, petit in ((morel, "Odette", "noe"), (ferrand, "Cachée", "lea"), (morel, "Seulement", "zoe")):
        contact = Contact(foyer_id=foyer, prenom=prenom, nom="Proche", telephone="+33622222222")
        session.add(contact)
        session.flush()
        session.add(
            ContactEnfant(contact_id=contact.id, enfant_id=village.enfants[petit], lien="ami", peut_recuperer=True)
        )
    auteur = Auteur(Cote.FAMILLE, compte)
    modifier_sante(
        session,
        Chiffre(CLE),
        enfant_id=village.enfants["noe"],
        foyer_id=morel,
        saisie=Fiche(allergies="arachides", medecin="Dr Martin"),
        empreinte_vue=Fiche().empreinte,
        auteur=auteur,
        maintenant=MERCREDI_SOIR,
    )
    session.add(
        Autorisation(
            enfant_id=village.enfants["lea"],
            genre="image",
            est_accordee=True,
            personne_id=village.personnes["julien"],
            a_utc=MERCREDI_SOIR,
        )
    )
    session.add_all(
        Piece(
            foyer_id=foyer,
            personne_id=personne,
            genre="rib",
            nom=nom,
            type_mime="application/pdf",
            taille=3,
            objet=nom,
            deposee_utc=MERCREDI_SOIR,
            deposee_par=village.comptes["camille"],
            retiree_utc=retiree,
        )
        for foyer, personne, nom, retiree in (
            (morel, None, "bail.pdf", None),
            (morel, None, "vieux.pdf", MERCREDI_SOIR),
            (morel, village.personnes["thomas"], "de-thomas.pdf", None),
            (ferrand, None, "de-julien.pdf", None),
        )
    )
    demarches.deposer(
        session,
        genre="coordonnees",
        auteur=auteur,
        maintenant=MERCREDI_SOIR,
        contenu={"foyer.ville": "Roselac"},
        avant={"foyer.ville": "Le Village"},
        foyer_id=morel,
    )
    demarches.deposer(
        session,
        genre="coordonnees",
        auteur=Auteur(Cote.FAMILLE, village.comptes["thomas"]),
        maintenant=MERCREDI_SOIR,
        contenu={"personne.nom": "Nouveau-Nom"},
        avant={"personne.nom": "Le Gall"},
        foyer_id=morel,
        personne_id=village.personnes["thomas"],
    )
    consigner(session, AGENT, "foyer_vu", MERCREDI_SOIR, foyer_id=morel)
    consigner(session, Auteur(Cote.AGENT, compte), "foyer_vu", MERCREDI_SOIR, foyer_id=village.foyers["haddad"])
    ouvrir_session(session, compte, MERCREDI_SOIR)
    session.add(EvenementSecurite(a_utc=MERCREDI_SOIR, genre="connexion", compte_id=compte))
    session.add(
        CleAcces(compte_id=compte, identifiant=b"\x01", cle_publique=b"\x02", nom="Pixel", cree_utc=MERCREDI_SOIR)
    )
    session.add_all(
        Courriel(
            message_id=adresse,
            destinataire=adresse,
            objet=f"Pour {adresse}",
            corps_texte="lien-qui-ouvre",
            corps_html="lien-qui-ouvre",
            prochain_essai_utc=MERCREDI_SOIR,
            cree_utc=MERCREDI_SOIR,
        )
        for adresse in ("Camille@courriel.example", "julien@courriel.example")
    )


def test_every_table_and_every_column_is_given_or_left_out_for_a_reason() -> None:
    tables = Base.metadata.tables
    assert set(EXPORTEES) | set(NON_EXPORTEES) == set(tables)
    assert set(EXPORTEES) & set(NON_EXPORTEES) == set()
    for nom, decision in EXPORTEES.items():
        assert {*decision.colonnes, *decision.tues} == {c.key for c in tables[nom].columns}, nom
        assert not set(decision.colonnes) & set(decision.tues), nom
        assert all(decision.tues.values()), nom
    assert all(NON_EXPORTEES.values())


def test_a_table_left_out_has_no_way_to_a_person() -> None:
    """Digests and typed text aside, a table that points to somebody is exported. Some point to the agent at work."""
    gens = {"personne", "compte", "foyer", "enfant"}
    liees = {t.name for t in Base.metadata.sorted_tables if gens & {cle.column.table.name for cle in t.foreign_keys}}
    assert liees & set(NON_EXPORTEES) == {"evenement", "extraction", "facturation", "fusion", "modele_reponse"}


def test_everything_about_her_is_there(rempli: Village) -> None:
    lu = exporter(rempli).document
    assert lu["personne"]["telephone"] == "+33611111111"
    assert lu["compte"]["identifiant"] == "camille.morel"
    assert [cle["nom"] for cle in lu["compte"]["cles_acces"]] == ["Pixel"]
    assert len(lu["compte"]["sessions"]) == 1
    assert [e["genre"] for e in lu["compte"]["evenements"]] == ["connexion"]
    (foyer,) = lu["foyers"]
    assert (foyer["adresse"], foyer["est_payeur"]) == ("3 rue des Lilas", True)
    assert [q["valeur_centimes"] for q in foyer["quotients"]] == [84_200, 50_000]
    assert [e["prenom"] for e in lu["enfants"]] == ["Léa", "Noé", "Mia"]
    assert [r["numero"] for r in lu["recus"]] == ["2026-000001"]
    assert [d["contenu"] for d in lu["demarches"]] == [{"foyer.ville": "Roselac"}]
    assert [c["objet"] for c in lu["courriels"]] == ["Pour Camille@courriel.example"]


def test_a_child_s_health_enrolments_and_bookings_are_there(rempli: Village) -> None:
    noe = enfant(exporter(rempli), "Noé")
    (sante,) = noe["sante"]
    assert (sante["allergies"], sante["medecin"]) == ("arachides", "Dr Martin")
    assert noe["autorite_parentale"] == [{"du": date(2020, 9, 3), "au": None}]
    assert {i["activite"] for i in noe["inscriptions"]} >= {"Cantine"}
    assert date(2026, 12, 1) in [r["jour"] for r in noe["reservations"]]
    assert JEUDI in [r["jour"] for r in noe["reservations"]]


def test_nothing_of_another_adult_is_there(rempli: Village) -> None:
    texte = en_json(exporter(rempli).document)
    for d_autrui in (
        "+33699999999",
        "Secrète",
        "Cachée",
        "Seulement",
        "de-thomas",
        "de-julien",
        "Nouveau-Nom",
        "julien@",
        "thomas@",
        "Zoé",
        "Haddad",
    ):
        assert d_autrui not in texte
    (foyer,) = json.loads(texte)["foyers"]
    assert foyer["autres_adultes"] == [{"prenom": "Thomas", "nom": "Le Gall"}]


def test_no_secret_is_there(rempli: Village) -> None:
    with rempli.bd.session_lecture() as session:
        empreinte = session.scalars(select(Compte.empreinte_mot_de_passe)).first()
        jetons = session.scalars(select(SessionCompte.empreinte_jeton)).all()
    texte = en_json(exporter(rempli).document)
    assert empreinte is not None
    assert not any(secret in texte for secret in (empreinte, *jetons, "lien-qui-ouvre"))


def test_the_other_foyer_s_days_are_those_of_the_agenda_and_nothing_more(rempli: Village) -> None:
    lea = enfant(exporter(rempli), "Léa")
    assert lea["reservations"] == [
        {"jour": date(2026, 12, 3), "etat": "reservee", "par": "autre parent", "unite": "Repas"},
        {"jour": date(2026, 12, 14), "etat": "reservee", "par": "autre parent", "unite": "Repas"},
    ]
    assert [a["donnee_par"] for a in lea["autorisations"]] == ["autre parent"]
    assert [f["foyer_id"] for f in lea["foyers"]] == [rempli.foyers["morel"]]


def test_a_hidden_foyer_s_days_are_not_there(rempli: Village) -> None:
    with rempli.bd.session_ecriture() as session:
        session.execute(
            update(Rattachement).where(Rattachement.foyer_id == rempli.foyers["ferrand"]).values(est_masque=True)
        )
    assert enfant(exporter(rempli), "Léa")["reservations"] == []
    assert len(enfant(exporter(rempli, "julien", "ferrand"), "Léa")["reservations"]) == 2


def test_a_child_without_parental_authority_is_not_there(rempli: Village) -> None:
    prenoms = [e["prenom"] for e in exporter(rempli, "thomas").document["enfants"]]
    assert prenoms == ["Noé", "Mia"]
    assert "Léa" not in en_json(exporter(rempli, "thomas").document)


def test_a_person_of_two_foyers_gets_both(rempli: Village) -> None:
    lu = exporter(rempli, "julien", "ferrand", "petit")
    assert [f["nom"] for f in lu.document["foyers"]] == ["Ferrand", "Petit – Ferrand"]
    assert [e["prenom"] for e in lu.document["enfants"]] == ["Léa", "Zoé"]


def test_what_she_did_as_an_agent_on_others_files_is_not_in_her_journal(rempli: Village) -> None:
    journal = exporter(rempli).document["journal"]
    assert rempli.foyers["haddad"] not in [a["foyer_id"] for a in journal]
    assert [a["par_vous"] for a in journal if a["action"] == "foyer_vu"] == [False]


def test_withdrawn_documents_are_told_but_not_given(rempli: Village) -> None:
    lu = exporter(rempli)
    assert [(d["nom"], d["fichier"]) for d in lu.document["documents"]] == [
        ("bail.pdf", "documents/bail.pdf"),
        ("vieux.pdf", None),
    ]
    assert [nom for _, nom in lu.pieces] == ["documents/bail.pdf"]


def test_the_same_queries_whatever_the_size_of_the_family(rempli: Village) -> None:
    nombres = []
    for qui, foyers in (("karim", ("haddad",)), ("julien", ("ferrand", "petit"))):
        with compter_requetes(rempli.bd) as requetes:
            exporter(rempli, qui, *foyers)
        nombres.append(len(requetes))
    assert nombres[0] == nombres[1] <= 39


def test_the_page_to_read_says_it_all_in_french(rempli: Village) -> None:
    """Every key has its words: a missing one raises."""
    for qui, foyers in (("camille", ("morel",)), ("julien", ("ferrand", "petit")), ("karim", ("haddad",))):
        blocs = composer(exporter(rempli, qui, *foyers).document, ReglesPieces())
        assert [b.titre for b in blocs][:2] == ["Vous", "Votre compte"]
    colonnes = {c for d in EXPORTEES.values() for c in d.colonnes}
    tues_en_mots = {"id", "format", "contenu", "details", "action", "type_mime"}
    assert colonnes - LIBELLES.keys() - TITRES.keys() - tues_en_mots == set()


def demander(village: Village, qui: str = "camille", *foyers: str) -> int:
    with village.bd.session_ecriture() as session:
        return rgpd.demander_effacement(session, acteur(village, qui, *(foyers or ("morel",))), MERCREDI_SOIR).id


def accepter(village: Village, demarche_id: int) -> None:
    with village.bd.session_ecriture() as session:
        demarche = session.get_one(Demarche, demarche_id)
        agent = Auteur(Cote.AGENT, village.comptes["nadia"])
        demarches.accepter(session, demarche, demarche.version, agent, MERCREDI_SOIR, rgpd.appliquer_effacement)


def test_one_request_at_a_time_and_a_withdrawn_one_leaves_room(village: Village) -> None:
    demander(village)
    with pytest.raises(RegleViolee) as refus:
        demander(village)
    assert refus.value.code == "effacement_deja_demande"
    with village.bd.session_ecriture() as session:
        rgpd.retirer_demande(session, acteur(village, "camille", "morel"), MERCREDI_SOIR)
    demander(village)


def test_four_taps_at_once_make_one_request(village: Village) -> None:
    def essayer(_: int) -> bool:
        try:
            demander(village)
        except RegleViolee:
            return False
        return True

    with ThreadPoolExecutor(4) as bras:
        assert sorted(bras.map(essayer, range(4))) == [False, False, False, True]


def test_the_situation_counts_the_days_it_would_not_cancel(village: Village) -> None:
    with village.bd.session_lecture() as session:
        situation = rgpd.lire_situation(session, acteur(village, "camille", "morel"), MERCREDI_SOIR)
    # Noé on 3, 7 and 8 December, Mia on the 7th; the day already spent and Julien's are not hers to cancel.
    assert (situation.demande, situation.reservations_a_venir) == (None, 4)


def test_accepting_closes_the_login_and_nothing_opens_it(rempli: Village) -> None:
    accepter(rempli, demander(rempli))
    with rempli.bd.session_lecture() as session:
        compte = session.get_one(Compte, rempli.comptes["camille"])
        assert (compte.est_actif, compte.empreinte_mot_de_passe) == (False, "")
        ouvertes = select(func.count()).where(SessionCompte.compte_id == compte.id, SessionCompte.fermee_utc.is_(None))
        assert session.scalar(ouvertes) == 0
        assert session.scalar(select(func.count()).select_from(CleAcces)) == 0


def test_a_foyer_stays_while_another_adult_can_log_in_and_leaves_with_the_last(village: Village) -> None:
    accepter(village, demander(village))
    with village.bd.session_lecture() as session:
        assert session.get_one(Foyer, village.foyers["morel"]).parti_le is None
    accepter(village, demander(village, "thomas"))
    with village.bd.session_lecture() as session:
        assert session.get_one(Foyer, village.foyers["morel"]).parti_le == MERCREDI_SOIR.date()
        actions = session.scalars(select(ActeJournal.action).order_by(ActeJournal.id)).all()
    assert actions[-3:] == ["foyer_parti", "compte_ferme", "demarche_acceptee"]


def test_of_two_foyers_only_the_one_left_alone_leaves(village: Village) -> None:
    accepter(village, demander(village, "julien", "ferrand", "petit"))
    with village.bd.session_lecture() as session:
        partis = {nom: session.get_one(Foyer, village.foyers[nom]).parti_le is not None for nom in ("ferrand", "petit")}
    assert partis == {"ferrand": True, "petit": False}


def test_reopening_the_compte_brings_its_foyers_back_and_the_journal_says_so(village: Village) -> None:
    accepter(village, demander(village, "julien", "ferrand", "petit"))
    rouvrir(village, "julien", "ferrand")
    with village.bd.session_lecture() as session:
        assert session.get_one(Compte, village.comptes["julien"]).est_actif
        assert session.get_one(Foyer, village.foyers["ferrand"]).parti_le is None
        actes = session.execute(select(ActeJournal.action, ActeJournal.foyer_id).order_by(ActeJournal.id)).all()
    assert [tuple(acte) for acte in actes[-2:]] == [
        ("compte_rouvert", village.foyers["ferrand"]),
        ("foyer_revenu", village.foyers["ferrand"]),
    ]


def test_reopening_a_compte_leaves_a_departure_that_the_town_told(village: Village) -> None:
    """The family had moved out before it asked to be forgotten."""
    with village.bd.session_ecriture() as session:
        session.get_one(Foyer, village.foyers["ferrand"]).parti_le = date(2026, 9, 1)
        consigner(session, SYSTEME, "foyer_parti", MERCREDI_SOIR, foyer_id=village.foyers["ferrand"])
    accepter(village, demander(village, "julien", "ferrand", "petit"))
    rouvrir(village, "julien", "ferrand")
    with village.bd.session_lecture() as session:
        assert session.get_one(Foyer, village.foyers["ferrand"]).parti_le == date(2026, 9, 1)
        assert session.scalar(select(func.count()).where(ActeJournal.action == "foyer_revenu")) == 0


def rouvrir(village: Village, qui: str, foyer: str) -> None:
    agent = Auteur(Cote.AGENT, village.comptes["karim"])
    with village.bd.session_ecriture() as session:
        rouvrir_compte(session, village.foyers[foyer], village.comptes[qui], agent, MERCREDI_SOIR)


def test_an_agent_s_compte_is_not_closed_this_way(village: Village) -> None:
    demarche = demander(village)
    with village.bd.session_ecriture() as session:
        session.add(RoleAgent(compte_id=village.comptes["camille"], role="lecture"))
    with pytest.raises(RegleViolee) as refus:
        accepter(village, demarche)
    assert refus.value.code == "compte_agent"
    with village.bd.session_lecture() as session:
        assert session.get_one(Compte, village.comptes["camille"]).est_actif


def test_an_export_a_minute(village: Village) -> None:
    who = acteur(village, "camille", "morel")
    with village.bd.session_ecriture() as session:
        rgpd.noter_export(session, who, MERCREDI_SOIR)
    with pytest.raises(RegleViolee), village.bd.session_ecriture() as session:
        rgpd.noter_export(session, who, MERCREDI_SOIR + timedelta(seconds=59))
    with village.bd.session_ecriture() as session:
        rgpd.noter_export(session, who, MERCREDI_SOIR + timedelta(seconds=60))


def test_bookings_of_a_day_keep_the_village_s_word_for_it(village: Village) -> None:
    mia = enfant(exporter(village), "Mia")
    assert [(r["jour"], r["etat"]) for r in mia["reservations"]] == [(LUNDI, "reservee")]


def test_mails_of_a_mailbox_that_two_people_share_are_left_out(rempli: Village) -> None:
    """An activation link or a refusal sent to the other one is not hers to be given."""
    assert len(exporter(rempli).document["courriels"]) == 1
    with rempli.bd.session_ecriture() as session:
        session.get_one(Personne, rempli.personnes["thomas"]).courriel = "camille@courriel.example"
    (dit,) = exporter(rempli).document["courriels"]
    assert dit.keys() == {"objet"}
    assert "ne sont pas joints" in dit["objet"]
