"""Invoices sent in by another software: all or nothing, once, never changed, for the right family only."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Thread

import pytest
from sqlalchemy import select, update

from portail_famille.gateways.chiffre import Chiffre
from portail_famille.gateways.coffre import ObjetAbsent
from portail_famille.models.factures import Facture, FactureLigne
from portail_famille.models.foyers import Foyer, Personne
from portail_famille.models.journal import ActeJournal
from portail_famille.models.paiements import Affectation, Paiement
from portail_famille.services import reperes_factures
from portail_famille.services.fusions import fusionner
from portail_famille.services.journal import SYSTEME
from portail_famille.services.purges import objets_a_jeter, objets_manquants
from portail_famille.services.reglements import annoncer_prelevement, encaisser
from tests.support.factures import creer_facture
from tests.support.fichiers_factures import SIMPLE, Rangee, avoir, deux_lignes
from tests.support.importeur_factures import CLE, Importeur
from tests.support.pieces import pdf, pdf_actif, photo
from tests.support.temps import MERCREDI_SOIR


def test_an_invoice_comes_with_its_lines_its_payer_and_its_number(importer: Importeur) -> None:
    rapport = importer(deux_lignes())
    assert (rapport.factures, rapport.avoirs, rapport.total_centimes, rapport.sans_pdf) == (1, 0, 14250, 1)
    facture, village = importer.facture("CR-127"), importer.village
    assert (facture.foyer_id, facture.regie, facture.origine) == (village.foyers["morel"], "creche", "importee")
    assert (facture.serie, facture.annee, facture.rang) == (None, None, None)
    assert (facture.emise_le, facture.echeance, facture.mois) == (
        date(2026, 11, 30),
        date(2026, 12, 20),
        date(2026, 11, 1),
    )
    assert (facture.total_centimes, facture.reste_centimes, facture.annoncee_utc) == (14250, 14250, None)
    assert facture.libelle == "Facture jeunesse, novembre 2026"
    assert facture.contenu["payeur"]["nom"] == "Camille Morel"
    assert facture.contenu["regie"]["nom"] == "Multi-accueil"
    assert facture.contenu["enfants"] == {str(village.enfants["mia"]): "Mia"}
    with village.bd.session_lecture() as session:
        lignes = session.scalars(select(FactureLigne).order_by(FactureLigne.rang)).all()
        assert [(li.enfant_id, li.libelle, li.quantite, li.montant_centimes, li.garde_centimes) for li in lignes] == [
            (village.enfants["mia"], "Accueil régulier", "42 h", 15000, 15000),
            (village.enfants["mia"], "Jours de maladie", "3 h", -750, -750),
        ]
        (acte,) = session.scalars(select(ActeJournal).where(ActeJournal.action == "facture_importee"))
        assert (acte.foyer_id, acte.details) == (village.foyers["morel"], {"numero": "CR-127"})


def test_the_same_file_again_changes_nothing(importer: Importeur) -> None:
    (importer.dossier / "a.pdf").write_bytes(pdf())
    rangees = [*deux_lignes(pdf="a.pdf"), avoir()]
    importer(rangees)
    avant = importer.village.photographier()
    rapport = importer(rangees)
    assert (rapport.factures, rapport.avoirs, rapport.inchangees) == (0, 0, 2)
    assert importer.depots[-1].objets == {}
    assert importer.village.photographier() == avant
    # The folder was emptied since: nothing to compare, nothing missing.
    (importer.dossier / "a.pdf").unlink()
    assert importer(rangees).inchangees == 2


@pytest.mark.parametrize(
    ("cellules", "colonne"),
    [
        ({"total": "151", "montant": "151"}, "total"),
        ({"mois": "2026-10"}, "mois"),
        ({"emise_le": "29/11/2026"}, "emise_le"),
        ({"echeance": "21/12/2026"}, "echeance"),
        ({"foyer": "F-HADDAD", "enfant": ""}, "foyer"),
        ({"libelle": "Autre"}, "libelle"),
        ({"ligne": "Accueil occasionnel"}, "ligne"),
        ({"garde": "149"}, "ligne"),
        ({"quantite": "41 h"}, "ligne"),
        ({"pdf": "autre.pdf"}, "pdf"),
        ({"pdf": ""}, "pdf"),
    ],
)
def test_an_issued_invoice_that_comes_back_different_is_refused(
    importer: Importeur, cellules: Rangee, colonne: str
) -> None:
    (importer.dossier / "a.pdf").write_bytes(pdf())
    (importer.dossier / "autre.pdf").write_bytes(pdf(2))
    importer({**SIMPLE, "pdf": "a.pdf"})
    fautes = importer.refuser({**SIMPLE, "numero": "CR-2"}, {**SIMPLE, "pdf": "a.pdf", **cellules})
    assert (3, colonne) in [(ligne, ou) for ligne, ou, _ in fautes]
    assert all("ne change plus" in raison for _, _, raison in fautes)


def test_a_pdf_changed_under_the_same_name_is_seen(importer: Importeur) -> None:
    (importer.dossier / "a.pdf").write_bytes(pdf())
    importer({**SIMPLE, "pdf": "a.pdf"})
    (importer.dossier / "a.pdf").write_bytes(pdf(2))
    assert [(ligne, ou) for ligne, ou, _ in importer.refuser({**SIMPLE, "pdf": "a.pdf"})] == [(2, "pdf")]


def test_a_family_found_by_its_payer_s_address(importer: Importeur) -> None:
    with importer.village.bd.session_lecture() as session:
        courriel = session.get_one(Personne, importer.village.personnes["camille"]).courriel or ""
    importer({**SIMPLE, "foyer": "", "payeur_courriel": courriel.upper()})
    assert importer.facture("CR-127").foyer_id == importer.village.foyers["morel"]


def test_whom_an_invoice_is_for_is_never_guessed(importer: Importeur) -> None:
    """Every fault at once; a child of another home is not named on this one's invoice."""
    with importer.village.bd.session_ecriture() as session:
        foyer = session.get_one(Foyer, importer.village.foyers["ferrand"])
        foyer.payeur_id = importer.village.personnes["camille"]
        courriel = session.get_one(Personne, importer.village.personnes["camille"]).courriel or ""
    fautes = importer.refuser(
        {**SIMPLE, "foyer": "F-INCONNU"},
        {**SIMPLE, "numero": "2", "enfant": "E-INCONNU"},
        {**SIMPLE, "numero": "3", "enfant": "E-YANIS"},
        {**SIMPLE, "numero": "4", "foyer": "", "payeur_courriel": "personne@courriel.example"},
        {**SIMPLE, "numero": "5", "foyer": "", "payeur_courriel": courriel},
        {**SIMPLE, "numero": "6", "pdf": "absent.pdf"},
    )
    assert [(ligne, colonne) for ligne, colonne, _ in fautes] == [
        (2, "foyer"), (3, "enfant"), (4, "enfant"), (5, "payeur_courriel"), (6, "payeur_courriel"), (7, "pdf"),
    ]  # fmt: skip
    assert "pas de ce foyer" in fautes[2][2]
    assert "plusieurs foyers" in fautes[4][2]


