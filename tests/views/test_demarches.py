"""« Mes démarches »: the list, one démarche's page, its messages, taking it back."""

import io
import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portail_famille.domain.demarches import Cote
from portail_famille.models.demarches import Demarche, DemarcheEtape, DemarchePiece
from portail_famille.models.documents import Piece
from portail_famille.models.foyers import AutoriteParentale
from portail_famille.services import demarches as services
from portail_famille.services.journal import Auteur
from tests.conftest import CompterRequetes
from tests.support.client import HTMX, connecter, poster
from tests.support.ecran import phrases
from tests.support.formulaires import lire_formulaire
from tests.support.historique import demarches, minutes, recus
from tests.support.pieces import photo
from tests.support.temps import MERCREDI_SOIR, HorlogeReglable
from tests.support.village import Village

AGENT = Auteur(Cote.AGENT)
PLUS_TARD = MERCREDI_SOIR + timedelta(hours=1)


@pytest.fixture
def camille(village: Village, client: FlaskClient) -> FlaskClient:
    connecter(client, "camille.morel")
    return client


def deposer(village: Village, genre: str = "coordonnees", qui: str = "camille", **valeurs: Any) -> str:
    with village.bd.session_ecriture() as session:
        return services.deposer(
            session, genre=genre, auteur=Auteur(Cote.FAMILLE, village.comptes[qui]), maintenant=MERCREDI_SOIR,
            foyer_id=village.foyers["morel"], **{"contenu": {}} | valeurs,
        ).numero  # fmt: skip


def mairie(village: Village, numero: str, faire: Callable[[Session, Demarche], object]) -> None:
    with village.bd.session_ecriture() as session:
        faire(session, session.scalars(select(Demarche).where(Demarche.numero == numero)).one())


def demander_le_rib(village: Village, numero: str) -> None:
    avant = date(2026, 12, 12)
    mairie(
        village, numero,
        lambda s, d: services.demander_complement(s, d, d.version, "Envoyez votre RIB.", avant, AGENT, MERCREDI_SOIR),
    )  # fmt: skip


def cle_de(page: TestResponse) -> str:
    trouvee = re.search(r'name="cle" value="([^"]+)"', page.text)
    assert trouvee
    return trouvee[1]


def repondre(client: FlaskClient, numero: str, **champs: Any) -> TestResponse:
    cle = cle_de(client.get(f"/demarches/{numero}"))
    return poster(client, f"/demarches/{numero}/messages", {"cle": cle, "texte": "Voici."} | champs)


def compter(village: Village, modele: type, *conditions: Any) -> int:
    with village.bd.session_lecture() as session:
        return session.scalar(select(func.count()).select_from(modele).where(*conditions)) or 0


def test_an_empty_history_says_what_to_do(camille: FlaskClient) -> None:
    page = camille.get("/demarches")
    assert "Pas encore de démarche" in phrases(page)
    assert 'href="/saint-rivage/demarches/nouvelle"' in page.text
    assert "Filtrer" not in phrases(page)


def test_requests_and_receipts_lead_each_to_its_page(camille: FlaskClient, village: Village) -> None:
    with village.bd.session_ecriture() as session:
        demarches(session, village, minutes(50), genre="absence", enfant_id=village.enfants["noe"])
        recus(session, village, minutes(20))
    page = camille.get("/demarches")
    liens = re.findall(r'href="/saint-rivage(/demarches/D[^"]+|/reservations/recus/[^"]+)"', page.text)
    assert liens == ["/reservations/recus/2026-000001", "/demarches/D2026-000001"]
    assert "Absence, Noé" in phrases(page)


