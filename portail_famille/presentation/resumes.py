"""The draft in words: the summary bar, « Vérifiez votre demande », the receipt and its mail."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any

from portail_famille.domain.creneaux import Refus
from portail_famille.models.reservations import Recu
from portail_famille.presentation.formats import (
    INSECABLE,
    date_et_heure,
    detail_de_jours,
    enumerer,
    euros,
    liste_de_jours,
    mois_annee,
    nom_du_mois,
    pluriel,
)
from portail_famille.presentation.mots import COULEURS, RAISONS, pastille
from portail_famille.presentation.quotients import mention_tarif
from portail_famille.presentation.vues import Avis, Pastille
from portail_famille.presentation.vues_agenda import Resume
from portail_famille.presentation.vues_reservations import (
    DemandeDuRecu,
    EnfantRecap,
    LigneRecap,
    LigneRecu,
    MoisRecap,
    Recapitulatif,
    RecuListe,
    RecuVue,
)
from portail_famille.services.accuses import dire_accuse
from portail_famille.services.bilans import Bilan, Changement, Mois, bornes, compter_ailleurs
from portail_famille.services.dossiers import Dossier, jour_de

_JOURS_DETAILLES = 4


def composer_resume(dossier: Dossier, bilan: Bilan, mois: Mois, enfant_id: int) -> Resume:
    """The live summary: counts over the whole draft, amount of the month on screen."""
    ailleurs = compter_ailleurs(dossier, mois)
    ajouts = ailleurs.ajouts + sum(c.ajout for c in bilan.faisables)
    retraits = ailleurs.retraits + sum(not c.ajout for c in bilan.faisables)
    du_mois = next((m for m in bilan.mois if m.mois == mois), None)
    heurts = (phrase_refus(dossier, c) for c in bilan.refuses if c.refus is Refus.INCOMPATIBLE)
    return Resume(
        version=dossier.part(enfant_id).version,
        ajouts=ajouts,
        retraits=retraits,
        refus=len(bilan.refuses),
        mois=mois_annee(date(*mois, 1)).split()[0],
        montant_centimes=du_mois.apres_centimes if du_mois else 0,
        ecart_centimes=du_mois.apres_centimes - du_mois.avant_centimes if du_mois else 0,
        ailleurs_centimes=ailleurs.ecart_centimes,
        alertes=tuple(dict.fromkeys(heurts)),
    )


def phrase_refus(dossier: Dossier, c: Changement) -> str:
    """Why a slot of the draft cannot be booked (or cancelled), as a sentence."""
    unites = dossier.regles.catalogue.unites
    nom, jour = unites[c.unite].nom_court, liste_de_jours([c.jour])
    if c.refus is Refus.INCOMPATIBLE:
        autre = unites[c.avec].nom_court
        if c.est_manquante:
            return f"{nom}, {jour}{INSECABLE}: il faut aussi réserver «{INSECABLE}{autre}{INSECABLE}»."
        if not c.ajout:
            return f"{nom}, {jour}{INSECABLE}: «{INSECABLE}{autre}{INSECABLE}» en a besoin, retirez les deux."
        ensemble = sorted((c.unite, c.avec), key=lambda code: unites[code].ordre)
        return f"{enumerer([unites[code].nom_court for code in ensemble])} ne vont pas ensemble, {jour}."
    if c.refus is Refus.FERME:
        inscription = dossier.inscription(c.enfant, c.unite, c.jour)
        if inscription is not None:
            motif = dossier.regles.ouverture(c.unite, inscription.structure, c.jour).motif
            if motif:
                return motif
    return _PHRASES.get(c.refus, "Ce jour ne peut pas être changé.") if c.refus else ""


_PHRASES = {
    Refus.DELAI: "Le délai est passé.",
    Refus.COMPLET: "Il n’y a plus de place ce jour-là.",
    Refus.AUTRE_FOYER: "L’autre parent a déjà réservé ce jour.",
    Refus.INDISPONIBLE: "Ce jour n’est pas disponible.",
    Refus.NON_INSCRIT: "Pas d’inscription à cette date.",
    Refus.LECTURE: "À demander par mail à la structure.",
    Refus.FERME: "C’est fermé ce jour-là.",
    Refus.SANS_TARIF: "Le tarif de ce jour n’est pas encore connu.",
    Refus.POINTE: "La présence de ce jour est déjà notée.",
}


def composer_recapitulatif(
    dossier: Dossier, bilan: Bilan, hrefs: dict[int, str], avis: tuple[Avis, ...] = ()
) -> Recapitulatif:
    """« Vérifiez votre demande »: what is added, removed, refused per child and unit, then each month's amounts."""
    ajouts = [c for c in bilan.faisables if c.ajout]
    retraits = [c for c in bilan.faisables if not c.ajout]
    return Recapitulatif(
        enfants=tuple(
            EnfantRecap(pastille(enfant), hrefs[enfant.id], lignes)
            for enfant in dossier.visibles
            if (lignes := _lignes(dossier, [c for c in bilan.changements if c.enfant.id == enfant.id]))
        ),
        mois=_mois((m.mois, m.avant_centimes, m.apres_centimes) for m in bilan.mois),
        ajouts=len(ajouts),
        retraits=len(retraits),
        refus=len(bilan.refuses),
        # By the months, not by the changes: a brother's booking may become cheaper with this one (rangs).
        ecart_centimes=sum(m.apres_centimes - m.avant_centimes for m in bilan.mois),
        estimation=_estimation(dossier, bilan),
        empreinte=bilan.empreinte(dossier.brouillon.version),
        version=dossier.brouillon.version,
        confirmation=_confirmation(bilan.a_confirmer),
        avis=avis,
    )


