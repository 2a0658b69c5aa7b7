"""The steps of a self-test, in order. Each looks at the running product as its people do, and says what it found.

A step returns `Passed` or `Warned` with facts for the page, or raises `NotYet` (looked at again in a second, until its
time is over) or `Broken` with the reason. What later steps need is kept in the run's notes, so that a killed worker
goes on where it was.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.urls import reverse

from molva.commissions.admission import admit_partner
from molva.commissions.models import Commission
from molva.commissions.services import settle_customer
from molva.domain.click_id import read_token
from molva.integrations.base import PlugError, Rehearsal, RehearsalWish
from molva.integrations.models import Connection, InboundEvent
from molva.integrations.queries import shop_statuses
from molva.integrations.registry import source_of
from molva.integrations.rehearsal import make_test_address
from molva.integrations.telling import tell
from molva.kit import clock
from molva.kit.http import GuardedClient, HttpError, Response
from molva.ledger.queries import balances
from molva.orders.models import Order
from molva.programmes.models import Partner, PartnerStatus, Programme
from molva.programmes.queries import terms_at
from molva.selftest.models import SelfTest
from molva.tracking.keys import token_key
from molva.tracking.models import Touch
from molva.tracking.services import main_link

_PAGE_BYTES = 2 * 1024 * 1024
_BROWSER = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
    "Accept": "text/html",
    "Sec-Fetch-Dest": "document",
    "Sec-Fetch-Mode": "navigate",
}


class NotYet(Exception):
    """What the step waits for has not happened; the text says what that is."""


class Broken(Exception):
    """The step found a defect; the text says which."""


@dataclass(frozen=True, slots=True)
class Passed:
    """All is well; facts for the page."""

    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Warned(Passed):
    """It works, but somebody should look."""

    reason: str = ""


@dataclass(slots=True)
class Walk:
    """A run on its way: the real programme, its twin, the shop, and what is known so far."""

    run: SelfTest
    programme: Programme
    twin: Programme
    shop: Connection | None  # None: orders are typed in

    @property
    def notes(self) -> dict[str, Any]:
        """What earlier steps left."""
        found: dict[str, Any] = self.run.notes
        return found

    @property
    def rehearsal(self) -> Rehearsal:
        """How this shop makes an order."""
        connection = self.shop or Connection(programme=self.twin, kind="manual")
        return source_of(connection.kind).rehearsal(connection)

    @property
    def source(self) -> str:
        """The source of the test's orders: a real one comes by hooks as well, and must be the same order."""
        return self.shop.source_key if self.shop else "selftest"

    def partner(self) -> Partner:
        """The partner of this run."""
        found = Partner.objects.get(pk=self.notes["partner"])
        found.programme = self.twin
        return found

    def order(self) -> Order:
        """The order of this run, with its customer settled by whatever is known now."""
        found = Order.objects.select_related("customer").get(
            programme=self.twin, source=self.source, external_id=self.notes["order_id"]
        )
        settle_customer(customer=found.customer)
        found.refresh_from_db()
        return found

    def commissions(self) -> dict[int, Commission]:
        """What the order brought, by level."""
        rows = Commission.objects.filter(programme=self.twin, order__external_id=self.notes["order_id"])
        return {row.level: row for row in rows}


def _ask(address: str, **headers: str) -> Response:
    """One request to ourselves, by the public address, as a visitor's browser sends it."""
    parts = urlsplit(address)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    allow = [f"{parts.hostname}:{port}"]
    try:
        with GuardedClient(allow=allow, max_bytes=_PAGE_BYTES) as client:
            return client.request("GET", address, headers={**_BROWSER, **headers})
    except HttpError as problem:
        raise Broken(f"no answer: {problem}") from problem


def landing(walk: Walk) -> Passed:
    """The page for partners opens at its public address."""
    address = settings.MOLVA_URL + reverse("public:landing", args=[walk.programme.code])
    answer = _ask(address)
    if answer.status != 200:
        raise Broken(f"the page answers {answer.status}")
    if not walk.programme.is_registration_open:
        return Warned({"address": address}, "registration is closed")
    return Passed({"address": address})


