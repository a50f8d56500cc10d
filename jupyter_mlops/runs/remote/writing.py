"""Writing an executed notebook to another file system: whole or not at all, and tried more than once.

It is done in a process of its own, which `copies` starts: what hangs there holds up no run, what its packages
load stays out of the runner, and it has the credentials that the job's environment names.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from jupyter_mlops.ids import new_id

WAITS_S = (1.0, 3.0)
LIMIT_S = 600.0
"""How long one copy may take in all, with its waits."""
# Where an object appears with its last byte, and where to move one is to copy it.
_OBJECT_STORES = frozenset(
    ("s3", "s3a", "gs", "gcs", "abfs", "adl", "az", "oss", "oci", "tos", "tosfs", "hf")
)


def write_whole(source: Path, url: str, relative: str) -> None:
    """Copy a file below an address; what was there before is replaced.

    Where the file system has it, the copy is written aside and then moved to its place.

    Args:
        source: a file of this machine.
        url: an address that fsspec understands.
        relative: the copy's place below it, with forward slashes.

    Raises:
        Exception: whatever the file system raises; nothing is left at the place.
    """
    from fsspec.core import url_to_fs

    files, base = url_to_fs(url)
    target = f"{base.rstrip('/')}/{relative}"
    protocols = {files.protocol} if isinstance(files.protocol, str) else set(files.protocol)
    if protocols & _OBJECT_STORES:
        files.put_file(str(source), target)
        return
    folder, _, name = target.rpartition("/")
    files.makedirs(folder, exist_ok=True)
    aside = f"{folder}/.{name}.{new_id()}"
    try:
        files.put_file(str(source), aside)
        files.mv(aside, target)
    except BaseException:
        with contextlib.suppress(Exception):
            files.rm_file(aside)
        raise


def write_patiently(source: Path, url: str, relative: str, waits_s: Sequence[float] = WAITS_S) -> str | None:
    """As `write_whole`, tried again after each wait; answers with why the last try failed, or None."""
    for wait_s in (*waits_s, None):
        try:
            write_whole(source, url, relative)
        except Exception as error:  # noqa: BLE001 - of whatever package has the file system
            problem = f"{type(error).__name__}: {error}"
            if wait_s is not None:
                time.sleep(wait_s)
        else:
            return None
    return problem


def main(arguments: Sequence[str]) -> None:
    """Copy `source url relative`; the last line on standard output is an object with the `problem`."""
    give_up = threading.Timer(LIMIT_S, os._exit, [1])  # nobody may be left who would end it
    give_up.daemon = True
    give_up.start()
    source, url, relative = arguments
    print(json.dumps({"problem": write_patiently(Path(source), url, relative)}), flush=True)  # noqa: T201
    os._exit(0)  # the threads of a file system may still wait for a server that does not answer


if __name__ == "__main__":
    main(sys.argv[1:])
