"""What a preflight finds, and the refusal that it may lead to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from jupyter_mlops.errors import BadInputError

Code = Literal["kernel", "import", "file", "tracking", "disk", "secret", "output", "executor", "unchecked"]
MAX_NAMED = 10


@dataclass(frozen=True)
class Finding:
    """Something that a run will, or may, fail by.

    Attributes:
        code: what was looked at.
        message: what is wrong, in one sentence.
        certain: whether the run is sure to fail by it; only such a finding refuses.
        subject: the module, path or kernel.
        cell_index: the cell's place in the notebook, from 0.
        hint: how to mend it.
    """

    code: Code
    message: str
    certain: bool
    subject: str | None = None
    cell_index: int | None = None
    cell_id: str | None = None
    hint: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """As `Finding` in the OpenAPI file."""
        return asdict(self)

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Finding:
        """What a row keeps."""
        return cls(**{name: kept.get(name) for name in cls.__dataclass_fields__})  # type: ignore[arg-type]


class PreflightError(BadInputError):
    """The run is refused, as it is known beforehand that it would fail."""

    code = "preflight"

    def __init__(self, findings: Sequence[Finding]) -> None:
        said = [finding.message for finding in findings]
        more = f" And {len(said) - MAX_NAMED} more." if len(said) > MAX_NAMED else ""
        hints = dict.fromkeys(finding.hint for finding in findings if finding.hint)
        super().__init__(
            " ".join(said[:MAX_NAMED]) + more,
            field=_FIELDS.get(findings[0].code, "notebook"),
            hint=" ".join([*list(hints)[:3], "The policy preflight: warn lets it run all the same."]),
        )
        self.findings = tuple(findings)


def certain(findings: Iterable[Finding]) -> list[Finding]:
    """Those by which the run is sure to fail."""
    return [finding for finding in findings if finding.certain]


_FIELDS: Mapping[str, str] = {"kernel": "kernel", "tracking": "tracking_uri"}
