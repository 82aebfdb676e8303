"""Alembic's entry: always called by `portail_famille.migrations.migrer`, with the connection it opened."""

from alembic import context

from portail_famille.models import Base

context.configure(
    connection=context.config.attributes["connexion"],
    target_metadata=Base.metadata,
    # SQLite cannot alter a constraint: alembic copies the table instead.
    render_as_batch=True,
    compare_type=True,
    transactional_ddl=True,
)
# The transaction belongs to `migrer`: it holds every step together with the check of foreign keys.
context.run_migrations()
