"""A family's file as an agent reads it: everything on one page."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from portail_famille.domain.entourage import AUTORISATIONS, LIENS, REGIMES, Sante
from portail_famille.domain.gardes import Garde
from portail_famille.domain.horloge import PARIS
from portail_famille.domain.libelles import ecrire_date
from portail_famille.domain.pieces import ReglesPieces
from portail_famille.domain.quotients import ecrire_quotient
from portail_famille.models.comptes import Compte
from portail_famille.models.documents import Piece
from portail_famille.presentation.actes import COTES, dire_acte
from portail_famille.presentation.agent import LigneDemarche, composer_lignes, quand
from portail_famille.presentation.changements import dire_garde
from portail_famille.presentation.formats import telephone
from portail_famille.services.familles import (
    AdulteLu,
    AutorisationLue,
    AutoriteLue,
    ContactDuFoyer,
    EnfantDuFoyer,
    FamilleLue,
)
from portail_famille.services.foyers_saisis import ADULTES_MAXIMAUX
from portail_famille.services.journal import ActeLu

VACANCES = (
    ("", "Les semaines continuent"),
    ("debut_annees_paires", "Première moitié ici les années paires"),
    ("debut_annees_impaires", "Première moitié ici les années impaires"),
)


@dataclass(frozen=True, slots=True)
class AdulteVu:
    """`etat`: never activated, active, closed, no compte."""

    id: int
    nom: str
    est_payeur: bool
    etat: str
    etat_genre: str
    lignes: tuple[str, ...]
    compte_id: int | None
    a_courriel: bool
    """Without an address, writing one opens the compte."""
    renvoyable: bool
    fermable: bool
    rouvrable: bool
    ouvrable: bool


@dataclass(frozen=True, slots=True)
class AutoriteVue:
    id: int
    nom: str
    personne_id: int
    texte: str
    est_sans_fin: bool


@dataclass(frozen=True, slots=True)
class AutreFoyerVu:
    id: int
    nom: str
    est_permis: bool


@dataclass(frozen=True, slots=True)
class EnfantVu:
    """`sante` None: not asked for; `masque`: what is hidden from whom, in words."""

    id: int
    nom: str
    pai: bool
    lignes: tuple[str, ...]
    autre_foyer: AutreFoyerVu | None
    est_masque: bool
    masque: str
    autorites: tuple[AutoriteVue, ...]
    sans_autorite: tuple[tuple[int, str], ...]
    autorisations: tuple[tuple[str, str], ...]
    """Each question and its answer in force, with its date and whose it is; empty outside the agent's perimeter."""
    garde: Mapping[str, str]
    sante_permise: bool
    sante: tuple[tuple[str, str], ...] | None


@dataclass(frozen=True, slots=True)
class ContactVu:
    nom: str
    telephones: str
    liens: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PieceVue:
    """`id` None: it was not sent to the town, only its kind is said. `nom` "": an adult's own, opened all the same."""

    id: int | None
    genre: str
    nom: str
    quand: str


@dataclass(frozen=True, slots=True)
class LigneJournal:
    texte: str
    qui: str
    quand: str


@dataclass(frozen=True, slots=True)
class DossierVu:
    id: int
    nom: str
    parti: str
    infos: tuple[tuple[str, str], ...]
    demarches: tuple[LigneDemarche, ...]
    adultes: tuple[AdulteVu, ...]
    enfants: tuple[EnfantVu, ...]
    contacts: tuple[ContactVu, ...]
    pieces: tuple[PieceVue, ...]
    journal: tuple[LigneJournal, ...]
    a_place_d_adulte: bool


