"""A notebook that scores a table, as a template of jobs: parameters above, the work and its record below."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from jupyter_mlops.errors import BadInputError, ConflictError
from jupyter_mlops.models.reference import ModelReference
from jupyter_mlops.models.scoring.logical_date import check_day
from jupyter_mlops.models.scoring.tables import ENDINGS, check_ending

_TITLE = """# Score with {name}

All rows of a table, through the model version that `{reference}` stands for when this runs. The next cell is
tagged `parameters`: a job may give other values. For each logical date there is one file, which a new run
of that date replaces."""

_PARAMETERS = """model: str = {model!r}  # a version, by its alias or number
data: str = {data!r}  # the table: .parquet, .csv or .jsonl
output: str = {output!r}  # the folder of the scores
logical_date: str = {logical_date!r}  # the day that the table is of; empty: that of the schedule
ending: str = {ending!r}  # .parquet, .csv or .jsonl"""

_SCORE = """import jupyter_mlops

report = jupyter_mlops.score(model, data, output, logical_date=logical_date, ending=ending)
print(f"{report.rows} rows scored by {report.model} for {report.logical_date}: {report.scores}")"""

_RECORD = """import mlflow

with mlflow.start_run():
    mlflow.set_tag("mlops.scored_by", report.model)
    mlflow.log_metrics({"rows": report.rows, "with_gaps": report.with_gaps, "unscored": report.unscored})
    mlflow.log_dict(report.as_dict(), "mlops/scoring.json")
for problem in report.problems:
    print(f"row {problem['row']}: {problem['problem']}")"""


@dataclass(frozen=True)
class ScoringNotebook:
    """What the notebook is to score by default.

    Args:
        logical_date: empty: the day for which a run was scheduled.
    """

    model: str
    data: str
    output: str
    logical_date: str = ""
    ending: str = ".parquet"

    def write(self, path: Path) -> Path:
        """Write the notebook.

        Raises:
            BadInputError: the path, or one of the values, is none that can be used; the field is named.
            ConflictError: there is such a file already.
        """
        import nbformat
        from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

        reference = self._checked()
        if path.suffix != ".ipynb":
            raise BadInputError(
                f"'{path}' is not a notebook.", field="notebook", hint="A notebook's name ends in .ipynb."
            )
        values = {**vars(self), "model": str(reference)}
        notebook = new_notebook(
            cells=[
                new_markdown_cell(_TITLE.format(name=reference.name, reference=reference)),
                new_code_cell(_PARAMETERS.format(**values), metadata={"tags": ["parameters"]}),
                new_code_cell(_SCORE),
                new_code_cell(_RECORD),
            ],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        )
        try:
            with path.open("x", encoding="utf-8") as file:
                nbformat.write(notebook, file)
        except FileExistsError as error:
            raise ConflictError(
                f"'{path}' is there already.", field="notebook", hint="Give another name, or remove it."
            ) from error
        except OSError as error:
            raise BadInputError(f"'{path}' cannot be written: {error.strerror}.", field="notebook") from error
        return path

    def _checked(self) -> ModelReference:
        reference = ModelReference.parse(self.model)
        check_ending(Path(self.data), "data")
        if not self.output.strip():
            raise BadInputError("No folder for the scores is given.", field="output")
        if self.logical_date:
            check_day(self.logical_date)
        if self.ending not in ENDINGS:
            raise BadInputError(f"{self.ending!r} is not one of {', '.join(ENDINGS)}.", field="ending")
        return reference
