"""Foundation: the tables of the booking journey.

Written once and never edited: what models become later is said by the next migrations.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001_fondation"
down_revision = None
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "activite",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("est_retire", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activite")),
        sa.UniqueConstraint("code", name=op.f("uq_activite_code")),
    )
    op.create_table(
        "compteur",
        sa.Column("serie", sa.String(length=40), nullable=False),
        sa.Column("annee", sa.Integer(), nullable=False),
        sa.Column("valeur", sa.Integer(), nullable=False),
        sa.CheckConstraint("valeur >= 0", name=op.f("ck_compteur_valeur")),
        sa.PrimaryKeyConstraint("serie", "annee", name=op.f("pk_compteur")),
    )
    op.create_table(
        "courriel",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.String(length=200), nullable=False),
        sa.Column("destinataire", sa.String(length=254), nullable=False),
        sa.Column("objet", sa.String(length=200), nullable=False),
        sa.Column("corps_texte", sa.Text(), nullable=False),
        sa.Column("corps_html", sa.Text(), nullable=False),
        sa.Column("etat", sa.String(length=12), nullable=False),
        sa.Column("tentatives", sa.Integer(), nullable=False),
        sa.Column("prochain_essai_utc", sa.DateTime(), nullable=False),
        sa.Column("cree_utc", sa.DateTime(), nullable=False),
        sa.Column("envoye_utc", sa.DateTime(), nullable=True),
        sa.Column("derniere_erreur", sa.String(length=300), nullable=True),
        sa.CheckConstraint("etat IN ('a_envoyer', 'en_cours', 'envoye', 'abandonne')", name=op.f("ck_courriel_etat")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_courriel")),
        sa.UniqueConstraint("message_id", name=op.f("uq_courriel_message_id")),
    )
    op.create_index("ix_courriel_etat_prochain_essai_utc", "courriel", ["etat", "prochain_essai_utc"], unique=False)
    op.create_table(
        "evenement_securite",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("a_utc", sa.DateTime(), nullable=False),
        sa.Column("genre", sa.String(length=40), nullable=False),
        sa.Column("compte_id", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evenement_securite")),
    )
    op.create_index(op.f("ix_evenement_securite_a_utc"), "evenement_securite", ["a_utc"], unique=False)
    op.create_index(op.f("ix_evenement_securite_compte_id"), "evenement_securite", ["compte_id"], unique=False)
    op.create_table(
        "jauge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("est_retire", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jauge")),
        sa.UniqueConstraint("code", name=op.f("uq_jauge_code")),
    )
    op.create_table(
        "jour_ferie",
        sa.Column("jour", sa.Date(), nullable=False),
        sa.Column("nom", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("jour", name=op.f("pk_jour_ferie")),
    )
    op.create_table(
        "periode_scolaire",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("nom", sa.String(length=80), nullable=False),
        sa.Column("du", sa.Date(), nullable=False),
        sa.Column("au", sa.Date(), nullable=False),
        sa.CheckConstraint("au >= du", name=op.f("ck_periode_scolaire_dates")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_periode_scolaire")),
        sa.UniqueConstraint("du", name=op.f("uq_periode_scolaire_du")),
    )
    op.create_table(
        "personne",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("civilite", sa.String(length=8), nullable=False),
        sa.Column("prenom", sa.String(length=80), nullable=False),
        sa.Column("nom", sa.String(length=80), nullable=False),
        sa.Column("courriel", sa.String(length=254), nullable=True),
        sa.Column("telephone", sa.String(length=20), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personne")),
    )
    op.create_table(
        "structure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("est_retire", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_structure")),
        sa.UniqueConstraint("code", name=op.f("uq_structure_code")),
    )
    op.create_table(
        "tentative_connexion",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cle", sa.String(length=64), nullable=False),
        sa.Column("a_utc", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tentative_connexion")),
    )
    op.create_index("ix_tentative_connexion_cle_a_utc", "tentative_connexion", ["cle", "a_utc"], unique=False)
    op.create_table(
        "version_catalogue",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", DOCUMENT, nullable=False),
        sa.Column("empreinte", sa.String(length=64), nullable=False),
        sa.Column("importe_utc", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_version_catalogue")),
    )
    op.create_table(
        "version_regles",
        sa.Column("cle", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("cle", name=op.f("pk_version_regles")),
    )
    op.create_table(
        "compte",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("personne_id", sa.Integer(), nullable=False),
        sa.Column("identifiant", sa.String(length=120), nullable=False),
        sa.Column("empreinte_mot_de_passe", sa.String(length=200), nullable=False),
        sa.Column("est_actif", sa.Boolean(), nullable=False),
        sa.Column("cree_utc", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["personne_id"], ["personne.id"], name=op.f("fk_compte_personne_id_personne")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_compte")),
        sa.UniqueConstraint("identifiant", name=op.f("uq_compte_identifiant")),
        sa.UniqueConstraint("personne_id", name=op.f("uq_compte_personne_id")),
    )
    op.create_table(
        "enfant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("prenom", sa.String(length=80), nullable=False),
        sa.Column("nom", sa.String(length=80), nullable=False),
        sa.Column("naissance", sa.Date(), nullable=False),
        sa.Column("structure_id", sa.Integer(), nullable=True),
        sa.Column("classe", sa.String(length=40), nullable=False),
        sa.Column("pai", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["structure_id"], ["structure.id"], name=op.f("fk_enfant_structure_id_structure")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enfant")),
    )
    op.create_index(op.f("ix_enfant_structure_id"), "enfant", ["structure_id"], unique=False)
    op.create_table(
        "foyer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("nom", sa.String(length=120), nullable=False),
        sa.Column("payeur_id", sa.Integer(), nullable=False),
        sa.Column("adresse", sa.String(length=200), nullable=False),
        sa.Column("code_postal", sa.String(length=10), nullable=False),
        sa.Column("ville", sa.String(length=80), nullable=False),
        sa.Column("est_resident", sa.Boolean(), nullable=False),
        sa.Column("personnes_a_charge", sa.Integer(), nullable=False),
        sa.Column("ressources_mensuelles_centimes", sa.Integer(), nullable=True),
        sa.CheckConstraint("ressources_mensuelles_centimes >= 0", name=op.f("ck_foyer_ressources")),
        sa.ForeignKeyConstraint(["payeur_id"], ["personne.id"], name=op.f("fk_foyer_payeur_id_personne")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_foyer")),
    )
    op.create_index(op.f("ix_foyer_payeur_id"), "foyer", ["payeur_id"], unique=False)
    op.create_table(
        "unite",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("activite_id", sa.Integer(), nullable=False),
        sa.Column("est_retire", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["activite_id"], ["activite.id"], name=op.f("fk_unite_activite_id_activite")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unite")),
        sa.UniqueConstraint("code", name=op.f("uq_unite_code")),
    )
    op.create_index(op.f("ix_unite_activite_id"), "unite", ["activite_id"], unique=False)
    op.create_table(
        "autorite_parentale",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("personne_id", sa.Integer(), nullable=False),
        sa.Column("enfant_id", sa.Integer(), nullable=False),
        sa.Column("du", sa.Date(), nullable=False),
        sa.Column("au", sa.Date(), nullable=True),
        sa.CheckConstraint("au IS NULL OR au >= du", name=op.f("ck_autorite_parentale_dates")),
        sa.ForeignKeyConstraint(["enfant_id"], ["enfant.id"], name=op.f("fk_autorite_parentale_enfant_id_enfant")),
        sa.ForeignKeyConstraint(
            ["personne_id"], ["personne.id"], name=op.f("fk_autorite_parentale_personne_id_personne")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_autorite_parentale")),
        sa.UniqueConstraint(
            "personne_id", "enfant_id", "du", name=op.f("uq_autorite_parentale_personne_id_enfant_id_du")
        ),
    )
    op.create_index(op.f("ix_autorite_parentale_enfant_id"), "autorite_parentale", ["enfant_id"], unique=False)
    op.create_table(
        "brouillon",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("compte_id", sa.Integer(), nullable=False),
        sa.Column("foyer_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("contenu", DOCUMENT, nullable=False),
        sa.Column("modifie_utc", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["compte_id"], ["compte.id"], name=op.f("fk_brouillon_compte_id_compte")),
        sa.ForeignKeyConstraint(["foyer_id"], ["foyer.id"], name=op.f("fk_brouillon_foyer_id_foyer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_brouillon")),
        sa.UniqueConstraint("compte_id", "foyer_id", name=op.f("uq_brouillon_compte_id_foyer_id")),
    )
    op.create_index(op.f("ix_brouillon_foyer_id"), "brouillon", ["foyer_id"], unique=False)
    op.create_index(op.f("ix_brouillon_modifie_utc"), "brouillon", ["modifie_utc"], unique=False)
    op.create_table(
        "inscription",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("enfant_id", sa.Integer(), nullable=False),
        sa.Column("activite_id", sa.Integer(), nullable=False),
        sa.Column("structure_id", sa.Integer(), nullable=False),
        sa.Column("foyer_id", sa.Integer(), nullable=False),
        sa.Column("du", sa.Date(), nullable=False),
        sa.Column("au", sa.Date(), nullable=False),
        sa.CheckConstraint("au >= du", name=op.f("ck_inscription_dates")),
        sa.ForeignKeyConstraint(["activite_id"], ["activite.id"], name=op.f("fk_inscription_activite_id_activite")),
        sa.ForeignKeyConstraint(["enfant_id"], ["enfant.id"], name=op.f("fk_inscription_enfant_id_enfant")),
        sa.ForeignKeyConstraint(["foyer_id"], ["foyer.id"], name=op.f("fk_inscription_foyer_id_foyer")),
        sa.ForeignKeyConstraint(["structure_id"], ["structure.id"], name=op.f("fk_inscription_structure_id_structure")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inscription")),
    )
    op.create_index(op.f("ix_inscription_activite_id"), "inscription", ["activite_id"], unique=False)
    op.create_index("ix_inscription_enfant_id_foyer_id", "inscription", ["enfant_id", "foyer_id"], unique=False)
    op.create_index(op.f("ix_inscription_foyer_id"), "inscription", ["foyer_id"], unique=False)
    op.create_index(op.f("ix_inscription_structure_id"), "inscription", ["structure_id"], unique=False)
    op.create_table(
        "quotient_familial",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("foyer_id", sa.Integer(), nullable=False),
        sa.Column("valeur_centimes", sa.Integer(), nullable=False),
        sa.Column("du", sa.Date(), nullable=False),
        sa.Column("au", sa.Date(), nullable=True),
        sa.Column("origine", sa.String(length=10), nullable=False),
        sa.CheckConstraint("origine IN ('declare', 'prouve', 'obtenu')", name=op.f("ck_quotient_familial_origine")),
        sa.CheckConstraint("au IS NULL OR au >= du", name=op.f("ck_quotient_familial_dates")),
        sa.CheckConstraint("valeur_centimes >= 0", name=op.f("ck_quotient_familial_valeur")),
        sa.ForeignKeyConstraint(["foyer_id"], ["foyer.id"], name=op.f("fk_quotient_familial_foyer_id_foyer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quotient_familial")),
    )
    op.create_index(op.f("ix_quotient_familial_foyer_id"), "quotient_familial", ["foyer_id"], unique=False)
    op.create_table(
        "rattachement",
        sa.Column("foyer_id", sa.Integer(), nullable=False),
        sa.Column("enfant_id", sa.Integer(), nullable=False),
        sa.Column("semaine_ancre", sa.Date(), nullable=True),
        sa.Column("une_sur", sa.Integer(), nullable=True),
        sa.CheckConstraint("(semaine_ancre IS NULL) = (une_sur IS NULL)", name=op.f("ck_rattachement_garde")),
        sa.CheckConstraint("une_sur IS NULL OR une_sur BETWEEN 2 AND 4", name=op.f("ck_rattachement_une_sur")),
        sa.ForeignKeyConstraint(["enfant_id"], ["enfant.id"], name=op.f("fk_rattachement_enfant_id_enfant")),
        sa.ForeignKeyConstraint(["foyer_id"], ["foyer.id"], name=op.f("fk_rattachement_foyer_id_foyer")),
        sa.PrimaryKeyConstraint("foyer_id", "enfant_id", name=op.f("pk_rattachement")),
    )
    op.create_index("ix_rattachement_enfant_id", "rattachement", ["enfant_id"], unique=False)
    op.create_table(
        "responsable",
        sa.Column("foyer_id", sa.Integer(), nullable=False),
        sa.Column("personne_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["foyer_id"], ["foyer.id"], name=op.f("fk_responsable_foyer_id_foyer")),
        sa.ForeignKeyConstraint(["personne_id"], ["personne.id"], name=op.f("fk_responsable_personne_id_personne")),
        sa.PrimaryKeyConstraint("foyer_id", "personne_id", name=op.f("pk_responsable")),
    )
    op.create_index("ix_responsable_personne_id", "responsable", ["personne_id"], unique=False)
    op.create_table(
        "session_compte",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("compte_id", sa.Integer(), nullable=False),
        sa.Column("empreinte_jeton", sa.String(length=64), nullable=False),
        sa.Column("ouverte_utc", sa.DateTime(), nullable=False),
        sa.Column("vue_utc", sa.DateTime(), nullable=False),
        sa.Column("fermee_utc", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["compte_id"], ["compte.id"], name=op.f("fk_session_compte_compte_id_compte")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_compte")),
        sa.UniqueConstraint("empreinte_jeton", name=op.f("uq_session_compte_empreinte_jeton")),
    )
    op.create_index(op.f("ix_session_compte_compte_id"), "session_compte", ["compte_id"], unique=False)
    op.create_table(
        "recu",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("numero", sa.String(length=20), nullable=False),
        sa.Column("foyer_id", sa.Integer(), nullable=False),
        sa.Column("compte_id", sa.Integer(), nullable=False),
        sa.Column("brouillon_id", sa.Integer(), nullable=False),
        sa.Column("brouillon_version", sa.Integer(), nullable=False),
        sa.Column("emis_utc", sa.DateTime(), nullable=False),
        sa.Column("contenu", DOCUMENT, nullable=False),
        sa.ForeignKeyConstraint(["brouillon_id"], ["brouillon.id"], name=op.f("fk_recu_brouillon_id_brouillon")),
        sa.ForeignKeyConstraint(["compte_id"], ["compte.id"], name=op.f("fk_recu_compte_id_compte")),
        sa.ForeignKeyConstraint(["foyer_id"], ["foyer.id"], name=op.f("fk_recu_foyer_id_foyer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recu")),
        sa.UniqueConstraint("brouillon_id", "brouillon_version", name=op.f("uq_recu_brouillon_id_brouillon_version")),
        sa.UniqueConstraint("numero", name=op.f("uq_recu_numero")),
    )
    op.create_index(op.f("ix_recu_compte_id"), "recu", ["compte_id"], unique=False)
    op.create_index("ix_recu_foyer_id_id", "recu", ["foyer_id", "id"], unique=False)
    op.create_table(
        "reservation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("enfant_id", sa.Integer(), nullable=False),
        sa.Column("unite_id", sa.Integer(), nullable=False),
        sa.Column("jour", sa.Date(), nullable=False),
        sa.Column("structure_id", sa.Integer(), nullable=False),
        sa.Column("foyer_id", sa.Integer(), nullable=False),
        sa.Column("etat", sa.String(length=20), nullable=False),
        sa.Column("est_hors_delai", sa.Boolean(), nullable=False),
        sa.Column("recu_id", sa.Integer(), nullable=True),
        sa.Column("modifiee_utc", sa.DateTime(), nullable=False),
        sa.CheckConstraint(
            "etat IN ('demandee', 'reservee', 'en_attente', 'presente', 'absente_justifiee', 'absente_injustifiee', 'annulee')",
            name=op.f("ck_reservation_etat"),
        ),
        sa.ForeignKeyConstraint(["enfant_id"], ["enfant.id"], name=op.f("fk_reservation_enfant_id_enfant")),
        sa.ForeignKeyConstraint(["foyer_id"], ["foyer.id"], name=op.f("fk_reservation_foyer_id_foyer")),
        sa.ForeignKeyConstraint(["recu_id"], ["recu.id"], name=op.f("fk_reservation_recu_id_recu")),
        sa.ForeignKeyConstraint(["structure_id"], ["structure.id"], name=op.f("fk_reservation_structure_id_structure")),
        sa.ForeignKeyConstraint(["unite_id"], ["unite.id"], name=op.f("fk_reservation_unite_id_unite")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reservation")),
        sa.UniqueConstraint("enfant_id", "jour", "unite_id", name="uq_reservation_creneau"),
    )
    op.create_index("ix_reservation_foyer_id_jour", "reservation", ["foyer_id", "jour"], unique=False)
    op.create_index("ix_reservation_places", "reservation", ["unite_id", "jour", "structure_id", "etat"], unique=False)
    op.create_index(op.f("ix_reservation_recu_id"), "reservation", ["recu_id"], unique=False)
