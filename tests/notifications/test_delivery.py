"""Notifications reach a real mail server and a real web server: once, however often they are tried."""

from __future__ import annotations

import logging
import threading
from datetime import datetime, timedelta, timezone

import pytest
from rows import add_job, queue_run
from sinks import MailServer, WebServer, web_server
from sqlalchemy import select, update
from waiting import wait_until

from jupyter_mlops.notifications import delivery
from jupyter_mlops.notifications.channels import Channel, Channels
from jupyter_mlops.notifications.delivery import Courier, claim_due, due_channels, record_failure, retry_delay
from jupyter_mlops.notifications.message import Message
from jupyter_mlops.notifications.notifiers import NotDeliveredError, send
from jupyter_mlops.notifications.outbox import note
from jupyter_mlops.store import Store
from jupyter_mlops.store.tables import Notification

WITHIN_S = 30.0
LEASE = timedelta(seconds=60)


def write(store: Store, channel: str, *titles: str) -> None:
    """What a run's end writes."""
    run = queue_run(store, add_job(store))
    with store.session() as session:
        for title in titles:
            note(session, run, f"{channel}:{title}", channel, Message("failed", title, f"about {title}"))


def rows(store: Store, channel: str) -> list[Notification]:
    query = select(Notification).where(Notification.channel == channel).order_by(Notification.key)
    with store.reading() as session:
        return list(session.scalars(query))


def make_due(store: Store) -> None:
    """As if the time of the next try had come."""
    with store.session() as session:
        session.execute(
            update(Notification)
            .where(Notification.next_try_at.is_not(None))
            .values(next_try_at=datetime.now(timezone.utc))
        )


def deliver_all(courier: Courier) -> None:
    """Tick until nothing is due and nothing under way."""
    courier.tick()
    wait_until(lambda: not courier.is_busy, WITHIN_S, "the courier has done its round")


def test_a_mail_and_a_post_arrive_once_each(
    store: Store, channels: Channels, mail: MailServer, web: WebServer
) -> None:
    channels.set("team-mail", mail.url)
    channels.set("hook", web.url)
    write(store, "team-mail", "train failed")
    write(store, "hook", "train failed", "eval failed")
    courier = Courier(store, channels)
    deliver_all(courier)
    deliver_all(courier)
    (arrived,) = mail.mails
    assert arrived["Subject"] == "train failed" and "team@example.org" in arrived["To"]
    body = arrived.get_body()
    assert body is not None and "about train failed" in body.get_content()
    assert sorted(web.titles()) == ["eval failed", "train failed"]
    assert web.posts[0]["type"] == "failure"
    for row in rows(store, "hook") + rows(store, "team-mail"):
        assert (row.state, row.tries, row.problem, row.next_try_at) == ("sent", 1, None, None)
        assert row.sent_at is not None


def test_while_the_channel_is_down_it_is_tried_again_and_arrives_once(
    store: Store, channels: Channels
) -> None:
    with web_server() as down:
        port = down.port
        channels.set("hook", down.url)
    write(store, "hook", "train failed")
    courier = Courier(store, channels)
    for tries in (1, 2):
        make_due(store)
        before = datetime.now(timezone.utc)
        deliver_all(courier)
        (row,) = rows(store, "hook")
        assert (row.state, row.tries) == ("pending", tries) and row.problem
        assert row.next_try_at is not None and row.next_try_at >= before + retry_delay(tries)
        assert due_channels(store, datetime.now(timezone.utc)) == []
    with web_server(port) as web:
        make_due(store)
        deliver_all(courier)
        make_due(store)
        deliver_all(courier)
        assert web.titles() == ["train failed"]
    (row,) = rows(store, "hook")
    assert (row.state, row.tries, row.problem) == ("sent", 3, None)


def test_nothing_of_an_address_is_in_rows_or_logs(
    store: Store, channels: Channels, web: WebServer, caplog: pytest.LogCaptureFixture
) -> None:
    web.status = 500
    channels.set("hook", web.url)
    write(store, "hook", "train failed")
    with caplog.at_level(logging.DEBUG, "jupyter_mlops"):
        deliver_all(Courier(store, channels))
    (row,) = rows(store, "hook")
    assert row.problem is not None and "500" in row.problem
    for text in (
        row.problem,
        caplog.text,
        repr(channels.named("hook")),
        str(channels.named("hook").as_dict()),
    ):
        assert web.TOKEN not in text and str(web.port) not in text


def test_two_workers_carry_each_notification_once(store: Store, channels: Channels, web: WebServer) -> None:
    channels.set("hook", web.url)
    titles = [f"run {number}" for number in range(20)]
    write(store, "hook", *titles)
    couriers = [Courier(store, channels) for _ in range(3)]
    for courier in couriers:
        courier.tick()
    for courier in couriers:
        deliver_all(courier)
    assert sorted(web.titles()) == sorted(titles)


