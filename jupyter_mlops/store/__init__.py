"""The store: where jobs, job runs, cell executions and models' links are kept.

`Store.open(url)` gives one; `with store.session() as session:` is one transaction.
"""

from __future__ import annotations

from jupyter_mlops.store.database import Store

__all__ = ["Store"]