def test_filters_work_by_address_and_swap_the_list_alone(camille: FlaskClient, village: Village) -> None:
    with village.bd.session_ecriture() as session:
        demarches(session, village, minutes(50), genre="absence", enfant_id=village.enfants["noe"])
        demarches(session, village, minutes(40), debut=2, etat="refusee", decidee_utc=MERCREDI_SOIR)
    for adresse, attendu in (
        ("?etat=refusees", {"D2026-000002"}),
        ("?genre=absence", {"D2026-000001"}),
        (f"?enfant={village.enfants['noe']}", {"D2026-000001"}),
        ("?genre=reservations", set()),
        ("?du=2026-12-02&au=2026-12-02", {"D2026-000001", "D2026-000002"}),
        ("?au=2026-12-01", set()),
        # What means nothing filters nothing; another family's child neither.
        (f"?etat=x&genre=y&du=hier&enfant={village.enfants['yanis']}", {"D2026-000001", "D2026-000002"}),
    ):
        page = camille.get(f"/demarches{adresse}")
        assert set(re.findall(r"/demarches/(D2026-\d+)", page.text)) == attendu, adresse
        partie = camille.get(f"/demarches{adresse}", headers=HTMX)
        assert partie.text.lstrip().startswith('<section id="resultats"')
        assert set(re.findall(r"/demarches/(D2026-\d+)", partie.text)) == attendu
    assert "Rien à afficher" in phrases(camille.get("/demarches?genre=reservations"))


def test_the_next_page_keeps_the_filter(camille: FlaskClient, village: Village) -> None:
    with village.bd.session_ecriture() as session:
        demarches(session, village, minutes(*range(40, 0, -1)))
        demarches(session, village, minutes(0), debut=50, genre="absence")
    page = camille.get("/demarches?genre=quotient")
    (suite,) = re.findall(r'<a class="b" href="/saint-rivage([^"]+)">Plus anciennes', page.text)
    seconde = camille.get(suite.replace("&amp;", "&"))
    vus = re.findall(r"/demarches/(D2026-\d+)", page.text + seconde.text)
    assert vus == [f"D2026-{n:06d}" for n in range(40, 0, -1)]
    assert "Plus anciennes" not in seconde.text


def test_ten_thousand_requests_cost_twelve_queries_at_most(
    camille: FlaskClient, village: Village, compter_requetes: CompterRequetes
) -> None:
    with village.bd.session_ecriture() as session:
        demarches(session, village, minutes(*range(12_000, 2_000, -1)))
        recus(session, village, minutes(*range(300, 0, -1)))
        demarches(
            session, village, minutes(0), debut=50_000, genre="coordonnees", etat="en_cours", reponse_utc=MERCREDI_SOIR
        )
    # The town's rules are read once and kept.
    camille.get("/")
    for adresse in ("/demarches", "/demarches?etat=en_attente&genre=quotient", "/demarches?apres=5000-100", "/"):
        with compter_requetes() as requetes:
            assert camille.get(adresse).status_code == 200
        assert len(requetes) <= 12, adresse
    with compter_requetes() as requetes:
        camille.get("/demarches/D2026-050000")
    assert len(requetes) <= 12


@pytest.mark.parametrize(
    ("faire", "phrase", "suite"),
    [
        (lambda s, d: None, "Votre demande est arrivée à la mairie", "Vous n’avez rien à faire"),
        (
            lambda s, d: services.prendre_en_charge(s, d, d.version, AGENT, PLUS_TARD),
            "Un agent de la mairie s’occupe de votre demande",
            "réponse arrive par mail",
        ),
        (
            lambda s, d: services.demander_complement(s, d, d.version, "Le RIB", date(2026, 12, 12), AGENT, PLUS_TARD),
            "La mairie attend quelque chose de vous",
            "Répondez au plus tard le 12 décembre",
        ),
        (
            lambda s, d: services.demander_complement(s, d, d.version, "Le RIB", date(2026, 12, 1), AGENT, PLUS_TARD),
            "La mairie attend quelque chose de vous",
            "vous pouvez encore répondre",
        ),
        (
            lambda s, d: services.accepter(s, d, d.version, AGENT, PLUS_TARD, lambda *_: None),
            "La mairie a accepté votre demande le 2 décembre 2026",
            "on ne peut plus y écrire",
        ),
        (
            lambda s, d: services.refuser(s, d, d.version, "Document illisible.", AGENT, PLUS_TARD),
            "La mairie a refusé votre demande",
            "Pourquoi\u00a0: Document illisible.",
        ),
        (
            lambda s, d: services.retirer(s, d, Auteur(Cote.FAMILLE), PLUS_TARD),
            "Cette demande a été annulée",
            "La mairie n’y donnera pas suite",
        ),
    ],
)
def test_each_state_says_where_it_stands_and_what_comes_next(
    camille: FlaskClient, village: Village, faire: Callable[[Session, Demarche], object], phrase: str, suite: str
) -> None:
    numero = deposer(village)
    mairie(village, numero, faire)
    dit = phrases(camille.get(f"/demarches/{numero}"))
    assert phrase in dit
    assert suite in dit


