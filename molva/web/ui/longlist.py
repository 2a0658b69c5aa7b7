"""Lists that may have millions of rows: counting all of them would cost more than the page."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property

MOST = 10_000  # rows of a list that are counted and can be paged through


class LongList(Paginator):
    """Pages of a list of which only the first `MOST` rows are counted and shown.

    `is_cut` says that there are more; whoever looks for one of those narrows the list by its filters. `found` says how
    many there are where that is known already (anything above `MOST`: so many at least), so that nothing is counted.
    """

    def __init__(self, rows: Any, size: int, *, found: int | None = None) -> None:
        super().__init__(rows, size)
        self._known = found

    @cached_property
    def _found(self) -> int:
        if self._known is not None:
            return self._known
        if not isinstance(self.object_list, QuerySet):
            return len(self.object_list)
        return self.object_list.order_by().values("pk")[: MOST + 1].count()

    @property
    def is_cut(self) -> bool:
        """Whether there are more rows than are shown; a list that is no query may say so itself."""
        if not isinstance(self.object_list, QuerySet):
            return bool(getattr(self.object_list, "is_cut", False))
        return self._found > MOST

    @cached_property
    def count(self) -> int:
        """How many rows all pages together show."""
        return min(MOST, self._found) if self.is_cut else self._found


def is_whole(shown: "Page[Any]") -> bool:
    """Whether the list behind a page was counted to its end, so that sums over it may be shown."""
    return not (isinstance(shown.paginator, LongList) and shown.paginator.is_cut)
