"""« Payer par carte bancaire »: what will happen, where an attempt is, its receipt on screen."""

from dataclasses import dataclass, field
from datetime import datetime

from portail_famille.domain.moyens import ESSAI
from portail_famille.domain.payfip import DUREE_ANNULATION, DUREE_BLOCAGE, DUREE_LIEN
from portail_famille.domain.regies import MODE_ESSAI, Regie
from portail_famille.models.factures import Facture
from portail_famille.models.paiements import Paiement, Reglement
from portail_famille.presentation.formats import date_longue, euros, heure
from portail_famille.presentation.vues import Avis
from portail_famille.services.paiements import bloque_encore

_RIEN = "Rien n’a été prélevé."
_SI_DEBITE = "Si votre compte est débité malgré tout, le portail l’enregistrera dès que PayFiP le lui dira."


@dataclass(frozen=True, slots=True)
class PaiementVue:
    """An attempt, as its page tells it to a parent, logged in or not."""

    id: int
    etat: str
    """What the page compares, to know whether something moved."""
    titre: str
    phrases: tuple[str, ...]
    genre: str
    """Of its notice: succes, attention, ""."""
    numero: str
    facture_id: int
    montant_centimes: int
    est_attendu: bool
    """PayFiP has not said how it ended."""
    idop: str
    peut_continuer: bool
    """PayFiP's page may still be opened."""
    peut_recommencer: bool
    est_a_jour: bool
    """What PayFiP said is final, and written on the invoice."""
    reglement_id: int | None = None
    recu: tuple[tuple[str, str], ...] = field(default=())
    """Label and value of each line of the receipt."""


def avis_en_cours(paiement: Paiement) -> Avis:
    """On the page of an invoice whose payment is under way already."""
    return Avis(
        "attention",
        f"Un paiement est en cours depuis {heure(paiement.cree_utc)}",
        f"S’il n’aboutit pas, vous pourrez en commencer un autre à {heure(paiement.cree_utc + DUREE_BLOCAGE)}.",
    )


AVIS_A_VERIFIER = Avis(
    "attention",
    "La mairie vérifie un paiement de cette facture",
    "Si votre compte a été débité, ne payez pas une seconde fois\u00a0: demandez-lui d’abord où elle en est.",
)
AVIS_ESSAI = Avis(
    "attention",
    "Le paiement en ligne est à l’essai",
    "Ne vous servez pas de votre carte : aucun argent ne circule, et la facture restera à régler.",
)
AVIS_INDISPONIBLE = Avis(
    "attention",
    "PayFiP ne répond pas en ce moment",
    "Vous pouvez fermer cette page\u00a0: le portail redemandera tout seul, et vous enverra votre reçu.",
)
AVIS_PAS_ENCORE = Avis(
    "info",
    "PayFiP ne le sait pas encore",
    "Le portail vient de le lui demander. Attendez une minute, ou fermez cette page\u00a0: il redemandera tout seul.",
)


def composer_paiement(
    paiement: Paiement,
    facture: Facture,
    reglement: Reglement | None,
    regie: Regie | None,
    maintenant: datetime,
    *,
    est_le_sien: bool,
    est_de_retour: bool = False,
    annulation: Reglement | None = None,
) -> PaiementVue:
    """`est_le_sien`: who paid reads it; else another adult of the foyer, or whoever has the address that PayFiP came
    back to, which a browser's history keeps: her mail address is not for them. `est_de_retour`: PayFiP sent her back,
    its page has served."""
    if annulation is None:
        titre, genre, phrases = _dire(paiement, maintenant, est_le_sien=est_le_sien)
    else:
        titre, genre, phrases = _dire_annule(annulation, facture)
    age = maintenant - (paiement.idop_utc or paiement.cree_utc)
    a_echoue = (
        annulation is not None
        or paiement.etat in ("annule", "refuse", "expire")
        or (paiement.etat == "echec" and not paiement.idop)
    )
    return PaiementVue(
        id=paiement.id,
        etat=f"{paiement.etat} {'ouvert' if paiement.idop else ''}".strip(),
        titre=titre,
        phrases=phrases,
        genre=genre,
        numero=facture.numero or "",
        facture_id=facture.id,
        montant_centimes=paiement.montant_centimes,
        est_attendu=paiement.etat in ("creee", "en_attente"),
        idop=paiement.idop or "",
        peut_continuer=paiement.etat == "en_attente" and age < DUREE_LIEN and not est_de_retour,
        peut_recommencer=(a_echoue or _a_trop_dure(paiement, maintenant)) and facture.reste_centimes > 0,
        est_a_jour=paiement.etat not in ("creee", "en_attente"),
        reglement_id=reglement.id if reglement else None,
        recu=_recu(paiement, facture, reglement, regie) if reglement and annulation is None else (),
    )


