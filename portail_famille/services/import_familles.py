"""Import of a town's file of families, in the caller's transaction: all of it or nothing.

The file wins over what the portal holds, cell by cell, and says how many values it replaced; an empty cell changes
nothing. Two things it never takes back: a parental authority that an agent ended, and the mail address of an active
compte, which its holder confirmed.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portail_famille.domain.familles_du_fichier import FoyerDuFichier, assembler
from portail_famille.domain.fichier_familles import COLONNES, OBLIGATOIRES, ReperesFichier, lire_lignes
from portail_famille.domain.tableur import FichierRefuse, Tableau, decoder, lire_tableau
from portail_famille.models.comptes import Compte
from portail_famille.models.foyers import Foyer
from portail_famille.services.acces import TOUS_LES_LIENS, Commune
from portail_famille.services.calendrier import nouvelle_version
from portail_famille.services.ecriture_familles import Ecriture, RapportFamilles, ecrire_fiches
from portail_famille.services.ecriture_inscriptions import ecrire_inscriptions
from portail_famille.services.ecriture_liens import ecrire_liens
from portail_famille.services.ecriture_rattachements import ecrire_rattachements
from portail_famille.services.invitations import inviter, ouvrir_comptes
from portail_famille.services.jetons import revoquer
from portail_famille.services.journal import SYSTEME, consigner
from portail_famille.services.rapprochement import lire_familles_connues, rapprocher
from portail_famille.services.regles import Regles
from portail_famille.services.telephones import lire_telephone

DEPARTS_ORDINAIRES, PART_ORDINAIRE = 5, 0.2
"""A complete file that leaves out more than this is more likely a part of one."""

__all__ = ["DepartsNombreux", "RapportFamilles", "importer_familles", "lire_foyers", "lire_tableau_de_familles"]


class DepartsNombreux(Exception):
    """`partis` foyers of the `connus` that came from a file would leave at once."""

    def __init__(self, partis: int, connus: int) -> None:
        super().__init__(f"{partis} foyers of {connus} would leave")
        self.partis, self.connus = partis, connus


def lire_tableau_de_familles(octets: bytes) -> Tableau:
    """The rows of the file. Raises FichierRefuse when it is no such file."""
    return lire_tableau(decoder(octets), COLONNES, OBLIGATOIRES)


def lire_foyers(
    tableau: Tableau, regles: Regles, aujourdhui: date, avancer: Callable[[], None] = lambda: None
) -> list[FoyerDuFichier]:
    """The foyers of the file. Raises FichierRefuse with every fault, in the order of the file."""
    catalogue = regles.catalogue
    reperes = ReperesFichier(
        aujourdhui,
        tuple(catalogue.structures),
        {code: activite.structures for code, activite in catalogue.activites.items()},
        lire_telephone,
    )
    lignes, fautes = lire_lignes(tableau, reperes, avancer)
    foyers, contradictions = assembler(lignes, reperes)
    fautes += contradictions
    if fautes:
        rangs = {nom: rang for rang, nom in enumerate(tableau.colonnes)}
        raise FichierRefuse(sorted(fautes, key=lambda faute: (faute.ligne, rangs.get(faute.colonne, len(rangs)))))
    return foyers


def importer_familles(
    session: Session,
    foyers: Sequence[FoyerDuFichier],
    maintenant: datetime,
    reglages: Commune,
    *,
    avec_courriels: bool = True,
    est_complet: bool = False,
    departs_confirmes: bool = False,
) -> RapportFamilles:
    """Writes the foyers of a file. Two imports at once follow each other. `est_complet`: the foyers that came from a
    file and are not in this one have left.

    The new comptes are in the report, to be invited once this is committed (services/invitations): writing ten
    thousand mails takes longer than others may be kept from writing. `avec_courriels`: a compte still waiting for its
    activation is told at its new address at once; its links to the old one are dead in any case.

    Raises FichierRefuse when a family cannot be found again for sure, DepartsNombreux when a file said to be complete
    leaves out so many that it hardly is, unless `departs_confirmes`.
    """
    nouvelle_version(session, "familles", increment=0)
    trouve = rapprocher(foyers, connues := lire_familles_connues(session), est_complet=est_complet)
    if trouve.fautes:
        raise FichierRefuse(sorted(trouve.fautes, key=lambda faute: faute.ligne))
    ecriture = Ecriture(session, maintenant, connues, trouve)
    ecrire_fiches(ecriture, foyers)
    ecrire_rattachements(ecriture, foyers, est_complet=est_complet)
    ecrire_liens(ecriture, foyers)
    ecrire_inscriptions(ecriture, foyers)
    _noter_les_departs(ecriture, est_complet, departs_confirmes)
    _journaliser(ecriture)
    _ouvrir_les_espaces(ecriture, foyers)
    _changer_de_boite(ecriture, reglages, avec_courriels=avec_courriels)
    session.flush()
    return ecriture.rapport


def _noter_les_departs(ecriture: Ecriture, est_complet: bool, departs_confirmes: bool) -> None:
    presents = set(ecriture.trouve.foyers.values())
    connus = ecriture.connues.foyers
    revenus = [i for i in presents if i in connus and connus[i]["parti_le"] is not None]
    partis = [
        i
        for i, foyer in connus.items()
        if est_complet and foyer["reference"] and foyer["parti_le"] is None and i not in presents
    ]
    venus = sum(bool(foyer["reference"]) and foyer["parti_le"] is None for foyer in connus.values())
    if len(partis) > max(DEPARTS_ORDINAIRES, PART_ORDINAIRE * venus) and not departs_confirmes:
        raise DepartsNombreux(len(partis), venus)
    dates: dict[int, date | None] = {**dict.fromkeys(revenus), **dict.fromkeys(partis, ecriture.aujourdhui)}
    if dates:
        ecriture.session.execute(update(Foyer), [{"id": i, "parti_le": jour} for i, jour in dates.items()])
    ecriture.rapport.revenus, ecriture.rapport.partis = len(revenus), len(partis)
    for foyer_id in revenus:
        consigner(ecriture.session, SYSTEME, "foyer_revenu", ecriture.maintenant, foyer_id=foyer_id)
    for foyer_id in partis:
        consigner(ecriture.session, SYSTEME, "foyer_parti", ecriture.maintenant, foyer_id=foyer_id)


def _journaliser(ecriture: Ecriture) -> None:
    """The program's own lines: which foyers came, and what the file replaced in the others."""
    for foyer_id in ecriture.foyers_crees:
        consigner(ecriture.session, SYSTEME, "foyer_cree", ecriture.maintenant, foyer_id=foyer_id)
    for foyer, quoi, cible, champs in ecriture.changements:
        consigner(
            ecriture.session,
            SYSTEME,
            "fiche_importee",
            ecriture.maintenant,
            foyer_id=ecriture.trouve.foyers[id(foyer.fiche)],
            enfant_id=cible if quoi == "enfant" else None,
            personne_id=cible if quoi == "personne" else None,
            details={"champs": champs},
        )


