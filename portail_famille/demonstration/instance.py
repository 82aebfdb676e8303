"""The two demonstration towns in an instance: made if absent, told in demo.json, moved to the ports of the day."""

import json
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import inspect

from portail_famille.config import FICHIER, ReglagesCommune, charger_reglages
from portail_famille.creation import Fiche, creer_commune
from portail_famille.demonstration.installation import VILLES, Etat, exiger_exemple, lire_etat, peupler
from portail_famille.demonstration.portraits import Ville
from portail_famille.demonstration.reglages import poser_reglages, reglages_de_ports, url_payfip, url_publique
from portail_famille.gateways.boucle_locale import HOTE, NOM
from portail_famille.migrations import migrer
from portail_famille.models.base import Base
from portail_famille.models.bd import BD

FICHIER_DEMO = "demo.json"
FICHIER_PAYFIP = "payfip.json"
"""What the local PayFiP was asked: kept from one `make demo` to the next, as the towns are."""


class BaseDePasse(Exception):
    """The database of a demonstration town is of a version that was never released."""


@dataclass(frozen=True, slots=True)
class Ports:
    """All on this machine only: portal, page of the mailbox, its SMTP, local PayFiP."""

    web: int = 8000
    courriels: int = 8001
    smtp: int = 8002
    payfip: int = 8003


@dataclass(frozen=True, slots=True)
class Preparation:
    """What was found or made for one town."""

    ville: Ville
    est_nouvelle: bool
    etat: Etat


def preparer(instance: Path, ports: Ports, maintenant: datetime, *, a_servir: bool) -> list[Preparation]:
    """Make what is absent, keep the rest; the ports of existing towns move only when they are about to be served.

    Raises PasUnExemple when a real town has taken one of the two prefixes.
    """
    return [_preparer_ville(instance, ville, ports, maintenant, a_servir) for ville in VILLES.values()]


def _preparer_ville(instance: Path, ville: Ville, ports: Ports, maintenant: datetime, a_servir: bool) -> Preparation:
    dossier = instance / ville.slug
    de_ports = reglages_de_ports(ville.slug, ports.web, ports.smtp, ports.payfip)
    if dossier.exists():
        reglages = charger_reglages(dossier)
        exiger_exemple(reglages)
        if a_servir:
            poser_reglages(dossier / FICHIER, de_ports)
    else:
        creer_commune(instance, ville.slug, _fiche(ville, ports), maintenant)
        poser_reglages(dossier / FICHIER, {**ville.reglages, **de_ports})
        reglages = charger_reglages(dossier)
    return _peupler_si_vide(reglages, ville, maintenant)


def _peupler_si_vide(reglages: ReglagesCommune, ville: Ville, maintenant: datetime) -> Preparation:
    bd = BD(reglages.base_de_donnees, connexions=1)
    try:
        migrer(bd)
        _exiger_colonnes(bd, ville)
        with bd.session_lecture() as session:
            etat = lire_etat(session)
        if etat.foyers:
            return Preparation(ville, False, etat)
        peupler(bd, reglages, ville, maintenant)
        with bd.session_lecture() as session:
            return Preparation(ville, True, lire_etat(session))
    finally:
        bd.fermer()


def _exiger_colonnes(bd: BD, ville: Ville) -> None:
    """A demonstration made while a version was being written has its number and not its columns: every page of it
    would be an error. A real town only meets migrations that are finished. Raises `BaseDePasse`."""
    with bd.session_lecture() as session:
        vu = inspect(session.connection())
        for table in Base.metadata.sorted_tables:
            connues = {colonne["name"] for colonne in vu.get_columns(table.name)} if vu.has_table(table.name) else set()
            manquantes = sorted({colonne.name for colonne in table.columns} - connues)
            if manquantes:
                raise BaseDePasse(f"{ville.slug} ({table.name}\u00a0: {', '.join(manquantes)})")


def _fiche(ville: Ville, ports: Ports) -> Fiche:
    return Fiche(
        nom=ville.nom,
        courriel=ville.courriel,
        telephone=ville.telephone,
        adresse=ville.adresse,
        presentation=ville.presentation,
        url_publique=url_publique(ville.slug, ports.web),
        zone=ville.zone,
        couleur=ville.couleur,
        est_exemple=True,
        smtp_hote=HOTE,
        smtp_port=ports.smtp,
        # The mailbox of the demonstration is on this machine and offers no encryption.
        smtp_securite="aucune",
    )


def effacer(instance: Path) -> None:
    """Remove the two towns, data included. Raises PasUnExemple rather than touch a real one."""
    dossiers = [instance / slug for slug in VILLES if (instance / slug).exists()]
    for dossier in dossiers:
        exiger_exemple(charger_reglages(dossier))
    for dossier in dossiers:
        shutil.rmtree(dossier)
    (instance / FICHIER_PAYFIP).unlink(missing_ok=True)


def ecrire_demo(instance: Path, ports: Ports) -> Path:
    """INSTANCE/demo.json: addresses and accounts, for programs. Nothing in it is secret: the towns are examples."""
    fichier = instance / FICHIER_DEMO
    contenu = {
        "towns": [{"slug": slug, "url": url_publique(slug, ports.web) + "/"} for slug in VILLES],
        "accounts": [
            *(
                {
                    "town": ville.slug,
                    "role": "parent",
                    "about": adulte.interet,
                    "login": adulte.identifiant,
                    "password": adulte.mot_de_passe,
                }
                for ville in VILLES.values()
                for adulte in ville.adultes
                if adulte.mot_de_passe
            ),
            *(
                {
                    "town": ville.slug,
                    "role": "agent",
                    "rights": agent.role.value,
                    "about": agent.interet,
                    "login": agent.identifiant,
                    "password": agent.mot_de_passe,
                    "totp": agent.totp,
                }
                for ville in VILLES.values()
                for agent in ville.agents
            ),
        ],
        "invited": [
            {"town": ville.slug, "about": adulte.interet, "login": adulte.identifiant, "mail": adulte.courriel}
            for ville in VILLES.values()
            for adulte in ville.adultes
            if adulte.etat == "invite"
        ],
        "mail": f"http://{NOM}:{ports.courriels}",
        "payfip": url_payfip(ports.payfip),
    }
    fichier.write_text(json.dumps(contenu, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return fichier
