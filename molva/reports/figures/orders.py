"""Orders and commissions for figures: kept sums by day wherever they can answer, else the orders one by one."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from django.db.models import Case, CharField, F, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Cast, Coalesce

from molva.commissions.counting import NO_LINK, product_word
from molva.commissions.models import Cut, DayFigure, OrderFigure
from molva.orders.models import OrderLine
from molva.reports.figures.days import within_days
from molva.reports.figures.questions import TEAM, VIEWS, FigureQuestion
from molva.reports.figures.values import SUMS, Sums
from molva.reports.period import Period

EVERYTHING = 1_000_000  # rows: no list of people is that long
_BY_KEY = {Cut.PARTNER, Cut.LINK}
_TOTALS = {name: Coalesce(Sum(name), Value(0)) for name in SUMS}
_ORDERS = {
    "orders": ("orders",), "revenue": ("revenue_minor",), "average": ("revenue_minor",), "returned": ("returned",),
    "returned_sum": ("returned_minor",), "return_rate": ("returned",), "level1": ("level1_minor",),
    "level2": ("level2_minor",), "commission": ("level1_minor", "level2_minor"),
}  # fmt: skip


def is_by_orders(sort: str) -> bool:
    """Whether a sort is answered by orders alone."""
    return sort.lstrip("-") in _ORDERS


def sums_whole(question: FigureQuestion, period: Period) -> Sums:
    """Everything that the filters leave."""
    return _read(_base(question, period, "day").order_by().aggregate(**_named()))


def sums_by_day(question: FigureQuestion, period: Period) -> dict[date, Sums]:
    """By day; days without anything are left out."""
    rows = _base(question, period, "day").order_by().values("day").annotate(**_named())
    return {row["day"]: _read(row) for row in rows}


def sums_by_key(
    question: FigureQuestion,
    period: Period,
    *,
    limit: int,
    sort: str = "",
    keys: Collection[str] | None = None,
) -> dict[str, Sums]:
    """By the question's own view: at most `limit` keys, the first by `sort`; `keys` keeps these only.

    «Not given» has a key only where orders are read one by one; of kept sums it is what is left of the whole.
    """
    if question.by in _ONE_BY_ONE and not is_kept(question, question.by):
        found = _ONE_BY_ONE[question.by](question, period)
        return {key: sums for key, sums in found.items() if keys is None or key in keys}
    is_single = keys is not None and not is_kept(question, question.by)
    rows, name = _keyed(question, period, of_few=keys is not None)
    if keys is not None and not is_single:
        rows = rows.filter(_among(name, keys))
    rows = rows.values(group=_group(question, name)).annotate(**_named())
    if is_single:
        # the filter has found few orders; to look for the keys among all would take longer
        read = {_text(question, row["group"]): _read(row) for row in rows.order_by()}
        return {key: read[key] for key in keys or () if key in read}
    ordered = rows.order_by(*_order(sort), "group")[:limit]
    return {_text(question, row["group"]): _read(row) for row in ordered}


def ranked_keys(question: FigureQuestion, period: Period, *, sort: str, limit: int) -> list[tuple[str, int]]:
    """The first keys of a view by a figure of orders, each with its value: kept sums only, one figure, one query."""
    rows, name = _keyed(question, period)
    names = _ORDERS[sort.lstrip("-")]
    value: Any = Sum(names[0])
    for more in names[1:]:
        value = value + Sum(more)
    found = rows.values(group=F(name)).annotate(value=value).values_list("group", "value")
    order = F("value").desc() if sort.startswith("-") else F("value").asc()
    return [(_text(question, group), value) for group, value in found.order_by(order, "group")[:limit]]


def keys_with_orders(question: FigureQuestion) -> list[str]:
    """Every key that has orders, by revenue, the largest first."""
    period = question.period
    if not is_kept(question, question.by):
        found = sums_by_key(question, period, limit=EVERYTHING)
        return sorted(
            (key for key, one in found.items() if one.orders),
            key=lambda key: (-found[key].revenue_minor, key),
        )
    rows, name = _keyed(question, period)
    grouped = rows.values(group=F(name)).annotate(value=Sum("revenue_minor"), n=Sum("orders")).filter(n__gt=0)
    return [
        _text(question, key) for key in grouped.order_by("-value", "group").values_list("group", flat=True)
    ]


def is_plain(sort: str) -> bool:
    """Whether a sort is by a sum of orders itself, no ratio of two."""
    return sort.lstrip("-") in _ORDERS and sort.lstrip("-") not in ("average", "return_rate")


def named_sums(question: FigureQuestion, period: Period) -> Sums:
    """All keys of a view together, without «not given»."""
    rows, _name = _keyed(question, period)
    return _read(rows.order_by().aggregate(**_named()))


def is_kept(question: FigureQuestion, by: str) -> bool:
    """Whether kept sums answer: no filter, or for days and the whole one filter that has a cut."""
    if not question.where:
        return True
    is_time = VIEWS[by].is_time
    (name, word), *others = question.where.items()
    return is_time and not others and name != "product" and (word != "" or name == "link")


def _base(question: FigureQuestion, period: Period, by: str, *, of_few: bool = False) -> "QuerySet[Any]":
    """Kept sums, or contributions of orders, of the period and the filters. `of_few`: a few keys will be named."""
    if not is_kept(question, by):
        return order_figures(question, period)
    rows = DayFigure.objects.filter(programme=question.programme)
    if of_few or question.where:
        rows = within_days(rows, period)
    else:
        rows = rows.filter(day__gte=period.first, day__lte=period.last)
    if not question.where:
        return rows.filter(cut=VIEWS[by].cut)
    ((name, word),) = question.where.items()
    cut = VIEWS[name].cut
    return (
        rows.filter(cut=cut, key=int(word or NO_LINK), word="")
        if cut in _BY_KEY
        else rows.filter(cut=cut, key=0, word=word)
    )


def order_figures(question: FigureQuestion, period: Period) -> "QuerySet[OrderFigure]":
    """What single orders add, narrowed by the filters. With a partner other filters keep his own orders only."""
    rows = OrderFigure.objects.filter(day__gte=period.first, day__lte=period.last)
    if question.partner is None:
        # else he says which programme it is, and his index is better than the programme's
        rows = rows.filter(programme=question.programme)
    for name, word in question.where.items():
        rows = rows.filter(_condition(question, name, word))
    if question.partner is not None and len(question.where) > 1:
        rows = rows.filter(is_own=True)
    return rows


def orders_behind(
    question: FigureQuestion,
    *,
    is_returned: bool = False,
    hour: str = "",
    is_team: bool = False,
    is_paid: bool = False,
) -> "QuerySet[Any]":
    """Ids of the orders behind a figure, for lists. `hour`: «6-21» (Sunday); `is_team`: not the partner's own;
    `is_paid`: those whose commission the books moved in the period, else those that were made in it.
    """
    if is_paid or is_team:
        return money_behind(question, is_team=is_team).values("order")
    rows = order_figures(question, question.period)
    rows = rows.filter(orders=1, **({"returned": 1} if is_returned else {}))
    day, _cut, number = hour.partition("-")
    if day.isdecimal() and number.isdecimal():
        # Django counts the days of the week from Sunday, 1
        rows = rows.filter(hour=int(number), day__week_day=(int(day) + 1) % 7 + 1)
    return rows.values("order")


def money_behind(question: FigureQuestion, *, is_team: bool = False) -> "QuerySet[OrderFigure]":
    """The rows of a commission: what the books moved in the period. `is_team`: of orders not the partner's own."""
    rows = order_figures(question, question.period)
    rows = rows.filter(is_own=False) if is_team else rows
    return rows.exclude(level1_minor=0, level2_minor=0, taken_back_minor=0)


