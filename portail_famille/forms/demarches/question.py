"""« Poser une question »: a subject from a list, what the family writes, the child it is about when there is one."""

from collections.abc import Sequence

from portail_famille.domain.demandes_libres import SUJETS, TEXTE_MAXIMUM
from portail_famille.forms.demarches.base import Champ, Contexte, Formulaire, LigneResume
from portail_famille.forms.demarches.champs import etape_simple


def champs(contexte: Contexte) -> Sequence[Champ]:
    enfants = tuple((str(enfant.id), enfant.prenom) for enfant in contexte.dossier.visibles)
    sujet = contexte.demandes.get("sujet", "")
    quel_enfant = Champ(
        "enfant",
        "Pour quel enfant\u202f? (facultatif)",
        "liste",
        (("", "Aucun en particulier"), *enfants),
        est_facultatif=True,
        valeur=contexte.demandes.get("enfant", ""),
    )
    return (
        Champ("sujet", "Votre question porte sur", "liste", (("", "Choisissez"), *SUJETS.items()), valeur=sujet),
        *((quel_enfant,) if enfants else ()),
        Champ(
            "texte",
            "Votre question",
            "zone",
            aide="N’écrivez ici rien de médical\u00a0: la fiche de l’enfant est faite pour cela.",
            longueur=TEXTE_MAXIMUM,
            manque="Écrivez votre question.",
        ),
    )


def resumer(contexte: Contexte) -> Sequence[LigneResume]:
    contenu, enfant = contexte.contenu, contexte.enfant()
    return (
        LigneResume("Sujet", SUJETS.get(contenu.get("sujet", ""), ""), "question"),
        *((LigneResume("Enfant", enfant.prenom, "question"),) if enfant else ()),
        LigneResume("Votre question", str(contenu.get("texte", "")), "question"),
    )


FORMULAIRE = Formulaire("question", (etape_simple("question", "Votre question", champs),), resumer)
