"""What became of a model that was to be registered, as a notebook shows it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jupyter_mlops.errors import RegistrationError
from jupyter_mlops.magics.card import Card, Code, Link, State, Text

if TYPE_CHECKING:
    from jupyter_mlops.store.tables import Registration
    from jupyter_mlops.tracking.live_models.saving import SavedModel

_TITLES = {
    "registered": "Registered {model}, version {version}",
    "promoted": "Registered {model}, version {version}: it is {alias} now",
    "kept": "Registered {model}, version {version}; {alias} stays where it was",
    "awaiting_approval": "Registered {model}, version {version}, which waits for approval",
}
_FORMATS = {
    "skops": "skops, which runs no code when it is loaded",
    "cloudpickle": "cloudpickle: loading it can run code of its author's",
    "pickle": "pickle: loading it can run code of its author's",
}


@dataclass(frozen=True)
class Made:
    """How a model that was a variable was saved.

    Args:
        saved: as what.
        example_of: the variable that its example is of; None without one, and when it was given.
        can_be_served: whether MLflow can ask it for predictions.
    """

    saved: SavedModel
    example_of: str | None
    can_be_served: bool


@dataclass(frozen=True)
class RegisteredModel:
    """A registration as it stood when it was made.

    Attributes:
        name: the registered model's.
        version: of it; None when no version was made.
        state: `registered`, `promoted`, `kept`, `awaiting_approval`; or `queued` and the like where MLflow
            did not answer, and a worker tries again.
        message: in a sentence or two.
        gates: what each saw and decided.
        registration: its id.
        made: how a model that was a variable was saved; None for one that had been logged.
    """

    name: str
    version: str | None
    state: str
    message: str
    gates: tuple[dict[str, Any], ...]
    registration: str
    mlflow_run_id: str | None
    tracking_uri: str
    alias: str | None = None
    made: Made | None = None

    @classmethod
    def of(cls, row: Registration, tracking_uri: str, made: Made | None = None) -> RegisteredModel:
        """From the stored registration."""
        return cls(
            name=row.model,
            version=row.version,
            state=row.state,
            message=row.message or "",
            gates=tuple(row.gates),
            registration=row.id,
            mlflow_run_id=row.mlflow_run_id,
            tracking_uri=tracking_uri,
            alias=row.plan.get("alias"),
            made=made,
        )

    @property
    def uri(self) -> str:
        """What it is loaded by."""
        return f"models:/{self.name}/{self.version}"

    def card(self) -> Card:
        """What is shown of it below a cell."""
        title = _TITLES.get(self.state, "{model} is on its way into the registry")
        page = _page(self.tracking_uri, f"#/models/{self.name}/versions/{self.version}", self.name)
        return Card(
            title.format(model=self.name, version=self.version, alias=self.alias),
            [
                ("Model", page),
                ("Version", self.version),
                ("Why", self.message if self.gates or self.version is None else None),
                ("MLflow run", self.mlflow_run_id),
                *([] if self.made is None else _facts(self.made)),
                ("Load it", Code(f'mlflow.pyfunc.load_model("{self.uri}")') if self.version else None),
            ],
            ("Gate", "Verdict", "It saw", "It would pass"),
            [
                (gate["kind"], State(gate["verdict"]), gate["message"], gate.get("would_pass"))
                for gate in self.gates
            ],
            [] if self.made is None else list(_notes(self.made)),
        )

    def _repr_mimebundle_(self, **_kwargs: Any) -> dict[str, Any]:
        return self.card().as_mimebundle()

    def _repr_html_(self) -> str:
        return self.card().html()


class RegistrationRefusedError(RegistrationError):
    """No version was made: a gate refuses the model.

    Args:
        registered: the registration, with what each gate saw.
    """

    code = "refused_by_gate"

    def __init__(self, registered: RegisteredModel) -> None:
        super().__init__(registered.message, field="gates")
        self.registered = registered


def _facts(made: Made) -> Iterator[tuple[str, str | None]]:
    saved = made.saved
    yield "Saved as", _FORMATS.get(saved.serialization, saved.serialization)
    yield "Signature", saved.signature
    yield "Example", f"the first rows of {made.example_of}" if made.example_of else None
    yield "Requires", ", ".join(saved.requirements)


def _notes(made: Made) -> Iterator[str]:
    if made.saved.signature is None:
        yield (
            "It has no signature and no example, as none was wanted or none of this notebook's data fits it. "
            "Give some by --example X, or by jupyter_mlops.register(model, NAME, example=X)."
        )
    if not made.can_be_served:
        yield "It has no predict(), so that MLflow can load it, but not serve it."
    if made.saved.can_run_code:
        yield "Load it only where you trust who made it; the version is marked so."


def _page(uri: str, path: str, text: str) -> Text:
    """A page of MLflow's, where the tracking server has any."""
    if uri.startswith(("http://", "https://")) and "@" not in uri:
        return Link(text, f"{uri.rstrip('/')}/{path}")
    return Text(f"{text} (jupyter mlops ui opens MLflow)")
