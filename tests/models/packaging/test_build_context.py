"""`jupyter mlops package`: a build context that holds what it names, and that serves as it stands."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest
import yaml
from waiting import wait_until

from jupyter_mlops.cli import main
from jupyter_mlops.config import Settings
from jupyter_mlops.models.checked_files import CHECKSUMS_TAG
from jupyter_mlops.models.packaging.context import package_model
from jupyter_mlops.tracking.client import make_client

pytestmark = pytest.mark.slow
SERVES_WITHIN_S = 200.0


def said(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    found: dict[str, object] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return found


def copied(dockerfile: str) -> list[str]:
    """The paths that a Dockerfile copies out of its context."""
    lines = re.findall(r"^COPY (.+)$", dockerfile, re.MULTILINE)
    return [path for line in lines for path in line.split()[:-1]]


def test_the_context_holds_all_that_its_files_name(
    penguin_registry: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "image"
    assert (
        main(["package", "penguins", str(folder), "--json", "--storage-uri", "s3://models/penguins/1"]) == 0
    )
    made = said(capsys)
    assert (made["name"], made["version"], made["can_run_code"]) == ("penguins", "1", True)
    assert any(str(line).startswith("scikit-learn==") for line in made["pinned_here"])  # type: ignore[attr-defined]
    for dockerfile in ("Dockerfile", "Dockerfile.mlserver"):
        paths = copied((folder / dockerfile).read_text())
        assert paths
        assert [path for path in paths if not (folder / path).exists()] == []
        kept = (folder / ".dockerignore").read_text().splitlines()
        assert [path for path in paths if f"!{path}" not in kept] == []
    for line in (folder / "checksums.txt").read_text().splitlines():
        sha, path = line.split("  ", 1)
        assert hashlib.sha256((folder / path).read_bytes()).hexdigest() == sha
    for line in (folder / "requirements.txt").read_text().splitlines():
        assert "==" in line, line
    assert "$" not in (folder / "Dockerfile").read_text()
    assert "can run code" in (folder / "README.md").read_text()


def test_the_manifests_name_the_model_the_version_and_its_image(
    penguin_registry: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "image"
    package_model("penguins/2", folder, image="registry.example.com/zoo/penguins:2", storage_uri="s3://zoo/2")
    manifests = {path.stem: yaml.safe_load(path.read_text()) for path in (folder / "kubernetes").iterdir()}
    assert set(manifests) == {"kserve", "kserve-storage", "seldon"}
    for manifest in manifests.values():
        assert manifest["metadata"]["name"] == "penguins"
        assert manifest["metadata"]["labels"]["app.kubernetes.io/version"] == "2"
    image = "registry.example.com/zoo/penguins:2-mlserver"
    assert manifests["kserve"]["kind"] == "InferenceService"
    assert manifests["kserve"]["spec"]["predictor"]["containers"][0]["image"] == image
    assert manifests["kserve-storage"]["spec"]["predictor"]["model"]["storageUri"] == "s3://zoo/2"
    assert manifests["seldon"]["kind"] == "SeldonDeployment"
    (predictor,) = manifests["seldon"]["spec"]["predictors"]
    (container,) = predictor["componentSpecs"][0]["spec"]["containers"]
    assert (container["image"], container["name"]) == (image, predictor["graph"]["name"])
    runtime = json.loads((folder / "model-settings.json").read_text())
    assert (runtime["name"], runtime["implementation"]) == ("penguins", "mlserver_mlflow.MLflowRuntime")
    assert (folder / runtime["parameters"]["uri"] / "MLmodel").exists()


def test_a_folder_that_is_not_empty_is_left_alone_unless_forced(
    penguin_registry: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "image"
    (folder / "model").mkdir(parents=True)
    (folder / "model" / "old.pkl").write_text("old")
    (folder / "notes.txt").write_text("mine")
    assert main(["package", "penguins", str(folder)]) == 2
    assert "not empty" in capsys.readouterr().err
    assert sorted(path.name for path in folder.iterdir()) == ["model", "notes.txt"]
    assert main(["package", "penguins", str(folder), "--force"]) == 0
    assert (folder / "notes.txt").read_text() == "mine"
    assert not (folder / "model" / "old.pkl").exists()
    assert (folder / "model" / "MLmodel").exists()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".image")] == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["penguins@nobody", "new"], "has no version '@nobody'"),
        (["pen/guins/1", "new"], "names no version"),
        (["penguins", "a-file"], "is no folder"),
        (["penguins", "new", "--image", "Upper Case"], "cannot be an image's name"),
        (["penguins", "new", "--storage-uri", 's3://x"\ninjected: 1'], "no URI of a storage"),
    ],
)
def test_what_cannot_be_packaged_is_refused_and_nothing_written(
    penguin_registry: Settings,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    says: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a-file").write_text("")
    assert main(["package", *arguments]) == 2
    assert says in capsys.readouterr().err
    assert not Path("new").exists()


def test_a_model_of_which_a_file_changed_is_not_packaged(penguin_registry: Settings, tmp_path: Path) -> None:
    client = make_client(penguin_registry.tracking_uri)
    client.set_model_version_tag("penguins", "1", CHECKSUMS_TAG, json.dumps({"MLmodel": "0" * 64}))
    assert main(["package", "penguins/1", str(tmp_path / "image")]) == 2
    assert not (tmp_path / "image").exists()


@pytest.fixture
def served(penguin_registry: Settings, tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """The context's own entry command, at work on the loopback."""
    folder = tmp_path / "image"
    package_model("penguins", folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    entry = json.loads(re.findall(r"^CMD (.+)$", (folder / "Dockerfile").read_text(), re.MULTILINE)[-1])
    environment = {**os.environ, "HOST": "127.0.0.1", "PORT": str(port)}
    with (tmp_path / "server.log").open("wb") as log:
        server = subprocess.Popen(
            entry, cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True
        )
        try:
            yield folder, f"http://127.0.0.1:{port}"
        finally:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def test_the_entry_command_serves_the_model_and_answers_its_example(served: tuple[Path, str]) -> None:
    folder, url = served

    def is_there() -> bool:
        try:
            with urlopen(f"{url}/ping", timeout=5) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False

    wait_until(is_there, SERVES_WITHIN_S, "the server answers /ping")
    body = (folder / "example.json").read_bytes()
    request = Request(f"{url}/invocations", data=body, headers={"Content-Type": "application/json"})
    with urlopen(request, timeout=60) as answer:
        predictions = json.load(answer)["predictions"]
    assert predictions == ["Adelie"] * len(predictions)
    assert len(predictions) == len(json.loads(body)["dataframe_split"]["data"])
