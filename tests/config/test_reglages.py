"""commune.toml: everything wrong with it is told at once, with its key and its reason."""

import dataclasses
import tomllib
from pathlib import Path

import pytest

from portail_famille.config import FICHIER, ReglagesCommune, ReglagesInvalides, charger_reglages, est_slug
from portail_famille.config.reglables import REFUS
from portail_famille.creation import Fiche, ecrire_fiche
from portail_famille.domain.couleurs import contraste, eclaircir_jusqua
from portail_famille.domain.genres import GENRES
from portail_famille.forms.demarches.registre import FORMULAIRES
from portail_famille.services.genres import AUTOMATISMES

MINIMUM = """\
nom = "Roselac"
courriel = "mairie@roselac.example"
telephone = "04 65 71 00 00"
url_publique = "https://famille.example/roselac/"
zone = "A"
cle_secrete = "0123456789abcdef0123456789abcdef"
"""


@pytest.fixture
def dossier(tmp_path: Path) -> Path:
    dossier = tmp_path / "roselac"
    dossier.mkdir()
    return dossier


def lire(dossier: Path, texte: str) -> ReglagesCommune:
    (dossier / FICHIER).write_text(texte, encoding="utf-8")
    return charger_reglages(dossier)


def fautes(dossier: Path, texte: str) -> list[str]:
    with pytest.raises(ReglagesInvalides) as refus:
        lire(dossier, texte)
    assert str(dossier / FICHIER) in str(refus.value)
    return list(refus.value.fautes)


def test_a_short_file_is_enough(dossier: Path) -> None:
    reglages = lire(dossier, MINIMUM)
    assert reglages.slug == "roselac"
    assert reglages.url_publique == "https://famille.example/roselac"
    assert reglages.base_de_donnees == f"sqlite:///{dossier}/portail.sqlite3"
    assert reglages.smtp.expediteur == "mairie@roselac.example"
    assert reglages.session.inactivite_minutes == 30
    assert reglages.est_https


def test_the_file_of_a_new_commune_is_accepted_and_mentions_every_key(dossier: Path) -> None:
    texte = ecrire_fiche("roselac", Fiche(nom="Roselac"))
    assert lire(dossier, texte).nom == "Roselac"
    cles = {champ.name for champ in dataclasses.fields(ReglagesCommune)} - {"slug", "dossier"}
    absentes = [cle for cle in cles if cle not in texte]
    assert absentes == []


def test_a_name_with_quotes_and_accents_survives_the_file(dossier: Path) -> None:
    nom = 'Saint-Éloi "le Vieux" \\ L’Île'
    assert lire(dossier, ecrire_fiche("roselac", Fiche(nom=nom))).nom == nom


def test_all_faults_are_told_at_once(dossier: Path) -> None:
    texte = MINIMUM.replace('zone = "A"', 'zonne = "A"').replace('nom = "Roselac"', "nom = 3") + "[smtp]\nport = 0\n"
    assert sorted(fautes(dossier, texte)) == [
        "clé « nom » : un texte entre guillemets est attendu",
        "clé « smtp.port » : un nombre entre 1 et 65535 est attendu",
        "clé « zone » manquante",
        "clé « zonne » inconnue ; vouliez-vous dire « zone » ?",
    ]


