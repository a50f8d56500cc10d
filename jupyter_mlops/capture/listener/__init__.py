"""The listener: what the Jupyter server hears of kernels, for what their own recorder cannot tell.

A kernel without our recorder (R, bash, a Python without our package) is recorded from here when its
notebook's recording is on. Beside a recorder it only fills holes: cells that never ran, the moment a kernel
died, output that came late. The recorder's word wins wherever both speak.

`hearing.py` runs on the event loop and only collects; `scribe.py` runs in a thread: it makes executions of
what was heard (`kernel_life.py`, `cell_run.py`: pure) and writes them (`rows.py`). `listener.py` joins them.
"""
