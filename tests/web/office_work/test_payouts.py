"""A payout of many commissions: a page shows fifty of them, the paper all."""

from collections.abc import Callable
from datetime import timedelta

from molva.commissions.jobs import release_holds
from molva.kit import clock
from molva.payouts.services import draft_payout
from tests.commissions.conftest import START
from tests.web.office_work.conftest import World


def test_a_payout_of_many_lines_has_pages(world: World, get: Callable[..., str]) -> None:
    for number in range(51):
        world.shop.order(
            f"7{number:03}", day=30, status="delivered", codes=("boris",), total=50_000,
            email=f"buyer{number}@example.org",
        )  # fmt: skip
    with clock.pretend(START + timedelta(days=60)):
        release_holds()
        payout = draft_payout(partner=world.shop.boris, actor=world.owner)
    first, second = get(f"payouts/{payout.pk}/"), get(f"payouts/{payout.pk}/?page=2")
    assert (first.count("Заказ 7"), second.count("Заказ 7")) == (50, 1)
    assert "1–50 из 51" in first
    assert get(f"payouts/{payout.pk}/print/").count("Заказ 7") == 51
