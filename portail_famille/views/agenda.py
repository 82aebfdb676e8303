"""Agenda of a child: read it, tick it, apply a rhythm. Everything goes to the draft; « Valider » alone books."""

import secrets
from dataclasses import replace
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, abort, request, url_for
from sqlalchemy.orm import Session

from portail_famille.domain.brouillons import Envoi, empreinte_reserves
from portail_famille.domain.unites import Periode
from portail_famille.forms.agenda import Mois, SaisieRythme, lire_etat, lire_mois, lire_rythme, lire_vite
from portail_famille.presentation.agenda import composer_agenda, unites_de_rythme
from portail_famille.presentation.conflits import composer_conflit, composer_refus
from portail_famille.presentation.resumes import composer_resume
from portail_famille.presentation.rythmes import composer_rythme
from portail_famille.presentation.vues import Avis
from portail_famille.presentation.vues_agenda import ApercuRythme, Conflit, Resume
from portail_famille.services import brouillons
from portail_famille.services.bilans import bornes, examiner
from portail_famille.services.dossiers import Dossier, charger_places, charger_reservations, jour_de
from portail_famille.services.jugement_absences import absences_en_attente
from portail_famille.views.acces import parent
from portail_famille.views.foyer import dossier, ecrire, enfant_ou_404, hrefs_agenda
from portail_famille.views.web import ecriture, est_partielle, lecture, redirect_to, reglages, render

bp = Blueprint("agenda", __name__)

PAGE, MOIS, RESUME = "agenda/page.html", "agenda/_mois.html", "agenda/_resume.html"
RYTHME, APERCU = "agenda/_rythme.html", "agenda/_apercu.html"


@bp.get("/enfants/<int:enfant_id>/agenda")
@parent
def agenda(enfant_id: int) -> Response:
    lu = dossier(lecture())
    enfant_ou_404(lu, enfant_id)
    mois = _mois_demande(lu, request.args.get("mois"))
    charger_reservations(lecture(), lu, [bornes(mois)])
    # An enrolment leads here to choose its days: the rhythm is open, with or without a script.
    return _page(lecture(), lu, enfant_id, mois, est_rythme_ouvert="rythme" in request.args)


@bp.post("/enfants/<int:enfant_id>/agenda")
@parent
def cocher(enfant_id: int) -> Response:
    """The displayed state of a month: written to the draft, then wherever the pressed button leads."""
    mois = lire_mois(request.form.get("mois")) or abort(404)
    etat = lire_etat(request.form, mois, est_partiel=est_partielle())
    vite = lire_vite(request.form.get("vite"), mois)

    def faire(session: Session) -> tuple[Dossier, brouillons.Coche]:
        lu = dossier(session)
        enfant_ou_404(lu, enfant_id)
        charger_reservations(session, lu, [bornes(mois)])
        perime = not etat.page.endswith(_reserves(lu, enfant_id, mois))
        coche = brouillons.cocher(session, lu, enfant_id, replace(etat, est_perime=perime))
        if vite is not None and coche.envoi is Envoi.APPLIQUE:
            # A hand may tick a day that has just filled up and be told at « Vérifier »; a whole week must not.
            unite_id, jours = vite
            charger_places(session, lu, [unite_id], jours)
            brouillons.cocher_vite(session, lu, enfant_id, unite_id, jours)
        return lu, coche

    lu, coche = ecrire(faire)
    if coche.envoi is Envoi.CONFLIT and coche.ici is not None:
        page = _jeton(lu, enfant_id, mois)
        conflit = composer_conflit(lu, enfant_id, etat, coche.ici, page)
        return _page(ecriture(), lu, enfant_id, mois, page=page, conflit=conflit, statut=409, fragments=(RESUME, MOIS))
    if coche.refuses:
        avis = composer_refus(lu, coche.refuses)
        statut = 409 if coche.est_sans_effet and vite is None else 200
        return _page(ecriture(), lu, enfant_id, mois, avis=avis, statut=statut, fragments=(RESUME, MOIS))
    if not est_partielle():
        return _aller(request.form.get("vers", ""), enfant_id, mois)
    autre = lire_mois(request.form.get("vers", "").removeprefix("mois:"))
    if autre is not None:
        charger_reservations(ecriture(), lu, [bornes(autre)])
    if vite is not None or autre is not None:
        return _page(ecriture(), lu, enfant_id, autre or mois, fragments=(RESUME, MOIS))
    return render(PAGE, RESUME, resume=_resume(lu, enfant_id, mois))


@bp.get("/enfants/<int:enfant_id>/rythme")
@parent
def apercu_rythme(enfant_id: int) -> Response:
    """What the rhythm being filled in would do; nothing is written."""
    lu = dossier(lecture())
    enfant = enfant_ou_404(lu, enfant_id)
    if not est_partielle():
        return redirect_to("agenda.agenda", enfant_id=enfant_id, mois=request.args.get("mois"))
    lue = _lire_rythme(lu, enfant_id)
    apercu = None
    if lue.rythme is not None:
        _charger_rythme(lecture(), lu, lue)
        bilan = brouillons.deployer_rythme(lu, enfant_id, lue.rythme)
        apercu = composer_rythme(lu, enfant, bilan, applique=False)
    return render(APERCU, APERCU, agenda={"enfant_id": enfant_id}, apercu=apercu)