def composer_dossier(
    lue: FamilleLue,
    maintenant: datetime,
    *,
    structure: Callable[[str], str],
    est_partout: bool,
    taille_journal: int,
    regles_pieces: ReglesPieces,
    quotient: str = "",
    sante: Mapping[int, Sante] | None = None,
) -> DossierVu:
    """`sante`: that of the children the agent asked for, by id."""
    foyer = lue.foyer
    aujourdhui = maintenant.astimezone(PARIS).date()
    adresse = ", ".join(m for m in (foyer.adresse, f"{foyer.code_postal} {foyer.ville}".strip()) if m)
    infos = [
        ("Adresse", adresse or "inconnue"),
        ("Résidence", "dans la commune" if foyer.est_resident else "hors de la commune"),
        ("Personnes à charge", str(foyer.personnes_a_charge)),
    ]
    if foyer.ressources_mensuelles_centimes is not None:
        infos.append(("Ressources mensuelles", ecrire_quotient(foyer.ressources_mensuelles_centimes)))
    infos.append(("Quotient familial", quotient or "inconnu, tarif maximum"))
    if foyer.reference:
        infos.insert(0, ("Référence", foyer.reference))
    prenoms = {e.enfant.id: e.enfant.prenom for e in lue.enfants}
    return DossierVu(
        foyer.id,
        foyer.nom,
        f"parti le {ecrire_date(foyer.parti_le)}" if foyer.parti_le else "",
        tuple(infos),
        composer_lignes(list(lue.demarches), maintenant),
        tuple(_adulte(a) for a in lue.adultes),
        tuple(_enfant(e, lue, aujourdhui, structure, est_partout, (sante or {}).get(e.enfant.id)) for e in lue.enfants),
        tuple(_contact(c, prenoms) for c in lue.contacts),
        tuple(_piece(piece, est_ouverte, regles_pieces) for piece, est_ouverte in lue.pieces),
        tuple(_acte(a, prenoms, regles_pieces) for a in lue.journal[:taille_journal]),
        len(lue.adultes) < ADULTES_MAXIMAUX,
    )


def etat_du_compte(compte: Compte | None) -> tuple[str, str]:
    """Words and colour of the badge."""
    if compte is None:
        return "pas de compte", ""
    if not compte.est_actif:
        return "compte fermé", "erreur"
    return ("compte actif", "ok") if compte.active_utc is not None else ("jamais activé", "attente")


def _adulte(adulte: AdulteLu) -> AdulteVu:
    p, compte = adulte.personne, adulte.compte
    etat, genre = etat_du_compte(compte)
    numeros = [telephone(n) for n in (p.telephone, p.telephone_domicile, p.telephone_travail) if n]
    lignes = [p.courriel or "Pas d’adresse mail", ", ".join(numeros)]
    if compte is not None:
        lignes.append(f"Identifiant\u00a0: {compte.identifiant}")
        if compte.connecte_utc is not None:
            lignes.append(f"Dernière connexion\u00a0: {quand(compte.connecte_utc)}")
    est_en_attente = compte is not None and compte.est_actif and compte.active_utc is None
    return AdulteVu(
        p.id,
        f"{p.prenom} {p.nom}",
        adulte.est_payeur,
        etat,
        genre,
        tuple(ligne for ligne in lignes if ligne),
        compte.id if compte else None,
        a_courriel=bool(p.courriel),
        renvoyable=est_en_attente and bool(p.courriel),
        fermable=compte is not None and compte.est_actif,
        rouvrable=compte is not None and not compte.est_actif,
        ouvrable=compte is None and bool(p.courriel),
    )


def _enfant(
    lu: EnfantDuFoyer,
    famille: FamilleLue,
    aujourdhui: date,
    structure: Callable[[str], str],
    est_partout: bool,
    sante: Sante | None,
) -> EnfantVu:
    enfant, ici, autre = lu.enfant, lu.rattachement, lu.autre
    lignes = [
        f"Né(e) le {ecrire_date(enfant.naissance)}",
        ", ".join(m for m in (structure(lu.structure) if lu.structure else "", enfant.classe) if m),
    ]
    garde = _garde(lu)
    if autre is not None:
        lignes.append(dire_garde(garde))
    autorites = tuple(_autorite(a) for a in lu.autorites)
    en_vigueur = {a.personne_id for a in lu.autorites if a.au is None or a.au >= aujourdhui}
    masques = [
        texte
        for est_masque, texte in (
            (ici.est_masque, "ce foyer est caché à l’autre"),
            (autre is not None and autre.est_masque, "l’autre foyer est caché à celui-ci"),
        )
        if est_masque
    ]
    return EnfantVu(
        enfant.id,
        f"{enfant.prenom} {enfant.nom}",
        enfant.pai,
        tuple(ligne for ligne in lignes if ligne),
        AutreFoyerVu(*lu.autre_foyer, est_permis=est_partout or lu.est_permis) if lu.autre_foyer else None,
        ici.est_masque,
        ", ".join(masques),
        autorites,
        tuple(
            (a.personne.id, f"{a.personne.prenom} {a.personne.nom}")
            for a in famille.adultes
            if a.personne.id not in en_vigueur
        ),
        _autorisations(lu) if lu.est_permis else (),
        {
            "une_sur": str(ici.une_sur or ""),
            "semaine": ici.semaine_ancre.isoformat() if ici.semaine_ancre else "",
            "vacances": ici.vacances,
        },
        lu.est_permis,
        _sante(sante) if sante is not None else None,
    )


def _garde(lu: EnfantDuFoyer) -> Garde | None:
    """The custody as this foyer lives it, whichever side it is written on."""
    ici, autre = lu.rattachement, lu.autre
    if ici.semaine_ancre is not None and ici.une_sur is not None:
        return Garde(ici.semaine_ancre, ici.une_sur, ici.vacances)
    if autre is not None and autre.semaine_ancre is not None and autre.une_sur is not None:
        return Garde(autre.semaine_ancre, autre.une_sur, autre.vacances).autre()
    return None


def _autorite(lue: AutoriteLue) -> AutoriteVue:
    fin = f" jusqu’au {ecrire_date(lue.au)}" if lue.au is not None else ""
    return AutoriteVue(
        lue.id, lue.nom, lue.personne_id, f"{lue.nom}, depuis le {ecrire_date(lue.du)}{fin}", lue.au is None
    )


def _autorisations(lu: EnfantDuFoyer) -> tuple[tuple[str, str], ...]:
    dites = {a.genre: a for a in lu.autorisations}
    return tuple((question.titre, _reponse(dites.get(genre))) for genre, question in AUTORISATIONS.items())


def _reponse(lue: AutorisationLue | None) -> str:
    if lue is None:
        return "pas de réponse"
    jour = ecrire_date(lue.a_utc.astimezone(PARIS).date())
    return f"{'oui' if lue.est_accordee else 'non'}, par {lue.qui} le {jour}"


def _contact(lu: ContactDuFoyer, prenoms: Mapping[int, str]) -> ContactVu:
    c = lu.contact
    liens = []
    for lien in lu.liens:
        roles = [
            texte
            for est_role, texte in (
                (lien.peut_recuperer, "peut venir chercher"),
                (lien.est_urgence, "à appeler en urgence"),
            )
            if est_role
        ]
        qui = prenoms.get(lien.enfant_id, "")
        liens.append(f"{qui}\u00a0: {', '.join([LIENS.get(lien.lien, lien.lien).lower(), *roles])}")
    return ContactVu(
        f"{c.prenom} {c.nom}", ", ".join(telephone(n) for n in (c.telephone, c.telephone_2) if n), tuple(liens)
    )


def _piece(piece: Piece, est_ouverte: bool, regles: ReglesPieces) -> PieceVue:
    genre = regles.nom(piece.genre)
    if not est_ouverte:
        return PieceVue(None, genre, "", "")
    return PieceVue(piece.id, genre, piece.nom if piece.personne_id is None else "", quand(piece.deposee_utc))


def _sante(sante: Sante) -> tuple[tuple[str, str], ...]:
    medecin = ", ".join(m for m in (sante.medecin, sante.medecin_telephone and telephone(sante.medecin_telephone)) if m)
    return (
        ("Allergies", sante.allergies or "rien de signalé"),
        ("Repas", REGIMES.get(sante.regime, sante.regime)),
        ("Médecin", medecin or "rien de signalé"),
    )


def _acte(acte: ActeLu, prenoms: Mapping[int, str], regles: ReglesPieces) -> LigneJournal:
    texte = dire_acte(acte.action, acte.details, regles)
    enfant = prenoms.get(acte.enfant_id or 0)
    return LigneJournal(
        f"{texte} ({enfant})" if enfant else texte, acte.qui or COTES.get(acte.cote, acte.cote), quand(acte.a_utc)
    )
