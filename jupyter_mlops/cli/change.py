"""`jupyter mlops change`: what a job runs and how, without a file of definitions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from jupyter_mlops.cli.named_values import NamedValueCommand
from jupyter_mlops.cli.options import environment_option, json_option, parameters_option, root_option
from jupyter_mlops.cli.output import echo_json, print_facts
from jupyter_mlops.cli.policy_options import policy_options

if TYPE_CHECKING:
    from jupyter_mlops.jobs.spec import JobChange
    from jupyter_mlops.store.tables import Job


@click.command("change", cls=NamedValueCommand)
@click.argument("job")
@parameters_option
@click.option("--unset", multiple=True, metavar="NAME", help="Leave this parameter at its default again.")
@click.option("--preset", metavar="NAME", help="Keep what -p gives as the preset NAME, not as the job's own.")
@click.option("--drop-preset", metavar="NAME", help="Forget this preset.")
@click.option("--name", help="Another name.")
@click.option("--kernel", metavar="NAME", help="Another kernel; '' for the notebook's own.")
@click.option("--register", metavar="NAME", help="Another registered model; '' for none.")
@environment_option
@policy_options
@root_option
@json_option
def change_command(job: str, root: str | None, as_json: bool, **given: Any) -> None:
    """Change JOB (an id or a name); what is not given stays. Runs that are queued stay as they are."""
    from jupyter_mlops.jobs.views import job_as_dict
    from jupyter_mlops.notebooks.places import check_root
    from jupyter_mlops.workspace import Workspace

    workspace = Workspace()
    found = workspace.find_job(job, check_root(root or "."))
    if not any(given.values()) and given["kernel"] is None and given["register"] is None:
        raise click.UsageError("Nothing to change was given.")
    changed = workspace.jobs_of(found).change_job(found.id, _change(found, given))
    if as_json:
        echo_json({**job_as_dict(changed, None), "root": changed.root})
    else:
        print_facts(_facts(changed))


def _change(job: Job, given: dict[str, Any]) -> JobChange:
    from jupyter_mlops.jobs.combinations import preset_values
    from jupyter_mlops.jobs.spec import JobChange
    from jupyter_mlops.notebooks.places import NotebookPlace

    values = NotebookPlace(Path(job.root), job.notebook).parse_parameters(dict(given["parameters"]))
    presets = dict(job.presets or {})
    own = dict(job.parameters)
    if given["preset"] is not None:
        presets[given["preset"]] = values
    else:
        own |= values
    if given["drop_preset"] is not None:
        preset_values(presets, given["drop_preset"])
        del presets[given["drop_preset"]]
    return JobChange(
        name=given["name"],
        parameters={name: value for name, value in own.items() if name not in given["unset"]},
        policies=_policies(job.policies or {}, given["policies"]) if given["policies"] else None,
        kernel=given["kernel"],
        register_model=given["register"],
        presets=presets,
        environment={**(job.environment or {}), **given["environment"]} if given["environment"] else None,
    )


def _policies(own: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """The job's policies with those given; of `notify` the events that are not named stay, too."""
    notify = {**(own.get("notify") or {}), **given.get("notify", {})}
    return {**own, **given, **({"notify": notify} if "notify" in given else {})}


def _facts(job: Job) -> list[tuple[str, object]]:
    from jupyter_mlops.readable import show_values

    presets = [f"{name}: {show_values(values)}" for name, values in (job.presets or {}).items()]
    return [
        ("Job", job.id),
        ("Name", job.name),
        ("Notebook", job.notebook),
        ("Parameters", show_values(job.parameters)),
        ("Presets", "\n".join(presets) or None),
        ("Environment", show_values(job.environment) if job.environment else None),
        ("Kernel", job.kernel),
        ("Registers", job.register_model),
        ("Policies", show_values(job.policies) if job.policies else None),
    ]
