"""`data`: what the model was evaluated on must be enough, whole and of the right kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from jupyter_mlops.errors import BadInputError
from jupyter_mlops.models.gates.gate import GateCase, GateResult
from jupyter_mlops.models.gates.kind import GateKind, number

_FAMILIES = {
    "number": ("int", "uint", "float", "double", "decimal"),
    "integer": ("int", "uint"),
    "float": ("float", "double"),
    "text": ("str", "string", "object", "large_string"),
    "boolean": ("bool",),
    "time": ("datetime", "date", "timestamp"),
    "category": ("category",),
}


class DataGate(GateKind):
    """`{"kind": "data", "min_rows": 100, "max_missing": 0.02, "columns": {"sex": "text"}}`."""

    kind = "data"
    summary = "The evaluation data must have enough rows, few missing values, and the right columns."
    properties = {
        "min_rows": {"type": "integer", "minimum": 1, "description": "the least number of rows"},
        "max_missing": {
            "type": "number",
            "minimum": 0,
            "maximum": 1,
            "description": "the greatest share of missing values that any column may have, from 0 to 1",
        },
        "columns": {
            "anyOf": [
                {"type": "array", "items": {"type": "string"}, "minItems": 1},
                {"type": "object", "additionalProperties": {"type": "string"}, "minProperties": 1},
            ],
            "description": "columns that must be there; as a mapping, each with its type: number, integer, "
            "float, text, boolean, time, category, or as pandas names it",
        },
        "schema": {
            "type": "string",
            "pattern": r"^[^:]+:[A-Za-z_][\w.]*$",
            "description": "a pandera schema that they must fulfil: module:attribute or file.py:attribute",
        },
    }

    def check_together(self, options: Mapping[str, Any]) -> None:
        """A gate that asks for nothing passes everything."""
        if not options:
            raise BadInputError(
                "The gate 'data' asks for nothing.",
                field="min_rows",
                hint="Give min_rows, max_missing, columns or schema.",
            )

    def judge(self, case: GateCase) -> GateResult:
        """By the evaluation data that the model's notebook kept."""
        data = case.candidate.evaluation
        if data is None:
            return self.refused(
                case,
                "There are no data to look at: the model's notebook kept no evaluation data.",
                "A model whose notebook keeps them: log_evaluation(X, y) in its MLflow run.",
            )
        found = case.trial.inspect_data(data, case.candidate, schema=self.option(case, "schema"))
        problems = list(self._problems(case, found))
        seen = {"evaluation": data.sha, **found}
        if problems:
            message = f"The evaluation data do not do: {'; '.join(problems[:5])}"
            more = f"; and {len(problems) - 5} more" if len(problems) > 5 else ""
            return self.refused(case, f"{message}{more}.", self._asked(case), **seen)
        columns = len(found["columns"])
        message = (
            f"The evaluation data have {found['rows']} rows of {columns} columns, and all that was asked"
        )
        return self.passed(case, f"{message} for.", **seen)

    def _problems(self, case: GateCase, found: Mapping[str, Any]) -> Iterator[str]:
        rows, columns = found["rows"], found["columns"]
        least, most = self.option(case, "min_rows"), self.option(case, "max_missing")
        if least is not None and rows < least:
            yield f"{rows} rows, where {least} are needed"
        for name, kind in _wanted(self.option(case, "columns")).items():
            if name not in columns:
                yield f"there is no column {name}"
            elif kind is not None and not _is_of(columns[name]["dtype"], kind):
                yield f"{name} is {columns[name]['dtype']}, where {kind} is needed"
        for name, column in columns.items() if most is not None and rows else ():
            share = column["missing"] / rows
            if share > most:
                yield f"{column['missing']} of {rows} values of {name} are missing ({share:.1%})"
        yield from found["schema_problems"] or ()

    def _asked(self, case: GateCase) -> str:
        least, most = self.option(case, "min_rows"), self.option(case, "max_missing")
        wanted = self.option(case, "columns")
        schema = self.option(case, "schema")
        parts = (
            least is not None and f"at least {least} rows",
            most is not None and f"at most {number(most * 100)} % of each column missing",
            wanted and f"the columns {', '.join(wanted)}",
            schema and f"the schema {schema}",
        )
        return f"Evaluation data with {'; '.join(part for part in parts if part)}."


def _wanted(columns: Any) -> dict[str, str | None]:
    if isinstance(columns, Mapping):
        return {str(name): str(kind) for name, kind in columns.items()}
    return dict.fromkeys(columns or ())


def _is_of(dtype: str, kind: str) -> bool:
    """Whether a pandas type is of a family, or the very one named."""
    plain = dtype.lower()
    families = _FAMILIES.get(kind.lower())
    return plain == kind.lower() if families is None else plain.startswith(families)
