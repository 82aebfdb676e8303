"""A family's file: written at once, asked for, withdrawn, accepted; two parents at once lose nothing."""

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portail_famille.domain.demarches import Cote
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.fiches import Cible, Regime, regimes_agent, regimes_de
from portail_famille.models.comptes import Compte
from portail_famille.models.demarches import Demarche
from portail_famille.models.foyers import Enfant, Foyer, Personne
from portail_famille.models.journal import ActeJournal
from portail_famille.services import demarches
from portail_famille.services.fiches import (
    REFUS_MONTRE,
    FicheChangee,
    FicheRefusee,
    Modification,
    appliquer_coordonnees,
    chercher_demande,
    cible_de,
    demandes_en_attente,
    lire_fiche,
    lire_suivi,
    modifier,
)
from portail_famille.services.journal import Auteur
from portail_famille.services.verifications_dossier import confirmer, lire_foyer_complet
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import Village

CAMILLE, FOYER = Cible.PERSONNE, Cible.FOYER
ADRESSE = {"foyer.adresse": "12 rue du Port", "foyer.code_postal": "74370", "foyer.ville": "Le Village"}
DIRECT = dict.fromkeys(ADRESSE, Regime.DIRECT)


@pytest.fixture
def session(village: Village) -> Iterator[Session]:
    with village.bd.session_ecriture() as ouverte:
        yield ouverte


class Bureau:
    """Who acts on which file, by short names."""

    def __init__(self, session: Session, village: Village) -> None:
        self.session = session
        self.village = village

    def auteur(self, qui: str = "camille") -> Auteur:
        return Auteur(Cote.FAMILLE, self.village.comptes[qui])

    def id(self, cible: Cible, nom: str) -> int:
        par_cible = {
            Cible.PERSONNE: self.village.personnes,
            Cible.FOYER: self.village.foyers,
            Cible.ENFANT: self.village.enfants,
        }
        return par_cible[cible][nom]

    def empreinte(self, cible: Cible, nom: str) -> str:
        return lire_fiche(self.session, cible, self.id(cible, nom)).empreinte

    def changer(
        self,
        cible: Cible,
        nom: str,
        saisie: Mapping[str, str],
        *,
        qui: str = "camille",
        vue: str | None = None,
        regimes: Mapping[str, Regime] | None = None,
        foyer: str = "morel",
    ) -> Modification:
        return modifier(
            self.session,
            self.auteur(qui),
            cible,
            self.id(cible, nom),
            saisie,
            self.empreinte(cible, nom) if vue is None else vue,
            regimes_de(cible, {}) if regimes is None else regimes,
            MERCREDI_SOIR,
            foyer_id=self.village.foyers[foyer],
        )

    def valeur(self, cible: Cible, nom: str, code: str) -> str:
        return lire_fiche(self.session, cible, self.id(cible, nom)).valeurs[code]

    def actes(self) -> list[ActeJournal]:
        return list(self.session.scalars(select(ActeJournal).order_by(ActeJournal.id)))

    def accepter(self, demarche: Demarche) -> None:
        agent = Auteur(Cote.AGENT, self.village.comptes["karim"])
        demarches.accepter(self.session, demarche, demarche.version, agent, MERCREDI_SOIR, appliquer_coordonnees)


@pytest.fixture
def bureau(session: Session, village: Village) -> Bureau:
    return Bureau(session, village)


def test_a_telephone_is_written_at_once_and_in_the_journal(bureau: Bureau, village: Village) -> None:
    faite = bureau.changer(CAMILLE, "camille", {"personne.telephone": "06 12 34 56 78"})
    assert (faite.directs, faite.demarche) == (("personne.telephone",), None)
    assert bureau.valeur(CAMILLE, "camille", "personne.telephone") == "+33612345678"
    (acte,) = bureau.actes()
    assert (acte.action, acte.cote, acte.compte_id) == ("fiche_modifiee", "famille", village.comptes["camille"])
    assert (acte.foyer_id, acte.personne_id) == (village.foyers["morel"], village.personnes["camille"])
    assert acte.details == {"champs": {"personne.telephone": ["", "+33612345678"]}}


