"""Home and « Ma famille » in words."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from portail_famille.domain.horloge import PARIS
from portail_famille.presentation.formats import (
    date_courte,
    date_longue,
    enumerer,
    heure,
    limite,
    liste_de_jours,
    nom_du_jour,
    pluriel,
    quantieme,
)
from portail_famille.presentation.gardes import phrase_de_garde
from portail_famille.presentation.mots import de, ecrire_a, pastille
from portail_famille.presentation.vues import Lien, Pastille, Tuile
from portail_famille.presentation.vues_accueil import (
    Accueil,
    ActiviteEnfant,
    EnfantActivites,
    Famille,
    LigneDemain,
    MembreAdulte,
    MembreEnfant,
)
from portail_famille.services.dossiers import Dossier, EnfantLu, InscriptionLue, jour_de
from portail_famille.services.foyers import FoyerLu

_HORIZON = 21
"""Days ahead in which a deadline may fall within the next two."""
_BIENTOT = timedelta(hours=48)
_SOIR = 18
_ACTIVITES_CITEES = 3


def composer_accueil(
    dossier: Dossier,
    prenom: str,
    hrefs: dict[int, str],
    liens: dict[str, str],
    dues: Sequence[Tuile] = (),
    fonctions: Sequence[Tuile] = (),
) -> Accueil:
    """Tiles: what is due first, then one per function (`dues` and `fonctions` add those of other rooms). `liens`:
    addresses by name. Tomorrow's bookings are loaded."""
    local = dossier.maintenant.astimezone(PARIS)
    demain = local.date() + timedelta(days=1)
    return Accueil(
        date_longue=date_longue(local.date(), annee=False).capitalize(),
        salut=f"{'Bonsoir' if local.hour >= _SOIR else 'Bonjour'} {prenom}",
        tuiles=(*tuiles_dues(dossier, hrefs, liens), *dues, *_tuiles_fixes(dossier, liens, fonctions)),
        demain_titre=f"Demain, {nom_du_jour(demain)} {quantieme(demain)}",
        demain=tuple(ligne for e in dossier.visibles if (ligne := _demain(dossier, e, demain)) is not None),
        raccourcis=tuple(Lien(f"Agenda {de(e.prenom)}", hrefs[e.id], "agenda") for e in dossier.visibles),
    )


def tuiles_dues(dossier: Dossier, hrefs: dict[int, str], liens: dict[str, str]) -> list[Tuile]:
    """A draft to validate, a deadline within two days."""
    tuiles = []
    touches = [e for e in dossier.visibles if not dossier.part(e.id).est_vide]
    combien = sum(len(dossier.part(e.id).ajouts) + len(dossier.part(e.id).retraits) for e in touches)
    if combien:
        tuiles.append(
            Tuile(
                titre=pluriel(combien, "choix", "choix"),
                texte="Pas encore réservé\u00a0: vérifiez, puis validez.",
                href=liens["recapitulatif"],
                badge="à valider",
                badge_genre="attente",
                enfants=tuple(pastille(e) for e in touches),
            )
        )
    echeance = _prochaine_echeance(dossier)
    if echeance is not None:
        quand, jours, enfants = echeance
        jour = jours[0]
        tuiles.append(
            Tuile(
                titre=liste_de_jours(jours).capitalize(),
                texte="Dernier moment pour changer d’avis.",
                href=f"{hrefs[enfants[0].id]}?mois={jour:%Y-%m}",
                badge=_bref(quand, dossier.maintenant),
                badge_genre="attente",
                enfants=tuple(pastille(e) for e in enfants),
            )
        )
    return tuiles


def _tuiles_fixes(dossier: Dossier, liens: dict[str, str], autres: Sequence[Tuile]) -> list[Tuile]:
    activites = dossier.regles.catalogue.activites
    structures = dossier.regles.catalogue.structures
    # A family whose structures are all read by their agendas has nothing to book here.
    noms = list(
        dict.fromkeys(
            activites[i.activite].nom
            for e in dossier.visibles
            for i in e.inscriptions
            if not structures[i.structure].est_en_lecture
        )
    )
    prenoms = enumerer([e.prenom for e in dossier.visibles])
    return [
        *([Tuile("Réserver", _en_bref(noms), liens["nouvelle"], "agenda")] if noms else []),
        *autres,
        Tuile("Ma famille", prenoms or "Votre foyer", liens["famille"], "famille"),
        Tuile("Mes reçus", "L’historique de vos réservations", liens["recus"], "recu"),
        Tuile("Mon espace", "Mes informations, l’entourage, mes identifiants", liens["espace"], "info"),
    ]


