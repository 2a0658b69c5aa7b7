"""The figures of orders: what each order adds to whose figures on which day, and the sums of it by day.

A projection of orders, verdicts and postings for reports, renewed in the transaction of every settlement; the books
decide, these rows follow. `OrderFigure` holds the contributions, `DayFigure` their sums by the usual cuts, so that a
month of half a million orders is read from a few rows. Whatever is written here is the difference to what was counted
before: a settlement that changes nothing writes nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from django.db import connection

from molva.commissions.models import Cut, OrderFigure
from molva.domain.terms import Terms
from molva.kit.clock import to_micros
from molva.kit.rows import update_each
from molva.orders.models import DELETED_STATUS, Lead, Order, OrderLine
from molva.programmes.models import Programme
from molva.tracking.models import LinkKind, Touch

SUMS = (
    "orders", "revenue_minor", "returned", "returned_minor", "level1_minor", "level2_minor", "earned_minor",
)  # fmt: skip
_TAGS = ("sub1", "sub2", "sub3", "sub4", "sub5")
_UTM = ("utm_source", "utm_medium", "utm_campaign")
# Marks of the winning touch: they stand on every row of an order.
_MARKS = ("touch_at", "link_key", "click_id", "code", *_TAGS, "referrer", *_UTM)
_KEPT = (*SUMS, "taken_back_minor", "is_own", "is_new", "hour", "goods", *_MARKS, "device", "country")
_LONGEST = 200
NO_LINK = -1
_OF_ORDERS = ("orders", "revenue_minor", "returned", "returned_minor")
_WORDS = {
    Cut.CODE: "code", Cut.SUB1: "sub1", Cut.SUB2: "sub2", Cut.SUB3: "sub3", Cut.SUB4: "sub4", Cut.SUB5: "sub5",
    Cut.REFERRER: "referrer", Cut.UTM_SOURCE: "utm_source", Cut.UTM_MEDIUM: "utm_medium",
    Cut.UTM_CAMPAIGN: "utm_campaign", Cut.DEVICE: "device", Cut.COUNTRY: "country",
}  # fmt: skip
_ADD = f"""
INSERT INTO commissions_dayfigure (workspace_id, programme_id, cut, key, word, day, {", ".join(SUMS)})
VALUES (%s, %s, %s, %s, %s, %s, {", ".join(["%s"] * len(SUMS))})
ON CONFLICT (programme_id, cut, key, word, day) DO UPDATE SET
  {", ".join(f"{name} = commissions_dayfigure.{name} + excluded.{name}" for name in SUMS)}
"""  # noqa: S608 - names of our own columns

_NAME = """
INSERT INTO commissions_goodstitle (workspace_id, programme_id, word, title) VALUES (%s, %s, %s, %s)
ON CONFLICT (programme_id, word) DO UPDATE SET title = excluded.title
  WHERE commissions_goodstitle.title <> excluded.title
