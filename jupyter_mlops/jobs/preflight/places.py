"""Where a run is executed and where its notebook is kept: what this machine lacks for that."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone

from sqlalchemy.orm import Session

from jupyter_mlops.jobs.policies import Policies
from jupyter_mlops.jobs.preflight.findings import Finding
from jupyter_mlops.runs.executors import LOCAL
from jupyter_mlops.runs.remote.address import lack_of
from jupyter_mlops.runs.workers import live_executors


def unmanned_executor(policies: Policies, session: Session) -> Iterator[Finding]:
    """What is told of an executor that no live worker has; a run waits until there is one that has."""
    name = policies.executor
    if name == LOCAL:  # every worker has it
        return
    known = live_executors(session, datetime.now(timezone.utc))
    if known is not None and name not in known:
        yield Finding(
            "executor",
            f"No worker that is alive has the executor {name!r}; the run waits until one has.",
            False,
            subject=name,
            hint="Start one where that executor is installed: `jupyter mlops worker`.",
        )


def unwritable_output(policies: Policies) -> Iterator[Finding]:
    """What is told of an `output_url` that cannot be written to; the run ends as it ends without its copy."""
    url = policies.output_url
    if url is not None and (lack := lack_of(url)) is not None:
        message = f"The executed notebook cannot be copied to {url}: {lack.message}"
        yield Finding("output", message, False, subject=url, hint=lack.hint)
