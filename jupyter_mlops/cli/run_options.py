"""Options that say what to run, and how: those of `jupyter mlops run`, and of `%mlops run`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import click

from jupyter_mlops.cli.matrix import matrix_option, parse_matrix
from jupyter_mlops.cli.options import environment_option, kernel_option, name_option, parameters_option
from jupyter_mlops.cli.policy_options import naming_options, policy_options
from jupyter_mlops.cli.registration_options import registration_options

if TYPE_CHECKING:
    from jupyter_mlops.jobs.service import JobService
    from jupyter_mlops.notebooks.places import NotebookPlace
    from jupyter_mlops.store.tables import Run


@dataclass(frozen=True)
class AskedRun:
    """What was asked for; of parameters and the matrix the texts as they were typed.

    Args:
        parameters: names and values.
        name: the job's.
        register: the registered model that gets the run's model.
        registration: how, as `parse_plan` takes it.
        kernel: its name.
        environment: the kernel's variables.
        preset: of the job.
        matrix: names, and their values with commas between them.
        policies: as `Policies.parse` takes them.
        idempotency_key: that of an earlier call finds its run.
    """

    parameters: tuple[tuple[str, str], ...]
    name: str | None
    register: str | None
    registration: dict[str, Any]
    kernel: str | None
    environment: dict[str, str]
    preset: str | None
    matrix: tuple[tuple[str, str], ...]
    policies: dict[str, Any]
    idempotency_key: str | None

    def submit(self, jobs: JobService, place: NotebookPlace) -> list[Run]:
        """Queue the run, or with a matrix those of all combinations.

        Raises:
            MlopsError: something of it is refused, and nothing was stored.
        """
        from jupyter_mlops.jobs.batches import submit_matrix
        from jupyter_mlops.jobs.spec import RunRequest

        request = RunRequest(
            place.notebook,
            self.name,
            place.parse_parameters(dict(self.parameters)),
            self.kernel,
            self.register,
            self.policies,
            idempotency_key=self.idempotency_key,
            preset=self.preset,
            registration=self.registration,
            environment=self.environment,
        )
        with naming_options():
            if self.matrix:
                return submit_matrix(jobs, request, parse_matrix(place, self.matrix))
            return [jobs.submit(request)]


_OPTIONS: tuple[Callable[[Callable[..., Any]], Callable[..., Any]], ...] = (
    parameters_option,
    name_option,
    registration_options(short_alias=True),
    kernel_option,
    environment_option,
    click.option("--preset", metavar="NAME", help="The job's parameters of this name; -p wins over them."),
    matrix_option,
    policy_options,
    click.option(
        "--idempotency-key",
        metavar="KEY",
        help="With the key of an earlier call, follow the run that it made instead of making another.",
    ),
)


def run_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options; it gets what they say as `asked`."""

    @functools.wraps(command)
    def with_asked(*arguments: Any, **given: Any) -> Any:
        asked = AskedRun(**{field.name: given.pop(field.name) for field in fields(AskedRun)})
        return command(*arguments, asked=asked, **given)

    decorated: Callable[..., Any] = with_asked
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated
