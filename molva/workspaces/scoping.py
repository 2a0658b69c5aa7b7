"""Tenancy, first wall: a query on a workspace's rows outside an open scope raises, and no row is saved into another's.

Open the scope once at the door (middleware-like helper of a face, a job, a command): `with scope(workspace): …`.
`unscoped` managers exist for the few doors that must find the workspace first; a house test lists who may use them.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import models

from molva.kit.rows import insert_each

_current: ContextVar[int | None] = ContextVar("workspace", default=None)


class ScopeError(RuntimeError):
    """A workspace's rows were touched outside its scope: always a defect of ours, never the user's fault."""


@contextmanager
def scope(workspace: "models.Model | int") -> Iterator[None]:
    """Work inside one workspace (an object or its id) until the block ends."""
    token = _current.set(workspace if isinstance(workspace, int) else workspace.pk)
    try:
        yield
    finally:
        _current.reset(token)


def current_workspace_id() -> int:
    """Id of the workspace whose scope is open; raises ScopeError when there is none."""
    found = _current.get()
    if found is None:
        raise ScopeError("no workspace scope is open")
    return found


class ScopedManager(models.Manager):
    """Shows only the rows of the open workspace, and writes rows of it only."""

    def get_queryset(self) -> models.QuerySet:
        return super().get_queryset().filter(workspace_id=current_workspace_id())

    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:
        """As Django's, guarded as `save()` is: that one is not called for rows written together."""
        rows = list(objs)
        for row in rows:
            row.enter_workspace()
        return super().bulk_create(rows, *args, **kwargs)

    def insert_each(self, objs: Iterable[Any]) -> None:
        """Write many new rows, guarded as `save()` is; quicker than `bulk_create` (see `kit.rows`)."""
        rows = list(objs)
        for row in rows:
            row.enter_workspace()
        insert_each(rows)


class WorkspaceModel(models.Model):
    """Base of every table that belongs to a workspace: a direct key, scoped reads, guarded writes."""

    # No index of its own: SQLite would prefer it to better ones, as every scoped query names the workspace.
    workspace = models.ForeignKey(
        "workspaces.Workspace", on_delete=models.PROTECT, related_name="+", editable=False, db_index=False
    )

    objects = ScopedManager()
    unscoped = models.Manager()

    class Meta:
        abstract = True
        base_manager_name = "unscoped"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.enter_workspace()
        super().save(*args, **kwargs)

    def enter_workspace(self) -> None:
        """Belong to the open workspace; raises ScopeError for a row of another one."""
        current = current_workspace_id()
        owner: int | None = self.workspace_id
        if owner is None:
            self.workspace_id = current
        elif owner != current:
            raise ScopeError(f"{type(self).__name__} of workspace {owner} saved in scope {current}")