def test_the_due_date_says_what_silence_means(camille: FlaskClient, village: Village) -> None:
    numero = deposer(village)

    def dater(_session: Session, demarche: Demarche) -> None:
        demarche.echeance = date(2027, 2, 2)

    mairie(village, numero, dater)
    assert "2 février 2027" in phrases(camille.get(f"/demarches/{numero}"))


def test_opening_an_answer_drops_its_badge_and_a_reload_writes_nothing(
    camille: FlaskClient, village: Village, horloge: HorlogeReglable
) -> None:
    numero = deposer(village)
    mairie(village, numero, lambda s, d: services.ecrire(s, d, "Bonjour\nMadame", AGENT, MERCREDI_SOIR))
    assert "réponse" in phrases(camille.get("/demarches")).partition("Mes démarches")[2]
    assert "1\u00a0réponse" in phrases(camille.get("/"))
    assert "Bonjour" in phrases(camille.get(f"/demarches/{numero}"))
    assert "1\u00a0réponse" not in phrases(camille.get("/"))
    avant = village.photographier()
    horloge.avancer(seconds=30)
    camille.get(f"/demarches/{numero}")
    assert village.photographier() == avant


def test_notes_between_agents_are_never_shown(camille: FlaskClient, village: Village) -> None:
    numero = deposer(village)
    mairie(village, numero, lambda s, d: services.ecrire(s, d, "Famille connue", AGENT, PLUS_TARD, est_note=True))
    assert "Famille connue" not in camille.get(f"/demarches/{numero}").text


def test_a_complement_is_asked_first_and_sent_with_a_photo_and_a_kept_document(
    camille: FlaskClient, village: Village
) -> None:
    numero = deposer(village, "sante", enfant_id=village.enfants["noe"])
    demander_le_rib(village, numero)
    assert "à compléter jusqu’au 12 décembre" in phrases(camille.get("/demarches"))
    page = camille.get(f"/demarches/{numero}")
    dit = phrases(page)
    assert "Envoyez votre RIB." in dit
    assert dit.index("Compléter ma demande") < dit.index("Suivi")
    repondre(camille, numero, texte="", genre="rib", document=(io.BytesIO(photo()), "rib.jpg"))
    with village.bd.session_lecture() as session:
        piece = session.scalars(select(Piece)).one()
        assert (piece.genre, piece.enfant_id) == ("rib", village.enfants["noe"])
    assert compter(village, Demarche, Demarche.etat == "en_cours") == 1
    lue = camille.get(f"/demarches/{numero}")
    assert "Complément envoyé" in phrases(lue)
    # Most often it is the same kind again.
    assert 'value="rib" selected' in lue.text
    assert " selected" not in page.text.partition('name="genre"')[2].partition("</select>")[0].replace(
        'value="" selected', ""
    )
    assert f'href="/saint-rivage/pieces/{piece.id}"' in lue.text
    # The same paper serves for another request, by a tick.
    autre = deposer(village, "sante", enfant_id=village.enfants["noe"])
    assert repondre(camille, autre, texte="", piece=str(piece.id)).status_code == 303
    assert compter(village, DemarchePiece, DemarchePiece.piece_id == piece.id) == 2


