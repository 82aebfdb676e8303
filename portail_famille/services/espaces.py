"""« Créer mon espace »: a family unknown to the town asks, proves its address, and an agent attaches it or not.

The web answers alike, with the same statements, whether the address is already somebody's or not: the mail alone says.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from portail_famille.domain.demarches import OUVERTS, Cote
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.noms import cle_de_nom
from portail_famille.models.comptes import Compte, JetonCompte
from portail_famille.models.demarches import Demarche
from portail_famille.models.foyers import Enfant, Foyer, Personne, Rattachement, Responsable
from portail_famille.services import demarches, jetons
from portail_famille.services.acces import Commune, ecrire_instant, envoyer_activation, ouvrir_compte
from portail_famille.services.courriels import deposer_courriel
from portail_famille.services.foyers_saisis import AdulteSaisi, EnfantSaisi, FoyerSaisi, ajouter_adulte
from portail_famille.services.journal import Auteur, consigner
from portail_famille.services.perimetres import Perimetre
from portail_famille.services.recherches import FoyerTrouve, resumer

GENRE = "espace"
DUREE_LIEN = timedelta(days=1)
PROPOSITIONS = 8
_DATE = re.compile(r"\b(\d{1,2})[/.\- ](\d{1,2})[/.\- ](\d{4})\b")


@dataclass(frozen=True, slots=True)
class DemandeEspace:
    """What a family unknown to the town wrote, checked. `enfants`: her own words, a child a line."""

    civilite: str
    prenom: str
    nom: str
    courriel: str
    telephone: str
    adresse: str
    code_postal: str
    ville: str
    enfants: tuple[str, ...]
    message: str

    def en_document(self) -> dict[str, Any]:
        return {**asdict(self), "enfants": list(self.enfants)}


@dataclass(frozen=True, slots=True)
class EnfantDit:
    """A line about a child, as far as it can be read."""

    prenom: str
    nom: str
    naissance: date | None


@dataclass(frozen=True, slots=True)
class Proposition:
    """A foyer that may be the one asked for, and what they have in common."""

    foyer: FoyerTrouve
    raisons: tuple[str, ...]


def demander_espace(session: Session, demande: DemandeEspace, maintenant: datetime, reglages: Commune) -> int:
    """Writes the mail that verifies the address; the row of its link. An address that already has a compte is told so
    in the mail, after the same statements: the answer on the screen says nothing."""
    connus = session.execute(
        select(Compte.identifiant)
        .join(Personne, Personne.id == Compte.personne_id)
        .where(func.lower(Personne.courriel) == demande.courriel, Compte.est_actif)
        .order_by(Compte.id)
    )
    identifiants = list(connus.scalars())
    cree = jetons.creer_jeton(session, GENRE, maintenant, reglages, donnees=demande.en_document(), duree=DUREE_LIEN)
    # Without the name typed: nobody makes the town write what she likes to a stranger.
    deposer_courriel(
        session,
        modele="espace_demande",
        destinataire=demande.courriel,
        maintenant=maintenant,
        reglages=reglages,
        identifiants=identifiants,
        lien=f"{reglages.url_publique}/creer-mon-espace/{cree.jeton}",
        code=f"{cree.code[:3]}\u00a0{cree.code[3:]}",
        minutes=reglages.comptes.code_minutes,
        jusquau=ecrire_instant(cree.ligne.expire_utc),
        oubli=f"{reglages.url_publique}/mot-de-passe/oublie",
    )
    return cree.ligne.id


def confirmer_espace(session: Session, jeton: str, maintenant: datetime, reglages: Commune) -> Demarche:
    """Files the démarche behind a verified address. Raises JetonRefuse, or `RegleViolee` when one waits already: then
    the caller rolls back."""
    ligne = jetons.lire_jeton(session, jeton, GENRE, maintenant, reglages)
    contenu = dict(ligne.donnees or {})
    jetons.consommer(session, ligne, maintenant)
    # What was typed is in the démarche from here on; the link needs it no more.
    ligne.donnees = {}
    # Filed before looking: of two links at once, the second waits for its number, then sees the first one's request.
    demarche = demarches.deposer(
        session, genre=GENRE, auteur=Auteur(Cote.FAMILLE), maintenant=maintenant, contenu=contenu
    )
    memes = (d for d in _ouvertes(session) if d.contenu.get("courriel") == contenu.get("courriel"))
    attente = next((d for d in memes if d.id != demarche.id), None)
    if attente is not None:
        raise RegleViolee(
            "espace_deja_demande",
            f"Vous avez déjà une demande en attente, la n°\u00a0{attente.numero}. La mairie va vous répondre.",
        )
    return demarche


def codes_en_attente(session: Session, ligne_id: int, maintenant: datetime, reglages: Commune) -> list[int]:
    """The row whose code may still be typed on the screen that asked for it, if it may. `suivi.compter_essais` counts
    the try before the code is looked at."""
    return list(
        session.scalars(
            select(JetonCompte.id).where(
                JetonCompte.id == ligne_id,
                JetonCompte.genre == GENRE,
                JetonCompte.utilise_utc.is_(None),
                JetonCompte.cree_utc > maintenant - timedelta(minutes=reglages.comptes.code_minutes),
                JetonCompte.essais < jetons.ESSAIS_DE_CODE,
            )
        )
    )


def proposer_foyers(session: Session, contenu: Mapping[str, Any], perimetre: Perimetre) -> list[Proposition]:
    """Foyers of this agent that look like this one, the likeliest first. Four queries."""
    raisons: dict[int, list[str]] = {}
    for rang, foyer_id, lu, dit in sorted(_ressemblants(session, contenu, perimetre)):
        raison, siennes = _RAISONS[rang], raisons.setdefault(foyer_id, [])
        memes = cle_de_nom(dit) in cle_de_nom(lu) if raison == "même nom" else cle_de_nom(dit) == cle_de_nom(lu)
        if memes and raison not in siennes:
            siennes.append(raison)
    ordre = [foyer_id for foyer_id, siennes in raisons.items() if siennes]
    meilleurs = sorted(ordre, key=lambda id_: -len(raisons[id_]))[:PROPOSITIONS]
    return [Proposition(foyer, tuple(raisons[foyer.id])) for foyer in resumer(session, meilleurs)]


def rattacher(
    session: Session,
    demarche: Demarche,
    version: int,
    foyer_id: int,
    personne_id: int | None,
    auteur: Auteur,
    maintenant: datetime,
    reglages: Commune,
    *,
    est_remplacee: bool = False,
) -> None:
    """Accepts: the asker is this adult of the foyer, or a new one of it; her compte is opened, its activation sent.

    `est_remplacee`: the agent saw the address on file beside the one asked for, and says that the second one is hers.
    Authority on the children is given apart, by an agent who has seen the livret de famille. Raises `RegleViolee`.
    """

    def appliquer(session: Session, demarche: Demarche, auteur: Auteur, maintenant: datetime) -> None:
        contenu = demarche.contenu
        if personne_id is None:
            personne = ajouter_adulte(session, foyer_id, adulte_dit(contenu), (), auteur, maintenant, reglages)
            compte = ouvrir_compte(session, personne.id, maintenant)
        else:
            personne = _adulte_connu(session, contenu, foyer_id, personne_id)
            consigner(session, auteur, "adulte_rattache", maintenant, foyer_id=foyer_id, personne_id=personne.id)
            ancienne = _remplacer_l_adresse(session, personne, str(contenu["courriel"]), est_remplacee)
            if ancienne:
                _prevenir_l_ancienne(session, personne, ancienne, maintenant, reglages)
                consigner(
                    session,
                    auteur,
                    "courriel_corrige",
                    maintenant,
                    foyer_id=foyer_id,
                    personne_id=personne.id,
                    details={"avant": ancienne, "apres": personne.courriel},
                )
            compte = ouvrir_compte(session, personne.id, maintenant)
            envoyer_activation(session, compte.id, maintenant, reglages)
        demarche.foyer_id, demarche.personne_id, demarche.compte_id = foyer_id, personne.id, compte.id

    _verifier_genre(demarche)
    if session.get(Foyer, foyer_id, with_for_update=True) is None:
        raise RegleViolee("foyer_absent", "Ce foyer n’existe plus.", "foyer")
    demarches.accepter(session, demarche, version, auteur, maintenant, appliquer)


def accepter_avec_nouveau_foyer(
    session: Session, demarche: Demarche, version: int, foyer: Foyer, auteur: Auteur, maintenant: datetime
) -> None:
    """The foyer was just made by hand, comptes and activation mails included. Raises `RegleViolee`."""

    def appliquer(session: Session, demarche: Demarche, auteur: Auteur, maintenant: datetime) -> None:
        demarche.foyer_id, demarche.personne_id = foyer.id, foyer.payeur_id

    _verifier_genre(demarche)
    demarches.accepter(session, demarche, version, auteur, maintenant, appliquer)


def appliquer_espace(session: Session, demarche: Demarche, auteur: Auteur, maintenant: datetime) -> None:
    """A plain « accepter » cannot know which foyer. Raises `RegleViolee`, always."""
    raise RegleViolee("foyer_a_choisir", "Choisissez d’abord le foyer auquel rattacher cette famille.", "foyer")


def lire_enfant_dit(ligne: str) -> EnfantDit:
    """« Léa Ferrand 17/04/2018 »: first word, the rest, the date if there is one; a comma parts « Marie Lou, Diop »."""
    trouvee = _DATE.search(ligne)
    naissance = None
    if trouvee is not None:
        jour, mois, annee = (int(nombre) for nombre in trouvee.groups())
        with suppress(ValueError):
            naissance = date(annee, mois, jour)
    texte = re.sub(r"\b(?:née?|le)\b|[:()]", " ", ligne.replace(trouvee.group() if trouvee else "\n", " "))
    morceaux = [" ".join(morceau.split()) for morceau in re.split("[,;]", texte) if morceau.strip()]
    prenom, _, nom = " ".join(morceaux).partition(" ") if len(morceaux) != 2 else (morceaux[0], "", morceaux[1])
    return EnfantDit(prenom, nom, naissance)


def adulte_dit(contenu: Mapping[str, Any]) -> AdulteSaisi:
    """Who asks, as the desk's form takes an adult."""
    return AdulteSaisi(
        prenom=str(contenu.get("prenom", "")),
        nom=str(contenu.get("nom", "")),
        courriel=str(contenu.get("courriel", "")),
        telephone=str(contenu.get("telephone") or ""),
        civilite=str(contenu.get("civilite", "")),
    )


