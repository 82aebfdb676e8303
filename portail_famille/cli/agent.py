"""`portail-famille agent`: who works at the town hall's desk, and with which roles."""

from datetime import UTC, datetime

import click
from sqlalchemy.orm import Session

from portail_famille.cli.ouvrir import Echec, QuestionMalPosee, commune_ouverte
from portail_famille.domain.droits import Attribution, Role
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.services import agents, second_facteur
from portail_famille.services.acces import envoyer_activation

_ROLES = [role.value for role in Role]
_commune = click.option("--commune", "slug", required=True, help="Préfixe de la commune.")
_role = click.option("--role", required=True, type=click.Choice(_ROLES), help="Ce que l’agent peut faire.")
_structure = click.option("--structure", "code", default="", help="Code d’une structure ; par défaut, toutes.")


@click.group()
def agent() -> None:
    """Les agents de la mairie et leurs rôles."""


@agent.command()
@click.argument("courriel")
@click.option("--prenom", required=True)
@click.option("--nom", required=True)
@_role
@_structure
@_commune
def creer(courriel: str, prenom: str, nom: str, role: str, code: str, slug: str) -> None:
    """Créer l’agent COURRIEL, ou lui donner un rôle de plus. Un nouvel agent reçoit un mail pour choisir son mot de
    passe."""
    maintenant = datetime.now(UTC)
    with commune_ouverte(slug) as (reglages, bd), bd.session_ecriture() as session:
        attribution = _attribution(session, role, code)
        connu = agents.chercher_agent(session, courriel)
        if connu is not None:
            nouveau = agents.ajouter_role(session, connu, attribution, maintenant)
            click.echo(f"{courriel} : {_dire(role, code)}" + (" ajouté." if nouveau else ", déjà donné."))
            return
        try:
            compte = agents.creer_agent(session, prenom, nom, courriel, [attribution], maintenant)
        except RegleViolee as refus:
            raise Echec(refus.message) from None
        est_invite = envoyer_activation(session, compte.id, maintenant, reglages)
        click.echo(f"{courriel} : {_dire(role, code)}. Identifiant : {compte.identifiant}.")
        if est_invite:
            click.echo("Le mail d’activation part avec le travailleur.")


@agent.command()
@_commune
def lister(slug: str) -> None:
    """Lister les agents, leurs rôles et ce qui leur manque pour entrer."""
    with commune_ouverte(slug) as (_reglages, bd), bd.session_lecture() as session:
        tous = agents.lister_agents(session)
    if not tous:
        click.echo("Aucun agent.")
    for un in tous:
        roles = ", ".join(_dire(role, structure) for role, structure in un.roles)
        manques = [] if un.est_active else ["jamais activé"]
        manques += [] if un.a_second_facteur else ["sans second facteur"]
        suite = f" ({', '.join(manques)})" if manques else ""
        click.echo(f"{un.prenom} {un.nom}, {un.identifiant}, {un.courriel} : {roles}{suite}")


@agent.command("retirer-role")
@click.argument("agent_cherche", metavar="COURRIEL")
@_role
@_structure
@_commune
def retirer_role(agent_cherche: str, role: str, code: str, slug: str) -> None:
    """Retirer un rôle à l’agent COURRIEL (ou son identifiant). Son dernier rôle parti, son compte est fermé."""
    with commune_ouverte(slug) as (_reglages, bd), bd.session_ecriture() as session:
        compte_id, attribution = _chercher(session, agent_cherche), _attribution(session, role, code)
        if not agents.retirer_role(session, compte_id, attribution, datetime.now(UTC)):
            raise Echec(f"{agent_cherche} n’a pas ce rôle : {_dire(role, code)}.")
    click.echo(f"{agent_cherche} : {_dire(role, code)} retiré.")


@agent.command("lier-parent")
@click.argument("agent_cherche", metavar="COURRIEL")
@click.argument("parent", default="")
@_commune
def lier_parent(agent_cherche: str, parent: str, slug: str) -> None:
    """Dire que l’agent COURRIEL est aussi le parent PARENT (adresse mail ou identifiant) : il ne voit plus sa propre
    famille au bureau. Sans PARENT, le lien est retiré."""
    with commune_ouverte(slug) as (_reglages, bd), bd.session_ecriture() as session:
        try:
            nom = agents.lier_au_parent(session, _chercher(session, agent_cherche), parent)
        except RegleViolee as refus:
            raise Echec(refus.message) from None
    click.echo(f"{agent_cherche} : {f'aussi {nom}' if nom else 'lié à aucun parent'}.")


@agent.command("reinitialiser-second-facteur")
@click.argument("agent_cherche", metavar="COURRIEL")
@_commune
def reinitialiser_second_facteur(agent_cherche: str, slug: str) -> None:
    """Oublier le téléphone, les codes et les clés de l’agent COURRIEL : il en choisira d’autres à sa prochaine
    connexion. Vérifiez d’abord que c’est bien lui qui le demande."""
    with commune_ouverte(slug) as (_reglages, bd), bd.session_ecriture() as session:
        second_facteur.reinitialiser(session, _chercher(session, agent_cherche), datetime.now(UTC))
    click.echo(f"{agent_cherche} : second facteur remis à zéro, sessions fermées.")


def _attribution(session: Session, role: str, code: str) -> Attribution:
    if not code:
        return Attribution(Role(role))
    structure = agents.chercher_structure(session, code)
    if structure is None:
        raise QuestionMalPosee(f"Structure « {code} » inconnue dans cette commune.")
    return Attribution(Role(role), structure)


def _chercher(session: Session, saisie: str) -> int:
    compte_id = agents.chercher_agent(session, saisie)
    if compte_id is None:
        raise Echec(f"Aucun agent, ou plusieurs, pour « {saisie} ». Essayez avec son identifiant : agent lister.")
    return compte_id


def _dire(role: str, code: str) -> str:
    return f"{role} ({code})" if code else role