def test_a_document_that_no_message_names_leaves_the_coffre(
    camille: FlaskClient, village: Village, tmp_path: Path
) -> None:
    """Stored before the database is held; refused, or sent twice, it is thrown away once the transaction is over."""
    numero = deposer(village)

    def objets() -> int:
        return sum(f.is_file() for f in (tmp_path / "coffre").rglob("*"))

    cle = cle_de(camille.get(f"/demarches/{numero}"))
    for _ in range(2):
        champs = {"cle": cle, "texte": "Voici.", "genre": "rib", "document": (io.BytesIO(photo()), "rib.jpg")}
        assert poster(camille, f"/demarches/{numero}/messages", champs).status_code == 303
        assert objets() == 1
    mairie(village, numero, lambda s, d: services.accepter(s, d, d.version, AGENT, MERCREDI_SOIR, lambda *_: None))
    champs = {"cle": f"{cle}-2", "texte": "Voici.", "genre": "rib", "document": (io.BytesIO(photo()), "rib.jpg")}
    assert poster(camille, f"/demarches/{numero}/messages", champs).status_code == 409
    assert objets() == 1


def test_a_message_sent_twice_is_one(camille: FlaskClient, village: Village) -> None:
    numero = deposer(village)
    cle = cle_de(camille.get(f"/demarches/{numero}"))
    for _ in range(2):
        reponse = poster(
            camille, f"/demarches/{numero}/messages",
            {"cle": cle, "texte": "Bonjour", "genre": "rib", "document": (io.BytesIO(photo()), "a.jpg")},
        )  # fmt: skip
        assert reponse.status_code == 303
    assert compter(village, DemarcheEtape, DemarcheEtape.genre == "message") == 1
    assert compter(village, Piece) == 1


@pytest.mark.parametrize(
    ("champs", "message"),
    [
        ({"texte": "  "}, "Écrivez votre message"),
        ({"document": "photo"}, "Dites ce qu’est ce document."),
        ({"genre": "rib", "document": "faux"}, "Ce fichier"),
        ({"piece": "999999"}, "n’est plus disponible"),
    ],
)
def test_a_refused_message_keeps_what_was_typed(
    camille: FlaskClient, village: Village, champs: dict[str, Any], message: str
) -> None:
    numero = deposer(village)
    fichiers = {"photo": (io.BytesIO(photo()), "a.jpg"), "faux": (io.BytesIO(b"MZ\x90"), "a.jpg")}
    envoyes = {cle: fichiers.get(valeur, valeur) if cle == "document" else valeur for cle, valeur in champs.items()}
    reponse = repondre(camille, numero, **{"texte": "Mon mot"} | envoyes)
    assert reponse.status_code == 422
    assert message in phrases(reponse)
    (tape,) = lire_formulaire(reponse.text, f"/saint-rivage/demarches/{numero}/messages").champs["texte"]
    assert tape.strip() == champs.get("texte", "Mon mot").strip()
    assert compter(village, DemarcheEtape, DemarcheEtape.genre == "message") == 0
    assert compter(village, Piece) == 0


def test_a_key_is_asked_of_the_form(camille: FlaskClient, village: Village) -> None:
    numero = deposer(village)
    for cle in ("", "x" * 41):
        assert poster(camille, f"/demarches/{numero}/messages", {"cle": cle, "texte": "a"}).status_code == 400


def test_it_is_taken_back_after_a_confirmation(camille: FlaskClient, village: Village) -> None:
    numero = deposer(village)
    page = phrases(camille.get(f"/demarches/{numero}"))
    assert f"Oui, annuler la demande {numero}" in page
    assert poster(camille, f"/demarches/{numero}/annuler").status_code == 303
    assert compter(village, Demarche, Demarche.etat == "annulee") == 1
    dit = phrases(camille.get(f"/demarches/{numero}?fait=annulee"))
    assert "Votre demande est annulée" in dit
    assert "Oui, annuler" not in dit


