"""The code cells of real notebooks: read without an error, quickly, refused only where IPython refuses."""

from __future__ import annotations

import ast
import time
import warnings

from IPython.core.inputtransformer2 import TransformerManager

from jupyter_mlops.honesty import analyse_cell


def ipython_understands(source: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(TransformerManager().transform_cell(source))
        except (SyntaxError, ValueError):
            return False
    return True


def test_only_cells_that_ipython_cannot_parse_are_unknown(real_cells: list[str]) -> None:
    assert len(real_cells) > 500
    unknown = [source for source in real_cells if analyse_cell(source).unknown]
    assert [source for source in unknown if ipython_understands(source)] == []


def test_a_real_cell_takes_less_than_a_millisecond_on_average(real_cells: list[str]) -> None:
    start = time.process_time()
    for source in real_cells:
        analyse_cell(source)
    assert (time.process_time() - start) / len(real_cells) < 0.001  # CPU seconds; seen: 0.0002


def test_a_cell_of_250_lines_takes_time_in_proportion(real_cells: list[str]) -> None:
    """Ten times the text takes about ten times as long: nothing in it is quadratic."""
    lines = "for i in a{0}:\n  if b{0}[i]:\n    c{0} = [f(d, e{0}) for d in i]\n  else:\n    g.append(c{0})"
    small, large = ("\n".join(lines.format(number) for number in range(count)) for count in (50, 500))
    assert cpu_seconds(large) < 25 * cpu_seconds(small)
    assert cpu_seconds("%pwd\n" + large) < 25 * cpu_seconds("%pwd\n" + small)
    assert cpu_seconds(small) < 0.03  # seen: 0.006 when nothing else runs


def cpu_seconds(source: str) -> float:
    def once() -> float:
        start = time.process_time()
        analyse_cell(source)
        return time.process_time() - start

    return min(once() for _ in range(5))
