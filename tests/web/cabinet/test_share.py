"""Sharing: each place has words of its own and an address by which the clicks from it are known."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import BrowserContext
from yarl import URL

from molva.programmes.models import Partner
from molva.tracking.models import Link
from molva.tracking.services import create_link
from tests.commissions.conftest import Shop
from tests.web.cabinet.conftest import sign_in


def places(client: Client, query: str = "") -> dict[str, Any]:
    """What the page offers, by the mark."""
    return {one.key: one for one in client.get(f"/cabinet/friends/share/{query}").context["places"]}


def test_the_text_for_each_place_has_the_own_link_with_its_mark(client: Client, busy: Shop) -> None:
    sign_in(client, busy.boris)
    code = Link.objects.get(partner=busy.boris).code
    found = places(client)
    assert list(found) == ["telegram", "vk", "max", "mail", "avito", "blog", "group", "repost"]
    for key, one in found.items():
        address = URL(one.address)
        assert (address.path, address.query["sub1"]) == (f"/r/{code}", key)
        assert one.address in one.text
        assert "BORIS10" in one.text
    assert found["avito"].address.endswith("?sub1=avito")
    assert len({one.text.split("http")[0] for one in found.values()}) == len(found)


def test_windows_of_other_sites_get_the_same_address(client: Client, busy: Shop) -> None:
    found = places(sign_in(client, busy.boris))
    assert URL(found["telegram"].opens).query["url"] == found["telegram"].address
    assert URL(found["vk"].opens).query["url"] == found["vk"].address
    assert found["mail"].opens.startswith("mailto:?body=")


def test_another_own_link_is_shared_and_a_strangers_is_not_found(
    client: Client, busy: Shop, stranger: Partner
) -> None:
    link = create_link(partner=busy.boris, name="Channel", code="channel")
    sign_in(client, busy.boris)
    assert places(client, f"?link={link.pk}")["vk"].address.endswith("/r/channel?sub1=vk")
    assert b"/r/channel" in client.get(f"/cabinet/friends/share/card/?link={link.pk}").content
    sign_in(client, stranger)
    for path in ("share/", "share/card/"):
        for wish in (link.pk, "9" * 30, "x"):
            assert client.get(f"/cabinet/friends/{path}?link={wish}").status_code == 404


def test_the_card_is_for_cameras_and_prints_the_code(client: Client, busy: Shop) -> None:
    page = sign_in(client, busy.boris).get("/cabinet/friends/share/card/")
    assert page.context["card_url"].endswith("?sub1=card&qr=1")
    assert "BORIS10" in page.content.decode()


def test_before_the_shop_is_connected_there_is_nothing_to_share(
    client: Client, busy: Shop, stranger: Partner
) -> None:
    Link.objects.filter(partner=stranger).delete()
    busy.programme.shop_url = ""
    busy.programme.save()
    assert sign_in(client, stranger).get("/cabinet/friends/share/").status_code == 404
    assert client.get("/cabinet/friends/").status_code == 200


@pytest.mark.parametrize("has_share", [True, False])
def test_the_sheet_opens_copies_and_uses_the_phones_own_sharing(
    transactional_db: None,
    busy: Shop,
    live_server: Any,
    new_context: Callable[..., BrowserContext],
    client: Client,
    has_share: bool,
) -> None:
    sign_in(client, busy.boris)
    context = new_context(viewport={"width": 390, "height": 844})
    context.add_cookies([{"name": "sid", "value": client.cookies["sid"].value, "url": live_server.url}])
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=live_server.url)
    script = "text => { window.given = text.text }" if has_share else "undefined"
    context.add_init_script(f"Object.defineProperty(navigator, 'share', {{ value: {script} }})")
    page = context.new_page()
    page.goto(f"{live_server.url}/cabinet/friends/")
    sheet = page.locator("#share")
    assert not sheet.is_visible()
    page.locator("[data-dialog=share]").click()
    assert sheet.is_visible()
    drawn = "node => [node.getBoundingClientRect().width, Number(node.getAttribute('width'))]"
    shown, whole = sheet.locator(".qr").evaluate(drawn)
    assert shown == whole  # a picture cut by its box cannot be read by a camera
    page.locator("[data-copy='#share-sheet-text']").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "?sub1=telegram" in copied
    own = page.locator("[data-share='#share-sheet-text']")
    assert own.is_visible() == has_share
    if has_share:
        own.click()
        assert page.evaluate("window.given") == copied
