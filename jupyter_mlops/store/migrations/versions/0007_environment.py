"""The environment variables that a job gives its kernels; secrets are in it by reference only."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from jupyter_mlops.store.stored_json import StoredJson

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("jobs", "runs"):
        with op.batch_alter_table(table) as changed:
            changed.add_column(sa.Column("environment", StoredJson(), nullable=True))
