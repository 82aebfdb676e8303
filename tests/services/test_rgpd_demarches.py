"""A person's requests in her export: with their receipt and thread, and the forms that she began."""

from datetime import timedelta
from types import SimpleNamespace

from sqlalchemy import update

from portail_famille.domain.demarches import Cote
from portail_famille.domain.genres import GENRES as DEMARCHES
from portail_famille.domain.pieces import GenrePiece, ReglesPieces
from portail_famille.models.demarches import DemarcheSaisie
from portail_famille.models.documents import Piece
from portail_famille.models.foyers import AutoriteParentale
from portail_famille.presentation.donnees import composer
from portail_famille.services import demarches
from portail_famille.services.accuses import rediger_accuse
from portail_famille.services.dossiers import jour_de
from portail_famille.services.exports import en_json
from portail_famille.services.journal import Auteur
from tests.services.test_rgpd import acteur, exporter
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import Village

MAIRIE = SimpleNamespace(
    nom="Saint-Rivage",
    adresse="1 place de la Mairie",
    courriel="mairie@ville.example",
    telephone="02",
    demarches=DEMARCHES,
)


def test_a_request_is_given_with_its_receipt_and_both_sides_words(village: Village) -> None:
    """Notes between agents are theirs; who of the town wrote is not said; what was begun and not sent is there."""
    camille, compte = acteur(village, "camille", "morel"), village.comptes["camille"]
    agent = Auteur(Cote.AGENT, village.comptes["nadia"])
    with village.bd.session_ecriture() as session:
        demarche = demarches.deposer(
            session,
            genre="coordonnees",
            auteur=Auteur(Cote.FAMILLE, compte),
            maintenant=MERCREDI_SOIR,
            contenu={"foyer.ville": "Roselac"},
            foyer_id=camille.foyer_id,
        )
        demarche.accuse = rediger_accuse(DEMARCHES["coordonnees"], MAIRIE, demarche.numero, MERCREDI_SOIR)
        demarches.ecrire(session, demarche, "Quel étage ?", agent, MERCREDI_SOIR)
        demarches.ecrire(session, demarche, "Entre nous", agent, MERCREDI_SOIR, est_note=True)
        demarches.ecrire(session, demarche, "Le troisième", Auteur(Cote.FAMILLE, compte), MERCREDI_SOIR)
        session.add(
            DemarcheSaisie(
                compte_id=compte,
                foyer_id=camille.foyer_id,
                genre="question",
                cle="k",
                contenu={"question": {"message": "Brouillon de mot"}, "pieces": {"rib": [1]}, "a_revoir": ["x"]},
                creee_utc=MERCREDI_SOIR,
                modifiee_utc=MERCREDI_SOIR,
            )
        )
    donnees = exporter(village)
    (lue,) = donnees.document["demarches"]
    assert [(e["genre"], e["cote"], e["texte"], e["par_vous"]) for e in lue["etapes"]] == [
        ("depot", "famille", "", True),
        ("message", "agent", "Quel étage ?", False),
        ("message", "famille", "Le troisième", True),
    ]
    assert lue["accuse"]["numero"] == lue["numero"]
    texte = en_json(donnees.document)
    assert "Entre nous" not in texte
    assert "Nadia" not in texte
    assert [s["genre"] for s in donnees.document["saisies"]] == ["question"]
    dit = repr(composer(donnees.document, ReglesPieces()))
    for attendu in ("Brouillon de mot", "Mairie de Saint-Rivage", "Quel étage", "Accusé de réception"):
        assert attendu in dit
    assert en_json(exporter(village, "thomas").document).count("Brouillon de mot") == 0


def test_a_document_of_the_towns_own_kind_has_the_towns_name(village: Village) -> None:
    with village.bd.session_ecriture() as session:
        session.add(
            Piece(
                foyer_id=village.foyers["morel"], est_du_foyer=True, genre="licence", nom="a.pdf",
                type_mime="application/pdf", taille=3, objet="0" * 40, deposee_utc=MERCREDI_SOIR,
                deposee_par=village.comptes["camille"],
            )
        )  # fmt: skip
    regles = ReglesPieces({"licence": GenrePiece("licence", "Licence sportive")})
    assert "Licence sportive" in repr(composer(exporter(village).document, regles))


def test_the_export_says_no_more_than_the_screens(village: Village) -> None:
    """What came after her authority over the child ended is not hers; the allocataire number is its giver's."""
    camille, noe = acteur(village, "camille", "morel"), village.enfants["noe"]
    auteur, demain = Auteur(Cote.FAMILLE, camille.compte_id), MERCREDI_SOIR + timedelta(days=1)
    with village.bd.session_ecriture() as session:
        absence = demarches.deposer(
            session, genre="absence", auteur=auteur, maintenant=MERCREDI_SOIR - timedelta(days=3), contenu={},
            foyer_id=camille.foyer_id, enfant_id=noe,
        )  # fmt: skip
        demarches.ecrire(session, absence, "Avant", Auteur(Cote.AGENT), MERCREDI_SOIR - timedelta(days=2))
        demarches.refuser(session, absence, absence.version, "Après", Auteur(Cote.AGENT), MERCREDI_SOIR)
        demarches.deposer(
            session, genre="quotient", auteur=auteur, maintenant=demain,
            contenu={"valeur": 84_200, "moyen": "attestation", "allocataire": "1234567"}, foyer_id=camille.foyer_id,
        )  # fmt: skip
        session.execute(
            update(AutoriteParentale)
            .where(AutoriteParentale.personne_id == camille.personne_id)
            .values(au=jour_de(MERCREDI_SOIR) - timedelta(days=1))
        )
    (lue, quotient) = exporter(village).document["demarches"]
    assert [e["texte"] for e in lue["etapes"]] == ["", "Avant"]
    assert (lue["etat"], lue["motif"], lue["decidee_utc"]) == ("deposee", "", None)
    assert quotient["contenu"]["allocataire"] == "1234567"
    (entiere, quotient) = exporter(village, "thomas").document["demarches"]
    assert (entiere["etat"], entiere["motif"]) == ("refusee", "Après")
    assert quotient["contenu"]["allocataire"] == "se termine par 67"
