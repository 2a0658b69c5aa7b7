"""`/r/CODE?to=PAGE`: any page of the programme's own shop, and never any other host (T15)."""

from urllib.parse import parse_qsl, quote, urlsplit

import pytest

from molva.tracker.target import Site, page_target, prepare_target
from molva.tracking.errors import LinkError
from molva.tracking.links import checked_page, mark_of, with_mark
from tests.tracker.addresses import ALLOWED, HOSTILE, PAGES, is_at_home, shown
from tests.tracker.conftest import TrackerProcess

OWN = "https://shop.example/tea?aff=ANNA&mv="


def without_ours(address: str) -> str:
    """Path and query of an answer without mark and token, as the shop's own part."""
    parts = urlsplit(address)
    kept = [pair for pair in parts.query.split("&") if pair and pair.partition("=")[0] not in {"aff", "mv"}]
    return parts.path + (f"?{'&'.join(kept)}" if kept else "")


def test_there_are_enough_of_them() -> None:
    assert (len(set(HOSTILE)) >= 100, len(set(PAGES)) >= 30) == (True, True)


@pytest.mark.parametrize("address", HOSTILE, ids=shown)
def test_no_address_leads_out_of_the_shop(tracker: TrackerProcess, address: str) -> None:
    answer = tracker.click(f"/r/anna-1?to={quote(address, safe='')}")

    assert answer.status == 302
    assert is_at_home(answer.location)
    assert "mv=" in answer.location
    raw = quote(address, safe=":/?#[]@!$&'()*+,;=%\\|^<>\"`{}")
    if "#" not in raw:  # a browser keeps what follows to itself
        assert is_at_home(tracker.click(f"/r/anna-1?to={raw}").location)


@pytest.mark.parametrize(("page", "expected"), PAGES, ids=lambda value: shown(value))
def test_a_page_of_the_shop_keeps_path_and_query(tracker: TrackerProcess, page: str, expected: str) -> None:
    answer = tracker.click(f"/r/anna-1?to={quote(page, safe='')}&utm_source=vk")

    parts = urlsplit(answer.location)
    assert parts.netloc.removeprefix("www.") in ALLOWED
    assert without_ours(answer.location).removesuffix("utm_source=vk").rstrip("&?") == expected.rstrip("?")
    assert dict(parse_qsl(parts.query))["aff"] == "ANNA"
    assert "mv=" in parts.query


def test_a_page_brings_its_anchor_and_its_landing(tracker: TrackerProcess) -> None:
    answer = tracker.click("/r/anna-1?to=%2Ftea%3Fx%3D1%23cups&sub1=post")

    assert answer.location.partition("#")[2] == "cups"
    [row] = tracker.rows()
    assert (row["page"], row["sub1"], row["link"], row["partner"]) == ("/tea?x=1&aff=ANNA", "post", 3, 7)


def test_a_stranger_is_counted_and_led_to_the_links_own_page(tracker: TrackerProcess) -> None:
    answer = tracker.click("/r/anna-1?to=https://evil.example/&sub1=post")

    assert answer.location.startswith("https://shop.example/tea?aff=ANNA&sub1=post&mv=")
    assert tracker.counted("refused_pages") == 1
    [row] = tracker.rows()
    assert (row["page"], row["sub1"]) == (None, "post")


def test_a_mark_in_the_page_is_replaced_by_the_links_own(tracker: TrackerProcess) -> None:
    answer = tracker.click("/r/anna-1?to=%2Fx%3Faff%3DBORIS%26a%3D1%26mv%3Dforged")

    parts = urlsplit(answer.location)
    assert [value for name, value in parse_qsl(parts.query) if name == "aff"] == ["ANNA"]
    assert parts.query.startswith("aff=ANNA&a=1&mv=")
    assert parts.query.count("mv=") == 1


def test_each_programme_has_its_own_hosts() -> None:
    target = prepare_target(1, 2, "https://a.example/?aff=X", Site(("a.example",), "aff"))
    assert target
    assert page_target(target, "https://shop.example/") is None
    found = page_target(target, "https://a.example/y")
    assert found
    assert found.address("T") == "https://a.example/y?aff=X&mv=T"


@pytest.mark.parametrize("address", HOSTILE, ids=shown)
def test_no_link_is_made_to_another_host(address: str) -> None:
    try:
        page = checked_page(address, hosts=["shop.example", "127.0.0.1:9", "магазин.рф"])
    except LinkError:
        return
    assert is_at_home(with_mark(page, param="aff", mark="ANNA"))


@pytest.mark.parametrize(
    ("page", "marked"),
    [
        ("https://shop.example", "https://shop.example/?aff=%D0%90%26"),
        ("https://shop.example/a?x=1+2&flag#f", "https://shop.example/a?x=1+2&flag&aff=%D0%90%26#f"),
        ("https://shop.example/a?aff=OLD&x=%2B&aff=Z", "https://shop.example/a?aff=%D0%90%26&x=%2B"),
        ("https://shop.example/a?%61ff=OLD", "https://shop.example/a?aff=%D0%90%26"),
    ],
)
def test_a_mark_is_put_in_and_all_else_stays(page: str, marked: str) -> None:
    assert with_mark(page, param="aff", mark="А&") == marked
    assert mark_of(marked, param="aff") == "А&"
