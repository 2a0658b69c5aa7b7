"""The sample life played: orders made and moved in the shop, told to Molva in their own time, holds, payouts."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from molva.commissions.jobs import end_terms, release_holds
from molva.demo.sample_plan import DATA, Purchase
from molva.demo.sample_shop import ShopControl
from molva.integrations.inbound import accept_hook
from molva.integrations.manual import record_by_hand
from molva.integrations.models import Connection, InboundState
from molva.integrations.polling import poll_shop
from molva.jobs.worker import Worker
from molva.kit import clock
from molva.payouts.queries import list_payable
from molva.payouts.services import approve_payout, draft_payout, mark_paid
from molva.programmes.models import Partner
from molva.workspaces.models import User
from molva.workspaces.scoping import scope

PAYOUT_DAYS = {24: "CHASHKA", 7: "MARINA"}  # days ago → who was paid


@dataclass(frozen=True, slots=True)
class Step:
    """What happens at a moment: an order is made (`act` empty), or something is done to it."""

    at: datetime
    number: int  # which purchase
    act: dict[str, Any]
    is_told: bool = True


class Life:
    """Plays purchases in the order of time."""

    def __init__(
        self,
        shop: ShopControl,
        connection: Connection,
        owner: User,
        now: datetime,
        words: Mapping[str, Any],
        tokens: Mapping[bytes, str],
    ) -> None:
        self.shop = shop
        self.connection = connection
        self.owner = owner
        self.now = now
        self.words = words
        self.tokens = tokens
        self.worker = Worker(scope=scope)
        self.orders: dict[int, dict[str, Any]] = {}  # bodies by the number of the purchase

    def live(self, purchases: Sequence[Purchase]) -> None:
        """Two months, night by night; then today's polling and the draft of the next payout."""
        steps = [
            step for number, one in enumerate(purchases) for step in _steps(number, one) if step.at < self.now
        ]
        steps.sort(key=lambda step: step.at)
        night = steps[0].at
        for step in steps:
            while night < step.at:
                self._night(night)
                night += timedelta(days=1)
            self._play(step, purchases[step.number])
        self._by_hand()
        self._night(self.now)
        poll_shop(connection_id=self.connection.pk)
        self.worker.run_until_empty()
        self._draft()

    def _play(self, step: Step, purchase: Purchase) -> None:
        if not step.act:
            body = self.shop.make_order(step.at, **self._wanted(purchase))
        else:
            act = dict(step.act)
            if "remove" in act:
                act["remove"] = self.orders[step.number]["order_lines"][-1]["id"]
            body = self.shop.change_order(self.orders[step.number]["id"], step.at, **act)
        self.orders[step.number] = body
        if step.is_told:
            topic = (
                "orders-create"
                if not step.act
                else "orders-destroy"
                if "delete" in step.act
                else "orders-update"
            )
            self._tell(body, topic, step.at + timedelta(seconds=2))

    def _tell(self, body: dict[str, Any], topic: str, at: datetime) -> None:
        with clock.pretend(at):
            raw = json.dumps(body, ensure_ascii=False).encode()
            event = accept_hook(
                connection=self.connection, topic=topic, body=raw, content_type="application/json"
            )
            self.worker.run_until_empty()
        event.refresh_from_db(fields=["state", "reason"])
        if event.state not in (InboundState.APPLIED, InboundState.REPEATED):
            raise RuntimeError(
                f"the sample order {body['number']} was not understood: {event.state} {event.reason}"
            )

    def _wanted(self, purchase: Purchase) -> dict[str, Any]:
        wanted: dict[str, Any] = {
            "items": purchase.items,
            "name": purchase.name,
            "email": purchase.email or None,
            "phone": purchase.phone or None,
            "location": "/",
            "delivery_price": "300" if len(purchase.items) > 1 else "0",
        }
        partner = purchase.partner
        if purchase.way == "landing":
            wanted |= {"location": f"/?aff={partner}", "referer": "https://vk.com/"}
        elif purchase.way == "link" and purchase.visit:
            token = self.tokens[purchase.visit.visitor]
            wanted |= {
                "location": f"/?aff={partner}&mv={token}",
                "referer": purchase.visit.referrer or None,
                "fields": {"molva": token},
            }
        elif purchase.way == "code":
            wanted["promo_code"] = next(one["promo"] for one in DATA["partners"] if one["code"] == partner)
        return wanted

    def _night(self, at: datetime) -> None:
        """What the timetable does, once a day, and now and then a payout."""
        with clock.pretend(at):
            release_holds()
            end_terms()
            self.worker.run_until_empty()
        code = PAYOUT_DAYS.get((self.now - at).days)
        if code and at < self.now:
            self._pay(code, at)

    def _pay(self, code: str, at: datetime) -> None:
        partner = Partner.objects.select_related("programme").get(
            programme=self.connection.programme, code=code
        )
        with clock.pretend(at):
            method, comment = self._method(partner), self._comment(at)
            payout = draft_payout(partner=partner, actor=self.owner, method=method, comment=comment)
            payout = approve_payout(payout=payout, actor=self.owner)
            mark_paid(payout=payout, actor=self.owner, external_reference=f"{at:%y%m%d}-1")

    def _draft(self) -> None:
        for partner, _amount in list_payable(self.connection.programme, limit=1).first:
            comment = self._comment(self.now)
            draft_payout(partner=partner, actor=self.owner, method=self._method(partner), comment=comment)

    def _method(self, partner: Partner) -> str:
        return str(self.words["payout_method"]).format(phone=partner.phone)

    def _comment(self, at: datetime) -> str:
        return str(self.words["payout_comment"]).format(day=f"{at:%d.%m.%Y}")

    def _by_hand(self) -> None:
        """A fair without a till: one sale typed in by the owner."""
        with clock.pretend(self.now - timedelta(days=2)):
            values = {
                "number": "FAIR-1",
                "total": "3250.00",
                "name": self.words["fair"],
                "status": "delivered",
                "code": "YARMARKA",
                "date": f"{self.now - timedelta(days=2):%Y-%m-%d}",
            }
            record_by_hand(programme=self.connection.programme, values=values, actor=self.owner)


def _steps(number: int, purchase: Purchase) -> Iterator[Step]:
    """The way of one order by its fate; the pace depends on the order alone."""
    pace = timedelta(minutes=(purchase.at.minute * 60 + purchase.at.second) % 1440)
    yield Step(purchase.at, number, {})
    if purchase.fate == "cancelled":
        yield Step(purchase.at + timedelta(hours=6) + pace, number, {"status": "otmenen"})
        return
    yield Step(purchase.at + timedelta(hours=2) + pace / 4, number, {"status": "v-obrabotke"}, is_told=False)
    if purchase.fate == "deleted":
        yield Step(purchase.at + timedelta(days=1) + pace, number, {"delete": True})
        return
    yield Step(purchase.at + timedelta(days=1) + pace, number, {"status": "otgruzhen"})
    delivered = purchase.at + timedelta(days=3) + 2 * pace
    yield Step(delivered, number, {"status": "delivered", "paid": True})
    if purchase.fate == "part":
        yield Step(delivered + timedelta(days=3) + pace, number, {"remove": True})
    elif purchase.fate == "returned":
        yield Step(delivered + timedelta(days=5) + pace, number, {"status": "vozvrat"})