def test_a_channel_that_hangs_holds_up_no_other_and_a_late_answer_counts(
    store: Store, channels: Channels, mail: MailServer, web: WebServer
) -> None:
    channels.set("team-mail", mail.url)
    channels.set("hook", web.url)
    web.answers.clear()
    write(store, "hook", "slow")
    courier = Courier(store, channels, send_within_s=0.0)
    courier.tick()
    assert web.asked.wait(WITHIN_S)
    write(store, "team-mail", "quick")
    courier.tick()
    wait_until(lambda: mail.mails, WITHIN_S, "the mail arrives meanwhile")
    assert rows(store, "hook")[0].state == "pending"
    web.answers.set()
    wait_until(lambda: rows(store, "hook")[0].state == "sent", WITHIN_S, "the late answer is noted")
    make_due(store)
    deliver_all(courier)
    assert web.titles() == ["slow"]


def test_a_poisoned_row_is_given_up_and_the_rest_goes_on(
    store: Store, channels: Channels, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "MAX_TRIES", 2)
    channels.set("hook", web.url)

    def poisoned(channel: Channel, message: Message) -> None:
        if message.title == "a poisoned":
            raise ValueError(f"cannot format it for {channel.url}")
        send(channel, message)

    write(store, "hook", "a poisoned", "b sound", "c sound")
    courier = Courier(store, channels, deliver=poisoned)
    for _ in range(4):
        deliver_all(courier)
        make_due(store)
    assert [row.state for row in rows(store, "hook")] == ["given_up", "sent", "sent"]
    assert sorted(web.titles()) == ["b sound", "c sound"]
    (told,) = rows(store, "jupyterlab")
    assert told.event == "undelivered" and "a poisoned" in told.body and told.state == "unseen"


def test_what_ends_every_worker_that_holds_it_is_given_up(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "MAX_TRIES", 3)
    write(store, "hook", "fatal")
    now = datetime.now(timezone.utc)
    for _ in range(3):
        assert claim_due(store, "hook", now, timedelta(0)) is not None  # and the worker is killed
    assert claim_due(store, "hook", now, timedelta(0)) is None
    assert rows(store, "hook")[0].state == "given_up"
    assert [row.event for row in rows(store, "jupyterlab")] == ["undelivered"]


def test_one_that_a_worker_died_with_is_due_again_when_its_lease_is_over(store: Store) -> None:
    write(store, "hook", "train failed")
    now = datetime.now(timezone.utc)
    first = claim_due(store, "hook", now, LEASE)
    assert first is not None
    assert claim_due(store, "hook", now + LEASE / 2, LEASE) is None
    second = claim_due(store, "hook", now + LEASE, LEASE)
    assert second is not None and second.id == first.id
    record_failure(store, first, "the first worker wakes up")
    assert rows(store, "hook")[0].problem is None, "the second holds it"


def test_a_channel_that_is_not_set_up_yet_says_so_and_is_served_once_it_is(
    store: Store, channels: Channels, web: WebServer
) -> None:
    write(store, "hook", "train failed")
    courier = Courier(store, channels)
    deliver_all(courier)
    assert "There is no channel 'hook'" in (rows(store, "hook")[0].problem or "")
    channels.set("hook", web.url)
    make_due(store)
    deliver_all(courier)
    assert web.titles() == ["train failed"]


def test_closing_waits_for_what_is_under_way(store: Store, channels: Channels, web: WebServer) -> None:
    channels.set("hook", web.url)
    web.answers.clear()
    write(store, "hook", "last words")
    courier = Courier(store, channels)
    courier.tick()
    assert web.asked.wait(WITHIN_S)
    threading.Timer(0.1, web.answers.set).start()
    courier.close(within_s=WITHIN_S)
    assert rows(store, "hook")[0].state == "sent"


def test_without_apprise_the_message_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "apprise", None)
    with pytest.raises(NotDeliveredError) as refused:
        send(Channel("hook", "json://127.0.0.1:9/x", "file"), Message("test", "t", "b"))
    assert "pip install 'jupyter_mlops[notify]'" in (refused.value.hint or "")


def test_a_month_after_it_was_told_it_is_forgotten(store: Store) -> None:
    write(store, "jupyterlab", "old")
    write(store, "hook", "never sent")
    delivery.forget_old(store, datetime.now(timezone.utc) + timedelta(days=29))
    assert rows(store, "jupyterlab")
    delivery.forget_old(store, datetime.now(timezone.utc) + timedelta(days=31))
    assert rows(store, "jupyterlab") == [] and rows(store, "hook")
