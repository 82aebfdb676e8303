"""Builds the named families of a demonstration town: people, foyers, enrolments, habits since the rentrée."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import insert
from sqlalchemy.orm import Session

from portail_famille.demonstration.portraits import Habitude, PortraitAdulte, PortraitEnfant, PortraitFoyer, Vie, Ville
from portail_famille.demonstration.temps import AnneeScolaire, Epoque, situer
from portail_famille.domain.droits import Attribution
from portail_famille.domain.gardes import Garde
from portail_famille.domain.horloge import PARIS
from portail_famille.models.activites import Inscription
from portail_famille.models.comptes import Compte
from portail_famille.models.foyers import AutoriteParentale, Enfant, Foyer, Personne, Rattachement, Responsable
from portail_famille.models.quotients import QuotientFamilial
from portail_famille.models.reservations import Reservation
from portail_famille.services.agents import creer_agent
from portail_famille.services.conditions import accepter, en_vigueur
from portail_famille.services.regles import Regles
from portail_famille.services.telephones import lire_telephone

# One past booking in so many was an absence with a good reason: an attendance sheet is never perfect.
_UNE_ABSENCE_SUR = 23
# Others without one, some late bookings, some meals that nobody had booked.
_UN_OUBLI_SUR, _UN_RETARD_SUR, _UN_IMPREVU_SUR = 29, 17, 53
# What is told of the last weeks books days of its own.
_RECIT = timedelta(days=21)
# Ages of those who were elsewhere the year before: first year of school, change of school.
_NOUVEAUX = (3, 6)
_UN_AN_ET_PLUS = timedelta(days=400)  # past the yearly check, whatever the town's setting in months
_ANCIEN_QUOTIENT = 94  # % of today's: the CAF computes it again each January


@dataclass(frozen=True, slots=True)
class Habitants:
    """Ids of the named people, by key (a foyer's is its name)."""

    personnes: dict[str, int]
    comptes: dict[str, int]
    """Of adults by key, of agents by login name."""
    enfants: dict[str, int]
    foyers: dict[str, int]


def batir(
    session: Session, ville: Ville, regles: Regles, maintenant: datetime, empreintes: Mapping[str, str]
) -> Habitants:
    """Adds the town's named people to an empty commune.

    `empreintes`: password digest by identifiant. Hashing is slow and stays outside the transaction (house.md §2).
    """
    aujourdhui = maintenant.astimezone(PARIS).date()
    chantier = _Chantier(session, ville, regles, situer(aujourdhui, regles.calendrier), maintenant)
    chantier.adultes(empreintes)
    chantier.enfants()
    for portrait in ville.foyers:
        chantier.foyer(portrait)
    chantier.agents(empreintes)
    return Habitants(chantier.personne_ids, chantier.compte_ids, chantier.enfant_ids, chantier.foyer_ids)


class _Chantier:
    def __init__(self, session: Session, ville: Ville, regles: Regles, epoque: Epoque, maintenant: datetime) -> None:
        self.session = session
        self.ville = ville
        self.regles = regles
        self.epoque = epoque
        self.maintenant = maintenant
        self.personne_ids: dict[str, int] = {}
        self.compte_ids: dict[str, int] = {}
        self.enfant_ids: dict[str, int] = {}
        self.foyer_ids: dict[str, int] = {}
        conditions = en_vigueur(session, epoque.aujourdhui)
        self.version = conditions.version if conditions else None
        self.portraits = {portrait.cle: portrait for portrait in ville.enfants}
        self._recent = epoque.aujourdhui - _RECIT

    def adultes(self, empreintes: Mapping[str, str]) -> None:
        for portrait in self.ville.adultes:
            personne = Personne(
                civilite=portrait.civilite,
                prenom=portrait.prenom,
                nom=portrait.nom,
                courriel=portrait.courriel,
                telephone=lire_telephone(portrait.telephone) if portrait.telephone else None,
            )
            self.session.add(personne)
            self.session.flush()
            self.personne_ids[portrait.cle] = personne.id
            if portrait.identifiant:
                self._compte(portrait, personne.id, empreintes)

    def _compte(self, portrait: PortraitAdulte, personne_id: int, empreintes: Mapping[str, str]) -> None:
        """Active, checked and up to date, so that a visitor lands on the tiles, but for those who show a door."""
        active = None if portrait.etat == "invite" else self.maintenant - _UN_AN_ET_PLUS
        compte = Compte(
            personne_id=personne_id,
            identifiant=portrait.identifiant,
            empreinte_mot_de_passe=empreintes.get(portrait.identifiant, ""),
            cree_utc=self.maintenant,
            active_utc=active,
            mot_de_passe_utc=active,
            verifie_utc=active if portrait.etat == "a_verifier" else active and self.maintenant,
        )
        self.session.add(compte)
        self.session.flush()
        self.compte_ids[portrait.cle] = compte.id
        if active is not None and self.version is not None and portrait.etat != "sans_conditions":
            accepter(self.session, compte.id, self.version, self.maintenant)

    def agents(self, empreintes: Mapping[str, str]) -> None:
        for portrait in self.ville.agents:
            structure_id = self.regles.structure_ids[portrait.structure] if portrait.structure else None
            compte = creer_agent(
                self.session,
                portrait.prenom,
                portrait.nom,
                f"{portrait.identifiant}@{self.ville.slug}.example",
                [Attribution(portrait.role, structure_id)],
                self.maintenant,
            )
            compte.empreinte_mot_de_passe = empreintes[portrait.identifiant]
            compte.active_utc = compte.mot_de_passe_utc = compte.verifie_utc = self.maintenant
            self.session.flush()
            self.compte_ids[portrait.identifiant] = compte.id
            if self.version is not None:
                accepter(self.session, compte.id, self.version, self.maintenant)

    def enfants(self) -> None:
        for portrait in self.ville.enfants:
            naissance = self.epoque.naissance(portrait.age, portrait.anniversaire)
            enfant = Enfant(
                prenom=portrait.prenom,
                nom=portrait.nom,
                naissance=naissance,
                structure_id=self.regles.structure_ids[portrait.structure],
                classe=portrait.classe,
                pai=portrait.pai,
                reference=portrait.reference or None,
            )
            self.session.add(enfant)
            self.session.flush()
            self.enfant_ids[portrait.cle] = enfant.id
            for parent in portrait.parents:
                self.session.add(
                    AutoriteParentale(personne_id=self.personne_ids[parent], enfant_id=enfant.id, du=naissance)
                )

    def foyer(self, portrait: PortraitFoyer) -> None:
        foyer = Foyer(
            nom=portrait.nom,
            payeur_id=self.personne_ids[portrait.responsables[0]],
            adresse=portrait.adresse,
            code_postal=portrait.code_postal or self.ville.code_postal,
            ville=portrait.ville or self.ville.nom,
            est_resident=portrait.est_resident,
            personnes_a_charge=portrait.personnes_a_charge,
            ressources_mensuelles_centimes=portrait.ressources,
        )
        self.session.add(foyer)
        self.session.flush()
        self.foyer_ids[portrait.nom] = foyer.id
        for cle in portrait.responsables:
            self.session.add(Responsable(foyer_id=foyer.id, personne_id=self.personne_ids[cle]))
        if portrait.quotient is not None:
            self._quotients(foyer.id, portrait.quotient, portrait.quotient_fin)
        for vie in portrait.enfants:
            self._vie(foyer.id, vie)
        self.session.flush()

    def _quotients(self, foyer_id: int, valeur: int, fin_dans: int | None) -> None:
        """One that ends has been told to its family: the worker has no mail to write."""
        janvier = date(self.epoque.aujourdhui.year, 1, 1)
        ancien = QuotientFamilial(
            foyer_id=foyer_id,
            valeur_centimes=valeur * _ANCIEN_QUOTIENT // 100,
            du=janvier.replace(year=janvier.year - 1),
            au=janvier - timedelta(days=1),
        )
        self.session.add(ancien)
        fin = None if fin_dans is None else self.epoque.aujourdhui + timedelta(days=fin_dans)
        if fin is not None and fin < janvier:
            ancien.au = fin
            return
        rappele = None if fin is None else self.maintenant
        self.session.add(
            QuotientFamilial(foyer_id=foyer_id, valeur_centimes=valeur, du=janvier, au=fin, rappele_utc=rappele)
        )

    def _vie(self, foyer_id: int, vie: Vie) -> None:
        enfant_id, portrait = self.enfant_ids[vie.enfant], self.portraits[vie.enfant]
        garde = None if vie.semaine is None else Garde(self.epoque.semaine_de_garde(vie.semaine), 2, vie.vacances)
        self.session.add(
            Rattachement(
                foyer_id=foyer_id,
                enfant_id=enfant_id,
                semaine_ancre=garde.semaine_ancre if garde else None,
                une_sur=garde.une_sur if garde else None,
                vacances=vie.vacances,
                est_masque=vie.est_masque,
            )
        )
        for activite, structure in portrait.inscriptions:
            for annee in self._annees(portrait):
                self.session.add(
                    Inscription(
                        enfant_id=enfant_id,
                        activite_id=self.regles.activite_ids[activite],
                        structure_id=self.regles.structure_ids[structure],
                        foyer_id=foyer_id,
                        du=annee.du,
                        au=annee.au,
                    )
                )
        self.session.flush()
        lignes = [
            ligne
            for habitude in vie.habitudes
            for ligne in self._reservations(enfant_id, foyer_id, portrait, habitude, garde)
        ]
        if lignes:
            self.session.execute(insert(Reservation), lignes)

    def _reservations(
        self, enfant_id: int, foyer_id: int, portrait: PortraitEnfant, habitude: Habitude, garde: Garde | None
    ) -> list[dict[str, object]]:
        lieux = dict(portrait.inscriptions)
        lignes: list[dict[str, object]] = []
        for unite in habitude.unites:
            structure = lieux[self.regles.catalogue.unites[unite].activite]
            libres = habitude.jours_libres
            for jour in self._jours(portrait, habitude):
                if garde and not garde.est_chez_nous(jour, self.regles.calendrier):
                    continue
                if not self.regles.ouverture(unite, structure, jour).ouvert:
                    continue
                if libres and self._est_reservable(unite, structure, jour):
                    libres -= 1
                    continue
                lignes.append(
                    {
                        "enfant_id": enfant_id,
                        "unite_id": self.regles.unite_ids[unite],
                        "jour": jour,
                        "structure_id": self.regles.structure_ids[structure],
                        "foyer_id": foyer_id,
                        **self._etat(jour, enfant_id, unite, structure),
                        "modifiee_utc": self.maintenant,
                    }
                )
        return lignes

    def _est_reservable(self, unite: str, structure: str, jour: date) -> bool:
        """In time, or late where the rules accept it."""
        limites = (
            self.regles.limite_ajout(unite, structure, jour),
            self.regles.limite_hors_delai(unite, structure, jour),
        )
        return limites[0] is None or any(limite is not None and self.maintenant < limite for limite in limites)

    def _etat(self, jour: date, enfant_id: int, unite: str, structure: str) -> dict[str, object]:
        etat, est_hors_delai, est_non_reservee = "reservee", False, False
        if jour < self.epoque.aujourdhui:
            tirage = jour.toordinal() + enfant_id
            activite = self.regles.catalogue.activites[self.regles.catalogue.unites[unite].activite]
            etat = "presente"
            if tirage % _UNE_ABSENCE_SUR == 0:
                etat = "absente_justifiee"
            elif tirage % _UN_OUBLI_SUR == 0:
                etat = "absente_injustifiee"
            elif tirage % _UN_RETARD_SUR == 0 and self.regles.limite_hors_delai(unite, structure, jour) is not None:
                est_hors_delai = True
            elif tirage % _UN_IMPREVU_SUR == 0 and activite.restauration:
                est_non_reservee = True
        return {"etat": etat, "est_hors_delai": est_hors_delai, "est_non_reservee": est_non_reservee}

    def _jours(self, portrait: PortraitEnfant, habitude: Habitude) -> Iterator[date]:
        for jour in self.epoque.jours(habitude.semaines_a_venir, est_nouveau=portrait.age in _NOUVEAUX):
            est_a_dire = not habitude.est_passee or (jour < self._recent and jour.isocalendar().week % 2 == 0)
            if jour.weekday() in habitude.jours and est_a_dire:
                yield jour

    def _annees(self, portrait: PortraitEnfant) -> Iterator[AnneeScolaire]:
        if self.epoque.debut < self.epoque.annees[0].du and portrait.age not in _NOUVEAUX:
            yield AnneeScolaire.commencant_en(self.epoque.annee - 1)
        yield from self.epoque.annees
