"""When a job's run last started: the queue is fair between jobs by it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from jupyter_mlops.store.tables import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("jobs") as jobs:
        jobs.add_column(sa.Column("last_started_at", UtcDateTime()))