"""

Key = tuple[int, date]  # partner, day
CellKey = tuple[int, int, str, date]  # cut, key, word, day


@dataclass(frozen=True, slots=True)
class Counted:
    """A customer as the settlement leaves them: every order and lead, the visitors who had touches."""

    orders: Sequence[Order]
    leads: Sequence[Lead]
    visitors: Sequence[str]
    lines: Mapping[int, Sequence[OrderLine]]  # by order id
    is_first: bool = False  # nothing was counted of them yet


@dataclass(frozen=True, slots=True)
class Posted:
    """A posting of a commission: above zero an accrual, below a clawback."""

    order_id: int
    partner_id: int
    level: int
    amount_minor: int
    at: datetime


class Added(NamedTuple):
    """What postings add to a row: accrued less taken back of level 1 and of those above; taken back of both."""

    level1_minor: int = 0
    level2_minor: int = 0
    taken_back_minor: int = 0


class Counting:
    """One settlement's figures; call `write` after the postings, with the books still locked."""

    def __init__(self, programme: Programme, terms_at: Any) -> None:
        self._programme, self._terms_at = programme, terms_at
        self._zone = ZoneInfo(programme.timezone)

    def write(self, people: Sequence[Counted], postings: Iterable[Posted]) -> None:
        """Bring the figures of these people's orders up to date; three reads at most for any number."""
        old = self._stored([order.pk for one in people if not one.is_first for order in one.orders])
        posted: dict[int, list[Posted]] = defaultdict(list)
        for one in postings:
            posted[one.order_id].append(one)
        wins = {order.pk: win for one in people for order, win in self._wins(one)}
        touches = self._touches(people, wins, old)
        fresh: list[OrderFigure] = []
        changed: list[OrderFigure] = []
        cells: dict[CellKey, Counter[str]] = defaultdict(Counter)
        for person in people:
            first = min((order.created_at for order in person.orders), default=None)
            for order in person.orders:
                before = old.get(order.pk, {})
                state = _Order(
                    order,
                    person.lines.get(order.pk, ()),
                    self._day(order.created_at),
                    is_new=order.created_at == first,
                    is_returned=self._is_returned(order),
                    win=wins.get(order.pk),
                    touches=touches,
                )
                for was, row in state.rows(before, self._added(posted[order.pk]), self._programme):
                    (changed if row.pk else fresh).append(row)
                    add_to_sums(cells, was, -1)
                    add_to_sums(cells, row, 1)
        OrderFigure.objects.insert_each(fresh)
        update_each(changed, _KEPT)
        save_sums(self._programme, cells)
        touched = {row.order_id for row in (*fresh, *changed) if row.orders}
        self._save_titles(line for one in people for pk in touched for line in one.lines.get(pk, ()))

    def _save_titles(self, lines: Iterable[OrderLine]) -> None:
        titles = {product_word(line.product, line.sku): line.title for line in lines if line.title}
        if titles:
            rows = [
                (self._programme.workspace_id, self._programme.pk, *pair) for pair in sorted(titles.items())
            ]
            with connection.cursor() as cursor:
                cursor.executemany(_NAME, rows)

    def _stored(self, orders: Sequence[int]) -> dict[int, dict[Key, OrderFigure]]:
        found: dict[int, dict[Key, OrderFigure]] = defaultdict(dict)
        if orders:
            for row in OrderFigure.objects.filter(order__in=orders):
                found[row.order_id][row.partner_id, row.day] = row
        return found

    def _day(self, moment: datetime) -> tuple[date, int]:
        local = moment.astimezone(self._zone)
        return local.date(), local.hour

    def _is_returned(self, order: Order) -> bool:
        if order.status == DELETED_STATUS:
            return True
        terms: Terms = self._terms_at(to_micros(order.created_at))
        return order.status in terms.accrual.lost

    def _added(self, postings: Sequence[Posted]) -> dict[Key, Added]:
        """What the books posted now, by partner and day."""
        sums: dict[Key, Added] = {}
        for one in postings:
            key = (one.partner_id, self._day(one.at)[0])
            before, is_first = sums.get(key, Added()), one.level == 1
            sums[key] = Added(
                before.level1_minor + one.amount_minor * is_first,
                before.level2_minor + one.amount_minor * (not is_first),
                before.taken_back_minor + max(0, -one.amount_minor),
            )
        return sums

    def _wins(self, person: Counted) -> Iterator[tuple[Order, dict[str, Any]]]:
        """Each order with the touch that won it; of an attributed customer the touch that began the attribution."""
        begun = {}
        records: list[Order | Lead] = [*person.orders, *person.leads]
        for record in records:
            verdict = record.verdict or {}
            if verdict.get("touch"):
                begun[verdict["partner"], verdict["at"]] = verdict["touch"]
        for order in person.orders:
            verdict = order.verdict or {}
            touch = verdict.get("touch") or begun.get((verdict.get("partner"), verdict.get("since")))
            if touch and order.partner_id:
                yield order, touch

    def _touches(
        self,
        people: Sequence[Counted],
        wins: Mapping[int, dict[str, Any]],
        old: Mapping[int, Mapping[Key, OrderFigure]],
    ) -> dict[tuple[int, int], Touch]:
        """By partner id and moment (µs) the stored touches that have won and were not counted yet."""
        visitors: set[str] = set()
        for person in people:
            for order in person.orders:
                win = wins.get(order.pk)
                if win and win["kind"] in LinkKind.values and not _known(order, win, old.get(order.pk, {})):
                    visitors.update(person.visitors)
        if not visitors:
            return {}
        moments = {win["at"] for win in wins.values()}
        rows = Touch.objects.filter(programme=self._programme, visitor__in=visitors).order_by("-pk")
        found = ((to_micros(row.at), row) for row in rows)
        return {(row.partner_id, at): row for at, row in found if at in moments}


