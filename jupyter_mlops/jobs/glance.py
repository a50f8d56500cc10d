"""One look at notebooks and kernels: what is the same is read once, for however many runs of one moment."""

from __future__ import annotations

import dataclasses
import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from nbformat import NotebookNode

from jupyter_mlops.config import Settings
from jupyter_mlops.errors import InvalidNotebookError
from jupyter_mlops.notebooks.kernels import KernelInfo, available_kernels
from jupyter_mlops.notebooks.parameters import ParameterSet, infer_parameters
from jupyter_mlops.notebooks.read import Notebook, read_notebook
from jupyter_mlops.notebooks.snapshots import SnapshotStore

MAX_KNOWN = 512
MAX_HELD = 64 * 2**20
"""Bytes of notebooks that one glance holds; what is beyond is read again."""


@dataclass(frozen=True)
class Understood:
    """What a run needs to know of a notebook.

    Args:
        notebook: without its cells: they can be large, and a run takes them from the snapshot.
        parameters: those that it declares.
    """

    notebook: Notebook
    parameters: ParameterSet


@dataclass
class Glance:
    """What there is at one moment. Not to be kept: a notebook may be another a second later."""

    _contents: dict[Path, tuple[bytes, str]] = field(default_factory=dict)
    _held: int = 0
    _kept: set[str] = field(default_factory=set)

    @cached_property
    def kernels(self) -> tuple[KernelInfo, ...]:
        """The installed kernels."""
        return available_kernels()

    def read(self, path: Path) -> tuple[bytes, str]:
        """A notebook's bytes and their SHA-256.

        Raises:
            InvalidNotebookError: the file cannot be read.
        """
        if path in self._contents:
            return self._contents[path]
        content = _read(path)
        seen = content, hashlib.sha256(content).hexdigest()
        if self._held + len(content) <= MAX_HELD:
            self._contents[path] = seen
            self._held += len(content)
        return seen

    def keep(self, content: bytes, sha: str, settings: Settings) -> None:
        """Keep a notebook's snapshot.

        Raises:
            StoreError: the folder cannot be written.
        """
        if sha not in self._kept:
            SnapshotStore(settings.snapshots).keep(content)
            self._kept.add(sha)


class _Known:
    """The notebooks understood last, by their content: one that a schedule runs again has seldom changed."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._by_sha: OrderedDict[str, Understood] = OrderedDict()
        self._lock = threading.Lock()

    def understand(self, content: bytes, sha: str) -> Understood:
        """Read a notebook, unless it is known.

        Raises:
            InvalidNotebookError: it is no notebook.
        """
        with self._lock:
            if sha in self._by_sha:
                self._by_sha.move_to_end(sha)
                return self._by_sha[sha]
        notebook = read_notebook(content)
        parameters = infer_parameters(notebook)
        bare = dataclasses.replace(notebook, node=NotebookNode(cells=[], metadata=NotebookNode()))
        with self._lock:
            understood = self._by_sha[sha] = Understood(bare, parameters)
            if len(self._by_sha) > self._most:
                self._by_sha.popitem(last=False)
        return understood


understand = _Known(MAX_KNOWN).understand


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidNotebookError(
            f"'{path.name}' cannot be read: {error.strerror or error}.", field="notebook"
        ) from error
