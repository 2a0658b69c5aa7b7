"""The plan of the sample life, pure: who clicks, who buys, what becomes of each order. The same seed, the same plan.

Moments are whole seconds counted back from the present, so that the newest days of the sample are always the last ones.
"""

import json
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

DATA: dict[str, Any] = json.loads((Path(__file__).parent / "sample.json").read_text(encoding="utf-8"))
SEED = 20261101
DAYS = 60
CUSTOMERS = 92
ORDERS = 130
# What becomes of old orders, dealt like cards, so that every fate is there.
FATES = ["delivered"] * 40 + ["cancelled"] * 4 + ["part"] * 3 + ["returned"] * 2 + ["deleted"]
HOUR = 3600
# how many of a day's clicks come in which hour, the first being midnight
_HABITS = [1, 1, 1, 1, 1, 2, 4, 7, 9, 10, 10, 9, 11, 10, 9, 9, 9, 10, 13, 15, 16, 13, 8, 3]


@dataclass(frozen=True, slots=True)
class Visit:
    """A click: whose link or mark, when, by whom; `is_bot` clicks are counted apart."""

    at: datetime
    partner: str
    visitor: bytes
    referrer: str
    by_link: bool = True
    is_bot: bool = False


@dataclass(frozen=True, slots=True)
class Purchase:
    """An order to be made: what the shop is told. `visit` is the click that its extra field carries."""

    at: datetime
    name: str
    email: str
    phone: str
    items: list[tuple[str, int]]
    way: str  # link, landing, code, direct
    partner: str | None
    fate: str
    visit: Visit | None = None


@dataclass(slots=True)
class Plan:
    """Everything that is going to have happened."""

    visits: list[Visit] = field(default_factory=list)
    purchases: list[Purchase] = field(default_factory=list)


def partner_email(code: str) -> str:
    """Where a sample partner is written to; nobody has this address."""
    return f"{code.lower()}@example.org"


def partner_phone(code: str) -> str:
    """A sample partner's phone."""
    place = next(index for index, one in enumerate(DATA["partners"]) if one["code"] == code)
    return f"+7900777{1200 + 37 * place}"


def make_plan(now: datetime, language: str) -> Plan:
    """The sample life of the last sixty days."""
    return _Planner(now, language).plan()


