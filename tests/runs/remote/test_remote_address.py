"""Which addresses a job may name for its notebooks, and what is said of the others."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from jupyter_mlops.errors import BadInputError
from jupyter_mlops.jobs.policies import Policies, check_policies
from jupyter_mlops.runs.remote.address import MAX_CHARS, check_address, check_form

PASSWORD = "hunter2hunter2"


@pytest.mark.parametrize(
    "url",
    [
        "s3://bucket/prefix",
        "gs://bucket",
        "abfs://container@account.dfs.core.windows.net/notebooks",
        "sftp://me@host.example.org:2222/mnt/share",
        "file:///mnt/a share/ü",
        "file:///C:/notebooks",
    ],
)
def test_what_fsspec_can_write_to_is_taken_as_it_is(url: str) -> None:
    assert check_form(url, "output_url") == url


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("/mnt/share", "names no protocol"),
        ("bucket/prefix", "names no protocol"),
        ("", "names no protocol"),
        ("S3://bucket", "names no protocol"),
        ("://bucket", "names no protocol"),
        (" s3://bucket", "no address"),
        ("s3://bucket\n", "no address"),
        ("s3://[bucket", "no address"),
        ("s3://" + "b" * MAX_CHARS, "no address"),
        (17, "no address"),
        (["s3://bucket"], "no address"),
        ("s3://", "names no place"),
        ("file://mnt/share", "names no place"),
        ("simplecache::s3://bucket", "names no protocol"),
        ("file:///tmp/x::s3://bucket", "names no place"),
        ("nosuch://bucket", "no protocol 'nosuch'"),
        ("memory://here", "Nothing can be kept"),
        ("https://example.org/put", "Nothing can be kept"),
        (f"ftp://bob:{PASSWORD}@host/x", "a password or a token"),
        (f"s3://key:{PASSWORD}@bucket/x", "a password or a token"),
        (f"https://account/x?sig={PASSWORD}", "a password or a token"),
    ],
)
def test_what_is_none_is_refused_by_field_and_reason_and_no_secret_is_repeated(
    url: object, said: str
) -> None:
    with pytest.raises(BadInputError) as refused:
        check_policies({"output_url": url})
    assert refused.value.field == "policies.output_url" and refused.value.hint
    assert said in refused.value.message
    assert PASSWORD not in str(refused.value.as_problem())


def test_where_to_put_a_password_is_said() -> None:
    with pytest.raises(BadInputError) as refused:
        check_address(f"smb://bob:{PASSWORD}@host/share", "output_url")
    assert "secret://" in (refused.value.hint or "") and "fsspec" in (refused.value.hint or "")


@pytest.mark.parametrize(
    ("missing", "url", "hint"),
    [
        ("fsspec", "file:///mnt/share", "pip install 'jupyter_mlops[remote]'"),
        ("s3fs", "s3://bucket/prefix", "pip install s3fs"),
        ("gcsfs", "gs://bucket", "pip install gcsfs"),
    ],
)
def test_a_package_that_is_missing_is_named_when_the_job_is_made(
    monkeypatch: pytest.MonkeyPatch, missing: str, url: str, hint: str
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)  # as Python has one that cannot be imported
    with pytest.raises(BadInputError) as refused:
        check_policies({"output_url": url})
    assert (refused.value.field, refused.value.hint) == ("policies.output_url", hint)


@pytest.mark.parametrize("read", [Policies.of, lambda stored: Policies.parse({**stored, "output_url": None})])
def test_a_row_is_read_where_the_package_is_missing(
    monkeypatch: pytest.MonkeyPatch, read: Callable[[dict[str, str]], Policies]
) -> None:
    """Another machine may have it; and a run may do without its job's."""
    monkeypatch.setitem(sys.modules, "fsspec", None)
    stored = {"output_url": "s3://bucket/prefix"}
    assert read(stored).output_url in ("s3://bucket/prefix", None)
    assert Policies.of({"output_url": f"s3://a:{PASSWORD}@b"}).output_url is None