def foyer_dit(contenu: Mapping[str, Any]) -> FoyerSaisi:
    """The desk's form of a new foyer, as the family wrote it: an agent looks before anything is made."""
    enfants = [lire_enfant_dit(ligne) for ligne in contenu.get("enfants", ())]
    return FoyerSaisi(
        adresse=str(contenu.get("adresse", "")),
        code_postal=str(contenu.get("code_postal", "")),
        ville=str(contenu.get("ville", "")),
        adultes=(adulte_dit(contenu),),
        enfants=[
            EnfantSaisi(
                prenom=dit.prenom,
                nom=dit.nom or str(contenu.get("nom", "")),
                naissance=dit.naissance.isoformat() if dit.naissance else "",
            )
            for dit in enfants
        ],
    )


def _verifier_genre(demarche: Demarche) -> None:
    """A forged form must not accept another kind without applying it."""
    if demarche.genre != GENRE:
        raise RegleViolee("autre_genre", "Cette demande n’est pas une création d’espace.")


def _ouvertes(session: Session) -> list[Demarche]:
    etats = [etat.value for etat in OUVERTS]
    return list(session.scalars(select(Demarche).where(Demarche.genre == GENRE, Demarche.etat.in_(etats))))


def _adulte_connu(session: Session, contenu: Mapping[str, Any], foyer_id: int, personne_id: int) -> Personne:
    connue = session.scalar(
        select(Personne)
        .join(Responsable, Responsable.personne_id == Personne.id)
        .where(Personne.id == personne_id, Responsable.foyer_id == foyer_id)
    )
    if connue is None:
        raise RegleViolee("adulte_absent", "Cette personne n’est plus de ce foyer.", "foyer")
    compte = session.scalar(select(Compte).where(Compte.personne_id == personne_id))
    if compte is not None and (compte.active_utc is not None or not compte.est_actif):
        raise RegleViolee(
            "compte_existant",
            f"{connue.prenom} {connue.nom} a déjà un espace, «\u00a0{compte.identifiant}\u00a0». Refusez la demande "
            "en lui disant de passer par «\u00a0J’ai oublié mon mot de passe\u00a0».",
            "foyer",
        )
    connue.telephone = connue.telephone or contenu.get("telephone") or None
    session.flush()
    return connue


