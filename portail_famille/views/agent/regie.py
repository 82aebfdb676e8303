"""What the rooms of the régie share: where its agent may bill, which régies there are, what an address chose."""

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from datetime import date

from flask import abort, request, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from portail_famille.domain.droits import Action
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.regies import Regie, premier_du_mois
from portail_famille.presentation.facturation import MOIS_PROPOSES
from portail_famille.presentation.formats import mois_annee
from portail_famille.services.dossiers import jour_de
from portail_famille.services.perimetres import Perimetre, est_dans_le_perimetre
from portail_famille.services.reglements import DEJA_SERVI
from portail_famille.views.acces import qui_agent
from portail_famille.views.agent.bureau import introuvable, perimetre
from portail_famille.views.web import maintenant, reglages

CLE_MAXIMUM = 40


def aujourdhui() -> date:
    return jour_de(maintenant())


def regies() -> Mapping[str, Regie]:
    return reglages().regies


def choix_de_regies() -> tuple[tuple[str, str], ...]:
    return tuple((code, regie.nom) for code, regie in regies().items())


def regies_avec(codes: Iterable[str]) -> Mapping[str, Regie]:
    """Those of the settings, and as it was called any other that is still owed money: it is cashed at the desk."""
    return {**{code: Regie(code, code, "") for code in sorted(codes)}, **regies()}


def peut_facturer() -> bool:
    """Runs, statements, exports: the money of the whole town."""
    return qui_agent().peut(Action.FACTURER) and perimetre(Action.FACTURER).est_partout


def verifier_toute_la_ville() -> None:
    """404 for who bills in one structure only: what is whole is not hers to see."""
    if not peut_facturer():
        abort(404)


def peut_ecrire(session: Session, foyer_id: int) -> bool:
    """Whether this agent may write on the account of a foyer that she reads. No query for most."""
    if not qui_agent().peut(Action.FACTURER):
        return False
    ou = perimetre(Action.FACTURER)
    return ou == perimetre() or est_dans_le_perimetre(session, ou, foyer_id)


def compte_lisible(session: Session, foyer_id: int) -> None:
    if not est_dans_le_perimetre(session, perimetre(), foyer_id):
        introuvable(foyer_id)


def compte_ouvert(session: Session, foyer_id: int) -> None:
    """To write: 404 outside of where she bills, her own family's included."""
    if not est_dans_le_perimetre(session, perimetre(Action.FACTURER), foyer_id):
        introuvable(foyer_id)


def perimetre_des_factures() -> Perimetre:
    """Where she bills."""
    return perimetre(Action.FACTURER)


def regie_choisie(defaut: str = "") -> str:
    """Of the address; one that does not exist is as if it were not there."""
    code = request.values.get("regie", "")
    return code if code in regies() else defaut


def premiere_regie() -> str:
    return next(iter(regies()), "")


def mois_choisi() -> date | None:
    try:
        return premier_du_mois(request.values.get("mois", ""))
    except RegleViolee:
        return None


def choix_de_mois() -> list[tuple[str, str]]:
    """This month, the next one, and a year back."""
    jour = aujourdhui()
    mois = date(jour.year + jour.month // 12, jour.month % 12 + 1, 1)
    proposes = []
    for _ in range(MOIS_PROPOSES + 2):
        proposes.append((f"{mois:%Y-%m}", mois_annee(mois)))
        mois = date(mois.year - (mois.month == 1), (mois.month - 2) % 12 + 1, 1)
    return proposes


def nouvelle_cle() -> str:
    """Of a form: sent twice, written once."""
    return secrets.token_urlsafe(24)


def cle_envoi() -> str:
    """That of the form sent; 400 without one."""
    cle = request.form.get("cle_envoi", "")
    return cle if 16 <= len(cle) <= CLE_MAXIMUM else abort(400)


def saisie_refusee(refus: RegleViolee) -> tuple[MultiDict[str, str], int]:
    """What is given back to her, and the status: a form that served for something else gets a key of its own."""
    if refus.code != DEJA_SERVI:
        return request.form, 422
    neuve = MultiDict(request.form)
    neuve["cle_envoi"] = nouvelle_cle()
    return neuve, 409


def marque(saisi: object) -> str:
    """Of what a page asked to confirm: changed since, it is shown again first."""
    return hashlib.sha256(repr(saisi).encode()).hexdigest()[:16]


def adresse(genre: str, id_: int) -> str:
    """Where a line of an account leads."""
    if genre == "facture":
        return url_for("agent_factures.facture", facture_id=id_)
    return url_for("agent_reglements.reglement", reglement_id=id_)
