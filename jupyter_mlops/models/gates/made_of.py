"""Gates that ask what a model is made of: its size, and the state of the notebook that made it."""

from __future__ import annotations

from jupyter_mlops.models.gates.gate import GateCase, GateResult
from jupyter_mlops.models.gates.kind import GateKind, number

CLEAN_TAG = "mlops.clean"
REASONS_TAG = "mlops.clean.reasons"


class SizeGate(GateKind):
    """`{"kind": "size", "max_mb": 100}`; 1 MB is a million bytes."""

    kind = "size"
    summary = "The model's files must not be too large."
    properties = {
        "max_mb": {
            "type": "number",
            "exclusiveMinimum": 0,
            "description": "megabytes (millions of bytes) that all its files may have at most",
        }
    }
    required = ("max_mb",)

    def judge(self, case: GateCase) -> GateResult:
        """All files of the model's folder count."""
        most, size = self.option(case, "max_mb"), case.candidate.size_bytes
        if size is None:
            return self.refused(
                case, "The size of the model's files is not known.", "A model whose files are to be found."
            )
        told = f"The model's files have {size / 1e6:.3g} MB"
        if size > most * 1e6:
            return self.refused(case, f"{told}.", f"At most {number(most)} MB.", size_bytes=size, max_mb=most)
        return self.passed(case, f"{told}; {number(most)} were allowed.", size_bytes=size, max_mb=most)


class CleanGate(GateKind):
    """`{"kind": "clean"}`."""

    kind = "clean"
    summary = "The notebook must have run clean: in a fresh kernel, every cell once, from top to bottom."

    def judge(self, case: GateCase) -> GateResult:
        """By what its capture told the model's MLflow run; what nobody captured is not clean."""
        tags = case.candidate.tags
        said = tags.get(CLEAN_TAG)
        if said == "true":
            return self.passed(
                case, "The notebook ran clean, from top to bottom in a fresh kernel.", clean=True
            )
        asked = "A run of the notebook as a job, or in a restarted kernel from top to bottom."
        if said is None:
            message = "Nobody knows whether the notebook ran clean: its run was not captured."
            return self.refused(case, message, asked, clean=None)
        why = tags.get(REASONS_TAG, "").strip()
        message = f"The notebook did not run clean. {why}".strip()
        return self.refused(case, message, asked, clean=False, reasons=why)
