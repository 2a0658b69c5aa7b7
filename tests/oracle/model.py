"""The oracle: after each event everything is computed anew, and the differences are posted.

Readings where the contract leaves room are named in `Readings`; the defaults are the literal ones.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.oracle.attribution import Decider, Decision, decide_all
from tests.oracle.facts import Facts, Record, Touch, days, gather, moment, records
from tests.oracle.owed import Sale, World


@dataclass(frozen=True)
class Readings:
    """`decisions`: `file` = «decided once … whenever the order became known», with all that the
    file says to `--until`; `known` = decided anew after each event, as the live engine would."""

    decisions: str = "file"


@dataclass
class Lot:
    """An accrual that is still held."""

    order: str
    partner: str
    level: int
    due: datetime
    left: int


class Books:
    """Postings and what follows from them."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.postings: list[dict[str, Any]] = []
        self.lots: list[Lot] = []
        self.posted: dict[tuple[str, int, str], int] = {}
        self.available: dict[str, int] = {}
        self.paid: dict[str, int] = {}
        self.welcomes = welcomes(facts)

    def post(
        self, when: datetime, order: str | None, partner: str, level: int | None, kind: str, amount: int
    ) -> None:
        """One row of the history."""
        self.postings.append(
            {"at": when, "order": order, "partner": partner, "level": level, "kind": kind, "amount": amount}
        )

    def give(self, partner: str, amount: int) -> None:
        """Changes what is available."""
        self.available[partner] = self.available.get(partner, 0) + amount

    def ripen(self, when: datetime) -> None:
        """Releases and welcome money due by `when`, in time."""
        for moment_due in sorted({lot.due for lot in self.lots} | {due for due, _, _ in self.welcomes}):
            if moment_due > when:
                break
            for lot in [lot for lot in self.lots if lot.due == moment_due]:
                self.lots.remove(lot)
                if lot.left:
                    self.give(lot.partner, lot.left)
                    self.post(lot.due, lot.order, lot.partner, lot.level, "release", lot.left)
            for row in [row for row in self.welcomes if row[0] == moment_due]:
                self.welcomes.remove(row)
                self.give(row[1], row[2])
                self.post(row[0], None, row[1], None, "welcome", row[2])

    def settle(self, when: datetime, owed: dict[tuple[str, int, str], int]) -> None:
        """Posts the differences between what is owed now and what was posted."""
        for key in sorted({*owed, *self.posted}):
            order, level, partner = key
            change = owed.get(key, 0) - self.posted.get(key, 0)
            self.posted[key] = owed.get(key, 0)
            if change > 0:
                self.accrue(when, key, change)
            if change < 0:
                self.post(when, order, partner, level, "correction", change)
                left = -change
                for lot in self.lots:
                    if (lot.order, lot.level, lot.partner) == key:
                        less = min(left, lot.left)
                        lot.left -= less
                        left -= less
                self.give(partner, -left)

    def accrue(self, when: datetime, key: tuple[str, int, str], amount: int) -> None:
        """An accrual: held for the hold days, or available at once."""
        order, level, partner = key
        self.post(when, order, partner, level, "accrual", amount)
        hold = self.facts.setting("accrual", "hold_days", 0)
        if hold:
            self.lots.append(Lot(order, partner, level, when + days(hold), amount))
        else:
            self.give(partner, amount)

    def pay_out(self, when: datetime, partner: str) -> None:
        """Pays all that is available, if above zero."""
        amount = self.available.get(partner, 0)
        if amount > 0:
            self.give(partner, -amount)
            self.paid[partner] = self.paid.get(partner, 0) + amount
            self.post(when, None, partner, None, "payout", -amount)


def welcomes(facts: Facts) -> list[tuple[datetime, str, int]]:
    """When, to whom and how much; once each, as he had it when he came."""
    start = facts.events[0]["when"] if facts.events else None
    came: dict[str, tuple[dict[str, Any], datetime | None]] = {}
    for partner in facts.programme["partners"]:
        came[partner["id"]] = (partner, None)
    for event in facts.events:
        if event["type"] == "partner":
            came.setdefault(event["partner"]["id"], (event["partner"], event["when"]))
    rows = []
    for name, (partner, not_before) in came.items():
        when = moment(partner["joined"]) if partner.get("joined") else start
        if when is not None and not_before is not None:
            when = max(when, not_before)
        amount = facts.minor(partner.get("welcome"))
        if amount and when is not None and facts.until is not None and when <= facts.until:
            rows.append((when, name, amount))
    return rows


def known_sales(facts: Facts, applied: list[dict[str, Any]], decisions: dict[str, Decision]) -> list[Sale]:
    """Orders as known from the events applied so far."""
    persons = person_numbers(records(facts, applied))
    sales = []
    for name in {event["order"]["id"] for event in applied if event["type"] == "order"}:
        told = [event for event in applied if event["type"] == "order" and event["order"]["id"] == name]
        latest, reached, reached_snapshot = None, None, None
        for event in told:
            if latest is not None and (event.get("seq") or 0) <= (latest.get("seq") or 0):
                continue
            latest = event
            if reached is None and event["order"]["status"] in facts.programme["accrual"]["statuses"]:
                reached, reached_snapshot = event["when"], event["order"]
        assert latest is not None
        sales.append(Sale(name, decisions[name], persons[name], latest["order"], reached, reached_snapshot))
    return sorted(sales, key=lambda sale: (sale.decision.record.created, sale.id))


