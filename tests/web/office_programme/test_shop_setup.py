"""The page of a shop's set-up (row S2.4): what each state says; reloading, leaving and no script do no harm.

A database in memory refuses a write while a page reads, so the browser's clock stands still while the worker works.
"""

import os
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from playwright.sync_api import BrowserContext, Page, expect

from molva.commissions.admission import admit_partner
from molva.demo.shop import RunningShop
from molva.integrations.base import PlugError
from molva.integrations.connecting import connect_shop, disconnect_shop
from molva.integrations.models import Connection, SetupStep, StepState
from molva.integrations.setup import check_shop, set_up_shop
from molva.jobs.models import Job
from molva.kit import clock
from tests.factories import make_user
from tests.house.tree import ROOT
from tests.web.office_programme.conftest import Company

AXE = (ROOT / "tests/vendor/axe.min.js").read_text(encoding="utf-8")
SHOTS = os.environ.get("MOLVA_TEST_SHOTS", "")
MOVING = 'hx-trigger="every 2s"'


def connected(company: Company, shop: RunningShop) -> Connection:
    return connect_shop(
        programme=company.programme,
        kind="insales",
        host=shop.host,
        login=shop.api_key,
        password=shop.api_password,
        actor=None,
    )


def words(page: str) -> str:
    """What a reader sees."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


def shown(client: Client, company: Company, name: str = "shop_setup", **headers: str) -> str:
    answer = client.get(company.url(name), headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def test_without_a_shop_the_page_teaches_the_next_step(company: Company, as_role: Callable[[str], Client]):
    page = shown(as_role("owner"), company)
    assert company.url("shop_connect") in page
    assert MOVING not in page


def test_connecting_leads_to_the_page_that_moves(
    company: Company, as_role: Callable[[str], Client], fake_shop: RunningShop
):
    client = as_role("owner")
    data = {"host": fake_shop.host, "login": fake_shop.api_key, "password": fake_shop.api_password}
    answer = client.post(company.url("shop_connect"), data)
    assert (answer.status_code, answer["Location"]) == (302, company.url("shop_setup"))
    page = shown(client, company)
    assert MOVING in page
    assert '<noscript><meta http-equiv="refresh"' in page
    assert "0 из 9" in words(page)
    assert "Что дальше" not in page


def test_what_is_done_is_told_with_figures_and_what_next(
    company: Company, as_role: Callable[[str], Client], fake_shop: RunningShop
):
    made = connected(company, fake_shop)
    set_up_shop(connection_id=made.pk)
    page = shown(as_role("owner"), company)
    assert MOVING not in page
    assert "http-equiv" not in page
    said = words(page)
    assert "9 из 9" in said
    assert f"{len(fake_shop.statuses())} статус" in said
    assert f"{django_settings.MOLVA_URL}/p/friends/" in page
    assert company.url("partner_add") in page
    admit_partner(programme=company.programme, name="Kate", email="kate@example.org", code="kate")
    assert "/r/kate" in shown(as_role("owner"), company)
    assert "9 из 9" in words(shown(as_role("owner"), company, "shop"))


def test_an_htmx_question_gets_the_moving_part_alone(
    company: Company, as_role: Callable[[str], Client], fake_shop: RunningShop
):
    connected(company, fake_shop)
    page = shown(as_role("owner"), company, **{"HX-Request": "true"})
    assert page.lstrip().startswith('<div id="progress"')
    assert "<html" not in page


REFUSED = [
    ("script", "the key has no right for /admin/js_tags.json", "нет права на это: скрипты", ""),
    ("hooks", "the shop answered 422 to /admin/webhooks.json", "не принимает адрес Молвы", ""),
    ("key", "the shop refuses the key: it is wrong, or the app was removed", "не принимает ключ", "shop_connect"),
    ("key", "the key is of another shop", "открывает другой магазин", "shop_connect"),
    ("statuses", "the shop has none of the statuses that earn", "Выберите тот, который есть", "terms_edit"),
    ("codes", "the shop answered 418 to /admin/discount_codes.json", "418", ""),
]  # fmt: skip


@pytest.mark.parametrize(("step", "note", "advice", "door"), REFUSED)
def test_a_refusal_says_what_to_do(
    company: Company,
    as_role: Callable[[str], Client],
    fake_shop: RunningShop,
    step: str,
    note: str,
    advice: str,
    door: str,
):
    made = connected(company, fake_shop)
    SetupStep.objects.filter(connection=made).update(state=StepState.DONE)
    SetupStep.objects.filter(connection=made, name=step).update(state=StepState.REFUSED, note=note)
    page = shown(as_role("owner"), company)
    assert advice in words(page)
    assert "8 из 9" in words(page)
    assert MOVING not in page
    if door:
        assert company.url(door) in page
    assert company.url("shop_set_up", made.pk) in page


def test_the_first_page_tells_of_a_refusal_until_it_is_helped(
    company: Company, as_role: Callable[[str], Client], fake_shop: RunningShop
):
    made = connected(company, fake_shop)
    told = "Магазин отказал в части настройки"
    assert told not in words(shown(as_role("owner"), company, "today"))
    SetupStep.objects.filter(connection=made, name="widget").update(state=StepState.REFUSED)
    page = shown(as_role("owner"), company, "today")
    assert told in words(page)
    assert company.url("shop_setup") in page
    disconnect_shop(connection=made, actor=None)
    assert told not in words(shown(as_role("owner"), company, "today"))


def test_set_up_once_more_starts_from_the_first_step(
    company: Company, as_role: Callable[[str], Client], fake_shop: RunningShop
):
    made = connected(company, fake_shop)
    set_up_shop(connection_id=made.pk)
    Job.objects.all().delete()
    answer = as_role("manager").post(company.url("shop_set_up", made.pk))
    assert (answer.status_code, answer["Location"]) == (302, company.url("shop_setup"))
    assert set(SetupStep.objects.values_list("state", flat=True)) == {StepState.WAITING}
    assert Job.objects.filter(path="molva.integrations.setup:set_up_shop").count() == 1


def test_the_accountant_sees_it_and_has_no_buttons(
    company: Company, as_role: Callable[[str], Client], fake_shop: RunningShop
):
    made = connected(company, fake_shop)
    set_up_shop(connection_id=made.pk)
    page = shown(as_role("accountant"), company)
    assert company.url("shop_set_up", made.pk) not in page
    assert as_role("stranger").get(company.url("shop_setup")).status_code == 404


def test_a_drift_is_shown_with_what_was_found_and_when(
    company: Company, as_role: Callable[[str], Client], fake_shop: RunningShop
):
    made = connected(company, fake_shop)
    set_up_shop(connection_id=made.pk)
    for table in ("webhook", "tag"):
        fake_shop.store.tables[table].clear()
    check_shop(connection_id=made.pk)
    client = as_role("owner")
    found = ("Сообщения о новых заказах: пропало, сделали заново", "Скрипт: пропало, сделали заново")
    for name in ("shop_setup", "shop", "history"):
        said = words(shown(client, company, name))
        assert [one for one in found if one not in said] == [], name
    with clock.pretend(clock.now() + timedelta(days=8)):
        assert found[0] not in words(shown(client, company, "shop"))
        assert found[0] in words(shown(client, company))


def test_a_disconnected_shop_leaves_the_page(
    company: Company, as_role: Callable[[str], Client], fake_shop: RunningShop
):
    made = connected(company, fake_shop)
    disconnect_shop(connection=made, actor=make_user())
    assert made.name not in shown(as_role("owner"), company)


def test_the_shop_page_asks_the_same_number_of_questions_for_one_shop_and_three(
    company: Company,
    as_role: Callable[[str], Client],
    fake_shop: RunningShop,
    django_assert_max_num_queries: Any,
):
    made = connected(company, fake_shop)
    set_up_shop(connection_id=made.pk)
    client = as_role("owner")
    shown(client, company)
    with django_assert_max_num_queries(25):
        shown(client, company)


@pytest.fixture
def tab(
    live_server: Any, new_context: Callable[..., BrowserContext], as_role: Callable[[str], Client]
) -> Callable[..., Page]:
    """A window in which the owner is signed in."""

    def show(width: int = 1440, theme: str = "light", language: str = "ru", **options: Any) -> Page:
        context = new_context(
            viewport={"width": width, "height": 900}, reduced_motion="reduce", bypass_csp=True, **options
        )
        name = django_settings.SESSION_COOKIE_NAME
        session = as_role("owner").cookies[name].value
        cookies = {"theme": theme, "django_language": language, name: session}
        context.add_cookies([{"name": k, "value": v, "url": live_server.url} for k, v in cookies.items()])
        return context.new_page()

    return show


@pytest.mark.django_db(transaction=True)
def test_the_page_moves_by_itself_and_survives_a_reload(
    live_server: Any, company: Company, fake_shop: RunningShop, tab: Callable[..., Page]
):
    page = tab()
    made = connected(company, fake_shop)
    fake_shop.faults.update({"api_answer": "504", "api_path": "js_tags"})
    page.clock.install()
    page.goto(live_server.url + company.url("shop_setup"))
    expect(page.locator("#progress")).to_contain_text("0 из 9")
    page.clock.pause_at(page.evaluate("Date.now()") + 1)
    with pytest.raises(PlugError):
        set_up_shop(connection_id=made.pk)
    page.clock.run_for(2_100)
    expect(page.locator("#progress")).to_contain_text("8 из 9")  # no reload: htmx asked
    page.reload()
    expect(page.locator("#progress")).to_contain_text("8 из 9")
    assert page.evaluate("location.pathname") == company.url("shop_setup")
    fake_shop.faults.reset()
    set_up_shop(connection_id=made.pk)
    page.clock.run_for(2_100)
    expect(page.locator("#progress")).to_contain_text("Что дальше")
    expect(page.locator("#progress")).to_contain_text("9 из 9")
    assert page.locator("#progress").get_attribute("hx-trigger") is None
    assert [len(fake_shop.store.tables[name]) for name in ("webhook", "tag", "widget")] == [3, 1, 1]


@pytest.mark.django_db(transaction=True)
def test_the_page_moves_without_a_script_too(
    live_server: Any, company: Company, fake_shop: RunningShop, tab: Callable[..., Page]
):
    page = tab(java_script_enabled=False)
    made = connected(company, fake_shop)
    page.goto(live_server.url + company.url("shop_setup"))
    expect(page.locator("#progress")).to_contain_text("0 из 9")
    SetupStep.objects.filter(connection=made).update(state=StepState.DONE)
    expect(page.locator("#progress")).to_contain_text("9 из 9", timeout=10_000)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("theme", "language"), [("light", "ru"), ("dark", "en")])
def test_every_state_of_the_page_is_sound(
    live_server: Any,
    company: Company,
    fake_shop: RunningShop,
    tab: Callable[..., Page],
    theme: str,
    language: str,
):
    page, found = tab(theme=theme, language=language), []
    made = connected(company, fake_shop)
    steps = SetupStep.objects.filter(connection=made)
    url = live_server.url + company.url("shop_setup")

    def look(name: str) -> None:
        page.goto(url)
        for width in (390, 1440):
            page.set_viewport_size({"width": width, "height": 900})
            if page.evaluate("document.documentElement.scrollWidth - innerWidth"):
                found.append((name, width, "scrolls sideways"))
            page.evaluate(AXE)
            broken = page.evaluate("axe.run(document).then(r => r.violations.map(v => v.id))")
            found.extend((name, width, one) for one in broken)
            if SHOTS:
                page.screenshot(path=str(Path(SHOTS) / f"{name}-{width}-{theme}.png"), full_page=True)
        page.goto("about:blank")

    steps.filter(position__lt=4).update(state=StepState.DONE)
    steps.filter(position=4).update(state=StepState.RUNNING)
    look("setup-moving")
    set_up_shop(connection_id=made.pk)
    fake_shop.store.tables["webhook"].clear()
    check_shop(connection_id=made.pk)
    look("setup-done")
    steps.filter(name="script").update(state=StepState.REFUSED, note="the key has no right for /x")
    steps.filter(name="statuses").update(
        state=StepState.REFUSED, note="the shop has none of the statuses that earn"
    )
    look("setup-refused")
    url = live_server.url + company.url("shop")
    look("shop-drifted")
    assert found == []
