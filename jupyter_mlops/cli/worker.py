"""`jupyter mlops worker`: be a worker, in the foreground."""

from __future__ import annotations

import logging

import click


@click.command("worker")
@click.option("--slots", type=click.IntRange(1, 256), help="How many runs at once.  [default: half the CPUs]")
@click.option(
    "--exit-when-idle",
    type=click.FloatRange(0),
    metavar="SECONDS",
    help="End after so long with nothing to run and no schedule.  [default: never]",
)
@click.option(
    "--print-unit",
    type=click.Choice(["systemd", "container"]),
    is_flag=False,
    flag_value="systemd",
    help="Write what makes it a service of its own, and do nothing else.  [default: systemd]",
)
def worker_command(slots: int | None, exit_when_idle: float | None, print_unit: str | None) -> None:
    """Execute job runs and fire schedules until Ctrl-C, which lets runs under way end; a second does not.

    Without one in the foreground, a worker is started in the background when there is something to do.
    """
    from jupyter_mlops.runs.service_units import container_entry, systemd_unit
    from jupyter_mlops.runs.worker_main import run_worker
    from jupyter_mlops.runs.workers import default_slots
    from jupyter_mlops.workspace import Workspace

    if print_unit is not None:
        unit = container_entry if print_unit == "container" else systemd_unit
        click.echo(unit(Workspace().settings, slots or default_slots()), nl=False)
        return
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    workspace = Workspace()
    workspace.store.close()  # opened to tell what is wrong with it, if anything is, as a refusal
    run_worker(workspace.settings, slots or default_slots(), exit_when_idle)
