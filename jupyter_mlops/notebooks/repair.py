"""From parsed JSON to a well-formed notebook in the current format.

What has one clear meaning is mended, with a warning; the rest is refused with the place where it breaks.
nbformat itself converts between major formats, but it raises bare KeyErrors on what is missing, and gives
random ids to the cells of old notebooks.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4.nbjson import JSONReader

from jupyter_mlops.errors import InvalidNotebookError

_PARTS = {"cells", "metadata", "nbformat", "nbformat_minor"}
_CELL_PARTS = {
    "code": {"id", "cell_type", "metadata", "source", "outputs", "execution_count"},
    "markdown": {"id", "cell_type", "metadata", "source", "attachments"},
    "raw": {"id", "cell_type", "metadata", "source", "attachments"},
}
_OUTPUT_TYPES = {"stream", "display_data", "execute_result", "error"}
_OLD_OUTPUT_TYPES = {"stream", "display_data", "pyout", "pyerr"}
_CELL_ID = re.compile(r"^[a-zA-Z0-9_-]{1,64}$")


@dataclass(frozen=True)
class Mended:
    """A notebook in the current format, the format it came in, and the language that old cells name."""

    node: NotebookNode
    nbformat: str
    language: str | None


def mend(raw: object, warnings: list[str]) -> Mended:
    """Bring parsed JSON to the current format; `warnings` gets a sentence for each thing mended.

    Raises:
        InvalidNotebookError: it is no notebook, or it cannot be understood.
    """
    if not isinstance(raw, dict):
        raise _invalid(f"The file is JSON but not a notebook: it holds {_kind(raw)}.")
    raw = _without_lone_surrogates(raw, warnings)
    major, minor = _version(raw, warnings)
    _need_object(raw, "metadata", "The notebook", warnings)
    language = None
    if major < 4:
        language = _mend_worksheets(raw, major, warnings)
        node = _convert(raw, major, minor)
    else:
        _mend_cells(raw, warnings)
        node = JSONReader().to_notebook(raw)
        if minor != nbformat.current_nbformat_minor:
            node.metadata["orig_nbformat_minor"] = minor
            node.nbformat_minor = nbformat.current_nbformat_minor
    _give_ids(node, keep=(major, minor) >= (4, 5), warnings=warnings)
    return Mended(node, f"{major}.{minor}", language)


def _version(raw: dict[str, Any], warnings: list[str]) -> tuple[int, int]:
    if "nbformat" not in raw:
        if not isinstance(raw.get("cells", raw.get("worksheets")), list):
            raise _invalid("The file is JSON but not a notebook: it has neither 'nbformat' nor 'cells'.")
        raw["nbformat"] = 4 if "cells" in raw else 3
        warnings.append(f"The notebook does not name its format; it is read as version {raw['nbformat']}.")
    major = raw["nbformat"]
    if not isinstance(major, int) or isinstance(major, bool) or not major >= 1:
        raise _invalid(f"The notebook's format 'nbformat' is {major!r}, not a version number.")
    if major > nbformat.current_nbformat:
        raise _invalid(
            f"The notebook is of format {major}; this installation reads up to {nbformat.current_nbformat}.",
            "Upgrade the package nbformat.",
        )
    minor = raw.get("nbformat_minor")
    if not isinstance(minor, int) or isinstance(minor, bool) or minor < 0:
        cells = raw.get("cells") or []
        has_ids = any(isinstance(cell, dict) and "id" in cell for cell in cells)
        raw["nbformat_minor"] = minor = nbformat.current_nbformat_minor if major == 4 and has_ids else 0
        if major >= 3:
            warnings.append(f"The notebook does not name its minor format; it is read as {major}.{minor}.")
    elif major == 4 and minor > nbformat.current_nbformat_minor:
        known = f"4.{nbformat.current_nbformat_minor}"
        warnings.append(f"The notebook is of the newer format 4.{minor}; it is read as {known}.")
    return major, int(minor)


def _mend_worksheets(raw: dict[str, Any], major: int, warnings: list[str]) -> str | None:
    """Mend format 1 to 3; returns the one language that all its code cells name, if any."""
    sheets: list[Any] = [raw] if major == 1 else raw.setdefault("worksheets", [])
    if not isinstance(sheets, list):
        raise _invalid(f"The notebook's 'worksheets' is {_kind(sheets)}, not a list.")
    languages = set()
    number = 0
    for sheet in sheets:
        if not isinstance(sheet, dict):
            raise _invalid(f"A worksheet of the notebook is {_kind(sheet)}, not an object.")
        if not isinstance(sheet.setdefault("cells", []), list):
            raise _invalid(f"The notebook's 'cells' is {_kind(sheet['cells'])}, not a list.")
        for cell in sheet["cells"]:
            number += 1
            if not isinstance(cell, dict) or not isinstance(cell.get("cell_type"), str):
                raise _invalid(f"Cell {number} of the notebook has no 'cell_type'.")
            cell["metadata"] = cell.get("metadata") or {}
            if cell["cell_type"] == "code":
                cell["outputs"] = _sound_outputs(cell.get("outputs"), _OLD_OUTPUT_TYPES, number, warnings)
                languages.add(cell.get("language"))
    language = languages.pop() if len(languages) == 1 else None
    return language if isinstance(language, str) else None


def _convert(raw: dict[str, Any], major: int, minor: int) -> NotebookNode:
    try:
        node = nbformat.versions[major].to_notebook_json(raw, minor=minor)
        # The converters keep the old formats' own node class, which papermill takes for a path.
        node = nbformat.from_dict(nbformat.convert(node, nbformat.current_nbformat))
    except (AttributeError, KeyError, TypeError, ValueError, nbformat.ValidationError) as error:
        raise _invalid(
            f"The notebook of format {major} cannot be converted: {error}.",
            "Open it in JupyterLab, and save it.",
        ) from error
    plain: dict[str, Any] = node
    _mend_cells(plain, [])
    return node


def _mend_cells(raw: dict[str, Any], warnings: list[str]) -> None:
    cells = raw.get("cells")
    if not isinstance(cells, list):
        raise _invalid(f"The notebook's 'cells' is {_kind(cells)}, not a list.")
    _drop_unknown(raw, _PARTS, "The notebook", warnings)
    for number, cell in enumerate(cells, 1):
        name = f"Cell {number}"
        if not isinstance(cell, dict):
            raise _invalid(f"{name} of the notebook is {_kind(cell)}, not an object.")
        _mend_type(cell, name, warnings)
        _mend_source(cell, name, warnings)
        _need_object(cell, "metadata", name, warnings)
        _mend_tags(cell["metadata"], name, warnings)
        if not isinstance(cell.get("attachments", {}), dict):
            del cell["attachments"]
        if cell["cell_type"] == "code":
            cell["outputs"] = _sound_outputs(cell.get("outputs"), _OUTPUT_TYPES, number, warnings)
            cell.setdefault("execution_count", None)
        _drop_unknown(cell, _CELL_PARTS[cell["cell_type"]], name, warnings)


def _mend_type(cell: dict[str, Any], name: str, warnings: list[str]) -> None:
    cell_type = cell.get("cell_type")
    if isinstance(cell_type, str) and cell_type in _CELL_PARTS:
        return
    if cell_type is None and ("outputs" in cell or "execution_count" in cell):
        cell["cell_type"] = "code"
        warnings.append(f"{name} names no type; it is read as code, as it has outputs.")
    elif isinstance(cell_type, str):  # of a newer format, or of format 3 kept by a faulty converter
        cell["cell_type"] = "markdown" if cell_type in ("heading", "html") else "raw"
        warnings.append(f"{name} is of the unknown type '{cell_type}'; it is not executed.")
    else:
        raise _invalid(
            f"{name} of the notebook has no 'cell_type'.", "A cell is of type 'code', 'markdown' or 'raw'."
        )


def _mend_source(cell: dict[str, Any], name: str, warnings: list[str]) -> None:
    source = cell.get("source")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        cell["source"] = "".join(source)
    elif source is None:
        cell["source"] = ""
        warnings.append(f"{name} has no source; it is read as empty.")
    elif not isinstance(source, str):
        raise _invalid(f"{name} of the notebook has a source that is {_kind(source)}, not text.")


def _mend_tags(metadata: dict[str, Any], name: str, warnings: list[str]) -> None:
    tags = metadata.get("tags", [])
    if isinstance(tags, list) and all(isinstance(tag, str) for tag in tags):
        return
    metadata["tags"] = [tags] if isinstance(tags, str) else []
    warnings.append(f"{name} has tags that are no list of texts; they are read as {metadata['tags']}.")


def _sound_outputs(outputs: object, types: set[str], number: int, warnings: list[str]) -> list[Any]:
    """The outputs that can be read: a run makes them anew, so that a bad one is no reason to refuse."""
    listed = outputs if isinstance(outputs, list) else []
    sound = [
        output
        for output in listed
        if isinstance(output, dict)
        and isinstance(output.get("output_type"), str)
        and output["output_type"] in types
        and isinstance(output.get("data", {}), dict)
    ]
    if outputs is not None and (len(sound) < len(listed) or not isinstance(outputs, list)):
        warnings.append(f"Cell {number} has outputs that cannot be read; they are left out.")
    return sound


def _drop_unknown(holder: dict[str, Any], known: set[str], name: str, warnings: list[str]) -> None:
    """Leave out what the current format has no place for: JupyterLab calls a notebook with it invalid."""
    unknown = sorted(holder.keys() - known)
    for key in unknown:
        del holder[key]
    if unknown:
        warnings.append(f"{name} has parts that its format does not know ({', '.join(unknown)[:100]}).")


def _give_ids(node: NotebookNode, keep: bool, warnings: list[str]) -> None:
    """Give ids to cells that have none, derived from place and source: the same file, the same ids."""
    taken = {cell.get("id") for cell in node.cells} if keep else set()
    seen: set[str] = set()
    mended = []
    for position, cell in enumerate(node.cells):
        present = cell.get("id")
        if keep and isinstance(present, str) and _CELL_ID.match(present) and present not in seen:
            seen.add(present)
            continue
        if keep:
            mended.append(str(position + 1))
        salt = 0
        while (new := _derived_id(position, cell.source, salt)) in seen | taken:
            salt += 1
        cell["id"] = new
        seen.add(new)
    if mended:
        warnings.append(f"No valid, unique id in cell {', '.join(mended[:10])}; new ones are used in memory.")


def _derived_id(position: int, source: str, salt: int) -> str:
    return hashlib.sha256(f"{position}\0{salt}\0{source}".encode()).hexdigest()[:12]


def _without_lone_surrogates(raw: dict[str, Any], warnings: list[str]) -> dict[str, Any]:
    """Replace halves of UTF-16 pairs, which JSON can escape but no UTF-8 file can hold."""
    lost = 0

    def clean(value: Any) -> Any:
        nonlocal lost
        if isinstance(value, str):
            sound = value.encode("utf-8", "replace").decode() if not value.isascii() else value
            if sound != value:
                lost += 1
            return sound
        if isinstance(value, list):
            return [clean(item) for item in value]
        if isinstance(value, dict):
            return {clean(key): clean(item) for key, item in value.items()}
        return value

    cleaned: dict[str, Any] = clean(raw)
    if lost:
        warnings.append(f"{lost} texts hold half a surrogate pair; it is replaced by '?'.")
    return cleaned


def _need_object(holder: dict[str, Any], key: str, name: str, warnings: list[str]) -> None:
    if not isinstance(holder.get(key), dict):
        holder[key] = {}
        warnings.append(f"{name} has no {key}; it is read as empty.")


def _kind(value: object) -> str:
    if value is None:
        return "null"
    kinds = {bool: "a truth value", int: "a number", float: "a number", str: "a text", list: "a list"}
    return kinds.get(type(value), "an object")


def _invalid(message: str, hint: str | None = None) -> InvalidNotebookError:
    return InvalidNotebookError(message, field="notebook", hint=hint)
