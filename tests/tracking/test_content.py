"""Content: its link and address, and the results that are its own and nobody else's."""

from collections.abc import Callable

import pytest

from molva.reports.content import LinkResults, content_address, content_orders, link_results
from molva.tracking.content import ContentWish, add_content, change_content, page_of, read_tags, set_archived
from molva.tracking.errors import ContentKnown, LinkError
from molva.tracking.models import ClickDay, ContentItem, Link
from molva.tracking.services import add_promo_code, change_shop
from tests.commissions.conftest import START, Shop

Click = Callable[..., str]


def publish(shop: Shop, title: str = "Review", **more: object) -> ContentItem:
    partner = more.pop("partner", shop.boris)
    return add_content(partner=partner, wish=ContentWish(title=title, **more), actor=partner)  # type: ignore[arg-type]


def test_content_gets_a_link_of_its_own(shop: Shop) -> None:
    item = publish(
        shop, "Чай летом", url="video.example/w?v=1", tags="#чай, травы #чай", page_url="shop.example/tea"
    )
    assert (item.url, item.tags) == ("https://video.example/w?v=1", "чай, травы")
    assert (item.link.name, item.link.target_url) == ("Чай летом", "https://shop.example/tea?aff=boris")
    assert item.link.content == item
    assert content_address(item).endswith(f"/r/{item.link.code}")


def test_the_mark_of_an_advertisement_is_in_both_addresses(shop: Shop) -> None:
    item = publish(shop, erid="2VtzqwXYZ")
    assert content_address(item).endswith(f"/r/{item.link.code}?erid=2VtzqwXYZ")
    assert item.link.target_url == "https://shop.example/?erid=2VtzqwXYZ&aff=boris"
    assert page_of(item) == ""
    other = publish(shop, "Another", page_url="https://shop.example/tea?a=1", erid="2VtzqwXYZ")
    assert other.link.target_url == "https://shop.example/tea?a=1&erid=2VtzqwXYZ&aff=boris"
    assert page_of(other) == "https://shop.example/tea?a=1"


def test_a_change_keeps_the_link_and_may_lead_elsewhere(shop: Shop) -> None:
    item = publish(shop, url="https://video.example/1", erid="2Vtz")
    code = item.link.code
    wish = ContentWish(title="Other", url="https://video.example/1", page_url="https://shop.example/honey")
    change_content(item=item, wish=wish, actor=shop.boris)
    link = Link.objects.get(content=item)
    assert (link.code, link.name, link.target_url) == (code, "Other", "https://shop.example/honey?aff=boris")
    change_shop(programme=shop.programme, actor=None, changes={"mark_param": "who"})
    link.refresh_from_db()
    assert link.target_url == "https://shop.example/honey?who=boris"


@pytest.mark.parametrize(
    ("wish", "kind"),
    [
        ({"url": "javascript:alert(1)"}, "not_an_address"),
        ({"url": "ftp://video.example/1"}, "not_an_address"),
        ({"url": "просто слова"}, "not_an_address"),
        ({"url": "https://me:secret@video.example/"}, "not_an_address"),
        ({"page_url": "https://elsewhere.example/"}, "foreign_host"),
    ],
)
def test_wrong_addresses_are_refused_and_nothing_is_made(shop: Shop, wish: dict[str, str], kind: str) -> None:
    links = Link.objects.count()
    with pytest.raises(LinkError) as error:
        publish(shop, **wish)
    assert error.value.kind == kind
    assert (Link.objects.count(), ContentItem.objects.count()) == (links, 0)


def test_one_address_is_registered_once_by_a_partner(shop: Shop) -> None:
    item = publish(shop, url="https://video.example/1")
    with pytest.raises(ContentKnown):
        publish(shop, url="video.example/1")
    publish(shop, url="https://video.example/1", partner=shop.anna)
    publish(shop, "not out yet")
    publish(shop, "not out either")
    change_content(item=item, wish=ContentWish(title="x", url="https://video.example/1"), actor=shop.boris)
    with pytest.raises(ContentKnown):
        change_content(
            item=publish(shop, url="https://video.example/2"),
            wish=ContentWish(title="x", url="https://video.example/1"),
            actor=shop.boris,
        )


def test_tags_are_words() -> None:
    assert read_tags(" #Чай,  иван-чай; <b>tea</b>\n#чай ") == ["Чай", "иван-чай", "bteab", "чай"]
    assert read_tags("") == []


def test_results_are_those_of_the_link_that_won(shop: Shop, click: Click) -> None:
    one, two = publish(shop, "one"), publish(shop, "two")
    other = publish(shop, "hers", partner=shop.anna)
    for item, clicks in ((one, 7), (two, 3)):
        ClickDay.objects.create(
            programme=shop.programme, partner=shop.boris, link_key=item.link_id, day=START.date(), clicks=clicks,
            visitors=clicks - 1, bots=5,
        )  # fmt: skip
    first = click(one.link, day=-1, who=1)
    second = click(two.link, day=-1, who=2)
    click(other.link, day=-0.5, who=2)  # came later: the first partner keeps the client
    shop.order("1", status="delivered", token=first, email="a@example.org", total=100_000)
    shop.order("2", day=1, status="delivered", token=first, email="a2@example.org", total=50_000)
    shop.order("3", day=2, status="new", token=second, email="b@example.org", total=10_000)
    add_promo_code(partner=shop.boris, code="B10", valid_from=START)
    shop.order("4", day=3, status="delivered", codes=("B10",), email="c@example.org", total=999_000)
    assert link_results([one, two, other]) == {
        one.link_id: LinkResults(7, 6, 2, 210_000, 15_000),
        two.link_id: LinkResults(3, 2, 1, 40_000, 0),
        other.link_id: LinkResults(),
    }
    assert [order.number for order, _own in content_orders(one)] == ["2", "1"]
    shop.order("1", day=5, created=0, status="cancelled", token=first, email="a@example.org", total=100_000)
    assert link_results([one])[one.link_id].commission_minor == 5_000
    assert link_results([]) == {}


def test_two_links_clicked_in_one_moment_are_told_apart(shop: Shop, click: Click) -> None:
    one, two = publish(shop, "one"), publish(shop, "two")
    first, second = click(one.link, day=-1, who=1), click(two.link, day=-1, who=2)
    shop.order("1", token=second, email="b@example.org")
    shop.order("2", token=first, email="a@example.org")
    results = link_results([one, two])
    assert [results[item.link_id].orders for item in (one, two)] == [1, 1]
    assert [order.number for order, _own in content_orders(two)] == ["1"]


def test_what_is_put_away_goes_on_counting(shop: Shop, click: Click) -> None:
    item = publish(shop)
    set_archived(item=item, is_archived=True, actor=shop.boris)
    shop.order("1", token=click(item.link, day=-1, who=1))
    assert item.link.is_active
    assert link_results([item])[item.link_id].orders == 1


@pytest.mark.parametrize("count", [1, 30])
def test_results_cost_as_much_for_one_as_for_thirty(
    shop: Shop, click: Click, count: int, django_assert_num_queries: Callable[..., object]
) -> None:
    items = [publish(shop, str(n)) for n in range(count)]
    for n, item in enumerate(items):
        shop.order(str(n), token=click(item.link, day=-1, who=n + 1), email=f"b{n}@example.org")
    with django_assert_num_queries(2):
        assert sum(one.orders for one in link_results(items).values()) == count