def _condition(question: FigureQuestion, name: str, word: str) -> Q:
    if name == "customer":
        return Q(is_new=word == "new")
    if name == "product":
        product, _cut, sku = word.partition("\x1f")
        lines = OrderLine.objects.filter(product=product, sku=sku)
        return Q(order__in=lines.values("order"))
    column = VIEWS[name].column
    if name in ("partner", "link"):
        return Q(**{column: int(word)}) if word else Q(**{f"{column}__isnull": True})
    if name in ("device", "country") and not word:
        return Q(**{column: ""}) | Q(**{f"{column}__isnull": True})
    return Q(**{column: word})


def _keyed(question: FigureQuestion, period: Period, *, of_few: bool = False) -> tuple["QuerySet[Any]", str]:
    rows = _base(question, period, question.by, of_few=of_few)
    if is_kept(question, question.by):
        return rows, "key" if question.view.cut in _BY_KEY else "word"
    return rows, question.view.column


def _group(question: FigureQuestion, name: str) -> Any:
    if name in ("key", "word", "partner_id"):
        return F(name)
    value: Any = F(name)
    if question.by == "customer":
        value = Case(When(is_new=True, then=Value("new")), default=Value("returning"))
    elif question.by in ("link", "content"):
        value = Coalesce(Cast("link_key", CharField()), Value(""))
    elif question.by in ("device", "country"):
        value = Coalesce(name, Value(""))
    if question.partner is None:
        return value
    return Case(When(is_own=True, then=value), default=Value(TEAM), output_field=CharField())


