"""What a model needs wherever it is loaded: found in what its pickle refers to, in this very process.

MLflow finds it out by loading the model in another process and looking at what that imports, which takes
seconds. Here the model is pickled to nowhere, large arrays left out, and each class, function and module that
the pickle names is noted. What is installed is pinned to its version; what is the user's own goes along.
"""

from __future__ import annotations

import importlib.metadata
import sys
import types
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_mlops.capture.distributions import name_distributions

_INSTALLED = {"site-packages", "dist-packages"}
_DISTRIBUTIONS = {"sklearn": "scikit-learn", "PIL": "pillow", "cv2": "opencv-python", "yaml": "PyYAML"}
"""Those of the most used modules that are not called as their distributions: to look it up takes a second."""
_WITH_MLFLOW = frozenset({"mlflow", "cloudpickle"})  # MLflow adds itself, and brings the other


@dataclass(frozen=True)
class Requirements:
    """What a model needs.

    Attributes:
        packages: pinned, as pip takes them.
        code: the user's own modules, as files and folders.
        missing: modules that the model refers to and that are neither.
    """

    packages: tuple[str, ...]
    code: tuple[Path, ...]
    missing: tuple[str, ...] = ()


def find_requirements(model: Any, libraries: Iterable[str], example: Any = None) -> Requirements:
    """What a model needs to be loaded and to predict for its example.

    Args:
        model: the object.
        libraries: modules that its flavour needs in any case.
        example: rows of what it takes.
    """
    used = {*libraries, *referred_modules(model), *_data_libraries(example)}
    packages: dict[str, str] = {}
    code: list[Path] = []
    missing = []
    for name in sorted(used - sys.stdlib_module_names - _WITH_MLFLOW - {"__main__", "__mp_main__"}):
        place = _place(name)
        if place is None:
            continue
        pinned = _pinned(name, place.parent)
        if pinned is not None:
            packages[pinned[0].lower()] = f"{pinned[0]}=={pinned[1].partition('+')[0]}"
        elif place.parent.name not in _INSTALLED:
            code.append(place)
        else:
            missing.append(name)
    return Requirements(tuple(packages[name] for name in sorted(packages)), tuple(code), tuple(missing))


def referred_modules(model: Any) -> set[str]:
    """The first names of the modules that a model's pickle refers to, as far as it can be pickled."""
    import cloudpickle

    found: set[str] = set()

    class Noting(cloudpickle.Pickler):  # type: ignore[misc] # it carries no types
        """Writes nothing; MLflow's own way to pickle, by which a notebook's functions go by value."""

        def reducer_override(self, obj: Any) -> Any:
            found.update(_modules_of(obj))
            return super().reducer_override(obj)

    with suppress(Exception):  # a part that cannot be pickled: its library saves the model in another way
        Noting(_Nowhere(), protocol=5, buffer_callback=lambda _buffer: None).dump(model)
    return {name for name in found if not name.startswith("_")}


class _Nowhere:
    def write(self, data: Collection[int]) -> int:
        return len(data)


def _modules_of(thing: Any) -> set[str]:
    modules = [type(thing).__module__]
    if isinstance(thing, types.ModuleType):
        modules.append(thing.__name__)
    elif isinstance(thing, (type, types.FunctionType, types.BuiltinFunctionType)):
        modules.append(thing.__module__)
    return {name.partition(".")[0] for name in modules if isinstance(name, str)}


def _data_libraries(example: Any) -> set[str]:
    """A model that was given a frame may ask it for its columns."""
    return set() if example is None else {type(example).__module__.partition(".")[0]}


def _place(name: str) -> Path | None:
    """The file or folder of a module; None of one that is built in, or not there any more."""
    module = sys.modules.get(name)
    file = getattr(module, "__file__", None)
    if isinstance(file, str):
        path = Path(file)
        return path.parent if path.stem == "__init__" else path
    folders = list(getattr(module, "__path__", None) or ())
    return Path(folders[0]) if folders else None


def _pinned(name: str, folder: Path) -> tuple[str, str] | None:
    """The distribution of a module and its version; None of one that no installed distribution has."""
    called = _DISTRIBUTIONS.get(name, name)
    with suppress(importlib.metadata.PackageNotFoundError):
        distribution = importlib.metadata.distribution(called)
        if folder.name in _INSTALLED or _is_editable(distribution):
            return distribution.metadata["Name"], distribution.version
    if folder.name not in _INSTALLED:
        return None
    (found,) = name_distributions([{"name": name, "folder": str(folder)}])
    return (found["distribution"], found["version"]) if found["distribution"] else None


def _is_editable(distribution: importlib.metadata.Distribution) -> bool:
    """Whether it is installed in place, so that its modules are not among the installed ones."""
    return '"editable": true' in (distribution.read_text("direct_url.json") or "")