@dataclass(slots=True)
class _Order:
    """What one order adds now."""

    order: Order
    lines: Sequence[OrderLine]
    made: tuple[date, int]  # its day and hour by the programme's clocks
    is_new: bool
    is_returned: bool
    win: Mapping[str, Any] | None
    touches: Mapping[tuple[int, int], Touch]

    def rows(
        self, before: Mapping[Key, OrderFigure], added: Mapping[Key, Added], programme: Programme
    ) -> Iterator[tuple[OrderFigure | None, OrderFigure]]:
        """Every row that is not what it was: as it was (None for a new one) and as it is."""
        own = (self.order.partner_id, self.made[0]) if self.order.partner_id else None
        marks = self._marks(before)
        rows = {
            key: self._row(key, before.get(key), added.get(key, Added()), marks, programme)
            for key in {*before, *added, *([own] if own else [])}
        }
        if own:
            self._count(rows[own], sum(row.level1_minor + row.level2_minor for row in rows.values()))
        for key, row in rows.items():
            was = before.get(key)
            if was is None:
                yield None, row
            elif any(getattr(was, name) != getattr(row, name) for name in _KEPT):
                row.pk, row.workspace_id = was.pk, was.workspace_id
                yield was, row

    def _row(
        self,
        key: Key,
        was: OrderFigure | None,
        added: Added,
        marks: Mapping[str, Any],
        programme: Programme,
    ) -> OrderFigure:
        return OrderFigure(
            programme=programme,
            order=self.order,
            partner_id=key[0],
            day=key[1],
            level1_minor=(was.level1_minor if was else 0) + added.level1_minor,
            level2_minor=(was.level2_minor if was else 0) + added.level2_minor,
            taken_back_minor=(was.taken_back_minor if was else 0) + added.taken_back_minor,
            is_own=key[0] == self.order.partner_id,
            is_new=self.is_new,
            hour=self.made[1],
            **marks,
        )

    def _count(self, row: OrderFigure, earned_minor: int) -> None:
        row.orders, row.revenue_minor, row.earned_minor = 1, self.order.total_minor, earned_minor
        row.returned = int(self.is_returned)
        row.returned_minor = self.order.total_minor if self.is_returned else 0
        row.goods = [[line.product, line.sku, line.total_minor] for line in self.lines]

    def _marks(self, before: Mapping[Key, OrderFigure]) -> dict[str, Any]:
        win = self.win
        if win is None:
            return _marks_of(None, None)
        if win["kind"] in LinkKind.values and (known := _known(self.order, win, before)):
            return {name: getattr(known, name) for name in (*_MARKS, "device", "country")}
        return _marks_of(win, self.touches.get((self.order.partner_id or 0, win["at"])))


def _known(order: Order, win: Mapping[str, Any], before: Mapping[Key, OrderFigure]) -> OrderFigure | None:
    """The row that counts the order already with this very touch."""
    return next(
        (
            row
            for row in before.values()
            if row.orders and row.touch_at == win["at"] and row.partner_id == order.partner_id
        ),
        None,
    )


def _marks_of(win: Mapping[str, Any] | None, touch: Touch | None) -> dict[str, Any]:
    marks: dict[str, Any] = dict.fromkeys(_MARKS, "")
    marks |= {"touch_at": win["at"] if win else None, "link_key": None, "click_id": None}
    marks |= {"device": None, "country": None}
    if win and win["kind"] == "code":
        marks["code"] = (win.get("code") or "")[:_LONGEST]
    elif win:
        marks["link_key"] = (touch.link_id or 0) if touch else 0
    if touch:
        source = touch.source or {}
        utm = parse_qs(source.get("utm") or "")
        words = {name: source.get(name) or "" for name in _TAGS}
        words |= {name: utm.get(name, [""])[0] for name in _UTM}
        words["referrer"] = (source.get("referrer_host") or "").lower().removeprefix("www.")
        marks |= {name: word[:_LONGEST] for name, word in words.items()}
        marks["click_id"] = touch.pk
    return marks


def add_to_sums(cells: dict[CellKey, Counter[str]], row: OrderFigure | None, sign: int) -> None:
    """Add a row to the sums, or take it away."""
    if row is None:
        return
    sums = {name: sign * getattr(row, name) for name in SUMS}
    if not any(sums.values()):
        return
    for cut, key, word in _cuts(row):
        cells[cut, key, word, row.day].update(sums)
    if row.orders:
        hour = {name: value if name in _OF_ORDERS else 0 for name, value in sums.items()}
        cells[Cut.HOUR, 0, f"{row.day.weekday()}-{row.hour:02}", row.day].update(hour)
        for product, total in goods_of(row).items():
            cells[Cut.PRODUCT, 0, product, row.day].update(
                {"orders": sign, "revenue_minor": sign * total,
                 "returned": sign * row.returned, "returned_minor": sign * row.returned * total}
            )  # fmt: skip


def _cuts(row: OrderFigure) -> Iterator[tuple[int, int, str]]:
    yield Cut.WHOLE, 0, ""
    yield Cut.PARTNER, row.partner_id, ""
    yield Cut.KIND, 0, "new" if row.is_new else "returning"
    yield Cut.LINK, NO_LINK if row.link_key is None else row.link_key, ""
    for cut, name in _WORDS.items():
        if word := getattr(row, name):
            yield cut, 0, word


def goods_of(row: OrderFigure) -> dict[str, int]:
    """Sums by product, as the cut of products names them."""
    sums: Counter[str] = Counter()
    for product, sku, total in row.goods:
        sums[product_word(product, sku)] += total
    return sums


def product_word(product: str, sku: str) -> str:
    """A product and its SKU as one word."""
    return f"{product}\x1f{sku}"


def save_sums(programme: Programme, cells: Mapping[CellKey, Mapping[str, int]]) -> None:
    """Add differences to the stored sums."""
    rows: list[list[Any]] = [
        [programme.workspace_id, programme.pk, int(cut), key, word, day.isoformat(), *(sums[name] for name in SUMS)]
        for (cut, key, word, day), sums in sorted(cells.items())
        if any(sums.values())
    ]  # fmt: skip
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(_ADD, rows)
