"""A family's file: read, changed at once or through a request, without losing what the other parent wrote meanwhile.

Whose file it may be is decided before (the acting person, her foyer, a child she has authority on); what may be done
with each field is said by `regimes` (domain/fiches, the town's [champs], and the structures in `lecture`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import Session, aliased

from portail_famille.domain.demarches import OUVERTS, Cote, EtatDemarche
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.fiches import (
    PAR_CODE,
    Champ,
    Cible,
    Regime,
    champs_de,
    empreinte_valeur,
    lire_valeur,
)
from portail_famille.domain.horloge import PARIS
from portail_famille.models.comptes import Compte
from portail_famille.models.demarches import Demarche
from portail_famille.models.foyers import Enfant, Foyer, Personne, Rattachement
from portail_famille.models.journal import ActeJournal
from portail_famille.services.demarches import deposer
from portail_famille.services.journal import Auteur, consigner
from portail_famille.services.telephones import lire_telephone

GENRE = "coordonnees"
ACTION = "fiche_modifiee"
_MODELES: dict[Cible, Any] = {
    Cible.PERSONNE: Personne,
    Cible.FOYER: Foyer,
    Cible.ENFANT: Enfant,
}
_OUVERTS = [etat.value for etat in OUVERTS]
_ACTES_RELUS = 50
REFUS_MONTRE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Fiche:
    """The fields of a person, a foyer or a child; values by field code, "" for nothing, dates in ISO."""

    cible: Cible
    id: int
    valeurs: dict[str, str]

    @property
    def empreinte(self) -> str:
        """What a form carries to say which values it showed."""
        return ".".join(f"{PAR_CODE[code].colonne}-{empreinte_valeur(v)}" for code, v in self.valeurs.items())


@dataclass(frozen=True, slots=True)
class Ecart:
    """A field that somebody else changed while the form was open."""

    code: str
    saisi: str
    actuel: str
    est_touche: bool
    """This form changes it too; otherwise it only still shows the old value."""
    qui: str
    """First name of a parent of the same foyer; "" when it is not said (town hall, the child's other foyer)."""
    cote: Cote
    est_soi: bool = False
    """She did it herself, on another screen."""


class FicheChangee(RegleViolee):
    """Somebody else changed the file meanwhile; nothing was written. `fiche` is what it has become."""

    def __init__(self, fiche: Fiche, ecarts: tuple[Ecart, ...]) -> None:
        super().__init__("fiche_changee", "Cette fiche vient d’être changée par quelqu’un d’autre.")
        self.fiche = fiche
        self.ecarts = ecarts


class FicheRefusee(RegleViolee):
    """Values that cannot be kept: a `RegleViolee` per field."""

    def __init__(self, refus: tuple[RegleViolee, ...]) -> None:
        super().__init__(refus[0].code, refus[0].message, refus[0].champ)
        self.refus = refus


@dataclass(frozen=True, slots=True)
class Modification:
    """What a form changed: fields written at once, and the request filed for the others."""

    directs: tuple[str, ...]
    demarche: Demarche | None


def lire_fiche(session: Session, cible: Cible, id_: int) -> Fiche:
    """One query. The caller has checked whose it is."""
    modele = _MODELES[cible]
    champs = champs_de(cible)
    ligne = session.execute(select(*(getattr(modele, c.colonne) for c in champs)).where(modele.id == id_)).one()
    return Fiche(cible, id_, {c.code: _texte(valeur) for c, valeur in zip(champs, ligne, strict=True)})


def modifier(
    session: Session,
    auteur: Auteur,
    cible: Cible,
    id_: int,
    saisie: Mapping[str, str],
    empreinte_vue: str,
    regimes: Mapping[str, Regime],
    maintenant: datetime,
    *,
    foyer_id: int,
) -> Modification:
    """Writes what was typed (`saisie` by field code; a field that is not there is left alone).

    Raises `RegleViolee` for a field this person may not change, `FicheRefusee` with the sentence of each wrong value,
    `FicheChangee` when somebody else changed a field since the form was shown. Posting the same value twice changes
    nothing the second time.
    """
    _verifier_ouverts(saisie, regimes)
    vues = _lire_empreinte(empreinte_vue)
    ligne = session.get_one(_MODELES[cible], id_, with_for_update=True, populate_existing=True)
    fiche = Fiche(cible, id_, {c.code: _texte(getattr(ligne, c.colonne)) for c in champs_de(cible)})
    valeurs = _lire_saisie(saisie, fiche, maintenant.astimezone(PARIS).date())
    touches = {
        code: valeur
        for code, valeur in valeurs.items()
        if valeur != fiche.valeurs[code] and empreinte_valeur(valeur) != vues.get(code)
    }
    if not touches:
        return Modification((), None)
    ecarts = [
        code
        for code, valeur in valeurs.items()
        if valeur != fiche.valeurs[code] and empreinte_valeur(fiche.valeurs[code]) != vues.get(code)
    ]
    if ecarts:
        raise FicheChangee(fiche, _ecarts(session, auteur, fiche, valeurs, ecarts, touches, foyer_id))
    directs = {code: valeur for code, valeur in touches.items() if regimes[code] is Regime.DIRECT}
    demandes = {code: valeur for code, valeur in touches.items() if regimes[code] is Regime.DEMANDE}
    demarche = _demander(session, auteur, fiche, demandes, maintenant, foyer_id) if demandes else None
    if directs:
        _ecrire(session, auteur, ligne, fiche, directs, maintenant, foyer_id)
    return Modification(tuple(directs), demarche)


def demandes_en_attente(session: Session, cible: Cible, id_: int) -> list[Demarche]:
    """Requests on this file that wait for an agent, oldest first, whichever foyer asked. One query."""
    return list(session.scalars(_demandes(cible, id_).where(Demarche.etat.in_(_OUVERTS))))


def lire_suivi(session: Session, cible: Cible, id_: int, maintenant: datetime, *, foyer_id: int) -> list[Demarche]:
    """Those this foyer may know of, with those refused lately: their reason is shown for a month. One query."""
    recente = and_(Demarche.etat == EtatDemarche.REFUSEE.value, Demarche.decidee_utc > maintenant - REFUS_MONTRE)
    montrees = _demandes(cible, id_).where(est_montree(foyer_id))
    return list(session.scalars(montrees.where(or_(Demarche.etat.in_(_OUVERTS), recente))))


def est_montree(foyer_id: int) -> ColumnElement[bool]:
    """The condition on a démarche about a child: not asked by a foyer that is hidden from this one. What it asks, and
    that it asks at all, says where it is and what it does."""
    lien = aliased(Rattachement)
    est_masquee = exists(
        select(lien.enfant_id).where(
            lien.enfant_id == Demarche.enfant_id, lien.foyer_id == Demarche.foyer_id, lien.est_masque
        )
    )
    return or_(Demarche.foyer_id == foyer_id, ~est_masquee)


def chercher_demande(session: Session, numero: str, foyer_id: int) -> Demarche | None:
    """A request on a file, of this foyer, by its number."""
    requete = select(Demarche).where(Demarche.numero == numero, Demarche.foyer_id == foyer_id, Demarche.genre == GENRE)
    return session.scalar(requete)


def appliquer_coordonnees(session: Session, demarche: Demarche, auteur: Auteur, maintenant: datetime) -> None:
    """What accepting a request of genre « coordonnees » does.

    Raises `RegleViolee` when a field is no longer what the family saw: accepting would undo somebody's correction.
    """
    cible, id_ = cible_de(demarche)
    ligne = session.get_one(_MODELES[cible], id_, with_for_update=True, populate_existing=True)
    fiche = Fiche(cible, id_, {c.code: _texte(getattr(ligne, c.colonne)) for c in champs_de(cible)})
    a_ecrire = {}
    for code, valeur in demarche.contenu.items():
        actuel = fiche.valeurs[code]
        if actuel == valeur:
            continue
        if actuel != demarche.avant.get(code):
            raise RegleViolee(
                "fiche_changee",
                f"Depuis cette demande, le champ «\u00a0{PAR_CODE[code].libelle}\u00a0» est devenu "
                f"«\u00a0{actuel}\u00a0». Refusez la demande en disant pourquoi, ou voyez avec la famille.",
                code,
            )
        a_ecrire[code] = str(valeur)
    if a_ecrire:
        assert demarche.foyer_id is not None
        _ecrire(session, auteur, ligne, fiche, a_ecrire, maintenant, demarche.foyer_id)


def cible_de(demarche: Demarche) -> tuple[Cible, int]:
    """Whose file a request of genre « coordonnees » is about."""
    if demarche.enfant_id is not None:
        return Cible.ENFANT, demarche.enfant_id
    if demarche.personne_id is not None:
        return Cible.PERSONNE, demarche.personne_id
    assert demarche.foyer_id is not None
    return Cible.FOYER, demarche.foyer_id


def _verifier_ouverts(saisie: Mapping[str, str], regimes: Mapping[str, Regime]) -> None:
    """The pages never show a field that cannot be changed as a field: posting one is a stale page, or a forged form."""
    for code in saisie:
        if regimes.get(code, Regime.CACHE) not in (Regime.DIRECT, Regime.DEMANDE):
            raise RegleViolee(
                "champ_ferme",
                "Cette information ne se change pas en ligne. Rechargez la page pour voir ce que vous pouvez changer.",
                code,
            )


def _lire_empreinte(empreinte: str) -> dict[str, str]:
    """By column name in the form, by any of its codes here: columns are told apart within one target."""
    vues: dict[str, str] = {}
    for morceau in empreinte.split("."):
        colonne, _, valeur = morceau.partition("-")
        vues |= {champ.code: valeur for champ in PAR_CODE.values() if champ.colonne == colonne}
    return vues


def _lire_saisie(saisie: Mapping[str, str], fiche: Fiche, aujourdhui: date) -> dict[str, str]:
    valeurs, refus = {}, []
    for code, texte in saisie.items():
        champ, actuel = PAR_CODE[code], fiche.valeurs[code]
        try:
            # What an import left there is not held against whoever changes another field.
            valeurs[code] = actuel if texte.strip() == actuel else _lire(champ, texte, aujourdhui)
        except RegleViolee as erreur:
            refus.append(RegleViolee(erreur.code, erreur.message, code))
    if refus:
        raise FicheRefusee(tuple(refus))
    return valeurs


def _lire(champ: Champ, texte: str, aujourdhui: date) -> str:
    if champ.genre == "telephone" and texte.strip():
        return lire_telephone(texte)
    return lire_valeur(champ, texte, aujourdhui)


def _texte(valeur: Any) -> str:
    if valeur is None:
        return ""
    return valeur.isoformat() if isinstance(valeur, date) else str(valeur)


def _valeur(champ: Champ, texte: str) -> Any:
    """As its column holds it."""
    if champ.genre == "date":
        return date.fromisoformat(texte)
    return texte or None if champ.genre == "telephone" else texte


def _ecrire(
    session: Session,
    auteur: Auteur,
    ligne: Personne | Foyer | Enfant,
    fiche: Fiche,
    valeurs: Mapping[str, str],
    maintenant: datetime,
    foyer_id: int,
) -> None:
    for code, valeur in valeurs.items():
        setattr(ligne, PAR_CODE[code].colonne, _valeur(PAR_CODE[code], valeur))
    consigner(
        session,
        auteur,
        ACTION,
        maintenant,
        foyer_id=foyer_id,
        enfant_id=fiche.id if fiche.cible is Cible.ENFANT else None,
        personne_id=fiche.id if fiche.cible is Cible.PERSONNE else None,
        details={"champs": {code: [fiche.valeurs[code], valeur] for code, valeur in valeurs.items()}},
    )
    session.flush()


def _demander(
    session: Session,
    auteur: Auteur,
    fiche: Fiche,
    demandes: Mapping[str, str],
    maintenant: datetime,
    foyer_id: int,
) -> Demarche:
    """One request for the whole form. A field that already waits is asked again only once that request is withdrawn;
    one that waits for a hidden foyer is asked by both, and the agent sees it."""
    attendus: dict[str, tuple[str, Demarche]] = {}
    en_attente = _demandes(fiche.cible, fiche.id).where(Demarche.etat.in_(_OUVERTS), est_montree(foyer_id))
    for demarche in session.scalars(en_attente):
        attendus |= {code: (valeur, demarche) for code, valeur in demarche.contenu.items()}
    deja = {code for code, valeur in demandes.items() if code in attendus and attendus[code][0] == valeur}
    refus = tuple(
        _deja_demande(code, attendus[code][1], foyer_id) for code in demandes if code in attendus.keys() - deja
    )
    if refus:
        raise FicheRefusee(refus)
    nouveaux = {code: valeur for code, valeur in demandes.items() if code not in deja}
    if not nouveaux:
        return attendus[next(iter(deja))][1]
    return deposer(
        session,
        genre=GENRE,
        auteur=auteur,
        maintenant=maintenant,
        contenu=nouveaux,
        avant={code: fiche.valeurs[code] for code in nouveaux},
        foyer_id=foyer_id,
        enfant_id=fiche.id if fiche.cible is Cible.ENFANT else None,
        personne_id=fiche.id if fiche.cible is Cible.PERSONNE else None,
    )


def _deja_demande(code: str, demarche: Demarche, foyer_id: int) -> RegleViolee:
    """Whose request it is stays unsaid outside one's own foyer: the child's other foyer may be hidden from this one."""
    if demarche.foyer_id == foyer_id:
        suite = "Retirez-la d’abord si vous voulez demander autre chose."
    else:
        suite = "Attendez la réponse, ou écrivez à la mairie si vous voulez demander autre chose."
    return RegleViolee("deja_demande", f"Une demande attend déjà un agent pour ce champ. {suite}", code)


def _demandes(cible: Cible, id_: int) -> Select[Demarche]:
    requete = select(Demarche).where(Demarche.genre == GENRE).order_by(Demarche.id)
    if cible is Cible.FOYER:
        return requete.where(Demarche.foyer_id == id_, Demarche.personne_id.is_(None), Demarche.enfant_id.is_(None))
    return requete.where((Demarche.enfant_id if cible is Cible.ENFANT else Demarche.personne_id) == id_)


def _ecarts(
    session: Session,
    auteur: Auteur,
    fiche: Fiche,
    valeurs: Mapping[str, str],
    codes: list[str],
    touches: Mapping[str, str],
    foyer_id: int,
) -> tuple[Ecart, ...]:
    auteurs = _derniers_auteurs(session, auteur, fiche, foyer_id)
    return tuple(
        Ecart(code, valeurs[code], fiche.valeurs[code], code in touches, *auteurs.get(code, ("", Cote.SYSTEME, False)))
        for code in codes
    )


def _derniers_auteurs(
    session: Session, auteur: Auteur, fiche: Fiche, foyer_id: int
) -> dict[str, tuple[str, Cote, bool]]:
    """Who last changed each field of this file, from the journal. One query.

    A parent of the child's other foyer is not named: that foyer may be hidden from this one.
    """
    requete = (
        select(ActeJournal.cote, ActeJournal.foyer_id, ActeJournal.compte_id, ActeJournal.details, Personne.prenom)
        .outerjoin(Compte, Compte.id == ActeJournal.compte_id)
        .outerjoin(Personne, Personne.id == Compte.personne_id)
        .where(ActeJournal.action == ACTION)
        .order_by(ActeJournal.id.desc())
        .limit(_ACTES_RELUS)
    )
    if fiche.cible is Cible.FOYER:
        requete = requete.where(ActeJournal.foyer_id == fiche.id)
    elif fiche.cible is Cible.ENFANT:
        requete = requete.where(ActeJournal.enfant_id == fiche.id)
    else:
        requete = requete.where(ActeJournal.personne_id == fiche.id)
    auteurs: dict[str, tuple[str, Cote, bool]] = {}
    for cote, foyer, compte_id, details, prenom in session.execute(requete):
        est_dit = cote == Cote.FAMILLE.value and foyer == foyer_id
        for code in details.get("champs", {}):
            auteurs.setdefault(code, (prenom or "" if est_dit else "", Cote(cote), compte_id == auteur.compte_id))
    return auteurs
