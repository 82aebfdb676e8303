"""Démarches: messages, forms being filled, due dates; événements, merges, spreadsheets, the agent's view of a family."""

from calendar import monthrange
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003_demarches"
down_revision = "0002_comptes_et_famille"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def _ecrire_les_etapes() -> None:
    """What is known of the life of the requests already there: sent, then decided."""
    op.execute(
        """
        INSERT INTO demarche_etape (demarche_id, genre, etat, cote, compte_id, texte, a_utc)
        SELECT id, 'depot', 'deposee', 'famille', compte_id, '', deposee_utc FROM demarche ORDER BY id
        """
    )
    op.execute(
        """
        INSERT INTO demarche_etape (demarche_id, genre, etat, cote, compte_id, texte, a_utc)
        SELECT id, CASE WHEN etat = 'annulee' THEN 'annulation' ELSE 'decision' END, etat,
            CASE WHEN etat = 'annulee' THEN 'famille' ELSE 'agent' END, decidee_par, motif, decidee_utc
        FROM demarche WHERE decidee_utc IS NOT NULL ORDER BY id
        """
    )
    op.execute("UPDATE demarche SET reponse_utc = decidee_utc, lue_utc = decidee_utc WHERE decidee_utc IS NOT NULL")


def _donner_les_echeances() -> None:
    """The requests that wait for the town already: one month where it is a right over one's data (RGPD art. 12), else
    two (CRPA L231-1, L231-4), from the day in Paris on which each was filed. As domain/genres stood at this version."""
    demarche = sa.table(
        "demarche",
        sa.column("id", sa.Integer()),
        sa.column("genre", sa.String()),
        sa.column("etat", sa.String()),
        sa.column("deposee_utc", sa.DateTime()),
        sa.column("echeance", sa.Date()),
    )
    connexion = op.get_bind()
    ouvertes = connexion.execute(
        sa.select(demarche.c.id, demarche.c.genre, demarche.c.deposee_utc).where(
            demarche.c.etat.in_(["deposee", "en_cours", "complement_demande"])
        )
    ).all()
    if ouvertes:
        connexion.execute(
            sa.update(demarche).where(demarche.c.id == sa.bindparam("laquelle")).values(echeance=sa.bindparam("jour")),
            [{"laquelle": id_, "jour": _echeance(genre, deposee)} for id_, genre, deposee in ouvertes],
        )


def _echeance(genre: str, deposee_utc: datetime) -> date:
    """De quantième à quantième: the last day of a month too short (domain/silences)."""
    depot = deposee_utc.replace(tzinfo=UTC).astimezone(ZoneInfo("Europe/Paris")).date()
    rang = depot.year * 12 + depot.month - 1 + (1 if genre in ("coordonnees", "effacement") else 2)
    annee, mois = rang // 12, rang % 12 + 1
    return date(annee, mois, min(depot.day, monthrange(annee, mois)[1]))


