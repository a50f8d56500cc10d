"""Definitions of one root, as every face (REST, CLI, Python) asks for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from jupyter_mlops.config import Settings
from jupyter_mlops.errors import BadInputError, NotFoundError, OutsideRootError
from jupyter_mlops.jobs.definitions.apply import Change, apply, plan
from jupyter_mlops.jobs.definitions.definition import Definitions, read_definitions
from jupyter_mlops.jobs.definitions.export import export_definitions
from jupyter_mlops.jobs.definitions.yaml_lines import MAX_BYTES
from jupyter_mlops.jobs.listing import jobs_query
from jupyter_mlops.jobs.rows import job_of_root, live_job
from jupyter_mlops.runs import workers
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import Job

DEFAULT_FILE = "jobs.yaml"


@dataclass(frozen=True)
class DefinitionFile:
    """A file of definitions.

    Args:
        text: its content.
        name: how messages call it.
        source: its own name in the store, by which its jobs are known: its path below the root.
    """

    text: bytes
    name: str
    source: str

    @classmethod
    def read(cls, path: Path, root: Path) -> DefinitionFile:
        """A file of this machine, below the root or not.

        Raises:
            NotFoundError: it cannot be read.
        """
        real = path.resolve()
        try:
            with path.open("rb") as file:
                text = file.read(MAX_BYTES + 1)  # one more is refused when it is parsed
        except OSError as error:
            raise NotFoundError(
                f"{path} cannot be read: {error.strerror or error}.",
                field="file",
                hint="`jupyter mlops export --file jobs.yaml` writes one of the jobs there are.",
            ) from error
        source = real.relative_to(root).as_posix() if real.is_relative_to(root) else str(real)
        return cls(text, path.name, source)

    @classmethod
    def below(cls, root: Path, file: str, text: str | None) -> DefinitionFile:
        """What a caller sent as a file's text, or (without a text) the file as it is; below the root only.

        Raises:
            OutsideRootError: it is not below the root.
            NotFoundError: it cannot be read.
        """
        path = path_below(root, file, "file")
        if text is None:
            return cls.read(path, root)
        return cls(text.encode(), path.name, path.relative_to(root).as_posix())


class DefinitionService:
    """The jobs of one server root as a file has them.

    Args:
        store: where they are kept.
        settings: this user's settings.
        root: the server root.
    """

    def __init__(self, store: Store, settings: Settings, root: Path) -> None:
        self.store = store
        self.settings = settings
        self.root = root.resolve()

    def plan(self, file: DefinitionFile, *, adopt: bool = False) -> list[Change]:
        """What `apply` would do; nothing is stored.

        Raises:
            DefinitionError: something in the file cannot be used: all of it is told.
        """
        return plan(self.store, self.settings, self.root, _read(file), file.source, adopt=adopt)

    def apply(self, file: DefinitionFile, *, adopt: bool = False) -> list[Change]:
        """Make the jobs what the file says, and see that a worker is there; see `apply.apply`.

        Raises:
            DefinitionError: something in the file cannot be used: all of it is told; nothing was stored.
        """
        made = apply(self.store, self.settings, self.root, _read(file), file.source, adopt=adopt)
        if made:
            workers.ensure_worker(self.store, self.settings)
        return made

    def export(self, jobs: Sequence[str] = ()) -> dict[str, Any]:
        """The jobs as a file of definitions has them, by name: those named (or their ids), else all.

        Raises:
            NotFoundError: there is no such job.
        """
        with self.store.reading() as session:
            found = [self._job(session, job) for job in jobs] or session.scalars(jobs_query(str(self.root)))
            return export_definitions(session, sorted(found, key=lambda job: job.name))

    def _job(self, session: Session, job: str) -> Job:
        return live_job(session, str(self.root), job) or job_of_root(session, self.root, job)


def path_below(root: Path, path: str, field: str) -> Path:
    """The real path that a caller of the server names.

    Raises:
        OutsideRootError: it is not below the root.
        BadInputError: it cannot be a path.
    """
    try:
        real = (root / path).resolve()
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, a NUL
        raise BadInputError(f"'{path[:200]}' cannot be a path.", field=field) from error
    if not path.strip() or not real.is_relative_to(root) or real == root:
        raise OutsideRootError(
            f"'{path[:200]}' is no path below the root.",
            field=field,
            hint="Give a path below the folder that the server was started in, such as jobs.yaml.",
        )
    return real


def _read(file: DefinitionFile) -> Definitions:
    return read_definitions(file.text, file.name)
