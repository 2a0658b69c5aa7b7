"""The page «Content» of a partner: register, copy, results, the look at an address, and nobody else's things."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from playwright.sync_api import BrowserContext

from molva.jobs.models import Job
from molva.programmes.models import Partner
from molva.tracking.content import ContentWish, add_content
from molva.tracking.models import AddressState, ContentItem, PromoCode
from molva.workspaces.models import Event
from tests.commissions.conftest import Shop
from tests.web.cabinet.conftest import sign_in
from tests.web.ui.test_screens import sideways, violations

HOME = "/cabinet/friends/content/"


@pytest.fixture(autouse=True)
def _fresh(db: None) -> None:
    cache.clear()


def publish(partner: Partner, title: str = "Review", **more: Any) -> ContentItem:
    return add_content(partner=partner, wish=ContentWish(title=title, **more), actor=partner)


def test_from_nothing_to_a_text_to_copy(busy: Shop, client: Client) -> None:
    sign_in(client, busy.boris)
    assert "Which of your videos sells?" in client.get(HOME).content.decode()
    promo = PromoCode.objects.get(code="BORIS10")
    sent = {
        "kind": "video", "title": "Summer tea", "url": "video.example/1", "page_url": "shop.example/tea",
        "promo": promo.pk, "tags": "tea, herbs", "erid": "2VtzqwXYZ", "published_date": "2026-03-02",
    }  # fmt: skip
    answer = client.post(f"{HOME}new/", sent)
    item = ContentItem.objects.get()
    assert answer["Location"] == f"{HOME}{item.pk}/"
    page = client.get(answer["Location"])
    link = f"/r/{item.link.code}?erid=2VtzqwXYZ"
    lines = page.context["text"].splitlines()
    assert [lines[0].endswith(link), *lines[1:3]] == [True, "My promo code: BORIS10", "#tea #herbs"]
    assert lines[3].startswith("Advertisement. ")
    assert lines[3].endswith("erid: 2VtzqwXYZ")
    assert link in page.content.decode()
    assert page.context["words"].label == "Not checked yet"


def test_a_form_says_what_is_wrong_and_makes_nothing(busy: Shop, client: Client) -> None:
    sign_in(client, busy.boris)
    publish(busy.boris, url="https://video.example/1")
    wrong = [
        ({"title": ""}, "title"), ({"url": "not an address"}, "url"), ({"url": "video.example/1"}, "url"),
        ({"page_url": "https://elsewhere.example/"}, "page_url"), ({"erid": "a b"}, "erid"), ({"kind": "x"}, "kind"),
    ]  # fmt: skip
    for change, field in wrong:
        answer = client.post(f"{HOME}new/", {"kind": "post", "title": "T", **change})
        assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field]), change
    assert ContentItem.objects.count() == 1


def test_codes_of_others_cannot_be_chosen(busy: Shop, client: Client, stranger: Partner) -> None:
    sign_in(client, stranger)
    promo = PromoCode.objects.get(code="BORIS10")
    answer = client.post(f"{HOME}new/", {"kind": "post", "title": "T", "promo": promo.pk})
    assert list(answer.context["form"].errors) == ["promo"]


def test_changed_put_away_and_brought_back(busy: Shop, client: Client) -> None:
    sign_in(client, busy.boris)
    item = publish(busy.boris, tags="tea", erid="2Vtz")
    form = client.get(f"{HOME}{item.pk}/edit/").context["form"]
    assert (form["title"].value(), form["page_url"].value(), form["tags"].value()) == ("Review", "", "tea")
    client.post(
        f"{HOME}{item.pk}/edit/", {"kind": "post", "title": "Other", "page_url": "https://shop.example/x"}
    )
    client.post(f"{HOME}{item.pk}/archive/")
    assert client.get(HOME).context["rows"] == []
    assert [row[0].title for row in client.get(f"{HOME}?view=archive").context["rows"]] == ["Other"]
    client.post(f"{HOME}{item.pk}/archive/")
    assert len(client.get(HOME).context["rows"]) == 1
    kinds = Event.objects.filter(object_kind="contentitem").order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == [f"content.{what}" for what in ("added", "changed", "archived", "restored")]


def test_what_is_somebody_elses_is_not_found(busy: Shop, client: Client, stranger: Partner) -> None:
    item = publish(busy.boris, url="https://video.example/1")
    sign_in(client, stranger)
    for tail in ("", "edit/"):
        assert client.get(f"{HOME}{item.pk}/{tail}").status_code == 404
    for tail in ("edit/", "archive/", "check/"):
        assert client.post(f"{HOME}{item.pk}/{tail}", {"title": "x", "kind": "post"}).status_code == 404
    item.refresh_from_db()
    assert (item.title, item.is_archived, item.asked_at) == ("Review", False, None)


def test_check_now_has_a_limit_and_the_page_waits(busy: Shop, client: Client) -> None:
    sign_in(client, busy.boris)
    item = publish(busy.boris, url="https://video.example/1")
    client.post(f"{HOME}{item.pk}/check/")
    page = client.get(f"{HOME}{item.pk}/").content.decode()
    assert ('hx-trigger="every 2s"' in page, '<meta http-equiv="refresh"' in page) == (True, True)
    assert Job.objects.filter(path="molva.tracking.addresses:check_content").count() == 1
    ContentItem.objects.update(asked_at=None)
    for _ in range(9):
        client.post(f"{HOME}{item.pk}/check/")
    ContentItem.objects.update(asked_at=None)
    client.post(f"{HOME}{item.pk}/check/")
    assert ContentItem.objects.get().asked_at is None
    assert "hx-trigger" not in client.get(f"{HOME}{item.pk}/").content.decode().split('id="address"')[1][:200]


@pytest.mark.parametrize(
    ("state", "reason", "failures", "words"),
    [
        ("failing", "http_404", 2, "there is no such page. Day 2 of 3"),
        ("dead", "http_500", 3, "answers with error 500"),
        ("unchecked", "http_403", 0, "lets no machines in"),
    ],
)
def test_the_state_of_an_address_has_words(
    busy: Shop, client: Client, state: str, reason: str, failures: int, words: str
) -> None:
    item = publish(busy.boris, url="https://video.example/1")
    ContentItem.objects.filter(pk=item.pk).update(address_state=state, reason=reason, failures=failures)
    page = sign_in(client, busy.boris).get(f"{HOME}{item.pk}/").content.decode()
    assert words in page
    assert str(AddressState(state).label) in page


def test_thirty_cost_as_many_queries_as_one(busy: Shop, client: Client) -> None:
    sign_in(client, busy.boris)
    publish(busy.boris, "0")
    counts = []
    for more in (0, 29):
        for n in range(more):
            publish(busy.boris, f"n{n}")
        client.get(HOME)
        with CaptureQueriesContext(connection) as seen:
            assert len(client.get(HOME).context["rows"]) == more + 1
        counts.append(len(seen))
    assert counts[0] == counts[1]


@pytest.mark.django_db(transaction=True)
def test_on_a_phone_with_axe_and_without_sideways_scroll(
    busy: Shop, new_context: Callable[..., BrowserContext], live_server: Any, client: Client
) -> None:
    item = publish(busy.boris, "Самое длинное название видео про чай, травы и мёд на свете " * 2, erid="2VtzqwXYZ",
                   url="https://video.example/watch?v=" + "x" * 120, tags="чай, травы, мёд")  # fmt: skip
    ContentItem.objects.filter(pk=item.pk).update(address_state="failing", reason="http_404", failures=1)
    publish(busy.boris, "Short")
    sign_in(client, busy.boris, "ru")
    for theme in ("light", "dark"):
        context = new_context(
            viewport={"width": 390, "height": 900}, reduced_motion="reduce", bypass_csp=True
        )
        for name in client.cookies:
            context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
        context.add_cookies([{"name": "theme", "value": theme, "url": live_server.url}])
        page = context.new_page()
        for tail in ("", "new/", f"{item.pk}/", f"{item.pk}/edit/"):
            page.goto(f"{live_server.url}{HOME}{tail}")
            assert violations(page) == [], tail
            for width in (320, 390, 768, 1440):
                page.set_viewport_size({"width": width, "height": 900})
                assert sideways(page) == 0, (tail, width)
            page.set_viewport_size({"width": 390, "height": 900})
    page.goto(f"{live_server.url}{HOME}new/")
    page.locator("[name=title]").fill("Обзор")
    page.locator("main form .btn-primary").click()
    page.get_by_role("heading", name="Обзор").wait_for()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=live_server.url)
    page.locator("[data-copy='#text']").click()
    page.locator(".toast").last.wait_for()
    assert "/r/boris-" in page.evaluate("navigator.clipboard.readText()")
