"""Attestations and statement of account on paper: what `imprimes/papier.typ` is given."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from portail_famille.domain.libelles import ecrire_date
from portail_famille.domain.moyens import MOYENS, SANS_RECU
from portail_famille.domain.soldes import Mouvement
from portail_famille.presentation.formats import INSECABLE, detail_de_jours, enumerer, euros, pluriel
from portail_famille.presentation.papiers_factures import partie
from portail_famille.services.attestations import EnfantDit, GardePayee, Presences, Titulaire
from portail_famille.services.papiers_factures import Commune

_REGLE = (
    "Ces sommes sont celles que le foyer a payées lui-même, pour la garde seulement\u00a0: ni les repas, ni les "
    "suppléments et pénalités, ni les absences n’y sont. Les avoirs, les remboursements et la part des CESU payée "
    "d’avance par un "
    "employeur en sont retirés. Ce qui est payé d’avance compte l’année où l’enfant est gardé."
)
_USAGE = (
    "Attestation établie pour le crédit d’impôt pour frais de garde des jeunes enfants (code général des impôts, "
    "article 200 quater B). Elle remplace celles qui l’ont précédée pour la même année."
)


def papier_fiscal(
    commune: Commune, titulaire: Titulaire, annee: int, payees: Sequence[GardePayee], aujourdhui: date, couleur: str
) -> dict[str, Any]:
    """Of a year that is over, or of the running one « au <jour> »."""
    fin = min(date(annee, 12, 31), aujourdhui)
    regies = list(dict.fromkeys(payee.regie for payee in payees))
    noms = {code: _nom_de_regie(commune, code) for code in regies}
    est_en_cours = fin < date(annee, 12, 31)
    atteste = (
        f"La commune de {commune.nom} atteste avoir reçu du foyer {titulaire.foyer}, du 1er janvier {annee} au "
        f"{ecrire_date(fin)}, pour la garde d’enfants âgés de moins de six ans au 1er janvier {annee}{INSECABLE}:"
    )
    lignes = [
        [_nommer(payee.enfant), ecrire_date(payee.enfant.naissance), noms[payee.regie], euros(payee.centimes)]
        for payee in payees
    ]
    tableau = {
        "entetes": ["Enfant", "Date de naissance", "Régie", "Somme payée"],
        "lignes": lignes,
        "colonnes": [4, 3, 4, 2],
        "droite": 3,
        "total": ["Total", euros(sum(payee.centimes for payee in payees))],
    }
    phrases = [_REGLE, _USAGE]
    if est_en_cours:
        phrases.insert(0, f"L’année {annee} n’est pas finie{INSECABLE}: ces sommes vont encore changer.")
    return {
        **_entete(commune, f"Attestation fiscale {annee}, frais de garde", couleur),
        "faits": [*_faits(titulaire), ["Année", str(annee)], ["Établie le", ecrire_date(aujourdhui)]],
        "parties": [partie("", [atteste], tableau), partie("Ce que comptent ces sommes", phrases)],
        "signature": _signature(commune, regies),
    }


def papier_de_presence(
    commune: Commune,
    titulaire: Titulaire,
    enfant: EnfantDit,
    du: date,
    au: date,
    presences: Sequence[Presences],
    aujourdhui: date,
    couleur: str,
) -> dict[str, Any]:
    atteste = (
        f"La commune de {commune.nom} atteste de l’accueil de {_nommer(enfant)}, enfant du foyer {titulaire.foyer}, "
        f"aux jours suivants, du {ecrire_date(du)} au {ecrire_date(au)}."
    )
    vus = [(p.activite, p.presents) for p in presences if p.presents]
    reserves = [(p.activite, p.reserves) for p in presences if p.reserves]
    parties = [partie("", [atteste])]
    if vus:
        parties.append(partie("Présences notées", [], _jours(vus)))
    if reserves:
        parties.append(partie("Jours réservés, présence non notée", [], _jours(reserves)))
    if not presences:
        parties.append(partie("", ["Aucun jour réservé par ce foyer sur cette période."]))
    return {
        **_entete(commune, f"Attestation de présence, {enfant.prenom}", couleur),
        "faits": [
            ["Enfant", _nommer(enfant)],
            ["Date de naissance", ecrire_date(enfant.naissance)],
            ["Foyer", titulaire.foyer],
            ["Établie le", ecrire_date(aujourdhui)],
        ],
        "parties": parties,
        "signature": [f"Pour la commune de {commune.nom}"],
    }


def papier_du_releve(
    commune: Commune,
    titulaire: Titulaire,
    du: date,
    au: date,
    solde_centimes: int,
    mouvements: Sequence[Mouvement],
    aujourdhui: date,
    couleur: str,
) -> dict[str, Any]:
    """`solde_centimes`: on the morning of `du`; positive, the family owes."""
    final = mouvements[-1].solde_centimes if mouvements else solde_centimes
    # Nothing is known of the days to come.
    fin = ecrire_date(min(au, max(aujourdhui, du)))
    lignes = [["", f"Solde au {ecrire_date(du)}", "", "", euros(solde_centimes)]]
    for m in mouvements:
        du_, paye = (euros(m.centimes), "") if m.centimes > 0 else ("", euros(-m.centimes))
        lignes.append([f"{m.jour:%d/%m/%Y}", _dire_mouvement(m), du_, paye, euros(m.solde_centimes)])
    tableau = {
        "entetes": ["Date", "Mouvement", "À votre charge", "En votre faveur", "Solde"],
        "lignes": lignes,
        "colonnes": [12, 37, 13, 13, 10],
        "droite": 2,
        "total": [f"Solde au {fin}", euros(final)],
    }
    sens = "à votre charge" if final > 0 else "en votre faveur" if final < 0 else "rien à régler"
    phrase = f"Solde au {fin}{INSECABLE}: {euros(abs(final))}, {sens}."
    return {
        **_entete(commune, "Relevé de compte", couleur),
        "faits": [
            *_faits(titulaire),
            ["Période", f"du {ecrire_date(du)} au {ecrire_date(au)}"],
            ["Établi le", ecrire_date(aujourdhui)],
        ],
        "parties": [partie("", [phrase], tableau)],
        "signature": _signature(commune, sorted({m.regie for m in mouvements})),
    }


def _jours(groupes: Sequence[tuple[str, Sequence[date]]]) -> dict[str, Any]:
    return {
        "entetes": ["Activité", "Jours", "Nombre"],
        "lignes": [[activite, detail_de_jours(jours), pluriel(len(jours), "jour")] for activite, jours in groupes],
        "colonnes": [3, 7, 2],
        "droite": 2,
        "total": None,
    }


def _dire_mouvement(mouvement: Mouvement) -> str:
    numero = f"n°{INSECABLE}{mouvement.numero}"
    match mouvement.genre:
        case "facture":
            return f"Facture {numero}, {mouvement.libelle}"
        case "avoir":
            return f"Avoir {numero}"
        case "remboursement":
            return f"Remboursement {numero}"
        case "annulation":
            return f"Annulation d’un paiement {numero}"
        case _:
            # The Treasury's own settling is no payment that the régie received: it has no receipt.
            suite = "" if mouvement.libelle in SANS_RECU else f", reçu {numero}"
            return f"{MOYENS[mouvement.libelle]}{suite}"


def _nommer(enfant: EnfantDit) -> str:
    return f"{enfant.prenom} {enfant.nom}"


def _faits(titulaire: Titulaire) -> list[list[str]]:
    faits = [["Foyer", titulaire.foyer], ["Payeur", titulaire.payeur]]
    if titulaire.adresse:
        faits.append(["Adresse", ", ".join(titulaire.adresse)])
    return faits


def _entete(commune: Commune, titre: str, couleur: str) -> Mapping[str, Any]:
    lignes = [f"Mairie de {commune.nom}", commune.adresse]
    contact = [texte for texte in (commune.telephone, commune.courriel) if texte]
    return {
        "titre": titre,
        "pied": f"{titre}, mairie de {commune.nom}",
        "couleur": couleur,
        "emetteur": [ligne for ligne in (*lignes, ", ".join(contact)) if ligne],
    }


def _nom_de_regie(commune: Commune, code: str) -> str:
    regie = commune.regies.get(code)
    return regie.nom if regie is not None else code


def _signature(commune: Commune, regies: Sequence[str]) -> list[str]:
    """Who answers for the régies whose money it is."""
    signataires = [regie.signataire for code in regies if (regie := commune.regies.get(code)) and regie.signataire]
    return [enumerer(list(dict.fromkeys(signataires)))] if signataires else [f"Pour la commune de {commune.nom}"]
