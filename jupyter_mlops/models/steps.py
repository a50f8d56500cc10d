"""The steps of a registration: what each state does, and which state follows.

Every step can be done again after a kill: a version is found by its registration's tag, an alias is where it
was to go, a gate is judged once more. What it comes to is stored in one write, which names the holder.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeAlias

from jupyter_mlops.models.decisions import with_decision
from jupyter_mlops.models.evidence import keep_evidence
from jupyter_mlops.models.facts import ModelFacts, facts_from
from jupyter_mlops.models.gates.gate import GateResult
from jupyter_mlops.models.gates.judge import judge_gates
from jupyter_mlops.models.moves import NewMove
from jupyter_mlops.models.plan import GateSpec, RegistrationPlan, Step
from jupyter_mlops.models.promotion import AliasTurn, alias_turn, replaced, taken_away
from jupyter_mlops.models.states import RegistrationState
from jupyter_mlops.models.trial import ModelTrial
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import Registration
from jupyter_mlops.tracking.client import Tracking
from jupyter_mlops.tracking.model_facts import facts_of_logged_model, facts_of_version
from jupyter_mlops.tracking.model_registry import ModelRegistry

Columns: TypeAlias = dict[str, Any]
Judge: TypeAlias = Callable[[Sequence[GateSpec], ModelFacts, ModelFacts | None, ModelTrial], list[GateResult]]
NO_CHAMPION = ""
JUDGED_AGAINST = "judged_against"
"""In a registration's evidence: the version that held the alias when the gates were judged."""
PROBLEM = "problem"
"""In a registration's evidence: the code of the error by which it failed."""


@dataclass
class Carrying:
    """A registration in the hands of its holder; what is asked of MLflow about its model is asked once.

    Args:
        store: where it is.
        tracking: its tracking server.
        row: as it was stored last.
        trial: loads models in child processes.
        tags: what is said of the version besides.
        mlflow_run_ids: those of the job run that may have logged the model; its own MLflow run by default.
    """

    store: Store
    tracking: Tracking
    row: Registration
    trial: ModelTrial
    tags: Mapping[str, str]
    mlflow_run_ids: Sequence[str] = ()
    judge: Judge = judge_gates

    @cached_property
    def plan(self) -> RegistrationPlan:
        """How it is registered."""
        return RegistrationPlan.of(self.row.plan)

    @cached_property
    def registry(self) -> ModelRegistry:
        """MLflow's."""
        return ModelRegistry(self.tracking.client)

    @cached_property
    def logged(self) -> ModelFacts:
        """The model as it was logged, in no version yet."""
        return facts_from(facts_of_logged_model(self.tracking.client, str(self.row.model_id)))

    @property
    def candidate(self) -> ModelFacts:
        """The model, in the version that it has by now."""
        return replace(self.logged, name=self.row.model, version=self.row.version)

    def version_facts(self, version: str | None) -> ModelFacts | None:
        """Another version of the model; None for none."""
        if version is None:
            return None
        return facts_from(facts_of_version(self.tracking.client, self.row.model, version))

    def results_of(self, step: Step, champion: str | None) -> list[GateResult]:
        """Judge all gates before a step."""
        specs = self.plan.before(step)
        return self.judge(specs, self.candidate, self.version_facts(champion), self.trial) if specs else []

    def keep_evidence(self, gates: list[dict[str, Any]]) -> None:
        """Write with the version what it was judged by."""
        keep_evidence(self.tracking, self.store, self.row, self.candidate, gates)

    def champion(self) -> str | None:
        """The version that holds the plan's alias now."""
        return None if self.plan.alias is None else self.registry.aliases(self.row.model).get(self.plan.alias)


def find_model(carrying: Carrying) -> Columns:
    """`queued`: which of the models that the run logged is meant."""
    row = carrying.row
    model_id = row.model_id
    if model_id is None:
        runs = carrying.mlflow_run_ids or [str(row.mlflow_run_id)]
        model_id = carrying.registry.find_logged_model(runs, carrying.plan.logged_model, row.model)
    return {"state": RegistrationState.CHECKING, "model_id": model_id}


def check(carrying: Carrying) -> Columns:
    """`checking`: the gates before registration."""
    results = carrying.results_of("register", carrying.champion())
    gates = _stored(results)
    refused = [result for result in results if result.verdict == "refused"]
    if refused:
        message = f"No version of {carrying.row.model!r} was made: {said_of(refused)}"
        return {"state": RegistrationState.REFUSED, "gates": gates, "message": message}
    return {"state": RegistrationState.REGISTERING, "gates": gates}


