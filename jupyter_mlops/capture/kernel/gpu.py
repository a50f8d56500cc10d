"""What this process holds of each GPU's memory, by NVML."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jupyter_mlops.capture.kernel.frame import Frame

GPU_LIBRARIES = ("torch", "tensorflow", "jax", "cupy", "numba.cuda", "cudf")
MAX_GPUS = 16


class GpuMemory:
    """`gpu`: per device its index, this process's bytes, and all that is used of it.

    Looked for only in kernels that have loaded a library which uses GPUs; NVML is asked once, and never again
    when it is absent.
    """

    def __init__(self) -> None:
        self.idle_at = 0
        self._nvml: Any = None
        self._absent = False

    def end(self, frame: Frame, result: object) -> dict[str, Any] | None:  # noqa: ARG002
        """The devices on which this process holds memory: it stays allocated after a cell, in pools."""
        if self._nvml is None and not self._found():
            return None
        nvml, pid = self._nvml, os.getpid()
        devices = []
        for index in range(min(nvml.nvmlDeviceGetCount(), MAX_GPUS)):
            handle = nvml.nvmlDeviceGetHandleByIndex(index)
            processes = nvml.nvmlDeviceGetComputeRunningProcesses(handle)
            own = [process.usedGpuMemory or 0 for process in processes if process.pid == pid]
            if own:
                used = nvml.nvmlDeviceGetMemoryInfo(handle).used
                devices.append({"index": index, "process_bytes": sum(own), "used_bytes": used})
        return {"gpu": devices} if devices else None

    def _found(self) -> bool:
        self.idle_at = len(sys.modules)
        if self._absent or not any(name in sys.modules for name in GPU_LIBRARIES):
            return False
        try:
            if "pynvml" not in sys.modules and importlib.util.find_spec("pynvml") is None:
                raise ImportError("pynvml is not installed")
            pynvml = importlib.import_module("pynvml")
            pynvml.nvmlInit()
        except Exception:  # noqa: BLE001 - no module, no driver, no device: each has its own error
            self._absent = True
            return False
        self._nvml = pynvml
        self.idle_at = -1
        return True