def test_an_emptied_telephone_is_no_number_at_all(bureau: Bureau, village: Village) -> None:
    bureau.changer(CAMILLE, "camille", {"personne.telephone": "06 12 34 56 78"})
    bureau.changer(CAMILLE, "camille", {"personne.telephone": " "})
    assert bureau.session.get_one(Personne, village.personnes["camille"]).telephone is None


def test_an_address_waits_for_an_agent_beside_the_old_one(bureau: Bureau, village: Village) -> None:
    faite = bureau.changer(FOYER, "morel", ADRESSE)
    assert faite.directs == ()
    assert faite.demarche is not None
    # The town was already « Le Village »: only what changes is asked.
    assert faite.demarche.contenu == {"foyer.adresse": "12 rue du Port", "foyer.code_postal": "74370"}
    assert faite.demarche.avant == {"foyer.adresse": "", "foyer.code_postal": ""}
    assert bureau.valeur(FOYER, "morel", "foyer.adresse") == ""
    assert demandes_en_attente(bureau.session, FOYER, village.foyers["morel"]) == [faite.demarche]
    assert demandes_en_attente(bureau.session, FOYER, village.foyers["ferrand"]) == []


def test_one_form_writes_what_it_may_and_asks_for_the_rest(bureau: Bureau) -> None:
    saisie = {"personne.nom": "Morel-Petit", "personne.telephone": "0612345678", "personne.prenom": "Camille"}
    faite = bureau.changer(CAMILLE, "camille", saisie)
    assert faite.directs == ("personne.telephone",)
    assert faite.demarche is not None
    assert faite.demarche.contenu == {"personne.nom": "Morel-Petit"}
    assert cible_de(faite.demarche) == (CAMILLE, bureau.village.personnes["camille"])


def test_sending_the_same_form_twice_asks_once(bureau: Bureau) -> None:
    vue = bureau.empreinte(FOYER, "morel")
    premiere = bureau.changer(FOYER, "morel", ADRESSE, vue=vue)
    seconde = bureau.changer(FOYER, "morel", ADRESSE, vue=vue)
    assert seconde.demarche is premiere.demarche
    assert len(bureau.session.scalars(select(Demarche)).all()) == 1


def test_a_second_request_on_a_field_waits_until_the_first_is_withdrawn(bureau: Bureau) -> None:
    premiere = bureau.changer(FOYER, "morel", ADRESSE).demarche
    assert premiere is not None
    autre = {"foyer.adresse": "3 place du Marché"}
    with pytest.raises(FicheRefusee) as refus:
        bureau.changer(FOYER, "morel", autre, qui="thomas")
    assert (refus.value.code, refus.value.champ) == ("deja_demande", "foyer.adresse")
    assert "Retirez-la" in refus.value.message
    demarches.retirer(bureau.session, premiere, bureau.auteur(), MERCREDI_SOIR)
    seconde = bureau.changer(FOYER, "morel", autre, qui="thomas").demarche
    assert seconde is not None
    assert seconde.contenu == autre


def test_accepting_applies_what_was_asked_and_says_who_did(bureau: Bureau, village: Village) -> None:
    demarche = bureau.changer(FOYER, "morel", ADRESSE).demarche
    assert demarche is not None
    bureau.accepter(demarche)
    assert bureau.valeur(FOYER, "morel", "foyer.adresse") == "12 rue du Port"
    acte = next(a for a in bureau.actes() if a.action == "fiche_modifiee")
    assert (acte.cote, acte.details["champs"]["foyer.adresse"]) == ("agent", ["", "12 rue du Port"])
    assert demandes_en_attente(bureau.session, FOYER, village.foyers["morel"]) == []


def test_accepting_a_childs_birth_date_keeps_a_date(bureau: Bureau, village: Village) -> None:
    demarche = bureau.changer(Cible.ENFANT, "noe", {"enfant.naissance": "03/09/2019"}).demarche
    assert demarche is not None
    assert demarche.contenu == {"enfant.naissance": "2019-09-03"}
    bureau.accepter(demarche)
    assert bureau.session.get_one(Enfant, village.enfants["noe"]).naissance == date(2019, 9, 3)


