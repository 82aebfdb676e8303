"""A family's activities in words, for the agent who opens its file."""

from dataclasses import dataclass

from portail_famille.domain.libelles import ecrire_date
from portail_famille.presentation.formats import INSECABLE, liste_de_jours
from portail_famille.services.regles import Regles
from portail_famille.services.vie_du_foyer import InscriptionLue, JourLu, VieDuFoyer

_ETATS = {
    "demandee": "à valider",
    "reservee": "",
    "en_attente": "en liste d’attente",
    "presente": "",
    "absente_justifiee": "justifiée",
    "absente_injustifiee": "facturée",
}


@dataclass(frozen=True, slots=True)
class AbsenceVue:
    """`demande`: number of the request it was declared by, "" for none."""

    texte: str
    demande: str


@dataclass(frozen=True, slots=True)
class VieVue:
    """One child's. `reservations`: the unit and its days, in the two weeks that come."""

    id: int
    nom: str
    inscriptions: tuple[str, ...]
    reservations: tuple[tuple[str, str], ...]
    absences: tuple[AbsenceVue, ...]


def composer_vies(vie: VieDuFoyer, regles: Regles) -> tuple[VieVue, ...]:
    return tuple(_composer(vie, enfant_id, nom, regles) for enfant_id, nom in vie.enfants)


def _composer(vie: VieDuFoyer, enfant_id: int, nom: str, regles: Regles) -> VieVue:
    siens = [jour for jour in vie.jours if jour.enfant_id == enfant_id]
    a_venir = [jour for jour in siens if not jour.est_absence]
    groupes = dict.fromkeys((jour.unite, jour.etat) for jour in a_venir)
    return VieVue(
        enfant_id,
        nom,
        tuple(_inscription(i, regles) for i in vie.inscriptions if i.enfant_id == enfant_id),
        tuple(
            (
                _dire(_unite(unite, regles), _ETATS[etat]),
                liste_de_jours([j.jour for j in a_venir if (j.unite, j.etat) == (unite, etat)]),
            )
            for unite, etat in groupes
        ),
        tuple(_absence(jour, regles) for jour in reversed(siens) if jour.est_absence),
    )


def _inscription(lue: InscriptionLue, regles: Regles) -> str:
    """What the town has withdrawn since keeps its code."""
    activite, structure = regles.catalogue.activites.get(lue.activite), regles.catalogue.structures.get(lue.structure)
    nom = activite.nom if activite is not None else lue.activite
    ou = structure.nom if structure is not None else lue.structure
    return f"{nom}, {ou}, du {ecrire_date(lue.du)} au {ecrire_date(lue.au)}"


def _absence(jour: JourLu, regles: Regles) -> AbsenceVue:
    texte = (
        f"{liste_de_jours([jour.jour]).capitalize()}{INSECABLE}: {_dire(_unite(jour.unite, regles), _ETATS[jour.etat])}"
    )
    return AbsenceVue(texte, jour.demande)


def _dire(nom: str, mention: str) -> str:
    return f"{nom}, {mention}" if mention else nom


def _unite(code: str, regles: Regles) -> str:
    fiche = regles.catalogue.unites.get(code)
    return fiche.nom if fiche is not None else code