def _remplacer_l_adresse(session: Session, personne: Personne, nouvelle: str, est_remplacee: bool) -> str:
    """The address that was on file when it is replaced. Whoever asks proved that she opens the new mailbox, not that it
    is this adult who asks: the agent says so apart. Raises `RegleViolee`."""
    ancienne = personne.courriel or ""
    if ancienne and ancienne != nouvelle and not est_remplacee:
        raise RegleViolee(
            "adresse_a_remplacer",
            f"L’adresse du dossier est «\u00a0{ancienne}\u00a0», celle de la demande «\u00a0{nouvelle}\u00a0». "
            "Vérifiez que c’est bien la même personne, puis cochez la case pour la remplacer.",
            "foyer",
        )
    personne.courriel = nouvelle
    session.flush()
    return ancienne if ancienne != nouvelle else ""


def _prevenir_l_ancienne(
    session: Session, personne: Personne, ancienne: str, maintenant: datetime, reglages: Commune
) -> None:
    deposer_courriel(
        session,
        modele="adresse_corrigee",
        destinataire=ancienne,
        maintenant=maintenant,
        reglages=reglages,
        prenom=personne.prenom,
        identifiant="",
        est_ancienne=True,
        est_a_reprendre=False,
        quand=ecrire_instant(maintenant),
    )


