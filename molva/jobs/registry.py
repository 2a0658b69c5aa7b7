"""Which functions are jobs: the mark that `@job` leaves, and the way from a stored path to the function."""

import importlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from molva.jobs.errors import NotAJobError

F = TypeVar("F", bound=Callable[..., Any])

_MARK = "__molva_job__"
_BATCH = "__molva_batch__"
# Jobs that were stored under an earlier name of their function still run.
_MOVED = {
    "molva.integrations.services:process_inbound": "molva.integrations.inbound:process_inbound",
    "molva.integrations.services:set_up_shop": "molva.integrations.setup:set_up_shop",
}


@dataclass(frozen=True)
class JobSpec:
    """How a function is run by the worker."""

    path: str  # "package.module:function"
    queue: str
    max_attempts: int
    priority: int  # a larger one goes first
    atomic: bool  # the effect and the end of the job are one transaction
    takes_workspace: bool  # the function has a `workspace_id` parameter


def job(
    queue: str = "default", *, max_attempts: int = 8, priority: int = 0, atomic: bool = False
) -> Callable[[F], F]:
    """Mark a module-level function with keyword JSON arguments as a job; it stays an ordinary function.

    `atomic=True` is for handlers that only write to the main database: they then take effect exactly once.
    """

    def mark(function: F) -> F:
        if function.__qualname__ != function.__name__:
            raise NotAJobError(f"{function.__qualname__} is not a module-level function")
        spec = JobSpec(
            path=f"{function.__module__}:{function.__name__}",
            queue=queue,
            max_attempts=max_attempts,
            priority=priority,
            atomic=atomic,
            takes_workspace="workspace_id" in inspect.signature(function).parameters,
        )
        setattr(function, _MARK, spec)
        return function

    return mark


@dataclass(frozen=True)
class BatchSpec:
    """How several waiting jobs of one function and one workspace are run in one call."""

    run: "Callable[[list[dict[str, Any]]], list[Exception | None]]"
    size: int  # at most so many jobs


def batch_of(function: Callable[..., Any], *, size: int) -> Callable[[F], F]:
    """Mark a function that runs up to `size` jobs of `function` at once: the worker then takes them together.

    It is given their keyword arguments and answers for each, in order: None when it is done, or what went wrong with
    it. What it raises itself has gone wrong with all of them. Like the job, it may be run again.
    """
    spec_of(function)

    def mark(run: F) -> F:
        setattr(function, _BATCH, BatchSpec(run, size))
        return run

    return mark


def find_batch(path: str) -> BatchSpec | None:
    """How jobs of a stored path are run together; None when each is run alone, or there is no such job."""
    try:
        found = getattr(find_job(path), _BATCH, None)
    except NotAJobError:
        return None
    return found if isinstance(found, BatchSpec) else None


def spec_of(function: Callable[..., Any]) -> JobSpec:
    """The mark of a job function; raises NotAJobError for any other."""
    spec = getattr(function, _MARK, None)
    if not isinstance(spec, JobSpec):
        raise NotAJobError(f"{function!r} is not marked with @job")
    return spec


@cache
def find_job(path: str) -> Callable[..., Any]:
    """The function behind a stored path; only marked ones are found, so a row cannot call anything else."""
    module_name, _, name = _MOVED.get(path, path).partition(":")
    try:
        function = getattr(importlib.import_module(module_name), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise NotAJobError(f"there is no job {path!r}: {error}") from error
    spec_of(function)
    return function
