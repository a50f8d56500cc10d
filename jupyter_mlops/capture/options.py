"""What is captured: one choice for each kind of fact. Standard library only.

They are read from `JUPYTER_MLOPS_CAPTURE`: `off`, `on`, words such as `source=hash frames=off`, or the same
as a JSON object. A kernel changes its own with `recorder.configure`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, replace
from typing import Any

VARIABLE = "JUPYTER_MLOPS_CAPTURE"
SKIP_TAG = "mlops-skip"
SKIP_MAGIC = "%%mlops_skip"

_SWITCH = {"on": True, "off": False, "true": True, "false": False, "1": True, "0": False}
_WORDS = {
    "source": ("text", "hash"),
    "outputs": ("hash", "content", "off"),
    "frames": ("shape", "hash", "off"),
}


@dataclass(frozen=True)
class CaptureOptions:
    """What is captured of every cell.

    Attributes:
        enabled: whether anything is.
        source: the text of cells (`text`), or only its hash (`hash`); then there is no traceback either, as
            it quotes the text, and the names that a cell reads and writes are not known.
        outputs: of what a cell shows its type, size and hash (`hash`), its content as well where that has
            no more than 64 KiB (`content`; of kernels without the recorder never), or nothing (`off`).
        traceback: the text of tracebacks.
        files: which files a cell opens.
        packages: which packages it imports first.
        frames: of data frames and arrays their shape and schema (`shape`), a hash of their content as well
            (`hash`: reads all of it), or nothing (`off`).
        mlflow: what it logs to MLflow.
        memory_peak: the most memory that the process had while the cell ran. On Linux this resets the
            process's high-water mark, which another tool may read.
        gpu: what the process holds of each GPU's memory, where there is NVML.
    """

    enabled: bool = True
    source: str = "text"
    outputs: str = "hash"
    traceback: bool = True
    files: bool = True
    packages: bool = True
    frames: str = "shape"
    mlflow: bool = True
    memory_peak: bool = True
    gpu: bool = True

    @classmethod
    def parse(cls, text: str | None) -> CaptureOptions:
        """Read options as the environment has them.

        Raises:
            ValueError: a name or a value is none of ours; says which there are.
        """
        said = (text or "").strip()
        if not said:
            return cls()
        if said.lower() in _SWITCH:
            return cls(enabled=_SWITCH[said.lower()])
        if said.startswith("{"):
            values = json.loads(said)
        else:
            pairs = (word.partition("=") for word in said.replace(",", " ").split())
            values = {name: value for name, _, value in pairs}
        return cls().with_changes(**values)

    def with_changes(self, **changes: Any) -> CaptureOptions:
        """These options with some of them changed; values may be words, as `off`.

        Raises:
            ValueError: a name or a value is none of ours; says which there are.
        """
        return replace(self, **{name: _read(name, value) for name, value in changes.items()})


_NAMES = tuple(field.name for field in fields(CaptureOptions))


def _read(name: str, value: Any) -> Any:
    if name not in _NAMES:
        raise ValueError(f"{name!r} is no capture option; there are {', '.join(_NAMES)}")
    word = str(value).lower()
    if name in _WORDS:
        if "off" in _WORDS[name] and word in _SWITCH:
            word = _WORDS[name][0] if _SWITCH[word] else "off"
        if word not in _WORDS[name]:
            raise ValueError(f"the capture option {name} is {' or '.join(_WORDS[name])}, not {value!r}")
        return word
    if word not in _SWITCH:
        raise ValueError(f"the capture option {name} is on or off, not {value!r}")
    return _SWITCH[word]