@pytest.mark.parametrize(
    ("ajout", "attendu"),
    [
        ('zone = "D"', "clé « zone » : une valeur parmi A, B, C est attendue"),
        ('cle_secrete = "court"', "clé « cle_secrete » : au moins 32 caractères tirés au hasard"),
        ('courriel = "pas une adresse"', "clé « courriel » : ce n’est pas une adresse mail"),
        ('url_publique = "famille.example"', "clé « url_publique » : une adresse complète est attendue"),
        ("mandataires = true", "clé « mandataires » : un nombre entier est attendu"),
        ('base_de_donnees = "mysql://x"', "clé « base_de_donnees » : commence par postgresql+psycopg://"),
        ('apparence = { couleur = "rouge" }', "clé « apparence.couleur » : une couleur comme « #0b5563 »"),
        ('apparence = { couleur = "#ffdd00" }', "clé « apparence.couleur » : contraste de 1.2"),
        ('apparence = { couleur_sombre = "#333333" }', "clé « apparence.couleur_sombre » : contraste de"),
        ('apparence = { logo = "../ailleurs.svg" }', "clé « apparence.logo » : un fichier .svg ou .png placé à côté"),
        ('apparence = { logo = "absent.svg" }', "clé « apparence.logo » : le fichier « absent.svg » n’existe pas"),
        ('smtp = { securite = "ssl" }', "clé « smtp.securite » : une valeur parmi tls, starttls, aucune est attendue"),
        ("smtp = 3", "clé « smtp » : une table est attendue"),
        (
            'quotient = { api_particulier_url = "http://api.example" }',
            "clé « quotient.api_particulier_url » : une",
        ),
        ('quotient = { api_particulier_siret = "123" }', "clé « quotient.api_particulier_siret » : un SIRET a 14"),
        ('quotient = { avis_part_parent_isole = "demi" }', "clé « quotient.avis_part_parent_isole » : une part comme"),
        ("session = { inactivite_minute = 3 }", "clé « session.inactivite_minute » inconnue ; vouliez-vous dire"),
    ],
)
def test_a_wrong_value_is_told_with_its_key_and_its_reason(dossier: Path, ajout: str, attendu: str) -> None:
    cle = ajout.partition(" =")[0]
    lignes = [ligne for ligne in MINIMUM.splitlines() if not ligne.startswith(f"{cle} =")]
    trouvees = fautes(dossier, "\n".join([*lignes, ajout]))
    assert len(trouvees) == 1
    assert trouvees[0].startswith(attendu)


def test_a_file_that_is_not_toml_names_its_line(dossier: Path) -> None:
    (faute,) = fautes(dossier, 'nom = "Roselac\n')
    assert "line 1" in faute


def test_a_missing_or_foreign_file_is_told(dossier: Path) -> None:
    with pytest.raises(ReglagesInvalides, match="n’existe pas"):
        charger_reglages(dossier)
    (dossier / FICHIER).write_bytes("nom = 'Orléans'".encode("cp1252"))
    with pytest.raises(ReglagesInvalides, match="UTF-8"):
        charger_reglages(dossier)


def test_secrets_never_show_in_a_repr(dossier: Path) -> None:
    texte = MINIMUM + 'base_de_donnees = "postgresql+psycopg://u:motsecret@h/b"\n[smtp]\nmot_de_passe = "chut-chut"\n'
    montre = repr(lire(dossier, texte))
    assert "0123456789abcdef" not in montre
    assert "motsecret" not in montre
    assert "chut-chut" not in montre


def test_settings_cannot_be_changed(dossier: Path) -> None:
    reglages = lire(dossier, MINIMUM)
    with pytest.raises(dataclasses.FrozenInstanceError):
        reglages.nom = "Autre"  # type: ignore[misc]


@pytest.mark.parametrize("couleur", ["#0b5563", "#7a1f4b", "#000000", "#5b3a00"])
def test_a_dark_colour_is_derived_that_reads_on_a_dark_ground(dossier: Path, couleur: str) -> None:
    reglages = lire(dossier, MINIMUM + f'[apparence]\ncouleur = "{couleur}"\n')
    assert reglages.apparence.couleur == couleur
    assert contraste(reglages.apparence.couleur_sombre, "#171512") >= 7


