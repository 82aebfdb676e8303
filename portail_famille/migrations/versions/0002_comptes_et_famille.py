"""Comptes et famille: links, conditions, passkeys, agents, contacts, health, authorisations, démarches, pieces, journal."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002_comptes_et_famille"
down_revision = "0001_fondation"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def _fermer_les_autorites_doubles() -> None:
    """Of two links without an end, the older ends when the newer begins: who may act, and when, stays the same."""
    op.execute(
        """
        UPDATE autorite_parentale SET au = (
            SELECT MIN(suivante.du) FROM autorite_parentale AS suivante
            WHERE suivante.personne_id = autorite_parentale.personne_id
            AND suivante.enfant_id = autorite_parentale.enfant_id
            AND suivante.du > autorite_parentale.du
        )
        WHERE au IS NULL AND EXISTS (
            SELECT 1 FROM autorite_parentale AS suivante
            WHERE suivante.personne_id = autorite_parentale.personne_id
            AND suivante.enfant_id = autorite_parentale.enfant_id
            AND suivante.du > autorite_parentale.du
            AND suivante.au IS NULL
        )
        """
    )


def upgrade() -> None:
    _fermer_les_autorites_doubles()
    op.create_index(
        "uq_autorite_parentale_sans_fin",
        "autorite_parentale",
        ["personne_id", "enfant_id"],
        unique=True,
        sqlite_where=sa.text("au IS NULL"),
        postgresql_where=sa.text("au IS NULL"),
    )
    op.create_table(
        "conditions",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("du", sa.Date(), nullable=False),
        sa.Column("texte", sa.Text(), nullable=False),
        sa.Column("publie_utc", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_conditions")),
    )
    op.create_table(
        "demande_lien",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("saisie", sa.String(length=254), nullable=False),
        sa.Column("a_utc", sa.DateTime(), nullable=False),
        sa.Column("traitee_utc", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_demande_lien")),
    )
    with op.batch_alter_table("demande_lien", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_demande_lien_traitee_utc"), ["traitee_utc"], unique=False)

    op.create_table(
        "acceptation_conditions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("compte_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("a_utc", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["compte_id"], ["compte.id"], name=op.f("fk_acceptation_conditions_compte_id_compte")),
        sa.ForeignKeyConstraint(
            ["version"], ["conditions.version"], name=op.f("fk_acceptation_conditions_version_conditions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acceptation_conditions")),
        sa.UniqueConstraint("compte_id", "version", name=op.f("uq_acceptation_conditions_compte_id_version")),
    )
    op.create_table(
        "acte_journal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("a_utc", sa.DateTime(), nullable=False),
        sa.Column("cote", sa.String(length=10), nullable=False),
        sa.Column("compte_id", sa.Integer(), nullable=True),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("foyer_id", sa.Integer(), nullable=True),
        sa.Column("enfant_id", sa.Integer(), nullable=True),
        sa.Column("personne_id", sa.Integer(), nullable=True),
        sa.Column("details", DOCUMENT, nullable=False),
        sa.CheckConstraint("cote IN ('famille', 'agent', 'systeme')", name=op.f("ck_acte_journal_cote")),
        sa.ForeignKeyConstraint(["compte_id"], ["compte.id"], name=op.f("fk_acte_journal_compte_id_compte")),
        sa.ForeignKeyConstraint(["enfant_id"], ["enfant.id"], name=op.f("fk_acte_journal_enfant_id_enfant")),
        sa.ForeignKeyConstraint(["foyer_id"], ["foyer.id"], name=op.f("fk_acte_journal_foyer_id_foyer")),
        sa.ForeignKeyConstraint(["personne_id"], ["personne.id"], name=op.f("fk_acte_journal_personne_id_personne")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acte_journal")),
    )
    with op.batch_alter_table("acte_journal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_acte_journal_a_utc"), ["a_utc"], unique=False)
        batch_op.create_index(batch_op.f("ix_acte_journal_compte_id"), ["compte_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_acte_journal_enfant_id"), ["enfant_id"], unique=False)
        batch_op.create_index("ix_acte_journal_foyer_id_id", ["foyer_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_acte_journal_personne_id"), ["personne_id"], unique=False)

    op.create_table(
        "autorisation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("enfant_id", sa.Integer(), nullable=False),
        sa.Column("genre", sa.String(length=20), nullable=False),
        sa.Column("est_accordee", sa.Boolean(), nullable=False),
        sa.Column("personne_id", sa.Integer(), nullable=False),
        sa.Column("a_utc", sa.DateTime(), nullable=False),
        sa.Column("fin_utc", sa.DateTime(), nullable=True),
        sa.CheckConstraint("fin_utc IS NULL OR fin_utc >= a_utc", name=op.f("ck_autorisation_dates")),
        sa.ForeignKeyConstraint(["enfant_id"], ["enfant.id"], name=op.f("fk_autorisation_enfant_id_enfant")),
        sa.ForeignKeyConstraint(["personne_id"], ["personne.id"], name=op.f("fk_autorisation_personne_id_personne")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_autorisation")),
    )
    with op.batch_alter_table("autorisation", schema=None) as batch_op:
        batch_op.create_index("ix_autorisation_enfant_id_genre", ["enfant_id", "genre"], unique=False)
        batch_op.create_index(batch_op.f("ix_autorisation_personne_id"), ["personne_id"], unique=False)
        batch_op.create_index(
            "uq_autorisation_en_vigueur",
            ["enfant_id", "genre"],
            unique=True,
            sqlite_where=sa.text("fin_utc IS NULL"),
            postgresql_where=sa.text("fin_utc IS NULL"),
        )

    op.create_table(
        "cle_acces",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("compte_id", sa.Integer(), nullable=False),
        sa.Column("identifiant", sa.LargeBinary(), nullable=False),
        sa.Column("cle_publique", sa.LargeBinary(), nullable=False),
        sa.Column("compteur", sa.Integer(), nullable=False),
        sa.Column("nom", sa.String(length=80), nullable=False),
        sa.Column("cree_utc", sa.DateTime(), nullable=False),
        sa.Column("utilisee_utc", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["compte_id"], ["compte.id"], name=op.f("fk_cle_acces_compte_id_compte")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cle_acces")),
        sa.UniqueConstraint("identifiant", name=op.f("uq_cle_acces_identifiant")),
    )
    with op.batch_alter_table("cle_acces", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_cle_acces_compte_id"), ["compte_id"], unique=False)

    op.create_table(
        "code_secours",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("compte_id", sa.Integer(), nullable=False),
        sa.Column("empreinte", sa.String(length=64), nullable=False),
        sa.Column("utilise_utc", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["compte_id"], ["compte.id"], name=op.f("fk_code_secours_compte_id_compte")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_secours")),
        sa.UniqueConstraint("compte_id", "empreinte", name=op.f("uq_code_secours_compte_id_empreinte")),
    )
    op.create_table(
        "contact",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("foyer_id", sa.Integer(), nullable=False),
        sa.Column("prenom", sa.String(length=80), nullable=False),
        sa.Column("nom", sa.String(length=80), nullable=False),
        sa.Column("telephone", sa.String(length=20), nullable=False),
        sa.Column("telephone_2", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(["foyer_id"], ["foyer.id"], name=op.f("fk_contact_foyer_id_foyer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
    )
    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contact_foyer_id"), ["foyer_id"], unique=False)

    op.create_table(
        "demarche",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("numero", sa.String(length=20), nullable=False),
        sa.Column("genre", sa.String(length=30), nullable=False),
        sa.Column("etat", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("foyer_id", sa.Integer(), nullable=True),
        sa.Column("compte_id", sa.Integer(), nullable=True),
        sa.Column("enfant_id", sa.Integer(), nullable=True),
        sa.Column("personne_id", sa.Integer(), nullable=True),
        sa.Column("avant", DOCUMENT, nullable=False),
        sa.Column("contenu", DOCUMENT, nullable=False),
        sa.Column("motif", sa.Text(), nullable=False),
        sa.Column("deposee_utc", sa.DateTime(), nullable=False),
        sa.Column("modifiee_utc", sa.DateTime(), nullable=False),
        sa.Column("decidee_utc", sa.DateTime(), nullable=True),
        sa.Column("decidee_par", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "etat IN ('deposee', 'en_cours', 'complement_demande', 'acceptee', 'refusee', 'annulee')",
            name=op.f("ck_demarche_etat"),
        ),
        sa.ForeignKeyConstraint(["compte_id"], ["compte.id"], name=op.f("fk_demarche_compte_id_compte")),
        sa.ForeignKeyConstraint(["decidee_par"], ["compte.id"], name=op.f("fk_demarche_decidee_par_compte")),
        sa.ForeignKeyConstraint(["enfant_id"], ["enfant.id"], name=op.f("fk_demarche_enfant_id_enfant")),
        sa.ForeignKeyConstraint(["foyer_id"], ["foyer.id"], name=op.f("fk_demarche_foyer_id_foyer")),
        sa.ForeignKeyConstraint(["personne_id"], ["personne.id"], name=op.f("fk_demarche_personne_id_personne")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_demarche")),
        sa.UniqueConstraint("numero", name=op.f("uq_demarche_numero")),
    )
    with op.batch_alter_table("demarche", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_demarche_compte_id"), ["compte_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_demarche_decidee_par"), ["decidee_par"], unique=False)
        batch_op.create_index(batch_op.f("ix_demarche_deposee_utc"), ["deposee_utc"], unique=False)
        batch_op.create_index(batch_op.f("ix_demarche_enfant_id"), ["enfant_id"], unique=False)
        batch_op.create_index("ix_demarche_etat_id", ["etat", "id"], unique=False)
        batch_op.create_index("ix_demarche_foyer_id_id", ["foyer_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_demarche_genre"), ["genre"], unique=False)
        batch_op.create_index(batch_op.f("ix_demarche_personne_id"), ["personne_id"], unique=False)

    op.create_table(
        "jeton_compte",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("compte_id", sa.Integer(), nullable=True),
        sa.Column("genre", sa.String(length=20), nullable=False),
        sa.Column("empreinte", sa.String(length=64), nullable=False),
        sa.Column("empreinte_code", sa.String(length=64), nullable=False),
        sa.Column("essais", sa.Integer(), nullable=False),
        sa.Column("cree_utc", sa.DateTime(), nullable=False),
        sa.Column("expire_utc", sa.DateTime(), nullable=False),
        sa.Column("utilise_utc", sa.DateTime(), nullable=True),
        sa.Column("donnees", DOCUMENT, nullable=True),
        sa.CheckConstraint("(compte_id IS NULL) = (genre = 'espace')", name=op.f("ck_jeton_compte_compte")),
        sa.CheckConstraint(
            "genre IN ('activation', 'reinitialisation', 'adresse_ancienne', 'adresse_nouvelle', 'espace')",
            name=op.f("ck_jeton_compte_genre"),
        ),
        sa.ForeignKeyConstraint(["compte_id"], ["compte.id"], name=op.f("fk_jeton_compte_compte_id_compte")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jeton_compte")),
        sa.UniqueConstraint("empreinte", name=op.f("uq_jeton_compte_empreinte")),
    )
    with op.batch_alter_table("jeton_compte", schema=None) as batch_op:
        batch_op.create_index("ix_jeton_compte_compte_id_genre", ["compte_id", "genre"], unique=False)
        batch_op.create_index(batch_op.f("ix_jeton_compte_expire_utc"), ["expire_utc"], unique=False)

    op.create_table(
        "piece",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("foyer_id", sa.Integer(), nullable=False),
        sa.Column("personne_id", sa.Integer(), nullable=True),
        sa.Column("enfant_id", sa.Integer(), nullable=True),
        sa.Column("genre", sa.String(length=30), nullable=False),
        sa.Column("nom", sa.String(length=120), nullable=False),
        sa.Column("type_mime", sa.String(length=40), nullable=False),
        sa.Column("taille", sa.Integer(), nullable=False),
        sa.Column("objet", sa.String(length=64), nullable=False),
        sa.Column("deposee_utc", sa.DateTime(), nullable=False),
        sa.Column("deposee_par", sa.Integer(), nullable=True),
        sa.Column("valable_jusqua", sa.Date(), nullable=True),
        sa.Column("retiree_utc", sa.DateTime(), nullable=True),
        sa.CheckConstraint("taille > 0", name=op.f("ck_piece_taille")),
        sa.ForeignKeyConstraint(["deposee_par"], ["compte.id"], name=op.f("fk_piece_deposee_par_compte")),
        sa.ForeignKeyConstraint(["enfant_id"], ["enfant.id"], name=op.f("fk_piece_enfant_id_enfant")),
        sa.ForeignKeyConstraint(["foyer_id"], ["foyer.id"], name=op.f("fk_piece_foyer_id_foyer")),
        sa.ForeignKeyConstraint(["personne_id"], ["personne.id"], name=op.f("fk_piece_personne_id_personne")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_piece")),
        sa.UniqueConstraint("objet", name=op.f("uq_piece_objet")),
    )
    with op.batch_alter_table("piece", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_piece_deposee_par"), ["deposee_par"], unique=False)
        batch_op.create_index(batch_op.f("ix_piece_enfant_id"), ["enfant_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_piece_foyer_id"), ["foyer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_piece_personne_id"), ["personne_id"], unique=False)

    op.create_table(
        "role_agent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("compte_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("structure_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "role IN ('lecture', 'instruction', 'regie', 'publication', 'administration')",
            name=op.f("ck_role_agent_role"),
        ),
        sa.ForeignKeyConstraint(["compte_id"], ["compte.id"], name=op.f("fk_role_agent_compte_id_compte")),
        sa.ForeignKeyConstraint(["structure_id"], ["structure.id"], name=op.f("fk_role_agent_structure_id_structure")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_agent")),
        sa.UniqueConstraint(
            "compte_id", "role", "structure_id", name=op.f("uq_role_agent_compte_id_role_structure_id")
        ),
    )
    with op.batch_alter_table("role_agent", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_role_agent_structure_id"), ["structure_id"], unique=False)
        batch_op.create_index(
            "uq_role_agent_partout",
            ["compte_id", "role"],
            unique=True,
            sqlite_where=sa.text("structure_id IS NULL"),
            postgresql_where=sa.text("structure_id IS NULL"),
        )

    op.create_table(
        "sante",
        sa.Column("enfant_id", sa.Integer(), nullable=False),
        sa.Column("contenu_chiffre", sa.LargeBinary(), nullable=False),
        sa.Column("modifie_utc", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["enfant_id"], ["enfant.id"], name=op.f("fk_sante_enfant_id_enfant")),
        sa.PrimaryKeyConstraint("enfant_id", name=op.f("pk_sante")),
    )
    op.create_table(
        "second_facteur",
        sa.Column("compte_id", sa.Integer(), nullable=False),
        sa.Column("secret_chiffre", sa.LargeBinary(), nullable=False),
        sa.Column("confirme_utc", sa.DateTime(), nullable=True),
        sa.Column("dernier_pas", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["compte_id"], ["compte.id"], name=op.f("fk_second_facteur_compte_id_compte")),
        sa.PrimaryKeyConstraint("compte_id", name=op.f("pk_second_facteur")),
    )
    op.create_table(
        "contact_enfant",
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("enfant_id", sa.Integer(), nullable=False),
        sa.Column("lien", sa.String(length=20), nullable=False),
        sa.Column("peut_recuperer", sa.Boolean(), nullable=False),
        sa.Column("est_urgence", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_contact_enfant_contact_id_contact")),
        sa.ForeignKeyConstraint(["enfant_id"], ["enfant.id"], name=op.f("fk_contact_enfant_enfant_id_enfant")),
        sa.PrimaryKeyConstraint("contact_id", "enfant_id", name=op.f("pk_contact_enfant")),
    )
    with op.batch_alter_table("contact_enfant", schema=None) as batch_op:
        batch_op.create_index("ix_contact_enfant_enfant_id", ["enfant_id"], unique=False)

    op.create_table(
        "demarche_piece",
        sa.Column("demarche_id", sa.Integer(), nullable=False),
        sa.Column("piece_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["demarche_id"], ["demarche.id"], name=op.f("fk_demarche_piece_demarche_id_demarche")),
        sa.ForeignKeyConstraint(["piece_id"], ["piece.id"], name=op.f("fk_demarche_piece_piece_id_piece")),
        sa.PrimaryKeyConstraint("demarche_id", "piece_id", name=op.f("pk_demarche_piece")),
    )
    with op.batch_alter_table("demarche_piece", schema=None) as batch_op:
        batch_op.create_index("ix_demarche_piece_piece_id", ["piece_id"], unique=False)

    with op.batch_alter_table("compte", schema=None) as batch_op:
        batch_op.add_column(sa.Column("active_utc", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("mot_de_passe_utc", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("conditions_version", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("verifie_utc", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("connecte_utc", sa.DateTime(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_compte_conditions_version_conditions"), "conditions", ["conditions_version"], ["version"]
        )

    with op.batch_alter_table("enfant", schema=None) as batch_op:
        batch_op.add_column(sa.Column("reference", sa.String(length=60), nullable=True))
        batch_op.create_unique_constraint(batch_op.f("uq_enfant_reference"), ["reference"])

    with op.batch_alter_table("foyer", schema=None) as batch_op:
        batch_op.add_column(sa.Column("reference", sa.String(length=60), nullable=True))
        batch_op.add_column(sa.Column("parti_le", sa.Date(), nullable=True))
        batch_op.create_unique_constraint(batch_op.f("uq_foyer_reference"), ["reference"])

    with op.batch_alter_table("personne", schema=None) as batch_op:
        batch_op.add_column(sa.Column("reference", sa.String(length=60), nullable=True))
        batch_op.add_column(sa.Column("nom_naissance", sa.String(length=80), server_default="", nullable=False))
        batch_op.add_column(sa.Column("telephone_domicile", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("telephone_travail", sa.String(length=20), nullable=True))
        batch_op.create_index(batch_op.f("ix_personne_courriel"), ["courriel"], unique=False)
        batch_op.create_unique_constraint(batch_op.f("uq_personne_reference"), ["reference"])

    with op.batch_alter_table("rattachement", schema=None) as batch_op:
        batch_op.add_column(sa.Column("vacances", sa.String(length=24), server_default="", nullable=False))
        batch_op.add_column(sa.Column("est_masque", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.create_check_constraint(
            op.f("ck_rattachement_vacances"), "vacances IN ('', 'debut_annees_paires', 'debut_annees_impaires')"
        )

    with op.batch_alter_table("session_compte", schema=None) as batch_op:
        batch_op.add_column(sa.Column("est_durable", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("appareil", sa.String(length=80), server_default="", nullable=False))
        batch_op.add_column(sa.Column("empreinte_precedente", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("tournee_utc", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("second_facteur_utc", sa.DateTime(), nullable=True))
        batch_op.create_unique_constraint(
            batch_op.f("uq_session_compte_empreinte_precedente"), ["empreinte_precedente"]
        )

    # Whoever has a password was let in before activation mails existed.
    op.execute("UPDATE compte SET active_utc = cree_utc WHERE empreinte_mot_de_passe <> ''")
    op.execute("UPDATE personne SET courriel = lower(courriel)")
