"""Links of mails: right once, for one purpose, in one town, for a time; and their six digits."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from portail_famille.config import ReglagesCommune
from portail_famille.models.bd import BD
from portail_famille.models.comptes import JetonCompte
from portail_famille.services import jetons, suivi
from portail_famille.services.jetons import JetonCree, JetonRefuse
from tests.support.personnes import creer_parent
from tests.support.temps import MERCREDI_SOIR

UNE_HEURE = timedelta(hours=1)


@pytest.fixture
def compte(bd: BD) -> int:
    with bd.session_ecriture() as session:
        return creer_parent(session).id


@pytest.fixture
def creer(bd: BD, reglages: ReglagesCommune, compte: int) -> Callable[..., JetonCree]:
    def faire(genre: str = "reinitialisation") -> JetonCree:
        with bd.session_ecriture() as session:
            return jetons.creer_jeton(session, genre, MERCREDI_SOIR, reglages, compte_id=compte)

    return faire


def lire(
    bd: BD, jeton: str, reglages: ReglagesCommune, genre: str = "reinitialisation", apres: timedelta = timedelta(0)
) -> JetonCompte:
    with bd.session_lecture() as session:
        return jetons.lire_jeton(session, jeton, genre, MERCREDI_SOIR + apres, reglages)


def refus_de(
    bd: BD, jeton: str, reglages: ReglagesCommune, genre: str = "reinitialisation", apres: timedelta = timedelta(0)
) -> str:
    with pytest.raises(JetonRefuse) as refus:
        lire(bd, jeton, reglages, genre, apres)
    return refus.value.code


def test_a_link_leads_to_its_compte_as_often_as_it_is_read(
    bd: BD, reglages: ReglagesCommune, creer: Callable[..., JetonCree], compte: int
) -> None:
    cree = creer()
    assert [lire(bd, cree.jeton, reglages).compte_id for _ in range(2)] == [compte, compte]


def test_the_database_keeps_neither_the_link_nor_the_code(bd: BD, creer: Callable[..., JetonCree]) -> None:
    cree = creer()
    with bd.session_lecture() as session:
        ligne = session.get(JetonCompte, cree.ligne.id)
        assert ligne is not None
        ecrit = " ".join(map(str, (ligne.empreinte, ligne.empreinte_code, ligne.donnees)))
    assert cree.jeton not in ecrit
    assert cree.code not in ecrit


def test_a_link_serves_once(bd: BD, reglages: ReglagesCommune, creer: Callable[..., JetonCree]) -> None:
    cree = creer()
    with bd.session_ecriture() as session:
        jetons.consommer(session, cree.ligne, MERCREDI_SOIR)
    assert refus_de(bd, cree.jeton, reglages) == "jeton_utilise"
    with pytest.raises(JetonRefuse), bd.session_ecriture() as session:
        jetons.consommer(session, cree.ligne, MERCREDI_SOIR)


def test_of_two_clicks_at_once_one_passes(bd: BD, creer: Callable[..., JetonCree]) -> None:
    cree = creer()

    def cliquer(_rang: int) -> bool:
        try:
            with bd.session_ecriture() as session:
                jetons.consommer(session, cree.ligne, MERCREDI_SOIR)
        except JetonRefuse:
            return False
        return True

    with ThreadPoolExecutor(4) as fils:
        assert sorted(fils.map(cliquer, range(4))) == [False, False, False, True]


def test_a_link_expires_at_its_hour(bd: BD, reglages: ReglagesCommune, creer: Callable[..., JetonCree]) -> None:
    cree = creer()
    assert lire(bd, cree.jeton, reglages, apres=UNE_HEURE - timedelta(seconds=1)).id == cree.ligne.id
    assert refus_de(bd, cree.jeton, reglages, apres=UNE_HEURE) == "jeton_expire"
    with pytest.raises(JetonRefuse), bd.session_ecriture() as session:
        jetons.consommer(session, cree.ligne, MERCREDI_SOIR + UNE_HEURE)


def test_a_new_link_kills_the_older_ones_of_its_purpose_only(
    bd: BD, reglages: ReglagesCommune, creer: Callable[..., JetonCree]
) -> None:
    activation, ancien = creer("activation"), creer()
    creer()
    assert refus_de(bd, ancien.jeton, reglages) == "jeton_utilise"
    assert lire(bd, activation.jeton, reglages, "activation").id == activation.ligne.id


def test_a_link_does_not_serve_another_purpose(
    bd: BD, reglages: ReglagesCommune, creer: Callable[..., JetonCree]
) -> None:
    assert refus_de(bd, creer("activation").jeton, reglages) == "jeton_inconnu"


@pytest.mark.parametrize(
    "ecart", [{"cle_secrete": "une autre clé, tout aussi longue : 9876543210"}, {"slug": "roselac"}]
)
def test_a_link_of_another_town_is_unknown_here(
    bd: BD, reglages: ReglagesCommune, creer: Callable[..., JetonCree], ecart: dict[str, str]
) -> None:
    assert refus_de(bd, creer().jeton, replace(reglages, **ecart)) == "jeton_inconnu"  # type: ignore[arg-type]


def test_an_altered_link_is_unknown(bd: BD, reglages: ReglagesCommune, creer: Callable[..., JetonCree]) -> None:
    jeton = creer().jeton
    for faux in (jeton[:-1], "A" + jeton[1:], jeton + "A", jeton[::-1], "", "é", "." * 40, "a" * 5000):
        assert refus_de(bd, faux, reglages) == "jeton_inconnu", faux


def test_a_refused_link_tells_whose_it_was_only_when_it_was_signed_here(
    bd: BD, reglages: ReglagesCommune, creer: Callable[..., JetonCree], compte: int
) -> None:
    cree = creer()
    with pytest.raises(JetonRefuse) as vieux:
        lire(bd, cree.jeton, reglages, apres=UNE_HEURE)
    with pytest.raises(JetonRefuse) as faux:
        lire(bd, cree.jeton[:-1], reglages)
    assert (vieux.value.compte_id, faux.value.compte_id) == (compte, None)


def essayer(bd: BD, reglages: ReglagesCommune, compte: int, code: str, apres: timedelta = timedelta(0)) -> str | None:
    """As the views do: count the try, then look."""
    maintenant = MERCREDI_SOIR + apres
    with bd.session_lecture() as session:
        attente = jetons.codes_en_attente(session, ["reinitialisation"], maintenant, reglages, [compte])
    comptees = suivi.compter_essais(bd, attente, jetons.ESSAIS_DE_CODE)
    with bd.session_ecriture() as session:
        ligne = jetons.lire_code(session, code, comptees, reglages)
        return jetons.echanger_code(session, ligne, maintenant, reglages) if ligne else None


def faux_code(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_the_code_gives_a_link_and_neither_it_nor_the_mails_link_serves_again(
    bd: BD, reglages: ReglagesCommune, creer: Callable[..., JetonCree], compte: int
) -> None:
    cree = creer()
    jeton = essayer(bd, reglages, compte, f" {cree.code[:3]} {cree.code[3:]} ")
    assert jeton is not None
    assert lire(bd, jeton, reglages).id == cree.ligne.id
    assert refus_de(bd, cree.jeton, reglages) == "jeton_utilise"
    assert essayer(bd, reglages, compte, cree.code) is None


def test_five_wrong_codes_leave_the_link_alone(
    bd: BD, reglages: ReglagesCommune, creer: Callable[..., JetonCree], compte: int
) -> None:
    cree = creer()
    assert [essayer(bd, reglages, compte, faux_code(cree.code)) for _ in range(5)] == [None] * 5
    assert essayer(bd, reglages, compte, cree.code) is None
    assert lire(bd, cree.jeton, reglages).id == cree.ligne.id


def test_the_fifth_try_is_still_a_try(
    bd: BD, reglages: ReglagesCommune, creer: Callable[..., JetonCree], compte: int
) -> None:
    cree = creer()
    for _ in range(4):
        essayer(bd, reglages, compte, faux_code(cree.code))
    assert essayer(bd, reglages, compte, cree.code) is not None


def test_tries_at_once_are_all_counted(
    bd: BD, reglages: ReglagesCommune, creer: Callable[..., JetonCree], compte: int
) -> None:
    cree = creer()
    with ThreadPoolExecutor(4) as fils:
        comptees = list(fils.map(lambda _: suivi.compter_essais(bd, [cree.ligne.id], jetons.ESSAIS_DE_CODE), range(12)))
    assert sum(map(len, comptees)) == jetons.ESSAIS_DE_CODE


def test_a_code_lives_a_quarter_of_an_hour_whatever_its_link(
    bd: BD, reglages: ReglagesCommune, creer: Callable[..., JetonCree], compte: int
) -> None:
    cree = creer()
    assert essayer(bd, reglages, compte, cree.code, timedelta(minutes=15)) is None
    assert lire(bd, cree.jeton, reglages, apres=timedelta(minutes=15)).id == cree.ligne.id


def test_the_code_of_somebody_else_opens_nothing(
    bd: BD, reglages: ReglagesCommune, creer: Callable[..., JetonCree]
) -> None:
    cree = creer()
    with bd.session_ecriture() as session:
        autre = creer_parent(session, "karim.haddad").id
    assert essayer(bd, reglages, autre, cree.code) is None