def test_a_foyer_that_was_merged_leads_to_the_one_that_stayed(importer: Importeur) -> None:
    village = importer.village
    importer(SIMPLE)
    with village.bd.session_ecriture() as session:
        session.execute(
            update(Foyer).where(Foyer.id == village.foyers["morel"]).values(fondu_dans=village.foyers["petit"])
        )
    assert importer(SIMPLE).inchangees == 1
    importer({**SIMPLE, "numero": "CR-200"})
    assert importer.facture("CR-200").foyer_id == village.foyers["petit"]


def test_an_avoir_pays_its_invoice_and_gives_back_no_more_than_it_asked(importer: Importeur) -> None:
    """In the same file as its invoice, whatever their order; the second one in a later file."""
    importer(avoir(), SIMPLE)
    assert (importer.facture("CR-127").reste_centimes, importer.facture("CR-128").reste_centimes) == (10000, 0)
    with importer.village.bd.session_lecture() as session:
        (emploi,) = session.scalars(select(Affectation))
        assert (emploi.montant_centimes, emploi.le) == (5000, MERCREDI_SOIR.date())
    trop = avoir(numero="CR-129", total="-100,01", montant="-100,01", garde="0")
    assert importer.refuser(trop) == [
        (2, "avoir_de", "les avoirs dépassent ce qui reste de cette facture, 100,00\u00a0€")
    ]
    importer(avoir(numero="CR-129", total="-100", montant="-100", garde="0"))
    assert importer.facture("CR-127").reste_centimes == 0


