"""Documents: their names made safe, and how many a foyer keeps."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.pieces import PIECES_MAXIMALES, QUOTA, nom_sain, verifier_quota

PDF, JPEG = "application/pdf", "image/jpeg"


@pytest.mark.parametrize(
    ("nom", "type_mime", "attendu"),
    [
        ("Livret de famille.pdf", PDF, "Livret de famille.pdf"),
        ("IMG_2041.HEIC", JPEG, "IMG_2041.jpg"),
        ("../../etc/passwd", PDF, "passwd.pdf"),
        ("C:\\Users\\Camille\\acte.pdf", PDF, "acte.pdf"),
        ("photo.jpg.exe", JPEG, "photo.jpg.jpg"),
        ("..", PDF, "document.pdf"),
        ("", JPEG, "document.jpg"),
        ("Évaluation d’Élodie (2026).PDF", PDF, "Évaluation d’Élodie (2026).pdf"),
        ('a"b<c>|d?.pdf', PDF, "a b c d.pdf"),
        ("facture\u202egpj.exe", JPEG, "facturegpj.jpg"),
        ("a\r\nSet-Cookie: x.pdf", PDF, "aSet-Cookie x.pdf"),
    ],
)
def test_a_name_is_made_safe_and_stays_readable(nom: str, type_mime: str, attendu: str) -> None:
    assert nom_sain(nom, type_mime) == attendu


@given(st.text(max_size=400))
def test_whatever_the_name_it_fits_and_carries_nothing_hidden(nom: str) -> None:
    sain = nom_sain(nom, PDF)
    assert sain.endswith(".pdf")
    assert 5 <= len(sain) <= 120
    assert not set(sain) & set('/\\:*?"<>|')
    assert all(unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in sain)
    assert not sain.startswith(".")


def test_a_foyer_keeps_a_hundred_documents_and_two_hundred_megabytes() -> None:
    verifier_quota(PIECES_MAXIMALES - 1, QUOTA - 10, 10)
    with pytest.raises(RegleViolee) as trop:
        verifier_quota(PIECES_MAXIMALES, 0, 1)
    assert (trop.value.code, trop.value.champ) == ("trop_de_pieces", "document")
    with pytest.raises(RegleViolee) as lourd:
        verifier_quota(0, QUOTA - 10, 11)
    assert lourd.value.code == "quota"
