"""The tables, one class each. Migrations in `migrations/` make them; a test holds the two together."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from jupyter_mlops.store.base import Base
from jupyter_mlops.store.registry_tables import AliasMove, Registration, RegistryTurn
from jupyter_mlops.store.stored_json import StoredJson, UtcDateTime

__all__ = [
    "AliasMove",
    "Attempt",
    "Base",
    "CellExecution",
    "Change",
    "Job",
    "JournalOffset",
    "KernelSession",
    "Notification",
    "Recording",
    "Registration",
    "RegistryTurn",
    "Run",
    "Source",
    "Trigger",
    "UtcDateTime",
    "Worker",
]


class Job(Base):
    """What to run. Its name is unique among the jobs of one root that are not deleted."""

    __tablename__ = "jobs"

    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    root: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(String(200))
    notebook: Mapped[str] = mapped_column(Text)
    parameters: Mapped[dict[str, Any]]
    kernel: Mapped[str | None]
    register_model: Mapped[str | None]
    registration: Mapped[dict[str, Any]] = mapped_column(StoredJson, default=dict, server_default="{}")
    environment: Mapped[dict[str, str] | None] = mapped_column(StoredJson(none_as_null=True))
    tracking_uri: Mapped[str | None] = mapped_column(Text)
    policies: Mapped[dict[str, Any]] = mapped_column(StoredJson, default=dict, server_default="{}")
    presets: Mapped[dict[str, Any]] = mapped_column(StoredJson, default=dict, server_default="{}")
    max_parallel: Mapped[int] = mapped_column(Integer, default=1, server_default="1")
    defined_in: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]
    last_started_at: Mapped[datetime | None]
    executor: Mapped[str] = mapped_column(String(40), default="local", server_default="local")

    triggers: Mapped[list[Trigger]] = relationship(
        back_populates="job", lazy="selectin", order_by="Trigger.created_at, Trigger.id"
    )

    __table_args__ = (
        Index("ix_jobs_root_created", "root", "created_at", "id"),
        Index(
            "uq_jobs_live_name",
            "root",
            "name",
            unique=True,
            sqlite_where=text("deleted_at IS NULL"),
            postgresql_where=text("deleted_at IS NULL"),
        ),
    )


class Trigger(Base):
    """When to run a job. A job may have several; `jobs/triggers/` says what each kind's `spec` holds.

    `next_fire_at` is when it is due: its next time, or when to look again at what it watches. `seen` is how
    far a kind that watches something has looked.
    """

    __tablename__ = "triggers"

    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    spec: Mapped[dict[str, Any]]
    seen: Mapped[dict[str, Any]] = mapped_column(StoredJson, default=dict, server_default="{}")
    active: Mapped[bool] = mapped_column(Boolean)
    next_fire_at: Mapped[datetime | None]
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    missed: Mapped[str] = mapped_column(String(8), default="latest", server_default="latest")
    jitter_s: Mapped[float] = mapped_column(Float, default=0.0, server_default="0")
    problem: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]

    job: Mapped[Job] = relationship(back_populates="triggers", lazy="joined")

    __table_args__ = (Index("ix_triggers_due", "active", "next_fire_at"),)


class Run(Base):
    """A job run: one execution of a job, for one fire of its trigger or one request."""

    __tablename__ = "runs"

    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    root: Mapped[str] = mapped_column(Text)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"))
    trigger_id: Mapped[str | None] = mapped_column(ForeignKey("triggers.id"))
    scheduled_for: Mapped[datetime | None]
    fire_key: Mapped[str | None] = mapped_column(String(100))
    cause: Mapped[dict[str, Any]] = mapped_column(StoredJson, default=dict, server_default="{}")
    batch_id: Mapped[str | None] = mapped_column(String(12), index=True)
    idempotency_key: Mapped[str | None] = mapped_column(String(200))
    notebook: Mapped[str] = mapped_column(Text)
    snapshot_sha: Mapped[str | None] = mapped_column(String(64))
    parameters: Mapped[dict[str, Any]]
    kernel: Mapped[str | None]
    register_model: Mapped[str | None]
    registration: Mapped[dict[str, Any]] = mapped_column(StoredJson, default=dict, server_default="{}")
    environment: Mapped[dict[str, str] | None] = mapped_column(StoredJson(none_as_null=True))
    tracking_uri: Mapped[str | None] = mapped_column(Text)
    policies: Mapped[dict[str, Any]] = mapped_column(StoredJson, default=dict, server_default="{}")
    priority: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    executor: Mapped[str] = mapped_column(String(40), default="local", server_default="local")
    not_before: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None]
    message: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    progress: Mapped[dict[str, Any]] = mapped_column(StoredJson, default=dict, server_default="{}")
    cells_total: Mapped[int | None]
    cells_done: Mapped[int] = mapped_column(Integer, default=0)
    failed_cell: Mapped[dict[str, Any] | None] = mapped_column(StoredJson(none_as_null=True))
    output_path: Mapped[str | None] = mapped_column(Text)
    mlflow_run_id: Mapped[str | None]
    mlflow_experiment_id: Mapped[str | None]
    metrics: Mapped[dict[str, Any]] = mapped_column(StoredJson, default=dict)
    model_version: Mapped[str | None]
    cancel_requested: Mapped[bool] = mapped_column(Boolean, default=False)
    attempt_id: Mapped[str | None] = mapped_column(String(12))
    lease_until: Mapped[datetime | None]

    job: Mapped[Job] = relationship(lazy="joined")

    __table_args__ = (
        UniqueConstraint("trigger_id", "fire_key", name="uq_runs_fire"),
        UniqueConstraint("root", "idempotency_key", name="uq_runs_idempotency"),
        Index("ix_runs_root_created", "root", "created_at", "id"),
        Index("ix_runs_notebook_created", "root", "notebook", "created_at", "id"),
        Index("ix_runs_job_created", "job_id", "created_at", "id"),
        Index("ix_runs_state_created", "state", "created_at", "id"),
        Index("ix_runs_job_state", "job_id", "state"),
        Index("ix_runs_job_ended", "job_id", "ended_at"),
    )


class Attempt(Base):
    """One try of a job run on one worker slot. Its id is the fencing token of all that the runner writes."""

    __tablename__ = "attempts"

    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"), index=True)
    number: Mapped[int]
    worker_id: Mapped[str] = mapped_column(String(12))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None]
    message: Mapped[str | None] = mapped_column(Text)
    mlflow_run_id: Mapped[str | None]


class Worker(Base):
    """A worker process, alive while its heartbeat is fresh."""

    __tablename__ = "workers"

    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    host: Mapped[str]
    pid: Mapped[int]
    slots: Mapped[int]
    started_at: Mapped[datetime]
    heartbeat_at: Mapped[datetime]
    stopped_at: Mapped[datetime | None]
    executors: Mapped[list[Any] | None] = mapped_column(StoredJson(none_as_null=True))


class Notification(Base):
    """Something to be told about a run, by one channel. Its `key` is what makes it be told once."""

    __tablename__ = "notifications"

    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), unique=True)
    root: Mapped[str] = mapped_column(Text)
    run_id: Mapped[str | None] = mapped_column(String(12), index=True)
    job_id: Mapped[str | None] = mapped_column(String(12))
    event: Mapped[str] = mapped_column(String(24))
    channel: Mapped[str] = mapped_column(String(100))
    title: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    tries: Mapped[int] = mapped_column(Integer, default=0)
    next_try_at: Mapped[datetime | None]
    problem: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_notifications_due", "state", "next_try_at"),
        Index("ix_notifications_root_created", "root", "created_at", "id"),
    )


class KernelSession(Base):
    """One kernel's life on one notebook ("session" in the product's words)."""

    __tablename__ = "sessions"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kernel_id: Mapped[str | None] = mapped_column(String, index=True)
    root: Mapped[str | None] = mapped_column(Text)
    notebook: Mapped[str | None] = mapped_column(Text)
    run_id: Mapped[str | None] = mapped_column(String(12), index=True)
    attempt_id: Mapped[str | None] = mapped_column(String(12))
    runner: Mapped[str]
    host: Mapped[str | None]
    pid: Mapped[int | None]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    facts: Mapped[dict[str, Any]]


class Source(Base):
    """The text of a cell as executed, kept once for each hash."""

    __tablename__ = "sources"

    sha: Mapped[str] = mapped_column(String(64), primary_key=True)
    text: Mapped[str] = mapped_column(Text)


class CellExecution(Base):
    """One execution of one cell."""

    __tablename__ = "executions"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id"), index=True)
    root: Mapped[str | None] = mapped_column(Text)
    notebook: Mapped[str | None] = mapped_column(Text)
    run_id: Mapped[str | None] = mapped_column(String(12))
    seq: Mapped[int]
    msg_id: Mapped[str | None] = mapped_column(Text)
    cell_id: Mapped[str | None]
    cell_key: Mapped[str]
    key_kind: Mapped[str] = mapped_column(String(8))
    tags: Mapped[list[Any]]
    execution_count: Mapped[int | None]
    source_sha: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(16))
    error_name: Mapped[str | None]
    error_message: Mapped[str | None] = mapped_column(Text)
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    traceback: Mapped[str | None] = mapped_column(Text)
    duration_s: Mapped[float | None] = mapped_column(Float)
    cpu_s: Mapped[float | None] = mapped_column(Float)
    memory_peak_bytes: Mapped[int | None] = mapped_column(BigInteger)
    stdout_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    stderr_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    outputs: Mapped[list[Any]]
    reads: Mapped[list[Any]] = mapped_column(StoredJson, default=list)
    writes: Mapped[list[Any]] = mapped_column(StoredJson, default=list)
    facts: Mapped[dict[str, Any]] = mapped_column(StoredJson, default=dict)
    recorded_by: Mapped[str] = mapped_column(String(16), default="recorder")

    __table_args__ = (
        Index("ix_executions_notebook_started", "root", "notebook", "started_at", "id"),
        Index("ix_executions_run_started", "run_id", "started_at", "id"),
        Index("ix_executions_request", "msg_id"),
    )


class Recording(Base):
    """A notebook whose cells its server is asked to record, whatever its kernel can do itself."""

    __tablename__ = "recordings"

    root: Mapped[str] = mapped_column(Text, primary_key=True)
    notebook: Mapped[str] = mapped_column(Text, primary_key=True)
    on: Mapped[bool] = mapped_column(Boolean)
    updated_at: Mapped[datetime]


class JournalOffset(Base):
    """How far a kernel's journal has been ingested."""

    __tablename__ = "journals"

    path: Mapped[str] = mapped_column(Text, primary_key=True)
    session_id: Mapped[str | None] = mapped_column(String(32))
    offset: Mapped[int] = mapped_column(BigInteger)
    corrupt_lines: Mapped[int] = mapped_column(Integer, default=0)
    closed: Mapped[bool] = mapped_column(Boolean, default=False)
    updated_at: Mapped[datetime]


class Change(Base):
    """The outbox: what changed, in order, written in the transaction that changed it."""

    __tablename__ = "changes"

    seq: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    kind: Mapped[str] = mapped_column(String(16))
    entity_id: Mapped[str] = mapped_column(Text)
    state: Mapped[str | None]
    root: Mapped[str | None] = mapped_column(Text)
    notebook: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime]

    __table_args__ = {"sqlite_autoincrement": True}
