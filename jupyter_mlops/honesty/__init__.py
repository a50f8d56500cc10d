"""State honesty: what a cell reads and writes; whether what the screen shows is still true. No effects."""

from jupyter_mlops.honesty.dataflow import Execution
from jupyter_mlops.honesty.names import CellNames, FunctionNames, analyse_cell
from jupyter_mlops.honesty.state import (
    CellState,
    DocumentCell,
    Reason,
    SessionState,
    judge_session,
    out_of_order,
)

__all__ = [
    "CellNames",
    "CellState",
    "DocumentCell",
    "Execution",
    "FunctionNames",
    "Reason",
    "SessionState",
    "analyse_cell",
    "judge_session",
    "out_of_order",
]
