"""« Signaler un changement de situation »: what changes, since when, in the parent's words.

The request belongs to whoever asks: a separation told by one adult is not shown to the other (domain/genres.Concerne).
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.fiches import PAR_CODE, lire_valeur
from portail_famille.domain.libelles import ecrire_date
from portail_famille.domain.situations import CODE, SITUATIONS
from portail_famille.forms.demarches.base import (
    Champ,
    Contexte,
    Etape,
    Formulaire,
    LigneResume,
    PieceDemandee,
    Saisie,
    SaisieInvalide,
)
from portail_famille.models.demarches import Demarche
from portail_famille.services.demarches import deposer
from portail_famille.services.dossiers import jour_de
from portail_famille.services.journal import Auteur
from portail_famille.services.situations import adresse_actuelle

_ADRESSE = {"adresse": "Nouvelle adresse", "code_postal": "Code postal", "ville": "Ville"}
_COMMUNE = (("oui", "Oui"), ("non", "Non"))
MOT_MAXIMUM = 1000
_LOIN = timedelta(days=3 * 366)
"""A change older, or further ahead, is a slip of the keyboard."""


def _champs_changement(contexte: Contexte) -> Sequence[Champ]:
    return (
        Champ(
            "changement",
            "Qu’est-ce qui change\u202f?",
            "choix",
            tuple((s.code, s.libelle) for s in SITUATIONS.values()),
        ),
        Champ(
            "date",
            "Depuis quand, ou à partir de quand\u202f?",
            "date",
            valeur=jour_de(contexte.maintenant).isoformat(),
        ),
    )


def _lire_changement(contexte: Contexte, saisie: Saisie) -> dict[str, Any]:
    erreurs: dict[str, str] = {}
    changement = saisie.get("changement", "")
    if changement not in SITUATIONS:
        erreurs["changement"] = "Choisissez ce qui change."
    aujourdhui = jour_de(contexte.maintenant)
    try:
        jour = date.fromisoformat(saisie.get("date", ""))
        if abs(jour - aujourdhui) > _LOIN:
            erreurs["date"] = "Vérifiez l’année de la date."
    except ValueError:
        erreurs["date"] = "Écrivez une date, par exemple 01/09/2026."
    if erreurs:
        raise SaisieInvalide(erreurs)
    return {"changement": changement, "date": jour.isoformat()}


def _champs_precisions(contexte: Contexte) -> Sequence[Champ]:
    situation = SITUATIONS.get(str(contexte.contenu.get("changement")))
    adresse: tuple[Champ, ...] = ()
    if situation is not None and situation.deplace:
        adresse = (
            *(Champ(nom, libelle, longueur=80) for nom, libelle in _ADRESSE.items()),
            Champ("dans_la_commune", f"Cette adresse est-elle à {contexte.reglages.nom}\u202f?", "choix", _COMMUNE),
        )
    aide = situation.conseil if situation is not None else ""
    return (*adresse, Champ("mot", "Votre message à la mairie", "zone", aide=aide, longueur=MOT_MAXIMUM))


def _lire_precisions(contexte: Contexte, saisie: Saisie) -> dict[str, Any]:
    erreurs: dict[str, str] = {}
    lues: dict[str, Any] = {"mot": saisie.get("mot", "").strip()[:MOT_MAXIMUM]}
    situation = SITUATIONS[str(contexte.contenu["changement"])]
    if situation.deplace:
        for nom in _ADRESSE:
            try:
                lues[nom] = lire_valeur(PAR_CODE[f"foyer.{nom}"], saisie.get(nom, ""), jour_de(contexte.maintenant))
            except RegleViolee as faute:
                erreurs[nom] = f"{faute.message[:1].upper()}{faute.message[1:].removesuffix('.')}."
            else:
                if not lues[nom]:
                    erreurs[nom] = "Remplissez cette ligne."
        if saisie.get("dans_la_commune") not in dict(_COMMUNE):
            erreurs["dans_la_commune"] = "Répondez par oui ou par non."
        lues["dans_la_commune"] = saisie.get("dans_la_commune", "")
    elif not lues["mot"]:
        erreurs["mot"] = "Dites en quelques mots ce qui change."
    if erreurs:
        raise SaisieInvalide(erreurs)
    return lues


def _resumer(contexte: Contexte) -> Sequence[LigneResume]:
    contenu = contexte.contenu
    lignes = [
        LigneResume("Ce qui change", SITUATIONS[str(contenu["changement"])].libelle, "changement"),
        LigneResume("Date", ecrire_date(date.fromisoformat(str(contenu["date"]))), "changement"),
    ]
    if contenu.get("adresse"):
        adresse = f"{contenu['adresse']}, {contenu['code_postal']} {contenu['ville']}"
        lignes.append(LigneResume("Nouvelle adresse", adresse, "precisions"))
        lignes.append(LigneResume("Dans la commune", str(contenu["dans_la_commune"]), "precisions"))
    if contenu.get("mot"):
        lignes.append(LigneResume("Votre message", str(contenu["mot"]), "precisions"))
    return lignes


def _pieces(contexte: Contexte) -> Sequence[PieceDemandee]:
    """Hers: a judgment sent by one parent is not shown to the other adult of the foyer."""
    genre = contexte.genre
    return tuple(
        PieceDemandee(code, est_obligatoire, personne_id=contexte.acteur.personne_id)
        for codes, est_obligatoire in ((genre.pieces, True), (genre.pieces_facultatives, False))
        for code in codes
    )


def _deposer(session: Session, contexte: Contexte, pieces: Sequence[int], auteur: Auteur, cle_envoi: str) -> Demarche:
    contenu = dict(contexte.contenu)
    est_deplace = SITUATIONS[str(contenu["changement"])].deplace
    return deposer(
        session,
        genre=CODE,
        auteur=auteur,
        maintenant=contexte.maintenant,
        contenu=contenu,
        avant=adresse_actuelle(session, contexte.dossier.foyer_id) if est_deplace else {},
        foyer_id=contexte.dossier.foyer_id,
        personne_id=contexte.acteur.personne_id,
        pieces=pieces,
        cle_envoi=cle_envoi,
    )


def _avertir(contexte: Contexte) -> Sequence[str]:
    return (SITUATIONS[str(contexte.contenu["changement"])].conseil,)


FORMULAIRE = Formulaire(
    CODE,
    (
        Etape("changement", "Ce qui change", _lire_changement, _champs_changement),
        Etape("precisions", "Les précisions", _lire_precisions, _champs_precisions),
    ),
    _resumer,
    pieces=_pieces,
    deposer=_deposer,
    avertir=_avertir,
)
