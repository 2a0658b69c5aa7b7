"""Long lists: pages of fifty, filters by period, and what the same rows need to become a file (`exporting`)."""

from array import array
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.paginator import Page
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils import timezone

from molva.kit.money import CURRENCY_DIGITS
from molva.web.ui.longlist import LongList
from molva.web.ui.periods import ChosenPeriod as ChosenPeriod
from molva.web.ui.periods import asked_period as asked_period
from molva.web.ui.periods import read_period as read_period

PAGE = 50


def paged(
    request: HttpRequest,
    rows: "QuerySet[Any] | Sequence[Any]",
    *,
    size: int = PAGE,
    found: int | None = None,
) -> "Page[Any]":
    """The page that `?page=` asks for; a page beyond the end is the last one. `found`: see `LongList`."""
    return LongList(rows, size, found=found).get_page(request.GET.get("page"))


def asked_word(query: QueryDict) -> str:
    """What was typed into the search chip, without blanks around."""
    return query.get("q", "").strip()


def pieces(rows: "QuerySet[Any]", size: int = 500) -> Iterator[list[Any]]:
    """A long list piece by piece, for files: what belongs to the rows is read once a piece.

    Which rows and in which order is decided at once, by their numbers alone (8 bytes a row). No question to the
    database stays open meanwhile: on SQLite it would keep the whole write-ahead log, and forbid us to write.
    """
    plain = rows.prefetch_related(None)
    keys = array("q", plain.values_list("pk", flat=True).iterator(chunk_size=5000))
    for start in range(0, len(keys), size):
        wanted = keys[start : start + size].tolist()
        found = {row.pk: row for row in rows.order_by().filter(pk__in=wanted)}
        yield [found[pk] for pk in wanted if pk in found]


def flat(rows: "QuerySet[Any]") -> Iterator[Any]:
    """The same rows one by one."""
    for piece in pieces(rows):
        yield from piece


def local_day(moment: datetime) -> date:
    """The day that the active clocks show at a moment."""
    return timezone.localtime(moment).date()


def local_moment(moment: datetime) -> datetime:
    """What the active clocks show at a moment, to the minute and without a zone: spreadsheets know none."""
    return timezone.localtime(moment).replace(tzinfo=None, second=0, microsecond=0)


def exact(minor: int, currency: str) -> Decimal:
    """Minor units as a figure for a cell."""
    return Decimal(minor).scaleb(-CURRENCY_DIGITS[currency])
