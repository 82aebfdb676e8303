"""A foyer made by hand at the town hall's desk, one more adult in it, and who has parental authority, dated."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from portail_famille.domain.cellules import lire_adresse_mail
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.fiches import PAR_CODE, lire_valeur
from portail_famille.domain.horloge import PARIS
from portail_famille.domain.noms import cle_de_nom
from portail_famille.models.activites import Structure
from portail_famille.models.foyers import AutoriteParentale, Enfant, Foyer, Personne, Rattachement, Responsable
from portail_famille.services.acces import Commune, envoyer_activation, ouvrir_compte
from portail_famille.services.ecriture_familles import nom_de_foyer
from portail_famille.services.journal import Auteur, consigner
from portail_famille.services.telephones import lire_telephone

ADULTES_MAXIMAUX = 2


@dataclass(frozen=True, slots=True)
class AdulteSaisi:
    """As typed. `personne_id`: somebody the portal knows already, of another foyer; the rest is then left aside."""

    prenom: str = ""
    nom: str = ""
    courriel: str = ""
    telephone: str = ""
    civilite: str = ""
    a_autorite: bool = True
    """Over the children of the same form (a step-parent has none)."""
    personne_id: int | None = None


@dataclass(frozen=True, slots=True)
class EnfantSaisi:
    prenom: str = ""
    nom: str = ""
    naissance: str = ""
    structure: str = ""
    """Code of the catalogue."""
    classe: str = ""


@dataclass(frozen=True, slots=True)
class FoyerSaisi:
    adresse: str
    code_postal: str
    ville: str
    adultes: Sequence[AdulteSaisi]
    """The payer first."""
    enfants: Sequence[EnfantSaisi] = ()
    est_resident: bool = True
    est_confirme: bool = False
    """« C’est bien une autre famille », after having been told of one that looks like it."""


class SaisieRefusee(RegleViolee):
    """Every fault of the form. `refus` by field: adresse, adultes-0-prenom, enfants-1-naissance…; the code, sentence
    and field are those of the first."""

    def __init__(self, refus: Sequence[RegleViolee]) -> None:
        super().__init__(refus[0].code, refus[0].message, refus[0].champ)
        self.refus: dict[str, RegleViolee] = {}
        for faute in refus:
            self.refus.setdefault(faute.champ or "", faute)


def creer_foyer(session: Session, saisie: FoyerSaisi, auteur: Auteur, maintenant: datetime, reglages: Commune) -> Foyer:
    """The foyer, its adults each with a compte and its activation mail, its children with their parents' authority.

    Raises SaisieRefusee; or RegleViolee (famille_connue) when a child or an adult of it is known already, until the
    agent has confirmed.
    """
    aujourdhui = maintenant.astimezone(PARIS).date()
    refus: list[RegleViolee] = []
    adresse = {nom: _lire(refus, f"foyer.{nom}", getattr(saisie, nom), aujourdhui, nom) for nom in _ADRESSE}
    adultes = [lire_adulte(refus, lu, aujourdhui, f"adultes-{rang}-") for rang, lu in enumerate(saisie.adultes)]
    enfants = [
        lire_enfant(session, refus, lu, aujourdhui, f"enfants-{rang}-") for rang, lu in enumerate(saisie.enfants)
    ]
    if not adultes:
        refus.append(RegleViolee("adulte_absent", "Il faut au moins un adulte.", "adultes-0-prenom"))
    if len(adultes) > ADULTES_MAXIMAUX:
        refus.append(RegleViolee("trop_d_adultes", "Un foyer a deux adultes au plus.", "adultes-2-prenom"))
    if refus:
        raise SaisieRefusee(refus)
    if not saisie.est_confirme:
        _refuser_les_doublons(session, saisie, adultes, enfants)
    personnes = [_personne(session, lu, valeurs) for lu, valeurs in zip(saisie.adultes, adultes, strict=True)]
    if len({personne.id for personne in personnes}) < len(personnes):
        raise RegleViolee("adulte_double", "Cet adulte est déjà dans le formulaire.", "adultes-1-prenom")
    lignes = [Enfant(**valeurs) for valeurs in enfants]
    foyer = Foyer(
        nom=nom_de_foyer(personne.nom for personne in personnes),
        payeur_id=personnes[0].id,
        est_resident=saisie.est_resident,
        personnes_a_charge=max(1, len(lignes)),
        **adresse,
    )
    session.add_all([foyer, *lignes])
    session.flush()
    session.add_all(Responsable(foyer_id=foyer.id, personne_id=personne.id) for personne in personnes)
    session.add_all(Rattachement(foyer_id=foyer.id, enfant_id=enfant.id) for enfant in lignes)
    session.add_all(
        AutoriteParentale(personne_id=personne.id, enfant_id=enfant.id, du=enfant.naissance)
        for personne, lu in zip(personnes, saisie.adultes, strict=True)
        if lu.a_autorite
        for enfant in lignes
    )
    session.flush()
    consigner(session, auteur, "foyer_cree", maintenant, foyer_id=foyer.id)
    for personne in personnes:
        _ouvrir_l_espace(session, personne, maintenant, reglages)
    return foyer


def ajouter_adulte(
    session: Session,
    foyer_id: int,
    saisie: AdulteSaisi,
    enfants: Iterable[int],
    auteur: Auteur,
    maintenant: datetime,
    reglages: Commune,
) -> Personne:
    """One more adult in a foyer, with authority from today over `enfants` (of this foyer; others are left aside).

    Raises SaisieRefusee, or RegleViolee (adulte_double, trop_d_adultes).
    """
    aujourdhui = maintenant.astimezone(PARIS).date()
    refus: list[RegleViolee] = []
    valeurs = lire_adulte(refus, saisie, aujourdhui, "")
    if refus:
        raise SaisieRefusee(refus)
    # Two agents at once: the second waits, then counts.
    session.execute(select(Foyer.id).where(Foyer.id == foyer_id).with_for_update())
    presents = session.scalars(
        select(Personne)
        .join(Responsable, Responsable.personne_id == Personne.id)
        .where(Responsable.foyer_id == foyer_id)
    ).all()
    if any(_est_le_meme(present, saisie, valeurs) for present in presents):
        raise RegleViolee("adulte_double", "Cet adulte est déjà dans ce foyer.", "prenom")
    if len(presents) >= ADULTES_MAXIMAUX:
        raise RegleViolee("trop_d_adultes", "Un foyer a deux adultes au plus.", "prenom")
    personne = _personne(session, saisie, valeurs)
    session.add(Responsable(foyer_id=foyer_id, personne_id=personne.id))
    session.flush()
    consigner(session, auteur, "adulte_ajoute", maintenant, foyer_id=foyer_id, personne_id=personne.id)
    ici = set(session.scalars(select(Rattachement.enfant_id).where(Rattachement.foyer_id == foyer_id)))
    for enfant_id in sorted(ici.intersection(enfants)):
        donner_autorite(session, personne.id, enfant_id, aujourdhui, auteur, maintenant, foyer_id=foyer_id)
    _ouvrir_l_espace(session, personne, maintenant, reglages)
    return personne


def donner_autorite(
    session: Session,
    personne_id: int,
    enfant_id: int,
    du: date,
    auteur: Auteur,
    maintenant: datetime,
    *,
    foyer_id: int | None = None,
) -> AutoriteParentale:
    """From `du` on, until further notice. Raises RegleViolee (autorite_en_cours, date)."""
    naissance = session.scalars(select(Enfant.naissance).where(Enfant.id == enfant_id)).one()
    if du < naissance:
        raise RegleViolee("date_avant_naissance", "Cette date est avant la naissance de l’enfant.", "du")
    en_cours = session.scalar(
        select(AutoriteParentale.id).where(
            AutoriteParentale.personne_id == personne_id,
            AutoriteParentale.enfant_id == enfant_id,
            or_(AutoriteParentale.au.is_(None), AutoriteParentale.au >= du),
        )
    )
    if en_cours is not None:
        raise RegleViolee("autorite_en_cours", "Cette personne a déjà l’autorité parentale à cette date.", "du")
    autorite = AutoriteParentale(personne_id=personne_id, enfant_id=enfant_id, du=du)
    session.add(autorite)
    session.flush()
    consigner(
        session, auteur, "autorite_donnee", maintenant,
        foyer_id=foyer_id, enfant_id=enfant_id, personne_id=personne_id, details={"du": du.isoformat()},
    )  # fmt: skip
    return autorite


def terminer_autorite(
    session: Session,
    personne_id: int,
    enfant_id: int,
    au: date,
    auteur: Auteur,
    maintenant: datetime,
    *,
    foyer_id: int | None = None,
) -> None:
    """`au` is the last day on which she has it; a link that was to begin after never will. Raises RegleViolee
    (autorite_absente, date_avant_debut)."""
    ouvertes = session.scalars(
        select(AutoriteParentale)
        .where(
            AutoriteParentale.personne_id == personne_id,
            AutoriteParentale.enfant_id == enfant_id,
            or_(AutoriteParentale.au.is_(None), AutoriteParentale.au > au),
        )
        .order_by(AutoriteParentale.du)
        .with_for_update()
    ).all()
    if all(autorite.au is not None for autorite in ouvertes):
        raise RegleViolee("autorite_absente", "Cette personne n’a pas d’autorité parentale en cours.", "au")
    if au < ouvertes[0].du:
        raise RegleViolee("date_avant_debut", "La fin est avant le début.", "au")
    for autorite in ouvertes:
        if autorite.du > au:
            session.delete(autorite)
        else:
            autorite.au = au
    session.flush()
    consigner(
        session, auteur, "autorite_terminee", maintenant,
        foyer_id=foyer_id, enfant_id=enfant_id, personne_id=personne_id, details={"au": au.isoformat()},
    )  # fmt: skip


_ADRESSE = ("adresse", "code_postal", "ville")


def _lire(refus: list[RegleViolee], code: str, saisie: str, aujourdhui: date, champ: str) -> str:
    return _tenter(refus, champ, lambda: lire_valeur(PAR_CODE[code], saisie, aujourdhui))


def _tenter(refus: list[RegleViolee], champ: str, lire: Callable[[], str]) -> str:
    try:
        return lire()
    except RegleViolee as faute:
        message = faute.message if faute.message.endswith(".") else f"{faute.message[:1].upper()}{faute.message[1:]}."
        refus.append(RegleViolee(faute.code, message, champ))
        return ""


def lire_adulte(refus: list[RegleViolee], lu: AdulteSaisi, aujourdhui: date, prefixe: str) -> dict[str, Any]:
    """As its columns hold it; what is wrong is added to `refus`, its field under this prefix."""
    if lu.personne_id is not None:
        return {}
    valeurs: dict[str, Any] = {
        nom: _lire(refus, f"personne.{nom}", getattr(lu, nom), aujourdhui, prefixe + nom)
        for nom in ("civilite", "prenom", "nom")
    }
    courriel, telephone = lu.courriel.strip(), lu.telephone.strip()
    valeurs["courriel"] = _tenter(refus, f"{prefixe}courriel", lambda: lire_adresse_mail(courriel)) if courriel else ""
    valeurs["telephone"] = _tenter(refus, f"{prefixe}telephone", lambda: lire_telephone(telephone)) if telephone else ""
    return {nom: valeur if nom not in ("courriel", "telephone") else valeur or None for nom, valeur in valeurs.items()}


def lire_enfant(
    session: Session, refus: list[RegleViolee], lu: EnfantSaisi, aujourdhui: date, prefixe: str
) -> dict[str, Any]:
    """The same for a child."""
    valeurs: dict[str, Any] = {
        nom: _lire(refus, f"enfant.{nom}", getattr(lu, nom), aujourdhui, prefixe + nom)
        for nom in ("prenom", "nom", "naissance", "classe")
    }
    valeurs["naissance"] = date.fromisoformat(valeurs["naissance"]) if valeurs["naissance"] else None
    if lu.structure:
        valeurs["structure_id"] = session.scalar(
            select(Structure.id).where(Structure.code == lu.structure, Structure.est_retire.is_(False))
        )
        if valeurs["structure_id"] is None:
            refus.append(
                RegleViolee("structure_inconnue", "Choisissez une structure de la liste.", f"{prefixe}structure")
            )
    return valeurs


def _personne(session: Session, lu: AdulteSaisi, valeurs: dict[str, Any]) -> Personne:
    if lu.personne_id is not None:
        return session.get_one(Personne, lu.personne_id)
    personne = Personne(**valeurs)
    session.add(personne)
    session.flush()
    return personne


def _ouvrir_l_espace(session: Session, personne: Personne, maintenant: datetime, reglages: Commune) -> None:
    if personne.courriel:
        envoyer_activation(session, ouvrir_compte(session, personne.id, maintenant).id, maintenant, reglages)


def _est_le_meme(present: Personne, lu: AdulteSaisi, valeurs: dict[str, Any]) -> bool:
    if lu.personne_id is not None:
        return present.id == lu.personne_id
    return cle_de_nom(present.prenom + present.nom) == cle_de_nom(valeurs["prenom"] + valeurs["nom"])


def _refuser_les_doublons(
    session: Session, saisie: FoyerSaisi, adultes: Sequence[dict[str, Any]], enfants: Sequence[dict[str, Any]]
) -> None:
    """By the children's birth days and the adults' addresses, then by name: few rows, whatever the town."""
    for rang, (lu, valeurs) in enumerate(zip(saisie.adultes, adultes, strict=True)):
        if lu.personne_id is not None or not valeurs["courriel"]:
            continue
        connus = session.scalars(
            select(Personne).where(
                Personne.courriel == valeurs["courriel"], exists().where(Responsable.personne_id == Personne.id)
            )
        )
        if any(_est_le_meme(connu, lu, valeurs) for connu in connus):
            raise _famille_connue(valeurs, f"adultes-{rang}-prenom")
    for rang, valeurs in enumerate(enfants):
        connus_ce_jour = session.scalars(
            select(Enfant).where(Enfant.naissance == valeurs["naissance"], Enfant.fondu_dans.is_(None))
        )
        cle = cle_de_nom(valeurs["prenom"] + valeurs["nom"])
        if any(cle_de_nom(connu.prenom + connu.nom) == cle for connu in connus_ce_jour):
            raise _famille_connue(valeurs, f"enfants-{rang}-prenom")


def _famille_connue(valeurs: dict[str, Any], champ: str) -> RegleViolee:
    return RegleViolee(
        "famille_connue",
        f"{valeurs['prenom']} {valeurs['nom']} est déjà dans le portail\u00a0: cherchez sa famille, ou confirmez que "
        "c’en est une autre.",
        champ,
    )
