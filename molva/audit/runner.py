"""Runs the checks over one snapshot of the database, so that work going on meanwhile is not taken for a breach."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from molva.audit.books import BOOK_CHECKS
from molva.audit.breaches import Breach, Check, Extent
from molva.audit.explanations import COUNT_CHECKS, EXPLANATION_CHECKS
from molva.audit.payouts import PAYOUT_CHECKS
from molva.audit.settlement import SETTLEMENT_CHECKS
from molva.audit.sums import SUM_CHECKS
from molva.audit.tables import TABLE_CHECKS
from molva.programmes.models import Partner
from molva.workspaces.models import Workspace
from molva.workspaces.scoping import scope

_NARROW: tuple[Check, ...] = (
    *BOOK_CHECKS,
    *PAYOUT_CHECKS,
    *TABLE_CHECKS,
    *EXPLANATION_CHECKS,
    *SETTLEMENT_CHECKS,
)
# sums and counts know no part of a workspace
CHECKS: tuple[Check, ...] = (*_NARROW, *SUM_CHECKS, *COUNT_CHECKS)
_MOST = 500  # partners: more of them are no small part any more


def run_checks(
    workspace: Workspace | int | None = None, *, partners: Collection[Partner] | None = None
) -> list[Breach]:
    """All breaches in one workspace, or in all of them; empty when everything holds. Nothing is written.

    With `partners`, only what drafts of payouts to them rest on is looked at (docs/ledger.md): it takes the time of
    their transactions, not of the workspace's.
    """
    is_narrow = partners is not None and len(partners) <= _MOST
    chosen = frozenset(partner.pk for partner in partners or ()) if is_narrow else None
    with _snapshot():
        found: list[Breach] = []
        for workspace_id in _ids(workspace):
            with scope(workspace_id):
                for check in _NARROW if is_narrow else CHECKS:
                    found += check(Extent(workspace_id, chosen))
        return list(dict.fromkeys(found))


def _ids(workspace: Workspace | int | None) -> list[int]:
    if workspace is None:
        return list(Workspace.objects.order_by("pk").values_list("pk", flat=True))
    return [workspace if isinstance(workspace, int) else workspace.pk]


@contextmanager
def _snapshot() -> Iterator[None]:
    """One unchanging view of the data; inside a transaction that is already open, its own view."""
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
    else:
        with _deferred(), transaction.atomic():
            yield


@contextmanager
def _deferred() -> Iterator[None]:
    """SQLite: read without asking for the one place of the writer."""
    wrapper: Any = connection  # only Django's SQLite wrapper has a mode, and only once it has connected
    wrapper.ensure_connection()
    usual = wrapper.transaction_mode
    wrapper.transaction_mode = "DEFERRED"
    try:
        yield
    finally:
        wrapper.transaction_mode = usual
