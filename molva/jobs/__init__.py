"""The durable queue: work that must happen although the process may die.

`enqueue` is an INSERT in the caller's own transaction, so a job exists exactly when the change it belongs to
exists. A job runs at least once; handlers are idempotent, or ask for `@job(atomic=True)`, where the effect
and the end of the job are one transaction.
"""

import importlib
from typing import TYPE_CHECKING, Any

from molva.jobs.errors import GiveUpError, RetryLaterError
from molva.jobs.registry import batch_of, job

if TYPE_CHECKING:
    from molva.jobs.queue import enqueue

__all__ = ["GiveUpError", "RetryLaterError", "batch_of", "enqueue", "job"]


def __getattr__(name: str) -> Any:
    # Django imports this package before models may be imported, so the queue is loaded at the first use of
    # it.
    if name == "enqueue":
        return importlib.import_module("molva.jobs.queue").enqueue
    raise AttributeError(name)
