"""The agenda in words: one child, one month, and what surrounds its weeks."""

from calendar import monthrange
from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta

from portail_famille.domain.brouillons import Creneau
from portail_famille.domain.gardes import lundi_de
from portail_famille.domain.unites import Unite
from portail_famille.presentation.formats import enumerer, mois_annee
from portail_famille.presentation.mots import de, ecrire_a, pastille
from portail_famille.presentation.quotients import mention_tarif
from portail_famille.presentation.semaines import NOMS_COURTS, Composition, coder_vus
from portail_famille.presentation.vues import Avis, Ecrire
from portail_famille.presentation.vues_agenda import Agenda, ChoixUnite, Conflit, Onglet, Resume
from portail_famille.services.bilans import Mois, bornes
from portail_famille.services.dossiers import Dossier, EnfantLu, jour_de


def onglets(dossier: Dossier, actif: int, hrefs: dict[int, str]) -> tuple[Onglet, ...]:
    """The children above the agenda."""
    return tuple(Onglet(pastille(e), hrefs[e.id], f"enfant:{e.id}", e.id == actif) for e in dossier.visibles)


def unites_de_rythme(dossier: Dossier, enfant: EnfantLu) -> tuple[ChoixUnite, ...]:
    """Units a rhythm can apply to: those of structures that families may edit."""
    choix = {unite_id: unite for unite, unite_id in _modifiables(dossier, enfant)}
    # « Journée » of the mercredi and « Journée » of the vacances are told apart by their whole names.
    courts = Counter(unite.nom_court for unite in choix.values())
    return tuple(
        ChoixUnite(str(unite_id), unite.nom_court if courts[unite.nom_court] == 1 else unite.nom)
        for unite_id, unite in choix.items()
    )


def _modifiables(dossier: Dossier, enfant: EnfantLu) -> list[tuple[Unite, int]]:
    return [
        (dossier.regles.catalogue.unites[code], unite_id)
        for code, unite_id, inscription in dossier.unites(enfant)
        if not dossier.regles.catalogue.structures[inscription.structure].est_en_lecture
    ]


def _jours_de_rythme(dossier: Dossier, enfant: EnfantLu) -> tuple[tuple[int, str], ...]:
    """Weekdays on which one of the units may be open: Saturday where the town has it, Wednesday for the mercredi."""
    jours: set[int] = set()
    for unite, _ in _modifiables(dossier, enfant):
        jours |= dossier.regles.jours_de_semaine(unite.code)
    return tuple((rang, NOMS_COURTS[rang]) for rang in sorted(jours))


def _debut_de_rythme(dossier: Dossier, enfant: EnfantLu, mois: Mois) -> date:
    """Today, or the first of a month to come; for a shared child the next day of a week of ours."""
    debut = max(date(*mois, 1), jour_de(dossier.maintenant))
    if enfant.garde is not None and not enfant.garde.est_notre_semaine(debut):
        debut = lundi_de(debut)
        while not enfant.garde.est_notre_semaine(debut):
            debut += timedelta(weeks=1)
    return debut


def _mention(dossier: Dossier, mois: Mois) -> str:
    """No QF known = maximum, said wherever a price is (domain.md §8): on the days of this month."""
    return mention_tarif(dossier, *bornes(mois))


def _a_valider(dossier: Dossier, enfant: EnfantLu) -> str:
    """Said once above the days: which activities wait for an agent's word."""
    activites = dossier.regles.catalogue.activites
    noms = dict.fromkeys(activites[i.activite].nom for i in enfant.inscriptions if activites[i.activite].a_valider)
    return f"{enumerer(list(noms))}\u00a0: la mairie valide chaque demande." if noms else ""


def structures_en_lecture(dossier: Dossier, enfant: EnfantLu) -> tuple[Ecrire, ...]:
    structures = dict.fromkeys(inscription.structure for inscription in enfant.inscriptions)
    return tuple(
        ecrire_a(dossier, structure, enfant)
        for structure in structures
        if dossier.regles.catalogue.structures[structure].est_en_lecture
    )


def mois_voisins(enfant: EnfantLu, mois: Mois) -> tuple[str | None, str | None]:
    """The months on either side, within the child's enrolments."""
    premier, dernier = date(*mois, 1), date(*mois, monthrange(*mois)[1])
    veille, lendemain = premier - timedelta(days=1), dernier + timedelta(days=1)
    avant = any(i.du <= veille for i in enfant.inscriptions)
    apres = any(i.au >= lendemain for i in enfant.inscriptions)
    return (f"{veille:%Y-%m}" if avant else None), (f"{lendemain:%Y-%m}" if apres else None)


def composer_agenda(
    dossier: Dossier,
    enfant: EnfantLu,
    mois: Mois,
    *,
    page: str,
    resume: Resume,
    hrefs: dict[int, str],
    href_absence: str = "",
    declarees: Mapping[Creneau, str] | None = None,
    avis: tuple[Avis, ...] = (),
    conflit: Conflit | None = None,
) -> Agenda:
    """The whole screen. `page`: token of this rendering; `hrefs`: address of each child's agenda;
    `href_absence`: where this child's absences are declared; `declarees`: pages of those that wait for an answer."""
    composition = Composition(dossier, enfant, mois, href_absence, declarees)
    semaines = composition.semaines()
    precedent, suivant = mois_voisins(enfant, mois)
    unites = unites_de_rythme(dossier, enfant)
    return Agenda(
        enfant_id=enfant.id,
        pastille=pastille(enfant),
        titre=f"Agenda {de(enfant.prenom)}",
        onglets=onglets(dossier, enfant.id, hrefs),
        mois=f"{mois[0]}-{mois[1]:02d}",
        mois_titre=mois_annee(date(*mois, 1)),
        precedent=precedent,
        suivant=suivant,
        semaines=semaines,
        page=page,
        vus=coder_vus(composition.vus),
        resume=resume,
        lecture=structures_en_lecture(dossier, enfant),
        unites=unites,
        avis=avis,
        conflit=conflit,
        jours_rythme=_jours_de_rythme(dossier, enfant),
        rythme_du=_debut_de_rythme(dossier, enfant, mois).isoformat(),
        mention=f"{_mention(dossier, mois)} {_a_valider(dossier, enfant)}".strip() if unites else "",
    )
