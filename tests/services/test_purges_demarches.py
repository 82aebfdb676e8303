"""What goes with a decided request, what stays of what it gave, and forms nobody came back to."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select, update

from portail_famille.domain.demarches import Cote
from portail_famille.models.activites import Inscription
from portail_famille.models.demarches import Demarche, DemarcheEtape, DemarchePiece, DemarcheSaisie
from portail_famille.models.documents import Piece
from portail_famille.models.foyers import Foyer
from portail_famille.models.quotients import QuotientFamilial
from portail_famille.models.reservations import Reservation
from portail_famille.services import demarches
from portail_famille.services.journal import Auteur
from tests.support.purges import purger, terme
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import JEUDI, Village

DANS_TROIS_ANS = datetime(2029, 12, 3, 17, 0, tzinfo=UTC)
AGENT = Auteur(Cote.AGENT)


def compter(village: Village, modele: type) -> int:
    with village.bd.session_lecture() as session:
        return session.scalar(select(func.count()).select_from(modele)) or 0


def remplir(village: Village) -> None:
    """A request with a message and its document, replaced since; decided; three things come from it."""
    village.reserver("noe", "repas", JEUDI)
    camille, morel = village.comptes["camille"], village.foyers["morel"]
    with village.bd.session_ecriture() as session:
        pieces = [
            Piece(
                foyer_id=morel, genre="rib", nom=nom, type_mime="application/pdf", taille=1, objet=nom,
                deposee_utc=MERCREDI_SOIR, deposee_par=camille,
            )
            for nom in ("ancien.pdf", "nouveau.pdf")
        ]  # fmt: skip
        session.add_all(pieces)
        session.flush()
        pieces[0].remplacee_par = pieces[1].id
        demarche = demarches.deposer(
            session, genre="quotient", auteur=Auteur(Cote.FAMILLE, camille), maintenant=MERCREDI_SOIR, contenu={},
            foyer_id=morel,
        )  # fmt: skip
        demarches.ecrire(
            session, demarche, "Voici", Auteur(Cote.FAMILLE, camille), MERCREDI_SOIR, pieces=[pieces[0].id]
        )
        demarches.refuser(session, demarche, demarche.version, "Non", AGENT, MERCREDI_SOIR)
        for modele in (QuotientFamilial, Reservation, Inscription):
            session.execute(update(modele).where(modele.foyer_id == morel).values(demarche_id=demarche.id))


def saisir(village: Village, qui: str, foyer: str, il_y_a: timedelta) -> None:
    with village.bd.session_ecriture() as session:
        session.add(
            DemarcheSaisie(
                compte_id=village.comptes[qui], foyer_id=village.foyers[foyer], genre="question", cle=qui, contenu={},
                creee_utc=MERCREDI_SOIR - il_y_a, modifiee_utc=MERCREDI_SOIR - il_y_a,
            )
        )  # fmt: skip


def test_a_decided_request_goes_with_its_thread_and_leaves_what_it_gave(village: Village) -> None:
    remplir(village)
    avant = {m: compter(village, m) for m in (QuotientFamilial, Reservation, Inscription, Piece)}
    assert "demandes terminées" not in purger(village, terme())
    assert purger(village, terme(DANS_TROIS_ANS))["demandes terminées"] == 1
    assert [compter(village, m) for m in (Demarche, DemarcheEtape, DemarchePiece)] == [0, 0, 0]
    # The former version of a document is kept for the request that joined it: it goes with it.
    assert {m: compter(village, m) for m in avant} == avant | {Piece: avant[Piece] - 1}
    with village.bd.session_lecture() as session:
        for modele in (QuotientFamilial, Reservation, Inscription):
            assert session.scalars(select(modele.demarche_id).distinct()).all() == [None]


def test_a_foyer_that_left_loses_its_requests_documents_and_forms(village: Village) -> None:
    remplir(village)
    for qui, foyer in (("camille", "morel"), ("karim", "haddad")):
        saisir(village, qui, foyer, -timedelta(days=790))
    with village.bd.session_ecriture() as session:
        session.execute(update(Foyer).where(Foyer.id == village.foyers["morel"]).values(parti_le=MERCREDI_SOIR.date()))
    parti = MERCREDI_SOIR + timedelta(days=800)
    purger(village, terme(parti, demarches_mois=240))
    assert [compter(village, m) for m in (Demarche, DemarcheEtape, DemarchePiece, Piece)] == [0, 0, 0, 0]
    with village.bd.session_lecture() as session:
        assert session.scalars(select(DemarcheSaisie.cle)).all() == ["karim"]


def test_a_form_nobody_came_back_to_goes_after_thirty_days(village: Village) -> None:
    saisir(village, "camille", "morel", timedelta(days=30))
    saisir(village, "karim", "haddad", timedelta(days=30, seconds=1))
    assert purger(village, terme()) == {"formulaires commencés": 1}
    with village.bd.session_lecture() as session:
        assert session.scalars(select(DemarcheSaisie.cle)).all() == ["camille"]
