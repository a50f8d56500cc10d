"""A cell is called slow when it took notably longer than it did before, and never on too little evidence."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy.orm import Session

from jupyter_mlops.capture.cell_times import earlier_durations, slower_than_usual
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import CellExecution, KernelSession

NOW = datetime(2026, 11, 21, tzinfo=timezone.utc)


def execution(number: int, seconds: float | None, **facts: object) -> CellExecution:
    columns = {
        "id": f"{number:032x}",
        "session_id": "s",
        "root": "/work",
        "notebook": "a.ipynb",
        "seq": number,
        "cell_key": "cell",
        "key_kind": "id",
        "tags": [],
        "source_sha": "0",
        "status": "ok",
        "started_at": NOW + timedelta(minutes=number),
        "duration_s": seconds,
        "outputs": [],
    }
    return CellExecution(**{**columns, **facts})


def slower(store: Store, *rows: CellExecution) -> dict[str, object] | None:
    def add(session: Session) -> None:
        session.add(KernelSession(id="s", runner="lab", started_at=NOW, facts={}))
        session.flush()
        session.add_all(rows)

    with store.session() as session:
        add(session)
    with store.reading() as session:
        last = session.get_one(CellExecution, rows[-1].id)
        return slower_than_usual(last, earlier_durations(session, "/work", "a.ipynb").get("cell", []))


def test_it_is_compared_with_the_median_of_the_ten_before(store: Store) -> None:
    times = [100.0, *range(1, 11), 12.0]  # the hundred seconds are the eleventh before it
    found = slower(store, *(execution(number, float(time)) for number, time in enumerate(times)))
    assert found is not None
    assert (found["median_s"], found["of"]) == (5.5, 10)
    assert found["fraction"] == pytest.approx((12 - 5.5) / 5.5)


@pytest.mark.parametrize(
    ("times", "why"),
    [
        ([1.0, 1.0, 5.0], "two are too few to compare with"),
        ([1.0, 1.0, 1.0, 1.05], "a twentieth is no news"),
        ([0.01, 0.01, 0.01, 0.05], "nor are hundredths of a second"),
        ([1.0, 1.0, 1.0, 0.2], "it was faster"),
    ],
)
def test_what_is_not_notable_is_not_told(store: Store, times: list[float], why: str) -> None:
    assert slower(store, *(execution(number, time) for number, time in enumerate(times))) is None, why


def test_only_successes_by_hand_in_this_notebook_count(store: Store) -> None:
    others = [
        execution(1, 1.0, status="error"),
        execution(2, 1.0, run_id="a-job"),
        execution(3, 1.0, notebook="b.ipynb"),
        execution(4, 1.0, cell_key="other"),
        execution(5, 1.0),
        execution(6, 1.0),
    ]
    assert slower(store, *others, execution(7, 9.0)) is None
