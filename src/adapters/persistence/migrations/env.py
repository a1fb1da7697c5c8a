"""Runs migrations on the connection that `schema` hands over, within its transaction."""

from alembic import context

from adapters.persistence.schema import METADATAS

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=list(METADATAS),
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
