"""A real worker tells how real runs end, by real channels."""

from __future__ import annotations

import signal

import pytest
from sinks import MailServer, WebServer
from waiting import wait_until
from workbench import Workbench

from jupyter_mlops.notifications.channels import Channels
from jupyter_mlops.store.tables import Run

WITHIN_S = 60.0


def run_with(bench: Workbench, name: str, source: str, notify: dict[str, list[str]]) -> Run:
    """Submit a run whose policies say who is told."""
    bench.write(f"{name}.ipynb", source)
    return bench.submit(f"{name}.ipynb", name=name, policies={"notify": notify})


@pytest.mark.slow
def test_start_failure_and_recovery_are_told_each_where_it_was_asked_for(
    own_workbench: Workbench, mail: MailServer, web: WebServer
) -> None:
    bench = own_workbench
    channels = Channels(bench.settings.data_dir, {})
    channels.set("team-mail", mail.url)
    channels.set("hook", web.url)
    notify = {"failed": ["team-mail", "jupyterlab"], "recovered": ["team-mail"], "succeeded": ["hook"]}
    assert bench.ended(run_with(bench, "train", "1 / 0", notify)).state == "failed"
    wait_until(lambda: len(mail.mails) == 1, WITHIN_S, "the failure is mailed")
    run = bench.ended(run_with(bench, "train", "1 / 1", notify))
    assert run.state == "succeeded", run.message
    wait_until(lambda: len(mail.mails) == 2 and web.posts, WITHIN_S, "the recovery is told")
    assert [mail["Subject"] for mail in mail.mails] == ["train failed", "train succeeds again"]
    assert web.titles() == ["train succeeded"]
    assert "ZeroDivisionError" in str(mail.mails[0].get_body())


@pytest.mark.slow
def test_what_a_killed_worker_had_not_told_the_next_one_tells_once(
    own_workbench: Workbench, web: WebServer
) -> None:
    bench = own_workbench
    Channels(bench.settings.data_dir, {}).set("hook", web.url)
    web.status = 503  # it takes nothing: the worker is killed while it is down
    run = run_with(bench, "train", "1 / 0", {"failed": ["hook"]})
    assert bench.ended(run).state == "failed"
    assert web.asked.wait(WITHIN_S)
    (worker,) = bench.modules()["worker_main"]
    worker.send_signal(signal.SIGKILL)
    wait_until(lambda: not bench.processes(), WITHIN_S, "the worker is dead")
    web.status = 200
    bench.start_worker()
    wait_until(lambda: web.titles() == ["train failed"], WITHIN_S, "another worker tells it")
