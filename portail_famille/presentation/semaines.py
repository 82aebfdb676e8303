"""The weeks of an agenda: every unit of every day of a month, as chips in words (screen.md §1, look/04)."""

from calendar import monthrange
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

from portail_famille.domain.brouillons import Creneau
from portail_famille.domain.creneaux import Refus, Verdict, juger_ajout, juger_retrait
from portail_famille.domain.delais import JAMAIS
from portail_famille.domain.gardes import lundi_de
from portail_famille.domain.horloge import PARIS
from portail_famille.domain.tarifs import Etat
from portail_famille.presentation.formats import (
    INSECABLE,
    date_longue,
    enumerer,
    heure,
    intervalle,
    limite,
    pluriel,
)
from portail_famille.presentation.mots import RAISONS
from portail_famille.presentation.vues_agenda import ChoixRapide, JourAgenda, Puce, SemaineAgenda
from portail_famille.services.bilans import Mois
from portail_famille.services.dossiers import Dossier, EnfantLu, InscriptionLue, jour_de
from portail_famille.services.jugement_absences import FENETRE_PASSEE

PEU_DE_PLACES = 3
URGENT = timedelta(hours=24)

_ETATS = {
    "presente": "présent",
    "absente_justifiee": "absence justifiée",
    "absente_injustifiee": "absence",
    "demandee": "attend",
    "en_attente": "en attente",
}


