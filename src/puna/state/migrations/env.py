"""Alembic's entry: runs the revisions on the connection that `schema.upgrade` hands over."""

from alembic import context

from puna.state.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