def test_contrast_is_that_of_wcag() -> None:
    assert contraste("#000000", "#ffffff") == 21
    assert contraste("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    assert contraste("#123456", "#123456") == 1
    assert eclaircir_jusqua("#000000", "#ffffff", 30) == "#ffffff"


@pytest.mark.parametrize("slug", ["saint-rivage", "a", "2026", "a" * 40])
def test_a_prefix_is_plain(slug: str) -> None:
    assert est_slug(slug)


@pytest.mark.parametrize("slug", ["", "-a", "a-", "A", "é", "a_b", "a/b", "..", "a" * 41, "statique", "a\n"])
def test_a_prefix_that_is_not_plain_is_no_prefix(slug: str) -> None:
    assert not est_slug(slug)


@pytest.mark.parametrize("nom", ["Roselac\\nBcc: voleur", "Rose\\u0007lac", "\\u202eRoselac", "Rose\\u2028lac", "  "])
@pytest.mark.parametrize("cle", ["nom", "telephone"])
def test_what_every_page_shows_is_one_plain_line(dossier: Path, cle: str, nom: str) -> None:
    texte = MINIMUM.replace({"nom": 'Roselac"', "telephone": '04 65 71 00 00"'}[cle], f'{nom}"', 1)
    (faute,) = fautes(dossier, texte)
    assert faute.startswith(f"clé « {cle} »")


@pytest.mark.parametrize("courriel", ["mairie@roselac.example?bcc=x@ailleurs.example", "mairie@roselac.example\\n"])
def test_a_town_has_one_mail_address(dossier: Path, courriel: str) -> None:
    (faute,) = fautes(dossier, MINIMUM.replace("mairie@roselac.example", courriel))
    assert faute == "clé « courriel » : ce n’est pas une adresse mail"


@pytest.mark.parametrize("code", ["enfant.sante", "enfant.autorisations", "enfant.contacts"])
def test_what_a_parent_says_of_a_child_holds_at_once_or_is_not_said_here(dossier: Path, code: str) -> None:
    (faute,) = fautes(dossier, f'{MINIMUM}\n[champs]\n"{code}" = "demande"\n')
    assert faute.startswith(f"clé « champs.{code} » : « demande » n’est pas possible ici")
    (inconnue,) = fautes(dossier, f'{MINIMUM}\n[champs]\n"{code}" = "ouvert"\n')
    assert "une valeur parmi" in inconnue


@pytest.mark.parametrize(
    ("ajout", "attendues"),
    [
        ('[documents]\nstockage = "s3"', ["documents.s3_panier", "documents.s3_cle", "documents.s3_secret"]),
        ('[documents]\nstockage = "s3"\ns3_panier = "Documents/famille"', ["documents.s3_panier"]),
        ('[documents]\ns3_adresse = "s3.exemple.fr"', ["documents.s3_adresse"]),
        ('[documents]\nantivirus = "unix:clamd.ctl"', ["documents.antivirus"]),
        ('[documents]\nantivirus = "localhost"', ["documents.antivirus"]),
        ('[documents]\nantivirus = "localhost:70000"', ["documents.antivirus"]),
        (
            '[quotient]\napi_particulier_url = "https://particulier.api.gouv.fr"',
            ["quotient.api_particulier_jeton", "quotient.api_particulier_siret"],
        ),
        ("[session]\ninactivite_minutes = 121\nduree_heures = 2", ["session.inactivite_minutes"]),
        ("[session]\ndurable_maximum_jours = 30", ["session.durable_jours"]),
        ("[demarches.quotient]\ndelai_mois = 0", ["demarches.quotient.delai_mois"]),
        ('[demarches.quotient]\nsource = " "', ["demarches.quotient.source"]),
        ("[demarches.question]\ndelai_mois = 1", ["demarches.question.source"]),
        ('[demarches.question]\npieces = ["rib", "rib"]', ["demarches.question.pieces"]),
        (
            '[demarches.question]\npieces = ["rib"]\npieces_facultatives = ["rib"]',
            ["demarches.question.pieces_facultatives"],
        ),
        (
            '[demarches.scolaire]\npieces_facultatives = ["livret_famille"]',
            ["demarches.scolaire.pieces_facultatives"],
        ),
        ('[demarches.question]\nsource = "Code\\nBcc: voleur"', ["demarches.question.source"]),
        ('[demarches.question]\nexplication = ["Écrivez\\u202enous"]', ["demarches.question.explication"]),
        ('[demarches.question]\nmotifs_refus = ["Hors sujet.\\u0000"]', ["demarches.question.motifs_refus"]),
        (f'[demarches.question]\ntitre = "{"é" * 121}"', ["demarches.question.titre"]),
        (f'[demarches.question]\nexplication = ["{"é" * 2001}"]', ["demarches.question.explication"]),
        (f'[pieces.charte]\nnom = "{"é" * 121}"', ["pieces.charte.nom"]),
        ("[demarches]\nquestion = 3", ["demarches.question"]),
    ],
)
def test_settings_that_cannot_work_are_told_with_their_key(dossier: Path, ajout: str, attendues: list[str]) -> None:
    lues = fautes(dossier, f"{MINIMUM}\n{ajout}\n")
    assert [faute.split("»")[0].removeprefix("clé «").strip() for faute in lues] == attendues


@pytest.mark.parametrize(
    "ajout",
    [
        '[documents]\nstockage = "s3"\ns3_adresse = "http://localhost:9000"\ns3_panier = "documents-famille"\n'
        's3_cle = "k"\ns3_secret = "s"\nantivirus = "unix:/run/clamav/clamd.ctl"',
        '[documents]\nantivirus = "[::1]:3310"',
        "[session]\ninactivite_minutes = 120\nduree_heures = 2\ndurable_jours = 30\ndurable_maximum_jours = 30",
        '[demarches.quotient]\ndelai_mois = 0\nsilence = "aucun"\nsource = ""',
        f'[demarches.question]\ntitre = "{"é" * 120}"\nexplication = ["{"é" * 2000}"]',
    ],
)
def test_settings_that_hold_together_are_accepted(dossier: Path, ajout: str) -> None:
    lire(dossier, f"{MINIMUM}\n{ajout}\n")


def test_a_document_that_a_town_now_requires_is_no_longer_optional(dossier: Path) -> None:
    scolaire = lire(dossier, f'{MINIMUM}\n[demarches.scolaire]\npieces = ["vaccins"]\n').demarches["scolaire"]
    assert (scolaire.pieces, scolaire.pieces_facultatives) == (("vaccins",), ("jugement",))


def test_a_document_nearly_named_is_told_which_one_it_may_be(dossier: Path) -> None:
    (faute,) = fautes(dossier, f"{MINIMUM}\n[pieces.livret_famill]\nvalidite_mois = 3\n")
    assert faute == "clé « pieces.livret_famill.nom » manquante ; vouliez-vous dire « livret_famille » ?"
    (faute,) = fautes(dossier, f'{MINIMUM}\n[demarches.question]\npieces = ["livret_famill"]\n')
    assert faute.endswith("document « livret_famill » inconnu ; vouliez-vous dire « livret_famille » ?")


VALEURS = {
    "decision": '"automatique"',
    "est_ouverte": "false",
    "est_acceptable_en_lot": "true",
    "titre": '"Autrement"',
    "explication": '["Une phrase."]',
    "pieces": '["rib"]',
    "pieces_facultatives": '["rib"]',
}


@pytest.mark.parametrize("cle", VALEURS)
@pytest.mark.parametrize("code", GENRES)
def test_a_key_that_a_kind_has_not_is_refused_with_its_reason_and_the_others_hold(
    dossier: Path, code: str, cle: str
) -> None:
    texte = f"{MINIMUM}\n[demarches.{code}]\n{cle} = {VALEURS[cle]}\n"
    if cle in REFUS[code]:
        assert fautes(dossier, texte) == [f"clé « demarches.{code}.{cle} » : {REFUS[code][cle]}"]
    else:
        voulue = tomllib.loads(f"cle = {VALEURS[cle]}")["cle"]
        tenue = getattr(lire(dossier, texte).demarches[code], cle)
        assert (list(tenue) if isinstance(voulue, list) else tenue) == voulue


def test_a_kind_is_decided_by_rules_or_closed_only_where_that_does_something() -> None:
    assert {code for code in GENRES if "decision" not in REFUS[code]} == {*AUTOMATISMES}
    assert {code for code in GENRES if "est_ouverte" not in REFUS[code]} == {*FORMULAIRES}
    # What is answered by words, or for each by a choice, is never accepted unread (RGPD art. 17 for the last).
    assert {"question", "situation", "effacement"} <= {
        code for code in GENRES if "est_acceptable_en_lot" in REFUS[code]
    }
    assert not [
        code for code, genre in GENRES.items() if genre.est_acceptable_en_lot and "est_acceptable_en_lot" in REFUS[code]
    ]
