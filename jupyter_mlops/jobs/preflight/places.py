"""Where a run is executed and where its notebook is kept: what this machine lacks for that."""

from __future__ import annotations

from collections.abc import Iterator

from jupyter_mlops.jobs.policies import Policies
from jupyter_mlops.jobs.preflight.findings import Finding
from jupyter_mlops.runs.remote.address import lack_of


def unwritable_output(policies: Policies) -> Iterator[Finding]:
    """What is told of an `output_url` that cannot be written to; the run ends as it ends without its copy."""
    url = policies.output_url
    if url is not None and (lack := lack_of(url)) is not None:
        message = f"The executed notebook cannot be copied to {url}: {lack.message}"
        yield Finding("output", message, False, subject=url, hint=lack.hint)