def test_accepting_does_not_undo_a_correction_made_since(bureau: Bureau, village: Village) -> None:
    demarche = bureau.changer(FOYER, "morel", ADRESSE).demarche
    assert demarche is not None
    bureau.session.execute(update(Foyer).where(Foyer.id == village.foyers["morel"]).values(adresse="1 quai Neuf"))
    with pytest.raises(RegleViolee) as refus:
        appliquer_coordonnees(bureau.session, demarche, bureau.auteur(), MERCREDI_SOIR)
    assert (refus.value.code, refus.value.champ) == ("fiche_changee", "foyer.adresse")
    assert "1 quai Neuf" in refus.value.message
    assert bureau.valeur(FOYER, "morel", "foyer.code_postal") == ""


def test_accepting_what_is_already_so_changes_nothing(bureau: Bureau, village: Village) -> None:
    demarche = bureau.changer(FOYER, "morel", ADRESSE).demarche
    assert demarche is not None
    bureau.changer(FOYER, "morel", ADRESSE, regimes=regimes_agent(FOYER))
    avant = len(bureau.actes())
    appliquer_coordonnees(bureau.session, demarche, bureau.auteur(), MERCREDI_SOIR)
    assert len(bureau.actes()) == avant


def test_the_second_of_two_parents_is_told_what_the_first_wrote(bureau: Bureau) -> None:
    vue = bureau.empreinte(FOYER, "morel")
    bureau.changer(FOYER, "morel", ADRESSE, qui="thomas", vue=vue, regimes=DIRECT)
    sienne = {**ADRESSE, "foyer.adresse": "12 bis rue du Port", "foyer.code_postal": ""}
    with pytest.raises(FicheRefusee):
        bureau.changer(FOYER, "morel", sienne, vue=vue, regimes=DIRECT)
    sienne["foyer.code_postal"] = "74371"
    with pytest.raises(FicheChangee) as changee:
        bureau.changer(FOYER, "morel", sienne, vue=vue, regimes=DIRECT)
    ecarts = {e.code: e for e in changee.value.ecarts}
    assert set(ecarts) == {"foyer.adresse", "foyer.code_postal"}
    ecart = ecarts["foyer.adresse"]
    assert (ecart.saisi, ecart.actuel, ecart.qui, ecart.est_touche) == (
        "12 bis rue du Port", "12 rue du Port", "Thomas", True,
    )  # fmt: skip
    assert not ecart.est_soi
    assert bureau.valeur(FOYER, "morel", "foyer.adresse") == "12 rue du Port"
    # The form that comes back shows today's values: sent again, it is saved.
    bureau.changer(FOYER, "morel", sienne, vue=changee.value.fiche.empreinte, regimes=DIRECT)
    assert bureau.valeur(FOYER, "morel", "foyer.adresse") == "12 bis rue du Port"


def test_what_one_wrote_oneself_on_another_screen_is_known(bureau: Bureau) -> None:
    vue = bureau.empreinte(CAMILLE, "camille")
    bureau.changer(CAMILLE, "camille", {"personne.telephone": "06 39 98 00 01"}, vue=vue)
    with pytest.raises(FicheChangee) as changee:
        bureau.changer(CAMILLE, "camille", {"personne.telephone": "06 39 98 00 02"}, vue=vue)
    (ecart,) = changee.value.ecarts
    assert ecart.est_soi


def test_the_same_value_from_two_parents_is_no_conflict(bureau: Bureau) -> None:
    vue = bureau.empreinte(FOYER, "morel")
    bureau.changer(FOYER, "morel", ADRESSE, qui="thomas", vue=vue, regimes=DIRECT)
    assert bureau.changer(FOYER, "morel", ADRESSE, vue=vue, regimes=DIRECT) == Modification((), None)


