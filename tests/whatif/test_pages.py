"""The whole way in the office: from the form to the answer, back to the form, and published."""

import csv
import io
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from molva.jobs.models import Job
from molva.kit import clock
from molva.ledger.models import Transaction
from molva.programmes.models import Partner, Programme, TermsVersion
from molva.programmes.services import publish_terms
from molva.reports import longwork
from molva.whatif import runs
from molva.whatif.jobs import keep_whatifs, work_out
from molva.whatif.models import WhatIf, WhatIfPartner
from molva.workspaces.models import Role, Workspace
from molva.workspaces.scoping import current_workspace_id
from tests.factories import make_member
from tests.whatif.conftest import NOW, RULES, SETTINGS, START, History, Play

TERMS = {
    "statuses": ["delivered"], "lost": ["cancelled"], "hold_days": "0", "first_kind": "percent", "first_value": "20",
    "second_kind": "percent", "second_value": "3", "per": "line", "paid_sales": "0", "term_days": "",
    "term_mode": "sliding", "code_over_link": "on", "click_window_days": "", "welcome": "0", "note": "More for all",
    "start": "now",
}  # fmt: skip
RULE = {
    "name": "Boris", "partner": "boris", "first_kind": "percent", "first_value": "5", "second_kind": "none",
    "per": "line", "paid_sales": "0", "priority": "0", "start": "now",
}  # fmt: skip


class Office:
    """The office of a programme as one person uses it."""

    def __init__(self, programme: Programme, role: str = Role.OWNER) -> None:
        self.programme = programme
        self.client = Client(headers={"accept-language": "en"})
        self.user = make_member(Workspace.objects.get(pk=current_workspace_id()), role)
        self.client.force_login(self.user)

    def url(self, name: str, *args: Any) -> str:
        """An address of the programme."""
        return reverse(f"office:{name}", args=[self.programme.code, *args])

    def get(self, name: str, /, *args: Any, query: str = "", **more: Any) -> Any:
        """A page."""
        return self.client.get(self.url(name, *args) + query, **more)

    def post(self, name: str, /, *args: Any, **data: Any) -> Any:
        """An act."""
        return self.client.post(self.url(name, *args), data)

    def try_terms(self, **changes: Any) -> WhatIf:
        """Send the form of the terms to be tried."""
        last = TermsVersion.objects.filter(programme=self.programme).latest("number").number
        answer = self.post("terms_edit", **{**TERMS, "based_on": last, "try": "1", **changes})
        assert answer.status_code == 302, answer.context["form"].errors
        return WhatIf.objects.latest("pk")

    def run(self, whatif: WhatIf, **days: Any) -> WhatIf:
        """Choose the days and let the worker work it out."""
        days = days or {"period": "own", "first": "2026-03-01", "last": "2026-03-31"}
        answer = self.post("whatif_start", whatif.pk, **days)
        assert answer.status_code == 302, answer.context["form"].errors
        work_out()
        whatif.refresh_from_db()
        return whatif


@pytest.fixture
def office(play: Play) -> Iterator[Office]:
    """A programme with orders of March, seen at the end of April."""
    told = History()
    told.order("1001", day=1, codes=("boris",))
    told.order("1002", day=2, codes=("boris",), totals=(50_000, 30_000), buyer="y")
    told.order("1003", day=3, codes=("vera",), status="new", buyer="z")
    told.order("1004", day=4, buyer="w")
    programme = play(told)
    with clock.pretend(NOW):
        yield Office(programme)


def text(answer: Any) -> str:
    """The page as people read it."""
    return " ".join(answer.content.decode().replace("\xa0", " ").split())


