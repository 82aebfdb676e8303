"""Nothing outside is called while the database is written (house.md §2.7): the storage may be another server."""

import pytest
from flask import Flask
from sqlalchemy import text

from portail_famille.views.fiche_enfant import coffre
from portail_famille.views.web import apres_ecriture, ecriture, terminer_ecriture


def test_the_coffre_is_not_at_hand_while_the_database_is_written(app: Flask) -> None:
    with app.test_request_context("/", method="POST"):
        session = ecriture()
        coffre()
        session.execute(text("SELECT 1"))
        with pytest.raises(RuntimeError):
            coffre()
        session.rollback()
        coffre()


@pytest.mark.parametrize(("statut", "est_validee"), [(303, True), (409, False)])
def test_what_waits_for_the_end_is_told_whether_it_was_committed(app: Flask, statut: int, est_validee: bool) -> None:
    dits = []
    with app.test_request_context("/", method="POST"):
        session = ecriture()
        session.execute(text("SELECT 1"))
        apres_ecriture(lambda dit: dits.append((dit, session.in_transaction())))
        terminer_ecriture(app.make_response(("", statut)))
    assert dits == [(est_validee, False)]
