"""« Contester une facture »: which one, what is wrong, the amount expected when the family knows it.

A foyer that the portal has billed chooses among its invoices, so that the desk opens the right one; any other is named
by hand.
"""

from collections.abc import Sequence
from typing import Any

from portail_famille.domain.demandes_libres import REFERENCE_MAXIMUM, TEXTE_MAXIMUM
from portail_famille.domain.montants import ecrire_centimes
from portail_famille.forms.demarches.base import Champ, Contexte, Etape, Formulaire, LigneResume, Saisie, SaisieInvalide
from portail_famille.forms.demarches.champs import lire_champs
from portail_famille.services.dossiers import jour_de
from portail_famille.services.mes_factures import FactureListee, recentes

_CODE = "facture"
_AUTRE = "autre"
_MANQUE = "Dites de quelle facture il s’agit."


def champs(contexte: Contexte) -> Sequence[Champ]:
    connues = _connues(contexte)
    demandee = contexte.demandes.get("facture", "")
    choisie = next((facture for facture in connues if facture.numero == demandee), None)
    reference = Champ(
        "reference",
        "Numéro ou mois de la facture",
        aide="Comme il est écrit sur la facture, ou «\u00a0novembre 2026\u00a0».",
        longueur=REFERENCE_MAXIMUM,
        manque=_MANQUE,
        valeur=demandee,
    )
    if connues:
        reference = Champ(
            "reference",
            "Son numéro ou son mois, si elle n’est pas dans la liste",
            longueur=REFERENCE_MAXIMUM,
            est_facultatif=True,
            valeur="" if choisie else demandee,
        )
    return (
        *((_choix(connues, str(choisie.id) if choisie else _AUTRE if demandee else ""),) if connues else ()),
        reference,
        Champ("montant", "Montant de la facture", "montant", est_facultatif=True),
        Champ(
            "texte",
            "Ce qui ne va pas",
            "zone",
            aide="Par exemple\u00a0: quels jours, quel enfant, quel tarif.",
            longueur=TEXTE_MAXIMUM,
            manque="Dites ce qui ne va pas.",
        ),
    )


def lire(contexte: Contexte, saisie: Saisie) -> dict[str, Any]:
    """An invoice of the list gives its own number and amount: what is typed beside it counts for another one only."""
    valeurs = lire_champs(champs(contexte), saisie)
    choisie = next((facture for facture in _connues(contexte) if str(facture.id) == valeurs.get("facture")), None)
    if choisie is not None:
        return valeurs | {"reference": choisie.numero, "montant": choisie.total_centimes}
    if not valeurs["reference"]:
        raise SaisieInvalide({"reference": _MANQUE})
    return valeurs


def resumer(contexte: Contexte) -> Sequence[LigneResume]:
    contenu = contexte.contenu
    montant = contenu.get("montant")
    return (
        LigneResume("Facture", contenu["reference"], _CODE),
        *((LigneResume("Montant de la facture", ecrire_centimes(montant), _CODE),) if montant is not None else ()),
        LigneResume("Ce qui ne va pas", contenu["texte"], _CODE),
    )


def avertir(_contexte: Contexte) -> Sequence[str]:
    return ("Cette demande n’arrête pas le délai de paiement\u00a0: la facture reste à régler à sa date.",)


def _connues(contexte: Contexte) -> tuple[FactureListee, ...]:
    return recentes(contexte.session, contexte.dossier.foyer_id, jour_de(contexte.maintenant))


def _choix(connues: Sequence[FactureListee], valeur: str) -> Champ:
    return Champ(
        "facture",
        "Quelle facture\u202f?",
        "liste",
        choix=(
            ("", "Choisissez"),
            *((str(facture.id), _nommer(facture)) for facture in connues),
            (_AUTRE, "Une autre"),
        ),
        manque=_MANQUE,
        valeur=valeur,
    )


def _nommer(facture: FactureListee) -> str:
    return f"{facture.libelle}, {ecrire_centimes(facture.total_centimes)} (n°\u00a0{facture.numero})"


FORMULAIRE = Formulaire("reclamation", (Etape(_CODE, "La facture", lire, champs),), resumer, avertir=avertir)
