"""« Contester une facture »: which one, what is wrong, the amount expected when the family knows it."""

from collections.abc import Sequence

from portail_famille.domain.demandes_libres import REFERENCE_MAXIMUM, TEXTE_MAXIMUM
from portail_famille.domain.montants import ecrire_centimes
from portail_famille.forms.demarches.base import Champ, Contexte, Formulaire, LigneResume
from portail_famille.forms.demarches.champs import etape_simple

_CODE = "facture"


def champs(contexte: Contexte) -> Sequence[Champ]:
    return (
        Champ(
            "reference",
            "Numéro ou mois de la facture",
            aide="Comme il est écrit sur la facture, ou «\u00a0novembre 2026\u00a0».",
            longueur=REFERENCE_MAXIMUM,
            manque="Dites de quelle facture il s’agit.",
            valeur=contexte.demandes.get("facture", ""),
        ),
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


FORMULAIRE = Formulaire("reclamation", (etape_simple(_CODE, "La facture", champs),), resumer, avertir=avertir)
