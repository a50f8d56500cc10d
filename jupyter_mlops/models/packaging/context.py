"""A build context of a model version: `jupyter mlops package models:/NAME@champion OUT`.

It holds the model's files, what they require, a Dockerfile with MLflow's scoring server, another with
MLServer, and manifests for KServe and Seldon. Nothing of the model is loaded.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from jupyter_mlops.config import Settings
from jupyter_mlops.errors import BadInputError, ConflictError
from jupyter_mlops.models.checked_files import check_files
from jupyter_mlops.models.packaging.requirements import PinnedRequirements, pin_requirements
from jupyter_mlops.models.reference import ModelReference
from jupyter_mlops.tracking.artifact_folder import checksums_of
from jupyter_mlops.tracking.model_description import RUNS_CODE, parse_description, python_of, serialization_of
from jupyter_mlops.tracking.model_files import FetchedVersion, fetched_version
from jupyter_mlops.tracking.probe import check_tracking

EXAMPLE = "serving_input_example.json"
MLSERVER = ("mlserver>=1.6,<2", "mlserver-mlflow>=1.6,<2")
_TEMPLATES = {
    "Dockerfile": "Dockerfile",
    "Dockerfile.mlserver": "Dockerfile.mlserver",
    "README.md": "README.md",
    "dockerignore": ".dockerignore",
    "serve.sh": "serve.sh",
    "kserve.yaml": "kubernetes/kserve.yaml",
    "seldon.yaml": "kubernetes/seldon.yaml",
}
_OF_STORAGE = {"kserve-storage.yaml": "kubernetes/kserve-storage.yaml"}
_IMAGE = re.compile(r"[a-z0-9][a-z0-9._/:-]{0,254}")
_STORAGE = re.compile(r"[a-z][a-z0-9+.-]*://[\w./@~%+=-]+")
_PYTHON = re.compile(r"\d+\.\d+(?:\.\d+)?")
_ANY_PYTHON = "3.11"


@dataclass(frozen=True)
class Package:
    """A build context that was written.

    Attributes:
        folder: where.
        image: what its README calls the image.
        serialization: what the model's files are written as.
        can_run_code: whether loading them can run their author's code.
        pinned_here: requirements that the model left open, pinned to what this environment has.
        open_requirements: those that could not be pinned.
        files: all that was written, but for the model's own, relative to the folder.
    """

    name: str
    version: str
    folder: str
    image: str
    serialization: str
    can_run_code: bool
    files: tuple[str, ...]
    pinned_here: tuple[str, ...] = ()
    open_requirements: tuple[str, ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        """As plain JSON."""
        return asdict(self)


def package_model(
    model: str,
    output: Path,
    *,
    image: str | None = None,
    storage_uri: str | None = None,
    force: bool = False,
) -> Package:
    """Write the build context of a version.

    Args:
        model: `models:/NAME@champion`, `models:/NAME/3`, or a name: its champion.
        output: a folder that is not there yet, or empty.
        image: what the image is called; by default after the model and its version.
        storage_uri: where the model's files are for KServe; then there is a manifest for its own runtime.
        force: write into a folder that is not empty: what is of the same name is replaced, the rest stays.

    Raises:
        BadInputError: `output`, `image` or `storage_uri` cannot be used; nothing was written.
        ConflictError: the folder is not empty, or a file of the model changed since it was registered.
        NotFoundError: there is no such version.
        TrackingUnavailableError: the tracking server does not answer.
    """
    reference, settings = ModelReference.parse(model), Settings.load()
    output = output.expanduser().absolute()
    _check_output(output, force=force)
    _check_names(image, storage_uri)
    check_tracking(settings.tracking_uri)
    with fetched_version(settings.tracking_uri, reference.name, reference.version) as found:
        check_files(found)
        _check_no_links(found.folder)
        made = _Context.of(found, image, storage_uri)
        output.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{output.name}-", dir=output.parent) as whole:
            made.write(Path(whole))
            _put_in_place(Path(whole), output)
    return made.as_package(output)


@dataclass(frozen=True)
class _Context:
    found: FetchedVersion
    description: Mapping[str, Any]
    checksums: Mapping[str, str]
    required: PinnedRequirements
    image: str
    storage_uri: str | None

    @classmethod
    def of(cls, found: FetchedVersion, image: str | None, storage_uri: str | None) -> _Context:
        requirements = found.folder / "requirements.txt"
        lines = requirements.read_text("utf-8").splitlines() if requirements.is_file() else []
        return cls(
            found=found,
            description=parse_description((found.folder / "MLmodel").read_text("utf-8")),
            checksums=checksums_of(found.folder),
            required=pin_requirements(lines),
            image=image or f"{kubernetes_name(found.name)}:{found.version}",
            storage_uri=storage_uri,
        )

    @property
    def serialization(self) -> str:
        return serialization_of(self.description, self.checksums)

    def write(self, folder: Path) -> None:
        """Write all of it into an empty folder."""
        shutil.copytree(self.found.folder, folder / "model", ignore=shutil.ignore_patterns("__pycache__"))
        for path, text in self.texts().items():
            target = folder / path
            target.parent.mkdir(exist_ok=True)
            target.write_text(text, "utf-8")
        folder.chmod(0o755)

    def texts(self) -> dict[str, str]:
        """Each file but the model's own, by its path in the context."""
        name = kubernetes_name(self.found.name)
        lines = [f"{sha}  model/{path}" for path, sha in sorted(self.checksums.items())]
        runtime = {"uri": "./model", "version": f"v{self.found.version}"}
        settings = {
            "name": name,
            "implementation": "mlserver_mlflow.MLflowRuntime",
            "parameters": runtime,
        }
        server = {"host": "0.0.0.0", "http_port": 8080, "grpc_port": 8081}  # noqa: S104 - in a container
        example = self.found.folder / EXAMPLE
        templates = {**_TEMPLATES, **(_OF_STORAGE if self.storage_uri else {})}
        return {
            "requirements.txt": _lines(self.required.lines),
            "requirements-mlserver.txt": _lines(("-r requirements.txt", *MLSERVER)),
            "checksums.txt": _lines(lines),
            "model-settings.json": json.dumps(settings, indent=2) + "\n",
            "settings.json": json.dumps(server, indent=2) + "\n",
            **({"example.json": example.read_text("utf-8")} if example.is_file() else {}),
            **{target: self._filled(template) for template, target in templates.items()},
        }

    def as_package(self, output: Path) -> Package:
        serialization = self.serialization
        return Package(
            name=self.found.name,
            version=self.found.version,
            folder=str(output),
            image=self.image,
            serialization=serialization,
            can_run_code=serialization in RUNS_CODE,
            files=tuple(sorted(self.texts())),
            pinned_here=self.required.pinned_here,
            open_requirements=self.required.open,
        )

    def _filled(self, template: str) -> str:
        text = (files(__package__) / "templates" / template).read_text("utf-8")
        python = python_of(self.description) or ""
        risky = self.serialization in RUNS_CODE
        return Template(text).substitute(
            model=_inert(self.found.name),
            name=kubernetes_name(self.found.name),
            version=_inert(self.found.version),
            image=self.image,
            storage_uri=self.storage_uri or "",
            mlflow_run_id=_inert(str(self.description.get("run_id") or "")),
            notebook=_inert(self.found.tags.get("mlops.notebook") or "not known"),
            serialization=_inert(self.serialization),
            caution=": loading it can run code of its author's" if risky else "",
            python=python if _PYTHON.fullmatch(python) else _ANY_PYTHON,
        )