def partner(walk: Walk) -> Passed:
    """A partner registers, invited by another one, and has a link at once."""
    if "partner" not in walk.notes:
        inviter = _admit(walk, "Inviter", None)
        walk.notes["inviter"], walk.notes["partner"] = inviter.pk, _admit(walk, "Partner", inviter).pk
    link = main_link(walk.partner())
    if link is None:
        raise Broken("the programme has no shop address to lead to")
    walk.notes["link"] = link.code
    return Passed({"code": walk.partner().code, "link": link.code})


def _admit(walk: Walk, name: str, inviter: Partner | None) -> Partner:
    return admit_partner(
        programme=walk.twin, name=f"Self-test {name}", invited_by=inviter, status=PartnerStatus.ACTIVE
    )


def link(walk: Walk) -> Passed:
    """The link answers and leads to the shop with the partner's mark and a signed click id."""
    answer = _ask(f"{settings.MOLVA_TRACKER_URL}/r/{walk.notes['link']}")
    if answer.status == 404:
        raise NotYet("the process of links does not know the new link")
    if answer.status not in (301, 302, 303, 307, 308):
        raise Broken(f"the link answers {answer.status}")
    target = urlsplit(answer.headers.get("location", ""))
    query = parse_qs(target.query)
    if target.netloc.lower() not in walk.twin.shop_hosts:
        raise Broken("the link does not lead to the shop")
    if query.get(walk.twin.mark_param, [""])[0].casefold() != walk.partner().code.casefold():
        raise Broken("the partner's mark is missing in the address of the shop")
    token = read_token(query.get("mv", [""])[0], token_key())
    if token is None:
        raise Broken("the click got no id: it could not be made durable, or too many came at once")
    walk.notes["token"], walk.notes["click"] = query["mv"][0], token.click_id
    walk.notes["landing"] = f"{target.path or '/'}?{target.query}"
    return Passed({"target": target.netloc})


def click(walk: Walk) -> Passed:
    """The click has become a touch of the partner, once."""
    touches = list(Touch.objects.filter(pk=walk.notes["click"]))
    if not touches:
        raise NotYet("the click is not loaded")
    if [touch.partner_id for touch in touches] != [walk.notes["partner"]]:
        raise Broken("the click is somebody else's")
    return Passed({"at": touches[0].at.isoformat()})


def order(walk: Walk) -> Passed:
    """A buyer with another e-mail orders; the order is the partner's, and nothing is owed yet."""
    statuses = _statuses(walk)
    warning = ""
    if "kept" not in walk.notes:
        walk.notes.setdefault("email", make_test_address())
        wish = RehearsalWish(
            number=f"selftest-{walk.run.pk}",
            email=walk.notes["email"],
            token=walk.notes["token"],
            landing=walk.notes["landing"],
            mark=walk.partner().code,
            status=statuses["open"],
            at=clock.now(),
            is_real=walk.run.with_order and walk.shop is not None,
        )
        warning = _place(walk, wish)
    found = walk.order()
    if found.partner_id != walk.notes["partner"]:
        raise Broken(f"the order is not the partner's: {found.reason or 'no verdict'}")
    if balances(walk.partner()).held or balances(walk.partner()).available > _welcome(walk):
        raise Broken("money was posted before the order reached a status that earns")
    facts = {"number": found.number, "reason": found.reason, "status": found.status_title or found.status}
    return Warned(facts, warning) if warning else Passed(facts)


def _place(walk: Walk, wish: RehearsalWish) -> str:
    """Make the order; where the shop makes none, it is told as the shop would tell it. Returns why."""
    warning = ""
    try:
        told, kept = walk.rehearsal.place(wish)
    except PlugError as problem:
        if not wish.is_real:
            raise Broken(str(problem)) from problem
        warning = str(problem)
        wish = replace(wish, is_real=False)
        told, kept = walk.rehearsal.place(wish)
    walk.notes.update(order_id=told.external_id, kept=kept, is_real=wish.is_real)
    walk.run.save()  # before anything can fail: a made order must be found again, and removed
    tell(programme=walk.twin, source=walk.source, one=told, actor="self-test")
    return warning


