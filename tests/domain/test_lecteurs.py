"""Who reads the words of an invoice: in doubt, the payer alone."""

import pytest

from portail_famille.domain.lecteurs import est_fermee, voit_tout

LEA, NOE = 1, 2


@pytest.mark.parametrize(
    ("concernes", "vus", "est_importee", "attendu"),
    [
        ({LEA}, {LEA}, False, True),
        ({LEA, NOE}, {LEA}, False, False),
        ({LEA, None}, {LEA, NOE}, False, True),
        # A free amount is about nobody that is written: everybody is true of an empty set.
        ({None}, {LEA, NOE}, False, False),
        (set(), {LEA}, False, False),
        ({LEA}, {LEA}, True, True),
        ({LEA, None}, {LEA, NOE}, True, False),
        ({None}, {LEA}, True, False),
        (set(), set(), True, False),
    ],
)
def test_all_of_an_invoice_is_for_who_answers_for_every_child_it_is_about(
    concernes: set[int | None], vus: set[int], est_importee: bool, attendu: bool
) -> None:
    assert voit_tout(concernes, vus, est_payeur=False, est_importee=est_importee) is attendu
    assert voit_tout(concernes, vus, est_payeur=True, est_importee=est_importee)


def test_words_of_another_software_on_a_line_of_nobody_close_the_whole_invoice() -> None:
    assert est_fermee({LEA, None}, est_importee=True)
    assert est_fermee(set(), est_importee=True)
    assert not est_fermee({LEA}, est_importee=True)
    assert not est_fermee({LEA, None}, est_importee=False)
