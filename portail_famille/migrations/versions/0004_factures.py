"""Factures, avoirs, règlements, paiements: with the triggers that keep what is issued as it was issued."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004_factures"
down_revision = "0003_demarches"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")

# Ten years after which accounts need not be justified any more (code de commerce, L123-22): a purge may pass.
_FIGEES = (
    "genre",
    "origine",
    "regie",
    "mois",
    "libelle",
    "contenu",
    "total_centimes",
    "serie",
    "annee",
    "rang",
    "numero",
    "emise_utc",
    "emise_le",
    "echeance",
    "avoir_de",
    "motif",
    "est_refacturable",
    "objet",
    "facturation_id",
)
"""Of an issued invoice. A merge may move its foyer; what is left to pay, and what became of it, live on."""
_LIGNE_FIGEE = (
    "facture_id",
    "rang",
    "unite_id",
    "jour",
    "etat",
    "libelle",
    "quantite",
    "montant_centimes",
    "garde_centimes",
    "prix",
)
_REGLEMENT_FIGE = (
    "numero",
    "regie",
    "moyen",
    "montant_centimes",
    "recu_le",
    "saisi_utc",
    "reference",
    "note",
    "cesu_employeur_centimes",
    "paiement_id",
    "annule_de",
    "cle_envoi",
)


def _change(colonnes: tuple[str, ...]) -> str:
    pareil = "IS NOT" if op.get_bind().dialect.name == "sqlite" else "IS DISTINCT FROM"
    return "(" + " OR ".join(f"NEW.{colonne} {pareil} OLD.{colonne}" for colonne in colonnes) + ")"


def _recent(colonne: str) -> str:
    if op.get_bind().dialect.name == "sqlite":
        return f"{colonne} > date('now', '-10 years')"
    return f"{colonne} > current_date - interval '10 years'"


def _garde(nom: str, table: str, quand: str, condition: str, faute: str) -> None:
    """Refuses `quand` (BEFORE …) on the rows for which the condition holds. The two engines say it their own way."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {nom} BEFORE {quand} ON {table} FOR EACH ROW WHEN {condition} "
            f"BEGIN SELECT RAISE(ABORT, '{faute}'); END"
        )
        return
    retour = "OLD" if quand == "DELETE" else "NEW"
    op.execute(
        f"CREATE FUNCTION {nom}() RETURNS trigger LANGUAGE plpgsql AS $garde$ BEGIN "
        f"IF {condition} THEN RAISE EXCEPTION '{faute}' USING ERRCODE = 'integrity_constraint_violation'; END IF; "
        f"RETURN {retour}; END $garde$"
    )
    op.execute(f"CREATE TRIGGER {nom} BEFORE {quand} ON {table} FOR EACH ROW EXECUTE FUNCTION {nom}()")


def _interdire_de_vider() -> None:
    """TRUNCATE fires no row's trigger. SQLite has none, but a row that takes the place of another (OR REPLACE) leaves
    without one too, unless the connection says recursive_triggers: models/bd does."""
    if op.get_bind().dialect.name == "sqlite":
        return
    op.execute(
        "CREATE FUNCTION jamais_videe() RETURNS trigger LANGUAGE plpgsql AS $garde$ BEGIN "
        "RAISE EXCEPTION 'table gardee' USING ERRCODE = 'integrity_constraint_violation'; END $garde$"
    )
    for table in ("facture", "facture_ligne", "reglement", "affectation"):
        op.execute(
            f"CREATE TRIGGER {table}_jamais_videe BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION jamais_videe()"
        )


