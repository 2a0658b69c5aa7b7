"""The explanation of a sum in words: discount, rounding, cap, sales limit, second level, what lost."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from molva.commissions.models import Commission
from molva.domain import verdicts
from molva.domain.explanation import Explanation, LineWhy, from_json
from molva.domain.inbound import InboundLine
from molva.kit import clock
from molva.orders.models import Order
from molva.programmes.services import update_partner
from molva.web.office import why
from tests.web.office_work.conftest import START, World


def plain(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html).replace("\u00a0", " "))


def explanation(world: World) -> Explanation:
    row = Commission.objects.get(order__number="10482", level=1)
    return from_json(row.explanation)


def notes(found: Explanation, line: LineWhy) -> tuple[str, ...]:
    changed = replace(found, lines=(line, *found.lines[1:]))
    return why.receipt_lines(changed, {}, {}, "RUB")[0].notes


def test_rounding_is_shown_when_it_happened(world: World) -> None:
    found = explanation(world)
    assert notes(found, found.lines[0]) == ()
    odd = replace(found.lines[0], percent="7.5", base_minor=106_201, uncut_minor=7_965)
    [note] = notes(found, odd)
    assert note.startswith(("79.65075 rounded", "79,65075 округлили"))


def test_a_cap_and_a_limit_are_named(world: World) -> None:
    found = explanation(world)
    capped = replace(found.lines[0], cap_minor=10_000, amount_minor=10_000)
    assert any("100" in note for note in notes(found, capped))
    beyond = replace(found.lines[0], paid_sales=1, amount_minor=0)
    assert len(notes(replace(found, paid_place=2), beyond)) == 1


@pytest.mark.parametrize("change", [{"rule": None, "percent": None}, {"percent": None}])
def test_a_line_that_earns_nothing_says_why(world: World, change: dict[str, None]) -> None:
    found = explanation(world)
    line = replace(found.lines[0], **change, amount_minor=0)
    changed = replace(found, lines=(line, *found.lines[1:]))
    shown = why.receipt_lines(changed, {}, {}, "RUB")[0]
    assert (shown.is_paid, len(shown.notes)) == (False, 1)


def test_the_second_level_stands_under_the_first(world: World, get: Callable[..., str]) -> None:
    with clock.pretend(START):
        update_partner(partner=world.long, actor=world.owner, changes={"invited_by": world.shop.anna})
    line = InboundLine("1", "Мёд", "p9", "H", "1", 100_000, 100_000)
    world.shop.order(
        "30000", day=22.7, status="delivered", codes=("north",), lines=(line,), email="n@example.org"
    )
    first = Commission.objects.get(order__number="30000", level=1)
    second = Commission.objects.get(order__number="30000", level=2)
    assert (first.posted_minor, second.posted_minor, second.partner) == (10_000, 3_000, world.shop.anna)
    text = plain(get(f"commissions/{first.pk}/"))
    assert "Уровень 2: Екатерина Преображенская-Северная 30 ,00 ₽" in text
    assert "Из суммы первого уровня ничего не вычли" in text
    assert "1 000 ,00 ₽ × 3 %" in plain(get(f"commissions/{second.pk}/"))


def test_a_verdict_names_people_not_codes(world: World, get: Callable[..., str]) -> None:
    order = Order.objects.get(number="10400")
    assert "Заказ достаётся партнёру Борис Ким: в заказе промокод boris" in plain(get(f"orders/{order.pk}/"))
    nobody = Order.objects.get(number="10484")
    assert "Заказ ничей: ни переход, ни промокод, ни метка не ведут к партнёру" in plain(
        get(f"orders/{nobody.pk}/")
    )


def test_every_reason_of_the_rules_has_its_words() -> None:
    codes = {
        value
        for name, value in vars(verdicts).items()
        if name.isupper() and isinstance(value, str) and not name.startswith("_")
    }
    assert sorted(codes - why.REASONS.keys()) == []
    losers = re.findall(r"[a-z_]+", (verdicts.Loser.__doc__ or "").split("Reasons:")[1])
    assert sorted(set(losers) - why.LOST_TOUCH.keys()) == []


def test_a_hold_that_ends_is_told_on_the_page(world: World, get: Callable[..., str]) -> None:
    row = Commission.objects.get(order__number="10482", level=1)
    assert row.lots.get().due_at == START + timedelta(days=35)
    assert "Деньги станут доступны 5 апреля" in plain(get(f"commissions/{row.pk}/"))
