"""Every endpoint × every role. An endpoint that is not in the table fails: deciding who may is part of adding it."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portail_famille.models.bd import BD
from portail_famille.models.foyers import Enfant, Rattachement, Responsable
from portail_famille.views.acces import parent, public, verifier_acces
from tests.support.client import connecter, poster
from tests.support.formulaires import lire_formulaire

pytestmark = pytest.mark.deux_moteurs


@dataclass(frozen=True, slots=True)
class Cas:
    """Answers expected: not logged in (303: to the login), the child's parent, a parent of another foyer."""

    adresse: str
    anonyme: int
    parente: int
    etranger: int


VERS_CONNEXION = 303
AGENDA = "/enfants/{enfant}/agenda"
RYTHME = "/enfants/{enfant}/rythme"
# Redirections that lead elsewhere than to the login's way back.
DEPUIS_PARTOUT = frozenset({"POST connexion.deconnexion", "POST mot_de_passe.renvoyer", "POST creation.saisir_code"})
CAS: dict[str, Cas] = {
    "GET appareils.appareils": Cas("/mon-espace/appareils", VERS_CONNEXION, 200, 200),
    "POST appareils.deconnecter": Cas("/mon-espace/appareils/999999/deconnecter", VERS_CONNEXION, 404, 404),
    "POST appareils.deconnecter_autres": Cas("/mon-espace/appareils/deconnecter-les-autres", VERS_CONNEXION, 303, 303),
    "GET cles.cles": Cas("/mon-espace/cles", VERS_CONNEXION, 200, 200),
    "POST cles.preparer": Cas("/mon-espace/cles/defi", VERS_CONNEXION, 200, 200),
    "POST cles.ajouter": Cas("/mon-espace/cles", VERS_CONNEXION, 422, 422),
    "POST cles.renommer": Cas("/mon-espace/cles/999999/nom?nom=x", VERS_CONNEXION, 404, 404),
    "POST cles.retirer": Cas("/mon-espace/cles/999999/retirer", VERS_CONNEXION, 404, 404),
    "POST cles.preparer_connexion": Cas("/connexion/cle/defi", 200, 200, 200),
    "POST cles.se_connecter": Cas("/connexion/cle", 422, 422, 422),
    "GET second_facteur.demander": Cas("/second-facteur", VERS_CONNEXION, 404, 404),
    "POST second_facteur.verifier": Cas("/second-facteur", VERS_CONNEXION, 404, 404),
    "POST second_facteur.preparer": Cas("/second-facteur/preparer", VERS_CONNEXION, 404, 404),
    "GET second_facteur.application": Cas("/second-facteur/application", VERS_CONNEXION, 404, 404),
    "POST second_facteur.confirmer": Cas("/second-facteur/application", VERS_CONNEXION, 404, 404),
    "POST second_facteur.renouveler": Cas("/second-facteur/codes", VERS_CONNEXION, 404, 404),
    "GET second_facteur.changer": Cas("/second-facteur/changer", VERS_CONNEXION, 404, 404),
    "POST second_facteur.preparer_le_nouveau": Cas("/second-facteur/changer/preparer", VERS_CONNEXION, 404, 404),
    "POST second_facteur.confirmer_le_nouveau": Cas("/second-facteur/changer", VERS_CONNEXION, 404, 404),
    "GET quotients.quotient": Cas("/quotient-familial", VERS_CONNEXION, 200, 200),
    "GET quotients.demander": Cas("/quotient-familial/demander", VERS_CONNEXION, 404, 404),
    "POST quotients.interroger": Cas("/quotient-familial/demander", VERS_CONNEXION, 404, 404),
    "GET identifiants.identifiants": Cas("/mon-espace/identifiants", VERS_CONNEXION, 200, 200),
    "POST identifiants.changer_identifiant": Cas("/mon-espace/identifiants/identifiant", VERS_CONNEXION, 422, 422),
    "POST identifiants.changer_mot_de_passe": Cas("/mon-espace/identifiants/mot-de-passe", VERS_CONNEXION, 422, 422),
    "POST identifiants.demander_adresse": Cas("/mon-espace/identifiants/adresse", VERS_CONNEXION, 422, 422),
    "POST identifiants.retirer_adresse": Cas("/mon-espace/identifiants/adresse/retirer", VERS_CONNEXION, 303, 303),
    "POST identifiants.saisir_code": Cas("/mon-espace/identifiants/adresse/code", VERS_CONNEXION, 422, 422),
    "GET identifiants.adresse": Cas("/mon-espace/identifiants/adresse_nouvelle/faux", 404, 404, 404),
    "POST identifiants.confirmer_adresse": Cas("/mon-espace/identifiants/adresse_nouvelle/faux", 404, 404, 404),
    "GET activation.code": Cas("/activation", 200, 200, 200),
    "POST activation.saisir_code": Cas("/activation", 422, 422, 422),
    "GET activation.activer": Cas("/activation/faux", 404, 404, 404),
    "POST activation.commencer": Cas("/activation/faux?nouveau=x", 404, 404, 404),
    "GET conditions.conditions": Cas("/conditions-generales", 200, 200, 200),
    "POST conditions.accepter": Cas("/conditions-generales?version=1", VERS_CONNEXION, 409, 409),
    "GET mot_de_passe.oublie": Cas("/mot-de-passe/oublie", 200, 200, 200),
    "POST mot_de_passe.demander": Cas("/mot-de-passe/oublie", 422, 422, 422),
    "POST mot_de_passe.renvoyer": Cas("/mot-de-passe/renvoyer", 303, 303, 303),
    "GET mot_de_passe.code": Cas("/mot-de-passe/code", 200, 200, 200),
    "POST mot_de_passe.saisir_code": Cas("/mot-de-passe/code", 422, 422, 422),
    "GET mot_de_passe.changer": Cas("/mot-de-passe/nouveau/faux", 404, 404, 404),
    "POST mot_de_passe.choisir": Cas("/mot-de-passe/nouveau/faux", 404, 404, 404),
    "POST mot_de_passe.force": Cas("/mot-de-passe/force", 200, 200, 200),
    "GET paiements.payer": Cas("/factures/999999/payer", VERS_CONNEXION, 404, 404),
    "POST paiements.commencer": Cas("/factures/999999/payer", VERS_CONNEXION, 404, 404),
    "GET paiements.paiement": Cas("/paiements/999999", 404, 404, 404),
    "POST paiements.verifier": Cas("/paiements/999999/verifier", 404, 404, 404),
    "POST paiements.notification": Cas("/paiements/notification", 200, 200, 200),
    "GET attestations.attestations": Cas("/attestations", VERS_CONNEXION, 200, 200),
    "GET attestations.fiscale": Cas("/attestations/fiscale.pdf?annee=2000", VERS_CONNEXION, 422, 422),
    "GET attestations.presence": Cas(
        "/attestations/presence.pdf?enfant={enfant}&du=2026-09-01&au=2026-12-02", VERS_CONNEXION, 200, 422
    ),
    "GET attestations.releve": Cas("/attestations/releve.pdf?du=2026-01-01&au=2026-12-02", VERS_CONNEXION, 200, 200),
    "GET factures_pdf.facture": Cas("/factures/999999.pdf", VERS_CONNEXION, 404, 404),
    "GET factures_pdf.recu": Cas("/factures/reglements/999999.pdf", VERS_CONNEXION, 404, 404),
    "GET accuses.accuse": Cas("/demarches/D2026-999999/accuse.pdf", VERS_CONNEXION, 404, 404),
    "GET nouvelle_demarche.liste": Cas("/demarches/nouvelle", VERS_CONNEXION, 200, 200),
    "GET nouvelle_demarche.genre": Cas("/demarches/nouvelle/question", VERS_CONNEXION, 200, 200),
    "POST nouvelle_demarche.commencer": Cas("/demarches/nouvelle/question", VERS_CONNEXION, 303, 303),
    "GET nouvelle_demarche.etape": Cas("/demarches/nouvelle/question/question", VERS_CONNEXION, 200, 200),
    "POST nouvelle_demarche.enregistrer": Cas("/demarches/nouvelle/question/question", VERS_CONNEXION, 422, 422),
    "GET nouvelle_demarche.documents": Cas("/demarches/nouvelle/question/documents", VERS_CONNEXION, 303, 303),
    "POST nouvelle_demarche.joindre": Cas("/demarches/nouvelle/question/documents", VERS_CONNEXION, 303, 303),
    "GET nouvelle_demarche.verifier": Cas("/demarches/nouvelle/question/verifier", VERS_CONNEXION, 303, 303),
    "POST nouvelle_demarche.envoyer": Cas("/demarches/nouvelle/question/verifier", VERS_CONNEXION, 303, 303),
    "POST nouvelle_demarche.effacer": Cas("/demarches/nouvelle/question/effacer", VERS_CONNEXION, 303, 303),
    "GET agent_accueil.accueil": Cas("/agent/", VERS_CONNEXION, 404, 404),
    "GET agent_demarches.liste": Cas("/agent/demarches", VERS_CONNEXION, 404, 404),
    "GET agent_demarches.demarche": Cas("/agent/demarches/D2026-000001", VERS_CONNEXION, 404, 404),
    "POST agent_demarches.decider": Cas("/agent/demarches/D2026-000001", VERS_CONNEXION, 404, 404),
    "POST agent_demarches.accepter_en_lot": Cas("/agent/demarches/lot", VERS_CONNEXION, 404, 404),
    "POST agent_demarches.confier": Cas("/agent/demarches/D2026-000001/agent", VERS_CONNEXION, 404, 404),
    "POST agent_demarches.ecrire": Cas("/agent/demarches/D2026-000001/messages", VERS_CONNEXION, 404, 404),
    "POST agent_demarches.noter": Cas("/agent/demarches/D2026-000001/notes", VERS_CONNEXION, 404, 404),
    "GET agent_modeles.liste": Cas("/agent/modeles", VERS_CONNEXION, 404, 404),
    "GET agent_modeles.nouveau": Cas("/agent/modeles/nouveau", VERS_CONNEXION, 404, 404),
    "POST agent_modeles.ajouter": Cas("/agent/modeles/nouveau", VERS_CONNEXION, 404, 404),
    "GET agent_modeles.modele": Cas("/agent/modeles/999999", VERS_CONNEXION, 404, 404),
    "POST agent_modeles.modifier": Cas("/agent/modeles/999999", VERS_CONNEXION, 404, 404),
    "POST agent_modeles.retirer": Cas("/agent/modeles/999999/retirer", VERS_CONNEXION, 404, 404),
    "GET agent_extractions.liste": Cas("/agent/exports", VERS_CONNEXION, 404, 404),
    "POST agent_extractions.exporter": Cas("/agent/exports", VERS_CONNEXION, 404, 404),
    "GET agent_extractions.extraction": Cas("/agent/exports/999999", VERS_CONNEXION, 404, 404),
    "POST agent_extractions.fichier": Cas("/agent/exports/999999/fichier", VERS_CONNEXION, 404, 404),
    "POST agent_demarches.rattacher": Cas("/agent/demarches/D2026-000001/rattacher", VERS_CONNEXION, 404, 404),
    "GET agent_foyers.liste": Cas("/agent/foyers", VERS_CONNEXION, 404, 404),
    "GET agent_foyers.foyer": Cas("/agent/foyers/{foyer}", VERS_CONNEXION, 404, 404),
    "GET agent_foyers.activites": Cas("/agent/foyers/{foyer}/activites", VERS_CONNEXION, 404, 404),
    "GET agent_foyers.sante": Cas("/agent/foyers/{foyer}/sante/{enfant}", VERS_CONNEXION, 404, 404),
    "POST agent_foyers.renvoyer": Cas("/agent/foyers/{foyer}/activation", VERS_CONNEXION, 404, 404),
    "POST agent_foyers.ouvrir": Cas("/agent/foyers/{foyer}/compte/ouvrir", VERS_CONNEXION, 404, 404),
    "POST agent_foyers.fermer": Cas("/agent/foyers/{foyer}/compte/fermer", VERS_CONNEXION, 404, 404),
    "POST agent_foyers.rouvrir": Cas("/agent/foyers/{foyer}/compte/rouvrir", VERS_CONNEXION, 404, 404),
    "POST agent_foyers.donner_autorite": Cas("/agent/foyers/{foyer}/autorite", VERS_CONNEXION, 404, 404),
    "POST agent_foyers.finir_autorite": Cas("/agent/foyers/{foyer}/autorite/fin", VERS_CONNEXION, 404, 404),
    "POST agent_foyers.garde": Cas("/agent/foyers/{foyer}/garde", VERS_CONNEXION, 404, 404),
    "POST agent_foyers.masquer": Cas("/agent/foyers/{foyer}/masquer", VERS_CONNEXION, 404, 404),
    "GET agent_corrections.adresse": Cas("/agent/foyers/{foyer}/adresse", VERS_CONNEXION, 404, 404),
    "POST agent_corrections.corriger_adresse": Cas("/agent/foyers/{foyer}/adresse", VERS_CONNEXION, 404, 404),
    "GET agent_corrections.adulte": Cas("/agent/foyers/{foyer}/adultes/1", VERS_CONNEXION, 404, 404),
    "POST agent_corrections.corriger_adulte": Cas("/agent/foyers/{foyer}/adultes/1", VERS_CONNEXION, 404, 404),
    "GET agent_corrections.enfant": Cas("/agent/foyers/{foyer}/enfants/{enfant}", VERS_CONNEXION, 404, 404),
    "POST agent_corrections.corriger_enfant": Cas("/agent/foyers/{foyer}/enfants/{enfant}", VERS_CONNEXION, 404, 404),
    "GET agent_courriels.courriel": Cas("/agent/foyers/{foyer}/adultes/1/courriel", VERS_CONNEXION, 404, 404),
    "POST agent_courriels.changer": Cas("/agent/foyers/{foyer}/adultes/1/courriel", VERS_CONNEXION, 404, 404),
    "GET agent_ajouts.adulte": Cas("/agent/foyers/{foyer}/adultes/nouveau", VERS_CONNEXION, 404, 404),
    "POST agent_ajouts.ajouter_un_adulte": Cas("/agent/foyers/{foyer}/adultes/nouveau", VERS_CONNEXION, 404, 404),
    "GET agent_ajouts.enfant": Cas("/agent/foyers/{foyer}/enfants/nouveau", VERS_CONNEXION, 404, 404),
    "POST agent_ajouts.ajouter_un_enfant": Cas("/agent/foyers/{foyer}/enfants/nouveau", VERS_CONNEXION, 404, 404),
    "POST agent_apercus.commencer": Cas("/agent/foyers/{foyer}/apercu", VERS_CONNEXION, 404, 404),
    "POST agent_apercus.quitter": Cas("/agent/foyers/apercu/quitter", VERS_CONNEXION, 404, 404),
    "GET agent_fusions.liste": Cas("/agent/fusions", VERS_CONNEXION, 404, 404),
    "POST agent_fusions.reunir": Cas("/agent/fusions", VERS_CONNEXION, 404, 404),
    "POST agent_fusions.annuler": Cas("/agent/fusions/1/annuler", VERS_CONNEXION, 404, 404),
    "GET agent_departs.retirer": Cas("/agent/foyers/{foyer}/adultes/1/retirer", VERS_CONNEXION, 404, 404),
    "POST agent_departs.confirmer": Cas("/agent/foyers/{foyer}/adultes/1/retirer", VERS_CONNEXION, 404, 404),
    "GET agent_menages.separer": Cas("/agent/foyers/{foyer}/separer", VERS_CONNEXION, 404, 404),
    "POST agent_menages.confirmer": Cas("/agent/foyers/{foyer}/separer", VERS_CONNEXION, 404, 404),
    "GET agent_menages.tarifs": Cas("/agent/foyers/{foyer}/tarifs", VERS_CONNEXION, 404, 404),
    "POST agent_menages.changer_tarifs": Cas("/agent/foyers/{foyer}/tarifs", VERS_CONNEXION, 404, 404),
    "POST agent_menages.etablir_quotient": Cas("/agent/foyers/{foyer}/quotient", VERS_CONNEXION, 404, 404),
    "GET agent_saisie.nouveau": Cas("/agent/foyers/nouveau", VERS_CONNEXION, 404, 404),
    "POST agent_saisie.creer": Cas("/agent/foyers/nouveau", VERS_CONNEXION, 404, 404),
    "GET agent_evenements.liste": Cas("/agent/evenements", VERS_CONNEXION, 404, 404),
    "GET agent_evenements.nouveau": Cas("/agent/evenements/nouveau", VERS_CONNEXION, 404, 404),
    "GET agent_evenements.apercu": Cas("/agent/evenements/apercu", VERS_CONNEXION, 404, 404),
    "POST agent_evenements.declarer": Cas("/agent/evenements", VERS_CONNEXION, 404, 404),
    "GET agent_evenements.evenement": Cas("/agent/evenements/1", VERS_CONNEXION, 404, 404),
    "POST agent_evenements.retablir": Cas("/agent/evenements/1/retablir", VERS_CONNEXION, 404, 404),
    "GET agent_facturation.accueil": Cas("/agent/facturation", VERS_CONNEXION, 404, 404),
    "POST agent_facturation.preparer": Cas("/agent/facturation", VERS_CONNEXION, 404, 404),
    "GET agent_facturation.facturation": Cas("/agent/facturation/1", VERS_CONNEXION, 404, 404),
    "GET agent_facturation.comparaison": Cas("/agent/facturation/1/comparaison", VERS_CONNEXION, 404, 404),
    "GET agent_facturation.brouillons": Cas("/agent/facturation/1/brouillons", VERS_CONNEXION, 404, 404),
    "POST agent_facturation.relancer": Cas("/agent/facturation/1/relancer", VERS_CONNEXION, 404, 404),
    "POST agent_facturation.abandonner": Cas("/agent/facturation/1/abandonner", VERS_CONNEXION, 404, 404),
    "GET agent_facturation.verifier": Cas("/agent/facturation/1/emettre", VERS_CONNEXION, 404, 404),
    "POST agent_facturation.emettre": Cas("/agent/facturation/1/emettre", VERS_CONNEXION, 404, 404),
    "GET agent_factures.liste": Cas("/agent/factures", VERS_CONNEXION, 404, 404),
    "GET agent_factures.facture": Cas("/agent/factures/1", VERS_CONNEXION, 404, 404),
    "GET agent_factures.pdf": Cas("/agent/factures/1.pdf", VERS_CONNEXION, 404, 404),
    "GET agent_factures.avoir": Cas("/agent/factures/1/avoir", VERS_CONNEXION, 404, 404),
    "POST agent_factures.creer_avoir": Cas("/agent/factures/1/avoir", VERS_CONNEXION, 404, 404),
    "POST agent_factures.reprendre": Cas("/agent/factures/1/reprendre", VERS_CONNEXION, 404, 404),
    "POST agent_factures.solder": Cas("/agent/factures/1/solder", VERS_CONNEXION, 404, 404),
    "POST agent_factures.transmettre": Cas("/agent/factures/1/transmettre", VERS_CONNEXION, 404, 404),
    "POST agent_factures.prelever": Cas("/agent/factures/1/prelevement", VERS_CONNEXION, 404, 404),
    "GET agent_reglements.accueil": Cas("/agent/reglements", VERS_CONNEXION, 404, 404),
    "GET agent_reglements.compte": Cas("/agent/reglements/foyers/{foyer}", VERS_CONNEXION, 404, 404),
    "GET agent_reglements.saisir": Cas("/agent/reglements/foyers/{foyer}/saisir", VERS_CONNEXION, 404, 404),
    "POST agent_reglements.encaisser": Cas("/agent/reglements/foyers/{foyer}/saisir", VERS_CONNEXION, 404, 404),
    "POST agent_reglements.rembourser": Cas("/agent/reglements/foyers/{foyer}/rembourser", VERS_CONNEXION, 404, 404),
    "GET agent_reglements.reglement": Cas("/agent/reglements/1", VERS_CONNEXION, 404, 404),
    "GET agent_reglements.recu": Cas("/agent/reglements/1.pdf", VERS_CONNEXION, 404, 404),
    "POST agent_reglements.annuler": Cas("/agent/reglements/1/annuler", VERS_CONNEXION, 404, 404),
    "GET agent_attestations.attestations": Cas(
        "/agent/reglements/foyers/{foyer}/attestations", VERS_CONNEXION, 404, 404
    ),
    "GET agent_attestations.fiscale": Cas(
        "/agent/reglements/foyers/{foyer}/attestations/fiscale.pdf?annee=2026", VERS_CONNEXION, 404, 404
    ),
    "GET agent_attestations.presence": Cas(
        "/agent/reglements/foyers/{foyer}/attestations/presence.pdf?enfant={enfant}", VERS_CONNEXION, 404, 404
    ),
    "GET agent_attestations.releve": Cas(
        "/agent/reglements/foyers/{foyer}/attestations/releve.pdf?du=2026-01-01&au=2026-12-31", VERS_CONNEXION, 404, 404
    ),
    "GET agent_caisse.journal": Cas("/agent/reglements/journal", VERS_CONNEXION, 404, 404),
    "GET agent_caisse.journal_du_mois": Cas("/agent/reglements/journal-du-mois", VERS_CONNEXION, 404, 404),
    "GET agent_caisse.restes": Cas("/agent/reglements/restes", VERS_CONNEXION, 404, 404),
    "GET agent_caisse.impayes": Cas("/agent/reglements/impayes", VERS_CONNEXION, 404, 404),
    "POST agent_caisse.transmettre": Cas("/agent/reglements/impayes", VERS_CONNEXION, 404, 404),
    "GET agent_caisse.papier": Cas("/agent/reglements/papier", VERS_CONNEXION, 404, 404),
    "GET agent_caisse.papier_d_un_seul_tenant": Cas("/agent/reglements/papier.pdf", VERS_CONNEXION, 404, 404),
    "GET agent_caisse.papier_a_imprimer": Cas("/agent/reglements/papier.zip", VERS_CONNEXION, 404, 404),
    "GET agent_caisse.cartes": Cas("/agent/reglements/cartes", VERS_CONNEXION, 404, 404),
    "GET absences.absences": Cas("/absences", VERS_CONNEXION, 200, 200),
    "GET accueil.accueil": Cas("/", 200, 200, 200),
    "GET agenda.agenda": Cas(AGENDA, VERS_CONNEXION, 200, 404),
    "POST agenda.cocher": Cas(AGENDA + "?mois=2026-12&page=a&version=0&seq=0&vus=", VERS_CONNEXION, 303, 404),
    "GET agenda.apercu_rythme": Cas(RYTHME, VERS_CONNEXION, 303, 404),
    "POST agenda.rythme": Cas(RYTHME + "?mois=2026-12", VERS_CONNEXION, 422, 404),
    "GET connexion.connexion": Cas("/connexion", 200, 303, 303),
    "POST connexion.se_connecter": Cas("/connexion", 422, 422, 422),
    "POST connexion.deconnexion": Cas("/deconnexion", 303, 303, 303),
    "GET creation.creation": Cas("/creer-mon-espace", 200, 200, 200),
    "POST creation.demander": Cas("/creer-mon-espace", 422, 422, 422),
    "POST creation.saisir_code": Cas("/creer-mon-espace/code", 303, 303, 303),
    "GET creation.envoyee": Cas("/creer-mon-espace/envoyee", 404, 404, 404),
    "GET creation.lien": Cas("/creer-mon-espace/faux", 404, 404, 404),
    "POST creation.confirmer": Cas("/creer-mon-espace/faux", 404, 404, 404),
    "GET donnees.donnees": Cas("/mon-espace/donnees", VERS_CONNEXION, 200, 200),
    "POST donnees.telecharger": Cas("/mon-espace/donnees/export", VERS_CONNEXION, 200, 200),
    "POST donnees.demander_effacement": Cas("/mon-espace/donnees/effacement", VERS_CONNEXION, 422, 422),
    "POST donnees.retirer_effacement": Cas("/mon-espace/donnees/effacement/retirer", VERS_CONNEXION, 409, 409),
    "GET espace.adresse": Cas("/mon-espace/foyer/adresse", VERS_CONNEXION, 200, 200),
    "GET espace.contacts": Cas("/mon-espace/contacts", VERS_CONNEXION, 200, 200),
    "POST espace.enregistrer_adresse": Cas("/mon-espace/foyer/adresse", VERS_CONNEXION, 303, 303),
    "POST espace.enregistrer_profil": Cas("/mon-espace/profil/modifier", VERS_CONNEXION, 303, 303),
    "GET espace.entourage": Cas("/mon-espace/entourage", VERS_CONNEXION, 200, 200),
    "GET espace.espace": Cas("/mon-espace", VERS_CONNEXION, 200, 200),
    "GET espace.foyer": Cas("/mon-espace/foyer", VERS_CONNEXION, 200, 200),
    "GET espace.modifier_profil": Cas("/mon-espace/profil/modifier", VERS_CONNEXION, 200, 200),
    "GET espace.profil": Cas("/mon-espace/profil", VERS_CONNEXION, 200, 200),
    "POST espace.retirer": Cas("/mon-espace/demandes/D2026-999999/retirer", VERS_CONNEXION, 404, 404),
    "GET demarches.liste": Cas("/demarches", VERS_CONNEXION, 200, 200),
    "GET demarches.demarche": Cas("/demarches/D2026-999999", VERS_CONNEXION, 404, 404),
    "POST demarches.repondre": Cas("/demarches/D2026-999999/messages", VERS_CONNEXION, 404, 404),
    "POST demarches.annuler": Cas("/demarches/D2026-999999/annuler", VERS_CONNEXION, 404, 404),
    "GET factures.liste": Cas("/factures", VERS_CONNEXION, 200, 200),
    "GET factures.facture": Cas("/factures/999999", VERS_CONNEXION, 404, 404),
    "GET factures.adhesion": Cas("/factures/adhesion", VERS_CONNEXION, 200, 200),
    "POST factures.choisir": Cas("/factures/adhesion?choix=adherer", VERS_CONNEXION, 303, 303),
    "GET enfants.enfant": Cas("/famille/enfants/{enfant}", VERS_CONNEXION, 200, 404),
    "GET enfants.identite": Cas("/famille/enfants/{enfant}/identite", VERS_CONNEXION, 200, 404),
    "POST enfants.enregistrer_identite": Cas("/famille/enfants/{enfant}/identite", VERS_CONNEXION, 303, 404),
    "GET enfants.ajouter": Cas("/famille/ajouter-un-enfant", VERS_CONNEXION, 303, 303),
    "GET enfants.demande": Cas("/famille/demandes/D2026-999999", VERS_CONNEXION, 404, 404),
    "POST enfants.retirer": Cas("/famille/demandes/D2026-999999/retirer", VERS_CONNEXION, 404, 404),
    "GET entourage.nouveau": Cas("/famille/enfants/{enfant}/contacts/nouveau", VERS_CONNEXION, 200, 404),
    "POST entourage.ajouter": Cas("/famille/enfants/{enfant}/contacts/nouveau", VERS_CONNEXION, 422, 404),
    "GET entourage.contact": Cas("/famille/enfants/{enfant}/contacts/999999", VERS_CONNEXION, 404, 404),
    "POST entourage.modifier": Cas("/famille/enfants/{enfant}/contacts/999999", VERS_CONNEXION, 404, 404),
    "POST entourage.retirer": Cas("/famille/enfants/{enfant}/contacts/999999/retirer", VERS_CONNEXION, 404, 404),
    "GET entourage.autorisations": Cas("/famille/enfants/{enfant}/autorisations", VERS_CONNEXION, 200, 404),
    "POST entourage.repondre": Cas("/famille/enfants/{enfant}/autorisations", VERS_CONNEXION, 303, 404),
    "GET sante.sante": Cas("/famille/enfants/{enfant}/sante", VERS_CONNEXION, 200, 404),
    "POST sante.enregistrer": Cas("/famille/enfants/{enfant}/sante", VERS_CONNEXION, 422, 404),
    "GET sante.pai": Cas("/famille/enfants/{enfant}/pai", VERS_CONNEXION, 200, 404),
    "POST sante.demander_pai": Cas("/famille/enfants/{enfant}/pai", VERS_CONNEXION, 422, 404),
    "POST sante.arreter_pai": Cas("/famille/enfants/{enfant}/pai/arreter", VERS_CONNEXION, 409, 404),
    "GET pieces.piece": Cas("/pieces/999999", VERS_CONNEXION, 404, 404),
    "GET porte_documents.liste": Cas("/porte-documents", VERS_CONNEXION, 200, 200),
    "GET porte_documents.ajouter": Cas("/porte-documents/ajouter", VERS_CONNEXION, 200, 200),
    "POST porte_documents.envoyer": Cas("/porte-documents/ajouter", VERS_CONNEXION, 422, 422),
    "GET porte_documents.document": Cas("/porte-documents/999999", VERS_CONNEXION, 404, 404),
    "POST porte_documents.modifier": Cas("/porte-documents/999999", VERS_CONNEXION, 404, 404),
    "POST porte_documents.remplacer": Cas("/porte-documents/999999/remplacer", VERS_CONNEXION, 404, 404),
    "POST porte_documents.supprimer": Cas("/porte-documents/999999/supprimer", VERS_CONNEXION, 404, 404),
    "POST pieces.retirer": Cas("/pieces/999999/retirer", VERS_CONNEXION, 404, 404),
    "GET famille.famille": Cas("/famille", VERS_CONNEXION, 200, 200),
    "POST famille.changer_foyer": Cas("/foyer?foyer={foyer}", VERS_CONNEXION, 303, 404),
    "GET gardes.garde": Cas("/famille/enfants/{enfant}/garde", VERS_CONNEXION, 200, 404),
    "POST gardes.demander": Cas("/famille/enfants/{enfant}/garde", VERS_CONNEXION, 422, 404),
    "POST gardes.retirer": Cas("/famille/enfants/{enfant}/garde/retirer", VERS_CONNEXION, 303, 404),
    "GET pwa.feuille": Cas("/portail.css", 200, 200, 200),
    "GET pwa.hors_ligne": Cas("/hors-ligne", 200, 200, 200),
    "GET pwa.icone": Cas("/icones/icone-192.png", 200, 200, 200),
    "GET pwa.manifeste": Cas("/manifeste.webmanifest", 200, 200, 200),
    "GET pwa.plus": Cas("/plus", VERS_CONNEXION, 200, 200),
    "GET pwa.sw": Cas("/sw.js", 200, 200, 200),
    "GET reservations.activites": Cas("/reservations/nouvelle/activites", VERS_CONNEXION, 200, 200),
    "POST reservations.effacer": Cas("/reservations/effacer", VERS_CONNEXION, 409, 409),
    "GET reservations.nouvelle": Cas("/reservations/nouvelle", VERS_CONNEXION, 200, 200),
    "GET reservations.recapitulatif": Cas("/reservations/recapitulatif", VERS_CONNEXION, 200, 200),
    "POST reservations.valider": Cas("/reservations/recapitulatif", VERS_CONNEXION, 409, 409),
    "GET reservations.recu": Cas("/reservations/recus/{recu}", VERS_CONNEXION, 200, 404),
    "GET reservations.recus": Cas("/reservations/recus", VERS_CONNEXION, 200, 200),
    "GET tableau_de_bord.tableau": Cas("/tableau-de-bord", VERS_CONNEXION, 200, 200),
    "GET static": Cas("/static/css/app.css", 200, 200, 200),
    "POST verification.repondre": Cas("/verification", VERS_CONNEXION, 303, 303),
    "GET verification.verification": Cas("/verification", VERS_CONNEXION, 200, 200),
}