def _poser_les_gardes() -> None:
    """A later migration that copies one of these tables (batch mode) drops them: it must put them back."""
    emise = "EXISTS (SELECT 1 FROM facture WHERE facture.id = {}.facture_id AND facture.emise_utc IS NOT NULL)"
    recente = emise.format("OLD")[:-1] + f" AND {_recent('facture.emise_le')})"
    _garde("facture_figee", "facture", "UPDATE", f"OLD.emise_utc IS NOT NULL AND {_change(_FIGEES)}", "facture emise")
    _garde(
        "facture_gardee",
        "facture",
        "DELETE",
        f"OLD.emise_utc IS NOT NULL AND {_recent('OLD.emise_le')}",
        "facture emise",
    )
    # Numbered once its lines are there, and only if they add up: nobody could mend it afterwards.
    lignes = "(SELECT coalesce(sum(montant_centimes), 0) FROM facture_ligne WHERE facture_ligne.facture_id = NEW.id)"
    _garde("facture_nee", "facture", "INSERT", "NEW.emise_utc IS NOT NULL", "facture emise")
    _garde(
        "facture_juste",
        "facture",
        "UPDATE",
        f"OLD.emise_utc IS NULL AND NEW.emise_utc IS NOT NULL AND NEW.total_centimes <> {lignes}",
        "facture emise",
    )
    _garde("ligne_ajoutee", "facture_ligne", "INSERT", emise.format("NEW"), "facture emise")
    _garde(
        "ligne_figee",
        "facture_ligne",
        "UPDATE",
        # NEW: a draft's line must not slip into an issued invoice either.
        f"({emise.format('OLD')} OR {emise.format('NEW')}) AND {_change(_LIGNE_FIGEE)}",
        "facture emise",
    )
    _garde("ligne_gardee", "facture_ligne", "DELETE", recente, "facture emise")
    _garde("reglement_fige", "reglement", "UPDATE", _change(_REGLEMENT_FIGE), "reglement ecrit")
    _garde("reglement_garde", "reglement", "DELETE", _recent("OLD.recu_le"), "reglement ecrit")
    _garde(
        "affectation_figee",
        "affectation",
        "UPDATE",
        _change(("reglement_id", "avoir_id", "facture_id", "remboursement_id", "montant_centimes", "le")),
        "affectation ecrite",
    )
    _garde("affectation_gardee", "affectation", "DELETE", _recent("OLD.le"), "affectation ecrite")
    _interdire_de_vider()


