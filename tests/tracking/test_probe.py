"""Whether a tracking server answers, known within seconds and without MLflow."""

from __future__ import annotations

import time

import pytest

from jupyter_mlops.errors import TrackingUnavailableError
from jupyter_mlops.tracking.probe import check_tracking


def test_a_server_that_is_not_there_is_named_with_what_to_do(closed_port: str) -> None:
    with pytest.raises(TrackingUnavailableError, match=closed_port) as refused:
        check_tracking(closed_port)
    assert refused.value.field == "tracking_uri"
    assert "MLFLOW_TRACKING_URI" in str(refused.value.hint)


def test_a_server_that_never_answers_is_given_up_in_time(black_hole: str) -> None:
    began = time.monotonic()
    with pytest.raises(TrackingUnavailableError):
        check_tracking(black_hole, timeout_s=0.3)
    assert time.monotonic() - began < 2


def test_a_server_that_wants_a_login_is_there(login_wall: str) -> None:
    check_tracking(login_wall)


@pytest.mark.parametrize(
    "uri", ["sqlite:////nowhere/mlflow.db", "/a/folder", "databricks", "file:///a/folder"]
)
def test_what_is_no_http_server_is_not_asked(uri: str) -> None:
    check_tracking(uri)


def test_a_password_in_the_address_is_not_shown(closed_port: str) -> None:
    with pytest.raises(TrackingUnavailableError) as refused:
        check_tracking(closed_port.replace("http://", "http://someone:very-secret@"))
    assert "very-secret" not in str(refused.value.as_problem())


@pytest.mark.parametrize("uri", ["http://", "http://[::1", "http://a b/", "http://127.0.0.1:port"])
def test_an_address_that_is_none_is_a_refusal_too(uri: str) -> None:
    with pytest.raises(TrackingUnavailableError):
        check_tracking(uri)
