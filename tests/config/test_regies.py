"""[regies.*] and [payfip] of commune.toml, and docs/factures.md that explains them."""

from pathlib import Path

import pytest

from portail_famille.config import FICHIER, ReglagesCommune, ReglagesInvalides, ReglagesPayfip, charger_reglages
from portail_famille.config.cles import REGIE
from portail_famille.creation import Fiche, ecrire_fiche
from portail_famille.domain.moyens import DE_REGIE
from portail_famille.domain.regies import Regie
from tests.config.test_reglages import MINIMUM

PAGE = (Path(__file__).parents[2] / "docs" / "factures.md").read_text(encoding="utf-8")
REGIE_COMPLETE = """
[regies.enfance]
nom = "Enfance et éducation"
serie = "EE"
activites = ["cantine", "periscolaire"]
structures = ["ecole"]
numero_client = "000042"
saisie = "W"
echeance = "fin de mois"
libelle = "Périscolaire, {mois}"
minimum = "5,50"
signataire = "Le régisseur"
adresse = "1 place de la Mairie"
courriel = "regie@roselac.example"
telephone = "04 65 71 00 01"
relances = [7, 21, 40]
est_importee = false
"""


def lire(dossier: Path, ajout: str) -> ReglagesCommune:
    commune = dossier / "roselac"
    commune.mkdir(exist_ok=True)
    (commune / FICHIER).write_text(MINIMUM + ajout, encoding="utf-8")
    return charger_reglages(commune)


def fautes(dossier: Path, ajout: str) -> list[str]:
    with pytest.raises(ReglagesInvalides) as refus:
        lire(dossier, ajout)
    return list(refus.value.fautes)


def test_a_town_without_regies_invoices_nothing(tmp_path: Path) -> None:
    reglages = lire(tmp_path, "")
    assert reglages.regies == {}
    assert reglages.payfip == ReglagesPayfip()
    assert reglages.payfip.service.startswith("https://www.payfip.gouv.fr/")


def test_a_regie_is_read_with_all_its_keys(tmp_path: Path) -> None:
    assert lire(tmp_path, REGIE_COMPLETE).regies == {
        "enfance": Regie(
            code="enfance",
            nom="Enfance et éducation",
            serie="EE",
            activites=("cantine", "periscolaire"),
            structures=("ecole",),
            numero_client="000042",
            saisie="W",
            echeance="fin de mois",
            libelle="Périscolaire, {mois}",
            minimum_centimes=550,
            signataire="Le régisseur",
            adresse="1 place de la Mairie",
            courriel="regie@roselac.example",
            telephone="04 65 71 00 01",
            relances=(7, 21, 40),
        )
    }


def test_two_keys_make_a_regie(tmp_path: Path) -> None:
    regie = lire(tmp_path, '[regies.r]\nnom = "R"\nserie = "R"\n').regies["r"]
    assert (regie.minimum_centimes, regie.echeance, regie.relances) == (100, "jour 20", (7, 21))
    assert not regie.est_payable_en_ligne


@pytest.mark.parametrize(
    ("cle", "valeur", "raison"),
    [
        ("serie", '"ée"', "1 à 12 majuscules"),
        ("numero_client", '"42"', "6 chiffres"),
        ("numero_client", "900001", "un texte entre guillemets"),
        ("saisie", '"Z"', "une valeur parmi T, X, W"),
        ("echeance", '"jour 32"', "« jour 20 », « 30 jours » ou « fin de mois »"),
        ("libelle", '"Périscolaire"', "{mois}"),
        ("minimum", '"cinq"', "un montant en euros"),
        ("relances", "[21, 7]", "des nombres de jours croissants"),
        ("relances", "[0]", "des nombres de jours croissants"),
        ("relances", "[1, 2, 3, 4, 5]", "des nombres de jours croissants"),
        ("courriel", '"pas une adresse"', "ce n’est pas une adresse mail"),
        ("est_importee", '"oui"', "true ou false"),
    ],
)
def test_a_wrong_value_is_refused_with_its_key(tmp_path: Path, cle: str, valeur: str, raison: str) -> None:
    autres = {"nom": '"R"', "serie": '"R"', cle: valeur}
    (faute,) = fautes(tmp_path, "[regies.r]\n" + "".join(f"{c} = {v}\n" for c, v in autres.items()))
    assert f"regies.r.{cle}" in faute
    assert raison in faute


