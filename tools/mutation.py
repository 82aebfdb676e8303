"""Plants faults in the rules, one at a time and on a copy, and fails when the tests do not see one of them.

Each fault is an exact text of a file of domain/ and what replaces it. A text that is no longer found fails too: the
list must follow the code. Run by `make mutation`.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

RACINE = Path(__file__).resolve().parent.parent
PROCESSUS = 2
# A fault that makes a loop endless is seen by the clock.
DELAI_SECONDES = 60


@dataclass(frozen=True)
class Faute:
    """`tests`: names of tests/domain/test_<name>.py that must turn red."""

    fichier: str
    texte: str
    remplacement: str
    tests: tuple[str, ...]


def faute(fichier: str, texte: str, remplacement: str, *tests: str) -> Faute:
    return Faute(fichier, texte, remplacement, tests)


FAUTES = (
    faute("montants.py", "* 100 + _DEMI)", "* 100)", "montants"),
    faute("montants.py", "* 100 + _DEMI)", "* 100 + _DEMI - Fraction(1, 1000))", "montants"),
    faute("horloge.py", "if heure == 2 and _est_heure_manquante(instant):", "if False:", "horloge"),
    faute("horloge.py", "avant < apres", "avant != apres", "horloge"),
    faute("horloge.py", "if minutes == MINUTES_PAR_JOUR:", "if minutes > MINUTES_PAR_JOUR:", "horloge"),
    faute("horloge.py", "(instant.astimezone(UTC) - timedelta(hours=heures)).astimezone(PARIS)",
          "instant - timedelta(hours=heures)", "horloge"),
    faute("calendrier.py", "and jour <= self._periodes[rang - 1].au", "and jour < self._periodes[rang - 1].au",
          "calendrier"),
    faute("calendrier.py", "bisect_right(self._debuts, jour)", "bisect_right(self._debuts, jour - _UN_JOUR)",
          "calendrier"),
    faute("calendrier.py", "and jour not in self.feries and self.vacances_du(jour) is None",
          "and self.vacances_du(jour) is None", "calendrier"),
    faute("calendrier.py", "jour.weekday() < 5 and", "jour.weekday() < 6 and", "calendrier"),
    faute("calendrier.py", "_DUREE_MINIMALE_VACANCES = 7", "_DUREE_MINIMALE_VACANCES = 1", "calendrier"),
    faute("calendrier.py", "avant[-1].au + _UN_JOUR", "avant[-1].au", "calendrier"),
    faute("calendrier.py", "mots == ses_mots and (not annees or", "mots == ses_mots and (True or", "calendrier"),
    faute("rythmes.py", "if self.du <= jour <= self.au:", "if self.du <= jour:", "rythmes"),
    faute("rythmes.py", "premier = lundi_de(self.du)", "premier = self.du", "rythmes"),
    faute("rythmes.py", "return tous[:: _UNE_SUR[self.semaines]]",
          "return [j for j in tous if j.isocalendar().week % _UNE_SUR[self.semaines] == 0]", "rythmes"),
    faute("rythmes.py", "Semaines.PAIRES: 0, Semaines.IMPAIRES: 1", "Semaines.PAIRES: 1, Semaines.IMPAIRES: 0",
          "rythmes"),
    faute("rythmes.py", "self.au - self.du > DUREE_MAXIMALE:", "self.au - self.du > 2 * DUREE_MAXIMALE:", "rythmes"),
    faute("gardes.py", "ecart = lundi_de(jour) - lundi_de(self.semaine_ancre)", "ecart = jour - self.semaine_ancre",
          "rythmes"),
    faute("comptage.py", "while nombre and jour > plancher:", "while nombre > 1 and jour > plancher:", "delais"),
    faute("comptage.py", "jours_exclus=frozenset({5, 6}), sauf_feries=True", "jours_exclus=frozenset({5, 6})",
          "delais"),
    faute("comptage.py", "or (self.sauf_vacances and calendrier.vacances_du(jour) is not None)", "", "delais"),
    faute("comptage.py", "or (self.sauf_fermetures and contexte.est_ferme(jour))", "", "delais"),
    faute("comptage.py", "jour + timedelta(days=sens * ecart)", "jour + timedelta(days=ecart)", "delais"),
    faute("delais.py", "return None if limite is None else min(limite, fin_du_jour(jour))", "return limite", "delais"),
    faute("delais.py", "(repere.weekday() - self.rang - 1) % 7 + 1", "(repere.weekday() - self.rang) % 7", "delais"),
    faute("delais.py", "self.rang - 7 * self.semaines_avant", "self.rang - 7 * min(self.semaines_avant, 1)", "delais"),
    faute("delais.py", "min(premier + timedelta(days=self.quantieme - 1), dernier_du_mois(premier))",
          "premier + timedelta(days=self.quantieme - 1)", "delais"),
    faute("delais.py", "7 * (self.ordre - 1)", "7 * self.ordre", "delais"),
    faute("delais.py", "if self.comptage == TOUS:", "if True:", "delais"),
    faute("delais.py", "if reste <= instant - minuit:", "if True:", "delais"),
    faute("delais.py", "self.en_vacances == (calendrier.vacances_du(jour) is not None)", "True", "delais"),
    faute("delais.py", "if cas.concerne(jour, calendrier)), NonPrevu())",
          "if cas.concerne(jour, calendrier)), SansLimite())", "delais"),
    faute("delais.py", "case DatesAffichees() if not regle.est_datee(jour, calendrier):", "case DatesAffichees():",
          "verifications"),
    faute("delais.py", "return noms | vacances_nommees(regle.sinon)", "return noms", "verifications"),
    faute("verifications.py", "if not prevoit(regle, jour, calendrier)", "if prevoit(regle, jour, calendrier)",
          "verifications"),
    faute("verifications.py", "du = max(activite.du or aujourd_hui, aujourd_hui)", "du = activite.du or aujourd_hui",
          "verifications"),
    faute("verifications.py", "if not calendrier.connait(jour):", "if False:", "verifications"),
    faute("verifications.py", "if unite.delai_annulation != unite.delai_ajout:", "if True:", "verifications"),
    faute("calendrier.py", "jour <= self._periodes[-1].au", "True", "ouvertures"),
    faute("ouvertures.py", "(connu or not p.depend_du_calendrier) and", "", "ouvertures"),
    faute("lecture.py", "if est_nom_de_vacances(nom):", "if True:", "refus_de_document"),
    faute("tarifs.py", "etapes[:] = [f\"{titre} : un autre tarif s’applique.\"]",
          "etapes.append(f\"{titre} : un autre tarif s’applique.\")", "tarifs"),
    faute("montants.py", "if exact.denominator == 1:", "if True:", "tarifs"),
    faute("lecture.py", "    if minutes == MINUTES_PAR_JOUR - 1:\n        return MINUTES_PAR_JOUR\n", "", "delais"),
    faute("lecture.py", "return minutes if minutes <= MINUTES_PAR_JOUR else None", "return minutes",
          "refus_de_document"),
    faute("lecture.py", "if cle not in self._connues:", "if False:", "refus_de_document"),
    faute("lecture.py", "isinstance(brut, bool) or not isinstance(brut, int | Decimal | str)",
          "not isinstance(brut, int | Decimal | str | float)", "refus_de_document"),
    faute("lecture_tranches.py", "if declare > attendu:", "if False:", "refus_de_document"),
    faute("lecture_tranches.py", "elif declare < attendu:", "elif False:", "refus_de_document"),
    faute("lecture_tranches.py", 'exclue="moins_de", cote=1', 'exclue="moins_de", cote=0', "tarifs"),
    faute("lecture_tarifs.py", "if sans_qf is None and not bareme.a_un_plafond():", "if False:", "refus_de_document"),
    faute("lecture_tarifs.py", "100 - nombre", "nombre", "tarifs"),
    faute("baremes.py", "valeur < self.haut or (self.haut_inclus and valeur == self.haut)", "valeur <= self.haut",
          "tarifs"),
    faute("baremes.py", "if self.minimum is not None and montant < self.minimum:", "if False:", "publies"),
    faute("baremes.py", "if self.maximum is not None and montant > self.maximum:", "if False:", "publies"),
    faute("baremes.py", "valeur = max(valeur, self.plancher)", "pass", "publies"),
    faute("baremes.py", "min(valeur, self.plafond)", "valeur", "publies"),
    faute("baremes.py", "rang = min(rang + 1, len(self.taux) - 1)", "rang = rang", "tarifs"),
    faute("baremes.py", "if self.sans_qf is not None:", "if False:", "tarifs"),
    faute("tarifs.py", "if rang <= circonstance.rang", "if rang < circonstance.rang", "tarifs"),
    faute("tarifs.py", "rangs[-1][1].appliquer", "rangs[0][1].appliquer", "tarifs"),
    faute("tarifs.py", "if not circonstance.resident and self.non_resident", "if self.non_resident", "tarifs"),
    faute("tarifs.py", "if circonstance.oublis < modificateur.oublis_pardonnes:",
          "if circonstance.oublis <= modificateur.oublis_pardonnes:", "tarifs"),
    faute("tarifs.py", "montant = max(montant + self.supplement, Fraction(0))", "montant = montant + self.supplement",
          "tarifs"),
    faute("tarifs.py", "version.du <= jour]", "version.du < jour]", "tarifs"),
    faute("tarifs.py", "valables[-1] if valables", "valables[0] if valables", "tarifs"),
    faute("tarifs.py", "    Etat.ABSENTE_JUSTIFIEE: _RIEN,\n", "", "tarifs"),
    faute("tarifs.py", "if plus_haut > version.cout:", "if plus_haut >= version.cout:", "tarifs"),
    faute("ouvertures.py", "if ferie is not None:", "if False:", "ouvertures"),
    faute("ouvertures.py", "if activite.au is not None and jour > activite.au:", "if False:", "ouvertures"),
    faute("ouvertures.py", "if any(exception.couvre(structure.code, jour) for exception in exceptionnelles):",
          "if False:", "ouvertures"),
    faute("structures.py", "self.du <= jour <= self.au and (", "self.du <= jour < self.au and (", "ouvertures"),
    faute("structures.py", "(self.unites is None or unite in self.unites) and", "True and", "ouvertures"),
    faute("unites.py", "return self.periode is not Periode.VACANCES", "return True", "ouvertures"),
    faute("unites.py", "if self.periode is Periode.ECOLE:\n            return False", "pass", "ouvertures"),
    faute("capacites.py", "max(self.places - occupees, 0)", "self.places - occupees", "catalogue"),
    faute("capacites.py", "unite in self.unites and", "", "catalogue"),
    faute("lecture_activites.py", "unite.exclut | {autre.code for autre in unites.values() if code in autre.exclut}",
          "unite.exclut", "catalogue"),
    faute("creneaux.py", "for requise in sorted(exige.get(unite, frozenset()) - apres):",
          "for requise in sorted(set()):", "catalogue"),
    faute("catalogue.py", "if unite.code in _exigences(unite, unites):", "if False:", "refus_de_document"),
    faute("catalogue.py", "tardive if tardive > normale else None", "tardive", "delais"),
    faute("catalogue.py", "if isinstance(valeur, Decimal):", "if False:", "catalogue"),
    faute("brouillons.py", "etat.seq <= part.seq:", "etat.seq < part.seq:", "brouillons"),
    faute("brouillons.py", "and not etat.est_dernier_mot", "", "brouillons"),
    faute("brouillons.py", "(not est_meme_page and etat.version", "(etat.version", "brouillons"),
    faute("brouillons.py", "if change and (etat.est_perime", "if (etat.est_perime", "brouillons"),
    faute("brouillons.py", "etat.est_perime or", "", "brouillons"),
    faute("brouillons.py", "ajouts=(part.ajouts - vus) | ((vus & coches) - reserves)",
          "ajouts=part.ajouts | ((vus & coches) - reserves)", "brouillons"),
    faute("brouillons.py", "((vus & reserves) - coches)", "(vus - coches)", "brouillons"),
    faute("creneaux.py", "faits.maintenant >= faits.limite_ajout", "faits.maintenant > faits.limite_ajout", "creneaux"),
    faute("creneaux.py", "faits.maintenant >= faits.limite_annulation", "faits.maintenant > faits.limite_annulation",
          "creneaux"),
    faute("creneaux.py", "faits.maintenant >= faits.limite_hors_delai", "faits.maintenant > faits.limite_hors_delai",
          "creneaux"),
    faute("creneaux.py", "faits.places <= 0", "faits.places < 0", "creneaux"),
    faute("creneaux.py", "return Verdict(est_hors_delai=tardif)", "return Verdict()", "creneaux"),
    faute("creneaux.py", "apres = (reserves - {u for u in retraits if u not in heurts}) | admis",
          "apres = (reserves - retraits) | admis", "creneaux"),
    faute("creneaux.py", "if opposees and unite in admis:", "if opposees:", "creneaux"),
    faute("creneaux.py", "elif requise in retraits and", "elif", "creneaux"),
    faute("silences.py", "min(jour.day, dernier)", "jour.day if jour.day < 29 else 28", "silences"),
    faute("silences.py", "if prevue is not None and prevue <= demande:", "if prevue is not None and prevue < demande:",
          "silences"),
    faute("quotients.py", "if (fin - du).days <= self.renouvellement_jours:",
          "if (fin - du).days < self.renouvellement_jours:", "quotients"),
    faute("quotients.py", "p.du < du and (p.au is None or p.au >= du)", "p.du < du and (p.au is None or p.au > du)",
          "quotients"),
    faute("quotients.py", "jour.month <= 8", "jour.month < 8", "quotients"),
    faute("absences.py", "ECART_MAXIMAL = timedelta(days=7)", "ECART_MAXIMAL = timedelta(days=6)", "absences"),
    faute("absences.py", "if maintenant >= regle.paliers[-1]", "if maintenant > regle.paliers[-1]", "absences"),
    # Real hours, not those of the clock on the wall: the night of a clock change has one more or one less.
    faute("absences.py", "(depart.astimezone(UTC) + timedelta(hours=self.heures)).astimezone(PARIS)",
          "depart + timedelta(hours=self.heures)", "absences"),
    faute("inscriptions.py", "mois >= (campagne.age_max + 1) * 12", "mois > (campagne.age_max + 1) * 12",
          "inscriptions"),
    faute("inscriptions.py", "if debut <= au and du <= fin]", "if debut < au and du <= fin]", "inscriptions"),
    faute("facturation.py", "if not ligne.est_geste:", "if True:", "facturation"),
    faute("facturation.py", "sorted(disponible, reverse=True)", "sorted(disponible)", "facturation"),
    faute("facturation.py", "min(voulu, disponible[facture_id], restes.get(facture_id, 0))",
          "min(voulu, disponible[facture_id])", "facturation"),
    faute("facturation.py", "if precedent in deja:", "if True:", "facturation"),
    faute("factures.py", "avoirs_centimes >= total_centimes", "avoirs_centimes > total_centimes", "factures"),
    faute("soldes.py", "key=lambda c: (c.echeance, c.id)", "key=lambda c: c.id", "soldes"),
    faute("soldes.py", "if c.est_automatique and c.reste_centimes", "if c.reste_centimes", "soldes"),
    faute("soldes.py", "[credit.pour] if credit.pour in self.creances else []", "[]", "soldes"),
    faute("regies.py", "max(emise_le, connue_le) + DELAI_MINIMUM:", "max(emise_le, connue_le):", "regies"),
    faute("regies.py", "(bool(r.activites), bool(r.structures))", "(bool(r.structures), bool(r.activites))", "regies"),
    faute("payfip.py", "for minutes in (2, 5, 15, 30)", "for minutes in (2, 5, 30)", "payfip"),
    faute("payfip.py", "lettres[-(30 - len(suffixe)) :]", "lettres[: 30 - len(suffixe)]", "payfip"),
    faute("suites_payfip.py", "bloque = est_bloquant and reponse.resultrans in PAYES", "bloque = False",
          "suites_payfip"),
    faute("suites_payfip.py", "(silence is Silence.INCONNU and age >= DUREE_BLOCAGE)", "False",
          "suites_payfip"),
    faute("suites_payfip.py", "est_bloquant and age < DUREE_BLOCAGE", "age < DUREE_BLOCAGE", "suites_payfip"),
    faute("attestations.py", "plafond = min(base_centimes, montant_centimes)", "plafond = montant_centimes",
          "attestations"),
    faute("attestations.py", "max(versement.le.year, quand) == annee", "versement.le.year == annee", "attestations"),
    faute("attestations.py", "naissance.year >= annee - _AGE_LIMITE", "naissance.year > annee - _AGE_LIMITE",
          "attestations"),
    faute("lecteurs.py", "return bool(enfants) and ", "return ", "lecteurs"),
    faute("lecteurs.py", "(not concernes or None in concernes)", "not concernes", "lecteurs"),
    faute("lecteurs.py", " and not est_fermee(concernes, est_importee=est_importee)", "", "lecteurs"),
)  # fmt: skip


def copier(copie: Path) -> None:
    """The rules and their tests, alone: nothing is ever planted in the work tree."""
    (copie / "portail_famille").mkdir()
    for fichier in ("portail_famille/__init__.py", "tests/__init__.py"):
        (copie / fichier).parent.mkdir(exist_ok=True)
        shutil.copy(RACINE / fichier, copie / fichier)
    for partie in ("portail_famille/domain", "tests/domain", "tests/support", "tests/data", "docs"):
        shutil.copytree(RACINE / partie, copie / partie, ignore=shutil.ignore_patterns("__pycache__"))


def essayer(numero: int) -> tuple[int, str, float]:
    """« vue », « SURVIT » or « INTROUVABLE », and how long it took."""
    fautive, debut = FAUTES[numero], time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mutation-") as dossier:
        copie = Path(dossier)
        copier(copie)
        cible = copie / "portail_famille" / "domain" / fautive.fichier
        source = cible.read_text(encoding="utf-8")
        if source.count(fautive.texte) != 1:
            return numero, "INTROUVABLE", 0.0
        cible.write_text(source.replace(fautive.texte, fautive.remplacement), encoding="utf-8")
        verdict = "vue" if echouent(copie, fautive.tests) else "SURVIT"
    return numero, verdict, time.monotonic() - debut


def echouent(copie: Path, tests: Iterable[str]) -> bool:
    """Whether these tests fail on the copy, or hang."""
    fichiers = [f"tests/domain/test_{nom}.py" for nom in tests]
    commande = [sys.executable, "-B", "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *fichiers]
    environnement = os.environ | {"PYTHONPATH": str(copie), "HYPOTHESIS_STORAGE_DIRECTORY": str(copie / "hypothesis")}
    try:
        resultat = subprocess.run(
            commande, cwd=copie, env=environnement, capture_output=True, timeout=DELAI_SECONDES, check=False
        )
    except subprocess.TimeoutExpired:
        return True
    return resultat.returncode != 0


def sans_faute_tout_est_vert() -> bool:
    """Without it, tests that fail for another reason would pass for tests that see every fault."""
    with tempfile.TemporaryDirectory(prefix="mutation-") as dossier:
        copier(Path(dossier))
        return not echouent(Path(dossier), sorted({nom for fautive in FAUTES for nom in fautive.tests}))


def main() -> int:
    debut, rates = time.monotonic(), 0
    if not sans_faute_tout_est_vert():
        print("The tests fail without any fault: nothing to measure.")
        return 1
    with ThreadPoolExecutor(PROCESSUS) as atelier:
        for numero, verdict, duree in atelier.map(essayer, range(len(FAUTES))):
            fautive = FAUTES[numero]
            rates += verdict != "vue"
            extrait = " ".join(fautive.texte.split())[:60]
            print(f"{numero + 1:3}  {verdict:<11}  {duree:4.1f} s  {fautive.fichier:<22}  {extrait}", flush=True)
    print(f"{len(FAUTES)} faults planted, {rates} not seen, {time.monotonic() - debut:.0f} s.")
    return 1 if rates else 0


if __name__ == "__main__":
    sys.exit(main())