def _among(name: str, keys: Collection[str]) -> Q:
    if name == "key":
        # the word is named for the sake of the index
        return Q(key__in=[int(key or NO_LINK) for key in keys if key.isdecimal() or not key], word="")
    return Q(word__in=list(keys))


def _order(sort: str) -> list[Any]:
    names = _ORDERS.get(sort.lstrip("-"), ("revenue_minor",))
    summed: Any = F(f"n_{names[0]}")
    for name in names[1:]:
        summed = summed + F(f"n_{name}")
    if sort.startswith("-") or sort.lstrip("-") not in _ORDERS:
        return [summed.desc() if len(names) > 1 else F(f"n_{names[0]}").desc(), F("n_orders").desc()]
    return [summed.asc(), F("n_orders").asc()]


def _of_lines(question: FigureQuestion, period: Period) -> dict[str, Sums]:
    """By product from the goods of single orders."""
    sums: dict[str, Sums] = {}
    rows = order_figures(question, period).filter(orders=1)
    for goods, returned in rows.values_list("goods", "returned").iterator(chunk_size=2000):
        for key, minor in _goods(goods).items():
            one = Sums(1, minor, returned, minor * returned)
            sums[key] = sums[key] + one if key in sums else one
    return sums


def _of_hours(question: FigureQuestion, period: Period) -> dict[str, Sums]:
    """By weekday and hour of single orders: grouped by day and hour, and folded."""
    sums: dict[str, Sums] = {}
    rows = order_figures(question, period).filter(orders=1).order_by()
    for row in rows.values("day", "hour").annotate(**_named()):
        key = f"{row['day'].weekday()}-{row['hour']:02}"
        one = _read(row)
        sums[key] = sums[key] + one if key in sums else one
    return sums


_ONE_BY_ONE = {"product": _of_lines, "hour": _of_hours}


def _goods(goods: Sequence[Sequence[Any]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for product, sku, minor in goods:
        key = product_word(product, sku)
        found[key] = found.get(key, 0) + minor
    return found


def _named() -> dict[str, Any]:
    return {f"n_{name}": one for name, one in _TOTALS.items()}


def _read(row: Any) -> Sums:
    return Sums(*(row[f"n_{name}"] or 0 for name in SUMS))


def _text(question: FigureQuestion, key: Any) -> str:
    return "" if key is None or (question.by == "link" and key == NO_LINK) else str(key)
