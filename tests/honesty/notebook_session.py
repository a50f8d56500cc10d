"""A notebook and a kernel session on it, to edit, run and judge in a few words."""

from __future__ import annotations

from jupyter_mlops.honesty import (
    DocumentCell,
    Execution,
    SessionState,
    analyse_cell,
    judge_session,
    out_of_order,
)


class Session:
    """Cells have the keys `1`, `2`, … in the order in which they are given."""

    def __init__(self, *sources: str) -> None:
        self.sources: dict[str, str | None] = {str(number): text for number, text in enumerate(sources, 1)}
        self.executions: list[Execution] = []
        self.fresh_kernel = True

    def run(self, *keys: int, status: str = "ok") -> Session:
        for key in keys:
            source = self.sources[str(key)]
            assert source is not None
            self.executions.append(
                Execution.of(
                    analyse_cell(source),
                    cell_key=str(key),
                    seq=len(self.executions) + 1,
                    source_sha=source,
                    status=status,
                )
            )
        return self

    def run_all(self) -> Session:
        return self.run(*(int(key) for key, source in self.sources.items() if source is not None))

    def edit(self, key: int, source: str) -> Session:
        self.sources[str(key)] = source
        return self

    def delete(self, key: int) -> Session:
        self.sources[str(key)] = None
        return self

    @property
    def document(self) -> list[DocumentCell]:
        return [DocumentCell(key, source) for key, source in self.sources.items()]

    def judge(self) -> SessionState:
        return judge_session(self.document, self.executions, fresh_kernel=self.fresh_kernel)

    def stale(self) -> dict[str, set[str]]:
        """The stale cells, each with its reasons."""
        cells = self.judge().cells.items()
        return {key: {reason.code for reason in cell.reasons} for key, cell in cells if cell.stale}

    def reasons(self) -> set[str]:
        """Why the session is not clean."""
        return {reason.code for reason in self.judge().reasons}

    def out_of_order(self) -> tuple[int, ...]:
        return out_of_order(self.executions, self.document)
