"""A child's health, as those who look after it must know it: encrypted, the child's (both parents see and change it).

A PAI changes prices and what a team does each day: asking for one or ending it goes through an agent.
"""

import json
from collections.abc import Collection
from dataclasses import asdict, replace
from datetime import date, datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from portail_famille.domain.demarches import OUVERTS, Cote
from portail_famille.domain.entourage import ALLERGIES_MAXIMUM, MEDECIN_MAXIMUM, REGIMES, Sante
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.pieces import ReglesPieces
from portail_famille.gateways.chiffre import Chiffre
from portail_famille.models.demarches import Demarche
from portail_famille.models.foyers import Enfant, Rattachement
from portail_famille.models.foyers import Sante as LigneSante
from portail_famille.models.journal import ActeJournal
from portail_famille.services.demarches import deposer
from portail_famille.services.documents import Entrepose, ranger_piece
from portail_famille.services.fiches import est_montree
from portail_famille.services.journal import Auteur, consigner

GENRE = "sante"
ACTION = "sante_modifiee"
_MEDECIN = frozenset({"medecin", "medecin_telephone"})


class SanteChangee(RegleViolee):
    """The other parent wrote meanwhile; nothing was written. `actuelle` is what it has become."""

    def __init__(self, actuelle: Sante) -> None:
        super().__init__("fiche_changee", "Ces informations viennent d’être changées par quelqu’un d’autre.")
        self.actuelle = actuelle


def dechiffrer_sante(chiffre: Chiffre, enfant_id: int, contenu: bytes | None) -> Sante:
    """What a row holds; nothing said is empty. Raises `Illisible`."""
    if contenu is None:
        return Sante()
    lu = json.loads(chiffre.dechiffrer(contenu, _lieu(enfant_id)))
    return Sante(**{cle: lu[cle] for cle in asdict(Sante()) if cle in lu})


def rechiffrer_sante(chiffre: Chiffre, contenu: bytes, de: int, vers: int) -> bytes:
    """The same, bound to the row of another child: two rows of one child become one. Raises `Illisible`."""
    return chiffre.chiffrer(chiffre.dechiffrer(contenu, _lieu(de)), _lieu(vers))


def lire_sante(session: Session, chiffre: Chiffre, enfant_id: int) -> tuple[Sante, datetime | None]:
    """What is known, and since when. The caller has checked who reads. One query."""
    ligne = session.get(LigneSante, enfant_id)
    if ligne is None:
        return Sante(), None
    return dechiffrer_sante(chiffre, enfant_id, ligne.contenu_chiffre), ligne.modifie_utc


def medecins_caches(session: Session, enfant_ids: Collection[int], foyer_ids: Collection[int]) -> set[int]:
    """Children whose doctor was written by another foyer while one of theirs is hidden: a practice says where somebody
    lives (docs/decisions/0005). What the town hall wrote is shown. One query."""
    masque = exists(
        select(Rattachement.enfant_id).where(Rattachement.enfant_id == ActeJournal.enfant_id, Rattachement.est_masque)
    )
    ecrit_par: dict[int, bool] = {}
    for enfant_id, foyer_id, cote, details in session.execute(
        select(ActeJournal.enfant_id, ActeJournal.foyer_id, ActeJournal.cote, ActeJournal.details)
        .where(ActeJournal.enfant_id.in_(enfant_ids), ActeJournal.action == ACTION, masque)
        .order_by(ActeJournal.id.desc())
    ):
        if not _MEDECIN.isdisjoint(details.get("champs", ())):
            ecrit_par.setdefault(enfant_id, cote == Cote.FAMILLE.value and foyer_id not in foyer_ids)
    return {enfant_id for enfant_id, est_d_ailleurs in ecrit_par.items() if est_d_ailleurs}


def montrer_sante(session: Session, sante: Sante, enfant_id: int, foyer_id: int) -> Sante:
    """As this foyer may read it. One query, none when no doctor is named."""
    if not (sante.medecin or sante.medecin_telephone):
        return sante
    est_cache = bool(medecins_caches(session, (enfant_id,), (foyer_id,)))
    return replace(sante, medecin="", medecin_telephone="") if est_cache else sante


def modifier_sante(
    session: Session,
    chiffre: Chiffre,
    *,
    enfant_id: int,
    foyer_id: int,
    saisie: Sante,
    empreinte_vue: str,
    auteur: Auteur,
    maintenant: datetime,
) -> bool:
    """Writes it whole; the journal says which fields, never what. False when nothing changed.

    Raises `SanteChangee` when it is no longer what the form showed.
    """
    _verifier(saisie)
    session.execute(select(Enfant.id).where(Enfant.id == enfant_id).with_for_update())
    ligne = session.get(LigneSante, enfant_id, populate_existing=True)
    actuelle = dechiffrer_sante(chiffre, enfant_id, ligne.contenu_chiffre if ligne else None)
    montree = montrer_sante(session, actuelle, enfant_id, foyer_id)
    if saisie == montree:
        return False
    if montree.empreinte != empreinte_vue:
        raise SanteChangee(montree)
    if montree != actuelle and not (saisie.medecin or saisie.medecin_telephone):
        # Left empty by who does not see it: the teams keep the doctor they were given.
        saisie = replace(saisie, medecin=actuelle.medecin, medecin_telephone=actuelle.medecin_telephone)
    brut = chiffre.chiffrer(json.dumps(asdict(saisie), ensure_ascii=False).encode(), _lieu(enfant_id))
    if ligne is None:
        session.add(LigneSante(enfant_id=enfant_id, contenu_chiffre=brut, modifie_utc=maintenant))
    else:
        ligne.contenu_chiffre, ligne.modifie_utc = brut, maintenant
    avant, apres = asdict(actuelle), asdict(saisie)
    champs = [champ for champ in apres if apres[champ] != avant[champ]]
    consigner(session, auteur, ACTION, maintenant, foyer_id=foyer_id, enfant_id=enfant_id, details={"champs": champs})
    session.flush()
    return True