def test_a_refusal_says_where_it_is_contested_before_the_receipt_that_is_folded(
    camille: FlaskClient, village: Village
) -> None:
    numero = deposer(village)
    assert "contester ce refus" not in camille.get(f"/demarches/{numero}").text
    mairie(village, numero, lambda s, d: services.refuser(s, d, d.version, "Non", AGENT, PLUS_TARD))
    debut = phrases(camille.get(f"/demarches/{numero}")).partition("Suivi")[0]
    assert "vous pouvez contester ce refus dans les 2 mois" in debut
    assert "devant le tribunal administratif" in debut


def test_decided_meanwhile_it_is_told_and_nothing_moves(camille: FlaskClient, village: Village) -> None:
    numero = deposer(village)
    cle = cle_de(camille.get(f"/demarches/{numero}"))
    mairie(village, numero, lambda s, d: services.refuser(s, d, d.version, "Non", AGENT, PLUS_TARD))
    for adresse, champs in (("annuler", {}), ("messages", {"cle": cle, "texte": "Mais"})):
        reponse = poster(camille, f"/demarches/{numero}/{adresse}", champs)
        assert reponse.status_code == 409
        assert "terminée" in phrases(reponse)
    assert compter(village, DemarcheEtape) == 2


def test_what_one_may_not_read_is_not_found(village: Village, client: FlaskClient) -> None:
    numero = deposer(village, "question", contenu={"sujet": "autre", "message": "Secret"})
    for qui in ("thomas.legall", "julien.ferrand", "karim.haddad"):
        connecter(client, qui)
        assert client.get(f"/demarches/{numero}").status_code == 404
        assert poster(client, f"/demarches/{numero}/messages", {"cle": "a", "texte": "a"}).status_code == 404
        assert poster(client, f"/demarches/{numero}/annuler").status_code == 404
        assert numero not in client.get("/demarches").text
    assert compter(village, Demarche, Demarche.etat == "deposee") == 1


def test_a_document_another_adult_keeps_for_herself_is_told_without_its_name(
    village: Village, client: FlaskClient
) -> None:
    numero = deposer(village)
    connecter(client, "camille.morel")
    repondre(client, numero, genre="avis_imposition", document=(io.BytesIO(photo()), "revenus.jpg"))
    assert "revenus" in client.get(f"/demarches/{numero}").text
    connecter(client, "thomas.legall")
    page = client.get(f"/demarches/{numero}")
    assert "revenus" not in page.text
    assert "Un document que vous ne pouvez pas ouvrir" in phrases(page)


def test_a_request_about_a_child_one_has_lost_is_read_as_it_was(village: Village, camille: FlaskClient) -> None:
    """No form, no answer since, no badge; the list says no more than the page."""
    numero = deposer(village, enfant_id=village.enfants["noe"])
    demander_le_rib(village, numero)
    with village.bd.session_ecriture() as session:
        fin = MERCREDI_SOIR.date() - timedelta(days=1)
        session.execute(
            update(AutoriteParentale)
            .where(AutoriteParentale.personne_id == village.personnes["camille"])
            .values(au=fin)
        )
    page = camille.get(f"/demarches/{numero}")
    assert page.status_code == 200
    assert "Vous n’avez plus l’autorité parentale sur cet enfant" in page.text
    for absent in ("Envoyez votre RIB", "annuler la demande", "cette demande est terminée", 'name="texte"'):
        assert absent not in page.text, absent
    liste = camille.get("/demarches").text
    assert numero in liste
    assert "à compléter jusqu’au" not in liste
    for adresse, champs in (("annuler", {}), ("messages", {"cle": "cle", "texte": "Mais"})):
        assert poster(camille, f"/demarches/{numero}/{adresse}", champs).status_code == 404
