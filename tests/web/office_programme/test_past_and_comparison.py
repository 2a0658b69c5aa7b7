"""Past orders and the comparison with the shop as pages: who may, what is said, what is done."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from molva.commissions.admission import admit_partner
from molva.integrations.models import ComparisonRun, Connection, Finding, FindingState, ImportRun
from molva.jobs.models import Job
from molva.kit import clock
from molva.tracking.models import PromoCode
from molva.workspaces.models import Event
from tests.web.office_programme.conftest import Company

Browser = Callable[[str], Client]


@pytest.fixture
def shop(company: Company) -> Connection:
    made = Connection(
        programme=company.programme, kind="insales", name="Lavka", external_id="1", host="a.myinsales.ru"
    )
    made.secrets = {"login": "key", "password": "p", "hook": "h"}
    made.save()
    return made


@pytest.fixture
def as_role(as_role: Browser) -> Browser:
    """The same people, reading English."""

    def make(role: str) -> Client:
        client = as_role(role)
        client.cookies["django_language"] = "en"
        return client

    return make


def add_finding(shop: Connection, kind: str = "status", key: str = "5", **more: Any) -> Finding:
    facts = more.pop(
        "facts", {"ours": "new", "ours_title": "New", "theirs": "delivered", "theirs_title": "Delivered"}
    )
    finding = Finding(connection=shop, kind=kind, key=key, label=f"№{key}", facts=facts, **more)
    finding.save()
    return finding


def text(answer: Any) -> str:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return content.decode()


def test_past_orders_are_chosen_paused_and_resumed(company: Company, as_role: Browser, shop: Connection):
    client = as_role("manager")
    assert text(client.get(company.url("past", shop.pk))).count('name="period"') == 4
    assert client.post(company.url("past_start", shop.pk), {"period": "century"}).status_code == 302
    assert ImportRun.objects.count() == 0
    client.post(company.url("past_start", shop.pk), {"period": "year"})
    run = ImportRun.objects.get()
    assert (run.period, run.state, run.started_by) == ("year", "running", company.people["manager"])
    ImportRun.objects.update(read=300, estimate=1000, spent_ms=60_000, recorded=290, refused=2)
    page = text(client.get(company.url("past", shop.pk)))
    assert "300 of about 1,000 orders" in page
    assert "about 3 minutes left" in page
    client.post(company.url("past_pause", shop.pk))
    assert ImportRun.objects.get().state == "paused"
    assert "hx-trigger" not in text(client.get(company.url("past", shop.pk)))
    client.post(company.url("past_resume", shop.pk))
    assert ImportRun.objects.get().state == "running"
    kinds = list(Event.objects.filter(kind__startswith="past.").order_by("pk").values_list("kind", flat=True))
    assert kinds == ["past.chosen", "past.paused", "past.resumed"]


def test_an_accountant_sees_the_progress_and_touches_nothing(
    company: Company, as_role: Browser, shop: Connection
):
    client = as_role("accountant")
    assert "past_start" not in text(client.get(company.url("past", shop.pk)))
    for name in ("past_start", "past_pause", "past_resume"):
        assert client.post(company.url(name, shop.pk), {"period": "all"}).status_code == 403
    add_finding(shop)
    page = text(client.get(company.url("finding", Finding.objects.get().pk)))
    assert "Delivered" in page
    assert '<form method="post" class="form"' not in page
    assert client.post(company.url("comparison_start"), {"days": 3}).status_code == 403
    assert ImportRun.objects.count() == ComparisonRun.objects.count() == 0


def test_an_empty_comparison_says_how_it_stands(company: Company, as_role: Browser, shop: Connection):
    client = as_role("owner")
    assert "Not compared yet" in text(client.get(company.url("comparison")))
    client.post(company.url("comparison_start"), {"days": 30})
    run = ComparisonRun.objects.get()
    assert Job.objects.filter(dedupe=f"compare-{run.pk}").count() == 1
    assert 'id="progress"' in text(client.get(company.url("comparison")))
    client.post(company.url("comparison_stop"))
    assert "Not compared yet" in text(client.get(company.url("comparison")))
    ComparisonRun.objects.update(problem="", read=1250)
    page = text(client.get(company.url("comparison")))
    assert "All agree" in page
    assert "1,250 orders compared" in page


def test_without_a_shop_there_is_nothing_to_compare(company: Company, as_role: Browser):
    client = as_role("owner")
    assert "No shop to compare with" in text(client.get(company.url("comparison")))
    client.post(company.url("comparison_start"), {"days": 3})
    assert ComparisonRun.objects.count() == 0


KINDS = [
    (
        "status",
        {"ours": "new", "ours_title": "New", "theirs": "~deleted"},
        "Status: deleted in the shop, New with us",
    ),
    (
        "sum",
        {
            "ours": {"total_minor": 100_00, "lines": {"1": ["2", 100_00]}},
            "theirs": {"total_minor": 50_00, "lines": {"1": ["1", 50_00]}},
        },
        "Sum: ₽50.00 in the shop, ₽100.00 with us",
    ),
    (
        "missing",
        {"total_minor": 70_00, "status": "new", "currency": "USD"},
        "Sum: ₽70.00 (USD) in the shop, no with us",
    ),
    ("gone", {"total_minor": 70_00, "ours": "new"}, "Sum: no in the shop, ₽70.00 with us"),
    ("verdict", {}, "Nobody has decided whose it is"),
    ("marks", {"marks": ["/?aff=kate"]}, "Mark: /?aff=kate in the shop, no with us"),
    ("code", {"code": "SPRING"}, "Promo code: SPRING in the shop, unknown with us"),
]


@pytest.mark.parametrize(("kind", "facts", "words"), KINDS, ids=[row[0] for row in KINDS])
def test_each_kind_has_its_words(
    company: Company, as_role: Browser, shop: Connection, kind: str, facts: dict[str, Any], words: str
):
    finding = add_finding(shop, kind, facts=facts)
    client = as_role("owner")
    assert words in text(client.get(company.url("comparison")))
    page = client.get(company.url("finding", finding.pk))
    assert page.status_code == 200
    assert (company.url("finding_fix", finding.pk) in text(page)) == (kind not in ("marks", "code"))


def test_a_finding_is_explained_with_a_note(company: Company, as_role: Browser, shop: Connection):
    finding = add_finding(shop)
    client = as_role("manager")
    answer = client.post(company.url("finding_explain", finding.pk), {"note": " "})
    assert "This field is required" in text(answer)
    client.post(company.url("finding_explain", finding.pk), {"note": "a gift"})
    finding.refresh_from_db()
    assert (finding.state, finding.note, finding.closed_by) == (
        "explained",
        "a gift",
        company.people["manager"],
    )
    assert Event.objects.get(kind="finding.explained").data == {"kind": "status", "reason": "a gift"}
    # once closed, it stays as it was explained
    client.post(company.url("finding_explain", finding.pk), {"note": "another"})
    finding.refresh_from_db()
    assert finding.note == "a gift"


def test_a_code_is_given_to_a_partner(company: Company, as_role: Browser, shop: Connection):
    kate = admit_partner(programme=company.programme, name="Kate", email="kate@example.org", code="kate")
    finding = add_finding(shop, "code", "spring", facts={"code": "SPRING"})
    client = as_role("owner")
    assert "This field is required" in text(client.post(company.url("finding_give_code", finding.pk), {}))
    client.post(company.url("finding_give_code", finding.pk), {"partner": kate.pk})
    assert PromoCode.objects.get().code == "SPRING"
    finding.refresh_from_db()
    assert finding.state == FindingState.FIXED


def test_a_code_of_another_partner_is_told_next_to_the_field(
    company: Company, as_role: Browser, shop: Connection
):
    kate = admit_partner(programme=company.programme, name="Kate", email="kate@example.org", code="kate")
    admit_partner(programme=company.programme, name="Boris", email="b@example.org", code="spring")
    finding = add_finding(shop, "code", "spring", facts={"code": "SPRING"})
    answer = as_role("owner").post(company.url("finding_give_code", finding.pk), {"partner": kate.pk})
    assert "Another partner has this code already" in text(answer)
    assert PromoCode.objects.count() == 0


def test_a_shop_that_does_not_answer_is_told_of(company: Company, as_role: Browser, shop: Connection):
    finding = add_finding(shop)  # a.myinsales.ru is not reachable from a test
    client = as_role("owner")
    answer = client.post(company.url("finding_fix", finding.pk), follow=True)
    assert "The shop does not answer" in text(answer)
    finding.refresh_from_db()
    assert finding.state == FindingState.OPEN


def test_fixing_all_asks_first(company: Company, as_role: Browser, shop: Connection):
    client = as_role("owner")
    assert "There is nothing to fix" in text(client.get(company.url("comparison_fix")))
    add_finding(shop)
    add_finding(shop, "code", "spring", facts={"code": "SPRING"})
    assert "1 order is read from the shop again" in text(client.get(company.url("comparison_fix")))
    assert Job.objects.count() == 0
    client.post(company.url("comparison_fix"))
    assert Job.objects.get().kwargs["actor_id"] == company.people["owner"].pk


def test_the_list_is_narrowed_paged_and_taken_home(company: Company, as_role: Browser, shop: Connection):
    for number in range(55):
        add_finding(shop, key=str(number), found_at=clock.now() - timedelta(minutes=number))
    add_finding(shop, "code", "=1+1", facts={"code": "=1+1"})
    add_finding(shop, key="old", state=FindingState.FIXED)
    client = as_role("owner")
    page = client.get(company.url("comparison"))
    assert (page.context["page"].paginator.count, len(page.context["page"])) == (56, 50)
    assert [(tab.count, tab.is_current) for tab in page.context["tabs"]] == [
        (56, True), (1, False), (0, False), (57, False),
    ]  # fmt: skip
    assert client.get(company.url("comparison") + "?kind=code").context["page"].paginator.count == 1
    assert client.get(company.url("comparison") + "?q=№4").context["page"].paginator.count == 11
    assert "Nothing with these filters" in text(client.get(company.url("comparison") + "?q=zzz"))
    lines = text(client.get(company.url("comparison") + "?as=csv&state=all")).splitlines()
    assert len(lines) == 58
    assert any("'=1+1" in line or "№=1+1" in line for line in lines)


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_costs_the_same_for_one_and_for_many(
    company: Company, as_role: Browser, shop: Connection, count: int
):
    for number in range(count):
        add_finding(shop, key=str(number))
    client = as_role("owner")
    client.get(company.url("comparison"))
    with CaptureQueriesContext(
        database,
    ) as queries:
        client.get(company.url("comparison"))
    assert len(queries) == 18


def test_the_menu_and_the_first_page_count_what_is_open(company: Company, as_role: Browser, shop: Connection):
    add_finding(shop)
    add_finding(shop, key="6", state=FindingState.EXPLAINED)
    page = as_role("owner").get(company.url("today"))
    (task,) = [task for task in page.context["tasks"] if task["url"] == company.url("comparison")]
    assert (task["count"], task["title"]) == (1, "Differences with the shop")
    counts = {item.key: item.count for group in page.context["shell"].groups for item in group.items}
    assert counts["shop"] == 1
