"""Taking over the job definitions of jupyter-scheduler, from its database; nothing of its is written.

It keeps a notebook's name but not its folder, and a copy of the notebook as it was. So the notebook is looked
for under the root, by name and content.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jupyter_core.paths import jupyter_data_dir
from sqlalchemy import select

from jupyter_mlops.config import Settings
from jupyter_mlops.errors import ConflictError, MlopsError, NotFoundError
from jupyter_mlops.jobs.cron import parse_schedule
from jupyter_mlops.jobs.service import JobService
from jupyter_mlops.jobs.spec import RunRequest
from jupyter_mlops.jobs.triggers.request import TriggerRequest
from jupyter_mlops.notebooks.parameters import Parameter, infer_parameters, parse_value
from jupyter_mlops.notebooks.paths import resolve_notebook
from jupyter_mlops.notebooks.read import read_notebook
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import Job

SOURCE = "jupyter-scheduler:"
MAX_FILES = 100_000
_NEVER = ("mlops-runs", "node_modules")
_NOT_TAKEN = {
    "tags": "its tags {}",
    "email_notifications": "its e-mails (say who is told by the policy notify)",
    "package_input_folder": "that its folder is copied: a run sees the notebook's own folder",
    "runtime_environment_parameters": "its environment's parameters {}",
    "compute_type": "its compute type {}",
}


@dataclass
class Imported:
    """What became of one definition.

    Args:
        definition_id: its id there.
        name: its name there.
        job: the name of the job that was made of it, or (dry) would be.
        job_id: the job that was made of it, None when none was.
        problem: why none was made.
        not_taken: what of it was left behind, a sentence's part each.
        unplaced: its notebook's name, where it is to be said which file under the root that is.
    """

    definition_id: str
    name: str
    job: str | None = None
    job_id: str | None = None
    problem: str | None = None
    not_taken: list[str] = field(default_factory=list)
    unplaced: str | None = None


def import_definitions(
    store: Store,
    settings: Settings,
    root: Path,
    database: Path | None = None,
    *,
    notebooks: Mapping[str, str] | None = None,
    activate: bool = False,
    dry_run: bool = False,
) -> list[Imported]:
    """Make a job with a cron trigger of each definition; one that cannot be taken over stops no other.

    Args:
        store: where the jobs are made.
        settings: this user's.
        root: the folder that the jobs belong to: the one that JupyterLab is started in.
        database: jupyter-scheduler's `scheduler.sqlite`, by default in Jupyter's data directory; only read.
        notebooks: for a notebook's name its path below the root, where it cannot be told.
        activate: whether triggers fire that were active there; else all are made paused, so that no run is
            made twice while both are installed.
        dry_run: only say what would be made.

    Raises:
        NotFoundError: there is no such database, or it is none of jupyter-scheduler's.
    """
    database = database or Path(jupyter_data_dir()) / "scheduler.sqlite"
    takeover = _Takeover(
        JobService(store, settings, root),
        database.parent / "scheduler_staging_area",
        notebooks or {},
        activate,
        dry_run,
    )
    return [takeover.of(definition) for definition in _definitions(database)]


def _definitions(database: Path) -> list[dict[str, Any]]:
    missing = NotFoundError(
        f"{database} is no database of jupyter-scheduler.",
        field="database",
        hint="Name its scheduler.sqlite, which is in Jupyter's data directory (`jupyter --paths`).",
    )
    if not database.is_file():
        raise missing
    try:
        connection = sqlite3.connect(f"file:{quote(str(database.resolve()))}?mode=ro", uri=True)
    except sqlite3.Error as error:
        raise missing from error
    try:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute("SELECT * FROM job_definitions ORDER BY create_time")]
    except sqlite3.Error as error:
        raise missing from error
    finally:
        connection.close()


@dataclass
class _Takeover:
    jobs: JobService
    staging: Path
    notebooks: Mapping[str, str]
    activate: bool
    dry_run: bool
    names: set[str] = field(default_factory=set)

    def of(self, row: dict[str, Any]) -> Imported:
        done = Imported(str(row["job_definition_id"]), str(row.get("name") or row["input_filename"]))
        try:
            _refuse_twice(self.jobs, done)
            done.unplaced = str(row["input_filename"])
            notebook = _find_notebook(self.jobs.root, self.staging, row, self.notebooks, done)
            found = resolve_notebook(self.jobs.root, notebook)
            done.unplaced = None
            parameters = _parameters(found, row)
            request = RunRequest(notebook, _free_name(self.jobs, done.name, self.names), parameters)
            done.job_id = self._make(request, row, done)
            done.job = request.name
            self.names.add(str(request.name))
        except MlopsError as error:
            done.problem = f"{error.message} {error.hint or ''}".strip()
        except (ValueError, TypeError, OSError) as error:
            done.problem = f"Its row cannot be read: {error}."
        done.not_taken += [
            told.format(row[name]) for name, told in _NOT_TAKEN.items() if _is_set(row.get(name))
        ]
        return done

    def _make(self, request: RunRequest, row: dict[str, Any], done: Imported) -> str | None:
        cron, timezone = row.get("schedule"), row.get("timezone") or "UTC"
        if self.dry_run:
            self.jobs.prepare(request)
            if cron:
                parse_schedule(cron, timezone)
            return None
        if cron:
            active = self.activate and bool(row.get("active"))
            trigger = TriggerRequest("cron", {"cron": cron, "timezone": timezone}, active=active)
            job_id = self.jobs.schedule_job(request, trigger).trigger.job_id
        else:
            job_id = self.jobs.create_job(request, None).id
        with self.jobs.store.session() as session:
            session.get_one(Job, job_id).defined_in = SOURCE + done.definition_id
        return job_id


def _refuse_twice(jobs: JobService, done: Imported) -> None:
    query = select(Job.name).where(
        Job.root == str(jobs.root), Job.defined_in == SOURCE + done.definition_id, Job.deleted_at.is_(None)
    )
    with jobs.store.reading() as session:
        name = session.scalar(query)
    if name is not None:
        raise ConflictError(f"It was taken over before, as the job {name!r}.")


def _free_name(jobs: JobService, name: str, given: set[str]) -> str:
    """Names of definitions need not differ; those of jobs do. A dry run has stored none of those given."""
    with jobs.store.reading() as session:
        query = select(Job.name).where(Job.root == str(jobs.root), Job.deleted_at.is_(None))
        taken = given | set(session.scalars(query))
    number = 2
    free = name
    while free in taken:
        free, number = f"{name} ({number})", number + 1
    return free


def _find_notebook(
    root: Path, staging: Path, row: dict[str, Any], notebooks: Mapping[str, str], done: Imported
) -> str:
    name = str(row["input_filename"])
    if name in notebooks:
        return notebooks[name]
    found = list(_files_named(root, name))
    copy = staging / done.definition_id / name
    kept = copy.read_bytes() if copy.is_file() else None
    same = [path for path in found if kept is not None and path.read_bytes() == kept]
    if len(same) == 1:
        found = same
    hint = f"Say which by `--notebook {name} PATH`."
    if not found:
        raise NotFoundError(f"There is no {name} under {root}.", hint=hint)
    if len(found) > 1:
        listed = ", ".join(sorted(path.relative_to(root).as_posix() for path in found)[:5])
        raise ConflictError(f"There are {len(found)} notebooks named {name}: {listed}.", hint=hint)
    if kept is not None and not same:
        done.not_taken.append("the notebook as it was then: it has changed since, and runs as it is now")
    return found[0].relative_to(root).as_posix()


def _files_named(root: Path, name: str) -> Iterator[Path]:
    looked = 0
    folders = [root]
    while folders and looked < MAX_FILES:
        try:
            entries = list(folders.pop().iterdir())
        except OSError:
            continue
        looked += len(entries)
        for entry in entries:
            if (
                entry.name.startswith(".")
                or entry.name in ("mlops-runs", "node_modules")
                or entry.is_symlink()
            ):
                continue
            if entry.is_dir():
                folders.append(entry)
            elif entry.name == name:
                yield entry


def _parameters(notebook: Path, row: dict[str, Any]) -> dict[str, Any]:
    """Its parameters, which it keeps as texts, in the types of the notebook's own."""
    given = json.loads(row["parameters"]) if row.get("parameters") else {}
    if not given:
        return {}
    known = infer_parameters(read_notebook(notebook))
    return {
        name: parse_value(known.named(name) or Parameter(name), str(value)) for name, value in given.items()
    }


def _is_set(value: Any) -> bool:
    return value not in (None, "", 0, False, "[]", "{}", "null", "false")
