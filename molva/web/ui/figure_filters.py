"""Filters of figures on any list that a figure leads to: their chips, and the orders that they leave."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from molva.programmes.models import Partner, Programme
from molva.reports.figures.orders import money_behind, orders_behind
from molva.reports.figures.questions import FILTERS, FigureQuestion, FigureRow
from molva.reports.figures.reading import NOT_GIVEN, read_where
from molva.reports.figures.values import Figures
from molva.reports.period import Period
from molva.web.ui.figure_words import ROW_WORDS, hour_label, row_label
from molva.web.ui.filters import Choice, Filter, address


def figure_filters(request: HttpRequest, programme: Programme, skip: Sequence[str] = ()) -> list[Filter]:
    """Chips of the filters in force; each takes itself off."""
    words = {
        name: (str(ROW_WORDS[name]), _filter_word(programme, name, word))
        for name in FILTERS
        if (word := request.GET.get(name, "").strip()) and name not in skip
    }
    if request.GET.get("returned"):
        words["returned"] = (_("Orders"), pgettext("orders", "returned"))
    if request.GET.get("others"):
        words["others"] = (_("Orders"), _("of other partners"))
    if is_hour(hour := request.GET.get("hour", "")):
        words["hour"] = (str(ROW_WORDS["hour"]), hour_label(hour))
    found = []
    for name, (label, word) in words.items():
        clear = address(request, **{name: None})
        found.append(Filter(label, [Choice(request.GET[name], word, clear, is_chosen=True)], clear))
    return found


def added_filter(request: HttpRequest) -> str:
    """The form «Filter» sends a field and a word; the address then carries them as a filter."""
    name, word = request.GET.get("field", ""), request.GET.get("word", "").strip()
    if name not in FILTERS:
        return ""
    return address(request, field=None, word=None, **({name: word} if word else {}))


def is_hour(text: str) -> bool:
    """Whether a text is a weekday and an hour: «6-21»."""
    day, _cut, hour = text.partition("-")
    return text.isascii() and day.isdecimal() and hour.isdecimal() and int(day) < 7 and int(hour) < 24


def behind(
    query: QueryDict,
    programme: Programme,
    period: Period | None,
    *,
    partner: Partner | None = None,
    is_paid: bool = False,
) -> "QuerySet[Any] | None":
    """Ids of the orders that the filters of figures in the address leave; None when there is no such filter.

    `is_paid`: the period is that of the books, else of the orders.
    """
    hour, is_returned = query.get("hour", ""), bool(query.get("returned"))
    is_team = is_paid and bool(query.get("others"))
    if not (
        _is_narrowed(query) or is_hour(hour) or is_returned or is_team or (is_paid and partner)
    ):  # fmt: skip
        return None
    ever = Period(date(2000, 1, 1), date(2100, 1, 1), ZoneInfo(programme.timezone))
    return orders_behind(
        _question(query, programme, period or ever, partner),
        is_returned=is_returned,
        hour=hour if is_hour(hour) else "",
        is_team=is_team,
        is_paid=is_paid,
    )


def money_rows(query: QueryDict, programme: Programme, period: Period) -> "QuerySet[Any] | None":
    """Rows of the commission that the filters of figures leave; None when there is no such filter."""
    is_team = bool(query.get("others"))
    if not (_is_narrowed(query) or is_team):
        return None
    return money_behind(_question(query, programme, period), is_team=is_team)


def _is_narrowed(query: QueryDict) -> bool:
    """Whether there is a filter that only figures know; by partner everything can be narrowed."""
    return any(query.get(name, "").strip() for name in FILTERS if name != "partner")


def _question(
    query: QueryDict, programme: Programme, period: Period, partner: Partner | None = None
) -> FigureQuestion:
    params = {name: query.get(name, "") for name in FILTERS}
    return FigureQuestion(programme, period, where=read_where(programme, params, partner=partner))


def _filter_word(programme: Programme, name: str, word: str) -> str:
    if name == "product":
        return word.partition("|")[2] or word.partition("|")[0]
    today = date(2000, 1, 1)
    asked = FigureQuestion(programme, Period(today, today, ZoneInfo(programme.timezone)), name)
    return row_label(asked, FigureRow("" if word == NOT_GIVEN else word, Figures(), label=word))