def kubernetes_name(name: str) -> str:
    """A name as Kubernetes takes it (RFC 1123): small letters, digits and hyphens, at most 50 characters."""
    found = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:50].strip("-")
    return found if found and found[0].isalpha() else f"model-{found}".strip("-")


def _check_output(output: Path, *, force: bool) -> None:
    if output.is_symlink() or (output.exists() and not output.is_dir()):
        raise BadInputError(f"{output} is no folder.", field="output", hint="Name a new folder.")
    if output.is_dir() and any(output.iterdir()) and not force:
        raise ConflictError(
            f"{output} is not empty.",
            field="output",
            hint="Name a new folder, or give --force: what is of the same name is replaced, the rest stays.",
        )


def _check_names(image: str | None, storage_uri: str | None) -> None:
    if image is not None and not _IMAGE.fullmatch(image):
        raise BadInputError(
            f"{image!r} cannot be an image's name.",
            field="image",
            hint="Give one such as registry.example.com/team/model:3, in small letters.",
        )
    if storage_uri is not None and not _STORAGE.fullmatch(storage_uri):
        raise BadInputError(
            f"{storage_uri!r} is no URI of a storage.",
            field="storage_uri",
            hint="Give one that KServe reads, such as s3://models/penguins/3.",
        )


def _check_no_links(folder: Path) -> None:
    """A link would bring a file into the image that is none of the model's."""
    link = next((path for path in sorted(folder.rglob("*")) if path.is_symlink()), None)
    if link is not None:
        raise ConflictError(
            f"The model's folder has a link in it, {link.relative_to(folder)}: it is not packaged.",
            field="model",
            hint="Log the model again without links.",
        )


def _put_in_place(whole: Path, output: Path) -> None:
    """Move what was written to where it belongs, each entry in the place of the old one of its name."""
    output.mkdir(exist_ok=True)
    for entry in sorted(whole.iterdir()):
        target = output / entry.name
        if target.is_dir() and not target.is_symlink():
            shutil.rmtree(target)
        elif target.exists() or target.is_symlink():
            target.unlink()
        entry.rename(target)


def _inert(text: str) -> str:
    """A text that means nothing to YAML, a Dockerfile, a shell or Markdown."""
    return re.sub(r"[^\w .,+@/-]", "_", text)


def _lines(lines: tuple[str, ...] | list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