class _Planner:
    def __init__(self, now: datetime, language: str) -> None:
        self.dice = random.Random(SEED)  # noqa: S311 - a story, not a secret
        self.now = now.replace(microsecond=0)
        self.language = language
        self.names = DATA[language]["customers"]
        self.partners = [one for one in DATA["partners"] if not one.get("waiting")]
        self.made = Plan()
        self.fates: list[str] = []

    def plan(self) -> Plan:
        """Clicks of every day, then buyers and their orders."""
        for partner in self.partners:
            self._clicks_of(partner)
        for number in range(CUSTOMERS):
            self._customer(number)
        self._own_purchase()
        self.made.purchases.sort(key=lambda purchase: purchase.at)
        self.made.visits.sort(key=lambda visit: visit.at)
        return self.made

    def _clicks_of(self, partner: dict[str, Any]) -> None:
        first = min(DAYS, partner["joined"])
        for day in range(first, partner.get("blocked", 0), -1):
            # a slow growth, and a good week now and then
            mood = (1.3 - 0.6 * day / DAYS) * (1.7 if (day + partner["joined"]) % 17 < 3 else 1.0)
            for _ in range(self._about(partner["clicks"] * mood)):
                self._click(partner["code"], day)

    def _click(self, code: str, day: float) -> Visit:
        visit = Visit(
            at=self._moment(day),
            partner=code,
            visitor=self.dice.randbytes(8),
            referrer=self._choose(DATA["referrers"]),
            by_link=self.dice.random() < 0.85,
            is_bot=self.dice.random() < 0.06,
        )
        self.made.visits.append(visit)
        return visit

    def _customer(self, number: int) -> None:
        name, email, phone = self._person(number)
        age = DAYS * self.dice.random() ** 1.15  # days ago; a little more lately
        partner = self._partner_at(age) if self.dice.random() > 0.1 else None
        way = self._way(partner)
        visit = self._bought_visit(partner, age) if partner and way == "link" else None
        at = visit.at + timedelta(minutes=self.dice.randint(4, 90)) if visit else self._moment(age)
        if at > self.now - timedelta(minutes=20):
            at = self.now - timedelta(minutes=self.dice.randint(21, 60))
        code = partner["code"] if partner else None
        self._buy(at, name, email, phone, way, code, visit)
        while self.dice.random() < 0.38 and len(self.made.purchases) < ORDERS:
            at += timedelta(days=self.dice.randint(6, 24), seconds=self.dice.randint(0, 8 * HOUR))
            if at > self.now - timedelta(minutes=20):
                break
            self._buy(at, name, email, phone, "direct", None, None)

    def _buy(
        self,
        at: datetime,
        name: str,
        email: str,
        phone: str,
        way: str,
        partner: str | None,
        visit: Visit | None,
    ) -> None:
        fate = self._fate(at)
        count = max(self.dice.choice((1, 1, 2, 2, 3)), 2 if fate == "part" else 1)
        goods: dict[str, int] = {}
        while len(goods) < count:
            goods[self._choose(DATA["goods"])] = self.dice.choice((1, 1, 1, 2))
        items = list(goods.items())
        self.made.purchases.append(Purchase(at, name, email, phone, items, way, partner, fate, visit))

    def _fate(self, at: datetime) -> str:
        if self.now - at < timedelta(days=16):
            return "delivered"  # as far as it has come by now
        if not self.fates:
            self.fates = list(FATES)
            self.dice.shuffle(self.fates)
        return self.fates.pop()

    def _own_purchase(self) -> None:
        """A partner buys by the own link: the office shows why nothing is paid for it."""
        code = "MARINA"
        name = next(one[self.language][0] for one in DATA["partners"] if one["code"] == code)
        visit = self._click(code, 12.4)
        at = visit.at + timedelta(minutes=9)
        items = [("ivan-chay", 2), ("myod-lipovyy", 1)]
        self.made.purchases.append(
            Purchase(
                at, name, partner_email(code), partner_phone(code), items, "link", code, "delivered", visit
            )
        )

    def _person(self, number: int) -> tuple[str, str, str]:
        is_woman = self.dice.random() < 0.62
        first = self.dice.choice(self.names["f" if is_woman else "m"])
        surname = self.dice.choice(self.names["surnames"]) + (self.names["ending"] if is_woman else "")
        # one of the two contacts is missing now and then, as in life
        email = f"buyer{number + 1}@example.com" if self.dice.random() < 0.9 else ""
        phone = f"+7900555{1000 + number * 11}" if not email or self.dice.random() < 0.85 else ""
        return f"{first} {surname}", email, phone

    def _partner_at(self, age: float) -> dict[str, Any]:
        there = [p for p in self.partners if p["joined"] > age + 0.5 and age > p.get("blocked", 0)]
        return self.dice.choices(there, [p["clicks"] for p in there])[0] if there else self.partners[0]

    def _way(self, partner: dict[str, Any] | None) -> str:
        if partner is None:
            return "direct"
        roll = self.dice.random()
        if roll < 0.3 and partner.get("promo"):
            return "code"
        return "landing" if roll < 0.45 else "link"

    def _bought_visit(self, partner: dict[str, Any], age: float) -> Visit:
        visit = self._click(partner["code"], age)
        self.made.visits.remove(visit)
        person = Visit(visit.at, visit.partner, visit.visitor, visit.referrer)
        self.made.visits.append(person)
        return person

    def _moment(self, day: float) -> datetime:
        """A moment of that day by people's habits: few at night, most in the evening."""
        hour = self.dice.choices(range(24), _HABITS)[0]
        local = self.now.replace(hour=0, minute=0, second=0) - timedelta(days=int(day), hours=3)
        moment = local + timedelta(hours=hour, seconds=self.dice.randint(0, HOUR - 1))
        latest = self.now - timedelta(minutes=30, seconds=self.dice.randint(0, HOUR))
        return min(moment, latest)

    def _about(self, mean: float) -> int:
        whole = int(mean * self.dice.uniform(0.5, 1.5))
        return whole + (self.dice.random() < mean - int(mean))

    def _choose(self, weighted: list[list[Any]]) -> Any:
        return self.dice.choices([one for one, _ in weighted], [weight for _, weight in weighted])[0]
