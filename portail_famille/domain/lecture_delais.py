"""Deadlines as a town writes them (docs/fichier-activites.md) turned into the rules of `delais`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any

from portail_famille.domain.comptage import ECOLE, OUVERTURE, OUVRABLES, OUVRES, TOUS, Comptage
from portail_famille.domain.delais import (
    REPERES,
    Cas,
    DateAffichee,
    DatesAffichees,
    DernierAvant,
    HeuresAvant,
    Jamais,
    JourDeSemaine,
    JoursAvant,
    JusquAuDebut,
    LimiteAuJour,
    NonPrevu,
    Pas,
    QuantiemeDuMois,
    RangDuMois,
    Regle,
    Report,
    SansLimite,
    Tableau,
    dernier_du_mois,
)
from portail_famille.domain.lecture import Table, lire_date, lire_jour_de_semaine, suggerer
from portail_famille.domain.libelles import JOURS, sans_accents

_EN_JOURS: dict[str, Comptage] = {
    "jours": TOUS,
    "jours_ouvres": OUVRES,
    "jours_ouvrables": OUVRABLES,
    "jours_ecole": ECOLE,
    "jours_ouverture": OUVERTURE,
}
_EN_PAS = (*_EN_JOURS, "jour", "dernier", "jour_du_mois")
_EN_DATES = ("dates", "dates_par_mois", "dates_par_vacances")
_FORMES = (*_EN_PAS, "heures", *_EN_DATES)
_SAUF: dict[str, Comptage] = {
    "week-end": Comptage(jours_exclus=frozenset({5, 6})),
    "feries": Comptage(sauf_feries=True),
    "vacances": Comptage(sauf_vacances=True),
    "sans_ecole": ECOLE,
    "fermetures": Comptage(sauf_fermetures=True),
    **{jour: Comptage(jours_exclus=frozenset({rang})) for rang, jour in enumerate(JOURS)},
}
_REPORTS = {
    "ouvre_precedent": Report(-1, OUVRES),
    "ouvre_suivant": Report(1, OUVRES),
    "ecole_precedent": Report(-1, ECOLE),
    "ecole_suivant": Report(1, ECOLE),
}
_ORDRES = {
    "1er": 1,
    "premier": 1,
    "2e": 2,
    "deuxieme": 2,
    "3e": 3,
    "troisieme": 3,
    "4e": 4,
    "quatrieme": 4,
    "dernier": 0,
}
_JOURS_MAXIMUM = 366


@dataclass(frozen=True, slots=True)
class LecteurDelais:
    """Reads the deadlines of one unit: some need its hour, or its deadline for adding."""

    debut: time | None
    ajout: Regle | None = None

    def lire(self, table: Table, cle: str) -> Regle | None:
        """The rule under `cle`: a word, a table, or a list of tables each for some days. None if unreadable."""
        brut = table.brut(cle)
        if isinstance(brut, str):
            return self._mot(table, cle, brut)
        if isinstance(brut, list):
            return self._tableau(table, cle)
        if not isinstance(brut, Mapping):
            table.refuser(
                cle, 'il faut "aucun", "jamais", ou une règle entre accolades : { jours = 2, avant = "12:00" }.'
            )
            return None
        sous_table = table.sous_table(cle)
        return None if sous_table is None else self._fermee(sous_table)

    def _mot(self, table: Table, cle: str, mot: str) -> Regle | None:
        mots: dict[str, Regle] = {"aucun": SansLimite(), "jamais": Jamais()}
        if cle == "hors_delai":
            mots = {"accepte": JusquAuDebut(self.debut)}
        if self.ajout is not None:
            mots["comme_ajout"] = self.ajout
        if mot not in mots:
            table.refuser(
                cle, f"« {mot} » n’est pas un délai : {suggerer(mot, list(mots))}, ou une règle entre accolades."
            )
        return mots.get(mot)

    def _tableau(self, table: Table, cle: str) -> Regle | None:
        cas: list[Cas] = []
        for ligne in table.sous_tables(cle):
            jours, periode = ligne.jours("pour"), None
            if ligne.a("pour_periode"):
                periode = ligne.choix("pour_periode", ("ecole", "vacances"))
            if cas and cas[-1].jours is None and cas[-1].en_vacances is None:
                ligne.refuser("pour", "cette ligne ne servira jamais : celle d’avant vaut pour tous les jours.")
            regle = self._fermee(ligne)
            if regle is not None:
                cas.append(Cas(regle, jours, None if periode is None else periode == "vacances"))
        return Tableau(tuple(cas)) if cas else None

    def _fermee(self, table: Table) -> Regle | None:
        regle = self._regle(table)
        table.fermer()
        return regle

    def _regle(self, table: Table) -> Regle | None:
        if table.a("regle"):
            return self.lire(table, "regle")
        forme = table.une_seule(_FORMES, "règle de délai")
        if forme is None:
            table.connaitre(("avant", "depuis", "sauf", "report", "sinon", "semaines_avant", "mois_avant", "debut"))
            return None
        if forme == "heures":
            return self._heures(table)
        minutes = table.heure("avant") if table.exiger("avant") else None
        sinon: Regle = (self.lire(table, "sinon") if table.a("sinon") else None) or NonPrevu()
        if forme in _EN_DATES:
            return DatesAffichees(self._dates(table, forme), 0 if minutes is None else minutes, sinon)
        pas, repere, report = (
            self._pas(table, forme),
            table.choix("depuis", tuple(REPERES), "jour"),
            self._report(table),
        )
        if pas is None or minutes is None or repere is None:
            return None
        return LimiteAuJour(pas, minutes, repere, report, sinon)

    def _heures(self, table: Table) -> Regle | None:
        heures = table.entier("heures", 1, 24 * _JOURS_MAXIMUM)
        for cle in ("avant", "depuis", "report", "sinon", "semaines_avant", "mois_avant"):
            if table.a(cle):
                table.refuser(cle, "ne va pas avec « heures », qui compte depuis le début de l’unité.")
        debut = table.heure_du_jour("debut") if table.a("debut") else self.debut
        if debut is None and not table.a("debut"):
            table.refuser("heures", 'l’unité n’a pas d’heure : ajoutez debut = "08:30" à l’unité ou à la règle.')
        if heures is None or debut is None:
            return None
        return HeuresAvant(heures, debut, self._sauf(table))

    def _pas(self, table: Table, forme: str) -> Pas | None:
        if forme in _EN_JOURS:
            nombre = table.entier(forme, 0, _JOURS_MAXIMUM)
            return None if nombre is None else JoursAvant(nombre, _EN_JOURS[forme] | self._sauf(table))
        if forme == "jour_du_mois":
            return _jour_du_mois(table)
        rang = lire_jour_de_semaine(table.brut(forme))
        if rang is None:
            table.refuser(forme, f'« {table.brut(forme)} » n’est pas un jour : écrivez par exemple "mardi".')
        if forme == "dernier":
            return None if rang is None else DernierAvant(rang)
        semaines = table.entier("semaines_avant", 0, 52)
        return None if rang is None or semaines is None else JourDeSemaine(rang, semaines)

    def _sauf(self, table: Table) -> Comptage:
        comptage = TOUS
        for texte in table.textes("sauf") or ():
            exclus = _SAUF.get(sans_accents(texte))
            if exclus is None:
                table.refuser("sauf", f"« {texte} » : {suggerer(texte, list(_SAUF))}.")
            else:
                comptage |= exclus
        if len(comptage.jours_exclus) == len(JOURS):
            table.refuser("sauf", "plus aucun jour ne compte.")
        return comptage

    def _report(self, table: Table) -> Report | None:
        """`report`, whose days off `sauf` completes (« mairie fermée le mercredi »)."""
        if not table.a("report"):
            return None
        report = _REPORTS.get(table.choix("report", tuple(_REPORTS)) or "")
        return None if report is None else Report(report.sens, report.comptage | self._sauf(table))

    def _dates(self, table: Table, forme: str) -> tuple[DateAffichee, ...]:
        if forme == "dates":
            return tuple(ligne for ligne in map(_ligne_de_dates, table.sous_tables("dates")) if ligne is not None)
        dates = table.sous_table(forme)
        if dates is None:
            return ()
        lire = _date_du_mois if forme == "dates_par_mois" else _date_des_vacances
        # « Noël 2026 » before « Noël »: whatever the order of the keys, the holidays of one year win over those of all.
        cles = sorted(dates.donnees, key=lambda cle: (not any(signe.isdigit() for signe in cle), cle))
        lues = tuple(lue for cle in cles if (lue := lire(dates, cle)) is not None)
        if not dates.donnees:
            table.refuser(forme, "la liste de dates est vide.")
        return lues


def _jour_du_mois(table: Table) -> Pas | None:
    mois_avant = table.entier("mois_avant", 0, 12)
    brut: Any = table.brut("jour_du_mois")
    if mois_avant is None:
        return None
    if isinstance(brut, int) and not isinstance(brut, bool) and 1 <= brut <= 31:
        return QuantiemeDuMois(brut, mois_avant)
    ordre, _, nom = sans_accents(brut).strip().partition(" ") if isinstance(brut, str) else ("", "", "")
    rang = lire_jour_de_semaine(nom)
    if ordre == "dernier" and nom == "jour":
        return QuantiemeDuMois(31, mois_avant)
    if ordre in _ORDRES and rang is not None:
        return RangDuMois(rang, _ORDRES[ordre], mois_avant)
    table.refuser(
        "jour_du_mois",
        f'« {brut} » ne se lit pas : un nombre de 1 à 31, "dernier jour", ou "1er lundi", "2e mardi", '
        '"dernier vendredi".',
    )
    return None


def _ligne_de_dates(table: Table) -> DateAffichee | None:
    du, au, limite = (table.date(cle, obligatoire=True) for cle in ("du", "au", "limite"))
    table.fermer()
    if du is None or au is None or limite is None:
        return None
    if au < du:
        table.refuser("au", "la fin vient avant le début.")
    return _pas_apres(table, "limite", DateAffichee(limite, du, au))


def _date_du_mois(table: Table, cle: str) -> DateAffichee | None:
    limite, premier = table.date(cle), lire_date(f"{cle}-01")
    if premier is None or len(cle) != 7:
        table.refuser(cle, "il faut un mois : 2026-12 = 2026-11-20.")
        return None
    return None if limite is None else _pas_apres(table, cle, DateAffichee(limite, premier, dernier_du_mois(premier)))


def _date_des_vacances(table: Table, cle: str) -> DateAffichee | None:
    limite = table.date(cle)
    if not table.nom_de_vacances(cle, cle) or limite is None:
        return None
    return DateAffichee(limite, vacances=cle)


def _pas_apres(table: Table, cle: str, affichee: DateAffichee) -> DateAffichee:
    if affichee.au is not None and affichee.limite > affichee.au:
        table.refuser(cle, "cette date limite vient après tous les jours qu’elle concerne.")
    return affichee
