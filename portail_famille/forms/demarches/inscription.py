"""« Inscrire un enfant à une activité »: the child, the activity among those it may enter (and why not the others), the
place or the ranked places, what the teams will know of the child."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from portail_famille.domain.entourage import AUTORISATIONS, REGIMES
from portail_famille.domain.libelles import ecrire_date
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
from portail_famille.forms.demarches.champs import etape_simple, lire_champs
from portail_famille.gateways.chiffre import Chiffre
from portail_famille.models.demarches import Demarche
from portail_famille.services.dossiers import EnfantLu
from portail_famille.services.enfants import lire_fiche_enfant
from portail_famille.services.inscriptions import Offre, demander_inscription, offres
from portail_famille.services.journal import Auteur

_INDIFFERENT = ("", "Pas d’autre choix")


def champs_enfant(contexte: Contexte) -> Sequence[Champ]:
    """Shared with the school's form."""
    visibles = contexte.dossier.visibles
    propose = contexte.demandes.get("enfant", "") or (str(visibles[0].id) if len(visibles) == 1 else "")
    return (
        Champ(
            "enfant",
            "Quel enfant\u202f?",
            "choix",
            tuple((str(e.id), e.prenom) for e in visibles),
            valeur=propose,
            manque="Choisissez un enfant.",
        ),
    )


def sans_enfant(contexte: Contexte) -> str:
    if contexte.dossier.visibles:
        return ""
    return "Ajoutez d’abord votre enfant dans «\u00a0Mon espace\u00a0»\u00a0: la demande se fera ensuite."


def _empeche(contexte: Contexte) -> str:
    if not any(activite.campagnes for activite in contexte.dossier.regles.catalogue.activites.values()):
        return "Les inscriptions ne se demandent pas en ligne pour le moment\u00a0: adressez-vous à la mairie."
    return sans_enfant(contexte)


def _offres(contexte: Contexte) -> list[Offre]:
    enfant = contexte.enfant()
    return [] if enfant is None else offres(contexte.session, contexte.dossier, enfant)


def _nommer(contexte: Contexte, offre: Offre) -> str:
    """« Cantine », « Cantine, à partir du 1er septembre 2027 »: two seasons of one activity are told apart."""
    activite = contexte.dossier.regles.catalogue.activites[offre.activite]
    if len(activite.campagnes) < 2:
        return activite.nom
    return f"{activite.nom}, à partir du {ecrire_date(offre.campagne.du)}"


def _champs_activite(contexte: Contexte) -> Sequence[Champ]:
    ouvertes = tuple((o.code, _nommer(contexte, o)) for o in _offres(contexte) if o.empechement is None)
    propose = next((code for code, _ in ouvertes if code.split(":")[0] == contexte.demandes.get("activite")), "")
    return (
        Champ(
            "activite",
            "Quelle activité\u202f?",
            "choix",
            ouvertes,
            valeur=propose or (ouvertes[0][0] if len(ouvertes) == 1 else ""),
            manque="Choisissez une activité." if ouvertes else "Aucune activité n’est ouverte à cet enfant.",
        ),
    )


def _donnees_activite(contexte: Contexte) -> Mapping[str, Any]:
    fermees = [(_nommer(contexte, o), o.empechement.phrase) for o in _offres(contexte) if o.empechement is not None]
    enfant = contexte.enfant()
    return {"fermees": fermees, "prenom": enfant.prenom if enfant else ""}


def _lire_activite(contexte: Contexte, saisie: Saisie) -> dict[str, Any]:
    return lire_champs(_champs_activite(contexte), saisie)


def _offre(contexte: Contexte) -> Offre | None:
    return next((o for o in _offres(contexte) if o.code == contexte.contenu.get("activite")), None)


