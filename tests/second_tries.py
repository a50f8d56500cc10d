"""A test that is tried again begins anew, and what its first try said is told at the end.

A plugin of pytest, beside pytest-rerunfailures, which keeps what the tests of a module share: a failed try
may have left it in a state in which no other can pass.
"""

from __future__ import annotations

from collections.abc import Generator

import pytest

LINES = 30
"""Of what a failed try said."""
_HAS_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        item.stash[_HAS_FAILED] = True
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Take down all that is set up, for modules and the session, too: it is made again when asked for."""
    if item.stash.get(_HAS_FAILED, False):
        item.stash[_HAS_FAILED] = False
        item.session._setupstate.teardown_exact(None)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Generator[None, None, None]:
    again = terminalreporter.getreports("rerun")
    if again:
        terminalreporter.section("what was tried again said at first")
    for report in again:
        terminalreporter.write_sep("_", report.nodeid)
        terminalreporter.write_line("\n".join(report.longreprtext.splitlines()[-LINES:]))
    return (yield)