def test_a_form_nobody_touched_never_puts_an_old_value_back(bureau: Bureau) -> None:
    vieux = lire_fiche(bureau.session, FOYER, bureau.village.foyers["morel"])
    saisie = {**vieux.valeurs, "foyer.adresse": "", "foyer.code_postal": ""}
    bureau.session.execute(update(Foyer).values(adresse="9 rue Haute", code_postal="74370"))
    vue = bureau.empreinte(FOYER, "morel")
    bureau.changer(FOYER, "morel", ADRESSE, qui="thomas", vue=vue, regimes=DIRECT)
    ancien = {"foyer.adresse": "9 rue Haute", "foyer.code_postal": "74370", "foyer.ville": saisie["foyer.ville"]}
    assert bureau.changer(FOYER, "morel", ancien, vue=vue, regimes=DIRECT) == Modification((), None)
    assert bureau.valeur(FOYER, "morel", "foyer.adresse") == "12 rue du Port"


def test_a_field_left_alone_that_somebody_changed_is_told_too(bureau: Bureau) -> None:
    vue = bureau.empreinte(FOYER, "morel")
    bureau.session.execute(update(Foyer).values(code_postal="74000"))
    vue_complete = {"foyer.code_postal": "", "foyer.adresse": "4 rue Basse"}
    permis = {**DIRECT}
    with pytest.raises(FicheRefusee):
        bureau.changer(FOYER, "morel", vue_complete, vue=vue, regimes=permis)
    with pytest.raises(FicheChangee) as changee:
        bureau.changer(FOYER, "morel", {"foyer.code_postal": "74371"}, vue=vue, regimes=permis)
    (ecart,) = changee.value.ecarts
    # Nobody of the household did it: no first name.
    assert (ecart.qui, ecart.cote) == ("", Cote.SYSTEME)


def test_the_other_parent_of_a_shared_child_is_not_named(bureau: Bureau) -> None:
    permis = dict.fromkeys(regimes_de(Cible.ENFANT, {}), Regime.DIRECT)
    vue = bureau.empreinte(Cible.ENFANT, "lea")
    bureau.changer(Cible.ENFANT, "lea", {"enfant.prenom": "Léa-Rose"}, qui="julien", foyer="ferrand", regimes=permis)
    with pytest.raises(FicheChangee) as changee:
        bureau.changer(Cible.ENFANT, "lea", {"enfant.prenom": "Léah"}, vue=vue, regimes=permis)
    (ecart,) = changee.value.ecarts
    assert (ecart.qui, ecart.cote) == ("", Cote.FAMILLE)


def test_what_the_other_parent_asked_for_a_shared_child_cannot_be_withdrawn_here(bureau: Bureau) -> None:
    demandee = bureau.changer(Cible.ENFANT, "lea", {"enfant.nom": "Ferrand-Morel"}, qui="julien", foyer="ferrand")
    with pytest.raises(FicheRefusee) as refus:
        bureau.changer(Cible.ENFANT, "lea", {"enfant.nom": "Morel"})
    # Hers or his, it is not said: his foyer may be hidden from hers.
    assert "parent" not in refus.value.message
    assert "Retirez" not in refus.value.message
    assert "mairie" in refus.value.message
    assert demandee.demarche is not None
    assert chercher_demande(bureau.session, demandee.demarche.numero, bureau.village.foyers["morel"]) is None


@pytest.mark.parametrize("permis", [Regime.CACHE, Regime.LECTURE, None])
def test_a_forged_field_is_refused_whatever_it_says(bureau: Bureau, permis: Regime | None) -> None:
    regimes = {"personne.telephone": permis} if permis else {}
    with pytest.raises(RegleViolee) as refus:
        bureau.changer(CAMILLE, "camille", {"personne.telephone": ""}, regimes=regimes)
    assert refus.value.code == "champ_ferme"
    assert bureau.actes() == []


def test_every_wrong_value_is_said_at_once(bureau: Bureau) -> None:
    saisie = {"personne.prenom": "", "personne.nom": "M0rel", "personne.telephone": "12"}
    with pytest.raises(FicheRefusee) as refus:
        bureau.changer(CAMILLE, "camille", saisie)
    assert {erreur.champ for erreur in refus.value.refus} == set(saisie)
    assert bureau.actes() == []


