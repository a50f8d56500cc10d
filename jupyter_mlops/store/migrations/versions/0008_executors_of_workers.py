"""Which executors a worker has, so that a run that none of them executes can be told of; null: not known."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from jupyter_mlops.store.stored_json import StoredJson

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("workers") as changed:
        changed.add_column(sa.Column("executors", StoredJson(), nullable=True))
