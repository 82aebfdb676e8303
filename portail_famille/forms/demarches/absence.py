"""« Justifier une absence »: which child, which booked days, why; what each day becomes is said before « Envoyer »."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from portail_famille.domain.absences import MOTIFS, Justificatif, MotifAbsence
from portail_famille.domain.brouillons import Creneau
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.libelles import JOURS, MOIS
from portail_famille.domain.montants import ecrire_centimes
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
from portail_famille.forms.demarches.champs import etape_simple, lire_champs, lire_date_tapee
from portail_famille.models.demarches import Demarche
from portail_famille.services.absences import deposer_absence
from portail_famille.services.dossiers import EnfantLu, jour_de
from portail_famille.services.journal import Auteur
from portail_famille.services.jugement_absences import (
    CODE,
    CRENEAUX_MAXIMUM,
    Examen,
    Proposition,
    RefusAbsence,
    Sort,
    creneaux_du_rythme,
    examiner_absence,
    motifs_permis,
    proposer,
)

PIECE = "justificatif_absence"
COMMENTAIRE_MAXIMUM = 500
_RYTHME_MAXIMUM = timedelta(days=366)
_UNE_SEMAINE = timedelta(days=7)
_PROCHES = ("Jours à venir", "Jours passés")
_LOINTAINS = ("Plus tard", "Plus tôt")
"""Folded: further than a week from today. Coming days first, past ones second."""
_SEMAINE = tuple((str(rang), JOURS[rang].capitalize()) for rang in range(5))
_SORTS = {
    Sort.ANNULATION: "Annulé",
    Sort.JUSTIFIEE: "Absence justifiée",
    Sort.CARENCE: "Jour de carence",
    Sort.REFUS: "Laissé comme il est",
}
RAISONS = {
    RefusAbsence.TARDIVE: "le délai du règlement est passé",
    RefusAbsence.SANS_REGLE: "les absences de cette activité ne se justifient pas en ligne",
    RefusAbsence.MOTIF: "le règlement de cette activité ne connaît pas ce motif",
    RefusAbsence.PRESENCE: "la présence a été notée",
    RefusAbsence.DEJA: "l’absence est déjà déclarée",
    RefusAbsence.LECTURE: "à demander par mail à la structure",
    RefusAbsence.RELATION: "une autre réservation du jour en dépend",
    RefusAbsence.PAS_RESERVE: "ce jour n’est plus réservé",
}


def enfant_de(contexte: Contexte) -> EnfantLu | None:
    """The child chosen, the only one, or the one whose day led here."""
    visibles = contexte.dossier.visibles
    return visibles[0] if len(visibles) == 1 else contexte.enfant() or _enfant_de_l_agenda(contexte)


def _enfant_de_l_agenda(contexte: Contexte) -> EnfantLu | None:
    """A day of the agenda names its child: nobody is asked again."""
    if not contexte.demandes.get("jour"):
        return None
    voulu = contexte.demandes.get("enfant", "")
    return next((enfant for enfant in contexte.dossier.visibles if str(enfant.id) == voulu), None)


def _est_a_choisir(contexte: Contexte) -> bool:
    return len(contexte.dossier.visibles) > 1 and _enfant_de_l_agenda(contexte) is None


def coder(creneau: Creneau) -> str:
    return f"{creneau[1].isoformat()}-{creneau[0]}"


def decoder(texte: str) -> Creneau | None:
    """None for what no page of ours wrote."""
    jour, _, unite = texte.rpartition("-")
    try:
        return (int(unite), date.fromisoformat(jour)) if unite.isdecimal() and len(unite) < 10 else None
    except ValueError:
        return None


def _champs_enfant(contexte: Contexte) -> Sequence[Champ]:
    choix = tuple((str(enfant.id), enfant.prenom) for enfant in contexte.dossier.visibles)
    voulu = contexte.demandes.get("enfant", "")
    valeur = voulu if voulu in dict(choix) else ""
    return (Champ("enfant", "Quel enfant est absent\u202f?", "choix", choix, valeur=valeur),)


def _proposition(contexte: Contexte) -> Proposition:
    enfant = enfant_de(contexte)
    if enfant is None:
        return Proposition((), (), ())
    cle = ("absences proposées", enfant.id)
    memoire = contexte.dossier.memoire
    if cle not in memoire:
        memoire[cle] = proposer(contexte.session, contexte.dossier, enfant)
    proposition: Proposition = memoire[cle]
    return proposition


def _champs_jours(contexte: Contexte) -> Sequence[Champ]:
    choix = tuple((coder(p.creneau), f"{_jour(p.creneau[1])}, {p.nom}") for p in _proposition(contexte).creneaux)
    voulu = contexte.demandes.get("jour", "")
    coches = [code for code, _ in choix if voulu and code.startswith(f"{voulu}-")]
    fin = jour_de(contexte.maintenant) + _RYTHME_MAXIMUM
    return (
        Champ("creneaux", "Jours réservés", "cases", choix, valeur=coches, est_facultatif=True),
        Champ("semaine", "Chaque semaine, le", "cases", _SEMAINE, est_facultatif=True),
        Champ("jusquau", "Jusqu’au", "date", est_facultatif=True, debut=jour_de(contexte.maintenant), fin=fin),
    )


def _lire_jours(contexte: Contexte, saisie: Saisie) -> dict[str, Any]:
    lus = lire_champs(_champs_jours(contexte), saisie)
    erreurs: dict[str, str] = {}
    if lus["semaine"] and not lus["jusquau"]:
        erreurs["jusquau"] = "Écrivez jusqu’à quelle date."
    if lus["jusquau"] and not lus["semaine"]:
        erreurs["semaine"] = "Cochez les jours de la semaine."
    creneaux = _creneaux(contexte, lus)
    if not erreurs and not creneaux:
        erreurs["creneaux"] = "Cochez au moins un jour réservé."
    if len(creneaux) > CRENEAUX_MAXIMUM:
        erreurs["jusquau"] = "Cela fait trop de jours à la fois\u00a0: choisissez une date plus proche."
    if erreurs:
        raise SaisieInvalide(erreurs)
    # Kept with the step: what decides whether the next one is useful must not be asked of the database at each page.
    return lus | {"a_justifier": _reste_a_justifier(contexte, creneaux)}


def _creneaux(contexte: Contexte, contenu: Mapping[str, Any]) -> list[Creneau]:
    """Ticked one by one, and those of the rhythm."""
    enfant = enfant_de(contexte)
    choisis = [creneau for texte in contenu.get("creneaux", ()) if (creneau := decoder(str(texte))) is not None]
    jusquau = lire_date_tapee(str(contenu.get("jusquau") or ""))
    if enfant is not None and jusquau is not None and contenu.get("semaine"):
        semaine = [int(rang) for rang in contenu["semaine"]]
        choisis += creneaux_du_rythme(contexte.session, contexte.dossier, enfant, semaine, jusquau)
    return sorted(dict.fromkeys(choisis), key=lambda c: (c[1], c[0]))


def _reste_a_justifier(contexte: Contexte, creneaux: Sequence[Creneau]) -> bool:
    """Some slot can no longer be cancelled, and its activity knows motifs."""
    enfant = enfant_de(contexte)
    if enfant is None or not creneaux:
        return False
    examen = examiner_absence(contexte.session, contexte.dossier, enfant, creneaux, None)
    return any(jour.refus is RefusAbsence.MOTIF for jour in examen.jours)


def _motifs(contexte: Contexte) -> dict[MotifAbsence, Justificatif]:
    return motifs_permis(contexte.dossier, _creneaux(contexte, contexte.contenu))


def _champs_motif(contexte: Contexte) -> Sequence[Champ]:
    papiers = {Justificatif.OBLIGATOIRE: " (justificatif demandé)", Justificatif.FACULTATIF: "", Justificatif.AUCUN: ""}
    choix = tuple((motif.value, MOTIFS[motif] + papiers[papier]) for motif, papier in _motifs(contexte).items())
    voulu = contexte.demandes.get("motif", "")
    return (
        Champ("motif", "Pourquoi\u202f?", "choix", choix, valeur=voulu if voulu in dict(choix) else ""),
        Champ(
            "commentaire",
            "Un mot pour la mairie",
            "zone",
            aide="N’écrivez pas de quelle maladie il s’agit\u00a0: personne n’a besoin de le savoir.",
            longueur=COMMENTAIRE_MAXIMUM,
            est_facultatif=True,
        ),
    )


def _motif(contexte: Contexte) -> MotifAbsence | None:
    motif = str(contexte.contenu.get("motif", ""))
    return MotifAbsence(motif) if contexte.contenu.get("a_justifier") and motif in tuple(MotifAbsence) else None


def _examen(contexte: Contexte) -> Examen:
    """Once a request, whatever asks for it."""
    enfant, motif, creneaux = enfant_de(contexte), _motif(contexte), _creneaux(contexte, contexte.contenu)
    if enfant is None:
        return Examen((), Justificatif.AUCUN, est_automatique=True)
    cle = ("absence", enfant.id, tuple(creneaux), motif)
    memoire = contexte.dossier.memoire
    if cle not in memoire:
        memoire[cle] = examiner_absence(contexte.session, contexte.dossier, enfant, creneaux, motif)
    examen: Examen = memoire[cle]
    return examen


def _resumer(contexte: Contexte) -> Sequence[LigneResume]:
    examen, enfant, motif = _examen(contexte), enfant_de(contexte), _motif(contexte)
    etape = "enfant" if _est_a_choisir(contexte) else "jours"
    lignes = [LigneResume("Enfant", enfant.prenom, etape)] if enfant else []
    groupes: dict[tuple[str, str, str], list[tuple[date, int, int]]] = {}
    for jour in sorted(examen.jours, key=lambda j: tuple(_SORTS).index(j.sort)):
        raison = RAISONS[jour.refus] if jour.refus is not None else ""
        cle = (_SORTS[jour.sort], jour.nom, raison)
        groupes.setdefault(cle, []).append((jour.jour, jour.avant_centimes, jour.apres_centimes))
    for (sort, nom, raison), jours in groupes.items():
        texte = "\n".join(f"{_jour(jour)}\u00a0: {_prix(avant, apres)}" for jour, avant, apres in jours)
        if raison:
            texte = "\n".join([*(_jour(jour) for jour, _, _ in jours), raison])
        lignes.append(LigneResume(f"{sort}\u00a0: {nom}", texte, "jours"))
    if motif is not None:
        lignes.append(LigneResume("Motif", MOTIFS[motif], "motif"))
        if contexte.contenu.get("commentaire"):
            lignes.append(LigneResume("Votre mot", str(contexte.contenu["commentaire"]), "motif"))
    avant, apres = examen.total
    if not examen.est_vide:
        lignes.append(LigneResume("En tout", _prix(avant, apres), "jours"))
    return lignes


def _avertir(contexte: Contexte) -> Sequence[str]:
    examen = _examen(contexte)
    phrases = []
    if examen.est_vide:
        return ("Aucun de ces jours ne peut être annulé ni justifié\u00a0: changez les jours ou le motif.",)
    annules = len(examen.de_sort(Sort.ANNULATION))
    if annules:
        combien = "Un jour est encore annulable" if annules == 1 else f"{annules} réservations sont encore annulables"
        phrases.append(f"{combien}\u00a0: c’est une annulation, faite dès que vous appuyez sur «\u00a0Envoyer\u00a0».")
    if examen.de_sort(Sort.CARENCE):
        phrases.append("Jour de carence\u00a0: le règlement le facture, même avec un motif accepté.")
    if examen.absences:
        attente = "La mairie répond à votre déclaration\u00a0: d’ici là, les jours d’absence restent facturés."
        immediate = "Le règlement accepte ce motif sans attendre\u00a0: l’absence est enregistrée dès l’envoi."
        phrases.append(immediate if examen.est_automatique else attente)
    if examen.de_sort(Sort.REFUS):
        phrases.append("Les jours laissés comme ils sont ne font pas partie de l’envoi.")
    return phrases


def _pieces(contexte: Contexte) -> Sequence[PieceDemandee]:
    motif, enfant = _motif(contexte), enfant_de(contexte)
    papier = _motifs(contexte).get(motif, Justificatif.AUCUN) if motif is not None else Justificatif.AUCUN
    if papier is Justificatif.AUCUN or enfant is None:
        return ()
    return (
        PieceDemandee(
            PIECE,
            papier is Justificatif.OBLIGATOIRE,
            enfant.id,
            aide="Un certificat qui dit l’absence suffit\u00a0: jamais la maladie.",
        ),
    )


def _deposer(session: Session, contexte: Contexte, pieces: Sequence[int], auteur: Auteur, cle_envoi: str) -> Demarche:
    enfant = enfant_de(contexte)
    if enfant is None:
        raise RegleViolee("enfant_inconnu", "Choisissez l’enfant.")
    return deposer_absence(
        session,
        contexte.dossier,
        enfant,
        _creneaux(contexte, contexte.contenu),
        _motif(contexte),
        commentaire=str(contexte.contenu.get("commentaire", "")),
        pieces=pieces,
        auteur=auteur,
        cle_envoi=cle_envoi,
    )


def _empeche(contexte: Contexte) -> str:
    if not contexte.dossier.visibles:
        return "Aucun enfant de ce foyer n’est sous votre autorité parentale sur le portail\u00a0: écrivez à la mairie."
    return ""


def _donnees_jours(contexte: Contexte) -> Mapping[str, Any]:
    """What the page of days shows: those around today, then the others; why a booked day is not among them, and whom
    to write to about it."""
    proposition, catalogue = _proposition(contexte), contexte.dossier.regles.catalogue
    enfant, aujourdhui = enfant_de(contexte), jour_de(contexte.maintenant)
    groupes: dict[str, list[tuple[str, str, str, bool]]] = {titre: [] for titre in (*_PROCHES, *_LOINTAINS)}
    for propose in proposition.creneaux:
        jour = propose.creneau[1]
        titres = _PROCHES if abs(jour - aujourdhui) <= _UNE_SEMAINE else _LOINTAINS
        ligne = (coder(propose.creneau), _jour(jour).capitalize(), propose.nom, propose.est_annulable)
        groupes[titres[jour < aujourdhui]].append(ligne)
    mairie = contexte.reglages.courriel
    ecrire = [
        (f"{catalogue.activites[activite].nom}\u00a0: les absences ne se justifient pas en ligne.", structure)
        for activite, structure in proposition.sans_regle
    ] + [
        (f"{catalogue.structures[s].nom}\u00a0: tout changement se demande par mail.", s)
        for s in proposition.en_lecture
    ]
    return {
        "groupes": [(titre, titre in _LOINTAINS, lignes) for titre, lignes in groupes.items() if lignes],
        "prenom": enfant.prenom if enfant and len(contexte.dossier.visibles) > 1 else "",
        "declares": _deja_declares(proposition),
        "trop_tard": [
            f"Trop tard pour le {_jour(jour)}, {nom}\u00a0: le délai du règlement est passé, ce jour reste facturé."
            for jour, nom in proposition.tardifs
            if jour.isoformat() == contexte.demandes.get("jour")
        ],
        "ecrire": [(phrase, catalogue.structures[s].courriel or mairie) for phrase, s in ecrire],
        "semaine": _SEMAINE,
    }


def _deja_declares(proposition: Proposition) -> list[tuple[str, str]]:
    """« jeudi 3 décembre, Repas », with the number of the declaration that holds them."""
    par_demarche: dict[str, list[str]] = {}
    for jour, nom, numero in proposition.declares:
        par_demarche.setdefault(numero, []).append(f"{_jour(jour)}, {nom}")
    return [("\u202f; ".join(jours), numero) for numero, jours in par_demarche.items()]


def _jour(jour: date) -> str:
    """« lundi 7 décembre »."""
    return f"{JOURS[jour.weekday()]} {'1er' if jour.day == 1 else jour.day} {MOIS[jour.month - 1]}"


def _prix(avant: int, apres: int) -> str:
    if avant == apres:
        return f"{ecrire_centimes(apres)}, sans changement"
    return f"{ecrire_centimes(avant)} → {ecrire_centimes(apres)}"


FORMULAIRE = Formulaire(
    CODE,
    (
        etape_simple("enfant", "L’enfant", _champs_enfant, _est_a_choisir),
        Etape("jours", "Les jours", _lire_jours, _champs_jours, "absences/_jours.html", _donnees_jours),
        etape_simple("motif", "Le motif", _champs_motif, lambda contexte: bool(contexte.contenu.get("a_justifier"))),
    ),
    _resumer,
    pieces=_pieces,
    deposer=_deposer,
    empeche=_empeche,
    avertir=_avertir,
)
