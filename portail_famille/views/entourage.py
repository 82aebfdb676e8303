"""The people around a child: contacts of the foyer, and what the parents allow."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, abort, request
from sqlalchemy.orm import Session

from portail_famille.domain.entourage import AUTORISATIONS as QUESTIONS
from portail_famille.domain.entourage import LIENS
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.forms.enfants import lire_contact, lire_copies, lire_reponses
from portail_famille.presentation.enfants import ROLES, dire_parole, dire_reponse, saisie_contact
from portail_famille.presentation.formats import enumerer
from portail_famille.services import entourage as services
from portail_famille.views.acces import parent, qui
from portail_famille.views.fiche_enfant import (
    AUTORISATIONS,
    CONTACTS,
    Ouverture,
    auteur,
    ouvrir_pour_changer,
)
from portail_famille.views.web import ecriture, lecture, maintenant, redirect_to, render

bp = Blueprint("entourage", __name__, url_prefix="/famille/enfants/<int:enfant_id>")


@bp.get("/contacts/nouveau")
@parent
def nouveau(enfant_id: int) -> Response:
    vide = {"prenom": "", "nom": "", "telephone": "", "telephone_2": "", "lien": "", "roles": (), "copies": ()}
    return _page_contact(ouvrir_pour_changer(lecture(), enfant_id, CONTACTS), vide)


@bp.post("/contacts/nouveau")
@parent
def ajouter(enfant_id: int) -> Response:
    session = ecriture()
    ouverte = ouvrir_pour_changer(session, enfant_id, CONTACTS)
    saisie, lu = lire_contact(request.form)
    if saisie is None:
        return _page_contact(ouverte, lu.valeurs, statut=422, erreurs=lu.erreurs)
    try:
        services.ajouter_contact(
            session,
            foyer_id=ouverte.dossier.foyer_id,
            enfants={enfant_id: ouverte.enfant.prenom} | lire_copies(request.form, ouverte.freres),
            saisie=saisie,
            auteur=auteur(),
            maintenant=maintenant(),
        )
    except RegleViolee as refus:
        return _page_contact(ouverte, lu.valeurs, statut=422, erreurs={refus.champ or "": refus.message})
    return redirect_to("enfants.enfant", enfant_id=enfant_id, fait="ajoute", _anchor="contacts")


@bp.get("/contacts/<int:contact_id>")
@parent
def contact(enfant_id: int, contact_id: int) -> Response:
    ouverte = ouvrir_pour_changer(lecture(), enfant_id, CONTACTS)
    lu = _trouver(lecture(), ouverte, contact_id)
    return _page_contact(ouverte, saisie_contact(lu.contact), lu)


@bp.post("/contacts/<int:contact_id>")
@parent
def modifier(enfant_id: int, contact_id: int) -> Response:
    session = ecriture()
    ouverte = ouvrir_pour_changer(session, enfant_id, CONTACTS)
    connu = _trouver(session, ouverte, contact_id)
    saisie, lu = lire_contact(request.form)
    if saisie is None:
        return _page_contact(ouverte, lu.valeurs, connu, statut=422, erreurs=lu.erreurs, vue=_vue())
    try:
        services.modifier_contact(
            session,
            foyer_id=ouverte.dossier.foyer_id,
            contact_id=contact_id,
            enfant_id=enfant_id,
            copies=lire_copies(request.form, ouverte.freres),
            accessibles=[e.id for e in ouverte.dossier.visibles],
            saisie=saisie,
            empreinte_vue=_vue(),
            auteur=auteur(),
            maintenant=maintenant(),
        )
    except services.ContactChange as change:
        devenu = saisie_contact(change.actuel)
        vue = change.actuel.empreinte
        return _page_contact(ouverte, lu.valeurs, connu, statut=409, devenu=devenu, vue=vue)
    except RegleViolee as refus:
        erreurs = {refus.champ or "": refus.message}
        return _page_contact(ouverte, lu.valeurs, connu, statut=422, erreurs=erreurs, vue=_vue())
    return redirect_to("enfants.enfant", enfant_id=enfant_id, fait="enregistre", _anchor="contacts")


@bp.post("/contacts/<int:contact_id>/retirer")
@parent
def retirer(enfant_id: int, contact_id: int) -> Response:
    session = ecriture()
    ouverte = ouvrir_pour_changer(session, enfant_id, CONTACTS)
    try:
        services.retirer_contact(
            session,
            foyer_id=ouverte.dossier.foyer_id,
            contact_id=contact_id,
            enfant_id=enfant_id,
            auteur=auteur(),
            maintenant=maintenant(),
        )
    except services.ContactAbsent:
        abort(404)
    return redirect_to("enfants.enfant", enfant_id=enfant_id, fait="retire", _anchor="contacts")


@bp.get("/autorisations")
@parent
def autorisations(enfant_id: int) -> Response:
    return _page_autorisations(lecture(), ouvrir_pour_changer(lecture(), enfant_id, AUTORISATIONS))


@bp.post("/autorisations")
@parent
def repondre(enfant_id: int) -> Response:
    session = ecriture()
    ouverte = ouvrir_pour_changer(session, enfant_id, AUTORISATIONS)
    reponses, vues, lu = lire_reponses(request.form)
    if lu.erreurs:
        return _page_autorisations(session, ouverte, lu.valeurs, statut=422, erreurs=lu.erreurs)
    try:
        changees = services.repondre(
            session,
            enfant_id=enfant_id,
            foyer_id=ouverte.dossier.foyer_id,
            personne_id=qui().personne_id,
            reponses=reponses,
            vues=vues,
            auteur=auteur(),
            maintenant=maintenant(),
        )
    except services.AutorisationChangee:
        return _page_autorisations(session, ouverte, lu.valeurs, statut=409)
    fait = "enregistre" if changees else "rien"
    return redirect_to("enfants.enfant", enfant_id=enfant_id, fait=fait, _anchor="autorisations")


def _vue() -> str:
    return request.form.get("empreinte", "")


def _trouver(session: Session, ouverte: Ouverture, contact_id: int) -> services.ContactLu:
    enfant_id = ouverte.enfant.id
    contacts = services.lire_contacts(session, ouverte.dossier.foyer_id, (enfant_id,))[enfant_id]
    return next((lu for lu in contacts if lu.id == contact_id), None) or abort(404)


def _page_contact(
    ouverte: Ouverture,
    saisie: Mapping[str, Any],
    connu: services.ContactLu | None = None,
    *,
    statut: int = 200,
    erreurs: Mapping[str, str] | None = None,
    vue: str = "",
    devenu: Mapping[str, Any] | None = None,
) -> Response:
    """`devenu`: what another parent made of this contact meanwhile."""
    deja = connu.enfants if connu else frozenset()
    return render(
        "enfants/contact.html",
        statut=statut,
        prenom=ouverte.enfant.prenom,
        enfant_id=ouverte.enfant.id,
        contact_id=connu.id if connu else 0,
        saisie=saisie,
        empreinte=vue or (connu.contact.empreinte if connu else ""),
        erreurs=erreurs or {},
        devenu=_differents(saisie, devenu),
        liens=tuple(LIENS.items()),
        roles=tuple(ROLES.items()),
        freres=tuple((id_, prenom) for id_, prenom in ouverte.freres.items() if id_ not in deja),
        onglet="accueil",
    )


def _differents(saisie: Mapping[str, Any], devenu: Mapping[str, Any] | None) -> dict[str, str]:
    if devenu is None:
        return {}
    dits = {nom: str(devenu[nom]) for nom in ("prenom", "nom", "telephone", "telephone_2")}
    dits["lien"] = LIENS.get(devenu["lien"], "")
    dits["roles"] = enumerer([ROLES[role] for role in devenu["roles"]])
    memes = {nom for nom in dits if devenu[nom] == saisie.get(nom)}
    if set(devenu["roles"]) == set(saisie.get("roles", ())):
        memes.add("roles")
    return {nom: dit or "rien" for nom, dit in dits.items() if nom not in memes}


def _page_autorisations(
    session: Session,
    ouverte: Ouverture,
    saisie: Mapping[str, str] | None = None,
    *,
    statut: int = 200,
    erreurs: Mapping[str, str] | None = None,
) -> Response:
    paroles = services.lire_autorisations(session, ouverte.enfant.id, ouverte.dossier.foyer_id)
    questions = []
    for code, question in QUESTIONS.items():
        derniere = next((p for p in paroles[code] if p.fin_utc is None), None)
        actuelle = "" if derniere is None else "oui" if derniere.est_accordee else "non"
        questions.append(
            {
                "code": code,
                "titre": question.titre,
                "phrase": question.phrase,
                "vu": derniere.id if derniere else 0,
                "reponse": (saisie or {}).get(code) or actuelle,
                "par": dire_parole(derniere) if derniere else "",
                "change": statut == 409 and bool((saisie or {}).get(code)) and (saisie or {}).get(code) != actuelle,
                "actuelle": dire_reponse(derniere) if derniere else "",
                "passees": tuple(f"{dire_reponse(p)}, {dire_parole(p)}" for p in paroles[code] if p.fin_utc),
            }
        )
    return render(
        "enfants/autorisations.html",
        statut=statut,
        prenom=ouverte.enfant.prenom,
        enfant_id=ouverte.enfant.id,
        questions=questions,
        erreurs=erreurs or {},
        est_change=statut == 409,
        onglet="accueil",
    )