def test_what_an_import_left_there_does_not_stop_another_change(bureau: Bureau) -> None:
    bureau.session.execute(update(Personne).values(telephone_travail="poste 12"))
    saisie = {"personne.telephone": "06 12 34 56 78", "personne.telephone_travail": "poste 12"}
    assert bureau.changer(CAMILLE, "camille", saisie).directs == ("personne.telephone",)


@pytest.mark.parametrize("vue", ["", "x", "telephone-", ".-.-", "telephone-00000000"])
def test_an_altered_print_of_the_form_never_writes_over_anything(bureau: Bureau, vue: str) -> None:
    bureau.changer(CAMILLE, "camille", {"personne.telephone": "06 12 34 56 78"})
    with pytest.raises(FicheChangee):
        bureau.changer(CAMILLE, "camille", {"personne.telephone": "06 87 65 43 21"}, vue=vue)
    assert bureau.valeur(CAMILLE, "camille", "personne.telephone") == "+33612345678"


def test_a_refusal_is_shown_for_a_month_with_its_reason(bureau: Bureau, village: Village) -> None:
    demarche = bureau.changer(FOYER, "morel", ADRESSE).demarche
    assert demarche is not None
    agent = Auteur(Cote.AGENT, village.comptes["karim"])
    demarches.refuser(bureau.session, demarche, demarche.version, "Il manque un justificatif.", agent, MERCREDI_SOIR)
    foyer = village.foyers["morel"]
    assert lire_suivi(bureau.session, FOYER, foyer, MERCREDI_SOIR, foyer_id=foyer) == [demarche]
    plus_tard = MERCREDI_SOIR + REFUS_MONTRE + timedelta(days=1)
    assert lire_suivi(bureau.session, FOYER, foyer, plus_tard, foyer_id=foyer) == []


def test_everything_exact_keeps_its_date_and_each_time_in_the_journal(bureau: Bureau, village: Village) -> None:
    plus_tard = MERCREDI_SOIR + timedelta(days=365)
    for moment in (MERCREDI_SOIR, plus_tard):
        confirmer(bureau.session, bureau.auteur(), village.personnes["camille"], village.foyers["morel"], moment)
    assert bureau.session.get_one(Compte, village.comptes["camille"]).verifie_utc == plus_tard
    # Her household's other adult checks his own.
    assert bureau.session.get_one(Compte, village.comptes["thomas"]).verifie_utc == MERCREDI_SOIR
    assert [acte.action for acte in bureau.actes()] == ["dossier_verifie"] * 2


def test_a_foyer_is_read_with_its_payer_first(bureau: Bureau, village: Village) -> None:
    complet = lire_foyer_complet(bureau.session, village.foyers["petit"])
    assert [(a.prenom, a.est_payeur) for a in complet.adultes] == [("Nadia", True), ("Julien", False)]


def test_two_parents_at_the_same_instant_ask_once_and_write_one_after_the_other(village: Village) -> None:
    """Eight posts of the same stale form: one request; and one new number, of which the others are told."""
    with village.bd.session_lecture() as session:
        adresse = lire_fiche(session, FOYER, village.foyers["morel"]).empreinte
        profil = lire_fiche(session, CAMILLE, village.personnes["camille"]).empreinte
    depart = threading.Barrier(8)

    def envoyer(rang: int) -> str:
        depart.wait()
        try:
            with village.bd.session_ecriture() as session:
                bureau = Bureau(session, village)
                bureau.changer(CAMILLE, "camille", {"personne.telephone": f"063998000{rang}"}, vue=profil)
                bureau.changer(FOYER, "morel", ADRESSE, vue=adresse)
        except FicheChangee:
            with village.bd.session_ecriture() as session:
                Bureau(session, village).changer(FOYER, "morel", ADRESSE, vue=adresse)
            return "told"
        return "written"

    with ThreadPoolExecutor(8) as parents:
        reponses = Counter(parents.map(envoyer, range(8)))
    assert reponses == {"written": 1, "told": 7}
    with village.bd.session_lecture() as session:
        (demarche,) = session.scalars(select(Demarche)).all()
    assert demarche.contenu == {"foyer.adresse": "12 rue du Port", "foyer.code_postal": "74370"}