def test_new_terms_are_tried_and_published_from_the_answer(office: Office):
    before = (Transaction.objects.count(), TermsVersion.objects.count())
    whatif = office.try_terms()
    page = office.get("whatif", whatif.pk)
    assert "On which orders" in text(page)
    whatif = office.run(whatif)
    assert (whatif.state, whatif.orders, whatif.done, whatif.changed) == ("ready", 4, 4, 3)

    page = office.get("whatif", whatif.pk)
    totals = page.context["totals"]
    assert (totals.was_minor, totals.would_minor) == (18_000 + 5_400, 36_000 + 5_400)
    assert (totals.expected_was_minor, totals.expected_would_minor) == (10_000 + 3_000, 20_000 + 3_000)
    assert (page.context["share_was"], page.context["share_would"]) == (1_300, 2_300)
    assert [row.partner.code for row in page.context["page"]] == ["anna", "vera", "boris"]
    assert [example["number"] for example in page.context["examples"]] == ["1001", "1003", "1002"]
    assert "10% of ₽1,000.00, rule “default”" in text(page)
    assert "20% of ₽1,000.00, rule “default”" in text(page)
    assert (Transaction.objects.count(), TermsVersion.objects.count()) == before

    form = office.client.get(page.context["form_url"]).context["form"]
    assert (form["first_value"].value(), form["note"].value()) == ("20", "More for all")
    assert "Publish these terms?" in text(office.get("whatif_publish", whatif.pk))
    assert TermsVersion.objects.count() == before[1]
    assert office.post("whatif_publish", whatif.pk).url == office.url("terms")
    made = TermsVersion.objects.filter(programme=office.programme).latest("number")
    assert (made.rules[0]["reward"]["1"], made.note) == ({"percent": "20"}, "More for all")


def test_a_rule_is_tried_without_its_days_and_published_with_them(office: Office):
    last = TermsVersion.objects.latest("number").number
    answer = office.post(
        "rule_new", **RULE, based_on=last, day_from="2026-06-01", day_to="2026-06-30", **{"try": "1"}
    )
    whatif = WhatIf.objects.get()
    assert answer.url == office.url("whatif", whatif.pk)
    assert "valid_from" not in whatif.tried_rule["when"]
    page = office.get("whatif", office.run(whatif).pk)
    assert "The days of the rule are set aside" in text(page)
    assert page.context["totals"].was_minor - page.context["totals"].would_minor == 9_000 + 5_400
    assert office.get("rule_new", query=f"?tried={whatif.pk}").context["form"]["name"].value() == "Boris"
    office.post("whatif_publish", whatif.pk)
    made = TermsVersion.objects.latest("number").rules[-1]
    assert (made["id"], made["when"]["valid_from"]) == ("Boris", "2026-06-01T00:00:00+03:00")


def test_a_changed_rule_is_tried_in_the_place_of_the_former_one(office: Office):
    rule = {"id": "Boris", "reward": {"1": {"percent": "50"}}, "when": {"partner": ["boris"]}}
    publish_terms(programme=office.programme, settings=SETTINGS, rules=[*RULES, rule], actor=None, based_on=1)
    last = TermsVersion.objects.latest("number").number
    office.post("rule_edit", "Boris", **RULE, based_on=last, **{"try": "1"})
    whatif = WhatIf.objects.get()
    assert [one["id"] for one in whatif.rules] == ["default", "Boris"]
    assert whatif.rules[1]["reward"]["1"] == {"percent": "5"}
    office.run(whatif)
    assert (
        office.get("rule_edit", "Boris", query=f"?tried={whatif.pk}").context["form"]["first_value"].value()
        == "5"
    )
    office.post("whatif_publish", whatif.pk)
    assert TermsVersion.objects.latest("number").rules[1]["reward"]["1"] == {"percent": "5"}


def test_what_a_colleague_published_meanwhile_is_not_overwritten(office: Office):
    whatif = office.run(office.try_terms())
    publish_terms(
        programme=office.programme, settings=SETTINGS, rules=RULES, actor=None, based_on=1, note="Mine"
    )
    answer = office.post("whatif_publish", whatif.pk)
    assert f"tried={whatif.pk}" in answer.url
    assert TermsVersion.objects.latest("number").note == "Mine"
    assert "Nothing was published" in text(office.client.get(answer.url))