def person_numbers(found: list[Record]) -> dict[str, int]:
    """Which person each known order belongs to, by the records known so far."""
    groups: list[tuple[set[tuple[str, str]], list[str]]] = []
    for record in found:
        keys, names = set(record.keys()), [record.order] if record.order else []
        for group in [group for group in groups if group[0] & keys]:
            groups.remove(group)
            keys, names = keys | group[0], names + group[1]
        groups.append((keys, names))
    return {name: number for number, (_, names) in enumerate(groups) for name in names}


def is_open(facts: Facts, sale: Sale) -> bool:
    """Neither in an accrual nor in a lost status."""
    lost = facts.setting("accrual", "lost", [])
    return sale.snapshot["status"] not in [*facts.programme["accrual"]["statuses"], *lost]


def in_status(facts: Facts, sale: Sale) -> bool:
    """In an accrual status now."""
    return sale.snapshot["status"] in facts.programme["accrual"]["statuses"]


def owed_now(facts: Facts, now: datetime, sales: list[Sale]) -> dict[tuple[str, int, str], int]:
    """What is owed by order, level and partner."""
    counted = [sale for sale in sales if in_status(facts, sale)]
    world = World(facts, now, sales, counted)
    owed = {}
    for sale in counted:
        for level, (partner, pays) in world.owed(sale).items():
            owed[sale.id, level, partner] = sum(pay.amount for pay in pays)
    return owed


def simulate(
    programme: dict[str, Any],
    events: list[dict[str, Any]],
    until: str | None = None,
    readings: Readings | None = None,
) -> dict[str, Any]:
    """The document of the contract, without texts; money and times as text."""
    readings = readings or Readings()
    facts = gather(programme, events, until)
    final = decide_all(facts, records(facts, facts.events))
    books = Books(facts)
    sales: list[Sale] = []
    for place, event in enumerate(facts.events, 1):
        books.ripen(event["when"])
        if event["type"] == "payout":
            books.pay_out(event["when"], event["partner"])
        applied = facts.events[:place]
        decided = final if readings.decisions == "file" else decide_known(facts, applied)
        sales = known_sales(facts, applied, decided.decisions)
        books.settle(event["when"], owed_now(facts, event["when"], sales))
    if facts.until is not None:
        books.ripen(facts.until)
    return document(facts, final, books, sales)


def decide_known(facts: Facts, applied: list[dict[str, Any]]) -> Decider:
    """Decisions by what is known so far only."""
    decider = Decider(facts, [touch for touch in facts.touches() if known_touch(touch, applied)])
    for record in records(facts, applied):
        decider.decide(record)
    return decider


def known_touch(touch: Touch, applied: list[dict[str, Any]]) -> bool:
    """Whether the line of a touch has been applied."""
    return any(event["line"] == touch.line for event in applied)


def document(facts: Facts, decider: Decider, books: Books, sales: list[Sale]) -> dict[str, Any]:
    """The output of the contract."""

    def clock(when: datetime | None) -> str | None:
        return None if when is None else when.astimezone(facts.zone).isoformat()

    orders = [order_document(facts, sale, sales) for sale in sales]
    postings = [
        {**row, "at": clock(row["at"]), "amount": facts.money(row["amount"])} for row in books.postings
    ]
    attributions = [
        {**row, "from": clock(row["from"]), "to": clock(row["to"])} for row in decider.attributions()
    ]
    expected = expected_by_partner(facts, sales)
    balances = []
    for partner in sorted(facts.partners_at(facts.until)) if facts.until else sorted_ids(facts):
        held = sum(lot.left for lot in books.lots if lot.partner == partner)
        sums = {
            "expected": expected.get(partner, 0),
            "held": held,
            "available": books.available.get(partner, 0),
            "paid": books.paid.get(partner, 0),
        }
        balances.append({"partner": partner, **{name: facts.money(value) for name, value in sums.items()}})
    return {"orders": orders, "postings": postings, "balances": balances, "attributions": attributions}


def sorted_ids(facts: Facts) -> list[str]:
    """Partners when nothing has happened at all."""
    return sorted(partner["id"] for partner in facts.programme["partners"])


def expected_by_partner(facts: Facts, sales: list[Sale]) -> dict[str, int]:
    """What all open orders would earn if they reached a status now, all together."""
    if facts.until is None:
        return {}
    counted = [sale for sale in sales if in_status(facts, sale) or is_open(facts, sale)]
    world = World(facts, facts.until, sales, counted)
    sums: dict[str, int] = {}
    for sale in [sale for sale in sales if is_open(facts, sale)]:
        for partner, pays in world.owed(sale).values():
            sums[partner] = sums.get(partner, 0) + sum(pay.amount for pay in pays)
    return sums


def order_document(facts: Facts, sale: Sale, sales: list[Sale]) -> dict[str, Any]:
    """One order: its verdict and what is owed for it now."""
    now = facts.until
    assert now is not None
    there = in_status(facts, sale)
    # an order not yet there has the place it would have if all open ones and itself reached a status
    counted = [
        one
        for one in sales
        if in_status(facts, one) or (not there and (is_open(facts, one) or one.id == sale.id))
    ]
    world = World(facts, now, sales, counted)
    decision = sale.decision
    commissions = []
    for level, (partner, pays) in sorted(world.owed(sale).items()) if there else []:
        amount = sum(pay.amount for pay in pays)
        if amount:
            rows = [
                {**vars(pay), "base": facts.money(pay.base), "amount": facts.money(pay.amount)}
                for pay in pays
            ]
            commissions.append(
                {"partner": partner, "level": level, "amount": facts.money(amount), "lines": rows}
            )
    verdict = {"partner": decision.partner, "reason": decision.reason, "unpaid": world.unpaid(sale, there)}
    return {"id": sale.id, "verdict": {**verdict, "loser": decision.loser}, "commissions": commissions}
