"""Runs migrations on the connection it is given; there is no configuration file and no mode without a database."""

from __future__ import annotations

from alembic import context
from sqlmodel import SQLModel

from bt_console.store import oncall_tables, tables  # noqa: F401 - define what metadata holds

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    transactional_ddl=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
