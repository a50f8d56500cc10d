"""`jupyter mlops doctor`: is everything there and does it work?"""

from __future__ import annotations

import click

from jupyter_mlops.cli.options import json_option
from jupyter_mlops.cli.output import echo_json

_MARKS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "broken": ("✗", "red")}


@click.command("doctor")
@json_option
def doctor_command(as_json: bool) -> int:
    """Check the installation, the data, the worker, the tracking server and the kernels.

    Each thing that is not as it should be comes with what to do. The exit code is 1 if anything is broken.
    """
    from jupyter_mlops.config import Settings
    from jupyter_mlops.doctor import examine

    findings = []
    for finding in examine(Settings.load()):
        findings.append(finding)
        if as_json:
            continue
        mark, colour = _MARKS[finding.status]
        click.echo(f"{click.style(mark, fg=colour)} {finding.check}: {finding.message}")
        if finding.mend:
            click.echo(f"  {click.style('→', fg=colour)} {finding.mend}")
    broken = sum(finding.status == "broken" for finding in findings)
    if as_json:
        echo_json({"ok": not broken, "findings": [finding.as_dict() for finding in findings]})
    elif broken:
        click.echo(f"{broken} of {len(findings)} checks failed.")
    return 1 if broken else 0