class Composition:
    """Builds the agenda of one child for one month. `href_absence`: where its absences are declared, but the day;
    `declarees`: the page of the declaration that waits for an answer, by slot."""

    def __init__(
        self,
        dossier: Dossier,
        enfant: EnfantLu,
        mois: Mois,
        href_absence: str = "",
        declarees: Mapping[Creneau, str] | None = None,
    ) -> None:
        self.href_absence = href_absence
        self.declarees = declarees or {}
        self.dossier = dossier
        self.enfant = enfant
        self.mois = mois
        self.part = dossier.part(enfant.id)
        self.aujourdhui = jour_de(dossier.maintenant)
        self.inscrits = [
            (dossier.regles.catalogue.unites[code], unite_id, inscription)
            for code, unite_id, inscription in dossier.unites(enfant)
        ]
        self.vus: dict[date, list[int]] = {}

    def semaines(self) -> tuple[SemaineAgenda, ...]:
        premier = date(*self.mois, 1)
        jours = [premier + timedelta(days=n) for n in range(monthrange(*self.mois)[1])]
        semaines = []
        while jours:
            lundi = lundi_de(jours[0])
            de_la_semaine = [jour for jour in jours if lundi_de(jour) == lundi]
            jours = jours[len(de_la_semaine) :]
            semaine = self._semaine(lundi, de_la_semaine)
            if semaine is not None:
                semaines.append(semaine)
        return tuple(semaines)

    def _semaine(self, lundi: date, dates: list[date]) -> SemaineAgenda | None:
        composes = [compose for jour in dates if (compose := self._jour(jour)) is not None]
        if not composes:
            return None
        limites = {jour.jour: borne for jour, borne in composes if borne is not None}
        commune = _limite_commune(limites, self.dossier.maintenant)
        montres = [self._avec_limite(jour, limites.get(jour.jour), commune) for jour, _ in composes]
        modifiables = [jour for jour in montres if any(puce.modifiable for puce in jour.puces)]
        vide = all(not jour.puces for jour in montres)
        motifs = list(dict.fromkeys(jour.phrase for jour in montres))
        toute_vide = vide and len(motifs) == 1
        montrables = [jour.jour for jour, _ in composes if jour.puces]
        chez_autre = [jour for jour in montrables if not self.dossier.est_chez_nous(self.enfant, jour)]
        prochaine = min(limites.values(), default=None)
        return SemaineAgenda(
            id=f"s{lundi:%m%d}",
            titre=intervalle(montres[0].jour, montres[-1].jour).capitalize(),
            jours=() if toute_vide else tuple(montres),
            limite=f"Modifiable {commune[1]}" if commune else "",
            est_urgente=(
                commune is not None
                and commune[0] == "instant"
                and prochaine is not None
                and prochaine - self.dossier.maintenant <= URGENT
            ),
            bandeau=self._bandeau(chez_autre, montrables) if chez_autre else "",
            phrase=motifs[0] if toute_vide else "",
            est_passee=not modifiables and not vide and montres[-1].jour < self.aujourdhui,
            est_compacte=not toute_vide
            and all(len(jour.puces) <= 1 for jour in montres)
            and len({unite_id for _, unite_id, _ in self.inscrits}) == 1,
            choix=self._choix_semaine(lundi, modifiables),
        )

    def _avec_limite(self, jour: JourAgenda, borne: datetime | None, commune: tuple[str, str] | None) -> JourAgenda:
        """Screen readers hear each day's own limit; the eye reads it where the week's header does not say it."""
        if borne is None:
            return jour
        texte = _jusqua(limite(borne, self.dossier.maintenant))
        est_urgente = borne - self.dossier.maintenant <= URGENT
        dite = commune is not None and (
            commune[0] == "instant" or (commune[1] == _relative(jour.jour, borne) and not est_urgente)
        )
        return replace(
            jour,
            legende=f"{jour.legende}, modifiable {texte}",
            limite="" if dite else texte,
            est_urgente=est_urgente and not dite,
        )

    def _bandeau(self, ailleurs: list[date], dates: list[date]) -> str:
        """Said of the week, or of its days when holidays are shared in the middle of it."""
        autre = self.enfant.autre_parent or "l’autre parent"
        quand = (
            f"Semaine chez {autre}" if ailleurs == dates else f"Chez {autre} {intervalle(ailleurs[0], ailleurs[-1])}"
        )
        sujet = f"{autre[:1].upper()}{autre[1:]}"
        return f"{quand}. {sujet} réserve et paie ces jours. Si vous en cochez un, il faudra le confirmer."

    def _choix_semaine(self, lundi: date, modifiables: list[JourAgenda]) -> tuple[ChoixRapide, ...]:
        """Quick ticks, for the units that can be changed on two days of the week at least."""
        compte = Counter(puce.valeur.split("-")[1] for jour in modifiables for puce in jour.puces if puce.modifiable)
        # A unit once, whatever the enrolments that follow one another.
        uniques = {unite_id: unite for unite, unite_id, _ in self.inscrits}
        return tuple(
            ChoixRapide(unite.nom_court, f"s:{lundi.isoformat()}:{unite_id}")
            for unite_id, unite in uniques.items()
            if compte[str(unite_id)] > 1
        )

    def _jour(self, jour: date) -> tuple[JourAgenda, datetime | None] | None:
        """The day and its first limit; None when there is nothing to say about it."""
        puces, motifs, limites = [], [], []
        for unite, unite_id, inscription in self.inscrits:
            lue = self.dossier.reservations.get((self.enfant.id, unite_id, jour))
            active = lue is not None and lue.est_active
            if not (inscription.du <= jour <= inscription.au):
                continue
            ouverture = self.dossier.regles.ouverture(unite.code, inscription.structure, jour)
            if lue is not None and not active and ouverture.ouvert:
                evenement = self.dossier.regles.evenement(unite.code, inscription.structure, self.enfant.classe, jour)
                if evenement is not None:
                    motifs.append((unite.nom_court, "fermeture", evenement.motif))
            if not ouverture.ouvert and not active:
                if ouverture.code in _MOTIFS_DITS and ouverture.motif and jour.weekday() < 5:
                    motifs.append((unite.nom_court, ouverture.code, ouverture.motif))
                # Ticked before it closed: the parent must be able to take it off.
                if (unite_id, jour) not in self.part.ajouts:
                    continue
            puce, borne = self._puce(unite.code, unite.nom_court, unite_id, inscription, jour)
            if puce is not None:
                puces.append(puce)
                if puce.modifiable:
                    self.vus.setdefault(jour, []).append(unite_id)
                    if borne is not None:
                        limites.append(borne)
        if not puces and not motifs:
            return None
        compose = JourAgenda(
            jour=jour,
            nom_court=f"{NOMS_COURTS[jour.weekday()]}",
            legende=date_longue(jour).capitalize(),
            puces=tuple(puces),
            phrase=_phrase(motifs, seuls=not puces) or self._verrouille(jour, puces),
        )
        return compose, min(limites, default=None)

    def _verrouille(self, jour: date, puces: list[Puce]) -> str:
        """Beside a day whose absence waits for an answer, or a coming one that can no longer be changed: since when."""
        if any(puce.note == _DECLAREE for puce in puces):
            return "Absence déclarée, réponse attendue."
        delais = {puce.aide for puce in puces if puce.etat == "verrou" and puce.aide}
        if jour < self.aujourdhui or len(delais) != 1 or any(puce.modifiable for puce in puces):
            return ""
        [delai] = delais
        return f"{delai.capitalize()}."

    def _puce(
        self, code: str, nom: str, unite_id: int, inscription: InscriptionLue, jour: date
    ) -> tuple[Puce | None, datetime | None]:
        """The chip and the first limit that applies to it; no chip where there is nothing to show or to change."""
        dossier, enfant = self.dossier, self.enfant
        creneau: Creneau = (unite_id, jour)
        faits = dossier.faits(enfant, creneau)
        lue = dossier.reservations.get((enfant.id, unite_id, jour))
        valeur = f"{jour.day}-{unite_id}"
        identifiant = f"p{valeur}"
        if faits.est_a_autre_foyer:
            autre = enfant.autre_parent or "Autre parent"
            aide = f"réservé par {autre}"
            return Puce(identifiant, valeur, nom, "autre", True, False, None, autre, aide), None
        if faits.est_indisponible and creneau not in self.part.ajouts:
            if jour < self.aujourdhui or faits.est_lecture or not faits.est_ouvert:
                return None, None
            return Puce(identifiant, valeur, nom, "passe", False, False, None, "pas libre", _INDISPONIBLE), None
        if faits.est_lecture:
            if not faits.est_reserve:
                return None, None
            heures = _heures(dossier, code)
            return Puce(identifiant, valeur, nom, "lecture", True, False, None, heures, "réservé"), None
        if faits.est_reserve and lue is not None:
            prix = dossier.prix_reserve(enfant, creneau, lue)
            centimes = prix.centimes if prix else None
            verdict = juger_retrait(faits)
            coche = creneau not in self.part.retraits
            note = _ETATS.get(lue.etat, "")
            if verdict.refus is None and lue.etat in ("reservee", "demandee"):
                aide = _ATTEND if note else ""
                return (
                    Puce(identifiant, valeur, nom, "reserve", coche, True, centimes, note, aide),
                    faits.limite_annulation,
                )
            aide = self._delai(faits.limite_annulation)
            if creneau in self.declarees:
                href = self.declarees[creneau]
                return Puce(
                    identifiant, valeur, nom, "verrou", True, False, centimes, _DECLAREE, _ATTEND, href, _VOIR
                ), None
            href = self._href_absence(code, jour) if lue.etat == "reservee" else ""
            return Puce(identifiant, valeur, nom, "verrou", True, False, centimes, note, aide, href, _DECLARER), None
        vierge = Puce(identifiant, valeur, nom, "libre", False, True, None)
        return self._puce_libre(vierge, creneau, juger_ajout(faits), faits.places, inscription, code)

    def _puce_libre(
        self, puce: Puce, creneau: Creneau, verdict: Verdict, places: int | None, inscription: InscriptionLue, code: str
    ) -> tuple[Puce | None, datetime | None]:
        dossier, jour = self.dossier, creneau[1]
        coche = creneau in self.part.ajouts
        prix = dossier.prix(self.enfant, creneau, Etat.HORS_DELAI if verdict.est_hors_delai else Etat.RESERVEE)
        centimes = prix.centimes if prix else None
        borne = dossier.regles.limite_ajout(code, inscription.structure, jour)
        if verdict.refus is None and prix is not None:
            note = ""
            if verdict.est_hors_delai:
                note = "hors délai"
                borne = dossier.regles.limite_hors_delai(code, inscription.structure, jour)
            elif places is not None and places <= PEU_DE_PLACES:
                note = pluriel(places, "place")
            return Puce(puce.id, puce.valeur, puce.nom, "libre", coche, True, centimes, note), borne
        if verdict.refus is Refus.COMPLET:
            # Still ticked in the draft: the parent must be able to take it off.
            return Puce(puce.id, puce.valeur, puce.nom, "complet", coche, coche, None, "complet"), None
        if coche:
            aide = RAISONS.get(verdict.refus or "", "")
            return Puce(puce.id, puce.valeur, puce.nom, "complet", True, True, centimes, aide, aide), None
        if jour < self.aujourdhui:
            return None, None
        if verdict.refus is Refus.DELAI:
            note = "pas en ligne" if borne == JAMAIS else "délai passé"
            quand = self._delai(borne).removeprefix(note).strip()
            return Puce(puce.id, puce.valeur, puce.nom, "passe", False, False, None, note, quand), None
        note = RAISONS.get(verdict.refus or "", "")
        return Puce(puce.id, puce.valeur, puce.nom, "passe", False, False, None, note), None

    def _href_absence(self, unite: str, jour: date) -> str:
        """Where the règlement takes absences, and not so long after the day that it never does."""
        fiche = self.dossier.regles.catalogue.activites[self.dossier.regles.catalogue.unites[unite].activite]
        est_dite = self.href_absence and fiche.absences and jour >= self.aujourdhui - FENETRE_PASSEE
        return f"{self.href_absence}&jour={jour.isoformat()}" if est_dite else ""

    def _delai(self, borne: datetime | None) -> str:
        """« délai passé vendredi 20, minuit »."""
        if borne is None:
            return "délai passé"
        if borne == JAMAIS:
            return "ne se change pas en ligne"
        if borne > self.dossier.maintenant:
            return ""
        return f"délai passé {limite(borne, self.dossier.maintenant)}"