def test_an_avoir_corrects_an_invoice_of_its_own_family(importer: Importeur) -> None:
    importer(SIMPLE, {**SIMPLE, "numero": "CR-300", "foyer": "F-HADDAD", "enfant": "E-YANIS"}, avoir())
    fautes = importer.refuser(
        avoir(numero="1", avoir_de="CR-300"), avoir(numero="2", avoir_de="CR-128"), avoir(numero="3", avoir_de="CR-999")
    )
    assert [raison.split()[-2:] for _, _, raison in fautes] == [
        ["autre", "foyer"],
        ["d’une", "facture"],
        ["le", "portail"],
    ]


def test_what_the_family_has_in_advance_pays_the_new_invoice(importer: Importeur) -> None:
    with importer.village.bd.session_ecriture() as session:
        encaisser(
            session, foyer_id=importer.village.foyers["morel"], regie="creche", moyen="cheque", montant_centimes=2000,
            recu_le=date(2026, 11, 2), auteur=SYSTEME, maintenant=MERCREDI_SOIR,
        )  # fmt: skip
    importer(SIMPLE)
    assert importer.facture("CR-127").reste_centimes == 13000


def test_the_day_of_a_direct_debit_may_be_said_later_and_is_not_called_off_by_silence(importer: Importeur) -> None:
    importer(SIMPLE)
    assert importer({**SIMPLE, "prelevement_le": "15/12/2026"}).prelevements == 1
    assert importer(SIMPLE).prelevements == 0
    assert importer.facture("CR-127").prelevement_le == date(2026, 12, 15)


def test_a_debit_that_was_called_off_is_not_announced_again_by_the_same_file(importer: Importeur) -> None:
    le_15 = {**SIMPLE, "prelevement_le": "15/12/2026"}
    importer(le_15)
    facture = importer.facture("CR-127")
    with importer.village.bd.session_ecriture() as session:
        annoncer_prelevement(session, [facture.id], None, SYSTEME, MERCREDI_SOIR)
    rapport = importer(le_15)
    assert (rapport.prelevements, rapport.inchangees) == (0, 1)
    assert importer.facture("CR-127").prelevement_le is None
    # Another day is news.
    assert importer({**SIMPLE, "prelevement_le": "20/12/2026"}).prelevements == 1
    assert importer.facture("CR-127").prelevement_le == date(2026, 12, 20)
    with importer.village.bd.session_lecture() as session:
        actes = session.scalars(select(ActeJournal.action).where(ActeJournal.action.startswith("prelevement")))
        assert list(actes) == ["prelevement_retire", "prelevement_annonce"]


def test_a_debit_is_not_announced_while_the_family_pays_online(importer: Importeur) -> None:
    importer(SIMPLE)
    facture = importer.facture("CR-127")
    with importer.village.bd.session_ecriture() as session:
        session.add(
            Paiement(
                facture_id=facture.id, regie="creche", numero_client="900003", montant_centimes=15000, refdet="2",
                exer=2026, saisie="T", courriel="", objet="", cree_utc=MERCREDI_SOIR,
            )
        )  # fmt: skip
    le_15 = {**SIMPLE, "prelevement_le": "15/12/2026"}
    rapport = importer(le_15)
    assert (rapport.prelevements, rapport.retenus, rapport.inchangees) == (0, 1, 0)
    assert importer.facture("CR-127").prelevement_le is None
    with importer.village.bd.session_ecriture() as session:
        session.execute(update(Paiement).values(est_bloquant=False))
    assert (importer(le_15).prelevements, importer.facture("CR-127").prelevement_le) == (1, date(2026, 12, 15))


def test_families_are_told_unless_the_town_says_not(importer: Importeur) -> None:
    importer(SIMPLE, avec_courriels=False)
    assert importer.facture("CR-127").annoncee_utc == MERCREDI_SOIR


def test_a_number_of_the_portal_s_own_is_refused(importer: Importeur) -> None:
    with importer.village.bd.session_ecriture() as session:
        creer_facture(session, importer.village.foyers["morel"], regie="creche", numero="2026-CR-000001")
    assert importer.refuser({**SIMPLE, "numero": "2026-CR-000001"})[0][1] == "numero"


def test_a_pdf_is_examined_disarmed_and_kept_encrypted(importer: Importeur) -> None:
    (importer.dossier / "a.pdf").write_bytes(pdf_actif())
    importer({**SIMPLE, "pdf": "a.pdf"})
    objet = importer.facture("CR-127").objet
    assert objet is not None
    garde = importer.coffre.get(objet)
    assert garde.startswith(b"%PDF")
    assert b"NUISIBLE" not in garde
    assert not any(b"%PDF" in f.read_bytes() for f in importer.dossier.parent.glob("coffre/*/*/*"))


