"""The QF in words: the family's page, the home's tile, « tarif maximum » wherever a price is, a declaration's lines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from portail_famille.domain.demarches import EtatDemarche
from portail_famille.domain.libelles import ecrire_date
from portail_famille.domain.quotients import ecrire_mois, ecrire_quotient, en_vigueur
from portail_famille.models.demarches import Demarche
from portail_famille.models.quotients import QuotientFamilial
from portail_famille.presentation.changements import DECIDE, Changement
from portail_famille.presentation.formats import date_courte, enumerer, euros
from portail_famille.presentation.vues import Tuile
from portail_famille.services.dossiers import Dossier, jour_de
from portail_famille.services.prix_quotients import comparer
from portail_famille.services.quotients import AVIS, MOYENS, ORGANISMES, dire_la_suite, periodes_de
from portail_famille.services.regles import Regles

EFFET = (
    "Vérifiez le montant sur le document. Accepter change les prix à partir de la date que vous choisissez, jamais "
    "avant la déclaration sauf si vous cochez «\u00a0rétroactif\u00a0»."
)
_ORIGINES = {
    "declare": "Déclaré, sans vérification",
    "prouve": "Vérifié sur justificatif",
    "obtenu": "Reçu de la CAF ou de la MSA",
}
_ETATS = {
    EtatDemarche.DEPOSEE: "La mairie l’a reçue et vous répondra.",
    EtatDemarche.EN_COURS: "La mairie l’examine.",
    EtatDemarche.COMPLEMENT_DEMANDE: "La mairie attend un complément de votre part.",
}
SANS_QUOTIENT = "Prix au tarif maximum\u00a0: nous ne connaissons pas votre quotient familial."


@dataclass(frozen=True, slots=True)
class QuotientDit:
    """One QF: « 842 », « du 1er janvier 2026 au 31 décembre 2026 », « Vérifié sur justificatif »."""

    valeur: str
    dates: str
    origine: str


@dataclass(frozen=True, slots=True)
class PrixDit:
    """A unit and its price today, with the sentences of « Pourquoi ce prix ? »."""

    nom: str
    prenoms: str
    centimes: int
    pourquoi: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ActiviteDite:
    """An activity: « 3,42 € » or « de 1,86 € à 3,45 € », then each of its prices."""

    nom: str
    resume: str
    prix: tuple[PrixDit, ...]


@dataclass(frozen=True, slots=True)
class PageQuotient:
    """`actuel` None: the highest price applies. `fin_proche` when the next one must be declared; `suite`: what follows
    the end of the one in force, however far."""

    actuel: QuotientDit | None
    fin_proche: str
    suite: str
    a_venir: tuple[QuotientDit, ...]
    anciens: tuple[QuotientDit, ...]
    activites: tuple[ActiviteDite, ...]
    demarche: tuple[str, str] | None
    """Number and state of the declaration under way."""


def composer_quotient(
    dossier: Dossier, quotients: Sequence[QuotientFamilial], ouverte: Demarche | None, rappel_jours: int
) -> PageQuotient:
    aujourdhui = jour_de(dossier.maintenant)
    vigueur = en_vigueur(periodes_de(list(quotients)), aujourdhui)
    actuel = next((q for q in quotients if vigueur is not None and q.id == vigueur.id), None)
    return PageQuotient(
        actuel=_dire(actuel) if actuel else None,
        fin_proche=_fin_proche(dossier, rappel_jours),
        suite=_suite(dossier, aujourdhui) if actuel else "",
        a_venir=tuple(_dire(q) for q in reversed(quotients) if q.du > aujourdhui),
        anciens=tuple(_dire(q) for q in quotients if q.du <= aujourdhui and q is not actuel),
        activites=_prix(dossier, aujourdhui),
        demarche=None if ouverte is None else (ouverte.numero, _ETATS[EtatDemarche(ouverte.etat)]),
    )


def mention_tarif(dossier: Dossier, du: date, au: date) -> str:
    """« Tarif maximum » for days on a screen where no QF is known, "" when each has its own (domain.md §8)."""
    aujourdhui = jour_de(dossier.maintenant)
    connu = dossier.quotient(aujourdhui)
    debut = max(du, aujourdhui)
    if debut > au:
        return "" if connu is not None else SANS_QUOTIENT
    manque = _premier_jour_sans(dossier, debut, au)
    if manque is None:
        return ""
    if connu is None:
        return SANS_QUOTIENT
    fin = f"votre quotient familial s’arrête le {ecrire_date(_fin(dossier, aujourdhui) or au)}."
    if manque == debut:
        return f"Prix au tarif maximum\u00a0: {fin}"
    return f"À partir du {date_courte(manque)}, prix au tarif maximum\u00a0: {fin}"


def tuile_quotient(dossier: Dossier, href: str, rappel_jours: int) -> Tuile | None:
    """On the home while none is known, or when it ends soon and nothing follows."""
    if not dossier.visibles:
        return None
    titre = "Déclarer votre nouveau QF"
    if dossier.quotient(jour_de(dossier.maintenant)) is None:
        return Tuile(titre, "Quotient familial pas connu\u00a0: tarif maximum.", href, "recu", "à faire", "attente")
    fin = _fin_proche(dossier, rappel_jours)
    return Tuile(titre, fin, href, "recu", "à faire", "attente") if fin else None


def tuile_declaration(ouverte: Demarche, href: str) -> Tuile | None:
    """In place of the other one while the town reads a declaration; what it waits for has its own tile."""
    if ouverte.etat == EtatDemarche.COMPLEMENT_DEMANDE:
        return None
    return Tuile("Quotient familial", "Votre déclaration est en cours de vérification.", href, "recu", "en cours")


def dire_quotient(avant: Mapping[str, Any], contenu: Mapping[str, Any], _regles: Regles) -> list[Changement]:
    """A declaration, for both sides."""
    connu = ecrire_quotient(avant["valeur"]) if avant.get("valeur") is not None else "pas connu"
    lignes = [
        Changement("Quotient familial", connu, ecrire_quotient(contenu["valeur"])),
        Changement("Justificatif", None, MOYENS.get(str(contenu["moyen"]), str(contenu["moyen"]))),
    ]
    if contenu.get("mois"):
        lignes.append(Changement("Mois du document", None, ecrire_mois(date.fromisoformat(contenu["mois"]))))
    if contenu.get("organisme"):
        lignes.append(Changement("Caisse", None, ORGANISMES.get(contenu["organisme"], contenu["organisme"])))
    if contenu.get("allocataire"):
        lignes.append(Changement("Numéro d’allocataire", None, str(contenu["allocataire"])))
    if contenu["moyen"] == AVIS:
        lignes.append(Changement("Revenu fiscal", None, f"{ecrire_quotient(contenu['revenu'])}\u00a0€"))
        isole = ", parent isolé" if contenu.get("parent_isole") else ""
        lignes.append(Changement("Parts", None, f"{contenu['parts']}{isole}"))
    lignes.append(Changement("Dates", None, _dire_dates(contenu)))
    decision = contenu.get("decision")
    if decision:
        retenu = f"{ecrire_quotient(decision['valeur'])}, {_dire_dates(decision)}"
        lignes.append(Changement(DECIDE, None, retenu))
    elif contenu.get("sans_quotient_le"):
        lignes.append(Changement("Ensuite", None, dire_la_suite(date.fromisoformat(contenu["sans_quotient_le"]))))
    return lignes


def _dire_dates(dates: Mapping[str, Any]) -> str:
    du, au = (ecrire_date(date.fromisoformat(dates[cle])) for cle in ("du", "au"))
    return f"du {du} au {au}"


def _dire(quotient: QuotientFamilial) -> QuotientDit:
    du = ecrire_date(quotient.du)
    dates = f"depuis le {du}" if quotient.au is None else f"du {du} au {ecrire_date(quotient.au)}"
    return QuotientDit(ecrire_quotient(quotient.valeur_centimes), dates, _ORIGINES[quotient.origine])


def _prix(dossier: Dossier, aujourdhui: date) -> tuple[ActiviteDite, ...]:
    catalogue = dossier.regles.catalogue
    groupes: dict[str, list[PrixDit]] = {}
    for ligne in comparer(dossier, dossier, dossier.visibles, aujourdhui):
        if ligne.avant is not None:
            dit = PrixDit(ligne.nom, enumerer(list(ligne.prenoms)), ligne.avant.centimes, ligne.avant.explication)
            groupes.setdefault(catalogue.activites[catalogue.unites[ligne.unite].activite].nom, []).append(dit)
    return tuple(ActiviteDite(nom, _resumer(prix), tuple(prix)) for nom, prix in groupes.items())


def _resumer(prix: Sequence[PrixDit]) -> str:
    bas, haut = (borne(p.centimes for p in prix) for borne in (min, max))
    return euros(bas) if bas == haut else f"de {euros(bas)} à {euros(haut)}"


def _suite(dossier: Dossier, aujourdhui: date) -> str:
    fin = _fin(dossier, aujourdhui)
    return f"{dire_la_suite(fin + timedelta(days=1))}." if fin else ""


def _fin_proche(dossier: Dossier, rappel_jours: int) -> str:
    """« S’arrête le 31 décembre 2026 », when it is soon and nothing follows."""
    aujourdhui = jour_de(dossier.maintenant)
    if dossier.quotient(aujourdhui) is None:
        return ""
    fin = _fin(dossier, aujourdhui)
    if fin is None or (fin - aujourdhui).days > rappel_jours:
        return ""
    return f"Le vôtre s’arrête le {ecrire_date(fin)}."


def _fin(dossier: Dossier, jour: date) -> date | None:
    """Last day of a run of QF that begins with the one in force that day; None: until further notice."""
    while True:
        fin = next((au for du, au, _ in dossier.quotients if du <= jour and (au is None or jour <= au)), None)
        if fin is None or dossier.quotient(fin + timedelta(days=1)) is None:
            return fin
        jour = fin + timedelta(days=1)


def _premier_jour_sans(dossier: Dossier, du: date, au: date) -> date | None:
    jours = (du + timedelta(days=n) for n in range((au - du).days + 1))
    return next((jour for jour in jours if dossier.quotient(jour) is None), None)