def _welcome(walk: Walk) -> int:
    return walk.twin.welcome_minor if walk.twin.is_welcome_payable else 0


def _statuses(walk: Walk) -> dict[str, str]:
    """Which status an order begins with, which one earns, which one takes back."""
    terms = terms_at(walk.twin, clock.now()).accrual
    known = [one["permalink"] for one in shop_statuses(walk.programme)] or _typed_statuses()
    earning = next((one for one in known if one in terms.statuses), None)
    if earning is None:
        raise Broken("none of the statuses that earn exists in the shop")
    free = [one for one in known if one not in terms.statuses and one not in terms.lost]
    lost = [one for one in known if one in terms.lost] or free[::-1]
    if not free or not lost:
        raise Broken("every status of the shop earns: an order could never be taken back")
    return {"open": free[0], "earning": earning, "lost": lost[0]}


def _typed_statuses() -> list[str]:
    statuses = source_of("manual").verify(Connection(kind="manual"))["statuses"]
    return [one["permalink"] for one in statuses]


def hook(walk: Walk) -> Passed:
    """The shop tells of its order by itself."""
    if not walk.notes.get("is_real"):
        return Passed({"is_skipped": True})
    if InboundEvent.objects.filter(connection=walk.shop, object_id=walk.notes["order_id"]).exists():
        return Passed()
    raise NotYet("no hook of the shop came: orders will be found by polling only")


def accrual(walk: Walk) -> Passed:
    """The order reaches the status that earns: the rules' amounts are posted, on each level."""
    _move(walk, _statuses(walk)["earning"])
    found = walk.order()
    rows = walk.commissions()
    for row in rows.values():
        lines = sum(part["amount_minor"] for part in row.explanation.get("lines", []))
        if row.posted_minor != row.owed_minor or (row.explanation.get("lines") and lines != row.posted_minor):
            raise Broken("what is posted is not what the explanation says")
    facts = {
        "levels": [[level, rows[level].posted_minor] for level in sorted(rows)],
        "commission": rows[1].pk if 1 in rows else None,
    }
    if not any(row.posted_minor for row in rows.values()):
        return Warned(facts, f"by your terms this order earns nothing: {found.unpaid or found.reason}")
    return Passed(facts)


def books(walk: Walk) -> Passed:
    """Balances in the ledger are exactly what was posted for the order."""
    expected = {row.partner_id: row.posted_minor for row in walk.commissions().values()}
    for partner_id, amount in expected.items():
        found = balances(Partner.objects.get(pk=partner_id))
        if found.held + found.available - _welcome(walk) != amount:
            raise Broken("a balance is not the sum of its postings")
    return Passed({"sum": sum(expected.values())})


def taken_back(walk: Walk) -> Passed:
    """The order is returned: to the kopeck, nothing of it stays."""
    _move(walk, _statuses(walk)["lost"])
    walk.order()
    left = {level: row.posted_minor for level, row in walk.commissions().items() if row.posted_minor}
    if left:
        raise Broken("something of a returned order stays posted")
    return Passed()


def removed(walk: Walk) -> Passed:
    """Nothing of the test stays in the shop."""
    clean(walk)
    return Passed({"is_real": bool(walk.notes.get("is_real"))})


def clean(walk: Walk) -> None:
    """Take the test's order out of the shop; called once more at the end of a broken run."""
    if "kept" in walk.notes and not walk.notes.get("is_clean"):
        walk.rehearsal.remove(walk.notes["kept"])
        walk.notes["is_clean"] = True


def _move(walk: Walk, status: str) -> None:
    try:
        told, walk.notes["kept"] = walk.rehearsal.move(walk.notes["kept"], status, clock.now())
    except PlugError as problem:
        raise (Broken if problem.permanent else NotYet)(str(problem)) from problem
    tell(programme=walk.twin, source=walk.source, one=told, actor="self-test")


Step = Callable[[Walk], Passed]
STEPS: dict[str, Step] = {
    "landing": landing,
    "partner": partner,
    "link": link,
    "click": click,
    "order": order,
    "hook": hook,
    "accrual": accrual,
    "books": books,
    "taken_back": taken_back,
    "removed": removed,
}