def test_what_cannot_be_published_cannot_be_tried(office: Office):
    answer = office.post("terms_edit", **{**TERMS, "first_value": "200", "based_on": 1, "try": "1"})
    assert "More than 100 % of the price?" in text(answer)
    answer = office.post("rule_new", **{**RULE, "partner": "", "based_on": 1, "try": "1"})
    assert "Choose at least one condition" in text(answer)
    assert not WhatIf.objects.exists()


DAYS = {
    "first": ({"period": "own", "last": "2026-03-31"}, "Which day?"),
    "last": (
        {"period": "own", "first": "2026-03-31", "last": "2026-03-01"},
        "The last day is before the first.",
    ),
    "period": ({"period": "month"}, "There were no orders on these days."),
}


@pytest.mark.parametrize("field", DAYS)
def test_days_that_cannot_be_tried_say_why_beside_the_field(office: Office, field: str):
    data, words = DAYS[field]
    whatif = office.try_terms()
    with clock.pretend(NOW + timedelta(days=70)):
        office.client.force_login(office.user)
        answer = office.post("whatif_start", whatif.pk, **data)
    assert words in str(answer.context["form"].errors[field])
    assert words.replace("'", "&#x27;") in text(answer)
    whatif.refresh_from_db()
    assert whatif.state == "draft"


def test_the_last_month_is_the_calendar_month_of_the_programme(office: Office):
    with clock.pretend(START + timedelta(days=40)):
        office.client.force_login(office.user)
        whatif = office.run(office.try_terms(), period="month")
    assert (str(whatif.first_day), str(whatif.last_day)) == ("2026-03-01", "2026-03-31")


def test_a_file_holds_the_rows_of_the_page(office: Office):
    whatif = office.run(office.try_terms())
    answer = office.get("whatif", whatif.pk, query="?as=csv&only=more")
    sent = io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))
    rows = list(csv.reader(sent, delimiter=";"))
    assert rows[0][:5] == ["Partner", "Code", "As it is", "As it would be", "Difference"]
    assert rows[1][:5] == ["Boris", "boris", "180.00", "360.00", "180.00"]
    assert len(rows) == 2
    xlsx = office.get("whatif", whatif.pk, query="?as=xlsx")
    assert b"".join(xlsx.streaming_content)[:2] == b"PK"


def test_search_filter_and_sort(office: Office):
    whatif = office.run(office.try_terms())

    def codes(query: str) -> list[str]:
        return [row.partner.code for row in office.get("whatif", whatif.pk, query=query).context["page"]]

    assert codes("?q=BOR") == ["boris"]
    assert codes("?only=same") == ["anna", "vera"]
    assert codes("?only=less") == []
    assert codes("?sort=-difference")[0] == "boris"
    assert codes("?sort=partner") == ["anna", "boris", "vera"]
    assert "Nobody with these filters" in text(office.get("whatif", whatif.pk, query="?q=nobody"))


@pytest.mark.parametrize("count", [1, 30])
def test_the_answer_asks_the_database_the_same_with_many_partners(
    office: Office, count: int, django_assert_num_queries: Callable[..., Any]
):
    whatif = office.run(office.try_terms())
    WhatIfPartner.objects.all().delete()
    for number in range(count):
        partner = Partner.objects.create(programme=office.programme, code=f"p{number}", name=f"P {number}")
        WhatIfPartner.objects.create(whatif=whatif, partner=partner, level1_would_minor=number)
    office.get("whatif", whatif.pk)
    with django_assert_num_queries(16):
        office.get("whatif", whatif.pk)


def test_nobody_else_finds_it(office: Office):
    whatif = office.try_terms()
    for role, status in ((Role.MANAGER, 404), (Role.ACCOUNTANT, 403)):
        other = Office(office.programme, role)
        assert other.get("whatif", whatif.pk).status_code == status
        assert other.post("whatif_start", whatif.pk, period="month").status_code == status
        assert other.post("whatif_publish", whatif.pk).status_code == status
    manager = Office(office.programme, Role.MANAGER)
    assert manager.get("terms_edit", query=f"?tried={whatif.pk}").context["form"].is_bound is False
    assert office.get("whatif", whatif.pk).status_code == 200


