"""The test procedure of a newcomer (row S2.35) in a real browser, in both languages, from an empty Molva.

The owner comes in by the one-time link, makes a programme and connects the shop; a partner registers on the landing and
takes the link; a buyer follows it and orders with another phone and e-mail; the shop delivers; the commission stands in
the cabinet with its explanation; the owner sees customer, order, both reports.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.flows.stack import Stack, running_stack

PASSWORD = "a kettle on the stove 42"
WORDS = {
    "ru": {
        "locale": "ru-RU", "programme": "Друзья погребка", "connect": "Подключить", "copy": "Скопировать",
        "honey": "Мёд липовый", "cart": "В корзину", "order": "Оформить заказ", "place": "Оформить заказ",
        "name": "Имя", "phone": "Телефон", "email": "Эл. почта", "consent": "Согласие", "delivered": "Доставлен",
        "buyer": "Пётр Иванов", "partner": "Вера Зимина", "reward": "39,00 ₽", "goods": "390,00 ₽",
        "formula": "390,00 ₽ × 10 %", "why": "Начисление за заказ 1001", "held": "Ждёт срока",
    },
    "en": {
        "locale": "en-GB", "programme": "Friends of the Pantry", "connect": "Connect", "copy": "Copy",
        "honey": "Linden honey", "cart": "Add to cart", "order": "To checkout", "place": "Place the order",
        "name": "Your name", "phone": "Phone", "email": "E-mail", "consent": "Consent", "delivered": "Delivered",
        "buyer": "Peter Brook", "partner": "Vera Winter", "reward": "₽39.00", "goods": "₽390.00",
        "formula": "₽390.00 × 10%", "why": "Accrual for order 1001", "held": "On hold",
    },
}  # fmt: skip


@dataclass
class Story:
    """The people of the story, each with a browser of their own."""

    stack: Stack
    words: dict[str, str]
    owner: Page
    partner: Page
    buyer: Page

    def office(self, path: str) -> str:
        """Text of a page of the office."""
        self.owner.goto(f"{self.stack.url}/office/{self.code}/{path}")
        return text_of(self.owner)

    def cabinet(self, path: str) -> str:
        """Text of a page of the cabinet."""
        self.partner.goto(f"{self.stack.url}/cabinet/{self.code}/{path}")
        return text_of(self.partner)

    @property
    def code(self) -> str:
        """The programme's code: the first word of the shop's host."""
        return "localhost"


def text_of(page: Page) -> str:
    """The text of a page's main part, every space a plain one."""
    return re.sub(r"[\s\u00a0\u202f]+", " ", page.locator("main").inner_text())


@pytest.fixture(params=["ru", "en"])
def story(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    prepared: Path,
    new_context: Callable[..., BrowserContext],
) -> Iterator[Story]:
    words = WORDS[request.param]
    with running_stack(tmp_path / "stack", prepared, language=request.param) as stack:
        pages = [new_context(locale=words["locale"]).new_page() for _ in range(3)]
        yield Story(stack, words, *pages)


def test_from_the_first_run_to_the_commission(story: Story) -> None:
    first_run(story)
    connect_the_shop(story)
    link = register(story)
    follow_and_order(story, link)
    cabinet_expects(story)
    deliver(story)
    cabinet_explains(story)
    office_shows(story)
    assert story.stack.inside("check") == []


def first_run(story: Story) -> None:
    token = re.search(r"/setup/\S+", story.stack.log.read_text(encoding="utf-8"))
    assert token
    page = story.owner
    page.goto(story.stack.url + token[0])
    for name, text in (
        ("company", "Pantry"),
        ("name", "Maria"),
        ("email", "owner@example.org"),
        ("password", PASSWORD),
    ):
        page.locator(f"[name={name}]").fill(text)
    page.locator("main form button").first.click()
    page.wait_for_url("**/office/new/")
    page.locator("[name=name]").fill(story.words["programme"])
    page.locator("[name=shop_url]").fill(story.stack.shop.url)
    page.locator("main form button").first.click()
    page.wait_for_url("**/office/localhost/**")
    page.context.clear_cookies()
    page.goto(f"{story.stack.url}{token[0]}")  # the link works once
    expect(page.locator("[name=password]")).to_have_count(0)
    page.goto(f"{story.stack.url}/login/password/")
    page.locator("[name=login]").fill("owner@example.org")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main form button").first.click()
    page.wait_for_url("**/office/localhost/**")


