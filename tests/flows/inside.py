"""Functions that the stories run with the product's own settings; see `tests.flows.stack.Inside`. JSON in, JSON out."""

import html
import json
import re
import sys
import traceback
from datetime import timedelta
from typing import Any

import django

django.setup()

# Everything below needs the registry.
from django.conf import settings  # noqa: E402
from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: E402
from django.db import close_old_connections  # noqa: E402
from django.db.models import Count, Sum  # noqa: E402
from django.test import Client  # noqa: E402

from molva.audit.runner import run_checks  # noqa: E402
from molva.commissions.admission import admit_partner  # noqa: E402
from molva.commissions.models import Commission  # noqa: E402
from molva.integrations.connecting import connect_shop, refresh_statuses  # noqa: E402
from molva.integrations.models import Connection, InboundEvent  # noqa: E402
from molva.integrations.polling import poll_shop  # noqa: E402
from molva.jobs.models import Job, JobState  # noqa: E402
from molva.kit import clock  # noqa: E402
from molva.ledger.models import Posting, Transaction  # noqa: E402
from molva.ledger.queries import balances_for  # noqa: E402
from molva.orders.models import Order  # noqa: E402
from molva.programmes.models import Partner, Programme, TermsVersion  # noqa: E402
from molva.programmes.services import create_programme, publish_terms  # noqa: E402
from molva.selftest.models import SelfTest  # noqa: E402
from molva.selftest.runs import start  # noqa: E402
from molva.tracking.models import ClickDay, Touch  # noqa: E402
from molva.tracking.services import add_promo_code, main_link  # noqa: E402
from molva.workspaces.models import User, Workspace  # noqa: E402
from molva.workspaces.scoping import scope  # noqa: E402
from molva.workspaces.services import create_workspace  # noqa: E402

SETTINGS: dict[str, Any] = {
    "attribution": {
        "policy": "first",
        "code_over_link": True,
        "click_window_days": 30,
        "term_days": None,
        "term_mode": "sliding",
        "own_purchases": False,
    },
    "accrual": {"statuses": ["delivered"], "lost": ["otmenen", "vozvrat"], "hold_days": 0},
    "levels": 2,
}


def rules(**more: Any) -> list[dict[str, Any]]:
    """10 % and 3 % for everything."""
    reward = {"1": {"percent": "10"}, "2": {"percent": "3"}}
    return [{"id": "general", "reward": reward, "per": "line", "paid_sales": 0, **more}]


def make_workspace() -> int:
    """A company with an owner who signs in by a password."""
    owner = User.objects.create_user(
        "owner@example.org", "a long password of ours", name="Owner", language="ru"
    )
    return create_workspace(name="Shop", owner=owner, language="ru").pk


def make_programme(
    code: str, shop_url: str, terms: dict[str, Any] | None = None, mark: str = "", **rule: Any
) -> int:
    """A programme with the partners Anna, who invited Boris, and Clara; `mark` ends their codes, `code` by default."""
    workspace = Workspace.objects.first() or Workspace.objects.get(pk=make_workspace())
    merged = {**SETTINGS, **{key: {**SETTINGS[key], **value} for key, value in (terms or {}).items()}}
    with scope(workspace), clock.pretend(clock.now() - timedelta(days=400)):
        programme = create_programme(
            name=f"Programme {code}", code=code, shop_url=shop_url, settings=merged, rules=rules(**rule)
        )
        anna = None
        for name in ("anna", "boris", "clara"):
            partner = admit_partner(
                programme=programme,
                name=name.title(),
                email=f"{name}-{code}@example.org",
                code=f"{name}-{mark or code}",
                invited_by=anna if name == "boris" else None,
            )
            anna = partner if name == "anna" else anna
        return programme.pk


def connect(programme: int, host: str, login: str, password: str) -> int:
    """Connect the demo shop; the worker sets it up."""
    found = Programme.unscoped.get(pk=programme)
    with scope(found.workspace_id):
        return connect_shop(
            programme=found, kind="insales", host=host, login=login, password=password, actor=None
        ).pk


def connection_facts(connection: int) -> dict[str, Any]:
    """What is known of a connection, with the secret of its hooks."""
    found = Connection.unscoped.get(pk=connection)
    facts = {"state": found.state, "problem": found.problem, "facts": found.facts}
    return facts | {"hook": found.secrets.get("hook", ""), "kind": found.kind, "anchor": found.anchor}