def _estimation(dossier: Dossier, bilan: Bilan) -> str:
    qf = dossier.quotient(jour_de(dossier.maintenant))
    if qf is None:
        return (
            "Estimation au tarif maximum, car nous ne connaissons pas votre quotient familial. "
            "Le montant exact figure sur la facture."
        )
    valeur = f"{qf:.2f}".replace(".", ",").removesuffix(",00")
    fin = max((bornes(m.mois)[1] for m in bilan.mois), default=date.min)
    suite = mention_tarif(dossier, jour_de(dossier.maintenant), fin)
    estimation = f"Estimation avec votre quotient familial de {valeur}. Le montant exact figure sur la facture."
    return f"{estimation} {suite}".rstrip()


def _confirmation(a_confirmer: list[Changement]) -> str:
    if not a_confirmer:
        return ""
    par_enfant: dict[int, list[Changement]] = defaultdict(list)
    for c in a_confirmer:
        par_enfant[c.enfant.id].append(c)
    phrases = [
        f"{liste_de_jours([c.jour for c in groupe])}, {groupe[0].enfant.prenom} est chez "
        f"{groupe[0].enfant.autre_parent or 'l’autre parent'}"
        for groupe in par_enfant.values()
    ]
    texte = enumerer(phrases)
    return f"{texte[:1].upper()}{texte[1:]}. Je réserve quand même, et ces jours seront sur ma facture."


def _lignes(dossier: Dossier, changements: list[Changement]) -> tuple[LigneRecap, ...]:
    """One line per unit and sign; refusals one line per unit and reason."""
    unites = dossier.regles.catalogue.unites
    groupes: dict[tuple[int, str, str], list[Changement]] = defaultdict(list)
    for c in changements:
        signe = "x" if c.refus else "+" if c.ajout else "-"
        raison = phrase_refus(dossier, c) if c.refus else _precision(c.est_hors_delai, c.a_valider)
        groupes[unites[c.unite].ordre, signe, raison].append(c)
    ordre = {"+": 0, "-": 1, "x": 2}
    return tuple(
        _ligne(unites[groupe[0].unite].nom, signe, raison, groupe)
        for (_, signe, raison), groupe in sorted(groupes.items(), key=lambda g: (ordre[g[0][1]], g[0][0], g[0][2]))
    )


def _precision(est_hors_delai: bool, a_valider: bool) -> str:
    """Under a line that will be done."""
    dites = ("Hors délai, avec supplément." if est_hors_delai else "", A_VALIDER if a_valider else "")
    return " ".join(filter(None, dites))


A_VALIDER = "Demande à valider par la mairie."


def _ligne(nom: str, signe: str, raison: str, groupe: list[Changement]) -> LigneRecap:
    jours = [c.jour for c in groupe]
    total = sum(c.prix_centimes or 0 for c in groupe)
    return LigneRecap(
        signe=signe,
        nom=nom,
        jours=liste_de_jours(jours),
        detail=detail_de_jours(jours) if len(jours) >= _JOURS_DETAILLES else "",
        montant_centimes=None if signe == "x" else total if signe == "+" else -total,
        raison=raison,
    )


def _mois(mois: Iterable[tuple[Any, int, int]]) -> tuple[MoisRecap, ...]:
    lus = [(date(m[0], m[1], 1), avant, apres) for m, avant, apres in mois]
    annees = {jour.year for jour, _, _ in lus}
    return tuple(
        MoisRecap(mois_annee(jour) if len(annees) > 1 else mois_annee(jour).split()[0], avant, apres)
        for jour, avant, apres in lus
    )