def demander_pai(
    session: Session,
    document: Entrepose,
    *,
    enfant_id: int,
    foyer_id: int,
    jusqua: date,
    aujourdhui: date,
    auteur: Auteur,
    maintenant: datetime,
    regles: ReglesPieces | None = None,
) -> Demarche:
    """Asks for a PAI, or for a new date of the one in place. Raises `RegleViolee` (date, request already waiting)."""
    if jusqua < aujourdhui:
        raise RegleViolee("date_passee", "Cette date est passée\u00a0: un PAI se demande pour la suite.", "jusqua")
    if jusqua > aujourdhui.replace(day=1, year=aujourdhui.year + 3):
        raise RegleViolee("date_lointaine", "Cette date est trop lointaine\u00a0: vérifiez l’année.", "jusqua")
    _verrouiller(session, enfant_id, foyer_id)
    piece = ranger_piece(
        session,
        document,
        genre="pai",
        foyer_id=foyer_id,
        enfant_id=enfant_id,
        auteur=auteur,
        maintenant=maintenant,
        valable_jusqua=jusqua,
        regles=regles,
    )
    return _deposer(session, {"pai": True, "pai_jusqua": jusqua.isoformat()}, enfant_id, foyer_id, auteur, maintenant,
                    [piece.id])  # fmt: skip


def demander_fin_pai(
    session: Session, *, enfant_id: int, foyer_id: int, auteur: Auteur, maintenant: datetime
) -> Demarche:
    """Asks that the PAI end. Raises `RegleViolee` (none in place, request already waiting)."""
    _verrouiller(session, enfant_id, foyer_id)
    if not session.get_one(Enfant, enfant_id, populate_existing=True).pai:
        raise RegleViolee("pai_absent", "Il n’y a pas de PAI en place\u00a0: il n’y a rien à arrêter.")
    return _deposer(session, {"pai": False}, enfant_id, foyer_id, auteur, maintenant, [])


def appliquer_sante(session: Session, demarche: Demarche, auteur: Auteur, maintenant: datetime) -> None:
    """What accepting a request of genre « sante » does. The date is that of its document (`Piece.valable_jusqua`)."""
    assert demarche.enfant_id is not None
    enfant = session.get_one(Enfant, demarche.enfant_id, with_for_update=True, populate_existing=True)
    enfant.pai = bool(demarche.contenu["pai"])
    consigner(
        session,
        auteur,
        ACTION,
        maintenant,
        foyer_id=demarche.foyer_id,
        enfant_id=enfant.id,
        details={"champs": ["pai"]},
    )
    session.flush()


def _verrouiller(session: Session, enfant_id: int, foyer_id: int) -> None:
    """One request at a time, whichever parent asks; that of a foyer hidden from this one is the agent's to see."""
    session.execute(select(Enfant.id).where(Enfant.id == enfant_id).with_for_update())
    deja = session.scalar(
        select(Demarche.numero)
        .where(
            Demarche.genre == GENRE,
            Demarche.enfant_id == enfant_id,
            Demarche.etat.in_([e.value for e in OUVERTS]),
            est_montree(foyer_id),
        )
        .limit(1)
    )
    if deja is not None:
        raise RegleViolee(
            "deja_demande", "Une demande sur le PAI attend déjà une réponse de la mairie\u00a0: rien n’a été ajouté."
        )


def _deposer(
    session: Session,
    contenu: dict[str, object],
    enfant_id: int,
    foyer_id: int,
    auteur: Auteur,
    maintenant: datetime,
    pieces: list[int],
) -> Demarche:
    enfant = session.get_one(Enfant, enfant_id, populate_existing=True)
    return deposer(
        session,
        genre=GENRE,
        auteur=auteur,
        maintenant=maintenant,
        contenu=contenu,
        avant={"pai": enfant.pai},
        foyer_id=foyer_id,
        enfant_id=enfant_id,
        pieces=pieces,
    )


def _verifier(saisie: Sante) -> None:
    if len(saisie.allergies) > ALLERGIES_MAXIMUM:
        raise RegleViolee(
            "texte_trop_long",
            f"{ALLERGIES_MAXIMUM} caractères au plus\u00a0: n’écrivez que ce que l’équipe doit savoir.",
            "allergies",
        )
    if len(saisie.medecin) > MEDECIN_MAXIMUM:
        raise RegleViolee("texte_trop_long", f"{MEDECIN_MAXIMUM} caractères au plus pour le médecin.", "medecin")
    if saisie.regime not in REGIMES:
        raise RegleViolee("regime_inconnu", "Choisissez un régime dans la liste.", "regime")


def _lieu(enfant_id: int) -> str:
    return f"sante:{enfant_id}"
