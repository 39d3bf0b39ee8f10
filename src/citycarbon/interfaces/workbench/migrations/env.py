"""How Alembic runs the migrations of the workbench: on the connection that the store gives it."""

from alembic import context

from citycarbon.interfaces.workbench.store import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
