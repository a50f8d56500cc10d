"""What all tables have in common."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import DeclarativeBase

from jupyter_mlops.store.stored_json import StoredJson, UtcDateTime


class Base(DeclarativeBase):
    """All tables of the store."""

    type_annotation_map = {
        datetime: UtcDateTime,
        dict[str, Any]: StoredJson,
        list[Any]: StoredJson,
        str: String,
    }