def composer_recu(recu: Recu, par: str, courriel: str, *, est_nouveau: bool = False) -> RecuVue:
    """The receipt as it was issued: nothing is computed again."""
    contenu = recu.contenu
    pastilles = {
        int(enfant): Pastille(lu["prenom"][:1].upper(), lu["prenom"], (lu["rang"] - 1) % COULEURS + 1)
        for enfant, lu in contenu["enfants"].items()
    }
    return RecuVue(
        numero=recu.numero,
        emis=recu.emis_utc,
        par=par,
        courriel=courriel,
        lignes=tuple(
            LigneRecu(
                pastilles[ligne["enfant"]],
                ligne["unite"],
                pluriel(ligne["avant"], "jour"),
                pluriel(ligne["apres"], "jour"),
            )
            for ligne in contenu["jours"]
        ),
        changements=tuple(
            EnfantRecap(rond, "", lignes)
            for enfant, rond in pastilles.items()
            if (lignes := _lignes_du_recu([c for c in contenu["changements"] if c["enfant"] == enfant]))
        ),
        mois=_mois((m["mois"], m["avant"], m["apres"]) for m in contenu["mois"]),
        titre=_titre(contenu),
        periode=_periode(contenu["mois"]),
        est_nouveau=est_nouveau,
        demandes=tuple(
            DemandeDuRecu(d["numero"], f"{pastilles[d['enfant']].prenom}, {d['activite']}")
            for d in contenu.get("demandes", ())
        ),
        silence=next((dire_accuse(d["accuse"]).silence for d in contenu.get("demandes", ()) if d["accuse"]), ()),
    )


def _lignes_du_recu(changements: list[dict[str, Any]]) -> tuple[LigneRecap, ...]:
    groupes: dict[tuple[str, str, str], list[dict[str, Any]]] = defaultdict(list)
    for c in changements:
        signe = "x" if c["refus"] else "+" if c["ajout"] else "-"
        raison = RAISONS.get(c["refus"], "refusé").capitalize() if c["refus"] else ""
        if not c["refus"]:
            raison = _precision(c["hors_delai"], c.get("a_valider", False))
        groupes[signe, c["unite"], raison].append(c)
    lignes = []
    for (signe, nom, raison), groupe in groupes.items():
        jours = [date.fromisoformat(c["jour"]) for c in groupe]
        total = sum(c["centimes"] or 0 for c in groupe)
        montant = None if signe == "x" else total if signe == "+" else -total
        detail = detail_de_jours(jours) if len(jours) >= _JOURS_DETAILLES else ""
        lignes.append(LigneRecap(signe, nom, liste_de_jours(jours), detail, montant, raison))
    return tuple(sorted(lignes, key=lambda ligne: "+-x".index(ligne.signe)))


def composer_liste(recus: list[Recu]) -> tuple[RecuListe, ...]:
    return tuple(RecuListe(r.numero, r.emis_utc, _en_bref(r.contenu)) for r in recus)


def _en_bref(contenu: dict[str, Any]) -> str:
    """« Léa et Noé : 9 ajouts, 1 retrait »."""
    faits = [c for c in contenu["changements"] if not c["refus"]]
    ajouts = sum(c["ajout"] for c in faits)
    comptes = [pluriel(n, mot) for n, mot in ((ajouts, "ajout"), (len(faits) - ajouts, "retrait")) if n]
    prenoms = enumerer([lu["prenom"] for lu in contenu["enfants"].values()])
    return f"{prenoms}{INSECABLE}: {', '.join(comptes)}"


_OBJETS = {
    "C’est réservé.": "Vos réservations sont enregistrées",
    "C’est demandé.": "Votre demande est enregistrée",
    "C’est annulé.": "Vos annulations sont enregistrées",
    "C’est enregistré.": "Vos changements sont enregistrés",
}


def _titre(contenu: dict[str, Any]) -> str:
    """What was done, said in two words."""
    faits = [c for c in contenu["changements"] if not c["refus"]]
    ajouts = {c["ajout"] for c in faits}
    attentes = {c.get("a_valider", False) for c in faits if c["ajout"]}
    if True in attentes:
        return "C’est demandé." if len(ajouts) == len(attentes) == 1 else "C’est enregistré."
    return "C’est enregistré." if len(ajouts) > 1 else "C’est réservé." if True in ajouts else "C’est annulé."


def _periode(mois: list[dict[str, Any]]) -> str:
    """The months a receipt counts days over: « décembre 2026 », « décembre 2026 à juin 2027 »."""
    jours = [date(m["mois"][0], m["mois"][1], 1) for m in mois]
    noms = [f"{nom_du_mois(jour)} {jour.year}" for jour in jours]
    return noms[0] if len(noms) == 1 else f"{noms[0]} à {noms[-1]}" if noms else ""


def donnees_du_courriel(vue: RecuVue) -> dict[str, Any]:
    """What the mail « reservation_confirmee » says, in the words of the receipt."""
    return {
        "numero": vue.numero,
        "titre": vue.titre,
        "objet": _OBJETS[vue.titre],
        "emis": date_et_heure(vue.emis),
        "lignes": [
            (
                enfant.pastille.prenom,
                [
                    (
                        ligne.signe,
                        f"{ligne.nom}, {ligne.jours}" + (f" ({ligne.raison})" if ligne.raison else ""),
                        "" if ligne.montant_centimes is None else euros(ligne.montant_centimes, True),
                    )
                    for ligne in enfant.lignes
                ],
            )
            for enfant in vue.changements
        ],
        "mois": [(m.nom, euros(m.avant_centimes), euros(m.apres_centimes)) for m in vue.mois],
        "demandes": [(d.numero, d.nom) for d in vue.demandes],
        "silence": vue.silence,
    }
