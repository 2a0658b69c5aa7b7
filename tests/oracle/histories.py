"""Seeded nasty-but-valid programmes and histories, short so that a difference shrinks well.

Few partners, visitors and clients meet on few moments, so that ties, joins and edges are common.
"""

import json
from datetime import UTC, datetime, timedelta, timezone
from random import Random
from typing import Any

from tests.oracle.validity import drop_invalid

Json = dict[str, Any]

PARTNERS = ["A", "B", "C", "D", "b"]
CODES = ["ANNA10", "Bob", "straße", "B", "free"]
WRITTEN = {"ANNA10": ["anna10", " Anna10 "], "Bob": ["BOB", "bob"], "straße": ["STRASSE"], "free": ["FREE"]}
GROUPS = ["g1", "g2"]
MAILS = ["x@mail.ru", "y@mail.ru", "z@mail.ru"]
ODD_MAILS = {"x@mail.ru": "Ｘ@mail.ru", "y@mail.ru": "\u00a0Y@MAIL.RU", "z@mail.ru": "ｚ@ｍail.ru\t"}
PHONES = [["+79161234567", "8 (916) 123-45-67"], ["9031112233", "+7 903 111-22-33"], ["no number"]]
VISITORS = ["v1", "v1", "v1", "v2", "v2", "v3"]
STATUSES = ["new", "paid", "delivered", "delivered", "delivered", "cancelled", "Delivered"]
AMOUNTS = {
    0: ["0", "1", "5", "99", "100", "500", "777", "1235", "10000"],
    2: ["0.00", "0.01", "0.05", "10.10", "99.99", "100", "100.5", "333.33", "1234.45", "10000.00"],
    3: ["0", "0.001", "0.015", "9.999", "100.5", "333", "77.7", "1234.455"],
}
PERCENTS = ["10", "10", "3", "33.3333", "0.5", "12.345", "100", "0", "150", "5.00", "0.3333333333", "1.005"]