def _dire_annule(annulation: Reglement, facture: Facture) -> tuple[str, str, tuple[str, ...]]:
    """PayFiP had said it was paid; the bank, or an agent, took it back since."""
    titre = "Prélèvement rejeté" if annulation.moyen == "prelevement" else "Paiement annulé"
    le = date_longue(annulation.recu_le).partition(" ")[2]
    phrases = [f"La mairie a annulé ce paiement le {le}\u00a0: {annulation.note}"]
    if facture.reste_centimes:
        phrases.append(f"La facture est de nouveau à régler\u00a0: il reste {euros(facture.reste_centimes)}.")
    return titre, "attention", tuple(phrases)


def _dire(paiement: Paiement, maintenant: datetime, *, est_le_sien: bool) -> tuple[str, str, tuple[str, ...]]:
    """Title, kind of notice, sentences."""
    match paiement.etat, paiement.resultat:
        case "paye", _ if paiement.saisie == MODE_ESSAI:
            return "Paiement d’essai", "succes", ("Aucun argent n’a circulé. La mairie annulera ce paiement.",)
        case "paye", "V":
            return (
                "Prélèvement demandé",
                "succes",
                (
                    "PayFiP a transmis votre demande à votre banque, et votre facture en tient compte dès maintenant.",
                    "Votre banque peut encore refuser ce prélèvement\u00a0: la mairie vous le dirait.",
                ),
            )
        case "paye", _:
            ou = f"à {paiement.courriel}" if est_le_sien else "par mail"
            return "C’est payé.", "succes", (f"Votre reçu part {ou}.",)
        case "annule", _:
            return "Paiement annulé", "", (f"Vous avez annulé ce paiement sur PayFiP. {_RIEN}",)
        case "refuse", "Z":
            return "Prélèvement refusé", "attention", (f"Votre banque a refusé le prélèvement. {_RIEN}",)
        case "refuse", _:
            return (
                "Carte refusée",
                "attention",
                (f"Votre banque a refusé le paiement. {_RIEN} Essayez une autre carte, ou appelez votre banque.",),
            )
        case "expire", _:
            return "Ce paiement n’a pas abouti", "attention", ("PayFiP n’a reçu aucun paiement.", _SI_DEBITE)
        case "echec", _ if paiement.idop:
            return (
                "La mairie vérifie ce paiement",
                "attention",
                (
                    "Le portail n’a pas pu enregistrer ce que PayFiP répond\u00a0: la mairie regarde.",
                    "Si votre compte a été débité, ne payez pas une seconde fois.",
                ),
            )
        case "echec", _:
            return "PayFiP n’a pas ouvert ce paiement", "attention", (_RIEN,)
        case "creee", _:
            return "Paiement en préparation", "", (f"PayFiP n’a pas encore ouvert ce paiement. {_RIEN}",)
        case _:
            return "Paiement en cours…", "", _attendre(paiement, maintenant)


def _a_trop_dure(paiement: Paiement, maintenant: datetime) -> bool:
    """PayFiP still says nothing of it, and another may be begun."""
    return paiement.etat == "en_attente" and not bloque_encore(paiement, maintenant)


def _attendre(paiement: Paiement, maintenant: datetime) -> tuple[str, ...]:
    """It may have succeeded, been cancelled (PayFiP says so after two minutes) or been left: it says the same (P5)."""
    premiere = "PayFiP ne nous a pas encore dit si ce paiement est fait."
    if _a_trop_dure(paiement, maintenant):
        return premiere, "S’il n’aboutit pas, vous pouvez en commencer un autre. " + _SI_DEBITE
    jusqua = heure(paiement.cree_utc + DUREE_BLOCAGE)
    minutes = DUREE_ANNULATION.seconds // 60
    return (
        premiere,
        f"Vous avez annulé sur PayFiP\u202f? Nous le saurons dans {minutes}\u00a0minutes, puis vous pourrez "
        "recommencer.",
        f"Vous avez quitté PayFiP sans finir\u202f? Vous pourrez commencer un autre paiement à {jusqua}.",
    )


def _recu(
    paiement: Paiement, facture: Facture, reglement: Reglement, regie: Regie | None
) -> tuple[tuple[str, str], ...]:
    # The bank has a few days to refuse a debit: nothing is paid yet.
    est_preleve = reglement.moyen == "prelevement"
    moyen, fait_le = ("prélèvement", "Demandé le") if est_preleve else ("carte bancaire", "Payé le")
    lignes = [
        ("Reçu", f"n°\u00a0{reglement.numero}"),
        ("Montant", euros(reglement.montant_centimes)),
        (fait_le, date_longue(reglement.recu_le)),
        ("Par", f"{moyen}, sur PayFiP{', pour essai' if reglement.moyen == ESSAI else ''}"),
        ("Autorisation", paiement.numauto),
        ("Facture", f"n°\u00a0{facture.numero}"),
        ("Régie", regie.nom if regie else ""),
        ("Reste à régler", euros(facture.reste_centimes)),
        ("En votre faveur", euros(reglement.reste_centimes) if reglement.reste_centimes else ""),
    ]
    return tuple((nom, valeur) for nom, valeur in lignes if valeur)