_RAISONS = ("même adresse mail", "même téléphone", "même enfant", "même adresse", "même nom")
"""The surest first."""
_LUS = 200
"""Lines read for each reason: beyond, a name says nothing."""


def _ressemblants(
    session: Session, contenu: Mapping[str, Any], perimetre: Perimetre
) -> list[tuple[int, int, str, str]]:
    """Which reason, which foyer, what is on file, what was said: the last two are compared once read. One query."""
    courriel, numero, nom = (str(contenu.get(champ) or "") for champ in ("courriel", "telephone", "nom"))
    adresse, code_postal = (str(contenu.get(champ) or "") for champ in ("adresse", "code_postal"))
    telephones = (Personne.telephone, Personne.telephone_domicile, Personne.telephone_travail)
    noms = Personne.nom + " " + func.coalesce(Personne.nom_naissance, "")
    egal = literal("")
    adulte = (Responsable, Responsable.foyer_id == Foyer.id), (Personne, Personne.id == Responsable.personne_id)
    enfant = (Rattachement, Rattachement.foyer_id == Foyer.id), (Enfant, Enfant.id == Rattachement.enfant_id)
    branches: list[tuple[int, Any, str, Any, Any]] = []
    if courriel:
        branches.append((0, egal, "", adulte, func.lower(Personne.courriel) == courriel))
    if numero:
        branches.append((1, egal, "", adulte, or_(*(colonne == numero for colonne in telephones))))
    for dit in map(lire_enfant_dit, contenu.get("enfants", ())):
        if dit.naissance is not None:
            branches.append((2, Enfant.prenom, dit.prenom, enfant, Enfant.naissance == dit.naissance))
    if cle_de_nom(adresse):
        la = and_(Foyer.code_postal == code_postal, Foyer.adresse.ilike(_motif(adresse)))
        branches.append((3, Foyer.adresse, adresse, (), la))
    if cle_de_nom(nom):
        for lu, jointures in ((Foyer.nom, ()), (noms, adulte), (Enfant.nom, enfant)):
            branches.append((4, lu, nom, jointures, lu.ilike(_motif(nom))))
    requetes = []
    for rang, lu, dit_, jointures, condition in branches:
        requete = select(literal(rang).label("rang"), Foyer.id, lu.label("lu"), literal(dit_).label("dit"))
        for table, lien in jointures:
            requete = requete.join(table, lien)
        requete = requete.where(condition, Foyer.fondu_dans.is_(None), perimetre.foyers(Foyer.id))
        requetes.append(select(requete.order_by(Foyer.id).limit(_LUS).subquery()))
    lignes = session.execute(union_all(*requetes)) if requetes else ()
    return [(rang, foyer_id, lu, dit) for rang, foyer_id, lu, dit in lignes]


def _motif(texte: str) -> str:
    """What neither engine folds is left out: letters that bear an accent or are doubled, spaces, hyphens."""
    return "%" + "".join(f"{lettre}%" for lettre in cle_de_nom(texte) if lettre in "bdfghjklmpqrtvwx0123456789")
