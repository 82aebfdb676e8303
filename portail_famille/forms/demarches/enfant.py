"""« Ajouter un enfant »: what one is to the child, who it is, the school wished, what proves it.

The document is chosen before it is sent: the page of documents asks for that one only, or for none when the family
brings it to the town hall. It is for whoever sends it: a judgment is not for the other adult of her
home (models/documents).
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from portail_famille.domain.entourage import LIENS_PARENTAUX, AjoutEnfant
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.fiches import PAR_CODE, lire_valeur
from portail_famille.domain.libelles import ecrire_date
from portail_famille.domain.noms import lire_nom
from portail_famille.forms.demarches.base import (
    Champ,
    Contexte,
    Etape,
    Formulaire,
    LigneResume,
    PieceDemandee,
    Saisie,
    SaisieInvalide,
    pieces_de_la_commune,
)
from portail_famille.forms.demarches.champs import etape_simple, lire_champs
from portail_famille.models.demarches import Demarche
from portail_famille.services.dossiers import jour_de
from portail_famille.services.editions import LIT_SEULEMENT, foyer_en_lecture
from portail_famille.services.enfants import GENRE, demande_semblable, demander_ajout, verifier_ajout
from portail_famille.services.journal import Auteur

EN_MAIRIE = "en_mairie"
_PREUVES = ("livret_famille", "acte_naissance", "jugement")
"""What proves that one answers for a child."""


def _empeche(contexte: Contexte) -> str:
    if foyer_en_lecture(contexte.dossier):
        return LIT_SEULEMENT
    return ""


def _champs_lien(_contexte: Contexte) -> Sequence[Champ]:
    manque = "Dites ce que vous êtes pour cet enfant."
    return (Champ("lien", "Vous êtes pour cet enfant", "choix", tuple(LIENS_PARENTAUX.items()), manque=manque),)


def _champs_identite(contexte: Contexte) -> Sequence[Champ]:
    return (
        Champ("prenom", "Prénom", longueur=60),
        Champ("nom", "Nom", longueur=60),
        Champ("naissance", "Date de naissance", "date", fin=jour_de(contexte.maintenant)),
    )


def _lire_identite(contexte: Contexte, saisie: Saisie) -> dict[str, Any]:
    """A child the foyer has, or that she has asked for already, is told here and not at the end."""
    lus = lire_champs(_champs_identite(contexte), saisie)
    erreurs: dict[str, str] = {}
    aujourdhui = jour_de(contexte.maintenant)
    for nom, quoi in (("prenom", "prénom"), ("nom", "nom")):
        try:
            lus[nom] = lire_nom(lus[nom], quoi=quoi)
        except RegleViolee as refus:
            erreurs[nom] = refus.message
    try:
        lus["naissance"] = lire_valeur(PAR_CODE["enfant.naissance"], lus["naissance"], aujourdhui)
    except RegleViolee as refus:
        erreurs["naissance"] = refus.message
    if not erreurs:
        try:
            _verifier_nouveau(contexte, _ajout(lus))
        except RegleViolee as refus:
            erreurs["prenom"] = refus.message
    if erreurs:
        raise SaisieInvalide(erreurs)
    return lus


def _verifier_nouveau(contexte: Contexte, ajout: AjoutEnfant) -> None:
    foyer_id = contexte.dossier.foyer_id
    deja = demande_semblable(contexte.session, foyer_id, contexte.acteur.compte_id, ajout)
    if deja is not None:
        raise _deja_demande(deja, ajout)
    verifier_ajout(contexte.session, foyer_id, ajout)


def _deja_demande(demarche: Demarche, ajout: AjoutEnfant) -> RegleViolee:
    return RegleViolee(
        "enfant_demande", f"Vous avez déjà demandé d’ajouter {ajout.prenom} (demande n°\u00a0{demarche.numero})."
    )


def _champs_ecole(contexte: Contexte) -> Sequence[Champ]:
    structures = contexte.dossier.regles.catalogue.structures
    ecoles = tuple((code, s.nom) for code, s in structures.items() if s.genre == "ecole")
    choix = (("", "Je ne sais pas encore"), *ecoles)
    manque = "Choisissez une école de la liste."
    return (
        Champ("structure", "École souhaitée", "liste", choix, est_facultatif=True, manque=manque),
        Champ("classe", "Classe", longueur=40, est_facultatif=True),
    )


def _lire_ecole(contexte: Contexte, saisie: Saisie) -> dict[str, Any]:
    lus = lire_champs(_champs_ecole(contexte), saisie)
    try:
        lus["classe"] = lire_valeur(PAR_CODE["enfant.classe"], lus["classe"], jour_de(contexte.maintenant))
    except RegleViolee as refus:
        raise SaisieInvalide({"classe": refus.message}) from refus
    return lus


def _preuves(contexte: Contexte) -> tuple[tuple[str, str], ...]:
    noms = contexte.reglages.pieces
    return (*((code, noms[code].nom) for code in _PREUVES), (EN_MAIRIE, "Je l’apporterai en mairie"))


def _champs_document(contexte: Contexte) -> Sequence[Champ]:
    return (
        Champ(
            "document",
            "Quel document montre que cet enfant est le vôtre\u202f?",
            "choix",
            _preuves(contexte),
            aide="Un agent le vérifie. Vous l’envoyez en photo ou en PDF à l’étape suivante.",
            manque="Choisissez un document, ou dites que vous l’apporterez.",
        ),
    )


def _pieces(contexte: Contexte) -> Sequence[PieceDemandee]:
    """The one chosen, and what the town adds."""
    document = contexte.contenu.get("document")
    choisie = (PieceDemandee(document, True),) if document in _PREUVES else ()
    return (*choisie, *(piece for piece in pieces_de_la_commune(contexte) if piece.genre != document))


def _ajout(contenu: dict[str, Any]) -> AjoutEnfant:
    return AjoutEnfant(
        str(contenu["prenom"]),
        str(contenu["nom"]),
        date.fromisoformat(str(contenu["naissance"])),
        str(contenu.get("lien", "")),
        str(contenu.get("structure", "")),
        str(contenu.get("classe", "")),
    )


def _resumer(contexte: Contexte) -> Sequence[LigneResume]:
    contenu = contexte.contenu
    ecole = str(contenu.get("structure", ""))
    structures = contexte.dossier.regles.catalogue.structures
    lignes = [
        LigneResume("Vous êtes", LIENS_PARENTAUX[str(contenu["lien"])], "lien"),
        LigneResume("Enfant", f"{contenu['prenom']} {contenu['nom']}", "identite"),
        LigneResume("Date de naissance", ecrire_date(date.fromisoformat(str(contenu["naissance"]))), "identite"),
        LigneResume("École souhaitée", structures[ecole].nom if ecole in structures else "", "ecole"),
    ]
    if contenu.get("classe"):
        lignes.append(LigneResume("Classe", str(contenu["classe"]), "ecole"))
    return (*lignes, LigneResume("Preuve", dict(_preuves(contexte))[str(contenu["document"])], "document"))


def _avertir(contexte: Contexte) -> Sequence[str]:
    if contexte.contenu.get("document") != EN_MAIRIE:
        return ()
    return ("Apportez en mairie le livret de famille ou l’acte de naissance, avec le numéro de votre demande.",)


def _deposer(session: Session, contexte: Contexte, pieces: Sequence[int], auteur: Auteur, cle_envoi: str) -> Demarche:
    ajout = _ajout(dict(contexte.contenu))
    demarche, est_nouvelle = demander_ajout(
        session,
        foyer_id=contexte.dossier.foyer_id,
        ajout=ajout,
        est_en_mairie=contexte.contenu["document"] == EN_MAIRIE,
        pieces=pieces,
        auteur=auteur,
        maintenant=contexte.maintenant,
        cle_envoi=cle_envoi,
    )
    if not est_nouvelle:
        raise _deja_demande(demarche, ajout)
    return demarche


FORMULAIRE = Formulaire(
    GENRE,
    (
        etape_simple("lien", "Vous et cet enfant", _champs_lien),
        Etape("identite", "Son identité", _lire_identite, _champs_identite),
        Etape("ecole", "Son école", _lire_ecole, _champs_ecole),
        etape_simple("document", "Ce qui le prouve", _champs_document),
    ),
    _resumer,
    pieces=_pieces,
    deposer=_deposer,
    empeche=_empeche,
    avertir=_avertir,
)
