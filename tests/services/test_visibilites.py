"""Who reads which démarche: the foyer's, a child's, an adult's own; never another foyer's."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portail_famille.domain.demarches import Cote
from portail_famille.domain.genres import GENRES, Concerne
from portail_famille.models.demarches import Demarche
from portail_famille.models.foyers import AutoriteParentale, Rattachement
from portail_famille.services.comptes import Acteur
from portail_famille.services.demarches import deposer
from portail_famille.services.dossiers import jour_de
from portail_famille.services.journal import Auteur
from portail_famille.services.visibilites import demarches_de
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import Village

AUJOURDHUI = jour_de(MERCREDI_SOIR)
# Short name of the request: kind, who files, for which foyer, about which child, about which adult.
DEMARCHES: dict[str, tuple[str, str, str, str, str]] = {
    "question de Camille": ("question", "camille", "morel", "", ""),
    "quotient, par Camille": ("quotient", "camille", "morel", "", ""),
    "fiche de Camille": ("coordonnees", "camille", "morel", "", "camille"),
    "fiche de Thomas": ("coordonnees", "thomas", "morel", "", "thomas"),
    "identité de Léa": ("coordonnees", "camille", "morel", "lea", ""),
    "adresse": ("coordonnees", "thomas", "morel", "", ""),
    "absence de Léa": ("absence", "camille", "morel", "lea", ""),
    "absence de Léa, par Thomas": ("absence", "thomas", "morel", "lea", ""),
    "absence de Noé": ("absence", "camille", "morel", "noe", ""),
    "un enfant à ajouter": ("enfant", "camille", "morel", "", ""),
    "Léa chez Julien": ("absence", "julien", "ferrand", "lea", ""),
    "effacement de Camille": ("effacement", "camille", "morel", "", "camille"),
}
DU_FOYER = {"quotient, par Camille", "adresse"}
DE_CAMILLE = {nom for nom, (_, qui, *_) in DEMARCHES.items() if qui == "camille"}
LUES: dict[tuple[str, str], set[str]] = {
    # The parent of both: all but the other adult's own file.
    ("camille", "morel"): DE_CAMILLE | DU_FOYER | {"absence de Léa, par Thomas"},
    # The step-parent: what he filed, the foyer's, his own child's; nothing of Léa's that he did not write himself.
    ("thomas", "morel"): DU_FOYER | {"fiche de Thomas", "absence de Léa, par Thomas", "absence de Noé"},
    # The other foyer of the child: its own only.
    ("julien", "ferrand"): {"Léa chez Julien"},
    ("julien", "petit"): set(),
    ("nadia", "petit"): set(),
    ("karim", "haddad"): set(),
}


def acteur(village: Village, qui: str, foyer: str) -> Acteur:
    return Acteur(village.comptes[qui], village.personnes[qui], qui, "", None, village.foyers[foyer], ())


def deposer_toutes(village: Village) -> dict[str, str]:
    """Number → short name."""
    with village.bd.session_ecriture() as session:
        return {
            deposer(
                session,
                genre=genre,
                auteur=Auteur(Cote.FAMILLE, village.comptes[qui]),
                maintenant=MERCREDI_SOIR,
                contenu={},
                foyer_id=village.foyers[foyer],
                enfant_id=village.enfants[enfant] if enfant else None,
                personne_id=village.personnes[personne] if personne else None,
            ).numero: nom
            for nom, (genre, qui, foyer, enfant, personne) in DEMARCHES.items()
        }


def lues(village: Village, noms: dict[str, str], qui: str, foyer: str) -> set[str]:
    with village.bd.session_lecture() as session:
        numeros = session.scalars(
            select(Demarche.numero).where(demarches_de(acteur(village, qui, foyer), AUJOURDHUI))
        ).all()
    return {noms[numero] for numero in numeros}


def test_each_adult_reads_what_the_table_says(village: Village) -> None:
    noms = deposer_toutes(village)
    assert {cle: lues(village, noms, *cle) for cle in LUES} == LUES


def test_a_hidden_foyer_changes_nothing_to_what_each_reads_of_its_own(village: Village) -> None:
    noms = deposer_toutes(village)
    with village.bd.session_ecriture() as session:
        session.execute(update(Rattachement).values(est_masque=True))
    assert {cle: lues(village, noms, *cle) for cle in LUES} == LUES


def test_authority_that_ended_leaves_only_what_she_filed(village: Village) -> None:
    noms = deposer_toutes(village)
    with village.bd.session_ecriture() as session:
        session.execute(
            update(AutoriteParentale)
            .where(AutoriteParentale.personne_id == village.personnes["camille"])
            .values(au=AUJOURDHUI - timedelta(days=1))
        )
    assert lues(village, noms, "camille", "morel") == DE_CAMILLE | DU_FOYER
    with village.bd.session_ecriture() as session:
        session.execute(update(AutoriteParentale).values(au=AUJOURDHUI))
    assert "absence de Léa, par Thomas" in lues(village, noms, "camille", "morel")


@pytest.mark.parametrize("concerne", Concerne)
def test_every_kind_follows_what_it_is_about(village: Village, concerne: Concerne) -> None:
    """Filed by Camille about Léa when it is a child's: Thomas reads the foyer's only."""
    codes = {code for code, genre in GENRES.items() if genre.concerne is concerne}
    with village.bd.session_ecriture() as session:
        for code in codes:
            deposer(
                session,
                genre=code,
                auteur=Auteur(Cote.FAMILLE, village.comptes["camille"]),
                maintenant=MERCREDI_SOIR,
                contenu={},
                foyer_id=village.foyers["morel"],
                enfant_id=village.enfants["lea"] if concerne is Concerne.ENFANT else None,
            )
    with village.bd.session_lecture() as session:
        par_thomas = demarches_de(acteur(village, "thomas", "morel"), AUJOURDHUI)
        vues = set(session.scalars(select(Demarche.genre).where(par_thomas)))
        par_camille = demarches_de(acteur(village, "camille", "morel"), AUJOURDHUI)
        assert set(session.scalars(select(Demarche.genre).where(par_camille))) == codes
    assert vues == (codes if concerne is Concerne.FOYER else set())
