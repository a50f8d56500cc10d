"""A registry trigger: new versions and moved aliases fire once; a server that is away changes nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

import pytest
from trigger_bench import TriggerBench

from jupyter_mlops.errors import ScheduleError
from jupyter_mlops.tracking.gateway import Answer


@dataclass
class Registry:
    """What a tracking server would say of one model."""

    newest: int = 0
    aliases: dict[str, str] = field(default_factory=dict)
    problem: str | None = None
    made_at: dict[int, datetime] = field(default_factory=dict)

    def __call__(self, question: str, **arguments: str) -> Answer:
        assert (question, arguments) == ("model_versions", {"name": "churn"})
        versions = [
            {
                "version": str(number),
                "mlflow_run_id": f"run{number}",
                "created_at": self.made_at[number].isoformat() if number in self.made_at else None,
            }
            for number in range(self.newest, 0, -1)
        ]
        if self.problem is not None:
            return Answer(None, None, self.problem)
        return Answer({"versions": versions, "aliases": dict(self.aliases)}, datetime.now(timezone.utc), None)


@pytest.fixture
def registry(bench: TriggerBench) -> Registry:
    bench.ask = Registry()
    return bench.ask


def causes(bench: TriggerBench) -> list[dict[str, str]]:
    return [
        {name: value for name, value in run.cause.items() if name not in ("kind", "trigger", "model")}
        for run in bench.runs()
    ]


def test_each_new_version_fires_once_and_those_there_before_do_not(
    bench: TriggerBench, registry: Registry
) -> None:
    registry.newest = 2
    trigger = bench.made("registry", model="churn", **{"pass": {"tag": "version", "day": "model_uri"}})
    assert bench.look(trigger) == 0
    registry.newest = 4
    assert bench.look(trigger, seconds=30) == 2
    assert bench.look(trigger, seconds=30) == 0
    assert sorted((run.parameters for run in bench.runs()), key=str) == [
        {"tag": "3", "day": "models:/churn/3"},
        {"tag": "4", "day": "models:/churn/4"},
    ]
    assert sorted(cause["version"] for cause in causes(bench)) == ["3", "4"]


def test_what_is_registered_before_the_first_look_fires(bench: TriggerBench, registry: Registry) -> None:
    registry.made_at = {1: bench.now - timedelta(days=1), 2: bench.now + timedelta(seconds=1)}
    registry.newest, registry.aliases = 2, {"champion": "2", "old": "1"}
    versions = bench.made("registry", model="churn")
    aliases = bench.made("registry", model="churn", on="alias")
    for trigger in (versions, aliases):
        assert bench.look(trigger, seconds=5) == 1
        assert bench.look(trigger, seconds=5) == 0
    assert causes(bench) == [{"version": "2"}, {"version": "2", "alias": "champion"}]


def test_the_first_version_of_a_model_that_was_not_there_fires(
    bench: TriggerBench, registry: Registry
) -> None:
    trigger = bench.made("registry", model="churn")
    bench.look(trigger)
    registry.newest = 1
    assert bench.look(trigger, seconds=30) == 1


def test_an_alias_fires_each_time_it_moves_also_back(bench: TriggerBench, registry: Registry) -> None:
    registry.newest, registry.aliases = 2, {"champion": "1", "other": "1"}
    trigger = bench.made("registry", model="churn", on="alias", alias="champion")
    bench.look(trigger)
    for version in ("2", "1", "2"):
        registry.aliases = {"champion": version, "other": version}
        assert bench.look(trigger, seconds=30) == 1
        assert bench.look(trigger, seconds=30) == 0
    assert len({run.fire_key for run in bench.runs()}) == 3


def test_a_server_that_does_not_answer_is_told_and_nothing_is_missed(
    bench: TriggerBench, registry: Registry
) -> None:
    registry.newest = 1
    trigger = bench.made("registry", model="churn")
    bench.look(trigger)
    registry.problem = "connection refused"
    assert bench.look(trigger, seconds=30) == 0
    now = bench.again(trigger)
    assert now.active and "connection refused" in (now.problem or "")
    registry.problem, registry.newest = None, 2
    assert bench.look(trigger, seconds=30) == 1
    assert bench.again(trigger).problem is None


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "model"),
        ({"model": "a/b"}, "model"),
        ({"model": "churn", "on": "stage"}, "on"),
        ({"model": "churn", "alias": "champion"}, "alias"),
        ({"model": "churn", "every_s": 1}, "every_s"),
        ({"model": "churn", "pass": {"C": "stage"}}, "pass.C"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_field(
    bench: TriggerBench, given: dict[str, object], field: str
) -> None:
    with pytest.raises(ScheduleError) as refused:
        bench.made("registry", **given)
    assert refused.value.field == field