def _en_bref(noms: list[str]) -> str:
    """A tile has room for three activities."""
    if not noms:
        return "Les activités de vos enfants"
    suite = "…" if len(noms) > _ACTIVITES_CITEES else ""
    premier, *autres = noms[:_ACTIVITES_CITEES]
    return ", ".join([premier, *(nom[:1].lower() + nom[1:] for nom in autres)]) + suite


def _prochaine_echeance(dossier: Dossier) -> tuple[datetime, list[date], list[EnfantLu]] | None:
    """The next deadline within two days: when, for which days, for whom."""
    regles, maintenant = dossier.regles, dossier.maintenant
    aujourdhui = jour_de(maintenant)
    limites: dict[datetime, tuple[set[date], dict[int, EnfantLu]]] = {}
    for enfant in dossier.visibles:
        for unite, _, inscription in dossier.unites(enfant):
            if regles.catalogue.structures[inscription.structure].est_en_lecture:
                continue
            for ecart in range(_HORIZON):
                jour = aujourdhui + timedelta(days=ecart)
                if not inscription.du <= jour <= inscription.au:
                    continue
                if not regles.ouverture(unite, inscription.structure, jour).ouvert:
                    continue
                borne = regles.limite_ajout(unite, inscription.structure, jour)
                if borne is not None and maintenant < borne <= maintenant + _BIENTOT:
                    jours, enfants = limites.setdefault(borne, (set(), {}))
                    jours.add(jour)
                    enfants[enfant.id] = enfant
    if not limites:
        return None
    premiere = min(limites)
    jours, enfants = limites[premiere]
    return premiere, sorted(jours), list(enfants.values())


def _bref(quand: datetime, maintenant: datetime) -> str:
    """« demain 12 h »: a badge is short."""
    texte = limite(quand, maintenant)
    mots = texte.split(", ")
    return f"{mots[0]} {mots[-1]}"


def _demain(dossier: Dossier, enfant: EnfantLu, jour: date) -> LigneDemain | None:
    """What a child has tomorrow, or whom she is with."""
    unites, attendues = [], set[str]()
    for code, unite_id, _ in dossier.unites(enfant):
        lue = dossier.reservations.get((enfant.id, unite_id, jour))
        if lue is not None and lue.est_active:
            unites.append(dossier.regles.catalogue.unites[code])
            attendues |= {code} if lue.etat == "demandee" else set()
    unites = list(dict.fromkeys(unites))
    if not unites:
        if dossier.est_chez_nous(enfant, jour):
            return None
        return LigneDemain(pastille(enfant), f"Chez {enfant.autre_parent or 'l’autre parent'}")
    debut = min((u.debut for u in unites if u.debut), default=None)
    fin = max((u.fin for u in unites if u.fin), default=None)
    heures = f"{heure(debut)} – {heure(fin)}" if debut and fin else ""
    noms = [f"{u.nom_court} (demandé)" if u.code in attendues else u.nom_court for u in unites]
    return LigneDemain(pastille(enfant), enumerer(noms), heures)


