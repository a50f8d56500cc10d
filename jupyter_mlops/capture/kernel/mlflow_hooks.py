"""What we mend and note in MLflow inside a kernel, if the notebook imports it. Standard library only.

`install` watches for the import of three of MLflow's modules and wraps some of their functions; `uninstall`
puts all back. What is wrapped, and why: `sklearn_saving.py` and `job_run.py` mend, `mlflow_notes.py` and
`run_ends.py` note.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from contextlib import suppress
from types import ModuleType
from typing import Any

Function = Callable[..., Any]

_CLIENT = "mlflow.tracking._tracking_service.client"
_CLIENT_CLASS = "TrackingServiceClient"
_WRAPPED = {
    "mlflow.tracking.fluent": ["start_run", "end_run"],
    "mlflow.sklearn": ["save_model", "log_model"],
    _CLIENT: [
        *("create_run", "log_param", "log_metric", "log_batch"),
        *("log_artifact", "log_artifacts", "create_logged_model"),
    ],
}
_PACKAGE = "mlflow"  # it re-exports the first two

_installed = False


def install() -> None:
    """Wrap MLflow's functions: now if it is imported, else when it is. Installing twice changes nothing."""
    global _installed  # noqa: PLW0603 - like sys.meta_path, one for the process
    if _installed:
        return
    _installed = True
    sys.meta_path.insert(0, _finder)
    for name in _WRAPPED:
        module = sys.modules.get(name)
        if module is not None:
            _wrap(module)


def uninstall() -> None:
    """Put MLflow's functions back; copies that others took of ours do nothing more than MLflow's."""
    global _installed  # noqa: PLW0603
    _installed = False
    if _finder in sys.meta_path:
        sys.meta_path.remove(_finder)
    for name in _WRAPPED:
        module = sys.modules.get(name)
        if module is not None:
            _unwrap(module)


class _Finder:
    """Finds nothing itself: has the module found by the others, and wraps its functions once it is loaded."""

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> Any:
        if fullname not in _WRAPPED:
            return None
        for finder in sys.meta_path:
            if finder is self or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(fullname, path, target)
            if spec is not None:
                with suppress(Exception):  # then the import is as it would be without us
                    _wrap_after_loading(spec.loader)
                return spec
        return None


_finder: Any = _Finder()


def _wrap_after_loading(loader: Any) -> None:
    load = loader.exec_module

    def exec_module(module: ModuleType) -> None:
        load(module)
        if _installed:
            _wrap(module)

    loader.exec_module = exec_module  # on this one loader, made for this one module


def _wrap(module: ModuleType) -> None:
    # Only now, as many kernels never import MLflow.
    from jupyter_mlops.capture.kernel import job_run, mlflow_notes, run_ends, sklearn_saving

    wrappers: dict[str, Callable[[Function], Function]] = {
        "start_run": job_run.wrap_start_run,
        "end_run": run_ends.wrap_end_run,
        "save_model": sklearn_saving.wrap_save_model,
        "log_model": sklearn_saving.wrap_log_model,
        **{name: functools.partial(mlflow_notes.wrap_method, name) for name in mlflow_notes.NOTED},
    }
    owner = _owner(module)
    for name in _WRAPPED[module.__name__]:
        function = getattr(owner, name, None)
        if function is not None and not hasattr(function, "_mlops_original"):
            with suppress(Exception):  # a function of another MLflow than we know stays as it is
                _replace(owner, name, function, _switchable(function, wrappers[name](function)))


def _unwrap(module: ModuleType) -> None:
    owner = _owner(module)
    for name in _WRAPPED[module.__name__]:
        function = getattr(owner, name, None)
        original = getattr(function, "_mlops_original", None)
        if original is not None:
            _replace(owner, name, function, original)


def _owner(module: ModuleType) -> Any:
    """Where the names that are wrapped live: the module, or its one class."""
    return getattr(module, _CLIENT_CLASS, None) if module.__name__ == _CLIENT else module


def _replace(owner: Any, name: str, old: Any, new: Any) -> None:
    setattr(owner, name, new)
    package = sys.modules.get(_PACKAGE)
    if vars(package).get(name) is old:
        setattr(package, name, new)


def _switchable(original: Function, wrapped: Function) -> Function:
    @functools.wraps(original)
    def switch(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        return (wrapped if _installed else original)(*args, **kwargs)

    switch._mlops_original = original  # type: ignore[attr-defined]
    return switch