@dataclass(frozen=True, slots=True)
class Monde:
    enfant: int
    foyer: int
    recu: str


@pytest.fixture
def monde(client: FlaskClient, saint_rivage: BD) -> Monde:
    """One of Camille's children, her foyer, and a receipt of hers."""
    connecter(client, "camille.morel")
    with saint_rivage.session_lecture() as session:
        enfant, foyer = session.execute(
            select(Enfant.id, Rattachement.foyer_id)
            .join(Rattachement, Rattachement.enfant_id == Enfant.id)
            .where(Enfant.prenom == "Noé")
        ).one()
    recu = _reserver_un_jour(client, enfant)
    with client.session_transaction() as cookie:
        cookie.clear()
    return Monde(enfant, foyer, recu)


def _reserver_un_jour(client: FlaskClient, enfant: int) -> str:
    """By the screens, as a parent without JavaScript: tick the last free day shown, check, validate."""
    agenda = lire_formulaire(client.get(f"/enfants/{enfant}/agenda?mois=2027-01").text, "form-agenda")
    agenda.cocher("c", agenda.cases["c"][-1])
    agenda.champs["vers"] = ["recapitulatif"]
    assert agenda.envoyer(client).status_code == 303
    reponse = lire_formulaire(client.get("/reservations/recapitulatif").text, "/reservations/recapitulatif").envoyer(
        client
    )
    assert reponse.status_code == 303, reponse.text
    return str(reponse.location.rpartition("/")[2])


