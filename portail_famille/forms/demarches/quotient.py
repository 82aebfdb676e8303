"""« Déclarer votre nouveau quotient familial »: how it is known, the figures of the document, what it will change.

What the CAF or the MSA answers to the town itself is asked on a page of its own (views/quotients): no document then.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.quotients import (
    REVENU_MAXIMUM,
    ecrire_mois,
    ecrire_quotient,
    lire_allocataire,
    lire_montant,
    lire_part_isole,
    lire_parts,
    mois_acceptes,
)
from portail_famille.forms.demarches.base import (
    Champ,
    Contexte,
    Effet,
    Etape,
    Formulaire,
    LigneResume,
    PieceDemandee,
    Saisie,
    SaisieInvalide,
)
from portail_famille.forms.demarches.champs import etape_simple, lire_champs
from portail_famille.models.demarches import Demarche
from portail_famille.services.dossiers import jour_de
from portail_famille.services.journal import Auteur
from portail_famille.services.prix_quotients import EffetsQuotient, mesurer_effets
from portail_famille.services.quotients import (
    ATTESTATION,
    AVIS,
    MOYENS,
    ORGANISMES,
    Declaration,
    declarer,
    empechement,
    formule_de,
    proposer_dates,
)

PIECES = {ATTESTATION: "attestation_caf", AVIS: "avis_imposition"}
_MONTANT = {"inputmode": "decimal", "autocomplete": "off"}


def moyen_de(contexte: Contexte) -> str:
    """An attestation where the town asks nothing else."""
    return str(contexte.contenu.get("moyen") or ATTESTATION)


def _champs_moyen(contexte: Contexte) -> Sequence[Champ]:
    return (
        Champ(
            "moyen",
            "Quel document avez-vous\u202f?",
            "choix",
            ((ATTESTATION, MOYENS[ATTESTATION]), (AVIS, MOYENS[AVIS])),
            aide="L’avis d’imposition est pour les familles sans allocations\u00a0: le quotient en est calculé.",
        ),
    )


def _champs_attestation(contexte: Contexte) -> Sequence[Champ]:
    mois = [(jour.isoformat(), ecrire_mois(jour)) for jour in mois_acceptes(jour_de(contexte.maintenant))]
    return (
        Champ("valeur", "Votre quotient familial", aide="Le montant écrit sur l’attestation.", attributs=_MONTANT),
        Champ("mois", "Mois de l’attestation", "liste", tuple(mois), valeur=mois[0][0]),
        Champ("organisme", "Votre caisse", "choix", tuple(ORGANISMES.items()), valeur="caf"),
        Champ(
            "allocataire",
            "Numéro d’allocataire (facultatif)",
            aide="7 chiffres à la CAF, 13 ou 15 à la MSA.",
            longueur=30,
            attributs={"autocomplete": "off"},
            est_facultatif=True,
        ),
    )


def _champs_avis(contexte: Contexte) -> Sequence[Champ]:
    champs = (
        Champ(
            "revenu",
            "Revenu fiscal de référence",
            aide="Sur la première page de l’avis. Pour deux avis, additionnez-les.",
            attributs=_MONTANT,
        ),
        Champ("parts", "Nombre de parts", aide="Par exemple 2,5.", longueur=5, attributs=_MONTANT),
    )
    if not lire_part_isole(contexte.reglages.quotient.avis_part_parent_isole):
        return champs
    isole = Champ("parent_isole", "J’élève seul(e) mes enfants", "case", est_facultatif=True)
    return (*champs, isole)


def _lire_attestation(contexte: Contexte, saisie: Saisie) -> dict[str, Any]:
    lus = lire_champs(_champs_attestation(contexte), saisie)
    erreurs: dict[str, str] = {}
    _essayer(erreurs, lus, "valeur", lambda texte: ecrire_quotient(lire_montant(texte, "valeur")))
    _essayer(erreurs, lus, "allocataire", lambda texte: lire_allocataire(texte, lus["organisme"], "allocataire"))
    if erreurs:
        raise SaisieInvalide(erreurs)
    return lus


def _lire_avis(contexte: Contexte, saisie: Saisie) -> dict[str, Any]:
    lus = lire_champs(_champs_avis(contexte), saisie)
    erreurs: dict[str, str] = {}
    _essayer(erreurs, lus, "revenu", lambda texte: ecrire_quotient(lire_montant(texte, "revenu", REVENU_MAXIMUM)))
    _essayer(erreurs, lus, "parts", lambda texte: ecrire_quotient(int(lire_parts(texte, "parts") * 100)))
    if erreurs:
        raise SaisieInvalide(erreurs)
    return lus


def _essayer(erreurs: dict[str, str], lus: dict[str, Any], champ: str, lire: Callable[[str], str]) -> None:
    """Kept in one writing, so that reading it again gives the same (forms/demarches/parcours)."""
    try:
        lus[champ] = lire(lus[champ])
    except RegleViolee as refus:
        erreurs[champ] = refus.message


def declaration_du_formulaire(contexte: Contexte) -> Declaration:
    """From the steps already left, read again."""
    contenu = contexte.contenu
    if moyen_de(contexte) == AVIS:
        revenu = lire_montant(str(contenu["revenu"]), "revenu", REVENU_MAXIMUM)
        parts = lire_parts(str(contenu["parts"]), "parts")
        est_isole = bool(contenu.get("parent_isole"))
        valeur = formule_de(contexte.reglages.quotient).quotient(revenu, parts, est_parent_isole=est_isole)
        precisions = {"revenu": revenu, "parts": str(contenu["parts"]), "parent_isole": est_isole}
        return Declaration(AVIS, valeur, None, precisions)
    return Declaration(
        ATTESTATION,
        lire_montant(str(contenu["valeur"]), "valeur"),
        date.fromisoformat(str(contenu["mois"])),
        {"organisme": contenu["organisme"], "allocataire": contenu.get("allocataire", "")},
    )


def _resumer(contexte: Contexte) -> Sequence[LigneResume]:
    contenu, declaration = contexte.contenu, declaration_du_formulaire(contexte)
    moyen = declaration.moyen
    lignes = []
    if contexte.reglages.quotient.avis_imposition:
        lignes.append(LigneResume("Document", MOYENS[moyen], "moyen"))
    if moyen == AVIS:
        lignes += [
            LigneResume("Revenu fiscal de référence", f"{contenu['revenu']}\u00a0€", moyen),
            LigneResume("Parts", str(contenu["parts"]), moyen),
            LigneResume("Quotient calculé", _calcul(contexte, declaration), moyen),
        ]
        return lignes
    lignes += [
        LigneResume("Quotient familial", ecrire_quotient(declaration.valeur_centimes), moyen),
        LigneResume("Mois", ecrire_mois(date.fromisoformat(str(contenu["mois"]))), moyen),
        LigneResume("Caisse", ORGANISMES[str(contenu["organisme"])], moyen),
    ]
    if contenu.get("allocataire"):
        lignes.append(LigneResume("Numéro d’allocataire", str(contenu["allocataire"]), moyen))
    return lignes


def _calcul(contexte: Contexte, declaration: Declaration) -> str:
    """« 666,67 (20 000 € ÷ 12 mois ÷ 2,5 parts, arrondi au centime) »."""
    contenu, formule = contexte.contenu, formule_de(contexte.reglages.quotient)
    isole = bool(contenu.get("parent_isole")) and formule.part_parent_isole
    parts = f"{contenu['parts']} parts" + (f" + {ecrire_quotient(int(isole * 100))} (parent isolé)" if isole else "")
    if isole:
        parts = f"({parts})"
    return (
        f"{ecrire_quotient(declaration.valeur_centimes)} ({contenu['revenu']}\u00a0€ ÷ {formule.mois} mois ÷ {parts}, "
        "arrondi au centime)"
    )


def _avertir(contexte: Contexte) -> Sequence[str]:
    """Its dates, what is odd about it, what is booked already: nothing is discovered on the invoice."""
    mesures = _mesurer(contexte)
    return (mesures.dates, *mesures.remarques, *mesures.mois)


def _effets(contexte: Contexte) -> Sequence[Effet]:
    mesures = _mesurer(contexte)
    lignes = [Effet(p.libelle, p.apres, p.avant, p.pourquoi, p.activite) for p in mesures.prix]
    return (*lignes, Effet(mesures.suite, "")) if mesures.suite else lignes


def _mesurer(contexte: Contexte) -> EffetsQuotient:
    declaration, dossier = declaration_du_formulaire(contexte), contexte.dossier
    du, au = proposer_dates(declaration, contexte.reglages.quotient, jour_de(contexte.maintenant))
    return mesurer_effets(contexte.session, dossier, declaration, du, au, dossier.visibles)


def _pieces(contexte: Contexte) -> Sequence[PieceDemandee]:
    """The document it is read on, and those the town asks for besides."""
    genre, preuve = contexte.genre, PIECES[moyen_de(contexte)]
    autres = [
        PieceDemandee(code, est_obligatoire)
        for codes, est_obligatoire in ((genre.pieces, True), (genre.pieces_facultatives, False))
        for code in codes
        if code not in PIECES.values()
    ]
    return (PieceDemandee(preuve, True), *autres)


def _deposer(session: Session, contexte: Contexte, pieces: Sequence[int], auteur: Auteur, cle_envoi: str) -> Demarche:
    return declarer(
        session,
        contexte.dossier.foyer_id,
        declaration_du_formulaire(contexte),
        auteur,
        contexte.maintenant,
        contexte.reglages.quotient,
        pieces=tuple(pieces),
        cle_envoi=cle_envoi,
    )


FORMULAIRE = Formulaire(
    "quotient",
    (
        etape_simple(
            "moyen", "Votre document", _champs_moyen, lambda contexte: contexte.reglages.quotient.avis_imposition
        ),
        Etape(
            ATTESTATION,
            "Votre attestation",
            _lire_attestation,
            _champs_attestation,
            est_utile=lambda contexte: moyen_de(contexte) == ATTESTATION,
            selon="moyen",
        ),
        Etape(
            AVIS,
            "Votre avis d’imposition",
            _lire_avis,
            _champs_avis,
            est_utile=lambda contexte: moyen_de(contexte) == AVIS,
            selon="moyen",
        ),
    ),
    _resumer,
    pieces=_pieces,
    deposer=_deposer,
    empeche=lambda contexte: empechement(contexte.session, contexte.dossier.foyer_id),
    avertir=_avertir,
    effets=_effets,
)
