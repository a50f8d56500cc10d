"""`registry`: when MLflow's registry has a new version of a model, or an alias of it has moved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from jupyter_mlops.errors import BadInputError, ScheduleError
from jupyter_mlops.jobs.triggers.kind import Fire, Place, Sight, Watch, WatchingKind
from jupyter_mlops.jobs.triggers.spec_fields import (
    check_names,
    read_choice,
    read_moment,
    read_number,
    read_passed,
    read_text,
)
from jupyter_mlops.tracking.registry import check_model_name

QUESTION = "model_versions"
MAX_FIRES = 25
_SOURCES = ("model", "version", "model_uri", "alias", "mlflow_run_id")


class RegistryKind(WatchingKind):
    """`{"model": "churn", "on": "version"}`, or `{"model": "churn", "on": "alias", "alias": "champion"}`."""

    name = "registry"

    def check(self, given: Mapping[str, Any], place: Place) -> dict[str, Any]:
        """A registered model, which need not be there yet; for `alias`, one alias or any."""
        check_names(given, ("model", "on", "alias", "every_s", "pass"))
        on = read_choice(given, "on", ("version", "alias"), "version")
        alias = given.get("alias")
        if alias is not None:
            alias = read_text(given, "alias", "Give an alias such as champion.")
            if on != "alias":
                raise ScheduleError(
                    "alias is given, but on is not 'alias'.", field="alias", hint="Set on to alias."
                )
        try:
            model = check_model_name(read_text(given, "model", "Give a registered model's name."))
        except BadInputError as error:
            raise ScheduleError(error.message, field="model", hint=error.hint) from None
        return {
            "model": model,
            "on": on,
            "alias": alias,
            "every_s": read_number(given, "every_s", 5, 86400, 30),
            "pass": read_passed(given, place, _SOURCES),
        }

    def describe(self, spec: Mapping[str, Any]) -> str:
        """`When churn has a new version`."""
        if spec["on"] == "version":
            return f"When the model {spec['model']} has a new version"
        alias = f"the alias {spec['alias']}" if spec["alias"] else "an alias"
        return f"When {alias} of the model {spec['model']} moves"

    def every_s(self, spec: Mapping[str, Any]) -> float:
        """As written, half a minute by default: a question to MLflow each time."""
        return float(spec["every_s"])

    def look(self, watch: Watch) -> Sight:
        """One fire for each version, or alias, that is new; a server that does not answer changes nothing."""
        answer = watch.ask(QUESTION, name=watch.spec["model"])
        if answer.problem is not None or answer.value is None:
            why = answer.problem or "the tracking server did not answer a moment ago."
            return Sight(watch.seen, problem=f"The registry could not be asked: {why}")
        state: dict[str, Any] = answer.value
        newest = max((int(version["version"]) for version in state["versions"]), default=0)
        seen = {"newest": newest, "aliases": state["aliases"], "moves": watch.seen.get("moves", 0)}
        if "newest" not in watch.seen:
            watch = replace(watch, seen=_before(watch, state))
        if watch.spec["on"] == "version":
            return Sight({**seen, "newest": max(newest, watch.seen["newest"])}, _new_versions(watch, state))
        moved = _moved_aliases(watch, state)
        return Sight({**seen, "moves": seen["moves"] + len(moved)}, moved)


def _before(watch: Watch, state: Mapping[str, Any]) -> dict[str, Any]:
    """How things were when the trigger was made, as far as the versions' own times tell.

    An alias that is at a version made since has moved since; of another nobody knows, and it is left.
    """
    old = [one for one in state["versions"] if not _is_made_since(one.get("created_at"), watch.since)]
    newest = max((int(one["version"]) for one in old), default=0)
    aliases = {alias: version for alias, version in state["aliases"].items() if int(version) <= newest}
    return {"newest": newest, "aliases": aliases, "moves": 0}


def _is_made_since(created_at: str | None, since: datetime) -> bool:
    return created_at is not None and read_moment(created_at, "created_at") > since


def _new_versions(watch: Watch, state: Mapping[str, Any]) -> list[Fire]:
    new = [one for one in state["versions"] if int(one["version"]) > watch.seen["newest"]]
    new.sort(key=lambda one: int(one["version"]))
    return [_fire(watch, f"version:{one['version']}", one, None) for one in new[-MAX_FIRES:]]


def _moved_aliases(watch: Watch, state: Mapping[str, Any]) -> list[Fire]:
    by_number = {one["version"]: one for one in state["versions"]}
    fires: list[Fire] = []
    for alias, version in sorted(state["aliases"].items()):
        if watch.spec["alias"] in (None, alias) and watch.seen["aliases"].get(alias) != version:
            number = watch.seen["moves"] + len(fires) + 1  # an alias may come back to where it was
            one = by_number.get(version, {"version": version, "mlflow_run_id": None})
            fires.append(_fire(watch, f"alias:{number}:{alias}"[:100], one, alias))
    return fires


def _fire(watch: Watch, key: str, version: Mapping[str, Any], alias: str | None) -> Fire:
    model = watch.spec["model"]
    outputs = {
        "model": model,
        "version": version["version"],
        "model_uri": f"models:/{model}/{version['version']}",
        "alias": alias,
        "mlflow_run_id": version["mlflow_run_id"],
    }
    cause = {"model": model, "version": version["version"], **({"alias": alias} if alias else {})}
    return Fire(key, cause, parameters={name: outputs[source] for name, source in watch.spec["pass"].items()})