NOMS_COURTS = ("lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim.")
_ATTEND = "attend la réponse de la mairie"
_DECLAREE = "déclarée"
_DECLARER, _VOIR = "déclarer une absence", "voir la déclaration"
_INDISPONIBLE = "ce jour n’est pas disponible"
_MOTIFS_DITS = frozenset({"ferie", "vacances", "fermeture"})


def _jusqua(texte: str) -> str:
    return f"jusqu’à {texte}" if texte.startswith(("demain", "aujourd")) else f"jusqu’au {texte}"


def _relative(jour: date, borne: datetime) -> str:
    """The limit as the rule says it: « jusqu’à la veille, 12 h »; midnight belongs to the evening before."""
    local = borne.astimezone(PARIS)
    minuit = local.hour == 0 and local.minute == 0
    ecart = (jour - local.date()).days + minuit
    quand = {0: "au jour même", 1: "à la veille"}.get(ecart, f"à {ecart} jours avant")
    return f"jusqu’{quand}, {'minuit' if minuit else heure(local)}"


def _limite_commune(limites: dict[date, datetime], maintenant: datetime) -> tuple[str, str] | None:
    """What the header of a week says for most of its days: one instant, or the same rule day after day."""
    if not limites:
        return None
    if len(set(limites.values())) == 1:
        return "instant", _jusqua(limite(next(iter(limites.values())), maintenant))
    [(texte, combien)] = Counter(_relative(jour, borne) for jour, borne in limites.items()).most_common(1)
    return ("regle", texte) if combien > 1 else None