def upgrade() -> None:
    op.create_table(
        "adhesion_facture",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("foyer_id", sa.Integer(), nullable=False),
        sa.Column("personne_id", sa.Integer(), nullable=True),
        sa.Column("a_utc", sa.DateTime(), nullable=False),
        sa.Column("fin_utc", sa.DateTime(), nullable=True),
        sa.Column("finie_par", sa.Integer(), nullable=True),
        sa.CheckConstraint("fin_utc IS NULL OR fin_utc >= a_utc", name=op.f("ck_adhesion_facture_dates")),
        sa.ForeignKeyConstraint(["finie_par"], ["personne.id"], name=op.f("fk_adhesion_facture_finie_par_personne")),
        sa.ForeignKeyConstraint(["foyer_id"], ["foyer.id"], name=op.f("fk_adhesion_facture_foyer_id_foyer")),
        sa.ForeignKeyConstraint(
            ["personne_id"], ["personne.id"], name=op.f("fk_adhesion_facture_personne_id_personne")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adhesion_facture")),
    )
    with op.batch_alter_table("adhesion_facture", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_adhesion_facture_finie_par"), ["finie_par"], unique=False)
        batch_op.create_index("ix_adhesion_facture_foyer_id_id", ["foyer_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_adhesion_facture_personne_id"), ["personne_id"], unique=False)
        batch_op.create_index(
            "uq_adhesion_facture_en_vigueur",
            ["foyer_id"],
            unique=True,
            sqlite_where=sa.text("fin_utc IS NULL"),
            postgresql_where=sa.text("fin_utc IS NULL"),
        )

    op.create_table(
        "facturation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("regie", sa.String(length=30), nullable=False),
        sa.Column("mois", sa.Date(), nullable=False),
        sa.Column("etat", sa.String(length=15), nullable=False),
        sa.Column("fait", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("bail_utc", sa.DateTime(), nullable=True),
        sa.Column("empreinte", sa.String(length=64), nullable=False),
        sa.Column("bilan", DOCUMENT, nullable=True),
        sa.Column("demandee_utc", sa.DateTime(), nullable=False),
        sa.Column("preparee_utc", sa.DateTime(), nullable=True),
        sa.Column("emise_utc", sa.DateTime(), nullable=True),
        sa.Column("compte_id", sa.Integer(), nullable=True),
        sa.Column("emise_par", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "etat IN ('en_preparation', 'prete', 'emise', 'abandonnee', 'echouee')", name=op.f("ck_facturation_etat")
        ),
        sa.CheckConstraint("fait >= 0", name=op.f("ck_facturation_fait")),
        sa.ForeignKeyConstraint(["compte_id"], ["compte.id"], name=op.f("fk_facturation_compte_id_compte")),
        sa.ForeignKeyConstraint(["emise_par"], ["compte.id"], name=op.f("fk_facturation_emise_par_compte")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_facturation")),
    )
    with op.batch_alter_table("facturation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_facturation_compte_id"), ["compte_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_facturation_emise_par"), ["emise_par"], unique=False)
        batch_op.create_index("ix_facturation_regie_mois", ["regie", "mois"], unique=False)
        batch_op.create_index(
            "uq_facturation_ouverte",
            ["regie", "mois"],
            unique=True,
            sqlite_where=sa.text("etat IN ('en_preparation', 'prete')"),
            postgresql_where=sa.text("etat IN ('en_preparation', 'prete')"),
        )

    op.create_table(
        "facture",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("foyer_id", sa.Integer(), nullable=False),
        sa.Column("facturation_id", sa.Integer(), nullable=True),
        sa.Column("regie", sa.String(length=30), nullable=False),
        sa.Column("genre", sa.String(length=10), nullable=False),
        sa.Column("origine", sa.String(length=10), nullable=False),
        sa.Column("mois", sa.Date(), nullable=False),
        sa.Column("libelle", sa.String(length=120), nullable=False),
        sa.Column("contenu", DOCUMENT, nullable=False),
        sa.Column("total_centimes", sa.Integer(), nullable=False),
        sa.Column("serie", sa.String(length=20), nullable=True),
        sa.Column("annee", sa.Integer(), nullable=True),
        sa.Column("rang", sa.Integer(), nullable=True),
        sa.Column("numero", sa.String(length=40), nullable=True),
        sa.Column("emise_utc", sa.DateTime(), nullable=True),
        sa.Column("emise_le", sa.Date(), nullable=True),
        sa.Column("echeance", sa.Date(), nullable=True),
        sa.Column("avoir_de", sa.Integer(), nullable=True),
        sa.Column("motif", sa.String(length=200), nullable=False),
        sa.Column("est_refacturable", sa.Boolean(), nullable=False),
        sa.Column("objet", sa.String(length=64), nullable=True),
        sa.Column("reste_centimes", sa.Integer(), nullable=False),
        sa.Column("prelevement_le", sa.Date(), nullable=True),
        sa.Column("prelevement_importe_le", sa.Date(), nullable=True),
        sa.Column("transmise_le", sa.Date(), nullable=True),
        sa.Column("annoncee_utc", sa.DateTime(), nullable=True),
        sa.CheckConstraint("(genre = 'avoir') = (avoir_de IS NOT NULL)", name=op.f("ck_facture_avoir_de")),
        sa.CheckConstraint(
            "(genre = 'facture' AND total_centimes > 0) OR (genre = 'avoir' AND total_centimes < 0)",
            name=op.f("ck_facture_total"),
        ),
        sa.CheckConstraint("genre IN ('facture', 'avoir')", name=op.f("ck_facture_genre")),
        sa.CheckConstraint("origine IN ('portail', 'importee')", name=op.f("ck_facture_origine")),
        sa.CheckConstraint(
            "(numero IS NULL) = (emise_utc IS NULL) AND (numero IS NULL) = (emise_le IS NULL)",
            name=op.f("ck_facture_emise"),
        ),
        sa.CheckConstraint(
            "reste_centimes >= 0 AND reste_centimes <= abs(total_centimes)", name=op.f("ck_facture_reste")
        ),
        sa.ForeignKeyConstraint(["avoir_de"], ["facture.id"], name=op.f("fk_facture_avoir_de_facture")),
        sa.ForeignKeyConstraint(
            ["facturation_id"], ["facturation.id"], name=op.f("fk_facture_facturation_id_facturation")
        ),
        sa.ForeignKeyConstraint(["foyer_id"], ["foyer.id"], name=op.f("fk_facture_foyer_id_foyer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_facture")),
        sa.UniqueConstraint("objet", name=op.f("uq_facture_objet")),
        sa.UniqueConstraint("regie", "numero", name=op.f("uq_facture_regie_numero")),
        sa.UniqueConstraint("serie", "annee", "rang", name=op.f("uq_facture_serie_annee_rang")),
    )
    with op.batch_alter_table("facture", schema=None) as batch_op:
        batch_op.create_index(
            "ix_facture_a_annoncer",
            ["id"],
            unique=False,
            sqlite_where=sa.text("annoncee_utc IS NULL AND emise_utc IS NOT NULL"),
            postgresql_where=sa.text("annoncee_utc IS NULL AND emise_utc IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_facture_a_regler",
            ["regie", "echeance"],
            unique=False,
            sqlite_where=sa.text("reste_centimes > 0"),
            postgresql_where=sa.text("reste_centimes > 0"),
        )
        batch_op.create_index(batch_op.f("ix_facture_avoir_de"), ["avoir_de"], unique=False)
        batch_op.create_index(batch_op.f("ix_facture_facturation_id"), ["facturation_id"], unique=False)
        batch_op.create_index(
            "ix_facture_emise_le_numero",
            ["emise_le", "numero"],
            unique=False,
            sqlite_where=sa.text("numero IS NOT NULL"),
            postgresql_where=sa.text("numero IS NOT NULL"),
        )
        batch_op.create_index("ix_facture_foyer_id_emise_le", ["foyer_id", "emise_le"], unique=False)
        batch_op.create_index("ix_facture_regie_mois", ["regie", "mois"], unique=False)

    op.create_table(
        "facture_ligne",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("facture_id", sa.Integer(), nullable=False),
        sa.Column("rang", sa.Integer(), nullable=False),
        sa.Column("enfant_id", sa.Integer(), nullable=True),
        sa.Column("unite_id", sa.Integer(), nullable=True),
        sa.Column("jour", sa.Date(), nullable=True),
        sa.Column("etat", sa.String(length=24), nullable=False),
        sa.Column("libelle", sa.String(length=200), nullable=False),
        sa.Column("quantite", sa.String(length=20), nullable=False),
        sa.Column("montant_centimes", sa.Integer(), nullable=False),
        sa.Column("garde_centimes", sa.Integer(), nullable=False),
        sa.Column("prix", sa.Integer(), nullable=True),
        sa.CheckConstraint("abs(garde_centimes) <= abs(montant_centimes)", name=op.f("ck_facture_ligne_garde")),
        sa.ForeignKeyConstraint(["enfant_id"], ["enfant.id"], name=op.f("fk_facture_ligne_enfant_id_enfant")),
        sa.ForeignKeyConstraint(["facture_id"], ["facture.id"], name=op.f("fk_facture_ligne_facture_id_facture")),
        sa.ForeignKeyConstraint(["unite_id"], ["unite.id"], name=op.f("fk_facture_ligne_unite_id_unite")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_facture_ligne")),
        sa.UniqueConstraint("facture_id", "rang", name=op.f("uq_facture_ligne_facture_id_rang")),
    )
    with op.batch_alter_table("facture_ligne", schema=None) as batch_op:
        batch_op.create_index("ix_facture_ligne_enfant_id_jour", ["enfant_id", "jour"], unique=False)
        batch_op.create_index(batch_op.f("ix_facture_ligne_unite_id"), ["unite_id"], unique=False)

    op.create_table(
        "paiement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("facture_id", sa.Integer(), nullable=False),
        sa.Column("compte_id", sa.Integer(), nullable=True),
        sa.Column("regie", sa.String(length=30), nullable=False),
        sa.Column("numero_client", sa.String(length=6), nullable=False),
        sa.Column("montant_centimes", sa.Integer(), nullable=False),
        sa.Column("refdet", sa.String(length=30), nullable=False),
        sa.Column("exer", sa.Integer(), nullable=False),
        sa.Column("saisie", sa.String(length=1), nullable=False),
        sa.Column("courriel", sa.String(length=80), nullable=False),
        sa.Column("objet", sa.String(length=100), nullable=False),
        sa.Column("idop", sa.String(length=40), nullable=True),
        sa.Column("etat", sa.String(length=12), nullable=False),
        sa.Column("est_bloquant", sa.Boolean(), nullable=False),
        sa.Column("resultat", sa.String(length=1), nullable=False),
        sa.Column("numauto", sa.String(length=16), nullable=False),
        sa.Column("transaction_utc", sa.DateTime(), nullable=True),
        sa.Column("cree_utc", sa.DateTime(), nullable=False),
        sa.Column("idop_utc", sa.DateTime(), nullable=True),
        sa.Column("fini_utc", sa.DateTime(), nullable=True),
        sa.Column("interrogations", sa.Integer(), nullable=False),
        sa.Column("prochaine_utc", sa.DateTime(), nullable=True),
        sa.Column("interroge_utc", sa.DateTime(), nullable=True),
        sa.Column("anomalie", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "etat IN ('creee', 'en_attente', 'paye', 'annule', 'refuse', 'expire', 'echec')",
            name=op.f("ck_paiement_etat"),
        ),
        sa.CheckConstraint("saisie IN ('T', 'X', 'W')", name=op.f("ck_paiement_saisie")),
        sa.CheckConstraint("montant_centimes >= 100", name=op.f("ck_paiement_montant")),
        sa.ForeignKeyConstraint(["compte_id"], ["compte.id"], name=op.f("fk_paiement_compte_id_compte")),
        sa.ForeignKeyConstraint(["facture_id"], ["facture.id"], name=op.f("fk_paiement_facture_id_facture")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paiement")),
        sa.UniqueConstraint("idop", name=op.f("uq_paiement_idop")),
        sa.UniqueConstraint("refdet", name=op.f("uq_paiement_refdet")),
    )
    with op.batch_alter_table("paiement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_paiement_compte_id"), ["compte_id"], unique=False)
        batch_op.create_index("ix_paiement_facture_id_id", ["facture_id", "id"], unique=False)
        batch_op.create_index("ix_paiement_prochaine_utc", ["prochaine_utc"], unique=False)
        batch_op.create_index(
            "uq_paiement_bloquant",
            ["facture_id"],
            unique=True,
            sqlite_where=sa.text("est_bloquant"),
            postgresql_where=sa.text("est_bloquant"),
        )

    op.create_table(
        "relance",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("facture_id", sa.Integer(), nullable=False),
        sa.Column("rang", sa.Integer(), nullable=False),
        sa.Column("a_utc", sa.DateTime(), nullable=False),
        sa.CheckConstraint("rang >= 1", name=op.f("ck_relance_rang")),
        sa.ForeignKeyConstraint(["facture_id"], ["facture.id"], name=op.f("fk_relance_facture_id_facture")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relance")),
        sa.UniqueConstraint("facture_id", "rang", name=op.f("uq_relance_facture_id_rang")),
    )
    op.create_table(
        "reglement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("numero", sa.String(length=45), nullable=False),
        sa.Column("foyer_id", sa.Integer(), nullable=False),
        sa.Column("regie", sa.String(length=30), nullable=False),
        sa.Column("moyen", sa.String(length=15), nullable=False),
        sa.Column("montant_centimes", sa.Integer(), nullable=False),
        sa.Column("recu_le", sa.Date(), nullable=False),
        sa.Column("saisi_utc", sa.DateTime(), nullable=False),
        sa.Column("compte_id", sa.Integer(), nullable=True),
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("cesu_employeur_centimes", sa.Integer(), nullable=False),
        sa.Column("paiement_id", sa.Integer(), nullable=True),
        sa.Column("annule_de", sa.Integer(), nullable=True),
        sa.Column("cle_envoi", sa.String(length=40), nullable=True),
        sa.Column("reste_centimes", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(montant_centimes < 0) = ((annule_de IS NOT NULL) <> (moyen = 'remboursement'))",
            name=op.f("ck_reglement_sens"),
        ),
        sa.CheckConstraint(
            "moyen IN ('carte', 'prelevement', 'cheque', 'especes', 'cesu', 'virement', 'remboursement', 'comptable', "
            "'essai', 'ailleurs')",
            name=op.f("ck_reglement_moyen"),
        ),
        sa.CheckConstraint("cesu_employeur_centimes >= 0", name=op.f("ck_reglement_cesu")),
        sa.CheckConstraint("montant_centimes <> 0", name=op.f("ck_reglement_montant")),
        sa.CheckConstraint(
            "reste_centimes >= 0 AND reste_centimes <= abs(montant_centimes)", name=op.f("ck_reglement_reste")
        ),
        sa.ForeignKeyConstraint(["annule_de"], ["reglement.id"], name=op.f("fk_reglement_annule_de_reglement")),
        sa.ForeignKeyConstraint(["compte_id"], ["compte.id"], name=op.f("fk_reglement_compte_id_compte")),
        sa.ForeignKeyConstraint(["foyer_id"], ["foyer.id"], name=op.f("fk_reglement_foyer_id_foyer")),
        sa.ForeignKeyConstraint(["paiement_id"], ["paiement.id"], name=op.f("fk_reglement_paiement_id_paiement")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reglement")),
        sa.UniqueConstraint("annule_de", name=op.f("uq_reglement_annule_de")),
        sa.UniqueConstraint("cle_envoi", name=op.f("uq_reglement_cle_envoi")),
        sa.UniqueConstraint("numero", name=op.f("uq_reglement_numero")),
        sa.UniqueConstraint("paiement_id", name=op.f("uq_reglement_paiement_id")),
    )
    with op.batch_alter_table("reglement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reglement_compte_id"), ["compte_id"], unique=False)
        batch_op.create_index("ix_reglement_foyer_id_recu_le", ["foyer_id", "recu_le"], unique=False)
        batch_op.create_index("ix_reglement_regie_recu_le", ["regie", "recu_le"], unique=False)

    op.create_table(
        "affectation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reglement_id", sa.Integer(), nullable=True),
        sa.Column("avoir_id", sa.Integer(), nullable=True),
        sa.Column("facture_id", sa.Integer(), nullable=True),
        sa.Column("remboursement_id", sa.Integer(), nullable=True),
        sa.Column("montant_centimes", sa.Integer(), nullable=False),
        sa.Column("le", sa.Date(), nullable=False),
        sa.Column("a_utc", sa.DateTime(), nullable=False),
        sa.CheckConstraint("(facture_id IS NULL) <> (remboursement_id IS NULL)", name=op.f("ck_affectation_emploi")),
        sa.CheckConstraint("(reglement_id IS NULL) <> (avoir_id IS NULL)", name=op.f("ck_affectation_source")),
        sa.CheckConstraint("montant_centimes <> 0", name=op.f("ck_affectation_montant")),
        sa.ForeignKeyConstraint(["avoir_id"], ["facture.id"], name=op.f("fk_affectation_avoir_id_facture")),
        sa.ForeignKeyConstraint(["facture_id"], ["facture.id"], name=op.f("fk_affectation_facture_id_facture")),
        sa.ForeignKeyConstraint(["reglement_id"], ["reglement.id"], name=op.f("fk_affectation_reglement_id_reglement")),
        sa.ForeignKeyConstraint(
            ["remboursement_id"], ["reglement.id"], name=op.f("fk_affectation_remboursement_id_reglement")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_affectation")),
    )
    with op.batch_alter_table("affectation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_affectation_avoir_id"), ["avoir_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_affectation_facture_id"), ["facture_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_affectation_reglement_id"), ["reglement_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_affectation_remboursement_id"), ["remboursement_id"], unique=False)

    with op.batch_alter_table("reservation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("est_non_reservee", sa.Boolean(), server_default=sa.false(), nullable=False))

    _poser_les_gardes()