def _lieux(contexte: Contexte) -> tuple[tuple[str, str], ...]:
    offre = _offre(contexte)
    if offre is None:
        return ()
    catalogue = contexte.dossier.regles.catalogue
    codes = catalogue.activites[offre.activite].structures
    sienne = _ecole(contexte)
    # A pupil eats where she learns: another place is offered only where the town has families choose.
    if offre.campagne.choix == 1 and sienne in codes:
        codes = (sienne,)
    return tuple((code, catalogue.structures[code].nom) for code in codes)


def _ecole(contexte: Contexte) -> str | None:
    enfant = contexte.enfant()
    return contexte.dossier.regles.structures.get(enfant.structure_id or 0) if enfant else None


def _propose(contexte: Contexte, lieux: tuple[tuple[str, str], ...]) -> str:
    """The child's own school, where the activity takes place there."""
    sienne = _ecole(contexte)
    return sienne if sienne in dict(lieux) else ""


def _champs_lieu(contexte: Contexte) -> Sequence[Champ]:
    offre, lieux = _offre(contexte), _lieux(contexte)
    if offre is None:
        return ()
    if offre.campagne.choix == 1:
        return (Champ("choix_1", "Où\u202f?", "choix", lieux, valeur=_propose(contexte, lieux)),)
    suivants = range(2, min(offre.campagne.choix, len(lieux)) + 1)
    return (
        Champ(
            "choix_1",
            "Premier choix",
            "liste",
            (("", "Choisissez"), *lieux),
            aide="Les places sont limitées\u00a0: dites où vous préférez, dans l’ordre.",
            valeur=_propose(contexte, lieux),
        ),
        *(
            Champ(f"choix_{rang}", f"Choix n°\u00a0{rang}", "liste", (_INDIFFERENT, *lieux), est_facultatif=True)
            for rang in suivants
        ),
    )


def _lire_lieu(contexte: Contexte, saisie: Saisie) -> dict[str, Any]:
    """The ranked structures, without a hole nor twice the same."""
    champs = _champs_lieu(contexte)
    lus = lire_champs(champs, saisie)
    vus: set[str] = set()
    for champ in champs:
        if lus[champ.nom] and lus[champ.nom] in vus:
            raise SaisieInvalide({champ.nom: "Vous avez déjà choisi ce lieu\u00a0: choisissez-en un autre."})
        vus.add(lus[champ.nom])
    return lus


def choix_des_lieux(contexte: Contexte) -> list[str]:
    """As the request keeps them; the only place when there is no choice."""
    lieux = _lieux(contexte)
    if len(lieux) == 1:
        return [lieux[0][0]]
    rangs = sorted(cle for cle in contexte.contenu if cle.startswith("choix_"))
    return [str(contexte.contenu[cle]) for cle in rangs if contexte.contenu[cle]]


def _champs_sante(contexte: Contexte) -> Sequence[Champ]:
    return (
        Champ(
            "sante_exacte",
            "Ces informations sont exactes.",
            "case",
            manque="Cochez cette case, ou corrigez d’abord ces informations.",
        ),
    )


def _lire_sante(contexte: Contexte, saisie: Saisie) -> dict[str, Any]:
    """Kept with the child it was said of: another child chosen afterwards is asked about in its turn."""
    enfant = contexte.enfant()
    return {**lire_champs(_champs_sante(contexte), saisie), "sante_de": enfant.id if enfant else None}


def _donnees_sante(contexte: Contexte) -> Mapping[str, Any]:
    """What the file says of the child: reused, not typed again (« dites-le-nous une fois »)."""
    enfant = contexte.enfant()
    return (
        {} if enfant is None else {"enfant_id": enfant.id, "prenom": enfant.prenom, "connus": _connus(contexte, enfant)}
    )


