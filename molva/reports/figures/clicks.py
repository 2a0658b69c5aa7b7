"""Clicks for figures: the sums that are kept for ever wherever they can answer, else the raw clicks.

Days, partners and links come from `ClickDay` and its totals; hours of the last 31 days from `ClickHour`; everything
else from `raw_clicks()`, which may not reach back as far: the answer carries from when on they are known.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet, Sum

from molva.kit import clock
from molva.reports.figures.days import within_days
from molva.reports.figures.questions import PLAIN, VIEWS, FigureQuestion
from molva.reports.figures.values import Clicks
from molva.reports.period import Period
from molva.tracking.columns.questions import ClickQuestion, Dimension
from molva.tracking.forgetting import HOURS_KEPT
from molva.tracking.models import ClickDay, ClickHour, ClickHourTotal, ClickTotal, Link
from molva.tracking.raw_clicks import raw_clicks

_SUMS = {"n_clicks": Sum("clicks"), "n_visitors": Sum("visitors"), "n_bots": Sum("bots")}


@dataclass(slots=True)
class ClickAnswers:
    """Asks for one question's clicks and remembers from when on the raw ones were known."""

    question: FigureQuestion
    known_from: list[datetime] = field(default_factory=list)
    is_mute: bool = False  # the raw clicks gave no answer: what only they know is not told

    @property
    def has_meaning(self) -> bool:
        """Clicks know nothing of codes, products and customers."""
        if self.is_mute:
            return False
        asked = [VIEWS[name] for name in (self.question.by, *self.question.where)]
        return all(view.has_clicks for view in asked)

    @property
    def is_kept(self) -> bool:
        """Whether the filters are such that kept sums can answer. A link that is not given has no clicks."""
        return self.question.where.keys() <= PLAIN

    def whole(self, period: Period) -> Clicks | None:
        """Everything that the filters leave."""
        if not self.has_meaning:
            return None
        if self.is_kept:
            return _read(self._days(period).aggregate(**_SUMS))
        rows = self._ask(period, ())
        return rows.get("", Clicks())

    def by_day(self, period: Period) -> dict[date, Clicks]:
        """By day of the programme's zone."""
        if self.is_kept:
            rows = self._days(period).order_by().values("day").annotate(**_SUMS)
            return {row["day"]: _read(row) for row in rows}
        return {date.fromisoformat(key): one for key, one in self._ask(period, ("day",)).items()}

    def by_key(
        self, period: Period, *, limit: int, sort: str = "", keys: Collection[str] | None = None
    ) -> dict[str, Clicks]:
        """By the question's own view; see `orders.sums_by_key`."""
        by = self.question.by
        if by == "hour":
            return self._by_hour(period)
        if (by in PLAIN or by == "content") and self.is_kept:
            return self._by_rollup(period, limit, sort, keys)
        raw = VIEWS[by].raw
        assert raw is not None  # noqa: S101 - `has_meaning` was asked before
        return self._ask(period, (raw,))

    def _days(self, period: Period) -> "QuerySet[Any]":
        where = self.question.where
        inside = {"programme": self.question.programme, "day__gte": period.first, "day__lte": period.last}
        if "link" not in where:
            return ClickTotal.objects.filter(partner_key=int(where.get("partner", 0)), **inside)
        return self._click_days(period, [where["link"]])

    def _click_days(self, period: Period, links: Collection[str] | None) -> "QuerySet[ClickDay]":
        """Rows by link and day, of these links if any are named.

        A partner says which programme it is: with both named SQLite may go through the programme's whole period.
        """
        rows = ClickDay.objects.filter(day__gte=period.first, day__lte=period.last)
        if (partner := self.question.partner) is not None:
            rows = rows.filter(partner=partner)
        elif links is None or "0" in links:
            rows = rows.filter(programme=self.question.programme)
        return rows if links is None else rows.filter(_of_links(links))

    def _by_rollup(
        self, period: Period, limit: int, sort: str, keys: Collection[str] | None
    ) -> dict[str, Clicks]:
        question = self.question
        asked = None if keys is None else [int(key) for key in keys if key.isdecimal()]
        rows: QuerySet[Any]
        if question.by == "partner" and "link" not in question.where:
            name = "partner_key"
            rows = ClickTotal.objects.filter(programme=question.programme)
            only = [int(question.where["partner"])] if "partner" in question.where else asked
            if only is None:
                rows = rows.filter(partner_key__gt=0, day__gte=period.first, day__lte=period.last)
            else:
                rows = within_days(rows.filter(partner_key__in=only), period)
        else:
            name = "partner_id" if question.by == "partner" else "link_key"
            links = [question.where["link"]] if "link" in question.where else None
            rows = self._click_days(period, keys if keys is not None and name == "link_key" else links)
            if links and keys is not None:
                rows = rows.filter(_of_links(links))
        grouped = rows.order_by().values(name).annotate(**_SUMS)
        first = f"n_{sort.lstrip('-')}" if sort.lstrip("-") in ("clicks", "visitors", "bots") else "n_clicks"
        is_up = first != "n_clicks" or sort == "clicks"
        sign = "" if is_up and not sort.startswith("-") else "-"
        return {str(row[name]): _read(row) for row in grouped.order_by(f"{sign}{first}", name)[:limit]}

    def _by_hour(self, period: Period) -> dict[str, Clicks]:
        where = self.question.where
        if period.start < clock.now() - HOURS_KEPT or not {"partner"} >= where.keys():
            return self._ask(period, ("weekday_hour",))
        inside = {"programme": self.question.programme, "hour__gte": period.start, "hour__lt": period.end}
        rows: QuerySet[Any] = ClickHourTotal.objects.filter(**inside)
        if where:
            rows = ClickHour.objects.filter(partner=int(where["partner"]), **inside)
        sums: dict[str, Clicks] = {}
        for hour, clicks in rows.values_list("hour", "clicks"):
            local = hour.astimezone(period.zone)
            key = f"{local.weekday()}-{local.hour:02}"
            sums[key] = sums.get(key, Clicks()) + Clicks(clicks)
        return sums

    def _ask(self, period: Period, by: tuple[Dimension, ...]) -> dict[str, Clicks]:
        question = self.question
        where: dict[Dimension, str] = {}
        for name, word in question.where.items():
            raw = VIEWS[name].raw
            if name != "partner" and raw is not None:
                where[raw] = word
        partner = question.partner
        answer = raw_clicks().count(
            ClickQuestion(
                programme=question.programme.pk,
                start=period.start,
                end=period.end,
                zone=period.zone,
                by=by,
                where=where,
                partners=None if partner is None else [partner],
            )
        )
        if answer.known_from is not None and answer.known_from > period.start:
            self.known_from.append(answer.known_from)
        return {"".join(row.keys): Clicks(row.clicks, row.visitors, row.bots) for row in answer.rows}


def _of_links(keys: Collection[str]) -> Q:
    """Rows of links by their ids: partners are named, too, as the rows are found by partner first."""
    numbers = [int(key) for key in keys if key.isdecimal()]
    owners = list(Link.objects.filter(pk__in=numbers).values_list("partner_id", flat=True).distinct())
    own = Q(link_key__in=[number for number in numbers if number], partner__in=owners)
    return own | Q(link_key=0) if 0 in numbers else own


def _read(row: Any) -> Clicks:
    return Clicks(row["n_clicks"] or 0, row["n_visitors"] or 0, row["n_bots"] or 0)
