"""Pages of office and cabinet over the month: milliseconds at the server and questions to the database, beside bars.

Each page is asked for in this process, through every middleware, signed in, as often as `--times` says after one that
is not counted (templates are compiled then). The best answer and the least processor time tell the work on a machine
that others use as well; SQLite works in this process, so its part is in both.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from statistics import median
from typing import Any

from django.db import connection
from django.db.models import Sum
from django.test import Client
from month_world import OFFICE_EMAIL, World

from molva.commissions.models import Commission
from molva.kit import clock
from molva.orders.models import Order
from molva.payouts.models import Payout
from molva.tracking.models import ClickDay, ClickTotal, Customer, PromoCode
from molva.workspaces.models import User
from molva.workspaces.scoping import scope

PAGE, REPORT, CABINET = 100.0, 150.0, 100.0  # bars in ms, 95 of 100 answers
MONTH = 30.0  # the cabinet's page of thirty days


@dataclass
class Page:
    """One address and its bar; figures when it has been asked for."""

    name: str
    path: str
    who: str = "office"
    bar: float = PAGE
    spent: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    queries: int = 0
    size: int = 0

    @property
    def p95(self) -> float:
        """95 of 100 were at least so quick, in ms."""
        return sorted(self.spent)[min(len(self.spent) - 1, int(len(self.spent) * 0.95))]


def time_pages(world: World, *, times: int, only: str = "") -> list[Page]:
    """Ask for every page and print the table."""
    clients = {"office": Client(), "cabinet": Client(), "small": Client()}
    clients["office"].force_login(User.objects.get(email=OFFICE_EMAIL))
    with scope(world.workspace):
        pages = [page for page in _pages(world) if only in page.name]
        for who, rank in (("cabinet", 17), ("small", len(world.partners) // 2)):
            clients[who].force_login(User.objects.get(email=f"p{rank}@month.example"))
    head = ("best", "p50", "p95", "CPU", "queries", "KB")
    print(f"{'page':44} " + " ".join(f"{word:>8}" for word in head) + "   bar", flush=True)
    for page in pages:
        for number in range(times + 1):
            _ask(page, clients[page.who], counts=number > 0)
            if sum(page.spent) > 2500:
                break
        print(_line(page), flush=True)
    with scope(world.workspace):
        for name, question, bar in _questions(world):
            print(_line(_time(name, question, bar, times)), flush=True)
    return pages


def _ask(page: Page, client: Client, *, counts: bool) -> None:
    queries = 0

    def watch(execute: Callable[..., Any], *call: Any) -> Any:
        nonlocal queries
        queries += 1
        return execute(*call)

    began, processor = time.perf_counter(), time.process_time()
    with connection.execute_wrapper(watch):
        answer = client.get(page.path)
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    took, processor = time.perf_counter() - began, time.process_time() - processor
    assert answer.status_code == 200, (page.path, answer.status_code)
    if counts:
        page.spent.append(1000 * took)
        page.processor.append(1000 * processor)
        page.queries, page.size = queries, len(content)


def _line(page: Page) -> str:
    mark = "" if page.p95 <= page.bar else "  OVER"
    return (
        f"{page.name:44} {min(page.spent):8.1f} {median(page.spent):8.1f} {page.p95:8.1f} {min(page.processor):8.1f} "
        f"{page.queries:8} {page.size // 1024:8}   {page.bar:.0f}{mark}"
    )


def _time(name: str, question: Callable[[], object], bar: float, times: int) -> Page:
    page = Page(name, "", bar=bar, queries=1)
    for number in range(times + 1):
        began = time.perf_counter()
        question()
        if number:
            page.spent.append(1000 * (time.perf_counter() - began))
    page.processor = page.spent
    return page


def _questions(world: World) -> Iterator[tuple[str, Callable[[], object], float]]:
    """Questions that have bars of their own."""
    last = clock.now().date()
    days = ClickDay.objects.filter(day__gte=last - timedelta(days=30), day__lt=last)
    one = days.filter(partner=world.partners[17])
    by_day = one.values("day").annotate(n=Sum("clicks"), people=Sum("visitors")).order_by("day")
    yield "SQL: a partner's 30 days", lambda: list(by_day.all()), 5.0
    whole = ClickTotal.objects.filter(day__gte=last - timedelta(days=30), day__lt=last, partner_key__gt=0)
    whole = whole.filter(programme=world.programme).order_by()
    top = whole.values("partner_key").annotate(n=Sum("clicks")).order_by("-n")[:50]
    yield "SQL: top 50 partners of 30 days", lambda: list(top.all()), 250.0


def _pages(world: World) -> Iterator[Page]:  # noqa: C901, PLR0915 - a plain list of addresses
    office, cabinet = "/office/month/", "/cabinet/month/"
    partner, small = world.partners[17], world.partners[len(world.partners) // 2]
    code = world.codes[17]
    yield Page("today", office)
    yield Page("partners", f"{office}partners/")
    for query in ("?sort=-sales", "?sort=-available", "?sort=-earned", "?status=blocked", "?group=Опт", "?page=200",
                  "?q=Орлова", f"?inviter={world.codes[0]}"):  # fmt: skip
        yield Page(f"partners {query}", f"{office}partners/{query}")
    yield Page("partner, number 17", f"{office}partners/{partner}/")
    yield Page("partner, in the middle", f"{office}partners/{small}/")
    yield Page("codes", f"{office}codes/")
    for query in ("?sort=-uses", "?q=P0001", "?page=50"):
        yield Page(f"codes {query}", f"{office}codes/{query}")
    yield Page("code", f"{office}codes/{PromoCode.objects.filter(partner=world.partners[16]).get().pk}/")
    yield Page("codes of nobody", f"{office}codes/nobodys/")
    yield Page("customers", f"{office}customers/")
    for query in (
        f"?partner={code}",
        "?partner=nobody",
        "?q=Покупатель+777",
        "?page=100",
        "?q=c777@buyers.example",
    ):
        yield Page(f"customers {query}", f"{office}customers/{query}")
    order = Order.objects.filter(partner=partner).order_by("-created_at")[0]
    yield Page("customer", f"{office}customers/{order.customer_id}/")
    yield Page("orders", f"{office}orders/")
    for query in ("?status=delivered", "?status=cancelled", "?period=30", "?period=7", f"?partner={code}",
                  "?partner=nobody", "?reason=no_touch", "?q=777777", "?q=Покупатель+7777", "?sort=-total_minor",
                  "?page=100", "?source=manual", f"?partner={code}&period=30&status=delivered"):  # fmt: skip
        yield Page(f"orders {query}", f"{office}orders/{query}")
    yield Page("order", f"{office}orders/{order.pk}/")
    yield Page("commissions", f"{office}commissions/")
    for query in ("?status=available", "?status=held", "?level=2", f"?partner={code}", "?period=30", "?q=777777",
                  "?page=100"):  # fmt: skip
        yield Page(f"commissions {query}", f"{office}commissions/{query}")
    commission = Commission.objects.filter(partner=partner).order_by("-pk")[0]
    yield Page("commission", f"{office}commissions/{commission.pk}/")
    yield Page("payouts", f"{office}payouts/")
    yield Page("payouts to prepare", f"{office}payouts/prepare/")
    for payout in Payout.objects.filter(partner=partner)[:1]:
        yield Page("payout", f"{office}payouts/{payout.pk}/")
    for kind, views in (("accruals", ("partner", "day", "order")), ("sales", ("partner", "day", "product"))):
        for view in views:
            yield Page(f"report {kind} by {view}", f"{office}reports/{kind}/?by={view}", bar=REPORT)
        yield Page(f"report {kind}, last month", f"{office}reports/{kind}/?period=last_month", bar=REPORT)
        yield Page(f"report {kind} of a partner", f"{office}reports/{kind}/?partner={code}", bar=REPORT)
    for query in ("", "?by=partner", "?by=partner&sort=-clicks", "?by=link", "?by=product", "?by=code", "?by=customer",
                  "?by=hour", "?by=day&period=90", f"?partner={code}"):  # fmt: skip
        yield Page(f"figures {query}", f"{office}reports/figures/{query}", bar=REPORT)
    yield Page("history", f"{office}history/")
    for query in (
        "?about=money",
        "?who=user",
        "?q=Покупатель+777",
        f"?object=order-{order.pk}",
        "?period=7",
        "?page=50",
    ):
        yield Page(f"history {query}", f"{office}history/{query}")
    for word in ("Орлова", "777777", "c777@buyers.example", "+79110000777", "P00017"):
        yield Page(f"search {word}", f"{office}search/?q={word.replace('+', '%2B')}")
    for name in (
        "terms",
        "page",
        "news",
        "shop",
        "comparison",
        "inbound",
        "jobs",
        "members",
        "settings",
        "test",
    ):
        yield Page(f"office {name}", f"{office}{name}/")
    mine = Customer.objects.filter(partner=partner).order_by("-pk")[0]
    for who, word in (("cabinet", "number 17"), ("small", "in the middle")):
        yield Page(f"cabinet {word}: today", cabinet, who, MONTH)
        for name in (
            "links",
            "orders",
            "money",
            "money/paper",
            "team",
            "codes",
            "share",
            "profile",
            "news",
            "terms",
        ):
            yield Page(
                f"cabinet {word}: {name}", f"{cabinet}{name}/", who, MONTH if name == "links" else CABINET
            )
    yield Page("cabinet number 17: orders ?page=20", f"{cabinet}orders/?page=20", "cabinet")
    yield Page("cabinet number 17: order", f"{cabinet}orders/{order.pk}/", "cabinet")
    yield Page("cabinet number 17: commission", f"{cabinet}commissions/{commission.pk}/", "cabinet")
    yield Page("customer of number 17", f"{office}customers/{mine.pk}/")