def test_a_kept_pdf_is_no_orphan_and_is_missed_when_it_is_gone(importer: Importeur) -> None:
    """One left by an import that was killed before its transaction is an orphan."""
    (importer.dossier / "a.pdf").write_bytes(pdf())
    importer({**SIMPLE, "pdf": "a.pdf"})
    objet = importer.facture("CR-127").objet
    assert objet is not None
    orphelin = importer.coffre.put(b"%PDF")
    demain = datetime.now(UTC) + timedelta(days=2)
    with importer.village.bd.session_lecture() as session:
        assert objets_a_jeter(session, importer.coffre, demain) == [orphelin]
        assert objets_manquants(session, importer.coffre, demain) == []
        importer.coffre.delete(objet)
        assert objets_manquants(session, importer.coffre, demain) == [objet]


def test_pdfs_that_cannot_be_kept_are_told_together_and_nothing_stays(importer: Importeur) -> None:
    (importer.dossier / "photo.pdf").write_bytes(photo())
    (importer.dossier / "bon.pdf").write_bytes(pdf())
    (importer.dossier / "faux.pdf").write_bytes(b"%PDF-1.4\nrien")
    noms = ("photo", "bon", "faux")
    fautes = importer.refuser(*({**SIMPLE, "numero": nom, "pdf": f"{nom}.pdf"} for nom in noms))
    assert [(ligne, colonne) for ligne, colonne, _ in fautes] == [(2, "pdf"), (4, "pdf")]
    (objet,) = importer.depots[-1].objets.values()
    importer.depots[-1].jeter()
    with pytest.raises(ObjetAbsent):
        importer.coffre.get(objet)


def test_hostile_files_of_the_folder_are_refused_before_anything_is_kept(importer: Importeur) -> None:
    (importer.dossier / "vide.pdf").write_bytes(b"")
    (importer.dossier / "un.pdf").write_bytes(pdf())
    (importer.dossier / "meme.pdf").write_bytes(pdf())
    (importer.dossier / "lien.pdf").symlink_to(importer.dossier / "un.pdf")
    noms = ("vide", "un", "meme")
    rangees = [{**SIMPLE, "numero": nom, "pdf": f"{nom}.pdf"} for nom in noms]
    assert [(ligne, raison) for ligne, _, raison in importer.refuser(rangees)] == [
        (2, "ce fichier est vide"),
        (4, "c’est le même fichier que celui de la facture un"),
    ]
    assert importer.refuser({**SIMPLE, "pdf": "lien.pdf"})[0][2] == "ce fichier n’est pas dans le dossier"


def test_a_large_file_is_compared_by_lots(importer: Importeur, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reperes_factures, "_PAR_LOT", 2)
    rangees = [{**SIMPLE, "numero": f"CR-{n}"} for n in range(7)]
    assert importer(rangees).factures == 7
    assert importer(rangees).inchangees == 7


def test_two_imports_at_once_write_one_set_of_invoices(importer: Importeur) -> None:
    """The second waits, compares again, and finds them unchanged: credits are used once."""
    rangees = [SIMPLE, avoir(), *deux_lignes(numero="CR-500")]
    with ThreadPoolExecutor(2) as ensemble:
        rapports = list(ensemble.map(lambda _: importer(rangees), range(2)))
    assert sorted((rapport.factures, rapport.inchangees) for rapport in rapports) == [(0, 3), (2, 0)]
    with importer.village.bd.session_lecture() as session:
        assert session.scalars(select(Facture.numero).order_by(Facture.numero)).all() == ["CR-127", "CR-128", "CR-500"]
        assert len(session.scalars(select(Affectation)).all()) == 1


def test_an_import_that_waited_for_a_merge_writes_where_the_family_went(importer: Importeur) -> None:
    village = importer.village
    with village.bd.session_ecriture() as session:
        fusionner(
            session, "foyer", village.foyers["haddad"], village.foyers["ferrand"], {}, SYSTEME, MERCREDI_SOIR,
            importer.reglages, Chiffre(CLE),
        )  # fmt: skip
        session.flush()
        fil = Thread(target=importer, args=(deux_lignes(foyer="F-FERRAND", enfant="E-LEA"),))
        fil.start()
        fil.join(1)
        assert fil.is_alive()
    fil.join(30)
    assert importer.facture("CR-127").foyer_id == village.foyers["haddad"]
