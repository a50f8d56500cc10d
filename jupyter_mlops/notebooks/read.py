"""Reading notebooks of every format that was ever written, without writing them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from jupyter_mlops.errors import InvalidNotebookError, NotFoundError

from .repair import mend

MAX_BYTES = 256 * 2**20
"""A notebook larger than this is refused: reading it would take some GB of memory."""

_NOT_A_LANGUAGE = {"", "plaintext", "text", "unknown"}


@dataclass(frozen=True)
class Notebook:
    """A notebook in memory, in the current minor format of nbformat 4.

    Attributes:
        node: cells and metadata; every cell has an id, the same one each time the same file is read.
        sha: SHA-256 of the file's bytes.
        nbformat: the format of the file, `major.minor`.
        language: of the kernel, as Jupyter spells it (`python`, `R`), or None.
        kernel_name: the kernelspec that the notebook names, or None.
        warnings: what had to be mended or guessed, in sentences for a person.
    """

    node: NotebookNode
    sha: str
    nbformat: str
    language: str | None
    kernel_name: str | None
    warnings: tuple[str, ...] = ()

    @property
    def code_cells(self) -> int:
        """The number of code cells."""
        return sum(cell.cell_type == "code" for cell in self.node.cells)


def read_notebook(source: Path | str | bytes) -> Notebook:
    """Read a notebook of nbformat 1 to 4, mending what has one clear meaning.

    Args:
        source: a file's path, or its bytes.

    Raises:
        NotFoundError: there is no such file.
        InvalidNotebookError: it is not a notebook; the message says what is wrong, and where.
    """
    data = source if isinstance(source, bytes) else _read_bytes(Path(source))
    if len(data) > MAX_BYTES:
        raise _too_large(len(data))
    warnings: list[str] = []
    raw = _parse(_decode(data, warnings))
    try:
        mended = mend(raw, warnings)
    except RecursionError as error:
        raise _invalid("The notebook is nested too deeply to be read.") from error
    node = mended.node
    _warn_if_invalid(node, warnings)
    return Notebook(
        node=node,
        sha=hashlib.sha256(data).hexdigest(),
        nbformat=mended.nbformat,
        language=_language(node) or mended.language,
        kernel_name=_text(_section(node, "kernelspec").get("name")),
        warnings=tuple(warnings),
    )


def _read_bytes(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise _invalid(f"'{path.name}' is not a file.")
        if size > MAX_BYTES:
            raise _too_large(size)
        return path.read_bytes()
    except FileNotFoundError as error:
        raise NotFoundError(f"There is no notebook '{path.name}'.", field="notebook") from error
    except OSError as error:
        raise _invalid(f"'{path.name}' cannot be read: {error.strerror or error}.") from error


def _decode(data: bytes, warnings: list[str]) -> str:
    if not data.strip():
        raise _invalid("The notebook is an empty file.", "Open it in JupyterLab and save it once.")
    encoding = json.detect_encoding(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        byte = f"0x{data[error.start]:02x}"
        raise _invalid(
            f"The notebook is not UTF-8 text: byte {byte} at line {line}, column {column}.",
            "Save it again as UTF-8.",
        ) from error
    if encoding != "utf-8":
        warnings.append(f"The file's encoding is {encoding} instead of plain UTF-8.")
    return text


def _parse(text: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        conflict = "\n<<<<<<< " in text or text.startswith("<<<<<<< ")
        raise _invalid(
            f"The notebook is not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}.",
            "It holds git's conflict marks: finish the merge."
            if conflict
            else "Restore the file from a copy, or mend it in a text editor.",
        ) from error
    except RecursionError as error:
        raise _invalid("The notebook is nested too deeply to be read.") from error
    except ValueError as error:  # an integer of thousands of digits
        raise _invalid(f"The notebook is not valid JSON: {error}.") from error


def _warn_if_invalid(node: NotebookNode, warnings: list[str]) -> None:
    try:
        nbformat.validate(node, relax_add_props=True)
    except nbformat.ValidationError as error:
        what = str(getattr(error, "message", error)).splitlines()[0][:200]
        where = ".".join(str(part) for part in getattr(error, "path", ()))
        warnings.append(f"The notebook breaks its format{f' at {where}' if where else ''}: {what}")


def _language(node: NotebookNode) -> str | None:
    # The kernelspec first: the Sage kernel calls its language_info python, and is not.
    for section, key in (("kernelspec", "language"), ("language_info", "name")):
        name = _text(_section(node, section).get(key))
        if name is not None and name.lower() not in _NOT_A_LANGUAGE:
            return name
    return None


def _section(node: NotebookNode, name: str) -> dict[str, object]:
    section = node.metadata.get(name)
    return section if isinstance(section, dict) else {}


def _text(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _too_large(size: int) -> InvalidNotebookError:
    return _invalid(
        f"The notebook has {size / 2**20:.0f} MiB; at most {MAX_BYTES / 2**20:.0f} are read.",
        "Clear its outputs and save it.",
    )


def _invalid(message: str, hint: str | None = None) -> InvalidNotebookError:
    return InvalidNotebookError(message, field="notebook", hint=hint)
