"""Which model versions say in MLflow that they used some data."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run
    from mlflow.entities.model_registry import ModelVersion

DATA_TAG = "mlops.data"
"""Of a version: JSON list of the `name`, `digest`, `source` and `context` of what it was made of."""
MAX_RUNS = 1000
_PORTION = 100
_NO_FILTER_TEXT = re.compile(r"['\"`%\\\s]")  # what MLflow's filters cannot carry


def versions_using(client: MlflowClient, data: str, run_ids: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Versions that used some data, as `DataUses` has them, those of one model together, newest first.

    Args:
        client: to the tracking server.
        data: a path or its end, a data set's name, or the beginning of a hash.
        run_ids: MLflow runs that are known to have used it.
    """
    fragment = max(_NO_FILTER_TEXT.split(data), key=len)
    aliases: dict[str, dict[str, str]] = {}
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for version, entry in _tagged(client, data, fragment):
        found.setdefault(_key(version), _use(client, version, entry, aliases))
    runs = {**dict.fromkeys(run_ids), **_runs_with_dataset(client, data, fragment)}
    for version in _versions_of_runs(client, list(runs)):
        entry = runs[version.run_id] or {"context": "read by its notebook", "name": data}
        found.setdefault(_key(version), _use(client, version, entry, aliases))
    return [found[key] for key in sorted(found, key=lambda key: (key[0], -key[1]))]


def is_meant(data: str, entry: Mapping[str, Any]) -> bool:
    """Whether `data` means this: by its name, its path or the end of it, or the beginning of its hash."""
    names = [str(entry[key]) for key in ("name", "source") if entry.get(key)]
    by_name = any(name == data or name.endswith(f"/{data.lstrip('/')}") for name in names)
    digest = str(entry.get("digest") or "")
    return by_name or (len(data) >= 4 and digest.startswith(data.lower()))


def _tagged(
    client: MlflowClient, data: str, fragment: str
) -> Iterator[tuple[ModelVersion, Mapping[str, Any]]]:
    for version in _search(client, f"tags.`{DATA_TAG}` ILIKE '%{fragment}%'"):
        try:
            entries = json.loads(version.tags[DATA_TAG])
        except ValueError:
            continue
        entry = next((one for one in entries if isinstance(one, dict) and is_meant(data, one)), None)
        if entry is not None:
            yield version, entry


def _runs_with_dataset(client: MlflowClient, data: str, fragment: str) -> dict[str, dict[str, Any]]:
    """The MLflow runs to which such a dataset was logged, each with the dataset."""
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    found = {}
    for condition in (f"dataset.name ILIKE '%{fragment}%'", f"dataset.digest ILIKE '{fragment}%'"):
        for run in client.search_runs(experiments, condition, max_results=MAX_RUNS) if fragment else ():
            entry = next((one for one in _datasets(run) if is_meant(data, one)), None)
            if entry is not None:
                found[run.info.run_id] = entry
    return found


def _datasets(run: Run) -> Iterator[dict[str, Any]]:
    for entry in run.inputs.dataset_inputs if run.inputs else ():
        context = next((tag.value for tag in entry.tags if tag.key == "mlflow.data.context"), None)
        yield {"name": entry.dataset.name, "digest": entry.dataset.digest, "context": context}


def _versions_of_runs(client: MlflowClient, run_ids: list[str]) -> Iterator[ModelVersion]:
    for start in range(0, len(run_ids), _PORTION):
        some = ", ".join(f"'{run_id}'" for run_id in run_ids[start : start + _PORTION])
        yield from _search(client, f"run_id IN ({some})")


def _search(client: MlflowClient, condition: str) -> Iterator[ModelVersion]:
    token = None
    while True:
        page = client.search_model_versions(condition, max_results=1000, page_token=token)
        yield from page
        token = page.token
        if not token:
            return


def _key(version: ModelVersion) -> tuple[str, int]:
    return version.name, int(version.version)


def _use(
    client: MlflowClient,
    version: ModelVersion,
    entry: Mapping[str, Any],
    aliases: dict[str, dict[str, str]],
) -> dict[str, Any]:
    if version.name not in aliases:
        aliases[version.name] = dict(client.get_registered_model(version.name).aliases or {})
    number = str(version.version)
    return {
        "model": version.name,
        "version": number,
        "aliases": sorted(alias for alias, of in aliases[version.name].items() if str(of) == number),
        "how": entry.get("context") or "training",
        "data": str(entry.get("name")),
        "mlflow_run_id": version.run_id or None,
        "notebook": (version.tags or {}).get("mlops.notebook"),
    }