def _phrase(motifs: list[tuple[str, str, str]], *, seuls: bool) -> str:
    """Why units are closed that day: once for all of them, or by name beside the open ones."""
    if not motifs:
        return ""
    textes = list(dict.fromkeys(motif for _, _, motif in motifs))
    if seuls:
        return " ".join(textes)
    dits = [(nom, motif) for nom, code, motif in motifs if code == "fermeture"]
    return " ".join(
        f"{enumerer([nom for nom, autre in dits if autre == motif])}{INSECABLE}: {motif}"
        for motif in dict.fromkeys(motif for _, motif in dits)
    )


def _heures(dossier: Dossier, unite: str) -> str:
    fiche = dossier.regles.catalogue.unites[unite]
    if fiche.debut is None or fiche.fin is None:
        return ""
    return f"{heure(fiche.debut)} – {heure(fiche.fin)}"


def coder_vus(vus: dict[date, list[int]]) -> str:
    """ "1.2*7-8_5*9": units 1 and 2 on the 7th and the 8th, 5 on the 9th. Days alike are grouped, and no character is
    one that a form must escape: this goes out with each quick tick."""
    groupes: dict[tuple[int, ...], list[int]] = {}
    for jour, unites in vus.items():
        groupes.setdefault(tuple(unites), []).append(jour.day)
    return "_".join(f"{'.'.join(map(str, unites))}*{'-'.join(map(str, jours))}" for unites, jours in groupes.items())
