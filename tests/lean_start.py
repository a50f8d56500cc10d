"""Imported first by the tests: takes two CPU seconds off each process of pytest's."""

from __future__ import annotations

from jupyter_mlops.lean_imports import spare_the_grammar_of_iris

spare_the_grammar_of_iris()  # it is pytest that imports nbformat and Jupyter's server here
