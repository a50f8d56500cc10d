"""Models on their way into the registry, the moves of their aliases, and whose turn it is to move them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from jupyter_mlops.store.stored_json import StoredJson, UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("jobs", "runs"):
        with op.batch_alter_table(table) as changed:
            changed.add_column(sa.Column("registration", StoredJson(), nullable=False, server_default="{}"))
    op.create_table(
        "registrations",
        sa.Column("id", sa.String(12), primary_key=True),
        sa.Column("root", sa.Text()),
        sa.Column("tracking_uri", sa.Text(), nullable=False),
        sa.Column("model", sa.String(256), nullable=False),
        sa.Column("notebook", sa.Text()),
        sa.Column("run_id", sa.String(12)),
        sa.Column("mlflow_run_id", sa.String()),
        sa.Column("model_id", sa.String()),
        sa.Column("plan", StoredJson(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("version", sa.String()),
        sa.Column("gates", StoredJson(), nullable=False, server_default="[]"),
        sa.Column("evidence", StoredJson(), nullable=False, server_default="{}"),
        sa.Column("message", sa.Text()),
        sa.Column("requested_by", sa.Text()),
        sa.Column("decided_by", sa.Text()),
        sa.Column("decision", sa.String(10)),
        sa.Column("comment", sa.Text()),
        sa.Column("decided_at", UtcDateTime()),
        sa.Column("holder", sa.String(40)),
        sa.Column("held_until", UtcDateTime()),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime()),
    )
    op.create_index("ix_registrations_run_id", "registrations", ["run_id"])
    op.create_index("ix_registrations_model_created", "registrations", ["model", "created_at", "id"])
    op.create_index("ix_registrations_state_created", "registrations", ["state", "created_at", "id"])
    op.create_table(
        "alias_moves",
        sa.Column("id", sa.String(12), primary_key=True),
        sa.Column("tracking_uri", sa.Text(), nullable=False),
        sa.Column("model", sa.String(256), nullable=False),
        sa.Column("alias", sa.String(256), nullable=False),
        sa.Column("from_version", sa.String()),
        sa.Column("to_version", sa.String()),
        sa.Column("action", sa.String(12), nullable=False),
        sa.Column("actor", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.Column("registration_id", sa.String(12)),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("done_at", UtcDateTime()),
    )
    op.create_index("ix_alias_moves_model_created", "alias_moves", ["model", "created_at", "id"])
    op.create_table(
        "registry_turns",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("holder", sa.String(40), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
    )
