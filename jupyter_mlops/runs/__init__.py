"""Job runs: the queue, the worker, its runners, and the papermill engine."""