def poll(connection: int) -> None:
    """Ask the shop what is new, as the timetable does every quarter of an hour."""
    found = Connection.unscoped.get(pk=connection)
    with scope(found.workspace_id):
        poll_shop(connection_id=connection)


def change_terms(programme: int, terms: dict[str, Any]) -> None:
    """Publish terms that hold from now on."""
    found = Programme.unscoped.get(pk=programme)
    with scope(found.workspace_id):
        last = TermsVersion.objects.filter(programme=found).latest("number")
        merged = {
            **last.settings,
            **{key: {**last.settings[key], **value} for key, value in settings.items()},
        }
        publish_terms(programme=found, settings=merged, rules=last.rules, actor=None, based_on=last.number)


def add_code(partner: str, code: str) -> None:
    """Give a partner a promo code that has always been his."""
    found = Partner.unscoped.select_related("programme").get(code=partner)
    with scope(found.workspace_id), clock.pretend(found.joined_at):
        add_promo_code(partner=found, code=code)


def link_of(partner: str) -> str:
    """The code of a partner's main link."""
    found = Partner.unscoped.select_related("programme").get(code=partner)
    with scope(found.workspace_id):
        link = main_link(found)
        assert link
        return link.code


def page(
    path: str, data: dict[str, Any] | None = None, file: str = "", email: str = "owner@example.org"
) -> list[Any]:
    """Status, text and last address of a page for a signed-in person; `data` or `file` (a CSV text) make it a POST."""
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(User.objects.get(email=email), backend=settings.AUTHENTICATION_BACKENDS[0])
    posted: dict[str, Any] = dict(data or {})
    if file:
        posted["file"] = SimpleUploadedFile("orders.csv", file.encode(), content_type="text/csv")
    answer = client.post(path, posted, follow=True) if posted else client.get(path, follow=True)
    text = re.sub(r"<(script|style|head|svg).*?</\1>|<[^>]+>", " ", answer.content.decode(), flags=re.DOTALL)
    chain = answer.redirect_chain
    return [answer.status_code, re.sub(r"\s+", " ", html.unescape(text)), chain[-1][0] if chain else path]


def refresh(connection: int) -> None:
    """Read the shop's statuses anew, as the button of the office does."""
    found = Connection.unscoped.select_related("programme").get(pk=connection)
    with scope(found.workspace_id):
        refresh_statuses(found)


def jobs_waiting() -> int:
    """Jobs that wait or run now, the timetable's apart, and clicks that are not loaded."""
    now = clock.now() + timedelta(seconds=1)
    live = Job.objects.filter(state__in=(JobState.READY, JobState.RUNNING), run_after__lte=now)
    return sum(not job.is_scheduled for job in live) + _clicks_waiting()


def _clicks_waiting() -> int:
    from molva.tracking import clickfile  # noqa: PLC0415 - used here only
    from molva.tracking.ingest import click_folder  # noqa: PLC0415 - used here only
    from molva.tracking.models import IngestMark  # noqa: PLC0415 - used here only

    marks = dict(IngestMark.objects.values_list("file", "last_click_id"))
    return sum(
        len(clickfile.read_after(path, marks.get(path.name, 0), 10_000))
        for path in clickfile.list_files(click_folder())
    )


def jobs_left() -> list[list[Any]]:
    """Jobs that did not end well."""
    rows = Job.objects.exclude(state=JobState.DONE)
    return [[row.path, row.state, row.attempts, row.error[-300:]] for row in rows if not row.is_scheduled]


def orders(programme: int) -> dict[str, dict[str, Any]]:
    """Orders of a programme by number: verdict and money."""
    found: dict[str, dict[str, Any]] = {}
    rows = Order.unscoped.filter(programme_id=programme).select_related("partner", "customer")
    for order in rows.order_by("pk"):
        found[order.number] = {
            "pk": order.pk,
            "external_id": order.external_id,
            "status": order.status,
            "reason": order.reason,
            "unpaid": order.unpaid,
            "partner": order.partner.code if order.partner else None,
            "customer": order.customer_id,
            "verdict": order.verdict,
            "total": order.total_minor,
            "commissions": {
                f"{row.partner.code}/{row.level}": row.posted_minor
                for row in Commission.unscoped.filter(order=order).select_related("partner")
            },
            "expected": {
                f"{row.partner.code}/{row.level}": row.expected_minor
                for row in Commission.unscoped.filter(order=order, expected_minor__gt=0).select_related(
                    "partner"
                )
            },
        }
    return found


