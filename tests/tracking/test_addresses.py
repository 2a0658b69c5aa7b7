"""Addresses of content: what counts as gone, what only cannot be checked, and how often anybody is asked."""

from datetime import timedelta

import pytest

from molva.kit import clock
from molva.programmes.models import Partner
from molva.tracking import addresses
from molva.tracking.addresses import check_content, check_due, look, new_client, note_seen
from molva.tracking.content import ContentWish, add_content, change_content
from molva.tracking.models import AddressState, ContentItem
from molva.workspaces.models import Event
from tests.commissions.conftest import START, Shop
from tests.tracking.conftest import Site


def publish(partner: Partner, url: str) -> ContentItem:
    return add_content(partner=partner, wish=ContentWish(title="Review", url=url), actor=partner)


@pytest.mark.parametrize(
    ("pages", "state", "reason", "asked"),
    [
        ({"/x": 200}, "alive", "", ["HEAD /x"]),
        ({"/x": 404}, "failing", "http_404", ["HEAD /x", "GET /x"]),
        ({"/x": 410}, "failing", "http_410", ["HEAD /x", "GET /x"]),
        ({"/x": 500}, "failing", "http_500", ["HEAD /x", "GET /x"]),
        ({"/x": 403}, "unchecked", "http_403", ["HEAD /x", "GET /x"]),
        ({"/x": 429}, "unchecked", "http_429", ["HEAD /x", "GET /x"]),
        ({"/x": 451}, "unchecked", "http_451", ["HEAD /x", "GET /x"]),
        ({"HEAD /x": 405, "GET /x": 200}, "alive", "", ["HEAD /x", "GET /x"]),
        ({"HEAD /x": 404, "GET /x": 200}, "alive", "", ["HEAD /x", "GET /x"]),
        ({"/x": "/a", "/a": "/b", "/b": "/c", "/c": 200}, "alive", "", ["HEAD /x", "HEAD /a", "HEAD /b", "HEAD /c"]),
        ({"/x": "/a", "/a": "/b", "/b": "/c", "/c": "/d"}, "failing", "redirects", None),
        ({"/x": "http://example.org/"}, "unchecked", "plain_http", None),
        ({"/x": "https://127.0.0.1:8443/admin"}, "unchecked", "not_public", None),
    ],
)  # fmt: skip
def test_what_a_site_answers(
    site: Site, pages: dict[str, int | str], state: str, reason: str, asked: list[str] | None
) -> None:
    site.pages = pages
    with new_client() as client:
        seen = look(f"{site.url}/x", client)
    assert (seen.state, seen.reason) == (state, reason)
    if asked is not None:
        assert site.asked == asked


def test_nobody_listens(settings: object) -> None:
    settings.MOLVA_ALLOW_PRIVATE_HOSTS = ["127.0.0.1:9"]  # type: ignore[attr-defined]
    with new_client() as client:
        assert look("http://127.0.0.1:9/x", client) == addresses.Seen(AddressState.FAILING, "unreachable")


def test_an_address_is_dead_after_three_different_days_and_lives_again(shop: Shop, site: Site) -> None:
    item = publish(shop.boris, f"{site.url}/x")
    states = []
    for hour in (0, 2, 24, 25, 48, 72):
        with clock.pretend(START + timedelta(hours=hour)):
            check_content(content_id=item.pk, workspace_id=item.workspace_id)
            item.refresh_from_db()
            states.append((item.address_state, item.failures))
    assert states == [
        ("failing", 1),
        ("failing", 1),
        ("failing", 2),
        ("failing", 2),
        ("dead", 3),
        ("dead", 4),
    ]
    site.pages["/x"] = 403
    with clock.pretend(START + timedelta(days=4)):
        check_content(content_id=item.pk, workspace_id=item.workspace_id)
        item.refresh_from_db()
        assert (item.address_state, item.reason) == ("dead", "http_404")  # «not for machines» proves no life
    site.pages["/x"] = 200
    with clock.pretend(START + timedelta(days=5)):
        check_content(content_id=item.pk, workspace_id=item.workspace_id)
    item.refresh_from_db()
    assert (item.address_state, item.reason, item.failures) == ("alive", "", 0)
    kinds = Event.objects.filter(object_kind="contentitem").order_by("pk").values_list("kind", "partner_id")
    assert list(kinds) == [(f"content.{what}", shop.boris.pk) for what in ("added", "dead", "alive")]


def test_a_day_that_went_well_begins_the_count_anew(shop: Shop, site: Site) -> None:
    item = publish(shop.boris, f"{site.url}/x")
    for day, status in enumerate((404, 404, 200, 404, 429, 404)):
        site.pages["/x"] = status
        with clock.pretend(START + timedelta(days=day)):
            check_content(content_id=item.pk, workspace_id=item.workspace_id)
    item.refresh_from_db()
    assert (item.address_state, item.failures) == ("failing", 2)


def test_the_timetable_looks_at_each_address_once_a_day(shop: Shop, site: Site) -> None:
    for name in "abc":
        publish(shop.boris, f"{site.url}/{name}")
    publish(shop.anna, "")
    put_away = publish(shop.anna, f"{site.url}/away")
    ContentItem.objects.filter(pk=put_away.pk).update(is_archived=True)
    for hour, count in ((0, 3), (1, 3), (22, 3), (24, 6)):
        with clock.pretend(START + timedelta(hours=hour)):
            check_due()
        assert len([line for line in site.asked if line.startswith("HEAD")]) == count, hour
    assert "HEAD /away" not in site.asked


def test_a_run_has_an_end(shop: Shop, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abc":
        publish(shop.boris, f"{site.url}/{name}")
    monkeypatch.setattr(addresses, "RUN_SECONDS", 0)
    check_due()
    assert site.asked == []


def test_another_address_is_looked_at_afresh(shop: Shop, site: Site) -> None:
    item = publish(shop.boris, f"{site.url}/x")
    note_seen(item, addresses.Seen(AddressState.FAILING, "http_404"))
    item.refresh_from_db()
    wish = ContentWish(title="Review", url=f"{site.url}/y")
    change_content(item=item, wish=wish, actor=shop.boris)
    item.refresh_from_db()
    assert (item.address_state, item.failures, item.checked_at, item.reason) == ("new", 0, None, "")
