"""Lists that may have millions of rows: counting all of them would cost more than the page."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property

MOST = 10_000  # rows of a list that are counted and can be paged through


class LongList(Paginator):
    """Pages of a list that may have millions of rows: only the first `MOST` are counted and shown.

    `is_cut` says that there are more; whoever looks for one of those narrows the list by its filters.
    """

    @cached_property
    def _found(self) -> int:
        if not isinstance(self.object_list, QuerySet):
            return len(self.object_list)
        return self.object_list.order_by().values("pk")[: MOST + 1].count()

    @cached_property
    def count(self) -> int:
        """How many rows are shown on all pages together."""
        return self._found if self.is_whole else MOST

    @property
    def is_whole(self) -> bool:
        """Whether every row is counted: sums over the list may be shown."""
        return self._found <= MOST or not isinstance(self.object_list, QuerySet)

    @property
    def is_cut(self) -> bool:
        """Whether there are more rows than are shown."""
        return not self.is_whole


def is_whole(self) -> bool:
        """Whether every row is counted: sums over the list may be shown."""
        return self._found <= MOST or not isinstance(self.object_list, QuerySet)

    @property
    def is_cut(self) -> bool:
        """Whether there are more rows than are shown."""
        return not self.is_whole


def paged(request: HttpRequest, rows: "QuerySet[Any] | list[Any]", *, size: int = PAGE) -> "Page[Any]":
    """The page that `?page=` asks for; a page beyond the end is the last one."""
    return LongList(rows, size).get_page(request.GET.get("page"))


def is_whole(shown: "Page[Any]") -> bool:
    """Whether the list behind a page was counted to its end."""
    return shown.paginator.is_whole if isinstance(shown.paginator, LongList) else True
