"""The secrets that an environment refers to, and which of them are not there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from sqlalchemy import select

from jupyter_mlops.config import Settings
from jupyter_mlops.jobs.preflight.findings import Finding
from jupyter_mlops.secrets.environment import references
from jupyter_mlops.secrets.keeping import Secrets
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import Job


def missing_secrets(environment: Mapping[str, str], secrets: Secrets) -> Iterator[Finding]:
    """What is told of them. It is never sure: the worker may have what this process has not."""
    for variable, name in references(environment).items():
        if secrets.find(name) is None:
            yield Finding(
                "secret",
                f"The secret {name!r}, for the variable {variable}, is not on this machine.",
                False,
                subject=name,
                hint=f"`jupyter mlops secrets set {name}` keeps it here.",
            )


def report_secrets(store: Store, settings: Settings) -> tuple[Literal["ok", "warning"], str, str | None]:
    """What `doctor` says of the secrets that jobs refer to: a status, a sentence, and what to do."""
    secrets = Secrets(settings)
    query = select(Job.name, Job.environment).where(Job.environment.is_not(None), Job.deleted_at.is_(None))
    with store.reading() as session:
        rows = session.execute(query).all()
    named = {secret: job for job, given in rows for secret in references(given or {}).values()}
    lacking = [
        f"{secret} (of the job {job})" for secret, job in named.items() if secrets.find(secret) is None
    ]
    if lacking:
        said = f"{len(lacking)} that jobs refer to are not on this machine: {', '.join(lacking[:5])}."
        return "warning", said, "jupyter mlops secrets set NAME, unless the worker has them in its own way"
    return "ok", f"{len(secrets.all())} are here, and no job lacks one.", None