def composer_famille(dossier: Dossier, foyer: FoyerLu, hrefs: dict[int, str]) -> Famille:
    """Each member with an icon; a child's icon opens the agenda."""
    aujourdhui = jour_de(dossier.maintenant)
    qf = dossier.quotient(aujourdhui)
    fin = next((au for du, au, _ in dossier.quotients if du <= aujourdhui and (au is None or aujourdhui <= au)), None)
    valeur = "Pas connu\u00a0: le tarif maximum s’applique"
    if qf is not None:
        valeur = f"{qf:.2f}".replace(".", ",").removesuffix(",00") + (f", jusqu’au {date_courte(fin)}" if fin else "")
    adresse = ", ".join(filter(None, (foyer.adresse, f"{foyer.code_postal} {foyer.ville}".strip())))
    return Famille(
        enfants=tuple(_membre(dossier, e, aujourdhui, hrefs) for e in dossier.visibles),
        adultes=tuple(
            MembreAdulte(Pastille(a.prenom[:1].upper(), a.prenom, 0), f"{a.prenom} {a.nom}", a.est_payeur, a.telephone)
            for a in foyer.adultes
        ),
        foyer=(
            ("Adresse", adresse or "Pas connue"),
            ("Habite la commune", "Oui" if dossier.est_resident else "Non"),
            ("Quotient familial", valeur),
        ),
    )


def _membre(dossier: Dossier, enfant: EnfantLu, aujourdhui: date, hrefs: dict[int, str]) -> MembreEnfant:
    structures = dossier.regles.catalogue.structures
    ecole = dossier.regles.structures.get(enfant.structure_id or 0)
    lecture = next((i.structure for i in enfant.inscriptions if structures[i.structure].est_en_lecture), None)
    activites = dossier.regles.catalogue.activites
    noms = dict.fromkeys(activites[i.activite].nom for i in enfant.inscriptions if i.au >= aujourdhui)
    ou = [_age(enfant.naissance, aujourdhui), enfant.classe, structures[ecole].nom if ecole else ""]
    return MembreEnfant(
        pastille=pastille(enfant),
        nom=f"{enfant.prenom} {enfant.nom}",
        details=tuple(filter(None, (", ".join(filter(None, ou)), enumerer(list(noms))))),
        garde=phrase_de_garde(enfant.garde, dossier.regles.calendrier, aujourdhui) if enfant.garde else "",
        href_agenda=hrefs[enfant.id],
        ecrire=ecrire_a(dossier, lecture, enfant) if lecture else None,
        enfant_id=enfant.id,
    )


def _age(naissance: date, aujourdhui: date) -> str:
    mois = (aujourdhui.year - naissance.year) * 12 + aujourdhui.month - naissance.month
    mois -= aujourdhui.day < naissance.day
    return pluriel(max(mois, 0), "mois", "mois") if mois < 24 else pluriel(mois // 12, "an")


def _premier_jour(dossier: Dossier, inscription: InscriptionLue) -> date:
    """The first day of this activity that can still be booked, else its first day to come: where its arrow leads."""
    regles = dossier.regles
    debut = max(jour_de(dossier.maintenant), inscription.du)
    unites = regles.catalogue.activites[inscription.activite].unites
    ouverts = (
        (jour, unite)
        for jour in (debut + timedelta(days=n) for n in range((inscription.au - debut).days + 1))
        for unite in unites
        if regles.ouverture(unite, inscription.structure, jour).ouvert
    )
    premier = debut
    for rang, (jour, unite) in enumerate(ouverts):
        premier = jour if rang == 0 else premier
        borne = regles.limite_ajout(unite, inscription.structure, jour)
        if borne is None or dossier.maintenant < borne:
            return jour
    return premier


def composer_activites(dossier: Dossier, hrefs: dict[int, str]) -> tuple[EnfantActivites, ...]:
    """The wizard's second page: each child's activities, an arrow each."""
    aujourdhui = jour_de(dossier.maintenant)
    catalogue = dossier.regles.catalogue
    return tuple(
        EnfantActivites(
            pastille(enfant),
            tuple(
                ActiviteEnfant(
                    nom=catalogue.activites[i.activite].nom,
                    structure=catalogue.structures[i.structure].nom,
                    details="" if i.du <= aujourdhui else f"à partir du {date_courte(i.du)}",
                    href=f"{hrefs[enfant.id]}?mois={_premier_jour(dossier, i):%Y-%m}",
                    ecrire=(
                        ecrire_a(dossier, i.structure, enfant)
                        if catalogue.structures[i.structure].est_en_lecture
                        else None
                    ),
                )
                for i in enfant.inscriptions
                if i.au >= aujourdhui
            ),
        )
        for enfant in dossier.visibles
    )