def upgrade() -> None:
    op.create_table(
        "demarche_saisie",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("compte_id", sa.Integer(), nullable=False),
        sa.Column("foyer_id", sa.Integer(), nullable=False),
        sa.Column("genre", sa.String(length=30), nullable=False),
        sa.Column("cle", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("contenu", DOCUMENT, nullable=False),
        sa.Column("creee_utc", sa.DateTime(), nullable=False),
        sa.Column("modifiee_utc", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["compte_id"], ["compte.id"], name=op.f("fk_demarche_saisie_compte_id_compte")),
        sa.ForeignKeyConstraint(["foyer_id"], ["foyer.id"], name=op.f("fk_demarche_saisie_foyer_id_foyer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_demarche_saisie")),
        sa.UniqueConstraint("cle", name=op.f("uq_demarche_saisie_cle")),
        sa.UniqueConstraint("compte_id", "foyer_id", "genre", name=op.f("uq_demarche_saisie_compte_id_foyer_id_genre")),
    )
    with op.batch_alter_table("demarche_saisie", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_demarche_saisie_foyer_id"), ["foyer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_demarche_saisie_modifiee_utc"), ["modifiee_utc"], unique=False)

    op.create_table(
        "evenement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("genre", sa.String(length=20), nullable=False),
        sa.Column("motif", sa.String(length=200), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("du", sa.Date(), nullable=False),
        sa.Column("au", sa.Date(), nullable=False),
        sa.Column("contenu", DOCUMENT, nullable=False),
        sa.Column("ferme", sa.Boolean(), nullable=False),
        sa.Column("compte_id", sa.Integer(), nullable=True),
        sa.Column("cree_utc", sa.DateTime(), nullable=False),
        sa.Column("annule_utc", sa.DateTime(), nullable=True),
        sa.Column("annule_par", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "genre IN ('greve', 'sortie', 'enseignant_absent', 'fermeture', 'autre')", name=op.f("ck_evenement_genre")
        ),
        sa.CheckConstraint("au >= du", name=op.f("ck_evenement_dates")),
        sa.ForeignKeyConstraint(["annule_par"], ["compte.id"], name=op.f("fk_evenement_annule_par_compte")),
        sa.ForeignKeyConstraint(["compte_id"], ["compte.id"], name=op.f("fk_evenement_compte_id_compte")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evenement")),
    )
    with op.batch_alter_table("evenement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_evenement_annule_par"), ["annule_par"], unique=False)
        batch_op.create_index(batch_op.f("ix_evenement_compte_id"), ["compte_id"], unique=False)
        batch_op.create_index("ix_evenement_du_au", ["du", "au"], unique=False)

    op.create_table(
        "extraction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("compte_id", sa.Integer(), nullable=False),
        sa.Column("genre", sa.String(length=30), nullable=False),
        sa.Column("format", sa.String(length=4), nullable=False),
        sa.Column("filtre", DOCUMENT, nullable=False),
        sa.Column("etat", sa.String(length=10), nullable=False),
        sa.Column("fait", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("nom", sa.String(length=120), nullable=False),
        sa.Column("objet", sa.String(length=64), nullable=True),
        sa.Column("bail_utc", sa.DateTime(), nullable=True),
        sa.Column("demandee_utc", sa.DateTime(), nullable=False),
        sa.Column("prete_utc", sa.DateTime(), nullable=True),
        sa.Column("expire_utc", sa.DateTime(), nullable=True),
        sa.CheckConstraint("etat IN ('demandee', 'en_cours', 'prete', 'echouee')", name=op.f("ck_extraction_etat")),
        sa.CheckConstraint("format IN ('xlsx', 'csv')", name=op.f("ck_extraction_format")),
        sa.ForeignKeyConstraint(["compte_id"], ["compte.id"], name=op.f("fk_extraction_compte_id_compte")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_extraction")),
        sa.UniqueConstraint("objet", name=op.f("uq_extraction_objet")),
    )
    with op.batch_alter_table("extraction", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_extraction_compte_id"), ["compte_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_extraction_etat"), ["etat"], unique=False)
        batch_op.create_index(batch_op.f("ix_extraction_expire_utc"), ["expire_utc"], unique=False)

    op.create_table(
        "fusion",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("genre", sa.String(length=10), nullable=False),
        sa.Column("garde_id", sa.Integer(), nullable=False),
        sa.Column("fondu_id", sa.Integer(), nullable=False),
        sa.Column("contenu", DOCUMENT, nullable=False),
        sa.Column("compte_id", sa.Integer(), nullable=True),
        sa.Column("a_utc", sa.DateTime(), nullable=False),
        sa.Column("annulee_utc", sa.DateTime(), nullable=True),
        sa.Column("annulee_par", sa.Integer(), nullable=True),
        sa.CheckConstraint("genre IN ('foyer', 'personne', 'enfant')", name=op.f("ck_fusion_genre")),
        sa.CheckConstraint("garde_id <> fondu_id", name=op.f("ck_fusion_deux")),
        sa.ForeignKeyConstraint(["annulee_par"], ["compte.id"], name=op.f("fk_fusion_annulee_par_compte")),
        sa.ForeignKeyConstraint(["compte_id"], ["compte.id"], name=op.f("fk_fusion_compte_id_compte")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fusion")),
    )
    with op.batch_alter_table("fusion", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_fusion_annulee_par"), ["annulee_par"], unique=False)
        batch_op.create_index(batch_op.f("ix_fusion_compte_id"), ["compte_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_fusion_fondu_id"), ["fondu_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_fusion_garde_id"), ["garde_id"], unique=False)

    op.create_table(
        "modele_reponse",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("usage", sa.String(length=12), nullable=False),
        sa.Column("genre", sa.String(length=30), nullable=False),
        sa.Column("titre", sa.String(length=120), nullable=False),
        sa.Column("texte", sa.Text(), nullable=False),
        sa.Column("modifie_utc", sa.DateTime(), nullable=False),
        sa.Column("modifie_par", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "usage IN ('acceptation', 'refus', 'complement', 'message')", name=op.f("ck_modele_reponse_usage")
        ),
        sa.ForeignKeyConstraint(["modifie_par"], ["compte.id"], name=op.f("fk_modele_reponse_modifie_par_compte")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_modele_reponse")),
        sa.UniqueConstraint("usage", "genre", "titre", name=op.f("uq_modele_reponse_usage_genre_titre")),
    )
    with op.batch_alter_table("modele_reponse", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_modele_reponse_modifie_par"), ["modifie_par"], unique=False)

    op.create_table(
        "demarche_etape",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("demarche_id", sa.Integer(), nullable=False),
        sa.Column("genre", sa.String(length=20), nullable=False),
        sa.Column("etat", sa.String(length=20), nullable=False),
        sa.Column("cote", sa.String(length=10), nullable=False),
        sa.Column("compte_id", sa.Integer(), nullable=True),
        sa.Column("texte", sa.Text(), nullable=False),
        sa.Column("a_utc", sa.DateTime(), nullable=False),
        sa.Column("cle_envoi", sa.String(length=40), nullable=True),
        sa.CheckConstraint("cote IN ('famille', 'agent', 'systeme')", name=op.f("ck_demarche_etape_cote")),
        sa.CheckConstraint(
            "genre IN ('depot', 'prise_en_charge', 'message', 'note', 'complement', 'reponse', 'decision', 'annulation')",
            name=op.f("ck_demarche_etape_genre"),
        ),
        sa.ForeignKeyConstraint(["compte_id"], ["compte.id"], name=op.f("fk_demarche_etape_compte_id_compte")),
        sa.ForeignKeyConstraint(["demarche_id"], ["demarche.id"], name=op.f("fk_demarche_etape_demarche_id_demarche")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_demarche_etape")),
        sa.UniqueConstraint("demarche_id", "cle_envoi", name=op.f("uq_demarche_etape_demarche_id_cle_envoi")),
    )
    with op.batch_alter_table("demarche_etape", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_demarche_etape_compte_id"), ["compte_id"], unique=False)
        batch_op.create_index("ix_demarche_etape_demarche_id_id", ["demarche_id", "id"], unique=False)

    op.create_table(
        "evenement_reservation",
        sa.Column("evenement_id", sa.Integer(), nullable=False),
        sa.Column("reservation_id", sa.Integer(), nullable=False),
        sa.Column("etat_avant", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["evenement_id"], ["evenement.id"], name=op.f("fk_evenement_reservation_evenement_id_evenement")
        ),
        sa.ForeignKeyConstraint(
            ["reservation_id"], ["reservation.id"], name=op.f("fk_evenement_reservation_reservation_id_reservation")
        ),
        sa.PrimaryKeyConstraint("evenement_id", "reservation_id", name=op.f("pk_evenement_reservation")),
    )
    with op.batch_alter_table("evenement_reservation", schema=None) as batch_op:
        batch_op.create_index("ix_evenement_reservation_reservation_id", ["reservation_id"], unique=False)

    with op.batch_alter_table("demarche", schema=None) as batch_op:
        batch_op.add_column(sa.Column("cle_envoi", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("accuse", DOCUMENT, nullable=True))
        batch_op.add_column(sa.Column("echeance", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("suspendue_utc", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("complement_avant", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("assignee_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("ouverte_par", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("ouverte_utc", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("reponse_utc", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("lue_utc", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("structure_id", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_demarche_structure_id"), ["structure_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_demarche_structure_id_structure"), "structure", ["structure_id"], ["id"]
        )
        batch_op.create_index(batch_op.f("ix_demarche_assignee_id"), ["assignee_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_demarche_ouverte_par"), ["ouverte_par"], unique=False)
        batch_op.create_index("ix_demarche_etat_echeance_id", ["etat", "echeance", "id"], unique=False)
        batch_op.create_unique_constraint(batch_op.f("uq_demarche_cle_envoi"), ["cle_envoi"])
        batch_op.create_foreign_key(batch_op.f("fk_demarche_ouverte_par_compte"), "compte", ["ouverte_par"], ["id"])
        batch_op.create_foreign_key(batch_op.f("fk_demarche_assignee_id_compte"), "compte", ["assignee_id"], ["id"])

    with op.batch_alter_table("demarche_piece", schema=None) as batch_op:
        batch_op.add_column(sa.Column("etape_id", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_demarche_piece_etape_id"), ["etape_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_demarche_piece_etape_id_demarche_etape"), "demarche_etape", ["etape_id"], ["id"]
        )

    with op.batch_alter_table("enfant", schema=None) as batch_op:
        batch_op.add_column(sa.Column("fondu_dans", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_enfant_fondu_dans"), ["fondu_dans"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_enfant_fondu_dans_enfant"), "enfant", ["fondu_dans"], ["id"])

    with op.batch_alter_table("foyer", schema=None) as batch_op:
        batch_op.add_column(sa.Column("fondu_dans", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_foyer_fondu_dans"), ["fondu_dans"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_foyer_fondu_dans_foyer"), "foyer", ["fondu_dans"], ["id"])

    with op.batch_alter_table("inscription", schema=None) as batch_op:
        batch_op.add_column(sa.Column("demarche_id", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_inscription_demarche_id"), ["demarche_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_inscription_demarche_id_demarche"), "demarche", ["demarche_id"], ["id"]
        )

    with op.batch_alter_table("personne", schema=None) as batch_op:
        batch_op.add_column(sa.Column("fondue_dans", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_personne_fondue_dans"), ["fondue_dans"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_personne_fondue_dans_personne"), "personne", ["fondue_dans"], ["id"])
        batch_op.add_column(sa.Column("aussi_id", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_personne_aussi_id"), ["aussi_id"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_personne_aussi_id_personne"), "personne", ["aussi_id"], ["id"])

    with op.batch_alter_table("piece", schema=None) as batch_op:
        batch_op.add_column(sa.Column("datee_du", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("est_du_foyer", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("rappelee_utc", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("remplacee_par", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_piece_remplacee_par"), ["remplacee_par"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_piece_remplacee_par_piece"), "piece", ["remplacee_par"], ["id"])

    with op.batch_alter_table("quotient_familial", schema=None) as batch_op:
        batch_op.add_column(sa.Column("demarche_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("rappele_utc", sa.DateTime(), nullable=True))
        batch_op.create_index(batch_op.f("ix_quotient_familial_demarche_id"), ["demarche_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_quotient_familial_demarche_id_demarche"), "demarche", ["demarche_id"], ["id"]
        )

    with op.batch_alter_table("reservation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("demarche_id", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_reservation_demarche_id"), ["demarche_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_reservation_demarche_id_demarche"), "demarche", ["demarche_id"], ["id"]
        )

    with op.batch_alter_table("session_compte", schema=None) as batch_op:
        batch_op.add_column(sa.Column("comme_foyer_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("comme_personne_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("comme_jusqua_utc", sa.DateTime(), nullable=True))
        batch_op.create_index(batch_op.f("ix_session_compte_comme_foyer_id"), ["comme_foyer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_session_compte_comme_personne_id"), ["comme_personne_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_session_compte_comme_foyer_id_foyer"), "foyer", ["comme_foyer_id"], ["id"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_session_compte_comme_personne_id_personne"), "personne", ["comme_personne_id"], ["id"]
        )

    _ecrire_les_etapes()
    _donner_les_echeances()
