"""At the desk: one more adult, one more child in a foyer. Who is known already is proposed rather than doubled."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import and_, false, or_, select
from sqlalchemy.orm import Session

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.horloge import PARIS
from portail_famille.domain.libelles import ecrire_date
from portail_famille.domain.noms import cle_de_nom
from portail_famille.models.foyers import AutoriteParentale, Enfant, Foyer, Personne, Rattachement, Responsable
from portail_famille.services.acces import Commune
from portail_famille.services.enfants import (
    AILLEURS,
    Doublon,
    doublons_hors,
    doublons_probables,
    verifier_second_foyer,
)
from portail_famille.services.foyers_saisis import (
    AdulteSaisi,
    EnfantSaisi,
    SaisieRefusee,
    ajouter_adulte,
    donner_autorite,
    lire_adulte,
    lire_enfant,
)
from portail_famille.services.journal import Auteur, consigner
from portail_famille.services.perimetres import Perimetre, verifier_autrui


@dataclass(frozen=True, slots=True)
class Connu:
    """Somebody of the portal who may be the one typed: what the agent recognises her by."""

    id: int
    nom: str
    precisions: str


class DejaConnu(RegleViolee):
    """Nothing is written before the agent has said whether it is one of these. Of those she may not know, only that
    there are some."""

    def __init__(self, connus: Sequence[Connu], *, est_ailleurs: bool = False) -> None:
        message = "Le portail connaît déjà quelqu’un qui ressemble\u00a0: choisissez."
        super().__init__("deja_connu", AILLEURS if est_ailleurs else message, "connu")
        self.connus = tuple(connus)


@dataclass(frozen=True, slots=True)
class Connus:
    """Those this agent may know of, and whether there is somebody elsewhere."""

    ici: tuple[Connu, ...] = ()
    est_ailleurs: bool = False


def ajouter_adulte_ou_connu(
    session: Session,
    foyer_id: int,
    saisie: AdulteSaisi,
    enfants: Iterable[int],
    auteur: Auteur,
    maintenant: datetime,
    reglages: Commune,
    perimetre: Perimetre,
    *,
    est_confirme: bool,
) -> Personne:
    """`saisie.personne_id` is the one chosen among those proposed; `est_confirme`: none of them.

    Authority goes to the children received where the agent works, among `enfants`. Raises SaisieRefusee, DejaConnu,
    RegleViolee (soi_meme), or what `ajouter_adulte` raises.
    """
    connus = adultes_connus(session, foyer_id, replace(saisie, personne_id=None), maintenant, perimetre)
    verifier_autrui(session, perimetre, personne_id=saisie.personne_id, courriel=saisie.courriel)
    if saisie.personne_id is not None:
        _verifier_choix(saisie.personne_id, connus.ici)
    elif (connus.ici or connus.est_ailleurs) and not est_confirme:
        raise DejaConnu(connus.ici, est_ailleurs=connus.est_ailleurs)
    siens = session.scalars(select(Enfant.id).where(Enfant.id.in_(list(enfants)), perimetre.enfants(Enfant))).all()
    return ajouter_adulte(session, foyer_id, saisie, siens, auteur, maintenant, reglages)


def adultes_connus(
    session: Session, foyer_id: int, saisie: AdulteSaisi, maintenant: datetime, perimetre: Perimetre
) -> Connus:
    """Adults of other foyers with this mail address; or with this name, and the same telephone or the same home.

    Raises SaisieRefusee. Two queries.
    """
    refus: list[RegleViolee] = []
    valeurs = lire_adulte(refus, saisie, maintenant.astimezone(PARIS).date(), "")
    if refus:
        raise SaisieRefusee(refus)
    ici = session.get_one(Foyer, foyer_id)
    adresse, numero = valeurs["courriel"], valeurs["telephone"]
    indices = [and_(Foyer.code_postal == ici.code_postal, Foyer.adresse != "")]
    if adresse:
        indices.append(Personne.courriel == adresse)
    if numero:
        indices.append(Personne.telephone == numero)
    lignes = session.execute(
        select(
            Personne,
            Foyer.nom,
            Foyer.adresse,
            Foyer.code_postal,
            or_(Foyer.id.is_(None) if perimetre.est_partout else false(), perimetre.foyers(Foyer.id)),
        )
        .outerjoin(Responsable, Responsable.personne_id == Personne.id)
        .outerjoin(Foyer, Foyer.id == Responsable.foyer_id)
        .where(
            Personne.fondue_dans.is_(None),
            Personne.id.not_in(select(Responsable.personne_id).where(Responsable.foyer_id == foyer_id)),
            or_(*indices),
        )
        .order_by(Personne.id, Foyer.nom)
    )
    nom, rue = cle_de_nom(valeurs["prenom"] + valeurs["nom"]), cle_de_nom(ici.adresse)
    trouves: dict[int, tuple[Personne, list[str]]] = {}
    ailleurs: set[int] = set()
    for personne, foyer, adresse_foyer, code_postal, est_permis in lignes:
        est_voisin = bool(rue) and code_postal == ici.code_postal and cle_de_nom(adresse_foyer or "") == rue
        est_son_nom = cle_de_nom(personne.prenom + personne.nom) == nom
        if (adresse and personne.courriel == adresse) or (
            est_son_nom and ((numero and personne.telephone == numero) or est_voisin)
        ):
            if not est_permis:
                ailleurs.add(personne.id)
                continue
            foyers = trouves.setdefault(personne.id, (personne, []))[1]
            if foyer:
                foyers.append(f"foyer {foyer}")
    # Somebody of two foyers, one of which is not for this agent: proposing her would say where else she lives.
    return Connus(
        tuple(
            Connu(
                id_, f"{personne.prenom} {personne.nom}", ", ".join([*foyers, personne.courriel or "sans adresse mail"])
            )
            for id_, (personne, foyers) in trouves.items()
            if id_ not in ailleurs
        ),
        bool(ailleurs),
    )


def ajouter_enfant(
    session: Session,
    foyer_id: int,
    saisie: EnfantSaisi,
    adultes: Iterable[int],
    auteur: Auteur,
    maintenant: datetime,
    perimetre: Perimetre,
    *,
    connu_id: int | None = None,
    est_confirme: bool = False,
) -> int:
    """A new child, or a known one who gets a second home; `adultes` of this foyer have authority over it: from its
    birth when it is new, from today when it is known.

    Raises SaisieRefusee, DejaConnu; RegleViolee (enfant_connu, enfant_ailleurs, trop_de_foyers).
    """
    refus: list[RegleViolee] = []
    aujourdhui = maintenant.astimezone(PARIS).date()
    valeurs = lire_enfant(session, refus, saisie, aujourdhui, "")
    if refus:
        raise SaisieRefusee(refus)
    # Two agents at once: the second waits, then finds the child.
    session.execute(select(Foyer.id).where(Foyer.id == foyer_id).with_for_update())
    doublons = doublons_probables(session, valeurs | {"naissance": valeurs["naissance"].isoformat()})
    ici = [d for d in doublons if foyer_id in dict(d.foyers)]
    dehors = doublons_hors(session, [d for d in doublons if d not in ici], perimetre)
    if any(cle_de_nom(d.prenom) == cle_de_nom(valeurs["prenom"]) for d in ici):
        raise RegleViolee("enfant_connu", f"{valeurs['prenom']} est déjà dans ce foyer.", "prenom")
    connus = [_connu(d) for d in doublons if d not in ici and d.enfant_id not in dehors]
    if connu_id is not None:
        _verifier_choix(connu_id, connus)
        verifier_second_foyer(session, connu_id, perimetre)
    elif (connus or dehors) and not est_confirme:
        raise DejaConnu(connus, est_ailleurs=bool(dehors))
    enfant_id = connu_id
    if enfant_id is None:
        enfant = Enfant(**valeurs)
        session.add(enfant)
        session.flush()
        enfant_id = enfant.id
    session.add(Rattachement(foyer_id=foyer_id, enfant_id=enfant_id))
    session.flush()
    consigner(session, auteur, "enfant_ajoute", maintenant, foyer_id=foyer_id, enfant_id=enfant_id)
    du = valeurs["naissance"] if connu_id is None else aujourdhui
    siens = set(session.scalars(select(Responsable.personne_id).where(Responsable.foyer_id == foyer_id)))
    for personne_id in sorted(siens.intersection(adultes) - _avec_autorite(session, enfant_id, aujourdhui)):
        donner_autorite(session, personne_id, enfant_id, du, auteur, maintenant, foyer_id=foyer_id)
    return enfant_id


def _verifier_choix(choisi: int, connus: Iterable[Connu]) -> None:
    """A form kept open, or forged: only somebody who was proposed is attached."""
    if all(connu.id != choisi for connu in connus):
        raise RegleViolee("choix_inconnu", "Cette fiche n’est plus proposée\u00a0: vérifiez ce que vous avez écrit.")


def _connu(doublon: Doublon) -> Connu:
    foyers = ", ".join(f"foyer {nom}" for _, nom in doublon.foyers) or "sans foyer"
    return Connu(
        doublon.enfant_id,
        f"{doublon.prenom} {doublon.nom}",
        f"né(e) le {ecrire_date(doublon.naissance)}, {foyers}",
    )


def _avec_autorite(session: Session, enfant_id: int, aujourdhui: date) -> set[int]:
    """Who has authority over the child today or later: nothing is given twice."""
    requete = select(AutoriteParentale.personne_id).where(
        AutoriteParentale.enfant_id == enfant_id,
        or_(AutoriteParentale.au.is_(None), AutoriteParentale.au >= aujourdhui),
    )
    return set(session.scalars(requete))
