"""The Worker class and the process that runs it.

A service writes its jobs as `Worker` classes in its `actors.py` or below its `workers/`; `warren
worker SERVICE` runs them.
"""

from warren.worker.base import Worker
from warren.worker.context import JobContext
from warren.worker.decorated import worker
from warren.worker.subscribing import on

__all__ = ["JobContext", "Worker", "on", "worker"]
