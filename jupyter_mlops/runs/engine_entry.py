"""papermill's entry point to our engine.

papermill imports every registered engine whenever it is imported, so this module must cost nothing: the
engine itself is loaded at its first use.
"""

from __future__ import annotations

from typing import Any


class MlopsEngine:
    """`papermill --engine mlops`: papermill's own engine, with cell ids, capture and honest cell states."""

    @classmethod
    def _engine(cls) -> Any:
        from jupyter_mlops.runs.engine import Engine

        return Engine

    @classmethod
    def execute_notebook(cls, nb: Any, kernel_name: str, **options: Any) -> Any:
        """Execute a notebook; see `jupyter_mlops.runs.engine.Engine`."""
        return cls._engine().execute_notebook(nb, kernel_name, **options)

    @classmethod
    def nb_kernel_name(cls, nb: Any, name: str | None = None) -> Any:
        """The kernel to use, as papermill works it out."""
        return cls._engine().nb_kernel_name(nb, name)

    @classmethod
    def nb_language(cls, nb: Any, language: str | None = None) -> Any:
        """The notebook's language, as papermill works it out."""
        return cls._engine().nb_language(nb, language)
