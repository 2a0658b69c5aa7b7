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


def spec_of(function: Callable[..., Any]) -> JobSpec:
    """The mark of a job function; raises NotAJobError for any other."""
    spec = getattr(function, _MARK, None)
    if not isinstance(spec, JobSpec):
        raise NotAJobError(f"{function!r} is not marked with @job")
    return spec


@cache
def find_job(path: str) -> Callable[..., Any]:
    """The function behind a stored path; only marked ones are found, so a row cannot call anything else."""
    module_name, _, name = path.partition(":")
    try:
        function = getattr(importlib.import_module(module_name), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise NotAJobError(f"there is no job {path!r}: {error}") from error
    spec_of(function)
    return function
