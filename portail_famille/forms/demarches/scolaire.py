"""« Inscrire un enfant à l’école »: the school year and its level (proposed by the year of birth), the school of the
address or another one with a reason (dérogation), where the child was before, brothers and sisters."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from portail_famille.domain.inscriptions import InscriptionScolaire
from portail_famille.domain.libelles import ecrire_date
from portail_famille.forms.demarches.base import Champ, Contexte, Formulaire, LigneResume, PieceDemandee
from portail_famille.forms.demarches.champs import etape_simple
from portail_famille.forms.demarches.inscription import champs_enfant, sans_enfant
from portail_famille.models.demarches import Demarche
from portail_famille.services.dossiers import jour_de
from portail_famille.services.inscriptions_scolaires import MOT_MAXIMUM, annees_ouvertes, demander_scolaire
from portail_famille.services.journal import Auteur

SELON_ADRESSE = ("adresse", "Celle de notre adresse")
_LIGNES = {"derogation": "Motif de dérogation", "precedente": "École précédente", "fratrie": "Frères et sœurs"}


def _ouvertes(contexte: Contexte) -> tuple[InscriptionScolaire, ...]:
    return annees_ouvertes(contexte.dossier.regles, jour_de(contexte.maintenant))


def _empeche(contexte: Contexte) -> str:
    if not _ouvertes(contexte):
        return "Les inscriptions à l’école ne sont pas ouvertes en ligne\u00a0: adressez-vous à la mairie."
    return sans_enfant(contexte)


def _annee(contexte: Contexte) -> InscriptionScolaire | None:
    """The one chosen; the only one when there is no choice."""
    ouvertes = _ouvertes(contexte)
    if len(ouvertes) == 1:
        return ouvertes[0]
    return next((a for a in ouvertes if a.annee == contexte.contenu.get("annee")), None)


def _champs_annee(contexte: Contexte) -> Sequence[Champ]:
    choix = tuple((annee.annee, annee.annee) for annee in _ouvertes(contexte))
    return (Champ("annee", "Pour quelle année scolaire\u202f?", "choix", choix),)


def _champs_niveau(contexte: Contexte) -> Sequence[Champ]:
    annee, enfant = _annee(contexte), contexte.enfant()
    if annee is None or enfant is None:
        return ()
    propose = annee.niveau_propose(enfant.naissance)
    niveaux = tuple((niveau, niveau) for niveau in annee.naissances_par_niveau())
    aide = f"D’après l’année de naissance de {enfant.prenom}\u00a0: {propose}. " if propose else ""
    aide += _pour_tout_de_suite(contexte)
    return (
        Champ("niveau", "Dans quel niveau\u202f?", "liste", (("", "Choisissez"), *niveaux), aide=aide, valeur=propose),
    )


def _pour_tout_de_suite(contexte: Contexte) -> str:
    """Who arrives during the year when only the next one is open."""
    ouvertes, aujourdhui = _ouvertes(contexte), jour_de(contexte.maintenant)
    if any(annee.rentree <= aujourdhui for annee in ouvertes):
        return ""
    rentree = ecrire_date(min(annee.rentree for annee in ouvertes))
    return (
        f"Cette demande est pour la rentrée du {rentree}. Pour une entrée à l’école avant, appelez la mairie\u00a0: "
        f"{contexte.reglages.telephone}."
    )


def _champs_ecole(contexte: Contexte) -> Sequence[Champ]:
    annee = _annee(contexte)
    if annee is None:
        return ()
    structures = contexte.dossier.regles.catalogue.structures
    ecoles = tuple((code, structures[code].nom) for code in annee.ecoles_du_niveau(str(contexte.contenu.get("niveau"))))
    return (
        Champ("ecole", "Quelle école\u202f?", "choix", (SELON_ADRESSE, *ecoles), valeur=SELON_ADRESSE[0]),
        Champ(
            "derogation",
            "Si ce n’est pas l’école de votre adresse, dites pourquoi",
            "zone",
            aide="C’est une dérogation\u00a0: frère ou sœur dans l’école, garde, travail…",
            longueur=MOT_MAXIMUM,
            est_facultatif=True,
        ),
    )


def _champs_parcours(_contexte: Contexte) -> Sequence[Champ]:
    return (
        Champ("precedente", "École ou crèche de cette année", longueur=120, est_facultatif=True),
        Champ(
            "fratrie",
            "Frères et sœurs déjà dans une école de la commune",
            aide="Prénoms et école.",
            longueur=200,
            est_facultatif=True,
        ),
    )


def _pieces(contexte: Contexte) -> Sequence[PieceDemandee]:
    enfant, annee, genre = contexte.enfant(), _annee(contexte), contexte.genre
    enfant_id = enfant.id if enfant else None
    obligatoires = tuple(dict.fromkeys((*genre.pieces, *(annee.pieces if annee else ()))))
    facultatives = tuple(code for code in genre.pieces_facultatives if code not in obligatoires)
    return tuple(
        PieceDemandee(code, est_obligatoire, enfant_id)
        for codes, est_obligatoire in ((obligatoires, True), (facultatives, False))
        for code in codes
        if code in contexte.reglages.pieces
    )


def _resumer(contexte: Contexte) -> Sequence[LigneResume]:
    contenu, enfant, annee = contexte.contenu, contexte.enfant(), _annee(contexte)
    structures = contexte.dossier.regles.catalogue.structures
    ecole = str(contenu.get("ecole", ""))
    nom = structures[ecole].nom if ecole in structures else SELON_ADRESSE[1]
    etape_annee = "annee" if len(_ouvertes(contexte)) > 1 else "enfant"
    return (
        LigneResume("Enfant", enfant.prenom if enfant else "", "enfant"),
        LigneResume("Année scolaire", annee.annee if annee else "", etape_annee),
        LigneResume("Niveau", str(contenu.get("niveau", "")), "niveau"),
        LigneResume("École", nom, "ecole"),
        *(
            LigneResume(libelle, str(contenu[cle]), "ecole" if cle == "derogation" else "parcours")
            for cle, libelle in _LIGNES.items()
            if contenu.get(cle)
        ),
    )


def _avertir(contexte: Contexte) -> Sequence[str]:
    annee = _annee(contexte)
    if annee is None or annee.rentree <= jour_de(contexte.maintenant):
        return ()
    return (f"L’école de votre enfant change le jour de la rentrée, le {ecrire_date(annee.rentree)}, pas avant.",)


def _deposer(session: Session, contexte: Contexte, pieces: Sequence[int], auteur: Auteur, cle_envoi: str) -> Demarche:
    contenu, annee = contexte.contenu, _annee(contexte)
    ecole = str(contenu["ecole"])
    saisie = {cle: str(contenu.get(cle, "")) for cle in ("niveau", *_LIGNES)}
    return demander_scolaire(
        session,
        contexte.dossier,
        int(contenu["enfant"]),
        {**saisie, "annee": annee.annee if annee else "", "ecole": "" if ecole == SELON_ADRESSE[0] else ecole},
        pieces=list(pieces),
        auteur=auteur,
        cle_envoi=cle_envoi,
    )


SCOLAIRE = Formulaire(
    "scolaire",
    (
        etape_simple("enfant", "Votre enfant", champs_enfant),
        etape_simple("annee", "L’année scolaire", _champs_annee, lambda contexte: len(_ouvertes(contexte)) > 1),
        etape_simple("niveau", "Le niveau", _champs_niveau),
        etape_simple("ecole", "L’école", _champs_ecole),
        etape_simple("parcours", "Avant, et en famille", _champs_parcours),
    ),
    _resumer,
    pieces=_pieces,
    deposer=_deposer,
    empeche=_empeche,
    avertir=_avertir,
)