def test_an_unknown_key_and_a_code_nobody_can_type_are_refused(tmp_path: Path) -> None:
    (inconnue,) = fautes(tmp_path, '[regies.r]\nnom = "R"\nserie = "R"\necheances = "jour 20"\n')
    assert "vouliez-vous dire « regies.r.echeance »" in inconnue
    (code,) = fautes(tmp_path, '[regies."Régie n° 1"]\nnom = "R"\nserie = "R"\n')
    assert "un code s’écrit en minuscules" in code


def test_a_regie_paid_online_says_whether_it_is_a_trial(tmp_path: Path) -> None:
    table = '[regies.r]\nnom = "R"\nserie = "R"\nnumero_client = "000042"\n'
    (faute,) = fautes(tmp_path, table)
    assert "regies.r.saisie" in faute
    essai = lire(tmp_path, f'{table}saisie = "T"\n').regies["r"]
    assert essai.est_a_l_essai
    assert not lire(tmp_path, f'{table}saisie = "X"\n').regies["r"].est_a_l_essai
    assert not lire(tmp_path, f'{table}saisie = "T"\nmoyens = ["cheque"]\n').regies["r"].est_a_l_essai


def test_two_regies_that_claim_the_same_are_refused(tmp_path: Path) -> None:
    commun = 'nom = "R"\nserie = "R"\nactivites = ["cantine"]\n'
    prises = fautes(tmp_path, f"[regies.a]\n{commun}[regies.b]\n{commun}")
    assert len(prises) == 2
    assert all("regies.a" in faute and "regies.b" in faute for faute in prises)


def test_what_another_software_bills_is_named(tmp_path: Path) -> None:
    importee = '[regies.creche]\nnom = "C"\nserie = "C"\nest_importee = true\n'
    (faute,) = fautes(tmp_path, importee)
    assert "regies.creche.activites" in faute
    assert "dit ses activités ou ses structures" in faute
    for liste in ("activites", "structures"):
        assert lire(tmp_path, f'{importee}{liste} = ["creche"]\n').regies["creche"].est_importee


def test_a_regie_takes_the_means_that_its_act_names_and_no_other(tmp_path: Path) -> None:
    debut = '[regies.enfance]\nnom = "E"\nserie = "EE"\nnumero_client = "012345"\nsaisie = "T"\n'
    defaut = lire(tmp_path, debut).regies["enfance"]
    assert (defaut.moyens, defaut.ordre_cheques, defaut.est_payable_en_ligne) == (DE_REGIE, "Trésor public", True)
    lue = lire(tmp_path, debut + 'moyens = ["cheque"]\nordre_cheques = "Régie enfance"\n').regies["enfance"]
    assert (lue.moyens, lue.ordre_cheques) == (("cheque",), "Régie enfance")
    assert not lue.est_payable_en_ligne, "no card, no PayFiP"
    for moyens in ('["troc"]', '["remboursement"]', '["comptable"]', "[]", '["cheque", "cheque"]', "[3]"):
        assert "regies.enfance.moyens" in fautes(tmp_path, f"{debut}moyens = {moyens}\n")[0], moyens


def test_the_addresses_of_payfip_can_be_the_local_ones_and_nothing_unsafe(tmp_path: Path) -> None:
    ici = lire(tmp_path, '[payfip]\nservice = "http://localhost:8099/service"\npaiement = ""\n').payfip
    assert ici.service == "http://localhost:8099/service"
    assert ici.paiement == ReglagesPayfip().paiement
    assert "payfip.service" in fautes(tmp_path, '[payfip]\nservice = "http://payfip.example/"\n')[0]


def test_the_model_file_shows_every_key_of_a_regie_and_can_be_used_as_it_is(tmp_path: Path) -> None:
    modele = ecrire_fiche("roselac", Fiche(nom="Roselac"))
    debut = modele.index("# [regies.enfance]")
    bloc = modele[debut:].partition("\n\n")[0].replace("# ", "")
    assert {ligne.partition(" = ")[0] for ligne in bloc.splitlines()[1:]} == set(REGIE)
    regie = lire(tmp_path, bloc).regies["enfance"]
    assert regie.libelle == "Périscolaire, {mois}"


@pytest.mark.parametrize("cle", REGIE)
def test_each_key_of_a_regie_is_told(cle: str) -> None:
    assert f"| `{cle}` |" in PAGE
