"""Imports that cost much and give us nothing."""

from __future__ import annotations

import sys


def spare_the_grammar_of_iris() -> None:
    """Take two CPU seconds off a process of ours that reads notebooks; called before its imports.

    nbformat imports jsonschema, which imports `rfc3987_syntax` where it is installed, which compiles a
    grammar of internationalised addresses. jsonschema does without it, and nothing here checks such ones.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type] # what an import then fails on
