"""When a job runs: one module for each kind of trigger, and what they have in common.

More kinds come from other packages: a subclass of `TimedKind` or `WatchingKind` under the entry-point group
`jupyter_mlops.triggers`, by the name that its `kind` has in rows, REST and `jobs.yaml`.
"""
