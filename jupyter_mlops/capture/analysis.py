"""What a cell's text alone tells: names read and written, and seeds set. Worked out once for each source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from jupyter_mlops.syntax import parse

MAX_SOURCE = 200_000  # characters; what is longer is data rather than code
MAX_NAMES = 500
MAX_SEEDS = 20
MAX_EXPRESSION = 80
_KEPT = 10_000

_SEEDING = {
    *("seed", "default_rng", "RandomState", "Generator", "SeedSequence"),
    *("manual_seed", "manual_seed_all", "set_seed", "set_random_seed", "seed_everything", "PRNGKey"),
}
_SEED_KEYWORDS = {"seed", "random_state"}
_SEED_MARKS = ("seed", "random_state", "default_rng", "RandomState", "SeedSequence", "PRNGKey")


@dataclass(frozen=True)
class SourceFacts:
    """What is known of one source.

    Attributes:
        reads: names it reads, in order; `writes` likewise those it binds or changes in place.
        facts: what else there is: `deletes`, `unseen` (what in it may read or write other names),
            `unknown` (it could not be read) and `seeds`.
    """

    reads: list[str] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)


_analysed: dict[str, SourceFacts] = {}


def known(sha: str) -> SourceFacts | None:
    """What was worked out of the source with this hash, lately."""
    return _analysed.get(sha)


def analyse(sha: str, source: str) -> SourceFacts:
    """What a source tells; of one that was asked for lately, at once."""
    found = _analysed.get(sha)
    if found is None:
        found = _work_out(source)
        while len(_analysed) >= _KEPT:  # several threads may ingest
            _analysed.pop(next(iter(_analysed)), None)
        _analysed[sha] = found
    return found


def _work_out(source: str) -> SourceFacts:
    from jupyter_mlops.honesty.names import analyse_cell

    if len(source) > MAX_SOURCE:
        return SourceFacts(facts={"unknown": True})
    names = analyse_cell(source)
    facts: dict[str, Any] = {}
    if names.deletes:
        facts["deletes"] = sorted(names.deletes)[:MAX_NAMES]
    if names.unseen or names.star_imports:
        facts["unseen"] = sorted(names.unseen | names.star_imports)[:MAX_NAMES]
    if names.unknown:
        facts["unknown"] = True
    seeds = seeds_set(source)
    if seeds:
        facts["seeds"] = seeds
    return SourceFacts(sorted(names.reads)[:MAX_NAMES], sorted(names.writes)[:MAX_NAMES], facts)


def seeds_set(source: str) -> list[dict[str, str]]:
    """The calls by which a cell's text seeds a random generator: `call` and `seed`, as written."""
    if not any(mark in source for mark in _SEED_MARKS):
        return []
    from jupyter_mlops.honesty.ipython_cell import translate

    try:
        tree = parse(translate(source).text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    seeds = [seed for call in calls for seed in _seeds_of(call)]
    return seeds[:MAX_SEEDS]


def _seeds_of(call: ast.Call) -> Iterator[dict[str, str]]:
    name = ast.unparse(call.func)[-MAX_EXPRESSION:]
    values = [keyword.value for keyword in call.keywords if keyword.arg in _SEED_KEYWORDS]
    if not values and name.rpartition(".")[2] in _SEEDING and call.args:
        values = call.args[:1]
    for value in values:
        if not (isinstance(value, ast.Constant) and value.value is None):
            yield {"call": name, "seed": ast.unparse(value)[:MAX_EXPRESSION]}