class Dice:
    """Random draws of one seed, on a small grid of moments."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        # every second history is of one faithful client, so that sales, limits and returns meet
        self.rich = seed % 2 == 1
        self.long = seed % 7 == 0
        self.digits, self.currency = self.pick([(2, "RUB"), (2, "RUB"), (0, "JPY"), (3, "KWD")])
        start = self.pick(
            [
                datetime(2026, 1, 30, 21, tzinfo=UTC),
                datetime(2026, 2, 27, 12, tzinfo=UTC),
                datetime(2025, 12, 31, 20, 59, 59, tzinfo=UTC),
                datetime(2026, 3, 7, 23, tzinfo=UTC),
                datetime(2024, 1, 30, 21, tzinfo=UTC),
            ]
        )
        step = timedelta(hours=self.pick([1, 12, 24, 24, 24 * 5, 24 * 9]))
        tiny = [timedelta(0)] * 6 + [timedelta(microseconds=1), timedelta(milliseconds=500)]
        self.moments = sorted(
            {start + step * number + self.pick(tiny) for number in range(self.number(4, 14))}
        )

    def pick(self, options: Any) -> Any:
        """One of several."""
        return self.random.choice(list(options))

    def number(self, low: int, high: int) -> int:
        """A whole number, both ends possible."""
        return self.random.randint(low, high)

    def maybe(self, chance: float) -> bool:
        """True with this chance."""
        return self.random.random() < chance

    def some(self, options: list[Any], most: int = 2) -> list[Any]:
        """A few of several, in any order, perhaps none."""
        return self.random.sample(options, self.number(0, min(most, len(options))))

    def money(self) -> str:
        """An amount of the currency."""
        if self.rich and self.maybe(0.7):
            return str(self.pick(AMOUNTS[self.digits][4:]))
        return str(self.pick(AMOUNTS[self.digits]))

    def discount(self) -> str:
        """Mostly small, or few bases would be left."""
        if self.rich and self.maybe(0.7):
            return str(AMOUNTS[self.digits][1])
        return str(self.pick(AMOUNTS[self.digits][:4])) if self.maybe(0.8) else self.money()

    def when(self, since: datetime | None = None) -> datetime:
        """A moment of the grid, not before `since`."""
        return self.pick([one for one in self.moments if since is None or one >= since])

    def written(self, when: datetime) -> str:
        """The same moment in one of the ways to write it."""
        zone = self.pick([UTC, UTC, timezone(timedelta(hours=3)), timezone(-timedelta(hours=3, minutes=30))])
        text = when.astimezone(zone).isoformat()
        return text.replace("+00:00", "Z") if self.maybe(0.8) else text

    def code(self) -> str:
        """A code as people write it."""
        code = self.pick(CODES)
        return str(self.pick([code, *WRITTEN.get(code, [])]))


def partner(dice: Dice, name: str, others: list[str]) -> Json:
    """A partner of the programme or of a joining event."""
    told: Json = {"id": name}
    if others and dice.maybe(0.6):
        told["invited_by"] = dice.pick(others)
    if dice.maybe(0.4):
        told["groups"] = dice.some(GROUPS)
    if dice.maybe(0.05 if dice.rich else 0.15):
        told["email"] = dice.pick([*MAILS, "X@Mail.ru ", None])
    if dice.maybe(0.03 if dice.rich else 0.1):
        told["phone"] = dice.pick(PHONES[dice.pick([0, 1, 1, 2])])
    if dice.maybe(0.15):
        told["welcome"] = dice.money()
    if dice.maybe(0.2):
        told["joined"] = dice.written(dice.when() + timedelta(days=dice.pick([-3, 0, 0, 1])))
    if dice.maybe(0.02 if dice.rich else 0.07):
        told["blocked"] = True
    return told


def conditions(dice: Dice) -> Json:
    """A `when`; mostly of one or two conditions, so that it holds often enough."""
    makers: dict[str, Any] = {
        "partner": lambda: dice.some([*PARTNERS, "nobody"], 3),
        "group": lambda: dice.some([*GROUPS, "none"], 2),
        "product": lambda: dice.some(["p1", "p2", "p9"], 2),
        "category": lambda: dice.some(["k1", "k2"], 2),
        "sku": lambda: dice.some(["S-1", "s-1"], 2),
        "code": lambda: [dice.code() for _ in range(dice.number(0, 2))],
        "client": lambda: dice.pick(["new", "returning"]),
        "order_total_from": dice.money,
        "order_total_to": dice.money,
        "sale_from": lambda: dice.number(1, 3),
        "sale_to": lambda: dice.number(1, 3),
        "days_since_attribution_to": lambda: dice.number(0, 4),
        "months_since_attribution_to": lambda: dice.pick([0, 0, 1, 1, 2, 13]),
        "valid_from": lambda: dice.written(dice.when()),
        "valid_to": lambda: dice.written(dice.when()),
    }
    return {name: makers[name]() for name in dice.some(list(makers), dice.pick([1, 1, 2, 3]))}


def reward(dice: Dice) -> Json:
    """What one level gets."""
    kind = dice.number(0, 19)
    if kind < 12:
        return {"percent": dice.pick(PERCENTS)}
    return {"fixed": dice.money()} if kind < 19 else {"none": True}


def rules(dice: Dice, most: int = 4) -> list[Json]:
    """A list of rules, the first mostly without conditions."""
    made = []
    for number in range(dice.number(1, most)):
        rule: Json = {"id": f"r{number}", "reward": {}}
        for level in dice.pick(["1", "1", *["12"] * 6, "123", "123", "23"]):
            if dice.maybe(0.95):
                rule["reward"][level] = reward(dice)
        if number or dice.maybe(0.15):
            rule["when"] = conditions(dice)
        if dice.maybe(0.3):
            rule["priority"] = dice.number(-1, 2)
        if dice.maybe(0.5):
            rule["per"] = dice.pick(["line", "unit", "order"])
        if dice.maybe(0.4):
            rule["paid_sales"] = dice.pick([0, 1, 1, 1, 2])
        if dice.maybe(0.2):
            rule["cap"] = dice.pick([dice.money(), dice.money(), None])
        made.append(rule)
    return made


def programme(dice: Dice) -> Json:
    """A programme with at most four partners."""
    names = PARTNERS[: dice.number(1, 4)]
    if dice.maybe(0.1):
        names.append("b")
    attribution: Json = {"policy": dice.pick(["first", "last"])}
    options: list[tuple[str, list[Any]]] = [
        ("code_over_link", [True, False, False, None]),
        ("click_window_days", [0, 1, 2, 5, None]),
        ("term_days", [0, 1, 2, 3, 10, None]),
        ("term_mode", ["sliding", "fixed"]),
        ("own_purchases", [True, False]),
    ]
    for name, values in options:
        if dice.maybe(0.6):
            attribution[name] = dice.pick(values)
    accrual: Json = {"statuses": dice.pick([["delivered"], ["delivered", "paid"]])}
    if dice.maybe(0.6):
        accrual["lost"] = ["cancelled"]
    if dice.maybe(0.5):
        accrual["hold_days"] = dice.number(0, 3)
    made = {
        "currency": dice.currency,
        "timezone": dice.pick(["Europe/Moscow", "UTC", "America/New_York", "Asia/Vladivostok"]),
        "attribution": attribution,
        "accrual": accrual,
        "levels": dice.pick([1, 2, 2, 3]),
        "rules": rules(dice),
        "partners": [partner(dice, name, names[:place]) for place, name in enumerate(names)],
    }
    if dice.maybe(0.7):
        codes = dice.some(CODES, 3)
        made["codes"] = [{"code": code, "partner": dice.pick(names)} for code in codes]
    return made


def client(dice: Dice) -> Json:
    """Keys of a few persons; sometimes keys of two, so that they join."""
    number = dice.pick([0, 0, 0, 1, 1, 2]) if not dice.rich or dice.maybe(0.1) else 0
    other = dice.number(0, 2) if dice.maybe(0.1 if dice.rich else 0.3) else number
    told: Json = {"id": f"c{number}", "email": MAILS[other], "phone": dice.pick(PHONES[number])}
    keep = dice.pick([["id"], ["email"], ["id", "email"], ["id", "phone"], ["email", "phone"], list(told)])
    if number == 2 and keep == ["email", "phone"]:
        keep = ["id", "phone"]
    if "email" in keep and dice.maybe(0.2):
        told["email"] = dice.pick([f" {told['email'].upper()}", ODD_MAILS[told["email"]]])
    return {name: told[name] for name in keep}


def landing(dice: Dice) -> str:
    """A landing page as shops store it."""
    who = dice.pick([*PARTNERS, *CODES, "anna10", "nobody", "", "stra%C3%9Fe", "%42", "+bob"])
    if dice.maybe(0.15):
        return str(
            dice.pick(
                [
                    "?aff=%zz&aff=B",
                    "/?aff",
                    "/?aff&aff=B",
                    "/?a%66f=B",
                    "/?aff=B?aff=A",
                    "?&&aff=%FFB",
                    "/?aff==B",
                ]
            )
        )
    rest = dice.pick(["", "&x=1", "#aff=C", "&aff=A", "%20"])
    return str(dice.pick(["/?", "https://shop.ru/a?utm=1&", "/?x&", "/?AFF=C&"])) + f"aff={who}{rest}"


def lines(dice: Dice) -> list[Json]:
    """Goods of an order."""
    made = []
    for number in range(dice.pick([0, *[1] * 8, *[2] * 6, 3, 3, 4])):
        line: Json = {"id": str(number + 1), "total": dice.money()}
        if dice.maybe(0.5):
            line["product"] = dice.pick(["p1", "p2"])
        if dice.maybe(0.4):
            line["categories"] = dice.some(["k1", "k2"])
        if dice.maybe(0.4):
            line["sku"] = dice.pick(["S-1", "s-1"])
        if dice.maybe(0.5):
            line["quantity"] = dice.pick(["1", "2", "0", "1.5", "0.333", "3", "2.50", "0.0005"])
        made.append(line)
    return made


def creation(dice: Dice, created: datetime) -> Json:
    """Creation facts of an order."""
    told: Json = {"created_at": dice.written(created), "client": client(dice)}
    if dice.maybe(0.75):
        told["visitor"] = dice.pick([*VISITORS, None]) if not dice.rich else "v1"
    if dice.maybe(0.35):
        told["codes"] = [dice.code() for _ in range(dice.pick([0, 1, 1, 2, 3]))]
    if dice.maybe(0.3):
        told["landing"] = landing(dice)
    return told


def changed(dice: Dice, snapshot: Json, created: datetime) -> Json:
    """The next snapshot of an order: another status, a return, a discount, rarely other creation facts."""
    told: Json = json.loads(json.dumps(snapshot))
    told["status"] = dice.pick([*STATUSES, "delivered", "delivered"])
    if dice.maybe(0.3) and told["lines"]:
        dice.pick(told["lines"])["total"] = dice.money()
    if dice.maybe(0.1) and told["lines"]:
        told["lines"].pop()
    if dice.maybe(0.15):
        told["discount"] = dice.discount()
    if dice.maybe(0.15):
        told.update(creation(dice, created))
    return told


def order_events(dice: Dice, name: str) -> list[Json]:
    """One order: one to four snapshots, sometimes late, sometimes out of order."""
    created = max(dice.when(), dice.when()) if dice.maybe(0.5) else dice.when()
    snapshot = {"id": name, **creation(dice, created), "status": dice.pick(STATUSES), "lines": lines(dice)}
    if dice.maybe(0.25):
        snapshot["discount"] = dice.discount()
    if dice.maybe(0.1):
        snapshot["delivery"] = dice.money()
    known = dice.when(created) if dice.maybe(0.35) else created
    made: list[Json] = []
    for number in range(dice.pick([1, 1, 2, 2, 3, 4])):
        event: Json = {"at": dice.written(known), "type": "order", "order": snapshot}
        if dice.maybe(0.9):
            event["seq"] = number if dice.maybe(0.85) else dice.number(0, 3)
        made.append(event)
        earlier = dice.maybe(0.15) and max([one for one in dice.moments if one <= created])
        other = earlier or created
        known = dice.when(known) if dice.maybe(0.8) else dice.when(created)
        snapshot = changed(dice, snapshot, other)
    return made


def other_event(dice: Dice, names: list[str]) -> Json:
    """Anything but an order."""
    kind = dice.pick(["touch"] * 10 + ["lead"] * 2 + ["payout"] * 3 + ["partner"] * 3 + ["rules"])
    event: Json = {"at": dice.written(dice.when()), "type": kind}
    if kind == "touch":
        event["at"] = dice.written(min(dice.when() for _ in range(dice.number(1, 3))))
        event |= {
            "visitor": dice.pick(VISITORS) if not dice.rich else "v1",
            "partner": dice.pick(names),
            "kind": dice.pick(["link", "link", "qr", "form"]),
        }
    elif kind == "lead":
        event |= {"client": client(dice), "visitor": dice.pick([*VISITORS, None])}
        if dice.maybe(0.3):
            event["codes"] = [dice.code()]
    elif kind == "payout":
        event["partner"] = dice.pick(names)
        event["at"] = dice.written(max(dice.when(), dice.when()))
    elif kind == "partner":
        event["partner"] = partner_change(dice, names)
    else:
        event["rules"] = rules(dice, 2)
    return event


def partner_change(dice: Dice, names: list[str]) -> Json:
    """A partner who joins, or written keys of one who is there."""
    name = dice.pick([*names, *PARTNERS])
    told = partner(dice, name, [one for one in PARTNERS if one != name])
    if dice.maybe(0.2):
        told["blocked"] = dice.pick([True, False, None])
    if dice.maybe(0.3):
        told["codes"] = dice.pick([[dice.code()], [dice.code()], None, []])
    if dice.maybe(0.1):
        told["invited_by"] = None
    return told


def history(seed: int) -> tuple[Json, list[Json], str | None]:
    """A programme, its events in file order and `--until`."""
    dice = Dice(seed)
    made = programme(dice)
    names = [one["id"] for one in made["partners"]]
    events = [
        event
        for number in range(dice.number(1, 7) + 8 * dice.long)
        for event in order_events(dice, f"o{number}")
    ]
    events += [other_event(dice, names) for _ in range(dice.number(2, 16) + 15 * dice.long)]
    dice.random.shuffle(events)
    if dice.maybe(0.6):
        events.sort(key=lambda event: datetime.fromisoformat(event["at"]))
    for event in [event for event in events if dice.maybe(0.05)]:
        events.append(dict(reversed(list(event.items()))))
    until = dice.written(dice.when()) if dice.maybe(0.2) else None
    events = drop_invalid(made, events)
    return made, events, until