@bp.post("/enfants/<int:enfant_id>/rythme")
@parent
def rythme(enfant_id: int) -> Response:
    """Applies a rhythm to the draft; answers with the visible month, the summary, and what was left out and why."""
    mois = lire_mois(request.form.get("mois")) or abort(404)

    def faire(session: Session) -> tuple[Dossier, SaisieRythme, ApercuRythme | None]:
        lu = dossier(session)
        enfant = enfant_ou_404(lu, enfant_id)
        lue = _lire_rythme(lu, enfant_id)
        if lue.rythme is None:
            charger_reservations(session, lu, [bornes(mois)])
            return lu, lue, None
        _charger_rythme(session, lu, lue, mois)
        bilan = brouillons.deployer_rythme(lu, enfant_id, lue.rythme)
        fait = composer_rythme(lu, enfant, bilan, applique=True)
        brouillons.appliquer_rythme(session, lu, enfant_id, bilan)
        return lu, lue, fait

    lu, lue, fait = ecrire(faire)
    if fait is None:
        return _page(
            ecriture(), lu, enfant_id, mois, statut=422, fragments=(RYTHME,), erreurs=lue.erreurs, saisie=lue.saisie
        )
    texte = " ".join(filter(None, (fait.laisses, fait.avertissement)))
    avis = Avis("succes" if fait.nombre else "info", fait.phrase, texte, fait.details)
    return _page(ecriture(), lu, enfant_id, mois, avis=avis, fragments=(MOIS, RESUME))


def _lire_rythme(lu: Dossier, enfant_id: int) -> SaisieRythme:
    choix = {u.valeur: lu.regles.unites[int(u.valeur)] for u in unites_de_rythme(lu, lu.enfant(enfant_id))}
    unites = lu.regles.catalogue.unites
    de_vacances = frozenset(
        code for code in choix.values() if all(plage.periode is Periode.VACANCES for plage in unites[code].plages)
    )
    return lire_rythme(request.values, lu.regles.calendrier, choix, de_vacances, jour_de(lu.maintenant))


def _charger_rythme(session: Session, lu: Dossier, lue: SaisieRythme, mois: Mois | None = None) -> None:
    """Bookings and places over the dates of the rhythm, and those of the month shown with its answer."""
    rythme = lue.rythme
    assert rythme is not None
    periodes = [(rythme.du, rythme.au), *([bornes(mois)] if mois else [])]
    charger_reservations(session, lu, periodes)
    unites = {lu.regles.unite_ids[code] for code in rythme.unites}
    charger_places(session, lu, unites, rythme.dates())


def _page(
    session: Session,
    lu: Dossier,
    enfant_id: int,
    mois: Mois,
    *,
    page: str = "",
    avis: Avis | None = None,
    conflit: Conflit | None = None,
    statut: int = 200,
    fragments: tuple[str, ...] = (),
    **donnees: Any,
) -> Response:
    """The agenda, whole or by fragments."""
    enfant = lu.enfant(enfant_id)
    debut, fin = bornes(mois)
    jours = [debut + timedelta(days=n) for n in range((fin - debut).days + 1)]
    charger_places(session, lu, {unite_id for _, unite_id, _ in lu.unites(enfant)}, jours)
    compose = composer_agenda(
        lu,
        enfant,
        mois,
        page=page or _jeton(lu, enfant_id, mois),
        resume=_resume(lu, enfant_id, mois),
        hrefs=hrefs_agenda(lu, mois=f"{mois[0]}-{mois[1]:02d}"),
        href_absence=_href_absence(enfant_id),
        declarees={
            creneau: url_for("demarches.demarche", numero=numero)
            for creneau, numero in absences_en_attente(session, lu.foyer_id, enfant_id).items()
        },
        avis=(avis,) if avis else (),
        conflit=conflit,
    )
    return render(PAGE, *fragments, statut=statut, agenda=compose, onglet="agenda", **donnees)


def _href_absence(enfant_id: int) -> str:
    """None where the town has closed this kind to families."""
    if not reglages().demarches["absence"].est_ouverte:
        return ""
    return url_for("nouvelle_demarche.genre", genre="absence", enfant=enfant_id)


def _resume(lu: Dossier, enfant_id: int, mois: Mois) -> Resume:
    return composer_resume(lu, examiner(lu, [mois]), mois, enfant_id)


def _mois_demande(lu: Dossier, texte: str | None) -> Mois:
    """The month of the address, this month without one, 404 for what is no month."""
    if texte is None:
        aujourdhui = jour_de(lu.maintenant)
        return aujourdhui.year, aujourdhui.month
    return lire_mois(texte) or abort(404)


def _aller(vers: str, enfant_id: int, mois: Mois) -> Response:
    """Where a submit button leads once the boxes are saved."""
    quoi, _, ou = vers.partition(":")
    if quoi == "recapitulatif":
        return redirect_to("reservations.recapitulatif")
    if quoi == "mois" and lire_mois(ou):
        return redirect_to("agenda.agenda", enfant_id=enfant_id, mois=ou)
    if quoi == "enfant" and ou.isdecimal() and len(ou) < 10:
        return redirect_to("agenda.agenda", enfant_id=int(ou), mois=f"{mois[0]}-{mois[1]:02d}")
    return redirect_to("agenda.agenda", enfant_id=enfant_id, mois=f"{mois[0]}-{mois[1]:02d}")


def _jeton(lu: Dossier, enfant_id: int, mois: Mois) -> str:
    """Names one rendering of the form, so that its own earlier posts are told from another screen's, and the bookings
    it was drawn from, so that what the foyer's other adult booked since is not taken for an unticked box."""
    return secrets.token_urlsafe(6) + _reserves(lu, enfant_id, mois)


def _reserves(lu: Dossier, enfant_id: int, mois: Mois) -> str:
    return empreinte_reserves(c for c in lu.reserves(enfant_id) if (c[1].year, c[1].month) == mois)