def ledger(programme: int) -> dict[str, Any]:
    """What the books say, in a form that does not depend on the order of events."""
    found = Programme.unscoped.get(pk=programme)
    with scope(found.workspace_id):
        codes = dict(Partner.objects.filter(programme=found).values_list("pk", "code"))
        books = {
            codes[pk]: [one.held, one.available, one.in_payout, one.paid]
            for pk, one in balances_for(found).items()
        }
        rows = Commission.objects.filter(programme=found).values_list(
            "order__external_id", "partner__code", "level", "posted_minor", "owed_minor", "expected_minor"
        )
        verdicts = Order.objects.filter(programme=found).values_list(
            "external_id", "partner__code", "reason", "unpaid", "status"
        )
        return {
            "balances": {code: sums for code, sums in sorted(books.items()) if any(sums)},
            "commissions": sorted([list(row) for row in rows if any(row[3:])]),
            "verdicts": sorted(list(map(str, row)) for row in verdicts),
        }


def check() -> list[str]:
    """Breaches that `molva check` finds."""
    return [str(breach) for breach in run_checks()]


def inbound(programme: int) -> list[dict[str, Any]]:
    """Everything that was sent for a programme."""
    rows = InboundEvent.unscoped.filter(connection__programme_id=programme).order_by("pk")
    return [
        {
            "pk": row.pk,
            "topic": row.topic,
            "state": row.state,
            "reason": row.reason,
            "object": row.object_id,
            "body": bytes(row.body).decode(errors="replace"),
        }
        for row in rows
    ]


def inbound_counts(programme: int) -> dict[str, int]:
    """How many payloads of a programme ended in which state."""
    rows = InboundEvent.unscoped.filter(connection__programme=programme).order_by()
    return dict(rows.values_list("state").annotate(n=Count("pk")))


def clicks(partner: str) -> dict[str, int]:
    """Clicks of a partner as counted, and touches."""
    found = Partner.unscoped.get(code=partner)
    sums = ClickDay.unscoped.filter(partner=found).aggregate(clicks=Sum("clicks"), bots=Sum("bots"))
    return {
        "clicks": sums["clicks"] or 0,
        "bots": sums["bots"] or 0,
        "touches": Touch.unscoped.filter(partner=found).count(),
    }


def all_touches() -> list[int]:
    """Ids of every loaded click."""
    return list(Touch.unscoped.values_list("pk", flat=True))


def counted_clicks() -> int:
    """Clicks by people, as the day counts have them."""
    return ClickDay.unscoped.aggregate(clicks=Sum("clicks"))["clicks"] or 0


def all_bodies() -> list[str]:
    """Every stored payload."""
    return [
        bytes(body).decode(errors="replace") for body in InboundEvent.unscoped.values_list("body", flat=True)
    ]


def books_size() -> list[int]:
    """How many transactions and postings there are."""
    return [Transaction.unscoped.count(), Posting.unscoped.count()]


def main() -> None:
    """Answer requests of standard input, a line each."""
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        request = json.loads(line)
        try:
            told = {"result": globals()[request["name"]](**request["kwargs"])}
        except Exception:
            told = {"error": traceback.format_exc()}
        answers.write(json.dumps(told, default=str) + "\n")
        answers.flush()
        close_old_connections()


def start_self_test(programme: int, *, with_order: bool = False) -> int:
    """Press the button of the self-test."""
    found = Programme.unscoped.get(pk=programme)
    with scope(found.workspace_id):
        return start(programme=found, actor=None, with_order=with_order).pk


def self_test(run: int) -> dict[str, Any]:
    """What a run has found."""
    found = SelfTest.unscoped.get(pk=run)
    return {"state": found.state, "steps": found.steps, "notes": found.notes}


def seen_of_programme(programme: int) -> dict[str, int]:
    """How many of each a programme has."""
    models = (Partner, Order, Commission, Touch, InboundEvent)
    counts = {model.__name__: model.unscoped.filter(programme=programme).count() for model in models[:-1]}
    return counts | {"unread": InboundEvent.unscoped.filter(state="dead").count()}


if __name__ == "__main__":
    main()