def test_one_that_is_cancelled_stops_and_can_be_begun_again(office: Office):
    whatif = office.try_terms()
    office.post("whatif_start", whatif.pk, period="own", first="2026-03-01", last="2026-03-31")
    assert "Waits its turn" in text(office.get("whatif", whatif.pk))
    office.post("whatif_stop", whatif.pk)
    work_out()
    whatif.refresh_from_db()
    assert (whatif.state, WhatIfPartner.objects.count()) == ("cancelled", 0)
    assert "Nothing is kept of what was worked out" in text(office.get("whatif", whatif.pk))
    assert office.run(whatif).state == "ready"


def test_a_run_that_is_cancelled_in_its_midst_stores_nothing(office: Office, monkeypatch: pytest.MonkeyPatch):
    whatif = office.try_terms()
    office.post("whatif_start", whatif.pk, period="own", first="2026-03-01", last="2026-03-31")
    claimed = longwork.claim(WhatIf, runs.MOST_ATTEMPTS)
    assert claimed is not None
    office.post("whatif_stop", whatif.pk)
    with pytest.raises(longwork.Stopped):
        longwork.tell(claimed, 1)
    with pytest.raises(longwork.Stopped):
        runs.finish(claimed, {Partner.objects.get(code="boris").pk: [1] * 8}, changed=1, examples=[])
    assert WhatIfPartner.objects.count() == 0


def test_one_whose_worker_was_killed_is_worked_out_by_the_next(office: Office):
    whatif = office.try_terms()
    office.post("whatif_start", whatif.pk, period="own", first="2026-03-01", last="2026-03-31")
    dead = longwork.claim(WhatIf, runs.MOST_ATTEMPTS)
    assert dead is not None
    Job.objects.all().delete()
    keep_whatifs()
    assert Job.objects.filter(dedupe="whatif").count() == 1
    work_out()
    whatif.refresh_from_db()
    assert (whatif.state, whatif.attempts) == ("ready", 2)
    with pytest.raises(longwork.Stopped):
        longwork.tell(dead, 1)


def test_one_that_kills_its_workers_fails_with_words(office: Office):
    whatif = office.try_terms()
    office.post("whatif_start", whatif.pk, period="own", first="2026-03-01", last="2026-03-31")
    for _ in range(runs.MOST_ATTEMPTS):
        longwork.claim(WhatIf, runs.MOST_ATTEMPTS)
    work_out()
    assert "The worker stopped several times" in text(office.get("whatif", whatif.pk))


def test_few_wait_at_once_and_few_are_kept(office: Office):
    days = {"period": "own", "first": "2026-03-01", "last": "2026-03-31"}
    for _ in range(runs.MOST_LIVE):
        office.post("whatif_start", office.try_terms().pk, **days)
    answer = office.post("whatif_start", office.try_terms().pk, **days)
    assert "You wait for 3 answers already" in text(answer)
    work_out()
    for _ in range(runs.MOST_KEPT):
        office.try_terms()
    assert WhatIf.objects.count() == runs.MOST_KEPT
    assert "What-if: new terms" in text(office.get("whatifs"))


def test_old_ones_go(office: Office):
    whatif = office.run(office.try_terms())
    with clock.pretend(NOW + timedelta(days=runs.KEEP_DAYS, seconds=1)):
        keep_whatifs()
    assert not WhatIf.objects.filter(pk=whatif.pk).exists()
    assert not WhatIfPartner.objects.exists()
    assert "Nothing has been tried yet" in text(office.get("whatifs"))


def test_days_without_a_partner_say_so(play: Play):
    told = History()
    told.order("1", day=1)
    office = Office(play(told))
    with clock.pretend(NOW):
        office.client.force_login(office.user)
        page = office.get("whatif", office.run(office.try_terms()).pk)
    assert "No partner got an order on these days" in text(page)
    assert "Nothing changes" in text(page)