def register(carrying: Carrying) -> Columns:
    """`registering`: the version, found again by its tag or made now, and the alias of those that wait."""
    row, plan = carrying.row, carrying.plan
    with _turn(carrying) as turn:
        version = row.version or carrying.registry.make_version(
            row.model, str(row.model_id), row.id, carrying.candidate.serialization, carrying.tags
        )
        if plan.candidate is not None:
            there = turn.aliases().get(plan.candidate)
            said = {"actor": row.requested_by, "registration_id": row.id}
            turn.make([NewMove(plan.candidate, there, version, "candidate", **said)])
    return {"state": RegistrationState.GATING, "version": version}


def judge(carrying: Carrying) -> Columns:
    """`gating`: the gates before promotion."""
    row = carrying.row
    if carrying.plan.alias is None:
        carrying.keep_evidence(row.gates)
        said = f"Version {row.version} of {row.model!r} is registered."
        return {"state": RegistrationState.REGISTERED, "message": said}
    champion = carrying.champion()
    return _judged(carrying, champion, carrying.results_of("promote", champion))


def promote(carrying: Carrying) -> Columns:
    """`promoting`: the alias moves, unless the gates now say otherwise, as another version holds it."""
    row, alias = carrying.row, str(carrying.plan.alias)
    gates, evidence = row.gates, row.evidence
    with _turn(carrying) as turn:
        there = turn.aliases().get(alias)
        if there != row.version and (there or NO_CHAMPION) != evidence.get(JUDGED_AGAINST, NO_CHAMPION):
            # In the turn, so that nobody can move it while the gates are judged once more.
            again = _judged(carrying, there, carrying.results_of("promote", there))
            if again["state"] is not RegistrationState.PROMOTING:
                return again
            gates, evidence = again["gates"], again["evidence"]
        carrying.keep_evidence(gates)
        _move(carrying, turn, there)
    instead = evidence.get(JUDGED_AGAINST)
    in_place = f", in place of version {instead}" if instead and instead != row.version else ""
    said = f"Version {row.version} of {row.model!r} became {alias}{in_place}."
    return {"state": RegistrationState.PROMOTED, "message": said, "gates": gates, "evidence": evidence}


STEPS: dict[RegistrationState, Callable[[Carrying], Columns]] = {
    RegistrationState.QUEUED: find_model,
    RegistrationState.CHECKING: check,
    RegistrationState.REGISTERING: register,
    RegistrationState.GATING: judge,
    RegistrationState.PROMOTING: promote,
}


def said_of(results: Sequence[GateResult]) -> str:
    """What gates say, and what would pass."""
    return " ".join(
        f"{result.kind}: {result.message}"
        + (f" It would pass: {result.would_pass}" if result.would_pass else "")
        for result in results
    )


def _judged(carrying: Carrying, champion: str | None, results: list[GateResult]) -> Columns:
    """What follows from the gates before promotion."""
    row, alias = carrying.row, carrying.plan.alias
    judged = [with_decision(gate, row) for gate in _stored(results)]
    gates = [gate for gate in row.gates if gate["before"] != "promote"] + judged
    columns: Columns = {"gates": gates, "evidence": {**row.evidence, JUDGED_AGAINST: champion or NO_CHAMPION}}
    verdicts = {gate["verdict"] for gate in judged}
    if "refused" in verdicts:
        stays = f"{alias} stays version {champion}" if champion else f"no version is {alias}"
        why = said_of([result for result in results if result.verdict == "refused"])
        said = f"Version {row.version} of {row.model!r} is registered, but {stays}: {why}"
        columns.update(state=RegistrationState.KEPT, message=said)
    elif "waiting" in verdicts:
        said = f"Version {row.version} of {row.model!r} waits for approval before it becomes {alias}."
        columns.update(state=RegistrationState.AWAITING_APPROVAL, message=said)
    else:
        return {**columns, "state": RegistrationState.PROMOTING}
    carrying.keep_evidence(gates)
    return columns


def _move(carrying: Carrying, turn: AliasTurn, there: str | None) -> None:
    row, plan = carrying.row, carrying.plan
    aliases, version = turn.aliases(), str(row.version)
    said = {
        "actor": row.decided_by or row.requested_by,
        "reason": row.comment or "Every gate passed.",
        "registration_id": row.id,
    }
    moves = [NewMove(str(plan.alias), there, version, "promote", **said)]
    if there != version:
        moves += replaced(aliases, there, plan.previous, **said)
    turn.make([*moves, *taken_away(aliases, plan.candidate, version, **said)])


def _turn(carrying: Carrying) -> Any:
    row = carrying.row
    return alias_turn(carrying.store, carrying.registry, carrying.tracking.uri, row.model, row.holder)


def _stored(results: Sequence[GateResult]) -> list[dict[str, Any]]:
    return [result.as_dict() for result in results]
