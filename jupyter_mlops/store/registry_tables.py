"""The tables of models on their way into MLflow's registry, and of its aliases."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from jupyter_mlops.store.base import Base
from jupyter_mlops.store.stored_json import StoredJson


class Registration(Base):
    """One model on its way into the registry: checked, made a version, judged, promoted.

    Each step is stored before the next begins, so that whoever takes it up after a kill goes on from there.
    `holder` works at it until `held_until`.
    """

    __tablename__ = "registrations"

    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    root: Mapped[str | None] = mapped_column(Text)
    tracking_uri: Mapped[str] = mapped_column(Text)
    model: Mapped[str] = mapped_column(String(256))
    notebook: Mapped[str | None] = mapped_column(Text)
    run_id: Mapped[str | None] = mapped_column(String(12), index=True)
    mlflow_run_id: Mapped[str | None]
    model_id: Mapped[str | None]
    plan: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(20))
    version: Mapped[str | None]
    gates: Mapped[list[Any]] = mapped_column(StoredJson, default=list, server_default="[]")
    evidence: Mapped[dict[str, Any]] = mapped_column(StoredJson, default=dict, server_default="{}")
    message: Mapped[str | None] = mapped_column(Text)
    requested_by: Mapped[str | None] = mapped_column(Text)
    decided_by: Mapped[str | None] = mapped_column(Text)
    decision: Mapped[str | None] = mapped_column(String(10))
    comment: Mapped[str | None] = mapped_column(Text)
    decided_at: Mapped[datetime | None]
    holder: Mapped[str | None] = mapped_column(String(40))
    held_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_registrations_model_created", "model", "created_at", "id"),
        Index("ix_registrations_state_created", "state", "created_at", "id"),
    )


class AliasMove(Base):
    """One move of an alias. It is stored as `intended` before the registry is told, and `done` after."""

    __tablename__ = "alias_moves"

    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    tracking_uri: Mapped[str] = mapped_column(Text)
    model: Mapped[str] = mapped_column(String(256))
    alias: Mapped[str] = mapped_column(String(256))
    from_version: Mapped[str | None]
    to_version: Mapped[str | None]
    action: Mapped[str] = mapped_column(String(12))
    actor: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    registration_id: Mapped[str | None] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_alias_moves_model_created", "model", "created_at", "id"),)


class RegistryTurn(Base):
    """Who may move a model's aliases now. A turn that is not renewed ends by itself."""

    __tablename__ = "registry_turns"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    holder: Mapped[str] = mapped_column(String(40))
    until: Mapped[datetime]
