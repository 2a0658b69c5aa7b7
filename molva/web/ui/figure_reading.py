"""From the address of a page of figures to its question."""

from collections.abc import Sequence

from django.http import QueryDict

from molva.programmes.models import Partner, Programme
from molva.reports.figures.questions import FILTERS, MOST, VIEWS, FigureQuestion
from molva.reports.figures.reading import read_where
from molva.reports.figures.values import NAMES
from molva.reports.period import Period

PAGE = 50


def read_question(
    query: QueryDict,
    programme: Programme,
    period: Period,
    *,
    views: Sequence[str],
    partner: Partner | None = None,
) -> FigureQuestion:
    """`?by=&sort=&compare=&page=` and the filters; what is unknown counts as not asked."""
    params = {name: query.get(name, "") for name in FILTERS}
    by, sort = query.get("by", ""), query.get("sort", "")
    where = read_where(programme, params, partner=partner)
    by = by if by in views else views[0]
    # days and hours are drawn together whatever page of the table is shown
    is_whole = VIEWS[by].is_time or by == "hour"
    return FigureQuestion(
        programme=programme,
        period=period,
        by=by,
        where=where,
        compare=query.get("compare") != "off",
        sort=sort if sort.lstrip("-") in NAMES else "",
        first=0 if is_whole else (_page(query) - 1) * PAGE,
        size=0 if is_whole else PAGE,
    )


def _page(query: QueryDict) -> int:
    text = query.get("page", "1")
    return max(1, min(int(text), MOST // PAGE + 1)) if text.isdecimal() and len(text) < 9 else 1


def views_of(*, has_partners: bool) -> list[str]:
    """Every view, in the order of the chooser; the cabinet has one partner only."""
    return [name for name in VIEWS if has_partners or name != "partner"]