def _ouvrir_les_espaces(ecriture: Ecriture, foyers: Sequence[FoyerDuFichier]) -> None:
    """A compte for each responsable who has an address and no compte."""
    titulaires = set(ecriture.session.scalars(select(Compte.personne_id)))
    nouveaux: dict[int, str] = {}
    for adulte in {id(a): a for foyer in foyers for a in foyer.adultes}.values():
        personne_id = ecriture.trouve.adultes[id(adulte)]
        connu = ecriture.connues.personnes.get(personne_id)
        courriel = adulte.valeurs.get("courriel") or (connu and connu["courriel"])
        if not courriel:
            ecriture.rapport.sans_adresse += 1
        elif personne_id not in titulaires:
            nouveaux[personne_id] = courriel
    ecriture.rapport.comptes_ouverts = ouvrir_comptes(ecriture.session, list(nouveaux.items()), ecriture.maintenant)


def _changer_de_boite(ecriture: Ecriture, reglages: Commune, *, avec_courriels: bool) -> None:
    """The address of a compte never opened was wrong: whoever reads that mailbox must not open it. Told at the new one
    now, or by `comptes inviter`."""
    comptes = ecriture.session.scalars(
        select(Compte.id).where(Compte.personne_id.in_(ecriture.nouvelles_adresses), Compte.active_utc.is_(None))
    ).all()
    for compte_id in comptes:
        revoquer(ecriture.session, compte_id, TOUS_LES_LIENS, ecriture.maintenant)
    if avec_courriels:
        ecriture.rapport.invitations = inviter(ecriture.session, comptes, ecriture.maintenant, reglages)