def endpoints(app: Flask) -> set[str]:
    return {
        f"{methode} {regle.endpoint}"
        for regle in app.url_map.iter_rules()
        for methode in (regle.methods or set()) - {"HEAD", "OPTIONS"}
    }


def test_every_endpoint_is_in_the_table_and_no_other(app: Flask) -> None:
    assert endpoints(app) == set(CAS)


@pytest.mark.parametrize("role", ["anonyme", "parente", "etranger"])
def test_every_endpoint_answers_each_role_as_decided(client: FlaskClient, monde: Monde, role: str) -> None:
    ecarts = []
    for nom, cas in CAS.items():
        with client.session_transaction() as cookie:
            cookie.clear()
        if role != "anonyme":
            connecter(client, "camille.morel" if role == "parente" else "karim.haddad")
        methode = nom.split()[0]
        adresse = cas.adresse.format(enfant=monde.enfant, foyer=monde.foyer, recu=monde.recu)
        chemin, _, requete = adresse.partition("?")
        donnees = dict(parse_qsl(requete, keep_blank_values=True))
        reponse = client.get(adresse) if methode == "GET" else poster(client, chemin, donnees)
        attendu = getattr(cas, role)
        if reponse.status_code != attendu:
            ecarts.append(f"{nom}: {reponse.status_code}, expected {attendu}")
        if role == "anonyme" and attendu == VERS_CONNEXION and nom not in DEPUIS_PARTOUT:
            assert reponse.location.startswith("/saint-rivage/connexion"), nom
    assert not ecarts


