"""Where a job executes, so that each executor can have a limit; the ends of a job's runs, found by index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("jobs", "runs"):
        with op.batch_alter_table(table) as changed:
            changed.add_column(sa.Column("executor", sa.String(40), nullable=False, server_default="local"))
    op.create_index("ix_runs_job_ended", "runs", ["job_id", "ended_at"])