def _connus(contexte: Contexte, enfant: EnfantLu) -> list[tuple[str, str]]:
    chiffre = Chiffre(contexte.reglages.cle_coffre)
    fiche = lire_fiche_enfant(contexte.session, chiffre, enfant.id, contexte.dossier.foyer_id)
    lignes = [
        ("Allergies", fiche.sante.allergies or "aucune indiquée"),
        ("Régime", REGIMES.get(fiche.sante.regime, fiche.sante.regime)),
        ("Médecin", fiche.sante.medecin or "pas indiqué"),
        ("PAI", "oui" if enfant.pai else "non"),
    ]
    for code, autorisation in AUTORISATIONS.items():
        parole = fiche.autorisations.get(code)
        reponse = "pas de réponse" if parole is None else "oui" if parole.est_accordee else "non"
        lignes.append((autorisation.titre, reponse))
    return lignes


def _pieces(contexte: Contexte) -> Sequence[PieceDemandee]:
    """Those of the settings, and those of the activity."""
    enfant, offre, genre = contexte.enfant(), _offre(contexte), contexte.genre
    enfant_id = enfant.id if enfant else None
    de_l_activite = offre.campagne.pieces if offre else ()
    obligatoires = tuple(dict.fromkeys((*genre.pieces, *de_l_activite)))
    facultatives = tuple(code for code in genre.pieces_facultatives if code not in obligatoires)
    return tuple(
        PieceDemandee(code, est_obligatoire, enfant_id)
        for codes, est_obligatoire in ((obligatoires, True), (facultatives, False))
        for code in codes
        if code in contexte.reglages.pieces
    )


def _resumer(contexte: Contexte) -> Sequence[LigneResume]:
    enfant, offre = contexte.enfant(), _offre(contexte)
    lieux = dict(_lieux(contexte))
    lignes = [LigneResume("Enfant", enfant.prenom if enfant else "", "enfant")]
    if offre is not None:
        lignes.append(LigneResume("Activité", _nommer(contexte, offre), "activite"))
    choix = [lieux[code] for code in choix_des_lieux(contexte) if code in lieux]
    etape = "lieu" if len(lieux) > 1 else "activite"
    if len(choix) == 1:
        lignes.append(LigneResume("Lieu", choix[0], etape))
    else:
        lignes += [LigneResume(f"Choix n°\u00a0{rang}", nom, etape) for rang, nom in enumerate(choix, 1)]
    return (*lignes, LigneResume("Santé et autorisations", "exactes", "sante"))


def _avertir(contexte: Contexte) -> Sequence[str]:
    offre = _offre(contexte)
    if offre is None:
        return ()
    campagne = offre.campagne
    saison = f"Pour la saison du {ecrire_date(campagne.du)} au {ecrire_date(campagne.au)}."
    places = ("Les places sont limitées. Sans place, votre demande reste sur la liste d’attente.",)
    return (saison, *(places if campagne.places else ()))


def _deposer(session: Session, contexte: Contexte, pieces: Sequence[int], auteur: Auteur, cle_envoi: str) -> Demarche:
    return demander_inscription(
        session,
        contexte.dossier,
        int(contexte.contenu["enfant"]),
        str(contexte.contenu["activite"]),
        choix_des_lieux(contexte),
        pieces=list(pieces),
        auteur=auteur,
        cle_envoi=cle_envoi,
    )


INSCRIPTION = Formulaire(
    "inscription",
    (
        etape_simple("enfant", "Votre enfant", champs_enfant),
        Etape(
            "activite",
            "L’activité",
            _lire_activite,
            _champs_activite,
            "demarches/inscription/_activite.html",
            _donnees_activite,
        ),
        Etape(
            "lieu",
            "Le lieu",
            _lire_lieu,
            _champs_lieu,
            est_utile=lambda contexte: len(_lieux(contexte)) > 1,
            selon="activite",
        ),
        Etape(
            "sante",
            "Santé et autorisations",
            _lire_sante,
            _champs_sante,
            "demarches/inscription/_sante.html",
            _donnees_sante,
        ),
    ),
    _resumer,
    pieces=_pieces,
    deposer=_deposer,
    empeche=_empeche,
    avertir=_avertir,
)
