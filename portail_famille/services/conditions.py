"""Conditions générales d’utilisation: published by version, accepted by each person, asked again when they change."""

from datetime import date, datetime
from pathlib import Path

from markdown_it import MarkdownIt
from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import Session

from portail_famille.domain.demarches import Cote
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.horloge import PARIS
from portail_famille.models.comptes import AcceptationConditions, Compte, Conditions
from portail_famille.services.journal import Auteur, consigner

LONGUEUR_MAXIMALE = 100_000
_MODELE = Path(__file__).parent.parent / "templates" / "conditions" / "modele.md"
_HTML = frozenset({"html_block", "html_inline"})


def en_vigueur(session: Session, jour: date) -> Conditions | None:
    """The version asked for that day; None when the town has published none."""
    return session.scalar(select(Conditions).where(Conditions.du <= jour).order_by(Conditions.version.desc()).limit(1))


def acceptee_le(session: Session, compte_id: int, version: int) -> datetime | None:
    return session.scalar(
        select(AcceptationConditions.a_utc).where(
            AcceptationConditions.compte_id == compte_id, AcceptationConditions.version == version
        )
    )


def accepter(session: Session, compte_id: int, version: int, maintenant: datetime) -> None:
    """Accepts the version that was read; twice is once. Raises RegleViolee when another one has come into force since:
    nobody accepts what she has not seen."""
    actuelle = en_vigueur(session, maintenant.astimezone(PARIS).date())
    if actuelle is None or actuelle.version != version:
        raise RegleViolee(
            "conditions_changees",
            "Les conditions viennent de changer. Lisez la nouvelle version ci-dessous, puis acceptez-la.",
        )
    # Locks the row first: two clicks at once wait for each other and write a single acceptance.
    personne_id = session.scalar(
        update(Compte).where(Compte.id == compte_id).values(conditions_version=version).returning(Compte.personne_id)
    )
    deja = exists().where(AcceptationConditions.compte_id == compte_id, AcceptationConditions.version == version)
    if session.scalar(select(deja)):
        return
    session.add(AcceptationConditions(compte_id=compte_id, version=version, a_utc=maintenant))
    consigner(
        session,
        Auteur(Cote.FAMILLE, compte_id),
        "conditions_acceptees",
        maintenant,
        personne_id=personne_id,
        details={"version": version},
    )


def publier(session: Session, texte: str, du: date, maintenant: datetime) -> Conditions:
    """A new version, in force from `du`. Raises RegleViolee: empty, unchanged, with HTML, or dated before the last."""
    propre = texte.replace("\r\n", "\n").removeprefix("\ufeff").strip() + "\n"
    if not propre.strip():
        raise RegleViolee("conditions_vides", "Le texte est vide.")
    if len(propre) > LONGUEUR_MAXIMALE:
        raise RegleViolee(
            "conditions_longues", f"Le texte est trop long\u00a0: {LONGUEUR_MAXIMALE} caractères au plus."
        )
    ligne = _ligne_de_html(propre)
    if ligne:
        raise RegleViolee("conditions_html", f"Ligne {ligne}\u00a0: du HTML. Le texte s’écrit en Markdown seulement.")
    derniere = session.scalar(select(Conditions).order_by(Conditions.version.desc()).limit(1))
    if derniere is not None and derniere.texte == propre:
        raise RegleViolee("conditions_inchangees", f"Ce texte est déjà celui de la version {derniere.version}.")
    if derniere is not None and du < derniere.du:
        raise RegleViolee(
            "conditions_date", f"La version {derniere.version} commence le {derniere.du:%d/%m/%Y}, donc après celle-ci."
        )
    version = (session.scalar(select(func.max(Conditions.version))) or 0) + 1
    publiee = Conditions(version=version, du=du, texte=propre, publie_utc=maintenant)
    session.add(publiee)
    session.flush()
    return publiee


def modele(commune: str) -> str:
    """The text shipped with the portal, with the town's name in it: a town reads it, corrects it, publishes its own."""
    return _MODELE.read_text(encoding="utf-8").replace("[commune]", commune.replace("<", "").replace(">", ""))


def _ligne_de_html(texte: str) -> int:
    """Line of the first HTML, 0 when there is none."""
    for bloc in MarkdownIt("commonmark", {"html": True}).parse(texte):
        enfants = bloc.children or []
        if bloc.type in _HTML or any(enfant.type in _HTML for enfant in enfants):
            return (bloc.map[0] if bloc.map else 0) + 1
    return 0