def connect_the_shop(story: Story) -> None:
    page, state = story.owner, story.stack.shop.ask("state")
    page.goto(f"{story.stack.url}/office/{story.code}/shop/connect/")
    page.locator("[name=host]").fill(story.stack.shop.host)
    page.locator("[name=login]").fill(state["api_key"])
    page.locator("[name=password]").fill("a wrong one")
    page.get_by_role("button", name=story.words["connect"]).click()
    expect(page.locator("main form [name=host]")).to_have_value(
        story.stack.shop.host
    )  # refused, and still here
    page.locator("[name=password]").fill(state["api_password"])
    page.get_by_role("button", name=story.words["connect"]).click()
    page.wait_for_url("**/shop/setup/")
    expect(page.locator("#progress progress[value='9'][max='9']")).to_be_visible()  # it moves by itself
    story.stack.settle()
    assert len(story.stack.shop.api("GET", "/admin/application_widgets.json")) == 1
    assert len(story.stack.shop.api("GET", "/admin/webhooks.json")) == 3
    assert story.words["delivered"] in story.office("terms/")


def register(story: Story) -> str:
    """The link, as the thank-you page shows it."""
    page = story.partner
    page.goto(f"{story.stack.url}/p/{story.code}/")
    page.locator("[name=name]").fill(story.words["partner"])
    page.locator("[name=email]").fill("vera@example.com")
    page.wait_for_timeout(1100)  # quicker than people type is taken for a robot
    page.locator("#form form button").click()
    page.wait_for_url("**/thanks/**")
    expect(page.get_by_role("button", name=story.words["copy"])).to_be_visible()
    found = re.search(r"127\.0\.0\.1:\d+/r/\w+", text_of(page))
    assert found
    page.locator(f"main a[href*='/cabinet/{story.code}/']").click()
    page.wait_for_url(f"**/cabinet/{story.code}/")
    return f"http://{found[0]}"


def follow_and_order(story: Story, link: str) -> None:
    page, words = story.buyer, story.words
    page.goto(link)
    assert page.url.startswith(f"{story.stack.shop.url}/?aff=")
    page.wait_for_function("/(^|; )molva=/.test(document.cookie)")
    page.get_by_role("link", name=words["honey"]).first.click()
    page.get_by_role("button", name=words["cart"]).click()
    page.get_by_role("link", name=words["order"]).click()
    page.get_by_label(words["name"]).fill(words["buyer"])
    page.get_by_label(words["phone"]).fill("+7 900 111-22-33")
    page.get_by_label(words["email"]).fill("peter@example.com")
    page.get_by_label(words["consent"]).check()
    page.get_by_role("button", name=words["place"]).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("1001")
    story.stack.settle()
    [order] = story.stack.shop.orders()
    assert order["fields_values"][0]["value"] in link_tokens(page), (
        "the script has filled the order's extra field"
    )


def link_tokens(page: Page) -> list[str]:
    """What the shop's page keeps of the click."""
    return [cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "molva"]


def cabinet_expects(story: Story) -> None:
    assert "1001" in story.cabinet("orders/")
    assert story.words["reward"] in story.cabinet("")


def deliver(story: Story) -> None:
    page = story.buyer.context.new_page()
    page.goto(f"{story.stack.shop.url}/admin2/")
    page.get_by_role("link", name="1001").click()
    page.get_by_role("button", name=story.words["delivered"]).click()
    expect(page.locator("h1 .chip")).to_have_text(story.words["delivered"])
    story.stack.settle()


def cabinet_explains(story: Story) -> None:
    words, page = story.words, story.partner
    assert words["held"] in story.cabinet("orders/")
    story.cabinet("money/")
    page.locator("main table a", has_text="1001").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(words["why"])
    told = text_of(page)
    assert words["formula"] in told
    assert words["reward"] in told


def office_shows(story: Story) -> None:
    words = story.words
    assert words["buyer"] in story.office("customers/")
    assert words["partner"] in story.office("customers/")
    orders = story.office("orders/")
    assert words["reward"] in orders
    story.owner.locator("main table a", has_text="1001").first.click()
    verdict = text_of(story.owner)
    assert words["partner"] in verdict
    assert words["reward"] in verdict
    for report in ("reports/accruals/", "reports/sales/"):
        told = story.office(report)
        assert words["partner"] in told
        assert words["reward"] in told
    assert words["goods"] in story.office("reports/sales/")
    story.office("customers/")
    story.owner.locator("main table a", has_text=words["buyer"]).first.click()
    assert "1001" in text_of(story.owner)
