"""What a registration does in MLflow's registry: find, make and tag versions, and move aliases."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from jupyter_mlops.errors import BadInputError, NotFoundError, RegistrationError, TrackingUnavailableError
from jupyter_mlops.tracking.registry import SERIALIZATION, NoModelLoggedError
from jupyter_mlops.tracking.registry import ensure_registered_model as _ensure

if TYPE_CHECKING:
    from mlflow import MlflowClient

REGISTRATION_TAG = "mlops.registration"
_URI_VARIABLE = "MLFLOW_TRACKING_URI"
_REFUSALS = {"INVALID_PARAMETER_VALUE", "BAD_REQUEST", "PERMISSION_DENIED", "INVALID_STATE"}


class ModelRegistry:
    """The registry of one tracking server.

    Args:
        client: MLflow's client to it.
    """

    def __init__(self, client: MlflowClient) -> None:
        self.client = client

    def find_logged_model(self, mlflow_run_ids: Sequence[str], name: str | None, model: str) -> str:
        """The id of the model that these MLflow runs logged last, of that name if there is one.

        Raises:
            NoModelLoggedError: they logged none; the names of those that they logged are said.
        """
        with _spoken("The runs' logged models cannot be listed"):
            found = [
                logged
                for run_id in mlflow_run_ids
                for logged in self.client.search_logged_models(
                    [self.client.get_run(run_id).info.experiment_id], f"source_run_id = '{run_id}'"
                )
            ]
        fitting = [logged for logged in found if name is None or logged.name == name]
        if fitting:
            return str(max(fitting, key=lambda logged: logged.creation_timestamp).model_id)
        if found:
            names = ", ".join(sorted({repr(logged.name) for logged in found}))
            raise NoModelLoggedError(
                f"The notebook logged no model named {name!r}, only {names}.",
                field="registration.logged_model",
                hint="Name one of these, or none for the one that is logged last.",
            )
        raise NoModelLoggedError(
            f"The notebook logged no model, so there is none to register as {model!r}.",
            field="register_model",
            hint="Log it in a cell, with your library's flavour: "
            "mlflow.sklearn.log_model(model, name='model').",
        )

    def version_of(self, name: str, registration_id: str) -> str | None:
        """The version that a registration has made, None when it has not yet."""
        quoted = name.replace("'", "''")
        with _spoken("The model's versions cannot be listed"):
            found = self.client.search_model_versions(
                f"name='{quoted}' and tags.`{REGISTRATION_TAG}`='{registration_id}'"
            )
        return str(found[0].version) if found else None

    def make_version(
        self, name: str, model_id: str, registration_id: str, serialization: str, tags: Mapping[str, str]
    ) -> str:
        """The version of a registration: found again, or else made. To be called in the model's turn.

        Raises:
            RegistrationError: the registry refuses.
        """
        if (version := self.version_of(name, registration_id)) is not None:
            return version
        with _spoken(f"The model could not be registered as {name!r}"), _own_uri(self.client.tracking_uri):
            logged = self.client.get_logged_model(model_id)
            _ensure(self.client, name)
            made = self.client.create_model_version(
                name,
                source=logged.model_uri,
                run_id=logged.source_run_id,
                model_id=model_id,
                tags={**tags, REGISTRATION_TAG: registration_id, SERIALIZATION: serialization},
            )
        return str(made.version)

    def tag_version(self, name: str, version: str, tags: Mapping[str, str]) -> None:
        """Say more of a version."""
        with _spoken(f"Version {version} of {name!r} cannot be tagged"):
            for key, value in tags.items():
                self.client.set_model_version_tag(name, version, key, value)

    def aliases(self, name: str) -> dict[str, str]:
        """The version of each alias; none for a model that is not there."""
        from mlflow.exceptions import MlflowException

        with _spoken(f"The aliases of {name!r} cannot be read"):
            try:
                found = self.client.get_registered_model(name).aliases
            except MlflowException as error:
                if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                    raise
                return {}
        return {alias: str(version) for alias, version in found.items()}

    def has_version(self, name: str, version: str) -> bool:
        """Whether there is such a version."""
        from mlflow.exceptions import MlflowException

        with _spoken(f"Version {version} of {name!r} cannot be read"):
            try:
                self.client.get_model_version(name, version)
            except MlflowException as error:
                if error.error_code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                    raise
                return False
        return True

    def set_alias(self, name: str, alias: str, version: str | None) -> None:
        """Let an alias name a version; None takes it away.

        Raises:
            BadInputError: MLflow takes no such alias.
            NotFoundError: there is no such version.
        """
        from mlflow.exceptions import MlflowException

        with _spoken(f"The alias {alias!r} of {name!r} cannot be moved"):
            try:
                if version is None:
                    self.client.delete_registered_model_alias(name, alias)
                else:
                    self.client.set_registered_model_alias(name, alias, version)
            except MlflowException as error:
                if error.error_code == "INVALID_PARAMETER_VALUE":
                    raise BadInputError(_first_line(error), field="alias") from error
                if error.error_code == "RESOURCE_DOES_NOT_EXIST" and version is not None:
                    raise NotFoundError(_first_line(error), field="version") from error
                if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                    raise


@contextmanager
def _own_uri(uri: str) -> Iterator[None]:
    """MLflow asks for a version's model where this process logs by default, whatever its client was given."""
    import mlflow

    before, variable = mlflow.get_tracking_uri(), os.environ.get(_URI_VARIABLE)
    if before == uri:
        yield
        return
    was_set = mlflow.is_tracking_uri_set()
    mlflow.set_tracking_uri(uri)
    try:
        yield
    finally:
        mlflow.set_tracking_uri(before if was_set else None)
        if variable is not None:
            os.environ[_URI_VARIABLE] = variable


@contextmanager
def _spoken(what: str) -> Iterator[None]:
    """MLflow's failures in our words: what it refuses for good, and what may be otherwise later."""
    from mlflow.exceptions import MlflowException

    try:
        yield
    except (MlflowException, OSError) as error:
        code = getattr(error, "error_code", None)
        final = code in _REFUSALS or code == "RESOURCE_DOES_NOT_EXIST"
        kind = RegistrationError if final else TrackingUnavailableError
        raise kind(
            f"{what}: {_first_line(error)}",
            field="register_model" if final else "tracking_uri",
            hint=None if final else "See `jupyter mlops doctor` for the tracking server in use.",
        ) from error


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
