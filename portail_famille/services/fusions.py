"""Doubles: two foyers, two adults or two children that are the same become one, after a preview, and back for a month.

The row that stays (`garde`) takes everything that referred to the other one, which stays empty, shown nowhere, marked
`fondu_dans`; `Fusion.contenu` holds what it takes to undo it (services/reunion).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, true
from sqlalchemy.orm import Session, aliased

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.gateways.chiffre import Chiffre
from portail_famille.models.comptes import Compte, RoleAgent
from portail_famille.models.factures import Facture, FactureLigne
from portail_famille.models.foyers import Enfant, Foyer, Personne, Rattachement, Responsable
from portail_famille.models.fusions import Fusion
from portail_famille.models.reservations import Brouillon
from portail_famille.services.acces import TOUS_LES_LIENS, Commune
from portail_famille.services.comptes import fermer_sessions
from portail_famille.services.courriels import deposer_courriel
from portail_famille.services.doublons import TRAITEMENTS, VOISINAGES
from portail_famille.services.foyers_saisis import ADULTES_MAXIMAUX
from portail_famille.services.jetons import revoquer
from portail_famille.services.journal import Auteur, consigner
from portail_famille.services.livres import est_croise, verrouiller_foyers
from portail_famille.services.perimetres import Perimetre
from portail_famille.services.reunion import TABLES, Conflit, Geste, Ligne, Plan, defaire, executer
from portail_famille.services.sante import rechiffrer_sante

ANNULABLE = timedelta(days=30)
"""How long a merge can be undone; then `purger` drops the empty row."""
FOYERS_MAXIMAUX = 2

CHAMPS: dict[str, dict[str, tuple[str, ...]]] = {
    "foyer": {
        "nom": ("nom",),
        "adresse": ("adresse", "code_postal", "ville"),
        "payeur": ("payeur_id",),
        "residence": ("est_resident",),
        "personnes_a_charge": ("personnes_a_charge",),
        "ressources": ("ressources_mensuelles_centimes",),
    },
    "personne": {
        nom: (nom,)
        for nom in (
            "civilite",
            "prenom",
            "nom",
            "nom_naissance",
            "courriel",
            "telephone",
            "telephone_domicile",
            "telephone_travail",
        )
    },
    "enfant": {
        "prenom": ("prenom",),
        "nom": ("nom",),
        "naissance": ("naissance",),
        "structure": ("structure_id",),
        "classe": ("classe",),
        "pai": ("pai",),
    },
}
"""What the agent chooses when both rows say something else, and the columns each choice takes."""
SANTE = "sante"
_MARQUE = {"foyer": "fondu_dans", "personne": "fondue_dans", "enfant": "fondu_dans"}
_SUJET = {"foyer": "foyer_id", "personne": "personne_id", "enfant": "enfant_id"}
_MODELES: dict[str, Any] = {"foyer": Foyer, "personne": Personne, "enfant": Enfant}


@dataclass(frozen=True, slots=True)
class Ecart:
    """A field that they do not say alike; `pris`: "garde" or "fondu"."""

    champ: str
    garde: tuple[Any, ...]
    fondu: tuple[Any, ...]
    pris: str


@dataclass(frozen=True, slots=True)
class Apercu:
    """What would be done. `blocages`: why it cannot be, in sentences; then nothing else counts."""

    genre: str
    garde: Ligne
    fondu: Ligne
    ecarts: tuple[Ecart, ...]
    deplaces: Mapping[str, int]
    conflits: tuple[Conflit, ...]
    compte_garde: str
    compte_ferme: str
    """Login names; "" for none."""
    blocages: tuple[str, ...]
    gestes: tuple[Geste, ...] = ()


@dataclass(frozen=True, slots=True)
class FusionLue:
    fusion: Fusion
    garde: str
    fondu: str
    qui: str
    est_annulable: bool


def preparer_fusion(
    session: Session,
    genre: str,
    garde_id: int,
    fondu_id: int,
    maintenant: datetime,
    chiffre: Chiffre,
    choix: Mapping[str, str] | None = None,
) -> Apercu:
    """`choix`: by field, whose value stays. Reads only; raises `RegleViolee` (absente)."""
    table = TABLES[genre]
    garde, fondu = (_ligne(session, genre, id_) for id_ in (garde_id, fondu_id))
    ecarts = tuple(_ecarts(session, genre, garde, fondu, choix or {}))
    blocages = tuple(_blocages(session, genre, garde, fondu))
    comptes = _comptes(session, garde_id, fondu_id) if genre == "personne" else (None, None)
    plan = Plan(session, maintenant, TRAITEMENTS, VOISINAGES)
    if not blocages:
        _comptes_du_plan(plan, garde_id, comptes)
        if genre == "enfant":
            _sante_du_plan(plan, garde_id, fondu_id, chiffre, ecarts)
            _brouillons_du_plan(plan, garde_id, fondu_id)
        plan.reunir(table, fondu_id, garde_id)
        _valeurs_du_plan(plan, genre, garde, fondu, ecarts)
        plan.modifier(table, fondu, {_MARQUE[genre]: garde_id})
    reste, ferme = comptes if comptes[0] is not None else (comptes[1], None)
    return Apercu(
        genre,
        garde,
        fondu,
        ecarts,
        plan.deplaces,
        tuple(plan.conflits),
        reste["identifiant"] if reste else "",
        ferme["identifiant"] if ferme else "",
        blocages,
        tuple(plan.gestes),
    )


def fusionner(
    session: Session,
    genre: str,
    garde_id: int,
    fondu_id: int,
    choix: Mapping[str, str],
    auteur: Auteur,
    maintenant: datetime,
    reglages: Commune,
    chiffre: Chiffre,
) -> Fusion:
    """Raises `RegleViolee` (absente, fusion_impossible)."""
    _verrouiller(session, genre, (garde_id, fondu_id))
    # Written before the rest moves: this line goes to the row that stays, with the others.
    _consigner(session, auteur, "fusion_faite", maintenant, genre, garde_id, fondu_id)
    apercu = preparer_fusion(session, genre, garde_id, fondu_id, maintenant, chiffre, choix)
    if apercu.blocages:
        raise RegleViolee("fusion_impossible", apercu.blocages[0])
    executer(session, list(apercu.gestes))
    if apercu.compte_ferme:
        ferme = session.scalars(select(Compte).where(Compte.identifiant == apercu.compte_ferme)).one()
        fermer_sessions(session, ferme.id, maintenant)
        revoquer(session, ferme.id, TOUS_LES_LIENS, maintenant)
        _prevenir(session, apercu, maintenant, reglages)
    fusion = Fusion(
        genre=genre,
        garde_id=garde_id,
        fondu_id=fondu_id,
        contenu={"gestes": [geste.en_document() for geste in apercu.gestes]},
        compte_id=auteur.compte_id,
        a_utc=maintenant,
    )
    session.add(fusion)
    session.flush()
    return fusion


def annuler_fusion(session: Session, fusion_id: int, auteur: Auteur, maintenant: datetime) -> Fusion:
    """Everything goes back to where it was; what was written since stays with the row that stayed. The login that was
    closed is open again, not its sessions. Raises `RegleViolee`: absente, trop_tard, fusion_suivante, change_depuis."""
    faite = session.get(Fusion, fusion_id)
    if faite is not None:
        _verrouiller(session, faite.genre, (faite.garde_id, faite.fondu_id))
    fusion = session.get(Fusion, fusion_id, with_for_update=True, populate_existing=True)
    if fusion is None or fusion.annulee_utc is not None:
        raise RegleViolee("absente", "Cette fusion est déjà annulée.")
    if maintenant >= fusion.a_utc + ANNULABLE:
        raise RegleViolee("trop_tard", "Une fusion s’annule pendant 30 jours\u00a0: ce délai est passé.")
    autre = _fusion_suivante(session, fusion)
    if autre:
        raise RegleViolee("fusion_suivante", "Une de ces fiches a été fusionnée depuis\u00a0: annulez d’abord l’autre.")
    defaire(session, [Geste.lire(document) for document in fusion.contenu["gestes"]])
    if fusion.genre != "personne" and est_croise(session, fusion.genre, (fusion.garde_id, fusion.fondu_id)):
        raise RegleViolee("change_depuis", "Un règlement ou un avoir les lie depuis\u00a0: la fusion ne s’annule plus.")
    fusion.annulee_utc, fusion.annulee_par = maintenant, auteur.compte_id
    _consigner(session, auteur, "fusion_annulee", maintenant, fusion.genre, fusion.garde_id, fusion.fondu_id)
    return fusion


def lister_fusions(session: Session, maintenant: datetime) -> list[FusionLue]:
    """The latest first. Five queries at most."""
    qui = aliased(Personne)
    lignes = session.execute(
        select(Fusion, qui.prenom, qui.nom)
        .outerjoin(Compte, Compte.id == Fusion.compte_id)
        .outerjoin(qui, qui.id == Compte.personne_id)
        .order_by(Fusion.id.desc())
        .limit(50)
    ).all()
    noms = {genre: _noms(session, genre, [f for f, *_ in lignes if f.genre == genre]) for genre in _MODELES}
    return [
        FusionLue(
            fusion,
            noms[fusion.genre].get(fusion.garde_id, ""),
            noms[fusion.genre].get(fusion.fondu_id, ""),
            f"{prenom or ''} {nom or ''}".strip(),
            fusion.annulee_utc is None and maintenant < fusion.a_utc + ANNULABLE,
        )
        for fusion, prenom, nom in lignes
    ]


def est_fusionnable(session: Session, perimetre: Perimetre, genre: str, id_: int) -> bool:
    """Whether this agent may merge this row: she works everywhere, it is there, and no part of it is her family."""
    if not perimetre.est_partout:
        return False
    if genre == "foyer":
        requete = select(Foyer.id).where(Foyer.id == id_, Foyer.fondu_dans.is_(None), perimetre.foyers(Foyer.id))
    elif genre == "enfant":
        requete = select(Enfant.id).where(Enfant.id == id_, Enfant.fondu_dans.is_(None), perimetre.enfants(Enfant))
    else:
        siens = select(Responsable.foyer_id).where(Responsable.personne_id == id_)
        a_elle = select(Foyer.id).where(Foyer.id.in_(siens), ~perimetre.foyers(Foyer.id))
        est_autrui = Personne.id != perimetre.proches.personne_id if perimetre.proches else true()
        requete = select(Personne.id).where(
            Personne.id == id_, Personne.fondue_dans.is_(None), est_autrui, ~a_elle.exists(),
        )  # fmt: skip
    return session.scalar(requete) is not None


def foyers_de(session: Session, genre: str, id_: int) -> list[int]:
    """The foyers that this row is of, or is. One query, none for a foyer."""
    if genre == "foyer":
        return [id_]
    lien = Responsable if genre == "personne" else Rattachement
    return [*session.scalars(select(lien.foyer_id).where(getattr(lien, _SUJET[genre]) == id_))]


def _verrouiller(session: Session, genre: str, ids: tuple[int, int]) -> None:
    """Two agents at once, a parent who books or pays meanwhile: who comes second waits, then finds the rows as they
    are. Acts on money lock foyers (services/livres): those that invoiced a child wait for it too."""
    if genre == "enfant":
        lignes = select(FactureLigne.facture_id).where(FactureLigne.enfant_id.in_(ids))
        verrouiller_foyers(session, select(Facture.foyer_id).where(Facture.id.in_(lignes)))
    modele = _MODELES[genre]
    session.execute(select(modele.id).where(modele.id.in_(ids)).order_by(modele.id).with_for_update())


def _consigner(
    session: Session, auteur: Auteur, action: str, maintenant: datetime, genre: str, garde: int, fondu: int
) -> None:
    """In the journal of every foyer that either row is of."""
    details = {"fiche": genre, "garde": garde, "fondu": fondu}
    for id_ in (garde, fondu):
        foyers: list[int | None] = [*foyers_de(session, genre, id_)]
        for foyer_id in foyers or [None]:
            sujets = {_SUJET[genre]: id_, "foyer_id": foyer_id}
            consigner(session, auteur, action, maintenant, details=details, **sujets)
    session.flush()


def _ligne(session: Session, genre: str, id_: int) -> Ligne:
    table = TABLES[genre]
    ligne = session.execute(select(table).where(table.c.id == id_)).mappings().one_or_none()
    if ligne is None or ligne[_MARQUE[genre]] is not None:
        raise RegleViolee("absente", "Une de ces fiches n’existe plus, ou elle a déjà été fusionnée.")
    return dict(ligne)


def _ecarts(session: Session, genre: str, garde: Ligne, fondu: Ligne, choix: Mapping[str, str]) -> Iterable[Ecart]:
    """By default what is empty takes what is not."""
    for champ, colonnes in CHAMPS[genre].items():
        ici, la = (tuple(ligne[nom] for nom in colonnes) for ligne in (garde, fondu))
        if ici != la:
            est_vide = all(valeur in (None, "") for valeur in ici)
            yield Ecart(champ, ici, la, _pris(choix, champ, "fondu" if est_vide else "garde"))
    if genre == "enfant":
        table = TABLES["sante"]
        vues = dict(
            session.execute(
                select(table.c.enfant_id, table.c.modifie_utc).where(table.c.enfant_id.in_([garde["id"], fondu["id"]]))
            ).all()
        )
        une, autre = vues.get(garde["id"]), vues.get(fondu["id"])
        if autre is not None:
            recente = "fondu" if une is None or autre > une else "garde"
            # With a single one there is nothing to choose: it stays.
            yield Ecart(SANTE, (une,), (autre,), recente if une is None else _pris(choix, SANTE, recente))


def _pris(choix: Mapping[str, str], champ: str, defaut: str) -> str:
    return choix[champ] if choix.get(champ) in ("garde", "fondu") else defaut


def _blocages(session: Session, genre: str, garde: Ligne, fondu: Ligne) -> Iterable[str]:
    if garde["id"] == fondu["id"]:
        yield "C’est la même fiche."
    elif genre == "foyer":
        yield from _blocages_foyer(session, garde["id"], fondu["id"])
    elif genre == "enfant":
        foyers = set(
            session.scalars(select(Rattachement.foyer_id).where(Rattachement.enfant_id.in_([garde["id"], fondu["id"]])))
        )
        if len(foyers) > FOYERS_MAXIMAUX:
            yield "Cet enfant aurait plus de deux foyers\u00a0: fusionnez d’abord les foyers."
    else:
        avec_role = session.scalar(
            select(RoleAgent.id)
            .join(Compte, Compte.id == RoleAgent.compte_id)
            .where(Compte.personne_id.in_([garde["id"], fondu["id"]]))
            .limit(1)
        )
        if avec_role is not None:
            yield "L’une de ces personnes est un agent de la mairie\u00a0: son compte d’agent reste à part."


def _blocages_foyer(session: Session, garde: int, fondu: int) -> Iterable[str]:
    adultes = set(session.scalars(select(Responsable.personne_id).where(Responsable.foyer_id.in_([garde, fondu]))))
    if len(adultes) > ADULTES_MAXIMAUX:
        yield "Le foyer aurait plus de deux adultes\u00a0: fusionnez d’abord les adultes en double."
    ici, la = aliased(Rattachement), aliased(Rattachement)
    caches = select(ici.enfant_id).join(la, la.enfant_id == ici.enfant_id).where(
        ici.foyer_id == garde, la.foyer_id == fondu, or_(ici.est_masque, la.est_masque)
    )  # fmt: skip
    if session.scalar(caches.limit(1)) is not None:
        yield "Un de ces foyers est caché à l’autre\u00a0: ce n’est pas le même foyer."


def _comptes(session: Session, garde: int, fondu: int) -> tuple[Ligne | None, Ligne | None]:
    table = TABLES["compte"]
    lus = {
        ligne["personne_id"]: dict(ligne)
        for ligne in session.execute(select(table).where(table.c.personne_id.in_([garde, fondu]))).mappings()
    }
    return lus.get(garde), lus.get(fondu)


def _comptes_du_plan(plan: Plan, garde: int, comptes: tuple[Ligne | None, Ligne | None]) -> None:
    """One person, one login: that of the row that stays; the other one is closed, what it did is hers."""
    reste, autre = comptes
    table = TABLES["compte"]
    if autre is None:
        return
    if reste is None:
        plan.modifier(table, autre, {"personne_id": garde})
        return
    plan.reunir(table, autre["id"], reste["id"])
    plan.modifier(table, autre, {"est_actif": False})


def _sante_du_plan(plan: Plan, garde: int, fondu: int, chiffre: Chiffre, ecarts: Iterable[Ecart]) -> None:
    table = TABLES["sante"]
    lues = {ligne["enfant_id"]: ligne for ligne in plan.lignes(table, table.c.enfant_id.in_([garde, fondu]))}
    if fondu not in lues:
        return
    plan.supprimer(table, lues[fondu], None)
    if any(ecart.champ == SANTE and ecart.pris == "fondu" for ecart in ecarts):
        if garde in lues:
            plan.supprimer(table, lues[garde], None)
        contenu = rechiffrer_sante(chiffre, lues[fondu]["contenu_chiffre"], fondu, garde)
        plan.ajouter(table, dict(lues[fondu]) | {"enfant_id": garde, "contenu_chiffre": contenu})


def _brouillons_du_plan(plan: Plan, garde: int, fondu: int) -> None:
    """A draft names children by their number; one that has both keeps what it says of the row that stays."""
    table = TABLES["brouillon"]
    siens = select(Rattachement.foyer_id).where(Rattachement.enfant_id == fondu)
    for ligne in plan.lignes(table, Brouillon.foyer_id.in_(siens)):
        contenu = dict(ligne["contenu"])
        part = contenu.pop(str(fondu), None)
        if part is not None:
            contenu.setdefault(str(garde), part)
            plan.modifier(table, ligne, {"contenu": contenu, "version": ligne["version"] + 1})


def _valeurs_du_plan(plan: Plan, genre: str, garde: Ligne, fondu: Ligne, ecarts: Iterable[Ecart]) -> None:
    table = TABLES[genre]
    if fondu["reference"] and not garde["reference"]:
        plan.modifier(table, fondu, {"reference": None})
        plan.modifier(table, garde, {"reference": fondu["reference"]})
    pris = {
        nom: valeur
        for ecart in ecarts
        if ecart.pris == "fondu" and ecart.champ != SANTE
        for nom, valeur in zip(CHAMPS[genre][ecart.champ], ecart.fondu, strict=True)
    }
    if genre == "foyer" and garde["parti_le"] is not None and fondu["parti_le"] is None:
        pris["parti_le"] = None
    if pris:
        plan.modifier(table, garde, pris)


def _prevenir(session: Session, apercu: Apercu, maintenant: datetime, reglages: Commune) -> None:
    """Whoever opened either login learns which one is left."""
    adresses = dict.fromkeys(ligne["courriel"] for ligne in (apercu.garde, apercu.fondu) if ligne["courriel"])
    for adresse in adresses:
        deposer_courriel(
            session,
            modele="comptes_reunis",
            destinataire=adresse,
            maintenant=maintenant,
            reglages=reglages,
            prenom=apercu.garde["prenom"],
            identifiant=apercu.compte_garde,
            ferme=apercu.compte_ferme,
        )


def _fusion_suivante(session: Session, fusion: Fusion) -> bool:
    ids = [fusion.garde_id, fusion.fondu_id]
    requete = select(Fusion.id).where(
        Fusion.id > fusion.id,
        Fusion.genre == fusion.genre,
        Fusion.annulee_utc.is_(None),
        or_(Fusion.garde_id.in_(ids), Fusion.fondu_id.in_(ids)),
    )
    return session.scalar(requete.limit(1)) is not None


def _noms(session: Session, genre: str, fusions: Iterable[Fusion]) -> dict[int, str]:
    modele = _MODELES[genre]
    ids = {id_ for fusion in fusions for id_ in (fusion.garde_id, fusion.fondu_id)}
    if not ids:
        return {}
    if genre == "foyer":
        return dict(session.execute(select(modele.id, modele.nom).where(modele.id.in_(ids))).all())
    lignes = session.execute(select(modele.id, modele.prenom, modele.nom).where(modele.id.in_(ids)))
    return {id_: f"{prenom} {nom}" for id_, prenom, nom in lignes}
