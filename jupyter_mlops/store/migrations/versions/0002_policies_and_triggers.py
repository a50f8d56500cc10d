"""Policies of jobs and runs, several triggers of several kinds, idempotency keys, progress."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from jupyter_mlops.store.tables import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def _json(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.JSON(), nullable=False, server_default="{}")


def upgrade() -> None:
    with op.batch_alter_table("jobs") as jobs:
        jobs.add_column(_json("policies"))
        jobs.add_column(_json("presets"))
        jobs.add_column(sa.Column("max_parallel", sa.Integer(), nullable=False, server_default="1"))
        jobs.add_column(sa.Column("defined_in", sa.Text()))
    with op.batch_alter_table("attempts") as attempts:
        attempts.add_column(sa.Column("message", sa.Text()))
    _upgrade_runs()
    _upgrade_triggers()


def _upgrade_runs() -> None:
    with op.batch_alter_table("runs") as runs:
        runs.add_column(sa.Column("fire_key", sa.String(length=100)))
        runs.add_column(_json("cause"))
        runs.add_column(sa.Column("batch_id", sa.String(length=12)))
        runs.add_column(sa.Column("idempotency_key", sa.String(length=200)))
        runs.add_column(_json("policies"))
        runs.add_column(sa.Column("priority", sa.Integer(), nullable=False, server_default="0"))
        runs.add_column(sa.Column("not_before", UtcDateTime()))
        runs.add_column(_json("progress"))
    # Before the new constraint: the fires of the past keep their order, and none is made again.
    op.execute("UPDATE runs SET fire_key = CAST(scheduled_for AS VARCHAR) WHERE trigger_id IS NOT NULL")
    with op.batch_alter_table("runs") as runs:
        runs.drop_constraint("uq_runs_fire", type_="unique")
        runs.create_unique_constraint("uq_runs_fire", ["trigger_id", "fire_key"])
        runs.create_unique_constraint("uq_runs_idempotency", ["root", "idempotency_key"])
        runs.create_index("ix_runs_batch_id", ["batch_id"])
        runs.create_index("ix_runs_job_state", ["job_id", "state"])


def _upgrade_triggers() -> None:
    unique = _unique_of_job_id()
    with op.batch_alter_table(
        "triggers", naming_convention={"uq": "uq_%(table_name)s_%(column_0_name)s"}
    ) as to:
        to.add_column(sa.Column("kind", sa.String(length=16), nullable=False, server_default="cron"))
        to.add_column(_json("spec"))
        to.add_column(_json("seen"))
        to.add_column(sa.Column("starts_at", UtcDateTime()))
        to.add_column(sa.Column("ends_at", UtcDateTime()))
        to.add_column(sa.Column("missed", sa.String(length=8), nullable=False, server_default="latest"))
        to.add_column(sa.Column("jitter_s", sa.Float(), nullable=False, server_default="0"))
        to.add_column(sa.Column("created_at", UtcDateTime()))
        to.drop_constraint(unique, type_="unique")
        to.create_index("ix_triggers_job_id", ["job_id"])
    triggers = sa.table(
        "triggers",
        *(sa.column(name) for name in ("id", "job_id", "cron", "timezone")),
        sa.column("spec", sa.JSON()),
        sa.column("created_at", UtcDateTime()),
    )
    jobs = sa.table("jobs", sa.column("id"), sa.column("created_at", UtcDateTime()))
    connection = op.get_bind()
    rows = connection.execute(
        sa.select(triggers.c.id, triggers.c.cron, triggers.c.timezone, jobs.c.created_at).join(
            jobs, jobs.c.id == triggers.c.job_id
        )
    ).all()
    for row in rows:
        spec = {"cron": row.cron, "timezone": row.timezone}
        connection.execute(
            sa.update(triggers).where(triggers.c.id == row.id).values(spec=spec, created_at=row.created_at)
        )
    with op.batch_alter_table("triggers") as to:
        to.alter_column("kind", server_default=None)
        to.alter_column("spec", server_default=None)
        to.alter_column("created_at", nullable=False)
        to.drop_column("cron")
        to.drop_column("timezone")


def _unique_of_job_id() -> str:
    """PostgreSQL has named the constraint itself; SQLite has not, and takes the name of the convention."""
    found = sa.inspect(op.get_bind()).get_unique_constraints("triggers")
    return next(one["name"] for one in found if one["column_names"] == ["job_id"]) or "uq_triggers_job_id"