def test_a_child_of_another_foyer_and_a_child_that_does_not_exist_look_the_same(
    client: FlaskClient, monde: Monde
) -> None:
    connecter(client, "karim.haddad")
    une = client.get(f"/enfants/{monde.enfant}/agenda")
    autre = client.get("/enfants/999999/agenda")
    assert une.status_code == autre.status_code == 404
    contenus = [sans_jeton(reponse.text) for reponse in (une, autre)]
    assert contenus[0] == contenus[1]


def sans_jeton(page: str) -> str:
    """CSRF tokens differ from one page to the next."""
    return re.sub(r'name="csrf_token" value="[^"]*"', "", page)


def test_two_foyers_of_one_person_stay_apart(saint_rivage: BD) -> None:
    """The table's stranger is one: Karim belongs to none of Camille's foyers."""
    with saint_rivage.session_lecture() as session:
        membres: dict[int, set[int]] = {}
        for foyer, personne in session.execute(select(Responsable.foyer_id, Responsable.personne_id)):
            membres.setdefault(personne, set()).add(foyer)
    assert any(len(foyers) == 2 for foyers in membres.values())


def test_an_endpoint_nobody_decided_about_stops_the_start() -> None:
    app = Flask(__name__, static_folder=None)
    app.add_url_rule("/oubli", "oubli", lambda: "")
    with pytest.raises(RuntimeError, match="oubli"):
        verifier_acces(app)


def test_two_decisions_on_one_endpoint_are_refused() -> None:
    def vue() -> str:
        return ""

    with pytest.raises(RuntimeError, match="one access decorator"):
        public(parent(vue))
