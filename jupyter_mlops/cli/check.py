"""`jupyter mlops check`: what a run of a notebook would fail by, before anything starts."""

from __future__ import annotations

import click

from jupyter_mlops.cli.options import (
    environment_option,
    json_option,
    kernel_option,
    parameters_option,
    root_option,
)
from jupyter_mlops.cli.output import echo_json, print_table


@click.command("check")
@click.argument("notebook")
@parameters_option
@kernel_option
@environment_option
@root_option
@json_option
def check_command(
    notebook: str,
    parameters: tuple[tuple[str, str], ...],
    kernel: str | None,
    environment: dict[str, str],
    root: str | None,
    as_json: bool,
) -> int:
    """Check NOTEBOOK before it runs: kernel, imports, files, tracking server, disk. Nothing is run.

    Exit code 1 when a run is sure to fail; what only may fail it is told, and 0.
    """
    from jupyter_mlops.jobs.preflight.findings import certain
    from jupyter_mlops.jobs.preflight.runs import preflight_request
    from jupyter_mlops.jobs.spec import RunRequest
    from jupyter_mlops.notebooks.places import locate_notebook
    from jupyter_mlops.workspace import Workspace

    place = locate_notebook(notebook, root)
    values = place.parse_parameters(dict(parameters))
    request = RunRequest(place.notebook, parameters=values, kernel=kernel, environment=environment)
    findings = preflight_request(request, place.root, Workspace().settings)
    if as_json:
        echo_json({"findings": [finding.as_dict() for finding in findings]})
    else:
        rows = (
            ("fails" if finding.certain else "may fail", finding.message, finding.hint)
            for finding in findings
        )
        print_table(("A run", "As", "To mend it"), rows, "Nothing was found that a run would fail by.")
    return 1 if certain(findings) else 0
